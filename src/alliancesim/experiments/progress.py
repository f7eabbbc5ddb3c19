"""What an experiment says while it runs: a line on the terminal, a log to follow, a status for another terminal."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments.folder import LOG, STATUS, read_manifest, read_status, write_json

_EVERY = 1.0
_LOG_EVERY = 10.0


class Progress:
    """Counts, rate, remaining time and failures, on standard error, in ``log.txt`` and in ``status.json``.

    Parameters
    ----------
    folder : Path
    total, done, failed : int
        Runs wanted, already there, failed before.
    shown : bool
        Whether to show a line (a moving one where standard error is a terminal).
    """

    def __init__(self, folder: Path, total: int, done: int, failed: int, shown: bool = True) -> None:
        self.folder, self.total, self.done, self.failed = folder, total, done, failed
        self.lost = 0
        self._first = done
        self._begin = self._written = self._logged = time.monotonic()
        self._log = (folder / LOG).open("a", encoding="utf-8")
        self._bar: Any = None
        self._task: Any = None
        if shown and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(), TextColumn("{task.fields[failed]}"), console=Console(stderr=True),
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("runs", total=total, completed=done, rate="", failed="")
        self.log(f"begins: {total} runs, {done} there already" + (f", {failed} of them failed" if failed else ""))
        self._status("running")

    @property
    def rate(self) -> float:
        """Runs a second since the beginning of this process."""
        return (self.done - self._first) / max(1e-9, time.monotonic() - self._begin)

    def aim(self, total: int) -> None:
        """Change how many runs are wanted."""
        self.total = total
        if self._bar is not None:
            self._bar.update(self._task, total=total)

    def add(self, done: int, failed: int) -> None:
        """Some runs are finished."""
        self.done += done
        self.failed += failed
        now = time.monotonic()
        if self._bar is not None:
            words = f"{self.failed} failed" if self.failed else ""
            self._bar.update(self._task, completed=self.done, rate=f"{self.rate:.3g}/s", failed=words)
        if now - self._written >= _EVERY:
            self._written = now
            self._status("running")
        if now - self._logged >= _LOG_EVERY:
            self._logged = now
            self.log(self.words())

    def words(self) -> str:
        """Counts in a line."""
        left = (self.total - self.done) / self.rate if self.rate > 0 else float("inf")
        remaining = f", {duration(left)} left" if self.done < self.total and left < 1e9 else ""
        failed = f", {self.failed} failed" if self.failed else ""
        lost = f", {self.lost} done again after a worker died" if self.lost else ""
        return f"{self.done} of {self.total} runs, {self.rate:.3g} a second{remaining}{failed}{lost}"

    def log(self, text: str) -> None:
        """A line of the log."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        self._log.write(f"{stamp} {text}\n")
        self._log.flush()

    def died(self, runs: int) -> None:
        """A worker died with some runs, which are done again."""
        self.lost += runs
        self.log(f"a worker died; the {runs} runs that it held are done again")

    def _status(self, state: str) -> None:
        write_json(
            self.folder / STATUS,
            {
                "state": state,
                "runs": self.total,
                "done": self.done,
                "failed": self.failed,
                "rate": round(self.rate, 4),
                "pid": os.getpid(),
                "host": platform.node(),
                "time": time.time(),
            },
        )

    def end(self, state: str) -> None:
        """Say how it ended."""
        if self._bar is not None:
            self._bar.stop()
        self._status(state)
        self.log(f"{state}: {self.words()}")
        self._log.close()


def duration(seconds: float) -> str:
    """A time in words: ``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def status(path: str | os.PathLike[str]) -> str:
    """What an experiment's folder says of itself, in a line or two.

    Raises
    ------
    UserError
        For a folder that is not an experiment's.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder, expected that of an experiment")
    manifest, said = read_manifest(folder), read_status(folder)
    if manifest is None:
        raise UserError(f"{folder}: not the folder of an experiment (no manifest.json of one)")
    if manifest.get("complete"):
        failed = manifest.get("rows", {}).get("failures.parquet", 0)
        words = f", {failed} failed" if failed else ""
        return f"{manifest['name']}: complete, {manifest['runs_done']} runs{words}"
    if said is None:
        return f"{manifest['name']}: begun, no run finished"
    counts = f"{said['done']} of {said['runs']} runs ({100 * said['done'] / max(1, said['runs']):.0f} %)"
    failed = f", {said['failed']} failed" if said["failed"] else ""
    if said["state"] == "running" and _alive(folder):
        left = (said["runs"] - said["done"]) / said["rate"] if said["rate"] else float("inf")
        remaining = f", {duration(left)} left" if left < 1e9 else ""
        return f"{manifest['name']}: running, {counts}, {said['rate']:.3g} a second{remaining}{failed}"
    return f"{manifest['name']}: stopped at {counts}{failed}; the same command goes on from there"


def _alive(folder: Path) -> bool:
    """Whether a process holds the folder's lock."""
    from filelock import FileLock, Timeout

    from alliancesim.experiments.folder import LOCK

    if not (folder / LOCK).exists():
        return False
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False
