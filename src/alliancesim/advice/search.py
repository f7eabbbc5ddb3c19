"""The search: NSGA-II of Optuna over shares and a calendar, asked for a generation and told of it, again and again.

A generation is tried in the same futures as all others, so that candidates are compared under the same draws. Its path
depends on the seed and on what it is told only: not on workers, not on where it was stopped.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.advice.space import LEVERS, Mix, mix
from alliancesim.errors import UserError

FLOOR = 0.4
"""Genes below this are a share of 0: most mixes hold a few levers, as plans do."""
TILTS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Space:
    """What may be chosen.

    Attributes
    ----------
    levers : tuple of str
    targeted : bool
        Whether there are deprived cells to go to first.
    """

    levers: tuple[str, ...] = LEVERS
    targeted: bool = True

    @property
    def genes(self) -> tuple[str, ...]:
        """Numbers from 0 to 1 that a candidate is."""
        return (*self.levers, "tilt", *(("deprived",) if self.targeted else ()))

    def mix(self, genes: dict[str, float]) -> Mix:
        """The mix of some genes."""
        weights = {name: max(0.0, genes[name] - FLOOR) for name in self.levers}
        if not any(weights.values()):
            weights[max(self.levers, key=lambda name: genes[name])] = 1.0
        tilt = TILTS[min(len(TILTS) - 1, int(genes["tilt"] * len(TILTS)))]
        return mix(weights, tilt, self.targeted and genes["deprived"] >= 0.5)

    def of(self, chosen: Mix) -> dict[str, float]:
        """Genes that give a mix."""
        shares = dict(chosen.shares)
        top = max(shares.values())
        genes = {
            name: FLOOR + (1.0 - FLOOR) * shares[name] / top if name in shares else FLOOR / 2 for name in self.levers
        }
        genes["tilt"] = (TILTS.index(chosen.tilt) + 0.5) / len(TILTS)
        if self.targeted:
            genes["deprived"] = 0.75 if chosen.deprived else 0.25
        return genes


def singles(space: Space) -> list[Mix]:
    """All on one lever, for each, and all alike: where a search may begin."""
    return [*(mix({name: 1.0}) for name in space.levers), mix(dict.fromkeys(space.levers, 1.0))]


def search(
    evaluate: Callable[[list[Mix]], np.ndarray],
    space: Space,
    first: Sequence[Mix],
    size: int,
    generations: int,
    seed: int,
    objectives: int = 3,
) -> tuple[list[Mix], np.ndarray]:
    """Look for mixes that no other one beats.

    Parameters
    ----------
    evaluate : callable
        From mixes to objectives, shape (mixes, objectives); more is better.
    space : Space
    first : sequence of Mix
        What the first generation begins with; the rest of it is drawn.
    size, generations : int
        Candidates of a generation, and generations.
    seed : int
        Key of the search's own draws.
    objectives : int

    Returns
    -------
    mixes : list of Mix
        All that were tried, each once, in the order in which they were.
    values : ndarray, shape (mixes, objectives)
    """
    try:
        import optuna
        from optuna.samplers.nsgaii import PolynomialMutation, SBXCrossover
    except ImportError:
        raise UserError("advise: the search needs the extra alliancesim[advice]") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        # which crossover and mutation may be chosen is marked experimental: it may change with a release, which is locked
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.NSGAIISampler(
            population_size=size, seed=seed, crossover=SBXCrossover(eta=5.0), mutation=PolynomialMutation(eta=10.0)
        )
    known: dict[Mix, np.ndarray] = {}
    study = optuna.create_study(directions=["maximize"] * objectives, sampler=sampler)
    for chosen in first[:size]:
        study.enqueue_trial(space.of(chosen))
    space_of: dict[str, Any] = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in space.genes}
    for _ in range(generations):
        trials = [study.ask(space_of) for _ in range(size)]
        mixes = [space.mix(trial.params) for trial in trials]
        new = [one for one in dict.fromkeys(mixes) if one not in known]
        if new:
            known.update(zip(new, evaluate(new), strict=True))
        for trial, chosen in zip(trials, mixes, strict=True):
            study.tell(trial, [float(value) for value in known[chosen]])
    return list(known), np.array(list(known.values()))
