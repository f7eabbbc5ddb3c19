"""The scarcity paradox: shares of the parameter space, running territories, and words that follow the numbers."""

from __future__ import annotations

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from alliancesim.studies.reproduce import reproduce
from alliancesim.studies.scarcity_figures import _spread, share_figure
from alliancesim.studies.scarcity_paradox import (
    difference,
    french,
    invariance,
    signed,
    vivo_sentences,
    whole_space,
)
from alliancesim.studies.scarcity_tables import SETTINGS, ablations, french_range, in_vivo, on_page, shares

LEVELS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def runs_of(speed, launch, copies=100, **factors):
    """Points of one class each."""
    told = not (np.isnan(speed) or np.isnan(launch))
    row = {"speed_class": speed, "launch_class": launch, "paradox": float(speed == 1 and launch == -1) if told else np.nan,
           "speed_effect": speed, "launch_effect": launch, "forums_launched_everywhere": 100.0, "forums.resource": "both",
           **{name: 1.0 for name in SETTINGS[:1]}, "rules.rivalry": 0.0, "rules.ambition_elasticity": 0.0, **factors}  # fmt: skip
    return pd.DataFrame([row] * copies)


def test_quick_page(tmp_path):
    page = reproduce("scarcity_paradox", quick=True, output=tmp_path, workers=1)
    text = page.read_text(encoding="utf-8")
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|^table:", text)
    beside = tmp_path / "scarcity_paradox"
    names = {path.stem for path in beside.glob("*.png")}
    assert names == {"shares", "penury_or_abundance", "outcomes", "ablations"}
    by = pd.read_csv(beside / "by_setting.csv")
    classes = [name for name in by if re.fullmatch(r"launch_(falls|flat|rises|humped)", name)]
    assert len(classes) == 4
    assert (by[classes].sum(axis=1) <= 1 + 1e-9).all()
    assert by["points"].sum() == 16
    fates = pd.read_csv(beside / "outcomes.csv").drop(
        columns=["portfolio", "level", "points", "restricted_months", "aboard"]
    )
    assert np.allclose(fates.sum(axis=1), 1.0, atol=1e-5)


def test_shares_count_classes_with_binomial_intervals():
    runs = pd.concat([runs_of(1, -1, 30), runs_of(-1, 1, 20), runs_of(2, 0, 10), runs_of(np.nan, -1, 40)])
    row = shares(runs, []).iloc[0]
    assert row["paradox"] == 0.3 and row["reversed"] == 0.2 and row["untold"] == 0.4
    assert row["launch_class:falls"] == 0.7 and row["speed_class:humped"] == 0.1
    oracle = binomtest(30, 100).proportion_ci(method="wilson")
    assert (row["paradox_low"], row["paradox_high"]) == pytest.approx((oracle.low, oracle.high))


def test_shares_by_setting_are_those_of_each_part():
    runs = pd.concat([runs_of(1, -1, 10), runs_of(0, 0, 30, **{"rules.ambition_elasticity": 1.0})])
    by = shares(runs, SETTINGS)
    assert by["paradox"].tolist() == [1.0, 0.0]
    assert by["points"].tolist() == [10, 30]
    assert on_page(by)["paradox"].tolist()[0].startswith("100 %")
    share_figure(by)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([(0, 0, 400)], "at no sampled point"),
        ([(1, -1, 40), (0, 0, 360)], "in a small part of the space"),
        ([(1, -1, 360), (0, 0, 40)], "in most of the space"),
        ([(1, -1, 200), (0, 0, 200)], "in about half of the space"),
    ],
)
def test_words_follow_the_share(parts, words):
    runs = pd.concat([runs_of(*part) for part in parts])
    assert words in whole_space(shares(runs, []), shares(runs, []))


@pytest.mark.parametrize(("one", "three", "word"), [(0.6, 0.2, "less"), (0.2, 0.6, "more"), (0.4, 0.41, "neither")])
def test_words_compare_switches(one, three, word):
    runs = pd.concat(
        runs_of(*kind, int(round(200 * share)), **{"rules.portfolio": portfolio})
        for portfolio, paradox in ((1.0, one), (3.0, three))
        for kind, share in (((1, -1), paradox), ((0, 0), 1 - paradox))
    )
    text = difference(runs, "rules.portfolio", 1, 3, ("With three ideas", "less", "more"))
    expected = "neither clearly more nor less common" if word == "neither" else f"is {word} common"
    assert expected in text
    assert difference(runs, "rules.rivalry", 0.0, 0.3, ("x", "less", "more")) == ""  # no point with rivalry


def test_invariance_counts_what_is_not_flat():
    flat = runs_of(0, 0, 5, **{"rules.ambition_elasticity": 1.0})
    assert "5 of 5 points" in invariance(flat)
    broken = pd.concat([flat, runs_of(1, 0, 2, **{"rules.ambition_elasticity": 1.0})])
    assert "5 of 7 points" in invariance(broken)


def curves(months, launch):
    """A made-up experiment of forums alone with one point."""
    runs = runs_of(0, 0, 1).assign(point=0)
    series = pd.DataFrame({"point": 0, "level": LEVELS, "speed": months, "launch_if_feasible": launch})
    return SimpleNamespace(runs=runs, timeseries=series)


def test_french_range_is_the_slope_around_the_reference():
    doublings = np.log2(LEVELS)
    found = french_range(curves(3 + 0.5 * doublings, 0.6 - 0.1 * doublings)).iloc[0]
    assert found["speed_effect"] == pytest.approx(0.5 * np.log2(2.3))
    assert found["launch_effect"] == pytest.approx(-0.1 * np.log2(2.3))
    assert (found["speed_class"], found["launch_class"], found["paradox"]) == (1.0, -1.0, 1.0)
    gentle = french_range(curves(3 + 0.2 * doublings, 0.6 - 0.02 * doublings))
    assert (gentle["speed_class"].iloc[0], gentle["launch_class"].iloc[0]) == (0.0, 0.0)
    assert "The paradox stands at 0 %" in french(shares(gentle, []))
    unknown = french_range(curves(np.full(7, np.nan), 0.6 - 0.1 * doublings))
    assert unknown["paradox"].isna().all() and unknown["speed_class"].isna().all()


def test_ablations_do_not_mistake_crumbs_for_effects():
    runs = pd.DataFrame({"rules": "default", "speed_effect": [1e-17, 2e-17, 1e-17], "launch_effect": [0.1, 0.2, 0.3],
                         "paradox": 0.0, "forums_compared": 50.0})  # fmt: skip
    row = ablations(SimpleNamespace(runs=runs)).iloc[0]
    assert row["speed_effect_low"] == row["speed_effect"] == row["speed_effect_high"] == 0.0
    assert row["launch_effect"] == pytest.approx(0.2)


def territories(months, launched):
    """Made-up runs of a territory: forums by level, the same for all replicates but for a little luck."""
    rows = []
    for replicate, (i, level) in itertools.product(range(1, 9), enumerate(LEVELS)):
        wins = launched[i] + replicate % 2 * (launched[i] > 0)
        rows.append({"replicate": replicate, "territory": "rural", "rules.portfolio": 1, "rules.r_fin": level,
                     "forums_convened": 200.0, "forums_feasible": 100.0, "forums_launched": wins,
                     "forum_months": wins * (months[i] + 0.05 * np.cos(replicate + i))})  # fmt: skip
    return SimpleNamespace(runs=pd.DataFrame(rows))


def test_running_territories_pool_forums_and_flip_words():
    up, down = np.linspace(2, 5, 7), np.linspace(80, 50, 7)
    table, found = in_vivo(territories(up, down))
    assert np.allclose(table["launch"], (down + 0.5) / 100)
    assert (table["feasible"] == 0.5).all()
    assert ((table["months_low"] <= table["months"]) & (table["months"] <= table["months_high"])).all()
    row = found.iloc[0]
    assert row["months_effect"] == pytest.approx(3.0, abs=0.1) and row["months_low"] > 2.5
    assert (row["months_class"], row["launch_class"]) == ("rises", "falls")
    text = " ".join(vivo_sentences(found))
    assert "in 1 of 1 pairs" in text and "months to launch rise (" in text and "P(launch | feasible) falls (" in text
    _, other = in_vivo(territories(up[::-1], down[::-1]))
    text = " ".join(vivo_sentences(other))
    assert "in 0 of 1 pairs" in text and "months to launch fall (" in text and "P(launch | feasible) rises (" in text


def test_a_level_without_a_launch_cannot_be_told():
    _, found = in_vivo(territories(np.full(7, 3.0), np.array([0, 5, 10, 10, 10, 10, 10.0])))
    assert found.iloc[0]["months_class"] == "unmeasured"
    assert "cannot be told" in " ".join(vivo_sentences(found))


def test_signs():
    assert [signed(x, ".0f") for x in (-0.4, 0.0, 3.2, -7.0)] == ["0", "0", "+3", "-7"]


def test_labels_do_not_overlap():
    ends = [[1.0, "a", ""], [1.01, "b", ""], [0.99, "c", ""], [5.0, "d", ""]]
    _spread(ends, 0.0, 5.0, 0.5)
    heights = [one[0] for one in ends]
    assert (np.diff(heights) >= 0.5 - 1e-6).all()
    assert min(heights) >= 0.0 and max(heights) <= 5.0
