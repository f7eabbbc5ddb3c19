"""Shocks: slack or needs of chosen kinds, domains and cells are multiplied from a month on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import engine, ran, same_run, small_territory

from alliancesim.catalogue import KIND_INDEX
from alliancesim.engine import Engine, engine_of
from alliancesim.errors import UserError
from alliancesim.scenario import load_scenario
from alliancesim.scenario.shocks import ShockConfig

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


def test_needs_elsewhere_keep_their_bits() -> None:
    """Many alliances have relieved needs by then; computing those again would change their last bits."""
    lively = {"m0": 3.0, "relief": 0.3, "willing0": 1.0, "theta": -0.5, "d0": 5.0}

    def after(months: int, **given: Any) -> Engine:
        shocks = {"x": ShockConfig(what="needs", factor=3.0, start=30, **given)}
        run = engine(small_territory("rural", 12_000), lively, months=months, shocks=shocks)
        for _ in range(29):
            run.step()
        return run

    run = after(30, domains=["housing"], deprived_from=0.15)
    state = run.state
    struck = np.zeros(state.need.shape, dtype=bool)
    struck[state.cells["deprived"] >= 0.15, state.domains.index("housing")] = True
    assert 0 < struck.sum() < struck[:, 0].size
    assert state.relief[~struck].any()
    before = state.need.copy()
    run.hook("renew_means", lambda world: seen.append(world.state.need.copy()))
    seen: list[np.ndarray] = []
    run.step()
    assert np.array_equal(seen[0][~struck], before[~struck])
    assert (seen[0][struck] > before[struck]).all()


def test_who_takes_a_struck_place_has_struck_slack() -> None:
    """Until the January after the end; slack of a newcomer is that of the months left of the year."""
    rules = {**STILL, "demography": 1, "closing": 6.0}
    shock = {"x": ShockConfig(what="cash", factor=0.25, start=3, end=5)}
    for months, factor in ((2, 1.0), (3, 0.25), (12, 0.25), (13, 1.0)):
        one, other = (
            ran(small_territory("zus"), rules, months=months, shocks=s).state.organisations for s in (shock, {})
        )
        assert np.array_equal(one["key"], other["key"])
        assert one["cash"] == pytest.approx(factor * other["cash"])
        assert np.array_equal(one["time"], other["time"])
        if months == 12:  # some came within the year
            assert (other["cash"] < other["cash_own"] * 0.999).any()


def test_what_was_met_is_what_was_relieved_while_a_shock_stands() -> None:
    """The concentration curve takes need_start * trend - need, so need_start holds the shock."""
    from alliancesim.results import simulate

    base = ("territory.population=6000", "months=18", "burn_in=24", "rules.m0=1", "rules.s_n=0")
    result = simulate(load_scenario(*base, "shocks={x: {what: needs, factor: 2.0, start: 4, deprived_from: 0.1}}"))
    table = result.territory
    met = sum((table[f"need_start_{d}"] - table[f"need_{d}"]).to_numpy() for d in result.scenario.territory.domains)
    assert (met >= -1e-9).all()
    assert met.max() > 0.0
    assert np.isfinite(result.concentration_curve().attrs["concentration_index"])


def test_domains_of_a_table(tmp_path: Path) -> None:
    """A table's own domains can be struck, and another one is refused with its key."""
    cells = tmp_path / "cells.csv"
    cells.write_text("x_km,y_km,population,need_culture,need_housing\n0,0,2000,1,1\n2,0,2000,1.2,2\n", encoding="utf-8")
    base = (
        "territory=tables",
        f"territory.cells={cells}",
        "territory.generate=[association,firm,collectivity]",
        "months=1",
        "burn_in=0",
        "rules.m0=0",
    )
    plain, struck = (
        engine_of(load_scenario(*base, *more))
        for more in ((), ("shocks={x: {what: needs, domains: [culture], factor: 2}}",))
    )
    plain.run()
    struck.run()
    assert set(plain.state.domains) == {"culture", "housing"}
    factors = [2.0 if domain == "culture" else 1.0 for domain in plain.state.domains]
    assert struck.state.need == pytest.approx(plain.state.need * factors)
    with pytest.raises(
        UserError, match=r"shocks\.x\.domains\[0\]: found 'health', expected one of (culture, housing|housing, culture)"
    ):
        engine_of(load_scenario(*base, "shocks={x: {what: needs, domains: [health]}}"))


def test_money_is_shared_out_in_equal_parts() -> None:
    """100 kEUR a year from April: nine twelfths of it in the first year, all of it each January, nothing after the end."""
    money = {"what": "cash", "keur_per_year": 100.0, "start": 4, "end": 20}
    people = calm(1).state.organisations
    for months, given in ((3, 0.0), (4, 75.0), (12, 75.0), (13, 100.0), (25, 0.0)):
        extra = struck(months, **money).state.organisations["cash"] - calm(months).state.organisations["cash"]
        assert extra == pytest.approx(np.full(len(people), given / 10.0 / len(people)))
    assert ratio(13, "time", **money) == pytest.approx(1.0)
    assert ShockConfig(**money).factor == 1.0
    with pytest.raises(UserError, match=r"keur_per_year: found 5\.0, expected nothing, because it is cash, not slack"):
        ShockConfig(keur_per_year=5.0)


def test_no_money_is_absent() -> None:
    shocks = {"x": ShockConfig(what="cash", keur_per_year=0.0)}
    assert same_run(ran(months=24), ran(months=24, shocks=shocks))
