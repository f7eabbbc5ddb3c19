"""Demography: organisations close and are replaced, less often in deployed alliances; a success may found one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from building import engine, ran, small_territory

from alliancesim.catalogue import KINDS
from alliancesim.engine import Engine
from alliancesim.kernels.layout import NOBODY
from alliancesim.rules.extensions.demography import RATES
from alliancesim.rules.observe import COLUMNS

ON = {"demography": 1.0}


def column(run: Engine, name: str) -> np.ndarray:
    return run.world.records.values[:, COLUMNS[name]]


def sound(run: Engine) -> None:
    """Every link between tables holds: memberships, loads, ties of both sides, stages."""
    state = run.state
    load = np.zeros(state.n_organisations, dtype=int)
    for row in state.active:
        members = state.members_of(int(row))
        alliance = state.alliances[row]
        assert len(members) == alliance["members"] >= 2
        assert len(set(members)) == len(members)
        assert alliance["leader"] in members or alliance["leader"] == NOBODY
        assert 1 <= alliance["leads"] <= len(members)
        assert alliance["spheres"] == np.bitwise_or.reduce(1 << state.organisations["sphere"][members].astype(int))
        for i in members:
            load[i] += 1
            assert row in state.alliances_of(i)
    assert (load == state.organisations["load"]).all()
    assert ((state.organisations["stage"] == 2) == (load > 0)).all()
    ties = {}
    for i in range(state.n_organisations):
        low = int(state.slots[i])
        for tie in state.ties[low : low + int(state.organisations["ties"][i])]:
            ties[i, int(tie["partner"])] = int(tie["trust"])
    assert all(ties.get((j, i)) == trust for (i, j), trust in ties.items())


def test_kinds_close_at_their_rates() -> None:
    """Observed closings against the rates of the table; false alarm below 1e-6 (five standard deviations)."""
    run = engine(small_territory("urban", 20_000), ON, months=24)
    kinds = run.state.organisations["kind"].copy()
    keys = run.state.organisations["key"].copy()
    run.run()
    closed = column(run, "closings").sum()
    expected = 2.0 * RATES[kinds].sum()  # 24 months; allied ones close less, by 30 % of the few that are deployed
    assert abs(closed - expected) < 5 * math.sqrt(expected) + 0.02 * expected
    stays = np.array([kind.closing == 0.0 for kind in KINDS])[kinds]
    assert (run.state.organisations["key"][stays] == keys[stays]).all()
    assert (run.state.organisations["kind"] == kinds).all()


def test_links_hold_when_members_close() -> None:
    run = engine(rules={**ON, "closing": 8.0, "recruit": 0.6, "spontaneous_convening": 0.05}, months=48)
    for _ in range(48):
        run.step()
    sound(run)
    causes = run.state.alliances["cause"][: run.state.n_alliances]
    assert (causes == 3).sum() > 5
    table = run.state.alliances[run.state.active]
    assert (table["members"] >= 2).all()


def test_budgets_stay_sound() -> None:
    """Nobody has negative slack, and what an alliance pooled was paid by members."""
    run = ran(rules={**ON, "closing": 8.0}, months=30)
    assert (run.state.organisations["cash"] >= 0.0).all()
    assert (run.state.organisations["time"] >= 0.0).all()


def test_a_member_of_a_deployed_alliance_closes_less() -> None:
    """With closing_allied = 0 no member of a deployed alliance closes; all others at once with a rate of 1."""
    run = engine(rules={"hazard0": 0.0, "p_ok": 1.0, "p_miss": 1.0, "k_str": 0.0}, months=60)
    for _ in range(40):
        run.step()
    state = run.state
    deployed = {i for a in state.active if state.alliances["stage"][a] == 2 for i in state.members_of(int(a))}
    assert len(deployed) > 10
    keys = state.organisations["key"].copy()
    state.rules["demography"], state.rules["closing"], state.rules["closing_allied"] = 1.0, 1e6, 0.0
    run.world.on = frozenset({"demography"})
    run.step()
    same = state.organisations["key"] == keys
    rates = RATES[state.organisations["kind"]]
    still = {i for a in state.active if state.alliances["stage"][a] == 2 for i in state.members_of(int(a))}
    assert all(same[i] for i in still)
    others = np.ones(len(same), dtype=bool)
    others[list(deployed | still)] = False
    assert not same[others & (rates > 0.0)].any()
    sound(run)


def test_a_success_founds_an_organisation_that_knows_its_parents() -> None:
    run = engine(rules={**ON, "spin_off": 1.0, "closing": 3.0}, months=48)
    while not column(run, "spin_offs")[: run.state.month + 1].any():
        keys = run.state.organisations["key"].copy()
        run.step()
    state = run.state
    newcomers = np.flatnonzero(state.organisations["key"] != keys)
    founded = [i for i in newcomers if state.organisations["ties"][i] > 0]
    assert len(founded) >= column(run, "spin_offs")[state.month]
    assert (state.organisations["stage"][founded] >= 1).all()
    assert not column(ran(rules={**ON, "spin_off": 0.0}, months=48), "spin_offs").any()


def test_a_newcomer_starts_anew() -> None:
    run = engine(rules={**ON, "closing": 1e6}, months=20)
    run.run()
    people = run.state.organisations
    closed = RATES[people["kind"]] > 0.0
    assert not people["ties"][closed].any()
    assert not people["ever"][closed].any()
    assert not people["successes"][closed].any()


def test_jobs_are_the_cost_of_deployed_alliances() -> None:
    run = ran(rules={**ON, "keur_per_job": 25.0}, months=40)
    state = run.state
    table = state.alliances[state.active]
    paid = float(table["pool_cash"][table["stage"] == 2].sum()) * float(state.rules[0]["keur_per_unit"])
    assert paid > 0.0
    assert column(run, "jobs")[-1] == pytest.approx(paid / 25.0)


def test_off_counts_nothing() -> None:
    run = ran(months=24)
    assert not column(run, "closings").any()
    assert np.isnan(column(run, "jobs")).all()
    assert not run.world.founded


def test_threads_and_seeds() -> None:
    """The same bits for one thread and three; other bits for another seed."""
    runs = [
        ran(small_territory("urban", 30_000), ON, months=14, seed=s, threads=t) for s, t in ((1, 1), (1, 3), (2, 1))
    ]
    assert (runs[0].world.records.digests == runs[1].world.records.digests).all()
    assert (runs[0].world.records.digests != runs[2].world.records.digests).any()
