"""The right level: what forums give for their money, the best level and how sure it is, words that follow the numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from alliancesim.studies.right_level import (
    DAY_KEUR,
    DOMAIN,
    DOSE,
    LEVEL,
    LEVELS,
    LOSS,
    best,
    details,
    figure,
    levels,
    per_money,
    prepared,
    sentences,
    summary,
)

DOMAINS = ("education", "housing", "health")


def made_up(value, replicates=8, noise=0.0):
    """Runs of a made-up world: ``value(domain, level)`` of the forums' alliances, 100 kEUR of money and 1,000 days a run."""
    rows = []
    settings = [*itertools.product((0.25,), DOMAINS), (0.0, "housing")]
    for k, (loss, domain) in itertools.product(range(1, replicates + 1), settings):
        for number, (level, dose) in enumerate([*((one, 24.0) for one in LEVELS), ("epci", 0.0)]):
            on = dose > 0
            gain = value(domain if loss else "none", level) + noise * np.sin(9.0 * k + 5 * number) if on else 0.0
            rows.append(
                {
                    "replicate": k, LEVEL: level, DOSE: dose, DOMAIN: f"['{domain}']", LOSS: loss,
                    "spend_keur": 100.0 * on, "spend_forum_keur": 100.0 * on, "days_forum": 1000.0 * on,
                    "forum_value_created": gain, "lasting_alliances": 50.0 + k + gain, "value_created": 10.0 * k + 2 * gain,
                    "need_met": 0.02 + 0.001 * gain, "animator_forums": 24.0 * on, "animator_forums_launched": 12.0 * on,
                    "forum_members": 9.0 if on else np.nan, "forum_depth": 2.0 if on else np.nan,
                    "forum_value": 1.0 if on else np.nan,
                }
            )  # fmt: skip
    return per_money(prepared(pd.DataFrame(rows)))


def by_extent(domain, level):
    """Best at the natural extent of the domain; without extents, in the middle."""
    centre = {"education": 0, "housing": 2, "health": 3, "none": 2}[domain]
    return 20.0 - 3.0 * abs(LEVELS.index(level) - centre)


def test_impact_is_divided_by_money_and_days_and_paired():
    table = made_up(by_extent)
    cost = 100.0 + 1000.0 * DAY_KEUR
    here = table[(table["domain"] == "education") & (table["level"] == "commune")]
    assert np.allclose(here["cost_keur"], cost)
    assert np.allclose(here["own_value"], 20.0 / (cost / 100.0))
    assert np.allclose(here["lasting_alliances"], 20.0 / (cost / 100.0))  # the luck of a replicate drops out
    assert np.allclose(here["value_created"], 40.0 / (cost / 100.0))
    assert np.allclose(here["need_met"], 100 * 0.02 / (cost / 1000.0))  # points per million
    assert np.allclose(here["launched"], 0.5)


def test_the_best_level_is_found_with_its_second():
    picked = best(made_up(by_extent))
    own = picked[(picked["outcome"] == "own_value") & (picked["loss"] > 0)].set_index("domain")
    assert own["best"].to_dict() == {"education": "commune", "housing": "epci", "health": "department"}
    assert (own["p_best"] == 1.0).all()
    assert own.loc["education", "second"] == "zone"
    assert own.loc["education", "lead"] == pytest.approx(3.0 / 3.6)


def test_noise_alone_makes_no_clear_best():
    picked = best(made_up(lambda domain, level: 10.0, noise=4.0))
    assert (picked["p_best"] < 0.95).mean() > 0.7


def test_levels_that_tie_share_the_chance_of_being_best():
    picked = best(made_up(lambda domain, level: 10.0))
    assert np.allclose(picked["p_best"], 1 / len(LEVELS))


def test_words_follow_the_numbers():
    table = made_up(by_extent)
    text = " ".join(sentences(levels(table), best(table)))
    assert "It is on the rung of the domain's natural extent in 3 of 3 domains" in text
    assert "clearly more at 15 and clearly less at 0 of 15 pairs of domain and level." in text
    assert "takes the place" not in text
    assert "the best is the EPCI, inside the ladder, clearly ahead of the" in text
    assert "3 levels are best for some domain (commune, EPCI and department)" in text
    assert "inside the ladder in 2 of 3 domains" in text
    table = made_up(lambda domain, level: 5.0 + LEVELS.index(level))
    text = " ".join(sentences(levels(table), best(table)))
    assert "natural extent in 0 of 3 domains" in text
    assert "one level is best for all domains (region)" in text
    assert "the best is the region, at the end of the ladder" in text


def test_a_loss_against_no_forums_is_said():
    table = made_up(lambda domain, level: -5.0 - LEVELS.index(level))
    text = " ".join(sentences(levels(table), best(table)))
    assert "clearly more at 0 and clearly less at 15 of 15 pairs" in text
    assert "At 15 of 15 pairs of domain and level less value is created" in text


def test_figure_table_and_details():
    found = levels(made_up(by_extent))
    assert figure(found) is not None
    table = summary(found)
    assert list(table["domain"]) == [*DOMAINS, "housing, no extents"]
    assert table.loc[table["domain"] == "education", "natural extent"].item() == "commune"
    assert "commune 50 %, 9.0 members, depth 2.0" in details(found)


def test_a_single_replicate_has_no_interval_and_no_certainty():
    table = made_up(by_extent, replicates=1)
    text = " ".join(sentences(levels(table), best(table)))
    assert "an unknown share of resamples" in text
    assert "nan" not in text
