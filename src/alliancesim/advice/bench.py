"""Where mixes are tried: each in each future once, through the runner of experiments, kept in a store.

A search that is stopped goes on as a sweep does: what was run is in the store, the search takes the same path through it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.advice.futures import Future, factors, settled
from alliancesim.advice.space import LEVERS, Mix, animation, doses
from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.errors import UserError
from alliancesim.experiments import Experiment
from alliancesim.experiments.experiment import KeepConfig
from alliancesim.experiments.plan import plan_of
from alliancesim.experiments.runner import run_plan
from alliancesim.experiments.settings import Settings
from alliancesim.scenario import Scenario

if TYPE_CHECKING:
    from alliancesim.experiments.opened import ExperimentResult

LATER = 36
"""Months that are simulated after the last one of the calendar: an alliance lasts if it lives for one term."""
EVERY = 3
"""Months between two rows over time that are kept."""

SIGNS = (
    "engaged_share", "willing_share", "alliances", "alliances_identified", "births", "alliances_of_animators", "meetings",
    "success_rate", "share_three_spheres", "newcomers", "involved", "attended", "forums_launched", "alliances_accompanied",
    "index_social_cohesion", "need_met",
)  # fmt: skip
"""What could be seen after one year (flows: of that year)."""
_FLOWS = ("births", "meetings", "attended", "forums_launched", "alliances_accompanied")
_NEEDS = ("need_met", "need_met_deprived")
_ENDS = ("lasting_alliances", "organisations", "impact_trust", "mean_ties", "levers_unpaid")
_SPENT = (*(f"spend_{name}_keur" for name in LEVERS), *(f"days_{name}" for name in LEVERS))


class Bench:
    """Runs of mixes in futures.

    Parameters
    ----------
    base : Scenario
        Place and rules; its months are set here.
    budget : float
        kEUR a year.
    years : int
        Of animation.
    store : path
        Folder of finished runs.
    settings : Settings
    progress : bool
    say : callable
        Takes lines about what is under way.

    Attributes
    ----------
    runs : int
        Runs that were asked for so far.
    """

    def __init__(
        self,
        base: Scenario,
        budget: float,
        years: int,
        store: str | os.PathLike[str],
        settings: Settings | None = None,
        progress: bool = False,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.base = base.replace(months=12 * years + LATER, animation={"animators": {}}, threads=1)
        self.budget, self.years = budget, years
        self.store, self.settings = Path(store), settings or Settings(workers=1)
        self.progress, self.say = progress, say
        self.runs = 0
        self._known: dict[tuple[Mix, Future], dict[str, float]] = {}
        self._futures: dict[Future, Scenario] = {}

    def settled(self, future: Future) -> Scenario:
        """A future without animation."""
        if future not in self._futures:
            self._futures[future] = settled(self.base, future)
        return self._futures[future]

    def animation(self, mix: Mix, future: Future) -> dict[str, Any]:
        """The animators of a mix at the prices of a future."""
        return animation(mix, self.budget, self.years, factors(future))

    def measure(self, mixes: Sequence[Mix], futures: Sequence[Future], what: str = "") -> pd.DataFrame:
        """Outcomes of every mix in every future.

        Returns
        -------
        DataFrame
            A row a mix and future: ``choice`` (place in ``mixes``), ``kind``, ``number`` of the future; ``lasting`` (lasting
            alliances for 1,000 organisations), ``needs`` and ``needs_all`` (mean share of needs met over all months, in
            deprived cells and everywhere, %; ``needs`` is NaN where no cell is deprived), ``trust`` (trusted partners of 100
            organisations), ``spent`` (money and days of all years, kEUR), ``unpaid`` (occurrences), and ``sign_<name>``
            (what could be seen after one year).

        Raises
        ------
        RuntimeError
            Where a run fails: that is a fault of the model, which no advice may pass over.
        """
        wanted = [(mix, future) for future in futures for mix in dict.fromkeys(mixes)]
        missing = [one for one in wanted if one not in self._known]
        if missing:
            self._run(missing, what)
        rows = []
        for future in futures:
            for choice, mix in enumerate(mixes):
                about = {"choice": choice, "kind": future.kind, "number": future.number}
                rows.append({**about, **self._known[(mix, future)]})
        return pd.DataFrame(rows)

    def _run(self, missing: Sequence[tuple[Mix, Future]], what: str) -> None:
        self.say(f"{what or 'runs'}: {len(missing)}")
        self.runs += len(missing)
        experiment = Experiment(
            name="advice",
            replicates=1,
            keep=KeepConfig(
                observables=[*_ENDS, *_SPENT], timeseries=list(dict.fromkeys((*_NEEDS, *SIGNS))), every=EVERY
            ),
        )
        futures = list(dict.fromkeys(future for _, future in missing))
        points = [
            (f"{number}", futures.index(future), _changes(self.animation(mix, future)))
            for number, (mix, future) in enumerate(missing)
        ]
        plan = plan_of(experiment, [self.settled(future) for future in futures], points)
        settings = Settings(**{**vars(self.settings), "store": str(self.store), "output": None, "overwrite": False})
        with tempfile.TemporaryDirectory(prefix="alliancesim-") as folder:
            self._take(run_plan(plan, Path(folder) / "runs", settings, progress=self.progress), missing)

    def _take(self, result: ExperimentResult, missing: Sequence[tuple[Mix, Future]]) -> None:
        if result.manifest["rows"].get("failures.parquet"):
            first = result.failures.iloc[0]
            raise RuntimeError(f"a run of the advice failed: {first['error']}\n{first['traceback']}")
        runs = {row["point"]: row for row in result.runs.to_dict("records")}
        series = dict(tuple(result.timeseries.groupby("point", sort=False)))
        for point, (mix, future) in enumerate(missing):
            self._known[(mix, future)] = self._outcome(runs[point], series[point], mix, future)

    def _outcome(self, run: dict[Any, Any], series: pd.DataFrame, mix: Mix, future: Future) -> dict[str, float]:
        spent = sum(run[f"spend_{name}_keur"] + DAY_KEUR * run[f"days_{name}"] for name in LEVERS)
        spent += self._outside(mix, future)
        deprived = series["need_met_deprived"].to_numpy(dtype=float)
        found = {
            "lasting": 1000.0 * run["lasting_alliances"] / run["organisations"],
            "needs": 100.0 * float(deprived.mean()) if np.isfinite(deprived).all() else np.nan,
            "needs_all": 100.0 * float(series["need_met"].mean()),
            # the mean trust of ties falls as new acquaintances are made; what organisations hold together does not
            "trust": 100.0 * float(np.nan_to_num(run["impact_trust"])) * float(np.nan_to_num(run["mean_ties"])),
            "spent": float(spent),
            "unpaid": float(run["levers_unpaid"]),
            "organisations": float(run["organisations"]),
        }
        year = series[series["month"] <= 12]
        for name in SIGNS:
            column = year[name].to_numpy(dtype=float)
            found[f"sign_{name}"] = float(column.sum() if name in _FLOWS else column[-1]) if len(column) else np.nan
        return found

    def _outside(self, mix: Mix, future: Future) -> float:
        return self.years * doses(mix, self.budget, self.years, factors(future)).outside_keur


def _changes(animation: dict[str, Any]) -> dict[str, Any]:
    return {"animation.animators": animation["animators"]} if animation else {}


def span(kind: str, first: int, count: int) -> list[Future]:
    """Futures of a kind with seeds in a row."""
    return [Future(kind, first + k) for k in range(count)]


def check_place(names: Iterable[str]) -> None:
    """Whether a place is asked for.

    Raises
    ------
    UserError
    """
    if not any(text.partition("=")[0].strip() == "territory" for text in names):
        raise UserError("territory: found nothing, expected one, such as territory=real territory.place=Roanne")
