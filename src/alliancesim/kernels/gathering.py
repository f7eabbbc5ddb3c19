"""Who comes to what: lotteries, and the tables of a forum filled from the tables of a run."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import IN_USE
from alliancesim.kernels.numeric import log
from alliancesim.kernels.proposal import load_cost
from alliancesim.kernels.relations import allied, belief_term, pair_trust, set_tie


@kernel
def race(organisations, rows, weights, key, result):
    """Writes result[n] = -log(1 - u) / weight: the first of a sort are a weighted draw without replacement.

    Who has weight 0 comes last.
    """
    for n in range(rows.shape[0]):
        result[n] = 1e300
        if weights[n] > 0.0:
            result[n] = -log(1.0 - uniform(fold(key, organisations[rows[n]].key))) / weights[n]


@kernel
def convenors(organisations, low, high, rules, stream, seed, month, result):
    """Willing or engaged organisations that convene a forum by themselves; fills result, returns their number."""
    p = rules[0]
    base = stream_key(seed, stream, month)
    n = 0
    for i in range(low, high):
        if organisations[i].stage > 0 and np.float64(organisations[i].structuration) > p.convening_structuration:
            if uniform(fold(base, organisations[i].key)) < p.spontaneous_convening:
                if n < result.shape[0]:
                    result[n] = i
                n += 1
    return n


@kernel
def gather(
    organisations,
    salience,
    objectives,
    ties,
    slots,
    rows,
    neutrality,
    month,
    fade,
    rules,
    participants,
    their_salience,
    their_objectives,
    trust,
):
    """Fills the tables of a deliberation from the state; ``joins`` is 1 and ``led`` 0 for everyone."""
    p = rules[0]
    for a in range(rows.shape[0]):
        i = rows[a]
        participants[a].key = organisations[i].key
        participants[a].cash = organisations[i].cash
        participants[a].time = organisations[i].time
        participants[a].structuration = np.float64(organisations[i].structuration)
        participants[a].belief = belief_term(
            np.float64(organisations[i].successes), np.float64(organisations[i].failures), p.risk_aversion, p.belief
        )
        participants[a].burden = load_cost(organisations, i, p.coordination_cost)
        participants[a].neutrality = neutrality[organisations[i].kind]
        participants[a].joins = 1
        participants[a].free = organisations[i].cap - organisations[i].load
        participants[a].capabilities = organisations[i].capabilities
        participants[a].sphere = organisations[i].sphere
        participants[a].led = 0
        participants[a].row = i
        for d in range(salience.shape[1]):
            their_salience[a, d] = np.float64(salience[i, d])
        for o in range(4):
            their_objectives[a, o] = np.float64(objectives[i, o])
        for b in range(rows.shape[0]):
            trust[a, b] = 0.0
            if b != a:
                trust[a, b] = pair_trust(organisations, ties, slots, i, rows[b], month, fade, p.trust0)


@kernel
def keep_trust(organisations, alliances, memberships, ties, slots, rows, before, after, month, fade, trust0):
    """Stores the trust of pairs that changed during a forum."""
    for a in range(rows.shape[0]):
        for b in range(a + 1, rows.shape[0]):
            if after[a, b] != before[a, b]:
                last = month
                if allied(organisations, alliances, memberships, rows[a], rows[b]):
                    last = IN_USE
                set_tie(organisations, ties, slots, rows[a], rows[b], after[a, b], last, month, fade, trust0)
