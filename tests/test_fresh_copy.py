"""A fresh copy of the project, as a user gets it: the README's command, and the same bits under another Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import baselines
import pytest

ROOT = Path(__file__).resolve().parent.parent
OTHER = "3.13" if sys.version_info[:2] == (3, 11) else "3.11"
MADE = {".git", ".venv", ".tools", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "__pycache__"}
MADE_AT_ROOT = {"results", "outputs", "dist", "build"}


def left_out(folder: str, names: list[str]) -> set[str]:
    """What set-up and runs made."""
    return set(names) & (MADE | MADE_AT_ROOT if Path(folder) == ROOT else MADE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without anything that set-up or runs made."""
    target = tmp_path / "copy"
    shutil.copytree(ROOT, target, ignore=left_out)
    return target


def call(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, with the environment of a bare shell."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "PYTHONDONTWRITEBYTECODE")
    }
    return subprocess.run([program, *arguments], cwd=folder, env=kept, capture_output=True, text=True, check=False)


def interpreter(version: str) -> str | None:
    """A Python of that version on the path that starts, or nothing."""
    found = shutil.which(f"python{version}")
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return found if said.returncode == 0 and said.stdout.startswith(f"Python {version}.") else None


@pytest.mark.slow
def test_the_command_of_the_readme_sets_up_and_runs(copy: Path) -> None:
    base = str(getattr(sys, "_base_executable", sys.executable))
    done = call(base, copy, "tools/bootstrap.py", "run", "months=2", "burn_in=0", "territory.population=4000")
    assert done.returncode == 0, done.stderr
    folder = copy / "results" / "first-run"
    assert (folder / "figures" / "map.png").stat().st_size > 10_000
    assert (folder / "summary.md").read_text(encoding="utf-8").startswith("#")
    assert "map.png" in done.stdout
    again = call(base, copy, "tools/bootstrap.py", "exec", "alliancesim", "rerun", "results/first-run")
    assert (again.returncode, again.stdout.strip()) == (0, "identical")


@pytest.mark.slow
def test_another_python_gives_the_same_bits(copy: Path) -> None:
    program = interpreter(OTHER)
    if program is None:
        raise unittest.SkipTest(f"no Python {OTHER} on the path")
    code = (
        "import sys, json; sys.path.insert(0, 'tests'); import baselines; "
        "print(json.dumps({n: baselines.measure(baselines.SCENARIOS[n]) for n in ('urban', 'zus full')}))"
    )
    done = call(program, copy, "tools/bootstrap.py", "exec", "python", "-c", code)
    assert done.returncode == 0, done.stderr
    committed = json.loads(baselines.FILE.read_text(encoding="utf-8"))["scenarios"]
    for name, measured in json.loads(done.stdout.strip().splitlines()[-1]).items():
        assert measured == committed[name]
