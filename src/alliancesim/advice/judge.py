"""Choices judged in fresh futures: against rules of thumb, by regret, and by how often their order turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliancesim.advice.objectives import OBJECTIVES, grid, means
from alliancesim.analysis import interval
from alliancesim.analysis.resample import mean_intervals

SCORE = "score"
COLUMNS = (*OBJECTIVES, SCORE)


@dataclass(frozen=True)
class Gap:
    """A paired difference with its interval.

    Attributes
    ----------
    mean, low, high : float
    share : float
        Of futures in which it is above 0.
    """

    mean: float
    low: float
    high: float
    share: float

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``unclear``."""
        return "better" if self.low > 0.0 else "worse" if self.high < 0.0 else "unclear"


def gap(table: pd.DataFrame, one: int, other: int, column: str = SCORE) -> Gap:
    """How much more a choice has of a column than another, future by future."""
    values = grid(table, column)
    change = values[:, one] - values[:, other]
    found = interval(change)
    return Gap(found.estimate, found.low, found.high, float((change > 0.0).mean()))


def against(table: pd.DataFrame, advised: int, rules: list[int]) -> pd.DataFrame:
    """The advised mix against each rule of thumb.

    Returns
    -------
    DataFrame
        A row a rule and column of ``COLUMNS``: ``rule``, ``column``, ``mean``, ``low``, ``high``, ``share`` of futures in which
        the advised mix has more.
    """
    rows = []
    for rule in rules:
        for column in COLUMNS:
            found = gap(table, advised, rule, column)
            rows.append({"rule": rule, "column": column, **vars(found)})
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of each choice with its interval, a row a choice: ``<column>``, ``<column>_low``, ``<column>_high``, ``spent``."""
    found: dict[str, np.ndarray] = {}
    for column in COLUMNS:
        mean, low, high, _ = mean_intervals(grid(table, column))
        found |= {column: mean, f"{column}_low": low, f"{column}_high": high}
    found["spent"] = grid(table, "spent").mean(axis=0)
    found["unpaid"] = grid(table, "unpaid").mean(axis=0)
    return pd.DataFrame(found).rename_axis("choice").reset_index()


def regrets(table: pd.DataFrame) -> pd.DataFrame:
    """What each choice misses of the best score of the same future.

    Returns
    -------
    DataFrame
        A row a choice: ``expected`` (mean over futures), ``most`` (largest), ``first`` (share of futures in which it is the
        best; equal ones share it).
    """
    values = grid(table, SCORE)
    best = values.max(axis=1, keepdims=True)
    first = values == best
    missed = best - values
    return pd.DataFrame(
        {
            "choice": np.arange(values.shape[1]),
            "expected": missed.mean(axis=0),
            "most": missed.max(axis=0),
            "first": (first / first.sum(axis=1, keepdims=True)).mean(axis=0),
        }
    )


def robust(table: pd.DataFrame, among: list[int]) -> tuple[int, int]:
    """The choices of least expected and of least largest regret among some; earlier ones first where they are alike."""
    found = regrets(table).set_index("choice").loc[among]
    return int(found["expected"].idxmin()), int(found["most"].idxmin())


def turning(table: pd.DataFrame, advised: int) -> pd.DataFrame:
    """How often the order of choices turns, by kind of future.

    Returns
    -------
    DataFrame
        A row a kind: ``futures``; ``other_first`` (share of futures whose first is not the first of the mean); ``advised_first``;
        ``agreement`` (mean over futures of Kendall's tau between the order in a future and that of the mean).
    """
    from scipy.stats import kendalltau

    rows = []
    for kind, part in table.groupby("kind", sort=False):
        values = grid(part, SCORE)
        mean = values.mean(axis=0)
        first = values.argmax(axis=1)
        taus = [float(kendalltau(row, mean).statistic) for row in values] if np.ptp(mean) > 0.0 else []
        known = [tau for tau in taus if tau == tau]
        rows.append(
            {
                "kind": kind,
                "futures": len(values),
                "other_first": float((first != mean.argmax()).mean()),
                "advised_first": float((first == advised).mean()),
                "agreement": float(np.mean(known)) if known else np.nan,
            }
        )
    return pd.DataFrame(rows)


def curse(tried: np.ndarray, fresh: pd.DataFrame, among: list[int]) -> pd.DataFrame:
    """What the search promised of each finalist, and what fresh futures gave: chosen for being high, it was partly lucky.

    Parameters
    ----------
    tried : ndarray, shape (finalists, objectives)
        Mean gains in the futures of the search.
    fresh : DataFrame
        Gains in fresh futures.
    among : list of int
        Choices that are finalists, in the order of ``tried``.
    """
    held = means(fresh)[among]
    rows = {"choice": among}
    frame = pd.DataFrame(rows)
    for number, name in enumerate(OBJECTIVES):
        frame[f"{name}_promised"], frame[f"{name}_held"] = tried[:, number], held[:, number]
    return frame
