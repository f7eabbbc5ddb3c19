"""Active alliances by depth, stage and origin, true and identified; their ages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from alliancesim.catalogue import ORIGINS
from alliancesim.plots.style import (
    BLACK,
    BLUE,
    DEPTH_LOOK,
    ORANGE,
    SERIES,
    SKY,
    VERMILLION,
    count,
    highest,
    house_style,
    key,
    new_figure,
    note_of,
    panels,
    percent,
    say_nothing,
)
from alliancesim.plots.survey import MARGIN_NOTE, YOUNG_2010, draw_marks, survey_words
from alliancesim.plots.timeline import Timeline, last_value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

_OLD = 5.0  # years


def draw(result: Result) -> Figure:
    """Active alliances over time: by depth, by stage, by origin; true and identified.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    with house_style():
        timeline = Timeline.of(result)
        note = note_of(
            result,
            reads="Active alliances with a member on the place. Identified: known as such. " + timeline.note,
            source=["the four depths (SOURCE N04)"],
            assumption=["rules at the scenario's parameters"],
        )
        figure = new_figure(result, "Active alliances", note, 7.4)
        axes, strips = panels(figure, 2, 2)
        for depth, (colour, style, mark, label) in DEPTH_LOOK.items():
            timeline.line(axes[0, 0], f"alliances_depth_{depth}", (colour, style, mark), label)
        stages = (("dialogue", (SKY, ":", "v")), ("experiment", SERIES[1]), ("deployed", SERIES[0]))
        for stage, look in stages:
            timeline.line(axes[0, 1], f"alliances_{stage}", look, stage)
        for origin, look in zip(ORIGINS, SERIES, strict=False):
            if np.nansum(timeline.column(f"alliances_from_{origin}")) > 0 or origin == "encounter":
                timeline.line(axes[1, 0], f"alliances_from_{origin}", look, origin)
        timeline.line(axes[1, 1], "alliances", (BLACK, "-", "o"), "true")
        timeline.line(axes[1, 1], "alliances_identified", (VERMILLION, "--", "D"), "identified")
        titles = ("By depth of commitment", "By stage", "By origin", "True and identified")
        for ax, strip, title in zip(axes.flat, strips.flat, titles, strict=True):
            ax.set_title(title)
            ax.set_ylabel("active alliances")
            _from_zero(ax)
            timeline.frame(ax)
            key(strip, ax)
        return figure


def _from_zero(ax: Axes) -> None:
    top = highest(ax)
    ax.set_ylim(0, max(top * 1.15, 1.0))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def active_alliances(result: Result) -> pd.DataFrame:
    """Alliances not ended at the end, with a member on the place: stage, depth, members, start_month, by row."""
    table = result.columns("alliances", "stage", "reported", "depth", "members", "start_month")
    alive = (table["stage"] != "ended").to_numpy()
    return table[alive & table["reported"].to_numpy(dtype=bool)]


def finding(result: Result) -> str:
    """The sentence of the active alliances."""
    number = last_value(result, "alliances")
    if not number > 0:
        return "There is no active alliance (0) at the end."
    known = last_value(result, "alliances_identified")
    depths = [last_value(result, f"alliances_depth_{d}") for d in DEPTH_LOOK]
    deep = depths[2] + depths[3]
    return (
        f"At the end {count(number, 'alliance')} {'is' if round(number) == 1 else 'are'} active, "
        f"{percent(depths[0] / number)} mécénat and {percent(deep / number)} economic cooperation or societal "
        f"innovation; {percent(known / number)} are known as such, and "
        f"{percent(last_value(result, 'alliances_deployed') / number)} are past their experiment."
    )


# -- ages -------------------------------------------------------------------------------------------------------------


def _ages(result: Result) -> np.ndarray:
    """Ages (years) of active alliances at the end."""
    now = int(result.timeseries["month"].to_numpy()[-1])
    return (now - active_alliances(result)["start_month"].to_numpy(dtype=np.float64)) / 12.0


def draw_ages(result: Result) -> Figure:
    """Ages of the active partnerships, and the share under five years beside the survey's.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    with house_style():
        timeline = Timeline.of(result)
        ages = _ages(result)
        months = result.scenario.burn_in + result.months
        length = count(months, "month") if months < 24 else count(months / 12.0, "year")
        reads = "Age: since dialogue began, at the last month. " + timeline.note
        if not timeline.has(YOUNG_2010.year):
            reads += f" {MARGIN_NOTE}"
        reads += f" Burn-in included, the run lasts {length}: nothing is older."
        note = note_of(
            result,
            reads=reads,
            source=[f"69% under five years at end 2010, {YOUNG_2010.source}"],
            assumption=["rules at the scenario's parameters"],
        )
        figure = new_figure(result, "How old the active partnerships are", note, 4.7)
        axes, strips = panels(figure, 1, 2, height=2.4)
        right = axes[0, 1]
        _histogram(axes[0, 0], ages)
        key(strips[0, 0], axes[0, 0], 1)
        right.set_title("Under five years, over time")
        look = (BLUE, "-", "o")
        timeline.line(right, YOUNG_2010.column, look, "share under five years")
        on_margin = draw_marks(right, timeline, (YOUNG_2010,), [(ORANGE, "D")])
        right.set_ylim(0, 1.12)
        right.set_yticks(np.linspace(0, 1, 6))
        right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        right.set_ylabel("share of active alliances (%)")
        timeline.frame(right, margin=on_margin)
        handles, labels = right.get_legend_handles_labels()
        handles.append(Line2D([], [], color=ORANGE, marker="D", ms=7, mec="black", mew=0.9, ls=""))
        labels.append(survey_words(YOUNG_2010))
        key(strips[0, 1], columns=1, handles=handles, labels=labels)
        return figure


def _histogram(ax: Axes, ages: np.ndarray) -> None:
    ax.set_title("Active alliances by age")
    if not len(ages):
        say_nothing(ax, "No active alliance at the end.")
        return
    top = max(6, int(np.floor(ages.max())) + 1)
    heights = np.histogram(ages, np.arange(top + 1))[0]
    at = np.arange(top) + 0.5
    young = at < _OLD
    edge: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.5, "width": 0.92}
    share = float((ages < _OLD).mean())
    ax.bar(at[young], heights[young], color=SKY, label=f"under five years: {percent(share)} (survey: 69%)", **edge)
    ax.bar(
        at[~young],
        heights[~young],
        color=ORANGE,
        hatch="//",
        label=f"five years and more: {percent(1 - share)}",
        **edge,
    )
    ax.axvline(_OLD, color="black", ls="--", lw=1.0)
    ax.set_xlim(0, top)
    ax.set_xlabel("age (years)")
    ax.set_ylabel("active alliances")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def finding_ages(result: Result) -> str:
    """The sentence of the ages."""
    ages = _ages(result)
    if not len(ages):
        return "There is no active alliance (0) at the end."
    return (
        f"Of {count(len(ages), 'active alliance')}, {percent((ages < _OLD).mean())} are under five years old "
        f"(survey at end 2010: 69%); the median age is {float(np.median(ages)):.1f} years."
    )
