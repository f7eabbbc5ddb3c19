"""Grid and fraction: what squares of another size, or a part of the organisations, change in what a run says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, ORANGE, house_style
from alliancesim.studies.figures import listed, place_name, study_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.wording import spread, told

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

PLACE, CELL, SAMPLE = "territory.place", "territory.cell_km", "population.sample"
MARGIN = 0.10
"""Relative change within which two settings are alike; set before the study ran."""
REFERENCE = (2.0, 1.0)
"""Squares of 2 km, everyone."""
SETTINGS = {(1.0, 1.0): "1 km", (4.0, 1.0): "4 km", (2.0, 0.2): "20 %", (2.0, 0.05): "5 %"}
"""What is held against the reference: side of the squares (km) and share of the organisations."""
GRID, FRACTION = ("1 km", "4 km"), ("20 %", "5 %")
_EDGE = 50.0  # half width of a panel of the grid, in %
_LOOK = {"default": (BLUE, "o"), "posterior": (ORANGE, "s")}


class Measure(NamedTuple):
    """A ratio of sums over replicates: words, top, bottom; both are expressions over the columns of the runs."""

    words: str
    top: str
    bottom: str


MEASURES = (
    Measure("organisations engaged", "engaged_share", "one"),
    Measure("alliances for each organisation", "alliances", "simulated"),
    Measure("lasting alliances for each one", "lasting_alliances", "simulated"),
    Measure("experiments that succeed", "success_rate", "one"),
    Measure("alliances of three or more", "share_three_or_more * alliances", "alliances"),
    Measure("distance of partners", "mean_distance * alliances", "alliances"),
    Measure("trust, association and firm", "trust_association_firm", "one"),
    Measure("forums held", "forums_convened", "one"),
    Measure("forums that launch", "forums_launched", "forums_convened"),
    Measure("needs met", "need_met", "one"),
)
"""What a run is read for; ``simulated`` organisations are counted without their weights."""


def prepared(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with ``place``, ``setting`` (in words; ``reference``), tops and bottoms of every measure."""
    names = {REFERENCE: "reference", **SETTINGS}
    pairs = zip(runs[CELL].astype(float), runs[SAMPLE].astype(float), strict=True)
    found = runs.assign(
        place=runs[PLACE].map(place_name),
        setting=[names[one] for one in pairs],
        simulated=runs["organisations"] * runs[SAMPLE].astype(float),
        one=1.0,
    )
    sums = [(f"{one.words}/{end}", getattr(one, end)) for one in MEASURES for end in ("top", "bottom")]
    return found[["rules", "place", "setting", "replicate"]].assign(**{name: found.eval(text) for name, text in sums})


def changes(runs: pd.DataFrame, resamples: int = 2000) -> pd.DataFrame:
    """How each setting differs from the reference, paired by replicate.

    Parameters
    ----------
    runs : DataFrame
        From :func:`prepared`.
    resamples : int

    Returns
    -------
    DataFrame
        ``rules``, ``place``, ``setting``, ``measure``, ``reference`` (value there), ``value``, ``change`` (relative) with ``low``
        and ``high`` (95 %, replicates drawn again), ``verdict``: ``alike`` (the interval lies within ``MARGIN``), ``higher``,
        ``lower`` (beyond the margin on that side), ``slightly`` (it excludes 0 and reaches into the margin), ``unclear``.
    """
    from alliancesim.analysis import indices
    from alliancesim.analysis.resample import bounds, ratio

    rows = []
    for (rules, place), here in runs.groupby(["rules", "place"], sort=False):
        tables = {name: one.set_index("replicate") for name, one in here.groupby("setting", sort=False)}
        for setting in SETTINGS.values():
            for measure in MEASURES:
                columns = [f"{measure.words}/{end}" for end in ("top", "bottom")]
                both = tables[setting][columns].join(tables["reference"][columns].add_suffix(" there")).dropna()
                sums = both.to_numpy()
                again = sums[indices(len(sums), resamples)].sum(axis=1) if len(sums) else np.full((1, 4), np.nan)
                whole = sums.sum(axis=0)
                change = float(_change(whole))
                low, high = bounds(change, _change(again), _change(whole - sums))
                rows.append(
                    {
                        "rules": rules, "place": place, "setting": setting, "measure": measure.words,
                        "reference": float(ratio(whole[2], whole[3])), "value": float(ratio(whole[0], whole[1])),
                        "change": change, "low": low, "high": high, "verdict": verdict(low, high),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _change(sums: np.ndarray) -> np.ndarray:
    """Relative change of top/bottom, from (top, bottom, top there, bottom there) on the last axis."""
    from alliancesim.analysis.resample import ratio

    return ratio(ratio(sums[..., 0], sums[..., 1]), ratio(sums[..., 2], sums[..., 3])) - 1.0


def verdict(low: float, high: float) -> str:
    """What an interval of a relative change says."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return "unknown"
    if low >= -MARGIN and high <= MARGIN:
        return "alike"
    if low > MARGIN:
        return "higher"
    if high < -MARGIN:
        return "lower"
    return "slightly" if low > 0 or high < 0 else "unclear"


def figure(found: pd.DataFrame) -> Any:
    """Relative changes: rows measures, columns settings, a mark for each place and set of rules."""
    places = list(dict.fromkeys(found["place"]))
    rules = list(dict.fromkeys(found["rules"]))
    note = (
        f"Change against squares of 2 km and everyone, in %, with 95 % intervals over replicates. Shaded: within "
        f"{100 * MARGIN:.0f} %. Circles: default rules; squares: posterior draws. From top to bottom in each row: "
        f"{listed(places)}. Triangles: changes beyond the frame. Synthetic organisations on real communes."
    )
    drawn = study_figure("What another grid, or a part of the organisations, changes", note, 1.6 + 0.55 * len(MEASURES))
    with house_style():
        axes = drawn.subplots(1, len(SETTINGS), sharey=True, squeeze=False)[0]
        steps = np.linspace(-0.3, 0.3, len(places) * len(rules))
        for ax, setting in zip(axes, SETTINGS.values(), strict=True):
            edge = _EDGE if setting in GRID else 2.0 * _EDGE
            ax.axvspan(-100 * MARGIN, 100 * MARGIN, color="0.9", zorder=0, lw=0)
            ax.axvline(0.0, color="0.3", lw=0.8)
            for down, measure in enumerate(MEASURES):
                here = found[(found["setting"] == setting) & (found["measure"] == measure.words)]
                for row in here.to_dict("records"):
                    place = places.index(row["place"])
                    at = down + steps[place * len(rules) + rules.index(row["rules"])]
                    _mark(ax, 100 * row["change"], at, 100 * row["low"], 100 * row["high"], row["rules"], edge)
            ax.set_title(f"squares of {setting}" if setting in GRID else f"{setting} of all", fontsize=8.5)
            ax.set_xlim(-1.05 * edge, 1.05 * edge)
            ax.set_xlabel("change, %")
            ax.grid(axis="y", visible=False)
        axes[0].set_yticks(range(len(MEASURES)), [one.words for one in MEASURES])
        axes[0].set_ylim(len(MEASURES) - 0.5, -0.5)
    return drawn


def _mark(ax: Any, x: float, y: float, low: float, high: float, rules: str, edge: float) -> None:
    colour, mark = _LOOK.get(rules, _LOOK["default"])
    if not np.isfinite(x):
        return
    if abs(x) > edge:
        ax.plot(np.sign(x) * edge, y, ">" if x > 0 else "<", color=colour, ms=4)
        return
    reach = [[max(0.0, x - low) if low == low else 0.0], [max(0.0, high - x) if high == high else 0.0]]
    ax.errorbar(x, y, xerr=reach, fmt=mark, color=colour, ms=3, capsize=0, lw=1.0)


def words_of(found: pd.DataFrame, settings: tuple[str, ...]) -> str:
    """What changes and what does not at some settings, a line a setting."""
    lines = []
    for setting in settings:
        here = found[found["setting"] == setting]
        count = here["verdict"].value_counts()
        alike = int(count.get("alike", 0))
        said = [f"- **{setting}**: alike at {alike} of {len(here)} combinations of measure, place and rules"]
        for word in ("higher", "lower"):
            far = here[here["verdict"] == word]
            parts = [
                f"{name} ({spread(100 * rows['change'], 0, sign=True)} %, {len(rows)} of {len(here[here['measure'] == name])})"
                for name, rows in far.groupby("measure", sort=False)
            ]
            if parts:
                said.append(f"{word} by more than {100 * MARGIN:.0f} %: {listed(parts)}")
        small, unclear = int(count.get("slightly", 0)), int(count.get("unclear", 0))
        said.append(f"clearly different, but perhaps by less, at {small}; unclear at {unclear}")
        unknown = int(count.get("unknown", 0))
        if unknown:
            said.append(f"not measured at {unknown}")
        lines.append("; ".join(said) + ".")
    return "\n".join(lines)


def table_of(found: pd.DataFrame) -> pd.DataFrame:
    """The table of the page: changes with intervals (%), a column a setting."""
    rows = []
    for (measure, place, rules), here in found.groupby(["measure", "place", "rules"], sort=False):
        by_setting = here.set_index("setting")
        row = {"measure": measure, "place": place, "rules": rules}
        for setting in SETTINGS.values():
            one = by_setting.loc[setting]
            row[setting] = told(100 * one["change"], 100 * one["low"], 100 * one["high"], digits=0)
        rows.append(row)
    order = [one.words for one in MEASURES]
    return pd.DataFrame(rows).sort_values("measure", key=lambda names: names.map(order.index), kind="stable")


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["resolution"]
    found = changes(prepared(result.runs))
    page = Page("Grid and fraction", result.experiment.question or "")
    page.tables = {"changes": found, "table": table_of(found)}
    page.figures = {"changes": figure(found)}
    page.add("Design", design(result))
    page.add("Squares of another size", words_of(found, GRID) + "\n\n![Changes](figure:changes)")
    page.add("A part of the organisations", words_of(found, FRACTION) + "\n\n" + FRACTION_LIMITS)
    page.add("Every change", "Relative change with its 95 % interval, in %:\n\ntable:table")
    page.add("What it does not say", LIMITS)
    return page


def design(result: ExperimentResult) -> str:
    """How it was done."""
    scenario = result.scenario()
    return (
        "Three real places (a rural intercommunality, two urban communes, an intercommunality on the border), each with its "
        f"surroundings of {scenario.territory.buffer_km:g} km simulated and not reported; synthetic organisations; an animator "
        f"with forums, and spontaneous ones; {scenario.months} months after burn-in, {result.manifest['replicates_done']} "
        "replicates. Once with the default rules and once with a draw of the posterior in each replicate, the same in every "
        "setting. Against squares of 2 km and everyone, one thing is changed at a time. Measures are ratios of sums over "
        "replicates; replicates are drawn again for the intervals. Two settings are called alike where the interval of the "
        f"relative change lies within {100 * MARGIN:.0f} %, a margin set before the study ran."
    )


FRACTION_LIMITS = (
    "Counts are held against the organisations that are simulated, so a fraction would leave them alone if organisations "
    "met as often with the same result. Three things change by the rules of a fraction and not by chance. Partners who are "
    "not in the sample are lost. Relief is given once by an alliance and not once for each organisation that its members "
    "stand for, so that *needs met* may not be read, nor what rests on it. An animator holds as many forums for fewer "
    "organisations, while those that convene by themselves go down with the sample: *forums held* may not be read either, "
    "and what forums bring weighs more."
)
"""What the rules of a fraction lose."""

LIMITS = (
    "Squares of 2 km are the reference and not the truth: none of the three sizes is. A cell is where organisations stand, "
    "what a perimeter reaches and where needs are counted, so what rests on very short distances, or on small deprived "
    "districts, may differ where these totals do not. 'Unclear' is no sign of likeness: more replicates would tell. One "
    "interval in twenty misses by chance, and all the looks of this page stand beside each other uncorrected."
)
"""What may not be read into the page."""

STUDY = Study("resolution", ("resolution",), write)
"""Squares of 1, 2 and 4 km; 5, 20 and 100 % of the organisations."""
