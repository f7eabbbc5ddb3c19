"""Loops of ``execute``: launches, yearly results, relief, benefits, pooling."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, inline, kernel
from alliancesim.kernels.extensions.funding_mode import output
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import power
from alliancesim.kernels.relations import count_bits
from alliancesim.kernels.space import add_experience

DIALOGUE, EXPERIMENT, DEPLOYED = 0, 1, 2
SUCCESS, FAILURE = 1, 2


@kernel
def priorities(alliances, rows, seed, stream, month, result):
    """Writes result[n]: keyed priority of each of these alliances (uint64)."""
    base = stream_key(seed, stream, month)
    for n in range(rows.shape[0]):
        result[n] = fold(base, alliances[rows[n]].key)


@kernel
def years_due(alliances, active, dialogue_months, month, due):
    """Active alliances that end their dialogue or a year this month; fills due (A,), returns their number.

    Last month's results are cleared.
    """
    n = 0
    for row in active:
        alliances[row].result = 0
        if alliances[row].stage == DIALOGUE:
            comes = month - alliances[row].start >= dialogue_months
        else:
            age = month - alliances[row].launch
            comes = age >= 0 and age % 12 == 0
        if comes:
            due[n] = row
            n += 1
    return n


@inline
def mean_structuration(organisations, alliances, memberships, row):
    """Mean structuration of the members."""
    total = 0.0
    n = 0
    m = alliances[row].first
    while m != NOBODY:
        total += np.float64(organisations[memberships[m].organisation].structuration)
        n += 1
        m = memberships[m].next_member
    return total / n


@inline
def success_probability(organisations, alliances, memberships, row, rules):
    """p_ok a covered and p_miss an uncovered capability, * (1 - k_str (1 - mean structuration)) * share paid.

    Accompaniment multiplies the odds of failure.
    """
    p = rules[0]
    required = count_bits(alliances[row].required)
    covered = count_bits(alliances[row].covered)
    chance = power(p.p_ok, np.float64(covered)) * power(p.p_miss, np.float64(required - covered))
    chance = chance * (1.0 - p.k_str * (1.0 - mean_structuration(organisations, alliances, memberships, row)))
    if alliances[row].accompanied == 1 and chance > 0.0:
        odds = (1.0 - chance) / chance * p.accompany_failure
        chance = 1.0 / (1.0 + odds)
    return chance * alliances[row].paid


@inline
def share_benefits(organisations, anchoring, alliances, memberships, row, value, rules):
    """Shares ``value`` by contribution; a firm's share counts by its local anchoring; writes memberships."""
    p = rules[0]
    a = alliances[row]
    cash = 0.0
    time = 0.0
    m = a.first
    while m != NOBODY:
        cash += memberships[m].cash
        time += memberships[m].time
        m = memberships[m].next_member
    m = a.first
    while m != NOBODY:
        i = memberships[m].organisation
        share = 0.0
        if cash > 0.0 and time > 0.0:
            share = 0.5 * memberships[m].cash / cash + 0.5 * memberships[m].time / time
        elif cash > 0.0:
            share = memberships[m].cash / cash
        elif time > 0.0:
            share = memberships[m].time / time
        if a.accompanied == 1:
            share = (1.0 - p.accompany_equal) * share + p.accompany_equal / a.members
        if organisations[i].enterprise != NOBODY:
            share = share * anchoring[organisations[i].enterprise]
        memberships[m].benefit += value * share
        m = memberships[m].next_member
    a.benefit += value


@inline
def relieve(cells, perimeters, need, relief, perimeter_need, r, domain, amount):
    """Relieves the need of a domain in all cells of a perimeter by ``amount``, never below 0."""
    total = 0.0
    people = 0.0
    for c in range(perimeters[r].cell_low, perimeters[r].cell_high):
        taken = min(amount, need[c, domain])
        need[c, domain] -= taken
        relief[c, domain] += taken
        total += cells[c].population * need[c, domain]
        people += cells[c].population
    if people > 0.0:
        perimeter_need[r, domain] = total / people


@inline
def pool(organisations, alliances, memberships, row, purse, perimeters, fund_open, rules):
    """Pools a year's cost in proportion to slack; clients of joint offers and the fund add to it.

    ``purse`` is (money of the fund, its ceiling, tickets given so far, clients' money so far). Writes organisations,
    memberships, the alliance, the client's budget and the purse.
    """
    p = rules[0]
    a = alliances[row]
    required = count_bits(a.required)
    missing = required - count_bits(a.covered)
    wanted = a.cost * (1.0 + p.premium * missing / required)
    client = 0.0
    if a.depth == 3 and perimeters[a.perimeter].client > 0.0:
        client = min(wanted, perimeters[a.perimeter].client)
        perimeters[a.perimeter].client -= client
        purse[3] += client
    asked = wanted - client
    cash = 0.0
    time = 0.0
    m = a.first
    while m != NOBODY:
        cash += organisations[memberships[m].organisation].cash
        time += organisations[memberships[m].organisation].time
        m = memberships[m].next_member
    cash_share = 0.0
    if cash > 0.0:
        cash_share = min(1.0, asked / cash)
    time_share = 0.0
    if time > 0.0:
        time_share = min(1.0, a.effort / time)
    a.pool_cash = 0.0
    a.pool_time = 0.0
    m = a.first
    while m != NOBODY:
        i = memberships[m].organisation
        paid_cash = organisations[i].cash * cash_share
        paid_time = organisations[i].time * time_share
        memberships[m].cash = paid_cash
        memberships[m].time = paid_time
        organisations[i].cash = max(0.0, organisations[i].cash - paid_cash)
        organisations[i].time = max(0.0, organisations[i].time - paid_time)
        a.pool_cash += paid_cash
        a.pool_time += paid_time
        m = memberships[m].next_member
    a.outside = client
    gap = wanted - client - a.pool_cash
    if fund_open and a.stage == EXPERIMENT and a.spheres & 1 and wanted <= purse[1] and gap > 1e-9 * wanted:
        ticket = min(gap * p.ticket_share, purse[0])
        if ticket > 0.0:
            purse[0] -= ticket
            purse[2] += ticket
            a.outside += ticket
    share = 1.0
    if wanted > 0.0:
        share = min(share, (a.pool_cash + a.outside) / wanted)
    if a.effort > 0.0:
        share = min(share, a.pool_time / a.effort)
    if share > 1.0 - 1e-9:
        share = 1.0
    a.paid = share
    a.spent_cash += a.pool_cash
    a.spent_time += a.pool_time


@allocating
def run_year(
    organisations,
    anchoring,
    cells,
    perimeters,
    need,
    relief,
    perimeter_need,
    alliances,
    memberships,
    due,
    near,
    changes,
    whole,
    purse,
    fund_open,
    rules,
    stream,
    seed,
    month,
):
    """Dialogue that is over becomes an experiment; at anniversaries a year's result is drawn; then the year is pooled.

    Alliances ``due`` (those of :func:`years_due`) are taken in the order of their keyed priority (two that draw on one member's
    slack).

    Returns
    -------
    int
        Digest. Writes organisations, needs, alliances, memberships and the neighbourhood's experience.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    digest = 0
    amounts = np.zeros(perimeter_need.shape)
    for row in due:
        if alliances[row].stage == DIALOGUE:
            alliances[row].stage = EXPERIMENT
            alliances[row].launch = month
        age = month - alliances[row].launch
        if age > 0:
            chance = success_probability(organisations, alliances, memberships, row, rules)
            won = uniform(fold(base, alliances[row].key)) < chance
            alliances[row].draws += 1
            if alliances[row].stage == EXPERIMENT:
                m = alliances[row].first
                while m != NOBODY:
                    i = memberships[m].organisation
                    sphere = organisations[i].sphere
                    square = cells[organisations[i].cell].square
                    weight = np.float64(organisations[i].weight)
                    first = organisations[i].finished == 0
                    add_experience(near, square, sphere, weight, int(first), 1, int(not won), changes)
                    whole[2, sphere] += weight
                    if not won:
                        whole[3, sphere] += weight
                    if first:
                        organisations[i].finished = 1
                        whole[1, sphere] += weight
                    m = memberships[m].next_member
            if won:
                alliances[row].result = SUCCESS
                alliances[row].successes += 1
                alliances[row].stage = DEPLOYED
                r = alliances[row].perimeter
                value = alliances[row].value * output(alliances[row].spheres, rules)
                # who serves another zone, or weighs deprived cells, relieves after the others (rules.extensions.relief)
                own = alliances[row].zone < 0 and alliances[row].inhabitants == 0
                if own and perimeters[r].population > 0.0:
                    amounts[r, alliances[row].domain] += p.relief * value * 1000.0 / perimeters[r].population
                share_benefits(organisations, anchoring, alliances, memberships, row, value, rules)
            else:
                alliances[row].result = FAILURE
            digest += int(alliances[row].key & np.uint64(0xFFFFFFFF)) * alliances[row].result
        alliances[row].pooled = month
        pool(organisations, alliances, memberships, row, purse, perimeters, fund_open, rules)
        digest += int(alliances[row].pool_cash * 1048576.0)
    for r in range(amounts.shape[0]):
        for domain in range(amounts.shape[1]):
            if amounts[r, domain] > 0.0:
                relieve(cells, perimeters, need, relief, perimeter_need, r, domain, amounts[r, domain])
    return digest
