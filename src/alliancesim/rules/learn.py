"""Phase 7: results change trust, structuration and openness (SPEC section 3, learn)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import learning
from alliancesim.rules.execute import in_keyed_order
from alliancesim.rules.extensions.funding_mode import change_initiative
from alliancesim.rules.world import World, digest_of


def learn(world: World) -> int:
    """Trust += eta_plus (1 - trust) on success, -= eta_minus trust on failure; structuration learns from success.

    Unused trust moves toward the pair's base trust; that is computed when a tie is next read (same value, no monthly pass).
    """
    state = world.state
    p = state.rules[0]
    for animator in world.animators:
        animator.accompany_organisations(world)
    rate = float(p["learning"])
    if any(animator.stands("evaluation") for animator in world.animators):
        rate = min(1.0, rate * float(p["evaluation_learning"]))
    rows = np.zeros(len(state.active), dtype=np.int32)
    number = learning.with_result(state.alliances, state.active, rows)
    rows = in_keyed_order(world, rows[:number], "success")
    digest = learning.learn_from_results(
        state.organisations,
        state.ties,
        state.slots,
        state.alliances,
        state.memberships,
        rows,
        state.rules,
        rate,
    )
    if "funding_mode" in world.on:
        change_initiative(world, rows)
    return digest_of([digest])
