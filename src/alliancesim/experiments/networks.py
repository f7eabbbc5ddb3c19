"""The network of alliances beside matchings at random (``keep.groups=[networks]``): as many alliances, of the same sizes.

Two draws: ``random``, among organisations that are willing or engaged, by lot; ``gravity``, one by lot and the others by
exp(-distance / d0) times size, as the model draws whom one meets. Both keep to load caps. They
take what is active in the last month, so that dates are the same; who is willing is who is then.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import NAIVE
from alliancesim.experiments.measures import Measure

KINDS = ("model", "random", "gravity")
STATISTICS = {
    "clustering": ("share", "pairs of alliances with a common member that have two or more"),
    "largest": ("share", "members that are in the largest connected set"),
    "busy": ("alliances", "alliances of a member, mean"),
    "distance": ("km", "distance between two members of an alliance, mean"),
    "mixed": ("share", "pairs of members of two spheres"),
    "three": ("share", "alliances of all three spheres"),
    "covered": ("share", "required capabilities that members have"),
}
NETWORKS = tuple(
    Measure(f"net_{name}_{kind}", unit, f"{words} ({kind})", "end")
    for name, (unit, words) in STATISTICS.items()
    for kind in KINDS
)


def of_networks(engine: Any) -> dict[str, float]:
    """Statistics of the network of the last month, and of the two draws; nothing with fewer than two alliances."""
    state = engine.state
    rows = state.active
    if len(rows) < 2:
        return {}
    members = [np.array(state.members_of(int(row)), dtype=np.int64) for row in rows]
    required = state.alliances["required"][rows]
    random = np.random.default_rng([int(state.seed), 0xBA5E])
    found = {}
    for kind in KINDS:
        drawn = members if kind == "model" else matched(state, members, random, near=kind == "gravity")
        for name, value in statistics(state, drawn, required).items():
            found[f"net_{name}_{kind}"] = value
    return found


def matched(state: Any, members: list[np.ndarray], random: np.random.Generator, *, near: bool) -> list[np.ndarray]:
    """As many alliances of the same sizes, members drawn among the willing and engaged with free load.

    Parameters
    ----------
    near : bool
        Whether partners of the first are drawn by distance and size.
    """
    people = state.organisations
    ready = np.flatnonzero(people["stage"] != NAIVE)
    free = people["cap"][ready].astype(np.int64)
    x, y = state.cell_x[people["cell"][ready]], state.cell_y[people["cell"][ready]]
    sizes, d0 = state.sizes(ready), float(state.rules[0]["d0"])
    drawn = []
    for one in members:
        open_ = np.flatnonzero(free > 0)
        number = min(len(one), len(open_))
        if near and number > 1:
            first = int(random.choice(open_))
            rest = open_[open_ != first]
            apart = np.hypot(x[rest] - x[first], y[rest] - y[first])
            # the largest of log(weight) + Gumbel noise: a draw without replacement, by weight
            keys = np.log(sizes[rest]) - apart / d0 + random.gumbel(size=len(rest))
            at = np.concatenate(([first], rest[np.argpartition(-keys, number - 2)[: number - 1]]))
        else:
            at = random.choice(open_, size=number, replace=False)
        free[at] -= 1
        drawn.append(np.sort(ready[at]))
    return drawn


def statistics(state: Any, members: list[np.ndarray], required: np.ndarray) -> dict[str, float]:
    """Statistics of alliances given as lists of rows of organisations."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    from alliancesim.kernels.observation import shared_partners

    people = state.organisations
    flat = np.concatenate(members).astype(np.int64)
    of = np.repeat(np.arange(len(members)), [len(one) for one in members])
    starts = np.concatenate(([0], np.cumsum([len(one) for one in members]))).astype(np.int64)
    n = state.n_organisations
    link = coo_array((np.ones(len(flat)), (flat, n + of)), shape=(n + len(members), n + len(members)))
    part = connected_components(link, directed=False)[1]
    there = np.unique(flat)
    x, y = state.cell_x[people["cell"]], state.cell_y[people["cell"]]
    apart: list[np.ndarray] = []
    unlike: list[np.ndarray] = []
    three = covered = wanted = 0
    for number, one in enumerate(members):
        i, j = np.triu_indices(len(one), 1)
        a, b = one[i], one[j]
        apart.append(np.hypot(x[a] - x[b], y[a] - y[b]))
        unlike.append(people["sphere"][a] != people["sphere"][b])
        three += len(np.unique(people["sphere"][one])) == 3
        needed = int(required[number])
        have = int(np.bitwise_or.reduce(people["capabilities"][one])) & needed if len(one) else 0
        covered, wanted = covered + bin(have).count("1"), wanted + bin(needed).count("1")
    return {
        "clustering": float(
            shared_partners(flat, starts, np.argsort(flat, kind="stable"), np.zeros(n, dtype=np.int32))
        ),
        "largest": float(np.bincount(part[there]).max()) / len(there),
        "busy": len(flat) / len(there),
        "distance": float(np.concatenate(apart).mean()),
        "mixed": float(np.concatenate(unlike).mean()),
        "three": three / len(members),
        "covered": covered / wanted if wanted else np.nan,
    }
