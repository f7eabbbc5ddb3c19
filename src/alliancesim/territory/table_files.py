"""Files of tables as the user gives them: read as they are, with the row that each value stands in.

Nothing is judged here but whether a file can be read as a table; values are checked in ``territory.tables``.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, SupportsIndex

import pandas as pd

from alliancesim.errors import UserError

SHOWN = 50
"""Mistakes that are listed; the rest is counted."""
KEPT_A_COLUMN = 1000
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
EXCEL_ENDINGS = (".xlsx", ".xlsm")
PARQUET_ENDINGS = (".parquet", ".pq")
SEPARATORS = (";", "\t", ",")


def nearest(word: str, among: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest of some words, or nothing."""
    found = difflib.get_close_matches(word, sorted(set(among)), n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""


def shown(value: Any) -> str:
    """A value as an error shows it: one line, not too long."""
    text = repr(value.item() if hasattr(value, "item") else value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass
class RawTable:
    """A table before any check.

    Attributes
    ----------
    label : str
        The file as the user named it, or the argument for a DataFrame.
    names : list of str
        Headings as they stand.
    columns : list of list
        Values by column; None where a field is empty.
    rows : list
        What each row is called: its number in the file, or its label in the index.
    word : {"row", "record", "index"}
        What ``rows`` are.
    comma : bool
        Whether text may hold a decimal comma.
    origin : str
        What provenance says of it.
    """

    label: str
    names: list[str]
    columns: list[list[Any]]
    rows: Sequence[Any]
    word: str
    comma: bool
    origin: str

    def where(self, position: SupportsIndex) -> str:
        """``row 5`` for a position."""
        return f"{self.word} {self.rows[int(position)]}"


@dataclass
class Report:
    """Mistakes found so far, in both tables."""

    labels: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    kept: list[tuple[int, int, int, str, str]] = field(default_factory=list)
    counts: dict[tuple[int, str], int] = field(default_factory=dict)

    def _table(self, label: str) -> int:
        if label not in self.labels:
            self.labels.append(label)
        return self.labels.index(label)

    def add(self, label: str, message: str) -> None:
        """A mistake of a whole table."""
        self._keep(self._table(label), -1, "", f"{label}: {message}")

    def column(self, raw: RawTable, column: str, message: str) -> None:
        """A mistake of a whole column."""
        self._keep(self._table(raw.label), -1, column, f"{raw.label}, column {column}: {message}")

    def row(self, raw: RawTable, position: SupportsIndex, message: str) -> None:
        """A mistake of a whole row."""
        self.words.add(raw.word)
        self._keep(self._table(raw.label), position, "", f"{raw.label}, {raw.where(position)}: {message}")

    def value(self, raw: RawTable, position: SupportsIndex, column: str, message: str) -> None:
        """A mistake of one field (of several columns where ``column`` names them)."""
        self.words.add(raw.word)
        name = f"columns {column}" if " and " in column else f"column {column}"
        self._keep(self._table(raw.label), position, column, f"{raw.label}, {raw.where(position)}, {name}: {message}")

    def _keep(self, table: int, position: SupportsIndex, column: str, text: str) -> None:
        number = self.counts.get((table, column), 0)
        self.counts[table, column] = number + 1
        if number < KEPT_A_COLUMN:
            self.kept.append((number, table, int(position), column, text))

    @property
    def total(self) -> int:
        """Number of mistakes."""
        return sum(self.counts.values())

    def finish(self) -> None:
        """Raise what was found.

        Raises
        ------
        UserError
            With a line a mistake: at most ``SHOWN``, some of every column, and a count of the rest.
        """
        if not self.kept:
            return
        # Where there are too many, the first of every column come before the second of any.
        order = range(len(self.kept))
        chosen = sorted(order, key=lambda number: self.kept[number][0])[:SHOWN]
        lines = [
            self.kept[number][4] for number in sorted(chosen, key=lambda number: (*self.kept[number][1:3], number))
        ]
        if self.total > len(lines):
            lines.append(f"... and {self.total - len(lines):,} more")
        how = {
            "row": "rows count from 1, the header included",
            "record": "records count from 1",
            "index": "rows of a DataFrame by its index",
        }
        told = "; ".join(how[word] for word in ("row", "record", "index") if word in self.words)
        plural = "s" if self.total > 1 else ""
        raise UserError(
            f"{' and '.join(self.labels)}: {self.total:,} mistake{plural}" + (f" ({told})" if told else ""), lines
        )


def read_table(source: Any, table: str, report: Report) -> RawTable | None:
    """Read a table; what hinders goes to the report.

    Parameters
    ----------
    source : str, path or DataFrame
    table : {"cells", "organisations"}
    report : Report

    Returns
    -------
    RawTable or None
        None where there is nothing to check.
    """
    if isinstance(source, pd.DataFrame):
        raw: RawTable | None = _from_frame(source, table)
    elif isinstance(source, (str, os.PathLike)):
        raw = _from_file(Path(source), str(source), table, report)
    else:
        report.add(table, f"found {type(source).__name__}, expected a file name or a pandas DataFrame")
        return None
    if raw is not None and not raw.rows:
        if raw.label not in report.labels:  # else every row was told of already
            found = "has no rows, expected at least one" if raw.names else "is empty, expected a header and rows"
            report.add(raw.label, found)
        return None
    return raw


def _from_frame(frame: pd.DataFrame, table: str) -> RawTable:
    columns = []
    for number in range(frame.shape[1]):
        series = frame.iloc[:, number]
        columns.append([None if empty else value for value, empty in zip(series.tolist(), series.isna(), strict=True)])
    names = ["_".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    unique = frame.index.is_unique
    rows = frame.index.tolist() if unique else list(range(len(frame)))
    return RawTable(table, names, columns, rows, "index", True, "a DataFrame of the user")


def _from_file(path: Path, label: str, table: str, report: Report) -> RawTable | None:
    ending = path.suffix.lower()
    if ending not in TEXT_ENDINGS + EXCEL_ENDINGS + PARQUET_ENDINGS:
        known = ", ".join(TEXT_ENDINGS + EXCEL_ENDINGS + PARQUET_ENDINGS)
        report.add(
            label,
            f"found the ending {ending!r}, expected one of {known}"
            if ending
            else f"found no ending, expected one of {known}",
        )
        return None
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        report.add(label, f"no such file, expected the table of {table}")
        return None
    except OSError as error:
        report.add(label, f"cannot be read ({error.strerror or error})")
        return None
    except ValueError:
        report.add(label, "is no file name")
        return None
    if not data.strip():
        report.add(label, "is empty, expected a header and rows")
        return None
    origin = f"{path.name} of the user (SHA-256 {hashlib.sha256(data).hexdigest()})"
    if ending in TEXT_ENDINGS:
        return _from_text(data, label, origin, report)
    if ending in EXCEL_ENDINGS:
        return _from_excel(data, label, origin, table, report)
    return _from_parquet(data, label, origin, report)


# -- text -------------------------------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        return None
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _separator(line: str) -> str:
    """The separator that a heading holds most of, outside quotes; the comma where there is none."""
    outside = "".join(line.split('"')[::2])
    best = max(SEPARATORS, key=lambda mark: outside.count(mark))
    return best if outside.count(best) else ","


def _from_text(data: bytes, label: str, origin: str, report: Report) -> RawTable | None:
    text = _decoded(data)
    if text is None:
        report.add(label, "cannot be read as text, expected UTF-8, UTF-16 with mark or Windows-1252")
        return None
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    told = lines[0].strip().lower() if lines else ""
    if told.startswith("sep=") and len(told) == 5:
        separator = lines[0].strip()[4]
    else:
        told, separator = "", _separator(lines[0]) if lines else ","
    records: list[tuple[int, list[Any]]] = []
    try:
        for number, fields in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            if told and not records and "".join(fields).strip().lower().startswith("sep"):
                continue
            records.append((number, [item if item.strip() else None for item in fields]))
    except csv.Error as error:
        number = records[-1][0] + 1 if records else 1
        report.add(label, f"row {number} cannot be read ({error}), expected quotes that are closed and doubled inside")
        return None
    return _arranged(records, label, origin, report, comma=separator != ",", strict=True)


def _arranged(
    records: list[tuple[int, list[Any]]], label: str, origin: str, report: Report, *, comma: bool, strict: bool
) -> RawTable:
    """Records below their heading, turned into columns; empty ones are passed over."""
    filled = [(number, fields) for number, fields in records if any(item is not None for item in fields)]
    if not filled:
        return RawTable(label, [], [], [], "row", comma, origin)
    header = [("" if item is None else str(item)) for item in filled[0][1]]
    while header and not header[-1]:
        header.pop()
    width = len(header)
    rows: list[int] = []
    columns: list[list[Any]] = [[] for _ in header]
    wrong = RawTable(label, header, columns, [number for number, _ in filled], "row", comma, origin)
    for position, (number, fields) in enumerate(filled[1:], 1):
        over = [item for item in fields[width:] if item is not None]
        if over or (strict and len(fields) < width):
            hint = ""
            if over and not comma:
                hint = " (a decimal comma needs quotes, or the semicolon as separator)" if strict else ""
            report.row(wrong, position, f"found {len(fields)} fields, expected {width} as in the header{hint}")
            continue
        rows.append(number)
        for column, item in zip(columns, [*fields, *[None] * (width - len(fields))], strict=False):
            column.append(item)
    return RawTable(label, header, columns, rows, "row", comma, origin)


# -- workbooks and Parquet --------------------------------------------------------------------------------------------


def _from_excel(data: bytes, label: str, origin: str, table: str, report: Report) -> RawTable | None:
    try:
        import openpyxl
    except ImportError:
        report.add(label, "needs the package openpyxl (pip install 'alliancesim[excel]'), or save the sheet as CSV")
        return None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {name.strip().casefold(): name for name in book.sheetnames}
        sheet = book[sheets.get(table, book.sheetnames[0])]
        records = [
            (number, [None if isinstance(item, str) and not item.strip() else item for item in fields])
            for number, fields in enumerate(sheet.iter_rows(values_only=True), 1)
        ]
        book.close()
    except Exception as error:  # openpyxl raises whatever its XML and zip readers raise
        report.add(label, f"cannot be read as a workbook ({type(error).__name__}), expected .xlsx")
        return None
    return _arranged(records, label, origin, report, comma=True, strict=False)


def _from_parquet(data: bytes, label: str, origin: str, report: Report) -> RawTable | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        columns = [
            [
                None if item is None or (isinstance(item, float) and math.isnan(item)) else item
                for item in column.to_pylist()
            ]
            for column in table.columns
        ]
    except (pa.ArrowException, OSError, ValueError) as error:
        report.add(label, f"cannot be read as Parquet ({type(error).__name__})")
        return None
    rows = range(1, table.num_rows + 1)
    return RawTable(label, [str(name) for name in table.column_names], columns, rows, "record", True, origin)


__all__ = ["RawTable", "Report", "nearest", "read_table", "shown"]
