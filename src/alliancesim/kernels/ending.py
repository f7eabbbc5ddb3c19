"""Loops of ``renew_or_exit`` and ``identify``: which alliances end, go on, take in a member, become known."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline, kernel
from alliancesim.kernels.founding import end_alliance, join
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import exp, logistic, power
from alliancesim.kernels.proposal import load_cost, own_salience
from alliancesim.kernels.relations import base_trust, belief_term, count_bits, deepest, fit, pair_trust

HAZARD, TERM = 1, 2


@inline
def mean_trusts(organisations, ties, slots, alliances, memberships, row, month, fade, trust0):
    """Mean trust and mean base trust over all pairs of members."""
    total = 0.0
    base = 0.0
    n = 0
    m = alliances[row].first
    while m != NOBODY:
        i = memberships[m].organisation
        other = memberships[m].next_member
        while other != NOBODY:
            j = memberships[other].organisation
            total += pair_trust(organisations, ties, slots, i, j, month, fade, trust0)
            base += base_trust(organisations, i, j, trust0)
            n += 1
            other = memberships[other].next_member
        m = memberships[m].next_member
    return total / n, base / n


@inline
def trust_to_members(organisations, ties, slots, alliances, memberships, row, i, month, fade, trust0):
    """Mean trust of organisation i to the (other) members of an alliance."""
    total = 0.0
    n = 0
    m = alliances[row].first
    while m != NOBODY:
        j = memberships[m].organisation
        if j != i:
            total += pair_trust(organisations, ties, slots, i, j, month, fade, trust0)
            n += 1
        m = memberships[m].next_member
    return total / n


@inline
def expectation(
    organisations, salience, objectives, benefits, perimeter_need, alliances, row, i, trust, covered, depth, rules
):
    """E_i(depth) of the alliance's project with a given trust and number of covered capabilities."""
    p = rules[0]
    a = alliances[row]
    required = count_bits(a.required)
    belief = belief_term(
        np.float64(organisations[i].successes), np.float64(organisations[i].failures), p.risk_aversion, p.belief
    )
    weight = own_salience(salience, i, a.domain)
    gain = trust * power(p.p_miss, np.float64(required - covered)) * weight * a.value
    return (
        gain * fit(organisations, objectives, benefits, i, depth, rules) * belief
        - load_cost(organisations, i, p.coordination_cost) * depth
    )


@inline
def choose_depth(
    organisations,
    salience,
    objectives,
    benefits,
    ties,
    slots,
    perimeter_need,
    alliances,
    memberships,
    row,
    mean_trust,
    month,
    fade,
    rules,
):
    """Depth of the largest joint E among those that the members' mean trust and capabilities allow."""
    p = rules[0]
    union = 0
    each = True
    m = alliances[row].first
    while m != NOBODY:
        own = organisations[memberships[m].organisation].capabilities
        union = union | own
        if own & alliances[row].required == 0:
            each = False
        m = memberships[m].next_member
    covered = count_bits(alliances[row].covered)
    deep = deepest(covered, each, count_bits(alliances[row].required), union)
    best = 1
    most = 0.0
    for y in range(1, deep + 1):
        if y > 1 and mean_trust < p.tau_base + (y - 1) * p.tau_step:
            break
        joint = 0.0
        m = alliances[row].first
        while m != NOBODY:
            i = memberships[m].organisation
            trust = trust_to_members(organisations, ties, slots, alliances, memberships, row, i, month, fade, p.trust0)
            joint += expectation(
                organisations,
                salience,
                objectives,
                benefits,
                perimeter_need,
                alliances,
                row,
                i,
                trust,
                covered,
                y,
                rules,
            )
            m = memberships[m].next_member
        if y == 1 or joint > most:
            best = y
            most = joint
    return best


@inline
def is_member(alliances, memberships, row, i):
    """Whether organisation i is a member of an alliance."""
    m = alliances[row].first
    while m != NOBODY:
        if memberships[m].organisation == i:
            return True
        m = memberships[m].next_member
    return False


@inline
def best_recruit(organisations, ties, slots, alliances, memberships, row, cash_gap, time_gap, month, fade, trust0):
    """Who covers most of what is missing, among those with free load and a tie with a member; -1 if nobody covers any."""
    best = -1
    most = 0.0
    closest = 0.0
    missing = alliances[row].required & ~alliances[row].covered
    m = alliances[row].first
    while m != NOBODY:
        i = memberships[m].organisation
        for slot in range(slots[i], slots[i] + organisations[i].ties):
            j = ties[slot].partner
            if organisations[j].stage == 0 or organisations[j].load >= organisations[j].cap or j == best:
                continue
            if is_member(alliances, memberships, row, j):
                continue
            filled = 0.0
            gaps = 0
            if cash_gap > 0.0:
                filled += min(1.0, organisations[j].cash / cash_gap)
                gaps += 1
            if time_gap > 0.0:
                filled += min(1.0, organisations[j].time / time_gap)
                gaps += 1
            score = np.float64(count_bits(missing & organisations[j].capabilities))
            if gaps > 0:
                score += filled / gaps
            if score <= 0.0 or score < most:
                continue
            trust = trust_to_members(organisations, ties, slots, alliances, memberships, row, j, month, fade, trust0)
            if (
                best < 0
                or score > most
                or trust > closest
                or (trust == closest and organisations[j].key < organisations[best].key)
            ):
                best = j
                most = score
                closest = trust
        m = memberships[m].next_member
    return best


@inline
def take_in(organisations, ties, slots, alliances, memberships, n_memberships, row, j, month, fade, rules):
    """Organisation j joins and pays into this year's pool; the premium of what it covers falls away (and is returned)."""
    p = rules[0]
    join(organisations, ties, slots, alliances, memberships, n_memberships, row, j, month, fade, rules)
    a = alliances[row]
    required = count_bits(a.required)
    wanted = a.cost * (1.0 + p.premium * (required - count_bits(a.covered)) / required)
    over = a.pool_cash + a.outside - wanted
    if over > 0.0 and a.pool_cash > 0.0:
        share = min(1.0, over / a.pool_cash)
        returned = 0.0
        m = a.first
        while m != NOBODY:
            back = memberships[m].cash * share
            memberships[m].cash -= back
            organisations[memberships[m].organisation].cash += back
            returned += back
            m = memberships[m].next_member
        a.pool_cash -= returned
        a.spent_cash -= returned
    cash = min(organisations[j].cash, max(0.0, wanted - a.outside - a.pool_cash))
    time = min(organisations[j].time, max(0.0, a.effort - a.pool_time))
    memberships[n_memberships].cash = cash
    memberships[n_memberships].time = time
    organisations[j].cash -= cash
    organisations[j].time -= time
    a.pool_cash += cash
    a.pool_time += time
    a.spent_cash += cash
    a.spent_time += time
    paid = 1.0
    if wanted > 0.0:
        paid = min(paid, (a.pool_cash + a.outside) / wanted)
    if a.effort > 0.0:
        paid = min(paid, a.pool_time / a.effort)
    if paid > 1.0 - 1e-9:
        paid = 1.0
    a.paid = paid


@inline
def month_of_life(alliances, row, month):
    """Months since the launch; 0 before it."""
    if alliances[row].launch == NOBODY:
        return 0
    return month - alliances[row].launch


@kernel
def reviews_due(alliances, active, rules, streams, seed, month, due):
    """Active alliances that may end, are at their term, or may take in a member; fills due (A,), returns their number.

    The hazard is hazard0 * exp(-quality), so who draws more than hazard0 goes on whatever its quality is: trust between its
    members is not looked up.
    """
    p = rules[0]
    k_exit = stream_key(seed, streams[0], month)
    most = p.hazard0 * max(1.0, p.accompany_hazard) * (1.0 + 1e-9)
    n = 0
    for row in active:
        if alliances[row].start > month:
            continue
        age = month_of_life(alliances, row, month)
        if (age > 0 and (age % 12 == 0 or age % int(p.term) == 0)) or uniform(fold(k_exit, alliances[row].key)) < most:
            due[n] = row
            n += 1
    return n


@kernel
def end_or_go_on(
    organisations,
    salience,
    objectives,
    benefits,
    ties,
    slots,
    perimeter_need,
    alliances,
    memberships,
    n_memberships,
    due,
    fade,
    rules,
    streams,
    seed,
    month,
):
    """Hazard, renewal at each term, recruitment at anniversaries, alliance by alliance.

    ``due`` are those of :func:`reviews_due`, in the order of keyed priority; nothing can happen to the others.

    Returns
    -------
    tuple of int
        Rows of memberships in use, alliances ended, recruits, digest.
    """
    p = rules[0]
    k_exit = stream_key(seed, streams[0], month)
    k_renew = stream_key(seed, streams[1], month)
    k_seek = stream_key(seed, streams[2], month)
    k_join = stream_key(seed, streams[3], month)
    ended = 0
    recruits = 0
    digest = 0
    for row in due:
        key = alliances[row].key
        mean_trust, mean_base = mean_trusts(
            organisations, ties, slots, alliances, memberships, row, month, fade, p.trust0
        )
        rate = 0.5
        if alliances[row].draws > 0:
            rate = alliances[row].successes / alliances[row].draws
        hazard = p.hazard0 * exp(-(rate + mean_trust))
        if alliances[row].accompanied == 1:
            hazard = hazard * p.accompany_hazard
        cause = 0
        if uniform(fold(k_exit, key)) < hazard:
            cause = HAZARD
        age = month_of_life(alliances, row, month)
        if cause == 0 and age > 0 and age % int(p.term) == 0:
            need = perimeter_need[alliances[row].perimeter, alliances[row].domain]
            score = (rate - 0.5) + 0.5 * (need - 1.0) + (mean_trust - mean_base)
            if uniform(fold(k_renew, key)) >= logistic(score / p.renewal_noise):
                cause = TERM
            else:
                alliances[row].depth = choose_depth(
                    organisations,
                    salience,
                    objectives,
                    benefits,
                    ties,
                    slots,
                    perimeter_need,
                    alliances,
                    memberships,
                    row,
                    mean_trust,
                    month,
                    fade,
                    rules,
                )
        if cause != 0:
            end_alliance(organisations, ties, slots, alliances, memberships, row, cause, month)
            ended += 1
            digest += int(key & np.uint64(0xFFFFFFFF)) * cause
            continue
        if age > 0 and age % 12 == 0:
            required = count_bits(alliances[row].required)
            missing = required - count_bits(alliances[row].covered)
            wanted = alliances[row].cost * (1.0 + p.premium * missing / required)
            cash_gap = wanted - alliances[row].pool_cash - alliances[row].outside
            time_gap = alliances[row].effort - alliances[row].pool_time
            if alliances[row].paid >= 1.0:
                cash_gap = 0.0
                time_gap = 0.0
            if cash_gap <= 1e-9 * wanted:
                cash_gap = 0.0
            if time_gap <= 1e-9 * alliances[row].effort:
                time_gap = 0.0
            if missing == 0 and cash_gap == 0.0 and time_gap == 0.0:
                continue
            if uniform(fold(k_seek, key)) >= p.recruit:
                continue
            j = best_recruit(
                organisations, ties, slots, alliances, memberships, row, cash_gap, time_gap, month, fade, p.trust0
            )
            if j < 0:
                continue
            trust = trust_to_members(organisations, ties, slots, alliances, memberships, row, j, month, fade, p.trust0)
            covered = count_bits(alliances[row].covered | (alliances[row].required & organisations[j].capabilities))
            e = expectation(
                organisations,
                salience,
                objectives,
                benefits,
                perimeter_need,
                alliances,
                row,
                j,
                trust,
                covered,
                alliances[row].depth,
                rules,
            )
            if uniform(fold(fold(k_join, key), organisations[j].key)) < logistic((e - p.theta) / p.temperature):
                take_in(organisations, ties, slots, alliances, memberships, n_memberships, row, j, month, fade, rules)
                n_memberships += 1
                recruits += 1
                digest += int((key ^ organisations[j].key) & np.uint64(0xFFFFFFFF))
    return n_memberships, ended, recruits, digest


@kernel
def become_known(alliances, active, rules, stream, seed, month):
    """An alliance becomes known with probability p_identify a month; returns a digest."""
    p = rules[0]
    base = stream_key(seed, stream, month)
    digest = 0
    for row in active:
        if alliances[row].identified == NOBODY and uniform(fold(base, alliances[row].key)) < p.p_identify:
            alliances[row].identified = month
            digest += int(alliances[row].key & np.uint64(0xFFFFFFFF))
    return digest
