"""Real places: look-up, exact populations, buffer, border."""

from __future__ import annotations

import contextlib
import pickle
import runpy
import time
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import alliancesim.territory as territory
from alliancesim.catalogue import DOMAINS
from alliancesim.errors import UserError
from alliancesim.territory.places import SIDES, communes, find, foreign_places
from alliancesim.territory.territory import cell_columns


def codes(place):
    return [f"{each.level}:{each.code}" for each in find(place)]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("Figeac", "commune:46102"),
        ("FIGEAC", "commune:46102"),
        ("46102", "commune:46102"),
        (46102, "commune:46102"),
        (1004, "commune:01004"),
        ("amberieu en bugey", "commune:01004"),
        ("Ambérieu-en-Bugey", "commune:01004"),
        ("l abergement-clemenciat", "commune:01001"),
        ("L’Abergement-Clémenciat", "commune:01001"),
        ("Charenton-le-Pont", "commune:94018"),
        ("charenton le pont", "commune:94018"),
        ("CC Grand-Figeac", "epci:200067361"),
        ("grand figeac", "epci:200067361"),
        ("Grand-Figeac", "epci:200067361"),
        ("Communauté de communes Grand Figeac", "epci:200067361"),
        ("Eurométropole de Strasbourg", "epci:246700488"),
        ("Métropole de Strasbourg", "epci:246700488"),
        ("epci:Strasbourg", "epci:246700488"),
        ("Strasbourg", "commune:67482"),
        ("Lot", "department:46"),
        ("46", "department:46"),
        (46, "department:46"),
        ("2A", "department:2A"),
        ("2a", "department:2A"),
        ("2A004", "commune:2A004"),
        ("Corse", "region:94"),
        ("haute corse", "department:2B"),
        ("region:84", "region:84"),
        ("department:84", "department:84"),
        ("department:1", "department:01"),
        ("ile de france", "region:11"),
        ("Provence Alpes Cote d'Azur", "region:93"),
        ("commune:Vienne", "commune:38544"),
        ("department:Vienne", "department:86"),
        ("Paris", "commune:75056"),
        ("Saint-Denis (93)", "commune:93066"),
        ("saint denis (seine saint denis)", "commune:93066"),
        ("St Denis, Seine-Saint-Denis", "commune:93066"),
        ("Loire", "department:42"),
        ("Loiré", "commune:49178"),
        ("Métropole de Lille", "epci:200093201"),
        ("france", "france:FR"),
        ("France métropolitaine", "france:FR"),
    ],
)
def test_find(place, expected):
    assert codes(place) == [expected]


@pytest.mark.parametrize(
    ("place", "listed"),
    [
        ("Saint-Denis", "commune:93066"),
        ("Vienne", "department:86"),
        ("84", "region:84"),
        ("Saint-Maurice", "commune:94069"),
        ("CC des Quatre Rivières", "epci:247000623"),
    ],
)
def test_ambiguous(place, listed):
    with pytest.raises(UserError) as error:
        find(place)
    assert "places" in error.value.message
    assert any(line.startswith(listed) for line in error.value.details)
    assert all("(" in line for line in error.value.details if not line.startswith("and "))


@pytest.mark.parametrize(
    ("place", "listed"),
    [
        ("Figeacq", "commune:46102"),
        ("Strasbourrg", "commune:67482"),
        ("Charenton-le-pon", "commune:94018"),
        ("CC Grand-Figac", "epci:200067361"),
        ("Seine-St-Deni", "department:93"),
        ("epci:Grand Figeak", "epci:200067361"),
    ],
)
def test_unknown_lists_nearest(place, listed):
    with pytest.raises(UserError) as error:
        find(place)
    assert "nearest" in error.value.message
    assert any(line.startswith(listed) for line in error.value.details), error.value.details
    assert 1 <= len(error.value.details) <= 8


@pytest.mark.parametrize(
    "place", ["", "  ", "99999", "xyzzyx qqq", [], True, 3.5, None, "planet:Mars", "commune:", ["Figeac", 2.5]]
)
def test_bad_places(place):
    with pytest.raises(UserError):
        find(place)


def test_list_settles_homonyms_by_department():
    assert codes(["Charenton-le-Pont", "Saint-Maurice"]) == ["commune:94018", "commune:94069"]
    assert codes(["Saint-Maurice", "94018"]) == ["commune:94069", "commune:94018"]
    assert codes(["Figeac", "46102", "figeac"]) == ["commune:46102"]
    with pytest.raises(UserError):
        find(["Figeac", "Saint-Maurice"])


def test_lookup_is_fast():
    find("Figeac")
    start = time.perf_counter()
    for place in ("Strasbourg", "CC Grand-Figeac", "Lot"):
        find(place)
    assert time.perf_counter() - start < 0.6


def test_tables():
    table = communes()
    assert len(table) == 34_732
    assert table["code"].is_unique
    assert (table["population"] > 0).all()
    assert (table["area_ha"] > 0).all()
    assert table["x_m"].between(95_000, 1_250_000).all()
    assert table["y_m"].between(6_040_000, 7_120_000).all()
    assert len(foreign_places()) == 2_576
    assert set(foreign_places()["country"]) == set(SIDES)


def assert_sound(place, domains=DOMAINS):
    cells = place.cells
    assert tuple(cells.columns) == cell_columns(domains)
    assert (cells["population"] > 0).all()
    assert cells["deprived_share"].between(0, 1).all()
    assert cells["civic_capacity"].between(0, 1).all()
    assert (cells[[f"need_{domain}" for domain in domains]] > 0).all(axis=None)
    assert not cells.isna().any(axis=None)
    assert not cells.duplicated(["commune", "row", "column"]).any()
    np.testing.assert_allclose(cells["x_km"], (cells["column"] + 0.5) * place.cell_km)
    perimeters = place.perimeters
    changes = 1 + int((perimeters[1:] != perimeters[:-1]).sum())
    assert changes == len(set(perimeters)), "a perimeter is one contiguous range"
    governed = place.collectivities
    assert not governed.duplicated(["kind", "code"]).any()
    seat = cells.iloc[governed["cell"].to_numpy()].reset_index(drop=True)
    for kind in ("commune", "epci", "department", "region"):
        of = (governed["kind"] == kind).to_numpy()
        assert (seat[kind][of].to_numpy() == governed["code"][of].to_numpy()).all()
        inside = cells[~cells["commune"].str.startswith("FOREIGN:")] if kind != "commune" else cells
        total = inside[inside[kind] != ""].groupby(kind)["population"].sum()
        assert total.to_dict() == governed[of].set_index("code")["population"].to_dict()


def exact(place):
    cells = place.cells
    own = cells[cells["reported"]].groupby("commune")["population"].sum()
    expected = communes().set_index("code")["population"].loc[own.index]
    assert (own == expected).all()
    return own


@pytest.mark.parametrize("cell_km", [0.5, 1.0, 2.0, 4.0, 3.3])
def test_charenton(cell_km):
    place = territory.real(["Charenton-le-Pont", "Saint-Maurice"], cell_km=cell_km)
    assert 42_000 < place.population < 47_000
    assert len(exact(place)) == 2
    assert_sound(place)
    assert place.area_km2 == pytest.approx(3.19, abs=0.01)
    assert place.simulated_population > place.population
    alone = territory.real(["Charenton-le-Pont", "Saint-Maurice"], cell_km=cell_km, buffer_km=0)
    assert alone.simulated_population == alone.population == place.population
    reported = place.cells[place.cells["reported"]].reset_index(drop=True)
    assert reported.equals(alone.cells)


def test_epci():
    place = territory.real("CC Grand-Figeac")
    assert len(exact(place)) == 92
    assert_sound(place)
    governed = place.collectivities
    epci = governed[(governed["kind"] == "epci") & governed["reported"]]
    assert epci["name"].tolist() == ["CC Grand-Figeac"]
    assert place.cells["commune_name"][epci["cell"].iloc[0]] == "Figeac"
    assert place.n_cells > len(place.squares)  # squares that communes share


def test_department_has_no_buffer():
    territory.real("Lot")
    start = time.perf_counter()
    place = territory.real("Lot")
    assert time.perf_counter() - start < 0.5
    assert place.cells["reported"].all()
    assert len(exact(place)) == 312
    assert_sound(place)
    assert place.collectivities.set_index("kind").loc["department", "name"] == "Lot"


def test_corsica():
    place = territory.real("2A")
    assert set(place.cells["department"]) == {"2A"}
    assert_sound(place)


def test_island_without_epci_is_its_own_perimeter():
    place = territory.real("Ouessant")
    assert set(place.perimeters) == {"29155"}
    assert_sound(place)


def test_same_commune_same_squares_and_deprivation():
    columns = ["commune", "column", "row", "population", "deprived_share"]

    def of(place):
        cells = place.cells
        return cells[cells["commune"] == "46102"][columns].reset_index(drop=True)

    assert of(territory.real("Figeac")).equals(of(territory.real("Occitanie")))
    roubaix = [territory.real("Roubaix", cell_km=cell, buffer_km=0).deprived_share for cell in (0.5, 1.0, 2.0)]
    assert max(roubaix) - min(roubaix) < 0.02  # districts stay where they are whatever the grid


def test_buffer():
    near, far = territory.real("Figeac", buffer_km=3), territory.real("Figeac", buffer_km=12)
    for place, width in ((near, 3), (far, 12)):
        cells = place.cells
        own, around = cells[cells["reported"]], cells[~cells["reported"]]
        assert place.population == near.population
        gap = np.hypot(
            around["x_km"].to_numpy()[:, None] - own["x_km"].to_numpy(),
            around["y_km"].to_numpy()[:, None] - own["y_km"].to_numpy(),
        ).min(axis=1)
        assert gap.max() <= width
        assert_sound(place)
    assert far.simulated_population > near.simulated_population


def test_border():
    place = territory.real("Strasbourg")
    cells = place.cells
    abroad = cells[cells["side"] > 0]
    assert set(abroad["side"]) == {SIDES["DE"]}
    assert not abroad["reported"].any()
    assert "Kehl" in set(abroad["commune_name"])
    assert set(abroad["epci"]) == {"FOREIGN:DE"}
    assert any("GeoNames" in note for note in place.notes)
    assert any("GeoNames" in value for value in place.provenance.values())
    governed = place.collectivities
    assert not (governed["kind"].ne("commune") & governed["code"].str.startswith("FOREIGN")).any()
    assert_sound(place)
    inland = territory.real("Figeac")
    assert (inland.cells["side"] == 0).all()
    assert not any("GeoNames" in note for note in inland.notes)


def test_whole_foreign_places():
    abroad = territory.real("department:67").cells.query("side > 0").groupby("commune")["population"].sum()
    expected = foreign_places().set_index("code")["population"].loc[abroad.index]
    assert (abroad == expected).all()


def test_frozen_and_stable():
    place, again = territory.real("Figeac"), territory.real("46102")
    assert place.checksum() == again.checksum()
    assert place.checksum() != territory.real("Figeac", buffer_km=0).checksum()
    cells = place.cells
    cells.loc[0, "population"] = 10**6
    cells["extra"] = 1
    assert place.checksum() == again.checksum()
    with pytest.raises(FrozenInstanceError):
        place.name = "other"
    with pytest.raises(FrozenInstanceError):
        place.cells = cells
    with contextlib.suppress(ValueError):  # read-only in pandas 3, a copy before
        place.cells["population"].to_numpy()[0] = 1
    assert place.checksum() == again.checksum()
    copied = pickle.loads(pickle.dumps(place))
    assert copied.checksum() == place.checksum()
    assert copied.cells.equals(place.cells)


def test_shows(tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    place = territory.real("Strasbourg")
    text = repr(place)
    assert "293,771" in text
    assert len(text.splitlines()) < 25
    assert "<table>" in place._repr_html_()
    ax = place.plot()
    ax.figure.savefig(tmp_path / "map.png")
    words = " ".join(each.get_text() for each in ax.figure.findobj(matplotlib.text.Text))
    assert "GeoNames" in words
    assert "Synthetic" in words
    assert "km" in words
    other = matplotlib.pyplot.subplots()[1]
    assert place.plot(other) is other
    other.figure.savefig(tmp_path / "given.png")
    matplotlib.pyplot.close("all")


def test_other_domains():
    place = territory.real("Figeac", domains=("health", "culture"))
    assert_sound(place, ("health", "culture"))
    assert place.needs.shape == (place.n_cells, 2)


@pytest.mark.parametrize(
    "sizes",
    [
        {"cell_km": 0},
        {"cell_km": -1},
        {"cell_km": float("nan")},
        {"cell_km": "2"},
        {"cell_km": 99},
        {"buffer_km": -1},
        {"buffer_km": float("inf")},
        {"buffer_km": "x"},
    ],
)
def test_bad_sizes(sizes):
    with pytest.raises(UserError):
        territory.real("Figeac", **sizes)


@pytest.mark.slow
def test_france():
    start = time.perf_counter()
    place = territory.real("france")
    assert time.perf_counter() - start < 30
    assert len(exact(place)) == 34_732
    assert_sound(place)
    cells = place.cells[place.cells["side"] == 0]
    people = cells["population"].to_numpy()
    assert place.deprived_share == pytest.approx(0.073, abs=0.001)
    for column in ("density_association", "density_firm", *(f"need_{domain}" for domain in DOMAINS)):
        assert np.average(cells[column], weights=people) == pytest.approx(1.0, abs=0.005), column
    small = set(communes().query("population < 5000")["code"])
    assert (cells["deprived_share"][cells["commune"].isin(small)] == 0).all()
    assert set(place.cells["side"]) == {0, *SIDES.values()}


def test_build_tool(tmp_path):
    rows = [
        {
            "code": f"0100{i}", "name": f"Place {i}", "department_code": "01", "department": "Ain", "region_code": "84",
            "region": "Auvergne-Rhône-Alpes", "epci_code": "200000001", "epci": "CC A", "epci_type": "CC",
            "population": 100 + i, "area_km2": 12.0, "lon": 5.0 + 0.04 * i, "lat": 46.0, "border_km": 20.0 + i,
            "border_country": "Switzerland",
        }
        for i in range(6)
    ]  # fmt: skip
    rows[3]["lon"], rows[3]["lat"] = 46.0, 46.0
    pd.DataFrame(rows).to_csv(tmp_path / "communes.csv", index=False)
    foreign = {"name": "Nax", "country": "CH", "population": 700, "lon": 6.2, "lat": 46.2, "border_km": 3.0}
    pd.DataFrame([foreign]).to_csv(tmp_path / "foreign.csv", index=False)
    main = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "build_communes.py"))["main"]
    assert main([str(tmp_path / "communes.csv"), str(tmp_path / "foreign.csv"), str(tmp_path)]) == 0
    table = pd.read_parquet(tmp_path / "communes.parquet")
    assert table["placed_again"].tolist() == [False, False, False, True, False, False]
    assert np.ptp(table["x_m"]) < 25_000
    assert pd.read_parquet(tmp_path / "foreign_places.parquet")["code"].tolist() == ["FOREIGN:CH:0001"]
    assert main([]) == 2
