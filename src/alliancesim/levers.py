"""What an animator can do: every lever with its rule, calendar, costs and options (SPEC section 3, Levers).

Costs are assumptions of French orders of magnitude: a post of animator costs 50-60 kEUR a year, all charges included
(about 210 working days, hence 0.26 kEUR a day), a public event of 30 attendees 2-10 kEUR with room, catering and
preparation. They are priors: ``low`` and ``high`` bound them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An option of a lever: default, hard limits (numbers) and meaning."""

    default: Any
    doc: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Lever:
    """One lever of an animator.

    Attributes
    ----------
    per_year : float
        Default occurrences a year; 0 for a lever that stands from its first month to its last.
    cost_keur, cost_days : float
        Cost of one occurrence (of one year for a standing lever), kEUR and person-days of the animator and its host.
    low_keur, high_keur : float
        Prior range of ``cost_keur``.
    phase : str
        Phase in which it acts.
    """

    name: str
    doc: str
    phase: str
    per_year: float
    cost_keur: float
    low_keur: float
    high_keur: float
    cost_days: float
    source: str
    options: dict[str, Option]


AS_ANIMATOR = "animator"
"""Targeting of a lever that invites as its animator does."""
_TARGETING = Option(
    AS_ANIMATOR,
    "whom it invites: as its animator does (animator), random, core (best connected), periphery (never engaged) or deprived "
    "(deprived cells)",
)

# fmt: off
LEVERS: tuple[Lever, ...] = (
    Lever("event", "awareness event: attendees hear of alliances, one testimony each", "raise_awareness", 10.0,
          5.0, 2.0, 10.0, 10.0, "SOURCE N40", {"size": Option(0, "attendees (0: rules.attendees)", "organisations", 0, 100_000)}),
    Lever("matchmaking", "event whose attendees then meet at tables of complementary organisations", "meet", 10.0,
          6.0, 3.0, 12.0, 12.0, "SOURCE M34", {"size": Option(0, "attendees (0: rules.attendees)", "organisations", 0, 100_000)}),
    Lever("diagnosis", "shared diagnosis of a perimeter by interviews: later forums weigh shared needs, alliances become known",
          "convene", 1.0, 30.0, 15.0, 60.0, 60.0, "SOURCE N25, M38, M42",
          {"coproduced": Option(False, "whether the interviewed own it (M42)"),
           "interviews": Option(0, "interviewed (0: rules.interviews)", "organisations", 0, 100_000)}),
    Lever("forum", "forum of a perimeter, with or without plenary", "convene", 2.0, 6.0, 3.0, 15.0, 20.0, "SPEC section 4, SOURCE N44",
          {"plenary": Option(False, "whether a plenary of commitments precedes thematic groups"),
           "two_phase": Option(False, "civil society alone first, collectivities join for the last two meetings (M41)"),
           "alone": Option(0, "meetings of civil society alone before collectivities join (two_phase: all but the last two)", "meetings", 0, 60),
           "inhabitants": Option(False, "whether inhabitants have seats (an extension)"),
           "standing": Option(False, "whether the same organisations meet again, with memory of trust and themes (an extension)"),
           "seats": Option(142, "persons invited to a plenary (N44)", "persons", 2, 100_000),
           "size": Option(0, "organisations invited without plenary (0: rules.forum_size)", "organisations", 0, 30),
           "meetings": Option(0, "meetings at most (0: rules.r_max)", "meetings", 0, 60),
           "actions": Option(0, "actions sought by each group (0: rules.actions_per_forum)", "actions", 0, 10),
           "transversal": Option(False, "whether groups seek one further action across them"),
           "themes": Option(0, "themes of a plenary (0: all domains)", "themes", 0, 20),
           "targeting": _TARGETING}),
    Lever("accompany_organisation", "accompaniment of an organisation: structuration grows", "learn", 20.0, 1.5, 0.5, 4.0, 6.0,
          "SOURCE N11", {"targeting": _TARGETING}),
    Lever("accompany_alliance", "accompaniment of new alliances of the address book: fewer failures, longer, fairer", "execute",
          20.0, 3.0, 1.0, 6.0, 12.0, "SOURCE N40, M17", {}),
    Lever("mediators", "local mediators in deprived cells: institutional distance vanishes for pairs they introduce", "meet", 0.0,
          30.0, 15.0, 50.0, 200.0, "SOURCE M57",
          {"count": Option(3, "mediators, drawn from organisations of the most deprived cells", "organisations", 1, 10_000)}),
    Lever("fund", "flexible fund: tickets to experiments of associations below a budget", "execute", 0.0, 20.0, 10.0, 60.0, 60.0,
          "SOURCE M43, M44",
          {"outside_keur": Option(50.0, "money from outside the territory", "kEUR a year", 0, 1e6),
           "ceiling": Option(0.0, "largest budget of an alliance it helps (0: slack of a small employer)", "reference slack", 0, 1e6)}),
    Lever("purchasing", "public purchasing: collectivities spend a share of their cash on joint offers (depth 3)", "execute", 0.0,
          5.0, 2.0, 20.0, 20.0, "SOURCE M77", {}),
    Lever("bank", "bank of experiments: testimonies reach the whole territory", "raise_awareness", 0.0, 15.0, 5.0, 40.0, 40.0,
          "SOURCE M78", {}),
    Lever("evaluation", "evaluation: successes teach structuration faster", "learn", 0.0, 15.0, 5.0, 40.0, 40.0, "SOURCE M78", {}),
    Lever("adaptive", "adaptive calendar: the mix follows what is known (identified), each January", "renew_means", 0.0, 2.0, 0.0,
          10.0, 5.0, "SPEC section 3",
          {"threshold": Option(0.05, "identified share of engaged organisations below which awareness comes first", "share", 0.0, 1.0)}),
)
# fmt: on
BY_NAME = {lever.name: lever for lever in LEVERS}
LEVER_NAMES = tuple(lever.name for lever in LEVERS)

HOSTS = ("association", "firm", "collectivity", "collective")
"""Spheres that may host an animator; a collective of actors mandates it (SOURCE M32)."""

SOURCES = ("public", "foundation", "members")
TARGETS = ("random", "core", "periphery", "deprived")
