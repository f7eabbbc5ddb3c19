"""Synthetic typologies: totals, contiguity, keyed by seed, scaled at equal density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import alliancesim.territory as territory
from alliancesim.catalogue import DOMAINS
from alliancesim.errors import UserError
from alliancesim.territory.grid import dilate, lambert93, pack, split_exactly, spread, unpack
from alliancesim.territory.territory import cell_columns

NAMES = tuple(territory.TYPOLOGIES)


def pieces(cells):
    """Number of 4-connected pieces of a set of squares."""
    left = set(zip(cells["column"], cells["row"], strict=True))
    count = 0
    while left:
        count += 1
        queue = [left.pop()]
        for c, r in queue:
            for square in ((c + 1, r), (c - 1, r), (c, r + 1), (c, r - 1)):
                if square in left:
                    left.remove(square)
                    queue.append(square)
    return count


@pytest.mark.parametrize("seed", [0, 1, 17])
@pytest.mark.parametrize("name", NAMES)
def test_sound(name, seed):
    place = territory.synthetic(name, seed=seed)
    spec, cells = territory.TYPOLOGIES[name], place.cells
    assert tuple(cells.columns) == cell_columns(DOMAINS)
    assert place.population == place.simulated_population == spec.population
    assert place.deprived_share == pytest.approx(spec.deprived_share, abs=0.01)
    assert cells["deprived_share"].between(0, 1).all()
    assert 0.6 < place.population / place.area_km2 / spec.density < 1.7
    for level in ("commune", "epci"):
        assert all(pieces(part) == 1 for _, part in cells.groupby(level)), level
        assert (cells.groupby(level)["side"].nunique() == 1).all()
    assert (cells.groupby("commune")["epci"].nunique() == 1).all()
    assert cells["reported"].all()
    assert not cells.duplicated(["column", "row"]).any()
    assert (cells[[f"need_{domain}" for domain in DOMAINS]] > 0).all(axis=None)
    communes = cells["commune"].nunique()
    assert communes == pytest.approx(spec.population / spec.commune_population, rel=0.35, abs=1)
    assert place.synthetic
    assert place.notes


def test_typologies_differ_as_documented():
    urban, rural, zus, border = (territory.synthetic(name) for name in ("urban", "rural", "zus", "cross_border"))
    mean = {
        place.name: np.average(place.needs.mean(axis=1), weights=place.cells["population"])
        for place in (urban, rural, zus)
    }
    assert mean[zus.name] > 1.3 > mean[rural.name]
    assert mean[zus.name] > mean[urban.name]
    assert zus.deprived_share > 0.4
    assert rural.cells["density_association"].mean() > 1.5
    assert urban.cells["density_firm"].mean() > 1.1
    sides = border.cells.groupby("side")["population"].sum()
    assert sides[1] / sides.sum() == pytest.approx(0.4, abs=0.001)
    assert set(border.collectivities["kind"]) == {"commune", "epci", "department", "region"}
    assert border.collectivities.query("kind == 'department'").shape[0] == 2
    for place in (urban, rural, zus):
        assert (place.cells["side"] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_keyed_by_seed(name):
    assert territory.synthetic(name, seed=3).checksum() == territory.synthetic(name, seed=3).checksum()
    assert territory.synthetic(name, seed=3).checksum() != territory.synthetic(name, seed=4).checksum()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("population", [2_000, 300_000])
def test_any_size_at_equal_density(name, population):
    place = territory.synthetic(name, population=population)
    assert place.population == population
    if population > 100_000:
        assert place.population / place.area_km2 == pytest.approx(territory.TYPOLOGIES[name].density, rel=0.1)


def test_own_spec_and_name_shuffle():
    spec = replace(territory.TYPOLOGIES["urban"], deprived_share=0.3)
    a, b = territory.synthetic("urban", spec=spec), territory.synthetic("rural", spec=spec)
    assert a.cells.equals(b.cells)
    assert a.deprived_share == pytest.approx(0.3, abs=0.01)
    with pytest.raises(UserError, match="deprived_share"):
        territory.synthetic("urban", spec=replace(spec, deprived_share=1.5))


@pytest.mark.parametrize(
    "arguments",
    [
        {"population": 0},
        {"population": -5},
        {"population": 1.5},
        {"population": "many"},
        {"population": float("nan")},
        {"population": True},
        {"cell_km": 0},
        {"cell_km": "x"},
        {"seed": -1},
        {"seed": 1.5},
    ],
)
def test_bad_input(arguments):
    with pytest.raises(UserError):
        territory.synthetic("urban", **arguments)
    with pytest.raises(UserError, match="urban, rural, zus, cross_border"):
        territory.synthetic("suburban")


def test_plots(tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    for name in NAMES:
        ax = territory.synthetic(name).plot()
        ax.figure.savefig(tmp_path / f"{name}.png")
        matplotlib.pyplot.close("all")


def test_projection_against_published_point():
    # Origin of Lambert-93 (EPSG:2154): 3° E, 46.5° N is (700,000; 6,600,000).
    x, y = lambert93(np.array([3.0]), np.array([46.5]))
    np.testing.assert_allclose([x[0], y[0]], [700_000.0, 6_600_000.0], atol=1e-3)
    # Paris, Notre-Dame (2.3499° E, 48.8530° N), within 30 m of its published coordinates.
    x, y = lambert93(np.array([2.3499]), np.array([48.8530]))
    np.testing.assert_allclose([x[0], y[0]], [652_300.0, 6_861_640.0], atol=100)


def test_split_exactly():
    share = split_exactly(np.array([10, 1, 7]), np.array([0, 3, 5, 6]), np.array([1, 1, 1, 5, 5, 2]))
    assert share.tolist() == [4, 3, 3, 1, 0, 7]


def test_spread_conserves_everybody():
    rng = np.random.default_rng(1)
    n = 300
    people = rng.integers(1, 50_000, n)
    commune, _column, _row, inhabitants = spread(
        rng.uniform(0, 100, n), rng.uniform(0, 100, n), rng.uniform(0.05, 400, n), people, 2.0
    )
    assert (np.bincount(commune, inhabitants) == people).all()
    assert (inhabitants > 0).all()


def test_dense_centre():
    _commune, column, row, inhabitants = spread(
        np.array([0.5]), np.array([0.5]), np.array([400.0]), np.array([1_000_000]), 1.0
    )
    centre = inhabitants[(column == 0) & (row == 0)][0]
    edge = inhabitants[(column == 10) & (row == 0)][0]
    assert 4.0 < centre / edge < 5.5


def test_pack_and_dilate():
    column, row = np.array([-3, 0, 7, 500_000]), np.array([-9, 0, 5, 12])
    back = unpack(pack(column, row))
    assert (back[0] == column).all()
    assert (back[1] == row).all()
    assert len(dilate(pack(np.array([0]), np.array([0])), 1.0, 1.0)) == 5
