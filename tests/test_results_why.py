"""Why an alliance or a forum came about, recomputed; and the history for other tools."""

from __future__ import annotations

import json

import networkx as nx
import pytest
import xgi

from alliancesim.catalogue import FORUM_OUTCOMES
from alliancesim.cli import main
from alliancesim.engine import engine_of
from alliancesim.errors import UserError
from alliancesim.results import export, simulate, why
from alliancesim.results.weighing import Weighing, weigh
from alliancesim.scenario import load_scenario

SETTING = ("territory=rural", "territory.population=15000", "months=36", "burn_in=36", "animation=full", "rules.m0=0.25",
           "history=cooperative")  # fmt: skip


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(*SETTING)


@pytest.fixture(scope="module")
def result(scenario):
    return simulate(scenario)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return result.save(tmp_path_factory.mktemp("why") / "run", figures=False)


def test_the_recomputed_choice_is_what_the_model_did(scenario):
    """At least 50 alliances, and every pair that refused: leader, partner, idea, depth and scale."""
    engine = engine_of(scenario)
    accepted: list[Weighing] = []
    compared = []

    def before(world) -> None:
        accepted[:] = []
        taken: set[int] = set()
        for meeting in world.state.meetings:
            weighed = weigh(world, int(meeting["a"]), int(meeting["b"]))
            if weighed is not None and weighed.accepted and not {weighed.leader.row, weighed.partner.row} & taken:
                taken |= {weighed.leader.row, weighed.partner.row}
                accepted.append(weighed)
        compared.append(world.state.n_alliances)

    def after(world) -> None:
        state = world.state
        new = range(compared.pop(), state.n_alliances)
        assert len(new) == len(accepted)
        for row, weighed in zip(new, accepted, strict=True):
            founded = state.alliances[row]
            assert state.members_of(row) == [weighed.leader.row, weighed.partner.row]
            assert (founded["leader"], founded["idea"], founded["depth"]) == (
                weighed.leader.row,
                weighed.idea,
                weighed.depth,
            )
            assert float(founded["scale"]) == weighed.scale
            assert float(founded["value"]) == weighed.gain
            told.append(row)

    told: list[int] = []
    engine.hook("propose", before, when="before")
    engine.hook("propose", after)
    engine.run()
    assert len(told) >= 50


@pytest.mark.parametrize("origin", ["encounter", "event", "forum", "earlier"])
def test_why_an_alliance(folder, result, origin):
    chosen = result.alliances.query("origin == @origin")["alliance"]
    assert len(chosen)
    for number in chosen.iloc[[0, -1]]:
        text = why(folder, alliance=int(number))
        row = result.alliances.iloc[number]
        assert text.startswith(f"Alliance {number} ({row['form']}")
        assert result.organisations["name"][row["member_list"][0]] in text
        assert "What became of it" in text
        if origin != "earlier":
            assert "Who met whom" in text
            assert "What was weighed" in text
            assert "What tipped it" in text
        if origin == "event":
            assert "matchmaking" in text or "mediator" in text
        assert "nan" not in text


def test_why_a_forum_of_every_outcome(folder, result):
    for outcome in result.forums["outcome"].unique():
        assert outcome in FORUM_OUTCOMES
        number = int(result.forums.query("outcome == @outcome")["forum"].iloc[-1])
        text = why(folder, forum=number)
        assert f"(forum {number})" in text
        assert "What tipped it" in text
        if outcome == "launched":
            assert "leads; they begin in" in text


def test_what_if_nothing_changes_at_plain_values(scenario):
    engine = engine_of(scenario)
    seen: list[Weighing] = []

    def look(world) -> None:
        for meeting in world.state.meetings:
            weighed = weigh(world, int(meeting["a"]), int(meeting["b"]))
            if weighed is not None:
                seen.append(weighed)

    engine.hook("propose", look, when="before")
    for _ in range(3):
        engine.step()
    assert seen
    for weighed in seen:
        assert 0.0 <= weighed.both <= 1.0
        what_if = weighed.what_if()
        if weighed.covered == weighed.needed:
            assert what_if["capabilities"] == weighed.both
        else:
            assert what_if["capabilities"] > weighed.both
        if weighed.scale == 1.0:
            assert what_if["means"] == weighed.both
        assert what_if["load"] >= weighed.both


def test_why_of_what_is_not_there(folder, result, capsys):
    with pytest.raises(UserError, match="expected one of"):
        why(folder)
    with pytest.raises(UserError, match=f"alliances 0 to {len(result.alliances) - 1}"):
        why(folder, alliance=10**6)
    with pytest.raises(UserError, match="forums 0 to"):
        why(folder, forum=10**6)
    assert main(["why", str(folder), "alliance=0"]) == 0
    assert capsys.readouterr().out.startswith("Alliance 0 (")


def test_why_refuses_what_it_cannot_repeat(result, scenario, tmp_path):
    folder = result.save(tmp_path / "run", figures=False)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "model_version": "0"}), encoding="utf-8")
    with pytest.raises(UserError, match="made by model 0"):
        why(folder, alliance=1)


def test_the_hypergraph_opens_in_xgi(result, folder, tmp_path):
    target = export(folder, "hypergraph", tmp_path / "history.json")
    opened = xgi.read_hif(target)
    assert opened.num_nodes == len(result.organisations)
    assert opened.num_edges == len(result.alliances)
    for number in range(0, len(result.alliances), 11):
        row = result.alliances.iloc[number]
        assert opened.edges.members(f"a{number}") == {str(member) for member in row["member_list"]}
        attributes = opened.edges[f"a{number}"]
        assert attributes["start"] == row["start_month"]
        assert attributes["depth"] == row["depth"]
        assert (attributes["end"] is None) == (row["stage"] != "ended")
    assert opened.nodes["0"]["name"] == result.organisations["name"][0]
    assert opened.nodes["0"]["sphere"] == result.organisations["sphere"][0]
    data = json.loads(target.read_text(encoding="utf-8"))
    assert sum(one["attrs"]["leader"] for one in data["incidences"]) == (result.alliances["leader"] >= 0).sum()


def test_the_projection_opens_in_networkx(result, folder, tmp_path):
    target = export(folder, "gexf", tmp_path / "pairs.gexf")
    graph = nx.read_gexf(target)
    assert graph.number_of_nodes() == len(result.organisations)
    sizes = result.alliances["members"].astype(int)
    assert graph.number_of_edges() == (sizes * (sizes - 1) // 2).sum()
    for _, _, data in list(graph.edges(data=True))[:50]:
        row = result.alliances.iloc[data["alliance"]]
        assert data["start"] == row["start_month"] + 35
        assert ("end" in data) == (row["stage"] == "ended")


def test_export_refuses_in_one_line(folder, tmp_path):
    with pytest.raises(UserError, match="format"):
        export(folder, "pdf", tmp_path / "x")
    with pytest.raises(UserError, match="no such folder"):
        export(folder, "gexf", tmp_path / "none" / "x")
    with pytest.raises(UserError, match="is a folder"):
        export(folder, "gexf", tmp_path)
    assert list(tmp_path.iterdir()) == []
