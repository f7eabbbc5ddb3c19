"""Loops of ``meet``: who meets whom, and what a meeting leaves."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, kernel
from alliancesim.kernels.extensions.closure import partner_of_partner
from alliancesim.kernels.keyed import fold, pair_key, stream_key, uniform
from alliancesim.kernels.layout import IN_USE
from alliancesim.kernels.numeric import poisson
from alliancesim.kernels.points import points
from alliancesim.kernels.prefetch import AHEAD, fetch, fetch_organisation, fetch_partners, fetch_ties
from alliancesim.kernels.relations import base_trust, faded, find_tie, set_tie, trust_in
from alliancesim.kernels.space import draw_partner, first_above_near


@allocating
def turns(cells, organisation_mass, low, high, stream, seed, month, rows, keys):
    """Whose turn it is to look for a meeting in cells low..high - 1: Poisson(m) times each, m in proportion to size.

    The line of a cell is its organisations, each as long as its size (times the number it stands for).

    Parameters
    ----------
    rows, keys : (X,) int32, (X,) uint64
        Filled as far as there is room: organisations, willing or not; the key of each turn.

    Returns
    -------
    int
        Turns found; where larger than X, the call is repeated with more room.
    """
    base = stream_key(seed, stream, month)
    found = 0
    for c in range(low, high):
        if cells[c].high <= cells[c].low:
            continue
        length = organisation_mass[cells[c].high - 1]
        for at, _, point in points(fold(base, cells[c].key), length, cells[c].meetings):
            if found < rows.shape[0]:
                rows[found] = first_above_near(organisation_mass, cells[c].low, cells[c].high, at)
                keys[found] = point
            found += 1
    return found


@kernel
def seek(
    organisations,
    turn,
    keys,
    cells,
    squares,
    blocks,
    part_of_block,
    part_mass,
    organisation_mass,
    boxes,
    cumulated,
    guide,
    institutional,
    alliances,
    memberships,
    rules,
    streams,
    seed,
    month,
    met,
):
    """Meetings that willing and engaged organisations find at their turns.

    Parameters
    ----------
    turn, keys : (X,) int32, (X,) uint64
        Of :func:`turns`.
    institutional : (kinds,) bool
        Kinds on the side of institutions (collectivities, ETI, GE, large associations).
    met : (X, 2) int32
        Filled with pairs.

    Returns
    -------
    int
        Meetings found.
    """
    p = rules[0]
    k_border = stream_key(seed, streams[0], month)
    k_distance = stream_key(seed, streams[1], month)
    found = 0
    last = turn.shape[0] - 1
    for n in range(turn.shape[0]):
        fetch(organisations["stage"], turn[min(n + AHEAD, last)])
        i = turn[n]
        if organisations[i].stage == 0:
            continue
        if organisations[i].weight > 1.0 and uniform(fold(keys[n], 3)) * organisations[i].weight >= 1.0:
            continue
        c = organisations[i].cell
        j = -1
        if p.closure_q > 0.0:
            j = partner_of_partner(organisations, alliances, memberships, i, p.closure_q, fold(keys[n], 1))
        if j < 0:
            j = draw_partner(
                i,
                c,
                cells,
                squares,
                blocks,
                part_of_block,
                part_mass,
                organisation_mass,
                boxes,
                cumulated,
                guide,
                p.d0,
                fold(keys[n], 2),
            )
        if j < 0:
            continue
        d = organisations[j].cell
        if cells[c].side != cells[d].side:
            if uniform(pair_key(k_border, organisations[i].key, organisations[j].key)) >= p.beta:
                continue
        if institutional[organisations[i].kind] != institutional[organisations[j].kind]:
            passes = cells[d].zeta
            if institutional[organisations[j].kind]:
                passes = cells[c].zeta
            if uniform(pair_key(k_distance, organisations[i].key, organisations[j].key)) >= passes:
                continue
        met[found, 0] = i
        met[found, 1] = j
        found += 1
    return found


@kernel
def introduce(
    organisations,
    mediators,
    cells,
    squares,
    blocks,
    part_of_block,
    part_mass,
    organisation_mass,
    boxes,
    cumulated,
    guide,
    rules,
    stream,
    seed,
    month,
    met,
):
    """Pairs that local mediators introduce: one from the mediator's cell part, the other by distance.

    Returns the number found (see :func:`seek`); fills met (X, 2).
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    found = 0
    for mediator in mediators:
        key = fold(base, organisations[mediator].key)
        c = organisations[mediator].cell
        number = poisson(p.mediated_meetings, fold(key, 0))
        for n in range(number):
            k = fold(fold(key, 1), n)
            low, high = cells[c].low, cells[c].high
            i = low + int((high - low) * uniform(fold(k, 0)))
            if high - low < 1:
                continue
            j = draw_partner(
                i,
                c,
                cells,
                squares,
                blocks,
                part_of_block,
                part_mass,
                organisation_mass,
                boxes,
                cumulated,
                guide,
                p.d0,
                fold(k, 1),
            )
            if j < 0:
                continue
            if cells[organisations[i].cell].side != cells[organisations[j].cell].side:
                if uniform(pair_key(key, organisations[i].key, organisations[j].key)) >= p.beta:
                    continue
            if found < met.shape[0]:
                met[found, 0] = i
                met[found, 1] = j
            found += 1
    return found


@kernel
def priorities(organisations, pairs, seed, stream, month, result):
    """Writes result[n]: keyed priority of each pair (uint64)."""
    base = stream_key(seed, stream, month)
    for n in range(pairs.shape[0]):
        result[n] = pair_key(base, organisations[pairs[n].a].key, organisations[pairs[n].b].key)


@kernel
def settle(organisations, ties, slots, meetings, order, pending, fade, rules, month):
    """What meetings leave, one after the other in the order of their keyed priority.

    A meeting raises mutual openness by contact_gain * (1 - openness), lifts the tie to at least the base trust (or the
    mediator's), and counts as an exposure for a naive organisation.

    Returns
    -------
    int
        Digest. Writes organisations, ties, pending.
    """
    p = rules[0]
    digest = 0
    last_one = order.shape[0] - 1
    for n in range(order.shape[0]):
        ahead = meetings[order[min(n + AHEAD, last_one)]]
        fetch_organisation(organisations, slots, ahead.a)
        fetch_organisation(organisations, slots, ahead.b)
        ahead = meetings[order[min(n + AHEAD // 3, last_one)]]
        fetch_partners(organisations, ties, slots, ahead.a)
        fetch_partners(organisations, ties, slots, ahead.b)
        ahead = meetings[order[min(n + 2 * AHEAD // 3, last_one)]]
        fetch_ties(organisations, ties, slots, ahead.a)
        fetch_ties(organisations, ties, slots, ahead.b)
        at = order[n]
        i = meetings[at].a
        j = meetings[at].b
        si = organisations[i].sphere
        sj = organisations[j].sphere
        if si != sj:
            o = np.float64(organisations[i].openness[sj])
            organisations[i].openness[sj] = o + p.contact_gain * (1.0 - o)
            o = np.float64(organisations[j].openness[si])
            organisations[j].openness[si] = o + p.contact_gain * (1.0 - o)
        if organisations[i].stage == 0 and pending[i] < 255:
            pending[i] += 1
        if organisations[j].stage == 0 and pending[j] < 255:
            pending[j] += 1
        base = base_trust(organisations, i, j, p.trust0)
        slot = find_tie(organisations, ties, slots, i, j)
        trust = max(base, np.float64(meetings[at].trust))
        last = month
        if slot >= 0:
            trust = max(trust, faded(trust_in(ties, slot), ties[slot].last, base, month, fade))
            if ties[slot].last == IN_USE:
                last = IN_USE
        set_tie(organisations, ties, slots, i, j, trust, last, month, fade, p.trust0)
        digest += int((organisations[i].key ^ organisations[j].key) & 0xFFFFFFFFFFFF) + int(trust * 1048576.0)
    return digest


@kernel
def unique_pairs(meetings, priority, order):
    """Number of distinct pairs; moves the first meeting of each pair to the front of ``order``.

    ``order`` sorts by priority, so that meetings of one pair are neighbours; the one of the strongest origin stays (an event
    before an encounter).
    """
    n = 0
    for at in range(order.shape[0]):
        here = order[at]
        if n > 0 and priority[order[n - 1]] == priority[here]:
            kept = order[n - 1]
            if meetings[here].origin > meetings[kept].origin:
                meetings[here].trust = max(np.float64(meetings[here].trust), np.float64(meetings[kept].trust))
                order[n - 1] = here
            else:
                meetings[kept].trust = max(np.float64(meetings[here].trust), np.float64(meetings[kept].trust))
            continue
        order[n] = here
        n += 1
    return n
