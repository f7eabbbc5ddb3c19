"""Panels of changes against a first level: rows outcomes, columns settings, lines a second factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import house_style
from alliancesim.studies.figures import study_figure
from alliancesim.studies.wording import side

Look = tuple[str, str, Any, str]
"""Label, colour, line and mark of a series."""


def change_panels(
    title: str,
    note: str,
    table: pd.DataFrame,
    *,
    outcomes: Mapping[str, str],
    column: tuple[str, Mapping[Any, str]],
    line: tuple[str, Mapping[Any, Look]],
    x: tuple[str, str],
    ticks: Sequence[float],
    row_height: float = 1.55,
) -> Any:
    """Dots with intervals, filled where the interval excludes zero, joined from zero at the first level.

    Parameters
    ----------
    table : DataFrame
        A row a setting: the columns that ``column``, ``line`` and ``x`` name, and each outcome with ``_low`` and ``_high``.
    outcomes : mapping
        Outcome to the label of its row.
    column, line : (str, mapping)
        Name of a column of the table, and its values with headings, or with looks.
    x : (str, str)
        Column along the axis, and its label.
    ticks : sequence of float
        The first one is the level that others are compared with.
    """
    drawn = study_figure(title, note, 1.4 + row_height * len(outcomes))
    known = set(table[column[0]])
    columns = [value for value in column[1] if value in known]
    with house_style():
        axes = drawn.subplots(len(outcomes), max(1, len(columns)), sharex=True, sharey="row", squeeze=False)
        for down, (name, label) in enumerate(outcomes.items()):
            for across, value in enumerate(columns):
                ax = axes[down, across]
                for number, (key, look) in enumerate(line[1].items()):
                    here = table[(table[column[0]] == value) & (table[line[0]] == key)].sort_values(x[0])
                    aside = 0.12 * (ticks[1] - ticks[0]) * (number - (len(line[1]) - 1) / 2) if len(ticks) > 1 else 0.0
                    if len(here):
                        _line(ax, here.assign(at=here[x[0]] + aside), name, ticks[0], look)
                ax.axhline(0.0, color="0.3", lw=0.8)
                if down == 0:
                    ax.set_title(column[1][value])
                if down == len(outcomes) - 1:
                    ax.set_xlabel(x[1])
                    ax.set_xticks(list(ticks))
            axes[down, 0].set_ylabel(label)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        drawn.align_ylabels()
        drawn.legend(handles, labels, loc="upper right", bbox_to_anchor=(0.99, 0.995), ncols=len(labels))
    return drawn


def _line(ax: Any, here: pd.DataFrame, name: str, first: float, look: Look) -> None:
    label, colour, style, mark = look
    ax.plot([first, *here["at"]], [0.0, *here[name]], color=colour, ls=style, lw=1.2, label=label)
    for row in here.to_dict("records"):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        reach = np.nan_to_num([[row[name] - low], [high - row[name]]]).clip(0.0)
        clear = side(low, high) in ("up", "down")
        ax.errorbar(
            row["at"], row[name], yerr=reach, fmt=mark, color=colour, capsize=2, ms=4, mfc=colour if clear else "white"
        )
