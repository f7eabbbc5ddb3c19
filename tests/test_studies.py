"""Every study that ships: its quick version runs, and its page holds its figures and tables and no missing number."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from alliancesim.scenario.uncertainty import posterior_path
from alliancesim.studies.page import markdown_table, shown
from alliancesim.studies.reproduce import EARLIER, STUDIES, WAITING, reproduce


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_in_its_quick_version(name, tmp_path):
    page = reproduce(name, quick=True, output=tmp_path, workers=1)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "**Quick version: too small to say anything.**" in text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert "(figure:" not in text
    assert not re.search(r"^table:", text, re.MULTILINE)
    linked = re.findall(r"\((\w+/[\w.]+)\)", text)
    assert linked
    for file in linked:
        assert (tmp_path / file).is_file(), file
    for part in ("## Design", "## What it does not say"):
        assert part in text
    for table in (tmp_path / name).glob("*.csv"):
        assert not pd.read_csv(table).empty or table.stat().st_size > 0
    if name == "two_professions":
        again = reproduce(name, quick=True, output=tmp_path, workers=1)
        assert again.read_text(encoding="utf-8") == text  # the same numbers give the same words


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
    from pathlib import Path

    return Path(__file__).resolve().parents[1] / "docs" / "experiments"


def test_who_waits_has_no_page_and_nobody_waits_for_a_posterior_that_is_there():
    assert [name for name in WAITING if (committed() / f"{name}.md").exists()] == []
    assert not ({"predictions", "baselines", "patterns"} & set(WAITING) and posterior_path().exists())


@pytest.mark.parametrize("name", [name for name in STUDIES if name not in (*WAITING, *EARLIER)])
def test_the_committed_page_is_of_the_full_study(name):
    """Written from the whole design, with the replicates that its experiment asks for."""
    from alliancesim.experiments.compose import load_experiment
    from alliancesim.studies.reproduce import study

    text = (committed() / f"{name}.md").read_text(encoding="utf-8")
    assert "Quick version" not in text
    first = study(name).experiments[0]
    experiment = load_experiment(first)
    if experiment.replicates > 1:
        assert f"{experiment.replicates} replicates" in text
    if first == name:
        assert f"*{experiment.question}*" in text
