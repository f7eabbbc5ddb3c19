"""The typed, bounded description of one run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alliancesim import levers as _levers
from alliancesim.catalogue import DOMAINS, KIND_NAMES, LEVELS, SPHERES
from alliancesim.errors import UserError
from alliancesim.machine import processors
from alliancesim.parameters import SHARES
from alliancesim.scenario.case import CaseConfig
from alliancesim.scenario.checks import Checked, Spec, build, check, key, refuse, specs, unknown
from alliancesim.scenario.rules import Rules
from alliancesim.scenario.shocks import ShockConfig
from alliancesim.scenario.uncertainty import DRAWABLE, NONE, UncertaintyConfig, given_names, settle

TERRITORY_KINDS = ("synthetic", "real", "tables")
TYPOLOGIES = ("urban", "rural", "zus", "cross_border")
CONVENING_LEVELS = LEVELS
"""Perimeters of forums: the core knows the EPCI (a commune outside any is its own), ``rules.perimeters`` the others."""
EACH = ("commune", "epci", "department", "region")
"""Territories of each of which an animator may have a copy."""
RESOURCE_LEVELS = {"scarce": 0.4, "moderate": 1.0, "abundant": 2.5}
"""Level of cash and time slack of each word of ``resources`` (SPEC section 6)."""

_NOT_IDENTITY = ("threads", "output", "overwrite", "profile", "uncertainty")


_OF_TYPOLOGY = {"choices": TYPOLOGIES, "optional": True}


@dataclass(frozen=True)
class MixConfig(Checked):
    """Components of a synthetic territory that come from another typology than its own (null: its own)."""

    density: str | None = key(None, "str", "settlement, communes, densities of organisations", **_OF_TYPOLOGY)
    needs: str | None = key(None, "str", "level of needs, and deprived districts that raise them", **_OF_TYPOLOGY)
    structuration: str | None = key(None, "str", "deprived districts where structuration is lower", **_OF_TYPOLOGY)
    distance: str | None = key(None, "str", "deprived districts far from institutions", **_OF_TYPOLOGY)
    border: str | None = key(None, "str", "other side of a border", **_OF_TYPOLOGY)

    @classmethod
    def _prefix(cls) -> str:
        return "territory.mix."


@dataclass(frozen=True)
class TerritoryConfig(Checked):
    """Where: a synthetic typology, a real place, or the user's own tables."""

    kind: str = key("synthetic", "str", "how the territory is made", choices=TERRITORY_KINDS)
    name: str = key("urban", "str", "name of the territory in reports; no rule reads it")
    typology: str | None = key(
        "urban", "str", "distributions a synthetic territory is generated from", choices=TYPOLOGIES, optional=True
    )
    place: str | list[str] | None = key(
        None,
        "place",
        "commune, EPCI, department or region by name or INSEE code, a list of "
        "them, or france; prefixes commune:, epci:, department:, region:",
        optional=True,
    )
    cell_km: float | None = key(
        None,
        "float",
        "side of a cell of the grid; null: 2 for a real place, the typology's own, or that of the user's table",
        unit="km",
        above=0.0,
        maximum=100.0,
        optional=True,
    )
    population: int | None = key(
        None,
        "int",
        "inhabitants of a synthetic territory; null: the typology's own",
        unit="inhabitants",
        minimum=200,
        maximum=100_000_000,
        optional=True,
    )
    seed: int | None = key(
        None,
        "int",
        "key of the draws that generate a synthetic territory; null: the run's seed, so that each replicate has its own",
        minimum=0,
        maximum=2**63 - 1,
        optional=True,
    )
    mix: MixConfig = key(MixConfig, "one", "components of another typology (synthetic)", nested=MixConfig)
    buffer_km: float | None = key(
        None,
        "float",
        "width of the surroundings that are simulated and not reported; null: 5 for a commune or an EPCI, else 0",
        unit="km",
        minimum=0.0,
        maximum=500.0,
        optional=True,
    )
    cells: str | None = key(None, "path", "table of cells (CSV, Excel or Parquet)", optional=True)
    organisations: str | None = key(None, "path", "table of organisations (CSV, Excel or Parquet)", optional=True)
    generate: list[str] = key([], "names", "spheres to generate where the user's table has none", choices=SPHERES)
    domains: list[str] = key(list(DOMAINS), "names", "domains of need")
    extents: dict[str, str] = key(
        {},
        "options",
        "level at which a domain is best worked on, by domain (commune, epci, department, region); one left out has "
        "the level of the catalogue, else epci; read where rules.perimeters is on",
    )

    @classmethod
    def _prefix(cls) -> str:
        return "territory."

    def _check_together(self, prefix: str) -> None:
        for domain, level in self.extents.items():
            if self.kind != "tables" and domain not in self.domains:  # a table brings its own domains
                raise unknown(f"{prefix}extents.{domain}", self.domains)
            check(Spec("str", choices=LEVELS[1:]), level, f"{prefix}extents.{domain}")
        if not 1 <= len(self.domains) <= 20:
            raise refuse(f"{prefix}domains", self.domains, "from 1 to 20 names")
        wanted = {"synthetic": ("typology",), "real": ("place",), "tables": ("cells",)}[self.kind]
        belongs = {
            "place": "real",
            "population": "synthetic",
            "cells": "tables",
            "organisations": "tables",
            "generate": "tables",
        }
        for name in wanted:
            if getattr(self, name) is None:
                words = specs(type(self))[name].expected().removesuffix(" or null")
                raise UserError(f"{prefix}{name}: found null, expected {words} (territory.kind is {self.kind})")
        for name, kind in belongs.items():
            value = getattr(self, name)
            if value and self.kind != kind:
                raise refuse(
                    f"{prefix}{name}",
                    value,
                    f"nothing, because it only serves territory.kind={kind} (here {self.kind})",
                )
        if self.kind != "synthetic":
            for name, value in (("seed", self.seed), *(("mix." + n, v) for n, v in vars(self.mix).items())):
                if value is not None:
                    raise refuse(
                        f"{prefix}{name}",
                        value,
                        f"nothing, because it only serves territory.kind=synthetic (here {self.kind})",
                    )
            object.__setattr__(self, "typology", None)
        if self.kind == "tables" and self.organisations is None and set(self.generate) != set(SPHERES):
            raise UserError(
                f"{prefix}organisations: found null, expected a file name, or all three spheres in {prefix}generate"
            )


@dataclass(frozen=True)
class HistoryConfig(Checked):
    """What happened before: trust and prejudice are set in the rules, the rest here."""

    name: str = key("none", "name", "name of the history")
    successes0: float = key(
        0.0,
        "float",
        "successes that every organisation had heard of at the start",
        unit="successes",
        minimum=0.0,
        maximum=1e6,
    )
    failures0: float = key(
        0.0,
        "float",
        "failures that every organisation had heard of at the start",
        unit="failures",
        minimum=0.0,
        maximum=1e6,
    )
    earlier_alliances_per_1000: float = key(
        0.0,
        "float",
        "alliances that exist at the first month of burn-in",
        unit="per 1,000 organisations",
        minimum=0.0,
        maximum=1000.0,
    )

    @classmethod
    def _prefix(cls) -> str:
        return "history."


@dataclass(frozen=True)
class SourceConfig(Checked):
    """One source of an animator's money."""

    kind: str = key("public", "str", "who gives", choices=_levers.SOURCES)
    keur_per_year: float = key(0.0, "float", "money a year", unit="kEUR a year", minimum=0.0, maximum=1e9)
    start: int = key(
        1, "int", "first month of the term (1: first month after burn-in)", unit="month", minimum=1, maximum=100_000
    )
    months: int | None = key(
        None, "int", "length of the term; null: to the end", unit="months", minimum=1, maximum=100_000, optional=True
    )

    def keur(self, month: int) -> float:
        """Money that arrives in a month (kEUR): a year's at the first month of every year of the term.

        A last year that the term cuts short brings its months' share.

        Parameters
        ----------
        month : int
            Month after burn-in, the first being 1.
        """
        since = month - self.start
        if since < 0 or since % 12 or (self.months is not None and since >= self.months):
            return 0.0
        covered = 12 if self.months is None else min(12, self.months - since)
        return self.keur_per_year * covered / 12.0


@dataclass(frozen=True)
class LeverConfig(Checked):
    """One entry of an animator's calendar; what is left out takes the lever's own defaults."""

    lever: str | None = key(
        None, "str", "which lever; left out: the entry's own name", choices=_levers.LEVER_NAMES, optional=True
    )
    start: int = key(1, "int", "first month (1: first month after burn-in)", unit="month", minimum=1, maximum=100_000)
    end: int | None = key(
        None, "int", "last month; null: to the end", unit="month", minimum=1, maximum=100_000, optional=True
    )
    per_year: float | None = key(
        None,
        "float",
        "occurrences a year, the first in the first month; null: the lever's own",
        unit="a year",
        minimum=0.0,
        maximum=10_000.0,
        optional=True,
    )
    cost_keur: float | None = key(
        None,
        "float",
        "money for one occurrence (a year of a standing lever); null: the lever's own",
        unit="kEUR",
        minimum=0.0,
        maximum=1e6,
        optional=True,
    )
    cost_days: float | None = key(
        None,
        "float",
        "work for one occurrence (a year of a standing lever); null: the lever's own",
        unit="person-days",
        minimum=0.0,
        maximum=1e6,
        optional=True,
    )
    options: dict[str, Any] = key({}, "options", "options of the lever (see `alliancesim list levers`)")

    def _check_together(self, prefix: str) -> None:
        if self.lever is None:
            raise UserError(f"{prefix}lever: found null, expected one of {', '.join(_levers.LEVER_NAMES)}")
        if self.end is not None and self.end < self.start:
            raise refuse(f"{prefix}end", self.end, f"a month from {self.start} (its start) on")
        definition = self.definition
        if self.per_year is not None and self.per_year > 0 and definition.per_year == 0:
            raise refuse(f"{prefix}per_year", self.per_year, f"nothing, because {self.lever} stands from start to end")
        for name in ("per_year", "cost_keur", "cost_days"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, float(getattr(definition, name)))
        object.__setattr__(self, "options", self._checked_options(prefix))
        if self.options.get("standing") and self.options["plenary"]:
            raise refuse(f"{prefix}options.plenary", True, "false (a standing forum has no plenary)")

    def _checked_options(self, prefix: str) -> dict[str, Any]:
        known = self.definition.options
        for name in self.options:
            if name not in known:
                if not known:
                    raise UserError(f"{prefix}options.{name}: unknown key (the lever {self.lever} has no option)")
                raise unknown(f"{prefix}options.{name}", known)
        return {
            name: check(option_spec(option), self.options.get(name, option.default), f"{prefix}options.{name}")
            for name, option in known.items()
        }

    @property
    def definition(self) -> _levers.Lever:
        """The lever's row of `alliancesim.levers`."""
        assert self.lever is not None
        return _levers.BY_NAME[self.lever]

    @property
    def standing(self) -> bool:
        """Whether it acts every month from start to end, instead of a number of times a year."""
        return self.definition.per_year == 0

    def active(self, month: int) -> bool:
        """Whether a month (1: first after burn-in) lies between start and end."""
        return month >= self.start and (self.end is None or month <= self.end)

    def occurrences(self, month: int) -> int:
        """How many times it occurs in a month; none for a standing lever.

        The k-th occurrence falls in the month in which ``per_year`` occurrences a year, the first at ``start``, are
        due: ten a year are ten in every twelve months, one a year falls in ``start`` and every twelve months later.
        """
        if self.standing or not self.active(month):
            return 0
        assert self.per_year is not None
        return _due(self.per_year, month - self.start + 1) - _due(self.per_year, month - self.start)


def _due(per_year: float, months: int) -> int:
    """Occurrences due within the first months of a calendar: per_year x months / 12, rounded up."""
    due = per_year * months / 12.0
    return -int(-(due - 1e-9) // 1)  # a nearly whole number of occurrences is that number


def option_spec(option: _levers.Option) -> Spec:
    """What an option of a lever may hold: the type of its default, within its limits."""
    kind = (
        "bool"
        if isinstance(option.default, bool)
        else "int"
        if isinstance(option.default, int)
        else "float"
        if isinstance(option.default, float)
        else "str"
    )
    return Spec(
        kind,
        option.doc,
        option.unit,
        minimum=option.minimum,
        maximum=option.maximum,
        choices=(_levers.AS_ANIMATOR, *_levers.TARGETS) if kind == "str" else (),
    )


@dataclass(frozen=True)
class AnimatorConfig(Checked):
    """An animator: its host, its money by source, its calendar of levers."""

    host: str = key("association", "str", "sphere that hosts it", choices=_levers.HOSTS)
    neutrality: float = key(
        0.5,
        "float",
        "nu: lowers the leadership rent in its forums, lets it carry a contested lead",
        unit="share",
        minimum=0.0,
        maximum=1.0,
    )
    targeting: str = key(
        "random",
        "str",
        "whom its levers invite, unless they say otherwise (options.targeting)",
        choices=_levers.TARGETS,
    )
    convening_level: str = key("epci", "str", "perimeter of its forums", choices=CONVENING_LEVELS)
    kind: str | None = key(
        None,
        "str",
        "kind of the organisation that is the animator: it takes part in the forums that it convenes; null: none",
        choices=KIND_NAMES,
        optional=True,
    )
    where: list[str] = key(
        [],
        "texts",
        "territories that it works in: communes, EPCIs or departments of the place, by name or code; none: all",
    )
    each: str | None = key(
        None, "str", "one such animator in each of these of where it works; null: one", choices=EACH, optional=True
    )
    sources: dict[str, SourceConfig] = key({}, "many", "money by source", nested=SourceConfig)
    levers: dict[str, LeverConfig] = key({}, "many", "calendar of levers", nested=LeverConfig, named="lever")


@dataclass(frozen=True)
class AnimationConfig(Checked):
    """The animators of the territory; none by default."""

    animators: dict[str, AnimatorConfig] = key({}, "many", "animators by name", nested=AnimatorConfig)

    @classmethod
    def _prefix(cls) -> str:
        return "animation."


@dataclass(frozen=True)
class PopulationConfig(Checked):
    """How many of the organisations are simulated."""

    sample: float = key(
        1.0,
        "float",
        "share of organisations that are simulated, with weights; 1: everyone",
        unit="share",
        above=0.0,
        maximum=1.0,
    )

    @classmethod
    def _prefix(cls) -> str:
        return "population."


@dataclass(frozen=True)
class Scenario(Checked):
    """One run, but for the code that runs it: every key typed, bounded and in plain data.

    Making one from plain data, from Python or from a file gives the same checks as the command line.
    """

    territory: TerritoryConfig = key(TerritoryConfig, "one", "where", nested=TerritoryConfig)
    resources: str = key(
        "moderate",
        "name",
        "word for the level of slack: scarce 0.4, moderate 1, abundant 2.5 of the "
        "reference; sets rules.r_fin and rules.r_hum",
    )
    history: HistoryConfig = key(HistoryConfig, "one", "what happened before", nested=HistoryConfig)
    animation: AnimationConfig = key(
        AnimationConfig, "one", "who animates the territory, how, paid by whom", nested=AnimationConfig
    )
    case: CaseConfig | None = key(None, "one", "preset that the scenario comes from", nested=CaseConfig, optional=True)
    population: PopulationConfig = key(PopulationConfig, "one", "everyone or a fraction", nested=PopulationConfig)
    rules: Rules = key(Rules, "one", "numbers of the rules", nested=Rules)
    uncertainty: UncertaintyConfig = key(
        UncertaintyConfig, "one", "where numbers of the rules that are not given come from", nested=UncertaintyConfig
    )
    shocks: dict[str, ShockConfig] = key({}, "many", "shocks by name (an extension)", nested=ShockConfig)
    months: int = key(120, "int", "months after burn-in", unit="months", minimum=1, maximum=100_000)
    burn_in: int = key(
        120, "int", "months before, without animator, not reported", unit="months", minimum=0, maximum=100_000
    )
    seed: int = key(1, "int", "key of every draw", minimum=0, maximum=2**63 - 1)
    threads: int | None = key(
        None,
        "int",
        "threads; null: NUMBA_NUM_THREADS if set, else all cores; changes no result",
        unit="threads",
        minimum=1,
        maximum=4096,
        optional=True,
    )
    output: str | None = key(None, "path", "folder of the results; null: a new one under outputs/", optional=True)
    overwrite: bool = key(False, "bool", "whether a folder that holds another run may be replaced")
    profile: bool = key(
        False, "bool", "whether to say where the time of the run went, phase by phase; changes no result"
    )

    def __post_init__(self) -> None:
        given, about = self.rules, self.uncertainty
        sample = about.get("sample", NONE) if isinstance(about, Mapping) else getattr(about, "sample", NONE)
        if isinstance(given, Mapping) and sample != NONE:  # a share that is yet to be drawn is in no other's way
            object.__setattr__(self, "rules", {**{n: 0.0 for pair in SHARES for n in pair}, **given})
        super().__post_init__()
        config = self.uncertainty
        fixed = given_names(given) if config.fixed is None else config.fixed
        values, settled = settle(config, vars(self.rules), fixed, self.seed)
        object.__setattr__(self, "uncertainty", UncertaintyConfig(**settled))
        if values is not None:
            object.__setattr__(self, "rules", Rules(**values))

    def _check_together(self, prefix: str) -> None:
        themes = len(self.territory.domains)
        for shock, wanted in self.shocks.items():
            if self.territory.kind == "tables":
                break  # the table says which domains there are: checked when the run is built
            for at, domain in enumerate(wanted.domains):
                check(Spec("str", choices=tuple(self.territory.domains)), domain, f"shocks.{shock}.domains[{at}]")
        for animator, config in self.animation.animators.items():
            if config.convening_level != "epci" and not self.rules.perimeters:
                raise refuse(
                    f"animation.animators.{animator}.convening_level",
                    config.convening_level,
                    "epci, or rules.perimeters=1 (the extension that knows other levels)",
                )
            for name, lever in config.levers.items():
                if lever.options.get("themes", 0) > themes:
                    raise refuse(
                        f"animation.animators.{animator}.levers.{name}.options.themes",
                        lever.options["themes"],
                        f"at most {themes} (territory.domains)",
                    )

    @property
    def thread_count(self) -> int:
        """Threads to use: ``threads``, else ``NUMBA_NUM_THREADS`` if set, else all cores that the process may use."""
        if self.threads is not None:
            return self.threads
        given = os.environ.get("NUMBA_NUM_THREADS", "").strip()
        if given.isdecimal() and int(given) >= 1:
            return int(given)
        return processors()

    @property
    def slug(self) -> str:
        """Short name of the scenario for folders and titles, without identity: ``charenton``, ``rural-scarce``."""
        if self.case is not None:
            return self.case.name
        words = f"{self.territory.name}-{self.resources}".casefold()
        return "-".join("".join(c if (c.isascii() and c.isalnum()) or c == "_" else " " for c in words).split())[:60]

    def replace(self, /, **changes: Any) -> Scenario:
        """The scenario with some keys changed.

        Parameters
        ----------
        **changes
            Values by key, dotted for nested ones: ``scenario.replace(**{"rules.psi": 0.3, "months": 12})``. A word for
            ``resources`` sets ``rules.r_fin`` and ``rules.r_hum``, unless they are given too. Under ``uncertainty`` another
            seed is another draw, and a parameter changed here is given: no draw replaces it.

        Raises
        ------
        UserError
            For an unknown key or a value out of its bounds.
        """
        data = self.to_dict()
        if changes.get("resources") in RESOURCE_LEVELS:
            level = RESOURCE_LEVELS[changes["resources"]]
            changes = {"rules.r_fin": level, "rules.r_hum": level, **changes}
        self._say_given(data, changes)
        fixed = data["uncertainty"]["fixed"]
        # Whole groups first, then keys inside them.
        for path in sorted(changes, key=lambda path: path.count(".")):
            put(data, path, changes[path].to_dict() if isinstance(changes[path], Checked) else changes[path])
        if isinstance(data["uncertainty"], dict) and data["uncertainty"].get("fixed") is None:
            data["uncertainty"]["fixed"] = fixed
        return from_dict(data)

    def _say_given(self, data: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Note which parameters changes give, and drop what was drawn where changes say how to draw; changes data."""
        about = data["uncertainty"]
        named = {path.removeprefix("rules.") for path in changes if path.startswith("rules.")}
        if "rules" in changes:
            named.update(given_names(changes["rules"]))
        about["fixed"] = [name for name in DRAWABLE if name in named or name in about["fixed"]]
        anew = any(path.partition(".")[0] == "uncertainty" for path in changes)
        if anew:
            about["digest"] = None
        if anew or named & {name for pair in SHARES for name in pair}:
            about["drawn"] = None
            if self.uncertainty.on:
                for name in DRAWABLE:
                    if name not in about["fixed"]:
                        del data["rules"][name]

    def given(self) -> Scenario:
        """The same run with its parameters given, whichever sample they were drawn from."""
        return self.replace(uncertainty=UncertaintyConfig(fixed=list(DRAWABLE)), rules=self.rules)

    def hash(self) -> str:
        """Identity of the scenario: SHA-256 (64 hexadecimal digits) of every key that a result depends on.

        Threads, output folder, overwrite and profile do not count, nor does what a preset says about itself but its name; the
        user's tables count by their content where they can be read. Parameters count by their values, given or drawn.
        """
        return hashlib.sha256(self.identity_text().encode("ascii")).hexdigest()

    def identity_text(self) -> str:
        """What :meth:`hash` hashes: the keys that a result depends on as JSON, in ASCII, sorted."""
        data = self.to_dict()
        for name in _NOT_IDENTITY:
            del data[name]
        data["case"] = self.case.name if self.case is not None else None
        for name in ("cells", "organisations"):
            path = data["territory"][name]
            if path is not None and Path(path).is_file():
                data["territory"][name] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    def to_yaml(self) -> str:
        """The resolved scenario as YAML, keys in a stable order."""
        from alliancesim.scenario.text import dump

        return dump(self.to_dict())

    @staticmethod
    def from_yaml(path: str | os.PathLike[str]) -> Scenario:
        """A scenario from a file that `to_yaml` wrote."""
        from alliancesim.scenario.text import read_mapping

        return from_dict(read_mapping(Path(path)))


def from_dict(data: Mapping[str, Any]) -> Scenario:
    """A scenario from plain data; keys left out take their defaults."""
    return build(Scenario, data)


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted key; mappings on the way are made, a mapping given is merged.

    Raises
    ------
    UserError
        Where the key goes through a value that has no keys.
    """
    *parents, last = path.split(".")
    for depth, name in enumerate(parents):
        below = data.get(name)
        if below is None:
            below = data[name] = {}
        if not isinstance(below, dict):
            raise UserError(f"{path}: unknown key ({'.'.join(parents[: depth + 1])} holds {below!r}, not keys)")
        data = below
    if isinstance(value, Mapping) and isinstance(data.get(last), dict):
        for name, item in value.items():
            put(data[last], str(name), item) if "." not in str(name) else data[last].update({name: item})
    else:
        data[last] = dict(value) if isinstance(value, Mapping) else value


def spec_at(path: str) -> Spec | None:
    """What the key at a dotted path may hold; None if there is no such key."""
    names = path.split(".")
    cls: type = Scenario
    index = 0
    while index < len(names):
        spec = specs(cls).get(names[index])
        if spec is None:
            return None
        index += 1
        if index == len(names):
            return spec
        if spec.kind == "options":
            return spec
        if spec.kind == "many":
            index += 1
            if index == len(names):
                return Spec("one", nested=spec.nested)
        elif spec.kind != "one":
            return None
        assert spec.nested is not None
        cls = spec.nested
    return None
