"""The time axis: years after burn-in, or calendar years where a case gives its first month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from alliancesim.results import Result

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHORT = 36  # months; below, months say more than years
_MARGIN = 0.16  # share of the width that marks without a place in time take, on the right


@dataclass(frozen=True)
class Timeline:
    """Where the months of a run lie on an x axis.

    Attributes
    ----------
    table : DataFrame
        Months shown: all after burn-in, and of the burn-in at most as many (at least a year).
    x : (rows,) float64
        The end of each month, in ``unit``.
    zero : float
        x of the end of burn-in.
    first_year : float or None
        Calendar year (decimal) at the end of burn-in.
    unit : {"year", "month"}
    """

    table: pd.DataFrame
    x: np.ndarray
    zero: float
    first_year: float | None
    unit: str

    @classmethod
    def of(cls, result: Result) -> Timeline:
        """The time axis of a result."""
        table = result.timeseries
        months = table["month"].to_numpy().astype(np.float64)
        after = max(0, int(months[-1])) if len(months) else 0
        keep = months > -max(after, 12)
        table, months = table[keep], months[keep]
        case = result.scenario.case
        if case is not None:
            year, month = case.first_month.split("-")
            zero = int(year) + (int(month) - 1) / 12.0
            return cls(table, zero + months / 12.0, zero, zero, "year")
        if len(months) < _SHORT:
            return cls(table, months, 0.0, None, "month")
        return cls(table, months / 12.0, 0.0, None, "year")

    @property
    def begin(self) -> float:
        """The left end."""
        return self.zero - self._burnt

    @property
    def end(self) -> float:
        """The right end."""
        return float(self.x[-1]) if len(self.x) else self.zero + 1.0

    @property
    def _burnt(self) -> float:
        step = 1.0 if self.unit == "month" else 1.0 / 12.0
        return float(self.table["burn_in"].sum()) * step

    def column(self, name: str) -> np.ndarray:
        """A monthly column of the rows shown."""
        return self.table[name].to_numpy().astype(np.float64)

    def has(self, year: float) -> bool:
        """Whether a calendar year (decimal) lies in the run, after burn-in."""
        return self.first_year is not None and self.zero < year <= self.end + 1e-9

    def line(self, ax: Axes, name: str | np.ndarray, look: tuple[str, Any, str], label: str, **given: Any) -> None:
        """Draw a column; missing months are bridged, its mark stands every so often (at least once)."""
        values = self.column(name) if isinstance(name, str) else name
        known = ~np.isnan(values)
        colour, style, mark = look
        n = int(known.sum())
        given.setdefault("markevery", max(1, n // 6) if n > 14 else 1)
        ax.plot(self.x[known], values[known], color=colour, ls=style, marker=mark, label=label, **given)

    def margin(self) -> float:
        """How far marks without a place in time stretch the axis."""
        return _MARGIN * max(self.end - self.begin, 1e-9)

    def frame(self, ax: Axes, *, margin: bool = False, label: bool = True) -> None:
        """Limits, ticks and label of the x axis, and the burn-in shaded.

        Parameters
        ----------
        ax : Axes
        margin : bool
            Whether to leave room on the right for marks without a place in time.
        label : bool
            Whether to write the x label.
        """
        begin, end = self.begin, self.end
        span = max(end - begin, 1e-9)
        left = begin - 0.015 * span
        ax.set_xlim(left, end + (self.margin() if margin else 0.015 * span))
        if margin:
            ax.axvline(end + 0.015 * span, color="0.6", lw=0.7)
        if self._burnt > 0:
            ax.axvspan(left, self.zero, color="0.93", zorder=0, lw=0)
            narrow = self._burnt < 0.2 * span
            words = "burn-in"
            ax.annotate(
                words,
                ((left + self.zero) / 2, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -3),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=7,
                color="0.35",
                rotation=90 if narrow else 0,
            )
        self._ticks(ax, span)
        if label:
            ax.set_xlabel(self.label)

    def _ticks(self, ax: Axes, span: float) -> None:
        if self.first_year is not None and span * 12 < _SHORT:
            # Quarters, or months where there are few; named, since a decimal year would say little.
            first, last = round(self.begin * 12), round(self.end * 12)
            step = next(s for s in (1, 2, 3, 6, 12) if (last - first) / s <= 5 or s == 12)
            ticks = [m / 12.0 for m in range(-(-first // step) * step, last + 1, step)]
            ax.xaxis.set_major_locator(FixedLocator(ticks))
            ax.xaxis.set_major_formatter(
                FuncFormatter(lambda x, _: f"{_MONTHS[round(x * 12) % 12]} {round(x * 12) // 12}")
            )
            ax.tick_params(axis="x", labelsize=7)
            return
        locator = MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10])
        inside = [t for t in locator.tick_values(self.begin, self.end) if self.begin - 1e-9 <= t <= self.end + 1e-9]
        if self.unit == "month":
            inside = [t for t in inside if t == int(t)]
        ax.xaxis.set_major_locator(FixedLocator(inside))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0f}"))

    @property
    def label(self) -> str:
        """Label of the axis, with its unit."""
        if self.first_year is not None:
            return "calendar time (years begin at the tick)"
        return f"time ({self.unit}s after burn-in)"

    @property
    def note(self) -> str:
        """What the axis leaves out."""
        return "" if self._burnt == 0 else "Shaded: burn-in, not reported."


def last_value(result: Result, column: str) -> float:
    """The latest known value of a monthly column; NaN where there is none."""
    values = result.timeseries[column].to_numpy().astype(np.float64)
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else float("nan")


def after_burn_in(result: Result) -> pd.DataFrame:
    """Months of the timeseries after burn-in."""
    table = result.timeseries
    return table[~table["burn_in"].to_numpy().astype(bool)]
