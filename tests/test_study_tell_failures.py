"""Telling failures: paired changes, what belief makes of them, the pace of adoption, and words that follow the numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from alliancesim.studies.tell_failures import (
    ADOPTED,
    ENGAGED,
    adoption,
    effects,
    figure,
    outcomes,
    sentences,
    shape,
    shape_sentences,
    summary,
)
from alliancesim.studies.wording import by_side, side, spread, told

PLACES = ("urban", "rural", "zus", "cross_border")


def made_up(engaged_on=0.0, engaged_off=0.0, willing=0.0, noise=0.0, replicates=6):
    """Runs of a made-up world: what a wholly told share adds to engaged (belief on, off) and willing shares."""
    rows = []
    for k, place, belief, level in itertools.product(range(1, replicates + 1), PLACES, (1, 0), (0.0, 0.5, 1.0)):
        luck = 0.01 * k + noise * math.sin(9.0 * k + 5.0 * level + 3.0 * belief)
        gain = (engaged_on if belief else engaged_off) * level
        rows.append(
            {
                "replicate": k, "territory": place, "rules.belief": belief, "rules.failures_told": level,
                "engaged_share": 0.2 + luck + gain, "willing_share": 0.3 + willing * level - gain, "organisations": 2000.0,
                "lasting_alliances": 100.0 + 20.0 * level * (1 if belief else 2), "impact_trust": 0.4,
            }
        )  # fmt: skip
    return outcomes(pd.DataFrame(rows))


def over_time(pace, months=(6, 60, 120, 180, 240), replicates=4):
    """Series of a made-up world: ``pace(level, year)`` is the share willing or engaged, a third of it engaged."""
    rows = [
        {
            "replicate": k, "territory": place, "rules.belief": 1, "rules.failures_told": level, "month": month,
            ADOPTED: pace(level, month / 12) + 0.001 * k, ENGAGED: pace(level, month / 12) / 3,
        }
        for k, place, level, month in itertools.product(range(1, replicates + 1), PLACES[:2], (0.0, 0.5, 1.0), months)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_changes_are_paired_and_belief_is_their_difference():
    table = effects(made_up(engaged_on=-0.01, engaged_off=0.03, willing=0.05))
    full = table[table["told"] == 1.0].set_index(["territory", "belief"])
    for place in PLACES:
        assert full.loc[(place, "1"), ENGAGED] == pytest.approx(-1.0)
        assert full.loc[(place, "0"), ENGAGED] == pytest.approx(3.0)
        assert full.loc[(place, "difference"), ENGAGED] == pytest.approx(-4.0)
        assert full.loc[(place, "1"), ADOPTED] == pytest.approx(5.0)
        assert full.loc[(place, "1"), "lasting_per_1000"] == pytest.approx(10.0)
        assert full.loc[(place, "0"), "lasting_per_1000"] == pytest.approx(20.0)
    half = table[(table["told"] == 0.5) & (table["belief"] == "1")]
    assert np.allclose(half[ENGAGED], -0.5)


@pytest.mark.parametrize(("gain", "word"), [(0.02, "higher everywhere (+2.0)"), (-0.02, "lower everywhere (-2.0)")])
def test_words_flip_with_the_sign(gain, word):
    text = sentences(effects(made_up(engaged_on=gain)))[1]
    assert text.startswith("**Engaged** (points)")
    assert f"with belief on it is {word}" in text
    assert "with belief off it is not clearly different everywhere" in text


def test_ready_without_acting_is_said_only_where_it_is_so():
    assert not any("More who are ready" in one for one in sentences(effects(made_up(engaged_on=0.02, willing=0.05))))
    text = sentences(effects(made_up(engaged_on=-0.02, willing=0.05)))[-1]
    assert "More who are ready, without more who act" in text
    assert text.count("fewer are engaged") == len(PLACES)


def test_noise_alone_is_not_clear():
    table = effects(made_up(noise=0.02, replicates=12))
    unclear = [
        side(low, high) == "unclear"
        for low, high in zip(table["engaged_share_low"], table["engaged_share_high"], strict=True)
    ]
    assert np.mean(unclear) > 0.7


def test_pace_of_a_straight_line_does_not_rise_and_of_a_parabola_does():
    straight = shape(over_time(lambda level, year: 0.3 + 0.01 * year))
    assert np.allclose(straight[["speeds_up", "more"]], 0.0)
    assert np.allclose(straight.loc[straight["measure"] == ADOPTED, "first"], 1.0)
    bent = shape(over_time(lambda level, year: 0.3 + 0.001 * (1 + level) * year**2))
    full = bent[(bent["measure"] == ADOPTED) & (bent["told"] == 1.0)]
    assert (full["speeds_up"] > 0).all()
    assert (full["more_low"] > 0).all()
    text = " ".join(shape_sentences(bent))
    assert "with every failure hidden too" in text
    other = " ".join(shape_sentences(shape(over_time(lambda level, year: 0.3 + 0.001 * level * year**2))))
    assert "Adoption speeds up everywhere when failures are told, and not everywhere when they are hidden." in other


def test_figures_and_table_of_one_replicate():
    """No interval from one replicate: drawn hollow, said without a range."""
    table = effects(made_up(engaged_on=0.01, replicates=1))
    assert figure(table) is not None
    assert adoption(over_time(lambda level, year: 0.01 * year, replicates=1)) is not None
    assert "not known for want of replicates everywhere" in sentences(table)[0]
    assert "nan" not in summary(table).to_csv()


def test_wording():
    assert [side(*pair) for pair in ((1, 2), (-2, -1), (-1, 1), (math.nan, 1), (0, 1))] == [
        "up", "down", "unclear", "unknown", "unclear",
    ]  # fmt: skip
    assert spread([1.0, 2.345], 1, sign=True) == "+1.0 to +2.3"
    assert spread([1.01, 1.02], 1) == "1.0"
    assert told(1.0, 0.5, 1.5) == "+1.0 (0.5 to 1.5)"
    assert told(1.0, math.nan, math.nan, sign=False) == "1.0"
    rows = pd.DataFrame(
        {"place": ["a", "b", "c"], "x": [1.0, -1.0, 0.1], "x_low": [0.5, -2, -1], "x_high": [2, -0.5, 1]}
    )
    assert by_side(rows, "x", "place") == "higher on a (+1.0); lower on b (-1.0); not clearly different on c"
