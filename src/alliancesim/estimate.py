"""``alliancesim run --dry-run``: how many organisations, how long, how much memory and disk, before anything runs.

The time is measured, not remembered: a small town runs the scenario's own rules, animators and months on this machine, and is
scaled by organisations and months. What no town tells (how figures and files grow, what larger tables cost the caches) was
measured once, from 4,000 to 5.65 million organisations.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.machine import available_memory
from alliancesim.profiling import load_kernels, small_engine
from alliancesim.sizing import Population, memory_of, population_of, size_text, too_much

if TYPE_CHECKING:
    from alliancesim.scenario import Scenario

TOWN = 45_000
"""Inhabitants of the town that is run: about 4,000 organisations."""
TOWN_MONTHS = 240
"""Months that it runs at most; alliances are then about as many as they will be."""
GROWTH = 0.1
"""How the time of an organisation and month grows with organisations, as a power: larger tables leave the caches, and larger
perimeters have more candidates for their forums (measured: 0 to 0.2)."""
REPEATS = 3
COUNTRYSIDE, COUNTRYSIDE_KM = 80_000, 1.0
"""Inhabitants and squares of a second place, only built: what squares within reach of each other cost."""
REACH = 16.0
"""Distances beyond so many d0 count for nothing (kernels.space)."""
START_SECONDS = 6.0
"""Start of the command, and loading of kernels."""
FIGURES_SECONDS, FIGURES_SECONDS_EACH = 8.0, 2e-5
"""Figures and findings of a run, and what each organisation adds."""
FILES_SECONDS_EACH = 5e-6
"""What an organisation adds to the making and writing of tables."""
FIGURES_BYTES = 2e6
_PLURAL = {"association": "associations", "firm": "firms", "collectivity": "collectivities"}
LOW, HIGH = 0.6, 1.8
"""The range that is told, around what is expected."""


@dataclass(frozen=True)
class Rates:
    """What small runs on this machine told.

    Attributes
    ----------
    month : float
        Seconds of an organisation and month, at ``organisations``.
    organisations : int
    fixed : float
        Seconds of a month that animators add, whatever the size.
    alliances, forums, fixed_alliances : float
        Alliances ever founded and forums ever held by organisation, and alliances that animators add, in the months of the
        town.
    build, pair : float
        Seconds to build an organisation, and for two squares within reach.
    waiting : float
        Time on the clock over time of the processor: above 1 where the machine does other things too.
    bytes_each : dict of str to float
        Bytes of a row of each table that is written.
    """

    month: float
    organisations: int
    fixed: float
    alliances: float
    forums: float
    fixed_alliances: float
    build: float
    pair: float
    waiting: float
    bytes_each: Mapping[str, float]


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to be and to take.

    Attributes
    ----------
    territory : Territory
    population : Population
    months, burn_in : int
    memory, disk : float
        Bytes.
    seconds : float
    available : float or None
        Bytes of memory that the machine has left.
    town : int
        Organisations of the town that was measured.
    parts : dict of str to float
        Seconds of each part.
    """

    territory: Any
    population: Population
    months: int
    burn_in: int
    memory: float
    disk: float
    seconds: float
    available: float | None
    town: int
    parts: Mapping[str, float] = field(default_factory=dict)

    def text(self, folder: Path | None = None, threads: int = 1) -> str:
        """The estimate as the command prints it."""
        spheres = ", ".join(f"{_rounded(n)} {_PLURAL[sphere]}" for sphere, n in self.population.by_sphere.items())
        people = self.population
        sample = "" if people.simulated == people.everyone else f", {_rounded(people.simulated)} of them simulated"
        lines = [
            f"territory      {self.territory.name}: {self.territory.simulated_population:,} inhabitants, "
            f"{len(self.territory.cells):,} cells",
            f"organisations  {_rounded(people.everyone)} expected ({spheres}){sample}",
            f"months         {self.burn_in + self.months:,}, {self.burn_in:,} of them burn-in",
            f"memory         about {size_text(self.memory)}"
            + (f"; {size_text(self.available)} available" if self.available is not None else ""),
            f"time           {span_text(LOW * self.seconds, HIGH * self.seconds)} with {threads} "
            f"thread{'s' if threads > 1 else ''}, as a town of {self.town:,} organisations ran here just now",
            f"disk           about {size_text(self.disk)}" + (f", in {folder}" if folder is not None else ""),
        ]
        warning = too_much(self.memory, self.available)
        return "\n".join([*lines, *([warning] if warning else []), "nothing was run"])


def estimate(scenario: Scenario) -> Estimate:
    """Expect what a run will take; the territory is built, and small towns run for a few seconds.

    Parameters
    ----------
    scenario : Scenario

    Raises
    ------
    UserError
        For an unknown place or a table with mistakes, as the run itself.
    """
    from alliancesim.engine import make_territory

    start = time.perf_counter()
    territory = make_territory(scenario)
    ground = time.perf_counter() - start
    population = population_of(territory, vars(scenario.rules), scenario.population.sample)
    rates = measure(scenario)
    months = scenario.months + scenario.burn_in
    n = population.simulated
    # an animator in each territory is as many animators as there are, in about as many places as the country is larger
    each = any(animator.each is not None for animator in scenario.animation.animators.values())
    towns = max(1.0, n / rates.organisations) if each else 1.0
    alliances = (rates.alliances * n + rates.fixed_alliances * towns) * max(1.0, months / TOWN_MONTHS)
    growth = max(1.0, n / rates.organisations) ** GROWTH
    pairs = pairs_within(*squares_of(territory), REACH * float(scenario.rules.d0))
    forums = n * rates.forums * max(1.0, months / TOWN_MONTHS)
    busy = {
        "start": START_SECONDS,
        "tables": rates.build * population.everyone + rates.pair * pairs,
        "months": months * (rates.month * growth * n + rates.fixed * towns),
        "figures": FIGURES_SECONDS + FIGURES_SECONDS_EACH * n,
        "files": FILES_SECONDS_EACH * n,
    }
    parts = {name: seconds * rates.waiting for name, seconds in busy.items()} | {"territory": ground}
    rows = {"organisations": n, "alliances": alliances, "territory": len(territory.cells), "forums": forums}
    rows |= {"timeseries": months, "digests": months}
    disk = FIGURES_BYTES + sum(rates.bytes_each.get(name, 0.0) * number for name, number in rows.items())
    return Estimate(
        territory=territory,
        population=population,
        months=scenario.months,
        burn_in=scenario.burn_in,
        memory=memory_of(territory, population, alliances),
        disk=disk,
        seconds=sum(parts.values()),
        available=available_memory(),
        town=rates.organisations,
        parts=parts,
    )


def measure(scenario: Scenario) -> Rates:
    """Run a town with and without the scenario's animators, build another with many squares, and write a result."""
    from alliancesim.territory import synthetic

    load_kernels(scenario)
    wall, busy = time.perf_counter(), time.process_time()
    months = min(scenario.months + scenario.burn_in, TOWN_MONTHS)
    burn_in = max(0, months - scenario.months)
    quiet = _without_animators(scenario)
    domains = tuple(scenario.territory.domains)
    town = synthetic(scenario.territory.typology or "urban", population=TOWN, seed=1, domains=domains)
    wide = synthetic("rural", population=COUNTRYSIDE, cell_km=COUNTRYSIDE_KM, seed=1, domains=domains)

    def run(of: Scenario) -> tuple[float, float, Any]:
        start = time.process_time()
        engine = small_engine(of, town, months=months - burn_in, burn_in=burn_in)
        between = time.process_time()
        engine.run()
        return between - start, time.process_time() - between, engine

    def build() -> tuple[float, int]:
        start = time.process_time()
        engine = small_engine(quiet, wide, months=1, burn_in=0)
        return time.process_time() - start, engine.state.n_organisations

    # time of the processor, the least of a few: what else the machine does is told apart by ``waiting``
    runs = [run(quiet) for _ in range(REPEATS)]
    built, ran = min(one[0] for one in runs), min(one[1] for one in runs)
    engine = runs[0][2]
    n, founded = engine.state.n_organisations, engine.state.n_alliances
    fixed, more = 0.0, 0.0
    if scenario.animation.animators:
        others = [run(scenario) for _ in range(REPEATS)]
        fixed = max(0.0, min(one[1] for one in others) - ran)
        more = max(0.0, others[0][2].state.n_alliances - founded)
    spread, many = min(build() for _ in range(REPEATS))
    pairs = pairs_within(*squares_of(wide), REACH * float(scenario.rules.d0))
    return Rates(
        month=ran / (n * months),
        organisations=n,
        fixed=fixed / months,
        alliances=founded / n,
        forums=engine.state.n_forums / n,
        fixed_alliances=more,
        build=built / n,
        pair=max(0.0, spread - built / n * many) / pairs,
        waiting=max(1.0, (time.perf_counter() - wall) / max(1e-9, time.process_time() - busy)),
        bytes_each=_bytes_each(engine, quiet),
    )


def _without_animators(scenario: Scenario) -> Scenario:
    from dataclasses import replace

    return replace(scenario, animation=type(scenario.animation)())


def _bytes_each(engine: Any, scenario: Scenario) -> dict[str, float]:
    """Bytes that a row takes in each table as it is written."""
    import pyarrow.parquet as pq

    from alliancesim.results.folder import COMPRESSION, table_files
    from alliancesim.results.result import result_of

    result = result_of(engine, scenario)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in table_files():
            table, file = result.arrow(name), Path(folder) / f"{name}.parquet"
            sizes = []
            for some in (table, table.slice(0, 0)):  # names and descriptions of columns do not grow with rows
                pq.write_table(some, file, compression=COMPRESSION)
                sizes.append(file.stat().st_size)
            if table.num_rows:
                found[name] = (sizes[0] - sizes[1]) / table.num_rows
    return found


def squares_of(territory: Any) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the squares of a territory, km, each once."""
    cells = territory.cells
    kept = ~cells.duplicated(["row", "column"]).to_numpy()
    return cells["x_km"].to_numpy(dtype=float)[kept], cells["y_km"].to_numpy(dtype=float)[kept]


def pairs_within(x: np.ndarray, y: np.ndarray, reach: float) -> float:
    """About how many ordered pairs of squares are within ``reach`` km along both axes, each with itself counted.

    Counted in boxes of an eighth of the reach; exact where all are within reach.
    """
    width = reach / 8.0
    column, row = ((axis - axis.min()) // width for axis in (x, y))
    boxes = np.zeros((int(column.max()) + 1, int(row.max()) + 1))
    np.add.at(boxes, (column.astype(np.int64), row.astype(np.int64)), 1.0)
    near = sum(
        boxes[a, b] * boxes[max(0, a - 8) : a + 9, max(0, b - 8) : b + 9].sum() for a, b in np.argwhere(boxes > 0)
    )
    return float(near)


def span_text(low: float, high: float) -> str:
    """Two numbers of seconds in words: 10 to 30 seconds, 2 to 6 minutes, 1.5 to 4 hours."""
    unit, word = (1.0, "seconds") if high < 120 else (60.0, "minutes") if high < 5400 else (3600.0, "hours")
    first, last = _two_digits(low / unit), _two_digits(high / unit)
    return f"{first} to {last} {word}"


def _two_digits(value: float) -> str:
    if value < 10:
        return f"{value:.1f}".removesuffix(".0")
    return f"{float(f'{value:.2g}'):,.0f}"


def _rounded(value: float) -> str:
    """A number of organisations to three digits: an expectation is no count."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 1000 else f"{value:.0f}"
