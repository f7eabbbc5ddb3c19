"""The field's tools on the real ones: DuckDB, polars, SALib, EMA workbench, Mesa's batch_run, a function for calibrators."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from experimenting import TINY, tiny

import alliancesim as al
from alliancesim.errors import UserError
from alliancesim.interop import Function, ema_model, sensitivity


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return al.run_experiment(tiny(), tmp_path_factory.mktemp("interop") / "x", workers=1)


def test_duckdb_and_polars_read_the_tables_as_they_are(done):
    import duckdb
    import polars

    path = done.path
    rows = duckdb.sql(
        f"select resources, avg(alliances) a, count(*) n from '{path}/runs.parquet' group by resources order by resources"
    ).fetchall()
    frame = (
        polars.scan_parquet(path / "runs.parquet")
        .group_by("resources")
        .agg(polars.col("alliances").mean())
        .sort("resources")
    )
    expected = done.runs.groupby("resources")["alliances"].mean()
    assert [(name, value) for name, value, _ in rows] == list(expected.items())
    assert frame.collect().rows() == list(expected.items())
    joined = duckdb.sql(
        f"select count(*) from '{path}/timeseries.parquet/*.parquet' t join '{path}/design.parquet' d using (point)"
    ).fetchall()
    assert joined == [(len(done.timeseries),)]
    assert polars.read_parquet(path / "timeseries.parquet").height == len(done.timeseries)
    assert polars.read_parquet(path / "failures.parquet").height == 0


def test_units_and_meanings_travel_in_the_file(done):
    about = done.measures()
    assert about.loc["births", "unit"] == "alliances" or about.loc["births", "unit"] == "count"
    assert "mean of the last twelve months" in about.loc["need_met", "meaning"]
    assert set(about.index) <= set(done.runs.columns)


@pytest.fixture(scope="module")
def saltelli(tmp_path_factory):
    experiment = al.Experiment(
        subject="forums", forums={"number": 40, "levels": [0.5, 2.0]}, replicates=1,
        factors={"rules.psi": {"low": 0, "high": 1}, "rules.quorum": {"low": 0.5, "high": 0.95}, "rules.relief": {"low": 0.005, "high": 0.1}},
        design={"kind": "saltelli", "samples": 16},
    )  # fmt: skip
    return al.run_experiment(experiment, tmp_path_factory.mktemp("saltelli") / "x", workers=1)


def test_sobol_indices_of_a_saltelli_design_are_salibs(saltelli):
    from SALib.analyze import sobol

    table = sensitivity(saltelli, "forums_launched_everywhere").set_index("factor")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    values = saltelli.runs["forums_launched_everywhere"].to_numpy()
    by_hand = sobol.analyze(problem, values, calc_second_order=False, num_resamples=200, seed=1)
    assert table.loc[["rules.psi", "rules.quorum", "rules.relief"], "ST"].tolist() == pytest.approx(
        by_hand["ST"].tolist()
    )
    assert table.loc["rules.relief", "ST"] == 0.0  # no rule of a forum reads it
    assert table.loc["rules.quorum", "ST"] > 0.1


def test_morris_and_pawn(tmp_path):
    factors = {"rules.quorum": {"low": 0.5, "high": 0.95}, "rules.relief": {"low": 0.005, "high": 0.1}}
    for kind, column, samples in (("morris", "mu_star", 6), ("latin_hypercube", "median", 60)):
        experiment = al.Experiment(
            subject="forums", forums={"number": 30, "levels": [0.5, 2.0]}, replicates=1, factors=factors,
            design={"kind": kind, "samples": samples},
        )  # fmt: skip
        result = al.run_experiment(experiment, tmp_path / kind, workers=1)
        table = sensitivity(result, "forums_launched_everywhere")
        assert table["factor"].iloc[0] == "rules.quorum"
        assert table[column].iloc[0] > table[column].iloc[1]


def test_what_cannot_be_analysed(done):
    with pytest.raises(UserError, match="found 'alliance', expected a column"):
        sensitivity(done, "alliance")
    experiment = al.Experiment(
        subject="forums", forums={"number": 2, "levels": [0.1, 6.4]}, replicates=1,
        factors={"rules.quorum": {"low": 0.5, "high": 0.95}, "rules.cost_scale": {"low": 10, "high": 15}},
        design={"kind": "saltelli", "samples": 2},
    )  # fmt: skip
    rare = al.run_experiment(experiment, workers=1)
    assert rare.runs["speed_effect"].isna().any()
    with pytest.raises(UserError, match="speed_effect is missing at"):
        sensitivity(rare, "speed_effect")


def test_the_model_as_a_function():
    function = Function(
        TINY, ["rules.psi", "rules.tol0"], ["alliances", "engaged_share"], series=["alliances", "births"]
    )
    one = function([0.3, 0.2], seed=5)
    assert (
        one
        == function({"rules.psi": 0.3, "rules.tol0": 0.2}, seed=5)
        == pickle.loads(pickle.dumps(function))([0.3, 0.2], 5)
    )
    scenario = al.load_scenario(*TINY, "rules.psi=0.3", "rules.tol0=0.2", "seed=5")
    after = al.simulate(scenario).timeseries.query("~burn_in")
    assert one["engaged_share"] == after["engaged_share"].iloc[-1]
    path = function.path([0.3, 0.2], seed=5)
    assert path.shape == (12, 2)
    assert path[:, 0].tolist() == after["alliances"].tolist()
    with pytest.raises(UserError, match="found 1 values, expected 2"):
        function([0.3], seed=5)
    with pytest.raises(UserError, match="observables: found 'engaged'"):
        Function(TINY, observables=["engaged"])


def test_a_calibrator_finds_back_what_a_run_was_made_with():
    """Rejection ABC in three lines, as pyABC or sbi would call the function: the posterior lies nearer than the prior."""
    function = Function([*TINY, "territory.population=2000", "months=24"], ["rules.willing0"], ["willing_share"])
    truth = np.mean([function([0.5], seed=seed)["willing_share"] for seed in range(3)])
    prior = np.linspace(0.0, 0.6, 13)
    distance = np.array([abs(function([value], seed=99)["willing_share"] - truth) for value in prior])
    posterior = prior[np.argsort(distance)[:3]]
    assert abs(posterior.mean() - 0.5) < 0.1 < abs(prior.mean() - 0.5)


def test_ema_workbench_runs_it():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the workbench speaks of engines that are not installed
        from ema_workbench import SequentialEvaluator

        model = ema_model(
            TINY, {"rules.psi": {"low": 0.0, "high": 1.0}, "resources": {"levels": ["scarce", "abundant"]}}, ["alliances", "need_met"],
            levers={"rules.recruit": {"low": 0.0, "high": 0.6}}, replications=2,
        )  # fmt: skip
        with SequentialEvaluator(model) as evaluator:
            experiments, outcomes = evaluator.perform_experiments(scenarios=2, policies=2)
    assert len(experiments) == 4
    assert set(outcomes) == {"alliances", "need_met"}
    first = experiments.iloc[0]
    function = Function(TINY, observables=["alliances"])
    again = [
        function(
            {
                "rules.psi": first["rules__psi"],
                "rules.recruit": first["rules__recruit"],
                "resources": str(first["resources"]),
            },
            seed,
        )["alliances"]
        for seed in (1, 2)
    ]
    assert outcomes["alliances"][0] == pytest.approx(np.mean(again))
