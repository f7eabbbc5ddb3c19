"""Calibration: targets as data, runs that show them, a known answer recovered, the same for any workers, after any stop."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import calibrating
import numpy as np
import pandas as pd
import pytest
from calibrating import Analytic, analytic_plan, truth

from alliancesim.calibration import read_targets, simulate_targets
from alliancesim.calibration.calibrate import calibrate
from alliancesim.calibration.observed import OBSERVED
from alliancesim.calibration.plan import load_plan
from alliancesim.calibration.settings import SELECTED, packaged, selected
from alliancesim.calibration.smc import at_the_prior, run_smc
from alliancesim.calibration.space import space_of
from alliancesim.calibration.waves import CUT, plausible, sample
from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.experiments.settings import Settings
from alliancesim.parameters import BY_NAME, uncertain_parameters

HEAD = "name,setting,observable,month,value,tolerance,denominator,source\n"


# -- targets and what shows them --------------------------------------------------------------------------------------


def test_the_targets_of_the_specification():
    found = {target.name: (target.value, target.tolerance) for target in read_targets()}
    assert found == {
        "ge_2013": (0.60, 0.05), "association_2013": (0.46, 0.05), "pme_2013": (0.36, 0.05), "tpe_2013": (0.20, 0.05),
        "firms_engaged_2010": (0.21, 0.08), "firms_willing_2010": (0.33, 0.08), "under_five_2010": (0.69, 0.07),
        "labo_yield": (0.18, 0.04), "charenton_ready": (0.28, 0.08),
    }  # fmt: skip
    assert all(target.denominator and target.source for target in read_targets())


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,national,engaged_share_tpe,72,0.2,,of TPE,me", "tolerance: missing"),
        ("a,national,engaged_share_tpe,72,0.2,0,of TPE,me", "tolerance: found 0, expected a number above 0"),
        ("a,national,engaged_share_tpe,72,1.2,0.1,of TPE,me", "value: found 1.2, expected 0 to 1"),
        ("a,national,engaged_shares_tpe,72,0.2,0.1,of TPE,me", "observable: found 'engaged_shares_tpe'"),
        ("a,lab,engaged_share_tpe,72,0.2,0.1,of TPE,me", "setting: found 'lab', expected one of national"),
        ("a,national,engaged_share_tpe,73,0.2,0.1,of TPE,me", "month: found 73, expected a whole number from 1 to 72"),
        ("a,national,engaged_share_tpe,72,much,0.1,of TPE,me", "value: found 'much', expected a number"),
        ("a,national,engaged_share_tpe,72,0.2,0.1,,me", "denominator: missing"),
    ],
)
def test_wrong_targets_are_a_line_each_and_status_2(tmp_path, capsys, row, words):
    file = tmp_path / "mine.csv"
    file.write_text(HEAD + row + "\n")
    assert main(["calibrate", f"targets={file}", f"output={tmp_path / 'out'}"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "line 2" in said
    assert not (tmp_path / "out").exists()


def test_a_missing_column_is_said(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("name,value\na,1\n")
    with pytest.raises(UserError, match="column tolerance: missing"):
        read_targets(file)


def test_targets_are_what_a_run_of_the_setting_shows():
    """Against the columns of a run made without the calibration, and a case's own numbers."""
    import alliancesim as al
    from alliancesim.results.reference import observable

    plan = load_plan(quick=True)
    seed = 3
    found = simulate_targets({"m0": 0.2}, seed, plan.targets, plan.settings)
    words = {name: [*one.parts[0], f"months={one.months}", f"seed={seed}", f"territory.seed={seed}", "rules.m0=0.2"]
             for name, one in plan.settings.items()}  # fmt: skip
    last = al.simulate(al.load_scenario(*words["national"])).timeseries.iloc[-1]
    for target in plan.targets:
        if target.setting == "national":
            np.testing.assert_allclose(found[target.name], last[target.observable], rtol=1e-12)
    for name, target, number in (
        ("labo", "labo_yield", "partnerships_per_involved"),
        ("charenton", "charenton_ready", "plenary_committed_share"),
    ):
        result = al.simulate(al.load_scenario(*words[name]))
        np.testing.assert_allclose(found[target], observable(result, number), rtol=1e-12)


def test_targets_hang_on_parameters_and_seed_alone():
    plan = load_plan(quick=True)
    first = simulate_targets({"m0": 0.2}, 5, plan.targets, plan.settings)
    again = simulate_targets({"m0": 0.2}, 5, plan.targets, plan.settings)
    np.testing.assert_array_equal(list(first.values()), list(again.values()))
    assert list(first.values()) != list(simulate_targets({"m0": 0.2}, 6, plan.targets, plan.settings).values())
    with pytest.raises(UserError, match="expected a parameter of the rules"):
        simulate_targets({"m00": 0.2}, 5, plan.targets, plan.settings)


def test_runs_of_a_setting_are_pooled_by_counts():
    plan = load_plan(quick=True)
    one = plan.settings["national"]
    small = (*one.parts[0][:-2], "territory.population=6000", one.parts[0][-1])
    targets = [target for target in plan.targets if target.setting == "national"]
    both = simulate_targets({"m0": 0.3}, 1, targets, {"national": replace(one, parts=(one.parts[0], small))})
    apart = [
        simulate_targets({"m0": 0.3}, 1, targets, {"national": replace(one, parts=(part,))})
        for part in (one.parts[0], small)
    ]
    for name, value in both.items():
        low, high = sorted(each[name] for each in apart)
        assert np.isnan(low) or np.isnan(high) or low - 1e-12 <= value <= high + 1e-12
    assert any(both[name] not in (apart[0][name], apart[1][name]) for name in both)


def test_selection_moves_two_parameters_toward_the_top_of_their_priors():
    moved = selected({"selection": 0.5, "trust0": 0.3, "theta": 0.2})
    assert moved["trust0"] == pytest.approx((0.3 + BY_NAME["trust0"].high) / 2)
    assert moved["willing0"] == pytest.approx((BY_NAME["willing0"].default + BY_NAME["willing0"].high) / 2)
    assert set(moved) == {*SELECTED, "theta"}
    plan = load_plan(quick=True)
    plain, chosen = (simulate_targets({"selection": share}, 1, plan.targets, plan.settings) for share in (0.0, 1.0))
    for target in plan.targets:
        same = plain[target.name] == chosen[target.name] or np.isnan(plain[target.name])
        assert same or plan.settings[target.setting].selection


def test_settings_that_ship_have_the_inhabitants_of_the_nation_two_to_one():
    parts = packaged()["national"].parts
    people = {part[0]: int(part[1].removeprefix("territory.population=")) for part in parts}
    assert people["territory=urban"] == 2 * people["territory=rural"]
    assert {target.observable for target in read_targets()} <= set(OBSERVED)


# -- plans ------------------------------------------------------------------------------------------------------------


def test_the_space_maps_there_and_back():
    space = load_plan().space
    x = np.random.default_rng(1).random((200, len(space.names)))
    values = space.values(x)
    assert ((values >= space.low) & (values <= space.high)).all()
    assert (values[:, space.integer] % 1 == 0).all()
    np.testing.assert_array_equal(space.values(space.cube(values)), values)
    wanted = "p_miss gamma cost_scale eta_plus eta_minus temperature coordination_cost background_exposures a_half size_exponent"
    assert {*wanted.split(), *(p.name for p in uncertain_parameters() if p.kind == "C")} <= set(space.names)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            "parameters: {priors: {p_ok: {low: 0.5, high: 1.2}}}",
            "p_ok: found 0.5 to 1.2, beyond the hard limits 0 to 1",
        ),
        ("parameters: {priors: {theta: {low: 0.5, high: 0.2}}}", "expected low below high"),
        ("parameters: {also: [thta]}", "found 'thta', no parameter"),
        ("parameters: {groups: [meets]}", "found 'meets', expected one of"),
        ("budget: {bank: 20}", "bank: found 20 runs, expected"),
        ("budget: {smc: 100}", "smc: found 100 runs, expected 400 or more for 200 rows"),
        ("precision: 0.01", "rows: found 200, expected 9604 or more for a precision of 0.01"),
        ("budgets: 3", "found 'budgets', expected one of"),
    ],
)
def test_wrong_plans_are_said_and_status_2(tmp_path, capsys, plan, words):
    file = tmp_path / "mine.yaml"
    file.write_text(plan)
    assert main(["calibrate", f"plan={file}", f"output={tmp_path / 'out'}"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("word", ["rows=50", "precision=2", "budget=many", "target=a.csv", "seed"])
def test_wrong_words_are_said_and_status_2(tmp_path, capsys, word):
    assert main(["calibrate", word, f"output={tmp_path / 'out'}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) <= 3


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        calibrate(analytic_plan(), tmp_path, Settings(workers=1, overwrite=True), simulator=Analytic())
    assert (tmp_path / "mine.txt").read_text() == "mine"


# -- a known answer ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    folder = tmp_path_factory.mktemp("known")
    return calibrate(analytic_plan(), folder / "one", Settings(workers=1), simulator=Analytic()), folder


def test_a_known_answer_is_recovered(known):
    """Means within 0.6 standard deviations of the exact posterior's, standard deviations within 40 %: the distance at which the
    search stops is not the exact kernel, and 100 particles have a standard error of 0.1 to 0.15 standard deviations."""
    found, _ = known
    centre, spread = truth()
    particles = found.particles
    mean, deviation = particles.x.mean(axis=0), particles.x.std(axis=0)
    assert (np.abs(mean[:2] - centre) < 0.6 * spread).all()
    assert (np.abs(deviation[:2] / spread - 1.0) < 0.4).all()
    assert (np.abs(mean[2:] - 0.5) < 0.15).all() and (np.abs(deviation[2:] - 12**-0.5) < 0.08).all()
    levels = particles.levels
    assert levels[-1]["epsilon"] < 1.1 and particles.distinct > 80
    assert all(one["epsilon"] > other["epsilon"] for one, other in itertools.pairwise(levels))
    assert sum(one["runs"] for one in levels) <= found.plan.budget.smc


def test_moves_leave_the_prior_cut_off_at_the_tolerance_as_it_is():
    """Nothing but a ball of radius 1 about a corner of the unit square of ten coordinates: uniform before, uniform after.

    The radius squared over the ball is known to be uniform; a Kolmogorov-Smirnov test at 1 in 10,000, of every level.
    """
    from scipy.stats import kstest

    draw = np.random.default_rng(8)
    x = draw.random((4000, 10))

    def simulate(_sweep, points):
        return np.hypot(points[:, :1], points[:, 1:2])

    found = run_smc(
        simulate, x, simulate(0, x), lambda points: np.ones(len(points), dtype=bool), np.zeros(1), np.ones(1),
        seed=3, particles=1500, budget=30_000,
    )  # fmt: skip
    radius = found.levels[-1]["epsilon"]
    assert radius == 0.58 and len(found.levels) > 1
    kept = np.unique(found.x, axis=0)
    assert len(kept) > 1200
    assert kstest((kept[:, :2] ** 2).sum(axis=1) / radius**2, "uniform").pvalue > 1e-4
    for place in range(2, 10):
        assert kstest(kept[:, place], "uniform").pvalue > 1e-4


def test_a_kept_parameter_has_its_prior_and_its_company():
    draw = np.random.default_rng(2)
    one = draw.normal(0.6, 0.05, 300)
    x = np.clip(np.stack([one, one + draw.normal(0, 0.01, 300)], axis=1), 0, 1)
    x[:40] = x[40]  # copies
    back = at_the_prior(x, np.array([True, False]), 5)
    np.testing.assert_array_equal(back[:, 1], x[:, 1])
    np.testing.assert_array_equal(np.floor(np.sort(back[:, 0]) * 300), np.arange(300))
    order = np.argsort(back[40:, 0])
    assert (np.diff(x[40:, 0][order]) >= 0).all()
    np.testing.assert_array_equal(back, at_the_prior(x, np.array([True, False]), 5))


def test_luck_is_what_two_runs_of_a_row_differ_by(known):
    """Known here: 0.5 tolerances. Within a third of it (40 pairs: a standard error of 11 %, 3 of them)."""
    from scipy.stats import norm

    from alliancesim.calibration.diagnostics import fit_table

    found, _ = known
    table = fit_table(found)
    true = calibrating.NOISE / np.array(calibrating.TOLERANCES)
    assert (np.abs(table["luck"] / true - 1.0) < 0.34).all()
    np.testing.assert_allclose(table["at_best"], norm.cdf(1 / table["luck"]) - norm.cdf(-1 / table["luck"]))
    assert (table["at_best"] > 0.8).all()


def test_what_is_ruled_out_is_right(known):
    """Of a grid, what the emulators rule out at 3 is never within tolerance, and what is kept is not much more."""
    found, _ = known
    grid = np.random.default_rng(4).random((2000, 4))
    off = np.abs(calibrating.mean(grid) - calibrating.VALUES) / calibrating.TOLERANCES
    kept = plausible(found.waves, grid)
    assert kept[(off <= 1.0).all(axis=1)].all()
    limit = CUT * np.sqrt(1.0 / 3.0 + (calibrating.NOISE / np.array(calibrating.TOLERANCES)) ** 2)
    far = (off > 1.35 * limit).any(axis=1)  # emulators and noise are estimated
    assert not kept[far].any()
    assert all(emulator.fit.explained > 0.8 for emulator in found.waves[0].emulators)
    fits = [emulator.fit for wave in found.waves for emulator in wave.emulators]
    assert np.mean([fit.within_2 for fit in fits]) > 0.85


def test_small_volumes_are_measured_by_subset_simulation(known):
    """Against counting: within a factor 1.5 (2,000 points, a fifth a step)."""
    found, _ = known
    cloud = np.random.default_rng(7).random((20_000, 4))
    share = float(plausible(found.waves, cloud).mean())
    points, volume = sample(found.waves, 4, 50, 1, most=0)
    assert plausible(found.waves, points).all() and len(points) == 50
    assert share / 1.5 < volume < share * 1.5


def test_two_workers_and_a_stop_change_nothing(known, tmp_path):
    found, folder = known
    plan = analytic_plan()
    with pytest.raises(KeyboardInterrupt):
        calibrate(plan, tmp_path / "two", Settings(workers=1), simulator=Analytic(stop_after=tmp_path / "count"))
    assert not (tmp_path / "two" / "posterior.parquet").exists()
    again = calibrate(plan, tmp_path / "two", Settings(workers=2), simulator=Analytic())
    np.testing.assert_array_equal(again.particles.x, found.particles.x)
    for name in ("posterior.parquet", "runs.parquet"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "two" / name), pd.read_parquet(folder / "one" / name))
    with pytest.raises(UserError, match="another plan, targets, seed or model version"):
        calibrate(analytic_plan(seed=6), tmp_path / "two", Settings(workers=1), simulator=Analytic())


def test_what_is_not_identified_keeps_its_prior_and_shares_the_first_wave(tmp_path):
    """A parameter that targets would teach something about has its prior in the sample, by itself.

    Its values in the sample are uniform over the prior: a Kolmogorov-Smirnov test at 1 in 10,000.
    """
    from scipy.stats import kstest

    from alliancesim.calibration.bank import first_wave

    plain = analytic_plan()
    plan = analytic_plan(keeps=("k_str",))
    assert plan.identity != plain.identity and plan.bank_identity == plain.bank_identity
    first, _ = first_wave(plain, tmp_path, Settings(workers=1), simulator=Analytic())
    found = calibrate(plan, tmp_path, Settings(workers=1), simulator=Analytic())
    np.testing.assert_array_equal(found.stages[0][1], first)
    np.testing.assert_array_equal(first_wave(plain, tmp_path, Settings(workers=1), simulator=Analytic())[0], first)
    at = list(plan.space.names).index
    assert found.keeps[at("k_str")] and not found.keeps[at("theta_commit")]
    table = pd.read_parquet(tmp_path / "posterior.parquet")
    assert kstest(table["k_str"], "uniform").pvalue > 1e-4
    assert kstest(table["theta_commit"], "uniform").pvalue < 1e-4
    check = next(one for one in found.stages if one[0] == "check")
    np.testing.assert_allclose(
        table["k_str"], found.plan.space.values(check[1])[:, at("k_str")]
    )  # what is checked is what ships
    with pytest.raises(UserError, match="another plan"):
        calibrate(plain, tmp_path, Settings(workers=1), simulator=Analytic())


def test_a_prior_of_ones_own_is_searched():
    space = space_of({"also": ["theta", "m0"], "priors": {"theta": {"low": 0.0, "high": 0.2}}})
    assert space.high[list(space.names).index("theta")] == 0.2
    assert space.log[list(space.names).index("m0")] == BY_NAME["m0"].log


# -- the whole, small -------------------------------------------------------------------------------------------------


def test_the_quick_calibration_runs_from_end_to_end(tmp_path, capsys):
    folder = tmp_path / "out"
    assert main(["calibrate", "quick=true", "workers=1", f"output={folder}"]) == 0
    assert "8 rows in posterior.parquet" in capsys.readouterr().out
    table = pd.read_parquet(folder / "posterior.parquet")
    assert list(table) == [p.name for p in uncertain_parameters()]
    assert all(table[p.name].between(p.minimum, p.maximum).all() for p in uncertain_parameters())
    import pyarrow.parquet as pq

    about = json.loads(pq.read_schema(folder / "posterior.parquet").metadata[b"alliancesim"])
    assert {"model_version", "versions", "plan", "epsilon", "keep_priors"} <= set(about)
    assert json.loads((folder / "manifest.json").read_text())["complete"]
    assert main(["run", "territory=urban", "territory.population=1000", "months=2", "burn_in=2",
                 f"uncertainty.sample={folder / 'posterior.parquet'}", f"output={tmp_path / 'run'}"]) == 0  # fmt: skip
    page = (folder / "calibration.md").read_text()
    for words in ("## Targets", "## What is ruled out", "## Does it agree?", "## Conflicts", "denominator"):
        assert words in page
    for name in ("fit", "marginals", "left_out"):
        assert (folder / "calibration" / f"{name}.png").stat().st_size > 10_000
    before = (folder / "posterior.parquet").read_bytes()
    assert main(["calibrate", "quick=true", "workers=1", f"output={folder}"]) == 0
    assert (folder / "posterior.parquet").read_bytes() == before
