"""Organisations as Mesa agents: what they are, hear, whom they meet, what they are to each other (SPEC sections 2 and 3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mesa

from alliancesim.catalogue import KINDS, MEAN_CAP, OBJECTIVE_BENEFITS

from .chance import poisson

if TYPE_CHECKING:
    from .alliances import Alliance
    from .model import PlainModel
    from .space import Cell

NAIVE, WILLING, ENGAGED = range(3)
BENEFITS = OBJECTIVE_BENEFITS.tolist()


class Tie:
    """What two organisations are to each other, one object for both; ``last`` is None while an alliance uses it."""

    __slots__ = ("last", "trust")

    def __init__(self, trust: float, last: int | None) -> None:
        self.trust, self.last = trust, last


class Organisation(mesa.Agent):
    """An organisation, as it is at month 0.

    Parameters
    ----------
    model : PlainModel
    record : ORGANISATION
        Its row of the tables that the engine starts from too.
    cell : Cell
    slots : int
        Ties that it can remember.
    salience, objectives : list of float
    """

    sphere = -1
    others: tuple[int, int] = (-1, -1)

    def __init__(
        self, model: PlainModel, record: Any, cell: Cell, slots: int, salience: list[float], objectives: list[float]
    ) -> None:
        super().__init__(model)
        p = self.p = model.p
        self.chance = model.random.random
        self.cell, self.square, self.slots = cell, cell.square, slots
        self.kind = int(record["kind"])
        self.enterprise = int(record["enterprise"])
        self.capabilities = int(record["capabilities"])
        self.cap = int(record["cap"])
        self.size = (self.cap / MEAN_CAP) ** p.size_exponent
        self.cash_own, self.time_own = float(record["cash_own"]), float(record["time_own"])
        self.structuration = float(record["structuration"])
        self.openness = [float(x) for x in record["openness"]]
        self.stage = int(record["stage"])
        self.neutrality = KINDS[self.kind].neutrality
        self.institutional = KINDS[self.kind].institutional
        self.anchoring = 1.0
        self.salience = salience
        self.concern = [len(salience) * share for share in salience]
        self.fit = [
            sum(b if p.objectives == 0.0 else 4.0 * w * b for w, b in zip(objectives, row, strict=True))
            for row in BENEFITS
        ]
        self.meetings = self.no_meeting = 0.0
        self.cash = self.time = 0.0
        self.successes = self.failures = 0.0
        self.exposures = 0
        self.finished = self.ever = False
        self.newest = -1
        self.lot = self.chance()  # settles equal trust for good, as its key does for the engine
        self.first_joined = -1
        self.ties: dict[Organisation, Tie] = {}
        self.alliances: list[Alliance] = []

    # -- what it does each month -------------------------------------------------------------------------------------------

    def renew_means(self, cash: float, time: float) -> None:
        """A new year: what was not spent is lost."""
        self.cash, self.time = cash * self.cash_own, time * self.time_own

    def raise_awareness(self) -> None:
        """Hear testimonies, which update the belief; become willing by exposures and testimonies."""
        p = self.p
        rate, none, failed = self.square.news[self.sphere]
        heard = poisson(self.chance, rate, none) if rate > 0.0 else 0
        if self.successes or self.failures:
            self.successes *= p.remembered
            self.failures *= p.remembered
        if heard:
            failures = sum(self.chance() < failed for _ in range(heard))
            self.successes += heard - failures
            self.failures += failures
        if self.stage == NAIVE:
            stays = p.unaware
            if self.exposures:
                stays *= (1.0 - p.p_aware) ** self.exposures
                self.exposures = 0
            if heard:
                stays *= (1.0 - p.q_peer) ** heard
            if self.chance() >= stays:
                self.stage = WILLING

    def seek_meetings(self) -> None:
        """Openness returns to its start; the willing and engaged look for Poisson(m) partners."""
        openness, p = self.openness, self.p
        for sphere in self.others:
            openness[sphere] += p.openness_decay * (p.openness0 - openness[sphere])
        if self.stage != NAIVE:
            for _ in range(poisson(self.chance, self.meetings, self.no_meeting)):
                partner = self.square.draw_partner(self, self.chance)
                if partner is not None:
                    self.model.sought.append((self, partner))

    def convenes(self) -> bool:
        """Whether it convenes a forum this month, by itself."""
        p = self.p
        return (
            self.stage != NAIVE
            and self.structuration > p.convening_structuration
            and self.chance() < p.spontaneous_convening
        )

    # -- whom it knows -----------------------------------------------------------------------------------------------------

    def can_meet(self, other: Organisation) -> bool:
        """Whether border and institutional distance let a meeting happen."""
        here, there = self.cell, other.cell
        if here.side != there.side and self.chance() >= self.p.beta:
            return False
        if self.institutional != other.institutional:
            return self.chance() < (there if self.institutional else here).zeta
        return True

    def meet(self, other: Organisation) -> None:
        """A meeting raises mutual openness, lifts the tie to at least base trust, and exposes the naive."""
        for one, to in ((self, other), (other, self)):
            if one.sphere != to.sphere:
                one.openness[to.sphere] += self.p.contact_gain * (1.0 - one.openness[to.sphere])
            if one.stage == NAIVE:
                one.exposures += 1
        tie = self.ties.get(other)
        trust = self.base_trust(other)
        if tie is None:
            self.keep_tie(other, trust, self.model.month)
        else:
            tie.trust = max(trust, self.trust(other))
            tie.last = None if tie.last is None else self.model.month

    def base_trust(self, other: Organisation) -> float:
        """trust0 * sqrt(openness toward the other * the other's toward it)."""
        return self.p.trust0 * math.sqrt(self.openness[other.sphere] * other.openness[self.sphere])

    def trust(self, other: Organisation) -> float:
        """Trust now: without a tie base trust, toward which unused trust moves by tie_decay a month."""
        tie = self.ties.get(other)
        if tie is None:
            return self.base_trust(other)
        if tie.last is None or tie.last >= self.model.month:
            return tie.trust
        base = self.base_trust(other)
        return base + (tie.trust - base) * (1.0 - self.p.tie_decay) ** (self.model.month - tie.last)

    def mean_trust(self, others: list[Organisation]) -> float:
        """Mean trust to others."""
        return sum(self.trust(other) for other in others) / len(others)

    def keep_tie(self, other: Organisation, trust: float, last: int | None) -> None:
        """Remember the other; a tie needs room with both."""
        tie = self.ties.get(other)
        if tie is not None:
            tie.trust, tie.last = trust, last
        elif self.makes_room() and other.makes_room():
            self.ties[other] = other.ties[self] = Tie(trust, last)

    def makes_room(self) -> bool:
        """Room for a tie, where need be by forgetting the weakest that no alliance uses.

        Ties inside a sphere are often equal. Here a lot decides; the engine keeps trust in 32 bits, so that there the rounding of
        trust0 does. Where memory is very short this moves mean ties and trust by some thousandths.
        """
        if len(self.ties) < self.slots:
            return True
        unused = [other for other, tie in self.ties.items() if tie.last is not None]
        if not unused:
            return False
        weakest = min(unused, key=lambda other: (self.trust(other), other.lot))
        del self.ties[weakest], weakest.ties[self]
        return True

    def allied(self, other: Organisation) -> bool:
        """Whether both are members of one active alliance."""
        return any(other in alliance.people for alliance in self.alliances)

    # -- what it expects ---------------------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        """Whether it can carry one more alliance."""
        return len(self.alliances) < self.cap

    @property
    def burden(self) -> float:
        """Coordination cost of one depth at its load."""
        return self.p.coordination_cost * (1.0 + len(self.alliances) / self.cap)

    @property
    def belief(self) -> float:
        """(mean - risk_aversion * sd) of Beta(1 + successes, 1 + failures), relative to who heard nothing."""
        if self.p.belief == 0.0:
            return 1.0
        return prospect(self.successes, self.failures, self.p.risk_aversion) / self.p.prospect0


def prospect(successes: float, failures: float, risk_aversion: float) -> float:
    """Mean less risk_aversion * sd of Beta(1 + successes, 1 + failures), at least 0."""
    a, b = 1.0 + successes, 1.0 + failures
    n = a + b
    return max(0.0, a / n - risk_aversion * math.sqrt(a * b / (n * n * (n + 1.0))))


class Association(Organisation):
    """An association."""

    sphere, others = 0, (1, 2)


class Firm(Organisation):
    """A firm, or an establishment of an enterprise."""

    sphere, others = 1, (0, 2)


class Collectivity(Organisation):
    """A local government or a service of the State."""

    sphere, others = 2, (0, 1)


SPHERE_CLASSES = (Association, Firm, Collectivity)
