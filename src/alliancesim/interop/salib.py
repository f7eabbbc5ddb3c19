"""SALib's analyses on the runs of an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.experiments import Experiment, ExperimentResult


def sensitivity(result: ExperimentResult, observable: str, resamples: int = 200, seed: int = 1) -> pd.DataFrame:
    """Which factor drives an observable: Sobol' indices of a saltelli design, elementary effects of a morris design.

    The mean over replicates is analysed; other designs are analysed by PAWN, which takes any sample.

    Parameters
    ----------
    result : ExperimentResult
    observable : str
        Column of ``runs``.
    resamples : int
        Of SALib's bootstrap.
    seed : int

    Returns
    -------
    DataFrame
        A row a factor, the strongest first: ``S1``, ``S1_conf``, ``ST``, ``ST_conf`` (saltelli); ``mu``, ``mu_star``, ``sigma``,
        ``mu_star_conf`` (morris); ``median``, ``CV`` (PAWN).

    Raises
    ------
    UserError
        For an unknown observable, runs that failed or were not measured (these designs need all points), fewer than two factors.
    """
    experiment, runs = result.experiment, result.runs
    if observable not in runs.columns:
        raise UserError(f"sensitivity: found {observable!r}, expected a column of runs.parquet")
    means = runs.groupby("point")[observable].mean().reindex(result.design["point"])
    values = means.to_numpy(dtype=float)
    if np.isnan(values).any():
        raise UserError(
            f"sensitivity: {observable} is missing at {int(np.isnan(values).sum())} of {len(values)} points, "
            "expected all"
        )
    return analyse(experiment, result.design, values, resamples, seed)


def analyse(
    experiment: Experiment, design: pd.DataFrame, values: np.ndarray, resamples: int = 200, seed: int = 1
) -> pd.DataFrame:
    """As :func:`sensitivity`, of values that the caller has.

    Parameters
    ----------
    experiment : Experiment
    design : DataFrame
        Its points.
    values : (points,) float64
        A value a point, in the order of the design.
    resamples, seed : int
    """
    import pandas as pd

    from alliancesim.experiments.designs import analysed, problem

    about = problem(experiment)
    kind = experiment.design.kind
    if kind == "saltelli":
        from SALib.analyze import sobol

        found: Any = sobol.analyze(
            about, values, calc_second_order=experiment.design.second_order, num_resamples=resamples, seed=seed
        )
        columns, strongest = ["S1", "S1_conf", "ST", "ST_conf"], "ST"
    elif kind == "morris":
        from SALib.analyze import morris

        found = morris.analyze(
            about, analysed(experiment), values, num_levels=experiment.design.levels, num_resamples=resamples, seed=seed
        )
        columns, strongest = ["mu", "mu_star", "sigma", "mu_star_conf"], "mu_star"
    else:
        from SALib.analyze import pawn

        shares = np.column_stack([_share(design[name]) for name in about["names"]])
        found = pawn.analyze(about, shares, values, seed=seed)
        columns, strongest = ["median", "CV"], "median"
    table = pd.DataFrame({"factor": about["names"], **{name: np.asarray(found[name]) for name in columns}})
    return table.sort_values(strongest, ascending=False, kind="stable").reset_index(drop=True)


def _share(column: pd.Series) -> np.ndarray:
    """A factor's values by rank, from 0 to 1; words in order of their first appearance."""
    import pandas as pd

    values = column if pd.api.types.is_numeric_dtype(column) else pd.Series(pd.factorize(column)[0])
    ranks = values.rank(method="average").to_numpy(dtype=float)
    return (ranks - 0.5) / len(ranks)
