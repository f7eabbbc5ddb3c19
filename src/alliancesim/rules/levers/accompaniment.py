"""Accompaniment of organisations and of alliances (SPEC section 3, Levers; SOURCE N11, N40, M17)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.rules.assembly import ranked, targeting_weights
from alliancesim.rules.keys import fold, uniform
from alliancesim.rules.levers.events import lever_key, own_rows
from alliancesim.rules.world import World


def accompany_organisation(world: World, animator: Any, run: Any, number: int) -> None:
    """Structuration += accompany_gain * (1 - structuration) for a willing or engaged organisation."""
    state = world.state
    rows = own_rows(world, animator)
    rows = rows[state.organisations["stage"][rows] > 0]
    if not len(rows) or not animator.pay(world, run):
        return
    weights = targeting_weights(world, rows, str(run.options["targeting"]))
    key = lever_key(world, animator, STREAMS["accompany_organisation"], number)
    row = int(ranked(world, rows, weights, key)[0])
    before = float(state.organisations["structuration"][row])
    state.organisations["structuration"][row] = before + float(state.rules[0]["accompany_gain"]) * (1.0 - before)
    animator.book[row] = True
    world.count("organisations_accompanied")


def accompany_alliance(world: World, animator: Any, run: Any, number: int) -> None:
    """A new alliance (in dialogue) with a member in the address book: failures, hazard and unequal shares fall."""
    state = world.state
    key = lever_key(world, animator, STREAMS["accompany"], number)
    best, least = NOBODY, 2.0
    for row in state.active:
        alliance = state.alliances[row]
        if alliance["stage"] == 0 and alliance["accompanied"] == 0:
            draw = uniform(fold(key, alliance["key"]))
            if draw < least and any(animator.book[m] for m in state.members_of(int(row))):
                best, least = int(row), draw
    if best == NOBODY or not animator.pay(world, run):
        return
    state.alliances["accompanied"][best] = 1
    animator.book[np.array(state.members_of(best))] = True
    world.count("alliances_accompanied")
