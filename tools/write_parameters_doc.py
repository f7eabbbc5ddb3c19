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


def _under_uncertainty() -> str:
    """What `rules=prior` and the like draw."""
    from alliancesim.parameters import KEPT, LOG_FACTOR, PARAMETERS, SHARES, uncertain_parameters

    drawn = uncertain_parameters()
    kept: dict[str, list[str]] = {}
    for name, why in KEPT.items():
        kept.setdefault(why, []).append(f"`{name}`")
    left = "; ".join(f"{', '.join(names)} (each {why})" for why, names in kept.items())
    switches = sum(p.switch for p in PARAMETERS)
    first, second = SHARES[1]
    return f"""\
## Under uncertainty

`rules=prior` draws the {len(drawn)} assumptions (types *assumption* and *assumption, to calibrate*) from their priors, each on its own:
uniform over the range, or uniform in its logarithm where the range is positive and spans a factor of {LOG_FACTOR:g} or more ("log" in the
tables below: {sum(p.log for p in drawn)} of them); whole numbers as whole numbers. Only `{first}` and `{second}`, shares of one whole, are drawn again until
they are at most 1 together. `rules=widened` draws from ranges twice as wide about the same centre (in logarithms for "log"), cut at the hard
limits. `rules=posterior` takes a row of the calibrated sample of the package, `uncertainty.sample=mine.parquet` one of a table of your
own (a column a parameter, equally weighted rows). Data, sources, scenario levels and the {switches} switches keep their values, and so do
{left}.

The draw is the number of the run's seed (divided by `uncertainty.seeds`: with 2, seeds 8 and 9 share one), or `uncertainty.row`; each parameter of it is a function of that number and its name
([RANDOMNESS.md](RANDOMNESS.md)), so a parameter that is added moves no other. What is given (on the command line, by a case, a history, an
extension, a factor of a design) wins over the draw.
"""


def document() -> str:
    """The whole page."""
    from alliancesim.catalogue import KINDS, OBJECTIVE_BENEFITS, OBJECTIVES, SPHERES
    from alliancesim.cli.listing import number
    from alliancesim.levers import LEVERS
    from alliancesim.parameters import PARAMETERS, TYPE_WORDS, uncertain_parameters
    from alliancesim.scenario import Scenario
    from alliancesim.scenario.text import describe_keys

    drawn = uncertain_parameters()
    lines = [_HEAD, _under_uncertainty(), "## Rules", ""]
    for group, members in groupby(PARAMETERS, key=lambda parameter: parameter.group):
        lines += [f"### {group}", ""]
        lines += table(
            ("name", "default", "unit", "prior", "limits", "type", "what it is"),
            (
                (
                    _code(p.name),
                    number(p.default),
                    p.unit,
                    f"{number(p.low)} to {number(p.high)}" + (", log" if p in drawn and p.log else ""),
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
