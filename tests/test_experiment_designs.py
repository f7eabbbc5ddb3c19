"""Designs: which points, in which order, how they are drawn, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.errors import UserError
from alliancesim.experiments import Experiment
from alliancesim.experiments.designs import analysed, fulfils, points
from alliancesim.experiments.experiment import FactorConfig
from alliancesim.experiments.plan import _PRIMARY_GROUPS, make_plan
from alliancesim.scenario.library import packaged_folder

PSI = {"low": 0.0, "high": 1.0}
TOL = {"low": 0.05, "high": 0.4}


def base(_name):
    return 0.2


def of(kind, factors, **design):
    rest = {key: design.pop(key) for key in ("constraints",) if key in design}
    return list(points(Experiment(factors=factors, design={"kind": kind, **design}, **rest), base))


def test_a_grid_is_every_combination_the_last_factor_fastest():
    found = of("grid", {"territory": {"levels": ["urban", "rural"]}, "rules.psi": PSI}, levels=3)
    assert [p for _, p in found] == [
        {"territory": t, "rules.psi": v} for t in ("urban", "rural") for v in (0.0, 0.5, 1.0)
    ]
    assert found[0][0] == "urban, psi=0"


def test_one_at_a_time_is_the_base_and_each_factor_alone():
    found = of("one_at_a_time", {"rules.psi": {"levels": [0.1, 0.2, 0.3]}, "rules.tol0": {"levels": [0.2, 0.4]}})
    assert found[0] == ("base", {})
    assert [p for _, p in found[1:]] == [{"rules.psi": 0.1}, {"rules.psi": 0.3}, {"rules.tol0": 0.4}]


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_space_filling_designs_fill_each_factor_evenly(kind):
    found = of(kind, {"rules.psi": PSI, "rules.tol0": TOL}, samples=32)
    psi = sorted(p["rules.psi"] for _, p in found)
    assert [int(v * 32) for v in psi] == list(range(32))  # one point in each of 32 slices
    assert all(0.05 <= p["rules.tol0"] <= 0.4 for _, p in found)
    again = of(kind, {"rules.psi": PSI, "rules.tol0": TOL}, samples=32)
    other = of(kind, {"rules.psi": PSI, "rules.tol0": TOL}, samples=32, seed=2)
    assert found == again
    assert found != other


def test_a_longer_sobol_sequence_begins_with_the_shorter():
    short = of("sobol", {"rules.psi": PSI, "rules.tol0": TOL}, samples=8)
    long = of("sobol", {"rules.psi": PSI, "rules.tol0": TOL}, samples=32)
    assert long[:8] == short


def test_designs_of_salib_have_their_numbers_of_points():
    factors = {"rules.psi": PSI, "rules.tol0": TOL, "territory": {"levels": ["urban", "rural"]}}
    assert len(of("saltelli", factors, samples=8)) == 8 * (3 + 2)
    assert len(of("saltelli", factors, samples=8, second_order=True)) == 8 * (2 * 3 + 2)
    assert len(of("morris", factors, samples=5)) == 5 * (3 + 1)
    unit = analysed(Experiment(factors=factors, design={"kind": "morris", "samples": 4, "levels": 4}))
    assert set(np.unique(np.round(unit * 3, 9))) <= {0.0, 1.0, 2.0, 3.0}


def test_constraints_keep_what_fulfils_them_and_space_filling_designs_keep_their_size():
    factors = {"rules.psi": PSI, "rules.tol0": TOL}
    found = of("sobol", factors, samples=20, constraints=["rules.psi <= rules.tol0"])
    assert len(found) == 20
    assert all(p["rules.psi"] <= p["rules.tol0"] for _, p in found)
    grid = of("grid", factors, levels=3, constraints=["rules.psi == 0 or rules.psi > 2 * rules.tol0"])
    assert 0 < len(grid) < 9


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rules.psi < 0.5 and not rules.psi == 0.1", True),
        ("rules.psi + 2 * 0.1 >= 0.5", False),
        ("territory in ['urban', 'zus']", True),
        ("-rules.psi < 0 < rules.psi", True),
        ("rules.eta_c == 0.2", True),  # not in the point: the base's value
    ],
)
def test_constraints_mean_what_they_say(text, wanted):
    assert fulfils([text], {"rules.psi": 0.2, "territory": "urban"}, base) is wanted


@pytest.mark.parametrize(
    "text", ["__import__('os')", "rules.psi <", "open('x')", "[x for x in y]", "rules.psi + 'a' > 1"]
)
def test_a_constraint_is_no_program(text):
    with pytest.raises(UserError, match="constraints"):
        fulfils([text], {"rules.psi": 0.2}, base)


@given(st.floats(0, 1), st.sampled_from(["uniform", "log_uniform", "triangular", "normal"]))
def test_a_distribution_maps_shares_into_its_range_and_rises(share, distribution):
    factor = FactorConfig(low=0.1, high=6.4, distribution=distribution)
    value = factor.at(share)
    assert 0.1 <= value <= 6.4
    assert factor.at(min(1.0, share + 0.01)) >= value


def test_distributions_have_their_medians():
    assert FactorConfig(low=1, high=3).at(0.5) == 2.0
    assert FactorConfig(low=0.1, high=10, log=True).at(0.5) == pytest.approx(1.0)
    assert FactorConfig(low=0, high=1, distribution="triangular", mode=0.0).at(0.5) == pytest.approx(1 - math.sqrt(0.5))
    assert FactorConfig(low=-1, high=1, distribution="normal").at(0.5) == pytest.approx(0.0, abs=1e-9)
    assert FactorConfig(low=1, high=9, integer=True).at(0.5) == 5
    assert [FactorConfig(levels=["a", "b", "c"]).at(s) for s in (0.0, 0.34, 0.67, 1.0)] == ["a", "b", "c", "c"]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_table_of_points_may_be_read_edited_and_handed_in(tmp_path):
    text = "label;territory;rules.psi;animation\nfirst;urban;0,25;[events,fund]\nsecond;rural;;none\n"
    found = of("table", {}, path=write(tmp_path / "design.csv", text))
    assert found == [
        ("first", {"territory": "urban", "rules.psi": 0.25, "animation": ["events", "fund"]}),
        ("second", {"territory": "rural", "animation": "none"}),
    ]


@pytest.mark.parametrize("kind", ["parquet", "csv", "xlsx"])
def test_the_design_of_a_plan_handed_in_gives_the_same_runs(tmp_path, kind):
    from alliancesim.experiments.tables import design_table

    factors = {"territory": {"levels": ["urban", "zus"]}, "rules.psi": PSI, "months": {"levels": [12, 24]}}
    plan = make_plan(Experiment(factors=factors, design={"kind": "latin_hypercube", "samples": 6}, replicates=2))
    path = tmp_path / f"design.{kind}"
    frame = design_table(plan).to_pandas()
    {"parquet": frame.to_parquet, "csv": frame.to_csv, "xlsx": frame.to_excel}[kind](path, index=False)
    again = make_plan(Experiment(design={"kind": "table", "path": str(path)}, replicates=2))
    assert [point.identity for point in again.points] == [point.identity for point in plan.points]
    assert [again.run_identity(run) for run in range(12)] == [plan.run_identity(run) for run in range(12)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules.psy\n0.2\n", r"column rules.psy: factors.rules.psy: unknown key"),
        ("rules.psi\n", "no rows, expected one point or more"),
        ("label,seed\na,3\n", "found a key that is no factor"),
    ],
)
def test_mistakes_of_a_table(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        of("table", {}, path=write(tmp_path / "design.csv", text))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"factors": {"rules.psi": {"levels": [0.1], "low": 0}}}, "factors.rules.psi: found both levels and a range"),
        ({"factors": {"rules.psi": {}}}, "factors.rules.psi: found neither levels nor a range"),
        ({"factors": {"rules.psi": {"low": 1, "high": 1}}}, "factors.rules.psi.high: found low 1.0 and high 1.0"),
        ({"factors": {"rules.psi": {"low": 0, "high": 1, "log": True}}}, "factors.rules.psi.low: found 0.0"),
        ({"factors": {"rules.psi": {"levels": []}}}, "factors.rules.psi.levels"),
        ({"factors": {"rules.psi": {"levels": [1, 1]}}}, "found 1 twice"),
        ({"factors": {"rulez.psi": PSI}}, "factors.rulez: unknown key"),
        ({"factors": {"rules.psi": PSI}, "design": {"kind": "sobol"}}, "design.samples: found null"),
        ({"design": {"kind": "sobol", "samples": 4}}, "factors: found nothing"),
        ({"design": {"kind": "list"}}, "scenarios: found nothing"),
        ({"scenarios": {"a": []}}, "scenarios: found 1, expected none"),
        ({"design": {"kind": "table"}}, "design.path: found null"),
        ({"replicates": 0}, "replicates: found 0"),
        ({"constraints": ["rules.psi > 0"], "factors": {"rules.psi": PSI}, "design": {"kind": "morris", "samples": 4}},
         "constraints"),
        ({"precision": {"alliances": "much"}}, "precision.alliances: found 'much'"),
        ({"keep": {"observables": ["engaged_shares"]}}, "keep.observables"),
        ({"factors": {"rules.psi": PSI}, "constraints": ["rules.psi > 2"]}, "none of 5 points fulfils rules.psi > 2"),
        ({"factors": {"rules.psi": {"low": -5, "high": 1}}}, r"design, point 0 \(psi=-5\): rules.psi: found -5.0"),
    ],
)  # fmt: skip
def test_what_is_no_experiment(changes, words):
    from alliancesim.experiments.finish import kept_of

    with pytest.raises(UserError, match=words):
        kept_of(make_plan(Experiment(**changes)))


def test_saltelli_needs_a_power_of_two():
    with pytest.raises(UserError, match=r"design.samples: found 6, expected a power of two"):
        of("saltelli", {"rules.psi": PSI, "rules.tol0": TOL}, samples=6)


def test_default_groups_are_those_of_the_primary_config():
    import yaml

    listed = yaml.safe_load((packaged_folder() / "config.yaml").read_text(encoding="utf-8"))["defaults"]
    said = {
        next(iter(one)).removeprefix("optional "): next(iter(one.values())) for one in listed if isinstance(one, dict)
    }
    assert {name: "null" if option is None else option for name, option in said.items()} == _PRIMARY_GROUPS
