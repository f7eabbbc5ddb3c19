"""A month and a run against the least that they could cost: one pass of keyed draws over the organisations."""

from __future__ import annotations

import sys
import time

import numpy as np
from table import Row, best, main, number

from alliancesim.engine import engine_of
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.scenario import load_scenario


@kernel
def draws(keys: np.ndarray) -> float:
    """Four keyed uniforms an organisation."""
    total = 0.0
    for i in range(keys.shape[0]):
        for k in range(4):
            total += uniform(fold(keys[i], k))
    return total


def check() -> None:
    """The pass draws what plain Python draws."""
    from alliancesim.rules import keys

    some = np.arange(1, 50, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    plain = 0.0
    for key in some.tolist():
        for k in range(4):
            plain += keys.uniform(keys.fold(key, k))
    assert draws(some) == plain


def run_of(population: int, months: int, burn_in: int, repeats: int):
    """Least seconds of a run's months on one thread (tables built before), and its engine."""
    scenario = load_scenario(
        "territory=urban", f"territory.population={population}", f"months={months}", f"burn_in={burn_in}", "threads=1"
    )
    least = float("inf")
    for _ in range(repeats):
        engine = engine_of(scenario)
        start = time.perf_counter()
        engine.run()
        least = min(least, time.perf_counter() - start)
    return least, engine


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    check()
    run_of(5_000, 6, 6, 1)  # what is cached is loaded, what is not is compiled
    found = []
    months = 24 if quick else 240
    seconds, engine = run_of(45_000, months // 2, months // 2, 1 if quick else 3)
    keys = engine.state.organisations["key"].copy()
    least = best(lambda: draws(keys), 20)
    found.append(
        Row(
            f"{months} months of {len(keys):,} organisations (45,000 inhabitants, everyone)",
            f"{number(seconds)} s", f"{months} passes of four keyed draws ({number(months * least)} s)",
            seconds / (months * least), "" if quick else "≤ 0.5 s", value=seconds,
        )
    )  # fmt: skip
    population, months, burn_in = (120_000, 6, 6) if quick else (1_130_000, 60, 120)
    seconds, engine = run_of(population, months, burn_in, 1)
    keys = engine.state.organisations["key"].copy()
    least = best(lambda: draws(keys), 10)
    each = seconds / (months + burn_in)
    found.append(
        Row(
            f"a month of {len(keys):,} organisations, one thread, mean of {months + burn_in}",
            f"{number(1000 * each)} ms", f"one such pass ({number(1000 * least)} ms)", each / least,
            "" if quick else "≤ 10 ms", value=1000 * each,
        )
    )  # fmt: skip
    return found


if __name__ == "__main__":
    sys.exit(main(rows, __doc__))
