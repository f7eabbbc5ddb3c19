"""``alliancesim plan``: the phases of a month."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "plan",
        help="print the phases of a month with their sources",
        description="Prints the phases of a month, in order, with their sources.",
    )
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim.rules import plan

    print(plan.describe())
    return 0
