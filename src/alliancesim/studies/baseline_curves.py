"""Adoption curves against a Bass curve and a straight line: fitted to the first half of a run, scored on the second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from alliancesim.studies.figures import mean_interval

CURVES = {
    "ever_share_firm": "firms ever engaged",
    "engaged_share_firm": "firms engaged now",
    "ever_share_association": "associations ever engaged",
}
ROW = "uncertainty.row"
"""Factor that holds a draw of the rules fixed over replicates, where an experiment has it."""
DRAWN = ("prior", "widened", "posterior")
"""Rules of which each seed has a draw of its own."""
TREND = 24
"""Months before the middle through which the straight line goes."""


def bass(t: np.ndarray, p: float, q: float, m: float) -> np.ndarray:
    """Share that has adopted by time t: m (1 - exp(-(p + q) t)) / (1 + q / p exp(-(p + q) t)) (Bass 1969)."""
    fall = np.exp(-np.clip((p + q) * t, 0.0, 700.0))
    share: np.ndarray = m * (1.0 - fall) / (1.0 + q / p * fall)
    return share


def fit_bass(t: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Innovation, imitation (a year) and ceiling of the Bass curve nearest in squares; the best of six starts."""
    from scipy.optimize import least_squares

    def gap(log: np.ndarray) -> np.ndarray:
        p, q, m = np.exp(log)
        return bass(t, p, q, m) - y

    low, high = np.log([1e-5, 1e-5, max(1e-3, float(y.max()))]), np.log([2.0, 5.0, 1.0 + 1e-9])
    best: Any = None
    for p, q in ((0.01, 0.1), (0.01, 0.5), (0.05, 0.01), (0.1, 0.1), (0.003, 1.0), (0.3, 0.01)):
        start = np.clip(np.log([p, q, min(1.0, 1.5 * max(1e-3, float(y.max())))]), low + 1e-9, high - 1e-9)
        found = least_squares(gap, start, bounds=(low, high))
        if best is None or found.cost < best.cost:
            best = found
    p, q, m = np.exp(best.x)
    return float(p), float(q), float(m)


def straight(t: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The line through the last ``TREND`` months of what is known."""
    here = t >= t[-1] - TREND / 12.0
    slope, level = np.polyfit(t[here], y[here], 1) if here.sum() > 1 else (0.0, y[-1])
    line: np.ndarray = np.clip(level + slope * at, 0.0, 1.0)
    return line


def adoption(series: pd.DataFrame, runs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Held-out errors of a Bass curve, a line, and other runs of the same draw of the rules.

    Parameters
    ----------
    series : DataFrame
        ``run``, ``month`` and the columns of ``CURVES``.
    runs : DataFrame
        ``run``, ``replicate``, ``rules``, and the row of the draw where it is a factor.

    Returns
    -------
    table : DataFrame
        A row a curve: errors (root mean square, points) ``bass``, ``line``, ``model`` with intervals over runs, and
        ``bass_over_model``, ``line_over_model`` with intervals. ``model`` is the error of guessing a run by another one.
    example : dict
        One run: ``years``, ``run``, ``bass``, ``line``, ``others`` (runs, months), ``middle``.
    """
    of_run = dict(zip(runs["run"], _draws(runs), strict=True))
    rows = []
    example: dict[str, Any] = {}
    for column, words in CURVES.items():
        wide = series.pivot(index="month", columns="run", values=column).dropna(axis=1)
        t = wide.index.to_numpy(dtype=float) / 12.0
        half = t <= t[-1] / 2.0
        errors = []
        for run in wide.columns:
            y = wide[run].to_numpy(dtype=float)
            curve = bass(t, *fit_bass(t[half], y[half]))
            line = straight(t[half], y[half], t)
            others = wide[[one for one in wide.columns if one != run and of_run[one] == of_run[run]]].to_numpy().T
            luck = [_error(one, y, half) for one in others]
            errors.append((_error(curve, y, half), _error(line, y, half), np.mean(luck) if luck else np.nan))
            if not example:
                example = {
                    "years": t, "run": y, "bass": curve, "line": line, "others": others, "middle": t[half][-1], "words": words,
                }  # fmt: skip
        table = 100.0 * np.array(errors).reshape(-1, 3)
        row: dict[str, Any] = {"curve": column, "words": words, "runs": len(table)}
        for number, name in enumerate(("bass", "line", "model")):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(table[:, number])
        for number, name in enumerate(("bass", "line")):
            key = f"{name}_over_model"
            row[key], row[f"{key}_low"], row[f"{key}_high"] = mean_interval(table[:, number] - table[:, 2])
        rows.append(row)
    return pd.DataFrame(rows), example


def _draws(runs: pd.DataFrame) -> pd.Series:
    """Which runs share a draw of the rules: those of one row; without that factor, those of fixed rules only."""
    rules = runs["rules"].astype(str) if "rules" in runs else pd.Series("default", index=runs.index)
    if ROW in runs:
        return rules + "/" + runs[ROW].astype(str)
    return rules.where(~rules.isin(DRAWN), rules + "/" + runs["run"].astype(str))


def _error(guess: np.ndarray, truth: np.ndarray, half: np.ndarray) -> float:
    return float(np.sqrt(np.mean((guess[~half] - truth[~half]) ** 2)))
