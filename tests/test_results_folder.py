"""The folder of a run: what it holds, what it refuses to replace, what an error leaves behind; rerun."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.results import folder as folder_module
from alliancesim.results import open_result, rerun, run_to_folder, simulate
from alliancesim.scenario import load_scenario

SMALL = ("territory=rural", "territory.population=3000", "months=14", "burn_in=12", "animation=full")
FILES = {"manifest.json", "scenario.yaml", "summary.md"} | {
    f"{name}.parquet" for name in ("timeseries", "alliances", "organisations", "forums", "territory", "digests")
}


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(*SMALL)


@pytest.fixture(scope="module")
def result(scenario):
    return simulate(scenario)


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Runs without figures, in an empty folder."""
    monkeypatch.setattr(folder_module, "draw", lambda result, folder: folder.mkdir())
    monkeypatch.setattr(folder_module, "report", lambda result, target: f"done {target}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("."))


def test_a_run_writes_all_it_promises(scenario, tmp_path, monkeypatch, capsys):
    from alliancesim.plots import FIGURES, finding

    monkeypatch.chdir(tmp_path)
    folder = run_to_folder(scenario, overrides=list(SMALL))
    assert folder == Path("outputs") / f"{scenario.slug}-{scenario.hash()[:8]}"
    assert {entry.name for entry in folder.iterdir()} == FILES | {"figures"}
    assert {entry.name for entry in (folder / "figures").iterdir()} == {f"{name}.png" for name in FIGURES}
    assert leftovers(tmp_path / "outputs") == []
    result = open_result(folder)
    assert result.manifest["overrides"] == list(SMALL)
    assert result.scenario == scenario
    said = capsys.readouterr().out
    assert str(folder / "figures") in said
    for name in FIGURES:
        assert finding(name, result) in said
    assert (folder / "summary.md").read_text(encoding="utf-8") == result.summary()


def test_another_run_is_never_replaced_unless_asked(scenario, quick):
    mine = scenario.replace(output="out/mine")
    folder = run_to_folder(mine, progress=False)
    before = (folder / "manifest.json").read_text(encoding="utf-8")
    run_to_folder(mine, progress=False)  # the very same run
    other = mine.replace(seed=7)
    with pytest.raises(UserError, match="overwrite=true"):
        run_to_folder(other, progress=False)
    assert json.loads(before)["seed"] == 1
    assert open_result(folder).scenario.seed == 1
    run_to_folder(other.replace(overwrite=True), progress=False)
    assert open_result(folder).scenario.seed == 7
    assert leftovers(quick / "out") == []


def test_what_is_not_a_result_is_never_touched(scenario, quick):
    (quick / "mine").mkdir()
    (quick / "mine" / "thesis.txt").write_text("years of work")
    (quick / "file").write_text("x")
    (quick / "broken").mkdir()
    (quick / "broken" / "manifest.json").write_text("{}")
    for name, words in (("mine", "not a result"), ("file", "is a file"), ("broken", "not a result"), (".", "other files|runs in"),
                        ("file/below", "a part of the path is a file")):  # fmt: skip
        with pytest.raises(UserError, match=words):
            run_to_folder(scenario.replace(output=name, overwrite=True), progress=False)
    assert (quick / "mine" / "thesis.txt").read_text() == "years of work"
    folder = run_to_folder(scenario.replace(output="run"), progress=False)
    (folder / "notes.md").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.md"):
        run_to_folder(scenario.replace(output="run", overwrite=True), progress=False)
    assert (folder / "notes.md").exists()
    (quick / "empty").mkdir()
    assert (run_to_folder(scenario.replace(output="empty"), progress=False) / "manifest.json").exists()


def test_refusals_come_before_anything_runs(scenario, quick, monkeypatch):
    (quick / "file").write_text("x")
    monkeypatch.setattr("alliancesim.results.result._simulate", lambda *a, **k: pytest.fail("it ran"))
    with pytest.raises(UserError):
        run_to_folder(scenario.replace(output="file"), progress=False)


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), UserError, "the disk is full"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
        (RuntimeError("a bug"), RuntimeError, "a bug"),
        (PermissionError(errno.EACCES, "Permission denied"), UserError, "no permission"),
    ],
)
def test_an_error_leaves_nothing_half_written(scenario, quick, monkeypatch, error, expected, words):
    written = []

    def fail(table, path, **_):
        written.append(path)
        if len(written) > 2:
            raise error
        Path(path).write_bytes(b"half")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(expected, match=words):
        run_to_folder(scenario.replace(output="deep/er/run"), progress=False)
    assert len(written) == 3
    assert list(quick.iterdir()) == []


def test_an_error_keeps_the_folder_that_was_to_be_replaced(scenario, quick, monkeypatch):
    folder = run_to_folder(scenario.replace(output="run"), progress=False)
    before = {entry.name for entry in folder.iterdir()}
    monkeypatch.setattr(folder_module, "write", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(scenario.replace(output="run", seed=3, overwrite=True), progress=False)
    assert {entry.name for entry in folder.iterdir()} == before
    assert open_result(folder).scenario.seed == 1
    assert leftovers(quick) == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_disk_that_takes_no_more(scenario, tmp_path):
    code = f"""
import resource, sys
from alliancesim.cli import main
from alliancesim.results import folder
folder.draw = lambda result, path: path.mkdir()
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
sys.exit(main(["run", *{SMALL!r}, "output={tmp_path}/run"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2, done.stderr
    assert "too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == []


def test_progress_is_said_on_standard_error(scenario, quick, monkeypatch, capsys):
    run_to_folder(scenario.replace(output="a"))
    assert capsys.readouterr().err in (
        "",
        "compiling kernels (first run, half a minute to a minute)\n",
    )  # no terminal: no line of progress

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    run_to_folder(scenario.replace(output="b"))
    assert "alliances" in terminal.getvalue()


def test_the_command_runs_and_reruns(quick, capsys):
    assert main(["run", *SMALL, "output=run"]) == 0
    assert main(["rerun", "run"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "identical"
    assert main(["rerun", "nothing"]) == 2
    assert main(["run", *SMALL, "seed=2", "output=run"]) == 2
    assert "overwrite=true" in capsys.readouterr().err


def test_rerun_names_where_two_runs_first_differ(result, scenario, tmp_path, capsys, monkeypatch):
    folder = result.save(tmp_path / "run", figures=False)
    assert rerun(folder) == 0
    # Another engine: its third month of burn-in spends no time on meeting.
    from alliancesim.engine import Engine

    step = Engine.step

    def other(self: Engine) -> None:
        if self.state.month == 4:
            self.replace("meet", lambda world: setattr(world.state, "meetings", world.state.meetings[:0]) or 12345)
        step(self)

    monkeypatch.setattr(Engine, "step", other)
    capsys.readouterr()
    assert rerun(folder) == 1
    assert "differs first in month -6, phase meet" in capsys.readouterr().out
    monkeypatch.setattr(Engine, "step", step)
    table = pq.read_table(folder / "organisations.parquet")
    values = table.column("structuration").to_numpy().copy()
    values[5] += np.float32(0.25)
    at = table.column_names.index("structuration")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values)), folder / "organisations.parquet")
    assert rerun(folder) == 1
    said = capsys.readouterr().out
    assert "organisations.parquet: not what manifest.json says" in said
    assert "table organisations, row 5, column structuration" in said


def test_rerun_says_so_when_the_model_changed(result, tmp_path, capsys, monkeypatch):
    folder = result.save(tmp_path / "run", figures=False)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["model_version"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert rerun(folder) == 0  # same tables all the same
    monkeypatch.setattr("alliancesim.results.tables.content_hash", lambda table: os.urandom(8).hex())
    capsys.readouterr()
    assert rerun(folder) == 1
    assert "made by model 0" in capsys.readouterr().out


def test_rerun_refuses_a_scenario_that_was_changed(result, tmp_path):
    folder = result.save(tmp_path / "run", figures=False)
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text.replace("seed: 1", "seed: 2"), encoding="utf-8")
    with pytest.raises(UserError, match=r"scenario\.yaml was changed"):
        rerun(folder)
    (folder / "scenario.yaml").unlink()
    with pytest.raises(UserError, match="no such file"):
        rerun(folder)
