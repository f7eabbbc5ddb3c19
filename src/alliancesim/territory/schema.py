"""The columns of the user's own tables: one definition for the checks, ``alliancesim schema`` and ``docs/DATA.md``.

Print the Markdown of ``docs/DATA.md`` with ``python -m alliancesim.territory.schema``; with a file name, the part of
that file between the two markers is replaced.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from alliancesim.catalogue import CAPABILITIES, DOMAINS, KINDS, OBJECTIVES, SPHERES

BEGIN = "<!-- input tables: begin (made by `python -m alliancesim.territory.schema docs/DATA.md`) -->"
END = "<!-- input tables: end -->"
NOTE = "note"
"""Columns of this name, or that begin with ``note_``, are the user's own and are not read."""

LIMIT_KM = 25_000.0
LIMIT_SQUARE = 500_000
STAGES_GIVEN = ("naive", "willing")


@dataclass(frozen=True)
class Column:
    """One column of a table that the user gives.

    Attributes
    ----------
    name : str
        With ``<domain>``, ``<sphere>`` or ``<objective>`` in it: one column each.
    type : {"number", "whole", "flag", "text", "choice", "words"}
        ``words`` are several choices, separated by ``|`` or ``;``.
    unit, doc : str
    need : str
        "required", "optional", or the group of columns of which one must be there.
    default : str
        What holds where the column is left out.
    minimum, maximum : float or None
        Limits of numbers.
    above : bool
        Whether the minimum itself is out.
    empty : bool
        Whether a single field may be left empty.
    choices : tuple of str
    """

    name: str
    type: str
    unit: str
    doc: str
    need: str = "optional"
    default: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: bool = False
    empty: bool = False
    choices: tuple[str, ...] = ()

    def expected(self) -> str:
        """What a field must hold, in words."""
        if self.type == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.type == "words":
            return f"some of {', '.join(self.choices)}, separated by | or ;"
        if self.type == "flag":
            return "true or false (also 1 or 0, yes or no, oui or non, vrai or faux)"
        if self.type == "text":
            return "text"
        words = "a whole number" if self.type == "whole" else "a number"
        if self.minimum is None or self.maximum is None:
            return words
        low, high = f"{self.minimum:,.10g}", f"{self.maximum:,.10g}"
        return f"{words} above {low} and at most {high}" if self.above else f"{words} from {low} to {high}"


_SQUARES = "x_km and y_km, or column and row"

CELL_COLUMNS: tuple[Column, ...] = (
    Column(
        "x_km",
        "number",
        "km",
        "centre of the grid square, eastward, in any metric projection",
        _SQUARES,
        "(column + 0.5) × cell_km",
        -LIMIT_KM,
        LIMIT_KM,
    ),
    Column("y_km", "number", "km", "the same, northward", _SQUARES, "(row + 0.5) × cell_km", -LIMIT_KM, LIMIT_KM),
    Column("column", "whole", "", "number of the square eastward", _SQUARES, "from x_km", -LIMIT_SQUARE, LIMIT_SQUARE),
    Column(
        "row",
        "whole",
        "",
        "number of the square northward (southward where y_km says so)",
        _SQUARES,
        "from y_km",
        -LIMIT_SQUARE,
        LIMIT_SQUARE,
    ),
    Column(
        "population",
        "whole",
        "inhabitants",
        "people who live in the square, or in the part of it that lies in this commune",
        "required",
        "",
        0,
        1_000_000_000,
    ),
    Column(
        "commune",
        "text",
        "code",
        "commune of the part: a square that several communes share has one row each",
        default="commune_name; else one commune an EPCI; else one for all",
    ),
    Column("commune_name", "text", "", "its name", default="the code", empty=True),
    Column(
        "epci",
        "text",
        "code",
        "intercommunality; empty for a commune in none",
        default="epci_name; else none",
        empty=True,
    ),
    Column("epci_name", "text", "", "its name", default="the code", empty=True),
    Column("department", "text", "code", "department; empty for none", default="none", empty=True),
    Column("region", "text", "code", "region; empty for none", default="none", empty=True),
    Column(
        "deprived_share",
        "number",
        "share",
        "inhabitants in deprived districts (QPV, formerly ZUS)",
        default="0",
        minimum=0,
        maximum=1,
    ),
    Column(
        "side",
        "whole",
        "",
        "side of a border: 0 at home, 1 and more in other countries",
        default="0",
        minimum=0,
        maximum=100,
    ),
    Column("reported", "flag", "", "false in surroundings that are simulated but not reported", default="true"),
    Column(
        "density_association",
        "number",
        "factor",
        "on the national density of associations",
        default="1",
        minimum=0,
        maximum=1000,
    ),
    Column(
        "density_firm", "number", "factor", "on the national density of firms", default="1", minimum=0, maximum=1000
    ),
    Column(
        "civic_capacity", "number", "share", "civic capacity of the inhabitants", default="0.5", minimum=0, maximum=1
    ),
    Column(
        "need_<domain>",
        "number",
        "ratio",
        "need of a domain, relative to the national baseline 1",
        default="1",
        minimum=0,
        maximum=1000,
    ),
)

_WHO = "kind or sphere"
_WHERE = "x_km and y_km, or column and row"

ORGANISATION_COLUMNS: tuple[Column, ...] = (
    Column("id", "text", "", "identity: unique, and the same from one version of the table to the next", "required"),
    Column(
        "kind",
        "choice",
        "",
        "kind of organisation (names below, or their labels)",
        _WHO,
        "by the id, in proportion to the national densities of the sphere",
        empty=True,
        choices=tuple(kind.name for kind in KINDS),
    ),
    Column(
        "sphere",
        "choice",
        "",
        "sphere; must be that of the kind where both are given",
        _WHO,
        "that of the kind",
        empty=True,
        choices=SPHERES,
    ),
    Column(
        "x_km",
        "number",
        "km",
        "where it is; the square around it must be in the table of cells",
        _WHERE,
        "",
        -LIMIT_KM,
        LIMIT_KM,
    ),
    Column("y_km", "number", "km", "the same, northward", _WHERE, "", -LIMIT_KM, LIMIT_KM),
    Column("column", "whole", "", "square of the table of cells", _WHERE, "", -LIMIT_SQUARE, LIMIT_SQUARE),
    Column("row", "whole", "", "the same", _WHERE, "", -LIMIT_SQUARE, LIMIT_SQUARE),
    Column(
        "commune",
        "text",
        "code",
        "which part of a square that several communes share",
        default="its most populous part",
        empty=True,
    ),
    Column("name", "text", "", "what it is called in tables and figures", default="the id", empty=True),
    Column(
        "cash",
        "number",
        "reference slack",
        "own cash slack a year at R_fin = 1 (1 is the mean of all French organisations, rules.keur_per_unit in k€)",
        default="mean of its kind × lognormal draw",
        minimum=0,
        maximum=1e6,
        empty=True,
    ),
    Column(
        "time",
        "number",
        "reference slack",
        "own time slack a year at R_hum = 1 (1 is the mean of all French "
        "organisations, rules.days_per_unit in person-days)",
        default="mean of its kind × lognormal draw",
        minimum=0,
        maximum=1e6,
        empty=True,
    ),
    Column(
        "structuration",
        "number",
        "share",
        "capacity to organise",
        default="Beta draw of its kind",
        minimum=0,
        maximum=1,
        empty=True,
    ),
    Column(
        "capabilities",
        "words",
        "",
        "what it can bring (names below, separated by | or ;)",
        default="drawn by its kind",
        empty=True,
        choices=CAPABILITIES,
    ),
    Column(
        "cap",
        "whole",
        "alliances",
        "alliances that it can carry at a time",
        default="that of its kind",
        minimum=1,
        maximum=200,
        empty=True,
    ),
    Column(
        "stage",
        "choice",
        "",
        "naive or willing at month 0; nobody is engaged before the first alliance",
        default="drawn, rules.willing0",
        empty=True,
        choices=STAGES_GIVEN,
    ),
    Column(
        "openness_<sphere>",
        "number",
        "share",
        "openness toward a sphere (1 - prejudice); 1 toward its own",
        default="1 - rules.prejudice",
        minimum=0,
        maximum=1,
        empty=True,
    ),
    Column(
        "salience_<domain>",
        "number",
        "weight",
        "weight of a domain for it; a row that gives some counts the others as 0; scaled to sum 1",
        default="drawn",
        minimum=0,
        maximum=1e6,
        empty=True,
    ),
    Column(
        "objective_<objective>",
        "number",
        "weight",
        "weight of an objective for it; the same rule",
        default="Dirichlet draw",
        minimum=0,
        maximum=1e6,
        empty=True,
    ),
    Column(
        "enterprise",
        "text",
        "",
        "enterprise that it is an establishment of, any identifier (eti and ge only)",
        default="drawn for eti and ge",
        empty=True,
    ),
    Column(
        "federation",
        "text",
        "",
        "id of its federation (for an association) or firms' network (for a firm) in this table",
        default="drawn",
        empty=True,
    ),
    Column(
        "weight",
        "number",
        "organisations",
        "organisations that the row stands for",
        default="1",
        minimum=0,
        maximum=1e6,
        above=True,
        empty=True,
    ),
)

TABLES = {"cells": CELL_COLUMNS, "organisations": ORGANISATION_COLUMNS}

INTRODUCTIONS = {
    "cells": "One row a square of a regular grid, or a row for each commune that shares it. A column that is there is "
    "filled in every row, but for names and codes above the commune.",
    "organisations": "One row an organisation. Fields of optional columns may be left empty: the model then draws them "
    "as it does for generated organisations.",
}

RULES = (
    "Files: CSV (.csv, .tsv, .txt), Excel (.xlsx, .xlsm; needs the extra `excel`) or Parquet (.parquet); from Python "
    "also a DataFrame. Of a workbook the sheet named like the table (cells, organisations) is read, else the first.",
    "CSV: separated by comma, semicolon or tab, in UTF-8 (with or without mark), UTF-16 with mark, or Windows-1252. "
    "Where the separator is not the comma, numbers may have a decimal comma; spaces may group thousands.",
    "Names of columns: case does not matter, nor do spaces around; spaces and hyphens count as underscores. A column "
    "that is not in the list is a mistake (the nearest name is suggested), unless it is called `note` or begins with "
    "`note_`.",
    "Rows in messages are those of a spreadsheet: they count from 1, the header included. Records of Parquet count "
    "from 1; rows of a DataFrame are named by its index. Empty rows of CSV and Excel are passed over.",
    "All mistakes of both tables are told at once, before anything runs. A check that rests on a field with a mistake "
    "waits until it is mended.",
    "Side of a square (`cell_km`): read from the coordinates; where only column and row are given, 2 km unless told. "
    "Coordinates off the grid by more than a twentieth of a square (a quarter beside column and row) are mistakes.",
    "A commune has one name, EPCI, department, region and side; an EPCI one name; a department one region. An EPCI, or "
    "a commune in none, has inhabitants.",
    "Domains are those of the columns `need_<domain>` (the default ones first, then the others as they stand); without "
    "any, the five default ones with need 1. What is filled by a rule (deprived share, densities, civic capacity, needs, "
    "missing kinds) is listed in `Territory.synthetic`.",
    "Spheres: the organisations given are used as they are. A sphere that the table has nobody of must be asked for "
    "with territory.generate; a sphere that it has cannot be. Without a table of organisations all three are "
    "generated. Generated collectivities are those that the codes of the cells name, and State services and agencies.",
)


def expand(name: str, domains: tuple[str, ...]) -> tuple[str, ...]:
    """Names of columns that a name with ``<…>`` stands for."""
    for word, values in (("<domain>", domains), ("<sphere>", SPHERES), ("<objective>", OBJECTIVES)):
        if word in name:
            return tuple(name.replace(word, value) for value in values)
    return (name,)


def _holds(column: Column) -> str:
    words = {"kind": "a kind", "capabilities": "capabilities"}.get(column.name) or column.expected()
    return words.replace(" (also 1 or 0, yes or no, oui or non, vrai or faux)", "")


def _lists() -> list[tuple[str, str]]:
    kinds = "; ".join(
        f"{sphere}: " + ", ".join(kind.name for kind in KINDS if kind.sphere == number)
        for number, sphere in enumerate(SPHERES)
    )
    return [
        ("kinds", kinds),
        ("capabilities", ", ".join(CAPABILITIES)),
        ("objectives", ", ".join(OBJECTIVES)),
        ("default domains", ", ".join(DOMAINS)),
    ]


def schema_text() -> str:
    """Both tables as text of at most 110 columns, for ``alliancesim schema``."""
    lines: list[str] = []
    for table, columns in TABLES.items():
        lines += [
            f"territory.{table}",
            *textwrap.wrap(INTRODUCTIONS[table], 108, initial_indent="  ", subsequent_indent="  "),
            "",
        ]
        for column in columns:
            unit = f" [{column.unit}]" if column.unit else ""
            holds = _holds(column)
            facts = [column.doc]
            if column.type != "text" and column.name not in ("kind", "capabilities"):
                facts.append(holds)
            facts.append({"required": "required", "optional": "optional"}.get(column.need, f"required: {column.need}"))
            if column.default:
                facts.append(f"left out: {column.default}")
            lines += textwrap.wrap(
                f"{column.name}{unit}: " + "; ".join(facts),
                108,
                initial_indent="  ",
                subsequent_indent="      ",
                break_on_hyphens=False,
            )
        lines.append("")
    for title, words in _lists():
        lines += textwrap.wrap(f"{title}: {words}", 108, subsequent_indent="    ", break_on_hyphens=False)
    lines.append("")
    for rule in RULES:
        lines += textwrap.wrap(f"- {rule.replace('`', '')}", 108, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)


def schema_markdown() -> str:
    """The part of ``docs/DATA.md`` on input tables."""
    lines: list[str] = []
    for table, columns in TABLES.items():
        lines += [
            f"### `territory.{table}`",
            "",
            INTRODUCTIONS[table],
            "",
            "| column | unit | holds | needed | left out | meaning |",
            "|---|---|---|---|---|---|",
        ]
        for column in columns:
            fields = (f"`{column.name}`", column.unit, _holds(column), column.need, column.default, column.doc)
            lines.append("| " + " | ".join(text.replace("|", "\\|") for text in fields) + " |")
        lines.append("")
    lines += [f"- **{title}**: {words}" for title, words in _lists()]
    lines += ["", "### Rules for both tables", ""]
    lines += [f"- {rule}" for rule in RULES]
    return "\n".join(lines)


def with_input_tables(text: str) -> str:
    """A document whose part between the two markers is made anew.

    Raises
    ------
    ValueError
        Where the document lacks the markers.
    """
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"the document has no part between {BEGIN!r} and {END!r}")
    return f"{head}{BEGIN}\n\n{schema_markdown()}\n\n{END}{tail}"


def _main(arguments: list[str]) -> None:
    from pathlib import Path

    if not arguments:
        print(schema_markdown())
    for name in arguments:
        path = Path(name)
        path.write_text(with_input_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    import sys

    _main(sys.argv[1:])

__all__ = [
    "BEGIN",
    "CELL_COLUMNS",
    "END",
    "ORGANISATION_COLUMNS",
    "TABLES",
    "Column",
    "expand",
    "schema_markdown",
    "schema_text",
    "with_input_tables",
]
