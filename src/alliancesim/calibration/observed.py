"""What targets are compared with: a number of a run in a calendar month, as a numerator over a denominator.

Runs of a setting are pooled by adding numerators and denominators, so that a share of two territories is that of all their
organisations together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.catalogue import KIND_INDEX, KINDS, SPHERES
from alliancesim.observables import TIMESERIES

_COLUMN = {observable.name: number for number, observable in enumerate(TIMESERIES)}


@dataclass(frozen=True)
class Observed:
    """An observable that a target may name.

    Attributes
    ----------
    doc : str
    high : float
        Largest value that it can take (the smallest is 0).
    parts : callable
        ``(engine, row of the record)`` to numerator and denominator.
    """

    doc: str
    high: float
    parts: Callable[[Any, int], tuple[float, float]]


def _kinds(engine: Any) -> np.ndarray:
    """Organisations of the place by kind."""
    organisations = engine.state.organisations
    here = engine.state.cells["reported"][organisations["cell"]] == 1
    return np.bincount(organisations["kind"][here], weights=organisations["weight"][here], minlength=len(KINDS))


def _share(column: str, number: Callable[[Any, int], float]) -> Callable[[Any, int], tuple[float, float]]:
    """A column that is a share of some number of things."""

    def parts(engine: Any, row: int) -> tuple[float, float]:
        share, many = float(engine.world.records.values[row, _COLUMN[column]]), number(engine, row)
        return (share * many, many) if math.isfinite(share) else (0.0, 0.0)

    return parts


def _of_kind(kind: int) -> Callable[[Any, int], float]:
    return lambda engine, _row: float(_kinds(engine)[kind])


def _of_sphere(sphere: int) -> Callable[[Any, int], float]:
    mine = [number for number, kind in enumerate(KINDS) if kind.sphere == sphere]
    return lambda engine, _row: float(_kinds(engine)[mine].sum())


def _everyone(engine: Any, _row: int) -> float:
    return float(_kinds(engine).sum())


def _enterprises(kind: str) -> Callable[[Any, int], float]:
    def number(engine: Any, _row: int) -> float:
        organisations = engine.state.organisations
        here = engine.state.cells["reported"][organisations["cell"]] == 1
        mine = here & (organisations["kind"] == KIND_INDEX[kind])
        return float(len(np.unique(organisations["enterprise"][mine])))

    return number


def _alliances(engine: Any, row: int) -> float:
    return float(engine.world.records.values[row, _COLUMN["alliances"]])


def _ratio(above: str, below: str, *, summed: bool = False) -> Callable[[Any, int], tuple[float, float]]:
    """A column over another, in that month or summed over the months after burn-in up to it."""

    def parts(engine: Any, row: int) -> tuple[float, float]:
        values = engine.world.records.values
        rows = slice(engine.state.burn_in, row + 1) if summed else slice(row, row + 1)
        return float(values[rows, _COLUMN[above]].sum()), float(values[rows, _COLUMN[below]].sum())

    return parts


def _all() -> dict[str, Observed]:
    doc = {observable.name: observable.doc for observable in TIMESERIES}
    found = {}
    for number, kind in enumerate(KINDS):
        name = f"engaged_share_{kind.name}"
        found[name] = Observed(doc[name], 1.0, _share(name, _of_kind(number)))
    for name in ("ge", "eti"):
        column = f"engaged_share_{name}_enterprises"
        found[column] = Observed(doc[column], 1.0, _share(column, _enterprises(name)))
    for number, sphere in enumerate(SPHERES):
        for stage in ("naive", "willing", "engaged", "ever"):
            name = f"{stage}_share_{sphere}"
            found[name] = Observed(doc[name], 1.0, _share(name, _of_sphere(number)))
    for name in ("engaged_share", "willing_share"):
        found[name] = Observed(doc[name], 1.0, _share(name, _everyone))
    for name in ("share_under_five_years", "share_three_or_more", "share_three_spheres"):
        found[name] = Observed(doc[name], 1.0, _share(name, _alliances))
    found["partnerships_per_involved"] = Observed(
        "alliances ever born of an animator's events or forums, over the organisations in address books of animators so far",
        math.inf,
        _ratio("alliances_of_animators", "involved"),
    )
    found["plenary_committed_share"] = Observed(
        "organisations ready to commit, of those that had a seat at a plenary by then",
        1.0,
        _ratio("plenary_committed", "plenary_attended", summed=True),
    )
    return found


OBSERVED = _all()
"""Observables by name."""
