"""The scarcity paradox in running territories: forums pooled over replicates, by place and level of means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.experiments.experiment import FRENCH_MEANS
from alliancesim.studies.figures import place_name

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

RATIOS = {
    "months": ("forum_months", "forums_launched"),
    "launch": ("forums_launched", "forums_feasible"),
    "feasible": ("forums_feasible", "forums_convened"),
    "unconditional": ("forums_launched", "forums_convened"),
}
"""Measures in running territories: sums over forums, one divided by the other."""


def lived(results: Mapping[str, ExperimentResult]) -> pd.DataFrame:
    """Runs in running territories: ``rules``, ``place``, ``real``, ``portfolio``, ``level``, ``replicate``, sums over forums."""
    parts = []
    for result in results.values():
        runs = result.runs
        real = "territory.place" in runs
        place = runs["territory.place" if real else "territory"].map(place_name)
        portfolio = runs.get("rules.portfolio", 1)
        about = {
            "rules": runs["rules"],
            "place": place,
            "real": real,
            "portfolio": portfolio,
            "level": runs["rules.r_fin"],
        }
        sums = sorted({name for pair in RATIOS.values() for name in pair})
        parts.append(runs[["replicate", *sums]].assign(**about))
    return pd.concat(parts, ignore_index=True)


def in_vivo(runs: pd.DataFrame, resamples: int = 2000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ease by means in running territories; forums pooled over replicates, replicates drawn again for the intervals.

    Parameters
    ----------
    runs : DataFrame
        As :func:`lived` gives them.
    resamples : int

    Returns
    -------
    levels : DataFrame
        By rules, place, portfolio and level: months to launch, P(launch | feasible), P(feasible), P(launch) of all, intervals.
    curves : DataFrame
        By rules, place and portfolio: effect over the range with its interval, class, the share of resamples in that class, and
        the effect over the range seen in France (``_french``); whether P(launch) of all forums is an inverted U by two lines.
    """
    from alliancesim.analysis import indices
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE, classify, classify_all, effect
    from alliancesim.analysis.resample import bounds, ratio
    from alliancesim.analysis.two_lines import two_lines

    rows, curves = [], []
    for (rules, real, place, portfolio), here in runs.groupby(["rules", "real", "place", "portfolio"], sort=True):
        names = sorted({name for pair in RATIOS.values() for name in pair})
        sums = {name: here.pivot(index="replicate", columns="level", values=name) for name in names}
        levels = sums[names[0]].columns.to_numpy(dtype=float)
        about = {"rules": rules, "place": place, "real": real, "portfolio": portfolio}
        found: list[dict[str, Any]] = [
            {**about, "level": level, "forums": sums["forums_convened"][level].sum()} for level in levels
        ]
        curve: dict[str, Any] = dict(about)
        near = (levels >= 0.99 * FRENCH_MEANS[0]) & (levels <= 1.01 * FRENCH_MEANS[1])
        for measure, (top, bottom) in RATIOS.items():
            a, b = sums[top].fillna(0.0).to_numpy(), sums[bottom].fillna(0.0).to_numpy()
            rows_ = indices(len(a), resamples)
            whole = ratio(a.sum(axis=0), b.sum(axis=0))
            drawn = ratio(a[rows_].sum(axis=1), b[rows_].sum(axis=1))
            left = ratio(a.sum(axis=0) - a, b.sum(axis=0) - b)
            for i, row in enumerate(found):
                low, high = bounds(float(whole[i]), drawn[:, i], left[:, i])
                row |= {measure: float(whole[i]), f"{measure}_low": low, f"{measure}_high": high}
            tolerance = SPEED_TOLERANCE if measure == "months" else LAUNCH_TOLERANCE
            for end, part in (("", np.ones(len(levels), dtype=bool)), ("_french", near)):
                change = float(effect(levels[part], whole[part]))
                drawn_changes = np.asarray(effect(levels[part], drawn[:, part]))
                low, high = bounds(change, drawn_changes, np.asarray(effect(levels[part], left[:, part])))
                word = classify(levels[part], whole[part], tolerance)
                sure = float((classify_all(levels[part], drawn[:, part], tolerance) == word).mean())
                curve |= {
                    f"{measure}_effect{end}": change, f"{measure}_low{end}": low, f"{measure}_high{end}": high,
                    f"{measure}_class{end}": word, f"{measure}_sure{end}": sure,
                }  # fmt: skip
        each = ratio(sums["forums_launched"].to_numpy(), sums["forums_convened"].to_numpy())
        each = each[~np.isnan(each).any(axis=1)]
        curve["replicates"] = len(each)
        curve["inverted_u"] = bool(two_lines(levels, each).inverted_u) if len(each) >= 4 else None
        rows += found
        curves.append(curve)
    return pd.DataFrame(rows), pd.DataFrame(curves)
