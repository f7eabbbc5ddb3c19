"""Levers of money: flexible fund, public purchasing; and the adaptive calendar (SPEC section 3, Levers)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import COLLECTIVITY, KIND_INDEX
from alliancesim.kernels import means
from alliancesim.rules.world import World


def open_fund(world: World, animator: Any) -> None:
    """The fund's year: giving rate * slack of the territory, plus money from outside; the rest of last year stays.

    What is given leaves the slack of those who give.
    """
    state = world.state
    rows = animator.rows
    rate = float(state.rules[0]["giving_rate"])
    cash = state.organisations["cash"][rows]
    weight = state.organisations["weight"][rows].astype(float)
    given = rate * means.total_of(cash * weight)
    state.organisations["cash"][rows] = cash * (1.0 - rate)
    outside = float(animator.run_of("fund").options["outside_keur"]) / float(state.rules[0]["keur_per_unit"])
    animator.fund += given + outside
    animator.ceiling = ceiling_of(world, animator)
    world.count("fund_given_keur", given * float(state.rules[0]["keur_per_unit"]))


def ceiling_of(world: World, animator: Any) -> float:
    """Largest yearly cost of an alliance that the fund helps; by default this year's mean slack of a small employer."""
    asked = float(animator.run_of("fund").options["ceiling"])
    if asked > 0.0:
        return asked
    organisations = world.state.organisations
    small = organisations["kind"] == KIND_INDEX["small_employer"]
    return means.total_of(organisations["cash"][small]) / max(1, int(small.sum()))


def open_purchasing(world: World, animator: Any) -> None:
    """Collectivities set a share of their year's cash aside for joint offers (depth 3) of their perimeter."""
    state = world.state
    rows = animator.rows
    rows = rows[state.organisations["sphere"][rows] == COLLECTIVITY]
    share = float(state.rules[0]["purchasing_share"])
    for row in rows:
        perimeter = int(state.cells["perimeter"][state.organisations["cell"][row]])
        budget = share * float(state.organisations["cash"][row])
        state.organisations["cash"][row] -= budget
        state.perimeters["client"][perimeter] += budget


def adapt(world: World, animator: Any) -> dict[str, float]:
    """The mix of the year from what is known: awareness first where few are known to be engaged, accompaniment after."""
    state = world.state
    known = np.zeros(state.n_organisations, dtype=np.bool_)
    for row in state.active[state.alliances["identified"][state.active] >= 0]:
        known[state.members_of(int(row))] = True
    rows = animator.rows
    share = float(known[rows].mean()) if len(rows) else 0.0
    world.count("adaptive_known_share", share)
    shift = float(state.rules[0]["adaptive_shift"])
    if share < float(animator.run_of("adaptive").options["threshold"]):
        shift = -shift
    return {
        "event": 1.0 - shift,
        "matchmaking": 1.0 - shift,
        "accompany_alliance": 1.0 + shift,
        "accompany_organisation": 1.0 + shift,
    }
