"""What a gap between two types of territory comes from: Shapley values over the components that they differ in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import from_dict
from alliancesim.experiments.runner import run_experiment
from alliancesim.scenario import Scenario, load_scenario
from alliancesim.territory.synthetic import COMPONENTS, TYPOLOGIES

if TYPE_CHECKING:
    import pandas as pd

PLAYERS = (*COMPONENTS, "history")
"""Components of a gap (SPEC section 1.2): density, needs, structuration, distance, border, history."""

_HISTORY = ("rules.trust0", "rules.prejudice")


def coalition_scenarios(a: Scenario, b: Scenario, players: Sequence[str] = PLAYERS) -> dict[frozenset[str], Scenario]:
    """Scenario ``a`` with each set of components taken from ``b``; whatever else they differ in stays as in ``a``.

    Raises
    ------
    UserError
        Where one is not of a synthetic territory.
    """
    from alliancesim.analysis import coalitions

    for name, scenario in (("first", a), ("second", b)):
        if scenario.territory.kind != "synthetic":
            raise UserError(
                f"split_gap: the {name} scenario is of a {scenario.territory.kind} territory, expected a synthetic one"
            )
    source = {name: getattr(b.territory.mix, name) or b.territory.typology for name in COMPONENTS}
    own = {name: getattr(a.territory.mix, name) or a.territory.typology for name in COMPONENTS}
    first, second = (TYPOLOGIES[one["border"] or ""] for one in (own, source))
    if (first.other_side, first.gap) == (second.other_side, second.gap):
        source["border"] = own["border"]  # equal scenarios are run once
    found = {}
    for one in coalitions(players):
        changes: dict[str, Any] = {f"territory.mix.{n}": (source if n in one else own)[n] for n in COMPONENTS}
        changes["territory.population"] = _inhabitants(b if "density" in one else a)
        if "history" in one:
            changes["history"] = b.history
            changes.update({key: getattr(b.rules, key.removeprefix("rules.")) for key in _HISTORY})
        found[one] = a.replace(**changes)
    return found


def _inhabitants(scenario: Scenario) -> int:
    given = scenario.territory.population
    source = scenario.territory.mix.density or scenario.territory.typology or ""
    return given if given is not None else TYPOLOGIES[source].population


def split_gap(
    a: str | Scenario,
    b: str | Scenario,
    observables: Sequence[str] = ("engaged_share", "alliances", "need_met"),
    *,
    base: Sequence[str] = (),
    replicates: int = 20,
    players: Sequence[str] = PLAYERS,
    output: str | os.PathLike[str] | None = None,
    progress: bool = False,
    **how: Any,
) -> pd.DataFrame:
    """Split the gap between two types of territory into what they differ in.

    Every set of components of the second is laid over the first (2^n scenarios; equal ones run once), all under the same draws.

    Parameters
    ----------
    a, b : str or Scenario
        Typologies by name, on top of ``base``, or scenarios of synthetic territories.
    observables : sequence of str
    base : sequence of str
        ``key=value`` of both, where they are named.
    replicates : int
    players : sequence of str
        Components to tell apart; what differs otherwise stays with the first.
    output : path, optional
        Folder to keep the runs in.
    progress : bool
    **how
        Keys of the settings.

    Returns
    -------
    DataFrame
        A row an observable and player: ``observable``, ``player``, ``n``, ``share`` with ``low`` and ``high``, ``clear``,
        ``gap`` (of the whole), ``mean_a``, ``mean_b``. Shares sum to the gap.
    """
    import pandas as pd

    from alliancesim.analysis import shapley

    first, second = (one if isinstance(one, Scenario) else load_scenario(f"territory={one}", *base) for one in (a, b))
    scenarios = coalition_scenarios(first, second, players)
    labels = {one: "+".join(player for player in players if player in one) or "none" for one in scenarios}
    experiment = from_dict(
        {
            "name": "gap",
            "scenarios": {labels[one]: scenario for one, scenario in scenarios.items()},
            "design": {"kind": "list"},
            "replicates": replicates,
            "keep": {"timeseries": []},
        }
    )
    result = run_experiment(experiment, output, progress=progress, **how)
    runs = result.runs
    rows = []
    for name in observables:
        if name not in runs.columns:
            raise UserError(f"split_gap: found {name!r}, expected an observable of runs.parquet")
        table = runs.pivot(index="replicate", columns="point", values=name)
        values = {one: table[number].to_numpy() for number, one in enumerate(scenarios)}
        found = shapley(values, players)
        whole, nobody = values[frozenset(players)], values[frozenset()]
        found.insert(0, "observable", name)
        rows.append(found.assign(gap=(whole - nobody).mean(), mean_a=nobody.mean(), mean_b=whole.mean()))
    return pd.concat(rows, ignore_index=True)
