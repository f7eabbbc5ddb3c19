"""Accompaniment of organisations and of alliances (SPEC section 3, Levers; SOURCE N11, N40, M17)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.kernels import gathering, observation
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.levers import TARGETS
from alliancesim.rules.keys import fold, uniform
from alliancesim.rules.levers.events import lever_key
from alliancesim.rules.world import World


def accompany_organisation(world: World, animator: Any, run: Any, number: int) -> None:
    """Structuration += accompany_gain * (1 - structuration) for a willing or engaged organisation."""
    state = world.state
    key = lever_key(world, animator, STREAMS["accompany_organisation"], number)
    targeting = TARGETS.index(str(run.options["targeting"]))
    row = gathering.first_willing(state.organisations, state.cells, animator.rows, targeting, np.uint64(key))
    if row == NOBODY or not animator.pay(world, run):
        return
    before = float(state.organisations["structuration"][row])
    state.organisations["structuration"][row] = before + float(state.rules[0]["accompany_gain"]) * (1.0 - before)
    animator.book.add([row])
    world.count("organisations_accompanied")


def accompany_alliance(world: World, animator: Any, run: Any, number: int) -> None:
    """A new alliance (in dialogue) with a member in the address book: failures, hazard and unequal shares fall."""
    state = world.state
    key = lever_key(world, animator, STREAMS["accompany"], number)
    best, least = NOBODY, 2.0
    for row in young_of(world, animator):
        if state.alliances["accompanied"][row] == 0:
            draw = uniform(fold(key, state.alliances["key"][row]))
            if draw < least:
                best, least = int(row), draw
    if best == NOBODY or not animator.pay(world, run):
        return
    state.alliances["accompanied"][best] = 1
    animator.book.add(state.members_of(best))
    world.count("alliances_accompanied")


def young_of(world: World, animator: Any) -> np.ndarray:
    """Alliances in dialogue with a member in the animator's address book."""
    state = world.state
    if world.young is None or world.young[0] != state.month:  # found once a month for all animators
        rows = state.active[state.alliances["stage"][state.active] == 0]
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        members = np.zeros(int(state.alliances["members"][rows].sum(dtype=np.int64)), dtype=np.int64)
        observation.list_members(state.alliances, state.memberships, rows, starts, members)
        world.young = (state.month, np.repeat(rows, np.diff(starts)), members)
    _, alliance, member = world.young
    return np.unique(alliance[animator.book.holds(member)])
