"""Decisions over draws: hand-computed cases, and simulated data of known answer with their false-alarm rates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from alliancesim.hypotheses.decide import LEAST, decide, holds, range_of, settle, with_sign


def test_seeds_are_averaged_and_their_luck_taken_out() -> None:
    """By hand: averages 1, 3, 5 (variance 4); within draws ±1, so noise² = 2 with one degree of freedom a draw."""
    found = settle([[0.0, 2.0], [2.0, 4.0], [4.0, 6.0]])
    assert found.mean == 3.0
    assert found.noise == pytest.approx(math.sqrt(2.0))
    assert found.kept == pytest.approx(math.sqrt(1.0 - (2.0 / 2.0) / 4.0))
    assert found.values == pytest.approx(3.0 + found.kept * np.array([-2.0, 0.0, 2.0]))
    assert found.error == pytest.approx(2.0 / math.sqrt(3.0))
    assert found.spread**2 == pytest.approx(4.0 - 1.0)  # variance of averages less that of luck in them


def test_one_seed_takes_nothing_out_and_missing_runs_are_left_out() -> None:
    one = settle([[1.0], [2.0], [4.0]])
    assert (one.kept, one.values.tolist()) == (1.0, [1.0, 2.0, 4.0])
    assert math.isnan(one.noise)
    gap = settle([[1.0, np.nan], [np.nan, np.nan], [3.0, 5.0]])
    assert gap.averages[[0, 2]].tolist() == [1.0, 4.0]
    assert gap.measured == 2
    assert math.isnan(gap.values[1])
    nothing = settle(np.full((4, 2), np.nan))
    assert nothing.measured == 0
    assert math.isnan(nothing.error)


def test_all_luck_leaves_the_mean() -> None:
    """Averages that differ less than luck alone would make them are all put at the mean, with its error kept."""
    found = settle([[0.0, 10.0], [1.0, 10.0], [0.5, 9.8], [0.2, 10.1], [0.1, 9.9], [0.4, 9.7]])
    assert found.kept == 0.0
    assert np.ptp(found.values) == 0.0
    assert found.error > 0


@pytest.mark.parametrize(
    ("sign", "expected"),
    [("+", "001"), ("-", "100"), ("0", "010"), ("not +", "110"), ("not -", "011")],
)
def test_where_signs_lie(sign: str, expected: str) -> None:
    values = np.array([-2.0, 0.0, 2.0])
    assert "".join(str(int(one)) for one in holds(values, sign, 1.0)) == expected
    assert not holds(np.array([np.nan]), sign, 1.0).any()


def test_share_with_the_stated_sign() -> None:
    values = np.array([-1.0, 0.2, 3.0, np.nan])
    assert with_sign(values, "+", 1.0) == pytest.approx(2 / 3)
    assert with_sign(values, "-", 1.0) == pytest.approx(1 / 3)
    assert with_sign(values, "0", 0.5) == pytest.approx(1 / 3)


def far(mean: float, draws: int = 40) -> np.ndarray:
    return mean + np.linspace(-0.1, 0.1, draws)[:, None] + np.array([0.0, 0.0])


def test_clear_cases() -> None:
    assert decide([settle(far(3.0))], ["+"], [1.0]).outcome == "supported"
    assert decide([settle(far(0.0))], ["+"], [1.0]).outcome == "refuted"
    assert decide([settle(far(-3.0))], ["-"], [1.0]).outcome == "supported"
    assert decide([settle(far(0.0))], ["0"], [1.0]).outcome == "supported"
    assert decide([settle(far(2.0))], ["not +"], [1.0]).outcome == "refuted"
    wide = settle(np.repeat(np.linspace(-3.0, 5.0, 41)[:, None], 2, axis=1))
    half = decide([wide], ["+"], [1.0])
    assert half.outcome == "undecided"
    assert half.p == pytest.approx(0.5, abs=0.06)
    assert half.p + half.against == pytest.approx(1.0)


def test_several_effects_must_hold_in_the_same_draw() -> None:
    """Each holds in half of the draws, never in the same: together they never do, which is refuted."""
    first = np.repeat(np.array([3.0] * 20 + [-3.0] * 20)[:, None], 2, axis=1)
    both = decide([settle(first), settle(-first)], ["+", "+"], [1.0, 1.0])
    assert (both.outcome, both.p) == ("refuted", 0.0)
    same = decide([settle(first), settle(first)], ["+", "+"], [1.0, 1.0])
    assert same.outcome == "undecided"
    assert same.p == pytest.approx(0.5, abs=0.05)


def test_what_was_not_measured_counts_for_neither_side() -> None:
    values = np.full((40, 2), 3.0) + np.linspace(0, 0.1, 40)[:, None]
    values[:10] = np.nan
    found = decide([settle(values)], ["+"], [1.0])
    assert (found.outcome, found.p, found.against) == ("undecided", 0.75, 0.0)
    few = np.full((40, 2), np.nan)
    few[: LEAST - 1] = 3.0
    found = decide([settle(few)], ["+"], [1.0])
    assert found.outcome == "undecided"
    assert "are needed" in found.why


def outcomes(mean: float, spread: float, noise: float, times: int, draws: int = 30, seeds: int = 2) -> dict[str, float]:
    random = np.random.default_rng(7)
    found = {"supported": 0, "refuted": 0, "undecided": 0}
    for _ in range(times):
        effects = mean + spread * random.standard_normal((draws, 1)) + noise * random.standard_normal((draws, seeds))
        found[decide([settle(effects)], ["+"], [1.0]).outcome] += 1
    return {name: count / times for name, count in found.items()}


def test_false_alarms_at_the_edge_of_interest() -> None:
    """An effect exactly at the smallest of interest, the same in all draws, is decided either way in about 5 % of data sets each.

    Of 400, more than 11 % either way has a probability below 1e-6 if the rate is 5 % (the draws are fixed).
    """
    found = outcomes(mean=1.0, spread=0.0, noise=1.0, times=400)
    assert 0.01 < found["supported"] < 0.11
    assert 0.01 < found["refuted"] < 0.11


def test_an_effect_that_varies_over_draws_is_not_decided() -> None:
    """With P(effect > smallest) = .5 over draws, a decision is wrong: in less than 1 % of 200 data sets."""
    found = outcomes(mean=1.0, spread=1.0, noise=1.0, times=200)
    assert found["supported"] + found["refuted"] < 0.01


def test_power_where_luck_is_taken_out() -> None:
    """Mean 2, spread 0.3 over draws: P(above 1) is .9996, yet one run in six is below 1 by luck. It is found in most data sets."""
    found = outcomes(mean=2.0, spread=0.3, noise=1.0, times=200)
    assert found["supported"] > 0.8
    assert found["refuted"] == 0.0


def test_probability_is_that_of_the_effect_and_not_of_its_estimate() -> None:
    """True P is .84 (mean one spread above); noise twice the spread would make it .66. Mean over 60 data sets, error 0.01."""
    random = np.random.default_rng(3)
    p = []
    for _ in range(60):
        effects = 2.0 + random.standard_normal((60, 1)) + 2.0 * random.standard_normal((60, 2))
        p.append(decide([settle(effects)], ["+"], [1.0]).p)
    assert np.mean(p) == pytest.approx(0.84, abs=0.04)


def test_range_holds_the_draws() -> None:
    low, high = range_of(settle(np.repeat(np.linspace(0.0, 1.0, 201)[:, None], 2, axis=1)))
    assert low == pytest.approx(0.025, abs=0.04)
    assert high == pytest.approx(0.975, abs=0.04)
    assert all(math.isnan(one) for one in range_of(settle([[1.0]])))
