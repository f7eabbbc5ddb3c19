"""Loops of ``renew_means``: slacks, needs, libraries of project ideas."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.numeric import lognormal, power


@kernel
def renew_slack(organisations, low, high, cash_level, time_level):
    """Writes cash and time = level * own level; what was left of the year before is lost."""
    for i in range(low, high):
        organisations[i].cash = cash_level * np.float64(organisations[i].cash_own)
        organisations[i].time = time_level * np.float64(organisations[i].time_own)


@kernel
def renew_needs(need_base, relief, need, trend, kept):
    """Writes relief *= kept and need = max(0, base * trend - relief)."""
    for c in range(need.shape[0]):
        for d in range(need.shape[1]):
            relief[c, d] = relief[c, d] * kept
            need[c, d] = max(0.0, need_base[c, d] * trend - relief[c, d])


@kernel
def perimeter_needs(cells, perimeters, need, r_low, r_high, result):
    """Writes result[r, d]: need of the mean inhabitant of perimeters r_low to r_high - 1."""
    for r in range(r_low, r_high):
        for d in range(need.shape[1]):
            total = 0.0
            people = 0.0
            for c in range(perimeters[r].cell_low, perimeters[r].cell_high):
                total += cells[c].population * need[c, d]
                people += cells[c].population
            result[r, d] = total / people if people > 0.0 else 0.0


@allocating
def draw_ideas(ideas, perimeters, perimeter_need, organisations, rules, streams, seed, year):
    """Draws the library of every perimeter for a year.

    Domain in proportion to needs (no needs: no ideas, cost 0); 2-4 capabilities uniformly; cost = cost_scale * (mean slack of
    the perimeter) ** e * lognormal, effort likewise; value = (cost before e / its mean) ** gamma * need level.

    Writes the first ``library_size`` of ideas (P, M); further ones are those of the extension replication.
    """
    p = rules[0]
    k_domain = stream_key(seed, streams[0], year)
    k_capabilities = stream_key(seed, streams[1], year)
    k_cost = stream_key(seed, streams[2], year)
    k_effort = stream_key(seed, streams[3], year)
    domains = perimeter_need.shape[1]
    order = [0, 1, 2, 3, 4, 5]
    for r in range(ideas.shape[0]):
        total = 0.0
        for d in range(domains):
            total += perimeter_need[r, d]
        cash = 0.0
        time = 0.0
        heads = 0.0
        for i in range(perimeters[r].low, perimeters[r].high):
            cash += np.float64(organisations[i].weight) * organisations[i].cash
            time += np.float64(organisations[i].weight) * organisations[i].time
            heads += np.float64(organisations[i].weight)
        if heads > 0.0:
            cash = cash / heads
            time = time / heads
        key = perimeters[r].key
        for m in range(int(p.library_size)):
            ideas[r, m].cost = 0.0
            ideas[r, m].effort = 0.0
            ideas[r, m].value = 0.0
            if total <= 0.0 or heads <= 0.0:
                continue
            target = uniform(fold(fold(k_domain, key), m)) * total
            domain = domains - 1
            for d in range(domains):
                target -= perimeter_need[r, d]
                if target < 0.0:
                    domain = d
                    break
            k = fold(fold(k_capabilities, key), m)
            number = 2 + int(3.0 * uniform(fold(k, 0)))
            for b in range(6):
                order[b] = b
            bits = 0
            for b in range(number):
                at = b + int((6 - b) * uniform(fold(k, 1 + b)))
                chosen = order[at]
                order[at] = order[b]
                order[b] = chosen
                bits |= 1 << chosen
            spread = lognormal(p.cost_sigma, fold(fold(k_cost, key), m))
            ideas[r, m].domain = domain
            ideas[r, m].capabilities = bits
            ideas[r, m].cost = p.cost_scale * power(cash, p.ambition_elasticity) * spread
            ideas[r, m].effort = (
                p.cost_scale
                * power(time, p.ambition_elasticity)
                * lognormal(p.cost_sigma, fold(fold(k_effort, key), m))
            )
            ideas[r, m].value = power(spread, p.gamma) * perimeter_need[r, domain]


@kernel
def total_of(values):
    """Sum in the order of rows, the same bits everywhere (NumPy's sum depends on the machine's vectors)."""
    total = 0.0
    for i in range(values.shape[0]):
        total += np.float64(values[i])
    return total
