"""Predictive checks: what draws of the prior and of the posterior give, beside what they are held against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliancesim.analysis.resample import wilson
from alliancesim.errors import UserError

LEVEL = 0.9
"""Share of the draws inside a predictive interval."""
NO_EVIDENCE = 0.5
"""Prior-predictive pass rate above which passing is no evidence: most prior draws pass (SPEC section 9)."""


def within(draws: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Whether each draw comes within tolerance of each target; a draw without a value does not.

    Parameters
    ----------
    draws : DataFrame
        A row a draw, a column a target.
    targets : DataFrame
        ``target``, ``value``, ``tolerance``.

    Raises
    ------
    UserError
        For a target without a column, or without a tolerance above 0.
    """
    known = {}
    for row in targets.to_dict("records"):
        if row["target"] not in draws:
            raise UserError(f"draws: found no column {row['target']!r}, expected one for every target")
        if not (np.isfinite(row["value"]) and row["tolerance"] > 0):
            raise UserError(
                f"targets: found {row['value']!r} and tolerance {row['tolerance']!r} for {row['target']!r}, "
                "expected a value and a tolerance above 0"
            )
        aside = (draws[row["target"]].to_numpy(dtype=np.float64) - row["value"]) / row["tolerance"]
        known[row["target"]] = np.abs(aside) <= 1.0 + 1e-9
    return pd.DataFrame(known, index=draws.index)


def rate(passed: np.ndarray | pd.Series) -> tuple[float, float, float]:
    """Share that passes, with its 95 % Wilson interval; NaN of nothing."""
    hits, number = int(np.sum(passed)), len(passed)
    low, high = wilson(hits, number)
    return (hits / number if number else np.nan, float(low), float(high))


def predictive_table(
    targets: pd.DataFrame, prior: pd.DataFrame, posterior: pd.DataFrame | None = None, level: float = LEVEL
) -> pd.DataFrame:
    """Targets beside prior and posterior predictive intervals.

    Parameters
    ----------
    targets : DataFrame
        ``target``, ``value``, ``tolerance``.
    prior, posterior : DataFrame
        A row a draw, a column a target: what one run under the draw gives.
    level : float
        Share of the draws inside the intervals.

    Returns
    -------
    DataFrame
        A row a target: ``target``, ``value``, ``tolerance`` and for prior and posterior ``_low``, ``_mid``, ``_high``
        (quantiles), ``_pass`` (share of the draws within tolerance; missing values do not pass) with ``_pass_low``,
        ``_pass_high`` (95 % Wilson), ``_draws`` and ``_missing``.
    """
    rows = [{name: row[name] for name in ("target", "value", "tolerance")} for row in targets.to_dict("records")]
    ends = [(1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0]
    for word, draws in (("prior", prior), ("posterior", posterior)):
        if draws is None:
            continue
        passed = within(draws, targets)
        for row in rows:
            values = draws[row["target"]].to_numpy(dtype=np.float64)
            known = values[np.isfinite(values)]
            marks = np.quantile(known, ends) if len(known) else [np.nan] * 3
            row |= dict(zip((f"{word}_low", f"{word}_mid", f"{word}_high"), map(float, marks), strict=True))
            rates = rate(passed[row["target"]])
            row |= dict(zip((f"{word}_pass", f"{word}_pass_low", f"{word}_pass_high"), rates, strict=True))
            row |= {f"{word}_draws": len(values), f"{word}_missing": len(values) - len(known)}
    return pd.DataFrame(rows)


def all_at_once(draws: pd.DataFrame, targets: pd.DataFrame) -> tuple[float, float, float]:
    """Share of the draws that come within tolerance of every target at once, with its 95 % Wilson interval."""
    return rate(within(draws, targets).all(axis=1))


def reading(prior: float, posterior: float) -> str:
    """What passing a pattern is worth.

    Parameters
    ----------
    prior, posterior : float
        Pass rates.

    Returns
    -------
    str
        *no evidence*: most prior draws pass, so does the posterior; *reproduced*: most posterior draws pass and most prior draws
        do not; *missed*: few posterior draws pass (less than a half); *lost*: missed, though most prior draws pass; *unknown*.
    """
    if not (np.isfinite(prior) and np.isfinite(posterior)):
        return "unknown"
    if posterior >= NO_EVIDENCE:
        return "no evidence" if prior > NO_EVIDENCE else "reproduced"
    return "lost" if prior > NO_EVIDENCE else "missed"
