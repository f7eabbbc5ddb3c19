"""Predictive checks: pass rates by hand, intervals, what passing is worth, and the figure."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from alliancesim.analysis.predictive import all_at_once, predictive_table, rate, reading, within
from alliancesim.errors import UserError
from alliancesim.studies.predictive import figure

TARGETS = pd.DataFrame({"target": ["a", "b"], "value": [0.5, 10.0], "tolerance": [0.1, 2.0]})


def draws(first, second):
    return pd.DataFrame({"a": first, "b": second})


def test_rates_by_hand():
    """A bound counts as within, whatever the last bit says; a missing value does not pass."""
    some = draws([0.4, 0.6, 0.61, math.nan], [8.0, 13.0, 10.0, 12.0])
    assert within(some, TARGETS).to_numpy().tolist() == [[True, True], [True, False], [False, True], [False, True]]
    assert all_at_once(some, TARGETS)[0] == 0.25
    table = predictive_table(TARGETS, some, some.iloc[:2]).set_index("target")
    assert table.loc["a", "prior_pass"] == 0.5
    assert table.loc["b", "prior_pass"] == 0.75
    assert table.loc["a", "posterior_pass"] == 1.0
    assert table.loc["a", ["prior_draws", "prior_missing", "posterior_draws"]].tolist() == [4, 1, 2]
    assert table.loc["a", "prior_pass_low"] < 0.5 < table.loc["a", "prior_pass_high"]


def test_intervals_are_quantiles_of_the_draws():
    generator = np.random.default_rng(1)
    prior = draws(generator.random(2000), 20 * generator.random(2000))
    row = predictive_table(TARGETS, prior).iloc[0]
    assert [row["prior_low"], row["prior_mid"], row["prior_high"]] == pytest.approx([0.05, 0.5, 0.95], abs=0.03)
    assert row["prior_pass"] == pytest.approx(0.2, abs=0.035)
    assert "posterior_pass" not in row


def test_what_passing_is_worth():
    assert [reading(*pair) for pair in ((0.9, 0.95), (0.2, 0.95), (0.2, 0.1), (0.9, 0.1), (math.nan, 1.0))] == [
        "no evidence", "reproduced", "missed", "lost", "unknown",
    ]  # fmt: skip


def test_nothing_at_all():
    assert all(math.isnan(one) for one in rate([]))
    empty = draws([math.nan] * 3, [1.0, 2.0, 3.0])
    table = predictive_table(TARGETS, empty, empty)
    assert table.loc[0, "prior_pass"] == 0.0
    assert math.isnan(table.loc[0, "prior_mid"])
    assert figure(table, {"a": "share of something"}) is not None


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (TARGETS.assign(tolerance=[0.1, math.nan]), "tolerance above 0"),
        (TARGETS.assign(tolerance=[0.0, 1.0]), "tolerance above 0"),
        (TARGETS.assign(target=["a", "c"]), "no column 'c'"),
    ],
)
def test_bad_targets(targets, words):
    with pytest.raises(UserError, match=words):
        predictive_table(targets, draws([0.1], [0.2]))


def test_the_figure_cuts_what_is_far_away():
    generator = np.random.default_rng(1)
    prior = draws(generator.random(200), 60 * generator.random(200))
    later = draws(0.5 + 0.05 * generator.standard_normal(200), 10 + generator.standard_normal(200))
    table = predictive_table(TARGETS, prior, later)
    drawn = figure(table, {"a": "a", "b": "b"})
    ax = drawn.axes[0]
    reach = max(abs(x) for line in ax.lines for x in np.atleast_1d(line.get_xdata()))
    assert reach <= 8.0
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
