"""Several territories of one run beside each other: alliances over time, and at the end."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from alliancesim.plots.style import GREY, SERIES, house_style, new_figure, note_of
from alliancesim.plots.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

MOST = len(SERIES)
"""Territories that have a line of their own; the others are grey."""
MANY = 60
"""Other territories beyond which they are shown as bands, for lines would run into one surface."""


def draw(result: Result) -> Figure:
    """Alliances alive per 1,000 organisations in each territory over time; engaged shares at the end.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table = result.by_territory()
    alive = result.alliances_by_territory()
    with house_style():
        timeline = Timeline.of(result)
        x = timeline.x[timeline.table["month"].to_numpy() >= 1]
        note = note_of(
            result,
            reads="Alliances count in every territory where they have a member. Named: the territories of most inhabitants.",
            assumption=["rules at the scenario's parameters"],
        )
        figure = new_figure(result, "By territory", note, 5.6)
        lines, ends = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
        shown = table.head(MOST)
        heads = dict(zip(table["territory"], table["organisations"], strict=True))
        others = table["territory"].iloc[MOST:]
        if len(others) > MANY:
            each = 1e3 * alive[list(others)].to_numpy() / np.array([heads[code] for code in others])
            ends_of = np.quantile(each, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
            lines.fill_between(
                x, ends_of[0], ends_of[4], color=GREY, alpha=0.2, lw=0, label="nine in ten of the others"
            )
            lines.fill_between(x, ends_of[1], ends_of[3], color=GREY, alpha=0.35, lw=0, label="half of them")
            lines.plot(x, ends_of[2], color="0.25", linewidth=1.0, label="their median")
            lines.legend(loc="upper left")
        else:
            for code in others:
                lines.plot(x, 1e3 * alive[code] / heads[code], color=GREY, linewidth=0.6, alpha=0.6)
        tips = []
        for (colour, style, _), row in zip(SERIES, shown.itertuples(), strict=False):
            values = 1e3 * alive[row.territory].to_numpy() / row.organisations
            lines.plot(x, values, color=colour, linestyle=style, linewidth=1.6)
            tips.append((float(values[-1]), textwrap.shorten(row.name, 26, placeholder="…"), colour))
        lines.set_ylim(bottom=0.0)
        _label(lines, tips)
        lines.set_title("Alliances per 1,000 organisations", loc="left")
        timeline.frame(lines)
        for words in lines.texts:
            words.set_annotation_clip(words.get_text() == "burn-in")  # which lies left of what is shown here
        lines.set_xlim(timeline.zero, timeline.end)
        order = np.arange(len(shown))
        for at, (colour, _, mark), row in zip(order, SERIES, shown.itertuples(), strict=False):
            ends.plot(100 * row.engaged_share, at, mark, color=colour, markersize=7)
        ends.set(yticks=order, ylim=(len(shown) - 0.5, -0.5))
        ends.set_xlim(0.0, 110 * float(np.nanmax(shown["engaged_share"])) or 1.0)
        ends.set_yticklabels([textwrap.shorten(name, 26, placeholder="…") for name in shown["name"]])
        ends.set_xlabel("engaged at the end, %")
        ends.set_title("Engaged", loc="left")
    return figure


def _label(ax: Axes, tips: list[tuple[float, str, str]]) -> None:
    """Names at the ends of lines, moved apart."""
    low, high = ax.get_ylim()
    place = -np.inf
    for value, words, colour in sorted(tips):
        place = max(value, place + 0.055 * (high - low))
        ax.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), color=colour, va="center", fontsize=7)


def finding(result: Result) -> str:
    """The territory of most and of fewest engaged organisations."""
    table = result.by_territory().dropna(subset=["engaged_share"]).sort_values("engaged_share")
    low, high = table.iloc[0], table.iloc[-1]
    return (
        f"{len(table)} territories: from {100 * low['engaged_share']:.0f} % of organisations engaged ({low['name']}) to "
        f"{100 * high['engaged_share']:.0f} % ({high['name']})"
    )
