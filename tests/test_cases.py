"""The presets of the source's cases on their territories: animators are who they are said to be, what is printed is short."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from alliancesim.catalogue import KIND_INDEX
from alliancesim.engine import Engine, engine_of, make_territory
from alliancesim.results import Result, result_of
from alliancesim.results.reference import observable, reference_lines, shown
from alliancesim.scenario import Scenario, from_dict, load_scenario
from alliancesim.scenario.case import REFERENCE_OBSERVABLES
from alliancesim.scenario.library import options

CASES = tuple(options("case"))
KINDS = {
    "coordin_actions": "federation",
    "flda_ardeche": "foundation",
    "silver_geek": "ge",
    "la_poste_roubaix": "ge",
    "community_foundation": "foundation",
    "tetris_le_havre": "commune",
    "cci_le_havre": "public_agency",
    "planet_adam_zus": "small_employer",
    "isigaz_mediators": "ge",
    "ptce": "large_employer",
    "medef_network": "firms_network",
    "face_utilities": "foundation",
    "national_programme": "federation",
    "vaucluse_two_phase": "state_service",
}
"""Which kind of organisation the source says that the animator is (SOURCE section 3)."""


@cache
def territory(place: str):
    """Made once for the cases that share a place."""
    return make_territory(from_dict({"territory": json.loads(place)}))


@pytest.fixture(scope="module", params=CASES)
def ran(request) -> tuple[str, Scenario, Engine]:
    """A case without running in, after two months."""
    scenario = load_scenario(f"case={request.param}", "months=2", "burn_in=0")
    place = {name: value for name, value in scenario.territory.to_dict().items() if name != "name"}
    engine = engine_of(scenario, territory=territory(json.dumps(place)))
    engine.run()
    return request.param, scenario, engine


def test_a_case_runs_on_its_place_and_its_animators_are_there(ran) -> None:
    case, scenario, engine = ran
    state = engine.state
    people = state.organisations
    assert state.calendar_month == 2
    assert len(engine.world.animators) == len(scenario.animation.animators)
    for animator, config in zip(engine.world.animators, scenario.animation.animators.values(), strict=True):
        assert config.kind == KINDS.get(case)
        assert animator.cells.any()
        assert not animator.cells[state.cells["reported"] == 0].any()
        if config.kind is None:
            assert animator.row == -1
            continue
        assert people["kind"][animator.row] == KIND_INDEX[config.kind]
        assert animator.cells[people["cell"][animator.row]]
        assert people["stage"][animator.row] > 0
    places = [set(config.where) for config in scenario.animation.animators.values()]
    assert all(place or len(places) == 1 for place in places)


def test_sizes_stay_affordable(ran) -> None:
    """Half a minute a case: about 34 ms a month at 100,000 organisations."""
    case, _, engine = ran
    scenario = load_scenario(f"case={case}")
    assert engine.state.n_organisations / 1e5 * 0.034 * (scenario.months + scenario.burn_in) < 25.0


def test_what_is_printed_is_one_short_block(ran) -> None:
    _, scenario, engine = ran
    result = result_of(engine, scenario)
    lines = reference_lines(result)
    assert lines[0].startswith("the source reports: ")
    assert lines[-1].startswith("cannot be compared: ")
    assert all("\n" not in line for line in lines)
    assert sum(len(line) for line in lines) < 1500
    assert not any("nan" in line.split() for line in lines)
    page = result.summary()
    assert "*The source reports:*" in page
    assert "*Cannot be compared:*" in page


@pytest.fixture(scope="module")
def lively() -> Result:
    """A small place where everything that is counted occurs: standing commissions, mediators, a fund."""
    scenario = load_scenario(
        "territory=zus", "territory.population=20000", "months=48", "burn_in=24", "animation=[full,plenary]",
        "extensions=governance", "rules.m0=0.4", "rules.willing0=0.6", "rules.a_half=50", "animation.animators.animator.levers.commission.lever=forum",
        "animation.animators.animator.levers.commission.options={standing: true}",
    )  # fmt: skip
    engine = engine_of(scenario)
    engine.run()
    return result_of(engine, scenario)


def kinds_of(result: Result, alliance: pd.Series, column: str) -> list[str]:
    people = result.organisations
    return [str(people.loc[row, column]) for row in alliance["member_list"]]


def test_observables_of_cases_count_what_they_say(lively) -> None:
    result = lively
    months = result.timeseries.query("not burn_in")
    new = [one for _, one in result.alliances.iterrows() if one["reported"] and one["start_month"] >= 1]
    both = [one for one in new if {"ge"} <= set(kinds_of(result, one, "kind")) and
            "association" in kinds_of(result, one, "sphere")]  # fmt: skip
    assert observable(result, "alliances_ge_association") == len(both) > 0
    three = [one for one in new if len(set(kinds_of(result, one, "sphere"))) == 3]
    assert observable(result, "alliances_three_spheres") == len(three) > 0
    for form in ("association", "firm"):
        alone = [one for one in new if set(kinds_of(result, one, "sphere")) == {form} and one["origin"] == "forum"]
        assert observable(result, f"alliances_{form}s") == len(alone)
    pairs = [one for one in new if set(kinds_of(result, one, "sphere")) == {"association", "collectivity"}]
    assert observable(result, "alliances_association_collectivity") == len(pairs)
    multi = [kind for one in new if one["members"] >= 3 for kind in kinds_of(result, one, "sphere")]
    assert observable(result, "firms_share_of_multi") == pytest.approx(multi.count("firm") / len(multi))
    born = [one for _, one in result.alliances.iterrows() if one["reported"] and one["animator"] == "animator"]
    led = [
        one for one in born if one["leader"] >= 0 and result.organisations.loc[one["leader"], "sphere"] == "association"
    ]
    assert observable(result, "partnerships_led_by_associations") == len(led) > 0
    assert observable(result, "partnership_members") == pytest.approx(np.mean([one["members"] for one in born]))
    deprived = dict(zip(result.territory["cell"], result.territory["deprived_share"], strict=True))
    there = [one for one in born
             if any(deprived[result.organisations.loc[row, "cell"]] >= 0.2 for row in one["member_list"])]  # fmt: skip
    assert observable(result, "partnerships_deprived") == len(there) > 0
    forums = result.forums[result.forums["reported"] & (result.forums["animator"] == "animator")]
    assert observable(result, "forums_held") == len(forums) > 0
    assert observable(result, "forum_participations") == forums["participants"].sum()
    assert observable(result, "forums_launched") == (forums["outcome"] == "launched").sum()
    assert observable(result, "standing_sessions") == (forums["session"] > 0).sum() == 8
    assert observable(result, "interviewed") == months["interviewed"].sum() > 0
    assert observable(result, "tickets_keur") == months["tickets_keur"].sum() > 0
    firms = result.organisations.query("reported and sphere == 'firm'")
    assert observable(result, "firms_engaged_share") == pytest.approx((firms["stage"] == "engaged").mean())


def test_every_observable_of_cases_is_a_number(lively) -> None:
    for name in REFERENCE_OBSERVABLES:
        value = observable(lively, name)
        assert value >= 0 or np.isnan(value), name


def test_spin_offs_are_counted_where_organisations_are_founded(lively) -> None:
    assert np.isnan(observable(lively, "spin_offs_a_year"))
    scenario = load_scenario(
        "territory=urban", "territory.population=20000", "months=24", "burn_in=0", "extensions=demography",
        "rules.spin_off=1", "rules.m0=0.6", "rules.willing0=0.6", "rules.a_half=50",
    )  # fmt: skip
    engine = engine_of(scenario)
    engine.run()
    result = result_of(engine, scenario)
    founded = result.timeseries["spin_offs"].sum()
    assert founded > 0
    assert observable(result, "spin_offs_a_year") == pytest.approx(founded / 2)


def test_a_run_without_case_prints_nothing_of_one(lively) -> None:
    assert lively.scenario.case is None
    assert shown(lively) == []
    assert reference_lines(lively) == []
