"""The benchmark against plain Mesa: both sides do the same, the test of it would tell if they did not, and its command runs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from alliancesim.engine import make_territory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import against_mesa as benchmark
from opponents.mesa_plain import PlainModel

SEEDS = list(range(1, 19))  # 2 ** 18 flips of signs: enough to tell among some hundreds of comparisons
ALARM = 0.01  # chance that two equal sides are told apart, over all observables together


def rows_of(changed: dict[str, float] | None) -> list[benchmark.Comparison]:
    engine, plain = benchmark.run_both("lively", 300, 30, SEEDS, changed)
    rows = benchmark.compare("lively", engine, plain, ALARM)
    benchmark.correct(rows)
    return rows


@pytest.mark.slow
def test_plain_mesa_and_the_engine_agree_in_distribution() -> None:
    """At a family-wise false-alarm rate of 1 % (Holm) over all monthly observables that both have."""
    rows = rows_of(None)
    tested = [row for row in rows if not np.isnan(row.p)]
    assert len({row.name for row in tested}) > 80
    assert [f"{r.window}: {r.name} {r.engine:.4g} {r.plain:.4g}" for r in tested if r.holm < ALARM] == []


@pytest.mark.slow
def test_another_rule_would_be_told() -> None:
    """Openness that grows half as fast again by a contact, and nothing else."""
    told = {row.name for row in rows_of({"contact_gain": 0.12}) if row.holm < ALARM}
    assert "openness_association_to_firm" in told


def test_sign_flips_hold_their_false_alarm_rate() -> None:
    random = np.random.default_rng(3)
    assert benchmark.sign_flip(np.ones(5), random) == 2 / 32
    assert benchmark.sign_flip(np.array([1.0, -1.0, 2.0, -2.0]), random) == 1.0
    alarms = [
        benchmark.sign_flip(random.exponential(size=8) * random.choice([-1, 1], 8), random) <= 0.05 for _ in range(2000)
    ]
    assert np.mean(alarms) < 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5


def test_correction_is_holms() -> None:
    rows = [
        benchmark.Comparison("", "", name, 0, 0, 0, 0, p)
        for name, p in (("a", 0.01), ("b", 0.04), ("c", 0.02), ("d", np.nan))
    ]
    benchmark.correct(rows)
    assert [round(row.holm, 12) for row in rows[:3]] == [0.03, 0.04, 0.04]
    assert np.isnan(rows[3].holm)


def test_same_seed_same_run() -> None:
    scenario = benchmark.scenario_of("lively", 200, 12)
    territory = make_territory(scenario)
    records = []
    for _ in range(2):
        model = benchmark.plain_of(scenario, territory)
        for _ in range(12):
            model.step()
        records.append(benchmark.record_of(model))
    np.testing.assert_array_equal(*records)


def test_what_it_leaves_out_is_refused() -> None:
    territory = make_territory(benchmark.scenario_of("default", 100, 12))
    with pytest.raises(ValueError, match="no extensions here: closure"):
        PlainModel(territory, {"closure_q": 0.2})


def test_command_checks_and_measures(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--seeds 3 --size 100 --months 13 --organisations 200 --before 2 --years 1"
    assert benchmark.main(words.split()) == 0
    printed = capsys.readouterr().out
    assert "family-wise false-alarm rate" in printed
    assert [line.split("|")[1].strip() for line in printed.splitlines()[-3:]] == [
        "plain Mesa",
        "engine, one thread",
        "engine, two threads",
    ]


def test_rows_of_the_table_come_after_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def agreement(*given: object) -> list[benchmark.Comparison]:
        seen.append(given)
        return [benchmark.Comparison("default", "run", "alliances", 1, 1, 0, 0, 0.5, holm)]

    monkeypatch.setattr(benchmark, "agreement", agreement)
    holm = 0.6
    first, *times = benchmark.rows(True)
    assert seen and "1 comparisons" in first.measured
    assert [row.what.split(", ", 1)[1] for row in times] == ["engine, one thread", "engine, two threads"]
    assert all(row.ratio > 0 and "plain Mesa" in row.reference for row in times)
    holm = 0.001
    with pytest.raises(AssertionError, match="default, run: alliances"):
        benchmark.rows(True)
