"""Calibration by simulation, against simulators whose posterior is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliancesim.analysis.abc import blurred, from_line, posterior, to_line
from alliancesim.analysis.identification import directions, informs, verdict
from alliancesim.analysis.sbc import (
    BINS,
    DRAWS,
    Recovery,
    calibrated,
    counts_of,
    ecdf_band,
    histogram_band,
    ranks_of,
    recover,
    recovery_table,
)

SD = np.array([0.5, 1.0, 0.25])
"""Noise of the three targets of the linear simulator."""
MAP = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
"""Rows: targets; columns: parameters. Nothing informs the third parameter."""


def linear_gaussian(number, seed):
    """Standard normal parameters, targets linear in them with normal noise."""
    generator = np.random.default_rng(seed)
    theta = generator.standard_normal((number, 3))
    return theta, theta @ MAP.T + SD * generator.standard_normal((number, 3))


def exact_covariance(rows=(0, 1, 2)):
    """Of the posterior, the same for every truth."""
    part = MAP[list(rows)]
    return np.linalg.inv(np.eye(3) + part.T @ np.diag(1 / SD[list(rows)] ** 2) @ part)


@pytest.fixture(scope="module")
def found():
    theta, targets = linear_gaussian(2500, 1)
    return recover(theta, targets, SD, truths=range(400), keep=400)


def test_a_known_posterior_is_recovered(found):
    """Contraction and correlation are the analytic ones; ranks are uniform. Of an exact posterior the band raises a false alarm
    in 5 % of such tests (three parameters together), coverage within 3.5 standard deviations in 0.4 %, z in 0.3 %."""
    exact = exact_covariance()
    assert found.contraction.mean(axis=0) == pytest.approx(1 - np.diag(exact), abs=0.03)
    assert found.covariance == pytest.approx(exact, abs=0.03)
    assert abs(found.contraction[:, 2].mean()) < 0.02  # of the parameter that nothing informs
    table = recovery_table(found, ["a", "b", "c"])
    assert table["calibrated"].all()
    for share in (50, 80, 95):
        spread = (share / 100 * (1 - share / 100) / 400) ** 0.5
        assert table[f"coverage_{share}"].to_numpy() == pytest.approx(share / 100, abs=3.5 * spread)
        assert (table[f"coverage_{share}_low"] < table[f"coverage_{share}"]).all()
        assert (table[f"coverage_{share}_high"] > table[f"coverage_{share}"]).all()
    assert np.abs(table["z_mean"]).max() < 3.5 / 400**0.5
    assert table["z_sd"].to_numpy() == pytest.approx(1.0, abs=0.12)


def test_means_are_those_of_the_known_posterior():
    theta, targets = linear_gaussian(20_000, 5)
    exact = exact_covariance()
    for row in range(5):
        one = posterior(theta, targets, targets[row], SD, keep=1500, leave_out=row)
        mean = exact @ MAP.T @ (targets[row] / SD**2)
        assert one.mean == pytest.approx(mean, abs=0.1)
        assert row not in one.rows
        assert one.weights.sum() == pytest.approx(1.0)
        assert (np.diff(one.weights) <= 1e-15).all()  # nearest first, and they weigh most


def test_regression_takes_away_what_distance_leaves():
    theta, targets = linear_gaussian(2500, 1)
    raw = recover(theta, targets, SD, truths=range(400), keep=800, adjust=False)
    assert (raw.contraction.mean(axis=0)[:2] < 1 - np.diag(exact_covariance())[:2] - 0.05).all()


def test_uniform_ranks_alone_say_nothing_of_what_is_learned():
    """The prior as a posterior (the nearest rows in a target that nothing informs) has uniform ranks and no contraction."""
    theta, _ = linear_gaussian(2500, 1)
    noise = np.random.default_rng(4).standard_normal((2500, 1))
    found = recover(theta, noise, np.ones(1), truths=range(400), keep=400)
    table = recovery_table(found, ["a", "b", "c"], 0.99)
    assert table["calibrated"].all()
    assert table["contraction"].to_numpy() == pytest.approx(0.0, abs=0.02)
    assert [verdict(*pair) for pair in zip(table["contraction"], table["calibrated"], strict=True)] == [
        "not identified"
    ] * 3


def test_a_posterior_too_narrow_is_flagged(found):
    """Half as wide around its mean, in the limit of a normal posterior: the truth is too often outside."""
    from scipy.stats import norm

    below = norm.cdf(2.0 * norm.ppf(np.clip(found.below, 1e-9, 1 - 1e-9)))
    for number in range(3):
        assert not calibrated(ranks_of(below)[:, number], 0.99)
    narrow = Recovery(below, ranks_of(below), found.contraction, 2.0 * found.z, found.covariance, found.radius)
    table = recovery_table(narrow, ["a", "b", "c"])
    assert not table["calibrated"].any()
    assert (table["coverage_80_high"] < 0.8).all()


def test_a_biased_posterior_is_flagged(found):
    from scipy.stats import norm

    below = norm.cdf(norm.ppf(np.clip(found.below, 1e-9, 1 - 1e-9)) + 0.5)
    assert not any(calibrated(ranks_of(below)[:, number], 0.99) for number in range(3))


def test_false_alarms_are_as_rare_as_stated():
    """Of 1,000 sets of uniform ranks, 5 % leave the band of 95 %: between 3.3 and 6.7 % (2.5 standard deviations)."""
    ranks = np.random.default_rng(11).integers(0, DRAWS + 1, size=(1000, 300))
    alarms = np.mean([not calibrated(row) for row in ranks])
    assert 0.033 < alarms < 0.067
    low, high = histogram_band(300)
    bins = np.array([counts_of(row) for row in ranks])
    assert np.mean(((bins < low) | (bins > high)).any(axis=1)) <= 0.067


def test_the_band_is_wider_for_a_higher_level_and_holds_the_uniform_line():
    low, high = ecdf_band(200)
    lower, higher = ecdf_band(200, 0.99)
    edges = 200 * np.arange(1, BINS) / BINS
    assert (low < edges).all()
    assert (high > edges).all()
    assert (lower <= low).all()
    assert (higher >= high).all()
    assert (higher - lower > high - low).any()


def test_the_band_is_exact_for_two_bins():
    """One count, binomial: the tails outside hold 5 % or less, and would hold more one count further in."""
    from scipy.stats import binom

    low, high = ecdf_band(101, 0.95, 2)
    outside = binom.cdf(low[0] - 1, 101, 0.5) + binom.sf(high[0], 101, 0.5)
    assert outside <= 0.05 < binom.cdf(low[0], 101, 0.5) + binom.sf(high[0] - 1, 101, 0.5)


def test_ranks_follow_the_weight_below():
    below = np.repeat([[0.0], [0.5], [1.0]], 400, axis=0)
    ranks = ranks_of(below)[:, 0]
    assert set(ranks[:400]) == {0}
    assert set(ranks[800:]) == {DRAWS}
    assert abs(ranks[400:800].mean() - DRAWS / 2) < 4 * (DRAWS / 4 / 400) ** 0.5
    assert (ranks_of(below) == ranks_of(below)).all()
    assert (ranks_of(below, key=2)[400:800] != ranks_of(below)[400:800]).any()


def test_bounded_parameters_stay_inside_their_bounds():
    generator = np.random.default_rng(2)
    bounds = np.array([[0.0, 1.0], [-2.0, 3.0]])
    theta = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) * generator.random((600, 2))
    targets = theta + 0.1 * generator.standard_normal((600, 2))
    one = posterior(theta, targets, np.array([0.02, 2.99]), np.array([0.1, 0.1]), keep=80, bounds=bounds)
    assert (one.values > bounds[:, 0]).all()
    assert (one.values < bounds[:, 1]).all()
    values = np.array([[0.25, 0.0], [0.999, 2.5]])
    assert from_line(to_line(values, bounds), bounds) == pytest.approx(values)
    found = recover(theta, targets, np.array([0.1, 0.1]), truths=range(200), keep=80, bounds=bounds)
    assert recovery_table(found, ["a", "b"], 0.99)["calibrated"].all()


def test_missing_targets_and_constant_targets():
    theta, targets = linear_gaussian(500, 8)
    targets = np.column_stack([targets, np.ones(500)])  # a target that never moves
    targets[::7, 1] = np.nan
    one = posterior(theta, targets, np.array([0.1, 0.2, 0.0, 1.0]), np.append(SD, 1.0), keep=100)
    assert np.isfinite(one.values).all()
    assert not np.isin(one.rows, np.arange(0, 500, 7)).any()
    with pytest.raises(ValueError, match="known rows"):
        posterior(theta, targets, np.array([0.1, 0.2, 0.0, 1.0]), np.append(SD, 1.0), keep=450)
    with pytest.raises(ValueError, match="tolerances above 0"):
        posterior(theta, targets, np.array([0.1, 0.2, 0.0, 1.0]), np.zeros(4), keep=100)
    with pytest.raises(ValueError, match="targets"):
        posterior(theta, targets, np.zeros(3), np.ones(4), keep=100)


def test_what_a_target_adds_is_what_is_lost_without_it(found):
    theta, targets = linear_gaussian(2500, 1)
    without = {}
    for target, kept in (("first", [1, 2]), ("third", [0, 1])):
        without[target] = recover(theta, targets[:, kept], SD[kept], truths=range(400), keep=400).contraction
    table = informs(found.contraction, without, ["a", "b", "c"]).set_index(["target", "parameter"])
    full = np.diag(exact_covariance())
    for target, kept in (("first", [1, 2]), ("third", [0, 1])):
        lost = np.diag(exact_covariance(kept)) - full
        for number, name in enumerate("abc"):
            assert table.loc[(target, name), "lost"] == pytest.approx(lost[number], abs=0.04)
    assert table.loc[("first", "a"), "low"] > 0
    assert table.loc[("first", "c"), "low"] < 0.01


def test_a_combination_may_be_known_where_its_parts_are_not():
    """Two parameters of which only the sum is seen: each contracts by a half at most, the sum by all."""
    covariance = np.array([[0.5, -0.5, 0.0], [-0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    table = directions(covariance, ["a", "b", "c"])
    assert table["contraction"].to_numpy() == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    assert table.loc[0, ["a", "b", "c"]].to_numpy(dtype=float) == pytest.approx([0.5**0.5, 0.5**0.5, 0.0])


def test_verdicts():
    assert [verdict(*pair) for pair in ((0.5, True), (0.49, True), (0.1, True), (0.09, True), (0.9, False))] == [
        "identified", "partly", "partly", "not identified", "ranks off",
    ]  # fmt: skip
    assert isinstance(directions(np.eye(2), ["a", "b"]), pd.DataFrame)


def test_errors_of_targets_are_keyed_and_within_tolerance():
    plain = np.zeros((900, 2))
    first = blurred(plain, np.array([0.1, 2.0]))
    assert (first == blurred(plain, np.array([0.1, 2.0]))).all()
    assert (first != blurred(plain, np.array([0.1, 2.0]), key=2)).any()
    assert np.abs(first).max(axis=0) == pytest.approx([0.1, 2.0], rel=0.01)
    assert first.std(axis=0) == pytest.approx(np.array([0.1, 2.0]) / 3**0.5, rel=0.06)
    assert abs(np.corrcoef(first.T)[0, 1]) < 0.12  # 3.6 standard deviations
    assert (blurred(plain[:10], np.array([0.1, 2.0])) == first[:10]).all()
