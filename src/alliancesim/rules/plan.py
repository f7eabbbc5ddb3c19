"""The month: ten phases in order. This list is the model's outline; it can be printed, timed and hooked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alliancesim.rules.convene import convene
from alliancesim.rules.execute import execute
from alliancesim.rules.identify import identify
from alliancesim.rules.learn import learn
from alliancesim.rules.meet import meet
from alliancesim.rules.observe import observe
from alliancesim.rules.propose import propose
from alliancesim.rules.raise_awareness import raise_awareness
from alliancesim.rules.renew_means import renew_means
from alliancesim.rules.renew_or_exit import renew_or_exit
from alliancesim.rules.world import World


@dataclass(frozen=True)
class Phase:
    """One phase of a month: its name, its function (world -> digest) and where it comes from."""

    name: str
    function: Callable[[World], int]
    source: str


PLAN: tuple[Phase, ...] = (
    Phase("renew_means", renew_means, "SPEC 3.1; SOURCE N26, M52"),
    Phase("raise_awareness", raise_awareness, "SPEC 3.2; SOURCE M02, M03, M25"),
    Phase("meet", meet, "SPEC 3.3; SOURCE M12, M33, M34, M57, M59"),
    Phase("convene", convene, "SPEC 3.4 and 4; SOURCE M37, M38, M53, N44"),
    Phase("propose", propose, "SPEC 3.5; SOURCE M01, M05, M35, M49, N50"),
    Phase("execute", execute, "SPEC 3.6; SOURCE M04, M24, M45"),
    Phase("learn", learn, "SPEC 3.7; SOURCE M14, M46"),
    Phase("renew_or_exit", renew_or_exit, "SPEC 3.8; SOURCE N42"),
    Phase("identify", identify, "SPEC 3.9; SOURCE M09"),
    Phase("observe", observe, "SPEC 3.10 and 7; SOURCE N08, N09"),
)
PHASE_NAMES = tuple(phase.name for phase in PLAN)


def describe(plan: tuple[Phase, ...] = PLAN) -> str:
    """The plan as text: number, name, file, source, first line of what it does."""
    lines = []
    for number, phase in enumerate(plan, start=1):
        summary = (phase.function.__doc__ or "").strip().splitlines()
        place = f"{phase.function.__module__.replace('.', '/')}.py"
        lines.append(f"{number:2d}. {phase.name:16s} {place}")
        lines.append(f"    {summary[0] if summary else ''}")
        lines.append(f"    from {phase.source}")
    return "\n".join(lines)
