"""Figures of the types of territory: observables by means, what the Labo adds, the iceberg, 1 + 1, whom it reaches, gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from alliancesim.plots.style import BLUE, GREY, ORANGE, SERIES, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, dot, end_labels, mean_interval, study_figure

RESOURCES = ("scarce", "moderate", "abundant")
SHOWN = {
    "engaged_share": ("engaged organisations", "%", 100.0),
    "alliances_per_1000": ("alliances", "per 1,000 organisations", 1.0),
    "need_met": ("needs met", "%", 100.0),
}
LOOK = {"none": (GREY, "--", "s", "no animation"), "labo": (BLUE, "-", "o", "Labo")}
GAPS = ("rural", "zus", "cross_border")
COMPONENTS = {
    "density": "density and organisations",
    "needs": "needs",
    "structuration": "structuration",
    "distance": "institutional distance",
    "border": "border",
}
LEAST_ALLIANCES = 5
"""Alliances of a mix that a run must have to be shown."""


def main_figure(table: pd.DataFrame) -> Any:
    """Observables by means, one column a type of territory, with and without the Labo."""
    note = f"After the last year. Lines join means; most intervals are smaller than the marks. {SYNTHETIC}"
    drawn = study_figure("Types of territory and means, with and without animation", note, 6.4)
    ends: dict[int, list[tuple[float, str, str]]] = {}
    with house_style():
        axes = drawn.subplots(len(SHOWN), len(NAMES), sharex=True, sharey="row")
        for across, (place, word) in enumerate(NAMES.items()):
            for down, (name, (title, unit, factor)) in enumerate(SHOWN.items()):
                ax = axes[down, across]
                for animation, (colour, line, mark, label) in LOOK.items():
                    here = table[(table["territory"] == place) & (table["animation"] == animation)]
                    here = here.set_index("resources").reindex(RESOURCES)
                    mid, low, high = (
                        factor * here[key].to_numpy(dtype=float) for key in (name, f"{name}_low", f"{name}_high")
                    )
                    ax.errorbar(
                        range(3),
                        mid,
                        yerr=np.maximum(0, [mid - low, high - mid]),
                        color=colour,
                        ls=line,
                        marker=mark,
                        capsize=2,
                    )
                    if across == len(NAMES) - 1:
                        ends.setdefault(down, []).append((float(mid[-1]), label, colour))
                ax.set_xlim(-0.25, 2.25)
                ax.set_xticks(range(3), ("scarce", "mod-\nerate", "abun-\ndant"))
                if down == 0:
                    ax.set_title(word)
                if across == 0:
                    ax.set_ylabel(f"{title}\n({unit})")
        for down, row in enumerate(axes):
            top = max(ax.dataLim.y1 for ax in row)
            row[0].set_ylim(0, 1.05 * top if 0 < top < np.inf else 1)
            end_labels(row[-1], ends[down])
    return drawn


def labo_figure(gained: pd.DataFrame) -> Any:
    """What the Labo adds: dots with intervals, every type of territory and level of means on common scales."""
    note = f"Labo less no animation under the same draws. Grey and hollow: the interval holds zero. {SYNTHETIC}"
    drawn = study_figure("What the Labo adds, by type of territory and means", note, 3.9)
    with house_style():
        axes = drawn.subplots(1, len(SHOWN), sharey=True)
        for ax, (name, (title, unit, factor)) in zip(axes, SHOWN.items(), strict=True):
            for y, place, level in _down():
                here = gained[(gained["territory"] == place) & (gained["resources"] == level)]
                for row in here.to_dict("records"):
                    mid, low, high = (factor * row[key] for key in (name, f"{name}_low", f"{name}_high"))
                    dot(ax, mid, y, low, high, BLUE)
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.grid(axis="y", visible=False)
            ax.set_title(title)
            ax.set_xlabel("percentage points" if unit == "%" else unit)
        _label_down(axes[0])
    return drawn


def _down() -> list[tuple[float, str, str]]:
    """Height of each type of territory and level of means down a figure, types apart."""
    pairs = [(place, level) for place in NAMES for level in RESOURCES]
    return [(n + 0.8 * (n // len(RESOURCES)), place, level) for n, (place, level) in enumerate(pairs)]


def _label_down(ax: Any) -> None:
    """Names of what :func:`_down` sets out."""
    rows = _down()
    ax.set_yticks([y for y, _, _ in rows], [f"{NAMES[place]}, {level}" for _, place, level in rows])
    ax.set_ylim(rows[-1][0] + 0.7, -0.7)
    ax.grid(axis="y", visible=False)


def reach_figure(table: pd.DataFrame) -> Any:
    """Whom it reaches: needs met in deprived cells against all, and the equity ratio with and without the Labo."""
    note = (
        "Left: lines join scarce, moderate and abundant means (hollow: no animation, filled: Labo); on the diagonal "
        "deprived cells are served like all. Right: need met in deprived cells over need met in all; 1 is alike. "
        "Synthetic territories and organisations; intervals are 95\u00a0%, over replicates."
    )
    drawn = study_figure("Whom it reaches: needs met in deprived cells and in all", note, 4.6)
    with house_style():
        left, right = drawn.subplots(1, 2, width_ratios=[1.1, 1])
        top = 100 * np.nanmax([0.01, *table["need_met_high"], *table["need_met_deprived_high"]])
        left.plot([0, top], [0, top], color="0.5", lw=0.8, ls=":")
        left.annotate("alike", (0.93 * top, 0.95 * top), ha="right", fontsize=7.5, color="0.35")
        for series, (place, word) in enumerate(NAMES.items()):
            colour, _, mark = SERIES[series]
            for animation in LOOK:
                here = table[(table["territory"] == place) & (table["animation"] == animation)]
                here = here.set_index("resources").reindex(RESOURCES)
                x, y = 100 * here["need_met"].to_numpy(float), 100 * here["need_met_deprived"].to_numpy(float)
                left.plot(x, y, color=colour, ls="--" if animation == "none" else "-", lw=1.1, marker=mark,
                          mfc="white" if animation == "none" else colour,
                          label=word if animation == "labo" else None)  # fmt: skip
        left.set_xlim(0, 1.05 * top)
        left.set_ylim(0, 1.05 * top)
        left.legend(loc="lower right")
        left.set_xlabel("needs met in all cells (%)")
        left.set_ylabel("needs met in deprived cells (%)")
        for y, place, level in _down():
            for animation, (colour, _, mark, _) in LOOK.items():
                here = table[
                    (table["territory"] == place) & (table["resources"] == level) & (table["animation"] == animation)
                ]
                for row in here.to_dict("records"):
                    mid, low, high = (row[key] for key in ("equity_ratio", "equity_ratio_low", "equity_ratio_high"))
                    if mid == mid:
                        reach = [
                            [max(0.0, mid - low) if low == low else 0.0],
                            [max(0.0, high - mid) if high == high else 0.0],
                        ]
                        right.errorbar(mid, y + (0.18 if animation == "labo" else -0.18), xerr=reach, color=colour,
                                       fmt=mark, ms=3.5, capsize=2)  # fmt: skip
        right.axvline(1.0, color="0.3", lw=0.8)
        _label_down(right)
        right.set_xlabel("equity ratio")
        right.legend(
            handles=[Line2D([], [], color=colour, marker=mark, ls="", label=label) for colour, _, mark, label in LOOK.values()],
            loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, handlelength=1.0,
        )  # fmt: skip
    return drawn


def iceberg(runs: pd.DataFrame) -> Any:
    """True and identified alliances, moderate means."""
    note = f"Bars: means over replicates at moderate means; the dark part is known as alliances. {SYNTHETIC}"
    drawn = study_figure("The iceberg: alliances that exist, alliances that are known", note, 3.4)
    with house_style():
        ax = drawn.subplots()
        ticks, words = [], []
        for place_number, (place, word) in enumerate(NAMES.items()):
            for number_, (animation, (_, _, _, label)) in enumerate(LOOK.items()):
                here = runs[
                    (runs["territory"] == place) & (runs["animation"] == animation) & (runs["resources"] == "moderate")
                ]
                true, true_low, true_high = mean_interval(here["alliances_per_1000"])
                known, known_low, known_high = mean_interval(here["known_per_1000"])
                y = place_number * 3 + number_
                ax.barh(y, true, color="#a6cee3", height=0.8)
                ax.barh(y, known, color="#08519c", height=0.8)
                for mid, low, high, colour in (
                    (true, true_low, true_high, "0.2"),
                    (known, known_low, known_high, ORANGE),
                ):
                    if low == low:
                        ax.errorbar(mid, y, xerr=[[max(0.0, mid - low)], [max(0.0, high - mid)]], color=colour, lw=1.2,
                                    fmt="none", capsize=2.5)  # fmt: skip
                if true == true:
                    ratio = f"{true / known:.1f} for one known" if known > 0 else "none known"
                    end = np.nanmax([true, true_high])
                    ax.annotate(f"  {true:.0f} exist, {known:.0f} known: {ratio}", (end, y), va="center", fontsize=7.5)
                ticks.append(y)
                words.append(f"{word}, {label}")
        ax.set_yticks(ticks, words)
        ax.set_ylim(max(ticks) + 0.7, -0.7)
        ax.set_xlim(right=1.45 * ax.get_xlim()[1])
        ax.set_xlabel("alliances per 1,000 organisations")
        ax.grid(axis="y", visible=False)
    return drawn


def one_and_one(mixed: pd.DataFrame) -> Any:
    """Value of alliances over what members do alone, by mix of spheres and type of territory."""
    note = (
        "Dots: one run each (moderate means, with the Labo), its alliances of that mix together, at their start; "
        "mixes of fewer than five "
        "alliances are left out. Above 1 one and one make more than two; the source's 3 would be 1.5, a slogan. "
        "Synthetic territories and "
        "organisations."
    )
    drawn = study_figure("1 + 1 = 3? What alliances make over what their members would make alone", note, 4.2)
    kept = mixed[mixed["alliances"] >= LEAST_ALLIANCES]
    with house_style():
        ax = drawn.subplots()
        order = kept.groupby("form")["superadditivity"].mean().sort_values(ascending=False).index.tolist()
        for series, (place, word) in enumerate(NAMES.items()):
            here = kept[kept["territory"] == place]
            places = [order.index(form) + 0.16 * (series - 1.5) for form in here["form"]]
            colour, _, mark = SERIES[series]
            ax.plot(here["superadditivity"], places, mark, color=colour, ls="", alpha=0.85, label=word)
        ax.axvline(1.0, color="0.3", lw=0.8)
        ax.axvline(1.5, color="0.6", lw=0.8, ls=":")
        ax.set_yticks(range(len(order)), order)
        ax.set_ylim(max(1, len(order)) - 0.5, -0.5)
        ax.set_xlim(left=0.9 if kept.empty else min(0.9, kept["superadditivity"].min() - 0.05))
        ax.set_xlabel("value over members alone (ratio)")
        ax.grid(axis="y", visible=False)
        if not kept.empty:
            ax.legend(loc="lower right", title="territory")
    return drawn


def one_and_one_by_means(table: pd.DataFrame) -> Any:
    """Value over members alone by type of territory and means, with and without the Labo, on one scale."""
    note = (
        "Value of all running alliances together over what their members would make alone. Above 1 (line) one and one "
        f"make more than two. {SYNTHETIC}"
    )
    drawn = study_figure("1 + 1 = 3? By type of territory and means", note, 2.9)
    ends = []
    with house_style():
        axes = drawn.subplots(1, len(NAMES), sharey=True)
        for ax, (place, word) in zip(axes, NAMES.items(), strict=True):
            for animation, (colour, line, mark, label) in LOOK.items():
                here = table[(table["territory"] == place) & (table["animation"] == animation)]
                here = here.set_index("resources").reindex(RESOURCES)
                keys = ("superadditivity", "superadditivity_low", "superadditivity_high")
                mid, low, high = (here[key].to_numpy(dtype=float) for key in keys)
                shift = 0.06 if animation == "labo" else -0.06
                reach = np.nan_to_num(np.maximum(0, [mid - low, high - mid]))
                ax.errorbar(np.arange(3) + shift, mid, yerr=reach, color=colour, ls=line, marker=mark, capsize=2)
                if place == list(NAMES)[-1]:
                    ends.append((float(mid[-1]), label, colour))
            ax.axhline(1.0, color="0.3", lw=0.8)
            ax.set_title(word)
            ax.set_xlim(-0.3, 2.3)
            ax.set_xticks(range(3), ("scarce", "mod-\nerate", "abun-\ndant"))
        axes[0].set_ylabel("value over members\nalone (ratio)")
        end_labels(axes[-1], ends)
    return drawn


def gap_figure(table: pd.DataFrame) -> Any:
    """What each gap to an urban territory is made of: stacked contributions, the sum marked."""
    note = (
        "Each component of the other type is laid over the urban territory in every order; bars are mean "
        "contributions (Shapley) at "
        f"moderate means without animation, right of zero where they raise; diamonds are the whole gap. {SYNTHETIC}"
    )
    drawn = study_figure("Why territories differ: the gap to an urban territory, component by component\n", note, 4.1)
    with house_style():
        axes = drawn.subplots(1, len(SHOWN), sharey=True)
        for ax, (name, (title, unit, factor)) in zip(axes, SHOWN.items(), strict=True):
            for y, other in enumerate(GAPS):
                here = table[(table["other"] == other) & (table["observable"] == name)].set_index("component")
                right = left = 0.0
                for number_, component in enumerate(COMPONENTS):
                    if component not in here.index or not np.isfinite(here.loc[component, "share"]):
                        continue
                    width = factor * float(here.loc[component, "share"])
                    ax.barh(y, width, left=right if width >= 0 else left, height=0.6, color=SERIES[number_][0],
                            label=COMPONENTS[component] if y == 0 else None)  # fmt: skip
                    right, left = (right + width, left) if width >= 0 else (right, left + width)
                if len(here):
                    ax.plot(factor * float(here["gap"].iloc[0]), y, "D", color="black", ms=5)
            ax.use_sticky_edges = False
            ax.autoscale_view()
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.set_xlabel("percentage points" if unit == "%" else unit)
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks(range(len(GAPS)), [NAMES[one] for one in GAPS])
        axes[0].set_ylim(len(GAPS) - 0.5, -0.5)
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.005, 0.945), ncols=len(labels), fontsize=7.5)
    return drawn
