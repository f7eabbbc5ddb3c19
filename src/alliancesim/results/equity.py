"""Who benefits: the concentration curve of needs met, by deprivation of cells (SPEC section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from alliancesim.results.result import Result


def concentration_curve(result: Result) -> pd.DataFrame:
    """Cumulated share of needs met against cumulated share of inhabitants, the most deprived first.

    A curve above the diagonal says that alliances relieve the deprived more than others; the diagonal, all alike.

    Returns
    -------
    DataFrame
        A row a level of deprived share of the place's cells, from the most deprived: ``deprived_share``, ``inhabitants`` and
        ``need_met`` (cumulated shares, 0-1; need_met NaN where nothing was relieved). ``attrs["concentration_index"]`` is twice
        the area between curve and diagonal, positive where the deprived are relieved more.
    """
    table = result.territory[result.territory["reported"]]
    rules, months = result.scenario.rules, int(result.timeseries["month"].max())
    trend = (1.0 + float(rules.s_n)) ** max(0, (months - 1) // 12)
    people = table["population"].to_numpy(dtype=float)
    relieved = np.zeros(len(table))
    for domain in result.scenario.territory.domains:
        start, end = (table[f"{name}_{domain}"].to_numpy(dtype=float) for name in ("need_start", "need"))
        relieved += np.maximum(0.0, start * trend - end)
    frame = pd.DataFrame(
        {"deprived_share": table["deprived_share"].to_numpy(), "people": people, "met": people * relieved}
    )
    by_level = frame.groupby("deprived_share", sort=True).sum().iloc[::-1]
    x = by_level["people"].cumsum() / by_level["people"].sum()
    total = by_level["met"].sum()
    y = by_level["met"].cumsum() / total if total > 0 else by_level["met"] * np.nan
    curve = pd.DataFrame({"deprived_share": by_level.index, "inhabitants": x.to_numpy(), "need_met": y.to_numpy()})
    area = np.trapezoid(np.append(0.0, curve["need_met"]), np.append(0.0, curve["inhabitants"]))
    curve.attrs["concentration_index"] = float(2.0 * area - 1.0)
    return curve
