"""The space that is searched: parameters with their priors, and the unit cube that they are mapped from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.calibration.settings import SELECTION
from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME
from alliancesim.scenario.checks import nearest

DIGITS = 9
"""Significant digits of a drawn value: no run hangs on the last bit of a machine."""


@dataclass(frozen=True)
class Space:
    """Independent priors, uniform or uniform in logarithms.

    Attributes
    ----------
    names : tuple of str, length P
    low, high : ndarray, shape (P,)
    log : ndarray of bool, shape (P,)
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    log: np.ndarray

    def values(self, cube: np.ndarray) -> np.ndarray:
        """Values of points of the unit cube, shape (N, P), rounded to ``DIGITS`` digits."""
        base = np.where(self.log, np.log(np.where(self.log, self.low, 1.0)), self.low)
        top = np.where(self.log, np.log(np.where(self.log, self.high, 1.0)), self.high)
        plain = base + np.asarray(cube, dtype=np.float64) * (top - base)
        out = np.where(self.log, np.exp(np.where(self.log, plain, 0.0)), plain)
        out = np.clip(out, self.low, self.high)
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.where(out == 0.0, 1.0, np.abs(out)))))
        return np.clip(np.round(out * scale) / scale, self.low, self.high)

    def cube(self, values: np.ndarray) -> np.ndarray:
        """Points of the unit cube that values come from, shape (N, P)."""
        values = np.asarray(values, dtype=np.float64)
        plain = (values - self.low) / (self.high - self.low)
        low = np.where(self.log, self.low, 1.0)
        span = np.log(np.where(self.log, self.high, np.e)) - np.log(low)
        logs = (np.log(np.where(self.log, values, 1.0)) - np.log(low)) / span
        return np.clip(np.where(self.log, logs, plain), 0.0, 1.0)


def space_of(described: Mapping[str, Any]) -> Space:
    """The space that a plan describes.

    Parameters
    ----------
    described : mapping
        Parameter to nothing (its own prior), or to ``low``, ``high`` and, if wanted, ``log``.

    Raises
    ------
    UserError
        With a line for each parameter that is unknown, or whose prior leaves its hard limits.
    """
    wrong: list[str] = []
    rows: list[tuple[str, float, float, bool]] = []
    for name, given in described.items():
        keys = dict(given or {})
        unknown = [key for key in keys if key not in ("low", "high", "log")]
        if name == SELECTION:
            low, high, log, least, most = 0.0, 1.0, False, 0.0, 1.0
        elif name in BY_NAME and BY_NAME[name].kind in ("A", "C") and not BY_NAME[name].integer:
            parameter = BY_NAME[name]
            (low, high), log = parameter.range(), parameter.log
            least, most = parameter.minimum, parameter.maximum
        else:
            why = "cannot be searched (whole number, data or scenario)" if name in BY_NAME else "is no parameter"
            wrong.append(f"{name}: {why}{'' if name in BY_NAME else nearest(name, BY_NAME)}")
            continue
        if unknown:
            wrong.append(f"{name}: found {', '.join(map(repr, unknown))}, expected low, high, log")
            continue
        try:
            low, high, log = float(keys.get("low", low)), float(keys.get("high", high)), bool(keys.get("log", log))
        except (TypeError, ValueError):
            wrong.append(f"{name}: found {keys}, expected numbers low and high")
            continue
        if not low < high:
            wrong.append(f"{name}: found a prior from {low:g} to {high:g}, expected low below high")
        elif low < least or high > most:
            wrong.append(
                f"{name}: found a prior from {low:g} to {high:g}, beyond the hard limits {least:g} to {most:g}"
            )
        elif log and low <= 0.0:
            wrong.append(f"{name}: found a prior from {low:g} on a log scale, expected low above 0")
        else:
            rows.append((name, low, high, log))
    if not wrong and len(rows) < 2:
        wrong.append(f"found {len(rows)} parameters, expected two or more")
    if wrong:
        raise UserError("parameters: the space of the calibration is wrong", wrong)
    names, low, high, log = zip(*rows, strict=True)
    return Space(names, np.array(low), np.array(high), np.array(log))
