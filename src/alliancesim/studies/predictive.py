"""The figure of a predictive check: every target with its tolerance, and what prior and posterior draws give."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREEN, GREY, house_style
from alliancesim.studies.figures import study_figure

REACH = 8.0
"""Tolerances from a target at which intervals are cut."""
LOOKS = {"prior": (GREY, "s", -0.16), "posterior": (BLUE, "o", 0.16)}


def figure(table: pd.DataFrame, labels: Mapping[str, str], *, level: float = 0.9, title: str = "") -> Any:
    """Targets down the page, distances from them in tolerances across it.

    Parameters
    ----------
    table : DataFrame
        From :func:`alliancesim.analysis.predictive.predictive_table`.
    labels : mapping
        Target to the words of its row.
    level : float
        That intervals were made with.
    title : str
    """
    known = [word for word in LOOKS if f"{word}_mid" in table]
    note = (
        f"Bars: {100 * level:.0f} % of the draws, marks their medians, one run a draw; cut at {REACH:g} tolerances (arrows). "
        "Green: within tolerance of the target. Right: share of the draws within tolerance. One axis for all targets: "
        "each distance is divided by the tolerance of its target."
    )
    drawn = study_figure(title or "What draws give, from the targets", note, 1.5 + 0.42 * max(1, len(table)))
    with house_style():
        ax = drawn.subplots()
        ax.axvspan(-1.0, 1.0, color=GREEN, alpha=0.18, lw=0)
        ax.axvline(0.0, color="0.3", lw=0.8)
        for y, row in enumerate(table.to_dict("records")):
            for number, word in enumerate(known):
                colour, mark, shift = LOOKS[word]
                _bar(ax, row, word, y + shift, colour, mark, word if y == 0 else None)
                ax.annotate(
                    f"{100 * row[f'{word}_pass']:.0f} %", (1.02 + 0.09 * number, y), xycoords=("axes fraction", "data"),
                    color=colour, va="center", fontsize=8, annotation_clip=False,
                )  # fmt: skip
        for number, word in enumerate(known):
            ax.annotate(
                {"prior": "prior", "posterior": "post."}[word], (1.02 + 0.09 * number, 1.0), (0, 3),
                xycoords="axes fraction", textcoords="offset points", color=LOOKS[word][0], fontsize=7.5, annotation_clip=False,
            )  # fmt: skip
        names = ["\n".join(textwrap.wrap(labels.get(name, name), 42)) for name in table["target"]]
        ax.set_yticks(range(len(table)), names)
        ax.set_ylim(len(table) - 0.4, -0.6)
        ax.set_xlim(-REACH, REACH)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("distance from the target, in tolerances")
        handles, words = ax.get_legend_handles_labels()
        drawn.legend(handles, words, loc="upper right", bbox_to_anchor=(0.99, 0.995), ncols=max(1, len(words)))
    return drawn


def _bar(ax: Any, row: Mapping[str, Any], word: str, y: float, colour: str, mark: str, label: str | None) -> None:
    low, mid, high = ((row[f"{word}_{end}"] - row["value"]) / row["tolerance"] for end in ("low", "mid", "high"))
    if not np.isfinite(mid):
        return
    ends = np.clip([low, high], -REACH, REACH)
    ax.plot(ends, [y, y], color=colour, lw=2.2, solid_capstyle="butt", zorder=3)
    for value, end, arrow in ((low, ends[0], "<"), (high, ends[1], ">")):
        if value != end:
            ax.plot(end, y, arrow, color=colour, ms=5, clip_on=False, zorder=4)
    inside = abs(mid) <= REACH
    ax.plot(
        [mid] if inside else [], [y] if inside else [], mark, color=colour, mec="white", ms=6, label=label, zorder=5
    )
