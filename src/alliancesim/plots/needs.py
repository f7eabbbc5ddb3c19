"""Needs met, in all and where people are deprived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from alliancesim.plots.style import (
    BLUE,
    GREEN,
    VERMILLION,
    highest,
    house_style,
    key,
    new_figure,
    note_of,
    panels,
    percent,
)
from alliancesim.plots.timeline import Timeline, last_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result


def draw(result: Result) -> Figure:
    """Share of needs met by alliances, in all and in deprived cells, and the ratio of both.

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
            reads="Need met: what alliances relieve, of the need there would be without them (mean over inhabitants and "
            "domains). Deprived: inhabitants weighted by the deprived share of their cell. Ratio 1: met alike. "
            "Relief fades each January. " + timeline.note,
            assumption=["what an alliance relieves", "rules at the scenario's parameters"],
        )
        figure = new_figure(result, "Needs met by alliances", note, 4.8)
        axes, strips = panels(figure, 1, 2, 0.2, height=2.4)
        left, right = axes[0]
        timeline.line(left, "need_met", (BLUE, "-", "o"), "all inhabitants")
        deprived = timeline.column("need_met_deprived")
        if not np.isnan(deprived).all():
            timeline.line(left, deprived, (VERMILLION, "--", "D"), "where people are deprived")
        _limits(left, 0.01)
        left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if left.get_ylim()[1] > 0.08 else 1))
        left.set_title("Share of needs met")
        left.set_ylabel("need met (% of need without alliances)")
        ratio = timeline.column("equity_ratio")
        if not np.isnan(ratio).all():
            timeline.line(right, ratio, (GREEN, "-", "^"), "equity ratio")
        right.axhline(1.0, color="0.3", lw=1.0, ls="--", label="met alike")
        _limits(right, 1.2)
        right.set_title("Deprived over all")
        right.set_ylabel("need met, deprived / all (ratio)")
        for ax, strip in zip(axes[0], strips[0], strict=True):
            timeline.frame(ax)
            key(strip, ax)
        return figure


def _limits(ax: Axes, least: float) -> None:
    top = highest(ax)
    ax.set_ylim(0, max(least, top * 1.15))


def finding(result: Result) -> str:
    """The sentence of the needs."""
    met, deprived = last_value(result, "need_met"), last_value(result, "need_met_deprived")
    if met != met:
        return "No need was measured (0 months)."
    words = f"At the end alliances meet {percent(met)} of needs"
    if deprived == deprived:
        words += f", and {percent(deprived)} where people are deprived"
    ratio = last_value(result, "equity_ratio")
    if ratio == ratio:
        words += f" (ratio {ratio:.2f})"
    return f"{words}; the mean need is {last_value(result, 'need_level'):.2f} of the national baseline."
