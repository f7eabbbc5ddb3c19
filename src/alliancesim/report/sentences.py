"""Sentences of a report, made from its facts."""

from __future__ import annotations

from math import isfinite
from typing import Any

from alliancesim.report.findings import DAY_KEUR, LEAST_UNITS, SURE, Cost, Difference, Dose, Group
from alliancesim.report.vocabulary import LEVERS, OBSERVABLES, RESOURCES
from alliancesim.report.words import NBSP, Language


def futures(count: int, of: int, words: Language) -> str:
    """In how many futures something holds: "in 7 futures out of 10", or the very counts where tenths would round."""
    if count == of == 1:
        text = ("dans le seul futur simulé", "in the only simulated future")
    elif count == of:
        text = (f"dans les {of} futurs simulés", f"in all {of} simulated futures")
    elif of % 10 == 0 and (10 * count) % of == 0:
        tenths = 10 * count // of
        en, fr = ("future", "futur") if tenths == 1 else ("futures", "futurs")
        text = (f"dans {tenths} {fr} sur 10", f"in {tenths} {en} out of 10")
    else:
        text = (f"dans {count} des {of} futurs simulés", f"in {count} of the {of} simulated futures")
    return text[0] if words.french else text[1]


def estimate(fact: Difference, words: Language) -> tuple[str, str, str, str]:
    """Difference with its unit, and bounds without (signed); the two means: each with the decimals that it deserves."""
    factor = words.factor(fact.observable)
    low, high, value = fact.low * factor, fact.high * factor, fact.difference * factor
    places = words.places(low, high, value)
    unit = _unit(fact.observable, words)
    low_text, high_text = words.fixed(low, places, sign=True), words.fixed(high, places, sign=True)
    home, mean = words.fixed(fact.home * factor, places), words.fixed(fact.mean * factor, places)
    spread = f"de {home} à {mean}" if words.french else f"from {home} to {mean}"
    if OBSERVABLES[fact.observable].unit == "points":
        spread += f"{NBSP}%" if words.french else "%"
    return f"{words.fixed(value, places, sign=True)}{unit}", low_text, high_text, spread


def nothing(of: int, home: str, words: Language) -> str:
    """That a scenario changes nothing at all."""
    where = futures(of, of, words)
    text = (
        f"Aucun indicateur ne diffère de {words.quoted(home)} {where}."
        if words.french else f"Nothing that is counted differs from {words.quoted(home)} {where}."
    )  # fmt: skip
    return words.spaced(text)


def _unit(name: str, words: Language) -> str:
    unit = OBSERVABLES[name].unit
    if unit == "points":
        return f"{NBSP}points" if words.french else f"{NBSP}percentage points"
    return f"{NBSP}k€" if unit == "keur" else ""


def difference(fact: Difference, home: str, words: Language) -> str:
    """A paired difference in words."""
    observable = OBSERVABLES[fact.observable]
    subject = words.pick(observable.subject)
    value, low, high, spread = estimate(fact, words)
    up = fact.difference > 0
    count = fact.higher if up else fact.lower
    if fact.higher == fact.lower == 0:
        where = futures(fact.n, fact.n, words)
        text = (
            f"{subject} est {'la même' if observable.feminine else 'le même'} qu’avec {words.quoted(home)} {where}."
            if words.french else f"{subject} is the same as with {words.quoted(home)} {where}."
        )  # fmt: skip
    elif fact.n < 2:
        text = (
            f"{subject} : écart de {value} dans le seul futur simulé, ce qui ne permet aucun intervalle."
            if words.french else f"{subject}: a difference of {value} in the only simulated future, which gives no interval."
        )  # fmt: skip
    elif not fact.clear:
        where = futures(count, fact.n, words)
        more = ("au-dessus" if up else "en dessous") if words.french else ("higher" if up else "lower")
        text = (
            f"pas d’écart net pour {subject} : {value} en moyenne (intervalle à 95 % : de {low} à {high}), {more} {where}."
            if words.french else f"no clear difference in {subject}: {value} on average (95% interval {low} to {high}), {more} {where}."
        )  # fmt: skip
    elif words.french:
        ending = "e" if observable.feminine else ""
        adjective = f"plus élevé{ending}" if up else f"moins élevé{ending}"
        text = (
            f"{futures(count, fact.n, words)}, {subject} est {adjective} qu’avec {words.quoted(home)} : {value} en moyenne, {spread} "
            f"(intervalle à 95 % de l’écart : de {low} à {high})."
        )
    else:
        adjective = "higher" if up else "lower"
        text = (
            f"{futures(count, fact.n, words)}, {subject} is {adjective} than with {words.quoted(home)}: {value} on average, {spread} "
            f"(95% interval of the difference {low} to {high})."
        )
    return words.spaced(text[0].upper() + text[1:])


def cost(fact: Cost, words: Language) -> str:
    """Money for each further lasting alliance, in words."""
    extra, levers, days = words.number(fact.extra), words.number(fact.levers), words.number(fact.extra - fact.levers)
    day = words.number(DAY_KEUR)
    if words.french:
        more = f"{extra} k€ de plus sur la durée ({levers} k€ pour les leviers, {days} k€ de temps de travail à {day} k€ la journée)"
    else:
        more = f"{extra} k€ more over the run ({levers} k€ for levers, {days} k€ of working time at {day} k€ a day)"
    if fact.extra < 0:
        less, levers, days = (
            words.number(-fact.extra),
            words.signed(fact.levers),
            words.signed(fact.extra - fact.levers),
        )
        more = (
            f"{less} k€ de moins sur la durée (leviers {levers} k€, temps de travail {days} k€, à {day} k€ la journée)"
            if words.french else f"{less} k€ less over the run (levers {levers} k€, working time {days} k€, at {day} k€ a day)"
        )  # fmt: skip
    if not isfinite(fact.cost):
        why = _WHY_NO_COST[0 if not fact.clear else 1 if fact.gain < 0 else 2]
        text = f"{more}, {words.pick(why)}."
        return words.spaced(text)
    value, low, high = (words.number(one) for one in (fact.cost, fact.low, fact.high))
    if words.french:
        spread = f"de {low} à {high} k€" if isfinite(fact.high) else f"à partir de {low} k€, sans borne haute"
        text = f"Chaque alliance durable supplémentaire coûte {value} k€ (intervalle à 95 % : {spread}) : {more}."
    else:
        spread = f"{low} to {high} k€" if isfinite(fact.high) else f"from {low} k€, without an upper bound"
        text = f"Each further lasting alliance costs {value} k€ (95% interval {spread}): {more}."
    return words.spaced(text)


_WHY_NO_COST = (
    ("without a clear gain of lasting alliances: no cost for each of them can be given",
     "sans gain net d’alliances durables : aucun coût par alliance ne peut être avancé"),
    ("for clearly fewer lasting alliances", "pour nettement moins d’alliances durables"),
    ("for clearly more lasting alliances", "pour nettement plus d’alliances durables"),
)  # fmt: skip


def short_run(months: int, term: int, first: int, words: Language) -> str:
    """Why lasting alliances are few in a short run."""
    if first == 0:
        text = (
            f"La simulation porte sur {months} mois : aucune alliance ne peut y durer {term} mois. Le nombre d’alliances durables et leur coût n’y ont pas de sens."
            if words.french else f"The run is of {months} months: no alliance can have lived {term} months in it. The number of lasting alliances and their cost mean nothing here."
        )  # fmt: skip
    else:
        when_fr = "le premier mois" if first == 1 else f"les {first} premiers mois"
        when_en = "the first month" if first == 1 else f"the first {first} months"
        text = (
            f"La simulation porte sur {months} mois : seules les alliances fondées {when_fr} peuvent compter comme durables. Leur nombre et leur coût sont à lire avec prudence ; une simulation plus longue dirait mieux."
            if words.french else f"The run is of {months} months: only alliances founded in {when_en} can count as lasting. Their number and their cost are to be read with care; a longer run would say more."
        )  # fmt: skip
    return words.spaced(text)


def scenario(doses: list[Dose], resources: str, others: list[tuple[str, Any, Any]], words: Language) -> str:
    """What is done in a scenario, by which animator; means; what else differs from the reference."""
    by_animator: dict[str, list[str]] = {}
    for one in doses:
        by_animator.setdefault(one.animator, []).append(_dose(one, words))
    parts = [words.listed(said) for said in by_animator.values()]
    text = " ; ".join(parts) if words.french else "; ".join(parts)
    if not parts:
        text = "aucune animation" if words.french else "no animation"
    level = words.pick(RESOURCES[resources]) if resources in RESOURCES else resources
    text += f". Moyens des organisations : {level}" if words.french else f". Means of organisations: {level}"
    if others:
        shown = [_changed(*one, words) for one in others[:6]]
        if len(others) > 6:
            shown.append(f"{len(others) - 6} autres clés" if words.french else f"{len(others) - 6} further keys")
        text += (
            ". Diffère aussi de la référence par : " if words.french else ". Also differs from the reference by: "
        ) + words.listed(shown)
    return words.spaced(f"{text}.")


def _changed(key: str, value: Any, home: Any, words: Language) -> str:
    than = "au lieu de" if words.french else "for"
    shown, was = (
        words.number(one, 6) if isinstance(one, float) else "–" if one is None else str(one) for one in (value, home)
    )
    return f"{key} = {shown} ({than} {was})"


def _dose(one: Dose, words: Language) -> str:
    text = words.pick(LEVERS[one.lever])
    said = []
    if one.per_year > 0:
        said.append(f"{words.number(one.per_year)} par an" if words.french else f"{words.number(one.per_year)} a year")
    if one.start > 1:
        said.append(f"à partir du mois {one.start}" if words.french else f"from month {one.start}")
    if one.end is not None:
        said.append(f"jusqu’au mois {one.end}" if words.french else f"to month {one.end}")
    keur = words.number(one.keur)
    if one.per_year > 0:
        said.append(
            f"{keur} k€ chacune"
            if words.french and one.lever in _FEMININE
            else f"{keur} k€ chacun"
            if words.french
            else f"{keur} k€ each"
        )
    else:
        said.append(f"{keur} k€ par an" if words.french else f"{keur} k€ a year")
    return f"{text} ({', '.join(said)})"


_FEMININE = ("event", "matchmaking")


def unpaid(times: float, words: Language) -> str:
    """Levers that found no money."""
    shown = words.number(times)
    text = (
        f"Argent insuffisant : en moyenne, {shown} occurrences ou mois de leviers n’ont pas pu être payés et n’ont pas eu lieu."
        if words.french else f"Money ran short: on average {shown} occurrences or months of levers could not be paid for and did not take place."
    )  # fmt: skip
    return words.spaced(text)


def counted(replicates: int, home: str, shared: bool, failed: int, words: Language) -> str:
    """How scenarios are compared."""
    number = words.number(replicates)
    if words.french:
        of = f"{number} futurs simulés" if replicates > 1 else "un seul futur simulé"
        text = f"Chaque scénario est comparé à {words.quoted(home)} sur {of}"
        text += (
            ", un à un : les mêmes hasards s’y produisent, seul le scénario change."
            if shared else ", tirés indépendamment : une part de chaque écart tient au hasard des tirages."
        )  # fmt: skip
        text += " Un intervalle à 95 % entoure chaque écart ; s’il contient zéro, l’écart n’est pas net."
        if failed:
            text += f" {failed} simulation{'s ont' if failed > 1 else ' a'} échoué et manque{'nt' if failed > 1 else ''} ici (failures.parquet)."
    else:
        of = f"{number} simulated futures" if replicates > 1 else "a single simulated future"
        text = f"Each scenario is compared with {words.quoted(home)} over {of}"
        text += (
            ", one by one: the same chances occur in both, only the scenario changes."
            if shared else ", drawn independently: part of each difference is the chance of the draws."
        )  # fmt: skip
        text += " Every difference has a 95% interval; where it holds zero, there is no clear difference."
        if failed:
            text += f" {failed} run{'s' if failed > 1 else ''} failed and {'are' if failed > 1 else 'is'} missing here (failures.parquet)."
    return words.spaced(text)


def order(label: str, p_best: float, words: Language) -> str:
    """Which scenario comes first by lasting alliances, if one does."""
    if p_best != p_best:
        return ""
    sure = words.chance(p_best)
    if p_best >= SURE:
        text = (
            f"Par le nombre d’alliances durables, {words.quoted(label)} arrive en tête (probabilité d’être le premier en moyenne : {sure})."
            if words.french else f"By the number of lasting alliances, {words.quoted(label)} comes first (probability to be the first on average: {sure})."
        )  # fmt: skip
    else:
        text = (
            f"Par le nombre d’alliances durables, aucun scénario n’arrive nettement en tête ({words.quoted(label)} est le premier en moyenne avec une probabilité de {sure})."
            if words.french else f"By the number of lasting alliances, no scenario clearly comes first ({words.quoted(label)} is the first on average with probability {sure})."
        )  # fmt: skip
    return words.spaced(text)


def groups(found: list[Group], words: Language) -> list[str]:
    """Kinds of organisations that gain, that do not, that lose."""
    more = [one for one in reversed(found) if one.clear and one.change > 0]
    none = [one for one in found if not one.clear]
    less = [one for one in found if one.clear and one.change < 0]
    said = []
    if less:
        said.append(
            ("S’engagent moins : " if words.french else "Engaged less: ")
            + words.listed([_group(one, words) for one in less])
        )
    if none:
        said.append(
            ("Sans changement net : " if words.french else "No clear change: ")
            + words.listed([words.kind(one.name) for one in none])
        )
    if more:
        said.append(
            ("S’engagent davantage : " if words.french else "Engaged more: ")
            + words.listed([_group(one, words) for one in more])
        )
    if not said:
        said.append(
            f"Aucune catégorie ne compte assez d’organisations ({LEAST_UNITS} ou plus) pour être décrite"
            if words.french else f"No kind has enough organisations ({LEAST_UNITS} or more) to be told"
        )  # fmt: skip
    return [words.spaced(f"{text}.") for text in said]


def _group(one: Group, words: Language) -> str:
    places = words.places(100 * one.low, 100 * one.high, 100 * one.change)
    return f"{words.kind(one.name)} ({words.fixed(100 * one.change, places, sign=True)}{NBSP}points)"


def deprived(
    found: list[Group], needs: Difference | None, everyone: Difference | None, rule: bool, words: Language
) -> list[str]:
    """Deprived squares beside the others: organisations engaged, needs met."""
    if needs is None:
        text = (
            "Aucun habitant de quartier prioritaire n’est placé sur ce territoire"
            + (" par la règle du modèle" if rule else "")
            + " : rien ne peut être dit de ces quartiers."
            if words.french else "No inhabitant of a deprived district is placed on this territory"
            + (" by the rule of the model" if rule else "")
            + ": nothing can be said of such districts."
        )  # fmt: skip
        return [words.spaced(text)]
    said = []
    by_name = {one.name: one for one in found}
    if "most" in by_name and "least" in by_name:
        most, least = (_points(by_name[name], words) for name in ("most", "least"))
        said.append(
            f"Organisations engagées : {most} dans les carreaux les plus défavorisés (un tiers des habitants), {least} dans les moins défavorisés (un tiers)."
            if words.french else f"Engaged organisations: {most} in the most deprived squares (a third of inhabitants), {least} in the least deprived (a third)."
        )  # fmt: skip
    if everyone is not None:
        shown = []
        for fact in (everyone, needs):
            value, low, high, _ = estimate(fact, words)
            verdict = "" if fact.clear else (", pas d’écart net" if words.french else ", no clear difference")
            shown.append(
                f"{value} ({low} à {high}{verdict})" if words.french else f"{value} ({low} to {high}{verdict})"
            )
        said.append(
            f"Besoins couverts : {shown[0]} pour l’ensemble des habitants, {shown[1]} en quartier prioritaire."
            if words.french else f"Needs met: {shown[0]} for all inhabitants, {shown[1]} in deprived districts."
        )  # fmt: skip
    return [words.spaced(text) for text in said]


def _points(one: Group, words: Language) -> str:
    places = words.places(100 * one.low, 100 * one.high, 100 * one.change)
    low, high = (words.fixed(100 * value, places, sign=True) for value in (one.low, one.high))
    value = words.fixed(100 * one.change, places, sign=True)
    verdict = "" if one.clear else (", pas d’écart net" if words.french else ", no clear difference")
    return f"{value}{NBSP}points ({low} {'à' if words.french else 'to'} {high}{verdict})"
