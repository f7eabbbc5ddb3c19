"""Further columns of ``runs.parquet`` (``keep.groups=[predictions]``): what the page of predictions reads from a run.

Columns of which a run has nothing (no forum of an animator, none of the sampled places) stay empty. Months are calendar
months: 1 is January of the first year after burn-in, 2008 in the national runs, so that month 36 is December 2010.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.catalogue import ASSOCIATION, FIRM
from alliancesim.experiments.measures import Measure
from alliancesim.kernels.layout import NOBODY

TWO_YEARS, THREE_YEARS, FOUR_YEARS, TEN_YEARS = 24, 36, 48, 120
DISTANCES = ("commune", "department", "region", "beyond")
"""Where the partner is: the same commune; else the same department; else the same region; beyond."""
BUDGETS = (1.0, 10.0, 50.0, 200.0, 500.0)
"""Limits of classes of yearly budgets, kEUR."""
BUDGET_NAMES = ("under_1", "1_to_10", "10_to_50", "50_to_200", "200_to_500", "over_500")
FREE_SHARE = 0.2
"""Cash slack of an association over its budget (assumption: the model knows slack, not budgets)."""
SURVEYED, FIRST_YEAR, LAST_YEAR = 72, 2010, 2015
"""Calendar month of the survey of 2013 (its December), and the years at whose end firms are counted."""
MANY = 5
"""Members at its beginning from which an alliance counts as one of many members."""
DENSITIES = ("rural", "middling", "dense")


def _measures() -> list[Measure]:
    rows: list[tuple[str, str, str]] = [
        ("collective_forums", "forums", "forums of animators convened after burn-in whose actions could be followed 36 months"),
        ("collective_participants", "organisations", "participants of such a forum, mean"),
        ("collective_started", "experiments", "experiments begun by such a forum, mean"),
        ("collective_none", "share", "such forums that begin no experiment"),
        ("collective_alive_24", "experiments", "experiments of such a forum alive 24 months after they began, mean"),
        ("collective_alive_36", "experiments", "experiments of such a forum alive 36 months after they began, mean"),
        ("collective_kept_24", "share", "experiments of such forums that lived 24 months"),
        ("collective_kept_36", "share", "experiments of such forums that lived 36 months"),
        ("first_started", "experiments", "experiments begun by the first such forum"),
        ("first_alive_24", "experiments", "of them, alive 24 months after they began"),
        ("first_alive_36", "experiments", "of them, alive 36 months after they began"),
        ("city_alliances", "alliances", "begun by forums of an animator that is itself an organisation"),
        ("city_member", "share", "of them, those of which this organisation is a member"),
        ("city_cost", "ratio", "their yearly cash over that of the same done by this organisation alone"),
        ("city_bill", "ratio", "what this organisation pays of them over that of the same done alone"),
        ("city_cost_of_success", "ratio", "their cash for a yearly success over that of this organisation alone"),
        *(
            (f"pairs_{name}", "share", f"pairs of partners, weighted to the nation, by where the other is: {name}")
            for name in DISTANCES
        ),
        *(
            (f"farthest_{name}", "share", f"alliances, weighted to the nation, by where their farthest pair is: {name}")
            for name in DISTANCES
        ),
        ("pairs_counted", "pairs", "pairs of partners with one in a sampled place"),
        *((f"budget_{name}", "share", f"associations engaged among those of budget {name} (kEUR)") for name in BUDGET_NAMES),
        *((f"budget_share_{name}", "share", f"associations of budget {name} (kEUR) among all") for name in BUDGET_NAMES),
        *((f"slack_{fifth}", "share", f"associations engaged in fifth {fifth} of own cash slack") for fifth in range(1, 6)),
        *((f"firms_{year}", "share", f"firms engaged in December {year}") for year in range(FIRST_YEAR, LAST_YEAR + 1)),
        ("many_begun", "alliances", "begun with five members or more, ten years or more before the end"),
        ("many_members", "organisations", "members of them at the beginning, mean"),
        ("many_members_36", "organisations", "members, recruits included, of those of them that lived three years, mean"),
        ("cluster_begun", "alliances", "begun by forums of animators ten years or more before the end"),
        ("cluster_members", "organisations", "members of them at the beginning, mean"),
        *(
            (f"{name}_alive_{months}", "share", f"{words}, those alive {months} months after they began")
            for name, words in (
                ("many", "of alliances begun with five members or more ten years or more before the end"),
                ("cluster", "of alliances begun by forums of animators ten years or more before the end"),
                ("two", "of alliances begun with two members ten years or more before the end"),
            )
            for months in (THREE_YEARS, FOUR_YEARS, TEN_YEARS)
        ),
        ("plenary_at", "organisations", "organisations seated at the first plenary"),
        ("plenary_ready", "share", "of them, those that committed"),
        ("plenary_grouped", "share", "of them, those that took part in a thematic group (over those seated)"),
        ("plenary_still", "share", "of them, those aboard an action of the groups when it was launched, once each group"),
        ("plenary_bound", "share", "organisations in an action of the plenary in the last month over those seated"),
        ("plenary_launched", "actions", "actions launched by the groups and across them"),
        *(
            (f"{who}_{what}_{density}", unit, f"{words} on {density} territory ({kind})")
            for who, kind in (("convened", "by animators"), ("spontaneous", "without animator"))
            for density in DENSITIES
            for what, unit, words in (
                ("forums", "forums", "forums"),
                ("leaderless", "share", "forums that fail for want of a leader"),
                ("agreed_leaderless", "share", "the same among forums that reached an agreement"),
            )
        ),
    ]  # fmt: skip
    return [Measure(*row, "end") for row in rows]


PREDICTIONS = tuple(_measures())


def of_predictions(engine: Any) -> dict[str, float]:
    """All columns of which a run has something.

    Parameters
    ----------
    engine : Engine
        A territory that has run.
    """
    found: dict[str, float] = {}
    for part in (_collectives, _city, _sampled, _of_many_members, _plenary, _leaderless):
        found.update(part(engine))
    return found


def share(part: Any, whole: Any) -> float:
    """A ratio of sums; NaN of nothing."""
    below = float(np.sum(whole, dtype=np.float64))
    return float(np.sum(part, dtype=np.float64)) / below if below > 0 else np.nan


def mean(values: Any) -> float:
    """Mean; NaN of nothing."""
    return float(np.mean(values, dtype=np.float64)) if len(values) else np.nan


def _alive_at(table: np.ndarray, since: str, months: int) -> np.ndarray:
    """Which alliances were alive so many months after they began (``start``), or after their experiment did (``launch``).

    One that ends in that very month, as at its term, is not.
    """
    alive: np.ndarray = (table["ended"] < 0) | (table["ended"] - table[since].astype(np.int64) > months)
    return alive


def _started(table: np.ndarray) -> np.ndarray:
    """Which alliances got beyond their dialogue and began an experiment."""
    begun: np.ndarray = table["launch"] != NOBODY
    return begun


def _collectives(engine: Any) -> dict[str, float]:
    """Experiments that forums of animators begin, and how many are left."""
    state = engine.state
    forums = state.forums[: state.n_forums]
    table = state.alliances[: state.n_alliances]
    latest = state.month - THREE_YEARS
    reported = state.perimeters["reported"][forums["perimeter"]] == 1
    mine = np.flatnonzero((forums["animator"] >= 0) & (forums["month"] >= state.burn_in) & reported)
    rows = np.flatnonzero((table["forum"] != NOBODY) & _started(table))
    followed = [
        forum for forum in mine
        if forums["month"][forum] + 12 <= latest and (table["launch"][rows[table["forum"][rows] == forum]] <= latest).all()
    ]  # fmt: skip
    if not followed:
        return {}
    counts = []
    for forum in followed:
        born = table[rows[table["forum"][rows] == forum]]
        counts.append((len(born), *(_alive_at(born, "launch", m).sum() for m in (TWO_YEARS, THREE_YEARS))))
    number = np.array(counts, dtype=np.float64)
    first = number[int(np.argmin(forums["month"][followed]))]
    return {
        "collective_forums": float(len(followed)),
        "collective_participants": mean(forums["participants"][followed]),
        "collective_started": mean(number[:, 0]),
        "collective_none": mean(number[:, 0] == 0),
        "collective_alive_24": mean(number[:, 1]),
        "collective_alive_36": mean(number[:, 2]),
        "collective_kept_24": share(number[:, 1], number[:, 0]),
        "collective_kept_36": share(number[:, 2], number[:, 0]),
        "first_started": float(first[0]),
        "first_alive_24": float(first[1]),
        "first_alive_36": float(first[2]),
    }


BITS = np.array([bin(bits).count("1") for bits in range(256)], dtype=np.int64)
"""Number of capabilities in a set, by its bits."""


def _city(engine: Any) -> dict[str, float]:
    """What alliances of the forums of an animator that is an organisation cost, against the same done by it alone.

    Alone it pays the whole yearly cash and buys every capability that it lacks at the premium; together only uncovered ones
    are bought. Of the cash of the latest year pooled, its part is what it paid of it.
    """
    state = engine.state
    hosts = [(number, one.row) for number, one in enumerate(engine.world.animators) if one.row != NOBODY]
    if not hosts:
        return {}
    table, people, p = state.alliances[: state.n_alliances], state.organisations, state.rules[0]
    links = state.memberships[: state.n_memberships]
    joint, alone, bill, members = [], [], [], []
    dues, chance, wins, years = [], [], [], []
    for number, row in hosts:
        for at in np.flatnonzero((table["animator"] == number) & (table["forum"] != NOBODY) & _started(table)):
            one = table[at]
            needed = int(BITS[one["required"]])
            if not needed:
                continue
            own = int(BITS[one["required"] & people["capabilities"][row]])
            missing = needed - int(BITS[one["covered"]])
            here = links[links["alliance"] == at]
            paid = float(here["cash"].sum(dtype=np.float64))
            its = float(here["cash"][here["organisation"] == row].sum(dtype=np.float64))
            joint.append(float(one["cost"]) * (1.0 + float(p["premium"]) * missing / needed))
            alone.append(float(one["cost"]) * (1.0 + float(p["premium"]) * (needed - own) / needed))
            bill.append(joint[-1] * its / paid if paid > 0 else 0.0)
            members.append(bool((here["organisation"] == row).any()))
            able = 1.0 - float(p["k_str"]) * (1.0 - float(people["structuration"][row]))
            years.append(float(one["draws"]))
            wins.append(float(one["successes"]))
            chance.append(float(p["p_ok"]) ** own * float(p["p_miss"]) ** (needed - own) * able)
            dues.append(joint[-1] * float(one["paid"]))
    if not joint:
        return {"city_alliances": 0.0}
    drawn = np.array(years)
    together = share(np.array(dues) * drawn, wins)
    apart = share(np.array(alone) * drawn, np.array(chance) * drawn)
    return {
        "city_alliances": float(len(joint)),
        "city_member": mean(members),
        "city_cost": share(joint, alone),
        "city_bill": share(bill, alone),
        "city_cost_of_success": together / apart if apart > 0 else np.nan,
    }


def _weights(state: Any) -> np.ndarray:
    """Inhabitants of the nation that an organisation's place stands for, over its inhabitants; 0 outside the sample (N,)."""
    from alliancesim.territory.sample import national_sample

    codes = np.asarray(state.labels["cell_epci"]).astype(str)
    if not np.isin(np.unique(codes), national_sample().index).any():
        return np.zeros(state.n_organisations)
    sample = national_sample()
    by_code = {
        code: float(w) / float(n)
        for code, w, n in zip(sample.index, sample["weight"], sample["population"], strict=True)
    }
    cell = np.array([by_code.get(code, 0.0) for code in codes]) * (state.cells["reported"] == 1)
    weights: np.ndarray = cell[state.organisations["cell"]]
    return weights


def engaged_at(state: Any, month: int) -> np.ndarray:
    """Which organisations were members of an active alliance at the end of a calendar month, (N,) bool."""
    at = month + state.burn_in - 1
    links = state.memberships[: state.n_memberships]
    ended = state.alliances["ended"][links["alliance"]]
    there = (links["joined"] <= at) & ((ended < 0) | (ended > at))
    engaged = np.zeros(state.n_organisations, dtype=np.bool_)
    engaged[links["organisation"][there]] = True
    return engaged


def _sampled(engine: Any) -> dict[str, float]:
    """National shares from the sampled places: firms by year, associations by budget, partners by distance."""
    state = engine.state
    weight = _weights(state)
    if not weight.any():
        return {}
    people, months = state.organisations, state.calendar_month
    firms = weight * (people["sphere"] == FIRM)
    found = {
        f"firms_{year}": share(firms * engaged_at(state, 12 * (year - 2007)), firms)
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
        if 12 * (year - 2007) <= months
    }
    if months >= SURVEYED:
        found.update(_budgets(state, weight, engaged_at(state, SURVEYED)))
        found.update(_distances(state, weight))
    return found


def _budgets(state: Any, weight: np.ndarray, engaged: np.ndarray) -> dict[str, float]:
    """Engaged associations by class of budget, and by fifth of own cash slack."""
    people, p = state.organisations, state.rules[0]
    mine = np.flatnonzero((people["sphere"] == ASSOCIATION) & (weight > 0))
    own, w, busy = people["cash_own"][mine].astype(np.float64), weight[mine], engaged[mine]
    budget = own * float(p["r_fin"]) * float(p["keur_per_unit"]) / FREE_SHARE
    group = np.searchsorted(BUDGETS, budget, side="right")
    found = {}
    for number, name in enumerate(BUDGET_NAMES):
        here = w * (group == number)
        found[f"budget_{name}"] = share(here * busy, here)
        found[f"budget_share_{name}"] = share(here, w)
    order = np.argsort(own, kind="stable")
    below = np.cumsum(w[order]) - w[order] / 2.0
    fifth = np.empty(len(own), dtype=np.int64)
    fifth[order] = np.minimum(4, (5.0 * below / w.sum()).astype(np.int64))
    for number in range(5):
        here = w * (fifth == number)
        found[f"slack_{number + 1}"] = share(here * busy, here)
    return found


def _distances(state: Any, weight: np.ndarray) -> dict[str, float]:
    """Partners by where they are.

    Each pair of members of an alliance that is active in the month of the survey, seen from a member in a sampled place.
    """
    at = SURVEYED + state.burn_in - 1
    links = state.memberships[: state.n_memberships]
    ended = state.alliances["ended"][links["alliance"]]
    links = links[(links["joined"] <= at) & ((ended < 0) | (ended > at))]
    order = np.argsort(links["alliance"], kind="stable")
    alliance, member = links["alliance"][order], links["organisation"][order]
    first = (
        np.flatnonzero(np.concatenate(([True], alliance[1:] != alliance[:-1])))
        if len(alliance)
        else np.zeros(0, np.int64)
    )
    sizes = np.diff(np.concatenate((first, [len(alliance)])))
    # All ordered pairs: each place repeated by the size of its alliance, against the places of that alliance.
    size = np.repeat(sizes, sizes)
    one = np.repeat(np.arange(len(member)), size)
    start = np.repeat(np.repeat(first, sizes), size)
    other = start + np.arange(len(one)) - np.repeat(np.cumsum(size) - size, size)
    keep = one != other
    one, other = one[keep], other[keep]
    cell = state.organisations["cell"][member]
    apart = []
    for level in ("commune", "department", "region"):
        code = np.unique(np.asarray(state.labels[f"cell_{level}"]).astype(str), return_inverse=True)[1]
        apart.append(code[cell[one]] != code[cell[other]])
    where = np.where(~apart[0], 0, np.where(~apart[1], 1, np.where(~apart[2], 2, 3)))
    w = weight[member[one]]
    found = {f"pairs_{name}": share(w * (where == k), w) for k, name in enumerate(DISTANCES)}
    found["pairs_counted"] = float((w > 0).sum())
    number = int(alliance.max()) + 1 if len(alliance) else 0
    farthest = np.zeros(number, dtype=np.int64)
    np.maximum.at(farthest, alliance[one], where)
    of_alliance = np.zeros(number)
    np.maximum.at(of_alliance, alliance, weight[member])
    for k, name in enumerate(DISTANCES):
        found[f"farthest_{name}"] = share(of_alliance * (farthest == k), of_alliance)
    return found


def _of_many_members(engine: Any) -> dict[str, float]:
    """How alliances live three and ten years, by their size at the beginning and by where they come from."""
    state = engine.state
    table, links = state.alliances[: state.n_alliances], state.memberships[: state.n_memberships]
    # Members of a forum are bound from its convening on, before the alliance begins; recruits come a year later or more.
    founders = np.bincount(
        links["alliance"][links["joined"] <= table["start"][links["alliance"]]], minlength=len(table)
    )
    here = state.cells["reported"][state.organisations["cell"][links["organisation"]]] == 1
    reported = np.bincount(links["alliance"], weights=here, minlength=len(table)) > 0
    old = reported & (table["start"] >= state.burn_in) & (table["start"] + TEN_YEARS <= state.month)
    many, two = old & (founders >= MANY), old & (founders == 2)
    cluster = old & (table["animator"] >= 0) & (table["forum"] != NOBODY)
    if not old.any():
        return {}
    alive = {months: _alive_at(table, "start", months) for months in (THREE_YEARS, FOUR_YEARS, TEN_YEARS)}
    found = {"many_begun": float(many.sum()), "cluster_begun": float(cluster.sum())}
    for name, rows in (("many", many), ("cluster", cluster)):
        found[f"{name}_members"] = mean(founders[rows])
    for name, rows in (("many", many), ("cluster", cluster), ("two", two)):
        found.update({f"{name}_alive_{months}": mean(one[rows]) for months, one in alive.items()})
    found["many_members_36"] = mean(table["members"][many & alive[THREE_YEARS]])
    return found


def _plenary(engine: Any) -> dict[str, float]:
    """Who is left of those seated at the first plenary."""
    state = engine.state
    forums = np.flatnonzero(state.forums["plenary"][: state.n_forums] == 0)
    if not len(forums):
        return {}
    groups = state.forums[forums]
    seated, ready = _counted(engine, "plenary_attended"), _counted(engine, "plenary_committed")
    if not seated:
        return {}
    table, links = state.alliances[: state.n_alliances], state.memberships[: state.n_memberships]
    alive = np.isin(table["forum"], forums) & (table["ended"] < 0)
    bound = np.unique(links["organisation"][alive[links["alliance"]]])
    thematic = groups[groups["theme"] >= 0]
    return {
        "plenary_at": seated,
        "plenary_ready": ready / seated,
        "plenary_grouped": float(thematic["participants"].sum(dtype=np.float64)) / seated,
        "plenary_still": float(thematic["aboard"][thematic["outcome"] == 0].sum(dtype=np.float64)) / seated,
        "plenary_bound": len(bound) / seated,
        "plenary_launched": float(groups["actions"].sum(dtype=np.float64)),
    }


def _counted(engine: Any, name: str) -> float:
    """A flow of the monthly record, summed over the months after burn-in."""
    from alliancesim.rules.observe import COLUMNS

    values = engine.world.records.values[: engine.world.records.rows]
    return float(values[values[:, 0] >= 1, COLUMNS[name]].sum())


def _leaderless(engine: Any) -> dict[str, float]:
    """Forums that fail for want of a leader, by the density of the EPCI in which they are held."""
    from alliancesim.catalogue import FORUM_OUTCOMES
    from alliancesim.territory.sample import intercommunalities, national_sample

    state = engine.state
    forums = state.forums[: state.n_forums]
    codes = np.asarray(state.labels["perimeter"]).astype(str)
    if not np.isin(codes, national_sample().index).any():
        return {}
    classes = intercommunalities()["density_class"].reindex(codes).fillna("").to_numpy(dtype=str)[forums["perimeter"]]
    after = forums["month"] >= state.burn_in
    without = forums["outcome"] == FORUM_OUTCOMES.index("no_leader")
    found = {}
    for who, mine in (("convened", forums["animator"] >= 0), ("spontaneous", forums["animator"] < 0)):
        for density in DENSITIES:
            here = after & mine & (classes == density)
            found[f"{who}_forums_{density}"] = float(here.sum())
            found[f"{who}_leaderless_{density}"] = share(without[here], here[here])
            agreed = here & (forums["reached"] >= 2)
            found[f"{who}_agreed_leaderless_{density}"] = share(without[agreed], agreed[agreed])
    return found
