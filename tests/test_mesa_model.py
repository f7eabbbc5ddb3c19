"""The model as Mesa's own tutorial would use it: steps, reporters, hooks, and a model that goes when it is done with."""

from __future__ import annotations

import copy
import functools
import gc
import pickle
import subprocess
import sys
import time
import tomllib
import weakref
from pathlib import Path

import mesa
import numpy as np
import pytest

import alliancesim as al
from alliancesim.engine import engine_of
from alliancesim.rules.plan import PHASE_NAMES

pytestmark = pytest.mark.filterwarnings("error")

OVERRIDES = ("territory=urban", "territory.population=6000", "months=12", "burn_in=24", "threads=1", "rules.m0=0.3")


@functools.cache
def scenario() -> al.Scenario:
    return al.load_scenario(*OVERRIDES)


@functools.cache
def finished() -> al.AllianceModel:
    """A model that ran its year; tests only read it."""
    model = al.AllianceModel(scenario(), seed=2)
    model.run_model()
    return model


def test_a_model_is_a_mesa_model_burnt_in_when_made():
    model = al.AllianceModel(scenario(), seed=2)
    assert isinstance(model, mesa.Model)
    assert (model.month, model.steps, model.running) == (0, 0, True)
    model.step()
    assert (model.month, model.steps) == (1, 1)
    if hasattr(mesa.Model, "time"):
        assert model.time == 1.0
    assert model.scenario == scenario().replace(seed=2)
    assert isinstance(model.scenario, al.Scenario)


def test_run_model_stops_after_the_months_and_more_steps_are_possible():
    model = al.AllianceModel(scenario(), seed=2)
    model.run_model()
    assert (model.month, model.steps, model.running) == (12, 12, False)
    model.step()
    assert model.month == 13
    assert model.timeseries.index.tolist() == list(range(1, 14))


def test_burn_in_may_wait_until_the_first_step():
    model = al.AllianceModel(scenario(), seed=2, burn=False)
    assert model.month == -24
    assert np.isnan(model.engaged_share)
    model.step()
    other = al.AllianceModel(scenario(), seed=2)
    other.step()
    assert model.month == 1
    assert model.record == pytest.approx(other.record, nan_ok=True, rel=0, abs=0)


def test_the_model_gives_the_bits_of_the_engine():
    engine = engine_of(scenario().replace(seed=2))
    engine.run()
    digests = finished().engine.world.records.digests
    assert np.array_equal(engine.world.records.digests, digests)


def test_looking_at_everything_changes_nothing():
    model = al.AllianceModel(scenario(), seed=2)
    while model.running:
        model.step()
        model.agents.shuffle_do(lambda agent: (agent.partners, agent.ties, agent.cell.agents))
    assert np.array_equal(model.engine.world.records.digests, finished().engine.world.records.digests)


@pytest.mark.parametrize("given", [{"seed": 5}, {"rng": 5}, {"seed": 5.0}, {"rng": np.int64(5)}])
def test_seed_and_rng_replace_the_seed_of_the_scenario(given):
    assert al.AllianceModel(scenario(), burn=False, **given).scenario.seed == 5


def test_a_generator_is_a_seed_too():
    seeds = {al.AllianceModel(scenario(), rng=np.random.default_rng(n), burn=False).scenario.seed for n in (1, 1, 2)}
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"seed": 1, "rng": 2}, "both seed and rng"),
        ({"seed": "one"}, "seed"),
        ({"seed": -1}, "seed"),
        ({"scenario": "rural"}, "scenario"),
        ({"animation": "events"}, "animation"),
        ({"months": 0}, "months"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_mistakes_are_one_line(given, word):
    given = {"scenario": scenario(), **given}
    with pytest.raises(al.UserError, match=word) as caught:
        al.AllianceModel(**given)
    assert "\n" not in str(caught.value)


def test_keywords_compose_a_scenario_or_change_one():
    model = al.AllianceModel(
        territory="rural",
        resources="scarce",
        animation="events",
        months=2,
        burn_in=0,
        rules__psi=0.3,
        **{"territory.population": 3000},
    )
    assert model.scenario.territory.typology == "rural"
    assert model.scenario.rules.r_fin == 0.4
    assert model.scenario.rules.psi == 0.3
    assert list(model.scenario.animation.animators) == ["animator"]
    assert al.AllianceModel(scenario(), burn=False, resources="abundant", months=3).scenario.rules.r_hum == 2.5


def test_a_territory_is_built_once_and_used_twice():
    place = al.territory.synthetic("rural", population=3000)
    one = al.AllianceModel(scenario(), territory=place, burn=False)
    assert one.territory is place
    assert one.state.cells["population"].sum() == place.simulated_population


def test_attributes_of_the_latest_month_and_the_data_collector():
    model = finished()
    assert model.engaged_share == model.record["engaged_share"]
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 12
    assert frame["engaged_share"].tolist() == model.timeseries["engaged_share"].tolist()
    with pytest.raises(AttributeError, match="no attribute 'engaged'"):
        _ = model.engaged


def test_a_collector_of_ones_own_as_in_the_tutorial():
    class Observed(al.AllianceModel):
        def __init__(self, **given):
            super().__init__(**given)
            self.datacollector = mesa.DataCollector(
                model_reporters={
                    "engaged": "engaged_share",
                    "agents": lambda m: len(m.agents),
                    "deep": lambda m: sum(a.depth > 2 for a in m.active_alliances),
                },
                agent_reporters={"stage": "stage", "cash": lambda a: a.cash},
                agenttype_reporters={al.Firm: {"load": "load"}},
            )

        def step(self):
            super().step()
            self.datacollector.collect(self)

    model = Observed(scenario=scenario(), months=3)
    model.run_model()
    assert (
        model.datacollector.get_model_vars_dataframe()["engaged"].tolist() == model.timeseries["engaged_share"].tolist()
    )
    agents = model.datacollector.get_agent_vars_dataframe()
    assert len(agents) == 3 * len(model.agents)
    assert set(agents["stage"]) <= {"naive", "willing", "engaged"}
    firms = model.datacollector.get_agenttype_vars_dataframe(al.Firm)
    assert len(firms) == 3 * len(model.agents_by_type[al.Firm])


def test_reporters_given_to_the_model():
    model = al.AllianceModel(
        scenario(), months=2, model_reporters={"n": lambda m: m.steps}, agent_reporters={"s": "stage"}
    )
    model.run_model()
    assert model.datacollector.get_model_vars_dataframe()["n"].tolist() == [1, 2]
    assert len(model.datacollector.get_agent_vars_dataframe()) == 2 * len(model.agents)


def test_hooks_see_the_model_before_and_after_a_phase():
    seen = []
    model = al.AllianceModel(scenario(), seed=2)
    model.hook("meet", lambda m: seen.append(("before", m.month)), when="before")
    model.hook("meet", lambda m: seen.append(("after", len(m.meetings))))
    model.step()
    assert seen[0] == ("before", 1)
    assert seen[1] == ("after", int(model.record["meetings"]))


def test_a_hook_may_write_agents():
    model = al.AllianceModel(scenario(), seed=2)
    model.hook("renew_means", lambda m: m.agents_by_type[al.Firm].set("cash", 0.0))
    model.step()
    assert model.agents_by_type[al.Firm].agg("cash", max) == 0.0


def test_a_phase_replaced_by_itself_gives_the_same_year():
    from alliancesim.rules.propose import propose

    model = al.AllianceModel(scenario(), seed=2)
    model.replace("propose", lambda m: propose(m.engine.world))
    model.run_model()
    assert np.array_equal(model.engine.world.records.digests, finished().engine.world.records.digests)


def everyone_who_met(model: al.AllianceModel) -> None:
    """A phase of one's own: all free pairs of two spheres ally on their first idea."""
    for met in model.meetings:
        a, b = met.a, met.b
        if a.sphere != b.sphere and a.is_free and b.is_free and not a.is_allied_with(b) and a.ideas:
            model.ally([a, b], a.ideas[0], depth=2)


def test_a_phase_over_agents_replaces_propose():
    model = al.AllianceModel(scenario(), seed=2)
    before = model.state.n_alliances
    model.replace("propose", everyone_who_met)
    model.run_model()
    new = [a for a in model.all_alliances[before:] if a.origin == "encounter"]
    assert new
    assert {a.depth for a in new} == {2}
    loads = np.zeros(model.state.n_organisations, dtype=int)
    for alliance in model.active_alliances:
        for member in alliance.members:
            loads[member.row] += 1
    assert np.array_equal(loads, model.state.organisations["load"])
    assert np.array_equal(loads > 0, model.state.organisations["stage"] == 2)
    assert (model.state.organisations["load"] <= model.state.organisations["cap"]).all()


def test_a_phase_over_agents_replaces_meet():
    def neighbours(model):
        firms, associations = list(model.agents_by_type[al.Firm]), list(model.agents_by_type[al.Association])
        model.meet(zip(firms[:20], associations[:20], strict=True), trust=0.6)

    model = al.AllianceModel(scenario(), seed=2)
    model.replace("meet", neighbours)
    for _ in range(3):
        model.step()
        assert len(model.meetings) == 20
    met = model.meetings[0]
    assert met.a.trust_in(met.b) == met.b.trust_in(met.a) >= 0.59


def test_nothing_happens_in_a_phase_replaced_by_nothing():
    model = al.AllianceModel(scenario(), seed=2, burn=False)
    for phase in ("propose", "convene"):
        model.replace(phase, lambda m: None)
    model.run_model()
    assert model.state.n_alliances == 0


@pytest.mark.parametrize("ask", [lambda m: m.hook("met", print), lambda m: m.replace("met", print)])
def test_an_unknown_phase_is_named_with_the_nearest(ask):
    with pytest.raises(al.UserError, match=r"phase: found 'met'.*near: meet"):
        ask(finished())


def test_a_hook_is_before_or_after():
    with pytest.raises(al.UserError, match="when: found 'during', expected before or after"):
        finished().hook(PHASE_NAMES[0], print, when="during")


def test_mistakes_of_ally():
    model = al.AllianceModel(scenario(), seed=2)
    free = [agent for agent in model.agents if agent.is_free and agent.cash > 0 and agent.time > 0 and agent.ideas][:2]
    idea = free[0].ideas[0]
    with pytest.raises(al.UserError, match="expected two or more"):
        model.ally(free[:1], idea)
    with pytest.raises(al.UserError, match="depth: found 5"):
        model.ally(free, idea, depth=5)
    others = [agent for agent in model.agents if agent not in free]
    with pytest.raises(al.UserError, match="one of the members"):
        model.ally(free, idea, leader=others[0])
    alliance = model.ally(free, idea, depth=3, leader=free[1])
    assert alliance.leader is free[1]
    assert alliance.members == free
    assert free[0].trust_in(free[1]) > 0
    assert free[0].tie_with(free[1]).in_use
    for agent in free:
        agent.cap = agent.load
    with pytest.raises(al.UserError, match="expected fewer"):
        model.ally(free, idea)


def test_a_result_of_the_model():
    result = finished().result()
    assert len(result.alliances) == finished().state.n_alliances
    assert isinstance(pickle.loads(pickle.dumps(result.scenario)), al.Scenario)


def test_a_finished_model_is_freed():
    model = al.AllianceModel(scenario(), seed=2)
    model.hook("meet", lambda m: None)
    model.replace("learn", lambda m, kept=model: kept.month)
    agents, cells = list(model.agents), list(model.grid.inhabited)
    assert cells[0].neighborhood
    assert agents[0].cell.get_neighborhood(2)
    model.run_model()
    gone = weakref.ref(model)
    arrays = weakref.ref(model.state.organisations)
    del model, agents, cells
    gc.collect()
    assert gone() is None
    assert arrays() is None


@pytest.mark.parametrize("again", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_a_model_copied_midway_goes_on_by_itself(again):
    model = al.AllianceModel(scenario(), seed=2)
    for _ in range(5):
        model.step()
    assert model.agents
    assert list(model.grid.inhabited)
    other = again(model)
    other.run_model()
    assert (model.month, other.month) == (5, 12)
    assert other.agent(0).model is other
    assert np.array_equal(other.engine.world.records.digests, finished().engine.world.records.digests)
    assert len(other.datacollector.get_model_vars_dataframe()) == 12


def test_no_agent_and_no_cell_is_made_until_asked_for():
    model = al.AllianceModel(scenario(), seed=2)
    model.step()
    assert model.agent_types == [al.Association, al.Firm, al.Collectivity]
    assert model.grid.made == 0
    assert model.grid.layer("engaged").shape == model.grid.dimensions
    assert not model._views


def test_the_face_costs_little_beside_the_engine():
    """2,000 organisations: what Mesa adds to making a model is far below the building of its tables."""
    place = al.territory.synthetic("rural", population=25_000)
    plain = scenario().replace(burn_in=0)

    def seconds(make) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            made = make()
            best = min(best, time.perf_counter() - start)
        assert made.state.n_organisations > 1500
        return best

    engine = seconds(lambda: engine_of(plain, territory=place))
    model = seconds(lambda: al.AllianceModel(plain, territory=place))
    assert model - engine < 0.1


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, alliancesim as al; al.UserError, al.__version__, dir(al);"
        "heavy = {'numpy', 'pandas', 'numba', 'mesa', 'matplotlib', 'hydra', 'pyarrow'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_version_is_that_of_the_project():
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == al.__version__


def test_public_names():
    for name in al.__all__:
        assert getattr(al, name) is not None, name
    assert set(al.__all__) <= set(dir(al))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = al.nonsense
    assert al.MODEL_VERSION
    assert callable(al.territory.real)
