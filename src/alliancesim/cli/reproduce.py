"""``alliancesim reproduce``: run a study that ships and write its page again."""

from __future__ import annotations

import argparse
import sys
from typing import Any

HYPOTHESES = "hypotheses"
"""What is no study of one experiment, but all registered hypotheses."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "reproduce",
        help="run a study that ships and write its page",
        description="Runs the experiments of a study, or goes on with them, and writes its page with figures and tables into "
        "docs/experiments (quick=true: beside its results). Without a name: which there are.",
    )
    parser.add_argument("study", nargs="?", help="name of a study")
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="quick=, output=, page=, workers=, engine=, address=; of hypotheses also only=H6,H7 and rules=",
    )
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim.errors import UserError
    from alliancesim.experiments.compose import _plain_settings
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario.checks import build
    from alliancesim.studies.reproduce import STUDIES, reproduce

    if args.study is None:
        print("\n".join([*STUDIES, HYPOTHESES]))
        return 0
    own = ("page", "only", "rules") if args.study == HYPOTHESES else ("page",)
    given: dict[str, str] = {}
    words = []
    for text in args.overrides:
        key, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"{text!r}: expected key=value")
        if key in own:
            given[key] = value
        else:
            words.append(text)
    settings: Settings = build(Settings, _plain_settings(words))
    how = {name: value for name, value in vars(settings).items() if name not in ("quick", "output")}
    how |= {"progress": True, "say": lambda text: print(text, file=sys.stderr), **given}
    if args.study == HYPOTHESES:
        from alliancesim.hypotheses.reproduce import reproduce as decide

        path = decide(quick=settings.quick, output=settings.output, **how)
    else:
        path = reproduce(args.study, quick=settings.quick, output=settings.output, **how)
    print(path)
    return 0
