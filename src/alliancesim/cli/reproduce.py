"""``alliancesim reproduce``: run a study that ships and write its page again."""

from __future__ import annotations

import argparse
import sys
from typing import Any


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
        "overrides", nargs="*", metavar="key=value", help="quick=, output=, page=, workers=, engine=, address="
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
        print("\n".join(STUDIES))
        return 0
    page = [text.partition("=")[2] for text in args.overrides if text.startswith("page=")]
    words = [text for text in args.overrides if not text.startswith("page=")]
    for text in words:
        if "=" not in text:
            raise UserError(f"{text!r}: expected key=value")
    settings: Settings = build(Settings, _plain_settings(words))
    how = {name: value for name, value in vars(settings).items() if name not in ("quick", "output")}
    path = reproduce(
        args.study, quick=settings.quick, output=settings.output, page=page[-1] if page else None, progress=True,
        say=lambda text: print(text, file=sys.stderr), **how,
    )  # fmt: skip
    print(path)
    return 0
