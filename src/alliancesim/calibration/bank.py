"""Runs over the priors alone: the first wave of a calibration, which goes on from it, and further ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.calibration.folder import opened
from alliancesim.calibration.plan import CalibrationPlan
from alliancesim.experiments.settings import Settings

FURTHER_STAGE = 10
"""Stage of the further runs: no wave and no generation has it, so that their seeds are their own."""
_FIRST, _FURTHER = 0xBA2C, 0xBA2D
"""Streams of the two designs."""


def first_design(plan: CalibrationPlan) -> np.ndarray:
    """Points of the first wave, a Latin hypercube over the unit cube, shape (bank, P)."""
    return _latin(plan, _FIRST, plan.budget.bank)


def further_design(plan: CalibrationPlan, number: int) -> np.ndarray:
    """Points of further runs, another Latin hypercube over the unit cube, shape (number, P)."""
    return _latin(plan, _FURTHER, number)


def _latin(plan: CalibrationPlan, stream: int, number: int) -> np.ndarray:
    from scipy.stats import qmc

    draws = np.random.default_rng([stream, plan.seed])
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
    with opened(path, plan, settings, aim=len(points), bank=True, progress=progress, simulator=simulator) as work:
        found = work.runs.do(stage, plan.space.values(points))
        work.state = "runs over the priors are there"
    say(f"{path}: {len(points)} runs over the priors")
    return points, found
