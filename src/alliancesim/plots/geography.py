"""The squares of a result, and where its organisations stand on them, for the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.results import Result

Segment = tuple[tuple[float, float], tuple[float, float]]
_AROUND = 1.0  # squares shown around the place
# Steps of a plane-filling sequence (Roberts' R2): points spread evenly however many there are.
_STEP_X, _STEP_Y = 0.7548776662466927, 0.5698402909980532


@dataclass(frozen=True)
class Squares:
    """Rasters of the squares, rows from south to north.

    Attributes
    ----------
    cell : float
        Side of a square (km).
    extent : (left, right, bottom, top) in km
        Of the rasters.
    view : (left, right, bottom, top) in km
        The place and one square around it.
    population, deprived : (rows, columns) float64
        Inhabitants; share in deprived districts; NaN where there is no square.
    reported, abroad : (rows, columns) bool
    commune, perimeter, department : (rows, columns) int64
        Code of the unit with most inhabitants of the square; -1 outside.
    """

    cell: float
    extent: tuple[float, float, float, float]
    view: tuple[float, float, float, float]
    population: np.ndarray
    deprived: np.ndarray
    reported: np.ndarray
    abroad: np.ndarray
    commune: np.ndarray
    perimeter: np.ndarray
    department: np.ndarray

    @property
    def number(self) -> int:
        """Squares with a row in the table."""
        return int((self.commune >= 0).sum())

    def raster(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """How many points lie in each square, or the sum of their weights."""
        column = np.clip(((x - self.extent[0]) / self.cell).astype(np.int64), 0, self.population.shape[1] - 1)
        row = np.clip(((y - self.extent[2]) / self.cell).astype(np.int64), 0, self.population.shape[0] - 1)
        flat = np.bincount(row * self.population.shape[1] + column, weights=weights, minlength=self.population.size)
        return flat.reshape(self.population.shape)

    def without_holes(self, inside: np.ndarray) -> np.ndarray:
        """``inside`` (rows, columns) and the empty squares that it encloses: a lake or a forest is no limit of a place."""
        empty = np.pad(self.commune < 0, 1, constant_values=True)
        outside = np.zeros_like(empty)
        outside[[0, -1], :] = outside[:, [0, -1]] = True
        outside[1:-1, 1:-1] |= (self.commune >= 0) & ~inside
        while True:
            grown = outside.copy()
            grown[1:] |= outside[:-1]
            grown[:-1] |= outside[1:]
            grown[:, 1:] |= outside[:, :-1]
            grown[:, :-1] |= outside[:, 1:]
            grown = outside | (grown & empty)
            if (grown == outside).all():
                return inside | ~outside[1:-1, 1:-1]
            outside = grown

    def edges(self, label: np.ndarray, outside: int = -1) -> list[Segment]:
        """Sides of squares that separate two labels, in km; ``outside`` is the label beyond the rasters."""
        left, bottom, cell = self.extent[0], self.extent[2], self.cell
        grown = np.pad(label, 1, constant_values=outside)
        lines: list[Segment] = []
        for r, c in zip(*np.nonzero(grown[1:-1, 1:] != grown[1:-1, :-1]), strict=True):
            x, y = left + c * cell, bottom + r * cell
            lines.append(((x, y), (x, y + cell)))
        for r, c in zip(*np.nonzero(grown[1:, 1:-1] != grown[:-1, 1:-1]), strict=True):
            x, y = left + c * cell, bottom + r * cell
            lines.append(((x, y), (x + cell, y)))
        return lines


def squares_of(result: Result) -> Squares:
    """The squares of a result's territory."""
    table = result.territory
    column = table["column"].to_numpy().astype(np.int64)
    row = table["row"].to_numpy().astype(np.int64)
    x, y = table["x_km"].to_numpy(), table["y_km"].to_numpy()
    cell = _side(column, row, x, y, float(result.manifest["territory"]["cell_km"]))
    c, r = column - column.min(), row - row.min()
    shape = (int(r.max()) + 1, int(c.max()) + 1)
    left, bottom = float(x.min()) - cell / 2, float(y.min()) - cell / 2
    people = table["population"].to_numpy().astype(np.float64)
    flat = r * shape[1] + c
    size = shape[0] * shape[1]
    there = np.bincount(flat, minlength=size) > 0
    population = np.bincount(flat, weights=people, minlength=size)
    poor = np.bincount(flat, weights=people * table["deprived_share"].to_numpy(), minlength=size)
    reported = np.bincount(flat, weights=table["reported"].to_numpy(), minlength=size).reshape(shape) > 0
    abroad = np.bincount(flat, weights=table["side"].to_numpy() > 0, minlength=size).reshape(shape) > 0
    perimeter = np.where(table["epci"].to_numpy(dtype=object) == "", table["commune"], table["epci"])
    # The last part written wins: the one with most inhabitants (ties: the later row).
    order = np.lexsort((np.arange(len(people)), people))
    units = []
    for names in (table["commune"].to_numpy(dtype=object), perimeter, table["department"].to_numpy(dtype=object)):
        codes = np.unique(names.astype(str), return_inverse=True)[1].reshape(-1)
        unit = np.full(size, -1, dtype=np.int64)
        unit[flat[order]] = codes[order]
        units.append(unit.reshape(shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(population > 0, poor / population, 0.0)
    rows, columns = np.nonzero(reported if reported.any() else there.reshape(shape))
    around = _AROUND * cell
    extent = (left, left + shape[1] * cell, bottom, bottom + shape[0] * cell)
    view = (
        max(extent[0], left + float(columns.min()) * cell - around),
        min(extent[1], left + float(columns.max() + 1) * cell + around),
        max(extent[2], bottom + float(rows.min()) * cell - around),
        min(extent[3], bottom + float(rows.max() + 1) * cell + around),
    )
    return Squares(
        cell,
        extent,
        view,
        np.where(there, population, np.nan).reshape(shape),
        np.where(there, share, np.nan).reshape(shape),
        reported,
        abroad,
        *units,
    )


def _side(column: np.ndarray, row: np.ndarray, x: np.ndarray, y: np.ndarray, otherwise: float) -> float:
    """Side of a square from the distance of the outermost ones; ``otherwise`` where there is only one."""
    for count, km in ((column, x), (row, y)):
        low, high = int(count.argmin()), int(count.argmax())
        if count[high] > count[low]:
            return float((km[high] - km[low]) / (count[high] - count[low]))
    return otherwise


def scattered(organisations: pd.DataFrame, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Where each organisation is drawn: spread evenly over its square, in the order of rows.

    The model knows the square of an organisation, not more; all would lie on its centre otherwise.

    Parameters
    ----------
    organisations : DataFrame
    cell : float
        Side of a square (km).

    Returns
    -------
    x, y : (N,) float64
        km
    """
    x, y = organisations["x_km"].to_numpy(), organisations["y_km"].to_numpy()
    n = len(x)
    order = np.lexsort((np.arange(n), x, y))
    new = np.concatenate(([True], (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0))) if n else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(new, np.arange(n), 0))
    rank = np.empty(n, dtype=np.float64)
    rank[order] = np.arange(n) - first + 1.0
    spread = 0.88 * cell
    return x + ((rank * _STEP_X) % 1.0 - 0.5) * spread, y + ((rank * _STEP_Y) % 1.0 - 0.5) * spread


def hull(points: np.ndarray) -> np.ndarray:
    """Convex hull of points (n, 2), counter-clockwise (Andrew's chain); fewer than three corners if they are aligned."""
    unique = sorted({(float(a), float(b)) for a, b in points})
    if len(unique) < 3:
        return np.array(unique)

    def half(sequence: list[tuple[float, float]]) -> list[tuple[float, float]]:
        chain: list[tuple[float, float]] = []
        for p in sequence:
            while len(chain) >= 2 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array(half(unique) + half(unique[::-1]))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
