"""Figure of the scarcity paradox in running territories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.experiments.experiment import FRENCH_FACTOR, FRENCH_MEANS
from alliancesim.plots.style import SERIES, house_style
from alliancesim.studies.figures import study_figure
from alliancesim.studies.scarcity_figures import means_axis, spread_labels

if TYPE_CHECKING:
    import pandas as pd

_ROWS = (
    ("months", "months to launch", 1.0),
    ("launch", "P(launch | feasible), %", 100.0),
    ("unconditional", "P(launch), all forums, %", 100.0),
)


def lived_figure(levels: pd.DataFrame, where: str) -> Any:
    """Means against both measures and P(launch) of all forums: synthetic territories, real ones.

    Parameters
    ----------
    levels : DataFrame
        Of one set of rules.
    where : str
        These rules in words.
    """
    note = (
        "Forums of running territories, one idea at a time, pooled over replicates that share their draws; 95 % "
        "intervals over "
        f"replicates. Shaded: means that differ by a factor of {FRENCH_FACTOR:g}, the range of fiscal potential in "
        "France. "
        "Organisations are synthetic, on real places too."
    )
    drawn = study_figure(f"Penury or abundance in running territories, {where}", note, 7.4)
    alone = levels[levels["portfolio"] == levels["portfolio"].min()]
    with house_style():
        axes = drawn.subplots(3, 2, sharex=True, sharey="row")
        for down, (name, label, factor) in enumerate(_ROWS):
            for column, real in enumerate((False, True)):
                ax = axes[down, column]
                ax.axvspan(*FRENCH_MEANS, color="0.92", lw=0)
                ends = []
                here = alone[alone["real"] == real]
                places = list(dict.fromkeys(here["place"]))
                for number, place in enumerate(places):
                    part = here[here["place"] == place]
                    colour, line, mark = SERIES[number]
                    mid = factor * part[name].to_numpy(dtype=float)
                    reach = np.array([mid - factor * part[f"{name}_low"], factor * part[f"{name}_high"] - mid])
                    x = part["level"] * 2 ** (0.09 * (number - (len(places) - 1) / 2))  # side by side
                    ax.errorbar(x, mid, yerr=np.nan_to_num(np.maximum(reach, 0.0)), color=colour, ls=line, marker=mark, lw=1.2,
                                elinewidth=0.7, ms=3.5)  # fmt: skip
                    known = mid[np.isfinite(mid)]
                    if len(known):
                        ends.append((float(known[-1]), str(place), colour))
                if name != "months":
                    ax.set_ylim(0, 100)
                spread_labels(ax, ends, 0.1)
                if down == 0:
                    ax.set_title("real territories" if real else "types of territory")
                if down == 2:
                    means_axis(ax)
            axes[down, 0].set_ylabel(label)
    return drawn
