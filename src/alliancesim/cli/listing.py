"""``alliancesim list``: what there is, from the definitions that the model itself reads."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows of words under headings, and a note under them."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def number(value: float | None) -> str:
    """A number in few digits; nothing for none."""
    if value is None:
        return ""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e6 else f"{value:g}"


def _options(group: str, config_dir: str | None) -> Table:
    from alliancesim.scenario.library import label, options

    found = options(group, config_dir).values()
    return Table(("name", "what it is", "file"), [(option.name, option.doc, label(option.path)) for option in found])


def territories(config_dir: str | None = None) -> Table:
    """Options of the group territory."""
    table = _options("territory", config_dir)
    return Table(table.columns, table.rows, "Deprived shares and needs are synthetic in all but your own tables.")


def animations(config_dir: str | None = None) -> Table:
    """Options of the group animation."""
    table = _options("animation", config_dir)
    return Table(
        table.columns,
        table.rows,
        "Several at once: animation=[events,fund]. Costs and amounts of money are assumptions.",
    )


def cases(config_dir: str | None = None) -> Table:
    """Options of the group case."""
    table = _options("case", config_dir)
    return Table(table.columns, table.rows, "Where a setting comes from and what is assumed stands in its file.")


def parameters(config_dir: str | None = None) -> Table:
    """Every number of a rule."""
    from alliancesim.parameters import PARAMETERS, TYPE_WORDS

    rows = [
        (
            f"rules.{p.name}",
            number(p.default),
            p.unit,
            f"{number(p.low)} - {number(p.high)}",
            f"{number(p.minimum)} - {number(p.maximum)}",
            TYPE_WORDS[p.kind],
            p.group,
            p.doc,
        )
        for p in PARAMETERS
    ]
    return Table(("key", "default", "unit", "prior", "limits", "type", "phase", "what it is"), rows)


def observables(config_dir: str | None = None) -> Table:
    """Every column of every table of results."""
    from alliancesim.observables import OBSERVABLES

    rows = [(str(o.table), str(o.name), str(o.unit), str(o.kind), str(o.doc)) for o in OBSERVABLES]
    return Table(("table", "column", "unit", "type", "what it is"), rows)


def levers(config_dir: str | None = None) -> Table:
    """Levers of an animator, with costs, and their options."""
    from alliancesim.levers import LEVERS

    rows: list[tuple[str, ...]] = []
    for lever in LEVERS:
        often = f"{number(lever.per_year)} a year" if lever.per_year else "stands"
        rows.append(
            (
                lever.name,
                often,
                f"{number(lever.cost_keur)} ({number(lever.low_keur)} - {number(lever.high_keur)})",
                number(lever.cost_days),
                lever.phase,
                lever.source,
                lever.doc,
            )
        )
        for name, option in lever.options.items():
            default = str(option.default).lower() if isinstance(option.default, bool) else str(option.default)
            limits = f", {number(option.minimum)} - {number(option.maximum)}" if option.minimum is not None else ""
            unit = f" {option.unit}" if option.unit else ""
            rows.append((f"  .options.{name}", "", "", "", "", "", f"{option.doc} (default {default}{unit}{limits})"))
    return Table(
        ("lever", "occurs", "kEUR (prior)", "person-days", "phase", "source", "what it does"),
        rows,
        "Costs are of one occurrence, or of one year where a lever stands from start to end; all are assumptions.",
    )


def extensions(config_dir: str | None = None) -> Table:
    """Extensions of the model, off by default."""
    from alliancesim.extensions import EXTENSIONS
    from alliancesim.scenario.library import options

    group = options("extensions", config_dir)
    rows = []
    for one in EXTENSIONS:
        keys = ", ".join(f"rules.{name}={number(value)}" for name, value in one.on.items())
        if one.name in group:
            keys = f"extensions={one.name} ({keys})"
        rows.append((one.name, "; ".join(filter(None, (keys, one.key))), one.phase, one.source, one.doc))
    return Table(
        ("extension", "switched on by", "phase", "source", "what it does"),
        rows,
        "Several at once: extensions=[closure,demography]. All their numbers are assumptions.",
    )


def kinds(config_dir: str | None = None) -> Table:
    """Kinds of organisations."""
    from alliancesim.catalogue import KINDS, SPHERES

    rows = [
        (
            k.name,
            SPHERES[k.sphere],
            k.label,
            number(k.density) if k.density else "data",
            number(k.cash),
            number(k.time),
            number(k.discretion),
            number(k.cap),
            number(k.structuration),
            number(k.neutrality),
            ", ".join(k.capabilities),
            k.source,
        )
        for k in KINDS
    ]
    return Table(
        (
            "kind",
            "sphere",
            "label",
            "per 1,000 inh.",
            "cash",
            "time",
            "local discretion",
            "load cap",
            "structuration x",
            "neutrality",
            "capabilities",
            "density is",
        ),
        rows,
        "Cash and time are relative to the mean of the national mix and are assumptions, like all but densities "
        "marked data.",
    )


TABLES = {
    "territories": territories,
    "animations": animations,
    "cases": cases,
    "parameters": parameters,
    "observables": observables,
    "levers": levers,
    "extensions": extensions,
    "kinds": kinds,
}


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "list",
        help="list territories, animations, cases, parameters, observables, ...",
        description="Lists what there is, from the definitions that the model reads.",
    )
    parser.add_argument("what", choices=tuple(TABLES), help="what to list")
    parser.add_argument("--config-dir", metavar="DIR", help="folder of your own configs; they shadow the package's")
    parser.set_defaults(function=run)


def run(args: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    table = TABLES[args.what](args.config_dir)
    if sys.stdout.isatty():
        _rich(table)
    else:
        print("\n".join(text_lines(table)))
    return 0


def text_lines(table: Table) -> list[str]:
    """A table as aligned text, a row a line: for files and pipes."""
    rows: Sequence[tuple[str, ...]] = [table.columns, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines + (["", table.note] if table.note else [])


def _rich(table: Table) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        shown.add_column(column, overflow="fold")
    for row in table.rows:
        shown.add_row(*(cell.replace("[", "\\[") for cell in row))
    console = Console()
    console.print(shown)
    if table.note:
        console.print(table.note, markup=False)
