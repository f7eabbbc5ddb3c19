"""What a run leaves in an experiment: one number a column at the end, some columns over time, cells and organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.catalogue import FORUM_OUTCOMES, KINDS, SPHERES
from alliancesim.observables import TIMESERIES

if TYPE_CHECKING:
    from alliancesim.experiments.experiment import ForumsConfig
    from alliancesim.scenario import Scenario

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


# -- forums alone -----------------------------------------------------------------------------------------------------

CURVE_COLUMNS = (
    "level", "speed", "launch_if_feasible", "launch", "feasible", "restricted_months", "aboard",
    *(f"{name}_share" for name in FORUM_OUTCOMES[1:]),
)  # fmt: skip
"""What is known at each level of means."""

_CLASS_DOC = "-1 falls, 0 flat, 1 rises, 2 humped as the level rises (SPEC section 4)"


def forum_measures() -> list[Measure]:
    """Columns of ``runs.parquet`` for forums alone."""
    return [
        Measure("speed_effect", "months", "change of mean months to launch over the levels (slope on log2 times doublings), "
                "among forums that launch at every level", "end"),
        Measure("launch_effect", "share", "change of P(launch) over the levels, among forums feasible at all of them", "end"),
        Measure("speed_class", "code", f"class of months to launch: {_CLASS_DOC}", "end"),
        Measure("launch_class", "code", f"class of P(launch | feasible): {_CLASS_DOC}", "end"),
        Measure("paradox", "flag", "whether ease falls in both measures: months rise and P(launch | feasible) falls", "end"),
        Measure("feasible_effect", "share", "change of P(feasible) over the levels", "end"),
        Measure("unconditional_class", "code", f"class of P(launch) of all forums: {_CLASS_DOC}", "end"),
        Measure("forums_compared", "forums", "feasible at every level", "end"),
        Measure("forums_launched_everywhere", "forums", "that launch at every level", "end"),
    ]  # fmt: skip


CLASS_CODES = {"falls": -1.0, "flat": 0.0, "rises": 1.0, "humped": 2.0}


def measure_forums(scenario: Scenario, settings: ForumsConfig, kept: Kept) -> Measured:
    """Numbers of keyed forums at all levels of means, ease exactly as SPEC section 4.

    Co-primary: mean months to the first launch among the forums that launch at every level compared, and P(launch) among
    those feasible at every level.
    """
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE, classify, effect
    from alliancesim.forum_api import forums

    levels = [float(level) for level in settings.levels]
    rules = {name: value for name, value in vars(scenario.rules).items()}
    keys = ("r_fin", "r_hum") if settings.resource == "both" else (settings.resource,)
    tables = [
        forums(
            settings.number, rules={**rules, **dict.fromkeys(keys, level)}, seed=scenario.seed, size=settings.size,
            domains=len(scenario.territory.domains), trust=settings.trust, neutrality=settings.neutrality,
        )
        for level in levels
    ]  # fmt: skip
    launched = np.array([(table["outcome"] == "launched").to_numpy() for table in tables])
    feasible = np.array([(table["feasible"] > 0).to_numpy() for table in tables])
    months = np.array([table["months"].to_numpy(dtype=np.float64) for table in tables])
    aboard = np.array([table["aboard"].to_numpy(dtype=np.float64) for table in tables])
    always, compared = launched.all(axis=0), feasible.all(axis=0)
    curve = np.full((len(levels), len(CURVE_COLUMNS)), np.nan)
    curve[:, 0] = levels
    for i, table in enumerate(tables):
        if always.any():
            curve[i, 1] = months[i, always].mean()
        if compared.any():
            curve[i, 2] = launched[i, compared].mean()
            curve[i, 5] = np.where(launched[i], np.minimum(months[i], 12.0), 12.0)[compared].mean()
        curve[i, 3], curve[i, 4] = launched[i].mean(), feasible[i].mean()
        if launched[i].any():
            curve[i, 6] = aboard[i, launched[i]].mean()
        for j, name in enumerate(FORUM_OUTCOMES[1:]):
            curve[i, 7 + j] = float((table["outcome"] == name).mean())
    found: dict[str, float] = {
        "feasible_effect": float(effect(levels, curve[:, 4])),
        "unconditional_class": CLASS_CODES[classify(levels, curve[:, 3], LAUNCH_TOLERANCE)],
        "forums_compared": float(compared.sum()),
        "forums_launched_everywhere": float(always.sum()),
    }
    if always.any():
        found["speed_effect"] = float(effect(levels, curve[:, 1]))
        found["speed_class"] = CLASS_CODES[classify(levels, curve[:, 1], SPEED_TOLERANCE)]
    if compared.any():
        found["launch_effect"] = float(effect(levels, curve[:, 2]))
        found["launch_class"] = CLASS_CODES[classify(levels, curve[:, 2], LAUNCH_TOLERANCE)]
    if always.any() and compared.any():
        found["paradox"] = float(found["speed_class"] == 1.0 and found["launch_class"] == -1.0)
    row = np.array([found.get(name, np.nan) for name in kept.observables])
    return Measured(row, {"series": curve} if kept.series else {})
