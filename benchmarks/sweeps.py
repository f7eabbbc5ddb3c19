"""What the runner costs: its overhead, two workers against one, and a sweep of many tiny runs.

    python benchmarks/sweeps.py [--runs 40] [--tiny 2000]

All ratios are of one machine and one session. ``--tiny 100000`` is the sweep that docs/PERFORMANCE.md reports.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import alliancesim as al
from alliancesim.engine import engine_of, make_territory
from alliancesim.experiments.finish import kept_of
from alliancesim.experiments.measures import measure
from alliancesim.experiments.plan import make_plan


def middle(replicates: int) -> al.Experiment:
    """Runs of about 0.3 s: a rural territory of some 3,700 organisations over ten years and ten of burn-in."""
    return al.Experiment(
        name="middle", base=["territory=rural", "territory.seed=1", "months=120"], replicates=replicates
    )


def bare(experiment: al.Experiment) -> float:
    """The same runs in a plain loop: build, run, measure; nothing kept on a disk."""
    plan = make_plan(experiment)
    kept = kept_of(plan)
    scenarios = [plan.scenario(*plan.place(run)) for run in range(plan.runs)]
    territory = make_territory(scenarios[0])
    begin = time.perf_counter()
    for scenario in scenarios:
        engine = engine_of(scenario, territory=territory)
        engine.run()
        measure(engine, kept)
    return time.perf_counter() - begin


def swept(experiment: al.Experiment, folder: Path, workers: int) -> tuple[float, float]:
    """Wall time of the sweep, and of it the time between the first run and the last (without starting processes)."""
    begin = time.perf_counter()
    result = al.run_experiment(experiment, folder, workers=workers)
    wall = time.perf_counter() - begin
    assert len(result.runs) == result.manifest["runs_done"]
    return wall, float(result.timing["seconds"].sum())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--tiny", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bare(middle(2))
        experiment = middle(args.runs)
        ratios = []
        for turn in range(3):  # alternated, so that a slow minute strikes both
            loop = bare(experiment)
            wall, _ = swept(experiment, folder / f"one-{turn}", 1)
            ratios.append(wall / loop)
            print(
                f"bare loop {loop:.2f} s ({1000 * loop / args.runs:.0f} ms a run), sweep {wall:.2f} s: {wall / loop:.3f}"
            )
        print(f"overhead over the bare loop: {100 * (sorted(ratios)[1] - 1):+.1f} % (median of 3)")
        many = middle(4 * args.runs)
        one, _ = swept(many, folder / "one", 1)
        two, _ = swept(many, folder / "two", args.workers)
        print(
            f"{args.workers} workers against one, {4 * args.runs} runs, start of processes included: {one / two:.2f} times as fast"
        )
        tiny = al.Experiment(
            name="tiny", base=["territory.population=700", "territory.seed=1", "months=12", "burn_in=0"],
            factors={"rules.psi": {"low": 0, "high": 1}}, design={"kind": "sobol", "samples": max(1, args.tiny // 100)},
            replicates=100, keep={"timeseries": ["alliances"]},
        )  # fmt: skip
        begin = time.perf_counter()
        result = al.run_experiment(tiny, folder / "tiny", workers=args.workers)
        wall = time.perf_counter() - begin
        files = [path for path in result.path.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        runs = int(result.manifest["runs_done"])
        print(
            f"{runs:,} runs of about 60 organisations x 12 months, {args.workers} workers: {wall:.0f} s, {runs / wall:.0f} a second; "
            f"{len(files)} files, {size:.0f} MB; peak memory {peak:.0f} MB (command), {child:.0f} MB (a worker)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
