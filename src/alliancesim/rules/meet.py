"""Phase 3: organisations meet (SPEC section 3, meet)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import ORIGINS
from alliancesim.kernels import meeting
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.world import INSTITUTIONAL, World, digest_of
from alliancesim.state.tables import MEETING

_STREAMS = np.array([STREAMS[s] for s in ("meetings", "partner", "border", "distance", "closure")])
ENCOUNTER, EVENT = ORIGINS.index("encounter"), ORIGINS.index("event")


def meet(world: World) -> int:
    """Poisson meetings of the willing and engaged, introductions by mediators, tables of matchmaking events.

    A meeting raises mutual openness, lifts the tie to at least the base trust, and exposes a naive organisation. Openness
    decays to its start.
    """
    state = world.state
    p = state.rules[0]
    start, decay = 1.0 - float(p["prejudice"]), float(p["openness_decay"])
    world.by_blocks(lambda low, high: meeting.relax_openness(state.organisations, low, high, start, decay))
    found = [sought(world)]
    for animator in world.animators:
        found.append(animator.introductions(world))
    found.extend(world.event_meetings)
    meetings = np.concatenate(found)
    priority = np.zeros(len(meetings), dtype=np.uint64)
    meeting.priorities(state.organisations, meetings, state.seed, STREAMS["priority"], state.month, priority)
    order = np.argsort(priority, kind="stable")
    order = order[: meeting.unique_pairs(meetings, priority, order)]
    state.meetings = meetings[order]
    cell, reported = state.organisations["cell"], state.cells["reported"]
    ours = reported[cell[state.meetings["a"]]] | reported[cell[state.meetings["b"]]]
    world.count("meetings", float(ours.sum()))
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


def sought(world: World) -> np.ndarray:
    """Meetings that organisations seek by themselves."""
    state, space = world.state, world.state.space

    def work(low: int, high: int) -> np.ndarray:
        room = 64 + (high - low) // 4
        while True:
            met = np.zeros((room, 2), dtype=np.int32)
            number = meeting.seek(
                state.organisations,
                low,
                high,
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
            if number <= room:
                return met[:number]
            room = number

    return as_meetings(np.concatenate(world.by_blocks(work)), ENCOUNTER, -1, 0.0)


def geometry(space: Any) -> tuple[np.ndarray, ...]:
    """Tables from which a partner is drawn."""
    return (
        space.squares,
        space.blocks,
        space.part_of_block,
        space.part_mass,
        space.organisation_mass,
        space.least,
        space.cumulated,
    )


def as_meetings(pairs: np.ndarray, origin: int, animator: int, trust: float) -> np.ndarray:
    """Records of meetings from pairs of rows."""
    result = np.zeros(len(pairs), dtype=MEETING)
    result["a"], result["b"] = pairs[:, 0], pairs[:, 1]
    result["origin"], result["animator"], result["trust"] = origin, animator, trust
    return result
