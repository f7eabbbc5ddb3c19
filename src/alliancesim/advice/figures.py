"""Figures of advice: the front with its uncertainty, the choices one by one, the mixes."""

from __future__ import annotations

import math
import textwrap
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine

from alliancesim.advice.advising import Advice
from alliancesim.advice.objectives import dominated
from alliancesim.advice.space import LEVERS, RULES, bought_shares
from alliancesim.advice.terms import OBJECTIVES, UNITS, choice, needs_name, pick
from alliancesim.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    WIDTH,
    HouseFigure,
    house_style,
)
from alliancesim.report.vocabulary import LEVERS as LEVER_WORDS

_COLOURS = {
    "event": SKY, "matchmaking": BLUE, "forum": GREEN, "diagnosis": "#117733", "accompany_organisation": ORANGE,
    "accompany_alliance": VERMILLION, "mediators": PURPLE, "fund": "#882255", "purchasing": "#999933", "bank": GREY,
    "evaluation": BLACK,
}  # fmt: skip
_COLUMNS = 3  # of a legend
_HATCHES = {"diagnosis": "//", "fund": "\\\\", "purchasing": "..", "bank": "xx", "mediators": "--"}


def _frame(title: str, note: str, height: float, entries: int = 0) -> tuple[HouseFigure, dict[str, Any]]:
    """An empty figure with its title, a note at its foot, and above the note the place of a legend of some entries."""
    lines = textwrap.wrap(note, 135)
    rows = math.ceil(entries / _COLUMNS)
    foot = (0.1 + 0.16 * len(lines)) / height
    below = foot + (0.2 * rows + 0.1 * (rows > 0)) / height
    layout = ConstrainedLayoutEngine(
        h_pad=0.06, w_pad=0.08, hspace=0.05, wspace=0.05, rect=(0.005, below, 0.985, 0.99 - below)
    )
    with house_style():
        figure = HouseFigure(figsize=(WIDTH, height), layout=layout)
        figure.suptitle(title, x=0.012, ha="left", fontsize=11)
        figure.text(0.012, 0.06 / height, "\n".join(lines), ha="left", va="bottom", fontsize=7.5, color="0.25")
    return figure, {"loc": "lower center", "bbox_to_anchor": (0.5, foot), "ncols": _COLUMNS, "borderaxespad": 0.0}


def _axis(name: str, advice: Advice, french: bool) -> str:
    words = pick(OBJECTIVES[needs_name(advice) if name == "needs" else name], french)
    unit = pick(UNITS[name], french)
    return f"{words}, {unit}" if unit else words


def _title(advice: Advice, words: str, french: bool) -> str:
    many = "s" if advice.effort.years > 1 else ""
    money, years = f"{advice.budget:g} k€", advice.effort.years
    span = f"{money} par an pendant {years} an{many}" if french else f"{money} a year for {years} year{many}"
    return f"{words}\n{advice.place}, {span}"


def front(advice: Advice, french: bool = False) -> Any:
    """What was tried, and what judged mixes gave in fresh futures, with intervals."""
    note = (
        "Gains par rapport à l’absence d’animation, à tirages égaux. Points gris : combinaisons essayées par la recherche, dans "
        "ses futurs ; gris foncé : non dominées. Croix : moyenne et intervalle à 95 % dans des futurs nouveaux. Organisations synthétiques."
        if french else
        "Gains over no animation under the same draws. Grey dots: mixes that the search tried, in its own futures; darker: those that "
        "no other one beats. Crosses: mean and 95 % interval in fresh futures. Synthetic organisations."
    )  # fmt: skip
    title = _title(advice, "Ce que les combinaisons apportent" if french else "What mixes add", french)
    drawn, below = _frame(title, note, 5.6, len(advice.mixes))
    table = advice.tables["outcomes"].set_index("choice")
    best = ~dominated(advice.tried[["lasting", "needs", "trust"]].to_numpy(dtype=float))
    marks = dict(zip(RULES, ("P", "s", "^", "D", "v"), strict=True))
    marks |= dict(zip((name for name in advice.mixes if name not in RULES), cycle("o<>Xph8*"), strict=False))
    with house_style():
        axes = drawn.subplots(1, 2)
        for ax, (x, y) in zip(axes, (("lasting", "needs"), ("lasting", "trust")), strict=True):
            ax.plot(
                advice.tried.loc[~best, x], advice.tried.loc[~best, y], ls="", marker="o", ms=3, color="0.85", zorder=1
            )
            ax.plot(
                advice.tried.loc[best, x], advice.tried.loc[best, y], ls="", marker="o", ms=4, color="0.6", zorder=1
            )
            for name, row in table.iterrows():
                own = name not in RULES
                advised = name == advice.advised
                colour = VERMILLION if advised else BLUE if own else BLACK
                reach: dict[str, Any] = {}
                for axis, column in (("xerr", x), ("yerr", y)):
                    low, high = row[f"{column}_low"], row[f"{column}_high"]
                    known = np.isfinite([low, high]).all()
                    reach[axis] = [
                        [max(0.0, row[column] - low) if known else 0.0],
                        [max(0.0, high - row[column]) if known else 0.0],
                    ]
                ax.errorbar(
                    row[x], row[y], **reach, fmt=marks[str(name)], color=colour, ms=6, lw=0.9,
                    mfc=colour if own else "white", zorder=3 if advised else 2,
                    label=pick(choice(str(name)), french) if ax is axes[0] else None,
                )  # fmt: skip
            ax.axhline(0.0, color="0.3", lw=0.8)
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_xlabel(_axis(x, advice, french))
            ax.set_ylabel(_axis(y, advice, french))
        drawn.legend(**below)
    return drawn


def choices(advice: Advice, french: bool = False) -> Any:
    """Every judged choice, objective by objective, with intervals."""
    note = (
        "Gain moyen par rapport à l’absence d’animation, avec son intervalle à 95 % sur les futurs ; creux : l’intervalle contient zéro. "
        "Organisations synthétiques."
        if french else
        "Mean gain over no animation with its 95 % interval over futures; hollow: the interval holds zero. Synthetic organisations."
    )  # fmt: skip
    title = _title(
        advice,
        "Les choix comparés, dans des futurs nouveaux" if french else "Choices compared, in fresh futures",
        french,
    )
    table = advice.tables["outcomes"].sort_values("score", ascending=False, kind="stable")
    table = table[table["choice"] != "nothing"]
    drawn, _ = _frame(title, note, 1.9 + 0.34 * len(table))
    with house_style():
        axes = drawn.subplots(1, 3, sharey=True)
        for ax, name in zip(axes, ("lasting", "needs", "trust"), strict=True):
            for y, row in enumerate(table.to_dict("records")):
                low, high = row[f"{name}_low"], row[f"{name}_high"]
                clear = low > 0 or high < 0
                colour = (
                    VERMILLION if row["choice"] == advice.advised else BLUE if row["choice"] not in RULES else BLACK
                )
                known = np.isfinite([low, high]).all()
                reach = [[max(0.0, row[name] - low) if known else 0.0], [max(0.0, high - row[name]) if known else 0.0]]
                ax.errorbar(
                    row[name], y, xerr=reach, fmt="o", color=colour, mfc=colour if clear else "white", capsize=2
                )
            ax.axvline(0.0, color="0.3", lw=0.8)
            ax.set_xlabel("\n".join(textwrap.wrap(_axis(name, advice, french), 28)))
            ax.set_yticks(
                range(len(table)), ["\n".join(textwrap.wrap(pick(choice(one), french), 26)) for one in table["choice"]]
            )
            ax.set_ylim(len(table) - 0.5, -0.5)
            ax.grid(axis="y", visible=False)
    return drawn


def mixes(advice: Advice, french: bool = False) -> Any:
    """What each judged choice spends on which lever."""
    note = (
        "Part du budget que prend chaque levier aux prix actuels ; le reste, à droite, ne suffit plus à rien acheter."
        if french else
        "Share of the budget that each lever takes at today's prices; what is left at the right buys nothing more."
    )  # fmt: skip
    title = _title(advice, "De quoi les combinaisons sont faites" if french else "What mixes are made of", french)
    names = [name for name in advice.mixes if name != "nothing"]
    spent = {name: bought_shares(advice.mixes[name], advice.budget, advice.effort.years) for name in names}
    held = {lever for shares in spent.values() for lever in shares}
    drawn, below = _frame(title, note, 2.0 + 0.2 * math.ceil(len(held) / _COLUMNS) + 0.32 * len(names), len(held))
    with house_style():
        ax = drawn.subplots()
        for lever in (one for one in LEVERS if one in held):
            widths, lefts = [], []
            for shares in spent.values():
                left = sum(shares.get(one, 0.0) for one in LEVERS[: LEVERS.index(lever)])
                widths.append(100 * shares.get(lever, 0.0))
                lefts.append(100 * left)
            ax.barh(
                range(len(names)), widths, left=lefts, color=_COLOURS[lever], edgecolor="white", hatch=_HATCHES.get(lever),
                label=pick(LEVER_WORDS[lever], french), height=0.72,
            )  # fmt: skip
        labels = [pick(choice(name), french) for name in names]
        ax.set_yticks(range(len(names)), ["\n".join(textwrap.wrap(label, 30)) for label in labels])
        for tick, name in zip(ax.get_yticklabels(), names, strict=True):
            tick.set_fontweight("bold" if name == advice.advised else "normal")
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlim(0, 100)
        ax.set_xlabel("part du budget, %" if french else "share of the budget, %")
        ax.grid(axis="y", visible=False)
        drawn.legend(**below)
    return drawn


FIGURES = {"front": front, "choices": choices, "mixes": mixes}
