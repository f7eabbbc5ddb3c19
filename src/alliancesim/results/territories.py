"""A run over several territories, territory by territory (SOURCE M54, M64)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from alliancesim.results.result import Result


def territory_of(table: pd.DataFrame) -> pd.Series:
    """Code of the territory of each row: its EPCI, or the commune where it is in none."""
    epci, commune = table["epci"].astype(str), table["commune"].astype(str)
    return epci.where(epci != "", commune)


def by_territory(result: Result) -> pd.DataFrame:
    """A row each territory of the place (EPCI, or commune outside any), at the end of the run.

    Returns
    -------
    DataFrame
        ``territory`` (code), ``name``, ``department``, ``inhabitants``, ``deprived_share``, ``organisations``,
        ``engaged_share``, ``willing_share``, ``alliances`` (alive with a member there), ``born`` (after burn-in, with a member
        there), ``of_animators`` (of these, from an animator's event or forum), ``repeating`` (of these, that repeat a solution
        from elsewhere), ``across`` (share of those alive that also have a member in another territory) and ``need_met``; most
        inhabitants first.
    """
    cells = result.territory[result.territory["reported"]]
    cells = cells.assign(territory=territory_of(cells))
    home, codes = _places(result, cells)
    people = result.columns("organisations", "cell", "weight", "stage")
    place, weight = home[people["cell"].to_numpy()], people["weight"].to_numpy(dtype=float)
    stage = people["stage"].cat.codes.to_numpy()
    heads = _sums(place, weight, len(codes))
    at_stage = {
        name: _sums(place, weight * (stage == number), len(codes))
        for number, name in enumerate(people["stage"].cat.categories)
    }
    alliance, there = _alliance_places(result, place)
    table = result.columns("alliances", "start_month", "end_month", "animator", "repeats")
    alive = table["end_month"].isna().to_numpy()
    born = table["start_month"].to_numpy() >= 1
    from_animator = born & (table["animator"] != "").to_numpy()
    several = np.bincount(alliance, minlength=len(table)) > 1
    counts = {
        "alliances": alive,
        "born": born,
        "of_animators": from_animator,
        "repeating": born & (table["repeats"].to_numpy() >= 0),
        "across": alive & several,
    }
    number = {name: _sums(there, which[alliance].astype(float), len(codes)) for name, which in counts.items()}
    rules, months = result.scenario.rules, int(result.timeseries["month"].max())
    trend = (1.0 + float(rules.s_n)) ** max(0, (months - 1) // 12)
    rows = []
    for at, (code, part) in enumerate(cells.groupby("territory", sort=True)):
        inhabitants = part["population"].to_numpy(dtype=float)
        would = sum(
            (inhabitants * part[f"need_start_{d}"].to_numpy(dtype=float)).sum() * trend
            for d in result.scenario.territory.domains
        )
        left = sum(
            (inhabitants * part[f"need_{d}"].to_numpy(dtype=float)).sum() for d in result.scenario.territory.domains
        )
        rows.append(
            {
                "territory": code,
                "name": _name(part),
                "department": str(part["department"].iloc[0]),
                "inhabitants": int(inhabitants.sum()),
                "deprived_share": float((inhabitants * part["deprived_share"]).sum() / max(1.0, inhabitants.sum())),
                "organisations": float(heads[at]),
                "engaged_share": _share(at_stage["engaged"][at], heads[at]),
                "willing_share": _share(at_stage["willing"][at], heads[at]),
                **{name: int(number[name][at]) for name in ("alliances", "born", "of_animators", "repeating")},
                "across": _share(number["across"][at], number["alliances"][at]),
                "need_met": max(0.0, 1.0 - left / would) if would > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows).sort_values(["inhabitants", "territory"], ascending=[False, True], ignore_index=True)


def alive_by_month(result: Result) -> pd.DataFrame:
    """Alliances alive with a member in each territory: a row a month after burn-in, a column a territory (code)."""
    cells = result.territory[result.territory["reported"]]
    home, codes = _places(result, cells.assign(territory=territory_of(cells)))
    place = home[result.columns("organisations", "cell")["cell"].to_numpy()]
    alliance, there = _alliance_places(result, place)
    months = result.timeseries["month"].to_numpy()
    months = months[months >= 1]
    table = result.columns("alliances", "start_month", "end_month")
    # who began before month 1 is there in month 1, who has not ended leaves after the last; each month adds and takes away
    start = np.clip(table["start_month"].to_numpy(dtype=np.int64), 1, len(months) + 1)[alliance]
    end = table["end_month"].to_numpy(dtype=float, na_value=np.inf)
    end = np.clip(end, 1, len(months) + 1).astype(np.int64)[alliance]
    change = np.zeros((len(months) + 2, len(codes)), dtype=np.int64)
    np.add.at(change, (start, there), 1)
    np.add.at(change, (end, there), -1)
    alive = np.cumsum(change, axis=0)[1 : len(months) + 1]
    return pd.DataFrame(alive, columns=list(codes), index=pd.Index(months, name="month"))


def _places(result: Result, cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Territory of each cell of the run (C,), its position in the sorted codes, -1 where it is not reported; these codes."""
    codes, at = np.unique(cells["territory"].to_numpy(dtype=str), return_inverse=True)
    home = np.full(len(result.arrow("territory")), -1, dtype=np.int32)
    home[cells["cell"].to_numpy()] = at
    return home, codes


def _alliance_places(result: Result, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every alliance and territory of the place where it has a member, once each: rows of alliances, positions of territories."""
    alliance, organisation = result.members()
    there = place[organisation]
    kept = there >= 0
    pairs = np.unique(alliance[kept].astype(np.int64) << 32 | there[kept])
    return pairs >> 32, pairs & 0xFFFFFFFF


def _sums(place: np.ndarray, weights: np.ndarray, number: int) -> np.ndarray:
    """Sum of weights by territory, of those that are in one."""
    seen = place >= 0
    return np.bincount(place[seen], weights=weights[seen], minlength=number)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else np.nan


def _name(part: pd.DataFrame) -> str:
    """Name of a territory: of its EPCI where the tables name it, else of its most populous commune."""
    return str(part["epci_name"].iloc[0]) or str(part.loc[part["population"].idxmax(), "commune_name"])
