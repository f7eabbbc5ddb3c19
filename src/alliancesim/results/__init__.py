"""What a run leaves: tables, their metadata, save, open, rerun, why, export; everything heavy imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.results.again import rerun
    from alliancesim.results.explain import why
    from alliancesim.results.folder import run_to_folder
    from alliancesim.results.hypergraph import export
    from alliancesim.results.result import Result, open_result, result_of, simulate

_HOMES = {
    "Result": "result",
    "export": "hypergraph",
    "open_result": "result",
    "rerun": "again",
    "result_of": "result",
    "run_to_folder": "folder",
    "simulate": "result",
    "why": "explain",
}

__all__ = ["Result", "export", "open_result", "rerun", "result_of", "run_to_folder", "simulate", "why"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
