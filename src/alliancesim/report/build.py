"""The report of an experiment's folder: facts, figures and words put into the page."""

from __future__ import annotations

import os
import shlex
from datetime import date
from pathlib import Path
from typing import Any

from alliancesim import levers as levers_
from alliancesim import parameters
from alliancesim.comparison.comparing import Comparison
from alliancesim.errors import UserError
from alliancesim.experiments import folder as names
from alliancesim.experiments.opened import ExperimentResult, open_experiment
from alliancesim.report import figures, findings
from alliancesim.report.words import LANGUAGES, LEVERS, LIMITS, PARAMETERS_FR, TYPES, Language

MOST_SCENARIOS = 12
"""Points of an experiment that a report tells one by one."""


def write_report(folder: str | os.PathLike[str], language: str = "en", reference: int | str = 0) -> Path:
    """Write the report of an experiment or a comparison, and its tables for a spreadsheet.

    Parameters
    ----------
    folder : path
    language : {"en", "fr"}
    reference : int or str
        Point, or its label, that the others are compared with.

    Returns
    -------
    Path
        ``report_<language>.html`` in the folder; ``tables_<language>.xlsx`` stands beside it.

    Raises
    ------
    UserError
        Unknown language; a folder that is no finished experiment; forums alone; more scenarios than can be told one by one.
    """
    if language not in LANGUAGES:
        raise UserError(f"language: found {language!r}, expected one of {', '.join(LANGUAGES)}")
    result = open_experiment(folder)
    if result.experiment.subject != "territory":
        raise UserError(f"{folder}: an experiment of forums alone, expected one of territories")
    count = len(result.design)
    if count > MOST_SCENARIOS:
        raise UserError(
            f"{folder}: {count} points, expected at most {MOST_SCENARIOS} (a report tells scenarios one by one; "
            "compare some of them)"
        )
    words = Language(language)
    comparison = Comparison(result, reference)
    text = _page(comparison, words)
    path = result.path / f"report_{language}.html"
    try:
        names.write_text(path, text)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({(error.strerror or str(error)).lower()})") from None
    from alliancesim.report.excel import write_tables

    write_tables(comparison, words, result.path / f"tables_{language}.xlsx")
    return path


def _page(comparison: Comparison, words: Language) -> str:
    from jinja2 import Environment, PackageLoader

    from alliancesim.engine import make_territory

    result = comparison.result
    scenarios = [result.scenario(point) for point in range(len(comparison.labels))]
    places = {_place(scenario) for scenario in scenarios}
    territory = make_territory(scenarios[comparison.reference])
    kept = (result.path / names.ORGANISATIONS).exists()
    environment = Environment(loader=PackageLoader("alliancesim.report", "."), autoescape=True, trim_blocks=True)
    title = result.experiment.title or words["comparison"]
    return environment.get_template("page.html.j2").render(
        words=words,
        title=words.spaced(title),
        dateline=_dateline(result, words),
        question=words.spaced(result.experiment.question or ""),
        territory=_territory(territory, len(places), words),
        map=figures.png(figures.population(territory, words)),
        map_note=_map_note(words),
        scenarios=[
            (label, findings.scenario_sentence(one, words))
            for label, one in zip(comparison.labels, scenarios, strict=True)
        ],
        reference=comparison.reference,
        how_counted=_counted(comparison, words),
        findings=findings.findings(comparison, words),
        order=_order(comparison, words),
        figures=_figures(comparison, words, kept),
        left_out=findings.left_out(comparison, words) if kept else [],
        resting=_resting(words),
        parameters=_parameters(scenarios, words),
        limits=[words.spaced(text) for text in LIMITS[words.code]],
        again=_again(words),
        command=_command(result, words),
        identity=_identity(result, words),
    )


def _place(scenario: Any) -> str:
    return repr(scenario.territory)


def finished_on(result: ExperimentResult) -> date:
    """Day on which the experiment ended, by its log; by the file's time where there is no log."""
    log = result.path / names.LOG
    if log.is_file():
        days = [line[:10] for line in log.read_text(encoding="utf-8").splitlines() if " complete: " in line]
        if days:
            return date.fromisoformat(days[-1])
    return date.fromtimestamp((result.path / names.MANIFEST).stat().st_mtime)


def _dateline(result: ExperimentResult, words: Language) -> str:
    day, version = words.date(finished_on(result)), result.manifest["versions"]["alliancesim"]
    model = result.manifest["model_version"]
    if words.french:
        return words.spaced(f"Calcul du {day}, alliancesim {version}, version {model} du modèle.")
    return f"Computed on {day} with alliancesim {version}, model version {model}."


def _territory(territory: Any, places: int, words: Language) -> str:
    people, deprived = words.number(territory.population, 9), words.percent(territory.deprived_share)
    communes = words.number(int((territory.cells.loc[territory.cells["reported"], "commune"]).nunique()))
    area = words.number(territory.area_km2, 4)
    if words.french:
        text = f"{territory.name} : {people} habitants, {communes} communes, {area} km², {deprived} des habitants en quartier prioritaire."
        text += (
            " Lieu réel, organisations fictives."
            if territory.origin == "real"
            else " Territoire et organisations fictifs."
        )
        if places > 1:
            text += f" Les scénarios portent sur {places} territoires ; la carte est celui de la référence."
    else:
        text = f"{territory.name}: {people} inhabitants, {communes} communes, {area} km², {deprived} of inhabitants in deprived districts."
        text += (
            " A real place, synthetic organisations."
            if territory.origin == "real"
            else " Synthetic territory and organisations."
        )
        if places > 1:
            text += f" Scenarios are of {places} territories; the map is the reference’s."
    return words.spaced(text)


def _map_note(words: Language) -> str:
    return words.spaced(
        "Habitants de chaque carreau, échelle logarithmique. Aucune organisation n’y figure : elles sont fictives."
        if words.french else "Inhabitants of each square, on a logarithmic scale. No organisation is shown: they are synthetic."
    )  # fmt: skip


def _counted(comparison: Comparison, words: Language) -> str:
    count, home = words.number(comparison.replicates), comparison.labels[comparison.reference]
    if words.french:
        text = (
            f"Chaque scénario est comparé à « {home} » sur {count} futurs tirés de la même façon, un à un : seul le "
            "scénario change. "
            "Un intervalle à 95 % entoure chaque écart ; s’il contient zéro, l’écart n’est pas net."
        )
    else:
        text = (
            f"Each scenario is compared with “{home}” over {count} futures drawn alike, one by one: only the "
            "scenario changes. Every "
            "difference has a 95 % interval; where it holds zero, there is no clear difference."
        )
    return words.spaced(text)


def _order(comparison: Comparison, words: Language) -> str:
    if len(comparison.labels) < 3:
        return ""
    first = comparison.ranking().iloc[0]
    sure = words.number(first["p_best"], 2)
    if words.french:
        return words.spaced(
            f"Pour le nombre d’alliances durables, « {first['label']} » arrive en tête (probabilité {sure} d’être le premier)."
        )
    return f"By lasting alliances, “{first['label']}” comes first (best with probability {sure})."


def _figures(comparison: Comparison, words: Language, kept: bool) -> list[tuple[str, str, str]]:
    hollow = (
        "Marque creuse et grise : l’intervalle contient zéro."
        if words.french
        else "Hollow and grey: the interval holds zero."
    )
    bands = (
        "Traits : moyennes ; bandes : 80 % des futurs." if words.french else "Lines: means; bands: 80 % of futures."
    )  # fmt: skip
    found = [
        (words["differences_title"], figures.png(figures.differences(comparison, words)), words.spaced(hollow)),
        (words["over_time_title"], figures.png(figures.over_time(comparison, words)), words.spaced(bands)),
    ]
    if kept:
        for point, label in enumerate(comparison.labels):
            if point != comparison.reference:
                note = (
                    "Entre parenthèses : nombre d’organisations fictives. "
                    if words.french
                    else "In brackets: synthetic organisations. "
                )
                drawn = figures.png(figures.who(comparison, point, words))
                found.append((words.spaced(f"{words['who_title']} : {label}" if words.french else f"{words['who_title']}: {label}"), drawn,
                              words.spaced(note + hollow)))  # fmt: skip
    return found


def _resting(words: Language) -> str:
    return words.spaced(
        "Chaque chiffre ci-dessous est marqué : donnée, source (la note de recherche du RAMEAU), hypothèse, ou "
        "hypothèse à caler. La plage est "
        "celle dans laquelle il pourrait aussi bien se trouver."
        if words.french else "Each number below is marked: data, source (the research note of Le RAMEAU), assumption, or assumption to be "
        "calibrated. The range is where it might as well lie."
    )  # fmt: skip


def _parameters(scenarios: list[Any], words: Language) -> list[dict[str, str]]:
    """Costs of the levers in use, means, and parameters that the source gives or that are to be calibrated."""
    rows = []
    used = {
        lever.lever
        for one in scenarios
        for animator in one.animation.animators.values()
        for lever in animator.levers.values()
    }
    for lever in levers_.LEVERS:
        if lever.name in used:
            what = (
                f"{words.pick(LEVERS[lever.name])} : coût d’une occurrence"
                if words.french
                else f"cost of: {words.pick(LEVERS[lever.name])}"
            )
            spread = f"{words.number(lever.low_keur)} – {words.number(lever.high_keur)} k€"
            row = {
                "name": what,
                "value": f"{words.number(lever.cost_keur)} k€",
                "range": spread,
                "kind": words.pick(TYPES["A"]),
            }
            rows.append({key: words.spaced(text) for key, text in row.items()})
    rules = scenarios[0].rules
    for one in parameters.PARAMETERS:
        if one.switch:
            continue
        value = getattr(rules, one.name)
        if one.kind in ("D", "S", "C", "scenario") or value != one.default:
            rows.append(
                {
                    "name": words.spaced(f"{PARAMETERS_FR.get(one.name, one.doc) if words.french else one.doc} ({one.name})"),
                    "value": words.number(value),
                    "range": f"{words.number(one.low)} – {words.number(one.high)}",
                    "kind": words.pick(TYPES[one.kind]),
                }
            )
    return rows


def _again(words: Language) -> str:
    return words.spaced(
        "Le dossier de ce rapport contient tout : l’expérience (experiment.yaml), les scénarios résolus "
        "(scenarios.json), les tableaux "
        "(Parquet, Excel). La commande suivante refait le calcul ; mêmes versions, mêmes bits."
        if words.french else "The folder of this report holds everything: the experiment (experiment.yaml), the resolved scenarios "
        "(scenarios.json), the tables (Parquet, Excel). The command below computes it again; same versions, same bits."
    )  # fmt: skip


def _command(result: ExperimentResult, words: Language) -> str:
    file = shlex.quote(f"{result.path.name}/{names.EXPERIMENT}")
    lines = [f"alliancesim sweep experiment={file} output=again", f"alliancesim report again language={words.code}"]
    return "\n".join(lines)


def _identity(result: ExperimentResult, words: Language) -> str:
    seeds = result.runs["seed"]
    manifest = result.manifest
    versions = ", ".join(f"{name} {manifest['versions'][name]}" for name in ("python", "numpy", "numba"))
    if words.french:
        return words.spaced(
            f"Identité {manifest['identity']} ; germes {seeds.min()} à {seeds.max()} ; code {manifest['code_version']} ; {versions}."
        )
    return f"Identity {manifest['identity']}; seeds {seeds.min()} to {seeds.max()}; code {manifest['code_version']}; {versions}."
