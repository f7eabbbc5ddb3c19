"""How far each phase of a month is from what the machine allows: memory that must be touched, numbers that must be made.

Three sizes of one territory. At each, this machine is measured on tables as large as those of the run: what a line of 64 bytes
costs that is read where no one expects it (many such reads under way at once), what a byte costs that is read, or read and
written, in order; and, on no table, what a keyed draw and an exponential cost. Then the last year of a run is taken phase by
phase: how many events it had, what of memory each event cannot do without (``NEEDS``, counted from the records of
``kernels/layout.py`` and the rules), and so the least time that a phase could take if nothing else were to be done. A phase's
limit is the larger of memory and arithmetic: a processor does both at once. Phases that follow one another find nothing of
each other in the caches at the larger sizes; at the smallest one all of it stays there, and a line costs what a cache asks.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from table import Row, best, main, number

from alliancesim.engine import Engine, engine_of
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.kernels.layout import ALLIANCE, IDEA, MEMBERSHIP, ORGANISATION, TIE
from alliancesim.kernels.numeric import exp
from alliancesim.scenario import load_scenario

SIZES = (10_000, 100_000, 1_000_000)
QUICK = (1_000,)
INHABITANTS = 11.3
"""Inhabitants of an urban territory for one organisation."""
BURN_IN, MONTHS = 24, 12
LINE = 64
PHASES = (
    "renew_means", "raise_awareness", "meet", "convene", "propose", "execute", "learn", "renew_or_exit", "identify", "observe"
)  # fmt: skip


@kernel
def gather(lines, order):
    """Sum of one number of each line, in an order without order."""
    total = 0.0
    for n in range(order.shape[0]):
        total += lines[order[n], 0]
    return total


@kernel
def chase(following, steps):
    """A walk in which every step tells the next: nothing can be asked for ahead."""
    at = 0
    for _ in range(steps):
        at = following[at]
    return at


@kernel
def stream(values):
    """Sum of all, in order."""
    total = 0
    for n in range(values.shape[0]):
        total += values[n]
    return total


@kernel
def rewrite(values):
    """Change all, in order."""
    for n in range(values.shape[0]):
        values[n] += 1


@kernel
def draws(number_of):
    """Keyed uniforms."""
    total = 0.0
    for n in range(number_of):
        total += uniform(fold(number_of, n))
    return total


@kernel
def exponentials(number_of):
    """Exponentials."""
    total = 0.0
    for n in range(number_of):
        total += exp(-n * 1e-6)
    return total


@dataclass(frozen=True)
class Machine:
    """What the machine allows on tables of some size, nanoseconds.

    Attributes
    ----------
    line : float
        A line read at a random place, many at a time; ``chained`` where each must be waited for.
    read, rewritten : float
        A byte read in order; read and written.
    draw, exponential : float
    """

    line: float
    chained: float
    read: float
    rewritten: float
    draw: float
    exponential: float


def machine(table_bytes: int) -> Machine:
    """Measure it on tables of so many bytes."""
    lines = max(256, table_bytes // LINE)
    table = np.ones((lines, LINE // 8))  # zeros would be one page of the system, again and again
    random = np.random.default_rng(1)
    order = random.permutation(lines)[: min(lines, 2_000_000)]
    following = np.empty((lines, LINE // 8), dtype=np.int64)
    circle = random.permutation(lines)
    following[circle, 0] = np.roll(circle, -1) * (LINE // 8)
    steps = min(lines, 500_000)
    flat, numbers = following.reshape(-1), np.ones(table_bytes // 8 + 32, dtype=np.int64)
    many = 1_000_000
    gather(table, order[:10]), chase(flat, 10), stream(numbers[:10]), rewrite(numbers[:10])
    draws(10), exponentials(10)
    passes = max(1, 4_000_000 // len(numbers))

    def repeated(work: Any) -> Any:
        return lambda: [work(numbers) for _ in range(passes)]

    return Machine(
        line=1e9 * best(lambda: gather(table, order), 5) / len(order),
        chained=1e9 * best(lambda: chase(flat, steps), 3) / steps,
        read=1e9 * best(repeated(stream), 5) / numbers.nbytes / passes,
        rewritten=1e9 * best(repeated(rewrite), 5) / numbers.nbytes / passes,
        draw=1e9 * best(lambda: draws(many), 5) / many,
        exponential=1e9 * best(lambda: exponentials(many), 5) / many,
    )


@dataclass
class Events:
    """What a year had to do, in all: organisations and months, turns, meetings, forums, alliances."""

    organisations: int = 0
    januaries: int = 0
    turns: float = 0.0
    meetings: int = 0
    weighed: int = 0
    forgetting: float = 0.0
    forums: int = 0
    scanned: float = 0.0
    alive: int = 0
    members: float = 0.0
    drawn: int = 0
    ties: int = 0


def watch(engine: Engine) -> Events:
    """Count them from now on."""
    found = Events()
    state = engine.state
    mass, cells = state.space.organisation_mass, state.cells
    inhabited = cells["high"] > cells["low"]
    turns = float((mass[cells["high"][inhabited] - 1] * cells["meetings"][inhabited]).sum())
    slots = np.diff(state.slots)
    held = {"forums": state.n_forums}
    largest = float(np.square((state.perimeters["high"] - state.perimeters["low"]).astype(float)).sum())

    def month(world: Any) -> None:
        s = world.state
        people, met = s.organisations, s.meetings
        a, b = people[met["a"]], people[met["b"]]
        found.organisations += len(people)
        found.januaries += len(people) if s.is_january else 0
        found.turns += turns
        found.meetings += len(met)
        found.weighed += int(((a["sphere"] != b["sphere"]) & (a["stage"] > 0) & (b["stage"] > 0)).sum())
        for side in ("a", "b"):
            full = people["ties"][met[side]] == slots[met[side]]
            found.forgetting += float(slots[met[side]][full].sum())
        found.scanned += (s.n_forums - held["forums"]) * largest / max(1, len(people))
        found.forums += s.n_forums - held["forums"]
        held["forums"] = s.n_forums

    def alive(world: Any) -> None:
        s = world.state
        found.alive += len(s.active)
        found.members += float(s.alliances["members"][s.active].sum())
        found.drawn += int((s.alliances["result"][s.active] > 0).sum())

    def closing(world: Any) -> None:
        if (world.state.month - world.state.burn_in) % 12 == 11:
            found.ties += int(world.state.organisations["ties"].sum(dtype=np.int64))

    engine.hook("propose", month, when="before")
    engine.hook("learn", alive, when="before")
    engine.hook("observe", closing, when="before")
    return found


@dataclass(frozen=True)
class Need:
    """What a phase cannot do without.

    Attributes
    ----------
    lines : float
        Lines of 64 bytes at places that no one expects.
    read, rewritten : float
        Bytes in order.
    draws, exponentials : float
    """

    lines: float = 0.0
    read: float = 0.0
    rewritten: float = 0.0
    draws: float = 0.0
    exponentials: float = 0.0

    def nanoseconds(self, here: Machine) -> tuple[float, float]:
        """Memory, arithmetic."""
        memory = self.lines * here.line + self.read * here.read + self.rewritten * here.rewritten
        return memory, self.draws * here.draw + self.exponentials * here.exponential


def lines_of(dtype: np.dtype) -> float:
    """Lines on which a record stands, on average."""
    return 1.0 + (dtype.itemsize - 1) / LINE


def needs(e: Events, domains: int, library: int) -> dict[str, Need]:
    """The least that each phase must touch and make, by the records that its rule reads (SPEC section 3)."""
    person, alliance = lines_of(ORGANISATION), lines_of(ALLIANCE) + 2.5 * lines_of(MEMBERSHIP)
    ties = 20 * TIE.itemsize / LINE
    return {
        # means of everyone, once a year
        "renew_means": Need(rewritten=e.januaries * 32.0),
        # beliefs and openness fade: the row of everyone is read and written; exposures of everyone are looked at
        "raise_awareness": Need(rewritten=e.organisations * float(ORGANISATION.itemsize), read=float(e.organisations)),
        # a turn: who, its row, square, block, part, partner; a meeting: two rows, their slots and ties, and the partners
        # of a full table, one of whom is forgotten
        "meet": Need(
            lines=e.turns * 2.0 + e.meetings * (5.0 + 2.0 * person + 2.0 + 2.0 * ties) + e.forgetting,
            draws=e.turns * 3.0 + e.meetings * 8.0, exponentials=float(e.meetings),
        ),
        # who of the perimeter may come
        "convene": Need(read=e.scanned * ORGANISATION.itemsize, draws=e.scanned * 0.4),
        # a pair that may ally: rows, salience, objectives, ties, and the library of the perimeter
        "propose": Need(
            lines=e.meetings * 2.0 * person + e.weighed * (2.0 + 2.0 * lines_of(np.dtype((np.float32, domains))) + ties),
            read=e.weighed * library * float(IDEA.itemsize), draws=e.weighed * 2.0, exponentials=e.weighed * 2.0,
        ),
        # alliances whose year is up: the alliance, its memberships, its members
        "execute": Need(
            lines=e.drawn * (alliance + e.members / max(1, e.alive) * person), read=e.alive * 8.0, draws=float(e.drawn)
        ),
        "learn": Need(lines=e.drawn * (alliance + e.members / max(1, e.alive) * (person + ties))),
        "renew_or_exit": Need(lines=e.alive * 2.0, draws=float(e.alive), exponentials=float(e.alive)),
        "identify": Need(lines=e.alive * 1.0, draws=float(e.alive)),
        # rows of everyone, alliances alive with their members; once a year every tie and what its partner is open to
        "observe": Need(
            lines=e.alive * (alliance + e.members / max(1, e.alive)) + e.ties / 2.0,
            read=e.organisations * float(ORGANISATION.itemsize) + e.ties * float(TIE.itemsize),
        ),
    }  # fmt: skip


def measure(size: int, repeats: int) -> list[Row]:
    """Rows of one size: the least time of each phase over some runs, beside its limit."""
    scenario = load_scenario(
        "territory=urban", f"territory.population={round(INHABITANTS * size)}", "territory.seed=1", f"months={MONTHS}",
        f"burn_in={BURN_IN}", "threads=1",
    )  # fmt: skip
    took: dict[str, float] = {}
    for _ in range(repeats):
        engine = engine_of(scenario)
        engine.burn()
        before = {name: timing.seconds for name, timing in engine.timings.items()}
        engine.run()
        for name, timing in engine.timings.items():
            took[name] = min(took.get(name, float("inf")), timing.seconds - before[name])
    engine = engine_of(scenario)
    engine.burn()
    events = watch(engine)
    engine.run()
    state = engine.state
    here = machine(int(state.organisations.nbytes + state.ties.nbytes))
    pairs = events.organisations
    rows = [
        Row(
            f"{state.n_organisations:,} organisations: this machine",
            f"a line {number(here.line)} ns, waited for {number(here.chained)} ns",
            note=f"in order {number(1 / here.read)} GB/s read, {number(1 / here.rewritten)} GB/s rewritten; a keyed draw "
            f"{number(here.draw)} ns, an exponential {number(here.exponential)} ns",
        )
    ]
    least = 0.0
    for name, need in needs(events, len(state.domains), state.ideas.shape[1]).items():
        memory, arithmetic = need.nanoseconds(here)
        limit = max(memory, arithmetic)
        least += limit
        far, kind = 1e9 * took[name] / limit if limit > 0 else None, _kind(need, here, memory, arithmetic)
        rows.append(
            Row(
                f"{state.n_organisations:,} organisations: {name}",
                f"{number(1e9 * took[name] / pairs)} ns an organisation and month",
                f"limit {number(limit / pairs)} ns, {kind}", far,
            )
        )  # fmt: skip
    total = sum(took.values())
    rows.append(
        Row(
            f"{state.n_organisations:,} organisations: all phases",
            f"{number(1e9 * total / pairs)} ns an organisation and month", f"limits {number(least / pairs)} ns",
            1e9 * total / least,
        )
    )  # fmt: skip
    return rows


def _kind(need: Need, here: Machine, memory: float, arithmetic: float) -> str:
    """What a limit is made of."""
    if arithmetic > memory:
        return "arithmetic"
    return "latency of memory" if need.lines * here.line > memory / 2.0 else "bandwidth of memory"


def rows(quick: bool) -> list[Row]:
    """Rows of the table."""
    sizes = QUICK if quick else SIZES
    measure(300, 1)  # what is cached is loaded, what is not is compiled
    return [row for size in sizes for row in measure(size, 1 if quick else 3 if size <= 100_000 else 2)]


if __name__ == "__main__":
    sys.exit(main(rows, __doc__))
