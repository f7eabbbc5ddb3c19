"""Figures of a report, in its language, as PNG in the page."""

from __future__ import annotations

import base64
import textwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from alliancesim.plots.style import GREY, SERIES, WIDTH, HouseFigure, house_style
from alliancesim.report.words import OBSERVABLES, Language

if TYPE_CHECKING:
    from alliancesim.comparison import Comparison
    from alliancesim.territory import Territory

LEAST_UNITS = 5


def png(figure: HouseFigure, dpi: int = 120) -> str:
    """A figure as a data address."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _figure(height: float, width: float = WIDTH) -> HouseFigure:
    layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.08, hspace=0.05, wspace=0.05)
    with house_style():
        return HouseFigure(figsize=(width, height), layout=layout)


def _numbers(ax: Any, words: Language, x: bool = True, y: bool = False) -> None:
    """Ticks as the language writes numbers."""
    shown = FuncFormatter(lambda value, _place: words.number(float(f"{value:.6g}"), 4))
    if x:
        ax.xaxis.set_major_formatter(shown)
    if y:
        ax.yaxis.set_major_formatter(shown)


def _unit(name: str, words: Language) -> str:
    unit = OBSERVABLES[name][2]
    return words["value_unit" if unit == "value" else unit]


def population(territory: Territory, words: Language) -> HouseFigure:
    """Inhabitants of the place, square by square."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    squares = territory.squares
    squares = squares[squares["reported"] & (squares["population"] > 0)]
    side = territory.cell_km
    wide = float(np.ptp(squares["x_km"]) + side) / float(np.ptp(squares["y_km"]) + side)
    figure = _figure(4.4, min(WIDTH, 3.6 * wide + 1.8))
    with house_style():
        ax = figure.subplots()
        low, high = max(1, squares["population"].min()), max(2, squares["population"].max())
        colours = ScalarMappable(LogNorm(low, high), "cividis_r")
        for x, y, people in zip(squares["x_km"], squares["y_km"], squares["population"], strict=True):
            ax.add_patch(Rectangle((x - side / 2, y - side / 2), side, side, fc=colours.to_rgba(people), lw=0))
        ax.set_xlim(squares["x_km"].min() - side, squares["x_km"].max() + side)
        ax.set_ylim(squares["y_km"].min() - side, squares["y_km"].max() + side)
        ax.set_aspect("equal")
        ax.grid(visible=False)
        ax.set_xlabel(words["km_east"])
        ax.set_ylabel(words["km_north"])
        _numbers(ax, words, y=True)
        bar = figure.colorbar(colours, ax=ax, shrink=0.8)
        bar.set_label(words["population_map"])
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: words.number(value)))
    return figure


def differences(comparison: Comparison, words: Language) -> HouseFigure:
    """Paired differences from the reference with intervals."""
    table = comparison.table(list(OBSERVABLES))
    table = table[(table["n"] > 0) & (table["difference"].abs() > 1e-12)]
    names = list(dict.fromkeys(table["observable"]))
    points = [point for point in range(len(comparison.labels)) if point != comparison.reference]
    columns = 2
    rows = max(1, -(-len(names) // columns))
    figure = _figure(rows * (0.75 + 0.24 * len(points)))
    with house_style():
        axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for ax, name in zip(axes.flat, names, strict=False):
            factor = 100.0 if OBSERVABLES[name][2] == "points" else 1.0
            for row in table[table["observable"] == name].itertuples(index=False):
                place = points.index(row.point)
                look = {"color": SERIES[place % len(SERIES)][0], "mfc": SERIES[place % len(SERIES)][0]} if row.clear else {
                    "color": GREY, "mfc": "white"}  # fmt: skip
                bar = [[max(0, row.difference - row.low) * factor], [max(0, row.high - row.difference) * factor]]
                ax.errorbar(
                    row.difference * factor, place, xerr=bar, fmt=SERIES[place % len(SERIES)][2], capsize=2, **look
                )
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title("\n".join(textwrap.wrap(words.observable(name), 48)), fontsize=8.5)
            ax.set_xlabel(_unit(name, words))
            ax.set_yticks(range(len(points)), [textwrap.shorten(comparison.labels[p], 30) for p in points])
            ax.set_ylim(len(points) - 0.5, -0.5)
            ax.grid(axis="y", visible=False)
            ax.locator_params(axis="x", nbins=5)
            _numbers(ax, words)
        for ax in axes.flat[len(names) :]:
            ax.set_axis_off()
    return figure


def over_time(comparison: Comparison, words: Language) -> HouseFigure:
    """Means by year with bands that hold 80 % of futures."""
    from alliancesim.analysis import mean_bands
    from alliancesim.studies.figures import end_labels

    kept = [name for name in ("alliances", "engaged_share", "need_met") if name in comparison.result.timeseries.columns]
    bands = mean_bands(comparison.result.timeseries, kept)
    figure = _figure(2.9)
    with house_style():
        axes = figure.subplots(1, max(1, len(kept)), squeeze=False)[0]
        for ax, name in zip(axes, kept, strict=False):
            factor = 100.0 if OBSERVABLES[name][2] == "points" else 1.0
            ends = []
            for point, label in enumerate(comparison.labels):
                here = bands[(bands["point"] == point) & (bands["observable"] == name)]
                colour, line, _ = SERIES[point % len(SERIES)]
                low, high = [one for one in here.columns if one.startswith("band")][:2]
                years = here["month"].to_numpy() / 12
                ax.fill_between(years, here[low] * factor, here[high] * factor, color=colour, alpha=0.15, lw=0)
                ax.plot(years, here["mean"] * factor, color=colour, ls=line)
                if len(here):
                    ends.append((float(here["mean"].iloc[-1]) * factor, label, colour))
            ax.set_ylim(bottom=0)
            end_labels(ax, ends, width=16)
            ax.set_title(words.observable(name), fontsize=8.5)
            ax.set_xlabel(words["years"])
            ax.set_ylabel("%" if factor == 100.0 else words["count"])
            _numbers(ax, words, y=True)
    return figure


def who(comparison: Comparison, point: int, words: Language) -> HouseFigure:
    """Kinds of organisations that owe an alliance to a scenario."""
    table = comparison.attribution(point, "kind")
    table = table[table["units"] >= LEAST_UNITS].sort_values("change", kind="stable").reset_index(drop=True)
    figure = _figure(0.8 + 0.24 * max(1, len(table)))
    with house_style():
        ax = figure.subplots()
        for place, row in enumerate(table.itertuples(index=False)):
            clear = row.low > 0 or row.high < 0
            colour = SERIES[0][0] if clear else GREY
            bar = [[max(0, 100 * (row.change - row.low))], [max(0, 100 * (row.high - row.change))]]
            ax.errorbar(
                100 * row.change, place, xerr=bar, fmt="o", capsize=2, color=colour, mfc=colour if clear else "white"
            )
        ax.axvline(0.0, color="0.3", lw=0.8)
        ax.set_yticks(
            range(len(table)),
            [f"{words.kind(row.group)} ({words.number(round(row.units))})" for row in table.itertuples()],
        )
        ax.set_ylim(-0.6, len(table) - 0.4)
        ax.set_xlabel(words["who_axis"])
        ax.grid(axis="y", visible=False)
        _numbers(ax, words)
    return figure
