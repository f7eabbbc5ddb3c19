"""Ease of forums alone at several levels of means, exactly as SPEC section 4 fixed it: a row a run, a row a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alliancesim.catalogue import FORUM_OUTCOMES
from alliancesim.experiments.measures import Kept, Measure, Measured

if TYPE_CHECKING:
    from alliancesim.experiments.experiment import ForumsConfig
    from alliancesim.scenario import Scenario

CAUSES = FORUM_OUTCOMES[1:]
"""Causes of failure."""
CURVE_COLUMNS = (
    "level", "speed", "launch_if_feasible", "launch", "feasible", "restricted_months", "aboard",
    *(f"{name}_share" for name in CAUSES),
)  # fmt: skip
"""What is known at each level of means."""
CLASS_CODES = {"falls": -1.0, "flat": 0.0, "rises": 1.0, "humped": 2.0}
HORIZON = 12.0
"""Months at which the restricted mean stops."""

_CLASS_DOC = "-1 falls, 0 flat, 1 rises, 2 humped as the level rises (SPEC section 4)"
_EASE = (
    ("speed", "months", "mean months to launch, among forums that launch at every level"),
    ("launch", "share", "P(launch), among forums feasible at every level"),
    (
        "restricted",
        "months",
        "mean months over 12, forums that do not launch count 12; among forums feasible at every level",
    ),
    ("aboard", "share", "share of the participants still aboard at launch, among forums that launch at every level"),
)


def _ease_measures(prefix: str, where: str) -> list[Measure]:
    found = []
    for name, unit, doc in _EASE:
        found += [
            Measure(
                f"{prefix}{name}_effect", unit, f"change of {doc}; over {where} (slope on log2 times doublings)", "end"
            ),
            Measure(f"{prefix}{name}_error", unit, f"standard error of {prefix}{name}_effect, over forums", "end"),
            Measure(f"{prefix}{name}_class", "code", f"class of {doc}; over {where}: {_CLASS_DOC}", "end"),
        ]
    return [
        *found,
        Measure(f"{prefix}paradox", "flag", f"whether months rise and P(launch | feasible) falls over {where}", "end"),
        Measure(f"{prefix}forums_compared", "forums", f"feasible at every level of {where}", "end"),
        Measure(f"{prefix}forums_launched_everywhere", "forums", f"that launch at every level of {where}", "end"),
    ]  # fmt: skip


def forum_measures() -> list[Measure]:
    """Columns of ``runs.parquet`` for forums alone."""
    return [
        *_ease_measures("", "the levels"),
        *_ease_measures("french_", "the range seen in France (forums.french)"),
        Measure("feasible_effect", "share", "change of P(feasible) over the levels", "end"),
        Measure("unconditional_class", "code", f"class of P(launch) of all forums: {_CLASS_DOC}", "end"),
        Measure("inverted_u", "flag", "whether P(launch) of all forums rises, then falls: two lines, each clear at 2.5 %", "end"),
        *(
            Measure(f"{cause}_effect", "share", f"change of the cumulative incidence of the outcome {cause} over the levels, "
                    "among forums feasible at every level", "end")
            for cause in CAUSES
        ),
    ]  # fmt: skip


def measure_forums(scenario: Scenario, settings: ForumsConfig, kept: Kept) -> Measured:
    """Numbers of the same keyed forums at all levels of means.

    Co-primary: mean months to the first launch among the forums that launch at every level compared, and P(launch) among
    those feasible at every level. The range seen in France
    is compared apart, on the forums feasible, or launched, at its own levels.
    """
    from alliancesim.forum_api import forums

    wide, ends = settings.wide, settings.narrow
    levels = sorted({*wide, *(ends or ())})
    rules = dict(vars(scenario.rules))
    keys = ("r_fin", "r_hum") if settings.resource == "both" else (settings.resource,)
    tables = [
        forums(
            settings.number, rules={**rules, **dict.fromkeys(keys, level)}, seed=scenario.seed, size=settings.size,
            domains=len(scenario.territory.domains), trust=settings.trust, neutrality=settings.neutrality,
        )
        for level in levels
    ]  # fmt: skip
    outcome = np.array([table["outcome"].cat.codes.to_numpy() for table in tables])
    feasible = np.array([(table["feasible"] > 0).to_numpy() for table in tables])
    months = np.array([table["months"].to_numpy(dtype=np.float64) for table in tables])
    aboard = np.array([table["aboard"].to_numpy(dtype=np.float64) for table in tables]) / settings.size

    def part(chosen: list[float]) -> tuple[np.ndarray, dict[str, float]]:
        rows = [levels.index(level) for level in chosen]
        return compare(chosen, outcome[rows], feasible[rows], months[rows], aboard[rows])

    curve, found = part(wide)
    found |= _unconditional(wide, outcome[[levels.index(level) for level in wide]], curve)
    if ends:
        _, near = part([level for level in levels if ends[0] <= level <= ends[1]])
        found |= {f"french_{name}": value for name, value in near.items()}
    row = np.array([found.get(name, np.nan) for name in kept.observables])
    return Measured(row, {"series": curve} if kept.series else {})


def compare(
    levels: list[float], outcome: np.ndarray, feasible: np.ndarray, months: np.ndarray, aboard: np.ndarray
) -> tuple[np.ndarray, dict[str, float]]:
    """Both measures of ease, and what stands beside them, for the same forums at several levels.

    Parameters
    ----------
    levels : list of float, length L
    outcome : ndarray of int, shape (L, F)
        Place in ``FORUM_OUTCOMES``; 0 is a launch.
    feasible : ndarray of bool, shape (L, F)
    months : ndarray, shape (L, F)
        To the launch, or to the failure.
    aboard : ndarray, shape (L, F)
        Share of the participants aboard at launch.

    Returns
    -------
    curve : ndarray, shape (L, len(CURVE_COLUMNS))
        NaN where nothing could be measured.
    found : dict
        Columns of :func:`forum_measures` without prefix, as far as there is something to measure.
    """
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE, classify, effect

    launched = outcome == 0
    always, compared = launched.all(axis=0), feasible.all(axis=0)
    restricted = np.where(launched, np.minimum(months, HORIZON), HORIZON)
    curve = np.full((len(levels), len(CURVE_COLUMNS)), np.nan)
    curve[:, 0], curve[:, 3], curve[:, 4] = levels, launched.mean(axis=1), feasible.mean(axis=1)
    for code, _ in enumerate(CAUSES, 1):
        curve[:, 6 + code] = (outcome == code).mean(axis=1)
    for i, here in enumerate(launched):
        if here.any():
            curve[i, 6] = aboard[i, here].mean()
    found = {
        "forums_compared": float(compared.sum()), "forums_launched_everywhere": float(always.sum()),
        "feasible_effect": float(effect(levels, curve[:, 4])),
    }  # fmt: skip
    measured = {
        "speed": (months, always, SPEED_TOLERANCE), "launch": (launched, compared, LAUNCH_TOLERANCE),
        "restricted": (restricted, compared, SPEED_TOLERANCE), "aboard": (aboard, always, LAUNCH_TOLERANCE),
    }  # fmt: skip
    columns = {"speed": 1, "launch": 2, "restricted": 5}
    for name, (values, which, tolerance) in measured.items():
        if not which.any():
            continue
        each = np.asarray(values[:, which].T, dtype=np.float64)
        mean = each.mean(axis=0)
        if name in columns:
            curve[:, columns[name]] = mean
        found[f"{name}_effect"] = float(effect(levels, mean))
        found[f"{name}_class"] = CLASS_CODES[classify(levels, mean, tolerance)]
        if len(each) > 1:
            slopes = np.asarray(effect(levels, each))
            found[f"{name}_error"] = float(slopes.std(ddof=1) / np.sqrt(len(slopes)))
    if compared.any():
        for code, cause in enumerate(CAUSES, 1):
            found[f"{cause}_effect"] = float(effect(levels, (outcome == code)[:, compared].mean(axis=1)))
    if always.any() and compared.any():
        found["paradox"] = float(found["speed_class"] == 1.0 and found["launch_class"] == -1.0)
    return curve, found


def _unconditional(levels: list[float], outcome: np.ndarray, curve: np.ndarray) -> dict[str, float]:
    """Shape of P(launch) of all forums, those without a feasible idea among them."""
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, classify
    from alliancesim.analysis.two_lines import two_lines

    found = {"unconditional_class": CLASS_CODES[classify(levels, curve[:, 3], LAUNCH_TOLERANCE)]}
    if len(levels) > 2 and outcome.shape[1] > 3:
        found["inverted_u"] = float(two_lines(levels, (outcome == 0).T).inverted_u)
    return found
