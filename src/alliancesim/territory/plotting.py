"""The map of a territory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.territory.territory import Territory

DEPRIVED_SHOWN = 0.2
"""Squares with a larger deprived share are marked."""
_BIG = 60_000
_CROWDED = 25_000  # squares; beyond, marks would hide the map
_STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


def _raster(
    column: np.ndarray, row: np.ndarray, values: np.ndarray, c0: int, r0: int, shape: tuple[int, int]
) -> np.ndarray:
    out = np.full(shape, np.nan)
    out[row - r0, column - c0] = values
    return out


def _outline(
    mask: np.ndarray, x0: float, y0: float, cell: float
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Edges between squares inside and outside a mask, as segments in km."""
    grown = np.pad(mask, 1)
    lines = []
    for r, c in zip(*np.nonzero(grown[:, 1:] != grown[:, :-1]), strict=True):
        x = x0 + c * cell
        lines.append(((x, y0 + (r - 1) * cell), (x, y0 + r * cell)))
    for r, c in zip(*np.nonzero(grown[1:, :] != grown[:-1, :]), strict=True):
        y = y0 + r * cell
        lines.append(((x0 + (c - 1) * cell, y), (x0 + c * cell, y)))
    return lines


def plot_territory(territory: Territory, ax: Axes | None = None) -> Axes:
    """Inhabitants per km² by square, deprived squares, the reported outline and the border.

    Colours run from dark to light (cividis, logarithmic), which colour-blind readers and grey prints tell apart;
    squares that are not reported are faded; squares whose deprived share passes one fifth carry a white-edged diamond.

    Parameters
    ----------
    territory : Territory
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes
    """
    import matplotlib.pyplot as plt
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LogNorm
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, LogLocator

    squares, cell = territory.squares, territory.cell_km
    column, row = squares["column"].to_numpy(), squares["row"].to_numpy()
    c0, r0 = int(column.min()), int(row.min())
    shape = (int(row.max()) - r0 + 1, int(column.max()) - c0 + 1)
    x0 = float(squares["x_km"].iloc[0]) - (column[0] - c0 + 0.5) * cell
    y0 = float(squares["y_km"].iloc[0]) - (row[0] - r0 + 0.5) * cell
    extent = (x0, x0 + shape[1] * cell, y0, y0 + shape[0] * cell)
    own = ax is None
    if ax is None:
        width = 6.6
        height = min(9.0, max(3.2, 5.4 * shape[0] / shape[1])) + 1.1
        # The top margin keeps the title whole where the map is taller than the figure is wide.
        layout = ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.08, rect=(0.0, 0.0, 1.0, 0.97))
        ax = plt.subplots(figsize=(width, height), layout=layout)[1]
    density = squares["population"].to_numpy() / cell**2
    reported = squares["reported"].to_numpy()
    positive = density[density > 0]
    low = max(1.0, float(np.quantile(positive, 0.02)) if len(positive) else 1.0)
    norm = LogNorm(low, max(low * 10, float(density.max())))
    image = _raster(column, row, np.maximum(density, low), c0, r0, shape)
    fade = _raster(column, row, np.where(reported, 1.0, 0.45), c0, r0, shape)
    picture = ax.imshow(
        image,
        origin="lower",
        extent=extent,
        cmap="cividis",
        norm=norm,
        alpha=np.nan_to_num(fade),
        interpolation="nearest",
    )
    handles = []
    big = len(squares) > _BIG
    if not reported.all() and not big:
        mask = _raster(column, row, reported, c0, r0, shape) == 1
        ax.add_collection(LineCollection(_outline(mask, x0, y0, cell), colors="black", linewidths=1.3))
        handles.append(Line2D([], [], color="black", lw=1.3, label="reported (faded: around it, not reported)"))
    side = squares["side"].to_numpy()
    if (side > 0).any():
        mask = _raster(column, row, side > 0, c0, r0, shape) == 1
        width = 0.5 if big else 1.6
        ax.add_collection(
            LineCollection(_outline(mask, x0, y0, cell), colors="#d55e00", linewidths=width, linestyles="--")
        )
        handles.append(Line2D([], [], color="#d55e00", lw=1.6, ls="--", label="across the border"))
    poor = squares["deprived_share"].to_numpy() >= DEPRIVED_SHOWN
    if poor.any() and len(squares) <= _CROWDED:
        size = 26.0 if len(squares) < 400 else 12.0 if len(squares) < 3_000 else 3.0
        ax.scatter(
            squares["x_km"].to_numpy()[poor],
            squares["y_km"].to_numpy()[poor],
            marker="D",
            s=size,
            facecolor="#cc3377",
            edgecolor="white",
            linewidth=0.7 if size > 5 else 0.0,
            zorder=3,
        )
        handles.append(
            Line2D(
                [],
                [],
                ls="",
                marker="D",
                ms=5,
                mfc="#cc3377",
                mec="white",
                label=f"over {DEPRIVED_SHOWN:.0%} in deprived districts"
                + (" (synthetic)" if "deprived_share" in territory.synthetic else ""),
            )
        )
    _scale_bar(ax, extent)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(
        f"{territory.name}\n{territory.population:,} inhabitants on {territory.area_km2:,.0f} km²",
        fontsize=11,
        loc="left",
    )
    bar = ax.figure.colorbar(picture, ax=ax, shrink=0.75, pad=0.02)
    bar.locator = LogLocator(subs=(1.0, 2.0, 5.0))
    bar.formatter = FuncFormatter(lambda value, _: f"{value:,.0f}")
    bar.minorticks_off()
    bar.update_ticks()
    bar.set_label(f"inhabitants per km² (squares of {cell:g} km)")
    lines = _note(territory)
    if handles:
        ax.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.0, -0.02), fontsize=8, frameon=False, borderaxespad=0.2
        )
    if own:
        ax.figure.supxlabel(lines, fontsize=7.5, color="0.3", x=0.01, ha="left")
    else:
        ax.text(0, -0.05 - 0.06 * len(handles), lines, transform=ax.transAxes, fontsize=6.5, color="0.3", va="top")
    return ax


def _note(territory: Territory) -> str:
    """What every map says, wrapped."""
    import textwrap

    words = []
    if territory.origin == "synthetic":
        words.append("Synthetic territory: no real place.")
    elif territory.synthetic:
        words.append("Synthetic, by a documented rule: deprived shares, needs, densities of organisations.")
    if territory.origin == "real":
        words.append("Inhabitants by commune: Licence Ouverte (Etalab); within communes by rule.")
    if any("GeoNames" in note for note in territory.notes):
        words.append("Abroad: GeoNames, CC-BY 4.0.")
    return "\n".join(textwrap.wrap(" ".join(words), 105))


def _scale_bar(ax: Axes, extent: tuple[float, float, float, float]) -> None:
    """A bar of a round number of km, below the map's lower right corner."""
    width = extent[1] - extent[0]
    length = max((step for step in _STEPS if step <= width / 4), default=_STEPS[0])
    y = extent[2] - 0.025 * (extent[3] - extent[2])
    ax.plot([extent[1] - length, extent[1]], [y, y], color="black", lw=2.5, solid_capstyle="butt", clip_on=False)
    ax.annotate(
        f"{length:g} km",
        (extent[1] - length / 2, y),
        xytext=(0, -3),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=8,
        annotation_clip=False,
    )
    ax.set_xlim(extent[0], extent[1])
    ax.set_ylim(extent[2] - 0.035 * (extent[3] - extent[2]), extent[3])
