"""Approximate Bayesian computation from a bank of simulations: the nearest targets, adjusted by local-linear regression.

Beaumont, Zhang and Balding (2002), *Approximate Bayesian computation in population genetics*, Genetics 162. Distances are
in units of the tolerances; bounded parameters are adjusted on the logit scale, so that nothing leaves its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliancesim.territory.grid import fold, uniform

_EDGE = 1e-6
"""Share of a range that a parameter is kept away from its bounds before the logit is taken."""
_STREAM = 0xABC
_RIDGE = 1e-6
"""Weight of the ridge, of the mean diagonal: a target that does not vary among the nearest rows then has slope 0."""


@dataclass(frozen=True)
class Posterior:
    """A weighted sample.

    Attributes
    ----------
    values : ndarray, shape (K, P)
        Adjusted parameters.
    weights : ndarray, shape (K,)
        Epanechnikov weights of the distance; they add to 1.
    rows : ndarray of int, shape (K,)
        Rows of the bank, the nearest first.
    radius : float
        Distance within which all of them lie, in tolerances.
    """

    values: np.ndarray
    weights: np.ndarray
    rows: np.ndarray
    radius: float

    @property
    def mean(self) -> np.ndarray:
        """Weighted means, shape (P,)."""
        found: np.ndarray = self.weights @ self.values
        return found

    @property
    def covariance(self) -> np.ndarray:
        """Weighted covariances, shape (P, P), corrected for the effective size of the sample (as ``numpy.cov`` with weights)."""
        centred = self.values - self.mean
        lost = 1.0 - float((self.weights**2).sum())
        found: np.ndarray = (centred * self.weights[:, None]).T @ centred / lost
        return found

    def below(self, truth: np.ndarray) -> np.ndarray:
        """Weight below a value of each parameter (that of equal values by half), shape (P,)."""
        found: np.ndarray = self.weights @ ((self.values < truth) + 0.5 * (self.values == truth))
        return found


def blurred(targets: np.ndarray, tolerances: np.ndarray, key: int = 1) -> np.ndarray:
    """Targets with an error of their tolerance: uniform within it, keyed by row and column.

    To accept what lies within a tolerance is exact inference under an error of that shape (Wilkinson 2013).

    Parameters
    ----------
    targets : ndarray, shape (N, T)
    tolerances : ndarray, shape (T,)
    key : int
    """
    rows, columns = (np.arange(number) for number in targets.shape)
    found: np.ndarray = targets + tolerances * (2.0 * uniform(fold(_STREAM, key, rows[:, None], columns)) - 1.0)
    return found


def posterior(
    parameters: np.ndarray,
    targets: np.ndarray,
    observed: np.ndarray,
    tolerances: np.ndarray,
    *,
    keep: int,
    bounds: np.ndarray | None = None,
    adjust: bool = True,
    leave_out: int | None = None,
) -> Posterior:
    """Parameters of the rows of a bank whose targets are nearest to those observed.

    Parameters
    ----------
    parameters : ndarray, shape (N, P)
        Drawn from the prior.
    targets : ndarray, shape (N, T)
        What each row gave; rows with a missing value are left out.
    observed, tolerances : ndarray, shape (T,)
    keep : int
        Rows to accept.
    bounds : ndarray, shape (P, 2), optional
        Bounds of the prior; without them parameters are adjusted as they are.
    adjust : bool
        Whether to adjust for what is left of the distance.
    leave_out : int, optional
        A row that is not in the bank (the truth, when the bank is used to check itself).

    Raises
    ------
    ValueError
        For shapes that do not fit, tolerances that are not above 0, or fewer known rows than ``keep`` + 1.
    """
    theta, given = np.asarray(parameters, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    y, unit = np.asarray(observed, dtype=np.float64), np.asarray(tolerances, dtype=np.float64)
    if theta.ndim != 2 or given.ndim != 2 or len(theta) != len(given) or not y.shape == unit.shape == given.shape[1:]:
        raise ValueError(
            f"parameters {theta.shape}, targets {given.shape}, observed {y.shape}, tolerances {unit.shape}"
        )
    if not (unit > 0).all() or not np.isfinite(y).all():
        raise ValueError("expected tolerances above 0 and an observed value for each")
    aside = (given - y) / unit
    far = np.sqrt((aside**2).sum(axis=1))
    if leave_out is not None:
        far[leave_out] = np.nan
    known = int(np.isfinite(far).sum())
    if known < keep + 1 or keep < 3:
        raise ValueError(f"keep {keep} of {known} known rows: expected 3 or more, and a row to spare")
    order = np.argsort(far, kind="stable")  # missing ones last
    rows, radius = order[:keep], float(far[order[keep]])
    close = far[rows] / radius if radius > 0 else np.zeros(keep)
    weights = 1.0 - close**2
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(keep, 1.0 / keep)
    values = theta[rows]
    if adjust:
        moved = to_line(values, bounds)
        moved = moved - aside[rows] @ _slopes(aside[rows], moved, weights)
        values = from_line(moved, bounds)
    return Posterior(values, weights, rows, radius)


def _slopes(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted least squares with a constant: slopes, shape (T, P)."""
    x = x - weights @ x
    spread = np.sqrt(weights @ x**2)
    spread[spread == 0.0] = 1.0
    x = x / spread
    gram = (x * weights[:, None]).T @ x
    gram[np.diag_indices_from(gram)] += _RIDGE
    found: np.ndarray = np.linalg.solve(gram, (x * weights[:, None]).T @ (y - weights @ y)) / spread[:, None]
    return found


def to_line(values: np.ndarray, bounds: np.ndarray | None) -> np.ndarray:
    """Logit of where a value lies between its bounds; without bounds the value itself."""
    if bounds is None:
        return values
    share = np.clip((values - bounds[:, 0]) / (bounds[:, 1] - bounds[:, 0]), _EDGE, 1.0 - _EDGE)
    found: np.ndarray = np.log(share) - np.log1p(-share)
    return found


def from_line(values: np.ndarray, bounds: np.ndarray | None) -> np.ndarray:
    """The value whose logit this is (see :func:`to_line`)."""
    if bounds is None:
        return values
    found: np.ndarray = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) / (1.0 + np.exp(-np.clip(values, -700.0, 700.0)))
    return found
