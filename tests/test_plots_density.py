"""The map of a place of many organisations: densities by square, shares by EPCI; lakes are no limits."""

from __future__ import annotations

import numpy as np
import pytest

import alliancesim as al
from alliancesim.plots import density_map, territory_map
from alliancesim.plots.geography import squares_of


@pytest.fixture(scope="module")
def result() -> al.Result:
    return al.simulate(al.load_scenario("territory=real", "territory.place=Figeac", "months=6", "burn_in=12"))


def titled(figure):
    """Panels by title."""
    found = {ax.get_title() or ax.get_title(loc="left"): ax for ax in figure.axes}
    return {title: ax for title, ax in found.items() if title}


def test_beyond_its_limit_the_map_shows_densities(result: al.Result, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "who works with whom" in territory_map.draw(result).get_suptitle()
    monkeypatch.setattr(territory_map, "DENSE_FROM", 10)
    figure = territory_map.draw(result)
    assert "where they are engaged" in figure.get_suptitle()
    assert set(titled(figure)) == {"Organisations", "Engaged in an alliance"}


def test_densities_and_shares_are_those_of_the_table(result: al.Result) -> None:
    squares = squares_of(result)
    each = density_map._by_square(result, squares, "organisations")
    assert np.nansum(each) == pytest.approx(result.territory["organisations"].sum())
    picture = titled(density_map.draw(result))["Engaged in an alliance"].images[0].get_array()
    table = result.territory
    here = table[table["epci"].astype(str) == table.loc[table["reported"], "epci"].astype(str).iloc[0]]
    share = 100.0 * here["engaged"].sum() / here["organisations"].sum()
    assert np.isclose(np.ma.filled(picture, np.nan)[squares.reported], share, rtol=0.2).mean() > 0.5


def test_an_empty_square_inside_is_no_limit(result: al.Result) -> None:
    squares = squares_of(result)
    inside = squares.reported & (squares.commune >= 0)
    filled = squares.without_holes(inside)
    assert (filled >= inside).all()
    assert not (filled & ~inside & (squares.commune >= 0)).any()  # only empty squares
    row, column = np.argwhere(inside).mean(axis=0).round().astype(int)
    squares.commune[row, column] = -1
    inside[row, column] = False
    assert squares.without_holes(inside)[row, column]
