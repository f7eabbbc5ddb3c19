"""Civil society first: paired changes, projects of its own, and words that follow the numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from alliancesim.studies.civil_society_first import (
    ALONE,
    NEUTRALITY,
    SETTINGS,
    ceiling,
    effects,
    figure,
    hypothesis,
    levels,
    prepared,
    sentences,
    summary,
)

COLUMNS = (
    "animator_forum_meetings", "forum_members", "forum_share_association", "forum_share_firm", "forum_share_civil", "forum_depth",
    "forum_success", "forum_trust", "forum_lasting", "impact_trust",
)  # fmt: skip


def made_up(launched=0.0, trust=0.0, years=0.0, start=60.0, replicates=6):
    """Runs of a made-up world: what each further meeting alone adds to launches, trust and length of life."""
    rows = []
    for k, (place, past), neutrality, alone in itertools.product(
        range(1, replicates + 1), SETTINGS, (0.2, 0.8), range(6)
    ):
        rows.append(
            {
                "replicate": k, "territory": place, "history": past, NEUTRALITY: neutrality, ALONE: alone,
                "animator_forums": 100.0, "animator_forums_launched": start + k + launched * alone,
                "animator_forum_months": 4.0, "forum_without_institution": 0.1 * alone, "forum_alliances": 50.0,
                "forum_association_led": 0.3, "forum_trust_civil": 0.4 + 0.01 * k + trust * alone, "forum_years": 4.0 + years * alone,
                "forum_value": 2.0 * 0.9**alone, **dict.fromkeys(COLUMNS, 1.0),
            }
        )  # fmt: skip
    return prepared(pd.DataFrame(rows))


def test_changes_are_paired_by_replicate():
    table = effects(made_up(launched=2.0, trust=-0.01))
    assert len(table) == 4 * 2 * 5
    assert np.allclose(table["launched"], 2.0 * table["alone"])
    assert np.allclose(table["launched_low"], table["launched"])
    assert np.allclose(table["forum_trust_civil"], -0.01 * table["alone"])
    assert np.allclose(table["civil_alliances"], 5.0 * table["alone"])  # a tenth of fifty alliances of a hundred forums
    assert np.allclose(table["value"], 100 * table["alone"] * np.log(0.9))


@pytest.mark.parametrize(("launched", "word"), [(1.0, "higher everywhere (+5.0)"), (-1.0, "lower everywhere (-5.0)")])
def test_words_flip_with_the_sign(launched, word):
    text = sentences(effects(made_up(launched=launched)))[0]
    assert text.startswith("**Forums that launch** (points), 5 meetings alone against none")
    assert word in text


def test_an_inner_turn_is_said():
    runs = made_up()
    runs["launched"] += np.where(runs["alone"] == 2, 0.1, np.where(runs["alone"] == 5, -0.1, 0.0))
    text = sentences(effects(runs))[0]
    assert "lower everywhere (-10.0)" in text
    assert "the sign is the other one on urban (neutrality 0.2) with 2 (+10.0" in text


def test_the_hypothesis_is_counted_not_asserted():
    text = hypothesis(effects(made_up(trust=0.01, years=-0.1)))
    assert "more projects of civil society alone in 8 of 8 settings (the contrary in 0)" in text
    assert "more trust between associations and firms in 8 of 8 settings (the contrary in 0)" in text
    assert "longer lives in 0 of 8 settings (the contrary in 8)" in text


def test_little_room_is_said_where_nearly_all_launch():
    assert "there is little room for more" in ceiling(levels(made_up(start=94.0)))
    assert "room" not in ceiling(levels(made_up(start=60.0)))


def test_figure_and_table():
    runs = made_up(trust=0.01)
    assert figure(effects(runs)) is not None
    table = summary(levels(runs))
    assert len(table) == 4 * 2 * 2
    assert set(table["meetings alone"]) == {0, 5}
    assert "\n" not in "".join(table["setting"])
