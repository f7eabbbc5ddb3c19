"""Two that met weigh a project (SPEC section 3, propose)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from .agents import NAIVE, Association, Organisation
from .chance import logistic
from .projects import Idea, deepest, expectation, trusted

if TYPE_CHECKING:
    from .space import Perimeter


@dataclass(eq=False)
class Proposal:
    """A project on which two agreed."""

    people: list[Organisation]
    idea: Idea
    perimeter: Perimeter
    depth: int

    @property
    def scale(self) -> float:
        """min(1, pooled slack / cost), for cash and time."""
        cash, time = sum(one.cash for one in self.people), sum(one.time for one in self.people)
        return min(1.0, cash / self.idea.cost, time / self.idea.effort)


def may_ally(a: Organisation, b: Organisation) -> bool:
    """Of different spheres, both willing or engaged, with free load, not already allied."""
    return (
        a.sphere != b.sphere
        and a.stage != NAIVE
        and b.stage != NAIVE
        and a.free
        and b.free
        and not (a.alliances and b.alliances and a.allied(b))
    )


def proposer_first(a: Organisation, b: Organisation, random: Random) -> tuple[Organisation, Organisation]:
    """The association proposes and leads with ``association_leads``; a pair without one by lot."""
    if isinstance(b, Association):
        a, b = b, a
    chance = a.p.association_leads if isinstance(a, Association) else 0.5
    return (a, b) if random.random() < chance else (b, a)


def weigh(a: Organisation, b: Organisation, random: Random) -> Proposal | None:
    """The first proposer's best idea by its own E, at the depth of the largest joint E; both accept with logistic((E - theta) / T)."""
    i, j = proposer_first(a, b, random)
    p = i.p
    trust = i.trust(j)
    affordable = trusted(p, trust)
    if not affordable:
        return None
    pair = (i, j)
    union = i.capabilities | j.capabilities
    cash, time = i.cash + j.cash, i.time + j.time
    belief = i.belief
    best = None
    for idea in i.cell.perimeter.library:
        scale = min(1.0, cash / idea.cost, time / idea.effort)
        if scale <= 0.0:
            continue
        missing = (idea.required & ~union).bit_count()
        gain = trust * p.p_miss**missing * idea.value * scale**p.gamma
        depths = range(1, min(affordable, deepest(idea.required, pair)) + 1)
        e = max(expectation(i, gain, idea.domain, depth, belief) for depth in depths)
        if best is None or e > best[0]:
            best = (e, idea, gain, depths)
    if best is None:
        return None
    _, idea, gain, depths = best
    beliefs = (belief, j.belief)
    weighed = [
        [expectation(one, gain, idea.domain, depth, own) for one, own in zip(pair, beliefs, strict=True)]
        for depth in depths
    ]
    joint = max(weighed, key=sum)
    if all(random.random() < logistic((e - p.theta) / p.temperature) for e in joint):
        return Proposal([i, j], idea, i.cell.perimeter, 1 + weighed.index(joint))
    return None
