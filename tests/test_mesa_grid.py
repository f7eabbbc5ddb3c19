"""The lazy grid: Mesa's Moore grid over the model's arrays."""

from __future__ import annotations

import functools
from itertools import product

import numpy as np
import pytest
from mesa.discrete_space import CellCollection, OrthogonalMooreGrid

import alliancesim as al

pytestmark = pytest.mark.filterwarnings("error")


@functools.cache
def model() -> al.AllianceModel:
    return al.AllianceModel(
        al.load_scenario("territory=cross_border", "territory.population=8000", "months=1", "burn_in=0", "threads=1")
    )


def test_cells_hold_everyone_once():
    grid = model().grid
    assert isinstance(grid, OrthogonalMooreGrid)
    assert len(grid.all_cells) == grid.width * grid.height
    assert sum(cell.population for cell in grid.inhabited) == model().state.cells["population"].sum()
    rows = np.concatenate([cell.rows for cell in grid.inhabited])
    assert sorted(rows.tolist()) == list(range(model().state.n_organisations))
    assert len(grid.agents) == model().state.n_organisations
    assert {cell.side for cell in grid.inhabited} == {0, 1}


def test_an_agent_stands_in_its_cell():
    for agent in list(model().agents)[::37]:
        assert agent in agent.cell.agents
        assert agent in agent.cell._agents
        assert agent.pos == agent.cell.coordinate
        assert model().grid[agent.pos] is agent.cell
        assert agent.commune in agent.cell.communes
        part = agent.cell.parts[0]
        assert agent.cell.x_km == pytest.approx(model().state.cell_x[part])
        assert agent.cell.y_km == pytest.approx(model().state.cell_y[part])


def test_neighbourhoods_are_moore_neighbourhoods():
    grid = model().grid
    stock = OrthogonalMooreGrid(grid.dimensions, random=model().random)
    corner, middle = (0, 0), (grid.width // 2, grid.height // 2)
    for coordinate, radius, centre in product((corner, middle), (1, 2), (False, True)):
        mine = grid[coordinate].get_neighborhood(radius, include_center=centre)
        theirs = stock[coordinate].get_neighborhood(radius, include_center=centre)
        assert isinstance(mine, CellCollection)
        assert {cell.coordinate for cell in mine} == {cell.coordinate for cell in theirs}
    assert set(grid[middle].connections) == set(stock[middle].connections)
    assert {c.coordinate for c in grid[corner].neighborhood} == {(0, 1), (1, 0), (1, 1)}
    with pytest.raises(ValueError, match="at least one"):
        grid[corner].get_neighborhood(0)
    with pytest.raises(KeyError):
        grid[grid.width, 0]


def test_cells_are_made_on_demand():
    fresh = al.AllianceModel(model().scenario.replace(), burn=False)
    agent = fresh.agent(0)
    assert fresh.grid.made == 0
    assert agent.cell is agent.cell
    assert fresh.grid.made == 1
    near = agent.cell.neighborhood
    assert fresh.grid.made <= 9
    assert len(fresh._views) == 1
    assert len(list(near.agents)) == sum(cell.n_agents for cell in near)


def test_needs_of_a_cell_are_live():
    cell = next(iter(model().grid.inhabited))
    assert tuple(cell.needs) == model().state.domains
    saved = model().state.need.copy()
    model().state.need[cell.parts, 0] = 2.5
    assert cell.needs[model().state.domains[0]] == pytest.approx(2.5)
    model().state.need[:] = saved


def test_cells_outside_of_the_territory_are_empty():
    rural = al.AllianceModel(territory="rural", months=1, burn_in=0, threads=1, **{"territory.population": 5000})
    outside = rural.grid.all_cells.select(lambda cell: not cell.inside)
    for cell in outside:
        assert (cell.is_empty, cell.empty, cell.is_full, cell.reported) == (True, True, False, False)
        assert (cell.population, cell.agents, cell.needs["health"]) == (0, [], 0.0)
    assert len(rural.grid.empties) >= len(outside) > 0
    assert rural.grid.select_random_empty_cell().is_empty


def test_layers_are_maps_of_cells():
    grid = model().grid
    people = grid.layer("population")
    assert np.nansum(people) == model().state.cells["population"].sum()
    assert np.nansum(grid.layer("organisations")) == model().state.n_organisations
    for cell in grid.inhabited:
        assert people[cell.coordinate] == cell.population
        assert grid.layer("deprived_share")[cell.coordinate] == pytest.approx(cell.deprived_share)
        assert grid.layer("need_housing")[cell.coordinate] == pytest.approx(cell.needs["housing"])
        break
    with pytest.raises(al.UserError, match="layer: found 'gold', expected one of population"):
        grid.layer("gold")


def test_the_grid_cannot_be_changed():
    cell = next(iter(model().grid.inhabited))
    for refused in (
        lambda: model().grid.add_cell(cell),
        lambda: model().grid.remove_cell(cell),
        lambda: model().grid.create_property_layer("gold"),
        lambda: cell.add_agent(model().agent(0)),
        lambda: cell.remove_agent(model().agent(0)),
    ):
        with pytest.raises(TypeError):
            refused()
