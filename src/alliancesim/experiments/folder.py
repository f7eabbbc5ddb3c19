"""The folder of an experiment: who may write into it, what it holds while it runs and when it is done."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError

if TYPE_CHECKING:
    from alliancesim.experiments.plan import Plan

FORMAT = "alliancesim experiment"
MANIFEST, EXPERIMENT, SCENARIOS, DESIGN = "manifest.json", "experiment.yaml", "scenarios.json", "design.parquet"
RUNS, TIMING, FAILURES, SERIES, CELLS, ORGANISATIONS = (
    "runs.parquet", "timing.parquet", "failures.parquet", "timeseries.parquet", "cells.parquet", "organisations.parquet"
)  # fmt: skip
JOURNAL, STATUS, LOG, LOCK, RESULTS = "journal.sqlite", "status.json", "log.txt", ".lock", "results"
REPORTS = ("report_en.html", "report_fr.html", "tables_en.xlsx", "tables_fr.xlsx")
_OURS = {
    MANIFEST, EXPERIMENT, SCENARIOS, DESIGN, RUNS, TIMING, FAILURES, SERIES, CELLS, ORGANISATIONS, JOURNAL, STATUS, LOG, LOCK,
    RESULTS, f"{JOURNAL}-wal", f"{JOURNAL}-shm", *REPORTS, "comparison.parquet", "comparison.md", "figures",
}  # fmt: skip
_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of an experiment's folder, if there is one."""
    try:
        data = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and data.get("format") == FORMAT else None


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def write_json(path: Path, data: Any) -> None:
    """Write JSON whole or not at all."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def check_folder(path: Path, plan: Plan, overwrite: bool) -> dict[str, Any] | None:
    """The manifest of the same experiment where the folder holds it; None where it may begin anew.

    Raises
    ------
    UserError
        A file stands there, other files, another experiment, or one of another model version.
    """
    from alliancesim.engine import MODEL_VERSION

    if not path.exists():
        if path.is_symlink():
            raise UserError(f"output: {path} is a link that leads nowhere")
        return None
    if not path.is_dir():
        raise UserError(f"output: {path} is a file, expected a folder (or a name that is not taken)")
    if path.resolve() == Path.cwd().resolve():
        raise UserError(f"output: {path} is the folder that the command runs in; name a folder in it")
    present = {entry.name for entry in path.iterdir()} - _SYSTEMS
    present = {name for name in present if not name.endswith(".part")}
    if present <= {LOCK}:
        return None
    manifest = read_manifest(path)
    if manifest is None:
        raise UserError(
            f"output: {path} holds other files and is not an experiment of alliancesim; name another folder"
        )
    if manifest.get("identity") == plan.identity:
        return manifest
    if not overwrite:
        if manifest.get("model_version") != MODEL_VERSION:
            raise UserError(
                f"output: {path} was begun with model {manifest.get('model_version')}, this is model "
                f"{MODEL_VERSION}, whose "
                "results differ; name another folder, or say overwrite=true"
            )
        raise UserError(
            f"output: {path} holds another experiment ({manifest.get('name')}, {manifest.get('runs')} runs); name "
            "another "
            "folder, or say overwrite=true"
        )
    stray = sorted(present - _OURS)
    if stray:
        raise UserError(f"output: {path} holds files that are not of an experiment ({', '.join(stray[:3])}); move them")
    return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the folder for one process; the lock of a dead one is free.

    Raises
    ------
    UserError
        Where another process runs the experiment, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    from alliancesim.results.folder import _WORDS

    made = [parent for parent in [path, *path.parents] if not parent.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK, timeout=0.5)
        lock.acquire()
    except Timeout:
        status = read_status(path)
        who = f" (process {status['pid']} on {status['host']})" if status else ""
        raise UserError(f"output: {path} is being written by another process{who}; alliancesim status {path}") from None
    except OSError as error:
        for parent in made:
            try:
                parent.rmdir()
            except OSError:
                break
        words = _WORDS.get(error.errno or 0, (error.strerror or str(error)).lower())
        raise UserError(f"output: {path} cannot be written: {words}") from None
    try:
        yield
    finally:
        lock.release()
        (path / LOCK).unlink(missing_ok=True)
        try:
            path.rmdir()  # only where nothing was written
        except OSError:
            pass


def read_status(path: Path) -> dict[str, Any] | None:
    """What a running or ended experiment last said of itself."""
    try:
        data = json.loads((path / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def begin(path: Path, plan: Plan) -> dict[str, Any]:
    """Empty the folder and write what is known before any run; returns the manifest."""
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.experiments.tables import write_design
    from alliancesim.results.versions import code_version, versions

    for entry in sorted(path.iterdir()):
        if entry.name in _OURS - {LOCK}:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    write_text(path / EXPERIMENT, plan.experiment.to_yaml())
    write_text(path / SCENARIOS, json.dumps(plan.bases, ensure_ascii=False) + "\n")
    part = path / f".{DESIGN}.part"
    write_design(plan, part)
    os.replace(part, path / DESIGN)
    manifest = {
        "format": FORMAT,
        "name": plan.experiment.name,
        "identity": plan.identity,
        "model_version": MODEL_VERSION,
        "code_version": code_version(),
        "versions": versions(),
        "points": len(plan.points),
        "replicates": plan.experiment.replicates,
        "runs": plan.runs,
        "complete": False,
    }
    write_json(path / MANIFEST, manifest)
    return manifest
