"""Project ideas, and what an organisation expects of one (SPEC section 3, renew_means and propose)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from alliancesim.catalogue import CAPABILITIES

if TYPE_CHECKING:
    from .agents import Organisation
    from .space import Perimeter

INDUSTRY = 1 << CAPABILITIES.index("industry")
INVENTION = 1 << CAPABILITIES.index("invention")


@dataclass(eq=False)
class Idea:
    """A project idea of a perimeter's library; ``required`` has a bit for each capability."""

    number: int
    domain: int
    required: int
    cost: float
    effort: float
    value: float


def draw_library(perimeter: Perimeter, p: Any, random: Random) -> list[Idea]:
    """M ideas: domain in proportion to needs, 2-4 capabilities, cost and effort after the mean slack, value after the cost draw."""
    if sum(perimeter.need) <= 0.0 or not perimeter.people:
        return []
    cash = sum(one.cash for one in perimeter.people) / len(perimeter.people)
    time = sum(one.time for one in perimeter.people) / len(perimeter.people)
    domains = range(len(perimeter.need))
    library = []
    for number in range(int(p.library_size)):
        domain = random.choices(domains, perimeter.need)[0]
        capabilities = random.sample(range(len(CAPABILITIES)), random.randint(2, 4))
        spread, other = (random.lognormvariate(-(p.cost_sigma**2) / 2.0, p.cost_sigma) for _ in range(2))
        library.append(
            Idea(
                number,
                domain,
                sum(1 << capability for capability in capabilities),
                cost=p.cost_scale * cash**p.ambition_elasticity * spread,
                effort=p.cost_scale * time**p.ambition_elasticity * other,
                value=spread**p.gamma * perimeter.need[domain],
            )
        )
    return library


def deepest(required: int, people: Iterable[Organisation]) -> int:
    """Depth that capabilities allow: 1 any; 2 half covered; 3 all, each brings one; 4 also invention and industry."""
    union, each = 0, True
    for one in people:
        union |= one.capabilities
        each = each and bool(one.capabilities & required)
    covered = (required & union).bit_count()
    if 2 * covered < required.bit_count():
        return 1
    if covered < required.bit_count() or not each:
        return 2
    return 4 if union & INVENTION and union & INDUSTRY else 3


def trusted(p: Any, trust: float) -> int:
    """Deepest depth whose threshold of trust is met; 0 for none."""
    return sum(trust >= p.tau_base + step * p.tau_step for step in range(4))


def expectation(one: Organisation, gain: float, domain: int, depth: int, belief: float) -> float:
    """E(y) = trust * coverage * K salience * value * D(y) * belief - coordination cost * y * (1 + load / cap).

    ``gain`` holds trust * coverage * value.
    """
    return gain * one.concern[domain] * one.fit[depth - 1] * belief - one.burden * depth
