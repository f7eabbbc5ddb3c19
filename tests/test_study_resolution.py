"""Grid and fraction: changes are relative and paired, verdicts follow the margin, words follow the verdicts."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from alliancesim.studies.resolution import (
    CELL,
    MARGIN,
    MEASURES,
    PLACE,
    REFERENCE,
    SAMPLE,
    SETTINGS,
    changes,
    figure,
    prepared,
    table_of,
    verdict,
    words_of,
)

COLUMNS = (
    "engaged_share", "alliances", "lasting_alliances", "success_rate", "share_three_or_more", "mean_distance",
    "trust_association_firm", "forums_convened", "forums_launched", "need_met",
)  # fmt: skip


def made_up(factor, replicates=8, noise=0.0):
    """Runs of a made-up world: every column times ``factor(column, cell, sample)``; a replicate's luck is shared."""
    rows = []
    for k, (cell, sample) in itertools.product(range(replicates), [REFERENCE, *SETTINGS]):
        luck = 1.0 + 0.2 * np.sin(3.0 * k)
        own = {name: luck * (1.0 + noise * np.sin(7.0 * k + 11.0 * cell + 13.0 * sample)) for name in COLUMNS}
        rows.append(
            {
                "rules": "default", PLACE: "[Roubaix,Tourcoing]", CELL: cell, SAMPLE: sample, "replicate": k,
                "organisations": 1000.0, **{name: own[name] * factor(name, cell, sample) for name in COLUMNS},
            }
        )  # fmt: skip
    return prepared(pd.DataFrame(rows))


def counts_follow_the_sample(name, cell, sample):
    return sample if name in ("alliances", "lasting_alliances") else 1.0


def test_a_shared_luck_drops_out_and_counts_are_held_against_who_is_simulated():
    found = changes(made_up(counts_follow_the_sample))
    assert len(found) == len(SETTINGS) * len(MEASURES)
    assert np.allclose(found[["change", "low", "high"]], 0.0)
    assert set(found["verdict"]) == {"alike"}
    assert set(found["place"]) == {"Roubaix and Tourcoing"}


def test_a_change_is_relative_and_found_where_it_is():
    found = changes(made_up(lambda name, cell, sample: (1.3 if name == "need_met" and cell == 4 else 1.0) * sample))
    changed = found[(found["setting"] == "4 km") & (found["measure"] == "needs met")].iloc[0]
    assert changed["change"] == pytest.approx(0.3)
    assert changed["verdict"] == "higher"
    assert set(found.loc[found["setting"] == "1 km", "verdict"]) == {"alike"}
    lost = found[(found["setting"] == "5 %") & (found["measure"] == "needs met")].iloc[0]
    assert lost["change"] == pytest.approx(-0.95)
    assert lost["verdict"] == "lower"


def test_a_ratio_of_sums_weighs_replicates_by_their_bottom():
    runs = made_up(lambda name, cell, sample: 1.0)
    runs.loc[runs["setting"] == "1 km", "forums that launch/top"] = 1.0
    runs.loc[runs["setting"] == "1 km", "forums that launch/bottom"] = [1.0, *[3.0] * 7]
    found = changes(runs).set_index(["setting", "measure"])
    assert found.loc[("1 km", "forums that launch"), "value"] == pytest.approx(8 / 22)


def test_noise_makes_no_difference_and_no_likeness():
    found = changes(made_up(counts_follow_the_sample, noise=0.5))
    assert not set(found["verdict"]) & {"higher", "lower"}
    assert "unclear" in set(found["verdict"])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.05, 0.05, "alike"),
        (0.01, 0.09, "alike"),  # clearly more than none, and less than matters
        (0.02, 0.30, "slightly"),
        (-0.30, -0.02, "slightly"),
        (1.01 * MARGIN, 0.40, "higher"),
        (-0.40, -1.01 * MARGIN, "lower"),
        (-0.02, 0.30, "unclear"),
        (np.nan, np.nan, "unknown"),
    ],
)
def test_verdicts_follow_the_margin(low, high, expected):
    assert verdict(low, high) == expected


def test_words_follow_the_verdicts():
    found = changes(made_up(lambda name, cell, sample: 1.3 if name == "need_met" and cell == 4 else 1.0))
    one, four = words_of(found, ("1 km", "4 km")).split("\n")
    assert "alike at 10 of 10" in one
    assert "higher" not in one
    assert "alike at 9 of 10" in four
    assert "higher by more than 10 %: needs met (+30 %, 1 of 1)" in four
    row = table_of(found).set_index("measure").loc["needs met"]
    assert row["4 km"] == "+30 (30 to 30)"
    assert row["1 km"] == "+0"


def test_the_figure_has_a_mark_for_every_change():
    found = changes(made_up(lambda name, cell, sample: 3.0 if name == "need_met" and cell == 4 else 1.0))
    panels = figure(found).axes
    assert len(panels) == len(SETTINGS)
    beyond = [line for line in panels[1].lines if line.get_marker() == ">"]
    assert len(beyond) == 1  # needs met, far beyond the frame
    assert len(panels[1].containers) == len(MEASURES) - 1
