"""Growth: time and memory an organisation over four orders of magnitude, and two threads against one.

Every size is a fresh process: a synthetic urban territory, sizes by its population, 24 months from the start, no burn-in.
Time is the least of a few runs of the months, tables built before. Memory is the peak of the process, the building of its
tables included, beyond that of one that imports the same and runs a tiny territory.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from pathlib import Path

from table import ROOT, Row, child, markdown, number, peak_bytes

sys.path[:0] = [str(ROOT / "src")] if str(ROOT / "src") not in sys.path else []

MONTHS = 24
INHABITANTS = 11.3
"""Inhabitants of an urban territory for one organisation."""
SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
QUICK = (1_000, 10_000, 100_000)
TINY = 100
TWO = {1_000_000: "≥ 1.6", 5_000_000: "≥ 1.3"}


def once(size: int, threads: int) -> dict[str, float]:
    """What one size takes, in this process."""
    import hashlib

    from alliancesim.engine import engine_of
    from alliancesim.scenario import load_scenario

    def scenario(organisations: int):
        return load_scenario(
            "territory=urban", f"territory.population={round(INHABITANTS * organisations)}", "territory.seed=1",
            f"months={MONTHS}", "burn_in=0", f"threads={threads}",
        )  # fmt: skip

    engine_of(scenario(TINY)).run()  # what is cached is loaded, what is not is compiled
    found: dict[str, float] = {}
    repeats = 15 if size <= 2_000 else 7 if size <= 20_000 else 3 if size <= 200_000 else 2
    seconds = []
    for repeat in range(repeats):
        start = time.perf_counter()
        engine = engine_of(scenario(size))
        built = time.perf_counter() - start
        start = time.perf_counter()
        engine.run()
        seconds.append(time.perf_counter() - start)
        if repeat == 0:
            found = {
                "organisations": int(engine.state.n_organisations),
                "alliances": int(engine.state.n_alliances),
                "built": built,
                "peak": peak_bytes(),
                "digest": hashlib.sha256(engine.world.records.digests.tobytes()).hexdigest(),
            }
        del engine
        gc.collect()
    return {**found, "seconds": min(seconds)}


def fresh(size: int, threads: int = 1) -> dict[str, float]:
    """The same in a process of its own."""
    done = child(Path(__file__), "--one", str(size), "--threads", str(threads))
    return json.loads(done.stdout.splitlines()[-1])


def measure(sizes: tuple[int, ...], two: dict[int, str], memory_from: int = 100_000) -> list[Row]:
    """Rows of some sizes."""
    rows = []
    fresh(TINY)  # whoever compiles kernels needs more memory than whoever loads them
    bare = fresh(TINY)
    found = {size: fresh(size) for size in sizes}
    each = {size: 1e9 * one["seconds"] / MONTHS / one["organisations"] for size, one in found.items()}
    least = min(each.values())
    memory = {
        size: (one["peak"] - bare["peak"]) / (one["organisations"] - bare["organisations"])
        for size, one in found.items()
    }
    for size, one in found.items():
        rows.append(
            Row(
                f"a month of {one['organisations']:,} organisations, one thread",
                f"{number(each[size])} ns an organisation",
                f"the best size ({number(least)} ns)",
                each[size] / least,
                note=f"{one['alliances']:,} alliances in {MONTHS} months; tables built in {number(one['built'])} s",
            )
        )
    rows.append(
        Row(
            f"time an organisation and month, {sizes[0]:,} to {sizes[-1]:,} organisations, most to least",
            f"{number(max(each.values()))} ns", f"{number(least)} ns", max(each.values()) / least, "≤ 2",
        )
    )  # fmt: skip
    for size, aim in two.items():
        pair = fresh(size, 2)
        if pair["digest"] != found[size]["digest"]:
            raise AssertionError(f"{size} organisations: two threads do not give what one gives")
        rows.append(
            Row(
                f"two threads against one, {pair['organisations']:,} organisations",
                f"{number(1000 * pair['seconds'] / MONTHS)} ms a month",
                f"one thread ({number(1000 * found[size]['seconds'] / MONTHS)} ms)",
                found[size]["seconds"] / pair["seconds"], aim, "the same digests of all decisions",
            )
        )  # fmt: skip
    for size, one in found.items():
        if size >= memory_from:
            rows.append(
                Row(
                    f"memory beyond the bare process, {one['organisations']:,} organisations",
                    f"{memory[size]:.0f} bytes an organisation",
                    f"the bare process ({bare['peak'] / 1e6:.0f} MB)",
                    (one["peak"] - bare["peak"]) / bare["peak"], "≤ 400 bytes",
                    "peak of the process, building included", memory[size],
                )
            )  # fmt: skip
    return rows


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    return measure(QUICK, {QUICK[-1]: ""}) if quick else measure(SIZES, TWO)


def main() -> int:
    """The command, and what its fresh processes do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"up to {QUICK[-1]:,} organisations")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="leave larger sizes out")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(once(args.one, args.threads)))
    elif args.quick:
        print(markdown(rows(True)))
    else:
        sizes = tuple(size for size in SIZES if size <= args.most)
        print(markdown(measure(sizes, {size: aim for size, aim in TWO.items() if size <= args.most})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
