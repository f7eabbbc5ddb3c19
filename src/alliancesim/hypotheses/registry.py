"""The register of hypotheses: what each file said when it was written down, a line a registration, never edited."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alliancesim.errors import UserError
from alliancesim.hypotheses.schema import Hypothesis, content_hash, hypotheses_folder, load

REGISTER = "REGISTERED.csv"
COLUMNS = ("name", "sha256", "date", "model_version")


@dataclass(frozen=True)
class Entry:
    """One registration."""

    name: str
    sha256: str
    date: str
    model_version: str


def entries(folder: Path | None = None) -> list[Entry]:
    """All registrations, oldest first.

    Raises
    ------
    UserError
        For a register with other columns, or a line of another length.
    """
    path = (folder or hypotheses_folder()) / REGISTER
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise UserError(f"{REGISTER}: found columns {rows[0] if rows else []}, expected {', '.join(COLUMNS)}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            raise UserError(f"{REGISTER}, line {number}: found {len(row)} values, expected {len(COLUMNS)}")
    return [Entry(*row) for row in rows[1:]]


def registered(name: str, folder: Path | None = None) -> tuple[Hypothesis, Entry]:
    """A hypothesis whose file says what was registered last.

    Raises
    ------
    UserError
        For a file that is missing, was never registered, or says something else now.
    """
    home = folder or hypotheses_folder()
    path = home / f"{name}.yaml"
    if not path.is_file():
        raise UserError(f"{name}: found no file {path.name}, expected one in {home}")
    known = [one for one in entries(home) if one.name == name]
    if not known:
        raise UserError(f"{name}: never registered, expected a line in {REGISTER} (tools/register_hypotheses.py)")
    found = content_hash(path)
    if found != known[-1].sha256:
        raise UserError(
            f"{path.name}: says something else than what was registered on {known[-1].date} (found {found[:12]}, expected "
            f"{known[-1].sha256[:12]}); put it back, or register it again before it is run"
        )
    return load(path), known[-1]


def register(names: Sequence[str], folder: Path | None = None, today: str | None = None) -> list[Entry]:
    """Append a line for each file that is new or says something else than its last registration.

    Parameters
    ----------
    names : sequence of str
    folder : Path, optional
    today : str, optional
        Date, YYYY-MM-DD; by default the day's, of universal time.

    Returns
    -------
    list of Entry
        The lines that were added.

    Raises
    ------
    UserError
        For a file that is not possible; nothing is written then.
    """
    from alliancesim.engine import MODEL_VERSION

    home = folder or hypotheses_folder()
    last = {one.name: one.sha256 for one in entries(home)}
    date = today or dt.datetime.now(dt.UTC).date().isoformat()
    added = []
    for name in names:
        path = home / f"{name}.yaml"
        load(path)
        found = content_hash(path)
        if found != last.get(name):
            added.append(Entry(name, found, date, str(MODEL_VERSION)))
    path = home / REGISTER
    begin = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if begin:
            writer.writerow(COLUMNS)
        writer.writerows([(one.name, one.sha256, one.date, one.model_version) for one in added])
    return added
