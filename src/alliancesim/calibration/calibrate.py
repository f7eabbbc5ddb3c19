"""A calibration from its plan to its posterior, in a folder; stopped, the same call goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.calibration.bank import first_design
from alliancesim.calibration.folder import MANIFEST, manifest, opened
from alliancesim.calibration.plan import LUCK_ROWS, CalibrationPlan
from alliancesim.calibration.runs import Runs
from alliancesim.calibration.settings import SELECTION
from alliancesim.calibration.smc import Particles, at_the_prior, distance, run_smc
from alliancesim.calibration.waves import FEW, Wave, make_wave, plausible, sample
from alliancesim.errors import UserError
from alliancesim.experiments.folder import write_json
from alliancesim.experiments.settings import Settings

POSTERIOR = "posterior.parquet"
SMC_STAGE, CHECK_STAGE, LUCK_STAGE = 20, 90, 91
"""Stages: waves from 0, sweeps of ABC-SMC from 20, one run of each row of the posterior 90, a second one of some of them 91."""
VOLUME_POINTS, QUICK_POINTS = 40_000, 1_000
"""Points of the prior that volumes are measured with."""


@dataclass
class Calibration:
    """What a calibration found.

    Attributes
    ----------
    plan : CalibrationPlan
    stages : list of tuple
        Word of each stage, points of the unit cube (N, P), targets (N, T).
    waves : list of Wave
    cloud : ndarray, shape (M, P)
        Points drawn from the prior.
    alive : list of ndarray of bool, shape (M,)
        Whether they pass all waves up to each.
    volumes : list of float
        Share of the prior that passes all waves up to each; by subset simulation where fewer than ``FEW`` points do.
    particles : Particles or None
        None where nothing is left to search.
    check : ndarray, shape (rows, T)
        What each row gives, run once more with another seed.
    luck : ndarray, shape (up to ``LUCK_ROWS``, T)
        What the first rows give with a third one: the two runs of a row differ by luck alone.
    """

    plan: CalibrationPlan
    stages: list[tuple[str, np.ndarray, np.ndarray]]
    waves: list[Wave]
    cloud: np.ndarray
    alive: list[np.ndarray]
    volumes: list[float]
    particles: Particles | None
    check: np.ndarray
    luck: np.ndarray
    path: Path | None = None

    @property
    def names(self) -> list[str]:
        """Names of the targets."""
        return [target.name for target in self.plan.targets]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """What it shows of itself (:func:`alliancesim.calibration.diagnostics.tables`), made once: a minute of emulators."""
        from alliancesim.calibration import diagnostics

        return diagnostics.tables(self)

    @property
    def keeps(self) -> np.ndarray:
        """Parameters that keep their priors, bool, shape (P,)."""
        found: np.ndarray = np.isin(self.plan.space.names, self.plan.keeps)
        return found

    @property
    def sets(self) -> np.ndarray:
        """Rows of the posterior in the unit cube, shape (rows, P): the particles, what is not identified at its prior."""
        assert self.particles is not None
        return at_the_prior(self.particles.x, self.keeps, self.plan.seed)


def calibrate(
    plan: CalibrationPlan,
    output: str | Path,
    settings: Settings | None = None,
    *,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    simulator: Any = None,
) -> Calibration:
    """Rule out, search, draw, check; or go on with it.

    Parameters
    ----------
    plan : CalibrationPlan
    output : path
        Folder; one that holds another calibration, or other files, is refused.
    settings : Settings, optional
        Who runs (``workers``, ``engine``, ``address``), ``overwrite``.
    progress : bool
    say : callable
        Takes a line for each stage.
    simulator : callable, optional
        Instead of the model: picklable, ``(parameters, seed)`` to parameters and targets, with the attribute ``names``.

    Raises
    ------
    UserError
        For a folder that cannot be used; where the budget does not suffice for a posterior.
    """
    path = Path(output)
    with opened(
        path, plan, settings or Settings(), aim=plan.budget.total, progress=progress, simulator=simulator
    ) as work:  # fmt: skip
        found = _Work(plan, work.runs, _both(work.shown.log, say)).all()
        found.path = path
        work.shown.aim(work.runs.done)
        work.state = "writing tables"
        _write(found, path, work.runs)
        work.state = "complete"
    return found


def _both(first: Callable[[str], Any], second: Callable[[str], Any]) -> Callable[[str], None]:
    def say(text: str) -> None:
        first(text)
        second(text)

    return say


class _Work:
    """The stages, in order."""

    def __init__(self, plan: CalibrationPlan, runs: Runs, say: Callable[[str], Any]) -> None:
        self.plan, self.runs, self.say = plan, runs, say
        self.stages: list[tuple[str, np.ndarray, np.ndarray]] = []
        self.waves: list[Wave] = []
        self.alive: list[np.ndarray] = []
        self.volumes: list[float] = []
        points = QUICK_POINTS if plan.quick else VOLUME_POINTS
        self.cloud = np.random.default_rng([0xC10D, plan.seed]).random((points, len(plan.space.names)))

    def all(self) -> Calibration:
        plan = self.plan
        places = len(plan.space.names)
        self._stage("wave 1", 0, first_design(plan))
        self._wave()
        for number, size in enumerate(plan.budget.waves, 2):
            here, _ = sample(self.waves, places, size, key=plan.seed * 100 + number)
            if not len(here):
                break
            self._stage(f"wave {number}", number - 1, here)
            self._wave()
        none = np.zeros((0, len(plan.targets)))
        found = Calibration(
            plan, self.stages, self.waves, self.cloud, self.alive, self.volumes, self._search(), none, none
        )
        if found.particles is not None:
            found.check = self._stage("check", CHECK_STAGE, found.sets)
            found.luck = self._stage("luck", LUCK_STAGE, found.sets[:LUCK_ROWS])
        return found

    def _stage(self, word: str, number: int, x: np.ndarray) -> np.ndarray:
        found = self.runs.do(number, self.plan.space.values(x))
        self.say(f"{word}: {len(x)} runs")
        self.stages.append((word, x, found))
        return found

    def _wave(self) -> None:
        """Emulators from the runs that earlier waves do not rule out."""
        x = np.vstack([one[1] for one in self.stages])
        found = np.vstack([one[2] for one in self.stages])
        kept = plausible(self.waves, x)
        wave = make_wave(self.plan.targets, x[kept], found[kept], key=self.plan.seed * 10 + len(self.waves))
        self.waves.append(wave)
        alive = self.alive[-1].copy() if self.alive else np.ones(len(self.cloud), dtype=np.bool_)
        alive[alive] = plausible([wave], self.cloud[alive])
        self.alive.append(alive)
        share = float(alive.mean())
        if alive.sum() < FEW:  # too few to count
            _, share = sample(self.waves, self.cloud.shape[1], FEW, key=self.plan.seed * 100 + 50 + len(self.waves))
        self.volumes.append(share)
        self.say(f"emulators of wave {len(self.waves)}: {100 * share:.2g} % of the prior is not ruled out")

    def _search(self) -> Particles | None:
        """From the runs of the waves that are not ruled out: they are draws of the prior there."""
        plan, budget = self.plan, self.plan.budget
        if not any(emulator is not None and emulator.active for wave in self.waves for emulator in wave.emulators):
            raise UserError(
                "calibrate: no parameter moves any target; more runs in the first wave may show some (budget=)"
            )
        x = np.vstack([one[1] for one in self.stages])
        targets = np.vstack([one[2] for one in self.stages])
        left = plausible(self.waves, x)
        if left.sum() < budget.rows:
            self.say(f"{left.sum()} runs of the waves are not ruled out, fewer than {budget.rows} rows: no posterior")
            return None

        def simulate(sweep: int, points: np.ndarray) -> np.ndarray:
            return self._stage(f"sweep {sweep + 1}", SMC_STAGE + sweep, points)

        return run_smc(
            simulate, x[left], targets[left], lambda points: plausible(self.waves, points),
            np.array([target.value for target in plan.targets]), np.array([target.tolerance for target in plan.targets]),
            seed=plan.seed, particles=budget.rows, budget=budget.smc,
        )  # fmt: skip


# -- files ------------------------------------------------------------------------------------------------------------


def posterior_table(found: Calibration) -> pd.DataFrame:
    """Rows of equal weight of all parameters of type A or C: those of the space from the particles, the others from the prior.

    Row k of the others is draw k of the prior (``uncertainty.sample=prior``).
    """
    from alliancesim.parameters import uncertain_parameters
    from alliancesim.scenario.uncertainty import draw

    assert found.particles is not None
    space = found.plan.space
    values = pd.DataFrame(space.values(found.sets), columns=list(space.names))
    others = [p.name for p in uncertain_parameters() if p.name not in space.names]
    fixed = {name: float(values[name].iloc[0]) for name in values if name != SELECTION}
    drawn = pd.DataFrame([draw("prior", row, fixed) for row in range(len(values))])
    table = pd.concat([values.drop(columns=[SELECTION], errors="ignore"), drawn[others]], axis=1)
    return table[[p.name for p in uncertain_parameters()]]


def _write(found: Calibration, path: Path, runs: Runs) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from alliancesim.calibration import diagnostics

    for name, table in found.tables.items():
        table.to_csv(path / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    _parquet(diagnostics.all_runs(found), path / "runs.parquet")
    more: dict[str, Any] = {"runs": runs.done, "failed": runs.journal.failures()}
    if found.particles is not None:
        about = {key: value for key, value in manifest(found.plan, complete=True).items() if key != "complete"}
        about["versions"] = {
            name: version for name, version in about["versions"].items() if name != "platform"
        }  # it travels
        about["distinct_particles"] = found.particles.distinct
        about["epsilon"] = round(float(distance_of(found).max()), 6)
        about["keep_priors"] = list(found.plan.keeps)
        table = pa.Table.from_pandas(posterior_table(found), preserve_index=False)
        words = {b"alliancesim": json.dumps(about, sort_keys=True).encode()}
        part = path / f".{POSTERIOR}.part"
        pq.write_table(table.replace_schema_metadata(words), part, compression="zstd")
        part.replace(path / POSTERIOR)
        _parquet(diagnostics.particle_table(found), path / "particles.parquet")
    write_json(path / MANIFEST, manifest(found.plan, complete=True, **more))


def _parquet(table: pd.DataFrame, file: Path) -> None:
    part = file.with_name(f".{file.name}.part")
    table.to_parquet(part, index=False, compression="zstd")
    part.replace(file)


def distance_of(found: Calibration) -> np.ndarray:
    """Distances of the particles from the targets (root mean square, in tolerances)."""
    assert found.particles is not None
    value = np.array([target.value for target in found.plan.targets])
    tolerance = np.array([target.tolerance for target in found.plan.targets])
    return distance(found.particles.targets, value, tolerance)
