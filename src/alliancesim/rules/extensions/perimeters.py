"""Which level is right: a zone, a commune, an EPCI, a department or a region (SPEC section 5, perimeters; SOURCE M06, M19).

A convenor works at its level. Members and needs outside its home EPCI cost ``crossing`` more, and each domain has a natural
extent: an idea loses ``extent_loss`` of its value for each level between that of convening and the extent of its domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from alliancesim.catalogue import EXTENTS
from alliancesim.errors import UserError
from alliancesim.kernels import means
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.numeric import log
from alliancesim.rules.assembly import Ground, ground_of
from alliancesim.rules.keys import fold, uniform
from alliancesim.rules.world import World
from alliancesim.state.build import stable_key

RANK = {"commune": 0, "zone": 1, "epci": 1, "department": 2, "region": 3}
"""Place of a level on the ladder; a zone by radius stands beside the EPCI."""

IDEA_STREAMS = np.array([STREAMS[s] for s in ("idea_domain", "idea_capabilities", "idea_cost", "idea_effort")])


def extents_of(domains: tuple[str, ...], given: Mapping[str, str]) -> np.ndarray:
    """Rank of the natural extent of each domain (K,): the scenario's, else the catalogue's, else that of the EPCI.

    Raises
    ------
    UserError
        For a domain that the territory has not.
    """
    for name in given:
        if name not in domains:
            raise UserError(f"territory.extents.{name}: unknown domain, expected one of {', '.join(domains)}")
    return np.array([RANK[given.get(name, EXTENTS.get(name, "epci"))] for name in domains], dtype=np.int64)


def ground_at(world: World, level: str, home: int, within: np.ndarray, key: int) -> Ground:
    """The ground of a forum that is convened at a level.

    A commune is drawn among those of the home EPCI where the convenor works, in proportion to inhabitants; a department and a
    region are those of the largest cell of the home EPCI; a zone is all cells within ``zone_km`` of that cell.

    Parameters
    ----------
    home : int
        Perimeter of the convenor.
    within : (C,) bool
        Cells where the convenor works: the reported ones of its territories.
    key : int
        Of the draw of a commune.
    """
    if level == "epci":
        return ground_of(world, home)
    state = world.state
    low, high = int(state.perimeters["cell_low"][home]), int(state.perimeters["cell_high"][home])
    centre = low + int(np.argmax(state.cells["population"][low:high]))
    if level == "zone":
        dx, dy = state.cell_x - state.cell_x[centre], state.cell_y - state.cell_y[centre]
        name = f"zone:{state.labels['perimeter'][home]}"
        inside = dx * dx + dy * dy <= float(state.rules[0]["zone_km"]) ** 2
        inside &= state.cells["side"] == state.cells["side"][centre]
    elif level == "commune":
        name = _commune(world, low + np.flatnonzero(within[low:high]), key)
        inside = (state.labels["cell_commune"] == name) & (state.cells["perimeter"] == home)
        name = f"commune:{name}"
    else:
        codes = state.labels[f"cell_{level}"]
        name, inside = f"{level}:{codes[centre]}", codes == codes[centre]
    cells = np.flatnonzero(inside & within)
    return _zone(world, name, level, home, cells)


def _commune(world: World, cells: np.ndarray, key: int) -> str:
    """A commune of some cells, drawn in proportion to inhabitants by a race of its keyed exponentials."""
    state = world.state
    best, least = "", 0.0
    codes = state.labels["cell_commune"][cells]
    for code in np.unique(codes):
        people = means.total_of(state.cells["population"][cells[codes == code]])
        time = -log(1.0 - uniform(fold(key, stable_key("commune", code)))) / max(1.0, people)
        if not best or time < least:
            best, least = str(code), time
    return best


def _zone(world: World, name: str, level: str, home: int, cells: np.ndarray) -> Ground:
    """A zone by its cells, with a library drawn from its needs and from the means of those who stand there."""
    state = world.state
    number = 1
    while name in state.zones and not np.array_equal(state.zones[name], cells):
        number += 1  # the same department as another animator sees it, who works in other parts of it
        name = f"{name.partition('#')[0]}#{number}"
    state.zones.setdefault(name, cells)
    people = state.cells["population"][cells]
    total = means.total_of(people)
    need = np.array([means.total_of(people * state.need[cells, d]) for d in range(len(state.domains))])
    parts = [np.arange(int(state.cells["low"][c]), int(state.cells["high"][c])) for c in cells]
    ground = Ground(
        home=home,
        cells=cells,
        rows=np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64),
        need=need / total if total > 0.0 else np.zeros_like(need),
        library=state.ideas[home],
        key=stable_key("zone", name),
        level=level,
        zone=list(state.zones).index(name),
    )
    library = ground.draw(world, ground.need, ground.key, IDEA_STREAMS, state.year + 1_000)
    return replace(ground, library=library)


def weigh(world: World, ground: Ground, rows: np.ndarray, library: np.ndarray) -> np.ndarray:
    """The library (M,) as participants ``rows`` see it on a ground: what crossing costs, what the wrong level loses.

    Cost and effort * (1 + crossing * (share of participants outside the home EPCI + share of needs outside it)); value *
    max(0, 1 - extent_loss * levels between).
    """
    state = world.state
    p = state.rules[0]
    seen = library.copy()
    if not len(rows):
        return seen
    away = state.cells["perimeter"][state.organisations["cell"][rows]] != ground.home
    needs = state.cells["population"][ground.cells] * np.array(
        [means.total_of(row) for row in state.need[ground.cells]]
    )
    everywhere = means.total_of(needs)
    outside = means.total_of(needs * (state.cells["perimeter"][ground.cells] != ground.home))
    share = int(away.sum()) / len(rows) + (outside / everywhere if everywhere > 0.0 else 0.0)
    dearer = 1.0 + float(p["crossing"]) * share
    apart = np.abs(world.extents - RANK[ground.level])[library["domain"]]
    seen["cost"] *= dearer
    seen["effort"] *= dearer
    seen["value"] *= np.maximum(0.0, 1.0 - float(p["extent_loss"]) * apart)
    return seen
