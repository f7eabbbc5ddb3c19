"""What two organisations are to each other: base trust, ties, alliances, expectations.

``fade[n]`` is (1 - tie_decay) ** n: trust of a tie that was not used for n months. A tie is stored with both its
organisations; ``slots[i]`` to ``slots[i + 1] - 1`` are those of organisation i, of which the first ``ties`` are used.
"""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import helper, inline
from alliancesim.kernels.extensions.patience import horizon
from alliancesim.kernels.keyed import fold
from alliancesim.kernels.layout import IN_USE, NOBODY


@inline
def base_trust(organisations, i, j, trust0):
    """trust0 * sqrt(openness of i toward j's sphere * openness of j toward i's)."""
    a = np.float64(organisations[i].openness[organisations[j].sphere])
    b = np.float64(organisations[j].openness[organisations[i].sphere])
    return trust0 * math.sqrt(a * b)


@helper
def trust_in(ties, slot):
    """Trust that a tie holds."""
    return ties[slot].trust / 65535.0


@helper
def kept_trust(trust):
    """Trust as a tie holds it: in 65,535ths, rounded up, so that trust that met a threshold meets it still."""
    return np.uint16(math.ceil(trust * 65535.0 - 1e-6))


@inline
def find_tie(organisations, ties, slots, i, j):
    """Slot of j among the ties of i, or -1."""
    start = slots[i]
    for slot in range(start, start + organisations[i].ties):
        if ties[slot].partner == j:
            return slot
    return -1


@inline
def faded(trust, last, base, month, fade):
    """Trust of a tie now: unused trust moves toward the base trust of the pair."""
    if last == IN_USE or last >= month:
        return trust
    return base + (trust - base) * fade[month - last]


@inline
def pair_trust(organisations, ties, slots, i, j, month, fade, trust0):
    """Trust of i and j now; base trust where they have no tie."""
    base = base_trust(organisations, i, j, trust0)
    slot = find_tie(organisations, ties, slots, i, j)
    if slot < 0:
        return base
    return faded(trust_in(ties, slot), ties[slot].last, base, month, fade)


@inline
def drop_tie(organisations, ties, slots, i, j):
    """Remove j from the ties of i (the last one takes its slot)."""
    slot = find_tie(organisations, ties, slots, i, j)
    if slot >= 0:
        end = slots[i] + organisations[i].ties - 1
        ties[slot].partner = ties[end].partner
        ties[slot].trust = ties[end].trust
        ties[slot].last = ties[end].last
        organisations[i].ties -= 1


@inline
def make_room(organisations, ties, slots, i, month, fade, trust0):
    """Whether i has a slot for one more tie; forgets the weakest one that no alliance uses where it has none.

    Trust is compared in the steps in which it is stored; between equals a lot decides.
    """
    if organisations[i].ties < slots[i + 1] - slots[i]:
        return True
    weakest = -1
    least = kept_trust(0.0)
    key = organisations[i].key
    for slot in range(slots[i], slots[i + 1]):
        if ties[slot].last != IN_USE:
            k = ties[slot].partner
            trust = faded(trust_in(ties, slot), ties[slot].last, base_trust(organisations, i, k, trust0), month, fade)
            level = kept_trust(trust)
            if weakest >= 0 and level == least:
                if fold(key, organisations[k].key) < fold(key, organisations[ties[weakest].partner].key):
                    weakest = slot
            elif weakest < 0 or level < least:
                weakest = slot
                least = level
    if weakest < 0:
        return False
    k = ties[weakest].partner
    drop_tie(organisations, ties, slots, i, k)
    drop_tie(organisations, ties, slots, k, i)
    return organisations[i].key == key


@inline
def set_tie(organisations, ties, slots, i, j, trust, last, month, fade, trust0):
    """Store the tie of i and j with both; returns whether there was room for it."""
    here = find_tie(organisations, ties, slots, i, j)
    if here >= 0:
        there = find_tie(organisations, ties, slots, j, i)
        ties[here].trust = kept_trust(trust)
        ties[here].last = last
        ties[there].trust = kept_trust(trust)
        ties[there].last = last
        return True
    if not make_room(organisations, ties, slots, i, month, fade, trust0):
        return False
    if not make_room(organisations, ties, slots, j, month, fade, trust0):
        return False
    here = slots[i] + organisations[i].ties
    ties[here].partner = j
    ties[here].trust = kept_trust(trust)
    ties[here].last = last
    organisations[i].ties += 1
    there = slots[j] + organisations[j].ties
    ties[there].partner = i
    ties[there].trust = kept_trust(trust)
    ties[there].last = last
    organisations[j].ties += 1
    return True


@inline
def allied(organisations, alliances, memberships, i, j):
    """Whether i and j are members of one active alliance, whatever its size."""
    if organisations[i].load > organisations[j].load:
        i, j = j, i
    m = organisations[i].first
    while m != NOBODY:
        other = alliances[memberships[m].alliance].first
        while other != NOBODY:
            if memberships[other].organisation == j:
                return True
            other = memberships[other].next_member
        m = memberships[m].next_alliance
    return False


@inline
def count_bits(bits):
    """Number of capabilities in a set."""
    n = 0
    for b in range(8):
        if (bits >> b) & 1:
            n += 1
    return n


@inline
def prospect(successes, failures, risk_aversion):
    """Mean - risk_aversion * sd of Beta(1 + successes, 1 + failures), at least 0."""
    a = 1.0 + successes
    b = 1.0 + failures
    n = a + b
    value = a / n - risk_aversion * math.sqrt(a * b / (n * n * (n + 1.0)))
    if value < 0.0:
        return 0.0
    return value


@inline
def belief_term(successes, failures, risk_aversion, on):
    """How far what was heard of success scales expectations, relative to an organisation that heard nothing."""
    if on == 0.0:
        return 1.0
    return prospect(successes, failures, risk_aversion) / prospect(0.0, 0.0, risk_aversion)


@inline
def fit(organisations, objectives, benefits, i, depth, rules):
    """D_i(depth) = 4 * sum of objective weight * what the depth brings; the row sum where objectives are off.

    Weighed by the horizon of its sphere (extension patience).
    """
    total = 0.0
    for o in range(4):
        if rules[0].objectives == 0.0:
            total += benefits[depth - 1, o]
        else:
            total += 4.0 * np.float64(objectives[i, o]) * benefits[depth - 1, o]
    return total * horizon(rules, organisations[i].sphere, depth)


@inline
def deepest(shared, any_each_brings, required, coverage_bits):
    """Deepest form that the capabilities allow (1-4).

    ``shared`` is the number of required capabilities covered, ``required`` their number, ``any_each_brings`` whether every
    member brings one, ``coverage_bits`` the union of all members' capabilities.
    """
    if 2 * shared < required:
        return 1
    if shared < required or not any_each_brings:
        return 2
    if (coverage_bits >> 5) & 1 and (coverage_bits >> 1) & 1:
        return 4
    return 3
