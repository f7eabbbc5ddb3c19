"""Subcontract or enable: output and initiative (SPEC section 5, funding mode; SOURCE M30)."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline

ASSOCIATION_AND_COLLECTIVITY = 5
"""Bits of the two spheres between which funds flow."""


@inline
def output(spheres, rules):
    """Factor on the value of a success: more where a collectivity subcontracts, less where it enables, else exactly 1."""
    p = rules[0]
    if p.funding_mode == 0.0 or spheres & ASSOCIATION_AND_COLLECTIVITY != ASSOCIATION_AND_COLLECTIVITY:
        return 1.0
    return 1.0 - p.funding_mode * p.funding_output


@inline
def lead_chance(initiative, i, rules):
    """Probability that the idea of association i is tried and that it leads: association_leads * its initiative."""
    p = rules[0]
    if p.funding_mode == 0.0:
        return p.association_leads
    return min(1.0, p.association_leads * np.float64(initiative[i]))
