"""From agenda to launch (SPEC section 4, group, steps 1 to 7), for a portfolio of any size."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

from .agents import Organisation
from .chance import logistic
from .projects import Idea, deepest, trusted

if TYPE_CHECKING:
    from .space import Perimeter

CONVENED, FEASIBLE, AGREED, LED, LAUNCHED = range(5)


class Seat:
    """A participant; its slack and free load fall as actions are launched."""

    def __init__(self, one: Organisation) -> None:
        self.one = one
        self.cash, self.time = one.cash, one.time
        self.free = one.cap - len(one.alliances)
        self.belief, self.burden = one.belief, one.burden
        self.led = False
        self.here = True
        self.worth: dict[Idea, float] = {}
        self.favourite: Idea
        self.ideal = 0.0
        self.outside = 0.0


@dataclass(eq=False)
class Action:
    """What a forum sought, and how far it came."""

    idea: Idea = field(init=False)
    leader: Seat = field(init=False)
    outcome: str = "infeasible"
    reached: int = CONVENED
    months: int = 0
    rounds: int = 0
    quarrels: int = 0
    claimants: int = 0
    aboard: int = 0
    trust_lost: float = 0.0
    scale: float = 0.0
    depth: int = 0
    supporters: list[Seat] = field(default_factory=list)


class Deliberation:
    """One group on the library of its perimeter.

    Parameters
    ----------
    p : namespace
    random : Random
    perimeter : Perimeter
    seats : list of Seat
    trust : dict
        By pair; falls by contests and quarrels.
    rent : float
        Of leading: psi * (1 - neutrality of the convenor).
    """

    def __init__(
        self,
        p: Any,
        random: Random,
        perimeter: Perimeter,
        seats: list[Seat],
        trust: dict[frozenset[Organisation], float],
        rent: float,
    ) -> None:
        self.p, self.random, self.rent = p, random, rent
        self.library, self.seats, self.trust = perimeter.library, seats, trust
        total = sum(perimeter.need)
        self.shared = [need / total if total > 0.0 else 0.0 for need in perimeter.need]
        self.done: set[int] = set()

    def run(self) -> list[Action]:
        """Rounds until the actions sought are launched, or one fails."""
        actions: list[Action] = []
        while sum(action.outcome == "launched" for action in actions) < self.p.actions_per_forum:
            latest = self.round()
            actions += latest
            if any(action.outcome != "launched" for action in latest):
                break
        return actions

    # -- 1 to 3: agenda, valuation, outside option -------------------------------------------------------------------------

    def carried_by(self, idea: Idea, seats: list[Seat]) -> bool:
        """Cost and effort within phi * slack of these, capabilities among theirs."""
        union = 0
        for seat in seats:
            union |= seat.one.capabilities
        return (
            not idea.required & ~union
            and idea.cost <= self.p.phi * sum(seat.cash for seat in seats)
            and idea.effort <= self.p.phi * sum(seat.time for seat in seats)
        )

    def concern(self, seat: Seat, domain: int) -> float:
        """K * salience: the perimeter's needs mixed with one's own."""
        w = self.p.shared_weight
        return w * len(self.shared) * self.shared[domain] + (1.0 - w) * seat.one.concern[domain]

    def can_lead(self, seat: Seat, idea: Idea) -> bool:
        """Slack of lambda * cost, and structuration."""
        least = self.p.lead_slack
        return (
            seat.cash >= least * idea.cost
            and seat.time >= least * idea.effort
            and seat.one.structuration >= self.p.lead_structuration
        )

    def weigh(self, seat: Seat, agenda: list[Idea]) -> None:
        """What each idea of the agenda is worth to a participant, and what it could do alone."""
        seat.worth = {}
        for idea in agenda:
            rent = self.rent * idea.value if self.can_lead(seat, idea) else 0.0
            seat.worth[idea] = self.concern(seat, idea.domain) * idea.value + rent
        seat.favourite = max(agenda, key=seat.worth.__getitem__)
        seat.ideal = seat.worth[seat.favourite]
        seat.outside = 0.0
        if self.p.outside_option > 0.0:
            alone = [idea for idea in self.library if self.carried_by(idea, [seat])]
            seat.outside = max((self.concern(seat, idea.domain) * idea.value for idea in alone), default=0.0)

    def round(self) -> list[Action]:
        """One agenda: agreement on an idea or a package, and what comes of each."""
        for seat in self.seats:
            seat.here = seat.free > 0
        present = [seat for seat in self.seats if seat.here]
        agenda = [idea for idea in self.library if idea.number not in self.done and self.carried_by(idea, present)]
        action = Action()
        if not agenda:
            return [action]
        action.reached = FEASIBLE
        for seat in present:
            self.weigh(seat, agenda)
        package = self.agree(action)
        if not package:
            action.outcome = "no_agreement"
            return [action]
        actions = [action, *(Action(months=action.months) for _ in package[1:])]
        for idea, one in zip(package, actions, strict=True):
            one.idea, one.reached = idea, AGREED
            self.done.add(idea.number)
            one.supporters = [seat for seat in self.seats if seat.here and seat.favourite is idea and seat.free > 0]
            one.outcome = self.launch(one)
        return actions

    # -- 4: deliberation ---------------------------------------------------------------------------------------------------

    def agree(self, action: Action) -> list[Idea]:
        """Meetings until the front-runner, or a package, has the quorum; else the others join it, refuse or leave."""
        p = self.p
        for meeting in range(1, p.r_max + 1):
            action.months = meeting
            present = [seat for seat in self.seats if seat.here]
            if len(present) < 2:
                return []
            votes: dict[Idea, int] = {}
            for seat in present:
                votes[seat.favourite] = votes.get(seat.favourite, 0) + 1
            needed = p.quorum * len(present) - 1e-9
            front = min(votes, key=lambda idea: (-votes[idea], idea.number))
            if votes[front] >= needed:
                return [front]
            package = self.package(votes, present)
            if len(package) > 1 and sum(votes[idea] for idea in package) >= needed:
                return package
            tolerance = 2.0 * self.mean_trust(present) * (p.tol0 + 0.5 * p.tol0 * meeting)
            for seat in present:
                if seat.favourite is front:
                    continue
                loss = (seat.ideal - seat.worth[front]) / seat.ideal if seat.ideal > 0.0 else 0.0
                if self.random.random() < logistic((tolerance - loss) / p.temperature):
                    seat.favourite = front
                elif seat.outside > seat.worth[front]:
                    seat.here = False
        return []

    def package(self, votes: dict[Idea, int], present: list[Seat]) -> list[Idea]:
        """Up to ``portfolio`` ideas, each the favourite of two or more, together within phi * slack; the most supported first."""
        cash = self.p.phi * sum(seat.cash for seat in present)
        time = self.p.phi * sum(seat.time for seat in present)
        chosen: list[Idea] = []
        if self.p.portfolio == 1:
            return chosen
        for idea in sorted(votes, key=lambda idea: (-votes[idea], idea.number)):
            if len(chosen) < self.p.portfolio and votes[idea] >= 2 and idea.cost <= cash and idea.effort <= time:
                chosen.append(idea)
                cash -= idea.cost
                time -= idea.effort
        return chosen

    def mean_trust(self, seats: list[Seat]) -> float:
        """Mean trust of pairs."""
        pairs = [self.trust[frozenset((a.one, b.one))] for a, b in combinations(seats, 2)]
        return sum(pairs) / len(pairs) if pairs else 0.0

    def lose_trust(self, seats: list[Seat]) -> float:
        """Each pair loses eta_c of its trust; returns the sum."""
        lost = 0.0
        for a, b in combinations(seats, 2):
            pair = frozenset((a.one, b.one))
            lost += self.p.eta_c * self.trust[pair]
            self.trust[pair] -= self.p.eta_c * self.trust[pair]
        return lost

    # -- 5: lead -----------------------------------------------------------------------------------------------------------

    def launch(self, action: Action) -> str:
        """Those who stay must be able to carry it; then lead, purse, depth; returns the outcome."""
        if not self.carried_by(action.idea, [seat for seat in self.seats if seat.here]):
            return "lost"
        outcome = self.lead(action)
        if outcome != "launched":
            return outcome
        action.reached = LED
        if action.leader not in action.supporters:
            action.supporters.append(action.leader)
        return self.pay(action)

    def lead(self, action: Action) -> str:
        """None able: a neutral carrier. One: it leads. Several: rounds of a month in which all claimants may concede at once."""
        p, random, idea = self.p, self.random, action.idea
        claimants = [seat for seat in action.supporters if self.can_lead(seat, idea)]
        if not all(seat.led for seat in claimants):
            claimants = [seat for seat in claimants if not seat.led]
        action.claimants = len(claimants)
        carrier = self.carrier(claimants)
        if not claimants:
            if carrier is None:
                return "no_leader"
            action.leader = carrier
            return "launched"
        if len(claimants) == 1 or p.lead_by_lot > 0.0:
            action.leader = random.choice(claimants)
            return "launched"
        for _ in range(p.contest_max):
            carrier = self.carrier(claimants)
            if carrier is not None and random.random() < carrier.one.neutrality:
                action.leader = carrier
                return "launched"
            action.rounds += 1
            action.months += 1
            action.trust_lost += self.lose_trust(claimants)
            firm = [seat for seat in claimants if not self.concedes(seat, idea)]
            if len(firm) < 2:
                action.leader = firm[0] if firm else random.choice(claimants)
                return "launched"
            claimants = firm
        return "contest_failed"

    def concedes(self, seat: Seat, idea: Idea) -> bool:
        """With logistic((dependence - rent - offset) / noise), dependence = 1 - min(1, outside option / own value without rent)."""
        value = self.concern(seat, idea.domain) * idea.value
        dependence = 1.0 - min(1.0, seat.outside / value) if value > 0.0 else 0.0
        return self.random.random() < logistic((dependence - self.rent - self.p.concede_offset) / self.p.concede_noise)

    def carrier(self, claimants: list[Seat]) -> Seat | None:
        """The most neutral one present that does not claim the lead."""
        neutral = [seat for seat in self.seats if seat.here and seat not in claimants and seat.one.neutrality > 0.0]
        return max(neutral, key=lambda seat: seat.one.neutrality, default=None)

    # -- 6 and 7: purse, launch --------------------------------------------------------------------------------------------

    def pay(self, action: Action) -> str:
        """Quarrels while the purse is tight; then the alliance, at the depth of the largest mean E."""
        p, idea, members = self.p, action.idea, action.supporters
        if len(members) < 2:
            return "lost"
        cash, time = sum(seat.cash for seat in members), sum(seat.time for seat in members)
        tightness = 1.0
        if cash > 0.0 and time > 0.0 and p.phi > 0.0:
            tightness = min(1.0, max(idea.cost / (p.phi * cash), idea.effort / (p.phi * time)))
        for _ in range(p.contest_max):
            if self.random.random() >= p.rivalry * tightness:
                break
            action.quarrels += 1
            action.months += 1
            action.trust_lost += self.lose_trust(members)
        else:
            return "purse_failed"
        mean_trust = self.mean_trust(members)
        action.scale = min(1.0, cash / idea.cost, time / idea.effort)
        if mean_trust < p.tau_base or action.scale <= 0.0:
            return "lost"
        action.depth = self.choose_depth(action, mean_trust)
        action.aboard = len(members)
        action.reached = LAUNCHED
        for seat in members:
            seat.cash = max(0.0, seat.cash - idea.cost * action.scale * seat.cash / cash)
            seat.time = max(0.0, seat.time - idea.effort * action.scale * seat.time / time)
            seat.free -= 1
        action.leader.led = True
        return "launched"

    def choose_depth(self, action: Action, mean_trust: float) -> int:
        """Depth of the largest mean E among those that mean trust and capabilities allow."""
        p, idea, members = self.p, action.idea, action.supporters
        people = [seat.one for seat in members]
        union = 0
        for one in people:
            union |= one.capabilities
        missing = (idea.required & ~union).bit_count()
        gain = p.p_miss**missing * idea.value * action.scale**p.gamma
        joint = [0.0] * min(deepest(idea.required, people), trusted(p, mean_trust))
        for seat in members:
            near = [self.trust[frozenset((seat.one, other))] for other in people if other is not seat.one]
            worth = sum(near) / len(near) * self.concern(seat, idea.domain) * gain * seat.belief
            for step in range(len(joint)):
                joint[step] += worth * seat.one.fit[step] - seat.burden * (step + 1)
        return 1 + joint.index(max(joint))
