"""What a mix is judged by: gains over no animation in the same future, and one score of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

OBJECTIVES = ("lasting", "needs", "trust")
"""Lasting alliances for 1,000 organisations; needs met in deprived cells, %; trusted partners of 100 organisations."""


def gains(table: pd.DataFrame, nothing: int) -> pd.DataFrame:
    """What each choice adds to no animation under the same draws.

    Parameters
    ----------
    table : DataFrame
        As :meth:`alliancesim.advice.bench.Bench.measure` gives it.
    nothing : int
        The choice that is no animation.

    Returns
    -------
    DataFrame
        The table with differences in ``OBJECTIVES``. Where no cell is deprived, ``needs`` are those of everybody.
    """
    found = table.copy()
    if found["needs"].isna().any():
        found["needs"] = found["needs_all"]
    keys = ["kind", "number"]
    home = found.loc[found["choice"] == nothing, [*keys, *OBJECTIVES]]
    beside = found[keys].merge(home, on=keys, how="left", validate="many_to_one")
    for name in OBJECTIVES:
        found[name] = found[name].to_numpy() - beside[name].to_numpy()
    return found


def grid(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column laid out by future and choice, shape (futures, choices)."""
    wide = table.pivot(index=["kind", "number"], columns="choice", values=column)
    return wide.sort_index().to_numpy(dtype=np.float64)


def scales(table: pd.DataFrame) -> dict[str, float]:
    """What a difference in each objective is measured in: the mean over futures of the spread between choices."""
    found = {}
    for name in OBJECTIVES:
        values = grid(table, name)
        spread = float((values.max(axis=1) - values.min(axis=1)).mean())
        found[name] = spread if spread > 0.0 else 1.0
    return found


def scored(table: pd.DataFrame, units: dict[str, float]) -> pd.DataFrame:
    """With ``score``: the mean of the objectives, each in its unit of :func:`scales`. All weigh the same."""
    score = sum(table[name] / units[name] for name in OBJECTIVES) / len(OBJECTIVES)
    return table.assign(score=score)


def dominated(values: np.ndarray) -> np.ndarray:
    """Which rows another row beats: at least as good in all columns (more is better) and better in one.

    Parameters
    ----------
    values : ndarray, shape (n, objectives)

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    as_good = (values[:, None, :] >= values[None, :, :]).all(axis=2)
    better = (values[:, None, :] > values[None, :, :]).any(axis=2)
    return np.asarray((as_good & better).any(axis=0))


def few(values: np.ndarray, most: int) -> list[int]:
    """Some rows of a front that stand for it: the best of each column, the best compromise, then those farthest from these.

    Parameters
    ----------
    values : ndarray, shape (n, objectives)
    most : int

    Returns
    -------
    list of int
        Rows that no other row beats, in the order in which they were taken.
    """
    front = np.flatnonzero(~dominated(values))
    width = np.ptp(values[front], axis=0)
    unit = (values[front] - values[front].min(axis=0)) / np.where(width > 0.0, width, 1.0)
    taken = [int(unit.sum(axis=1).argmax()), *(int(column.argmax()) for column in unit.T)]
    taken = list(dict.fromkeys(taken))[:most]
    while len(taken) < min(most, len(front)):
        apart = np.abs(unit[:, None, :] - unit[None, taken, :]).sum(axis=2).min(axis=1)
        if apart.max() <= 0.0:
            break
        taken.append(int(apart.argmax()))
    return [int(front[k]) for k in taken]


def means(table: pd.DataFrame, columns: Sequence[str] = OBJECTIVES) -> np.ndarray:
    """Mean of each choice over futures, shape (choices, columns)."""
    return np.column_stack([grid(table, name).mean(axis=0) for name in columns])
