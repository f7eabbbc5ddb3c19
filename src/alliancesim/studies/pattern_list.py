"""Patterns of the source (pattern-oriented modelling), fitted or held out, and when a run shows them.

Grimm and others (2005), *Pattern-oriented modeling of agent-based complex systems*, Science 310. Every criterion stands in
``PATTERNS`` before it is computed; none is moved afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

FIRST_YEAR = 2005
"""Calendar year whose January is month 1 of the towns."""


class Draws:
    """Runs of one experiment, a value a draw: replicate k of every setting has the k-th draw of the parameters."""

    def __init__(self, result: ExperimentResult) -> None:
        label = dict(enumerate(result.labels))
        self._runs = result.runs.assign(setting=result.runs["point"].map(label)).set_index(["setting", "replicate"])
        series = result.timeseries
        self._series = series.assign(setting=series["point"].map(label)).set_index(["setting", "replicate"])
        self.replicates = pd.Index(sorted(result.runs["replicate"].unique()), name="replicate")

    def last(self, setting: str, column: str) -> pd.Series:
        """A column of the runs, by replicate."""
        if setting not in self._runs.index:
            return pd.Series(np.nan, index=self.replicates)
        return self._runs.loc[setting][column].astype(float).reindex(self.replicates)

    def at(self, column: str, year: int, setting: str = "town") -> pd.Series:
        """A monthly column at the end of a year (the last month of a shorter run), by replicate."""
        if setting not in self._series.index:
            return pd.Series(np.nan, index=self.replicates)
        here = self._series.loc[setting]
        here = here[here["month"] <= 12 * (year - FIRST_YEAR + 1)]
        return here.groupby("replicate")[column].last().reindex(self.replicates)


@dataclass(frozen=True)
class Pattern:
    """A pattern, and when a run shows it.

    Attributes
    ----------
    name, words : str
    scale : str
        What it is a pattern of.
    fitted : bool
        Whether it is a target of calibration; else it is held out.
    source : str
    low, high : float
        The measure of a run lies above ``low`` and below ``high``; a fitted one may equal them.
    measure : callable
        Draws to a value each; NaN where a run has nothing of the kind, which does not pass.
    unit : str
        Of the measure, in the criterion.
    """

    name: str
    words: str
    scale: str
    fitted: bool
    source: str
    low: float
    high: float
    measure: Callable[[Draws], pd.Series]
    unit: str = ""

    def passed(self, draws: Draws) -> pd.Series:
        """Whether each draw shows it."""
        values = self.measure(draws)
        if self.fitted:
            return (values >= self.low - 1e-9) & (values <= self.high + 1e-9)
        return (values > self.low) & (values < self.high)

    @property
    def criterion(self) -> str:
        """In words."""
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.high):
            return f"above {self.low:g}{unit}"
        return f"below {self.high:g}{unit}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}{unit}"


def _target(
    name: str, words: str, value: float, tolerance: float, measure: Callable[[Draws], pd.Series], source: str
) -> Pattern:
    return Pattern(name, words, "shares of organisations", True, source, round(value - tolerance, 6),
                   round(value + tolerance, 6), measure)  # fmt: skip


def _at(column: str, year: int) -> Callable[[Draws], pd.Series]:
    return lambda draws: draws.at(column, year)


def _reference(setting: str, name: str) -> Callable[[Draws], pd.Series]:
    return lambda draws: draws.last(setting, f"reference_{name}")


def _ratio(top: pd.Series, bottom: pd.Series) -> pd.Series:
    return top / bottom.where(bottom > 0)


def growth_turn(draws: Draws) -> pd.Series:
    """Points a year gained in 2010-2014 less those gained in 2005-2010."""
    first, middle, last = (100.0 * draws.at("engaged_share", year) for year in (2005, 2010, 2014))
    return (last - middle) / 4.0 - (middle - first) / 5.0


def depth_share(draws: Draws, year: int, depth: int = 3) -> pd.Series:
    """Share of a depth among active alliances."""
    return _ratio(draws.at(f"alliances_depth_{depth}", year), draws.at("alliances", year))


def mean_depth(draws: Draws, year: int) -> pd.Series:
    """Mean depth of active alliances."""
    total = sum(depth * draws.at(f"alliances_depth_{depth}", year) for depth in (1, 2, 3, 4))
    return _ratio(total, draws.at("alliances", year))  # type: ignore[arg-type]


def rural_open(draws: Draws) -> pd.Series:
    """Associations willing or engaged, rural less urban, in points."""
    rural, town = (
        100.0
        * (draws.at("willing_share_association", 2014, place) + draws.at("engaged_share_association", 2014, place))
        for place in ("rural", "town")
    )
    return rural - town


def rural_convert(draws: Draws) -> pd.Series:
    """Engaged over willing or engaged associations, rural less urban, in points."""
    shares = []
    for place in ("rural", "town"):
        engaged = draws.at("engaged_share_association", 2014, place)
        shares.append(100.0 * _ratio(engaged, engaged + draws.at("willing_share_association", 2014, place)))
    return shares[0] - shares[1]


def _change(column: str, first: int, last: int) -> Callable[[Draws], pd.Series]:
    return lambda draws: draws.at(column, last) - draws.at(column, first)


INF = math.inf
_N06, _ARPEA = "N06", "SOURCE section 6 (ARPEA)"
PATTERNS = (
    _target("ge_2013", "GE enterprises engaged, 2013", 0.60, 0.05, _at("engaged_share_ge_enterprises", 2013), _N06),
    _target("association_2013", "associations engaged, 2013", 0.46, 0.05, _at("engaged_share_association", 2013), _N06),
    _target("pme_2013", "PME engaged, 2013", 0.36, 0.05, _at("engaged_share_pme", 2013), _N06),
    _target("tpe_2013", "TPE engaged, 2013", 0.20, 0.05, _at("engaged_share_tpe", 2013), _N06),
    _target("firms_engaged_2010", "firms engaged, end of 2010", 0.21, 0.08, _at("engaged_share_firm", 2010), _ARPEA),
    _target("firms_willing_2010", "firms willing, end of 2010", 0.33, 0.08, _at("willing_share_firm", 2010), _ARPEA),
    Pattern("under_five_2010", "partnerships under five years, end of 2010", "ages of alliances", True, "SOURCE section 6",
            0.62, 0.76, _at("share_under_five_years", 2010)),
    Pattern("labo_yield", "Labo: partnerships over organisations involved", "animator", True, "N20, N39", 0.14, 0.22,
            _reference("labo", "partnerships_per_involved")),
    Pattern("charenton_ready", "Charenton: share ready to commit", "forum", True, "N44", 0.20, 0.36,
            _reference("charenton", "plenary_committed_share")),
    Pattern("convex", "engaged share grows faster in 2010-2014 than in 2005-2010", "diffusion", False, "N13", 0.0, INF,
            growth_turn, "points a year"),
    Pattern("grows", "engaged share still grows, 2010-2014", "diffusion", False, "M69", 0.0, INF,
            lambda draws: 100.0 * _change("engaged_share", 2010, 2014)(draws), "points"),
    Pattern("pme_floor", "PME engaged in 2014: more than those with mécénat", "shares of organisations", False,
            "SOURCE section 6 (Admical)", 0.25, INF, _at("engaged_share_pme", 2014)),
    Pattern("ge_floor", "GE enterprises engaged in 2014: more than firms over 250 staff with mécénat", "shares of organisations",
            False, "SOURCE section 6 (Admical)", 0.50, INF, _at("engaged_share_ge_enterprises", 2014)),
    Pattern("cooperation_late", "share of economic cooperation (type 3) rises, 2009-2014", "types of alliance", False, "N49", 0.0,
            INF, lambda draws: 100.0 * (depth_share(draws, 2014) - depth_share(draws, 2009)), "points"),
    Pattern("deeper", "mean depth rises, 2005-2014", "types of alliance", False, "M05, N41", 0.0, INF,
            lambda draws: mean_depth(draws, 2014) - mean_depth(draws, 2005)),
    Pattern("innovation_rarer", "societal innovation is rarer than mécénat, 2014", "types of alliance", False, "M68, M72", 0.0,
            INF, lambda draws: 100.0 * (depth_share(draws, 2014, 1) - depth_share(draws, 2014, 4)), "points"),
    Pattern("true_over_identified", "more alliances than are known as such", "alliances", False, "M09", 1.0, INF,
            lambda draws: draws.last("town", "true_over_identified")),
    Pattern("superadditive", "1 + 1 = 3: an alliance makes more than its members alone", "alliances", False, "N35", 1.0, INF,
            lambda draws: draws.last("town", "superadditivity")),
    Pattern("many_members", "alliances of three or more: some, not most", "alliances", False,
            "M51 (no number in the source: the range is ours)", 0.05, 0.50,
            lambda draws: draws.last("town", "share_three_or_more")),
    Pattern("trust_rises", "trust between associations and firms rises, 2005-2014", "relations", False, "M14", 0.0, INF,
            _change("trust_association_firm", 2005, 2014)),
    Pattern("prejudice_stays", "openness of associations toward firms still below 0.9", "relations", False, "M63", -INF, 0.9,
            lambda draws: draws.last("town", "openness_association_to_firm")),
    Pattern("rural_open", "rural associations are more open: willing or engaged, against the town", "territories", False, "M22",
            0.0, INF, rural_open, "points"),
    Pattern("rural_convert", "yet fewer of the open ones engage, against the town", "territories", False, "M22", -INF, 0.0,
            rural_convert, "points"),
    Pattern("associations_lead", "Labo: associations lead most partnerships", "animator", False, "N50", 0.5, INF,
            lambda draws: _ratio(draws.last("labo", "reference_partnerships_led_by_associations"),
                                 draws.last("labo", "reference_partnerships_created"))),
    Pattern("labo_mix", "Labo: associations over firms involved (source: 2)", "animator", False, "N20", 1.5, 2.5,
            lambda draws: _ratio(draws.last("labo", "reference_associations_involved"),
                                 draws.last("labo", "reference_firms_involved"))),
    Pattern("labo_count", "Labo: partnerships created", "animator", False, "N20, N39", 62.5, 100.5,
            _reference("labo", "partnerships_created"), "alliances"),
    Pattern("animation_works", "the Labo's calendar adds alliances against nothing", "animator", False, "M02, M34", 0.0, INF,
            lambda draws: draws.last("labo", "births") - draws.last("without", "births"), "alliances"),
    Pattern("charenton_projects", "Charenton: projects (source: 7)", "forum", False, "N43, N44", 4.5, 9.5,
            _reference("charenton", "projects_agreed"), "projects"),
)  # fmt: skip
"""Fitted ones first. Held-out ones of the same scale as a target are not independent of it."""
