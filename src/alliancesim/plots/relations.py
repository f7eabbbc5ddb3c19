"""Trust by pair of spheres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alliancesim.observables import PAIRS
from alliancesim.plots.style import SERIES, house_style, key, new_figure, note_of, panels, say_nothing
from alliancesim.plots.timeline import Timeline, last_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from alliancesim.results import Result


def _words(pair: str) -> str:
    return pair.replace("_", " – ")


def draw(result: Result) -> Figure:
    """Mean trust of the ties of each pair of spheres, every December and in the last month.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    with house_style():
        timeline = Timeline.of(result)
        base = float(result.scenario.rules.trust0)
        note = note_of(
            result,
            reads="Mean over ties remembered, measured at the end of each year and in the last month (0 none, 1 full). "
            + timeline.note,
            assumption=[f"trust at a first contact {base:g}, times openness", "rules at the scenario's parameters"],
        )
        figure = new_figure(result, "Trust between spheres", note, 5.2)
        axes, strips = panels(figure, 1, 1, 0.62, height=3.2)
        ax = axes[0, 0]
        drawn = []
        for pair, look in zip(PAIRS, SERIES, strict=False):
            values = timeline.column(f"trust_{pair}")
            if not np.isnan(values).all():
                drawn.append(values)
                timeline.line(ax, values, look, _words(pair), markevery=1)
        if not drawn:
            say_nothing(ax, "No tie between organisations yet.")
            return figure
        ax.axhline(base, color="0.45", lw=0.9, ls=(0, (2, 2)), label="first contact without prejudice (assumption)")
        every = np.concatenate([*drawn, [base]])
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        pad = 0.15 * max(high - low, 0.05)
        ax.set_ylim(max(0.0, low - pad), high + 1.6 * pad)
        ax.set_ylabel("mean trust of ties (0–1)")
        timeline.frame(ax)
        key(strips[0, 0], ax, 3)
        return figure


def finding(result: Result) -> str:
    """The sentence of trust."""
    values = {pair: last_value(result, f"trust_{pair}") for pair in PAIRS}
    known = {pair: value for pair, value in values.items() if value == value}
    if not known:
        return "There is no tie between organisations (0) at the end."
    highest = max(known, key=lambda pair: known[pair])
    lowest = min(known, key=lambda pair: known[pair])
    words = f"At the end trust is highest between {_words(highest)} ({known[highest]:.2f})"
    if lowest != highest:
        words += f" and lowest between {_words(lowest)} ({known[lowest]:.2f})"
    return f"{words}; it is {float(result.scenario.rules.trust0):.2f} at a first contact without prejudice."
