"""Triadic closure: a meeting with a partner of a partner (SPEC section 5, closure)."""

from __future__ import annotations

from alliancesim.kernels.compile import inline
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.kernels.layout import NOBODY


@inline
def drawn_partner(organisations, alliances, memberships, i, key):
    """One of the places beside i in its active alliances, each as likely; -1 without alliance.

    Who is in two alliances with i has two places. Places are ranked by keyed draws of those who hold them, so that the order of
    the tables does not matter.
    """
    best = NOBODY
    least = 2.0
    m = organisations[i].first
    while m != NOBODY:
        here = alliances[memberships[m].alliance]
        k = fold(key, here.key)
        other = here.first
        while other != NOBODY:
            j = memberships[other].organisation
            if j != i:
                draw = uniform(fold(k, organisations[j].key))
                if draw < least:
                    best = j
                    least = draw
            other = memberships[other].next_member
        m = memberships[m].next_alliance
    return best


@inline
def partner_of_partner(organisations, alliances, memberships, i, closure_q, key):
    """With probability ``closure_q`` a partner of a partner of i, else -1 (also where that leads back to i)."""
    if uniform(fold(key, 0)) >= closure_q:
        return NOBODY
    j = drawn_partner(organisations, alliances, memberships, i, fold(key, 1))
    if j == NOBODY:
        return NOBODY
    k = drawn_partner(organisations, alliances, memberships, j, fold(key, 2))
    if k == i:
        return NOBODY
    return k
