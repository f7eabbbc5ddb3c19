"""The folder of an advice: what was asked, the store of runs, and at the end page, tables, figures and manifest, all or none."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alliancesim.advice.advising import Advice, Effort, advise
from alliancesim.advice.bench import LATER
from alliancesim.advice.space import check_budget
from alliancesim.errors import UserError
from alliancesim.experiments.folder import locked, write_json
from alliancesim.experiments.settings import Settings
from alliancesim.scenario import Scenario

FORMAT = "alliancesim advice"
ASKED, STORE, MANIFEST, PAGE = "asked.json", "store", "manifest.json", "advice.md"
_OURS = {ASKED, STORE, MANIFEST, PAGE, "tables", "figures", ".lock", ".results.part"}
_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


def asked(base: Scenario, budget: float, effort: Effort) -> dict[str, Any]:
    """What an advice depends on, as plain data with its identity."""
    from alliancesim.engine import MODEL_VERSION

    about = base.uncertainty
    data = {
        "format": FORMAT,
        "model_version": MODEL_VERSION,
        "scenario": base.hash(),
        "seed": base.seed,
        "uncertainty": [about.sample, about.digest, about.row, about.seeds, about.fixed],
        "budget": budget,
        **effort.to_dict(),
    }
    text = json.dumps(data, sort_keys=True, ensure_ascii=True)
    return {**data, "identity": hashlib.sha256(text.encode("ascii")).hexdigest()}


def default_folder(base: Scenario, budget: float, effort: Effort) -> Path:
    """``outputs/advice-<place>-<first 8 digits of its identity>``."""
    return Path("outputs") / f"advice-{base.slug}-{asked(base, budget, effort)['identity'][:8]}"


def check_folder(path: Path, wanted: dict[str, Any]) -> None:
    """Whether an advice may begin, or go on, in a folder.

    Raises
    ------
    UserError
        A file stands there, other files, or an advice of other words.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise UserError(f"output: {path} is a file, expected a folder (or a name that is not taken)")
    if path.resolve() == Path.cwd().resolve():
        raise UserError(f"output: {path} is the folder that the command runs in; name a folder in it")
    present = {entry.name for entry in path.iterdir()} - _SYSTEMS
    if present <= {".lock"}:
        return
    try:
        found = json.loads((path / ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    if found.get("format") != FORMAT or present - _OURS:
        raise UserError(f"output: {path} holds other files and is not an advice of alliancesim; name another folder")
    if found.get("identity") != wanted["identity"]:
        raise UserError(f"output: {path} holds another advice (other words or another model); name another folder")


def advise_into(
    path: Path,
    base: Scenario,
    budget: float,
    effort: Effort,
    *,
    place: str | None = None,
    language: str = "en",
    settings: Settings | None = None,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
) -> Advice:
    """Advise, and write a folder; stopped, the same call goes on from the runs that are there.

    Parameters
    ----------
    path : Path
    base : Scenario
    budget : float
        kEUR a year.
    effort : Effort
    place : str, optional
    language : {"en", "fr"}
    settings : Settings, optional
    progress : bool
    say : callable

    Raises
    ------
    UserError
        A budget that buys nothing; a folder of something else.
    """
    check_budget(budget)
    wanted = asked(base, budget, effort)
    check_folder(path, wanted)
    with locked(path):
        check_folder(path, wanted)
        write_json(path / ASKED, wanted)
        advice = advise(
            base, budget, effort, path / STORE, place=place, settings=settings, progress=progress, say=say
        )  # fmt: skip
        save(advice, path, wanted, language)
    return advice


def save(advice: Advice, path: Path, wanted: dict[str, Any], language: str) -> None:
    """Page, tables, figures, and last the manifest: written aside, then put in place."""
    from alliancesim.advice.figures import FIGURES
    from alliancesim.results.versions import code_version, versions

    french = language == "fr"
    part = path / ".results.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        (part / "tables").mkdir(parents=True)
        (part / "figures").mkdir()
        frames = {**advice.tables, "search": advice.tried, "judged": _named(advice)}
        for name, table in frames.items():
            table.to_parquet(part / "tables" / f"{name}.parquet", index=False)
            table.to_csv(part / "tables" / f"{name}.csv", index=False, float_format="%.10g", lineterminator="\n")
        for name, figure in FIGURES.items():
            figure(advice, french).savefig(part / "figures" / f"{name}.png")
        (part / PAGE).write_text(page(advice, language), encoding="utf-8", newline="\n")
        manifest = {
            **wanted, "language": language, "place": advice.place, "sample": advice.sample, "advised": advice.advised,
            "cautious": advice.cautious, "best_rule": advice.best_rule, "verdict": advice.gap.verdict, "runs": advice.runs,
            "seconds": round(advice.seconds, 1), "facts": advice.facts, "code_version": code_version(), "versions": versions(),
        }  # fmt: skip
        write_json(part / MANIFEST, manifest)
        (path / MANIFEST).unlink(missing_ok=True)
        for name in ("tables", "figures", PAGE, MANIFEST):
            if (path / name).is_dir():
                shutil.rmtree(path / name)
            os.replace(part / name, path / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _named(advice: Advice) -> Any:
    names = list(advice.mixes)
    return advice.judged.assign(choice=[names[k] for k in advice.judged["choice"]])


def page(advice: Advice, language: str) -> str:
    """The page in one language, with its figures and its main table."""
    from alliancesim.advice.words import text

    french = language == "fr"
    title = "Quels leviers, pour ce territoire et ce budget ?" if french else "Which levers, for this place and budget?"
    captions = (
        {"front": "Ce que les combinaisons apportent", "choices": "Les choix comparés", "mixes": "De quoi elles sont faites"}
        if french else {"front": "What mixes add", "choices": "Choices compared", "mixes": "What they are made of"}
    )  # fmt: skip
    after = {"gains": ("choices", "front"), "mix": ("mixes",)}
    lines = [f"# {title}", ""]
    for part in text(advice):
        lines += [f"## {part.heading[french]}", ""]
        sentences = [pair[french] for pair in part.sentences]
        for number, sentence in enumerate(sentences):
            item = sentence.startswith("- ") and number + 1 < len(sentences) and sentences[number + 1].startswith("- ")
            lines += [sentence] if item else [sentence, ""]
        for name in after.get(part.key, ()):
            lines += [f"![{captions[name]}](figures/{name}.png)", ""]
    lines += [_foot(advice, french), ""]
    return "\n".join(lines)


def _foot(advice: Advice, french: bool) -> str:
    months = 12 * advice.effort.years + LATER
    if french:
        return f"*Chaque simulation dure {months} mois après la mise en route ; tables à côté : `tables/`.*"
    return f"*Each run lasts {months} months after burn-in; tables beside this page: `tables/`.*"
