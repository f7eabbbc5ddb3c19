"""How large a run will be: organisations expected of a territory, and the memory that they take, before any table is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim import catalogue, parameters
from alliancesim.kernels.layout import ALLIANCE, MEMBERSHIP, ORGANISATION, TIE

MB = 1e6
MANY = 200_000
"""Organisations from which memory counts, and building and writing take long enough to be told in a log."""
BASE_BYTES = 350 * MB
"""Of the process: Python, its packages, compiled kernels, figures (measured)."""
COMMUNES_BYTES = 100 * MB
"""Of the packaged communes, while a real place is looked up (measured)."""
CELL_BYTES = 1000
"""Of a cell part, most of it names (measured)."""
OTHER_BYTES = 40
"""Of an organisation in the small columns beside its record: names, slots, place among its neighbours, what it heard."""
PEAK = 1.1
"""Highest memory over that of the tables of organisations and alliances. A state is given up as the tables of its result are
made, so that little stands beside it (measured at 642,000 and 5.65 million organisations after 240 months: 0.9 and 1.05)."""
MEMBERS = 2.5
"""Memberships of an alliance."""
ALLIANCES_PER_ORGANISATION_MONTH = 0.0013
"""Alliances ever, where no town was run to count them (one of the default scenario has so many)."""


@dataclass(frozen=True)
class Population:
    """Organisations expected of a territory.

    Attributes
    ----------
    by_sphere : dict of str to float
    everyone : float
        Organisations that are there.
    simulated : float
        Those of them that are in the sample.
    table_bytes : float
        Of all columns of one simulated organisation, with its ties.
    """

    by_sphere: dict[str, float]
    everyone: float
    simulated: float
    table_bytes: float


def population_of(territory: Any, rules: dict[str, float], sample: float = 1.0) -> Population:
    """Organisations expected from inhabitants and densities; no organisation is drawn.

    Parameters
    ----------
    territory : Territory
    rules : dict of str to float
        Parameters that differ from their defaults.
    sample : float
        Share of organisations simulated.
    """
    p = parameters.record(rules)[0]
    kinds = np.zeros(len(catalogue.KINDS))
    thousands = territory.cells["population"].to_numpy(dtype=float) / 1000.0
    weight = {
        catalogue.ASSOCIATION: float((thousands * territory.cells["density_association"].to_numpy(dtype=float)).sum()),
        catalogue.FIRM: float((thousands * territory.cells["density_firm"].to_numpy(dtype=float)).sum()),
        catalogue.COLLECTIVITY: float(thousands.sum()),
    }
    for index, kind in enumerate(catalogue.KINDS):
        if catalogue.SPHERES[kind.sphere] in territory.generate:
            kinds[index] += kind.density * weight[kind.sphere] * float(p["r_org"])
    names = []
    if "collectivity" in territory.generate:
        names += territory.collectivities["kind"].tolist()
    if territory.organisations is not None:
        names += territory.organisations["kind"].tolist()
    for name in names:
        kinds[catalogue.KIND_INDEX[name]] += 1.0
    everyone = float(kinds.sum())
    cap = np.array([kind.cap for kind in catalogue.KINDS])
    slots = np.where(cap > 1, int(p["tie_slots"]), int(p["tie_slots_one"]))
    slots = np.where(cap >= int(p["large_cap"]), int(p["tie_slots_large"]), slots)
    ties = float((kinds * slots).sum()) / everyone if everyone > 0 else 0.0
    columns = 4 * (len(territory.domains) + len(catalogue.OBJECTIVES))
    return Population(
        by_sphere={
            sphere: float(kinds[s == catalogue.KIND_SPHERE].sum()) for s, sphere in enumerate(catalogue.SPHERES)
        },
        everyone=everyone,
        simulated=everyone * sample,
        table_bytes=ORGANISATION.itemsize + OTHER_BYTES + columns + ties * TIE.itemsize,
    )


def memory_of(territory: Any, population: Population, alliances: float) -> float:
    """Bytes that a run takes at most, the process and its figures included.

    Parameters
    ----------
    territory : Territory
    population : Population
    alliances : float
        Alliances ever founded by the end.
    """
    alliance = ALLIANCE.itemsize + MEMBERS * MEMBERSHIP.itemsize
    left_out = population.everyone - population.simulated  # drawn before the sample is taken
    tables = population.simulated * population.table_bytes + alliances * alliance + left_out * ORGANISATION.itemsize
    place = COMMUNES_BYTES if territory.origin == "real" else 0.0
    return BASE_BYTES + place + len(territory.cells) * CELL_BYTES + PEAK * tables


def rough_alliances(population: Population, months: int) -> float:
    """Alliances ever founded, for those who have not run a town to count them."""
    return ALLIANCES_PER_ORGANISATION_MONTH * population.simulated * min(months, 240)


def too_much(expected: float, available: float | None) -> str | None:
    """One line where memory may not be enough, else None."""
    if available is None or expected <= available:
        return None
    return (
        f"memory: about {size_text(expected)} expected, {size_text(available)} available; a smaller territory or "
        "population.sample below 1 needs less"
    )


def size_text(value: float) -> str:
    """Bytes in words: 3.4 MB, 120 MB, 5.2 GB."""
    unit, word = (1e9, "GB") if value >= 999.5e6 else (1e6, "MB")
    amount = value / unit
    return f"{amount:.1f} {word}" if amount < 10 else f"{amount:,.0f} {word}"
