"""Write docs/PARAMETERS.md from the definitions: ``python tools/write_parameters_doc.py [--check]``.

With ``--check`` nothing is written; status 1 says that the document is not what the definitions give.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "PARAMETERS.md"

_HEAD = """\
# Parameters

Made from the definitions by `python tools/write_parameters_doc.py`: change those, not this page.

Every number that the model reads, with its unit, default, prior range, hard limits and type. Types: *data*, *source*
(of the research note), *assumption*, *assumption, to calibrate*, and *scenario* (yours to choose). Input is checked
against the hard limits; the prior is what sensitivity analysis and calibration sample from. On the command line a
parameter is `rules.<name>`, for example `rules.psi=0.3`.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows] + [""]


def document() -> str:
    """The whole page."""
    from alliancesim.catalogue import KINDS, OBJECTIVE_BENEFITS, OBJECTIVES, SPHERES
    from alliancesim.cli.listing import number
    from alliancesim.levers import LEVERS
    from alliancesim.parameters import PARAMETERS, TYPE_WORDS
    from alliancesim.scenario import Scenario
    from alliancesim.scenario.text import describe_keys

    lines = [_HEAD, "## Rules", ""]
    for group, members in groupby(PARAMETERS, key=lambda parameter: parameter.group):
        lines += [f"### {group}", ""]
        lines += table(
            ("name", "default", "unit", "prior", "limits", "type", "what it is"),
            (
                (
                    _code(p.name),
                    number(p.default),
                    p.unit,
                    f"{number(p.low)} to {number(p.high)}",
                    f"{number(p.minimum)} to {number(p.maximum)}",
                    TYPE_WORDS[p.kind],
                    p.doc,
                )
                for p in members
            ),
        )
    lines += ["## Keys of a scenario", "", "Besides `rules.<name>`. `<name>` is a name of your own.", ""]
    lines += table(
        ("key", "default", "unit", "expected", "what it is"),
        (
            (_code(path), _code(_default(default)), spec.unit, spec.expected(), spec.doc)
            for path, spec, default in describe_keys(Scenario)
            if not path.startswith("rules.")
        ),
    )
    lines += [
        "## Levers",
        "",
        "What an animator can do. Costs are of one occurrence, or of one year where a lever stands from its first "
        "month to its last; all costs are assumptions, with their prior.",
        "",
    ]
    lines += table(
        ("lever", "occurs", "kEUR", "prior, kEUR", "person-days", "phase", "source", "what it does"),
        (
            (
                _code(lever.name),
                f"{number(lever.per_year)} a year" if lever.per_year else "stands",
                number(lever.cost_keur),
                f"{number(lever.low_keur)} to {number(lever.high_keur)}",
                number(lever.cost_days),
                _code(lever.phase),
                lever.source,
                lever.doc,
            )
            for lever in LEVERS
        ),
    )
    lines += ["### Options of levers", ""]
    lines += table(
        ("lever", "option", "default", "unit", "limits", "what it is"),
        (
            (
                _code(lever.name),
                _code(name),
                _code(_default(option.default)),
                option.unit,
                "" if option.minimum is None else f"{number(option.minimum)} to {number(option.maximum)}",
                option.doc,
            )
            for lever in LEVERS
            for name, option in lever.options.items()
        ),
    )
    lines += [
        "## Kinds of organisations",
        "",
        "Cash and time are slack a year relative to the others; they are divided by their mean over the national mix. "
        "All are assumptions, but for densities marked data.",
        "",
    ]
    lines += table(
        (
            "kind",
            "sphere",
            "what it is",
            "per 1,000 inh.",
            "density is",
            "cash",
            "time",
            "local discretion",
            "load cap",
            "structuration x",
            "neutrality",
            "typical capabilities",
        ),
        (
            (
                _code(k.name),
                SPHERES[k.sphere],
                k.label,
                number(k.density) if k.density else "one by one",
                k.source,
                number(k.cash),
                number(k.time),
                number(k.discretion),
                number(k.cap),
                number(k.structuration),
                number(k.neutrality),
                ", ".join(k.capabilities),
            )
            for k in KINDS
        ),
    )
    lines += ["## What a depth brings to each objective", "", "Assumption.", ""]
    lines += table(
        ("depth", *OBJECTIVES),
        ((str(depth + 1), *(number(float(value)) for value in row)) for depth, row in enumerate(OBJECTIVE_BENEFITS)),
    )
    return "\n".join(lines).rstrip() + "\n"


def _default(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description="Write docs/PARAMETERS.md from the definitions.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args(argv)
    text = document()
    if args.check:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text
        print(
            "docs/PARAMETERS.md is what the definitions give"
            if same
            else "docs/PARAMETERS.md is out of date: run python tools/write_parameters_doc.py"
        )
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(TARGET.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
