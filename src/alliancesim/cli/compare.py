"""``alliancesim compare``: scenarios side by side under the same draws."""

from __future__ import annotations

import argparse
import re
from typing import Any

from alliancesim.errors import UserError

_DESCRIPTION = """\
Compares scenarios with the first one, replicate by replicate under the same draws: differences with intervals, over time, by
sphere, kind and deprivation, who owes what to the lever, cost for each lasting alliance.

A scenario is "label: key=value key=value", a scenario.yaml, or the folder of a result. Other words are keys of all of them.
A folder of an experiment with several points is compared as it is.

  alliancesim compare "nothing: animation=none" "Labo: animation=labo" territory=rural replicates=30
  alliancesim compare "none: animation=none" "events: animation=events" territory=real territory.place="CC Grand-Figeac"
  alliancesim compare outputs/my-sweep reference="urban, scarce"
  alliancesim compare "a: animation=none" "b: animation=fund" precision="alliances: 2"
"""
_SCENARIO = re.compile(r"([^=]*?):(?:\s+(.*))?$", re.DOTALL)
_OWN = ("replicates", "most_replicates", "precision", "title", "question", "reference", "one_territory", "every")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("compare", help="compare scenarios", description=_DESCRIPTION)
    parser.add_argument("overrides", nargs="+", metavar="scenario or key=value", help="see above")
    parser.add_argument("--config-dir", metavar="DIR", help="folder of your own configs")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    import sys
    from pathlib import Path

    from alliancesim.cli.sweep import ended
    from alliancesim.comparison.comparing import Comparison, describe, open_comparison
    from alliancesim.experiments.folder import read_manifest
    from alliancesim.experiments.plan import make_plan
    from alliancesim.experiments.runner import run_plan

    scenarios, folders, own, settings, base = sort_words(args.overrides)
    reference: Any = own.pop("reference", 0)
    reference = int(reference) if str(reference).isdecimal() else reference
    if len(folders) == 1 and not scenarios and read_manifest(Path(folders[0])) is not None:
        comparison = Comparison(open_comparison(folders[0]).result, reference)
        comparison.save()
        print(comparison.summary())
        return 0
    for folder in folders:
        scenarios[Path(folder).stem if Path(folder).is_file() else Path(folder).name] = _stored(Path(folder))
    if len(scenarios) < 2:
        raise UserError(
            f'compare: found {len(scenarios)} scenario, expected two or more, each "label: key=value", a scenario.yaml or a '
            "folder of a result"
        )
    experiment = describe(scenarios, base=base, config_dir=args.config_dir, **own)
    plan = make_plan(experiment, args.config_dir)
    target = Path(settings.output) if settings.output else Path("outputs") / f"comparison-{plan.identity[:8]}"
    print(f"{len(plan.points)} scenarios, {experiment.replicates} replicates each, into {target}", file=sys.stderr)
    result = run_plan(plan, target, settings, progress=True)
    status = ended(result) if result.manifest["rows"].get("failures.parquet") else 0
    comparison = Comparison(result, reference)
    comparison.save()
    print(comparison.summary())
    print(f"{target}: comparison.md, comparison.parquet, figures; alliancesim report {target} language=en")
    return status


def sort_words(words: list[str]) -> tuple[dict[str, Any], list[str], dict[str, Any], Any, list[str]]:
    """Scenarios by label, folders and files, keys of the comparison, settings, keys of all scenarios.

    Raises
    ------
    UserError
    """
    import dataclasses
    from pathlib import Path

    from alliancesim.experiments.compose import _plain_settings
    from alliancesim.experiments.settings import Settings
    from alliancesim.scenario.checks import build

    run_keys = {field.name for field in dataclasses.fields(Settings)}
    scenarios: dict[str, Any] = {}
    folders: list[str] = []
    own: dict[str, Any] = {}
    settings: list[str] = []
    base: list[str] = []
    for text in words:
        found = _SCENARIO.match(text.strip())
        key = text.partition("=")[0].strip()
        if found and found[1].strip():
            label = found[1].strip()
            if label in scenarios:
                raise UserError(f"compare: found the label {label!r} twice, expected each once")
            scenarios[label] = split_overrides(found[2] or "")
        elif "=" not in text:
            if not Path(text).exists():
                raise UserError(f'{text!r}: expected "label: key=value", a file or folder that exists, or key=value')
            folders.append(text)
        elif key in run_keys:
            settings.append(text)
        elif key in _OWN:
            own[key] = _own(key, text.partition("=")[2].strip())
        elif key == "threads":
            raise UserError("threads: a run of a comparison uses one thread; workers=N says how many run at once")
        elif key == "profile":
            raise UserError("profile: found it for a comparison, expected it for one run (alliancesim run)")
        else:
            base.append(text)
    return scenarios, folders, own, build(Settings, _plain_settings(settings)), base


def split_overrides(text: str) -> list[str]:
    """``key=value`` separated by spaces; a value with spaces stands in quotes."""
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise UserError(f"compare: {text!r}: {error}") from None


def _own(key: str, value: str) -> Any:
    if key in ("replicates", "most_replicates", "every"):
        if not value.isdecimal() or int(value) < 1:
            raise UserError(f"{key}: found {value!r}, expected a whole number from 1")
        return int(value)
    if key == "one_territory":
        if value not in ("true", "false"):
            raise UserError(f"{key}: found {value!r}, expected true or false")
        return value == "true"
    if key == "precision":
        found = {}
        for part in value.strip("{}").split(","):
            name, colon, text = part.partition(":")
            if not colon:
                raise UserError(f"precision: found {value!r}, expected observable: half-width, such as alliances: 2")
            found[name.strip()] = text.strip()
        return found
    return value


def _stored(path: Any) -> Any:
    """The scenario of a result's folder or of a YAML file."""
    from alliancesim.scenario import Scenario

    file = path / "scenario.yaml" if path.is_dir() else path
    if not file.is_file():
        raise UserError(f"{path}: found no scenario.yaml, expected the folder of a result or a scenario's file")
    return Scenario.from_yaml(file)
