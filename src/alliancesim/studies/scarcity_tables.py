"""Tables of the scarcity paradox: points of the parameter space with their classes, shares of the volume, mechanisms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.experiments.experiment import FRENCH_FACTOR

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

SETTINGS = ["rules.portfolio", "rules.rivalry", "rules.ambition_elasticity"]
BOXES = ("prior", "widened", "posterior")
RESOURCES = {"both": "cash and time", "r_fin": "cash", "r_hum": "time", "r_str": "structuration"}
RANGES = {"": "0.1 to 6.4 (structuration 0.2 to 0.9)", "french_": f"a factor of {FRENCH_FACTOR:g}, as in France"}
"""Prefix of a range's columns, and the range in words."""
CLASSES = {-1.0: "falls", 0.0: "flat", 1.0: "rises", 2.0: "humped"}
MEASURES = ("speed", "launch", "restricted", "aboard")
EASE = ("harder", "harder in one", "flat", "mixed", "easier in one", "easier", "untold")
"""What becomes of ease as means rise, both measures together; see :func:`ease_of`."""
DRAWN = (
    "slack_sigma", "structuration_concentration", "prejudice", "capability_typical", "capability_other", "cost_scale",
    "cost_sigma", "gamma", "trust0", "shared_weight", "phi", "contest_max", "tol0", "psi", "lead_slack",
    "lead_structuration", "eta_c", "concede_offset", "concede_noise", "temperature",
)  # fmt: skip
"""Assumed or calibrated parameters that a forum alone reads, up to its launch."""
CHOSEN = ("quorum", "r_max", "r_str")
"""How a forum is held, and the place: factors of the design."""
SWITCHES = ("portfolio", "rivalry", "ambition_elasticity")
ENOUGH = 50
"""Forums that launch at every level from which mean months are known well enough for a class that is not mostly luck."""


def points_of(results: Mapping[str, ExperimentResult]) -> pd.DataFrame:
    """All points of the space, whichever box they are from, with what was drawn for them.

    Returns
    -------
    DataFrame
        ``runs`` of the experiments, ``box``, ``ease``, ``french_ease``, and a column for each of ``DRAWN``, ``CHOSEN`` and
        ``SWITCHES`` (``r_str`` NaN where it is what rises).
    """
    from alliancesim.scenario import draw

    parts = []
    for result in results.values():
        runs = result.runs.reset_index(drop=True)
        values = [draw(box, int(seed)) for box, seed in zip(runs["rules"], runs["seed"], strict=True)]
        drawn = pd.DataFrame([{name: one.get(name, np.nan) for name in DRAWN} for one in values])
        parts.append(pd.concat([runs, drawn], axis=1))
    found = pd.concat(parts, ignore_index=True)
    for name in (*CHOSEN, *SWITCHES):
        found[name] = found[f"rules.{name}"].astype(float)
    found.loc[found["forums.resource"] == "r_str", "r_str"] = np.nan
    found["box"] = found["rules"]
    for prefix in RANGES:
        found[f"{prefix}ease"] = ease_of(found[f"{prefix}speed_class"], found[f"{prefix}launch_class"])
    return found


def ease_of(speed: pd.Series, launch: pd.Series) -> np.ndarray:
    """Classes of both measures as one word.

    *harder*: months rise and P(launch | feasible) falls, the paradox; *easier*: the reverse; *harder in one*, *easier in
    one*: one measure moves so and the other is flat; *mixed*: they move against each other, or one is humped; *flat*; *untold*.
    """
    a, b = speed.to_numpy(dtype=float), -launch.to_numpy(dtype=float)  # both: above 0 is harder
    words = np.full(len(a), "mixed", dtype=object)
    humped = (a == 2.0) | (b == -2.0)
    both = a + b
    for total, word in ((2.0, "harder"), (1.0, "harder in one"), (-1.0, "easier in one"), (-2.0, "easier")):
        words[~humped & (both == total)] = word
    words[(a == 0.0) & (b == 0.0)] = "flat"
    words[np.isnan(a) | np.isnan(b)] = "untold"
    return words


def sure(points: pd.DataFrame, prefix: str = "") -> pd.Series:
    """Whether luck of the forums leaves the paradox's presence or absence clear: two standard errors from both thresholds."""
    from alliancesim.analysis.curves import LAUNCH_TOLERANCE, SPEED_TOLERANCE

    slower = (points[f"{prefix}speed_effect"] - SPEED_TOLERANCE) / points[f"{prefix}speed_error"]
    rarer = (-points[f"{prefix}launch_effect"] - LAUNCH_TOLERANCE) / points[f"{prefix}launch_error"]
    there = (slower > 2.0) & (rarer > 2.0) & (points[f"{prefix}paradox"] == 1.0)
    return there | (slower < -2.0) | (rarer < -2.0)


def shares(points: pd.DataFrame, by: Sequence[str], prefix: str = "") -> pd.DataFrame:
    """Share of the sampled points in each class, with Wilson's intervals.

    Parameters
    ----------
    points : DataFrame
        A row a point, as :func:`points_of` gives them.
    by : sequence of str
        What to group by; empty: all points together.
    prefix : str
        Of the range.

    Returns
    -------
    DataFrame
        A row a group: ``points``; each word of ``EASE``; ``<measure>:<class>``; each with ``_low`` and ``_high``. Points that
        cannot be told stay in the denominator.
    """
    from alliancesim.analysis import wilson

    rows = []
    groups: Any = points.groupby(list(by), sort=True) if by else [((), points)]
    for key, here in groups:
        row: dict[str, Any] = {**dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))}
        n = row["points"] = len(here)
        flags = {word: here[f"{prefix}ease"] == word for word in EASE}
        for name in MEASURES:
            flags |= {f"{name}:{word}": here[f"{prefix}{name}_class"] == code for code, word in CLASSES.items()}
        if not prefix:
            flags["unconditional:humped"] = here["unconditional_class"] == 2.0
            flags["inverted_u"] = here["inverted_u"] == 1.0
        for name, flag in flags.items():
            count = int(flag.sum())
            low, high = wilson(count, n)
            row |= {name: count / n if n else np.nan, f"{name}_low": float(low), f"{name}_high": float(high)}
        rows.append(row)
    return pd.DataFrame(rows)


def rows_again(points: pd.DataFrame, word: str = "harder", resamples: int = 2000) -> tuple[int, float, float]:
    """How far a share hangs on which rows a sample holds: its interval when rows are drawn again instead of points.

    Parameters
    ----------
    points : DataFrame
        Points that share rows of a sample: those with equal values of ``DRAWN``.
    word : str
        Of ``EASE``.
    resamples : int

    Returns
    -------
    rows : int
        Different ones.
    low, high : float
        95 %.
    """
    from alliancesim.analysis import indices
    from alliancesim.analysis.resample import bounds

    grouped = (points["ease"] == word).groupby(points.groupby(list(DRAWN), sort=True).ngroup())
    hits, sizes = grouped.sum().to_numpy(dtype=float), grouped.size().to_numpy(dtype=float)
    again = indices(len(hits), resamples)
    left = (hits.sum() - hits) / np.maximum(sizes.sum() - sizes, 1.0)
    low, high = bounds(hits.sum() / sizes.sum(), hits[again].sum(axis=1) / sizes[again].sum(axis=1), left)
    return len(hits), low, high


def volume(points: pd.DataFrame) -> pd.DataFrame:
    """Every share that the page rests on: by range, box, resource and setting."""
    parts = []
    for prefix, words in RANGES.items():
        for by in (["box", "forums.resource"], ["box", *SETTINGS], ["box", "forums.resource", *SETTINGS]):
            parts.append(shares(points, by, prefix).assign(range=words))
    table = pd.concat(parts, ignore_index=True)
    about = ["range", "box", "forums.resource", *SETTINGS, "points"]
    table = table[[*about, *(name for name in table.columns if name not in about)]]
    return table.rename(columns=lambda one: one.removeprefix("rules.").removeprefix("forums.").replace(" ", "_"))


def moving(points: pd.DataFrame) -> pd.DataFrame:
    """Points where something other than the construction decides: e below 1 where means rise, any e for structuration."""
    return points[(points["ambition_elasticity"] < 1.0) | (points["forums.resource"] == "r_str")]


def of_means(points: pd.DataFrame, box: str) -> pd.DataFrame:
    """Points of a box where cash, time or both rise and e is below 1."""
    return points[
        (points["box"] == box) & (points["forums.resource"] != "r_str") & (points["ambition_elasticity"] < 1.0)
    ]


def told(points: pd.DataFrame, box: str) -> pd.DataFrame:
    """Those of them where both measures can be told."""
    here = of_means(points, box)
    return here[here["ease"] != "untold"].reset_index(drop=True)


def percent(row: Any, name: str) -> str:
    """A share with its interval; in words where there is nothing to take a share of."""
    if np.isnan(row[name]):
        return "an unknown share"
    return f"{100 * row[name]:.0f} % ({100 * row[f'{name}_low']:.0f} to {100 * row[f'{name}_high']:.0f} %)"


def on_page(by: pd.DataFrame) -> pd.DataFrame:
    """Settings and the shares that the page shows."""
    rows = []
    for row in by.to_dict("records"):
        about = {"portfolio": row[SETTINGS[0]], "rivalry": row[SETTINGS[1]], "e": row[SETTINGS[2]]}
        told = {
            "ease falls (both)": percent(row, "harder"), "ease rises (both)": percent(row, "easier"),
            "months rise": percent(row, "speed:rises"), "P falls": percent(row, "launch:falls"),
            "flat (both)": percent(row, "flat"), "cannot be told": percent(row, "untold"),
        }  # fmt: skip
        rows.append({**about, "points": row["points"], **told})
    return pd.DataFrame(rows)


def by_box(points: pd.DataFrame) -> pd.DataFrame:
    """Boxes, resources and ranges, as the page shows them."""
    rows = []
    for prefix, words in RANGES.items():
        for row in shares(moving(points), ["box", "forums.resource"], prefix).to_dict("records"):
            told = {word: f"{100 * row[word]:.0f}" for word in EASE}
            rows.append({"range": words, "box": row["box"], "what rises": RESOURCES[row["forums.resource"]],
                         "points": row["points"], **told, "order": BOXES.index(row["box"])})  # fmt: skip
    table = pd.DataFrame(rows).sort_values(["order", "range"], kind="stable", ignore_index=True)
    return table.drop(columns="order")


def beside(points: pd.DataFrame, box: str) -> pd.DataFrame:
    """What stands beside the two measures, over the points of a box: mean change with its interval, and classes."""
    from alliancesim.studies.figures import mean_interval

    here = of_means(points, box)
    words = {
        "speed": ("months to launch", 1.0), "launch": ("P(launch given feasible), points", 100.0),
        "restricted": ("restricted mean months over 12", 1.0), "aboard": ("participants aboard at launch, points", 100.0),
    }  # fmt: skip
    rows = []
    for name, (label, factor) in words.items():
        mean, low, high = (factor * one for one in mean_interval(here[f"{name}_effect"]))
        row = {"measure": label, "mean change": mean, "low": low, "high": high}
        rows.append(
            row
            | {f"{word}, %": 100.0 * float((here[f"{name}_class"] == code).mean()) for code, word in CLASSES.items()}
        )
    mean, low, high = (100.0 * one for one in mean_interval(here["feasible_effect"]))
    rows.append({"measure": "P(feasible) of all forums, points", "mean change": mean, "low": low, "high": high})
    for cause in ("no_agreement", "lost", "no_leader", "contest_failed", "purse_failed"):
        mean, low, high = (100.0 * one for one in mean_interval(here[f"{cause}_effect"]))
        rows.append(
            {
                "measure": f"cumulative incidence: {cause.replace('_', ' ')}, points",
                "mean change": mean,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def curves_by_box(results: Mapping[str, ExperimentResult]) -> pd.DataFrame:
    """Quartiles over the points of a box at each level of means: both measures, P(launch), and what becomes of forums (means)."""
    parts = []
    for result in results.values():
        about = result.runs[["point", "rules", "forums.resource", "rules.ambition_elasticity", "rules.portfolio"]]
        series = result.timeseries.merge(about, on="point")
        keep = (series["forums.resource"] != "r_str") & (series["rules.ambition_elasticity"] < 1.0)
        parts.append(series[keep])
    series = pd.concat(parts, ignore_index=True)
    grouped = series.groupby(["rules", "level"], sort=True)
    measured = ["speed", "launch_if_feasible", "launch", "feasible", "restricted_months", "aboard"]
    low, mid, high = (grouped[measured].quantile(q) for q in (0.25, 0.5, 0.75))
    causes = [name for name in series.columns if name.endswith("_share")]
    mean = grouped[["launch", *causes]].mean().add_suffix("_mean")
    found = pd.concat([mid, low.add_suffix("_low"), high.add_suffix("_high"), mean], axis=1)
    return found.reset_index().rename(columns={"rules": "box"})


def ambition_and_rent(result: ExperimentResult) -> pd.DataFrame:
    """Effect of means by portfolio, e and rent: mean over the draws with its interval, and the share with the paradox."""
    from alliancesim.studies.figures import mean_interval

    rows = []
    names = ["rules.portfolio", "rules.ambition_elasticity", "rules.psi"]
    for curve, by in (("e", names[:2]), ("psi", [names[0], names[2]])):
        runs = result.runs if curve == "e" else result.runs[result.runs[names[1]] < 1.0]
        # a draw is one unit: its runs at the levels of the other factor are averaged first
        for key, here in runs.groupby(by, sort=True):
            each = here.groupby("replicate")[["speed_effect", "launch_effect", "paradox"]].mean()
            row: dict[str, Any] = {"curve": curve, "portfolio": key[0], "value": key[1], "draws": len(each)}
            for name in ("speed_effect", "launch_effect", "paradox"):
                # sums of equal terms leave crumbs of 1e-17, which are no effect
                row[name], row[f"{name}_low"], row[f"{name}_high"] = np.round(mean_interval(each[name]), 9) + 0.0
            rows.append(row)
    return pd.DataFrame(rows)


PLAYERS = {
    "contest": "contest of the lead", "agenda": "unlike agendas", "outside": "outside options",
    "one_project": "one project at a time", "purse": "quarrels over the purse",
}  # fmt: skip
"""Mechanisms by their word in ``experiments/scarcity_paradox_mechanisms.yaml``."""


def mechanisms(result: ExperimentResult) -> pd.DataFrame:
    """Shapley split of the effect of means among mechanisms, over the draws.

    A coalition is the set of mechanisms that are there; the gap is the effect with all of them less that with none.

    Returns
    -------
    DataFrame
        By measure: a row a mechanism, then ``all there``, ``none there``; ``share`` (in the unit of the measure) with ``low``,
        ``high``, ``n`` (draws in which the effect can be measured with and without every one of them), ``words``.
    """
    from alliancesim.analysis.shapley import coalitions, shapley
    from alliancesim.studies.figures import mean_interval

    rows = []
    runs = result.runs.merge(result.design[["point", "label"]], on="point")
    for measure in ("speed", "launch"):
        wide = runs.pivot(index="replicate", columns="label", values=f"{measure}_effect")
        values = {}
        for gone in coalitions(list(PLAYERS)):
            label = " ".join(name for name in PLAYERS if name in gone) or "nothing"
            values[frozenset(PLAYERS) - gone] = wide[label].to_numpy()
        split = shapley(values, list(PLAYERS))
        rows += [{"measure": measure, "words": PLAYERS[row["player"]], **row} for row in split.to_dict("records")]
        known = ~np.isnan(np.array(list(values.values()))).any(axis=0)
        for words, one in (("all there", frozenset(PLAYERS)), ("none there", frozenset())):
            mean, low, high = mean_interval(values[one][known])
            rows.append({"measure": measure, "words": words, "player": words, "n": int(known.sum()), "share": mean, "low": low,
                         "high": high, "clear": bool(low > 0 or high < 0)})  # fmt: skip
    return pd.DataFrame(rows)
