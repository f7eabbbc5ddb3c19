"""Figures of the scarcity paradox in the space of parameters: shares of the volume, the map, ambition, mechanisms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.plots.style import BLACK, BLUE, GREEN, ORANGE, SERIES, VERMILLION, house_style
from alliancesim.studies.figures import dot, study_figure
from alliancesim.studies.scarcity_tables import BOXES, EASE, RESOURCES, SETTINGS, of_means, shares

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CLASS_LOOK = {
    "harder": "#08519c", "harder in one": "#9ecae1", "flat": "#d9d9d9", "mixed": "#c7a3d6", "easier in one": "#fdbe85",
    "easier": "#d94801", "untold": "#ffffff",
}  # fmt: skip
"""Colour of each word of ``EASE``: dark at both ends, blue where ease falls."""
CLASS_WORDS = {
    "harder": "ease falls in both (the paradox)", "harder in one": "falls in one, flat in the other", "flat": "flat in both",
    "mixed": "mixed or humped", "easier in one": "rises in one, flat in the other", "easier": "ease rises in both (its reverse)",
    "untold": "cannot be told",
}  # fmt: skip
NEAREST = 25
"""Points that vote on the class of a place of the map."""


def _with_legend(figure: Any) -> tuple[Axes, Axes]:
    """Two axes side by side under a legend of the classes."""
    from matplotlib.patches import Patch

    axes = figure.subplot_mosaic([["legend", "legend"], ["left", "right"]], height_ratios=[0.001, 1])
    marks = [Patch(facecolor=CLASS_LOOK[word], edgecolor="0.5", lw=0.5, label=CLASS_WORDS[word]) for word in EASE]
    axes["legend"].axis("off")
    axes["legend"].legend(handles=marks, loc="lower center", ncols=3, fontsize=7.5, borderaxespad=0)
    axes["right"].sharey(axes["left"])
    axes["right"].tick_params(labelleft=False)
    return axes["left"], axes["right"]


def _stacked(ax: Axes, rows: Sequence[dict[str, Any]], places: Sequence[float]) -> None:
    left = np.zeros(len(rows))
    for word in EASE:
        width = np.array([100 * row[word] for row in rows])
        ax.barh(places, width, left=left, color=CLASS_LOOK[word], height=0.8, edgecolor="0.6", lw=0.3)
        for y, start, wide in zip(places, left, width, strict=True):
            if wide >= 8:
                dark = word in ("harder", "easier")
                ax.text(
                    start + wide / 2,
                    y,
                    f"{wide:.0f}",
                    ha="center",
                    va="center",
                    fontsize=6.5,
                    color="white" if dark else "black",
                )
        left += width
    ax.set_xlim(0, 100)
    ax.set_xlabel("% of the volume")
    ax.grid(visible=False)


def volume_figure(points: pd.DataFrame) -> Any:
    """Share of the volume in each class by box and by what rises, over both ranges."""
    from alliancesim.studies.scarcity_tables import moving

    here = moving(points)
    parts = [
        shares(here, ["box", "forums.resource"], prefix).set_index(["box", "forums.resource"])
        for prefix in ("", "french_")
    ]
    keys = [(box, resource) for box in BOXES for resource in RESOURCES if (box, resource) in parts[0].index]
    places = [number + 0.7 * BOXES.index(box) for number, (box, _) in enumerate(keys)]
    note = (
        "Share of the sampled points in each class of both measures of ease (months to launch; P(launch | "
        "feasible)) as what "
        "is named at the left rises. Points with e = 1, where means change nothing by construction, are left out. "
        "Prior: what "
        "is assumed or to be calibrated within its prior; widened: ranges twice as wide; posterior: the calibrated "
        "sample."
    )
    drawn = study_figure(
        "Does ease fall as means rise? Shares of the space of parameters", note, 2.6 + 0.26 * len(keys)
    )
    with house_style():
        axes = _with_legend(drawn)
        for ax, part, title in zip(
            axes, parts, ("from 0.1 to 6.4 (structuration 0.2 to 0.9)", "a factor of 2.3, as in France"), strict=True
        ):
            _stacked(ax, [part.loc[key].to_dict() for key in keys], places)
            ax.set_title(title)
        axes[0].set_yticks(places, [f"{box}: {RESOURCES[resource]}" for box, resource in keys])
        axes[0].set_ylim(places[-1] + 0.7, -0.7)
    return drawn


def setting_figure(points: pd.DataFrame, box: str) -> Any:
    """Share of the volume in each class by portfolio, rivalry and e: cash, time or both; structuration."""
    parts = [
        points[(points["box"] == box) & ((points["forums.resource"] == "r_str") == flag)] for flag in (False, True)
    ]
    tables = [shares(part, SETTINGS) for part in parts]
    note = (
        f"Over the {box}. Rows: how many ideas may be agreed as one package, how rivals quarrel over a tight purse, "
        "how far the "
        "ambition of ideas follows means (e). With e = 1 means change nothing by construction; structuration is "
        "not touched by e."
    )
    drawn = study_figure("What decides: packages of ideas, rivalry, ambition", note, 5.6)
    with house_style():
        axes = _with_legend(drawn)
        keys = sorted({tuple(row) for table in tables if len(table) for row in table[SETTINGS].to_numpy().tolist()})
        gaps = np.cumsum([0.0, *(0.5 * (a[:2] != b[:2]) for a, b in pairwise(keys))])  # a little air
        places = dict(zip(keys, (np.arange(len(keys)) + gaps).tolist(), strict=True))
        for ax, table, title in zip(axes, tables, ("cash, time or both rise", "structuration rises"), strict=True):
            rows = table.to_dict("records")
            _stacked(ax, rows, [places[tuple(float(row[name]) for name in SETTINGS)] for row in rows])
            ax.set_title(title)
        axes[0].set_yticks(list(places.values()), [f"portfolio {a:g}, rivalry {b:g}, e {c:g}" for a, b, c in keys])
        axes[0].set_ylim(max(places.values()) + 0.7, -0.7)
    return drawn


def map_figure(
    points: pd.DataFrame, box: str, across: str, up: str, words: dict[str, str], logs: Sequence[str] = ()
) -> Any:
    """The space seen along two parameters: every point in the colour of its class, the ground by its nearest points."""
    from scipy.spatial import cKDTree

    here = of_means(points, box)
    note = (
        f"Over the {box}; cash, time or both rise, e below 1. All other parameters vary behind the page: dots are "
        f"single points, the ground is the most common class among the {NEAREST} nearest that can be told, which need "
        "not be most of them: where dots of several colours mix, the two parameters shown do not decide alone. These two "
        "differ most between points with the paradox and those without."
    )
    drawn = study_figure(f"Where ease falls, is flat, rises: a map along {words[across]} and {words[up]}", note, 5.2)
    with house_style():
        axes = _with_legend(drawn)
        for ax, portfolio in zip(axes, (1.0, 3.0), strict=True):
            part = here[here["portfolio"] == portfolio]
            if (part["ease"] != "untold").sum() < 5:
                ax.set_title(f"portfolio {portfolio:g}: too few points")
                continue
            spot = np.column_stack(
                [np.log10(part[name]) if name in logs else part[name].to_numpy(dtype=float) for name in (across, up)]
            )
            low, high = spot.min(axis=0), spot.max(axis=0)
            unit = (spot - low) / np.where(high > low, high - low, 1.0)
            codes = np.array([EASE.index(word) for word in part["ease"]])
            grid = np.stack(np.meshgrid(np.linspace(0, 1, 90), np.linspace(0, 1, 90)), axis=-1).reshape(-1, 2)
            told = (part["ease"] != "untold").to_numpy()
            k = min(NEAREST, int(told.sum()))
            near = codes[told][cKDTree(unit[told]).query(grid, k=k)[1].reshape(len(grid), k)]
            votes = np.stack([(near == code).sum(axis=1) for code in range(len(EASE))], axis=1)
            ground = votes.argmax(axis=1).reshape(90, 90)
            rgb = np.array([_pale(CLASS_LOOK[word]) for word in EASE])[ground]
            ax.imshow(
                rgb, origin="lower", extent=(low[0], high[0], low[1], high[1]), aspect="auto", interpolation="nearest"
            )
            for code, word in enumerate(EASE):
                mine = codes == code
                ax.scatter(spot[mine, 0], spot[mine, 1], s=7, color=CLASS_LOOK[word], edgecolor="0.45", lw=0.3)
            ax.grid(visible=False)
            ax.set_xlabel(words[across])
            ax.set_title(f"portfolio of {portfolio:g} {'idea' if portfolio == 1 else 'ideas'}")
            for axis, name in ((ax.xaxis, across), (ax.yaxis, up)):
                if name in logs:
                    axis.set_major_formatter(lambda value, _: f"{10**value:.2g}")
        axes[0].set_ylabel(words[up])
    return drawn


def _pale(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    red, green, blue = (0.45 * one + 0.55 for one in to_rgb(colour))
    return red, green, blue


def ambition_figure(table: pd.DataFrame) -> Any:
    """Effect of means against e and against the rent, by portfolio."""
    note = (
        "Change of months to launch and of P(launch | feasible) from means 0.1 to 6.4, mean over the same draws of "
        "the priors at "
        "every point, with 95 % intervals over draws; shaded: flat. Right: over the values of e below 1. The "
        "paradox is above "
        "the band in the upper row and below it in the lower one."
    )
    drawn = study_figure(
        "How the effect of means fades as ambition follows them, and what the rent of leading does", note, 5.4
    )
    with house_style():
        axes = drawn.subplots(2, 2, sharex="col", sharey="row")
        rows = (
            ("speed_effect", "change of months to launch", 1.0, 0.5),
            ("launch_effect", "change of P(launch | feasible), points", 100.0, 5.0),
        )
        for down, (name, label, factor, flat) in enumerate(rows):
            for column, (curve, word) in enumerate(
                (("e", "e, how far ambition follows means"), ("psi", "ψ, rent of leading (share of value)"))
            ):
                ax = axes[down, column]
                ax.axhspan(-flat, flat, color="0.94", lw=0)
                ax.axhline(0.0, color="0.4", lw=0.7)
                ends = []
                for number, (portfolio, here) in enumerate(
                    table[table["curve"] == curve].groupby("portfolio", sort=True)
                ):
                    colour, line, mark = SERIES[number]
                    mid = factor * here[name].to_numpy(dtype=float)
                    reach = np.array([mid - factor * here[f"{name}_low"], factor * here[f"{name}_high"] - mid])
                    ax.errorbar(
                        here["value"],
                        mid,
                        yerr=np.nan_to_num(np.maximum(reach, 0.0)),
                        color=colour,
                        ls=line,
                        marker=mark,
                        capsize=2,
                    )
                    ends.append((float(mid[-1]), "one idea" if portfolio == 1 else f"package of {portfolio:g}", colour))
                if column == 1:
                    spread_labels(ax, ends)
                if down == 1:
                    ax.set_xlabel(word)
            axes[down, 0].set_ylabel(label)
    return drawn


def mechanism_figure(tables: dict[str, pd.DataFrame]) -> Any:
    """Shapley split of both effects, a colour a box."""
    note = (
        "Effect of means (0.1 to 6.4) with all five mechanisms there, less that with none, split fairly among them "
        "(Shapley: each "
        "one's contribution averaged over all orders of taking them away); portfolio 1, rivalry 0.3 and e 0.5 when "
        "all are there. Circles: prior; squares: posterior. 95 % intervals over draws; hollow: the interval holds zero. "
        "The paradox is right on the left panel and left on the right one."
    )
    drawn = study_figure("What the effect of means is made of", note, 4.2)
    with house_style():
        axes = drawn.subplots(1, 2, sharey=True)
        words: list[str] = []
        pairs = (("speed", "months to launch", "months", 1.0), ("launch", "P(launch | feasible)", "points", 100.0))
        for ax, (measure, title, unit, factor) in zip(axes, pairs, strict=True):
            for number, (_box, table) in enumerate(tables.items()):
                here = table[table["measure"] == measure]
                words = here["words"].tolist()
                for y, row in enumerate(here.to_dict("records")):
                    y_ = y + (0.6 if y >= len(words) - 2 else 0.0) + 0.22 * (number - (len(tables) - 1) / 2)
                    dot(ax, factor * row["share"], y_, factor * row["low"], factor * row["high"],
                        (BLUE, VERMILLION)[number], "os"[number])  # fmt: skip
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.set_xlabel(f"part of the change ({unit})")
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks([y + (0.6 if y >= len(words) - 2 else 0.0) for y in range(len(words))], words)
        axes[0].set_ylim(len(words) + 0.2, -0.6)
    return drawn


FATES = {
    "launch": ("launches", GREEN), "no_agreement_share": ("no agreement", ORANGE),
    "lost_share": ("those who stay cannot carry it", "#8c8c8c"), "no_leader_share": ("no leader", "#56b4e9"),
    "contest_failed_share": ("contest of the lead", VERMILLION), "purse_failed_share": ("quarrel over the purse", "#cc79a7"),
    "infeasible_share": ("no idea within means", "#e0e0e0"),
}  # fmt: skip


def unconditional_figure(curves: pd.DataFrame) -> Any:
    """What becomes of all forums convened as means rise, and P(launch) of all of them."""
    boxes = [box for box in BOXES if box in set(curves["box"])]
    note = (
        "All forums convened, those without an idea within means among them; cash, time or both rise, e below 1. "
        "Means: 0.4 scarce, 1 moderate, 2.5 abundant. Bands: mean "
        "over the sampled points, they add up to 100 %. Black: median of P(launch); dotted: the middle half of the "
        "points."
    )
    drawn = study_figure("What becomes of all forums convened, by the means of their participants", note, 4.0)
    with house_style():
        axes = np.atleast_1d(drawn.subplots(1, len(boxes), sharey=True))
        ends: list[tuple[float, str, str]] = []
        for ax, box in zip(axes, boxes, strict=True):
            here = curves[curves["box"] == box]
            shares_ = np.array([100 * here[f"{name}_mean"] for name in FATES])
            ax.stackplot(here["level"], shares_, colors=[colour for _, colour in FATES.values()], lw=0, alpha=0.85)
            ax.plot(here["level"], 100 * here["launch"], color=BLACK)
            for end in ("_low", "_high"):
                ax.plot(here["level"], 100 * here[f"launch{end}"], color=BLACK, lw=0.9, ls=":")
            means_axis(ax)
            ax.set_xlabel("means")
            ax.set_xlim(here["level"].min(), here["level"].max())
            ax.set_ylim(0, 100)
            ax.grid(visible=False)
            ax.set_title(box)
            tops = np.cumsum(shares_[:, -1])
            ends = [
                (float(top - part[-1] / 2), word, colour if word != "no idea within means" else "0.45")
                for (word, colour), top, part in zip(FATES.values(), tops, shares_, strict=True)
                if part.max() > 0.5
            ]
        axes[0].set_ylabel("% of forums")
        spread_labels(axes[-1], ends, 0.065)
    return drawn


def means_axis(ax: Axes) -> None:
    """Means on a log scale."""
    ax.set_xscale("log", base=2)
    ax.set_xticks([0.1, 0.4, 1.0, 2.5, 6.4], ["0.1", "0.4", "1", "2.5", "6.4"])
    ax.minorticks_off()
    ax.set_xlabel("means (0.4 scarce, 1 moderate, 2.5 abundant)")


def spread(ends: Sequence[tuple[float, str, str]], low: float, high: float, gap: float) -> list[float]:
    """Heights of labels, in the order given, moved apart evenly round where they should be, within the axes."""
    order = sorted(range(len(ends)), key=lambda one: ends[one][0])
    heights = [min(max(ends[one][0], low), high) for one in order]
    for _ in range(300):
        moved = False
        for at in range(len(heights) - 1):
            short = gap - (heights[at + 1] - heights[at])
            if short > 1e-9:
                heights[at], heights[at + 1], moved = heights[at] - short / 2, heights[at + 1] + short / 2, True
        for at, height in enumerate(heights):
            inside = min(max(height, low), high)
            moved |= abs(inside - height) > 1e-9
            heights[at] = inside
        if not moved:
            break
    return [height for _, height in sorted(zip(order, heights, strict=True))]


def spread_labels(ax: Axes, ends: Sequence[tuple[float, str, str]], gap: float = 0.08) -> None:
    """Labels right of the axes: height, word, colour; the axes keep their range."""
    low, high = ax.get_ylim()
    known = [one for one in ends if np.isfinite(one[0])]
    for height, (_, word, colour) in zip(spread(known, low, high, gap * (high - low)), known, strict=True):
        ax.annotate(
            word, (1.02, height), xycoords=("axes fraction", "data"), color=colour, va="center", fontsize=7.5,
            annotation_clip=False,
        )  # fmt: skip
