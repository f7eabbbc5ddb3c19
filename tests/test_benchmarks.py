"""The benchmarks run, and what they time is right: their quick versions, without a word about seconds."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from alliancesim.rules.observe import COLUMNS

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks import one another as scripts do."""
    monkeypatch.syspath_prepend(str(FOLDER))


def module(name: str) -> ModuleType:
    """A benchmark; all.py is not imported by its name, which is a word of Python's."""
    if Path(getattr(sys.modules.get(name), "__file__", None) or "none").parent != FOLDER:
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def test_an_aim_is_met_by_the_ratio_or_by_a_value():
    table = module("table")
    assert table.Row("a", ratio=1.7, aim="≥ 1.6").met is True
    assert table.Row("a", ratio=1.5, aim="≥ 1.6").met is False
    assert table.Row("a", ratio=900.0, aim="≤ 20 s", value=19.0).met is True
    assert table.Row("a", ratio=900.0, aim="≤ 1,000").met is True
    assert table.Row("a", ratio=2.0).met is None
    assert table.Row("a", aim="≤ 2").met is None
    assert (
        table.markdown([table.Row("a|b", ratio=0.5, aim="≤ 2")]).splitlines()[-1]
        == "| a/b |  |  | 0.500 | ≤ 2 | yes |  |"
    )


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (1234.5, "1,234"), (0.01234, "0.0123"), (12.34, "12.3")])
def test_numbers_have_three_figures(value, text):
    assert module("table").number(value) == text


def test_a_table_takes_its_place_on_a_page(monkeypatch, capsys, tmp_path):
    whole, table = module("all"), module("table")
    page = tmp_path / "page.md"
    for value in ("1 s", "3 s"):
        for name in ("growth", "month"):
            rows = [table.Row(f"{name} {value}", value, "2 s", 0.5)]
            fake = SimpleNamespace(rows=lambda quick, rows=rows: rows, __doc__=f"About {name}.")
            monkeypatch.setitem(sys.modules, name, fake)
        assert (
            whole.main(["--quick", "--only", "month" if value == "3 s" else "growth,month", "--page", str(page)]) == 0
        )
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## month", "## growth"]
    assert "growth 1 s" in text and "month 3 s" in text and "month 1 s" not in text
    monkeypatch.setitem(sys.modules, "growth", SimpleNamespace(rows=lambda quick: 1 / 0, __doc__="About growth."))
    assert whole.main(["--quick", "--only", "growth", "--page", str(page)]) == 1
    assert page.read_text(encoding="utf-8") == text
    capsys.readouterr()


def test_the_command_prints_one_table(monkeypatch, capsys):
    whole = module("all")
    table = module("table")
    fake = {"month": lambda quick: [table.Row("one", "1 s", "2 s", 0.5, "≤ 2")], "growth": lambda quick: 1 / 0}
    for name, rows in fake.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(rows=rows))
    assert whole.main(["--quick", "--only", "growth,month"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line for line in out if line.startswith("|")][2:] == [
        "| one | 1 s | 2 s | 0.500 | ≤ 2 | yes |  |",
        "| growth |  |  |  |  |  | failed: ZeroDivisionError: division by zero |",
    ]
    assert out[-1] == "1 of 1 aims are met"
    with pytest.raises(SystemExit):
        whole.main(["--only", "nothing"])


def test_every_benchmark_of_the_table_is_there():
    whole = module("all")
    assert {"against_c", "month", "growth", "forums", "sweep_engines", "startup"} <= set(whole.available())


needs_c = pytest.mark.skipif(
    not any(shutil.which(name) for name in (os.environ.get("CC") or "cc", "cc", "gcc", "clang")),
    reason="no C compiler on the path",
)


@needs_c
def test_the_hot_kernels_have_the_same_bits_in_c():
    against_c = module("against_c")
    found = against_c.measure(2_000, timed=False)  # raises where any bit differs
    assert {one.kernel for one in found} == {f"{hot.module}.{hot.name}" for hot in against_c.HOT}
    assert all(one.events > 0 for one in found)


def test_kernels_of_december_count_by_a_twelfth():
    against_c = module("against_c")
    times = [
        against_c.Time("meeting.seek", "turn", 100, 10, 3e-6, 2e-6),
        against_c.Time("observation.tie_trust", "tie", 100, 10, 12e-6, 24e-6),
        against_c.Time("gathering.convenors", "organisation", 100, 10),  # too few to be timed
    ]
    row = against_c.together(times, "≤ 1.10")
    assert row.ratio == pytest.approx(4.0 / 4.0)
    assert row.measured == "40.0 ns an organisation"
    assert row.note.startswith("2 calls")


@needs_c
def test_a_kernel_that_differs_from_c_is_found():
    against_c = module("against_c")
    engine = against_c.run_of(2_000)

    hot = next(one for one in against_c.HOT if one.name == "learn_from_results")
    right = hot.kernel

    def wrong(*given):
        result = right(*given)
        given[0]["successes"][0] += 1.0
        return result

    wrong.py_func = right.py_func
    differs = pytest.raises(AssertionError, match="C differs from Numba in organisations")
    with against_c.stopped([hot], [], timed=False, kernels={hot.name: wrong}), differs:
        engine.step()


def test_without_a_compiler_the_rows_of_c_say_so(monkeypatch):
    against_c, forums = module("against_c"), module("forums")

    def none():
        raise against_c.NoCompiler("no C compiler on the path")

    monkeypatch.setattr(against_c, "library", none)
    monkeypatch.setattr(forums, "library", none)
    (row,) = against_c.rows(True)
    assert row.note == forums.against_c(10, 1).note == "left out: no C compiler on the path"


def test_month():
    rows = module("month").rows(True)
    assert len(rows) == 2
    assert all(row.ratio > 1 for row in rows)


@pytest.mark.slow
def test_growth():
    growth = module("growth")
    rows = growth.measure(
        (500, 10_000), {10_000: ""}, memory_from=500
    )  # two threads are compared with one, bit for bit
    assert len(rows) == 6
    assert all(row.ratio is not None for row in rows)


@pytest.mark.slow
def test_forums():
    rows = module("forums").rows(True)  # checks every outcome against the readable forum, and every bit against C
    assert len(rows) == 4
    assert all(row.ratio > 0 for row in rows if "left out" not in row.note)


@pytest.mark.slow
def test_sweep_engines():
    rows = module("sweep_engines").rows(True)  # checks the observables of every run
    assert sum("our sweep against" in row.what for row in rows) >= 4


@pytest.mark.slow
def test_startup():
    rows = module("startup").rows(True)  # checks that a compilation is announced, and that no cache is needed
    assert len(rows) >= 6


def test_limits_count_what_phases_do():
    limits = module("limits")
    rows = limits.measure(500, 1)
    assert [row.what.rsplit(": ", 1)[1] for row in rows] == ["this machine", *limits.PHASES, "all phases"]
    assert all(row.ratio > 0 for row in rows if row.ratio is not None)
    engine = limits.engine_of(limits.load_scenario("territory.population=4000", "months=12", "burn_in=0", "threads=1"))
    events = limits.watch(engine)
    engine.run()
    records, state = engine.world.records, engine.state
    meetings = records.values[:, COLUMNS["meetings"]].sum()
    assert events.organisations == 12 * state.n_organisations
    assert events.januaries == state.n_organisations
    assert events.meetings == meetings
    assert events.forums == state.n_forums
    # turns of everyone, of which those of the willing become meetings, where nothing stands between
    assert events.turns >= events.meetings >= events.weighed


def test_a_limit_is_the_larger_of_memory_and_arithmetic():
    limits = module("limits")
    here = limits.Machine(line=10.0, chained=100.0, read=0.1, rewritten=0.2, draw=1.0, exponential=5.0)
    need = limits.Need(lines=3.0, read=100.0, rewritten=50.0, draws=4.0, exponentials=2.0)
    assert need.nanoseconds(here) == (50.0, 14.0)
    assert limits._kind(need, here, 50.0, 14.0) == "latency of memory"
    assert limits._kind(need, here, 5.0, 14.0) == "arithmetic"
    assert limits._kind(limits.Need(lines=1.0, read=1000.0), here, 110.0, 0.0) == "bandwidth of memory"


def test_arithmetic_of_a_cluster_is_what_happens_event_by_event():
    cluster = module("cluster")
    ways = cluster.Ways(0.0, 0.0, 1e-5, 0.01, 1e3, cluster.chunk_seconds, cluster.window_of, cluster.most_in_chunk)
    old = cluster.Ways(0.0, 0.0, 1e-5, 0.02, 1e3, lambda _w: 0.5, lambda w: 4 * w, lambda _r, _w: 2000)
    for one, runs, seconds, workers in ((ways, 50_000, 0.4, 64), (ways, 60_000, 0.4, 512), (old, 20_000, 0.4, 512)):
        arithmetic = cluster.expected(one, runs, seconds, 0.0, workers)
        assert cluster.simulated(one, runs, seconds, workers) == pytest.approx(arithmetic.runs, rel=0.15)
    assert cluster.expected(old, 20_000, 0.4, 0.0, 512).limit == "scheduler"
    assert cluster.expected(ways, 50_000, 0.4, 0.0, 64).limit == "workers"
    # by hand: 1,000 runs of 1,000 s on 512 workers are two rounds
    assert cluster.expected(ways, 1_000, 1_000.0, 0.0, 512).runs == 2_000.0


@pytest.mark.slow
def test_cluster():
    rows = module("cluster").rows(True)  # checks identities against scenarios that are made, and that Dask loses no run
    assert sum("workers" in row.what and "runs of" in row.what for row in rows) == 6
    assert all(row.ratio > 0 for row in rows if row.ratio is not None)
