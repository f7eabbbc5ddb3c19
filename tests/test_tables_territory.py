"""What becomes of the user's tables: parts, places, organisations, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import alliancesim.territory as al_territory
from alliancesim.catalogue import DOMAINS, KIND_INDEX, KINDS, SPHERES
from alliancesim.errors import UserError
from alliancesim.territory.schema import TABLES, expand, schema_markdown, schema_text, with_input_tables
from alliancesim.territory.tables import example_path, from_tables
from alliancesim.territory.territory import cell_columns


def cells(**columns):
    table = {"x_km": [1.0, 3.0, 1.0, 3.0], "y_km": [1.0, 1.0, 3.0, 3.0], "population": [100, 200, 300, 400]}
    return pd.DataFrame(table | columns)


def given(**columns):
    table = {
        "id": ["a", "f", "c"],
        "kind": ["volunteer", "tpe", "commune"],
        "x_km": [1.0, 2.9, 0.1],
        "y_km": [1.0, 3.9, 2.5],
    }
    return pd.DataFrame(table | columns)


def test_the_examples():
    territory = from_tables(example_path("cells"), example_path("organisations"), name="Les Quatre Vallons")
    assert territory.name == "Les Quatre Vallons"
    assert territory.origin == "tables"
    assert territory.n_cells == 24
    assert territory.cell_km == 2.0
    assert len(territory.organisations) == 60
    assert territory.generate == ()
    assert territory.domains == DOMAINS
    assert tuple(territory.cells.columns) == cell_columns(DOMAINS)
    assert set(territory.organisations["sphere"]) == set(SPHERES)
    at = territory.cells.iloc[territory.organisations["cell"]].reset_index(drop=True)
    table = pd.read_csv(example_path("organisations"))
    assert (np.abs(at["x_km"] - table["x_km"]) <= 1.0).all()
    assert (np.abs(at["y_km"] - table["y_km"]) <= 1.0).all()
    assert territory.synthetic == ()
    assert territory.provenance["cells"].startswith("example_cells.csv of the user (SHA-256 ")
    assert str(example_path("cells").parent) not in str(territory.provenance)


def test_from_tables_is_found_in_the_package():
    assert al_territory.from_tables is from_tables


def test_without_organisations_all_are_generated():
    territory = from_tables(cells())
    assert territory.organisations is None
    assert territory.generate == SPHERES
    assert from_tables(cells(), generate=("firm", "collectivity", "association")).generate == SPHERES
    with pytest.raises(UserError, match="organisations: no table, expected one, or all of"):
        from_tables(cells(), generate=["firm"])


def test_what_is_left_out_is_filled_and_told():
    territory = from_tables(cells())
    parts = territory.cells
    assert (parts["deprived_share"] == 0).all()
    assert (parts["civic_capacity"] == 0.5).all()
    assert (parts[[f"need_{domain}" for domain in DOMAINS]] == 1).all(axis=None)
    assert parts["reported"].all()
    assert set(territory.synthetic) == {
        "deprived_share",
        "density_association",
        "density_firm",
        "civic_capacity",
        "commune",
        *(f"need_{domain}" for domain in DOMAINS),
    }
    assert territory.collectivities["kind"].tolist() == ["commune"]
    assert any("filled by a rule" in note for note in territory.notes)


def test_domains():
    named = cells(need_water=1.5, need_Transport=[1, 2, 3, 4])
    territory = from_tables(named)
    assert territory.domains == ("water", "transport")
    assert sorted(territory.cells["need_transport"]) == [1, 2, 3, 4]
    territory = from_tables(named, domains=("transport", "water", "art"))
    assert territory.domains == ("transport", "water", "art")
    assert (territory.cells["need_art"] == 1).all()
    assert "need_art" in territory.synthetic
    assert "need_water" not in territory.synthetic
    assert from_tables(cells(need_culture=2), domains=["Culture"]).cells["need_Culture"].tolist() == [2.0] * 4
    with pytest.raises(UserError, match=r"column need_water: unknown column"):
        from_tables(named, domains=("transport",))
    with pytest.raises(UserError, match=r"domains: found \[\]"):
        from_tables(cells(), domains=())


def test_grid_from_coordinates():
    table = cells()
    for cell, offset in ((1.0, 0.5), (2.0, 0.0), (0.2, 0.1), (4.0, 3.0)):
        scaled = table.assign(
            x_km=(table["x_km"] - 1) / 2 * cell + offset, y_km=(table["y_km"] - 1) / 2 * cell + offset
        )
        territory = from_tables(scaled)
        assert territory.cell_km == pytest.approx(cell)
        assert np.ptp(territory.cells["column"]) == 1
        assert np.ptp(territory.cells["row"]) == 1
    assert from_tables(table, cell_km=1.0).cell_km == 1.0
    assert np.ptp(from_tables(table, cell_km=1.0).cells["column"]) == 2
    noisy = table.assign(x_km=table["x_km"] + [0, 1e-4, -1e-3, 0.01])
    assert from_tables(noisy, cell_km=2.0).cells["column"].tolist() == [0, 1, 0, 1]


def test_grid_from_numbers():
    table = cells(column=[5, 6, 5, 6], row=[-1, -1, 0, 0])
    territory = from_tables(table.drop(columns=["x_km", "y_km"]))
    assert territory.cell_km == 2.0
    assert territory.cells["x_km"].tolist() == [11.0, 13.0, 11.0, 13.0]
    assert from_tables(table.drop(columns=["x_km", "y_km"]), cell_km=1).cells["y_km"].tolist() == [-0.5, -0.5, 0.5, 0.5]
    territory = from_tables(table)
    assert territory.cell_km == 2.0
    assert territory.cells["column"].tolist() == [5, 6, 5, 6]
    assert territory.cells["x_km"].tolist() == [1.0, 3.0, 1.0, 3.0]
    who = given(x_km=[1.0, 2.9, 0.1], y_km=[1.0, 3.9, 2.5])
    assert from_tables(table, who).organisations["cell"].tolist() == [0, 3, 2]


def test_rows_that_count_southward():
    table = cells(column=[0, 1, 0, 1], row=[7, 7, 6, 6])
    who = given().drop(columns=["x_km", "y_km"]).assign(column=[0, 1, 0], row=[7, 6, 6])
    territory = from_tables(table, who)
    assert territory.cells["row"].tolist() == [-7, -7, -6, -6]
    assert territory.cells["y_km"].tolist() == [1.0, 1.0, 3.0, 3.0]
    assert territory.organisations["cell"].tolist() == [0, 3, 2]
    assert from_tables(table, given()).organisations["cell"].tolist() == [0, 3, 2]
    assert any("southward" in note for note in territory.notes)
    territory.plot().figure.clf()


def test_one_square_of_two_communes():
    table = pd.DataFrame(
        {
            "x_km": [1.0, 1.0, 3.0],
            "y_km": [1.0, 1.0, 1.0],
            "population": [10, 90, 50],
            "commune": ["A", "B", "B"],
            "epci": ["E", "E", "E"],
        }
    )
    who = given(x_km=[1.0, 1.2, 0.5], y_km=[1.0, 1.0, 1.0], commune=["A", None, "B"])
    territory = from_tables(table, who)
    communes = territory.cells["commune"].to_numpy()[territory.organisations["cell"]]
    assert communes.tolist() == ["A", "B", "B"]
    assert territory.collectivities["code"].tolist() == ["A", "B", "E"]
    with pytest.raises(UserError, match="index 0, column commune: found 'Z', expected a commune of its square: A, B"):
        from_tables(table, who.assign(commune=["Z", None, None]))


def test_cells_without_inhabitants():
    table = cells(population=[0, 200, 0, 400])
    assert from_tables(table).n_cells == 2
    territory = from_tables(table, given())
    assert territory.cells["population"].tolist() == [0, 200, 0, 400]
    assert territory.organisations["cell"].tolist() == [0, 3, 2]
    assert from_tables(table, given(x_km=3.0, y_km=1.0)).organisations["cell"].tolist() == [0, 0, 0]


def test_places():
    table = cells(
        epci=["E1", "E1", None, None],
        commune=["C1", "C1", "C2", "C2"],
        department="46",
        region="76",
        commune_name=["One", "One", None, None],
    )
    territory = from_tables(table)
    governed = territory.collectivities
    assert list(zip(governed["kind"], governed["code"], strict=True)) == [
        ("commune", "C2"),
        ("commune", "C1"),
        ("epci", "E1"),
        ("department", "46"),
        ("region", "76"),
    ]
    assert set(territory.cells["commune_name"]) == {"One", "C2"}
    assert set(territory.perimeters) == {"E1", "C2"}
    only = from_tables(cells(epci=["E1", "E1", "E2", "E2"], side=[0, 0, 1, 1]))
    assert only.collectivities["kind"].tolist() == ["epci", "epci"]
    assert from_tables(cells(commune_name=["Aa", "Aa", "Bb", "Bb"])).collectivities["code"].tolist() == ["Aa", "Bb"]


def test_flags():
    table = cells(reported=["oui", "Non", "VRAI", "0"])
    assert from_tables(table).cells["reported"].tolist() == [True, False, True, False]
    table = cells(reported=[True, False, True, False])
    assert from_tables(table).cells["reported"].tolist() == [True, False, True, False]


def test_kinds_and_spheres():
    who = given(kind=["volunteer", None, "Association, 1-9 staff"], sphere=[None, "Firm", "association"])
    territory = from_tables(cells(), who, generate=["collectivity"])
    assert territory.organisations["sphere"].tolist() == ["association", "firm", "association"]
    assert territory.organisations["kind"].tolist()[::2] == ["volunteer", "small_employer"]
    assert "organisations.kind" in territory.synthetic
    only = who.drop(columns="kind").assign(sphere=["association", "firm", "firm"])
    one = from_tables(cells(), only, generate=["collectivity"]).organisations["kind"]
    other = from_tables(cells(), only.iloc[::-1], generate=["collectivity"]).organisations["kind"]
    assert one.tolist() == other.tolist()[::-1], "a kind is drawn by the id, not by the place in the table"
    many = pd.DataFrame({"id": [f"o{i}" for i in range(4000)], "sphere": "firm", "x_km": 1.0, "y_km": 1.0})
    drawn = from_tables(cells(), many, generate=["association", "collectivity"]).organisations["kind"]
    firms = {kind.name: kind.national_density for kind in KINDS if SPHERES[kind.sphere] == "firm"}
    share = firms["tpe"] / sum(firms.values())
    # One false alarm in a million draws of the ids: five standard deviations.
    assert abs((drawn == "tpe").mean() - share) < 5 * (share * (1 - share) / 4000) ** 0.5
    assert set(drawn) <= set(firms)


def test_given_columns_are_kept():
    who = given(
        cash=[1.5, None, 0],
        time=[None, 2, 3],
        structuration=[0.2, 0.3, None],
        cap=[1, None, 200],
        stage=["naive", None, "Willing"],
        capabilities=["people; money", None, "Legitimacy"],
        openness_firm=[0.1, None, 1],
        salience_health=[1, None, 3],
        salience_housing=[None, None, 1],
        objective_economic=[None, 2, None],
        enterprise=[None, None, None],
        weight=[2.5, None, None],
    )
    table = from_tables(cells(), who).organisations
    assert table["capabilities"].tolist() == ["money|people", "", "legitimacy"]
    assert table["stage"].tolist() == ["naive", "", "willing"]
    np.testing.assert_array_equal(table["cash"], [1.5, np.nan, 0])
    np.testing.assert_array_equal(table["cap"], [1, np.nan, 200])
    np.testing.assert_array_equal(table["openness_firm"], [0.1, np.nan, 1])
    np.testing.assert_array_equal(table["salience_health"], [1, np.nan, 3])
    np.testing.assert_array_equal(table["salience_housing"], [0, np.nan, 1])
    np.testing.assert_array_equal(table["salience_education"], [0, np.nan, 0])
    np.testing.assert_array_equal(table["objective_innovation"], [np.nan, 0, np.nan])
    np.testing.assert_array_equal(table["weight"], [2.5, np.nan, np.nan])
    assert table["name"].tolist() == ["a", "f", "c"]


def test_affiliations_are_kept():
    who = pd.DataFrame(
        {
            "id": ["a", "n", "e", "c", "u"],
            "kind": ["volunteer", "federation", "ge", "epci", "firms_network"],
            "x_km": 1.0,
            "y_km": 1.0,
            "federation": ["n", None, "u", None, None],
            "enterprise": [None, None, "Hexa", None, None],
        }
    )
    table = from_tables(cells(), who).organisations
    assert table["federation"].tolist() == ["n", "", "u", "", ""]
    assert table["enterprise"].tolist() == ["", "", "Hexa", "", ""]


def test_the_table_given_is_not_changed():
    table, who = cells(need_health=1.5), given(cash=1.0)
    before = table.copy(), who.copy()
    from_tables(table, who)
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(who, before[1])


def test_a_run_uses_what_is_given():
    from alliancesim.engine import engine_of
    from alliancesim.scenario import load_scenario

    table = cells(population=[0, 20_000, 3000, 4000])
    who = given(
        kind=["large_employer", "eti", "epci"],
        cash=[1.5, 7.25, 0.5],
        stage=["naive", "willing", "willing"],
        capabilities=["money|people", "industry", "legitimacy"],
        cap=[3, 4, 5],
    )
    territory = from_tables(table, who)
    engine = engine_of(load_scenario("territory=rural", "months=3", "burn_in=0"), territory=territory)
    rows = engine.state.organisations
    at = np.argsort(engine.state.cells["population"][rows["cell"]])  # a, c, f
    assert rows["cash_own"][at].tolist() == [1.5, 0.5, 7.25]
    assert rows["cap"][at].tolist() == [3, 5, 4]
    assert rows["stage"][at].tolist() == [0, 1, 1]
    assert rows["capabilities"][at].tolist() == [0b001001, 0b010000, 0b000010]
    engine.run()
    assert np.isfinite(engine.state.need).all()


def test_the_schema_names_every_column_and_kind():
    text, markdown = schema_text(), schema_markdown()
    for columns in TABLES.values():
        for column in columns:
            assert column.name in text
            assert f"`{column.name}`" in markdown
            assert column.doc
    for kind in KIND_INDEX:
        assert kind in text
    assert max(map(len, text.splitlines())) <= 110
    assert expand("need_<domain>", ("a", "b")) == ("need_a", "need_b")


def test_the_document_is_that_of_the_schema():
    path = Path(__file__).parents[1] / "docs" / "DATA.md"
    text = path.read_text(encoding="utf-8")
    assert text == with_input_tables(text), "python -m alliancesim.territory.schema docs/DATA.md"
    with pytest.raises(ValueError, match="no part between"):
        with_input_tables("nothing")


def test_the_example_in_the_document(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("x_km;y_km;population\n1;1;820\n3;1;1 240\n", encoding="utf-8")
    assert from_tables(path, generate=SPHERES).population == 2060
