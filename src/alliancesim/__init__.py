"""Which alliances form between associations, firms and local governments, and what they change.

    >>> import alliancesim as al
    >>> scenario = al.load_scenario("territory=rural", "resources=scarce", "months=24")
    >>> model = al.AllianceModel(scenario, seed=1)
    >>> model.run_model()
    >>> share = model.engaged_share

Importing the package imports nothing heavy: each name below is looked up when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim import territory
    from alliancesim.comparison import Comparison, compare, open_comparison, split_gap
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.errors import UserError
    from alliancesim.experiments import Experiment, load_experiment, open_experiment, run_experiment
    from alliancesim.forum_api import forum, forums
    from alliancesim.mesa_face import AllianceModel, Association, Collectivity, Firm
    from alliancesim.report import write_report
    from alliancesim.results import open_result, simulate, why
    from alliancesim.scenario import Scenario, load_scenario

__version__ = "0.1.0"

_HOME = {
    "AllianceModel": "alliancesim.mesa_face",
    "Association": "alliancesim.mesa_face",
    "Collectivity": "alliancesim.mesa_face",
    "Comparison": "alliancesim.comparison",
    "Experiment": "alliancesim.experiments",
    "Firm": "alliancesim.mesa_face",
    "MODEL_VERSION": "alliancesim.engine",
    "Scenario": "alliancesim.scenario",
    "UserError": "alliancesim.errors",
    "compare": "alliancesim.comparison",
    "forum": "alliancesim.forum_api",
    "forums": "alliancesim.forum_api",
    "load_experiment": "alliancesim.experiments",
    "load_scenario": "alliancesim.scenario",
    "open_comparison": "alliancesim.comparison",
    "open_experiment": "alliancesim.experiments",
    "open_result": "alliancesim.results",
    "run_experiment": "alliancesim.experiments",
    "simulate": "alliancesim.results",
    "split_gap": "alliancesim.comparison",
    "why": "alliancesim.results",
    "write_report": "alliancesim.report",
}
"""Module of each public name."""

__all__ = [
    "MODEL_VERSION",
    "AllianceModel",
    "Association",
    "Collectivity",
    "Comparison",
    "Experiment",
    "Firm",
    "Scenario",
    "UserError",
    "__version__",
    "compare",
    "forum",
    "forums",
    "load_experiment",
    "load_scenario",
    "open_comparison",
    "open_experiment",
    "open_result",
    "run_experiment",
    "simulate",
    "split_gap",
    "territory",
    "why",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import what a public name stands for when it is first used (PEP 562)."""
    if name == "territory":
        return importlib.import_module("alliancesim.territory")
    if name not in _HOME:
        raise AttributeError(f"module 'alliancesim' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
