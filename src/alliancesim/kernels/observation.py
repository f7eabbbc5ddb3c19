"""Loops of ``observe``: counts and means by sphere and kind, trust, network, Gini."""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import allocating, inline, kernel
from alliancesim.kernels.keyed import fold, stream_key
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.prefetch import fetch_alliances
from alliancesim.kernels.relations import faded, trust_in


@kernel
def tally(organisations, cells, low, high, stages, ever, openness, totals):
    """Counts of reported organisations low..high - 1.

    Writes stages (kinds, 3), ever (kinds,), openness (3, 3) summed toward each sphere, totals (3,) by sphere; weights count.
    """
    stages[:] = 0.0
    ever[:] = 0.0
    openness[:] = 0.0
    totals[:] = 0.0
    for i in range(low, high):
        if cells[organisations[i].cell].reported == 0:
            continue
        weight = np.float64(organisations[i].weight)
        kind = organisations[i].kind
        sphere = organisations[i].sphere
        stages[kind, organisations[i].stage] += weight
        ever[kind] += weight * organisations[i].ever
        totals[sphere] += weight
        for s in range(3):
            openness[sphere, s] += weight * np.float64(organisations[i].openness[s])


@kernel
def enterprises(organisations, cells, establishments, kind, present, engaged):
    """Marks the enterprises of a kind that are present and those with an engaged establishment (E,).

    ``establishments`` are the rows of all that belong to an enterprise.
    """
    for i in establishments:
        if organisations[i].kind == kind and cells[organisations[i].cell].reported == 1:
            e = organisations[i].enterprise
            present[e] = 1
            if organisations[i].stage == 2:
                engaged[e] = 1


@kernel
def with_member_reported(organisations, cells, alliances, memberships, rows):
    """Number of these alliances that have a member on the place."""
    n = 0
    for row in rows:
        m = alliances[row].first
        while m != NOBODY:
            if cells[organisations[memberships[m].organisation].cell].reported == 1:
                n += 1
                break
            m = memberships[m].next_member
    return n


@kernel
def list_members(alliances, memberships, rows, starts, members):
    """Members of these alliances in the order in which they joined; fills starts (A + 1,) and members, returns their number.

    Members beyond the room of ``members`` are counted only.
    """
    n = 0
    for at in range(rows.shape[0]):
        starts[at] = n
        m = alliances[rows[at]].first
        while m != NOBODY:
            if n < members.shape[0]:
                members[n] = memberships[m].organisation
            n += 1
            m = memberships[m].next_member
    starts[rows.shape[0]] = n
    return n


@kernel
def share_of_newcomers(memberships, n_memberships, month, earliest):
    """Share of the memberships of the last twelve months whose organisation had none before; NaN without any.

    ``earliest`` (N,) int16 is filled with the month of each organisation's first membership.
    """
    earliest[:] = 32767
    recent = 0
    for m in range(n_memberships):
        i = memberships[m].organisation
        earliest[i] = min(earliest[i], memberships[m].joined)
        if memberships[m].joined > month - 12:
            recent += 1
    new = 0
    for m in range(n_memberships):
        if memberships[m].joined > month - 12 and earliest[memberships[m].organisation] > month - 12:
            new += 1
    if recent == 0:
        return math.nan
    return new / recent


@kernel
def openness_roots(organisations, cells, low, high, root, sphere):
    """What trust reads of organisations low..high - 1, in 13 bytes each instead of rows that stand anywhere.

    Writes root (N, 3) float32, the square root of openness, and sphere (N,) int8, -1 outside the place.
    """
    for i in range(low, high):
        # read first, write then: what is written might be what is read, as far as the compiler knows
        mine = organisations[i].sphere
        if cells[organisations[i].cell].reported == 0:
            mine = -1
        a = math.sqrt(organisations[i].openness[0])
        b = math.sqrt(organisations[i].openness[1])
        c = math.sqrt(organisations[i].openness[2])
        root[i, 0] = a
        root[i, 1] = b
        root[i, 2] = c
        sphere[i] = mine


@kernel
def tie_trust(organisations, ties, slots, root, sphere, low, high, fade, month, trust0, total, number):
    """Sums the trust of ties of organisations low..high - 1 by pair of spheres (3, 3), each tie once; writes total and number.

    ``root`` and ``sphere`` are those of :func:`openness_roots`.
    """
    total[:] = 0.0
    number[:] = 0.0
    for i in range(low, high):
        si = sphere[i]
        if si < 0:
            continue
        for slot in range(slots[i], slots[i] + organisations[i].ties):
            j = ties[slot].partner
            sj = sphere[j]
            if j > i or sj < 0:
                if sj < 0:
                    sj = organisations[j].sphere
                base = trust0 * np.float64(root[i, sj]) * np.float64(root[j, si])
                trust = faded(trust_in(ties, slot), ties[slot].last, base, month, fade)
                total[min(si, sj), max(si, sj)] += trust
                number[min(si, sj), max(si, sj)] += 1.0


@inline
def form_of(spheres):
    """Number of the form (catalogue.FORMS) of a set of spheres."""
    if spheres == 7:
        return 6
    if spheres == 3:
        return 0
    if spheres == 5:
        return 1
    if spheres == 6:
        return 2
    if spheres == 1:
        return 3
    if spheres == 2:
        return 4
    return 5


@kernel
def survey(
    organisations,
    cells,
    cell_x,
    cell_y,
    alliances,
    memberships,
    active,
    low,
    high,
    month,
    sums,
    depth,
    stage,
    origin,
    form,
):
    """Sums over active[low:high], alliances of the place (with a member in a reported cell).

    Writes depth (4,), stage (3,), origin (4,), form (7,) and sums (24,): 0 alliances, 1 members, 2 with three or more,
    3 with three spheres, 4 identified, 5 months of age, 6 younger than five years, 7 value, 8 value alone, 9 cost, 10 cost alone,
    11 Gini of benefits (sum), 12 alliances with benefits, 13 km between members (sum over pairs), 14 pairs, 15 pairs across the
    border, 16 sum of successes, 17 sum of draws, 18 value of innovation (depth 4), 19 accompanied,
    20 value of depth 3 and 4.
    """
    sums[:] = 0.0
    depth[:] = 0.0
    stage[:] = 0.0
    origin[:] = 0.0
    form[:] = 0.0
    for n in range(low, high):
        fetch_alliances(organisations, alliances, memberships, active, n)
        row = active[n]
        a = alliances[row]
        here = False
        m = a.first
        while m != NOBODY:
            if cells[organisations[memberships[m].organisation].cell].reported == 1:
                here = True
                break
            m = memberships[m].next_member
        if not here:
            continue
        sums[0] += 1.0
        sums[1] += a.members
        if a.members >= 3:
            sums[2] += 1.0
        depth[a.depth - 1] += 1.0
        stage[a.stage] += 1.0
        origin[a.origin] += 1.0
        form[form_of(a.spheres)] += 1.0
        if a.spheres == 7:
            sums[3] += 1.0
        if a.identified != NOBODY:
            sums[4] += 1.0
        age = month - a.start
        sums[5] += max(0, age)
        if age < 60:
            sums[6] += 1.0
        sums[7] += a.value
        sums[8] += np.float64(a.alone)
        sums[9] += a.cost
        sums[10] += np.float64(a.alone_cost)
        sums[16] += a.successes
        sums[17] += a.draws
        if a.depth == 4:
            sums[18] += a.value
        if a.depth >= 3:
            sums[20] += a.value
        sums[19] += a.accompanied
        total = 0.0
        gap = 0.0
        m = a.first
        while m != NOBODY:
            i = memberships[m].organisation
            c = organisations[i].cell
            total += memberships[m].benefit
            other = memberships[m].next_member
            while other != NOBODY:
                j = memberships[other].organisation
                d = organisations[j].cell
                dx = cell_x[c] - cell_x[d]
                dy = cell_y[c] - cell_y[d]
                sums[13] += math.sqrt(dx * dx + dy * dy)
                sums[14] += 1.0
                if cells[c].side != cells[d].side:
                    sums[15] += 1.0
                gap += abs(memberships[m].benefit - memberships[other].benefit)
                other = memberships[other].next_member
            m = memberships[m].next_member
        if total > 0.0:
            sums[11] += gap / (a.members * total)
            sums[12] += 1.0


@allocating
def component(organisations, cells, alliances, memberships, active, parent):
    """Largest set of organisations connected by active alliances (union by rows); returns (largest, with any alliance)."""
    for i in range(parent.shape[0]):
        parent[i] = i
    for row in active:
        m = alliances[row].first
        a = memberships[m].organisation
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        m = memberships[m].next_member
        while m != NOBODY:
            b = memberships[m].organisation
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            if a != b:
                if a < b:
                    parent[b] = a
                else:
                    parent[a] = b
                    a = b
            m = memberships[m].next_member
    size = np.zeros(parent.shape[0], dtype=np.int32)
    largest = 0
    engaged = 0
    for i in range(parent.shape[0]):
        if organisations[i].load == 0:
            continue
        engaged += 1
        a = i
        while parent[a] != a:
            a = parent[a]
        size[a] += 1
        if size[a] > largest:
            largest = size[a]
    return largest, engaged


@kernel
def exchange(members, seed, stream, month):
    """Shuffles the places of members (keyed): each organisation keeps its alliances, each alliance its size; the null."""
    base = stream_key(seed, stream, month)
    for x in range(members.shape[0] - 1, 0, -1):
        y = int(fold(base, x) % np.uint64(x + 1))
        swap = members[x]
        members[x] = members[y]
        members[y] = swap


@allocating
def shared_partners(members, starts, order, first):
    """Bipartite clustering: of pairs of alliances with a common member, the share that has two or more in common.

    Parameters
    ----------
    members : (X,) int64
        Members of alliance n are members[starts[n]:starts[n + 1]].
    order : (X,) int64
        Sorts ``members``; ``first`` (N,) int32 is overwritten.

    Returns
    -------
    float
        NaN where no two alliances share a member.
    """
    n = starts.shape[0] - 1
    of = np.zeros(members.shape[0], dtype=np.int64)
    for a in range(n):
        for x in range(starts[a], starts[a + 1]):
            of[x] = a
    mark = np.zeros(n, dtype=np.int64)
    for x in range(order.shape[0] - 1, -1, -1):
        first[members[order[x]]] = x
    once = 0
    more = 0
    for a in range(n):
        for x in range(starts[a], starts[a + 1]):
            y = first[members[x]]
            while y < order.shape[0] and members[order[y]] == members[x]:
                b = of[order[y]]
                if b > a:
                    mark[b] += 1
                    if mark[b] == 1:
                        once += 1
                    if mark[b] == 2:
                        more += 1
                y += 1
        for x in range(starts[a], starts[a + 1]):
            y = first[members[x]]
            while y < order.shape[0] and members[order[y]] == members[x]:
                mark[of[order[y]]] = 0
                y += 1
    if once == 0:
        return math.nan
    return more / once
