"""Many scenarios: which is best, how surely, and what one regrets by choosing another.

Two questions are kept apart. *Which is best on average* is uncertain only because replicates are few: ``p_best``, ``rank_low``
and ``rank_high`` answer it and sharpen with more replicates. *Which is best in one future* stays uncertain however many are
run, for futures differ: ``share_best`` and regret answer it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import LEVEL, RESAMPLES, blocks, check_level, mean_intervals
from alliancesim.analysis.tables import check_columns, labels_of, lay_out, point_of
from alliancesim.errors import UserError

RANKING = (
    "n", "mean", "low", "high", "p_best", "mean_rank", "rank_low", "rank_high", "p_better", "share_best",
)  # fmt: skip
REGRET = ("n", "mean_regret", "low", "high", "regret_90", "worst", "p_no_regret")


def _complete(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points ever measured, and the replicates measured at all of these, shape (n, points)."""
    known = ~np.isnan(values)
    points = known.any(axis=0)
    return points, values[known[:, points].all(axis=1)][:, points]


def ranking(
    runs: pd.DataFrame,
    design: pd.DataFrame,
    observable: str,
    larger_is_better: bool = True,
    reference: int | str = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Points from the best to the worst, with what is uncertain in their order.

    Replicates are drawn again with all their points together, so that luck shared by all points moves no rank. Resampled means
    are spread by √(n/(n − 1)), which a bootstrap of n replicates lacks.

    Parameters
    ----------
    runs, design : DataFrame
        See :func:`alliancesim.analysis.paired.paired`.
    observable : str
    larger_is_better : bool
    reference : int or str
        Point (or label) that ``p_better`` compares with.
    level : float
    resamples : int

    Returns
    -------
    DataFrame
        A row a point, by rank of its mean (points never measured last, NaN):

        - ``n``: replicates measured at every point; ``mean`` over these with ``low``, ``high``;
        - ``p_best``: share of resamples in which its mean is the best (equal ones share it); sums to 1;
        - ``mean_rank``, and ``rank_low`` to ``rank_high`` that hold ``level`` of resamples; 1 is best, equal means share a rank;
        - ``p_better``: share of resamples in which its mean is better than the reference's (half of equal ones; NaN for itself);
        - ``share_best``: share of replicates, of futures, in which it is the best (equal ones share it); sums to 1.
    """
    check_level(level)
    points, labels = labels_of(design)
    base = point_of(design, reference)
    check_columns(runs, [observable], "runs")
    values = lay_out(runs, points).values(observable)
    known, complete = _complete(values)
    sign = 1.0 if larger_is_better else -1.0
    table = pd.DataFrame({"point": points, "label": labels})
    for name in RANKING:
        table[name] = np.nan
    table["n"] = len(complete)
    if len(complete) and known.any():
        _, low, high, _ = mean_intervals(complete, level, resamples)
        mean = np.array([_rounded_once(column) for column in complete.T])
        columns: dict[str, np.ndarray] = {"mean": mean, "low": low, "high": high}
        columns["share_best"] = _first(sign * complete).mean(axis=0)
        if len(complete) >= 2:
            columns |= _resampled(sign * complete, level, resamples)
            drawn = columns.pop("_drawn")
            here = np.flatnonzero(points[known] == base)
            if len(here):
                home = drawn[:, here]
                better = (drawn > home).mean(axis=0) + 0.5 * (drawn == home).mean(axis=0)
                better[here] = np.nan
                columns["p_better"] = better
        for name, column in columns.items():
            table.loc[known, name] = column
    order = np.argsort(-sign * table["mean"].to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _rounded_once(values: np.ndarray) -> float:
    """Mean of a column, rounded once: points of equal sums tie whatever their values, and larger or smaller being better."""
    return float(values[0]) if (values == values[0]).all() else math.fsum(values) / len(values)


def _first(values: np.ndarray) -> np.ndarray:
    """Share of the first place of each column, row by row (larger is better)."""
    best = values == values.max(axis=1, keepdims=True)
    return best / best.sum(axis=1, keepdims=True)


def _resampled(values: np.ndarray, level: float, resamples: int) -> dict[str, np.ndarray]:
    n = len(values)
    mean = values.mean(axis=0)
    centred = (values - mean) * math.sqrt(n / (n - 1.0))
    parts = []
    for rows in blocks(n, resamples):
        total = np.zeros((rows.shape[1], values.shape[1]))
        for which in rows:
            total += centred[which]
        parts.append(mean + total / n)
    drawn = np.concatenate(parts)
    ranks = pd.DataFrame(-drawn).rank(axis=1).to_numpy()
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(ranks, [tail, 1.0 - tail], axis=0, method="inverted_cdf")
    return {
        "p_best": _first(drawn).mean(axis=0),
        "mean_rank": ranks.mean(axis=0),
        "rank_low": low,
        "rank_high": high,
        "_drawn": drawn,
    }


def regret(
    runs: pd.DataFrame,
    design: pd.DataFrame,
    observable: str,
    larger_is_better: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """What each point misses, future by future, against the best point of the same future.

    Parameters
    ----------
    runs, design : DataFrame
        See :func:`alliancesim.analysis.paired.paired`.
    observable : str
    larger_is_better : bool

    Returns
    -------
    DataFrame
        A row a point, the least mean regret first, in the observable's unit: ``n`` (replicates measured at every point),
        ``mean_regret`` with ``low``, ``high``; ``regret_90`` (90th percentile over futures), ``worst``; ``p_no_regret`` (share of
        futures in which no point does better).
    """
    points, labels = labels_of(design)
    check_columns(runs, [observable], "runs")
    known, complete = _complete(lay_out(runs, points).values(observable))
    table = pd.DataFrame({"point": points, "label": labels})
    for name in REGRET:
        table[name] = np.nan
    table["n"] = len(complete)
    if len(complete) and known.any():
        signed = complete if larger_is_better else -complete
        missed = signed.max(axis=1, keepdims=True) - signed
        mean, low, high, _ = mean_intervals(missed, level, resamples)
        columns = {
            "mean_regret": mean,
            "low": np.maximum(low, 0.0),  # no regret is below 0
            "high": high,
            "regret_90": np.quantile(missed, 0.9, axis=0),
            "worst": missed.max(axis=0),
            "p_no_regret": (missed == 0.0).mean(axis=0),
        }
        for name, column in columns.items():
            table.loc[known, name] = column
    order = np.argsort(table["mean_regret"].to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def regret_table(runs: pd.DataFrame, design: pd.DataFrame, objectives: Mapping[str, int]) -> pd.DataFrame:
    """Several objectives at once: how far each point's mean is from the best mean, as a share of the range over points.

    Parameters
    ----------
    objectives : dict
        Observable to 1 (more is better) or −1 (less is better).

    Returns
    -------
    DataFrame
        A row a point: ``point``, ``label``, a column an objective (0 the best of these points, 1 the worst, 0 for all where they
        do not differ, NaN where not measured), and ``worst``, the largest of them; the smallest ``worst`` first (minimax regret).
        It depends on which points are compared: adding a bad one makes the others look alike.

    Raises
    ------
    UserError
        For no objective, or one that is neither 1 nor −1.
    """
    points, labels = labels_of(design)
    if not objectives:
        raise UserError("objectives: found none, expected one observable or more, each 1 or -1")
    for name, sign in objectives.items():
        if sign not in (1, -1):
            raise UserError(f"objectives: found {name} = {sign!r}, expected 1 (more is better) or -1 (less is better)")
    check_columns(runs, list(objectives), "runs")
    layout = lay_out(runs, points)
    table = pd.DataFrame({"point": points, "label": labels})
    for name, sign in objectives.items():
        known, complete = _complete(layout.values(name))
        found = np.full(len(points), np.nan)
        if len(complete) and known.any():
            mean = sign * complete.mean(axis=0)
            width = mean.max() - mean.min()
            found[known] = (mean.max() - mean) / width if width > 0 else 0.0
        table[name] = found
    table["worst"] = table[list(objectives)].max(axis=1, skipna=False)
    order = np.argsort(table["worst"].to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)
