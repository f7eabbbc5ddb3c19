"""Cells of a run by the name or code of the commune, EPCI or department that they lie in."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from alliancesim.errors import UserError
from alliancesim.state.tables import State

_LABELS = ("cell_commune", "cell_commune_name", "cell_epci", "cell_epci_name", "cell_department")


def named_cells(state: State, names: Sequence[str], key: str) -> np.ndarray:
    """Cells that lie in one of some territories; all where none is named.

    Parameters
    ----------
    names : sequence of str
        Codes, or names whatever their case, of communes, EPCIs or departments (codes only).
    key : str
        Key of the scenario that holds the names, for the error.

    Returns
    -------
    (C,) bool

    Raises
    ------
    UserError
        For a name that no cell of the run has.
    """
    if not names:
        return np.ones(len(state.cells), dtype=np.bool_)
    columns = [np.char.lower(np.asarray(state.labels[label], dtype=str)) for label in _LABELS]
    found = np.zeros(len(state.cells), dtype=np.bool_)
    for at, name in enumerate(names):
        mine = np.any([column == name.lower() for column in columns], axis=0)
        if not mine.any():
            known = sorted({str(one) for column in columns for one in np.unique(column) if one})
            close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise UserError(f"{key}[{at}]: found {name!r}, expected a commune, EPCI or department of the place{hint}")
        found |= mine
    return found
