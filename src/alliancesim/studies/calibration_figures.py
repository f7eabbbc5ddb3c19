"""Figures of the calibration: posterior marginals, and each target beside what the other targets leave of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREEN, GREY, ORANGE, house_style
from alliancesim.studies.figures import study_figure

MOST = 30
"""Parameters that the figure of marginals shows."""


def marginal_figure(table: pd.DataFrame) -> Any:
    """Where the posterior of each parameter that does not keep its prior lies in it.

    Parameters
    ----------
    table : DataFrame
        From :func:`alliancesim.calibration.diagnostics.marginal_table`; its first rows are drawn.
    """
    shown = table[~table["keeps"]].head(MOST)
    note = (
        "Bars: 90 % of the posterior, marks its median; grey: 90 % of the prior, whose whole range each row spans (on a "
        "log scale where the prior is). Right: contraction, 1 − variance of the posterior over variance of the prior; "
        "negative where the posterior is wider."
    )
    drawn = study_figure("What is learned about each parameter", note, 1.6 + 0.24 * max(1, len(shown)))
    with house_style():
        ax = drawn.subplots()
        for y, row in enumerate(shown.to_dict("records")):
            ax.plot([0.05, 0.95], [y, y], color=GREY, lw=5, alpha=0.25, solid_capstyle="butt")
            ends = [row[f"place_{end}"] for end in ("low", "mid", "high")]
            ax.plot(
                [ends[0], ends[2]],
                [y, y],
                color=BLUE,
                lw=2.2,
                solid_capstyle="butt",
                label="posterior" if not y else None,
            )
            ax.plot(ends[1], y, "o", color=BLUE, mec="white", ms=5.5)
            ax.annotate(
                f"{row['contraction']:.2f}", (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=8,
                annotation_clip=False,
            )  # fmt: skip
        ax.set_yticks(range(len(shown)), list(shown["parameter"]))
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(0.0, 1.0)
        ax.set_xticks(
            [0.0, 0.25, 0.5, 0.75, 1.0], ["lower end\nof the prior", "", "middle", "", "upper end\nof the prior"]
        )
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("where the posterior lies in the prior (quantiles of the prior)")
    return drawn


def left_out_figure(table: pd.DataFrame, labels: Mapping[str, str]) -> Any:
    """Each target beside what emulators expect of it where all other targets are met.

    Parameters
    ----------
    table : DataFrame
        From :func:`alliancesim.calibration.diagnostics.left_out_table`.
    labels : mapping
        Target to words.
    """
    note = (
        "Green: the target with its tolerance. Bars: what emulators expect of it, over 90 % of the parameters that meet all "
        "other targets (not ruled out), marks their medians. A bar that misses the green contradicts the others."
    )
    drawn = study_figure("Each target, beside what the other targets leave of it", note, 1.6 + 0.4 * max(1, len(table)))
    with house_style():
        ax = drawn.subplots()
        for y, row in enumerate(table.to_dict("records")):
            ax.barh(y, 2 * row["tolerance"], left=row["value"] - row["tolerance"], height=0.6, color=GREEN, alpha=0.25, lw=0,
                    label="target ± tolerance" if not y else None)  # fmt: skip
            ax.plot([row["value"]] * 2, [y - 0.3, y + 0.3], color=GREEN, lw=1.5)
            if np.isfinite(row["expected_mid"]):
                ax.plot([row["expected_low"], row["expected_high"]], [y, y], color=ORANGE, lw=2.4, solid_capstyle="butt",
                        label="expected from the others" if not y else None)  # fmt: skip
                ax.plot(row["expected_mid"], y, "o", color=ORANGE, mec="white", ms=6)
            else:
                ax.annotate("nothing meets the others", (row["value"], y), (8, 0), textcoords="offset points", va="center",
                            fontsize=7.5, color=GREY)  # fmt: skip
        names = ["\n".join(textwrap.wrap(labels.get(name, name), 40)) for name in table["target"]]
        ax.set_yticks(range(len(table)), names)
        ax.set_ylim(len(table) - 0.4, -0.6)
        ax.set_xlim(left=0.0)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel("share, or partnerships per organisation")
        handles, words = ax.get_legend_handles_labels()
        drawn.legend(handles, words, loc="upper right", bbox_to_anchor=(0.99, 0.995), ncols=max(1, len(words)))
    return drawn
