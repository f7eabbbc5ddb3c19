"""Figures of a comparison: differences with intervals, paths over time, who gains, where, how sure the order is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.layout_engine import ConstrainedLayoutEngine

from alliancesim.plots.style import GREY, SERIES, WIDTH, HouseFigure, house_style

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.comparison.comparing import Comparison

WORDS = {
    "engaged_share": "engaged organisations",
    "alliances": "alliances",
    "lasting_alliances": "lasting alliances",
    "alliances_deployed": "deployed alliances",
    "value_created": "value created",
    "need_met": "needs met",
    "need_met_deprived": "needs met, deprived",
    "equity_ratio": "equity ratio",
    "spend_keur": "spending on animation",
}
UNITS = {"spend_keur": "kEUR", "equity_ratio": "ratio", "value_created": "value"}
_SHARES = ("engaged", "need_met", "willing", "naive", "ever_")


def unit_of(name: str) -> str:
    """Unit of an observable on an axis."""
    return "%" if name.startswith(_SHARES) else UNITS.get(name, "number")


def scale_of(name: str) -> float:
    """Factor from an observable's own unit to that of the axis."""
    return 100.0 if unit_of(name) == "%" else 1.0


def _figure(comparison: Comparison, title: str, note: str, height: float) -> HouseFigure:
    layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.08, hspace=0.04, wspace=0.04, rect=(0.005, 0.005, 0.985, 0.99))
    with house_style():
        figure = HouseFigure(figsize=(WIDTH, height), layout=layout)
        count = comparison.replicates
        said = f"{comparison.result.experiment.heading}: {count} replicates, against {comparison.labels[comparison.reference]}"
        figure.suptitle(f"{title}\n{said}", x=0.012, ha="left", fontsize=11)
        figure.supxlabel("\n".join(textwrap.wrap(note, 138)), x=0.012, ha="left", fontsize=7.5, color="0.25")
    return figure


_PAIRED = "Replicates share their draws; bars are 95 % intervals over replicates. Organisations are synthetic."


def differences(comparison: Comparison, observables: Sequence[str] | None = None) -> HouseFigure:
    """Paired differences from the reference, an axes an observable, with intervals."""
    from alliancesim.comparison.comparing import HEADLINES

    table = comparison.table(observables or HEADLINES)
    changed = table[(table["n"] > 0) & (table["difference"].abs() > 1e-12)]
    names = list(dict.fromkeys(changed["observable"]))  # what was not measured, or is the same everywhere, has no axes
    points = list(dict.fromkeys(table["point"]))
    columns = 3
    rows = -(-len(names) // columns)
    figure = _figure(comparison, "What changes", _PAIRED, 0.9 + rows * (0.75 + 0.24 * len(points)))
    with house_style():
        axes = figure.subplots(rows, columns, squeeze=False)
        for ax, name in zip(axes.flat, names, strict=False):
            here = table[table["observable"] == name]
            factor = scale_of(name)
            for place, row in enumerate(here.itertuples(index=False)):
                colour, _, mark = SERIES[points.index(row.point) % len(SERIES)]
                bar = [[(row.difference - row.low) * factor], [(row.high - row.difference) * factor]]
                ax.errorbar(
                    row.difference * factor, place, xerr=bar, fmt=mark, color=colour if row.clear else GREY,
                    mfc=colour if row.clear else "white", capsize=2,
                )  # fmt: skip
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(WORDS.get(name, name))
            unit = unit_of(name)
            ax.set_xlabel("percentage points" if unit == "%" else unit)
            ax.set_ylim(len(here) - 0.5, -0.5)
            labels = [textwrap.shorten(str(label), 26) for label in here["label"]]
            ax.set_yticks(range(len(here)), labels if ax in axes[:, 0] else [""] * len(here))
            ax.grid(axis="y", visible=False)
            ax.locator_params(axis="x", nbins=5)
        for ax in axes.flat[len(names) :]:
            ax.set_axis_off()
    return figure


def over_time(
    comparison: Comparison, observables: Sequence[str] = ("alliances", "engaged_share", "need_met")
) -> HouseFigure:
    """Means by month with the band that holds 80 % of replicates, labelled at their ends."""
    from alliancesim.analysis import mean_bands

    kept = [name for name in observables if name in comparison.result.timeseries.columns]
    bands = mean_bands(comparison.result.timeseries, kept)
    figure = _figure(
        comparison, "Over time", "Lines are means, bands hold 80 % of replicates. " + _PAIRED.split(";")[0] + ".", 3.4
    )
    with house_style():
        axes = figure.subplots(1, len(kept), squeeze=False)[0]
        for ax, name in zip(axes, kept, strict=True):
            factor = scale_of(name)
            ends = []
            for point, label in enumerate(comparison.labels):
                here = bands[(bands["point"] == point) & (bands["observable"] == name)]
                colour, line, _ = SERIES[point % len(SERIES)]
                years = here["month"].to_numpy() / 12
                low, high = [name for name in here.columns if name.startswith("band")][:2]
                ax.fill_between(years, here[low] * factor, here[high] * factor, color=colour, alpha=0.15, lw=0)
                ax.plot(years, here["mean"] * factor, color=colour, ls=line)
                if len(here):
                    ends.append((float(here["mean"].iloc[-1]) * factor, label, colour))
            _end_labels(ax, ends)
            ax.set_title(WORDS.get(name, name))
            ax.set_xlabel("years after burn-in")
            ax.set_ylabel(unit_of(name))
            ax.set_ylim(bottom=0)
    return figure


def _end_labels(ax: Any, ends: list[tuple[float, str, str]]) -> None:
    """Labels right of the last points, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    step = (high - low) * 0.07
    place = -np.inf
    for value, label, colour in sorted(ends):
        place = max(value, place + step)
        ax.annotate(
            textwrap.shorten(label, 18), (1.01, place), xycoords=("axes fraction", "data"), color=colour,
            va="center", fontsize=7.5,
            annotation_clip=False,
        )  # fmt: skip


def who_gains(comparison: Comparison, point: int | str | None = None) -> HouseFigure:
    """Organisations that owe an alliance to the lever, by sphere, kind and deprivation of their cell."""
    chosen = _other(comparison, point)
    tables = []
    for title, group in _GROUPS:
        table = comparison.attribution(chosen, group)
        table = table[table["units"] >= LEAST_UNITS].sort_values("change", kind="stable").reset_index(drop=True)
        if len(table) > 1:
            tables.append((title, table))
    rows = sum(len(table) for _, table in tables)
    note = (
        "Net probability, over seeds, that an organisation is ever engaged with the lever and not without it. In "
        "brackets: "
        f"organisations; groups of fewer than {LEAST_UNITS} are left out. Grey and hollow: the interval holds zero. "
        f"{_PAIRED}"
    )
    figure = _figure(comparison, f"Who gains from: {comparison.labels[chosen]}", note, 1.8 + 0.24 * rows)
    with house_style():
        heights = [len(table) + 0.6 for _, table in tables]
        axes = figure.subplots(max(1, len(tables)), 1, sharex=True, height_ratios=heights or None, squeeze=False)
        for ax, (title, table) in zip(axes[:, 0], tables, strict=False):
            for place, row in enumerate(table.itertuples(index=False)):
                clear = row.low > 0 or row.high < 0
                look = {"color": SERIES[0][0] if clear else GREY, "mfc": SERIES[0][0] if clear else "white"}
                bar = [[100 * (row.change - row.low)], [100 * (row.high - row.change)]]
                ax.errorbar(100 * row.change, place, xerr=bar, fmt="o", capsize=2, **look)
            words = [f"{_plain(row.group)} ({row.units:,.0f})" for row in table.itertuples()]
            ax.set_yticks(range(len(table)), words)
            ax.set_ylim(-0.6, len(table) - 0.4)
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.grid(axis="y", visible=False)
        axes[-1, 0].set_xlabel("net change of the probability to be engaged (percentage points)")
    return figure


LEAST_UNITS = 5
"""Organisations that a group must have to be shown."""

_GROUPS = (
    ("By sphere", "sphere"),
    ("By kind", "kind"),
    ("By deprivation of the cell (thirds of inhabitants)", "deprived"),
)


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


def gain_map(comparison: Comparison, point: int | str | None = None) -> HouseFigure:
    """Where the lever changes something: engaged organisations and needs met by cell; pale where the interval holds zero."""
    chosen = _other(comparison, point)
    note = (
        "Mean change of each cell; cells whose 95 % interval holds zero are pale. Needs are met in a whole "
        "intercommunality at once, "
        "engagement is counted where an organisation stands. Organisations are synthetic."
    )
    figure = _figure(comparison, f"Where it changes something: {comparison.labels[chosen]}", note, 4.6)
    with house_style():
        axes = figure.subplots(1, 2, sharex=True, sharey=True)
        for ax, value, words in zip(
            axes, ("engaged_share", "need_met"), ("engaged organisations", "needs met"), strict=True
        ):
            _squares(figure, ax, comparison.squares(chosen, value), words)
        axes[0].set_ylabel("km northward")
    return figure


def _squares(figure: HouseFigure, ax: Any, table: pd.DataFrame, words: str) -> None:
    """Cells coloured by their mean change, on a scale that is even around zero."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import Rectangle

    change = 100 * table["change"].to_numpy(dtype=float)
    known = np.abs(change[np.isfinite(change)])
    most = max(float(np.quantile(known, 0.98)) if len(known) else 1.0, 1e-9)
    side = _cell_side(table)
    colours = ScalarMappable(TwoSlopeNorm(0.0, -most, most), "PuOr_r")
    for x, y, amount, clear in zip(table["x_km"], table["y_km"], change, table["clear"], strict=True):
        if amount == amount:
            face = colours.to_rgba(amount, alpha=1.0 if clear else 0.3)
            ax.add_patch(Rectangle((x - side / 2, y - side / 2), side, side, fc=face, lw=0))
    ax.set_xlim(table["x_km"].min() - side, table["x_km"].max() + side)
    ax.set_ylim(table["y_km"].min() - side, table["y_km"].max() + side)
    ax.set_aspect("equal")
    ax.set_title(words)
    ax.set_xlabel("km eastward")
    ax.grid(visible=False)
    bar = figure.colorbar(colours, ax=ax, shrink=0.7, extend="both")
    bar.set_label("change (percentage points)")


def _cell_side(table: Any) -> float:
    """Side of a square: the least distance between two eastings."""
    steps = np.diff(np.unique(np.concatenate([table["x_km"].to_numpy(), table["y_km"].to_numpy()])))
    for values in (table["x_km"], table["y_km"]):
        gaps = np.diff(np.unique(values.to_numpy()))
        if len(gaps):
            return float(gaps.min())
    return float(steps.min()) if len(steps) else 1.0


def ranking(comparison: Comparison, observable: str = "lasting_alliances") -> HouseFigure:
    """Scenarios in order, with the interval of each mean and the probability to be the best."""
    table = comparison.ranking(observable)
    figure = _figure(
        comparison, f"Which comes first: {WORDS.get(observable, observable)}",
        "Intervals of means over replicates; the probability to be best on average is over resampled replicates.",
        1.2 + 0.3 * len(table),
    )  # fmt: skip
    with house_style():
        ax = figure.subplots()
        factor = scale_of(observable)
        for place, row in enumerate(table.itertuples(index=False)):
            bar = [[(row.mean - row.low) * factor], [(row.high - row.mean) * factor]]
            ax.errorbar(row.mean * factor, place, xerr=bar, fmt="o", color=SERIES[0][0], capsize=2)
            words = f"best with probability {row.p_best:.2f}"
            ax.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5)
        ax.set_yticks(range(len(table)), [str(label) for label in table["label"]])
        ax.set_ylim(len(table) - 0.5, -0.5)
        unit = unit_of(observable)
        ax.set_xlabel(f"{WORDS.get(observable, observable)} ({unit})")
        ax.grid(axis="y", visible=False)
    return figure


def _other(comparison: Comparison, point: int | str | None) -> int:
    from alliancesim.analysis.tables import point_of

    if point is not None:
        return int(point_of(comparison.result.design, point))
    return next(int(one) for one in comparison.result.design["point"] if int(one) != comparison.reference)


FIGURES: dict[str, Callable[..., HouseFigure]] = {
    "differences": differences,
    "over_time": over_time,
    "who_gains": who_gains,
    "gain_map": gain_map,
    "ranking": ranking,
}
"""Figures by name."""
