"""A forum that meets every year with memory of trust and of themes (SPEC section 5, standing forums; case cci_le_havre)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alliancesim.kernels import gathering
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.numeric import power
from alliancesim.rules.assembly import Call, Ground, forum_key, gathered, invite, remember
from alliancesim.rules.deliberation import IDEA_STREAMS, deliberate
from alliancesim.rules.keys import fold
from alliancesim.rules.world import World


@dataclass
class Commission:
    """A standing forum between its sessions.

    Attributes
    ----------
    sessions : int
        Held so far.
    rows : (n,) int64
        Who sat in the latest one; ``keys`` their identities.
    trust : (n, n) float64
        What they thought of each other at its end.
    """

    sessions: int
    rows: np.ndarray
    keys: np.ndarray
    trust: np.ndarray


def hold_session(
    world: World, call: Call, ground: Ground, commissions: dict[tuple[int, int], Commission], at: tuple[int, int]
) -> int:
    """The next session of a commission: those of the last one return, with the trust that they parted with.

    Memory of themes: what they worked on together is what they hold in common; shared salience weighs
    1 - (1 - w) * (1 - standing_memory) ** sessions before this one.

    Parameters
    ----------
    commissions : dict
        Those of an animator, by lever and number; the session is kept there.
    at : tuple of int
        Lever and number of this one.

    Returns
    -------
    int
        Digest.
    """
    state = world.state
    before = commissions.get(at)
    session, returning = 1, None
    if before is not None:
        session = before.sessions + 1
        same = state.organisations["key"][before.rows] == before.keys  # not one that closed and was replaced
        returning = before.rows[same]
        _resume(world, returning, before.trust[np.ix_(same, same)])
    forgotten = 1.0 - float(state.rules[0]["standing_memory"])
    call = replace(call, session=session, unshared=power(forgotten, float(session - 1)))
    key = forum_key(world, call)
    rows = invite(world, call, ground, fold(key, STREAMS["invite"]), returning)
    remember(world, call, rows)
    library = ground.library
    if call.themes:
        library = _theme_library(world, ground, at[1] % call.themes, key)
    digest = deliberate(world, call, ground, key, rows, library, {"invited": len(rows), "seats": len(rows)})
    commissions[at] = Commission(session, rows, state.organisations["key"][rows].copy(), gathered(world, rows)[3])
    return digest


def _theme_library(world: World, ground: Ground, rank: int, key: int) -> np.ndarray:
    """M ideas on the domain of the rank-th greatest need of the ground: the theme of a commission."""
    theme = int(np.argsort(-ground.need, kind="stable")[rank])
    need = np.zeros_like(ground.need)
    need[theme] = ground.need[theme]
    return ground.draw(world, need, fold(key, STREAMS["theme_ideas"]), IDEA_STREAMS, world.state.month)


def _resume(world: World, rows: np.ndarray, parted: np.ndarray) -> None:
    """Memory of trust: a pair that sat together trusts each other no less than when it parted."""
    state = world.state
    now = gathered(world, rows)[3]
    gathering.keep_trust(
        state.organisations,
        state.alliances,
        state.memberships,
        state.ties,
        state.slots,
        rows,
        now,
        np.maximum(now, parted),
        state.month,
        state.fade,
        float(state.rules[0]["trust0"]),
    )
