"""Who comes to what: lotteries, and the tables of a forum filled from the tables of a run."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, inline, kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.layout import IN_USE
from alliancesim.kernels.numeric import log
from alliancesim.kernels.points import points
from alliancesim.kernels.proposal import load_cost
from alliancesim.kernels.relations import allied, belief_term, pair_trust, set_tie


@kernel
def race(organisations, rows, weights, key, result):
    """Writes result[n] = -log(1 - u) / weight: the first of a sort are a weighted draw without replacement.

    Who has weight 0 comes last.
    """
    for n in range(rows.shape[0]):
        result[n] = waiting_time(organisations, rows[n], weights[n], key)


@inline
def lottery_weight(organisations, cells, i, targeting):
    """Weight of an organisation in a lottery of ``levers.TARGETS``: random, core, periphery, deprived."""
    weight = np.float64(organisations[i].weight)
    if targeting == 1:
        return weight * (0.1 + organisations[i].ties)
    if targeting == 2:
        known = 1.0
        if organisations[i].ever == 1:
            known = 0.05
        return weight * known / (1.0 + organisations[i].ties)
    if targeting == 3:
        return weight * (0.01 + cells[organisations[i].cell].deprived)
    return weight


@inline
def available(organisations, i):
    """Whether an organisation may come to a forum: willing or engaged, with free load."""
    return organisations[i].stage > 0 and organisations[i].load < organisations[i].cap


@kernel
def first_drawn(organisations, cells, rows, targeting, key, most, first, times, counts):
    """The first ``most`` of each sphere in a keyed weighted lottery among those of ``rows`` who may come.

    One pass that keeps no list of candidates: a ground may hold half a million organisations, and a dozen are invited.

    Parameters
    ----------
    first : (3, most) int64; times : (3, most) float64; counts : (3,) int64
        Filled: rows of each sphere in the order of their times (then of keys), and how many.
    """
    for s in range(3):
        counts[s] = 0
    for i in rows:
        if available(organisations, i):
            weight = lottery_weight(organisations, cells, i, targeting)
            keep_first(
                organisations,
                i,
                waiting_time(organisations, i, weight, key),
                organisations[i].sphere,
                most,
                first,
                times,
                counts,
            )


@kernel
def first_attendees(organisations, size_by_cap, rows, known, key, most, first, times, counts):
    """The first ``most`` of each class in a keyed lottery by size; a class is (sphere, naive or not, known or not).

    Who comes to an event is among them, whatever class makes up for another.

    Parameters
    ----------
    rows, known : (X,) int64, (B,) int64
        Who may come, and who is in the address book; both sorted.
    first : (12, most) int64; times : (12, most) float64; counts : (12,) int64
        Filled, class by class: ``(2 * sphere + willing or engaged) * 2 + known``.
    """
    for s in range(12):
        counts[s] = 0
    at = 0
    for i in rows:
        while at < known.shape[0] and known[at] < i:
            at += 1
        place = 4 * organisations[i].sphere
        if organisations[i].stage > 0:
            place += 2
        if at < known.shape[0] and known[at] == i:
            place += 1
        weight = size_by_cap[organisations[i].cap] * np.float64(organisations[i].weight)
        keep_first(organisations, i, waiting_time(organisations, i, weight, key), place, most, first, times, counts)


@kernel
def first_willing(organisations, cells, rows, targeting, key):
    """Who comes first in a keyed weighted lottery among the willing and engaged of ``rows``; -1 where there is none."""
    best = -1
    least = 0.0
    for i in rows:
        if organisations[i].stage > 0:
            time = waiting_time(organisations, i, lottery_weight(organisations, cells, i, targeting), key)
            if best < 0 or sooner(organisations, i, time, best, least):
                best = i
                least = time
    return best


@inline
def waiting_time(organisations, i, weight, key):
    """Time of an organisation in a keyed lottery, exponential with its weight; who has weight 0 comes last."""
    if weight > 0.0:
        return -log(1.0 - uniform(fold(key, organisations[i].key))) / weight
    return 1e300


@inline
def keep_first(organisations, i, time, s, most, first, times, counts):
    """Puts i in its place among the first ``most`` of a class, where it is one of them."""
    at = counts[s]
    if at == most:
        at -= 1
        if not sooner(organisations, i, time, first[s, at], times[s, at]):
            return
    else:
        counts[s] += 1
    while at > 0 and sooner(organisations, i, time, first[s, at - 1], times[s, at - 1]):
        first[s, at] = first[s, at - 1]
        times[s, at] = times[s, at - 1]
        at -= 1
    first[s, at] = i
    times[s, at] = time


@inline
def sooner(organisations, i, time, j, other):
    """Whether i with its time comes before j with the other."""
    return time < other or (time == other and organisations[i].key < organisations[j].key)


@allocating
def convenors(organisations, cells, low, high, rules, stream, seed, month, result):
    """Willing or engaged organisations of cells low..high - 1 that convene a forum by themselves.

    One convenes with probability ``spontaneous_convening``: where at least one point of rate -log(1 - probability) falls on it.

    Returns
    -------
    int
        Their number; those for whom there is room in ``result`` are filled in.
    """
    p = rules[0]
    base = stream_key(seed, stream, month)
    rate = -log(1.0 - p.spontaneous_convening)
    n = 0
    for c in range(low, high):
        latest = -1
        length = np.float64(cells[c].high - cells[c].low)
        for at, _, _ in points(fold(base, cells[c].key), length, rate):
            i = cells[c].low + int(at)
            if i == latest:
                continue
            if organisations[i].stage > 0 and np.float64(organisations[i].structuration) > p.convening_structuration:
                latest = i
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
