"""From the journal to tidy tables: read in order, written in parts, the same bytes however the runs came in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alliancesim.experiments import folder as names
from alliancesim.experiments.ease import CURVE_COLUMNS
from alliancesim.experiments.fate import measures_of_forums
from alliancesim.experiments.groups import group_measures
from alliancesim.experiments.measures import (
    CELL_COLUMNS,
    ORGANISATION_COLUMNS,
    WORDS,
    Kept,
    measures,
)
from alliancesim.experiments.tables import factor_columns
from alliancesim.experiments.work import Outcome, unpack_array

if TYPE_CHECKING:
    from alliancesim.experiments.journal import Journal
    from alliancesim.experiments.plan import Plan

BATCH = 4096
"""Runs written at a time: what is in memory at once, and the row groups of runs.parquet."""
PART_ROWS = 2_000_000
"""Rows of one part of timeseries.parquet, about."""
GROUP_ROWS = 500_000
"""Rows of cells and organisations written at a time, at least (but for the last)."""
COMPRESSION = "zstd"


def kept_of(plan: Plan) -> Kept:
    """What the runs of a plan leave.

    Raises
    ------
    UserError
        For an unknown observable.
    """
    from alliancesim.observables import TIMESERIES
    from alliancesim.scenario.checks import unknown

    keep = plan.experiment.keep
    if plan.experiment.subject == "forums":
        known = [one.name for one in measures_of_forums(plan.experiment.forums)]
        series = () if plan.experiment.forums.replays else tuple(CURVE_COLUMNS[1:])
    else:
        known = [one.name for one in [*measures(plan.bases[0]["territory"]["domains"]), *group_measures(keep.groups)]]
        over_time = {one.name for one in TIMESERIES}
        for index, name in enumerate(keep.timeseries):
            if name not in over_time:
                raise unknown(f"keep.timeseries[{index}].{name}", over_time)
        series = tuple(keep.timeseries)
    for index, name in enumerate(keep.observables):
        if name not in known:
            raise unknown(f"keep.observables[{index}].{name}", known)
    for name in plan.experiment.precision:
        if name not in (keep.observables or known):
            raise unknown(f"precision.{name}", keep.observables or known)
    return Kept(
        tuple(keep.observables or known), series, keep.every, keep.cells, keep.organisations, tuple(keep.groups)
    )


def bytes_a_run(plan: Plan, kept: Kept) -> int:
    """Bytes that a run needs on the disk while the experiment runs, about."""
    rows = 1 + max(base["months"] for base in plan.bases) // kept.every
    size = 300 + 8 * len(kept.observables) + 8 * rows * (1 + len(kept.series))
    if kept.cells or kept.organisations:
        from alliancesim.engine import make_territory

        territory = make_territory(plan.base(0))
        size += kept.cells * len(territory.cells) * CELL_COLUMNS.itemsize // 2
        size += kept.organisations * int(territory.simulated_population * 0.09) * 4
    return size


def finish(path: Path, plan: Plan, kept: Kept, journal: Journal, count: int) -> dict[str, Any]:
    """Write the tables of a finished experiment; what stood there before stays until all are whole.

    Parameters
    ----------
    path : Path
    plan, kept
    journal : Journal
    count : int
        Replicates done of each point.

    Returns
    -------
    dict
        Rows by table, runs done and failed.
    """
    part = path / ".tables.part"
    if part.exists():
        shutil.rmtree(part)
    part.mkdir()
    writer = _Writer(part, plan, kept)
    for batch in _batches(_in_order(plan, journal, count * len(plan.points))):
        writer.write(batch)
    rows = writer.close()
    for entry in sorted(part.iterdir()):
        target = path / entry.name
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(entry, target)
    part.rmdir()
    return rows


def _in_order(plan: Plan, journal: Journal, runs: int) -> Iterator[Outcome]:
    """All runs by number, those that are done under another's number too."""
    if not plan.twins:
        for outcome in journal.outcomes():
            if outcome.run < runs:
                yield outcome
        return
    for run in range(runs):
        found = journal.get(plan.original(run))
        if found is not None:
            yield Outcome(run, found.seconds, found.row, found.tables, None, found.error, found.trace)


def _batches(outcomes: Iterator[Outcome]) -> Iterator[list[Outcome]]:
    batch: list[Outcome] = []
    any_yet = False
    for outcome in outcomes:
        batch.append(outcome)
        if len(batch) == BATCH:
            yield batch
            batch, any_yet = [], True
    if batch or not any_yet:
        yield batch  # an experiment in which nothing ran has empty tables


class _Writer:
    """Open files of all tables."""

    def __init__(self, part: Path, plan: Plan, kept: Kept) -> None:
        self.part, self.plan, self.kept = part, plan, kept
        self._files: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {name: 0 for name in (names.RUNS, names.FAILURES, names.TIMING)}
        self._series_part = 0
        described = (
            measures_of_forums(plan.experiment.forums)
            if plan.experiment.subject == "forums"
            else [*measures(plan.bases[0]["territory"]["domains"]), *group_measures(kept.groups)]
        )
        self._about = {one.name: {"unit": one.unit, "description": one.doc} for one in described}

    def _field(self, name: str, kind: pa.DataType) -> pa.Field:
        return pa.field(name, kind, metadata=self._about.get(name))

    def _add(self, name: str, table: pa.Table, file: str | None = None) -> None:
        file = file or name
        if file not in self._files:
            (self.part / file).parent.mkdir(parents=True, exist_ok=True)
            self._files[file] = pq.ParquetWriter(self.part / file, table.schema, compression=COMPRESSION)
        self._files[file].write_table(table, row_group_size=max(1, table.num_rows))
        self._rows[name] = self._rows.get(name, 0) + table.num_rows

    def write(self, batch: list[Outcome]) -> None:
        """A batch of runs, in order of their numbers."""
        good = [one for one in batch if one.row is not None]
        self._add(names.RUNS, self._runs_table(good))
        self._add(names.FAILURES, self._failures([one for one in batch if one.row is None]))
        self._add(
            names.TIMING,
            pa.table(
                {
                    "run": pa.array([o.run for o in batch], pa.int64()),
                    "seconds": pa.array([o.seconds for o in batch], pa.float64()),
                }
            ),
        )
        self._series(good)
        for name, kind in ((names.CELLS, CELL_COLUMNS), (names.ORGANISATIONS, ORGANISATION_COLUMNS)):
            self._structured(name, kind, good)

    def _keys(self, runs: Sequence[int] | np.ndarray) -> dict[str, pa.Array]:
        numbers = np.array(runs, dtype=np.int64)
        points = len(self.plan.points)
        return {
            "run": pa.array(numbers, pa.int64()),
            "point": pa.array(numbers % points, pa.int32()),
            "replicate": pa.array(numbers // points + 1, pa.int32()),
        }

    def _runs_table(self, good: list[Outcome]) -> pa.Table:
        runs = [one.run for one in good]
        columns = self._keys(runs)
        columns["seed"] = pa.array([self.plan.run_seed(run) for run in runs], pa.int64())
        points = len(self.plan.points)
        columns |= factor_columns(self.plan.points, [run % points for run in runs])
        kinds = {name: array.type for name, array in columns.items()}
        width = len(self.kept.observables)
        values = np.frombuffer(b"".join(one.row or b"" for one in good), dtype="<f8").reshape(len(good), width)
        for number, name in enumerate(self.kept.observables):
            columns[name if name not in columns else f"{name}_observed"] = pa.array(
                np.ascontiguousarray(values[:, number])
            )
        fields = [self._field(name, kinds.get(name, pa.float64())) for name in columns]
        return pa.table(list(columns.values()), schema=pa.schema(fields))

    def _failures(self, bad: list[Outcome]) -> pa.Table:
        columns = self._keys([one.run for one in bad])
        columns["seed"] = pa.array([self.plan.run_seed(one.run) for one in bad], pa.int64())
        columns["label"] = pa.array([self.plan.place(one.run)[0].label for one in bad], pa.string())
        columns["error"] = pa.array([one.error for one in bad], pa.string())
        columns["traceback"] = pa.array([one.trace for one in bad], pa.string())
        scenarios = [self.plan.scenario(*self.plan.place(one.run)).to_yaml() for one in bad]
        columns["scenario"] = pa.array(scenarios, pa.string())
        return pa.table(columns)

    def _series(self, good: list[Outcome]) -> None:
        if not self.kept.series:
            return
        arrays = [unpack_array(one.tables["series"]) if one.tables and "series" in one.tables else None for one in good]
        counts = [0 if array is None else len(array) for array in arrays]
        keys = self._keys(np.repeat(np.array([one.run for one in good], dtype=np.int64), counts))
        forums = self.plan.experiment.subject == "forums"
        width = 1 + len(self.kept.series)
        rows = [array for array in arrays if array is not None and len(array)]
        values = np.concatenate(rows) if rows else np.zeros((0, width))
        first = pa.array(values[:, 0]) if forums else pa.array(values[:, 0].astype(np.int32))
        columns = {**keys, "level" if forums else "month": first}
        for number, name in enumerate(self.kept.series, 1):
            columns[name] = pa.array(np.ascontiguousarray(values[:, number]))
        file = f"{names.SERIES}/part-{self._series_part:05d}.parquet"
        self._add(names.SERIES, pa.table(columns), file)
        if self._rows[names.SERIES] >= (self._series_part + 1) * PART_ROWS:
            self._files.pop(file).close()
            self._series_part += 1

    def _structured(self, name: str, kind: np.dtype, good: list[Outcome]) -> None:
        key = name.removesuffix(".parquet")
        if not (self.kept.cells if name == names.CELLS else self.kept.organisations):
            return
        arrays: list[np.ndarray] = []
        runs: list[np.ndarray] = []
        for number, one in enumerate(good, 1):
            array = unpack_array(one.tables[key]) if one.tables and key in one.tables else np.zeros(0, dtype=kind)
            arrays.append(array)
            runs.append(np.full(len(array), one.run))
            if number == len(good) or sum(map(len, arrays)) >= GROUP_ROWS:
                self._add(name, self._table_of(np.concatenate(arrays), np.concatenate(runs)))
                arrays, runs = [], []

    def _table_of(self, array: np.ndarray, runs: np.ndarray) -> pa.Table:
        """Rows of many runs, words instead of codes."""
        columns: dict[str, Any] = self._keys(runs)
        for column in array.dtype.names or ():
            values = np.ascontiguousarray(array[column])
            if column in WORDS:
                codes = pa.array(values, pa.int8())
                columns[column] = pa.DictionaryArray.from_arrays(codes, pa.array(WORDS[column]))
            else:
                columns[column] = pa.array(values)
        return pa.table(columns)

    def close(self) -> dict[str, int]:
        """Close all files; rows by table."""
        for file in self._files.values():
            file.close()
        return dict(self._rows)
