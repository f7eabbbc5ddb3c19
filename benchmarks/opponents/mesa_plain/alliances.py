"""Alliances: from the dialogue to the end (SPEC section 3: execute, learn, renew_or_exit, identify)."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from .agents import ENGAGED, NAIVE, WILLING, Organisation
from .chance import logistic
from .projects import Idea, deepest, expectation, trusted

if TYPE_CHECKING:
    from .model import PlainModel
    from .space import Perimeter

DIALOGUE, EXPERIMENT, DEPLOYED = range(3)
ENCOUNTER, FORUM = 0, 2  # as in catalogue.ORIGINS
YEAR = 12


class Member:
    """What a member paid this year, and what it got so far."""

    __slots__ = ("benefit", "cash", "organisation", "time")

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.cash = self.time = self.benefit = 0.0


class Alliance:
    """Two or more members around a project.

    Parameters
    ----------
    model : PlainModel
    people : list of Organisation
        The leader first.
    idea : Idea
    perimeter : Perimeter
        Whose idea it is, and whose need it answers.
    scale : float
        Cost * scale, value * scale ** gamma.
    depth, origin, start : int
        ``start`` is the month in which the dialogue begins.
    """

    def __init__(
        self,
        model: PlainModel,
        people: list[Organisation],
        idea: Idea,
        perimeter: Perimeter,
        scale: float,
        depth: int,
        origin: int,
        start: int,
    ) -> None:
        self.model, self.p = model, model.p
        self.perimeter, self.domain, self.required = perimeter, idea.domain, idea.required
        self.cost, self.effort = idea.cost * scale, idea.effort * scale
        self.value = idea.value * scale**model.p.gamma
        self.depth, self.origin, self.start = depth, origin, start
        self.stage = DIALOGUE
        self.people: list[Organisation] = []
        self.members: list[Member] = []
        self.covered = self.spheres = 0
        self.launch = self.pooled = -1
        self.pool_cash = self.pool_time = self.paid = 0.0
        self.successes = self.results = 0
        self.result: bool | None = None
        self.identified = self.ended = False
        self.gini = math.nan
        self.distance = self.crossings = 0.0
        for one in people:
            self.join(one)
        self.alone, self.alone_cost = self.done_alone()
        model.alliances.append(self)
        model.counts["births"] += 1

    def join(self, one: Organisation) -> None:
        """Take in a member; its pairs keep their trust, or get ties at base trust, and do not fade."""
        model = self.model
        for other in self.people:
            one.keep_tie(other, one.trust(other), None)
            self.distance += model.space.distance[one.square.number, other.square.number]
            self.crossings += one.cell.side != other.cell.side
        self.people.append(one)
        self.members.append(Member(one))
        self.covered |= self.required & one.capabilities
        self.spheres |= 1 << one.sphere
        one.alliances.append(self)
        one.stage, one.ever = ENGAGED, True
        if one.first_joined < 0:
            one.first_joined = model.month
        model.joinings.append((model.month, one))

    def done_alone(self) -> tuple[float, float]:
        """What members would make each alone, at the start; what the project would cost its leader alone."""
        p, required = self.p, self.required.bit_count()
        total = 0.0
        for one in self.people:
            own = (self.required & one.capabilities).bit_count()
            share = min(1.0, one.cash / self.cost, one.time / self.effort)
            total += self.value * share**p.gamma * p.p_ok**own * p.p_miss ** (required - own)
        own = (self.required & self.people[0].capabilities).bit_count()
        return total, self.cost * (1.0 + p.premium * (required - own) / required)

    # -- execute -----------------------------------------------------------------------------------------------------------

    def execute(self) -> None:
        """After the dialogue, years from the launch: a result at each anniversary, then the next year's cost is pooled."""
        month = self.model.month
        self.result = None
        if self.stage == DIALOGUE:
            if month - self.start < self.p.dialogue_months:
                return
            self.stage, self.launch = EXPERIMENT, month
        age = month - self.launch
        if age % YEAR:
            return
        if age:
            self.draw_result()
        self.pooled = month
        self.pool()

    def draw_result(self) -> None:
        """p_ok a covered and p_miss an uncovered capability, * (1 - k_str (1 - mean structuration)) * share paid."""
        p, covered = self.p, self.covered.bit_count()
        structuration = sum(one.structuration for one in self.people) / len(self.people)
        chance = p.p_ok**covered * p.p_miss ** (self.required.bit_count() - covered)
        chance *= (1.0 - p.k_str * (1.0 - structuration)) * self.paid
        self.result = self.model.random.random() < chance
        self.results += 1
        if self.stage == EXPERIMENT:
            for one in self.people:
                self.model.space.tell(one, self.result)
        if self.result:
            self.successes += 1
            self.stage = DEPLOYED
            self.model.space.relieve(self.perimeter, self.domain, self.value)
            self.share_benefits()

    def share_benefits(self) -> None:
        """By contribution, half by cash and half by time, a firm's share times its local anchoring."""
        cash = sum(member.cash for member in self.members)
        time = sum(member.time for member in self.members)
        for member in self.members:
            shares = [
                paid / all_paid for paid, all_paid in ((member.cash, cash), (member.time, time)) if all_paid > 0.0
            ]
            if shares:
                member.benefit += self.value * member.organisation.anchoring * sum(shares) / len(shares)
        self.weigh_equality()

    def weigh_equality(self) -> None:
        """Gini of the benefits of members."""
        benefits = [member.benefit for member in self.members]
        if sum(benefits) > 0.0:
            gaps = sum(abs(a - b) for a, b in combinations(benefits, 2))
            self.gini = gaps / (len(benefits) * sum(benefits))

    def year_cost(self) -> float:
        """Cost of a year with the premium on the share of each uncovered capability."""
        required = self.required.bit_count()
        return self.cost * (1.0 + self.p.premium * (required - self.covered.bit_count()) / required)

    def share_paid(self, wanted: float) -> float:
        """The lesser of the shares of cash and of time that the pool pays for."""
        share = min(1.0, self.pool_cash / wanted, self.pool_time / self.effort)
        return 1.0 if share > 1.0 - 1e-9 else share

    def pool(self) -> None:
        """A year's cost in proportion to slack; all there is where it is short."""
        wanted = self.year_cost()
        cash, time = sum(one.cash for one in self.people), sum(one.time for one in self.people)
        of_cash = min(1.0, wanted / cash) if cash > 0.0 else 0.0
        of_time = min(1.0, self.effort / time) if time > 0.0 else 0.0
        for member in self.members:
            one = member.organisation
            member.cash, member.time = one.cash * of_cash, one.time * of_time
            one.cash, one.time = max(0.0, one.cash - member.cash), max(0.0, one.time - member.time)
        self.pool_cash = sum(member.cash for member in self.members)
        self.pool_time = sum(member.time for member in self.members)
        self.paid = self.share_paid(wanted)

    # -- learn -------------------------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Trust, structuration and openness follow this month's result."""
        if self.result is None:
            return
        p = self.p
        if self.result:
            for one in self.people:
                one.structuration += p.learning * (1.0 - one.structuration)
        for i, j in combinations(self.people, 2):
            tie = i.ties.get(j)
            if tie is not None:
                tie.trust += p.eta_plus * (1.0 - tie.trust) if self.result else -p.eta_minus * tie.trust
            if i.sphere != j.sphere:
                for one, other in ((i, j), (j, i)):
                    openness = one.openness[other.sphere]
                    one.openness[other.sphere] += p.contact_gain * ((1.0 - openness) if self.result else -openness)

    # -- renew_or_exit -----------------------------------------------------------------------------------------------------

    def mean_trust(self) -> float:
        """Mean trust of the pairs of members."""
        pairs = list(combinations(self.people, 2))
        return sum(i.trust(j) for i, j in pairs) / len(pairs)

    def renew_or_exit(self) -> None:
        """End by hazard0 * exp(-(success rate + mean trust)), or by a renewal refused at a term; recruit at anniversaries."""
        p, month, random = self.p, self.model.month, self.model.random
        if self.start > month:
            return
        rate = self.successes / self.results if self.results else 0.5
        draw = random.random()
        # quality is 0 or more: above hazard0 nothing ends, whatever the trust
        if draw < p.hazard0 and draw < p.hazard0 * math.exp(-(rate + self.mean_trust())):
            self.end()
            return
        age = month - self.launch if self.launch >= 0 else 0
        if age == 0 or (age % YEAR and age % p.term):
            return
        if age % p.term == 0:
            trust = self.mean_trust()
            pairs = list(combinations(self.people, 2))
            base = sum(i.base_trust(j) for i, j in pairs) / len(pairs)
            score = (rate - 0.5) + 0.5 * (self.perimeter.need[self.domain] - 1.0) + (trust - base)
            if random.random() >= logistic(score / p.renewal_noise):
                self.end()
                return
            self.choose_depth(trust)
        if age % YEAR == 0:
            self.recruit()

    def end(self) -> None:
        """The unspent rest of the year goes back; members are free, and back to willing after their last alliance."""
        month = self.model.month
        rest = 1.0 - min(YEAR, month - self.pooled) / YEAR if self.pooled >= 0 else 0.0
        for member in self.members:
            one = member.organisation
            one.cash += member.cash * rest
            one.time += member.time * rest
            one.alliances.remove(self)
            if not one.alliances:
                one.stage = WILLING
        for i, j in combinations(self.people, 2):
            tie = i.ties.get(j)
            if tie is not None and not i.allied(j):
                tie.last = month
        self.ended = True
        self.model.counts["ends"] += 1

    def gain(self, trust: float, covered: int) -> float:
        """Trust * coverage * value."""
        return trust * self.p.p_miss ** (self.required.bit_count() - covered) * self.value

    def choose_depth(self, mean_trust: float) -> None:
        """The depth of the largest joint E among those that trust and capabilities allow."""
        most = max(1, min(deepest(self.required, self.people), trusted(self.p, mean_trust)))
        joint = [0.0] * most
        for one in self.people:
            trust = one.mean_trust([other for other in self.people if other is not one])
            gain, belief = self.gain(trust, self.covered.bit_count()), one.belief
            for depth in range(1, most + 1):
                joint[depth - 1] += expectation(one, gain, self.domain, depth, belief)
        self.depth = 1 + joint.index(max(joint))

    def recruit(self) -> None:
        """In want of a capability or of a part of its pool: one more member among those who know a member."""
        p, random = self.p, self.model.random
        missing, wanted = self.required & ~self.covered, self.year_cost()
        gaps = {"cash": wanted - self.pool_cash, "time": self.effort - self.pool_time}
        full = {"cash": wanted, "time": self.effort}
        short = [name for name in gaps if self.paid < 1.0 and gaps[name] > 1e-9 * full[name]]
        if not (missing or short) or random.random() >= p.recruit:
            return
        people = self.people
        known = {other: None for one in people for other in one.ties if other.stage != NAIVE and other.free}
        best, most, closest = None, 0.0, 0.0
        for other in known:
            if other in people:
                continue
            score = float((missing & other.capabilities).bit_count())
            if short:
                score += sum(min(1.0, getattr(other, name) / gaps[name]) for name in short) / len(short)
            if score <= 0.0 or score < most:
                continue
            trust = other.mean_trust(people)
            if score > most or trust > closest:
                best, most, closest = other, score, trust
        if best is None:
            return
        gain = self.gain(closest, (self.covered | self.required & best.capabilities).bit_count())
        e = expectation(best, gain, self.domain, self.depth, best.belief)
        if random.random() < logistic((e - p.theta) / p.temperature):
            self.take_in(best)

    def take_in(self, one: Organisation) -> None:
        """The recruit pays into this year's pool; the premium of what it covers falls away and goes back to those who paid."""
        self.join(one)
        self.model.counts["recruits"] += 1
        wanted = self.year_cost()
        over = self.pool_cash - wanted
        if over > 0.0 and self.pool_cash > 0.0:
            share = min(1.0, over / self.pool_cash)
            for member in self.members:
                back = member.cash * share
                member.cash -= back
                member.organisation.cash += back
            self.pool_cash -= self.pool_cash * share
        member = self.members[-1]
        member.cash = min(one.cash, max(0.0, wanted - self.pool_cash))
        member.time = min(one.time, max(0.0, self.effort - self.pool_time))
        one.cash -= member.cash
        one.time -= member.time
        self.pool_cash += member.cash
        self.pool_time += member.time
        self.paid = self.share_paid(wanted)
        if not math.isnan(self.gini):
            self.weigh_equality()
