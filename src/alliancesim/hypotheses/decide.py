"""From effects by draw and seed to a decision: supported, refuted or undecided (SPEC section 9).

An effect is measured for each draw of the parameters with a few seeds, arms paired by seed. What is asked about is the
effect of a draw without the luck of its seeds. So the seeds of a draw are averaged, and what luck is left in the averages is
taken out of their spread (``settle``); the error of the mean over draws is put back, by resampling draws (``decide``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alliancesim.analysis.resample import indices

SURE = 0.95
"""Posterior probability from which a hypothesis is supported or refuted."""
LEAST = 5
"""Draws with a measured effect below which nothing is decided."""
RESAMPLES = 500
SIGNS = ("+", "-", "0", "not +", "not -")
OUTCOMES = ("supported", "refuted", "undecided")


@dataclass(frozen=True)
class Settled:
    """An effect over draws.

    Attributes
    ----------
    values : ndarray, shape (draws,)
        By draw, without the luck of seeds; NaN where it could not be measured.
    averages : ndarray, shape (draws,)
        Means over seeds, as they are.
    mean : float
    spread : float
        Standard deviation of ``values``.
    noise : float
        Standard deviation of one seed about its draw; NaN with one seed a draw.
    kept : float
        Factor by which distances from the mean were drawn in (1: nothing was).
    error : float
        Monte-Carlo error: standard error of ``mean``, of draws and seeds together.
    """

    values: np.ndarray
    averages: np.ndarray
    mean: float
    spread: float
    noise: float
    kept: float
    error: float

    @property
    def measured(self) -> int:
        """Draws with an effect."""
        return int(np.isfinite(self.values).sum())


def settle(effects: np.ndarray) -> Settled:
    """Average the seeds of each draw, and take what luck is left out of the spread over draws.

    Distances from the mean are drawn in by the factor √(1 − noise²/(seeds · variance of the averages)), at least 0: then the
    values have the variance of the effect itself, not that of its estimate (constrained empirical Bayes: Louis 1984).

    Parameters
    ----------
    effects : array_like, shape (draws, seeds)
        NaN where a run failed or there was nothing to measure.
    """
    given = np.atleast_2d(np.asarray(effects, dtype=np.float64))
    known = np.isfinite(given)
    count = known.sum(axis=1)
    total = np.where(known, given, 0.0).sum(axis=1)
    averages = np.divide(total, count, out=np.full(len(given), np.nan), where=count > 0)
    seen = count > 0
    if not seen.any():
        nothing = np.full(len(given), np.nan)
        return Settled(nothing, nothing, np.nan, np.nan, np.nan, 1.0, np.nan)
    mean = float(averages[seen].mean())
    variance = float(averages[seen].var(ddof=1)) if seen.sum() > 1 else np.nan
    error = float(np.sqrt(variance / seen.sum()))
    freedom = int((count[seen] - 1).sum())
    noise, kept = np.nan, 1.0
    if freedom > 0:
        within = np.where(known, given - np.where(seen, averages, 0.0)[:, None], 0.0)
        noise = float(np.sqrt((within**2).sum() / freedom))
        left = noise**2 * float((1.0 / count[seen]).mean())
        if variance > 0:
            kept = float(np.sqrt(max(0.0, 1.0 - left / variance)))
    values = mean + kept * (averages - mean)
    spread = float(values[seen].std(ddof=1)) if seen.sum() > 1 else np.nan
    return Settled(values, averages, mean, spread, noise, kept, error)


def holds(values: np.ndarray, sign: str, least: float) -> np.ndarray:
    """Whether values lie where a sign says, beyond the smallest effect of interest; False for NaN.

    ``+``: above it; ``-``: below its negative; ``0``: between both; ``not +``: below it; ``not -``: above its negative.
    """
    with np.errstate(invalid="ignore"):
        found: np.ndarray = {
            "+": values > least,
            "-": values < -least,
            "0": np.abs(values) < least,
            "not +": values < least,
            "not -": values > -least,
        }[sign]
    return found


def with_sign(values: np.ndarray, sign: str, least: float) -> float:
    """Share of the measured draws whose effect has the stated sign (``0``, ``not``: lies where it is said to)."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan")
    if sign in ("+", "-"):
        return float(((known > 0) if sign == "+" else (known < 0)).mean())
    return float(holds(known, sign, least).mean())


@dataclass(frozen=True)
class Decision:
    """What draws say.

    Attributes
    ----------
    outcome : str
        One of ``OUTCOMES``.
    p : float
        Probability that every effect lies where its sign says.
    against : float
        Probability that one does not. Draws without a measure count for neither, so both need not sum to 1.
    draws, measured : int
    why : str
        Reason for which nothing was decided; empty otherwise.
    """

    outcome: str
    p: float
    against: float
    draws: int
    measured: int
    why: str = ""


def decide(effects: Sequence[Settled], signs: Sequence[str], least: Sequence[float]) -> Decision:
    """Decide a statement about one effect, or about several that must all hold in the same draw.

    Each draw's effects are moved by the difference between a resampled mean over draws and the mean (the same resample for
    all effects), which adds the Monte-Carlo error of the means with its correlations.

    Parameters
    ----------
    effects : sequence of Settled
        One or more, over the same draws.
    signs : sequence of str
        Of ``SIGNS``.
    least : sequence of float
        Smallest effects of interest, in the units of the effects.
    """
    draws = len(effects[0].values)
    known = np.all([np.isfinite(one.values) for one in effects], axis=0)
    measured = int(known.sum())
    if measured < LEAST:
        reason = f"{measured} of {draws} draws have an effect to measure, and {LEAST} are needed"
        return Decision("undecided", np.nan, np.nan, draws, measured, reason)
    rows = indices(measured, RESAMPLES)
    every = np.ones((RESAMPLES, measured), dtype=bool)
    for one, sign, size in zip(effects, signs, least, strict=True):
        averages = one.averages[known]
        moved = averages[rows].mean(axis=1) - averages.mean()
        every &= holds(one.values[known][None, :] + moved[:, None], sign, size)
    p = float(every.mean()) * measured / draws
    against = (1.0 - float(every.mean())) * measured / draws
    outcome = "supported" if p >= SURE else "refuted" if against >= SURE else "undecided"
    return Decision(outcome, p, against, draws, measured)


def range_of(effect: Settled, level: float = 0.95) -> tuple[float, float]:
    """Central interval of an effect over draws, with the Monte-Carlo error of its mean."""
    known = np.isfinite(effect.values)
    if known.sum() < 2:
        return np.nan, np.nan
    averages = effect.averages[known]
    moved = averages[indices(int(known.sum()), RESAMPLES)].mean(axis=1) - averages.mean()
    values = effect.values[known][None, :] + moved[:, None]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
