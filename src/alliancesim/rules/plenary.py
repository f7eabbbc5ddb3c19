"""A plenary: seats, commitments, thematic groups, one action across them (SPEC section 4)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from alliancesim.kernels import means
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.numeric import logistic
from alliancesim.rules.assembly import Call, Ground, candidates, gathered, quotas, ranked, remember, targeting_weights
from alliancesim.rules.deliberation import IDEA_STREAMS, deliberate
from alliancesim.rules.extensions import replication
from alliancesim.rules.keys import fold, uniform
from alliancesim.rules.world import World


def hold_plenary(world: World, call: Call, ground: Ground, key: int) -> int:
    """Seats, commitments, thematic groups of 4-15 on ideas of their theme, then one action across them."""
    state = world.state
    rows, persons = _seated(world, call, ground, fold(key, STREAMS["seat"]))
    committed, themes = _commitments(world, call, ground, key, rows)
    remember(world, call, rows)
    plenary = state.n_plenaries
    state.n_plenaries += 1
    world.count("plenary_attended", len(rows))
    world.count("plenary_committed", len(committed))
    info = {"invited": len(rows), "seats": persons, "plenary": plenary}
    if not len(committed):
        return deliberate(world, call, ground, key, committed, ground.library, info)
    digest = len(committed)
    for number, (theme, members) in enumerate(_groups(world, committed, themes)):
        library = _theme_library(world, ground, theme, number)
        group_key = fold(fold(key, STREAMS["group"]), number)
        digest += deliberate(world, call, ground, group_key, members, library, {**info, "theme": theme})
        info = {"plenary": plenary}
    if call.transversal:
        across = committed[state.organisations["load"][committed] < state.organisations["cap"][committed]]
        across = ranked(world, across, np.ones(len(across)), fold(key, 77))[: int(state.rules[0]["group_most"])]
        digest += deliberate(
            world, replace(call, actions=1), ground, fold(key, 78), np.sort(across), ground.library, info
        )
    return digest


def _seated(world: World, call: Call, ground: Ground, key: int) -> tuple[np.ndarray, int]:
    """Organisations that take the seats (persons; some send two), by sphere, and the persons that they send."""
    state = world.state
    rows = candidates(world, ground)
    order = ranked(world, rows, targeting_weights(world, rows, call.targeting), fold(key, 1))
    second = float(state.rules[0]["second_seat"])
    sends = np.array(
        [1 + (uniform(fold(fold(key, 2), state.organisations["key"][row])) < second) for row in order], dtype=int
    )
    spheres = state.organisations["sphere"][order]
    chosen: list[int] = []
    taken = 0
    for sphere, quota in enumerate(quotas(world, call.seats)):
        left = quota
        for at in np.flatnonzero(spheres == sphere).tolist():
            if left <= 0:
                break
            chosen.append(at)
            left -= int(sends[at])
            taken += int(sends[at])
    for at in range(len(order)):
        if taken >= call.seats:
            break
        if at not in chosen:
            chosen.append(at)
            taken += int(sends[at])
    return np.sort(order[np.array(chosen, dtype=int)]), taken


def _commitments(world: World, call: Call, ground: Ground, key: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who commits, and to which theme: logistic((trust * K salience of its best theme * mean value - theta_commit) / T)."""
    state = world.state
    p = state.rules[0]
    n, k = len(rows), len(state.domains)
    _, salience, _, trust = gathered(world, rows)
    need, library = ground.need, ground.library
    if len(library) > int(p["library_size"]):
        library = replication.at_table(world, ground, rows, library)
    value = np.zeros(k)
    for d in range(k):
        of_theme = library["value"][(library["domain"] == d) & (library["cost"] > 0)]
        value[d] = means.total_of(of_theme) / len(of_theme) if len(of_theme) else 0.0
    open_themes = np.argsort(-need, kind="stable")[: call.themes or k]
    committed, themes = [], []
    for a in range(n):
        if n < 2:
            break
        weight = k * salience[a]
        theme = int(open_themes[np.argmax(weight[open_themes])])
        close = means.total_of(trust[a]) / (n - 1)
        chance = logistic((close * weight[theme] * value[theme] - float(p["theta_commit"])) / float(p["temperature"]))
        if world.animators and call.animator >= 0 and world.animators[call.animator].owns(int(rows[a])):
            chance = min(1.0, chance + float(p["ownership"]))
        if uniform(fold(fold(key, STREAMS["commit"]), state.organisations["key"][rows[a]])) < chance:
            committed.append(rows[a])
            themes.append(theme)
    return np.array(committed, dtype=np.int64), np.array(themes, dtype=np.int64)


def _groups(world: World, committed: np.ndarray, themes: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Thematic groups of at most 15; a theme with fewer than 4 joins the theme with most."""
    least, most = int(world.state.rules[0]["group_least"]), int(world.state.rules[0]["group_most"])
    counts = {int(theme): int((themes == theme).sum()) for theme in np.unique(themes)}
    largest = max(counts, key=lambda theme: (counts[theme], -theme))
    home = np.array([int(t) if counts[int(t)] >= least else largest for t in themes])
    groups: list[tuple[int, np.ndarray]] = []
    for theme in np.unique(home):
        rows = committed[home == theme]
        parts = math.ceil(len(rows) / most)
        # contiguous, as everybody else hands rows to kernels: another layout would be compiled beside it
        groups.extend((int(theme), np.ascontiguousarray(rows[part::parts])) for part in range(parts))
    return groups


def _theme_library(world: World, ground: Ground, theme: int, number: int) -> np.ndarray:
    """M ideas of one theme, drawn for a group."""
    state = world.state
    need = np.zeros(len(state.domains))
    need[theme] = ground.need[theme]
    key = fold(fold(ground.key, STREAMS["theme_ideas"]), state.n_plenaries * 64 + number)
    return ground.draw(world, need, key, IDEA_STREAMS, state.month)
