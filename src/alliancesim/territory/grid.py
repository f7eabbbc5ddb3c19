"""Arithmetic of the grid: projection, people over squares, keyed draws.

What runs when a territory is built uses additions, multiplications, divisions, square roots and integers only, so that
it gives the same bits on every machine; the projection, which needs more, runs once, when the packaged tables are
built.
"""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_ONE = np.uint64(1)

CENTRALITY = 4.0
"""Density at the centre of a commune over that at its edge, less one (assumption)."""
_WEIGHT = 65_536.0
_COLUMN_SHIFT = np.int64(1 << 20)


# -- keyed draws ------------------------------------------------------------------------------------------------------


def mix64(z: np.ndarray) -> np.ndarray:
    """Finaliser of splitmix64 on an array of uint64."""
    z = (z ^ (z >> np.uint64(30))) * _M1
    z = (z ^ (z >> np.uint64(27))) * _M2
    return z ^ (z >> np.uint64(31))


def fold(key: np.ndarray | int, *values: np.ndarray | int) -> np.ndarray:
    """Key of the values, one after the other, below ``key``; arrays broadcast, negative integers wrap.

    Returns
    -------
    ndarray of uint64
    """
    out = np.atleast_1d(np.asarray(key)).astype(np.uint64)
    for value in values:
        word = np.atleast_1d(np.asarray(value))
        word = word if word.dtype == np.uint64 else word.astype(np.int64).view(np.uint64)
        out = mix64(out + (word + _ONE) * _GOLDEN)
    return out


def uniform(key: np.ndarray) -> np.ndarray:
    """Uniform on [0, 1) with 53 bits, from keys."""
    return (key >> np.uint64(11)).astype(np.float64) / 9007199254740992.0


def text_key(text: str) -> int:
    """Key of a code: its UTF-8 bytes folded one after the other."""
    key = fold(0)
    for byte in text.encode():
        key = fold(key, byte)
    return int(key[0])


# -- projection -------------------------------------------------------------------------------------------------------


def lambert93(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project to Lambert-93 (RGF93, GRS80; Lambert conformal conic with parallels 44° and 49°, EPSG:2154).

    Parameters
    ----------
    lon, lat : ndarray
        Degrees.

    Returns
    -------
    x, y : ndarray
        Metres. Lengths are true within 0.3 % over metropolitan France.
    """
    e = np.sqrt(0.00669438002290)
    a = 6_378_137.0

    def isometric(phi: np.ndarray) -> np.ndarray:
        return np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi))

    def normal(phi: np.ndarray) -> np.ndarray:
        return a * np.cos(phi) / np.sqrt(1 - (e * np.sin(phi)) ** 2)

    one, two, origin = np.radians(44.0), np.radians(49.0), np.radians(46.5)
    n = np.log(normal(two) / normal(one)) / (isometric(one) - isometric(two))
    c = normal(one) / n * np.exp(n * isometric(one))
    top = 6_600_000.0 + c * np.exp(-n * isometric(origin))
    radius = c * np.exp(-n * isometric(np.radians(lat)))
    angle = n * (np.radians(lon) - np.radians(3.0))
    return 700_000.0 + radius * np.sin(angle), top - radius * np.cos(angle)


# -- squares ----------------------------------------------------------------------------------------------------------


def pack(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """One int64 per square, ordered by row then column."""
    return row.astype(np.int64) * _COLUMN_SHIFT + (column.astype(np.int64) + (_COLUMN_SHIFT >> 1))


def unpack(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and row (int64) of packed squares."""
    row = key // _COLUMN_SHIFT
    return key - row * _COLUMN_SHIFT - (_COLUMN_SHIFT >> 1), row


def dilate(squares: np.ndarray, cell_km: float, distance_km: float) -> np.ndarray:
    """Squares whose centre lies within ``distance_km`` of the centre of one of ``squares`` (packed)."""
    reach = distance_km / cell_km
    steps = np.arange(-int(reach), int(reach) + 1)
    dc, dr = (grid.ravel() for grid in np.meshgrid(steps, steps))
    near = dc * dc + dr * dr <= reach * reach
    column, row = unpack(squares)
    found = [np.unique(pack(column + c, row + r)) for c, r in zip(dc[near], dr[near], strict=True)]
    return np.unique(np.concatenate(found))


def split_exactly(people: np.ndarray, start: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Split whole numbers in proportion to weights by largest remainders; sums are exact.

    Parameters
    ----------
    people : ndarray of int64, shape (n_groups,)
    start : ndarray of int64, shape (n_groups + 1,)
        Group g owns the entries start[g] … start[g + 1] − 1.
    weight : ndarray of int64, shape (n_entries,)
        Positive in at least one entry of each group.

    Returns
    -------
    ndarray of int64, shape (n_entries,)
    """
    size = np.diff(start)
    group = np.repeat(np.arange(len(size)), size)
    total = np.add.reduceat(weight, start[:-1])
    product = people[group] * weight
    share = product // total[group]
    left = people - np.add.reduceat(share, start[:-1])
    order = np.lexsort((np.arange(len(weight)), -(product - share * total[group]), group))
    rank = np.empty(len(weight), dtype=np.int64)
    rank[order] = np.arange(len(weight)) - start[:-1][group]
    return share + (rank < left[group])


def spread(
    x_km: np.ndarray, y_km: np.ndarray, area_km2: np.ndarray, people: np.ndarray, cell_km: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Spread the people of communes over squares; every commune keeps its population exactly.

    A commune is a disk of its own area around its centre, in which density falls from the centre to the edge as
    1 / (1 + ``CENTRALITY`` (r/R)²), five to one. The disk is sampled by a square lattice at least three times finer
    than the grid; people are split among squares in whole numbers by largest remainders.

    Parameters
    ----------
    x_km, y_km, area_km2 : ndarray of float64, shape (n_communes,)
    people : ndarray of int64, shape (n_communes,)
    cell_km : float

    Returns
    -------
    commune : ndarray of int64, shape (n_parts,)
        Index of the commune of each part; sorted by commune, row, column.
    column, row : ndarray of int64
    population : ndarray of int64
        Zeros are left out.
    """
    radius = np.sqrt(area_km2 / 3.141592653589793)
    fineness = np.maximum(8, np.ceil(3.0 * radius / cell_km).astype(np.int64))
    communes, keys, weights = [], [], []
    for n in np.unique(fineness):
        members = np.flatnonzero(fineness == n)
        offset = (2.0 * np.arange(n) + 1.0 - n) / n
        u, v = (grid.ravel() for grid in np.meshgrid(offset, offset))
        square = u * u + v * v
        inside = square <= 1.0
        u, v, square = u[inside], v[inside], square[inside]
        weight = np.rint(_WEIGHT / (1.0 + CENTRALITY * square)).astype(np.int64)
        block = max(1, 2_000_000 // len(u))
        for low in range(0, len(members), block):
            who = members[low : low + block]
            column = np.floor((x_km[who, None] + radius[who, None] * u) / cell_km).astype(np.int64)
            row = np.floor((y_km[who, None] + radius[who, None] * v) / cell_km).astype(np.int64)
            key = pack(column, row).ravel()
            owner = np.repeat(who, len(u))
            order = np.lexsort((key, owner))
            key, owner = key[order], owner[order]
            first = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (owner[1:] != owner[:-1])])
            communes.append(owner[first])
            keys.append(key[first])
            weights.append(np.add.reduceat(np.tile(weight, len(who))[order], first))
    commune, key, weight = (np.concatenate(parts) for parts in (communes, keys, weights))
    order = np.lexsort((key, commune))
    commune, key, weight = commune[order], key[order], weight[order]
    start = np.r_[np.flatnonzero(np.r_[True, commune[1:] != commune[:-1]]), len(commune)]
    population = split_exactly(people[commune[start[:-1]]], start, weight)
    some = population > 0
    column, row = unpack(key[some])
    return commune[some], column, row, population[some]
