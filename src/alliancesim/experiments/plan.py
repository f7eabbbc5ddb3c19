"""From an experiment to its runs: scenarios of all points, seeds of all replicates, one identity a run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from alliancesim.engine import MODEL_VERSION
from alliancesim.errors import UserError
from alliancesim.experiments.designs import Point, points
from alliancesim.experiments.experiment import Experiment, ForumsConfig, from_dict
from alliancesim.rules.keys import fold, stream_key
from alliancesim.scenario import Scenario, load_scenario
from alliancesim.scenario.checks import build
from alliancesim.scenario.library import GROUPS
from alliancesim.scenario.schema import from_dict as scenario_of
from alliancesim.scenario.uncertainty import drawn_names

_SEED_BITS = 62
_SEED_STREAM = 0x5EED


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


@dataclass
class Plan:
    """Everything about an experiment that is known before it runs.

    Attributes
    ----------
    experiment : Experiment
    bases : list of dict
        Resolved scenarios (plain data), one for each combination of groups.
    points : list of PlannedPoint
    """

    experiment: Experiment
    bases: list[dict[str, Any]]
    points: list[PlannedPoint]
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
        first = int(self.bases[point.base]["seed"])
        if self.experiment.common_random_numbers:
            return first + replicate - 1
        return fold(fold(stream_key(first, _SEED_STREAM, 0), point.number), replicate) >> (64 - _SEED_BITS)

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
        data = {
            "model_version": MODEL_VERSION,
            "points": [point.identity for point in self.points],
            "labels": [point.label for point in self.points],
            **{
                name: experiment[name]
                for name in ("subject", "replicates", "common_random_numbers", "precision", "most_replicates", "keep")
            },
        }
        return hashlib.sha256(_json(data)).hexdigest()


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
    planned = [resolver.plan(number, label, point) for number, (label, point) in enumerate(found)]
    _unlike_labels(planned)
    return Plan(experiment, resolver.bases, planned)


def _unlike_labels(planned: list[PlannedPoint]) -> None:
    seen: dict[str, int] = {}
    for index, point in enumerate(planned):
        count = seen[point.label] = seen.get(point.label, 0) + 1
        if count > 1 or point.label == "point":
            label = f"point {index}" if point.label == "point" else f"{point.label} ({count})"
            data = {**vars(point), "label": label}
            planned[index] = PlannedPoint(**data)


class _Resolver:
    """Composes each combination of groups once, and lays the other keys over it."""

    def __init__(self, experiment: Experiment, config_dir: Any) -> None:
        self.experiment, self.config_dir = experiment, config_dir
        self.bases: list[dict[str, Any]] = []
        self._known: dict[str, int] = {}
        self._objects: list[Scenario] = []
        self._defaults: dict[str, str] = {}

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

    def plan(self, number: int, label: str, factors: Point) -> PlannedPoint:
        experiment = self.experiment
        given = experiment.base
        if experiment.design.kind == "list":
            own = experiment.scenarios[label]
            given = [*_without(given, own), *own] if isinstance(own, list) and isinstance(given, list) else own
            if isinstance(own, list) and not isinstance(experiment.base, list):
                if own:
                    raise UserError(f"scenarios.{label}: found key=value, expected a whole scenario (base is one)")
                given = experiment.base
        groups = {name: value for name, value in factors.items() if name in GROUPS}
        forums = {name.removeprefix("forums."): v for name, v in factors.items() if name.startswith("forums.")}
        changes = {n: v for n, v in factors.items() if n not in GROUPS and not n.startswith("forums.")}
        try:
            base = self.base(groups, given)
            scenario = self._objects[base].replace(**changes) if changes else self._objects[base]
            settings = build(ForumsConfig, {**experiment.forums.to_dict(), **forums}, "forums")
        except UserError as error:
            raise UserError(f"design, point {number} ({label}): {error}") from None
        identity = _identity(experiment, scenario, settings)
        return PlannedPoint(number, label, factors, base, changes, forums, identity)


def _identity(experiment: Experiment, scenario: Scenario, settings: ForumsConfig) -> str:
    """Identity of a point, from its scenario with seed 0; where parameters are drawn, of how they are drawn too."""
    data: dict[str, Any] = {"scenario": scenario.hash(), "model_version": MODEL_VERSION}
    data["subject"] = experiment.subject
    if experiment.subject == "forums":
        data["scenario"] = hashlib.sha256(_json([scenario.rules.to_dict(), scenario.territory.domains])).hexdigest()
        data["forums"] = settings.to_dict()
    about = scenario.uncertainty
    if about.on:
        data["uncertainty"] = [about.digest, about.row, about.seeds, about.fixed]
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
