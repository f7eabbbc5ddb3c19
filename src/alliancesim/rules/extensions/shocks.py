"""From a month on, slack or needs of chosen kinds, domains and cells are multiplied (SPEC section 5, shocks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.catalogue import KIND_INDEX
from alliancesim.kernels import means
from alliancesim.kernels.numeric import power
from alliancesim.rules.world import World
from alliancesim.state.named import named_cells


@dataclass(frozen=True)
class Shock:
    """One shock, resolved on the tables of a run.

    Attributes
    ----------
    factor : float
    start, end : int
        First and last calendar month (1 is the first after burn-in).
    rows : (n,) int64
        Organisations whose slack changes; none for needs.
    cash, time : bool
        Which slack.
    cells, domains : (c,), (k,) int64
        Whose needs change; none for slack.
    """

    factor: float
    start: int
    end: int
    rows: np.ndarray
    cash: bool
    time: bool
    cells: np.ndarray
    domains: np.ndarray

    def covers(self, month: int) -> bool:
        """Whether it acts in a calendar month."""
        return self.start <= month <= self.end


def build_shocks(config: Mapping[str, Any], world: World) -> list[Shock]:
    """Shocks of a scenario.

    Raises
    ------
    UserError
        For a place that is not on the territory.
    """
    state = world.state
    found = []
    for name, one in config.items():
        inside = named_cells(state, one.where, f"shocks.{name}.where") & (state.cells["deprived"] >= one.deprived_from)
        kinds = [KIND_INDEX[kind] for kind in one.kinds]
        mine = inside[state.organisations["cell"]]
        if kinds:
            mine &= np.isin(state.organisations["kind"], kinds)
        domains = [state.domains.index(domain) for domain in one.domains] or list(range(len(state.domains)))
        needs = one.what == "needs"
        found.append(
            Shock(
                factor=float(one.factor),
                start=int(one.start),
                end=10**9 if one.end is None else int(one.end),
                rows=np.zeros(0, dtype=np.int64) if needs else np.flatnonzero(mine),
                cash=one.what in ("cash", "slack"),
                time=one.what in ("time", "slack"),
                cells=np.flatnonzero(inside) if needs else np.zeros(0, dtype=np.int64),
                domains=np.array(domains if needs else [], dtype=np.int64),
            )
        )
    return found


def strike_slack(world: World) -> None:
    """Slack of those whom a shock strikes: each January in its term, and what is left of the year in the month it starts.

    What it took or gave is not given back in the month it ends: the next January is without it.
    """
    state = world.state
    month = state.calendar_month
    for shock in world.shocks:
        if shock.covers(month) and (state.is_january or month == shock.start):
            if shock.cash:
                state.organisations["cash"][shock.rows] *= shock.factor
            if shock.time:
                state.organisations["time"][shock.rows] *= shock.factor


def strike_needs(world: World) -> None:
    """Base needs of the cells and domains that shocks strike, from their first month to their last.

    Needs are recomputed in the months in which they change; what alliances relieved stays relieved.
    """
    state = world.state
    month = state.calendar_month
    changing = [s for s in world.shocks if len(s.cells) and month in (s.start, s.end + 1)]
    if not changing:
        return
    if not len(world.calm):
        world.calm = state.need_base.copy()
    state.need_base[:] = world.calm
    for shock in world.shocks:
        if len(shock.cells) and shock.covers(month):
            state.need_base[np.ix_(shock.cells, shock.domains)] *= shock.factor
    trend = power(1.0 + float(state.rules[0]["s_n"]), float(max(0, state.year)))
    means.renew_needs(state.need_base, state.relief, state.need, trend, 1.0)
    means.perimeter_needs(state.cells, state.perimeters, state.need, 0, len(state.perimeters), state.perimeter_need)
