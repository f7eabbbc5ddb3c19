"""Documented rules for what no open table gives by commune: deprived districts, needs, densities, civic capacity.

Everything here is synthetic and is named so in ``Territory.synthetic``. The rules read density and the deprived share,
never a label. Their national means over metropolitan France are subtracted, so that needs and factors have national
mean 1. Slopes are assumptions within the ranges that SOURCE section 6 and SPEC section 6 give (ZUS: needs × 1.7–3,
associations × 0.62; firms × 1.23 in rich dense areas; associations × 1.67 in sparse ones).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliancesim.territory.grid import fold, text_key, uniform

SPARSE_DENSITY = 50.0
"""Inhabitants per km² at which a place is half sparse."""
DENSE_DENSITY = 1_500.0
"""Inhabitants per km² at which a place is half dense."""

NATIONAL_DEPRIVED = 0.073
"""Share of inhabitants in deprived districts (SOURCE section 6: 7–7.5 %)."""
NATIONAL_SPARSE = 0.1326
"""Mean of ``sparse`` over the inhabitants of metropolitan France (packaged communes)."""
NATIONAL_DENSE = 0.3608
"""Mean of ``dense`` over the inhabitants of metropolitan France (packaged communes)."""
NATIONAL_RICH = 0.3058
"""Mean of ``dense`` × (1 − deprived share) likewise."""

DEPRIVED_ASSOCIATIONS = 0.62
SPARSE_ASSOCIATIONS = 1.67
DENSE_FIRMS = 1.23

DEPRIVED_FROM = 5_000
"""Communes smaller than this have no deprived district."""
DISTRICT = 4_000
"""Inhabitants of a deprived district, about."""
DEPRIVED_CAP = 0.85
"""Largest deprived share of a part of a real place."""
DEPRIVED_LEVEL = 0.3146
"""Level of a commune's expected deprived share, set so that France has 7.3 %."""


@dataclass(frozen=True)
class NeedSlope:
    """How the need of a domain departs from 1.

    Attributes
    ----------
    deprived : float
        Added where everybody lives in a deprived district.
    sparse : float
        Added in a sparse place (distance to services).
    dense : float
        Added in a dense place.
    """

    deprived: float
    sparse: float
    dense: float


NEED_SLOPES = {
    "employment": NeedSlope(1.8, 0.15, 0.0),
    "education": NeedSlope(1.2, 0.05, 0.0),
    "housing": NeedSlope(1.2, -0.15, 0.25),
    "health": NeedSlope(0.9, 0.30, -0.05),
    "environment": NeedSlope(0.7, 0.05, 0.10),
}
OTHER_DOMAIN = NeedSlope(1.2, 0.0, 0.0)
"""For domains that a scenario names and this table does not know."""


def sparse(density: np.ndarray) -> np.ndarray:
    """How sparse a place is, 0–1, from inhabitants per km²: 1 / (1 + (density / 50)²)."""
    ratio = density / SPARSE_DENSITY
    return 1.0 / (1.0 + ratio * ratio)


def dense(density: np.ndarray) -> np.ndarray:
    """How dense a place is, 0–1, from inhabitants per km²: 1 / (1 + (1500 / density)²)."""
    ratio = density / DENSE_DENSITY
    return ratio * ratio / (1.0 + ratio * ratio)


def needs(density: np.ndarray, deprived: np.ndarray, domains: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Needs by domain, national mean 1.

    Parameters
    ----------
    density : ndarray, shape (n,)
        Inhabitants per km² of the commune around.
    deprived : ndarray, shape (n,)
        Share of inhabitants in deprived districts.
    domains : tuple of str

    Returns
    -------
    dict of ndarray
        ``need_<domain>`` = 1 + slopes × (deprived, sparse, dense − national means), never below 0.1.
    """
    away = (deprived - NATIONAL_DEPRIVED, sparse(density) - NATIONAL_SPARSE, dense(density) - NATIONAL_DENSE)
    out = {}
    for domain in domains:
        slope = NEED_SLOPES.get(domain, OTHER_DOMAIN)
        level = 1.0 + slope.deprived * away[0] + slope.sparse * away[1] + slope.dense * away[2]
        out[f"need_{domain}"] = np.maximum(level, 0.1)
    return out


def association_factor(density: np.ndarray, deprived: np.ndarray) -> np.ndarray:
    """Factor on the density of associations: 1.67 in sparse places, × 0.62 in deprived districts; mean 1."""
    fewer = 1.0 - (1.0 - DEPRIVED_ASSOCIATIONS) * deprived
    ground = (
        1.0 / (1.0 - (1.0 - DEPRIVED_ASSOCIATIONS) * NATIONAL_DEPRIVED) - SPARSE_ASSOCIATIONS * NATIONAL_SPARSE
    ) / (1.0 - NATIONAL_SPARSE)
    return (ground + (SPARSE_ASSOCIATIONS - ground) * sparse(density)) * fewer


def firm_factor(density: np.ndarray, deprived: np.ndarray) -> np.ndarray:
    """Factor on the density of firms: towards 1.23 in dense districts that are not deprived; national mean 1."""
    ground = (1.0 - DENSE_FIRMS * NATIONAL_RICH) / (1.0 - NATIONAL_RICH)
    return ground + (DENSE_FIRMS - ground) * dense(density) * (1.0 - deprived)


def civic_capacity(density: np.ndarray, deprived: np.ndarray) -> np.ndarray:
    """Civic capacity of inhabitants, 0–1: 0.5 on average, higher in sparse places, lower in deprived districts."""
    level = 0.5 + 0.1 * (sparse(density) - NATIONAL_SPARSE) - 0.25 * (deprived - NATIONAL_DEPRIVED)
    return np.clip(level, 0.0, 1.0)


def deprived_people(
    code: str,
    people: int,
    density: float,
    x_km: float,
    y_km: float,
    radius_km: float,
    column: np.ndarray,
    row: np.ndarray,
    inhabitants: np.ndarray,
    cell_km: float,
) -> np.ndarray:
    """People of deprived districts in the parts of one commune.

    From 5,000 inhabitants on, a commune's expected share rises with its density, and a draw keyed by its code makes it
    nothing in 30 % of communes and unequal elsewhere. Its people live in districts of about 4,000, each at a keyed
    place of the commune's disk: so districts stay where they are whatever the cell size or the place asked for. A part
    holds at most 85 %; what does not fit goes to the parts with most room.

    Parameters
    ----------
    code : str
        Code of the commune, the key of all draws.
    people, density : int, float
        Inhabitants of the whole commune, and per km².
    x_km, y_km, radius_km : float
        Its disk.
    column, row, inhabitants : ndarray of int64, shape (n_parts,)
        All parts of the commune.
    cell_km : float

    Returns
    -------
    ndarray of int64, shape (n_parts,)
    """
    out = np.zeros(len(inhabitants), dtype=np.int64)
    if people < DEPRIVED_FROM:
        return out
    key = fold(text_key(code), 1)
    draw = float(uniform(key)[0])
    if draw < 0.3:
        return out
    rank = (draw - 0.3) / 0.7
    half = density / DENSE_DENSITY
    share = min(0.6, DEPRIVED_LEVEL * (0.1 + 0.9 * half / (1.0 + half)) * 3.0 * rank * rank)
    total = int(share * people)
    if total < DISTRICT // 4:
        return out
    room = np.floor(DEPRIVED_CAP * inhabitants).astype(np.int64)
    count = max(1, (total + DISTRICT // 2) // DISTRICT)
    number = np.arange(count)
    u = 2.0 * uniform(fold(key, number, 1)) - 1.0
    v = 2.0 * uniform(fold(key, number, 2)) - 1.0
    # A square of draws pressed into the disk: exact arithmetic on any machine, unlike an angle and its sine.
    far = np.maximum(1.0, np.sqrt(u * u + v * v))
    where_column = np.floor((x_km + 0.9 * radius_km * u / far) / cell_km).astype(np.int64)
    where_row = np.floor((y_km + 0.9 * radius_km * v / far) / cell_km).astype(np.int64)
    size = np.full(count, total // count, dtype=np.int64)
    size[: total - int(size.sum())] += 1
    spill = 0
    for c, r, n in zip(where_column, where_row, size, strict=True):
        here = np.flatnonzero((column == c) & (row == r))
        fits = int(min(n, room[here[0]] - out[here[0]])) if len(here) else 0
        if fits:
            out[here[0]] += fits
        spill += int(n) - fits
    for part in np.argsort(-(room - out), kind="stable"):
        if spill <= 0:
            break
        fits = int(min(spill, room[part] - out[part]))
        out[part] += fits
        spill -= fits
    return out
