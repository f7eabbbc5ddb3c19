"""The runs that show the targets, and the function from parameters to targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.calibration.observed import OBSERVED
from alliancesim.calibration.targets import Target, read_targets
from alliancesim.engine import engine_of, make_territory
from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME
from alliancesim.scenario.checks import nearest

PLAN = Path(__file__).resolve().parents[1] / "data" / "calibration.yaml"
SELECTION = "selection"
"""Nuisance parameter, 0 to 1: how far chosen successes began above an average place (SPEC section 9)."""
SELECTED = ("willing0", "trust0")
"""Parameters that selection moves toward the top of their priors, in the settings that are chosen successes."""


@dataclass(frozen=True)
class Setting:
    """Runs that show some targets.

    Attributes
    ----------
    name : str
    months : int
        After burn-in.
    parts : tuple of tuple of str
        Words of ``alliancesim run`` of each run; their counts are pooled.
    selection : bool
        Whether it is a chosen success.
    """

    name: str
    months: int
    parts: tuple[tuple[str, ...], ...]
    selection: bool = False


def settings_of(described: Mapping[str, Any]) -> dict[str, Setting]:
    """Settings from their description in ``calibration.yaml``."""
    return {
        name: Setting(
            name,
            int(one["months"]),
            tuple(tuple(map(str, words)) for words in one["parts"]),
            bool(one.get("selection")),
        )
        for name, one in described.items()
    }


@lru_cache(maxsize=2)
def packaged(quick: bool = False) -> dict[str, Setting]:
    """The package's settings, by name."""
    import yaml

    plan = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    return settings_of(plan["quick"]["settings"] if quick else plan["settings"])


MAPS = 8
"""Synthetic territories that a part is run on: seeds share them by turns, so that most runs find theirs built."""


@lru_cache(maxsize=16)
def _scenario(words: tuple[str, ...], months: int) -> Any:
    from alliancesim.scenario import load_scenario

    return load_scenario(*words, f"months={months}", "threads=1")


@lru_cache(maxsize=64)
def _base(words: tuple[str, ...], months: int, number: int) -> Any:
    """Scenario of a part with one of its territories, and that territory."""
    scenario = _scenario(words, months)
    if scenario.territory.kind == "synthetic" and scenario.territory.seed is None:
        scenario = scenario.replace(**{"territory.seed": number})
    return scenario, make_territory(scenario)


def selected(parameters: Mapping[str, float]) -> dict[str, float]:
    """Rules of a chosen success: willing0 and trust0 moved toward the top of their priors by the share ``selection``.

    A parameter that is not given is moved from its default; one above the top of its prior stays.
    """
    rules = {name: value for name, value in parameters.items() if name != SELECTION}
    share = float(parameters.get(SELECTION, 0.0))
    for name in SELECTED:
        value = float(rules.get(name, BY_NAME[name].default))
        rules[name] = value + share * max(0.0, BY_NAME[name].high - value)
    return rules


def check_parameters(parameters: Mapping[str, float]) -> None:
    """Whether all are parameters of rules, or the nuisance parameter ``selection`` within 0 to 1.

    Raises
    ------
    UserError
    """
    for name, value in parameters.items():
        if name == SELECTION:
            if not 0.0 <= value <= 1.0:
                raise UserError(f"{SELECTION}: found {value!r}, expected 0 to 1")
        elif name not in BY_NAME:
            raise UserError(f"parameters: found {name!r}, expected a parameter of the rules{nearest(name, BY_NAME)}")


def simulate_targets(
    parameters: Mapping[str, float],
    seed: int,
    targets: Sequence[Target] | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> dict[str, float]:
    """What runs under some parameters give for each target; about 1.9 seconds for the package's own.

    Parameters
    ----------
    parameters : mapping of str to float
        Parameters of the rules by name (``theta``, not ``rules.theta``); all others stand at the default of each setting.
        ``selection`` (0 to 1) moves ``willing0`` and ``trust0`` of the settings that are chosen successes.
    seed : int
        Of all runs; synthetic territories have the seed modulo ``MAPS``.
    targets : sequence of Target, optional
        Those of SPEC section 9 without one.
    settings : mapping of str to Setting, optional
        The package's own without one.

    Returns
    -------
    dict
        Target to value; NaN where the runs have nothing of the kind (no alliance, no plenary).

    Raises
    ------
    UserError
        For an unknown parameter, or a value outside its hard limits.
    """
    check_parameters(parameters)
    known = packaged() if settings is None else settings
    wanted = read_targets() if targets is None else tuple(targets)
    plain = {name: float(value) for name, value in parameters.items() if name != SELECTION}
    found: dict[str, float] = {}
    for name in dict.fromkeys(target.setting for target in wanted):
        setting = known[name]
        here = [target for target in wanted if target.setting == name]
        rules = selected(parameters) if setting.selection else plain
        pooled = np.zeros((len(here), 2))
        for words in setting.parts:
            scenario, territory = _base(words, setting.months, int(seed) % MAPS)
            scenario = scenario.replace(**{f"rules.{key}": value for key, value in rules.items()}, seed=int(seed))
            engine = engine_of(scenario, territory=territory)
            try:
                engine.run()
            finally:
                engine.world.close()
            first = engine.burn_in - 1
            pooled += [OBSERVED[target.observable].parts(engine, first + target.month) for target in here]
        for target, (above, below) in zip(here, pooled, strict=True):
            found[target.name] = float(above / below) if below > 0 else float("nan")
    return {target.name: found[target.name] for target in wanted}
