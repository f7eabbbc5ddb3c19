"""Start-up, each against ``python -c pass``: imports, help, the first month, and the first compilation, with and without caches.

Caches are folders of this benchmark's own; what cannot be written is a path below ``/proc``, which refuses everybody, root too.
The message of a compilation is awaited on the standard error of ``alliancesim run``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from table import ROOT, Row, best, child, main, number

NOWHERE = "/proc/nowhere"
IMPORT = "import alliancesim"
ENGINE = "from alliancesim.engine import engine_of; from alliancesim.scenario import load_scenario"
MONTH = f"""{ENGINE}
engine = engine_of(load_scenario("territory.population=2000", "months=1", "burn_in=0", "threads=1"))
engine.run()
"""
EVERYTHING = f"""{ENGINE}
import time
scenario = load_scenario("territory=urban", "territory.population=20000", "animation=full", "months=24", "burn_in=12", "threads=1")
start = time.perf_counter()
engine = engine_of(scenario)
engine.run()
print(time.perf_counter() - start)
"""
ONE = "from alliancesim.kernels.numeric import power; assert power(4.0, 0.5) == 2.0"
SMALL = ("run", "territory.population=2000", "months=1", "burn_in=0")


def seconds_of(code: str, repeats: int = 1, **environment: str | None) -> float:
    """Least seconds of a fresh process."""
    return best(lambda: child("-c", code, **environment), repeats)


def message(cache: Path) -> float:
    """Seconds until ``alliancesim run`` says that it compiles; the process is stopped then.

    Raises
    ------
    AssertionError
        When it ends without having said so.
    """
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "NUMBA_CACHE_DIR": str(cache)}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "alliancesim.cli", *SMALL, f"output={folder}/out"],
            env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        said = any("compiling kernels" in line for line in process.stderr)
        seconds = time.perf_counter() - start
        process.terminate()
        process.communicate()
    if not said:
        raise AssertionError("alliancesim run compiled kernels and did not say so")
    return seconds


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    repeats = 1 if quick else 7
    least = seconds_of("pass", repeats)
    reference = f"python -c pass ({number(1000 * least)} ms)"
    found: list[Row] = []

    def row(what: str, seconds: float, aim: str = "", note: str = "") -> None:
        found.append(Row(what, f"{number(seconds)} s", reference, seconds / least, aim, note, seconds))

    row("import alliancesim", seconds_of(IMPORT, repeats))
    row("alliancesim --help", best(lambda: child("-m", "alliancesim.cli", "--help"), repeats), "≤ 0.3 s")
    if not quick:
        row("imports of a run", seconds_of(ENGINE, 3))
        child("-c", MONTH)
        row("from nothing to the first month, kernels cached", seconds_of(MONTH, 3), "≤ 3 s")
    with tempfile.TemporaryDirectory() as scratch:
        compiled_into(Path(scratch), quick, row)
    return found


def compiled_into(scratch: Path, quick: bool, row: Callable[..., None]) -> None:
    """Rows of first compilations. A quick one compiles a single kernel; the whole takes a minute or two each time."""
    code, what = (ONE, "one kernel") if quick else (MONTH, "the kernels of a first month")
    cache, temporary = scratch / "cache", scratch / "tmp"
    temporary.mkdir()
    here = {"NUMBA_CACHE_DIR": str(cache)}
    cold = seconds_of(code, **here)
    row(f"compile {what} into an empty cache", cold)
    row("the same process again", seconds_of(code, 1 if quick else 2, **here))
    if not quick:
        all_in = float(child("-c", EVERYTHING, NUMBA_CACHE_DIR=str(scratch / "all")).stdout)
        row("first compilation of all kernels, a short run included", all_in, "≤ 20 s", "without imports")
    said = message(scratch / "said")
    row("alliancesim run: until it says that it compiles", said, note="on standard error, before the wait")
    if not Path("/proc/self").exists():
        return
    # Without a cache that can be written: a temporary folder of the user's own; without that, machine code is kept nowhere.
    homeless = {"NUMBA_CACHE_DIR": None, "HOME": NOWHERE, "XDG_CACHE_HOME": NOWHERE, "TMPDIR": str(temporary)}
    unwritable = {"NUMBA_CACHE_DIR": NOWHERE, "TMPDIR": str(temporary)}
    row(f"no home: {what}, first", seconds_of(code, **homeless), note="kept in a temporary folder of the user's own")
    row("no home: again", seconds_of(code, 1 if quick else 2, **homeless))
    row(
        "a cache folder that cannot be written: again",
        seconds_of(code, 1 if quick else 2, **unwritable),
        note="the same temporary folder",
    )
    own = next(temporary.glob("alliancesim-*"))
    own.chmod(0o777)
    row("no folder at all", seconds_of(code, **homeless), note="compiled in memory, every time")
    left = [file.name for file in cache.rglob("*.tmp.*")]
    if left:
        raise AssertionError(f"a compilation left {left}")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "src")]
    sys.exit(main(rows, __doc__))
