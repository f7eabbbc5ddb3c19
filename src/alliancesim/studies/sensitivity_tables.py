"""Numbers of the sensitivity study: elementary effects beside the noise of seeds, the ten that matter, Sobol' indices."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

SETTINGS = {
    "urban": "urban, no animator",
    "rural": "rural, with the Labo's levers",
    "forums": "forums alone",
}
"""Settings and their words; each has an experiment ``sensitivity_morris_<setting>`` and ``sensitivity_sobol_<setting>``."""
TERRITORY = {
    "engaged_share": "engaged, all",
    "engaged_share_association": "engaged associations",
    "engaged_share_firm": "engaged firms",
    "alliances": "alliances active",
    "lasting_alliances": "lasting alliances",
    "need_met": "needs met",
    "trust_association_firm": "trust, assoc. and firms",
    "equity_ratio": "equity ratio",
    "share_three_or_more": "three members or more",
}
FORUMS = {
    "feasible": "feasible",
    "launch": "launched",
    "restricted_months": "months to launch",
}
MEANS = 1.0
"""Level of means at which forums alone are read."""
HORIZON = 12.0
"""Months that count where no forum has a feasible idea, as for a forum that does not launch (SPEC section 4)."""
TEN = 10
FLAT = 0.01
"""An observable whose standard deviation over the design is below this share of its mean does not vary: nothing is said of it."""
CLEAR = 2.0
"""Effects above so many times what the noise of seeds alone gives are told."""


def observables(setting: str) -> dict[str, str]:
    """Observables of a setting, with their words."""
    return FORUMS if setting == "forums" else TERRITORY


def short(factor: str) -> str:
    """A factor as tables name it: ``rules.psi`` is ``psi``."""
    return factor.removeprefix("rules.")


def measured(result: ExperimentResult, setting: str) -> pd.DataFrame:
    """Observables of each run: ``point``, ``replicate`` and a column an observable.

    Forums alone are read at the reference level of means; months count ``HORIZON`` where no forum is feasible.
    """
    names = list(observables(setting))
    if setting != "forums":
        return result.runs[["point", "replicate", *names]]
    series = result.timeseries
    here = series[np.isclose(series["level"], MEANS)]
    found: pd.DataFrame = here[["point", "replicate", *names]].reset_index(drop=True)
    return found.fillna({"restricted_months": HORIZON})


def by_point(runs: pd.DataFrame, name: str, design: pd.DataFrame) -> tuple[np.ndarray, float, int]:
    """Mean over replicates at each point, the standard deviation between seeds, and how many points had no value.

    A point where an observable does not exist (no alliance: no share of three members) takes the mean of the others. The
    standard deviation is pooled over points with two replicates or more (NaN without any).
    """
    grouped = runs.groupby("point")[name]
    means = grouped.mean().reindex(design["point"]).to_numpy(dtype=float)
    between = float(np.sqrt(grouped.var(ddof=1).mean()))
    missing = int(np.isnan(means).sum())
    if missing:
        means = np.where(np.isnan(means), np.nanmean(means) if missing < len(means) else 0.0, means)
    return means, between, missing


def flat(values: np.ndarray) -> bool:
    """Whether an observable does not vary over a design."""
    return bool(values.std() <= FLAT * abs(values.mean()))


def screening(result: ExperimentResult, setting: str) -> pd.DataFrame:
    """Elementary effects of every parameter on every observable of a setting.

    Returns
    -------
    DataFrame
        ``setting``, ``observable``, ``parameter``, and in standard deviations of the observable over the design:
        ``effect`` (mu*, the mean absolute effect of going through the whole range), ``effect_conf`` (half-width of its 95 %
        bootstrap interval), ``direction`` (mu, signed), ``noise`` (what mu* would be if only seeds differed); ``sd`` in the
        observable's unit, ``missing`` (points without a value). An observable that does not vary (`FLAT`) has no row.
    """
    from alliancesim.interop.salib import analyse

    runs, design = measured(result, setting), result.design
    levels = result.experiment.design.levels
    step = levels / (2.0 * (levels - 1.0))
    replicates = int(runs["replicate"].nunique())
    tables = []
    for name in observables(setting):
        values, between, missing = by_point(runs, name, design)
        if flat(values):
            continue
        sd = float(values.std())
        found = analyse(result.experiment, design, values)
        scale = 1.0 / sd
        noise = math.sqrt(2.0 / math.pi) * math.sqrt(2.0 / replicates) * between / step
        tables.append(
            pd.DataFrame(
                {
                    "setting": setting, "observable": name, "parameter": [short(one) for one in found["factor"]],
                    "effect": found["mu_star"] * scale, "effect_conf": found["mu_star_conf"] * scale,
                    "direction": found["mu"] * scale, "noise": noise * scale, "sd": sd, "missing": missing,
                }
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def scores(found: pd.DataFrame) -> pd.DataFrame:
    """The rule that chooses the ten: a parameter's score is its mean effect over all settings and observables of a table.

    A parameter that a setting does not read counts 0 there.

    Returns
    -------
    DataFrame
        ``parameter``, ``score``, ``largest`` and where (``setting``, ``observable``), the highest score first.
    """
    cells = len(found[["setting", "observable"]].drop_duplicates())
    rows = []
    for name, here in found.groupby("parameter", sort=False):
        top = here.loc[here["effect"].idxmax()]
        rows.append(
            {
                "parameter": name, "score": float(here["effect"].sum()) / cells, "largest": float(top["effect"]),
                "setting": top["setting"], "observable": top["observable"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows).sort_values(["score", "parameter"], ascending=[False, True], ignore_index=True)


def chosen(found: pd.DataFrame) -> list[str]:
    """The ten with the highest score."""
    return list(scores(found)["parameter"].head(TEN))


def unmoved(found: pd.DataFrame) -> list[str]:
    """Parameters whose effects are nowhere above the noise of seeds, in alphabetical order."""
    above = found[found["effect"] > CLEAR * found["noise"]]
    return sorted(set(found["parameter"]) - set(above["parameter"]))


def shares(result: ExperimentResult, setting: str) -> pd.DataFrame:
    """Sobol' indices of the ten on every observable of a setting.

    Returns
    -------
    DataFrame
        ``setting``, ``observable``, ``parameter``; ``first`` and ``total`` with the half-widths of their 95 % bootstrap
        intervals, ``first_conf`` and ``total_conf``; ``noise``: share of the variance that seeds make (of the mean over
        replicates); ``additive``: sum of the first-order indices; ``sd``; ``missing``.
    """
    from alliancesim.interop.salib import analyse

    runs, design = measured(result, setting), result.design
    replicates = int(runs["replicate"].nunique())
    tables = []
    for name in observables(setting):
        values, between, missing = by_point(runs, name, design)
        if flat(values):
            continue
        variance = float(values.var())
        with warnings.catch_warnings():  # SALib's word for a factor that changed nothing: its index is 0
            warnings.filterwarnings("ignore", "Constant values encountered", UserWarning)
            found = analyse(result.experiment, design, values)
        tables.append(
            pd.DataFrame(
                {
                    "setting": setting, "observable": name, "parameter": [short(one) for one in found["factor"]],
                    "first": found["S1"], "first_conf": found["S1_conf"], "total": found["ST"], "total_conf": found["ST_conf"],
                    "noise": between**2 / replicates / variance, "additive": float(found["S1"].sum()),
                    "sd": math.sqrt(variance), "missing": missing,
                }
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def noise_table(screened: pd.DataFrame, indices: pd.DataFrame) -> pd.DataFrame:
    """What seeds do beside what parameters do: a row a setting and observable."""
    rows = []
    for (setting, name), here in screened.groupby(["setting", "observable"], sort=False):
        there = indices[(indices["setting"] == setting) & (indices["observable"] == name)]
        clear = here[here["effect"] > CLEAR * here["noise"]]
        rows.append(
            {
                "setting": setting, "observable": name, "sd over the prior": here["sd"].iloc[0],
                "largest effect": here["effect"].max(), "effect of seeds alone": here["noise"].iloc[0],
                "parameters above it": len(clear), "of": len(here),
                "seeds' share of variance": there["noise"].iloc[0] if len(there) else np.nan,
                "points without a value": int(here["missing"].iloc[0]),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def gathered(results: Mapping[str, ExperimentResult], prefix: str, function: object) -> pd.DataFrame:
    """A table of all settings."""
    assert callable(function)
    return pd.concat([function(results[f"{prefix}_{one}"], one) for one in SETTINGS], ignore_index=True)
