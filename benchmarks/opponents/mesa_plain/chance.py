"""Draws and choices that several rules share."""

from __future__ import annotations

import math
from collections.abc import Callable


def poisson(chance: Callable[[], float], rate: float, none: float) -> int:
    """Poisson variate by inversion; ``none`` is exp(-rate), known beforehand, for most draws end there."""
    u = chance()
    number, probability, cumulated = 0, none, none
    while u >= cumulated and probability > 0.0:
        number += 1
        probability *= rate / number
        cumulated += probability
    return number


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), also far out."""
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0
