"""Four indices of the territory and three impacts, apart: no single index merges them (SPEC section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alliancesim.plots.style import BLACK, BLUE, SERIES, house_style, new_figure, note_of
from alliancesim.plots.timeline import Timeline, last_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

INDICES = (
    ("index_economic_development", "Economic development", "value per 1,000 inh."),
    ("index_attractiveness", "Attractiveness", "value per 1,000 inh."),
    ("index_social_cohesion", "Social cohesion", "openness (share)"),
    ("index_quality_of_life", "Quality of life", "fall of needs (share)"),
)
IMPACTS = (
    ("impact_innovation", "Societal innovation", "value per 1,000 inh."),
    ("impact_performance", "Performance", "value an engaged org."),
    ("impact_trust", "Trust", "mean trust (0–1)"),
)
_BESIDE = ("superadditivity", "“1 + 1 = 3”", "together / alone (ratio)")


def draw(result: Result) -> Figure:
    """The four territorial indices (left) and the three impacts (right), as small multiples.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        The eighth panel shows what alliances are worth over what their members would make alone.
    """
    with house_style():
        timeline = Timeline.of(result)
        note = note_of(
            result,
            reads="Economic development: value of active alliances of depths 3 and 4. Attractiveness: the same, smoothed "
            "over 36 months. Social cohesion: mean openness toward other spheres. Quality of life: need met, less the "
            "rise of needs since the first month. Innovation: value at depth 4. Performance: value times success rate, by "
            "engaged organisation. Value is relative. Axes do not all begin at 0. " + timeline.note,
            source=["four objectives (SOURCE N08), three impacts (N09)"],
            assumption=["formulae of the indices"],
        )
        figure = new_figure(result, "Indices of the territory (left), impacts (right)", note, 8.8)
        axes = figure.subplots(4, 2, sharex=True)
        for column, panels in enumerate((INDICES, (*IMPACTS, _BESIDE))):
            for row, (name, title, unit) in enumerate(panels):
                ax = axes[row, column]
                values = timeline.column(name)
                look = SERIES[0] if column == 0 else SERIES[3] if row < 3 else SERIES[2]
                if np.isnan(values).all():
                    ax.text(0.5, 0.5, "not measured", transform=ax.transAxes, ha="center", va="center", color="0.4")
                    ax.set_yticks([])
                else:
                    style = "-" if column == 0 else "--" if row < 3 else "-."
                    colour = BLUE if column == 0 else look[0]
                    timeline.line(ax, values, (colour, style, look[2]), title)
                    _limits(ax, values)
                if name == "superadditivity":
                    ax.axhline(1.0, color=BLACK, lw=0.8, ls=":")
                ax.set_title(title)
                ax.set_ylabel(unit)
                timeline.frame(ax, label=row == 3)
        figure.align_ylabels()
        return figure


def _limits(ax: Axes, values: np.ndarray) -> None:
    """Room above for the words of the burn-in; from 0 unless that would flatten the line."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = high - low
    floor = 0.0 if low >= 0 and span > 0.3 * high else low - 0.15 * max(span, 0.02 * max(abs(high), 1e-3))
    if span == 0.0:
        ax.set_ylim((0.0, 1.0) if low == 0.0 else (low - 0.1 * abs(low), low + 0.1 * abs(low)))
        return
    ax.set_ylim(floor, high + 0.25 * max(high - floor, 1e-6))


def finding(result: Result) -> str:
    """The sentence of the indices."""
    table = result.timeseries
    start = table[table["month"].to_numpy() >= 1]
    words = []
    for name, title, _ in (*INDICES, *IMPACTS):
        known = start[name].to_numpy(dtype=np.float64)
        known = known[~np.isnan(known)]
        if not len(known):
            continue
        if len(known) > 1:
            words.append(f"{title.lower()} {_short(known[0])} → {_short(known[-1])}")
        else:
            words.append(f"{title.lower()} {_short(last_value(result, name))}")
    return "From the first to the last measure after burn-in: " + ", ".join(words) + "."


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"
