"""The report of an experiment's folder: facts, figures and words put into the page."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.comparison.comparing import Comparison
from alliancesim.errors import UserError
from alliancesim.experiments import folder as names
from alliancesim.experiments.opened import ExperimentResult, open_experiment
from alliancesim.report import excel, figures, findings, many, numbers, sentences
from alliancesim.report.vocabulary import LIMITS, OBSERVABLES, SOURCES, TYPOLOGIES_FR
from alliancesim.report.words import LANGUAGES, Language
from alliancesim.scenario.uncertainty import drawn_names

if TYPE_CHECKING:
    from alliancesim.scenario import Scenario

MOST_SCENARIOS = 12
"""Points that a report tells one by one; of more it tells the spread and the order."""
SAMPLED = 40
"""Points of a large design whose scenarios are looked at for the numbers behind."""


def write_report(folder: str | os.PathLike[str], language: str = "en", reference: int | str = 0) -> Path:
    """Write the report of an experiment or a comparison, and its tables for a spreadsheet.

    Parameters
    ----------
    folder : path
    language : {"en", "fr"}
    reference : int or str
        Point, or its label, that the others are compared with (up to 12 points; more are not told one by one).

    Returns
    -------
    Path
        ``report_<language>.html`` in the folder; ``tables_<language>.xlsx`` stands beside it, where openpyxl is installed.

    Raises
    ------
    UserError
        Unknown language or reference; a folder that is no finished experiment; forums alone; no run that ended well.
    """
    if language not in LANGUAGES:
        raise UserError(f"language: found {language!r}, expected one of {', '.join(LANGUAGES)}")
    result = open_experiment(folder)
    if result.experiment.subject != "territory":
        raise UserError(f"{folder}: an experiment of forums alone, expected one of territories")
    if not len(result.runs):
        raise UserError(f"{folder}: no run ended well (failures.parquet says why), expected one or more")
    words = Language(language)
    if len(result.design) > MOST_SCENARIOS:
        content, sheets = _of_many(result, words)
    else:
        content, sheets = _of_few(Comparison(result, reference), words)
    path, book = result.path / f"report_{language}.html", result.path / f"tables_{language}.xlsx"
    about = _about(result, words)
    wrote = excel.installed()
    try:
        if wrote:
            excel.write(book, [(words["about"], about, {}), *sheets], finished_on(result), _title(result, words))
        names.write_text(path, _page(result, {**content, "excel": _excel(book.name, wrote, words)}, words))
    except OSError as error:
        where = error.filename or path
        raise UserError(f"{where}: cannot be written ({(error.strerror or str(error)).lower()})") from None
    return path


def _page(result: ExperimentResult, content: dict[str, Any], words: Language) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("alliancesim.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        words=words,
        title=_title(result, words),
        dateline=_dateline(result, words),
        question=words.typeset(result.experiment.question or ""),
        limits=[words.spaced(text) for text in LIMITS[words.code]],
        again=_again(words),
        command=_command(result, words),
        identity=_identity(result, words),
        **content,
    )


def _title(result: ExperimentResult, words: Language) -> str:
    name = result.experiment.name
    return words.typeset(
        result.experiment.title or (words["comparison"] if name in ("comparison", "experiment") else name)
    )


def _of_few(comparison: Comparison, words: Language) -> tuple[dict[str, Any], list[excel.Sheet]]:
    """A page that tells scenarios one by one, and its sheets."""
    from alliancesim.engine import make_territory

    result, home = comparison.result, comparison.reference
    scenarios = [result.scenario(point) for point in range(len(comparison.labels))]
    territory = make_territory(scenarios[home])
    place = findings.place(result, scenarios)
    others = [point for point in range(len(comparison.labels)) if point != home]
    found = {point: findings.differences(comparison, point) for point in others}
    costs = findings.costs(comparison)
    told = place.shared and (result.path / names.ORGANISATIONS).exists()
    mapped = place.fixed and (result.path / names.CELLS).exists()
    kinds = {point: findings.kinds(comparison, point) for point in others} if told else {}
    thirds = {point: findings.thirds(comparison, point) if told and mapped else [] for point in others}
    money = {point: findings.money(one) for point, one in enumerate(scenarios)}
    behind = numbers.numbers(scenarios, territory, _drawn(result, range(len(result.design))), words)
    failed = int(result.manifest["rows"].get(names.FAILURES, 0))
    last = scenarios[home]
    notes = []
    if last.months < 2 * int(last.rules.term):
        notes.append(sentences.short_run(last.months, int(last.rules.term), findings.months_that_last(last), words))
    content = {
        "territory": _territory(territory, place, words),
        "map": figures.png(figures.territory_map(territory, words)),
        "map_alt": _alt("map", territory.name, words),
        "map_note": _map_note(words),
        "scenarios": [
            (label, _scenario(one, scenarios[home], words))
            for label, one in zip(comparison.labels, scenarios, strict=True)
        ],
        "reference": home,
        "money": _money(comparison.labels, money, words),
        "how_counted": sentences.counted(
            comparison.replicates, comparison.labels[home], result.experiment.common_random_numbers, failed, words
        ),
        "findings": [
            (comparison.labels[point], _said(comparison, point, found[point], costs.get(point), words))
            for point in others
        ],
        "order": [*notes, *(_order(comparison, words) if findings.months_that_last(last) else [])],
        "figures": _figures(comparison, costs, kinds, mapped, words),
        "left_out": _left_out(comparison, found, kinds, thirds, territory, words),
        "definitions": _definitions([name for name in OBSERVABLES if name in result.runs.columns], words),
        "resting": _resting(words),
        "numbers": behind,
    }
    return content, excel.of_few(comparison, found, costs, kinds, money, behind, words)


def _of_many(result: ExperimentResult, words: Language) -> tuple[dict[str, Any], list[excel.Sheet]]:
    """A page that tells the spread over points and their order, and its sheets."""
    from alliancesim.engine import make_territory

    count = len(result.design)
    sampled = sorted({point * (count - 1) // (SAMPLED - 1) for point in range(SAMPLED)})
    scenarios = [result.scenario(point) for point in sampled]
    territory = make_territory(scenarios[0])
    place = findings.place(result, scenarios)
    table, kept = many.means(result), many.observables(result)
    by = many.ORDER_BY if many.ORDER_BY in kept else kept[0] if kept else None
    spread = many.spread(table, kept)
    order = many.order(result, table, by) if by else None
    behind = numbers.numbers(scenarios, territory, {**_drawn(result, sampled), **_varied(result)}, words)
    drawn = []
    if by:
        name = words.observable(by)
        drawn.append(
            (words["spread_title"], figures.png(figures.spread(table, kept, words)), "", _alt("spread", "", words))
        )
        against = figures.against_factors(table, many.factors(result), by, words)
        if against is not None:
            drawn.append(
                (words["factors_title"], figures.png(against), _dots_note(words), _alt("factors", name, words))
            )
    content = {
        "territory": _territory(territory, place, words),
        "map": figures.png(figures.territory_map(territory, words)),
        "map_alt": _alt("map", territory.name, words),
        "map_note": _map_note(words),
        "design": many.described(result, int(result.manifest["rows"].get(names.FAILURES, 0)), words),
        "factors": many.factor_rows(result, words),
        "spread": many.spread_rows(spread, words),
        "ordered": [] if order is None or by is None else many.order_rows(order, by, words),
        "ordered_by": "" if by is None else words.observable(by),
        "figures": drawn,
        "definitions": _definitions(kept, words),
        "resting": _resting(words),
        "numbers": behind,
    }
    return content, excel.of_many(result, table, spread, order, by or "", behind, words)


def _varied(result: ExperimentResult) -> dict[str, list[float]]:
    """Parameters that are factors, with the values they took."""
    import pandas as pd

    found = {}
    for name in many.factors(result):
        values = pd.to_numeric(result.design[name], errors="coerce").dropna()
        if name.startswith("rules.") and len(values):
            found[name.removeprefix("rules.")] = sorted({float(one) for one in values})
    return found


def _drawn(result: ExperimentResult, points: Iterable[int]) -> dict[str, list[float]]:
    """Parameters that replicates draw, with the values they took at some points."""
    found: dict[str, set[float]] = {}
    for point in points:
        if not result.scenario(point).uncertainty.on:
            continue
        for replicate in range(1, int(result.manifest["replicates_done"]) + 1):
            scenario = result.scenario(point, replicate)
            for name in drawn_names(scenario.uncertainty):
                found.setdefault(name, set()).add(float(getattr(scenario.rules, name)))
    return {name: sorted(values) for name, values in found.items()}


def finished_on(result: ExperimentResult) -> date:
    """Day on which the experiment ended, by its log; by the manifest's time (UTC) where there is no log."""
    log = result.path / names.LOG
    if log.is_file():
        days = [line[:10] for line in log.read_text(encoding="utf-8").splitlines() if " complete: " in line]
        try:
            return date.fromisoformat(days[-1])
        except (IndexError, ValueError):  # a log that somebody cut
            pass
    return datetime.fromtimestamp((result.path / names.MANIFEST).stat().st_mtime, UTC).date()


def _dateline(result: ExperimentResult, words: Language) -> str:
    day, version = words.date(finished_on(result)), result.manifest["versions"]["alliancesim"]
    model = result.manifest["model_version"]
    if words.french:
        return words.spaced(f"Calcul du {day}, alliancesim {version}, version {model} du modèle.")
    return f"Computed on {day} with alliancesim {version}, model version {model}."


def _territory(territory: Any, place: findings.Place, words: Language) -> str:
    people, deprived = words.number(territory.population, 9), words.percent(territory.deprived_share)
    communes = words.number(int((territory.cells.loc[territory.cells["reported"], "commune"]).nunique()))
    area = words.number(territory.area_km2, 4)
    real, rule = territory.origin == "real", "deprived_share" in territory.synthetic
    synthetic = "population" in territory.synthetic
    if words.french:
        plural = "communes" if communes not in ("0", "1") else "commune"
        text = f"{_french_name(territory.name)} : {people} habitants, {communes} {plural}, {area} km². "
        text += f"Part des habitants en quartier prioritaire : {deprived}"
        text += ", selon une règle du modèle et non selon un relevé. " if rule and not synthetic else ". "
        if real:
            text += "Lieu réel : sa population par commune est une donnée publique ; ses organisations sont fictives."
        else:
            text += (
                "Territoire fictif, organisations fictives."
                if synthetic
                else "Territoire décrit par des tableaux fournis."
            )
        if place.count > 1:
            text += f" Les scénarios portent sur {place.count} territoires ou plus ; la carte est celle d’un seul."
        elif not place.fixed:
            text += " Chaque futur tire son propre territoire ; la carte est celle du premier."
    else:
        plural = "communes" if communes not in ("0", "1") else "commune"
        text = f"{territory.name}: {people} inhabitants, {communes} {plural}, {area} km². "
        text += f"Share of inhabitants in deprived districts: {deprived}"
        text += ", by a rule of the model and not by a census. " if rule and not synthetic else ". "
        if real:
            text += "A real place: its inhabitants by commune are public data; its organisations are synthetic."
        else:
            text += (
                "Synthetic territory, synthetic organisations."
                if synthetic
                else "A territory described by tables handed in."
            )
        if place.count > 1:
            text += f" Scenarios are of {place.count} territories or more; the map is of one of them."
        elif not place.fixed:
            text += " Each future draws a territory of its own; the map is the first’s."
    return words.typeset(text)


def _french_name(name: str) -> str:
    """Name of a synthetic territory in French; real names as they are."""
    for english, french in TYPOLOGIES_FR.items():
        if name.startswith(f"{english}, synthetic (seed "):
            return name.replace(f"{english}, synthetic (seed ", f"{french}, fictif (germe ", 1)
    return name


def _map_note(words: Language) -> str:
    return words.spaced(
        "Habitants : échelle logarithmique. Aucune organisation ne figure sur la carte : elles sont fictives."
        if words.french else "Inhabitants on a logarithmic scale. No organisation is on the map: they are synthetic."
    )  # fmt: skip


def _dots_note(words: Language) -> str:
    return words.spaced(
        "Un point du plan par marque, moyenne de ses futurs ; les autres facteurs varient en même temps."
        if words.french else "A mark for each point of the design, the mean of its futures; other factors vary at the same time."
    )  # fmt: skip


def _scenario(scenario: Scenario, home: Scenario, words: Language) -> str:
    others = findings.other_changes(scenario, home)
    return sentences.scenario(findings.doses(scenario), scenario.resources, others, words)


def _money(labels: list[str], money: dict[int, list[findings.Source]], words: Language) -> dict[str, Any] | None:
    """Table of money by scenario, source and year; none where nobody pays."""
    rows, years = [], max((len(one.years) for found in money.values() for one in found), default=0)
    for point, label in enumerate(labels):
        for one in money[point]:
            amounts = [*one.years, *([0.0] * (years - len(one.years)))]
            kind = words.pick(SOURCES[one.kind])
            shown = amounts if years <= 10 else []
            rows.append([label, kind, *(words.number(amount, 6) for amount in shown), words.number(sum(amounts), 6)])
    if not rows:
        return None
    heads = [f"{words['year']} {year}" for year in range(1, years + 1)] if years <= 10 else []
    return {"heads": [words["scenario"], words["source"], *heads, words["total"]], "rows": rows}


def _said(
    comparison: Comparison, point: int, found: list[findings.Difference], cost: findings.Cost | None, words: Language
) -> list[str]:
    home = comparison.labels[comparison.reference]
    facts = [fact for fact in found if fact.observable != "spend_keur"]
    if facts and all(fact.higher == fact.lower == 0 for fact in facts):
        said = [sentences.nothing(facts[0].n, home, words)]
    else:
        said = [sentences.difference(fact, home, words) for fact in facts]
    if cost is not None and abs(cost.extra) > 1e-9:
        said.append(sentences.cost(cost, words))
    short = findings.unpaid(comparison.result, point)
    if short > 0:
        said.insert(0, sentences.unpaid(short, words))
    return said


def _order(comparison: Comparison, words: Language) -> list[str]:
    if len(comparison.labels) < 3 or "lasting_alliances" not in comparison.result.runs:
        return []
    first = comparison.ranking().iloc[0]
    text = sentences.order(str(first["label"]), float(first["p_best"]), words)
    return [text] if text else []


def _figures(
    comparison: Comparison,
    costs: dict[int, findings.Cost],
    kinds: dict[int, list[findings.Group]],
    mapped: bool,
    words: Language,
) -> list[tuple[str, str, str, str]]:
    """Heading, picture, note and alternative text of each figure."""
    hollow = (
        "Marque creuse et grise : l’intervalle contient zéro."
        if words.french
        else "Hollow and grey: the interval holds zero."
    )
    means = (
        "Point : écart moyen ; trait : intervalle à 95 %. "
        if words.french
        else "Dot: mean difference; bar: 95% interval. "
    )
    bands = "Traits : moyennes ; bandes : 80 % des futurs." if words.french else "Lines: means; bands: 80% of futures."
    drawn: list[tuple[str, Any, str, str]] = [
        ("differences", figures.differences(comparison, words), means + hollow, words["differences_title"]),
        ("over_time", figures.over_time(comparison, words), bands, words["over_time_title"]),
    ]
    if mapped:
        where = (
            "Moyenne sur les futurs, à la même échelle pour tous les scénarios ; un carreau isolé peut ne devoir sa couleur qu’au hasard. Organisations fictives."
            if words.french else "Mean over futures, on one scale for all scenarios; a single square may owe its colour to chance alone. Organisations are synthetic."
        )  # fmt: skip
        curve = (
            "Au-dessus de la diagonale : le gain va davantage aux carreaux les plus défavorisés."
            if words.french else "Above the diagonal: the gain goes more to the most deprived squares."
        )  # fmt: skip
        drawn.append(("reach", figures.reach(comparison, words), where, words["reach_title"]))
        drawn.append(("concentration", figures.concentration(comparison, words), curve, words["concentration_title"]))
    priced = (
        f"Trait : intervalle à 95 %. Temps de travail compté à {words.number(findings.DAY_KEUR)} k€ la journée."
        if words.french else f"Bar: 95% interval. Working time at {words.number(findings.DAY_KEUR)} k€ a day."
    )  # fmt: skip
    drawn.append(("cost", figures.cost(comparison, costs, words), priced, words["cost_title"]))
    note = (
        "Entre parenthèses : nombre d’organisations fictives. "
        if words.french
        else "In brackets: synthetic organisations. "
    )
    for point, found in kinds.items():
        if found:
            heading = f"{words['who_title']}{words.colon} {comparison.labels[point]}"
            drawn.append(("who", figures.who(found, point, words), note + hollow, heading))
    labels = words.listed([words.quoted(label) for label in comparison.labels])
    return [
        (heading, figures.png(figure), words.spaced(text), _alt(name, labels if name != "who" else heading, words))
        for name, figure, text, heading in drawn if figure is not None
    ]  # fmt: skip


def _alt(name: str, what: str, words: Language) -> str:
    """What a picture shows, for who does not see it."""
    said = {
        "map": ("Map by square of inhabitants and of the share in deprived districts: {}", "Carte par carreau des habitants et de la part en quartier prioritaire : {}"),
        "differences": ("Mean differences from the reference with their intervals, observable by observable; the sentences above give the numbers. Scenarios: {}", "Écarts moyens à la référence et leurs intervalles, indicateur par indicateur ; les phrases ci-dessus donnent les chiffres. Scénarios : {}"),
        "over_time": ("Means of each scenario year after year, with bands of 80% of futures: {}", "Moyennes de chaque scénario année après année, avec des bandes de 80 % des futurs : {}"),
        "reach": ("Maps of engaged organisations more or less than in the reference, by square: {}", "Cartes des organisations engagées en plus ou en moins par rapport à la référence, par carreau : {}"),
        "concentration": ("Cumulated share of the gain in needs met against inhabitants, the most deprived first: {}", "Part cumulée du gain de besoins couverts selon les habitants, des plus défavorisés aux autres : {}"),
        "cost": ("Cost of a further lasting alliance with its interval: {}", "Coût d’une alliance durable supplémentaire et son intervalle : {}"),
        "who": ("Net change by kind of organisation, with intervals; told below under who is left out. {}", "Variation nette par catégorie d’organisations, avec intervalles ; décrite plus bas, à « Qui reste à l’écart ». {}"),
        "spread": ("Histograms of the means of points, observable by observable; the table gives the quantiles. {}", "Histogrammes des moyennes des points, indicateur par indicateur ; le tableau donne les quantiles. {}"),
        "factors": ("Means of points against each factor: {}", "Moyennes des points selon chaque facteur : {}"),
    }  # fmt: skip
    return words.pick(said[name]).format(what).strip()


def _left_out(
    comparison: Comparison,
    found: dict[int, list[findings.Difference]],
    kinds: dict[int, list[findings.Group]],
    thirds: dict[int, list[findings.Group]],
    territory: Any,
    words: Language,
) -> list[tuple[str, list[str]]]:
    if not kinds:
        text = (
            "Rien n’en est dit ici : il faut des organisations conservées (keep.organisations=true) et un même territoire pour tous les scénarios."
            if words.french else "Nothing is told of it here: it takes organisations that were kept (keep.organisations=true) and one territory for all scenarios."
        )  # fmt: skip
        return [("", [words.spaced(text)])]
    told = []
    for point, groups in kinds.items():
        facts = {fact.observable: fact for fact in found[point]}
        said = sentences.groups(groups, words)
        rule = "deprived_share" in territory.synthetic
        said += sentences.deprived(thirds[point], facts.get("need_met_deprived"), facts.get("need_met"), rule, words)
        told.append((comparison.labels[point], said))
    return told


def _definitions(kept: list[str], words: Language) -> list[tuple[str, str]]:
    return [(words.observable(name), words.pick(OBSERVABLES[name].meaning)) for name in kept]


def _resting(words: Language) -> str:
    return words.spaced(
        "Chaque chiffre est marqué : donnée, source (la note de recherche du RAMEAU, 2015), hypothèse, ou hypothèse à caler. La plage est celle dans laquelle il pourrait aussi bien se trouver. Les hypothèses sont les plus nombreuses."
        if words.french else "Each number is marked: data, source (the research note of Le RAMEAU, 2015), assumption, or assumption to be calibrated. The range is where it might as well lie. Most are assumptions."
    )  # fmt: skip


def _again(words: Language) -> str:
    return words.spaced(
        "Le dossier de ce rapport contient tout : l’expérience (experiment.yaml), les scénarios résolus (scenarios.json), les tableaux (Parquet). La commande suivante, lancée à côté du dossier, refait le calcul : avec les mêmes versions, les tableaux sont identiques au bit près. Si des réglages personnels avaient été donnés par --config-dir, il faut les redonner."
        if words.french else "The folder of this report holds everything: the experiment (experiment.yaml), the resolved scenarios (scenarios.json), the tables (Parquet). The command below, run beside the folder, computes it again: with the same versions, tables are identical to the bit. Configs of your own that were given by --config-dir have to be given again."
    )  # fmt: skip


def _command(result: ExperimentResult, words: Language) -> str:
    file = shlex.quote(f"{result.path.resolve().name}/{names.EXPERIMENT}")
    return f"alliancesim sweep experiment={file} output=again\nalliancesim report again language={words.code}"


def _facts(result: ExperimentResult, words: Language) -> list[tuple[str, Any]]:
    seeds, manifest = result.runs["seed"], result.manifest
    low, high = int(seeds.min()), int(seeds.max())
    return [
        (words["identity"], manifest["identity"]),
        (words["seed"], f"{low} {'à' if words.french else 'to'} {high}" if high > low else str(low)),
        ("code", manifest["code_version"]),
        *((name, manifest["versions"][name]) for name in ("python", "numpy", "numba") if name in manifest["versions"]),
    ]


def _identity(result: ExperimentResult, words: Language) -> str:
    return words.spaced(
        f"{' ; ' if words.french else '; '}".join(f"{name} {value}" for name, value in _facts(result, words)) + "."
    )


def _about(result: ExperimentResult, words: Language) -> excel.Table:
    """The first sheet: what the tables are of."""
    manifest = result.manifest
    note = words.spaced(
        "Organisations fictives. Le modèle n’est pas calé : ces chiffres n’annoncent l’avenir d’aucun lieu réel. Le rapport dit sur quoi ils reposent."
        if words.french else "Organisations are synthetic. The model is not calibrated: these numbers forecast no real place. The report says what they rest on."
    )  # fmt: skip
    rows: list[list[Any]] = [
        [words["name"], _title(result, words)],
        [words["question"], words.typeset(result.experiment.question or "–")],
        [words["date"], finished_on(result)],
        [words["replicates"], int(manifest["replicates_done"])],
        [words["runs"], len(result.runs)],
        [words["version"], manifest["versions"]["alliancesim"]],
        [words["model"], manifest["model_version"]],
        *([name, value] for name, value in _facts(result, words)),
        [words["note"], note],
    ]
    return excel.Table([words["about"], ""], rows)


def _excel(name: str, written: bool, words: Language) -> str:
    if written:
        text = (
            f"Les tableaux de ce rapport sont dans {name}."
            if words.french
            else f"The tables of this report are in {name}."
        )
    else:
        text = (
            "Le fichier Excel n’a pas été écrit : il demande l’extra alliancesim[excel]."
            if words.french else "The Excel file was not written: it needs the extra alliancesim[excel]."
        )  # fmt: skip
    return words.spaced(text)
