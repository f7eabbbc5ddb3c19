"""What a territory lived through before month 0: reputation and earlier alliances (SPEC 1.4; SOURCE M20)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import ORIGINS
from alliancesim.kernels import founding
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.assembly import ranked
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.renew_means import renew_means
from alliancesim.rules.world import World


def apply_history(world: World, history: Any) -> None:
    """Testimonies heard before month 0, and earlier alliances: pairs of one perimeter and of different spheres, depth 1.

    Parameters
    ----------
    history : HistoryConfig
        ``successes0``, ``failures0`` (testimonies heard by everyone) and ``earlier_alliances_per_1000`` organisations.
    """
    state = world.state
    state.organisations["successes"] = float(history.successes0)
    state.organisations["failures"] = float(history.failures0)
    number = round(float(history.earlier_alliances_per_1000) * state.n_organisations / 1000.0)
    if number == 0:
        return
    state.month = 0
    renew_means(world)
    key = stream_key(state.seed, STREAMS["earlier"], 0)
    rows = np.arange(state.n_organisations)
    order = ranked(world, rows, state.sizes(rows), fold(key, 0))
    founded = 0
    for i in order:
        if founded >= number:
            break
        if state.organisations["load"][i]:
            continue
        perimeter = int(state.cells["perimeter"][state.organisations["cell"][i]])
        low, high = int(state.perimeters["low"][perimeter]), int(state.perimeters["high"][perimeter])
        others = np.arange(low, high)
        free = (state.organisations["sphere"][others] != state.organisations["sphere"][i]) & (
            state.organisations["load"][others] == 0
        )
        if not free.any():
            continue
        partners = ranked(world, others[free], state.sizes(others[free]), fold(key, 1 + founded))
        j = int(partners[0])
        library = state.ideas[perimeter]
        ideas = np.flatnonzero(library["cost"] > 0.0)
        if not len(ideas):
            continue
        idea = int(ideas[int(uniform(fold(fold(key, 2), state.organisations["key"][i])) * len(ideas))])
        cash = float(state.organisations["cash"][i] + state.organisations["cash"][j])
        time = float(state.organisations["time"][i] + state.organisations["time"][j])
        scale = min(1.0, cash / float(library["cost"][idea]), time / float(library["effort"][idea]))
        state.reserve(alliances=1, memberships=2)
        members = np.array([i, j], dtype=np.int64)
        state.n_alliances, state.n_memberships = founding.found_alliance(
            state.organisations,
            state.ties,
            state.slots,
            state.alliances,
            state.memberships,
            library,
            state.n_alliances,
            state.n_memberships,
            members,
            int(i),
            idea,
            perimeter,
            scale,
            1,
            ORIGINS.index("earlier"),
            -1,
            -1,
            np.uint64(fold(fold(key, 3), state.organisations["key"][i])),
            0,
            0,
            state.fade,
            state.rules,
        )
        founded += 1
    state.month = -1
