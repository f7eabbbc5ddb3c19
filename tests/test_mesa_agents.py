"""Organisations as Mesa agents: live views of rows."""

from __future__ import annotations

import functools

import mesa
import numpy as np
import pytest

import alliancesim as al
from alliancesim.catalogue import SPHERES
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.layout import IN_USE
from alliancesim.kernels.relations import pair_trust
from alliancesim.mesa_face import Organisation

pytestmark = pytest.mark.filterwarnings("error")


@functools.cache
def scenario() -> al.Scenario:
    return al.load_scenario(
        "territory=urban", "territory.population=6000", "months=12", "burn_in=24", "threads=1", "rules.m0=0.3"
    )


@pytest.fixture
def model() -> al.AllianceModel:
    model = al.AllianceModel(scenario(), seed=5)
    for _ in range(6):
        model.step()
    return model


@functools.cache
def shared() -> al.AllianceModel:
    """A model that tests only read."""
    model = al.AllianceModel(scenario(), seed=5)
    model.run_model()
    return model


def test_agents_are_mesa_agents_of_three_classes():
    agents = shared().agents
    assert len(agents) == shared().state.n_organisations
    assert all(isinstance(agent, mesa.Agent) for agent in agents)
    assert set(shared().agents_by_type) == {al.Association, al.Firm, al.Collectivity} == set(shared().agent_types)
    assert sum(len(one) for one in shared().agents_by_type.values()) == len(agents)
    for kind, sphere in zip((al.Association, al.Firm, al.Collectivity), SPHERES, strict=True):
        assert {agent.sphere for agent in shared().agents_by_type[kind]} == {sphere}


def test_select_agg_groupby_get_and_map():
    agents, state = shared().agents, shared().state
    engaged = agents.select(lambda a: a.stage == "engaged")
    assert len(engaged) == (state.organisations["stage"] == 2).sum() > 0
    assert len(agents.select(agent_type=al.Firm)) == len(shared().agents_by_type[al.Firm])
    assert agents.agg("structuration", np.mean) == pytest.approx(state.organisations["structuration"].mean(), rel=1e-6)
    kinds = agents.groupby("kind")
    assert sum(kinds.count().values()) == len(agents)
    assert kinds.agg("load", sum)["tpe"] == sum(a.load for a in agents if a.kind == "tpe")
    assert agents.get("unique_id") == list(range(len(agents)))
    assert agents.map(lambda a: a.row) == agents.get("row")
    best = agents.sort("cash_own")
    assert next(iter(best)).cash_own == state.organisations["cash_own"].max()


def test_do_shuffle_do_and_set_write_the_tables(model):
    def give(agent, amount):
        agent.cash += amount

    before = model.state.organisations["cash"].copy()
    model.agents.do(give, 1.0)
    model.agents.shuffle_do(give, 0.5)
    assert model.state.organisations["cash"] == pytest.approx(before + 1.5)
    model.agents_by_type[al.Firm].set("structuration", 0.25)
    firms = model.state.organisations["sphere"] == 1
    assert (model.state.organisations["structuration"][firms] == np.float32(0.25)).all()


def test_shuffles_are_seeded():
    orders = []
    for _ in range(2):
        model = al.AllianceModel(scenario(), seed=2, burn=False)
        order: list[int] = []
        model.agents.shuffle_do(lambda agent, order=order: order.append(agent.row))
        orders.append(order)
    assert orders[0] == orders[1] != sorted(orders[0])


def test_a_view_is_live_and_always_the_same(model):
    agent = model.agent(3)
    assert agent is model.agent(3)
    assert agent in model.agents
    agent.cash = 7.5
    assert model.state.organisations["cash"][3] == 7.5
    model.state.organisations["time"][3] = 2.25
    assert agent.time == 2.25
    agent.note = "mine"
    model.step()
    assert model.agent(3).note == "mine"


def test_openness_salience_objectives_are_live_mappings(model):
    agent = next(iter(model.agents_by_type[al.Firm]))
    assert list(agent.openness) == list(SPHERES)
    assert agent.openness["firm"] == 1.0
    agent.openness["association"] = 0.75
    assert model.state.organisations["openness"][agent.row, 0] == 0.75
    agent.openness = {"association": 0.5, "collectivity": 0.25}
    assert dict(agent.openness) == {"association": 0.5, "firm": 1.0, "collectivity": 0.25}
    assert sum(agent.salience.values()) == pytest.approx(1.0)
    assert sum(agent.objectives.values()) == pytest.approx(1.0)
    assert tuple(agent.salience) == model.state.domains
    for key, value, word in (
        ("firm", 0.5, "own sphere"),
        ("state", 0.5, "expected one of"),
        ("association", 2, "0 to 1"),
    ):
        with pytest.raises(al.UserError, match=word):
            agent.openness[key] = value


def test_stage_and_capabilities_are_words(model):
    naive = next(iter(model.agents.select(lambda a: a.stage == "naive", at_most=1)))
    naive.stage = "willing"
    assert model.state.organisations["stage"][naive.row] == 1
    naive.capabilities = ["money", "invention"]
    assert naive.capabilities == {"money", "invention"}
    assert model.state.organisations["capabilities"][naive.row] == 0b100001
    with pytest.raises(al.UserError, match=r"stage: found 'engaged', expected naive or willing \(it has no alliance\)"):
        naive.stage = "engaged"
    with pytest.raises(al.UserError, match="stage: found 'keen'"):
        naive.stage = "keen"
    with pytest.raises(al.UserError, match="capabilities: found 'magic'"):
        naive.capabilities = {"magic"}
    engaged = next(iter(model.agents.select(lambda a: a.stage == "engaged", at_most=1)))
    with pytest.raises(al.UserError, match="expected engaged"):
        engaged.stage = "naive"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cash", -1),
        ("structuration", 1.5),
        ("time", float("nan")),
        ("cap", 0),
        ("cash", "much"),
        ("time", float("inf")),
    ],
)
def test_values_out_of_bounds_are_refused(model, name, value):
    with pytest.raises(al.UserError, match=f"{name}: found"):
        setattr(model.agent(0), name, value)


def test_what_follows_from_other_tables_cannot_be_set(model):
    for name in ("load", "key", "weight"):
        with pytest.raises(AttributeError, match="cannot be set"):
            setattr(model.agent(0), name, 1)
    with pytest.raises(AttributeError):
        model.agent(0).cell = None


def test_agents_cannot_be_made_or_removed(model):
    with pytest.raises(TypeError, match="rows of the model's tables"):
        al.Firm(model)
    with pytest.raises(TypeError, match="rows of the model's tables"):
        al.Firm.create_agents(model, 3)
    with pytest.raises(TypeError, match="cannot be removed"):
        model.agent(0).remove()
    with pytest.raises(TypeError, match="none can be added"):
        mesa.Agent(model)
    with pytest.raises(IndexError):
        model.agent(10**6)
    count = len(model.agents)
    model.remove_all_agents()
    assert len(model.agents) == count


def test_trust_is_that_of_the_kernels():
    state = shared().state

    @kernel
    def ask(organisations, ties, slots, i, j, month, fade, trust0):
        return pair_trust(organisations, ties, slots, i, j, month, fade, trust0)

    trust0, rng = float(state.rules[0]["trust0"]), np.random.default_rng(1)
    pairs = rng.integers(0, state.n_organisations, (100, 2)).tolist()
    pairs += [(tie._row, tie._to) for agent in list(shared().agents)[:200] for tie in agent.ties]
    assert len(pairs) > 150
    for i, j in pairs:
        if i != j:
            expected = ask(state.organisations, state.ties, state.slots, i, j, state.month, state.fade, trust0)
            # Kernels multiply openness in single precision.
            assert shared().agent(i).trust_in(shared().agent(j)) == pytest.approx(expected, rel=1e-6)


def test_ties_are_seen_from_both_sides_and_writable(model):
    agent = next(a for a in model.agents if any(not tie.in_use for tie in a.ties))
    tie = next(tie for tie in agent.ties if not tie.in_use)
    back = tie.partner.tie_with(agent)
    assert back is not None
    assert (back.trust, back.last) == (tie.trust, tie.last)
    tie.trust = 0.8
    assert back.trust == 0.8
    assert back.last == model.month
    assert tie.partner.trust_in(agent) == 0.8
    with pytest.raises(al.UserError, match=r"trust: found 1\.5"):
        tie.trust = 1.5
    with pytest.raises(al.UserError, match="another one"):
        agent.trust_in(agent)


def test_alliances_partners_and_ties_in_use_agree():
    model = shared()
    assert model.active_alliances
    for alliance in model.active_alliances:
        members = alliance.members
        assert len(members) == len(alliance) >= 2
        assert alliance.stage in ("dialogue", "experiment", "deployed")
        assert alliance.spheres == {member.sphere for member in members}
        assert alliance.leader is None or alliance.leader in members
        assert alliance.covered == alliance.required & frozenset().union(*(m.capabilities for m in members))
        assert alliance.domain in model.state.domains
        assert 1 <= alliance.depth <= 4
        assert alliance.age >= 0
        for member in members:
            assert alliance in member.alliances
            assert member.stage == "engaged"
            assert member in alliance
            assert set(members) - {member} <= set(member.partners)
            assert member not in member.partners
    ended = [alliance for alliance in model.all_alliances if not alliance.active]
    assert ended
    assert all(alliance.end_cause in ("hazard", "term", "unpaid") for alliance in ended)
    assert all(alliance.end_month >= alliance.start_month for alliance in ended)
    used = [tie for agent in model.agents for tie in agent.ties if tie.in_use]
    assert used
    assert all(tie.last is None and tie.partner in tie.organisation.partners for tie in used)


def test_meeting_another_raises_openness_and_ties(model):
    firm = next(a for a in model.agents_by_type[al.Firm] if not a.ties)
    association = next(a for a in model.agents_by_type[al.Association] if a.tie_with(firm) is None)
    before = firm.openness["association"]
    firm.meet(association)
    gain = model.scenario.rules.contact_gain
    assert firm.openness["association"] == pytest.approx(before + gain * (1 - before), rel=1e-6)
    assert firm.tie_with(association).last == model.month
    with pytest.raises(al.UserError, match="itself"):
        firm.meet(firm)


def test_names_and_identity_are_those_of_the_tables():
    table = shared().result().organisations
    agents = list(shared().agents)
    assert table["name"].astype(str).tolist() == [agent.name for agent in agents]
    assert table["stage"].astype(str).tolist() == [agent.stage for agent in agents]
    assert table["kind"].astype(str).tolist() == [agent.kind for agent in agents]
    assert len({agent.key for agent in agents}) == len(agents)


def test_views_follow_their_rows_when_the_table_is_replaced(model):
    agents = list(model.agents)
    kinds = {agent.key: agent.kind for agent in agents}
    kept, lost = agents[10], agents[0]
    model.state.organisations = model.state.organisations[::-1][:-1].copy()
    model._follow_tables()
    assert kept.kind == kinds[kept.key]
    assert kept.row == len(agents) - 11
    assert model.agent(kept.row) is kept
    assert lost not in model.agents
    assert len(model.agents) == len(agents) - 1


def test_classes_of_ones_own():
    class Shop(al.Firm):
        def step(self):
            self.visits = getattr(self, "visits", 0) + 1

    class Town(al.AllianceModel):
        agent_classes = (al.Association, Shop, al.Collectivity)

        def step(self):
            super().step()
            self.agents_by_type[Shop].shuffle_do("step")

    model = Town(scenario(), months=2)
    model.run_model()
    assert model.agents_by_type[Shop].agg("visits", sum) == 2 * len(model.agents_by_type[Shop])


def test_every_view_can_be_printed():
    agent = next(a for a in shared().agents if a.alliances)
    assert isinstance(agent, Organisation)
    for thing in (
        agent,
        agent.ties[0],
        agent.alliances[0],
        agent.cell,
        shared().grid,
        shared(),
        agent.ideas[0],
        agent.cell._agents,
        agent.openness,
        *shared().meetings[:1],
    ):
        assert repr(thing)
    assert int(shared().state.ties["last"].max()) <= IN_USE
