"""Runs a second of many runs: our sweep against a bare loop, ``mesa.batch_run`` over our Mesa face, and Hydra's multirun.

Runs that differ by their seed only, of an urban territory of about 1,000 and 10,000 organisations, each on one thread; with
one worker and with two. The start of workers counts, imports of the command that starts them do not. All four must leave
the same observables of the last month, seed by seed. Hydra's joblib launcher is timed where it is installed
(``hydra-joblib-launcher``); its basic launcher knows one worker. On Linux ``mesa.batch_run`` forks its workers, which costs
nothing and is not safe after threads; ours are spawned.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

import mesa
import numpy as np
from table import Row, child, main, number

import alliancesim as al
from alliancesim.engine import engine_of, make_territory
from alliancesim.experiments.plan import make_plan
from alliancesim.rules.observe import COLUMNS

HERE = Path(__file__).resolve().parent
OBSERVED = ("alliances", "engaged_share", "willing_share", "need_met")
INHABITANTS = 11.3

Values = dict[int, tuple[float, ...]]


class Runs:
    """What is run: a territory's size, and how many seeds."""

    def __init__(self, size: int, runs: int, months: int) -> None:
        self.size, self.count = size, runs
        self.overrides = (
            "territory=urban", f"territory.population={round(INHABITANTS * size)}", "territory.seed=1",
            f"months={months}", f"burn_in={months}", "threads=1",
        )  # fmt: skip
        self.experiment = al.Experiment(
            name="engines", base=list(self.overrides), replicates=runs, keep={"timeseries": list(OBSERVED)}
        )
        plan = make_plan(self.experiment)
        self.scenarios = [plan.scenario(*plan.place(run)) for run in range(plan.runs)]

    def bare(self, _workers: int, _folder: Path) -> tuple[float, Values]:
        """A loop: the territory once, then build and run."""
        start, found = time.perf_counter(), {}
        territory = make_territory(self.scenarios[0])
        for scenario in self.scenarios:
            engine = engine_of(scenario, territory=territory)
            engine.run()
            records = engine.world.records
            found[scenario.seed] = tuple(float(records.values[records.rows - 1, COLUMNS[name]]) for name in OBSERVED)
        return time.perf_counter() - start, found

    def ours(self, workers: int, folder: Path) -> tuple[float, Values]:
        """The sweep, with its journal and its tables on the disk."""
        start = time.perf_counter()
        result = al.run_experiment(self.experiment, folder / "ours", workers=workers)
        seconds = time.perf_counter() - start
        series = result.timeseries
        last = series[series["month"] == series["month"].max()]
        seeds = result.runs.set_index("run")["seed"]
        return seconds, {
            int(seeds[row.run]): tuple(getattr(row, name) for name in OBSERVED) for row in last.itertuples()
        }

    def mesa(self, workers: int, _folder: Path) -> tuple[float, Values]:
        """``mesa.batch_run``, given the territory ready made."""
        start = time.perf_counter()
        territory = make_territory(self.scenarios[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what one version of Mesa says about the other
            rows = mesa.batch_run(
                al.AllianceModel,
                parameters={"scenario": self.scenarios, "territory": [territory], "model_reporters": [{n: n for n in OBSERVED}]},
                number_processes=workers, display_progress=False,
            )  # fmt: skip
        seconds = time.perf_counter() - start
        return seconds, {row["scenario"].seed: tuple(float(row[name]) for name in OBSERVED) for row in rows}

    def hydra(self, workers: int, folder: Path, *more: str) -> tuple[float, Values]:
        """Hydra's multirun in a process of its own."""
        target, out = folder / "seconds", folder / "jobs"
        seeds = ",".join(str(scenario.seed) for scenario in self.scenarios)
        groups = ("territory=",)
        plus = [one if one.startswith(groups) else f"++{one}" for one in self.overrides]
        child(
            HERE / "opponents" / "hydra_runs.py", target, "--multirun", *plus, f"++seed={seeds}",
            f"hydra.sweep.dir={out}", *more, HYDRA_FULL_ERROR="1",
        )  # fmt: skip
        found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(out.rglob("observed.json"))]
        return float(target.read_text(encoding="utf-8")), {
            one["seed"]: tuple(one[name] for name in OBSERVED) for one in found
        }

    def joblib(self, workers: int, folder: Path) -> tuple[float, Values]:
        """Hydra's joblib launcher."""
        return self.hydra(workers, folder, "hydra/launcher=joblib", f"hydra.launcher.n_jobs={workers}")

    def compared(self, workers: int, repeats: int) -> list[Row]:
        """Rows of one number of workers; opponents in turns, so that a slow minute strikes all."""
        engines = {"our sweep": self.ours, "mesa.batch_run": self.mesa}
        if workers == 1:
            engines |= {"bare loop": self.bare, "Hydra, basic launcher": self.hydra}
        joblib = any(one.name == "hydra-joblib-launcher" for one in importlib.metadata.distributions())
        if joblib:
            engines["Hydra, joblib launcher"] = self.joblib
        least: dict[str, float] = {}
        expected: Values = {}
        for _ in range(repeats):
            for name, work in engines.items():
                with tempfile.TemporaryDirectory() as folder:
                    seconds, values = work(workers, Path(folder))
                expected = expected or values
                same = values.keys() == expected.keys() and all(
                    np.array_equal(values[seed], expected[seed], equal_nan=True) for seed in expected
                )
                if not same:
                    raise AssertionError(f"{name}, {workers} workers: other results than our sweep")
                least[name] = min(least.get(name, float("inf")), seconds)
        mine = least.pop("our sweep")
        words = f"{self.count} runs of {self.size:,} organisations, {workers} worker{'s' if workers > 1 else ''}"
        rows = [
            Row(
                f"{words}: our sweep against {name}", f"{number(self.count / mine)} runs a second",
                f"{number(self.count / seconds)} runs a second", seconds / mine,
                note="the same observables, seed by seed",
            )
            for name, seconds in sorted(least.items())
        ]  # fmt: skip
        if not joblib:
            rows.append(Row(f"{words}: Hydra, joblib launcher", note="not installed (hydra-joblib-launcher)"))
        return rows


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    found = []
    for size, runs in ((1_000, 3),) if quick else ((1_000, 120), (10_000, 24)):
        many = Runs(size, runs, 6 if quick else 60)
        many.bare(1, Path())  # what is cached is loaded, what is not is compiled
        for workers in (1, 2):
            found += many.compared(workers, 1 if quick else 2)
    return found


if __name__ == "__main__":
    sys.exit(main(rows, __doc__))
