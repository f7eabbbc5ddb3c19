"""Labels at the ends of lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def end_labels(ax: Axes, ends: Sequence[tuple[float, str, str]], width: int = 22, gap: float = 0.075) -> None:
    """Labels right of the last points of lines, moved apart where they would overlap.

    Parameters
    ----------
    ends : sequence of (float, str, str)
        Height, label, colour.
    """
    known = [one for one in ends if one[0] == one[0]]
    low, high = ax.get_ylim()
    step = (high - low) * gap
    place = -np.inf
    for value, label, colour in sorted(known):
        place = max(value, place + step)
        ax.annotate(
            textwrap.shorten(label, width, placeholder="…"), (1.02, place), xycoords=("axes fraction", "data"), color=colour,
            va="center", fontsize=7.5, annotation_clip=False,
        )  # fmt: skip
    if known and place > high:
        ax.set_ylim(low, place)
