"""Who comes to a forum, and what it works on: its call, its ground, its invitations (SPEC sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.kernels import gathering, means
from alliancesim.kernels.forum_tables import PARTICIPANT
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.levers import TARGETS
from alliancesim.rules.keys import fold, stream_key
from alliancesim.rules.world import NEUTRALITY, World
from alliancesim.state.tables import empty_ideas


@dataclass(frozen=True)
class Call:
    """What is convened: where, by whom, how.

    Attributes
    ----------
    perimeter : int
    convenor : int
        Row of the organisation that convenes (an animator's own, where it has one), or -1 for an animator alone.
    neutrality : float
        Of the convenor: lowers the rent of leading; an animator can carry a contested lead.
    animator : int
        Number of the animator, or -1.
    number : int
        Which of this month's forums of this convenor.
    level : str
        At which one convenes (extension perimeters).
    inhabitants : bool
        Whether inhabitants have seats (extension inhabitants).
    session : int
        Of a standing forum, from 1; 0 for a forum that meets once (extension standing_forums).
    unshared : float
        Factor on what is missing to wholly shared salience, from earlier sessions.
    alone : int
        Meetings that civil society holds before collectivities join; ``two_phase``: all but the last two (M41).
    """

    perimeter: int
    convenor: int = NOBODY
    neutrality: float = 0.0
    animator: int = NOBODY
    number: int = 0
    size: int = 0
    meetings: int = 0
    actions: int = 0
    alone: int = 0
    two_phase: bool = False
    plenary: bool = False
    transversal: bool = False
    seats: int = 142
    themes: int = 0
    targeting: str = "random"
    level: str = "epci"
    inhabitants: bool = False
    session: int = 0
    unshared: float = 1.0


@dataclass(frozen=True)
class Ground:
    """What a forum works on.

    Attributes
    ----------
    home : int
        Perimeter of the convenor; the ground itself, but where the extension ``perimeters`` names another level.
    cells, rows : (c,) int64, (n,) int64
        Rows of cells, and of the organisations that stand there.
    need : (K,) float64
        Need of its mean inhabitant.
    library : (M,) IDEA
    key : int
        Identity.
    level : str
        Of convening, as in ``catalogue.LEVELS``.
    zone : int
        Number among ``state.zones``, or -1 where the ground is the perimeter.
    """

    home: int
    cells: np.ndarray
    rows: np.ndarray
    need: np.ndarray
    library: np.ndarray
    key: int
    level: str = "epci"
    zone: int = NOBODY

    def holding(self, rows: Any) -> np.ndarray:
        """Those of some rows that stand here."""
        rows = np.asarray(rows, dtype=np.int64)
        if self.zone == NOBODY and len(self.rows):
            return rows[(rows >= self.rows[0]) & (rows <= self.rows[-1])]
        return rows[np.isin(rows, self.rows)]

    def draw(self, world: World, need: np.ndarray, key: int, streams: np.ndarray, period: int) -> np.ndarray:
        """M ideas (IDEA) for some needs (K,) from the means of those who stand here, as ``renew_means`` draws a library."""
        state = world.state
        perimeter = state.perimeters[self.home : self.home + 1].copy()
        perimeter["key"] = key
        people = state.organisations
        if self.zone != NOBODY:
            people = people[self.rows]
            perimeter["low"], perimeter["high"] = 0, len(people)
        ideas = empty_ideas(1, int(state.rules[0]["library_size"]))
        means.draw_ideas(ideas, perimeter, need[None], people, state.rules, streams, state.seed, period)
        return ideas[0]


def ground_of(world: World, perimeter: int) -> Ground:
    """A perimeter as the ground of a forum."""
    state = world.state
    row = state.perimeters[perimeter]
    return Ground(
        home=perimeter,
        cells=np.arange(int(row["cell_low"]), int(row["cell_high"])),
        rows=np.arange(int(row["low"]), int(row["high"])),
        need=state.perimeter_need[perimeter],
        library=state.ideas[perimeter],
        key=int(row["key"]),
    )


def candidates(world: World, ground: Ground) -> np.ndarray:
    """Willing or engaged organisations with free load on the ground of a forum."""
    return _may_come(world, ground.rows)


def _may_come(world: World, rows: np.ndarray) -> np.ndarray:
    """Those of ``rows`` that are willing or engaged, with free load."""
    people = world.state.organisations
    return rows[(people["stage"][rows] > 0) & (people["load"][rows] < people["cap"][rows])]


def quotas(world: World, size: int) -> list[int]:
    """Invited by sphere: 50/30/20 by default."""
    p = world.state.rules[0]
    associations = round(size * float(p["invite_association"]))
    firms = min(size - associations, round(size * float(p["invite_firm"])))
    return [associations, firms, size - associations - firms]


def targeting_weights(world: World, rows: np.ndarray, targeting: str) -> np.ndarray:
    """Weights of a lottery: random; core (most ties); periphery (never engaged, fewest ties); deprived cells."""
    organisations = world.state.organisations
    weights = organisations["weight"][rows].astype(np.float64)
    ties = organisations["ties"][rows].astype(np.float64)
    if targeting == "core":
        return weights * (0.1 + ties)
    if targeting == "periphery":
        return weights * np.where(organisations["ever"][rows] == 1, 0.05, 1.0) / (1.0 + ties)
    if targeting == "deprived":
        return weights * (0.01 + world.state.cells["deprived"][organisations["cell"][rows]])
    return weights


def ranked(world: World, rows: np.ndarray, weights: np.ndarray, key: int) -> np.ndarray:
    """Rows in the order of a keyed weighted lottery."""
    times = np.zeros(len(rows))
    gathering.race(world.state.organisations, rows, np.asarray(weights, dtype=np.float64), np.uint64(key), times)
    return rows[np.lexsort((world.state.organisations["key"][rows], times))]


def leading(world: World, ground: Ground, targeting: str, key: int, most: int) -> np.ndarray:
    """The first ``most`` of each sphere in the order of a keyed weighted lottery, all spheres together in that order."""
    people = world.state.organisations
    first, times = np.zeros((3, most), dtype=np.int64), np.zeros((3, most))
    counts = np.zeros(3, dtype=np.int64)
    gathering.first_drawn(
        people,
        world.state.cells,
        ground.rows,
        TARGETS.index(targeting),
        np.uint64(key),
        most,
        first,
        times,
        counts,
    )
    kept = np.arange(most) < counts[:, None]
    rows = first[kept]
    return rows[np.lexsort((people["key"][rows], times[kept]))]


def forum_key(world: World, call: Call) -> int:
    """Key of a forum: month, perimeter, who convenes, number."""
    state = world.state
    who = int(state.organisations["key"][call.convenor]) if call.convenor >= 0 else call.animator + 1
    key = stream_key(state.seed, STREAMS["convene"], state.month)
    return fold(fold(fold(key, state.perimeters["key"][call.perimeter]), who), call.number)


def invite(world: World, call: Call, ground: Ground, key: int, returning: np.ndarray | None = None) -> np.ndarray:
    """Participants of a forum without plenary: the convenor, those who return, then a keyed lottery by sphere.

    A sphere short of members is made up by the others.
    """
    state = world.state
    size = call.size or int(state.rules[0]["forum_size"])
    order = leading(world, ground, call.targeting, key, size)
    if len(_may_come(world, ground.holding([call.convenor]))):
        order = np.concatenate(([call.convenor], order[order != call.convenor]))
    chosen: list[int] = []
    if returning is not None:
        chosen = _may_come(world, ground.holding(returning))[:size].tolist()
    order = order[~np.isin(order, chosen)]
    spheres = state.organisations["sphere"][order]
    seated = np.bincount(state.organisations["sphere"][chosen], minlength=3) if chosen else np.zeros(3, dtype=int)
    for sphere, quota in enumerate(quotas(world, size)):
        chosen.extend(order[spheres == sphere][: max(0, quota - int(seated[sphere]))])
    for row in order:
        if len(chosen) >= size:
            break
        if row not in chosen:
            chosen.append(row)
    return np.sort(np.array(chosen[:size], dtype=np.int64))


def remember(world: World, call: Call, rows: np.ndarray) -> None:
    """Those who come to an animator's forum enter its address book."""
    if call.animator >= 0:
        world.animators[call.animator].book.add(rows)


def gathered(world: World, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Participants, their salience (n, K), objectives (n, 4) and trust (n, n), as they are this month."""
    state = world.state
    n, k = len(rows), len(state.domains)
    participants = np.zeros(n, dtype=PARTICIPANT)
    salience, objectives, trust = np.zeros((n, k)), np.zeros((n, 4)), np.zeros((n, n))
    gathering.gather(
        state.organisations,
        state.salience,
        state.objectives,
        state.ties,
        state.slots,
        rows,
        NEUTRALITY,
        state.month,
        state.fade,
        state.rules,
        participants,
        salience,
        objectives,
        trust,
    )
    return participants, salience, objectives, trust
