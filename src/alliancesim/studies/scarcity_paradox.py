"""Is it easier to manage scarcity than abundance? Forums alone over the priors, ablations, running territories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.studies.figures import NAMES, number
from alliancesim.studies.page import Page, Study
from alliancesim.studies.scarcity_figures import ablation_figure, penury_or_abundance, share_figure

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

SETTINGS = ["rules.portfolio", "rules.rivalry", "rules.ambition_elasticity"]
CLASSES = {-1.0: "falls", 0.0: "flat", 1.0: "rises", 2.0: "humped"}
MEASURES = {"speed_class": "months to launch", "launch_class": "P(launch | feasible)"}
ABLATIONS = {
    "default": "default",
    "no_contest": "no contest of the lead",
    "common_agenda": "common agenda",
    "no_outside_option": "no outside option",
    "no_purse": "no quarrel over the purse",
    "package": "packages of ideas",
    "scale_invariant": "ambition follows means (e = 1)",
}


def shares(runs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Share of the sampled points in each class of each measure, with Wilson intervals.

    Points at which a measure cannot be told (no forum feasible, or launched, at every level) are counted as ``untold``.
    """
    from alliancesim.analysis import wilson

    rows = []
    groups: Any = runs.groupby(by, sort=True) if by else [((), runs)]
    for key, here in groups:
        about = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        n = len(here)
        flags = {"paradox": (here["paradox"] == 1.0).sum(), "untold": here["paradox"].isna().sum()}
        for name in MEASURES:
            flags |= {f"{name}:{word}": (here[name] == code).sum() for code, word in CLASSES.items()}
        row: dict[str, Any] = {**about, "points": int(n)}
        for name, count in flags.items():
            low, high = wilson(np.array([int(count)]), np.array([n]))
            row |= {name: count / n, f"{name}_low": float(low[0]), f"{name}_high": float(high[0])}
        rows.append(row)
    return pd.DataFrame(rows)


def tidy(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The columns that the page shows."""
    names = [*by, "points", "paradox", "paradox_low", "paradox_high", "untold"]
    names += [f"{measure}:{word}" for measure in MEASURES for word in CLASSES.values()]
    shown = table[names].rename(columns={name: name.removeprefix("rules.") for name in by})
    return shown.rename(columns=lambda one: one.replace("speed_class:", "months ").replace("launch_class:", "P "))


def ablations(result: ExperimentResult) -> pd.DataFrame:
    """Effect of rising means on both measures with each mechanism taken away, at the defaults."""
    from alliancesim.studies.figures import mean_interval

    rows = []
    for name, word in ABLATIONS.items():
        here = result.runs[result.runs["rules"] == name]
        row: dict[str, Any] = {"rules": word}
        for effect in ("speed_effect", "launch_effect"):
            row[effect], row[f"{effect}_low"], row[f"{effect}_high"] = mean_interval(here[effect])
        rows.append({**row, "paradox": here["paradox"].mean(), "forums_compared": here["forums_compared"].mean()})
    return pd.DataFrame(rows)


def in_vivo(result: ExperimentResult) -> pd.DataFrame:
    """Ease by means in running territories: forums pooled over replicates, intervals over replicates."""
    from alliancesim.studies.figures import mean_interval

    runs = result.runs.assign(
        months=result.runs["forum_months"] / result.runs["forums_launched"].where(result.runs["forums_launched"] > 0),
        launch=result.runs["forums_launched"]
        / result.runs["forums_feasible"].where(result.runs["forums_feasible"] > 0),
        feasible=result.runs["forums_feasible"]
        / result.runs["forums_convened"].where(result.runs["forums_convened"] > 0),
    )
    rows = []
    for (place, portfolio, level), here in runs.groupby(["territory", "rules.portfolio", "rules.r_fin"], sort=True):
        row: dict[str, Any] = {
            "territory": place,
            "portfolio": portfolio,
            "level": level,
            "forums": here["forums_convened"].sum(),
        }
        for name in ("months", "launch", "feasible"):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(here[name])
        rows.append(row)
    return pd.DataFrame(rows)


def vivo_classes(table: pd.DataFrame) -> pd.DataFrame:
    """Class of each curve in running territories (SPEC section 4), from means over replicates."""
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE, classify, effect

    rows = []
    for (place, portfolio), here in table.groupby(["territory", "portfolio"], sort=False):
        levels = here["level"].to_numpy(dtype=float)
        months, launch = here["months"].to_numpy(dtype=float), here["launch"].to_numpy(dtype=float)
        rows.append(
            {
                "territory": place, "portfolio": portfolio, "months_effect": float(effect(levels, months)),
                "months_class": classify(levels, months, SPEED_TOLERANCE), "launch_effect": float(effect(levels, launch)),
                "launch_class": classify(levels, launch, LAUNCH_TOLERANCE),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def percent(row: Any, name: str) -> str:
    """A share with its interval."""
    return f"{100 * row[name]:.0f} % ({100 * row[f'{name}_low']:.0f} to {100 * row[f'{name}_high']:.0f} %)"


def sentences(total: pd.DataFrame, by: pd.DataFrame, structuration: pd.DataFrame) -> list[str]:
    """Findings in vitro in words, from the numbers."""
    row = total.iloc[0]
    words = [
        f"**Over the whole sampled space** (every parameter of the forum within its prior, {int(row['points']):,} "
        "points), ease falls in "
        f"both measures as means rise, which is the paradox, at {percent(row, 'paradox')} of the points. Months to "
        "launch rise at "
        f"{percent(row, 'speed_class:rises')}, are flat at {percent(row, 'speed_class:flat')}, fall at "
        f"{percent(row, 'speed_class:falls')} and are humped at {percent(row, 'speed_class:humped')}; P(launch | "
        "feasible) falls at "
        f"{percent(row, 'launch_class:falls')}, is flat at {percent(row, 'launch_class:flat')}, rises at "
        f"{percent(row, 'launch_class:rises')} and is humped at {percent(row, 'launch_class:humped')}. At "
        f"{percent(row, 'untold')} nothing can be told, because no forum launches at every level."
    ]
    ordered = by.sort_values("paradox", kind="stable")

    def setting(one: Any) -> str:
        return (
            f"portfolio {one['rules.portfolio']:g}, rivalry {one['rules.rivalry']:g}, e "
            f"{one['rules.ambition_elasticity']:g}: "
            f"{percent(one, 'paradox')}"
        )

    words.append(
        f"**By setting** the share of the paradox goes from {setting(ordered.iloc[0])}, to {setting(ordered.iloc[-1])}."
    )
    one = structuration.iloc[0]
    words.append(
        f"**Structuration** instead of money and time (0.2 to 0.9): the paradox at {percent(one, 'paradox')} of "
        f"{int(one['points']):,} "
        f"points; months rise at {percent(one, 'speed_class:rises')}, P(launch | feasible) falls at "
        f"{percent(one, 'launch_class:falls')}."
    )
    return words


def invariance(runs: pd.DataFrame) -> str:
    """The check that e = 1 entails: both means rising together, nothing changes."""
    here = runs[(runs["rules.ambition_elasticity"] == 1.0) & (runs["forums.resource"] == "both")]
    told = here.dropna(subset=["speed_class", "launch_class"])
    flat = ((told["speed_class"] == 0) & (told["launch_class"] == 0)).sum()
    largest = max(told["speed_effect"].abs().max(), told["launch_effect"].abs().max()) if len(told) else float("nan")
    return (
        f"**Check (entailed):** with e = 1 and cash and time rising together, {flat} of {len(told)} points are flat "
        "in both measures; "
        f"the largest effect is {number(largest)}."
    )


def vivo_sentences(classes: pd.DataFrame) -> list[str]:
    """Running territories in words, from the numbers."""
    words = []
    for row in classes.itertuples():
        words.append(
            f"- {NAMES.get(row.territory, row.territory)}, portfolio {row.portfolio:g}: months to launch "
            f"{row.months_class} "
            f"({row.months_effect:+.2f} months over the range), P(launch | feasible) {row.launch_class} "
            f"({100 * row.launch_effect:+.0f} points)."
        )
    return words


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    vitro, structured = results["scarcity_paradox"], results["scarcity_paradox_structuration"]
    total, by = shares(vitro.runs, []), shares(vitro.runs, SETTINGS)
    resource, other = shares(vitro.runs, ["forums.resource"]), shares(structured.runs, [])
    taken, vivo = ablations(results["scarcity_paradox_ablation"]), in_vivo(results["scarcity_paradox_in_vivo"])
    classes = vivo_classes(vivo)
    page = Page(vitro.experiment.heading.replace(", in vitro", ""), vitro.experiment.question or "")
    page.tables = {
        "by_setting": tidy(by, SETTINGS),
        "by_resource": tidy(resource, ["forums.resource"]),
        "structuration": tidy(other, []),
        "ablations": taken,
        "in_vivo": vivo,
        "in_vivo_classes": classes,
    }
    page.figures = {
        "shares": share_figure(by),
        "penury_or_abundance": penury_or_abundance(results["scarcity_paradox_ablation"], vivo),
        "ablations": ablation_figure(taken),
    }
    forums = vitro.experiment.forums
    page.add(
        "Design",
        f"*In vitro*: a Sobol' sequence of {len(vitro.design):,} points over the priors of "
        f"{len(vitro.experiment.factors)} parameters of "
        "the forum, portfolio, rivalry and e among them at the levels of SPEC section 4; at each point the same "
        f"{forums.number} keyed "
        f"forums at {len(forums.levels)} levels of means, {forums.levels[0]:g} to {forums.levels[-1]:g} of the "
        "reference. "
        "*Ease* was fixed before any result: mean months to launch among forums that launch at every level, and "
        "P(launch) among those "
        "feasible at every level; an effect is the slope on log2 of means times the doublings, flat within half a "
        "month and five "
        "points. The *paradox* needs both. *In vivo*: running territories with six forums a year, the same levels.",
    )
    page.add(
        "In vitro",
        "\n\n".join(["![Shares by setting](figure:shares)", *sentences(total, by, other), invariance(vitro.runs)]),
    )
    page.add(
        "What it hangs on",
        "\n\n".join(
            [
                "![Ablations](figure:ablations)",
                ablation_sentence(taken),
                "![Penury or abundance](figure:penury_or_abundance)",
            ]
        ),
    )
    page.add("In running territories", "\n".join(vivo_sentences(classes)))
    page.add(
        "What it does not say",
        "The share of the parameter space in each class is the result; that it holds, or does not, at the defaults "
        "is none. The space is "
        "that of priors, not of a posterior: a share of it is no probability that the claim is true of France. Ease "
        "is not volume and "
        "not impact, which move otherwise. Forums compared at all levels are those with small ideas, feasible for "
        "the poorest: what is "
        "only possible in abundance is not among them. In running territories forums of different levels are not the "
        "same forums. "
        "Both who holds the claim and who rejects it find in the table the conditions under which it would be so.",
    )
    return page


def ablation_sentence(taken: pd.DataFrame) -> str:
    """Which mechanism carries the effects at the defaults, in words."""
    home = taken.iloc[0]
    parts = [
        f"{row['rules']} ({row['speed_effect']:+.2f} months, {100 * row['launch_effect']:+.0f} points)"
        for row in taken.to_dict("records")[1:]
    ]
    return (
        f"At the defaults, over the whole range of means, months to launch change by {home['speed_effect']:+.2f} "
        "(interval "
        f"{home['speed_effect_low']:+.2f} to {home['speed_effect_high']:+.2f}) and P(launch | feasible) by "
        f"{100 * home['launch_effect']:+.0f} points. With each mechanism changed: {'; '.join(parts)}. One point of "
        "the space each: these "
        "show what the effects hang on, not how common they are."
    )


STUDY = Study(
    "scarcity_paradox",
    ("scarcity_paradox", "scarcity_paradox_structuration", "scarcity_paradox_ablation", "scarcity_paradox_in_vivo"),
    write,
)
