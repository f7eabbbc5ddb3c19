"""Phase 1, each January: slacks, needs and libraries are renewed (SPEC section 3, renew_means)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels import means
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.numeric import power
from alliancesim.rules.extensions import replication, shocks
from alliancesim.rules.world import World

_STREAMS = np.array([STREAMS[s] for s in ("idea_domain", "idea_capabilities", "idea_cost", "idea_effort")])


def renew_means(world: World) -> int:
    """Cash and time of the year, needs on their trend, project ideas of every perimeter.

    cash <- R_fin * own level * (1 - s_R) ** year, time likewise with R_hum; what was not spent is lost. Needs follow
    (1 + s_N) ** year, and what alliances relieved comes back at ``rebound`` a year. Years count from the end of burn-in.
    """
    state = world.state
    for animator in world.animators:
        animator.today = state.calendar_month
        animator.open_month(world)
    shocks.strike_needs(world)
    if not state.is_january:
        shocks.strike_slack(world)
        return 0
    p = state.rules[0]
    year = float(max(0, state.year))
    fall = power(1.0 - float(p["s_r"]), year)
    cash, time = float(p["r_fin"]) * fall, float(p["r_hum"]) * fall
    world.by_blocks(lambda low, high: means.renew_slack(state.organisations, low, high, cash, time))
    shocks.strike_slack(world)
    kept = 1.0 if state.month == 0 else 1.0 - float(p["rebound"])
    means.renew_needs(state.need_base, state.relief, state.need, power(1.0 + float(p["s_n"]), year), kept)
    means.perimeter_needs(state.cells, state.perimeters, state.need, 0, len(state.perimeters), state.perimeter_need)
    means.draw_ideas(
        state.ideas,
        state.perimeters,
        state.perimeter_need,
        state.organisations,
        state.rules,
        _STREAMS,
        state.seed,
        state.year + 1_000,
    )
    if state.solutions.size:
        replication.bring_solutions(world)
    state.perimeters["client"] = 0.0
    for animator in world.animators:
        animator.open_year(world)
    return int(means.total_of(state.ideas["value"].reshape(-1)) * 1048576.0)
