"""What a run is expected to take: organisations, memory, disk, time; what a long run says while it runs."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import alliancesim as al
from alliancesim import estimate as estimates
from alliancesim import machine
from alliancesim.cli import main
from alliancesim.engine import engine_of, make_territory
from alliancesim.estimate import Rates, estimate, pairs_within, span_text, squares_of
from alliancesim.results import folder as folder_module
from alliancesim.results import run_to_folder
from alliancesim.sizing import memory_of, population_of, size_text, too_much
from alliancesim.territory import real, synthetic

SMALL = ("territory=rural", "territory.population=4000", "months=3", "burn_in=2")
RATES = Rates(
    month=300e-9,
    organisations=4000,
    fixed=0.0,
    alliances=0.3,
    forums=0.01,
    fixed_alliances=0.0,
    build=4e-6,
    pair=60e-9,
    waiting=1.0,
    bytes_each={"organisations": 30.0, "alliances": 100.0, "timeseries": 700.0},
)


@pytest.fixture
def measured(monkeypatch):
    """Nothing is run to measure the machine."""
    monkeypatch.setattr(estimates, "measure", lambda scenario: RATES)


# -- organisations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "overrides",
    [
        ("territory=urban", "territory.population=200000"),
        ("territory=rural", "territory.population=100000", "rules.r_org=2"),
        ("territory=cross_border",),
        ("territory=real", "territory.place=CC Grand-Figeac"),
        ("territory=urban", "territory.population=200000", "population.sample=0.5"),
    ],
)
def test_expected_organisations_are_those_that_are_built(overrides):
    scenario = al.load_scenario(*overrides, "months=1", "burn_in=0")
    territory = make_territory(scenario)
    expected = population_of(territory, vars(scenario.rules), scenario.population.sample)
    state = engine_of(scenario, territory=territory).state
    # what is drawn is the fraction of an organisation in each cell and kind, and who is in the sample
    cells = len(territory.cells)
    noise = 4.0 * np.sqrt(0.25 * 16 * cells) + (
        4.0 * np.sqrt(0.25 * expected.everyone) if expected.simulated < expected.everyone else 0
    )
    assert expected.simulated == pytest.approx(state.n_organisations, abs=noise)
    assert expected.simulated == pytest.approx(state.n_organisations, rel=0.1)


def test_given_organisations_are_counted():
    territory = SimpleNamespace(
        cells=synthetic("urban", population=3000, seed=1).cells,
        generate=("firm",),
        organisations=pd.DataFrame({"kind": ["federation"] * 7}),
        domains=("a", "b"),
    )
    found = population_of(territory, {})
    assert found.by_sphere["association"] == 7
    assert found.by_sphere["collectivity"] == 0
    assert found.everyone == 7 + found.by_sphere["firm"] > 100


def test_france_is_expected_within_one_percent():
    scenario = al.load_scenario("territory=real", "territory.place=france")
    expected = population_of(real("france"), vars(scenario.rules))
    assert expected.everyone == pytest.approx(5_652_449, rel=0.01)


def test_bytes_of_an_organisation_are_those_of_its_tables():
    scenario = al.load_scenario("territory=urban", "territory.population=300000", "months=1", "burn_in=0")
    territory = make_territory(scenario)
    expected = population_of(territory, vars(scenario.rules))
    state = engine_of(scenario, territory=territory).state
    assert expected.table_bytes == pytest.approx(state.nbytes() / state.n_organisations, rel=0.15)


# -- memory -----------------------------------------------------------------------------------------------------------


def test_memory_grows_with_organisations_and_alliances():
    territory = synthetic("urban", population=50_000, seed=1)
    some, more = population_of(territory, {}), population_of(territory, {"r_org": 2.0})
    assert memory_of(territory, some, 0) < memory_of(territory, some, 10_000) < memory_of(territory, more, 100_000)
    half = population_of(territory, {}, sample=0.5)
    assert memory_of(territory, half, 0) < memory_of(territory, some, 0)


def test_available_memory_is_known_or_none(monkeypatch):
    found = machine.available_memory()
    assert found is None or found > 1e6
    monkeypatch.setattr(machine, "_system_memory", lambda: None)
    monkeypatch.setattr(machine, "_container_memory", lambda: None)
    assert machine.available_memory() is None
    monkeypatch.setattr(machine, "_container_memory", lambda: 5.0)
    assert machine.available_memory() == 5.0
    assert too_much(1e12, None) is None
    assert too_much(1e9, 2e9) is None
    assert "12 GB expected, 2.0 GB available" in str(too_much(1.2e10, 2e9))


HELD = """
from alliancesim.machine import give_back

def resident():
    with open("/proc/self/statm") as file:
        return 4096 * int(file.read().split()[1])

pieces = [bytes(1000) for _ in range(200_000)]
last = pieces[-1]
del pieces
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the allocator of GNU")
def test_what_was_freed_is_given_back():
    given = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True).stdout
    assert int(given) > 100e6


# -- time -------------------------------------------------------------------------------------------------------------


def test_time_grows_with_organisations_and_months(measured):
    def seconds(*overrides):
        return estimate(al.load_scenario(*SMALL, *overrides)).parts

    once, more, longer = seconds(), seconds("territory.population=400000"), seconds("months=48", "burn_in=2")
    assert more["months"] > 90 * once["months"]
    assert longer["months"] == pytest.approx(10 * once["months"])
    assert more["tables"] > once["tables"]
    assert longer["tables"] == once["tables"]


def test_a_town_is_measured_with_the_rules_and_animators_of_the_scenario(monkeypatch):
    monkeypatch.setattr(estimates, "TOWN", 3000)
    monkeypatch.setattr(estimates, "COUNTRYSIDE", 5000)
    place = ("territory=real", "territory.place=CC Grand-Figeac")
    scenario = al.load_scenario(*place, "animation=full", "months=8", "burn_in=4")
    rates = estimates.measure(scenario)
    assert rates.month > 0
    assert rates.build > 0
    assert rates.pair >= 0
    assert rates.waiting >= 1
    assert rates.fixed_alliances > 0
    assert rates.bytes_each["organisations"] > 0
    found = estimate(scenario)
    assert found.town == rates.organisations
    assert found.seconds > 0


def test_pairs_within_reach_are_counted():
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(40), np.arange(30)))
    assert pairs_within(x, y, 100.0) == 1200**2
    near = sum(((abs(x - a) <= 8) & (abs(y - b) <= 8)).sum() for a, b in zip(x, y, strict=True))
    assert pairs_within(x, y, 8.0) == pytest.approx(near, rel=0.01)  # boxes of one square
    territory = synthetic("rural", population=5000, seed=1)
    columns, rows = squares_of(territory)
    assert len(columns) == len(set(zip(columns, rows, strict=True)))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (8.2, 26.1, "8.2 to 26 seconds"),
        (60, 180, "1 to 3 minutes"),
        (440, 1300, "7.3 to 22 minutes"),
        (3600 * 2, 3600 * 6.5, "2 to 6.5 hours"),
        (3600 * 30, 3600 * 123, "30 to 120 hours"),
    ],
)
def test_spans_in_words(low, high, words):
    assert span_text(low, high) == words


def test_sizes_in_words():
    assert [size_text(value) for value in (2.4e6, 354e6, 999.6e6, 5.23e9, 2.3e10)] == [
        "2.4 MB", "354 MB", "1.0 GB", "5.2 GB", "23 GB",
    ]  # fmt: skip


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_to_expect_and_runs_nothing(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder_module, "run_to_folder", lambda *a, **k: pytest.fail("it ran"))
    assert main(["run", *SMALL, "--dry-run", "threads=2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = ["territory", "organisations", "months", "memory", "time", "disk", "nothing"]
    assert [line.split()[0] for line in lines] == names
    assert "4,000 inhabitants" in lines[0]
    assert "5, 2 of them burn-in" in lines[2]
    assert "2 threads" in lines[4]
    assert "outputs" in lines[5]
    assert list(tmp_path.iterdir()) == []


def test_memory_that_is_not_there_is_said_in_one_line(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(estimates, "available_memory", lambda: 1e6)
    assert main(["run", *SMALL, "--dry-run"]) == 0
    warning = [line for line in capsys.readouterr().out.splitlines() if line.startswith("memory: ")]
    assert len(warning) == 1
    assert "1.0 MB available" in warning[0]
    monkeypatch.setattr(estimates, "available_memory", lambda: None)
    assert main(["run", *SMALL, "--dry-run"]) == 0
    assert "available" not in capsys.readouterr().out


def test_a_dry_run_refuses_what_the_run_would_refuse(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["run", *SMALL, "--dry-run", "output=file"]) == 2
    assert "is a file" in capsys.readouterr().err
    assert main(["run", "territory=real", "territory.place=Atlantis", "--dry-run"]) == 2
    assert capsys.readouterr().err.startswith("alliancesim: territory.place: ")


# -- while it runs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Runs without figures, in an empty folder."""
    monkeypatch.setattr(folder_module, "draw", lambda result, folder: folder.mkdir())
    monkeypatch.setattr(folder_module, "report", lambda result, target: "done")
    monkeypatch.setattr("alliancesim.kernels.compile.is_compiled", lambda: True)
    monkeypatch.chdir(tmp_path)


def test_a_run_warns_before_it_starts_that_memory_may_not_be_enough(quick, monkeypatch, capsys):
    monkeypatch.setattr(folder_module, "available_memory", lambda: 1e3)
    run_to_folder(al.load_scenario(*SMALL))
    error = capsys.readouterr().err
    assert error.startswith("alliancesim: memory: about ")
    assert error.count("\n") == 1


def test_a_log_is_told_what_takes_long(quick, monkeypatch, capsys):
    scenario = al.load_scenario(*SMALL)
    run_to_folder(scenario.replace(output="a"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(folder_module, "MANY", 100)
    monkeypatch.setattr(folder_module, "EVERY_SECONDS", 0.0)
    run_to_folder(scenario.replace(output="b"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("building the tables of about ")
    assert [line.partition(",")[0] for line in lines[1:6]] == [
        "month burn-in of 3", "month burn-in of 3", "month 1 of 3", "month 2 of 3", "month 3 of 3",
    ]  # fmt: skip
    assert lines[6:] == ["making the tables of the result", "drawing figures, writing files"]


def test_a_terminal_shows_what_is_done(quick, monkeypatch):
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    run_to_folder(al.load_scenario(*SMALL))
    assert "writing files" in terminal.getvalue()
