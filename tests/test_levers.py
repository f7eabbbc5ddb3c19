"""(m) Each lever does what its line in the specification says; who pays, and what survives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from building import animation, engine, lever, ran, same_run, small_territory

import alliancesim as al
from alliancesim import levers
from alliancesim.catalogue import ASSOCIATION, COLLECTIVITY, KIND_INDEX, ORIGINS
from alliancesim.engine import Engine
from alliancesim.kernels import gathering
from alliancesim.kernels.relations import prospect
from alliancesim.rules import animators, raise_awareness
from alliancesim.rules.assembly import Call, ground_of, invite, ranked, targeting_weights
from alliancesim.rules.levers import accompaniment, events, perimeters
from alliancesim.rules.observe import COLUMNS


def column(run: Engine, name: str) -> np.ndarray:
    return run.world.records.values[:, COLUMNS[name]]


def test_event_invites_by_sphere_readiness_and_address_book() -> None:
    run = engine(small_territory("urban", 20_000), months=24, animation=animation(lever("event")))
    world, animator = run.world, run.world.animators[0]
    run.step()
    first = animator.book.rows
    assert len(first) == 30
    spheres = np.bincount(run.state.organisations["sphere"][first], minlength=3)
    assert spheres.tolist() == [18, 9, 3]
    run.step()
    again = events.attendees(world, animator, 30, 12345)
    known = animator.book.holds(again).sum()
    assert 17 <= known <= 24  # about 70 % from the address book, as far as its classes go
    ready = run.state.organisations["stage"][again] > 0
    assert abs(int(ready.sum()) - 24) <= 2


def test_attendees_and_the_accompanied_come_first_in_a_lottery_of_everyone(monkeypatch) -> None:
    """The kernels keep the first of each class; a sort of everyone, as before them, chooses the same."""
    run = engine(small_territory("urban", 3_000), months=24, animation=animation(lever("event")))
    world, animator = run.world, run.world.animators[0]
    for _ in range(6):
        run.step()
    people, rows = run.state.organisations, animator.rows

    def of_everyone(world, animator, most, key):
        return ranked(world, rows, run.state.sizes(rows) * people["weight"][rows], key)

    for size in (5, 30, 150, len(rows) + 10):
        quick = events.attendees(world, animator, size, 77 + size)
        with monkeypatch.context() as patched:
            patched.setattr(events, "first_of_classes", of_everyone)
            assert quick.tolist() == events.attendees(world, animator, size, 77 + size).tolist()
    willing = rows[people["stage"][rows] > 0]
    for number, targeting in enumerate(levers.TARGETS):
        order = ranked(world, willing, targeting_weights(world, willing, targeting), 5)
        assert gathering.first_willing(people, run.state.cells, rows, number, np.uint64(5)) == order[0]
    people["stage"][rows] = 0
    assert gathering.first_willing(people, run.state.cells, rows, 0, np.uint64(5)) == -1


@pytest.fixture
def after_events(monkeypatch):
    """Exposures and testimonies of events, as they stand before they take effect."""
    seen = {}

    def fade(world):
        seen.update(exposures=world.exposures.copy(), told=world.told.copy())
        before(world)

    before = raise_awareness.fade
    monkeypatch.setattr(raise_awareness, "fade", fade)
    return seen


def test_event_exposes_its_attendees_and_those_of_their_federation(after_events) -> None:
    run = engine(rules={"willing0": 0.0, "event_exposures": 400.0, "p_aware": 0.02, "q_peer": 0.0}, months=2,
                 animation=animation(lever("event", per_year=12.0)))  # fmt: skip
    run.step()
    came = run.world.animators[0].book.holds(np.arange(run.state.n_organisations))
    stage = run.state.organisations["stage"]
    assert (stage[came] > 0).all()  # 1 - 0.98 ** 400 > 0.9996 each
    assert (stage[~came] > 0).mean() < 0.3
    assert after_events["exposures"][came].min() >= 400.0


def test_event_brings_one_testimony_each(after_events) -> None:
    run = engine(months=40, animation=animation(lever("event", start=37)))
    for _ in range(36):
        run.step()
    assert run.state.space.whole[2].sum() > 0
    run.step()
    told = after_events["told"]
    came = run.world.animators[0].book.holds(np.arange(run.state.n_organisations))
    heard = (told & 15) + (told >> 4)
    assert (heard[~came] == 0).all()
    informed = run.state.space.whole[2][run.state.organisations["sphere"][came]] > 0
    assert (heard[came][informed] == 1).all()


def test_matchmaking_makes_complementary_pairs_of_different_spheres_meet() -> None:
    run = ran(months=12, animation=animation(lever("matchmaking", per_year=12.0)))
    people = run.state.organisations
    pairs = np.concatenate(run.world.event_meetings)
    assert len(pairs) > 20
    a, b = people[pairs["a"]], people[pairs["b"]]
    assert (a["sphere"] != b["sphere"]).all()
    assert ((a["capabilities"] & ~b["capabilities"]) > 0).all()
    assert ((b["capabilities"] & ~a["capabilities"]) > 0).all()
    origin = run.state.alliances["origin"][: run.state.n_alliances]
    assert (origin == ORIGINS.index("event")).sum() > 3


def test_diagnosis_raises_shared_weight_and_makes_alliances_known() -> None:
    run = ran(months=24, rules={"p_identify": 0.0}, animation=animation(lever("diagnosis", start=24, per_year=1.0)))
    perimeter = perimeters.rotation(run.world, run.world.animators[0])[0]
    assert run.state.perimeters["diagnosed"][perimeter] == 23
    rows = np.arange(run.state.n_alliances)
    table = run.state.alliances[rows]
    # alliances proposed later in the same month are not yet known
    here = (table["perimeter"] == perimeter) & (table["ended"] < 0) & (table["start"] < 23)
    assert here.sum() > 3
    assert (table["identified"][here] >= 0).all()
    assert (table["identified"][table["perimeter"] != perimeter] < 0).all()
    from alliancesim.rules.deliberation import _setting

    setting = _setting(run.world, Call(perimeter=int(perimeter)), 1)
    assert setting["weight"][0] == run.state.rules["shared_weight_diagnosed"][0]
    assert column(run, "interviewed")[-1] == 40


def test_coproduced_diagnosis_adds_ownership_expert_does_not() -> None:
    committed = {}
    for word, options in (("expert", False), ("coproduced", True)):
        used = animation(
            lever("diagnosis", coproduced=options, interviews=200),
            lever("forum", plenary=True, start=1, end=1, per_year=1.0, seats=200),
        )
        run = ran(
            small_territory("urban", 12_000),
            {"ownership": 0.9, "theta_commit": 1.5, "spontaneous_convening": 0.0},
            months=1,
            animation=used,
        )
        animator = run.world.animators[0]
        assert (len(animator.owners) > 0) == options
        committed[word] = column(run, "plenary_committed")[0] / column(run, "plenary_attended")[0]
    assert committed["coproduced"] > committed["expert"] + 0.2


def test_plenary_takes_seats_and_forms_groups_of_at_most_fifteen() -> None:
    used = animation(lever("forum", plenary=True, start=1, end=1, per_year=1.0, seats=142, actions=2, transversal=True))
    run = ran(
        small_territory("urban", 30_000), {"spontaneous_convening": 0.0, "theta_commit": 0.1}, months=1, animation=used
    )
    forums = run.state.forums[: run.state.n_forums]
    assert forums["seats"].max() >= 142
    assert forums["invited"].max() <= forums["seats"].max()
    assert forums["participants"].max() <= 15
    assert len(forums) >= 4
    assert forums["actions"].max() == 2
    assert len(set(forums["plenary"])) == 1


def test_two_phases_bring_collectivities_for_the_last_two_meetings() -> None:
    seen: list[dict] = []
    used = animation(lever("forum", two_phase=True, per_year=12.0, meetings=4))
    run = engine(
        small_territory("urban", 12_000), {"quorum": 0.95, "spontaneous_convening": 0.0}, months=12, animation=used
    )
    run.world.watch = lambda _event, details: seen.append(details)
    run.run()
    early = late = 0
    for details in seen:
        spheres = run.state.organisations["sphere"][details["rows"]]
        for month, code, who, _ in details["log"]:
            if code == 0 and spheres[who] == COLLECTIVITY:
                early += month < 3
                late += month >= 3
    assert early == 0
    assert late > 3


def test_neutral_convenor_lowers_the_rent_and_carries_contested_leads() -> None:
    rules = {"psi": 1.0, "lead_slack": 0.0, "lead_structuration": 0.0, "spontaneous_convening": 0.0}
    results = {}
    for neutrality in (0.0, 1.0):
        used = animation(lever("forum", per_year=24.0), neutrality=neutrality)
        run = ran(small_territory("urban", 12_000), rules, months=36, animation=used)
        forums = run.state.forums[: run.state.n_forums]
        results[neutrality] = (forums["carried"].sum(), forums["rounds"].sum(), (forums["outcome"] == 0).mean())
    assert results[1.0][0] > results[0.0][0]
    assert results[1.0][1] < results[0.0][1]
    assert results[1.0][2] > results[0.0][2]


def test_levers_invite_as_their_animator_does_unless_they_say_otherwise() -> None:
    """From words to the calendar: what a lever does not say is its animator's, whichever is given first."""
    word = "animation.animators.animator"
    for words, forum, other in (
        ([], "random", "random"),
        ([f"{word}.targeting=periphery"], "periphery", "periphery"),
        ([f"{word}.targeting=core", f"{word}.levers.forum.options.targeting=deprived"], "deprived", "core"),
        ([f"{word}.targeting=core", f"{word}.levers.forum.options.targeting=random"], "random", "core"),
    ):
        scenario = al.load_scenario("territory.population=1000", "animation=[forums,accompaniment]", *words)
        runs = {run.lever: run for run in animators._runs(scenario.animation.animators["animator"])}
        assert runs["forum"].options["targeting"] == forum
        assert runs["accompany_organisation"].options["targeting"] == other


@pytest.mark.parametrize("targeting", ["core", "periphery", "deprived"])
def test_targeting_moves_who_is_invited(targeting: str) -> None:
    run = ran(small_territory("zus", 12_000), months=36)
    world = run.world
    perimeter = int(np.argmax(run.state.perimeters["population"]))
    people = run.state.organisations

    def measure(how: str) -> float:
        values = []
        for number in range(40):
            rows = invite(world, Call(perimeter=perimeter, targeting=how), ground_of(world, perimeter), 1000 + number)
            if how == "deprived" or targeting == "deprived":
                values.append(run.state.cells["deprived"][people["cell"][rows]].mean())
            else:
                values.append(people["ties"][rows].mean())
        return float(np.mean(values))

    if targeting == "periphery":
        assert measure("periphery") < measure("random")
    else:
        assert measure(targeting) > measure("random")


def test_accompanied_organisation_gains_structuration() -> None:
    run = engine(months=3, animation=animation(lever("accompany_organisation")))
    before = run.state.organisations["structuration"].astype(float).copy()
    run.step()
    row = int(run.world.animators[0].book.rows[0])
    gain = float(run.state.organisations["structuration"][row]) - before[row]
    assert gain == pytest.approx(0.15 * (1 - before[row]), abs=1e-6)
    assert column(run, "organisations_accompanied")[0] >= 1


def test_accompanied_alliances_fail_less_last_longer_and_share_more_equally() -> None:
    used = animation(lever("matchmaking", per_year=12.0), lever("accompany_alliance", per_year=60.0))
    run = ran(months=48, animation=used)
    table = run.state.alliances[: run.state.n_alliances]
    helped = table[table["accompanied"] == 1]
    assert len(helped) > 10
    for row in np.flatnonzero(table["accompanied"] == 1):
        founders = run.state.members_of(int(row))[:2]  # recruits may come later
        assert run.world.animators[0].book.holds(founders).all()
    always = {"accompany_failure": 0.0, "accompany_hazard": 0.0, "accompany_equal": 1.0, "premium": 0.0, "eti_group": 1.0,
              "ge_group": 1.0}  # fmt: skip
    run = ran(rules={**always, "hazard0": 0.05}, months=48, animation=used)
    table = run.state.alliances[: run.state.n_alliances]
    helped = np.flatnonzero((table["accompanied"] == 1) & (table["draws"] > 0))
    assert len(helped) > 5
    paid = table["paid"][helped] >= 1.0
    assert (table["successes"][helped][paid] >= 1).all()
    assert (table["cause"][helped] != 1).all()
    assert (table["cause"][table["accompanied"] == 0] == 1).sum() > 5
    for row in helped[table["members"][helped] == 2]:
        m = int(run.state.alliances["first"][row])
        a, b = run.state.memberships[m], run.state.memberships[int(run.state.memberships["next_member"][m])]
        if a["benefit"] > 0:
            assert a["benefit"] == pytest.approx(b["benefit"])


def test_accompaniment_goes_to_the_address_book_only() -> None:
    run = ran(months=12)
    world = run.world
    run.world.animators = []
    used = engine(months=12, animation=animation(lever("accompany_alliance")))
    used.run()
    assert len(used.world.animators[0].book) == 0
    assert used.state.alliances["accompanied"][: used.state.n_alliances].sum() == 0
    assert world.state.n_alliances == used.state.n_alliances
    assert callable(accompaniment.accompany_alliance)


def test_mediators_live_in_deprived_cells_and_lift_trust() -> None:
    run = ran(small_territory("zus", 8000), {"broker_trust": 0.6, "zeta": 0.0, "trust0": 0.1}, months=12,
              animation=animation(lever("mediators", count=4)))  # fmt: skip
    animator = run.world.animators[0]
    people = run.state.organisations
    assert len(animator.mediator_rows) == 4
    assert (people["sphere"][animator.mediator_rows] == ASSOCIATION).all()
    chosen = run.state.cells["deprived"][people["cell"][animator.mediator_rows]]
    assert chosen.min() > 0
    met = animator.introductions(run.world)
    assert len(met) > 2
    assert (met["trust"] == np.float32(0.6)).all()
    # institutional distance is total (zeta 0): in wholly deprived cells institutions are met through mediators only
    brokered = run.state.meetings[run.state.meetings["trust"] > 0]
    assert len(brokered) > 0
    for meeting in brokered:
        low = run.state.slots[meeting["a"]]
        ties = run.state.ties[low : low + people["ties"][meeting["a"]]]
        tie = ties[ties["partner"] == meeting["b"]]
        assert len(tie) == 0 or tie["trust"][0] / 65535.0 >= 0.59


def test_fund_gives_tickets_to_small_experiments_of_associations() -> None:
    used = animation(lever("fund", outside_keur=500.0))
    with_fund, without = ran(months=36, animation=used), ran(months=36)
    tickets = np.nansum(column(with_fund, "tickets_keur"))
    assert tickets > 0
    unit = float(with_fund.state.rules["keur_per_unit"][0])
    given = np.nansum(column(with_fund, "fund_given_keur"))
    assert tickets <= given + 500.0 * 3 + 1e-6
    assert with_fund.world.animators[0].fund * unit == pytest.approx(given + 1500.0 - tickets, rel=1e-6)
    table = with_fund.state.alliances[: with_fund.state.n_alliances]
    helped = table[table["outside"] > 0]
    assert len(helped) > 0
    assert (helped["spheres"] & 1 == 1).all()
    assert (helped["cost"] <= with_fund.world.animators[0].ceiling * 1.5).all()
    assert not same_run(with_fund, without)


def test_fund_below_its_running_cost_does_nothing() -> None:
    run = ran(months=36, animation=animation(lever("fund", cost_keur=100.0), keur=2.0))
    assert np.nansum(column(run, "tickets_keur")) == 0
    assert np.nansum(column(run, "fund_given_keur")) == 0


def test_purchasing_spends_a_share_of_collectivities_cash_on_joint_offers() -> None:
    rules = {"tau_step": 0.0, "purchasing_share": 0.2}
    run = ran(small_territory("urban", 20_000), rules, months=36, animation=animation(lever("purchasing")))
    spent = np.nansum(column(run, "purchases_keur"))
    assert spent > 0
    people = run.state.organisations
    collectivities = people["sphere"] == COLLECTIVITY
    most = 0.2 * people["cash_own"][collectivities].astype(float).sum() * float(run.state.rules["keur_per_unit"][0]) * 3
    assert spent <= most
    table = run.state.alliances[: run.state.n_alliances]
    assert (table["depth"][table["outside"] > 0] == 3).all()


def test_bank_carries_testimonies_over_the_whole_territory() -> None:
    rules = {"d0": 0.5, "q_peer": 0.0, "a_half": 1.0}
    territory = small_territory("rural", 9000)
    heard = []
    for used in (None, animation(lever("bank"))):
        run = ran(territory, rules, months=48, animation=used)
        people = run.state.organisations
        quiet = run.state.space.finished[run.state.cells["square"][people["cell"]], people["sphere"]] == 0
        assert quiet.sum() > 20
        heard.append((people["successes"][quiet] + people["failures"][quiet] > 0).mean())
    assert heard[0] == 0.0
    assert heard[1] > 0.5


def test_evaluation_teaches_structuration_faster() -> None:
    slow, fast = (
        ran(months=48),
        ran(rules={"evaluation_learning": 5.0}, months=48, animation=animation(lever("evaluation"))),
    )
    once = slow.state.organisations["finished"] == 1
    assert (
        fast.state.organisations["structuration"][once].mean() > slow.state.organisations["structuration"][once].mean()
    )


def test_adaptive_calendar_follows_what_is_known_not_what_is() -> None:
    mixes = {}
    for word, p in (("hidden", 0.0), ("known", 1.0)):
        used = animation(lever("event"), lever("adaptive", threshold=0.05))
        run = ran(rules={"p_identify": p}, months=37, animation=used)
        mixes[word] = run.world.animators[0].mix["event"]
    assert mixes == {"hidden": 1.5, "known": 0.5}


def test_levers_run_until_the_money_is_spent_and_spending_is_recorded() -> None:
    used = animation(lever("event", cost_keur=5.0, per_year=12.0), keur=30.0)
    run = ran(months=24, animation=used)
    spent = column(run, "spend_event_keur")
    assert np.nansum(spent[:12]) == 30.0
    assert np.nansum(spent) == 60.0
    assert np.nansum(column(run, "levers_unpaid")) == 12
    assert np.nansum(column(run, "days_event")) == pytest.approx(12 * levers.BY_NAME["event"].cost_days)
    assert np.nansum(column(run, "income_public_keur")) == 60.0


def test_when_a_source_ends_what_is_left_goes_on() -> None:
    used = animation(lever("event", cost_keur=5.0, per_year=12.0), keur=100.0)
    used.animators["animator"].sources["public"].months = 12
    run = ran(months=36, animation=used)
    spent = column(run, "spend_event_keur")
    assert np.nansum(spent) == 100.0
    assert spent[19] == 5.0
    assert np.nansum(spent[20:]) == 0.0
    assert run.state.n_alliances > 0


@pytest.mark.parametrize("name", levers.LEVER_NAMES)
def test_every_lever_costs_what_it_says(name: str) -> None:
    territory = small_territory("zus", 8000)
    used = (
        animation(lever("matchmaking", cost_keur=0.0, per_year=12.0), lever(name))
        if name == "accompany_alliance"
        else (animation(lever(name)))
    )
    run = ran(territory, months=12, animation=used)
    definition = levers.BY_NAME[name]
    spent = np.nansum(column(run, f"spend_{name}_keur"))
    if definition.per_year:
        occurrences = spent / definition.cost_keur
        assert occurrences == pytest.approx(round(occurrences))
        assert 1 <= occurrences <= math.ceil(definition.per_year)
    else:
        units = 3 if name == "mediators" else 1
        assert spent == pytest.approx(definition.cost_keur * units)
    assert np.nansum(column(run, f"days_{name}")) > 0
    assert np.nansum(column(run, "spend_keur")) == pytest.approx(spent)


def test_belief_is_relative_to_a_naive_organisation() -> None:
    assert prospect.py_func(0.0, 0.0, 0.5) == pytest.approx(0.5 - 0.5 * math.sqrt(1 / 12))
    assert prospect.py_func(20.0, 0.0, 0.5) > prospect.py_func(1.0, 0.0, 0.5) > prospect.py_func(0.0, 5.0, 0.5)
    assert KIND_INDEX["ge"] == 8
