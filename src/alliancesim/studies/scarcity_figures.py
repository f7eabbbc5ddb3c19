"""Figures of the scarcity paradox."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.plots.style import BLACK, BLUE, GREY, SERIES, VERMILLION, house_style
from alliancesim.studies.figures import NAMES, dot, study_figure
from alliancesim.studies.scarcity_tables import FRENCH_FACTOR, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from alliancesim.experiments import ExperimentResult

FRANCE = (FRENCH_FACTOR**-0.5, FRENCH_FACTOR**0.5)
"""Means that differ by the factor seen in France, around the reference."""

_COLOURS = {"falls": BLUE, "flat": "#cccccc", "rises": VERMILLION, "humped": "#b08cc9"}
_TICKS = ([0.1, 0.4, 1.0, 2.5, 6.4], ["0.1", "0.4", "1", "2.5", "6.4"])
_MEANS = "means (0.4 scarce, 1 moderate, 2.5 abundant)"
_FATES = {
    "launch": ("launches", "#009e73"),
    "no_agreement": ("no agreement", "#e69f00"),
    "lost": ("those who stay cannot carry it", "#8c8c8c"),
    "no_leader": ("no leader", "#56b4e9"),
    "contest_failed": ("contest of the lead", "#d55e00"),
    "purse_failed": ("quarrel over the purse", "#cc79a7"),
    "infeasible": ("no idea within means", "#e0e0e0"),
}


def share_figure(by: pd.DataFrame) -> Any:
    """Share of points in each class of both measures, by portfolio, rivalry and e."""
    note = (
        "Bars: share of the sampled points in each class as means rise; white: cannot be told, no forum launches (or "
        "is feasible) at every level. Right: points where months rise and P(launch | feasible) falls at once, with 95 % "
        "intervals over points; hollow: the interval holds zero."
    )
    drawn = study_figure(
        "As means rise, forums become slower, faster, or neither: share of the parameter space", note, 5.8
    )
    with house_style():
        axes = drawn.subplots(1, 3, sharey=True, width_ratios=[1, 1, 0.8])
        titles = {"speed_class": "months to launch", "launch_class": "P(launch | feasible)"}
        rows = by.to_dict("records")
        places: list[float] = []
        for row in rows:  # a little air where portfolio or rivalry change
            before = rows[len(places) - 1] if places else row
            changed = any(row[name] != before[name] for name in ("rules.portfolio", "rules.rivalry"))
            places.append((places[-1] + 1.0 + 0.55 * changed) if places else 0.0)
        for ax, (measure, title) in zip(axes, titles.items(), strict=False):
            left = np.zeros(len(by))
            for name, colour in _COLOURS.items():
                width = 100 * by[f"{measure}:{name}"].to_numpy()
                ax.barh(places, width, left=left, color=colour, height=0.8)
                for y, start, wide in zip(places, left, width, strict=True):
                    if wide > 15:
                        ax.text(start + wide / 2, y, name, ha="center", va="center", fontsize=6.5,
                                color="white" if name in ("falls", "rises") else "black")  # fmt: skip
                left += width
            ax.set_title(title)
            ax.set_xlim(0, 100)
            ax.set_xlabel("% of points")
            ax.grid(visible=False)
        for y, row in zip(places, rows, strict=True):
            dot(axes[2], 100 * row["paradox"], y, 100 * row["paradox_low"], 100 * row["paradox_high"], BLACK)
        axes[2].set_title("the paradox (both)")
        axes[2].set_xlim(-1.5, max(10.0, 1.1 * 100 * float(by["paradox_high"].max())))
        axes[2].set_xlabel("% of points")
        axes[2].grid(axis="y", visible=False)
        words = [
            f"portfolio {row['rules.portfolio']:g}, rivalry {row['rules.rivalry']:g}, e "
            f"{row['rules.ambition_elasticity']:g}"
            for row in rows
        ]
        axes[0].set_yticks(places, words)
        axes[0].set_ylim(places[-1] + 0.6, -0.6)
    return drawn


def _means_axis(ax: Axes, levels: Sequence[float]) -> None:
    ax.set_xscale("log", base=2)
    ax.set_xticks(*_TICKS)
    ax.minorticks_off()
    ax.set_xlim(levels[0] * 0.85, levels[-1] * 1.18)


def _spread(ends: list[list[Any]], low: float, high: float, gap: float) -> None:
    """Heights of labels moved apart, evenly round where they should be, within the axes."""
    ends.sort(key=lambda one: one[0])
    for _ in range(200):
        moved = False
        for one, other in pairwise(ends):
            short = gap - (other[0] - one[0])
            if short > 1e-9:
                one[0], other[0], moved = one[0] - short / 2, other[0] + short / 2, True
        for one in ends:
            inside = min(max(one[0], low), high)
            moved |= abs(inside - one[0]) > 1e-9
            one[0] = inside
        if not moved:
            break


def _label(ax: Axes, ends: list[list[Any]], gap: float) -> None:
    low, high = ax.get_ylim()
    _spread(ends, low, high, gap * (high - low))
    for value, word, colour in ends:
        ax.annotate(word, (1.02, value), xycoords=("axes fraction", "data"), color=colour, va="center", fontsize=7.5,
                    annotation_clip=False)  # fmt: skip


def penury_or_abundance(ablation: ExperimentResult, sampled: pd.DataFrame, vivo: pd.DataFrame) -> Any:
    """Means against P(launch) and months: forums alone (defaults, packages, sampled space), running territories."""
    note = (
        "Left: the same keyed forums at every level; thick lines at the defaults, the band holds the middle half of the "
        "sampled parameter space (cash and time together, e below 1), the thin line its median. Right: running "
        "territories with one idea at a time, 95 % intervals over replicates. Shaded: means that differ by a factor of "
        f"{FRENCH_FACTOR:g}, the range of fiscal potential in France. Synthetic territories and organisations."
    )
    drawn = study_figure("Penury or abundance: how easily forums launch, by the means of their participants", note, 6.6)
    series = ablation.timeseries.merge(ablation.design[["point", "rules"]], on="point")
    alone = vivo[vivo["portfolio"] == vivo["portfolio"].min()]
    levels = sorted(float(one) for one in sampled["level"])
    with house_style():
        axes = drawn.subplots(2, 2, sharex=True, sharey="row")
        pairs = (("speed", "months", "months to launch"), ("launch_if_feasible", "launch", "P(launch | feasible), %"))
        for down, (vitro_name, vivo_name, label) in enumerate(pairs):
            factor = 100.0 if vivo_name == "launch" else 1.0
            left, right = axes[down]
            for ax in (left, right):
                ax.axvspan(*FRANCE, color="0.92", lw=0)
                _means_axis(ax, levels)
            ends = []
            band = [factor * sampled[f"{vitro_name}{end}"] for end in ("_low", "_high", "")]
            left.fill_between(sampled["level"], band[0], band[1], color=BLUE, alpha=0.15, lw=0)
            left.plot(sampled["level"], band[2], color=BLUE, lw=1.0)
            if np.isfinite(band[2].iloc[-1]):
                ends.append([float(band[2].iloc[-1]), "sampled space", BLUE])
            for rules, word, colour, line in (("default", "defaults", BLACK, "-"), ("package", "packages", GREY, "--")):
                here = factor * series[series["rules"] == rules].groupby("level")[vitro_name].mean()
                left.plot(here.index, here, color=colour, ls=line, lw=2.4)
                if len(here) and np.isfinite(here.iloc[-1]):
                    ends.append([float(here.iloc[-1]), word, colour])
            sides = []
            for number_, (place, word) in enumerate(NAMES.items()):
                here = alone[alone["territory"] == place]
                if not len(here) or here[vivo_name].isna().all():
                    continue
                colour, line, mark = SERIES[number_]
                mid = factor * here[vivo_name]
                reach = np.array([mid - factor * here[f"{vivo_name}_low"], factor * here[f"{vivo_name}_high"] - mid])
                x = here["level"] * 2 ** (0.09 * (number_ - 1.5))  # side by side, so that intervals can be read
                right.errorbar(x, mid, yerr=np.nan_to_num(np.maximum(reach, 0.0)), color=colour, ls=line, marker=mark,
                               lw=1.2, elinewidth=0.7, ms=3.5)  # fmt: skip
                sides.append([float(mid.dropna().iloc[-1]), word, colour])
            left.set_ylim(0, 100 if vivo_name == "launch" else None)
            left.set_ylabel(label)
            _label(left, ends, 0.075)
            _label(right, sides, 0.075)
            if down == 0:
                left.set_title("forums alone")
                right.set_title("running territories")
                left.annotate("range seen\nin France", (1.0, 0.03), xycoords=("data", "axes fraction"), ha="center",
                              fontsize=7, color="0.35")  # fmt: skip
            else:
                for ax in (left, right):
                    ax.set_xlabel(_MEANS)
    return drawn


def outcome_figure(becomes: pd.DataFrame) -> Any:
    """What becomes of forums as means rise: shares stacked, by portfolio."""
    note = (
        "All forums convened, mean over the sampled points with e below 1: each band is a share, they add up to 100 %. "
        "Not compared forum by forum: those that only the rich can hold are among them."
    )
    drawn = study_figure("What becomes of forums, by the means of their participants", note, 4.0)
    with house_style():
        portfolios = sorted(becomes["portfolio"].unique())
        axes = np.atleast_1d(drawn.subplots(1, max(1, len(portfolios)), sharey=True))
        for ax, portfolio in zip(axes, portfolios, strict=False):
            here = becomes[becomes["portfolio"] == portfolio]
            shares = 100 * here[list(OUTCOMES)].to_numpy().T
            ax.stackplot(here["level"], shares, colors=[_FATES[name][1] for name in OUTCOMES], lw=0)
            _means_axis(ax, here["level"].tolist())
            ax.set_xlim(here["level"].min(), here["level"].max())
            ax.set_ylim(0, 100)
            ax.grid(visible=False)
            ideas = "idea" if portfolio == 1 else "ideas"
            ax.set_title(f"portfolio of {portfolio:g} {ideas}")
            ax.set_xlabel(_MEANS)
        axes[0].set_ylabel("% of forums")
        tops = np.cumsum(shares[:, -1])
        ends = [
            [float(top - share / 2), _FATES[name][0], _FATES[name][1] if name != "infeasible" else "0.4"]
            for name, top, share in zip(OUTCOMES, tops, shares[:, -1], strict=True)
            if shares[OUTCOMES.index(name)].max() > 0.5
        ]
        _label(axes[-1], ends, 0.07)
    return drawn


def ablation_figure(taken: pd.DataFrame) -> Any:
    """Effect of means on both measures with each mechanism taken away."""
    note = (
        "Change over the whole range of means (0.1 to 6.4) of the same keyed forums at the defaults; bars: 95 % "
        "intervals over sets of forums; hollow: the interval holds zero; shaded: flat. The paradox is right on the left "
        "panel and left on the right one."
    )
    drawn = study_figure("What the paradox hangs on: mechanisms of the forum changed one at a time", note, 3.4)
    with house_style():
        axes = drawn.subplots(1, 2, sharey=True)
        pairs = (
            ("speed_effect", "months to launch", "months", 1.0, 0.5),
            ("launch_effect", "P(launch | feasible)", "points", 100.0, 5.0),
        )
        for ax, (name, title, unit, factor, flat) in zip(axes, pairs, strict=True):
            ax.axvspan(-flat, flat, color="0.94", lw=0)
            for y, row in enumerate(taken.to_dict("records")):
                values = [factor * row[key] for key in (name, f"{name}_low", f"{name}_high")]
                dot(ax, values[0], y, values[1], values[2], BLUE if y else BLACK)
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_title(title)
            ax.set_xlabel(f"change over the range ({unit})")
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks(range(len(taken)), taken["rules"])
        axes[0].set_ylim(len(taken) - 0.5, -0.5)
    return drawn
