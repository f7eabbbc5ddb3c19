"""``alliancesim why``: how one alliance or forum came about, in words."""

from __future__ import annotations

import argparse
from typing import Any

from alliancesim.errors import UserError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "why",
        help="tell how an alliance or a forum came about",
        description="Tells who met whom, what was weighed and what tipped it, computed again from the seed.",
    )
    parser.add_argument("result", help="folder of a result")
    parser.add_argument("which", metavar="alliance=ID|forum=ID", help="row of alliances.parquet or forums.parquet")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    what, _, number = args.which.partition("=")
    if what not in ("alliance", "forum") or not (number.isascii() and number.isdecimal()):
        raise UserError(f"why: found {args.which!r}, expected alliance=ID or forum=ID with a whole number of 0 or more")
    from alliancesim import results

    print(results.why(args.result, **{what: int(number)}))
    return 0
