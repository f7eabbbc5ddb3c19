"""Advice for three real places: what is found, what it is worth beside rules of thumb, in English and in French."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.advice.advising import Advice

BUDGET = 100.0
"""kEUR a year."""
PLACES: dict[str, tuple[str, list[str]]] = {
    "saintes": ("urban", ["territory.place=Saintes"]),
    "ambert": ("rural", ['territory.place="CC Ambert Livradois Forez"']),
    "clichy": ("with deprived districts", ["territory.place=Clichy-sous-Bois"]),
}
"""Places by short name: what they stand for, and words of the scenario. Deprived shares follow the rule of territories."""
_ALONE = "territory.buffer_km=0"
"""Surroundings are left out, which is several times faster."""
_QUICK = {
    "saintes": ["territory=urban", "territory.population=500", "burn_in=6"],
    "ambert": ["territory=rural", "territory.population=500", "burn_in=6"],
    "clichy": ["territory=zus", "territory.population=500", "burn_in=6"],
}
"""Small synthetic places in their stead."""
_TOLD = ("verdict", "mix", "gains", "robust", "turning", "learn", "signs")
DESIGN = (
    "A mix is shares of the budget, an order in time and whether deprived cells come first. The search, the choice of one mix "
    "and its judgement each have futures of their own; all choices are compared under the same draws. A future draws every "
    "assumed number of the rules and the price of each lever. `alliancesim advise` with the same words gives one of these."
)
LIMITS = (
    "Deprived shares of real places follow a rule, organisations are synthetic, and the surroundings of each place are left out. "
    "What levers do and cost is assumed. The search tries few mixes in few futures: "
    "a mix that is not found is not shown to be bad. One weight of the three gains is judged; another may choose another mix."
)


def own(
    folder: Path,
    *,
    quick: bool = False,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    **how: Any,
) -> dict[str, Advice]:
    """An advice for each place, in folders that go on where they were stopped."""
    from alliancesim.advice.advising import QUICK, Effort
    from alliancesim.advice.futures import default_sample
    from alliancesim.advice.write import advise_into
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario import load_scenario

    found = {}
    settings = Settings(**how)
    effort = replace(Effort(), **QUICK) if quick else Effort()
    for name, (_, words) in PLACES.items():
        chosen = _QUICK[name] if quick else ["territory=real", _ALONE, *words]
        base = load_scenario(*chosen, f"uncertainty.sample={default_sample()}")
        place = words[0].partition("=")[2].strip('"')
        say(f"{place}: into {folder / 'advice' / name}")
        found[name] = advise_into(
            folder / "advice" / name, base, BUDGET, effort, place=place, settings=settings, progress=progress, say=say
        )
    return found


def write(results: Mapping[str, Any]) -> Page:
    """The page."""
    from alliancesim.advice.figures import FIGURES
    from alliancesim.advice.terms import where_from
    from alliancesim.advice.words import text

    advices: dict[str, Advice] = results["advice"]
    page = Page(
        "Advice for three real places",
        f"With {BUDGET:g} kEUR a year, which mix and calendar of levers, and does looking for one beat rules of thumb?",
    )
    page.tables["places"] = summary(advices)
    first = next(iter(advices.values()))
    page.add(
        "What comes out",
        f"{outcome(advices)}\n\ntable:places\n\nAssumed numbers come from {where_from(first.sample)[0]}. The score weighs gains "
        "in lasting alliances, needs met in deprived districts and trust alike.",
    )
    for name, advice in advices.items():
        for kind, figure in FIGURES.items():
            page.figures[f"{name}_{kind}"] = figure(advice)
        page.tables[f"{name}_outcomes"] = advice.tables["outcomes"]
        page.tables[f"{name}_mixes"] = advice.tables["mixes"]
        page.tables[f"{name}_learn"] = advice.tables["learn"].head(20)
        page.tables[f"{name}_signs"] = advice.tables["signs"]
        page.tables[f"{name}_turning"] = advice.tables["turning"]
        page.tables[f"{name}_curse"] = advice.tables["curse"]
        figures = {"mix": ("mixes",), "gains": ("choices", "front")}
        for language, title in ((0, f"{advice.place} ({PLACES[name][0]})"), (1, f"{advice.place}, en français")):
            lines = []
            for part in text(advice):
                if part.key in _TOLD:
                    lines.append(f"### {part.heading[language]}")
                    lines.append(_joined([pair[language] for pair in part.sentences]))
                    if language == 0:
                        lines += [f"![{kind}](figure:{name}_{kind})" for kind in figures.get(part.key, ())]
            page.add(title, "\n\n".join(lines))
    parts = {part.key: [_joined([pair[side] for pair in part.sentences]) for side in (0, 1)] for part in text(first)}
    page.add("Design", f"{parts['made'][0]} So for each place.\n\n{DESIGN}")
    page.add("What it does not say", f"It must not be used:\n\n{parts['not'][0]}\n\n{LIMITS}")
    page.add("À quoi cela ne doit pas servir", parts["not"][1])
    return page


def _joined(sentences: list[str]) -> str:
    """Paragraphs, items of a list together."""
    parts = [sentences[0]]
    for before, after in pairwise(sentences):
        together = before.startswith("- ") and after.startswith("- ")
        parts.append(("\n" if together else "\n\n") + after)
    return "".join(parts)


def summary(advices: Mapping[str, Advice]) -> pd.DataFrame:
    """A row a place: best rule of thumb, how the found mix does beside it, and what it took."""
    from alliancesim.advice.terms import choice

    verdicts = {"better": "the search", "unclear": "no clear difference", "worse": "the rule of thumb"}
    rows = []
    for name, advice in advices.items():
        rows.append(
            {
                "place": advice.place,
                "kind": PLACES[name][0],
                "inhabitants": advice.facts["inhabitants"],
                "deprived share": advice.facts["deprived_share"],
                "best rule of thumb": choice(advice.best_rule)[0],
                "score of the found mix above it": advice.gap.mean,
                "low": advice.gap.low,
                "high": advice.gap.high,
                "ahead in": advice.gap.share,
                "better": verdicts[advice.gap.verdict],
                "runs": advice.runs,
            }
        )
    return pd.DataFrame(rows)


def outcome(advices: Mapping[str, Advice]) -> str:
    """Where the search was worth it."""
    from alliancesim.studies.figures import listed

    sides: dict[str, list[str]] = {"better": [], "unclear": [], "worse": []}
    for advice in advices.values():
        sides[advice.gap.verdict].append(advice.place)
    parts = []
    if sides["better"]:
        parts.append(f"In fresh futures the found mix beats the best rule of thumb for {listed(sides['better'])}.")
    if sides["unclear"]:
        parts.append(
            f"For {listed(sides['unclear'])} it does **not** clearly beat the best rule of thumb, nor fall behind it: the rule "
            "is simpler."
        )
    if sides["worse"]:
        parts.append(f"For {listed(sides['worse'])} it does **worse** than the best rule of thumb.")
    return " ".join(parts)


STUDY = Study("advice", (), write, own)
