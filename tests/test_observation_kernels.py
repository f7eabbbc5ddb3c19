"""Kernels of the monthly record against plain loops over the same tables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from building import Engine, ran, small_territory, with_cells

from alliancesim.kernels import observation


@pytest.fixture(scope="module")
def run() -> Engine:
    """A world in which half of the cells are buffer."""
    territory = small_territory("urban", 12_000)
    reported = np.arange(len(territory.cells)) % 2 == 0
    return ran(with_cells(territory, reported=reported), months=40)


def test_members_are_listed_as_they_joined(run: Engine) -> None:
    state = run.state
    rows = state.active
    wanted = [state.members_of(int(row)) for row in rows]
    starts, members = np.zeros(len(rows) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    number = observation.list_members(state.alliances, state.memberships, rows, starts, members)
    assert number == sum(len(one) for one in wanted) > 20
    members = np.zeros(number, dtype=np.int64)
    observation.list_members(state.alliances, state.memberships, rows, starts, members)
    assert [members[a:b].tolist() for a, b in itertools.pairwise(starts)] == wanted


def test_alliances_with_a_member_on_the_place(run: Engine) -> None:
    state = run.state
    rows = np.arange(state.n_alliances)
    here = [
        any(state.cells["reported"][state.organisations["cell"][i]] for i in state.members_of(int(row))) for row in rows
    ]
    found = observation.with_member_reported(state.organisations, state.cells, state.alliances, state.memberships, rows)
    assert found == sum(here)
    assert 0 < found < len(rows)


def test_share_of_newcomers(run: Engine) -> None:
    state = run.state
    used = state.memberships[: state.n_memberships]
    first = {int(i): int(used["joined"][used["organisation"] == i].min()) for i in set(used["organisation"].tolist())}
    recent = [int(i) for i, month in zip(used["organisation"], used["joined"], strict=True) if month > state.month - 12]
    wanted = sum(first[i] > state.month - 12 for i in recent) / len(recent)
    earliest = np.zeros(state.n_organisations, dtype=np.int16)
    assert observation.share_of_newcomers(state.memberships, state.n_memberships, state.month, earliest) == wanted
    assert 0.0 < wanted < 1.0
    assert math.isnan(observation.share_of_newcomers(state.memberships, 0, state.month, earliest))


def test_births_and_ends_are_of_the_place(run: Engine) -> None:
    from alliancesim.rules.observe import COLUMNS

    state, values = run.state, run.world.records.values
    here = np.array(
        [
            any(state.cells["reported"][state.organisations["cell"][i]] for i in state.members_of(row))
            for row in range(state.n_alliances)
        ]
    )
    ended = state.alliances["ended"][: state.n_alliances]
    assert 0 < values[:, COLUMNS["births"]].sum() <= here.sum()  # some have a member on the place only later
    for month in range(len(values)):
        assert values[month, COLUMNS["ends"]] == (here & (ended == month)).sum()
