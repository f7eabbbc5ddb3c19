"""Identifiability: a made-up bank of which it is known what it identifies; priors as in the table of parameters; words that follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliancesim.analysis.identification import VERDICTS
from alliancesim.errors import UserError
from alliancesim.experiments.compose import load_experiment
from alliancesim.experiments.experiment import FactorConfig
from alliancesim.identified import PATH, identified_parameters, identified_table
from alliancesim.parameters import BY_NAME, PARAMETERS
from alliancesim.studies.identifiability import (
    EXPERIMENTS,
    TARGETS,
    Bank,
    combination_lines,
    informs_lines,
    page_of,
    rank_lines,
    share_below,
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
    return study(made_up(), truths=150)


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
    assert "they keep their priors in all claims: `idle`" in text
    assert "**Not to be judged**, since their ranks leave the band: they keep their priors: none." in text
    assert "leave their band" not in " ".join(rank_lines(found))
    text = " ".join(combination_lines(found))
    assert "Of 4 directions in the space of parameters the targets identify 2: " in text
    assert "+ 0.7" in text


def test_the_page(found, tmp_path):
    page = page_of(found, made_up(), "A heading", "A question?")
    from alliancesim.studies.identifiability import STUDY

    text = write(STUDY, page, tmp_path).read_text(encoding="utf-8")
    assert "nan" not in text.lower().replace("finance", "")
    assert "2.0 % of the sets" in text
    kept = pd.read_csv(tmp_path / "identifiability" / "identified.csv")
    assert set(kept["parameter"]) == {"clear", "one", "other", "idle"}
    assert shown(1.0) == "1"


def test_the_prior_of_the_bank_is_that_of_the_table():
    """Every parameter of type C, over its range; a log scale where the range spans a factor of five."""
    designs = [load_experiment(name) for name in EXPERIMENTS]
    calibrated = {f"rules.{one.name}" for one in PARAMETERS if one.kind == "C"}
    for experiment in designs:
        assert set(experiment.factors) == calibrated
        assert experiment.factors == designs[0].factors
        assert experiment.design == designs[0].design
        for name, factor in experiment.factors.items():
            parameter = BY_NAME[name.removeprefix("rules.")]
            assert (factor.low, factor.high) == (parameter.low, parameter.high)
            assert factor.distribution == ("log_uniform" if parameter.log else "uniform"), name


def test_shares_of_a_prior_undo_its_draws():
    for factor in (FactorConfig(low=0.001, high=0.1, log=True), FactorConfig(low=-1.0, high=3.0)):
        values = pd.Series([factor.at(share) for share in (0.1, 0.5, 0.9)])
        assert share_below(values, factor).to_numpy() == pytest.approx([0.1, 0.5, 0.9])


def test_targets_are_those_of_the_surveys():
    from alliancesim.plots.survey import ENGAGED_2013, FIRMS_2010, YOUNG_2010

    ours = {one.column: (one.value, one.tolerance) for one in TARGETS}
    for mark in (*ENGAGED_2013, *FIRMS_2010, YOUNG_2010):
        assert ours[mark.column] == (mark.value, mark.tolerance)


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
    assert set(table) == {one.name for one in PARAMETERS if one.kind == "C"}
    assert set(table.values()) <= set(VERDICTS)


def test_what_is_taken_from_a_posterior(tmp_path):
    path = tmp_path / "identified.csv"
    path.write_text(
        "parameter,verdict\ntheta,identified\npsi,not identified\nm0,partly\ntol0,ranks off\n", encoding="utf-8"
    )
    assert identified_parameters(path) == ("theta", "m0")
    with pytest.raises(UserError, match="reproduce identifiability"):
        identified_parameters(tmp_path / "none.csv")
    path.write_text("parameter,verdict\nnothing,identified\n", encoding="utf-8")
    with pytest.raises(UserError, match="found nothing, expected names of parameters"):
        identified_parameters(path)
