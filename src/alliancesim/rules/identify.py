"""Phase 9: alliances become known (SPEC section 3, identify)."""

from __future__ import annotations

from alliancesim.kernels import ending
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.world import World, digest_of


def identify(world: World) -> int:
    """An alliance becomes known with a small probability a month (a diagnosis makes those of its perimeter known)."""
    state = world.state
    return digest_of(
        [ending.become_known(state.alliances, state.active, state.rules, STREAMS["identify"], state.seed, state.month)]
    )
