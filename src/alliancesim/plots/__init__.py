"""Figures over a result, for people who would rather look than read.

Each figure is a function of a result that returns a Matplotlib figure, made without pyplot: no display, no state that
outlives it, the same bytes for the same result. :func:`finding` says in one sentence what a figure shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alliancesim.plots import active, adoption, forums, indices, levers, needs, relations, territories, territory_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from alliancesim.results import Result

FIGURES: dict[str, Callable[[Result], Figure]] = {
    "map": territory_map.draw,
    "funnel": forums.draw,
    "engaged": adoption.draw,
    "alliances": active.draw,
    "trust": relations.draw,
    "needs": needs.draw,
    "ages": active.draw_ages,
    "spending": levers.draw,
    "indices": indices.draw,
}
"""Figures of every run by name, in the order in which they are shown."""

OF_SEVERAL: dict[str, Callable[[Result], Figure]] = {"territories": territories.draw}
"""Figures of a run over several territories (EPCIs, or communes outside any)."""

_FINDINGS: dict[str, Callable[[Result], str]] = {
    "map": territory_map.finding,
    "funnel": forums.finding,
    "engaged": adoption.finding,
    "alliances": active.finding,
    "trust": relations.finding,
    "needs": needs.finding,
    "ages": active.finding_ages,
    "spending": levers.finding,
    "indices": indices.finding,
    "territories": territories.finding,
}

__all__ = ["FIGURES", "OF_SEVERAL", "figures_of", "finding"]


def figures_of(result: Result) -> dict[str, Callable[[Result], Figure]]:
    """Figures that a result has: those of every run, and those of several territories where there are."""
    cells = result.territory[result.territory["reported"]]
    codes = cells["epci"].astype(str).where(cells["epci"].astype(str) != "", cells["commune"].astype(str))
    return {**FIGURES, **(OF_SEVERAL if codes.nunique() > 1 else {})}


def finding(name: str, result: Result) -> str:
    """What a figure says, in one sentence with its numbers.

    Parameters
    ----------
    name : str
        One of ``figures_of(result)``.
    result : Result

    Returns
    -------
    str

    Raises
    ------
    KeyError
        For a figure that does not exist.
    """
    return _FINDINGS[name](result)
