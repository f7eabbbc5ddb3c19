"""Studies: experiments that ship, each with its figures, its tables and a page in words; written again by one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.studies.page import Page, Study

_HOMES = {"Page": "page", "Study": "page"}

__all__ = ["Page", "Study"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
