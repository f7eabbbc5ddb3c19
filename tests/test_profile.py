"""Where the time goes: what a profiled run tells, and that profiling alters nothing."""

from __future__ import annotations

import dataclasses

import pytest

import alliancesim as al
from alliancesim.cli import main
from alliancesim.engine import engine_of
from alliancesim.errors import UserError
from alliancesim.profiling import COLUMNS, FIGURES, FILES, KERNELS, RESULT, TABLES, TERRITORY, WORK, Profile, table_text
from alliancesim.results import folder as folder_module
from alliancesim.results import open_result
from alliancesim.rules.plan import PHASE_NAMES

TOWN = ("territory=urban", "territory.population=3000", "animation=full", "rules.hazard0=0.2")
SMALL = (*TOWN, "months=14", "burn_in=12", "threads=1")


@pytest.fixture(scope="module")
def scenario():
    return al.load_scenario(*SMALL)


@pytest.fixture(scope="module")
def profiled(scenario):
    return al.simulate(scenario, profile=True)


def test_a_profile_has_every_part_and_phase_in_order(profiled):
    frame = profiled.profile
    assert list(frame.columns) == list(COLUMNS)
    assert frame["part"].tolist() == [KERNELS, TERRITORY, TABLES, *PHASE_NAMES, RESULT]
    assert (frame["seconds"] >= 0).all()
    assert frame["share"].sum() == pytest.approx(1.0)
    phases = frame[frame["part"].isin(PHASE_NAMES)]
    assert phases["what"].tolist() == [WORK[name].what for name in PHASE_NAMES]
    assert phases["ns_per_organisation_month"].notna().all()
    assert frame.loc[~frame["part"].isin(PHASE_NAMES), "ns_per_organisation_month"].isna().all()


def test_events_are_what_the_phases_worked_on(profiled, scenario):
    events = dict(zip(profiled.profile["part"], profiled.profile["events"], strict=True))
    n, months = len(profiled.organisations), scenario.burn_in + scenario.months
    assert events[TABLES] == n
    assert events[TERRITORY] == len(profiled.territory)
    assert events["raise_awareness"] == n * months
    assert events["renew_means"] == 3 * n  # three Januaries in 26 months
    assert events["observe"] == months
    assert events["convene"] == len(profiled.forums) > 0
    assert events["meet"] == events["propose"] == profiled.timeseries["meetings"].sum() > 0
    assert events["execute"] == events["learn"] == events["renew_or_exit"] > events["identify"] > 0
    # alive at the end of each month, and those that ended in it
    ended = profiled.timeseries["ends"].sum()
    assert events["renew_or_exit"] == profiled.timeseries["alliances"].sum() + ended
    assert events["identify"] == profiled.timeseries["alliances"].sum()


def test_nanoseconds_are_seconds_by_event_and_by_organisation_and_month(profiled, scenario):
    row = profiled.profile.set_index("part").loc["meet"]
    months = scenario.burn_in + scenario.months
    assert row["ns_per_event"] == pytest.approx(row["seconds"] * 1e9 / row["events"])
    pairs = len(profiled.organisations) * months
    assert row["ns_per_organisation_month"] == pytest.approx(row["seconds"] * 1e9 / pairs)


def test_profiling_alters_no_result_and_no_identity(profiled, scenario):
    plain = al.simulate(scenario)
    assert plain.profile is None
    assert plain.hashes() == profiled.hashes()
    assert scenario.replace(profile=True).hash() == scenario.hash()
    assert al.simulate(scenario.replace(profile=True, months=1, burn_in=0)).profile is not None


def test_a_run_that_is_not_profiled_has_no_hook(scenario, monkeypatch):
    from alliancesim.engine import Engine

    monkeypatch.setattr(Engine, "hook", lambda *_a, **_k: pytest.fail("a hook was set"))
    al.simulate(scenario.replace(months=1, burn_in=0))


def test_every_phase_has_its_work():
    assert tuple(WORK) == PHASE_NAMES


def test_a_phase_of_the_user_is_timed_too(scenario):
    engine = engine_of(scenario.replace(months=2, burn_in=0))
    engine.replace("identify", lambda world: None)
    profile = Profile()
    profile.watch(engine)
    engine.run()
    profile.read(engine)
    assert [row["part"] for row in profile.rows()] == list(PHASE_NAMES)
    assert "identify" in table_text(profile.rows())


def test_an_empty_profile_is_a_table_without_parts():
    assert "all" in table_text(Profile().rows())


def test_the_command_prints_the_table_and_saves_none(scenario, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(folder_module, "draw", lambda result, folder: folder.mkdir())
    monkeypatch.setattr(folder_module, "report", lambda result, target: "done")
    monkeypatch.chdir(tmp_path)
    assert main(["run", *SMALL, "output=plain"]) == 0
    assert "where the time went" not in capsys.readouterr().out
    assert main(["run", *SMALL, "output=plain", "profile=true"]) == 0  # the same run: replaced without asking
    said = capsys.readouterr().out
    lines = said.partition("where the time went:\n")[2].splitlines()
    parts = [KERNELS, TERRITORY, TABLES, *PHASE_NAMES, RESULT, FIGURES, FILES, "all phases", "all"]
    assert [line.strip().partition("  ")[0] for line in lines[1:]] == parts
    assert "meetings" in said
    assert "organisation and month" in lines[0]
    stored = open_result("plain")
    assert stored.profile is None
    assert stored.scenario.profile is True


@pytest.mark.parametrize(
    "command", [["sweep", "experiment=typology_by_resources"], ["compare", "a: months=3", "b: months=4"]]
)
def test_profile_is_of_one_run(command, capsys):
    assert main([*command, "profile=true"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("alliancesim: profile: found it for")
    assert error.count("\n") == 1


def test_profile_is_true_or_false(capsys):
    with pytest.raises(UserError, match=r"profile: found 2, expected true or false"):
        al.load_scenario("profile=2")
    with pytest.raises(UserError, match="no factor"):
        al.Experiment(name="mine", factors={"profile": [True, False]})


def test_the_key_says_that_it_changes_nothing():
    (field,) = [one for one in dataclasses.fields(al.Scenario) if one.name == "profile"]
    assert "changes no result" in field.metadata["spec"].doc
