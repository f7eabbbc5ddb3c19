"""Funding of an animator ends: what survives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import SERIES, house_style
from alliancesim.studies.figures import SYNTHETIC, end_labels, listed, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

AFTER = 36
"""Months after the end of funding at which survival is read (SPEC section 9, H22)."""


def funded_months(result: ExperimentResult) -> dict[str, int | None]:
    """Months of funding by label: 0 never, None always."""
    found: dict[str, int | None] = {}
    for point, label in enumerate(result.labels):
        animators = result.scenario(point).animation.animators.values()
        terms = [source.months for one in animators for source in one.sources.values()]
        found[label] = 0 if not terms else None if None in terms else max(int(term or 0) for term in terms)
    return found


def extra(result: ExperimentResult) -> pd.DataFrame:
    """Alliances more than without funding, by label, replicate and month."""
    series = result.timeseries
    never = funded_months(result)
    home = next(point for point, label in enumerate(result.labels) if never[label] == 0)
    wide = series.pivot(index=["replicate", "month"], columns="point", values="alliances")
    tables = [
        (wide[point] - wide[home]).rename("extra").reset_index().assign(label=label)
        for point, label in enumerate(result.labels)
    ]
    return pd.concat(tables, ignore_index=True)


def survival(table: pd.DataFrame, terms: Mapping[str, int | None]) -> pd.DataFrame:
    """Of the alliances that funding added when it ended, the share that is there three years later.

    The ratio of means over replicates; its interval draws replicates again.
    """
    from alliancesim.analysis import indices

    rows = []
    for label, term in terms.items():
        if not term:
            continue
        here = table[table["label"] == label].pivot(index="replicate", columns="month", values="extra")
        if term not in here.columns or term + AFTER not in here.columns:
            continue
        end, later = here[term].to_numpy(), here[term + AFTER].to_numpy()
        drawn = indices(len(end), 2000)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = later[drawn].mean(axis=1) / end[drawn].mean(axis=1)
            share = later.mean() / end.mean()
        low, high = np.quantile(shares, [0.025, 0.975])
        at_end, three = mean_interval(end), mean_interval(later)
        rows.append(
            {
                "funded": label, "months": term, "extra_at_end": at_end[0], "extra_at_end_low": at_end[1],
                "extra_at_end_high": at_end[2], "extra_later": three[0], "extra_later_low": three[1],
                "extra_later_high": three[2],
                "share_alive": share, "share_alive_low": low, "share_alive_high": high,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def figure(table: pd.DataFrame, terms: Mapping[str, int | None]) -> Any:
    """Extra alliances over time, the end of funding marked on each line."""
    note = f"Alliances more than on the same territory without funding; bands hold 95 % intervals. {SYNTHETIC}"
    drawn = study_figure("After the animator leaves", note, 4.4)
    with house_style():
        ax = drawn.subplots()
        ends = []
        for number_, (label, term) in enumerate((one, term) for one, term in terms.items() if term != 0):
            colour, line, mark = SERIES[number_]
            here = table[table["label"] == label].groupby("month")["extra"]
            bands = pd.DataFrame(
                {month: mean_interval(values) for month, values in here}, index=["mid", "low", "high"]
            ).T
            years = bands.index.to_numpy() / 12
            ax.fill_between(years, bands["low"], bands["high"], color=colour, alpha=0.15, lw=0)
            ax.plot(years, bands["mid"], color=colour, ls=line)
            if term is not None and term in bands.index:
                ax.plot(term / 12, bands.loc[term, "mid"], marker=mark, color=colour, ms=8)
                ax.annotate("funding ends", (term / 12, bands.loc[term, "mid"]), (6, -12), textcoords="offset points",
                            color=colour, fontsize=7.5)  # fmt: skip
            if len(bands):
                ends.append((float(bands["mid"].iloc[-1]), f"funded: {label}", colour))
        end_labels(ax, ends)
        ax.axhline(0.0, color="0.3", lw=0.8)
        ax.set_xlabel("years since the beginning of funding")
        ax.set_ylabel("alliances more than without funding")
    return drawn


def sentences(found: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers."""
    words = []
    for row in found.itertuples():
        words.append(
            f"Funded for {row.funded}: {number(row.extra_at_end)} alliances more when funding ends (interval "
            f"{number(row.extra_at_end_low)} to {number(row.extra_at_end_high)}); three years later "
            f"{number(row.extra_later)} "
            f"({number(row.extra_later_low)} to {number(row.extra_later_high)}), which is "
            f"{100 * row.share_alive:.0f} % of that "
            f"({100 * row.share_alive_low:.0f} to {100 * row.share_alive_high:.0f} %)."
        )
    if len(found) >= 2:
        first, last = found.iloc[0], found.iloc[-1]
        if last["share_alive_low"] > first["share_alive_high"]:
            words.append("The share that is alive rises with the years funded.")
        elif last["share_alive_high"] < first["share_alive_low"]:
            words.append("The share that is alive falls with the years funded.")
        else:
            words.append("No clear difference of the share that is alive between the shortest and the longest funding.")
    if len(found) and (found["share_alive_low"] > 1).any():
        words.append("Above 100 % the difference goes on growing after funding: what was begun engages others.")
    if not words:
        words.append(f"No funding ends {AFTER} months before the end of the run: nothing can be said.")
    return words


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["after_the_animator"]
    terms, table = funded_months(result), extra(result)
    found = survival(table, terms)
    page = Page(result.experiment.heading, result.experiment.question or "")
    over_time = table.groupby(["label", "month"], as_index=False, sort=False)["extra"].mean()
    page.tables = {"survival": found, "extra_alliances": over_time}
    page.figures = {"after_the_animator": figure(table, terms)}
    words = listed([label for label, term in terms.items()])
    page.add(
        "Design",
        f"An animation like the Labo's on an urban territory, funded {words}; {result.manifest['replicates_done']} "
        "replicates that "
        f"share their draws, {result.scenario().months} months. Each source brings in a year what its "
        "levers cost in a year, so that nothing is left over when it ends.",
    )
    page.add(
        "What comes out", "\n\n".join(["![After the animator leaves](figure:after_the_animator)", *sentences(found)])
    )
    page.add(
        "What it does not say",
        "The extra alliances are a difference of two territories, not a list: some replace others that would have "
        "formed later anyway, "
        "so their number also falls because the territory without an animator catches up. How long alliances last is "
        "a parameter to be "
        "calibrated (hazard, renewal at 36 months).",
    )
    return page


STUDY = Study("after_the_animator", ("after_the_animator",), write)
