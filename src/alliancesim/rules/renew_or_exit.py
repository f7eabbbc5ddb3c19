"""Phase 8: alliances end, are renewed, take in a member (SPEC section 3, renew_or_exit)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import ending
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.execute import in_keyed_order
from alliancesim.rules.extensions import demography
from alliancesim.rules.world import World, digest_of

_STREAMS = np.array([STREAMS[s] for s in ("exit", "renew", "seek", "recruited")])


def renew_or_exit(world: World) -> int:
    """Hazard hazard0 * exp(-quality); renewal at each term; recruitment where a capability or a share of the year is lacking."""
    state = world.state
    due = np.zeros(len(state.active), dtype=np.int32)
    number = ending.reviews_due(state.alliances, state.active, state.rules, _STREAMS, state.seed, state.month, due)
    due = in_keyed_order(world, due[:number], "exit")
    state.reserve(memberships=len(due))
    state.n_memberships, ended, recruits, digest = ending.end_or_go_on(
        state.organisations,
        state.salience,
        state.objectives,
        world.benefits,
        state.ties,
        state.slots,
        state.perimeter_need,
        state.alliances,
        state.memberships,
        state.n_memberships,
        due,
        state.fade,
        state.rules,
        _STREAMS,
        state.seed,
        state.month,
    )
    world.count("ends", ended)
    world.count("recruits", recruits)
    state.refresh_active()
    closed = demography.renew_population(world) if "demography" in world.on else 0
    return digest_of([digest, closed])
