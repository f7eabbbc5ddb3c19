"""What a preset says about itself: where its setting comes from, what is assumed, numbers of the source to compare with."""

from __future__ import annotations

from dataclasses import dataclass

from alliancesim.scenario.checks import Checked, key, refuse

REFERENCE_OBSERVABLES = {
    "firms_involved": "reported firms that attended a gathering of the animator or were accompanied",
    "associations_involved": "reported associations that attended a gathering of the animator or were accompanied",
    "partnerships_created": "alliances of reported organisations born of a gathering or a forum of the animator",
    "partnerships_accompanied": "alliances that the animator accompanied",
    "partnerships_per_involved": "alliances born of the animator over organisations involved",
    "plenary_committed_share": "organisations ready to commit over organisations at the plenary",
    "plenary_committed": "organisations ready to commit after the plenary",
    "projects_agreed": "projects launched by the groups of the plenary",
    "forums_held": "forums of animators (a thematic group counts as one)",
    "forum_participations": "participants of animators' forums, summed over forums",
    "forums_launched": "forums of animators that launched an action",
    "forums_carried": "forums of animators whose contested lead a neutral carrier took",
    "standing_sessions": "sessions of standing forums",
    "interviewed": "organisations interviewed for diagnoses, summed over diagnoses",
    "organisations_accompanied": "organisations accompanied, summed over months",
    "tickets_keur": "money that flexible funds gave to experiments",
    "partnerships_led_by_associations": "alliances born of the animator that an association leads",
    "partnerships_deprived": "alliances born of the animator with a member where a fifth of inhabitants or more are deprived",
    "partnership_members": "mean members of alliances born of the animator",
    "alliances_three_spheres": "new alliances of three spheres",
    "alliances_ge_association": "new alliances with a GE establishment and an association",
    "alliances_associations": "new alliances of associations only, from forums",
    "alliances_firms": "new alliances of firms only, from forums",
    "alliances_association_collectivity": "new alliances of associations and collectivities without firm",
    "firms_share_of_multi": "share of firms among members of new alliances of three or more",
    "ge_in_several_places": "GE enterprises newly allied with associations in two EPCIs or more",
    "firms_engaged_share": "share of firms of the place that are engaged at the end",
    "alliances_repeating": "reported alliances begun after running in that repeat a solution from another territory",
    "spin_offs_a_year": "organisations founded by a success, a year (extension demography)",
}
"""What a preset may compare with the source: word to definition. *New*: reported, begun after running in."""


@dataclass(frozen=True)
class ReferenceConfig(Checked):
    """A number of the source, printed beside what a run gives; it sets nothing."""

    name: str = key("", "str", "what is compared, in words")
    observable: str = key("partnerships_created", "str", "what the run gives", choices=tuple(REFERENCE_OBSERVABLES))
    low: float = key(0.0, "float", "the source's value, or the lower one of a range")
    high: float = key(0.0, "float", "the upper one of a range")
    unit: str = key("count", "str", "unit of both")
    source: str = key("SOURCE", "str", "where the source says it")

    def _check_together(self, prefix: str) -> None:
        if self.high < self.low:
            raise refuse(f"{prefix}high", self.high, f"a number of {self.low!r} (low) or more")

    @property
    def definition(self) -> str:
        """What is counted in the run."""
        return REFERENCE_OBSERVABLES[self.observable]


@dataclass(frozen=True)
class CaseConfig(Checked):
    """What a preset says about itself; its setting stands in the scenario's other keys."""

    name: str = key("case", "name", "name of the preset")
    title: str = key("a case", "str", "its title")
    first_month: str = key("2008-01", "str", "calendar month of the first month after burn-in")
    origin: str = key("not said", "str", "where the setting comes from")
    assumed: str = key("not said", "str", "what of it is assumed")
    tells: str = key("not said", "str", "what the source reports came of it, in words, with its place")
    cannot: str = key("not said", "str", "what of the case the model cannot tell or compare, and why")
    reference: list[ReferenceConfig] = key(
        [], "list", "numbers of the source to print beside the run's", nested=ReferenceConfig
    )
    shows: list[str] = key(
        [],
        "names",
        "what the run gives of the kind told, printed where the source has no number",
        choices=tuple(REFERENCE_OBSERVABLES),
    )

    @classmethod
    def _prefix(cls) -> str:
        return "case."

    def _check_together(self, prefix: str) -> None:
        year, dash, month = self.first_month.partition("-")
        if not (dash and len(year) == 4 and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
            raise refuse(f"{prefix}first_month", self.first_month, "a calendar month such as '2008-01'")
