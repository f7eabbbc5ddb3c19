"""The columns of a month (SPEC section 7), under the names that alliancesim gives them."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING

from alliancesim.catalogue import ALLIANCE_STAGES, FORMS, KINDS, ORIGINS, SPHERES
from alliancesim.observables import TIMESERIES, form_name

from .agents import ENGAGED, NAIVE, WILLING

if TYPE_CHECKING:
    from .agents import Organisation
    from .alliances import Alliance
    from .model import PlainModel

FORM_OF = {0b011: 0, 0b101: 1, 0b110: 2, 0b001: 3, 0b010: 4, 0b100: 5, 0b111: 6}  # by the spheres of members
FLOWS = (
    "births", "ends", "recruits", "meetings", "forums_convened", "forum_invited", "forum_committed", "forums_feasible",
    "forums_agreed", "forums_led", "forums_launched", "forums_infeasible", "forums_no_agreement", "forums_lost",
    "forums_no_leader", "forums_contest_failed", "forums_purse_failed", "forum_months", "contest_rounds", "quarrels",
    "claimants", "forum_aboard", "forum_trust_lost",
)  # fmt: skip
BEYOND = (
    "month", "burn_in", "plenary_", "alliances_repeating", "closings", "spin_offs", "jobs", "accompanied_", "civic_capacity",
    "attended", "interviewed", "organisations_accompanied", "alliances_accompanied", "involved", "alliances_of_animators",
    "levers_", "fund_", "tickets_", "purchases_", "income_", "spend_", "days_",
)  # fmt: skip
COLUMNS = [one.name for one in TIMESERIES if not one.name.startswith(BEYOND)]
"""Columns of alliancesim, without those of animators and extensions."""


def observe(model: PlainModel) -> dict[str, float]:
    """All columns of this month."""
    values = {name: float(model.counts[name]) for name in FLOWS}
    engaged = organisations(model, values)
    alliances(model, values, engaged)
    needs(model, values)
    if model.closes_year:
        trust(model, values)
        network(model, values)
    return values


def organisations(model: PlainModel, values: dict[str, float]) -> int:
    """Stages by sphere and kind, openness; returns the number of the engaged."""
    heads = Counter((one.kind, one.stage, one.ever) for one in model.people)

    def number(kinds: list[int], stage: int | None = None) -> int:
        return sum(n for (kind, is_in, _), n in heads.items() if kind in kinds and (stage is None or is_in == stage))

    def ever(kinds: list[int]) -> int:
        return sum(n for (kind, _, was), n in heads.items() if was and kind in kinds)

    for k, kind in enumerate(KINDS):
        if total := number([k]):
            values[f"engaged_share_{kind.name}"] = number([k], ENGAGED) / total
            values[f"ever_share_{kind.name}"] = ever([k]) / total
    cohesion = 0.0
    for sphere, name in enumerate(SPHERES):
        kinds = [k for k, kind in enumerate(KINDS) if kind.sphere == sphere]
        if total := number(kinds):
            for stage, word in ((NAIVE, "naive"), (WILLING, "willing"), (ENGAGED, "engaged")):
                values[f"{word}_share_{name}"] = number(kinds, stage) / total
            values[f"ever_share_{name}"] = ever(kinds) / total
            for other, to in enumerate(SPHERES):
                if other != sphere:
                    openness = sum([one.openness[other] for one in model.of_sphere[sphere]])
                    values[f"openness_{name}_to_{to}"] = openness / total
                    cohesion += openness
    everyone = len(model.people)
    engaged = number(list(range(len(KINDS))), ENGAGED)
    values["engaged_share"] = engaged / everyone
    values["willing_share"] = number(list(range(len(KINDS))), WILLING) / everyone
    values["index_social_cohesion"] = cohesion / (2.0 * everyone)
    for name, sites in model.establishments.items():
        if sites:
            busy = {one.enterprise for one in sites if one.stage == ENGAGED}
            values[f"engaged_share_{name}_enterprises"] = len(busy) / len({one.enterprise for one in sites})
    return engaged


def alliances(model: PlainModel, values: dict[str, float], engaged: int) -> None:
    """Active alliances by depth, stage, origin and form; size, age, value, success."""
    active, month = model.alliances, model.month
    number = len(active)
    for column, words, key in (
        ("depth", range(1, 5), lambda one: one.depth),
        ("", ALLIANCE_STAGES[:3], lambda one: ALLIANCE_STAGES[one.stage]),
        ("from", ORIGINS, lambda one: ORIGINS[one.origin]),
        ("", FORMS, lambda one: FORMS[FORM_OF[one.spheres]]),
    ):
        found = Counter(map(key, active))
        for word in words:
            name = f"alliances_{column}_{word}" if column else f"alliances_{form_name(str(word))}"
            values[name] = found[word]
    identified = sum(one.identified for one in active)
    values["alliances"], values["alliances_identified"] = number, identified
    thousands = float(model.space.population.sum()) / 1000.0
    development = sum(one.value for one in active if one.depth >= 3) / thousands
    model.attractiveness += (development - model.attractiveness) / 36.0
    values["index_economic_development"], values["index_attractiveness"] = development, model.attractiveness
    values["impact_innovation"] = sum(one.value for one in active if one.depth == 4) / thousands
    if not number:
        return
    value = sum(one.value for one in active)
    results = sum(one.results for one in active)
    values["mean_members"] = sum(len(one.people) for one in active) / number
    values["share_three_or_more"] = sum(len(one.people) >= 3 for one in active) / number
    values["share_three_spheres"] = sum(one.spheres == 0b111 for one in active) / number
    values["mean_age"] = sum(max(0, month - one.start) for one in active) / number
    values["share_under_five_years"] = sum(month - one.start < 60 for one in active) / number
    if results:
        values["success_rate"] = sum(one.successes for one in active) / results
        if engaged:
            values["impact_performance"] = value * values["success_rate"] / engaged
    if identified:
        values["true_over_identified"] = number / identified
    if alone := sum(one.alone for one in active):
        values["superadditivity"] = value / alone
    if alone := sum(one.alone_cost for one in active):
        values["cost_ratio"] = sum(one.cost for one in active) / alone
    if ginis := [one.gini for one in active if not math.isnan(one.gini)]:
        values["gini_benefits"] = sum(ginis) / len(ginis)
    pairs = sum(len(one.people) * (len(one.people) - 1) // 2 for one in active)
    values["mean_distance"] = sum(one.distance for one in active) / pairs
    values["cross_border_share"] = sum(one.crossings for one in active) / pairs


def needs(model: PlainModel, values: dict[str, float]) -> None:
    """Needs met, in all and where people are deprived."""
    space = model.space
    for name, weight in (("need_met", space.population), ("need_met_deprived", space.population * space.deprived)):
        met, left = float((weight @ space.relief).sum()), float((weight @ space.need).sum())
        if met + left > 0.0:
            values[name] = met / (met + left)
    if values.get("need_met", 0.0) > 0.0 and "need_met_deprived" in values:
        values["equity_ratio"] = values["need_met_deprived"] / values["need_met"]
    level = float((space.population @ space.need).sum() / (space.population.sum() * space.need.shape[1]))
    model.need_start = model.need_start or level
    values["need_level"] = level
    values["index_quality_of_life"] = 1.0 - level / model.need_start


def trust(model: PlainModel, values: dict[str, float]) -> None:
    """Mean trust of ties by pair of spheres, each tie once."""
    total: Counter[tuple[int, int]] = Counter()
    number: Counter[tuple[int, int]] = Counter()
    for one in model.people:
        for other in one.ties:
            if one.unique_id < other.unique_id:
                pair = (min(one.sphere, other.sphere), max(one.sphere, other.sphere))
                total[pair] += one.trust(other)
                number[pair] += 1
    for a, b in combinations_with_replacement(range(3), 2):
        if number[a, b]:
            values[f"trust_{SPHERES[a]}_{SPHERES[b]}"] = total[a, b] / number[a, b]
    if number.total():
        values["impact_trust"] = total.total() / number.total()
    values["mean_ties"] = 2.0 * number.total() / len(model.people)


def network(model: PlainModel, values: dict[str, float]) -> None:
    """Loads, components, clustering against a shuffle of members, newcomers of the last twelve months."""
    busy = [one for one in model.people if one.alliances]
    if not busy:
        return
    values["mean_alliances"] = sum(len(one.alliances) for one in busy) / len(busy)
    values["giant_component"] = largest_component(model.alliances) / len(busy)
    places = [(alliance, one) for alliance in model.alliances for one in alliance.people]
    values["clustering"] = clustering(places)
    shuffled = [one for _, one in places]
    model.random.shuffle(shuffled)
    values["clustering_null"] = clustering([(a, one) for (a, _), one in zip(places, shuffled, strict=True)])
    recent = [one for joined, one in model.joinings if joined > model.month - 12]
    if recent:
        values["newcomers"] = sum(one.first_joined > model.month - 12 for one in recent) / len(recent)
    model.joinings = [(joined, one) for joined, one in model.joinings if joined > model.month - 12]


def largest_component(active: list[Alliance]) -> int:
    """Organisations in the largest set that alliances connect."""
    seen: set[Alliance] = set()
    largest = 0
    for alliance in active:
        if alliance in seen:
            continue
        seen.add(alliance)
        people, reached = set(), [alliance]
        while reached:
            for one in reached.pop().people:
                if one not in people:
                    people.add(one)
                    new = [other for other in one.alliances if other not in seen]
                    seen.update(new)
                    reached.extend(new)
        largest = max(largest, len(people))
    return largest


def clustering(places: list[tuple[Alliance, Organisation]]) -> float:
    """Of pairs of alliances with a common member, the share with two or more in common."""
    of: dict[Organisation, list[int]] = {}
    for alliance, one in places:
        of.setdefault(one, []).append(id(alliance))
    common = Counter((min(a, b), max(a, b)) for mine in of.values() for a, b in combinations(mine, 2) if a != b)
    return sum(n > 1 for n in common.values()) / len(common) if common else math.nan
