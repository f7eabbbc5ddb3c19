"""Baselines: forums held again, guesses scored, matchings at random, Bass curves, what is said of levers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from experimenting import tiny

import alliancesim as al
from alliancesim.engine import engine_of
from alliancesim.errors import UserError
from alliancesim.experiments.fate import logistic_guess, scores
from alliancesim.experiments.networks import matched, of_networks, statistics
from alliancesim.forum_api import forums, forums_again
from alliancesim.scenario import load_scenario
from alliancesim.studies.baseline_curves import adoption, bass, fit_bass
from alliancesim.studies.baselines import (
    MONEY,
    adoption_sentences,
    fate_sentences,
    fates,
    lever_effects,
    lever_sentences,
)

# -- forums held again ------------------------------------------------------------------------------------------------


def test_the_first_time_is_the_forum_itself_and_others_have_the_same_agenda():
    launched, feasible, known = forums_again(60, 3, seed=4)
    plain = forums(60, seed=4)
    assert (launched[0] == (plain["outcome"] == "launched")).all()
    assert (feasible == (plain["feasible"] > 0)).all()
    assert not launched[:, ~feasible].any()
    assert (launched[0] != launched[1]).any() and (launched[1] != launched[2]).any()
    assert known.shape == (60, 6) and np.isfinite(known).all()
    again = forums_again(60, 3, seed=4)
    assert all(np.array_equal(a, b) for a, b in zip((launched, feasible, known), again, strict=True))
    with pytest.raises(UserError, match="n, replays: found 0, 3"):
        forums_again(0, 3)


def test_scores_of_pure_luck_and_of_none():
    """Chances of failing below 1e-4: 400 forums of 20 draws each; standard errors of the scores are below 0.02."""
    random = np.random.default_rng(3)
    known = random.normal(size=(800, 2))
    luck = scores(random.uniform(size=(21, 800)) < 0.5, known)
    assert luck["luck"] == pytest.approx(1.0, abs=0.02)
    assert luck["brier_coin"] == pytest.approx(0.25, abs=0.01)
    assert luck["brier_replay"] >= luck["brier_coin"]
    fixed = scores(np.repeat((known[:, 0] > 0)[None], 21, axis=0), known)
    assert fixed["luck"] == 0.0
    assert fixed["brier_replay"] < 0.001 < fixed["brier_structure"] < 0.1 < fixed["brier_coin"]
    assert fixed["fate_forums"] == 400


def test_a_logistic_regression_finds_its_own_weights():
    """400 draws: the guessed chances lie within 0.15 of the true ones everywhere between (false alarm below 1e-4)."""
    random = np.random.default_rng(5)
    x = random.normal(size=(4000, 2))
    truth = 1.0 / (1.0 + np.exp(-(0.5 + x @ [1.0, -2.0])))
    guess = logistic_guess(x, (random.uniform(size=4000) < truth).astype(float), x)
    assert np.abs(guess - truth).max() < 0.15
    assert logistic_guess(np.ones((10, 1)), np.ones(10), np.ones((3, 1))) == pytest.approx(0.999, abs=0.05)


def test_an_experiment_of_forums_held_again():
    done = al.run_experiment(
        tiny(base=[], subject="forums", factors={"rules.psi": {"levels": [0.0, 0.5]}},
             forums={"number": 100, "replays": 4}, replicates=2, keep={"timeseries": []}), workers=1,
    )  # fmt: skip
    assert {"brier_coin", "brier_structure", "brier_replay", "luck"} <= set(done.runs)
    assert "speed_effect" not in done.runs
    assert done.runs["luck"].between(0.0, 1.0).all()
    assert not len(done.failures)


# -- matchings at random ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state():
    engine = engine_of(
        load_scenario(
            "territory=rural",
            "territory.population=12000",
            "rules.d0=5",
            "months=48",
            "burn_in=24",
            "rules.m0=0.6",
            "threads=1",
        )
    )
    engine.run()
    return engine


def test_a_matching_keeps_sizes_and_caps_and_takes_the_willing(state):
    engine, state = state, state.state
    members = [np.array(state.members_of(int(row))) for row in state.active]
    assert len(members) > 30
    for near in (False, True):
        drawn = matched(state, members, np.random.default_rng(1), near=near)
        assert [len(one) for one in drawn] == [len(one) for one in members]
        assert all(len(np.unique(one)) == len(one) for one in drawn)
        flat = np.concatenate(drawn)
        assert (state.organisations["stage"][flat] > 0).all()
        assert (np.bincount(flat, minlength=state.n_organisations) <= state.organisations["cap"]).all()
    found = of_networks(engine)
    assert found["net_distance_gravity"] < found["net_distance_random"]
    months = engine.world.records.values[engine.world.records.rows - 1]
    from alliancesim.rules.observe import COLUMNS

    for name, column in (("clustering", "clustering"), ("distance", "mean_distance"), ("three", "share_three_spheres")):
        assert found[f"net_{name}_model"] == pytest.approx(months[COLUMNS[column]], rel=1e-9)


def test_statistics_of_a_small_network(state):
    """Three alliances: two share two members, the third stands alone."""
    state = state.state
    members = [np.array([0, 1, 2]), np.array([0, 1]), np.array([7, 8])]
    found = statistics(state, members, np.array([0b111, 0, 0]))
    assert found["clustering"] == 1.0
    assert found["largest"] == pytest.approx(3 / 5)
    assert found["busy"] == pytest.approx(7 / 5)
    have = np.bitwise_or.reduce(state.organisations["capabilities"][:3])
    assert found["covered"] == pytest.approx(bin(int(have) & 0b111).count("1") / 3)


# -- curves -----------------------------------------------------------------------------------------------------------


def test_a_bass_curve_is_found_again():
    t = np.arange(1, 41) / 4.0
    true = (0.02, 0.6, 0.7)
    assert fit_bass(t, bass(t, *true)) == pytest.approx(true, rel=1e-3)
    assert bass(np.array([0.0, 1e9]), *true) == pytest.approx([0.0, 0.7])


def made_up_series(noise):
    random = np.random.default_rng(2)
    months = np.arange(6, 241, 6)
    rows = []
    for run in range(8):
        draw = run // 4
        curve = bass(months / 12.0, 0.02, 0.3 + 0.2 * draw, 0.6) + noise * random.normal() * months / 240.0
        for month, value in zip(months, curve, strict=True):
            rows.append({"run": run, "month": month, "ever_share_firm": value, "engaged_share_firm": value / 2,
                         "ever_share_association": value})  # fmt: skip
    runs = pd.DataFrame({"run": range(8), "rules": "posterior", "uncertainty.row": [run // 4 for run in range(8)]})
    return pd.DataFrame(rows), runs


def test_errors_are_held_out_and_others_are_of_the_same_draw():
    table, example = adoption(*made_up_series(0.0))
    assert table["bass"].max() < 0.05  # a Bass curve without noise is foreseen
    assert table["model"].max() < 1e-9  # runs of one draw are equal, those of the other draw are not asked
    assert table["line"].min() > 1.0
    assert len(example["others"]) == 3
    series, runs = made_up_series(0.0)
    alone, _ = adoption(series, runs.drop(columns="uncertainty.row"))
    assert alone["model"].isna().all()  # each replicate has a draw of its own: nobody to compare with
    assert all("not known" in text for text in adoption_sentences(alone))
    noisy, _ = adoption(*made_up_series(0.05))
    assert noisy["model"].min() > 0.5
    assert any("adds nothing" in text for text in adoption_sentences(noisy))


# -- words ------------------------------------------------------------------------------------------------------------


def made_up_levers(effect, subsidy=0.0):
    random = np.random.default_rng(1)
    rows = []
    for replicate in range(1, 21):
        home = 100 + 10 * random.normal()
        for animation, money, more in (
            ("none", 0, 0.0), ("none", 100, subsidy), ("equal_matchmaking", 0, effect), ("equal_accompaniment", 0, 0.0),
            ("equal_forums", 0, -effect),
        ):  # fmt: skip
            value = home + more + 0.1 * random.normal()
            rows.append({"rules": "posterior", "replicate": replicate, "animation": animation, MONEY: money, "births": value,
                         "surviving_alliances": value, "alliances_deployed": value, "value_created": 2 * value,
                         "need_met": value / 1000, "engaged_share": value / 1000})  # fmt: skip
    return pd.DataFrame(rows)


def test_levers_are_compared_draw_by_draw_with_all_three():
    table = lever_effects(made_up_levers(10.0, subsidy=1.0)).set_index(["arm", "outcome"])
    one = table.loc[("matchmaking", "surviving_alliances")]
    assert one["effect"] == pytest.approx(10.0, abs=0.2)
    assert one["over_subsidy"] == pytest.approx(9.0, abs=0.2)
    assert one["sign_share"] == 1.0
    assert table.loc[("matchmaking", "value_created"), "over_count"] == pytest.approx(0.0, abs=1e-9)
    words = " ".join(lever_sentences(table.reset_index()))
    assert "**Matchmaking** changes 10" in words
    assert "**Accompaniment** cannot be told from no animator" in words
    assert "does less than the subsidy" in words
    assert "the full model adds nothing to a count" in words


def made_up_fates(structure, replay):
    random = np.random.default_rng(1)
    rows = []
    for replicate in range(20):
        row = {"replicate": replicate, "luck": 0.5, "fate_rate": 0.6, "fate_forums": 400}
        for guess, value in (("coin", 0.24), ("structure", structure), ("replay", replay)):
            row[f"brier_{guess}"] = row[f"log_{guess}"] = value + 0.001 * random.normal()
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("structure", "replay", "said"),
    [
        (0.24, 0.15, "no better than the coin"),
        (0.152, 0.15, "adds nothing** to that regression"),
        (0.24, 0.25, "adds nothing** to a coin"),
        (0.20, 0.15, " % of that gain."),
    ],
)
def test_what_is_said_of_forums(structure, replay, said):
    runs = made_up_fates(structure, replay)
    words = " ".join(fate_sentences(fates(runs), runs))
    assert said in words
