"""Subcontract associations, or give them the means (SPEC section 5, funding mode; SOURCE M30).

In an alliance of an association with a collectivity, subcontracting gives more output now (see the kernels) and takes initiative
from the association year after year; enabling does the reverse. Initiative is the chance, relative to ``association_leads``, that
the association's own idea is tried and that it leads.
"""

from __future__ import annotations

import numpy as np

from alliancesim.catalogue import ASSOCIATION
from alliancesim.kernels.extensions.funding_mode import ASSOCIATION_AND_COLLECTIVITY
from alliancesim.rules.world import World

MOST = 1.5
"""Initiative that enabling tends to."""


def change_initiative(world: World, rows: np.ndarray) -> None:
    """Each year's result of an alliance with a collectivity changes the initiative of its associations.

    Subcontracted: * (1 - funding_initiative); enabled: + funding_initiative * (1.5 - initiative).
    """
    state = world.state
    p = state.rules[0]
    rate, subcontracts = float(p["funding_initiative"]), float(p["funding_mode"]) < 0.0
    table = state.alliances[rows]
    between = table["spheres"] & ASSOCIATION_AND_COLLECTIVITY == ASSOCIATION_AND_COLLECTIVITY
    for row in rows[between & (table["result"] != 0)]:
        for i in state.members_of(int(row)):
            if state.organisations["sphere"][i] == ASSOCIATION:
                before = float(world.initiative[i])
                world.initiative[i] = before * (1.0 - rate) if subcontracts else before + rate * (MOST - before)


def output(world: World, spheres: int) -> float:
    """Factor on the value of a success, as the kernel has it."""
    p = world.state.rules[0]
    if int(spheres) & ASSOCIATION_AND_COLLECTIVITY != ASSOCIATION_AND_COLLECTIVITY:
        return 1.0
    return 1.0 - float(p["funding_mode"]) * float(p["funding_output"])
