"""Runs of the calibration: in a journal, by any number of workers; what is there is not run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.calibration.settings import Setting, simulate_targets
from alliancesim.calibration.targets import Target
from alliancesim.errors import UserError
from alliancesim.experiments.drive import drive
from alliancesim.experiments.engines import engine_for
from alliancesim.experiments.journal import Journal
from alliancesim.experiments.measures import Kept
from alliancesim.experiments.settings import Settings
from alliancesim.experiments.work import Context, Outcome, Task
from alliancesim.territory.grid import fold

_STREAM = 0xCA1B
STAGE = 10_000_000
"""Runs of a stage are numbered from its number times this."""


@dataclass(frozen=True)
class Simulator:
    """From parameters and seed to the row of the journal: the parameters, then the targets."""

    names: tuple[str, ...]
    targets: tuple[Target, ...]
    settings: Mapping[str, Setting]

    def __call__(self, parameters: Mapping[str, Any], seed: int) -> np.ndarray:
        """The row of a run."""
        found = simulate_targets(parameters, seed, self.targets, self.settings)
        return np.array([*(parameters[name] for name in self.names), *found.values()])


class Runs:
    """Runs by stage and number.

    Parameters
    ----------
    path : Path
        The journal.
    simulator : callable
        Picklable: ``(parameters, seed)`` to a row that begins with the parameters (attribute ``names``).
    seed : int
        Of the calibration; run ``k`` of a stage has a seed of (seed, stage, k).
    settings : Settings
        Who runs.
    """

    def __init__(self, path: Path, simulator: Any, seed: int, settings: Settings) -> None:
        self.names: tuple[str, ...] = tuple(simulator.names)
        self.seed, self.settings = int(seed), settings
        self.journal = Journal(path)
        self.said: Callable[[int, int], None] = lambda _new, _failed: None
        self._context = Context("territory", (), {}, Kept((), ()), settings.time_limit, simulator)
        self._engine: Any = None

    def seeds(self, stage: int, first: int, number: int) -> np.ndarray:
        """Seeds of some runs: below 2^31, above 0."""
        keys = fold(_STREAM, self.seed, stage, np.arange(first, first + number))
        return (keys >> np.uint64(33)).astype(np.int64) + 1

    def do(self, stage: int, values: np.ndarray, first: int = 0) -> np.ndarray:
        """Targets of some parameter sets.

        Parameters
        ----------
        stage : int
        values : ndarray, shape (N, P)
            In the order of ``names``.
        first : int
            Number of the first of them in its stage.

        Returns
        -------
        ndarray, shape (N, T)
            NaN where a run has nothing of the kind, or failed.

        Raises
        ------
        UserError
            For a folder whose runs are of other parameters, or where most runs fail.
        """
        values = np.asarray(values, dtype=np.float64)
        start = stage * STAGE + first
        there = {start + k: self.journal.get(start + k) for k in range(len(values))}
        tasks = [
            Task(start + k, 0, dict(zip(self.names, row.tolist(), strict=True)), {}, int(seed))
            for k, (row, seed) in enumerate(zip(values, self.seeds(stage, first, len(values)), strict=True))
            if there[start + k] is None
        ]
        if tasks:
            if self._engine is None:
                self._engine = engine_for(self.settings, self._context.packed())
            drive(self._engine, tasks, self._accept)
            there |= {task.run: self.journal.get(task.run) for task in tasks}
        rows = [there[start + k] for k in range(len(values))]
        failed = [one for one in rows if one is None or one.row is None]
        if len(failed) > len(rows) // 2:
            raise UserError(
                f"calibrate: {len(failed)} of {len(rows)} runs failed, the first with: {failed[0].error if failed[0] else ''}"
            )
        width = next(len(one.row) for one in rows if one is not None and one.row is not None) // 8
        table = np.full((len(rows), width), np.nan)
        for k, one in enumerate(rows):
            if one is not None and one.row is not None:
                table[k] = np.frombuffer(one.row, dtype="<f8")
        here = table[:, : len(self.names)]
        known = ~np.isnan(here).any(axis=1)
        if not np.allclose(here[known], values[known], rtol=1e-7, atol=1e-12):
            raise UserError(
                "output: the folder's runs are of other parameters (made on another machine, or with other packages); say "
                "overwrite=true to begin anew"
            )
        return table[:, len(self.names) :]

    def _accept(self, outcomes: Sequence[Outcome]) -> None:
        self.said(self.journal.add(outcomes), sum(one.row is None for one in outcomes))

    @property
    def done(self) -> int:
        """Runs that are there."""
        return len(self.journal.done())

    def close(self, *, abandon: bool = False) -> None:
        """Stop the workers, close the journal."""
        if self._engine is not None:
            self._engine.close(abandon=abandon)
            self._engine = None
        self.journal.close()
