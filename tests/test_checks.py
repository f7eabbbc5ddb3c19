"""The checks that the model must pass (SPEC section 8), each under its letter; (e) and (k) are in test_forum_*."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from building import LIVELY, animation, engine, lever, ran, same_run, small_territory, with_cells
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.engine import Engine
from alliancesim.kernels.layout import IN_USE
from alliancesim.rules import world as world_module


@pytest.mark.parametrize("factor", [0.25, 2.0, 8.0])
def test_a_scale_invariance_is_exact_for_powers_of_two(factor: float) -> None:
    rules = {"ambition_elasticity": 1.0, "portfolio": 2.0}
    one = ran(rules={**rules, "r_fin": 1.0, "r_hum": 1.0}, months=48)
    other = ran(rules={**rules, "r_fin": factor, "r_hum": factor}, months=48)
    assert one.state.n_alliances > 50
    assert one.state.n_forums > 10
    for table, columns in (
        ("alliances", ["key", "depth", "members", "launch", "ended", "successes", "draws", "scale", "paid", "value"]),
        ("forums", ["key", "outcome", "months", "claimants", "feasible", "quarrels", "tightness"]),
        ("organisations", ["structuration", "stage", "load", "openness"]),
    ):
        for column in columns:
            assert np.array_equal(getattr(one.state, table)[column], getattr(other.state, table)[column]), column


def test_a_without_ambition_resources_do_matter() -> None:
    one = ran(rules={"ambition_elasticity": 0.5})
    other = ran(rules={"ambition_elasticity": 0.5, "r_fin": 4.0, "r_hum": 4.0})
    assert not same_run(one, other)


def test_b_names_are_read_by_no_rule() -> None:
    territory = small_territory()
    cells = territory.cells
    renamed = replace(
        territory,
        name="another label",
        cells=cells.assign(commune_name="somewhere", epci_name="elsewhere"),
        notes=(),
    )
    assert same_run(ran(territory), ran(renamed))


def test_c_beta_one_is_no_border() -> None:
    territory = small_territory("cross_border", 8000)
    with_border = engine(territory, {"beta": 1.0})
    without = engine(territory, {"beta": 0.1})
    assert len(np.unique(without.state.cells["side"])) == 2
    without.state.cells["side"] = 0
    closed = ran(territory, {"beta": 0.1})
    with_border.run()
    without.run()
    assert np.array_equal(with_border.world.records.digests, without.world.records.digests)
    assert not np.array_equal(with_border.world.records.digests, closed.world.records.digests)


def test_d_without_needs_there_are_no_ideas() -> None:
    territory = small_territory()
    bare = with_cells(territory, **{f"need_{domain}": 0.0 for domain in territory.domains})
    run = ran(bare)
    assert (run.state.ideas["cost"] == 0.0).all()
    assert run.state.n_alliances == 0
    assert run.state.n_forums > 0
    assert (run.state.forums["outcome"][: run.state.n_forums] == 1).all()


def mean_field(months: int, *, m: float, apart: float, p: float, background: float, start: float, hazard: float):
    """Stages in the well-mixed limit: shares naive and engaged after each month.

    A naive organisation turns willing with 1 - exp(-p * (background + meetings with it)); a ready one enters alliances at
    rate 2 m * ready share * share of other spheres and leaves each at ``hazard``: its load is Poisson (M/M/infinity).
    """
    naive, engaged = [], []
    cohorts: list[list[float]] = [[start, 0.0]]  # share, mean load
    left = 1.0 - start
    for _ in range(months):
        ready = 1.0 - left
        turned = left * (1.0 - math.exp(-p * background))
        left -= turned
        cohorts.append([turned, 0.0])
        now = 1.0 - left
        for cohort in cohorts:
            cohort[1] = (cohort[1] + 2.0 * m * now * apart) * (1.0 - hazard)
        naive.append(left)
        engaged.append(sum(share * (1.0 - math.exp(-load)) for share, load in cohorts))
        del ready
    return np.array(naive), np.array(engaged)


def test_f_well_mixed_limit_follows_the_mean_field() -> None:
    """Tolerance 0.012: over four standard errors of a share at 30,000 organisations, plus the error of monthly steps."""
    n, months = 30_000, 14
    cells = pd.DataFrame({"x_km": [0.0], "y_km": [0.0], "population": [10**6]})
    people = pd.DataFrame(
        {
            "id": [f"o{i}" for i in range(n)],
            "kind": np.resize(["volunteer", "tpe", "public_agency"], n),
            "x_km": 0.0,
            "y_km": 0.0,
            "cap": 100,
            "cash": 1000.0,
            "time": 1000.0,
        }
    )
    from alliancesim.territory import from_tables

    territory = from_tables(cells, people, cell_km=1.0)
    rules = {
        "m0": 0.05, "size_exponent": 0.0, "d0": 10_000.0, "a_half": 0.0, "zeta": 1.0, "p_aware": 0.02, "q_peer": 0.0,
        "willing0": 0.4, "prejudice": 0.0, "theta": -10.0, "tau_base": 0.0, "tau_step": 0.0, "hazard0": 0.05,
        "spontaneous_convening": 0.0, "coordination_cost": 0.0, "background_exposures": 3.0,
    }  # fmt: skip
    run = Engine(territory, rules, seed=2, months=months, burn_in=0)
    # meetings expose naive organisations too; the limit is without them
    run.hook("raise_awareness", lambda world: world.state.pending.fill(0), when="before")
    run.run()
    from alliancesim.rules.observe import COLUMNS

    values = run.world.records.values
    naive = 1.0 - values[:, COLUMNS["willing_share"]] - values[:, COLUMNS["engaged_share"]]
    trust = 0.45
    expected_naive, expected_engaged = mean_field(
        months, m=0.05, apart=2 / 3, p=0.02, background=3.0, start=0.4, hazard=0.05 * math.exp(-(0.5 + trust))
    )
    assert np.abs(naive - expected_naive).max() < 0.012
    assert np.abs(values[:, COLUMNS["engaged_share"]] - expected_engaged).max() < 0.012
    assert expected_engaged[-1] > 0.2


def test_g_spheres_with_equal_numbers_are_exchangeable() -> None:
    """Three spheres with the same organisations: engaged shares differ by chance only.

    False-alarm rate below 1e-4: each of three differences is compared with five standard errors of 12 runs.
    """
    rng = np.random.default_rng(4)
    n = 240
    cells = pd.DataFrame({"x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "population": [3000, 3000]})
    draws = {"cash": rng.lognormal(0, 1, n), "time": rng.lognormal(0, 1, n), "structuration": rng.beta(5, 3, n)}
    tables = []
    for kind in ("volunteer", "tpe", "public_agency"):
        tables.append(
            pd.DataFrame(
                {
                    "id": [f"{kind}{i}" for i in range(n)],
                    "kind": kind,
                    "x_km": np.arange(n) % 2 * 1.0,
                    "y_km": 0.0,
                    "cap": 2,
                    "capabilities": ["money|people", "industry|invention", "legitimacy|proximity"] * (n // 3),
                    **draws,
                }
            )
        )
    from alliancesim.territory import from_tables

    territory = from_tables(cells, pd.concat(tables, ignore_index=True), cell_km=1.0)
    rules = {**LIVELY, "zeta": 1.0, "association_leads": 0.5, "spontaneous_convening": 0.0}
    shares = []
    for seed in range(12):
        run = Engine(territory, rules, seed=seed, months=36, burn_in=0)
        run.run()
        sphere, stage = run.state.organisations["sphere"], run.state.organisations["stage"]
        shares.append([(stage[sphere == s] == 2).mean() for s in range(3)])
    table = np.array(shares)
    assert table.mean() > 0.2
    for a, b in ((0, 1), (0, 2), (1, 2)):
        difference = table[:, a] - table[:, b]
        assert abs(difference.mean()) < 5 * difference.std(ddof=1) / math.sqrt(len(difference)) + 1e-12


def check_invariants(run: Engine) -> None:
    """What must hold in any month of any run."""
    state = run.state
    people = state.organisations
    assert (people["cash"] >= 0).all()
    assert (people["time"] >= 0).all()
    assert ((people["openness"] >= 0) & (people["openness"] <= 1)).all()
    assert ((people["structuration"] >= 0) & (people["structuration"] <= 1)).all()
    assert (people["load"] <= people["cap"]).all()
    assert ((people["stage"] == 2) == (people["load"] > 0)).all()
    loads = np.zeros(len(people), dtype=int)
    for row in np.flatnonzero(state.alliances["ended"][: state.n_alliances] == -1):
        members = state.members_of(int(row))
        assert len(set(members)) == len(members) == state.alliances["members"][row] >= 2
        loads[members] += 1
        for member in members:
            assert row in state.alliances_of(member)
    assert np.array_equal(loads, people["load"])
    known: dict[tuple[int, int], tuple[float, int]] = {}
    for i in range(len(people)):
        low = int(state.slots[i])
        used = int(people["ties"][i])
        assert 0 <= used <= state.slots[i + 1] - low
        for tie in state.ties[low : low + used]:
            assert tie["partner"] != i
            pair = (min(i, int(tie["partner"])), max(i, int(tie["partner"])))
            value = (int(tie["trust"]), int(tie["last"]))
            assert known.setdefault(pair, value) == value
    for (i, j), (_, last) in known.items():
        if last == IN_USE:
            assert set(state.alliances_of(i)) & set(state.alliances_of(j))
    assert (state.need >= 0).all()


@given(
    st.fixed_dictionaries(
        {
            "r_fin": st.floats(0.05, 8.0),
            "r_hum": st.floats(0.05, 8.0),
            "r_str": st.floats(0.1, 0.95),
            "m0": st.floats(0.05, 1.0),
            "trust0": st.floats(0.05, 1.0),
            "recruit": st.floats(0.0, 1.0),
            "portfolio": st.integers(1, 4),
            "actions_per_forum": st.integers(1, 3),
            "ambition_elasticity": st.sampled_from([0.0, 0.5, 1.0]),
            "hazard0": st.floats(0.0, 0.3),
            "term": st.sampled_from([12, 36]),
            "premium": st.floats(0.0, 1.0),
            "eta_minus": st.floats(0.0, 1.0),
            "rebound": st.floats(0.0, 1.0),
            "relief": st.floats(0.0, 50.0),
        }
    ),
    st.sampled_from(["urban", "rural", "zus", "cross_border"]),
    st.integers(0, 2**62),
)
def test_h_invariants_hold_and_money_is_conserved(rules: dict[str, float], typology: str, seed: int) -> None:
    used = [
        lever("matchmaking"),
        lever("forum", per_year=6),
        lever("fund"),
        lever("purchasing"),
        lever("accompany_alliance"),
    ]
    run = engine(small_territory(typology, 2500), rules, seed=seed, months=30, animation=animation(*used))
    books: dict[str, float] = {}

    def before(world):
        books["cash"] = math.fsum(world.state.organisations["cash"])
        books["time"] = math.fsum(world.state.organisations["time"])
        books["spent"] = math.fsum(world.state.alliances["spent_cash"][: world.state.n_alliances])
        books["worked"] = math.fsum(world.state.alliances["spent_time"][: world.state.n_alliances])

    def after(world):
        cash = math.fsum(world.state.organisations["cash"])
        time = math.fsum(world.state.organisations["time"])
        spent = math.fsum(world.state.alliances["spent_cash"][: world.state.n_alliances])
        worked = math.fsum(world.state.alliances["spent_time"][: world.state.n_alliances])
        assert books["cash"] - cash == pytest.approx(spent - books["spent"], abs=1e-7 * max(1.0, books["cash"]))
        assert books["time"] - time == pytest.approx(worked - books["worked"], abs=1e-7 * max(1.0, books["time"]))

    run.hook("execute", before, when="before")
    run.hook("renew_or_exit", after)
    for month in range(30):
        run.step()
        if month % 10 == 9:
            check_invariants(run)
    run.state.refresh_active()
    for row in run.state.active:
        m, paid = int(run.state.alliances["first"][row]), 0.0
        while m != -1:
            paid += float(run.state.memberships["cash"][m])
            m = int(run.state.memberships["next_member"][m])
        assert paid == pytest.approx(float(run.state.alliances["pool_cash"][row]), abs=1e-7)


def test_i_same_seed_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_module, "PARALLEL_FROM", 50)
    monkeypatch.setattr(world_module, "PARTS_FROM", 50)
    used = animation(lever("event"), lever("mediators"), lever("forum"))
    runs = [ran(threads=threads, animation=used) for threads in (1, 2, 3, 7)]
    assert all(same_run(runs[0], other) for other in runs[1:])
    assert not same_run(runs[0], ran(seed=6, animation=used))


def test_i_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ran()
    monkeypatch.setattr(world_module, "PARALLEL_FROM", 50)
    assert same_run(one, ran(threads=2))


ALL_LEVERS = (
    "event", "matchmaking", "diagnosis", "forum", "accompany_organisation", "accompany_alliance", "mediators", "fund",
    "purchasing", "bank", "evaluation", "adaptive",
)  # fmt: skip


def test_j_an_animator_without_levers_is_none() -> None:
    assert same_run(ran(), ran(animation=animation()))


@pytest.mark.parametrize("name", ALL_LEVERS)
def test_j_a_lever_that_is_off_is_absent(name: str) -> None:
    territory = small_territory("zus", 4000)
    none = ran(territory, months=24)
    assert same_run(none, ran(territory, months=24, animation=animation(lever(name, start=1000))))
    assert same_run(none, ran(territory, months=24, animation=animation(lever(name), keur=0.0)))


def test_l_a_lever_changes_no_draw_of_those_it_does_not_touch() -> None:
    without, with_events = engine(months=12), engine(months=12, animation=animation(lever("matchmaking", start=7)))
    for _ in range(6):
        without.step()
        with_events.step()
    seen: dict[str, np.ndarray] = {}
    for name, run in (("without", without), ("with", with_events)):
        run.hook("raise_awareness", lambda world, n=name: seen.update({n: world.state.organisations.copy()}))
        run.hook("meet", lambda world, n=name: seen.update({n + " met": world.state.meetings.copy()}))
        run.step()
    touched = with_events.world.animators[0].book.holds(np.arange(with_events.state.n_organisations))
    assert touched.sum() > 10
    heads = np.flatnonzero(touched)
    touched |= np.isin(with_events.state.organisations["federation"], heads)
    for column in ("stage", "successes", "failures"):
        assert np.array_equal(seen["without"][column][~touched], seen["with"][column][~touched])
    for run, other in (("without met", "with met"), ("with met", "without met")):
        apart = ~touched[seen[run]["a"]] & ~touched[seen[run]["b"]]
        pairs = {tuple(sorted(p)) for p in seen[run][["a", "b"]][apart].tolist()}
        assert pairs <= {tuple(sorted(p)) for p in seen[other][["a", "b"]].tolist()}
        assert pairs
