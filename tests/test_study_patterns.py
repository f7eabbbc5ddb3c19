"""Patterns: criteria met and missed by made-up runs, the worth of passing, words, table, figure."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from alliancesim.calibration import read_targets
from alliancesim.experiments.compose import load_experiment
from alliancesim.studies.pattern_list import FIRST_YEAR, INF, PATTERNS, Draws, Pattern, growth_turn, rural_convert
from alliancesim.studies.patterns import all_fitted, figure, pass_rates, sentences, shown_table, small_firms, write
from alliancesim.studies.reproduce import write as write_page

EXPERIMENT = load_experiment("patterns_prior")
SETTINGS = list(EXPERIMENT.scenarios)
BY_NAME = {one.name: one for one in PATTERNS}


def made_up(shift=0.0, replicates=20, settings=SETTINGS, sample="none"):
    """A world that shows what the source tells, where ``shift`` is 0: every column a line over the years."""
    end = {
        "engaged_share": 0.25, "engaged_share_ge_enterprises": 0.61, "engaged_share_association": 0.47, "engaged_share_pme": 0.37,
        "engaged_share_tpe": 0.2, "engaged_share_firm": 0.25, "willing_share_firm": 0.35, "willing_share_association": 0.3,
        "share_under_five_years": 0.69, "alliances": 100.0, "alliances_depth_1": 40.0, "alliances_depth_2": 30.0,
        "alliances_depth_3": 20.0, "alliances_depth_4": 10.0, "trust_association_firm": 0.4,
    }  # fmt: skip
    runs, series = [], []
    for point, setting in enumerate(settings):
        rural = setting == "rural"
        for k in range(1, replicates + 1):
            luck = 0.0002 * k
            runs.append(
                {
                    "point": point, "replicate": k, "true_over_identified": 2.0, "superadditivity": 1.3, "share_three_or_more": 0.25,
                    "openness_association_to_firm": 0.6, "births": 200.0 + 50.0 * (setting == "labo"),
                    "reference_partnerships_per_involved": 0.18 + shift, "reference_plenary_committed_share": 0.28 + shift,
                    "reference_partnerships_led_by_associations": 50.0, "reference_partnerships_created": 80.0,
                    "reference_associations_involved": 300.0, "reference_firms_involved": 150.0, "reference_projects_agreed": 7.0,
                }
            )  # fmt: skip
            for year in range(FIRST_YEAR, FIRST_YEAR + 10):
                ago = FIRST_YEAR + 9 - year
                row = {name: value + shift + luck for name, value in end.items()}
                row["engaged_share"] -= 0.02 * ago - 0.001 * ago**2  # faster and faster
                row["alliances_depth_3"] -= ago
                row["trust_association_firm"] -= 0.01 * ago
                row["willing_share_association"] += 0.2 * rural
                row["engaged_share_association"] -= 0.05 * rural
                series.append({"point": point, "replicate": k, "month": 12 * (year - FIRST_YEAR + 1), **row})
    return SimpleNamespace(
        labels=settings, runs=pd.DataFrame(runs), timeseries=pd.DataFrame(series), experiment=EXPERIMENT,
        manifest={"replicates_done": replicates},
        scenario=lambda: SimpleNamespace(to_dict=lambda: {"uncertainty": {"sample": sample}}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return pass_rates(Draws(made_up(0.3)), Draws(made_up()))


def test_a_world_as_the_source_tells_shows_every_pattern(table):
    assert (table["posterior_pass"] == 1.0).all(), table.loc[table["posterior_pass"] < 1, "pattern"].tolist()
    assert all_fitted(Draws(made_up()))[0] == 1.0


def test_a_world_off_the_targets_misses_them(table):
    fitted = table[table["role"] == "fitted"]
    assert (fitted["prior_pass"] == 0.0).all()
    assert (fitted["reading"] == "reproduced").all()
    assert table.set_index("pattern").loc["superadditive", "reading"] == "no evidence"
    assert all_fitted(Draws(made_up(0.3)))[0] == 0.0


def test_signs_turn_with_the_world():
    result = made_up()
    series = result.timeseries
    ago = FIRST_YEAR + 9 - (FIRST_YEAR + series["month"] / 12 - 1)
    series["engaged_share"] = 0.25 - 0.01 * ago - 0.001 * ago**2  # slower and slower
    series.loc[series["point"] == SETTINGS.index("rural"), "engaged_share_association"] = 0.9
    draws = Draws(result)
    assert not BY_NAME["convex"].passed(draws).any()
    assert BY_NAME["grows"].passed(draws).all()
    assert not BY_NAME["rural_convert"].passed(draws).any()
    assert (rural_convert(draws) > 0).all()
    result.runs.loc[result.runs["point"] == SETTINGS.index("without"), "births"] = 300.0
    assert not BY_NAME["animation_works"].passed(Draws(result)).any()


def test_growth_by_hand():
    result = made_up(replicates=1)
    values = {2005: 0.10, 2010: 0.15, 2014: 0.23}
    series = result.timeseries
    series["engaged_share"] = (FIRST_YEAR + series["month"] / 12 - 1).map(values)
    assert growth_turn(Draws(result)).tolist() == pytest.approx([8.0 / 4 - 5.0 / 5])


def test_bounds_belong_to_fitted_ranges_only_and_nothing_does_not_pass():
    draws = Draws(made_up(replicates=3))
    values = pd.Series([0.5, 0.7, math.nan], index=draws.replicates)
    for fitted, passed in ((True, [True, True, False]), (False, [False, False, False])):
        one = Pattern("x", "x", "x", fitted, "x", 0.5, 0.7, lambda _: values)
        assert one.passed(draws).tolist() == passed
    assert Pattern("x", "x", "x", False, "x", 0.0, INF, lambda _: values, "points").criterion == "above 0 points"
    assert Pattern("x", "x", "x", False, "x", -INF, 0.9, lambda _: values).criterion == "below 0.9"
    assert BY_NAME["labo_yield"].criterion == "0.14 to 0.22"


def test_fitted_patterns_are_the_targets():
    ours = {one.name: (one.low, one.high) for one in PATTERNS if one.fitted}
    assert ours.keys() == {one.name for one in read_targets()}
    for one in read_targets():
        assert ours[one.name] == pytest.approx((one.value - one.tolerance, one.value + one.tolerance))


def test_words_table_and_figure(table):
    text = "\n".join(sentences(table))
    assert f"Of the {int((table['role'] == 'fitted').sum())} fitted patterns: " in text
    assert "**No evidence**" in text
    shown = shown_table(table)
    assert len(shown) == len(PATTERNS) == shown["name"].nunique()
    assert "nan" not in shown.to_csv()
    assert len(figure(table).axes[0].get_yticklabels()) == len(PATTERNS)
    worse = pass_rates(Draws(made_up()), Draws(made_up(0.3)))
    assert "**Lost**" in "\n".join(sentences(worse))


def test_the_page(tmp_path):
    page = write({"patterns_prior": made_up(0.3, sample="prior"), "patterns_posterior": made_up(sample="posterior")})
    text = write_page("patterns", page, tmp_path).read_text(encoding="utf-8")
    assert "0 % (0 to 16) of the prior draws and 100 % (84 to 100) of the posterior draws" in text
    assert "nan" not in text
    assert "Each is a draw of the parameters" in text


def test_a_page_without_draws_says_so():
    page = write({"patterns_prior": made_up(), "patterns_posterior": made_up()})
    assert "**Not what this page is for:** parameters come from none where the prior should be" in page.parts[0][1]


def test_small_firms_of_the_kinds_table():
    least, most = small_firms()
    assert 0.9 < least < 0.95 < most < 1.0
    assert np.isclose(least, 54.7 / (54.7 + 2.1 + 1.0 + 0.4))


def test_the_experiments_keep_what_the_patterns_read():
    posterior = load_experiment("patterns_posterior")
    assert posterior.scenarios == EXPERIMENT.scenarios
    assert posterior.keep == EXPERIMENT.keep
    kept = set(EXPERIMENT.keep.timeseries)
    assert kept == set(made_up(replicates=1).timeseries.columns) - {"point", "replicate", "month"}
