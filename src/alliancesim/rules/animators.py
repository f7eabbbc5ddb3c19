"""An animator at work: its calendar, its money, its address book (SPEC section 3, Levers and Who pays)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alliancesim import levers as definitions
from alliancesim.catalogue import KIND_INDEX, NAIVE, WILLING
from alliancesim.errors import UserError
from alliancesim.kernels.layout import NOBODY
from alliancesim.rules.address_book import AddressBook
from alliancesim.rules.extensions.standing_forums import Commission
from alliancesim.rules.levers import accompaniment, events, mediation, money, perimeters
from alliancesim.rules.world import World
from alliancesim.state.named import named_cells
from alliancesim.state.tables import MEETING, State

FOREVER = 10**9
MOST = 120
"""Animators of a run: alliances and meetings keep the number of theirs in a byte."""


@dataclass
class Source:
    """Money a year from the public, a foundation or members, for a term.

    ``start`` is a calendar month (1 is the first after burn-in); ``months`` its term.
    """

    kind: str
    keur_per_year: float
    start: int
    months: int


@dataclass
class LeverRun:
    """One lever of an animator: what it is, when, how often, at what cost, with which options."""

    lever: str
    start: int
    end: int | None
    per_year: float
    cost_keur: float
    cost_days: float
    options: dict[str, Any]
    paid_month: int = -(10**6)

    @property
    def standing(self) -> bool:
        """Whether it acts every month from start to end; a counted lever of dose 0 does nothing and costs nothing."""
        return definitions.BY_NAME[self.lever].per_year == 0.0

    def covers(self, month: int) -> bool:
        """Whether its calendar includes a calendar month."""
        return month >= max(1, self.start) and (self.end is None or month <= self.end)


@dataclass
class Animator:
    """An animator of a territory.

    Attributes
    ----------
    number : int
        Its place among the run's animators.
    host : str
        Sphere (or collective) that hosts it: who pays its posts and rooms is a matter of its sources; no rule reads the host.
    neutrality : float
        Lowers the rent of leading in forums that it convenes; it can carry a contested lead.
    purse : float
        Money left, kEUR.
    fund, ceiling : float
        Money of its flexible fund, and the largest yearly cost that it helps (reference slack).
    book : AddressBook
        Organisations that it invited, interviewed or accompanied.
    owners : AddressBook
        Organisations that a co-produced diagnosis interviewed.
    cells : (C,) bool
        Cells of the territories that it works in.
    rows : (n,) int64
        Organisations that stand there.
    row : int
        The organisation that is the animator and takes part in its forums, or -1.
    level : str
        At which it convenes (extension perimeters; the EPCI otherwise).
    commissions : dict
        Its standing forums, by lever and number (extension standing_forums).
    """

    name: str
    number: int
    host: str
    neutrality: float
    targeting: str
    sources: list[Source]
    runs: list[LeverRun]
    cells: np.ndarray
    rows: np.ndarray
    book: AddressBook = field(default_factory=AddressBook)
    owners: AddressBook = field(default_factory=AddressBook)
    row: int = NOBODY
    level: str = "epci"
    commissions: dict[tuple[int, int], Commission] = field(default_factory=dict)
    purse: float = 0.0
    fund: float = 0.0
    ceiling: float = 0.0
    mix: dict[str, float] = field(default_factory=dict)
    mediator_rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    done: dict[str, int] = field(default_factory=dict)

    # -- money and calendar ------------------------------------------------------------------------------------------

    def open_month(self, world: World) -> None:
        """Money of sources whose year opens this month; standing levers are paid for, or pause."""
        month = world.state.calendar_month
        if month < 1:
            return
        if self.row != NOBODY and world.state.organisations["stage"][self.row] == NAIVE:
            world.state.organisations["stage"][self.row] = WILLING
        for source in self.sources:
            age = month - source.start
            if 0 <= age < source.months and age % 12 == 0:
                share = min(12, source.months - age) / 12.0
                self.purse += source.keur_per_year * share
                world.count(f"income_{source.kind}_keur", source.keur_per_year * share)
        for run in self.runs:
            if run.covers(month) and run.standing:
                units = float(run.options.get("count", 1)) if run.lever == "mediators" else 1.0
                if self.pay(world, run, units / 12.0):
                    run.paid_month = month
                    if run.lever == "mediators" and not len(self.mediator_rows):
                        self.mediator_rows = mediation.choose(world, self, int(run.options["count"]))

    def open_year(self, world: World) -> None:
        """What the year brings: the fund's money, clients' budgets, the adaptive mix."""
        if world.state.calendar_month < 1:
            return
        if self.stands("fund"):
            money.open_fund(world, self)
        if self.stands("purchasing"):
            money.open_purchasing(world, self)
        if self.stands("adaptive"):
            self.mix = money.adapt(world, self)

    def pay(self, world: World, run: LeverRun, units: float = 1.0) -> bool:
        """Pay for an occurrence where the purse allows; spending is recorded by lever."""
        cost = run.cost_keur * units
        if cost > self.purse + 1e-9:
            world.count("levers_unpaid")
            return False
        self.purse -= cost
        world.count(f"spend_{run.lever}_keur", cost)
        world.count(f"days_{run.lever}", run.cost_days * units)
        return True

    def run_of(self, lever: str) -> LeverRun | None:
        """The first run of a lever."""
        return next((run for run in self.runs if run.lever == lever), None)

    def stands(self, lever: str) -> bool:
        """Whether a standing lever is paid for this month."""
        return any(run.lever == lever and run.paid_month == self.today for run in self.runs)

    today: int = 0

    def due(self, world: World, lever: str) -> list[tuple[LeverRun, int]]:
        """Occurrences of a lever this month, each numbered since the start of its calendar."""
        month = world.state.calendar_month
        found: list[tuple[LeverRun, int]] = []
        for run in self.runs:
            if run.lever != lever or run.standing or not run.covers(month):
                continue
            k = month - max(1, run.start) + 1
            rate = run.per_year * self.mix.get(lever, 1.0) / 12.0
            first, last = math.ceil((k - 1) * rate - 1e-9), math.ceil(k * rate - 1e-9)
            found.extend((run, number) for number in range(first, last))
        return found

    # -- what it does, phase by phase --------------------------------------------------------------------------------

    def hold_events(self, world: World) -> None:
        """Awareness events and matchmaking of this month."""
        for lever in ("event", "matchmaking"):
            for run, number in self.due(world, lever):
                if self.pay(world, run):
                    events.hold(world, self, run, number)

    def introductions(self, world: World) -> np.ndarray:
        """Pairs that its local mediators introduce this month."""
        if not self.stands("mediators"):
            return np.zeros(0, dtype=MEETING)
        return mediation.introduce(world, self)

    def convene(self, world: World) -> list[int]:
        """Diagnoses, then forums, of this month; digests."""
        digests = []
        for run, number in self.due(world, "diagnosis"):
            if self.pay(world, run):
                digests.append(perimeters.diagnose(world, self, run, number))
        for run, number in self.due(world, "forum"):
            if self.pay(world, run):
                digests.append(perimeters.convene(world, self, run, number))
        return digests

    def accompany_alliances(self, world: World) -> None:
        """Accompaniment of new alliances of its address book."""
        for run, number in self.due(world, "accompany_alliance"):
            accompaniment.accompany_alliance(world, self, run, number)

    def accompany_organisations(self, world: World) -> None:
        """Accompaniment of organisations."""
        for run, number in self.due(world, "accompany_organisation"):
            accompaniment.accompany_organisation(world, self, run, number)

    def forget(self, row: int) -> None:
        """An organisation closed: it leaves the address book and mediates no more."""
        self.book.discard(row)
        self.owners.discard(row)
        self.mediator_rows = self.mediator_rows[self.mediator_rows != row]

    def owns(self, row: int) -> bool:
        """Whether an organisation was interviewed for a co-produced diagnosis."""
        return bool(self.owners.holds(row)[0])


def build_animators(animation: Any, world: World) -> list[Animator]:
    """Animators of a scenario, at month 0.

    Parameters
    ----------
    animation : AnimationConfig
        Its ``animators`` by name; their order in the file is the order in which they act, those of ``each`` territory in the
        order of its code.

    Raises
    ------
    UserError
        More animators than ``MOST``; an animator whose kind or territory is not there.
    """
    state = world.state
    result: list[Animator] = []
    for name, config in animation.animators.items():
        where = f"animation.animators.{name}"
        everywhere = named_cells(state, config.where, f"{where}.where") & (state.cells["reported"] == 1)
        places = {"": everywhere}
        if config.each is not None:
            codes = state.labels[f"cell_{config.each}"]
            places = {f" {code}": everywhere & (codes == code) for code in sorted(set(codes[everywhere])) if code}
        for code, cells in places.items():
            result.append(
                Animator(
                    name=f"{name}{code}",
                    number=len(result),
                    host=config.host,
                    neutrality=float(config.neutrality),
                    targeting=config.targeting,
                    sources=_sources(config),
                    runs=_runs(config),
                    cells=cells,
                    rows=_standing_in(state, cells),
                    level=config.convening_level,
                    row=NOBODY
                    if config.kind is None
                    else _own_organisation(state, cells, config.kind, f"{where}.kind"),
                )
            )
        if len(result) > MOST:
            raise UserError(f"{where}.each: found {len(result)} animators in all, expected at most {MOST}")
    return result


def _sources(config: Any) -> list[Source]:
    """Money of an animator."""
    return [
        Source(s.kind, float(s.keur_per_year), int(s.start), FOREVER if s.months is None else int(s.months))
        for s in config.sources.values()
    ]


def _runs(config: Any) -> list[LeverRun]:
    """Calendar of an animator, with the defaults of each lever."""
    runs = []
    for lever in config.levers.values():
        definition = definitions.BY_NAME[lever.lever]
        options = {key: option.default for key, option in definition.options.items()}
        options.update(dict(lever.options))
        if options.get("targeting") == definitions.AS_ANIMATOR:
            options["targeting"] = config.targeting
        runs.append(
            LeverRun(
                lever=lever.lever,
                start=int(lever.start),
                end=None if lever.end is None else int(lever.end),
                per_year=float(definition.per_year if lever.per_year is None else lever.per_year),
                cost_keur=float(definition.cost_keur if lever.cost_keur is None else lever.cost_keur),
                cost_days=float(definition.cost_days if lever.cost_days is None else lever.cost_days),
                options=options,
            )
        )
    return runs


def _standing_in(state: State, cells: np.ndarray) -> np.ndarray:
    """Organisations (n,) of some cells (C,) bool."""
    parts = [
        np.arange(low, high) for low, high in zip(state.cells["low"][cells], state.cells["high"][cells], strict=True)
    ]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


def _own_organisation(state: State, cells: np.ndarray, kind: str, key: str) -> int:
    """The organisation of a kind that is the animator: the one of the largest load cap, then by identity."""
    people = state.organisations
    rows = np.flatnonzero(cells[people["cell"]] & (people["kind"] == KIND_INDEX[kind]))
    if not len(rows):
        raise UserError(f"{key}: found {kind!r}, expected a kind of organisation that is on the territory")
    return int(rows[np.lexsort((people["key"][rows], -people["cap"][rows].astype(int)))[0]])
