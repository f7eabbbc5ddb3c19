"""An engaged GE exposes its suppliers (SPEC section 5, supply links; SOURCE M23)."""

from __future__ import annotations

import numpy as np

from alliancesim.catalogue import ENGAGED, KIND_INDEX
from alliancesim.kernels.extensions import supply_links as kernels
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.world import World


def expose_suppliers(world: World) -> None:
    """Every supplier of a GE that is engaged now has ``supply_exposures`` further exposures this month."""
    state = world.state
    if not len(world.clients):
        world.clients = clients_of(world)
    client = world.clients
    supplies = np.flatnonzero(client >= 0)
    engaged = supplies[state.organisations["stage"][client[supplies]] == ENGAGED]
    world.expose(engaged, float(state.rules[0]["supply_exposures"]))


def clients_of(world: World) -> np.ndarray:
    """Row of the GE that each organisation supplies (N,), or -1.

    A TPE or PME is a supplier with probability ``supplier_share``, of one GE of the run drawn with weights exp(-distance / d0).
    """
    state = world.state
    people = state.organisations
    heads = np.flatnonzero(people["kind"] == KIND_INDEX["ge"])
    client = np.full(len(people), -1, dtype=np.int32)
    members = np.flatnonzero((people["kind"] == KIND_INDEX["tpe"]) | (people["kind"] == KIND_INDEX["pme"]))
    if len(heads):
        kernels.draw_clients(
            people, state.cell_x, state.cell_y, heads, members, state.rules, STREAMS["supplier"], state.seed, client
        )
    return client
