"""The journal of a running experiment: one SQLite file, one row a finished run, safe against a sudden end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from alliancesim.errors import UserError
from alliancesim.experiments.work import Outcome

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, seconds REAL NOT NULL, row BLOB, tables BLOB, error TEXT NOT NULL, trace TEXT NOT NULL
)
"""


class Journal:
    """Finished runs by number; a run that is there is there once and whole.

    Parameters
    ----------
    path : Path

    Raises
    ------
    UserError
        For a file that is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._base = sqlite3.connect(path, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(_SCHEMA)
            if self._base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("damaged")
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{path}: the journal of the experiment cannot be read ({error}); say overwrite=true to begin anew"
            ) from None

    def add(self, outcomes: Iterable[Outcome]) -> int:
        """Write outcomes in one transaction; one that is there already stays as it is. Returns how many are new."""
        rows = [
            (o.run, o.seconds, o.row, pack_tables(o.tables) if o.row is not None else None, o.error, o.trace)
            for o in outcomes
        ]
        before = self._base.total_changes
        self._base.execute("BEGIN IMMEDIATE")
        try:
            self._base.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._base.execute("COMMIT")
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        return self._base.total_changes - before

    def done(self) -> np.ndarray:
        """Numbers of all runs that are there, failed ones too, rising (int64)."""
        return np.fromiter((run for (run,) in self._base.execute("SELECT run FROM runs ORDER BY run")), np.int64)

    def failures(self) -> int:
        """Number of failed runs."""
        return int(self._base.execute("SELECT count(*) FROM runs WHERE row IS NULL").fetchone()[0])

    def forget_failures(self) -> None:
        """Remove failed runs, so that they are done again."""
        self._base.execute("DELETE FROM runs WHERE row IS NULL")

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Number and row of all runs that did not fail, rising."""
        yield from self._base.execute("SELECT run, row FROM runs WHERE row IS NOT NULL ORDER BY run")

    def outcomes(self) -> Iterator[Outcome]:
        """All runs, rising."""
        for run, seconds, row, tables, error, trace in self._base.execute("SELECT * FROM runs ORDER BY run"):
            yield Outcome(run, seconds, row, unpack_tables(tables) if tables is not None else None, None, error, trace)

    def get(self, run: int) -> Outcome | None:
        """One run, if it is there."""
        found = self._base.execute("SELECT * FROM runs WHERE run = ?", (run,)).fetchone()
        if found is None:
            return None
        _, seconds, row, tables, error, trace = found
        return Outcome(run, seconds, row, unpack_tables(tables) if tables is not None else None, None, error, trace)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


class Store:
    """Finished runs by identity, shared between experiments (``store=<folder>``).

    Parameters
    ----------
    folder : Path
    kept : str
        What is kept of each run; runs of which other things were kept are not found.
    """

    def __init__(self, folder: Path, kept: str) -> None:
        self.kept = kept
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(folder / "runs.sqlite", isolation_level=None, timeout=60)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS runs (identity TEXT, kept TEXT, seconds REAL, row BLOB, tables BLOB, "
                "PRIMARY KEY (identity, kept))"
            )
        except (OSError, sqlite3.Error) as error:
            raise UserError(f"store: {folder} cannot be used ({error})") from None

    def get(self, identity: str, run: int) -> Outcome | None:
        """A finished run under the number that it has here."""
        found = self._base.execute(
            "SELECT seconds, row, tables FROM runs WHERE identity = ? AND kept = ?", (identity, self.kept)
        ).fetchone()
        return None if found is None else Outcome(run, found[0], found[1], unpack_tables(found[2]))

    def add(self, runs: Sequence[tuple[str, Outcome]]) -> None:
        """Put runs that did not fail there."""
        rows = [(name, self.kept, o.seconds, o.row, pack_tables(o.tables)) for name, o in runs if o.row is not None]
        if not rows:
            return
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?)", rows)
        self._base.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._base.close()


def pack_tables(tables: dict[str, bytes] | None) -> bytes:
    """Tables of a run in one piece of bytes."""
    tables = tables or {}
    head = json.dumps({name: len(data) for name, data in tables.items()}).encode("ascii")
    return len(head).to_bytes(4, "little") + head + b"".join(tables.values())


def unpack_tables(data: bytes) -> dict[str, bytes]:
    """What :func:`pack_tables` packed."""
    length = int.from_bytes(data[:4], "little")
    start = 4 + length
    tables = {}
    for name, size in json.loads(data[4:start]).items():
        tables[name] = data[start : start + size]
        start += size
    return tables
