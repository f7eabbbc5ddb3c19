"""The frozen description of a place: where people live, what they need, who governs.

A territory is a table of *parts*. A part is the piece of a grid square that lies in one commune, so a square that
several communes share has several rows, and every row has exactly one commune, one intercommunality, one department,
one region. Rules read these columns and nothing else: no rule knows which typology or place filled them (SPEC sections
1.2 and 2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.catalogue import DOMAINS, SPHERES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ORIGINS = ("synthetic", "real", "tables")

STRING_COLUMNS = ("commune", "commune_name", "epci", "epci_name", "department", "region")
NUMBER_COLUMNS: dict[str, type[np.generic]] = {
    "column": np.int32,
    "row": np.int32,
    "x_km": np.float64,
    "y_km": np.float64,
    "population": np.int64,
    "deprived_share": np.float64,
    "side": np.int8,
    "reported": np.bool_,
    "density_association": np.float64,
    "density_firm": np.float64,
    "civic_capacity": np.float64,
}
COLLECTIVITY_COLUMNS = ("kind", "code", "name", "population", "cell", "reported")
COLLECTIVITY_KINDS = ("commune", "epci", "department", "region")
DEPRIVED_FOR = ("structuration", "distance")
"""What a deprived share of its own may count for (``Territory.deprived_for``)."""
FOREIGN = "FOREIGN:"
"""Codes that begin so are places across the border taken from a gazetteer: they have communes, nothing above."""

_COLUMN_ORDER = (
    "column",
    "row",
    "x_km",
    "y_km",
    "commune",
    "commune_name",
    "epci",
    "epci_name",
    "department",
    "region",
    "population",
    "deprived_share",
    "side",
    "reported",
    "density_association",
    "density_firm",
    "civic_capacity",
)
_SHALLOW_IS_SAFE = int(pd.__version__.split(".")[0]) >= 3  # copy on write


def cell_columns(domains: tuple[str, ...] = DOMAINS) -> tuple[str, ...]:
    """Columns of ``Territory.cells`` in order, for these need domains."""
    return (*_COLUMN_ORDER, *(f"need_{domain}" for domain in domains))


def perimeter_of(cells: pd.DataFrame) -> np.ndarray:
    """Perimeter of each part: its EPCI, or its commune where it is in none.

    Returns
    -------
    ndarray of str objects, shape (n_parts,)
    """
    epci = cells["epci"].to_numpy(dtype=object)
    return np.where(epci == "", cells["commune"].to_numpy(dtype=object), epci)


def order_cells(cells: pd.DataFrame, domains: tuple[str, ...] = DOMAINS) -> pd.DataFrame:
    """Cast, order the columns and sort the parts as ``Territory`` wants them.

    Parameters
    ----------
    cells : DataFrame
        All columns of ``cell_columns(domains)``; others are dropped.

    Returns
    -------
    DataFrame
        Sorted by side, perimeter, commune, row, column; index 0 … n−1; parts without inhabitants are dropped, except
        the first one of a commune that would otherwise vanish.
    """
    table = cells.loc[:, list(cell_columns(domains))].copy()
    for column in STRING_COLUMNS:
        table[column] = table[column].astype(str)
    for column, dtype in NUMBER_COLUMNS.items():
        table[column] = table[column].astype(dtype)
    for domain in domains:
        table[f"need_{domain}"] = table[f"need_{domain}"].astype(np.float64)
    table["_perimeter"] = perimeter_of(table)
    table = table.sort_values(["side", "_perimeter", "commune", "row", "column"], kind="stable", ignore_index=True)
    people = table["population"].to_numpy()
    if (people == 0).any():
        empty = table.groupby("commune", sort=False)["population"].transform("sum").to_numpy() == 0
        first = ~table["commune"].duplicated().to_numpy()
        table = table[(people > 0) | (empty & first)].reset_index(drop=True)
    return table.drop(columns="_perimeter")


def make_collectivities(
    cells: pd.DataFrame,
    names: Mapping[tuple[str, str], str] | None = None,
    centres: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Local governments that the parts name, each with its seat.

    A commune sits in its most populous part (ties: nearest to its centre, then the first). An EPCI, a department or a
    region sits at the seat of its most populous commune, taken among the reported ones if it has any. Places across the
    border from a gazetteer (codes ``FOREIGN:…``) are communes only.

    Parameters
    ----------
    cells : DataFrame
        Ordered parts (``order_cells``).
    names : mapping, optional
        Names of departments and regions by ``(kind, code)``; the code stands for what is missing.
    centres : mapping, optional
        Centre (x_km, y_km) by commune code, to break ties.

    Returns
    -------
    DataFrame
        kind, code, name, population (inhabitants within the simulated territory), cell, reported (it governs at least
        one reported part); sorted by kind (commune, epci, department, region) and first part.
    """
    names = names or {}
    people = cells["population"].to_numpy()
    commune = cells["commune"].to_numpy(dtype=object)
    codes, first, inverse = np.unique(commune.astype(str), return_index=True, return_inverse=True)
    gap = np.zeros(len(cells))
    if centres:
        centre = np.array([centres.get(code, (np.nan, np.nan)) for code in codes], dtype=float).reshape(-1, 2)[inverse]
        gap = (cells["x_km"].to_numpy() - centre[:, 0]) ** 2 + (cells["y_km"].to_numpy() - centre[:, 1]) ** 2
        gap = np.where(np.isnan(gap), 0.0, gap)
    order = np.lexsort((np.arange(len(cells)), gap, -people, inverse))
    seat = order[np.searchsorted(inverse[order], np.arange(len(codes)))]
    total = _sum_by(inverse, people, len(codes))
    reported = _sum_by(inverse, cells["reported"].to_numpy().astype(np.int64), len(codes)) > 0
    frames = [
        pd.DataFrame(
            {
                "kind": "commune",
                "code": codes,
                "name": cells["commune_name"].to_numpy(dtype=object)[first],
                "population": total,
                "cell": seat,
                "reported": reported,
                "_first": first,
            }
        )
    ]
    for kind in COLLECTIVITY_KINDS[1:]:
        above = cells[kind].to_numpy(dtype=object)[first].astype(str)
        if kind == "epci":
            label = cells["epci_name"].to_numpy(dtype=object)[first]
        else:
            label = np.array([names.get((kind, code), code) for code in above], dtype=object)
        keep = np.array([bool(code) and not code.startswith(FOREIGN) for code in above])
        table = pd.DataFrame(
            {
                "code": above,
                "name": label,
                "population": total,
                "cell": seat,
                "reported": reported,
                "_first": first,
            }
        )[keep]
        ranked = table.sort_values(["reported", "population", "_first"], ascending=[False, False, True], kind="stable")
        chosen = (
            ranked.groupby("code", sort=False)
            .agg(
                name=("name", "first"),
                population=("population", "sum"),
                cell=("cell", "first"),
                reported=("reported", "max"),
                _first=("_first", "min"),
            )
            .reset_index()
        )
        frames.append(chosen.assign(kind=kind).sort_values("_first", kind="stable"))
    frames[0] = frames[0].sort_values("_first", kind="stable")
    frames = [frame for frame in frames if len(frame)]
    table = pd.concat(frames, ignore_index=True)[list(COLLECTIVITY_COLUMNS)]
    return table.astype({"population": np.int64, "cell": np.int64, "reported": bool})


def _sum_by(group: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Integer sums by group."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, group, values)
    return total


class _Table:
    """A field that hands out copies, so that nobody writes into a territory by accident."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = "_" + name

    def __get__(self, instance: Any, owner: type | None = None) -> pd.DataFrame:
        if instance is None:
            raise AttributeError(self.name)
        return instance.__dict__[self.name].copy(deep=not _SHALLOW_IS_SAFE)

    def __set__(self, instance: Any, value: pd.DataFrame) -> None:
        instance.__dict__[self.name] = value.copy()


class _OptionalTable(_Table):
    """A table that may be absent; None by default."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None or instance.__dict__[self.name] is None:
            return None
        return super().__get__(instance, owner)

    def __set__(self, instance: Any, value: pd.DataFrame | None) -> None:
        instance.__dict__[self.name] = None if value is None else value.copy()


@dataclass(frozen=True, eq=False, repr=False)
class Territory:
    """A place, frozen: parts of grid squares, collectivities, and what is synthetic about them.

    Attributes
    ----------
    name : str
    origin : {"synthetic", "real", "tables"}
    cell_km : float
        Side of a grid square, km.
    domains : tuple of str
        Need domains; each has a column ``need_<domain>``.
    cells : DataFrame
        One row a part, sorted by (side, perimeter, commune, row, column), index 0 … n−1:

        - ``column``, ``row`` (int32): the grid square; ``x_km``, ``y_km`` (float64): its centre, metric, y northward;
        - ``commune``, ``commune_name``, ``epci``, ``epci_name``, ``department``, ``region`` (str; "" where none;
          department and region by code);
        - ``population`` (int64): inhabitants; ``deprived_share`` (float64, 0–1): those in deprived districts;
        - ``side`` (int8): 0 at home, 1 and more in other countries;
        - ``reported`` (bool): False in the buffer, and abroad of a real place;
        - ``density_association``, ``density_firm`` (float64): factors on the national densities per inhabitant;
        - ``civic_capacity`` (float64, 0–1);
        - ``need_<domain>`` (float64 ≥ 0): need relative to the national baseline 1.
    collectivities : DataFrame
        ``kind`` (commune, epci, department, region), ``code``, ``name``, ``population`` (its inhabitants within the
        simulated territory, buffer included), ``cell`` (row of the part where its seat is), ``reported``.
    organisations : DataFrame or None
        Organisations given by the user; None where all are generated.
    generate : tuple of str
        Spheres to be generated.
    synthetic : tuple of str
        Columns that follow a documented rule instead of data.
    notes : tuple of str
        What a reader of any figure must be told.
    provenance : dict of str
        Source and licence by subject.
    land_km2 : float
        Area of the reported communes where it is known; 0 where it is not.
    deprived_for : dict of str to ndarray
        Deprived share of each part that counts for ``structuration`` or ``distance`` instead of the column, where a territory
        mixes typologies to ask what a gap between two comes from; float64 from 0 to 1, read-only; empty otherwise.

    Notes
    -----
    The tables are handed out as copies: writing into one never changes the territory.
    """

    name: str
    origin: str
    cell_km: float
    domains: tuple[str, ...]
    cells: _Table = _Table()
    collectivities: _Table = _Table()
    organisations: _OptionalTable = _OptionalTable()
    generate: tuple[str, ...] = SPHERES
    synthetic: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
    land_km2: float = 0.0
    deprived_for: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "provenance", dict(self.provenance))
        if self.origin not in ORIGINS:
            raise ValueError(f"origin is {self.origin!r}, expected one of {', '.join(ORIGINS)}")
        if not self.cell_km > 0:
            raise ValueError(f"cell_km is {self.cell_km}, expected a positive number")
        cells: pd.DataFrame = self.__dict__["_cells"]
        if tuple(cells.columns) != cell_columns(self.domains):
            raise ValueError("cells do not have the columns of cell_columns(domains): build them with order_cells")
        if not len(cells):
            raise ValueError("a territory has at least one part")
        for column, dtype in NUMBER_COLUMNS.items():
            if cells[column].dtype != np.dtype(dtype):
                raise ValueError(f"column {column} of cells is {cells[column].dtype}, expected {np.dtype(dtype)}")
        rank = np.unique(perimeter_of(cells).astype(str), return_inverse=True)[1]
        commune = np.unique(cells["commune"].to_numpy(dtype=object).astype(str), return_inverse=True)[1]
        keys = [cells["side"].to_numpy(), rank, commune, cells["row"].to_numpy(), cells["column"].to_numpy()]
        if not (np.lexsort(tuple(reversed(keys))) == np.arange(len(cells))).all():
            raise ValueError("cells are not sorted by side, perimeter, commune, row, column: use order_cells")
        if not (cells.index.to_numpy() == np.arange(len(cells))).all():
            raise ValueError("the index of cells must be 0 … n-1: use order_cells")
        governed: pd.DataFrame = self.__dict__["_collectivities"]
        if tuple(governed.columns) != COLLECTIVITY_COLUMNS:
            raise ValueError(f"collectivities must have the columns {', '.join(COLLECTIVITY_COLUMNS)}")
        if len(governed) and not governed["cell"].between(0, len(cells) - 1).all():
            raise ValueError("a collectivity sits in a part that does not exist")
        object.__setattr__(self, "deprived_for", self._counted(len(cells)))

    def _counted(self, parts: int) -> dict[str, np.ndarray]:
        """Shares of ``deprived_for``, checked, in copies that nobody writes into; always in the same order."""
        unknown = sorted(set(self.deprived_for) - set(DEPRIVED_FOR))
        if unknown:
            raise ValueError(f"deprived_for holds {unknown[0]!r}, expected only {' and '.join(DEPRIVED_FOR)}")
        found = {
            name: np.array(self.deprived_for[name], dtype=np.float64)
            for name in DEPRIVED_FOR
            if name in self.deprived_for
        }
        for name, share in found.items():
            if share.shape != (parts,) or not ((share >= 0.0) & (share <= 1.0)).all():
                raise ValueError(f"deprived_for {name!r} is not one share from 0 to 1 for each of the {parts} parts")
            share.flags.writeable = False
        return found

    # -- what it is -----------------------------------------------------------------------------------------------

    @property
    def n_cells(self) -> int:
        """Number of parts, buffer and other side included (the length of every array of cells)."""
        return len(self.__dict__["_cells"])

    @property
    def population(self) -> int:
        """Inhabitants of the reported parts."""
        cells = self.__dict__["_cells"]
        return int(cells["population"].to_numpy()[cells["reported"].to_numpy()].sum())

    @property
    def simulated_population(self) -> int:
        """Inhabitants of all parts, buffer and other side included."""
        return int(self.__dict__["_cells"]["population"].to_numpy().sum())

    @property
    def area_km2(self) -> float:
        """Area of the reported communes (km²), or of the reported inhabited squares where the former is not known."""
        if self.land_km2 > 0:
            return self.land_km2
        cells = self.__dict__["_cells"]
        inside = cells.loc[cells["reported"], ["column", "row"]].drop_duplicates()
        return len(inside) * self.cell_km**2

    @property
    def deprived_share(self) -> float:
        """Share of the reported inhabitants who live in deprived districts."""
        cells = self.__dict__["_cells"]
        people = cells["population"].to_numpy() * cells["reported"].to_numpy()
        return float((people * cells["deprived_share"].to_numpy()).sum() / max(1, people.sum()))

    @property
    def perimeters(self) -> np.ndarray:
        """Perimeter of each part (EPCI, or commune where in none): str objects, shape (n_cells,), contiguous."""
        return perimeter_of(self.__dict__["_cells"])

    @property
    def needs(self) -> np.ndarray:
        """Needs, float64, shape (n_cells, n_domains), national baseline 1."""
        cells = self.__dict__["_cells"]
        return np.column_stack([cells[f"need_{domain}"].to_numpy() for domain in self.domains])

    @property
    def squares(self) -> pd.DataFrame:
        """Grid squares: column, row, x_km, y_km, population, deprived_share, side, reported, parts.

        ``side`` is that of the most populous part; ``reported`` holds if any part is.
        """
        cells = self.__dict__["_cells"]
        table = cells[["column", "row", "x_km", "y_km", "population", "side", "reported"]].assign(
            _deprived=cells["deprived_share"] * cells["population"]
        )
        table = table.sort_values("population", ascending=False, kind="stable")
        grouped = (
            table.groupby(["row", "column"], sort=True)
            .agg(
                x_km=("x_km", "first"),
                y_km=("y_km", "first"),
                population=("population", "sum"),
                _deprived=("_deprived", "sum"),
                side=("side", "first"),
                reported=("reported", "max"),
                parts=("side", "size"),
            )
            .reset_index()
        )
        grouped["deprived_share"] = grouped.pop("_deprived") / grouped["population"].clip(lower=1)
        return grouped[["column", "row", "x_km", "y_km", "population", "deprived_share", "side", "reported", "parts"]]

    # -- how it shows ---------------------------------------------------------------------------------------------

    def _facts(self) -> list[tuple[str, str]]:
        cells, governed = self.__dict__["_cells"], self.__dict__["_collectivities"]
        people = cells["population"].to_numpy()
        counts = governed[governed["reported"]]["kind"].value_counts()
        named = [(int(counts[kind]), kind.replace("epci", "EPCI")) for kind in COLLECTIVITY_KINDS if kind in counts]
        own = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for count, kind in named)
        density = self.population / self.area_km2 if self.area_km2 else 0.0
        facts = [
            ("inhabitants", f"{self.population:,}, on {self.area_km2:,.0f} km² ({density:,.0f} per km²)"),
            ("deprived districts", f"{self.deprived_share:.1%} of inhabitants"),
            ("governed by", own or "nobody"),
            ("grid", f"{self.n_cells:,} parts of {self.squares.shape[0]:,} squares of {self.cell_km:g} km"),
        ]
        home = (~cells["reported"].to_numpy()) & (cells["side"].to_numpy() == 0)
        if home.any():
            facts.append(("buffer", f"{people[home].sum():,} inhabitants around, simulated and not reported"))
        abroad = cells["side"].to_numpy() > 0
        if abroad.any():
            told = "" if cells["reported"].to_numpy()[abroad].any() else ", not reported"
            facts.append(("across the border", f"{people[abroad].sum():,} inhabitants{told}"))
        if self.__dict__["_organisations"] is not None:
            facts.append(("organisations given", f"{len(self.__dict__['_organisations']):,}"))
        if self.generate:
            facts.append(("spheres generated", ", ".join(self.generate)))
        if self.synthetic:
            facts.append(("synthetic", "everything" if self.origin == "synthetic" else ", ".join(self.synthetic)))
        return facts

    def __repr__(self) -> str:
        lines = [f"Territory {self.name!r} ({self.origin})"]
        lines += [f"  {label:<20}{value}" for label, value in self._facts()]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for label, value in self._facts()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p><b>{escape(self.name)}</b> ({escape(self.origin)} territory)</p><table>{rows}</table>" + (
            f"<ul>{notes}</ul>" if notes else ""
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Map of inhabitants per km², deprived squares, border and buffer.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.

        Returns
        -------
        matplotlib Axes
        """
        from alliancesim.territory.plotting import plot_territory

        return plot_territory(self, ax)

    def checksum(self) -> str:
        """SHA-256 of all content (tables, shares of a mix, name, grid, domains, spheres): equal content, equal digest."""
        digest = hashlib.sha256()
        for word in (
            self.name,
            self.origin,
            float(self.cell_km).hex(),
            *self.domains,
            "|",
            *self.generate,
            "|",
            *self.synthetic,
        ):
            digest.update(word.encode() + b"\x1f")
        for key in ("_cells", "_collectivities", "_organisations"):
            table = self.__dict__[key]
            digest.update(key.encode())
            if table is None:
                continue
            for column in table.columns:
                digest.update(str(column).encode() + b"\x1e")
                digest.update(_column_bytes(table[column]))
        for name, share in self.deprived_for.items():
            digest.update(name.encode() + b"\x1e" + share.astype("<f8").tobytes())
        return digest.hexdigest()


def _column_bytes(column: pd.Series) -> bytes:
    """Content of a column, the same bytes for any pandas backend and byte order."""
    if column.dtype.kind in "iub":
        return column.to_numpy().astype("<i8").tobytes()
    if column.dtype.kind == "f":
        return column.to_numpy().astype("<f8").tobytes()
    return "\x1f".join("" if value is None or value != value else str(value) for value in column.tolist()).encode()
