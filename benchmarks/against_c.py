"""The hot kernels of a month against C (-O3 -march=native), bit for bit, on the tables of a run.

A run of a synthetic urban territory goes on to its last month. In that month every kernel that ``opponents/*.c`` has too is
stopped before it runs: what it is given is copied, Numba and C both work on equal copies, every array that they write and
what they return must have the same bits, and then both are timed in turn on one and the same copy, filled anew before each
call. The extensions of the model are off, and C leaves their switches out.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from opponents.c_library import Function, NoCompiler, library, same_bits, version
from table import Row, markdown, number

from alliancesim.engine import Engine, engine_of
from alliancesim.extensions import switched_on
from alliancesim.scenario import load_scenario

INHABITANTS = 11.3
"""Inhabitants of an urban territory for one organisation."""
BURN_IN, MONTHS = 24, 12
SIZES = (10_000, 100_000, 1_000_000)
LARGEST = 5_000_000
AIMS = {LARGEST: "≤ 1.15"}
AIM = "≤ 1.10"
YEARLY = ("observation.openness_roots", "observation.tie_trust")
"""Kernels that are called each December."""
LEAST_REPEATS, MOST_REPEATS, ENOUGH_SECONDS = 7, 300, 2.0
"""Calls of each side; more of short ones, so that what else runs on the machine misses some."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Hot:
    """A kernel that C has too.

    Parameters
    ----------
    module, name : str
        Of ``alliancesim.kernels``; the function in C has the same name.
    takes : str
        What the function in C takes, in order (``array.shape[k]`` is a length).
    writes : str
        Arrays that it writes.
    event : str
        What its time is divided by ...
    events : callable
        ... and how many of them there are.
    idle : callable
        What makes of its arguments those of a call without any event: what calling alone takes.
    returns : bool
    """

    module: str
    name: str
    takes: str
    writes: str
    event: str
    events: Callable[[Values], int]
    idle: Callable[[Values], Values]
    returns: bool = True

    @property
    def kernel(self) -> Any:
        """The kernel in Numba."""
        return getattr(importlib.import_module(f"alliancesim.kernels.{self.module}"), self.name)


def _organisations(v: Values) -> int:
    """Organisations of the cells low..high - 1."""
    return int(v["cells"]["high"][v["high"] - 1]) - int(v["cells"]["low"][v["low"]])


def _nobody(v: Values) -> Values:
    return {"high": v["low"]}


HOT = (
    Hot(
        "awareness", "fade", "organisations low high kept start decay", "organisations", "organisation",
        lambda v: v["high"] - v["low"], _nobody, returns=False,
    ),
    Hot(
        "awareness", "hear_of_it", "organisations cells low high rules stream seed month", "organisations", "organisation",
        _organisations, _nobody,
    ),
    Hot(
        "awareness", "hear_peers",
        "organisations cells low high peers finished experiments failed whole reach_all rules stream seed month",
        "organisations", "organisation", _organisations, _nobody,
    ),
    Hot(
        "meeting", "turns", "cells organisation_mass low high stream seed month rows rows.shape[0] keys", "rows keys",
        "organisation", _organisations, _nobody,
    ),
    Hot(
        "meeting", "seek",
        "organisations turn turn.shape[0] keys cells squares blocks part_of_block part_mass organisation_mass boxes cumulated "
        "cumulated.shape[1] guide guide.shape[1] institutional rules streams seed month met",
        "met", "turn", lambda v: len(v["turn"]), lambda v: {"turn": v["turn"][:0]},
    ),
    Hot(
        "gathering", "convenors", "organisations cells low high rules stream seed month result result.shape[0]", "result",
        "organisation", _organisations, _nobody,
    ),
    Hot(
        "meeting", "settle",
        "organisations ties slots meetings order order.shape[0] pending fade rules month",
        "organisations ties pending", "meeting", lambda v: len(v["order"]), lambda v: {"order": v["order"][:0]},
    ),
    Hot(
        "proposal", "weigh",
        "organisations salience salience.shape[1] objectives benefits ties slots cells ideas ideas.shape[1] alliances "
        "memberships meetings order low high fade rules streams seed month choice",
        "choice", "meeting", lambda v: v["high"] - v["low"], lambda v: {"high": v["low"]}, returns=False,
    ),
    Hot(
        "execution", "run_year",
        "organisations anchoring cells perimeters need need.shape[1] relief perimeter_need perimeter_need.shape[0] alliances "
        "memberships due due.shape[0] near near.shape[1] changes whole purse fund_open rules stream seed month",
        "organisations perimeters need relief perimeter_need alliances memberships changes whole purse",
        "alliance due", lambda v: len(v["due"]), lambda v: {"due": v["due"][:0]},
    ),
    Hot(
        "learning", "learn_from_results",
        "organisations ties slots alliances memberships rows rows.shape[0] rules learning",
        "organisations ties", "result", lambda v: len(v["rows"]), lambda v: {"rows": v["rows"][:0]},
    ),
    Hot(
        "observation", "survey",
        "organisations cells cell_x cell_y alliances memberships active low high month sums depth depth.shape[0] "
        "stage stage.shape[0] origin origin.shape[0] form form.shape[0]",
        "sums depth stage origin form", "alliance", lambda v: v["high"] - v["low"], lambda v: {"high": v["low"]},
        returns=False,
    ),
    Hot(
        "observation", "openness_roots",
        "organisations cells low high root sphere",
        "root sphere", "organisation", lambda v: v["high"] - v["low"], lambda v: {"high": v["low"]}, returns=False,
    ),
    Hot(
        "observation", "tie_trust",
        "organisations ties slots root sphere low high fade month trust0 total number",
        "total number", "tie", lambda v: int(v["organisations"]["ties"][v["low"] : v["high"]].sum(dtype=np.int64)) // 2,
        lambda v: {"high": v["low"]}, returns=False,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Time:
    """What one kernel took, seconds, and how many events it had."""

    kernel: str
    event: str
    organisations: int
    events: int
    numba: float = math.nan
    c: float = math.nan


def check(hot: Hot, kernel: Any, values: Values) -> None:
    """Numba and C on equal copies.

    Raises
    ------
    AssertionError
        Where any bit of what they write or return differs.
    """
    written = hot.writes.split()
    ours = {**values, **{name: values[name].copy() for name in written}}
    theirs = {**values, **{name: values[name].copy() for name in written}}
    digest = kernel(*ours.values())
    other = Function(hot.name, hot.takes, hot.returns).bind(theirs)()
    differ = [name for name in written if not same_bits(ours[name], theirs[name])]
    if hot.returns and int(digest) % 2**64 != int(other) % 2**64:
        differ.append("its digest")
    if differ:
        raise AssertionError(f"{hot.module}.{hot.name}: C differs from Numba in {', '.join(differ)}")


def seconds(hot: Hot, kernel: Any, values: Values, enough: float = ENOUGH_SECONDS) -> tuple[float, float]:
    """Least seconds of Numba and of C, in turn on one copy of what they write that is filled anew before each call."""
    written = hot.writes.split()
    working = {**values, **{name: values[name].copy() for name in written}}
    given = tuple(working.values())
    calls = (lambda: kernel(*given), Function(hot.name, hot.takes, hot.returns).bind(working))
    least = [math.inf, math.inf]
    begin = time.perf_counter()
    for repeat in range(MOST_REPEATS):
        if repeat >= LEAST_REPEATS and time.perf_counter() - begin > enough:
            break
        for which in (0, 1) if repeat % 2 else (1, 0):
            for name in written:
                np.copyto(working[name], values[name])
            start = time.perf_counter()
            calls[which]()
            least[which] = min(least[which], time.perf_counter() - start)
    return least[0], least[1]


@contextmanager
def stopped(
    hot: Sequence[Hot], found: list[Time], timed: bool, kernels: Mapping[str, Any] | None = None
) -> Iterator[None]:
    """Every kernel that is called is compared with its opponent first (``kernels``, by name, instead of those of the package)."""
    before = {one: one.kernel for one in hot}
    for one, kernel in before.items():
        call = _stopped(one, (kernels or {}).get(one.name, kernel), found, timed)
        setattr(importlib.import_module(f"alliancesim.kernels.{one.module}"), one.name, call)
    try:
        yield
    finally:
        for one, kernel in before.items():
            setattr(importlib.import_module(f"alliancesim.kernels.{one.module}"), one.name, kernel)


def _stopped(hot: Hot, kernel: Any, found: list[Time], timed: bool) -> Callable[..., Any]:
    names = list(inspect.signature(kernel.py_func).parameters)

    def call(*given: Any) -> Any:
        values = dict(zip(names, given, strict=True))
        events = hot.events(values)
        check(hot, kernel, values)
        least = (math.nan, math.nan)
        if timed and events:
            numba, c = seconds(hot, kernel, values)
            # what it takes to call a kernel with its tables is no part of the kernel
            numba_idle, c_idle = seconds(hot, kernel, {**values, **hot.idle(values)}, ENOUGH_SECONDS / 8)
            if numba > 2.0 * numba_idle:
                least = (numba - numba_idle, c - c_idle)
        found.append(Time(f"{hot.module}.{hot.name}", hot.event, 0, events, *least))
        return kernel(*given)

    return call


def run_of(size: int) -> Engine:
    """A run whose last month comes next."""
    scenario = load_scenario(
        "territory=urban", f"territory.population={round(INHABITANTS * size)}", "territory.seed=1", f"months={MONTHS}",
        f"burn_in={BURN_IN}", "threads=1",
    )  # fmt: skip
    engine = engine_of(scenario)
    if switched_on(engine.state.rules[0]):
        raise AssertionError("an extension is on: C has the core rules only")
    while engine.state.month + 2 < BURN_IN + MONTHS:
        engine.step()
    return engine


def measure(size: int, timed: bool = True) -> list[Time]:
    """All kernels at one size."""
    found: list[Time] = []
    engine = run_of(size)
    with stopped(HOT, found, timed):
        engine.step()
    engine.world.close()
    missing = {f"{hot.module}.{hot.name}" for hot in HOT} - {one.kernel for one in found}
    if missing:
        raise AssertionError(f"not called in the last month: {', '.join(sorted(missing))}")
    return [replace(one, organisations=engine.state.n_organisations) for one in found]


def row(one: Time, aim: str, timed: bool = True) -> Row:
    """The row of one kernel at one size."""
    what = f"{one.kernel}, {one.organisations:,} organisations"
    if math.isnan(one.c):
        why = "; too few for their time to stand out from that of a call" if timed else ""
        return Row(what, note=f"{one.events:,} × {one.event}: the same bits{why}")
    ours, theirs = (1e9 * value / one.events for value in (one.numba, one.c))
    return Row(
        what, f"{number(ours)} ns a {one.event}", f"C ({number(theirs)} ns)", ours / theirs, aim,
        f"{one.events:,} × {one.event}: the same bits",
    )  # fmt: skip


def together(found: Sequence[Time], aim: str) -> Row:
    """All hot kernels of one size: what a month spends in them; those of December count by a twelfth."""
    known = [(1.0 / 12.0 if one.kernel in YEARLY else 1.0, one) for one in found if not math.isnan(one.c)]
    ours, theirs = (1e9 * sum(share * getattr(one, side) for share, one in known) for side in ("numba", "c"))
    organisations = found[0].organisations
    return Row(
        f"all hot kernels of a month, {organisations:,} organisations",
        f"{number(ours / organisations)} ns an organisation", f"C ({number(theirs / organisations)} ns)", ours / theirs, aim,
        f"{len(known)} calls; those of December by a twelfth",
    )  # fmt: skip


def table(sizes: Sequence[int], timed: bool) -> list[Row]:
    """Rows of some sizes; one that says why where there is no compiler."""
    try:
        library()
    except NoCompiler as reason:
        return [Row("hot kernels against C", note=f"left out: {reason}")]
    found = []
    for size in sizes:
        times, aim = measure(size, timed), AIMS.get(size, AIM)
        found += [row(one, aim, timed) for one in times] + ([together(times, aim)] if timed else [])
    found[0] = Row(**{**vars(found[0]), "note": f"{found[0].note}; {version()}"})
    return found


def rows(quick: bool) -> list[Row]:
    """Rows of the table; the quick ones compare and time nothing."""
    return table(SIZES[:1], timed=False) if quick else table(SIZES, timed=True)


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="compare at 10,000 organisations, time nothing")
    parser.add_argument("--sizes", metavar="N,...", default="", help=f"organisations, such as {LARGEST}")
    args = parser.parse_args(argv)
    sizes = [int(size) for size in args.sizes.split(",") if size]
    print(markdown(table(sizes, not args.quick) if sizes else rows(args.quick)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
