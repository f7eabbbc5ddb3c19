"""Two or more scenarios side by side: what of the difference is the lever, what is luck, who gains, at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.comparison.comparing import Comparison, compare, open_comparison
    from alliancesim.comparison.gap import split_gap

_HOMES = {"Comparison": "comparing", "compare": "comparing", "open_comparison": "comparing", "split_gap": "gap"}

__all__ = ["Comparison", "compare", "open_comparison", "split_gap"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
