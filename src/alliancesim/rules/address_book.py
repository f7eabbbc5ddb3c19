"""Whom an animator knows: as many rows as it met, however many organisations there are."""

from __future__ import annotations

from typing import Any

import numpy as np


class AddressBook:
    """A set of rows of organisations.

    Attributes
    ----------
    rows : (B,) int64
        Sorted, each once.
    """

    def __init__(self) -> None:
        self.rows = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Any) -> None:
        """Enter some rows."""
        self.rows = np.union1d(self.rows, np.asarray(rows, dtype=np.int64))

    def discard(self, row: int) -> None:
        """Strike a row out, where it is in."""
        self.rows = self.rows[self.rows != row]

    def holds(self, rows: Any) -> np.ndarray:
        """Whether each of some rows (n,) is in: (n,) bool."""
        rows = np.atleast_1d(np.asarray(rows, dtype=np.int64))
        if not len(self.rows):
            return np.zeros(len(rows), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return self.rows[at] == rows
