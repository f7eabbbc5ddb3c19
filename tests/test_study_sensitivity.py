"""Sensitivity: designs that cover the priors, effects and indices of known functions, the rule, words that follow the numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from alliancesim.experiments import Experiment, load_experiment
from alliancesim.experiments.designs import analysed
from alliancesim.interop import Function
from alliancesim.parameters import BY_NAME, uncertain_parameters
from alliancesim.studies.sensitivity import PLACES, drivers, gap_words, headline, seed_words, still_the_ten
from alliancesim.studies.sensitivity_tables import (
    FORUMS,
    SETTINGS,
    TEN,
    TERRITORY,
    by_point,
    chosen,
    measured,
    noise_table,
    scores,
    screening,
    shares,
    short,
    unmoved,
)

EVERYTHING = {parameter.name for parameter in uncertain_parameters()}
NARROWER = {"event_association": (0.3, 0.6), "event_firm": (0.1, 0.4)}
"""Shares of one whole: within the priors, and at most 1 together."""


def names(experiment):
    return [short(one) for one in load_experiment(experiment).factors]


@pytest.mark.parametrize("name", [f"sensitivity_{step}_{one}" for step in ("morris", "sobol") for one in SETTINGS])
def test_factors_have_the_ranges_of_the_priors(name):
    for factor, about in load_experiment(name).factors.items():
        parameter = BY_NAME[short(factor)]
        assert parameter.name in EVERYTHING
        assert (about.low, about.high) == NARROWER.get(parameter.name, (parameter.low, parameter.high))
        assert parameter.low <= about.low < about.high <= parameter.high
        assert about.integer == parameter.integer
        assert (about.distribution == "log_uniform") == (parameter.log and parameter.name not in NARROWER)


def test_the_second_step_varies_ten_of_the_first():
    assert set(names("sensitivity_morris_urban")) < set(names("sensitivity_morris_rural"))
    for setting in SETTINGS:
        ten = names(f"sensitivity_sobol_{setting}")
        assert len(ten) == TEN
        assert set(ten) <= set(names(f"sensitivity_morris_{setting}"))
    assert names("sensitivity_sobol_urban") == names("sensitivity_sobol_rural")


@pytest.mark.parametrize("setting", PLACES)
def test_what_is_not_varied_does_not_act(setting):
    """All of it at its lowest and at its highest: the same run."""
    experiment = load_experiment(f"sensitivity_morris_{setting}")
    left = EVERYTHING - {short(name) for name in experiment.factors}
    small = [text for text in experiment.base if not text.startswith(("territory.population", "burn_in", "months"))]
    base = [*small, "territory.population=4000", "burn_in=12", "months=24", "rules.m0=0.3"]
    function = Function(base, observables=[*TERRITORY, "meetings", "births", "spend_keur", "forum_invited"])
    ends = [
        function(
            {f"rules.{name}": NARROWER.get(name, (BY_NAME[name].low, BY_NAME[name].high))[end] for name in left}, 1
        )
        for end in (0, 1)
    ]
    assert ends[0]["births"] > 0
    pd.testing.assert_series_equal(pd.Series(ends[0]), pd.Series(ends[1]), check_exact=True)


def made_up(kind, function, samples, observables=("engaged_share",), replicates=2, noise=0.0, factors=("a", "b", "c")):
    """An experiment whose observables are a function of its points in the unit cube, beside seeds of a known spread."""
    keys = {"a": "rules.psi", "b": "rules.phi", "c": "rules.rivalry"}
    experiment = Experiment(
        factors={keys[name]: {"low": BY_NAME[short(keys[name])].low, "high": BY_NAME[short(keys[name])].high} for name in factors},
        design={"kind": kind, "samples": samples, "levels": 4, "seed": 3}, replicates=replicates,
    )  # fmt: skip
    unit = analysed(experiment)
    rng = np.random.default_rng(5)
    runs = pd.concat(
        [
            pd.DataFrame({"point": np.arange(len(unit)), "replicate": k + 1} | {name: 0.0 for name in TERRITORY})
            for k in range(replicates)
        ],
        ignore_index=True,
    )
    for name in observables:
        value = function(*unit.T)
        runs[name] = np.tile(value, replicates) + noise * rng.standard_normal(len(runs))
    design = pd.DataFrame({"point": np.arange(len(unit))})
    return SimpleNamespace(experiment=experiment, runs=runs, design=design, timeseries=None)


def test_effects_of_a_known_function():
    result = made_up("morris", lambda a, b, c: 3.0 * a - b + 0.0 * c, 10)
    found = screening(result, "urban").query("observable == 'engaged_share'").set_index("parameter")
    sd = found["sd"].iloc[0]
    assert sd == pytest.approx(result.runs["engaged_share"].std(ddof=0))
    assert found["effect"]["psi"] == pytest.approx(3.0 / sd)
    assert found["direction"]["phi"] == pytest.approx(-1.0 / sd)
    assert found["effect"]["rivalry"] == 0.0
    assert len(screening(result, "urban")) == 3  # what does not vary has no row
    assert (found["noise"] == 0.0).all()


def test_seeds_alone_give_the_noise_that_is_said():
    """Pure noise, 200 trajectories: the mean absolute effect is what is expected of it within 5 % (its error is 2 % at most)."""
    result = made_up("morris", lambda a, b, c: 0.0 * a, 200, noise=0.7)
    found = screening(result, "urban").query("observable == 'engaged_share'")
    assert found["effect"].mean() == pytest.approx(found["noise"].iloc[0], rel=0.05)
    assert unmoved(found) == ["phi", "psi", "rivalry"]


def test_the_rule_takes_the_largest_mean_effect():
    rows = [
        {"setting": setting, "observable": name, "parameter": f"p{number:02d}", "effect": value * number, "noise": 0.1, "sd": 1.0,
         "missing": 0, "direction": 0.0, "effect_conf": 0.0}
        for setting, value in (("urban", 1.0), ("rural", 3.0)) for name in ("alliances", "need_met") for number in range(14)
        if not (setting == "urban" and number == 13)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    ranked = scores(table)
    assert ranked.set_index("parameter")["score"]["p12"] == pytest.approx(24.0)
    assert ranked.set_index("parameter")["score"]["p13"] == pytest.approx(13 * 3 * 2 / 4)  # 0 where it is not read
    assert chosen(table)[0] == "p12"
    assert chosen(table) == sorted(chosen(table), key=lambda one: -ranked.set_index("parameter")["score"][one])
    assert len(chosen(table)) == TEN
    assert "p13" in chosen(table)
    assert "`p04`" in gap_words(table)
    assert "`p03`" in gap_words(table)


def test_indices_of_a_known_function():
    """y = 2a + b, uniform: shares 0.8 and 0.2 exactly; quasi-random points of 512 are within 0.02."""
    result = made_up("saltelli", lambda a, b, c: 2.0 * a + b, 512)
    found = shares(result, "urban").query("observable == 'engaged_share'").set_index("parameter")
    assert found["first"].to_dict() == pytest.approx({"psi": 0.8, "phi": 0.2, "rivalry": 0.0}, abs=0.02)
    assert found["total"].to_dict() == pytest.approx({"psi": 0.8, "phi": 0.2, "rivalry": 0.0}, abs=0.02)
    assert found["noise"].iloc[0] == 0.0
    words = drivers(found.reset_index())["engaged_share"]
    assert words.startswith("Urban, no animator: `psi` 0.8")
    assert "`rivalry`" not in words
    assert "`psi` (0.8" in headline(found.reset_index())


def test_the_share_of_seeds_in_the_variance():
    result = made_up("saltelli", lambda a, b, c: 2.0 * a + b, 512, noise=0.5, replicates=4)
    noise = shares(result, "urban").query("observable == 'engaged_share'")["noise"].iloc[0]
    assert noise == pytest.approx(0.25 / 4 / (5 / 12 + 0.25 / 4), rel=0.1)


def test_points_without_a_value_take_the_mean():
    runs = pd.DataFrame({"point": [0, 1, 2, 0, 1, 2], "x": [1.0, np.nan, 3.0, 2.0, np.nan, 3.0]})
    means, between, missing = by_point(runs, "x", pd.DataFrame({"point": [0, 1, 2]}))
    assert means.tolist() == [1.5, 2.25, 3.0]
    assert between == pytest.approx(0.5)  # variances 0.5 and 0
    assert missing == 1


def test_forums_are_read_at_the_reference_level():
    series = pd.DataFrame(
        {"point": [0, 0, 1, 1], "replicate": 1, "level": [1.0, 2.0, 1.0, 2.0], "feasible": [0.5, 0.9, 0.0, 0.8],
         "launch": [0.4, 0.5, 0.0, 0.4], "restricted_months": [4.0, 3.0, np.nan, np.nan]}
    )  # fmt: skip
    found = measured(SimpleNamespace(timeseries=series), "forums")
    assert list(found.columns) == ["point", "replicate", *FORUMS]
    assert found["feasible"].tolist() == [0.5, 0.0]
    assert found["restricted_months"].tolist() == [4.0, 12.0]


def test_words_follow_the_numbers():
    assert still_the_ten(["a", "b"], ["b", "a"]) == "They are the 2 that the second step varies."
    assert "`c` instead of `b`" in still_the_ten(["a", "b"], ["a", "c"])
    result = made_up("morris", lambda a, b, c: 3.0 * a - b, 10, noise=0.1)
    effects = screening(result, "urban").query("observable == 'engaged_share'")
    indices = shares(made_up("saltelli", lambda a, b, c: 2.0 * a + b, 64, noise=0.1), "urban")
    noise = noise_table(effects, indices.query("observable == 'engaged_share'"))
    assert seed_words(noise).startswith("In 1 of 1 pairs")
    flat = screening(made_up("morris", lambda a, b, c: 0.0 * a, 10, noise=0.1), "urban")
    told = seed_words(
        noise_table(flat.query("observable == 'engaged_share'"), indices.query("observable == 'engaged_share'"))
    )
    assert told.startswith("In 0 of 1 pairs")
    assert "does not vary: engaged associations (urban, no animator), " in told
    assert "Not told apart from seeds: engaged, all (urban, no animator)" in told
