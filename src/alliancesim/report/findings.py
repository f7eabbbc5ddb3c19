"""What a report says of an experiment: facts in words of a language, made from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliancesim.report.words import LEVERS, OBSERVABLES, SOURCES, Language

if TYPE_CHECKING:
    from alliancesim.comparison import Comparison
    from alliancesim.scenario import Scenario

DAY_KEUR = 0.26
"""A person-day (assumption: a post of 55 kEUR a year)."""


def scenario_sentence(scenario: Scenario, words: Language) -> str:
    """What is done in a scenario: levers with doses, money by source."""
    from alliancesim import levers as definitions

    parts = []
    for animator in scenario.animation.animators.values():
        doses = []
        for lever in animator.levers.values():
            name = words.pick(LEVERS[lever.lever or ""])
            rate = definitions.BY_NAME[lever.lever or ""].per_year
            if rate == 0:
                doses.append(name)
            else:
                often = "par an" if words.french else "a year"
                doses.append(f"{name} ({words.number(float(lever.per_year or 0))} {often})")
        money: dict[str, float] = {}
        for source in animator.sources.values():
            money[source.kind] = money.get(source.kind, 0.0) + source.keur_per_year
        funds = [
            f"{words.number(amount)} k€ {words.pick(SOURCES[kind])} par an" if words.french
            else f"{words.number(amount)} k€ of {words.pick(SOURCES[kind])} money a year"
            for kind, amount in money.items() if amount > 0
        ]  # fmt: skip
        text = words.listed(doses)
        if funds:
            text += (" ; financement : " if words.french else "; funding: ") + words.listed(funds)
        parts.append(text)
    if not parts:
        text = "aucune animation" if words.french else "no animation"
    else:
        text = " / ".join(parts)
    means = {
        "scarce": ("scarce", "rares"),
        "moderate": ("moderate", "intermédiaires"),
        "abundant": ("abundant", "abondants"),
    }
    level = words.pick(means.get(scenario.resources, (scenario.resources, scenario.resources)))
    return words.spaced(f"{text}. Moyens : {level}." if words.french else f"{text}. Means: {level}.")


def sentence(row: Any, label: str, home: str, words: Language) -> str:
    """A paired difference in words."""
    name = row.observable
    shown = words.observable(name)
    difference, low, high = (words.amount(name, value, signed=True) for value in (row.difference, row.low, row.high))
    if not row.clear:
        text = (
            f"{shown} : pas d’écart net avec « {home} » ({difference} ; intervalle de {low} à {high})."
            if words.french else f"{shown}: no clear difference from “{home}” ({difference}; interval {low} to {high})."
        )  # fmt: skip
        return words.spaced(text[0].upper() + text[1:])
    up = row.difference > 0
    share = row.share_higher if up else row.share_lower
    tenths = round(10 * share)
    if words.french:
        futures = "Dans tous les futurs simulés" if share == 1 else f"Dans {tenths} futurs sur 10"
        text = f"{futures}, {shown} : {'plus' if up else 'moins'} qu’avec « {home} » ({difference} en moyenne ; intervalle de {low} à {high})."
    else:
        futures = "In every simulated future" if share == 1 else f"In {tenths} futures out of 10"
        text = f"{futures}, {shown}: {'more' if up else 'less'} than with “{home}” ({difference} on average; interval {low} to {high})."
    return words.spaced(text)


def cost_sentence(row: Any, words: Language) -> str:
    """Money for each further lasting alliance, in words."""
    more = words.number(row["extra_keur"])
    if row["cost"] == row["cost"]:
        cost, low, high = (words.number(row[key]) for key in ("cost", "cost_low", "cost_high"))
        text = (
            f"Chaque alliance durable supplémentaire coûte {cost} k€ d’animation (intervalle de {low} à {high} k€ ; "
            f"{more} k€ de plus en tout)."
            if words.french
            else f"Each further lasting alliance costs {cost} k€ of animation (interval {low} to {high} k€; {more} k€ more in all)."
        )
    else:
        text = (
            f"{more} k€ de plus en tout, sans gain net d’alliances durables : aucun coût unitaire ne peut être avancé."
            if words.french
            else f"{more} k€ more in all without a clear gain of lasting alliances: no cost for each of them can be given."
        )
    return words.spaced(text)


def findings(comparison: Comparison, words: Language) -> list[tuple[str, list[str]]]:
    """Sentences by scenario."""
    table = comparison.table(list(OBSERVABLES))
    costs = comparison.cost(costs={"day_keur": DAY_KEUR}).set_index("point")
    home = comparison.labels[comparison.reference]
    found = []
    for point, label in enumerate(comparison.labels):
        if point == comparison.reference:
            continue
        rows = [row for row in table[table["point"] == point].itertuples(index=False) if row.n > 0]
        said = [sentence(row, label, home, words) for row in rows if row.observable != "spend_keur"]
        if abs(costs.loc[point, "extra_keur"]) > 1e-9:
            said.append(cost_sentence(costs.loc[point], words))
        found.append((label, said))
    return found


def left_out(comparison: Comparison, words: Language) -> list[tuple[str, list[str]]]:
    """Kinds of organisations, and cells by deprivation, that a scenario reaches least."""
    found = []
    for point, label in enumerate(comparison.labels):
        if point == comparison.reference:
            continue
        table = comparison.attribution(point, "kind")
        table = table[table["units"] >= 5].sort_values("change", kind="stable")
        clear = table[(table["low"] > 0)]
        none = [words.kind(row.group) for row in table.itertuples() if row.low <= 0 <= row.high]
        fewer = [words.kind(row.group) for row in table.itertuples() if row.high < 0]
        said = []
        if len(clear):
            most = [
                f"{words.kind(r.group)} ({words.signed(100 * r.change)} points)"
                for r in clear.iloc[::-1].head(3).itertuples()
            ]
            said.append(
                f"S’engagent davantage : {words.listed(most)}."
                if words.french
                else f"Engaged more: {words.listed(most)}."
            )
        if none:
            said.append(
                f"Sans changement net : {words.listed(none)}."
                if words.french
                else f"No clear change: {words.listed(none)}."
            )
        if fewer:
            said.append(
                f"S’engagent moins : {words.listed(fewer)}."
                if words.french
                else f"Engaged less: {words.listed(fewer)}."
            )
        said += _deprived(comparison, point, words)
        found.append((label, [words.spaced(text) for text in said]))
    return found


def _deprived(comparison: Comparison, point: int, words: Language) -> list[str]:
    """Needs met in deprived districts beside those met in all."""
    table = comparison.table(["need_met", "need_met_deprived"]).set_index(["point", "observable"])
    if (point, "need_met_deprived") not in table.index or table.loc[(point, "need_met_deprived"), "n"] == 0:
        text = (
            "Aucun habitant de quartier prioritaire n’est connu sur ce territoire : rien ne peut être dit de ces "
            "quartiers."
            if words.french else "No inhabitant of a deprived district is known on this territory: nothing can be said of such districts."
        )  # fmt: skip
        return [text]
    everyone, deprived = (table.loc[(point, name)] for name in ("need_met", "need_met_deprived"))
    a, b = (
        words.amount("need_met", everyone["difference"], True),
        words.amount("need_met_deprived", deprived["difference"], True),
    )
    return [
        f"Besoins couverts : {a} pour l’ensemble des habitants, {b} dans les quartiers prioritaires."
        if words.french else f"Needs met: {a} for all inhabitants, {b} in deprived districts."
    ]  # fmt: skip
