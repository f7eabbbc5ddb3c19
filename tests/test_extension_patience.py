"""Patience: each sphere weighs what deeper forms bring later by its own horizon."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from building import engine, ran, same_run

from alliancesim.catalogue import FIRM
from alliancesim.results.weighing import Weighing, weigh

DEEP = {"tau_base": 0.05, "tau_step": 0.05, "p_miss": 0.9, "capability_other": 0.6, "capability_typical": 0.9}


def depths(patience: float) -> float:
    """Mean depth of the alliances of a world in which all spheres are that patient."""
    rules = {**DEEP, **{f"patience_{sphere}": patience for sphere in ("association", "firm", "collectivity")}}
    run = ran(rules=rules, months=36)
    return float(run.state.alliances["depth"][: run.state.n_alliances].mean())


def test_who_is_impatient_stays_shallow() -> None:
    found = [depths(patience) for patience in (1.0, 0.7, 0.3)]
    assert found[0] > found[1] > found[2]
    assert depths(0.0) == 1.0  # a year later counts for nothing: nothing but the first depth


def test_each_sphere_has_its_own_horizon() -> None:
    """What a pair weighs: the firm's D falls by patience ** (depth - 1), the association's stays."""
    run = engine(rules={"m0": 2.0}, months=6)
    for _ in range(3):
        run.step()
    state = run.state
    pairs = [(int(m["a"]), int(m["b"])) for m in state.meetings]
    before = {pair: weigh(run.world, *pair) for pair in pairs}
    state.rules["patience_firm"] = 0.5
    compared = 0
    for pair, weighed in before.items():
        now = weigh(run.world, *pair)
        if weighed is None or now is None or weighed.leader.row != now.leader.row:
            continue
        for old, new in ((weighed.leader, now.leader), (weighed.partner, now.partner)):
            factor = 0.5 if state.organisations["sphere"][new.row] == FIRM else 1.0
            assert new.fits == pytest.approx([fit * factor**y for y, fit in enumerate(old.fits)])
            compared += 1
    assert compared > 20


def test_the_trace_is_what_the_model_did() -> None:
    """The pairs that accept, recomputed in Python, are the alliances that the kernels found."""
    run = engine(rules={"m0": 2.0, "patience_firm": 0.6, "patience_association": 0.9}, months=24)
    expected: list[list[int]] = []
    born: list[int] = []

    def before(world: object) -> None:
        taken: set[int] = set()
        for meeting in run.state.meetings:
            weighed = weigh(run.world, int(meeting["a"]), int(meeting["b"]))
            if weighed is not None and weighed.accepted and not {weighed.leader.row, weighed.partner.row} & taken:
                taken |= {weighed.leader.row, weighed.partner.row}
                expected.append([weighed.leader.row, weighed.partner.row, weighed.depth])
        born.append(-run.state.n_alliances)

    def after(world: object) -> None:
        first = -born.pop()
        born.extend(range(first, run.state.n_alliances))
        state = run.state
        mine = [[*state.members_of(a), int(state.alliances["depth"][a])] for a in range(first, state.n_alliances)]
        assert mine == expected[len(expected) - len(mine) :]

    run.hook("propose", before, when="before")
    run.hook("propose", after, when="after")
    run.run()
    assert len(expected) == len(born) > 20


def test_off_is_absent() -> None:
    on = {"patience_association": 1.0, "patience_firm": 1.0, "patience_collectivity": 1.0}
    assert same_run(ran(rules=on, months=24), ran(months=24))
    assert not same_run(ran(rules={**on, "patience_firm": 0.5}, months=24), ran(months=24))


def test_the_trace_says_what_patience_did() -> None:
    """With patience off the factor changes nothing; an impatient pair would have accepted a deep form more readily."""
    for patience in (1.0, 0.9):
        rules = {**DEEP, "m0": 2.0, **{f"patience_{s}": patience for s in ("association", "firm", "collectivity")}}
        run = engine(rules=rules, months=12)
        months: list[list[Weighing]] = []
        run.hook("propose", partial(keep_weighed, months), when="before")
        run.run()
        deep = [one for month in months for one in month if one.depth > 1]
        assert len(deep) > 10
        for one in deep:
            assert (
                (one.what_if()["patience"] == one.both) if patience == 1.0 else (one.what_if()["patience"] > one.both)
            )


def keep_weighed(months: list[list[Weighing]], world: Any) -> None:
    """Append what the pairs that met this month weigh."""
    found = [weigh(world, int(meeting["a"]), int(meeting["b"])) for meeting in world.state.meetings]
    months.append([one for one in found if one is not None])
