"""Rules under uncertainty: what is drawn, what is left, and that every run can be made again from what it says."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from experimenting import TINY, tiny

import alliancesim as al
from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.experiments import run_experiment
from alliancesim.experiments.plan import make_plan
from alliancesim.interop import Function
from alliancesim.kernels.keyed import STREAMS
from alliancesim.parameters import BY_NAME, KEPT, PARAMETERS, uncertain_parameters
from alliancesim.report.build import _drawn as report_drawn
from alliancesim.scenario import Rules, Scenario, draw, from_dict, load_scenario, origins, uncertainty

NAMES = [parameter.name for parameter in uncertain_parameters()]
MASK = (1 << 64) - 1


@pytest.fixture
def sample(tmp_path):
    """A sample of three rows and a few parameters, one of them whole."""
    return written(tmp_path / "mine.parquet", psi=[0.1, 0.2, 0.3], trust0=[0.31, 0.32, 0.33], contest_max=[2, 3, 4])


def written(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_what_is_drawn_and_what_keeps_its_default() -> None:
    kinds = {p.name: p for p in PARAMETERS}
    assert all(kinds[name].kind in "AC" and kinds[name].high > kinds[name].low for name in NAMES)
    left = {p.name for p in PARAMETERS if p.kind in "AC"} - set(NAMES)
    assert left == set(KEPT) | {p.name for p in PARAMETERS if p.switch}
    assert {"psi", "trust0", "hazard0", "co_lead_trust"} <= set(NAMES)
    assert not {"r_fin", "r_str", "quorum", "term", "tie_slots", "closure_q", "patience_firm", "belief"} & set(NAMES)
    drawn = load_scenario("rules=prior", "seed=3").rules
    assert all(getattr(drawn, p.name) == p.default for p in PARAMETERS if p.name not in NAMES)
    assert sum(getattr(drawn, name) != BY_NAME[name].default for name in NAMES) > 0.9 * len(NAMES)


def test_priors_are_uniform_within_their_range() -> None:
    """Kolmogorov-Smirnov over 250 draws: with 1e-6 a parameter false alarms are below one in 8,000 (draws are fixed)."""
    from scipy.stats import kstest

    draws = [draw("prior", k) for k in range(250)]
    tied = {"event_association", "event_firm"}  # drawn again where they are above 1 together
    for parameter in uncertain_parameters():
        values = np.array([one[parameter.name] for one in draws])
        low, high = parameter.low, parameter.high
        assert low <= values.min()
        assert values.max() <= high
        if parameter.integer:
            assert set(values) <= set(range(int(low), int(high) + 1))
        elif parameter.name not in tied:
            log = low > 0 and high / low >= 5
            shares = np.log(values / low) / math.log(high / low) if log else (values - low) / (high - low)
            assert kstest(shares, "uniform", method="asymp").pvalue > 1e-6, parameter.name
    assert {one["portfolio"] for one in draws} == {1, 2, 3, 4}
    assert max(one["event_association"] + one["event_firm"] for one in draws) <= 1.0


def test_a_draw_is_a_function_of_its_number_and_the_name(monkeypatch) -> None:
    def mix(z):
        z &= MASK
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return z ^ (z >> 31)

    key = 0
    name = int.from_bytes(hashlib.sha256(b"phi").digest()[:8], "little")
    for part in (7, STREAMS["prior"], 0, name, 0):  # number, stream, month, name, attempt
        key = mix(key + (part + 1) * 0x9E3779B97F4A7C15)
    assert draw("prior", 7)["phi"] == float(f"{0.2 + (key >> 11) / 2**53 * 0.6:.12g}")

    whole = draw("prior", 7)
    monkeypatch.setattr(uncertainty, "uncertain_parameters", lambda: (BY_NAME["psi"], BY_NAME["d0"]))
    assert draw("prior", 7) == {name: whole[name] for name in ("psi", "d0")}


def test_widened_ranges_are_twice_as_wide_and_cut_at_the_limits() -> None:
    assert BY_NAME["phi"].range(widened=True) == pytest.approx((0.0, 1.0))  # 0.2-0.8 would be -0.1-1.1
    assert BY_NAME["slack_sigma"].range(widened=True) == pytest.approx((0.0, 2.0))
    assert BY_NAME["d0"].range(widened=True) == pytest.approx((5 / math.sqrt(8), 40 * math.sqrt(8)))
    assert BY_NAME["contest_max"].range(widened=True) == (1.0, 8.0)  # 0 is below the limit
    narrow, wide = draw("prior", 5), draw("widened", 5)
    assert wide["d0"] == pytest.approx(15 * math.sqrt(8 / 9) * (narrow["d0"] / (15 * math.sqrt(8 / 9))) ** 2)
    draws = [draw("widened", k) for k in range(100)]
    assert any(not BY_NAME[name].low <= one[name] <= BY_NAME[name].high for one in draws for name in NAMES)
    for one in draws:
        Rules(**one)  # within the hard limits


def test_what_is_given_wins() -> None:
    free = load_scenario("rules=prior", "seed=4")
    given = load_scenario("rules=prior", "seed=4", "rules.psi=0.2")
    assert given.rules.psi == 0.2 != free.rules.psi
    assert {n for n in NAMES if getattr(given.rules, n) != getattr(free.rules, n)} == {"psi"}
    assert given.replace(seed=9).rules.psi == 0.2
    assert given.replace(seed=9).rules.phi != given.rules.phi
    assert free.replace(**{"rules.phi": 0.5}, seed=9).rules.phi == 0.5
    assert load_scenario("history=cooperative", "rules=prior").rules.trust0 == 0.6
    assert load_scenario("case=charenton", "rules=prior").rules.r_max == load_scenario("case=charenton").rules.r_max
    assert load_scenario("rules=prior", "resources=scarce").rules.r_fin == 0.4
    assert from_dict({"uncertainty": {"sample": "prior"}, "rules": {"phi": 0.5}}).rules.phi == 0.5
    assert Scenario(uncertainty={"sample": "prior"}, rules=Rules(phi=0.6)).rules.phi == 0.6
    crowded = [given.replace(seed=k, **{"rules.event_association": 0.85}).rules for k in range(40)]
    assert all(one.event_firm <= 0.15 + 1e-12 for one in crowded)
    assert free.replace(**{"rules.event_association": 0.85}).rules.event_firm <= 0.15 + 1e-12
    with pytest.raises(UserError, match="event_firm"):
        load_scenario("rules=prior", "rules.event_association=0.95")


def test_seed_and_row_choose_the_draw_and_a_change_goes_back() -> None:
    base = load_scenario("territory=rural", "rules.phi=0.5")  # given, although it is the default
    seven = base.replace(seed=7, **{"uncertainty.sample": "prior"})
    assert seven.rules.phi == 0.5
    assert seven.rules.psi == draw("prior", 7)["psi"]
    assert seven.replace(seed=8).rules.psi == draw("prior", 8)["psi"]
    assert seven.replace(seed=8).replace(seed=7) == seven
    row = seven.replace(**{"uncertainty.row": 8})
    assert row.rules.to_dict() == seven.replace(seed=8).rules.to_dict() == row.replace(seed=1).rules.to_dict()
    assert seven.replace(**{"uncertainty.sample": "none"}) == base.replace(seed=7)
    assert from_dict(seven.to_dict()) == seven
    assert seven.given().hash() == seven.hash() != base.replace(seed=7).hash()
    assert load_scenario("rules=prior").uncertainty.fixed == []


def test_a_resolved_scenario_says_where_values_come_from(sample, capsys) -> None:
    found = origins(["rules=prior", "seed=7", "rules.phi=0.5"])
    assert found["rules.psi"] == (draw("prior", 7)["psi"], "prior draw 7")
    assert found["rules.phi"][1] == "command line"
    assert found["rules.belief"][1] == "default"
    assert main(["run", f"uncertainty.sample={sample}", "seed=7", "--cfg", "job"]) == 0
    text = capsys.readouterr().out
    assert f"{sample} row 1" in next(line for line in text.splitlines() if line.strip().startswith("psi: 0.2"))


def test_a_sample_of_ones_own(sample, tmp_path) -> None:
    scenario = load_scenario(f"uncertainty.sample={sample}", "seed=5")
    assert (scenario.rules.psi, scenario.rules.trust0, scenario.rules.contest_max) == (0.3, 0.33, 4)
    assert scenario.rules.phi == BY_NAME["phi"].default  # no column
    assert scenario.replace(**{"uncertainty.row": 0}).rules.psi == 0.1
    with pytest.raises(UserError, match=r"uncertainty\.row: found 3, expected a row from 0 to 2"):
        scenario.replace(**{"uncertainty.row": 3})
    written(sample, psi=[0.9, 0.8, 0.7])
    with pytest.raises(UserError, match=r"uncertainty\.digest: .*another sample"):
        scenario.replace(seed=6)
    assert from_dict(scenario.to_dict()) == scenario  # what was drawn stands
    assert load_scenario(f"uncertainty.sample={sample}", "seed=5").rules.psi == 0.7


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            {"psi": [0.1, -1.0], "trust0": [0.1, 2.0]},
            ["column psi, row 1: found -1.0", "column trust0, row 1: found 2.0"],
        ),
        ({"contest_max": [2.5]}, ["column contest_max, row 0: found 2.5, expected a whole number from 1 to 60"]),
        ({"psi": [0.1], "truts0": [0.1]}, ["column truts0: no parameter (did you mean 'trust0'?)"]),
        ({"r_fin": [0.1]}, ["column r_fin: chosen"]),
        ({"psi": [None]}, ["column psi, row 0: found None"]),
        ({"psi": [math.nan]}, ["column psi, row 0: found nan"]),
        ({"psi": ["a"]}, ["column psi, row 0: found 'a', expected a number from 0 to 10"]),
        ({"event_association": [0.7], "event_firm": [0.6]}, ["row 0: event_association 0.7 and event_firm 0.6"]),
        ({"psi": []}, ["has no row"]),
    ],
)
def test_a_broken_sample_is_told_line_by_line(columns, lines, tmp_path, capsys) -> None:
    path = written(tmp_path / "broken.parquet", **columns)
    assert main(["run", f"uncertainty.sample={path}", f"output={tmp_path / 'out'}"]) == 2
    told = capsys.readouterr().err
    assert all(line in told for line in lines)
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["uncertainty.sample=priro"], "did you mean 'prior'?"),
        (["uncertainty.sample=none.parquet"], "a Parquet file that exists"),
        (["uncertainty.row=3"], "nothing, because uncertainty.sample is none"),
        (["rules=prior", "uncertainty.row=-1"], "expected a whole number from 0"),
        (["rules=prior", "uncertainty.rows=1"], "did you mean 'uncertainty.row'?"),
    ],
)
def test_a_wrong_key_is_one_line(words, told, capsys) -> None:
    assert main(["run", *words, "--cfg", "job"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_package_without_posterior_says_so(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(uncertainty, "posterior_path", lambda: tmp_path / "posterior.parquet")
    assert main(["run", "rules=posterior", "--cfg", "job"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    values = {name: [draw("prior", k)[name] for k in range(4)] for name in NAMES}
    written(tmp_path / "posterior.parquet", **values)
    scenario = load_scenario("rules=posterior", "seed=6")
    assert scenario.rules.to_dict() == load_scenario("rules=prior", "seed=2").rules.to_dict()
    assert origins(["rules=posterior", "seed=6"])["rules.psi"][1] == "posterior row 2"


def test_a_result_can_be_run_again_whatever_became_of_the_sample(sample, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert main(["run", *TINY, f"uncertainty.sample={sample}", "seed=4", f"output={out}"]) == 0
    stored = al.open_result(out)
    assert stored.scenario.rules.psi == 0.2
    assert stored.manifest["origins"]["rules.psi"].endswith("row 1")
    typed = load_scenario(*TINY, "seed=4", "rules.psi=0.2", "rules.trust0=0.32", "rules.contest_max=3")
    assert typed.hash() == stored.scenario.hash()
    assert al.simulate(typed).hashes() == stored.hashes()
    sample.unlink()
    capsys.readouterr()
    assert main(["rerun", str(out)]) == 0
    assert capsys.readouterr().out.strip() == "identical"


def test_points_of_a_sweep_share_the_draw_of_a_replicate(tmp_path) -> None:
    experiment = tiny(base=[*TINY, "rules=prior", "seed=3"], keep={"observables": ["alliances", "engaged_share"]})
    out = tmp_path / "sweep"
    result = run_experiment(experiment, out, workers=1)
    assert not len(result.failures)
    for replicate in (1, 2, 3):
        rules = [result.scenario(point, replicate).rules for point in range(4)]
        assert [one.psi for one in rules] == [0.0, 0.5, 0.0, 0.5]
        assert {one.phi for one in rules} == {draw("prior", 2 + replicate)["phi"]}
    again = al.simulate(result.scenario(3, 2))
    row = result.runs.query("point == 3 and replicate == 2").iloc[0]
    assert again.timeseries["engaged_share"].iloc[-1] == row["engaged_share"]
    assert main(["rerun", str(out), "run=7"]) == 0
    function = Function([*TINY, "rules=prior", "resources=abundant"], observables=["engaged_share"])
    assert function({"rules.psi": 0.5}, seed=4)["engaged_share"] == row["engaged_share"]


def test_identities_depend_on_values_not_on_where_they_come_from(sample) -> None:
    def ids(*words):
        plan = make_plan(tiny(base=[*TINY, *words], factors={}, replicates=2))
        return [plan.run_identity(run) for run in range(2)], plan.identity

    drawn, whole = ids(f"uncertainty.sample={sample}")
    typed, _ = ids("rules.psi=0.2", "rules.trust0=0.32", "rules.contest_max=3")
    assert drawn[0] == typed[0]  # seed 1, row 1
    assert drawn[1] != typed[1]
    fixed_row, other = ids(f"uncertainty.sample={sample}", "uncertainty.row=1")
    assert fixed_row == typed
    assert other != whole
    written(sample, psi=[0.1, 0.2, 0.4], trust0=[0.31, 0.32, 0.33], contest_max=[2, 3, 4])
    anew, whole_anew = ids(f"uncertainty.sample={sample}")
    assert anew[0] == drawn[0]  # its row is what it was: the same run
    assert anew[1] != drawn[1]
    assert whole_anew != whole  # and the experiment another: a folder of the old one is refused


def test_rules_are_a_factor_and_forums_draw_too(tmp_path) -> None:
    experiment = tiny(
        subject="forums", base=[], forums={"number": 40, "levels": [0.4, 1.6]}, replicates=2,
        factors={"rules": {"levels": ["default", "prior", "widened"]}}, design={"kind": "grid"},
    )  # fmt: skip
    result = run_experiment(experiment, tmp_path / "forums", workers=1)
    assert not len(result.failures)
    told = [tuple(result.scenario(point, 2).rules.to_dict().values()) for point in range(3)]
    assert len(set(told)) == 3
    assert result.scenario(1, 2).rules.to_dict() == load_scenario("rules=prior", "seed=2").rules.to_dict()
    with pytest.raises(UserError, match=r"rules\.phi in 'rules\.phi < 1', which is drawn"):
        make_plan(tiny(base=["rules=prior"], constraints=["rules.phi < 1"]))
    assert len(make_plan(tiny(base=["rules=prior"], design={"kind": "one_at_a_time"})).points) > 2


def test_the_mesa_face_and_a_comparison_draw_by_seed(tmp_path) -> None:
    model = al.AllianceModel(load_scenario(*TINY, "rules=prior"), seed=5)
    assert float(model.engine.state.rules[0]["phi"]) == draw("prior", 5)["phi"]
    found = al.compare(
        {"nothing": ["animation=none"], "events": ["animation=events"]}, base=[*TINY, "rules=widened"], replicates=2
    )
    assert found.result.scenario(0, 2).rules.to_dict() == found.result.scenario(1, 2).rules.to_dict()
    assert found.result.scenario(0, 1).rules.phi == draw("widened", 1)["phi"]
    assert found.result.scenario(0, 2).rules.phi == draw("widened", 2)["phi"]
    told = report_drawn(found.result, [0, 1])
    assert told["phi"] == sorted(draw("widened", k)["phi"] for k in (1, 2))  # what a report says was used
    assert sorted(told) == sorted(NAMES)
