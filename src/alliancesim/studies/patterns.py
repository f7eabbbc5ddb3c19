"""Patterns of the source: how often draws of the prior and of the posterior show them, and what passing is worth."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.predictive import NO_EVIDENCE, rate, reading
from alliancesim.catalogue import FIRM, KINDS
from alliancesim.plots.style import BLUE, GREY, house_style
from alliancesim.studies.figures import listed, study_figure
from alliancesim.studies.page import Page, Study, drawn_from
from alliancesim.studies.pattern_list import PATTERNS, Draws, Pattern

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult


# -- numbers ----------------------------------------------------------------------------------------------------------


def pass_rates(prior: Draws, posterior: Draws, patterns: tuple[Pattern, ...] = PATTERNS) -> pd.DataFrame:
    """Pass rates of every pattern.

    Returns
    -------
    DataFrame
        A row a pattern: ``pattern``, ``words``, ``scale``, ``role`` (fitted or held out), ``source``, ``criterion``; for prior
        and posterior ``_pass`` with its 95 % Wilson interval (``_low``, ``_high``), ``_missing`` (share of the draws
        without a value) and ``_median`` of the measure; ``reading`` (:func:`alliancesim.analysis.predictive.reading`).
    """
    rows = []
    for one in patterns:
        row: dict[str, Any] = {
            "pattern": one.name, "words": one.words, "scale": one.scale, "role": "fitted" if one.fitted else "held out",
            "source": one.source, "criterion": one.criterion,
        }  # fmt: skip
        for word, draws in (("prior", prior), ("posterior", posterior)):
            values = one.measure(draws)
            row[f"{word}_pass"], row[f"{word}_low"], row[f"{word}_high"] = rate(one.passed(draws))
            row[f"{word}_missing"] = float(values.isna().mean()) if len(values) else math.nan
            row[f"{word}_median"] = float(values.median()) if values.notna().any() else math.nan
        row["reading"] = reading(row["prior_pass"], row["posterior_pass"])
        rows.append(row)
    return pd.DataFrame(rows)


def all_fitted(draws: Draws, patterns: tuple[Pattern, ...] = PATTERNS) -> tuple[float, float, float]:
    """Share of the draws that show all fitted patterns at once, with its interval."""
    return rate(np.logical_and.reduce([one.passed(draws).to_numpy() for one in patterns if one.fitted]))


def small_firms() -> tuple[float, float]:
    """Share of firms with fewer than 50 employees that the kinds' densities allow, least and most (N17).

    TPE have fewer than 10, PME 10 to 249: how many PME have fewer than 50 the table does not say.
    """
    firms = {kind.name: kind.density for kind in KINDS if kind.sphere == FIRM and kind.name != "firms_network"}
    total = sum(firms.values())
    return firms["tpe"] / total, (firms["tpe"] + firms["pme"]) / total


# -- figure -----------------------------------------------------------------------------------------------------------


def figure(table: pd.DataFrame) -> Any:
    """Prior and posterior pass rates, a row a pattern."""
    note = (
        "Share of the draws that show a pattern, with 95 % intervals; one run a draw and setting, the same draws in "
        "all settings. "
        f"Right of the line most draws pass: where the prior does ({100 * NO_EVIDENCE:.0f} % or more), passing is no evidence."
    )
    drawn = study_figure("How many draws show each pattern", note, 1.7 + 0.3 * len(table))
    with house_style():
        ax = drawn.subplots()
        ax.axvline(100.0 * NO_EVIDENCE, color="0.45", lw=0.9, ls=(0, (4, 3)))
        for y, row in enumerate(table.to_dict("records")):
            ax.plot([100 * row["prior_pass"], 100 * row["posterior_pass"]], [y, y], color="0.7", lw=1.0, zorder=1)
            for word, colour, mark, shift in (("prior", GREY, "s", -0.13), ("posterior", BLUE, "o", 0.13)):
                mid, low, high = (100.0 * row[f"{word}_{end}"] for end in ("pass", "low", "high"))
                reach = np.nan_to_num([[mid - low], [high - mid]]).clip(0.0)
                ax.errorbar(mid, y + shift, xerr=reach, fmt=mark, color=colour, ms=4.5, capsize=1.5, lw=1.0, zorder=3,
                            label=word if y == 0 else None)  # fmt: skip
        fitted = int((table["role"] == "fitted").sum())
        if 0 < fitted < len(table):
            ax.axhline(fitted - 0.5, color="0.3", lw=0.8)
            for at, role in ((fitted - 0.62, "fitted"), (fitted - 0.38, "held out")):
                ax.annotate(role, (1.01, at), xycoords=("axes fraction", "data"), fontsize=7.5, color="0.3",
                            va="bottom" if role == "fitted" else "top", annotation_clip=False)  # fmt: skip
        names = ["\n".join(textwrap.wrap(text, 50)) for text in table["words"]]
        ax.set_yticks(range(len(table)), names, fontsize=7.5)
        ax.set_ylim(len(table) - 0.5, -0.5)
        ax.set_xlim(-2.0, 102.0)
        ax.set_xlabel("draws that show it, %")
        handles, named = ax.get_legend_handles_labels()
        drawn.legend(handles, named, loc="upper right", bbox_to_anchor=(0.99, 0.995), ncols=2)
    return drawn


# -- words ------------------------------------------------------------------------------------------------------------

READINGS = {
    "reproduced": "**Reproduced** (most posterior draws show it, most prior draws do not)",
    "no evidence": "**No evidence** (most posterior draws show it, and so do most prior draws)",
    "missed": "**Missed** (fewer than half of the posterior draws show it)",
    "lost": "**Lost** (most prior draws show it, most posterior draws do not)",
    "unknown": "**Unknown**",
}


def sentences(table: pd.DataFrame) -> list[str]:
    """Each reading with its patterns, fitted and held out apart."""
    words = []
    for role in ("fitted", "held out"):
        here = table[table["role"] == role]
        parts = []
        for key, head in READINGS.items():
            rows = here[here["reading"] == key].to_dict("records")
            if rows:
                named = [
                    f"{row['words']} ({100 * row['prior_pass']:.0f} → {100 * row['posterior_pass']:.0f} %)"
                    for row in rows
                ]
                parts.append(f"- {head}: {'; '.join(named)}.")
        if parts:
            counts = here["reading"].value_counts()
            said = listed([f"{counts[key]} {key}" for key in READINGS if key in counts])
            words.append(
                f"Of the {len(here)} {role} patterns: {said} (prior → posterior pass rate).\n\n" + "\n".join(parts)
            )
    return words


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """The POM table."""

    def rates(word: str) -> list[str]:
        return [
            f"{100 * row[f'{word}_pass']:.0f} ({100 * row[f'{word}_low']:.0f} to {100 * row[f'{word}_high']:.0f})"
            if math.isfinite(row[f"{word}_pass"])
            else ""
            for row in table.to_dict("records")
        ]

    return pd.DataFrame(
        {
            "pattern": table["words"],
            "name": table["pattern"],
            "scale": table["scale"],
            "role": table["role"],
            "source": table["source"],
            "criterion": table["criterion"],
            "prior passes, %": rates("prior"),
            "posterior passes, %": rates("posterior"),
            "reading": table["reading"],
        }
    )


LIMITS = (
    "A pattern is passed by sign or range, from one run a draw: luck of the run is part of the rate. Most patterns of the "
    "source are qualitative, and a sign is passed half the time by chance. Fitted ones validate nothing. Held-out ones are "
    "of the same source as the fitted ones, often of the same kind (shares of 2014 follow from those of 2013), so that they are "
    "less than independent; truly outside figures are in docs/predictions.md. Some follow from a rule or from a "
    "parameter that says nearly the same (that associations lead, that openness does not reach one): their prior rate shows it. "
    "Not checked, for want of a column: that participants of forums are more open than others (M11), that committed SMEs "
    "originate societal innovation (M65). Settings are smaller than the places they stand for: towns of 60,000 "
    "inhabitants (45,000 rural), the Labo's whole calendar in one of them, Charenton without its surroundings."
)


def draws_said(prior: str, posterior: str) -> str:
    """What the replicates are, in a sentence; a warning where they are no draws of prior and posterior."""
    if (prior, posterior) == ("prior", "posterior"):
        return "Each is a draw of the parameters, the same in all settings, from the prior and from the posterior."
    return (
        f"**Not what this page is for:** parameters come from {prior} where the prior should be, and from {posterior} where "
        "the posterior should be (none: defaults, so that replicates differ by luck only)."
    )


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    first = results["patterns_prior"]
    prior, posterior = (Draws(results[name]) for name in ("patterns_prior", "patterns_posterior"))
    table = pass_rates(prior, posterior)
    page = Page(first.experiment.heading, first.experiment.question or "")
    page.tables = {"summary": shown_table(table), "patterns": table}
    page.figures = {"patterns": figure(table)}
    runs = sum(len(result.runs) for result in results.values())
    least, most = small_firms()
    together = [
        f"{100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f}) of the {word} draws"
        for word, (value, low, high) in (("prior", all_fitted(prior)), ("posterior", all_fitted(posterior)))
    ]
    page.add(
        "Design",
        f"{len(table)} patterns, {int((table['role'] == 'fitted').sum())} of them fitted. {first.manifest['replicates_done']} "
        f"replicates in {len(first.labels)} settings: {listed(list(first.labels))}. "
        f"{draws_said(*(drawn_from(results[name]) for name in STUDY.experiments))} "
        f"{runs} runs. Criteria were written, and committed, before any run of this page.",
    )
    page.add(
        "What comes out",
        "\n\n".join(
            [
                "![Patterns](figure:patterns)",
                *sentences(table),
                f"All fitted patterns at once, in one run of each setting: {listed(together)}.",
                "An input, and so no pattern of the model: more than 95 % of firms have fewer than 50 employees (N17); "
                f"by the table of kinds it is between {100 * least:.1f} and {100 * most:.1f} % (PME are not told apart).",
            ]
        ),
    )
    page.add("Table", "table:summary")
    page.add("What it does not say", LIMITS)
    return page


STUDY = Study("patterns", ("patterns_prior", "patterns_posterior"), write)
