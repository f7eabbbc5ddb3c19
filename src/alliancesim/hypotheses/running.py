"""Run a hypothesis over draws of the parameters, with more draws until its effects are known well enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError
from alliancesim.experiments.runner import run_experiment
from alliancesim.experiments.settings import Settings
from alliancesim.hypotheses.decide import Decision, Settled, decide, settle
from alliancesim.hypotheses.effects import MEASURES, Data
from alliancesim.hypotheses.schema import Hypothesis

if TYPE_CHECKING:
    from alliancesim.experiments import Experiment

RULES = ("default", "prior", "widened", "posterior")
FIRST = 1000
"""Number of the first draw: all hypotheses share their draws, and none is the draw of a run with a small seed."""
PRECISE = 0.25
"""Share of the smallest effect of interest that the Monte-Carlo error is to stay below (SPEC section 9)."""
STEP = 10
"""Draws that are added at a time."""
QUICK = {"territory": ["months=3", "burn_in=1", "territory.population=2000"], "forums": []}
QUICK_DRAWS, QUICK_SEEDS, QUICK_FORUMS = 1, 1, 20


@dataclass(frozen=True)
class Evidence:
    """What the runs of a hypothesis say.

    Attributes
    ----------
    hypothesis : Hypothesis
    data : Data
    effects : dict of str to Settled
    parts : dict of str to Decision
        Of each effect alone.
    decision : Decision
        Of the effects that decide, together.
    runs, failures : int
    """

    hypothesis: Hypothesis
    data: Data
    effects: dict[str, Settled]
    parts: dict[str, Decision]
    decision: Decision
    runs: int
    failures: int

    @property
    def precise(self) -> bool:
        """Whether every deciding effect is known to a quarter of its smallest effect of interest."""
        about = self.hypothesis.effects
        return all(self.effects[name].error < PRECISE * about[name].least for name in self.hypothesis.deciding)


def rules_words(rules: str) -> list[str]:
    """Keys of a scenario that say where parameters come from: a group, or a Parquet file with a column a parameter.

    Raises
    ------
    UserError
    """
    if rules.endswith(".parquet"):
        return [f"uncertainty.sample={rules}"]
    if rules not in RULES:
        raise UserError(f"rules: found {rules!r}, expected one of {', '.join(RULES)}, or a file that ends in .parquet")
    return [f"rules={rules}"]


def experiment_of(hypothesis: Hypothesis, rules: str, draws: int, quick: bool) -> Experiment:
    """The experiment of a hypothesis with its draws: replicate k is of draw (k − 1) // seeds, all arms share it."""
    seeds = QUICK_SEEDS if quick else hypothesis.seeds
    described = hypothesis.design()
    base = [*described.base, *rules_words(rules), f"seed={FIRST * seeds}"]
    if rules != "default":
        base.append(f"uncertainty.seeds={seeds}")
    if quick:
        quicker = QUICK[described.subject]
        base += quicker
    changes: dict[str, Any] = {"base": _last_of_each(base), "replicates": draws * seeds}
    if quick:
        changes["forums.number"] = QUICK_FORUMS
    return described.replace(**changes)


def _last_of_each(words: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for text in words:
        key = text.partition("=")[0].strip()
        found.pop(key, None)
        found[key] = text
    return list(found.values())


def run_hypothesis(
    hypothesis: Hypothesis,
    folder: Path,
    *,
    rules: str,
    quick: bool = False,
    settings: Settings | None = None,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
) -> Evidence:
    """Run a hypothesis, or go on with it, and decide it.

    Runs are kept in ``folder/store`` and shared between hypotheses and stages. Draws are added, ``STEP`` at a time, until the
    Monte-Carlo error of every deciding effect is below a quarter of its smallest effect of interest, or ``most`` are reached.

    Parameters
    ----------
    hypothesis : Hypothesis
    folder : Path
    rules : str
        ``default``, ``prior``, ``widened``, ``posterior``, or a Parquet file.
    quick : bool
        One draw, one seed, tiny places: shows only that everything runs.
    settings : Settings, optional
    progress : bool
    say : callable
    """
    used = Settings(**{**vars(settings or Settings()), "store": str(folder / "store"), "output": None, "quick": False})
    draws = QUICK_DRAWS if quick else hypothesis.draws
    word = Path(rules).stem if rules.endswith(".parquet") else rules
    while True:
        place = folder / f"{hypothesis.name}-{word}-{draws}"
        say(f"{hypothesis.name}: {draws} draws, into {place}")
        result = run_experiment(experiment_of(hypothesis, rules, draws, quick), place, settings=used, progress=progress)
        found = evidence(hypothesis, result, draws, QUICK_SEEDS if quick else hypothesis.seeds)
        if quick or found.precise or draws >= hypothesis.most:
            return found
        draws = min(hypothesis.most, draws + STEP)


def evidence(hypothesis: Hypothesis, result: Any, draws: int, seeds: int) -> Evidence:
    """Effects and decision from the runs of an experiment."""
    labels = dict(zip(result.design["point"], result.design["label"], strict=True))
    runs = result.runs
    runs = runs.assign(label=runs["point"].map(labels))
    arms = hypothesis.arms or {label: {"label": label} for label in result.labels}
    series = result.timeseries if hypothesis.design().keep.timeseries else runs.iloc[:0]
    data = Data(runs, series, arms, draws, seeds)
    effects, parts = {}, {}
    for name, about in hypothesis.effects.items():
        try:
            found = MEASURES[about.measure](data, **about.of)
        except UserError as error:
            raise UserError(f"{hypothesis.name}: effects.{name}: {error}") from None
        with np.errstate(invalid="ignore"):
            effects[name] = settle(found)
        parts[name] = decide([effects[name]], [about.sign], [about.least])
    names = hypothesis.deciding
    whole = decide(
        [effects[name] for name in names],
        [hypothesis.effects[name].sign for name in names],
        [hypothesis.effects[name].least for name in names],
    )
    return Evidence(hypothesis, data, effects, parts, whole, len(runs), len(result.failures))
