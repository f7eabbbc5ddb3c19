"""What an outcome costs: extra money of animation for each extra outcome, with prices that the user may change.

Runs record, for each lever, the money spent (``spend_<lever>_keur``) and the days worked (``days_<lever>``). By default money is
counted and days are not: what the catalogue of levers calls the cost of an occurrence. Changed prices change what was spent, not
what happened: calendars and purses of the runs stay as they were, so a purse that would have been empty sooner is not seen. Run
the scenarios again with another ``cost_keur`` of their levers to see that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import LEVEL, RESAMPLES, Interval, accelerated, blocks, interval
from alliancesim.analysis.tables import check_columns, labels_of, lay_out, point_of
from alliancesim.errors import UserError
from alliancesim.levers import BY_NAME, LEVER_NAMES

NO_GAIN = "no clear gain: no finite cost"
LOSS = "a clear loss: no cost makes up for it"
SAVES = "a clear gain for less money"
SAME_MONEY = "a clear gain; extra money is not clearly different from 0"
GAIN = "a clear gain at a finite cost"
UNKNOWN = "too few replicates to say"
READINGS = (GAIN, SAME_MONEY, SAVES, NO_GAIN, LOSS, UNKNOWN)

PRICE_KEYS = ("factor", "keur", "was_keur", "day_keur")
COSTS = (
    "n", "extra_keur", "keur_low", "keur_high", "extra_outcome", "outcome_low", "outcome_high",
    "cost", "cost_low", "cost_high", "reading",
)  # fmt: skip

DAY_KEUR = 0.26
"""Price of a person-day of an animator, kEUR (assumption: a post of 55 kEUR a year)."""


def _prices(costs: Mapping[str, Mapping[str, float] | float] | None) -> dict[str, tuple[float, float]]:
    """What money and days of each lever are multiplied by."""
    found: dict[str, tuple[float, float]] = {}
    given = dict(costs or {})
    day = _number("costs.day_keur", given.pop("day_keur", 0.0))
    for name in given:
        if name not in BY_NAME:
            raise UserError(f"costs: found {name!r}, expected day_keur or a lever: {', '.join(LEVER_NAMES)}")
    for name, lever in BY_NAME.items():
        price = given.get(name, {})
        if not isinstance(price, Mapping):
            raise UserError(f"costs.{name}: found {price!r}, expected factor, or keur, or day_keur, each with a number")
        for key in price:
            if key not in PRICE_KEYS:
                raise UserError(f"costs.{name}: found {key!r}, expected {', '.join(PRICE_KEYS)}")
        numbers = {key: _number(f"costs.{name}.{key}", value) for key, value in price.items()}
        factor = numbers.get("factor", 1.0)
        if "was_keur" in numbers and "keur" not in numbers:
            raise UserError(f"costs.{name}.was_keur: found it alone, expected keur beside it")
        if "keur" in numbers:
            if "factor" in numbers:
                raise UserError(f"costs.{name}: found both factor and keur, expected one of them")
            was = numbers.get("was_keur", lever.cost_keur)
            if was == 0.0:
                raise UserError(
                    f"costs.{name}.was_keur: found 0, expected a number above 0 (use day_keur for what was free)"
                )
            factor = numbers["keur"] / was
        found[name] = (factor, numbers.get("day_keur", day))
    return found


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (math.isfinite(value) and value >= 0):
        raise UserError(f"{name}: found {value!r}, expected a number of 0 or more")
    return float(value)


def money_spent(runs: pd.DataFrame, costs: Mapping[str, Mapping[str, float] | float] | None = None) -> np.ndarray:
    """Money of animation of each run, kEUR, at the runs' prices or at changed ones.

    Parameters
    ----------
    runs : DataFrame
        With ``spend_<lever>_keur`` and, where days are priced, ``days_<lever>``: sums over the months of a run. Levers without a
        column did not exist in these runs.
    costs : dict, optional
        By lever, what changes: ``{"forum": {"factor": 1.5}}`` multiplies what was spent on it; ``{"forum": {"keur": 8}}`` prices
        an occurrence (a year, for a standing lever) at 8 k€ in place of the catalogue's price, or of ``was_keur`` where the
        scenario had its own; ``{"forum": {"day_keur": 0.26}}`` adds a price for each person-day worked on it. At the top,
        ``{"day_keur": 0.26}`` prices the days of all levers (0.26 k€ is a post of 55 k€ a year; assumption).

    Returns
    -------
    ndarray, shape (len(runs),)

    Raises
    ------
    UserError
        For a lever or a key that does not exist, a price that is no number, days priced but not recorded, no spending recorded.
    """
    prices = _prices(costs)
    recorded = [name for name in LEVER_NAMES if f"spend_{name}_keur" in runs.columns]
    if not recorded:
        raise UserError(
            "runs: found no column spend_<lever>_keur, expected the spending of each lever (keep.observables)"
        )
    named = [name for name in (costs or {}) if name != "day_keur"]
    for name in named:
        if name not in recorded:
            raise UserError(f"costs.{name}: found no column spend_{name}_keur in runs, expected it (keep.observables)")
    total = np.zeros(len(runs))
    for name in recorded:
        factor, day = prices[name]
        total = total + factor * runs[f"spend_{name}_keur"].to_numpy(dtype=np.float64, na_value=np.nan)
        if day > 0:
            check_columns(runs, [f"days_{name}"], "runs")
            total = total + day * runs[f"days_{name}"].to_numpy(dtype=np.float64, na_value=np.nan)
    return total


def cost_per_outcome(
    runs: pd.DataFrame,
    design: pd.DataFrame,
    outcome: str = "lasting_alliances",
    costs: Mapping[str, Mapping[str, float] | float] | None = None,
    reference: int | str = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Extra money for each extra outcome, against a reference point under the same draws.

    The cost is mean extra money over mean extra outcome (not the mean of ratios, which a replicate without a gain would make
    infinite). It is given only where the gain is clear: near no gain a ratio jumps between plus and minus infinity, and an
    interval around it would be false comfort. Replicates are drawn again with money and outcome together; resamples without a
    gain count as an infinite cost, so ``cost_high`` can be infinite.

    Parameters
    ----------
    runs, design : DataFrame
        See :func:`alliancesim.analysis.paired.paired`.
    outcome : str
        Column of ``runs`` of which more is better.
    costs : dict, optional
        Changed prices: see :func:`money_spent`.
    reference : int or str
    level : float
    resamples : int

    Returns
    -------
    DataFrame
        A row a point but the reference: ``point``, ``label``, ``n`` (pairs); ``extra_keur``, ``extra_outcome`` with intervals;
        ``cost`` (k€ an outcome) with ``cost_low``, ``cost_high``; ``reading``, one of ``READINGS``. ``cost`` and its bounds are
        NaN where there is no clear gain, and where the gain comes for clearly less money (a negative cost has no meaning).
    """
    points, labels = labels_of(design)
    base = point_of(design, reference)
    check_columns(runs, [outcome], "runs")
    layout = lay_out(runs.assign(_money=money_spent(runs, costs)), points)
    money, gained = layout.values("_money"), layout.values(outcome)
    home = int(np.flatnonzero(points == base)[0])
    rows = []
    for column, (point, label) in enumerate(zip(points.tolist(), labels, strict=True)):
        if column == home:
            continue
        extra = money[:, column] - money[:, home]
        gain = gained[:, column] - gained[:, home]
        rows.append({"point": point, "label": label, **_ratio(extra, gain, level, resamples)})
    return pd.DataFrame(rows, columns=["point", "label", *COSTS])


def _ratio(extra: np.ndarray, gain: np.ndarray, level: float, resamples: int) -> dict[str, Any]:
    both = ~(np.isnan(extra) | np.isnan(gain))
    extra, gain = extra[both], gain[both]
    order = np.lexsort((gain, extra))
    extra, gain = extra[order], gain[order]
    spent, won = interval(extra, level=level, resamples=resamples), interval(gain, level=level, resamples=resamples)
    reading = _reading(spent, won)
    cost = low = high = math.nan
    if reading in (GAIN, SAME_MONEY):
        cost = spent.estimate / won.estimate
        low, high = _bounds(extra, gain, cost, level, resamples)
    return {
        "n": len(extra),
        "extra_keur": spent.estimate,
        "keur_low": spent.low,
        "keur_high": spent.high,
        "extra_outcome": won.estimate,
        "outcome_low": won.low,
        "outcome_high": won.high,
        "cost": cost,
        "cost_low": low,
        "cost_high": high,
        "reading": reading,
    }


def _reading(spent: Interval, won: Interval) -> str:
    if won.n < 2:
        return UNKNOWN
    if not won.clear:
        return NO_GAIN
    if won.estimate < 0:
        return LOSS
    if not spent.clear:
        return SAME_MONEY
    return SAVES if spent.estimate < 0 else GAIN


def _bounds(extra: np.ndarray, gain: np.ndarray, cost: float, level: float, resamples: int) -> tuple[float, float]:
    n = len(extra)
    parts = []
    for rows in blocks(n, resamples):
        top, bottom = extra[rows].sum(axis=0), gain[rows].sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(np.where(bottom > 0, top / bottom, math.inf))
    drawn = np.concatenate(parts)
    top, bottom = extra.sum() - extra, gain.sum() - gain
    if not (bottom > 0).all():
        return float(np.min(drawn)), math.inf  # one replicate carries all of the gain
    if np.ptp(drawn) == 0:
        return cost, cost
    return accelerated(cost, drawn, top / bottom, level)
