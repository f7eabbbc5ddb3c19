"""Triadic closure (specification, section 5): with probability ``closure_q`` a meeting is with a partner of a partner."""

from __future__ import annotations

from .numbers import fold, uniform


def partner_of_partner(world, i, key: int):
    """A partner of a partner of i, drawn twice among the places beside it in its alliances; None where i meets by distance."""
    if uniform(fold(key, 0)) >= world.p.closure_q:
        return None
    j = drawn_partner(i, fold(key, 1))
    k = drawn_partner(j, fold(key, 2)) if j is not None else None
    if k is None or k is i:
        return None
    world.seen["met a partner of a partner"] += 1
    return k


def drawn_partner(i, key: int):
    """One of the places beside i in its active alliances."""
    places = [(a, j) for a in i.alliances for j in a.organisations() if j is not i]
    return min(places, key=lambda place: uniform(fold(key, place[0].key, place[1].key)))[1] if places else None
