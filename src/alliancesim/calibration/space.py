"""The space that is searched: parameters with their priors, and the unit cube that they are mapped from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.calibration.settings import SELECTION
from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME, Parameter, uncertain_parameters
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
    log, integer : ndarray of bool, shape (P,)
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    log: np.ndarray
    integer: np.ndarray

    def values(self, cube: np.ndarray) -> np.ndarray:
        """Values of points of the unit cube, shape (N, P), rounded to ``DIGITS`` digits."""
        base = np.where(self.log, np.log(np.where(self.log, self.low, 1.0)), self.low)
        top = np.where(self.log, np.log(np.where(self.log, self.high, 1.0)), self.high)
        plain = base + np.asarray(cube, dtype=np.float64) * (top - base)
        out = np.where(self.log, np.exp(np.where(self.log, plain, 0.0)), plain)
        out = np.clip(out, self.low, self.high)
        whole = np.floor(self.low + np.asarray(cube) * (self.high - self.low + 1.0))
        out = np.where(self.integer, np.minimum(whole, self.high), out)
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.where(out == 0.0, 1.0, np.abs(out)))))
        return np.clip(np.round(out * scale) / scale, self.low, self.high)

    def cube(self, values: np.ndarray) -> np.ndarray:
        """Points of the unit cube that values come from, shape (N, P); of a whole number the middle of its piece."""
        values = np.asarray(values, dtype=np.float64)
        plain = (values - self.low) / (self.high - self.low)
        low = np.where(self.log, self.low, 1.0)
        span = np.log(np.where(self.log, self.high, 2.0 * low)) - np.log(low)
        logs = (np.log(np.where(self.log, values, 1.0)) - np.log(low)) / span
        whole = (values - self.low + 0.5) / (self.high - self.low + 1.0)
        return np.clip(np.where(self.integer, whole, np.where(self.log, logs, plain)), 0.0, 1.0)


def reflected(cube: np.ndarray) -> np.ndarray:
    """Points beside the unit cube, reflected at its bounds, once: a symmetric step stays symmetric."""
    folded = np.abs(cube)
    found: np.ndarray = np.where(folded > 1.0, 2.0 - folded, folded)
    return found


def space_of(described: Mapping[str, Any]) -> Space:
    """The space that a plan describes.

    Parameters
    ----------
    described : mapping
        ``groups`` of the table of parameters whose uncertain parameters are searched, parameters ``also`` searched, others that
        are left (``leave``), and ``priors`` that replace those of the table: name to ``low``, ``high``, ``log``.

    Raises
    ------
    UserError
        With a line for everything that is unknown, and for each prior that leaves its parameter's hard limits.
    """
    unknown = [key for key in described if key not in ("groups", "also", "leave", "priors")]
    wrong = [f"found {key!r}, expected groups, also, leave, priors" for key in unknown]
    groups, leave = list(described.get("groups") or ()), list(described.get("leave") or ())
    also, priors = list(described.get("also") or ()), dict(described.get("priors") or {})
    known = {parameter.group for parameter in uncertain_parameters()}
    wrong += [
        f"groups: found {group!r}, expected one of {', '.join(sorted(known))}" for group in groups if group not in known
    ]
    uncertain = {parameter.name for parameter in uncertain_parameters()}
    for key, names in (("also", also), ("leave", leave), ("priors", priors)):
        for name in names:
            if name not in uncertain and name != SELECTION:
                why = (
                    "whole numbers of the source, data and scenarios are not searched"
                    if name in BY_NAME
                    else "no parameter"
                )
                wrong.append(
                    f"{key}: found {name!r}, {why}{nearest(str(name), BY_NAME) if name not in BY_NAME else ''}"
                )
    searched = [p.name for p in uncertain_parameters() if p.group in groups or p.name in also]
    searched = [name for name in searched if name not in leave]
    wrong += [f"priors: found {name!r}, which is not searched" for name in priors if name not in [*searched, SELECTION]]
    rows: list[tuple[str, float, float, bool, bool]] = []
    for name in searched:
        row, lines = _prior(BY_NAME[name], priors.get(name) or {})
        wrong += lines
        rows += row
    if SELECTION in also:
        rows.append((SELECTION, 0.0, 1.0, False, False))
    if not wrong and len(rows) < 2:
        wrong.append(f"found {len(rows)} parameters, expected two or more")
    if wrong:
        raise UserError("parameters: the space of the calibration is wrong", wrong)
    low, high, log, integer = (np.array([row[k] for row in rows]) for k in range(1, 5))
    return Space(tuple(row[0] for row in rows), low, high, log, integer)


def _prior(parameter: Parameter, given: Any) -> tuple[list[tuple[str, float, float, bool, bool]], list[str]]:
    """The prior of a parameter, and what is wrong with the one that is given."""
    name = parameter.name
    (low, high), log = parameter.range(), parameter.log
    if not isinstance(given, Mapping) or any(key not in ("low", "high", "log") for key in given):
        return [], [f"priors: {name}: found {given!r}, expected low, high, log"]
    try:
        low, high, log = float(given.get("low", low)), float(given.get("high", high)), bool(given.get("log", log))
    except (TypeError, ValueError):
        return [], [f"priors: {name}: found {dict(given)!r}, expected numbers low and high"]
    said = f"priors: {name}: found {low:g} to {high:g}"
    if not low < high:
        return [], [f"{said}, expected low below high"]
    if low < parameter.minimum or high > parameter.maximum:
        return [], [f"{said}, beyond the hard limits {parameter.minimum:g} to {parameter.maximum:g}"]
    if log and low <= 0.0:
        return [], [f"{said} on a log scale, expected low above 0"]
    if parameter.integer and (low % 1 or high % 1):
        return [], [f"{said}, expected whole numbers"]
    return [(name, low, high, log and not parameter.integer, parameter.integer)], []
