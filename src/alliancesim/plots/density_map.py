"""The map of a place of many organisations: densities, where dots would hide each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from alliancesim.plots.base_map import base_map, unit_of
from alliancesim.plots.geography import Squares, squares_of
from alliancesim.plots.style import VERMILLION, WIDTH, house_style, key, new_figure, note_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result


def draw(result: Result) -> Figure:
    """Organisations per km2 by square, and the share of them that is engaged by EPCI.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        Shares are of the organisations of a whole EPCI (a commune outside any): a square of a few organisations would only show
        chance.
    """
    with house_style():
        squares = squares_of(result)
        note = note_of(
            result,
            reads="Shares are of all organisations of an EPCI (or of a commune outside any). "
            "Faded: around the place, simulated, not reported.",
            assumption=["rules at the scenario's parameters"],
        )
        width, height = squares.view[1] - squares.view[0], squares.view[3] - squares.view[2]
        panel = min(7.5, max(2.2, (WIDTH / 2 - 0.25) * height / width))
        figure = new_figure(result, "Where organisations are, and where they are engaged", note, panel + 2.9)
        grid = figure.add_gridspec(2, 2, height_ratios=[panel + 0.7, 0.35])
        _density(figure.add_subplot(grid[0, 0]), result, squares)
        _engaged(figure.add_subplot(grid[0, 1]), result, squares)
        strip = figure.add_subplot(grid[1, 0])
        strip.set_axis_off()
        handles: list[Any] = [Line2D([], [], color="0.62", lw=0.8, label=f"{unit_of(squares)[0]} limit")]
        if squares.abroad.any():
            handles.append(Line2D([], [], color=VERMILLION, lw=2.0, ls=(0, (4, 1.5)), label="border"))
        if (squares.reported != (squares.commune >= 0)).any():
            handles.append(Line2D([], [], color="black", lw=1.2, label="limit of the place"))
        key(strip, columns=2, handles=handles, fontsize=7.5)
        return figure


def _by_square(result: Result, squares: Squares, column: str) -> np.ndarray:
    """Sum of a column of the cells in each square (rows, columns); NaN where there is none."""
    table = result.territory
    total = squares.raster(table["x_km"].to_numpy(), table["y_km"].to_numpy(), table[column].to_numpy())
    return np.where(squares.commune >= 0, total, np.nan)


def _density(ax: Axes, result: Result, squares: Squares) -> None:
    each = _by_square(result, squares, "organisations") / squares.cell**2
    positive = each[np.nan_to_num(each) > 0]
    low = max(0.01, float(np.quantile(positive, 0.02)))
    picture = base_map(
        ax, squares, np.where(np.isnan(each), np.nan, np.maximum(each, low)), LogNorm(low, positive.max()), "cividis_r"
    )
    ax.set_title("Organisations")
    bar = ax.figure.colorbar(picture, ax=ax, orientation="horizontal", shrink=0.85, pad=0.02, aspect=30)
    bar.locator = LogLocator(subs=(1.0,), numticks=7)
    bar.formatter = FuncFormatter(lambda value, _: f"{value:,.4g}")
    bar.minorticks_off()
    bar.update_ticks()
    bar.ax.tick_params(labelsize=7)
    bar.set_label(f"organisations per km² (squares of {squares.cell:g} km)", fontsize=7.5)


def _engaged(ax: Axes, result: Result, squares: Squares) -> None:
    inside = squares.perimeter >= 0
    everybody, engaged = (_by_square(result, squares, name) for name in ("organisations", "engaged"))
    codes = squares.perimeter[inside]
    number = np.bincount(codes, weights=everybody[inside])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 * np.bincount(codes, weights=engaged[inside]) / number
    values = np.full(squares.perimeter.shape, np.nan)
    values[inside] = share[codes]
    shown = share[np.unique(squares.perimeter[squares.reported & inside])]
    shown = shown[np.isfinite(shown)]
    low, high = np.quantile(shown, [0.01, 0.99]) if len(shown) else (0.0, 1.0)
    picture = base_map(ax, squares, values, Normalize(low, max(high, low + 0.1)), "cividis_r")
    ax.set_title("Engaged in an alliance")
    bar = ax.figure.colorbar(picture, ax=ax, orientation="horizontal", shrink=0.85, pad=0.02, aspect=30, extend="both")
    bar.locator = MaxNLocator(nbins=6)
    bar.update_ticks()
    bar.ax.tick_params(labelsize=7)
    bar.set_label("organisations engaged at the end, % of those of the EPCI", fontsize=7.5)
