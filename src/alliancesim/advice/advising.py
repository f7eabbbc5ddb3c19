"""``advise``: search, choose, judge, learn; all from runs of one store, each stage in futures of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.advice.bench import SIGNS, Bench, span
from alliancesim.advice.futures import Future, numbers
from alliancesim.advice.judge import (
    SCORE,
    Gap,
    against,
    curse,
    gap,
    regrets,
    robust,
    summary,
    turning,
)
from alliancesim.advice.learning import perfect, signs, worth_knowing
from alliancesim.advice.objectives import OBJECTIVES, dominated, few, gains, grid, means, scales, scored
from alliancesim.advice.search import Space, search, singles
from alliancesim.advice.space import LEVERS, RULES, Mix, check_budget, doses
from alliancesim.experiments.settings import Settings
from alliancesim.scenario import Scenario
from alliancesim.scenario.checks import Checked, key


@dataclass(frozen=True)
class Effort(Checked):
    """How much is run. Every stage has futures of its own: what was chosen by luck is not judged by the same luck."""

    years: int = key(5, "int", "years of animation", unit="years", minimum=1, maximum=30)
    generations: int = key(6, "int", "generations of the search", minimum=1, maximum=1000)
    candidates: int = key(14, "int", "mixes of a generation, even", minimum=4, maximum=1000)
    search_futures: int = key(3, "int", "futures in which the search tries each mix", minimum=1, maximum=1000)
    finalists: int = key(4, "int", "mixes of the best fronts that are judged", minimum=1, maximum=50)
    choose_futures: int = key(10, "int", "fresh futures among which one mix is chosen", minimum=1, maximum=10_000)
    judge_futures: int = key(24, "int", "further futures in which the choice is judged", minimum=2, maximum=10_000)
    prior_futures: int = key(
        10,
        "int",
        "futures in which only effects and costs of levers are drawn, and as many of luck alone",
        minimum=2,
        maximum=10_000,
    )


QUICK = {
    "years": 1, "generations": 2, "candidates": 4, "search_futures": 1, "finalists": 1, "choose_futures": 1, "judge_futures": 6,
    "prior_futures": 2,
}  # fmt: skip
"""The small version: it shows that everything runs, and says nothing."""


@dataclass
class Advice:
    """What was found.

    Attributes
    ----------
    place : str
    budget : float
        kEUR a year.
    effort : Effort
    sample : str
        Where assumed numbers come from.
    mixes : dict of str to Mix
        All that were judged, by name: rules of thumb, then ``mix_1`` ...
    tried : DataFrame
        A row a mix of the search: shares, tilt, deprived, mean gains in the futures of the search.
    judged : DataFrame
        A row a judged mix and fresh future of all kinds: gains, score, spending, signs.
    advised, cautious : str
        Names of the mixes of least expected and of least largest regret, chosen before judging.
    best_rule : str
        Rule of thumb of least expected regret, chosen likewise.
    gap : Gap
        Score of the advised mix less that of the best rule, in the futures of judgement.
    tables : dict of str to DataFrame
    facts : dict
        Further numbers.
    seconds : float
        Since it was started, or went on.
    runs : int
    """

    place: str
    budget: float
    effort: Effort
    sample: str
    mixes: dict[str, Mix]
    tried: pd.DataFrame
    judged: pd.DataFrame
    advised: str
    cautious: str
    best_rule: str
    gap: Gap
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    runs: int = 0


def advise(
    base: Scenario,
    budget: float,
    effort: Effort,
    store: str | os.PathLike[str],
    *,
    place: str | None = None,
    settings: Settings | None = None,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
) -> Advice:
    """Which mix of levers, for a place and a budget.

    Parameters
    ----------
    base : Scenario
        Place, resources, history; its ``uncertainty`` says where assumed numbers come from.
    budget : float
        kEUR a year, money and days of work.
    effort : Effort
    store : path
        Folder of finished runs; another call with the same words goes on from there.
    place : str, optional
        Name of the place.
    settings : Settings, optional
        Workers, engine.
    progress : bool
    say : callable

    Returns
    -------
    Advice

    Raises
    ------
    UserError
        A budget that buys nothing.
    """
    check_budget(budget)
    began = time.perf_counter()
    if base.territory.kind == "synthetic" and base.territory.seed is None:
        base = base.replace(**{"territory.seed": base.seed})  # one place in all futures
    bench = Bench(base, budget, effort.years, Path(store), settings, progress, say)
    first = base.seed
    chosen_from = first + effort.search_futures
    judged_from = chosen_from + effort.choose_futures
    deprived, inhabitants = _place(bench)
    levers = LEVERS if deprived > 0.0 else tuple(name for name in LEVERS if name != "mediators")
    space = Space(levers, deprived > 0.0)

    def evaluate(mixes: list[Mix]) -> np.ndarray:
        table = bench.measure([Mix(), *mixes], span("whole", first, effort.search_futures), "search")
        return means(gains(table, 0))[1:]

    start = [rule for rule in RULES.values() if not rule.nothing] + singles(space)
    start = list(dict.fromkeys(start))[: effort.candidates]
    tried, promised = search(evaluate, space, start, effort.candidates, effort.generations, base.seed)
    rules = list(RULES)
    kept = _finalists(tried, promised, budget, effort)
    mixes = {**RULES, **{f"mix_{n + 1}": tried[k] for n, k in enumerate(kept)}}
    order = list(mixes.values())
    finalists = list(range(len(RULES), len(order)))

    chosen = gains(bench.measure(order, span("whole", chosen_from, effort.choose_futures), "choice"), 0)
    units = scales(chosen)
    chosen = scored(chosen, units)
    among = finalists or list(range(1, len(RULES)))
    advised, cautious = robust(chosen, among)
    best_rule, _ = robust(chosen, list(range(1, len(RULES))))
    futures = span("whole", judged_from, effort.judge_futures)
    futures += [one for kind in ("levers", "luck") for one in span(kind, judged_from, effort.prior_futures)]
    everything = scored(gains(bench.measure(order, futures, "judgement"), 0), units)
    fresh = everything[everything["kind"] == "whole"].reset_index(drop=True)
    advice = Advice(
        place or base.territory.name, budget, effort, base.uncertainty.sample, mixes, _tried(tried, promised), everything,
        list(mixes)[advised], list(mixes)[cautious], list(mixes)[best_rule], gap(fresh, advised, best_rule),
    )  # fmt: skip
    _fill(advice, fresh, everything, (advised, best_rule), finalists, promised[kept], bench)
    missed = regrets(chosen)
    advice.tables["choice"] = missed.assign(choice=rules + list(mixes)[len(rules) :])
    advice.facts |= {
        "deprived_share": deprived, "organisations": float(fresh["organisations"].mean()), "inhabitants": inhabitants,
        "units": units, "levers": list(levers), "seeds": {"search": first, "choice": chosen_from, "judgement": judged_from},
    }  # fmt: skip
    advice.seconds, advice.runs = time.perf_counter() - began, bench.runs
    return advice


def _finalists(tried: Sequence[Mix], promised: np.ndarray, budget: float, effort: Effort) -> list[int]:
    """Mixes that stand for the front, then for the next one; those that buy the same as a rule or as an earlier one are left out.

    Where a rule of thumb beats all that was tried, the closest others are so judged beside it.
    """

    def what(chosen: Mix) -> str:
        return repr((doses(chosen, budget, effort.years), chosen.deprived))

    known = {what(rule) for rule in RULES.values()}
    kept: list[int] = []
    left = np.arange(len(tried))
    while len(left) and len(kept) < effort.finalists:
        for k in left[few(promised[left], len(left))].tolist():
            if len(kept) < effort.finalists and what(tried[k]) not in known:
                known.add(what(tried[k]))
                kept.append(k)
        left = left[dominated(promised[left])]
    return kept


def _place(bench: Bench) -> tuple[float, float]:
    """Share of inhabitants in deprived cells, and inhabitants, of the place."""
    from alliancesim.engine import make_territory

    cells = make_territory(bench.base).cells
    people = cells["population"].where(cells["reported"], 0).to_numpy(dtype=np.float64)
    return float((people * cells["deprived_share"].to_numpy()).sum() / people.sum()), float(people.sum())


def _tried(mixes: Sequence[Mix], promised: np.ndarray) -> pd.DataFrame:
    gained = [dict(zip(OBJECTIVES, row.tolist(), strict=True)) for row in promised]
    return pd.DataFrame([{**_said(mix), **values} for mix, values in zip(mixes, gained, strict=True)])


def _said(mix: Mix) -> dict[str, Any]:
    """A mix as columns."""
    shares = dict(mix.shares)
    return {**{lever: shares.get(lever, 0.0) for lever in LEVERS}, "tilt": mix.tilt, "deprived": mix.deprived}


def _fill(
    advice: Advice,
    fresh: pd.DataFrame,
    everything: pd.DataFrame,
    pair: tuple[int, int],
    finalists: list[int],
    promised: np.ndarray,
    bench: Bench,
) -> None:
    """Tables of judgement and of learning."""
    names = list(advice.mixes)
    advised, best_rule = pair

    def named(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            **{column: [names[k] for k in table[column]] for column in ("choice", "rule") if column in table}
        )

    advice.tables["mixes"] = pd.DataFrame([{"choice": name, **_said(mix)} for name, mix in advice.mixes.items()])
    advice.tables["outcomes"] = named(summary(fresh))
    advice.tables["against"] = named(against(fresh, advised, [k for k in range(len(RULES)) if k != advised]))
    advice.tables["regret"] = named(regrets(fresh))
    advice.tables["turning"] = turning(everything, advised)
    advice.tables["curse"] = named(curse(promised, fresh, finalists))
    futures = sorted({(kind, number) for kind, number in zip(fresh["kind"], fresh["number"], strict=True)})
    drawn = pd.DataFrame([numbers(bench.settled(Future(*one)), Future(*one)) for one in futures])
    values = grid(fresh, SCORE)
    advice.tables["learn"] = worth_knowing(values, drawn)
    advice.facts["perfect"] = perfect(values)
    advice.facts["parameters"] = int((drawn.nunique() > 1).sum())
    seen = pd.DataFrame({name: grid(fresh, f"sign_{name}")[:, advised] for name in SIGNS})
    parts = []
    for about, outcome in (("works", values[:, advised]), ("rule", values[:, best_rule] - values[:, advised])):
        parts.append(signs(seen, outcome).assign(about=about))
    advice.tables["signs"] = pd.concat(parts, ignore_index=True)
    spent = grid(fresh, "spent").mean(axis=0) / (advice.budget * advice.effort.years)
    advice.facts["spent_share"] = {name: float(spent[k]) for k, name in enumerate(names)}
