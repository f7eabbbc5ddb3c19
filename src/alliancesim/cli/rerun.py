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
        "month that differ (status 1). Of an experiment it runs one run again: its numbers must be the same, and one "
        "that "
        "failed shows its error.",
    )
    parser.add_argument("folder", help="folder of a result or of an experiment")
    parser.add_argument("run", nargs="?", metavar="run=N", help="run of an experiment to do again")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from pathlib import Path

    from alliancesim import results
    from alliancesim.errors import UserError
    from alliancesim.experiments.folder import read_manifest

    if read_manifest(Path(args.folder)) is not None:
        from alliancesim.experiments.again import rerun

        return rerun(args.folder, args.run)
    if args.run is not None:
        raise UserError(f"{args.folder}: found {args.run!r}, expected it with the folder of an experiment only")
    return int(results.rerun(args.folder))
