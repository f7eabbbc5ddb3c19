"""A small forum as a Markov chain: exact probabilities of how it ends, in plain Python.

Written from the text of the model (the forum: agenda, valuation, outside option, deliberation, lead, purse, launch) and from
nothing of the package: every branch of every draw is followed and its probability added up. It serves two to five
participants, one phase and one action.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import NamedTuple

ANIMATOR, NOBODY = -1, -2


@dataclass(frozen=True)
class Person:
    """A participant; capabilities are a set of names."""

    cash: float
    time: float
    structuration: float
    capabilities: frozenset[str]
    salience: tuple[float, ...]
    objectives: tuple[float, float, float, float]
    neutrality: float = 0.0
    belief: float = 1.0
    burden: float = 0.05


@dataclass(frozen=True)
class Idea:
    """A project idea of the perimeter."""

    cost: float
    effort: float
    value: float
    domain: int
    capabilities: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """Numbers that a forum reads, by their names in the text."""

    phi: float = 0.5
    quorum: float = 0.75
    r_max: int = 4
    contest_max: int = 3
    tol0: float = 0.3
    temperature: float = 0.1
    rent: float = 0.2  # psi x (1 - neutrality of the convenor)
    weight: float = 0.5
    carrier: float = 0.0  # neutrality of an animator present
    lead_slack: float = 0.15
    lead_structuration: float = 0.4
    eta_c: float = 0.04
    rivalry: float = 0.3
    portfolio: int = 1
    lead_by_lot: bool = False
    outside_option: bool = True
    concede_offset: float = 0.5
    concede_noise: float = 0.25
    tau_base: float = 0.1
    tau_step: float = 0.1
    p_miss: float = 0.6
    gamma: float = 0.35


class End(NamedTuple):
    """How a forum ends; supporters are those aboard when it ended, depth is 0 without a launch."""

    outcome: str
    months: int
    leader: int
    idea: int
    supporters: tuple[int, ...]
    depth: int


@dataclass(frozen=True)
class Forum:
    """Who deliberates on what; ``trust`` by pair (i, j), i < j."""

    people: tuple[Person, ...]
    ideas: tuple[Idea, ...]
    trust: dict[tuple[int, int], float]
    shared: tuple[float, ...]
    rules: Rules

    def salience(self, i: int, domain: int) -> float:
        """K times the mixture of the perimeter's needs and one's own salience."""
        w = self.rules.weight
        return len(self.shared) * (w * self.shared[domain] + (1 - w) * self.people[i].salience[domain])

    def plain(self, i: int, m: int) -> float:
        """Value of idea m to i without rent."""
        return self.salience(i, self.ideas[m].domain) * self.ideas[m].value

    def can_lead(self, i: int, m: int) -> bool:
        """Slack of lambda x cost in cash and in time, and structuration enough."""
        who, idea, rules = self.people[i], self.ideas[m], self.rules
        return (
            who.cash >= rules.lead_slack * idea.cost
            and who.time >= rules.lead_slack * idea.effort
            and who.structuration >= rules.lead_structuration
        )

    def worth(self, i: int, m: int) -> float:
        """Value of idea m to i, rent included."""
        return self.plain(i, m) + (self.rules.rent * self.ideas[m].value if self.can_lead(i, m) else 0.0)

    def within_reach(self, who: list[int], m: int) -> bool:
        """Whether those could carry the idea together."""
        idea, phi = self.ideas[m], self.rules.phi
        have = frozenset().union(*(self.people[i].capabilities for i in who))
        return (
            idea.cost <= phi * sum(self.people[i].cash for i in who)
            and idea.effort <= phi * sum(self.people[i].time for i in who)
            and idea.capabilities <= have
        )

    def outside(self, i: int) -> float:
        """Best idea of the whole library that i can do alone, without rent; 0 for none."""
        if not self.rules.outside_option:
            return 0.0
        return max((self.plain(i, m) for m in range(len(self.ideas)) if self.within_reach([i], m)), default=0.0)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _mean_trust(trust: dict[tuple[int, int], float], who: list[int]) -> float:
    pairs = list(combinations(sorted(who), 2))
    return sum(trust[pair] for pair in pairs) / len(pairs) if pairs else 0.0


def _worn(trust: dict[tuple[int, int], float], who: list[int], loss: float) -> dict[tuple[int, int], float]:
    among = set(combinations(sorted(who), 2))
    return {pair: value * (1 - loss) if pair in among else value for pair, value in trust.items()}


def _package(forum: Forum, votes: dict[int, int], present: list[int]) -> list[int]:
    """Most supported ideas, each of two or more, that fit together into phi x the slack of those present."""
    rules = forum.rules
    cash = rules.phi * sum(forum.people[i].cash for i in present)
    time = rules.phi * sum(forum.people[i].time for i in present)
    chosen: list[int] = []
    for m in sorted(votes, key=lambda m: (-votes[m], m)):
        idea = forum.ideas[m]
        if len(chosen) < rules.portfolio and votes[m] >= 2 and idea.cost <= cash and idea.effort <= time:
            chosen.append(m)
            cash -= idea.cost
            time -= idea.effort
    return chosen


def _agreements(forum: Forum, agenda: list[int]) -> Iterator[tuple[float, int, int, tuple[int, ...]]]:
    """(probability, meetings, idea or -1, idea that each supports or -1 for who left) after deliberation."""
    rules, n = forum.rules, len(forum.people)
    outside = [forum.outside(i) for i in range(n)]
    favourite = tuple(min(agenda, key=lambda m: (-forum.worth(i, m), m)) for i in range(n))
    states = {favourite: 1.0}
    for r in range(1, rules.r_max + 1):
        after: dict[tuple[int, ...], float] = defaultdict(float)
        for supports, chance in states.items():
            present = [i for i in range(n) if supports[i] >= 0]
            if len(present) < 2:
                yield chance, r, -1, supports
                continue
            votes: dict[int, int] = defaultdict(int)
            for i in present:
                votes[supports[i]] += 1
            front = min(votes, key=lambda m: (-votes[m], m))
            if votes[front] >= rules.quorum * len(present) - 1e-9:
                yield chance, r, front, supports
                continue
            if rules.portfolio > 1:
                chosen = _package(forum, votes, present)
                if len(chosen) > 1 and sum(votes[m] for m in chosen) >= rules.quorum * len(present) - 1e-9:
                    yield chance, r, chosen[0], supports
                    continue
            tolerance = 2 * _mean_trust(forum.trust, present) * (rules.tol0 + rules.tol0 / 2 * r)
            options = []
            for i in range(n):
                if supports[i] in (-1, front):
                    options.append([(supports[i], 1.0)])
                    continue
                own = forum.worth(i, supports[i])
                loss = (own - forum.worth(i, front)) / own if own > 0 else 0.0
                joins = _logistic((tolerance - loss) / rules.temperature)
                stays = -1 if outside[i] > forum.worth(i, front) else supports[i]
                options.append([(front, joins), (stays, 1 - joins)])
            for branch in product(*options):
                p = math.prod(q for _, q in branch)
                after[tuple(m for m, _ in branch)] += chance * p
        states = after
    for supports, chance in states.items():
        yield chance, rules.r_max, -1, supports


class _Led(NamedTuple):
    chance: float
    leader: int  # NOBODY: failed
    outcome: str
    rounds: int
    trust: dict[tuple[int, int], float]


def _carrier(forum: Forum, here: list[int], claims: list[int]) -> tuple[int, float]:
    """Most neutral carrier present that does not claim the lead (ties: animator, then lower index)."""
    carriers = [(ANIMATOR, forum.rules.carrier)]
    carriers += [(i, forum.people[i].neutrality) for i in here if i not in claims]
    who, neutrality = min(carriers, key=lambda c: (-c[1], c[0]))
    return (who, neutrality) if neutrality > 0 else (NOBODY, 0.0)


def _leads(forum: Forum, idea: int, here: list[int], supporters: list[int]) -> Iterator[_Led]:
    """Every way in which the lead is settled or not."""
    rules = forum.rules
    claims = [i for i in supporters if forum.can_lead(i, idea)]
    carrier, _ = _carrier(forum, here, claims)
    if not claims:
        yield _Led(1.0, carrier, "no_leader" if carrier == NOBODY else "", 0, forum.trust)
    elif len(claims) == 1:
        yield _Led(1.0, claims[0], "", 0, forum.trust)
    elif rules.lead_by_lot:
        for i in claims:
            yield _Led(1 / len(claims), i, "", 0, forum.trust)
    else:
        yield from _contest(forum, idea, here, claims, 0, 1.0, forum.trust)


def _contest(
    forum: Forum,
    idea: int,
    here: list[int],
    claims: list[int],
    rounds: int,
    chance: float,
    trust: dict[tuple[int, int], float],
) -> Iterator[_Led]:
    rules = forum.rules
    if rounds == rules.contest_max:
        yield _Led(chance, NOBODY, "contest_failed", rounds, trust)
        return
    carrier, neutrality = _carrier(forum, here, claims)
    if neutrality > 0:
        yield _Led(chance * neutrality, carrier, "", rounds, trust)
        chance *= 1 - neutrality
    rounds += 1
    trust = _worn(trust, claims, rules.eta_c)
    concede = []
    for i in claims:
        own = forum.plain(i, idea)
        dependence = 1 - min(1, forum.outside(i) / own) if own > 0 else 0.0
        concede.append(_logistic((dependence - rules.rent - rules.concede_offset) / rules.concede_noise))
    for branch in product((True, False), repeat=len(claims)):
        p = chance * math.prod(q if gone else 1 - q for gone, q in zip(branch, concede, strict=True))
        left = [i for i, gone in zip(claims, branch, strict=True) if not gone]
        if len(left) > 1:
            yield from _contest(forum, idea, here, left, rounds, p, trust)
        elif left:
            yield _Led(p, left[0], "", rounds, trust)
        else:
            for i in claims:
                yield _Led(p / len(claims), i, "", rounds, trust)


# what depth 1 to 4 brings for human resources, stakeholders, economic, innovation
BENEFITS = ((0.35, 0.45, 0.10, 0.10), (0.35, 0.50, 0.25, 0.15), (0.20, 0.30, 0.75, 0.25), (0.20, 0.35, 0.35, 0.85))


def _depth(forum: Forum, m: int, members: list[int], trust: dict[tuple[int, int], float]) -> int:
    """Depth of the largest mean expectation among those that mean trust and capabilities allow; 0 for none."""
    rules, idea, people = forum.rules, forum.ideas[m], forum.people
    have = frozenset().union(*(people[i].capabilities for i in members))
    covered, required = len(idea.capabilities & have), len(idea.capabilities)
    scale = min(
        1.0,
        sum(people[i].cash for i in members) / idea.cost,
        sum(people[i].time for i in members) / idea.effort,
    )
    allowed = [1]
    if covered >= required / 2:
        allowed.append(2)
        if covered == required and all(people[i].capabilities & idea.capabilities for i in members):
            allowed.append(3)
            if {"industry", "invention"} <= have:
                allowed.append(4)
    best, most = 0, -math.inf
    for y in allowed:
        if _mean_trust(trust, members) < rules.tau_base + (y - 1) * rules.tau_step:
            continue
        total = 0.0
        for i in members:
            close = [trust[min(i, j), max(i, j)] for j in members if j != i]
            brings = 4 * sum(w * b for w, b in zip(people[i].objectives, BENEFITS[y - 1], strict=True))
            total += (
                sum(close) / len(close)
                * rules.p_miss ** (required - covered)
                * forum.salience(i, idea.domain)
                * idea.value * scale**rules.gamma
                * brings
                * people[i].belief
                - people[i].burden * y
            )  # fmt: skip
        if total > most:
            best, most = y, total
    return best


def exact(forum: Forum) -> dict[End, float]:
    """Probability of every way in which the forum can end."""
    rules, n = forum.rules, len(forum.people)
    everyone = list(range(n))
    ends: dict[End, float] = defaultdict(float)
    agenda = [m for m in range(len(forum.ideas)) if forum.within_reach(everyone, m)]
    if not agenda:
        return {End("infeasible", 0, NOBODY, -1, (), 0): 1.0}
    for chance, meetings, idea, supports in _agreements(forum, agenda):
        if idea < 0:
            ends[End("no_agreement", meetings, NOBODY, -1, (), 0)] += chance
            continue
        here = [i for i in everyone if supports[i] >= 0]
        supporters = [i for i in here if supports[i] == idea]
        if not forum.within_reach(here, idea):
            ends[End("lost", meetings, NOBODY, idea, tuple(supporters), 0)] += chance
            continue
        for led in _leads(forum, idea, here, supporters):
            p = chance * led.chance
            months = meetings + led.rounds
            if led.leader == NOBODY:
                ends[End(led.outcome, months, NOBODY, idea, tuple(supporters), 0)] += p
                continue
            members = sorted({*supporters, led.leader} - {ANIMATOR})
            end = End("lost", months, led.leader, idea, tuple(members), 0)
            if len(members) < 2:
                ends[end] += p
                continue
            cash = rules.phi * sum(forum.people[i].cash for i in members)
            time = rules.phi * sum(forum.people[i].time for i in members)
            tightness = min(1.0, max(forum.ideas[idea].cost / cash, forum.ideas[idea].effort / time))
            quarrel = rules.rivalry * tightness
            trust = led.trust
            for q in range(rules.contest_max):
                depth = _depth(forum, idea, members, trust)
                end = end._replace(outcome="launched" if depth else "lost", months=months + q, depth=depth)
                ends[end] += p * (1 - quarrel)
                p *= quarrel
                trust = _worn(trust, members, rules.eta_c)
            ends[end._replace(outcome="purse_failed", months=months + rules.contest_max, depth=0)] += p
    return {end: p for end, p in ends.items() if p > 0}


def with_rules(forum: Forum, **changes: float) -> Forum:
    """The same forum under other rules."""
    return replace(forum, rules=replace(forum.rules, **changes))
