"""The engine against the same rules in plain Mesa: first whether both do the same, then how fast.

    python benchmarks/against_mesa.py [--seeds 20] [--months 60] [--organisations 20000 | --full] [--skip-agreement]

Agreement. Two situations (the defaults in a town; everything lively on two sides of a border) run from the same populations in
the engine and in ``opponents/mesa_plain``, whose draws have nothing in common. An observable's value for a seed is its mean over
the run, and over its last twelve months. If both sides draw from the same distribution, the sign of a seed's difference is a fair
coin: the test is the exact sign-flip (paired permutation) test on the mean difference. Over all observables, windows and situations
Holm's correction holds the chance of any false alarm below ``--alarm``. Beside it stand the effect size (mean difference over the
spread of seeds) and the difference that the test would have seen four times out of five.

Speed. Time per organisation and month of both in one process, on one machine, turn by turn: a year of plain Mesa, a year of the engine
on one thread, a year on two, and again. Tables are built and kernels compiled before; the clock starts after ``--before`` months, when
alliances exist. The Mesa side collects the same columns by a DataCollector. Where others use the machine, the ratio of one thread's
processor time is the one to trust, and two threads show what is free rather than what they can.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from opponents.mesa_plain import PlainModel
from opponents.mesa_plain.observe import COLUMNS
from table import Row, number

from alliancesim.engine import Engine, engine_of, make_territory
from alliancesim.observables import TIMESERIES
from alliancesim.scenario import load_scenario

ENGINE_COLUMNS = [[one.name for one in TIMESERIES].index(name) for name in COLUMNS]
INHABITANTS = 11.3  # an organisation, in the urban typology
LIVELY = {
    "m0": 1.5, "willing0": 0.5, "p_aware": 0.004, "q_peer": 0.05, "spontaneous_convening": 0.004, "convening_structuration": 0.5,
    "recruit": 0.7, "hazard0": 0.02, "term": 24, "dialogue_months": 1, "tie_slots_one": 6, "tie_slots": 10, "rivalry": 0.6,
    "p_identify": 0.04, "relief": 0.1, "eta_c": 0.15, "lead_slack": 0.1, "psi": 0.4,
    "portfolio": 2, "actions_per_forum": 2,
}  # fmt: skip
SITUATIONS = {
    "default": ("territory=urban", "territory.population={people}"),
    "lively": (
        "territory=cross_border",
        "territory.population={people}",
        *(f"rules.{name}={value}" for name, value in LIVELY.items()),
    ),
}
SHOWN = (
    "naive_share_association", "willing_share", "engaged_share", "engaged_share_firm", "ever_share_association", "alliances",
    "alliances_depth_1", "alliances_depth_2", "alliances_depth_3", "alliances_depth_4", "alliances_dialogue",
    "alliances_experiment", "alliances_deployed", "alliances_from_encounter", "alliances_from_forum", "alliances_identified",
    "mean_members", "share_three_or_more", "births", "ends", "recruits", "meetings", "forums_convened", "forums_feasible",
    "forums_agreed", "forums_launched", "forum_months", "contest_rounds", "quarrels", "trust_association_firm",
    "trust_association_collectivity", "trust_firm_collectivity", "mean_ties", "openness_association_to_firm", "success_rate",
    "need_met", "gini_benefits", "giant_component", "clustering",
)  # fmt: skip
FLIPS, LEAST_DIFFERENCES = 200_000, 14
WINDOWS = ("run", "last year")


@dataclass
class Comparison:
    """An observable in a situation and window, on both sides.

    Attributes
    ----------
    engine, plain : float
        Means over seeds.
    effect : float
        Mean difference (plain less engine) over the standard deviation between seeds.
    seen : float
        Difference, relative to the engine's mean, that the corrected test finds in four cases of five.
    p, holm : float
        Of the test, before and after correction; NaN where too few seeds differ to tell.
    """

    situation: str
    window: str
    name: str
    engine: float
    plain: float
    effect: float
    seen: float
    p: float
    holm: float = math.nan


def scenario_of(situation: str, organisations: int, months: int, *more: str) -> Any:
    """A scenario without burn-in, animator or extension."""
    people = round(organisations * INHABITANTS)
    words = [word.format(people=people) for word in SITUATIONS[situation]]
    return load_scenario(*words, f"months={months}", "burn_in=0", "threads=1", *more)


def plain_of(scenario: Any, territory: Any, changed: dict[str, float] | None = None) -> PlainModel:
    """The same scenario in plain Mesa."""
    rules = {**vars(scenario.rules), **(changed or {})}
    return PlainModel(territory, rules, seed=scenario.seed, months=scenario.months, burn_in=scenario.burn_in)


def record_of(run: Engine | PlainModel) -> np.ndarray:
    """Monthly record (months, COLUMNS) of either side."""
    if isinstance(run, Engine):
        return run.world.records.values[:, ENGINE_COLUMNS]
    return run.datacollector.get_model_vars_dataframe()[COLUMNS].to_numpy(dtype=float)


def values_of(record: np.ndarray) -> np.ndarray:
    """Means over the run and over the last year (2, COLUMNS), of the months in which a column was measured."""
    result = np.full((2, record.shape[1]), np.nan)
    for row, part in enumerate((record, record[-12:])):
        measured = ~np.isnan(part)
        known = measured.any(axis=0)
        result[row, known] = np.where(measured, part, 0.0).sum(axis=0)[known] / measured.sum(axis=0)[known]
    return result


def run_both(
    situation: str, organisations: int, months: int, seeds: list[int], changed: dict[str, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Values of the engine and of plain Mesa (seeds, 2, COLUMNS), each seed on its own territory and population.

    ``changed`` gives plain Mesa other parameters than the engine, to see whether the test would tell.
    """
    engine_values, plain_values = [], []
    for seed in seeds:
        scenario = scenario_of(situation, organisations, months, f"seed={seed}")
        territory = make_territory(scenario)
        engine = engine_of(scenario, territory=territory)
        engine.run()
        plain = plain_of(scenario, territory, changed)
        for _ in range(months):
            plain.step()
        engine_values.append(values_of(record_of(engine)))
        plain_values.append(values_of(record_of(plain)))
    return np.array(engine_values), np.array(plain_values)


def sign_flip(differences: np.ndarray, random: np.random.Generator) -> float:
    """P value of the sign-flip test of mean 0: all flips where they are few, a sample of them else."""
    n = len(differences)
    scaled = differences / np.abs(differences).max()
    observed = abs(scaled.sum()) - 1e-9
    if 2**n <= FLIPS:
        signs = 1.0 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
        return float((np.abs(signs @ scaled) >= observed).mean())
    hits = 0
    for _ in range(10):
        signs = random.integers(0, 2, (FLIPS // 10, n), dtype=np.int8) * 2.0 - 1.0
        hits += int((np.abs(signs @ scaled) >= observed).sum())
    return (1 + hits) / (1 + FLIPS)


def compare(situation: str, engine: np.ndarray, plain: np.ndarray, alarm: float) -> list[Comparison]:
    """All observables of a situation, not yet corrected."""
    random = np.random.default_rng(1)
    rows = []
    quantile = statistics.NormalDist().inv_cdf
    reach = quantile(1.0 - alarm / (4 * len(SITUATIONS) * len(COLUMNS))) + quantile(0.8)
    for window, word in enumerate(WINDOWS):
        for column, name in enumerate(COLUMNS):
            pair = np.column_stack((engine[:, window, column], plain[:, window, column]))
            pair = pair[~np.isnan(pair).any(axis=1)]
            if len(pair) < 2:
                continue
            gap = pair[:, 1] - pair[:, 0]
            mean, spread = pair.mean(axis=0), math.sqrt(pair.var(axis=0, ddof=1).mean())
            # few seeds that differ cannot tell; who is left out depends on sizes of differences, not on signs: the test stays exact
            p = (
                sign_flip(gap[gap != 0.0], random)
                if (gap != 0.0).sum() >= min(LEAST_DIFFERENCES, len(gap))
                else math.nan
            )
            seen = reach * gap.std(ddof=1) / math.sqrt(len(gap)) / abs(mean[0]) if mean[0] else math.nan
            effect = gap.mean() / spread if spread > 0.0 else 0.0
            rows.append(
                Comparison(situation, word, name, float(mean[0]), float(mean[1]), float(effect), float(seen), p)
            )
    return rows


def correct(rows: list[Comparison]) -> None:
    """Holm's correction over all rows that were tested."""
    tested = sorted((row for row in rows if not math.isnan(row.p)), key=lambda row: row.p)
    largest = 0.0
    for rank, row in enumerate(tested):
        largest = max(largest, min(1.0, row.p * (len(tested) - rank)))
        row.holm = largest


def agreement(organisations: int, months: int, seeds: list[int], alarm: float) -> list[Comparison]:
    """Every observable of both sides, in every situation."""
    rows = []
    for situation in SITUATIONS:
        rows += compare(situation, *run_both(situation, organisations, months, seeds), alarm)
    correct(rows)
    return rows


def print_agreement(rows: list[Comparison], alarm: float, everything: bool) -> None:
    """The table, and in words what it says."""
    print(
        "| situation | window | observable | engine | plain Mesa | effect (sd of seeds) | would be seen | p | p, Holm |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        plain = row.name in SHOWN and row.window == WINDOWS[0]
        if everything or plain or row.p < 0.01:
            seen = "–" if math.isnan(row.seen) else f"{row.seen:.0%}"
            p, holm = ("–" if math.isnan(x) else f"{x:.3g}" for x in (row.p, row.holm))
            print(
                f"| {row.situation} | {row.window} | {row.name} | {row.engine:.4g} | {row.plain:.4g} | {row.effect:+.2f} | {seen} "
                f"| {p} | {holm} |"
            )
    tested = [row for row in rows if not math.isnan(row.p)]
    alarms = [row for row in tested if row.holm < alarm]
    print(
        f"\n{len(rows)} comparisons of {len({row.name for row in rows})} observables, {len(tested)} of them with seeds enough that "
        f"differ. Below p = 0.05 before correction: {sum(row.p < 0.05 for row in tested)} (by chance about "
        f"{0.05 * len(tested):.0f}). Disagreements at a family-wise false-alarm rate of {alarm:g}: {len(alarms)}."
    )
    for row in alarms:
        print(f"DISAGREE: {row.situation}, {row.window}: {row.name} {row.engine:.4g} against {row.plain:.4g}")


@dataclass
class Side:
    """Who is timed."""

    name: str
    run: Any
    wall: list[float]
    processor: list[float]

    def months(self, number: int) -> None:
        """Time some months."""
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(number):
            self.run.step()
        self.wall.append((time.perf_counter() - wall) / number)
        self.processor.append((time.process_time() - processor) / number)


def alliances_of(run: Engine | PlainModel) -> int:
    """Active alliances."""
    return len(run.state.active if isinstance(run, Engine) else run.alliances)


@dataclass
class Timed:
    """What both sides took.

    Attributes
    ----------
    people : int
        Organisations.
    sides : list of Side
        Plain Mesa, the engine on one thread, on two.
    words : str
        What was timed.
    """

    people: int
    sides: list[Side]
    words: str

    def micro(self, side: Side, processor: bool = False) -> float:
        """Microseconds an organisation and month: median over the years that were timed."""
        return 1e6 * statistics.median(side.processor if processor else side.wall) / self.people

    def ratios(self, side: Side) -> list[float]:
        """Plain Mesa's elapsed time over a side's, year by year, sorted."""
        return sorted(slow / fast for slow, fast in zip(self.sides[0].wall, side.wall, strict=True))

    def processor_ratio(self, side: Side) -> float:
        """The same of processor time, median."""
        return statistics.median(
            slow / fast for slow, fast in zip(self.sides[0].processor, side.processor, strict=True)
        )


def timed(organisations: int, before: int, years: int) -> Timed:
    """Both sides, turn by turn."""
    months = before + 12 * years
    warm = scenario_of("lively", 300, 40)
    engine_of(warm).run()  # compiles every kernel that a month needs
    scenario = scenario_of("default", organisations, months)
    territory = make_territory(scenario)
    plain = plain_of(scenario, territory)
    sides = [Side("plain Mesa", plain, [], [])]
    for threads, word in ((1, "engine, one thread"), (2, "engine, two threads")):
        more = scenario_of("default", organisations, months, f"threads={threads}")
        sides.append(Side(word, engine_of(more, territory=territory), [], []))
    for side in sides:
        for _ in range(before):
            side.run.step()
    at_start = [alliances_of(side.run) for side in sides]
    for _ in range(years):
        for side in sides:
            side.months(12)
    for side in sides[1:]:
        side.run.world.close()
    return Timed(
        len(plain.people),
        sides,
        f"months {before + 1} to {months}; active alliances {at_start[0]:,} to {alliances_of(plain):,} in Mesa, "
        f"{at_start[1]:,} to {alliances_of(sides[1].run):,} in the engine",
    )


def print_speed(found: Timed) -> None:
    """The table of times."""
    print(
        f"{found.people:,} organisations, {found.words}\n\n"
        "| | µs an organisation and month, elapsed | of processor | plain Mesa's time over it, elapsed (by year) | of processor |\n"
        "|---|---|---|---|---|"
    )
    for side in found.sides:
        ratios = found.ratios(side)
        print(
            f"| {side.name} | {found.micro(side):.2f} | {found.micro(side, True):.2f} "
            f"| {statistics.median(ratios):.1f} ({ratios[0]:.1f}–{ratios[-1]:.1f}) | {found.processor_ratio(side):.1f} |"
        )


def rows(quick: bool) -> list[Row]:
    """Rows of the table: agreement first; sides that disagree are not timed.

    Raises
    ------
    AssertionError
        Where an observable of the two sides differs at a family-wise false-alarm rate of 1 %.
    """
    alarm = 0.01
    seeds = list(range(1, 21))
    compared = agreement(300 if quick else 1000, 12 if quick else 60, seeds, alarm)
    told = [f"{row.situation}, {row.window}: {row.name}" for row in compared if row.holm < alarm]
    if told:
        raise AssertionError(f"plain Mesa and the engine disagree: {'; '.join(told)}")
    tested = sum(not math.isnan(row.p) for row in compared)
    found = [
        Row(
            f"plain Mesa and the engine do the same, {len(seeds)} seeds", f"{tested} comparisons",
            note="sign-flip tests, Holm: no disagreement at a family-wise false-alarm rate of 1 %",
        )
    ]  # fmt: skip
    for size, before, years, aims in ((1000, 6, 1, ("", "")),) if quick else ((100_000, 24, 2, ("≥ 300", "≥ 450")),):
        times = timed(size, before, years)
        for side, aim in zip(times.sides[1:], aims, strict=True):
            found.append(
                Row(
                    f"a month of {times.people:,} organisations, {side.name}",
                    f"{number(1000 * times.micro(side))} ns an organisation",
                    f"plain Mesa ({number(1000 * times.micro(times.sides[0]))} ns)",
                    statistics.median(times.ratios(side)), aim,
                    f"{times.words}; processor time {number(times.processor_ratio(side))}",
                )
            )  # fmt: skip
    return found


def main(arguments: list[str] | None = None) -> int:
    """Check, measure, print; 1 where the two sides disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="seeds of the check of agreement")
    parser.add_argument("--months", type=int, default=60, help="months of its runs")
    parser.add_argument("--size", type=int, default=1000, help="organisations of its runs, about")
    parser.add_argument("--alarm", type=float, default=0.01, help="chance of any false alarm over all observables")
    parser.add_argument("--all", action="store_true", help="print every observable")
    parser.add_argument("--skip-agreement", action="store_true")
    parser.add_argument("--skip-speed", action="store_true")
    parser.add_argument("--organisations", type=int, default=20_000, help="organisations whose month is timed, about")
    parser.add_argument("--full", action="store_true", help="100,000 organisations")
    parser.add_argument("--before", type=int, default=24, help="months before the clock starts")
    parser.add_argument("--years", type=int, default=3, help="years that are timed")
    options = parser.parse_args(arguments)
    rows: list[Comparison] = []
    if not options.skip_agreement:
        rows = agreement(options.size, options.months, list(range(1, options.seeds + 1)), options.alarm)
        print_agreement(rows, options.alarm, options.all)
    if not options.skip_speed:
        print()
        print_speed(timed(100_000 if options.full else options.organisations, options.before, options.years))
    return int(any(row.holm < options.alarm for row in rows))


if __name__ == "__main__":
    sys.exit(main())
