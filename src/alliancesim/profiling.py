"""Where the time of a run goes: seconds of each part, and how much each phase of the month had to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_LIVELY = {"m0": 0.6, "willing0": 0.6, "a_half": 50.0, "p_aware": 0.01, "spontaneous_convening": 0.01}

COLUMNS = ("part", "seconds", "share", "events", "what", "ns_per_event", "ns_per_organisation_month")
"""Columns of ``Result.profile``: what a part worked on is ``what``, how many of them is ``events``."""


@dataclass(frozen=True)
class Work:
    """What a phase works on in a month.

    Attributes
    ----------
    what : str
        One word for it.
    count : callable
        ``count(world)`` gives how many.
    when : str
        Counted ``before`` or ``after`` the phase, or by how much it ``grows`` in it.
    """

    what: str
    count: Callable[[Any], int]
    when: str = "after"


def _organisations(world: Any) -> int:
    return int(world.state.n_organisations)


def _organisations_in_january(world: Any) -> int:
    return int(world.state.n_organisations) if world.state.is_january else 0


def _meetings(world: Any) -> int:
    return len(world.state.meetings)


def _forums(world: Any) -> int:
    return int(world.state.n_forums)


def _active(world: Any) -> int:
    return len(world.state.active)


WORK: dict[str, Work] = {
    "renew_means": Work("organisations", _organisations_in_january),
    "raise_awareness": Work("organisations", _organisations),
    "meet": Work("meetings", _meetings),
    "convene": Work("forums", _forums, when="grows"),
    "propose": Work("meetings", _meetings),
    "execute": Work("alliances", _active),
    "learn": Work("alliances", _active),
    "renew_or_exit": Work("alliances", _active, when="before"),  # those that end in it were reviewed too
    "identify": Work("alliances", _active),
    "observe": Work("months", lambda _world: 1),
}
"""What each phase of the plan works on; the alliances are those alive."""

KERNELS, TERRITORY, TABLES, RESULT, FIGURES, FILES = (
    "load kernels",
    "build the territory",
    "build the tables",
    "make the result",
    "draw figures",
    "write files",
)
"""Parts of a run around its months."""
MONTHS = "months"
_BEFORE, _AFTER = (KERNELS, TERRITORY, TABLES), (RESULT, FIGURES, FILES)


class Profile:
    """Seconds of the parts of one run, and what they worked on.

    Nothing of it is in a run that is not profiled: it counts by hooks of the engine, which are called between two phases
    and outside of their clock.
    """

    def __init__(self) -> None:
        self._parts: dict[str, tuple[float, int, str]] = {}
        self._events = dict.fromkeys(WORK, 0)
        self._before: dict[str, int] = {}
        self._organisations = 0
        self._phases: list[tuple[str, float, int]] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is done in it."""
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds, events, what = self._parts.get(name, (0.0, 0, ""))
            self._parts[name] = (seconds + time.perf_counter() - start, events, what)

    def watch(self, engine: Any) -> None:
        """Count what the phases of an engine work on, from now on."""
        for name, work in WORK.items():
            if work.when != "after":
                engine.hook(name, self._noted(name, work), when="before")
            engine.hook(name, self._counted(name, work))

    def _noted(self, name: str, work: Work) -> Callable[[Any], None]:
        def note(world: Any) -> None:
            self._before[name] = work.count(world)

        return note

    def _counted(self, name: str, work: Work) -> Callable[[Any], None]:
        def count(world: Any) -> None:
            if work.when == "before":
                self._events[name] += self._before[name]
            else:
                self._events[name] += work.count(world) - (self._before[name] if work.when == "grows" else 0)

        return count

    def read(self, engine: Any) -> None:
        """Take over the clock of the phases of an engine that has run; keeps nothing of it alive."""
        self._organisations = engine.state.n_organisations
        self._phases = [(name, timing.seconds, timing.calls) for name, timing in engine.timings.items()]
        for name, events, what in (
            (TERRITORY, len(engine.territory.cells), "cells"),
            (TABLES, engine.state.n_organisations, "organisations"),
        ):
            if name in self._parts:
                self._parts[name] = (self._parts[name][0], events, what)

    def rows(self) -> list[dict[str, Any]]:
        """A row a part, in the order of a run (see :data:`COLUMNS`); plain data."""
        before, after = ([name for name in some if name in self._parts] for some in (_BEFORE, _AFTER))
        total = sum(seconds for seconds, _, _ in self._parts.values()) + sum(row[1] for row in self._phases)
        rows = [self._row(name, *self._parts[name], 0, total) for name in before]
        for name, seconds, months in self._phases:
            what = WORK[name].what if name in WORK else ""
            rows.append(self._row(name, seconds, self._events.get(name, 0), what, months, total))
        return rows + [self._row(name, *self._parts[name], 0, total) for name in after]

    def _row(self, name: str, seconds: float, events: int, what: str, months: int, total: float) -> dict[str, Any]:
        pairs = self._organisations * months
        return {
            "part": name,
            "seconds": seconds,
            "share": seconds / total if total > 0 else 0.0,
            "events": events,
            "what": what,
            "ns_per_event": seconds * 1e9 / events if events else None,
            "ns_per_organisation_month": seconds * 1e9 / pairs if pairs else None,
        }


def small_engine(
    scenario: Any,
    territory: Any,
    *,
    months: int,
    burn_in: int,
    rules: dict[str, float] | None = None,
) -> Any:
    """An engine with the rules, animators, history and shocks of a scenario in another, small place.

    What names a place of the scenario's own territory counts for the whole place, and what its own tables name is left out.

    Parameters
    ----------
    scenario : Scenario
    territory : Territory
    months, burn_in : int
    rules : dict of str to float, optional
        Numbers of rules instead of the scenario's.
    """
    from alliancesim.engine import Engine

    config, domains = scenario.territory, territory.domains
    animators = {
        name: SimpleNamespace(**{**vars(animator), "where": [], "kind": None})
        for name, animator in scenario.animation.animators.items()
    }
    shocks = {
        name: SimpleNamespace(**{**vars(shock), "where": []})
        for name, shock in scenario.shocks.items()
        if set(shock.domains) <= set(domains)
    }
    return Engine(
        territory,
        {**vars(scenario.rules), **(rules or {})},
        animation=SimpleNamespace(animators=animators),
        history=scenario.history,
        extents={domain: level for domain, level in config.extents.items() if domain in domains},
        shocks=shocks,
        seed=1,
        months=months,
        burn_in=burn_in,
    )


def load_kernels(scenario: Any) -> None:
    """Run a tiny town in which everything happens within a year, so that what is timed next runs loaded kernels."""
    from alliancesim.territory import synthetic

    town = synthetic("urban", population=3000, seed=1, domains=tuple(scenario.territory.domains))
    small_engine(scenario, town, months=13, burn_in=12, rules=_LIVELY).run()


def frame_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows of a profile as a table; NaN where a part has no such number."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    numbers = {name: "float64" for name in ("seconds", "share", "ns_per_event", "ns_per_organisation_month")}
    return frame.astype({**numbers, "events": "int64"})


def table_text(rows: Sequence[dict[str, Any]]) -> str:
    """The table that ``alliancesim run profile=true`` prints."""
    head = ("part", "seconds", "share", "events", "", "ns an event", "ns an organisation and month")
    lines = [
        (
            row["part"],
            f"{row['seconds']:.3f}",
            f"{100 * row['share']:.1f} %",
            f"{row['events']:,}" if row["events"] or row["what"] else "",
            row["what"],
            _number(row["ns_per_event"]),
            _number(row["ns_per_organisation_month"]),
        )
        for row in rows
    ]
    per = [row["ns_per_organisation_month"] for row in rows if row["ns_per_organisation_month"] is not None]
    months = sum(row["seconds"] for row in rows if row["part"] in WORK)
    whole = sum(row["seconds"] for row in rows)
    share = f"{100 * months / whole:.1f} %" if whole > 0 else ""
    lines.append(("all phases", f"{months:.3f}", share, "", "", "", _number(sum(per) if per else None)))
    lines.append(("all", f"{whole:.3f}", "100.0 %", "", "", "", ""))
    widths = [max(len(line[n]) for line in (head, *lines)) for n in range(len(head))]
    text = ["where the time went:"]
    for line in (head, *lines):
        # words to the left, numbers to the right
        cells = [
            f"{cell:<{w}}" if n in (0, 4) else f"{cell:>{w}}"
            for n, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("  " + "  ".join(cells).rstrip())
    return "\n".join(text)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
