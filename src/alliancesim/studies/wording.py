"""What sentences of studies share: which side an interval lies on, ranges in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from alliancesim.studies.figures import listed

SIDES = ("up", "down", "unclear", "unknown")
"""Where an interval lies: above 0, below 0, on both sides, or not known (too few replicates)."""


def side(low: float, high: float) -> str:
    """Which side of 0 an interval lies on (one of ``SIDES``)."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "unknown"
    return "up" if low > 0 else "down" if high < 0 else "unclear"


def spread(values: pd.Series | Sequence[float], digits: int = 1, sign: bool = False) -> str:
    """Least and largest of some numbers: ``1.2 to 3.4``, or one number where both read alike."""
    known = [float(value) for value in values if math.isfinite(value)]
    if not known:
        return "unknown"
    mark = "+" if sign else ""
    low, high = (f"{value + 0.0:{mark}.{digits}f}" for value in (min(known), max(known)))
    return low if low == high else f"{low} to {high}"


def told(mid: float, low: float, high: float, digits: int = 1, sign: bool = True) -> str:
    """A number with its interval: ``+1.2 (0.4 to 2.0)``; the number alone where there is no interval or all are equal."""
    if not math.isfinite(mid):
        return "unknown"
    head = f"{mid + 0.0:{'+' if sign else ''}.{digits}f}"
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return head
    return f"{head} ({low + 0.0:.{digits}f} to {high + 0.0:.{digits}f})"


def by_side(rows: pd.DataFrame, name: str, words: str, digits: int = 1, scale: float = 1.0) -> str:
    """Settings gathered by the side of their interval: ``higher on urban and ZUS (+1.0 to +2.0); not clear on rural``.

    Parameters
    ----------
    rows : DataFrame
        A row a setting: ``words`` (a column with its name), ``name``, ``name_low``, ``name_high``.
    """
    sides = [side(row[f"{name}_low"], row[f"{name}_high"]) for row in rows.to_dict("records")]
    parts = []
    for key, head in (("up", "higher"), ("down", "lower"), ("unclear", "not clearly different"),
                      ("unknown", "not known for want of replicates")):  # fmt: skip
        here = rows[[one == key for one in sides]]
        if not len(here):
            continue
        rest = key == "unclear" and len(here) > 4
        where = f"on the other {len(here)}" if rest else f"on {listed(list(here[words]))}"
        where = "everywhere" if len(here) == len(rows) and len(rows) > 1 else where
        reach = f" ({spread(scale * here[name], digits, sign=True)})" if key in ("up", "down") else ""
        parts.append(f"{head} {where}{reach}")
    return "; ".join(parts) if parts else "unknown"
