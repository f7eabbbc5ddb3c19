"""Local mediators in deprived cells (SPEC section 3, Levers; SOURCE M57)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import ASSOCIATION
from alliancesim.kernels import meeting
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.assembly import ranked
from alliancesim.rules.levers.events import EVENT, lever_key
from alliancesim.rules.meet import as_meetings, geometry
from alliancesim.rules.world import World


def choose(world: World, animator: Any, count: int) -> np.ndarray:
    """Mediators: associations drawn from the most deprived cells' own organisations."""
    state = world.state
    rows = animator.rows
    rows = rows[state.organisations["sphere"][rows] == ASSOCIATION]
    share = state.cells["deprived"][state.organisations["cell"][rows]]
    order = ranked(world, rows, share**2, lever_key(world, animator, STREAMS["mediator"], 0))
    chosen = order[:count]
    animator.book.add(chosen)
    return chosen[state.cells["deprived"][state.organisations["cell"][chosen]] > 0.0].astype(np.int64)


def introduce(world: World, animator: Any) -> np.ndarray:
    """Meetings of pairs that mediators introduce: no institutional distance, trust at least ``broker_trust``."""
    state = world.state
    room = 64 + 64 * len(animator.mediator_rows)
    while True:
        met = np.zeros((room, 2), dtype=np.int32)
        number = meeting.introduce(
            state.organisations,
            animator.mediator_rows,
            state.cells,
            *geometry(state.space),
            state.rules,
            STREAMS["mediate"],
            state.seed,
            state.month,
            met,
        )
        if number <= room:
            break
        room = number
    return as_meetings(met[:number], EVENT, animator.number, float(state.rules[0]["broker_trust"]))
