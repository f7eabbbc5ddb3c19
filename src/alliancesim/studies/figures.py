"""What figures of studies share: a frame with title and note, dots with intervals, lines with direct labels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine

from alliancesim.plots.end_labels import end_labels as end_labels
from alliancesim.plots.style import GREY, WIDTH, HouseFigure, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"urban": "urban", "rural": "rural", "zus": "ZUS", "cross_border": "cross-border"}
"""Types of territory as figures and sentences name them."""


def place_name(value: str) -> str:
    """A place as figures and sentences name it; several communes as tables write them, ``[A,B]``."""
    return NAMES.get(value, " and ".join(value.strip("[]").split(",")))


SYNTHETIC = "Synthetic territories and organisations; intervals are 95 %, over replicates."


def study_figure(title: str, note: str, height: float) -> HouseFigure:
    """An empty figure with its title and its note.

    Parameters
    ----------
    title, note : str
    height : float
        Inches.
    """
    layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.08, hspace=0.05, wspace=0.05, rect=(0.005, 0.005, 0.985, 0.99))
    with house_style():
        figure = HouseFigure(figsize=(WIDTH, height), layout=layout)
        figure.suptitle(title, x=0.012, ha="left", fontsize=11)
        figure.supxlabel("\n".join(textwrap.wrap(note, 135)), x=0.012, ha="left", fontsize=7.5, color="0.25")
    return figure


def dot(
    ax: Axes, x: float, y: float, low: float, high: float, colour: str, mark: str = "o", across: bool = True
) -> None:
    """A dot with its interval along x (or along y); grey and hollow where the interval holds zero."""
    if not np.isfinite([x, y]).all():
        return
    clear = low > 0 or high < 0
    value = x if across else y
    reach = [[max(0.0, value - low) if low == low else 0.0], [max(0.0, high - value) if high == high else 0.0]]
    look: dict[str, Any] = {
        "fmt": mark,
        "color": colour if clear else GREY,
        "mfc": colour if clear else "white",
        "capsize": 2,
    }
    look["xerr" if across else "yerr"] = reach
    ax.errorbar(x, y, **look)


def mean_interval(values: Any) -> tuple[float, float, float]:
    """Mean and its interval over replicates; NaN where nothing was measured."""
    from alliancesim.analysis import interval

    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if not len(array):
        return (np.nan, np.nan, np.nan)
    found = interval(array)
    return found.estimate, found.low, found.high


def number(value: float) -> str:
    """Three significant digits for sentences."""
    if value != value:
        return "unknown"
    if abs(value) == np.inf:
        return "without bound"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def listed(words: Sequence[str]) -> str:
    """Words in a sentence: ``a``, ``a and b``, ``a, b and c``; ``none`` for none."""
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
