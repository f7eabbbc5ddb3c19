"""``rerun``: a result's scenario simulated again and compared, table by table, month by month."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from alliancesim.results.result import Result


def rerun(folder: str | os.PathLike[str]) -> int:
    """Run a result again and say whether it is the same.

    Parameters
    ----------
    folder : path
        Folder of a result.

    Returns
    -------
    int
        0 where every table is identical, 1 where one is not.

    Raises
    ------
    UserError
        For a folder that is not a result's, or is broken.
    """
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.kernels.compile import announce_on_standard_error
    from alliancesim.results.explain import check_inputs
    from alliancesim.results.result import open_result, simulate, versions_note

    path = Path(folder)
    stored = open_result(path)
    check_inputs(path, stored)
    announce_on_standard_error()
    fresh = simulate(stored.scenario)
    lines = compare(stored, fresh)
    if not lines:
        print("identical")
        return 0
    if stored.manifest.get("model_version") != MODEL_VERSION:
        made, now = versions_note(stored.manifest), versions_note(fresh.manifest)
        lines.insert(0, f"made by {made}; this is {now}: results are expected to differ")
    print("\n".join(lines))
    return 1


def compare(stored: Result, fresh: Result) -> list[str]:
    """What differs between two results; nothing where they are the same.

    The first month and phase whose digests differ; where all agree, the first table, column and row that do not; and
    tables whose file is not what the manifest says.
    """
    mine, other = stored.hashes(), fresh.hashes()
    said = {name: facts.get("sha256") for name, facts in stored.manifest["tables"].items()}
    altered = [name for name in mine if said.get(name) != mine[name]]
    if mine == other and not altered:
        return []
    lines = []
    if altered:
        lines.append(
            f"{', '.join(f'{name}.parquet' for name in altered)}: not what manifest.json says, changed since the run"
        )
    a, b = stored.digests, fresh.digests
    names = [name for name in a.columns if name in b.columns and name != "month"]
    where = first_difference(a[names].to_numpy(), b[names].to_numpy(), names, stored.scenario.burn_in)
    if where is not None and "digests" not in altered:
        lines.append(f"differs first in month {where[0]}, phase {where[1]}")
    if mine != other:
        lines += _first_cell(stored, fresh, [name for name in mine if mine[name] != other[name]])
    return lines


def first_difference(a: np.ndarray, b: np.ndarray, names: Sequence[str], burn_in: int) -> tuple[int, str] | None:
    """Calendar month and phase at which two arrays of digests (months, phases) first differ.

    Where one is longer than the other, the first month that only one of them has.
    """
    rows = min(len(a), len(b))
    unlike = np.argwhere(a[:rows] != b[:rows])
    if len(unlike):
        return int(unlike[0][0]) - burn_in + 1, names[int(unlike[0][1])]
    if len(a) != len(b):
        return rows - burn_in + 1, names[0]
    return None


def _first_cell(stored: Result, fresh: Result, names: list[str]) -> list[str]:
    """Table, column and row of the first value that differs."""
    order = ["timeseries", "alliances", "forums", "organisations", "territory", "digests"]
    for name in sorted(names, key=order.index):
        a, b = getattr(stored, name), getattr(fresh, name)
        if list(a.columns) != list(b.columns):
            return [f"table {name}: other columns"]
        for row, column in _cells(a, b):
            return [
                f"table {name}, row {row}, column {column}: {a[column].iloc[row]!r} stored, {b[column].iloc[row]!r} now"
            ]
        if len(a) != len(b):
            return [f"table {name}: {len(a)} rows stored, {len(b)} now"]
    return [f"tables {', '.join(names)}: other types of columns"]


def _cells(a: Any, b: Any) -> list[tuple[int, str]]:
    """The first row that differs and its first column."""
    rows = min(len(a), len(b))
    best: tuple[int, str] | None = None
    for column in a.columns:
        unlike = np.fromiter(
            (not _same(x, y) for x, y in zip(a[column].iloc[:rows], b[column].iloc[:rows], strict=True)),
            dtype=bool,
            count=rows,
        )
        at = np.flatnonzero(unlike)
        if len(at) and (best is None or int(at[0]) < best[0]):
            best = (int(at[0]), column)
    return [] if best is None else [best]


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray):
        return np.array_equal(x, y)
    if x is y:
        return True
    try:
        return bool(x == y) or (bool(x != x) and bool(y != y))
    except TypeError:  # a missing value beside a number
        return False
