"""What a report says of an experiment, as facts without a language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.report.vocabulary import OBSERVABLES

if TYPE_CHECKING:
    from alliancesim.comparison import Comparison
    from alliancesim.experiments.opened import ExperimentResult
    from alliancesim.scenario import Scenario

LEAST_UNITS = 5
"""Organisations that a group must have to be told."""
SURE = 0.9
"""Probability to be the best on average from which a scenario is said to come first."""


@dataclass(frozen=True)
class Difference:
    """One observable of a scenario against the reference, replicate by replicate.

    Attributes
    ----------
    observable : str
    n : int
        Pairs of replicates.
    home, mean, difference, low, high : float
        Means, their difference and its 95 % interval, in the observable's unit (shares 0-1).
    higher, lower : int
        Replicates in which it is higher, lower.
    clear : bool
        Whether the interval excludes 0.
    """

    observable: str
    n: int
    home: float
    mean: float
    difference: float
    low: float
    high: float
    higher: int
    lower: int
    clear: bool


@dataclass(frozen=True)
class Cost:
    """Extra money of a scenario, k€, and what each further lasting alliance costs where there is a clear gain (else NaN).

    ``extra`` counts working days at ``DAY_KEUR``; ``levers`` is what was spent on levers alone; ``clear`` says whether the gain
    (or loss) of lasting alliances is.
    """

    extra: float
    levers: float
    gain: float
    cost: float
    low: float
    high: float
    clear: bool


@dataclass(frozen=True)
class Group:
    """Net change of the share of a group of organisations that was ever engaged (0-1), with its interval."""

    name: str
    units: float
    change: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Source:
    """Money of a scenario from one origin, k€ of each year."""

    kind: str
    years: tuple[float, ...]


@dataclass(frozen=True)
class Dose:
    """A lever of a scenario: occurrences a year (0: it stands), first and last month (None: to the end)."""

    lever: str
    per_year: float
    start: int
    end: int | None
    animator: str
    keur: float
    days: float


@dataclass(frozen=True)
class Place:
    """Whether scenarios are of one place.

    Attributes
    ----------
    count : int
        Territories among the scenarios.
    shared : bool
        Whether replicate k of all scenarios has the same territory: gains can be told by organisation.
    fixed : bool
        Whether all replicates have it too: gains can be shown on a map.
    """

    count: int
    shared: bool
    fixed: bool


def differences(comparison: Comparison, point: int) -> list[Difference]:
    """Differences of one scenario, in the order of the words; what was not measured is left out."""
    table = comparison.table(list(OBSERVABLES))
    return [
        Difference(
            row.observable, int(row.n), row.mean_reference, row.mean, row.difference, row.low, row.high,
            round(row.share_higher * row.n), round(row.share_lower * row.n), bool(row.clear),
        )
        for row in table[(table["point"] == point) & (table["n"] > 0)].itertuples(index=False)
    ]  # fmt: skip


def costs(comparison: Comparison) -> dict[int, Cost]:
    """Cost of each scenario but the reference; none where spending by lever was not kept."""
    runs = comparison.result.runs
    if "lasting_alliances" not in runs or not any(name.startswith("days_") for name in runs):
        return {}
    priced = comparison.cost(costs={"day_keur": DAY_KEUR})
    alone = comparison.cost()
    return {
        int(row.point): Cost(
            row.extra_keur, float(levers), row.extra_outcome, row.cost, row.cost_low, row.cost_high,
            bool(row.outcome_low > 0 or row.outcome_high < 0),
        )
        for row, levers in zip(priced.itertuples(index=False), alone["extra_keur"], strict=True)
    }  # fmt: skip


def place(result: ExperimentResult, scenarios: list[Scenario]) -> Place:
    """Whether scenarios are of one place, by what they say."""
    territories = {repr(one.territory) for one in scenarios}
    number = {float(one.rules.r_org) for one in scenarios}
    drawn = any(one.territory.kind == "synthetic" and one.territory.seed is None for one in scenarios)
    one = len(territories) == 1 and len(number) == 1
    shared = one and (not drawn or result.experiment.common_random_numbers)
    return Place(len(territories), shared, shared and not drawn)


def kinds(comparison: Comparison, point: int) -> list[Group]:
    """Kinds of organisations, the least change first; small groups are left out."""
    return _groups(comparison.attribution(point, "kind"))


def thirds(comparison: Comparison, point: int) -> list[Group]:
    """Organisations by the deprived share of their square (thirds of inhabitants); none where all squares are alike."""
    found = _groups(comparison.attribution(point, "deprived"))
    return found if len(found) > 1 else []


def _groups(table: Any) -> list[Group]:
    table = table[table["units"] >= LEAST_UNITS].sort_values(["change", "group"], kind="stable")
    return [Group(str(r.group), r.units, r.change, r.low, r.high) for r in table.itertuples(index=False)]


def doses(scenario: Scenario) -> list[Dose]:
    """Levers of a scenario, animator after animator."""
    from alliancesim.levers import BY_NAME

    found = []
    for name, animator in scenario.animation.animators.items():
        for lever in animator.levers.values():
            known = BY_NAME[lever.lever or ""]
            rate = (
                0.0 if known.per_year == 0 else float(lever.per_year if lever.per_year is not None else known.per_year)
            )
            keur = known.cost_keur if lever.cost_keur is None else lever.cost_keur
            days = known.cost_days if lever.cost_days is None else lever.cost_days
            if known.per_year == 0 or rate > 0:
                found.append(Dose(known.name, rate, lever.start, lever.end, name, float(keur), float(days)))
    return found


def money(scenario: Scenario) -> list[Source]:
    """Money of a scenario by origin, year after year, as animators receive it."""
    years = max(1, math.ceil(scenario.months / 12))
    found: dict[str, list[float]] = {}
    for animator in scenario.animation.animators.values():
        for source in animator.sources.values():
            for month in range(1, scenario.months + 1):
                amount = source.keur(month)
                if amount > 0:
                    found.setdefault(source.kind, [0.0] * years)[(month - 1) // 12] += amount
    return [Source(kind, tuple(amounts)) for kind, amounts in found.items()]


def unpaid(result: ExperimentResult, point: int) -> float:
    """Mean number of occurrences of levers that the purse did not allow."""
    runs = result.runs
    return float(runs.loc[runs["point"] == point, "levers_unpaid"].mean()) if "levers_unpaid" in runs else 0.0


def other_changes(scenario: Scenario, home: Scenario) -> list[tuple[str, Any, Any]]:
    """Keys of the scenario, but levers, means and seeds, that differ from the reference: key, value, the reference's."""
    from alliancesim.scenario.schema import RESOURCE_LEVELS
    from alliancesim.scenario.text import leaves

    mine, theirs = leaves(scenario.to_dict()), leaves(home.to_dict())
    skipped = ("animation.", "seed", "resources", "references", "territory.name")
    for key in ("rules.r_fin", "rules.r_hum"):  # said by the word for the means, if it says all
        if mine.get(key) == RESOURCE_LEVELS.get(scenario.resources):
            mine.pop(key), theirs.pop(key)
    return [
        (key, mine.get(key), theirs.get(key))
        for key in dict.fromkeys([*mine, *theirs])
        if not key.startswith(skipped) and mine.get(key) != theirs.get(key)
    ]


def months_that_last(scenario: Scenario) -> int:
    """First months whose alliances can have lived a term by the end of the run."""
    return max(0, scenario.months - int(scenario.rules.term) + 1)
