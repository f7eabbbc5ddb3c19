"""Figures of a report, in its language, as PNG in the page."""

from __future__ import annotations

import base64
import textwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from alliancesim.plots.style import GREY, SERIES, WIDTH, HouseFigure, house_style
from alliancesim.report.findings import Cost, Group
from alliancesim.report.vocabulary import OBSERVABLES
from alliancesim.report.words import Language

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.comparison import Comparison
    from alliancesim.territory import Territory

DOTS = 130
"""Dots an inch: a page of ten figures stays under a megabyte."""
MARGIN = 8
"""White pixels kept around what is drawn."""


def png(figure: HouseFigure) -> str:
    """A figure as a data address."""
    from PIL import Image  # comes with Matplotlib

    buffer, cropped = BytesIO(), BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS)
    with Image.open(buffer) as picture:
        plain = picture.convert("RGB")
    drawn = np.asarray(plain).min(axis=2) < 250
    rows = np.flatnonzero(drawn.any(axis=1))  # maps leave white above and below
    top, bottom = max(0, int(rows[0]) - MARGIN), min(plain.height, int(rows[-1]) + 1 + MARGIN)
    page = Image.new("RGB", (round(WIDTH * DOTS), bottom - top), "white")  # one width: letters of one size on the page
    page.paste(plain.crop((0, top, plain.width, bottom)), (0, 0))
    page.save(cropped, format="png")
    return "data:image/png;base64," + base64.b64encode(cropped.getvalue()).decode("ascii")


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
    unit = OBSERVABLES[name].unit
    return words["value_unit" if unit == "value" else unit]


def _look(point: int, clear: bool = True) -> dict[str, Any]:
    """Colour and mark of a scenario, the same in every figure; hollow and grey where nothing is clear."""
    colour, _, mark = SERIES[point % len(SERIES)]
    return (
        {"color": colour, "mfc": colour, "marker": mark} if clear else {"color": GREY, "mfc": "white", "marker": mark}
    )


def _bar(value: float, low: float, high: float, factor: float = 1.0) -> Any:
    """Lengths of an error bar; nothing where a bound is not known."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    return [[max(0.0, value - low) * factor], [max(0.0, high - value) * factor]]


def _short(label: str, width: int = 30) -> str:
    return textwrap.shorten(label, width, placeholder="…") or label[:width]


def _squares(ax: Any, table: Any, values: np.ndarray, colours: Any, side: float, words: Language) -> None:
    """Squares of a place in colours, as one picture: one value a square."""
    x, y = table["x_km"].to_numpy(dtype=float), table["y_km"].to_numpy(dtype=float)
    column, row = (np.rint((place - place.min()) / side).astype(int) for place in (x, y))
    grid = np.full((row.max() + 1, column.max() + 1), np.nan)
    grid[row, column] = values
    half = side / 2
    edges = (x.min() - half, x.min() + column.max() * side + half, y.min() - half, y.min() + row.max() * side + half)
    ax.imshow(
        np.ma.masked_invalid(grid),
        norm=colours.norm,
        cmap=colours.cmap,
        extent=edges,
        origin="lower",
        interpolation="nearest",
    )
    ax.set_xlim(edges[0] - half, edges[1] + half)
    ax.set_ylim(edges[2] - half, edges[3] + half)
    ax.set_aspect("equal")
    ax.grid(visible=False)
    ax.locator_params(nbins=4)
    _numbers(ax, words, y=True)


def own_squares(territory: Territory) -> pd.DataFrame:
    """Squares of the place by ``x_km``, ``y_km``: what it has in each, without what neighbours have in the same square."""
    cells = territory.cells[territory.cells["reported"] & (territory.cells["population"] > 0)]
    cells = cells.assign(deprived=cells["deprived_share"] * cells["population"])
    found = cells.groupby(["x_km", "y_km"], as_index=False)[["population", "deprived"]].sum()
    return found.assign(deprived_share=found["deprived"] / found["population"])


def territory_map(territory: Territory, words: Language) -> HouseFigure:
    """Inhabitants of the place, square by square; beside them the share in deprived districts, where there are any."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    squares = own_squares(territory)
    side = territory.cell_km
    wide = float(np.ptp(squares["x_km"]) + side) / float(np.ptp(squares["y_km"]) + side)
    panels = 2 if float(squares["deprived_share"].max()) > 0 else 1
    each = min(WIDTH / panels, 3.6 * wide + 1.6)
    figure = _figure(min(4.4, (each - 1.3) / wide + 0.9), each * panels)
    low = max(1.0, float(squares["population"].min()))
    high = max(2.0 * low, float(squares["population"].max()))
    most = max(1.0, 100.0 * float(squares["deprived_share"].max()))
    shown: list[tuple[str, Any, Normalize, str]] = [
        ("population_map", squares["population"].to_numpy(dtype=float), LogNorm(low, high), "cividis_r")
    ]
    if panels == 2:
        shown.append(
            ("deprived_map", 100.0 * squares["deprived_share"].to_numpy(dtype=float), Normalize(0, most), "YlOrBr")
        )
    with house_style():
        axes = figure.subplots(1, panels, squeeze=False, sharey=True)[0]
        for ax, (title, values, norm, colours) in zip(axes, shown, strict=True):
            scale = ScalarMappable(norm, colours)
            _squares(ax, squares, values, scale, side, words)
            ax.set_xlabel(words["km_east"])
            bar = figure.colorbar(scale, ax=ax, shrink=0.8)
            bar.set_label(words[title])
            if isinstance(norm, LogNorm):
                bar.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200 * low else (1.0,)))
                bar.ax.yaxis.set_minor_formatter(NullFormatter())
            bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: words.number(float(f"{value:.6g}"))))
        axes[0].set_ylabel(words["km_north"])
    return figure


def differences(comparison: Comparison, words: Language) -> HouseFigure | None:
    """Paired differences from the reference with intervals; nothing where no scenario differs at all."""
    table = comparison.table(list(OBSERVABLES))
    moved = table.loc[(table["n"] > 0) & (table["difference"].abs() > 1e-12), "observable"]
    names = [name for name in OBSERVABLES if name in set(moved)]
    if not names:
        return None
    table = table[table["n"] > 0]
    points = [point for point in range(len(comparison.labels)) if point != comparison.reference]
    rows = -(-len(names) // 2)
    figure = _figure(rows * (0.75 + 0.24 * len(points)))
    with house_style():
        axes = figure.subplots(rows, 2, squeeze=False, sharey=True)
        for ax, name in zip(axes.flat, names, strict=False):
            factor = words.factor(name)
            for row in table[table["observable"] == name].itertuples(index=False):
                ax.errorbar(
                    row.difference * factor, points.index(row.point), xerr=_bar(row.difference, row.low, row.high, factor),
                    capsize=2, ls="none", **_look(row.point, row.clear),
                )  # fmt: skip
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(words.observable(name), fontsize=8.5)
            ax.set_xlabel(_unit(name, words))
            ax.set_yticks(range(len(points)), [_short(comparison.labels[point]) for point in points])
            ax.set_ylim(len(points) - 0.5, -0.5)
            ax.grid(axis="y", visible=False)
            ax.locator_params(axis="x", nbins=5)
            _numbers(ax, words)
        for ax in axes.flat[len(names) :]:
            ax.set_axis_off()
    return figure


def over_time(comparison: Comparison, words: Language) -> HouseFigure | None:
    """Means over time with bands that hold 80 % of futures; nothing where two times at least were not kept."""
    from alliancesim.analysis import mean_bands
    from alliancesim.plots.end_labels import end_labels

    series = comparison.result.timeseries
    kept = [name for name in ("alliances", "engaged_share", "need_met") if name in series.columns]
    if not kept or series["month"].nunique() < 2:
        return None
    bands = mean_bands(series, kept)
    figure = _figure(2.9)
    with house_style():
        axes = figure.subplots(1, len(kept), squeeze=False)[0]
        for ax, name in zip(axes, kept, strict=True):
            factor = words.factor(name)
            ends = []
            for point, label in enumerate(comparison.labels):
                here = bands[(bands["point"] == point) & (bands["observable"] == name)].sort_values("month")
                colour, line, _ = SERIES[point % len(SERIES)]
                years = here["month"].to_numpy() / 12
                ax.fill_between(
                    years, here["band_low"] * factor, here["band_high"] * factor, color=colour, alpha=0.15, lw=0
                )
                ax.plot(years, here["mean"] * factor, color=colour, ls=line)
                if len(here):
                    ends.append((float(here["mean"].iloc[-1]) * factor, label, colour))
            ax.set_ylim(bottom=0)
            end_labels(ax, ends, width=16)
            ax.set_title(words.observable(name), fontsize=8.5)
            ax.set_xlabel(words["years"])
            ax.set_ylabel("%" if factor == 100.0 else words["count"])
            ax.locator_params(axis="x", nbins=5, integer=True)
            _numbers(ax, words, y=True)
    return figure


def reach(comparison: Comparison, words: Language) -> HouseFigure | None:
    """Engaged organisations more or less in each square: a map a scenario, on one scale; nothing where none moves."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import TwoSlopeNorm

    tables = {}
    for point in range(len(comparison.labels)):
        if point != comparison.reference:
            found = comparison.cells(point, "engaged")
            # A square that several communes share has a part for each: its change is the sum of theirs.
            tables[point] = (
                found[found["reported"]].groupby(["x_km", "y_km"], as_index=False)["change"].sum(min_count=1)
            )
    sizes = np.concatenate([table["change"].abs().to_numpy(dtype=float) for table in tables.values()])
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(sizes):
        return None
    most = float(np.quantile(sizes, 0.98))
    scale = ScalarMappable(TwoSlopeNorm(0.0, -most, most), "PuOr_r")
    one = next(iter(tables.values()))
    side = _side(one)
    columns = min(3, len(tables))
    rows = -(-len(tables) // columns)
    wide = float(np.ptp(one["x_km"]) + side) / float(np.ptp(one["y_km"]) + side)
    width = min(WIDTH, columns * 3.4 + 1.4)
    figure = _figure(min(8.0, rows * min(3.6, (width - 1.6) / columns / wide + 0.5) + 0.5), width)
    with house_style():
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for ax, (point, table) in zip(axes.flat, tables.items(), strict=False):
            _squares(ax, table, table["change"].to_numpy(dtype=float), scale, side, words)
            ax.set_title(_short(comparison.labels[point], 34), fontsize=8.5)
        for ax in axes.flat[len(tables) :]:
            ax.set_axis_off()
        axes[-1, 0].set_xlabel(words["km_east"])
        axes[-1, 0].set_ylabel(words["km_north"])
        bar = figure.colorbar(scale, ax=axes, shrink=0.8, extend="both")
        bar.set_label("\n".join(textwrap.wrap(words["reach_axis"], 34)))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: words.number(float(f"{value:.6g}"))))
    return figure


def _side(table: Any) -> float:
    """Side of a square: the least step between two places."""
    steps = [np.diff(np.unique(table[name].to_numpy())) for name in ("x_km", "y_km")]
    known = np.concatenate(steps)
    return float(known.min()) if len(known) else 1.0


def concentration(comparison: Comparison, words: Language) -> HouseFigure | None:
    """Share of the gain in needs met against inhabitants, the most deprived first; nothing where all squares are alike."""
    lines = []
    for point, label in enumerate(comparison.labels):
        if point == comparison.reference:
            continue
        table = comparison.cells(point, "need_met")
        table = table[table["reported"] & table["change"].notna()]
        if table["deprived_share"].nunique() < 3:
            return None
        gain = (table["change"] * table["population"]).groupby(table["deprived_share"]).sum().iloc[::-1]
        people = table["population"].groupby(table["deprived_share"]).sum().iloc[::-1]
        if float(gain.sum()) > 1e-9 * float(people.sum()) and bool((table["clear"]).any()):
            lines.append((point, label, people.cumsum() / people.sum(), gain.cumsum() / gain.sum()))
    if not lines:
        return None
    figure = _figure(3.4, 5.4)
    with house_style():
        ax = figure.subplots()
        ax.plot([0, 100], [0, 100], color="0.5", lw=0.8)
        for point, label, people, gain in lines:
            colour, line, _ = SERIES[point % len(SERIES)]
            ax.plot(100 * np.append(0, people), 100 * np.append(0, gain), color=colour, ls=line, label=_short(label))
        ax.plot([], [], color="0.5", lw=0.8, label=words["alike"])
        ax.legend(loc="lower right")
        ax.set_xlabel(words["concentration_x"])
        ax.set_ylabel(words["concentration_y"])
        _numbers(ax, words, y=True)
    return figure


def cost(comparison: Comparison, found: dict[int, Cost], words: Language) -> HouseFigure | None:
    """Cost of a further lasting alliance with its interval; nothing where no scenario has a clear gain."""
    known = [point for point, one in found.items() if np.isfinite(one.cost)]
    if not known:
        return None
    points = list(found)
    figure = _figure(0.8 + 0.28 * len(points))
    with house_style():
        ax = figure.subplots()
        edge = max(
            one.high if np.isfinite(one.high) else 2 * one.cost for one in found.values() if np.isfinite(one.cost)
        )
        for place, point in enumerate(points):
            one = found[point]
            if not np.isfinite(one.cost):
                ax.text(0.01 * edge, place, words["no_cost"], va="center", color=GREY, fontsize=7.5)
                continue
            ax.errorbar(
                one.cost, place, xerr=_bar(one.cost, one.low, min(one.high, 1.15 * edge)), capsize=2, **_look(point)
            )
        ax.set_yticks(range(len(points)), [_short(comparison.labels[point]) for point in points])
        ax.set_ylim(len(points) - 0.5, -0.5)
        ax.set_xlim(0, 1.08 * edge)
        ax.set_xlabel(words["cost_axis"])
        ax.grid(axis="y", visible=False)
        _numbers(ax, words)
    return figure


def who(found: list[Group], point: int, words: Language) -> HouseFigure:
    """Kinds of organisations that owe an alliance to a scenario."""
    figure = _figure(0.8 + 0.24 * max(1, len(found)))
    with house_style():
        ax = figure.subplots()
        for place, one in enumerate(found):
            ax.errorbar(
                100 * one.change,
                place,
                xerr=_bar(one.change, one.low, one.high, 100),
                capsize=2,
                **_look(point, one.clear),
            )
        ax.axvline(0.0, color="0.3", lw=0.8)
        ax.set_yticks(
            range(len(found)), [f"{words.kind(one.name)} ({words.number(round(one.units))})" for one in found]
        )
        ax.set_ylim(-0.6, max(1, len(found)) - 0.4)
        ax.set_xlabel(words["who_axis"])
        ax.grid(axis="y", visible=False)
        _numbers(ax, words)
    return figure


def spread(means: pd.DataFrame, names: list[str], words: Language) -> HouseFigure:
    """How the means of many points spread, observable by observable."""
    rows = -(-len(names) // 3)
    figure = _figure(rows * 1.7)
    with house_style():
        axes = figure.subplots(rows, 3, squeeze=False)
        for ax, name in zip(axes.flat, names, strict=False):
            ax.hist(
                means[name].dropna() * words.factor(name), bins=min(30, max(5, len(means) // 4)), color=SERIES[0][0]
            )
            ax.set_title("\n".join(textwrap.wrap(words.observable(name), 26)), fontsize=8.5)
            ax.set_xlabel("%" if OBSERVABLES[name].unit == "points" else _unit(name, words))
            ax.locator_params(axis="x", nbins=4)
            ax.locator_params(axis="y", nbins=4, integer=True)
            _numbers(ax, words, y=True)
        for ax in axes.flat[len(names) :]:
            ax.set_axis_off()
        axes[0, 0].set_ylabel("points")
    return figure


def against_factors(means: pd.DataFrame, factors: dict[str, Any], name: str, words: Language) -> HouseFigure | None:
    """An observable of many points against each factor (six at most): dots for numbers, dots in columns for words.

    ``factors`` holds by name what the experiment says of it (levels, scale), or None.
    """
    import pandas as pd

    shown = [one for one in factors if means[one].nunique() > 1][:6]
    if not shown:
        return None
    rows = -(-len(shown) // 3)
    figure = _figure(rows * 2.1)
    with house_style():
        axes = figure.subplots(rows, 3, squeeze=False, sharey=True)
        for ax, factor in zip(axes.flat, shown, strict=False):
            said = factors[factor]
            number = pd.to_numeric(means[factor], errors="coerce")
            values = means[name] * words.factor(name)
            if number.notna().all():
                ax.plot(number, values, "o", ms=3, alpha=0.5, color=SERIES[0][0])
                if said is not None and said.distribution == "log_uniform":
                    ax.set_xscale("log")
                    ax.xaxis.set_minor_formatter(NullFormatter())
                else:
                    ax.locator_params(axis="x", nbins=4)
                _numbers(ax, words, y=True)
            else:
                found = list(dict.fromkeys(means[factor].astype(str)))
                told = [str(level) for level in said.levels] if said is not None and said.levels else []
                levels = [one for one in told if one in found] + [one for one in found if one not in told]
                ax.plot(
                    [levels.index(one) for one in means[factor].astype(str)],
                    values,
                    "o",
                    ms=3,
                    alpha=0.5,
                    color=SERIES[0][0],
                )
                ax.set_xticks(
                    range(len(levels)), [_short(one, 14) for one in levels], rotation=30 if len(levels) > 3 else 0
                )
                _numbers(ax, words, x=False, y=True)
            ax.set_title(_short(factor, 34), fontsize=8.5)
        for ax in axes.flat[len(shown) :]:
            ax.set_axis_off()
        for row in axes:
            row[0].set_ylabel(words.observable(name))
    return figure
