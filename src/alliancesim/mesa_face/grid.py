"""The grid of the territory as a Mesa cell space over the same arrays; a cell is made when it is asked for.

A stock Mesa grid makes all its cells, and caches of neighbourhoods keep them (and the model) alive for good: so neither
constructor nor cached method of the stock classes runs here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from mesa.discrete_space import Cell, CellCollection, OrthogonalMooreGrid

if TYPE_CHECKING:
    from alliancesim.mesa_face.agents import Organisation
    from alliancesim.mesa_face.model import AllianceModel

Coordinate = tuple[int, int]


class Residents(Sequence["Organisation"]):
    """Organisations of a cell; their views are made when they are looked at."""

    __slots__ = ("_cell",)

    def __init__(self, cell: TerritoryCell) -> None:
        self._cell = cell

    def __len__(self) -> int:
        return self._cell.n_agents

    def __getitem__(self, index: Any) -> Any:
        model, rows = self._cell.model, self._cell.rows
        return [model.agent(int(row)) for row in rows[index]] if isinstance(index, slice) else model.agent(rows[index])

    def __iter__(self) -> Iterator[Organisation]:
        model = self._cell.model
        return iter([model.agent(int(row)) for row in self._cell.rows])

    def __contains__(self, organisation: object) -> bool:
        return getattr(organisation, "row", -1) in self._cell.rows and getattr(organisation, "model", None) is (
            self._cell.model
        )

    def __repr__(self) -> str:
        return f"<{len(self)} organisations>"

    def copy(self) -> list[Organisation]:
        """The organisations as a list."""
        return list(self)


class TerritoryCell(Cell):
    """A grid square: inhabitants, needs, organisations; all read from the model's arrays.

    Attributes
    ----------
    coordinate : tuple of int
        Column and row from the south-west corner.
    parts : ndarray of int
        Rows of ``model.state.cells``: a square that several communes share has several; none outside of the territory.
    """

    def __init__(self, model: AllianceModel, coordinate: Coordinate, parts: np.ndarray) -> None:
        # The stock constructor would write the agents, which are read from the tables here.
        self.model, self.coordinate, self.parts = model, coordinate, parts
        self.capacity: int | None = None
        self.random: Random = model.random
        self.properties: dict[Any, object] = {}

    # -- the place -------------------------------------------------------------------------------------------------

    @property
    def inside(self) -> bool:
        """Whether the square is part of the territory."""
        return len(self.parts) > 0

    @property
    def reported(self) -> bool:
        """Whether some of it belongs to the place, not only to its buffer."""
        return bool(self.model.state.cells["reported"][self.parts].any())

    @property
    def population(self) -> float:
        """Inhabitants."""
        return float(self.model.state.cells["population"][self.parts].sum())

    def _mean(self, values: np.ndarray) -> float:
        people = self.model.state.cells["population"][self.parts]
        total = float(people.sum())
        return float((people * values[self.parts]).sum() / total) if total > 0 else 0.0

    @property
    def deprived_share(self) -> float:
        """Inhabitants in deprived districts (0-1)."""
        return self._mean(self.model.state.cells["deprived"])

    @property
    def needs(self) -> dict[str, float]:
        """Need now by domain, relative to the national baseline 1 (inhabitants' mean over its parts)."""
        state = self.model.state
        return {domain: self._mean(state.need[:, d]) for d, domain in enumerate(state.domains)}

    @property
    def communes(self) -> list[str]:
        """Names of its communes."""
        return list(dict.fromkeys(self.model.state.labels["cell_commune_name"][self.parts].tolist()))

    @property
    def side(self) -> int:
        """0 at home, 1 and more across a border (the lowest of its parts)."""
        return int(self.model.state.cells["side"][self.parts].min()) if self.inside else 0

    @property
    def x_km(self) -> float:
        """Easting of its centre, km."""
        return self.model.grid.centre(self.coordinate)[0]

    @property
    def y_km(self) -> float:
        """Northing of its centre, km."""
        return self.model.grid.centre(self.coordinate)[1]

    # -- who is there ----------------------------------------------------------------------------------------------

    @property
    def rows(self) -> np.ndarray:
        """Rows of its organisations."""
        cells = self.model.state.cells
        ranges = [np.arange(cells["low"][part], cells["high"][part]) for part in self.parts]
        return np.concatenate(ranges) if ranges else np.zeros(0, dtype=np.int64)

    @property
    def n_agents(self) -> int:
        """Number of its organisations (no view is made)."""
        cells = self.model.state.cells
        return int((cells["high"][self.parts] - cells["low"][self.parts]).sum())

    @property
    def _agents(self) -> Residents:  # type: ignore[override]
        return Residents(self)

    @property
    def agents(self) -> list[Organisation]:  # type: ignore[override]
        """Its organisations."""
        return list(self._agents)

    @property
    def is_empty(self) -> bool:
        """Whether no organisation stands here."""
        return self.n_agents == 0

    @property
    def empty(self) -> bool:
        """Whether no organisation stands here."""
        return self.n_agents == 0

    @property
    def is_full(self) -> bool:
        """Never: a square holds any number."""
        return False

    def add_agent(self, agent: Any) -> None:
        """Refused: organisations do not move."""
        raise TypeError("organisations stand where the territory puts them: they cannot be moved")

    def remove_agent(self, agent: Any) -> None:
        """Refused: organisations do not move."""
        raise TypeError("organisations stand where the territory puts them: they cannot be moved")

    # -- its neighbours --------------------------------------------------------------------------------------------

    @property
    def connections(self) -> dict[Coordinate, TerritoryCell]:  # type: ignore[override]
        """The up to 8 neighbours by relative coordinate."""
        x, y = self.coordinate
        grid = self.model.grid
        return {
            (dx, dy): grid[x + dx, y + dy]
            for dx, dy in product((-1, 0, 1), repeat=2)
            if (dx or dy) and (x + dx, y + dy) in grid._cells
        }

    @property
    def neighborhood(self) -> CellCollection:  # type: ignore[override]
        """Its direct neighbours."""
        return self.get_neighborhood()

    def get_neighborhood(self, radius: int = 1, include_center: bool = False) -> CellCollection:
        """Cells at most ``radius`` steps away, diagonal steps included."""
        return CellCollection(self._neighborhood(radius, include_center), random=self.random)

    def _neighborhood(self, radius: int = 1, include_center: bool = False) -> dict[Any, Any]:
        if radius < 1:
            raise ValueError("radius must be at least one")
        x, y = self.coordinate
        grid = self.model.grid
        near = product(range(x - radius, x + radius + 1), range(y - radius, y + radius + 1))
        cells = [grid[c] for c in near if c in grid._cells and (include_center or c != self.coordinate)]
        return {cell: cell._agents for cell in cells}

    def __getstate__(self) -> Any:
        return {"model": self.model, "coordinate": self.coordinate, "parts": self.parts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"<TerritoryCell {self.coordinate}: {self.population:.0f} inhabitants, {self.n_agents} organisations>"


class _LazyCells(Mapping[Coordinate, TerritoryCell]):
    """All cells of the bounding box by coordinate, made when asked for and then kept."""

    def __init__(self, grid: TerritoryGrid) -> None:
        self.grid = grid
        self.made: dict[Coordinate, TerritoryCell] = {}

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, tuple) or len(key) != 2:
            return False
        width, height = self.grid.dimensions
        return 0 <= key[0] < width and 0 <= key[1] < height

    def __getitem__(self, key: Coordinate) -> TerritoryCell:
        if key not in self:
            raise KeyError(key)
        coordinate = (int(key[0]), int(key[1]))
        if coordinate not in self.made:
            self.made[coordinate] = TerritoryCell(self.grid.model, coordinate, self.grid.parts_at(coordinate))
        return self.made[coordinate]

    def __iter__(self) -> Iterator[Coordinate]:
        width, height = self.grid.dimensions
        return iter(product(range(width), range(height)))

    def __len__(self) -> int:
        width, height = self.grid.dimensions
        return width * height


class TerritoryGrid(OrthogonalMooreGrid):
    """The squares of a territory and its bounding box; Mesa's Moore grid without its constructor.

    Attributes
    ----------
    dimensions : tuple of int
        Columns and rows.
    cell_km : float
        Side of a square.
    """

    def __init__(self, model: AllianceModel) -> None:
        # What Mesa's attribute lookup reads must be there before anything else.
        self.__dict__["_mesa_property_layers"] = {}
        labels = model.state.labels
        column, row = labels["cell_column"].astype(np.int64), labels["cell_row"].astype(np.int64)
        self.model = model
        self.cell_km = float(model.territory.cell_km)
        self.first_column, self.first_row = int(column.min()), int(row.min())
        self.dimensions = (int(column.max()) - self.first_column + 1, int(row.max()) - self.first_row + 1)
        self._ndims, self.torus, self.capacity, self._try_random = 2, False, None, False
        self.random = model.random
        self.cell_klass = TerritoryCell
        self._x, self._y = column - self.first_column, row - self.first_row
        code = self._x * self.dimensions[1] + self._y
        self._order = np.argsort(code, kind="stable")
        self._code = code[self._order]
        self._cells = _LazyCells(self)
        self._empties: dict[Coordinate, None] = {}
        self._origin = (
            float(model.state.cell_x[0]) - self._x[0] * self.cell_km,
            float(model.state.cell_y[0]) - self._y[0] * self.cell_km,
        )

    def parts_at(self, coordinate: Coordinate) -> np.ndarray:
        """Rows of ``state.cells`` in a square."""
        code = coordinate[0] * self.dimensions[1] + coordinate[1]
        low, high = np.searchsorted(self._code, [code, code + 1])
        return np.sort(self._order[low:high])

    def coordinate_of_part(self, part: int) -> Coordinate:
        """Coordinate of the square of a row of ``state.cells``."""
        return int(self._x[part]), int(self._y[part])

    def cell_of_part(self, part: int) -> TerritoryCell:
        """Square of a row of ``state.cells``."""
        return self._cells[self.coordinate_of_part(part)]

    def centre(self, coordinate: Coordinate) -> tuple[float, float]:
        """Easting and northing of the centre of a square, km."""
        return self._origin[0] + coordinate[0] * self.cell_km, self._origin[1] + coordinate[1] * self.cell_km

    @property
    def made(self) -> int:
        """Cells made so far."""
        return len(self._cells.made)

    @property
    def all_cells(self) -> CellCollection:  # type: ignore[override]
        """Every square of the bounding box."""
        return CellCollection({cell: cell._agents for cell in self._cells.values()}, random=self.random)

    @property
    def inhabited(self) -> CellCollection:
        """Squares of the territory."""
        places = sorted({self.coordinate_of_part(part) for part in range(len(self._x))})
        cells = [self._cells[place] for place in places]
        return CellCollection({cell: cell._agents for cell in cells}, random=self.random)

    @property
    def _celllist(self) -> list[TerritoryCell]:
        return list(self._cells.values())

    def select_random_empty_cell(self) -> TerritoryCell:
        """A square without organisations, by ``model.random``."""
        return self.random.choice([cell for cell in self._cells.values() if cell.is_empty])

    def layer(self, name: str) -> np.ndarray:
        """An attribute of all cells as an array, for maps.

        Parameters
        ----------
        name : str
            ``population``, ``deprived_share``, ``organisations``, ``engaged``, or ``need_<domain>``.

        Returns
        -------
        (columns, rows) float64
            NaN outside of the territory. A copy: writing into it changes nothing.
        """
        from alliancesim.catalogue import ENGAGED
        from alliancesim.errors import UserError

        state = self.model.state
        cells, table = state.cells, state.organisations
        people = cells["population"].astype(float)
        known = {"population": (people, None), "deprived_share": (cells["deprived"], people)}
        known["organisations"] = ((cells["high"] - cells["low"]).astype(float), None)
        busy = np.bincount(table["cell"][table["stage"] == ENGAGED], minlength=len(cells)).astype(float)
        known["engaged"] = (busy, None)
        known |= {f"need_{domain}": (state.need[:, d], people) for d, domain in enumerate(state.domains)}
        if name not in known:
            raise UserError(f"layer: found {name!r}, expected one of {', '.join(known)}")
        values, weights = known[name]
        result, total = np.zeros(self.dimensions), np.zeros(self.dimensions)
        where = (self._x, self._y)
        np.add.at(result, where, values if weights is None else values * weights)
        np.add.at(total, where, 1.0 if weights is None else weights)
        inside = np.zeros(self.dimensions, dtype=bool)
        inside[where] = True
        if weights is not None:
            result = np.divide(result, total, out=np.zeros_like(result), where=total > 0)
        return np.where(inside, result, np.nan)

    def add_property_layer(self, *args: Any, **kwargs: Any) -> None:
        """Refused: a layer would be a copy of the arrays, not a view; see :meth:`layer`."""
        raise TypeError("the grid reads the model's arrays and takes no property layers: see grid.layer(name)")

    def add_cell(self, cell: Any) -> None:
        """Refused: the territory says which squares there are."""
        raise TypeError("the territory says which cells there are: none can be added or removed")

    def remove_cell(self, cell: Any) -> None:
        """Refused: the territory says which squares there are."""
        raise TypeError("the territory says which cells there are: none can be added or removed")

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__["_mesa_property_layers"] = {}
        self.__init__(state["model"])  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"<TerritoryGrid {self.dimensions[0]} x {self.dimensions[1]} squares of {self.cell_km:g} km>"
