"""What runs say, counted: paired differences, rankings, regret, enough replicates, ease curves, costs, who owes what to a lever.

Arrays and tables in, tables out: nothing here runs a simulation or opens a file. Replicate k of every point of a design shares
its keyed draws, so points are compared replicate by replicate. Names are imported when they are first used.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.analysis.attribution import (
        Attribution,
        Changes,
        attribution,
        attribution_of,
        by_group,
        changes,
        changes_of,
        thirds,
    )
    from alliancesim.analysis.costs import cost_per_outcome, money_spent
    from alliancesim.analysis.curves import class_shares, classify, classify_all, effect
    from alliancesim.analysis.paired import contrast, mean_bands, paired, paired_over_time
    from alliancesim.analysis.ranking import ranking, regret, regret_table
    from alliancesim.analysis.resample import Interval, indices, interval, wilson
    from alliancesim.analysis.sequential import Precision, enough, half_width, more, parse_precision
    from alliancesim.analysis.shapley import coalitions, shapley

_HOMES = {
    "Attribution": "attribution",
    "Changes": "attribution",
    "Interval": "resample",
    "Precision": "sequential",
    "attribution": "attribution",
    "attribution_of": "attribution",
    "by_group": "attribution",
    "changes": "attribution",
    "changes_of": "attribution",
    "class_shares": "curves",
    "classify": "curves",
    "classify_all": "curves",
    "coalitions": "shapley",
    "contrast": "paired",
    "cost_per_outcome": "costs",
    "effect": "curves",
    "enough": "sequential",
    "half_width": "sequential",
    "indices": "resample",
    "interval": "resample",
    "mean_bands": "paired",
    "money_spent": "costs",
    "more": "sequential",
    "paired": "paired",
    "paired_over_time": "paired",
    "parse_precision": "sequential",
    "ranking": "ranking",
    "regret": "ranking",
    "regret_table": "ranking",
    "shapley": "shapley",
    "thirds": "attribution",
    "wilson": "resample",
}

__all__ = [
    "Attribution",
    "Changes",
    "Interval",
    "Precision",
    "attribution",
    "attribution_of",
    "by_group",
    "changes",
    "changes_of",
    "class_shares",
    "classify",
    "classify_all",
    "coalitions",
    "contrast",
    "cost_per_outcome",
    "effect",
    "enough",
    "half_width",
    "indices",
    "interval",
    "mean_bands",
    "money_spent",
    "more",
    "paired",
    "paired_over_time",
    "parse_precision",
    "ranking",
    "regret",
    "regret_table",
    "shapley",
    "thirds",
    "wilson",
]


class _Package(ModuleType):
    """The package keeps a function where a module of the same name is imported (``paired``, ``ranking``, ...)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
