"""Inhabitants have seats: better projects, a meeting more, relief for deprived cells, civic capacity."""

from __future__ import annotations

import numpy as np
import pytest
from building import animation, engine, lever, ran, small_territory, with_cells

from alliancesim.rules.assembly import ground_of
from alliancesim.rules.extensions import inhabitants
from alliancesim.rules.extensions.relief import relieve

LEVER = animation(lever("forum", per_year=12.0, inhabitants=True))


def test_ideas_fit_better_the_more_civic_capacity() -> None:
    territory = with_cells(small_territory(), civic_capacity=0.5)
    run = engine(territory, {"inhabitant_fit": 0.4})
    run.step()
    ground = ground_of(run.world, 0)
    seen = inhabitants.improve(run.world, ground, ground.library)
    assert seen["value"] == pytest.approx(ground.library["value"] * (1.0 + 0.4 * 0.5))
    assert (seen["cost"] == ground.library["cost"]).all()


def test_it_takes_a_meeting_more() -> None:
    """The same forums with a fit of 0 differ by one meeting and one month only."""
    plain = ran(months=1, animation=animation(lever("forum", per_year=12.0)), rules={"spontaneous_convening": 0.0})
    seated = ran(months=1, animation=LEVER, rules={"spontaneous_convening": 0.0, "inhabitant_fit": 0.0})
    a, b = (run.state.forums[: run.state.n_forums] for run in (plain, seated))
    assert len(a) == len(b) == 1
    assert a["outcome"].tolist() == b["outcome"].tolist()
    assert b["inhabitants"].tolist() == [1]
    assert (b["meetings"] - a["meetings"]).tolist() == [1]
    assert (b["months"] - a["months"]).tolist() == [1]
    if a["alliance"][0] >= 0:
        start = [run.state.alliances["start"][run.state.forums["alliance"][0]] for run in (plain, seated)]
        assert start[1] - start[0] == 1


def test_civic_capacity_grows_where_they_meet() -> None:
    run = engine(rules={"civic_gain": 0.1, "spontaneous_convening": 0.0}, months=2, animation=LEVER)
    before = run.state.cells["civic"].copy()
    run.step()
    perimeter = int(run.state.forums["perimeter"][0])
    here = run.state.cells["perimeter"] == perimeter
    assert run.state.cells["civic"][here] == pytest.approx(before[here] + 0.1 * (1.0 - before[here]))
    assert (run.state.cells["civic"][~here] == before[~here]).all()


def test_relief_is_weighed_to_deprived_cells() -> None:
    territory = small_territory("zus")
    run = ran(territory, {"relief": 0.0, "inhabitant_weight": 3.0}, months=24, animation=LEVER)
    state = run.state
    table = state.alliances[: state.n_alliances]
    row = int(np.flatnonzero((table["inhabitants"] == 1) & (table["ended"] < 0))[0])
    table["result"][:] = 0
    table["result"][row] = 1
    state.rules["relief"] = 0.001
    before = state.need.copy()
    relieve(run.world, state.active)
    home = state.perimeters[table["perimeter"][row]]
    cells = np.arange(home["cell_low"], home["cell_high"])
    domain = int(table["domain"][row])
    taken = (before - state.need)[cells, domain]
    people = state.cells["population"][cells]
    weight = 1.0 + 3.0 * state.cells["deprived"][cells]
    assert np.ptp(state.cells["deprived"][cells]) > 0.1
    assert taken / weight == pytest.approx(np.full(len(cells), (taken / weight)[0]))
    # what the mean inhabitant gets is what an alliance without inhabitants gives
    assert people @ taken / people.sum() == pytest.approx(0.001 * float(table["value"][row]) * 1000.0 / people.sum())


def test_the_switch_seats_them_in_every_forum() -> None:
    run = ran(rules={"inhabitants": 1.0, "spontaneous_convening": 0.05}, months=24)
    forums = run.state.forums[: run.state.n_forums]
    assert len(forums) > 5
    assert (forums["inhabitants"] == 1).all()
    born = run.state.alliances[: run.state.n_alliances]
    assert (born["inhabitants"] == (born["forum"] >= 0)).all()


def test_off_nothing_changes() -> None:
    run = ran(months=24, rules={"spontaneous_convening": 0.05})
    start = engine().state.cells["civic"]
    assert (run.state.cells["civic"] == start).all()
    assert not run.state.alliances["inhabitants"][: run.state.n_alliances].any()
