"""Replication: a deployed idea travels to where a carrier stands, cheaper and less fitting. Dialogue: territories learn by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import engine, ran, same_run, with_cells

from alliancesim.catalogue import FIRM, ORIGINS
from alliancesim.engine import Engine
from alliancesim.rules.assembly import ground_of
from alliancesim.rules.extensions.dialogue import learned
from alliancesim.rules.extensions.replication import at_table, bring_solutions, carried_to, carries
from alliancesim.territory import Territory, synthetic

ON = {"replication": 1.0, "reuse": 0.5, "standardisation": 0.8, "standard_loss": 0.5, "library_size": 30.0}


def wide() -> Territory:
    """A rural territory with two EPCIs."""
    whole = synthetic("rural", population=12_000, seed=4)
    _, commune = np.unique(whole.cells["commune"], return_inverse=True)
    epci = np.where(commune <= commune.max() // 2, "east", "west")
    return with_cells(whole, epci=epci, epci_name=epci)


def with_carriers(run: Engine) -> Engine:
    """All establishments of one enterprise; the tables that follow from it are made again."""
    people = run.state.organisations
    sites = np.flatnonzero(people["enterprise"] >= 0)
    people["enterprise"][sites] = people["enterprise"][sites].min()
    people["federation"][:] = -1
    run.world.carriers = {}
    return run


def lived(rules: dict[str, float], months: int = 30, **given: Any) -> Engine:
    """A world with some deployed alliances and an enterprise on both sides, in the January after."""
    run = with_carriers(engine(wide(), {**rules, "p_ok": 1.0, "p_miss": 1.0, "k_str": 0.0}, months=60, **given))
    for _ in range(months):
        run.step()
    return run


def deployed(run: Engine) -> list[int]:
    return [int(row) for row in run.state.active if run.state.alliances["stage"][row] == 2]


def test_a_solution_goes_where_its_members_have_other_sites() -> None:
    run = lived(ON)
    state = run.state
    member_of_enterprise = {
        row: any(state.organisations["enterprise"][i] >= 0 for i in state.members_of(row)) for row in deployed(run)
    }
    assert 0 < sum(member_of_enterprise.values()) < len(member_of_enterprise)
    for row, has_site in member_of_enterprise.items():
        home = int(state.alliances["perimeter"][row])
        assert carried_to(run.world, row) == ([1 - home] if has_site else [])


def test_federations_carry_to_their_members() -> None:
    run = lived(ON)
    state, people = run.state, run.state.organisations
    row = deployed(run)[0]
    home = int(state.alliances["perimeter"][row])
    perimeter = state.cells["perimeter"][people["cell"]]
    people["enterprise"][:] = -1
    one, elsewhere = state.members_of(row)[0], int(np.flatnonzero(perimeter == 1 - home)[0])
    run.world.carriers = {}
    assert carried_to(run.world, row) == []
    people["federation"][one] = elsewhere  # its federation has its seat in the other EPCI
    run.world.carriers = {}
    assert carried_to(run.world, row) == [1 - home]
    people["federation"][one], people["federation"][elsewhere] = -1, one  # it is the federation of one over there
    run.world.carriers = {}
    assert carried_to(run.world, row) == [1 - home]


def test_cheaper_and_less_fitting() -> None:
    run = lived(ON)
    state, p = run.state, run.state.rules[0]
    bring_solutions(run.world)
    brought = 0
    for r in range(2):
        for place, row in enumerate(state.solutions[r]):
            idea = state.ideas[r, 30 + place]
            if row < 0:
                assert idea["cost"] == 0.0
                continue
            alliance = state.alliances[row]
            assert alliance["perimeter"] == 1 - r
            scale = float(alliance["scale"])
            domain = int(alliance["domain"])
            needs = state.perimeter_need[r, domain] / state.perimeter_need[1 - r, domain]
            assert idea["cost"] == pytest.approx(alliance["cost"] / scale * (1 - 0.5 * 0.8))
            assert idea["effort"] == pytest.approx(alliance["effort"] / scale * (1 - 0.5 * 0.8))
            assert idea["value"] == pytest.approx(alliance["value"] / scale ** p["gamma"] * (1 - 0.5 * 0.64) * needs)
            assert (idea["domain"], idea["capabilities"]) == (domain, alliance["required"])
            brought += 1
    assert brought > 3


def test_alliances_that_repeat_are_known() -> None:
    run = lived({**ON, "reuse": 0.9}, months=60)
    repeats = run.world.repeats
    assert len(repeats) > 3
    for row, origin in repeats.items():
        mine, other = run.state.alliances[row], run.state.alliances[origin]
        assert mine["perimeter"] != other["perimeter"]
        assert (mine["domain"], mine["required"]) == (other["domain"], other["required"])
        assert mine["start"] > other["start"]


def test_only_carriers_propose_a_solution_again() -> None:
    run = lived({**ON, "reuse": 0.9, "standard_loss": 0.0}, months=24)
    state, seen, kept = run.state, 0, 0
    state.organisations["enterprise"][state.organisations["sphere"] == FIRM] = 0  # many carriers
    run.world.carriers = {}
    for _ in range(36):
        before = set(run.world.repeats)
        run.step()
        for row in set(run.world.repeats) - before:
            if ORIGINS[state.alliances["origin"][row]] == "forum":
                continue  # there, whoever sat at the table may have brought it
            place = int(state.alliances["idea"][row]) - 30
            assert any(int(run.world.knows[i]) >> place & 1 for i in state.members_of(row))
            seen += 1
        kept = max(kept, int((run.world.knows == 0).sum()))
    assert seen > 3
    assert kept > 100


def test_who_carries_by_enterprise_and_by_federation() -> None:
    run = lived(ON)
    state, people = run.state, run.state.organisations
    row = deployed(run)[0]
    home = int(state.alliances["perimeter"][row])
    low, high = (int(x) for x in state.perimeters[["low", "high"]][1 - home])
    one = state.members_of(row)[0]
    people["enterprise"][:] = -1
    people["federation"][:] = -1
    people["enterprise"][[one, low]] = 7
    people["federation"][[low + 1, low + 2]] = one
    people["federation"][one] = low + 3
    run.world.carriers = {}
    assert np.flatnonzero(carries(run.world, row, low, high)).tolist() == [0, 1, 2, 3]


def test_a_forum_knows_what_those_at_its_table_carry() -> None:
    run = lived(ON)
    state, ground = run.state, ground_of(run.world, 0)
    places = np.flatnonzero(state.solutions[0] >= 0)
    carried = [np.flatnonzero(run.world.knows[ground.rows] >> np.uint64(place) & np.uint64(1)) for place in places]
    strangers = np.flatnonzero(run.world.knows[ground.rows] == 0)[:5]
    assert len(places) > 1
    for place, rows in zip(places, carried, strict=True):
        alone = at_table(run.world, ground, ground.rows[strangers], ground.library)
        with_one = at_table(run.world, ground, ground.rows[[*strangers, rows[0]]], ground.library)
        assert not alone["cost"][30:].any()
        assert with_one["cost"][30 + place] == ground.library["cost"][30 + place] > 0.0
        assert np.array_equal(with_one[:30], ground.library[:30])


def test_what_dialogue_brings_is_open_to_all() -> None:
    run = lived({"dialogue": 1.0})
    bring_solutions(run.world)
    assert (run.world.knows == 1).all()


def test_more_than_fit_is_a_lottery() -> None:
    run = lived({**ON, "solutions_most": 2.0})
    bring_solutions(run.world)
    assert run.state.solutions.shape == (2, 2)
    assert (run.state.solutions >= 0).all()
    assert len(set(run.state.solutions.ravel().tolist())) == 4


def test_dialogue_of_peers_brings_another_territorys_solution() -> None:
    run = lived({"dialogue": 1.0})
    found = learned(run.world, deployed(run))
    assert set(found) == {0, 1}
    for r, (row, standard) in found.items():
        assert run.state.alliances["perimeter"][row] == 1 - r
        assert standard == run.state.rules[0]["standardisation"]


def test_a_hub_spreads_one_solution_wholly_standardised() -> None:
    run = lived({"dialogue": 1.0, "dialogue_hub": 1.0})
    rows = deployed(run)
    ((r, (row, standard)),) = learned(run.world, rows).items()
    table = run.state.alliances
    assert standard == 1.0
    assert table["successes"][row] == max(table["successes"][one] for one in rows)
    assert table["perimeter"][row] == 1 - r


def test_contacts_come_at_their_rate() -> None:
    """400 Januaries of two territories; false alarm below 1e-6."""
    run = lived({"dialogue": 0.3})
    rows, contacts = deployed(run), 0
    for month in range(400):
        run.state.month = 30 + month
        contacts += len(learned(run.world, rows))
    assert abs(contacts - 240) < 5 * (800 * 0.3 * 0.7) ** 0.5


def test_off_has_no_further_places_and_is_the_same_run() -> None:
    run = ran(wide(), {"reuse": 0.1, "solutions_most": 9.0}, months=30)
    assert run.state.solutions.size == 0
    assert run.state.ideas.shape[1] == 30
    assert same_run(run, ran(wide(), months=30))
    assert not run.world.repeats
