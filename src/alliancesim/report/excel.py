"""Tables of a report for a spreadsheet: real numbers and dates, titles in the language, formats that every office reads its own way."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.report.findings import Cost, Difference, Group, Source
from alliancesim.report.vocabulary import OBSERVABLES, TYPES
from alliancesim.report.words import Language

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.comparison import Comparison
    from alliancesim.experiments.opened import ExperimentResult
    from alliancesim.report.numbers import Behind

COUNT, ONE, TWO, SHARE, FINE = "#,##0", "#,##0.0", "#,##0.00", "0%", "General"
MOST_RUNS = 100_000
"""Rows of runs that a sheet holds; more stay in runs.parquet."""


@dataclass(frozen=True)
class Table:
    """Titles and rows of a sheet."""

    columns: list[str]
    rows: list[list[Any]]


Sheet = tuple[str, Table, dict[int, str]]
"""Name, table, and format by column number (from 0)."""


def installed() -> bool:
    """Whether the package that writes Excel files is there."""
    return find_spec("openpyxl") is not None


def write(path: Path, sheets: list[Sheet], day: date, title: str) -> None:
    """Write a workbook; the same tables give the same bytes.

    Parameters
    ----------
    path : Path
    sheets : list of (name, table, formats)
    day : date
        What the file says of when it was made.
    title : str
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    moment = datetime(day.year, day.month, day.day)
    book.properties.creator, book.properties.title, book.properties.created = "alliancesim", title, moment
    for name, table, formats in sheets:
        sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", "-", name)[:31])
        sheet.append(table.columns)
        for number, values in enumerate(table.rows, 2):
            for column, value in enumerate(values, 1):
                cell = sheet.cell(number, column)
                kept = _plain(value)
                cell.value = kept
                if isinstance(kept, str):
                    cell.data_type = "s"  # a label that begins with = is no formula
                if isinstance(kept, date):
                    cell.number_format = "dd/mm/yyyy"
                elif isinstance(kept, (int, float)):
                    cell.number_format = formats.get(column - 1, COUNT if isinstance(kept, int) else TWO)
                    cell.alignment = Alignment(horizontal="right" if len(table.columns) > 2 else "left", vertical="top")
                elif isinstance(kept, str) and len(kept) > 46:
                    cell.alignment = Alignment(wrap_text=True, vertical="top")
        for column, head in enumerate(table.columns, 1):
            cell = sheet.cell(1, column)
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EEF4")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            longest = max([len(head) // 2 + 4, *(len(_shown(row[column - 1])) for row in table.rows)], default=8)
            sheet.column_dimensions[get_column_letter(column)].width = min(52, longest + 2)
        sheet.freeze_panes = "A2"
        if len(table.rows) > 1 and len(table.columns) > 2:
            sheet.auto_filter.ref = sheet.dimensions
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
        sheet.print_title_rows = "1:1"
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(_steady(book, moment))
    os.replace(part, path)


def _steady(book: Any, moment: datetime) -> bytes:
    """The workbook's file without the time at which it was written."""
    first, second = BytesIO(), BytesIO()
    book.save(first)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(first) as read, zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as made:
        for name in read.namelist():
            data = read.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            made.writestr(entry, data)
    return second.getvalue()


def _plain(value: Any) -> Any:
    """A value that a cell can hold; nothing for what is missing or without bound."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _shown(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def of_few(
    comparison: Comparison,
    found: dict[int, list[Difference]],
    costs: dict[int, Cost],
    kinds: dict[int, list[Group]],
    money: dict[int, list[Source]],
    behind: Behind,
    words: Language,
) -> list[Sheet]:
    """Sheets of scenarios told one by one."""
    labels = comparison.labels
    sheets = [_compared(labels, found, words)]
    if costs:
        sheets.append(_costs(labels, costs, words))
    if kinds:
        sheets.append(_kinds(labels, kinds, words))
    if any(money.values()):
        sheets.append(_money(labels, money, words))
    return [*sheets, _numbers(behind, words), _runs(comparison.result, words)]


def _compared(labels: list[str], found: dict[int, list[Difference]], words: Language) -> Sheet:
    low, high = _bounds(words)
    columns = [
        words["scenario"], words["observable"], words["unit"], words["replicates"], words["reference"].capitalize(),
        words["mean"], words["difference"], low, high, words["futures"], words["verdict"],
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for point, facts in found.items():
        for one in facts:
            factor = words.factor(one.observable)
            unit = OBSERVABLES[one.observable].unit
            values = [value * factor for value in (one.home, one.mean, one.difference, one.low, one.high)]
            verdict = words["clear" if one.clear else "unclear"] if one.n > 1 else "–"
            rows.append(
                [labels[point], words.observable(one.observable), words["value_unit" if unit == "value" else unit], one.n,
                 *values, one.higher / one.n, verdict]
            )  # fmt: skip
    return words["comparison"], Table(columns, rows), {9: SHARE}


def _bounds(words: Language) -> tuple[str, str]:
    return tuple(f"{words['interval']} ({words[key]})" for key in ("from", "to"))  # type: ignore[return-value]


def _costs(labels: list[str], costs: dict[int, Cost], words: Language) -> Sheet:
    low, high = _bounds(words)
    columns = [
        words["scenario"],
        words["extra_keur"],
        words["lever_keur"],
        words["extra_lasting"],
        words["cost"],
        low,
        high,
        words["verdict"],
    ]
    rows = [
        [
            labels[point],
            one.extra,
            one.levers,
            one.gain,
            one.cost,
            one.low,
            one.high,
            "" if one.cost == one.cost else words["no_cost"],
        ]
        for point, one in costs.items()
    ]
    return words["costs"], Table(columns, rows), dict.fromkeys(range(1, 7), ONE)


def _kinds(labels: list[str], kinds: dict[int, list[Group]], words: Language) -> Sheet:
    low, high = _bounds(words)
    columns = [
        words["scenario"],
        words["category"],
        words["organisations"],
        words["change"],
        low,
        high,
        words["verdict"],
    ]
    rows = [
        [
            labels[point],
            words.kind(one.name),
            one.units,
            100 * one.change,
            100 * one.low,
            100 * one.high,
            words["clear" if one.clear else "unclear"],
        ]
        for point, found in kinds.items()
        for one in reversed(found)
    ]
    return words["kinds"], Table(columns, rows), {2: ONE}


def _money(labels: list[str], money: dict[int, list[Source]], words: Language) -> Sheet:
    from alliancesim.report.vocabulary import SOURCES

    origin = {kind: words.pick(SOURCES[kind]) for kind in SOURCES}
    years = max(len(one.years) for found in money.values() for one in found)
    columns = [
        words["scenario"],
        words["source"],
        *(f"{words['year']} {year} (k€)" for year in range(1, years + 1)),
        f"{words['total']} (k€)",
    ]
    rows = [
        [labels[point], origin[one.kind], *one.years, *([0.0] * (years - len(one.years))), sum(one.years)]
        for point, found in money.items()
        for one in found
    ]
    return words.pick(("Money", "Financements")), Table(columns, rows), dict.fromkeys(range(2, years + 3), ONE)


def _numbers(behind: Behind, words: Language) -> Sheet:
    low, high = (f"{words['range']} ({words[key]})" for key in ("from", "to"))
    value_low, value_high = (f"{words['value']} ({words[key]})" for key in ("from", "to"))
    columns = [words["name"], words["key"], value_low, value_high, words["unit"], low, high, words["kind"]]
    rows = [
        [one.name, one.key, *((one.values[0], one.values[-1]) if one.values else (None, None)), one.unit, one.low, one.high,
         words.pick(TYPES[one.kind])]
        for one in behind.facts
    ]  # fmt: skip
    return words["parameters"], Table(columns, rows), dict.fromkeys((2, 3, 5, 6), FINE)


def _runs(result: ExperimentResult, words: Language) -> Sheet:
    kept = [name for name in OBSERVABLES if name in result.runs.columns]
    labels = result.design.set_index("point")["label"]
    units = {"points": " (%)", "keur": " (k€)"}
    titles = [f"{words.observable(name)}{units.get(OBSERVABLES[name].unit, '')}" for name in kept]
    columns = [words["scenario"], words["replicate"], words["seed"], *(words.spaced(title) for title in titles)]
    runs = result.runs.sort_values(["point", "replicate"], kind="stable").head(MOST_RUNS)
    values = runs[kept].to_numpy(dtype=float) * [words.factor(name) for name in kept]
    rows = [
        [str(labels[point]), int(replicate), int(seed), *line]
        for point, replicate, seed, line in zip(
            runs["point"], runs["replicate"], runs["seed"], values.tolist(), strict=True
        )
    ]
    return words["runs"], Table(columns, rows), {1: "0", 2: "0"}


def of_many(
    result: ExperimentResult,
    table: pd.DataFrame,
    spread: pd.DataFrame,
    order: pd.DataFrame | None,
    by: str,
    behind: Behind,
    words: Language,
) -> list[Sheet]:
    """Sheets of an experiment of many points."""
    quantiles = ("lowest", "tenth", "median", "ninetieth", "highest")
    spread_rows = []
    for row in spread.itertuples(index=False):
        unit = OBSERVABLES[row.observable].unit
        factor = words.factor(row.observable)
        spread_rows.append(
            [
                words.observable(row.observable),
                words["value_unit" if unit == "value" else unit],
                *(value * factor for value in row[1:]),
            ]
        )
    spread_columns = [words["observable"], words["unit"], *(words[key] for key in quantiles)]
    kept = [name for name in OBSERVABLES if name in table.columns]
    others = [name for name in table.columns if name not in kept]
    points = table[others + kept].copy()
    for name in kept:
        points[name] *= words.factor(name)
    heads = {"point": words["point"], "label": words["name"]}
    columns = [heads.get(name, name) for name in others]
    columns += [f"{words.observable(name)}{' (%)' if OBSERVABLES[name].unit == 'points' else ''}" for name in kept]
    formats = {number: FINE for number, name in enumerate(others) if name not in ("point", "label")}
    sheets: list[Sheet] = [
        (words["spread_title"], Table(spread_columns, spread_rows), {}),
        ("Points", Table([words.spaced(name) for name in columns], points.to_numpy(dtype=object).tolist()), formats),
    ]
    if order is not None:
        low, high = _bounds(words)
        names = ["rank", "label", "mean", "low", "high", "p_best", "rank_low", "rank_high"]
        ranks = words["ranks"]
        best = words.pick(("Probability to be the best on average", "Probabilité d’être le premier en moyenne"))
        titles = [
            words["rank"],
            words["point"],
            words["mean"],
            low,
            high,
            best,
            f"{ranks} ({words['from']})",
            f"{ranks} ({words['to']})",
        ]
        order = order.assign(**{name: order[name] * words.factor(by) for name in ("mean", "low", "high")})
        rows = order[names].to_numpy(dtype=object).tolist()
        sheets.append((words["ranking_title"], Table(titles, rows), {5: SHARE, 6: COUNT, 7: COUNT}))
    return [*sheets, _numbers(behind, words)]
