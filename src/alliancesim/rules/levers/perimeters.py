"""Diagnoses and forums that an animator holds in the perimeters of its territory (SPEC section 3, Levers)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.numeric import log
from alliancesim.rules.assembly import Call, ranked
from alliancesim.rules.extensions.perimeters import ground_at
from alliancesim.rules.extensions.standing_forums import hold_session
from alliancesim.rules.forums import hold_forum
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.levers.events import lever_key
from alliancesim.rules.world import World

DIAGNOSIS, FORUM = 3, 4


def rotation(world: World, animator: Any) -> np.ndarray:
    """Order in which perimeters are visited: a keyed draw by population, so that diagnosis and forum come to the same ones."""
    state = world.state
    key = fold(stream_key(state.seed, STREAMS["rotation"], 0), animator.number)
    rows = np.unique(state.cells["perimeter"][animator.cells])
    times = [
        -log(1.0 - uniform(fold(key, state.perimeters["key"][r]))) / max(1.0, float(state.perimeters["population"][r]))
        for r in rows
    ]
    return rows[np.argsort(times, kind="stable")]


def diagnose(world: World, animator: Any, run: Any, number: int) -> int:
    """Interviews in a perimeter: later forums weigh shared needs more, its alliances become known.

    Co-produced, the interviewed have ``ownership`` more chance to commit.
    """
    state = world.state
    order = rotation(world, animator)
    perimeter = int(order[number % len(order)])
    low, high = int(state.perimeters["low"][perimeter]), int(state.perimeters["high"][perimeter])
    rows = np.arange(low, high)
    ready = state.organisations["stage"][rows] > 0
    interviews = int(run.options["interviews"]) or int(state.rules[0]["interviews"])
    weights = state.sizes(rows) * np.where(ready, 1.0, 0.05)
    chosen = ranked(world, rows, weights, lever_key(world, animator, DIAGNOSIS, number))[:interviews]
    animator.book.add(chosen)
    if run.options["coproduced"]:
        animator.owners.add(chosen)
    state.perimeters["diagnosed"][perimeter] = state.month
    table = state.alliances
    living = np.concatenate((state.active, np.arange(state.listed, state.n_alliances)))
    here = living[table["perimeter"][living] == perimeter]
    revealed = here[(table["identified"][here] < 0) & (table["ended"][here] < 0)]
    table["identified"][revealed] = state.month
    world.count("interviewed", len(chosen))
    return int(state.perimeters["key"][perimeter]) + len(revealed)


def convene(world: World, animator: Any, run: Any, number: int) -> int:
    """A forum in the next perimeter of the rotation; participants enter the address book.

    A standing forum comes back every year to the perimeters, and to those, of its first sessions.
    """
    order = rotation(world, animator)
    options = run.options
    standing = bool(options["standing"])
    commission = number % max(1, math.ceil(run.per_year)) if standing else number
    home = int(order[commission % len(order)])
    call = Call(
        perimeter=home,
        convenor=animator.row,
        neutrality=animator.neutrality,
        animator=animator.number,
        number=number,
        size=int(options["size"]),
        meetings=int(options["meetings"]),
        actions=int(options["actions"]),
        alone=int(options["alone"]),
        two_phase=bool(options["two_phase"]),
        plenary=bool(options["plenary"]),
        transversal=bool(options["transversal"]),
        seats=int(options["seats"]),
        themes=int(options["themes"]),
        targeting=str(options["targeting"]),
        inhabitants=bool(options["inhabitants"]) or "inhabitants" in world.on,
    )
    key = lever_key(world, animator, FORUM, commission)
    ground = ground_at(world, animator.level, home, animator.cells, key)
    if standing:
        at = (animator.runs.index(run), commission)
        return hold_session(world, call, ground, animator.commissions, at)
    return hold_forum(world, call, ground)
