"""Tables of a report for a spreadsheet: real numbers, titles in the language, formats that every office reads in its own way."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.report.findings import DAY_KEUR
from alliancesim.report.words import OBSERVABLES, Language

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.comparison import Comparison


def write_tables(comparison: Comparison, words: Language, path: Path) -> bool:
    """Write the workbook; without openpyxl say which extra it needs.

    Returns
    -------
    bool
        Whether it was written.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter
    except ImportError:
        print(f"{path.name}: not written, an Excel file needs the extra alliancesim[excel]", file=sys.stderr)
        return False
    book = Workbook()
    book.remove(book.active)
    for title, table, formats in sheets(comparison, words):
        sheet = book.create_sheet(title[:31])
        sheet.append(list(table.columns))
        for row in table.itertuples(index=False, name=None):
            sheet.append([_plain(value) for value in row])
        for number, name in enumerate(table.columns, 1):
            letter = get_column_letter(number)
            head = sheet.cell(1, number)
            head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
            longest = max([len(str(name)) // 2 + 4, *(len(_shown(value)) for value in table[name])], default=8)
            sheet.column_dimensions[letter].width = min(48, longest + 2)
            if name in formats:
                for cell in sheet[letter][1:]:
                    cell.number_format = formats[name]
        sheet.freeze_panes = "A2"
    part = path.with_name(f".{path.name}.part")
    book.save(part)
    os.replace(part, path)
    return True


def sheets(comparison: Comparison, words: Language) -> list[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Title, table and number formats of each sheet."""
    import pandas as pd

    result = comparison.result
    table = comparison.table(list(OBSERVABLES))
    table = table[table["n"] > 0]
    factor = table["observable"].map(lambda name: 100.0 if OBSERVABLES[name][2] == "points" else 1.0)
    compared = pd.DataFrame(
        {
            words["scenario"]: table["label"],
            words["observable"]: table["observable"].map(words.observable),
            words["unit"]: table["observable"].map(lambda name: words[_UNITS[OBSERVABLES[name][2]]]),
            words["reference"].capitalize(): table["mean_reference"] * factor,
            words["mean"]: table["mean"] * factor,
            words["difference"]: table["difference"] * factor,
            f"{words['interval']} (min)": table["low"] * factor,
            f"{words['interval']} (max)": table["high"] * factor,
            words["futures"]: table["share_higher"],
            words["verdict"]: table["clear"].map({True: words["clear"], False: words["unclear"]}),
        }
    )
    numbers = {name: "#,##0.00" for name in list(compared.columns)[3:8]} | {words["futures"]: "0%"}
    costs = comparison.cost(costs={"day_keur": DAY_KEUR})
    priced = pd.DataFrame(
        {
            words["scenario"]: costs["label"],
            f"{words.observable('spend_keur')} (k€)": costs["extra_keur"],
            words.observable("lasting_alliances"): costs["extra_outcome"],
            f"{words['cost']} (k€)": costs["cost"],
            f"{words['interval']} (min)": costs["cost_low"],
            f"{words['interval']} (max)": costs["cost_high"],
        }
    )
    kept = [name for name in OBSERVABLES if name in result.runs.columns]
    labels = result.design.set_index("point")["label"]
    runs = pd.DataFrame({words["scenario"]: result.runs["point"].map(labels), "seed": result.runs["seed"]})
    for name in kept:
        points = OBSERVABLES[name][2] == "points"
        runs[f"{words.observable(name)}{' (%)' if points else ''}"] = result.runs[name] * (100.0 if points else 1.0)
    plain = {name: "#,##0.00" for name in runs.columns[2:]}
    return [
        (words["comparison"], compared, numbers),
        (words.pick(("Costs", "Coûts")), priced, {name: "#,##0.0" for name in priced.columns[1:]}),
        (words["runs"], runs, plain),
    ]


_UNITS = {"points": "points", "count": "count", "value": "value_unit", "keur": "keur"}


def _plain(value: Any) -> Any:
    """A value that a cell can hold; nothing for what is missing or without bound."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _shown(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
