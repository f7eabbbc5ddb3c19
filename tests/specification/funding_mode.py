"""Subcontract or enable (specification, section 5, funding mode): between an association and a collectivity."""

from __future__ import annotations

from .numbers import single


def concerned(world, alliance) -> bool:
    """Whether funds flow between two of its members."""
    spheres = {one.sphere for one in alliance.organisations()}
    return world.p.funding_mode != 0.0 and {0, 2} <= spheres


def value(world, alliance) -> float:
    """Value of a success: more where it is subcontracted, less where it is enabled."""
    if not concerned(world, alliance):
        return alliance.value
    return alliance.value * (1.0 - world.p.funding_mode * world.p.funding_output)


def change_initiative(world, alliances: list) -> None:
    """A year's result takes from its associations' initiative, or adds to it, up to 1.5."""
    p = world.p
    for alliance in alliances:
        if alliance.result is None or not concerned(world, alliance):
            continue
        for one in alliance.organisations():
            if one.sphere == 0:
                i = one.initiative
                less, more = i * (1.0 - p.funding_initiative), i + p.funding_initiative * (1.5 - i)
                one.initiative = single(less if p.funding_mode < 0.0 else more)
                world.seen["initiative changed"] += 1


def lead_chance(world, one) -> float:
    """association_leads * the association's initiative."""
    p = world.p
    return p.association_leads if p.funding_mode == 0.0 else min(1.0, p.association_leads * one.initiative)
