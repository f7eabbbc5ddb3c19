"""Four types of territory, three levels of means, with and without an animation like the Labo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREY, SERIES, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, listed, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

RESOURCES = ("scarce", "moderate", "abundant")
SHOWN = {
    "engaged_share": ("engaged organisations", "%", 100.0),
    "alliances_per_1000": ("alliances", "per 1,000 organisations", 1.0),
    "need_met": ("needs met", "%", 100.0),
}
LOOK = {"none": (GREY, "--", "s", "no animation"), "labo": (BLUE, "-", "o", "Labo")}


def prepared(result: ExperimentResult) -> pd.DataFrame:
    """Runs with alliances per 1,000 organisations, so that territories of other sizes compare."""
    runs = result.runs
    return runs.assign(alliances_per_1000=1000.0 * runs["alliances"] / runs["organisations"])


def means(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and interval of each observable by territory, resources and animation."""
    rows = []
    names = [*SHOWN, "true_over_identified", "superadditivity", "equity_ratio", "need_met_deprived"]
    for (place, level, animation), here in runs.groupby(["territory", "resources", "animation"], sort=False):
        row: dict[str, Any] = {"territory": place, "resources": level, "animation": animation, "n": len(here)}
        for name in names:
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(here[name])
        rows.append(row)
    return pd.DataFrame(rows)


def gains(runs: pd.DataFrame) -> pd.DataFrame:
    """What the Labo adds, paired by replicate, by territory and resources."""
    rows = []
    for (place, level), here in runs.groupby(["territory", "resources"], sort=False):
        table = here.set_index("replicate")
        home, with_it = (table[table["animation"] == name] for name in ("none", "labo"))
        row: dict[str, Any] = {"territory": place, "resources": level}
        for name in (*SHOWN, "lasting_alliances", "equity_ratio"):
            change = (with_it[name] - home[name]).dropna()
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(change)
        rows.append(row)
    return pd.DataFrame(rows)


def slopes(runs: pd.DataFrame) -> pd.DataFrame:
    """Abundant against scarce, paired by replicate, by territory and animation."""
    rows = []
    for (place, animation), here in runs.groupby(["territory", "animation"], sort=False):
        table = here.set_index("replicate")
        low, high = (table[table["resources"] == level] for level in ("scarce", "abundant"))
        row: dict[str, Any] = {"territory": place, "animation": animation}
        for name in SHOWN:
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval((high[name] - low[name]).dropna())
        rows.append(row)
    return pd.DataFrame(rows)


def main_figure(table: pd.DataFrame) -> Any:
    """Observables by means, one column a type of territory, with and without the Labo."""
    note = f"After the last year. Lines join means. {SYNTHETIC}"
    drawn = study_figure("Types of territory and means, with and without animation", note, 6.4)
    with house_style():
        axes = drawn.subplots(len(SHOWN), len(NAMES), sharex=True, sharey="row")
        for across, (place, word) in enumerate(NAMES.items()):
            for down, (name, (title, unit, factor)) in enumerate(SHOWN.items()):
                ax = axes[down, across]
                for animation, (colour, line, mark, label) in LOOK.items():
                    here = table[(table["territory"] == place) & (table["animation"] == animation)]
                    here = here.set_index("resources").reindex(RESOURCES)
                    mid, low, high = (
                        factor * here[key].to_numpy(dtype=float) for key in (name, f"{name}_low", f"{name}_high")
                    )
                    ax.errorbar(
                        range(3),
                        mid,
                        yerr=np.maximum(0, [mid - low, high - mid]),
                        color=colour,
                        ls=line,
                        marker=mark,
                        capsize=2,
                    )
                    if across == len(NAMES) - 1 and mid[-1] == mid[-1]:
                        ax.annotate(
                            label, (2.12, mid[-1]), color=colour, va="center", fontsize=7.5, annotation_clip=False
                        )
                ax.set_xlim(-0.25, 2.25)
                ax.set_xticks(range(3), ("scarce", "mod-\nerate", "abun-\ndant"))
                if down == 0:
                    ax.set_title(word)
                if across == 0:
                    ax.set_ylabel(f"{title}\n({unit})")
        for row in axes:
            row[0].set_ylim(0, 1.05 * max(ax.dataLim.y1 for ax in row))
    return drawn


def iceberg(runs: pd.DataFrame) -> Any:
    """True and identified alliances, moderate means."""
    note = f"Bars: means over replicates at moderate means; the dark part is known as alliances. {SYNTHETIC}"
    drawn = study_figure("The iceberg: alliances that exist, alliances that are known", note, 3.4)
    with house_style():
        ax = drawn.subplots()
        ticks, words = [], []
        for place_number, (place, word) in enumerate(NAMES.items()):
            for number_, (animation, (_, _, _, label)) in enumerate(LOOK.items()):
                here = runs[
                    (runs["territory"] == place) & (runs["animation"] == animation) & (runs["resources"] == "moderate")
                ]
                true = (1000 * here["alliances"] / here["organisations"]).mean()
                known = (1000 * here["alliances_identified"] / here["organisations"]).mean()
                y = place_number * 3 + number_
                ax.barh(y, true, color="#a6cee3", height=0.8)
                ax.barh(y, known, color="#08519c", height=0.8)
                if true == true:
                    ratio = f"{true / known:.1f} for one known" if known > 0 else "none known"
                    ax.annotate(f"  {true:.0f} exist, {known:.0f} known: {ratio}", (true, y), va="center", fontsize=7.5)
                ticks.append(y)
                words.append(f"{word}, {label}")
        ax.set_yticks(ticks, words)
        ax.set_ylim(max(ticks) + 0.7, -0.7)
        ax.set_xlim(right=1.45 * ax.get_xlim()[1])
        ax.set_xlabel("alliances per 1,000 organisations")
        ax.grid(axis="y", visible=False)
    return drawn


RUNS_BY_MIX = 3
"""Replicates of each type that are simulated again for their alliances one by one."""


def by_mix(result: ExperimentResult) -> pd.DataFrame:
    """Value of alliances over what their members would make alone, by mix of spheres: moderate means, with the Labo.

    A few runs are simulated again, for the experiment keeps no single alliance; each counts as one observation.
    """
    design = result.design
    rows = []
    for place in NAMES:
        here = design[
            (design["territory"] == place) & (design["resources"] == "moderate") & (design["animation"] == "labo")
        ]
        for replicate in range(1, min(RUNS_BY_MIX, int(result.manifest["replicates_done"])) + 1):
            number_ = (replicate - 1) * len(design) + int(here["point"].iloc[0])
            table = result.run(number_).alliances
            table = table[table["reported"]]
            found = table.groupby("form", observed=True)["superadditivity"].agg(["mean", "size"])
            rows += [(place, replicate, form, float(row["mean"]), int(row["size"])) for form, row in found.iterrows()]
    return pd.DataFrame(rows, columns=["territory", "replicate", "form", "superadditivity", "alliances"])


def one_and_one(mixed: pd.DataFrame) -> Any:
    """Value of alliances over what members do alone, by mix of spheres and type of territory."""
    note = (
        "Dots: one run each (moderate means, with the Labo), mean of its alliances of that mix, at their start; "
        "mixes of fewer than five "
        "alliances are left out. Above 1 one and one make more than two; the source's 3 would be 1.5, a slogan. "
        "Synthetic territories and "
        "organisations."
    )
    drawn = study_figure("1 + 1 = 3? What alliances make over what their members would make alone", note, 4.2)
    kept = mixed[mixed["alliances"] >= LEAST_ALLIANCES]
    with house_style():
        ax = drawn.subplots()
        order = kept.groupby("form")["superadditivity"].mean().sort_values(ascending=False).index.tolist()
        for series, (place, word) in enumerate(NAMES.items()):
            here = kept[kept["territory"] == place]
            places = [order.index(form) + 0.16 * (series - 1.5) for form in here["form"]]
            colour, _, mark = SERIES[series]
            ax.plot(here["superadditivity"], places, mark, color=colour, ls="", alpha=0.85, label=word)
        ax.axvline(1.0, color="0.3", lw=0.8)
        ax.axvline(1.5, color="0.6", lw=0.8, ls=":")
        ax.set_yticks(range(len(order)), order)
        ax.set_ylim(max(1, len(order)) - 0.5, -0.5)
        ax.set_xlim(left=0.9 if kept.empty else min(0.9, kept["superadditivity"].min() - 0.05))
        ax.set_xlabel("value over members alone (ratio)")
        ax.grid(axis="y", visible=False)
        if not kept.empty:
            ax.legend(loc="lower right", title="territory")
    return drawn


LEAST_ALLIANCES = 5
"""Alliances of a mix that a run must have to be shown."""


def mix_sentence(mixed: pd.DataFrame) -> str:
    """Which mixes add most and least, in words."""
    kept = mixed[mixed["alliances"] >= LEAST_ALLIANCES]
    means = kept.groupby("form")["superadditivity"].mean().sort_values(ascending=False)
    if means.empty:
        return "Too few alliances of any mix to compare."
    words = [f"{form} {number(value)}" for form, value in means.items()]
    below = kept[kept["superadditivity"] < 1]["form"].unique().tolist()
    text = f"By mix of spheres, from most to least: {listed(words)}."
    return text + (
        f" Below 1 in some run: {listed(below)}."
        if below
        else " In no run does a mix make less than its members alone."
    )


GAPS = ("rural", "zus", "cross_border")
COMPONENTS = {
    "density": "density and organisations",
    "needs": "needs",
    "structuration": "structuration",
    "distance": "institutional distance",
    "border": "border",
}


def gap(result: ExperimentResult, other: str) -> pd.DataFrame:
    """Shapley values of the gap between an urban territory and another type, by observable and component."""
    from alliancesim.analysis import coalitions, shapley

    runs = prepared(result)
    columns = {name: f"territory.mix.{name}" for name in COMPONENTS}
    frames = []
    for observable in ("engaged_share", "alliances_per_1000", "need_met"):
        values = {}
        for chosen in coalitions(list(COMPONENTS)):
            here = runs
            for name, column in columns.items():
                here = here[here[column] == (other if name in chosen else "urban")]
            values[chosen] = here.sort_values("replicate")[observable].to_numpy()
        whole, nobody = values[frozenset(COMPONENTS)], values[frozenset()]
        found = shapley(values, list(COMPONENTS)).rename(columns={"player": "component"})
        frames.append(found.assign(other=other, observable=observable, gap=np.nanmean(whole) - np.nanmean(nobody)))
    return pd.concat(frames, ignore_index=True)


def gap_figure(table: pd.DataFrame) -> Any:
    """What each gap to an urban territory is made of: stacked contributions, the sum marked."""
    note = (
        "Each component of the other type is laid over the urban territory in every order; bars are mean "
        "contributions (Shapley) at "
        f"moderate means without animation, right of zero where they raise; diamonds are the whole gap. {SYNTHETIC}"
    )
    drawn = study_figure("Why territories differ: the gap to an urban territory, component by component\n", note, 4.1)
    with house_style():
        axes = drawn.subplots(1, len(SHOWN), sharey=True)
        for ax, (name, (title, unit, factor)) in zip(axes, SHOWN.items(), strict=True):
            for y, other in enumerate(GAPS):
                here = table[(table["other"] == other) & (table["observable"] == name)].set_index("component")
                right = left = 0.0
                for number_, component in enumerate(COMPONENTS):
                    if component not in here.index or not np.isfinite(here.loc[component, "share"]):
                        continue
                    width = factor * float(here.loc[component, "share"])
                    ax.barh(y, width, left=right if width >= 0 else left, height=0.6, color=SERIES[number_][0],
                            label=COMPONENTS[component] if y == 0 else None)  # fmt: skip
                    right, left = (right + width, left) if width >= 0 else (right, left + width)
                if len(here):
                    ax.plot(factor * float(here["gap"].iloc[0]), y, "D", color="black", ms=5)
            ax.use_sticky_edges = False
            ax.autoscale_view()
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.set_xlabel("percentage points" if unit == "%" else unit)
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks(range(len(GAPS)), [NAMES[one] for one in GAPS])
        axes[0].set_ylim(len(GAPS) - 0.5, -0.5)
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.005, 0.945), ncols=len(labels), fontsize=7.5)
    return drawn


def gap_sentences(table: pd.DataFrame) -> list[str]:
    """What each gap is made of, in words, from the numbers."""
    words = []
    for other in GAPS:
        here = table[(table["other"] == other) & (table["observable"] == "engaged_share")]
        if here.empty:
            continue
        up = [f"{COMPONENTS[r.component]} ({100 * r.share:+.1f} points)" for r in here.itertuples() if r.low > 0]
        down = [f"{COMPONENTS[r.component]} ({100 * r.share:+.1f} points)" for r in here.itertuples() if r.high < 0]
        words.append(
            f"**{NAMES[other]} against urban**, engaged share: {100 * here['gap'].iloc[0]:+.1f} points in all. "
            f"Raised by {listed(up)}; "
            f"lowered by {listed(down)}; the other components make no clear difference."
        )
    return words


def sentences(gained: pd.DataFrame, sloped: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers."""
    words = []
    clear, unclear = [], []
    for place, here in gained.groupby("territory", sort=False):
        name = NAMES[str(place)]
        rises = here[here["engaged_share_low"] > 0]
        if len(rises):
            low, high = number(100 * rises["engaged_share"].min()), number(100 * rises["engaged_share"].max())
            clear.append(f"{name} by {low} to {high} points" + ("" if len(rises) == len(here) else " at some levels"))
        unclear += [f"{name}, {row.resources}" for row in here.itertuples() if not row.engaged_share_low > 0]
    if clear:
        words.append(f"The Labo raises the share of engaged organisations, over the levels of means: {listed(clear)}.")
    if unclear:
        words.append(f"No clear rise of the engaged share: {listed(unclear)}.")
    for animation, label in (("none", "Without animation"), ("labo", "With the Labo")):
        here = sloped[sloped["animation"] == animation]
        up = [NAMES[r.territory] for r in here.itertuples() if r.alliances_per_1000_low > 0]
        down = [NAMES[r.territory] for r in here.itertuples() if r.alliances_per_1000_high < 0]
        flat = [NAMES[r.territory] for r in here.itertuples() if NAMES[r.territory] not in (*up, *down)]
        words.append(
            f"{label}, abundant against scarce means: more alliances on {listed(up)}; fewer on {listed(down)}; no "
            "clear difference on "
            f"{listed(flat)}. (Volume, not ease: ease has its own study, the scarcity paradox.)"
        )
    return words


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["typology_by_resources"]
    experiment = result.experiment
    runs = prepared(result)
    table, gained, sloped = means(runs), gains(runs), slopes(runs)
    page = Page(experiment.heading, experiment.question or "")
    gaps = pd.concat([gap(results[f"typology_gap_{other}"], other) for other in GAPS], ignore_index=True)
    mixed = by_mix(result)
    page.tables = {
        "gaps": gaps,
        "one_and_one": mixed,
        "means": table,
        "labo_adds": gained,
        "abundant_less_scarce": sloped,
    }
    page.figures = {
        "gaps": gap_figure(gaps),
        "types_and_means": main_figure(table),
        "iceberg": iceberg(runs),
        "one_and_one": one_and_one(mixed),
    }
    page.add(
        "Design",
        "Four types of territory × three levels of cash and time slack (0.4, 1 and 2.5 of the reference) × with and "
        "without an "
        f"animation like the Labo's; {result.manifest['replicates_done']} replicates that share their draws; "
        f"{result.scenario().months} months after {result.scenario().burn_in} of burn-in.",
    )
    text = ["![Types of territory and means](figure:types_and_means)", *sentences(gained, sloped)]
    text += ["![The iceberg](figure:iceberg)", iceberg_sentence(runs)]
    text += ["![1 + 1 = 3](figure:one_and_one)", superadditivity_sentence(table), mix_sentence(mixed)]
    page.add("What comes out", "\n\n".join(text))
    page.add("Why territories differ", "\n\n".join(["![Why territories differ](figure:gaps)", *gap_sentences(gaps)]))
    page.add(
        "What it does not say",
        "Types of territory differ by assumptions above all (structuration, institutional distance, the border, "
        "needs): the gap "
        "between two types says what these assumptions do together, not what French territories are like. "
        "`al.split_gap` splits it. "
        "The synthetic territories have other sizes, so the same animation is thin on a large one; numbers are "
        "therefore per 1,000 "
        "organisations. Nothing here is calibrated.",
    )
    return page


def iceberg_sentence(runs: pd.DataFrame) -> str:
    """How many alliances there are for one that is known."""
    here = runs[runs["resources"] == "moderate"]
    found = []
    for animation, label in (("none", "without animation"), ("labo", "with the Labo")):
        mid, low, high = mean_interval(here.loc[here["animation"] == animation, "true_over_identified"])
        found.append(f"{number(mid)} ({number(low)} to {number(high)}) {label}")
    return f"For one alliance that is known as such there are {listed(found)}: over all types, at moderate means."


def superadditivity_sentence(table: pd.DataFrame) -> str:
    """Where alliances make more than their members alone."""
    above = table[table["superadditivity_low"] > 1]
    below = table[table["superadditivity_high"] < 1]
    return (
        f"Alliances make clearly more than their members would alone in {len(above)} of {len(table)} settings, "
        "clearly less in "
        f"{len(below)}; the ratio lies between {number(table['superadditivity'].min())} and "
        f"{number(table['superadditivity'].max())}."
    )


STUDY = Study("typology_by_resources", ("typology_by_resources", *(f"typology_gap_{other}" for other in GAPS)), write)
