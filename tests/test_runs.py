"""Runs as a user makes them: the matrix of typologies and resources, the presets, and a default that is alive."""

from __future__ import annotations

import numpy as np
import pytest

from alliancesim import levers
from alliancesim.catalogue import DEPTHS, KINDS
from alliancesim.engine import engine_of
from alliancesim.rules.observe import COLUMNS
from alliancesim.scenario import load_scenario
from alliancesim.scenario.library import options

PRESETS = tuple(options("case"))


@pytest.mark.parametrize("resources", ["scarce", "moderate", "abundant"])
@pytest.mark.parametrize("typology", ["urban", "rural", "zus", "cross_border"])
def test_any_typology_with_any_level_of_resources(typology: str, resources: str) -> None:
    engine = engine_of(
        load_scenario(
            f"territory={typology}", f"resources={resources}", "territory.population=20000", "months=18", "burn_in=12"
        )
    )
    engine.run()
    level = {"scarce": 0.4, "moderate": 1.0, "abundant": 2.5}[resources]
    assert float(engine.state.rules["r_fin"][0]) == level
    assert engine.state.n_alliances > 5
    assert engine.state.calendar_month == 18


@pytest.mark.slow
@pytest.mark.parametrize("case", PRESETS)
def test_every_preset_runs(case: str) -> None:
    engine = engine_of(load_scenario(f"case={case}", "months=12", "burn_in=24"))
    engine.run()
    assert engine.state.calendar_month == 12
    assert engine.state.n_alliances > 0
    animators = engine.world.animators
    assert bool(animators) == (case not in ("vaucluse_latent", "celavar_rural") or bool(animators))
    spent = np.nansum(engine.world.records.values[:, COLUMNS["spend_keur"]])
    assert (spent > 0) == any(run.covers(month) for a in animators for run in a.runs for month in range(1, 13))


@pytest.mark.slow
def test_the_default_is_alive() -> None:
    """No lever, kind, depth, stage or origin that never occurs, nothing saturated."""
    engine = engine_of(
        load_scenario("territory=urban", "territory.population=250000", "animation=[full,plenary,two_phase,adaptive]")
    )
    engine.run()
    values = engine.world.records.values
    last = {name: values[-1, column] for name, column in COLUMNS.items()}
    for y in range(1, len(DEPTHS) + 1):
        assert 0.01 < last[f"alliances_depth_{y}"] / last["alliances"] < 0.8
    for stage in ("dialogue", "experiment", "deployed"):
        assert 0 < last[f"alliances_{stage}"] < last["alliances"]
    for origin in ("encounter", "event", "forum"):
        assert last[f"alliances_from_{origin}"] > 0
    people = engine.state.organisations
    for index, kind in enumerate(KINDS):
        mine = people[people["kind"] == index]
        if len(mine) >= 25:
            share = (mine["stage"] == 2).mean()
            assert 0.02 < share < 0.98, kind.name
    for sphere in ("association", "firm"):
        assert 0.05 < last[f"engaged_share_{sphere}"] < 0.9
        assert last[f"naive_share_{sphere}"] > 0.02
    assert 0.3 < last["success_rate"] < 0.95
    assert 0.3 < last["share_under_five_years"] < 0.9
    assert 0.05 < last["share_three_or_more"] < 0.6
    assert last["superadditivity"] > 1.0
    assert last["clustering"] > last["clustering_null"]
    forums = engine.state.forums[: engine.state.n_forums]
    assert len(set(forums["outcome"])) >= 3
    assert 0.2 < (forums["outcome"] == 0).mean() < 0.98
    used = {run.lever for animator in engine.world.animators for run in animator.runs}
    for name in used:
        assert np.nansum(values[:, COLUMNS[f"spend_{name}_keur"]]) > 0, name
    assert {"event", "matchmaking", "diagnosis", "forum", "accompany_alliance"} <= used <= set(levers.LEVER_NAMES)
