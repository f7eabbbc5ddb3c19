"""Classes of curves of ease over resources, fixed by SPEC section 4 before any result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import LEVEL, wilson

SPEED_TOLERANCE = 0.5
"""Months: a change of speed (mean months to the first launch) below this is flat (SPEC section 4, Ease)."""
LAUNCH_TOLERANCE = 0.05
"""A change of P(launch | feasible) below 5 points is flat (SPEC section 4, Ease)."""
CLASSES = ("rises", "flat", "falls", "humped")
UNMEASURED = "unmeasured"
"""A curve with a level that nothing could be measured at (no forum launches at all levels compared)."""


def _checked(levels: Sequence[float] | np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(levels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2 or y.shape[-1:] != x.shape:
        raise ValueError(
            f"levels of shape {x.shape} and values of shape {y.shape}: expected two levels or more, a value each"
        )
    if not (x > 0).all() or not (np.diff(x) > 0).all():
        raise ValueError(f"levels {x.tolist()}: expected rising numbers above 0")
    return x, y


def effect(levels: Sequence[float] | np.ndarray, values: np.ndarray) -> np.ndarray | float:
    """Least-squares slope on log₂ R times the doublings of the range: the change from the lowest to the highest level.

    Parameters
    ----------
    levels : array_like, shape (L,)
        Resources R, rising, above 0.
    values : array_like, shape (..., L)
        Ease at each level: months, or a probability.

    Returns
    -------
    float or ndarray, shape (...)
        In the unit of ``values``; NaN where a level was not measured. It is linear in them: ``interval(effect(levels, curves))``
        of one curve a replicate has the effect of the mean curve, with its interval.
    """
    x, y = _checked(levels, values)
    doublings = np.log2(x)
    centred = doublings - doublings.mean()
    slope = (y * centred).sum(axis=-1) / (centred * centred).sum()
    found = slope * (doublings[-1] - doublings[0])
    return float(found) if found.ndim == 0 else found


def classify(levels: Sequence[float] | np.ndarray, values: np.ndarray, tolerance: float) -> str:
    """Class of one curve.

    *humped* where the interior exceeds both ends by more than the tolerance (looked at first: it is counted apart); else *rises*
    or *falls* where the effect exceeds the tolerance, and *flat*.

    Parameters
    ----------
    levels, values : array_like, shape (L,)
    tolerance : float
        ``SPEED_TOLERANCE`` for months, ``LAUNCH_TOLERANCE`` for P(launch | feasible).

    Returns
    -------
    str
        One of ``CLASSES``, or ``UNMEASURED``.
    """
    return str(classify_all(levels, np.asarray(values, dtype=np.float64)[None, :], tolerance)[0])


def classify_all(levels: Sequence[float] | np.ndarray, curves: np.ndarray, tolerance: float) -> np.ndarray:
    """:func:`classify` of many curves, shape (k, L): words, shape (k,)."""
    x, y = _checked(levels, curves)
    change = np.atleast_1d(effect(x, y))
    ends = np.maximum(y[:, 0], y[:, -1])
    inside = y[:, 1:-1].max(axis=1) if len(x) > 2 else np.full(len(y), -np.inf)
    words = np.full(len(y), "flat", dtype=object)
    words[change > tolerance] = "rises"
    words[change < -tolerance] = "falls"
    words[inside - ends > tolerance] = "humped"
    words[np.isnan(y).any(axis=1)] = UNMEASURED
    return words


def class_shares(words: Sequence[str] | np.ndarray, level: float = LEVEL) -> pd.DataFrame:
    """Share of the parameter space in each class.

    Parameters
    ----------
    words : sequence of str
        Class of the curve at each point of a design that fills the space. Curves without a measure are counted, not dropped.

    Returns
    -------
    DataFrame
        ``class``, ``n``, ``share`` with Wilson's ``low`` and ``high``: as if points were independent draws, which is cautious for
        a space-filling design.
    """
    given = np.asarray(words, dtype=object)
    names = [*CLASSES, *([UNMEASURED] if (given == UNMEASURED).any() else [])]
    counts = np.array([int((given == name).sum()) for name in names])
    if counts.sum() != len(given):
        raise ValueError(
            f"words: found {sorted(set(given.tolist()) - {*CLASSES, UNMEASURED})}, expected {', '.join(CLASSES)}"
        )
    low, high = wilson(counts, np.full(len(names), len(given)), level)
    share = counts / len(given) if len(given) else np.full(len(names), np.nan)
    return pd.DataFrame({"class": names, "n": counts, "share": share, "low": low, "high": high})
