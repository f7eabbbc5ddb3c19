"""Every key is typed and bounded, whichever way its value comes; scenarios go to files and back."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME, PARAMETERS
from alliancesim.scenario import (
    AnimatorConfig,
    LeverConfig,
    Rules,
    Scenario,
    SourceConfig,
    TerritoryConfig,
    from_dict,
    load_scenario,
)
from alliancesim.scenario.schema import spec_at
from alliancesim.scenario.text import describe_keys

BAD = {
    "+foo=1": ("foo", "unknown key"),
    "foo=1": ("foo", "unknown key"),
    "month=3": ("month", "months"),
    "rules.psy=1": ("rules.psy", "rules.psi"),
    "territory.plase=Paris": ("territory.plase", "territory.place"),
    "territory.place.x=1": ("territory.place.x", "unknown key"),
    "hydra.run.dir=x": ("hydra", "unknown key"),
    "territory@x=rural": ("unknown key",),
    "seed=???": ("seed", "???"),
    "output=???": ("output", "???"),
    "resources=null": ("resources", "null", "scarce"),
    "animation=null": ("animation", "null", "none"),
    "animation=[]": ("animation",),
    "animation=[events,fnd]": ("animation", "'fnd'", "did you mean 'fund'"),
    "territory=rurral": ("territory", "did you mean 'rural'"),
    "territory=[rural,urban]": ("territory", "rural"),
    "case=labo": ("case", "labo_alsace"),
    "rules={psi: 0.3}": ("rules",),
    "~seed": ("~seed", "deletion"),
    "~rules.psi": ("~rules.psi", "deletion"),
    "seed": ("seed", "key=value"),
    "=1": ("key=value",),
    "months=": ("months", "expected a value"),
    "months=0": ("months", "0", "from 1"),
    "months=1.5": ("months", "1.5", "whole number"),
    "months=true": ("months", "true", "whole number"),
    "months=abc": ("months", "'abc'", "whole number"),
    "months=[3]": ("months", "[3]"),
    "months=null": ("months", "null"),
    "burn_in=-1": ("burn_in", "-1"),
    "seed=-1": ("seed", "-1"),
    "seed=9223372036854775808": ("seed", "9223372036854775807"),
    "seed=1,2": ("seed", "one value"),
    "seed=range(1,3)": ("seed", "one value"),
    "threads=0": ("threads", "0"),
    "overwrite=3": ("overwrite", "true or false"),
    "population.sample=2": ("population.sample", "2"),
    "population.sample=0": ("population.sample", "above 0"),
    "rules.quorum=1.5": ("rules.quorum", "1.5", "from 0 to 1"),
    "rules.psi=nan": ("rules.psi", "nan"),
    "rules.psi=inf": ("rules.psi", "inf"),
    "rules.a_half=inf": ("rules.a_half", "inf"),
    "rules.psi=0,3": ("rules.psi", "0,3", "point"),
    "rules.psi={a: 1": ("rules.psi",),
    "rules.portfolio=2.5": ("rules.portfolio", "whole number"),
    "rules.belief=2": ("rules.belief", "0 or 1"),
    "rules.invite_firm=0.7": ("rules.invite_firm", "invite_association"),
    "territory.cell_km=0": ("territory.cell_km", "above 0"),
    "territory.population=0": ("territory.population", "0"),
    "territory.place=Paris": ("territory.place", "territory.kind=real"),
    "territory.cells=a.csv": ("territory.cells", "territory.kind=tables"),
    "territory.domains=[]": ("territory.domains",),
    "territory.domains=[a,a]": ("territory.domains", "twice"),
    "territory.domains=health": ("territory.domains", "list of names"),
    "territory.kind=moon": ("territory.kind", "synthetic"),
    "territory=real": ("territory.place", "null"),
    "territory=tables": ("territory.cells", "null"),
    "history.failures0=-1": ("history.failures0", "-1"),
    "animation.animators.a.host=moon": ("animation.animators.a.host", "collective"),
    "animation.animators.a.neutrality=2": ("animation.animators.a.neutrality", "from 0 to 1"),
    "animation.animators.a.targeting=rich": ("animation.animators.a.targeting", "periphery"),
    "animation.animators.a.sources.s.kind=loan": ("animation.animators.a.sources.s.kind", "foundation"),
    "animation.animators.a.levers.evnt.start=1": ("animation.animators.a.levers.evnt.lever", "event"),
    "animation.animators.a.levers.event.end=0": ("animation.animators.a.levers.event.end", "0"),
    "animation.animators.a.levers.bank.per_year=2": ("animation.animators.a.levers.bank.per_year", "stands"),
    "animation.animators.a.levers.event.options.foo=1": ("levers.event.options.foo", "unknown key", "size"),
    "animation.animators.a.levers.event.options.size=-1": ("levers.event.options.size", "-1"),
    "animation.animators.a.levers.event.options.size=many": ("levers.event.options.size", "whole number"),
    "animation.animators.a.levers.forum.options.plenary=3": ("levers.forum.options.plenary", "true or false"),
    "animation.animators.a.levers.forum.options.targeting=all": ("levers.forum.options.targeting", "core"),
    "animation.animators.a.levers.forum.options.themes=6": ("levers.forum.options.themes", "at most 5"),
    "animation.animators=3": ("animation.animators", "keys and values"),
}


@pytest.mark.parametrize("override", BAD)
def test_a_bad_key_or_value_gives_one_line(override):
    with pytest.raises(UserError) as caught:
        load_scenario(override)
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    for word in BAD[override]:
        assert word in message, message


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_every_parameter_is_bounded(parameter):
    assert getattr(Rules(), parameter.name) == parameter.default
    for value in (parameter.minimum, parameter.maximum):
        if math.isfinite(value) and not parameter.name.startswith(("invite_", "event_")):
            assert getattr(Rules(**{parameter.name: value}), parameter.name) == value
    beyond = [math.nan, math.inf, "much", None, [1], True if not parameter.switch else 2]
    beyond += [
        bound + sign for bound, sign in ((parameter.minimum, -1), (parameter.maximum, 1)) if math.isfinite(bound)
    ]
    for value in beyond:
        with pytest.raises(UserError, match=rf"^rules\.{parameter.name}: found "):
            Rules(**{parameter.name: value})


def test_rules_as_kernels_read_them():
    record = Rules(psi=0.3, portfolio=3).record()
    assert record.shape == (1,)
    assert (record["psi"][0], record["portfolio"][0]) == (0.3, 3.0)
    assert record["quorum"][0] == BY_NAME["quorum"].default


@pytest.mark.parametrize(("word", "value"), [("off", 0), ("on", 1), ("false", 0), ("True", 1), ("0", 0), ("1", 1)])
def test_switches_take_words(word, value):
    assert load_scenario(f"rules.belief={word}").rules.belief == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("CC Grand-Figeac", "CC Grand-Figeac"),
        ("'CC Grand-Figeac'", "CC Grand-Figeac"),
        ("L'Abergement-Clémenciat", "L'Abergement-Clémenciat"),
        ("01001", "01001"),
        ("2A", "2A"),
        ("department:67", "department:67"),
        ("[department:67, department:68]", ["department:67", "department:68"]),
        ("[Charenton-le-Pont, 'commune:94069']", ["Charenton-le-Pont", "commune:94069"]),
        ("[L'Hay-les-Roses, 01001]", ["L'Hay-les-Roses", "01001"]),
        ("Évry (ville)", "Évry (ville)"),
    ],
)
def test_places_are_taken_as_typed(text, place):
    assert load_scenario("territory=real", f"territory.place={text}").territory.place == place


def test_paths_are_taken_as_typed():
    assert load_scenario(r"output=C:\runs\a b").output == r"C:\runs\a b"
    assert load_scenario("output=out/été,1").output == "out/été,1"


def test_numbers_of_other_types_are_plain_ones():
    scenario = load_scenario("months=12.0", "rules.psi=1").replace(
        **{"seed": np.int64(5), "rules.theta": np.float32(0.5)}
    )
    assert type(scenario.months) is int
    assert type(scenario.seed) is int
    assert type(scenario.rules.psi) is float
    assert type(scenario.rules.theta) is float
    assert load_scenario(f"seed={2**63 - 1}").seed == 2**63 - 1


def test_scenarios_are_frozen_and_can_be_sent():
    scenario = load_scenario("case=labo_alsace")
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.months = 3  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert dataclasses.replace(scenario, seed=2).seed == 2
    with pytest.raises(UserError, match="^months: found 0"):
        dataclasses.replace(scenario, months=0)


def test_replace():
    scenario = load_scenario("animation=events")
    changed = scenario.replace(
        **{"rules.psi": 0.3, "months": 12, "animation.animators.animator.levers.event.per_year": 4}
    )
    assert (changed.rules.psi, changed.months) == (0.3, 12)
    assert changed.animation.animators["animator"].levers["event"].per_year == 4.0
    assert scenario.months == 120
    assert scenario.replace(resources="scarce").rules.r_fin == 0.4
    assert scenario.replace(**{"resources": "scarce", "rules.r_fin": 0.6}).rules.r_fin == 0.6
    assert scenario.replace(territory=TerritoryConfig(typology="rural", name="r")).territory.typology == "rural"
    with pytest.raises(UserError, match="rules.psy: unknown key"):
        scenario.replace(**{"rules.psy": 0.3})
    with pytest.raises(UserError, match="months.x"):
        scenario.replace(**{"months.x": 0.3})


def test_parts_made_alone_name_their_keys():
    with pytest.raises(UserError, match=r"^territory\.cell_km: found -1"):
        TerritoryConfig(cell_km=-1)
    with pytest.raises(UserError, match=r"^lever: found null"):
        LeverConfig()
    with pytest.raises(UserError, match=r"^territory\.cell_km: found -1"):
        Scenario(territory={"cell_km": -1})  # type: ignore[arg-type]
    animator = AnimatorConfig(levers={"event": {"start": 3}})  # type: ignore[dict-item]
    assert animator.levers["event"].lever == "event"


def test_calendar_of_a_lever():
    def months(lever: LeverConfig, last: int = 36) -> list[int]:
        return [month for month in range(1, last + 1) for _ in range(lever.occurrences(month))]

    assert months(LeverConfig("diagnosis", start=5)) == [5, 17, 29]
    assert months(LeverConfig("forum", start=1, end=12)) == [1, 7]
    assert months(LeverConfig("forum", per_year=0.5)) == [1, 25]
    assert len(months(LeverConfig("event"), 12)) == 10
    assert len(months(LeverConfig("accompany_alliance"), 36)) == 60
    assert max(LeverConfig("accompany_alliance").occurrences(month) for month in range(1, 13)) == 2
    assert months(LeverConfig("event", per_year=12, start=7, end=7)) == [7]
    assert months(LeverConfig("event", per_year=0)) == []
    assert months(LeverConfig("bank")) == []
    assert LeverConfig("bank", start=2, end=3).active(2)
    assert not LeverConfig("bank", start=2, end=3).active(4)


@given(per_year=st.floats(0.01, 40), start=st.integers(1, 40), years=st.integers(1, 8))
def test_a_calendar_gives_what_it_says(per_year, start, years):
    lever = LeverConfig("event", per_year=per_year, start=start)
    total = sum(lever.occurrences(month) for month in range(start, start + 12 * years))
    assert total == math.ceil(per_year * years - 1e-9)
    assert lever.occurrences(start) >= 1
    assert sum(lever.occurrences(month) for month in range(start)) == 0


def test_money_of_a_source():
    source = SourceConfig(keur_per_year=60, start=3, months=18)
    received = {month: source.keur(month) for month in range(1, 40) if source.keur(month)}
    assert received == {3: 60.0, 15: 30.0}
    assert [month for month in range(1, 30) if SourceConfig(keur_per_year=1).keur(month)] == [1, 13, 25]


@pytest.mark.parametrize("override", ["case=labo_alsace", "case=charenton", "animation=full", "history=none"])
def test_a_file_gives_the_scenario_back(override, tmp_path):
    scenario = load_scenario(override, "rules.psi=0.1", "rules.p_aware=1e-06", "seed=9007199254740993")
    path = tmp_path / "scenario.yaml"
    path.write_text(scenario.to_yaml(), encoding="utf-8")
    again = Scenario.from_yaml(path)
    assert again == scenario
    assert again.to_yaml() == scenario.to_yaml()
    assert again.hash() == scenario.hash()


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            f"rules.{p.name}": st.integers(int(p.low), int(p.high)) if p.integer else st.floats(p.low, p.high)
            for p in PARAMETERS
            if not p.name.startswith(("invite_", "event_"))
        },
    )
)
def test_any_rules_go_to_text_and_back(changes):
    import yaml

    scenario = Scenario().replace(**changes)
    assert from_dict(yaml.safe_load(scenario.to_yaml())) == scenario


@pytest.mark.parametrize(
    ("text", "word"),
    [("a: [", "broken YAML"), ("- 1", "keys and values"), ("", "keys and values"), ("months: 0", "months: found 0")],
)
def test_a_bad_file_of_a_scenario(text, word, tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=word):
        Scenario.from_yaml(path)


def test_a_missing_file_of_a_scenario(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        Scenario.from_yaml(tmp_path / "scenario.yaml")


def test_identity_of_a_scenario(tmp_path):
    base = load_scenario()
    assert base.hash() == Scenario().hash()
    assert len(base.hash()) == 64
    for same in ({"threads": 2}, {"output": "x"}, {"overwrite": True}):
        assert base.replace(**same).hash() == base.hash()
    others = {base.replace(**{key: value}).hash() for key, value in (("seed", 2), ("rules.psi", 0.3), ("months", 3))}
    assert len(others | {base.hash()}) == 4
    cells = tmp_path / "cells.csv"
    cells.write_text("a")
    mine = ["territory=tables", f"territory.cells={cells}", "territory.generate=[association,firm,collectivity]"]
    first = load_scenario(*mine).hash()
    cells.write_text("b")
    assert load_scenario(*mine).hash() != first


def test_threads(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "3")
    assert Scenario().thread_count == 3
    assert Scenario(threads=2).thread_count == 2
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert Scenario().thread_count >= 1


def test_every_key_is_described():
    for path, spec, _default in describe_keys(Scenario):
        assert spec.doc, path
        if "<name>" not in path and "[]" not in path:
            assert spec_at(path) is not None
    assert spec_at("animation.animators.x.levers.y.options.z") is not None
    assert spec_at("rules.nothing") is None
