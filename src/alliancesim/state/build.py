"""From a territory to the tables of month 0."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alliancesim import catalogue
from alliancesim.errors import UserError
from alliancesim.kernels import population as kernels
from alliancesim.kernels import space as space_kernels
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import ALLIANCE, CELL, MEMBERSHIP, NOBODY, ORGANISATION, PERIMETER, SQUARE, TIE
from alliancesim.kernels.numeric import power
from alliancesim.state.tables import Newcomers, Space, State, empty_ideas

BLOCKS_AT_MOST = 2000
SHARES = 256  # of the sum of meeting weights, in which a block is looked for
ETI_NUMBERS = 1_000_000
GIVEN_NUMBERS = 2_000_000


def stable_key(*parts: Any) -> int:
    """64 bits of identity from what names a thing, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class _Ground:
    """What every state of a territory shares, whatever its seed and rules; read only.

    Attributes
    ----------
    frame : DataFrame
        Cells, sorted by side, reported before buffer, perimeter.
    order, new_position : (C,) int64
        Row of the territory's table of each cell, and the reverse.
    perimeter_name : (C,) object; reported : (C,) bool
    cell_keys : (C,) uint64
        Stable identity of each cell.
    """

    frame: pd.DataFrame
    order: np.ndarray
    new_position: np.ndarray
    perimeter_name: np.ndarray
    reported: np.ndarray
    cell_keys: np.ndarray


_grounds: weakref.WeakKeyDictionary[Any, _Ground] = weakref.WeakKeyDictionary()
_REMEMBERED = 50_000
"""Cells up to which a ground is remembered: that of a country takes as much memory as its territory, and is built once."""


def _ground(territory: Any) -> _Ground:
    """The ground of a territory; remembered, for an experiment builds many states of one territory."""
    found = _grounds.get(territory)
    if found is not None:
        return found
    frame = territory.cells
    perimeter_name = np.where(frame["epci"].to_numpy() != "", frame["epci"].to_numpy(), frame["commune"].to_numpy())
    reported = frame["reported"].to_numpy(dtype=bool)
    order = np.lexsort((np.arange(len(frame)), perimeter_name.astype(str), ~reported, frame["side"].to_numpy()))
    frame = frame.iloc[order].reset_index(drop=True)
    new_position = np.empty(len(order), dtype=np.int64)
    new_position[order] = np.arange(len(order))
    parts = [frame[name].astype(str) for name in ("side", "commune", "column", "row")]
    names = [":".join(one) for one in zip(*parts, strict=True)]
    keys = np.array([stable_key("cell", name) for name in names], dtype=np.uint64)
    found = _Ground(frame, order, new_position, perimeter_name[order], reported[order], keys)
    if len(frame) <= _REMEMBERED:
        _grounds[territory] = found
    return found


def build_state(
    territory: Any,
    rules: np.ndarray,
    *,
    seed: int,
    burn_in: int,
    months: int,
    sample: float = 1.0,
    threads: int = 1,
) -> State:
    """Tables of month 0 of a territory.

    Parameters
    ----------
    territory : Territory
    rules : (1,) RULES_DTYPE
    seed : int
        Non-negative, below 2**63.
    burn_in, months : int
        Length of the run.
    sample : float
        Share of organisations that are simulated, each with weight 1 / sample.
    threads : int
        The tables do not depend on it.
    """
    p = rules[0]
    ground = _ground(territory)
    frame, order = ground.frame, ground.order
    perimeter_name, reported = ground.perimeter_name, ground.reported

    counts_for = {name: np.ascontiguousarray(share[order]) for name, share in territory.deprived_for.items()}
    cells, squares = _cells(frame, float(territory.cell_km), perimeter_name, reported, p, counts_for.get("distance"))
    cells["key"] = ground.cell_keys
    organisations, names = _organisations(territory, ground, cells, rules, seed)
    if sample < 1.0:
        kept = np.zeros(len(organisations), dtype=np.bool_)
        kernels.keep_sample(organisations["key"], seed, STREAMS["sample"], sample, kept)
        organisations, names = organisations[kept], names[kept]
        organisations["weight"] = 1.0 / sample
    by_cell = np.lexsort((organisations["key"], organisations["sphere"], organisations["cell"]))
    organisations, names = organisations[by_cell], names[by_cell]
    counts = np.bincount(organisations["cell"], minlength=len(cells))
    cells["high"] = np.cumsum(counts)
    cells["low"] = cells["high"] - counts
    for sphere, column in ((0, "firms"), (1, "collectivities")):
        cells[column] = cells["low"] + np.bincount(
            organisations["cell"], weights=organisations["sphere"] <= sphere, minlength=len(cells)
        )

    n, k = len(organisations), len(territory.domains)
    salience = np.zeros((n, k), dtype=np.float32)
    objectives = np.zeros((n, 4), dtype=np.float32)
    kind_rows = np.array(
        [
            (kind.structuration, sum(1 << catalogue.CAPABILITIES.index(c) for c in kind.capabilities))
            for kind in catalogue.KINDS
        ],
        dtype=np.float64,
    )
    streams = np.array(
        [STREAMS[s] for s in ("cash", "time", "structuration", "capability", "salience", "objective", "willing")],
        dtype=np.int64,
    )
    deprived = counts_for.get("structuration", cells["deprived"])
    kernels.draw_attributes(organisations, salience, objectives, kind_rows, deprived, rules, streams, seed)
    _given(territory, organisations, salience, objectives, names)
    size_by_cap = np.zeros(int(organisations["cap"].max()) + 1 if n else 1)
    kernels.sizes_by_cap(catalogue.MEAN_CAP, p["size_exponent"], size_by_cap)
    cell_x, cell_y = frame["x_km"].to_numpy(dtype=float), frame["y_km"].to_numpy(dtype=float)
    _affiliate(organisations, cell_x, cell_y, rules, seed)
    _given_federations(territory, organisations, names)

    # an organisation of one alliance at a time remembers a little less: it is most of the table
    cap = organisations["cap"]
    slots_of = {name: int(p[name]) for name in ("tie_slots_one", "tie_slots", "tie_slots_large", "large_cap")}
    capacity = np.where(cap > 1, slots_of["tie_slots"], slots_of["tie_slots_one"])
    capacity[cap >= slots_of["large_cap"]] = slots_of["tie_slots_large"]
    slots = np.zeros(n + 1, dtype=np.int32)
    if int(capacity.sum()) > np.iinfo(slots.dtype).max:
        raise UserError(
            f"territory: found {n} organisations, expected at most {np.iinfo(slots.dtype).max} slots for their ties"
        )
    np.cumsum(capacity, out=slots[1:])
    ties = np.zeros(int(slots[-1]), dtype=TIE)

    need_base = np.column_stack([frame[f"need_{domain}"].to_numpy(dtype=float) for domain in territory.domains])
    perimeters = _perimeters(cells, perimeter_name)
    solutions = int(p["solutions_most"]) if p["replication"] > 0 or p["dialogue"] > 0 else 0
    fade = np.array([power(1.0 - float(p["tie_decay"]), float(month)) for month in range(burn_in + months + 2)])
    state = State(
        # room for about what twenty years bring: untouched it takes no memory, and growing would copy what is there
        alliances=np.zeros(256 + n // 2, dtype=ALLIANCE),
        memberships=np.zeros(512 + n, dtype=MEMBERSHIP),
        rules=rules,
        seed=int(seed),
        burn_in=int(burn_in),
        organisations=organisations,
        salience=salience,
        objectives=objectives,
        ties=ties,
        slots=slots,
        cells=cells,
        cell_x=cell_x,
        cell_y=cell_y,
        need_base=need_base,
        relief=np.zeros_like(need_base),
        need=need_base.copy(),
        perimeters=perimeters,
        perimeter_need=np.zeros((len(perimeters), k)),
        ideas=empty_ideas(len(perimeters), int(p["library_size"]) + solutions),
        solutions=np.full((len(perimeters), solutions), NOBODY, dtype=np.int32),
        space=_space(squares, cells, organisations, size_by_cap, p, threads),
        size_by_cap=size_by_cap,
        fade=fade,
        domains=tuple(territory.domains),
        sample=float(sample),
        labels={
            "id": names,
            "cell_commune": _shared(frame["commune"]),
            "cell_commune_name": _shared(frame["commune_name"]),
            "cell_epci": _shared(frame["epci"]),
            "cell_epci_name": _shared(frame["epci_name"]),
            "cell_department": _shared(frame["department"]),
            "cell_region": _shared(frame["region"]),
            "cell_column": frame["column"].to_numpy(dtype=np.int32),
            "cell_row": frame["row"].to_numpy(dtype=np.int32),
            "cell_source": order,
            "perimeter": np.array([perimeter_name[low] for low in perimeters["cell_low"]], dtype=str),
        },
        anchoring=_anchoring(organisations, p),
        newcomers=Newcomers(kind_rows, np.asarray(deprived, dtype=np.float64), streams),
        pending=np.zeros(n, dtype=np.uint8),
        taken=np.full(n, NOBODY, dtype=np.int16),
    )
    space = state.space
    where = cells["square"][organisations["cell"]].astype(np.int64) * 3 + organisations["sphere"]
    counts_by_square = np.bincount(
        where, weights=organisations["weight"].astype(float), minlength=3 * len(space.squares)
    ).reshape(-1, 3)
    space_kernels.within(space.squares, counts_by_square, float(p["d0"]), space.peers)
    space.whole[0] = counts_by_square.sum(axis=0)
    return state


def _shared(column: pd.Series) -> np.ndarray:
    """Texts of a column (C,) object, equal ones held once: a country has a few names for a quarter of a million cells."""
    codes, texts = pd.factorize(column.astype(str))
    return np.array([str(text) for text in texts], dtype=object)[codes]


def _cells(
    frame: pd.DataFrame,
    cell_km: float,
    perimeter_name: np.ndarray,
    reported: np.ndarray,
    p: np.void,
    distant: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """CELL rows, and the squares (SQUARE) that they lie in."""
    cells = np.zeros(len(frame), dtype=CELL)
    cells["population"] = frame["population"]
    cells["deprived"] = frame["deprived_share"]
    cells["civic"] = frame["civic_capacity"]
    cells["side"] = frame["side"]
    cells["reported"] = reported
    cells["zeta"] = [power(float(p["zeta"]), float(s)) for s in (cells["deprived"] if distant is None else distant)]
    places, index = np.unique(frame[["row", "column"]].to_numpy(), axis=0, return_inverse=True)
    index = index.reshape(-1)
    cells["square"] = index
    first = np.zeros(len(places), dtype=np.int64)
    first[index[::-1]] = np.arange(len(frame))[::-1]
    change = np.ones(len(frame), dtype=bool)
    side = cells["side"]
    change[1:] = (perimeter_name[1:] != perimeter_name[:-1]) | (reported[1:] != reported[:-1]) | (side[1:] != side[:-1])
    cells["perimeter"] = np.cumsum(change) - 1
    squares = np.zeros(len(places), dtype=SQUARE)
    squares["x"], squares["y"] = frame["x_km"].to_numpy(dtype=float)[first], frame["y_km"].to_numpy(dtype=float)[first]
    squares["side"] = cell_km
    squares["row"], squares["column"] = places[:, 0], places[:, 1]
    return cells, squares


def _perimeters(cells: np.ndarray, perimeter_name: np.ndarray) -> np.ndarray:
    count = int(cells["perimeter"][-1]) + 1
    perimeters = np.zeros(count, dtype=PERIMETER)
    for r in range(count):
        rows = np.flatnonzero(cells["perimeter"] == r)
        low, high = rows[0], rows[-1] + 1
        perimeters[r]["key"] = stable_key(
            "perimeter", perimeter_name[low], int(cells["side"][low]), int(cells["reported"][low])
        )
        perimeters[r]["population"] = float(cells["population"][low:high].sum())
        perimeters[r]["cell_low"], perimeters[r]["cell_high"] = low, high
        perimeters[r]["low"], perimeters[r]["high"] = cells["low"][low], cells["high"][high - 1]
        perimeters[r]["diagnosed"] = NOBODY
        perimeters[r]["reported"] = cells["reported"][low]
    return perimeters


def _organisations(
    territory: Any, ground: _Ground, cells: np.ndarray, rules: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Everyone who is there, given or generated, before own attributes are drawn."""
    p = rules[0]
    frame, new_position, cell_keys = ground.frame, ground.new_position, ground.cell_keys
    generate = set(territory.generate)
    expected = np.zeros((len(frame), len(catalogue.KINDS)))
    thousands = frame["population"].to_numpy(dtype=float) / 1000.0
    factor = {
        catalogue.ASSOCIATION: frame["density_association"].to_numpy(dtype=float),
        catalogue.FIRM: frame["density_firm"].to_numpy(dtype=float),
        catalogue.COLLECTIVITY: np.ones(len(frame)),
    }
    for index, kind in enumerate(catalogue.KINDS):
        if catalogue.SPHERES[kind.sphere] in generate:
            expected[:, index] = kind.density * thousands * factor[kind.sphere] * float(p["r_org"])
    counts = np.zeros(expected.shape, dtype=np.int64)
    kernels.count_organisations(expected, cell_keys, seed, STREAMS["count"], counts)
    total = int(counts.sum())
    cell, kind_of = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), counts.shape[1])
    starts = np.cumsum(counts.ravel()) - counts.ravel()
    number = np.arange(total) - np.repeat(starts, counts.ravel())
    generated = np.zeros(total, dtype=ORGANISATION)
    generated["cell"], generated["kind"] = cell, kind_of
    generated["key"] = _folded(cell_keys[cell], kind_of, number)
    pieces, labels = [generated], [number.astype(np.int32)]

    if "collectivity" in generate:
        seats, seat_names = _collectivities(territory, new_position)
        pieces.append(seats)
        labels.append(seat_names)
    if territory.organisations is not None:
        given, given_names = _given_rows(territory, new_position)
        pieces.append(given)
        labels.append(given_names)
    organisations = np.concatenate(pieces)
    names = np.concatenate(labels)
    kinds = organisations["kind"]
    organisations["sphere"] = catalogue.KIND_SPHERE[kinds]
    cash = np.array([kind.cash * kind.discretion / catalogue.MEAN_CASH for kind in catalogue.KINDS])
    time = np.array([kind.time / catalogue.MEAN_TIME for kind in catalogue.KINDS])
    cap = np.array([kind.cap for kind in catalogue.KINDS], dtype=float)
    scale = np.where(organisations["weight"] > 0.0, organisations["weight"].astype(float), 1.0)
    organisations["cash_own"] = cash[kinds] * scale
    organisations["time_own"] = time[kinds] * scale
    organisations["cap"] = np.clip(np.rint(cap[kinds] * scale), 1, 200)
    organisations["weight"] = 1.0
    organisations["enterprise"] = NOBODY
    organisations["federation"] = NOBODY
    for name, enterprises in (("ge", int(p["ge_enterprises"])), ("eti", int(p["eti_enterprises"]))):
        rows = np.flatnonzero(kinds == catalogue.KIND_INDEX[name])
        keys = _folded(organisations["key"][rows], STREAMS["enterprise"], int(seed) % (1 << 62))
        organisations["enterprise"][rows] = (keys % np.uint64(enterprises)).astype(np.int64) + (
            0 if name == "ge" else ETI_NUMBERS
        )
    given = territory.organisations
    if given is not None and "enterprise" in given:
        rows = np.flatnonzero(names < 0)
        groups = given["enterprise"].fillna("").astype(str).to_numpy()[-1 - names[rows]]
        for code, group in enumerate(sorted(set(groups) - {""})):
            organisations["enterprise"][rows[groups == group]] = GIVEN_NUMBERS + code
    return organisations, names


def _anchoring(organisations: np.ndarray, p: np.void) -> np.ndarray:
    """Renumbers enterprises from 0 (writes organisations) and returns the local anchoring of each."""
    rows = np.flatnonzero(organisations["enterprise"] >= 0)
    if not len(rows):
        return np.zeros(0)
    names, index = np.unique(organisations["enterprise"][rows], return_inverse=True)
    organisations["enterprise"][rows] = index.reshape(-1)
    local = np.bincount(index.reshape(-1), weights=organisations["weight"][rows].astype(float))
    group = np.where(names >= ETI_NUMBERS, float(p["eti_group"]), float(p["ge_group"]))
    group = np.where(names >= GIVEN_NUMBERS, local, group)  # a group that the user's table holds is here as a whole
    return np.minimum(1.0, local / group)


def _folded(keys: np.ndarray, *numbers: Any) -> np.ndarray:
    """Vectorised fold of :mod:`alliancesim.kernels.keyed`."""
    result = np.asarray(keys, dtype=np.uint64).copy()
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for number in numbers:
            z = result + (np.asarray(number).astype(np.uint64) + np.uint64(1)) * golden
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            result = z ^ (z >> np.uint64(31))
    return result


def _collectivities(territory: Any, new_position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Communes, EPCI, departments and regions; ``weight`` holds their size relative to the reference of their kind."""
    frame = territory.collectivities
    seats = np.zeros(len(frame), dtype=ORGANISATION)
    for row, (kind, code, population, cell) in enumerate(
        zip(frame["kind"], frame["code"], frame["population"], frame["cell"], strict=True)
    ):
        index = catalogue.KIND_INDEX[kind]
        seats[row]["kind"] = index
        seats[row]["cell"] = new_position[int(cell)]
        seats[row]["key"] = stable_key(kind, code)
        seats[row]["weight"] = max(float(population), 1.0) / catalogue.KINDS[index].reference_population
    return seats, np.arange(len(frame), dtype=np.int32)


def _given_rows(territory: Any, new_position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    frame = territory.organisations
    given = np.zeros(len(frame), dtype=ORGANISATION)
    given["kind"] = [catalogue.KIND_INDEX[kind] for kind in frame["kind"]]
    given["cell"] = new_position[frame["cell"].to_numpy(dtype=np.int64)]
    given["key"] = [stable_key("organisation", identity) for identity in frame["id"]]
    return given, np.arange(-1, -1 - len(frame), -1, dtype=np.int32)


def _given(
    territory: Any, organisations: np.ndarray, salience: np.ndarray, objectives: np.ndarray, names: np.ndarray
) -> None:
    """Replace what was drawn by what the user's table says, column by column; what it leaves empty stays drawn."""
    frame = territory.organisations
    if frame is None:
        return
    rows = np.flatnonzero(names < 0)
    source = -1 - names[rows]

    def put(column: str, target: np.ndarray) -> None:
        if column in frame:
            values = pd.to_numeric(frame[column]).to_numpy(dtype=float)[source]
            known = np.isfinite(values)
            target[rows[known]] = values[known]

    put("cash", organisations["cash_own"])
    put("time", organisations["time_own"])
    put("structuration", organisations["structuration"])
    put("cap", organisations["cap"])
    put("weight", organisations["weight"])
    for s, sphere in enumerate(catalogue.SPHERES):
        put(f"openness_{sphere}", organisations["openness"][:, s])
    own = organisations["sphere"][rows]
    organisations["openness"][rows, own] = 1.0
    if "stage" in frame:
        stage = frame["stage"].fillna("").astype(str).to_numpy()[source]
        for value, name in enumerate(catalogue.STAGES[:2]):
            organisations["stage"][rows[stage == name]] = value
    if "capabilities" in frame:
        for row, text in zip(rows, frame["capabilities"].fillna("").astype(str).to_numpy()[source], strict=True):
            if text:
                words = text.replace(";", "|").split("|")
                organisations["capabilities"][row] = sum(
                    1 << catalogue.CAPABILITIES.index(w.strip()) for w in words if w.strip()
                )
    for d, domain in enumerate(territory.domains):
        put(f"salience_{domain}", salience[:, d])
    for o, objective in enumerate(catalogue.OBJECTIVES):
        put(f"objective_{objective}", objectives[:, o])
    for table in (salience, objectives):
        total = table[rows].astype(float).sum(axis=1, keepdims=True)
        table[rows] = np.where(total > 0, table[rows] / np.where(total > 0, total, 1.0), 1.0 / table.shape[1])


def _affiliate(organisations: np.ndarray, cell_x: np.ndarray, cell_y: np.ndarray, rules: np.ndarray, seed: int) -> None:
    """Members of federations (associations) and of firms' networks (firms), the nearest one."""
    p = rules[0]
    federations = np.flatnonzero(organisations["kind"] == catalogue.KIND_INDEX["federation"])
    networks = np.flatnonzero(organisations["kind"] == catalogue.KIND_INDEX["firms_network"])
    for heads, sphere, chance in (
        (federations, catalogue.ASSOCIATION, p["federated_association"]),
        (networks, catalogue.FIRM, p["federated_firm"]),
    ):
        if len(heads):
            joins = organisations["sphere"] == sphere
            joins[heads] = False
            members = np.flatnonzero(joins)
            kernels.nearest_of(
                organisations, cell_x, cell_y, heads, members, float(chance), seed, STREAMS["federation"]
            )


def _given_federations(territory: Any, organisations: np.ndarray, names: np.ndarray) -> None:
    """Federations that the user's table names by the id of their row."""
    frame = territory.organisations
    if frame is None or "federation" not in frame:
        return
    rows = np.flatnonzero(names < 0)
    source = -1 - names[rows]
    row_of = dict(zip(frame["id"].astype(str).to_numpy()[source], rows, strict=True))
    for row, head in zip(rows, frame["federation"].fillna("").astype(str).to_numpy()[source], strict=True):
        if head:
            organisations["federation"][row] = row_of[head]


def _decays(squares: np.ndarray, d0: float) -> np.ndarray:
    """exp(-distance / d0) by rows and columns apart; empty where the squares are on no grid whose distances are exact."""
    side = float(squares["side"][0])
    exact = (side * 1024.0).is_integer() and all(
        np.array_equal(squares[at], (squares[number] + 0.5) * side) for at, number in (("x", "column"), ("y", "row"))
    )
    apart = int(16.0 * d0 / side) + 3
    result = np.zeros((apart, apart) if exact and apart <= 1000 else (0, 0))
    space_kernels.decays(side, d0, result)
    return result


def _space(
    squares: np.ndarray, cells: np.ndarray, organisations: np.ndarray, size_by_cap: np.ndarray, p: np.void, threads: int
) -> Space:
    """Blocks, masses and reach; writes ``meetings`` and ``block`` of the cells."""
    x, y = squares["x"], squares["y"]
    d0 = float(p["d0"])
    weight = organisations["weight"].astype(np.float64)
    mass = size_by_cap[organisations["cap"]] * weight
    square_of = cells["square"][organisations["cell"]]
    heads = np.bincount(square_of, weights=weight, minlength=len(x))
    decay = _decays(squares, d0)

    def in_threads(work: Callable[[int, int], Any]) -> None:
        edges = [len(x) * block // 64 for block in range(65)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, edges, edges[1:]))

    within = np.zeros(len(x))
    in_threads(lambda low, high: space_kernels.reach(squares, heads, d0, decay, low, high, within))
    cells["meetings"] = (float(p["m0"]) * within / (within + float(p["a_half"])))[cells["square"]]

    side = 2
    while True:
        block_row, block_column = squares["row"] // side, squares["column"] // side
        _, block = np.unique(np.column_stack((block_row, block_column)), axis=0, return_inverse=True)
        block = block.reshape(-1)
        count = int(block.max()) + 1
        if count <= BLOCKS_AT_MOST:
            break
        side += 1
    cells["block"] = block[cells["square"]]
    boxes = np.zeros((count, 4))
    for column, (values, function) in enumerate(((x, np.minimum), (x, np.maximum), (y, np.minimum), (y, np.maximum))):
        boxes[:, column] = np.inf if function is np.minimum else -np.inf
        function.at(boxes[:, column], block, values)
    part_mass_each = np.bincount(organisations["cell"], weights=mass, minlength=len(cells))
    block_mass = np.bincount(cells["block"], weights=part_mass_each, minlength=count)
    cumulated, guide = np.zeros((count, count)), np.zeros((count, SHARES + 1), dtype=np.int16)
    space_kernels.block_bounds(boxes, block_mass, d0, cumulated, guide)
    part_of_block = np.argsort(cells["block"], kind="stable").astype(np.int64)
    blocks = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(cells["block"], minlength=count), out=blocks[1:])
    running = np.cumsum(part_mass_each[part_of_block])
    base = np.concatenate(([0.0], running))[blocks[:-1]]
    part_mass = running - np.repeat(base, np.diff(blocks))
    running = np.cumsum(mass)
    base = np.concatenate(([0.0], running))[cells["low"]]
    organisation_mass = running - base[organisations["cell"]]
    near = np.zeros((len(x), 2 * space_kernels.squares_within(squares, d0) + 1, 2), dtype=np.int32)
    in_threads(lambda low, high: space_kernels.neighbourhoods(squares, d0, low, high, near))
    zeros = np.zeros((len(x), 3))
    return Space(
        squares,
        blocks,
        part_of_block,
        part_mass,
        organisation_mass,
        boxes,
        cumulated,
        guide,
        near,
        np.zeros((len(x) + 1, 3, 3), dtype=np.int64),
        zeros.copy(),
        zeros.copy(),
        zeros.copy(),
        zeros.copy(),
        np.zeros((4, 3)),
    )
