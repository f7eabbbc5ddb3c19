"""The model as a plain function ``f(parameters, seed)``: what pyABC, sbi, black-it and optimisers call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alliancesim.errors import UserError
from alliancesim.experiments.measures import Kept, measures
from alliancesim.experiments.work import Context, Task, run_task, unpack_array
from alliancesim.scenario import Scenario, load_scenario


class Function:
    """A scenario as a function of some of its keys; picklable, so that it may run in other processes.

    Parameters
    ----------
    base : Scenario or sequence of str
        Scenario, or ``key=value`` as on the command line.
    names : sequence of str
        Keys that a vector of parameters sets, in order.
    observables : sequence of str
        Columns of ``runs.parquet`` to return.
    series : sequence of str
        Monthly columns of ``path()``.
    every : int
        Months between two rows of ``path()``.

    Examples
    --------
    >>> f = Function(["territory=rural", "months=24"], ["rules.psi", "rules.tol0"], ["alliances"])
    >>> f({"rules.psi": 0.3}, seed=7)["alliances"]
    >>> f([0.3, 0.2], seed=7)
    """

    def __init__(
        self,
        base: Scenario | Sequence[str],
        names: Sequence[str] = (),
        observables: Sequence[str] = ("engaged_share", "alliances", "need_met"),
        series: Sequence[str] = (),
        every: int = 1,
    ) -> None:
        scenario = base if isinstance(base, Scenario) else load_scenario(*base)
        scenario = scenario.replace(threads=1, output=None, overwrite=False, profile=False)
        known = {one.name for one in measures(scenario.territory.domains)}
        for name in observables:
            if name not in known:
                raise UserError(f"observables: found {name!r}, expected columns of runs.parquet")
        self.names, self.observables, self.series = tuple(names), tuple(observables), tuple(series)
        kept = Kept(self.observables, self.series, every)
        self._context = Context("territory", (scenario.to_dict(),), {}, kept)

    def _run(self, parameters: Mapping[str, Any] | Sequence[float] | np.ndarray, seed: int) -> Any:
        if not isinstance(parameters, Mapping):
            if len(parameters) != len(self.names):
                raise UserError(
                    f"parameters: found {len(parameters)} values, expected {len(self.names)} ({', '.join(self.names)})"
                )
            parameters = dict(zip(self.names, parameters, strict=True))
        return run_task(self._context, Task(0, 0, dict(parameters), {}, int(seed)))

    def __call__(self, parameters: Mapping[str, Any] | Sequence[float] | np.ndarray, seed: int) -> dict[str, float]:
        """Observables of one run.

        Parameters
        ----------
        parameters : mapping, or vector in the order of ``names``
        seed : int

        Returns
        -------
        dict
            Observable to value; NaN where it was not measured.
        """
        row = np.frombuffer(self._run(parameters, seed).row, dtype="<f8")
        return dict(zip(self.observables, row.tolist(), strict=True))

    def path(self, parameters: Mapping[str, Any] | Sequence[float] | np.ndarray, seed: int) -> np.ndarray:
        """Monthly columns of one run, shape (rows, ``len(series)``): what black-it calls a simulated time series."""
        return unpack_array(self._run(parameters, seed).tables["series"])[:, 1:]
