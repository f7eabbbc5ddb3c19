"""Mixes of levers: from shares of a budget and a calendar to doses, and from doses to an animator's calendar.

A mix says shares, not doses: in a future where a lever costs more, its share buys less of it. What is bought never costs
more than the budget, and what is left is less than the cheapest thing that the mix buys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.errors import UserError
from alliancesim.levers import BY_NAME

OPENING = ("event", "matchmaking", "forum", "diagnosis")
"""Levers that open: they make actors know of each other and of alliances."""
DEEPENING = ("accompany_organisation", "accompany_alliance")
"""Levers that deepen: they work with those who are there."""
COUNTED = (*OPENING, *DEEPENING)
STANDING = ("mediators", "fund", "purchasing", "bank", "evaluation")
"""Levers that stand all along the calendar, or not at all."""
LEVERS = (*COUNTED, *STANDING)

PARTS = 20
"""Shares are multiples of 1/PARTS, so that they can be told in plain words."""
ENOUGH = 0.75
"""Part of its yearly cost that a standing lever's share must reach for the lever to be there."""
ENOUGH_FUND = 1.5
"""The same for a fund, whose running cost should not eat most of it."""
NEUTRALITY = 0.8
"""Neutrality of the animator in the forums that it convenes: it serves no one's projects (assumption)."""

PLAIN = "event"
"""What is done with money that a mix of standing levers alone leaves."""


def price(lever: str, factor: float = 1.0) -> float:
    """Cost of one occurrence of a lever, or of a year of a standing one: money and days of work, kEUR.

    Person-days have no range of their own in the catalogue of levers: a factor on the price is one on both.
    """
    definition = BY_NAME[lever]
    return factor * (definition.cost_keur + DAY_KEUR * definition.cost_days)


@dataclass(frozen=True)
class Mix:
    """A choice: who gets which share of the budget, and when.

    Attributes
    ----------
    shares : tuple of (str, float)
        Levers in the order of ``LEVERS`` with their shares, which sum to 1; none for doing nothing.
    tilt : float
        From -1 to 1: how far opening levers come in the first half of the calendar and deepening ones in the second
        (1: wholly; -1: the other way round; 0: all along). Standing levers stand all along.
    deprived : bool
        Whether forums and accompaniment go to deprived cells first.
    """

    shares: tuple[tuple[str, float], ...] = ()
    tilt: float = 0.0
    deprived: bool = False

    @property
    def nothing(self) -> bool:
        """Whether it is no animation at all."""
        return not self.shares


def mix(shares: Mapping[str, float], tilt: float = 0.0, deprived: bool = False) -> Mix:
    """A mix from weights of levers, rounded to twentieths.

    Parameters
    ----------
    shares : mapping
        Weights of 0 or more; at least one above 0.
    tilt : float
        Read where there are both levers that open and levers that deepen: else there is nothing to order.
    deprived : bool
    """
    total = math.fsum(shares.values())
    exact = {name: PARTS * shares.get(name, 0.0) / total for name in LEVERS}
    parts = {name: math.floor(value + 1e-9) for name, value in exact.items()}
    behind = sorted(LEVERS, key=lambda name: (parts[name] - exact[name], LEVERS.index(name)))
    for name in behind[: PARTS - sum(parts.values())]:
        parts[name] += 1
    held = tuple((name, count / PARTS) for name, count in parts.items() if count)
    ordered = any(parts[name] for name in OPENING) and any(parts[name] for name in DEEPENING)
    return Mix(held, tilt if ordered else 0.0, deprived)


@dataclass(frozen=True)
class Doses:
    """What a mix buys.

    Attributes
    ----------
    early, late : dict of str to int
        Occurrences of counted levers in each half of the calendar.
    mediators : int
        Local mediators, all along.
    standing : tuple of str
        Standing levers that are there, all along.
    outside_keur : float
        Money that the budget puts into the fund a year, kEUR.
    cost : float
        Of all years, kEUR.
    """

    early: dict[str, int]
    late: dict[str, int]
    mediators: int
    standing: tuple[str, ...]
    outside_keur: float
    cost: float

    def occurrences(self, lever: str) -> int:
        """Of a counted lever, in both halves."""
        return self.early.get(lever, 0) + self.late.get(lever, 0)


def bought_shares(chosen: Mix, budget: float, years: int) -> dict[str, float]:
    """Part of the budget that each lever takes at the catalogue's prices, in the order of ``LEVERS``.

    A share too small to pay for its lever buys others: what a mix says and what it buys differ, more so for small budgets.
    """
    bought = doses(chosen, budget, years)
    costs = {name: price(name) * bought.occurrences(name) for name in COUNTED}
    for name in bought.standing:
        costs[name] = years * (price(name) * (bought.mediators if name == "mediators" else 1))
        costs[name] += years * bought.outside_keur if name == "fund" else 0.0
    return {name: costs[name] / (budget * years) for name in LEVERS if costs.get(name)}


def cheapest() -> tuple[str, float]:
    """The lever of which one occurrence a year costs least, and that cost (kEUR)."""
    name = min(COUNTED, key=price)
    return name, price(name)


def check_budget(budget: float) -> None:
    """Whether a yearly budget buys anything.

    Raises
    ------
    UserError
    """
    name, least = cheapest()
    if not least <= budget <= 1e6:
        definition = BY_NAME[name]
        raise UserError(
            f"budget: found {budget:g}, expected from {least:.3g} to 1,000,000 kEUR a year (the cheapest lever, "
            f"{name}, costs {definition.cost_keur:g} kEUR and {definition.cost_days:g} days of work once)"
        )


def halves(years: int) -> tuple[int, int]:
    """Months of the first and of the second half of a calendar."""
    first = 6 * years
    return first, 12 * years - first


def doses(chosen: Mix, budget: float, years: int, factors: Mapping[str, float] | None = None) -> Doses:
    """What a mix buys with a yearly budget at some prices.

    Standing levers come first: each is there where its share reaches most of its cost; where they cost more than the
    budget together, those of the smallest shares go. A fund holds its whole share. What is left buys occurrences of
    counted levers by their shares, half by half; a lever whose share buys none in all years leaves it to the others.

    Parameters
    ----------
    chosen : Mix
    budget : float
        kEUR a year.
    years : int
    factors : mapping, optional
        What each lever's cost is multiplied by; 1 for those left out.
    """
    if chosen.nothing:
        return Doses({}, {}, 0, (), 0.0, 0.0)
    prices = {name: price(name, (factors or {}).get(name, 1.0)) for name in LEVERS}
    shares = dict(chosen.shares)
    there, count, outside = _standing(shares, budget, prices)
    left = budget - sum(prices[name] * (count if name == "mediators" else 1) for name in there) - outside
    bought = _counted(shares, chosen.tilt, left, years, prices)
    cost = years * (budget - left) + sum(prices[name] * n for half in bought for name, n in half.items())
    return Doses(*bought, count, there, outside, cost)


def _standing(shares: dict[str, float], budget: float, prices: dict[str, float]) -> tuple[tuple[str, ...], int, float]:
    """Standing levers that are there, the number of mediators, and the fund's own money a year."""
    yearly: dict[str, float] = {}
    for name in STANDING:
        wanted = shares.get(name, 0.0) * budget
        # whether it is there is decided at the catalogue's prices: the plan is made before prices are known
        if wanted >= (ENOUGH_FUND if name == "fund" else ENOUGH) * price(name):
            yearly[name] = max(prices[name], wanted) if name == "fund" else prices[name]
    count = 0
    if "mediators" in yearly:
        count = max(1, round(shares["mediators"] * budget / prices["mediators"]))
        yearly["mediators"] = count * prices["mediators"]
    while yearly and math.fsum(yearly.values()) > budget:
        if count > 1:
            count -= 1
            yearly["mediators"] = count * prices["mediators"]
            continue
        least = min(yearly, key=lambda name: (shares[name], -LEVERS.index(name)))
        del yearly[least]
    outside = yearly["fund"] - prices["fund"] if "fund" in yearly else 0.0
    return tuple(yearly), count if "mediators" in yearly else 0, outside


def _counted(
    shares: dict[str, float], tilt: float, left: float, years: int, prices: dict[str, float]
) -> tuple[dict[str, int], dict[str, int]]:
    """Occurrences in each half."""
    wanted = {name: shares[name] for name in COUNTED if name in shares} or {PLAIN: 1.0}
    while True:
        total = math.fsum(wanted.values())
        poor = [name for name, share in wanted.items() if share / total * left * years < prices[name]]
        if not poor or len(wanted) == 1:
            break
        del wanted[min(poor, key=lambda name: (wanted[name], -prices[name]))]
    money = [left * months / 12.0 for months in halves(years)]
    found: tuple[dict[str, int], dict[str, int]] = ({}, {})
    over = 0.0
    own: dict[str, int] = {}  # the last half in which a lever has its place
    for half, sign in ((0, 1.0), (1, -1.0)):
        weights = {name: w * (1.0 + sign * (tilt if name in OPENING else -tilt)) for name, w in wanted.items()}
        if math.fsum(weights.values()) <= 0.0:
            weights = wanted
        own |= {name: half for name, w in weights.items() if w > 0.0}
        total = math.fsum(weights.values())
        purse = money[half] + over
        exact = {name: w / total * purse / prices[name] for name, w in weights.items() if w > 0.0}
        numbers = {name: math.floor(value + 1e-9) for name, value in exact.items()}
        over = purse - sum(prices[name] * n for name, n in numbers.items())
        order = sorted(exact, key=lambda name: (numbers[name] - exact[name], LEVERS.index(name)))
        for name in order:  # what is left buys one more of those that came nearest to it
            if prices[name] <= over + 1e-9:
                numbers[name] += 1
                over -= prices[name]
        found[half].update({name: n for name, n in numbers.items() if n})
    for name in sorted(wanted, key=lambda name: prices[name], reverse=True):
        more = math.floor(max(0.0, over) / prices[name] + 1e-9)
        if more:
            half = own[name]
            found[half][name] = found[half].get(name, 0) + more
            over -= more * prices[name]
    return found


def animation(chosen: Mix, budget: float, years: int, factors: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The animator of a mix, as the key ``animation`` of a scenario.

    The money of all years is there from the first month on: a year that begins with a large bill is no bankruptcy.

    Returns
    -------
    dict
    """
    bought = doses(chosen, budget, years, factors)
    levers: dict[str, Any] = {}
    for name in COUNTED:
        both = [bought.early.get(name, 0), bought.late.get(name, 0)]
        first, second = halves(years)
        spans = [("early", 1, first, both[0]), ("late", first + 1, first + second, both[1])]
        if chosen.tilt == 0.0:
            spans = [("all", 1, first + second, sum(both))]
        for word, start, end, number in spans:
            if number:
                levers[f"{name}_{word}"] = {
                    "lever": name,
                    "start": start,
                    "end": end,
                    "per_year": 12.0 * number / (end - start + 1),
                    **_cost(name, factors),
                    "options": _options(name, chosen),
                }
    for name in bought.standing:
        options: dict[str, Any] = {}
        if name == "mediators":
            options = {"count": bought.mediators}
        elif name == "fund":
            options = {"outside_keur": bought.outside_keur}
        levers[name] = {"lever": name, "start": 1, "end": 12 * years, **_cost(name, factors), "options": options}
    if not levers:
        return {}
    source = {"kind": "public", "keur_per_year": budget * years, "start": 1, "months": 12}
    animator = {
        "host": "association",
        "neutrality": NEUTRALITY,
        "targeting": "deprived" if chosen.deprived else "random",
        "sources": {"budget": source},
        "levers": levers,
    }
    return {"animators": {"animator": animator}}


def _cost(name: str, factors: Mapping[str, float] | None) -> dict[str, float]:
    factor = (factors or {}).get(name, 1.0)
    return {"cost_keur": factor * BY_NAME[name].cost_keur, "cost_days": factor * BY_NAME[name].cost_days}


def _options(name: str, chosen: Mix) -> dict[str, Any]:
    if name == "diagnosis":
        return {"coproduced": True}
    if name in ("forum", "accompany_organisation"):
        return {"targeting": "deprived" if chosen.deprived else "random"}
    return {}


LABO = {"matchmaking": 10 * price("matchmaking"), "accompany_organisation": 20 * price("accompany_organisation"),
        "accompany_alliance": 20 * price("accompany_alliance"), "bank": price("bank")}  # fmt: skip
"""What the Labo did (configs/animation/labo.yaml), by cost."""

RULES: dict[str, Mix] = {
    "nothing": Mix(),
    "all_events": mix({"event": 1.0}),
    "half_and_half": mix({"event": 2.0, "accompany_organisation": 1.0, "accompany_alliance": 1.0}),
    "labo": mix(LABO),
    "all_tables": mix({"matchmaking": 1.0}),
}
"""Rules of thumb: no animation; all on events; half events, half accompaniment; as the Labo did; all on gatherings at tables."""
NOTHING = "nothing"
