"""From an experiment to its runs: scenarios of all points, seeds of all replicates, one identity a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from alliancesim.engine import MODEL_VERSION
from alliancesim.errors import UserError
from alliancesim.experiments.designs import Design, Point, listed, points
from alliancesim.experiments.experiment import Experiment, ForumsConfig, from_dict
from alliancesim.experiments.points import IDENTITY_BYTES, PlannedPoint, Points, changes_of
from alliancesim.experiments.shortcut import Shortcut, applies
from alliancesim.rules.keys import fold, stream_key
from alliancesim.scenario import Scenario, load_scenario
from alliancesim.scenario.checks import build
from alliancesim.scenario.library import GROUPS
from alliancesim.scenario.schema import from_dict as scenario_of
from alliancesim.scenario.uncertainty import drawn_names

_SEED_BITS = 62
_SEED_STREAM = 0x5EED
_BLOCK = 10_000
"""Points whose labels are texts at the same time."""


@dataclass
class Plan:
    """Everything about an experiment that is known before it runs.

    Attributes
    ----------
    experiment : Experiment
    bases : list of dict
        Resolved scenarios (plain data), one for each combination of groups.
    points : Points
    """

    experiment: Experiment
    bases: list[dict[str, Any]]
    points: Points
    _scenarios: dict[int, Scenario] = field(default_factory=dict, repr=False)

    @property
    def runs(self) -> int:
        """Runs in all; without ``precision`` all of them are done, with it at most so many."""
        return len(self.points) * self.most_replicates

    @property
    def most_replicates(self) -> int:
        """Replicates of a point at most."""
        return self.experiment.most_replicates if self.experiment.precision else self.experiment.replicates

    def place(self, run: int) -> tuple[PlannedPoint, int]:
        """Point and replicate (from 1) of a run: all points of replicate 1 come first."""
        return self.points[run % len(self.points)], run // len(self.points) + 1

    def base(self, index: int) -> Scenario:
        """A resolved scenario."""
        if index not in self._scenarios:
            self._scenarios[index] = scenario_of(self.bases[index])
        return self._scenarios[index]

    def seed(self, point: PlannedPoint, replicate: int) -> int:
        """Seed of a replicate: the base's, counted on; keyed by the point too without common random numbers."""
        return self._seed(point.number, point.base, replicate)

    def run_seed(self, run: int) -> int:
        """Seed of a run."""
        number, replicate = run % len(self.points), run // len(self.points) + 1
        return self._seed(number, int(self.points.bases[number]), replicate)

    def _seed(self, number: int, base: int, replicate: int) -> int:
        first = int(self.bases[base]["seed"])
        if self.experiment.common_random_numbers:
            return first + replicate - 1
        return fold(fold(stream_key(first, _SEED_STREAM, 0), number), replicate) >> (64 - _SEED_BITS)

    @cached_property
    def twins(self) -> dict[int, int]:
        """Points whose runs are those of an earlier point (equal scenario and seeds), and that one's number."""
        if not self.experiment.common_random_numbers or len(self.points) == 1:
            return {}
        return self.points.twins([int(base["seed"]) for base in self.bases])

    def original(self, run: int) -> int:
        """The run whose outcome this one has: itself, or the same run of an equal point."""
        number = run % len(self.points)
        return run - number + self.twins.get(number, number)

    def scenario(self, point: PlannedPoint, replicate: int) -> Scenario:
        """The resolved scenario of a run."""
        return self.base(point.base).replace(**point.changes, seed=self.seed(point, replicate))

    def forums(self, point: PlannedPoint) -> ForumsConfig:
        """Settings of a run of forums alone."""
        return build(ForumsConfig, {**self.experiment.forums.to_dict(), **point.forums}, "forums")

    def run_identity(self, run: int) -> str:
        """Identity of a run: equal for runs whose results must be equal."""
        point, replicate = self.place(run)
        identity = point.identity
        if self._may_draw(point):
            scenario = self.scenario(point, replicate)
            if scenario.uncertainty.on:  # by the values that this run draws, as if they were given
                identity = _identity(self.experiment, scenario.given().replace(seed=0), self.forums(point))
        text = f"{identity}:{self.seed(point, replicate)}"
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def _may_draw(self, point: PlannedPoint) -> bool:
        """Whether parameters of a point may depend on the replicate's seed."""
        return self.base(point.base).uncertainty.on or any(name.startswith("uncertainty") for name in point.changes)

    @cached_property
    def identity(self) -> str:
        """Identity of the experiment: its runs, and what is kept of each."""
        experiment = self.experiment.to_dict()
        mark = {"labels": "\x00labels", "points": "\x00points"}
        data = {
            "model_version": MODEL_VERSION,
            **mark,
            **{
                name: experiment[name]
                for name in ("subject", "replicates", "common_random_numbers", "precision", "most_replicates", "keep")
            },
        }
        # the text of a JSON object with both lists in it, which are too long to be there at once
        before, rest = _json(data).split(_json(mark["labels"]))
        between, after = rest.split(_json(mark["points"]))
        digest = hashlib.sha256(before)
        _feed(digest, self.points.labels())
        digest.update(between)
        _feed(digest, map(self.points.identity, range(len(self.points))))
        digest.update(after)
        return digest.hexdigest()


def _feed(digest: Any, texts: Iterable[str]) -> None:
    """Hash the JSON of a list of texts, some at a time."""
    source = iter(texts)
    digest.update(b"[")
    first = True
    while block := list(islice(source, _BLOCK)):
        digest.update((b"" if first else b",") + _json(block)[1:-1])
        first = False
    digest.update(b"]")


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def make_plan(experiment: Experiment | dict[str, Any], config_dir: Any = None) -> Plan:
    """Resolve every point of an experiment.

    Raises
    ------
    UserError
        For a point whose scenario is not possible, naming the point; for a design without points.
    """
    if isinstance(experiment, dict):
        experiment = from_dict(experiment)
    resolver = _Resolver(experiment, config_dir)
    found = points(experiment, resolver.baseline)
    if not found:
        raise UserError("design: no point in it, expected one or more")
    bases = np.zeros(len(found), dtype=np.int32)
    identities = np.zeros((len(found), IDENTITY_BYTES), dtype=np.uint8)
    kinds: dict[str, set[type]] = {}
    for number in range(len(found)):
        factors = found.factors(number)
        bases[number], identity = resolver.plan(number, found, factors)
        identities[number] = np.frombuffer(bytes.fromhex(identity), dtype=np.uint8)
        for name, value in factors.items():
            kinds.setdefault(name, set()).add(type(value))
    return Plan(experiment, resolver.bases, Points(found, bases, identities, kinds))


def plan_of(
    experiment: Experiment, bases: Sequence[Scenario], chosen: Sequence[tuple[str, int, dict[str, Any]]]
) -> Plan:
    """A plan whose points somebody else chose, such as a search.

    Parameters
    ----------
    experiment : Experiment
        What is kept, replicates, name; its own design is not read.
    bases : sequence of Scenario
        Each with the seed of its first replicate.
    chosen : sequence of (str, int, dict)
        Of each point: label, index of its base, keys that differ from it (no groups).
    """
    whole = [one.replace(threads=1, output=None, overwrite=False, profile=False) for one in bases]
    unseeded = [one.replace(seed=0) for one in whole]  # identities hold no seed
    identities = np.zeros((len(chosen), IDENTITY_BYTES), dtype=np.uint8)
    for number, (_, base, changes) in enumerate(chosen):
        identity = _identity(experiment, unseeded[base].replace(**changes), experiment.forums)
        identities[number] = np.frombuffer(bytes.fromhex(identity), dtype=np.uint8)
    at = np.array([base for _, base, _ in chosen], dtype=np.int32)
    design = listed([(label, changes) for label, _, changes in chosen])
    return Plan(experiment, [one.to_dict() for one in whole], Points(design, at, identities))


class _Resolver:
    """Composes each combination of groups once, and lays the other keys over it."""

    def __init__(self, experiment: Experiment, config_dir: Any) -> None:
        self.experiment, self.config_dir = experiment, config_dir
        self.bases: list[dict[str, Any]] = []
        self._known: dict[str, int] = {}
        self._objects: list[Scenario] = []
        self._shortcuts: dict[tuple[int, tuple[str, ...]], Shortcut | None] = {}

    def _index(self, scenario: Scenario, name: str) -> int:
        if name not in self._known:
            scenario = scenario.replace(threads=1, output=None, overwrite=False, profile=False)
            self._known[name] = len(self.bases)
            self.bases.append(scenario.to_dict())
            self._objects.append(scenario.replace(seed=0))  # identities hold no seed
        return self._known[name]

    def base(self, groups: dict[str, Any], given: Any) -> int:
        """Index of the scenario of a combination of groups."""
        name = json.dumps([groups, given if isinstance(given, list) else id(given)], sort_keys=True, default=str)
        if name in self._known:
            return self._known[name]
        if not isinstance(given, list):
            if groups.keys() - {"resources"}:
                group = next(iter(groups.keys() - {"resources"}))
                raise UserError(
                    f"factors.{group}: found a group, expected a key (base is a whole scenario, not key=value)"
                )
            return self._index(scenario_of(given).replace(**groups), name)
        words = [f"{group}={_group_text(value)}" for group, value in groups.items()]
        chosen = {text.partition("=")[0].strip() for text in words}
        kept = [text for text in given if text.partition("=")[0].strip() not in chosen]
        return self._index(load_scenario(*kept, *words, config_dir=self.config_dir), name)

    @cached_property
    def _own_base(self) -> int:
        """Index of the scenario of points without groups."""
        return self.base({}, self.experiment.base)

    def baseline(self, name: str) -> Any:
        """Value of a key in the base scenario; for a group its option; NaN for a parameter that each replicate draws."""
        if name in GROUPS:
            given = self.experiment.base if isinstance(self.experiment.base, list) else []
            said = [text.partition("=")[2].strip() for text in given if text.partition("=")[0].strip() == name]
            return said[-1] if said else _PRIMARY_GROUPS[name]
        if name.startswith("forums.") and self.experiment.subject == "forums":
            return getattr(self.experiment.forums, name.removeprefix("forums."))
        data: Any = self.bases[self.base({}, self.experiment.base)]
        for part in name.split("."):
            if not isinstance(data, dict) or part not in data:
                from alliancesim.scenario.compose import _unknown_key

                raise UserError(f"constraints: {_unknown_key(name)}")
            data = data[part]
        if name.startswith("rules."):
            about = self._objects[self.base({}, self.experiment.base)].uncertainty
            if name.removeprefix("rules.") in drawn_names(about):
                return float("nan")
        return data

    def plan(self, number: int, design: Design, factors: Point) -> tuple[int, str]:
        """Index of a point's scenario before its own changes, and its identity."""
        experiment = self.experiment
        given = experiment.base
        if experiment.design.kind == "list":
            label = design[number][0]
            own = experiment.scenarios[label]
            given = [*_without(given, own), *own] if isinstance(own, list) and isinstance(given, list) else own
            if isinstance(own, list) and not isinstance(experiment.base, list):
                if own:
                    raise UserError(f"scenarios.{label}: found key=value, expected a whole scenario (base is one)")
                given = experiment.base
        groups = {name: value for name, value in factors.items() if name in GROUPS}
        changes, forums = changes_of(factors)
        point = f"design, point {number} ({design[number][0]})"
        try:
            base = self.base(groups, given) if groups or given is not experiment.base else self._own_base
        except UserError as error:
            before = " before its keys are laid over the base" if changes else ""
            raise UserError(f"{point}{before}: {error}") from None
        try:
            return base, self._identity(base, changes, forums)
        except UserError as error:
            raise UserError(f"{point}: {error}") from None

    def _identity(self, base: int, changes: dict[str, Any], forums: dict[str, Any]) -> str:
        """Identity of a point; the first of each kind of change is made, and says whether its shortcut is right."""
        kind = (base, tuple(changes))
        shortcut = self._shortcuts.get(kind)
        if shortcut is not None:
            return _digest(shortcut.hash(changes), self.experiment.subject)
        scenario = self._objects[base].replace(**changes) if changes else self._objects[base]
        settings = build(ForumsConfig, {**self.experiment.forums.to_dict(), **forums}, "forums")
        if kind not in self._shortcuts:
            self._shortcuts[kind] = None
            if self.experiment.subject == "territory" and not scenario.uncertainty.on and applies(changes):
                shortcut = Shortcut(self._objects[base], kind[1])
                self._shortcuts[kind] = shortcut if shortcut.hash(changes) == scenario.hash() else None
        return _identity(self.experiment, scenario, settings)


def _identity(experiment: Experiment, scenario: Scenario, settings: ForumsConfig) -> str:
    """Identity of a point, from its scenario with seed 0; where parameters are drawn, of how they are drawn too."""
    more: dict[str, Any] = {}
    found = scenario.hash()
    if experiment.subject == "forums":
        found = hashlib.sha256(_json([scenario.rules.to_dict(), scenario.territory.domains])).hexdigest()
        more["forums"] = settings.to_dict()
    about = scenario.uncertainty
    if about.on:
        more["uncertainty"] = [about.digest, about.row, about.seeds, about.fixed]
    return _digest(found, experiment.subject, more)


def _digest(scenario: str, subject: str, more: dict[str, Any] | None = None) -> str:
    data = {"scenario": scenario, "model_version": MODEL_VERSION, "subject": subject, **(more or {})}
    return hashlib.sha256(_json(data)).hexdigest()


def _without(base: list[str], own: list[str]) -> list[str]:
    """Overrides of the base that a scenario of the list does not set itself."""
    said = {text.partition("=")[0].strip() for text in own}
    return [text for text in base if text.partition("=")[0].strip() not in said]


def _group_text(value: Any) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


_PRIMARY_GROUPS = {
    "territory": "urban", "resources": "moderate", "history": "none", "animation": "none", "rules": "default",
    "extensions": "none", "case": "null"
}  # fmt: skip
"""Options of configs/config.yaml (a test compares)."""
