"""Twins of a real place: the intercommunalities, or departments, most like it by what open data say (SOURCE N12).

The source names three factors of diversity between territories: how perimeters are articulated, typology, and history.
The packaged communes speak of the first two. Of the third no open table speaks place by place, and none is invented:
twins may differ in it entirely.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliancesim.errors import UserError
from alliancesim.territory import profile
from alliancesim.territory.places import Place, communes, find, foreign_places

AROUND_KM = 30.0
"""Radius within which the people around a place are counted, from the mean position of its inhabitants."""
BORDER_KM = 20.0
"""Distance to the land border at which a commune counts half as a border commune."""


@dataclass(frozen=True)
class Feature:
    """One measure by which places are compared.

    Attributes
    ----------
    name, unit : str
        Column, and its unit.
    family : {"perimeters", "typology"}
        Factor of diversity of the source that it belongs to.
    scale : float
        Gap that counts as one; 0 for ratios, whose logarithms are divided by their spread.
    what : str
        What it says, in words.
    synthetic : bool
        Whether it follows a rule of ``profile`` rather than data.
    """

    name: str
    unit: str
    family: str
    scale: float
    what: str
    synthetic: bool = False


FEATURES = (
    Feature("population", "inhabitants", "perimeters", 0, "size"),
    Feature("communes", "count", "perimeters", 0, "how many communes must agree"),
    Feature("largest_share", "share of inhabitants", "perimeters", 0.25, "weight of the largest commune"),
    Feature("outside_share", "share of inhabitants", "perimeters", 0.25, "people outside of its main department"),
    Feature("epcis", "count", "perimeters", 0, "intercommunalities in a department"),
    Feature("density", "inhabitants/km²", "typology", 0, "density"),
    Feature("dense_share", "share of inhabitants", "typology", 0.25, "people in dense communes"),
    Feature("sparse_share", "share of inhabitants", "typology", 0.25, "people in sparse communes"),
    Feature("around", "inhabitants", "typology", 0, "people within 30 km, across a border too"),
    Feature("border", "0-1", "typology", 0.25, "nearness of the land border"),
    Feature("deprived_share", "share of inhabitants", "typology", 0.1, "people in deprived districts", True),
)
"""What places are compared by; ``epcis`` counts for departments only, ``outside_share`` for intercommunalities only."""

_ONLY = {"epcis": "department", "outside_share": "epci"}
_WORD = {"epci": "intercommunalities", "department": "departments"}


def twins(
    place: str | int | Sequence[str | int], n: int = 5, level: str = "epci", *, synthetic: bool = False
) -> pd.DataFrame:
    """Places most like a real one, nearest first.

    Counts and densities are compared as logarithms and divided by their spread over all places of the level (interquartile
    range / 1.349, a standard deviation that the few largest places do not move). Shares are divided by a quarter (the
    deprived share by a tenth): most places have nearly none of some, so that a spread would make of a few points a chasm.
    The distance is the square root of the mean, over the two families, of the mean squared gap in each: so perimeters and
    typology weigh the same, however many measures speak for each. 0 is the same in all of it; two intercommunalities taken
    at random are about 1 apart, a place and its nearest twin about 0.2 (medians).

    Parameters
    ----------
    place : str, int or sequence of one
        Name or INSEE code, as for ``real``. A commune stands for the place of the level that it lies in.
    n : int
        How many twins, 1 or more.
    level : {"epci", "department"}
        Among which to look; a place that is a department is compared with departments.
    synthetic : bool
        Whether the deprived share counts too. It is a keyed draw, not data: alike in the simulation, not in life.

    Returns
    -------
    DataFrame
        One row a twin: ``name``, ``code``, ``department`` (in words), the columns of ``FEATURES`` that the level has,
        ``distance_perimeters``, ``distance_typology`` (each family alone) and ``distance`` (standard spreads).
        ``attrs["place"]`` has the same columns for the place itself, ``attrs["notes"]`` what the comparison rests on.

    Raises
    ------
    UserError
        Unknown or ambiguous place, a region, several places, a place without intercommunality; n or level out of range.

    Notes
    -----
    History, the third factor of the source (N12), is not compared: no open data give a place's past of cooperation or the
    ages of its structures, and a proxy would pretend to know it.
    """
    if level not in _WORD:
        raise UserError(f"twins, level: found {level!r}, expected epci or department")
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise UserError(f"twins, n: found {n!r}, expected a whole number of 1 or more")
    found = find(place)
    if len(found) != 1:
        raise UserError(f"territory.place: found {len(found)} places, expected one whose twins to look for")
    level, code = _settle(found[0], level)
    table = _table(level)
    me = int(np.flatnonzero((table["code"] == code).to_numpy())[0])
    squares = _squared_gaps(table, me, level, synthetic)
    families = {name: np.sqrt(gap) for name, gap in squares.items()}
    # Rounded before the order is taken, so that the last bits of a logarithm never decide it.
    distance = np.round(np.sqrt(sum(squares.values()) / len(squares)), 4)
    table = table.assign(
        **{f"distance_{name}": np.round(values, 4) for name, values in families.items()}, distance=distance
    )
    order = np.lexsort((table["code"].to_numpy(dtype=str), distance))
    order = order[order != me][: int(n)]
    result = table.iloc[order].reset_index(drop=True)
    # Plain values, so that a copy of the frame can compare what it carries.
    result.attrs["place"] = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in table.iloc[me].items()
    }
    result.attrs["notes"] = _notes(level, len(table), synthetic)
    return result


def _settle(place: Place, level: str) -> tuple[str, str]:
    """The level that is compared, and the code of the place there."""
    if place.level == "department":
        return "department", place.code
    if place.level in ("region", "france"):
        raise UserError(
            f"territory.place: {place.name} is a {place.level}, expected an EPCI, a department or a commune"
        )
    if place.level == level:
        return level, place.code
    rows = communes().iloc[list(place.rows)]
    people = rows.groupby(level, sort=True)["population"].sum()
    code = str(people.index[int(people.to_numpy().argmax())])
    if not code:
        raise UserError(
            f"territory.place: {place.name} belongs to no EPCI, expected a place of one, or level='department'"
        )
    return level, code


@functools.lru_cache(maxsize=2)
def _table(level: str) -> pd.DataFrame:
    """All places of a level with their measures, sorted by code. Do not write into it."""
    given = communes()
    given = given[given[level] != ""]
    codes, group = np.unique(given[level].to_numpy(dtype=str), return_inverse=True)
    size = len(codes)
    people = given["population"].to_numpy().astype(np.float64)
    area = given["area_ha"].to_numpy() / 100.0
    total = np.bincount(group, people, size)

    def mean(values: np.ndarray) -> np.ndarray:
        """Mean over inhabitants."""
        return np.bincount(group, people * values, size) / total

    largest = np.zeros(size)
    np.maximum.at(largest, group, people)
    density = people / area
    border = given["border_m"].to_numpy() / 1000.0
    near = np.where(border >= 0, 1.0 / (1.0 + (border / BORDER_KM) ** 2), 0.0)
    x, y = given["x_m"].to_numpy() / 1000.0, given["y_m"].to_numpy() / 1000.0
    first = given.drop_duplicates(level).set_index(level)
    frame = pd.DataFrame(
        {
            "name": first.loc[codes, f"{level}_name"].to_numpy(),
            "code": codes,
            "department": _departments(given, level, codes),
            "population": total.astype(np.int64),
            "communes": np.bincount(group, minlength=size),
            "largest_share": largest / total,
            "outside_share": 1.0 - _main_department(given, level, codes) / total,
            "epcis": given[given["epci"] != ""].groupby(level)["epci"].nunique().loc[codes].to_numpy(),
            "density": total / np.bincount(group, area, size),
            "dense_share": mean(profile.dense(density)),
            "sparse_share": mean(profile.sparse(density)),
            "around": _around(mean(x), mean(y)),
            "border": mean(near),
            "deprived_share": np.bincount(group, _deprived(given), size) / total,
        }
    )
    return frame.drop(columns=[name for name, only in _ONLY.items() if only != level])


def _people_by_department(given: pd.DataFrame, level: str) -> pd.DataFrame:
    """Inhabitants by place and department, the most peopled department of each place first."""
    table = given[["department", "department_name", "population"]].assign(place=given[level])
    people = table.groupby(["place", "department", "department_name"], sort=True)["population"].sum().reset_index()
    return people.sort_values(["place", "population", "department"], ascending=[True, False, True], kind="stable")


def _departments(given: pd.DataFrame, level: str, codes: np.ndarray) -> np.ndarray:
    people = _people_by_department(given, level)
    words = people["department_name"] + " (" + people["department"] + ")"
    return words.groupby(people["place"], sort=False).agg(", ".join).loc[codes].to_numpy()


def _main_department(given: pd.DataFrame, level: str, codes: np.ndarray) -> np.ndarray:
    people = _people_by_department(given, level).drop_duplicates("place")
    return people.set_index("place")["population"].loc[codes].to_numpy().astype(np.float64)


def _around(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inhabitants of communes and places abroad whose centre is within ``AROUND_KM`` of these points (km)."""
    here, abroad = communes(), foreign_places()
    px = np.concatenate([here["x_m"].to_numpy(), abroad["x_m"].to_numpy()]) / 1000.0
    py = np.concatenate([here["y_m"].to_numpy(), abroad["y_m"].to_numpy()]) / 1000.0
    people = np.concatenate([here["population"].to_numpy(), abroad["population"].to_numpy()]).astype(np.int64)
    order = np.argsort(px, kind="stable")
    px, py, people = px[order], py[order], people[order]
    low, high = np.searchsorted(px, x - AROUND_KM), np.searchsorted(px, x + AROUND_KM)
    out = np.zeros(len(x), dtype=np.int64)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        out[i] = people[a:b][(px[a:b] - x[i]) ** 2 + (py[a:b] - y[i]) ** 2 <= AROUND_KM * AROUND_KM].sum()
    return out


def _deprived(given: pd.DataFrame) -> np.ndarray:
    """People of deprived districts by commune, by the rule that territories use: how many, not where inside of it."""
    people, area = given["population"].to_numpy(), given["area_ha"].to_numpy() / 100.0
    code, nowhere = given["code"].tolist(), np.zeros(1, dtype=np.int64)
    out = np.zeros(len(given))
    for i in np.flatnonzero(people >= profile.DEPRIVED_FROM):
        everyone, density = np.array([people[i]], dtype=np.int64), float(people[i] / area[i])
        out[i] = profile.deprived_people(
            code[i], int(people[i]), density, 0.0, 0.0, 0.0, nowhere, nowhere, everyone, 1.0
        )[0]
    return out


def _squared_gaps(table: pd.DataFrame, me: int, level: str, synthetic: bool) -> dict[str, np.ndarray]:
    """Mean squared gap to one place, in spreads, by family."""
    out: dict[str, list[np.ndarray]] = {"perimeters": [], "typology": []}
    for feature in FEATURES:
        if _ONLY.get(feature.name, level) != level or (feature.synthetic and not synthetic):
            continue
        values = table[feature.name].to_numpy().astype(np.float64)
        values = values if feature.scale else np.log(values)
        gap = (values - values[me]) / (feature.scale or _spread(values))
        out[feature.family].append(gap * gap)
    return {family: np.mean(gaps, axis=0) for family, gaps in out.items()}


def _spread(values: np.ndarray) -> float:
    """Standard deviation that the largest places do not move: interquartile range / 1.349."""
    low, high = np.percentile(values, [25, 75])
    return float(high - low) / 1.349


def _notes(level: str, size: int, synthetic: bool) -> tuple[str, ...]:
    return (
        f"Compared with {size - 1:,} {_WORD[level]} of metropolitan France by perimeters and typology, weighing the same.",
        "History is not compared: no open data by place. Two twins may have different pasts of cooperation.",
        "Inhabitants, areas and perimeters are data; the deprived share follows a rule (synthetic) and "
        + ("counts in the distance." if synthetic else "does not count in the distance."),
        "People around include places abroad: GeoNames (CC-BY 4.0).",
    )


__all__ = ["AROUND_KM", "BORDER_KM", "FEATURES", "Feature", "twins"]
