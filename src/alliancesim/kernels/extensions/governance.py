"""Governance of the lead: delegated, shared, arbitrated (SPEC section 5, governance; SOURCE M70, M80)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline
from alliancesim.kernels.forum_people import able_to_lead
from alliancesim.kernels.keyed import fold, uniform

ASSOCIATION, COLLECTIVITY = 0, 2
DELEGATE = 65  # stream, as in keyed.STREAMS


@inline
def delegated(participants, support, n, idea, key, rules, claims):
    """Whether a collectivity that supports the idea gives its lead to associations; writes ``claims``.

    With probability ``delegation`` collectivities do not claim, and associations claim with ``delegation_slack`` of the slack
    that a leader needs. Without such an association nothing is delegated.
    """
    p = rules[0]
    asked = False
    for i in range(n):
        if support[i] == 1 and participants[i].sphere == COLLECTIVITY:
            asked = True
    if not asked or uniform(fold(key, DELEGATE)) >= p.delegation:
        return False
    least = p.lead_slack * p.delegation_slack
    found = False
    for i in range(n):
        if (
            support[i] == 1
            and participants[i].sphere == ASSOCIATION
            and participants[i].cash >= least * idea.cost
            and participants[i].time >= least * idea.effort
            and participants[i].structuration >= p.lead_structuration
        ):
            found = True
    if not found:
        return False
    for i in range(n):
        claims[i] = 0
        if support[i] == 1 and participants[i].sphere != COLLECTIVITY:
            if able_to_lead(participants, i, idea, rules) or (
                participants[i].sphere == ASSOCIATION
                and participants[i].cash >= least * idea.cost
                and participants[i].time >= least * idea.effort
                and participants[i].structuration >= p.lead_structuration
            ):
                claims[i] = 1
    return True


@inline
def share_the_lead(trust, claims, n, rules):
    """The claimants as bits where every pair of them trusts each other by ``co_lead_trust`` or more, else 0."""
    least = rules[0].co_lead_trust
    bits = np.uint64(0)
    for i in range(n):
        if claims[i] == 1:
            bits = bits | (np.uint64(1) << np.uint64(i))
            for j in range(i + 1, n):
                if claims[j] == 1 and trust[i, j] < least:
                    return np.uint64(0)
    return bits


@inline
def arbitrate(participants, trust, claims, n, convenor, rules):
    """The claimant that the convenor decides for, and the trust lost; writes ``trust`` and ``claims``.

    The convenor takes the lead where it claims it, else gives it to the claimant of most structuration (then of the lower key).
    Where the convenor takes part, the others' trust in it falls by ``arbitration_loss``.
    """
    p = rules[0]
    best = -1
    for i in range(n):
        if claims[i] == 1 and (
            best < 0
            or participants[i].structuration > participants[best].structuration
            or (
                participants[i].structuration == participants[best].structuration
                and participants[i].key < participants[best].key
            )
        ):
            best = i
    if convenor >= 0 and claims[convenor] == 1:
        best = convenor
    lost = 0.0
    for i in range(n):
        if claims[i] == 1 and i != best:
            claims[i] = 0
            if convenor >= 0 and i != convenor:
                fall = p.arbitration_loss * trust[i, convenor]
                trust[i, convenor] -= fall
                trust[convenor, i] = trust[i, convenor]
                lost += fall
    return best, lost
