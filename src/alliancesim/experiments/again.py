"""One run of an experiment done again, and compared with the row that it left."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from alliancesim.errors import UserError


def rerun(folder: str | os.PathLike[str], text: str | None) -> int:
    """Do one run again.

    Parameters
    ----------
    folder : path
        Folder of a finished experiment.
    text : str
        ``run=17``.

    Returns
    -------
    int
        0 where its numbers are the same, 1 where one differs; a run that failed fails again, with its traceback.

    Raises
    ------
    UserError
        For a folder or run that is not there, or one of another model version.
    """
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.experiments.finish import kept_of
    from alliancesim.experiments.opened import open_experiment
    from alliancesim.experiments.work import Context, Task, run_task

    result = open_experiment(folder)
    plan = result._plan
    name, _, number = (text or "").partition("=")
    if name != "run" or not number.isdecimal() or int(number) >= plan.runs:
        raise UserError(f"run: found {text!r}, expected run=<number>, from 0 to {plan.runs - 1}")
    if result.manifest["model_version"] != MODEL_VERSION:
        raise UserError(
            f"{folder}: made by model {result.manifest['model_version']}, this is model {MODEL_VERSION}, whose "
            "results differ"
        )
    run = int(number)
    point, replicate = plan.place(run)
    kept = kept_of(plan)
    context = Context(plan.experiment.subject, tuple(plan.bases), plan.experiment.forums.to_dict(), kept)
    task = Task(run, point.base, point.changes, point.forums, plan.seed(point, replicate))
    print(f"run {run}: {point.label}, replicate {replicate}, seed {task.seed}", flush=True)
    outcome = run_task(context, task)
    stored = result.runs[result.runs["run"] == run]
    if stored.empty:
        print("failed in the experiment, runs now")
        return 1
    fresh = np.frombuffer(outcome.row or b"", dtype="<f8")
    differ = [
        (column, stored[column].iloc[0], value)
        for column, value in zip(kept.observables, fresh, strict=True)
        if not _same(stored[column].iloc[0], value)
    ]
    if not differ:
        print("identical")
        return 0
    column, old, new = differ[0]
    print(f"differs in {len(differ)} of {len(fresh)} columns, first {column}: {old!r} stored, {float(new)!r} now")
    return 1


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) or (bool(a != a) and bool(b != b))
