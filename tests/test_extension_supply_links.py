"""Supply links: an engaged GE exposes its suppliers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from building import engine, ran, same_run, small_territory

from alliancesim.catalogue import KIND_INDEX
from alliancesim.rules.extensions.supply_links import clients_of, expose_suppliers

ON = {"supply_exposures": 3.0, "supplier_share": 0.3}


def test_suppliers_are_a_share_of_small_firms_and_supply_near_ones() -> None:
    """Shares against their expectation; false alarms below 1e-6 (five standard deviations)."""
    run = engine(small_territory("urban", 40_000), {**ON, "d0": 5.0})
    people, client = run.state.organisations, clients_of(run.world)
    small = np.isin(people["kind"], [KIND_INDEX["tpe"], KIND_INDEX["pme"]])
    assert (client[~small] == -1).all()
    number = int(small.sum())
    assert abs((client >= 0).sum() - 0.3 * number) < 5 * math.sqrt(0.21 * number)
    heads = np.flatnonzero(people["kind"] == KIND_INDEX["ge"])
    assert len(heads) > 5
    assert set(client[client >= 0]) <= set(heads.tolist())
    rows = np.flatnonzero(client >= 0)
    x, y = run.state.cell_x[people["cell"]], run.state.cell_y[people["cell"]]
    away = np.hypot(x[rows, None] - x[heads], y[rows, None] - y[heads])
    chance = np.exp(-away / 5.0)
    chance /= chance.sum(axis=1, keepdims=True)
    for at, head in enumerate(heads):
        expected, spread = chance[:, at].sum(), math.sqrt((chance[:, at] * (1 - chance[:, at])).sum())
        assert abs((client[rows] == head).sum() - expected) < 5 * spread + 1


def test_only_suppliers_of_an_engaged_ge_are_exposed() -> None:
    run = engine(small_territory("urban", 40_000), ON)
    world, people = run.world, run.state.organisations
    heads = np.flatnonzero(people["kind"] == KIND_INDEX["ge"])
    people["stage"][heads] = 1
    people["stage"][heads[0]] = 2
    expose_suppliers(world)
    mine = world.clients == heads[0]
    assert mine.any()
    assert (world.exposures[mine] == 3.0).all()
    assert (world.exposures[~mine] == 0.0).all()


def test_exposed_suppliers_become_willing() -> None:
    """With exposures that leave no doubt every naive supplier of an engaged GE is willing the month after."""
    run = engine(small_territory("urban", 40_000), {"supply_exposures": 1000.0, "supplier_share": 1.0, "p_aware": 0.02})
    people = run.state.organisations
    heads = people["kind"] == KIND_INDEX["ge"]
    people["stage"][heads] = 2
    run.step()
    supplies = run.world.clients >= 0
    assert (people["stage"][supplies] > 0).all()
    assert (people["stage"][~supplies] == 0).any()


def test_without_a_ge_nobody_supplies() -> None:
    run = engine(rules=ON)
    run.state.organisations["kind"][run.state.organisations["kind"] == KIND_INDEX["ge"]] = KIND_INDEX["eti"]
    assert (clients_of(run.world) == -1).all()
    run.step()


def test_off_keeps_nothing() -> None:
    run = ran(months=12, rules={"supplier_share": 0.9})
    assert len(run.world.clients) == 0
    assert same_run(run, ran(months=12))
    assert run.world.exposures == pytest.approx(0.0)
