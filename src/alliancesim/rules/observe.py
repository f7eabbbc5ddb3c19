"""Phase 10: the columns of a month (SPEC section 7), written into preallocated arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from alliancesim.catalogue import ALLIANCE_STAGES, FORMS, KIND_INDEX, KIND_SPHERE, KINDS, ORIGINS, SPHERES
from alliancesim.kernels import observation
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.observables import PAIRS, TIMESERIES, form_name
from alliancesim.rules.extensions import demography
from alliancesim.rules.world import MASK, World

COLUMNS = {observable.name: number for number, observable in enumerate(TIMESERIES)}
COUNTED = {name for name in COLUMNS if COLUMNS[name] > 1}
PAIR_CELLS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def _columns(*names: str) -> np.ndarray:
    return np.array([COLUMNS[name] for name in names])


# Places of columns in a row, so that a month of a small place is not spent on putting names together.
_ENGAGED_KIND = _columns(*(f"engaged_share_{kind.name}" for kind in KINDS))
_EVER_KIND = _columns(*(f"ever_share_{kind.name}" for kind in KINDS))
_STAGE_SPHERE = [
    _columns(*(f"{stage}_share_{s}" for stage in ("naive", "willing", "engaged", "ever"))) for s in SPHERES
]
_OPENNESS = {(a, b): COLUMNS[f"openness_{SPHERES[a]}_to_{SPHERES[b]}"] for a in range(3) for b in range(3) if a != b}
_DEPTH = _columns(*(f"alliances_depth_{y}" for y in (1, 2, 3, 4)))
_STAGE = _columns(*(f"alliances_{name}" for name in ALLIANCE_STAGES[:3]))
_ORIGIN = _columns(*(f"alliances_from_{name}" for name in ORIGINS))
_FORM = _columns(*(f"alliances_{form_name(name)}" for name in FORMS))
_KINDS_OF = [np.flatnonzero(s == KIND_SPHERE) for s in range(len(SPHERES))]


@dataclass
class Records:
    """The monthly record: values (months, columns) float64, NaN where a column was not measured.

    Attributes
    ----------
    digests : (months, 10) uint64
        What each phase decided, by month: where two runs first differ.
    alliances, of_animators : int
        Rows of alliances that were looked at, and those of them that came of an animator.
    living : (A,) int32
        Alliances that were active at the end of last month.
    establishments : (E,) int64
        Organisations that belong to an enterprise.
    people, deprived : (C,) float64
        Inhabitants of reported cells, and the deprived among them; population does not change in a run.
    """

    values: np.ndarray
    digests: np.ndarray
    rows: int = 0
    attractiveness: float = 0.0
    need_start: float = math.nan
    alliances: int = 0
    of_animators: int = 0
    living: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    establishments: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    people: np.ndarray = field(default_factory=lambda: np.zeros(0))
    deprived: np.ndarray = field(default_factory=lambda: np.zeros(0))


def new_records(months: int, phases: int) -> Records:
    """Empty records of a run."""
    return Records(np.full((months, len(TIMESERIES)), np.nan), np.zeros((months, phases), dtype=np.uint64))


def observe(world: World) -> int:
    """Record this month's columns; trust and network each December and in the last month."""
    state, records = world.state, world.records
    if records is None:
        return 0
    if not records.rows:
        records.people = state.cells["population"] * (state.cells["reported"] == 1)
        records.deprived = records.people * state.cells["deprived"]
        records.establishments = np.flatnonzero(state.organisations["enterprise"] != NOBODY)
    row = records.values[records.rows]
    row[:] = _EMPTY
    values: dict[str, float] = {"month": state.calendar_month, "burn_in": float(state.calendar_month < 1)}
    last = state.month + 1 == len(records.values)
    engaged = _organisations(world, row, values)
    _alliances(world, row, values, engaged)
    if last or (state.month - state.burn_in) % 12 == 11:
        _network(world, values)
    _needs(world, values)
    known = [animator.book.rows for animator in world.animators]
    values["involved"] = float(len(np.unique(np.concatenate(known)))) if known else 0.0
    born = np.arange(records.alliances, state.n_alliances)
    if len(born):
        records.of_animators += int((state.alliances["animator"][born] >= 0).sum())
    values["alliances_of_animators"] = float(records.of_animators)
    for name, value in world.counters.items():
        if name in COUNTED:
            values[name] = value
    if not world.whole:
        values["births"], values["ends"] = _on_the_place(world, born)
    records.alliances, records.living = state.n_alliances, state.active
    if state.solutions.size:
        values["alliances_repeating"] = float(sum(int(row) in world.repeats for row in state.active))
    if "demography" in world.on:
        values["jobs"] = demography.jobs(world)
    values["spend_keur"] = sum(v for name, v in world.counters.items() if name.startswith("spend_"))
    for name, value in values.items():
        row[COLUMNS[name]] = value
    records.rows += 1
    return int(values["alliances"]) & MASK


def _flows() -> np.ndarray:
    """Columns that are 0, not missing, in a month in which nothing of the kind happened."""
    flow = (
        "forum",
        "plenary_",
        "contest",
        "quarrels",
        "claimants",
        "attended",
        "interviewed",
        "organisations_acc",
        "alliances_acc",
        "levers_",
        "fund_",
        "tickets",
        "purchases",
        "income_",
        "spend_",
        "days_",
        "births",
        "ends",
        "recruits",
        "meetings",
        "closings",
        "spin_offs",
    )
    return np.array([observable.name.startswith(flow) for observable in TIMESERIES])


_EMPTY = np.where(_flows(), 0.0, np.nan)


def added(parts: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Sums of what parts of the organisations gave, in the order of the parts."""
    if len(parts) == 1:
        return parts[0]
    return tuple(np.sum(arrays, axis=0) for arrays in zip(*parts, strict=True))


def _organisations(world: World, row: np.ndarray, values: dict[str, float]) -> float:
    """Stages by sphere and kind, openness; returns the number of engaged organisations."""
    state = world.state

    def tally(low: int, high: int) -> tuple[np.ndarray, ...]:
        counts = np.zeros((len(KINDS), 3)), np.zeros(len(KINDS)), np.zeros((3, 3)), np.zeros(3)
        observation.tally(state.organisations, state.cells, low, high, *counts)
        return counts

    stages, ever, openness, totals = added(world.by_parts(tally, state.n_organisations))
    heads = stages.sum(axis=1)
    here = heads > 0
    row[_ENGAGED_KIND[here]] = stages[here, 2] / heads[here]
    row[_EVER_KIND[here]] = ever[here] / heads[here]
    cohesion = 0.0
    for s, everyone in enumerate(totals.tolist()):
        if everyone > 0:
            mine = _KINDS_OF[s]
            row[_STAGE_SPHERE[s]] = np.append(stages[mine].sum(axis=0), ever[mine].sum()) / everyone
            for b in range(3):
                if b != s:
                    row[_OPENNESS[s, b]] = openness[s, b] / everyone
                    cohesion += openness[s, b]
    everyone = totals.sum()
    engaged = float(stages[:, 2].sum())
    if everyone > 0:
        values["engaged_share"] = engaged / everyone
        values["willing_share"] = stages[:, 1].sum() / everyone
        values["index_social_cohesion"] = cohesion / (2.0 * everyone)
    for name in ("ge", "eti"):
        present = np.zeros(len(state.anchoring), dtype=np.int8)
        busy = np.zeros(len(state.anchoring), dtype=np.int8)
        observation.enterprises(
            state.organisations, state.cells, world.records.establishments, KIND_INDEX[name], present, busy
        )
        if present.any():
            values[f"engaged_share_{name}_enterprises"] = float(busy.sum()) / float(present.sum())
    return engaged


def _on_the_place(world: World, born: np.ndarray) -> tuple[float, float]:
    """Alliances born and ended this month that have a member on the place (not only in its buffer)."""
    state = world.state
    known = np.concatenate((world.records.living, born))
    over = known[state.alliances["ended"][known] == state.month]
    first, last = (
        observation.with_member_reported(state.organisations, state.cells, state.alliances, state.memberships, rows)
        for rows in (born, over)
    )
    return float(first), float(last)


def _alliances(world: World, row: np.ndarray, values: dict[str, float], engaged: float) -> None:
    """Active alliances by depth, stage, origin and form; size, age, value, Gini."""
    state, records = world.state, world.records

    def survey(low: int, high: int) -> tuple[np.ndarray, ...]:
        counts = np.zeros(24), np.zeros(4), np.zeros(4), np.zeros(len(ORIGINS)), np.zeros(len(FORMS))
        observation.survey(
            state.organisations,
            state.cells,
            state.cell_x,
            state.cell_y,
            state.alliances,
            state.memberships,
            state.active,
            low,
            high,
            state.month,
            *counts,
        )
        return counts

    totals, depth, stage, origin, form = added(world.by_parts(survey, len(state.active)))
    sums = totals.tolist()
    number = sums[0]
    values["alliances"], values["alliances_identified"] = number, sums[4]
    row[_DEPTH], row[_STAGE], row[_ORIGIN], row[_FORM] = depth, stage[:3], origin, form
    people = float(records.people.sum()) / 1000.0
    development = sums[20] / people if people > 0 else 0.0
    records.attractiveness += (development - records.attractiveness) / 36.0
    values["index_economic_development"], values["index_attractiveness"] = development, records.attractiveness
    values["impact_innovation"] = sums[18] / people if people > 0 else 0.0
    if number > 0:
        values["mean_members"] = sums[1] / number
        values["share_three_or_more"], values["share_three_spheres"] = sums[2] / number, sums[3] / number
        values["mean_age"], values["share_under_five_years"] = sums[5] / number, sums[6] / number
        values["accompanied_share"] = sums[19] / number
        rate = sums[16] / sums[17] if sums[17] > 0 else math.nan
        values["success_rate"] = rate
        if engaged > 0:
            values["impact_performance"] = sums[7] * rate / engaged
        if sums[4] > 0:
            values["true_over_identified"] = number / sums[4]
        if sums[8] > 0:
            values["superadditivity"] = sums[7] / sums[8]
        if sums[10] > 0:
            values["cost_ratio"] = sums[9] / sums[10]
        if sums[12] > 0:
            values["gini_benefits"] = sums[11] / sums[12]
        if sums[14] > 0:
            values["mean_distance"], values["cross_border_share"] = sums[13] / sums[14], sums[15] / sums[14]


def _network(world: World, values: dict[str, float]) -> None:
    """Trust by pair of spheres; with everyone simulated also degree, clustering against its null, components, newcomers."""
    state = world.state
    total, number = _trust(world)
    for pair, (a, b) in zip(PAIRS, PAIR_CELLS, strict=True):
        if number[a, b] > 0:
            values[f"trust_{pair}"] = total[a, b] / number[a, b]
    if number.sum() > 0:
        values["impact_trust"] = total.sum() / number.sum()
    if state.sample < 1.0:
        return
    values["mean_ties"] = float(state.organisations["ties"].sum(dtype=np.int64)) / state.n_organisations
    parent = np.zeros(state.n_organisations, dtype=np.int32)
    largest, engaged = observation.component(
        state.organisations, state.cells, state.alliances, state.memberships, state.active, parent
    )
    if not engaged:
        return
    values["giant_component"] = largest / engaged
    values["mean_alliances"] = float(state.organisations["load"].sum(dtype=np.int64)) / engaged
    starts, members = np.zeros(len(state.active) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    while (number := observation.list_members(state.alliances, state.memberships, state.active, starts, members)) > len(
        members
    ):
        members = np.zeros(number, dtype=np.int64)
    first = np.zeros(state.n_organisations, dtype=np.int32)
    for name in ("clustering", "clustering_null"):
        if name == "clustering_null":
            observation.exchange(members, state.seed, STREAMS["clustering_null"], state.month)
        order = np.argsort(members, kind="stable")
        values[name] = observation.shared_partners(members, starts, order, first)
    earliest = np.zeros(state.n_organisations, dtype=np.int16)
    values["newcomers"] = observation.share_of_newcomers(state.memberships, state.n_memberships, state.month, earliest)


def _trust(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of the trust of ties, by pair of spheres (3, 3)."""
    state = world.state
    n = state.n_organisations
    root, sphere = np.empty((n, 3), dtype=np.float32), np.empty(n, dtype=np.int8)
    world.by_blocks(
        lambda low, high: observation.openness_roots(state.organisations, state.cells, low, high, root, sphere)
    )

    def trust(low: int, high: int) -> tuple[np.ndarray, ...]:
        sums = np.zeros((3, 3)), np.zeros((3, 3))
        observation.tie_trust(
            state.organisations,
            state.ties,
            state.slots,
            root,
            sphere,
            low,
            high,
            state.fade,
            state.month,
            float(state.rules[0]["trust0"]),
            *sums,
        )
        return sums

    total, number = added(world.by_parts(trust, n))
    return total, number


def _needs(world: World, values: dict[str, float]) -> None:
    """Needs met in all and where people are deprived."""
    state, records = world.state, world.records
    people, deprived = records.people, records.deprived
    inhabitants = float(people.sum())
    need, relief = state.need, np.minimum(state.relief, state.need + state.relief)
    for name, weight in (("need_met", people), ("need_met_deprived", deprived)):
        would = float((weight[:, None] * (need + relief)).sum())
        if would > 0:
            values[name] = float((weight[:, None] * relief).sum()) / would
    if values.get("need_met", 0.0) > 0 and "need_met_deprived" in values:
        values["equity_ratio"] = values["need_met_deprived"] / values["need_met"]
    if inhabitants > 0:
        values["civic_capacity"] = float((people * state.cells["civic"]).sum() / inhabitants)
        level = float((people[:, None] * need).sum() / (inhabitants * need.shape[1]))
        values["need_level"] = level
        if math.isnan(records.need_start):
            records.need_start = level
        values["index_quality_of_life"] = 1.0 - level / records.need_start if records.need_start > 0 else math.nan
