"""The data tables of the model: spheres, capabilities, kinds of organisations, domains, objectives.

Everything here is data that rules read through arrays; no rule reads a name. Sources: SPEC section 2 (kinds, densities,
slacks), SOURCE section 6 (densities), SOURCE annexes (types of partnership and objectives).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPHERES = ("association", "firm", "collectivity")
ASSOCIATION, FIRM, COLLECTIVITY = range(3)

CAPABILITIES = ("money", "industry", "proximity", "people", "legitimacy", "invention")
"""The six capabilities: money; industry and management; field proximity; people; legitimacy and land; social invention."""

STAGES = ("naive", "willing", "engaged")
NAIVE, WILLING, ENGAGED = range(3)

ALLIANCE_STAGES = ("dialogue", "experiment", "deployed", "ended")
DIALOGUE, EXPERIMENT, DEPLOYED, ENDED = range(4)

ORIGINS = ("encounter", "event", "forum", "earlier")
"""Where an alliance comes from; "earlier" is one that a history placed at the first month."""

FORUM_OUTCOMES = (
    "launched",
    "infeasible",
    "no_agreement",
    "lost",
    "no_leader",
    "contest_failed",
    "purse_failed",
)

DEPTHS = ("mecenat", "responsible_practices", "economic_cooperation", "societal_innovation")

OBJECTIVES = ("human_resources", "stakeholders", "economic", "innovation")
OBJECTIVE_BENEFITS = np.array(
    [
        [0.35, 0.45, 0.10, 0.10],
        [0.35, 0.50, 0.25, 0.15],
        [0.20, 0.30, 0.75, 0.25],
        [0.20, 0.35, 0.35, 0.85],
    ]
)
"""B[depth - 1, objective]: what a depth brings to each objective (assumption; rows sum to 1, 1.25, 1.5, 1.75)."""

DOMAINS = ("employment", "education", "housing", "health", "environment")
"""The five default need domains (SOURCE N24); a scenario may name others."""

LEVELS = ("zone", "commune", "epci", "department", "region")
"""Levels at which one convenes: a zone by radius, or an administrative level."""

EXTENTS = {
    "employment": "department",
    "education": "commune",
    "housing": "epci",
    "health": "department",
    "environment": "region",
}
"""Level at which each default domain is best worked on (assumption, after who is in charge of it in France: schools the
commune, housing programmes the EPCI, social and health action the department, air and biodiversity the region)."""

FORMS = (
    "association-firm",
    "association-collectivity",
    "firm-collectivity",
    "associations",
    "firms",
    "collectivities",
    "three spheres",
)
"""Form of an alliance by the spheres of its members; the four types name association-firm partnerships only."""


@dataclass(frozen=True)
class Kind:
    """One kind of organisation (a row of SPEC section 2's table).

    Attributes
    ----------
    density : float
        Organisations per 1,000 inhabitants, France; 0 for those that exist by data (collectivities).
    cash, time : float
        Slack a year relative to the others, before normalisation by the national mean.
    discretion : float
        Share of its cash that an establishment may decide on locally.
    cap : int
        Alliances that it can carry at a time.
    structuration : float
        Factor on the territory's mean structuration.
    capabilities : tuple of str
        Typical capabilities.
    institutional : bool
        On the side of institutions for the institutional distance zeta.
    neutrality : float
        Probability to be accepted as carrier of a contested lead (0: never).
    reference_population : float
        For collectivities: inhabitants at which cash, time and cap are those of the table.
    national_density : float
        Per 1,000 inhabitants in the national mix that normalises slack.
    closing : float
        Share that closes a year, where organisations do (assumption, of the order of French statistics of firms and
        associations; collectivities stay).
    """

    name: str
    label: str
    sphere: int
    density: float
    cash: float
    time: float
    cap: int
    structuration: float
    capabilities: tuple[str, ...]
    discretion: float = 1.0
    institutional: bool = False
    neutrality: float = 0.0
    reference_population: float = 0.0
    national_density: float = 0.0
    closing: float = 0.0
    source: str = "assumption"


_A, _F, _C = ASSOCIATION, FIRM, COLLECTIVITY
_INHABITANTS = 66_140.3  # thousands, metropolitan France in the shipped communes table

# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("volunteer", "volunteer association", _A, 17.6, 0.15, 0.5, 1, 0.85, ("proximity", "people"),
         national_density=17.6, closing=0.04, source="data"),
    Kind("small_employer", "association, 1-9 staff", _A, 2.0, 1.0, 1.5, 3, 1.1,
         ("proximity", "people", "invention"), national_density=2.0, closing=0.05, source="data"),
    Kind("large_employer", "association, 10+ staff", _A, 0.45, 4.0, 5.0, 8, 1.3,
         ("proximity", "people", "invention", "industry"), institutional=True, national_density=0.45, closing=0.02, source="data"),
    Kind("federation", "federation or network", _A, 0.02, 2.0, 4.0, 8, 1.4, ("people", "invention"),
         national_density=0.02, closing=0.01),
    Kind("foundation", "foundation", _A, 0.03, 8.0, 2.0, 5, 1.4, ("money",), neutrality=0.6, national_density=0.03, closing=0.01),
    Kind("tpe", "TPE", _F, 54.7, 0.25, 0.3, 1, 0.9, ("industry",), national_density=54.7, closing=0.1, source="data"),
    Kind("pme", "PME", _F, 2.1, 1.5, 1.0, 2, 1.1, ("money", "industry"), national_density=2.1, closing=0.05, source="data"),
    Kind("eti", "ETI establishment", _F, 1.0, 5.0, 2.0, 5, 1.3, ("money", "industry"), institutional=True,
         national_density=1.0, closing=0.03),
    Kind("ge", "GE establishment", _F, 0.4, 30.0, 3.0, 20, 1.3, ("money", "industry"), discretion=0.1,
         institutional=True, national_density=0.4, closing=0.02),
    Kind("firms_network", "firms' network", _F, 0.02, 1.0, 4.0, 8, 1.4, ("industry", "legitimacy"), neutrality=0.4,
         national_density=0.02, closing=0.02),
    Kind("commune", "commune", _C, 0.0, 1.0, 1.0, 5, 1.1, ("money", "legitimacy"), institutional=True,
         reference_population=1_890.0, national_density=34_732 / _INHABITANTS, source="data"),
    Kind("epci", "EPCI", _C, 0.0, 3.0, 3.0, 15, 1.2, ("money", "legitimacy"), institutional=True,
         reference_population=52_500.0, national_density=1_250 / _INHABITANTS, source="data"),
    Kind("department", "department", _C, 0.0, 40.0, 4.0, 20, 1.3, ("money", "legitimacy"), discretion=0.1,
         institutional=True, reference_population=683_000.0, national_density=96 / _INHABITANTS, source="data"),
    Kind("region", "region", _C, 0.0, 40.0, 4.0, 20, 1.4, ("money", "legitimacy"), discretion=0.1,
         institutional=True, reference_population=5_050_000.0, national_density=13 / _INHABITANTS, source="data"),
    Kind("state_service", "State service", _C, 3 / 683.0, 2.0, 2.0, 10, 1.4, ("legitimacy",), institutional=True,
         neutrality=0.9, national_density=3 * 96 / _INHABITANTS),
    Kind("public_agency", "public agency", _C, 0.02, 2.0, 3.0, 8, 1.4, ("legitimacy", "industry"),
         institutional=True, neutrality=0.5, national_density=0.02),
)
# fmt: on
KIND_INDEX = {kind.name: index for index, kind in enumerate(KINDS)}
KIND_NAMES = tuple(kind.name for kind in KINDS)
KIND_SPHERE = np.array([kind.sphere for kind in KINDS], dtype=np.int8)


def national_mean(column: str) -> float:
    """Mean of a column of the kinds table over the national mix of organisations.

    Parameters
    ----------
    column : {"cash", "time", "cap"}
        ``cash`` counts the share that is decided on locally.
    """
    weights = np.array([kind.national_density for kind in KINDS])
    values = np.array([getattr(kind, column) * (kind.discretion if column == "cash" else 1.0) for kind in KINDS])
    return float((weights * values).sum() / weights.sum())


MEAN_CASH = national_mean("cash")
MEAN_TIME = national_mean("time")
MEAN_CAP = national_mean("cap")
