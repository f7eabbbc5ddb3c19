"""The figure of the baselines: levers, network, adoption, forums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, GREY, ORANGE, VERMILLION, house_style
from alliancesim.studies.figures import SYNTHETIC, dot, study_figure

GUESS_WORDS = {
    "coin": "the overall rate (coin)",
    "structure": "regression on what is known before",
    "replay": "other draws of the same forum",
}


def figure(effects: pd.DataFrame, nets: pd.DataFrame, example: Mapping[str, Any], guessed: pd.DataFrame) -> Any:
    """Four panels, each the model beside something simpler."""
    note = (
        "Top left: against no animator, paired by draw; grey and hollow, the interval holds zero. Top right: "
        "statistics of the network without animator over those of a matching at random of as many alliances of the "
        "same sizes (by lot; by distance and size). Bottom left: one run, curves fitted left of the dotted line, "
        f"other runs in grey. Bottom right: 0 is perfect. {SYNTHETIC}"
    )
    drawn = study_figure("The model beside its baselines", note, 6.6)
    with house_style():
        (levers, network), (curve, forums) = drawn.subplots(2, 2)
        _levers(levers, effects[effects["outcome"] == "surviving_alliances"])
        _network(network, nets)
        _curve(curve, example)
        _forums(forums, guessed)
    return drawn


def _levers(ax: Any, here: pd.DataFrame) -> None:
    for y, row in enumerate(here.to_dict("records")):
        dot(ax, row["effect"], y, row["low"], row["high"], BLUE)
    ax.axvline(0.0, color="0.3", lw=0.8)
    ax.set_yticks(range(len(here)), list(here["arm"]))
    ax.set_ylim(len(here) - 0.5, -0.5)
    ax.set_xlabel("alliances alive at the end, more than without")
    ax.set_title("levers and a subsidy of equal cost")
    ax.grid(axis="y", visible=False)


def _network(ax: Any, nets: pd.DataFrame) -> None:
    for number, (kind, colour, mark, words) in enumerate(
        (("random", BLUE, "o", "by lot"), ("gravity", ORANGE, "s", "by distance and size"))
    ):
        ratio = (nets["model"] / nets[kind].where(nets[kind] > 0)).to_numpy(dtype=float)
        ax.plot(ratio, np.arange(len(nets)) + 0.22 * (number - 0.5), mark, color=colour, label=words, ms=5)
    ax.axvline(1.0, color="0.3", lw=0.8)
    ax.set_xscale("log")
    ax.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    ax.set_xticks([], minor=True)
    ax.set_yticks(range(len(nets)), list(nets["statistic"]))
    ax.set_ylim(len(nets) - 0.5, -0.5)
    ax.set_xlabel("model over matching at random (log scale)")
    ax.set_title("network")
    ax.legend(fontsize=7.5, loc="lower right")
    ax.grid(axis="y", visible=False)


def _curve(ax: Any, example: Mapping[str, Any]) -> None:
    ax.set_title("adoption")
    ax.set_xlabel("years")
    if not example:
        return
    for one in example["others"]:
        ax.plot(example["years"], 100 * one, color=GREY, lw=0.5, alpha=0.4)
    ax.plot(example["years"], 100 * example["run"], color=BLUE, lw=1.8, label="a run")
    ax.plot(example["years"], 100 * example["bass"], color=VERMILLION, ls="--", label="Bass curve")
    late = example["years"] >= example["middle"]
    ax.plot(example["years"][late], 100 * example["line"][late], color=ORANGE, ls="-.", label="straight line")
    ax.axvline(example["middle"], color="0.3", lw=0.8, ls=":")
    ax.set_ylabel(f"{example['words']}, %")
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=7.5, loc="upper left")


def _forums(ax: Any, guessed: pd.DataFrame) -> None:
    at = np.arange(len(guessed))
    ax.barh(at, guessed["brier"].fillna(0.0), color=[GREY, ORANGE, BLUE][: len(guessed)], height=0.55)
    for y, value in zip(at, guessed["brier"], strict=True):
        if np.isfinite(value):
            ax.annotate(f"{value:.3f}", (value, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(
        at,
        [
            GUESS_WORDS[name].replace(" (", "\n(").replace(" on ", "\non ").replace(" of the", "\nof the")
            for name in guessed["guess"]
        ],
    )
    ax.set_ylim(len(guessed) - 0.5, -0.5)
    ax.margins(x=0.2)
    ax.set_xlabel("mean squared error of the guess")
    ax.set_title("which forums launch")
    ax.grid(axis="y", visible=False)
