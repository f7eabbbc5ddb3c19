"""Boxes by patient rule induction; two lines through a curve."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from alliancesim.analysis.prim import drivers, find_box, inside
from alliancesim.analysis.two_lines import two_lines


def corner(number, seed=1, noise=0.8, dims=8):
    """Cases in a corner of three parameters, with probability ``noise``."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(draw.random((number, dims)), columns=[f"p{i}" for i in range(dims)])
    table["few"] = draw.choice([0.0, 0.5], number)
    case = (table["p0"] > 0.5) & (table["p1"] < 0.6) & (table["few"] == 0.0) & (draw.random(number) < noise)
    return table, case.to_numpy()


def test_a_corner_is_found_and_nothing_else():
    table, case = corner(2000)
    box = find_box(table, case, list(table))
    assert set(box.limits) == {"p0", "p1", "few"}
    low, high = box.limits["p0"]
    assert low == pytest.approx(0.5, abs=0.06) and high is None
    assert box.limits["p1"][0] is None and box.limits["p1"][1] == pytest.approx(0.6, abs=0.06)
    assert box.limits["few"] == (None, 0.0)
    assert box.held.density == pytest.approx(0.8, abs=0.12) and box.held.coverage > 0.75
    assert box.held.rate == pytest.approx(case[1::2].mean())


def test_the_half_held_out_is_counted_by_hand():
    table, case = corner(800, seed=3)
    box = find_box(table, case, list(table))
    limits = np.array([[-np.inf if box.limits.get(n, (None, None))[0] is None else box.limits[n][0],
                        np.inf if box.limits.get(n, (None, None))[1] is None else box.limits[n][1]] for n in table])  # fmt: skip
    held, mine = case[1::2], inside(table.to_numpy()[1::2], limits)
    assert (
        box.held.density == held[mine].mean()
        and box.held.coverage == held[mine].sum() / held.sum()
        and box.held.mass == mine.mean()
    )


def test_no_box_of_a_fine_grid_is_better():
    """Oracle: every box of two limits out of 30 each and the value of the third parameter, by brute force."""
    table, case = corner(1600, seed=5)
    box = find_box(table, case, list(table))
    x, y = table.iloc[::2], case[::2]
    scores = []
    for low, high, value in itertools.product(np.linspace(0, 0.98, 30), np.linspace(0.02, 1, 30), ([0.0], [0.0, 0.5])):
        held = ((x["p0"] >= low) & (x["p1"] <= high) & x["few"].isin(value)).to_numpy()
        both = (held & y).sum()
        scores.append(2 * both / (held.sum() + y.sum()))
    mine = 2 * box.fitted.coverage * box.fitted.density / (box.fitted.coverage + box.fitted.density)
    assert mine > max(scores) - 0.03


def test_luck_in_many_dimensions_makes_no_limit():
    """Cases that hang on one parameter of thirty: no other is limited (each alarms at most at 0.05 / 30)."""
    draw = np.random.default_rng(11)
    table = pd.DataFrame(draw.random((600, 30)), columns=[f"p{i}" for i in range(30)])
    case = draw.random(600) < np.where(table["p0"] > 0.5, 0.4, 0.05)
    box = find_box(table, case, list(table))
    assert set(box.limits) == {"p0"}


def test_a_box_is_counted_in_other_points():
    table, case = corner(2000)
    box = find_box(table, case, list(table))
    assert box.counted(table[1::2], case[1::2]) == box.held
    assert box.counted(table[::2], case[::2]) == box.fitted
    nothing = box.counted(table, np.zeros(len(table), dtype=bool))
    assert nothing.density == 0.0 and np.isnan(nothing.coverage)


def test_noise_makes_no_rule_that_holds():
    """Cases at random: whatever is found is no denser than the whole where it is held out (three binomial errors)."""
    draw = np.random.default_rng(7)
    table = pd.DataFrame(draw.random((2000, 6)), columns=list("abcdef"))
    case = draw.random(2000) < 0.2
    box = find_box(table, case, list(table))
    if box.limits:
        error = np.sqrt(0.16 / (1000 * box.held.mass))
        assert abs(box.held.density - 0.2) < 3 * error


def test_too_few_cases_make_no_rule():
    table, _ = corner(200)
    assert find_box(table, np.arange(200) < 12, list(table)) is None


def test_drivers_come_in_order():
    table, case = corner(2000)
    found = drivers(table, case, list(table))
    assert set(found["parameter"][:3]) == {"p0", "p1", "few"} and (found["p"][:3] < 1e-6).all()
    assert len(drivers(table, np.zeros(2000, dtype=bool), list(table))) == 0


LEVELS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def wins(chances, number, seed):
    return (np.random.default_rng(seed).random((number, len(chances))) < np.asarray(chances)).astype(float)


def test_a_hill_is_an_inverted_u_and_a_slope_is_none():
    hill = two_lines(LEVELS, wins([0.1, 0.3, 0.5, 0.6, 0.5, 0.4, 0.3], 500, 1))
    assert hill.inverted_u and hill.turn in (0.4, 0.8, 1.6) and hill.up > 0 > hill.down
    assert not two_lines(LEVELS, wins(np.linspace(0.2, 0.8, 7), 500, 2)).inverted_u
    assert not two_lines(LEVELS, wins(np.linspace(0.8, 0.2, 7), 500, 3)).inverted_u
    with pytest.raises(ValueError, match="three levels"):
        two_lines(LEVELS[:2], np.zeros((5, 2)))


def test_flat_curves_are_seldom_an_inverted_u():
    """300 flat curves: each line alone alarms at 2.5 %, both together hardly; more than 15 of 300 has a chance below 1e-3."""
    found = sum(two_lines(LEVELS, wins([0.4] * 7, 200, seed)).inverted_u for seed in range(300))
    assert found <= 15
