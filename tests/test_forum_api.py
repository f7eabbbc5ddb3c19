"""The forum alone: one with its protocol, many in vitro."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import alliancesim as al
from alliancesim.catalogue import FORUM_OUTCOMES
from alliancesim.forum_api import ease

PEOPLE = [
    {"name": "Asso", "sphere": "association", "cash": 3, "time": 3, "salience_health": 3, "salience_housing": 1},
    {"name": "Firm", "sphere": "firm", "cash": 5, "time": 4},
    {"name": "Town", "kind": "commune", "cash": 4, "time": 5},
]
IDEAS = [
    {"name": "clinic", "domain": "health", "cost": 3, "effort": 3, "value": 1, "capabilities": "money|people"},
    {"name": "homes", "domain": "housing", "cost": 2, "effort": 2, "value": 1.2, "capabilities": "industry|proximity"},
]


def test_protocol_tells_the_whole_deliberation() -> None:
    result = al.forum(PEOPLE, IDEAS, seed=3)
    assert result.outcome in FORUM_OUTCOMES
    first = result.protocol[(result.protocol["event"] == "supports") & (result.protocol["month"] == 1)]
    assert sorted(first["participant"]) == ["Asso", "Firm", "Town"]
    launches = result.protocol[result.protocol["event"] == "launches"]
    assert (len(launches) == 1) == (result.outcome == "launched")
    text = result.tell()
    assert "Month 1" in text
    assert result.outcome.split("_")[0] in text
    assert "<table" in result._repr_html_()
    assert al.forum(PEOPLE, IDEAS, seed=3).tell() == text


def test_meetings_conceded_and_quarrels_add_up_to_months() -> None:
    for seed in range(60):
        result = al.forum(PEOPLE, IDEAS, {"rivalry": 0.8, "psi": 0.0}, seed=seed)
        row = result.actions.iloc[0]
        assert row["months"] == row["meetings"] + row["rounds"] + row["quarrels"]
        assert len(result.protocol[result.protocol["event"] == "quarrels"]) == row["quarrels"]


def test_means_beyond_everyone_are_infeasible() -> None:
    dear = [{**idea, "cost": 1000} for idea in IDEAS]
    assert al.forum(PEOPLE, dear).outcome == "infeasible"


def test_a_quarrelsome_tight_purse_fails() -> None:
    result = al.forum(
        PEOPLE, [{**IDEAS[0], "cost": 5.9, "effort": 5.9}], {"rivalry": 1.0, "phi": 0.5, "lead_slack": 0.1}
    )
    assert result.outcome == "purse_failed"
    assert result.actions["quarrels"][0] == 3
    assert (
        result.trust[np.triu_indices(3, 1)] < al.forum(PEOPLE, IDEAS[:1], {"rivalry": 0.0}).trust[np.triu_indices(3, 1)]
    ).all()


@pytest.mark.parametrize(
    ("people", "ideas", "rules", "words"),
    [
        (PEOPLE[:1], IDEAS, None, "from 2 to 60"),
        ([{"sphere": "guild"}, *PEOPLE], IDEAS, None, "row 1"),
        ([{**PEOPLE[0], "cash": -1}, *PEOPLE], IDEAS, None, "cash"),
        ([{**PEOPLE[0], "capabilities": "magic"}, *PEOPLE], IDEAS, None, "magic"),
        (PEOPLE, [{"domain": "health"}], None, "cost"),
        (PEOPLE, [{**IDEAS[0], "cost": float("nan")}], None, "cost"),
        (PEOPLE, IDEAS, {"quorum": 1.5}, "rules.quorum"),
        (PEOPLE, IDEAS, {"qorum": 0.5}, "rules.qorum"),
    ],
)
def test_mistakes_are_named(people: list, ideas: list, rules: dict | None, words: str) -> None:
    with pytest.raises(al.UserError, match=words):
        al.forum(people, ideas, rules)


def test_many_forums_are_keyed_and_do_not_depend_on_threads_or_chunks() -> None:
    table = al.forums(5000, seed=9)
    assert table.equals(al.forums(5000, seed=9, threads=3))
    assert table.iloc[100:200].reset_index(drop=True).equals(al.forums(100, seed=9, first=100))
    assert not table["outcome"].equals(al.forums(5000, seed=10)["outcome"])


def test_in_vitro_people_are_the_same_at_every_level() -> None:
    """At e = 1 a level of means shared by cash and time changes nothing, so levels share people, ideas and draws."""
    rules = {"ambition_elasticity": 1.0}
    one, four = (al.forums(3000, rules=rules, r_fin=level, r_hum=level) for level in (1.0, 4.0))
    pd.testing.assert_frame_equal(one, four)
    assert not one.equals(al.forums(3000, r_fin=4.0, r_hum=4.0))


def test_ease_reports_its_measures_and_causes() -> None:
    measures = ease(al.forums(4000, r_fin=0.1, r_hum=0.1))
    causes = sum(measures[cause] for cause in FORUM_OUTCOMES[1:])
    assert causes + measures["launch"] == pytest.approx(1.0)
    assert measures["feasible"] < 1.0
    assert 1.0 <= measures["speed"] <= measures["restricted_months"] <= 12.0


def test_levels_out_of_bounds_are_named() -> None:
    with pytest.raises(al.UserError, match="r_fin"):
        al.forums(10, r_fin=-1)
    with pytest.raises(al.UserError, match="size"):
        al.forums(10, size=1)
