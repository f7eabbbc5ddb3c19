"""Loops of demography: which organisations close, how one leaves its alliances and ties (SPEC section 5, demography)."""

from __future__ import annotations

from alliancesim.kernels.compile import inline, kernel
from alliancesim.kernels.founding import end_alliance
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import power
from alliancesim.kernels.relations import drop_tie

DEPLOYED = 2
CLOSING = 3
"""Cause of the end of an alliance that a closing leaves with one member."""


@inline
def in_deployed(organisations, alliances, memberships, i):
    """Whether an organisation is in a deployed alliance."""
    m = organisations[i].first
    while m != NOBODY:
        if alliances[memberships[m].alliance].stage == DEPLOYED:
            return True
        m = memberships[m].next_alliance
    return False


@kernel
def closings(organisations, low, high, alliances, memberships, rates, rules, stream, seed, month, result):
    """Who closes this month among organisations low..high - 1; fills ``result`` with rows, returns their number.

    Parameters
    ----------
    rates : (kinds,) float64
        Share of a kind that closes a year; 1 - (1 - rate) ** (1 / 12) a month, ``closing_allied`` times the rate for a member
        of a deployed alliance.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    n = 0
    for i in range(low, high):
        rate = rates[organisations[i].kind] * p.closing
        if rate <= 0.0:
            continue
        if in_deployed(organisations, alliances, memberships, i):
            rate = rate * p.closing_allied
        chance = 1.0 - power(1.0 - min(1.0, rate), 1.0 / 12.0)
        if uniform(fold(base, organisations[i].key)) < chance:
            if n < result.shape[0]:
                result[n] = i
            n += 1
    return n


@inline
def unlink(organisations, alliances, memberships, row, i):
    """Takes organisation i out of an alliance that goes on with two members or more; writes all tables."""
    a = alliances[row]
    before = NOBODY
    gone = a.first
    while memberships[gone].organisation != i:
        before = gone
        gone = memberships[gone].next_member
    if a.leader == i:
        a.leader = NOBODY
    place = 0
    m = a.first
    while m != gone:
        place += 1
        m = memberships[m].next_member
    if place < a.leads and a.leads > 1:
        a.leads -= 1
    if before == NOBODY:
        a.first = memberships[gone].next_member
    else:
        memberships[before].next_member = memberships[gone].next_member
    if a.last == gone:
        a.last = before
    a.members -= 1
    a.spheres = 0
    a.covered = 0
    m = a.first
    while m != NOBODY:
        j = memberships[m].organisation
        a.spheres |= 1 << organisations[j].sphere
        a.covered = a.covered | (a.required & organisations[j].capabilities)
        m = memberships[m].next_member
    if a.leader == NOBODY:
        a.leader = memberships[a.first].organisation
    here = organisations[i].first
    if here == gone:
        organisations[i].first = memberships[gone].next_alliance
    else:
        while memberships[here].next_alliance != gone:
            here = memberships[here].next_alliance
        memberships[here].next_alliance = memberships[gone].next_alliance
    memberships[gone].next_alliance = NOBODY
    memberships[gone].next_member = NOBODY
    organisations[i].load -= 1


@kernel
def close(organisations, ties, slots, alliances, memberships, i, month):
    """Organisation i leaves its alliances and is forgotten by all; returns the number of alliances that end with it.

    An alliance that it leaves with one member ends (the unspent rest of the year is returned); a larger one goes on, led by its
    first member where the leader left.
    """
    ended = 0
    while organisations[i].first != NOBODY:
        row = memberships[organisations[i].first].alliance
        if alliances[row].members > 2:
            unlink(organisations, alliances, memberships, row, i)
        else:
            end_alliance(organisations, ties, slots, alliances, memberships, row, CLOSING, month)
            ended += 1
    while organisations[i].ties > 0:
        j = ties[slots[i] + organisations[i].ties - 1].partner
        drop_tie(organisations, ties, slots, j, i)
        drop_tie(organisations, ties, slots, i, j)
    return ended
