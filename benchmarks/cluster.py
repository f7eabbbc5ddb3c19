"""Past one machine: what 10⁷ runs of an EPCI and 1,000 runs of France cost on a cluster, from pieces measured here.

    python benchmarks/cluster.py [--quick] [--most 1000000]

Every piece is the code that a sweep runs: a run of an EPCI; planning, in fresh processes; making tasks and packing them; the journal;
the tables; chunks through Dask's scheduler with two worker processes. What was there before (a scenario made for every point,
a message for every chunk, chunks of half a second whatever the cluster) is measured beside it, in the same run. From the pieces, plain
arithmetic (``expected``) says what each number of workers takes; a simulation event by event checks it. Seconds of serial pieces
are the processor's, so that other work on the machine counts little; those of Dask are the clock's, for its
processes wait for one another.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from table import ROOT, Row, child, markdown, number, peak_bytes

sys.path[:0] = [str(ROOT / "src")] if str(ROOT / "src") not in sys.path else []

import alliancesim as al  # noqa: E402
from alliancesim.engine import MODEL_VERSION  # noqa: E402
from alliancesim.experiments import engines  # noqa: E402
from alliancesim.experiments.drive import AIM_SECONDS, MOST_IN_CHUNK, chunk_seconds, most_in_chunk  # noqa: E402
from alliancesim.experiments.finish import finish, kept_of  # noqa: E402
from alliancesim.experiments.journal import Journal  # noqa: E402
from alliancesim.experiments.plan import Plan, make_plan  # noqa: E402
from alliancesim.experiments.work import Context, Outcome, Task, run_task  # noqa: E402

EPCI = ("territory=real", 'territory.place="CC Grand-Figeac"', "animation=labo")
FRANCE = ("territory=real", "territory.place=france", "animation=labo")
FACTORS = ("psi", "tol0", "eta_c", "r_fin", "r_hum")
WORKERS = (64, 512, 4096)
RUNS_EPCI, RUNS_FRANCE = 10_000_000, 1_000


def asked(points: int, base: Sequence[str] = ("territory.population=700",)) -> al.Experiment:
    """A Sobol' sequence over five rules, one replicate: the sweep whose every run is another point."""
    factors = {f"rules.{name}": {"low": 0.1, "high": 0.9} for name in FACTORS}
    design = {"kind": "sobol", "samples": points}
    return al.Experiment(name="cluster", base=list(base), factors=factors, design=design, replicates=1)


@dataclass(frozen=True)
class Ways:
    """What the command itself costs, now or before.

    Attributes
    ----------
    plan : float
        Seconds a point, before anything runs.
    memory : float
        Bytes a point.
    handing : float
        Seconds a run to make, pack and unpack tasks and outcomes and to write the journal.
    chunk : float
        Seconds a chunk through the scheduler.
    chunk_seconds : callable
        Length of a chunk, by workers.
    most_in_chunk : callable
        Runs of a chunk at most, by runs and workers.
    """

    plan: float
    memory: float
    handing: float
    chunk: float
    chunk_seconds: Callable[[int], float]
    most_in_chunk: Callable[[int, int], int]


@dataclass(frozen=True)
class Expected:
    """What a sweep takes, in seconds; ``rates`` are the runs a second that each piece allows."""

    plan: float
    runs: float
    tables: float
    rates: dict[str, float]

    @property
    def wall(self) -> float:
        return self.plan + self.runs + self.tables

    @property
    def limit(self) -> str:
        """The piece that allows the fewest runs a second."""
        return min(self.rates, key=lambda name: self.rates[name])


def expected(ways: Ways, runs: int, run: float, tables: float, workers: int) -> Expected:
    """Arithmetic of a sweep.

    Parameters
    ----------
    ways : Ways
    runs : int
    run, tables : float
        Seconds of a run on a worker, and of its rows in the tables.
    workers : int
    """
    size = in_chunk(ways, runs, run, workers)
    chunks = -(-runs // size)
    serial = chunks * ways.chunk + runs * ways.handing
    rounds = -(-chunks // workers)
    rates = {
        "workers": min(workers, runs) / run,
        "scheduler": size / ways.chunk,
        "command": 1 / ways.handing,
    }
    return Expected(runs * ways.plan, max(rounds * size * run, serial), runs * tables, rates)


def in_chunk(ways: Ways, runs: int, run: float, workers: int) -> int:
    """Runs of a chunk, as the driver makes them."""
    return max(1, min(ways.most_in_chunk(runs, workers), int(ways.chunk_seconds(workers) / run)))


def simulated(ways: Ways, runs: int, run: float, workers: int, spread: float = 0.2) -> float:
    """Seconds of the runs event by event: one process hands out and takes back, workers differ in speed.

    A chunk costs the serial process its time when it is handed out; a worker takes the next chunk when it is free. Chunks
    last from 1 − ``spread`` to 1 + ``spread`` of their mean, keyed, so that they do not end in step.
    """
    size = in_chunk(ways, runs, run, workers)
    free = [0.0] * min(workers, -(-runs // size))
    serial, end = 0.0, 0.0
    for chunk in range(-(-runs // size)):
        some = min(size, runs - chunk * size)
        serial = max(serial, 0.0) + ways.chunk + some * ways.handing
        begin = max(heapq.heappop(free), serial)
        share = int.from_bytes(hashlib.blake2b(chunk.to_bytes(8, "little"), digest_size=4).digest(), "little") / 2**32
        done = begin + some * run * (1 + spread * (2 * share - 1))
        heapq.heappush(free, done)
        end = max(end, done)
    return end


# -- pieces -----------------------------------------------------------------------------------------------------------


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
    import numpy as np

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
    make_plan(asked(2))
    bare = peak_bytes()

    def begin() -> int:
        plan = make_plan(asked(points))
        assert len(plan.identity) == 64
        return len(plan.twins)

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


def through_dask(outcome: Outcome, chunks: int, size: int) -> tuple[float, float]:
    """Seconds a chunk through a real scheduler and two real worker processes that give an outcome without running anything.

    As the driver does it, and as it was; in turns, the least of two.
    """
    import cloudpickle
    import distributed

    def answered(_context: bytes, tasks: Sequence[Task]) -> list[Outcome]:
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
                return min(seconds[True]), min(seconds[False])
            finally:
                engine.close()
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
    sent = received = 0
    took = {"tasks": 0.0, "journal": 0.0}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        journal = Journal(folder / "journal.sqlite")
        for first in range(0, runs, size):
            some = range(first, min(runs, first + size))
            seconds, packed = busy(lambda some=some: pickle.dumps(list(tasks_of(plan, some))))
            back = pickle.dumps([Outcome(run, outcome.seconds, outcome.row, outcome.tables) for run in some])
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


def fresh(points: int) -> dict[str, float]:
    """Planning in a process of its own."""
    done = child(Path(__file__), "--plan", str(points))
    return json.loads(done.stdout.splitlines()[-1])


# -- the table --------------------------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """A time in hours, or in minutes below two."""
    return f"{number(seconds / 60)} min" if seconds < 7200 else f"{number(seconds / 3600)} h"


def size_of(count: float) -> str:
    """Bytes in the unit that they fill."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{number(count)} {unit}"
        count /= 1000
    return f"{number(count)} TB"


def rows(quick: bool, most: int = 1_000_000) -> list[Row]:
    """Rows of the table."""
    base = ("territory.population=700", "months=12", "burn_in=12") if quick else EPCI
    run, outcome, people = a_run(base, 1 if quick else 7)
    sizes = [size for size in ((2_000,) if quick else (10_000, 100_000, 1_000_000)) if size <= max(most, 10_000)]
    plans = {size: planned(size) if quick else fresh(size) for size in sizes}
    plain_points = 100 if quick else 2_000
    plain = planned_plainly(plain_points)
    command = handled(outcome, base, 300 if quick else 20_000, 20)
    chunks = 20 if quick else 400
    now_chunk, then_chunk = through_dask(outcome, chunks, 2)
    long_run, long_bytes, long_people = the_country(quick)

    last = plans[sizes[-1]]
    handing = command.tasks + command.journal
    now = Ways(last["seconds"] / sizes[-1], last["bytes"] / sizes[-1], handing, now_chunk, chunk_seconds, most_in_chunk)
    then = Ways(
        plain["seconds"] / plain_points,
        plain["bytes"] / plain_points,
        handing,
        then_chunk,
        lambda _workers: AIM_SECONDS,
        lambda _runs, _workers: MOST_IN_CHUNK,
    )
    micro = 1e6
    found = [
        Row(f"a run of {people:,} organisations on a worker", f"{number(run)} s"),
        Row(f"a run of {long_people:,} organisations{'' if quick else ' (France)'} on a worker", f"{number(long_run)} s",
            note="" if quick else f"expected from towns that ran here; memory of a worker {size_of(long_bytes)}"),
        *(Row(f"plan of {size:,} points", f"{number(plans[size]['seconds'])} s, {size_of(plans[size]['bytes'])}",
              note=f"{number(micro * plans[size]['seconds'] / size)} µs and {number(plans[size]['bytes'] / size)} bytes a point")
          for size in sizes),
        Row("time to plan a point", f"{number(micro * now.plan)} µs", f"as before ({number(micro * then.plan)} µs)", then.plan / now.plan,
            note="equal identities"),
        Row("memory of a planned point", f"{number(now.memory)} bytes", f"as before ({number(then.memory)} bytes)", then.memory / now.memory,
            note="before: the objects of a point alone"),
        Row("a chunk through Dask, two workers", f"{number(1000 * now.chunk)} ms", f"as before ({number(1000 * then.chunk)} ms)",
            then.chunk / now.chunk, note="every run once"),
        Row("tasks made, packed and unpacked", f"{number(micro * command.tasks)} µs a run",
            note=f"{number(command.sent)} bytes out, {number(command.received)} bytes back"),
        Row("journal", f"{number(micro * command.journal)} µs a run", note=f"{number(command.journal_bytes)} bytes a run, in chunks of 20"),
        Row("tables", f"{number(micro * command.tables)} µs a run", note=f"{number(command.table_bytes)} bytes a run (repeated runs: compressed better than other ones)"),
        *question("an EPCI", RUNS_EPCI, run, command, now, then),
        *question("France", RUNS_FRANCE, long_run, command, now, then),
    ]  # fmt: skip
    workers, some = (64, 2_000) if quick else (512, 200_000)
    arithmetic, events = expected(now, some, run, 0.0, workers).runs, simulated(now, some, run, workers)
    found.append(
        Row(f"simulation against arithmetic, {some:,} runs, {workers} workers", duration(events), duration(arithmetic), events / arithmetic)
    )  # fmt: skip
    return found


def question(name: str, runs: int, run: float, command: Handled, now: Ways, then: Ways) -> list[Row]:
    """What a sweep costs for each number of workers."""
    found = []
    for workers in WORKERS:
        new, old = (expected(ways, runs, run, command.tables, workers) for ways in (now, then))
        words = ", ".join(f"{piece} {number(rate)}" for piece, rate in new.rates.items())
        found.append(
            Row(
                f"{runs:,} runs of {name}, {workers:,} workers",
                f"{duration(new.wall)} ({duration(new.plan)} plan, {duration(new.runs)} runs, {duration(new.tables)} tables)",
                f"as before ({duration(old.wall)}, limit {old.limit})",
                old.wall / new.wall,
                note=f"limit: {new.limit}; runs a second: {words}; {number(runs * run / 3600)} core-hours of runs, "
                f"{number(workers * new.wall / 3600)} reserved",
            )
        )
    found.append(
        Row(
            f"{runs:,} runs of {name}: the command and the disk",
            f"{size_of(runs * now.memory)} for the plan",
            f"as before ({size_of(runs * then.memory)})",
            then.memory / now.memory,
            note=f"journal {size_of(runs * command.journal_bytes)}, tables {size_of(runs * command.table_bytes)}, "
            f"network {size_of(runs * (command.sent + command.received))}",
        )
    )
    return found


def main() -> int:
    """The command, and what its fresh processes do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--most", type=int, default=1_000_000, help="plan at most so many points")
    parser.add_argument("--plan", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plan is not None:
        print(json.dumps(planned(args.plan)))
    else:
        print(markdown(rows(args.quick, args.most)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
