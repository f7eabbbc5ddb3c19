"""A territory from the user's own tables: cells, and organisations where she has them.

The columns are defined in ``territory.schema`` and described in docs/DATA.md. Everything is checked before anything is
built, and all mistakes of both tables are told at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from alliancesim.catalogue import KIND_INDEX, KINDS, SPHERES
from alliancesim.territory.grid import fold, text_key, uniform
from alliancesim.territory.schema import ORGANISATION_COLUMNS, expand
from alliancesim.territory.table_cells import (
    LARGEST_CELL_KM,
    LEAST_CELL_KM,
    MOST_DOMAINS,
    CheckedCells,
    check_cells,
    missing,
)
from alliancesim.territory.table_checks import Field, folded, match_columns, read_fields
from alliancesim.territory.table_files import RawTable, Report, nearest, read_table, shown
from alliancesim.territory.territory import Territory, cell_columns, make_collectivities, order_cells

KIND_STREAM = 77

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame
"""What a table may be given as."""


def example_path(table: str) -> Path:
    """File of a packaged example table.

    Parameters
    ----------
    table : {"cells", "organisations"}
    """
    return Path(str(resources.files("alliancesim.data") / f"example_{table}.csv"))


def from_tables(
    cells: Source,
    organisations: Source | None = None,
    *,
    name: str = "user territory",
    cell_km: float | None = None,
    domains: Sequence[str] | None = None,
    generate: Sequence[str] = (),
) -> Territory:
    """A territory from tables of one's own (docs/DATA.md, ``alliancesim schema``).

    Parameters
    ----------
    cells : path or DataFrame
        Squares of a grid with their inhabitants; CSV, Excel or Parquet by its ending.
    organisations : path or DataFrame, optional
        Organisations that are there, used as they are. Without it all three spheres are generated.
    name : str
    cell_km : float, optional
        Side of a square, km. By default read from the coordinates; 2 where only column and row are given.
    domains : sequence of str, optional
        Need domains; by default those of the columns ``need_<domain>``, or the five default ones.
    generate : sequence of str
        Spheres to be generated because the table of organisations has none of them.

    Returns
    -------
    Territory

    Raises
    ------
    UserError
        With a line for each mistake, naming file, row and column; all of them at once.
    """
    report = Report()
    spheres = _spheres(generate, report)
    named = _domains(domains, report)
    if cell_km is not None and not LEAST_CELL_KM <= cell_km <= LARGEST_CELL_KM:
        report.add("cell_km", f"found {cell_km}, expected km from {LEAST_CELL_KM:g} to {LARGEST_CELL_KM:g}")
        cell_km = None
    raw_cells = read_table(cells, "cells", report)
    raw_given = None if organisations is None else read_table(organisations, "organisations", report)
    table = None if raw_cells is None else check_cells(raw_cells, named, cell_km, report)
    known = named or (table.domains if table is not None else None)
    given = None
    if raw_given is not None:
        given = _check_organisations(raw_given, table, known, report)
        _check_spheres(given, raw_given, spheres, report)
    elif organisations is None:
        if spheres and set(spheres) != set(SPHERES):
            report.add("organisations", f"no table, expected one, or all of {', '.join(SPHERES)} in territory.generate")
        spheres = SPHERES
    report.finish()
    assert table is not None
    return _assemble(name, table, given, spheres, raw_cells, raw_given)


# -- arguments --------------------------------------------------------------------------------------------------------


def _spheres(generate: Sequence[str], report: Report) -> tuple[str, ...]:
    asked = [generate] if isinstance(generate, str) else list(generate)
    for word in asked:
        if word not in SPHERES:
            report.add(
                "generate", f"found {shown(word)}, expected some of {', '.join(SPHERES)}{nearest(str(word), SPHERES)}"
            )
    return tuple(sphere for sphere in SPHERES if sphere in asked)


def _domains(domains: Sequence[str] | None, report: Report) -> tuple[str, ...] | None:
    if domains is None:
        return None
    named = (domains,) if isinstance(domains, str) else tuple(domains)
    words = [folded(str(domain)) for domain in named]
    if not 1 <= len(named) <= MOST_DOMAINS or len(set(words)) < len(words) or "" in words:
        report.add("domains", f"found {shown(list(named))}, expected from 1 to {MOST_DOMAINS} different names")
        return None
    return tuple(str(domain) for domain in named)


# -- organisations ----------------------------------------------------------------------------------------------------


@dataclass
class _Given:
    frame: pd.DataFrame
    spheres: np.ndarray
    drawn_kinds: int
    sound: bool


def _check_organisations(
    raw: RawTable, cells: CheckedCells | None, domains: tuple[str, ...] | None, report: Report
) -> _Given:
    found = match_columns(raw, ORGANISATION_COLUMNS, domains, report)
    missing(raw, "organisations", found, report)
    if "kind" not in found and "sphere" not in found:
        report.add(raw.label, "columns kind and sphere are missing, expected one of them")
    fields = read_fields(raw, found, report)
    size = len(raw.rows)
    frame = pd.DataFrame(index=pd.RangeIndex(size))
    ids = fields.get("id")
    if ids is not None:
        frame["id"] = ids.values
        rows = np.flatnonzero(ids.known)
        again = pd.Series(ids.values[rows]).duplicated().to_numpy()
        first = {value: i for i, value in zip(rows[::-1], ids.values[rows][::-1], strict=True)}
        for i in rows[again]:
            report.value(
                raw,
                i,
                "id",
                f"found {shown(ids.values[i])}, already in {raw.where(first[ids.values[i]])}, expected it once",
            )
    else:
        frame["id"] = ""
    name = fields["name"].values if "name" in fields else np.full(size, "", dtype=object)
    frame["name"] = np.where(name == "", frame["id"].to_numpy(dtype=object), name)
    frame["kind"], frame["sphere"], drawn, sound = _kinds(raw, fields, frame["id"].to_numpy(dtype=object), report)
    frame["cell"] = _cells_of(raw, fields, cells, report)
    for key in ("cash", "time", "structuration", "cap", "weight", *expand("openness_<sphere>", ())):
        if key in fields:
            frame[key] = np.where(fields[key].known, fields[key].values.astype(float), np.nan)
    for key in ("stage", "capabilities", "enterprise", "federation"):
        if key in fields:
            frame[key] = fields[key].values
    for words in (expand("salience_<domain>", domains or ()), expand("objective_<objective>", ())):
        _weights(raw, frame, fields, words, report)
    _affiliations(raw, frame, fields, report)
    return _Given(frame, frame["sphere"].to_numpy(dtype=object), drawn, sound)


def _kinds(
    raw: RawTable, fields: dict[str, Field], ids: np.ndarray, report: Report
) -> tuple[np.ndarray, np.ndarray, int, bool]:
    """Kind and sphere of each organisation; how many kinds were drawn; whether all are known."""
    size = len(ids)
    blank = np.full(size, "", dtype=object)
    kind = fields["kind"].values.copy() if "kind" in fields else blank.copy()
    sphere = fields["sphere"].values.copy() if "sphere" in fields else blank.copy()
    right = np.ones(size, dtype=bool)
    for name in ("kind", "sphere"):
        if name in fields:
            right &= fields[name].right
    drawn = 0
    cumulated = {}
    for number, word in enumerate(SPHERES):
        members = [each for each in KINDS if each.sphere == number]
        weights = np.cumsum([each.national_density for each in members])
        cumulated[word] = ([each.name for each in members], weights / weights[-1])
    for i in np.flatnonzero(right):
        if kind[i]:
            own = SPHERES[KINDS[KIND_INDEX[kind[i]]].sphere]
            if sphere[i] and sphere[i] != own:
                report.value(
                    raw,
                    i,
                    "kind and sphere",
                    f"found kind {kind[i]!r} and sphere {sphere[i]!r}, expected sphere {own!r} for this kind",
                )
            sphere[i] = own
        elif sphere[i] == "collectivity":
            report.value(
                raw,
                i,
                "kind",
                "is empty, expected the kind of a collectivity (only those of associations and firms can be drawn)",
            )
        elif sphere[i]:
            names, shares = cumulated[sphere[i]]
            draw = float(uniform(fold(text_key(str(ids[i])), KIND_STREAM))[0])
            kind[i] = names[min(int(np.searchsorted(shares, draw, side="right")), len(names) - 1)]
            drawn += 1
        elif "kind" in fields or "sphere" in fields:
            report.value(
                raw,
                i,
                "kind and sphere"
                if "kind" in fields and "sphere" in fields
                else "kind"
                if "kind" in fields
                else "sphere",
                "is empty, expected a kind or a sphere",
            )
            right[i] = False
    return kind, sphere, drawn, bool(right.all()) and ("kind" in fields or "sphere" in fields)


def _cells_of(raw: RawTable, fields: dict[str, Field], cells: CheckedCells | None, report: Report) -> np.ndarray:
    """Row of the table of cells where each organisation is; checks wait until the cells are in order."""
    size = len(raw.rows)
    place = np.zeros(size, dtype=np.int64)
    by_number = "column" in fields and "row" in fields
    by_km = "x_km" in fields and "y_km" in fields
    if cells is None or cells.grid is None or not cells.located or not (by_number or by_km):
        return place
    grid = cells.grid
    a, b = ("column", "row") if by_number else ("x_km", "y_km")
    if by_number:
        column, row = fields["column"].values, fields["row"].values
        if cells.notes:  # rows that count southward
            row = -row
    else:
        column, row = grid.squares(fields["x_km"].values, fields["y_km"].values)
    frame = cells.frame
    order = np.argsort(-frame["population"].to_numpy(), kind="stable")
    best: dict[tuple[int, int], int] = {}
    part: dict[tuple[int, int, str], int] = {}
    for i, c, r, commune in zip(
        order.tolist(),
        frame["column"].to_numpy()[order].tolist(),
        frame["row"].to_numpy()[order].tolist(),
        frame["commune"].to_numpy()[order].tolist(),
        strict=True,
    ):
        best.setdefault((c, r), i)
        part.setdefault((c, r, commune), i)
    communes = fields.get("commune")
    x, y = fields[a].values, fields[b].values
    for i in np.flatnonzero(fields[a].right & fields[b].right):
        square = (int(column[i]), int(row[i]))
        if square not in best:
            report.value(
                raw, i, f"{a} and {b}", f"found {x[i]:g}, {y[i]:g}, which is in no square of the table of cells"
            )
            continue
        if by_number and by_km and fields["x_km"].right[i] and fields["y_km"].right[i]:
            c, r = grid.squares(fields["x_km"].values[i : i + 1], fields["y_km"].values[i : i + 1])
            if (int(c[0]), int(r[0])) != square:
                report.value(
                    raw,
                    i,
                    "x_km and y_km",
                    f"found {fields['x_km'].values[i]:g}, {fields['y_km'].values[i]:g}, "
                    f"expected a place in the square of column {x[i]:g} and row {y[i]:g}",
                )
        place[i] = best[square]
        if communes is not None and communes.known[i] and cells.has_communes:
            at = part.get((*square, communes.values[i]))
            if at is None:
                there = sorted(commune for c, r, commune in part if (c, r) == square)
                report.value(
                    raw,
                    i,
                    "commune",
                    f"found {communes.values[i]!r}, expected a commune of its square: "
                    f"{', '.join(there)}{nearest(communes.values[i], there)}",
                )
            else:
                place[i] = at
    return place


def _weights(
    raw: RawTable, frame: pd.DataFrame, fields: dict[str, Field], words: tuple[str, ...], report: Report
) -> None:
    """Weights that a row gives some of: the others are 0, the sum is positive."""
    here = {word: fields[word] for word in words if word in fields}
    if not here:
        return
    known = np.logical_or.reduce([field.known for field in here.values()])
    right = np.logical_and.reduce([field.right for field in here.values()])
    total = sum(np.where(field.known, field.values, 0.0) for field in here.values())
    for i in np.flatnonzero(known & right & (np.asarray(total) <= 0)):
        report.value(raw, i, " and ".join(here), "are all 0, expected a positive weight, or all empty")
    for word in words:
        values = np.where(here[word].known, here[word].values, 0.0) if word in here else np.zeros(len(frame))
        frame[word] = np.where(known, values, np.nan)


def _affiliations(raw: RawTable, frame: pd.DataFrame, fields: dict[str, Field], report: Report) -> None:
    kind = frame["kind"].to_numpy(dtype=object)
    sphere = frame["sphere"].to_numpy(dtype=object)
    if "enterprise" in fields:
        for i in np.flatnonzero(fields["enterprise"].known & (kind != "")):
            if kind[i] not in ("eti", "ge"):
                report.value(
                    raw,
                    i,
                    "enterprise",
                    f"found {shown(fields['enterprise'].values[i])} for kind {kind[i]!r}, "
                    "expected nothing (eti and ge only)",
                )
    if "federation" in fields:
        kind_of = dict(zip(frame["id"], kind, strict=True))
        heads = {"association": ("federation",), "firm": ("firms_network",), "": ("federation", "firms_network")}
        for i in np.flatnonzero(fields["federation"].known):
            value = fields["federation"].values[i]
            if sphere[i] == "collectivity":
                report.value(raw, i, "federation", f"found {value!r} for a collectivity, expected nothing")
                continue
            wanted = heads[sphere[i]]
            words = f"expected the id of a {' or '.join(wanted)} of this table"
            if value not in kind_of:
                hint = nearest(value, [key for key, each in kind_of.items() if each in wanted and key])
                report.value(raw, i, "federation", f"found {value!r}, {words}{hint}")
            elif kind_of[value] and kind_of[value] not in wanted:
                report.value(raw, i, "federation", f"found {value!r}, which is of kind {kind_of[value]!r}, {words}")


def _check_spheres(given: _Given, raw: RawTable, generate: tuple[str, ...], report: Report) -> None:
    """Every sphere is there, or asked for, and not both."""
    for sphere in SPHERES:
        count = int((given.spheres == sphere).sum())
        if sphere in generate and count:
            report.add(
                raw.label,
                f"{count} organisations of sphere {sphere}, expected none, because "
                f"territory.generate asks for that sphere",
            )
        elif sphere not in generate and not count and given.sound:
            report.add(
                raw.label, f"no organisation of sphere {sphere}; ask for them with territory.generate=[{sphere}]"
            )


# -- the territory ----------------------------------------------------------------------------------------------------


def _assemble(
    name: str,
    table: CheckedCells,
    given: _Given | None,
    generate: tuple[str, ...],
    raw_cells: RawTable | None,
    raw_given: RawTable | None,
) -> Territory:
    frame, domains = table.frame, table.domains
    assert table.grid is not None
    assert raw_cells is not None
    # Parts without inhabitants are dropped, but for those where an organisation is: they are lifted over that rule.
    people = frame["population"].to_numpy(dtype=np.int64)
    lifted = np.zeros(len(frame), dtype=bool)
    if given is not None:
        lifted[given.frame["cell"].to_numpy()] = True
    lifted &= people == 0
    parts = order_cells(frame.assign(population=np.where(lifted, 1, people))[list(cell_columns(domains))], domains)
    key = ["column", "row", "commune"]
    position = parts[key].astype({"column": np.int64, "row": np.int64}).assign(position=np.arange(len(parts)))
    where = frame[key].merge(position, on=key, how="left")["position"].fillna(-1).to_numpy(dtype=np.int64)
    parts.loc[where[lifted], "population"] = 0
    collectivities = make_collectivities(parts)
    if not table.has_communes and (collectivities["kind"] == "epci").any():
        # Communes that stand in for EPCI are no governments of their own.
        collectivities = collectivities[collectivities["kind"] != "commune"].reset_index(drop=True)
    filled = [each for each in table.filled if each != "density_association" or "association" in generate]
    filled = [each for each in filled if each != "density_firm" or "firm" in generate]
    notes = list(table.notes)
    if filled:
        notes.append(f"Not in the user's table, so filled by a rule: {', '.join(filled)}.")
    organisations = None
    if given is not None:
        organisations = given.frame.copy()
        organisations["cell"] = where[organisations["cell"].to_numpy()]
        if given.drawn_kinds:
            filled.append("organisations.kind")
            notes.append(f"Kind of {given.drawn_kinds:,} organisations drawn by national densities.")
    if generate:
        notes.append(f"Synthetic organisations: {', '.join(generate)}.")
    provenance = {"cells": raw_cells.origin}
    if raw_given is not None:
        provenance["organisations"] = raw_given.origin
    return Territory(
        name=name,
        origin="tables",
        cell_km=float(table.grid.cell),
        domains=domains,
        cells=parts,  # type: ignore[arg-type]
        collectivities=collectivities,  # type: ignore[arg-type]
        organisations=organisations,  # type: ignore[arg-type]
        generate=generate,
        synthetic=tuple(filled),
        notes=tuple(notes),
        provenance=provenance,
    )


__all__ = ["example_path", "from_tables"]
