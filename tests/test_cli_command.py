"""The command: subcommands, statuses, one line for what a user gets wrong, quick help."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import time
import types

import pytest

import alliancesim
from alliancesim import cli
from alliancesim.cli import listing
from alliancesim.errors import UserError
from alliancesim.levers import LEVER_NAMES
from alliancesim.parameters import PARAMETERS


@pytest.fixture
def results(monkeypatch):
    """A module of results that records how it is called."""
    calls: list[tuple] = []
    module = types.ModuleType("alliancesim.results")

    def record(name, value):
        def call(*args, **kwargs):
            calls.append((name, args, kwargs))
            if isinstance(value, BaseException):
                raise value
            return value

        setattr(module, name, call)

    module.calls = calls  # type: ignore[attr-defined]
    module.record = record  # type: ignore[attr-defined]
    for name, value in (("run_to_folder", "out"), ("rerun", 1), ("why", "They met."), ("export", None)):
        record(name, value)
    monkeypatch.setitem(sys.modules, "alliancesim.results", module)
    monkeypatch.setattr(alliancesim, "results", module, raising=False)
    return module


def test_run_passes_scenario_and_origins(results):
    assert cli.main(["run", "territory=rural", "--cfg", "job", "months=3"]) == 0
    assert results.calls == []
    assert cli.main(["run", "territory=rural", "months=3"]) == 0
    ((name, (scenario,), kwargs),) = results.calls
    assert name == "run_to_folder"
    assert (scenario.months, scenario.territory.typology) == (3, "rural")
    assert kwargs["overrides"] == ["territory=rural", "months=3"]
    assert kwargs["origins"]["months"] == (3, "command line")
    assert kwargs["progress"] is True


def test_cfg_prints_yaml_with_origins(capsys):
    import yaml

    from alliancesim.scenario import from_dict, load_scenario

    assert cli.main(["run", "case=charenton", "--cfg", "job", "rules.psi=0.3"]) == 0
    text = capsys.readouterr().out
    assert from_dict(yaml.safe_load(text)) == load_scenario("case=charenton", "rules.psi=0.3")
    (line,) = [line for line in text.splitlines() if line.startswith("  psi: 0.3")]
    assert line.endswith("# command line")
    assert "# configs/case/charenton.yaml" in text
    assert "# default" in text


def test_other_subcommands_call_results(results, capsys):
    assert cli.main(["rerun", "folder"]) == 1
    assert cli.main(["why", "folder", "alliance=12"]) == 0
    assert cli.main(["why", "folder", "forum=0"]) == 0
    assert cli.main(["export", "folder", "--format", "gexf", "--to", "a.gexf"]) == 0
    assert results.calls == [
        ("rerun", ("folder",), {}),
        ("why", ("folder",), {"alliance": 12}),
        ("why", ("folder",), {"forum": 0}),
        ("export", ("folder", "gexf", "a.gexf"), {}),
    ]
    assert "They met." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UserError("output: holds another run", ["row 1", "row 2"]), 2, "output: holds another run\n  row 1\n  row 2"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "out/x"), 2, "out/x: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 2, "out: no permission"),
    ],
)
def test_statuses_of_failures(results, capsys, error, status, words):
    results.record("run_to_folder", error)
    assert cli.main(["run"]) == status
    captured = capsys.readouterr()
    assert captured.err == f"alliancesim: {words}\n" or captured.err.startswith(f"alliancesim: {words}")
    assert "Traceback" not in captured.err


def test_other_errors_keep_their_traceback(results):
    results.record("run_to_folder", FileNotFoundError(errno.ENOENT, "No such file", "x"))
    with pytest.raises(FileNotFoundError):
        cli.main(["run"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frob"],
        ["run", "--foo"],
        ["run", "--foo=1"],
        ["run", "months=0"],
        ["run", "nonsense"],
        ["run", "~seed"],
        ["run", "+foo=1"],
        ["run", "territory=real", "territory.place="],
        ["run", "--config-dir", "nowhere"],
        ["run", "--cfg", "all"],
        ["why", "x", "alliance=-1"],
        ["why", "x", "pair=1"],
        ["export", "x", "--format", "docx", "--to", "y"],
        ["list", "frob"],
        ["rerun"],
        ["plan", "months=3"],
    ],
)
def test_mistakes_give_one_line_and_status_2(arguments, capsys):
    try:
        status = cli.main(arguments)
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("alliancesim")


def test_help_of_run_explains_every_key(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", "--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for parameter in PARAMETERS:
        assert f"rules.{parameter.name} " in text
    for words in ("territory.buffer_km", "labo_alsace", "cross_border", "kEUR a year", "from 1 to 100000, months"):
        assert words in text


@pytest.mark.parametrize("what", [name for name in listing.TABLES if name != "observables"])
def test_lists(what, capsys):
    assert cli.main(["list", what]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_lists_come_from_the_definitions(capsys):
    cli.main(["list", "parameters"])
    out = capsys.readouterr().out
    assert all(f"rules.{parameter.name} " in out for parameter in PARAMETERS)
    assert "assumption, to calibrate" in out
    assert "source" in out
    cli.main(["list", "levers"])
    out = capsys.readouterr().out
    assert all(f"\n{name} " in out for name in LEVER_NAMES)


def test_list_shows_the_users_own(tmp_path, capsys):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "mine.yaml").write_text(
        "# @package _global_\n# A case of my own\nmonths: 3\n", encoding="utf-8"
    )
    assert cli.main(["list", "cases", "--config-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "A case of my own" in out
    assert "labo_alsace" in out


def test_completion():
    arguments = types.SimpleNamespace(config_dir=None)
    assert "territory=rural" in cli.run.complete("territory=", arguments)
    assert "rules.psi=" in cli.run.complete("rules.p", arguments)
    assert cli.run.complete("overwrite=", arguments) == ["overwrite=true", "overwrite=false"]
    assert cli.run.complete("nothing=", arguments) == []


def command(*arguments: str, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "alliancesim.cli", *arguments], capture_output=True, **kwargs)


def test_help_imports_nothing_heavy(record_property):
    heavy = ("numpy", "numba", "pandas", "mesa", "hydra", "omegaconf", "matplotlib", "rich", "pyarrow")
    code = (
        "import json, sys, time; start = time.perf_counter()\n"
        "from alliancesim.cli import make_parser\n"
        "make_parser().format_help()\n"
        f"print(json.dumps([time.perf_counter() - start, [name for name in {heavy!r} if name in sys.modules]]))"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    record_property("seconds, with the interpreter", round(time.perf_counter() - start, 3))
    seconds, loaded = json.loads(done.stdout)
    record_property("seconds", round(seconds, 3))
    print(f"help: {seconds:.3f} s")
    assert loaded == []


def test_version():
    done = command("--version", text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("alliancesim ")


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "alliancesim.cli", "list", "parameters"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert error == b""


def test_parameters_page_is_what_the_definitions_give():
    import importlib.util
    from pathlib import Path

    path = Path(__file__).resolve().parents[1] / "tools" / "write_parameters_doc.py"
    spec = importlib.util.spec_from_file_location("write_parameters_doc", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0
