"""alliancesim in the field's tools: a plain function of parameters and seed, EMA workbench, SALib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.interop.ema import ema_model
    from alliancesim.interop.function import Function
    from alliancesim.interop.salib import sensitivity

_HOMES = {"Function": "function", "ema_model": "ema", "sensitivity": "salib"}

__all__ = ["Function", "ema_model", "sensitivity"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
