"""Many runs: designs, a runner that loses nothing, tidy tables; everything heavy imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliancesim.experiments.compose import load_experiment
    from alliancesim.experiments.experiment import Experiment
    from alliancesim.experiments.opened import ExperimentResult, open_experiment
    from alliancesim.experiments.progress import status
    from alliancesim.experiments.runner import run_experiment

_HOMES = {
    "Experiment": "experiment",
    "ExperimentResult": "opened",
    "load_experiment": "compose",
    "open_experiment": "opened",
    "run_experiment": "runner",
    "status": "progress",
}

__all__ = ["Experiment", "ExperimentResult", "load_experiment", "open_experiment", "run_experiment", "status"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
