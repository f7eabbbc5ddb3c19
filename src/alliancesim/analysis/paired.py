"""Two scenarios under the same draws: what differs, by how much, how surely (replicate by replicate).

Replicate k of every point shares its keyed draws, so the difference within a replicate is mostly the lever and little luck.
Intervals are those of :func:`alliancesim.analysis.resample.interval`; each is for one comparison: of twenty observables that no
lever touches, one is expected to look clear at the 95 % level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import LEVEL, RESAMPLES, Interval, interval
from alliancesim.analysis.tables import Layout, check_columns, labels_of, lay_out, point_of
from alliancesim.errors import UserError

PAIRED = (
    "n", "mean_reference", "mean", "difference", "low", "high", "relative",
    "variance_ratio", "share_higher", "share_lower", "clear",
)  # fmt: skip


def compare(
    reference: np.ndarray, other: np.ndarray, level: float = LEVEL, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Paired comparison of two arrays, one value a replicate: the columns ``PAIRED`` of :func:`paired`."""
    both = ~(np.isnan(reference) | np.isnan(other))
    a, b = reference[both], other[both]
    order = np.lexsort((b, a))  # so that the order of replicates changes no bit
    a, b = a[order], b[order]
    n, change = len(a), b - a
    found = interval(change, level=level, resamples=resamples)
    mean_a, mean_b = (float(x.mean()) if n else math.nan for x in (a, b))
    ratio = math.nan
    if n >= 2 and np.ptp(change) > 0:
        ratio = float((a.var(ddof=1) + b.var(ddof=1)) / change.var(ddof=1))
    return {
        "n": n,
        "mean_reference": mean_a,
        "mean": mean_b,
        "difference": found.estimate,
        "low": found.low,
        "high": found.high,
        "relative": found.estimate / abs(mean_a) if n and mean_a != 0 else math.nan,
        "variance_ratio": ratio,
        "share_higher": float((change > 0).mean()) if n else math.nan,
        "share_lower": float((change < 0).mean()) if n else math.nan,
        "clear": found.clear,
    }


def paired(
    runs: pd.DataFrame,
    design: pd.DataFrame,
    observables: Sequence[str],
    reference: int | str = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Every point of a design against a reference point, replicate by replicate.

    Parameters
    ----------
    runs : DataFrame
        ``point``, ``replicate`` and observables; NaN is not measured.
    design : DataFrame
        ``point``, ``label``.
    observables : sequence of str
    reference : int or str
        Point, or its label.
    level : float
    resamples : int

    Returns
    -------
    DataFrame
        A row a point (in the design's order, the reference left out) and observable:

        - ``n``: pairs used, replicates where both are measured; all that follows is over these;
        - ``mean_reference``, ``mean``, ``difference`` with ``low`` and ``high``, in the observable's unit;
        - ``relative``: difference over the size of the reference's mean (NaN where that is 0);
        - ``variance_ratio``: (Var a + Var b) / Var(b − a), how many times fewer replicates pairing needs than independent seeds
          for the same interval; 1 where shared draws do not help; NaN where all differences are equal;
        - ``share_higher``, ``share_lower``: share of replicates in which it is higher, lower ("in 7 futures out of 10");
        - ``clear``: whether the interval excludes 0.

    Raises
    ------
    UserError
        For a reference that is no point, a missing column.
    """
    points, labels = labels_of(design)
    base = point_of(design, reference)
    check_columns(runs, observables, "runs")
    layout = lay_out(runs, points)
    rows = list(_rows(layout, labels, base, observables, level, resamples))
    return pd.DataFrame(rows, columns=["point", "label", "observable", *PAIRED])


def _rows(
    layout: Layout, labels: list[str], base: int, observables: Sequence[str], level: float, resamples: int
) -> Iterable[dict[str, Any]]:
    tables = {name: layout.values(name) for name in observables}
    home = int(np.flatnonzero(layout.points == base)[0])
    for column, (point, label) in enumerate(zip(layout.points.tolist(), labels, strict=True)):
        if column == home:
            continue
        for name, values in tables.items():
            found = compare(values[:, home], values[:, column], level, resamples)
            yield {"point": point, "label": label, "observable": name, **found}


def paired_over_time(
    series: pd.DataFrame,
    design: pd.DataFrame,
    observables: Sequence[str],
    reference: int | str = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """:func:`paired`, month by month.

    Parameters
    ----------
    series : DataFrame
        A row a run and month: ``point``, ``replicate``, ``month`` and observables.

    Returns
    -------
    DataFrame
        As :func:`paired`, with ``month``; months in which no pair is measured are left out. Intervals are month by month: a band
        drawn through them holds the whole true curve less often than ``level``.
    """
    points, labels = labels_of(design)
    base = point_of(design, reference)
    check_columns(series, ["point", "replicate", "month", *observables], "series")
    rows: list[dict[str, Any]] = []
    for month, part in series.groupby("month", sort=True):
        layout = lay_out(part.reset_index(drop=True), points, f"series, month {month}")
        found = _rows(layout, labels, base, observables, level, resamples)
        rows += [{"month": int(month), **row} for row in found if row["n"] > 0]
    table = pd.DataFrame(rows, columns=["point", "label", "observable", "month", *PAIRED])
    place = {int(point): i for i, point in enumerate(points)}
    order = np.lexsort((
        table["month"].to_numpy(),
        table["observable"].map({name: i for i, name in enumerate(observables)}).to_numpy(),
        table["point"].map(place).to_numpy(),
    ))  # fmt: skip
    return table.iloc[order].reset_index(drop=True)


def mean_bands(
    series: pd.DataFrame,
    observables: Sequence[str],
    band: float = 0.8,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Mean and spread of each point over time.

    Parameters
    ----------
    series : DataFrame
        A row a run and month: ``point``, ``replicate``, ``month`` and observables.
    band : float
        Central share of replicates between ``band_low`` and ``band_high`` (0.8: from the 10th to the 90th percentile).

    Returns
    -------
    DataFrame
        A row a point, observable and month: ``n``, ``mean`` with its interval ``low``, ``high`` (how surely the mean is known),
        and ``band_low``, ``median``, ``band_high`` (how much futures differ).
    """
    check_columns(series, ["point", "replicate", "month", *observables], "series")
    if not 0.0 < band < 1.0:
        raise UserError(f"band: found {band!r}, expected a number between 0 and 1, for example 0.8")
    rows = []
    groups = list(series.groupby(["point", "month"], sort=True))
    for name in observables:
        for (point, month), part in groups:
            values = part[name].to_numpy(dtype=np.float64, na_value=np.nan)
            values = values[~np.isnan(values)]
            if not len(values):
                continue
            found = interval(values, level=level, resamples=resamples)
            below, middle, above = np.quantile(values, [(1 - band) / 2, 0.5, (1 + band) / 2])
            rows.append((point, name, month, found.n, found.estimate, found.low, found.high, below, middle, above))
    columns = ["point", "observable", "month", "n", "mean", "low", "high", "band_low", "median", "band_high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["point"], kind="stable").reset_index(drop=True)


def contrast(
    runs: pd.DataFrame,
    design: pd.DataFrame,
    observable: str,
    weights: Mapping[int | str, float],
    log: bool = False,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Interval:
    """Weighted sum of points, replicate by replicate: an interaction, for instance.

    ``{"both": 1, "animation": -1, "accompaniment": -1, "neither": 1}`` with ``log=True`` is the interaction of two levers on the
    log scale: above 0, together they multiply more than apart.

    Parameters
    ----------
    weights : dict
        Weight of each point, by number or label.
    log : bool
        Whether to take logs of values first. A replicate with a value of 0 or below is left out: see ``n``.

    Returns
    -------
    Interval
        Of the mean over replicates measured at all these points.
    """
    check_columns(runs, [observable], "runs")
    chosen = [point_of(design, name) for name in weights]
    if len(set(chosen)) != len(chosen) or not chosen:
        raise UserError(f"weights: found {list(weights)}, expected one point or more, each once")
    values = lay_out(runs, chosen).values(observable)
    if log:
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(values > 0, np.log(values), np.nan)
    total = np.zeros(len(values))
    for column, weight in enumerate(weights.values()):
        total = total + weight * values[:, column]
    return interval(total, level=level, resamples=resamples)
