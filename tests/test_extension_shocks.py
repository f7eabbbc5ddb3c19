"""Shocks: slack or needs of chosen kinds, domains and cells are multiplied from a month on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import engine, ran, same_run, small_territory

from alliancesim.catalogue import KIND_INDEX
from alliancesim.engine import Engine, engine_of
from alliancesim.errors import UserError
from alliancesim.scenario import load_scenario
from alliancesim.scenario.schema import ShockConfig

STILL = {"m0": 0.0, "spontaneous_convening": 0.0, "s_r": 0.0, "s_n": 0.0}


def struck(months: int, **given: Any) -> Engine:
    """A world in which nothing happens but one shock."""
    return ran(small_territory("zus"), STILL, months=months, shocks={"crisis": ShockConfig(**given)})


def calm(months: int) -> Engine:
    return ran(small_territory("zus"), STILL, months=months)


def ratio(months: int, column: str, **given: Any) -> np.ndarray:
    return struck(months, **given).state.organisations[column] / calm(months).state.organisations[column]


def test_slack_of_chosen_kinds_falls_in_the_month_it_starts() -> None:
    given = {"what": "slack", "factor": 0.4, "start": 5, "kinds": ["tpe", "ge"]}
    kinds = calm(1).state.organisations["kind"]
    mine = np.isin(kinds, [KIND_INDEX["tpe"], KIND_INDEX["ge"]])
    for column in ("cash", "time"):
        assert ratio(4, column, **given) == pytest.approx(1.0)
        for months in (5, 12, 13, 30):
            found = ratio(months, column, **given)
            assert found[mine] == pytest.approx(0.4)
            assert found[~mine] == pytest.approx(1.0)


def test_cash_or_time_alone() -> None:
    assert ratio(3, "cash", what="cash", factor=2.0) == pytest.approx(2.0)
    assert ratio(3, "time", what="cash", factor=2.0) == pytest.approx(1.0)
    assert ratio(3, "time", what="time", factor=2.0) == pytest.approx(2.0)


def test_its_end_counts_from_the_next_january() -> None:
    given = {"what": "cash", "factor": 0.5, "start": 3, "end": 8}
    assert ratio(12, "cash", **given) == pytest.approx(0.5)
    assert ratio(13, "cash", **given) == pytest.approx(1.0)


def test_needs_of_a_domain_and_of_deprived_cells() -> None:
    given = {"what": "needs", "factor": 1.5, "start": 4, "end": 9, "domains": ["housing"], "deprived_from": 0.2}
    still = calm(4).state
    chosen = still.cells["deprived"] >= 0.2
    assert 0 < chosen.sum() < len(chosen)
    housing = still.domains.index("housing")
    for months, factor in ((3, 1.0), (4, 1.5), (9, 1.5), (10, 1.0)):
        state = struck(months, **given).state
        expected = still.need.copy()
        expected[chosen, housing] *= factor
        assert state.need == pytest.approx(expected)
        people = state.cells["population"]
        assert state.perimeter_need[0] == pytest.approx(people @ state.need / people.sum())


def test_what_was_relieved_stays_relieved() -> None:
    run = engine(small_territory("zus"), STILL, months=12, shocks={"x": ShockConfig(what="needs", factor=2.0, start=5)})
    for _ in range(4):
        run.step()
    state = run.state
    state.relief[:] = 0.1
    state.need[:] = state.need_base - 0.1
    before = state.need_base.copy()
    run.step()
    assert state.need == pytest.approx(2.0 * before - 0.1)


def test_two_shocks_multiply() -> None:
    shocks = {"a": ShockConfig(factor=0.5), "b": ShockConfig(factor=0.5, what="cash")}
    run = ran(small_territory("zus"), STILL, months=2, shocks=shocks)
    assert run.state.organisations["cash"] == pytest.approx(0.25 * calm(2).state.organisations["cash"])


def test_places_by_name() -> None:
    commune = str(calm(1).state.labels["cell_commune"][0])
    found = ratio(2, "cash", what="cash", factor=0.5, where=[commune])
    here = calm(1).state.labels["cell_commune"][calm(1).state.organisations["cell"]] == commune
    assert found[here] == pytest.approx(0.5)
    assert found[~here] == pytest.approx(1.0)


def test_from_a_scenario_and_its_errors() -> None:
    base = ("territory.population=2000", "months=3", "burn_in=2")
    shocked = load_scenario(*base, "shocks={crisis: {what: cash, factor: 0.5, kinds: [pme]}}")
    assert shocked.shocks["crisis"].factor == 0.5
    assert shocked.hash() != load_scenario(*base).hash()
    engine_of(shocked).run()
    for text, words in (
        ("{x: {what: needs, domains: [culture]}}", r"shocks\.x\.domains\[0\]: found 'culture', expected one of"),
        (
            "{x: {what: cash, domains: [health]}}",
            r"shocks\.x\.domains: found \['health'\], expected nothing, because cash",
        ),
        ("{x: {what: needs, kinds: [tpe]}}", r"shocks\.x\.kinds: found \['tpe'\], expected nothing"),
        ("{x: {start: 9, end: 3}}", r"shocks\.x\.end: found 3, expected a month from 9"),
        ("{x: {what: money}}", r"shocks\.x\.what: found 'money', expected one of cash, time, slack, needs"),
    ):
        with pytest.raises(UserError, match=words):
            load_scenario(*base, f"shocks={text}")
    with pytest.raises(UserError, match=r"shocks\.x\.where\[0\]: found 'Nowhere', expected a commune"):
        engine_of(load_scenario(*base, "shocks={x: {where: [Nowhere]}}"))


def test_a_shock_of_factor_1_or_none_is_absent() -> None:
    plain = ran(months=24)
    assert same_run(plain, ran(months=24, shocks={}))
    assert same_run(
        plain, ran(months=24, shocks={"x": ShockConfig(factor=1.0), "y": ShockConfig(what="needs", factor=1.0)})
    )
    assert plain.world.calm.size == 0
