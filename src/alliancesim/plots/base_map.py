"""What every map of a result stands on: shaded squares, limits, border, a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection

from alliancesim.plots.geography import Squares
from alliancesim.plots.style import VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FINE = 3_000  # squares; beyond, perimeters are outlined instead of communes
_COARSE = 30_000  # beyond, departments
_SCALE = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


def unit_of(squares: Squares) -> tuple[str, np.ndarray]:
    """What is outlined on a map of so many squares, and its codes (rows, columns)."""
    if squares.number > _COARSE:
        return "department", squares.department
    if squares.number > _FINE:
        return "EPCI", squares.perimeter
    return "commune", squares.commune


def base_map(ax: Axes, squares: Squares, values: np.ndarray, norm: Any, colours: Any) -> Any:
    """Shaded squares, communes, outline of the place, border, scale; returns the picture."""
    fade = np.where(squares.reported, 1.0, 0.4)
    picture = ax.imshow(
        values,
        origin="lower",
        extent=squares.extent,
        cmap=colours,
        norm=norm,
        alpha=np.where(np.isnan(values), 0.0, fade),
        interpolation="nearest",
        aspect="equal",
    )
    ax.add_collection(LineCollection(squares.edges(unit_of(squares)[1]), colors="0.62", linewidths=0.5))
    inside = squares.reported & (squares.commune >= 0)
    if (inside != (squares.commune >= 0)).any():
        limit = squares.edges(squares.without_holes(inside).astype(np.int64), 0)
        ax.add_collection(LineCollection(limit, colors="black", linewidths=1.2))
    if squares.abroad.any():
        side = np.where(squares.commune >= 0, squares.abroad.astype(np.int64), -1)
        lines = _between(squares, side)
        ax.add_collection(
            LineCollection(lines, colors=VERMILLION, linewidths=2.0, linestyles=(0, (4, 1.5)), zorder=2.5)
        )
    left, right, bottom, top = squares.view
    _scale_bar(ax, squares.view)
    rim = 0.006 * (right - left)  # so that lines on the edge are whole
    ax.set_xlim(left - rim, right + rim)
    ax.set_ylim(bottom - 0.06 * (top - bottom), top + rim)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return picture


def _between(squares: Squares, side: np.ndarray) -> list[Any]:
    """Sides of squares between home and abroad; not those against nothing."""
    nothing = np.where(side < 0, 0, side)
    nowhere = set(squares.edges((side >= 0).astype(np.int64), 0))
    return [line for line in squares.edges(nothing, 0) if line not in nowhere]


def _scale_bar(ax: Axes, view: tuple[float, float, float, float]) -> None:
    """A round number of km, below the map."""
    left, right, bottom, top = view
    length = max((step for step in _SCALE if step <= (right - left) / 4), default=_SCALE[0])
    y = bottom - 0.03 * (top - bottom)
    ax.axhspan(bottom - 0.1 * (top - bottom), bottom, color="white", lw=0, zorder=6)
    ax.plot([right - length, right], [y, y], color="black", lw=2.5, solid_capstyle="butt", zorder=7)
    ax.annotate(
        f"{length:g} km",
        (right - length, y),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7.5,
        zorder=7,
    )
