"""The month in plain Mesa: ten phases in the order of SPEC section 3."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import partial
from types import SimpleNamespace
from typing import Any

import mesa

from alliancesim import parameters
from alliancesim.catalogue import KIND_INDEX
from alliancesim.extensions import switched_on
from alliancesim.state.build import build_state

from .agents import SPHERE_CLASSES, Organisation, prospect
from .alliances import ENCOUNTER, Alliance
from .forum import hold
from .observe import COLUMNS, observe
from .projects import draw_library
from .proposals import may_ally, weigh
from .space import Space


class PlainModel(mesa.Model):
    """The core rules on a territory.

    Parameters
    ----------
    territory : Territory
        Without a buffer.
    rules : dict of str to float, optional
        Parameters that differ from their defaults; no extension may be switched on.
    seed : int
        Of the organisations of month 0, who are those of an engine of this seed, and of all draws.
    months, burn_in : int
        Length of the run: the last month closes a year of the record, as each December does.
    """

    def __init__(
        self,
        territory: Any,
        rules: dict[str, float] | None = None,
        *,
        seed: int = 1,
        months: int = 120,
        burn_in: int = 120,
    ) -> None:
        super().__init__(rng=seed)
        record = parameters.record(rules)
        if switched_on(record[0]):
            raise ValueError(f"no extensions here: {', '.join(switched_on(record[0]))}")
        state = build_state(territory, record, seed=seed, burn_in=burn_in, months=months)
        if not state.cells["reported"].all():
            raise ValueError("no buffer here")
        self.p = p = numbers(record[0])
        self.months, self.burn_in, self.month = months, burn_in, -1
        self.space = Space(state, p)
        self.populate(state)
        self.alliances: list[Alliance] = []
        self.joinings: list[tuple[int, Organisation]] = []
        self.sought: list[tuple[Organisation, Organisation]] = []
        self.met: list[tuple[Organisation, Organisation]] = []
        self.counts: defaultdict[str, float] = defaultdict(float)
        self.observed: dict[str, float] = {}
        self.attractiveness = self.need_start = 0.0
        self.datacollector = mesa.DataCollector({name: partial(column, name=name) for name in COLUMNS})

    def populate(self, state: Any) -> None:
        """Everyone who is there, with the attributes of month 0."""
        slots = (state.slots[1:] - state.slots[:-1]).tolist()
        salience, objectives = state.salience.tolist(), state.objectives.tolist()
        for row, record in enumerate(state.organisations):
            kind = SPHERE_CLASSES[record["sphere"]]
            cell = self.space.cells[record["cell"]]
            kind(self, record, cell, slots[row], salience[row], objectives[row])
        self.people = list(self.agents)
        self.of_sphere = [list(self.agents_by_type.get(kind, ())) for kind in SPHERE_CLASSES]
        self.space.settle(self.people)
        for one in self.people:
            one.meetings = one.cell.square.meetings * one.size
            one.no_meeting = math.exp(-one.meetings)
            if one.enterprise >= 0:
                one.anchoring = float(state.anchoring[one.enterprise])
        self.establishments = {
            name: [one for one in self.people if one.kind == KIND_INDEX[name] and one.enterprise >= 0]
            for name in ("ge", "eti")
        }

    @property
    def year(self) -> int:
        """Years since the end of burn-in; trends start there."""
        return max(0, (self.month - self.burn_in) // 12)

    @property
    def opens_year(self) -> bool:
        """January, or the first month."""
        return (self.month - self.burn_in) % 12 == 0 or self.month == 0

    @property
    def closes_year(self) -> bool:
        """December, or the last month."""
        return (self.month - self.burn_in) % 12 == 11 or self.month + 1 == self.burn_in + self.months

    def step(self) -> None:
        """One month."""
        self.month += 1
        self.counts.clear()
        if self.opens_year:
            self.renew_means()
        self.space.spread_news()
        self.agents.do("raise_awareness")
        self.meet()
        self.convene()
        self.propose()
        self.random.shuffle(self.alliances)
        for alliance in self.alliances:
            alliance.execute()
        for alliance in self.alliances:
            alliance.learn()
        self.renew_or_exit()
        self.identify()
        self.observed = observe(self)
        self.datacollector.collect(self)

    def renew_means(self) -> None:
        """Slacks, needs and libraries of a new year."""
        p = self.p
        fall = (1.0 - p.s_r) ** self.year
        self.agents.do("renew_means", p.r_fin * fall, p.r_hum * fall)
        self.space.renew_needs((1.0 + p.s_n) ** self.year, first=self.month == 0)
        for perimeter in self.space.perimeters:
            perimeter.library = draw_library(perimeter, p, self.random)

    def meet(self) -> None:
        """Pairs that sought each other meet once, if border and institutional distance let them."""
        self.sought.clear()
        self.agents.do("seek_meetings")
        pairs = {(a, b) if a.unique_id < b.unique_id else (b, a): None for a, b in self.sought}
        self.met = [(a, b) for a, b in pairs if a.can_meet(b)]
        self.random.shuffle(self.met)
        for a, b in self.met:
            a.meet(b)
        self.counts["meetings"] = len(self.met)

    def convene(self) -> None:
        """Well-structured organisations convene forums, each resolved at once."""
        for convenor in self.agents.select(Organisation.convenes).shuffle():
            hold(self, convenor)

    def propose(self) -> None:
        """Pairs that met weigh a project from this state; one new alliance an organisation and month."""
        weighed = [weigh(a, b, self.random) for a, b in self.met if may_ally(a, b)]
        for proposal in weighed:
            if proposal is None or any(one.newest == self.month for one in proposal.people):
                continue
            for one in proposal.people:
                one.newest = self.month
            Alliance(
                self,
                proposal.people,
                proposal.idea,
                proposal.perimeter,
                proposal.scale,
                proposal.depth,
                ENCOUNTER,
                self.month,
            )

    def renew_or_exit(self) -> None:
        """Alliances end, are renewed, take in a member; in an order of its own."""
        self.random.shuffle(self.alliances)
        for alliance in self.alliances:
            alliance.renew_or_exit()
        self.alliances = [alliance for alliance in self.alliances if not alliance.ended]

    def identify(self) -> None:
        """An alliance becomes known with p_identify a month."""
        for alliance in self.alliances:
            if not alliance.identified and self.random.random() < self.p.p_identify:
                alliance.identified = True


def column(model: PlainModel, name: str) -> float:
    """A column of this month; NaN where it was not measured."""
    return model.observed.get(name, math.nan)


def numbers(record: Any) -> SimpleNamespace:
    """Parameters by name, counts as whole numbers, and what follows from them alone."""
    p = SimpleNamespace(
        **{q.name: int(record[q.name]) if q.integer else float(record[q.name]) for q in parameters.PARAMETERS}
    )
    p.remembered = 1.0 - p.belief_fade
    p.unaware = math.exp(-p.background_exposures * p.p_aware)
    p.openness0 = 1.0 - p.prejudice
    p.prospect0 = prospect(0.0, 0.0, p.risk_aversion)
    return p
