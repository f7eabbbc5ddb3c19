"""Governance: the lead is shared by those who trust each other, decided by the convenor, left to associations."""

from __future__ import annotations

from typing import Any

import pytest

import alliancesim as al
from alliancesim.errors import UserError

IDEA = [{"domain": "health", "cost": 1.0, "effort": 1.0, "value": 1.0, "capabilities": "people", "name": "a house"}]


def people(*spheres: str, **more: list[Any]) -> list[dict[str, Any]]:
    """Participants that all want the idea, able to lead it."""
    rows = [
        {
            "sphere": sphere,
            "cash": 5.0,
            "time": 5.0,
            "structuration": 0.6,
            "capabilities": "people",
            "name": f"{sphere} {n}",
        }
        for n, sphere in enumerate(spheres)
    ]
    for column, values in more.items():
        for row, value in zip(rows, values, strict=True):
            row[column] = value
    return rows


def held(
    rows: list[dict[str, Any]], trust: float = 0.6, seed: int = 1, convenor: int | None = None, **rules: float
) -> Any:
    """A forum whose participants agree at once and do not quarrel; nobody concedes (a rent far above any dependence)."""
    calm = {"rivalry": 0.0, "psi": 9.0, "eta_c": 0.1, **rules}
    return al.forum(rows, IDEA, calm, seed, trust=trust, convenor=convenor)


def test_claimants_who_trust_each_other_share_the_lead() -> None:
    rows = people("association", "firm")
    alone = held(rows)
    assert alone.outcome == "contest_failed"
    shared = held(rows, co_leadership=1, co_lead_trust=0.6)
    assert shared.outcome == "launched"
    assert shared.actions["rounds"].tolist() == [0]
    assert "shares" in set(shared.protocol["event"])
    assert shared.trust[0, 1] == 0.6
    assert held(rows, co_leadership=1, co_lead_trust=0.61).outcome == "contest_failed"


def test_the_convenor_decides_after_the_first_contested_round() -> None:
    rows = people("association", "firm", "collectivity", structuration=[0.6, 0.7, 0.2])
    decided = held(rows, convenor=2, arbitration=1, arbitration_loss=0.5)
    assert decided.outcome == "launched"
    assert decided.actions["rounds"].tolist() == [1]
    assert decided.actions["leader"].tolist() == ["firm 1"]
    # the loser's trust in the convenor fell, the winner's did not; the claimants lost eta_c in the round
    assert decided.trust[0, 2] == pytest.approx(0.6 * 0.5)
    assert decided.trust[1, 2] == pytest.approx(0.6)
    assert decided.trust[0, 1] == pytest.approx(0.6 * 0.9)


def test_a_convenor_that_claims_the_lead_takes_it() -> None:
    rows = people("association", "collectivity", structuration=[0.9, 0.5])
    decided = held(rows, convenor=1, arbitration=1, arbitration_loss=0.5)
    assert decided.actions["leader"].tolist() == ["collectivity 1"]
    assert decided.trust[0, 1] == pytest.approx(0.6 * 0.9 * 0.5)


def test_an_animator_without_organisation_arbitrates_and_nobody_resents_it() -> None:
    decided = held(people("association", "firm"), arbitration=1, arbitration_loss=0.5)
    assert decided.outcome == "launched"
    assert decided.trust[0, 1] == pytest.approx(0.6 * 0.9)


def test_collectivities_leave_the_lead_to_an_association_of_little_slack() -> None:
    rows = people("association", "collectivity", cash=[0.05, 5.0], time=[0.05, 5.0])
    assert held(rows).actions["leader"].tolist() == ["collectivity 1"]
    given = held(rows, delegation=1.0, delegation_slack=0.3)
    assert given.actions["leader"].tolist() == ["association 0"]
    assert given.actions["rounds"].tolist() == [0]
    # 0.05 is less than 0.15 * 0.4 of the cost: too little even for a delegated lead
    assert held(rows, delegation=1.0, delegation_slack=0.4).actions["leader"].tolist() == ["collectivity 1"]
    # an association able to lead by itself, contested by the collectivity, is left alone with its claim
    both = people("association", "collectivity")
    assert held(both).outcome == "contest_failed"
    assert held(both, delegation=1.0).actions["leader"].tolist() == ["association 0"]


def test_delegation_is_a_probability() -> None:
    """Share of 300 forums that delegate; false alarm below 1e-6 for a fair draw of one half."""
    rows = people("association", "collectivity", cash=[0.05, 5.0], time=[0.05, 5.0])
    leads = [held(rows, seed=s, delegation=0.5).actions["leader"][0] for s in range(300)]
    assert 107 <= leads.count("association 0") <= 193


def test_a_convenor_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="convenor: found 5, expected a row of participants, from 0 to 1"):
        held(people("association", "firm"), convenor=5)
