"""Perimeters: one convenes at a level; crossing costs; each domain has its natural extent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import animation, engine, lever, ran, with_cells

from alliancesim.engine import Engine
from alliancesim.errors import UserError
from alliancesim.rules.assembly import Ground, ground_of
from alliancesim.rules.extensions.perimeters import RANK, extents_of, ground_at, weigh
from alliancesim.rules.extensions.relief import relieve
from alliancesim.scenario import load_scenario
from alliancesim.territory import Territory, synthetic

ON = {"perimeters": 1.0}


def wide() -> Territory:
    """A rural territory with two EPCIs of several communes each."""
    whole = synthetic("rural", population=12_000, seed=4)
    _, commune = np.unique(whole.cells["commune"], return_inverse=True)
    epci = np.where(commune <= commune.max() // 2, "east", "west")
    return with_cells(whole, epci=epci, epci_name=epci)


def world(rules: dict[str, float] | None = None, **given: Any) -> Engine:
    run = engine(wide(), {**ON, **(rules or {})}, **given)
    run.step()
    return run


def at(run: Engine, level: str, home: int = 0, key: int = 7) -> Ground:
    return ground_at(run.world, level, home, np.ones(len(run.state.cells), dtype=bool), key)


def test_the_ground_is_the_level() -> None:
    run = world({"zone_km": 8.0})
    state = run.state
    assert len(state.perimeters) > 1
    home = int(np.argmax(state.perimeters["population"]))
    low, high = int(state.perimeters["cell_low"][home]), int(state.perimeters["cell_high"][home])
    centre = low + int(np.argmax(state.cells["population"][low:high]))
    epci = at(run, "epci", home)
    assert epci.cells.tolist() == list(range(low, high))
    assert epci.zone == -1
    commune = at(run, "commune", home)
    assert len(set(state.labels["cell_commune"][commune.cells])) == 1
    assert set(commune.cells) < set(epci.cells)
    region = at(run, "region", home)
    assert (state.labels["cell_region"][region.cells] == state.labels["cell_region"][centre]).all()
    assert len(region.rows) > len(epci.rows) > len(commune.rows) > 0
    zone = at(run, "zone", home)
    away = np.hypot(state.cell_x[zone.cells] - state.cell_x[centre], state.cell_y[zone.cells] - state.cell_y[centre])
    assert away.max() <= 8.0
    assert centre in zone.cells
    for ground in (commune, zone, region):
        assert (np.isin(state.organisations["cell"][ground.rows], ground.cells)).all()
        people = state.cells["population"][ground.cells]
        assert ground.need == pytest.approx(people @ state.need[ground.cells] / people.sum())
        assert (ground.library["cost"] > 0).all()
        assert len(ground.library) == len(epci.library)


def test_communes_are_drawn_by_inhabitants() -> None:
    """Share of the largest commune in 400 keyed draws; false alarm below 1e-6."""
    run = world()
    state = run.state
    home = int(np.argmax(state.perimeters["population"]))
    low, high = int(state.perimeters["cell_low"][home]), int(state.perimeters["cell_high"][home])
    codes, people = state.labels["cell_commune"][low:high], state.cells["population"][low:high]
    largest = max(np.unique(codes), key=lambda code: people[codes == code].sum())
    share = people[codes == largest].sum() / people.sum()
    drawn = [str(state.labels["cell_commune"][at(run, "commune", home, key).cells[0]]) for key in range(400)]
    assert abs(drawn.count(largest) / 400 - share) < 5 * np.sqrt(share * (1 - share) / 400)


def test_a_commune_is_one_where_the_convenor_works() -> None:
    """A wrong draw is missed with probability (share of the commune) ** 40 at most, below 1e-9."""
    run = world()
    state = run.state
    home = int(np.argmax(state.perimeters["population"]))
    low, high = int(state.perimeters["cell_low"][home]), int(state.perimeters["cell_high"][home])
    codes, people = state.labels["cell_commune"], state.cells["population"]
    inside = np.unique(codes[low:high])
    assert len(inside) > 1
    smallest = min(inside, key=lambda code: people[low:high][codes[low:high] == code].sum())
    for key in range(40):
        ground = ground_at(run.world, "commune", home, codes == smallest, key)
        assert set(codes[ground.cells]) == {smallest}
        assert len(ground.rows)


def test_the_same_zone_is_one_zone() -> None:
    run = world()
    first, again = at(run, "region"), at(run, "region")
    assert first.zone == again.zone
    assert (first.library == again.library).all()
    within = np.ones(len(run.state.cells), dtype=bool)
    within[first.cells[0]] = False
    assert ground_at(run.world, "region", 0, within, 7).zone != first.zone


def test_crossing_costs_and_the_wrong_level_loses() -> None:
    run = world({"crossing": 0.4, "extent_loss": 0.25})
    state = run.state
    home = 0
    ground = at(run, "region", home)
    inside = ground_of(run.world, home).rows[:3]
    outside = np.setdiff1d(ground.rows, ground_of(run.world, home).rows)[:3]
    needs = state.cells["population"][ground.cells] * state.need[ground.cells].sum(axis=1)
    away = needs[state.cells["perimeter"][ground.cells] != home].sum() / needs.sum()
    for rows, members in ((inside, 0.0), (np.concatenate((inside, outside)), 0.5), (outside, 1.0)):
        seen = weigh(run.world, ground, rows, ground.library)
        assert seen["cost"] == pytest.approx(ground.library["cost"] * (1.0 + 0.4 * (members + away)))
        assert seen["effort"] == pytest.approx(ground.library["effort"] * (1.0 + 0.4 * (members + away)))
    apart = np.abs(run.world.extents[ground.library["domain"]] - RANK["region"])
    assert seen["value"] == pytest.approx(ground.library["value"] * (1.0 - 0.25 * apart))
    epci = ground_of(run.world, home)
    seen = weigh(run.world, epci, inside, epci.library)
    assert seen["cost"] == pytest.approx(epci.library["cost"])


def test_extents_are_the_scenarios_then_the_catalogues() -> None:
    found = extents_of(("employment", "culture", "health"), {"health": "commune"})
    assert found.tolist() == [RANK["department"], RANK["epci"], RANK["commune"]]
    scenario = load_scenario("extensions=perimeters", "territory.extents={health: region}")
    assert scenario.territory.extents == {"health": "region"}
    with pytest.raises(UserError, match=r"territory\.extents\.helth: unknown key \(did you mean"):
        load_scenario("territory.extents={helth: region}")
    with pytest.raises(UserError, match=r"territory\.extents\.health: found 'world', expected one of commune"):
        load_scenario("territory.extents={health: world}")


def test_another_level_needs_the_extension() -> None:
    key = "animation.animators.animator.convening_level"
    with pytest.raises(UserError, match="convening_level: found 'region', expected epci, or rules.perimeters=1"):
        load_scenario("animation=forums", f"{key}=region")
    assert load_scenario("animation=forums", "extensions=perimeters", f"{key}=region").rules.perimeters == 1


def test_a_forum_of_a_region_relieves_the_region() -> None:
    """Its alliances relieve all cells of the zone alike, and the buffer of others' perimeters is recomputed."""
    run = ran(
        wide(),
        {**ON, "relief": 0.0},
        months=30,
        animation=animation(lever("forum", per_year=12.0), convening_level="region"),
    )
    state = run.state
    table = state.alliances[: state.n_alliances]
    forums = state.forums[: state.n_forums]
    assert (forums["level"][forums["animator"] >= 0] == 4).all()
    assert (table["zone"] >= 0).any()
    row = int(np.flatnonzero((table["zone"] >= 0) & (table["ended"] < 0))[0])
    table["result"][:] = 0
    table["result"][row] = 1
    state.rules["relief"] = 0.02
    cells = list(state.zones.values())[int(table["zone"][row])]
    domain = int(table["domain"][row])
    before = state.need.copy()
    relieve(run.world, state.active)
    amount = 0.02 * float(table["value"][row]) * 1000.0 / state.cells["population"][cells].sum()
    expected = before.copy()
    expected[cells, domain] = np.maximum(0.0, before[cells, domain] - amount)
    assert state.need == pytest.approx(expected)
    for r, perimeter in enumerate(state.perimeters):
        part = slice(int(perimeter["cell_low"]), int(perimeter["cell_high"]))
        people = state.cells["population"][part]
        if people.sum() > 0:
            assert state.perimeter_need[r, domain] == pytest.approx(people @ state.need[part, domain] / people.sum())


def test_at_its_own_level_without_losses_it_is_the_core() -> None:
    """EPCI level, no loss by extents: the same run as with the extension off."""
    given = {"months": 24, "animation": animation(lever("forum", per_year=6.0))}
    a, b = ran(wide(), {**ON, "extent_loss": 0.0}, **given), ran(wide(), **given)
    assert (a.world.records.digests == b.world.records.digests).all()
