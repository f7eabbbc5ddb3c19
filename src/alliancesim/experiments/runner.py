"""Run an experiment into its folder: plan, go on where it stopped, hand out what is missing, write the tables."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import SystemTerminated, UserError
from alliancesim.experiments import folder as names
from alliancesim.experiments.drive import drive
from alliancesim.experiments.engines import check_address, engine_for
from alliancesim.experiments.experiment import Experiment
from alliancesim.experiments.finish import bytes_a_run, finish, kept_of
from alliancesim.experiments.journal import Journal, Store
from alliancesim.experiments.plan import Plan, make_plan
from alliancesim.experiments.progress import Progress
from alliancesim.experiments.settings import Settings
from alliancesim.experiments.work import Context, Outcome, Task

if TYPE_CHECKING:
    from alliancesim.experiments.measures import Kept
    from alliancesim.experiments.opened import ExperimentResult


def run_experiment(
    experiment: Experiment | Mapping[str, Any] | str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    progress: bool = False,
    config_dir: Any = None,
    settings: Settings | None = None,
    **how: Any,
) -> ExperimentResult:
    """Run an experiment; what is there already is not run again.

    Parameters
    ----------
    experiment : Experiment, mapping, or name or path of a file
    output : path, optional
        Its folder; without one the result lives in a temporary folder as long as it is used.
    progress : bool
        Whether to show a line of progress.
    config_dir : path, optional
        Folder of one's own configs.
    settings : Settings, optional
        How to run it; or by keyword: ``workers=``, ``engine=``, ``address=``, ``overwrite=``, ``store=``, ``time_limit=``,
        ``retry_failures=``.

    Returns
    -------
    ExperimentResult
        Runs that failed are in ``failures``.

    Raises
    ------
    UserError
        For what is wrong with the experiment, its folder, the engine or the disk, before anything runs.
    """
    if isinstance(experiment, (str, os.PathLike)):
        from alliancesim.experiments.compose import load_experiment

        experiment = load_experiment(experiment, config_dir=config_dir)
    if settings is None:
        settings = Settings(**how)
    elif how:
        settings = Settings(**{**vars(settings), **how})
    plan = make_plan(experiment if isinstance(experiment, Experiment) else dict(experiment), config_dir)
    if output is None and settings.output is None:
        held = tempfile.mkdtemp(prefix="alliancesim-")
        try:
            result = run_plan(plan, Path(held) / "experiment", settings, progress=progress)
        except BaseException:
            shutil.rmtree(held, ignore_errors=True)
            raise
        weakref.finalize(result, shutil.rmtree, held, ignore_errors=True)
        return result
    return run_plan(plan, Path(output or settings.output or ""), settings, progress=progress)


def run_plan(plan: Plan, path: Path, settings: Settings, *, progress: bool = False) -> ExperimentResult:
    """Run a plan into a folder (see :func:`run_experiment`)."""
    from alliancesim.experiments.opened import open_experiment

    kept = kept_of(plan)
    manifest = names.check_folder(path, plan, settings.overwrite)
    if manifest is not None and manifest.get("complete") and not settings.retry_failures:
        return open_experiment(path)
    with names.locked(path):
        manifest = names.check_folder(path, plan, settings.overwrite)
        if settings.address is not None:
            check_address(settings.address)
        if manifest is None:
            check_disk(path, plan, kept)
            manifest = names.begin(path, plan)
        elif manifest.get("complete"):
            if not manifest["rows"].get(names.FAILURES):
                return open_experiment(path)
            raise UserError(
                f"output: {path} is complete; to do its failed runs again, name another folder and the same store="
            )
        _Sweep(plan, kept, path, settings, progress).run(manifest)
    return open_experiment(path)


def check_disk(path: Path, plan: Plan, kept: Kept) -> None:
    """Whether the disk can hold what the runs leave.

    Raises
    ------
    UserError
        Saying how much is needed and free.
    """
    need = int(1.6 * bytes_a_run(plan, kept) * plan.runs) + 200_000
    folder = next(parent for parent in [path, *path.parents] if parent.exists())
    free = shutil.disk_usage(folder).free
    if need > free:
        raise UserError(
            f"output: {plan.runs:,} runs leave about {_size(need)}, and {folder} has {_size(free)} free; keep less "
            "(keep.timeseries, keep.observables, keep.every), or name a larger disk"
        )


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"


class _Sweep:
    """One process' work on an experiment's folder."""

    def __init__(self, plan: Plan, kept: Kept, path: Path, settings: Settings, shown: bool) -> None:
        self.plan, self.kept, self.path, self.settings, self.shown = plan, kept, path, settings, shown
        self.journal = Journal(path / names.JOURNAL)
        self.store: Store | None = None
        self.progress: Progress | None = None

    def run(self, manifest: dict[str, Any]) -> None:
        plan, settings = self.plan, self.settings
        try:
            if settings.store is not None:
                self.store = Store(Path(settings.store), repr((self.kept, self.plan.experiment.subject)))
            if settings.retry_failures:
                self.journal.forget_failures()
            replicates = plan.experiment.replicates
            done = len(self.journal.done())
            same = len(plan.twins) * plan.most_replicates
            self.progress = Progress(
                self.path, replicates * len(plan.points) - same, done, self.journal.failures(), self.shown
            )
            state = "stopped"
            try:
                with terminable():
                    replicates = self._rounds(replicates)
                    state = "writing tables"
                    rows = finish(self.path, plan, self.kept, self.journal, replicates)
                    failed = rows.get(names.FAILURES, 0)
                    names.write_json(
                        self.path / names.MANIFEST,
                        {**manifest, "complete": True, "replicates_done": replicates, "rows": rows,
                         "runs_done": rows[names.RUNS] + failed, "same_runs": same},
                    )  # fmt: skip
                    state = "complete"
            finally:
                self.progress.end(state)
            self.journal.remove()
        finally:
            self.journal.close()
            if self.store is not None:
                self.store.close()

    def _rounds(self, replicates: int) -> int:
        """Do all replicates; with a precision, add some until it is reached. Returns how many were done."""
        assert self.progress is not None
        pool = _Pool(self.plan, self.kept, self.settings)
        try:
            self._do(pool, replicates)
            while self.plan.experiment.precision:
                from alliancesim.experiments.precise import further

                more = further(self.plan, self.kept, self.journal, replicates)
                if not more:
                    break
                replicates += more
                self.progress.aim(replicates * len(self.plan.points))
                self.progress.log(f"precision not reached, {more} replicates more, {replicates} in all")
                self._do(pool, replicates)
            pool.close()
        except BaseException:
            pool.close(abandon=True)
            raise
        return replicates

    def _do(self, pool: _Pool, replicates: int) -> None:
        """What is missing of the first replicates."""
        assert self.progress is not None
        progress = self.progress
        missing = self._missing(replicates)
        if self.store is not None:
            missing = self._from_store(missing)
        if not len(missing):
            return
        if not pool.started:
            _warm(self.settings, self.plan.experiment.subject, self.shown)
        drive(pool.engine(), self._tasks(missing), self._accept, progress.died, len(missing))

    def _missing(self, replicates: int) -> np.ndarray:
        """Runs that are neither done nor those of an equal point, rising."""
        points = len(self.plan.points)
        wanted = np.ones(replicates * points, dtype=bool)
        wanted.reshape(replicates, points)[:, list(self.plan.twins)] = False
        done = self.journal.done()
        wanted[done[done < len(wanted)]] = False
        return np.flatnonzero(wanted)

    def _tasks(self, missing: np.ndarray) -> Iterator[Task]:
        wanted = set(self.plan.experiment.keep.results)
        for run in map(int, missing):
            point, replicate = self.plan.place(run)
            seed = self.plan.seed(point, replicate)
            yield Task(run, point.base, point.changes, point.forums, seed, run in wanted)

    def _accept(self, outcomes: list[Outcome]) -> None:
        assert self.progress is not None
        for outcome in outcomes:
            if outcome.files:
                self._save_files(outcome)
        new = self.journal.add(outcomes)
        if self.store is not None:
            self.store.add([(self.plan.run_identity(one.run), one) for one in outcomes])
        self.progress.add(new, sum(one.row is None for one in outcomes))
        for one in outcomes:
            if one.row is None:
                self.progress.log(f"run {one.run} failed: {one.error}")

    def _save_files(self, outcome: Outcome) -> None:
        """All tables of a chosen run, as the folder of a result."""
        target = self.path / names.RESULTS / f"run-{outcome.run:06d}"
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, data in (outcome.files or {}).items():
            (part / name).write_bytes(data)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part, target)

    def _from_store(self, missing: np.ndarray) -> np.ndarray:
        """Take from the store what is there; returns what is not."""
        assert self.store is not None
        assert self.progress is not None
        left = np.ones(len(missing), dtype=bool)
        found: list[Outcome] = []
        wanted = set(self.plan.experiment.keep.results)
        for place, run in enumerate(map(int, missing)):
            outcome = None if run in wanted else self.store.get(self.plan.run_identity(run), run)
            if outcome is not None:
                left[place] = False
                found.append(outcome)
            if len(found) >= 1000:
                self.progress.add(self.journal.add(found), 0)
                found = []
        self.progress.add(self.journal.add(found), 0)
        return missing[left]


class _Pool:
    """The engine, started when there is something to run."""

    def __init__(self, plan: Plan, kept: Kept, settings: Settings) -> None:
        experiment = plan.experiment
        context = Context(experiment.subject, tuple(plan.bases), experiment.forums.to_dict(), kept, settings.time_limit)
        self._make: Callable[[], Any] = lambda: engine_for(settings, context.packed())
        self._engine: Any = None

    @property
    def started(self) -> bool:
        return self._engine is not None

    def engine(self) -> Any:
        if self._engine is None:
            self._engine = self._make()
        return self._engine

    def close(self, *, abandon: bool = False) -> None:
        if self._engine is not None:
            self._engine.close(abandon=abandon)


def _warm(settings: Settings, subject: str, shown: bool) -> None:
    """Compile kernels once, here, before any worker would."""
    from alliancesim.kernels.compile import announce_on_standard_error, is_compiled

    if settings.address is not None or (is_compiled() and subject == "territory"):
        return
    if shown:
        announce_on_standard_error()
    if subject == "forums":
        from alliancesim.forum_api import forums

        forums(1)
        return
    from alliancesim.engine import engine_of
    from alliancesim.scenario import load_scenario

    engine_of(load_scenario("territory=zus", "territory.population=1000", "months=12", "burn_in=12", "threads=1")).run()


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the experiment as Ctrl-C does: what is finished stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def raised(_number: int, _frame: Any) -> None:
        raise SystemTerminated

    before = signal.signal(signal.SIGTERM, raised)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
