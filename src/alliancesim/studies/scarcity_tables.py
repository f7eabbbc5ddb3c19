"""Tables of the scarcity paradox: shares of the parameter space, ablations, running territories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

SETTINGS = ["rules.portfolio", "rules.rivalry", "rules.ambition_elasticity"]
CLASSES = {-1.0: "falls", 0.0: "flat", 1.0: "rises", 2.0: "humped"}
MEASURES = {"speed_class": "months to launch", "launch_class": "P(launch | feasible)"}
ABLATIONS = {
    "default": "default",
    "no_contest": "no contest of the lead",
    "common_agenda": "common agenda",
    "no_outside_option": "no outside option",
    "no_purse": "no quarrel over the purse",
    "package": "packages of ideas",
    "scale_invariant": "ambition follows means (e = 1)",
}
OUTCOMES = ("launch", "no_agreement", "lost", "no_leader", "contest_failed", "purse_failed", "infeasible")
FRENCH_FACTOR = 2.3
"""Largest fiscal potential of French territories over the smallest (SPEC section 4)."""
ENOUGH = 50
"""Forums that launch at every level from which mean months are known well enough for a class that is not mostly luck."""


def shares(runs: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Share of the sampled points in each class of each measure, with Wilson's intervals.

    Parameters
    ----------
    runs : DataFrame
        A row a point: ``speed_class``, ``launch_class``, ``paradox`` and the columns of ``by``.
    by : sequence of str
        What to group by; empty: all points together.

    Returns
    -------
    DataFrame
        A row a group: ``points``; ``paradox`` (months rise and P(launch | feasible) falls), ``reversed`` (the opposite in both),
        ``untold`` (a measure without a value at some level: no forum launches, or is feasible, at all of them), and
        ``<measure>:<class>``, each with ``_low`` and ``_high``. Points that cannot be told stay in the denominator.
    """
    from alliancesim.analysis import wilson

    rows = []
    groups: Any = runs.groupby(list(by), sort=True) if by else [((), runs)]
    for key, here in groups:
        row: dict[str, Any] = {**dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))}
        n = row["points"] = len(here)
        flags = {
            "paradox": here["paradox"] == 1.0,
            "reversed": (here["speed_class"] == -1.0) & (here["launch_class"] == 1.0),
            "untold": here["paradox"].isna(),
        }
        for name in MEASURES:
            flags |= {f"{name}:{word}": here[name] == code for code, word in CLASSES.items()}
        for name, flag in flags.items():
            count = int(flag.sum())
            low, high = wilson(count, n)
            row |= {name: count / n if n else np.nan, f"{name}_low": float(low), f"{name}_high": float(high)}
        rows.append(row)
    return pd.DataFrame(rows)


def tidy(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The columns of :func:`shares` that are written beside the page, all with their intervals."""
    named = table.rename(columns={name: name.removeprefix("rules.").removeprefix("forums.") for name in by})
    return named.rename(
        columns=lambda one: one.replace("speed_class:", "months ").replace("launch_class:", "launch ").replace(" ", "_")
    )


def percent(row: Any, name: str) -> str:
    """A share with its interval; in words where there is nothing to take a share of."""
    if np.isnan(row[name]):
        return "an unknown share"
    return f"{100 * row[name]:.0f} % ({100 * row[f'{name}_low']:.0f} to {100 * row[f'{name}_high']:.0f} %)"


def on_page(by: pd.DataFrame) -> pd.DataFrame:
    """Settings and the shares that the page shows."""
    rows = []
    for row in by.to_dict("records"):
        about = {"portfolio": row[SETTINGS[0]], "rivalry": row[SETTINGS[1]], "e": row[SETTINGS[2]]}
        told = {"paradox": percent(row, "paradox"), "reversed": percent(row, "reversed")}
        for measure, word in (("speed_class", "months rise"), ("launch_class", "P falls")):
            told[word] = percent(row, f"{measure}:{'rises' if word == 'months rise' else 'falls'}")
        rows.append({**about, "points": row["points"], **told, "cannot be told": percent(row, "untold")})
    return pd.DataFrame(rows)


def french_range(result: ExperimentResult) -> pd.DataFrame:
    """Classes over the range of means seen in France, a row a point as :func:`shares` takes it.

    The slope between the two levels around the reference (0.8 and 1.6), times log2(2.3). With two levels nothing can be humped.
    """
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE

    series = result.timeseries
    levels = np.sort(series["level"].unique())
    below, above = levels[levels <= 1.0].max(), levels[levels > 1.0].min()
    wide = series.pivot(index="point", columns="level", values=["speed", "launch_if_feasible"])
    found = pd.DataFrame(index=wide.index)
    pairs = (("speed", "speed", SPEED_TOLERANCE), ("launch", "launch_if_feasible", LAUNCH_TOLERANCE))
    for name, column, tolerance in pairs:
        slope = (wide[(column, above)] - wide[(column, below)]) / np.log2(above / below)
        change = slope * np.log2(FRENCH_FACTOR)
        found[f"{name}_effect"] = change
        sign = np.sign(change).where(change.abs() > tolerance, 0.0)
        found[f"{name}_class"] = sign.where(change.notna())
    both = found["speed_class"].notna() & found["launch_class"].notna()
    found["paradox"] = ((found["speed_class"] == 1.0) & (found["launch_class"] == -1.0)).astype(float).where(both)
    about = result.runs.set_index("point")[[*SETTINGS, "forums.resource"]]
    return found.join(about).reset_index()


def outcomes(result: ExperimentResult) -> pd.DataFrame:
    """What becomes of forums as means rise: mean over the sampled points, by portfolio and level; e below 1.

    Returns
    -------
    DataFrame
        ``portfolio``, ``level``, ``points``, the share of all forums in each of ``OUTCOMES``; ``restricted_months`` (over 12, of
        the forums that are feasible at every level), ``aboard`` (participants still there at launch).
    """
    about = result.runs[["point", *SETTINGS]]
    series = result.timeseries.merge(about, on="point")
    series = series[series["rules.ambition_elasticity"] < 1.0].rename(columns=lambda one: one.removesuffix("_share"))
    names = [*OUTCOMES, "restricted_months", "aboard"]
    grouped = series.groupby(["rules.portfolio", "level"], sort=True)
    table = grouped[names].mean().assign(points=grouped.size()).reset_index()
    table = table.rename(columns={"rules.portfolio": "portfolio"})
    return table[["portfolio", "level", "points", *names]]


def space(result: ExperimentResult) -> pd.DataFrame:
    """Quartiles over the sampled points of both measures at each level: cash and time together, e below 1."""
    about = result.runs.loc[result.runs["forums.resource"] == "both", ["point", *SETTINGS]]
    series = result.timeseries.merge(about, on="point")
    series = series[series["rules.ambition_elasticity"] < 1.0]
    grouped = series.groupby("level", sort=True)[["speed", "launch_if_feasible"]]
    low, mid, high = (grouped.quantile(q) for q in (0.25, 0.5, 0.75))
    found = pd.concat([mid, low.add_suffix("_low"), high.add_suffix("_high")], axis=1)
    return found.reset_index()


def ablations(result: ExperimentResult) -> pd.DataFrame:
    """Effect of rising means on both measures with each mechanism taken away, at the defaults."""
    from alliancesim.studies.figures import mean_interval

    rows = []
    for name, word in ABLATIONS.items():
        here = result.runs[result.runs["rules"] == name]
        row: dict[str, Any] = {"rules": word}
        for effect in ("speed_effect", "launch_effect"):
            # Sums of equal terms leave crumbs of 1e-17, which are no effect.
            found = np.round(mean_interval(here[effect]), 9) + 0.0
            row[effect], row[f"{effect}_low"], row[f"{effect}_high"] = (float(one) for one in found)
        rows.append({**row, "paradox": here["paradox"].mean(), "forums_compared": here["forums_compared"].mean()})
    return pd.DataFrame(rows)


RATIOS = {
    "months": ("forum_months", "forums_launched"),
    "launch": ("forums_launched", "forums_feasible"),
    "feasible": ("forums_feasible", "forums_convened"),
}
"""Measures in running territories: sums over forums, one divided by the other."""


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = np.where(bottom > 0, top / bottom, np.nan)
    return found


def _bounds(estimate: float, drawn: np.ndarray, left: np.ndarray) -> tuple[float, float]:
    from alliancesim.analysis.resample import LEVEL, accelerated

    known = left[~np.isnan(left)]
    if np.isnan(estimate) or len(known) < 2 or np.isnan(drawn).all():
        return np.nan, np.nan
    return accelerated(estimate, drawn, known, LEVEL)


def in_vivo(result: ExperimentResult, resamples: int = 2000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ease by means in running territories; forums pooled over replicates, replicates drawn again for the intervals.

    Returns
    -------
    levels : DataFrame
        By territory, portfolio and level: months to launch, P(launch | feasible), P(feasible), with intervals.
    curves : DataFrame
        By territory and portfolio: effect over the range with its interval, class, and the share of resamples in that class.
    """
    from alliancesim.analysis import indices
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE, classify, classify_all, effect

    runs = result.runs
    rows, curves = [], []
    for (place, portfolio), here in runs.groupby(["territory", "rules.portfolio"], sort=True):
        names = sorted({name for pair in RATIOS.values() for name in pair})
        sums = {name: here.pivot(index="replicate", columns="rules.r_fin", values=name) for name in names}
        levels = sums[names[0]].columns.to_numpy(dtype=float)
        found: list[dict[str, Any]] = [
            {"territory": place, "portfolio": portfolio, "level": level, "forums": sums["forums_convened"][level].sum()}
            for level in levels
        ]
        curve: dict[str, Any] = {"territory": place, "portfolio": portfolio}
        for measure, (top, bottom) in RATIOS.items():
            a, b = sums[top].fillna(0.0).to_numpy(), sums[bottom].fillna(0.0).to_numpy()
            rows_ = indices(len(a), resamples)
            whole = _ratio(a.sum(axis=0), b.sum(axis=0))
            drawn = _ratio(a[rows_].sum(axis=1), b[rows_].sum(axis=1))
            left = _ratio(a.sum(axis=0) - a, b.sum(axis=0) - b)
            for i, row in enumerate(found):
                low, high = _bounds(float(whole[i]), drawn[:, i], left[:, i])
                row |= {measure: float(whole[i]), f"{measure}_low": low, f"{measure}_high": high}
            tolerance = SPEED_TOLERANCE if measure == "months" else LAUNCH_TOLERANCE
            change = float(effect(levels, whole))
            low, high = _bounds(change, np.asarray(effect(levels, drawn)), np.asarray(effect(levels, left)))
            word = classify(levels, whole, tolerance)
            sure = float((classify_all(levels, drawn, tolerance) == word).mean())
            curve |= {
                f"{measure}_effect": change, f"{measure}_low": low, f"{measure}_high": high,
                f"{measure}_class": word, f"{measure}_sure": sure,
            }  # fmt: skip
        rows += found
        curves.append(curve)
    return pd.DataFrame(rows), pd.DataFrame(curves)
