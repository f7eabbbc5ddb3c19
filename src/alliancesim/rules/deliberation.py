"""One deliberation in a running territory, and the alliances that come of it (SPEC section 4)."""

from __future__ import annotations

import numpy as np

from alliancesim.catalogue import COLLECTIVITY, FORUM_OUTCOMES, LEVELS, ORIGINS
from alliancesim.kernels import forum as kernels
from alliancesim.kernels import founding, gathering, means
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.rules.assembly import Call, Ground, gathered
from alliancesim.rules.extensions import inhabitants, perimeters, replication
from alliancesim.rules.keys import fold
from alliancesim.rules.world import World

MOST = 60
IDEA_STREAMS = np.array([STREAMS[s] for s in ("idea_domain", "idea_capabilities", "theme_ideas", "idea_effort")])


def _setting(world: World, call: Call, key: int) -> np.ndarray:
    p = world.state.rules[0]
    setting = np.zeros(1, dtype=kernels.SETTING)
    setting["key"] = key
    setting["rent"] = float(p["psi"]) * (1.0 - call.neutrality)
    setting["carrier"] = call.neutrality if call.animator >= 0 and call.convenor < 0 else 0.0
    diagnosed = world.state.perimeters["diagnosed"][call.perimeter] >= 0
    setting["weight"] = p["shared_weight_diagnosed"] if diagnosed else p["shared_weight"]
    if call.session > 1:  # what they worked on together is what they hold in common
        setting["weight"] = 1.0 - (1.0 - setting["weight"]) * call.unshared
    setting["meetings"] = call.meetings or int(p["r_max"])
    setting["actions"] = call.actions or int(p["actions_per_forum"])
    setting["convenor"] = NOBODY
    return setting


def deliberate(
    world: World,
    call: Call,
    ground: Ground,
    key: int,
    rows: np.ndarray,
    library: np.ndarray,
    invited: dict[str, int],
) -> int:
    """One deliberation of organisations ``rows`` on a library (M,); records it and founds its alliances.

    Returns
    -------
    int
        Digest.
    """
    state = world.state
    if len(library) > int(state.rules[0]["library_size"]):
        library = replication.at_table(world, ground, rows, library)
    if "perimeters" in world.on:
        library = perimeters.weigh(world, ground, rows, library)
    if call.inhabitants:
        library = inhabitants.improve(world, ground, library)
    n, k = len(rows), len(state.domains)
    participants, salience, objectives, trust = gathered(world, rows)
    setting = _setting(world, call, key)
    if call.convenor in rows:
        at = int(np.flatnonzero(rows == call.convenor)[0])
        setting["convenor"] = at
        if call.animator >= 0:  # an animator that is an organisation carries a lead as that organisation
            participants["neutrality"][at] = call.neutrality
    alone = max(0, int(setting["meetings"][0]) - 2) if call.two_phase else call.alone
    participants["joins"][participants["sphere"] == COLLECTIVITY] = 1 + alone
    total = means.total_of(ground.need)
    shared = ground.need / total if total > 0.0 else np.zeros(k)
    actions = np.zeros(10, dtype=kernels.ACTION)
    log = np.zeros((2000 if world.watch else 1, 4), dtype=np.int64)
    before = trust.copy()
    filled = kernels.deliberate(
        participants, salience, shared, objectives, world.benefits, trust, library, state.rules, setting, actions, log
    )
    if call.inhabitants:
        inhabitants.meet(world, ground, actions[:filled])
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
    founded = _found(world, call, ground, key, rows, library, actions[:filled], number)
    _record(world, call, ground, key, number, actions[:filled], n, invited, founded)
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
    world: World,
    call: Call,
    ground: Ground,
    key: int,
    rows: np.ndarray,
    library: np.ndarray,
    actions: np.ndarray,
    number: int,
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
        born = state.alliances[state.n_alliances - 1 : state.n_alliances]
        born["leads"], born["zone"], born["inhabitants"] = max(1, len(leaders)), ground.zone, call.inhabitants
        world.count("births")
    return first


def _record(
    world: World,
    call: Call,
    ground: Ground,
    key: int,
    number: int,
    actions: np.ndarray,
    n: int,
    invited: dict[str, int],
    founded: int,
) -> None:
    state = world.state
    row = state.forums[number : number + 1]
    first = actions[0]
    row["key"], row["convenor"], row["animator"] = key, call.convenor, call.animator
    row["perimeter"], row["month"], row["alliance"] = call.perimeter, state.month, founded
    row["plenary"] = invited.get("plenary", NOBODY)
    row["theme"] = invited.get("theme", NOBODY)
    row["level"], row["inhabitants"], row["session"] = LEVELS.index(ground.level), call.inhabitants, call.session
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
