"""Distance: how many organisations are within reach, who is met, whose experience is heard.

Partners are drawn exactly from weights exp(-d/d0) * size: a block of squares by its upper bound, a part of a cell in it, an
organisation in that part, accepted with exp(-(d - least distance of the two blocks)/d0).
"""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import allocating, helper, inline, kernel
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


@helper
def squares_within(squares, radius):
    """Rows and columns to look at on each side of a square for all squares within ``radius`` km."""
    return int(radius / squares[0].side) + 2


@inline
def of_sphere(cells, c, sphere):
    """Range of the organisations of a sphere in a cell."""
    if sphere == 0:
        return cells[c].low, cells[c].firms
    if sphere == 1:
        return cells[c].firms, cells[c].collectivities
    return cells[c].collectivities, cells[c].high


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
def neighbourhoods(squares, radius, low, high, result):
    """Writes result[s, row] = (first, end): the squares of each row within ``radius`` km of square s, for low..high - 1.

    Squares of one row follow one another in the table, so that a disc is a range of it in each of its rows.

    Parameters
    ----------
    result : (S, 2 * :func:`squares_within` + 1, 2) int32
    """
    span = squares_within(squares, radius)
    for s in range(low, high):
        here = squares[s]
        for apart in range(-span, span + 1):
            a = first_of_row(squares, here.row + apart, here.column - span)
            first = -1
            end = -1
            while (
                a < squares.shape[0] and squares[a].row == here.row + apart and squares[a].column <= here.column + span
            ):
                dx = squares[a].x - here.x
                dy = squares[a].y - here.y
                if dx * dx + dy * dy <= radius * radius:
                    if first < 0:
                        first = a
                    end = a + 1
                a += 1
            result[s, apart + span, 0] = first
            result[s, apart + span, 1] = end


@helper
def add_experience(near, square, sphere, weight, finished, experiments, failed, changes):
    """Adds weight * (finished, experiments, failed) to the counts of a sphere in all squares near ``square``.

    Written as changes from one square of the table to the next, two for each row of the disc; :func:`sum_experience` makes
    counts of them. Whole numbers, in units of 2**-20 organisations, so that what is added and taken away leaves nothing.
    """
    unit = np.int64(math.floor(weight * 1048576.0 + 0.5))
    for row in range(near.shape[1]):
        first = near[square, row, 0]
        if first >= 0:
            end = near[square, row, 1]
            changes[first, sphere, 0] += finished * unit
            changes[end, sphere, 0] -= finished * unit
            changes[first, sphere, 1] += experiments * unit
            changes[end, sphere, 1] -= experiments * unit
            changes[first, sphere, 2] += failed * unit
            changes[end, sphere, 2] -= failed * unit


@allocating
def sum_experience(changes, finished, experiments, failed):
    """Counts by square and sphere from what changes between one square and the next (S + 1, 3, 3)."""
    total = np.zeros((3, 3), dtype=np.int64)
    for s in range(finished.shape[0]):
        for sphere in range(3):
            for count in range(3):
                total[sphere, count] += changes[s, sphere, count]
            finished[s, sphere] = total[sphere, 0] / 1048576.0
            experiments[s, sphere] = total[sphere, 1] / 1048576.0
            failed[s, sphere] = total[sphere, 2] / 1048576.0


@inline
def least_distance(boxes, a, b):
    """Least distance, km, of a square of one block to one of another, by their centres."""
    dx = max(0.0, max(boxes[b, 0] - boxes[a, 1], boxes[a, 0] - boxes[b, 1]))
    dy = max(0.0, max(boxes[b, 2] - boxes[a, 3], boxes[a, 2] - boxes[b, 3]))
    return math.sqrt(dx * dx + dy * dy)


@kernel
def block_bounds(boxes, mass, d0, cumulated, guide):
    """Cumulated upper bounds of meeting weights of blocks, and where to look in them.

    Parameters
    ----------
    boxes : (B, 4) float64
        x low, x high, y low, y high of the centres of the squares of each block, km.
    mass : (B,) float64
        Sum of size * weight of its organisations.

    Writes cumulated[a, b] (B, B) and guide[a, g] (B, G + 1) int16: first b whose cumulated bound exceeds g / G of the sum.
    """
    last = boxes.shape[0] - 1
    shares = guide.shape[1] - 1
    for a in range(boxes.shape[0]):
        total = 0.0
        for b in range(boxes.shape[0]):
            total += mass[b] * exp(-least_distance(boxes, a, b) / d0)
            cumulated[a, b] = total
        b = 0
        for g in range(shares):
            while b < last and cumulated[a, b] <= g / shares * total:
                b += 1
            guide[a, g] = b
        guide[a, shares] = last


@inline
def first_above(values, low, high, target):
    """First index in low..high - 1 whose (cumulated) value exceeds target; the last one if none does."""
    last = high - 1
    while low < high:
        middle = (low + high) // 2
        if values[middle] > target:
            high = middle
        else:
            low = middle + 1
    return min(low, last)


@inline
def first_above_near(values, low, high, target):
    """As :func:`first_above`, for values that grow about evenly from 0: looks around the place where it would then be."""
    last = high - 1
    at = min(last, low + int((high - low) * (target / values[last])))
    step = 1
    if values[at] > target:
        high = at + 1
        while at - step >= low and values[at - step] > target:
            high = at - step + 1
            step = 2 * step
        low = max(low, at - step + 1)
    else:
        low = at + 1
        while at + step <= last and values[at + step] <= target:
            low = at + step + 1
            step = 2 * step
        high = min(high, at + step + 1)
    return min(first_above(values, low, high, target), last)


@inline
def draw_partner(
    i, cell, cells, squares, blocks, part_of_block, part_mass, organisation_mass, boxes, cumulated, guide, d0, key
):
    """Organisation met from a cell, by distance and size; -1 when 200 attempts found nobody.

    Parameters
    ----------
    i : int
        Who looks (never met by itself), or -1.
    blocks : (B + 1,) int64
        Range of each block in ``part_of_block`` (rows of cells) and ``part_mass`` (cumulated within the block).
    organisation_mass : (N,) float64
        Cumulated size * weight within each cell part.
    boxes, cumulated, guide
        Of :func:`block_bounds`.
    """
    origin = cells[cell].block
    here = cells[cell].square
    shares = guide.shape[1] - 1
    total = cumulated[origin, cumulated.shape[1] - 1]
    for attempt in range(200):
        k = fold(key, attempt)
        u = uniform(fold(k, 0))
        g = int(u * shares)
        b = first_above(cumulated[origin], guide[origin, g], guide[origin, g + 1] + 1, u * total)
        low, high = blocks[b], blocks[b + 1]
        at = first_above(part_mass, low, high, uniform(fold(k, 1)) * part_mass[high - 1])
        part = part_of_block[at]
        low, high = cells[part].low, cells[part].high
        if high <= low:
            continue
        j = first_above_near(organisation_mass, low, high, uniform(fold(k, 2)) * organisation_mass[high - 1])
        if j == i:
            continue
        there = cells[part].square
        dx = squares[here].x - squares[there].x
        dy = squares[here].y - squares[there].y
        distance = math.sqrt(dx * dx + dy * dy)
        if uniform(fold(k, 3)) < exp(-(distance - least_distance(boxes, origin, b)) / d0):
            return j
    return -1
