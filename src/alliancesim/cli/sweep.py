"""``alliancesim sweep``: run an experiment, or go on with it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

_DESCRIPTION = """\
Runs an experiment: a base scenario, factors, a design, replicates. Stopped (Ctrl-C, power, kill), the same command
goes on from there and ends with the same tables.

  alliancesim sweep experiment=typology_by_resources replicates=5 output=out/typologies
  alliancesim sweep experiment=mine.yaml workers=4 months=24
  alliancesim sweep experiment=scarcity_paradox quick=true
  alliancesim sweep experiment=mine.yaml engine=dask address=tcp://scheduler:8786
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("sweep", help="run an experiment", description=_DESCRIPTION, late_epilog=epilog)
    overrides = parser.add_argument("overrides", nargs="*", metavar="key=value", help="listed below")
    overrides.completer = complete
    parser.add_argument("--config-dir", metavar="DIR", help="folder of your own configs and experiments")
    parser.add_argument("--dry-run", action="store_true", help="print the points of the design and stop")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    from pathlib import Path

    from alliancesim.experiments.compose import compose
    from alliancesim.experiments.plan import make_plan
    from alliancesim.experiments.runner import run_plan

    experiment, settings = compose(args.overrides, args.config_dir)
    plan = make_plan(experiment, args.config_dir)
    if args.dry_run:
        print(dry_run(plan))
        return 0
    folder = Path(settings.output) if settings.output else default_folder(experiment.name, settings.quick)
    print(f"{experiment.heading}: {len(plan.points)} points, {plan.runs:,} runs into {folder}", file=sys.stderr)
    result = run_plan(plan, folder, settings, progress=True)
    return ended(result)


def ended(result: Any) -> int:
    """Say what an experiment left; 3 if runs failed."""
    rows = result.manifest["rows"]
    failed = rows.get("failures.parquet", 0)
    print(f"{result.path}: {rows['runs.parquet']:,} runs of {result.manifest['points']:,} points in runs.parquet")
    if not failed:
        return 0
    first = result.failures.iloc[0]
    print(
        f"alliancesim: {failed} of {result.manifest['runs_done']} runs failed (failures.parquet); the first, run "
        f"{first['run']} "
        f"({first['label']}): {first['error']}; again: alliancesim rerun {result.path} run={first['run']}",
        file=sys.stderr,
    )
    return 3


def default_folder(name: str, quick: bool) -> Any:
    """``outputs/<name>``."""
    from pathlib import Path

    return Path("outputs") / (f"{name}-quick" if quick else name)


def dry_run(plan: Any) -> str:
    """The points of a plan, and what its runs will leave."""
    from alliancesim.experiments.finish import bytes_a_run, kept_of
    from alliancesim.experiments.runner import _size

    kept = kept_of(plan)
    lines = [f"{point.number:>6}  {point.label}" for point in plan.points[:200]]
    if len(plan.points) > 200:
        lines.append(f"   ...  and {len(plan.points) - 200:,} more")
    size = _size(bytes_a_run(plan, kept) * plan.runs)
    lines.append(
        f"{len(plan.points):,} points x {plan.most_replicates} replicates = {plan.runs:,} runs, about {size} on disk"
    )
    return "\n".join(lines)


def complete(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Completions: experiments after ``experiment=``, keys before."""
    from alliancesim.experiments.compose import available

    name, equals, _rest = prefix.partition("=")
    if equals and name == "experiment":
        return [f"experiment={one}" for one in available(getattr(parsed_args, "config_dir", None))]
    if equals:
        from alliancesim.cli.run import complete as of_run

        return of_run(prefix, parsed_args)
    keys = ["experiment", *(path for path, _spec, _default in own_keys())]
    return [f"{key}=" for key in keys if key.startswith(prefix)]


def own_keys() -> list[Any]:
    """Keys of an experiment and of how it is run."""
    from alliancesim.experiments.experiment import Experiment
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario.text import describe_keys

    return [*describe_keys(Settings), *describe_keys(Experiment)]


def epilog() -> str:
    """Experiments that there are, and every key."""
    import shutil
    import textwrap

    from alliancesim.cli.run import _shown
    from alliancesim.experiments.compose import available
    from alliancesim.scenario.library import _first_comment

    width = max(60, min(120, shutil.get_terminal_size().columns))
    lines = ["experiments:"]
    for name, path in available().items():
        text = f"{name}  {_first_comment(path)}"
        lines.extend(textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="      "))
    lines += ["", "keys (beside any key of the base scenario, see alliancesim run --help):"]
    for path, spec, default in own_keys():
        shown = "" if default in (None, [], {}) else f"; default {_shown(default)}"
        text = f"{path}  {spec.doc} ({spec.expected()}{shown})"
        lines.extend(textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="      "))
    return "\n".join(lines)
