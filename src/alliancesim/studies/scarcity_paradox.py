"""Is it easier to manage scarcity than abundance? The space of parameters, rules, mechanisms, running territories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from alliancesim.studies.page import Page, Study
from alliancesim.studies.scarcity_figures import (
    ambition_figure,
    map_figure,
    mechanism_figure,
    setting_figure,
    unconditional_figure,
    volume_figure,
)
from alliancesim.studies.scarcity_lived import in_vivo, lived
from alliancesim.studies.scarcity_lived_figure import lived_figure
from alliancesim.studies.scarcity_story import tell
from alliancesim.studies.scarcity_tables import (
    BOXES,
    CHOSEN,
    DRAWN,
    SETTINGS,
    SWITCHES,
    ambition_and_rent,
    beside,
    by_box,
    curves_by_box,
    mechanisms,
    of_means,
    on_page,
    points_of,
    shares,
    told,
    volume,
)
from alliancesim.studies.scarcity_words import (
    NAMES,
    OVER,
    UNDER,
    Rule,
    ambition_words,
    by_setting,
    capital,
    difference,
    french,
    invariance,
    mechanism_words,
    rule_words,
    rules_table,
    structuration,
    to_the_author,
    two_lines_words,
    vivo_table,
    vivo_words,
    whole_space,
)

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

SPACE = ("scarcity_paradox", "scarcity_paradox_posterior")
SPLIT = ("scarcity_paradox_mechanisms", "scarcity_paradox_mechanisms_posterior")
LIVED = ("scarcity_paradox_in_vivo", "scarcity_paradox_in_vivo_real")
LIVED_RULES = ("default", "posterior")
_RULED = (("harder", "Ease falls in both measures"), ("easier", "Ease rises in both measures"))
_LOGS = ("cost_scale", "temperature", "concede_noise")
"""Parameters that whose prior spans a wide factor: shown on a log scale."""
_LIMITED = (*DRAWN, *CHOSEN, *SWITCHES)


def find_rules(points: pd.DataFrame) -> list[Rule]:
    """Rules found in the prior, where every point has a draw of its own, and counted in the other boxes."""
    from alliancesim.analysis.prim import find_box

    space = told(points, "prior")
    found = []
    for word, what in _RULED:
        box = find_box(space, (space["ease"] == word).to_numpy(), _LIMITED)
        elsewhere = {}
        for other in BOXES[1:]:
            here = told(points, other)
            if box is not None and box.limits and len(here):
                elsewhere[other] = box.counted(here, (here["ease"] == word).to_numpy())
        found.append(Rule(what, word, box, elsewhere))
    return found


def main_drivers(points: pd.DataFrame, box: str) -> pd.DataFrame:
    """Parameters by how far points with the paradox differ from the others that can be told."""
    from alliancesim.analysis.prim import drivers

    here = told(points, box)
    table = drivers(here, (here["ease"] == "harder").to_numpy(), _LIMITED)
    return table.assign(words=table["parameter"].map(NAMES))


def map_axes(table: pd.DataFrame) -> tuple[str, str]:
    """The two parameters of the map: the first two drivers that are no switch and have many values."""
    names = [name for name in table["parameter"] if name not in SWITCHES and name not in ("contest_max", "r_max")]
    names += [name for name in ("psi", "shared_weight") if name not in names]
    return names[0], names[1]


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    space = {name: results[name] for name in SPACE}
    points = points_of(space)
    best = "posterior"
    split = {box: mechanisms(results[name]) for box, name in zip(("prior", best), SPLIT, strict=True)}
    ambition = ambition_and_rent(results["scarcity_paradox_ambition"])
    curves = curves_by_box(space)
    levels, classes = in_vivo(lived({name: results[name] for name in LIVED}))
    rules = find_rules(points)
    driving = main_drivers(points, "prior")
    across, up = map_axes(driving)
    settings = shares(points[(points["box"] == best) & (points["forums.resource"] != "r_str")], SETTINGS)
    story = tell()
    page = Page("The scarcity paradox", space[SPACE[0]].experiment.question or "")
    page.tables = {
        "boxes": by_box(points), "settings": on_page(settings), "volume": volume(points), "beside": beside(points, best),
        "rules": rules_table(rules), "drivers": driving, "ambition": ambition,
        "mechanisms": pd.concat([table.assign(box=box) for box, table in split.items()], ignore_index=True),
        "curves": curves, "in_vivo": levels, "in_vivo_classes": classes, "lived": vivo_table(classes),
    }  # fmt: skip
    page.figures = {
        "volume": volume_figure(points),
        "settings": setting_figure(points, best),
        "map": map_figure(points, "prior", across, up, NAMES, _LOGS),
        "ambition": ambition_figure(ambition),
        "mechanisms": mechanism_figure(split),
        "outcomes": unconditional_figure(curves),
        **{f"lived_{name}": lived_figure(levels[levels["rules"] == name], UNDER[name]) for name in LIVED_RULES},
    }
    if story is not None:
        page.tables["forum"] = story.rows
        page.figures["forum_still"] = story.still()
        page.animations["forum"] = story
    paradox = next(rule.box for rule in rules if rule.word == "harder")
    page.add("For the author of the claim", to_the_author(points, best, paradox, split[best], classes))
    page.add("Design", design(results))
    if story is not None:
        page.add("One forum, to see why", story.words())
    switches = " ".join(
        filter(
            None,
            (
                difference(of_means(points, best), "portfolio", 1, 3, "With a package of three ideas in place of one,"),
                difference(of_means(points, best), "rivalry", 0.0, 0.3, "With rivalry over the purse,"),
            ),
        )
    )
    page.add(
        "Where in the space of parameters",
        "\n\n".join(
            [
                "![Shares of the volume](figure:volume)",
                *(whole_space(points, box) for box in BOXES),
                "In % of the points with e below 1:",
                "table:boxes",
                french(points, best),
                structuration(points, best),
                "![Shares by setting](figure:settings)",
                by_setting(settings),
                switches,
                f"{capital(OVER[best])}; cash, time or both; 95 % intervals:",
                "table:settings",
                invariance(points),
                f"Beside the two measures ({OVER[best]}, e below 1, mean over the points with 95 % intervals; "
                "classes in % of all points; "
                "forums feasible, or launched, at every level):",
                "table:beside",
            ]
        ),
    )
    page.add(
        "The boundary",
        "\n\n".join(
            [
                f"![Map along {NAMES[across]} and {NAMES[up]}](figure:map)",
                "Simple rules by patient rule induction, among the points of the prior that can be told (there every point "
                "has a draw of its own): the box that balances coverage and density best, found in one half of the "
                "points and counted in the other. Parameters that do not clearly differ between cases and the others, and "
                "limits that luck explains, are left out.",
                *(rule_words(rule) for rule in rules),
                drivers_words(driving),
            ]
        ),
    )
    page.add(
        "Ambition and rent",
        "\n\n".join(["![Ambition and rent](figure:ambition)", ambition_words(ambition)]),
    )
    page.add(
        "What the effect is made of",
        "\n\n".join(
            ["![Shapley split](figure:mechanisms)", *(mechanism_words(table, box) for box, table in split.items())]
        ),
    )
    page.add(
        "All forums convened",
        "\n\n".join(["![What becomes of forums](figure:outcomes)", two_lines_words(points, classes)]),
    )
    page.add(
        "In running territories",
        "\n\n".join(
            [
                *(f"![Running territories, {UNDER[name]}](figure:lived_{name})" for name in LIVED_RULES),
                vivo_words(classes),
                "Change from means 0.1 to 6.4, with its class, and over the range seen in France:",
                "table:lived",
            ]
        ),
    )
    page.add("What it does not say", LIMITS)
    return page


def drivers_words(table: pd.DataFrame) -> str:
    """The parameters that part points with the paradox from the others, in words."""
    clear = table[table["p"] < 0.05 / max(1, len(table))].head(6)
    if not len(clear):
        return "No parameter alone parts the points with the paradox from the others."
    parts = [
        f"{row['words']} ({'higher' if row['median_case'] > row['median_other'] else 'lower'} with the paradox; "
        f"distance {row['distance']:.2f})"
        if row["median_case"] != row["median_other"] else f"{row['words']} (distance {row['distance']:.2f})"
        for row in clear.to_dict("records")
    ]  # fmt: skip
    return (
        "Parameters whose distribution differs most between points with the paradox and the others that can be "
        f"told (over the prior; Kolmogorov-Smirnov, after correction for {len(table)} looks): {'; '.join(parts)}."
    )


def design(results: Mapping[str, ExperimentResult]) -> str:
    """How it was done."""
    vitro, living = results[SPACE[0]], results[LIVED[0]]
    forums = vitro.experiment.forums
    boxes = vitro.design["rules"].value_counts()
    counted = ", ".join(f"{boxes[box]:,} {OVER[box]}" for box in BOXES[:2])
    counted += f", {len(results[SPACE[1]].design):,} {OVER['posterior']}"
    return "\n\n".join(
        [
            "*In vitro*: a Sobol' sequence over what is chosen (portfolio, rivalry, e, quorum, meetings, mean "
            "structuration, and what "
            "rises: cash, time, both, structuration), each point with its own draw of all that is assumed or to "
            f"be calibrated: {counted} points. "
            f"At each point the same {forums.number} keyed forums meet at seven levels, 0.1 to 6.4 of the "
            "reference (structuration 0.2 to 0.9), "
            "and at the ends of a range of a factor of 2.3, that of fiscal potential in France.",
            "*Ease* was fixed before any result. It has two measures: mean months to launch among forums that "
            "launch at every level "
            "compared, and P(launch) among forums feasible at every level. An effect is the slope on log2 of means "
            "times the doublings of the "
            "range; within half a month, or five points, it is flat; a curve whose middle stands above both ends "
            "by more than that is humped. "
            "The *paradox* needs both: months rise and P(launch | feasible) falls.",
            "*In vivo*: four types of territory and three real places with their forums, the same levels of cash "
            "and time, at the defaults and with a draw of the posterior in each replicate, the same in every cell; "
            f"{living.manifest['replicates_done']} replicates that share their draws, {living.scenario().months} "
            "months.",
        ]
    )


LIMITS = (
    "The share of the volume in each class is the result; that the paradox holds, or does not, at the defaults is none. A "
    "share of the prior is no probability that the claim is true of France, and a share of the posterior is one only as "
    "far as the calibration reaches: what targets do not identify keeps its prior. Intervals are over the points sampled; "
    "the luck of the forums at each point blurs classes where few forums launch at every level.\n\n"
    "Ease is neither volume nor impact. The two measures leave out, on purpose, forums that the poorest could not hold. So "
    "the paradox, where it stands, says that the same people agree less easily with more; it does not say that a territory "
    "does better with less. In running territories forums of different levels are not the same forums, which is why both "
    "are shown."
)
"""What may not be read into the page."""

STUDY = Study(
    "scarcity_paradox",
    (*SPACE, "scarcity_paradox_ambition", *SPLIT, *LIVED),
    write,
)
