"""Phase 5: pairs that met weigh a project (SPEC section 3, propose)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import proposal
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.extensions import replication
from alliancesim.rules.world import World, digest_of

_STREAMS = np.array([STREAMS[s] for s in ("proposer", "accept", "priority")])


def propose(world: World) -> int:
    """Pairs of different spheres that met this month, both willing or engaged, with free load, not already allied.

    They weigh the first proposer's best idea at each depth that trust and capabilities allow, take the depth of the largest
    joint expectation, and both accept by a logistic; one new alliance an organisation and month, by keyed priority.
    """
    state = world.state
    meetings = state.meetings
    if not len(meetings):
        return 0
    order = np.arange(len(meetings))
    choice = np.zeros((len(meetings), 4), dtype=np.int32)
    world.by_blocks(
        lambda low, high: proposal.weigh(
            state.organisations,
            state.salience,
            state.objectives,
            world.benefits,
            world.initiative,
            world.knows,
            state.ties,
            state.slots,
            state.cells,
            state.perimeter_need,
            state.ideas,
            state.alliances,
            state.memberships,
            meetings,
            order,
            low,
            high,
            state.fade,
            state.rules,
            _STREAMS,
            state.seed,
            state.month,
            choice,
        ),
        len(meetings),
    )
    accepted = int((choice[:, 0] >= 0).sum())
    state.reserve(alliances=accepted, memberships=2 * accepted)
    before = state.n_alliances
    state.n_alliances, state.n_memberships, digest = proposal.found_pairs(
        state.organisations,
        state.ties,
        state.slots,
        state.cells,
        state.ideas,
        state.alliances,
        state.memberships,
        state.n_alliances,
        state.n_memberships,
        meetings,
        order,
        choice,
        state.taken,
        state.fade,
        state.rules,
        _STREAMS,
        state.seed,
        state.month,
    )
    world.count("births", state.n_alliances - before)
    if state.solutions.size:
        replication.note_repeats(world, before)
    return digest_of([digest])
