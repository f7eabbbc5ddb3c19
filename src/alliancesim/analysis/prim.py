"""Where in a space of parameters something happens, as a box: patient rule induction (Friedman and Fisher 1999)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

PEEL = 0.05
"""Share of the points in the box that a step peels off, about."""
LEAST_MASS = 0.05
"""Share of all points below which a box is not peeled further."""
SCREEN_P = 0.05
"""A parameter may be limited if its distribution differs between cases and others by more than so many looks explain by luck."""
QUASI_P = 0.05
"""A limit stays where a box without it would show so many cases by luck at most so often (Bryant and Lempert 2010)."""


@dataclass(frozen=True)
class Quality:
    """How well a box says where the cases are, in some points.

    Attributes
    ----------
    coverage, density : float
        Share of all cases that are inside; share of what is inside that is a case (NaN for nothing to take a share of).
    rate : float
        Share of cases among all points.
    mass : float
        Share of all points that is inside.
    cases : int
    """

    coverage: float
    density: float
    rate: float
    mass: float
    cases: int


@dataclass(frozen=True)
class Box:
    """A box, found in one half of the points and counted in the other.

    Attributes
    ----------
    limits : dict
        Parameter to (lowest, highest) value inside; None at a side that is not limited. Parameters without a limit are left out.
    fitted, held : Quality
        In the half that the box was found in; in the half held out.
    """

    limits: dict[str, tuple[float | None, float | None]]
    fitted: Quality
    held: Quality

    def counted(self, points: pd.DataFrame, case: np.ndarray) -> Quality:
        """How well it does in other points."""
        sides = [
            (-np.inf if low is None else low, np.inf if high is None else high) for low, high in self.limits.values()
        ]
        limits = np.array(sides, dtype=np.float64).reshape(-1, 2)
        x = points[list(self.limits)].to_numpy(dtype=np.float64)
        return _counted(x, np.asarray(case, dtype=bool), limits)


def find_box(points: pd.DataFrame, case: np.ndarray, names: Sequence[str]) -> Box | None:
    """The box that balances best how many of the cases it holds and how densely.

    Parameters whose distribution does not differ clearly between cases and the others are not limited (Kolmogorov-Smirnov,
    Bonferroni's correction): peeling in many dimensions follows luck. So a parameter that acts only together with another may
    be missed. Points in even places are screened and peeled: each step takes off the lower or upper end of one parameter (a
    twentieth of the points inside; of a parameter with few values, one value), the one with the largest gain of density for
    the mass it loses. Of all boxes on the way the one with the largest harmonic mean of coverage and density is taken, and
    limits that luck explains are dropped, the weakest first. Points in odd places are held out, to say how good it is.

    Parameters
    ----------
    points : DataFrame
        A row a point.
    case : ndarray of bool
    names : sequence of str
        Columns that may be limited.

    Returns
    -------
    Box or None
        None with fewer than 10 cases, or 10 points that are none, in either half.
    """
    x, y = points[list(names)].to_numpy(dtype=np.float64), np.asarray(case, dtype=bool)
    train, test = (slice(0, None, 2), slice(1, None, 2))
    if min(y[train].sum(), y[test].sum(), (~y[train]).sum(), (~y[test]).sum()) < 10:
        return None
    found = drivers(points[train], y[train], names)
    clear = set(found["parameter"][found["p"] < SCREEN_P / len(names)])
    kept = [d for d, name in enumerate(names) if name in clear]
    fitted = np.tile([-np.inf, np.inf], (len(names), 1))
    fitted[kept] = _pruned(x[train][:, kept], y[train], _peeled(x[train][:, kept], y[train]))
    limits = {
        name: (None if low == -np.inf else float(low), None if high == np.inf else float(high))
        for name, (low, high) in zip(names, fitted, strict=True)
        if low > -np.inf or high < np.inf
    }
    return Box(limits, _counted(x[train], y[train], fitted), _counted(x[test], y[test], fitted))


def inside(x: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Which points lie in a box, shape (n,); limits of shape (d, 2), both ends inside."""
    return np.asarray(((x >= limits[:, 0]) & (x <= limits[:, 1])).all(axis=1))


def _counted(x: np.ndarray, y: np.ndarray, limits: np.ndarray) -> Quality:
    within = inside(x, limits)
    both, cases, held = int(y[within].sum()), int(y.sum()), int(within.sum())
    return Quality(
        coverage=both / cases if cases else np.nan,
        density=both / held if held else np.nan,
        rate=cases / len(y) if len(y) else np.nan,
        mass=held / len(y) if len(y) else np.nan,
        cases=cases,
    )


def _balance(x: np.ndarray, y: np.ndarray, limits: np.ndarray) -> float:
    """Harmonic mean of density and coverage: twice the cases inside over all cases and all inside."""
    within = inside(x, limits)
    return float(2.0 * y[within].sum() / (y.sum() + within.sum()))


def _peeled(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The best box of the peeling."""
    limits = np.tile([-np.inf, np.inf], (x.shape[1], 1))
    best, best_score = limits, _balance(x, y, limits)
    least = max(1, int(LEAST_MASS * len(x)))
    while True:
        within = inside(x, limits)
        now, mass = float(y[within].mean()), int(within.sum())
        found: tuple[int, int, float] | None = None
        gain = 0.0
        for d in range(x.shape[1]):
            for side, value in enumerate(_ends(x[within, d])):
                if value is None:
                    continue
                left = within & (x[:, d] <= value if side else x[:, d] >= value)
                count = int(left.sum())
                if count < least or count == mass:
                    continue
                better = (float(y[left].mean()) - now) / (mass - count)
                if found is None or better > gain:
                    found, gain = (d, side, value), better
        if found is None:
            return best
        limits = limits.copy()
        limits[found[0], found[1]] = found[2]
        score = _balance(x, y, limits)
        if score > best_score:
            best, best_score = limits, score


def _ends(values: np.ndarray) -> tuple[float | None, float | None]:
    """New lower and upper limit when one end is peeled off; None where one value is left."""
    kinds = np.unique(values)
    if len(kinds) < 2:
        return None, None
    if len(kinds) <= 1.0 / PEEL:
        return float(kinds[1]), float(kinds[-2])
    cut = max(1, round(PEEL * len(values)))
    ordered = np.sort(values)
    return float(ordered[cut]), float(ordered[-cut - 1])


def _pruned(x: np.ndarray, y: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """The box without limits that luck explains."""
    from scipy.stats import binom

    while True:
        within = inside(x, limits)
        chances = {}
        for d, side in zip(*np.nonzero(np.isfinite(limits)), strict=True):
            trial = limits.copy()
            trial[d, side] = np.inf if side else -np.inf
            chances[d, side] = float(binom.sf(y[within].sum() - 1, within.sum(), y[inside(x, trial)].mean()))
        if not chances or max(chances.values()) <= QUASI_P:
            return limits
        d, side = max(chances, key=lambda one: chances[one])
        limits = limits.copy()
        limits[d, side] = np.inf if side else -np.inf


def drivers(points: pd.DataFrame, case: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Parameters by how far their distribution differs between cases and the other points.

    Returns
    -------
    DataFrame
        ``parameter``, ``distance`` (Kolmogorov-Smirnov, 0 to 1), ``p`` (its p-value), ``median_case``, ``median_other``;
        largest distance first. Empty where there are no cases, or nothing but cases.
    """
    from scipy.stats import ks_2samp

    y = np.asarray(case, dtype=bool)
    columns = ["parameter", "distance", "p", "median_case", "median_other"]
    if not y.any() or y.all():
        return pd.DataFrame(columns=columns)
    rows = []
    for name in names:
        values = points[name].to_numpy(dtype=np.float64)
        found = ks_2samp(values[y], values[~y], method="asymp")
        rows.append((name, found.statistic, found.pvalue, np.median(values[y]), np.median(values[~y])))
    return pd.DataFrame(rows, columns=columns).sort_values(
        "distance", ascending=False, kind="stable", ignore_index=True
    )
