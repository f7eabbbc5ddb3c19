"""The user's table of cells: its grid, its places, its values, all checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.catalogue import DOMAINS
from alliancesim.territory.schema import CELL_COLUMNS, LIMIT_SQUARE, TABLES
from alliancesim.territory.table_checks import Field, match_columns, read_fields
from alliancesim.territory.table_files import RawTable, Report

CELL_KM = 2.0
"""Side of a square where nothing tells it."""
LEAST_CELL_KM, LARGEST_CELL_KM = 0.1, 100.0
OFF_GRID = 0.05
"""How far a coordinate may lie from the grid that the coordinates themselves define, in squares."""
OFF_SQUARE = 0.25
"""How far a coordinate may lie from the centre of the square that column and row name, in squares."""
MOST_DOMAINS = 20


@dataclass
class Grid:
    """Where squares lie: column = floor(x / cell - x0 + 0.5), row likewise with y turned by its sign."""

    cell: float
    x0: float
    y0: float
    sign: int

    def squares(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column and row (int64) of the square around each place."""
        return (
            np.floor(x / self.cell - self.x0 + 0.5).astype(np.int64),
            np.floor(self.sign * y / self.cell - self.y0 + 0.5).astype(np.int64),
        )


@dataclass
class CheckedCells:
    """The table of cells, checked.

    ``grid`` is None, and ``frame`` without meaning, where a mistake stands in the way of what rests on the location.
    """

    frame: pd.DataFrame
    grid: Grid | None
    domains: tuple[str, ...]
    filled: list[str]
    notes: list[str]
    has_communes: bool
    located: bool


def check_cells(raw: RawTable, domains: tuple[str, ...] | None, cell_km: float | None, report: Report) -> CheckedCells:
    """Check the table of cells; every mistake goes to the report.

    Parameters
    ----------
    raw : RawTable
    domains : tuple of str or None
        None: those of the columns ``need_<domain>``, or the default ones.
    cell_km : float or None
        None: read from the coordinates.
    report : Report
    """
    size = len(raw.rows)
    found = match_columns(raw, CELL_COLUMNS, domains, report)
    missing(raw, "cells", found, report)
    fields = read_fields(raw, found, report)
    if domains is None:
        there = [name.removeprefix("need_") for name in fields if name.startswith("need_")]
        # The default domains in their own order, so that the order of columns does not matter; then the others.
        domains = (*(each for each in DOMAINS if each in there), *(each for each in there if each not in DOMAINS))
    named = domains
    if len(named) > MOST_DOMAINS:
        report.add(raw.label, f"found {len(named)} need domains, expected at most {MOST_DOMAINS}")
    named = named or DOMAINS
    notes: list[str] = []
    frame = pd.DataFrame(index=pd.RangeIndex(size))
    grid, column, row, x, y = _locate(raw, fields, cell_km, report, notes)
    located = grid is not None and len(column) == size
    if located:
        frame["column"], frame["row"], frame["x_km"], frame["y_km"] = column, row, x, y
    filled: list[str] = []
    defaults: dict[str, Any] = {
        "deprived_share": 0.0,
        "side": 0,
        "reported": True,
        "density_association": 1.0,
        "density_firm": 1.0,
        "civic_capacity": 0.5,
    }
    defaults |= {f"need_{domain}": 1.0 for domain in named}
    for name, value in defaults.items():
        field = fields.get(name)
        frame[name] = field.values if field is not None else value
        if field is None and name not in ("side", "reported"):
            filled.append(name)
    frame["population"] = fields["population"].values if "population" in fields else 0
    _communes(frame, fields, filled)
    _check_places(raw, frame, fields, report)
    if located and ("commune" not in fields or fields["commune"].right.all()):
        names = " and ".join(("column", "row") if "column" in fields else ("x_km", "y_km"))
        _duplicates(raw, frame[["column", "row", "commune"]], names, "the same square and commune as", report)
    sound = all(fields[key].right.all() for key in ("population", "reported", "epci", "side") if key in fields)
    if "population" in fields and sound:
        _inhabited(raw, frame, report)
    if "reported" in fields and fields["reported"].right.all() and not fields["reported"].values.any():
        report.column(raw, "reported", "is false everywhere, expected a part that is reported")
    return CheckedCells(frame, grid, named, filled, notes, "commune" in fields or "commune_name" in fields, located)


def missing(raw: RawTable, table: str, found: dict[str, Any], report: Report) -> None:
    """Columns that must be there and are not."""
    for column in TABLES[table]:
        if column.need == "required" and column.name not in found:
            report.add(raw.label, f"column {column.name} is missing, expected {column.expected()} in it")
    pairs = (("x_km", "y_km"), ("column", "row"))
    if not any(a in found and b in found for a, b in pairs):
        half = [(a, b) if a in found else (b, a) for a, b in pairs if a in found or b in found]
        for present, absent in half:
            report.add(raw.label, f"column {absent} is missing, expected beside {present}")
        if not half:
            report.add(raw.label, "columns x_km and y_km are missing, expected them, or column and row")
    else:
        for a, b in pairs:
            if (a in found) != (b in found):
                present, absent = (a, b) if a in found else (b, a)
                report.add(raw.label, f"column {absent} is missing, expected beside {present}")


def _locate(
    raw: RawTable, fields: dict[str, Field], cell_km: float | None, report: Report, notes: list[str]
) -> tuple[Grid | None, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grid, columns, rows and centres; reports what lies off the grid. Without a grid where a location has a mistake."""
    none = np.zeros(0)
    by_km, by_number = ("x_km" in fields and "y_km" in fields), ("column" in fields and "row" in fields)
    names = [name for name in ("x_km", "y_km", "column", "row") if name in fields]
    if not (by_km or by_number):
        return None, none, none, none, none
    right = np.logical_and.reduce([fields[name].right for name in names])
    if not right.any():
        return None, none, none, none, none
    before = report.total
    if by_number:
        column, row = fields["column"].values, fields["row"].values
        if not by_km:
            grid = Grid(cell_km or CELL_KM, 0.5, 0.5, 1)
            x, y = (column + 0.5) * grid.cell, (row + 0.5) * grid.cell
        else:
            x, y = fields["x_km"].values, fields["y_km"].values
            grid = _numbered_grid(column[right], row[right], x[right], y[right], cell_km)
            _off_square(raw, "x_km", "column", x, (column + grid.x0) * grid.cell, right, grid.cell, report)
            _off_square(raw, "y_km", "row", y, (row + grid.y0) * grid.cell * grid.sign, right, grid.cell, report)
    else:
        x, y = fields["x_km"].values, fields["y_km"].values
        side = cell_km or _side(x[right], y[right])
        if not LEAST_CELL_KM <= side <= LARGEST_CELL_KM:
            report.add(
                raw.label,
                f"the gaps between coordinates are mostly {side:g} km, expected the centres of a square grid "
                f"of {LEAST_CELL_KM:g} to {LARGEST_CELL_KM:g} km (give territory.cell_km, or column and row)",
            )
            return None, none, none, none, none
        grid = Grid(side, _phase(x[right] / side), _phase(y[right] / side), 1)
        column, row = grid.squares(x, y)
        for name, values, number, shift in (("x_km", x, column, grid.x0), ("y_km", y, row, grid.y0)):
            away = np.abs(values / side - shift - number)
            for i in np.flatnonzero(right & (away > OFF_GRID)):
                report.value(
                    raw,
                    i,
                    name,
                    f"found {values[i]:g}, expected a centre of the grid of {side:g} km, such as "
                    f"{(number[i] + shift) * side:g}",
                )
            for i in np.flatnonzero(right & (np.abs(number) > LIMIT_SQUARE)):
                report.value(
                    raw, i, name, f"found {values[i]:g}, expected at most {LIMIT_SQUARE:,} squares from the origin"
                )
    if report.total > before or not right.all():
        return None, none, none, none, none
    if grid.sign < 0:
        # Maps and blocks count rows northward.
        row, grid = -row, Grid(grid.cell, grid.x0, -grid.y0, 1)
        notes.append("Rows of the table count southward: their numbers are negative in results.")
    return grid, column, row, x, y


def _side(x: np.ndarray, y: np.ndarray) -> float:
    """The most frequent gap between neighbouring coordinates (of several, the least)."""
    gaps = np.concatenate([np.diff(np.unique(np.round(values, 4))) for values in (x, y)])
    gaps = np.round(gaps, 3)
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return CELL_KM
    values, counts = np.unique(gaps, return_counts=True)
    return float(values[np.argmax(counts)])


def _phase(position: np.ndarray) -> float:
    """Where in a square most centres lie, 0 up to 1."""
    part = position - np.floor(position)
    bins = np.round(part * 50).astype(np.int64) % 50
    fullest = int(np.argmax(np.bincount(bins, minlength=50)))
    inside = part[bins == fullest]
    return float(np.median(np.where(inside > 0.9, inside - 1.0, inside) if fullest == 0 else inside))


def _numbered_grid(column: np.ndarray, row: np.ndarray, x: np.ndarray, y: np.ndarray, cell_km: float | None) -> Grid:
    """The grid that most rows agree on, from numbers and coordinates."""
    steps = []
    for number, values in ((column, x), (row, y)):
        each, index = np.unique(number, return_inverse=True)
        middle = pd.Series(values).groupby(index.reshape(-1)).median().to_numpy()
        steps.append(np.diff(middle) / np.diff(each))
    sign = -1 if len(steps[1]) and np.median(steps[1]) < 0 else 1
    both = np.abs(np.concatenate(steps))
    cell = cell_km or (float(np.round(np.median(both), 6)) if len(both) else CELL_KM)
    cell = cell if LEAST_CELL_KM <= cell <= LARGEST_CELL_KM else CELL_KM
    return Grid(cell, float(np.median(x / cell - column)), float(np.median(sign * y / cell - row)), sign)


def _off_square(
    raw: RawTable,
    name: str,
    number: str,
    values: np.ndarray,
    centre: np.ndarray,
    right: np.ndarray,
    cell: float,
    report: Report,
) -> None:
    for i in np.flatnonzero(right & (np.abs(values - centre) > OFF_SQUARE * cell)):
        report.value(
            raw,
            i,
            f"{number} and {name}",
            f"found {name} {values[i]:g}, expected {centre[i]:g} (squares of {cell:g} km, counted as in most rows)",
        )


def _communes(frame: pd.DataFrame, fields: dict[str, Field], filled: list[str]) -> None:
    """Codes and names of places; what is left out is filled in, so that every part has a commune."""
    empty = np.full(len(frame), "", dtype=object)

    def text(*names: str) -> np.ndarray:
        values = empty
        for name in names:
            if name in fields:
                values = np.where(values == "", fields[name].values, values)
        return values.astype(object)

    epci = text("epci") if "epci" in fields else text("epci_name")
    if "commune" in fields:
        commune = text("commune")
    else:
        commune = text("commune_name")
        side = frame["side"].to_numpy()
        whole = np.where(epci == "", "all", epci)
        whole = np.where(side > 0, whole + ":" + side.astype(str), whole)
        commune = np.where(commune == "", whole, commune)
        if "commune_name" not in fields:
            filled.append("commune")
    frame["commune"], frame["epci"] = commune, epci
    label = text("commune_name")
    frame["commune_name"] = np.where(label == "", commune, label)
    label = text("epci_name")
    frame["epci_name"] = np.where(label == "", epci, label)
    frame["department"], frame["region"] = text("department"), text("region")


_ONE_OF = (
    ("commune", ("commune_name", "epci", "department", "region", "side")),
    ("epci", ("epci_name",)),
    ("department", ("region",)),
)


def _check_places(raw: RawTable, frame: pd.DataFrame, fields: dict[str, Field], report: Report) -> None:
    """A commune has one EPCI and so on; the value of most rows is taken for the right one."""
    for key, others in _ONE_OF:
        if key not in fields:
            continue
        for name in others:
            if name not in fields:
                continue
            rows = np.flatnonzero(fields[key].known & fields[name].right)
            code = [str(each) for each in frame[key].to_numpy(dtype=object)[rows]]
            value = [str(each) for each in frame[name].to_numpy(dtype=object)[rows]]
            pairs = pd.DataFrame({"code": code, "value": value})
            if not (pairs.groupby("code")["value"].nunique() > 1).any():
                continue
            counts = pairs.groupby(["code", "value"], sort=False).size().reset_index(name="count")
            first = counts.sort_values("count", ascending=False, kind="stable").drop_duplicates("code")
            usual = dict(zip(first["code"], first["value"], strict=True))
            for i, c, v in zip(rows, code, value, strict=True):
                if v != usual[c]:
                    report.value(
                        raw,
                        i,
                        f"{key} and {name}",
                        f"found {name} {v!r}, expected {usual[c]!r} as in other rows of {key} {c!r}",
                    )


def _duplicates(raw: RawTable, keys: pd.DataFrame, name: str, words: str, report: Report) -> None:
    again = keys.duplicated().to_numpy()
    if not again.any():
        return
    first: dict[tuple[Any, ...], int] = {}
    for i, key in enumerate(keys.itertuples(index=False, name=None)):
        if again[i]:
            report.value(raw, i, name, f"{words} {raw.where(first[key])}, expected it once")
        else:
            first[key] = i


def _inhabited(raw: RawTable, frame: pd.DataFrame, report: Report) -> None:
    """Every perimeter has inhabitants: needs and relief are counted by inhabitant."""
    if frame["population"].sum() == 0:
        report.column(raw, "population", "is 0 everywhere, expected inhabitants")
        return
    perimeter = frame["epci"].where(frame["epci"] != "", frame["commune"])
    people = frame["population"].groupby([frame["side"], perimeter, frame["reported"]]).transform("sum").to_numpy()
    told = set()
    for i in np.flatnonzero(people == 0):
        if perimeter[i] not in told:
            told.add(perimeter[i])
            report.value(
                raw,
                i,
                "population",
                f"{perimeter[i]!r} has no inhabitant in any row, expected some (an EPCI, or a commune in none)",
            )


__all__ = ["CheckedCells", "Grid", "check_cells", "missing"]
