"""Organisations close and are replaced; a success may found one (SPEC section 5, demography; SOURCE M82).

The number of organisations of a place is data (R_org): who closes is replaced at once by a newcomer of its kind in its cell, and
an organisation that a success founds takes the next such place of its perimeter. So births and closings balance, and what changes
is who is there: a newcomer is what an organisation is at month 0 (no ties, nothing heard, willing with probability willing0); one
founded by a success is willing and knows the members of the alliance that founded it.
"""

from __future__ import annotations

import numpy as np

from alliancesim import catalogue
from alliancesim.catalogue import COLLECTIVITY, WILLING
from alliancesim.kernels import space as space_kernels
from alliancesim.kernels.execution import SUCCESS
from alliancesim.kernels.extensions import demography as kernels
from alliancesim.kernels.founding import meet_members
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.means import total_of
from alliancesim.kernels.numeric import power
from alliancesim.kernels.population import draw_attributes
from alliancesim.rules.extensions.shocks import strike_newcomer
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.world import World

RATES = np.array([kind.closing for kind in catalogue.KINDS])
"""Share of each kind that closes a year."""


def renew_population(world: World) -> int:
    """Foundings and closings of this month; returns a digest.

    A success founds an organisation with probability ``spin_off``. An organisation closes at the rate of its kind, less in a
    deployed alliance; an animator's own organisation stays.
    """
    state = world.state
    _found(world)
    digest = 0
    for row in _closing(world):
        before = int(state.organisations["key"][row])
        ended = kernels.close(
            state.organisations, state.ties, state.slots, state.alliances, state.memberships, row, state.month
        )
        _replace(world, row)
        world.count("closings")
        world.count("ends", ended)
        digest += (before & 0xFFFFFFFF) * (1 + ended)
    if digest:
        state.refresh_active()
    return digest


def _found(world: World) -> None:
    """Successes of this month that found an organisation: it waits for a place in the alliance's perimeter."""
    state = world.state
    key = stream_key(state.seed, STREAMS["spin_off"], state.month)
    for row in state.active:
        alliance = state.alliances[row]
        if alliance["result"] == SUCCESS and uniform(fold(key, alliance["key"])) < float(state.rules[0]["spin_off"]):
            world.founded.setdefault(int(alliance["perimeter"]), []).append(int(row))


def _closing(world: World) -> list[int]:
    """Rows of those that close, by identity."""
    state = world.state

    def work(low: int, high: int) -> np.ndarray:
        rows = np.zeros(high - low, dtype=np.int64)
        number = kernels.closings(
            state.organisations,
            low,
            high,
            state.alliances,
            state.memberships,
            RATES,
            state.rules,
            STREAMS["closing"],
            state.seed,
            state.month,
            rows,
        )
        return rows[:number]

    rows = np.concatenate(world.by_blocks(work))
    rows = rows[~np.isin(rows, [animator.row for animator in world.animators])]
    return [int(row) for row in rows[np.argsort(state.organisations["key"][rows], kind="stable")]]


def _replace(world: World, row: int) -> None:
    """A newcomer of the same kind in the same cell, with attributes of its own, or an organisation that a success founded."""
    state = world.state
    one = state.organisations[row : row + 1]
    if one["finished"][0]:  # who left testifies no more
        square, sphere = int(state.cells["square"][one["cell"][0]]), int(one["sphere"][0])
        space, weight = state.space, float(one["weight"][0])
        space_kernels.add_experience(space.near, square, sphere, weight, -1, 0, 0, space.changes)
        space.whole[1, sphere] -= weight
    kind = catalogue.KINDS[int(one["kind"][0])]
    one["key"] = fold(stream_key(state.seed, STREAMS["newcomer"], state.month), one["key"][0])
    one["cash_own"] = kind.cash * kind.discretion / catalogue.MEAN_CASH
    one["time_own"] = kind.time / catalogue.MEAN_TIME
    for name in ("successes", "failures", "ever", "finished"):
        one[name] = 0
    newcomers = state.newcomers
    draw_attributes(
        one,
        state.salience[row : row + 1],
        state.objectives[row : row + 1],
        newcomers.kinds,
        newcomers.deprived,
        state.rules,
        newcomers.streams,
        state.seed,
    )
    _give_slack(world, one)
    strike_newcomer(world, row)
    state.pending[row], state.taken[row] = 0, NOBODY
    if len(world.initiative) > 1:
        world.initiative[row] = 1.0
    for animator in world.animators:
        animator.forget(row)
    waiting = world.founded.get(int(state.cells["perimeter"][one["cell"][0]]), [])
    if waiting and int(one["sphere"][0]) != COLLECTIVITY:
        one["stage"] = WILLING
        meet_members(
            state.organisations,
            state.ties,
            state.slots,
            state.alliances,
            state.memberships,
            waiting.pop(0),
            row,
            state.month,
            state.fade,
            state.rules,
        )
        world.count("spin_offs")


def _give_slack(world: World, one: np.ndarray) -> None:
    """Slack for the months that are left of the year."""
    state = world.state
    p = state.rules[0]
    fall = power(1.0 - float(p["s_r"]), float(max(0, state.year)))
    left = (12 - (state.month - state.burn_in) % 12) / 12.0
    one["cash"] = float(p["r_fin"]) * fall * one["cash_own"].astype(np.float64) * left
    one["time"] = float(p["r_hum"]) * fall * one["time_own"].astype(np.float64) * left


def jobs(world: World) -> float:
    """Jobs that deployed alliances make: their yearly cost over ``keur_per_job``."""
    state = world.state
    table = state.alliances[state.active]
    paid = total_of(table["pool_cash"][table["stage"] == kernels.DEPLOYED])
    keur = paid * float(state.rules[0]["keur_per_unit"])
    return keur / float(state.rules[0]["keur_per_job"])
