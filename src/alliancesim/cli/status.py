"""``alliancesim status``: how far an experiment is."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "status",
        help="say how far an experiment is",
        description="Says how many runs of an experiment are done, how fast, how many failed, and whether a process is at it.",
    )
    parser.add_argument("folder", help="folder of an experiment")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim.experiments.progress import status

    print(status(args.folder))
    return 0
