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


@kernel
def reach(square_x, square_y, mass, d0, result):
    """Writes result[s] = sum over squares of exp(-distance / d0) * mass, in a fixed order.

    Distances beyond 16 d0 count for nothing (1e-7).
    """
    limit = 16.0 * d0
    for a in range(square_x.shape[0]):
        total = 0.0
        for b in range(square_x.shape[0]):
            if mass[b] > 0.0:
                dx = square_x[a] - square_x[b]
                dy = square_y[a] - square_y[b]
                if abs(dx) < limit and abs(dy) < limit:
                    total += mass[b] * exp(-math.sqrt(dx * dx + dy * dy) / d0)
        result[a] = total


@kernel
def within(square_x, square_y, counts, radius, result):
    """Writes result[s, k] = sum of counts[:, k] over squares within ``radius`` km."""
    for a in range(square_x.shape[0]):
        for k in range(counts.shape[1]):
            result[a, k] = 0.0
        for b in range(square_x.shape[0]):
            dx = square_x[a] - square_x[b]
            dy = square_y[a] - square_y[b]
            if dx * dx + dy * dy <= radius * radius:
                for k in range(counts.shape[1]):
                    result[a, k] += counts[b, k]


@kernel
def spread(square_x, square_y, square, amount, radius, result, column):
    """Adds ``amount`` to result[s, column] for all squares within ``radius`` km of ``square``."""
    for a in range(square_x.shape[0]):
        dx = square_x[a] - square_x[square]
        dy = square_y[a] - square_y[square]
        if dx * dx + dy * dy <= radius * radius:
            result[a, column] += amount


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
    i, cell, cells, square_x, square_y, blocks, part_of_block, part_mass, organisation_mass, least, cumulated, d0, key
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
        dx = square_x[here] - square_x[there]
        dy = square_y[here] - square_y[there]
        distance = math.sqrt(dx * dx + dy * dy)
        if uniform(fold(k, 3)) < exp(-(distance - least[origin, b]) / d0):
            return j
    return -1
