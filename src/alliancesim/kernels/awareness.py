"""Loops of ``raise_awareness``: who hears what, who becomes willing."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.numeric import exp, poisson_from, power


@kernel
def hear(
    organisations,
    low,
    high,
    cells,
    peers,
    finished,
    experiments,
    failed,
    whole,
    reach_all,
    pending,
    told,
    exposures,
    rules,
    streams,
    seed,
    month,
):
    """What organisations low..high - 1 hear this month, and which naive ones become willing.

    Exposures are Poisson(background), so that the chance of none taking effect is exp(-background * p_aware), times
    (1 - p_aware) for each further exposure; testimonies of successes and of failures are thinned Poisson numbers.

    Parameters
    ----------
    peers, finished, experiments, failed : (S, 3) float64
        Neighbourhood counts by square and sphere.
    whole : (4, 3) float64
        The same over the whole territory, used where ``reach_all`` (bank of experiments).
    pending : (N,) uint8
        Exposures by meetings since last month; set to 0.
    told : (N,) uint8
        Testimonies at events this month, 16 * failures + successes.
    exposures : (N,) float32
        Exposures at events this month, own and federation's.

    Returns
    -------
    int
        Digest of what was decided (sum of keys).

    Writes ``successes``, ``failures``, ``stage`` of organisations and ``pending``.
    """
    p = rules[0]
    k_aware = stream_key(seed, streams[0], month)
    k_success = stream_key(seed, streams[1], month)
    k_failure = stream_key(seed, streams[2], month)
    kept = 1.0 - p.belief_fade
    deaf = exp(-p.background_exposures * p.p_aware)
    digest = 0
    # rates are those of a square and sphere; organisations are sorted by cell, so they are computed when the square changes
    last = -1
    good = np.zeros(3)
    good_none = np.zeros(3)
    bad = np.zeros(3)
    bad_none = np.zeros(3)
    for i in range(low, high):
        sphere = organisations[i].sphere
        square = cells[organisations[i].cell].square
        key = organisations[i].key
        if square != last:
            last = square
            for s in range(3):
                n = peers[square, s]
                f = finished[square, s]
                e = experiments[square, s]
                x = failed[square, s]
                if reach_all:
                    n = whole[0, s]
                    f = whole[1, s]
                    e = whole[2, s]
                    x = whole[3, s]
                good[s] = 0.0
                bad[s] = 0.0
                if f > 0.0 and e > 0.0 and n > 0.0:
                    rate = p.peers_heard * min(1.0, f / n)
                    good[s] = rate * (1.0 - x / e)
                    bad[s] = rate * (x / e) * p.failures_told
                good_none[s] = exp(-good[s])
                bad_none[s] = exp(-bad[s])
        successes = 0
        failures = 0
        if good[sphere] > 0.0:
            successes = poisson_from(good[sphere], good_none[sphere], fold(k_success, key))
        if bad[sphere] > 0.0:
            failures = poisson_from(bad[sphere], bad_none[sphere], fold(k_failure, key))
        successes += told[i] & 15
        failures += told[i] >> 4
        organisations[i].successes = kept * np.float64(organisations[i].successes) + successes
        organisations[i].failures = kept * np.float64(organisations[i].failures) + failures
        if organisations[i].stage == 0:
            stays = deaf
            further = pending[i] + np.float64(exposures[i])
            if further > 0.0:
                stays = stays * power(1.0 - p.p_aware, further)
            if successes + failures > 0:
                stays = stays * power(1.0 - p.q_peer, np.float64(successes + failures))
            if uniform(fold(k_aware, key)) < 1.0 - stays:
                organisations[i].stage = 1
                digest += int(key & 0xFFFFFFFFFFFF)
        if successes + failures > 0:
            digest += int(key & 0xFFFFFFFF) * (successes + 3 * failures)
        pending[i] = 0
    return digest
