"""Runs over the priors alone: the first wave of a calibration, which goes on from it, and further ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.calibration.calibrate import JOURNAL, MANIFEST, _check_folder, _manifest, first_design
from alliancesim.calibration.plan import CalibrationPlan
from alliancesim.calibration.runs import Runs, Simulator
from alliancesim.experiments.folder import locked, write_json
from alliancesim.experiments.progress import Progress
from alliancesim.experiments.runner import terminable
from alliancesim.experiments.settings import Settings

FURTHER_STAGE = 10
"""Stage of the further runs: no wave and no generation has it, so that their seeds are their own."""


def further_design(plan: CalibrationPlan, number: int) -> np.ndarray:
    """Points of further runs, another Latin hypercube over the unit cube, shape (number, P)."""
    from scipy.stats import qmc

    draws = np.random.default_rng([0xBA2D, plan.seed])
    return np.asarray(qmc.LatinHypercube(len(plan.space.names), rng=draws).random(number))


def first_wave(
    plan: CalibrationPlan, output: str | Path, settings: Settings, **how: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The first wave in the folder of a calibration: what is there is not run again, here or by the calibration.

    Parameters
    ----------
    plan : CalibrationPlan
    output : path
        Folder of the calibration, begun or complete, or a new one.
    settings : Settings
    **how
        ``progress``, ``say``, ``simulator`` as for :func:`~alliancesim.calibration.calibrate.calibrate`.

    Returns
    -------
    points : ndarray, shape (N, P)
        Of the unit cube.
    targets : ndarray, shape (N, T)
        NaN where a run has nothing of the kind.

    Raises
    ------
    UserError
        For a folder of something else.
    """
    return _runs(plan, Path(output), 0, first_design(plan), settings, **how)


def further_runs(
    plan: CalibrationPlan, output: str | Path, settings: Settings, number: int, **how: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Further runs over the priors, in a folder of their own; see :func:`first_wave`."""
    return _runs(plan, Path(output), FURTHER_STAGE, further_design(plan, number), settings, **how)


def _runs(
    plan: CalibrationPlan,
    path: Path,
    stage: int,
    points: np.ndarray,
    settings: Settings,
    *,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    simulator: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    _check_folder(path, plan, overwrite=False, bank=True)
    with locked(path):
        _check_folder(path, plan, overwrite=False, bank=True)
        if not (path / MANIFEST).exists():
            write_json(path / MANIFEST, _manifest(plan, complete=False) | {"identity": plan.bank_identity})
        does = simulator or Simulator(plan.space.names, plan.targets, plan.settings)
        runs = Runs(path / JOURNAL, does, plan.seed, settings)
        shown = Progress(path, max(len(points), runs.done), runs.done, runs.journal.failures(), progress)
        runs.said = shown.add
        state = "stopped"
        try:
            with terminable():
                found = runs.do(stage, plan.space.values(points))
                state = "runs over the priors are there"
            runs.close()
        except BaseException:
            runs.close(abandon=True)
            raise
        finally:
            shown.end(state)
    say(f"{path}: {len(points)} runs over the priors")
    return points, found
