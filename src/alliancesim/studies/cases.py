"""The cases of the source, each in an ensemble: its setting, what the source says, what comes out, what had to be assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREY, ORANGE, house_style
from alliancesim.scenario.case import REFERENCE_OBSERVABLES
from alliancesim.studies.figures import listed, mean_interval, study_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.wording import told

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult
    from alliancesim.scenario import Scenario

PANELS = {
    "engaged": ("organisations engaged\nat the end, %", 1),
    "per_100_000": ("alliances of animators\nper 100,000 inhabitants", 1),
    "launched": ("forums of animators\nthat launch, %", 0),
}
"""Numbers that cases are compared in: words and decimals."""
NOTE = (
    "Large dots: means with 95 % intervals over replicates; small ones: single runs. Engaged: among the "
    "organisations of the places where a case's animators work (of the whole place without one). A case that "
    "holds no forum has none to launch. Organisations are synthetic, on the map of real communes where the case "
    "names a place."
)


# -- numbers ----------------------------------------------------------------------------------------------------------


def measured(runs: pd.DataFrame) -> pd.DataFrame:
    """What cases are compared in, a row a run.

    Returns
    -------
    DataFrame
        ``point``, ``replicate``, ``engaged`` (%), ``per_100_000``, ``launched`` (%; NaN without a forum), ``alliances`` of
        animators, ``forums`` of animators, ``spent`` (kEUR), ``inhabitants`` and ``organisations`` of the animators' places.
    """
    held = runs["animator_forums"]
    return pd.DataFrame(
        {
            "point": runs["point"],
            "replicate": runs["replicate"],
            "engaged": 100.0 * runs["places_engaged_share"],
            "per_100_000": 1e5 * runs["alliances_of_animators"] / runs["places_inhabitants"],
            "launched": (100.0 * runs["animator_forums_launched"] / held.where(held > 0)),
            "alliances": runs["alliances_of_animators"],
            "forums": held,
            "spent": runs["spend_keur"],
            "inhabitants": runs["places_inhabitants"],
            "organisations": runs["places_organisations"],
        }
    )


def side_by_side(table: pd.DataFrame, labels: Mapping[int, str]) -> pd.DataFrame:
    """Means with intervals of each case, in the order of the points.

    Parameters
    ----------
    table : DataFrame
        From :func:`measured`.
    labels : mapping
        Name of the case by point.
    """
    rows = []
    for point, label in labels.items():
        here = table[table["point"] == point]
        row: dict[str, Any] = {"case": label, "runs": len(here)}
        for name in (
            "inhabitants",
            "organisations",
            "engaged",
            "alliances",
            "per_100_000",
            "forums",
            "launched",
            "spent",
        ):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(here[name])
        for name in ("engaged", "launched"):  # the interval of a mean of few shares may leave 0 to 100
            for end in ("low", "high"):
                row[f"{name}_{end}"] = float(np.clip(row[f"{name}_{end}"], 0.0, 100.0))
        rows.append(row)
    return pd.DataFrame(rows)


def against_source(result: ExperimentResult) -> pd.DataFrame:
    """Every number that a case's source reports, beside what the ensemble gives.

    Returns
    -------
    DataFrame
        A row a number: ``case``, ``name``, ``unit``, ``source``, ``source_low``, ``source_high``; ``run`` with ``run_low``,
        ``run_high`` (95 % interval of the mean), ``least`` and ``most`` of the runs, ``within``, the share of runs inside the
        source's range, and ``reading``: within, above, below or unknown.
    """
    rows = []
    for point, label in enumerate(result.labels):
        case = result.scenario(point).case
        here = result.runs[result.runs["point"] == point]
        for one in case.reference if case is not None else ():
            column = f"reference_{one.observable}"
            values = here[column].dropna() if column in here else pd.Series(dtype=float)
            mid, low, high = mean_interval(values)
            rows.append(
                {
                    "case": label, "name": one.name, "unit": one.unit, "source": one.source,
                    "source_low": one.low, "source_high": one.high, "run": mid, "run_low": low, "run_high": high,
                    "least": values.min(), "most": values.max(),
                    "within": float(values.between(one.low, one.high).mean()) if len(values) else math.nan,
                    "reading": reading(mid, low, high, one.low, one.high),
                }
            )  # fmt: skip
    columns = ["case", "name", "unit", "source", "source_low", "source_high", "run", "run_low", "run_high", "least", "most",
               "within", "reading"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def reading(mid: float, low: float, high: float, least: float, most: float) -> str:
    """Where an ensemble's mean lies against the source's range, by its interval (by itself where it has none)."""
    if not math.isfinite(mid):
        return "unknown"
    below, above = (high, low) if math.isfinite(low) and math.isfinite(high) else (mid, mid)
    return "below" if below < least else "above" if above > most else "within"


# -- figures ----------------------------------------------------------------------------------------------------------


def figure(table: pd.DataFrame, sides: pd.DataFrame, labels: Mapping[int, str]) -> Any:
    """The cases side by side: a row a case, a panel a number."""
    drawn = study_figure("The cases side by side", NOTE, 1.7 + 0.27 * len(labels))
    with house_style():
        axes = drawn.subplots(1, len(PANELS), sharey=True)
        for ax, (name, (words, _)) in zip(axes, PANELS.items(), strict=True):
            for y, (point, _) in enumerate(labels.items()):
                runs = table.loc[table["point"] == point, name].dropna()
                ax.plot(runs, np.full(len(runs), y), ".", color=GREY, ms=3, alpha=0.6, zorder=2)
                row = sides.iloc[y]
                if np.isfinite(row[name]):
                    reach = np.nan_to_num([[row[name] - row[f"{name}_low"]], [row[f"{name}_high"] - row[name]]]).clip(
                        0.0
                    )
                    ax.errorbar(row[name], y, xerr=reach, fmt="o", color=BLUE, capsize=2, zorder=3)
            ax.set_xlabel(words)
            if name == "per_100_000":  # cases differ a hundredfold
                ax.set_xscale("symlog", linthresh=1.0)
                ax.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
            ax.set_xlim(left=0.0)
            ax.margins(x=0.08)
            ax.set_yticks(range(len(labels)), list(labels.values()))
            ax.set_ylim(len(labels) - 0.5, -0.5)
    return drawn


CLIPPED = 3.0
"""Times the source beyond which a number is drawn at the edge, with its value."""


def source_figure(found: pd.DataFrame) -> Any:
    """What runs give over what the source reports: 1 is the source."""
    note = (
        "Dots: mean of the runs over the middle of the source's range, with 95 % intervals; bars: the range "
        "itself. Some of these numbers are targets of calibration (see the text), so that agreement there is no "
        "test. Beyond three times the source: at the edge."
    )
    drawn = study_figure("What comes out, over what the source reports", note, 1.6 + 0.3 * max(1, len(found)))
    with house_style():
        ax = drawn.subplots()
        names = []
        for y, row in enumerate(found.to_dict("records")):
            middle = (row["source_low"] + row["source_high"]) / 2
            names.append(f"{row['case']}: {row['name']}")
            ax.barh(y, (row["source_high"] - row["source_low"]) / middle, left=row["source_low"] / middle, height=0.55,
                    color=ORANGE, alpha=0.45, lw=0)  # fmt: skip
            if not np.isfinite(row["run"]):
                ax.annotate("nothing of the kind in these runs", (0.05, y), va="center", fontsize=7.5, color=GREY)
                continue
            value, low, high = (row[key] / middle for key in ("run", "run_low", "run_high"))
            if value > CLIPPED:
                ax.plot(CLIPPED, y, ">", color=BLUE, clip_on=False, zorder=4)
                ax.annotate(
                    f"{value:.1f}",
                    (CLIPPED, y),
                    (-6, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=7.5,
                )
                continue
            reach = np.nan_to_num([[value - low], [min(high, CLIPPED) - value]]).clip(0.0)
            ax.errorbar(value, y, xerr=reach, fmt="o", color=BLUE, capsize=2, zorder=3)
        ax.axvline(1.0, color="0.3", lw=0.8)
        ax.set_xlim(0.0, CLIPPED)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(max(1, len(names)) - 0.5, -0.5)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("times what the source reports")
    return drawn


# -- words ------------------------------------------------------------------------------------------------------------


def setting(scenario: Scenario) -> str:
    """The setting of a case in a sentence, read from its scenario."""
    territory = scenario.territory
    places = [territory.place] if isinstance(territory.place, str) else list(territory.place or [])
    where = f"{territory.name} ({listed(places)})" if places else f"{territory.name} (synthetic, {territory.typology})"
    case = scenario.case
    since = f" from {case.first_month} on" if case is not None else ""
    said = f"{where}, {scenario.months} months{since}, after {scenario.burn_in} of burn-in."
    animators = [_animator(name, one) for name, one in scenario.animation.animators.items()]
    return f"{said} {' '.join(animators) or 'Nobody animates.'}"


def _animator(name: str, one: Any) -> str:
    levers = []
    for key, lever in one.levers.items():
        words = key if key == lever.lever else f"{key} ({lever.lever})"
        levers.append(f"{words}{_calendar(lever)}")
    host = f"hosted by a {one.host}" if one.host != "association" else "hosted by an association"
    return f"Animator `{name}`, {host}, neutrality {one.neutrality:g}: {'; '.join(levers) or 'nothing'}."


def _calendar(lever: Any) -> str:
    """When and how often a lever is used."""
    pace = "" if lever.standing else f", {lever.per_year:g} a year"
    if lever.end is None:
        return pace if lever.start == 1 else f"{pace}, month {lever.start} on"
    if lever.standing or lever.end - lever.start >= 12:
        return f"{pace}, months {lever.start} to {lever.end}"
    times = sum(lever.occurrences(month) for month in range(lever.start, lever.end + 1))
    when = f"in month {lever.start}" if lever.start == lever.end else f"in months {lever.start} to {lever.end}"
    return f", {times} {when}"


def outcome(row: Mapping[str, Any], animated: bool) -> str:
    """What came out of a case, in a sentence."""
    engaged = told(row["engaged"], row["engaged_low"], row["engaged_high"], 1, sign=False)
    said = f"Of {row['organisations']:,.0f} organisations {engaged} % are engaged at the end."
    if not animated:
        return f"{said} Nobody animates, so no alliance owes anything to an animator."
    born = told(row["alliances"], row["alliances_low"], row["alliances_high"], 0, sign=False)
    rate = told(row["per_100_000"], row["per_100_000_low"], row["per_100_000_high"], 1, sign=False)
    said += f" Of the animators' events and forums {born} alliances were born, {rate} per 100,000 inhabitants"
    said += f", for {told(row['spent'], row['spent_low'], row['spent_high'], 0, sign=False)} kEUR."
    if row["forums"] > 0 and math.isfinite(row["launched"]):
        launched = told(row["launched"], row["launched_low"], row["launched_high"], 0, sign=False)
        said += f" Of {row['forums']:.3g} forums a run (a thematic group counts as one) {launched} % launch something."
    return said


READINGS = {
    "within": "within the source's range",
    "above": "above the source",
    "below": "below the source",
    "unknown": "nothing of the kind in these runs",
}


def beside_source(found: pd.DataFrame) -> pd.DataFrame:
    """A case's numbers for reading."""

    def span(low: float, high: float) -> str:
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"

    rows = found.to_dict("records")
    digits = [2 if row["source_high"] <= 3 else 0 for row in rows]
    return pd.DataFrame(
        {
            "number": [row["name"] for row in rows],
            "source": [
                f"{span(row['source_low'], row['source_high'])} {row['unit']} ({row['source']})" for row in rows
            ],
            "these runs": [
                told(row["run"], row["run_low"], row["run_high"], number, sign=False)
                for row, number in zip(rows, digits, strict=True)
            ],
            "least to most": [
                f"{row['least']:.{number}f} to {row['most']:.{number}f}" if np.isfinite(row["run"]) else ""
                for row, number in zip(rows, digits, strict=True)
            ],
            "so": [READINGS[row["reading"]] for row in rows],
        }
    )


def sentences(sides: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """What all cases together show."""
    words = []
    for name, (title, digits) in PANELS.items():
        known = sides[sides[name].notna() & ((name != "per_100_000") | (sides["alliances"] > 0))].sort_values(name)
        if not len(known):
            continue
        low, high = known.iloc[0], known.iloc[-1]
        plain = title.replace("\n", " ")
        if len(known) == 1:
            words.append(f"**{plain[0].upper()}{plain[1:]}:** {low[name]:.{digits}f} ({low['case']}).")
            continue
        words.append(
            f"**{plain[0].upper()}{plain[1:]}:** from {low[name]:.{digits}f} ({low['case']}) to "
            f"{high[name]:.{digits}f} ({high['case']})"
            + ("." if len(known) == len(sides) else f", in the {len(known)} of {len(sides)} cases that have any.")
        )
    if len(found):
        counts = found["reading"].value_counts()
        parts = [f"{counts[key]} {label}" for key, label in READINGS.items() if key in counts]
        off = found[found["reading"].isin(["above", "below"])]
        said = f"**Numbers of the source:** {len(found)} can be put beside the runs; {listed(parts)}."
        if len(off):
            named = [f"{row['name']} ({row['case']}, {_times(row)})" for row in off.to_dict("records")]
            said += f" Off the range: {listed(named)}."
        words.append(said)
    silent = [case for case in sides["case"] if case not in set(found["case"])]
    if silent:
        words.append(f"The source gives no number that could be compared for {listed(silent)}.")
    return words


def _times(row: Mapping[str, Any]) -> str:
    middle = (row["source_low"] + row["source_high"]) / 2
    return f"{row['run'] / middle:.2g} times the source" if middle > 0 else f"{row['run']:.3g}"


def sentence(text: str) -> str:
    """A text of a preset as it stands, with a full stop."""
    text = " ".join(str(text).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def of_the_kind(case: Any, runs: pd.DataFrame) -> list[str]:
    """What the runs of a case give of the kind told, where the source has no number: definition, mean and interval."""
    words = []
    for name in case.shows if case is not None else ():
        values = runs[f"reference_{name}"].dropna() if f"reference_{name}" in runs else pd.Series(dtype=float)
        if len(values):
            mid, low, high = mean_interval(values)
            digits = 2 if abs(mid) < 10 and not (values == values.round()).all() else 1 if abs(mid) < 100 else 0
            words.append(f"{REFERENCE_OBSERVABLES[name]}: {told(mid, low, high, digits, sign=False)}")
    return words


def part(label: str, scenario: Scenario, row: Mapping[str, Any], found: pd.DataFrame, kind: Sequence[str] = ()) -> str:
    """The part of the page on one case; its table is called ``source_<case>``."""
    case = scenario.case
    lines = [f"**Setting.** {setting(scenario)}"]
    if case is not None:
        lines.append(f"**The source.** {sentence(case.origin)}")
        lines.append(f"**What came of it, by the source.** {sentence(case.tells)}")
    lines.append(f"**What comes out here.** {outcome(row, bool(scenario.animation.animators))}")
    if len(found):
        lines.append(f"table:source_{label}")
    else:
        lines.append("The source reports no number that could be put beside these.")
    if kind:
        lines.append(f"Of the kind told: {'; '.join(kind)}.")
    if case is not None:
        lines.append(f"**Assumed.** {sentence(case.assumed)}")
        lines.append(f"**What the model cannot tell.** {sentence(case.cannot)}")
    return "\n\n".join(lines)


LIMITS = (
    "No outcome stands in a preset: what a case gives follows from its setting and from rules that all cases "
    "share. Three numbers were targets when the defaults of those rules were chosen (SPEC section 9: partnerships "
    "over organisations involved of the Labo, the share ready to commit at Charenton, and the national shares "
    "engaged), so that agreement there tests nothing; numbers of projects and of accompanied partnerships are "
    "formats of the presets and were not fitted. The cases are the source's successes and pioneers, told by those "
    "who promote them. Organisations are drawn at random on real communes, so a run is never the place itself; "
    "intervals hold what luck does, and nothing of what we do not know. Cases differ in size, length, money and "
    "place all at once: a difference between two of them is no effect of either's way of working."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["cases"]
    labels = dict(enumerate(result.labels))
    table = measured(result.runs)
    sides, found = side_by_side(table, labels), against_source(result)
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"side_by_side": sides}
    page.figures = {"cases": figure(table, sides, labels)}
    shown = ["![The cases side by side](figure:cases)"]
    if len(found):
        page.tables["against_source"] = found
        page.figures["against_source"] = source_figure(found)
        shown.append("![What comes out, over what the source reports](figure:against_source)")
    page.add(
        "Design",
        f"{len(labels)} cases, each as its preset has it (`alliancesim run case=<name>`), "
        f"{result.manifest['replicates_done']} replicates each. {len(result.runs)} runs. More replicates: `alliancesim "
        "sweep experiment=cases replicates=32 output=<folder>`.",
    )
    page.add(
        "From the inside",
        "[Three forums of three of these cases](forums_of_cases.md), meeting by meeting, as `alliancesim why` tells them.",
    )
    page.add("Side by side", "\n\n".join([*shown, *sentences(sides, found)]))
    for point, label in labels.items():
        scenario = result.scenario(point)
        here = found[found["case"] == label]
        if len(here):
            page.tables[f"source_{label}"] = beside_source(here)
        kind = of_the_kind(scenario.case, result.runs[result.runs["point"] == point])
        title = scenario.case.title if scenario.case is not None else label
        page.add(f"{title} (`{label}`)", part(label, scenario, sides.iloc[point].to_dict(), here, kind))
    page.add("What it does not say", LIMITS)
    return page


STUDY = Study("cases", ("cases",), write)
