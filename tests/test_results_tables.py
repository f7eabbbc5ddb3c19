"""Tables of a result: columns, types, units, hashes; what is saved is what is opened."""

from __future__ import annotations

import gc
import hashlib
import json
import time
import weakref
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliancesim.catalogue import FORMS, KIND_NAMES, SPHERES
from alliancesim.engine import Engine, engine_of, make_territory
from alliancesim.errors import UserError
from alliancesim.observables import SCHEMA_VERSION
from alliancesim.results import Result, open_result, result_of, simulate
from alliancesim.results import tables as tables_module
from alliancesim.results.reference import observable, references
from alliancesim.results.tables import TABLES, content_hash, observables_of
from alliancesim.scenario import load_scenario

SMALL = ("territory=rural", "territory.population=9000", "months=30", "burn_in=24", "animation=full")


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(*SMALL)


@pytest.fixture(scope="module")
def engine(scenario):
    engine = engine_of(scenario)
    engine.run()
    return engine


@pytest.fixture(scope="module")
def result(engine, scenario):
    return result_of(engine, scenario)


def same(a: Result, b: Result) -> None:
    for name in (*TABLES, "digests"):
        pd.testing.assert_frame_equal(getattr(a, name), getattr(b, name))
    assert a.hashes() == b.hashes()
    assert a.scenario == b.scenario
    assert json.loads(json.dumps(dict(a.manifest))) == dict(b.manifest)


def test_every_documented_column_and_no_other(result):
    for name in TABLES:
        expected = [one.name for one in observables_of(name, tuple(result.manifest["domains"]))]
        assert list(getattr(result, name).columns) == expected
        for field, one in zip(
            result.arrow(name).schema, observables_of(name, tuple(result.manifest["domains"])), strict=True
        ):
            assert field.metadata[b"description"].decode() == one.doc
            assert field.metadata[b"unit"].decode() == one.unit


def test_tables_agree_with_the_state(result, engine):
    state = engine.state
    alliances, organisations = result.alliances, result.organisations
    assert len(alliances) == state.n_alliances
    for row in range(0, state.n_alliances, 7):
        members = state.members_of(row)
        told = list(alliances["member_list"][row])
        leader = int(state.alliances["leader"][row])
        assert sorted(told) == sorted(members)
        if leader >= 0:
            assert told[0] == leader
        spheres = {SPHERES[int(state.organisations["sphere"][m])] for m in members}
        form = alliances["form"][row]
        assert form in FORMS
        assert (form == "three spheres") == (len(spheres) == 3)
        assert ("-" in form) == (len(spheres) == 2)
        gaps = [
            state.memberships["benefit"][m]
            for m in range(state.n_memberships)
            if state.memberships["alliance"][m] == row
        ]
        total = sum(gaps)
        if total > 0:
            gini = sum(abs(a - b) for k, a in enumerate(gaps) for b in gaps[k + 1 :]) / (len(gaps) * total)
            assert alliances["gini_benefits"][row] == pytest.approx(gini, abs=1e-12)
        else:
            assert np.isnan(alliances["gini_benefits"][row])
    assert (alliances["stage"] == "ended").sum() == alliances["end_month"].notna().sum() > 0
    assert ((alliances["end_cause"] == "") == alliances["end_month"].isna()).all()
    last = result.timeseries.iloc[-1]
    alive = alliances[(alliances["stage"] != "ended") & alliances["reported"]]
    assert last["alliances"] == len(alive)
    assert last["alliances_identified"] == alive["identified_month"].notna().sum()
    assert last["month"] == 30
    assert result.timeseries["burn_in"].sum() == 24
    engaged = organisations[organisations["sphere"] == "association"]["stage"].eq("engaged").mean()
    assert last["engaged_share_association"] == pytest.approx(engaged)
    assert result.territory["organisations"].sum() == len(organisations)
    assert result.territory["engaged"].sum() == (organisations["stage"] == "engaged").sum()
    assert organisations["involved"].sum() == last["involved"] > 0
    assert result.forums["month"].between(-23, 30).all()
    assert set(organisations["kind"].cat.categories) == set(KIND_NAMES)


def test_names_are_distinct_and_collectivities_keep_theirs(result, engine):
    organisations = result.organisations
    numbered = organisations[~organisations["kind"].isin(["commune", "epci", "department", "region"])]
    assert numbered["name"].is_unique
    assert numbered["name"].str.contains(r", .+ #\d+$").all()
    communes = organisations[organisations["kind"] == "commune"]
    assert set(communes["name"]) == set(engine.territory.collectivities.query("kind == 'commune'")["name"])


def test_given_organisations_keep_their_id():
    # rows of the table that gave them, from -1 down; the number of one that was generated
    state = SimpleNamespace(
        organisations=np.zeros(3, dtype=[("kind", "i1"), ("cell", "i4")]),
        labels={
            "id": np.array([-2, 0, -1], dtype=np.int32),
            "cell_commune": np.array(["46102"]),
            "cell_commune_name": np.array(["Figeac"]),
        },
    )
    territory = SimpleNamespace(collectivities=pd.DataFrame({"name": []}), organisations=pd.DataFrame({"id": [17, 42]}))
    names = tables_module.organisation_names(SimpleNamespace(state=state, territory=territory))
    assert names.to_pylist() == ["42", "volunteer association, Figeac #2", "17"]


def test_saved_and_opened_is_the_same(result, tmp_path):
    folder = result.save(tmp_path / "run", figures=False)
    same(result, open_result(folder))
    meta = pq.read_schema(folder / "alliances.parquet").metadata
    assert meta[b"schema_version"].decode() == SCHEMA_VERSION
    assert meta[b"seed"] == b"1"
    assert b"model_version" in meta
    field = pq.read_schema(folder / "alliances.parquet").field("cost_keur")
    assert field.metadata[b"unit"] == b"kEUR a year"
    assert str(pq.read_schema(folder / "alliances.parquet").field("member_list").type).startswith("list<")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in (*TABLES, "digests"):
        assert manifest["tables"][name]["sha256"] == content_hash(result.arrow(name))
    for key in ("alliancesim", "python", "numpy", "numba", "mesa"):
        assert manifest["versions"][key]
    assert set(manifest["wall_seconds"]["phases"]) == set(result.digests.columns) - {"month"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typology=st.sampled_from(["urban", "rural", "zus", "cross_border"]),
    animation=st.sampled_from(["none", "full", "plenary", "labo"]),
    population=st.integers(500, 2500),
    months=st.integers(1, 14),
    burn_in=st.integers(0, 13),
    seed=st.integers(0, 2**63 - 1),
    sample=st.sampled_from([1.0, 0.5]),
)
def test_round_trip_of_any_small_run(tmp_path_factory, typology, animation, population, months, burn_in, seed, sample):
    scenario = load_scenario(
        f"territory={typology}", f"animation={animation}", f"territory.population={population}", f"months={months}",
        f"burn_in={burn_in}", f"seed={seed}", f"population.sample={sample}",
    )  # fmt: skip
    result = simulate(scenario)
    folder = result.save(tmp_path_factory.mktemp("round") / "run", figures=False)
    same(result, open_result(folder))
    assert result.summary() == open_result(folder).summary()


def test_a_hash_follows_the_values_only(result):
    table = result.arrow("organisations")
    halves = [table.slice(0, len(table) // 2), table.slice(len(table) // 2)]

    assert content_hash(pa.concat_tables(halves)) == content_hash(table)
    assert content_hash(table.slice(1)) != content_hash(table)
    changed = table.set_column(0, table.schema.field(0), pa.array(np.arange(1, len(table) + 1, dtype=np.int32)))
    assert content_hash(changed) != content_hash(table)
    assert content_hash(table.select(table.column_names[::-1])) != content_hash(table)


def test_a_result_is_frozen(result):
    with pytest.raises(AttributeError):
        result.scenario = None
    with pytest.raises(AttributeError):
        result.alliances = None
    with pytest.raises(TypeError):
        result.manifest["seed"] = 3
    frame = result.timeseries
    frame["mine"] = 1
    assert "mine" not in result.timeseries.columns
    with pytest.raises(AttributeError, match="no figure"):
        result.plot.no_such_figure  # noqa: B018


def test_simulate_takes_seed_and_months(scenario):
    seen: list[int] = []
    short = simulate(scenario, seed=4, months=3, progress=seen.append)
    assert short.scenario.seed == 4
    assert short.months == 3
    assert seen == list(range(27))
    assert short.hashes() == simulate(scenario, seed=4, months=3).hashes()
    assert short.hashes() != simulate(scenario, seed=5, months=3).hashes()


def test_a_finished_engine_is_freed(scenario):
    engine = engine_of(scenario.replace(months=2, burn_in=0))
    engine.run()
    result = result_of(engine, engine_scenario := scenario.replace(months=2, burn_in=0))
    gone = [weakref.ref(engine), weakref.ref(engine.state), weakref.ref(engine.world)]
    assert engine_scenario.months == 2
    del engine
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]
    assert len(result.organisations) > 0


def test_summary_tells_what_matters(result):
    text = result.summary()
    for words in (
        "inhabitants", "synthetic", "assumption", "source: N06", "60 %", "By depth", "By form", "encounters", "known as such",
        "forums", "deprived", "k€", "lasted 36 months", "priors", "One run is one draw",
    ):  # fmt: skip
        assert words in text, words
    assert len(text.splitlines()) < 80
    assert "nan" not in text.lower().replace("finance", "")
    assert "survey of 2013" in result._repr_html_()


def test_summary_of_the_emptiest_run():
    scenario = load_scenario(
        "territory=zus", "territory.population=500", "months=1", "burn_in=0", "animation=none", "rules.willing0=0"
    )
    text = simulate(scenario).summary()
    assert "No alliance" in text
    assert "nan" not in text


def test_references_of_the_cases():
    for name in ("labo_alsace", "charenton"):
        case = load_scenario(f"case={name}", "months=1").case
        small = load_scenario(*SMALL).replace(case=case)
        result = simulate(small)
        table = references(result)
        assert list(table["observable"]) == [one.observable for one in case.reference]
        assert "this run" in result.summary()
        assert "set nothing" in result.summary()
        involved = result.organisations.query("involved and reported")
        assert observable(result, "firms_involved") == (involved["sphere"] == "firm").sum()
        assert observable(result, "partnerships_created") == (result.alliances["animator"] == "animator").sum()


def test_a_plenary_is_counted():
    result = simulate(
        load_scenario("territory=urban", "territory.population=20000", "months=14", "burn_in=24", "animation=plenary")
    )
    months = result.timeseries.query("not burn_in")
    assert observable(result, "plenary_committed") == months["plenary_committed"].sum()
    assert observable(result, "projects_agreed") == result.forums.query("plenary >= 0")["actions"].sum()


def test_tables_of_a_hundred_thousand_organisations_are_quick(scenario):
    big = scenario.replace(**{"territory.population": 1_300_000, "months": 1, "burn_in": 0})
    engine = Engine(make_territory(big), seed=1, months=1, burn_in=0)
    engine.run()
    assert engine.state.n_organisations > 95_000
    begin = time.process_time()
    result = result_of(engine, big)
    assert len(result.organisations) == engine.state.n_organisations
    assert time.process_time() - begin < 4.0  # about 0.7 s; twice the promise, for slow machines


def test_broken_folders_are_told_in_one_line(result, tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        open_result(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no manifest\.json"):
        open_result(tmp_path / "empty")
    folder = result.save(tmp_path / "run", figures=False)
    table = (folder / "forums.parquet").read_bytes()
    (folder / "forums.parquet").write_bytes(table[: len(table) // 2])
    with pytest.raises(UserError, match=r"forums\.parquet: cannot be read"):
        open_result(folder)
    (folder / "forums.parquet").unlink()
    with pytest.raises(UserError, match="not complete"):
        open_result(folder)
    (folder / "forums.parquet").write_bytes((folder / "alliances.parquet").read_bytes())
    with pytest.raises(UserError, match=r"forums\.parquet"):
        open_result(folder)
    (folder / "forums.parquet").write_bytes(table)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for change, words in (
        ({"schema_version": "0"}, "schema 0"),
        ({"tables": {}}, "incomplete"),
        ({"format": "x"}, "not the manifest"),
    ):
        (folder / "manifest.json").write_text(json.dumps({**manifest, **change}), encoding="utf-8")
        with pytest.raises(UserError, match=words):
            open_result(folder)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        open_result(folder)


def test_words_do_not_depend_on_the_parts_in_which_they_are_made(engine, monkeypatch):
    whole = tables_module.organisation_names(engine)
    for part in (1, 7, 10**9):
        monkeypatch.setattr(tables_module, "PART", part)
        assert tables_module.organisation_names(engine).equals(whole)


def test_a_run_that_is_over_gives_up_its_state_for_its_tables(scenario):
    from alliancesim.engine import engine_of

    engine, other = engine_of(scenario), engine_of(scenario)
    for one in (engine, other):
        one.run()
    kept, given_up = result_of(engine, scenario), result_of(other, scenario, consume=True)
    assert kept.hashes() == given_up.hashes()
    assert kept.manifest["territory"] == given_up.manifest["territory"]
    assert len(engine.state.ties)
    assert not len(other.state.ties)
    assert not len(other.state.organisations)


def test_some_columns_alone_are_those_of_the_table(result):
    names = ["stage", "end_month", "members"]
    pd.testing.assert_frame_equal(result.columns("alliances", *names), result.alliances[names])
    alliance, organisation = result.members()
    lists = result.alliances["member_list"]
    assert alliance.tolist() == [row for row, members in enumerate(lists) for _ in members]
    assert organisation.tolist() == [int(member) for members in lists for member in members]


def test_the_hash_is_that_of_its_definition():
    """Of a table with every kind of column, and slices of them; computed value by value."""
    table = pa.table(
        {
            "list": pa.array([[1, 2], [], [3]], pa.list_(pa.int32())),
            "text": pa.array(["é", "", "abc"]),
            "word": pa.array(["b", "a", "b"]).dictionary_encode(),
            "number": pa.array([1.5, float("nan"), -0.0]),
            "whole": pa.array([1, None, 3], pa.int32()),
        }
    )
    for part in (table, table.slice(1), table.slice(0, 2), table.slice(3)):
        digest = hashlib.sha256()
        for name in table.column_names:
            values = part.column(name).to_pylist()
            kind = {"word": "text"}.get(name, name)
            digest.update(f"{name}\x1f{kind}\x1f{len(values)}\x1e".encode())
            if kind in ("list", "text"):
                parts = [one.encode() if kind == "text" else one for one in values]
                digest.update(np.array([len(one) for one in parts], dtype="<i8").tobytes())
                for one in parts:
                    digest.update(one if kind == "text" else np.array(one, dtype="<i8").tobytes())
            elif kind == "number":
                digest.update(np.array(values, dtype="<f8").tobytes())
            else:
                digest.update(np.array([-(2**63) if one is None else one for one in values], dtype="<i8").tobytes())
        assert content_hash(part) == digest.hexdigest()
