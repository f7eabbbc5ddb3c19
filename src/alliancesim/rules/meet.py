"""Phase 3: organisations meet (SPEC section 3, meet)."""

from __future__ import annotations

import numpy as np

from alliancesim.catalogue import ORIGINS
from alliancesim.kernels import meeting
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.world import INSTITUTIONAL, World, digest_of
from alliancesim.state.tables import MEETING, Space

_STREAMS = np.array([STREAMS[s] for s in ("border", "distance")])
ENCOUNTER, EVENT = ORIGINS.index("encounter"), ORIGINS.index("event")


def meet(world: World) -> int:
    """Poisson meetings of the willing and engaged, introductions by mediators, tables of matchmaking events.

    A meeting raises mutual openness, lifts the tie to at least the base trust, and exposes a naive organisation. Openness
    has decayed to its start already (:func:`alliancesim.rules.raise_awareness.fade`).
    """
    state = world.state
    found = [sought(world)]
    for animator in world.animators:
        found.append(animator.introductions(world))
    found.extend(world.event_meetings)
    meetings = np.concatenate(found)
    priority = np.zeros(len(meetings), dtype=np.uint64)
    world.by_blocks(
        lambda low, high: meeting.priorities(
            state.organisations, meetings[low:high], state.seed, STREAMS["priority"], state.month, priority[low:high]
        ),
        len(meetings),
    )
    order = np.argsort(priority, kind="stable")
    order = order[: meeting.unique_pairs(meetings, priority, order)]
    state.meetings = meetings[order]
    world.count("meetings", float(len(order) if world.whole else _on_the_place(world)))
    return digest_of(
        [
            meeting.settle(
                state.organisations,
                state.ties,
                state.slots,
                state.meetings,
                np.arange(len(order)),
                state.pending,
                state.fade,
                state.rules,
                state.month,
            )
        ]
    )


def _on_the_place(world: World) -> int:
    """Meetings of this month with one of the two in a reported cell."""
    state = world.state
    cell, reported = state.organisations["cell"], state.cells["reported"]
    return int((reported[cell[state.meetings["a"]]] | reported[cell[state.meetings["b"]]]).sum())


def sought(world: World) -> np.ndarray:
    """Meetings that organisations seek by themselves."""
    state, space = world.state, world.state.space

    def work(low: int, high: int) -> np.ndarray:
        room = 64 + (int(state.cells["high"][high - 1]) - int(state.cells["low"][low])) // 8
        while True:
            turn, keys = np.zeros(room, dtype=np.int32), np.zeros(room, dtype=np.uint64)
            number = meeting.turns(
                state.cells,
                space.organisation_mass,
                low,
                high,
                STREAMS["meetings"],
                state.seed,
                state.month,
                turn,
                keys,
            )
            if number <= room:
                break
            room = number
        met = np.zeros((number, 2), dtype=np.int32)
        found = meeting.seek(
            state.organisations,
            turn[:number],
            keys[:number],
            state.cells,
            *geometry(space),
            INSTITUTIONAL,
            state.alliances,
            state.memberships,
            state.rules,
            _STREAMS,
            state.seed,
            state.month,
            met,
        )
        return met[:found]

    return as_meetings(np.concatenate(world.by_cells(work)), ENCOUNTER, -1, 0.0)


def geometry(space: Space) -> tuple[np.ndarray, ...]:
    """Tables from which a partner is drawn."""
    return (
        space.squares,
        space.blocks,
        space.part_of_block,
        space.part_mass,
        space.organisation_mass,
        space.boxes,
        space.cumulated,
        space.guide,
    )


def as_meetings(pairs: np.ndarray, origin: int, animator: int, trust: float) -> np.ndarray:
    """Records of meetings from pairs of rows."""
    result = np.zeros(len(pairs), dtype=MEETING)
    result["a"], result["b"] = pairs[:, 0], pairs[:, 1]
    result["origin"], result["animator"], result["trust"] = origin, animator, trust
    return result
