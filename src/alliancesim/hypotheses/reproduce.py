"""``alliancesim reproduce hypotheses``: run the registered hypotheses and write the decided table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAME = "hypotheses"


def reproduce(
    *,
    only: str | None = None,
    rules: str = "posterior",
    quick: bool = False,
    output: str | os.PathLike[str] | None = None,
    page: str | os.PathLike[str] | None = None,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    **how: Any,
) -> Path:
    """Run hypotheses, or go on with them, and write their page.

    Parameters
    ----------
    only : str, optional
        Names with commas, such as ``H6,H7``; by default all.
    rules : str
        Where parameters come from: ``posterior``, ``prior``, ``widened``, ``default``, or a Parquet file.
    quick : bool
        One draw, tiny places: what it shows says nothing, only that everything runs.
    output : path, optional
        Folder of the runs; by default ``outputs/reproduce/hypotheses`` (``outputs/reproduce-quick/hypotheses``).
    page : path, optional
        Folder of the page; by default ``docs/experiments``, or ``output`` itself when quick or when only some are run.
    progress : bool
    say : callable
    **how
        Keys of the settings: ``workers=``, ``engine=``, ...

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UserError
        For an unknown hypothesis or one that is not as it was registered: before anything runs.
    """
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.experiments.settings import Settings
    from alliancesim.hypotheses.page import page as page_of
    from alliancesim.hypotheses.registry import registered
    from alliancesim.hypotheses.running import experiment_of, run_hypothesis
    from alliancesim.hypotheses.schema import chosen
    from alliancesim.studies.reproduce import outputs, write

    known = [registered(name) for name in chosen(only)]
    for hypothesis, _ in known:
        experiment_of(hypothesis, rules, hypothesis.draws, quick)
    folder = Path(output) if output is not None else outputs(quick) / NAME
    settings = Settings(**{name: value for name, value in how.items() if name != "store"})
    found = [
        run_hypothesis(one, folder, rules=rules, quick=quick, settings=settings, progress=progress, say=say)
        for one, _ in known
    ]
    aside = quick or only is not None
    target = Path(page) if page is not None else folder if aside else Path("docs") / "experiments"
    written = page_of(found, [entry for _, entry in known], rules, str(MODEL_VERSION))
    return write(NAME, written, target, quick=quick)
