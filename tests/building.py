"""Small worlds for tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from alliancesim import levers
from alliancesim.engine import Engine
from alliancesim.territory import synthetic
from alliancesim.territory.territory import Territory

FOREVER = 10**6


@cache
def small_territory(typology: str = "urban", population: int = 6000, seed: int = 3) -> Territory:
    """A synthetic territory of a few hundred organisations."""
    return synthetic(typology, population=population, seed=seed)


def with_cells(territory: Territory, **columns: Any) -> Territory:
    """The territory with columns of its cells replaced."""
    cells = territory.cells
    for name, values in columns.items():
        cells[name] = values
    return replace(territory, cells=cells)


def lever(name: str, **given: Any) -> SimpleNamespace:
    """A lever as scenarios describe it; options by keyword."""
    definition = levers.BY_NAME[name]
    options = {key: given.pop(key) for key in list(given) if key in definition.options}
    base: dict[str, Any] = {"start": 1, "end": None, "per_year": None, "cost_keur": None, "cost_days": None}
    return SimpleNamespace(lever=name, options=options, **{**base, **given})


def animation(*used: SimpleNamespace, keur: float = 1e6, **given: Any) -> SimpleNamespace:
    """One animator with these levers and ample money (or ``keur`` a year)."""
    sources = (
        {"public": SimpleNamespace(kind="public", keur_per_year=keur, start=1, months=FOREVER)} if keur > 0 else {}
    )
    base = {"host": "association", "neutrality": 0.5, "targeting": "random", "convening_level": "epci"}
    base |= {"kind": None, "where": [], "each": None}
    animator = SimpleNamespace(sources=sources, levers={f"{n}": one for n, one in enumerate(used)}, **{**base, **given})
    return SimpleNamespace(animators={"animator": animator})


LIVELY = {"m0": 0.6, "willing0": 0.6, "a_half": 50.0, "p_aware": 0.01, "spontaneous_convening": 0.01}
"""Rates at which a small world shows everything within a few years."""


def engine(territory: Territory | None = None, rules: dict[str, float] | None = None, **given: Any) -> Engine:
    """An engine of a small lively world."""
    base: dict[str, Any] = {"seed": 5, "months": 36, "burn_in": 0}
    return Engine(territory or small_territory(), {**LIVELY, **(rules or {})}, **{**base, **given})


def ran(*args: Any, **given: Any) -> Engine:
    """The same after its months."""
    one = engine(*args, **given)
    one.run()
    return one


def same_run(a: Engine, b: Engine) -> bool:
    """Whether two runs decided the same in every phase of every month and end in the same state."""
    if not np.array_equal(a.world.records.digests, b.world.records.digests):
        return False
    if a.state.n_alliances != b.state.n_alliances or a.state.n_memberships != b.state.n_memberships:
        return False
    tables = ("organisations", "need")
    rows = {"alliances": a.state.n_alliances, "memberships": a.state.n_memberships, "forums": a.state.n_forums}
    return all(np.array_equal(getattr(a.state, t), getattr(b.state, t)) for t in tables) and all(
        getattr(a.state, t)[:n].tobytes() == getattr(b.state, t)[:n].tobytes() for t, n in rows.items()
    )
