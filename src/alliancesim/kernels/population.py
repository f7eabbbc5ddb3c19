"""Who is there at month 0: organisations by kind in every cell part, with their own levels (SPEC section 2)."""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import beta, log, lognormal, power


@kernel
def count_organisations(expected, cell_keys, seed, stream, counts):
    """Writes counts[cell, kind]: expected number, rounded up with the probability of its fraction.

    Parameters
    ----------
    expected : (C, M) float64
    cell_keys : (C,) uint64
    counts : (C, M) int64
    """
    base = stream_key(seed, stream, 0)
    for c in range(expected.shape[0]):
        for k in range(expected.shape[1]):
            whole = math.floor(expected[c, k])
            rest = expected[c, k] - whole
            counts[c, k] = int(whole)
            if rest > 0.0 and uniform(fold(fold(base, cell_keys[c]), k)) < rest:
                counts[c, k] += 1


@kernel
def keep_sample(keys, seed, stream, fraction, kept):
    """Writes kept[i]: whether organisation i is in the sample."""
    base = stream_key(seed, stream, 0)
    for i in range(keys.shape[0]):
        kept[i] = uniform(fold(base, keys[i])) < fraction


@kernel
def draw_attributes(organisations, salience, objectives, kind_rows, deprived, rules, streams, seed):
    """Draws what an organisation is: own slacks, structuration, capabilities, salience, objectives, stage.

    Parameters
    ----------
    organisations : (N,) ORGANISATION
        ``key``, ``kind``, ``sphere``, ``cell``, ``cap`` are set; ``cash_own`` and ``time_own`` hold the mean of the kind.
    salience : (N, K) float32
    objectives : (N, 4) float32
    kind_rows : (M, 2) float64
        Structuration factor; bits of typical capabilities.
    deprived : (C,) float64
    streams : (8,) int64
        cash, time, structuration, capability, salience, objective, willing, unused.

    Writes organisations, salience and objectives.
    """
    p = rules[0]
    k_cash = stream_key(seed, streams[0], 0)
    k_time = stream_key(seed, streams[1], 0)
    k_structuration = stream_key(seed, streams[2], 0)
    k_capability = stream_key(seed, streams[3], 0)
    k_salience = stream_key(seed, streams[4], 0)
    k_objective = stream_key(seed, streams[5], 0)
    k_willing = stream_key(seed, streams[6], 0)
    domains = salience.shape[1]
    for i in range(organisations.shape[0]):
        key = organisations[i].key
        organisations[i].cash_own = np.float64(organisations[i].cash_own) * lognormal(p.slack_sigma, fold(k_cash, key))
        organisations[i].time_own = np.float64(organisations[i].time_own) * lognormal(p.slack_sigma, fold(k_time, key))
        kind = organisations[i].kind
        share = deprived[organisations[i].cell]
        mean = p.r_str * kind_rows[kind, 0] * (1.0 - (1.0 - p.zus_structuration) * share)
        mean = min(0.98, max(0.02, mean))
        organisations[i].structuration = beta(mean, p.structuration_concentration, fold(k_structuration, key))
        typical = int(kind_rows[kind, 1])
        bits = 0
        for b in range(6):
            chance = p.capability_other
            if (typical >> b) & 1:
                chance = p.capability_typical
            if uniform(fold(fold(k_capability, key), b)) < chance:
                bits |= 1 << b
        organisations[i].capabilities = bits
        total = 0.0
        for d in range(domains):
            x = -log(1.0 - uniform(fold(fold(k_salience, key), d)))
            salience[i, d] = x
            total += np.float64(salience[i, d])
        for d in range(domains):
            salience[i, d] = np.float64(salience[i, d]) / total
        total = 0.0
        for o in range(4):
            x = -log(1.0 - uniform(fold(fold(k_objective, key), o)))
            objectives[i, o] = x
            total += np.float64(objectives[i, o])
        for o in range(4):
            objectives[i, o] = np.float64(objectives[i, o]) / total
        sphere = organisations[i].sphere
        for s in range(3):
            organisations[i].openness[s] = 1.0 - p.prejudice
        organisations[i].openness[sphere] = 1.0
        organisations[i].stage = 0
        if uniform(fold(k_willing, key)) < p.willing0:
            organisations[i].stage = 1
        organisations[i].first = NOBODY


@kernel
def sizes_by_cap(mean_cap, size_exponent, result):
    """Writes result[cap] = (cap / mean cap) ** size_exponent: size of whoever has this load cap."""
    for cap in range(result.shape[0]):
        result[cap] = power(cap / mean_cap, size_exponent)


@kernel
def nearest_of(organisations, cells_x, cells_y, heads, members, chance, seed, stream):
    """Affiliates members to the nearest head with probability ``chance``; writes organisations.federation.

    Parameters
    ----------
    heads, members : (H,), (M,) int64
        Rows of federations (or networks), rows of those that may belong to one.
    """
    base = stream_key(seed, stream, 0)
    here = -1
    best = -1
    for m in members:
        if uniform(fold(base, organisations[m].key)) < chance:
            c = organisations[m].cell
            if c != here:  # members are sorted by cell: all of a cell have the same nearest head
                here = c
                best = -1
                least = 0.0
                for h in heads:
                    d = organisations[h].cell
                    dx = cells_x[c] - cells_x[d]
                    dy = cells_y[c] - cells_y[d]
                    distance = dx * dx + dy * dy
                    if best < 0 or distance < least:
                        best = h
                        least = distance
            organisations[m].federation = best
