"""Files of hypotheses: what they say, their register, and `alliancesim reproduce hypotheses`."""

from __future__ import annotations

import shutil

import pytest

from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.experiments.plan import make_plan
from alliancesim.hypotheses import registry
from alliancesim.hypotheses.decide import Decision
from alliancesim.hypotheses.page import entailed_words
from alliancesim.hypotheses.registry import REGISTER, entries, register, registered
from alliancesim.hypotheses.running import experiment_of
from alliancesim.hypotheses.schema import NAMES, chosen, content_hash, hypotheses_folder, load
from alliancesim.scenario import load_scenario

HOME = hypotheses_folder()


@pytest.fixture
def copy(tmp_path):
    """A folder with two of the files, registered."""
    for name in ("H6", "H18"):
        shutil.copy(HOME / f"{name}.yaml", tmp_path / f"{name}.yaml")
    register(["H6", "H18"], tmp_path, "2026-01-01")
    return tmp_path


# -- the files and their register -------------------------------------------------------------------------------------


def test_every_file_says_what_was_registered() -> None:
    last = {one.name: one for one in entries()}
    assert set(last) == set(NAMES)
    assert {path.stem for path in HOME.glob("*.yaml")} == set(NAMES)
    for name in NAMES:
        assert content_hash(HOME / f"{name}.yaml") == last[name].sha256, f"{name}: register it again (a further line)"


def test_roles_and_labels_are_those_of_the_specification() -> None:
    files = [registered(name)[0] for name in NAMES]
    assert [one.name for one in files if one.role == "confirmatory"] == ["H1", "H2"]
    assert "entailed" in {one.label for one in files}
    assert all(one.because.endswith(".") and one.limits for one in files)
    assert all(effect.least > 0 and effect.reason for one in files for effect in one.effects.values())


def test_a_register_is_added_to_and_never_edited(copy) -> None:
    before = (copy / REGISTER).read_text()
    assert register(["H6", "H18"], copy) == []
    path = copy / "H6.yaml"
    path.write_text("# another comment\n" + path.read_text())
    assert register(["H6"], copy) == []  # says the same
    path.write_text(path.read_text().replace("least: 0.095", "least: 0.2"))
    assert [one.name for one in register(["H6"], copy, "2026-02-01")] == ["H6"]
    after = (copy / REGISTER).read_text()
    assert after.startswith(before)
    assert [one.date for one in entries(copy) if one.name == "H6"] == ["2026-01-01", "2026-02-01"]
    assert registered("H6", copy)[1].date == "2026-02-01"


def test_a_changed_file_is_refused(copy, monkeypatch, capsys, tmp_path_factory) -> None:
    monkeypatch.setattr(registry, "hypotheses_folder", lambda: copy)
    path = copy / "H6.yaml"
    path.write_text(path.read_text().replace("least: 0.095", "least: 0.01", 1))
    out = tmp_path_factory.mktemp("out") / "runs"
    assert main(["reproduce", "hypotheses", "only=H6", "rules=prior", "quick=true", f"output={out}"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "H6.yaml: says something else than what was registered on 2026-01-01" in said[0]
    assert not out.exists()
    (copy / REGISTER).unlink()
    with pytest.raises(UserError, match="H6: never registered"):
        registered("H6", copy)
    with pytest.raises(UserError, match="H7: found no file"):
        registered("H7", copy)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("least: 0.095", "least: 0", "effects.interaction.least: found 0, expected a number above 0"),
        ("sign: \"+\"", "sign: up", "effects.interaction.sign: found 'up', expected one of"),
        ("measure: contrast", "measure: contrasts", "did you mean 'contrast'"),
        ("transform: log_count", "transfrom: log_count", "of.transfrom: unknown key"),
        ("quantity: alliances_deployed, ", "", "of.quantity: found nothing, expected it"),
        ("most: 30", "most: 6", "most: found 6, expected 20"),
        ("label: open", "label: sure", "label: found 'sure', expected one of entailed, contingent, open"),
        ("name: H6", "name: H7", "name: found 'H7', expected 'H6'"),
    ],
)  # fmt: skip
def test_what_can_be_wrong_in_a_file(tmp_path, old, new, said) -> None:
    text = (HOME / "H6.yaml").read_text()
    place = text.index(old, 0 if old.startswith(("most", "label", "name")) else text.index("effects:"))
    changed = text[:place] + new + text[place + len(old) :]
    path = tmp_path / "H6.yaml"
    path.write_text(changed)
    with pytest.raises(UserError) as error:
        load(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["only=H99"], "only: found 'H99', expected one of H1, H1b"),
        (["only="], "only: found nothing, expected names such as H6,H7"),
        (["only=H6", "rules=priors"], "rules: found 'priors', expected one of default, prior, widened, posterior"),
        (["onyl=H6"], "onyl: unknown key"),
    ],
)
def test_what_can_be_wrong_on_the_command_line(tmp_path, monkeypatch, capsys, words, said) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "hypotheses", *words]) == 2
    err = capsys.readouterr().err.strip()
    assert said in err
    assert "\n" not in err
    assert not list(tmp_path.iterdir())


def test_names_come_in_order() -> None:
    assert chosen("H7, H1b") == ["H1b", "H7"]
    assert chosen(None) == list(NAMES)


# -- draws and seeds --------------------------------------------------------------------------------------------------


def test_seeds_share_a_draw() -> None:
    words = ("rules=prior", "uncertainty.seeds=2")
    one, two, three = (load_scenario(*words, f"seed={seed}") for seed in (10, 11, 12))
    assert one.uncertainty.drawn == two.uncertainty.drawn == 5
    assert one.rules == two.rules
    assert one.rules != three.rules
    assert load_scenario("rules=prior", "seed=5").rules == one.rules


def test_arms_share_draws_and_what_is_given_is_kept() -> None:
    plan = make_plan(experiment_of(load(HOME / "H3.yaml"), "prior", 3, False))
    none = next(point for point in plan.points if point.label == "none")
    agenda = next(point for point in plan.points if point.label == "agenda")
    assert plan.experiment.replicates == 6
    first, again = plan.scenario(none, 1), plan.scenario(agenda, 2)
    assert (first.seed, again.seed) == (2000, 2001)
    assert first.uncertainty.drawn == again.uncertainty.drawn == 1000
    assert first.rules.tol0 == again.rules.tol0
    assert (first.rules.portfolio, again.rules.shared_weight) == (1, 1.0)
    assert first.rules.shared_weight < 1.0
    assert plan.scenario(none, 3).rules.tol0 != first.rules.tol0


def test_what_a_rule_entails_fails_only_where_it_was_measured() -> None:
    held = Decision("undecided", p=0.85, against=0.0, draws=20, measured=17)
    assert entailed_words("H4", held) == "H4 held in all 17 draws that could be measured, of 20"
    failed = Decision("undecided", p=0.80, against=0.05, draws=20, measured=17)
    assert entailed_words("H4", failed) == "H4 **failed** in some of the 17 draws that could be measured, of 20"


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_quick_version_runs_every_hypothesis(tmp_path, capsys) -> None:
    """All of them, tiny: shows that files, measures, figures and words fit each other."""
    assert main(["reproduce", "hypotheses", "rules=prior", "quick=true", "workers=1", f"output={tmp_path}"]) == 0
    text = (tmp_path / "hypotheses.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() == str(tmp_path / "hypotheses.md")
    assert all(f"## {name}: undecided" in text for name in NAMES)
    assert "**Quick version: too small to say anything.**" in text
    assert all((tmp_path / "hypotheses" / f"{name}.png").stat().st_size > 5000 for name in NAMES)
    assert "0 of which failed" in text
