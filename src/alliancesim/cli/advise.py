"""``alliancesim advise``: which mix and calendar of levers for a place and a budget."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from alliancesim.errors import UserError

_DESCRIPTION = """\
Looks for mixes of levers that a yearly budget pays for, judges them in fresh futures against rules of thumb, and says in plain
words which to take, how sure that is, what to learn next and what to watch for after one year.

  alliancesim advise territory=real territory.place="CC Ambert Livradois Forez" budget=100
  alliancesim advise territory=real territory.place=Denain budget=150 years=5 language=fr workers=2
  alliancesim advise territory=rural budget=60 quick=true

Keys: budget (kEUR a year, money and days of work), years, language (en, fr), quick, output, workers, engine, address; how much is
run: generations, candidates, search_futures, finalists, choose_futures, judge_futures, prior_futures. All other words are keys of
the scenario (alliancesim run --help). Assumed numbers come from the package's posterior where it has one, else from their priors
(rules=prior, rules=widened or rules=posterior say it). Stopped, the same command goes on; needs the extra alliancesim[advice].
"""
_SETTINGS = ("workers", "engine", "address", "time_limit", "output", "quick")
_DRAWN = ("prior", "widened", "posterior")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "advise", help="which mix of levers for a place and a budget", description=_DESCRIPTION
    )
    parser.add_argument("overrides", nargs="+", metavar="key=value", help="see above")
    parser.add_argument("--config-dir", metavar="DIR", help="folder of your own configs")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from pathlib import Path

    from alliancesim.advice.bench import check_place
    from alliancesim.advice.write import MANIFEST, PAGE, advise_into, default_folder
    from alliancesim.scenario import load_scenario

    budget, language, effort, settings, words = sort_words(args.overrides)
    check_place(words)
    base = load_scenario(*with_sample(words), config_dir=args.config_dir)
    path = Path(settings.output) if settings.output else default_folder(base, budget, effort)
    print(f"into {path}", file=sys.stderr)
    advice = advise_into(
        path, base, budget, effort, place=place_of(base), language=language, settings=settings, progress=True,
        say=lambda text: print(text, file=sys.stderr),
    )  # fmt: skip
    from alliancesim.advice.words import text

    french = language == "fr"
    for part in text(advice)[:2]:
        print("\n".join(pair[french] for pair in part.sentences))
    minutes = advice.seconds / 60.0
    print(
        f"{path}: {PAGE}, tables, figures, {MANIFEST}; {advice.runs:,} runs; {minutes:.1f} minutes (since it went on)"
    )
    return 0


def place_of(base: Any) -> str:
    """Name of the place of a scenario."""
    place = base.territory.place
    if place is None:
        return str(base.territory.name)
    return ", ".join(place) if isinstance(place, list) else str(place)


def with_sample(words: list[str]) -> list[str]:
    """Words of a scenario that say where assumed numbers come from; the package's best, unless they do."""
    from alliancesim.advice.futures import default_sample

    for word in words:
        key, _, value = word.partition("=")
        chosen = {one.strip() for one in value.strip().strip("[]").split(",")}
        if key.strip() == "uncertainty.sample" or (key.strip() == "rules" and chosen & set(_DRAWN)):
            return words
    return [*words, f"uncertainty.sample={default_sample()}"]


def sort_words(words: list[str]) -> tuple[float, str, Any, Any, list[str]]:
    """Budget, language, effort, settings, and keys of the scenario.

    Raises
    ------
    UserError
    """
    import dataclasses

    from alliancesim.advice.advising import QUICK, Effort
    from alliancesim.experiments.compose import _plain_settings
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario.checks import build

    own = {field.name for field in dataclasses.fields(Effort)}
    given: dict[str, str] = {}
    effort: dict[str, Any] = {}
    settings: list[str] = []
    rest: list[str] = []
    for text in words:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals:
            raise UserError(f"{text!r}: expected key=value")
        if key in ("budget", "language"):
            given[key] = value.strip()
        elif key in own:
            if not value.strip().isdecimal():
                raise UserError(f"{key}: found {value!r}, expected a whole number")
            effort[key] = int(value)
        elif key in _SETTINGS:
            settings.append(text)
        elif key in ("animation", "months") or key.startswith("animation."):
            raise UserError(
                f"{key}: found it for an advice, which chooses it itself (years says how long animators work)"
            )
        elif key in ("threads", "profile", "overwrite", "store"):
            raise UserError(f"{key}: found it for an advice, expected it for alliancesim run or sweep")
        else:
            rest.append(text)
    if "budget" not in given:
        raise UserError("budget: found nothing, expected kEUR a year, such as budget=100")
    try:
        budget = float(given["budget"])
    except ValueError:
        raise UserError(f"budget: found {given['budget']!r}, expected kEUR a year, such as budget=100") from None
    language = given.get("language", "en")
    if language not in ("en", "fr"):
        raise UserError(f"language: found {language!r}, expected en or fr")
    how: Settings = build(Settings, _plain_settings(settings))
    from alliancesim.advice.space import check_budget

    check_budget(budget)
    return budget, language, build(Effort, {**(QUICK if how.quick else {}), **effort}), how, rest
