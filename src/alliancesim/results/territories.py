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
    people = result.organisations
    home = cells.set_index("cell")["territory"]
    people = people[people["reported"]].assign(territory=lambda frame: frame["cell"].map(home))
    rules, months = result.scenario.rules, int(result.timeseries["month"].max())
    trend = (1.0 + float(rules.s_n)) ** max(0, (months - 1) // 12)
    member = alliance_territories(result, people)
    rows = []
    for code, part in cells.groupby("territory", sort=True):
        inhabitants = part["population"].to_numpy(dtype=float)
        would = sum(
            (inhabitants * part[f"need_start_{d}"].to_numpy(dtype=float)).sum() * trend
            for d in result.scenario.territory.domains
        )
        left = sum(
            (inhabitants * part[f"need_{d}"].to_numpy(dtype=float)).sum() for d in result.scenario.territory.domains
        )
        mine = people[people["territory"] == code]
        weight = mine["weight"].to_numpy(dtype=float)
        stage = mine["stage"].astype(str).to_numpy()
        here = member[member["territory"] == code]
        alive, born = here[here["end_month"].isna()], here[here["start_month"] >= 1]
        rows.append(
            {
                "territory": code,
                "name": _name(part),
                "department": str(part["department"].iloc[0]),
                "inhabitants": int(inhabitants.sum()),
                "deprived_share": float((inhabitants * part["deprived_share"]).sum() / max(1.0, inhabitants.sum())),
                "organisations": float(weight.sum()),
                "engaged_share": _share(weight, stage == "engaged"),
                "willing_share": _share(weight, stage == "willing"),
                "alliances": len(alive),
                "born": len(born),
                "of_animators": int((born["animator"].astype(str) != "").sum()),
                "repeating": int((born["repeats"] >= 0).sum()),
                "across": float((alive["territories"] > 1).mean()) if len(alive) else np.nan,
                "need_met": max(0.0, 1.0 - left / would) if would > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows).sort_values(["inhabitants", "territory"], ascending=[False, True], ignore_index=True)


def alliance_territories(result: Result, people: pd.DataFrame) -> pd.DataFrame:
    """A row each alliance and territory of the place where it has a member; ``territories`` counts those of the alliance."""
    table = result.alliances
    columns = ["alliance", "start_month", "end_month", "animator", "repeats", "member_list"]
    long = table.loc[table["reported"], columns].explode("member_list").dropna(subset=["member_list"])
    where = people.set_index("organisation")["territory"]
    long["territory"] = long["member_list"].astype(np.int64).map(where)
    long = long.dropna(subset=["territory"]).drop(columns="member_list").drop_duplicates(["alliance", "territory"])
    long["territories"] = long.groupby("alliance")["territory"].transform("size")
    return long


def alive_by_month(result: Result) -> pd.DataFrame:
    """Alliances alive with a member in each territory: a row a month after burn-in, a column a territory (code)."""
    people = result.organisations
    people = people[people["reported"]]
    cells = result.territory[result.territory["reported"]]
    home = pd.Series(territory_of(cells).to_numpy(), index=cells["cell"])
    member = alliance_territories(result, people.assign(territory=people["cell"].map(home)))
    months = result.timeseries["month"].to_numpy()
    months = months[months >= 1]
    columns = {}
    for code in sorted(set(home)):
        mine = member[member["territory"] == code]
        start = mine["start_month"].to_numpy(dtype=float)
        end = mine["end_month"].to_numpy(dtype=float, na_value=np.inf)
        columns[code] = [int(((start <= month) & (end > month)).sum()) for month in months]
    return pd.DataFrame(columns, index=pd.Index(months, name="month"))


def _share(weight: np.ndarray, of: np.ndarray) -> float:
    return float(weight[of].sum() / weight.sum()) if weight.sum() > 0 else np.nan


def _name(part: pd.DataFrame) -> str:
    """Name of a territory: of its EPCI where the tables name it, else of its most populous commune."""
    return str(part["epci_name"].iloc[0]) or str(part.loc[part["population"].idxmax(), "commune_name"])
