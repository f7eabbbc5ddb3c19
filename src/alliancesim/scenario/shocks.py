"""What a shock changes, from when, by what factor, for whom (SPEC section 5); its rule is ``rules/extensions/shocks.py``."""

from __future__ import annotations

from dataclasses import dataclass

from alliancesim.catalogue import KIND_NAMES
from alliancesim.scenario.checks import Checked, key, refuse

SHOCKED = ("cash", "time", "slack", "needs")


@dataclass(frozen=True)
class ShockConfig(Checked):
    """What a shock changes, from when, by what factor, for whom (SPEC section 5)."""

    what: str = key("slack", "str", "what changes: cash, time, slack (both) or needs", choices=SHOCKED)
    factor: float = key(0.5, "float", "factor on it", unit="ratio", minimum=0.0, maximum=100.0)
    keur_per_year: float | None = key(
        None,
        "float",
        "instead of a factor: money shared out each January, the same to each organisation (what: cash)",
        unit="kEUR a year",
        minimum=0.0,
        maximum=1e9,
        optional=True,
    )
    start: int = key(1, "int", "first month (1: first month after burn-in)", unit="month", minimum=1, maximum=100_000)
    end: int | None = key(
        None, "int", "last month; null: to the end", unit="month", minimum=1, maximum=100_000, optional=True
    )
    kinds: list[str] = key([], "names", "kinds of organisations (slack); none: all", choices=KIND_NAMES)
    domains: list[str] = key([], "names", "domains (needs); none: all")
    where: list[str] = key(
        [], "texts", "communes, EPCIs or departments of the place, by name or code; none: everywhere"
    )
    deprived_from: float = key(
        0.0, "float", "only cells of this deprived share or more", unit="share", minimum=0.0, maximum=1.0
    )

    def _check_together(self, prefix: str) -> None:
        if self.end is not None and self.end < self.start:
            raise refuse(f"{prefix}end", self.end, f"a month from {self.start} (its start) on")
        if self.keur_per_year is not None:
            if self.what != "cash":
                raise refuse(
                    f"{prefix}keur_per_year", self.keur_per_year, f"nothing, because it is cash, not {self.what}"
                )
            object.__setattr__(self, "factor", 1.0)
        if self.what == "needs" and self.kinds:
            raise refuse(f"{prefix}kinds", self.kinds, "nothing, because needs are those of inhabitants")
        if self.what != "needs" and self.domains:
            raise refuse(f"{prefix}domains", self.domains, f"nothing, because {self.what} has no domain")
