"""Runs laid out for pairing: a row a replicate, a column a point of the design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliancesim.errors import UserError


@dataclass(frozen=True)
class Layout:
    """Where each (replicate, point) stands in a table of runs.

    Attributes
    ----------
    points : (S,) int64
        Points, in the order of the design.
    replicates : (R,) int64
        Replicates, rising.
    row : (R, S) int64
        Row of the table, −1 where that run is missing (it failed, or is still to come).
    """

    runs: pd.DataFrame
    points: np.ndarray
    replicates: np.ndarray
    row: np.ndarray

    def values(self, observable: str) -> np.ndarray:
        """An observable, shape (R, S); NaN where it was not measured or the run is missing."""
        column = self.runs[observable].to_numpy(dtype=np.float64, na_value=np.nan)
        if len(column) == 0:
            return np.full(self.row.shape, np.nan)
        return np.where(self.row >= 0, column[np.maximum(self.row, 0)], np.nan)


def lay_out(runs: pd.DataFrame, points: Sequence[int] | np.ndarray, what: str = "runs") -> Layout:
    """Lay a table of runs out.

    Raises
    ------
    UserError
        For a missing column, or one point and replicate twice.
    """
    check_columns(runs, ["point", "replicate"], what)
    wanted = np.asarray(points, dtype=np.int64)
    at = runs["point"].to_numpy(dtype=np.int64)
    replicates, number = np.unique(runs["replicate"].to_numpy(dtype=np.int64), return_inverse=True)
    row = np.full((len(replicates), len(wanted)), -1, dtype=np.int64)
    place = {int(point): i for i, point in enumerate(wanted)}
    for line, (point, which) in enumerate(zip(at.tolist(), number.tolist(), strict=True)):
        column = place.get(point)
        if column is None:
            continue
        if row[which, column] >= 0:
            raise UserError(f"{what}: found point {point}, replicate {replicates[which]} twice, expected each once")
        row[which, column] = line
    return Layout(runs, wanted, replicates, row)


def check_columns(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Columns that a table must have."""
    for name in columns:
        if name not in table.columns:
            raise UserError(f"{what}: found no column {name!r}, expected one of {_some(table)}")


def _some(table: pd.DataFrame) -> str:
    names = [str(name) for name in table.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def point_of(design: pd.DataFrame, reference: int | str) -> int:
    """Point of a number or of a label.

    Raises
    ------
    UserError
        For a number or label that the design does not have, or a label that two points share.
    """
    check_columns(design, ["point", "label"], "design")
    column = "label" if isinstance(reference, str) else "point"
    found = design.loc[design[column] == reference, "point"].tolist()
    if len(found) != 1:
        labels = [str(label) for label in design["label"]]
        shown = "; ".join(labels[:8]) + (" ..." if len(labels) > 8 else "")
        raise UserError(f"reference: found {reference!r} {len(found)} times, expected one point of the design: {shown}")
    return int(found[0])


def labels_of(design: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Points and labels, in the order of the design."""
    check_columns(design, ["point", "label"], "design")
    if len(design) == 0:
        raise UserError("design: found no point, expected one or more")
    return design["point"].to_numpy(dtype=np.int64), [str(label) for label in design["label"]]
