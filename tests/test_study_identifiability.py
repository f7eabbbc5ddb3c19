"""Identifiability: a made-up bank of which it is known what it identifies; priors as in the table of parameters; words that follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliancesim.analysis.identification import VERDICTS
from alliancesim.errors import UserError
from alliancesim.identified import PATH, identified_parameters, identified_table
from alliancesim.parameters import BY_NAME, PARAMETERS
from alliancesim.studies.identifiability import (
    Bank,
    bank_of,
    combination_lines,
    informs_lines,
    page_of,
    rank_lines,
    study,
    verdict_lines,
)
from alliancesim.studies.page import shown
from alliancesim.studies.reproduce import write


def made_up(number=900, noise=0.02):
    """Four parameters: ``clear`` has a target of its own, of ``one`` and ``other`` only the sum is seen, ``idle`` moves nothing."""
    generator = np.random.default_rng(1)
    shares = pd.DataFrame(generator.random((number, 4)), columns=["clear", "one", "other", "idle"])
    targets = pd.DataFrame(
        {
            "a": shares["clear"] + noise * generator.standard_normal(number),
            "b": shares["one"] + shares["other"] + noise * generator.standard_normal(number),
        }
    )
    targets.loc[::50, "b"] = np.nan
    about = pd.DataFrame(
        {"target": ["a", "b"], "words": ["target a", "target b"], "value": [0.5, 1.0], "tolerance": [0.08, 0.08]}
    )
    return Bank(shares, targets, about)


@pytest.fixture(scope="module")
def found():
    return study(made_up(), truths=120)


def test_what_is_identified_is_what_was_put_in(found):
    table = found.table.set_index("parameter")
    assert table.loc["clear", "verdict"] == "identified"
    assert table.loc["idle", "verdict"] == "not identified"
    assert table.loc[["one", "other"], "verdict"].isin(["partly", "identified"]).all()
    # the targets are uniform within 0.08 and normal with 0.02: hence 1 - 12 (0.08² / 3 + 0.02²), edges aside
    assert table.loc["clear", "contraction"] == pytest.approx(1 - 12 * (0.08**2 / 3 + 0.02**2), abs=0.02)
    assert abs(table.loc["idle", "contraction"]) < 0.05
    # of two uniform parameters of which only the sum is seen, the mean variance given it is 1/24: half of the prior's
    assert table.loc[["one", "other"], "contraction"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.06)
    assert (table["contraction_exact"] >= table["contraction"] - 0.03).all()
    assert len(found.bank.targets) == 900 - 18


def test_combinations_and_what_informs_what(found):
    best = found.combinations.head(2)
    assert (best["contraction"] > 0.9).all()
    summed = best.loc[best["one"].abs().idxmax()]
    assert summed["one"] == pytest.approx(summed["other"], abs=0.1)
    lost = found.informs.set_index(["target", "parameter"])["lost"]
    assert lost["a", "clear"] > 0.8
    assert lost["b", "one"] > 0.3
    assert abs(lost["a", "one"]) < 0.05
    text = "\n".join(informs_lines(found))
    assert "- target a: `clear`" in text


def test_words_follow_the_numbers(found):
    text = "\n".join(verdict_lines(found.table))
    assert "**Identified** (contraction of 0.5 or more, ranks inside their band): `clear`" in text
    assert "they keep their priors in all claims: 1 others, of type A or nuisance (contraction of " in text
    assert "**Not to be judged**, since their ranks leave the band: they keep their priors: none." in text
    assert "leave their band" not in " ".join(rank_lines(found))
    text = " ".join(combination_lines(found))
    assert "Among the 3 parameters that are identified or partly identified, 2 combinations are identified: " in text
    assert "+ 0.7" in text


def test_the_page(found, tmp_path):
    page = page_of(found, made_up())
    from alliancesim.studies.identifiability import STUDY

    text = write(STUDY.name, page, tmp_path).read_text(encoding="utf-8")
    assert "nan" not in text.lower().replace("finance", "")
    assert "2.0 % of the sets" in text
    kept = pd.read_csv(tmp_path / "identifiability" / "identified.csv")
    assert set(kept["parameter"]) == {"clear", "one", "other", "idle"}
    assert shown(1.0) == "1"


class Line:
    """A model of two targets in a line: picklable, counted."""

    names = ("m0", "theta")

    def __call__(self, parameters, seed):
        return np.array(
            [parameters["m0"], parameters["theta"], parameters["theta"] + 1e-6 * (seed % 7), parameters["m0"]]
        )


def plan_of_two():
    from alliancesim.calibration.plan import load_plan
    from alliancesim.calibration.space import space_of

    plan = load_plan(quick=True)
    return replace(plan, space=space_of({"also": ["theta", "m0"]}), targets=plan.targets[:2])


def test_the_bank_is_the_first_wave_of_the_calibration_and_further_runs(tmp_path):
    """What is there is not run again; further runs have other points and other seeds; the shares are those of the priors."""
    from alliancesim.calibration.bank import first_design, first_wave, further_runs
    from alliancesim.calibration.folder import JOURNAL
    from alliancesim.experiments.journal import Journal
    from alliancesim.experiments.settings import Settings

    plan, how = plan_of_two(), Settings(workers=1)
    points, found = first_wave(plan, tmp_path / "calibration", how, simulator=Line())
    assert (points == first_design(plan)).all()
    journal = Journal(tmp_path / "calibration" / JOURNAL)
    assert len(journal.done()) == plan.budget.bank == len(found)
    journal.close()
    again = first_wave(
        plan, tmp_path / "calibration", how, simulator=None
    )  # nothing is run, so that no model is needed
    assert (again[1] == found).all()
    more, others = further_runs(plan, tmp_path / "identifiability", how, 30, simulator=Line())
    assert not np.isin(more, points).any()
    bank = bank_of(plan, points, found, more, others)
    assert len(bank.targets) == plan.budget.bank + 30
    assert bank.shares.to_numpy().min() >= 0
    assert bank.shares.to_numpy().max() <= 1
    low, high = BY_NAME["m0"].low, BY_NAME["m0"].high
    below = np.log(bank.targets.iloc[:, 1] / low) / np.log(high / low)
    assert below.to_numpy() == pytest.approx(bank.shares["m0"].to_numpy(), abs=1e-6)
    with pytest.raises(UserError, match="another plan"):
        first_wave(replace(plan, seed=2), tmp_path / "calibration", how, simulator=Line())


def test_a_calibration_goes_on_from_its_first_wave(tmp_path, monkeypatch):
    from alliancesim.calibration import calibrate as module
    from alliancesim.calibration.bank import first_wave
    from alliancesim.experiments.settings import Settings

    plan = plan_of_two()
    _, found = first_wave(plan, tmp_path, Settings(workers=1), simulator=Line())

    class Stop(Exception):
        pass

    def only_the_first(work):
        work._stage("wave 1", 0, module.first_design(plan))
        raise Stop

    monkeypatch.setattr(module._Work, "all", only_the_first)
    seen = []
    monkeypatch.setattr(
        module._Work, "_stage", lambda work, _w, number, x: seen.append(work.runs.do(number, plan.space.values(x)))
    )
    with pytest.raises(Stop):
        module.calibrate(plan, tmp_path, Settings(workers=1), simulator=Never())
    assert (seen[0] == found).all()


class Never(Line):
    """A model that must not be run."""

    def __call__(self, parameters, seed):
        raise AssertionError("run again")


def test_the_table_of_the_package_is_that_of_the_page():
    """After `alliancesim reproduce identifiability`:
    cp docs/experiments/identifiability/identified.csv src/alliancesim/data/identified.csv"""
    page = Path(__file__).resolve().parents[1] / "docs" / "experiments" / "identifiability" / "identified.csv"
    assert page.exists() == PATH.exists()
    if not page.exists():
        with pytest.raises(UserError, match="not found"):
            identified_parameters()
        return
    assert page.read_bytes() == PATH.read_bytes()
    table = identified_table()
    assert {one.name for one in PARAMETERS if one.kind == "C"} <= set(table)
    assert set(table.values()) <= set(VERDICTS)


def test_what_is_taken_from_a_posterior(tmp_path):
    path = tmp_path / "identified.csv"
    path.write_text(
        "parameter,verdict\ntheta,identified\nselection,identified\npsi,not identified\nm0,partly\ntol0,ranks off\n",
        encoding="utf-8",
    )
    assert identified_parameters(path) == ("theta", "m0")
    with pytest.raises(UserError, match="reproduce identifiability"):
        identified_parameters(tmp_path / "none.csv")
    path.write_text("parameter,verdict\nnothing,identified\n", encoding="utf-8")
    with pytest.raises(UserError, match="found nothing, expected names of parameters"):
        identified_parameters(path)
