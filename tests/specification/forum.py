"""The forum (specification, section 4): who is invited, the deliberation, what comes of it. No plenary, no animator."""

from __future__ import annotations

from dataclasses import dataclass, field

from alliancesim.catalogue import COLLECTIVITY

from .governance import arbitrated, delegated, shared
from .library import met_inhabitants, seen
from .numbers import fold, log, logistic, points, power, uniform
from .world import NEUTRALITY, Idea, Organisation, World, bits, deepest

JOIN, CARRY, CONCEDE, LOT, QUARREL = range(60, 65)
LAUNCHED, INFEASIBLE, NO_AGREEMENT, LOST, NO_LEADER, CONTEST_FAILED, PURSE_FAILED = range(7)


@dataclass(eq=False)
class Person:
    """A participant: its slack falls as actions are launched."""

    one: Organisation
    cash: float
    time: float
    free: int
    neutrality: float
    belief: float
    burden: float
    led: bool = False
    here: bool = True
    favourite: Idea | None = None
    ideal: Idea | None = None
    outside: float = 0.0


@dataclass
class Action:
    """What a forum sought, and how far it came."""

    outcome: int = INFEASIBLE
    idea: Idea | None = None
    months: int = 0
    meetings: int = 0
    rounds: int = 0
    quarrels: int = 0
    claimants: int = 0
    aboard: int = 0
    feasible: int = 0
    depth: int = 0
    scale: float = 0.0
    leader: Person | None = None
    leaders: list[Person] = field(default_factory=list)
    supporters: list[Person] = field(default_factory=list)


@dataclass
class Forum:
    """A forum of the record."""

    key: int
    convenor: Organisation
    perimeter: int
    actions: list[Action]
    launched: list[object]


def convene(world: World) -> None:
    """Willing or engaged organisations above a structuration convene at a low rate, in the order of their identity."""
    p = world.p
    rate, convenors = -log(1.0 - p.spontaneous_convening), set()
    for cell in world.cells:
        for at, _, _ in points(fold(world.stream("convene"), cell.key), float(cell.high - cell.low), rate):
            one = world.organisations[cell.low + int(at)]
            if one.stage > 0 and one.structuration > p.convening_structuration:
                convenors.add(one)
    for convenor in sorted(convenors, key=lambda one: one.key):
        hold(world, convenor)


def invited(world: World, perimeter, convenor: Organisation, key: int) -> list[Organisation]:
    """The convenor, then by sphere 50/30/20 a keyed lottery among the willing and engaged with free load; a sphere short of members
    is made up by the others."""
    p = world.p
    size = int(p.forum_size)
    able = [one for one in perimeter.people if one.stage > 0 and one.free]
    order = sorted(able, key=lambda one: (-log(1.0 - uniform(fold(key, one.key))) / one.weight, one.key))
    first = [one for s in range(3) for one in [x for x in order if x.sphere == s][:size]]
    order = [one for one in order if one in first]
    if convenor in able:
        order = [convenor, *(one for one in order if one is not convenor)]
    associations = round(size * p.invite_association)
    firms = min(size - associations, round(size * p.invite_firm))
    chosen: list[Organisation] = []
    for sphere, quota in enumerate((associations, firms, size - associations - firms)):
        chosen.extend([one for one in order if one.sphere == sphere][:quota])
    for one in order:
        if len(chosen) < size and one not in chosen:
            chosen.append(one)
    return sorted(chosen, key=lambda one: one.row)


def hold(world: World, convenor: Organisation) -> None:
    """Invite, deliberate, found the alliances of what was launched."""
    from .month import found

    number = world.cells[convenor.cell].perimeter
    perimeter = world.perimeters[number]
    key = fold(world.stream("convene"), perimeter.key, convenor.key, 0)
    people = invited(world, perimeter, convenor, fold(key, 51))
    persons = [
        Person(one, one.cash, one.time, one.cap - one.load, NEUTRALITY[one.kind], world.belief(one), world.burden(one))
        for one in people
    ]
    trust = {(i, j): world.trust(i, j) for i in people for j in people if i is not j}
    before = dict(trust)
    rent = world.p.psi * (1.0 - NEUTRALITY[convenor.kind])
    actions = Deliberation(world, perimeter, persons, trust, key, rent, convenor).run()
    met_inhabitants(world, perimeter, actions)
    for n, i in enumerate(people):
        for j in people[n + 1 :]:
            if trust[i, j] != before[i, j]:
                world.keep_tie(i, j, trust[i, j], None if world.allied(i, j) else world.month)
                world.seen["trust lost in a forum"] += 1
    launched = []
    for at, action in enumerate(actions):
        if action.outcome == LAUNCHED:
            leaders = [action.leader, *(x for x in action.leaders if x is not action.leader)]
            members = [x.one for x in (*leaders, *(x for x in action.supporters if x not in leaders))]
            launched.append(
                found(world, members, action.leader.one, action.idea, number, action.scale, action.depth, 2,
                      fold(key, 1000 + at), world.month + action.months)
            )  # fmt: skip
    world.seen[f"forum outcome {actions[0].outcome}"] += 1
    world.forums.append(Forum(key, convenor, number, actions, launched))


class Deliberation:
    """From agenda to launch, action after action."""

    def __init__(
        self, world: World, perimeter, persons: list[Person], trust: dict, key: int, rent: float, convenor: Organisation
    ) -> None:
        self.convenor, self.library = convenor, seen(world, perimeter, [x.one for x in persons])
        self.world, self.p, self.perimeter, self.persons = world, world.p, perimeter, persons
        self.trust, self.key, self.rent = trust, key, rent
        total = 0.0
        for need in perimeter.need:
            total += need
        self.shared = [need / total if total > 0.0 else 0.0 for need in perimeter.need]
        self.done: set[int] = set()

    def run(self) -> list[Action]:
        """Rounds until the actions sought are launched, or one fails."""
        actions: list[Action] = []
        number = 0
        while sum(a.outcome == LAUNCHED for a in actions) < int(self.p.actions_per_forum):
            found = self.round(number)
            actions.extend(found)
            number += 1
            if found[-1].outcome != LAUNCHED or any(a.outcome != LAUNCHED for a in found):
                break
        return actions

    # 1 to 3: agenda, valuation, outside option

    def purse(self, persons: list[Person]) -> tuple[float, float, int]:
        cash = time = 0.0
        union = 0
        for x in persons:
            cash += x.cash
            time += x.time
            union |= x.one.capabilities
        return cash, time, union

    def within(self, idea: Idea, persons: list[Person]) -> bool:
        """cost <= phi * slack of these, for cash and time, and capabilities among theirs."""
        cash, time, union = self.purse(persons)
        return idea.cost <= self.p.phi * cash and idea.effort <= self.p.phi * time and not idea.capabilities & ~union

    def plain(self, x: Person, idea: Idea) -> float:
        """u without rent: K * salience (w * the perimeter's needs + (1 - w) * own) * value."""
        w = self.p.shared_weight
        weight = self.world.domains * (w * self.shared[idea.domain] + (1.0 - w) * x.one.salience[idea.domain])
        return weight * idea.value

    def can_lead(self, x: Person, idea: Idea) -> bool:
        """slack >= lambda * cost and structuration >= lead_structuration."""
        p = self.p
        return (
            x.cash >= p.lead_slack * idea.cost
            and x.time >= p.lead_slack * idea.effort
            and x.one.structuration >= p.lead_structuration
        )

    def worth(self, x: Person, idea: Idea) -> float:
        """u with the rent psi * value of those who could lead."""
        return self.plain(x, idea) + (self.rent * idea.value if self.can_lead(x, idea) else 0.0)

    def round(self, number: int) -> list[Action]:
        """One agenda: agreement on an idea or a package, and what comes of each."""
        present = [x for x in self.persons if x.free > 0]
        agenda = [i for i in self.library if i.number not in self.done and self.within(i, present)]
        action = Action(feasible=len(agenda))
        if not agenda:
            return [action]
        for x in self.persons:
            x.here, x.favourite, x.outside = x.free > 0, None, 0.0
            if not x.here:
                continue
            for idea in agenda:
                if x.favourite is None or self.worth(x, idea) > self.worth(x, x.favourite):
                    x.favourite = idea
            x.ideal = x.favourite
            if self.p.outside_option > 0.0:
                for idea in self.library:
                    alone = idea.cost <= self.p.phi * x.cash and idea.effort <= self.p.phi * x.time
                    if alone and not idea.capabilities & ~x.one.capabilities:
                        x.outside = max(x.outside, self.plain(x, idea))
        package = self.agree(number, action)
        action.months = action.meetings
        if not package:
            action.outcome = NO_AGREEMENT
            return [action]
        actions = []
        for n, idea in enumerate(package[:10]):
            current = (
                action if n == 0 else Action(feasible=action.feasible, meetings=action.meetings, months=action.meetings)
            )
            actions.append(current)
            current.idea = idea
            self.done.add(idea.number)
            current.supporters = [x for x in self.persons if x.here and x.favourite is idea and x.free > 0]
            current.outcome = self.launch(number, current)
            if n:
                self.world.seen["second idea of a package"] += 1
        return actions

    # 4: deliberation

    def agree(self, number: int, action: Action) -> list[Idea]:
        """Each supports its favourite; the front-runner (ties: lower index) with the quorum is agreed; otherwise the others join it
        with logistic((tol - relative loss) / T), or leave where they can do better alone."""
        p, seen = self.p, self.world.seen
        key = fold(self.key, number)
        for r in range(1, int(p.r_max) + 1):
            action.meetings = r
            present = [x for x in self.persons if x.here]
            if len(present) < 2:
                return []
            votes: dict[int, list[Person]] = {}
            for x in present:
                votes.setdefault(x.favourite.number, []).append(x)
            front = min(votes, key=lambda m: (-len(votes[m]), m))
            idea = votes[front][0].favourite
            if len(votes[front]) >= p.quorum * len(present) - 1e-9:
                seen["agreed"] += 1
                return [idea]
            package = self.package(votes, present)
            if package:
                seen["package"] += 1
                return package
            tolerance = 2.0 * self.mean_trust(present) * (p.tol0 + 0.5 * p.tol0 * r)
            for x in present:
                if x.favourite is idea:
                    continue
                best = self.worth(x, x.ideal)
                loss = (best - self.worth(x, idea)) / best if best > 0.0 else 0.0
                if uniform(fold(key, JOIN, x.one.key, r)) < logistic((tolerance - loss) / p.temperature):
                    x.favourite = idea
                    seen["joins"] += 1
                elif x.outside > self.worth(x, idea):
                    x.here = False
                    seen["leaves"] += 1
                else:
                    seen["refuses"] += 1
        return []

    def package(self, votes: dict[int, list[Person]], present: list[Person]) -> list[Idea]:
        """Up to ``portfolio`` ideas, each the favourite of two or more, together within phi * slack; their supporters count together
        for the quorum; the most supported first."""
        p = self.p
        cash, time, _ = self.purse(present)
        cash, time = p.phi * cash, p.phi * time
        chosen: list[Idea] = []
        while p.portfolio > 1.0 and len(chosen) < int(p.portfolio):
            left = [
                supporters[0].favourite
                for supporters in votes.values()
                if len(supporters) >= 2
                and supporters[0].favourite not in chosen
                and supporters[0].favourite.cost <= cash
                and supporters[0].favourite.effort <= time
            ]
            if not left:
                break
            best = min(left, key=lambda idea: (-len(votes[idea.number]), idea.number))
            chosen.append(best)
            cash -= best.cost
            time -= best.effort
        backing = sum(len(votes[idea.number]) for idea in chosen)
        return chosen if len(chosen) > 1 and backing >= p.quorum * len(present) - 1e-9 else []

    def mean_trust(self, persons: list[Person]) -> float:
        """Mean trust over pairs."""
        total, pairs = 0.0, 0
        for n, x in enumerate(persons):
            for y in persons[n + 1 :]:
                total += self.trust[x.one, y.one]
                pairs += 1
        return total / pairs if pairs else 0.0

    def lose_trust(self, persons: list[Person]) -> None:
        """eta_c of the trust of each pair."""
        for n, x in enumerate(persons):
            for y in persons[n + 1 :]:
                left = self.trust[x.one, y.one] - self.p.eta_c * self.trust[x.one, y.one]
                self.trust[x.one, y.one] = self.trust[y.one, x.one] = left

    # 5 to 7: lead, purse, launch

    def launch(self, number: int, action: Action) -> int:
        """Those who stay must be able to carry it; then lead, purse, depth."""
        if not self.within(action.idea, [x for x in self.persons if x.here]):
            return LOST
        outcome = self.lead(fold(self.key, number, 7 + action.idea.number), action)
        if outcome != LAUNCHED:
            return outcome
        if action.leader not in action.supporters:
            action.supporters = [x for x in self.persons if x in action.supporters or x is action.leader]
        return self.pay(fold(self.key, number, 7 + action.idea.number), action)

    def lead(self, key: int, action: Action) -> int:
        """Claimants are supporters able to lead (another leader for each action where one is able). None: a neutral carrier. Several:
        rounds of a month, all drawing at once: concede with logistic((dependence - rent - offset) / noise)."""
        p, seen, idea = self.p, self.world.seen, action.idea
        claimants = delegated(self, key, action)
        if claimants is None:
            claimants = [x for x in action.supporters if self.can_lead(x, idea)]
        if any(not x.led for x in claimants):
            claimants = [x for x in claimants if not x.led]
        action.claimants = len(claimants)
        if not claimants:
            action.leader = self.carrier([])
            seen["delegated" if action.leader else "no leader"] += 1
            return LAUNCHED if action.leader else NO_LEADER
        if len(claimants) == 1:
            action.leader = claimants[0]
            return LAUNCHED
        if p.lead_by_lot > 0.0:
            action.leader = self.by_lot(claimants, fold(key, LOT))
            return LAUNCHED
        if shared(self, claimants):
            action.leader, action.leaders = self.by_lot(claimants, fold(key, LOT)), claimants
            return LAUNCHED
        for c in range(int(p.contest_max)):
            carrier = self.carrier(claimants)
            if carrier and uniform(fold(key, CARRY, c)) < carrier.neutrality:
                action.leader = carrier
                seen["carried"] += 1
                return LAUNCHED
            action.rounds += 1
            action.months += 1
            seen["contested round"] += 1
            self.lose_trust(claimants)
            lot = self.by_lot(claimants, fold(key, LOT, c + 1))
            firm = []
            for x in claimants:
                value = self.plain(x, idea)
                dependence = 1.0 - min(1.0, x.outside / value) if value > 0.0 else 0.0
                chance = logistic((dependence - self.rent - p.concede_offset) / p.concede_noise)
                if uniform(fold(key, CONCEDE, x.one.key, c + 1)) >= chance:
                    firm.append(x)
            if len(firm) < 2:
                seen["all concede"] += not firm
                action.leader = firm[0] if firm else lot
                return LAUNCHED
            claimants = firm
            if p.arbitration > 0.0:
                convenor = next((x for x in self.persons if x.one is self.convenor), None)
                action.leader = arbitrated(self, claimants, convenor)
                return LAUNCHED
        return CONTEST_FAILED

    def carrier(self, claimants: list[Person]) -> Person | None:
        """The most neutral one present that does not claim the lead."""
        best = None
        for x in self.persons:
            if x.here and x not in claimants and x.neutrality > (best.neutrality if best else 0.0):
                best = x
        return best

    @staticmethod
    def by_lot(claimants: list[Person], key: int) -> Person:
        return min(claimants, key=lambda x: uniform(fold(key, x.one.key)))

    def pay(self, key: int, action: Action) -> int:
        """A quarrel over shares occurs with rivalry * tightness, costs a month and eta_c; the first month without one launches, at the
        depth of the largest mean E that trust and capabilities allow."""
        p, idea, members = self.p, action.idea, action.supporters
        if len(members) < 2:
            return LOST
        cash, time, union = self.purse(members)
        tightness = 1.0
        if cash > 0.0 and time > 0.0 and p.phi > 0.0:
            tightness = min(1.0, max(idea.cost / (p.phi * cash), idea.effort / (p.phi * time)))
        for q in range(int(p.contest_max)):
            if uniform(fold(key, QUARREL, q)) >= p.rivalry * tightness:
                break
            action.quarrels += 1
            action.months += 1
            self.world.seen["quarrel"] += 1
            self.lose_trust(members)
        else:
            return PURSE_FAILED
        mean = self.mean_trust(members)
        if mean < p.tau_base:
            return LOST
        required = bits(idea.capabilities)
        covered = bits(idea.capabilities & union)
        action.scale = min(1.0, min(cash / idea.cost, time / idea.effort))
        if action.scale <= 0.0:
            return LOST  # nobody has anything left to give
        gain = power(p.p_miss, float(required - covered)) * idea.value * power(action.scale, p.gamma)
        most = None
        for y in range(1, deepest(idea.capabilities, [x.one for x in members]) + 1):
            if mean < self.world.tau(y):
                break
            total = 0.0
            for x in members:
                close = 0.0
                for other in members:
                    if other is not x:
                        close += self.trust[x.one, other.one]
                w = p.shared_weight
                weight = self.world.domains * (w * self.shared[idea.domain] + (1.0 - w) * x.one.salience[idea.domain])
                brings = self.world.fit(x.one, y)
                total += close / (len(members) - 1) * weight * gain * brings * x.belief - x.burden * y
            if most is None or total > most:
                action.depth, most = y, total
        action.aboard = len(members)
        for x in members:
            x.cash = max(0.0, x.cash - idea.cost * action.scale * x.cash / cash)
            x.time = max(0.0, x.time - idea.effort * action.scale * x.time / time)
            x.free -= 1
            x.led = x.led or x is action.leader or x in action.leaders
        return LAUNCHED


assert COLLECTIVITY == 2  # the order of spheres in quotas
