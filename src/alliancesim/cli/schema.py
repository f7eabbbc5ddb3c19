"""``alliancesim schema``: the columns that tables of one's own must have."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "schema",
        help="print the columns of your own tables",
        description="Prints the columns of tables of cells and of organisations (territory=tables).",
    )
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim import territory

    print(territory.schema_text())
    return 0
