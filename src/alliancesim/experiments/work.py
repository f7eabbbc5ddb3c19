"""What a worker does: some runs, one after the other, each on one thread; a run that fails leaves its traceback."""

from __future__ import annotations

import json
import pickle
import time
import traceback
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.experiments.ease import measure_forums
from alliancesim.experiments.fate import measure_fate
from alliancesim.experiments.groups import fill
from alliancesim.experiments.measures import Kept, measure


@dataclass(frozen=True)
class Task:
    """A run to do.

    Attributes
    ----------
    run : int
        Its number.
    base : int
        Scenario of the context that it starts from.
    changes, forums : dict
        Keys that differ from it.
    seed : int
    tables : bool
        Whether all tables of the run are wanted.
    """

    run: int
    base: int
    changes: dict[str, Any]
    forums: dict[str, Any]
    seed: int
    tables: bool = False


@dataclass
class Outcome:
    """What became of a run: numbers, or why it failed.

    Attributes
    ----------
    run : int
    seconds : float
        Wall time.
    row : bytes or None
        float64 of the kept observables; None for a failure.
    tables : dict of str to bytes
        Compressed arrays.
    files : dict of str to bytes
        Parquet files of all tables, where wanted.
    error, trace : str
    """

    run: int
    seconds: float
    row: bytes | None = None
    tables: dict[str, bytes] | None = None
    files: dict[str, bytes] | None = None
    error: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Context:
    """What all runs of an experiment share; goes to a worker once a chunk, as few kilobytes.

    ``function``, which must be picklable, stands for a scenario: it gives the row of a run from its changes and seed.
    """

    subject: str
    bases: tuple[dict[str, Any], ...]
    forums: dict[str, Any]
    kept: Kept
    time_limit: float | None = None
    function: Callable[[Mapping[str, Any], int], np.ndarray] | None = None

    def packed(self) -> bytes:
        """Compressed bytes."""
        return zlib.compress(pickle.dumps(self), 6)


class TimeLimit(Exception):
    """A run took longer than it may."""


_contexts: OrderedDict[bytes, tuple[Context, dict[int, Any]]] = OrderedDict()
_territories: OrderedDict[str, Any] = OrderedDict()
_TERRITORIES = 128
_MOST_CELLS = 200_000
"""Cells of all territories that a worker remembers, at most."""


def work(packed: bytes, tasks: Sequence[Task]) -> list[Outcome]:
    """Do some runs; never raises for a run that fails.

    Parameters
    ----------
    packed : bytes
        A packed :class:`Context`.
    tasks : sequence of Task
    """
    if packed not in _contexts:
        _contexts[packed] = (pickle.loads(zlib.decompress(packed)), {})
        while len(_contexts) > 4:
            _contexts.popitem(last=False)
    context, scenarios = _contexts[packed]
    return [_one(context, scenarios, task) for task in tasks]


def run_task(context: Context, task: Task) -> Outcome:
    """Do one run here; what it raises is raised."""
    return _run(context, {}, task, time.perf_counter())


def _one(context: Context, scenarios: dict[int, Any], task: Task) -> Outcome:
    start = time.perf_counter()
    try:
        outcome = _run(context, scenarios, task, start)
    except Exception as error:
        words = f"{type(error).__name__}: {error}".splitlines()
        outcome = Outcome(
            task.run, 0.0, error=words[0] if words else type(error).__name__, trace=traceback.format_exc()
        )
    outcome.seconds = time.perf_counter() - start
    return outcome


def _run(context: Context, scenarios: dict[int, Any], task: Task, start: float) -> Outcome:
    from alliancesim.scenario.schema import from_dict

    if context.function is not None:
        row = np.asarray(context.function(task.changes, task.seed), dtype="<f8")
        return Outcome(task.run, 0.0, row=row.tobytes(), tables={})
    if task.base not in scenarios:
        scenarios[task.base] = from_dict(context.bases[task.base])
    scenario = scenarios[task.base].replace(**task.changes, seed=task.seed)
    if context.subject == "forums":
        from alliancesim.experiments.experiment import ForumsConfig

        settings = ForumsConfig(**{**context.forums, **task.forums})
        measured = (measure_fate if settings.replays else measure_forums)(scenario, settings, context.kept)
        files = None
    else:
        engine = _engine(scenario)
        limit = context.time_limit

        def tick(_month: int) -> None:
            if limit is not None and time.perf_counter() - start > limit:
                raise TimeLimit(f"more than {limit:g} s, at month {engine.state.calendar_month} of {scenario.months}")

        try:
            engine.run(tick if limit is not None else None)
        finally:
            engine.world.close()
        measured = measure(engine, context.kept)
        fill(measured.row, context.kept, engine, scenario)
        files = _files(engine, scenario) if task.tables else None
    tables = {name: pack_array(array) for name, array in measured.tables.items()}
    return Outcome(task.run, 0.0, row=measured.row.astype("<f8").tobytes(), tables=tables, files=files)


def _engine(scenario: Any) -> Any:
    """The engine of a scenario; territories are remembered, for many runs share one."""
    from alliancesim.engine import engine_of, make_territory

    config = scenario.territory
    drawn = scenario.seed if config.kind == "synthetic" and getattr(config, "seed", None) is None else None
    name = json.dumps([config.to_dict(), drawn], sort_keys=True)
    territory = _territories.get(name)
    if territory is None:
        territory = make_territory(scenario)
        _territories[name] = territory
        while len(_territories) > _TERRITORIES or (
            len(_territories) > 1 and sum(one.n_cells for one in _territories.values()) > _MOST_CELLS
        ):
            _territories.popitem(last=False)
    else:
        _territories.move_to_end(name)
    return engine_of(scenario, territory=territory)


def _files(engine: Any, scenario: Any) -> dict[str, bytes]:
    """All tables of a run as the files of a result's folder."""
    import tempfile
    from pathlib import Path

    from alliancesim.results.folder import write
    from alliancesim.results.result import result_of

    with tempfile.TemporaryDirectory() as folder:
        write(result_of(engine, scenario), Path(folder), figures=False)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def pack_array(array: np.ndarray) -> bytes:
    """An array as bytes: its type and shape, then its compressed numbers."""
    kind = array.dtype.descr if array.dtype.names else array.dtype.str
    head = json.dumps([kind, list(array.shape)]).encode("ascii")
    return len(head).to_bytes(4, "little") + head + zlib.compress(np.ascontiguousarray(array).tobytes(), 1)


def unpack_array(data: bytes) -> np.ndarray:
    """The array that :func:`pack_array` packed."""
    length = int.from_bytes(data[:4], "little")
    kind, shape = json.loads(data[4 : 4 + length])
    dtype = np.dtype([tuple(one) for one in kind]) if isinstance(kind, list) else np.dtype(kind)
    return np.frombuffer(zlib.decompress(data[4 + length :]), dtype=dtype).reshape(shape)
