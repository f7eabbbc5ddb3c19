"""A forum in a running territory: who is invited, the deliberation, the alliances that come of it (SPEC section 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from alliancesim.catalogue import COLLECTIVITY, FORUM_OUTCOMES, ORIGINS
from alliancesim.kernels import forum as kernels
from alliancesim.kernels import founding, gathering, means
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.kernels.numeric import logistic
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.rules.world import NEUTRALITY, World
from alliancesim.state.tables import empty_ideas

MOST = 60
IDEA_STREAMS = np.array([STREAMS[s] for s in ("idea_domain", "idea_capabilities", "theme_ideas", "idea_effort")])


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


def hold_forum(world: World, call: Call) -> int:
    """Invite, deliberate, launch; returns a digest."""
    state = world.state
    who = int(state.organisations["key"][call.convenor]) if call.convenor >= 0 else call.animator + 1
    key = fold(
        fold(stream_key(state.seed, STREAMS["convene"], state.month), state.perimeters["key"][call.perimeter]), who
    )
    key = fold(key, call.number)
    if call.plenary:
        return _plenary(world, call, key)
    size = call.size or int(state.rules[0]["forum_size"])
    rows = invite(world, call, fold(key, STREAMS["invite"]), size)
    remember(world, call, rows)
    return _group(world, call, key, rows, state.ideas[call.perimeter], {"invited": len(rows), "seats": len(rows)})


def remember(world: World, call: Call, rows: np.ndarray) -> None:
    """Those who come to an animator's forum enter its address book."""
    if call.animator >= 0:
        world.animators[call.animator].book[rows] = True


def candidates(world: World, perimeter: int) -> np.ndarray:
    """Willing or engaged organisations with free load in a perimeter."""
    state = world.state
    low, high = int(state.perimeters["low"][perimeter]), int(state.perimeters["high"][perimeter])
    part = state.organisations[low:high]
    return low + np.flatnonzero((part["stage"] > 0) & (part["load"] < part["cap"]))


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


def leading(world: World, rows: np.ndarray, weights: np.ndarray, key: int, most: int) -> np.ndarray:
    """The first ``most`` of each sphere in the order of a keyed weighted lottery, all spheres together in that order."""
    people = world.state.organisations
    times = np.zeros(len(rows))
    gathering.race(people, rows, np.asarray(weights, dtype=np.float64), np.uint64(key), times)
    sphere = people["sphere"][rows]
    kept = []
    for s in range(3):
        mine = np.flatnonzero(sphere == s)
        if len(mine) > most:
            limit = np.partition(times[mine], most - 1)[most - 1]
            mine = mine[times[mine] <= limit]
        kept.append(mine)
    chosen = np.concatenate(kept)
    return rows[chosen[np.lexsort((people["key"][rows[chosen]], times[chosen]))]]


def invite(world: World, call: Call, key: int, size: int) -> np.ndarray:
    """Participants of a forum without plenary: the convenor, then a keyed lottery by sphere.

    A sphere short of members is made up by the others.
    """
    state = world.state
    rows = candidates(world, call.perimeter)
    order = leading(world, rows, targeting_weights(world, rows, call.targeting), key, size)
    if call.convenor in rows:
        order = np.concatenate(([call.convenor], order[order != call.convenor]))
    spheres = state.organisations["sphere"][order]
    chosen: list[int] = []
    for sphere, quota in enumerate(quotas(world, size)):
        chosen.extend(order[spheres == sphere][:quota])
    for row in order:
        if len(chosen) >= size:
            break
        if row not in chosen:
            chosen.append(row)
    return np.sort(np.array(chosen, dtype=np.int64))


def gathered(world: World, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Participants, their salience (n, K), objectives (n, 4) and trust (n, n), as they are this month."""
    state = world.state
    n, k = len(rows), len(state.domains)
    participants = np.zeros(n, dtype=kernels.PARTICIPANT)
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


def _setting(world: World, call: Call, key: int) -> np.ndarray:
    p = world.state.rules[0]
    setting = np.zeros(1, dtype=kernels.SETTING)
    setting["key"] = key
    setting["rent"] = float(p["psi"]) * (1.0 - call.neutrality)
    setting["carrier"] = call.neutrality if call.animator >= 0 else 0.0
    diagnosed = world.state.perimeters["diagnosed"][call.perimeter] >= 0
    setting["weight"] = p["shared_weight_diagnosed"] if diagnosed else p["shared_weight"]
    setting["meetings"] = call.meetings or int(p["r_max"])
    setting["actions"] = call.actions or int(p["actions_per_forum"])
    setting["convenor"] = NOBODY
    return setting


def _group(world: World, call: Call, key: int, rows: np.ndarray, library: np.ndarray, invited: dict[str, int]) -> int:
    """One deliberation of organisations ``rows`` on a library; records it and founds its alliances."""
    state = world.state
    n, k = len(rows), len(state.domains)
    participants, salience, objectives, trust = gathered(world, rows)
    setting = _setting(world, call, key)
    if call.convenor in rows:
        setting["convenor"] = int(np.flatnonzero(rows == call.convenor)[0])
    alone = max(0, int(setting["meetings"][0]) - 2) if call.two_phase else call.alone
    participants["joins"][participants["sphere"] == COLLECTIVITY] = 1 + alone
    need = state.perimeter_need[call.perimeter]
    total = means.total_of(need)
    shared = need / total if total > 0.0 else np.zeros(k)
    actions = np.zeros(10, dtype=kernels.ACTION)
    log = np.zeros((2000 if world.watch else 1, 4), dtype=np.int64)
    before = trust.copy()
    filled = kernels.deliberate(
        participants, salience, shared, objectives, world.benefits, trust, library, state.rules, setting, actions, log
    )
    gathering.keep_trust(
        state.organisations,
        state.alliances,
        state.memberships,
        state.ties,
        state.slots,
        rows,
        before,
        trust,
        state.month,
        state.fade,
        float(state.rules[0]["trust0"]),
    )
    state.reserve(forums=1)
    number = state.n_forums
    state.n_forums += 1
    founded = _found(world, call, key, rows, library, actions[:filled], number)
    _record(world, call, key, number, actions[:filled], n, invited, founded)
    if world.watch:
        world.watch(
            "forum",
            {
                "forum": number,
                "rows": rows,
                "log": log[1 : 1 + log[0, 0]],
                "actions": actions[:filled],
                "library": library.copy(),
                "trust": before,
            },
        )
    return (int(key) & 0xFFFFFFFF) + sum(int(a["idea"]) + 31 * int(a["outcome"]) for a in actions[:filled])


def _found(
    world: World, call: Call, key: int, rows: np.ndarray, library: np.ndarray, actions: np.ndarray, number: int
) -> int:
    """Found an alliance for each launched action; returns the first one, or -1."""
    state = world.state
    first = NOBODY
    for at, action in enumerate(actions):
        if action["outcome"] != kernels.LAUNCHED:
            continue
        bits = int(action["supporters"])
        members = np.array([row for a, row in enumerate(rows) if bits >> a & 1], dtype=np.int64)
        leader = int(rows[action["leader"]]) if action["leader"] >= 0 else NOBODY
        leaders = np.array([leader] if leader >= 0 else [], dtype=np.int64)
        if action["leaders"]:
            shared = [row for a, row in enumerate(rows) if int(action["leaders"]) >> a & 1]
            leaders = np.concatenate((leaders, np.setdiff1d(shared, leaders)))
        members = np.concatenate((leaders, members[~np.isin(members, leaders)]))
        state.reserve(alliances=1, memberships=len(members))
        if first == NOBODY:
            first = state.n_alliances
        state.n_alliances, state.n_memberships = founding.found_alliance(
            state.organisations,
            state.ties,
            state.slots,
            state.alliances,
            state.memberships,
            library,
            state.n_alliances,
            state.n_memberships,
            members,
            leader,
            int(action["idea"]),
            call.perimeter,
            float(action["scale"]),
            int(action["depth"]),
            ORIGINS.index("forum"),
            call.animator,
            number,
            np.uint64(fold(key, 1000 + at)),
            state.month + int(action["months"]),
            state.month,
            state.fade,
            state.rules,
        )
        state.alliances["leads"][state.n_alliances - 1] = max(1, len(leaders))
        world.count("births")
    return first


def _record(
    world: World, call: Call, key: int, number: int, actions: np.ndarray, n: int, invited: dict[str, int], founded: int
) -> None:
    state = world.state
    row = state.forums[number : number + 1]
    first = actions[0]
    row["key"], row["convenor"], row["animator"] = key, call.convenor, call.animator
    row["perimeter"], row["month"], row["alliance"] = call.perimeter, state.month, founded
    row["plenary"] = invited.get("plenary", NOBODY)
    row["theme"] = invited.get("theme", NOBODY)
    row["seats"], row["invited"] = invited.get("seats", 0), invited.get("invited", 0)
    row["committed"], row["participants"] = n, n
    for name in (
        "feasible",
        "meetings",
        "rounds",
        "quarrels",
        "claimants",
        "months",
        "aboard",
        "able",
        "outcome",
        "reached",
        "carried",
        "tightness",
    ):
        row[name] = first[name]
    row["trust_lost"] = actions["trust_lost"].sum()
    row["actions"] = int((actions["outcome"] == kernels.LAUNCHED).sum())
    if not state.perimeters["reported"][call.perimeter]:
        return  # forums of the buffer stay in the table, out of the monthly record
    count = world.count
    count("forums_convened")
    count("forum_invited", invited.get("invited", 0))
    count("forum_committed", n)
    for step, name in enumerate(("forums_feasible", "forums_agreed", "forums_led", "forums_launched"), start=1):
        if first["reached"] >= step:
            count(name)
    if first["outcome"] != kernels.LAUNCHED:
        count(f"forums_{FORUM_OUTCOMES[first['outcome']]}")
    count("contest_rounds", float(actions["rounds"].sum()))
    count("quarrels", float(actions["quarrels"].sum()))
    count("claimants", float(first["claimants"]))
    count("forum_trust_lost", float(actions["trust_lost"].sum()))
    count("forum_aboard", float(first["aboard"]))
    if first["outcome"] == kernels.LAUNCHED:
        count("forum_months", float(first["months"]))


def _plenary(world: World, call: Call, key: int) -> int:
    """Seats, commitments, thematic groups of 4-15 on ideas of their theme, then one action across them."""
    state = world.state
    rows, persons = _seated(world, call, fold(key, STREAMS["seat"]))
    committed, themes = _commitments(world, call, key, rows)
    remember(world, call, rows)
    plenary = state.n_plenaries
    state.n_plenaries += 1
    world.count("plenary_attended", len(rows))
    world.count("plenary_committed", len(committed))
    info = {"invited": len(rows), "seats": persons, "plenary": plenary}
    if not len(committed):
        return _group(world, call, key, committed, state.ideas[call.perimeter], info)
    digest = len(committed)
    for number, (theme, members) in enumerate(_groups(world, committed, themes)):
        library = _theme_library(world, call, theme, number)
        group_key = fold(fold(key, STREAMS["group"]), number)
        digest += _group(world, call, group_key, members, library, {**info, "theme": theme})
        info = {"plenary": plenary}
    if call.transversal:
        across = committed[state.organisations["load"][committed] < state.organisations["cap"][committed]]
        across = ranked(world, across, np.ones(len(across)), fold(key, 77))[: int(state.rules[0]["group_most"])]
        digest += _group(
            world, replace(call, actions=1), fold(key, 78), np.sort(across), state.ideas[call.perimeter], info
        )
    return digest


def _seated(world: World, call: Call, key: int) -> tuple[np.ndarray, int]:
    """Organisations that take the seats (persons; some send two), by sphere, and the persons that they send."""
    state = world.state
    rows = candidates(world, call.perimeter)
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


def _commitments(world: World, call: Call, key: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who commits, and to which theme: logistic((trust * K salience of its best theme * mean value - theta_commit) / T)."""
    state = world.state
    p = state.rules[0]
    n, k = len(rows), len(state.domains)
    _, salience, _, trust = gathered(world, rows)
    need = state.perimeter_need[call.perimeter]
    library = state.ideas[call.perimeter]
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
        groups.extend((int(theme), rows[part::parts]) for part in range(parts))
    return groups


def _theme_library(world: World, call: Call, theme: int, number: int) -> np.ndarray:
    """M ideas of one theme, drawn for a group."""
    state = world.state
    perimeter = state.perimeters[call.perimeter : call.perimeter + 1].copy()
    perimeter["key"] = fold(fold(perimeter["key"][0], STREAMS["theme_ideas"]), state.n_plenaries * 64 + number)
    need = np.zeros((1, len(state.domains)))
    need[0, theme] = state.perimeter_need[call.perimeter, theme]
    ideas = empty_ideas(1, state.ideas.shape[1])
    means.draw_ideas(ideas, perimeter, need, state.organisations, state.rules, IDEA_STREAMS, state.seed, state.month)
    return ideas[0]
