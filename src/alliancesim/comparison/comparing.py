"""``compare``: scenarios under the same draws, replicate by replicate."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import Experiment, from_dict
from alliancesim.experiments.opened import ExperimentResult, open_experiment
from alliancesim.experiments.plan import make_plan
from alliancesim.experiments.runner import run_experiment
from alliancesim.experiments.settings import Settings
from alliancesim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

HEADLINES = (
    "engaged_share", "alliances", "lasting_alliances", "alliances_deployed", "value_created", "need_met", "need_met_deprived",
    "equity_ratio", "spend_keur",
)  # fmt: skip
"""Observables that a comparison shows first."""

OVER_TIME = (
    "engaged_share", "engaged_share_association", "engaged_share_firm", "engaged_share_collectivity", "alliances",
    "alliances_deployed", "need_met", "need_met_deprived", "spend_keur",
)  # fmt: skip


def compare(
    scenarios: Mapping[str, Scenario | Sequence[str]] | Sequence[Scenario],
    *,
    base: Sequence[str] = (),
    replicates: int = 20,
    precision: Mapping[str, str | float] | None = None,
    most_replicates: int = 200,
    one_territory: bool = True,
    title: str | None = None,
    question: str | None = None,
    every: int = 12,
    output: str | os.PathLike[str] | None = None,
    progress: bool = False,
    config_dir: Any = None,
    settings: Settings | None = None,
    **how: Any,
) -> Comparison:
    """Run scenarios under the same draws and compare them with the first.

    Parameters
    ----------
    scenarios : mapping of str to Scenario or to a list of ``key=value``
        By label, the reference first; or a sequence of scenarios, which are labelled by what they differ in.
    base : sequence of str
        ``key=value`` below every list of ``key=value``.
    replicates : int
        Runs of each; with ``precision`` the first ones.
    precision : mapping, optional
        Observable to a half-width of the paired difference's interval: ``{"alliances": 2}``, ``{"need_met": "10%"}``.
        Replicates are added until all are reached, ``most_replicates`` at most; the count used is reported.
    one_territory : bool
        Whether all replicates share one synthetic territory (drawn with the first seed), so that gains can be told by cell and
        organisation; if not, each replicate has its own. Real places are always one.
    title, question : str, optional
    every : int
        Months between two rows over time.
    output : path, optional
        Folder to keep the runs in; without one they live as long as the comparison.
    progress : bool
    config_dir : path, optional
    settings : Settings, optional
    **how
        Keys of the settings: ``workers=``, ``engine=`` ...

    Returns
    -------
    Comparison

    Raises
    ------
    UserError
        Fewer than two scenarios, or what :func:`~alliancesim.run_experiment` refuses.
    """
    labelled = _labelled(scenarios)
    if len(labelled) < 2:
        raise UserError(f"compare: found {len(labelled)} scenario, expected two or more")
    experiment = describe(
        labelled, base=base, replicates=replicates, precision=precision, most_replicates=most_replicates,
        one_territory=one_territory, title=title, question=question, every=every, config_dir=config_dir,
    )  # fmt: skip
    result = run_experiment(experiment, output, progress=progress, config_dir=config_dir, settings=settings, **how)
    return Comparison(result)


def describe(
    scenarios: Mapping[str, Any],
    *,
    base: Sequence[str] = (),
    replicates: int = 20,
    precision: Mapping[str, str | float] | None = None,
    most_replicates: int = 200,
    one_territory: bool = True,
    title: str | None = None,
    question: str | None = None,
    every: int = 12,
    config_dir: Any = None,
) -> Experiment:
    """The experiment that a comparison runs (see :func:`compare`)."""
    data = {
        "name": "comparison",
        "title": title,
        "question": question,
        "base": list(base),
        "scenarios": dict(scenarios),
        "design": {"kind": "list"},
        "replicates": replicates,
        "precision": dict(precision or {}),
        "most_replicates": max(most_replicates, replicates),
        "keep": {"timeseries": list(OVER_TIME), "every": every, "cells": True, "organisations": True},
    }
    experiment = from_dict(data)
    if not one_territory:
        return experiment
    plan = make_plan(experiment, config_dir)
    settled = {}
    for point in plan.points:
        scenario = plan.base(point.base)
        if scenario.territory.kind == "synthetic" and scenario.territory.seed is None:
            scenario = scenario.replace(**{"territory.seed": scenario.seed})
        settled[point.label] = scenario
    return from_dict({**data, "base": [], "scenarios": settled})


def _labelled(scenarios: Any) -> dict[str, Any]:
    if isinstance(scenarios, Mapping):
        return {str(label): one for label, one in scenarios.items()}
    plain = [one.to_dict() for one in scenarios]
    from alliancesim.scenario.text import leaves

    flat = [leaves(one) for one in plain]
    labels: list[str] = []
    for number, one in enumerate(flat):
        differ = [key for key, value in one.items() if any(other.get(key) != value for other in flat)]
        words = ", ".join(f"{key.rpartition('.')[2]}={one[key]}" for key in differ[:3])
        label = f"{chr(65 + number)}: {words}" if words else chr(65 + number)
        labels.append(label)
    return dict(zip(labels, scenarios, strict=True))


def open_comparison(path: str | os.PathLike[str]) -> Comparison:
    """A comparison from the folder of an experiment with two points or more.

    Raises
    ------
    UserError
    """
    return Comparison(open_experiment(path))


class Comparison:
    """Scenarios compared with a reference, by replicate.

    Attributes
    ----------
    result : ExperimentResult
        Design, runs, tables.
    reference : int
        Point that the others are compared with.
    """

    def __init__(self, result: ExperimentResult, reference: int | str = 0) -> None:
        from alliancesim.analysis.tables import point_of

        if len(result.design) < 2:
            raise UserError(f"{result.path}: one point only, expected two or more to compare")
        self.result = result
        self.reference = int(point_of(result.design, reference))

    @property
    def labels(self) -> list[str]:
        """Labels of the scenarios, in order."""
        return self.result.labels

    @property
    def replicates(self) -> int:
        """Replicates used."""
        return int(self.result.manifest["replicates_done"])

    def table(self, observables: Sequence[str] = HEADLINES) -> pd.DataFrame:
        """Paired differences from the reference with intervals (see :func:`alliancesim.analysis.paired`)."""
        from alliancesim.analysis import paired

        return paired(self.result.runs, self.result.design, self._known(observables), self.reference)

    def everything(self) -> pd.DataFrame:
        """Paired differences of all observables: by sphere, kind, domain, deprivation."""
        return self.table(list(self.result.measures().index))

    def over_time(self, observables: Sequence[str] = OVER_TIME) -> pd.DataFrame:
        """Paired differences by month."""
        from alliancesim.analysis import paired_over_time

        kept = [name for name in observables if name in self.result.timeseries.columns]
        return paired_over_time(self.result.timeseries, self.result.design, kept, self.reference)

    def pairing(self, observables: Sequence[str] = HEADLINES) -> float:
        """How many times fewer replicates shared draws need than independent seeds: the median over observables.

        Of each observable it is (Var a + Var b) / Var(b - a), in ``table()``.
        """
        return float(self.table(observables)["variance_ratio"].median())

    def cost(self, outcome: str = "lasting_alliances", costs: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Money of animation (k€) for each extra outcome, at prices that may be changed.

        See :func:`alliancesim.analysis.costs.cost_per_outcome`.
        """
        from alliancesim.analysis import cost_per_outcome

        return cost_per_outcome(self.result.runs, self.result.design, outcome, dict(costs or {}), self.reference)

    def ranking(self, observable: str = "lasting_alliances", larger_is_better: bool = True) -> pd.DataFrame:
        """Scenarios in order, with how sure the order is."""
        from alliancesim.analysis import ranking

        return ranking(self.result.runs, self.result.design, observable, larger_is_better, self.reference)

    def regret(self, objectives: Mapping[str, int] | None = None) -> pd.DataFrame:
        """How far each scenario is from the best, by objective (1: more is better, -1: less)."""
        from alliancesim.analysis import regret_table

        chosen = objectives or {"lasting_alliances": 1, "need_met": 1, "need_met_deprived": 1, "spend_keur": -1}
        return regret_table(self.result.runs, self.result.design, chosen)

    def attribution(self, point: int | str, group: str | None = None, value: str = "ever_engaged") -> pd.DataFrame:
        """Probability over seeds that an organisation owes a change to what differs between a scenario and the reference.

        Parameters
        ----------
        point : int or str
        group : {"sphere", "kind", "deprived"}, optional
            Sums by group instead of a row an organisation: who gains, who is left out.
        value : {"ever_engaged", "engaged"}

        Returns
        -------
        DataFrame
        """
        from alliancesim.analysis import attribution_of, thirds
        from alliancesim.analysis.tables import point_of

        table = self.result.organisations
        column = group
        if group == "deprived":
            cells = self._cells_of(0)
            words = thirds(cells["deprived_share"].to_numpy(), cells["population"].to_numpy())
            table = table.assign(deprived=[words[cell] for cell in table["cell"]])
        number = int(point_of(self.result.design, point))
        stream = attribution_of(table, number, self.reference, value, group=column)
        return stream.by_group() if group is not None else stream.table()

    def cells(self, point: int | str, value: str = "need_met") -> pd.DataFrame:
        """Mean change of each cell with its interval, and where it lies; ``value`` may be ``engaged_share``.

        Raises
        ------
        UserError
            Where the scenarios are not of one territory.
        """
        from alliancesim.analysis import changes_of
        from alliancesim.analysis.tables import point_of

        table = self._one_territory()
        if value == "engaged_share":
            share = table["engaged"] / table["organisations"].where(table["organisations"] > 0)
            table = table.assign(engaged_share=share)
        found = changes_of(table, int(point_of(self.result.design, point)), self.reference, value).table()
        where = self._cells_of(0)[["x_km", "y_km", "population", "deprived_share", "reported"]]
        return found.join(where, on="unit").rename(columns={"unit": "cell"})

    def squares(self, point: int | str, value: str = "need_met") -> pd.DataFrame:
        """As :meth:`cells`, by square of the grid: the parts of one square that lie in several communes are taken together."""
        import numpy as np

        from alliancesim.analysis import changes_of
        from alliancesim.analysis.tables import point_of

        table = self._one_territory()
        table = table[table["reported"]]
        among, got = (table["organisations"], table["engaged"]) if value == "engaged_share" else (
            table["population"].where(table[value].notna(), 0.0), (table["population"] * table[value]).fillna(0.0))  # fmt: skip
        parts = table[["point", "replicate", "x_km", "y_km"]].assign(among=among, got=got)
        summed = parts.groupby(["point", "replicate", "x_km", "y_km"], sort=True, as_index=False).sum()
        summed["value"] = (summed["got"] / summed["among"].where(summed["among"] > 0)).astype(np.float64)
        places = summed[["x_km", "y_km"]].drop_duplicates().reset_index(drop=True)
        summed = summed.merge(places.reset_index(names="square"), on=["x_km", "y_km"])
        found = changes_of(summed, int(point_of(self.result.design, point)), self.reference, "value", "square").table()
        return found.join(places, on="unit").rename(columns={"unit": "square"})

    def _cells_of(self, point: int) -> pd.DataFrame:
        table = self.result.cells
        first = table[(table["point"] == point) & (table["replicate"] == table["replicate"].min())]
        return first.set_index("cell")

    def _one_territory(self) -> pd.DataFrame:
        table = self.result.cells
        place = ["x_km", "y_km", "population", "deprived_share"]
        home = self._cells_of(self.reference)[place]
        for point in self.result.design["point"]:
            if not self._cells_of(int(point))[place].equals(home):
                raise UserError(
                    f"cells: {self.labels[int(point)]} and {self.labels[self.reference]} are different territories, "
                    "expected one "
                    "(changes by cell need the same place)"
                )
        return table

    def _known(self, observables: Sequence[str]) -> list[str]:
        return [name for name in observables if name in self.result.runs.columns]

    @property
    def plot(self) -> Figures:
        """Figures as methods."""
        return Figures(self)

    def summary(self) -> str:
        """What was found, in words (Markdown)."""
        from alliancesim.comparison.summary import summary

        return summary(self)

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write ``comparison.md``, ``comparison.parquet`` and figures beside the runs, or into another folder."""
        from alliancesim.comparison.summary import save

        return save(self, Path(path) if path is not None else self.result.path)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.labels)}; {self.replicates} replicates>"


class Figures:
    """Figures of a comparison: ``comparison.plot.differences()``."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from alliancesim.comparison.figures import FIGURES

        if name not in FIGURES:
            raise AttributeError(f"no figure {name!r}; there are {', '.join(FIGURES)}")
        return lambda *args, **kwargs: FIGURES[name](self._comparison, *args, **kwargs)

    def __dir__(self) -> list[str]:
        from alliancesim.comparison.figures import FIGURES

        return list(FIGURES)
