"""Shapley values against their axioms and against the plain average over orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliancesim.analysis import coalitions, shapley
from alliancesim.errors import UserError

PLAYERS = ("density", "needs", "border", "history")


def game(seed, replicates=6, players=PLAYERS):
    rng = np.random.default_rng(seed)
    return {one: rng.normal(size=replicates) for one in coalitions(players)}


def by_orders(values, players):
    """The definition: what a player adds on entering, averaged over every order."""
    total = {player: 0.0 for player in players}
    orders = list(permutations(players))
    for order in orders:
        present = frozenset()
        for player in order:
            total[player] += float((values[present | {player}] - values[present]).mean()) / len(orders)
            present |= {player}
    return total


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_average_over_all_orders(seed):
    values = game(seed)
    found = shapley(values, PLAYERS, resamples=200).set_index("player")["share"]
    assert found.to_dict() == pytest.approx(by_orders(values, PLAYERS))
    gap = (values[frozenset(PLAYERS)] - values[frozenset()]).mean()
    assert found.sum() == pytest.approx(gap)


def test_a_player_that_changes_nothing_has_no_share_and_twins_have_the_same():
    weight = {"density": 2.0, "needs": 2.0, "border": 0.0, "history": -1.0}
    noise = np.array([0.1, -0.2, 0.3, 0.0])
    values = {one: sum(weight[p] for p in one) ** 2 + noise for one in coalitions(PLAYERS)}
    found = shapley(values, PLAYERS).set_index("player")
    assert found.loc["border", "share"] == pytest.approx(0.0)
    assert not found.loc["border", "clear"]
    assert found.loc["density", "share"] == pytest.approx(found.loc["needs", "share"])
    assert found.loc["history", "share"] < 0


def test_a_replicate_that_some_coalition_lacks_is_left_out():
    values = game(1)
    values[frozenset(["needs"])][2] = np.nan
    assert (shapley(values, PLAYERS)["n"] == 5).all()


def test_a_missing_coalition_is_said():
    values = game(1)
    del values[frozenset(["border", "needs"])]
    with pytest.raises(UserError, match=r"found no coalition \{border, needs\}, expected all 16"):
        shapley(values, PLAYERS)


def test_other_replicates_and_a_player_named_twice_are_said():
    values = game(1)
    values[frozenset(["needs"])] = np.zeros(5)
    with pytest.raises(UserError, match="one value a replicate for every coalition"):
        shapley(values, PLAYERS)
    with pytest.raises(UserError, match="players: found 'needs' more than once"):
        shapley(game(1), [*PLAYERS, "needs"])
