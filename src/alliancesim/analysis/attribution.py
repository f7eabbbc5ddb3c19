"""Who owes what to a lever: unit by unit (organisation, cell), over seeds, under the same draws.

In one seed the run with the lever and the run without share every draw, so "engaged with it, not without" is a fact of that seed.
Over seeds it is a probability, with the interval that so many seeds allow. The classes take one replicate at a time and keep
sums only: a million units need some tens of megabytes, however many replicates.

Which organisations there are is drawn too: row 12 of one seed is not row 12 of another. Over seeds an organisation is known by
its ``key`` (cell, kind and number), and its probabilities are over the seeds in which it exists; cells keep their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import LEVEL, RESAMPLES, check_level, interval, wilson
from alliancesim.analysis.tables import check_columns
from alliancesim.errors import UserError

LEAST, MIDDLE, MOST = "least", "middle", "most"


class _Groups:
    """Sums by group of a value by unit, kept for each replicate (groups are few)."""

    def __init__(self) -> None:
        self.sums: list[dict[str, tuple[float, float, int]]] = []

    def add(self, groups: Sequence[Any] | np.ndarray, weights: np.ndarray | None, values: np.ndarray) -> None:
        given = np.asarray(groups)
        weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
        if given.shape != values.shape or weight.shape != values.shape:
            raise ValueError(
                f"groups {given.shape}, weights {weight.shape}: expected one for each of {len(values)} units"
            )
        known = ~np.isnan(values)
        names, number = np.unique(given[known].astype(str), return_inverse=True)
        total = np.bincount(number, weight[known], minlength=len(names))
        change = np.bincount(number, weight[known] * values[known], minlength=len(names))
        units = np.bincount(number, minlength=len(names))
        self.sums.append({
            str(name): (float(change[i]), float(total[i]), int(units[i])) for i, name in enumerate(names)
        })  # fmt: skip

    def table(self, level: float, resamples: int) -> pd.DataFrame:
        names = sorted({name for one in self.sums for name in one})
        every = np.array([[one.get(name, (0.0, 0.0, 0)) for name in names] for one in self.sums]).reshape(
            -1, len(names), 3
        )
        change, total, units = (every[:, :, i] for i in range(3))
        means = np.divide(change, total, out=np.full(change.shape, np.nan), where=total > 0)
        rows = []
        for i, name in enumerate(names):
            found = interval(means[:, i], level=level, resamples=resamples)
            word = "no clear change"
            if found.clear:
                word = "gains" if found.estimate > 0 else "loses"
            present = units[:, i].sum() / len(every)
            part = total[:, i].sum() / total.sum() if total.sum() > 0 else np.nan
            owed = change[:, i].sum() / change.sum() if change.sum() > 0 else np.nan
            rows.append((name, present, part, found.n, found.estimate, found.low, found.high, word, owed))
        columns = ["group", "units", "share_of_units", "n", "change", "low", "high", "reading", "share_of_change"]
        return pd.DataFrame(rows, columns=columns)


class _Stream:
    """Units, known by their place or by a key, and what is summed for each."""

    _sums: tuple[tuple[str, type], ...] = ()

    def __init__(
        self,
        n_units: int | None = None,
        groups: Sequence[Any] | np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        count = n_units or 0
        self.keyed = n_units is None
        self.units = np.arange(count)
        self.n = np.zeros(count, dtype=np.int32)
        for name, kind in self._sums:
            setattr(self, name, np.zeros(count, dtype=kind))
        self._order = np.arange(count)
        self._fixed, self._weights = groups, weights
        self._groups = _Groups()
        if groups is not None and len(groups) != count:
            raise ValueError(f"groups ({len(groups)},): expected one for each of {count} units")

    def _place(self, shapes: tuple[tuple[int, ...], ...], keys: np.ndarray | None) -> np.ndarray:
        """Where the units of a replicate stand; those never seen before are appended."""
        if (keys is None) == self.keyed:
            raise ValueError("keys: expected for every replicate where n_units is not given, and for none where it is")
        expected = self.n.shape if keys is None else np.shape(keys)
        if len(expected) != 1 or any(shape != expected for shape in shapes):
            raise ValueError(f"found {shapes} units, expected {expected} in each replicate")
        if keys is None:
            return self._order
        given = np.asarray(keys)
        if len(np.unique(given)) != len(given):
            raise ValueError("keys: found one twice, expected each unit once in a replicate")
        fresh = np.setdiff1d(given, self.units) if len(self.units) else np.unique(given)
        if len(fresh):
            self.units = np.concatenate([self.units, fresh]) if len(self.units) else fresh
            for name in ("n", *(name for name, _ in self._sums)):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros(len(fresh), dtype=old.dtype)]))
            self._order = np.argsort(self.units, kind="stable")
        return self._order[np.searchsorted(self.units, given, sorter=self._order)]

    def _group(self, groups: Sequence[Any] | np.ndarray | None, weights: np.ndarray | None, change: np.ndarray) -> None:
        names = self._fixed if groups is None else groups
        if names is not None:
            self._groups.add(names, self._weights if weights is None else weights, change)

    def by_group(self, level: float = LEVEL, resamples: int = RESAMPLES) -> pd.DataFrame:
        """Who gains, who is left out, with intervals over replicates.

        Returns
        -------
        DataFrame
            A row a group, by name: ``group``, ``units`` (mean number), ``share_of_units`` (weighted), ``n`` (replicates),
            ``change`` (the weighted mean change of its units) with ``low``, ``high``, ``reading`` (in words),
            ``share_of_change`` (of the whole; NaN where the whole does not rise). A group whose share of the change is
            below its share of units is reached less than others.
        """
        if not self._groups.sums:
            raise ValueError("by_group: no groups were given")
        return self._groups.table(level, resamples)


class Attribution(_Stream):
    """Changes of a yes-or-no of each unit (engaged or not), one replicate at a time.

    Parameters
    ----------
    n_units : int, optional
        Units, the same in every replicate, known by their place. Left out, units are known by ``keys``.
    groups : sequence, optional
        Group of each unit (sphere, kind, deprived third): see :meth:`by_group`. With keys, give them to :meth:`add`.
    weights : ndarray, optional
        What each unit stands for in groups (organisations, inhabitants).
    """

    _sums = (("with_reference", np.int32), ("gains", np.int32), ("losses", np.int32))
    with_reference: np.ndarray
    gains: np.ndarray
    losses: np.ndarray

    def add(
        self,
        reference: np.ndarray,
        other: np.ndarray,
        keys: np.ndarray | None = None,
        groups: Sequence[Any] | np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        """Add a replicate: whether each unit is engaged without the lever, and with it."""
        without, with_it = np.asarray(reference, dtype=np.bool_), np.asarray(other, dtype=np.bool_)
        where = self._place((without.shape, with_it.shape), keys)
        self.n[where] += 1
        self.with_reference[where] += without
        self.gains[where] += with_it & ~without
        self.losses[where] += without & ~with_it
        self._group(groups, weights, with_it.astype(np.float64) - without)

    def table(self, level: float = LEVEL) -> pd.DataFrame:
        """See :func:`attribution`; by key where units have keys."""
        low, high = wilson(self.gains, self.n, level)
        n = np.where(self.n > 0, self.n, np.nan)
        return pd.DataFrame({
            "unit": self.units,
            "n": self.n,
            "p_reference": self.with_reference / n,
            "p_gain": self.gains / n,
            "low": low,
            "high": high,
            "p_loss": self.losses / n,
            "p_net": (self.gains - self.losses) / n,
        }).iloc[self._order].reset_index(drop=True)  # fmt: skip


class Changes(_Stream):
    """Changes of a number of each unit (need met in a cell), one replicate at a time (Welford 1962).

    Parameters
    ----------
    n_units, groups, weights
        See :class:`Attribution`.
    """

    _sums = (("mean", np.float64), ("squares", np.float64), ("higher", np.int32))
    mean: np.ndarray
    squares: np.ndarray
    higher: np.ndarray

    def add(
        self,
        reference: np.ndarray,
        other: np.ndarray,
        keys: np.ndarray | None = None,
        groups: Sequence[Any] | np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        """Add a replicate: the number of each unit without the lever, and with it (NaN: not measured in this one)."""
        without, with_it = np.asarray(reference, dtype=np.float64), np.asarray(other, dtype=np.float64)
        where = self._place((without.shape, with_it.shape), keys)
        change = with_it - without
        known = ~np.isnan(change)
        at, new = where[known], change[known]
        self.n[at] += 1
        gap = new - self.mean[at]
        self.mean[at] += gap / self.n[at]
        self.squares[at] += gap * (new - self.mean[at])
        self.higher[at] += new > 0
        self._group(groups, weights, change)

    def table(self, level: float = LEVEL) -> pd.DataFrame:
        """See :func:`changes`; by key where units have keys."""
        from scipy.special import stdtrit

        check_level(level)
        n = np.where(self.n > 0, self.n, np.nan)
        freedom = np.where(self.n > 1, self.n - 1.0, np.nan)
        mean = np.where(self.n > 0, self.mean, np.nan)
        reach = stdtrit(freedom, (1.0 + level) / 2.0) * np.sqrt(self.squares / freedom / n)
        low, high = mean - reach, mean + reach
        return pd.DataFrame({
            "unit": self.units,
            "n": self.n,
            "change": mean,
            "low": low,
            "high": high,
            "share_higher": self.higher / n,
            "clear": (low > 0) | (high < 0),
        }).iloc[self._order].reset_index(drop=True)  # fmt: skip


def attribution(reference: np.ndarray, other: np.ndarray, level: float = LEVEL) -> pd.DataFrame:
    """Probability over seeds that each unit owes a change to what differs between two points.

    Parameters
    ----------
    reference, other : ndarray of bool, shape (R, n)
        Replicate by unit, without and with; row k of both shares its draws.
    level : float

    Returns
    -------
    DataFrame
        A row a unit: ``unit``, ``n`` (replicates), ``p_reference`` (engaged without), ``p_gain`` (engaged with, not without) and
        its Wilson interval ``low``, ``high``, ``p_loss`` (without, not with), ``p_net`` = p_gain − p_loss. A lever that stirs
        things up gives gains and losses alike: a gain is owed to it on balance only where ``p_gain`` is well above ``p_loss``.
    """
    stream = Attribution(np.asarray(reference).shape[1])
    for without, with_it in zip(np.asarray(reference), np.asarray(other), strict=True):
        stream.add(without, with_it)
    return stream.table(level)


def changes(reference: np.ndarray, other: np.ndarray, level: float = LEVEL) -> pd.DataFrame:
    """Mean change of a number of each unit, with its interval.

    Parameters
    ----------
    reference, other : ndarray, shape (R, n)
        Replicate by unit, without and with; row k of both shares its draws.

    Returns
    -------
    DataFrame
        A row a unit: ``unit``, ``n``, ``change`` with ``low``, ``high`` (Student's t: sums alone are kept, and they allow no
        bootstrap), ``share_higher`` (of replicates), ``clear``.
    """
    stream = Changes(np.asarray(reference).shape[1])
    for without, with_it in zip(np.asarray(reference), np.asarray(other), strict=True):
        stream.add(without, with_it)
    return stream.table(level)


def attribution_of(
    table: pd.DataFrame,
    point: int,
    reference: int = 0,
    value: str = "ever_engaged",
    unit: str = "key",
    group: str | None = None,
    weight: str | None = None,
) -> Attribution:
    """:class:`Attribution` of a table of organisations kept by a sweep.

    Parameters
    ----------
    table : DataFrame
        A row a run and organisation: ``point``, ``replicate``, the unit, a yes-or-no.
    point, reference : int
        Points compared; units that only one of them has in a replicate are left out of it.
    value, unit : str
        Columns. Rows of organisations do not stand for the same organisation over seeds: use their key.
    group, weight : str, optional
        Columns.

    Returns
    -------
    Attribution
        Its ``table()`` and, with ``group``, its ``by_group()``.

    Raises
    ------
    UserError
        For a missing column, no replicate of both points, a unit twice in a run.
    """
    stream = Attribution()
    for keys, without, with_it, groups, weights in _pairs(table, point, reference, value, unit, group, weight):
        stream.add(without.astype(np.bool_), with_it.astype(np.bool_), keys, groups, weights)
    return stream


def changes_of(
    table: pd.DataFrame,
    point: int,
    reference: int = 0,
    value: str = "need_met",
    unit: str = "cell",
    group: str | None = None,
    weight: str | None = None,
) -> Changes:
    """:class:`Changes` of a table of cells kept by a sweep; as :func:`attribution_of`."""
    stream = Changes()
    for keys, without, with_it, groups, weights in _pairs(table, point, reference, value, unit, group, weight):
        stream.add(without, with_it, keys, groups, weights)
    return stream


def _pairs(
    table: pd.DataFrame, point: int, reference: int, value: str, unit: str, group: str | None, weight: str | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]]:
    """Units that both points have, replicate by replicate."""
    more = [name for name in (group, weight) if name is not None]
    check_columns(table, ["point", "replicate", unit, value, *more], "table")
    found = False
    parts = {int(which): rows for which, rows in table[table["point"] == point].groupby("replicate", sort=True)}
    for which, home in table[table["point"] == reference].groupby("replicate", sort=True):
        if int(which) not in parts:
            continue
        found = True
        a, b = home, parts[int(which)]
        for rows in (a, b):
            if rows[unit].duplicated().any():
                twice = rows.loc[rows[unit].duplicated(), unit].iloc[0]
                raise UserError(
                    f"table: found {unit} {twice} twice in replicate {which}, expected each unit once in a run"
                )
        keys, at_a, at_b = np.intersect1d(
            a[unit].to_numpy(), b[unit].to_numpy(), assume_unique=True, return_indices=True
        )
        yield (
            keys,
            a[value].to_numpy()[at_a],
            b[value].to_numpy()[at_b],
            None if group is None else a[group].astype(str).to_numpy()[at_a],
            None if weight is None else a[weight].to_numpy(dtype=np.float64)[at_a],
        )
    if not found:
        raise UserError(f"table: found no replicate of both points {reference} and {point}, expected one or more")


def by_group(
    table: pd.DataFrame, groups: Sequence[Any] | np.ndarray, weights: np.ndarray | None = None
) -> pd.DataFrame:
    """Means by group of a table of :func:`attribution` or :func:`changes`; the classes' ``by_group`` has intervals too.

    Parameters
    ----------
    table : DataFrame
    groups : sequence
        Group of each unit.
    weights : ndarray, optional
        What each unit stands for.

    Returns
    -------
    DataFrame
        A row a group, by name: ``group``, ``units``, ``share_of_units`` (weighted), the weighted mean of each column
        (p_reference, p_gain, p_loss, p_net, or change), ``share_of_change`` (of the net change; NaN where it does not rise).
    """
    columns = [name for name in ("p_reference", "p_gain", "p_loss", "p_net", "change") if name in table.columns]
    found = pd.DataFrame()
    for name in columns:  # p_net and change come last
        sums = _Groups()
        sums.add(groups, weights, table[name].to_numpy(dtype=np.float64))
        one = sums.table(LEVEL, RESAMPLES)
        if found.empty:
            found = one[["group", "units", "share_of_units"]].copy()
        found[name], found["share_of_change"] = one["change"], one["share_of_change"]
    return found[[*(name for name in found.columns if name != "share_of_change"), "share_of_change"]]


def thirds(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Thirds of units by a number (deprived share), of about equal weight; equal values stay together.

    Parameters
    ----------
    values : ndarray, shape (n,)
    weights : ndarray, shape (n,), optional
        Inhabitants, for instance.

    Returns
    -------
    ndarray of str, shape (n,)
        ``least``, ``middle`` or ``most``. Where many units share one value (no deprived district at all), groups are unequal.
    """
    x = np.asarray(values, dtype=np.float64)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    distinct, number = np.unique(x, return_inverse=True)
    mass = np.bincount(number, weight, minlength=len(distinct))
    middle = (np.cumsum(mass) - mass / 2.0) / mass.sum()
    return np.array([LEAST, MIDDLE, MOST])[np.digitize(middle, [1 / 3, 2 / 3])][number]
