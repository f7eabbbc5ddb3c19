"""The cases side by side: every preset is there, means by case, numbers of the source beside the runs, words that follow them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alliancesim.experiments.compose import load_experiment
from alliancesim.scenario import load_scenario
from alliancesim.scenario.library import options
from alliancesim.studies.cases import (
    against_source,
    beside_source,
    figure,
    measured,
    of_the_kind,
    outcome,
    part,
    reading,
    sentences,
    setting,
    side_by_side,
    source_figure,
)

LABELS = {0: "charenton", 1: "labo_alsace", 2: "vaucluse_latent"}


@dataclass
class MadeUp:
    """What the study reads of an experiment."""

    runs: pd.DataFrame
    labels: list[str] = field(default_factory=lambda: list(LABELS.values()))

    def scenario(self, point: int = 0) -> Any:
        return load_scenario(f"case={self.labels[point]}")


def made_up(replicates: int = 4) -> MadeUp:
    """Runs of a made-up world: Charenton at the source, the Labo above it, a Vaucluse without animator."""
    rows = []
    for point in LABELS:
        for k in range(1, replicates + 1):
            jitter = 0.01 * (k - (replicates + 1) / 2)
            rows.append(
                {
                    "point": point, "replicate": k, "animator_forums": (3.0, 0.0, 0.0)[point],
                    "animator_forums_launched": (2.0, 0.0, 0.0)[point], "places_engaged_share": 0.2 + 0.1 * point + jitter,
                    "alliances_of_animators": (10.0, 500.0, 0.0)[point], "places_inhabitants": 50_000.0, "spend_keur": 100.0 * point,
                    "places_organisations": 4000.0, "reference_plenary_committed": 40.0 + 100 * jitter,
                    "reference_plenary_committed_share": 0.28 + jitter, "reference_projects_agreed": math.nan,
                    "reference_firms_involved": 300.0, "reference_associations_involved": 20.0 + 100 * jitter,
                    "reference_partnerships_created": 500.0, "reference_partnerships_per_involved": 0.18,
                    "reference_partnerships_accompanied": 63.0,
                }
            )  # fmt: skip
    return MadeUp(pd.DataFrame(rows))


def test_the_experiment_holds_every_preset():
    experiment = load_experiment("cases")
    assert set(experiment.scenarios) == set(options("case"))
    assert all(words == [f"case={name}"] for name, words in experiment.scenarios.items())


def test_means_by_case():
    sides = side_by_side(measured(made_up().runs), LABELS).set_index("case")
    assert sides.loc["charenton", "per_100_000"] == pytest.approx(20.0)
    assert sides.loc["labo_alsace", "per_100_000"] == pytest.approx(1000.0)
    assert sides.loc["vaucluse_latent", "engaged"] == pytest.approx(40.0)
    assert sides.loc["charenton", "launched"] == pytest.approx(200 / 3)
    assert np.isnan(sides.loc["vaucluse_latent", "launched"])  # no forum, none to launch
    assert sides.loc["charenton", "engaged_low"] < 20.0 < sides.loc["charenton", "engaged_high"]


def test_numbers_of_the_source_beside_the_runs():
    found = against_source(made_up()).set_index(["case", "name"])
    assert found.loc[("charenton", "projects"), "reading"] == "unknown"
    assert found.loc[("charenton", "share of those at the plenary ready to commit"), "reading"] == "within"
    assert found.loc[("labo_alsace", "firms involved"), "reading"] == "above"
    assert found.loc[("labo_alsace", "associations involved"), "reading"] == "below"
    assert found.loc[("labo_alsace", "partnerships over organisations involved"), "within"] == 1.0
    assert "vaucluse_latent" not in found.index.get_level_values("case")


@pytest.mark.parametrize(
    ("numbers", "word"),
    [((5, 4, 6, 1, 3), "above"), ((5, 4, 6, 7, 9), "below"), ((5, 4, 6, 5.5, 9), "within"), ((math.nan, 1, 2, 0, 3), "unknown"),
     ((5, math.nan, math.nan, 1, 3), "above")],
)  # fmt: skip
def test_reading_is_by_the_interval(numbers, word):
    assert reading(*numbers) == word


def test_words_follow_the_numbers():
    result = made_up()
    sides, found = side_by_side(measured(result.runs), LABELS), against_source(result)
    text = " ".join(sentences(sides, found))
    assert "from 20.0 (charenton) to 40.0 (vaucluse_latent)." in text
    assert "from 20.0 (charenton) to 1000.0 (labo_alsace), in the 2 of 3 cases that have any." in text
    assert "firms involved (labo_alsace, 2 times the source)" in text
    assert "no number that could be compared for vaucluse_latent" in text
    table = beside_source(found[found["case"] == "charenton"])
    assert list(table["so"])[-1] == "nothing of the kind in these runs"
    assert "nan" not in table.to_csv()


def test_intervals_of_shares_stay_shares():
    result = made_up()
    result.runs.loc[result.runs["point"] == 0, "animator_forums_launched"] = [3.0, 3.0, 3.0, 1.0]
    row = side_by_side(measured(result.runs), LABELS).iloc[0]
    assert 0.0 <= row["launched_low"] < row["launched"] < row["launched_high"] <= 100.0


def test_a_case_without_animator_is_said_to_have_none():
    result = made_up()
    row = side_by_side(measured(result.runs), LABELS).iloc[2].to_dict()
    assert "Nobody animates" in setting(result.scenario(2))
    assert "owes anything to an animator" in outcome(row, animated=False)
    text = part("vaucluse_latent", result.scenario(2), row, pd.DataFrame())
    assert "**The source.** The note tells" in text
    assert "**Assumed.** That the expectation" in text


def test_the_setting_is_read_from_the_preset():
    text = setting(load_scenario("case=charenton"))
    assert "48 months from 2010-01 on, after 120 of burn-in" in text
    assert "hosted by a collectivity, neutrality 0.3: contacts (event), 2 in months 1 to 12;" in text
    assert "mobilisation (event), 6 a year, months 13 to 33;" in text
    assert "plenary (forum), 1 in month 34;" in text
    assert "follow_up (accompany_alliance), 4 a year, month 42 on." in text


def test_what_the_source_reports_and_what_cannot_be_told_stand_on_the_page():
    result = made_up()
    scenario = result.scenario(2)
    runs = result.runs[result.runs["point"] == 2].assign(reference_alliances_ge_association=[10.0, 12.0, 10.0, 12.0])
    kind = of_the_kind(scenario.case, runs)
    assert [words for words in kind if "GE establishment" in words and ": 11.0 (" in words]
    row = side_by_side(measured(result.runs), LABELS).iloc[2].to_dict()
    text = part("vaucluse_latent", scenario, row, pd.DataFrame(), kind)
    assert "**What came of it, by the source.** " in text
    assert "**What the model cannot tell.** " in text
    assert "Of the kind told: " in text
    assert of_the_kind(scenario.case, runs.drop(columns="reference_alliances_ge_association")) != kind


def test_figures():
    result = made_up()
    table = measured(result.runs)
    assert figure(table, side_by_side(table, LABELS), LABELS) is not None
    assert source_figure(against_source(result)) is not None
