"""An alliance comes into being, takes in a member, ends: the one place that links the tables."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline, kernel
from alliancesim.kernels.layout import IN_USE, NOBODY
from alliancesim.kernels.numeric import power
from alliancesim.kernels.relations import allied, count_bits, find_tie, pair_trust, set_tie

ENDED = 3


@inline
def tie_to_members(organisations, ties, slots, alliances, memberships, alliance, i, last, month, fade, rules):
    """A tie of i with every member of an alliance, at the trust that they have or at base trust."""
    p = rules[0]
    m = alliances[alliance].first
    while m != NOBODY:
        j = memberships[m].organisation
        trust = pair_trust(organisations, ties, slots, i, j, month, fade, p.trust0)
        set_tie(organisations, ties, slots, i, j, trust, last, month, fade, p.trust0)
        m = memberships[m].next_member


@kernel
def meet_members(organisations, ties, slots, alliances, memberships, alliance, i, month, fade, rules):
    """Organisation i knows the members of an alliance without being one; writes ties."""
    tie_to_members(organisations, ties, slots, alliances, memberships, alliance, i, month, month, fade, rules)


@inline
def join(organisations, ties, slots, alliances, memberships, n_memberships, alliance, i, month, fade, rules):
    """Makes organisation i a member: links, load, stage, and a tie in use with every member; writes all tables.

    Pairs keep their trust, or get a tie at base trust.
    """
    tie_to_members(organisations, ties, slots, alliances, memberships, alliance, i, IN_USE, month, fade, rules)
    row = n_memberships
    memberships[row].cash = 0.0
    memberships[row].time = 0.0
    memberships[row].benefit = 0.0
    memberships[row].organisation = i
    memberships[row].alliance = alliance
    memberships[row].next_member = NOBODY
    memberships[row].next_alliance = organisations[i].first
    memberships[row].joined = month
    organisations[i].first = row
    organisations[i].load += 1
    organisations[i].stage = 2
    organisations[i].ever = 1
    if alliances[alliance].first == NOBODY:
        alliances[alliance].first = row
    else:
        memberships[alliances[alliance].last].next_member = row
    alliances[alliance].last = row
    alliances[alliance].members += 1
    alliances[alliance].spheres |= 1 << organisations[i].sphere
    alliances[alliance].covered = alliances[alliance].covered | (
        alliances[alliance].required & organisations[i].capabilities
    )


@inline
def blank(alliances, row, key, month):
    """Clears a row of the alliances table for a new alliance."""
    a = alliances[row]
    a.key = key
    a.pool_cash = 0.0
    a.pool_time = 0.0
    a.outside = 0.0
    a.paid = 0.0
    a.spent_cash = 0.0
    a.spent_time = 0.0
    a.benefit = 0.0
    a.alone = 0.0
    a.alone_cost = 0.0
    a.first = NOBODY
    a.last = NOBODY
    a.members = 0
    a.start = month
    a.launch = NOBODY
    a.pooled = NOBODY
    a.ended = NOBODY
    a.identified = NOBODY
    a.successes = 0
    a.draws = 0
    a.stage = 0
    a.result = 0
    a.accompanied = 0
    a.cause = 0
    a.spheres = 0
    a.covered = 0
    a.forum = NOBODY
    a.leads = 1
    a.inhabitants = 0
    a.zone = NOBODY


@inline
def describe(alliances, row, leader, idea, library, perimeter, scale, depth, origin, animator, gamma):
    """Writes what the alliance is about: idea ``idea`` of a library (M,), at a scale."""
    a = alliances[row]
    a.leader = leader
    a.perimeter = perimeter
    a.cost = library[idea].cost * scale
    a.effort = library[idea].effort * scale
    a.value = library[idea].value * power(scale, gamma)
    a.scale = scale
    a.domain = library[idea].domain
    a.required = library[idea].capabilities
    a.depth = depth
    a.origin = origin
    a.animator = animator
    a.idea = idea


@inline
def compare_alone(organisations, alliances, memberships, row, rules):
    """Writes what the members would make alone, each at its own scale and with its own capabilities, and at what cost."""
    p = rules[0]
    a = alliances[row]
    required = count_bits(a.required)
    total = 0.0
    dearest = 0.0
    m = a.first
    while m != NOBODY:
        i = memberships[m].organisation
        own = count_bits(a.required & organisations[i].capabilities)
        share = 1.0
        if a.cost > 0.0:
            share = min(share, organisations[i].cash / a.cost)
        if a.effort > 0.0:
            share = min(share, organisations[i].time / a.effort)
        total += (
            a.value
            * power(share, p.gamma)
            * power(p.p_ok, np.float64(own))
            * power(p.p_miss, np.float64(required - own))
        )
        cost = a.cost * (1.0 + p.premium * (required - own) / required)
        if i == a.leader or dearest == 0.0:
            dearest = cost
        m = memberships[m].next_member
    a.alone = total
    a.alone_cost = dearest


@inline
def give_back(organisations, alliances, memberships, row, month):
    """Returns the unspent rest of this year's pool to those who paid it; writes organisations and the alliance."""
    a = alliances[row]
    if a.pooled == NOBODY:
        return
    rest = 1.0 - min(12, month - a.pooled) / 12.0
    if rest > 0.0:
        m = a.first
        while m != NOBODY:
            i = memberships[m].organisation
            organisations[i].cash += memberships[m].cash * rest
            organisations[i].time += memberships[m].time * rest
            m = memberships[m].next_member
        a.spent_cash -= a.pool_cash * rest
        a.spent_time -= a.pool_time * rest


@inline
def release(organisations, ties, slots, alliances, memberships, row, month):
    """Frees the members of an alliance that ends: load, stage, ties that no alliance uses any more."""
    m = alliances[row].first
    while m != NOBODY:
        i = memberships[m].organisation
        here = organisations[i].first
        if here == m:
            organisations[i].first = memberships[m].next_alliance
        else:
            while memberships[here].next_alliance != m:
                here = memberships[here].next_alliance
            memberships[here].next_alliance = memberships[m].next_alliance
        memberships[m].next_alliance = NOBODY
        organisations[i].load -= 1
        if organisations[i].load == 0:
            organisations[i].stage = 1
        m = memberships[m].next_member
    m = alliances[row].first
    while m != NOBODY:
        i = memberships[m].organisation
        other = memberships[m].next_member
        while other != NOBODY:
            j = memberships[other].organisation
            if not allied(organisations, alliances, memberships, i, j):
                slot = find_tie(organisations, ties, slots, i, j)
                if slot >= 0:
                    ties[slot].last = month
                    ties[find_tie(organisations, ties, slots, j, i)].last = month
            other = memberships[other].next_member
        m = memberships[m].next_member


@inline
def end_alliance(organisations, ties, slots, alliances, memberships, row, cause, month):
    """An alliance ends: the rest of its year is returned, its members are free; writes all tables."""
    give_back(organisations, alliances, memberships, row, month)
    release(organisations, ties, slots, alliances, memberships, row, month)
    alliances[row].ended = month
    alliances[row].stage = ENDED
    alliances[row].cause = cause


@kernel
def found_alliance(
    organisations,
    ties,
    slots,
    alliances,
    memberships,
    library,
    n_alliances,
    n_memberships,
    members,
    leader,
    idea,
    perimeter,
    scale,
    depth,
    origin,
    animator,
    forum,
    key,
    start,
    month,
    fade,
    rules,
):
    """A new alliance of ``members`` (rows) that starts in month ``start``; returns the numbers of rows then in use."""
    p = rules[0]
    row = n_alliances
    blank(alliances, row, key, month)
    describe(alliances, row, leader, idea, library, perimeter, scale, depth, origin, animator, p.gamma)
    alliances[row].forum = forum
    alliances[row].start = start
    used = n_memberships
    for i in members:
        join(organisations, ties, slots, alliances, memberships, used, row, i, month, fade, rules)
        used += 1
    compare_alone(organisations, alliances, memberships, row, rules)
    return row + 1, used
