"""Measure what the project promises, as ratios to references run in the same process: python benchmarks/speed.py

References: one pass of keyed draws over the organisations (for a month), ``python -c pass`` (for the command). Absolute times
depend on the machine; ratios are what to compare. Writes nothing; paste the table into docs/PERFORMANCE.md.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from alliancesim.engine import engine_of
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.scenario import load_scenario


@kernel
def draws(keys: np.ndarray) -> float:
    """Four keyed uniforms an organisation: the least that a month could cost."""
    total = 0.0
    for i in range(keys.shape[0]):
        for k in range(4):
            total += uniform(fold(keys[i], k))
    return total


def clock(work, repeats: int = 1) -> float:
    """Least seconds of a few runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def command(*arguments: str, **environment: str) -> float:
    """Seconds of a fresh process."""
    return clock(
        lambda: subprocess.run(
            [sys.executable, *arguments], check=True, capture_output=True, env={**os.environ, **environment}
        ),
        3 if not environment else 1,
    )


def run_of(*overrides: str, months: int, burn_in: int = 120) -> tuple[float, int, object]:
    """Seconds of a run's months (tables built before), organisations, engine."""
    engine = engine_of(load_scenario(*overrides, f"months={months}", f"burn_in={burn_in}", "threads=1"))
    return clock(engine.run), engine.state.n_organisations, engine


def main() -> int:
    """Print the table."""
    rows = []
    run_of("territory=urban", "territory.population=20000", "animation=full", months=24, burn_in=12)  # warm
    seconds, n, engine = run_of("territory=urban", "territory.population=45000", months=120)
    reference = clock(lambda: draws(engine.state.organisations["key"].copy()), 20)
    rows.append((f"240 months, 45,000 inhabitants, {n} organisations", seconds, 240 * reference, "240 passes of draws"))
    seconds, n, engine = run_of("territory=urban", "territory.population=1130000", months=60)
    reference = clock(lambda: draws(engine.state.organisations["key"].copy()), 5)
    rows.append((f"a month, {n} organisations, one thread", seconds / 180, reference, "a pass of draws"))
    per = engine.state.nbytes() / n
    empty = command("-c", "pass")
    rows.append(("alliancesim --help", command("-m", "alliancesim.cli", "--help"), empty, "python -c pass"))
    with tempfile.TemporaryDirectory() as folder:
        out = f"output={folder}/out"
        small = ["territory.population=2000", "months=1", "burn_in=0", out, "overwrite=true"]
        rows.append(
            (
                "run of one month, kernels cached",
                command("-m", "alliancesim.cli", "run", *small),
                empty,
                "python -c pass",
            )
        )
        rows.append(
            ("the same, kernels compiled", command("-m", "alliancesim.cli", "run", *small, NUMBA_CACHE_DIR=f"{folder}/cache"),
             empty, "python -c pass")
        )  # fmt: skip
    print("| what | seconds | reference | ratio |\n|---|---|---|---|")
    for name, value, against, word in rows:
        print(f"| {name} | {value:.3f} | {word} ({against:.5f} s) | {value / against:.1f} |")
    print(f"\ntables after 180 months at {n} organisations: {per:.0f} bytes an organisation")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    engine = engine_of(load_scenario("territory=urban", "territory.population=12000000", "months=1", "burn_in=0"))
    million = engine.state.n_organisations
    print(f"tables at {million} organisations: {engine.state.nbytes() / million:.0f} bytes each; peak of the process grew by "
          f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / million:.0f} bytes each")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
