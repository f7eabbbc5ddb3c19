"""Shapes of curves: a turn by two lines (Simonsohn 2018), logistic against concave adoption by held-out likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RiseAndFall:
    """Two lines of an interrupted regression.

    Attributes
    ----------
    at : float
        Where the second line begins.
    before, after : float
        Slopes.
    rise, fall : float
        Change along the first line, from the least x to ``at``; change along the second with its sign turned.
    """

    at: float
    before: float
    after: float
    rise: float
    fall: float

    @property
    def turn(self) -> float:
        """The smaller of rise and fall: above 0 only where the curve rises and then falls."""
        return min(self.rise, self.fall)


_NO_TURN = RiseAndFall(np.nan, np.nan, np.nan, np.nan, np.nan)


def rise_and_fall(x: np.ndarray, y: np.ndarray) -> RiseAndFall:
    """How much a single mean curve rises and then falls: two lines, broken where that shows best.

    (:func:`alliancesim.analysis.two_lines.two_lines` tests the same over many units; this one gives a size, draw by draw.)

    A cubic gives the flat stretch around its highest value (within one standard error of the fit there). Its middle is a
    first break; the second is at the share z₂/(z₁ + z₂) of the stretch, z being the slopes over their errors, so that more of it
    goes to the weaker line (Simonsohn's "Robin Hood" algorithm). Each line keeps three points where it can. Unlike a quadratic,
    a curve that only levels off gets no turn.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        n of 6 or more; x rising.

    Returns
    -------
    RiseAndFall
        NaN where a value is missing.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(x) < 6 or x.shape != y.shape or not (np.diff(x) > 0).all():
        raise ValueError(f"x of shape {x.shape}, y of shape {y.shape}: expected six or more values of rising x")
    if not np.isfinite(y).all():
        return _NO_TURN
    scaled = 2.0 * (x - x[0]) / (x[-1] - x[0]) - 1.0
    design = np.vander(scaled, 4)
    fit, error = _fitted(design, y)
    top = int(np.argmax(fit))
    flat = np.flatnonzero(fit >= fit[top] - error[top])
    # Only the stretch around the top, not another one as high.
    apart = np.flatnonzero(np.diff(flat) > 1)
    parts = np.split(flat, apart + 1)
    flat = next(part for part in parts if top in part)
    first = _lines(x, y, float(np.median(x[flat])))
    z1, z2 = abs(first[0]), abs(first[1])
    share = z2 / (z1 + z2) if z1 + z2 > 0 else 0.5
    at = float(np.quantile(x[flat], share))
    _, _, before, after, at = _lines(x, y, at)
    return RiseAndFall(at, before, after, before * (at - x[0]), -after * (x[-1] - at))


def _fitted(design: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares: fitted values and their standard errors."""
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    fit = design @ found
    freedom = max(1, len(y) - design.shape[1])
    variance = float(((y - fit) ** 2).sum()) / freedom
    inverse = np.linalg.pinv(design.T @ design)
    return fit, np.sqrt(np.maximum(0.0, variance * np.einsum("ij,jk,ik->i", design, inverse, design)))


def _lines(x: np.ndarray, y: np.ndarray, at: float) -> tuple[float, float, float, float, float]:
    """Slopes over their errors, slopes, and the break, kept three points inside where there are so many."""
    at = float(np.clip(at, x[2], x[-3]))
    later = (x >= at).astype(float)
    design = np.column_stack([np.ones(len(x)), (x - at) * (1.0 - later), (x - at) * later, later])
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    left = y - design @ found
    variance = max(float((left**2).sum()) / max(1, len(y) - 4), 1e-24)
    errors = np.sqrt(variance * np.diag(np.linalg.pinv(design.T @ design)))
    before, after = float(found[1]), float(found[2])
    return before / max(errors[1], 1e-12), after / max(errors[2], 1e-12), before, after, at


def logistic(t: np.ndarray, top: float, rate: float, middle: float, floor: float) -> np.ndarray:
    """Adoption that speeds up and then slows down, between ``floor`` and ``top``."""
    return floor + (top - floor) / (1.0 + np.exp(-np.clip(rate * (t - middle), -50.0, 50.0)))


def concave(t: np.ndarray, top: float, rate: float, floor: float) -> np.ndarray:
    """Adoption that slows down from the start."""
    return floor + (top - floor) * (1.0 - np.exp(-np.clip(rate * t, 0.0, 50.0)))


def shape_gain(t: np.ndarray, curves: np.ndarray) -> float:
    """How much better a logistic curve predicts the adoption of another seed than a concave one does.

    Both curves are fitted (least squares, bounded) to the mean of all seeds but one, and judged on that one by its Gaussian
    likelihood, with the spread of the fit and of seeds about each other; each seed is left out in turn. Both have a floor and a
    top; the logistic curve has one parameter more, which held-out data make it pay for.

    Parameters
    ----------
    t : array_like, shape (n,)
        Months, rising.
    curves : array_like, shape (seeds, n)
        Two seeds or more.

    Returns
    -------
    float
        Mean over seeds and months of log-likelihood, logistic less concave, nats a month observed; NaN with fewer than two
        whole curves.
    """
    t = np.asarray(t, dtype=np.float64)
    known = np.asarray(curves, dtype=np.float64)
    known = known[np.isfinite(known).all(axis=1)]
    if len(known) < 2:
        return float("nan")
    gains = []
    luck = float(known.var(axis=0, ddof=1).mean()) * len(known) / (len(known) - 1)
    for one in range(len(known)):
        train = np.delete(known, one, axis=0).mean(axis=0)
        gains.append(_likelihood(t, train, known[one], luck, True) - _likelihood(t, train, known[one], luck, False))
    return float(np.mean(gains))


_SLOWEST, _SPREAD = 1e-4, 0.005


def _likelihood(t: np.ndarray, train: np.ndarray, test: np.ndarray, luck: float, s_shaped: bool) -> float:
    """Mean log-likelihood of a held-out curve under a curve fitted to others; ``luck``: variance of one about the others."""
    from scipy.optimize import least_squares

    span, low, high = float(t[-1] - t[0]), float(train.min()), float(train.max())
    t = t - t[0]
    best = None
    starts = [(0.3, 12.0), (0.5, 6.0), (0.8, 12.0)] if s_shaped else [(0.0, 1.0), (0.0, 3.0)]
    for middle, pace in starts:
        if s_shaped:
            guess = np.array([min(1.0, high + 0.02), pace / span, middle * span, max(0.0, low - 0.01)])
            bounds = ([0.0, _SLOWEST, 0.0, -0.5], [1.5, 10.0, 1.5 * span, 1.0])
        else:
            guess = np.array([min(1.0, high + 0.02), pace / span, max(0.0, low)])
            bounds = ([0.0, _SLOWEST, -0.5], [1.5, 10.0, 1.0])
        shape = logistic if s_shaped else concave
        found = least_squares(lambda p, f=shape: f(t, *p) - train, np.clip(guess, *bounds), bounds=bounds, max_nfev=200)
        if best is None or found.cost < best[0]:
            best = (found.cost, shape(t, *found.x))
    assert best is not None
    # A floor keeps a perfect fit from an infinite likelihood.
    spread = max(_SPREAD, float(np.sqrt(((best[1] - train) ** 2).mean() + luck)))
    return float((-0.5 * ((test - best[1]) / spread) ** 2 - np.log(spread)).mean())
