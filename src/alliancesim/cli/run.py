"""``alliancesim run``: compose a scenario and simulate it."""

from __future__ import annotations

import argparse
from typing import Any

_DESCRIPTION = """\
Simulates one scenario and writes tables, figures and a summary into a folder.

  alliancesim run territory=rural resources=scarce
  alliancesim run territory=real territory.place="CC Grand-Figeac" months=60
  alliancesim run case=charenton months=12 rules.psi=0.3
  alliancesim run animation=[events,fund] output=out/mine overwrite=true
  alliancesim run territory=real territory.place=france --dry-run
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("run", help="simulate a scenario", description=_DESCRIPTION, late_epilog=_epilog)
    overrides = parser.add_argument("overrides", nargs="*", metavar="key=value", help="groups and keys, listed below")
    overrides.completer = complete
    parser.add_argument("--config-dir", metavar="DIR", help="folder of your own configs; they shadow the package's")
    parser.add_argument(
        "--cfg", choices=("job",), help="print the resolved scenario with the origin of each value, and stop"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say how many organisations, how long, how much memory and disk to expect, and stop",
    )
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from alliancesim.scenario.compose import compose

    scenario, origin = compose(args.overrides, args.config_dir)
    if args.cfg == "job":
        from alliancesim.scenario.text import with_origins

        print(with_origins(scenario.to_dict(), origin), end="")
        return 0
    if args.dry_run:
        return _dry_run(scenario)
    from alliancesim import results

    results.run_to_folder(scenario, overrides=list(args.overrides), origins=origin, progress=True)
    return 0


def _dry_run(scenario: Any) -> int:
    """Say what the run would take; refuse what the run would refuse before it starts."""
    from pathlib import Path

    from alliancesim.estimate import estimate
    from alliancesim.results.folder import check_target, default_folder, tell_of_compiling

    target = Path(scenario.output) if scenario.output else default_folder(scenario)
    check_target(target, scenario.overwrite, scenario)
    tell_of_compiling()
    print(estimate(scenario).text(target, scenario.thread_count))
    return 0


def complete(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Completions of one argument: options of a group after ``=``, keys before."""
    from alliancesim.scenario.library import GROUPS, options

    folder = getattr(parsed_args, "config_dir", None)
    name, equals, _rest = prefix.partition("=")
    if equals:
        if name in GROUPS:
            return [f"{name}={option}" for option in options(name, folder)]
        from alliancesim.scenario.schema import spec_at

        spec = spec_at(name)
        words = spec.choices if spec is not None else ()
        if spec is not None and spec.kind == "bool":
            words = ("true", "false")
        return [f"{name}={word}" for word in words]
    from alliancesim.scenario.schema import Scenario
    from alliancesim.scenario.text import describe_keys

    keys = [path for path, _spec, _default in describe_keys(Scenario) if "<" not in path and "[" not in path]
    return [f"{path}=" for path in [*GROUPS, *keys] if path.startswith(prefix)]


def _epilog() -> str:
    """Every group and key, with what it may hold and its unit."""
    import shutil
    import textwrap

    from alliancesim.scenario.library import GROUPS, options
    from alliancesim.scenario.schema import Scenario
    from alliancesim.scenario.text import describe_keys

    width = max(60, min(120, shutil.get_terminal_size().columns))
    lines = ["groups (a whole set of keys by one word; a case brings its own, the command line wins):"]

    def entry(head: str, body: str) -> None:
        lines.extend(textwrap.wrap(f"{head}  {body}", width, initial_indent="  ", subsequent_indent="      "))

    several = {
        "animation": " (or several: animation=[events,fund])",
        "extensions": " (or several)",
        "case": " (or null)",
    }
    for group in GROUPS:
        words = list(options(group))
        entry(f"{group}=", " | ".join(words) + several.get(group, ""))
    lines += ["", "keys:"]
    for path, spec, default in describe_keys(Scenario):
        if path in GROUPS:
            continue
        unit = f", {spec.unit}" if spec.unit and not spec.switch else ""
        shown = "" if default in (None, []) else f"; default {_shown(default)}"
        expected = spec.expected().replace(" or null", "") if spec.optional else spec.expected()
        entry(path, f"{spec.doc} ({expected}{unit}{shown})" if spec.doc else f"({expected}{unit}{shown})")
    lines += [
        "",
        "Months count from the end of burn-in: month 1 is the first that is reported.",
        "Options of levers: alliancesim list levers. Parameters as a table: alliancesim list parameters.",
    ]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)
