"""Forums in vitro a second and thread: the kernel alone against a readable forum in Python and against C, whole calls, two threads.

The opponents are the forum of the executable specification (``tests/specification/forum.py``) and ``opponents/forum.c``. All
resolve the same keyed forums of twelve participants. Every outcome, month, meeting, round, quarrel, claimant and member is
compared with Python first; with C every bit of the outcomes, of what participants have left and of their trust.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from opponents.c_library import Function, NoCompiler, library, same_bits, version
from opponents.python_forum import forums_of, resolve
from table import Row, best, main

from alliancesim import catalogue, forum_api, parameters
from alliancesim.kernels import forum as kernels
from alliancesim.kernels.forum_tables import ACTION, PARTICIPANT, SETTING
from alliancesim.kernels.invitro import draw_forums
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import IDEA, NOBODY

SIZE, DOMAINS = 12, 5
COMPARED = ("outcome", "months", "meetings", "rounds", "quarrels", "claimants", "aboard", "feasible", "depth")
LEVELS: tuple[dict[str, float], ...] = ({}, {"r_fin": 0.4, "r_hum": 0.5}, {"r_fin": 2.5}, {"psi": 0.6, "rivalry": 0.5})


def drawn(n: int, rules: np.ndarray) -> dict[str, Any]:
    """The tables of forums 0 to n - 1, as ``alliancesim.forums`` draws them."""
    p = rules[0]
    tables = {
        "participants": np.zeros((n, SIZE), dtype=PARTICIPANT), "salience": np.zeros((n, SIZE, DOMAINS)),
        "shared": np.zeros((n, DOMAINS)), "objectives": np.zeros((n, SIZE, 4)), "trust": np.zeros((n, SIZE, SIZE)),
        "ideas": np.zeros((n, int(p["library_size"])), dtype=IDEA), "rules": rules, "settings": np.zeros(n, dtype=SETTING),
    }  # fmt: skip
    associations, firms = round(SIZE * float(p["invite_association"])), round(SIZE * float(p["invite_firm"]))
    quotas = np.array([associations, firms, SIZE - associations - firms], dtype=np.int64)
    kinds, bounds = forum_api._kind_table()
    draw_forums(
        kinds, bounds, quotas, rules, np.array([STREAMS["invitro"]]), 1, 0, -1.0, tables["participants"],
        tables["salience"], tables["shared"], tables["objectives"], tables["trust"], tables["ideas"], tables["settings"],
    )  # fmt: skip
    settings = tables["settings"]
    settings["rent"], settings["weight"] = float(p["psi"]), p["shared_weight"]
    settings["meetings"], settings["actions"] = int(p["r_max"]), int(p["actions_per_forum"])
    settings["convenor"] = NOBODY
    return tables


def kernel(tables: dict[str, Any]) -> np.ndarray:
    """Outcomes; what a forum changes is changed."""
    outcomes = np.zeros(len(tables["settings"]), dtype=ACTION)
    kernels.deliberate_many(
        tables["participants"], tables["salience"], tables["shared"], tables["objectives"], catalogue.OBJECTIVE_BENEFITS,
        tables["trust"], tables["ideas"], tables["rules"], tables["settings"], outcomes, 0, len(outcomes),
    )  # fmt: skip
    return outcomes


IN_C = Function(
    "deliberate_many",
    "participants participants.shape[1] salience salience.shape[2] shared objectives benefits trust ideas ideas.shape[1] rules "
    "settings outcomes low high",
    returns=True,
    widths={"salience": "f8", "objectives": "f8"},
)


def in_c(tables: dict[str, Any]) -> np.ndarray:
    """The same of :func:`kernel`, in C."""
    outcomes = np.zeros(len(tables["settings"]), dtype=ACTION)
    benefits = catalogue.OBJECTIVE_BENEFITS
    if IN_C.bind({**tables, "benefits": benefits, "outcomes": outcomes, "low": 0, "high": len(outcomes)})() != 0:
        raise AssertionError("more participants or ideas than the forum in C has room for")
    return outcomes


def seconds_of(make: Callable[[], Any], work: Callable[[Any], Any], repeats: int) -> float:
    """Least seconds of a work that uses up what it is given."""
    least = float("inf")
    for _ in range(repeats):
        given = make()
        start = time.perf_counter()
        work(given)
        least = min(least, time.perf_counter() - start)
    return least


def check(n: int) -> int:
    """Compare outcomes at every level; forums compared."""
    for rules in LEVELS:
        tables = drawn(n, parameters.record(rules))
        theirs = resolve(forums_of(**tables))
        ours = kernel(tables)
        for name in COMPARED:
            found = np.array([getattr(one, name) for one in theirs])
            if not np.array_equal(found, ours[name]):
                raise AssertionError(f"forums at {rules}: {name} differs in {(found != ours[name]).sum()} of {n}")
        api = forum_api.forums(n, rules=rules)
        if not np.array_equal(api["months"], ours["months"]):
            raise AssertionError(f"forums at {rules}: alliancesim.forums differs from the kernel")
    return n * len(LEVELS)


def check_c(n: int) -> int:
    """Compare C with the kernel, bit for bit, at every level; forums compared."""
    levels = (
        *LEVELS,
        {"portfolio": 3, "actions_per_forum": 3},
        {"lead_by_lot": 1},
        {"outside_option": 0, "objectives": 0},
    )
    for rules in levels:
        ours, theirs = drawn(n, parameters.record(rules)), drawn(n, parameters.record(rules))
        ours["outcomes"], theirs["outcomes"] = kernel(ours), in_c(theirs)
        for name in ("outcomes", "participants", "trust"):
            if not same_bits(ours[name], theirs[name]):
                raise AssertionError(f"forums at {rules}: {name} in C differ from the kernel")
    return n * len(levels)


def against_c(n: int, repeats: int) -> Row:
    """The row of C, timed in turn with the kernel; it says why where there is no compiler."""
    what = "the kernel alone against C"
    try:
        library()
    except NoCompiler as reason:
        return Row(what, note=f"left out: {reason}")
    compared = check_c(max(100, n // 20))
    rules = parameters.record()
    least = [float("inf"), float("inf")]
    for _ in range(repeats):
        for which, work in enumerate((kernel, in_c)):
            least[which] = min(least[which], seconds_of(lambda: drawn(n, rules), work, 1) / n)
    return Row(
        what, f"{1 / least[0]:,.0f}", f"C ({1 / least[1]:,.0f})", least[0] / least[1], "≤ 1.10",
        f"C's forums a second over ours; {compared:,} forums: the same bits; {version()}",
    )  # fmt: skip


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    compared = check(100 if quick else 1_000)
    few, many, repeats = (100, 6_000, 1) if quick else (1_000, 40_000, 3)
    rules = parameters.record()
    python = seconds_of(lambda: forums_of(**drawn(few, rules)), resolve, repeats) / few
    ours = seconds_of(lambda: drawn(many, rules), kernel, repeats + 2) / many
    whole = best(lambda: forum_api.forums(many), repeats + 2) / many
    two = best(lambda: forum_api.forums(many, threads=2), repeats + 2) / many
    return [
        Row(
            "forums a second and thread, kernel alone", f"{1 / ours:,.0f}", f"readable Python ({1 / python:,.0f})",
            python / ours, note=f"{compared:,} forums at {len(LEVELS)} levels: {len(COMPARED)} columns equal",
        ),
        against_c(many, 2 * repeats + 1),
        Row(
            "the same, people and ideas drawn and the table made (alliancesim.forums)", f"{1 / whole:,.0f}",
            f"kernel alone ({1 / ours:,.0f})", ours / whole,
        ),
        Row("alliancesim.forums, two threads against one", f"{1 / two:,.0f}", f"one ({1 / whole:,.0f})", whole / two),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(rows, __doc__))
