"""Distance: how many organisations are within reach, who is met, whose experience is heard.

Partners are drawn exactly from weights exp(-d/d0) * size: a block of squares by its upper bound, a part of a cell in it, an
organisation in that part, accepted with exp(-(d - least distance of the two blocks)/d0).
"""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import inline, kernel
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.kernels.numeric import exp


@inline
def first_of_row(squares, row, column):
    """First square of a row from a column on (squares are sorted by row, then column); the next square where there is none."""
    low = 0
    high = squares.shape[0]
    while low < high:
        middle = (low + high) // 2
        if squares[middle].row < row or (squares[middle].row == row and squares[middle].column < column):
            low = middle + 1
        else:
            high = middle
    return low


@inline
def squares_within(squares, radius):
    """Rows and columns to look at on each side of a square for all squares within ``radius`` km."""
    return int(radius / squares[0].side) + 2


@kernel
def decays(side, d0, result):
    """Writes result[rows, columns] = exp(-distance / d0) of two squares of one grid, by how far they are apart."""
    for r in range(result.shape[0]):
        for c in range(result.shape[1]):
            dx = c * side
            dy = r * side
            result[r, c] = exp(-math.sqrt(dx * dx + dy * dy) / d0)


@kernel
def reach(squares, mass, d0, decay, low, high, result):
    """Writes result[s] = sum over squares of exp(-distance / d0) * mass, in a fixed order, for squares low..high - 1.

    Distances beyond 16 d0 count for nothing (1e-7).

    Parameters
    ----------
    decay : (R, R) float64
        Of :func:`decays` where distances on the grid are exact, which is ten times as fast with the same bits; else (0, 0).
    """
    limit = 16.0 * d0
    span = squares_within(squares, limit)
    for a in range(low, high):
        total = 0.0
        for row in range(squares[a].row - span, squares[a].row + span + 1):
            b = first_of_row(squares, row, squares[a].column - span)
            while b < squares.shape[0] and squares[b].row == row and squares[b].column <= squares[a].column + span:
                if decay.shape[0] > 0:
                    r = abs(row - squares[a].row)
                    c = abs(squares[b].column - squares[a].column)
                    if r * squares[a].side < limit and c * squares[a].side < limit:
                        total += mass[b] * decay[r, c]
                elif mass[b] > 0.0:
                    dx = squares[a].x - squares[b].x
                    dy = squares[a].y - squares[b].y
                    if abs(dx) < limit and abs(dy) < limit:
                        total += mass[b] * exp(-math.sqrt(dx * dx + dy * dy) / d0)
                b += 1
        result[a] = total


@kernel
def within(squares, counts, radius, result):
    """Writes result[s, k] = sum of counts[:, k] over squares within ``radius`` km."""
    for a in range(squares.shape[0]):
        for k in range(counts.shape[1]):
            result[a, k] = 0.0
    for b in range(squares.shape[0]):
        for k in range(counts.shape[1]):
            if counts[b, k] != 0.0:
                spread(squares, b, counts[b, k], radius, result, k)


@kernel
def spread(squares, square, amount, radius, result, column):
    """Adds ``amount`` to result[s, column] for all squares within ``radius`` km of ``square``."""
    span = squares_within(squares, radius)
    here = squares[square]
    for row in range(here.row - span, here.row + span + 1):
        a = first_of_row(squares, row, here.column - span)
        while a < squares.shape[0] and squares[a].row == row and squares[a].column <= here.column + span:
            dx = squares[a].x - here.x
            dy = squares[a].y - here.y
            if dx * dx + dy * dy <= radius * radius:
                result[a, column] += amount
            a += 1


@kernel
def spread_experience(squares, square, amount, radius, experiments, failed, finished, column, lost, first):
    """Adds ``amount`` to experiments[s, column], to failed where ``lost`` and to finished where ``first``, as :func:`spread`."""
    span = squares_within(squares, radius)
    here = squares[square]
    for row in range(here.row - span, here.row + span + 1):
        a = first_of_row(squares, row, here.column - span)
        while a < squares.shape[0] and squares[a].row == row and squares[a].column <= here.column + span:
            dx = squares[a].x - here.x
            dy = squares[a].y - here.y
            if dx * dx + dy * dy <= radius * radius:
                experiments[a, column] += amount
                if lost:
                    failed[a, column] += amount
                if first:
                    finished[a, column] += amount
            a += 1


@kernel
def block_bounds(boxes, mass, d0, least, cumulated):
    """Least distances of blocks and cumulated upper bounds of meeting weights.

    Parameters
    ----------
    boxes : (B, 4) float64
        x low, x high, y low, y high of the centres of the squares of each block, km.
    mass : (B,) float64
        Sum of size * weight of its organisations.

    Writes least[a, b] (km) and cumulated[a, b].
    """
    for a in range(boxes.shape[0]):
        total = 0.0
        for b in range(boxes.shape[0]):
            dx = max(0.0, max(boxes[b, 0] - boxes[a, 1], boxes[a, 0] - boxes[b, 1]))
            dy = max(0.0, max(boxes[b, 2] - boxes[a, 3], boxes[a, 2] - boxes[b, 3]))
            least[a, b] = math.sqrt(dx * dx + dy * dy)
            total += mass[b] * exp(-least[a, b] / d0)
            cumulated[a, b] = total


@inline
def first_above(values, low, high, target):
    """First index in low..high - 1 whose (cumulated) value exceeds target; the last one if none does."""
    last = high - 1
    while low < high:
        middle = (low + high) // 2
        if np.float64(values[middle]) > target:
            high = middle
        else:
            low = middle + 1
    return min(low, last)


@inline
def draw_partner(
    i, cell, cells, squares, blocks, part_of_block, part_mass, organisation_mass, least, cumulated, d0, key
):
    """Organisation met from a cell, by distance and size; -1 when 200 attempts found nobody.

    Parameters
    ----------
    i : int
        Who looks (never met by itself), or -1.
    blocks : (B + 1,) int64
        Range of each block in ``part_of_block`` (rows of cells) and ``part_mass`` (cumulated within the block).
    organisation_mass : (N,) float32
        Cumulated size * weight within each cell part.
    """
    origin = cells[cell].block
    here = cells[cell].square
    n = cumulated.shape[1]
    row = cumulated[origin]
    for attempt in range(200):
        k = fold(key, attempt)
        b = first_above(row, 0, n, uniform(fold(k, 0)) * row[n - 1])
        low, high = blocks[b], blocks[b + 1]
        at = first_above(part_mass, low, high, uniform(fold(k, 1)) * part_mass[high - 1])
        part = part_of_block[at]
        low, high = cells[part].low, cells[part].high
        if high <= low:
            continue
        j = first_above(organisation_mass, low, high, uniform(fold(k, 2)) * np.float64(organisation_mass[high - 1]))
        if j == i:
            continue
        there = cells[part].square
        dx = squares[here].x - squares[there].x
        dy = squares[here].y - squares[there].y
        distance = math.sqrt(dx * dx + dy * dy)
        if uniform(fold(k, 3)) < exp(-(distance - least[origin, b]) / d0):
            return j
    return -1
