"""Territories learn of each other's solutions, as peers or through a hub (SPEC section 5, replication; SOURCE M54, M64)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.world import World


def learned(world: World, deployed: list[int]) -> dict[int, tuple[int, float]]:
    """What each perimeter of the place learns this January: an alliance of another one, and how standard its solution comes.

    As peers, each perimeter is with probability ``dialogue`` in contact with one deployed alliance of another, drawn by lot; its
    solution comes as it is (``standardisation``). A hub picks one solution a year, that of most successes (then of the lower
    key), and brings it to each other perimeter with the same probability, wholly standardised.
    """
    state = world.state
    p = state.rules[0]
    if "dialogue" not in world.on or not deployed:
        return {}
    table = state.alliances
    key = stream_key(state.seed, STREAMS["contact"], state.month)
    best = min(deployed, key=lambda row: (-int(table["successes"][row]), int(table["key"][row])))
    found = {}
    for r in np.flatnonzero(state.perimeters["reported"] == 1):
        mine = fold(key, int(state.perimeters["key"][r]))
        if uniform(fold(mine, 0)) >= float(p["dialogue"]):
            continue
        if float(p["dialogue_hub"]) > 0.0:
            if table["perimeter"][best] != r:
                found[int(r)] = (best, 1.0)
            continue
        others = [row for row in deployed if table["perimeter"][row] != r]
        if others:
            lot = min(others, key=lambda row: uniform(fold(fold(mine, 1), int(table["key"][row]))))
            found[int(r)] = (lot, float(p["standardisation"]))
    return found
