"""Points of a plan, held as numbers: ten million of them are arrays, and a point is an object only while it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from alliancesim.experiments.designs import UNNAMED, Design, Point
from alliancesim.scenario.library import GROUPS

IDENTITY_BYTES = 32


@dataclass(frozen=True)
class PlannedPoint:
    """A point of the design.

    Attributes
    ----------
    number : int
    label : str
    factors : dict
        Values that it sets, by key.
    base : int
        Index of its scenario in ``Plan.bases``, before ``changes``.
    changes : dict
        Keys that differ from that scenario.
    forums : dict
        Keys of the forums' settings that the point sets.
    identity : str
        SHA-256 of everything that its results depend on but the replicate's seed.
    """

    number: int
    label: str
    factors: Point
    base: int
    changes: dict[str, Any]
    forums: dict[str, Any]
    identity: str


def changes_of(factors: Point) -> tuple[dict[str, Any], dict[str, Any]]:
    """Factors that are keys of the scenario beside its groups, and those that are keys of the forums' settings."""
    forums = {name.removeprefix("forums."): value for name, value in factors.items() if name.startswith("forums.")}
    changes = {n: v for n, v in factors.items() if n not in GROUPS and not n.startswith("forums.")}
    return changes, forums


class Points(Sequence[PlannedPoint]):
    """All points of a plan.

    Parameters
    ----------
    design : Design
        Labels and factors.
    bases : ndarray of int32, shape (points,)
        Index of each point's scenario.
    identities : ndarray of uint8, shape (points, 32)
        SHA-256 of each point.
    kinds : mapping of str to set of type
        Types of the values of each factor, factors in the order in which points set them.
    """

    def __init__(
        self, design: Design, bases: np.ndarray, identities: np.ndarray, kinds: Mapping[str, set[type]] | None = None
    ) -> None:
        self._design, self.bases, self._identities, self.kinds = design, bases, identities, kinds or {}

    def __len__(self) -> int:
        return len(self._design)

    @overload
    def __getitem__(self, index: int) -> PlannedPoint: ...

    @overload
    def __getitem__(self, index: slice) -> list[PlannedPoint]: ...

    def __getitem__(self, index: int | slice) -> PlannedPoint | list[PlannedPoint]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        factors = self.factors(number)
        return PlannedPoint(
            number, self.label(number), factors, int(self.bases[number]), *changes_of(factors), self.identity(number)
        )

    def factors(self, number: int) -> Point:
        """Values that a point sets, by key."""
        return self._design.factors(number)

    def identity(self, number: int) -> str:
        """SHA-256 of a point, 64 hexadecimal digits."""
        return self._identities[number].tobytes().hex()

    def identities(self, first: int, end: int) -> list[str]:
        """Identities of some points that follow one another."""
        text, size = self._identities[first:end].tobytes().hex(), 2 * IDENTITY_BYTES
        return [text[at : at + size] for at in range(0, len(text), size)]

    def label(self, number: int) -> str:
        """Name of a point; one that another point before it has too is counted, ``rural (2)``."""
        label = self._design[number][0]
        if label == UNNAMED:
            return f"point {number}"
        count = int(self._turn[number]) if len(self._turn) else 1
        return f"{label} ({count})" if count > 1 else label

    def labels(self) -> Iterator[str]:
        """Names of all points."""
        return (self.label(number) for number in range(len(self)))

    @cached_property
    def _turn(self) -> np.ndarray:
        """The how-manieth point of its label each is; nothing where all labels differ."""
        labels = (label for label, _ in self._design)
        alike = with_others(np.fromiter(map(hash, labels), np.int64, len(self)))
        turn = np.zeros(len(self) if len(alike) else 0, dtype=np.int32)
        seen: dict[str, int] = {}
        for number in map(int, alike):
            label = self._design[number][0]
            turn[number] = seen[label] = seen.get(label, 0) + 1
        return turn

    def twins(self, seeds: Sequence[int]) -> dict[int, int]:
        """Points that are the same as an earlier one (equal identity and seed), and that one's number.

        Parameters
        ----------
        seeds : sequence of int
            Seed of the first replicate for each scenario of the plan.
        """
        alike = with_others(self._identities[:, :8].copy().view(np.int64)[:, 0])
        first: dict[tuple[bytes, int], int] = {}
        twins = {}
        for number in map(int, alike):
            key = (self._identities[number].tobytes(), seeds[self.bases[number]])
            other = first.setdefault(key, number)
            if other != number:
                twins[number] = other
        return twins


def with_others(keys: np.ndarray) -> np.ndarray:
    """Places of keys that are there more than once, rising."""
    order = np.argsort(keys, kind="stable")
    same = keys[order[1:]] == keys[order[:-1]]
    some = np.zeros(len(keys), dtype=bool)
    some[order[1:][same]] = some[order[:-1][same]] = True
    return np.flatnonzero(some)
