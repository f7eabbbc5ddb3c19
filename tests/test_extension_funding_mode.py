"""Funding mode: subcontracting brings more output now and less initiative; enabling the reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import engine, ran, same_run, small_territory

from alliancesim.catalogue import ASSOCIATION, COLLECTIVITY
from alliancesim.engine import Engine
from alliancesim.results.weighing import weigh

LIVELY = {"m0": 1.5, "zeta": 1.0}


def one_year(mode: float, **rules: float) -> tuple[Engine, np.ndarray]:
    """A world after three years, and its alliances of an association with a collectivity that had results."""
    run = ran(small_territory("rural", 12_000), {**LIVELY, "funding_mode": mode, **rules}, months=40)
    table = run.state.alliances[: run.state.n_alliances]
    both = (table["spheres"] & 5 == 5) & (table["draws"] > 0)
    return run, np.flatnonzero(both)


@pytest.mark.parametrize(("mode", "factor"), [(-1.0, 1.25), (1.0, 0.75), (0.0, 1.0)])
def test_output_of_a_success(mode: float, factor: float) -> None:
    """Benefit so far is value * factor for each success where no member came or left, and value elsewhere."""
    run, rows = one_year(mode, funding_output=0.25, recruit=0.0)
    table = run.state.alliances[: run.state.n_alliances]
    won = rows[table["successes"][rows] > 0]
    assert len(won) > 3
    assert table["benefit"][won] == pytest.approx(factor * table["value"][won] * table["successes"][won])
    others = np.flatnonzero((table["spheres"] & 5 != 5) & (table["successes"] > 0))
    assert table["benefit"][others] == pytest.approx(table["value"][others] * table["successes"][others])


@pytest.mark.parametrize("mode", [-1.0, 1.0])
def test_initiative_follows_the_years(mode: float) -> None:
    run, rows = one_year(mode, funding_initiative=0.2, recruit=0.0)
    state = run.state
    years: dict[int, int] = {}
    for row in rows:
        for i in state.members_of(int(row)):
            if state.organisations["sphere"][i] == ASSOCIATION:
                years[i] = years.get(i, 0) + int(state.alliances["draws"][row])
    assert len(years) > 3
    for i, n in years.items():
        expected = 0.8**n if mode < 0 else 1.5 - 0.5 * 0.8**n
        assert run.world.initiative[i] == pytest.approx(expected, rel=1e-5)
    others = np.setdiff1d(np.arange(state.n_organisations), list(years))
    assert (run.world.initiative[others] == 1.0).all()


def test_less_initiative_leads_less() -> None:
    """Share of pairs of an association and another in which the association's idea is tried."""
    run = engine(rules={**LIVELY, "funding_mode": -1.0}, months=12)
    run.step()
    state = run.state

    def share(initiative: float) -> float:
        run.world.initiative[:] = initiative
        leads = []
        for meeting in state.meetings:
            a, b = int(meeting["a"]), int(meeting["b"])
            weighed = weigh(run.world, a, b)
            if weighed is not None and ASSOCIATION in state.organisations["sphere"][[a, b]]:
                leads.append(state.organisations["sphere"][weighed.leader.row] == ASSOCIATION)
        assert len(leads) > 20
        return float(np.mean(leads))

    assert share(0.0) == 0.0
    assert share(0.5) < share(1.0) < 1.0
    assert share(1.7) == 1.0  # 0.6 * 1.7 is more than 1


def test_a_collectivity_alone_or_a_firm_changes_nothing() -> None:
    run, rows = one_year(-1.0)
    spheres = run.state.organisations["sphere"]
    changed = np.flatnonzero(run.world.initiative != 1.0)
    assert (spheres[changed] == ASSOCIATION).all()
    for row in rows:
        assert COLLECTIVITY in spheres[run.state.members_of(int(row))]


def test_off_is_one_number_and_the_same_run() -> None:
    run = ran(months=24, rules={"funding_output": 0.5, "funding_initiative": 0.3})
    assert len(run.world.initiative) == 1
    assert same_run(run, ran(months=24))


def test_output_now_against_initiative_later() -> None:
    """The trade that the source names shows in one world: more relief a success, fewer alliances led by associations."""

    def led(mode: float) -> float:
        found: list[Any] = []
        for seed in (1, 2, 3):
            rules = {**LIVELY, "funding_mode": mode, "funding_initiative": 0.6}
            run = ran(small_territory("rural", 12_000), rules, months=96, seed=seed)
            table = run.state.alliances[: run.state.n_alliances]
            late = (table["start"] > 48) & (table["spheres"] == 5)
            found.extend(run.state.organisations["sphere"][table["leader"][late]] == ASSOCIATION)
        return float(np.mean(found))

    assert led(-1.0) < led(1.0)
