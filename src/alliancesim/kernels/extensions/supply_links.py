"""Who supplies whom (SPEC section 5, supply links)."""

from __future__ import annotations

import math

from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import fold, stream_key, uniform
from alliancesim.kernels.numeric import log


@kernel
def draw_clients(organisations, cells_x, cells_y, heads, members, rules, stream, seed, client):
    """Writes ``client`` (N,): the head that each supplier supplies.

    A member is a supplier with probability ``supplier_share``; among heads it is a race of keyed exponentials with rates
    exp(-distance / d0), in logarithms so that far heads still have their chance.

    Parameters
    ----------
    heads, members : (H,), (M,) int64
        Rows of GE, rows of those that may supply one.
    """
    p = rules[0]
    base = stream_key(seed, stream, 0)
    for m in members:
        key = fold(base, organisations[m].key)
        if uniform(fold(key, 0)) >= p.supplier_share:
            continue
        best = -1
        least = 0.0
        c = organisations[m].cell
        for h in heads:
            d = organisations[h].cell
            dx = cells_x[c] - cells_x[d]
            dy = cells_y[c] - cells_y[d]
            distance = math.sqrt(dx * dx + dy * dy)
            time = log(-log(1.0 - uniform(fold(fold(key, 1), organisations[h].key)))) + distance / p.d0
            if best < 0 or time < least:
                best = h
                least = time
        client[m] = best
