"""``alliancesim calibrate``: parameters that targets leave, as a sample; or go on with it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

_DESCRIPTION = """\
Holds runs against targets: history matching rules out what cannot meet them, ABC-SMC draws from what is left, and a sample of
equally weighted parameter sets is written (posterior.parquet), with tables, figures and a page about it. Stopped (Ctrl-C,
SIGTERM, power, kill), the same command goes on, whatever the number of workers, and ends with the same sample.

  alliancesim calibrate output=out/calibration workers=2
  alliancesim calibrate targets=mine.csv plan=mine.yaml budget=2000 output=out/mine
  alliancesim calibrate quick=true output=out/quick
  alliancesim calibrate --observables
  alliancesim run uncertainty.sample=out/calibration/posterior.parquet

keys
  targets=FILE    CSV: name, setting, observable, month, value, tolerance, denominator, source (default: the package's own)
  plan=FILE       YAML with settings, parameters and their priors, budget (default: the package's own)
  output=DIR      folder (default: outputs/calibration)
  workers=N       processes (default: all cores); engine=dask, address= as for a sweep
  budget=N        runs in all (default: those of the plan)
  rows=N          of the sample; precision=X: half-width of the 95 % interval of any share of them
  seed=N          of the calibration
  overwrite=true  replace a calibration of another plan
  quick=true      a small version that only shows that everything runs
"""
_NUMBERS = {"budget": int, "rows": int, "seed": int, "precision": float}


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("calibrate", help="draw parameters that meet targets", description=_DESCRIPTION)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="listed above")
    parser.add_argument("--observables", action="store_true", help="what a target may name, and stop")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from pathlib import Path

    from alliancesim.calibration.observed import OBSERVED

    if args.observables:
        print("\n".join(f"{name:<34} {one.doc}" for name, one in OBSERVED.items()))
        return 0
    given, settings = read(args.overrides)
    from alliancesim.calibration.calibrate import calibrate
    from alliancesim.calibration.plan import load_plan

    plan = load_plan(
        given.get("plan"), targets=given.get("targets"), quick=settings.quick,
        **{key: value for key, value in given.items() if key in _NUMBERS},
    )  # fmt: skip
    folder = Path(settings.output or ("outputs/calibration-quick" if settings.quick else "outputs/calibration"))
    print(
        f"{len(plan.targets)} targets, {len(plan.space.names)} parameters, {plan.budget.total:,} runs at most into {folder}",
        file=sys.stderr,
    )
    found = calibrate(plan, folder, settings, progress=True, say=lambda text: print(text, file=sys.stderr))
    from alliancesim.studies.calibration import write_beside

    write_beside(found, folder)
    if found.particles is None:
        print(f"{folder}: nothing of the prior meets all targets; calibration.md says which cannot be met together")
        return 3
    print(
        f"{folder}: {len(found.particles.x)} rows in posterior.parquet, of {found.particles.distinct} different sets; "
        "see calibration.md"
    )
    return 0


def read(words: list[str]) -> tuple[dict[str, Any], Any]:
    """Keys of the calibration, and those of who runs.

    Raises
    ------
    UserError
        For an unknown key, or a value that is none.
    """
    from alliancesim.errors import UserError
    from alliancesim.experiments.compose import _plain_settings
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario.checks import build, nearest

    own = ("targets", "plan", *_NUMBERS)
    running = ("workers", "engine", "address", "output", "overwrite", "time_limit", "quick")
    given: dict[str, Any] = {}
    rest = []
    for text in words:
        key, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"{text!r}: expected key=value")
        if key not in own and key not in running:
            raise UserError(
                f"{key}: no key of calibrate, expected one of {', '.join(own + running)}{nearest(key, own + running)}"
            )
        if key in _NUMBERS:
            try:
                given[key] = _NUMBERS[key](value)
            except ValueError:
                words_ = "a whole number" if _NUMBERS[key] is int else "a number"
                raise UserError(f"{key}: found {value!r}, expected {words_}") from None
        elif key in own:
            given[key] = value
        else:
            rest.append(text)
    settings: Settings = build(Settings, _plain_settings(rest))
    return given, settings
