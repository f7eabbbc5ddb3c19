"""Loops of ``learn``: what a year's result does to trust, structuration and openness."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline, kernel
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.relations import find_tie, kept_trust, trust_in


@inline
def shift_trust(organisations, ties, slots, i, j, gain, loss):
    """Trust += gain * (1 - trust) - loss * trust for the tie of i and j, where they have one."""
    here = find_tie(organisations, ties, slots, i, j)
    if here < 0:
        return 0.0
    there = find_tie(organisations, ties, slots, j, i)
    before = trust_in(ties, here)
    after = before + gain * (1.0 - before) - loss * before
    ties[here].trust = kept_trust(after)
    ties[there].trust = kept_trust(after)
    return before - after


@kernel
def with_result(alliances, active, rows):
    """Active alliances whose year ended this month; fills rows (A,), returns their number."""
    n = 0
    for row in active:
        if alliances[row].result != 0:
            rows[n] = row
            n += 1
    return n


@kernel
def learn_from_results(organisations, ties, slots, alliances, memberships, rows, rules, learning):
    """Success raises trust, structuration and openness of members; failure lowers trust and openness.

    ``rows`` are those of :func:`with_result` in their keyed order.
    ``learning`` is the share of missing structuration that a success teaches (higher under evaluation).

    Returns
    -------
    int
        Digest. Writes organisations and ties.
    """
    p = rules[0]
    digest = 0
    for row in rows:
        result = alliances[row].result
        m = alliances[row].first
        while m != NOBODY:
            i = memberships[m].organisation
            si = organisations[i].sphere
            if result == 1:
                s = np.float64(organisations[i].structuration)
                organisations[i].structuration = s + learning * (1.0 - s)
            other = memberships[m].next_member
            while other != NOBODY:
                j = memberships[other].organisation
                sj = organisations[j].sphere
                if result == 1:
                    shift_trust(organisations, ties, slots, i, j, p.eta_plus, 0.0)
                else:
                    shift_trust(organisations, ties, slots, i, j, 0.0, p.eta_minus)
                if si != sj:
                    a = np.float64(organisations[i].openness[sj])
                    b = np.float64(organisations[j].openness[si])
                    if result == 1:
                        organisations[i].openness[sj] = a + p.contact_gain * (1.0 - a)
                        organisations[j].openness[si] = b + p.contact_gain * (1.0 - b)
                    else:
                        organisations[i].openness[sj] = a - p.contact_gain * a
                        organisations[j].openness[si] = b - p.contact_gain * b
                other = memberships[other].next_member
            digest += int(np.float64(organisations[i].structuration) * 1048576.0) + int(
                organisations[i].key & np.uint64(0xFFFF)
            )
            m = memberships[m].next_member
    return digest
