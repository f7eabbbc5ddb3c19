"""Relief by alliances that serve another zone than their EPCI, or weigh deprived cells (extensions perimeters, inhabitants)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import means
from alliancesim.kernels.execution import SUCCESS
from alliancesim.rules.extensions import inhabitants
from alliancesim.rules.extensions.funding_mode import output
from alliancesim.rules.world import World


def relieve(world: World, due: np.ndarray) -> None:
    """Relief of this month's successes of such alliances, in the keyed order of ``execute``, after that of all others.

    relief * value * 1000 / inhabitants of the zone, in each cell * its weight, never below a need of 0.
    """
    state = world.state
    if "perimeters" not in world.on and not state.alliances["inhabitants"][due].any():
        return
    zones = list(state.zones.values())
    rate = float(state.rules[0]["relief"])
    for row in due:
        alliance = state.alliances[row]
        if alliance["result"] != SUCCESS or (alliance["zone"] < 0 and not alliance["inhabitants"]):
            continue
        home = state.perimeters[alliance["perimeter"]]
        cells = np.arange(home["cell_low"], home["cell_high"])
        if alliance["zone"] >= 0:
            cells = zones[alliance["zone"]]
        people = means.total_of(state.cells["population"][cells])
        if people <= 0.0:
            continue
        value = float(alliance["value"]) * output(world, int(alliance["spheres"]))
        weight = inhabitants.weights(world, cells) if alliance["inhabitants"] else np.ones(len(cells))
        domain = int(alliance["domain"])
        taken = np.minimum(rate * value * 1000.0 / people * weight, state.need[cells, domain])
        state.need[cells, domain] -= taken
        state.relief[cells, domain] += taken
        for perimeter in np.unique(state.cells["perimeter"][cells]):
            means.perimeter_needs(
                state.cells, state.perimeters, state.need, int(perimeter), int(perimeter) + 1, state.perimeter_need
            )
