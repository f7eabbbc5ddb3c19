"""Past one machine: what 10⁷ runs of an EPCI and 1,000 runs of France cost on a cluster, from pieces measured here.

    python benchmarks/cluster.py [--quick] [--most 300000] [--page docs/CLUSTERS.md]

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
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster_pieces import EPCI, Handled, Pieces, a_run, measured, planned
from table import Row, markdown, number, peak_bytes

from alliancesim.experiments.drive import AIM_SECONDS, MOST_IN_CHUNK, WINDOW, chunk_seconds, most_in_chunk, window_of

WORKERS = (64, 512, 4096)
RUNS_EPCI, RUNS_FRANCE = 10_000_000, 1_000


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
    waiting : float
        Bytes of a run in a chunk that waits, of the command and the scheduler together.
    chunk_seconds, window : callable
        Length of a chunk, and chunks in flight, by workers.
    most_in_chunk : callable
        Runs of a chunk at most, by runs and workers.
    """

    plan: float
    memory: float
    handing: float
    chunk: float
    waiting: float
    chunk_seconds: Callable[[int], float]
    window: Callable[[int], int]
    most_in_chunk: Callable[[int, int], int]


@dataclass(frozen=True)
class Expected:
    """What a sweep takes, in seconds; ``rates`` are the runs a second that each piece allows, ``waiting`` the bytes in flight."""

    plan: float
    runs: float
    tables: float
    rates: dict[str, float]
    waiting: float

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
    return Expected(
        runs * ways.plan,
        max(rounds * size * run, serial),
        runs * tables,
        rates,
        min(runs, ways.window(workers) * size) * ways.waiting,
    )


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


def duration(seconds: float) -> str:
    """A time in hours, in minutes below two hours, in seconds below two minutes."""
    if seconds < 120:
        return f"{number(seconds)} s"
    return f"{number(seconds / 60)} min" if seconds < 7200 else f"{number(seconds / 3600)} h"


def size_of(count: float) -> str:
    """Bytes in the unit that they fill."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{number(count)} {unit}"
        count /= 1000
    return f"{number(count)} TB"


def ways(pieces: Pieces) -> tuple[Ways, Ways]:
    """What the command costs now, and what it did before."""
    handing = pieces.command.tasks + pieces.command.journal
    now = Ways(*pieces.plan, handing, pieces.chunk, pieces.waiting, chunk_seconds, window_of, most_in_chunk)
    then = Ways(
        *pieces.plain, handing, pieces.plain_chunk, pieces.waiting,
        lambda _workers: AIM_SECONDS, lambda workers: WINDOW * workers, lambda _runs, _workers: MOST_IN_CHUNK,
    )  # fmt: skip
    return now, then


def rows(quick: bool, most: int = 300_000) -> list[Row]:
    """Rows of the table."""
    return rows_of(measured(quick, most), quick)


def rows_of(pieces: Pieces, quick: bool) -> list[Row]:
    """The table of some pieces."""
    now, then = ways(pieces)
    run, command, micro = pieces.run, pieces.command, 1e6
    found = [
        Row(f"a run of {pieces.people:,} organisations on a worker", f"{number(run)} s, {size_of(pieces.worker)}",
            note="memory: peak of the process"),
        Row(f"a run of {pieces.long_people:,} organisations{'' if quick else ' (France)'} on a worker", f"{number(pieces.long_run)} s",
            note="" if quick else f"expected from towns that ran here; memory of a worker {size_of(pieces.long_worker)}"),
        *(Row(f"plan of {size:,} points", f"{number(one['seconds'])} s, {size_of(one['bytes'])}") for size, one in pieces.plans.items()),
        Row("time to plan a point", f"{number(micro * now.plan)} µs", f"as before ({number(micro * then.plan)} µs)", then.plan / now.plan,
            note="equal identities"),
        Row("memory of a planned point", f"{number(now.memory)} bytes", f"as before ({number(then.memory)} bytes)",
            then.memory / max(1.0, now.memory), note="before: the objects of a point alone"),
        Row("a chunk through Dask, two workers", f"{number(1000 * now.chunk)} ms", f"as before ({number(1000 * then.chunk)} ms)",
            then.chunk / now.chunk, note=f"every run once; a run that waits in a chunk has {number(pieces.waiting)} bytes"),
        Row("tasks made, packed and unpacked", f"{number(micro * command.tasks)} µs a run",
            note=f"{number(command.sent)} bytes out, {number(command.received)} bytes back"),
        Row("journal", f"{number(micro * command.journal)} µs a run", note=f"{number(command.journal_bytes)} bytes a run, in chunks of 20"),
        Row("tables", f"{number(micro * command.tables)} µs a run",
            note=f"{number(command.table_bytes)} bytes a run at most (every number another)"),
        *question("an EPCI", RUNS_EPCI, run, command, now, then),
        *question("France", RUNS_FRANCE, pieces.long_run, command, now, then),
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
                f"{number(workers * new.wall / 3600)} reserved; {size_of(new.waiting)} in flight",
            )
        )
    found.append(
        Row(
            f"{runs:,} runs of {name}: the command and the disk",
            f"{size_of(runs * now.memory)} for the plan",
            f"as before ({size_of(runs * then.memory)})",
            then.memory / max(1.0, now.memory),
            note=f"journal {size_of(runs * command.journal_bytes)}, tables {size_of(runs * command.table_bytes)}, "
            f"network {size_of(runs * (command.sent + command.received))}",
        )
    )
    return found


def main() -> int:
    """The command, and what its fresh processes do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--most", type=int, default=300_000, help="plan at most so many points")
    parser.add_argument("--page", type=Path, help="write the section of docs/CLUSTERS.md that these numbers make")
    parser.add_argument("--plan", type=int, help="only plan so many points, in this process")
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plan is not None:
        print(json.dumps(planned(args.plan)))
        return 0
    if args.run is not None:
        seconds, _, _ = a_run(EPCI, args.run)
        print(json.dumps({"seconds": seconds, "bytes": peak_bytes()}))
        return 0
    pieces = measured(args.quick, args.most)
    print(markdown(rows_of(pieces, args.quick)))
    if args.page is not None:
        from cluster_page import put_on

        put_on(args.page, pieces)
    return 0


if __name__ == "__main__":
    sys.exit(main())
