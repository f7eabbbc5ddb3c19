"""Suppliers of an engaged GE (specification, section 5): exposed ``supply_exposures`` times more a month."""

from __future__ import annotations

import math

from alliancesim.catalogue import KIND_INDEX
from alliancesim.kernels.keyed import STREAMS

from .numbers import fold, log, uniform

SUPPLIERS = (KIND_INDEX["tpe"], KIND_INDEX["pme"])


def exposures(world) -> dict:
    """Further exposures of this month, by supplier."""
    p = world.p
    if p.supply_exposures == 0.0:
        return {}
    if world.clients is None:
        world.clients = {one: client for one in world.organisations if (client := client_of(world, one)) is not None}
    found = {one: p.supply_exposures for one, client in world.clients.items() if client.stage == 2}
    world.seen["exposed by a client"] += len(found)
    return found


def client_of(world, one):
    """A TPE or PME supplies with probability ``supplier_share`` one GE, drawn with weights exp(-distance / d0)."""
    key = fold(0, world.seed, STREAMS["supplier"], 0, one.key)
    heads = [x for x in world.organisations if x.kind == KIND_INDEX["ge"]]
    if one.kind not in SUPPLIERS or not heads or uniform(fold(key, 0)) >= world.p.supplier_share:
        return None
    (x, y), best = world.centres[one.cell], None
    for head in heads:
        v, w = world.centres[head.cell]
        distance = math.sqrt((x - v) * (x - v) + (y - w) * (y - w))
        time = log(-log(1.0 - uniform(fold(key, 1, head.key)))) + distance / world.p.d0
        if best is None or time < best[0]:
            best = (time, head)
    return best[1]
