"""``alliancesim reproduce``: run a study's experiments, or go on with them, and write its page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.scenario.checks import nearest
from alliancesim.studies.page import Page, Study, markdown_table

STUDIES = (
    "typology_by_resources",
    "scarcity_paradox",
    "two_professions",
    "which_animation_where",
    "after_the_animator",
    "history",
    "tell_failures",
    "civil_society_first",
    "cases",
    "right_level",
    "resolution",
    "predictions",
    "baselines",
    "identifiability",
    "calibration",
    "patterns",
    "sensitivity",
    "advice",
)
"""Studies by name, each a module of this package with a ``STUDY``."""


def studies() -> dict[str, Study]:
    """All studies by name."""
    return {name: study(name) for name in STUDIES}


def study(name: str) -> Study:
    """A study by its name.

    Raises
    ------
    UserError
        Naming the nearest.
    """
    if name not in STUDIES:
        raise UserError(f"reproduce: found {name!r}, expected one of {', '.join(STUDIES)}{nearest(name, STUDIES)}")
    found: Study = import_module(f"alliancesim.studies.{name}").STUDY
    return found


def reproduce(
    name: str,
    *,
    quick: bool = False,
    output: str | os.PathLike[str] | None = None,
    page: str | os.PathLike[str] | None = None,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    **how: Any,
) -> Path:
    """Run the experiments of a study and write its page.

    Parameters
    ----------
    name : str
    quick : bool
        The small version: what it shows says nothing, only that everything runs.
    output : path, optional
        Folder of the experiments' folders; by default ``outputs/reproduce`` (``outputs/reproduce-quick``).
    page : path, optional
        Folder of the page; by default ``docs/experiments`` below the folder that the command runs in, or ``output`` itself
        when quick.
    progress : bool
    say : callable
        Takes lines about what is under way.
    **how
        Keys of the settings: ``workers=``, ``engine=``, ...

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UserError
        Where a run failed: a page would rest on what is left.
    """
    from alliancesim.experiments.compose import compose
    from alliancesim.experiments.runner import run_experiment

    one = study(name)
    folder = Path(output) if output is not None else outputs(quick)
    results: dict[str, Any] = {}
    if one.own is not None:
        results[name] = one.own(folder, quick=quick, progress=progress, say=say, **how)
    for experiment in one.experiments:
        words = [f"experiment={experiment}", *(["quick=true"] if quick else [])]
        described, settings = compose(words)
        say(f"{experiment}: into {folder / experiment}")
        results[experiment] = run_experiment(
            described, folder / experiment, settings=settings, progress=progress, **how
        )
        failed = results[experiment].failures
        if len(failed):
            raise UserError(
                f"{experiment}: {len(failed)} of {results[experiment].manifest['runs_done']} runs failed, expected none: no page "
                f"is written (the first: {failed['error'].iloc[0]}; runs in {folder / experiment})"
            )
    target = Path(page) if page is not None else (folder if quick else Path("docs") / "experiments")
    return write(name, one.write(results), target, quick=quick)


def outputs(quick: bool) -> Path:
    """Folder of the runs of studies where none is named."""
    return Path("outputs") / ("reproduce-quick" if quick else "reproduce")


def write(name: str, page: Page, target: Path, *, quick: bool = False) -> Path:
    """Write a page, its figures and its tables."""
    beside = target / name
    beside.mkdir(parents=True, exist_ok=True)
    for part, figure in page.figures.items():
        figure.savefig(beside / f"{part}.png", dpi=110)
    for part, moving in page.animations.items():
        moving.save(beside / f"{part}.gif")
    for part, table in page.tables.items():
        table.to_csv(beside / f"{part}.csv", index=False, float_format="%.6g", lineterminator="\n")
    lines = [f"# {page.title}", ""]
    if quick:
        lines += ["**Quick version: too small to say anything.**", ""]
    lines += [f"*{page.question}*", "", f"Made by `alliancesim reproduce {name}`; do not edit.", ""]
    for heading, text in page.parts:
        lines += [f"## {heading}", "", _filled(text, page, name), ""]
    if page.tables:
        named = ", ".join(f"[{part}]({name}/{part}.csv)" for part in page.tables)
        lines += ["## Numbers", "", f"Tables beside this page: {named}.", ""]
    path = target / f"{name}.md"
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return path


def _filled(text: str, page: Page, name: str) -> str:
    """Text with its figures and tables in place."""
    text = re.sub(r"\(figure:(\w+)\)", lambda found: f"({name}/{found[1]}.png)", text)
    text = re.sub(r"\(animation:(\w+)\)", lambda found: f"({name}/{found[1]}.gif)", text)
    return re.sub(r"^table:(\w+)$", lambda found: markdown_table(page.tables[found[1]]), text, flags=re.MULTILINE)
