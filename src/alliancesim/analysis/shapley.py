"""Shapley values: what each component brings to a gap, averaged over every order in which components can be exchanged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from alliancesim.analysis.resample import LEVEL, RESAMPLES, interval
from alliancesim.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def coalitions(players: Sequence[str]) -> list[frozenset[str]]:
    """Every set of players, the empty one first, small ones before large ones."""
    return [frozenset(one) for size in range(len(players) + 1) for one in combinations(players, size)]


def shapley(
    values: Mapping[frozenset[str], np.ndarray],
    players: Sequence[str],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Share of each player in the gap between nobody and everybody (Shapley 1953).

    Parameters
    ----------
    values : mapping of frozenset of str to ndarray, shape (R,)
        What each coalition gives, by replicate; row k of all shares its draws.
    players : sequence of str
    level : float
    resamples : int

    Returns
    -------
    DataFrame
        A row a player in the order given: ``player``, ``n`` (replicates in which every coalition is measured), ``share`` of the
        gap in the value's own unit, with ``low`` and ``high``, ``clear`` (the interval excludes 0). Shares sum to the gap.

    Raises
    ------
    UserError
        Where a coalition is missing or has other replicates than the others, or a player is named twice.
    """
    import pandas as pd

    twice = sorted({player for player in players if list(players).count(player) > 1})
    if twice:
        raise UserError(f"players: found {twice[0]!r} more than once, expected each one once")
    wanted = coalitions(players)
    missing = [one for one in wanted if one not in values]
    if missing:
        raise UserError(f"values: found no coalition {{{', '.join(sorted(missing[0]))}}}, expected all {len(wanted)}")
    table = {one: np.asarray(values[one], dtype=np.float64) for one in wanted}
    shapes = {value.shape for value in table.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        told = ", ".join(str(shape) for shape in sorted(shapes))
        raise UserError(f"values: found arrays of shapes {told}, expected one value a replicate for every coalition")
    known = ~np.isnan(np.array(list(table.values()))).any(axis=0)
    rows = []
    for player in players:
        found = interval(contribution(table, player)[known], level=level, resamples=resamples)
        rows.append((player, found.n, found.estimate, found.low, found.high, found.clear))
    return pd.DataFrame(rows, columns=["player", "n", "share", "low", "high", "clear"])


def contribution(values: Mapping[frozenset[str], np.ndarray], player: str) -> np.ndarray:
    """Shapley value of a player in each replicate: what it adds, averaged over all orders.

    Parameters
    ----------
    values : mapping of frozenset of str to ndarray
        Of every coalition, in the order of :func:`coalitions`, all of one shape.
    player : str

    Returns
    -------
    ndarray
        Of that shape.
    """
    count = len(max(values, key=len))
    weights = [math.factorial(s) * math.factorial(count - s - 1) / math.factorial(count) for s in range(count)]
    without = [one for one in values if player not in one]
    total = np.zeros(values[without[0]].shape)
    for one in without:
        total += weights[len(one)] * (values[one | {player}] - values[one])
    return total
