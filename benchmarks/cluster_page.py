"""The section of docs/CLUSTERS.md about large sweeps: its table, its arithmetic and its sentences, from the measured pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cluster import RUNS_EPCI, RUNS_FRANCE, WORKERS, Expected, Ways, duration, expected, in_chunk, size_of, ways
from cluster_pieces import Pieces
from table import number

BEGIN, END = "<!-- cost: begin -->", "<!-- cost: end -->"
SHOWN = 512
"""Workers for which the arithmetic is written out."""


def put_on(page: Path, pieces: Pieces) -> None:
    """Write the section between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{section(pieces)}\n{END}{after}", encoding="utf-8", newline="\n")


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])


def micro(seconds: float) -> str:
    return f"{number(1e6 * seconds)} µs"


def section(pieces: Pieces) -> str:
    """All of it."""
    now, then = ways(pieces)
    parts = [
        "Pieces, on a machine of 2 cores that was not quiet (serial ones in time of the processor):",
        _pieces(pieces, now, then),
        f"**{RUNS_EPCI:,} runs of an EPCI**, each another point of a Sobol' sequence over five parameters.",
        _written_out(pieces, now),
        _answers(pieces, RUNS_EPCI, pieces.run, now, then),
        _room(pieces, RUNS_EPCI, pieces.run, pieces.worker, now, then),
        f"**{RUNS_FRANCE:,} runs of France**, one after the other on each worker, a chunk a run.",
        _answers(pieces, RUNS_FRANCE, pieces.long_run, now, then),
        _room(pieces, RUNS_FRANCE, pieces.long_run, pieces.long_worker, now, then),
        _fell(pieces, now, then),
    ]
    return "\n\n".join(parts)


def _pieces(pieces: Pieces, now: Ways, then: Ways) -> str:
    command, most = pieces.command, max(pieces.plans)
    return table(
        ("piece", "now", "before"),
        [
            (f"run of an EPCI ({pieces.people:,} organisations, 240 months), a worker", f"{number(pieces.run)} s; {size_of(pieces.worker)}", ""),
            (f"run of France ({pieces.long_people:,} organisations, 240 months), expected from towns", f"{number(pieces.long_run)} s; {size_of(pieces.long_worker)}", ""),
            (f"plan a point, design.parquet included (slope up to {most:,})", f"{micro(now.plan)}; {number(now.memory)} bytes", f"{micro(then.plan)}; {number(then.memory)} bytes"),
            ("chunk through Dask, two workers", f"{number(1000 * now.chunk)} ms", f"{number(1000 * then.chunk)} ms"),
            ("tasks of a run made and packed, outcome unpacked", f"{micro(command.tasks)}; {number(command.sent)} bytes out, {number(command.received)} back", "the same"),
            ("journal, a run", f"{micro(command.journal)}; {number(command.journal_bytes)} bytes", "the same"),
            ("tables, a run", f"{micro(command.tables)}; {number(command.table_bytes)} bytes at most", "the same"),
            ("run that waits in a chunk, command and scheduler", f"{number(pieces.waiting)} bytes", "the same"),
        ],
    )  # fmt: skip


def _written_out(pieces: Pieces, now: Ways) -> str:
    runs, run = RUNS_EPCI, pieces.run
    found = expected(now, runs, run, pieces.command.tables, SHOWN)
    size = in_chunk(now, runs, run, SHOWN)
    chunks = -(-runs // size)
    rounds = -(-chunks // SHOWN)
    serial = chunks * now.chunk + runs * now.handing
    return (
        f"With {SHOWN} workers a chunk takes {number(now.chunk_seconds(SHOWN))} s, {size} runs of {number(run)} s; {chunks:,} chunks "
        f"are {rounds:,} rounds of {number(size * run)} s: {duration(rounds * size * run)}. Meanwhile command and scheduler are busy for "
        f"{chunks:,} × {number(1000 * now.chunk)} ms + {runs:,} × {micro(now.handing)} = {duration(serial)}"
        f"{' (less: they keep up)' if serial < rounds * size * run else ' (more: they set the pace)'}. Before: plan, "
        f"{runs:,} × {micro(now.plan)} = {duration(found.plan)}; after: tables, {runs:,} × {micro(pieces.command.tables)} = "
        f"{duration(found.tables)}, each on one core. A simulation chunk by chunk, with workers of unlike speed, agrees "
        f"(`benchmarks/cluster.py`)."
    )


def _answers(pieces: Pieces, runs: int, run: float, now: Ways, then: Ways) -> str:
    lines = []
    for workers in WORKERS:
        new, old = (expected(one, runs, run, pieces.command.tables, workers) for one in (now, then))
        lines.append(
            (
                f"{workers:,}", duration(new.plan), duration(new.runs), duration(new.tables), f"**{duration(new.wall)}**",
                number(workers * new.wall / 3600), size_of(new.waiting), limit(new), f"{duration(old.wall)} ({limit(old)})",
            )
        )  # fmt: skip
    head = ("workers", "plan", "runs", "tables", "in all", "core-hours reserved", "in flight", "limit", "before")
    return f"Runs alone: {number(runs * run / 3600)} core-hours.\n\n" + table(head, lines)


def limit(found: Expected) -> str:
    return {"scheduler": "chunks through Dask", "command": "the command's work on a run", "workers": "workers"}[
        found.limit
    ]


def _room(pieces: Pieces, runs: int, run: float, worker: float, now: Ways, then: Ways) -> str:
    command = pieces.command
    return (
        f"Disk: journal {size_of(runs * command.journal_bytes)} until the tables, {size_of(runs * command.table_bytes)}, are whole. "
        f"Network: {size_of(runs * (command.sent + command.received))}. Memory: {size_of(worker)} a worker; of the command, beside its "
        f"0.3 GB, {size_of(runs * now.memory)} for the plan (before: {size_of(runs * then.memory)}) and, with the scheduler, what is in flight."
    )


def _fell(pieces: Pieces, now: Ways, then: Ways) -> str:
    run = pieces.run
    size = in_chunk(then, RUNS_EPCI, run, WORKERS[0])
    full = run / (then.chunk / size + then.handing)
    most = WORKERS[-1]
    next_full = run / (now.chunk / in_chunk(now, RUNS_EPCI, run, most) + now.handing)
    last = expected(now, RUNS_EPCI, run, pieces.command.tables, most)
    alone = last.plan + last.tables
    return (
        f"**What fell first.** Chunks of half a second, one message each way: {number(1 / then.chunk)} a second, so that {number(full)} workers "
        f"had enough and every further one waited; and before any run, {duration(RUNS_EPCI * then.plan)} of planning and "
        f"{size_of(RUNS_EPCI * then.memory)}. Now messages carry many chunks, chunks grow with the workers (50 end in a second, at most), "
        f"and a plan is arrays: a point is an object only while it is looked at, and its identity is hashed from the text of its scenario "
        f"without making it. Identities, tables and resuming are as they were.\n\n"
        f"**What comes next.** With {most:,} workers, {duration(alone)} of {duration(last.wall)} are plan and tables, on one core while workers wait: "
        f"reserve workers after the plan, and let them go before the tables. The command's work on runs is full at {number(next_full)} workers "
        f"with runs of {number(run)} s: beyond, split the design over several commands with one `store=`."
    )
