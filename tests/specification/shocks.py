"""Shocks (specification, section 5): from a month on, slack or needs are multiplied."""

from __future__ import annotations

from .numbers import power


def strike_slack(world, january: bool) -> None:
    """Each January of the term, and what is left of the year in the month it starts."""
    month = world.month - world.burn_in + 1
    for shock in world.shocks:
        if shock.start <= month <= shock.end and (january or month == shock.start):
            for row in shock.rows:
                one = world.organisations[row]
                one.cash = one.cash * shock.factor if shock.cash else one.cash
                one.cash += shock.gift * (12 - (month - 1) % 12) / 12
                one.time = one.time * shock.factor if shock.time else one.time
                world.seen["slack struck"] += 1


def strike_newcomer(world, one) -> None:
    """Who takes a place of which the slack is struck has no more than the place."""
    month = world.month - world.burn_in + 1
    january = month - (month - 1) % 12
    for shock in world.shocks:
        if shock.start <= month and january <= shock.end and one.row in shock.rows:
            one.cash = one.cash * shock.factor + shock.gift if shock.cash else one.cash
            one.time = one.time * shock.factor if shock.time else one.time
            world.seen["newcomer struck"] += 1


def strike_needs(world) -> None:
    """Base needs * factor from the first to the last month; what alliances relieved stays relieved."""
    from .month import mean_need

    month = world.month - world.burn_in + 1
    changing = [shock for shock in world.shocks if len(shock.cells) and month in (shock.start, shock.end + 1)]
    if not changing:
        return
    trend = power(1.0 + world.p.s_n, float(max(0, world.year)))
    for c, cell in enumerate(world.cells):
        cell.base = list(world.calm[c])
        for shock in world.shocks:
            if shock.start <= month <= shock.end and c in shock.cells:
                for d in shock.domains:
                    cell.base[d] *= shock.factor
        for d in {d for shock in changing if c in shock.cells for d in shock.domains}:
            cell.need[d] = max(0.0, cell.base[d] * trend - cell.relief[d])
    for perimeter in world.perimeters:
        for d in range(world.domains):
            mean_need(perimeter, d)
    world.seen["needs struck"] += 1
