"""ABC-SMC with moves by Markov chains: a population of equal weight that is moved while the tolerance falls.

Del Moral, Doucet and Jasra (2012), *An adaptive sequential Monte Carlo method for approximate Bayesian computation*,
Statistics and Computing 22. Each level lowers the tolerance so far that ``SHARE`` of the population survives, copies survivors
in place of the others, and moves all of them by Metropolis steps that leave the prior, cut off at the tolerance, as it is.
Steps are differences of two other particles on some of the coordinates (ter Braak 2006; Vrugt and others 2009): they learn
scales and correlations, and need no density of a proposal in eighty dimensions. Importance weights do: with them (ABC-PMC, as
in pyABC) five particles carried all the weight here. A step out of the space that history matching left costs no run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alliancesim.calibration.space import reflected

MISSING = 100.0
"""Tolerances that a target without a value is away."""
SHARE = 0.5
"""Of the population that survives when the tolerance is lowered."""
LEAST = 0.58
"""Distance at which to stop lowering: that of errors which are uniform within the tolerances."""
SWEEPS = 3
"""Most sweeps of moves a level; fewer once as many moves were accepted as particles were copied."""
LAST = 2
"""Sweeps that are left for the last tolerance, at least."""
IDLE = 0.02
"""Share of accepted moves below which the tolerance is not lowered again."""
CROSSINGS = (0.1, 0.3, 1.0)
"""Shares of the coordinates that a step moves."""
_JITTER = 0.02
_MOST_SWEEPS = 60
_STREAM = 0x5A3C


@dataclass(frozen=True)
class Particles:
    """A population of equal weight.

    Attributes
    ----------
    x : ndarray, shape (N, P)
        Points of the unit cube.
    targets : ndarray, shape (N, T)
    levels : list of dict
        Of each tolerance ``level``, ``epsilon`` (largest distance that is accepted), ``runs``, moves ``proposed`` and
        ``accepted``, ``distinct`` (particles at its end), ``ancestors`` (particles of the start that have descendants).
    """

    x: np.ndarray
    targets: np.ndarray
    levels: list[dict[str, float]]

    @property
    def distinct(self) -> int:
        """Particles that differ."""
        return len(np.unique(self.x, axis=0))


def distance(targets: np.ndarray, observed: np.ndarray, tolerances: np.ndarray) -> np.ndarray:
    """Root mean square of the distances in tolerances, over the last axis; a missing target counts as ``MISSING``.

    Errors that are uniform within the tolerances have a distance of 0.58.
    """
    off = (np.asarray(targets, dtype=np.float64) - observed) / tolerances
    found: np.ndarray = np.sqrt((np.nan_to_num(off, nan=MISSING) ** 2).mean(axis=-1))
    return found


def run_smc(
    simulate: Callable[[int, np.ndarray], np.ndarray],
    x: np.ndarray,
    targets: np.ndarray,
    allowed: Callable[[np.ndarray], np.ndarray],
    observed: np.ndarray,
    tolerances: np.ndarray,
    *,
    seed: int,
    particles: int,
    budget: int,
) -> Particles:
    """Sequential Monte Carlo from runs that were drawn uniformly from a part of the unit cube.

    Parameters
    ----------
    simulate : callable
        ``(sweep, points)`` to targets (N, T); sweeps are counted from 0.
    x : ndarray, shape (N, P)
        Points drawn from the space, ``particles`` or more: the nearest are the first population.
    targets : ndarray, shape (N, T)
        What they gave.
    allowed : callable
        Whether points (N, P) belong to the space.
    observed, tolerances : ndarray, shape (T,)
    seed : int
    particles : int
        Of the population.
    budget : int
        Runs, at most. The tolerance is lowered while there are runs left for a level; what is left then moves the population at
        the last one.
    """
    far = distance(targets, observed, tolerances)
    first = np.argsort(far, kind="stable")[:particles]
    x, targets, far = x[first].copy(), targets[first].copy(), far[first].copy()
    ancestor = np.arange(len(x))
    epsilon = float(far.max())
    levels = [_level(0, epsilon, x, ancestor)]
    used, spent = 0, particles  # runs; those of the last sweep, which are what the next one may cost
    sweeps_here = accepted_here = 0  # since the tolerance was looked at last
    lowering = done = True
    for sweep in range(_MOST_SWEEPS):
        level = levels[-1]
        if done:
            lowering = lowering and level["accepted"] >= IDLE * level["proposed"]
            lowering = lowering and epsilon > LEAST and used + (1 + LAST) * spent <= budget
            sweeps_here = accepted_here = 0
        if done and lowering:
            epsilon = max(LEAST, float(np.quantile(far, SHARE)))
            kept = _survivors(far <= epsilon, seed, len(levels))
            x, targets, far, ancestor = x[kept], targets[kept], far[kept], ancestor[kept]
            level = _level(len(levels), epsilon, x, ancestor)
            levels.append(level)
        moved = _proposals(x, np.random.default_rng([_STREAM, seed, sweep]))
        tried = np.flatnonzero(allowed(moved))
        if used + len(tried) > budget:
            break
        found = simulate(sweep, moved[tried])
        near = distance(found, observed, tolerances)
        good = near <= epsilon
        moves = tried[good]
        x[moves], targets[moves], far[moves] = moved[moves], found[good], near[good]
        used, spent = used + len(tried), max(len(tried), 1)
        sweeps_here, accepted_here = sweeps_here + 1, accepted_here + len(moves)
        done = sweeps_here == SWEEPS or accepted_here >= (1.0 - SHARE) * len(x)
        level["runs"] += len(tried)
        level["proposed"] += len(x)
        level["accepted"] += len(moves)
        level["distinct"] = len(np.unique(x, axis=0))
    return Particles(x, targets, levels)


def _level(number: int, epsilon: float, x: np.ndarray, ancestor: np.ndarray) -> dict[str, float]:
    """A tolerance before any move."""
    return {
        "level": number, "epsilon": epsilon, "runs": 0, "proposed": 0, "accepted": 0, "distinct": len(np.unique(x, axis=0)),
        "ancestors": len(np.unique(ancestor)),
    }  # fmt: skip


def _survivors(alive: np.ndarray, seed: int, level: int) -> np.ndarray:
    """Rows of the next population: survivors stay where they are, the places of the others go to survivors, spread evenly."""
    rows = np.arange(len(alive))
    dead, living = np.flatnonzero(~alive), np.flatnonzero(alive)
    start = float(np.random.default_rng([_STREAM, seed, level, 1]).random())
    rows[dead] = living[((np.arange(len(dead)) + start) / max(len(dead), 1) * len(living)).astype(np.int64)]
    return rows


def _proposals(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """A step for each particle: on some coordinates, along the difference of two others; reflected at the bounds (symmetric)."""
    number, places = x.shape
    mask = draw.random(x.shape) < draw.choice(CROSSINGS, size=(number, 1))
    mask[np.arange(number), draw.integers(places, size=number)] = True
    one, other = (
        (np.arange(number) + draw.integers(1, number, size=number)) % number for _ in range(2)
    )  # any but itself; where both are the same, the jitter moves alone
    scale = 2.38 / np.sqrt(2.0 * mask.sum(axis=1, keepdims=True))
    step = scale * (x[one] - x[other]) + _JITTER * draw.standard_normal(x.shape)
    found: np.ndarray = np.clip(reflected(x + np.where(mask, step, 0.0)), 0.0, 1.0)
    return found


def at_the_prior(x: np.ndarray, keeps: np.ndarray, seed: int) -> np.ndarray:
    """A population whose kept parameters have their prior again, each by itself: ranks stay, values are spread evenly.

    The k-th smallest of N values becomes a draw from the k-th of N equal parts of the prior, so that nothing is claimed of the
    parameter, and yet what it goes together with stays: without that, rows would no longer reproduce what they were accepted for.

    Parameters
    ----------
    x : ndarray, shape (N, P)
        Points of the unit cube.
    keeps : ndarray of bool, shape (P,)
    seed : int
    """
    found = x.copy()
    draw = np.random.default_rng([_STREAM, seed, 0xCEE5])
    order = draw.permutation(len(x))  # equal values (copies) are put in a random order
    ranks = np.empty(x.shape, dtype=np.int64)
    ranks[order] = np.argsort(np.argsort(x[order], axis=0, kind="stable"), axis=0, kind="stable")
    even = (ranks + draw.random(x.shape)) / len(x)
    found[:, keeps] = even[:, keeps]
    return found
