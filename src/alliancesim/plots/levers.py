"""What animators spent, lever by lever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from alliancesim.levers import LEVER_NAMES
from alliancesim.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    count,
    house_style,
    key,
    new_figure,
    note_of,
    percent,
    say_nothing,
)
from alliancesim.plots.timeline import Timeline, after_burn_in

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from alliancesim.results import Result

_COLOURS = (BLUE, ORANGE, GREEN, SKY, VERMILLION, PURPLE, "#f0e442", "0.75")
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++", "oo", "---")
_KINDS = {"keur": ("spend_{}_keur", "spending (k€ a year)"), "days": ("days_{}", "work (person-days a year)")}


def _words(lever: str) -> str:
    return lever.replace("_", " ")


def _used(table: pd.DataFrame) -> list[str]:
    """Levers that cost anything, dearest first (ties: in the order of definition)."""
    totals = {name: _total(table, name) for name in LEVER_NAMES}
    days = {name: float(np.nansum(table[f"days_{name}"].to_numpy(dtype=np.float64))) for name in LEVER_NAMES}
    used = [name for name in LEVER_NAMES if totals[name] > 0 or days[name] > 0]
    return sorted(used, key=lambda name: -totals[name])


def _total(table: pd.DataFrame, lever: str) -> float:
    return float(np.nansum(table[f"spend_{lever}_keur"].to_numpy(dtype=np.float64)))


def draw(result: Result) -> Figure:
    """Money and work by lever and year, and money in by source.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        Says so where nobody animates the territory.
    """
    with house_style():
        table = after_burn_in(result)
        used = _used(table)
        animators = list(result.scenario.animation.animators)
        reads = "The last year may be cut short." if used else ""
        note = note_of(
            result,
            reads=reads,
            source=["levers (SOURCE sections 2 and 3)"] if used else [],
            assumption=["costs of levers are priors"] if used else [],
        )
        title = "What animation cost"
        if not used:
            figure = new_figure(result, title, note, 2.6)
            told = "The animator spent nothing." if animators else "Nobody animates this territory: nothing was spent."
            say_nothing(figure.add_subplot(), told)
            return figure
        figure = new_figure(result, title, note, 7.4)
        grid = figure.add_gridspec(3, 1, height_ratios=[2.4, 2.4, 0.2 * (1 + len(used) // 4)])
        top = figure.add_subplot(grid[0])
        bottom = figure.add_subplot(grid[1], sharex=top)
        strip = figure.add_subplot(grid[2])
        strip.set_axis_off()
        top.tick_params(axis="x", labelbottom=False)
        year = (table["month"].to_numpy() - 1) // 12
        years = np.arange(int(year.max()) + 1)
        case = Timeline.of(result).first_year
        for ax, kind in ((top, "keur"), (bottom, "days")):
            column, label = _KINDS[kind]
            base = np.zeros(len(years))
            for number, lever in enumerate(used):
                heights = np.bincount(year, weights=np.nan_to_num(table[column.format(lever)].to_numpy(dtype=float)))
                ax.bar(years, heights, bottom=base, label=_words(lever), width=0.8, **_look(number))
                base += heights
            if kind == "keur":
                income = sum(
                    np.bincount(year, weights=np.nan_to_num(table[f"income_{s}_keur"].to_numpy(dtype=float)))
                    for s in ("public", "foundation", "members")
                )
                ax.plot(years, income, ls="", marker="_", ms=18, mew=2.0, color=BLACK, label="money received")
                base = np.maximum(base, income)
            ax.set_ylim(0, max(base.max() * 1.08, 1.0))
            ax.set_ylabel(label)
            ax.grid(axis="x", visible=False)
            ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        top.set_title("Money")
        bottom.set_title("Work")
        if case is None:
            bottom.set_xlabel("year after burn-in")
            names = [str(y + 1) for y in years]
        else:
            bottom.set_xlabel("calendar year" if case == int(case) else "year beginning in")
            names = [f"{case + y:.0f}" if case == int(case) else f"{case + y:.1f}" for y in years]
        step = max(1, -(-len(years) // 20))
        bottom.set_xticks(years[::step], names[::step])
        bottom.xaxis.set_minor_locator(MaxNLocator(1))
        bottom.set_xlim(-0.6, max(len(years), 4) - 0.4)
        handles, labels = top.get_legend_handles_labels()
        order = sorted(range(len(labels)), key=lambda i: labels[i] == "money received")
        key(strip, columns=4, handles=[handles[i] for i in order], labels=[labels[i] for i in order])
        return figure


def _look(number: int) -> dict[str, Any]:
    colour = _COLOURS[number % len(_COLOURS)]
    hatch = _HATCHES[(number + number // len(_COLOURS)) % len(_HATCHES)]
    return {"color": colour, "hatch": hatch, "edgecolor": "black", "linewidth": 0.5}


def finding(result: Result) -> str:
    """The sentence of the spending."""
    table = after_burn_in(result)
    used = _used(table)
    if not used:
        return "Nothing (0 k€) was spent on animation."
    total = sum(_total(table, name) for name in used)
    days = sum(float(np.nansum(table[f"days_{name}"].to_numpy(dtype=np.float64))) for name in used)
    dear = used[0]
    born = int(table["alliances_of_animators"].to_numpy(dtype=np.float64)[-1])
    words = f"Animation cost {count(total)} k€ and {count(days, 'person-day')}"
    if total > 0:
        words += f", {percent(_total(table, dear) / total)} of the money on {_words(dear)}"
    return f"{words}; {count(born, 'alliance')} came of its events and forums."
