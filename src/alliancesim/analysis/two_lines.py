"""Is a curve an inverted U? Two lines: up to a break it rises, beyond it falls, each clearly (after Simonsohn 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALARM = 0.025
"""One-sided level of each of the two lines."""


@dataclass(frozen=True)
class TwoLines:
    """Two lines through a curve.

    Attributes
    ----------
    turn : float
        Level at which the mean curve turns (highest interior level).
    up, down : float
        Slope on log2 of the level before and after the turn, each with ``_error`` (standard error over units).
    inverted_u : bool
        Whether the first line rises and the second falls, each clearly (one-sided t test at ``ALARM``).
    """

    turn: float
    up: float
    up_error: float
    down: float
    down_error: float
    inverted_u: bool


def two_lines(levels: Sequence[float] | np.ndarray, values: np.ndarray) -> TwoLines:
    """Fit and test two lines.

    Where the curve turns is found in one half of the units and the lines are fitted to the other half, then the other way
    round, so that no line is tested on what placed its end: a flat or monotone curve is called an inverted U at most about
    as often as one line passes by luck (``ALARM``). The two halves are averaged.

    Parameters
    ----------
    levels : array_like, shape (L,)
        Rising, above 0; three or more.
    values : ndarray, shape (n, L)
        A unit (a forum, a replicate) a row, measured at every level; four units or more.

    Raises
    ------
    ValueError
        For fewer levels or units.
    """
    from scipy.stats import t

    x, y = np.log2(np.asarray(levels, dtype=np.float64)), np.asarray(values, dtype=np.float64)
    if len(x) < 3 or y.ndim != 2 or y.shape[1] != len(x) or len(y) < 4:
        raise ValueError(f"levels {len(x)} and values {y.shape}: expected three levels and four units, or more")
    halves = (y[0::2], y[1::2])
    lines = []
    for placing, tested in (halves, halves[::-1]):
        at = 1 + int(np.argmax(placing.mean(axis=0)[1:-1]))
        lines.append([_slopes(x[: at + 1], tested[:, : at + 1]), _slopes(x[at:], tested[:, at:])])
    means = np.array([[one.mean() for one in pair] for pair in lines])
    errors = np.array([[one.std(ddof=1) / np.sqrt(len(one)) for one in pair] for pair in lines])
    slope, error = means.mean(axis=0), np.sqrt((errors**2).sum(axis=0)) / 2.0
    needed = float(t.ppf(1.0 - ALARM, max(1, len(y) - 2)))
    clear = bool(slope[0] > needed * error[0] and slope[1] < -needed * error[1])
    turn = float(np.asarray(levels, dtype=np.float64)[1 + int(np.argmax(y.mean(axis=0)[1:-1]))])
    return TwoLines(turn, float(slope[0]), float(error[0]), float(slope[1]), float(error[1]), clear)


def _slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least-squares slope of each row."""
    centred = x - x.mean()
    return np.asarray((y * centred).sum(axis=1) / (centred * centred).sum())
