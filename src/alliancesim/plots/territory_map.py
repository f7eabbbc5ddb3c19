"""The map: who is there, and who works with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from alliancesim.catalogue import SPHERES
from alliancesim.plots import density_map
from alliancesim.plots.active import active_alliances
from alliancesim.plots.base_map import base_map, unit_of
from alliancesim.plots.geography import Squares, hull, scattered, squares_of
from alliancesim.plots.style import (
    BLACK,
    DEPTH_LOOK,
    SPHERE_LOOK,
    VERMILLION,
    WIDTH,
    count,
    house_style,
    key,
    new_figure,
    note_of,
    percent,
)
from alliancesim.plots.timeline import last_value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

DENSE_FROM = 100_000
"""Organisations of the place beyond which the map shows densities."""
SHOWN_ALLIANCES = (20, 36)
"""Alliances drawn one by one: one a square of the place, within these limits; the others are shaded by square."""
SHOWN_ORGANISATIONS = {"engaged": 1_500, "others": 3_000}
"""Organisations drawn; beyond, one in k of each."""
DEPRIVED_SHOWN = 0.2
"""Squares with a larger deprived share are hatched, as on the map of a territory."""
_PALE = LinearSegmentedColormap.from_list("pale", ["#fbfbfb", "#9a9a9a"])
_REST = LinearSegmentedColormap.from_list("rest", ["#ffffff", "#a8a8a8"])


def draw(result: Result) -> Figure:
    """The territory with its organisations by sphere, and with its alliances.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        First map: inhabitants, deprived squares, border, communes, organisations by sphere (larger with a black edge
        where engaged). Second map: active alliances as stars from their centre to each member, filled where there are
        three or more, by depth; some of them (``SHOWN_ALLIANCES``, see :func:`chosen`), the others as a shade.
        Beyond ``DENSE_FROM`` organisations densities instead (:mod:`alliancesim.plots.density_map`).
    """
    if float(result.territory["organisations"][result.territory["reported"]].sum()) > DENSE_FROM:
        return density_map.draw(result)
    with house_style():
        squares = squares_of(result)
        active = active_alliances(result)
        room = int((squares.reported & (squares.commune >= 0)).sum())
        shown = chosen(active, min(max(room, SHOWN_ALLIANCES[0]), SHOWN_ALLIANCES[1]))
        width, height = squares.view[1] - squares.view[0], squares.view[3] - squares.view[2]
        beside = width / height < 1.7
        step = _every(result)
        note = _note(result, squares, len(active), len(shown), step)
        lines = note.count("\n") + 1
        panel = min(7.5, max(2.2, (WIDTH / 2 - 0.25 if beside else WIDTH - 1.0) * height / width))
        total = panel * (1 if beside else 2) + 2.85 * (1 if beside else 1.6) + 0.15 * lines
        figure = new_figure(result, "Who is there, and who works with whom", note, total)
        if beside:
            grid = figure.add_gridspec(2, 2, height_ratios=[panel + 0.7, 0.95])
            places = [grid[0, 0], grid[1, 0], grid[0, 1], grid[1, 1]]
        else:
            grid = figure.add_gridspec(4, 1, height_ratios=[panel + 0.7, 0.8, panel + 0.7, 0.8])
            places = [grid[n, 0] for n in range(4)]
        first, below_first, second, below_second = (figure.add_subplot(place) for place in places)
        columns = 2 if beside else 4
        x, y = scattered(result.organisations, squares.cell)
        handles = _who(first, result, squares, x, y, step)
        _key(below_first, handles, columns)
        handles = _with_whom(second, result, squares, x, y, active, shown)
        _key(below_second, handles, columns)
        return figure


def _key(strip: Axes, handles: list[Any], columns: int) -> None:
    strip.set_axis_off()
    key(strip, columns=columns, handles=handles, fontsize=7.5, columnspacing=1.0, handlelength=2.6)


def _note(result: Result, squares: Squares, active: int, shown: int, step: dict[str, int]) -> str:
    reads = "Organisations lie somewhere in their square: the model knows no address. "
    for stage, k in step.items():
        if k > 1:
            reads += f"One in {k} of the {stage if stage == 'engaged' else 'organisations not engaged'} is drawn. "
    if active > shown:
        reads += (
            f"{shown} of {active:,} active alliances are drawn, those of depth 3 and 4 or of three members and more "
            "first, in turn over depths; the others are the grey shade, by square of their centre. "
        )
    if not squares.reported[squares.commune >= 0].all():
        reads += (
            "Faded: around the place, simulated, not reported; lines that leave the map go to members farther away. "
        )
    return note_of(result, reads=reads.strip(), assumption=["rules at the scenario's parameters"])


def _every(result: Result) -> dict[str, int]:
    """One organisation in how many is drawn, by stage."""
    table = result.organisations
    seen = table["reported"].to_numpy(dtype=bool)
    engaged = (table["stage"].astype(str) == "engaged").to_numpy()
    numbers = {"engaged": int((seen & engaged).sum()), "others": int((seen & ~engaged).sum())}
    return {name: max(1, -(-number // SHOWN_ORGANISATIONS[name])) for name, number in numbers.items()}


def _who(ax: Axes, result: Result, squares: Squares, x: np.ndarray, y: np.ndarray, step: dict[str, int]) -> list[Any]:
    """The first map; returns the handles of its legend."""
    density = squares.population / squares.cell**2
    positive = density[density > 0]
    low = max(1.0, float(np.quantile(positive, 0.02)) if len(positive) else 1.0)
    high = max(low * 10, float(positive.max()) if len(positive) else 10.0)
    norm = LogNorm(low, high)
    picture = base_map(ax, squares, np.where(np.isnan(density), np.nan, np.maximum(density, low)), norm, _PALE)
    ax.set_title("Inhabitants and organisations")
    bar = ax.figure.colorbar(picture, ax=ax, orientation="horizontal", shrink=0.85, pad=0.02, aspect=30)
    wide = high / low > 200.0  # labels of three steps a decade would touch
    bar.locator = LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=7)
    bar.formatter = FuncFormatter(lambda value, _: f"{value:,.0f}")
    bar.minorticks_off()
    bar.update_ticks()
    bar.ax.tick_params(labelsize=7)
    bar.set_label(f"inhabitants per km² (squares of {squares.cell:g} km)", fontsize=7.5)
    handles: list[Any] = []
    table = result.organisations
    seen = table["reported"].to_numpy(dtype=bool)
    sphere = table["sphere"].astype(str).to_numpy()
    engaged = (table["stage"].astype(str) == "engaged").to_numpy()
    drawn = min(int((seen & engaged).sum()), SHOWN_ORGANISATIONS["engaged"])
    size = 26.0 if drawn < 150 else 14.0 if drawn < 600 else 8.0
    for name in SPHERES:
        colour, mark = SPHERE_LOOK[name]
        mine = sphere == name
        large = 3.0 if name == "collectivity" else 1.0  # few, and they would be lost
        others = np.flatnonzero(seen & mine & ~engaged)[:: 1 if name == "collectivity" else step["others"]]
        busy = np.flatnonzero(seen & mine & engaged)[:: 1 if name == "collectivity" else step["engaged"]]
        over = 1.0 if name == "collectivity" else 0.0
        ax.scatter(
            x[others],
            y[others],
            s=size * 0.22 * large,
            marker=mark,
            color=colour,
            linewidths=0,
            alpha=0.55,
            zorder=2 + over,
        )
        ax.scatter(
            x[busy],
            y[busy],
            s=size * large,
            marker=mark,
            color=colour,
            edgecolors="black",
            linewidths=0.5 if size > 5 else 0.3,
            zorder=3 + over,
        )
        words = f"{_plural(name)}: {count(int((seen & mine).sum()))}"
        handles.append(Line2D([], [], ls="", marker=mark, ms=4, mfc=colour, mec="none", alpha=0.7, label=words))
        engaged_words = f"engaged: {count(int((seen & mine & engaged).sum()))}"
        handles.append(Line2D([], [], ls="", marker=mark, ms=6, mfc=colour, mec="black", mew=0.6, label=engaged_words))
    # Columns of a legend fill downwards: the spheres in the first, those engaged in the second.
    handles = handles[0::2] + handles[1::2]
    poor = np.nan_to_num(squares.deprived) >= DEPRIVED_SHOWN
    extra: list[Any] = []
    if poor.any():
        _hatch(ax, squares, poor)
        synthetic = "deprived_share" in result.manifest["territory"]["synthetic"]
        words = f"over {DEPRIVED_SHOWN:.0%} deprived" + (" (synthetic)" if synthetic else "")
        extra.append(Patch(fc="none", ec="#882255", hatch="////", lw=0.6, label=words))
    if squares.abroad.any():
        extra.append(Line2D([], [], color=VERMILLION, lw=2.0, ls=(0, (4, 1.5)), label="border"))
    extra.append(Line2D([], [], color="0.62", lw=0.8, label=f"{unit_of(squares)[0]} limit"))
    if (squares.reported != (squares.commune >= 0)).any():
        extra.append(Line2D([], [], color="black", lw=1.2, label="limit of the place"))
    return _interleave(handles, extra)


def _interleave(handles: list[Any], extra: list[Any]) -> list[Any]:
    """Extras split over both columns below the organisations."""
    half = (len(extra) + 1) // 2
    first, second = handles[:3] + extra[:half], handles[3:] + extra[half:]
    while len(second) < len(first):
        second.append(Line2D([], [], ls="", label=" "))
    return first + second


def _hatch(ax: Axes, squares: Squares, mask: np.ndarray) -> None:
    left, bottom, cell = squares.extent[0], squares.extent[2], squares.cell
    for r, c in zip(*np.nonzero(mask), strict=True):
        corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * cell + [left + c * cell, bottom + r * cell]
        ax.add_patch(Polygon(corner, closed=True, fc="none", ec="#882255", hatch="////", lw=0.6, zorder=1.8))


def _plural(sphere: str) -> str:
    return "collectivities" if sphere == "collectivity" else f"{sphere}s"


# -- alliances --------------------------------------------------------------------------------------------------------


def chosen(active: pd.DataFrame, number: int) -> np.ndarray:
    """Positions of the alliances to draw one by one.

    Those of depth 3 and 4, or of three members and more, come before the others; in each class the depths take turns,
    and within a depth the younger come first, then the later row.

    Parameters
    ----------
    active : DataFrame
        Rows of the alliances table.
    number : int

    Returns
    -------
    (min(number, rows),) int64
    """
    depth = active["depth"].to_numpy().astype(np.int64)
    members = active["members"].to_numpy().astype(np.int64)
    start = active["start_month"].to_numpy().astype(np.int64)
    order = np.lexsort((-np.arange(len(active)), -start))
    turn = np.empty(len(active), dtype=np.int64)
    later = ((depth < 3) & (members < 3)).astype(np.int64)
    for one in range(1, 5):
        for group in (0, 1):
            mine = order[(depth[order] == one) & (later[order] == group)]
            turn[mine] = np.arange(len(mine))
    return np.lexsort((-depth, turn, later))[:number]


def _with_whom(
    ax: Axes, result: Result, squares: Squares, x: np.ndarray, y: np.ndarray, active: pd.DataFrame, shown: np.ndarray
) -> list[Any]:
    """The second map; returns the handles of its legend."""
    lists = list(result.alliances["member_list"].loc[active.index])
    depth = active["depth"].to_numpy().astype(np.int64)
    rest = np.setdiff1d(np.arange(len(active)), shown)
    if len(rest):
        centres = np.array([[x[lists[k]].mean(), y[lists[k]].mean()] for k in rest])
        shade = squares.raster(centres[:, 0], centres[:, 1]).astype(np.float64)
    else:
        shade = np.zeros_like(squares.population)
    shade[squares.commune < 0] = np.nan
    top = float(np.nanmax(shade))
    from matplotlib.colors import Normalize

    picture = base_map(ax, squares, shade, Normalize(0, max(top, 1.0)), _REST)
    ax.set_title("Active alliances")
    bar = ax.figure.colorbar(picture, ax=ax, orientation="horizontal", shrink=0.85, pad=0.02, aspect=30)
    bar.locator = MaxNLocator(nbins=6, integer=True)
    bar.update_ticks()
    bar.ax.tick_params(labelsize=7)
    bar.set_label("other active alliances in a square", fontsize=7.5)
    sphere = result.organisations["sphere"].astype(str).to_numpy()
    corners: list[int] = []
    few = len(shown) <= 15
    for k in shown[::-1]:
        colour, style, mark, _ = DEPTH_LOOK[int(depth[k])]
        rows = np.asarray(lists[k])
        corners.extend(int(row) for row in rows)
        points = np.column_stack((x[rows], y[rows]))
        centre = points.mean(axis=0)
        if len(rows) >= 3:
            outline = hull(points)
            if len(outline) >= 3:
                ax.add_patch(Polygon(outline, closed=True, fc=colour, ec="none", alpha=0.16, zorder=2.2))
        star = [(tuple(centre), tuple(point)) for point in points]
        # A white casing keeps crossing lines apart.
        ax.add_collection(LineCollection(star, colors="white", linewidths=2.8, zorder=2.6, alpha=0.75))
        ax.add_collection(LineCollection(star, colors=colour, linewidths=1.4, linestyles=[style], zorder=2.7))
        ax.plot(*centre, marker=mark, color=colour, mec="black", mew=0.6, ms=6 if few else 4.8, zorder=3.2)
    handles: list[Any] = []
    for number, (colour, style, mark, label) in DEPTH_LOOK.items():
        words = f"{label}: {count(int((depth == number).sum()))}"
        handles.append(
            Line2D([], [], color=colour, ls=style, lw=1.4, marker=mark, mec="black", mew=0.6, ms=5, label=words)
        )
    members = np.unique(np.array(corners, dtype=np.int64))
    for name in SPHERES:
        colour, mark = SPHERE_LOOK[name]
        mine = members[sphere[members] == name]
        ax.scatter(x[mine], y[mine], s=7, marker=mark, color="white", edgecolors=BLACK, linewidths=0.6, zorder=3.1)
        handles.append(
            Line2D([], [], ls="", marker=mark, ms=3.6, mfc="white", mec="black", mew=0.7, label=f"member: {name}")
        )
    handles.insert(4, Patch(fc="0.8", ec="none", label="three members or more"))
    while len(handles) % 2:
        handles.append(Line2D([], [], ls="", label=" "))
    return handles


def finding(result: Result) -> str:
    """The sentence of the map."""
    table = result.columns("organisations", "reported", "sphere")
    number = table["sphere"][table["reported"]].value_counts()
    numbers = ", ".join(f"{count(int(number[name]))} {_plural(name)}" for name in SPHERES)
    active = active_alliances(result)
    facts = result.manifest["territory"]
    words = (
        f"{facts['name']}: {count(facts['population'])} inhabitants, {numbers}; {count(len(active), 'active alliance')}"
    )
    three = int((active["members"].to_numpy() >= 3).sum())
    if len(active):
        words += f", {percent(three / len(active))} of them with three members or more"
        distance = last_value(result, "mean_distance")
        if distance == distance:
            words += f", members {distance:.1f} km apart on average"
        cross = last_value(result, "cross_border_share")
        if cross == cross and (result.territory["side"].to_numpy() > 0).any():
            words += f", {percent(cross)} of pairs across the border"
    return f"{words}."
