"""Loops of ``propose``: what a pair that met weighs, and which proposals become alliances."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, inline, kernel
from alliancesim.kernels.extensions.funding_mode import lead_chance
from alliancesim.kernels.extensions.replication import known_to, within
from alliancesim.kernels.founding import blank, compare_alone, describe, join
from alliancesim.kernels.keyed import fold, pair_key, stream_key, uniform
from alliancesim.kernels.numeric import logistic, power
from alliancesim.kernels.relations import allied, belief_term, count_bits, deepest, fit, pair_trust

REFUSED = -1


@inline
def own_salience(salience, i, domain):
    """K * salience of a domain for organisation i: 1 on average over domains."""
    return salience.shape[1] * np.float64(salience[i, domain])


@inline
def load_cost(organisations, i, coordination_cost):
    """Coordination cost of one depth at the load that i carries."""
    return coordination_cost * (1.0 + organisations[i].load / organisations[i].cap)


@allocating
def weigh(
    organisations,
    salience,
    objectives,
    benefits,
    initiative,
    knows,
    ties,
    slots,
    cells,
    perimeter_need,
    ideas,
    alliances,
    memberships,
    meetings,
    order,
    low,
    high,
    fade,
    rules,
    streams,
    seed,
    month,
    choice,
):
    """What the pairs order[low:high] weigh and decide.

    The first proposer's best idea by its own E (at the scale of their pooled slack) is weighed at each depth that their trust
    and capabilities allow; they take the depth with the largest joint E; both accept with logistic((E - theta) / T).

    Parameters
    ----------
    benefits : (4, 4) float64
        B[depth - 1, objective].
    initiative : (N,) float32
        Of each organisation; read by the extension funding_mode alone.
    knows : (N,) uint64
        Solutions from elsewhere that each organisation knows; read where libraries have further places (extension replication).
    choice : (X, 4) int32
        Filled with (leader or REFUSED, partner, idea, depth) for each meeting of ``order``.
    """
    p = rules[0]
    k_first = stream_key(seed, streams[0], month)
    k_accept = stream_key(seed, streams[1], month)
    fits = np.zeros((2, 5))
    for at in range(low, high):
        choice[at, 0] = REFUSED
        a = meetings[order[at]].a
        b = meetings[order[at]].b
        if organisations[a].sphere == organisations[b].sphere:
            continue
        if organisations[a].stage == 0 or organisations[b].stage == 0:
            continue
        if organisations[a].load >= organisations[a].cap or organisations[b].load >= organisations[b].cap:
            continue
        if allied(organisations, alliances, memberships, a, b):
            continue
        lot = uniform(pair_key(k_first, organisations[a].key, organisations[b].key))
        i, j = a, b
        if organisations[j].sphere == 0:
            i, j = j, i
        if organisations[i].sphere == 0:
            if lot >= lead_chance(initiative, i, rules):
                i, j = j, i
        else:
            if organisations[j].key < organisations[i].key:
                i, j = j, i
            if lot >= 0.5:
                i, j = j, i
        trust = pair_trust(organisations, ties, slots, i, j, month, fade, p.trust0)
        r = cells[organisations[i].cell].perimeter
        cash = organisations[i].cash + organisations[j].cash
        time = organisations[i].time + organisations[j].time
        both = organisations[i].capabilities | organisations[j].capabilities
        belief_i = belief_term(
            np.float64(organisations[i].successes), np.float64(organisations[i].failures), p.risk_aversion, p.belief
        )
        belief_j = belief_term(
            np.float64(organisations[j].successes), np.float64(organisations[j].failures), p.risk_aversion, p.belief
        )
        burden_i = load_cost(organisations, i, p.coordination_cost)
        burden_j = load_cost(organisations, j, p.coordination_cost)
        known = known_to(organisations, cells, knows, i, j)
        for y in range(1, 5):
            fits[0, y] = fit(organisations, objectives, benefits, i, y, rules)
            fits[1, y] = fit(organisations, objectives, benefits, j, y, rules)
        best_idea = -1
        best = 0.0
        best_deep = 0
        best_scaled = 0.0
        for m in range(ideas.shape[1]):
            if ideas[r, m].cost <= 0.0 or not within(known, m, rules):
                continue
            scale = min(1.0, min(cash / ideas[r, m].cost, time / ideas[r, m].effort))
            if scale <= 0.0:
                continue
            required = count_bits(ideas[r, m].capabilities)
            shared = count_bits(ideas[r, m].capabilities & both)
            each = (ideas[r, m].capabilities & organisations[i].capabilities) != 0 and (
                ideas[r, m].capabilities & organisations[j].capabilities
            ) != 0
            deep = deepest(shared, each, required, both)
            scaled = (
                trust * power(p.p_miss, np.float64(required - shared)) * (ideas[r, m].value * power(scale, p.gamma))
            )
            weight = own_salience(salience, i, ideas[r, m].domain)
            for y in range(1, deep + 1):
                if trust < p.tau_base + (y - 1) * p.tau_step:
                    break
                e = scaled * weight * fits[0, y] * belief_i - burden_i * y
                if best_idea < 0 or e > best:
                    best_idea = m
                    best = e
                    best_deep = deep
                    best_scaled = scaled
        if best_idea < 0:
            continue
        domain = ideas[r, best_idea].domain
        weight_i = own_salience(salience, i, domain)
        weight_j = own_salience(salience, j, domain)
        depth = 0
        joint = 0.0
        e_i = 0.0
        e_j = 0.0
        for y in range(1, best_deep + 1):
            if trust < p.tau_base + (y - 1) * p.tau_step:
                break
            x_i = best_scaled * weight_i * fits[0, y] * belief_i - burden_i * y
            x_j = best_scaled * weight_j * fits[1, y] * belief_j - burden_j * y
            if depth == 0 or x_i + x_j > joint:
                depth = y
                joint = x_i + x_j
                e_i = x_i
                e_j = x_j
        pair = pair_key(k_accept, organisations[i].key, organisations[j].key)
        if uniform(fold(pair, organisations[i].key)) >= logistic((e_i - p.theta) / p.temperature):
            continue
        if uniform(fold(pair, organisations[j].key)) >= logistic((e_j - p.theta) / p.temperature):
            continue
        choice[at, 0] = i
        choice[at, 1] = j
        choice[at, 2] = best_idea
        choice[at, 3] = depth


@kernel
def found_pairs(
    organisations,
    ties,
    slots,
    cells,
    ideas,
    alliances,
    memberships,
    n_alliances,
    n_memberships,
    meetings,
    order,
    choice,
    taken,
    fade,
    rules,
    streams,
    seed,
    month,
):
    """Accepted proposals become alliances in the order of their keyed priority, one an organisation and month.

    Parameters
    ----------
    taken : (N,) int16
        Month of each organisation's latest new alliance.

    Returns
    -------
    tuple of int
        Rows of alliances and memberships in use, digest.
    """
    p = rules[0]
    k_alliance = stream_key(seed, streams[2], month)
    digest = 0
    for at in range(order.shape[0]):
        i = choice[at, 0]
        if i == REFUSED:
            continue
        j = choice[at, 1]
        if taken[i] == month or taken[j] == month:
            continue
        taken[i] = month
        taken[j] = month
        idea = choice[at, 2]
        r = cells[organisations[i].cell].perimeter
        cash = organisations[i].cash + organisations[j].cash
        time = organisations[i].time + organisations[j].time
        scale = min(1.0, min(cash / ideas[r, idea].cost, time / ideas[r, idea].effort))
        row = n_alliances
        key = fold(fold(k_alliance, organisations[i].key), organisations[j].key)
        blank(alliances, row, key, month)
        describe(
            alliances,
            row,
            i,
            idea,
            ideas[r],
            r,
            scale,
            choice[at, 3],
            meetings[order[at]].origin,
            meetings[order[at]].animator,
            p.gamma,
        )
        join(organisations, ties, slots, alliances, memberships, n_memberships, row, i, month, fade, rules)
        join(organisations, ties, slots, alliances, memberships, n_memberships + 1, row, j, month, fade, rules)
        compare_alone(organisations, alliances, memberships, row, rules)
        n_alliances += 1
        n_memberships += 2
        digest += int(key & np.uint64(0xFFFFFFFFFFFF)) + choice[at, 3] + 7 * idea
    return n_alliances, n_memberships, digest
