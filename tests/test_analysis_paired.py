"""Intervals, paired comparisons, attribution: against scipy, by hand, and under changes that must not matter."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from alliancesim import analysis
from alliancesim.analysis.attribution import (
    Attribution,
    Changes,
    attribution,
    attribution_of,
    by_group,
    changes,
    changes_of,
    thirds,
)
from alliancesim.analysis.paired import contrast, mean_bands, paired, paired_over_time
from alliancesim.analysis.resample import blocks, indices, interval, mean_intervals, wilson
from alliancesim.errors import UserError
from alliancesim.rules import keys
from alliancesim.territory.grid import fold, uniform

SAMPLES = st.lists(st.integers(-50, 50), min_size=2, max_size=30).map(lambda x: np.array(x, dtype=float))


def keyed_uniform(rows: int, columns: int, key: int) -> np.ndarray:
    return uniform(fold(fold(key, np.arange(rows))[:, None], np.arange(columns)[None, :]))


def table_of(values: np.ndarray, name: str = "x") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and design of values, shape (replicates, points)."""
    r, s = values.shape
    runs = pd.DataFrame({
        "run": np.arange(r * s),
        "point": np.tile(np.arange(s), r),
        "replicate": np.repeat(np.arange(1, r + 1), s),
        name: values.ravel(),
    })  # fmt: skip
    return runs, pd.DataFrame({"point": np.arange(s), "label": [f"p{i}" for i in range(s)]})


# -- keyed draws ------------------------------------------------------------------------------------------------------


def test_draws_are_those_of_plain_keys() -> None:
    found = indices(7, 300)
    for b, i in ((0, 0), (1, 3), (299, 6)):
        word = keys.fold(keys.fold(keys.fold(keys.fold(0xB007, 0), 7), b), i)
        assert found[b, i] == ((word >> 32) * 7) >> 32
    assert found.shape == (300, 7)
    assert (indices(7, 200) == found[:200]).all()
    assert (indices(7, 300, key=1) != found).any()


def test_draws_are_even_and_independent() -> None:
    # Two chi-square tests at 1e-4 each: at most 2 false alarms in 10,000 changes of the key.
    found = indices(10, 2000)
    counts = np.bincount(found.ravel(), minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-4
    pairs = np.bincount(found[:, 0] * 10 + found[:, 1], minlength=100)
    assert stats.chisquare(pairs).pvalue > 1e-4


def test_parts_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = indices(9, 400)
    values = np.arange(9.0) ** 2
    expected = interval(values, resamples=400)
    monkeypatch.setattr("alliancesim.analysis.resample._AT_ONCE", 500)
    parts = list(blocks(9, 400))
    assert len(parts) > 3
    assert (whole == np.concatenate(parts, axis=1).T).all()
    assert (indices(9, 400) == whole).all()
    assert interval(values, resamples=400) == expected


# -- intervals --------------------------------------------------------------------------------------------------------


def test_interval_of_the_mean_is_a_bootstrap_t_by_hand() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0, 9.0, 3.0])
    n, s, m = len(x), x.std(ddof=1), x.mean()
    drawn = np.sort(x)[indices(n, 2000)]
    spread = np.maximum(drawn.std(axis=1, ddof=1), 0.25 * s)
    t = (drawn.mean(axis=1) - m) / (spread / math.sqrt(n))
    low, high = np.quantile(t, [0.025, 0.975])
    student = stats.t.ppf(0.975, n - 1)
    assert low < -student  # lopsided: the bootstrap is further out on one side,
    assert high < student  # and Student's on the other
    high = student
    found = interval(x)
    assert found.estimate == pytest.approx(m)
    assert found.low == pytest.approx(m - high * s / math.sqrt(n))
    assert found.high == pytest.approx(m - low * s / math.sqrt(n))


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_intervals_agree_with_scipy_where_replicates_are_many(statistic: object) -> None:
    x = -np.log1p(-keyed_uniform(400, 1, 3)[:, 0])
    theirs = stats.bootstrap((x,), statistic, n_resamples=4000, method="BCa", rng=np.random.default_rng(1))
    low, high = theirs.confidence_interval
    found = interval(x, statistic)  # type: ignore[arg-type]
    width = high - low
    assert found.low == pytest.approx(low, abs=0.12 * width)
    assert found.high == pytest.approx(high, abs=0.12 * width)
    assert found.estimate == statistic(x) if statistic is np.median else found.estimate == pytest.approx(x.mean())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("law", "mean", "n", "least"),
    [
        ("normal", 0.0, 5, 0.93),
        ("normal", 0.0, 20, 0.93),
        ("exponential", 1.0, 10, 0.90),
        ("exponential", 1.0, 30, 0.92),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(law: str, mean: float, n: int, least: float) -> None:
    # 600 keyed samples, 95 % intervals. ``least`` is the share promised by the docstring less about 3 points. The one-sided
    # binomial test rejects at 1e-3: four cases, so at most 4 false alarms in 1000 changes of the key.
    unit = np.maximum(keyed_uniform(600, n, 11 + n), 1e-12)
    samples = stats.norm.ppf(unit) if law == "normal" else -np.log(unit)
    found = [interval(row, resamples=500) for row in samples]
    held = sum(one.low <= mean <= one.high for one in found)
    assert stats.binomtest(held, 600, least, alternative="less").pvalue > 1e-3
    assert held < 600  # an interval that never misses is no 95 % interval
    if law == "normal":  # and they are not wastefully wide
        ours = np.median([one.high - one.low for one in found])
        assert ours < (1.6 if n < 8 else 1.1) * 2 * stats.t.ppf(0.975, n - 1) * np.median(
            samples.std(axis=1, ddof=1)
        ) / math.sqrt(n)


@given(SAMPLES, st.randoms(use_true_random=False))
def test_order_does_not_matter_to_the_last_bit(x: np.ndarray, random: object) -> None:
    other = list(x)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert interval(np.array(other), resamples=200) == interval(x, resamples=200)


@given(SAMPLES, st.integers(-100, 100), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_intervals_move_and_stretch_with_their_values(x: np.ndarray, shift: int, scale: float) -> None:
    for statistic in (np.mean, np.median):
        a, b = interval(x, statistic, resamples=200), interval(x * scale + shift, statistic, resamples=200)
        assert b.estimate == pytest.approx(a.estimate * scale + shift, abs=1e-9)
        assert b.low == pytest.approx(a.low * scale + shift, abs=1e-9)
        assert b.high == pytest.approx(a.high * scale + shift, abs=1e-9)


@given(SAMPLES)
def test_the_mean_lies_in_its_interval_and_levels_nest(x: np.ndarray) -> None:
    wide, narrow = interval(x, level=0.99, resamples=400), interval(x, level=0.8, resamples=400)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.low <= wide.estimate <= wide.high


def test_what_cannot_be_said_is_nan() -> None:
    assert interval(np.array([])).n == 0
    assert math.isnan(interval(np.array([])).estimate)
    one = interval(np.array([3.0, np.nan]))
    assert (one.estimate, one.n) == (3.0, 1)
    assert math.isnan(one.low)
    assert not one.clear
    assert interval(np.array([2.0, 2.0, 2.0])) == (2.0, 2.0, 2.0, 3)
    tenths = interval(np.full(7, 0.1))
    assert tenths.low == tenths.high == 0.1
    mean, low, high, n = mean_intervals(np.array([[1.0, np.nan], [2.0, 5.0], [4.0, np.nan]]))
    assert n.tolist() == [3, 1]
    assert low[0] < mean[0] < high[0]
    assert math.isnan(low[1])


def test_a_few_changes_among_many_equal_values_are_not_clear() -> None:
    clear = [interval(np.array([0.0] * (30 - k) + [1.0] * k)).clear for k in range(8)]
    assert clear == [False, False, False, False, True, True, True, True]
    # a sign test of k rises among k changes, one-sided, is below 0.07 from the same k on
    assert stats.binomtest(4, 4, alternative="greater").pvalue < 0.07


def test_bad_levels_and_resamples_are_said() -> None:
    with pytest.raises(UserError, match="level: found 95"):
        interval(np.arange(5.0), level=95)
    with pytest.raises(UserError, match="resamples: found 10"):
        interval(np.arange(5.0), resamples=10)


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(n: int, hits: int, level: float) -> None:
    hits = min(hits, n)
    theirs = stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    low, high = wilson(hits, n, level)
    assert float(low) == pytest.approx(theirs.low, abs=1e-12)
    assert float(high) == pytest.approx(theirs.high, abs=1e-12)


# -- paired -----------------------------------------------------------------------------------------------------------

HAND = np.array([[10.0, 12.0, 9.0], [20.0, 21.0, 20.0], [30.0, 33.0, 27.0], [40.0, 44.0, np.nan]])


def test_paired_by_hand() -> None:
    runs, design = table_of(HAND)
    found = paired(runs, design, ["x"]).set_index("point")
    assert found.index.tolist() == [1, 2]
    one, two = found.loc[1], found.loc[2]
    assert (one["label"], one["n"], one["mean_reference"], one["mean"], one["difference"]) == ("p1", 4, 25.0, 27.5, 2.5)
    assert one["relative"] == pytest.approx(0.1)
    assert one["variance_ratio"] == pytest.approx(
        (np.var(HAND[:, 0], ddof=1) + np.var(HAND[:, 1], ddof=1)) / np.var([2, 1, 3, 4], ddof=1)
    )
    assert (one["share_higher"], one["share_lower"]) == (1.0, 0.0)
    expected = interval(np.array([2.0, 1.0, 3.0, 4.0]))
    assert (one["low"], one["high"]) == (expected.low, expected.high)
    # a replicate that one side did not measure counts for neither
    assert (two["n"], two["mean_reference"], two["mean"]) == (3, 20.0, pytest.approx(56 / 3))
    assert (two["share_higher"], two["share_lower"]) == (0.0, pytest.approx(2 / 3))
    assert not two["clear"]


def test_a_constant_difference_is_clear_and_has_no_variance_ratio() -> None:
    runs, design = table_of(np.array([[1.0, 3.0, 1.0], [5.0, 7.0, 5.0], [2.0, 4.0, 2.0]]))
    found = paired(runs, design, ["x"]).set_index("point")
    assert found.loc[1, ["low", "high"]].tolist() == [2.0, 2.0]
    assert found["clear"].tolist() == [True, False]
    assert found["variance_ratio"].isna().all()


def test_pairing_sees_what_independent_seeds_do_not() -> None:
    luck = 10 * keyed_uniform(20, 1, 5)
    runs, design = table_of(np.hstack([luck, luck + 0.3 + 0.2 * keyed_uniform(20, 1, 6)]))
    found = paired(runs, design, ["x"]).iloc[0]
    assert found["clear"]
    assert found["variance_ratio"] > 100
    assert found["low"] < 0.4 < found["high"]
    apart = runs.copy()
    apart.loc[apart["point"] == 1, "replicate"] = np.roll(np.arange(1, 21), 7)
    assert not paired(apart, design, ["x"]).iloc[0]["clear"]


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_order_of_rows_and_names_of_replicates_do_not_matter(key: int, random: object) -> None:
    values = np.floor(20 * keyed_uniform(8, 3, key))
    runs, design = table_of(values)
    expected = paired(runs, design, ["x"], resamples=200)
    rows = list(range(len(runs)))
    random.shuffle(rows)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(paired(runs.iloc[rows], design, ["x"], resamples=200), expected)
    names = list(range(1, 9))
    random.shuffle(names)  # type: ignore[attr-defined]
    renamed = runs.assign(replicate=runs["replicate"].map(dict(zip(range(1, 9), names, strict=True))))
    pd.testing.assert_frame_equal(paired(renamed, design, ["x"], resamples=200), expected)


@given(st.integers(0, 10_000))
def test_turned_round_the_comparison_turns_its_sign(key: int) -> None:
    runs, design = table_of(np.floor(20 * keyed_uniform(9, 2, key)))
    there = paired(runs, design, ["x"], reference="p0", resamples=200).iloc[0]
    back = paired(runs, design, ["x"], reference="p1", resamples=200).iloc[0]
    assert there["difference"] == pytest.approx(-back["difference"])
    assert there["share_higher"] == back["share_lower"]
    assert there["variance_ratio"] == pytest.approx(back["variance_ratio"], nan_ok=True)


def test_mistakes_are_said_in_a_line() -> None:
    runs, design = table_of(HAND)
    with pytest.raises(UserError, match=r"reference: found 'nothing' 0 times.*p0; p1; p2"):
        paired(runs, design, ["x"], reference="nothing")
    with pytest.raises(UserError, match="runs: found no column 'y'"):
        paired(runs, design, ["y"])
    with pytest.raises(UserError, match="point 0, replicate 1 twice"):
        paired(pd.concat([runs, runs]), design, ["x"])
    with pytest.raises(UserError, match="design: found no point"):
        paired(runs, design.iloc[:0], ["x"], reference=0)


def test_over_time_is_paired_month_by_month() -> None:
    months = {12: HAND, 24: HAND * 2, 36: HAND[::-1] + 5}
    series = pd.concat([table_of(values)[0].assign(month=month, y=1.0) for month, values in months.items()])
    design = table_of(HAND)[1]
    found = paired_over_time(series, design, ["x", "y"])
    assert found[["point", "observable", "month"]].to_numpy().tolist() == [
        [p, name, month] for p in (1, 2) for name in ("x", "y") for month in (12, 24, 36)
    ]
    for month, values in months.items():
        expected = paired(*table_of(values), ["x"])
        part = found[(found["month"] == month) & (found["observable"] == "x")].drop(columns="month")
        pd.testing.assert_frame_equal(part.reset_index(drop=True), expected)


def test_bands_by_hand() -> None:
    series = pd.concat([table_of(HAND)[0].assign(month=1), table_of(HAND + 1)[0].assign(month=2)])
    found = mean_bands(series, ["x"], band=0.5).set_index(["point", "month"])
    assert found.loc[(0, 1), "mean"] == 25.0
    assert found.loc[(0, 1), ["band_low", "median", "band_high"]].tolist() == [17.5, 25.0, 32.5]
    assert found.loc[(2, 2), "n"] == 3
    assert (found["low"] < found["mean"]).all() and (found["mean"] < found["high"]).all()


def test_an_interaction_on_the_log_scale() -> None:
    luck = 1 + keyed_uniform(12, 1, 9)
    values = np.hstack([luck, 2 * luck, 3 * luck, 9 * luck * (1 + 0.01 * keyed_uniform(12, 1, 10))])
    runs, design = table_of(values)
    found = contrast(runs, design, "x", {"p3": 1, "p1": -1, "p2": -1, "p0": 1}, log=True)
    assert found.n == 12
    assert found.low <= math.log(1.5) + 0.005 <= found.high + 0.005
    assert found.clear
    assert contrast(runs, design, "x", {1: 1, 0: -2}).estimate == pytest.approx(0.0, abs=1e-12)
    values[0, 0] = 0.0
    assert contrast(table_of(values)[0], design, "x", {0: 1, 1: -1}, log=True).n == 11
    with pytest.raises(UserError, match="each once"):
        contrast(runs, design, "x", {"p0": 1, 0: 2})


# -- attribution ------------------------------------------------------------------------------------------------------

WITHOUT = np.array([[1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 1, 1], [1, 0, 0, 1]], dtype=bool)
WITH = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 1], [1, 0, 1, 0]], dtype=bool)


def test_attribution_by_hand() -> None:
    found = attribution(WITHOUT, WITH)
    assert found["p_reference"].tolist() == [1.0, 0.0, 0.25, 0.75]
    assert found["p_gain"].tolist() == [0.0, 0.75, 0.25, 0.0]
    assert found["p_loss"].tolist() == [0.0, 0.0, 0.25, 0.5]
    assert found["p_net"].tolist() == [0.0, 0.75, 0.0, -0.5]
    assert found["low"][0] == 0.0
    theirs = stats.binomtest(3, 4).proportion_ci(0.95, method="wilson")
    assert found["low"][1] == pytest.approx(theirs.low)
    assert found["high"][1] == pytest.approx(theirs.high)
    assert Attribution(3).table()["p_gain"].isna().all()


@given(st.integers(0, 10_000))
def test_gains_less_losses_are_the_change_of_the_mean(key: int) -> None:
    without, with_it = keyed_uniform(6, 20, key) < 0.4, keyed_uniform(6, 20, key + 1) < 0.5
    found = attribution(without, with_it)
    assert found["p_net"].to_numpy() == pytest.approx(with_it.mean(axis=0) - without.mean(axis=0))
    back = attribution(with_it, without)
    assert (back["p_gain"] == found["p_loss"]).all()
    assert ((found["low"] <= found["p_gain"]) & (found["p_gain"] <= found["high"])).all()


def test_groups_say_who_gains_and_who_is_left_out() -> None:
    groups, weights = ["firm", "association", "firm", "association"], np.array([1.0, 3.0, 1.0, 1.0])
    stream = Attribution(4, groups, weights)
    for without, with_it in zip(WITHOUT, WITH, strict=True):
        stream.add(without, with_it)
    found = stream.by_group().set_index("group")
    change = (WITH.astype(float) - WITHOUT)[:, [1, 3]] @ np.array([3.0, 1.0]) / 4.0
    expected = interval(change)
    assert found.loc["association", ["change", "low", "high"]].tolist() == pytest.approx(list(expected[:3]))
    assert found.loc["firm", "reading"] == "no clear change"
    assert found["share_of_units"].tolist() == pytest.approx([4 / 6, 2 / 6])
    assert found["share_of_change"].sum() == pytest.approx(1.0)
    plain = by_group(stream.table(), groups, weights).set_index("group")
    assert plain["p_net"].to_numpy() == pytest.approx(found["change"].to_numpy())
    assert plain["share_of_change"].to_numpy() == pytest.approx(found["share_of_change"].to_numpy())
    assert plain.loc["association", "p_gain"] == pytest.approx((3 * 0.75 + 0) / 4)
    with pytest.raises(ValueError, match="no groups were given"):
        Attribution(4).by_group()
    with pytest.raises(ValueError, match="expected one for each of 4"):
        Attribution(4, ["a"])


def test_readings_of_groups() -> None:
    stream = Changes(3, ["up", "down", "same"])
    for k in range(10):
        stream.add(np.zeros(3), np.array([1.0 + 0.01 * k, -2.0 + 0.01 * k, (-1.0) ** k]))
    assert stream.by_group().set_index("group")["reading"].to_dict() == {
        "up": "gains", "down": "loses", "same": "no clear change",
    }  # fmt: skip


@given(st.integers(0, 10_000))
def test_changes_of_cells_are_students(key: int) -> None:
    a, b = keyed_uniform(7, 5, key), keyed_uniform(7, 5, key + 1) + 1e6
    found = changes(a, b)
    theirs = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert found["change"].to_numpy() == pytest.approx((b - a).mean(axis=0), rel=1e-12)
    assert found["low"].to_numpy() == pytest.approx(theirs.low, rel=1e-9)
    assert found["high"].to_numpy() == pytest.approx(theirs.high, rel=1e-9)
    assert found["clear"].all()
    assert (found["share_higher"] == 1.0).all()


def test_one_replicate_has_no_interval_and_shapes_are_checked() -> None:
    assert changes(np.zeros((1, 3)), np.ones((1, 3)))["low"].isna().all()
    with pytest.raises(ValueError, match="units"):
        Changes(3).add(np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="units"):
        Attribution(3).add(np.zeros(2), np.zeros(2))


def kept_table() -> pd.DataFrame:
    """Organisations of 2 points and 3 replicates: keys 7, 3, 5, of which 5 is not there in replicate 2 and 9 only at point 1."""
    rows = []
    for replicate, names in ((1, (7, 3, 5)), (2, (3, 7)), (3, (5, 3, 7))):
        for place, key in enumerate(names):
            sphere = "firm" if key == 7 else "association"
            rows.append((0, replicate, place, key, sphere, key == 3, float(key)))
            rows.append((1, replicate, place, key, sphere, key == 5 or replicate == 2, float(key + replicate)))
    rows.append((1, 2, 2, 9, "firm", True, 1.0))
    return pd.DataFrame(
        rows, columns=["point", "replicate", "organisation", "key", "sphere", "ever_engaged", "need_met"]
    )


def test_units_are_known_by_their_key_where_rows_move() -> None:
    stream = attribution_of(kept_table(), 1, group="sphere")
    found = stream.table().set_index("unit")
    assert found.index.tolist() == [3, 5, 7]
    assert found["n"].tolist() == [3, 2, 3]
    assert found["p_gain"].tolist() == pytest.approx([0.0, 1.0, 1 / 3])
    assert found["p_loss"].tolist() == pytest.approx([2 / 3, 0.0, 0.0])
    groups = stream.by_group().set_index("group")
    assert groups["units"].tolist() == pytest.approx([5 / 3, 1.0])
    assert groups.loc["firm", "change"] == pytest.approx(1 / 3)
    shuffled = kept_table().sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(attribution_of(shuffled, 1).table(), stream.table())
    cells = changes_of(kept_table(), 1, unit="key", group="sphere", weight="key")
    assert cells.table()["change"].tolist() == pytest.approx([2.0, 2.0, 2.0])
    assert cells.by_group()["change"].tolist() == pytest.approx([2.0, 2.0])


def test_tables_that_cannot_be_paired() -> None:
    with pytest.raises(UserError, match="no replicate of both points 0 and 4"):
        attribution_of(kept_table(), 4)
    with pytest.raises(UserError, match="found no column 'kind'"):
        attribution_of(kept_table(), 1, group="kind")
    with pytest.raises(UserError, match="found key 7 twice in replicate 1"):
        attribution_of(kept_table().assign(key=7), 1)
    with pytest.raises(ValueError, match="keys: expected for every replicate"):
        Attribution(2).add(np.zeros(2), np.zeros(2), np.arange(2))
    with pytest.raises(ValueError, match="one twice"):
        Attribution().add(np.zeros(2), np.zeros(2), np.zeros(2))


def test_a_cell_not_measured_in_a_replicate_is_over_the_others() -> None:
    found = changes(np.zeros((3, 2)), np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]]))
    assert found["n"].tolist() == [3, 0]
    assert found["change"][0] == pytest.approx(7 / 3)
    assert math.isnan(found["change"][1])
    assert not found["clear"][1]


def test_thirds_keep_equal_values_together() -> None:
    assert thirds(np.arange(6.0)).tolist() == ["least", "least", "middle", "middle", "most", "most"]
    few = thirds(np.array([0.0, 0.9, 0.0, 0.2, 0.0]), np.array([10.0, 20.0, 10.0, 20.0, 0.0]))
    assert few.tolist() == ["least", "most", "least", "middle", "least"]
    assert len(set(thirds(np.zeros(5)))) == 1


# -- the package ------------------------------------------------------------------------------------------------------


def test_every_name_is_found_whatever_was_imported_first() -> None:
    for name in analysis.__all__:
        assert callable(getattr(analysis, name)), name
    assert sorted(analysis.__all__) == sorted(analysis._HOMES)
    code = (
        "import sys, alliancesim.analysis as a; assert 'pandas' not in sys.modules; "
        "from alliancesim.analysis.paired import compare; from alliancesim.analysis import paired, ranking; "
        "assert paired.__name__ == 'paired' and ranking.__name__ == 'ranking' and not hasattr(paired, 'compare')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing"):
        analysis.nothing  # noqa: B018
