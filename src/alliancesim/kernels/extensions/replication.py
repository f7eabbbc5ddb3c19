"""Who knows a solution from elsewhere (SPEC section 5, replication; SOURCE M18, M64)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline


@inline
def known_to(organisations, cells, knows, i, j):
    """Solutions from elsewhere, a bit each, that i knows, or j where it stands in the same perimeter (nothing where off)."""
    if knows.shape[0] == 1:
        return np.uint64(0)
    if cells[organisations[j].cell].perimeter == cells[organisations[i].cell].perimeter:
        return knows[i] | knows[j]
    return knows[i]


@inline
def within(known, m, rules):
    """Whether idea m is one of the perimeter's own, or a solution from elsewhere among those known."""
    place = m - rules[0].library_size
    return place < 0 or (known >> np.uint64(place)) & np.uint64(1) == np.uint64(1)
