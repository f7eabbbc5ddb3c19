"""Who does the runs: this process, processes of this machine, or Dask distributed. All take chunks and give outcomes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from alliancesim.errors import UserError
from alliancesim.experiments.work import Outcome, Task, work

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""A run uses one thread whatever the number of workers: threads and processes must not multiply."""

MOST_AT_ONCE = 256
"""Chunks whose outcomes are fetched from Dask's workers in one go, at most."""

Lost = None
"""What becomes of a chunk whose worker died."""


class Engine(Protocol):
    """Takes chunks of runs; gives their outcomes, or says that their worker died."""

    width: int

    def submit(self, chunk: Sequence[Task]) -> Any:
        """Begin a chunk; returns its handle."""

    def wait(self, timeout: float) -> list[tuple[Any, list[Outcome] | None]]:
        """Handles that are finished, with outcomes, or None where the worker died."""

    def close(self, *, abandon: bool = False) -> None:
        """Stop; with ``abandon`` what is under way is given up."""


class Here:
    """Runs in this process, one chunk at a time."""

    width = 1

    def __init__(self, context: bytes) -> None:
        self._context = context
        self._waiting: list[tuple[int, Sequence[Task]]] = []
        self._number = 0

    def submit(self, chunk: Sequence[Task]) -> int:
        """Put a chunk in the queue."""
        self._number += 1
        self._waiting.append((self._number, chunk))
        return self._number

    def wait(self, timeout: float) -> list[tuple[Any, list[Outcome] | None]]:
        """Do the next chunk."""
        number, chunk = self._waiting.pop(0)
        return [(number, work(self._context, chunk))]

    def close(self, *, abandon: bool = False) -> None:
        """Nothing runs between two calls."""
        self._waiting.clear()


class Processes:
    """Processes of this machine (spawned: a fork after threads is not safe)."""

    def __init__(self, context: bytes, workers: int) -> None:
        self.width = workers
        self._context = context
        self._pool: ProcessPoolExecutor | None = None
        self._running: set[Future[list[Outcome]]] = set()

    def submit(self, chunk: Sequence[Task]) -> Any:
        """Give a chunk to the next free process."""
        from concurrent.futures.process import BrokenProcessPool

        for _ in range(3):
            try:
                with _without_main(), _environment():
                    if self._pool is None:
                        self._pool = _new_pool(self.width)
                    future = self._pool.submit(work, self._context, chunk)
            except (BrokenProcessPool, RuntimeError):  # broken since, and not yet noticed
                self._drop()
                continue
            self._running.add(future)
            return future
        raise RuntimeError("no process can be started")

    def _drop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def wait(self, timeout: float) -> list[tuple[Any, list[Outcome] | None]]:
        """Chunks that are finished; when a process died, all that were under way are lost at once."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        found: list[tuple[Any, list[Outcome] | None]] = []
        broken = False
        for future in done:
            self._running.discard(future)
            try:
                found.append((future, future.result()))
            except BrokenProcessPool:
                broken = True
                found.append((future, Lost))
        if broken:
            wait(self._running, timeout=30)
            for future in self._running:
                kept = future.done() and not future.cancelled() and future.exception() is None
                found.append((future, future.result() if kept else Lost))
            self._running.clear()
            self._drop()
        return found

    def close(self, *, abandon: bool = False) -> None:
        """Stop the processes."""
        if self._pool is None:
            return
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=not abandon, cancel_futures=True)
        if abandon:
            for process in processes:
                process.terminate()
            for process in processes:
                process.join(timeout=5)
        self._pool = None


def _new_pool(workers: int) -> ProcessPoolExecutor:
    """Processes, all of them started: one that starts as another dies can end the thread that would tell of the death.

    A pool starts a process when work comes and none is idle; nothing is idle while they start.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    for _ in range(workers):
        pool.submit(_nothing)
    return pool


def _nothing() -> None:
    """Work that only starts a process."""


def _begin() -> None:
    """In a new process: leave Ctrl-C to the parent, and do not outlive it."""
    import multiprocessing
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _environment() -> Iterator[None]:
    """One thread for what is spawned inside."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the user's script from spawned processes: they need the package only.

    A spawned process imports the main module again, so that a plain script without ``if __name__ == "__main__"`` would
    start its sweep again in every worker.
    """
    main = sys.modules.get("__main__")
    hidden = {name: getattr(main, name) for name in ("__file__", "__spec__") if getattr(main, name, None) is not None}
    for name in hidden:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)


class Dask:
    """Workers of Dask distributed: a local cluster, or a running scheduler's by its address."""

    def __init__(self, context: bytes, workers: int | None, address: str | None) -> None:
        try:
            import distributed
        except ImportError:
            raise UserError("engine: dask needs the extra alliancesim[cluster]") from None
        self._distributed = distributed
        self._context = context
        self._cluster: Any = None
        self._number = 0
        self._fresh: list[tuple[int, list[Task]]] = []
        self._running: dict[Any, int] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        if address is not None:
            try:
                self._client = distributed.Client(address, timeout="10s", set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                words = (str(error).splitlines() or [type(error).__name__])[0]
                raise UserError(f"address: no scheduler answers at {address} ({words})") from None
            self.width = max(1, sum(self._client.nthreads().values()))
        else:
            count = workers or 1
            with _without_main(), _environment():
                self._cluster = distributed.LocalCluster(
                    n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
                )
            self._client = distributed.Client(self._cluster, set_as_default=False)
            self.width = count

    def submit(self, chunk: Sequence[Task]) -> int:
        """Put a chunk with those that the next wait hands over together: a message costs the scheduler far more than a chunk."""
        self._number += 1
        self._fresh.append((self._number, list(chunk)))
        return self._number

    def _hand_over(self) -> None:
        if not self._fresh:
            return
        numbers, chunks = zip(*self._fresh, strict=True)
        self._fresh.clear()
        # every chunk is its own, however equal two are; what they share goes once
        futures = self._client.map(partial(work, self._context), chunks, pure=False, batch_size=None)
        for number, future in zip(numbers, futures, strict=True):
            self._running[future] = number
            future.add_done_callback(self._ended.put)

    def wait(self, timeout: float) -> list[tuple[Any, list[Outcome] | None]]:
        """Chunks that are finished; one whose workers died again and again is lost.

        Raises
        ------
        UserError
            When the scheduler went away.
        """
        d = self._distributed
        no_answer = (d.CancelledError, OSError)  # of a closed connection, and of one that is not made in time
        gone = UserError("engine: the Dask scheduler went away; the same command goes on from here")
        try:
            self._hand_over()
            done = [self._ended.get(timeout=timeout)]
            while len(done) < MOST_AT_ONCE and not self._ended.empty():
                done.append(self._ended.get())
        except Empty:
            if self._client.status not in ("running", "connecting"):
                raise gone from None
            return []
        except no_answer:
            raise gone from None
        whole = {future.key: future for future in done if future.status == "finished"}
        try:
            # one message for all; None for what a worker took along when it died since
            outcomes = self._client.gather(whole, errors="skip")
        except no_answer:
            raise gone from None
        found: list[tuple[Any, list[Outcome] | None]] = []
        for future in done:
            number = self._running.pop(future)
            if outcomes.get(future.key) is not None:
                found.append((number, outcomes[future.key]))
            elif future.status == "error" and not isinstance(future.exception(), d.scheduler.KilledWorker):
                raise future.exception()
            elif future.status == "cancelled" and self._client.status != "running":
                raise gone
            else:
                found.append((number, Lost))
        return found

    def close(self, *, abandon: bool = False) -> None:
        """Leave the scheduler; stop a local cluster."""
        if abandon:
            for future in self._running:
                future.cancel()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def check_address(address: str) -> None:
    """Whether a Dask scheduler answers, before anything is written.

    Raises
    ------
    UserError
    """
    Dask(b"", None, address).close()


def engine_for(settings: Any, context: bytes) -> Engine:
    """The engine that the settings name.

    Raises
    ------
    UserError
        Dask is not installed, or no scheduler answers.
    """
    if settings.engine == "dask":
        return Dask(context, None if settings.address else settings.processes, settings.address)
    return Here(context) if settings.processes == 1 else Processes(context, settings.processes)
