"""Forums in vitro: the same keyed people and ideas at any level of resources (SPEC section 4, Ease)."""

from __future__ import annotations

from alliancesim.kernels.compile import allocating
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.numeric import beta, log, lognormal, power


@allocating
def draw_forums(
    kinds,
    bounds,
    quotas,
    rules,
    streams,
    seed,
    first,
    trust_given,
    participants,
    salience,
    shared,
    objectives,
    trust,
    ideas,
    settings,
):
    """Draws forums ``first`` to ``first + F - 1``: who comes, what they know of each other, what they could do.

    Parameters
    ----------
    kinds : (M, 7) float64
        By kind: cash, time (reference units), structuration factor, bits of typical capabilities, neutrality, sphere, and
        cumulated share of its sphere.
    bounds : (4,) int64
        Kinds of sphere s are bounds[s] to bounds[s + 1] - 1.
    quotas : (3,) int64
        Participants of each sphere.
    trust_given : float
        Trust of every pair; negative for base trust (trust0 inside a sphere, trust0 * (1 - prejudice) between two).

    Writes participants (F, n), salience (F, n, K), shared (F, K), objectives (F, n, 4), trust (F, n, n), ideas (F, M) and the
    keys of settings (F,).
    """
    p = rules[0]
    forums = participants.shape[0]
    n = participants.shape[1]
    domains = salience.shape[2]
    library = ideas.shape[1]
    order = [0, 1, 2, 3, 4, 5]
    for f in range(forums):
        key = fold(stream_key(seed, streams[0], 0), first + f)
        settings[f].key = key
        i = 0
        for sphere in range(3):
            for _ in range(quotas[sphere]):
                who = fold(fold(key, 1), i)
                kind = bounds[sphere]
                lot = uniform(fold(who, 0))
                while kind < bounds[sphere + 1] - 1 and lot >= kinds[kind, 6]:
                    kind += 1
                participants[f, i].key = who
                participants[f, i].cash = p.r_fin * kinds[kind, 0] * lognormal(p.slack_sigma, fold(who, 1))
                participants[f, i].time = p.r_hum * kinds[kind, 1] * lognormal(p.slack_sigma, fold(who, 2))
                mean = min(0.98, max(0.02, p.r_str * kinds[kind, 2]))
                participants[f, i].structuration = beta(mean, p.structuration_concentration, fold(who, 3))
                bits = 0
                for b in range(6):
                    chance = p.capability_other
                    if (int(kinds[kind, 3]) >> b) & 1:
                        chance = p.capability_typical
                    if uniform(fold(fold(who, 4), b)) < chance:
                        bits |= 1 << b
                participants[f, i].capabilities = bits
                participants[f, i].neutrality = kinds[kind, 4]
                participants[f, i].sphere = sphere
                participants[f, i].belief = 1.0
                participants[f, i].burden = p.coordination_cost
                participants[f, i].joins = 1
                participants[f, i].free = 100
                participants[f, i].led = 0
                participants[f, i].row = i
                total = 0.0
                for d in range(domains):
                    salience[f, i, d] = -log(1.0 - uniform(fold(fold(who, 5), d)))
                    total += salience[f, i, d]
                for d in range(domains):
                    salience[f, i, d] = salience[f, i, d] / total
                total = 0.0
                for o in range(4):
                    objectives[f, i, o] = -log(1.0 - uniform(fold(fold(who, 6), o)))
                    total += objectives[f, i, o]
                for o in range(4):
                    objectives[f, i, o] = objectives[f, i, o] / total
                i += 1
        for a in range(n):
            for b in range(n):
                trust[f, a, b] = trust_given
                if trust_given < 0.0:
                    trust[f, a, b] = p.trust0
                    if participants[f, a].sphere != participants[f, b].sphere:
                        trust[f, a, b] = p.trust0 * (1.0 - p.prejudice)
        for d in range(domains):
            shared[f, d] = 1.0 / domains
        cash = p.cost_scale * power(p.r_fin, p.ambition_elasticity)
        time = p.cost_scale * power(p.r_hum, p.ambition_elasticity)
        for m in range(library):
            k = fold(fold(key, 2), m)
            spread = lognormal(p.cost_sigma, fold(k, 0))
            ideas[f, m].cost = cash * spread
            ideas[f, m].effort = time * lognormal(p.cost_sigma, fold(k, 1))
            ideas[f, m].value = power(spread, p.gamma)
            ideas[f, m].domain = int(domains * uniform(fold(k, 2)))
            number = 2 + int(3.0 * uniform(fold(k, 3)))
            for b in range(6):
                order[b] = b
            bits = 0
            for b in range(number):
                at = b + int((6 - b) * uniform(fold(k, 4 + b)))
                chosen = order[at]
                order[at] = order[b]
                order[b] = chosen
                bits |= 1 << chosen
            ideas[f, m].capabilities = bits
