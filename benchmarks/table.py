"""Rows of the one table that ``benchmarks/all.py`` prints, and what every benchmark needs to time its opponents fairly."""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    what : str
    measured, reference : str
        With their units; the reference is measured in the same run, on the same machine.
    ratio : float or None
        How many times better ours is than the reference (or what the row says it is).
    aim : str
        Such as ``"≥ 1.6"`` or ``"≤ 20 s"``; empty for none.
    note : str
    value : float, optional
        What the aim is about, where that is not the ratio.
    """

    what: str
    measured: str = ""
    reference: str = ""
    ratio: float | None = None
    aim: str = ""
    note: str = ""
    value: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without an aim, or where nothing could be measured."""
        found = re.match(r"\s*([≤≥<>])=?\s*([\d.,]+)", self.aim)
        value = self.ratio if self.value is None else self.value
        if found is None or value is None or math.isnan(value):
            return None
        bound = float(found[2].replace(",", ""))
        return value <= bound if found[1] in "≤<" else value >= bound


def number(value: float) -> str:
    """Three figures that count, without powers of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def markdown(rows: Sequence[Row]) -> str:
    """The table."""
    lines = ["| what | measured | reference | ratio | aim | met | note |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else number(row.ratio)
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        cells = (row.what, row.measured, row.reference, ratio, row.aim, met, row.note)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def best(work: Callable[[], object], repeats: int = 3) -> float:
    """Least seconds of a few calls: what else runs on the machine only ever adds."""
    least = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - start)
    return least


def peak_bytes() -> int:
    """Most memory that this process had, from its own start on."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss of Linux counts what the process that forked this one had, too
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def child(*arguments: str | Path, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """A fresh Python that finds what this one finds; a variable that is None is left out."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    kept = {name: value for name, value in given.items() if value is not None}
    done = subprocess.run([sys.executable, *map(str, arguments)], env=kept, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]}: status {done.returncode}\n{done.stderr[-2000:]}")
    return done


def main(rows: Callable[[bool], list[Row]], description: str | None, argv: Sequence[str] | None = None) -> int:
    """The command of one benchmark."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small version: the same checks, smaller sizes")
    print(markdown(rows(parser.parse_args(argv).quick)))
    return 0
