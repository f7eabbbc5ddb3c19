"""Synthetic territories: four typologies generated from documented distributions.

A typology is a ``TypologySpec``, data only: nothing that runs after generation reads its name (SPEC section 1.2).
Draws are keyed by (seed, what is drawn, square or number), and positions use square roots at most: same bits on every
machine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pandas as pd

from alliancesim.catalogue import DOMAINS
from alliancesim.errors import UserError
from alliancesim.territory import profile
from alliancesim.territory.grid import fold, split_exactly, uniform
from alliancesim.territory.real import check_grid
from alliancesim.territory.territory import Territory, make_collectivities, order_cells
from alliancesim.territory.typologies import COMPONENTS, TYPOLOGIES, TypologySpec

_NEEDS = ("need_level", "need_spread")
_DEPRIVED = ("deprived_share", "deprived_level", "patch_population")
_BORDER = ("other_side", "gap")
_STREAMS = {"town": 1, "noise": 2, "commune": 3, "epci": 4, "patch": 5, "level": 6, "need": 7, "edge": 8}
_NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))
MINIMUM, MAXIMUM = 500, 70_000_000
"""Inhabitants that may be asked for."""


def _check(typology: str, population: int | None, seed: int, spec: TypologySpec | None) -> TypologySpec:
    if spec is None:
        if typology not in TYPOLOGIES:
            raise UserError(f"territory: found {typology!r}, expected one of {', '.join(TYPOLOGIES)}")
        spec = TYPOLOGIES[typology]
    if population is not None:
        number = isinstance(population, (int, float, np.integer)) and not isinstance(population, bool)
        if not (number and MINIMUM <= population <= MAXIMUM and population == int(population)):
            raise UserError(
                f"territory.population: found {population!r}, expected a whole number from {MINIMUM:,} to {MAXIMUM:,}"
            )
        spec = replace(spec, population=int(population))
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UserError(f"territory seed: found {seed!r}, expected a whole number from 0")
    for each in fields(spec):
        value = getattr(spec, each.name)
        if each.name != "label" and not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
            raise UserError(f"TypologySpec.{each.name}: found {value!r}, expected a number from 0")
    for name in (
        "population",
        "density",
        "core_km",
        "town_population",
        "commune_population",
        "epci_population",
        "patch_population",
        "deprived_level",
    ):
        if getattr(spec, name) <= 0:
            raise UserError(f"TypologySpec.{name}: found {getattr(spec, name)!r}, expected a positive number")
    for name in ("roughness", "town_decay", "deprived_share", "deprived_level", "civic_capacity", "gap"):
        if getattr(spec, name) > 1:
            raise UserError(f"TypologySpec.{name}: found {getattr(spec, name)!r}, expected 0 to 1")
    if not spec.other_side < 1:
        raise UserError(f"TypologySpec.other_side: found {spec.other_side!r}, expected a share below 1")
    return spec


def synthetic(
    typology: str,
    *,
    population: int | None = None,
    cell_km: float | None = None,
    seed: int = 0,
    domains: tuple[str, ...] = DOMAINS,
    spec: TypologySpec | None = None,
    mix: Mapping[str, str | None] | None = None,
) -> Territory:
    """A synthetic territory of a typology.

    Parameters
    ----------
    typology : {"urban", "rural", "zus", "cross_border"}
        With ``spec``, only the name of the territory.
    population : int, optional
        Inhabitants; the area follows at equal density profile. By default 120,000, 45,000, 60,000 and 90,000.
    cell_km : float, optional
        Side of a square; by default 1, 2, 0.5 and 2 km, so that each has some dozens of squares at least.
    seed : int
        Key of all draws.
    domains : tuple of str
    spec : TypologySpec, optional
        Distributions of your own.
    mix : mapping, optional
        Typologies that some components come from instead (``COMPONENTS``), to ask what a gap between two typologies comes
        from. ``density``: settlement, area, communes, EPCIs, densities of organisations, civic capacity (with the deprived
        districts that thin out organisations), and the number of inhabitants unless it is given; ``needs``: level and spread
        of needs, and the deprived districts that raise them (how needs follow density stays with the settlement);
        ``structuration`` and ``distance``: the deprived districts where organisations are less organised and institutions
        further away; ``border``: the other side. Deprived districts of each are laid over the one settlement. Not with ``spec``.

    Returns
    -------
    Territory
        All of it reported, the other side of a border too. Exactly ``population`` inhabitants.

    Raises
    ------
    UserError
        Unknown typology; numbers out of range; ``spec`` with ``mix``.
    """
    if spec is not None and any(source is not None for source in (mix or {}).values()):
        raise UserError("territory.mix: found components beside spec, expected one or the other")
    sources = _sources(typology, mix)
    if spec is None and sources:
        base = TYPOLOGIES[sources["density"]]
        taken = {name: getattr(TYPOLOGIES[sources["needs"]], name) for name in _NEEDS}
        taken |= {name: getattr(TYPOLOGIES[sources["border"]], name) for name in _BORDER}
        spec = replace(base, **taken)
    spec = _check(typology, population, seed, spec)
    check_grid(spec.cell_km if cell_km is None else cell_km, None)
    cell = float(spec.cell_km if cell_km is None else cell_km)
    column, row, side = _shape(spec, cell, seed)
    density = _settlement(spec, cell, seed, column, row, side)
    people = _people(spec, density, side)
    neighbours = _adjacency(column, row)
    commune = _communes(spec, seed, column, row, side, people, neighbours)
    epci = _epcis(spec, seed, side, people, commune, neighbours)
    thin = _deprived(spec, seed, column, row, people)
    laid = {name: thin if source == sources["density"] else _deprived(_with_districts(spec, source), seed, column, row, people)
            for name, source in sources.items()}  # fmt: skip
    deprived = laid.get("needs", thin)
    cells = _table(spec, cell, seed, domains, column, row, side, people, commune, epci, deprived, thin)
    place = {pair: i for i, pair in enumerate(zip(column.tolist(), row.tolist(), strict=True))}
    order = [place[pair] for pair in zip(cells["column"].tolist(), cells["row"].tolist(), strict=True)]
    counts_for: dict[str, np.ndarray] = {
        name: laid[name][order]
        for name in ("structuration", "distance")
        if name in laid and not np.array_equal(laid[name], deprived)
    }
    names = {
        (kind, f"{letter}{s}"): f"Synthetic {kind}{' across the border' if s else ''}"
        for s in (0, 1)
        for kind, letter in (("department", "SD"), ("region", "SR"))
    }
    return Territory(
        name=f"{TYPOLOGIES[typology].label if sources else spec.label}, synthetic (seed {seed}{_told(typology, sources)})",
        origin="synthetic",
        cell_km=cell,
        domains=domains,
        cells=cells,
        collectivities=make_collectivities(cells, names),
        synthetic=tuple(name for name in cells.columns if name not in ("column", "row", "reported")),
        notes=("Synthetic territory: generated from documented distributions, no real place.",),
        provenance={"all": "alliancesim.territory.synthetic, TypologySpec (assumptions)", "seed": str(seed)},
        deprived_for=counts_for,
    )


def _sources(typology: str, mix: Mapping[str, str | None] | None) -> dict[str, str]:
    """Typology of each component; nothing where all are the territory's own."""
    chosen = {name: source for name, source in (mix or {}).items() if source is not None}
    for name, source in chosen.items():
        if name not in COMPONENTS:
            raise UserError(f"territory.mix.{name}: unknown key (components: {', '.join(COMPONENTS)})")
        if source not in TYPOLOGIES:
            raise UserError(f"territory.mix.{name}: found {source!r}, expected one of {', '.join(TYPOLOGIES)}")
    if all(source == typology for source in chosen.values()):
        return {}
    if typology not in TYPOLOGIES:
        raise UserError(f"territory: found {typology!r}, expected one of {', '.join(TYPOLOGIES)}")
    return {name: chosen.get(name, typology) for name in COMPONENTS}


def _with_districts(spec: TypologySpec, source: str) -> TypologySpec:
    """A settlement with the deprived districts of another typology."""
    return replace(spec, **{name: getattr(TYPOLOGIES[source], name) for name in _DEPRIVED})


def _told(typology: str, sources: Mapping[str, str]) -> str:
    """Components that come from elsewhere, for the territory's name."""
    words = [f"{name} of {source}" for name, source in sources.items() if source != typology]
    return "".join(f", {word}" for word in words)


def _draw(seed: int, stream: str, *values: np.ndarray | int) -> np.ndarray:
    return uniform(fold(0, int(seed), _STREAMS[stream], *values))


def _shape(spec: TypologySpec, cell: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squares of the territory: the nearest to the middle, ragged at the edge; a straight border cuts off a side."""
    count = max(4, round(spec.population / spec.density / cell**2))
    half = int(math.sqrt(count / 3.141592653589793) * 1.3) + 3
    steps = np.arange(-half, half + 1)
    column, row = (grid.ravel() for grid in np.meshgrid(steps, steps))
    distance = np.sqrt((column * column + row * row).astype(float))
    # A low wave of draws, eight by eight squares, so that the outline is not a perfect disk and stays in one piece.
    wave = _draw(seed, "edge", column // 4, row // 4)
    order = np.lexsort((column, row, distance * (0.9 + 0.2 * wave)))[:count]
    column, row = column[order], row[order]
    keep = _largest_piece(column, row)
    column, row = column[keep], row[keep]
    side = np.zeros(len(column), dtype=np.int64)
    if spec.other_side > 0:
        line = np.sort(column)[min(len(column) - 1, int((1.0 - spec.other_side) * len(column)))]
        side = (column >= max(line, column.min() + 1)).astype(np.int64)
        # Each side has to hold together, or a commune or EPCI could not be one piece.
        keep = np.zeros(len(column), dtype=bool)
        for s in (0, 1):
            of = np.flatnonzero(side == s)
            keep[of[_largest_piece(column[of], row[of])]] = True
        column, row, side = column[keep], row[keep], side[keep]
    order = np.lexsort((column, row))
    return column[order], row[order], side[order]


def _largest_piece(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Indices of the largest 4-connected set of squares."""
    neighbours = _adjacency(column, row)
    seen = np.zeros(len(column), dtype=bool)
    best: list[int] = []
    for start in range(len(column)):
        if seen[start]:
            continue
        seen[start] = True
        piece = [start]
        for i in piece:
            for j in neighbours[i]:
                if not seen[j]:
                    seen[j] = True
                    piece.append(j)
        if len(piece) > len(best):
            best = piece
    return np.array(sorted(best))


def _adjacency(column: np.ndarray, row: np.ndarray) -> list[list[int]]:
    """Squares that share an edge."""
    where = {pair: i for i, pair in enumerate(zip(column.tolist(), row.tolist(), strict=True))}
    return [[where[c + dc, r + dr] for dc, dr in _NEIGHBOURS if (c + dc, r + dr) in where] for c, r in where]


def _settlement(
    spec: TypologySpec, cell: float, seed: int, column: np.ndarray, row: np.ndarray, side: np.ndarray
) -> np.ndarray:
    """Relative density of squares: background, towns, roughness."""
    x, y = (column + 0.5) * cell, (row + 0.5) * cell
    density = np.ones(len(column))
    towns = max(1, round(spec.population / spec.town_population))
    if spec.other_side > 0:
        towns = max(2, towns)
    taken: list[int] = []
    weight = 1.0
    for number in range(towns):
        score = _draw(seed, "town", number, column, row)
        if number == 0:
            score = -np.sqrt(x * x + y * y)
        elif number == 1 and spec.other_side > 0:
            score = np.where(side == 1, score, -1.0)
        for t in taken:
            near = np.sqrt((x - x[t]) ** 2 + (y - y[t]) ** 2) < 3.0 * spec.core_km
            score = np.where(near, score - 1.0, score)
        town = int(np.argmax(score))
        taken.append(town)
        square = (x - x[town]) ** 2 + (y - y[town]) ** 2
        density += spec.core_density * weight / (1.0 + square / spec.core_km**2)
        # Cycles of towns: a territory ten times larger has ten first towns, not one and a long tail of hamlets.
        weight = 1.0 if (number + 1) % 8 == 0 else weight * spec.town_decay
    noise = _draw(seed, "noise", column, row)
    density *= 1.0 + spec.roughness * (3.5 * noise * noise - 3.5 / 3.0) * 0.8
    if spec.other_side > 0 and spec.gap < 1:
        edge = column[side == 1].min()
        away = np.abs(column + 0.5 - edge) * cell
        density *= spec.gap + (1.0 - spec.gap) * np.minimum(1.0, away / 4.0)
    return np.maximum(density, 0.02)


def _people(spec: TypologySpec, density: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Whole inhabitants by square; exact totals by side."""
    weight = np.rint(density * 65_536.0).astype(np.int64)
    out = np.zeros(len(density), dtype=np.int64)
    other = int(round(spec.population * spec.other_side)) if (side == 1).any() else 0
    for s, total in ((0, spec.population - other), (1, other)):
        of = np.flatnonzero(side == s)
        if len(of):
            out[of] = split_exactly(np.array([total]), np.array([0, len(of)]), weight[of])
    return out


def _grow(
    starts: list[int], size: np.ndarray, neighbours: list[list[int]], allowed: np.ndarray, target: float
) -> np.ndarray:
    """Grow contiguous sets from starts, the smallest set taking its next neighbour first; −1 outside ``allowed``."""
    owner = np.full(len(size), -1, dtype=np.int64)
    ring = np.zeros(len(size), dtype=np.int64)
    queue: list[tuple[float, int, int]] = []
    for number, start in enumerate(starts):
        owner[start] = number
    held = [float(size[start]) for start in starts]
    for number, start in enumerate(starts):
        for j in neighbours[start]:
            heapq.heappush(queue, (held[number] / target, number, j))
    while queue:
        cost, number, i = heapq.heappop(queue)
        if owner[i] >= 0 or not allowed[i]:
            continue
        now = _ring_cost(held[number] / target, ring, i, neighbours, owner, number)
        if now > cost + 1e-12:
            heapq.heappush(queue, (now, number, i))
            continue
        owner[i] = number
        ring[i] = 1 + min(ring[j] for j in neighbours[i] if owner[j] == number)
        held[number] += float(size[i])
        for j in neighbours[i]:
            if owner[j] < 0 and allowed[j]:
                heapq.heappush(
                    queue, (_ring_cost(held[number] / target, ring, j, neighbours, owner, number), number, j)
                )
    return owner


def _ring_cost(
    filled: float, ring: np.ndarray, i: int, neighbours: list[list[int]], owner: np.ndarray, number: int
) -> float:
    """Cost for a set to take square i: how full it is, and how far i is from its start, so that sets stay round."""
    steps = 1 + min(int(ring[j]) for j in neighbours[i] if owner[j] == number)
    return filled + 0.5 * steps


def _communes(
    spec: TypologySpec,
    seed: int,
    column: np.ndarray,
    row: np.ndarray,
    side: np.ndarray,
    people: np.ndarray,
    neighbours: list[list[int]],
) -> np.ndarray:
    """Commune of each square, numbered over both sides; contiguous, never across the border."""
    commune = np.full(len(people), -1, dtype=np.int64)
    key = _draw(seed, "commune", column, row)
    # The k largest of u^(1/w) are a weighted lottery; u and w below 1 only need an order, so −(1 − u)/w serves for the
    # key.
    weight = np.sqrt(np.maximum(people, 1).astype(float))
    order = np.lexsort((np.arange(len(people)), (1.0 - key) / weight))
    done = 0
    for s in np.unique(side):
        of = side == s
        count = int(min(of.sum(), max(1, round(people[of].sum() / spec.commune_population))))
        starts: list[int] = []
        refused: list[int] = []
        blocked = np.zeros(len(people), dtype=bool)
        room = of.sum() / count
        for i in order[of[order]]:
            if len(starts) == count:
                break
            if blocked[i] and room >= 2.0:
                refused.append(int(i))
                continue
            starts.append(int(i))
            blocked[neighbours[i]] = True
        starts = sorted(starts + refused[: count - len(starts)])
        grown = _grow(starts, people, neighbours, of, max(1.0, people[of].sum() / count))
        commune[of] = grown[of] + done
        done += count
    return commune


def _epcis(
    spec: TypologySpec,
    seed: int,
    side: np.ndarray,
    people: np.ndarray,
    commune: np.ndarray,
    neighbours: list[list[int]],
) -> np.ndarray:
    """EPCI of each square: contiguous sets of communes."""
    count = int(commune.max()) + 1
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, commune, people)
    side_of = np.zeros(count, dtype=np.int64)
    side_of[commune] = side
    beside: list[set[int]] = [set() for _ in range(count)]
    for i, near in enumerate(neighbours):
        for j in near:
            if commune[i] != commune[j]:
                beside[commune[i]].add(int(commune[j]))
    graph = [sorted(each) for each in beside]
    owner = np.full(count, -1, dtype=np.int64)
    done = 0
    for s in np.unique(side_of):
        of = side_of == s
        want = int(min(of.sum(), max(1, round(total[of].sum() / spec.epci_population))))
        starts: list[int] = []
        key = _draw(seed, "epci", np.arange(count))
        # Starts far from each other: the first is the most populous, each next the farthest by steps over communes.
        far = np.full(count, count + 1, dtype=np.int64)
        for _ in range(want):
            if starts:
                pick = np.where(of, far + key, -1.0)
            else:
                pick = np.where(of, total + key, -1.0)
            start = int(np.argmax(pick))
            starts.append(start)
            far[start] = 0
            layer = [start]
            while layer:
                following = []
                for i in layer:
                    for j in graph[i]:
                        if of[j] and far[j] > far[i] + 1:
                            far[j] = far[i] + 1
                            following.append(j)
                layer = following
        grown = _grow(sorted(starts), total, graph, of, max(1.0, total[of].sum() / want))
        owner[of] = grown[of] + done
        done += want
    return owner[commune]


def _deprived(spec: TypologySpec, seed: int, column: np.ndarray, row: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Deprived share by square: patches around keyed squares, filled until the territory has its share."""
    out = np.zeros(len(people))
    target = spec.deprived_share * float(people.sum())
    if target <= 0:
        return out
    level = np.clip(spec.deprived_level + 0.2 * (_draw(seed, "level", column, row) - 0.5), 0.05, 1.0)
    patches = max(1, round(target / spec.deprived_level / spec.patch_population))
    key = _draw(seed, "patch", column, row)
    start = np.argsort((1.0 - key) / np.maximum(people, 1), kind="stable")[:patches]
    square = (
        np.min((column[:, None] - column[start]) ** 2 + (row[:, None] - row[start]) ** 2, axis=1)
        if len(people) * len(start) < 50_000_000
        else _nearest_squared(column, row, start)
    )
    order = np.lexsort((key, square))
    left = target
    for i in order:
        if left <= 0:
            break
        if people[i] == 0:
            continue
        out[i] = min(level[i], left / people[i])
        left -= out[i] * people[i]
    return out


def _nearest_squared(column: np.ndarray, row: np.ndarray, start: np.ndarray) -> np.ndarray:
    best = np.full(len(column), np.iinfo(np.int64).max)
    for i in start:
        np.minimum(best, (column - column[i]) ** 2 + (row - row[i]) ** 2, out=best)
    return best


def _table(
    spec: TypologySpec,
    cell: float,
    seed: int,
    domains: tuple[str, ...],
    column: np.ndarray,
    row: np.ndarray,
    side: np.ndarray,
    people: np.ndarray,
    commune: np.ndarray,
    epci: np.ndarray,
    deprived: np.ndarray,
    thin: np.ndarray,
) -> pd.DataFrame:
    """Cells of the territory; ``deprived`` raises needs and is reported, ``thin`` thins out organisations."""
    density = people / cell**2
    # Needs read the density around, as those of real places read the commune's.
    total = np.zeros(int(commune.max()) + 1)
    squares = np.zeros(len(total))
    np.add.at(total, commune, people)
    np.add.at(squares, commune, 1.0)
    density = (total / squares)[commune] / cell**2
    need = profile.needs(density, deprived, domains)
    for number, domain in enumerate(domains):
        noise = _draw(seed, "need", number, column, row)
        need[f"need_{domain}"] = np.maximum(
            0.05, need[f"need_{domain}"] * spec.need_level * (1.0 + spec.need_spread * (2.0 * noise - 1.0))
        )
    fewer = 1.0 - (1.0 - profile.DEPRIVED_ASSOCIATIONS) * thin
    return order_cells(
        pd.DataFrame(
            {
                "column": column,
                "row": row,
                "x_km": (column + 0.5) * cell,
                "y_km": (row + 0.5) * cell,
                "commune": [f"S{number + 1:05d}" for number in commune],
                "commune_name": [f"Commune {number + 1}" for number in commune],
                "epci": [f"SE{number + 1:04d}" for number in epci],
                "epci_name": [f"EPCI {number + 1}" for number in epci],
                "department": [f"SD{s}" for s in side],
                "region": [f"SR{s}" for s in side],
                "population": people,
                "deprived_share": deprived,
                "side": side,
                "reported": True,
                "density_association": spec.association_factor * fewer,
                "density_firm": 1.0 + (spec.firm_factor - 1.0) * (1.0 - thin)
                if spec.firm_factor > 1
                else np.full(len(people), spec.firm_factor),
                "civic_capacity": np.clip(spec.civic_capacity * (1.0 - 0.25 * thin), 0.0, 1.0),
                **need,
            }
        ),
        domains,
    )


__all__ = ["COMPONENTS", "TYPOLOGIES", "TypologySpec", "synthetic"]
