"""Every mistake in the user's tables is told with its file, row and column, and all of them at once."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from alliancesim.errors import UserError
from alliancesim.territory.table_files import SHOWN
from alliancesim.territory.tables import example_path, from_tables


def mistakes(cells, organisations=None, **more):
    with pytest.raises(UserError) as caught:
        from_tables(cells, organisations, **more)
    assert "\n" not in caught.value.message
    return list(caught.value.details)


def cells(rows=12, **columns):
    number = np.arange(rows)
    table = {
        "x_km": 1.0 + 2 * (number % 4),
        "y_km": 1.0 + 2 * (number // 4),
        "population": 100 + number,
        "commune": [f"C{i % 4 // 2}" for i in number],
        "epci": "E",
        "department": "D",
        "region": "R",
    }
    return pd.DataFrame(table | columns).astype(object)


def organisations(**columns):
    table = {
        "id": ["a", "f", "c", "n"],
        "kind": ["volunteer", "tpe", "commune", "federation"],
        "x_km": [1.0, 3.0, 5.0, 1.0],
        "y_km": [1.0, 1.0, 3.0, 5.0],
    }
    return pd.DataFrame(table | columns).astype(object)


def with_value(table, column, row, value):
    table = table.copy()
    if column not in table:
        table[column] = None
    table[column] = table[column].astype(object)
    table.loc[row, column] = value
    return table


BAD_CELLS = [
    ("population", -3, "found -3, expected a whole number from 0"),
    ("population", 2.5, "found 2.5, expected a whole number"),
    ("population", "many", "found 'many', expected a whole number"),
    ("population", None, "is empty, expected a whole number"),
    ("population", np.nan, "is empty, expected a whole number"),
    ("population", np.inf, "found inf, expected a whole number"),
    ("population", 10**12, "expected a whole number from 0 to 1,000,000,000"),
    ("population", 1e300, "expected a whole number"),
    ("population", True, "found True, expected a whole number"),
    ("x_km", np.nan, "is empty, expected a number"),
    ("x_km", -np.inf, "found -inf, expected a number"),
    ("x_km", "1.000,5", "found '1.000,5', expected a number"),
    ("x_km", 652_000, "kilometres, not metres"),
    ("y_km", 3.4, "found 3.4, expected a centre of the grid of 2 km, such as 3"),
    ("commune", None, "is empty, expected text"),
    ("commune", "a\nb", "expected text on one line"),
]


@pytest.mark.parametrize(("column", "value", "words"), BAD_CELLS)
def test_bad_values_of_cells(column, value, words):
    details = mistakes(with_value(cells(), column, 5, value))
    assert len(details) == 1
    assert details[0].startswith(f"cells, index 5, column {column}: ")
    assert words in details[0]


@pytest.mark.parametrize(
    ("column", "good", "bad", "words"),
    [
        ("deprived_share", 0.1, 12, "from 0 to 1 (a share, not a percentage)"),
        ("deprived_share", 0.1, "12 %", "(a share, not a percentage)"),
        ("deprived_share", 0.1, -0.1, "from 0 to 1"),
        ("side", 0, 1.5, "whole number from 0 to 100"),
        ("side", 0, -1, "whole number from 0 to 100"),
        ("reported", True, "maybe", "true or false"),
        ("reported", True, None, "is empty, expected true or false"),
        ("density_firm", 1, -1, "from 0 to 1,000"),
        ("density_association", 1, "x", "from 0 to 1,000"),
        ("civic_capacity", 0.5, 2, "from 0 to 1"),
        ("need_health", 1, -0.5, "from 0 to 1,000"),
        ("need_health", 1, None, "is empty"),
        ("need_health", 1, "nan", "found 'nan', expected a number"),
        ("need_health", 1, "inf", "found 'inf', expected a number"),
        ("need_health", 1, "1_0", "found '1_0', expected a number"),
        ("need_health", 1, pd.Timestamp("2020-01-01"), "expected a number"),
        ("commune_name", None, pd.Timestamp("2020-01-01"), "expected text"),
    ],
)
def test_bad_values_of_optional_columns_of_cells(column, good, bad, words):
    details = mistakes(with_value(cells(**{column: [good] * 12}), column, 7, bad))
    assert len(details) == 1
    assert details[0].startswith(f"cells, index 7, column {column}: ")
    assert words in details[0]


@pytest.mark.parametrize(
    ("column", "bad", "words"),
    [
        ("id", None, "is empty, expected text"),
        ("id", "a", "found 'a', already in index 0, expected it once"),
        ("id", "", "expected text"),
        ("kind", "volonteer", "(did you mean 'volunteer'?)"),
        ("kind", None, "is empty, expected a kind or a sphere"),
        ("kind", "engaged", "expected one of volunteer"),
        ("kind", 3, "found 3, expected one of"),
        ("x_km", None, "is empty"),
        ("x_km", "here", "found 'here', expected a number"),
        ("y_km", np.inf, "found inf, expected a number"),
        ("cash", -1, "from 0 to 1,000,000"),
        ("cash", "NaN", "found 'NaN', expected a number"),
        ("time", "lots", "expected a number"),
        ("structuration", 1.2, "from 0 to 1"),
        ("structuration", 60, "a share, not a percentage"),
        ("cap", 0, "from 1 to 200"),
        ("cap", 2.5, "whole number"),
        ("cap", 201, "from 1 to 200"),
        ("stage", "engaged", "nobody is engaged before the first alliance"),
        ("stage", "wiling", "(did you mean 'willing'?)"),
        ("capabilities", "money|peple", "'peple' is none of them"),
        ("capabilities", "legitimcy", "(did you mean 'legitimacy'?)"),
        ("capabilities", "|", "some of money"),
        ("openness_firm", 1.5, "from 0 to 1"),
        ("salience_health", -1, "from 0"),
        ("salience_health", 0, "all 0, expected a positive weight"),
        ("objective_economic", "x", "expected a number"),
        ("weight", 0, "above 0"),
        ("enterprise", "Hexa", "eti and ge only"),
        ("federation", "nobody", "expected the id of a firms_network of this table"),
        ("federation", "c", "of kind 'commune', expected the id of a firms_network"),
        ("commune", "C9", "expected a commune of its square: C0 (did you mean 'C0'?)"),
    ],
)
def test_bad_values_of_organisations(column, bad, words):
    details = mistakes(cells(), with_value(organisations(), column, 1, bad))
    assert len(details) == 1, details
    assert details[0].startswith(f"organisations, index 1, column {column}: "), details
    assert words in details[0]


def test_a_federation_of_a_collectivity():
    details = mistakes(cells(), with_value(organisations(), "federation", 2, "n"))
    assert details == ["organisations, index 2, column federation: found 'n' for a collectivity, expected nothing"]


def test_sphere_and_kind():
    table = organisations(sphere=["firm", "firm", None, "asociation"])
    assert mistakes(cells(), table) == [
        "organisations, index 0, columns kind and sphere: found kind 'volunteer' and sphere 'firm', expected sphere "
        "'association' for this kind",
        "organisations, index 3, column sphere: found 'asociation', expected one of association, firm, collectivity "
        "(did you mean 'association'?)",
    ]
    only = organisations(sphere=["association", "firm", "collectivity", None]).drop(columns="kind")
    assert mistakes(cells(), only) == [
        "organisations, index 2, column kind: is empty, expected the kind of a collectivity (only those of associations "
        "and firms can be drawn)",
        "organisations, index 3, column sphere: is empty, expected a kind or a sphere",
    ]


def test_outside_the_grid():
    far = "which is in no square of the table of cells"
    assert mistakes(cells(), with_value(organisations(), "x_km", 1, 31)) == [
        f"organisations, index 1, columns x_km and y_km: found 31, 1, {far}"
    ]
    table = organisations(column=[0, 1, 2, 9], row=[0, 0, 1, 2]).drop(columns=["x_km", "y_km"])
    assert mistakes(cells(), table) == [f"organisations, index 3, columns column and row: found 9, 2, {far}"]
    both = organisations(column=[0, 1, 2, 0], row=[0, 0, 1, 1])
    assert "expected a place in the square of column 0 and row 1" in mistakes(cells(), both)[0]


def test_columns():
    assert mistakes(cells().drop(columns="population"), organisations().drop(columns=["id", "kind", "y_km"])) == [
        "cells: column population is missing, expected a whole number from 0 to 1,000,000,000 in it",
        "organisations: column id is missing, expected text in it",
        "organisations: column y_km is missing, expected beside x_km",
        "organisations: columns kind and sphere are missing, expected one of them",
    ]
    assert mistakes(cells().drop(columns=["x_km", "y_km"])) == [
        "cells: columns x_km and y_km are missing, expected them, or column and row"
    ]
    assert mistakes(cells(column=1)) == ["cells: column row is missing, expected beside column"]
    assert mistakes(cells(populaton=1)) == ["cells, column populaton: unknown column (did you mean 'population'?)"]
    assert mistakes(cells(**{" Population ": 1})) == [
        "cells, column population: is there twice ('population' and ' Population ')"
    ]
    assert "unknown column, expected one of x_km" in mistakes(cells(zzz=1))[0]
    assert mistakes(cells(**{"": 1})) == ["cells: column 8 has values and no name, expected a name in the header"]
    assert mistakes(cells(), organisations(salience_helth=1)) == [
        "organisations, column salience_helth: unknown column (did you mean 'salience_health'?)"
    ]


def test_duplicate_cells():
    table = pd.concat([cells(), cells().iloc[[3]]], ignore_index=True)
    assert mistakes(table) == [
        "cells, index 12, columns x_km and y_km: the same square and commune as index 3, expected it once"
    ]
    table = cells(column=np.arange(12) % 4, row=np.arange(12) // 4).drop(columns=["x_km", "y_km"])
    table.loc[7, "column"] = 2
    assert mistakes(table)[0].startswith(
        "cells, index 7, columns column and row: the same square and commune as index 6"
    )


def test_numbers_of_squares_against_coordinates():
    table = cells(column=np.arange(12) % 4, row=np.arange(12) // 4)
    assert mistakes(with_value(table, "x_km", 5, 5.0)) == [
        "cells, index 5, columns column and x_km: found x_km 5, expected 3 (squares of 2 km, counted as in most rows)"
    ]
    assert mistakes(with_value(table, "row", 5, 40))[0].startswith("cells, index 5, columns row and y_km: found y_km 3")


def test_points_that_are_no_grid():
    draw = np.random.default_rng(5)
    details = mistakes(cells(x_km=draw.uniform(0, 9, 12), y_km=draw.uniform(0, 9, 12)))
    assert all("grid" in line for line in details)
    details = mistakes(cells(x_km=np.arange(12) / 100))
    assert "expected the centres of a square grid" in details[0]


def test_a_place_has_one_of_each():
    assert mistakes(with_value(cells(), "epci", 5, "F")) == [
        "cells, index 5, columns commune and epci: found epci 'F', expected 'E' as in other rows of commune 'C0'"
    ]
    assert "found side '1', expected '0'" in mistakes(with_value(cells(side=0), "side", 5, 1))[0]
    names = cells(epci_name="Vallons")
    assert (
        "columns epci and epci_name: found epci_name 'Valons'"
        in mistakes(with_value(names, "epci_name", 2, "Valons"))[0]
    )
    table = cells(region=[f"R{i % 4 // 2}" for i in range(12)])
    assert len(mistakes(table)) == 6


def test_nobody_lives_there():
    assert mistakes(cells(population=0)) == ["cells, column population: is 0 everywhere, expected inhabitants"]
    table = cells(epci=[None if i % 4 > 1 else "E" for i in range(12)])
    table["population"] = [0 if i % 4 > 1 else 9 for i in range(12)]
    assert mistakes(table)[0].startswith("cells, index 2, column population: 'C1' has no inhabitant in any row")


def test_nothing_is_reported():
    assert mistakes(cells(reported=False)) == [
        "cells, column reported: is false everywhere, expected a part that is reported"
    ]


def test_spheres_and_leave_to_generate():
    some = organisations().iloc[[0, 3]].reset_index(drop=True)
    assert mistakes(cells(), some) == [
        "organisations: no organisation of sphere firm; ask for them with territory.generate=[firm]",
        "organisations: no organisation of sphere collectivity; ask for them with territory.generate=[collectivity]",
    ]
    assert from_tables(cells(), some, generate=["collectivity", "firm"]).generate == ("firm", "collectivity")
    assert mistakes(cells(), some, generate=["association", "firm", "collectivity"]) == [
        "organisations: 2 organisations of sphere association, expected none, because territory.generate asks for that "
        "sphere"
    ]
    assert mistakes(cells(), generate=["frim"])[0] == (
        "generate: found 'frim', expected some of association, firm, collectivity (did you mean 'firm'?)"
    )


def test_arguments():
    assert mistakes(cells(), cell_km=0)[0] == "cell_km: found 0, expected km from 0.1 to 100"
    assert "domains: found ['a', 'A']" in mistakes(cells(), domains=["a", "A"])[0]


def test_all_at_once(tmp_path):
    table = cells()
    table.loc[2, "population"] = -1
    table.loc[3, "x_km"] = "x"
    table.loc[3, "commune"] = None
    table["need_health"] = 1.0
    table.loc[9, "need_health"] = None
    who = organisations(stage="engaged", zzz=1)
    who.loc[1, "id"] = "a"
    table.to_csv(tmp_path / "c.csv", index=False)
    who.to_csv(tmp_path / "o.csv", index=False, sep=";", decimal=",")
    with pytest.raises(UserError) as caught:
        from_tables(tmp_path / "c.csv", tmp_path / "o.csv", generate=["frim"])
    error = caught.value
    places = [line.replace(str(tmp_path), "").split(":")[0].lstrip("/\\") for line in error.details]
    assert places == [
        "generate",
        "c.csv, row 4, column population",
        "c.csv, row 5, column x_km",
        "c.csv, row 5, column commune",
        "c.csv, row 11, column need_health",
        "o.csv, column zzz",
        *(f"o.csv, row {row}, column stage" for row in (2, 3)),
        "o.csv, row 3, column id",
        *(f"o.csv, row {row}, column stage" for row in (4, 5)),
    ]
    assert "11 mistakes (rows count from 1, the header included)" in error.message


def test_many_mistakes_are_counted():
    table = cells(rows=400, population=-1)
    table.loc[399, "commune"] = None
    details = mistakes(table)
    assert len(details) == SHOWN + 1
    assert details[-1] == f"... and {401 - SHOWN} more"
    assert any("index 399, column commune" in line for line in details), "every column has its share of the list"
    with pytest.raises(UserError, match="cells: 401 mistakes"):
        from_tables(table)


def test_an_index_that_repeats_is_replaced_by_positions():
    table = with_value(cells(), "population", 4, -1)
    table.index = [7] * 12
    assert mistakes(table)[0].startswith("cells, index 4, column population")


# -- a mistake at a random place --------------------------------------------------------------------------------------

_BAD_NUMBERS = ("x", "nan", "inf", "-inf", "1.2.3", "--4", "1e999", "#N/A", "true", "12/05/2020", "-1e9")
CORRUPTIONS = {
    "cells": {
        **{name: ("", *_BAD_NUMBERS) for name in ("x_km", "y_km", "population")},
        "commune": ("",),
        "epci": ("EX901",),
        "deprived_share": ("", "1.5", "-0.1", *_BAD_NUMBERS),
        "civic_capacity": ("", "50", *_BAD_NUMBERS),
        **{f"need_{domain}": ("", "-1", *_BAD_NUMBERS) for domain in ("employment", "health", "environment")},
    },
    "organisations": {
        "id": ("",),
        "kind": ("", "volonteer", "commmune", "7"),
        "x_km": ("", *_BAD_NUMBERS),
        "y_km": ("", "7000", *_BAD_NUMBERS),
        "cash": ("-1", *_BAD_NUMBERS),
        "structuration": ("2", "-0.5", *_BAD_NUMBERS),
        "capabilities": ("monney", "people|x", "|", "4"),
        "stage": ("engaged", "wiling", "1"),
        "federation": ("A999", "C01"),
    },
}
_PLACES = [
    (table, column, value)
    for table, columns in CORRUPTIONS.items()
    for column, values in columns.items()
    for value in values
]


# These rest on other fields: where one of those is wrong too, the check waits until it is mended.
_RESTING = {("cells", "epci", "EX901"), ("organisations", "y_km", "7000"), ("organisations", "federation", "C01")}


def _text(rows, separator, header):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([header, *rows])
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def examples():
    tables = {}
    for table in ("cells", "organisations"):
        with open(example_path(table), encoding="utf-8", newline="") as file:
            tables[table] = list(csv.reader(file))
    return tables


@settings(max_examples=200, deadline=None, derandomize=True)
@for_all(
    place=st.sampled_from(_PLACES),
    row=st.integers(0, 10_000),
    separator=st.sampled_from([",", ";"]),
    also=st.none() | st.sampled_from(_PLACES),
    also_row=st.integers(0, 10_000),
)
def test_a_mistake_at_a_random_place_is_named(examples, tmp_path_factory, place, row, separator, also, also_row):
    folder = tmp_path_factory.getbasetemp()
    copies = {table: [list(record) for record in records] for table, records in examples.items()}
    wrong = {}
    for where, number in ((place, row), (also, also_row)):
        if where is None:
            continue
        table, column, value = where
        at = copies[table][0].index(column)
        number = 1 + number % (len(copies[table]) - 1)
        copies[table][number][at] = value
        wrong[table, number, column] = value
    paths = {}
    for table, (header, *rows) in copies.items():
        paths[table] = folder / f"{table}.csv"
        paths[table].write_bytes(_text(rows, separator, header))
    with pytest.raises(UserError) as caught:
        from_tables(paths["cells"], paths["organisations"])
    for (table, number, column), value in wrong.items():
        if len(wrong) > 1 and (table, column, value) in _RESTING:
            continue
        start = f"{paths[table]}, row {number + 1}, column"
        named = [line[len(start) :].split(":")[0] for line in caught.value.details if line.startswith(start)]
        assert any(column in words.removeprefix("s ").strip().split(" and ") for words in named), caught.value.details
