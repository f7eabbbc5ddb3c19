"""Phase 2: exposures and testimonies make naive organisations willing (SPEC section 3, raise_awareness)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import awareness, space
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.extensions.supply_links import expose_suppliers
from alliancesim.rules.world import World, digest_of


def raise_awareness(world: World) -> int:
    """P(naive -> willing) = 1 - (1 - p_aware) ** exposures * (1 - q_peer) ** testimonies.

    Events of animators come first: their attendees are exposed and hear a testimony. What anyone hears, of success or of
    failure, updates its belief.
    """
    world.event_meetings.clear()
    for animator in world.animators:
        animator.hold_events(world)
    if "supply_links" in world.on:
        expose_suppliers(world)
    fade(world)
    return digest_of([*expose(world), *hear_of_it(world), *hear_peers(world)])


def fade(world: World) -> None:
    """Beliefs fade, and openness returns toward its start (SPEC has that under ``meet``; nothing reads it in between)."""
    state = world.state
    p = state.rules[0]
    kept, start, decay = 1.0 - float(p["belief_fade"]), 1.0 - float(p["prejudice"]), float(p["openness_decay"])
    world.by_blocks(lambda low, high: awareness.fade(state.organisations, low, high, kept, start, decay))


def expose(world: World) -> list[int]:
    """Exposures by last month's meetings, by this month's events, federations and clients."""
    state = world.state
    rows = np.zeros(2 * len(state.meetings) + 64, dtype=np.int64)
    number = awareness.with_pending(state.pending, rows)
    if number > len(rows):  # meetings that a hook made are not in the list
        rows = np.zeros(number, dtype=np.int64)
        awareness.with_pending(state.pending, rows)
    rows = rows[:number]
    if world.exposed:
        rows = np.unique(np.concatenate([rows, *world.exposed]))
        world.exposed.clear()
    return world.by_blocks(
        lambda low, high: awareness.expose(
            state.organisations,
            rows[low:high],
            state.pending,
            world.told,
            world.exposures,
            state.rules,
            STREAMS["aware"],
            state.seed,
            state.month,
        ),
        len(rows),
    )


def hear_of_it(world: World) -> list[int]:
    """Exposures that everyone has without any lever."""
    state = world.state
    return world.by_cells(
        lambda low, high: awareness.hear_of_it(
            state.organisations, state.cells, low, high, state.rules, STREAMS["background"], state.seed, state.month
        )
    )


def hear_peers(world: World) -> list[int]:
    """Testimonies of peers nearby; of all of them where an animator keeps a bank of experiments."""
    state, here = world.state, world.state.space
    space.sum_experience(here.changes, here.finished, here.experiments, here.failed)
    bank = any(animator.stands("bank") for animator in world.animators)
    return world.by_cells(
        lambda low, high: awareness.hear_peers(
            state.organisations,
            state.cells,
            low,
            high,
            here.peers,
            here.finished,
            here.experiments,
            here.failed,
            here.whole,
            bank,
            state.rules,
            STREAMS["hear"],
            state.seed,
            state.month,
        )
    )
