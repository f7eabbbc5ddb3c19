"""Figures of the scarcity paradox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.plots.style import BLUE, GREEN, GREY, ORANGE, SERIES, VERMILLION, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, dot, end_labels, study_figure

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.experiments import ExperimentResult

FRANCE = (0.66, 1.52)
"""Means that differ by a factor of 2.3 around the reference: the range of fiscal potential in France (SPEC section 4)."""

_COLOURS = {"falls": BLUE, "flat": "#cccccc", "rises": VERMILLION, "humped": "#b08cc9"}


def share_figure(by: pd.DataFrame) -> Any:
    """Share of points in each class of both measures, by portfolio, rivalry and e."""
    note = (
        "Bars: share of the sampled points in each class as means rise; white: no forum launches at every level. "
        "Beside each pair, the "
        "paradox: months rise and P(launch | feasible) falls at once, with its 95 % interval over points."
    )
    drawn = study_figure("Where ease falls, is flat, or rises with means", note, 5.6)
    with house_style():
        axes = drawn.subplots(1, 3, sharey=True, width_ratios=[1, 1, 0.8])
        words = [
            f"portfolio {row['rules.portfolio']:g}, rivalry {row['rules.rivalry']:g}, e "
            f"{row['rules.ambition_elasticity']:g}"
            for row in by.to_dict("records")
        ]
        titles = {"speed_class": "months to launch", "launch_class": "P(launch | feasible)"}
        for ax, (measure, title) in zip(axes, titles.items(), strict=False):
            left = np.zeros(len(by))
            for name, colour in _COLOURS.items():
                width = 100 * by[f"{measure}:{name}"].to_numpy()
                ax.barh(range(len(by)), width, left=left, color=colour, height=0.75)
                for y, (start, wide) in enumerate(zip(left, width, strict=True)):
                    if wide > 16:
                        ax.text(start + wide / 2, y, name, ha="center", va="center", fontsize=6.5,
                                color="white" if name in ("falls", "rises") else "black")  # fmt: skip
                left += width
            ax.set_title(title)
            ax.set_xlim(0, 100)
            ax.set_xlabel("% of points")
            ax.grid(visible=False)
        for y, row in enumerate(by.to_dict("records")):
            dot(axes[2], 100 * row["paradox"], y, 100 * row["paradox_low"], 100 * row["paradox_high"], VERMILLION)
        axes[2].set_title("the paradox (both)")
        axes[2].set_xlim(0, max(10.0, 1.1 * 100 * float(by["paradox_high"].max())))
        axes[2].set_xlabel("% of points")
        axes[0].set_yticks(range(len(by)), words)
        axes[0].set_ylim(len(by) - 0.5, -0.5)
    return drawn


def penury_or_abundance(ablation: ExperimentResult, vivo: pd.DataFrame) -> Any:
    """Means against P(launch) and months: forums alone at the defaults and with packages, and running territories."""
    note = (
        "Thick: the same keyed forums at every level (at the defaults; with packages of three ideas); thin with "
        "marks: running "
        "territories, one idea at a time. Shaded: means that differ by a factor of 2.3, the range of fiscal "
        "potential in France, around "
        f"the reference. {SYNTHETIC}"
    )
    drawn = study_figure("Penury or abundance: how easily forums launch, by the means of their participants", note, 4.4)
    series = ablation.timeseries.merge(ablation.design[["point", "rules"]], on="point")
    with house_style():
        axes = drawn.subplots(1, 2)
        pairs = (("speed", "months", "months to launch"), ("launch_if_feasible", "launch", "P(launch | feasible), %"))
        for ax, (vitro_name, vivo_name, label) in zip(axes, pairs, strict=True):
            factor = 100.0 if vivo_name == "launch" else 1.0
            ax.axvspan(*FRANCE, color="0.93", lw=0)
            ends = []
            for rules, word, colour in (("default", "forums alone", "black"), ("package", "with packages", GREY)):
                here = series[series["rules"] == rules].groupby("level")[vitro_name].mean() * factor
                ax.plot(here.index, here, color=colour, lw=2.6)
                if len(here):
                    ends.append((float(here.iloc[-1]), word, colour))
            alone = vivo[vivo["portfolio"] == 1]
            for number_, (place, word) in enumerate(NAMES.items()):
                here = alone[alone["territory"] == place]
                colour, line, mark = SERIES[number_]
                ax.plot(here["level"], factor * here[vivo_name], color=colour, ls=line, marker=mark, lw=1.0, ms=3.5)
                known = here.dropna(subset=[vivo_name])
                if len(known):
                    ends.append((float(known[vivo_name].iloc[-1]) * factor, word, colour))
            ax.set_xscale("log", base=2)
            ax.set_xticks([0.1, 0.4, 1.0, 2.5, 6.4], ["0.1", "0.4\nscarce", "1\nmoderate", "2.5\nabundant", "6.4"])
            ax.minorticks_off()
            ax.set_ylim(bottom=0)
            end_labels(ax, ends)
            ax.set_title(label)
            ax.set_xlabel("means (share of the reference slack)")
    return drawn


def ablation_figure(taken: pd.DataFrame) -> Any:
    """Effect of means on both measures with each mechanism taken away."""
    note = (
        "Change over the whole range of means (0.1 to 6.4) of the same keyed forums at the defaults; bars: 95 % "
        "intervals over sets of "
        "forums. The paradox points right on the left and left on the right."
    )
    drawn = study_figure("What the paradox hangs on: mechanisms of the forum taken away", note, 3.4)
    with house_style():
        axes = drawn.subplots(1, 2, sharey=True)
        pairs = (
            ("speed_effect", "months to launch", "months", 1.0, ORANGE),
            ("launch_effect", "P(launch | feasible)", "points", 100.0, GREEN),
        )
        for ax, (name, title, unit, factor, colour) in zip(axes, pairs, strict=True):
            for y, row in enumerate(taken.to_dict("records")):
                values = [factor * row[key] for key in (name, f"{name}_low", f"{name}_high")]
                dot(ax, values[0], y, values[1], values[2], colour)
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.set_xlabel(f"change over the range ({unit})")
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks(range(len(taken)), taken["rules"])
        axes[0].set_ylim(len(taken) - 0.5, -0.5)
    return drawn
