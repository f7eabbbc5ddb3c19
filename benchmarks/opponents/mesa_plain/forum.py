"""A forum: who is invited, what comes of it (SPEC sections 3, convene, and 4); no plenary, no animator."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from .agents import NAIVE, Organisation
from .alliances import FORUM, Alliance
from .deliberation import AGREED, FEASIBLE, LAUNCHED, LED, Action, Deliberation, Seat

if TYPE_CHECKING:
    from .model import PlainModel


def invited(model: PlainModel, convenor: Organisation) -> list[Organisation]:
    """The convenor, then by sphere a lottery among the willing and engaged with free load; the others make up a sphere short of members."""
    p = model.p
    able = [one for one in convenor.cell.perimeter.people if one.stage != NAIVE and one.free]
    model.random.shuffle(able)
    if convenor in able:
        able.remove(convenor)
        able.insert(0, convenor)
    associations = round(p.forum_size * p.invite_association)
    firms = min(p.forum_size - associations, round(p.forum_size * p.invite_firm))
    left = [associations, firms, p.forum_size - associations - firms]
    chosen: list[Organisation] = []
    others: list[Organisation] = []
    for one in able:
        if left[one.sphere] > 0:
            left[one.sphere] -= 1
            chosen.append(one)
        elif len(others) < p.forum_size:
            others.append(one)
    chosen += others[: p.forum_size - len(chosen)]
    return sorted(chosen, key=lambda one: one.unique_id)


def hold(model: PlainModel, convenor: Organisation) -> None:
    """Invite, deliberate, keep the trust that was lost, found the alliances of what was launched."""
    perimeter = convenor.cell.perimeter
    people = invited(model, convenor)
    trust = {frozenset(pair): pair[0].trust(pair[1]) for pair in combinations(people, 2)}
    before = dict(trust)
    rent = model.p.psi * (1.0 - convenor.neutrality)
    forum = Deliberation(model.p, model.random, perimeter, [Seat(one) for one in people], trust, rent)
    actions = forum.run()
    for i, j in combinations(people, 2):
        pair = frozenset((i, j))
        if trust[pair] != before[pair]:
            i.keep_tie(j, trust[pair], None if i.allied(j) else model.month)
    for action in actions:
        if action.outcome == "launched":
            leader = action.leader.one
            members = [leader, *(seat.one for seat in action.supporters if seat.one is not leader)]
            start = model.month + action.months
            Alliance(model, members, action.idea, perimeter, action.scale, action.depth, FORUM, start)
    record(model, actions, len(people))


def record(model: PlainModel, actions: list[Action], people: int) -> None:
    """Count how far the forum came, by its first action."""
    counts, first = model.counts, actions[0]
    counts["forums_convened"] += 1
    counts["forum_invited"] += people
    counts["forum_committed"] += people
    for step, name in ((FEASIBLE, "feasible"), (AGREED, "agreed"), (LED, "led"), (LAUNCHED, "launched")):
        counts[f"forums_{name}"] += first.reached >= step
    if first.outcome != "launched":
        counts[f"forums_{first.outcome}"] += 1
    else:
        counts["forum_months"] += first.months
    counts["contest_rounds"] += sum(action.rounds for action in actions)
    counts["quarrels"] += sum(action.quarrels for action in actions)
    counts["claimants"] += first.claimants
    counts["forum_aboard"] += first.aboard
    counts["forum_trust_lost"] += sum(action.trust_lost for action in actions)
