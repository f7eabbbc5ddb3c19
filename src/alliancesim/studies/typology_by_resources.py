"""Four types of territory, three levels of means, with and without an animation like the Labo's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.studies.figures import NAMES, listed, mean_interval, number
from alliancesim.studies.page import Page, Study
from alliancesim.studies.typology_figures import (
    COMPONENTS,
    GAPS,
    LEAST_ALLIANCES,
    RESOURCES,
    SHOWN,
    gap_figure,
    iceberg,
    labo_figure,
    main_figure,
    one_and_one,
    one_and_one_by_means,
    reach_figure,
)

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

OTHERS = ("known_per_1000", "true_over_identified", "superadditivity", "equity_ratio", "need_met_deprived")


def prepared(result: ExperimentResult) -> pd.DataFrame:
    """Runs with alliances, and known ones, per 1,000 organisations, so that territories of other sizes compare."""
    runs = result.runs
    known = 1000.0 * runs["alliances_identified"] / runs["organisations"]
    return runs.assign(alliances_per_1000=1000.0 * runs["alliances"] / runs["organisations"], known_per_1000=known)


def means(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and interval of each observable by territory, resources and animation."""
    rows = []
    names = [*SHOWN, *OTHERS]
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
        for name in (*SHOWN, *OTHERS, "lasting_alliances"):
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


def reach_sentences(table: pd.DataFrame, gained: pd.DataFrame) -> list[str]:
    """How needs met in deprived cells compare with all, and whether the Labo changes it, in words."""
    known = table[table["equity_ratio"].notna()]
    if known.empty:
        return ["No needs were met where deprived cells could be told from others."]
    below = known[known["equity_ratio_high"] < 1]
    above = known[known["equity_ratio_low"] > 1]
    text = (
        f"Deprived cells have clearly less of their needs met than all cells in {len(below)} of {len(known)} settings"
    )
    text += f", clearly more in {len(above)}. " if len(above) else ". "
    parts = []
    for place, word in NAMES.items():
        here = known.loc[known["territory"] == place, "equity_ratio"]
        if len(here):
            low, high = number(here.min()), number(here.max())
            parts.append(f"{word} {low}" if low == high else f"{word} {low} to {high}")
    words = [text + f"The equity ratio (1 is alike), over means and animation: {listed(parts)}."]
    moved = gained[gained["equity_ratio"].notna()]
    fixed = [str(place) for place, here in moved.groupby("territory", sort=False)
             if (here["equity_ratio"].abs() < 1e-9).all()]  # fmt: skip
    moved = moved[~moved["territory"].isin(fixed)]
    up, down = moved[moved["equity_ratio_low"] > 0], moved[moved["equity_ratio_high"] < 0]
    text = ""
    if len(up):
        text += f"The Labo serves deprived cells more evenly on {_settings(up)}. "
    if len(down):
        text += f"The Labo serves them less evenly on {_settings(down)}. "
    if len(moved) > len(up) + len(down):
        text += "Elsewhere" if text else "Between the Labo and no animation"
        text += " there is no clear difference in how evenly deprived cells are served. "
    if fixed:
        text += (
            f"On {listed([NAMES[one] for one in fixed])} the ratio is the same with the Labo and without: relief is "
            "spread over all cells of an alliance's perimeter, and where one perimeter holds the whole place nothing "
            "turns it to deprived cells."
        )
    return [*words, text.strip()] if text else words


def _settings(rows: pd.DataFrame) -> str:
    """Types of territory and levels of means as sentences name them."""
    words = []
    for place, here in rows.groupby("territory", sort=False):
        levels = list(here["resources"])
        which = "at all means" if len(levels) == len(RESOURCES) else f"at {listed(levels)} means"
        words.append(f"{NAMES[str(place)]} {which}")
    if len(words) == len(NAMES) and len(rows) == len(NAMES) * len(RESOURCES):
        return "every type of territory at all means"
    return "; ".join(words)


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
            rows += [
                (place, replicate, form, together_over_alone(some), len(some))
                for form, some in table.groupby("form", observed=True)
            ]
    return pd.DataFrame(rows, columns=["territory", "replicate", "form", "superadditivity", "alliances"])


def together_over_alone(alliances: pd.DataFrame) -> float:
    """Value of alliances over what their members would make alone, all of them together.

    A ratio of sums: one alliance whose members would make next to nothing alone has a ratio without bound, and would carry
    the mean of ratios.
    """
    alone = (alliances["value"] / alliances["superadditivity"]).fillna(0.0).sum()
    return float(alliances["value"].sum() / alone) if alone > 0 else np.nan


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
        parts = [
            f"{word} {listed(places)}"
            for word, places in (("more alliances on", up), ("fewer on", down), ("no clear difference on", flat))
            if places
        ]
        if parts:
            words.append(f"{label}, abundant against scarce means: {'; '.join(parts)}.")
    words.append("This is volume, not ease: ease has its own study, the scarcity paradox.")
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
        "labo_adds": labo_figure(gained),
        "iceberg": iceberg(runs),
        "one_and_one_by_means": one_and_one_by_means(table),
        "one_and_one": one_and_one(mixed),
        "reach": reach_figure(table),
    }
    page.add(
        "Design",
        "Four types of territory × three levels of cash and time slack (0.4, 1 and 2.5 of the reference) × with and "
        "without an "
        f"animation like the Labo's; {result.manifest['replicates_done']} replicates that share their draws; "
        f"{result.scenario().months} months after {result.scenario().burn_in} of burn-in.",
    )
    text = ["![Types of territory and means](figure:types_and_means)", "![What the Labo adds](figure:labo_adds)"]
    page.add("What comes out", "\n\n".join([*text, *sentences(gained, sloped)]))
    text = ["![The iceberg](figure:iceberg)", iceberg_sentence(runs), iceberg_gains(gained)]
    page.add("The iceberg", "\n\n".join(text))
    text = [
        "![1 + 1 by means](figure:one_and_one_by_means)",
        superadditivity_sentence(table),
        *superadditivity_gains(gained),
    ]
    page.add("1 + 1 = 3", "\n\n".join([*text, "![1 + 1 by mix of spheres](figure:one_and_one)", mix_sentence(mixed)]))
    page.add("Whom it reaches", "\n\n".join(["![Whom it reaches](figure:reach)", *reach_sentences(table, gained)]))
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


def iceberg_gains(gained: pd.DataFrame) -> str:
    """What the Labo adds to alliances that exist and to those that are known, in words."""
    parts = []
    for row in gained[gained["resources"] == "moderate"].itertuples():
        if row.alliances_per_1000 != row.alliances_per_1000:
            continue
        added = [
            f"{value:+.1f} {word} ({low:+.1f} to {high:+.1f})"
            for word, value, low, high in (
                ("that exist", row.alliances_per_1000, row.alliances_per_1000_low, row.alliances_per_1000_high),
                ("known", row.known_per_1000, row.known_per_1000_low, row.known_per_1000_high),
            )
        ]
        ratio = (
            "is lower" if row.true_over_identified_high < 0 else "is higher" if row.true_over_identified_low > 0 else ""
        )
        parts.append(f"{NAMES[row.territory]} {added[0]}, {added[1]}; the ratio {ratio or 'shows no clear difference'}")
    if not parts:
        return "What the Labo adds cannot be told."
    return f"With the Labo, alliances per 1,000 organisations at moderate means: {'. '.join(_upper(one) for one in parts)}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def superadditivity_gains(gained: pd.DataFrame) -> list[str]:
    """Whether the Labo changes what alliances make over their members alone, in words."""
    known = gained[gained["superadditivity_low"].notna()]
    if known.empty:
        return []
    up, down = known[known["superadditivity_low"] > 0], known[known["superadditivity_high"] < 0]
    text = ""
    if len(up):
        text += f"With the Labo the ratio is higher on {_settings(up)}. "
    if len(down):
        text += f"With the Labo the ratio is lower on {_settings(down)}. "
    if len(known) > len(up) + len(down):
        text += f"{'Elsewhere' if text else 'Between the Labo and no animation'} there is no clear difference."
    return [text.strip()]


def superadditivity_sentence(table: pd.DataFrame) -> str:
    """Where alliances make more than their members alone."""
    above = table[table["superadditivity_low"] > 1]
    below = table[table["superadditivity_high"] < 1]
    if table["superadditivity"].isna().all():
        return "No alliance ran, so that nothing can be set against its members alone."
    return (
        f"Alliances make clearly more than their members would alone in {len(above)} of {len(table)} settings, "
        f"clearly less in {len(below)}; the ratio lies between {number(table['superadditivity'].min())} and "
        f"{number(table['superadditivity'].max())}. It sets all running alliances of a run together; by mix of "
        "spheres below, each alliance counts once, so that a few large ones weigh less."
    )


STUDY = Study("typology_by_resources", ("typology_by_resources", *(f"typology_gap_{other}" for other in GAPS)), write)
