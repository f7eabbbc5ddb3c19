"""A run, described: typed and bounded keys, composed from configs and the command line.

`Scenario` and its parts are frozen dataclasses whose every value is checked when they are made; `load_scenario`
composes one with Hydra, which is imported only then.
"""

from __future__ import annotations

from alliancesim.scenario.case import REFERENCE_OBSERVABLES, CaseConfig, ReferenceConfig
from alliancesim.scenario.compose import compose, load_scenario, origins
from alliancesim.scenario.rules import Rules
from alliancesim.scenario.schema import (
    RESOURCE_LEVELS,
    TYPOLOGIES,
    AnimationConfig,
    AnimatorConfig,
    HistoryConfig,
    LeverConfig,
    PopulationConfig,
    Scenario,
    SourceConfig,
    TerritoryConfig,
    from_dict,
)
from alliancesim.scenario.uncertainty import UncertaintyConfig, draw

__all__ = [
    "REFERENCE_OBSERVABLES",
    "RESOURCE_LEVELS",
    "TYPOLOGIES",
    "AnimationConfig",
    "AnimatorConfig",
    "CaseConfig",
    "HistoryConfig",
    "LeverConfig",
    "PopulationConfig",
    "ReferenceConfig",
    "Rules",
    "Scenario",
    "SourceConfig",
    "TerritoryConfig",
    "UncertaintyConfig",
    "compose",
    "draw",
    "from_dict",
    "load_scenario",
    "origins",
]
