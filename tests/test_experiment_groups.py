"""Further columns of a run, by group: they are those of the run's own tables."""

from __future__ import annotations

import numpy as np
import pytest
from experimenting import tiny

import alliancesim as al
from alliancesim.errors import UserError
from alliancesim.experiments.groups import TERM, group_measures
from alliancesim.results.reference import observable
from alliancesim.scenario.case import REFERENCE_OBSERVABLES

BASE = ["territory.population=3000", "months=48", "burn_in=12", "animation=[forums,matchmaking]", "rules.hazard0=0.02",
        "animation.animators.animator.levers.forum.per_year=12", "animation.animators.animator.sources.forums.keur_per_year=200"]  # fmt: skip


@pytest.fixture(scope="module")
def done():
    return al.run_experiment(
        tiny(
            base=BASE,
            factors={"resources": {"levels": ["abundant"]}},
            replicates=2,
            keep={"groups": ["forums", "reference"]},
        ),
        workers=1,
    )


def test_the_columns_of_forums_are_those_of_the_tables(done):
    row, result = done.runs.iloc[1], done.run(1)
    forums = result.forums[
        (result.forums["animator"] != "") & (result.forums["month"] >= 1) & result.forums["reported"]
    ]
    launched = forums[forums["outcome"] == "launched"]
    assert row["animator_forums"] == len(forums) == 48
    assert row["animator_forums_launched"] == len(launched) > 0
    assert row["animator_forum_months"] == pytest.approx(launched["months"].mean())
    assert row["animator_forum_meetings"] == pytest.approx(forums.loc[forums["feasible"] > 0, "meetings"].mean())
    table = result.alliances
    born = table[table["reported"] & (table["origin"] == "forum") & (table["animator"] != "")]
    spheres = result.organisations["sphere"].to_numpy()
    members = np.concatenate([spheres[rows] for rows in born["member_list"]])
    assert row["forum_alliances"] == len(born) > 0
    assert row["forum_members"] == pytest.approx(born["members"].mean())
    assert row["forum_share_civil"] == pytest.approx((members != "collectivity").mean())
    assert row["forum_share_association"] + row["forum_share_firm"] == pytest.approx(row["forum_share_civil"])
    without = [not (spheres[rows] == "collectivity").any() for rows in born["member_list"]]
    assert row["forum_without_institution"] == pytest.approx(np.mean(without))
    assert row["forum_success"] == pytest.approx(born["successes"].sum() / born["results"].sum())
    ends = born["end_month"].fillna(49)
    early = born["start_month"] + TERM <= 49
    assert early.any()
    assert row["forum_lasting"] == pytest.approx(((ends - born["start_month"])[early] >= TERM).mean())
    assert np.isnan(row["forum_years"])  # nothing is five years old in four years
    assert 0.0 < row["forum_trust"] < 1.0


def test_the_columns_of_a_case_are_what_the_result_prints(done):
    row, result = done.runs.iloc[0], done.run(0)
    for name in REFERENCE_OBSERVABLES:
        assert row[f"reference_{name}"] == pytest.approx(observable(result, name), nan_ok=True)
    assert row["places_inhabitants"] == pytest.approx(row["inhabitants"])
    assert row["places_engaged_share"] == pytest.approx(row["engaged_share"])
    assert row["places_organisations"] == row["organisations"]


def test_units_and_meanings_are_kept(done):
    known = done.measures()
    assert set(known.index) >= {one.name for one in group_measures(["forums", "reference"])}


def test_without_a_group_there_are_no_such_columns():
    assert group_measures([]) == []
    assert "animator_forums" not in al.run_experiment(tiny(replicates=1), workers=1).runs
    with pytest.raises(UserError, match=r"keep\.groups"):
        tiny(keep={"groups": ["forum"]})
