"""Every config composes; groups, cases and the command line have their precedence; origins are told."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import yaml

from alliancesim.errors import UserError
from alliancesim.extensions import switched_on
from alliancesim.levers import BY_NAME, LEVER_NAMES
from alliancesim.scenario import RESOURCE_LEVELS, Scenario, load_scenario, origins
from alliancesim.scenario.case import CaseConfig
from alliancesim.scenario.library import GROUPS, check_option, label, options, packaged_folder

KEUR_A_DAY = 0.26
NEEDS = {
    "territory=real": ("territory.place=Figeac",),
    "territory=tables": ("territory.cells=cells.csv", "territory.organisations=organisations.csv"),
}
EVERY_OPTION = [f"{group}={name}" for group in GROUPS for name in options(group)]
CASES = tuple(options("case"))


@pytest.mark.parametrize("choice", EVERY_OPTION)
def test_every_config_composes_and_instantiates(choice):
    scenario = load_scenario(choice, *NEEDS.get(choice, ()))
    assert isinstance(scenario, Scenario)
    assert label(options(choice.partition("=")[0])[choice.partition("=")[2]].path).startswith("configs/")


def test_every_option_says_what_it_is():
    for group in GROUPS:
        for option in options(group).values():
            assert option.doc, option.path


@pytest.mark.parametrize(
    ("territory", "resources"), list(itertools.product(("urban", "rural", "zus", "cross_border"), RESOURCE_LEVELS))
)
def test_matrix_of_territories_and_resources(territory, resources):
    scenario = load_scenario(f"territory={territory}", f"resources={resources}")
    assert scenario.territory.typology == territory
    assert scenario.resources == resources
    assert scenario.rules.r_fin == scenario.rules.r_hum == RESOURCE_LEVELS[resources]
    assert scenario.rules.r_str == Scenario().rules.r_str


def test_names_that_are_fixed():
    """Groups and options that notebooks and scripts rely on."""
    fixed = {
        "territory": "urban rural zus cross_border real tables",
        "resources": "scarce moderate abundant",
        "history": "none competitive cooperative",
        "animation": "none events matchmaking labo diagnosis_expert diagnosis_coproduced forums plenary two_phase "
        "accompaniment mediators fund purchasing bank evaluation adaptive full",
        "rules": "default no_contest scale_invariant",
        "case": "labo_alsace charenton vaucluse_latent vaucluse_two_phase celavar_rural opus3_scarcity coordin_actions "
        "flda_ardeche silver_geek la_poste_roubaix community_foundation tetris_le_havre cci_le_havre interreface "
        "planet_adam_zus isigaz_mediators ptce medef_network lyonnaise_insertion face_utilities national_programme",
    }
    for group, names in fixed.items():
        assert set(names.split()) <= set(options(group))


def test_defaults_are_those_of_the_dataclasses():
    assert load_scenario() == Scenario()
    assert Scenario().burn_in == 120
    assert Scenario().months == 120
    assert Scenario().population.sample == 1.0


@pytest.mark.parametrize("case", [None, *CASES])
def test_files_merge_as_hydra_merges_them(case):
    """Without groups on the command line, our own merging of files is Hydra's."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from alliancesim.scenario import from_dict

    overrides = [f"case={case}"] if case else ["animation=[events,fund]", "resources=scarce", "history=cooperative"]
    with initialize_config_dir(str(packaged_folder()), version_base="1.3"):
        theirs = OmegaConf.to_container(compose("config", overrides), resolve=True)
    assert isinstance(theirs, dict)
    for empty in ("rules", "animation", "history"):
        theirs[empty] = theirs.get(empty) or {}
    assert from_dict(theirs) == load_scenario(*overrides)


def test_no_state_of_hydra_is_left_behind():
    from hydra.core.global_hydra import GlobalHydra

    load_scenario()
    assert not GlobalHydra.instance().is_initialized()


def test_means_on_the_command_line_win_over_the_word():
    scenario = load_scenario("rules.r_fin=0.7", "resources=scarce")
    assert (scenario.rules.r_fin, scenario.rules.r_hum) == (0.7, 0.4)


def test_animations_compose_as_a_list():
    scenario = load_scenario("animation=[events,fund]")
    (animator,) = scenario.animation.animators.values()
    assert set(animator.levers) == {"event", "fund"}
    assert set(animator.sources) == {"events", "fund"}
    assert load_scenario("animation=events").animation == load_scenario("animation=[none,events]").animation
    assert load_scenario("animation=[full,events]").animation == load_scenario("animation=full").animation


def test_full_animation_has_every_lever():
    (animator,) = load_scenario("animation=full").animation.animators.values()
    assert {lever.lever for lever in animator.levers.values()} == set(LEVER_NAMES)


@pytest.mark.parametrize("choice", [choice for choice in EVERY_OPTION if choice.startswith(("animation", "case"))])
def test_money_pays_for_the_calendar_to_the_end(choice):
    """At no month has an animator spent more than it had received, its own days included."""
    scenario = load_scenario(choice)
    for animator in scenario.animation.animators.values():
        received = spent = 0.0
        for month in range(1, scenario.months + 1):
            received += sum(source.keur(month) for source in animator.sources.values())
            for lever in animator.levers.values():
                cost = lever.cost_keur + KEUR_A_DAY * lever.cost_days
                share = lever.active(month) / 12 if lever.standing else lever.occurrences(month)
                spent += cost * share
            assert spent <= received + 1e-9, (month, spent, received)


def test_a_case_brings_its_setting():
    scenario = load_scenario("case=charenton")
    assert scenario.case is not None
    assert scenario.case.name == "charenton"
    assert scenario.territory.kind == "real"
    assert scenario.territory.domains == ["disability", "precarity", "isolation"]
    assert (scenario.months, scenario.burn_in, scenario.rules.r_max) == (48, 120, 3)
    plenary = scenario.animation.animators["town"].levers["plenary"]
    assert [month for month in range(1, 49) if plenary.occurrences(month)] == [34]
    assert plenary.options == {
        **{name: option.default for name, option in BY_NAME["forum"].options.items()},
        "plenary": True,
        "seats": 142,
        "themes": 3,
        "meetings": 3,
        "actions": 2,
        "transversal": True,
    }


def test_the_command_line_wins_over_a_case():
    scenario = load_scenario("case=charenton", "months=12", "territory=rural", "rules.r_max=5")
    assert (scenario.months, scenario.rules.r_max) == (12, 5)
    assert scenario.territory == load_scenario("territory=rural").territory
    assert "plenary" in scenario.animation.animators["town"].levers

    scenario = load_scenario("animation=none", "history=cooperative", "case=vaucluse_two_phase")
    assert scenario.animation.animators == {}
    assert (scenario.history.name, scenario.rules.trust0) == ("cooperative", 0.6)
    assert scenario.rules.willing0 == 0.45

    scenario = load_scenario("case=charenton", "rules=no_contest", "resources=abundant")
    assert (scenario.rules.r_max, scenario.rules.lead_by_lot, scenario.rules.r_fin) == (3, 1, 2.5)


def test_cases_of_the_same_territory_share_their_setting():
    latent, convened = load_scenario("case=vaucluse_latent"), load_scenario("case=vaucluse_two_phase")
    assert latent.territory == convened.territory
    assert latent.rules == convened.rules
    assert latent.animation.animators == {}


@pytest.mark.parametrize("case", CASES)
def test_a_case_says_where_it_comes_from_and_what_is_assumed(case):
    config = load_scenario(f"case={case}").case
    assert config is not None
    assert config.name == case
    assert len(config.origin) > 100
    assert len(config.assumed) > 100
    assert len(config.tells) > 50
    assert len(config.cannot) > 50
    assert re.search(r"P[123]\.\d", config.origin + config.tells), "no place in the source"
    assert config.reference or config.shows
    for reference in config.reference:
        assert reference.definition
        assert reference.source.startswith("N")
        assert reference.observable not in config.shows


@pytest.mark.parametrize("case", CASES)
def test_a_case_sets_the_scene_and_no_outcome(case):
    """Numbers of outcomes stand under ``reference`` only: without what a case says of itself, the run is the same."""
    text = (packaged_folder() / "case" / f"{case}.yaml").read_text(encoding="utf-8")
    keys = set(yaml.safe_load(text)) - {"defaults"}
    assert keys <= {"territory", "months", "burn_in", "rules", "history", "shocks", "population", "animation", "case"}
    scenario = load_scenario(f"case={case}")
    mute = CaseConfig(name=case)
    assert scenario.replace(case=mute).hash() == scenario.hash()


@pytest.mark.parametrize("case", CASES)
def test_a_case_switches_on_only_rules_it_speaks_of(case):
    """An extension that a preset switches on is told or assumed in words, so that nobody meets it unawares."""
    scenario = load_scenario(f"case={case}")
    said = (scenario.case.origin + scenario.case.assumed).casefold()
    words = {
        "governance": ("share", "arbitration", "lead"),
        "perimeters": ("commune", "department", "level"),
        "demography": ("demography", "newcomer"),
        "replication": ("replication",),
        "dialogue": ("dialogue",),
        "supply_links": ("supplier",),
        "patience": ("patience",),
    }
    for extension in switched_on(scenario.rules.to_dict()):
        assert any(word in said for word in words[extension]), extension
    if scenario.shocks:
        assert "shock" in said


def test_case_null_is_no_case(tmp_path):
    assert load_scenario("case=null") == load_scenario("case=none") == load_scenario()
    defaults = (packaged_folder() / "config.yaml").read_text(encoding="utf-8").replace("case: null", "case: charenton")
    (tmp_path / "config.yaml").write_text(defaults, encoding="utf-8")
    assert load_scenario(config_dir=tmp_path) == load_scenario("case=charenton")
    assert load_scenario("case=null", config_dir=tmp_path) == load_scenario()


def test_origins():
    found = origins(["case=charenton", "months=12", "resources=scarce", "rules.r_hum=0.9"])
    assert found["months"] == (12, "command line")
    assert found["rules.r_hum"] == (0.9, "command line")
    assert found["rules.r_fin"] == (0.4, "configs/resources/scarce.yaml")
    assert found["rules.r_max"] == (3, "configs/case/charenton.yaml")
    assert found["territory.kind"] == ("real", "configs/territory/real.yaml")
    assert found["territory.domains"] == (["disability", "precarity", "isolation"], "configs/case/charenton.yaml")
    assert found["seed"] == (1, "default")
    assert found["animation.animators.town.levers.plenary.options.seats"] == (142, "configs/case/charenton.yaml")
    from alliancesim.scenario.text import leaves

    assert set(found) == set(leaves(load_scenario("case=charenton", "months=12").to_dict()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mine = tmp_path / "my configs é"
    (mine / "territory").mkdir(parents=True)
    (mine / "case").mkdir()
    return mine


def test_a_users_folder_shadows_and_adds(folder):
    (folder / "territory" / "rural.yaml").write_text("kind: synthetic\nname: mine\ntypology: rural\npopulation: 9000\n")
    (folder / "case" / "mine.yaml").write_text(
        "# @package _global_\n# My own case\n"
        "defaults:\n  - override /territory: rural\n  - override /resources: scarce\n"
        "months: 24\nrules:\n  r_fin: 0.5\nterritory:\n  cell_km: 1\n"
    )
    scenario = load_scenario("case=mine", config_dir=folder)
    assert (scenario.territory.name, scenario.territory.population, scenario.territory.cell_km) == ("mine", 9000, 1.0)
    assert (scenario.resources, scenario.rules.r_fin, scenario.rules.r_hum) == ("scarce", 0.5, 0.4)
    found = origins(["case=mine"], folder)
    assert found["territory.population"] == (9000, str(folder / "territory" / "rural.yaml"))
    assert found["months"] == (24, str(folder / "case" / "mine.yaml"))
    assert load_scenario("territory=rural").territory.population is None
    assert load_scenario("case=mine", "resources=moderate", config_dir=folder).rules.r_fin == 1.0
    assert check_option("case", "mine", folder) == "mine"


def test_a_users_folder_may_hold_the_defaults(folder):
    (folder / "config.yaml").write_text(
        "defaults:\n  - _self_\n  - territory: zus\n  - resources: moderate\n  - history: none\n  - animation: none\n"
        "  - rules: default\n  - optional case: null\nmonths: 7\n"
    )
    scenario = load_scenario(config_dir=folder)
    assert (scenario.months, scenario.territory.typology) == (7, "zus")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: [synthetic\nname: x\n", ("broken YAML", "line 2")),
        ("kind: synthetic\ntypologie: urban\n", ("territory.typologie", "unknown key", "typology")),
        ("kind: synthetic\ntypology: ???\n", ("territory.typology", "???")),
        ("kind: real\nplace: 01001\n", ("territory.place", "quotes")),
        ("kind: synthetic\nname: ${nothing}\n", ("nothing",)),
        ("- a\n- b\n", ("bad.yaml",)),
        ("kind: synthetic\ndefaults: 3\n", ("bad", "defaults")),
        ("defaults:\n  - nowhere\nkind: synthetic\n", ("nowhere",)),
        ("kind: synthetic\ncell_km: .nan\n", ("territory.cell_km", "nan")),
    ],
)
def test_a_bad_file_of_the_user_gives_one_line(folder, text, words):
    (folder / "territory" / "bad.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_scenario("territory=bad", config_dir=folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    if "defaults" in words:
        words = words[1:]
    for word in words:
        assert word in message


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(UserError, match="--config-dir"):
        load_scenario(config_dir=tmp_path / "nothing")
