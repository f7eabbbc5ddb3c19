"""Phase 6: dialogue becomes experiment, years are paid for, results are drawn (SPEC section 3, execute)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import execution
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.extensions import relief
from alliancesim.rules.world import World, digest_of


def execute(world: World) -> int:
    """Three months of dialogue, then years that are pooled in proportion to slack and end in a success or a failure."""
    state, space = world.state, world.state.space
    state.refresh_active()
    for animator in world.animators:
        animator.accompany_alliances(world)
    due = np.zeros(len(state.active), dtype=np.int32)
    number = execution.years_due(
        state.alliances, state.active, float(state.rules[0]["dialogue_months"]), state.month, due
    )
    due = in_keyed_order(world, due[:number], "success")
    funds = [animator for animator in world.animators if animator.stands("fund")]
    purse = np.zeros(4)
    if funds:
        # several funds give together, each in proportion to its money
        purse[0], purse[1] = sum(one.fund for one in funds), max(one.ceiling for one in funds)
    before = float(purse[0])
    digest = execution.run_year(
        state.organisations,
        state.anchoring,
        state.cells,
        state.perimeters,
        state.need,
        state.relief,
        state.perimeter_need,
        state.alliances,
        state.memberships,
        due,
        space.near,
        space.changes,
        space.whole,
        purse,
        bool(funds),
        state.rules,
        STREAMS["success"],
        state.seed,
        state.month,
    )
    relief.relieve(world, due)
    unit = float(state.rules[0]["keur_per_unit"])
    if funds:
        for one in funds:
            one.fund *= float(purse[0]) / before if before > 0.0 else 0.0
        world.count("tickets_keur", purse[2] * unit)
    world.count("purchases_keur", purse[3] * unit)
    return digest_of([digest])


def in_keyed_order(world: World, rows: np.ndarray, stream: str) -> np.ndarray:
    """Alliances by keyed priority: who comes first where two draw on one member."""
    state = world.state
    priority = np.zeros(len(rows), dtype=np.uint64)
    execution.priorities(state.alliances, rows, state.seed, STREAMS[stream], state.month, priority)
    return rows[np.argsort(priority, kind="stable")]
