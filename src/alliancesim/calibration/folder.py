"""The folder of a calibration, or of runs over its priors: whose it is, its journal, who works in it, how it is left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alliancesim.calibration.plan import CalibrationPlan
from alliancesim.calibration.runs import Runs, Simulator
from alliancesim.errors import UserError
from alliancesim.experiments.folder import LOCK, locked, write_json
from alliancesim.experiments.progress import Progress
from alliancesim.experiments.runner import terminable
from alliancesim.experiments.settings import Settings

MANIFEST, JOURNAL = "manifest.json", "runs.sqlite"
KIND = "alliancesim calibration"


@dataclass
class Opened:
    """A folder that is worked in.

    Attributes
    ----------
    runs : Runs
    shown : Progress
    state : str
        What the folder says of itself once it is left.
    """

    runs: Runs
    shown: Progress
    state: str = "stopped"


@contextmanager
def opened(
    path: Path,
    plan: CalibrationPlan,
    settings: Settings,
    *,
    aim: int,
    bank: bool = False,
    progress: bool = False,
    simulator: Any = None,
) -> Iterator[Opened]:
    """Work in a folder alone; however that ends, its journal is whole and its status says so.

    Parameters
    ----------
    path : Path
    plan : CalibrationPlan
    settings : Settings
        ``overwrite`` counts for a calibration only.
    aim : int
        Runs that are to be there at the end.
    bank : bool
        Only runs over the priors: any calibration that shares the first wave may have the folder, and may go on in it.
    progress : bool
    simulator : callable, optional
        Instead of the model.

    Raises
    ------
    UserError
        For a folder of something else.
    """
    overwrite = settings.overwrite and not bank
    _check(path, plan, overwrite, bank)
    with locked(path):
        _check(path, plan, overwrite, bank)
        known = _known(path).get("identity")
        if overwrite and known not in (plan.identity, plan.bank_identity):
            for one in path.iterdir():
                if one.name != LOCK:
                    shutil.rmtree(one) if one.is_dir() else one.unlink()
        if bank and known is None:
            write_json(path / MANIFEST, manifest(plan, complete=False) | {"identity": plan.bank_identity})
        elif not bank and known != plan.identity:
            write_json(path / MANIFEST, manifest(plan, complete=False))
        does = simulator or Simulator(plan.space.names, plan.targets, plan.settings)
        runs = Runs(path / JOURNAL, does, plan.seed, settings)
        work = Opened(
            runs, Progress(path, aim if not bank else max(aim, runs.done), runs.done, runs.journal.failures(), progress)
        )
        runs.said = work.shown.add
        try:
            with terminable():
                yield work
            runs.close()
        except BaseException:
            runs.close(abandon=True)
            raise
        finally:
            work.shown.end(work.state)


def manifest(plan: CalibrationPlan, *, complete: bool, **more: Any) -> dict[str, Any]:
    """What a folder says of itself."""
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.results.versions import code_version, package_version, versions

    return {
        "kind": KIND,
        "identity": plan.identity,
        "bank": plan.bank_identity,
        "model_version": MODEL_VERSION,
        "code": code_version(),
        "versions": {**versions(), **{name: package_version(name) for name in ("scikit-learn", "scipy")}},
        "plan": plan.described(),
        "complete": complete,
        **more,
    }


def _known(path: Path) -> dict[str, Any]:
    """The manifest that is there; empty without one that can be read."""
    try:
        known = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _check(path: Path, plan: CalibrationPlan, overwrite: bool, bank: bool) -> None:
    """Whether the folder is new, or holds this calibration, or its first wave; with ``bank``, one that shares the first wave.

    Raises
    ------
    UserError
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"output: {path} is a file, expected a folder")
    if not path.exists() or not [one for one in path.iterdir() if not one.name.startswith(".")]:
        return
    known = _known(path)
    if known.get("kind") != KIND:
        raise UserError(f"output: {path} holds other files, expected a new folder or one of a calibration")
    if bank and known.get("bank") == plan.bank_identity:
        return
    if known.get("identity") not in (plan.identity, plan.bank_identity) and not overwrite:
        raise UserError(
            f"output: {path} holds a calibration of another plan, targets, seed or model version; name another folder, or say "
            "overwrite=true"
        )
