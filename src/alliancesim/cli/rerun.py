"""``alliancesim rerun``: run a folder's scenario again and compare."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "rerun",
        help="run a result again and compare",
        description="Runs the scenario of a result again: says identical (status 0), or names the first phase and "
        "month that differ (status 1).",
    )
    parser.add_argument("folder", help="folder of a result")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim import results

    return int(results.rerun(args.folder))
