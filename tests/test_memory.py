"""Memory: what a million organisations take, and that a finished run is freed."""

from __future__ import annotations

import gc
import weakref

import pytest
from building import ran

from alliancesim.engine import engine_of
from alliancesim.scenario import load_scenario


def bytes_of(holder: object) -> int:
    """Bytes of all arrays that an object holds directly or in a dict."""
    total = 0
    for value in vars(holder).values():
        for array in value.values() if isinstance(value, dict) else [value]:
            total += getattr(array, "nbytes", 0) if not callable(getattr(array, "nbytes", 0)) else 0
    return total


@pytest.mark.slow
def test_a_million_organisations_take_less_than_400_bytes_each() -> None:
    run = engine_of(load_scenario("territory=urban", "territory.population=12000000", "months=12", "burn_in=0"))
    assert run.state.n_organisations > 1_000_000
    for _ in range(12):
        run.step()
    total = run.state.nbytes() + sum(array.nbytes for array in run.state.labels.values()) + bytes_of(run.world)
    assert total / run.state.n_organisations < 400


def test_a_finished_run_is_freed() -> None:
    run = ran(months=3)
    state = weakref.ref(run.state)
    del run
    gc.collect()
    assert state() is None
