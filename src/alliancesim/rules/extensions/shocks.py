"""From a month on, slack or needs of chosen kinds, domains and cells are multiplied, or cash is shared out (SPEC section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.catalogue import KIND_INDEX
from alliancesim.errors import UserError
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
    gift : float
        Cash that each of ``rows`` is given a year, reference slack.
    """

    factor: float
    start: int
    end: int
    rows: np.ndarray
    cash: bool
    time: bool
    cells: np.ndarray
    domains: np.ndarray
    gift: float = 0.0

    def given(self, month: int) -> float:
        """Cash given in a month: a year's each January, of the year in which it starts the months that are left."""
        return self.gift * (12 - (month - 1) % 12) / 12.0

    def covers(self, month: int) -> bool:
        """Whether it acts in a calendar month."""
        return self.start <= month <= self.end

    def holds(self, month: int) -> bool:
        """Whether the slack of the year of a calendar month is struck by then: an end counts from the next January."""
        january = month - (month - 1) % 12
        return self.start <= month and self.end >= january


def build_shocks(config: Mapping[str, Any], world: World) -> list[Shock]:
    """Shocks of a scenario.

    Raises
    ------
    UserError
        For a place that is not on the territory, or a domain that it has not.
    """
    state = world.state
    found = []
    for name, one in config.items():
        inside = named_cells(state, one.where, f"shocks.{name}.where") & (state.cells["deprived"] >= one.deprived_from)
        kinds = [KIND_INDEX[kind] for kind in one.kinds]
        mine = inside[state.organisations["cell"]]
        if kinds:
            mine &= np.isin(state.organisations["kind"], kinds)
        domains = [_domain(world, domain, f"shocks.{name}.domains[{at}]") for at, domain in enumerate(one.domains)]
        domains = domains or list(range(len(state.domains)))
        needs = one.what == "needs"
        heads = float(state.organisations["weight"][mine].sum(dtype=np.float64))
        money = 0.0 if one.keur_per_year is None or heads <= 0 else float(one.keur_per_year)
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
                gift=money / heads / float(state.rules[0]["keur_per_unit"]) if money > 0 else 0.0,
            )
        )
    return found


def _domain(world: World, domain: str, key: str) -> int:
    """Column of a domain; a user's table may have other domains than the scenario names."""
    known = world.state.domains
    if domain not in known:
        raise UserError(f"{key}: found {domain!r}, expected one of {', '.join(known)}")
    return known.index(domain)


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
                if shock.gift > 0:
                    state.organisations["cash"][shock.rows] += shock.given(month)
            if shock.time:
                state.organisations["time"][shock.rows] *= shock.factor


def strike_newcomer(world: World, row: int) -> None:
    """Slack of who takes the place of an organisation that closed (extension demography): the place is struck, not its holder."""
    one = world.state.organisations[row]
    for shock in world.shocks:
        if shock.holds(world.state.calendar_month) and row in shock.rows:
            if shock.cash:
                one["cash"] = one["cash"] * shock.factor + shock.gift
            if shock.time:
                one["time"] *= shock.factor


def strike_needs(world: World) -> None:
    """Base needs of the cells and domains that shocks strike, from their first month to their last.

    Needs are recomputed in the months in which they change, where a shock begins or ends and nowhere else; what alliances
    relieved stays relieved.
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
    for shock in changing:
        struck = np.ix_(shock.cells, shock.domains)
        state.need[struck] = np.maximum(0.0, state.need_base[struck] * trend - state.relief[struck])
    means.perimeter_needs(state.cells, state.perimeters, state.need, 0, len(state.perimeters), state.perimeter_need)
