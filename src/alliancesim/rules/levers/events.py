"""Awareness events and matchmaking (SPEC section 3, Levers; SOURCE N40, M34)."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import ORIGINS
from alliancesim.kernels import gathering
from alliancesim.kernels.keyed import STREAMS
from alliancesim.rules.assembly import ranked
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.meet import as_meetings
from alliancesim.rules.world import World

EVENT = ORIGINS.index("event")
TOLD_MOST = 15


def lever_key(world: World, animator: Any, lever: int, number: int) -> int:
    """Key of one occurrence of a lever."""
    state = world.state
    return fold(fold(fold(stream_key(state.seed, STREAMS["lever"], state.month), animator.number), lever), number)


def attendees(world: World, animator: Any, size: int, key: int) -> np.ndarray:
    """Who comes: by sphere 60/30/10, 80 % willing or engaged, 70 % from the address book, by size.

    A class short of members is made up by the others of its sphere, then by other spheres.
    """
    state = world.state
    p = state.rules[0]
    organisations = state.organisations
    order = first_of_classes(world, animator, size, key)
    sphere = organisations["sphere"][order]
    ready = organisations["stage"][order] > 0
    known = animator.book.holds(order)
    associations = round(size * float(p["event_association"]))
    firms = min(size - associations, round(size * float(p["event_firm"])))
    taken = np.zeros(len(order), dtype=np.bool_)
    for s, quota in enumerate((associations, firms, size - associations - firms)):
        mine = sphere == s
        wanted_ready = round(quota * float(p["event_ready"]))
        for is_ready, part in ((True, wanted_ready), (False, quota - wanted_ready)):
            from_book = round(part * float(p["event_known"]))
            pool = mine & (ready == is_ready)
            book = np.flatnonzero(pool & known)[:from_book]
            taken[book] = True
            others = np.flatnonzero(pool & ~taken)[: part - len(book)]
            taken[others] = True
        short = quota - int((taken & mine).sum())
        taken[np.flatnonzero(mine & ~taken)[: max(0, short)]] = True
    short = size - int(taken.sum())
    taken[np.flatnonzero(~taken)[: max(0, short)]] = True
    return order[taken]


def first_of_classes(world: World, animator: Any, most: int, key: int) -> np.ndarray:
    """The first ``most`` of each class (sphere, naive or not, known or not) in a keyed lottery by size, all in its order."""
    state = world.state
    first, times = np.zeros((12, most), dtype=np.int64), np.zeros((12, most))
    counts = np.zeros(12, dtype=np.int64)
    gathering.first_attendees(
        state.organisations,
        state.size_by_cap,
        animator.rows,
        animator.book.rows,
        np.uint64(key),
        most,
        first,
        times,
        counts,
    )
    kept = np.arange(most) < counts[:, None]
    rows = first[kept]
    return rows[np.lexsort((state.organisations["key"][rows], times[kept]))]


def hold(world: World, animator: Any, run: Any, number: int) -> None:
    """An event: exposures, one testimony each, names for the address book; at tables where it is matchmaking."""
    state = world.state
    p = state.rules[0]
    matchmaking = run.lever == "matchmaking"
    key = lever_key(world, animator, 2 if matchmaking else 1, number)
    rows = attendees(world, animator, int(run.options["size"]) or int(p["attendees"]), fold(key, 1))
    animator.book.add(rows)
    world.count("attended", len(rows))
    exposures = float(p["event_exposures"])
    world.expose(rows, exposures)
    for row in rows.tolist():
        world.expose(world.federation_of(row), exposures)
    whole = state.space.whole
    for row in rows:
        sphere = int(state.organisations["sphere"][row])
        if whole[2, sphere] > 0.0:
            failed = uniform(fold(fold(key, 2), state.organisations["key"][row])) < whole[3, sphere] / whole[2, sphere]
            told = int(world.told[row])
            kept = failed and uniform(fold(fold(key, 4), state.organisations["key"][row])) >= float(p["failures_told"])
            if kept:
                continue
            if failed and told >> 4 < TOLD_MOST:
                world.told[row] = told + 16
            elif not failed and told & 15 < TOLD_MOST:
                world.told[row] = told + 1
    if matchmaking:
        world.event_meetings.append(tables(world, animator, rows, fold(key, 3)))


def tables(world: World, animator: Any, rows: np.ndarray, key: int) -> np.ndarray:
    """Pairs of different spheres with complementary capabilities (each has one that the other lacks) at one table."""
    state = world.state
    size = int(state.rules[0]["table_size"])
    order = ranked(world, rows, np.ones(len(rows)), key)
    sphere, bits = state.organisations["sphere"], state.organisations["capabilities"]
    pairs = []
    for low in range(0, len(order), size):
        table = order[low : low + size]
        for a, i in enumerate(table):
            for j in table[a + 1 :]:
                if sphere[i] != sphere[j] and bits[i] & ~bits[j] and bits[j] & ~bits[i]:
                    pairs.append((i, j))
    return as_meetings(np.array(pairs, dtype=np.int32).reshape(-1, 2), EVENT, animator.number, 0.0)
