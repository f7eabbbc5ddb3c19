"""Build the packaged tables of places from two CSV files.

Usage: python tools/build_communes.py communes_france.csv foreign_border_places.csv [folder]

Writes communes.parquet and foreign_places.parquet (zstd) into src/alliancesim/data by default. The same input gives the
same tables. What is done to the input is written in src/alliancesim/data/PROVENANCE.md; keep the two in step.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alliancesim.territory.grid import lambert93

MISPLACED_KM = 9.0
"""A centre farther than this from the bulk of its EPCI, edge to edge, is taken for misplaced."""
FEW = 0.2
"""Communes apart from their EPCI are misplaced if they are fewer than this share of it (or three at most)."""
ENOUGH = 4
"""The communes of one department in an EPCI are looked at by themselves if there are so many."""
ISLANDS = ("Île-", "Hœdic", "Ouessant")
TEXT = {"code": str, "department_code": str, "region_code": str, "epci_code": str}


def misplaced(x: np.ndarray, y: np.ndarray, radius: np.ndarray, group: np.ndarray, islands: np.ndarray) -> np.ndarray:
    """Communes whose centre lies, alone or with few others, far from the bulk of their group (−1: in none)."""
    bad = np.zeros(len(x), dtype=bool)
    for g in np.unique(group[group >= 0]):
        every = np.flatnonzero(group == g)
        if len(every) < 3:
            continue
        gap = np.hypot(x[every, None] - x[every], y[every, None] - y[every]) - radius[every, None] - radius[every]
        near = gap <= MISPLACED_KM
        piece = np.arange(len(every))
        while True:  # the smallest number that reaches each commune names its piece
            lowest = np.where(near, piece[None, :], len(every)).min(axis=1)
            if (lowest == piece).all():
                break
            piece = lowest
        size = np.bincount(piece, minlength=len(every))
        bad[every[(piece != np.argmax(size)) & (size[piece] <= max(3, FEW * len(every)))]] = True
    return bad & ~islands


def place_again(i: int, x: np.ndarray, y: np.ndarray, radius: np.ndarray, others: np.ndarray, peers: np.ndarray):
    """Put commune i into the largest hole that its EPCI's communes leave, near their median."""
    centre = np.median(x[peers]), np.median(y[peers])
    xs = np.arange(x[peers].min() - radius[i], x[peers].max() + radius[i] + 0.5, 0.5)
    ys = np.arange(y[peers].min() - radius[i], y[peers].max() + radius[i] + 0.5, 0.5)
    px, py = (grid.ravel() for grid in np.meshgrid(xs, ys))
    span = max(np.ptp(xs), np.ptp(ys)) + 20.0
    others = others[np.hypot(x[others] - centre[0], y[others] - centre[1]) < span + 20.0]
    hole = np.full(len(px), np.inf)
    for j in others:
        np.minimum(hole, np.hypot(px - x[j], py - y[j]) - radius[j], out=hole)
    touch = np.full(len(px), np.inf)
    for j in peers:
        np.minimum(touch, np.hypot(px - x[j], py - y[j]) - radius[j] - radius[i], out=touch)
    score = np.minimum(hole / radius[i], 1.0) - 0.02 * np.hypot(px - centre[0], py - centre[1])
    score -= 0.2 * np.maximum(touch, 0.0)
    best = int(np.argmax(np.round(score, 6)))
    return px[best], py[best]


def communes(path: Path) -> pd.DataFrame:
    """Table of communes: codes, names, inhabitants, centre in Lambert-93."""
    table = pd.read_csv(path, dtype=TEXT, keep_default_na=True).sort_values("code", ignore_index=True)
    for column in ("epci_code", "epci"):
        table[column] = table[column].fillna("")
    x, y = (value / 1000.0 for value in lambert93(table["lon"].to_numpy(), table["lat"].to_numpy()))
    radius = np.sqrt(table["area_km2"].to_numpy() / np.pi)
    group = pd.factorize(table["epci_code"].where(table["epci_code"] != ""))[0]
    islands = table["name"].str.startswith(ISLANDS).to_numpy()
    bad = misplaced(x, y, radius, group, islands)
    # A large EPCI hides what lies in the wrong department: look again at each department's own part of it.
    local = pd.factorize(table["epci_code"] + table["department_code"])[0]
    large = np.bincount(local)[local] >= ENOUGH
    again = misplaced(x, y, radius, np.where(large & (group >= 0) & ~bad, local, -1), islands)
    bad |= again
    peer_group = {i: np.flatnonzero((local == local[i]) & ~bad) for i in np.flatnonzero(again)}
    border = table["border_km"].to_numpy().copy()
    good = np.flatnonzero(~bad)
    for i in np.flatnonzero(bad):
        peers = peer_group.get(i, np.flatnonzero((group == group[i]) & ~bad))
        x[i], y[i] = place_again(i, x, y, radius, good, peers)
        nearest = good[np.argmin(np.hypot(x[good] - x[i], y[good] - y[i]))]
        border[i] = border[nearest]
    print(f"{bad.sum()} centres placed again: {', '.join(table['name'][bad])}")
    return pd.DataFrame(
        {
            "code": table["code"],
            "name": table["name"],
            "department": table["department_code"],
            "department_name": table["department"],
            "region": table["region_code"],
            "region_name": table["region"],
            "epci": table["epci_code"],
            "epci_name": table["epci"],
            "population": table["population"].astype(np.int32),
            "area_ha": np.rint(table["area_km2"] * 100).astype(np.int32),
            "x_m": np.rint(x * 1000).astype(np.int32),
            "y_m": np.rint(y * 1000).astype(np.int32),
            "border_m": np.where(np.isnan(border), -1, np.rint(np.nan_to_num(border) * 1000)).astype(np.int32),
            "placed_again": bad,
        }
    )


def foreign_places(path: Path) -> pd.DataFrame:
    """Table of places across the border, with a stable code."""
    table = pd.read_csv(path, keep_default_na=False)
    table = table.sort_values(["country", "lon", "lat", "name"], ignore_index=True)
    x, y = lambert93(table["lon"].to_numpy(), table["lat"].to_numpy())
    number = table.groupby("country").cumcount() + 1
    return pd.DataFrame(
        {
            "code": "FOREIGN:" + table["country"] + ":" + number.astype(str).str.zfill(4),
            "name": table["name"],
            "country": table["country"],
            "population": table["population"].astype(np.int32),
            "x_m": np.rint(x).astype(np.int32),
            "y_m": np.rint(y).astype(np.int32),
            "border_m": np.rint(table["border_km"] * 1000).astype(np.int32),
        }
    )


def main(arguments: list[str]) -> int:
    """Build both tables."""
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[2]) if len(arguments) == 3 else Path(__file__).parents[1] / "src" / "alliancesim" / "data"
    for name, table in (
        ("communes", communes(Path(arguments[0]))),
        ("foreign_places", foreign_places(Path(arguments[1]))),
    ):
        target = folder / f"{name}.parquet"
        pq.write_table(
            pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None),
            target,
            compression="zstd",
            compression_level=19,
        )
        print(f"{target.name}: {len(table):,} rows, {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
