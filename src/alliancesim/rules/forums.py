"""A forum from its call to its outcome: a plenary, or one deliberation of those invited (SPEC section 4)."""

from __future__ import annotations

from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.assembly import Call, Ground, forum_key, ground_of, invite, remember
from alliancesim.rules.deliberation import deliberate
from alliancesim.rules.keys import fold
from alliancesim.rules.plenary import hold_plenary
from alliancesim.rules.world import World


def hold_forum(world: World, call: Call, ground: Ground | None = None) -> int:
    """Invite, deliberate, launch.

    Parameters
    ----------
    ground : Ground, optional
        Where it is not the call's perimeter (extension perimeters).

    Returns
    -------
    int
        Digest.
    """
    ground = ground or ground_of(world, call.perimeter)
    key = forum_key(world, call)
    if call.plenary:
        return hold_plenary(world, call, ground, key)
    rows = invite(world, call, ground, fold(key, STREAMS["invite"]))
    remember(world, call, rows)
    return deliberate(world, call, ground, key, rows, ground.library, {"invited": len(rows), "seats": len(rows)})
