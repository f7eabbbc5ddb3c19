"""Numbers of the source beside those of a run: a case's own, and the survey of engaged shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from alliancesim.results.result import Result

SURVEY = (
    ("large firms (GE, enterprises)", "engaged_share_ge_enterprises", 0.60),
    ("associations", "engaged_share_association", 0.46),
    ("PME", "engaged_share_pme", 0.36),
    ("TPE", "engaged_share_tpe", 0.20),
)
"""Engaged in a partnership, survey of 2013 (SOURCE N06): what, column of the time series, share."""


def observable(result: Result, name: str) -> float:
    """Value in a run of what a case compares with its source (``scenario.case.REFERENCE_OBSERVABLES``).

    Returns
    -------
    float
        NaN where the run has nothing of the kind (no plenary yet).

    Raises
    ------
    KeyError
        For a word that is not defined.
    """
    organisations, alliances, forums = result.organisations, result.alliances, result.forums
    months = result.timeseries
    months = months[~months["burn_in"]]
    seen = organisations[organisations["reported"] & organisations["involved"]]
    attended, committed = float(months["plenary_attended"].sum()), float(months["plenary_committed"].sum())
    born = alliances[alliances["reported"] & (alliances["animator"].astype(str) != "")]
    born = born[born["origin"].isin(["event", "forum"])]
    if name in ("firms_involved", "associations_involved"):
        return float(seen.loc[seen["sphere"] == name.removesuffix("s_involved"), "weight"].sum())
    if name == "partnerships_created":
        return float(len(born))
    if name == "partnerships_accompanied":
        return float((alliances["accompanied"] & alliances["reported"]).sum())
    if name == "partnerships_per_involved":
        involved = float(seen["weight"].sum())
        return len(born) / involved if involved > 0 else math.nan
    if name == "plenary_committed":
        return committed if attended > 0 else math.nan
    if name == "plenary_committed_share":
        return committed / attended if attended > 0 else math.nan
    if name == "projects_agreed":
        plenary = forums["plenary"] >= 0
        return float(forums.loc[plenary, "actions"].sum()) if plenary.any() else math.nan
    raise KeyError(name)


def references(result: Result) -> pd.DataFrame:
    """A row each number of the case's source: name, observable, definition, unit, low, high, source, run."""
    from alliancesim.scenario.case import REFERENCE_OBSERVABLES

    case = result.scenario.case
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "observable": one.observable,
            "definition": REFERENCE_OBSERVABLES[one.observable],
            "unit": one.unit,
            "low": one.low,
            "high": one.high,
            "source": one.source,
            "run": observable(result, one.observable),
        }
        for one in (case.reference if case is not None else ())
    ]
    return pd.DataFrame(rows, columns=["name", "observable", "definition", "unit", "low", "high", "source", "run"])


def short(value: float) -> str:
    """A number in few digits; words where there is none."""
    if value is None or not math.isfinite(value):
        return "none yet"
    if (value == round(value) and abs(value) >= 1) or value == 0:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"


def span(low: float, high: float) -> str:
    """A value of the source, or a range."""
    return short(low) if low == high else f"{short(low)} to {short(high)}"


def reference_lines(result: Result) -> list[str]:
    """One line a number of the case's source."""
    return [
        f"{row['name']}: source {span(row['low'], row['high'])}, this run {short(row['run'])} "
        f"({row['unit']}; {row['source']})"
        for _, row in references(result).iterrows()
    ]
