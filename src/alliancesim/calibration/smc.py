"""ABC-SMC by pyABC, with a sampler of ours: the same particles for any number of workers, and after any stop.

pyABC (Schälte and others 2022) proposes, weighs, and lowers the tolerance (Toni and others 2009). Candidate k of generation t
is proposed with draws of (seed, t, k) and run with a seed of its own; candidates are run in batches of a fixed size and
accepted in their order. All runs are in the journal, so that a calibration that was stopped proposes the same candidates again
and finds their runs there.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.calibration.waves import MIDDLE
from alliancesim.errors import UserError
from alliancesim.territory.grid import fold

MISSING = 100.0
"""Tolerances that a target without a value is away."""
_STREAM = 0x5A3C


@dataclass(frozen=True)
class Particles:
    """A weighted population.

    Attributes
    ----------
    x : ndarray, shape (N, P)
        Points of the unit cube.
    weights : ndarray, shape (N,)
        They add to 1.
    targets : ndarray, shape (N, T)
    generations : list of dict
        Of each generation ``generation``, ``epsilon`` (largest distance accepted), ``runs``, ``accepted``.
    """

    x: np.ndarray
    weights: np.ndarray
    targets: np.ndarray
    generations: list[dict[str, float]]

    @property
    def effective(self) -> float:
        """Effective number of particles."""
        return float(1.0 / (self.weights**2).sum())


def _pyabc() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its imports
            import pyabc
    except ImportError:
        raise UserError("calibrate: needs the extra alliancesim[calibration]") from None
    for name in ("ABC", "ABC.Sampler", "ABC.History", "ABC.Epsilon", "ABC.Distance", "ABC.Population"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return pyabc


def distance(targets: np.ndarray, observed: np.ndarray, tolerances: np.ndarray) -> np.ndarray:
    """Root mean square of the distances in tolerances, over the last axis; a missing target counts as ``MISSING``.

    Errors that are uniform within the tolerances have a distance of 0.58.
    """
    off = (np.asarray(targets, dtype=np.float64) - observed) / tolerances
    found: np.ndarray = np.sqrt((np.nan_to_num(off, nan=MISSING) ** 2).mean(axis=-1))
    return found


def run_smc(
    simulate: Callable[[int, np.ndarray, int], np.ndarray],
    pool: np.ndarray,
    allowed: Callable[[np.ndarray], np.ndarray],
    free: np.ndarray,
    observed: np.ndarray,
    tolerances: np.ndarray,
    *,
    seed: int,
    particles: int,
    budget: int,
    batch: int,
    quantile: float = 0.5,
    least: float = 0.4,
) -> Particles:
    """Sequential Monte Carlo from a space that is given by a sample and a test.

    Parameters
    ----------
    simulate : callable
        ``(generation, points, first)`` to targets (N, T) of candidates ``first``, ``first`` + 1 ... of a generation.
    pool : ndarray, shape (N, P)
        Points of the unit cube drawn from the space, ``particles`` or more: the candidates of generation 0.
    allowed : callable
        Whether points (N, P) belong to the space; asked with what is not searched in the middle of its prior.
    free : ndarray of bool, shape (P,)
        Parameters that are searched; the others are drawn anew from 0 to 1 for each candidate.
    observed, tolerances : ndarray, shape (T,)
    seed : int
    particles : int
        Of a population.
    budget : int
        Runs of all generations; the last population that is complete within it is returned.
    batch : int
        Candidates that are run together.
    quantile : float
        Of the distances of a population that becomes the next tolerance.
    least : float
        Distance at which to stop.

    Raises
    ------
    UserError
        Without pyABC.
    """
    pyabc = _pyabc()
    names = [f"p{place:03d}" for place in np.flatnonzero(free)]
    places = len(free)

    class Space(pyabc.random_variables.DistributionBase):  # type: ignore[name-defined, misc]
        """The non-implausible space: its density is constant there, whatever it is."""

        candidate = 0

        def __init__(self) -> None:
            self.known: dict[bytes, bool] = {}
            self.rest = np.full(places, MIDDLE)

        def rvs(self, *_args: Any, **_kwargs: Any) -> Any:
            point = pool[self.candidate % len(pool)]
            return pyabc.Parameter(dict(zip(names, point[free].tolist(), strict=True)))

        def pdf(self, x: Any) -> float:
            point = self.rest.copy()
            point[free] = [x[name] for name in names]
            if (point < 0.0).any() or (point > 1.0).any():
                return 0.0
            word = point.tobytes()
            if word not in self.known:
                self.known[word] = bool(allowed(point[None, :])[0])
            return float(self.known[word])

        def copy(self) -> Any:
            return self

    class Pending(Exception):
        """A candidate that has no run yet."""

    waiting: dict[str, Any] = {"targets": None, "point": None}
    space = Space()
    log: list[dict[str, float]] = []

    def model(parameters: Any) -> dict[str, Any]:
        if waiting["targets"] is None:
            waiting["point"] = np.array([parameters[name] for name in names])
            raise Pending
        return {"targets": waiting["targets"]}

    def draws(generation: int, number: int, of: int) -> int:
        return int(fold(_STREAM, seed, generation, number, of)[0] >> np.uint64(32))

    class Sampler(pyabc.sampler.Sampler):  # type: ignore[name-defined, misc]
        """Candidates in batches, accepted in order."""

        used = 0

        def sample_until_n_accepted(self, n: int, simulate_one: Any, t: int, **_how: Any) -> Any:
            found = self._create_empty_sample()
            first = accepted = 0
            while accepted < n and self.used + batch <= budget:
                points = np.zeros((batch, places))
                for k in range(batch):
                    rest = np.random.default_rng(draws(t, first + k, 2)).random(places)
                    points[k] = self._propose(simulate_one, t, first + k, rest)
                targets = simulate(t, points, first)
                self.used += batch
                for k in range(batch):
                    if accepted == n:
                        break
                    particle = self._evaluate(simulate_one, t, first + k, targets[k])
                    particle.sum_stat["point"] = points[k]
                    found.append(particle)
                    accepted += particle.accepted
                first += batch
            self.nr_evaluations_ = first
            found.ok = accepted == n
            if found.ok:
                log.append({"generation": t, "runs": first, "accepted": n})
            return found

        def _propose(self, simulate_one: Any, t: int, number: int, rest: np.ndarray) -> np.ndarray:
            waiting["targets"] = None
            space.candidate = number
            np.random.seed(draws(t, number, 1))  # noqa: NPY002 - pyABC draws from NumPy's global generator
            try:
                simulate_one()
            except Pending:
                pass
            point = rest.copy()
            point[free] = waiting["point"]
            return point

        def _evaluate(self, simulate_one: Any, t: int, number: int, targets: np.ndarray) -> Any:
            waiting["targets"] = targets
            space.candidate = number
            np.random.seed(draws(t, number, 1))  # noqa: NPY002 - the same candidate again
            return simulate_one()

    def apart(found: Any, _given: Any) -> float:
        return float(distance(found["targets"], observed, tolerances))

    before = np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyABC's own, of pandas and SQLAlchemy
            abc = pyabc.ABCSMC(
                models=pyabc.FunctionModel(model, name="alliancesim"),
                parameter_priors=space,
                distance_function=pyabc.distance.FunctionDistance(apart),
                population_size=particles,
                transitions=pyabc.MultivariateNormalTransition(),
                eps=pyabc.QuantileEpsilon(initial_epsilon=1e6, alpha=quantile),
                sampler=Sampler(),
            )
            abc.new("sqlite://", {"targets": observed})
            abc.run(minimum_epsilon=least, max_nr_populations=20)
            populations = abc.history.get_all_populations()
            last = int(abc.history.max_t)
            if last < 0:
                raise UserError(
                    f"budget: {budget} runs of ABC gave no {particles} particles within the distance, expected more "
                    "runs or fewer particles"
                )
            population = abc.history.get_population(t=last)
    finally:
        np.random.set_state(before)  # noqa: NPY002
    epsilons = populations.set_index("t")["epsilon"]
    kept = population.particles
    weights = np.array([one.weight for one in kept], dtype=np.float64)
    targets = np.array([one.sum_stat["targets"] for one in kept])
    for row in log:
        largest = epsilons[row["generation"]]
        row["epsilon"] = float(largest) if largest < 1e5 else np.inf
    return Particles(np.array([one.sum_stat["point"] for one in kept]), weights / weights.sum(), targets, log)


def equal_rows(weights: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Rows of a weighted sample that stand for it with equal weights: systematic resampling, one keyed draw.

    Each row is there its weight times ``number``, rounded up or down.
    """
    start = float(np.random.default_rng([_STREAM, seed, number]).random())
    marks = (np.arange(number) + start) / number
    ends = np.cumsum(weights)
    ends /= ends[-1]
    return np.minimum(np.searchsorted(ends, marks, side="right"), len(weights) - 1)
