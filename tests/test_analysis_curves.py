"""Classes of ease curves, as the specification fixes them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from alliancesim.analysis.curves import (
    CLASSES,
    LAUNCH_TOLERANCE,
    SPEED_TOLERANCE,
    UNMEASURED,
    class_shares,
    classify,
    classify_all,
    effect,
)

LEVELS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
CURVES = st.lists(st.integers(-40, 40), min_size=7, max_size=7).map(lambda x: np.array(x) / 8.0)


def test_tolerances_are_the_specifications() -> None:
    assert (SPEED_TOLERANCE, LAUNCH_TOLERANCE) == (0.5, 0.05)


@given(CURVES)
def test_the_effect_is_the_slope_times_the_doublings(curve: np.ndarray) -> None:
    theirs = stats.linregress(np.log2(LEVELS), curve).slope * 6.0
    assert effect(LEVELS, curve) == pytest.approx(theirs, abs=1e-9)


def test_a_line_on_log2_changes_by_its_ends() -> None:
    assert effect(LEVELS, np.arange(7.0)) == pytest.approx(6.0)
    assert effect([0.2, 0.9], np.array([1.0, 3.0])) == pytest.approx(2.0)
    many = effect(LEVELS, np.array([np.arange(7.0), np.ones(7)]))
    assert np.asarray(many).tolist() == pytest.approx([6.0, 0.0], abs=1e-12)


@pytest.mark.parametrize(
    ("curve", "tolerance", "word"),
    [
        ([2, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2], SPEED_TOLERANCE, "rises"),
        ([3.2, 3.0, 2.8, 2.6, 2.4, 2.2, 2], SPEED_TOLERANCE, "falls"),
        ([2, 2.05, 2.1, 2.15, 2.2, 2.25, 2.3], SPEED_TOLERANCE, "flat"),
        ([0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.57], LAUNCH_TOLERANCE, "rises"),
        ([0.2, 0.4, 0.6, 0.7, 0.6, 0.4, 0.2], LAUNCH_TOLERANCE, "humped"),
        ([0.2, 0.3, 0.4, 0.5, 0.6, 0.9, 0.8], LAUNCH_TOLERANCE, "humped"),  # counted apart, though it rises
        ([0.2, 0.3, 0.4, 0.5, 0.6, 0.84, 0.8], LAUNCH_TOLERANCE, "rises"),
        ([0.7, 0.4, 0.2, 0.1, 0.2, 0.4, 0.7], LAUNCH_TOLERANCE, "flat"),  # a trough is no hump
        ([0.7, 0.4, math.nan, 0.1, 0.2, 0.4, 0.7], LAUNCH_TOLERANCE, UNMEASURED),
    ],
)
def test_classes(curve: list[float], tolerance: float, word: str) -> None:
    assert classify(LEVELS, np.array(curve), tolerance) == word


def test_the_tolerance_itself_is_flat() -> None:
    assert classify([1, 2], np.array([0.0, 0.5]), 0.5) == "flat"
    assert classify([1, 2], np.array([0.0, 0.5001]), 0.5) == "rises"
    assert classify([1, 2, 4], np.array([0.0, 0.5, 0.0]), 0.5) == "flat"
    assert classify([1, 2, 4], np.array([0.0, 0.5001, 0.0]), 0.5) == "humped"


@given(CURVES, st.sampled_from([0.25, 0.5, 1.0]), st.integers(-5, 5))
def test_what_must_not_matter_does_not(curve: np.ndarray, tolerance: float, shift: int) -> None:
    word = classify(LEVELS, curve, tolerance)
    assert classify(LEVELS, curve + shift, tolerance) == word
    assert classify(np.array(LEVELS) * 4, curve, tolerance) == word
    assert classify(LEVELS, curve * 2, tolerance * 2) == word
    mirror = {"rises": "falls", "falls": "rises", "flat": "flat", "humped": "humped"}
    assert classify(LEVELS, curve[::-1], tolerance) == mirror[word]
    assert classify_all(LEVELS, np.array([curve, curve]), tolerance).tolist() == [word, word]


def test_shares_of_classes() -> None:
    words = ["rises"] * 5 + ["flat"] * 3 + ["humped"] * 2
    found = class_shares(words).set_index("class")
    assert found.index.tolist() == list(CLASSES)
    assert found["share"].tolist() == [0.5, 0.3, 0.0, 0.2]
    theirs = stats.binomtest(5, 10).proportion_ci(0.95, method="wilson")
    assert (found.loc["rises", "low"], found.loc["rises", "high"]) == pytest.approx((theirs.low, theirs.high))
    assert class_shares([*words, UNMEASURED]).set_index("class").loc[UNMEASURED, "n"] == 1
    with pytest.raises(ValueError, match="wobbles"):
        class_shares(["wobbles"])


@pytest.mark.parametrize("levels", [[1.0], [1.0, 1.0], [2.0, 1.0], [0.0, 1.0], [1.0, 2.0, 3.0]])
def test_levels_that_are_none(levels: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        effect(levels, np.array([1.0, 2.0]))
