"""Runs through an engine: a window in flight, chunks of half a second or more, what a dead worker held done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from alliancesim.experiments.engines import Engine
from alliancesim.experiments.work import Outcome, Task

AIM_SECONDS = 0.5
"""Time that a chunk should take: long beside handing it over, short beside losing it."""
CHUNKS_A_SECOND = 50
"""Chunks that all workers together should finish in a second, at most: one process hands them out and takes them back, so
that with many workers each chunk is longer (benchmarks/cluster.py measures how many it can)."""
MOST_IN_CHUNK = 2000
WINDOW = 4
"""Chunks in flight for each worker."""
WINDOW_OF_LONG = 2
"""The same where chunks are longer than ``AIM_SECONDS``, for then nothing has to be hidden behind the others."""
ALONE_FROM = 2
"""A run whose worker died so often is done with nothing beside it that it could take along."""
MOST_DEATHS = 5
"""A run whose worker died so often, the last times with nothing else under way, has failed."""


@dataclass
class _Chunk:
    tasks: list[Task]
    deaths: int = 0


@dataclass
class _Pace:
    """Runs in a chunk, from how long runs took lately.

    Attributes
    ----------
    aim : float
        Seconds that a chunk should take.
    most : int
        Runs of a chunk at most.
    size : int
    seconds : float
        Of a run, lately.
    """

    aim: float = AIM_SECONDS
    most: int = MOST_IN_CHUNK
    size: int = 1
    seconds: float = field(default=0.0)

    def learn(self, outcomes: list[Outcome]) -> None:
        """Take a chunk's times into account."""
        mean = sum(one.seconds for one in outcomes) / max(1, len(outcomes))
        self.seconds = mean if self.seconds == 0 else 0.8 * self.seconds + 0.2 * mean
        best = self.aim / max(self.seconds, 1e-6)
        self.size = max(1, min(self.most, int(best), 2 * self.size))


def chunk_seconds(width: int) -> float:
    """Time that a chunk should take among some workers."""
    return max(AIM_SECONDS, width / CHUNKS_A_SECOND)


def window_of(width: int) -> int:
    """Chunks in flight among some workers."""
    return width * (WINDOW if chunk_seconds(width) <= AIM_SECONDS else WINDOW_OF_LONG)


def most_in_chunk(total: int, width: int) -> int:
    """Runs of a chunk at most, where there are so many runs and workers."""
    return max(1, min(MOST_IN_CHUNK, total // width))


def drive(
    engine: Engine,
    tasks: Iterable[Task],
    accept: Callable[[list[Outcome]], None],
    lost: Callable[[int], None] = lambda _runs: None,
    total: int | None = None,
) -> None:
    """Do all tasks.

    Parameters
    ----------
    engine : Engine
    tasks : iterable of Task
    accept : callable
        Takes outcomes as they come, in any order, each run once.
    lost : callable
        Told how many runs a dead worker held.
    total : int, optional
        Number of tasks: no chunk is so long that a worker would have none.
    """
    source: Iterator[Task] = iter(tasks)
    again: deque[_Chunk] = deque()
    running: dict[object, _Chunk] = {}
    pace = _Pace(chunk_seconds(engine.width), MOST_IN_CHUNK if total is None else most_in_chunk(total, engine.width))
    window = window_of(engine.width)

    def following() -> _Chunk | None:
        if again:
            if again[0].deaths >= ALONE_FROM and running:
                return None
            return again.popleft()
        chunk = list(islice(source, pace.size))
        return _Chunk(chunk) if chunk else None

    while True:
        while len(running) < window and not any(one.deaths >= ALONE_FROM for one in running.values()):
            chunk = following()
            if chunk is None:
                break
            running[engine.submit(chunk.tasks)] = chunk
        if not running:
            return
        for handle, outcomes in engine.wait(1.0):
            chunk = running.pop(handle)
            if outcomes is not None:
                pace.learn(outcomes)
                accept(outcomes)
                continue
            lost(len(chunk.tasks))
            if len(chunk.tasks) == 1 and chunk.deaths + 1 >= MOST_DEATHS:
                run = chunk.tasks[0].run
                accept([Outcome(run, 0.0, error="the worker died (killed, or out of memory)", trace="")])
            else:
                again.extend(_Chunk([task], chunk.deaths + 1) for task in chunk.tasks)
