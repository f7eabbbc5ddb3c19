"""A deployed idea travels with those who stand in several perimeters (SPEC section 5, replication; SOURCE M18, M64).

Each January the solution of every deployed alliance is known to the other establishments of its members' enterprises, and to
their federations and the members of these. Where such a carrier stands in another perimeter, it may do it there with those whom
it meets, or bring it to a forum: cheaper by what can be used again, less fitting by what is standard.
"""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.execution import DEPLOYED
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import power
from alliancesim.rules.assembly import Ground
from alliancesim.rules.extensions.dialogue import learned
from alliancesim.rules.keys import fold, stream_key
from alliancesim.rules.world import World


def bring_solutions(world: World) -> None:
    """Fill the further places of every library with solutions from elsewhere.

    Where more solutions than places have come, a keyed lottery; what dialogue brings has the first place.
    """
    state = world.state
    p = state.rules[0]
    first = int(p["library_size"])
    state.ideas[:, first:] = np.zeros(1, dtype=state.ideas.dtype)
    state.solutions[:] = NOBODY
    world.knows[:] = 0
    table = state.alliances
    deployed = [int(row) for row in state.active if table["stage"][row] == DEPLOYED]
    brought = {r: [one] for r, one in learned(world, deployed).items()}
    told = {r: row for r, ((row, _),) in brought.items()}
    if "replication" in world.on:
        lots: dict[int, list[tuple[int, int]]] = {}
        key = stream_key(state.seed, STREAMS["solution"], state.month)
        for row in deployed:
            for r in carried_to(world, row):
                lots.setdefault(r, []).append((fold(fold(key, table["key"][row]), state.perimeters["key"][r]), row))
        for r, drawn in lots.items():
            brought.setdefault(r, []).extend((row, float(p["standardisation"])) for _, row in sorted(drawn))
    for r, solutions in brought.items():
        place = 0
        for row, standard in solutions:
            if (
                place < state.solutions.shape[1]
                and row not in state.solutions[r]
                and _adapt(world, row, r, place, standard)
            ):
                low, high = int(state.perimeters["low"][r]), int(state.perimeters["high"][r])
                knowing = np.ones(high - low, dtype=np.bool_) if told.get(r) == row else carries(world, row, low, high)
                world.knows[low:high] |= knowing.astype(np.uint64) << np.uint64(place)
                place += 1


def carries(world: World, row: int, low: int, high: int) -> np.ndarray:
    """Which of organisations ``low:high`` (high - low,) carry an alliance's solution, by enterprise or by federation."""
    state = world.state
    people = state.organisations
    members = state.members_of(row)
    enterprises = np.setdiff1d(people["enterprise"][members], NOBODY)
    heads = np.setdiff1d(people["federation"][members], NOBODY)
    heads = np.union1d(heads, [i for i in members if int(i) in _sites(world)["federation"]])
    return (
        np.isin(people["enterprise"][low:high], enterprises)
        | np.isin(people["federation"][low:high], heads)
        | np.isin(np.arange(low, high), heads)
    )


def at_table(world: World, ground: Ground, rows: np.ndarray, library: np.ndarray) -> np.ndarray:
    """The library (M,) of a ground as organisations ``rows`` know it together: without solutions that none of its own carries."""
    state = world.state
    here = rows[state.cells["perimeter"][state.organisations["cell"][rows]] == ground.home]
    first = int(state.rules[0]["library_size"])
    known = np.bitwise_or.reduce(world.knows[here], initial=0)
    bits = known >> np.arange(len(library) - first, dtype=np.uint64) & np.uint64(1)
    seen = library.copy()
    seen[first:][bits == 0] = np.zeros(1, dtype=library.dtype)
    return seen


def carried_to(world: World, row: int) -> list[int]:
    """Other perimeters where a carrier of an alliance's solution stands."""
    state = world.state
    people = state.organisations
    found: set[int] = set()
    for i in state.members_of(row):
        for name, code in (
            ("enterprise", people["enterprise"][i]),
            ("federation", people["federation"][i]),
            ("federation", i),
        ):
            found.update(_sites(world)[name].get(int(code), np.zeros(0, dtype=np.int64)).tolist())
    found.discard(int(state.alliances["perimeter"][row]))
    return sorted(found)


def _sites(world: World) -> dict[str, dict[int, np.ndarray]]:
    """Perimeters of each enterprise and federation, by its number."""
    if not world.carriers:
        world.carriers = {name: _places_of(world, name) for name in ("enterprise", "federation")}
    return world.carriers


def _places_of(world: World, name: str) -> dict[int, np.ndarray]:
    """Perimeters where an enterprise, or a federation with its members, stands, by its number."""
    state = world.state
    code = state.organisations[name].astype(np.int64)
    perimeter = state.cells["perimeter"][state.organisations["cell"]].astype(np.int64)
    rows = np.flatnonzero(code != NOBODY)
    pairs = np.column_stack([code[rows], perimeter[rows]])
    if name == "federation":  # the head itself
        heads = np.unique(code[rows])
        pairs = np.concatenate([pairs, np.column_stack([heads, perimeter[heads]])])
    found: dict[int, list[int]] = {}
    for number, place in np.unique(pairs, axis=0):
        found.setdefault(int(number), []).append(int(place))
    return {number: np.array(places, dtype=np.int64) for number, places in found.items()}


def _adapt(world: World, row: int, r: int, place: int, standard: float) -> bool:
    """The solution of an alliance as perimeter r would do it: whether it has any worth there.

    At full scale, cost and effort * (1 - reuse * standardisation), value * (1 - standard_loss * standardisation ** 2) * the need
    of its domain there over the need at home.
    """
    state = world.state
    p = state.rules[0]
    alliance = state.alliances[row]
    domain = int(alliance["domain"])
    home, there = float(state.perimeter_need[alliance["perimeter"], domain]), float(state.perimeter_need[r, domain])
    if home <= 0.0 or there <= 0.0:
        return False
    scale = float(alliance["scale"])
    saved = 1.0 - float(p["reuse"]) * standard
    fits = 1.0 - float(p["standard_loss"]) * (standard * standard)
    value = float(alliance["value"]) / power(scale, float(p["gamma"]))
    state.ideas[r, int(p["library_size"]) + place] = (
        float(alliance["cost"]) / scale * saved,
        float(alliance["effort"]) / scale * saved,
        value * fits * (there / home),
        domain,
        int(alliance["required"]),
    )
    state.solutions[r, place] = row
    return True


def note_repeats(world: World, first: int) -> None:
    """Which of the alliances from row ``first`` on repeat a solution from elsewhere."""
    state = world.state
    for row in range(first, state.n_alliances):
        place = int(state.alliances["idea"][row]) - int(state.rules[0]["library_size"])
        if place >= 0:
            world.repeats[row] = int(state.solutions[state.alliances["perimeter"][row], place])
