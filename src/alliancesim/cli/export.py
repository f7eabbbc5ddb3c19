"""``alliancesim export``: the history of a result for other tools."""

from __future__ import annotations

import argparse
from typing import Any

FORMATS = ("hypergraph", "gexf")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "export",
        help="write a result's alliances for other tools",
        description="Writes the alliances of a result as a temporal hypergraph (JSON that XGI opens) or as the "
        "pairwise network (GEXF).",
    )
    parser.add_argument("result", help="folder of a result")
    parser.add_argument("--format", choices=FORMATS, required=True, help="kind of file")
    parser.add_argument("--to", metavar="FILE", required=True, help="file to write")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim import results

    results.export(args.result, args.format, args.to)
    print(args.to)
    return 0
