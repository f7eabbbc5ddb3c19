"""Further columns of ``runs.parquet`` (``keep.groups``): animators' forums, a case's numbers, what predictions read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from alliancesim.catalogue import ASSOCIATION, COLLECTIVITY, FIRM, ORIGINS
from alliancesim.experiments.measures import Kept, Measure
from alliancesim.experiments.networks import NETWORKS, of_networks
from alliancesim.experiments.predicted import PREDICTIONS, of_predictions

TERM = 36
"""Months after which an alliance counts as lasting (one term)."""
HORIZON = 60
"""Months over which the life of an alliance is followed; those begun later are left out, so that all could live as long."""
_FORUM = "of the forums that animators convened after burn-in on the place"
_BORN = "of the alliances that came of them"

FORUMS = (
    Measure("animator_forums", "forums", f"number {_FORUM}", "end"),
    Measure("animator_forums_launched", "forums", f"{_FORUM}, those that launched an action", "end"),
    Measure("animator_forums_agreed", "forums", f"{_FORUM}, those that reached an agreement", "end"),
    Measure("animator_forum_meetings", "meetings", f"meetings held, mean {_FORUM} and that had an agenda", "end"),
    Measure("animator_forum_months", "months", f"months from convening to the first launch, mean {_FORUM} that launched", "end"),
    Measure("animator_forum_trust_lost", "trust", f"trust lost in contests, quarrels, over pairs, mean {_FORUM}", "end"),
    Measure("forum_alliances", "alliances", f"number {_BORN}", "end"),
    Measure("forum_members", "organisations", f"members, mean {_BORN}", "end"),
    Measure("forum_share_association", "share", f"associations among members {_BORN}", "end"),
    Measure("forum_share_firm", "share", f"firms among members {_BORN}", "end"),
    Measure("forum_share_civil", "share", f"associations and firms among members {_BORN}", "end"),
    Measure("forum_without_institution", "share", f"{_BORN}, those without a collectivity", "end"),
    Measure("forum_association_led", "share", f"{_BORN}, those that an association leads", "end"),
    Measure("forum_depth", "1-4", f"depth, mean {_BORN}", "end"),
    Measure("forum_value", "value", f"value of a success, mean {_BORN}", "end"),
    Measure("forum_value_created", "value", f"value of the successes {_BORN}, summed", "end"),
    Measure("forum_success", "share", f"yearly successes over yearly results {_BORN}", "end"),
    Measure("forum_trust", "trust", f"trust of pairs of members, mean {_BORN} and are alive in the last month", "end"),
    Measure("forum_trust_civil", "trust", f"the same, pairs of an association and a firm alone, mean {_BORN}", "end"),
    Measure("forum_years", "years", f"years lived, of at most five, mean {_BORN} five years or more before the end", "end"),
    Measure("forum_lasting", "share", f"{_BORN} three years or more before the end, those that lived three years", "end"),
)  # fmt: skip

_PLACES = (
    Measure("places_engaged_share", "share", "organisations engaged now where animators work (everywhere without one)", "end"),
    Measure("places_organisations", "organisations", "organisations of those places", "end"),
    Measure("places_inhabitants", "inhabitants", "inhabitants of those places", "end"),
)  # fmt: skip


def reference_measures() -> list[Measure]:
    """What a case may compare with its source, and the places of its animators."""
    from alliancesim.scenario.case import REFERENCE_OBSERVABLES

    return [*_PLACES, *(Measure(f"reference_{name}", "", doc, "end") for name, doc in REFERENCE_OBSERVABLES.items())]


def group_measures(groups: Sequence[str]) -> list[Measure]:
    """Columns of some groups."""
    found: list[Measure] = []
    if "forums" in groups:
        found += FORUMS
    if "reference" in groups:
        found += reference_measures()
    if "predictions" in groups:
        found += PREDICTIONS
    if "networks" in groups:
        found += NETWORKS
    return found


def fill(row: np.ndarray, kept: Kept, engine: Any, scenario: Any) -> None:
    """Write the columns of the groups that are kept into the row of a run.

    Parameters
    ----------
    row : (columns,) float64
        In the order of ``kept.observables``; columns of other groups stay as they are.
    kept : Kept
    engine : Engine
        A territory that has run.
    scenario : Scenario
        That it was made from.
    """
    found: dict[str, float] = {}
    if "forums" in kept.groups:
        found |= of_forums(engine)
    if "reference" in kept.groups:
        found |= of_reference(engine, scenario)
    if "predictions" in kept.groups:
        found |= of_predictions(engine)
    if "networks" in kept.groups:
        found |= of_networks(engine)
    for number, name in enumerate(kept.observables):
        if name in found:
            row[number] = found[name]


def _mean(values: np.ndarray) -> float:
    """Mean, added in order; NaN of nothing."""
    return float(np.add.accumulate(np.asarray(values, dtype=np.float64))[-1] / len(values)) if len(values) else np.nan


def of_forums(engine: Any) -> dict[str, float]:
    """What came of the forums that animators convened."""
    state = engine.state
    forums = state.forums[: state.n_forums]
    mine = (forums["animator"] >= 0) & (forums["month"] >= state.burn_in)
    forums = forums[mine & (state.perimeters["reported"][forums["perimeter"]] == 1)]
    launched = forums["outcome"] == 0
    table = state.alliances[: state.n_alliances]
    links = state.memberships[: state.n_memberships]
    here = state.cells["reported"][state.organisations["cell"][links["organisation"]]] == 1
    reported = np.bincount(links["alliance"], weights=here, minlength=len(table))[: len(table)] > 0
    rows = np.flatnonzero(reported & (table["animator"] >= 0) & (table["origin"] == ORIGINS.index("forum")))
    born = table[rows]
    inside = np.isin(links["alliance"], rows)
    spheres = state.organisations["sphere"][links["organisation"]]
    with_institution = np.unique(links["alliance"][inside & (spheres == COLLECTIVITY)])
    of_members = spheres[inside]
    leads = born["leader"] >= 0
    led = leads & (state.organisations["sphere"][np.where(leads, born["leader"], 0)] == ASSOCIATION)
    now = state.month + 1
    age = now - born["start"].astype(np.int64)
    lived = np.where(born["ended"] < 0, now, born["ended"]) - born["start"]
    draws = float(born["draws"].sum())
    alive = rows[(born["ended"] < 0) & (born["start"] <= state.month)]
    return {
        "animator_forums": float(len(forums)),
        "animator_forums_launched": float(launched.sum()),
        "animator_forums_agreed": float((forums["reached"] >= 2).sum()),
        "animator_forum_meetings": _mean(forums["meetings"][forums["reached"] >= 1]),
        "animator_forum_months": _mean(forums["months"][launched]),
        "animator_forum_trust_lost": _mean(forums["trust_lost"]),
        "forum_alliances": float(len(born)),
        "forum_members": len(of_members) / len(born) if len(born) else np.nan,
        "forum_share_association": _mean(of_members == ASSOCIATION),
        "forum_share_firm": _mean(of_members == FIRM),
        "forum_share_civil": _mean(of_members != COLLECTIVITY),
        "forum_without_institution": _mean(~np.isin(rows, with_institution)),
        "forum_association_led": _mean(led),
        "forum_depth": _mean(born["depth"]),
        "forum_value": _mean(born["value"]),
        "forum_value_created": float(np.add.accumulate([0.0, *born["benefit"]])[-1]),
        "forum_success": float(born["successes"].sum()) / draws if draws > 0 else np.nan,
        **_trust(engine, alive, links),
        "forum_years": _mean(np.minimum(lived, HORIZON)[age >= HORIZON] / 12.0),
        "forum_lasting": _mean(lived[age >= TERM] >= TERM),
    }


def _trust(engine: Any, rows: np.ndarray, links: np.ndarray) -> dict[str, float]:
    """Mean over some alliances of the mean trust of their members, two by two: all pairs, and associations with firms.

    The own sphere is trusted more by rule, so means of all pairs move with who is in; those of one kind of pair do not.
    """
    from alliancesim.rules.deliberation import gathered

    means, across = [], []
    for row in rows:
        members = np.sort(links["organisation"][links["alliance"] == row]).astype(np.int64)
        if len(members) < 2:
            continue
        trust = gathered(engine.world, members)[3]
        sphere = engine.state.organisations["sphere"][members]
        means.append(_mean(trust[np.triu_indices(len(members), 1)]))
        pairs = trust[np.ix_(sphere == ASSOCIATION, sphere == FIRM)].ravel()
        if len(pairs):
            across.append(_mean(pairs))
    return {"forum_trust": _mean(np.array(means)), "forum_trust_civil": _mean(np.array(across))}


def of_reference(engine: Any, scenario: Any) -> dict[str, float]:
    """A case's numbers, and those of the places where its animators work."""
    from alliancesim.results.reference import observable
    from alliancesim.results.result import result_of
    from alliancesim.scenario.case import REFERENCE_OBSERVABLES

    state = engine.state
    cells = np.zeros(len(state.cells), dtype=np.bool_)
    for animator in engine.world.animators:
        cells |= animator.cells
    if not engine.world.animators:
        cells[:] = True
    cells &= state.cells["reported"] == 1
    there = cells[state.organisations["cell"]]
    weight = state.organisations["weight"].astype(np.float64) * there
    total = float(weight.sum())
    engaged = float((weight * (state.organisations["stage"] == 2)).sum())
    found = {
        "places_engaged_share": engaged / total if total > 0 else np.nan,
        "places_organisations": total,
        "places_inhabitants": float(state.cells["population"][cells].sum(dtype=np.float64)),
    }
    result = result_of(engine, scenario)
    return found | {f"reference_{name}": observable(result, name) for name in REFERENCE_OBSERVABLES}
