"""Figures of what the targets identify: contraction, ranks with their band, what each target adds."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.analysis.sbc import BINS, counts_of, histogram_band
from alliancesim.plots.style import BLUE, GREY, ORANGE, VERMILLION, house_style
from alliancesim.studies.figures import study_figure


def contraction_figure(table: pd.DataFrame, identified: float, partly: float) -> Any:
    """Contraction of every parameter, with targets as surveyed, exact, and at the targets themselves.

    Parameters
    ----------
    table : DataFrame
        A row a parameter, the best known first (``Findings.table``).
    identified, partly : float
        Thresholds.
    """
    note = (
        "Dots: mean over the truths with 95 % intervals. Contraction 0: the posterior is as wide as the prior; 1: the "
        "parameter is known. Hollow: ranks leave their band. Shaded: partly identified; right of it: identified."
    )
    drawn = study_figure("How much the targets tell about each parameter", note, 1.6 + 0.27 * max(1, len(table)))
    with house_style():
        ax = drawn.subplots()
        ax.axvspan(partly, identified, color=ORANGE, alpha=0.15, lw=0)
        ax.axvline(0.0, color="0.3", lw=0.8)
        for y, row in enumerate(table.to_dict("records")):
            reach = np.nan_to_num(
                [[row["contraction"] - row["contraction_low"]], [row["contraction_high"] - row["contraction"]]]
            ).clip(0.0)
            ax.plot(row["contraction_exact"], y, "|", color=VERMILLION, ms=11, mew=1.6, zorder=2,
                    label="were targets exact" if y == 0 else None)  # fmt: skip
            ax.plot(row["contraction_here"], y, "D", color=GREY, ms=4, mfc="white", zorder=3,
                    label="where the targets stand" if y == 0 else None)  # fmt: skip
            ax.errorbar(row["contraction"], y, xerr=reach, fmt="o", color=BLUE, capsize=2, zorder=4,
                        mfc=BLUE if row["calibrated"] else "white",
                        label="targets known to their tolerance" if y == 0 else None)  # fmt: skip
        ax.set_yticks(range(len(table)), list(table["parameter"]))
        ax.set_ylim(max(1, len(table)) - 0.5, -0.5)
        lowest = float(np.nanmin([0.0, *table["contraction_here"], *table["contraction"]]))
        ax.set_xlim(max(-0.5, lowest) - 0.05, 1.0)
        ax.set_xlabel("contraction (1 − posterior variance / prior variance)")
        ax.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="0.8")
    return drawn


def rank_figure(ranks: np.ndarray, names: Sequence[str], table: pd.DataFrame, alarm: float, looked_at: int) -> Any:
    """A histogram of ranks for each parameter, with the band that all bins of all parameters keep to.

    Parameters
    ----------
    ranks : ndarray of int, shape (N, P)
    names : sequence of str, length P
    table : DataFrame
        ``parameter``, ``calibrated``: by the band of cumulative ranks.
    alarm : float
        False-alarm rate, all parameters together.
    looked_at : int
        Parameters in all, those that are not drawn among them.
    """
    across = 4
    down = math.ceil(len(names) / across)
    low, high = histogram_band(len(ranks), 1.0 - alarm / looked_at)
    inside = dict(zip(table["parameter"], table["calibrated"], strict=True))
    note = (
        f"Ranks of {len(ranks)} truths among 99 draws of their posteriors, in {BINS} bins. Flat where the inference is right; a "
        f"hill: posteriors too wide; a bowl: too narrow; a slope: biased. Grey: all bins of all {looked_at} parameters stay "
        f"inside with probability {1 - alarm:g} or more where ranks are uniform. Orange: cumulative ranks leave their band (same "
        "rate), which decides."
    )
    drawn = study_figure("Ranks of true parameters among draws of their posteriors", note, 1.2 + 1.25 * down)
    with house_style():
        axes = drawn.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        for number, ax in enumerate(axes.ravel()):
            if number >= len(names):
                ax.set_axis_off()
                continue
            name = names[number]
            ax.axhspan(low, high, color="0.85", lw=0)
            ax.axhline(len(ranks) / BINS, color="0.45", lw=0.8)
            colour = BLUE if inside[name] else ORANGE
            ax.stairs(
                counts_of(ranks[:, number]), np.arange(BINS + 1) * 100 / BINS, fill=True, color=colour, alpha=0.75
            )
            ax.set_title(name, fontsize=8.5)
            ax.grid(visible=False)
            ax.set_xticks([0, 50, 100])
            if number % across == 0:
                ax.set_ylabel("truths")
            if number + across >= len(names):
                ax.set_xlabel("rank")
                ax.tick_params(labelbottom=True)
        axes[0, 0].set_ylim(0, max(1.25 * high, 1.1 * max(counts_of(ranks[:, k]).max() for k in range(len(names)))))
    return drawn


def informs_figure(lost: pd.DataFrame, names: Sequence[str], words: Mapping[str, str]) -> Any:
    """Contraction lost without each target: rows parameters, columns targets.

    Parameters
    ----------
    lost : DataFrame
        ``target``, ``parameter``, ``lost``.
    names : sequence of str
        Parameters in the order of the rows.
    words : mapping
        Target to its label.
    """
    grid = lost.pivot(index="parameter", columns="target", values="lost").reindex(
        index=list(names), columns=list(words)
    )
    note = (
        "Contraction with all targets less contraction without one, in hundredths; what is below one hundredth is left blank. "
        "Where two targets carry the same news, little is lost without either."
    )
    drawn = study_figure("What is lost without each target", note, 2.6 + 0.25 * max(1, len(names)))
    with house_style():
        ax = drawn.subplots()
        values = 100.0 * grid.to_numpy(dtype=np.float64)
        most = max(10.0, float(np.nanmax(values)) if values.size else 10.0)
        ax.imshow(values, cmap="Blues", vmin=0.0, vmax=most, aspect="auto")
        for (y, x), value in np.ndenumerate(values):
            if np.isfinite(value) and abs(value) >= 1.0:
                ax.text(x, y, f"{value:.0f}".replace("-", "−"), ha="center", va="center", fontsize=8,
                        color="white" if value > 0.6 * most else "0.15")  # fmt: skip
        ax.set_yticks(range(len(names)), list(names))
        ax.set_xticks(range(len(words)), ["\n".join(textwrap.wrap(text, 14)) for text in words.values()], fontsize=7.5)
        ax.tick_params(length=0)
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    return drawn
