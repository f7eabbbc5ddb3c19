"""``alliancesim report``: an experiment told in English or French."""

from __future__ import annotations

import argparse
from typing import Any

_DESCRIPTION = """\
Writes the report of a comparison or an experiment into its folder: one HTML file that opens offline and prints well, and
its tables as an Excel file. Up to 12 points are told one by one; of more, the spread and the order.

  alliancesim report outputs/comparison-1a2b3c4d language=fr
  alliancesim report outputs/mine language=en reference="no animation"
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("report", help="write a report in English or French", description=_DESCRIPTION)
    parser.add_argument("folder", help="folder of an experiment or a comparison")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="language=en|fr, reference=<label or number>")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim.report.build import write_report
    from alliancesim.scenario.checks import unknown

    given: dict[str, Any] = {"language": "en", "reference": 0}
    for text in args.overrides:
        key, _, value = text.partition("=")
        if key.strip() not in given:
            raise unknown(key.strip(), given)
        given[key.strip()] = value.strip()
    if str(given["reference"]).isdecimal():
        given["reference"] = int(given["reference"])
    print(write_report(args.folder, given["language"], given["reference"]))
    return 0
