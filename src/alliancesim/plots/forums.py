"""The funnel of forums: who was invited, how far deliberations came, what stopped them, how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from alliancesim.catalogue import FORUM_OUTCOMES
from alliancesim.plots.style import (
    BLUE,
    ORANGE,
    SKY,
    VERMILLION,
    count,
    house_style,
    new_figure,
    note_of,
    percent,
    say_nothing,
)
from alliancesim.plots.timeline import after_burn_in

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliancesim.results import Result

CAUSES = {
    "infeasible": "no idea within reach",
    "no_agreement": "no agreement",
    "lost": "supporters could not carry it",
    "no_leader": "nobody able to lead",
    "contest_failed": "contest over the lead",
    "purse_failed": "quarrels over the purse",
}
"""Causes of failure in plain words, in the order of the steps."""


def _stages(result: Result) -> tuple[dict[str, float], dict[str, float]]:
    """Organisations by step, forums by step, summed over the months after burn-in."""
    table = after_burn_in(result)

    def total(name: str) -> float:
        return float(np.nansum(table[name].to_numpy(dtype=np.float64)))

    people = {
        "invited": total("forum_invited"),
        "took part": total("forum_committed"),
        "aboard at launch": total("forum_aboard"),
    }
    led = total("forums_led")
    forums = {
        "convened": total("forums_convened"),
        "feasible": total("forums_feasible"),
        "agreed": total("forums_agreed"),
        "led": led,
        "paid for": led - total("forums_purse_failed"),
        "launched": total("forums_launched"),
    }
    return people, forums


def _held(result: Result) -> pd.DataFrame:
    """Forums of the place convened after burn-in: those that the monthly record counts."""
    table = result.forums
    return table[(table["month"].to_numpy() >= 1) & table["reported"].to_numpy(dtype=bool)]


def _bars(ax: Axes, steps: dict[str, float], colour: str, hatch: str, unit: str) -> None:
    """Bars of a funnel, each with its number and its share of the first."""
    names, values = list(steps), np.array(list(steps.values()))
    first = values[0] if values[0] > 0 else 1.0
    y = np.arange(len(names))
    ax.barh(y, values, color=colour, edgecolor="black", linewidth=0.6, hatch=hatch, height=0.68)
    for at, value in zip(y, values, strict=True):
        ax.annotate(
            f"{count(value)} ({percent(value / first)})",
            (value, at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(y, names)
    ax.invert_yaxis()
    ax.set_xlim(0, values.max() * 1.38 if values.max() > 0 else 1)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(unit)
    ax.xaxis.set_major_locator(_whole())
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")


def _whole() -> MaxNLocator:
    return MaxNLocator(nbins=5, integer=True)


def draw(result: Result) -> Figure:
    """The forum funnel.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        Organisations by step; forums by step; causes of failure with their mean months; months to the first launch.
        Forums of the place after burn-in only; a thematic group of a plenary counts as one forum.
    """
    with house_style():
        people, forums = _stages(result)
        held = _held(result)
        note = note_of(
            result,
            reads="Forums of the place convened after burn-in; a thematic group of a plenary counts as one. In brackets: share "
            "of the first bar. Months count from convening, to the first launch or to the failure.",
            assumption=["rules of deliberation at the scenario's parameters"],
        )
        figure = new_figure(result, "From invitation to launch: the forums", note, 6.2 if len(held) else 3.0)
        if not len(held):
            say_nothing(figure.add_subplot(), "No forum was convened after burn-in.")
            return figure
        axes = figure.subplots(2, 2, gridspec_kw={"height_ratios": [1.0, 1.0]})
        _bars(axes[0, 0], people, SKY, "..", "organisations (once for each forum)")
        axes[0, 0].set_title("Organisations")
        _bars(axes[0, 1], forums, BLUE, "", "forums")
        axes[0, 1].set_title("Forums")
        _failures(axes[1, 0], held)
        _durations(axes[1, 1], held)
        return figure


def _failures(ax: Axes, held: pd.DataFrame) -> None:
    ax.set_title("What stopped the others")
    outcome = held["outcome"].astype(str).to_numpy()
    months = held["months"].to_numpy(dtype=np.float64)
    names = FORUM_OUTCOMES[1:]
    numbers = np.array([(outcome == name).sum() for name in names])
    y = np.arange(len(names))
    ax.barh(y, numbers, color=ORANGE, edgecolor="black", linewidth=0.6, hatch="//", height=0.68)
    for at, (name, number) in enumerate(zip(names, numbers, strict=True)):
        words = count(number)
        if number:
            mean = months[outcome == name].mean()
            words += f" ({mean:.1f} months)" if mean > 0 else " (at once)"
        ax.annotate(words, (number, at), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(y, [CAUSES[name] for name in names])
    ax.invert_yaxis()
    ax.set_xlim(0, max(1, numbers.max()) * 1.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("forums (in brackets: mean time until then)")
    ax.xaxis.set_major_locator(_whole())


def _durations(ax: Axes, held: pd.DataFrame) -> None:
    ax.set_title("Months to the first launch")
    months = held.loc[(held["outcome"].astype(str) == "launched").to_numpy(), "months"].to_numpy(dtype=np.float64)
    if not len(months):
        say_nothing(ax, "No forum launched an action.")
        return
    top = int(months.max())
    bins = np.arange(-0.5, top + 1.5)
    heights = np.histogram(months, bins)[0]
    ax.bar(np.arange(top + 1), heights, color=BLUE, edgecolor="black", linewidth=0.6, width=0.86)
    mean = float(months.mean())
    ax.axvline(mean, color=VERMILLION, ls="--", lw=1.4)
    ax.set_ylim(0, heights.max() * 1.12)
    ax.set_xlim(-0.7, max(top, 1) + 0.7)
    ax.set_xlabel(f"months from convening (dashed: mean {mean:.1f})")
    ax.set_ylabel("forums")
    ax.xaxis.set_major_locator(_whole())
    ax.yaxis.set_major_locator(_whole())


def finding(result: Result) -> str:
    """The sentence of the funnel."""
    people, forums = _stages(result)
    held = _held(result)
    if not len(held):
        return "No forum (0) was convened after burn-in."
    outcome = held["outcome"].astype(str)
    launched = int((outcome == "launched").sum())
    words = (
        f"Of {count(forums['convened'], 'forum')} ({count(people['took part'])} participations), "
        f"{count(forums['feasible'])} had an idea within reach, {count(forums['agreed'])} agreed on one and "
        f"{count(forums['launched'])} ({percent(forums['launched'] / max(forums['convened'], 1))}) launched an action"
    )
    if launched:
        months = float(held.loc[(outcome == "launched").to_numpy(), "months"].to_numpy(dtype=np.float64).mean())
        words += f", after {months:.1f} months on average"
    failed = outcome[outcome != "launched"].value_counts()
    failed = failed[failed > 0]
    if len(failed):
        name = min((n for n in failed.index if failed[n] == failed.max()), key=FORUM_OUTCOMES.index)
        words += f"; what stopped most of the others: {CAUSES[name]} ({count(failed[name])})"
    return words + "."
