"""Effects of hypotheses: from the runs of an experiment to numbers by draw and seed, each with its own name.

An effect takes :class:`Data` and its options (from the hypothesis' file) and returns an array of shape (draws, seeds), or
(draws, 1) where all seeds of a draw are needed for one number. NaN says that there was nothing to measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.analysis.curves import effect as slope_effect
from alliancesim.analysis.shapley import coalitions, contribution
from alliancesim.errors import UserError
from alliancesim.hypotheses.shapes import rise_and_fall, shape_gain
from alliancesim.scenario.checks import nearest

Quantity = Callable[[pd.DataFrame], pd.Series]


def _ratio(top: str, bottom: str, factor: float = 1.0) -> Quantity:
    return lambda frame: factor * frame[top] / frame[bottom].where(frame[bottom] > 0)


def _adopted(frame: pd.DataFrame) -> pd.Series:
    return frame["engaged_share"] + frame["willing_share"]


def _open_associations(frame: pd.DataFrame) -> pd.Series:
    return frame["willing_share_association"] + frame["engaged_share_association"]


def _mean_depth(frame: pd.DataFrame) -> pd.Series:
    names = [f"alliances_depth_{depth}" for depth in (1, 2, 3, 4)]
    total = frame[names].sum(axis=1)
    return sum(depth * frame[name] for depth, name in enumerate(names, 1)) / total.where(total > 0)


def _odds(name: str) -> Quantity:
    return lambda frame: (frame[name] / (1.0 - frame[name])).where((frame[name] > 0) & (frame[name] < 1))


ENOUGH = 20
"""Forums that launch at every level from which their mean months are read: with fewer, the change is mostly luck."""


def _months(prefix: str = "") -> Quantity:
    def change(frame: pd.DataFrame) -> pd.Series:
        return frame[f"{prefix}speed_effect"].where(frame[f"{prefix}forums_launched_everywhere"] >= ENOUGH)

    return change


QUANTITIES: dict[str, Quantity] = {
    "lasting_per_1000": _ratio("lasting_alliances", "organisations", 1000.0),
    "alliances_per_1000": _ratio("surviving_alliances", "organisations", 1000.0),
    "value_per_1000": _ratio("value_created", "organisations", 1000.0),
    "launch_if_feasible_in_vivo": _ratio("forums_launched", "forums_feasible"),
    "months_to_launch": _ratio("forum_months", "forums_launched"),
    "adopted_share": _adopted,
    "open_associations": _open_associations,
    "converted_associations": lambda frame: (
        frame["engaged_share_association"] / _open_associations(frame).where(_open_associations(frame) > 0)
    ),
    "mean_depth": _mean_depth,
    "mecenat_share": _ratio("alliances_depth_1", "alliances"),
    "cross_border_odds": _odds("cross_border_share"),
    "tickets_per_keur": _ratio("tickets_keur", "spend_keur"),
    "volunteers_less_employers": lambda frame: frame["engaged_share_volunteer"] - frame["engaged_share_small_employer"],
    "months_effect": _months(),
    "french_months_effect": _months("french_"),
    "launch_of_feasible": _ratio("launch", "feasible"),
}
"""Quantities made of columns; any other name is a column itself."""

TRANSFORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda values: values,
    # Half a unit more keeps a run without any in: a log of counts, as in Anscombe's and Haldane's corrections.
    "log_count": lambda values: np.log(values + 0.5),
    "log": lambda values: np.log(np.where(values > 0, values, np.nan)),
}


@dataclass(frozen=True)
class Data:
    """What the runs of a hypothesis left.

    Attributes
    ----------
    runs, series : DataFrame
        Of the experiment; ``replicate`` from 1 on. ``series`` has ``month``, or ``level`` for forums alone.
    arms : mapping
        Name of an arm to the values of the runs' columns that make it one.
    draws, seeds : int
        Replicate k is of draw (k − 1) // seeds.
    """

    runs: pd.DataFrame
    series: pd.DataFrame
    arms: Mapping[str, Mapping[str, Any]]
    draws: int
    seeds: int

    @cached_property
    def axis(self) -> str:
        """Column along which ``series`` runs."""
        return "level" if "level" in self.series else "month"

    def _points(self, arm: str) -> np.ndarray:
        if arm not in self.arms:
            raise UserError(f"arms: found {arm!r}, expected one of {', '.join(self.arms)}{nearest(arm, self.arms)}")
        wanted = self.arms[arm]
        fits = np.ones(len(self.runs), dtype=bool)
        for name, value in wanted.items():
            if name not in self.runs:
                raise UserError(f"arms.{arm}: found {name!r}, expected a factor of the experiment")
            fits &= (self.runs[name] == value).to_numpy()
        return np.asarray(self.runs.loc[fits, "point"].unique())

    def value(self, arm: str, quantity: str) -> np.ndarray:
        """A quantity of the runs of an arm, shape (draws, seeds)."""
        here = self.runs[self.runs["point"].isin(self._points(arm))]
        return self._spread(here["replicate"], _quantity(here, quantity))

    def at(self, arm: str, quantity: str, month: float) -> np.ndarray:
        """A quantity of an arm at one month or level of its series, shape (draws, seeds)."""
        here = self._series(arm)
        here = here[np.isclose(here[self.axis], month)]
        return self._spread(here["replicate"], _quantity(here, quantity))

    def curve(self, arm: str, quantity: str) -> tuple[np.ndarray, np.ndarray]:
        """Months or levels, and the quantity along them, shape (draws, seeds, months)."""
        here = self._series(arm)
        x = np.sort(here[self.axis].unique().astype(float))
        found = np.full((self.draws, self.seeds, len(x)), np.nan)
        rows = here["replicate"].to_numpy() - 1
        column = np.searchsorted(x, here[self.axis].to_numpy(dtype=float))
        found[rows // self.seeds, rows % self.seeds, column] = _quantity(here, quantity).to_numpy(dtype=float)
        return x, found

    def _series(self, arm: str) -> pd.DataFrame:
        return self.series[self.series["point"].isin(self._points(arm))]

    def _spread(self, replicates: pd.Series, values: pd.Series) -> np.ndarray:
        """Values by draw and seed; where an arm has several points, their mean."""
        total, count = np.zeros((self.draws, self.seeds)), np.zeros((self.draws, self.seeds))
        rows, numbers = replicates.to_numpy() - 1, values.to_numpy(dtype=float)
        np.add.at(total, (rows // self.seeds, rows % self.seeds), numbers)
        np.add.at(count, (rows // self.seeds, rows % self.seeds), 1.0)
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _quantity(frame: pd.DataFrame, name: str) -> pd.Series:
    if name in QUANTITIES:
        return QUANTITIES[name](frame)
    if name not in frame:
        known = [*QUANTITIES, *frame.columns]
        raise UserError(f"quantity: found {name!r}, expected a column of the runs or a quantity{nearest(name, known)}")
    return frame[name]


# -- measures ---------------------------------------------------------------------------------------------------------


def contrast(data: Data, quantity: str, weights: Mapping[str, float], transform: str = "none") -> np.ndarray:
    """Weighted sum over arms: a difference (1, −1), a difference of differences, an interaction (of logs: log scale)."""
    change = TRANSFORMS[transform]
    return np.asarray(sum(float(weight) * change(data.value(arm, quantity)) for arm, weight in weights.items()))


def contrast_at(
    data: Data, quantity: str, month: float, weights: Mapping[str, float], transform: str = "none"
) -> np.ndarray:
    """:func:`contrast` of a quantity at one month (of forums alone: at one level of means)."""
    change = TRANSFORMS[transform]
    return np.asarray(sum(float(w) * change(data.at(arm, quantity, month)) for arm, w in weights.items()))


def interaction_of_levels(
    data: Data, quantity: str, low: float, high: float, weights: Mapping[str, float]
) -> np.ndarray:
    """Contrast of arms at a high level of means less the same at a low one (forums alone)."""
    return contrast_at(data, quantity, high, weights) - contrast_at(data, quantity, low, weights)


def slope(data: Data, quantity: str, levels: Mapping[str, float], transform: str = "none") -> np.ndarray:
    """Least-squares slope over arms on log₂ of their levels, times the doublings of the range (SPEC section 4)."""
    names = sorted(levels, key=lambda arm: float(levels[arm]))
    values = np.stack([TRANSFORMS[transform](data.value(arm, quantity)) for arm in names], axis=-1)
    return np.asarray(slope_effect([float(levels[arm]) for arm in names], values))


def shapley_part(data: Data, quantity: str, player: str, players: Sequence[str], empty: str = "none") -> np.ndarray:
    """Shapley value of one change among several (arms: names joined by +): what it brings, averaged over all orders."""
    values = {
        team: data.value("+".join(one for one in players if one in team) or empty, quantity)
        for team in coalitions(players)
    }
    return contribution(values, player)


def trend(data: Data, quantity: str, arm: str, early: Sequence[float], late: Sequence[float]) -> np.ndarray:
    """Mean over the late months of a series less the mean over the early ones."""
    x, curves = data.curve(arm, quantity)
    return _mean(curves[..., (x >= late[0]) & (x <= late[1])]) - _mean(curves[..., (x >= early[0]) & (x <= early[1])])


def turn(data: Data, quantity: str, arm: str = "", arms: Mapping[str, float] | None = None, relative: bool = False,
         logarithmic: bool = True) -> np.ndarray:  # fmt: skip
    """Smaller of rise and fall by two lines, along the series of an arm or over arms with their levels.

    ``relative``: as a share of the highest value. Seeds are averaged first, for a turn found in each would be mostly noise:
    shape (draws, 1).
    """
    x, curves = curves_of(data, quantity, arm, arms)
    if len(x) < 6:
        return np.full((data.draws, 1), np.nan)
    along = np.log2(x) if logarithmic else x
    means = curves.mean(axis=1)
    found = np.array([rise_and_fall(along, one).turn for one in means])
    if relative:
        top = means.max(axis=1)
        found = np.divide(found, top, out=np.full_like(found, np.nan), where=top > 0)
    return found[:, None]


def curves_of(
    data: Data, quantity: str, arm: str = "", arms: Mapping[str, float] | None = None, level: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Where a curve runs over the series of an arm, or over arms: x, and values of shape (draws, seeds, x)."""
    if arms is None:
        return data.curve(arm, quantity)
    names = sorted(arms, key=lambda name: float(arms[name]))
    values = [data.value(name, quantity) if level is None else data.at(name, quantity, level) for name in names]
    return np.array([float(arms[name]) for name in names]), np.stack(values, axis=-1)


def turn_over_arms(data: Data, quantity: str, level: float, arms: Mapping[str, float]) -> np.ndarray:
    """:func:`turn` over arms, of a quantity at one level of means (forums alone), on log₂ of the arms' numbers."""
    x, curves = curves_of(data, quantity, arms=arms, level=level)
    return np.array([rise_and_fall(np.log2(x), one).turn for one in curves.mean(axis=1)])[:, None]


def slope_at(data: Data, quantity: str, level: float, arms: Mapping[str, float]) -> np.ndarray:
    """:func:`slope` over arms of a quantity at one level of means (forums alone)."""
    x, curves = curves_of(data, quantity, arms=arms, level=level)
    return np.asarray(slope_effect(x, curves))


def s_shape(data: Data, quantity: str, arm: str) -> np.ndarray:
    """Held-out log-likelihood of a logistic curve less that of a concave one, nats a reading; shape (draws, 1)."""
    x, curves = data.curve(arm, quantity)
    if len(x) < 6:
        return np.full((data.draws, 1), np.nan)
    return np.array([shape_gain(x, one) for one in curves])[:, None]


def gravity_residual(data: Data, border: str, open_border: str, beta: float) -> np.ndarray:
    """Log odds of a pair of partners being across the border, less what a gravity model with β gives.

    Masses and distances of the gravity model are those of the same territory under the same draws with an open border (β = 1):
    its odds there, times β. Below 0: fewer ties across than that.
    """
    log = TRANSFORMS["log"]
    across = log(data.value(border, "cross_border_odds"))
    return np.asarray(across - log(data.value(open_border, "cross_border_odds")) - np.log(beta))


def persistence(
    data: Data, quantity: str, long: Sequence[Any], short: Sequence[Any], after: float = 36.0, least: float = 3.0
) -> np.ndarray:
    """Share of what was there when funding ended that is there ``after`` months later: longest funding less shortest.

    ``long`` and ``short`` are an arm and the month in which its funding ends. Sums over the seeds of a draw, shape
    (draws, 1); NaN where there were fewer than ``least`` in all.
    """

    def left(arm: str, end: float) -> np.ndarray:
        before = data.at(arm, quantity, end).sum(axis=1)
        later = data.at(arm, quantity, end + after).sum(axis=1)
        return np.divide(later, before, out=np.full(len(before), np.nan), where=before >= least)

    return (left(str(long[0]), float(long[1])) - left(str(short[0]), float(short[1])))[:, None]


def interior(data: Data, quantity: str, order: Sequence[str]) -> np.ndarray:
    """Best of the levels inside a ladder less the better end, as a share of the highest: above 0, an optimum inside.

    Seeds are averaged first, and the best inside is taken among means: shape (draws, 1). The best of several is favoured by
    luck: take one level inside, or many seeds.
    """
    means = np.stack([data.value(arm, quantity).mean(axis=1) for arm in order], axis=-1)
    top = means.max(axis=-1)
    gain = means[:, 1:-1].max(axis=-1) - np.maximum(means[:, 0], means[:, -1])
    return np.divide(gain, top, out=np.full(len(top), np.nan), where=top > 0)[:, None]


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean along the last axis; NaN of nothing."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


MEASURES: dict[str, Callable[..., np.ndarray]] = {
    one.__name__: one
    for one in (
        contrast, contrast_at, interaction_of_levels, slope, slope_at, shapley_part, trend, turn, turn_over_arms, s_shape,
        gravity_residual, persistence, interior,
    )
}  # fmt: skip
"""Measures by the name that a hypothesis' file gives."""
CURVES = ("turn", "turn_over_arms", "s_shape")
"""Measures that are a shape, whose curves are drawn."""
