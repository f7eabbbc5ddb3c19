"""Final tables of a run as Arrow tables, made from the state in whole columns, never row by row.

Every column stands in :mod:`alliancesim.observables`; here is how each is made and which type it has. The same Arrow
table is what is shown (as a DataFrame), hashed and saved, so that a result opened again equals the one that was saved.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alliancesim import catalogue
from alliancesim.kernels.layout import NOBODY
from alliancesim.observables import OBSERVABLES, SCHEMA_VERSION, TIMESERIES, Observable
from alliancesim.rules.plan import PHASE_NAMES

TABLES = ("timeseries", "alliances", "organisations", "forums", "territory")
END_CAUSES = ("", "hazard", "term", "closing")
"""Words of the codes of an alliance's end."""

FORM_OF_SPHERES = np.array([5, 3, 4, 0, 5, 1, 2, 6], dtype=np.int64)
"""Position in ``catalogue.FORMS`` by the bits of the spheres of the members."""


# -- from a run -------------------------------------------------------------------------------------------------------


def build(engine: Any, *, consume: bool = False) -> dict[str, pa.Table]:
    """All tables of an engine as it stands now.

    Parameters
    ----------
    engine : Engine
    consume : bool
        Whether to give up the state of the engine as tables are made of it: a country's state and tables do not stand side by
        side in memory. The engine cannot go on.

    Returns
    -------
    dict of str to pyarrow.Table
        The five tables of ``TABLES`` and ``digests`` (months x phases, uint64), in calendar months.
    """
    state = engine.state

    def over(*names: str) -> None:
        if consume:
            for name in names:
                setattr(state, name, getattr(state, name)[:0].copy())

    involved = np.zeros(state.n_organisations, dtype=np.bool_)
    for animator in engine.world.animators:
        involved[animator.book.rows] = True
    over("ties", "slots", "salience", "objectives", "pending", "taken", "meetings")
    tables = {"timeseries": _timeseries(engine), "forums": _forums(engine), "territory": _territory(engine)}
    tables["digests"] = _digests(engine)
    tables["alliances"] = _alliances(engine)
    over("alliances", "memberships")
    tables["organisations"] = _organisations(engine, involved)
    over("organisations")
    return {name: tables[name] for name in (*TABLES, "digests")}


def observables_of(table: str, domains: tuple[str, ...] = ()) -> list[Observable]:
    """Columns of a table in order; those named by domain written out."""
    columns: list[Observable] = []
    for one in OBSERVABLES:
        if one.table != table:
            continue
        if "<domain>" in one.name:
            columns.extend(
                Observable(table, one.name.replace("<domain>", domain), one.unit, f"{one.doc}: {domain}", one.kind)
                for domain in domains
            )
        else:
            columns.append(one)
    return columns


def _finish(name: str, columns: dict[str, Any], domains: tuple[str, ...] = ()) -> pa.Table:
    """The table with its columns in the documented order, each with unit and meaning.

    Raises
    ------
    KeyError
        Where a documented column was not made, or one was made that is not documented.
    """
    documented = observables_of(name, domains)
    stray = set(columns) ^ {one.name for one in documented}
    if stray:
        raise KeyError(f"{name}: columns {', '.join(sorted(stray))}")
    fields, arrays = [], []
    for one in documented:
        value = columns[one.name]
        array = value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value)
        metadata = {"description": one.doc, "unit": one.unit, "kind": one.kind}
        fields.append(pa.field(one.name, array.type, metadata=metadata))
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _words(codes: np.ndarray, words: tuple[str, ...] | list[str]) -> pa.DictionaryArray:
    """Codes as words of a fixed list."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes, dtype=np.int32)), pa.array(list(words), pa.string())
    )


def _text(codes: np.ndarray, texts: np.ndarray) -> pa.Array:
    """Free text by position in an array of texts."""
    return pa.array(np.asarray(texts, dtype=object), pa.string()).take(pa.array(np.asarray(codes, dtype=np.int64)))


def _months(months: np.ndarray, burn_in: int) -> pa.Array:
    """Calendar months from months of the run; missing where there is none."""
    months = np.asarray(months).astype(np.int32)
    return pa.array(months - np.int32(burn_in) + np.int32(1), mask=months == NOBODY)


def _animators(engine: Any) -> list[str]:
    """Names of animators, and no name for none."""
    return ["", *(animator.name for animator in engine.world.animators)]


def _timeseries(engine: Any) -> pa.Table:
    values = engine.world.records.values[: engine.state.month + 1]
    columns: dict[str, Any] = {}
    for number, one in enumerate(TIMESERIES):
        column = np.ascontiguousarray(values[:, number])
        if one.name == "month":
            columns[one.name] = column.astype(np.int32)
        elif one.name == "burn_in":
            columns[one.name] = column != 0.0
        else:
            columns[one.name] = column
    return _finish("timeseries", columns)


def _alliances(engine: Any) -> pa.Table:
    state = engine.state
    n, burn_in = state.n_alliances, state.burn_in
    table = state.alliances[:n]
    used = state.memberships[: state.n_memberships]
    keur, days = float(state.rules[0]["keur_per_unit"]), float(state.rules[0]["days_per_unit"])
    # Leader first, then in the order of joining, which is the order of the rows.
    order = np.lexsort((used["organisation"] != table["leader"][used["alliance"]], used["alliance"]))
    alliance, member = used["alliance"][order], used["organisation"][order]
    count = np.bincount(alliance, minlength=n)
    offsets = np.concatenate(([0], np.cumsum(count)))
    here = state.cells["reported"][state.organisations["cell"][member]] == 1
    reported = np.bincount(alliance, weights=here, minlength=n) > 0
    alone = table["alone"].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(alone > 0.0, table["value"] / alone, np.nan)
    columns = {
        "alliance": np.arange(n, dtype=np.int32),
        "depth": table["depth"],
        "stage": _words(table["stage"], catalogue.ALLIANCE_STAGES),
        "origin": _words(table["origin"], catalogue.ORIGINS),
        "form": _words(FORM_OF_SPHERES[table["spheres"].astype(np.int64)], catalogue.FORMS),
        "domain": _words(table["domain"], state.domains),
        "members": count.astype(np.int32),
        "member_list": pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(member.astype(np.int32))),
        "leader": table["leader"],
        "leads": table["leads"].astype(np.int32),
        "repeats": np.array([engine.world.repeats.get(row, -1) for row in range(n)], dtype=np.int32),
        "perimeter": _text(table["perimeter"], state.labels["perimeter"]),
        "forum": table["forum"],
        "animator": _words(table["animator"].astype(np.int32) + 1, _animators(engine)),
        "start_month": table["start"].astype(np.int32) - np.int32(burn_in) + np.int32(1),
        "launch_month": _months(table["launch"], burn_in),
        "end_month": _months(table["ended"], burn_in),
        "end_cause": _words(table["cause"], END_CAUSES),
        "identified_month": _months(table["identified"], burn_in),
        "successes": table["successes"],
        "results": table["draws"],
        "accompanied": table["accompanied"] == 1,
        "scale": table["scale"],
        "cost_keur": table["cost"] * keur,
        "effort_days": table["effort"] * days,
        "spent_keur": table["spent_cash"] * keur,
        "spent_days": table["spent_time"] * days,
        "value": table["value"],
        "benefit": table["benefit"],
        "superadditivity": ratio,
        "gini_benefits": _gini(used["benefit"], used["alliance"], count),
        "reported": reported,
    }
    return _finish("alliances", {name: _contiguous(column) for name, column in columns.items()})


def _gini(benefit: np.ndarray, alliance: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Gini of benefits in each alliance: sum of gaps over pairs / (members * total); missing without benefits.

    With the benefits of an alliance in rising order, the sum of gaps is sum_k (2 k + 1 - n) b_k.
    """
    n = len(count)
    order = np.lexsort((benefit, alliance))
    of, sorted_benefit = alliance[order], benefit[order]
    first = np.concatenate(([0], np.cumsum(count)))[:-1]
    rank = np.arange(len(of)) - first[of]
    gaps = np.bincount(of, weights=(2.0 * rank + 1.0 - count[of]) * sorted_benefit, minlength=n)
    total = np.bincount(of, weights=sorted_benefit, minlength=n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0.0, np.maximum(gaps, 0.0) / (count * total), np.nan)


def _organisations(engine: Any, involved: np.ndarray) -> pa.Table:
    state = engine.state
    table = state.organisations
    labels, cell = state.labels, table["cell"]
    columns = {
        "organisation": np.arange(len(table), dtype=np.int32),
        "name": organisation_names(engine),
        "sphere": _words(table["sphere"], catalogue.SPHERES),
        "kind": _words(table["kind"], catalogue.KIND_NAMES),
        "stage": _words(table["stage"], catalogue.STAGES),
        "ever_engaged": table["ever"] == 1,
        "alliances": table["load"],
        "load_cap": table["cap"],
        "ties": table["ties"],
        "structuration": table["structuration"],
        "cash_own": table["cash_own"],
        "time_own": table["time_own"],
        "capabilities": _text(table["capabilities"], np.array(CAPABILITY_SETS, dtype=object)),
        "successes_heard": table["successes"],
        "failures_heard": table["failures"],
        "enterprise": table["enterprise"],
        "federation": table["federation"],
        "weight": table["weight"],
        "cell": cell,
        "commune": _text(cell, labels["cell_commune"]),
        "x_km": state.cell_x[cell],
        "y_km": state.cell_y[cell],
        "reported": state.cells["reported"][cell] == 1,
        "involved": involved,
    }
    for s, sphere in enumerate(catalogue.SPHERES):
        columns[f"openness_{sphere}"] = table["openness"][:, s]
    return _finish("organisations", {name: _contiguous(column) for name, column in columns.items()})


PART = 250_000
"""Rows of which words are made at once."""

CAPABILITY_SETS = tuple(
    "|".join(word for bit, word in enumerate(catalogue.CAPABILITIES) if bits >> bit & 1)
    for bits in range(1 << len(catalogue.CAPABILITIES))
)
"""Words of every set of capabilities, by its bits."""


def organisation_names(engine: Any) -> pa.Array:
    """What each organisation is called: the given id, a collectivity's name, else kind, place and number.

    The number counts the organisations of one kind in one commune, in the order of rows: ``TPE, Figeac #12``.
    """
    state = engine.state
    table, named = state.organisations, state.labels["id"]
    n = len(table)
    kind = table["kind"].astype(np.int64)
    _, commune = np.unique(state.labels["cell_commune"], return_inverse=True)
    group = commune.reshape(-1)[table["cell"]] * len(catalogue.KINDS) + kind
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1])) if n else np.zeros(0, dtype=np.bool_)
    begins = np.flatnonzero(first)
    number = np.empty(n, dtype=np.int64)
    number[order] = np.arange(n) - np.repeat(begins, np.diff(np.concatenate((begins, [n])))) + 1
    labels = np.array([one.label for one in catalogue.KINDS], dtype=object)
    pieces = []
    for low in range(0, max(n, 1), PART):  # words by parts: each step of the joining is a copy
        part = slice(low, low + PART)
        what = _text(kind[part], labels)
        where = _text(table["cell"][part], state.labels["cell_commune_name"])
        which = pa.array(number[part]).cast(pa.string())
        pieces.append(pc.binary_join_element_wise(pc.binary_join_element_wise(what, where, ", "), which, " #"))
    names = pa.concat_arrays(pieces)
    given = named < 0
    seats = ~given & np.isin(kind, [catalogue.KIND_INDEX[k] for k in ("commune", "epci", "department", "region")])
    for mask, source in ((seats, engine.territory.collectivities), (given, engine.territory.organisations)):
        if mask.any():
            row = named[mask] if mask is seats else -1 - named[mask]
            texts = source["name" if mask is seats else "id"].astype(str).to_numpy(dtype=object)
            names = pc.replace_with_mask(names, pa.array(mask), _text(row, texts))
    return names


def _forums(engine: Any) -> pa.Table:
    state = engine.state
    n = state.n_forums
    table = state.forums[:n]
    columns: dict[str, Any] = {
        "forum": np.arange(n, dtype=np.int32),
        "month": table["month"].astype(np.int32) - np.int32(state.burn_in) + np.int32(1),
        "convenor": table["convenor"],
        "animator": _words(table["animator"].astype(np.int32) + 1, _animators(engine)),
        "perimeter": _text(table["perimeter"], state.labels["perimeter"]),
        "theme": _words(table["theme"].astype(np.int32) + 1, ["", *state.domains]),
        "outcome": _words(table["outcome"], catalogue.FORUM_OUTCOMES),
        "carried": table["carried"] == 1,
        "level": _words(table["level"], catalogue.LEVELS),
        "inhabitants": table["inhabitants"] == 1,
        "reported": state.perimeters["reported"][table["perimeter"]] == 1,
    }
    for one in observables_of("forums"):
        if one.name not in columns:
            columns[one.name] = table[one.name]
    return _finish("forums", {name: _contiguous(column) for name, column in columns.items()})


def _territory(engine: Any) -> pa.Table:
    state = engine.state
    cells, labels = state.cells, state.labels
    n = len(cells)
    weight = state.organisations["weight"].astype(np.float64)
    engaged = state.organisations["stage"] == catalogue.ENGAGED
    cell = state.organisations["cell"]
    columns: dict[str, Any] = {
        "cell": np.arange(n, dtype=np.int32),
        "column": labels["cell_column"],
        "row": labels["cell_row"],
        "x_km": state.cell_x,
        "y_km": state.cell_y,
        "commune": _text(np.arange(n), labels["cell_commune"]),
        "commune_name": _text(np.arange(n), labels["cell_commune_name"]),
        "epci": _text(np.arange(n), labels["cell_epci"]),
        "epci_name": _text(np.arange(n), labels["cell_epci_name"]),
        "department": _text(np.arange(n), labels["cell_department"]),
        "side": cells["side"],
        "reported": cells["reported"] == 1,
        "population": cells["population"],
        "deprived_share": cells["deprived"],
        "organisations": np.bincount(cell, weights=weight, minlength=n),
        "engaged": np.bincount(cell, weights=weight * engaged, minlength=n),
    }
    for d, domain in enumerate(state.domains):
        columns[f"need_{domain}"] = state.need[:, d]
        columns[f"need_start_{domain}"] = state.need_base[:, d]
    return _finish("territory", {name: _contiguous(column) for name, column in columns.items()}, tuple(state.domains))


def _digests(engine: Any) -> pa.Table:
    values = engine.world.records.digests[: engine.state.month + 1]
    names = [phase.name for phase in engine.plan] or list(PHASE_NAMES)
    months = np.arange(len(values), dtype=np.int32) - np.int32(engine.state.burn_in) + np.int32(1)
    return pa.table({"month": months, **{name: np.ascontiguousarray(values[:, k]) for k, name in enumerate(names)}})


def _contiguous(column: Any) -> Any:
    """A column of a record, copied out of it; small whole numbers widened, so that nobody's sums overflow."""
    if not isinstance(column, np.ndarray):
        return column
    narrow = column.dtype.kind == "i" and column.dtype.itemsize < 4
    return column.astype(np.int32) if narrow else np.ascontiguousarray(column)


# -- to pandas and to a hash ------------------------------------------------------------------------------------------


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table as a DataFrame.

    Words of a fixed list become categories; whole numbers that may be missing become ``Int32``; ``member_list`` holds
    arrays of int32.
    """
    columns: dict[str, Any] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_dictionary(field.type):
            whole = column.combine_chunks()
            if isinstance(whole, pa.ChunkedArray):
                whole = whole.unify_dictionaries().combine_chunks()
            codes = whole.indices.to_numpy(zero_copy_only=False)
            columns[field.name] = pd.Categorical.from_codes(codes, whole.dictionary.to_pylist())
        elif pa.types.is_list(field.type):
            columns[field.name] = pd.Series(_lists(column), dtype=object)
        elif pa.types.is_integer(field.type) and field.name in MISSING:
            columns[field.name] = (
                column.to_pandas().astype("Int32") if column.null_count else pd.array(column.to_numpy(), dtype="Int32")
            )
        elif pa.types.is_string(field.type):
            columns[field.name] = column.to_pandas()
        else:
            columns[field.name] = column.to_numpy()
    return pd.DataFrame(columns)


MISSING = ("launch_month", "end_month", "identified_month")
"""Columns of whole numbers that may be missing."""


def _lists(column: pa.ChunkedArray) -> list[np.ndarray]:
    whole = column.combine_chunks()
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    result: list[np.ndarray] = []
    for chunk in chunks:
        values = chunk.flatten().to_numpy()
        result.extend(np.split(values, np.cumsum(chunk.value_lengths().to_numpy())[:-1]) if len(chunk) else [])
    return result


def with_fixed_words(table: pa.Table, words: dict[str, tuple[str, ...]]) -> pa.Table:
    """A table read from a file, its words again those of the fixed lists (a file keeps only the words in use).

    Raises
    ------
    ValueError
        For a word that is not in the list.
    """
    for position, field in enumerate(table.schema):
        if field.name in words:
            texts = table.column(position).cast(pa.string()).combine_chunks()
            codes = pc.index_in(texts, pa.array(list(words[field.name]), pa.string()))
            if codes.null_count:
                raise ValueError(f"column {field.name} has words that this version does not know")
            array = _words(codes.to_numpy(), words[field.name])
            table = table.set_column(position, pa.field(field.name, array.type, metadata=field.metadata), array)
    return table


def words_of(name: str, domains: tuple[str, ...], animators: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Fixed list of words of each column that has one."""
    return {
        "alliances": {
            "stage": catalogue.ALLIANCE_STAGES,
            "origin": catalogue.ORIGINS,
            "form": catalogue.FORMS,
            "domain": domains,
            "animator": ("", *animators),
            "end_cause": END_CAUSES,
        },
        "organisations": {
            "sphere": catalogue.SPHERES,
            "kind": catalogue.KIND_NAMES,
            "stage": catalogue.STAGES,
        },
        "forums": {
            "animator": ("", *animators),
            "theme": ("", *domains),
            "outcome": catalogue.FORUM_OUTCOMES,
            "level": catalogue.LEVELS,
        },
    }.get(name, {})


def content_hash(table: pa.Table) -> str:
    """SHA-256 of what a table says, whatever the file format, compression or machine that wrote it.

    For each column in order: its name and type in words, the number of rows, then the values: whole numbers and flags
    as little-endian int64 (uint64 for digests), missing ones as the smallest; other numbers as little-endian float64,
    every NaN as one and the same; texts and words as UTF-8 with their lengths in bytes before them as int64; lists as
    their lengths, then their values.
    """
    digest = hashlib.sha256()
    for field, column in zip(table.schema, table.columns, strict=True):
        kind, parts = _canonical(column)
        digest.update(f"{field.name}\x1f{kind}\x1f{len(column)}\x1e".encode())
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _canonical(column: pa.ChunkedArray) -> tuple[str, list[bytes]]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(pa.string()), pa.string()
    if pa.types.is_list(kind):
        lengths = pc.list_value_length(column).to_numpy().astype("<i8")
        return "list", [lengths.tobytes(), pc.list_flatten(column).to_numpy().astype("<i8").tobytes()]
    if pa.types.is_string(kind):
        lengths = pc.binary_length(column).to_numpy().astype("<i8")
        return "text", [lengths.tobytes(), *(_text_bytes(chunk) for chunk in column.chunks)]
    if pa.types.is_floating(kind):
        values = column.to_numpy().astype("<f8")
        values[np.isnan(values)] = np.nan
        return "number", [values.tobytes()]
    if kind == pa.uint64():
        return "whole", [column.to_numpy().astype("<u8").tobytes()]
    filled = pc.fill_null(column.cast(pa.int64()), np.iinfo(np.int64).min)
    return "whole", [filled.to_numpy().astype("<i8").tobytes()]


def _text_bytes(texts: pa.StringArray) -> bytes:
    """All texts of an array one after the other."""
    _, offsets, values = texts.buffers()
    if values is None or not len(texts):
        return b""
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return values.slice(int(ends[0]), int(ends[-1] - ends[0])).to_pybytes()


def stamped(table: pa.Table, name: str, *, model_version: str, version: str, seed: int) -> pa.Table:
    """The table with what its file says about it: schema version, model version, package version, seed."""
    return table.replace_schema_metadata(
        {
            "table": name,
            "schema_version": SCHEMA_VERSION,
            "model_version": model_version,
            "alliancesim_version": version,
            "seed": str(seed),
        }
    )
