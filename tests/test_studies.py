"""Every study that ships: its quick version runs, and its page holds its figures and tables and no missing number."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from studying import assert_whole

from alliancesim.errors import UserError
from alliancesim.studies.page import markdown_table, shown
from alliancesim.studies.reproduce import STUDIES, reproduce

OTHERS = {
    path.stem.removeprefix("test_study_"): path.read_text(encoding="utf-8")
    for path in Path(__file__).parent.glob("test_study_*.py")
}
"""Test files of single studies."""


ELSEWHERE = sorted(name for name in STUDIES if f'reproduce("{name}", quick=True' in OTHERS.get(name, ""))
"""Studies whose quick version runs in a file of their own."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STUDIES if name not in ELSEWHERE])
def test_a_study_in_its_quick_version(name, tmp_path):
    assert_whole(reproduce(name, quick=True, output=tmp_path, workers=1))


def test_those_elsewhere_are_held_to_the_same():
    assert all("assert_whole(" in OTHERS[name] for name in ELSEWHERE)


def test_no_page_rests_on_what_failed_runs_leave(tmp_path, monkeypatch):
    from alliancesim.experiments import runner

    gone = SimpleNamespace(failures=pd.DataFrame({"error": ["no memory"]}), manifest={"runs_done": 8})
    monkeypatch.setattr(runner, "run_experiment", lambda *_args, **_how: gone)
    with pytest.raises(UserError, match=r"history.*: 1 of 8 runs failed, expected none.*the first: no memory"):
        reproduce("history", quick=True, output=tmp_path)
    assert not list(tmp_path.glob("*.md"))


def test_numbers_of_tables():
    assert [shown(value) for value in (None, float("nan"), 3.0, 0.123456, 12345.6, True, "word")] == [
        "", "", "3", "0.123", "12,346", "True", "word",
    ]  # fmt: skip
    assert markdown_table(pd.DataFrame({"a": [1.5], "b": ["x"]})).splitlines() == [
        "| a | b |",
        "|---|---|",
        "| 1.5 | x |",
    ]


def committed():
    return Path(__file__).resolve().parents[1] / "docs" / "experiments"


@pytest.mark.parametrize("name", STUDIES)
def test_the_committed_page_is_of_the_full_study(name):
    """Written from the whole design, with the replicates that its experiment asks for."""
    from alliancesim.experiments.compose import load_experiment
    from alliancesim.studies.reproduce import study

    text = (committed() / f"{name}.md").read_text(encoding="utf-8")
    assert "Quick version" not in text
    if not study(name).experiments:  # what runs is the study's own
        return
    first = study(name).experiments[0]
    experiment = load_experiment(first)
    if experiment.replicates > 1:
        assert f"{experiment.replicates} replicates" in text
    if first == name:
        assert f"*{experiment.question}*" in text
