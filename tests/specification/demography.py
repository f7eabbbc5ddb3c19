"""Organisations close and are replaced; a success may found one (specification, section 5, demography)."""

from __future__ import annotations

from alliancesim.catalogue import COLLECTIVITY, KINDS

from .numbers import fold, power, uniform
from .shocks import strike_newcomer


def renew_population(world) -> None:
    """A success founds an organisation with probability ``spin_off``; an organisation closes at the rate of its kind, less in a
    deployed alliance; who closes is replaced at once in its cell, by one that a success of the perimeter founded where one waits."""
    p = world.p
    if p.demography == 0.0:
        return
    for alliance in world.alliances:
        if alliance.ended is None and alliance.result:
            if uniform(fold(world.stream("spin_off"), alliance.key)) < p.spin_off:
                world.waiting.setdefault(alliance.perimeter, []).append(alliance)
    closing = [one for one in world.organisations if closes(world, one)]
    for one in sorted(closing, key=lambda one: one.key):
        leave(world, one)
        replace(world, one)


def closes(world, one) -> bool:
    """1 - (1 - rate) ** (1 / 12) a month."""
    rate = KINDS[one.kind].closing * world.p.closing
    if rate <= 0.0:
        return False
    if any(alliance.stage == "deployed" for alliance in one.alliances):
        rate = rate * world.p.closing_allied
    chance = 1.0 - power(1.0 - min(1.0, rate), 1.0 / 12.0)
    return uniform(fold(world.stream("closing"), one.key)) < chance


def leave(world, one) -> None:
    """An alliance that it leaves with one member ends, a larger one goes on; all ties are forgotten."""
    from .month import end

    while one.alliances:
        alliance = one.alliances[0]
        if len(alliance.members) == 2:
            end(world, alliance, 3)
            continue
        alliance.members = [member for member in alliance.members if member.organisation is not one]
        one.alliances.remove(alliance)
        alliance.covered = 0
        for other in alliance.organisations():
            alliance.covered |= alliance.required & other.capabilities
        if alliance.leader is one:
            alliance.leader = alliance.organisations()[0]
        world.seen["left an alliance that goes on"] += 1
    for other in list(one.ties):
        del other.ties[one]
    one.ties.clear()


def replace(world, one) -> None:
    """A newcomer: its own attributes are drawn as at month 0 were (read from the table, as those were)."""
    if one.finished:
        x, y = world.squares[world.cells[one.cell].square]
        for (v, w), row in zip(world.squares, world.finished, strict=True):
            if (v - x) * (v - x) + (w - y) * (w - y) <= world.p.d0 * world.p.d0:
                row[one.sphere] -= one.weight
    one.key = fold(world.stream("newcomer"), one.key)
    drawn = world.drawn(one.row)
    for name in (
        "cash_own",
        "time_own",
        "structuration",
        "capabilities",
        "salience",
        "objectives",
        "openness",
        "stage",
    ):
        setattr(one, name, getattr(drawn, name))
    one.successes = one.failures = 0.0
    one.finished = one.ever = False
    one.pending, one.newest, one.initiative = 0, -1, 1.0
    fall = power(1.0 - world.p.s_r, float(max(0, world.year)))
    left = (12 - (world.month - world.burn_in) % 12) / 12.0
    one.cash, one.time = world.p.r_fin * fall * one.cash_own * left, world.p.r_hum * fall * one.time_own * left
    strike_newcomer(world, one)
    world.seen["closed"] += 1
    waiting = world.waiting.get(world.cells[one.cell].perimeter)
    if waiting and one.sphere != COLLECTIVITY:
        one.stage = 1
        for other in waiting.pop(0).organisations():
            world.keep_tie(one, other, world.trust(one, other), world.month)
        world.seen["founded by a success"] += 1
