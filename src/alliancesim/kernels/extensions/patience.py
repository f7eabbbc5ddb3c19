"""Horizon of each sphere in the value of later years (SPEC section 5, patience; SOURCE M48)."""

from __future__ import annotations

from alliancesim.kernels.compile import inline
from alliancesim.kernels.numeric import power

ASSOCIATION, FIRM = 0, 1


@inline
def horizon(rules, sphere, depth):
    """Weight of what a depth brings, for a sphere: patience ** (depth - 1), and exactly 1 where patience is 1.

    A form of depth y pays y - 1 years later than mecenat (an assumption): who weighs later years less prefers shallow forms.
    """
    p = rules[0]
    patience = p.patience_collectivity
    if sphere == ASSOCIATION:
        patience = p.patience_association
    elif sphere == FIRM:
        patience = p.patience_firm
    if patience == 1.0:
        return 1.0
    return power(patience, depth - 1.0)
