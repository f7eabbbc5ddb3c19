"""Loops of ``raise_awareness``: who hears what, who becomes willing.

P(naive -> willing) = 1 - (1 - p_aware) ** exposures * (1 - q_peer) ** testimonies: each exposure and each testimony takes
effect by itself, and one that does is enough. So every source of them has a loop of its own.
"""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.numeric import power
from alliancesim.kernels.points import points
from alliancesim.kernels.space import of_sphere


@kernel
def fade(organisations, low, high, kept, start, decay):
    """What was heard fades by month; openness toward other spheres returns to its start: o += decay * (start - o).

    The one loop of a month that writes to everyone.
    """
    for i in range(low, high):
        organisations[i].successes = kept * np.float64(organisations[i].successes)
        organisations[i].failures = kept * np.float64(organisations[i].failures)
        own = organisations[i].sphere
        for s in range(3):
            if s != own:
                o = np.float64(organisations[i].openness[s])
                organisations[i].openness[s] = o + decay * (start - o)


@kernel
def with_pending(pending, rows):
    """Organisations with exposures by meetings; fills rows (X,) as far as there is room, returns their number."""
    n = 0
    for i in range(pending.shape[0]):
        if pending[i] != 0:
            if n < rows.shape[0]:
                rows[n] = i
            n += 1
    return n


@kernel
def expose(organisations, rows, pending, told, exposures, rules, stream, seed, month):
    """What further exposures and the testimonies of events do to those who had any.

    Parameters
    ----------
    rows : (X,) int64
        Who had any.
    pending : (N,) uint8
        Exposures by meetings since last month.
    told : (N,) uint8
        Testimonies at events this month, 16 * failures + successes.
    exposures : (N,) float32
        Exposures at events this month, own and federation's.

    Returns
    -------
    int
        Digest. Writes beliefs and stages of organisations; sets pending, told and exposures of these rows to 0.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    digest = 0
    for i in rows:
        key = organisations[i].key
        successes = told[i] & 15
        failures = told[i] >> 4
        organisations[i].successes = np.float64(organisations[i].successes) + successes
        organisations[i].failures = np.float64(organisations[i].failures) + failures
        digest += int(key & 0xFFFFFFFF) * (successes + 3 * failures)
        if organisations[i].stage == 0:
            stays = power(1.0 - p.p_aware, pending[i] + np.float64(exposures[i]))
            stays = stays * power(1.0 - p.q_peer, np.float64(successes + failures))
            if uniform(fold(base, key)) < 1.0 - stays:
                organisations[i].stage = 1
                digest += int(key & 0xFFFFFFFFFFFF)
        pending[i] = 0
        told[i] = 0
        exposures[i] = 0.0
    return digest


@allocating
def hear_of_it(organisations, cells, low, high, rules, stream, seed, month):
    """Background exposures that take effect, with rate background_exposures * p_aware, in cells low..high - 1.

    Returns
    -------
    int
        Digest. Writes stages of organisations.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    digest = 0
    for c in range(low, high):
        length = np.float64(cells[c].high - cells[c].low)
        for at, _, _ in points(fold(base, cells[c].key), length, p.background_exposures * p.p_aware):
            i = cells[c].low + int(at)
            if organisations[i].stage == 0:
                organisations[i].stage = 1
                digest += int(organisations[i].key & 0xFFFFFFFFFFFF)
    return digest


@allocating
def hear_peers(
    organisations, cells, low, high, peers, finished, experiments, failed, whole, reach_all, rules, stream, seed, month
):
    """Testimonies of peers heard in cells low..high - 1: Poisson(h * share that ever finished an experiment).

    One is of a failure with failed / finished experiments; of these, ``failures_told`` are told.

    Parameters
    ----------
    peers, finished, experiments, failed : (S, 3) float64
        Neighbourhood counts by square and sphere.
    whole : (4, 3) float64
        The same over the whole territory, used where ``reach_all`` (bank of experiments).

    Returns
    -------
    int
        Digest. Writes beliefs and stages of organisations.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    digest = 0
    for c in range(low, high):
        square = cells[c].square
        line = fold(base, cells[c].key)
        for sphere in range(3):
            n = peers[square, sphere]
            f = finished[square, sphere]
            e = experiments[square, sphere]
            x = failed[square, sphere]
            if reach_all:
                n = whole[0, sphere]
                f = whole[1, sphere]
                e = whole[2, sphere]
                x = whole[3, sphere]
            if f <= 0.0 or e <= 0.0 or n <= 0.0:
                continue
            rate = p.peers_heard * min(1.0, f / n)
            good = rate * (1.0 - x / e)
            first, end = of_sphere(cells, c, sphere)
            for at, level, point in points(
                fold(line, sphere), np.float64(end - first), good + rate * (x / e) * p.failures_told
            ):
                i = first + int(at)
                key = organisations[i].key
                if level < good:
                    organisations[i].successes += np.float32(1.0)
                    digest += int(key & 0xFFFFFFFF)
                else:
                    organisations[i].failures += np.float32(1.0)
                    digest += 3 * int(key & 0xFFFFFFFF)
                if organisations[i].stage == 0 and uniform(fold(point, 1)) < p.q_peer:
                    organisations[i].stage = 1
                    digest += int(key & 0xFFFFFFFFFFFF)
    return digest
