"""Inhabitants have seats (SPEC section 5, inhabitants; SOURCE M31, M55).

A forum with inhabitants meets once more, its ideas fit better the more civic capacity people have, what its alliances relieve
goes more to deprived cells, and civic capacity grows slowly by it.
"""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import means
from alliancesim.kernels.forum_tables import INFEASIBLE
from alliancesim.rules.assembly import Ground
from alliancesim.rules.world import World


def improve(world: World, ground: Ground, library: np.ndarray) -> np.ndarray:
    """The library with value * (1 + inhabitant_fit * civic capacity of the mean inhabitant of the ground)."""
    state = world.state
    people = state.cells["population"][ground.cells]
    total = means.total_of(people)
    civic = means.total_of(people * state.cells["civic"][ground.cells]) / total if total > 0.0 else 0.0
    seen = library.copy()
    seen["value"] *= 1.0 + float(state.rules[0]["inhabitant_fit"]) * civic
    return seen


def meet(world: World, ground: Ground, actions: np.ndarray) -> None:
    """One more meeting, with the inhabitants, before those of the agenda; civic capacity += civic_gain * (1 - civic capacity)."""
    cells = world.state.cells
    held = actions["outcome"] != INFEASIBLE
    actions["meetings"][held] += 1
    actions["months"][held] += 1
    civic = cells["civic"][ground.cells]
    cells["civic"][ground.cells] = civic + float(world.state.rules[0]["civic_gain"]) * (1.0 - civic)


def weights(world: World, cells: np.ndarray) -> np.ndarray:
    """Weight of each cell in what is relieved: 1 + inhabitant_weight * deprived share, 1 for the mean inhabitant."""
    state = world.state
    weight = 1.0 + float(state.rules[0]["inhabitant_weight"]) * state.cells["deprived"][cells]
    people = state.cells["population"][cells]
    total = means.total_of(people)
    mean = means.total_of(people * weight) / total if total > 0.0 else 1.0
    return weight / mean
