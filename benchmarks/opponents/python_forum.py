"""The opponent of the forum kernel: the readable forum of the executable specification, fed with the kernel's own tables."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

_TESTS = str(Path(__file__).resolve().parents[2] / "tests")
if _TESTS not in sys.path:
    sys.path.append(_TESTS)

from specification.forum import Action, Deliberation, Person  # noqa: E402
from specification.world import Idea, World  # noqa: E402

from alliancesim.parameters import PARAMETERS  # noqa: E402


class Room(World):
    """What a deliberation asks of the world: the rules, and what a participant makes of a depth."""

    def __init__(self, rules: np.ndarray, domains: int) -> None:
        self.p = SimpleNamespace(**{one.name: float(rules[one.name][0]) for one in PARAMETERS})
        self.domains, self.seen = domains, Counter()


def forums_of(
    participants: np.ndarray,
    salience: np.ndarray,
    shared: np.ndarray,
    objectives: np.ndarray,
    trust: np.ndarray,
    ideas: np.ndarray,
    rules: np.ndarray,
    settings: np.ndarray,
) -> list[Deliberation]:
    """Forums as plain Python objects."""  # fmt: skip
    room = Room(rules, salience.shape[2])
    found = []
    for f in range(len(participants)):
        people = [_person(row, salience[f, i], objectives[f, i]) for i, row in enumerate(participants[f])]
        library = [
            Idea(m, int(one["domain"]), int(one["capabilities"]), float(one["cost"]), float(one["effort"]), float(one["value"]))
            for m, one in enumerate(ideas[f])
            if one["cost"] > 0.0
        ]  # fmt: skip
        place = SimpleNamespace(library=library, need=shared[f].tolist(), cells=[])
        between = {
            (x.one, y.one): float(trust[f, i, j]) for i, x in enumerate(people) for j, y in enumerate(people) if i != j
        }
        key, rent = int(settings[f]["key"]), float(settings[f]["rent"])
        found.append(Deliberation(room, place, people, between, key, rent, None))
    return found


def _person(row: Any, salience: np.ndarray, objectives: np.ndarray) -> Person:
    one = _Organisation(
        key=int(row["key"]), sphere=int(row["sphere"]), capabilities=int(row["capabilities"]),
        structuration=float(row["structuration"]), salience=salience.tolist(), objectives=objectives.tolist(),
    )  # fmt: skip
    return Person(
        one, float(row["cash"]), float(row["time"]), int(row["free"]), float(row["neutrality"]), float(row["belief"]),
        float(row["burden"]),
    )  # fmt: skip


class _Organisation(SimpleNamespace):
    """What a deliberation reads of an organisation; one is not another that looks the same."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def resolve(forums: list[Deliberation]) -> list[Action]:
    """The first action of each forum: its outcome."""
    return [one.run()[0] for one in forums]
