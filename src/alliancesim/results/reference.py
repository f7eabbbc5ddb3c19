"""Numbers of the source beside those of a run: a case's own, and the survey of engaged shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from alliancesim.results.result import Result

SURVEY = (
    ("large firms (GE, enterprises)", "engaged_share_ge_enterprises", 0.60),
    ("associations", "engaged_share_association", 0.46),
    ("PME", "engaged_share_pme", 0.36),
    ("TPE", "engaged_share_tpe", 0.20),
)
"""Engaged in a partnership, survey of 2013 (SOURCE N06): what, column of the time series, share."""


def _since(result: Result) -> pd.DataFrame:
    """Months after running in."""
    months = result.timeseries
    return months[~months["burn_in"]]


def _new(result: Result) -> pd.DataFrame:
    """Reported alliances begun after running in."""
    alliances = result.alliances
    return alliances[alliances["reported"] & (alliances["start_month"] >= 1)]


def _of_animators(result: Result) -> pd.DataFrame:
    """Reported alliances born of an animator's event or forum."""
    alliances = result.alliances
    born = alliances["reported"] & (alliances["animator"].astype(str) != "")
    return alliances[born & alliances["origin"].isin(["event", "forum"])]


def _forums(result: Result) -> pd.DataFrame:
    """Forums of animators on the place."""
    forums = result.forums
    return forums[forums["reported"] & (forums["animator"].astype(str) != "")]


def _members(result: Result, alliances: pd.DataFrame) -> pd.DataFrame:
    """A row each member of some alliances: columns ``alliance``, ``perimeter``, and those of the organisation."""
    wide = alliances[["alliance", "perimeter", "member_list"]].explode("member_list").dropna()
    wide["member_list"] = wide["member_list"].astype("int64")
    return wide.merge(result.organisations, left_on="member_list", right_on="organisation")


def _both(result: Result, first: tuple[str, str], second: tuple[str, str]) -> pd.DataFrame:
    """Members of new alliances that have a member of each of two classes, given as (column, word)."""
    rows = _members(result, _new(result))
    for column, word in (first, second):
        mine = rows.loc[rows[column].astype(str) == word, "alliance"]
        rows = rows[rows["alliance"].isin(mine)]
    return rows


def _ge_in_several_places(result: Result) -> float:
    rows = _both(result, ("kind", "ge"), ("sphere", "association"))
    ge = rows[(rows["kind"].astype(str) == "ge") & (rows["enterprise"] >= 0)]
    return float((ge.groupby("enterprise")["perimeter"].nunique() >= 2).sum()) if len(ge) else 0.0


def _deprived(result: Result) -> float:
    rows = _members(result, _of_animators(result))
    share = result.territory.set_index("cell")["deprived_share"]
    return float(rows.loc[rows["cell"].map(share) >= DEPRIVED_FROM, "alliance"].nunique())


def _led_by_associations(result: Result) -> float:
    born = _of_animators(result)
    sphere = result.organisations.set_index("organisation")["sphere"].astype(str)
    return float((born["leader"].map(sphere) == "association").sum())


def _firms_share(result: Result) -> float:
    new = _new(result)
    rows = _members(result, new[new["members"] >= 3])
    return float((rows["sphere"].astype(str) == "firm").mean()) if len(rows) else math.nan


def _firms_engaged(result: Result) -> float:
    people = result.organisations
    firms = people[people["reported"] & (people["sphere"].astype(str) == "firm")]
    weight = float(firms["weight"].sum())
    return float(firms.loc[firms["stage"].astype(str) == "engaged", "weight"].sum()) / weight if weight else math.nan


def _spin_offs(result: Result) -> float:
    if not result.scenario.rules.demography:
        return math.nan
    return 12.0 * float(_since(result)["spin_offs"].mean())


def _form(form: str) -> Callable[[Result], float]:
    return lambda result: float((_new(result)["form"].astype(str) == form).sum())


def _within_sphere(form: str) -> Callable[[Result], float]:
    """From forums only: elsewhere it is what is left where a member of another sphere closed."""

    def count(result: Result) -> float:
        new = _new(result)
        return float(((new["form"].astype(str) == form) & (new["origin"].astype(str) == "forum")).sum())

    return count


def _total(column: str) -> Callable[[Result], float]:
    return lambda result: float(_since(result)[column].sum())


DEPRIVED_FROM = 0.2
"""Deprived share of a cell from which an alliance of its organisations counts as one of a deprived district."""

_OF_CASES: dict[str, Callable[[Result], float]] = {
    "forums_held": lambda result: float(len(_forums(result))),
    "forum_participations": lambda result: float(_forums(result)["participants"].sum()),
    "forums_launched": lambda result: float((_forums(result)["outcome"].astype(str) == "launched").sum()),
    "forums_carried": lambda result: float(_forums(result)["carried"].sum()),
    "standing_sessions": lambda result: float((_forums(result)["session"] > 0).sum()),
    "interviewed": _total("interviewed"),
    "organisations_accompanied": _total("organisations_accompanied"),
    "tickets_keur": _total("tickets_keur"),
    "partnerships_led_by_associations": _led_by_associations,
    "partnerships_deprived": _deprived,
    "partnership_members": lambda result: float(_of_animators(result)["members"].mean()),
    "alliances_three_spheres": _form("three spheres"),
    "alliances_associations": _within_sphere("associations"),
    "alliances_firms": _within_sphere("firms"),
    "alliances_association_collectivity": _form("association-collectivity"),
    "alliances_ge_association": lambda result: float(
        _both(result, ("kind", "ge"), ("sphere", "association"))["alliance"].nunique()
    ),
    "firms_share_of_multi": _firms_share,
    "ge_in_several_places": _ge_in_several_places,
    "firms_engaged_share": _firms_engaged,
    "alliances_repeating": lambda result: float((_new(result)["repeats"] >= 0).sum()),
    "spin_offs_a_year": _spin_offs,
}
"""How the observables of cases are computed; definitions stand in ``scenario.case.REFERENCE_OBSERVABLES``."""


def observable(result: Result, name: str) -> float:
    """Value in a run of what a case compares with its source (``scenario.case.REFERENCE_OBSERVABLES``).

    Returns
    -------
    float
        NaN where the run has nothing of the kind (no plenary yet).

    Raises
    ------
    KeyError
        For a word that is not defined.
    """
    if name in _OF_CASES:
        return _OF_CASES[name](result)
    organisations, alliances, forums = result.organisations, result.alliances, result.forums
    months = result.timeseries
    months = months[~months["burn_in"]]
    seen = organisations[organisations["reported"] & organisations["involved"]]
    attended, committed = float(months["plenary_attended"].sum()), float(months["plenary_committed"].sum())
    born = alliances[alliances["reported"] & (alliances["animator"].astype(str) != "")]
    born = born[born["origin"].isin(["event", "forum"])]
    if name in ("firms_involved", "associations_involved"):
        return float(seen.loc[seen["sphere"] == name.removesuffix("s_involved"), "weight"].sum())
    if name == "partnerships_created":
        return float(len(born))
    if name == "partnerships_accompanied":
        return float((alliances["accompanied"] & alliances["reported"]).sum())
    if name == "partnerships_per_involved":
        involved = float(seen["weight"].sum())
        return len(born) / involved if involved > 0 else math.nan
    if name == "plenary_committed":
        return committed if attended > 0 else math.nan
    if name == "plenary_committed_share":
        return committed / attended if attended > 0 else math.nan
    if name == "projects_agreed":
        plenary = forums["plenary"] >= 0
        return float(forums.loc[plenary, "actions"].sum()) if plenary.any() else math.nan
    raise KeyError(name)


def references(result: Result) -> pd.DataFrame:
    """A row each number of the case's source: name, observable, definition, unit, low, high, source, run."""
    from alliancesim.scenario.case import REFERENCE_OBSERVABLES

    case = result.scenario.case
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "observable": one.observable,
            "definition": REFERENCE_OBSERVABLES[one.observable],
            "unit": one.unit,
            "low": one.low,
            "high": one.high,
            "source": one.source,
            "run": observable(result, one.observable),
        }
        for one in (case.reference if case is not None else ())
    ]
    return pd.DataFrame(rows, columns=["name", "observable", "definition", "unit", "low", "high", "source", "run"])


def short(value: float) -> str:
    """A number in few digits; words where there is none."""
    if value is None or not math.isfinite(value):
        return "none yet"
    if (value == round(value) and abs(value) >= 1) or value == 0:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"


def span(low: float, high: float) -> str:
    """A value of the source, or a range."""
    return short(low) if low == high else f"{short(low)} to {short(high)}"


def shown(result: Result) -> list[tuple[str, float]]:
    """What the run gives of the kind told where the source has no number: definition and value."""
    from alliancesim.scenario.case import REFERENCE_OBSERVABLES

    case = result.scenario.case
    return [
        (REFERENCE_OBSERVABLES[name], observable(result, name)) for name in (case.shows if case is not None else ())
    ]


def reference_lines(result: Result) -> list[str]:
    """What a case's source reports, its numbers beside the run's, and what cannot be compared: one short block."""
    case = result.scenario.case
    if case is None:
        return []
    other = shown(result)
    return [
        f"the source reports: {one_line(case.tells)}",
        *(
            f"{row['name']}: source {span(row['low'], row['high'])}, this run {short(row['run'])} "
            f"({row['unit']}; {row['source']})"
            for _, row in references(result).iterrows()
        ),
        *(["no number in the source, this run: " + "; ".join(f"{w} {short(v)}" for w, v in other)] if other else []),
        f"cannot be compared: {one_line(case.cannot)}",
    ]


def one_line(text: str) -> str:
    """A text of a preset without its line breaks."""
    return " ".join(text.split())
