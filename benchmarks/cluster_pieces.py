"""Pieces of a sweep on a cluster, each measured by the code that a sweep runs (benchmarks/cluster.py puts them together)."""

from __future__ import annotations

import hashlib
import json
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from table import ROOT, child, peak_bytes

sys.path[:0] = [str(ROOT / "src")] if str(ROOT / "src") not in sys.path else []

import alliancesim as al  # noqa: E402
from alliancesim.engine import MODEL_VERSION  # noqa: E402
from alliancesim.experiments import engines  # noqa: E402
from alliancesim.experiments.finish import finish, kept_of  # noqa: E402
from alliancesim.experiments.journal import Journal  # noqa: E402
from alliancesim.experiments.plan import Plan, make_plan  # noqa: E402
from alliancesim.experiments.tables import write_design  # noqa: E402
from alliancesim.experiments.work import Context, Outcome, Task, run_task  # noqa: E402

EPCI = ("territory=real", 'territory.place="CC Grand-Figeac"', "animation=labo")
SMALL = ("territory.population=700", "months=12", "burn_in=12")
FRANCE = ("territory=real", "territory.place=france", "animation=labo")
FACTORS = ("psi", "tol0", "eta_c", "r_fin", "r_hum")
WAITING, LONG = 4.0, 200
"""Seconds that workers keep chunks waiting whose memory is measured, and runs of such a chunk."""


def asked(points: int, base: Sequence[str] = ("territory.population=700",)) -> al.Experiment:
    """A Sobol' sequence over five rules, one replicate: the sweep whose every run is another point."""
    factors = {f"rules.{name}": {"low": 0.1, "high": 0.9} for name in FACTORS}
    design = {"kind": "sobol", "samples": points}
    return al.Experiment(name="cluster", base=list(base), factors=factors, design=design, replicates=1)


def busy(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came out."""
    start = time.process_time()
    found = function()
    return time.process_time() - start, found


def a_run(base: Sequence[str], repeats: int) -> tuple[float, Outcome, int]:
    """Median seconds of a run by a worker's own code, what it leaves, and organisations."""
    plan = make_plan(al.Experiment(base=list(base), replicates=repeats + 1))
    context = context_of(plan)
    seconds, outcome = [], Outcome(0, 0.0)
    for run in range(plan.runs):  # the first loads kernels and builds the territory
        took, outcome = busy(lambda run=run: run_task(context, next(tasks_of(plan, [run]))))
        seconds.append(took)
    people = plan_people(plan, outcome)
    return sorted(seconds[1:])[repeats // 2], outcome, people


def the_country(quick: bool) -> tuple[float, float, int]:
    """Seconds, bytes and organisations of a run of France on one thread, expected from towns that run; quick: a small place's run."""
    if quick:
        seconds, _, people = a_run(("territory.population=5000", "months=12", "burn_in=12"), 1)
        return seconds, 0.0, people
    from alliancesim.estimate import estimate
    from alliancesim.scenario import load_scenario

    one = estimate(load_scenario(*FRANCE, "threads=1"))
    seconds = sum(one.parts[name] for name in ("territory", "tables", "months"))
    return seconds, one.memory, round(one.population.simulated)


def plan_people(plan: Plan, outcome: Outcome) -> int:
    """Organisations of a run."""
    columns = kept_of(plan).observables
    return round(float(np.frombuffer(outcome.row or b"", dtype="<f8")[columns.index("organisations")]))


def context_of(plan: Plan) -> Context:
    return Context(plan.experiment.subject, tuple(plan.bases), plan.experiment.forums.to_dict(), kept_of(plan))


def tasks_of(plan: Plan, runs: Iterable[int]) -> Iterable[Task]:
    for run in runs:
        point, replicate = plan.place(run)
        yield Task(run, point.base, point.changes, point.forums, plan.seed(point, replicate))


def planned(points: int) -> dict[str, float]:
    """What the command does before the first run, in this process: seconds, and its peak of memory."""

    def begin(points: int = points) -> int:
        plan = make_plan(asked(points))
        assert len(plan.identity) == 64
        with tempfile.TemporaryDirectory() as folder:
            write_design(plan, Path(folder) / "design.parquet")
        return len(plan.twins)

    begin(2)  # what is imported and composed once
    bare = peak_bytes()
    seconds, _ = busy(begin)
    return {"seconds": seconds, "bytes": peak_bytes() - bare}


def planned_plainly(points: int) -> dict[str, float]:
    """The same as it was: a scenario made for every point, and every point an object; identities must be those of the plan."""
    plan = make_plan(asked(points))
    base = plan.base(0).replace(seed=0)
    wanted = plan.points.identities(0, points)
    numbers = [(number, *plan.points._design[number]) for number in range(points)]

    def begin() -> list[Any]:
        kept = []
        for place, label, factors in numbers:
            data = {"scenario": base.replace(**factors).hash(), "model_version": MODEL_VERSION, "subject": "territory"}
            text = json.dumps(data, sort_keys=True, separators=(",", ":"))
            kept.append((place, label, dict(factors), dict(factors), {}, hashlib.sha256(text.encode()).hexdigest()))
        return kept

    seconds, kept = busy(begin)
    if [one[-1] for one in kept] != wanted:
        raise AssertionError("identities by the shortcut are not those of scenarios that are made")
    each = sum(map(sys.getsizeof, (kept[0], *kept[0])))
    each += sum(sys.getsizeof(value) for value in kept[0][2].values())
    return {"seconds": seconds, "bytes": float(each * points)}


def through_dask(outcome: Outcome, chunks: int, size: int) -> tuple[float, float, float]:
    """Seconds a chunk through a real scheduler and two real worker processes that give an outcome without running anything.

    As the driver does it, and as it was; in turns, the least of two. The third number is the memory of a chunk that waits, in
    bytes: of the command and of the scheduler, which are one process here.
    """
    import cloudpickle
    import distributed

    def answered(_context: bytes, tasks: Sequence[Task]) -> list[Outcome]:
        time.sleep(WAITING if tasks[0].seed < 0 else 0)
        return [Outcome(task.run, outcome.seconds, outcome.row, outcome.tables) for task in tasks]

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        with mock.patch.object(engines, "work", answered):
            engine = engines.Dask(b"c" * 4000, 2, None)
            try:
                plan = make_plan(asked(chunks * size))
                tasks = list(tasks_of(plan, range(chunks * size)))
                several = [tasks[at : at + size] for at in range(0, len(tasks), size)]
                got: list[int] = []
                one_by_one(engine, several[:8], got, distributed)  # workers import the package
                seconds: dict[bool, list[float]] = {True: [], False: []}
                for together in (True, False) * 2:
                    got.clear()
                    start = time.perf_counter()
                    if together:
                        all_together(engine, several, got)
                    else:
                        one_by_one(engine, several, got, distributed)
                    seconds[together].append((time.perf_counter() - start) / chunks)
                    if sorted(got) != list(range(chunks * size)):
                        raise AssertionError("a run was lost or came twice on its way through Dask")
                before = resident_bytes()
                for at in range(10 * chunks):
                    engine.submit([Task(at * LONG + run, 0, {"rules.psi": 0.1}, {}, -1) for run in range(LONG)])
                engine.wait(WAITING / 2)
                waiting = (resident_bytes() - before) / (10 * chunks)
                return min(seconds[True]), min(seconds[False]), waiting
            finally:
                engine.close(abandon=True)
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def all_together(engine: Any, several: list[list[Task]], got: list[int], window: int = 64) -> None:
    """As the driver does it: some chunks ahead, all that are finished taken at once."""
    waiting, ahead = iter(several), 0
    while True:
        while ahead < window and (chunk := next(waiting, None)) is not None:
            engine.submit(chunk)
            ahead += 1
        if not ahead:
            return
        for _handle, outcomes in engine.wait(5.0):
            got.extend(one.run for one in outcomes)
            ahead -= 1


def one_by_one(engine: Any, several: list[list[Task]], got: list[int], distributed: Any, window: int = 64) -> None:
    """As it was: a message for each chunk, and one for each result."""
    waiting, running = iter(several), set()
    while True:
        while len(running) < window and (chunk := next(waiting, None)) is not None:
            running.add(engine._client.submit(engines.work, engine._context, chunk, pure=False))
        if not running:
            return
        with engine._client.as_current():
            done, _ = distributed.wait(running, return_when="FIRST_COMPLETED")
        for future in done:
            running.discard(future)
            got.extend(one.run for one in future.result())


def resident_bytes() -> int:
    """Memory that this process has now (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@dataclass(frozen=True)
class Handled:
    """The command's work on a run besides Dask's, and what a run leaves."""

    tasks: float
    journal: float
    journal_bytes: float
    tables: float
    table_bytes: float
    sent: float
    received: float


def handled(outcome: Outcome, base: Sequence[str], runs: int, size: int) -> Handled:
    """Tasks made and packed, outcomes unpacked and written, tables made of them."""
    plan = make_plan(asked(runs, base))
    kept = kept_of(plan)
    values = np.frombuffer(outcome.row or b"", dtype="<f8")
    sent = received = 0
    took = {"tasks": 0.0, "journal": 0.0}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        journal = Journal(folder / "journal.sqlite")
        for first in range(0, runs, size):
            some = range(first, min(runs, first + size))
            seconds, packed = busy(lambda some=some: pickle.dumps(list(tasks_of(plan, some))))
            # every number of every run another, so that no table is smaller than those of runs that differ
            each = [(values * (1 + 1e-9 * run)).tobytes() for run in some]
            back = pickle.dumps(
                [Outcome(run, outcome.seconds, row, outcome.tables) for run, row in zip(some, each, strict=True)]
            )
            unpacking, outcomes = busy(lambda back=back: pickle.loads(back))
            writing, new = busy(lambda outcomes=outcomes: journal.add(outcomes))
            assert new == len(some)
            took["tasks"] += seconds + unpacking
            took["journal"] += writing
            sent += len(packed)
            received += len(back)
        journal_bytes = sum(file.stat().st_size for file in folder.iterdir())
        tables, rows = busy(lambda: finish(folder, plan, kept, journal, 1))
        assert rows["runs.parquet"] == runs
        journal.remove()
        table_bytes = sum(file.stat().st_size for file in folder.rglob("*.parquet") if file.is_file())
    return Handled(
        took["tasks"] / runs, took["journal"] / runs, journal_bytes / runs, tables / runs, table_bytes / runs,
        sent / runs, received / runs,
    )  # fmt: skip


def fresh(what: str, how: int) -> dict[str, float]:
    """Planning, or a run, in a process of its own."""
    done = child(Path(__file__).with_name("cluster.py"), what, str(how))
    return json.loads(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Pieces:
    """Everything that is measured.

    Attributes
    ----------
    run, worker, people
        Seconds of a run of an EPCI, peak bytes of a worker, organisations.
    long_run, long_worker, long_people
        The same of France.
    plans : dict of int to dict
        Seconds and bytes to plan so many points.
    plain : tuple of float
        Seconds and bytes of a planned point, as before.
    command : Handled
    chunk, plain_chunk : float
        Seconds of a chunk through Dask, now and as before.
    waiting : float
        Bytes of a run in a chunk that waits.
    """

    run: float
    worker: float
    people: int
    long_run: float
    long_worker: float
    long_people: int
    plans: dict[int, dict[str, float]]
    plain: tuple[float, float]
    command: Handled
    chunk: float
    plain_chunk: float
    waiting: float

    @property
    def plan(self) -> tuple[float, float]:
        """Seconds and bytes of a point; what comes with the first points does not grow with the others."""
        return self._a_point("seconds"), self._a_point("bytes")

    def _a_point(self, what: str) -> float:
        few, many = min(self.plans), max(self.plans)
        mean = self.plans[many][what] / many
        if few == many:
            return mean
        slope = (self.plans[many][what] - self.plans[few][what]) / (many - few)
        return slope if slope > 0 else mean  # few points, a busy machine: the mean says at most too much


def measured(quick: bool, most: int) -> Pieces:
    """Measure all pieces."""
    base = SMALL if quick else EPCI
    run, outcome, people = a_run(base, 1 if quick else 7)
    worker = peak_bytes() if quick else fresh("--run", 1)["bytes"]
    sizes = (1_000, 2_000) if quick else (most // 100, most // 10, most)
    plans = {size: planned(size) if quick else fresh("--plan", size) for size in sizes}
    plain_points = 100 if quick else 2_000
    plain = planned_plainly(plain_points)
    command = handled(outcome, base, 300 if quick else 20_000, 20)
    chunk, plain_chunk, waiting = through_dask(outcome, 20 if quick else 400, 2)
    return Pieces(
        run, worker, people, *the_country(quick), plans, (plain["seconds"] / plain_points, plain["bytes"] / plain_points),
        command, chunk, plain_chunk, waiting / LONG,
    )  # fmt: skip
