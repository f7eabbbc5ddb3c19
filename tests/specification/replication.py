"""Solutions from elsewhere (specification, section 5, replication; dialogue between territories)."""

from __future__ import annotations

from .numbers import fold, power, uniform
from .world import Idea


def bring_solutions(world) -> None:
    """Each January the further places of every library: what dialogue brings first, known to all; then by keyed lottery the
    solutions of deployed alliances whose members have other establishments, or belong to federations, that stand there."""
    p = world.p
    if p.replication == 0.0 and p.dialogue == 0.0:
        return
    deployed = [a for a in world.alliances if a.ended is None and a.stage == "deployed"]
    for r, perimeter in enumerate(world.perimeters):
        solutions = learned(world, r, perimeter, deployed)
        told = [a for a, _ in solutions]
        if p.replication > 0.0:
            known = [a for a in deployed if a.perimeter != r and carriers(world, a, r)]
            key = world.stream("solution")
            known.sort(key=lambda a: fold(key, a.key, perimeter.key))
            solutions += [(a, p.standardisation) for a in known]
        perimeter.solutions = []
        for alliance, standard in solutions:
            if len(perimeter.solutions) < int(p.solutions_most) and alliance not in perimeter.solutions:
                adapt(world, alliance, perimeter, standard, None if alliance in told else carriers(world, alliance, r))


def learned(world, r: int, perimeter, deployed: list) -> list:
    """With probability ``dialogue`` one solution of another territory by lot; through a hub the one of most successes, wholly standard."""
    p = world.p
    key = fold(world.stream("contact"), perimeter.key)
    if p.dialogue == 0.0 or not deployed or uniform(fold(key, 0)) >= p.dialogue:
        return []
    others = [a for a in deployed if a.perimeter != r]
    if p.dialogue_hub > 0.0:
        best = min(deployed, key=lambda a: (-a.successes, a.key))
        return [(best, 1.0)] if best in others else []
    return [(min(others, key=lambda a: uniform(fold(key, 1, a.key))), p.standardisation)] if others else []


def carriers(world, alliance, r: int) -> list:
    """Other establishments of members' enterprises, their federations and members of these, that stand in perimeter r."""
    found = []
    for one in world.organisations:
        if world.cells[one.cell].perimeter != r:
            continue
        for member in alliance.organisations():
            if one.enterprise >= 0 and one.enterprise == member.enterprise:
                found.append(one)
                break
            heads = {head for head in (member.federation, member.row) if head >= 0}
            if one.federation in heads or (
                one.row in heads and any(x.federation == one.row for x in world.organisations)
            ):
                found.append(one)
                break
    return found


def may_propose(idea: Idea, people: list) -> bool:
    """Whether one of these people knows an idea: everybody those of the perimeter, carriers those from elsewhere."""
    return idea.carriers is None or any(one in idea.carriers for one in people)


def adapt(world, alliance, perimeter, standard: float, carriers: list | None) -> None:
    """Cost and effort * (1 - reuse * standard), value * (1 - standard_loss * standard ** 2), as needs there are to those at home."""
    p = world.p
    home, there = world.perimeters[alliance.perimeter].need[alliance.domain], perimeter.need[alliance.domain]
    if home <= 0.0 or there <= 0.0:
        return
    value = alliance.value / power(alliance.scale, p.gamma)
    saved = 1.0 - p.reuse * standard
    perimeter.library.append(
        Idea(
            carriers=carriers,
            number=int(p.library_size) + len(perimeter.solutions),
            domain=alliance.domain,
            capabilities=alliance.required,
            cost=alliance.cost / alliance.scale * saved,
            effort=alliance.effort / alliance.scale * saved,
            value=value * (1.0 - p.standard_loss * (standard * standard)) * (there / home),
        )
    )
    perimeter.solutions.append(alliance)
    world.seen["solution from elsewhere"] += 1
