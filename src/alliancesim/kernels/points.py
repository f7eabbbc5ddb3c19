"""Whom something happens to this month: waiting times along a line, not a coin for everyone.

The organisations of a cell stand side by side on a line, each as long as its share (1, or its size). Points that fall on the
line with rate r fall on each organisation as often as its own Poisson number of mean r * length would, independently of the
others: the two laws are one. Points are found by the distances from one to the next, so that who has none costs nothing.

Rates differ between scenarios, and draws should not. Points therefore lie on a plane, line x rate, and those below a rate
happen: a higher rate adds points and moves none. Only as much of the plane is looked at as the rate needs, in layers of
rates (0, 2**-10], (2**-10, 2**-9], (2**-9, 2**-8], ...
"""

from __future__ import annotations

from alliancesim.kernels.compile import inline
from alliancesim.kernels.keyed import fold, uniform
from alliancesim.kernels.numeric import log

FIRST_LAYER = 1.0 / 1024.0


@inline
def points(key, length, rate):
    """Points below a rate on a line.

    Parameters
    ----------
    key : uint64
        Of the decision, the month and the line (the cell).
    length, rate : float
        Of the line; points a unit of length and month.

    Yields
    ------
    position : float
        In [0, length).
    level : float
        In [0, rate): whoever has a lower rate than this one is not concerned.
    point : uint64
        Key of this point, for what is drawn of it.
    """
    low = 0.0
    high = FIRST_LAYER
    layer = 0
    while low < rate:
        base = fold(key, layer)
        mean = 1.0 / (high - low)
        at = 0.0
        n = 0
        while True:
            point = fold(base, n)
            u = uniform(point)
            if at + u * mean >= length:  # -log(1 - u) >= u: most lines end here, without a logarithm
                break
            at -= log(1.0 - u) * mean
            if at >= length:
                break
            level = low + (high - low) * uniform(fold(point, 0))
            if level < rate:
                yield at, level, point
            n += 1
        low = high
        high = 2.0 * high
        layer += 1
