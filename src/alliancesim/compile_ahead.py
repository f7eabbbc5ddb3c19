"""``python -m alliancesim.compile_ahead``: compile the kernels of a month beside a process that compiles them in their order.

Phases run from the last to the first, on a town that nobody looks at: what is asked of them is that kernels are compiled. A
kernel that the other process compiles is waited for, so both meet in the middle of the first month. Then come the largest
kernel of all, that of a forum, and what later months of a year ask for.
"""

from __future__ import annotations

from typing import Any

from filelock import FileLock, Timeout

from alliancesim.kernels import companion
from alliancesim.kernels.compile import CACHE_FOLDER


def main() -> None:
    """Compile ahead, unless another process does already."""
    companion.asked = True
    if CACHE_FOLDER is None:
        return
    try:
        with FileLock(CACHE_FOLDER / "ahead.lock", timeout=0):
            ahead()
    except Timeout:
        return


def ahead() -> None:
    """Ask for the kernels of a year, in another order than a run."""
    engine = town()
    backwards(engine, 1)
    a_forum()
    backwards(engine, 12)


def a_forum() -> None:
    """A forum of two, alone."""
    from alliancesim.forum_api import forum

    forum(
        [{"kind": "volunteer"}, {"kind": "epci"}],
        [{"domain": "housing", "cost": 0.1, "effort": 0.1, "value": 1.0, "capabilities": ""}],
    )


def town() -> Any:
    """An engine in which everything happens within a year."""
    from alliancesim.engine import engine_of
    from alliancesim.scenario import load_scenario

    return engine_of(load_scenario("territory=urban", "territory.population=3000", "animation=labo", "burn_in=1"))


def backwards(engine: Any, months: int) -> None:
    """Run the phases of some months, last first."""
    for _ in range(months):
        engine.state.month += 1
        for phase in reversed(engine.plan):
            phase.function(engine.world)


if __name__ == "__main__":
    main()
