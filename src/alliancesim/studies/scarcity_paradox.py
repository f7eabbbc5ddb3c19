"""Is it easier to manage scarcity than abundance? Forums alone over the priors, ablations, running territories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.studies.figures import NAMES, number
from alliancesim.studies.page import Page, Study
from alliancesim.studies.scarcity_figures import ablation_figure, outcome_figure, penury_or_abundance, share_figure
from alliancesim.studies.scarcity_tables import (
    ENOUGH,
    FRENCH_FACTOR,
    SETTINGS,
    ablations,
    french_range,
    in_vivo,
    on_page,
    outcomes,
    percent,
    shares,
    space,
    tidy,
)

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult


def whole_space(total: pd.DataFrame, well: pd.DataFrame) -> str:
    """The sampled space in words: each class of each measure, the paradox, its reverse, and how firm that is."""
    row, firm = total.iloc[0], well.iloc[0]
    share = row["paradox"]
    size = (
        "at no sampled point" if share == 0
        else "in a small part of the space" if row["paradox_high"] < 0.25
        else "in a part of the space, less than half" if row["paradox_high"] < 0.5
        else "in most of the space" if row["paradox_low"] > 0.5
        else "in about half of the space"
    )  # fmt: skip
    text = (
        f"**Over the whole sampled space** ({int(row['points']):,} points, every parameter of the forum within its "
        f"prior) the paradox stands {size}: ease falls in both measures as means rise at {percent(row, 'paradox')} of "
        f"the points. It is reversed, ease rising in both, at {percent(row, 'reversed')}. Months to launch rise at "
        f"{percent(row, 'speed_class:rises')}, are flat at {percent(row, 'speed_class:flat')}, fall at "
        f"{percent(row, 'speed_class:falls')} and are humped at {percent(row, 'speed_class:humped')}; P(launch | "
        f"feasible) falls at {percent(row, 'launch_class:falls')}, is flat at {percent(row, 'launch_class:flat')}, "
        f"rises at {percent(row, 'launch_class:rises')} and is humped at {percent(row, 'launch_class:humped')}. At "
        f"{percent(row, 'untold')} the paradox cannot be told: no forum launches, or none is feasible, at every level."
    )
    if firm["points"]:
        text += (
            f" At the {int(firm['points']):,} points with at least {ENOUGH} forums that launch at every level, where "
            f"luck plays little, the paradox stands at {percent(firm, 'paradox')} and its reverse at "
            f"{percent(firm, 'reversed')}."
        )
    return text


def without_scale(rest: pd.DataFrame, points: int) -> str:
    """The same shares without the points that are flat by construction, since their number is a choice of the design."""
    row = rest.iloc[0]
    return (
        f"{points - int(row['points']):,} of these points have e = 1 and are flat by construction. Among the other "
        f"{int(row['points']):,} the paradox stands at {percent(row, 'paradox')} and its reverse at {percent(row, 'reversed')}; "
        f"{percent(row, 'untold')} cannot be told."
    )


def by_setting(by: pd.DataFrame) -> str:
    """Where the paradox is common and where it is not, and what a package of ideas changes."""
    ordered = by.sort_values("paradox", kind="stable")

    def setting(one: Any) -> str:
        return (
            f"{percent(one, 'paradox')} with portfolio {one['rules.portfolio']:g}, rivalry {one['rules.rivalry']:g} "
            f"and e {one['rules.ambition_elasticity']:g}"
        )

    text = f"**By setting**, the share with the paradox goes from {setting(ordered.iloc[0])}"
    if len(ordered) > 1:
        text += f" to {setting(ordered.iloc[-1])}"
    return f"{text}."


def difference(runs: pd.DataFrame, column: str, low: float, high: float, words: tuple[str, str, str]) -> str:
    """Whether the paradox is more common at one level of a switch than at another, over points with e below 1."""
    here = runs[runs["rules.ambition_elasticity"] < 1.0]
    found = []
    for level in (low, high):
        flags = (here.loc[here[column] == level, "paradox"] == 1.0).to_numpy()
        found.append((float(flags.mean()) if len(flags) else np.nan, len(flags)))
    (a, n), (b, m) = found
    if not n or not m:
        return ""
    reach = 1.96 * float(np.sqrt(a * (1 - a) / n + b * (1 - b) / m))
    gap = b - a
    name, less, more = words
    told = f"{100 * b:.0f} % of the points against {100 * a:.0f} %"
    if abs(gap) <= reach:
        return f"{name} the paradox is neither clearly more nor less common ({told})."
    return f"{name} the paradox is {less if gap < 0 else more} common ({told})."


def french(table: pd.DataFrame) -> str:
    """The range seen in France, in words."""
    row = table.iloc[0]
    return (
        f"**Over the range seen in France** (means that differ by a factor of {FRENCH_FACTOR:g}, around the reference) "
        f"months are flat, within half a month, at {percent(row, 'speed_class:flat')} of the points and rise at "
        f"{percent(row, 'speed_class:rises')}; P(launch | feasible) is flat, within five points, at "
        f"{percent(row, 'launch_class:flat')}, falls at {percent(row, 'launch_class:falls')} and rises at "
        f"{percent(row, 'launch_class:rises')}. The paradox stands at {percent(row, 'paradox')}."
    )


def structuration_words(table: pd.DataFrame) -> str:
    """Structuration in place of means, in words."""
    one = table.iloc[0]
    return (
        f"**Structuration** in place of money and time (0.2 to 0.9, {int(one['points']):,} points): the paradox stands "
        f"at {percent(one, 'paradox')}. Months to launch rise at {percent(one, 'speed_class:rises')}; P(launch | "
        f"feasible) rises at {percent(one, 'launch_class:rises')}, is flat at {percent(one, 'launch_class:flat')} and "
        f"falls at {percent(one, 'launch_class:falls')}."
    )


def invariance(runs: pd.DataFrame) -> str:
    """The check that e = 1 entails: ideas that grow as means grow, so nothing changes."""
    here = runs[runs["rules.ambition_elasticity"] == 1.0]
    both = here["forums.resource"] == "both"
    parts = []
    for part, word in ((here[both], "cash and time rising together"), (here[~both], "one of them alone")):
        told = part.dropna(subset=["speed_class", "launch_class"])
        flat = int(((told["speed_class"] == 0) & (told["launch_class"] == 0)).sum())
        largest = np.nanmax([told["speed_effect"].abs().max(), told["launch_effect"].abs().max()]) if len(told) else 0.0
        size = "below 0.000001" if largest < 1e-6 else number(float(largest))
        parts.append(
            f"{word}, {flat} of {len(told)} points that can be told are flat in both measures (largest effect {size})"
        )
    return (
        "**Check.** With e = 1 the ambition of ideas follows means and the forum must not notice them, by "
        f"construction: {'; '.join(parts)}."
    )


def ablation_sentence(taken: pd.DataFrame) -> str:
    """Which mechanism carries the effects at the defaults, in words."""
    home = taken.iloc[0]
    parts = [
        f"{row['rules']} ({signed(row['speed_effect'], '.2f')} months, "
        f"{signed(100 * row['launch_effect'], '.0f')} points)"
        for row in taken.dropna(subset=["speed_effect", "launch_effect"]).to_dict("records")
        if row["rules"] != home["rules"]
    ]

    def effect(name: str, factor: float, digits: str, unit: str) -> str:
        value, low, high = (signed(factor * home[f"{name}{end}"], digits) for end in ("", "_low", "_high"))
        known = home[f"{name}_low"] == home[f"{name}_low"]
        return f"{value} {unit} ({f'interval {low} to {high}' if known else 'one set of forums: no interval'})"

    if np.isnan([home["speed_effect"], home["launch_effect"]]).any():
        return "At the defaults nothing can be told: no forum launches at every level."
    return (
        "At the defaults, over the whole range of means, months to launch change by "
        f"{effect('speed_effect', 1.0, '.2f', 'months')} and P(launch | feasible) by "
        f"{effect('launch_effect', 100.0, '.0f', 'points')}. With one mechanism changed: {'; '.join(parts)}. One point "
        "of the space each: these show what the effects hang on, not how common they are."
    )


def vivo_sentences(classes: pd.DataFrame) -> list[str]:
    """Running territories in words, from the numbers."""
    words, both = [], 0
    for row in classes.to_dict("records"):
        both += row["months_class"] == "rises" and row["launch_class"] == "falls"
        words.append(
            f"- {NAMES.get(row['territory'], row['territory'])}, portfolio {row['portfolio']:g}: months to launch "
            f"{_curve(row, 'months', 1.0, '.2f', ' months')}; P(launch | feasible) "
            f"{_curve(row, 'launch', 100.0, '.0f', ' points')}."
        )
    told = (
        f"At the defaults, one point of the space, ease falls in both measures in {both} of {len(classes)} pairs of "
        "territory and portfolio."
    )
    return [told, "", *words]


def signed(value: float, digits: str) -> str:
    """A number with its sign; what rounds to 0 has none."""
    text = f"{value:+{digits}}"
    return text if any(digit in text for digit in "123456789") else text[1:]


def _curve(row: Mapping[str, Any], name: str, factor: float, digits: str, unit: str) -> str:
    """A curve in words: its class, how often resamples agree, its effect with the interval."""
    if row[f"{name}_class"] == "unmeasured":
        return "cannot be told (no forum launches at some level)"
    verb = (
        {"humped": "is humped", "flat": "is flat"} if name == "launch" else {"humped": "are humped", "flat": "are flat"}
    )
    plain = {"rises": "rises", "falls": "falls"} if name == "launch" else {"rises": "rise", "falls": "fall"}
    value, low, high = (signed(factor * row[f"{name}_{one}"], digits) for one in ("effect", "low", "high"))
    span = f", interval {low} to {high}" if row[f"{name}_low"] == row[f"{name}_low"] else ""
    word = {**verb, **plain}[row[f"{name}_class"]]
    sure = f"in {10 * row[f'{name}_sure']:.0f} resamples out of 10"
    return f"{word} ({value}{unit} over the range{span}; this class {sure})"


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    vitro, structured = results["scarcity_paradox"], results["scarcity_paradox_structuration"]
    runs = vitro.runs
    total, by = shares(runs, []), shares(runs, SETTINGS)
    well = shares(runs[runs["forums_launched_everywhere"] >= ENOUGH], [])
    resource = shares(runs, ["forums.resource", *SETTINGS])
    near, other = french_range(vitro), shares(structured.runs, [])
    taken, becomes = ablations(results["scarcity_paradox_ablation"]), outcomes(vitro)
    vivo, curves = in_vivo(results["scarcity_paradox_in_vivo"])
    page = Page(vitro.experiment.heading.replace(", in vitro", ""), vitro.experiment.question or "")
    page.tables = {
        "shown": on_page(by),
        "by_setting": tidy(by, SETTINGS),
        "by_resource": tidy(resource, ["forums.resource", *SETTINGS]),
        "french_range": tidy(shares(near, SETTINGS), SETTINGS),
        "structuration": tidy(shares(structured.runs, SETTINGS), SETTINGS),
        "ablations": taken,
        "outcomes": becomes,
        "in_vivo": vivo,
        "in_vivo_classes": curves,
    }
    page.figures = {
        "shares": share_figure(by),
        "penury_or_abundance": penury_or_abundance(results["scarcity_paradox_ablation"], space(vitro), vivo),
        "outcomes": outcome_figure(becomes),
        "ablations": ablation_figure(taken),
    }
    forums = vitro.experiment.forums
    lived = results["scarcity_paradox_in_vivo"]
    page.add(
        "Design",
        f"*In vitro*: a Sobol' sequence of {len(vitro.design):,} points over {len(vitro.experiment.factors)} factors: "
        "every parameter of the forum within its prior, and portfolio (1 or 3 ideas), rivalry, the elasticity e of "
        "ambition to means, and which resource rises (cash, time, both). At each point the same "
        f"{forums.number} keyed forums meet at {len(forums.levels)} levels of means, {forums.levels[0]:g} to "
        f"{forums.levels[-1]:g} of the reference.\n\n"
        "*Ease* was fixed before any result. It has two measures: mean months to launch among forums that launch at "
        "every level, and P(launch) among forums feasible at every level. An effect is the slope on log2 of means "
        "times the doublings of the range; within half a month, or five points, it is flat; a curve whose middle "
        "stands above both ends by more than that is humped. The *paradox* needs both: months rise and P(launch | "
        "feasible) falls.\n\n"
        f"*In vivo*: four types of territory with six forums a year, the same levels of cash and time, "
        f"{lived.manifest['replicates_done']} replicates that share their draws, {lived.scenario().months} months.",
    )
    switches = " ".join(
        filter(
            None,
            (
                difference(runs, SETTINGS[0], 1, 3, ("with a package of three ideas in place of one,", "less", "more")),
                difference(runs, SETTINGS[1], 0.0, 0.3, ("With rivalry over the purse,", "less", "more")),
            ),
        )
    )
    heard = [
        whole_space(total, well),
        without_scale(shares(runs[runs[SETTINGS[2]] < 1.0], []), len(runs)),
        by_setting(by),
    ]
    heard += [f"Over the points with e below 1: {switches}"] if switches else []
    page.add(
        "In vitro",
        "\n\n".join(
            [
                "![Shares by setting](figure:shares)",
                *heard,
                "Share of the points, with 95 % intervals:",
                "table:shown",
                french(shares(near, [])),
                structuration_words(other),
                invariance(runs),
            ]
        ),
    )
    page.add(
        "What it hangs on",
        "\n\n".join(
            [
                "![What becomes of forums](figure:outcomes)",
                outcome_sentence(becomes),
                "![Ablations](figure:ablations)",
                ablation_sentence(taken),
            ]
        ),
    )
    page.add(
        "In running territories",
        "\n\n".join(["![Penury or abundance](figure:penury_or_abundance)", "\n".join(vivo_sentences(curves))]),
    )
    page.add("What it does not say", LIMITS)
    return page


def outcome_sentence(becomes: pd.DataFrame) -> str:
    """How the fates of forums move between the lowest and the highest level, in words."""
    words = []
    for portfolio, here in becomes.groupby("portfolio", sort=True):
        first, last = here.iloc[0], here.iloc[-1]
        words.append(
            f"With portfolio {portfolio:g}, from the poorest to the richest level, forums that find no idea within "
            f"their means go from {100 * first['infeasible']:.0f} to {100 * last['infeasible']:.0f} % of all, those "
            f"that do not agree from {100 * first['no_agreement']:.0f} to {100 * last['no_agreement']:.0f} %, those "
            f"without a leader from {100 * first['no_leader']:.0f} to {100 * last['no_leader']:.0f} %, and those that "
            f"launch from {100 * first['launch']:.0f} to {100 * last['launch']:.0f} %."
        )
    return " ".join(words)


LIMITS = (
    "The share of the parameter space in each class is the result; that the paradox holds, or does not, at the "
    "defaults is none. The space is that of priors, not of a posterior: a share of it is no probability that the "
    "claim is true of France. Intervals are over the points sampled; they do not hold the luck of the forums at each "
    "point, which blurs classes where few forums launch at every level.\n\n"
    "Ease is neither volume nor impact, which move otherwise: more forums can find a feasible idea as means rise, and the two "
    "measures leave out, on purpose, those that the poorest could not hold. So the paradox, where it stands, says "
    "that the same people agree less easily with more; it does not say that a territory does better with less. In "
    "running territories forums of different levels are not the same forums, which is why both are shown.\n\n"
    "A reader who holds that scarcity is easier to manage, and one who does not, both find in the table the "
    "conditions under which they would be right."
)
"""What may not be read into the page."""

STUDY = Study(
    "scarcity_paradox",
    ("scarcity_paradox", "scarcity_paradox_structuration", "scarcity_paradox_ablation", "scarcity_paradox_in_vivo"),
    write,
)
