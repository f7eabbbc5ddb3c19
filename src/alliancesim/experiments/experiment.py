"""What an experiment's file says: a base scenario, factors, a design, replicates, what to keep."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alliancesim.errors import UserError
from alliancesim.scenario.checks import Checked, build, key, refuse, unknown
from alliancesim.scenario.library import GROUPS
from alliancesim.scenario.schema import Scenario, spec_at

SUBJECTS = ("territory", "forums")
DESIGNS = ("list", "grid", "one_at_a_time", "latin_hypercube", "sobol", "saltelli", "morris", "table")
SPACE_FILLING = ("latin_hypercube", "sobol", "saltelli", "morris")
"""Designs that take ``design.samples``."""
MEASURE_GROUPS = ("forums", "reference", "predictions", "networks")
"""Groups of further columns that a run may leave (``keep.groups``)."""
DISTRIBUTIONS = ("uniform", "log_uniform", "triangular", "normal")
LEVELS_OF_MEANS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
"""Seven levels of resources, each twice the one before (SPEC section 4: at least seven, from 0.1 to 6.4)."""
LEVELS_OF_STRUCTURATION = [0.2, 0.25, 0.32, 0.41, 0.53, 0.69, 0.9]
FRENCH_FACTOR = 2.3
"""Largest fiscal potential of French territories over the smallest (SPEC section 4)."""
FRENCH_MEANS = (1.6 / FRENCH_FACTOR, 1.6)
"""Means that differ by that factor, around the reference; they end at one of the seven levels."""
FRENCH_STRUCTURATION = (0.9 / FRENCH_FACTOR, 0.9)
"""The same factor of structuration, for which no figure is known."""


@dataclass(frozen=True)
class FactorConfig(Checked):
    """What one key of the scenario may be in this experiment: some levels, or a range with its distribution."""

    levels: list[Any] | None = key(None, "values", "values to take, words or numbers", optional=True)
    low: float | None = key(None, "float", "lowest value of a range", optional=True)
    high: float | None = key(None, "float", "highest value of a range", optional=True)
    distribution: str = key("uniform", "str", "how a range is drawn", choices=DISTRIBUTIONS)
    log: bool = key(False, "bool", "whether a uniform range is drawn on a log scale (as distribution=log_uniform)")
    mode: float | None = key(
        None, "float", "most likely value (triangular), mean (normal, cut at the range)", optional=True
    )
    sd: float | None = key(
        None, "float", "standard deviation (normal); null: a quarter of the range", above=0.0, optional=True
    )
    integer: bool = key(False, "bool", "whether values are rounded to whole numbers")

    def _check_together(self, prefix: str) -> None:
        ranged = self.low is not None or self.high is not None
        if (self.levels is None) == (not ranged):
            found = "both levels and a range" if ranged else "neither levels nor a range"
            raise UserError(f"{prefix.rstrip('.')}: found {found}, expected levels: [...], or low and high")
        if self.levels is not None:
            if not self.levels:
                raise refuse(f"{prefix}levels", self.levels, "one value or more")
            texts = [repr(level) for level in self.levels]
            for text in texts:
                if texts.count(text) > 1:
                    raise UserError(f"{prefix}levels: found {text} twice, expected each once")
            return
        if self.low is None or self.high is None or not self.low < self.high:
            raise UserError(f"{prefix}high: found low {self.low!r} and high {self.high!r}, expected low below high")
        if self.log and self.distribution == "uniform":
            object.__setattr__(self, "distribution", "log_uniform")
        if self.distribution == "log_uniform" and self.low <= 0:
            raise refuse(f"{prefix}low", self.low, "a number above 0 (the range is drawn on a log scale)")
        if self.mode is not None and not self.low <= self.mode <= self.high:
            raise refuse(f"{prefix}mode", self.mode, f"a number from {self.low:g} to {self.high:g}")

    def at(self, share: float) -> Any:
        """Value below which a share of the distribution lies (levels: equal shares, in their order).

        Parameters
        ----------
        share : float
            From 0 to 1.

        Returns
        -------
        object
            A level, or a number of 12 significant digits (so that no machine's last bit matters).
        """
        if self.levels is not None:
            return self.levels[min(len(self.levels) - 1, int(share * len(self.levels)))]
        assert self.low is not None
        assert self.high is not None
        low, high = self.low, self.high
        if self.distribution == "log_uniform":
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        elif self.distribution == "triangular":
            mode = (low + high) / 2 if self.mode is None else self.mode
            split = (mode - low) / (high - low)
            if share < split:
                value = low + math.sqrt(share * (high - low) * (mode - low))
            else:
                value = high - math.sqrt((1.0 - share) * (high - low) * (high - mode))
        elif self.distribution == "normal":
            from statistics import NormalDist

            law = NormalDist((low + high) / 2 if self.mode is None else self.mode, self.sd or (high - low) / 4)
            below, above = law.cdf(low), law.cdf(high)
            value = law.inv_cdf(min(max(below + share * (above - below), 1e-12), 1 - 1e-12))
        else:
            value = low + share * (high - low)
        value = min(max(float(f"{value:.12g}"), low), high)
        return round(value) if self.integer else value

    def spread(self, number: int) -> list[Any]:
        """Levels, or ``number`` values evenly spread over the distribution, both ends included."""
        if self.levels is not None:
            return list(self.levels)
        values = [self.at(i / (number - 1)) for i in range(number)] if number > 1 else [self.at(0.5)]
        return list(dict.fromkeys(values))


@dataclass(frozen=True)
class DesignConfig(Checked):
    """Which points of the factors' space are run."""

    kind: str = key("grid", "str", "design", choices=DESIGNS)
    samples: int | None = key(
        None, "int", "points (latin_hypercube, sobol), base samples (saltelli), trajectories (morris)",
        minimum=1, maximum=100_000_000, optional=True,
    )  # fmt: skip
    levels: int = key(
        5, "int", "values of a range (grid, one_at_a_time); levels of morris, even", minimum=2, maximum=10_000
    )
    second_order: bool = key(False, "bool", "whether saltelli allows for second-order indices")
    seed: int = key(1, "int", "key of the design's own draws", minimum=0, maximum=2**31 - 1)
    path: str | None = key(None, "path", "table of the user's own points (CSV, Excel or Parquet)", optional=True)

    @classmethod
    def _prefix(cls) -> str:
        return "design."

    def _check_together(self, prefix: str) -> None:
        if self.kind in SPACE_FILLING and self.samples is None:
            raise UserError(f"{prefix}samples: found null, expected a whole number ({prefix}kind is {self.kind})")
        if self.kind == "table" and self.path is None:
            raise UserError(f"{prefix}path: found null, expected a file name ({prefix}kind is table)")
        if self.kind == "morris" and self.levels % 2:
            object.__setattr__(self, "levels", self.levels - 1)


@dataclass(frozen=True)
class KeepConfig(Checked):
    """What each run leaves."""

    observables: list[str] = key([], "names", "columns of runs.parquet; none: all")
    timeseries: list[str] = key(
        ["engaged_share", "alliances", "need_met", "need_met_deprived", "spend_keur"], "names",
        "columns of the monthly record to keep over time",
    )  # fmt: skip
    every: int = key(
        12,
        "int",
        "months between two rows over time; what is counted by month is summed over them",
        unit="months",
        minimum=1,
        maximum=100_000,
    )
    cells: bool = key(False, "bool", "whether to keep what each cell of the grid ends with (maps)")
    organisations: bool = key(False, "bool", "whether to keep whether each organisation is and was engaged")
    groups: list[str] = key(
        [],
        "names",
        "further columns of runs.parquet: forums (of animators), reference (a case's numbers), predictions "
        "(docs/predictions.md), networks (beside matchings at random)",
        choices=MEASURE_GROUPS,
    )
    results: list[int] = key([], "values", "numbers of runs of which all tables are kept")

    @classmethod
    def _prefix(cls) -> str:
        return "keep."

    def _check_together(self, prefix: str) -> None:
        for index, run in enumerate(self.results):
            if isinstance(run, bool) or not isinstance(run, int) or run < 0:
                raise refuse(f"{prefix}results[{index}]", run, "the number of a run, from 0")


@dataclass(frozen=True)
class ForumsConfig(Checked):
    """Forums alone (``subject: forums``): the same keyed people and ideas at every level of means."""

    number: int = key(2000, "int", "forums of a run", minimum=1, maximum=100_000_000)
    size: int = key(12, "int", "participants", minimum=2, maximum=60)
    trust: float | None = key(
        None, "float", "trust of every pair; null: base trust", minimum=0.0, maximum=1.0, optional=True
    )
    neutrality: float = key(0.0, "float", "of the convenor", minimum=0.0, maximum=1.0)
    resource: str = key("both", "str", "what varies over the levels", choices=("both", "r_fin", "r_hum", "r_str"))
    levels: list[Any] | None = key(
        None, "values", "levels of it, rising; null: seven from 0.1 to 6.4, of r_str from 0.2 to 0.9", optional=True
    )
    french: bool = key(
        False, "bool", "whether ease is compared over a factor of 2.3 too, the range of fiscal potential in France"
    )
    replays: int = key(
        0,
        "int",
        "times each forum is held again with other draws of what people do, at the means of the rules, to see how far its "
        "launch can be foreseen (0: levels of means instead)",
        minimum=0,
        maximum=100_000,
    )

    @classmethod
    def _prefix(cls) -> str:
        return "forums."

    def _check_together(self, prefix: str) -> None:
        given = self.levels
        if given is None:
            return
        numbers = [level for level in given if isinstance(level, (int, float)) and not isinstance(level, bool)]
        if len(numbers) < 2 or len(numbers) != len(given) or sorted(set(numbers)) != numbers or numbers[0] <= 0:
            raise refuse(f"{prefix}levels", given, "two numbers above 0 or more, rising")

    @property
    def wide(self) -> list[float]:
        """Levels over which ease is compared."""
        of_resource = LEVELS_OF_STRUCTURATION if self.resource == "r_str" else LEVELS_OF_MEANS
        return [float(level) for level in self.levels or of_resource]

    @property
    def narrow(self) -> tuple[float, float] | None:
        """Ends of the range seen in France, where it is compared too."""
        if not self.french:
            return None
        return FRENCH_STRUCTURATION if self.resource == "r_str" else FRENCH_MEANS


@dataclass(frozen=True)
class Experiment(Checked):
    """Many runs, described: what `alliancesim sweep` and :func:`run_experiment` run.

    From Python as from a file: ``Experiment(base=["territory=rural"], factors={"rules.psi": {"low": 0, "high": 1}},
    design={"kind": "sobol", "samples": 64}, replicates=8)``. ``base`` and each entry of ``scenarios`` may be a
    :class:`~alliancesim.Scenario` too.
    """

    name: str = key("experiment", "name", "short name, for folders")
    title: str | None = key(None, "str", "title", optional=True)
    question: str | None = key(None, "str", "what it asks, in a sentence", optional=True)
    subject: str = key("territory", "str", "what a run is: a territory, or forums alone", choices=SUBJECTS)
    base: Any = key([], "texts", "base scenario: key=value as on the command line of run")
    scenarios: dict[str, Any] = key(
        {}, "options", "scenarios by label, each a list of key=value on top of base (design list)"
    )
    factors: dict[str, Any] = key({}, "options", "key of the scenario to its levels or range")
    constraints: list[str] = key([], "texts", "what points must fulfil, such as rules.r_fin <= rules.r_hum")
    design: DesignConfig = key(DesignConfig, "one", "which points", nested=DesignConfig)
    forums: ForumsConfig = key(ForumsConfig, "one", "forums of a run (subject forums)", nested=ForumsConfig)
    replicates: int = key(10, "int", "runs of each point, with seeds from the base's on", minimum=1, maximum=10_000_000)
    common_random_numbers: bool = key(True, "bool", "whether replicate k of every point shares its keyed draws")
    precision: dict[str, Any] = key(
        {}, "options", "observable to a half-width (0.01 or 5 %): replicates are added until reached"
    )
    most_replicates: int = key(200, "int", "replicates at which precision gives up", minimum=1, maximum=10_000_000)
    keep: KeepConfig = key(KeepConfig, "one", "what each run leaves", nested=KeepConfig)
    quick: list[str] = key([], "texts", "key=value that quick=true sets")

    def __post_init__(self) -> None:
        given = self.base
        if isinstance(given, (Scenario, Mapping)):
            object.__setattr__(self, "base", [])
        super().__post_init__()
        if isinstance(given, (Scenario, Mapping)):
            object.__setattr__(self, "base", _scenario_data(given, "base"))

    def _check_together(self, prefix: str) -> None:
        factors = {}
        for name, data in self.factors.items():
            if data is None:  # a file that builds on another takes a factor away
                continue
            _check_factor_key(str(name), self.subject)
            factors[str(name)] = build(FactorConfig, data, f"factors.{name}")
        object.__setattr__(self, "factors", factors)
        scenarios: dict[str, Any] = {}
        for label, data in self.scenarios.items():
            if isinstance(data, (Scenario, Mapping)):
                scenarios[str(label)] = _scenario_data(data, f"scenarios.{label}")
            elif isinstance(data, (list, tuple)) and all(isinstance(text, str) for text in data):
                scenarios[str(label)] = list(data)
            else:
                raise refuse(f"scenarios.{label}", data, "a list of key=value")
        object.__setattr__(self, "scenarios", scenarios)
        kind = self.design.kind
        if kind == "list" and not scenarios:
            raise UserError(
                "scenarios: found nothing, expected labels, each with a list of key=value (design.kind is list)"
            )
        if scenarios and kind != "list":
            raise UserError(f"scenarios: found {len(scenarios)}, expected none (design.kind is {kind}, not list)")
        if kind == "list" and factors:
            raise UserError(f"factors: found {', '.join(factors)}, expected none (design.kind is list)")
        if kind not in ("list", "table") and not factors and kind != "grid":
            raise UserError(f"factors: found nothing, expected one factor or more (design.kind is {kind})")
        if self.constraints and kind in ("saltelli", "morris"):
            raise UserError(
                f"constraints: found {self.constraints[0]!r}, expected none (the analysis of {kind} needs every point)"
            )
        for name, value in self.precision.items():
            from alliancesim.analysis.sequential import parse_precision

            try:
                parse_precision(value)
            except (ValueError, UserError):
                raise refuse(f"precision.{name}", value, "a half-width such as 0.01 or '5%'") from None
        if self.precision and self.most_replicates < self.replicates:
            raise refuse("most_replicates", self.most_replicates, f"{self.replicates} (replicates) or more")

    @property
    def heading(self) -> str:
        """Its title, or its name."""
        return self.title or self.name

    def to_dict(self) -> dict[str, Any]:
        """Plain data: mappings, lists, texts, numbers."""
        data = super().to_dict()
        data["base"] = self.base
        data["factors"] = {
            name: {
                f.name: getattr(factor, f.name)
                for f in dataclasses.fields(factor)
                if getattr(factor, f.name) != f.default
            }
            for name, factor in self.factors.items()
        }
        return data

    def to_yaml(self) -> str:
        """The experiment as YAML, keys in a stable order."""
        from alliancesim.scenario.text import dump

        return dump(self.to_dict())

    def replace(self, /, **changes: Any) -> Experiment:
        """The experiment with some keys changed, dotted for nested ones."""
        from alliancesim.scenario.schema import put

        data = self.to_dict()
        for path in sorted(changes, key=lambda path: path.count(".")):
            value = changes[path]
            put(data, path, value.to_dict() if isinstance(value, Checked) else value)
        return from_dict(data)


def from_dict(data: Mapping[str, Any]) -> Experiment:
    """An experiment from plain data; keys left out take their defaults."""
    return build(Experiment, data)


def _scenario_data(given: Any, path: str) -> dict[str, Any]:
    from alliancesim.scenario.schema import from_dict as scenario_of

    return given.to_dict() if isinstance(given, Scenario) else scenario_of(given).to_dict()


_NOT_A_FACTOR = ("seed", "threads", "output", "overwrite", "profile", "case")


def _check_factor_key(name: str, subject: str) -> None:
    """Whether a factor names a key that a run depends on."""
    if name in _NOT_A_FACTOR and name != "case":
        raise UserError(
            f"factors.{name}: found a key that is no factor, expected another (replicates draw their own seeds)"
        )
    if subject == "forums" and name.startswith("forums."):
        if name.removeprefix("forums.") not in {f.name for f in dataclasses.fields(ForumsConfig)}:
            raise unknown(f"factors.{name}", {f"forums.{f.name}" for f in dataclasses.fields(ForumsConfig)})
        return
    if name in GROUPS or spec_at(name) is not None:
        return
    from alliancesim.scenario.compose import _unknown_key

    raise UserError(f"factors.{_unknown_key(name)}")
