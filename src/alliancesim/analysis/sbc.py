"""Simulation-based calibration: known parameters recovered from what the model makes of them.

Talts and others (2018): where truths are drawn from the prior and the inference is right, the rank of the truth among draws
of its posterior is uniform. Whether ranks are uniform is decided by simultaneous bands of their cumulative distribution
(Säilynoja, Bürkner and Vehtari 2022), here computed exactly, without simulation. Contraction is 1 − variance of the posterior
over variance of the prior (Betancourt 2018), z the distance of the truth from the mean in standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from alliancesim.analysis.abc import posterior
from alliancesim.analysis.resample import interval, wilson
from alliancesim.territory.grid import fold, uniform

DRAWS = 99
"""Draws of a posterior among which the truth is ranked: ranks are 0 to 99."""
BINS = 20
LEVELS = (0.5, 0.8, 0.95)
_STREAM = 0x5BC


@dataclass(frozen=True)
class Recovery:
    """What came of recovering some truths.

    Attributes
    ----------
    below : ndarray, shape (N, P)
        Weight of the posterior below the truth.
    ranks : ndarray of int, shape (N, P)
        Of the truth among ``DRAWS`` draws of its posterior.
    contraction, z : ndarray, shape (N, P)
    covariance : ndarray, shape (P, P)
        Mean covariance of the posteriors, each parameter in standard deviations of its prior.
    radius : ndarray, shape (N,)
        Distance of the farthest row accepted, in tolerances.
    """

    below: np.ndarray
    ranks: np.ndarray
    contraction: np.ndarray
    z: np.ndarray
    covariance: np.ndarray
    radius: np.ndarray


def recover(
    parameters: np.ndarray,
    targets: np.ndarray,
    tolerances: np.ndarray,
    *,
    truths: Sequence[int] | np.ndarray,
    keep: int,
    bounds: np.ndarray | None = None,
    adjust: bool = True,
    key: int = 1,
) -> Recovery:
    """Recover rows of a bank from all others.

    Parameters
    ----------
    parameters : ndarray, shape (N, P)
        Drawn from the prior, independent of one another.
    targets : ndarray, shape (N, T)
    tolerances : ndarray, shape (T,)
    truths : sequence of int
        Rows that play the truth, each absent from the bank that recovers it; their targets must be known.
    keep, bounds, adjust
        As for :func:`alliancesim.analysis.abc.posterior`.
    key : int
        Key of the draws that ranks are made of.
    """
    prior = parameters.var(axis=0, ddof=1)
    found = [
        posterior(
            parameters, targets, targets[row], tolerances, keep=keep, bounds=bounds, adjust=adjust, leave_out=int(row)
        )
        for row in truths
    ]
    here = parameters[np.asarray(truths, dtype=np.int64)]
    below = np.array([one.below(truth) for one, truth in zip(found, here, strict=True)])
    covariances = np.array([one.covariance for one in found])
    variance = np.diagonal(covariances, axis1=1, axis2=2)
    means = np.array([one.mean for one in found])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (here - means) / np.sqrt(variance)
    return Recovery(
        below, ranks_of(below, key), 1.0 - variance / prior, z,
        covariances.mean(axis=0) / np.sqrt(np.outer(prior, prior)), np.array([one.radius for one in found]),
    )  # fmt: skip


def ranks_of(below: np.ndarray, key: int = 1) -> np.ndarray:
    """Rank of a truth among ``DRAWS`` draws of a posterior that has this weight below it; draws are keyed by place."""
    places = np.arange(below.size).reshape(below.shape)
    base = fold(_STREAM, key, places)
    ranks = np.zeros(below.shape, dtype=np.int64)
    for draw in range(DRAWS):
        ranks += uniform(fold(base, draw)) < below
    return ranks


# -- bands ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def ecdf_band(number: int, level: float = 0.95, bins: int = BINS) -> tuple[np.ndarray, np.ndarray]:
    """Simultaneous band of the counts of uniform ranks up to each edge between bins.

    Counts up to an edge are binomial, and given the count at one edge the next is the count plus a binomial of the rest: a
    Markov chain, so the probability of staying inside is a product of matrices. The band has the same pointwise level
    everywhere, the narrowest whose probability of holding all counts is ``level`` or more.

    Parameters
    ----------
    number : int
        Ranks.
    level : float
        Simultaneous level; the false-alarm rate is 1 − level or a little less (counts are whole numbers).
    bins : int

    Returns
    -------
    low, high : ndarray of int, shape (bins − 1,)
        Counts inside which all stay. Read-only.
    """
    narrow, wide = 1.0 - level, (1.0 - level) / (2.0 * bins)  # one look; Bonferroni over all looks
    for _ in range(24):
        middle = (narrow * wide) ** 0.5
        if _inside(number, bins, *_pointwise(number, middle, bins)) >= level:
            wide = middle
        else:
            narrow = middle
    low, high = _pointwise(number, wide, bins)
    low.flags.writeable = high.flags.writeable = False
    return low, high


def _pointwise(number: int, alarm: float, bins: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.stats import binom

    edges = np.arange(1, bins) / bins
    return (
        binom.ppf(alarm / 2.0, number, edges).astype(np.int64),
        binom.isf(alarm / 2.0, number, edges).astype(np.int64),
    )


def _inside(number: int, bins: int, low: np.ndarray, high: np.ndarray) -> float:
    """Probability that all counts of uniform ranks stay inside a band."""
    from scipy.stats import binom

    counts, weights = np.array([0]), np.array([1.0])
    for edge in range(1, bins):
        here = np.arange(low[edge - 1], high[edge - 1] + 1)
        step = binom.pmf(here[:, None] - counts[None, :], number - counts[None, :], 1.0 / (bins - edge + 1))
        counts, weights = here, step @ weights
    return float(weights.sum())


def counts_of(ranks: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Ranks in each bin, shape (bins,)."""
    return np.bincount(np.asarray(ranks) * bins // (DRAWS + 1), minlength=bins)


def calibrated(ranks: np.ndarray, level: float = 0.95, bins: int = BINS) -> bool:
    """Whether the cumulative counts of ranks stay inside their simultaneous band."""
    low, high = ecdf_band(len(ranks), level, bins)
    up_to = np.cumsum(counts_of(ranks, bins))[:-1]
    return bool(((up_to >= low) & (up_to <= high)).all())


def histogram_band(number: int, level: float = 0.95, bins: int = BINS) -> tuple[int, int]:
    """Counts between which all bins of uniform ranks stay with probability ``level`` or more (Bonferroni)."""
    from scipy.stats import binom

    tail = (1.0 - level) / (2.0 * bins)
    return int(binom.ppf(tail, number, 1.0 / bins)), int(binom.isf(tail, number, 1.0 / bins))


# -- a table ----------------------------------------------------------------------------------------------------------


def recovery_table(found: Recovery, names: Sequence[str], level: float = 0.95) -> pd.DataFrame:
    """What a recovery says of each parameter.

    Parameters
    ----------
    found : Recovery
    names : sequence of str, length P
    level : float
        That all parameters together raise no false alarm: each is looked at with a share (1 − level)/P of false alarms.

    Returns
    -------
    DataFrame
        A row a parameter: ``parameter``, mean ``contraction`` with its 95 % interval over the truths, mean and standard
        deviation of z (``z_mean``, ``z_sd``: 0 and about 1), ``coverage_50``, ``coverage_80``, ``coverage_95`` of central
        intervals with Wilson intervals, ``calibrated``.
    """
    alarm = (1.0 - level) / len(names)
    rows = []
    for number, name in enumerate(names):
        mean = interval(found.contraction[:, number])
        row: dict[str, object] = {
            "parameter": name, "contraction": mean.estimate, "contraction_low": mean.low, "contraction_high": mean.high,
            "z_mean": float(found.z[:, number].mean()), "z_sd": float(found.z[:, number].std(ddof=1)),
        }  # fmt: skip
        aside = np.abs(2.0 * found.below[:, number] - 1.0)
        for share in LEVELS:
            hits = int((aside <= share).sum())
            low, high = wilson(hits, len(aside))
            word = f"coverage_{100 * share:.0f}"
            row[word], row[f"{word}_low"], row[f"{word}_high"] = hits / len(aside), float(low), float(high)
        row["calibrated"] = calibrated(found.ranks[:, number], 1.0 - alarm)
        rows.append(row)
    return pd.DataFrame(rows)
