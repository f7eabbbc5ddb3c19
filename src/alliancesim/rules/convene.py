"""Phase 4: forums are convened, by animators or by well-structured organisations (SPEC sections 3 and 4)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import gathering
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.assembly import Call
from alliancesim.rules.extensions import replication
from alliancesim.rules.forums import hold_forum
from alliancesim.rules.world import NEUTRALITY, World, digest_of


def convene(world: World) -> int:
    """Diagnoses and forums of animators, then spontaneous forums, each resolved from this month's state."""
    state = world.state
    digests: list[int] = []
    before = state.n_alliances
    for animator in world.animators:
        digests.extend(animator.convene(world))
    for row in spontaneous_convenors(world):
        kind = int(state.organisations["kind"][row])
        perimeter = int(state.cells["perimeter"][state.organisations["cell"][row]])
        call = Call(
            perimeter=perimeter,
            convenor=int(row),
            neutrality=float(NEUTRALITY[kind]),
            inhabitants="inhabitants" in world.on,
        )
        digests.append(hold_forum(world, call))
    if state.solutions.size:
        replication.note_repeats(world, before)
    return digest_of(digests)


def spontaneous_convenors(world: World) -> np.ndarray:
    """Rows of those that convene a forum this month, by the priority of their identity."""
    state = world.state

    def work(low: int, high: int) -> np.ndarray:
        room = 64
        while True:
            rows = np.zeros(room, dtype=np.int64)
            number = gathering.convenors(
                state.organisations,
                state.cells,
                low,
                high,
                state.rules,
                STREAMS["convene"],
                state.seed,
                state.month,
                rows,
            )
            if number <= room:
                return rows[:number]
            room = number

    rows = np.unique(np.concatenate(world.by_cells(work)))
    return rows[np.argsort(state.organisations["key"][rows], kind="stable")]
