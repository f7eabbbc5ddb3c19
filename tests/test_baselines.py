"""Regression: committed results of a few scenarios, bit for bit. After a wanted change: raise MODEL_VERSION, make baselines."""

from __future__ import annotations

import json

import baselines
import pytest

from alliancesim.engine import MODEL_VERSION

COMMITTED = json.loads(baselines.FILE.read_text(encoding="utf-8"))


def test_baselines_are_of_this_model_version() -> None:
    assert COMMITTED["model_version"] == MODEL_VERSION
    assert set(COMMITTED["scenarios"]) == set(baselines.SCENARIOS)


@pytest.mark.parametrize("name", baselines.SCENARIOS)
def test_results_have_not_moved(name: str) -> None:
    assert baselines.measure(baselines.SCENARIOS[name]) == COMMITTED["scenarios"][name]
