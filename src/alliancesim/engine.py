"""A run without Mesa: a territory, rules and animators, month after month."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim import parameters
from alliancesim.catalogue import DOMAINS
from alliancesim.rules.animators import build_animators
from alliancesim.rules.extensions.perimeters import extents_of
from alliancesim.rules.extensions.shocks import build_shocks
from alliancesim.rules.history import apply_history
from alliancesim.rules.observe import new_records
from alliancesim.rules.plan import PLAN, Phase
from alliancesim.rules.world import MASK, World
from alliancesim.state.build import build_state

MODEL_VERSION = "4"
"""Raised by any change that alters results; results of two model versions are not compared."""

DEFAULT_CELL_KM = 2.0

Hook = Callable[[World], None]


@dataclass
class Timing:
    """Seconds spent in a phase, and how often it ran."""

    seconds: float = 0.0
    calls: int = 0


class Engine:
    """Steps a world through its plan.

    Parameters
    ----------
    territory : Territory
    rules : dict of str to float
        Parameters that differ from their defaults.
    animation : AnimationConfig, optional
    history : HistoryConfig, optional
    extents : mapping of str to str, optional
        Level at which a domain is best worked on, where it is not the catalogue's (extension perimeters).
    shocks : mapping of str to ShockConfig, optional
    seed, months, burn_in : int
        ``months`` counts those after burn-in.
    sample : float
        Share of organisations simulated.
    threads : int
    """

    def __init__(
        self,
        territory: Any,
        rules: dict[str, float] | None = None,
        *,
        animation: Any = None,
        history: Any = None,
        extents: Mapping[str, str] | None = None,
        shocks: Mapping[str, Any] | None = None,
        seed: int = 1,
        months: int = 120,
        burn_in: int = 120,
        sample: float = 1.0,
        threads: int = 1,
    ) -> None:
        self.territory = territory
        self.months, self.burn_in = int(months), int(burn_in)
        record = parameters.record(rules)
        state = build_state(
            territory, record, seed=seed, burn_in=burn_in, months=months, sample=sample, threads=max(1, int(threads))
        )
        self.world = World(state, threads=max(1, int(threads)))
        self.world.extents = extents_of(state.domains, extents or {})
        self.world.shocks = build_shocks(shocks or {}, self.world)
        if animation is not None:
            self.world.animators = build_animators(animation, self.world)
        self.plan: list[Phase] = list(PLAN)
        self.before: dict[str, list[Hook]] = {}
        self.after: dict[str, list[Hook]] = {}
        self.timings = {phase.name: Timing() for phase in self.plan}
        self.world.records = new_records(self.burn_in + self.months, len(self.plan))
        if history is not None:
            apply_history(self.world, history)

    @property
    def state(self) -> Any:
        """The tables of the run."""
        return self.world.state

    def hook(self, phase: str, function: Hook, *, when: str = "after") -> None:
        """Call ``function(world)`` before or after a phase of every month.

        Raises
        ------
        KeyError
            For a phase that the plan has not.
        """
        if phase not in self.timings:
            raise KeyError(phase)
        (self.before if when == "before" else self.after).setdefault(phase, []).append(function)

    def replace(self, phase: str, function: Callable[[World], int | None], source: str = "user") -> None:
        """Let a function of the user stand for a phase; slow but right."""
        names = [one.name for one in self.plan]
        if phase not in names:
            raise KeyError(phase)
        self.plan[names.index(phase)] = Phase(phase, lambda world: int(function(world) or 0), source)

    def step(self) -> None:
        """One month: all phases of the plan, in order."""
        world = self.world
        state = world.state
        state.month += 1
        if state.month >= len(world.records.values):
            self._extend()
        world.counters.clear()
        digests = world.records.digests[state.month]
        for number, phase in enumerate(self.plan):
            for hook in self.before.get(phase.name, ()):
                hook(world)
            start = time.perf_counter()
            digests[number] = phase.function(world) & MASK
            timing = self.timings[phase.name]
            timing.seconds += time.perf_counter() - start
            timing.calls += 1
            for hook in self.after.get(phase.name, ()):
                hook(world)
        state.version += 1

    def _extend(self) -> None:
        """Room for a year more of records and of faded trust (a model stepped beyond its months)."""
        records, state = self.world.records, self.state
        more = 12
        records.values = np.vstack([records.values, np.full((more, records.values.shape[1]), np.nan)])
        records.digests = np.vstack([records.digests, np.zeros((more, records.digests.shape[1]), dtype=np.uint64)])
        kept = 1.0 - float(state.rules[0]["tie_decay"])
        fade = list(state.fade)
        while len(fade) < len(records.values) + 2:
            fade.append(fade[-1] * kept)
        state.fade = np.array(fade)

    def burn(self, progress: Callable[[int], None] | None = None) -> None:
        """Run the burn-in."""
        while self.state.month + 1 < self.burn_in:
            self.step()
            if progress is not None:
                progress(self.state.month)

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Burn-in, then all months."""
        while self.state.month + 1 < self.burn_in + self.months:
            self.step()
            if progress is not None:
                progress(self.state.month)
        self.world.close()


def make_territory(scenario: Any) -> Any:
    """The territory that a scenario names.

    Raises
    ------
    UserError
        For an unknown place or a table with mistakes.
    """
    from alliancesim import territory

    config = scenario.territory
    domains = tuple(config.domains)
    if config.kind == "real":
        cell_km = DEFAULT_CELL_KM if config.cell_km is None else config.cell_km
        return territory.real(config.place, cell_km=cell_km, buffer_km=config.buffer_km, domains=domains)
    if config.kind == "tables":
        return territory.from_tables(
            config.cells,
            config.organisations,
            name=config.name,
            cell_km=config.cell_km,
            domains=None if domains == DOMAINS else domains,
            generate=tuple(config.generate),
        )
    return territory.synthetic(
        config.typology,
        population=config.population,
        cell_km=config.cell_km,
        seed=scenario.seed if config.seed is None else config.seed,
        domains=domains,
        mix=vars(config.mix),
    )


def engine_of(scenario: Any, *, territory: Any = None) -> Engine:
    """The engine of a scenario, at month 0.

    Parameters
    ----------
    scenario : Scenario
    territory : Territory, optional
        Instead of the one that the scenario names (it is then not built again).
    """
    return Engine(
        make_territory(scenario) if territory is None else territory,
        vars(scenario.rules),
        animation=scenario.animation,
        history=scenario.history,
        extents=scenario.territory.extents,
        shocks=scenario.shocks,
        seed=scenario.seed,
        months=scenario.months,
        burn_in=scenario.burn_in,
        sample=scenario.population.sample,
        threads=scenario.thread_count,
    )
