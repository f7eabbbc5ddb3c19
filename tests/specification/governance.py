"""Governance of the lead (specification, section 5): delegated, shared, arbitrated."""

from __future__ import annotations

from alliancesim.catalogue import ASSOCIATION, COLLECTIVITY

from .numbers import fold, uniform

DELEGATE = 65


def delegated(forum, key: int, action) -> list | None:
    """With probability ``delegation`` the collectivities that support an idea leave its lead to associations, which then need
    ``delegation_slack`` of the slack of a leader; the claimants, or None where nothing is delegated."""
    p, idea = forum.p, action.idea
    asked = any(x.one.sphere == COLLECTIVITY for x in action.supporters)
    if p.delegation == 0.0 or not asked or uniform(fold(key, DELEGATE)) >= p.delegation:
        return None
    least = p.lead_slack * p.delegation_slack

    def enough(x) -> bool:
        return (
            x.one.sphere == ASSOCIATION
            and x.cash >= least * idea.cost
            and x.time >= least * idea.effort
            and x.one.structuration >= p.lead_structuration
        )

    if not any(enough(x) for x in action.supporters):
        return None
    forum.world.seen["delegated to associations"] += 1
    return [x for x in action.supporters if x.one.sphere != COLLECTIVITY and (forum.can_lead(x, idea) or enough(x))]


def shared(forum, claimants: list) -> bool:
    """Whether every pair of claimants trusts each other by ``co_lead_trust`` or more."""
    p = forum.p
    if p.co_leadership == 0.0:
        return False
    agreed = all(
        forum.trust[x.one, y.one] >= p.co_lead_trust for n, x in enumerate(claimants) for y in claimants[n + 1 :]
    )
    forum.world.seen["shared lead"] += agreed
    return agreed


def arbitrated(forum, claimants: list, convenor):
    """After the first contested round the convenor takes the lead that it claims, else gives it to the claimant of most structuration;
    the others' trust in it falls by ``arbitration_loss``."""
    chosen = convenor if convenor in claimants else min(claimants, key=lambda x: (-x.one.structuration, x.one.key))
    for x in claimants:
        if x is not chosen and convenor is not None and x is not convenor:
            trust = forum.trust[x.one, convenor.one]
            left = trust - forum.p.arbitration_loss * trust
            forum.trust[x.one, convenor.one] = forum.trust[convenor.one, x.one] = left
    forum.world.seen["arbitrated"] += 1
    return chosen
