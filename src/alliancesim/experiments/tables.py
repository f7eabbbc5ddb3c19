"""A design as a table that the user reads, edits and hands in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments.designs import Point

LABELS = ("point", "label", "base", "identity")
"""Columns of design.parquet that are no factors."""


def read_design(path: str, subject: str = "territory") -> list[tuple[str, Point]]:
    """Label and factors of each row.

    Raises
    ------
    UserError
        File missing or broken; unknown column; a cell that its key cannot hold; no rows.
    """
    import pandas as pd

    from alliancesim.experiments.experiment import _check_factor_key

    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"design.path: found {path!r}, expected a file that exists")
    suffix = file.suffix.casefold()
    try:
        if suffix == ".parquet":
            frame = pd.read_parquet(file)
        elif suffix in (".xlsx", ".xls"):
            frame = pd.read_excel(file, dtype=str, keep_default_na=False)
        else:
            with file.open(encoding="utf-8-sig") as lines:
                head = lines.readline()
            separator = max((";", "\t", ","), key=head.count)  # a French spreadsheet writes semicolons
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, sep=separator, encoding="utf-8-sig")
    except ImportError:
        raise UserError(f"{file}: an Excel file needs the extra alliancesim[excel]") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read ({(str(error).splitlines() or ['?'])[0]})") from None
    if frame.empty:
        raise UserError(f"{file}: no rows, expected one point or more")
    names = [str(name).strip() for name in frame.columns]
    for name in names:
        if name not in LABELS:
            try:
                _check_factor_key(name, subject)
            except UserError as error:
                raise UserError(f"{file}, column {name}: {error}") from None
    rows: list[tuple[str, Point]] = []
    for number, values in enumerate(frame.itertuples(index=False, name=None), 1):
        point: Point = {}
        label = ""
        for name, value in zip(names, values, strict=True):
            if name == "label":
                label = str(value).strip()
            elif name not in LABELS and not _empty(value):
                try:
                    point[name] = _cell(name, value)
                except UserError as error:
                    raise UserError(f"{file}, row {number}: {error}") from None
        rows.append((label, point))
    return rows


def _empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _cell(name: str, value: Any) -> Any:
    """A cell as the value of a key: text is read as on the command line, a decimal comma as a point."""
    from alliancesim.scenario.compose import _parse, _value
    from alliancesim.scenario.library import GROUPS
    from alliancesim.scenario.schema import spec_at

    if not isinstance(value, str):
        return value.item() if hasattr(value, "item") else value
    if name in GROUPS:
        return _parse(name, value)
    spec = spec_at(name)
    kind = spec.kind if spec is not None else "float"
    if kind in ("int", "float") and value.count(",") == 1 and value.replace(",", "").strip("-+ ").isdecimal():
        value = value.replace(",", ".")
    return _value(name, value, kind)


def design_table(plan: Any) -> Any:
    """``design.parquet``: a row a point, a column a factor (numbers where all are numbers, else words).

    Returns
    -------
    pyarrow.Table
    """
    import json

    import pyarrow as pa

    names = list(dict.fromkeys(name for point in plan.points for name in point.factors))
    columns: dict[str, pa.Array] = {
        "point": pa.array([point.number for point in plan.points], pa.int32()),
        "label": pa.array([point.label for point in plan.points], pa.string()),
    }
    for name in names:
        values = [point.factors.get(name) for point in plan.points]
        numbers = [value for value in values if value is not None]
        if all(isinstance(value, bool) for value in numbers):
            columns[name] = pa.array(values, pa.bool_())
        elif all(isinstance(value, int) and not isinstance(value, bool) for value in numbers):
            columns[name] = pa.array(values, pa.int64())
        elif all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in numbers):
            columns[name] = pa.array([None if v is None else float(v) for v in values], pa.float64())
        else:
            words = [
                None if v is None else v if isinstance(v, str) else "[" + ",".join(map(str, v)) + "]" if isinstance(v, list)
                else json.dumps(v)
                for v in values
            ]  # fmt: skip
            columns[name] = pa.array(words, pa.string())
    columns["base"] = pa.array([point.base for point in plan.points], pa.int32())
    columns["identity"] = pa.array([point.identity for point in plan.points], pa.string())
    return pa.table(columns)
