"""The user's tables in every format they may come in: the same territory from each."""

from __future__ import annotations

import builtins
import csv
import io

import numpy as np
import pandas as pd
import pytest

from alliancesim.errors import UserError
from alliancesim.territory.tables import example_path, from_tables

CELLS, ORGANISATIONS = example_path("cells"), example_path("organisations")


def records(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def french(path, target, *, encoding="cp1252", separator=";", newline="\r\n", prefix=""):
    """A table as a French spreadsheet writes it: decimal commas, its own separator and encoding."""
    table = records(path)
    header = table[0]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=newline)
    writer.writerow(header)
    for row in table[1:]:
        writer.writerow(
            [
                value.replace(".", ",") if name not in ("id", "name", "commune_name", "epci_name") else value
                for name, value in zip(header, row, strict=True)
            ]
        )
    target.write_bytes((prefix + out.getvalue()).encode(encoding))
    return target


def typed(path):
    return pd.read_csv(path)


def same(one, other):
    pd.testing.assert_frame_equal(one.cells, other.cells)
    pd.testing.assert_frame_equal(one.collectivities, other.collectivities)
    pd.testing.assert_frame_equal(one.organisations, other.organisations)
    assert one.checksum() == other.checksum()


@pytest.fixture(scope="module")
def reference():
    return from_tables(CELLS, ORGANISATIONS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_french_spreadsheets(tmp_path, reference, encoding, separator):
    cells = french(CELLS, tmp_path / "cells.csv", encoding=encoding, separator=separator)
    given = french(ORGANISATIONS, tmp_path / "organisations.csv", encoding=encoding, separator=separator)
    same(from_tables(cells, given), reference)
    same(from_tables(str(cells), str(given)), reference)


def test_the_sep_line_of_spreadsheets(tmp_path, reference):
    cells = french(CELLS, tmp_path / "cells.csv", prefix="sep=;\r\n")
    same(from_tables(cells, ORGANISATIONS), reference)


def test_excel(tmp_path, reference):
    typed(CELLS).to_excel(tmp_path / "cells.xlsx", index=False)
    typed(ORGANISATIONS).to_excel(tmp_path / "organisations.xlsx", index=False)
    same(from_tables(tmp_path / "cells.xlsx", tmp_path / "organisations.xlsx"), reference)


def test_one_workbook_with_both_sheets(tmp_path, reference):
    path = tmp_path / "both.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="notes", index=False)
        typed(ORGANISATIONS).to_excel(book, sheet_name="Organisations", index=False)
        typed(CELLS).to_excel(book, sheet_name="cells", index=False)
    same(from_tables(path, path), reference)


def test_parquet(tmp_path, reference):
    typed(CELLS).to_parquet(tmp_path / "cells.parquet")
    typed(ORGANISATIONS).to_parquet(tmp_path / "organisations.parquet")
    same(from_tables(tmp_path / "cells.parquet", tmp_path / "organisations.parquet"), reference)


def test_data_frames(reference):
    same(from_tables(typed(CELLS), typed(ORGANISATIONS)), reference)
    same(from_tables(pd.read_csv(CELLS, dtype=str), pd.read_csv(ORGANISATIONS, dtype=str)), reference)


def test_the_order_of_rows_and_columns_does_not_matter_to_the_cells(reference):
    table = typed(CELLS).sample(frac=1.0, random_state=3)
    table = table[table.columns[::-1]]
    pd.testing.assert_frame_equal(from_tables(table, typed(ORGANISATIONS)).cells, reference.cells)


def test_names_of_columns_are_read_kindly(tmp_path, reference):
    text = CELLS.read_text(encoding="utf-8")
    header, rest = text.split("\n", 1)
    names = header.split(",")
    names[0], names[2], names[4], names[9] = " X_km ", "POPULATION", "Commune name", "deprived-share"
    path = tmp_path / "cells.csv"
    path.write_text(
        ",".join([*names, "note", "Note source"])
        + "\n"
        + "".join(f"{line},mine,INSEE\n" for line in rest.strip().split("\n")),
        encoding="utf-8",
    )
    same(from_tables(path, ORGANISATIONS), reference)


def test_thousands_and_empty_rows(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("\nx_km;y_km;population\n1,0;1;12\u00a0345\n;;\n\n3;1;1 000\n5;1;7\u202f000\n\n", encoding="utf-8")
    territory = from_tables(path)
    assert territory.cells["population"].tolist() == [12345, 1000, 7000]
    path.write_text("\nx_km;y_km;population\n1,0;1;12\n;;\n\n3;1;-1\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        from_tables(path)
    assert f"{path}, row 6, column population: found '-1'" in caught.value.details[0]


def test_rows_of_excel_are_those_of_the_sheet(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["x_km", "y_km", "population"], [1, 1, 10], [], [3, 1, "#N/A"], [5, 1, True], [7, 1, 2.5]):
        sheet.append(row)
    book.save(tmp_path / "cells.xlsx")
    with pytest.raises(UserError) as caught:
        from_tables(tmp_path / "cells.xlsx")
    words = [line.split("cells.xlsx, ")[1].split(":")[0] for line in caught.value.details]
    # openpyxl's append of an empty row still takes one.
    assert words == [f"row {row}, column population" for row in (4, 5, 6)]


def test_a_comma_separated_file_takes_no_decimal_comma(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text('x_km,y_km,population,deprived_share\n1,1,10,"0,5"\n3,1,10,0,5\n', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        from_tables(path)
    first, second = caught.value.details
    assert "row 2, column deprived_share: found '0,5', expected a number from 0 to 1" in first
    assert "semicolon" in first
    assert "row 3: found 5 fields, expected 4 as in the header" in second


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cells.csv", None, "no such file"),
        ("cells.csv", b"", "is empty"),
        ("cells.csv", b"\n \n", "is empty"),
        ("cells.csv", b";;\n", "is empty"),
        ("cells.csv", b"x_km,y_km,population\n", "has no rows"),
        ("cells.csv", b"\x00\x01\x02\x03", "cannot be read as text"),
        ("cells.csv", b"x_km,y_km,population,name\n1,1,\x81,3\n", "cannot be read as text"),
        ("cells.csv", b'x_km,y_km,population\n1,1,"3', "row 2 cannot be read"),
        ("cells.xlsx", b"not a workbook", "cannot be read as a workbook"),
        ("cells.parquet", b"not a table", "cannot be read as Parquet"),
        ("cells.xls", b"old", "found the ending '.xls', expected one of .csv"),
        ("cells", b"old", "found no ending"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        from_tables(path)
    assert len(caught.value.details) == 1
    assert str(path) in caught.value.details[0]
    assert words in caught.value.details[0]


def test_a_folder_is_no_table(tmp_path):
    folder = tmp_path / "cells.csv"
    folder.mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        from_tables(folder)


def test_neither_file_nor_frame():
    with pytest.raises(UserError, match="found list, expected a file name or a pandas DataFrame"):
        from_tables([1, 2])


def test_both_files_are_looked_at_though_one_cannot_be_read(tmp_path):
    given = tmp_path / "organisations.csv"
    given.write_text("id,kind,x_km,y_km\na,volonteer,1,1\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        from_tables(tmp_path / "nothing.csv", given)
    assert "no such file" in caught.value.details[0]
    assert "(did you mean 'volunteer'?)" in caught.value.details[1]


def test_excel_without_openpyxl(tmp_path, monkeypatch):
    typed(CELLS).to_excel(tmp_path / "cells.xlsx", index=False)
    real = builtins.__import__

    def missing(name, *rest, **named):
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UserError, match=r"alliancesim\[excel\]"):
        from_tables(tmp_path / "cells.xlsx")


def test_codes_that_a_spreadsheet_took_for_numbers(tmp_path):
    table = pd.DataFrame(
        {
            "column": [0, 1],
            "row": [0, 0],
            "population": [10, 20],
            "commune": [46102, 46103],
            "epci": [200067361.0, np.nan],
        }
    )
    territory = from_tables(table)
    assert sorted(territory.cells["commune"]) == ["46102", "46103"]
    assert sorted(territory.cells["epci"]) == ["", "200067361"]
