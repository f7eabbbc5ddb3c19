"""The two professions: interaction, best split of a budget, and words that follow the numbers."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studying import assert_whole

from alliancesim.studies.reproduce import reproduce
from alliancesim.studies.two_professions import (
    DEPLOYED,
    OUTCOMES,
    Surface,
    figure,
    grid,
    interaction,
    price_ratio,
    sentences,
    splits,
)

ANIMATION, ACCOMPANIMENT = (0.0, 5.0, 10.0, 20.0), (0.0, 10.0, 20.0, 40.0)


def made_up(outcome, replicates=8, noise=0.0):
    """Runs of a made-up world: 4 kEUR a gathering, 3 kEUR an accompaniment."""
    rows = []
    for k, a, b in itertools.product(range(1, replicates + 1), ANIMATION, ACCOMPANIMENT):
        luck = 3.0 * k  # shared by all points of a replicate
        value = outcome(a, b) + luck + noise * np.sin(7.0 * k + a + 3.0 * b)
        rows.append({"replicate": k, "animation": a, "accompaniment": b, "animation_keur": 4.0 * a,
                     "accompaniment_keur": 3.0 * b, **dict.fromkeys(OUTCOMES, value)})  # fmt: skip
    return pd.DataFrame(rows)


def said(table):
    return " ".join(sentences(interaction(table), splits(table), price_ratio(table)))


def test_quick_page(tmp_path):
    page = reproduce("two_professions", quick=True, output=tmp_path, workers=1)
    assert_whole(page)
    text = page.read_text(encoding="utf-8")
    again = reproduce("two_professions", quick=True, output=tmp_path, workers=1)
    assert again.read_text(encoding="utf-8") == text  # the same numbers give the same words
    assert "Quick version" in text
    assert not re.search(r"\bnan\b|\binf\b|None|figure:|table:", text)
    beside = tmp_path / "two_professions"
    assert {path.name for path in beside.glob("*.png")} >= {"two_professions.png", "interaction.png"}
    means = pd.read_csv(beside / "means.csv")
    assert len(means) == 25
    assert means[["animation", "accompaniment"]].drop_duplicates().shape == (25, 2)


@pytest.mark.parametrize(("extra", "words"), [(4.0, "multiply more together"), (-4.0, "less than the product")])
def test_interaction_words_flip_with_sign(extra, words):
    table = made_up(lambda a, b: 200 + a + b + extra * np.sqrt(a * b))
    assert words in said(table)
    found = interaction(table)
    assert (np.sign(found["interaction"]) == np.sign(extra)).all()
    assert np.allclose(found["extra"], extra * np.sqrt(found["animation"] * found["accompaniment"]))


def test_a_product_has_no_interaction():
    table = made_up(lambda a, b: 0.0)
    table[DEPLOYED] = 100 * table["replicate"] * (1 + table["animation"] / 10) * (1 + table["accompaniment"] / 50)
    found = interaction(table)
    assert np.abs(found["interaction"]).max() < 1e-12
    assert (found["extra"] > 0).all()  # on the scale of counts a product is more than a sum


def test_noise_alone_is_no_clear_interaction():
    table = made_up(lambda a, b: 500 + a + b, noise=8.0)
    found = interaction(table)
    assert ((found["low"] < 0) & (found["high"] > 0)).mean() > 0.7


@pytest.mark.parametrize(("outcome", "share"), [(lambda a, b: 9 * a + b, 1.0), (lambda a, b: a + 9 * b, 0.0)])
def test_best_split_follows_the_stronger_profession(outcome, share):
    best = splits(made_up(outcome))
    assert (best["share_of_animation"] == share).all()
    assert (best["low"] == share).all() and (best["high"] == share).all()
    assert (best["over_even"] > 0).all()
    text = said(made_up(outcome))
    assert f"gives {100 * share:.0f} % to animation" in text
    assert "more than an even split" in text


def test_best_split_inside_where_returns_diminish():
    best = splits(made_up(lambda a, b: 10 * np.sqrt(4 * a) + 10 * np.sqrt(3 * b)))
    inside = best[best["budget_keur"] > 30]  # below the first dose of both the surface is read on a plane
    assert len(inside) == 3 and inside["share_of_animation"].between(0.2, 0.8).all()
    assert (best["low"] <= best["share_of_animation"]).all() and (best["share_of_animation"] <= best["high"]).all()


def test_words_say_when_a_split_makes_no_difference():
    text = said(made_up(lambda a, b: 300.0, noise=5.0))
    assert "no clear difference from an even split" in text or "an even split." in text


def test_price_ratio_is_that_of_the_slopes():
    found = price_ratio(made_up(lambda a, b: 100 + 8 * a + 3 * b))
    assert found["ratio"] == pytest.approx((8 / 4) / (3 / 3))
    assert found["low"] == pytest.approx(found["ratio"]) == found["high"]


@settings(deadline=None, max_examples=60)
@given(x=st.floats(0, 120), y=st.floats(0, 160))
def test_surface_weights_are_a_mean_and_exact_on_planes(x, y):
    surface = Surface(made_up(lambda a, b: 0.0))
    weights = surface.weights(x, y)
    assert (weights >= 0).all() and weights.sum() == pytest.approx(1.0)
    assert float(weights.sum(axis=1) @ surface.x) == pytest.approx(min(x, 80.0))
    assert float((weights * surface.y).sum()) == pytest.approx(min(y, 120.0))


def test_money_is_looked_up_along_each_dose():
    table = made_up(lambda a, b: b)
    thin = table["animation"] == 0.0
    table.loc[thin, "accompaniment_keur"] /= 2  # a thin address book: half the alliances, half the money
    surface = Surface(table)
    assert (surface.weights(0.0, 30.0) * np.array(ACCOMPANIMENT)).sum() == pytest.approx(20.0)
    assert (surface.weights(80.0, 30.0) * np.array(ACCOMPANIMENT)).sum() == pytest.approx(10.0)


def test_nothing_spent_is_drawn_and_said_without_a_split():
    table = made_up(lambda a, b: 100.0)
    table[["animation_keur", "accompaniment_keur"]] = 0.0
    best = splits(table)
    assert best.empty
    figure(table, grid(table), best)
    assert "the split with most" not in " ".join(
        sentences(interaction(table), best, {"ratio": np.nan, "low": np.nan, "high": np.nan})
    )
