"""What surveys found, drawn as marks beside what the run gives. None of it is read by a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alliancesim.plots.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Mark:
    """A surveyed share.

    Attributes
    ----------
    column : str
        Monthly column that it is comparable with.
    label : str
    value, tolerance : float
        Share, and the half width within which a run agrees with it (SPEC section 9).
    year : float
        Calendar time of the survey (decimal year).
    when : str
        The same in words.
    source : str
    """

    column: str
    label: str
    value: float
    tolerance: float
    year: float
    when: str
    source: str


_N06 = "survey of 2013 (SOURCE N06)"
_ARPEA = "ARPEA, January 2011 (SOURCE section 6)"
ENGAGED_2013 = (
    Mark("engaged_share_ge_enterprises", "GE enterprises", 0.60, 0.05, 2013.5, "2013", _N06),
    Mark("engaged_share_association", "associations", 0.46, 0.05, 2013.5, "2013", _N06),
    Mark("engaged_share_pme", "PME", 0.36, 0.05, 2013.5, "2013", _N06),
    Mark("engaged_share_tpe", "TPE", 0.20, 0.05, 2013.5, "2013", _N06),
)
FIRMS_2010 = (
    Mark("engaged_share_firm", "engaged", 0.21, 0.08, 2011.0, "end 2010", _ARPEA),
    Mark("willing_share_firm", "willing", 0.33, 0.08, 2011.0, "end 2010", _ARPEA),
)
YOUNG_2010 = Mark(
    "share_under_five_years", "under five years", 0.69, 0.07, 2011.0, "end 2010", "Le RAMEAU (SOURCE section 6)"
)


def draw_marks(ax: Axes, timeline: Timeline, marks: tuple[Mark, ...], looks: list[tuple[str, str]]) -> bool:
    """Marks with their tolerance, at their calendar time where the run has it, else on the right margin.

    Parameters
    ----------
    ax : Axes
    timeline : Timeline
    marks : sequence of Mark
        Of one survey.
    looks : list of (str, str)
        Colour and mark of each.

    Returns
    -------
    bool
        Whether they stand on the margin.
    """
    dated = timeline.has(marks[0].year)
    width = timeline.margin()
    for number, (mark, (colour, shape)) in enumerate(zip(marks, looks, strict=True)):
        # Side by side, so that tolerances that meet do not hide one another.
        shift = (number + 1) / (len(marks) + 1)
        x = mark.year + (shift - 0.5) * 0.25 * width if dated else timeline.end + width * (0.12 + 0.85 * shift)
        ax.errorbar(
            x,
            mark.value,
            yerr=mark.tolerance,
            color=colour,
            marker=shape,
            ms=7,
            mec="black",
            mew=0.9,
            elinewidth=1.1,
            capsize=2.5,
            ls="",
            zorder=5,
            clip_on=False,
        )
    return not dated


def survey_words(mark: Mark) -> str:
    """What the legend says about marks of a survey."""
    return f"survey, {mark.when}"


MARGIN_NOTE = "The run has no calendar at the time of a survey: its marks stand in the right margin."
