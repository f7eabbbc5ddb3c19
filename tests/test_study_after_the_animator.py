"""After the animator: extra alliances, what is left of them, what they cost; words follow the numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from studying import assert_whole

from alliancesim.studies.after_the_animator import (
    costs,
    extra,
    figure,
    late_money,
    longer_against_shorter,
    sentences,
    sentences_of_costs,
    share_left,
    survival,
)
from alliancesim.studies.reproduce import reproduce

TERMS = {"never": 0, "1 year": 12, "3 years": 36, "always": None}
MONTHS = [12, 24, 36, 48, 60, 72]


def series_of(gains, replicates=8, spread=1.0):
    """Alliances by label: what is gained in each month kept over a noisy territory without funding."""
    noise = np.random.default_rng(3).normal(0.0, spread, size=(replicates, len(MONTHS), 4))
    rows = []
    for point, label in enumerate(TERMS):
        for replicate in range(replicates):
            for place, month in enumerate(MONTHS):
                gain = 0.0 if label == "never" else gains[label][place] + noise[replicate, place, point]
                rows.append((point, replicate + 1, month, 100.0 + 5 * replicate + gain, 165.0 if gain else 0.0))
    return pd.DataFrame(rows, columns=["point", "replicate", "month", "alliances", "spend_keur"])


GAINS = {
    "1 year": [20, 15, 10, 4, 3, 2],
    "3 years": [20, 35, 50, 45, 35, 30],
    "always": [20, 35, 50, 55, 60, 65],
}


def design_and_runs(series, money):
    design = pd.DataFrame({"point": range(4), "label": list(TERMS)})
    runs = series[["point", "replicate"]].drop_duplicates()
    runs = runs.assign(spend_matchmaking_keur=runs["point"].map(money), days_matchmaking=0.0)
    return design, runs


def test_quick_page(tmp_path):
    page = reproduce("after_the_animator", quick=True, output=tmp_path, workers=1)
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|^table:", text)
    beside = tmp_path / "after_the_animator"
    assert (beside / "after_the_animator.png").stat().st_size > 10_000
    over_time = pd.read_csv(beside / "extra_alliances.csv")
    assert (over_time.loc[over_time["label"] == "never", "extra"] == 0).all()
    # funded for one year and always are the same runs until the money of the first ends
    wide = over_time[over_time["month"] <= 12].pivot(index="month", columns="label", values="extra")
    assert (wide["1 year"] == wide["always"]).all()
    assert wide.loc[12, "always"] != 0


def test_extra_is_the_difference_replicate_by_replicate():
    table = extra(series_of(GAINS, spread=0.0), TERMS)
    assert (table.loc[table["month"] == 0, "extra"] == 0).all()
    for label, gains in GAINS.items():
        here = table[(table["label"] == label) & (table["month"] > 0)]
        assert np.allclose(here.groupby("month")["extra"].mean(), gains)
        assert np.allclose(here.groupby("month")["extra"].std(), 0.0)  # territories differ, their gains do not


def test_share_left_is_the_ratio_of_means():
    before, after = np.array([10.0, 20.0, 30.0, 14.0]), np.array([5.0, 12.0, 13.0, 9.0])
    share, low, high = share_left(before, after)
    assert share == pytest.approx(39.0 / 74.0)
    assert low < share < high
    assert share_left(before, 0.5 * before) == pytest.approx((0.5, 0.5, 0.5))
    assert np.isnan(share_left(np.array([-1.0, 1.0, 0.5, -0.6]), after)).all()  # a share of nothing


def test_interval_of_the_share_holds_the_truth_about_as_often_as_it_says():
    draws = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        before = draws.normal(40.0, 8.0, 20)
        low, high = share_left(before, 0.4 * before + draws.normal(0.0, 5.0, 20))[1:]
        held += low <= 0.4 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_survival_and_its_words():
    table = extra(series_of(GAINS), TERMS)
    found = survival(table, TERMS)
    assert list(found["funded"]) == ["1 year", "3 years"]  # always has no end
    assert found["share_left"].to_numpy() == pytest.approx([4 / 20, 30 / 50], abs=0.06)
    change = longer_against_shorter(table, found)
    assert change[0] == pytest.approx(found["share_left"].iloc[1] - found["share_left"].iloc[0])
    assert change[1] > 0
    words = " ".join(sentences(found, change))
    assert "lasts better" in words and "does not last better" not in words


def test_words_turn_with_the_numbers():
    turned = GAINS | {"1 year": [20, 20, 20, 18, 18, 18], "3 years": [20, 35, 50, 40, 20, 10]}
    table = extra(series_of(turned), TERMS)
    found = survival(table, TERMS)
    words = " ".join(sentences(found, longer_against_shorter(table, found)))
    assert "does not last better" in words and "falls from 1 year to 3 years" in words
    same = GAINS | {"1 year": [20, 15, 10, 12, 10, 8], "3 years": [20, 35, 50, 45, 35, 30]}
    table = extra(series_of(same, spread=3.0), TERMS)
    found = survival(table, TERMS)
    assert "No clear difference" in " ".join(sentences(found, longer_against_shorter(table, found)))
    grown = GAINS | {"1 year": [20, 25, 30, 40, 30, 20]}
    words = " ".join(sentences(survival(extra(series_of(grown), TERMS), TERMS)))
    assert "With 1 year the lead" in words and "larger three years after" in words
    gone = GAINS | {"1 year": [20, 10, 5, 0.3, 0, -0.7], "3 years": [20, 35, 50, 20, 10, -20]}
    words = sentences(survival(extra(series_of(gone), TERMS), TERMS))
    assert words[0].count("there is no clear difference any more") == 2 and "% of that" not in words[0]
    assert (
        "Three years later there are clearly fewer (-19.8;" in words[1] and "In the last month 19.8 fewer" in words[1]
    )
    never = GAINS | {"1 year": [0, 0, 0, 0, 0, 0]}
    assert "no share is left to count" in sentences(survival(extra(series_of(never), TERMS), TERMS))[0]


def test_nothing_ends_early_enough():
    series = series_of(GAINS)
    table = extra(series[series["month"] <= 36], TERMS)
    found = survival(table, TERMS)
    assert not len(found)
    assert "nothing can be said" in sentences(found)[0]
    figure(table, TERMS, found).canvas.draw()


def test_costs_are_money_over_what_is_still_there():
    series = series_of(GAINS, spread=0.2)
    table = extra(series, TERMS)
    design, runs = design_and_runs(series, {0: 0.0, 1: 165.0, 2: 495.0, 3: 990.0})
    found = costs(runs, design, table, TERMS).set_index("funded")
    there = table.groupby(["label", "month"])["extra"].mean()
    assert list(found["read_in_month"]) == [48, 72, 72]
    assert found.loc["1 year", "cost"] == pytest.approx(165.0 / there["1 year", 48])
    assert found.loc["always", "cost"] == pytest.approx(990.0 / there["always", 72])
    months = np.array([0, *MONTHS]) / 12
    area = np.trapezoid(there["3 years"].to_numpy(), months)
    assert found.loc["3 years", "year_cost"] == pytest.approx(495.0 / area)
    words = sentences_of_costs(found.reset_index())
    assert "when funded always, read in year 6" in words[0]
    # no clear gain left, no cost
    series = series_of(GAINS | {"1 year": [20, 10, 5, 0, 0, 0]}, spread=2.0)
    found = costs(runs, design, extra(series, TERMS), TERMS)
    assert np.isnan(found.loc[found["funded"] == "1 year", "cost"]).all()
    assert "when funded 1 year: no clear gain is left" in sentences_of_costs(found)[-1]


def test_money_spent_after_the_end_is_seen():
    series = pd.DataFrame(
        {"point": [1, 1, 1, 3, 3], "month": [12, 24, 36, 12, 24], "spend_keur": [90.0, 10.0, 0.0, 90.0, 90.0]}
    )
    assert late_money(series, TERMS) == pytest.approx(0.1)


def test_branches_begin_where_the_money_ends():
    table = extra(series_of(GAINS, spread=0.0), TERMS)
    ax = figure(table, TERMS, survival(table, TERMS)).axes[0]
    starts = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) > 2 and line.get_color() != "0.3"]
    assert starts == [0.0, 1.0, 3.0]
    written = " ".join(text.get_text() for text in ax.texts)
    assert "20 % left" in written and "60 % left" in written and "funded always" in written
