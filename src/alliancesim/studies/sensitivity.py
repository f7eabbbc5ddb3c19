"""Sensitivity: which assumptions drive what comes out, by elementary effects of all and Sobol' indices of the ten that matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from alliancesim.parameters import BY_NAME, uncertain_parameters
from alliancesim.studies.figures import listed, number
from alliancesim.studies.page import Page, Study
from alliancesim.studies.sensitivity_figures import effect_map, index_bars
from alliancesim.studies.sensitivity_tables import (
    CLEAR,
    SETTINGS,
    TEN,
    chosen,
    gathered,
    noise_table,
    observables,
    scores,
    screening,
    shares,
    short,
    unmoved,
)

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

PLACES = ("urban", "rural")
STRONG = 0.1
"""Total index from which a parameter is said to drive an observable."""
SHOWN = 40
"""Parameters that the map of effects shows at most."""


# -- words ------------------------------------------------------------------------------------------------------------


def drivers(indices: pd.DataFrame) -> dict[str, str]:
    """A sentence an observable: what drives it in each setting, with total indices and their intervals."""
    found: dict[str, str] = {}
    for name, here in indices.groupby("observable", sort=False):
        parts = []
        for setting, there in here.groupby("setting", sort=False):
            strong = there[there["total"] - there["total_conf"] > 0].sort_values("total", ascending=False)
            strong = strong[strong["total"] >= STRONG]
            words = [
                f"`{row['parameter']}` {row['total']:.2f} ({max(0.0, row['total'] - row['total_conf']):.2f} to "
                f"{row['total'] + row['total_conf']:.2f})"
                for row in strong.head(4).to_dict("records")
            ]
            rest = len(strong) - 4
            more = f" and {rest} more above {STRONG:g}" if rest > 0 else ""
            what = ", ".join(words) + more if words else f"none of the ten clearly above {STRONG:g}"
            alone = min(1.0, max(0.0, float(there["additive"].iloc[0])))
            seeds = float(there["noise"].iloc[0])
            parts.append(
                f"{SETTINGS[str(setting)]}: {what}; single parameters make {100 * alone:.0f} % of the variance by "
                "themselves, "
                f"seeds {100 * seeds:.0f} %"
            )
        found[str(name)] = ". ".join(part[0].upper() + part[1:] for part in parts) + "."
    return found


def still_the_ten(now: list[str], varied: list[str]) -> str:
    """Whether the parameters of the second step are those that the rule chooses from the first."""
    gone, come = [name for name in varied if name not in now], [name for name in now if name not in varied]
    if not gone and not come:
        return f"They are the {len(varied)} that the second step varies."
    return (
        f"**The second step varies other ones**: {listed([f'`{one}`' for one in gone])} instead of "
        f"{listed([f'`{one}`' for one in come])}; its files are to be changed and run again."
    )


def gap_words(found: pd.DataFrame) -> str:
    """How far the tenth is ahead of the eleventh, in the rule's own score."""
    ranked = scores(found)
    if len(ranked) <= TEN:
        return ""
    last, first = ranked.iloc[TEN - 1], ranked.iloc[TEN]
    return (
        f"The tenth, `{last['parameter']}`, scores {last['score']:.2f}, the eleventh, `{first['parameter']}`, "
        f"{first['score']:.2f}: "
        "where they are near, which of them is looked at more closely is a matter of the trajectories drawn."
    )


def seed_words(noise: pd.DataFrame) -> str:
    """Whether what seeds do is smaller than what parameters do."""
    smaller = noise[noise["largest effect"] > CLEAR * noise["effect of seeds alone"]]
    ratio = noise["largest effect"] / noise["effect of seeds alone"].where(noise["effect of seeds alone"] > 0)
    below = noise[~noise.index.isin(smaller.index)]
    text = (
        f"In {len(smaller)} of {len(noise)} pairs of setting and observable the largest effect is more than "
        f"{CLEAR:g} times what "
        f"seeds alone would give; the ratio is {ratio.min():.1f} to {ratio.max():.1f}."
    )
    if len(below):
        pairs = [
            f"{observables(row['setting'])[row['observable']]} ({SETTINGS[row['setting']]})"
            for row in below.to_dict("records")
        ]
        text += f" Not told apart from seeds: {listed(pairs)}."
    share = noise["seeds' share of variance"]
    absent = [
        f"{words} ({SETTINGS[setting]})"
        for setting in dict.fromkeys(noise["setting"])
        for name, words in observables(setting).items()
        if name not in set(noise.loc[noise["setting"] == setting, "observable"])
    ]
    if absent:
        text += f" Left out, for it does not vary: {listed(absent)}."
    return text + (
        f" In the second step seeds make {100 * share.min():.0f} to {100 * share.max():.0f} % of the variance "
        "between points; "
        "an index below that share is not told apart from noise."
    )


def varied_words(results: Mapping[str, ExperimentResult]) -> str:
    """What each setting varies, and what it leaves and why."""
    parts = []
    everything = [parameter.name for parameter in uncertain_parameters()]
    for setting, words in SETTINGS.items():
        one = results[f"sensitivity_morris_{setting}"]
        names = [short(name) for name in one.experiment.factors]
        design, reps = one.experiment.design, int(one.manifest["replicates_done"])
        parts.append(
            f"- **{words}**: {len(names)} parameters, {design.samples} trajectories of Morris on {design.levels} "
            "levels, "
            f"{reps} replicates, {len(one.runs):,} runs."
        )
    territory = {short(name) for place in PLACES for name in results[f"sensitivity_morris_{place}"].experiment.factors}
    left = [name for name in everything if name not in territory]
    groups: dict[str, list[str]] = {}
    for name in left:
        groups.setdefault(BY_NAME[name].group, []).append(f"`{name}`")
    listing = "; ".join(f"{group}: {', '.join(names)}" for group, names in groups.items())
    return "\n".join(parts) + (
        f"\n\nOf {len(everything)} assumptions, {len(left)} act in neither territory (extensions that are off, "
        "levers that nobody "
        f"uses, a border that is not there, plenaries) and are not varied there: {listing}."
    )


def ten_table(found: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The ten with score, strongest effect and what they are."""
    ranked = scores(found).set_index("parameter").loc[names].reset_index()
    return pd.DataFrame(
        {
            "parameter": [f"`{name}`" for name in ranked["parameter"]],
            "mean effect": ranked["score"].round(3),
            "strongest on": [
                f"{observables(row['setting'])[row['observable']]} ({row['setting']}, {row['largest']:.2f})"
                for row in ranked.to_dict("records")
            ],
            "prior": [f"{number(BY_NAME[one].low)} to {number(BY_NAME[one].high)}" for one in ranked["parameter"]],
            "what it is": [BY_NAME[one].doc for one in ranked["parameter"]],
        }
    )


# -- page -------------------------------------------------------------------------------------------------------------


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page from the results by name."""
    effects = gathered(results, "sensitivity_morris", screening)
    indices = gathered(results, "sensitivity_sobol", shares)
    places = effects[effects["setting"].isin(PLACES)]
    alone = effects[effects["setting"] == "forums"]
    ten, forum_ten = chosen(places), chosen(alone)
    varied = [short(one) for one in results["sensitivity_sobol_urban"].experiment.factors]
    forum_varied = [short(one) for one in results["sensitivity_sobol_forums"].experiment.factors]
    noise = noise_table(effects, indices)
    page = Page("What drives what", "Which assumptions drive what comes out of the model, and which do not matter?")

    said = drivers(indices)
    territory_ones = [name for name in observables("urban") if name in said]
    page.add(
        "In short",
        f"Of {places['parameter'].nunique()} assumptions that act in two territories, the ten of the largest mean "
        "effect are "
        f"{listed([f'`{one}`' for one in ten])}; {len(unmoved(places))} have no effect that can be told from other "
        "seeds. In "
        f"forums alone they are {listed([f'`{one}`' for one in forum_ten])} of {alone['parameter'].nunique()}.\n\n"
        + headline(indices),
    )
    page.add(
        "Design",
        "First every assumption is screened: elementary effects (Morris 1991, with the mean of absolute effects "
        "after Campolongo and "
        "others 2007), each over its whole prior range while the others are anywhere in theirs. Then the ten that "
        "matter are "
        "looked at by Sobol' indices (Saltelli's design; Sobol' 2001) with the others at their defaults. All points "
        "share their "
        "seeds.\n\n" + varied_words(results) + "\n\n"
        f"The urban territory has {inhabitants(results, 'urban')} inhabitants, the rural one "
        f"{inhabitants(results, 'rural')}; 120 "
        "months after 60 of burn-in. Doses of the Labo's levers follow the size of the place. Forums alone are read "
        "at the "
        "reference level of means, where `ambition_elasticity` plays no part; a month counts as in SPEC section 4. "
        "Effects are in "
        "standard deviations of the observable over the design, so that they compare.\n\n"
        "**The rule** that chooses the ten: the mean of the effects over all observables and both territories (a "
        "parameter that a "
        "territory does not read counts 0 there); forums alone have their own ten, by the same rule. "
        f"{still_the_ten(ten, varied)} "
        f"{gap_words(places)} For forums alone: "
        f"{still_the_ten(forum_ten, forum_varied).replace('They are', 'they are', 1)}",
    )
    order = [one for one in scores(places)["parameter"] if one not in set(unmoved(places))][:SHOWN]
    page.figures["effects"] = effect_map(places, order, ten, "Which assumption moves which observable, and how much")
    page.figures["effects_forums"] = effect_map(
        alone, [one for one in scores(alone)["parameter"] if one not in set(unmoved(alone))], forum_ten,
        "Which assumption moves a forum",
    )  # fmt: skip
    page.add(
        "All assumptions",
        "![Effects of each parameter on each observable](figure:effects)\n\n"
        "![Effects of each parameter on forums alone](figure:effects_forums)\n\ntable:the_ten\n\nForums "
        "alone:\n\ntable:the_ten_forums",
    )
    page.tables["the_ten"] = ten_table(places, ten)
    page.tables["the_ten_forums"] = ten_table(alone, forum_ten)

    page.figures["indices"] = index_bars(
        indices[indices["setting"].isin(PLACES)], varied, "How much of the variance each of the ten makes"
    )
    page.figures["indices_forums"] = index_bars(
        indices[indices["setting"] == "forums"],
        forum_varied,
        "How much of the variance each of ten makes in forums alone",
    )
    lines = [f"**{observables('urban')[name].capitalize()}.** {said[name]}" for name in territory_ones]
    lines += [f"**Forums: {words}.** {said[name]}" for name, words in observables("forums").items() if name in said]
    page.add(
        "What drives what",
        "Total indices with 95 % intervals; they count interactions, so they may add up to more than 1.\n\n"
        "![Sobol' indices in the two territories](figure:indices)\n\n![Sobol' indices of forums "
        "alone](figure:indices_forums)\n\n" + "\n\n".join(lines),
    )
    still = unmoved(places)
    page.add(
        "What does not matter",
        f"No effect above {CLEAR:g} times the noise of seeds on any observable, in either territory: "
        f"{listed([f'`{one}`' for one in still])}. In forums alone: "
        f"{listed([f'`{one}`' for one in unmoved(alone)])}. This is said of "
        "these settings and observables; a lever's number may well matter to the lever's own effect.",
    )
    page.tables["noise"] = noise
    page.add("Seeds", seed_words(noise) + "\n\ntable:noise")
    page.add(
        "What it does not say",
        "A parameter that drives much here has a wide prior, a strong mechanism, or both: a narrower range would "
        "make it smaller. "
        "The indices of the ten hold with all others at their defaults. Territories are small, so that no parameter "
        "of a region's "
        "scale is seen, and one urban and one rural layout stand for many. Forums are few in territories without a "
        "convenor, so "
        "their ease is read from forums alone. Switches, sources and levels of means are not varied here.",
    )
    page.tables["effects"] = effects
    page.tables["indices"] = indices
    return page


def headline(indices: pd.DataFrame) -> str:
    """The strongest parameter of each observable, settings together."""
    parts = []
    for setting, here in indices.groupby("setting", sort=False):
        words = []
        for name, there in here.groupby("observable", sort=False):
            top = there.sort_values("total", ascending=False).iloc[0]
            if top["total"] - top["total_conf"] > 0:
                words.append(f"{observables(str(setting))[str(name)]} by `{top['parameter']}` ({top['total']:.2f})")
        if words:
            parts.append(f"{SETTINGS[str(setting)]}: {listed(words)}")
    text = "; ".join(parts)
    return f"Most driven (total Sobol' index): {text}." if text else "No index can be told from 0."


def inhabitants(results: Mapping[str, ExperimentResult], setting: str) -> str:
    """Inhabitants of a setting's territory."""
    return f"{results[f'sensitivity_morris_{setting}'].scenario().territory.population:,}"


STUDY = Study(
    "sensitivity",
    tuple(f"sensitivity_{step}_{setting}" for step in ("morris", "sobol") for setting in SETTINGS),
    write,
)
