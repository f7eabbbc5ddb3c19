"""Participants of a forum taken together: their trust, their purse, who can lead or carry."""

from __future__ import annotations

from alliancesim.kernels.compile import inline
from alliancesim.kernels.keyed import fold, uniform


@inline
def mean_pair_trust(trust, who, n):
    """Mean trust over pairs of the participants whose ``who`` is 1; 0 without pairs."""
    total = 0.0
    pairs = 0
    for i in range(n):
        if who[i] == 1:
            for j in range(i + 1, n):
                if who[j] == 1:
                    total += trust[i, j]
                    pairs += 1
    if pairs == 0:
        return 0.0
    return total / pairs


@inline
def lose_trust(trust, who, n, loss):
    """Multiplies trust between participants whose ``who`` is 1 by (1 - loss); returns what was lost."""
    lost = 0.0
    for i in range(n):
        if who[i] == 1:
            for j in range(i + 1, n):
                if who[j] == 1:
                    fall = loss * trust[i, j]
                    trust[i, j] -= fall
                    trust[j, i] = trust[i, j]
                    lost += fall
    return lost


@inline
def able_to_lead(participants, i, idea, rules):
    """Slack of lambda * cost (cash and time) and structuration enough."""
    p = rules[0]
    return (
        participants[i].cash >= p.lead_slack * idea.cost
        and participants[i].time >= p.lead_slack * idea.effort
        and participants[i].structuration >= p.lead_structuration
    )


@inline
def purse_of(participants, who, n):
    """Cash and time of the participants whose ``who`` is 1, and the union of their capabilities."""
    cash = 0.0
    time = 0.0
    union = 0
    for i in range(n):
        if who[i] == 1:
            cash += participants[i].cash
            time += participants[i].time
            union = union | participants[i].capabilities
    return cash, time, union


@inline
def carrier_of(participants, here, claims, n, animator):
    """Most neutral carrier present that does not claim the lead: (participant or -1 for the animator, neutrality)."""
    best = -2
    most = 0.0
    if animator > 0.0:
        best = -1
        most = animator
    for i in range(n):
        if here[i] == 1 and claims[i] == 0 and participants[i].neutrality > most:
            best = i
            most = participants[i].neutrality
    return best, most


@inline
def by_lot(participants, claims, n, key):
    """The claimant with the smallest keyed number."""
    best = -1
    least = 2.0
    for i in range(n):
        if claims[i] == 1:
            draw = uniform(fold(key, participants[i].key))
            if best < 0 or draw < least:
                best = i
                least = draw
    return best
