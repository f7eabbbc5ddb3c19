"""Predictions before comparison: intervals over draws of the rules, the posterior beside the prior, for nine things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREY, house_style
from alliancesim.studies.figures import listed, study_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.predicted_quantities import POINTS, PREDICTIONS, SHARE, Prediction

if TYPE_CHECKING:
    from alliancesim.experiments import Experiment, ExperimentResult

ORDER = ("posterior", "prior", "widened", "default")
"""Words of ``rules`` in the order of columns."""
LEVELS = {"low_90": 0.05, "low_50": 0.25, "median": 0.5, "high_50": 0.75, "high_90": 0.95}
MONEY = "animation.animators.firm.sources.firm.keur_per_year"
UNITS = {SHARE: " %", POINTS: " points"}
MARKS = {SHARE: " (%)", POINTS: " (points)"}
LEAST = 10
"""Draws with a value below which no interval is given."""


def rules_of(runs: pd.DataFrame) -> pd.Series:
    """Which rules each run drew from."""
    if "rules" not in runs:
        return pd.Series(["default"] * len(runs), index=runs.index)
    return runs["rules"].astype(str)


def values(prediction: Prediction, runs: pd.DataFrame) -> pd.DataFrame:
    """A row a draw: ``rules``, ``replicate``, and the quantities of a prediction.

    Parameters
    ----------
    runs : DataFrame
        Of the prediction's experiment.
    """
    runs = runs.assign(rules=rules_of(runs))
    if prediction.key == "mediators":
        return _paired(runs)
    found = runs[["rules", "replicate"]].copy()
    known = {one.column for one in prediction.quantities} & set(runs.columns)
    found[sorted(known)] = runs[sorted(known)].astype(float)
    if prediction.key == "firms":
        found["growth_points"] = runs["firms_2014"] - runs["firms_2010"]
        for year, name in ((2014, "growth_ratio"), (2015, "growth_ratio_2015")):
            found[name] = runs[f"firms_{year}"] / runs["firms_2010"].where(runs["firms_2010"] > 0)
    if prediction.key == "leaders":
        found["leaderless_gap"] = runs["convened_leaderless_rural"] - runs["convened_leaderless_dense"]
    return found


def _paired(runs: pd.DataFrame) -> pd.DataFrame:
    """With and without mediators, paired by draw."""
    wide = runs.pivot(index=["rules", "replicate"], columns=MONEY, values=["equity_ratio", "need_met_deprived"])
    without, present = min(runs[MONEY]), max(runs[MONEY])
    return pd.DataFrame(
        {
            "equity_ratio_without": wide["equity_ratio", without],
            "equity_ratio_with": wide["equity_ratio", present],
            "equity_change": wide["equity_ratio", present] - wide["equity_ratio", without],
            "need_met_deprived_without": wide["need_met_deprived", without],
            "need_met_deprived_change": wide["need_met_deprived", present] - wide["need_met_deprived", without],
        }
    ).reset_index()


def intervals(results: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Intervals of all quantities.

    Parameters
    ----------
    results : mapping
        Runs by experiment.

    Returns
    -------
    DataFrame
        A row a quantity and rules: ``prediction``, ``quantity``, ``column``, ``unit``, ``rules``, ``draws`` (with a value),
        ``of`` (draws in all), and ``low_90``, ``low_50``, ``median``, ``high_50``, ``high_90`` over draws; NaN with fewer than
        ``LEAST`` values, or below half of the draws.
    """
    rows = []
    for prediction in PREDICTIONS:
        table = values(prediction, results[prediction.experiment])
        for quantity in prediction.quantities:
            for rules in (word for word in ORDER if (table["rules"] == word).any()):
                drawn = table.loc[table["rules"] == rules, quantity.column].to_numpy(dtype=float)
                known = np.sort(drawn[np.isfinite(drawn)])
                rows.append(
                    {
                        "prediction": prediction.key, "quantity": quantity.words, "column": quantity.column,
                        "unit": quantity.unit, "rules": rules, "draws": len(known), "of": len(drawn), **_quantiles(known),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _quantiles(known: np.ndarray) -> dict[str, float]:
    if len(known) < LEAST:
        return dict.fromkeys(LEVELS, np.nan)
    return {name: float(np.quantile(known, level)) for name, level in LEVELS.items()}


def shown(value: float, unit: str) -> str:
    """A number as tables show it: per cent for a share or a difference of shares, more digits where it is small."""
    if not np.isfinite(value):
        return "-"
    if unit in (SHARE, POINTS):
        value *= 100.0
    digits = (3 if abs(value) < 0.1 else 2) if unit == POINTS else 1 if unit == SHARE or abs(value) >= 10 else 2
    if unit not in (SHARE, POINTS) and 0 < abs(value) < 0.1:
        digits = 4
    return f"{round(value, digits) + 0.0:.{digits}f}"


def reading_table(table: pd.DataFrame, prediction: Prediction) -> pd.DataFrame:
    """Intervals of one prediction for reading: a row a quantity, median with both intervals for each of the rules."""
    here = table[table["prediction"] == prediction.key]
    rows = []
    for quantity in prediction.quantities:
        row = {"quantity": f"{quantity.words}{MARKS.get(quantity.unit, '')}"}
        for one in here[here["column"] == quantity.column].to_dict("records"):
            row[one["rules"]] = in_words(one)
        rows.append(row)
    return pd.DataFrame(rows)


def in_words(one: Mapping[str, Any]) -> str:
    """Median, 50 % and 90 % interval of a row of :func:`intervals`: ``1.20 (1.00 to 1.40; 0.80 to 2.00)``."""
    if not np.isfinite(one["median"]):
        return f"{one['draws']} of {one['of']} draws have a value: none given"
    low, less, mid, more, high = (shown(one[name], one["unit"]) for name in LEVELS)
    few = f"; {one['draws']} of {one['of']} draws" if one["draws"] < one["of"] else ""
    return f"**{mid}** ({less} to {more}; {low} to {high}{few})"


def sentence(table: pd.DataFrame, prediction: Prediction) -> str:
    """The first quantities in words, and how much narrower than the prior the posterior is."""
    quantity = prediction.quantities[0]
    here = table[(table["prediction"] == prediction.key) & (table["column"] == quantity.column)].set_index("rules")
    best = next(word for word in ORDER if word in here.index)
    one = here.loc[best].to_dict()
    unit = UNITS.get(quantity.unit, "")
    if not np.isfinite(one["median"]):
        return f"Too few draws have a value of: {quantity.words}."
    said = (
        f"Under the {best} rules, {quantity.words}: {shown(one['median'], quantity.unit)}{unit}, with 90 % between "
        f"{shown(one['low_90'], quantity.unit)} and {shown(one['high_90'], quantity.unit)}{unit}."
    )
    return f"{said} {learned(here)}".strip()


def learned(here: pd.DataFrame) -> str:
    """What the calibration adds to the prior, by the widths of the 90 % intervals; nothing without both."""
    if not {"prior", "posterior"} <= set(here.index):
        return ""
    width = {word: float(here.loc[word, "high_90"] - here.loc[word, "low_90"]) for word in ("prior", "posterior")}
    if not all(np.isfinite(value) for value in width.values()) or width["prior"] <= 0:
        return ""
    ratio = width["posterior"] / width["prior"]
    if ratio > 0.9:
        return "The calibration says nothing about it: the posterior interval is as wide as the prior one."
    return f"The 90 % interval of the posterior is {100 * ratio:.0f} % as wide as that of the prior."


def threshold(table: pd.DataFrame, prediction: Prediction) -> str:
    """By how much an outside figure would count against the first quantity, from the intervals."""
    quantity = prediction.quantities[0]
    here = table[(table["prediction"] == prediction.key) & (table["column"] == quantity.column)].set_index("rules")
    best = next(word for word in ORDER if word in here.index)
    one = here.loc[best]
    if not np.isfinite(one["median"]):
        return "No threshold can be given."
    unit = UNITS.get(quantity.unit, "")
    low, high = (shown(one[name], quantity.unit) for name in ("low_90", "high_90"))
    outside = f"a figure below {low} or above {high}{unit}"
    said = f"For the first quantity ({quantity.words}): {outside} counts against the {best} rules"
    if "prior" in here.index and best != "prior" and np.isfinite(here.loc["prior", "median"]):
        low, high = (shown(here.loc["prior", name], quantity.unit) for name in ("low_90", "high_90"))
        return (
            f"{said}; one below {low} or above {high}{unit} counts against the rules themselves, whatever their "
            "numbers. For the others likewise. Where the prior's interval is wide, agreement is no evidence."
        )
    return f"{said}. For the others likewise."


def figure(table: pd.DataFrame) -> Any:
    """Intervals of all shares, the rules beside each other."""
    here = table[(table["unit"] == SHARE) & table["median"].notna()]
    labels = here.drop_duplicates("column")
    words = [word for word in ORDER if (here["rules"] == word).any()]
    note = (
        "Dots: medians over draws of the rules; thick lines 50 %, thin ones 90 % of the draws. "
        f"{listed(words).capitalize()} rules. Shares over the denominators that the tables name. Synthetic "
        "organisations on real places."
    )
    drawn = study_figure("What the model predicts: shares", note, 1.6 + 0.21 * max(4, len(labels)))
    with house_style():
        ax = drawn.subplots()
        colours = dict(zip(words, (BLUE, GREY, GREY, GREY), strict=False))
        for down, column in enumerate(labels["column"]):
            for number, word in enumerate(words):
                for one in here[(here["column"] == column) & (here["rules"] == word)].to_dict("records"):
                    y = down + 0.26 * (number - (len(words) - 1) / 2)
                    first = down == 0
                    ax.plot([100 * one["low_90"], 100 * one["high_90"]], [y, y], color=colours[word], lw=0.9)
                    ax.plot(
                        [100 * one["low_50"], 100 * one["high_50"]],
                        [y, y],
                        color=colours[word],
                        lw=3,
                        solid_capstyle="butt",
                    )
                    ax.plot(
                        100 * one["median"],
                        y,
                        "o" if number == 0 else "s",
                        color=colours[word],
                        ms=4,
                        label=word if first else None,
                    )
        ax.set_yticks(range(len(labels)), [_short(text) for text in labels["quantity"]], fontsize=7)
        ax.set_ylim(max(1, len(labels)) - 0.4, -0.6)
        ax.set_xlim(-1, 101)
        ax.set_xlabel("per cent")
        ax.grid(axis="y", visible=False)
        groups = labels["prediction"].to_numpy()
        for edge in np.flatnonzero(groups[1:] != groups[:-1]):
            ax.axhline(edge + 0.5, color="0.7", lw=0.6)
        if len(labels):
            ax.legend(loc="upper right", fontsize=7.5)
    return drawn


def _short(text: str) -> str:
    return text if len(text) <= 78 else f"{text[:77]}…"


def part(table: pd.DataFrame, prediction: Prediction, words: str) -> str:
    """The text of one prediction; its table is called ``<key>``."""
    return "\n\n".join(
        [
            sentence(table, prediction),
            f"table:{prediction.key}",
            f"**Scenario.** {words}",
            f"**How it is measured.** {prediction.measured}",
            f"**Reasoning.** {prediction.reasoning}",
            f"**What would count against it.** {prediction.against} {threshold(table, prediction)}",
            f"**Why a comparison may fail.** {prediction.caution}",
        ]
    )


def words_of(experiment: Experiment) -> str:
    """The words of the command line that a prediction's runs are made of, and how many draws."""
    base = experiment.base
    words = " ".join(f"`{word}`" for word in base) if isinstance(base, list) else "a whole scenario"
    varied = [f"`{name}` in {', '.join(map(str, one.levels or []))}" for name, one in experiment.factors.items()]
    return f"`experiments/{experiment.name}.yaml`: {words}; {'; '.join(varied)}; {experiment.replicates} draws."


CLOSING = (
    "All of this follows from the rules, the priors and the calibration; no outside figure has been looked at, and "
    "none stands here. A 90 % interval holds what is not known of the rules and the luck of one run together. It "
    "does not hold what no rule has: see the reasons why a comparison may fail. Several predictions are nearly "
    "entailed by a rule; where that is so, the reasoning says it, and agreement is then no evidence for the rest "
    "of the model."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    runs = {name: result.runs for name, result in results.items()}
    table = intervals(runs)
    first = results[PREDICTIONS[0].experiment]
    page = Page(
        "Predictions", "What does the model say of nine things that can be looked up outside, before anyone looks?"
    )
    page.tables = {"intervals": table}
    page.figures = {"predictions": figure(table)}
    words = [word for word in ORDER if word in set(table["rules"])]
    page.add(
        "Design",
        f"Each prediction is an experiment of its own, run under the {listed(words)} rules, "
        f"{first.manifest['replicates_done']} replicates (draws) each; a replicate has one draw of the rules and "
        "its own luck. Tables show the median, then in brackets the 50 % and the 90 % interval over draws. They "
        "are behind `docs/predictions.md`, which is written from them once (`python "
        "tools/write_predictions.py`).\n\n![What the model predicts](figure:predictions)",
    )
    for prediction in PREDICTIONS:
        page.tables[prediction.key] = reading_table(table, prediction)
        page.add(prediction.title, part(table, prediction, words_of(results[prediction.experiment].experiment)))
    page.add("What it does not say", CLOSING)
    return page


EXPERIMENTS = tuple(dict.fromkeys(prediction.experiment for prediction in PREDICTIONS))
STUDY = Study("predictions", EXPERIMENTS, write)
