"""Phase 2: exposures and testimonies make naive organisations willing (SPEC section 3, raise_awareness)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import awareness
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.extensions.supply_links import expose_suppliers
from alliancesim.rules.world import World, digest_of

_STREAMS = np.array([STREAMS[s] for s in ("aware", "hear_success", "hear_failure")])


def raise_awareness(world: World) -> int:
    """P(naive -> willing) = 1 - (1 - p_aware) ** exposures * (1 - q_peer) ** testimonies.

    Events of animators come first: their attendees are exposed and hear a testimony. What anyone hears, of success or of
    failure, updates its belief.
    """
    state = world.state
    world.told[:] = 0
    world.exposures[:] = 0.0
    world.event_meetings.clear()
    for animator in world.animators:
        animator.hold_events(world)
    if "supply_links" in world.on:
        expose_suppliers(world)
    bank = any(animator.stands("bank") for animator in world.animators)
    space = state.space
    return digest_of(
        world.by_blocks(
            lambda low, high: awareness.hear(
                state.organisations,
                low,
                high,
                state.cells,
                space.peers,
                space.finished,
                space.experiments,
                space.failed,
                space.whole,
                bank,
                state.pending,
                world.told,
                world.exposures,
                state.rules,
                _STREAMS,
                state.seed,
                state.month,
            )
        )
    )
