"""One deliberation, from agenda to launch (SPEC section 4), and many of them.

Participants are at most 60, so that who supports an idea is a set of bits. A forum is resolved at its convening from that
month's state; meetings, rounds of contest and quarrels each take a month.
"""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import allocating, inline
from alliancesim.kernels.extensions.governance import arbitrate, delegated, share_the_lead
from alliancesim.kernels.extensions.patience import horizon
from alliancesim.kernels.forum_people import able_to_lead, by_lot, carrier_of, lose_trust, mean_pair_trust, purse_of
from alliancesim.kernels.forum_tables import (
    ACTION,
    AGREED,
    ARBITRATES,
    CARRIES,
    CARRY,
    CLAIMS,
    CONCEDE,
    CONCEDES,
    CONTEST_FAILED,
    DELEGATES,
    EVENTS,
    FAILS,
    INFEASIBLE,
    JOIN,
    JOINS,
    LAUNCHED,
    LAUNCHES,
    LEADS,
    LEAVES,
    LOST,
    LOT,
    NO_AGREEMENT,
    NO_LEADER,
    ON_AGENDA,
    PARTICIPANT,
    PURSE_FAILED,
    QUARREL,
    QUARRELS,
    REFUSES,
    SETTING,
    SHARES,
    SUPPORTS,
    note,
)
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.kernels.numeric import logistic, power
from alliancesim.kernels.relations import count_bits, deepest

__all__ = ["ACTION", "EVENTS", "LAUNCHED", "PARTICIPANT", "SETTING", "deliberate", "deliberate_many"]


@allocating
def seek_agreement(
    participants,
    worth,
    plain,
    outside,
    trust,
    ideas,
    on_agenda,
    favourite,
    here,
    package,
    rules,
    setting,
    number,
    action,
    log,
):
    """Step 4: meetings until the front-runner, or a package, has the quorum of those present.

    Parameters
    ----------
    worth : (n, M) float64
        u with rent; ``plain`` without.
    outside : (n,) float64
    favourite : (n,) int64
        Idea that each supports; changes as participants join the front-runner.
    here : (n,) int8
        1 for those who have not left.
    package : (10,) int64
        Filled with the ideas agreed, the one to launch first in front; -1 beyond.

    Returns
    -------
    bool
        Whether there is an agreement; ``action.meetings`` counts the meetings held.
    """
    p = rules[0]
    n = participants.shape[0]
    ideal = favourite.copy()
    votes = np.zeros(ideas.shape[0], dtype=np.int64)
    present = np.zeros(n, dtype=np.int8)
    key = fold(setting.key, number)
    for k in range(package.shape[0]):
        package[k] = -1
    for r in range(1, setting.meetings + 1):
        action[0].meetings = r
        count = 0
        later = 0
        votes[:] = 0
        for i in range(n):
            present[i] = 1 if here[i] == 1 and participants[i].joins <= r else 0
            later += 1 if here[i] == 1 and participants[i].joins > r else 0
            if present[i] == 1:
                count += 1
                votes[favourite[i]] += 1
                note(log, r, SUPPORTS, i, favourite[i])
        if count + later < 2:
            return False
        if count < 2:
            continue
        front = 0
        for m in range(ideas.shape[0]):
            if votes[m] > votes[front]:
                front = m
        if votes[front] >= p.quorum * count - 1e-9:
            package[0] = front
            note(log, r, AGREED, -1, front)
            return True
        if p.portfolio > 1.0:
            cash, time, _ = purse_of(participants, present, n)
            cash = p.phi * cash
            time = p.phi * time
            chosen = 0
            backing = 0
            while chosen < int(p.portfolio):
                best = -1
                for m in range(ideas.shape[0]):
                    if votes[m] < 2 or ideas[m].cost > cash or ideas[m].effort > time:
                        continue
                    seen = False
                    for k in range(chosen):
                        if package[k] == m:
                            seen = True
                    if not seen and (best < 0 or votes[m] > votes[best]):
                        best = m
                if best < 0:
                    break
                package[chosen] = best
                chosen += 1
                backing += votes[best]
                cash -= ideas[best].cost
                time -= ideas[best].effort
            if chosen > 1 and backing >= p.quorum * count - 1e-9:
                for k in range(chosen):
                    note(log, r, AGREED, -1, package[k])
                return True
            for k in range(package.shape[0]):
                package[k] = -1
        tolerance = 2.0 * mean_pair_trust(trust, present, n) * (p.tol0 + 0.5 * p.tol0 * r)
        for i in range(n):
            if present[i] == 0 or favourite[i] == front:
                continue
            loss = 0.0
            if worth[i, ideal[i]] > 0.0:
                loss = (worth[i, ideal[i]] - worth[i, front]) / worth[i, ideal[i]]
            draw = uniform(fold(fold(fold(key, JOIN), participants[i].key), r))
            if draw < logistic((tolerance - loss) / p.temperature):
                favourite[i] = front
                note(log, r, JOINS, i, front)
            elif outside[i] > worth[i, front]:
                here[i] = 0
                note(log, r, LEAVES, i, front)
            else:
                note(log, r, REFUSES, i, front)
    return False


@allocating
def settle_lead(
    participants, plain, outside, trust, idea_at, ideas, support, here, rules, setting, number, action, log
):
    """Step 5: who carries the solution; returns the outcome so far (LAUNCHED where there is a leader)."""
    p = rules[0]
    n = participants.shape[0]
    key = fold(fold(setting.key, number), 7 + idea_at)
    claims = np.zeros(n, dtype=np.int8)
    others = 0
    for i in range(n):
        if support[i] == 1 and able_to_lead(participants, i, ideas[idea_at], rules):
            claims[i] = 1
    if p.delegation > 0.0 and delegated(participants, support, n, ideas[idea_at], key, rules, claims):
        note(log, action[0].months, DELEGATES, -1, idea_at)
    for i in range(n):
        if claims[i] == 1 and participants[i].led == 0:
            others += 1
    if others > 0:
        for i in range(n):
            if participants[i].led == 1:
                claims[i] = 0
    count = 0
    for i in range(n):
        if claims[i] == 1:
            count += 1
            action[0].leader = i
            note(log, action[0].months, CLAIMS, i, idea_at)
    action[0].claimants = count
    if count == 0:
        carrier, neutrality = carrier_of(participants, here, claims, n, setting.carrier)
        if carrier == -2:
            action[0].leader = -2
            return NO_LEADER
        action[0].leader = carrier
        action[0].carried = 1
        note(log, action[0].months, CARRIES, carrier, idea_at)
        return LAUNCHED
    if count > 1:
        settled = False
        if p.lead_by_lot > 0.0:
            action[0].leader = by_lot(participants, claims, n, fold(key, LOT))
            settled = True
        if not settled and p.co_leadership > 0.0:
            action[0].leaders = share_the_lead(trust, claims, n, rules)
            if action[0].leaders > 0:
                action[0].leader = by_lot(participants, claims, n, fold(key, LOT))
                note(log, action[0].months, SHARES, action[0].leader, idea_at)
                settled = True
        rounds = 0
        while not settled and rounds < int(p.contest_max):
            carrier, neutrality = carrier_of(participants, here, claims, n, setting.carrier)
            if carrier > -2 and uniform(fold(fold(key, CARRY), rounds)) < neutrality:
                action[0].leader = carrier
                action[0].carried = 1
                note(log, action[0].months, CARRIES, carrier, idea_at)
                return LAUNCHED
            rounds += 1
            action[0].rounds += 1
            action[0].months += 1
            action[0].trust_lost += lose_trust(trust, claims, n, p.eta_c)
            left = 0
            lot = by_lot(participants, claims, n, fold(fold(key, LOT), rounds))
            for i in range(n):
                if claims[i] == 1:
                    dependence = 0.0
                    if plain[i, idea_at] > 0.0:
                        dependence = 1.0 - min(1.0, outside[i] / plain[i, idea_at])
                    draw = uniform(fold(fold(fold(key, CONCEDE), participants[i].key), rounds))
                    if draw < logistic((dependence - setting.rent - p.concede_offset) / p.concede_noise):
                        claims[i] = 0
                        note(log, action[0].months, CONCEDES, i, idea_at)
                    else:
                        left += 1
                        action[0].leader = i
            if left == 0:
                action[0].leader = lot
            settled = left < 2
            if not settled and p.arbitration > 0.0:
                action[0].leader, lost = arbitrate(participants, trust, claims, n, setting.convenor, rules)
                action[0].trust_lost += lost
                note(log, action[0].months, ARBITRATES, action[0].leader, idea_at)
                settled = True
        if not settled:
            action[0].leader = -2
            return CONTEST_FAILED
    note(log, action[0].months, LEADS, action[0].leader, idea_at)
    return LAUNCHED


@inline
def settle_purse(
    participants,
    salience,
    shared,
    objectives,
    benefits,
    trust,
    idea_at,
    ideas,
    support,
    rules,
    setting,
    number,
    action,
    log,
):
    """Steps 6 and 7: quarrels over a tight purse, then the launch at the depth of the largest mean E."""
    p = rules[0]
    n = participants.shape[0]
    idea = ideas[idea_at]
    key = fold(fold(setting.key, number), 7 + idea_at)
    members = 0
    for i in range(n):
        members += support[i]
    if members < 2:
        return LOST
    cash, time, union = purse_of(participants, support, n)
    tightness = 1.0
    if cash > 0.0 and time > 0.0 and p.phi > 0.0:
        tightness = min(1.0, max(idea.cost / (p.phi * cash), idea.effort / (p.phi * time)))
    action[0].tightness = tightness
    paid = False
    for q in range(int(p.contest_max)):
        if uniform(fold(fold(key, QUARREL), q)) >= p.rivalry * tightness:
            paid = True
            break
        action[0].quarrels += 1
        action[0].months += 1
        action[0].trust_lost += lose_trust(trust, support, n, p.eta_c)
        note(log, action[0].months, QUARRELS, -1, idea_at)
    if not paid:
        return PURSE_FAILED
    mean_trust = mean_pair_trust(trust, support, n)
    if mean_trust < p.tau_base:
        return LOST
    each = True
    for i in range(n):
        if support[i] == 1 and participants[i].capabilities & idea.capabilities == 0:
            each = False
    required = count_bits(idea.capabilities)
    covered = count_bits(idea.capabilities & union)
    deep = deepest(covered, each, required, union)
    scale = min(1.0, min(cash / idea.cost, time / idea.effort))
    if scale <= 0.0:
        return LOST
    gain = power(p.p_miss, np.float64(required - covered)) * idea.value * power(scale, p.gamma)
    domains = salience.shape[1]
    best = 0
    most = 0.0
    for y in range(1, deep + 1):
        if mean_trust < p.tau_base + (y - 1) * p.tau_step:
            break
        total = 0.0
        for i in range(n):
            if support[i] == 0:
                continue
            close = 0.0
            for j in range(n):
                if support[j] == 1 and j != i:
                    close += trust[i, j]
            close = close / (members - 1)
            brings = 0.0
            for o in range(4):
                if p.objectives == 0.0:
                    brings += benefits[y - 1, o]
                else:
                    brings += 4.0 * objectives[i, o] * benefits[y - 1, o]
            brings = brings * horizon(rules, participants[i].sphere, y)
            weight = domains * (
                setting.weight * shared[idea.domain] + (1.0 - setting.weight) * salience[i, idea.domain]
            )
            total += close * weight * gain * brings * participants[i].belief - participants[i].burden * y
        if best == 0 or total > most:
            best = y
            most = total
    action[0].depth = best
    action[0].scale = scale
    action[0].aboard = members
    for i in range(n):
        if support[i] == 1:
            participants[i].cash = max(0.0, participants[i].cash - idea.cost * scale * participants[i].cash / cash)
            participants[i].time = max(0.0, participants[i].time - idea.effort * scale * participants[i].time / time)
            participants[i].free -= 1
            if i == action[0].leader or (action[0].leaders >> np.uint64(i)) & np.uint64(1):
                participants[i].led = 1
    note(log, action[0].months, LAUNCHES, action[0].leader, idea_at)
    return LAUNCHED


@allocating
def deliberate(participants, salience, shared, objectives, benefits, trust, ideas, rules, settings, actions, log):
    """One forum: participants on the ideas of their perimeter.

    Parameters
    ----------
    participants : (n,) PARTICIPANT
        n <= 60; ``cash``, ``time``, ``free`` and ``led`` change as actions are launched.
    salience : (n, K) float64
        Own salience (sums to 1); ``shared`` (K,) is the perimeter's.
    objectives : (n, 4) float64; benefits : (4, 4) float64
    trust : (n, n) float64
        Trust of each pair, symmetric; falls by contests and quarrels.
    ideas : (M,) IDEA
        ``cost`` 0 marks an absent one.
    rules : (1,) RULES_DTYPE; settings : (1,) SETTING
    actions : (A,) ACTION
        Filled with what was sought, launched or failed, in order; actions[0] is the forum's own outcome.
    log : (L, 4) int64
        Protocol; L = 1 for none.

    Returns
    -------
    int
        Entries of ``actions`` that are filled (at least 1).
    """
    p = rules[0]
    setting = settings[0]
    n = participants.shape[0]
    library = ideas.shape[0]
    domains = salience.shape[1]
    worth = np.zeros((n, library))
    plain = np.zeros((n, library))
    outside = np.zeros(n)
    favourite = np.zeros(n, dtype=np.int64)
    on_agenda = np.zeros(library, dtype=np.int8)
    done = np.zeros(library, dtype=np.int8)
    here = np.zeros(n, dtype=np.int8)
    support = np.zeros(n, dtype=np.int8)
    able = np.zeros(n, dtype=np.int8)
    package = np.zeros(10, dtype=np.int64)
    package[:] = -1
    filled = 0
    launched = 0
    number = 0
    while launched < setting.actions and filled < actions.shape[0]:
        action = actions[filled : filled + 1]
        action[0].leader = -2
        action[0].idea = -1
        action[0].outcome = INFEASIBLE
        for i in range(n):
            here[i] = 1 if participants[i].free > 0 else 0
            able[i] = 0
            outside[i] = 0.0
        cash, time, union = purse_of(participants, here, n)
        feasible = 0
        for m in range(library):
            on_agenda[m] = 0
            if ideas[m].cost <= 0.0 or done[m] == 1:
                continue
            if (
                ideas[m].cost <= p.phi * cash
                and ideas[m].effort <= p.phi * time
                and ideas[m].capabilities & ~union == 0
            ):
                on_agenda[m] = 1
                feasible += 1
                note(log, 0, ON_AGENDA, -1, m)
        action[0].feasible = feasible
        filled += 1
        if feasible == 0:
            note(log, 0, FAILS, -1, INFEASIBLE)
            break
        action[0].reached = 1
        for i in range(n):
            favourite[i] = -1
            if here[i] == 0:
                continue
            for m in range(library):
                if ideas[m].cost <= 0.0:
                    continue
                weight = domains * (
                    setting.weight * shared[ideas[m].domain] + (1.0 - setting.weight) * salience[i, ideas[m].domain]
                )
                plain[i, m] = weight * ideas[m].value
                worth[i, m] = plain[i, m]
                if able_to_lead(participants, i, ideas[m], rules):
                    worth[i, m] = plain[i, m] + setting.rent * ideas[m].value
                    if on_agenda[m] == 1:
                        able[i] = 1
                if on_agenda[m] == 1 and (favourite[i] < 0 or worth[i, m] > worth[i, favourite[i]]):
                    favourite[i] = m
                if (
                    p.outside_option > 0.0
                    and plain[i, m] > outside[i]
                    and ideas[m].cost <= p.phi * participants[i].cash
                    and ideas[m].effort <= p.phi * participants[i].time
                    and ideas[m].capabilities & ~participants[i].capabilities == 0
                ):
                    outside[i] = plain[i, m]
            action[0].able += able[i]
        agreed = seek_agreement(
            participants,
            worth,
            plain,
            outside,
            trust,
            ideas,
            on_agenda,
            favourite,
            here,
            package,
            rules,
            setting,
            number,
            action,
            log,
        )
        action[0].months = action[0].meetings
        if not agreed:
            action[0].outcome = NO_AGREEMENT
            note(log, action[0].months, FAILS, -1, NO_AGREEMENT)
            break
        action[0].reached = 2
        first_month = action[0].meetings
        first = True
        failed = False
        for k in range(package.shape[0]):
            at = package[k]
            if at < 0 or filled > actions.shape[0]:
                break
            if not first:
                if filled >= actions.shape[0]:
                    break
                action = actions[filled : filled + 1]
                filled += 1
                action[0].feasible = feasible
                action[0].meetings = first_month
                action[0].months = first_month
                action[0].reached = 2
                action[0].leader = -2
            action[0].idea = at
            done[at] = 1
            for i in range(n):
                support[i] = 1 if here[i] == 1 and favourite[i] == at and participants[i].joins <= first_month else 0
                if participants[i].free <= 0:
                    support[i] = 0
            cash, time, union = purse_of(participants, here, n)
            outcome = LOST
            if (
                ideas[at].cost <= p.phi * cash
                and ideas[at].effort <= p.phi * time
                and ideas[at].capabilities & ~union == 0
            ):
                outcome = settle_lead(
                    participants, plain, outside, trust, at, ideas, support, here, rules, setting, number, action, log
                )
                if outcome == LAUNCHED:
                    action[0].reached = 3
                    if action[0].leader >= 0:
                        support[action[0].leader] = 1
                    outcome = settle_purse(
                        participants,
                        salience,
                        shared,
                        objectives,
                        benefits,
                        trust,
                        at,
                        ideas,
                        support,
                        rules,
                        setting,
                        number,
                        action,
                        log,
                    )
            action[0].outcome = outcome
            bits = np.uint64(0)
            for i in range(n):
                if support[i] == 1:
                    bits = bits | (np.uint64(1) << np.uint64(i))
            action[0].supporters = bits
            if outcome == LAUNCHED:
                action[0].reached = 4
                launched += 1
            else:
                note(log, action[0].months, FAILS, -1, outcome)
                failed = True
            first = False
        number += 1
        if failed:
            break
    return filled


@allocating
def deliberate_many(
    participants, salience, shared, objectives, benefits, trust, ideas, rules, settings, outcomes, low, high
):
    """Forums low to high - 1, each with its own participants, ideas and setting (first axes); writes ``outcomes`` (F,)."""
    log = np.zeros((1, 4), dtype=np.int64)
    actions = np.zeros(10, dtype=ACTION)
    blank = np.zeros(10, dtype=ACTION)
    for f in range(low, high):
        for a in range(blank.shape[0]):  # a slice would bring words for arrays that do not fit: seconds of compiling
            actions[a] = blank[a]
        deliberate(
            participants[f],
            salience[f],
            shared[f],
            objectives[f],
            benefits,
            trust[f],
            ideas[f],
            rules,
            settings[f : f + 1],
            actions,
            log,
        )
        outcomes[f] = actions[0]
