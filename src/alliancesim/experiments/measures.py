"""What a run leaves in an experiment: one number a column at the end, some columns over time, cells and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.catalogue import KINDS, SPHERES
from alliancesim.observables import TIMESERIES

_YEARLY = ("need_met", "need_met_deprived", "equity_ratio", "need_level", "index_quality_of_life")
"""Columns with a season (relief fades each January): their mean over the last twelve months is kept."""


@dataclass(frozen=True)
class Measure:
    """A column of ``runs.parquet``.

    Attributes
    ----------
    name, unit, doc : str
    how : {"last", "sum", "year", "end"}
        Last month; summed over the months after burn-in; mean of the last twelve; taken from the tables at the end.
    """

    name: str
    unit: str
    doc: str
    how: str


def _of_timeseries() -> list[Measure]:
    found = []
    for o in TIMESERIES:
        if o.name in ("month", "burn_in"):
            continue
        if o.unit.endswith("a month") or o.name == "forum_months":
            unit = o.unit.removesuffix("a month").strip() or "count"
            found.append(Measure(o.name, unit, f"{o.doc}, summed over the months after burn-in", "sum"))
        elif o.name in _YEARLY:
            found.append(Measure(o.name, o.unit, f"{o.doc}, mean of the last twelve months", "year"))
        else:
            found.append(Measure(o.name, o.unit, f"{o.doc}, in the last month", "last"))
    return found


_ENDS = (
    Measure("lasting_alliances", "alliances", "begun after burn-in and alive for one term (36 months) or more", "end"),
    Measure("surviving_alliances", "alliances", "begun after burn-in and alive in the last month", "end"),
    Measure("value_created", "value", "value of the successes of alliances begun after burn-in", "end"),
    Measure("organisations", "organisations", "organisations of the place", "end"),
    Measure("inhabitants", "inhabitants", "inhabitants of the place", "end"),
)


def measures(domains: Sequence[str]) -> list[Measure]:
    """Columns of ``runs.parquet`` for a territory with some domains of need."""
    words = "relieved, of what there would be without alliances, at the end"
    needs = [Measure(f"need_met_{domain}", "share", f"need of {domain} {words}", "end") for domain in domains]
    return [*_MONTHLY, *_ENDS, *needs]


_MONTHLY = _of_timeseries()
_FLOWS = {one.name for one in _MONTHLY if one.how == "sum"}
_COLUMN = {o.name: number for number, o in enumerate(TIMESERIES)}

CELL_COLUMNS = np.dtype(
    [
        ("cell", np.int32), ("x_km", np.float64), ("y_km", np.float64), ("population", np.float64),
        ("deprived_share", np.float64), ("reported", np.bool_), ("organisations", np.float64), ("engaged", np.float64),
        ("ever_engaged", np.float64), ("need_met", np.float64),
    ]
)  # fmt: skip
ORGANISATION_COLUMNS = np.dtype(
    [
        ("organisation", np.int32), ("key", np.uint64), ("sphere", np.int8), ("kind", np.int8),
        ("cell", np.int32), ("deprived_share", np.float32),
        ("engaged", np.bool_), ("ever_engaged", np.bool_),
    ]
)  # fmt: skip
WORDS = {"sphere": tuple(SPHERES), "kind": tuple(kind.name for kind in KINDS)}
"""Words of columns that are kept as numbers."""


@dataclass(frozen=True)
class Kept:
    """What to keep of each run.

    Attributes
    ----------
    observables : tuple of str
        Columns of the row, in order.
    series : tuple of str
        Columns over time.
    every : int
        Months between two rows over time.
    cells, organisations : bool
    groups : tuple of str
        Groups of further columns (:mod:`alliancesim.experiments.groups`).
    """

    observables: tuple[str, ...]
    series: tuple[str, ...]
    every: int = 12
    cells: bool = False
    organisations: bool = False
    groups: tuple[str, ...] = ()


@dataclass
class Measured:
    """Numbers of one run: the row, and tables by name (structured arrays, or a 2-D array for ``series``)."""

    row: np.ndarray
    tables: dict[str, np.ndarray]


def measure(engine: Any, kept: Kept) -> Measured:
    """Numbers of a territory that has run."""
    state, values = engine.state, engine.world.records.values[: engine.world.records.rows]
    after = values[values[:, 0] >= 1]
    found: dict[str, float] = {}
    for one in _MONTHLY:
        column = after[:, _COLUMN[one.name]]
        if one.how == "sum":
            found[one.name] = float(column.sum())
        elif one.how == "year":
            seen = column[-12:]
            seen = seen[~np.isnan(seen)]
            found[one.name] = float(seen.mean()) if len(seen) else np.nan
        else:
            found[one.name] = float(column[-1]) if len(column) else np.nan
    found.update(_ends(state))
    row = np.array([found.get(name, np.nan) for name in kept.observables])
    tables: dict[str, np.ndarray] = {}
    if kept.series:
        month = after[:, 0].astype(np.int64)
        rows = (month % kept.every == 0) | (month == month[-1:].sum())
        tables["series"] = over_time(after, np.flatnonzero(rows), kept.series)
    if kept.cells:
        tables["cells"] = _cells(state)
    if kept.organisations:
        tables["organisations"] = _organisations(state)
    return Measured(row, tables)


def over_time(after: np.ndarray, rows: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Rows of the monthly record to keep: months, then columns; what is counted by month is summed since the row before.

    Parameters
    ----------
    after : ndarray, shape (months, columns)
        Months after burn-in.
    rows : ndarray of int
        Which to keep, rising.
    names : sequence of str
    """
    columns = after[rows][:, [0, *(_COLUMN[name] for name in names)]]
    for number, name in enumerate(names, 1):
        if name in _FLOWS and len(rows):
            total = np.cumsum(after[:, _COLUMN[name]])[rows]
            columns[:, number] = np.diff(total, prepend=0.0)
    return columns


def _ends(state: Any) -> dict[str, float]:
    table = state.alliances[: state.n_alliances]
    number = state.n_alliances
    links = state.memberships[: state.n_memberships]
    cells = state.cells
    here = cells["reported"][state.organisations["cell"][links["organisation"]]] == 1
    reported = np.bincount(links["alliance"], weights=here, minlength=number)[:number] > 0
    alive = table["ended"] < 0
    begun = reported & (table["start"] >= state.burn_in)
    lived = np.where(alive, state.month + 1, table["ended"]) - table["start"]
    people = cells["population"] * (cells["reported"] == 1)
    need, relief = state.need, np.minimum(state.relief, state.need + state.relief)
    would = (people[:, None] * (need + relief)).sum(axis=0)
    met = np.divide((people[:, None] * relief).sum(axis=0), would, out=np.full(len(would), np.nan), where=would > 0)
    seen = cells["reported"][state.organisations["cell"]] == 1
    return {
        "lasting_alliances": float((begun & (lived >= int(state.rules[0]["term"]))).sum()),
        "surviving_alliances": float((begun & alive).sum()),
        "value_created": float(table["benefit"][begun].sum()),
        "organisations": float(state.organisations["weight"][seen].sum(dtype=np.float64)),
        "inhabitants": float(people.sum()),
        **{f"need_met_{domain}": float(met[k]) for k, domain in enumerate(state.domains)},
    }


def _cells(state: Any) -> np.ndarray:
    cells, where = state.cells, state.organisations["cell"]
    count = len(cells)
    table = np.zeros(count, dtype=CELL_COLUMNS)
    weight = state.organisations["weight"].astype(np.float64)
    relief = np.minimum(state.relief, state.need + state.relief)
    would = (state.need + relief).sum(axis=1)
    table["cell"], table["x_km"], table["y_km"] = np.arange(count), state.cell_x, state.cell_y
    table["population"], table["deprived_share"] = cells["population"], cells["deprived"]
    table["reported"] = cells["reported"] == 1
    table["organisations"] = np.bincount(where, weights=weight, minlength=count)
    table["engaged"] = np.bincount(where, weights=weight * (state.organisations["stage"] == 2), minlength=count)
    table["ever_engaged"] = np.bincount(where, weights=weight * (state.organisations["ever"] != 0), minlength=count)
    table["need_met"] = np.divide(relief.sum(axis=1), would, out=np.full(count, np.nan), where=would > 0)
    return table


def _organisations(state: Any) -> np.ndarray:
    organisations = state.organisations
    rows = np.flatnonzero(state.cells["reported"][organisations["cell"]] == 1)
    table = np.zeros(len(rows), dtype=ORGANISATION_COLUMNS)
    table["organisation"] = rows
    for name in ("key", "sphere", "kind", "cell"):
        table[name] = organisations[name][rows]
    table["deprived_share"] = state.cells["deprived"][organisations["cell"][rows]]
    table["engaged"] = organisations["stage"][rows] == 2
    table["ever_engaged"] = organisations["ever"][rows] != 0
    return table
