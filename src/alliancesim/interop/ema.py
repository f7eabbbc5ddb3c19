"""alliancesim as a model of the EMA workbench (exploratory modelling)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import FactorConfig
from alliancesim.interop.function import Function
from alliancesim.scenario import Scenario
from alliancesim.scenario.checks import build


def ema_model(
    base: Scenario | Sequence[str],
    uncertainties: Mapping[str, Mapping[str, Any]],
    outcomes: Sequence[str] = ("engaged_share", "alliances", "need_met"),
    levers: Mapping[str, Mapping[str, Any]] | None = None,
    replications: int = 1,
    seed: int = 1,
) -> Any:
    """An ``ema_workbench.Model`` over a scenario.

    Parameters
    ----------
    base : Scenario or sequence of str
    uncertainties, levers : mapping
        Key of the scenario to levels or range, as factors of an experiment: ``{"rules.psi": {"low": 0, "high": 1}}``,
        ``{"resources": {"levels": ["scarce", "abundant"]}}``. A dot is written as two underscores in the workbench, whose names
        are Python's.
    outcomes : sequence of str
        Columns of ``runs.parquet``; the mean over replications.
    replications : int
        Seeds of each run, the same for all runs.
    seed : int
        First of them.

    Returns
    -------
    ema_workbench.Model
    """
    import numpy as np

    try:
        from ema_workbench import (
            BooleanParameter,
            CategoricalParameter,
            IntegerParameter,
            Model,
            RealParameter,
            ScalarOutcome,
        )
    except ImportError:
        raise UserError("ema_model: needs the package ema-workbench") from None
    function = Function(base, observables=outcomes)

    def run(**values: Any) -> dict[str, float]:
        changes = {name.replace("__", "."): value for name, value in values.items()}
        changes = {name: value for name, value in changes.items() if name in keys}
        found = [function(changes, seed + k) for k in range(replications)]
        return {name: float(np.nanmean([one[name] for one in found])) for name in outcomes}

    def parameter(name: str, data: Mapping[str, Any]) -> Any:
        factor = build(FactorConfig, data, name)
        word = name.replace(".", "__")
        if factor.levels is not None:
            if set(map(str, factor.levels)) == {"True", "False"}:
                return BooleanParameter(word)
            return CategoricalParameter(word, factor.levels)
        if factor.integer:
            return IntegerParameter(word, round(factor.low or 0), round(factor.high or 0))
        return RealParameter(word, factor.low, factor.high)

    keys = {*uncertainties, *(levers or {})}
    model = Model("alliancesim", function=run)
    model.uncertainties = [parameter(name, data) for name, data in uncertainties.items()]
    model.levers = [parameter(name, data) for name, data in (levers or {}).items()]
    model.outcomes = [ScalarOutcome(name) for name in outcomes]
    return model
