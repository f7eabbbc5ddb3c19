"""A small national sample of real places, drawn by a rule that looks at nothing but the packaged table of communes.

Intercommunalities (EPCI) of metropolitan France are put in order of density and cut into three classes that hold a third
of the inhabitants each. In the two less dense ones, EPCI near another region (a commune within ``RADIUS_KM`` of one there)
and others are drawn apart, so that partnerships beyond a region can be measured; in the densest class so few people live near
another region (some 7 % of it) that it is drawn as a whole. From each of these five cells one EPCI is drawn by lot: the least
SHA-256 of its code. EPCI near a land border, or with more people around them than a run of seconds can hold
(``MOST_AROUND``), are not in the lot.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import pandas as pd

from alliancesim.territory.places import communes

RADIUS_KM = 15.0
"""Width of what is simulated around each place; also what counts as near another region or a border."""
CLASSES = ("rural", "middling", "dense")
"""Thirds of the inhabitants by density of their EPCI."""
MOST_AROUND = {"rural": 150_000, "middling": 150_000, "dense": 450_000}
"""Inhabitants of a place and of what lies within ``RADIUS_KM`` of it, at most."""
LOT = "national sample"
_CELLS = ("rural", "rural near", "middling", "middling near", "dense")


@functools.lru_cache(maxsize=1)
def intercommunalities() -> pd.DataFrame:
    """EPCI of metropolitan France with what the rule looks at. Do not write into it.

    Returns
    -------
    DataFrame
        By code: ``name``, ``population``, ``density`` (inhabitants a km2), ``around`` (inhabitants of it and within
        ``RADIUS_KM``), ``near_region``, ``near_border``, ``density_class`` (of ``CLASSES``), ``lot``.
    """
    from scipy.spatial import cKDTree

    table = communes()
    places = table[["x_m", "y_m"]].to_numpy(dtype=float)
    close = cKDTree(places).query_ball_point(places, 1000.0 * RADIUS_KM)
    people, region = table["population"].to_numpy(), table["region"].to_numpy()
    border, hectares, names = (table[name].to_numpy() for name in ("border_m", "area_ha", "epci_name"))
    rows = []
    for code, members in table[table["epci"] != ""].groupby("epci").groups.items():
        inside = np.asarray(members, dtype=np.int64)
        reached = np.unique(np.concatenate([np.asarray(close[row], dtype=np.int64) for row in inside]))
        rows.append(
            {
                "epci": str(code),
                "name": str(names[inside[0]]),
                "population": int(people[inside].sum()),
                "density": float(people[inside].sum() / (hectares[inside].sum() / 100.0)),
                "around": int(people[reached].sum()),
                "near_region": bool((region[reached] != region[inside[0]]).any()),
                "near_border": bool(((border[inside] >= 0) & (border[inside] < 1000.0 * RADIUS_KM)).any()),
                "lot": hashlib.sha256(f"{LOT} {code}".encode()).hexdigest(),
            }
        )
    found = pd.DataFrame(rows).sort_values(["density", "epci"]).set_index("epci")
    below = (found["population"].cumsum() - found["population"]) / found["population"].sum()
    found["density_class"] = [CLASSES[min(2, int(3 * share))] for share in below]
    return found


@functools.lru_cache(maxsize=1)
def national_sample() -> pd.DataFrame:
    """The sample. Do not write into it.

    Returns
    -------
    DataFrame
        By code of the EPCI: the columns of :func:`intercommunalities`, ``weight``, the share of the inhabitants of all EPCI that
        it stands for, ``among`` and ``of``: EPCI in the lot, and in its cell.
    """
    table = intercommunalities()
    near = np.where(table["near_region"] & (table["density_class"] != "dense"), " near", "")
    cell = table["density_class"] + near
    open_to_lot = (table["around"] <= table["density_class"].map(MOST_AROUND)) & ~table["near_border"]
    total = float(table["population"].sum())
    rows = []
    for name in _CELLS:
        here = table[cell == name]
        lot = here[open_to_lot[cell == name]].sort_values("lot")
        weight = float(here["population"].sum()) / total
        rows.append({"epci": lot.index[0], **lot.iloc[0], "weight": weight, "among": len(lot), "of": len(here)})
    return pd.DataFrame(rows).set_index("epci")
