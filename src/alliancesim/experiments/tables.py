"""A design as a table that the user reads, edits and hands in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments.designs import Point

LABELS = ("point", "label", "base", "identity")
"""Columns of design.parquet that are no factors."""
_BLOCK, _PIECE = 1 << 20, 1 << 16
"""Points of a row group of design.parquet, and points whose values are Python's at the same time."""


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


def design_table(plan: Any, first: int = 0, end: int | None = None) -> Any:
    """``design.parquet``, or some rows of it: a row a point, a column a factor (numbers where all are numbers, else words).

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    points = plan.points
    numbers = range(first, len(points) if end is None else end)
    columns: dict[str, pa.Array] = {
        "point": pa.array(numbers, pa.int32()),
        "label": pa.array(map(points.label, numbers), pa.string()),
        **factor_columns(points, numbers),
    }
    columns["base"] = pa.array(points.bases[numbers.start : numbers.stop], pa.int32())
    columns["identity"] = pa.array(points.identities(numbers.start, numbers.stop), pa.string())
    return pa.table(columns)


def factor_columns(points: Any, numbers: Sequence[int]) -> dict[str, Any]:
    """A column of each factor for some points (pyarrow arrays)."""
    import pyarrow as pa

    rows = [points.factors(number) for number in numbers]
    columns = {}
    for name, kinds in points.kinds.items():
        values = [row.get(name) for row in rows]
        kind = _arrow_type(kinds)
        if kind == pa.float64():
            values = [None if v is None else float(v) for v in values]
        elif kind == pa.string():
            values = [None if v is None else _words(v) for v in values]
        columns[name] = pa.array(values, kind)
    return columns


def _arrow_type(kinds: set[type]) -> Any:
    import pyarrow as pa

    found = kinds - {type(None)}
    if all(issubclass(kind, bool) for kind in found):
        return pa.bool_()
    if any(issubclass(kind, bool) for kind in found):
        return pa.string()
    if all(issubclass(kind, int) for kind in found):
        return pa.int64()
    return pa.float64() if all(issubclass(kind, (int, float)) for kind in found) else pa.string()


def _words(value: Any) -> str:
    import json

    if isinstance(value, str):
        return value
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else json.dumps(value)


def write_design(plan: Any, path: Path) -> None:
    """Write ``design.parquet``, a block of rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = len(plan.points)
    writer = None
    for first in range(0, count, _BLOCK):
        end = min(count, first + _BLOCK)
        pieces = [design_table(plan, at, min(end, at + _PIECE)) for at in range(first, end, _PIECE)]
        table = pa.concat_tables(pieces).combine_chunks()
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=_BLOCK)
    assert writer is not None
    writer.close()
