"""The runner: same tables however the runs are done, nothing lost, nothing doubled, failures as rows."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from experimenting import TINY, table_bytes, tiny

import alliancesim as al
from alliancesim.errors import UserError
from alliancesim.experiments import folder as names
from alliancesim.experiments import runner
from alliancesim.experiments.drive import drive
from alliancesim.experiments.folder import read_status
from alliancesim.experiments.plan import make_plan
from alliancesim.experiments.progress import status
from alliancesim.experiments.work import Outcome, Task, pack_array, unpack_array


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """An undisturbed experiment."""
    folder = tmp_path_factory.mktemp("done") / "tiny"
    return al.run_experiment(tiny(keep={"cells": True, "organisations": True}), folder, workers=1)


def test_a_row_a_run_with_factors_and_seed(done):
    runs = done.runs
    assert list(runs["run"]) == list(range(12))
    assert list(runs["point"]) == [0, 1, 2, 3] * 3
    assert list(runs["seed"]) == [1] * 4 + [2] * 4 + [3] * 4
    assert list(runs["resources"][:4]) == ["scarce", "scarce", "abundant", "abundant"]
    assert list(runs["rules.psi"][:4]) == [0.0, 0.5, 0.0, 0.5]
    assert done.failures.empty
    assert len(done.timing) == 12


def test_the_numbers_are_those_of_a_run_by_itself(done):
    for point, replicate in ((0, 1), (3, 3)):
        scenario = done.scenario(point, replicate)
        result = al.simulate(scenario)
        row = done.runs[(done.runs["point"] == point) & (done.runs["replicate"] == replicate)].iloc[0]
        after = result.timeseries[~result.timeseries["burn_in"]]
        assert row["alliances"] == after["alliances"].iloc[-1]
        assert row["meetings"] == after["meetings"].sum()
        assert row["need_met"] == pytest.approx(after["need_met"].iloc[-12:].mean(), nan_ok=True)
        table = result.alliances
        begun = table[table["reported"] & (table["start_month"] >= 1)]
        assert row["surviving_alliances"] == begun["end_month"].isna().sum()
        assert row["value_created"] == pytest.approx(begun["benefit"].sum())
        cells = done.cells[(done.cells["point"] == point) & (done.cells["replicate"] == replicate)]
        assert cells["population"].tolist() == result.territory["population"].tolist()
        assert cells["engaged"].tolist() == result.territory["engaged"].tolist()
        mine = done.organisations[
            (done.organisations["point"] == point) & (done.organisations["replicate"] == replicate)
        ]
        assert mine["ever_engaged"].sum() == result.organisations["ever_engaged"].sum()
        assert mine["kind"].tolist() == result.organisations["kind"].tolist()


def test_lasting_alliances_have_lived_for_a_term():
    experiment = tiny(
        base=["territory.population=4000", "months=60", "burn_in=0", "rules.m0=0.3", "rules.willing0=0.6"], factors={},
        replicates=1,
    )  # fmt: skip
    result = al.run_experiment(experiment, workers=1)
    table = result.run(0).alliances
    begun = table[table["reported"] & (table["start_month"] >= 1)]
    end = begun["end_month"].astype("float").fillna(61)
    assert result.runs["lasting_alliances"][0] == ((end - begun["start_month"]) >= 36).sum() > 0
    assert result.runs["surviving_alliances"][0] == begun["end_month"].isna().sum()


def test_counts_over_time_are_summed_between_rows(done):
    from alliancesim.experiments.measures import over_time
    from alliancesim.observables import TIMESERIES

    months = np.arange(1, 25)
    record = np.zeros((24, len(TIMESERIES)))
    record[:, 0] = months
    where = [o.name for o in TIMESERIES].index("births")
    record[:, where] = months
    found = over_time(record, np.array([11, 23]), ["births", "alliances"])
    assert found[:, 0].tolist() == [12, 24]
    assert found[:, 1].tolist() == [sum(range(1, 13)), sum(range(13, 25))]


@pytest.mark.slow
def test_tables_do_not_depend_on_workers_nor_on_their_number(done, tmp_path):
    again = al.run_experiment(done.experiment, tmp_path / "two", workers=2)
    assert table_bytes(again.path) == table_bytes(done.path)


class Stop(Exception):
    pass


@pytest.mark.parametrize("after", [1, 7])
def test_a_stopped_experiment_does_only_what_is_missing(done, tmp_path, monkeypatch, after):
    did = []

    def stopping(engine, tasks, accept, lost, total):
        for task in tasks:
            if len(did) == after:
                raise Stop
            drive(engine, [task], accept, lost)
            did.append(task.run)

    monkeypatch.setattr(runner, "drive", stopping)
    with pytest.raises(Stop):
        al.run_experiment(done.experiment, tmp_path / "stopped", workers=1)
    assert "stopped at" in status(tmp_path / "stopped")
    with pytest.raises(UserError, match="not finished"):
        al.open_experiment(tmp_path / "stopped")

    def counting(engine, tasks, accept, lost, total):
        tasks = list(tasks)
        did.extend(task.run for task in tasks)
        drive(engine, tasks, accept, lost, total)

    monkeypatch.setattr(runner, "drive", counting)
    again = al.run_experiment(done.experiment, tmp_path / "stopped", workers=1)
    assert sorted(did) == list(range(12))
    assert table_bytes(again.path) == table_bytes(done.path)
    assert not (again.path / names.JOURNAL).exists()
    assert status(again.path) == "tiny: complete, 12 runs"


def test_a_finished_experiment_is_opened_and_not_run(done, monkeypatch):
    monkeypatch.setattr(runner, "drive", lambda *_: pytest.fail("ran"))
    assert al.run_experiment(done.experiment, done.path, workers=1).runs.equals(done.runs)


def test_tables_that_were_being_written_when_it_ended_are_written_again(done, tmp_path, monkeypatch):
    from alliancesim.experiments import finish

    def full(self):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(finish._Writer, "close", full)
        with pytest.raises(OSError, match="No space"):
            al.run_experiment(done.experiment, tmp_path / "x", workers=1)
    monkeypatch.setattr(runner, "drive", lambda *_: pytest.fail("ran"))
    assert table_bytes(al.run_experiment(done.experiment, tmp_path / "x", workers=1).path) == table_bytes(done.path)


def test_draws_are_shared_by_replicate_and_need_not_be():
    shared, own = make_plan(tiny()), make_plan(tiny(common_random_numbers=False))
    assert [[shared.seed(p, k) for p in shared.points] for k in (1, 2)] == [[1] * 4, [2] * 4]
    seeds = [own.seed(p, k) for p in own.points for k in (1, 2, 3)]
    assert len(set(seeds)) == 12
    assert seeds == [make_plan(tiny(common_random_numbers=False)).seed(p, k) for p in own.points for k in (1, 2, 3)]
    shifted = make_plan(tiny(base=[*TINY, "seed=40"]))
    assert shifted.seed(shifted.points[0], 2) == 41


def test_equal_points_run_once(tmp_path, monkeypatch):
    experiment = tiny(
        factors={}, scenarios={"a": ["resources=scarce"], "b": ["resources=abundant"], "again": ["resources=scarce"]},
        design={"kind": "list"},
    )  # fmt: skip
    did = []

    def counting(engine, tasks, accept, lost, total):
        tasks = list(tasks)
        did.extend(task.run for task in tasks)
        drive(engine, tasks, accept, lost, total)

    monkeypatch.setattr(runner, "drive", counting)
    result = al.run_experiment(experiment, tmp_path / "x", workers=1)
    assert len(did) == 6
    assert len(result.runs) == 9
    same = result.runs.drop(columns=["run", "point"]).groupby(result.runs["point"])
    pd.testing.assert_frame_equal(same.get_group(0).reset_index(drop=True), same.get_group(2).reset_index(drop=True))


def test_a_store_shares_runs_between_experiments(tmp_path, monkeypatch):
    store = tmp_path / "store"
    first = al.run_experiment(tiny(replicates=2), tmp_path / "a", workers=1, store=str(store))
    did = []

    def counting(engine, tasks, accept, lost, total):
        tasks = list(tasks)
        did.extend(task.run for task in tasks)
        drive(engine, tasks, accept, lost, total)

    monkeypatch.setattr(runner, "drive", counting)
    second = al.run_experiment(tiny(replicates=3), tmp_path / "b", workers=1, store=str(store))
    assert did == [8, 9, 10, 11]  # the third replicate only
    pd.testing.assert_frame_equal(second.runs.iloc[:8], first.runs)
    assert table_bytes(al.run_experiment(tiny(replicates=3), tmp_path / "c", workers=1).path) == table_bytes(
        second.path
    )


def test_a_run_that_fails_is_a_row_and_the_rest_goes_on(tmp_path, monkeypatch):
    from alliancesim.experiments import work

    measure = work.measure

    def failing(engine, kept):
        if engine.state.seed == 2 and engine.state.rules[0]["psi"] == 0.5:
            raise ValueError("nothing to measure\nsecond line")
        return measure(engine, kept)

    monkeypatch.setattr(work, "measure", failing)
    result = al.run_experiment(tiny(), tmp_path / "x", workers=1)
    assert list(result.failures["run"]) == [5, 7]
    assert list(result.runs["run"]) == [0, 1, 2, 3, 4, 6, 8, 9, 10, 11]
    row = result.failures.iloc[0]
    assert row["error"] == "ValueError: nothing to measure"
    assert "in failing" in row["traceback"]
    again = al.Scenario.from_yaml(_written(tmp_path / "s.yaml", row["scenario"]))
    assert again.seed == 2 and again.rules.psi == 0.5
    assert "2 failed" in repr(result)


def _written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_time_limit_fails_a_run(tmp_path):
    result = al.run_experiment(tiny(replicates=1), tmp_path / "x", workers=1, time_limit=1e-4)
    assert len(result.failures) == 4
    assert result.failures["error"].str.startswith("TimeLimit: more than 0.0001 s, at month").all()


def test_forums_alone(tmp_path):
    experiment = al.Experiment(
        name="forums", subject="forums", factors={"rules.portfolio": {"levels": [1, 3]}, "forums.resource": {"levels": ["r_fin", "both"]}},
        forums={"number": 60, "levels": [0.4, 1.6]}, replicates=2,
    )  # fmt: skip
    result = al.run_experiment(experiment, tmp_path / "x", workers=1)
    assert len(result.runs) == 8
    series = result.timeseries[(result.timeseries["point"] == 3) & (result.timeseries["replicate"] == 2)]
    assert series["level"].tolist() == [0.4, 1.6]
    from alliancesim.forum_api import ease, forums

    rules = {"portfolio": 3}
    tables = [forums(60, r_fin=level, r_hum=level, rules=rules, seed=2) for level in (0.4, 1.6)]
    for row, table in zip(series.itertuples(), tables, strict=True):
        expected = ease(table)
        assert row.launch == expected["launch"]
        assert row.feasible == expected["feasible"]
        assert row.no_agreement_share == expected["no_agreement"]
    both = (tables[0]["feasible"] > 0) & (tables[1]["feasible"] > 0)
    launched = [(table["outcome"] == "launched").to_numpy() for table in tables]
    assert series["launch_if_feasible"].tolist() == pytest.approx([one[both].mean() for one in launched])
    always = launched[0] & launched[1]
    if always.any():
        assert series["speed"].tolist() == pytest.approx([table["months"][always].mean() for table in tables])
    assert result.runs["forums_compared"].iloc[-1] == both.sum()


def test_all_tables_of_chosen_runs(tmp_path):
    result = al.run_experiment(tiny(replicates=1, keep={"results": [2]}), tmp_path / "x", workers=1)
    assert [path.name for path in (result.path / "results").iterdir()] == ["run-000002"]
    stored = al.open_result(result.path / "results" / "run-000002")
    assert stored.hashes() == result.run(2).hashes()


def test_precision_adds_replicates_until_it_is_reached(tmp_path):
    experiment = tiny(
        base=["territory.population=2000", "months=24", "burn_in=12", "rules.willing0=0.6", "rules.m0=0.3"],
        factors={"rules.recruit": {"levels": [0.0, 0.6]}}, replicates=4, precision={"alliances": 0.7}, most_replicates=60,
    )  # fmt: skip
    result = al.run_experiment(experiment, tmp_path / "x", workers=1)
    count = result.manifest["replicates_done"]
    assert 8 <= count <= 60
    assert len(result.runs) == 2 * count
    from alliancesim.analysis.sequential import enough, parse_precision

    table = result.runs.pivot(index="replicate", columns="point", values="alliances")
    change = (table[1] - table[0]).to_numpy()
    assert count == 60 or enough(change, parse_precision(0.7))
    loose = al.run_experiment(experiment.replace(precision={"alliances": 50}), tmp_path / "y", workers=1)
    assert loose.manifest["replicates_done"] < count or count == 8


# -- the folder ---------------------------------------------------------------------------------------------------------


def copied(done, tmp_path):
    target = tmp_path / "copy"
    shutil.copytree(done.path, target)
    return target


def test_a_folder_of_another_experiment_or_model_is_refused(done, tmp_path):
    folder = copied(done, tmp_path)
    with pytest.raises(UserError, match=r"holds another experiment \(tiny, 12 runs\)"):
        al.run_experiment(tiny(replicates=4), folder, workers=1)
    assert table_bytes(folder) == table_bytes(done.path)
    manifest = json.loads((folder / names.MANIFEST).read_text())
    manifest.update(model_version="0", identity="x")
    (folder / names.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="was begun with model 0, this is model"):
        al.run_experiment(done.experiment, folder, workers=1)
    replaced = al.run_experiment(tiny(replicates=1), folder, workers=1, overwrite=True)
    assert len(replaced.runs) == 4


@pytest.mark.parametrize("what", ["file", "other", "stray"])
def test_what_is_not_ours_is_not_touched(done, tmp_path, what):
    folder = tmp_path / "x"
    if what == "file":
        folder.write_text("mine")
    elif what == "other":
        folder.mkdir()
        (folder / "letter.txt").write_text("mine")
    else:
        folder = copied(done, tmp_path)
        (folder / "letter.txt").write_text("mine")
    with pytest.raises(UserError, match="output: "):
        al.run_experiment(tiny(replicates=1), folder, workers=1, overwrite=True)
    mine = folder if what == "file" else folder / "letter.txt"
    assert mine.read_text() == "mine"


def test_a_truncated_table_is_said(done, tmp_path):
    folder = copied(done, tmp_path)
    path = folder / names.RUNS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"runs.parquet: cannot be read"):
        _ = al.open_experiment(folder).runs
    (folder / names.RUNS).unlink()
    with pytest.raises(UserError, match=r"runs.parquet: missing"):
        _ = al.open_experiment(folder).runs


def test_a_damaged_journal_is_said(done, tmp_path):
    folder = tmp_path / "x"
    plan = make_plan(done.experiment)
    folder.mkdir()
    names.begin(folder, plan)
    (folder / names.JOURNAL).write_bytes(b"no database" * 500)
    with pytest.raises(UserError, match=r"journal of the experiment cannot be read .* say overwrite=true"):
        al.run_experiment(done.experiment, folder, workers=1)


def test_a_folder_in_use_is_refused_and_a_dead_ones_lock_is_no_obstacle(done, tmp_path):
    from filelock import FileLock

    folder = tmp_path / "x"
    folder.mkdir()
    lock = FileLock(folder / names.LOCK)
    with lock, pytest.raises(UserError, match="is being written by another process"):
        al.run_experiment(tiny(replicates=1), folder, workers=1)
    (folder / names.LOCK).write_text("left behind")
    assert len(al.run_experiment(tiny(replicates=1), folder, workers=1).runs) == 4


def test_more_runs_than_the_disk_can_hold(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
    with pytest.raises(UserError, match=r"leave about \d.* [MG]B, and .* has 1 MB free"):
        al.run_experiment(tiny(replicates=100_000), tmp_path / "x", workers=1)
    assert not (tmp_path / "x").exists()


def test_an_unwritable_output(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written|is a file"):
        al.run_experiment(tiny(replicates=1), tmp_path / "file" / "below", workers=1)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_order_and_the_same_command_goes_on(tmp_path, number, code):
    (tmp_path / "mine.yaml").write_text(
        "base: [territory.population=700, months=36, burn_in=12]\nfactors: {rules.psi: {low: 0, high: 1}}\n"
        "design: {kind: sobol, samples: 32}\nreplicates: 8\n"
    )
    words = [sys.executable, "-m", "alliancesim.cli", "sweep", "experiment=mine.yaml", "workers=1", "output=x"]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    log = tmp_path / "x" / "log.txt"
    deadline = time.monotonic() + 60
    while not (read_status(tmp_path / "x") or {}).get("done"):
        time.sleep(0.1)
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.splitlines()[-1].endswith("; the same command goes on from here")
    assert "Traceback" not in said
    assert "stopped" in log.read_text()
    before = int(status(tmp_path / "x").split(" at ")[1].split(" of ")[0])
    assert 0 < before < 256
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert f"256 runs, {before} there already" in log.read_text()
    assert sorted(pd.read_parquet(tmp_path / "x" / "runs.parquet", columns=["run"])["run"]) == list(range(256))


# -- workers that die ----------------------------------------------------------------------------------------------------


class Flaky:
    """An engine whose workers die as it is told."""

    width = 2

    def __init__(self, deadly=(), kill_first=0):
        self.deadly, self.kill_first = set(deadly), kill_first
        self.running, self.number, self.done = [], 0, []

    def submit(self, chunk):
        self.number += 1
        self.running.append((self.number, list(chunk)))
        return self.number

    def wait(self, timeout):
        if self.kill_first > 0 or any(task.run in self.deadly for _, chunk in self.running[:1] for task in chunk):
            self.kill_first -= 1
            found = [(number, None) for number, _ in self.running]  # a broken pool loses all that is under way
            self.running.clear()
            return found
        number, chunk = self.running.pop(0)
        self.done += [task.run for task in chunk]
        return [(number, [Outcome(task.run, 0.001, row=b"") for task in chunk])]


@pytest.mark.parametrize("kills", [0, 1, 5])
def test_what_a_dead_worker_held_is_done_again_and_nothing_twice(kills):
    engine, found = Flaky(kill_first=kills), []
    drive(engine, [Task(run, 0, {}, {}, 1) for run in range(200)], found.extend)
    assert sorted(one.run for one in found) == list(range(200))
    assert all(one.row is not None for one in found)


def test_a_run_that_kills_its_workers_fails_alone():
    engine, found = Flaky(deadly=[17]), []
    drive(engine, [Task(run, 0, {}, {}, 1) for run in range(60)], found.extend)
    assert sorted(one.run for one in found) == list(range(60))
    assert [(one.run, one.error) for one in found if one.row is None] == [
        (17, "the worker died (killed, or out of memory)")
    ]


@pytest.mark.slow
def test_a_killed_process_costs_only_what_it_held(done, tmp_path, monkeypatch):
    from alliancesim.experiments import engines

    submit = engines.Processes.submit
    killed = []

    def killing(self, chunk):
        handle = submit(self, chunk)
        alive = [process for process in (self._pool._processes or {}).values() if process.is_alive()]
        if alive and len(killed) < 2:
            killed.append(alive[0].pid)
            with contextlib.suppress(ProcessLookupError):  # it may have been dying of the other's death
                os.kill(alive[0].pid, signal.SIGKILL)
        return handle

    monkeypatch.setattr(engines.Processes, "submit", killing)
    result = al.run_experiment(done.experiment, tmp_path / "x", workers=2)
    assert killed
    assert table_bytes(result.path) == table_bytes(done.path)
    assert "a worker died" in (result.path / names.LOG).read_text()


def test_arrays_travel_as_they_are():
    plain = np.arange(6.0).reshape(2, 3)
    records = np.array([(1, True, 2.5)], dtype=[("a", np.int32), ("b", np.bool_), ("c", np.float32)])
    for array in (plain, records, np.zeros((0, 4))):
        back = unpack_array(pack_array(array))
        assert back.dtype == array.dtype
        assert np.array_equal(back, array)


def test_a_sweep_uses_one_thread_a_run(done):
    assert done.scenario(0, 1).threads == 1
    assert {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")}.items() <= _spawned_environment().items()


def _spawned_environment():
    from alliancesim.experiments.engines import _environment

    with _environment():
        return dict(os.environ)


@pytest.mark.slow
def test_a_plain_script_without_a_main_guard_may_use_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import alliancesim as al\n"
        f"e = al.Experiment(base={TINY!r}, factors={{'rules.psi': {{'levels': [0.1, 0.2]}}}}, replicates=2)\n"
        "print(len(al.run_experiment(e, workers=2).runs))\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert said.stdout == "4\n"
    assert list(tmp_path.iterdir()) == [script]


def test_a_result_without_a_folder_lives_as_long_as_it_is_used():
    result = al.run_experiment(tiny(replicates=1), workers=1)
    path = Path(result.path)
    assert len(result.runs) == 4
    del result
    import gc

    gc.collect()
    assert not path.exists()
