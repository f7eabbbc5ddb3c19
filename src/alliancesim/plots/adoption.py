"""Engaged share by kind over time, beside what surveys found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from alliancesim.catalogue import KINDS, SPHERES
from alliancesim.plots.style import (
    SERIES,
    SPHERE_LOOK,
    highest,
    house_style,
    key,
    new_figure,
    note_of,
    panels,
    percent,
    say_nothing,
)
from alliancesim.plots.survey import ENGAGED_2013, FIRMS_2010, MARGIN_NOTE, Mark, draw_marks, survey_words
from alliancesim.plots.timeline import Timeline, last_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

FEW = 5
"""Kinds with fewer reported organisations are not drawn: their share only jumps."""


def _heads(result: Result) -> dict[str, float]:
    """Reported organisations of each kind."""
    table = result.columns("organisations", "reported", "weight", "kind")
    seen = table["reported"].to_numpy(dtype=bool)
    kinds = table["kind"].cat.codes.to_numpy()
    numbers = np.bincount(kinds[seen], weights=table["weight"].to_numpy()[seen], minlength=len(KINDS))
    return {name: float(number) for name, number in zip(table["kind"].cat.categories, numbers, strict=True)}


def draw(result: Result) -> Figure:
    """Engaged share by kind, with the survey's values as marks.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        Kinds as the survey of 2013 asked for them; firms engaged and willing (survey of end 2010); spheres; and each
        sphere's kinds.
    """
    with house_style():
        timeline = Timeline.of(result)
        heads = _heads(result)
        few = [kind.label for kind in KINDS if 0 < heads[kind.name] < FEW]
        reads = "Engaged: with an active alliance now. Marks: what surveys found, with the tolerance of a comparison; "
        reads += "they are national and no rule reads them. " + timeline.note
        if not all(timeline.has(mark.year) for mark in (*ENGAGED_2013, *FIRMS_2010)):
            reads += f" {MARGIN_NOTE}"
        if few:
            reads += f" Fewer than {FEW} organisations, not drawn: {', '.join(few)}."
        note = note_of(
            result,
            reads=reads,
            source=[f"engaged shares, {ENGAGED_2013[0].source}", f"firms, {FIRMS_2010[0].source}"],
            assumption=["rules at the scenario's parameters"],
        )
        figure = new_figure(result, "Who is engaged in an alliance", note, 10.4)
        axes, strips = panels(figure, 3, 2, 0.62)
        _surveyed(axes[0, 0], strips[0, 0], timeline, ENGAGED_2013, "As asked in 2013: engaged")
        _surveyed(axes[0, 1], strips[0, 1], timeline, FIRMS_2010, "Firms: engaged, and willing")
        _spheres(axes[1, 0], strips[1, 0], timeline)
        places = ((1, 1), (2, 0), (2, 1))
        for s, (place, sphere) in enumerate(zip(places, SPHERES, strict=True)):
            _kinds(axes[place], strips[place], timeline, s, sphere, heads)
        return figure


def _finish(ax: Axes, timeline: Timeline, title: str, *, margin: bool = False) -> None:
    ax.set_title(title)
    top = highest(ax)
    ax.set_ylim(0, max(ax.get_ylim()[1] if margin else 0.0, top * 1.15, 0.02))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if ax.get_ylim()[1] > 0.08 else 1))
    ax.set_ylabel("share of organisations (%)")
    timeline.frame(ax, margin=margin)


def _surveyed(ax: Axes, strip: Axes, timeline: Timeline, marks: tuple[Mark, ...], title: str) -> None:
    looks = []
    for mark, look in zip(marks, SERIES, strict=False):
        looks.append((look[0], look[2]))
        timeline.line(ax, mark.column, look, mark.label)
    on_margin = draw_marks(ax, timeline, marks, looks)
    top = max(mark.value + mark.tolerance for mark in marks)
    ax.set_ylim(0, max(top * 1.1, ax.get_ylim()[1]))
    _finish(ax, timeline, title, margin=on_margin)
    handles, labels = ax.get_legend_handles_labels()
    handles.append(Line2D([], [], color="0.5", marker="o", ms=7, mec="black", mew=0.9, ls=""))
    labels.append(survey_words(marks[0]))
    key(strip, handles=handles, labels=labels)


def _spheres(ax: Axes, strip: Axes, timeline: Timeline) -> None:
    for sphere, style in zip(SPHERES, ("-", "--", "-."), strict=True):
        colour, mark = SPHERE_LOOK[sphere]
        timeline.line(ax, f"engaged_share_{sphere}", (colour, style, mark), _many(sphere))
    timeline.line(ax, "engaged_share", ("black", ":", "P"), "all organisations")
    _finish(ax, timeline, "By sphere: engaged")
    key(strip, ax)


def _many(sphere: str) -> str:
    return "collectivities" if sphere == "collectivity" else f"{sphere}s"


def _kinds(ax: Axes, strip: Axes, timeline: Timeline, s: int, sphere: str, heads: dict[str, float]) -> None:
    shown = [kind for kind in KINDS if kind.sphere == s and heads[kind.name] >= FEW]
    if not shown:
        ax.set_title(f"{_many(sphere).capitalize()} by kind: engaged")
        say_nothing(ax, f"No kind with {FEW} organisations or more.")
        return
    for kind, look in zip(shown, SERIES, strict=False):
        timeline.line(ax, f"engaged_share_{kind.name}", look, kind.label)
    _finish(ax, timeline, f"{_many(sphere).capitalize()} by kind: engaged")
    key(strip, ax)


def finding(result: Result) -> str:
    """The sentence of the engaged shares."""
    parts = []
    for mark in ENGAGED_2013:
        value = last_value(result, mark.column)
        if value == value:
            parts.append(f"{percent(value)} of {mark.label} ({percent(mark.value)})")
    share = last_value(result, "engaged_share")
    words = f"At the end {percent(share)} of organisations are engaged in an alliance"
    return f"{words}: {', '.join(parts)}; in brackets, what the survey of 2013 found." if parts else f"{words}."
