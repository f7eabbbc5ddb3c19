"""Run every benchmark and print one table, the aim beside each ratio.

    python benchmarks/all.py [--quick] [--only growth,forums] [--page docs/BENCHMARKS.md]

Every row is a ratio of two things measured in this run on this machine; every opponent stands in ``benchmarks/``, and its
results are checked against ours before it is timed. The status is 1 when a benchmark fails, never for an aim that is missed.
With ``--page`` the table of each benchmark that ran and went well takes its place on a page, and those of others stay.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import re
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ORDER = ("against_mesa", "against_c", "month", "growth", "limits", "forums", "sweep_engines", "cluster", "startup")
"""Benchmarks of the table; those that are not there are left out."""
HEAD = """# Benchmarks

Made by `make benchmark` (`python benchmarks/all.py --page docs/BENCHMARKS.md`); do not edit. Every row is a ratio of two things
measured in one run on one machine; opponents stand in `benchmarks/`, and what they give is checked against ours before they are
timed. What the numbers say: [PERFORMANCE.md](PERFORMANCE.md).
"""

sys.path[:0] = [folder for folder in (str(HERE),) if folder not in sys.path]

from table import Row, markdown  # noqa: E402


def available() -> list[str]:
    """Names of the benchmarks that exist."""
    return [name for name in ORDER if (HERE / f"{name}.py").is_file()]


def machine() -> str:
    """What the numbers were measured with."""
    import numba
    import numpy

    from alliancesim.machine import processors

    return (
        f"{processors()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}, "
        f"NumPy {numpy.__version__}, Numba {numba.__version__}"
    )


def measured(name: str, quick: bool) -> tuple[list[Row], bool]:
    """Rows of one benchmark, and whether it went well; one that fails is a row that says so."""
    try:
        return list(importlib.import_module(name).rows(quick)), True
    except Exception as error:
        traceback.print_exc()
        return [Row(name, note=f"failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}")], False


def summary(module: str) -> str:
    """First line of what a benchmark says of itself."""
    return (importlib.import_module(module).__doc__ or "").strip().splitlines()[0]


def put_on(page: Path, name: str, rows: Sequence[Row], quick: bool) -> None:
    """The table of one benchmark in its place on a page; sections of others stay as they are."""
    text = page.read_text(encoding="utf-8") if page.exists() else HEAD
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    sections[name] = f"\n{summary(name)}\n\n*{machine()}{', --quick' if quick else ''}*\n\n{markdown(rows)}\n"
    ordered = sorted(sections, key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))
    body = "\n".join(f"## {one}\n\n{sections[one].strip()}\n" for one in ordered)
    page.write_text(f"{HEAD}\n{body}", encoding="utf-8", newline="\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small version of each")
    parser.add_argument("--only", metavar="NAME,...", default="", help=f"some of {', '.join(available())}")
    parser.add_argument("--page", type=Path, help="a page on which the tables take their places")
    args = parser.parse_args(argv)
    wanted = [name for name in args.only.split(",") if name] or available()
    unknown = sorted(set(wanted) - set(available()))
    if unknown:
        parser.error(f"--only: found {', '.join(unknown)}, expected of {', '.join(available())}")
    rows: list[Row] = []
    well = True
    for name in [one for one in available() if one in wanted]:
        start = time.perf_counter()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        found, fine = measured(name, args.quick)
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        rows += found
        well = well and fine
        if args.page is not None and fine:
            put_on(args.page, name, found, args.quick)
    print(f"{machine()}{', --quick' if args.quick else ''}\n")
    print(markdown(rows))
    aims = [row.met for row in rows if row.met is not None]
    print(f"\n{sum(aims)} of {len(aims)} aims are met")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
