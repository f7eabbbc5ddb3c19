"""A hypothesis as its file says it: statement, label, experiment, effects with the smallest that are of interest."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments import Experiment
from alliancesim.experiments.compose import experiments_folder
from alliancesim.experiments.experiment import from_dict
from alliancesim.hypotheses.decide import SIGNS
from alliancesim.hypotheses.effects import MEASURES, TRANSFORMS
from alliancesim.scenario.checks import Checked, build, key, nearest, unknown
from alliancesim.scenario.text import read_mapping

NAMES = ("H1", "H1b", *(f"H{number}" for number in range(2, 23)))
"""All hypotheses, in order."""


@dataclass(frozen=True)
class EffectConfig(Checked):
    """One effect of a hypothesis: what is measured, and from where on it is of interest."""

    words: str = key("", "str", "what it is, in a few words")
    measure: str = key("contrast", "str", "how it is measured", choices=tuple(MEASURES))
    of: dict[str, Any] = key({}, "options", "options of the measure")
    unit: str = key("", "str", "unit")
    scale: str = key("difference", "str", "scale", choices=("difference", "log", "share", "log-likelihood"))
    sign: str = key("+", "str", "direction that is stated", choices=SIGNS)
    least: float = key(0.0, "float", "smallest effect of interest, without its sign", above=0.0)
    reason: str = key("", "str", "why that one")
    decides: bool = key(True, "bool", "whether the hypothesis hangs on it, or it is reported beside")

    def _check_together(self, prefix: str) -> None:
        for name in ("words", "unit", "reason"):
            if not getattr(self, name):
                raise UserError(f"{prefix}{name}: found nothing, expected words")
        known = list(inspect.signature(MEASURES[self.measure]).parameters.values())[1:]
        names = [one.name for one in known]
        for name in self.of:
            if name not in names:
                raise unknown(f"{prefix}of.{name}", names)
        for one in known:
            if one.default is inspect.Parameter.empty and one.name not in self.of:
                raise UserError(f"{prefix}of.{one.name}: found nothing, expected it ({self.measure} needs it)")
        transform = self.of.get("transform", "none")
        if transform not in TRANSFORMS:
            raise UserError(f"{prefix}of.transform: found {transform!r}, expected one of {', '.join(TRANSFORMS)}")


@dataclass(frozen=True)
class Hypothesis(Checked):
    """A hypothesis, before it is run."""

    name: str = key("H0", "name", "its name in SPEC section 9")
    statement: str = key("", "str", "what it says")
    sign: str = key("+", "str", "signs, as in SPEC section 9")
    role: str = key("exploratory", "str", "role", choices=("confirmatory", "exploratory"))
    label: str = key(
        "open",
        "str",
        "entailed by a rule, contingent on parameters, or open",
        choices=("entailed", "contingent", "open"),
    )
    because: str = key("", "str", "why that label, in a sentence")
    limits: str = key("", "str", "what the design leaves out, in a sentence or two")
    experiment: dict[str, Any] = key({}, "options", "an experiment: base, scenarios or factors, what to keep")
    arms: dict[str, Any] = key({}, "options", "names of arms to values of factors; none: the scenarios' labels")
    draws: int = key(30, "int", "draws of the parameters to begin with", minimum=1, maximum=100_000)
    most: int = key(60, "int", "draws at most", minimum=1, maximum=100_000)
    seeds: int = key(2, "int", "seeds of each draw", minimum=1, maximum=1000)
    effects: dict[str, EffectConfig] = key({}, "many", "effects by name", nested=EffectConfig)

    def _check_together(self, prefix: str) -> None:
        for name in ("statement", "because"):
            if not getattr(self, name):
                raise UserError(f"{prefix}{name}: found nothing, expected a sentence")
        if self.most < self.draws:
            raise UserError(f"{prefix}most: found {self.most}, expected {self.draws} (draws) or more")
        if not any(one.decides for one in self.effects.values()):
            raise UserError(f"{prefix}effects: found none that decides, expected one or more")
        for name, wanted in self.arms.items():
            if not isinstance(wanted, Mapping):
                raise UserError(f"{prefix}arms.{name}: found {wanted!r}, expected values of factors")

    @property
    def deciding(self) -> list[str]:
        """Names of the effects that the hypothesis hangs on."""
        return [name for name, one in self.effects.items() if one.decides]

    def design(self) -> Experiment:
        """The experiment, as the file says it (draws, seeds and rules are added when it is run)."""
        try:
            return from_dict({"name": self.name, **self.experiment})
        except UserError as error:
            raise UserError(f"experiment: {error}") from None


def hypotheses_folder() -> Path:
    """Folder of the files and of their register."""
    return experiments_folder() / "hypotheses"


def load(path: Path) -> Hypothesis:
    """Read and check a file.

    Raises
    ------
    UserError
        One line: file, key, what was found, what was expected.
    """
    data = read_mapping(path)
    try:
        found = build(Hypothesis, data)
        found.design()
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from None
    if found.name != path.stem:
        raise UserError(f"{path.name}: name: found {found.name!r}, expected {path.stem!r}")
    return found


def chosen(only: str | None) -> list[str]:
    """Names of hypotheses from a list with commas; all without one.

    Raises
    ------
    UserError
        Naming the nearest.
    """
    if only is None:
        return list(NAMES)
    names = [word.strip() for word in only.split(",") if word.strip()]
    if not names:
        raise UserError("only: found nothing, expected names such as H6,H7")
    for name in names:
        if name not in NAMES:
            raise UserError(f"only: found {name!r}, expected one of {', '.join(NAMES)}{nearest(name, NAMES)}")
    return [name for name in NAMES if name in names]


def content_hash(path: Path) -> str:
    """SHA-256 of what a file says, whatever its comments, spaces and order of keys."""
    text = json.dumps(read_mapping(path), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
