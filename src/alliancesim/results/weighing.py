"""What a pair weighed, in plain Python: the formulas of SPEC section 3.5, read from the tables of a run.

The kernel :mod:`alliancesim.kernels.proposal` does the same for thousands of pairs and keeps only the choice; this one
keeps everything on the way, for one pair, and a test holds the two together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import IN_USE
from alliancesim.kernels.numeric import logistic, power
from alliancesim.kernels.relations import trust_in
from alliancesim.rules.keys import fold, stream_key, uniform

ASSOCIATION = 0


@dataclass(frozen=True)
class Voice:
    """How one of the two saw the project.

    Attributes
    ----------
    row : int
    salience : float
        K * own salience of the project's domain: 1 is as important as the mean domain.
    fits : tuple of float
        D(depth) for depths 1-4; ``plain`` are the row sums, what D would be without own objectives; ``patient`` what it would be
        if later years weighed like the first (extension patience).
    belief : float
        Belief term, relative to one who heard nothing.
    burden : float
        Coordination cost of one depth at the load carried; ``unloaded`` without load.
    lot : float
        The draw that its chance of acceptance had to exceed.
    """

    row: int
    salience: float
    fits: tuple[float, float, float, float]
    plain: tuple[float, float, float, float]
    patient: tuple[float, float, float, float]
    belief: float
    burden: float
    unloaded: float
    lot: float


@dataclass(frozen=True)
class Weighing:
    """Everything that a pair weighed; ``leader`` is the first proposer."""

    leader: Voice
    partner: Voice
    idea: int
    perimeter: int
    domain: int
    needed: int
    covered: int
    cost: float
    effort: float
    idea_value: float
    scale: float
    trust: float
    base_trust: float
    gain: float
    reach_by_trust: int
    reach_by_capabilities: int
    depths: tuple[int, ...]
    depth: int
    lead_lot: float
    theta: float
    temperature: float
    p_miss: float
    gamma: float

    def expectation(self, voice: Voice, depth: int) -> float:
        """E of one of the two at a depth."""
        scaled = self.trust * power(self.p_miss, float(bits(self.needed) - bits(self.covered))) * self.gain
        return scaled * voice.salience * voice.fits[depth - 1] * voice.belief - voice.burden * depth

    def chance(self, voice: Voice, depth: int | None = None) -> float:
        """Probability that one of the two accepts at a depth (the chosen one by default)."""
        e = self.expectation(voice, self.depth if depth is None else depth)
        return float(logistic((e - self.theta) / self.temperature))

    @property
    def both(self) -> float:
        """Probability that both accept."""
        return self.chance(self.leader) * self.chance(self.partner)

    @property
    def accepted(self) -> bool:
        """Whether both draws fell below the chances."""
        return self.leader.lot < self.chance(self.leader) and self.partner.lot < self.chance(self.partner)

    def what_if(self) -> dict[str, float]:
        """Chance that both accept, the depth being the same, with one thing set to a plain value.

        Keys: ``trust`` (as between two who just met), ``capabilities`` (none missing), ``belief`` (nothing heard),
        ``means`` (enough for the full scale), ``load`` (no other alliance), ``needs`` (the domain matters as the mean
        one), ``objectives`` (no preference among what the depth brings), ``patience`` (later years weigh like the first).
        """

        def changed(voice: Voice, change: dict[str, Any]) -> Voice:
            return replace(voice, **{k: getattr(voice, v) if isinstance(v, str) else v for k, v in change.items()})

        def voices(**change: Any) -> Weighing:
            return replace(self, leader=changed(self.leader, change), partner=changed(self.partner, change))

        return {
            "trust": replace(self, trust=self.base_trust).both,
            "capabilities": replace(self, covered=self.needed).both,
            "belief": voices(belief=1.0).both,
            "means": replace(self, gain=self.idea_value).both,
            "load": voices(burden="unloaded").both,
            "needs": voices(salience=1.0).both,
            "objectives": voices(fits="plain").both,
            "patience": voices(fits="patient").both,
        }


def bits(number: int) -> int:
    """Number of capabilities in a set."""
    return int(number).bit_count()


def find_tie(state: Any, i: int, j: int) -> int:
    """Slot of j among the ties of i, or -1."""
    start = int(state.slots[i])
    for slot in range(start, start + int(state.organisations["ties"][i])):
        if int(state.ties["partner"][slot]) == j:
            return slot
    return -1


def base_trust(state: Any, i: int, j: int) -> float:
    """trust0 * sqrt(openness * openness)."""
    organisations = state.organisations
    a = float(organisations["openness"][i, organisations["sphere"][j]])
    b = float(organisations["openness"][j, organisations["sphere"][i]])
    return float(state.rules[0]["trust0"]) * math.sqrt(a * b)


def trust_of(state: Any, i: int, j: int) -> float:
    """Trust of i and j now; base trust where they have no tie."""
    base = base_trust(state, i, j)
    slot = find_tie(state, i, j)
    if slot < 0:
        return base
    trust, last = trust_in(state.ties, slot), int(state.ties["last"][slot])
    if last == IN_USE or last >= state.month:
        return trust
    return base + (trust - base) * float(state.fade[state.month - last])


def prospect(successes: float, failures: float, risk_aversion: float) -> float:
    """Mean - risk_aversion * sd of Beta(1 + successes, 1 + failures), at least 0."""
    a, b = 1.0 + successes, 1.0 + failures
    n = a + b
    return max(0.0, a / n - risk_aversion * math.sqrt(a * b / (n * n * (n + 1.0))))


def allied(state: Any, i: int, j: int) -> bool:
    """Whether i and j are members of one active alliance."""
    return any(j in state.members_of(alliance) for alliance in state.alliances_of(i))


def deepest(shared: int, each: bool, required: int, union: int) -> int:
    """Deepest form that capabilities allow (1-4)."""
    if 2 * shared < required:
        return 1
    if shared < required or not each:
        return 2
    return 4 if union >> 5 & 1 and union >> 1 & 1 else 3


def weigh(world: Any, a: int, b: int) -> Weighing | None:
    """What the pair (a, b) that met this month weighs, before the phase ``propose`` has run.

    Returns
    -------
    Weighing or None
        None where they may not propose, or no idea is open to them.
    """
    state = world.state
    organisations, p = state.organisations, state.rules[0]
    one, two = organisations[a], organisations[b]
    if one["sphere"] == two["sphere"] or one["stage"] == 0 or two["stage"] == 0:
        return None
    if one["load"] >= one["cap"] or two["load"] >= two["cap"] or allied(state, a, b):
        return None
    lot, i, j = _who_leads(world, a, b)
    trust = trust_of(state, i, j)
    perimeter = int(state.cells["perimeter"][organisations["cell"][i]])
    cash = float(organisations["cash"][i]) + float(organisations["cash"][j])
    time = float(organisations["time"][i]) + float(organisations["time"][j])
    own = (int(organisations["capabilities"][i]), int(organisations["capabilities"][j]))
    reach = 0
    while reach < 4 and trust >= float(p["tau_base"]) + reach * float(p["tau_step"]):
        reach += 1
    leader, partner = _voice(world, i, j, i), _voice(world, j, i, i)
    best: tuple[float, Weighing] | None = None
    for m, idea in enumerate(state.ideas[perimeter]):
        if float(idea["cost"]) <= 0.0 or not _known(world, i, j, m):
            continue
        scale = min(1.0, min(cash / float(idea["cost"]), time / float(idea["effort"])))
        if scale <= 0.0:
            continue
        needed = int(idea["capabilities"])
        covered = needed & (own[0] | own[1])
        deep = deepest(bits(covered), bool(needed & own[0]) and bool(needed & own[1]), bits(needed), own[0] | own[1])
        domain, value = int(idea["domain"]), float(idea["value"])
        weighed = Weighing(
            leader=replace(leader, salience=_salience(state, i, domain)),
            partner=replace(partner, salience=_salience(state, j, domain)),
            idea=m,
            perimeter=perimeter,
            domain=domain,
            needed=needed,
            covered=covered,
            cost=float(idea["cost"]),
            effort=float(idea["effort"]),
            idea_value=value,
            scale=scale,
            trust=trust,
            base_trust=base_trust(state, i, j),
            gain=value * power(scale, float(p["gamma"])),
            reach_by_trust=reach,
            reach_by_capabilities=deep,
            depths=tuple(range(1, min(deep, reach) + 1)),
            depth=0,
            lead_lot=lot,
            theta=float(p["theta"]),
            temperature=float(p["temperature"]),
            p_miss=float(p["p_miss"]),
            gamma=float(p["gamma"]),
        )
        for y in weighed.depths:
            e = weighed.expectation(weighed.leader, y)
            if best is None or e > best[0]:
                best = (e, weighed)
    if best is None:
        return None
    weighed = best[1]
    depth, joint = 0, 0.0
    for y in weighed.depths:
        total = weighed.expectation(weighed.leader, y) + weighed.expectation(weighed.partner, y)
        if depth == 0 or total > joint:
            depth, joint = y, total
    return replace(weighed, depth=depth)


def _known(world: Any, i: int, j: int, idea: int) -> bool:
    """Whether a pair may weigh an idea of i's perimeter: its own, or a solution from elsewhere that one of its own carries."""
    place = idea - int(world.state.rules[0]["library_size"])
    if place < 0:
        return True
    perimeter = world.state.cells["perimeter"][world.state.organisations["cell"][[i, j]]]
    carriers = [i, j] if perimeter[0] == perimeter[1] else [i]
    return any(int(world.knows[row]) >> place & 1 for row in carriers)


def _who_leads(world: Any, a: int, b: int) -> tuple[float, int, int]:
    """The keyed lot, the first proposer, the other."""
    state = world.state
    organisations, p = state.organisations, state.rules[0]
    key = stream_key(state.seed, STREAMS["proposer"], state.month)
    lot = uniform(pair_key(key, int(organisations["key"][a]), int(organisations["key"][b])))
    i, j = a, b
    if organisations["sphere"][j] == ASSOCIATION:
        i, j = j, i
    if organisations["sphere"][i] == ASSOCIATION:
        initiative = 1.0 if float(p["funding_mode"]) == 0.0 else float(world.initiative[i])
        if lot >= min(1.0, float(p["association_leads"]) * initiative):
            i, j = j, i
    else:
        if organisations["key"][j] < organisations["key"][i]:
            i, j = j, i
        if lot >= 0.5:
            i, j = j, i
    return lot, i, j


def pair_key(key: int, a: int, b: int) -> int:
    """Key of an unordered pair of identities."""
    low, high = min(a, b), max(a, b)
    return fold(fold(key, low), high)


def _voice(world: Any, row: int, other: int, leader: int) -> Voice:
    state = world.state
    organisations, p = state.organisations, state.rules[0]
    me = organisations[row]
    belief = 1.0
    if float(p["belief"]) != 0.0:
        aversion = float(p["risk_aversion"])
        heard = prospect(float(me["successes"]), float(me["failures"]), aversion)
        belief = heard / prospect(0.0, 0.0, aversion)
    fits, plain, patient = [], [], []
    for y in range(4):
        total, bare = 0.0, 0.0
        for o in range(4):
            bare += float(world.benefits[y, o])
            total += (
                float(world.benefits[y, o])
                if float(p["objectives"]) == 0.0
                else 4.0 * float(state.objectives[row, o]) * float(world.benefits[y, o])
            )
        later = _horizon(p, int(me["sphere"]), y + 1)
        fits.append(total * later)
        plain.append(bare * later)
        patient.append(total)
    coordination = float(p["coordination_cost"])
    accept = pair_key(
        stream_key(state.seed, STREAMS["accept"], state.month), int(me["key"]), int(organisations["key"][other])
    )
    return Voice(
        row=row,
        salience=1.0,
        fits=(fits[0], fits[1], fits[2], fits[3]),
        plain=(plain[0], plain[1], plain[2], plain[3]),
        patient=(patient[0], patient[1], patient[2], patient[3]),
        belief=belief,
        burden=coordination * (1.0 + int(me["load"]) / int(me["cap"])),
        unloaded=coordination,
        lot=uniform(fold(accept, int(me["key"]))),
    )


def _horizon(p: Any, sphere: int, depth: int) -> float:
    """Weight of what a depth brings later, for a sphere (extension patience)."""
    patience = float(p[("patience_association", "patience_firm", "patience_collectivity")[sphere]])
    return 1.0 if patience == 1.0 else float(power(patience, depth - 1.0))


def _salience(state: Any, row: int, domain: int) -> float:
    """K * own salience of a domain: 1 on average over domains."""
    return int(state.salience.shape[1]) * float(state.salience[row, domain])
