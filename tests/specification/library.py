"""What a forum sees of the library of its perimeter (specification, section 5, perimeters and inhabitants)."""

from __future__ import annotations

from dataclasses import replace

from .funding_mode import value
from .replication import may_propose


def seen(world, perimeter, people: list) -> list:
    """Ideas that these people know together: those of the perimeter, and solutions from elsewhere with a carrier among them; at the level of the EPCI: value * (1 - extent_loss * levels to the natural extent of the domain);
    with inhabitants value * (1 + inhabitant_fit * civic capacity of the mean inhabitant)."""
    p = world.p
    library = [idea for idea in perimeter.library if may_propose(idea, people)]
    if p.perimeters > 0.0:
        world.seen["ideas at the wrong level"] += 1
        apart = [abs(extent - 1) for extent in world.extents]
        library = [
            replace(idea, value=idea.value * max(0.0, 1.0 - p.extent_loss * apart[idea.domain])) for idea in library
        ]
    if p.inhabitants > 0.0:
        people = civic = 0.0
        for cell in perimeter.cells:
            people += cell.population
            civic += cell.population * cell.civic
        fit = 1.0 + p.inhabitant_fit * (civic / people if people > 0.0 else 0.0)
        library = [replace(idea, value=idea.value * fit) for idea in library]
    return library


def met_inhabitants(world, perimeter, actions: list) -> None:
    """One more meeting, before those of the agenda; civic capacity += civic_gain * (1 - civic capacity)."""
    if world.p.inhabitants == 0.0:
        return
    for action in actions:
        if action.feasible and action.outcome != 1:
            action.months += 1
            action.meetings += 1
    for cell in perimeter.cells:
        cell.civic = cell.civic + world.p.civic_gain * (1.0 - cell.civic)
    world.seen["inhabitants met"] += 1


def relieve_with_inhabitants(world, alliance) -> None:
    """Relief weighed to deprived cells: (1 + inhabitant_weight * deprived share) / its mean over inhabitants."""
    from .month import mean_need

    perimeter = world.perimeters[alliance.perimeter]
    people = weighed = 0.0
    for cell in perimeter.cells:
        people += cell.population
    weights = [1.0 + world.p.inhabitant_weight * cell.deprived for cell in perimeter.cells]
    for cell, weight in zip(perimeter.cells, weights, strict=True):
        weighed += cell.population * weight
    if people <= 0.0:
        return
    for cell, weight in zip(perimeter.cells, weights, strict=True):
        amount = world.p.relief * value(world, alliance) * 1000.0 / people * (weight / (weighed / people))
        taken = min(amount, cell.need[alliance.domain])
        cell.need[alliance.domain] -= taken
        cell.relief[alliance.domain] += taken
    mean_need(perimeter, alliance.domain)
    world.seen["relief with inhabitants"] += 1
