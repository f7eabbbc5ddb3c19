"""Failures told or kept quiet: what that does to engagement, alliances, trust, and to the shape of adoption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, ORANGE, SERIES, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, end_labels, listed, mean_interval, study_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.panels import Look, change_panels
from alliancesim.studies.wording import by_side, side, spread, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.experiments import ExperimentResult

TOLD, BELIEF, PLACE = "rules.failures_told", "rules.belief", "territory"
FACTORS = (PLACE, BELIEF, TOLD)
ADOPTED, ENGAGED = "adopted_share", "engaged_share"
OUTCOMES = {
    ADOPTED: ("willing or engaged", "points", 100.0, 1),
    ENGAGED: ("engaged", "points", 100.0, 1),
    "lasting_per_1000": ("lasting alliances", "per 1,000 organisations", 1.0, 1),
    "impact_trust": ("mean trust of ties", "of trust, 0 to 1", 1.0, 4),
}
"""Outcomes: words, unit of a change, what a run's number is multiplied by, decimals."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def outcomes(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with the outcomes of the page."""
    return runs.assign(
        **{
            ADOPTED: runs["engaged_share"] + runs["willing_share"],
            "lasting_per_1000": 1000.0 * runs["lasting_alliances"] / runs["organisations"],
        }
    )


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Change of each outcome against failures kept quiet, paired by replicate.

    Parameters
    ----------
    runs : DataFrame
        From :func:`outcomes`.

    Returns
    -------
    DataFrame
        A row a type of territory, belief (1, 0, and ``difference``: on less off) and share of failures told above the lowest;
        each outcome with ``_low`` and ``_high``, in the unit of ``OUTCOMES``.
    """
    rows = []
    for place in NAMES:
        here = runs[runs[PLACE] == place]
        if here.empty:
            continue
        changes: dict[Any, dict[float, pd.DataFrame]] = {}
        for belief, group in here.groupby(BELIEF, sort=False):
            tables = {float(level): some.set_index("replicate")[list(OUTCOMES)] for level, some in group.groupby(TOLD)}
            quiet = tables[min(tables)]
            changes[int(belief)] = {level: table - quiet for level, table in tables.items() if level > min(tables)}
        if {0, 1} <= set(changes):
            changes["difference"] = {level: changes[1][level] - changes[0][level] for level in changes[1]}
        for belief, levels in changes.items():
            for level, table in levels.items():
                row: dict[str, Any] = {"territory": place, "belief": str(belief), "told": level}
                for name, (_, _, scale, _) in OUTCOMES.items():
                    row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(scale * table[name])
                rows.append(row)
    return pd.DataFrame(rows)


def paths(series: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Columns over time with the factors of their points, and the share willing or engaged."""
    kept = series.drop(columns=[name for name in FACTORS if name in series])
    found = kept.merge(design[["point", *FACTORS]], on="point")
    return found.assign(**{ADOPTED: found["engaged_share"] + found["willing_share"]})


def shape(series: pd.DataFrame) -> pd.DataFrame:
    """Whether adoption speeds up: points a year in the second half of the run, less those in the first.

    Parameters
    ----------
    series : DataFrame
        From :func:`paths`.

    Returns
    -------
    DataFrame
        A row a measure (willing or engaged, engaged), territory, belief and share told: ``first`` and ``second`` (points a year),
        ``speeds_up`` with its interval; ``more`` with its interval: the same less that with failures kept quiet, paired.
    """
    months = np.sort(series["month"].unique())
    start, last = int(months[0]), int(months[-1])
    middle = int(months[np.argmin(np.abs(months - (start + last) / 2))])
    rows = []
    for name in (ADOPTED, ENGAGED):
        for (place, belief), here in series.groupby([PLACE, BELIEF], sort=False):
            quiet = None
            for level, some in here.groupby(TOLD):
                wide = 100.0 * some.pivot(index="replicate", columns="month", values=name)
                first = 12.0 * (wide[middle] - wide[start]) / max(1, middle - start)
                second = 12.0 * (wide[last] - wide[middle]) / max(1, last - middle)
                gain = second - first
                quiet = gain if quiet is None else quiet
                row: dict[str, Any] = {
                    "measure": name, "territory": place, "belief": int(belief), "told": float(level),
                    "first": first.mean(), "second": second.mean(),
                }  # fmt: skip
                for key, values in (("speeds_up", gain), ("more", gain - quiet)):
                    row[key], row[f"{key}_low"], row[f"{key}_high"] = mean_interval(values)
                rows.append(row)
    return pd.DataFrame(rows)


# -- figures ----------------------------------------------------------------------------------------------------------

LOOKS: dict[str, Look] = {"1": ("belief on", BLUE, "-", "o"), "0": ("belief off: news only", ORANGE, "--", "s")}


def figure(table: pd.DataFrame) -> Any:
    """Change against silence, by share of failures told: rows outcomes, columns types of territory."""
    note = (
        "Change against the same territory where no failure is told, under the same draws. Filled: the interval "
        "excludes zero; hollow: it does not. Belief off: what is heard makes organisations willing and weighs on "
        f"nothing else. {SYNTHETIC}"
    )
    return change_panels(
        "What telling failures changes",
        note,
        table.assign(percent=100 * table["told"]),
        outcomes={name: f"{words},\n{unit}" for name, (words, unit, _, _) in OUTCOMES.items()},
        column=("territory", NAMES),
        line=("belief", LOOKS),
        x=("percent", "failures told (%)"),
        ticks=(0, 25, 50, 75, 100),
    )


def adoption(series: pd.DataFrame) -> Any:
    """Adoption over time, belief on: rows willing or engaged, engaged; lines shares of failures told."""
    levels = sorted(series[TOLD].unique())
    shown = [levels[0], levels[len(levels) // 2], levels[-1]] if len(levels) > 2 else levels
    note = (
        f"Belief on. Lines are means, bands their intervals; {listed([f'{100 * one:.0f} %' for one in shown])} of "
        f"failures are told. Nobody is engaged in the first month (there is no burn-in). {SYNTHETIC}"
    )
    drawn = study_figure("Adoption over time, by the share of failures told", note, 4.9)
    places = [place for place in NAMES if place in set(series[PLACE])]
    belief = series[series[BELIEF] == series[BELIEF].max()]
    with house_style():
        axes = drawn.subplots(2, max(1, len(places)), sharex=True, sharey="row", squeeze=False)
        labels: list[tuple[Axes, list[tuple[float, str, str]]]] = []
        for down, (name, unit) in enumerate(((ADOPTED, "willing or engaged (%)"), (ENGAGED, "engaged (%)"))):
            for across, place in enumerate(places):
                ax = axes[down, across]
                ends: list[tuple[float, str, str]] = []
                for (colour, line, _), level in zip(SERIES, shown, strict=False):
                    here = belief[(belief[PLACE] == place) & (belief[TOLD] == level)]
                    found = {month: mean_interval(100 * values) for month, values in here.groupby("month")[name]}
                    bands = pd.DataFrame(found, index=["mid", "low", "high"]).T
                    years = bands.index.to_numpy(dtype=float) / 12
                    ax.fill_between(years, bands["low"], bands["high"], color=colour, alpha=0.15, lw=0)
                    ax.plot(years, bands["mid"], color=colour, ls=line, lw=1.3)
                    ends.append((float(bands["mid"].iloc[-1]), f"{100 * level:.0f} %", colour))
                ax.set_ylim(bottom=0.0)
                ax.set_xlim(left=0.0)
                labels.append((ax, ends))
                if down == 0:
                    ax.set_title(NAMES[place])
                else:
                    ax.set_xlabel("years since the start")
            axes[down, 0].set_ylabel(unit)
        for ax, ends in labels:
            end_labels(ax, ends, gap=0.1)
        axes[0, -1].annotate("told", (1.02, 1.03), xycoords="axes fraction", fontsize=7.5, color="0.3")
    return drawn


# -- words ------------------------------------------------------------------------------------------------------------


def sentences(table: pd.DataFrame) -> list[str]:
    """Findings in words: all failures told against none.

    Parameters
    ----------
    table : DataFrame
        From :func:`effects`.
    """
    full = table[table["told"] == table["told"].max()].assign(place=lambda rows: rows["territory"].map(NAMES))
    words = []
    for name, (title, unit, _, digits) in OUTCOMES.items():
        on, off = (full[full["belief"] == key] for key in ("1", "0"))
        extra = full[full["belief"] == "difference"]
        parts = []
        if len(on):
            parts.append(f"with belief on it is {by_side(on, name, 'place', digits)}")
        if len(off):
            parts.append(f"with belief off it is {by_side(off, name, 'place', digits)}")
        said = f"**{title.capitalize()}** ({unit}), all failures told against none: {', and '.join(parts)}."
        if len(extra):
            said += f" The part that belief makes (on less off) is {by_side(extra, name, 'place', digits)}."
        words.append(said)
    return [*words, *balance(full)]


def balance(full: pd.DataFrame) -> list[str]:
    """Whether those who become willing also engage, belief on."""
    words = []
    for row in full[full["belief"] == "1"].to_dict("records"):
        aware, acts = (side(row[f"{name}_low"], row[f"{name}_high"]) for name in (ADOPTED, ENGAGED))
        if aware == "up" and acts != "up":
            turn = "fewer are engaged" if acts == "down" else "no more are clearly engaged"
            words.append(
                f"{row['place']} ({told(row[ADOPTED], row[f'{ADOPTED}_low'], row[f'{ADOPTED}_high'])} points "
                f"willing or engaged, but {turn}: "
                f"{told(row[ENGAGED], row[f'{ENGAGED}_low'], row[f'{ENGAGED}_high'])})"
            )
    if not words:
        return []
    return [
        f"**More who are ready, without more who act,** on {listed(words)}: there, what failures told win in "
        "attention, their weight on what organisations expect takes away again."
    ]


def shape_sentences(found: pd.DataFrame) -> list[str]:
    """Whether adoption speeds up, and whether telling failures makes it do so more."""
    words = []
    for name, title in ((ADOPTED, "willing or engaged"), (ENGAGED, "engaged")):
        here = found[(found["measure"] == name) & (found["belief"] == found["belief"].max())]
        if here.empty:
            continue
        ends = {"none": here["told"].min(), "all": here["told"].max()}
        parts = []
        for key, level in ends.items():
            rows = here[here["told"] == level].assign(place=lambda some: some["territory"].map(NAMES))
            parts.append(
                f"with {key} of the failures told it grows by {spread(rows['first'], 2)} points a year in the "
                f"first half of the run and by {spread(rows['second'], 2)} in the second (change of pace: "
                f"{by_side(rows, 'speeds_up', 'place', 2)})"
            )
        rows = here[here["told"] == ends["all"]].assign(place=lambda some: some["territory"].map(NAMES))
        words.append(
            f"**Share {title}, over time:** {'; '.join(parts)}. All told against none, the gain of pace is "
            f"{by_side(rows, 'more', 'place', 2)}, in points a year."
        )
    both = found[(found["measure"] == ADOPTED) & (found["belief"] == found["belief"].max())]
    quiet, loud = (both[both["told"] == level] for level in (both["told"].min(), both["told"].max()))
    if len(quiet) and (quiet["speeds_up_low"] > 0).all():
        slows = "hiding failures slows it, but " if len(loud) and (loud["more_low"] > 0).all() else ""
        words.append(
            "Adoption speeds up with every failure hidden too, on every type of territory: "
            f"{slows}the rise of its pace does not need failures to be told (successes are told in either case)."
        )
    elif len(quiet) and len(loud) and (loud["speeds_up_low"] > 0).all():
        words.append("Adoption speeds up everywhere when failures are told, and not everywhere when they are hidden.")
    return words


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """The table of the page: all failures told against none."""
    full = table[table["told"] == table["told"].max()]
    full = full[full["belief"].isin(["1", "0"])]
    shown: dict[str, Any] = {
        "territory": full["territory"].map(NAMES),
        "belief": full["belief"].map({"1": "on", "0": "off"}),
    }
    for name, (words, unit, _, digits) in OUTCOMES.items():
        shown[f"{words} ({unit})"] = [
            told(row[name], row[f"{name}_low"], row[f"{name}_high"], digits) for row in full.to_dict("records")
        ]
    return pd.DataFrame(shown)


LIMITS = (
    "**Entailed.** A failure that is told counts as a testimony like any other, and one that is kept quiet as none; "
    "so with belief off, telling can only make more organisations willing (but for the few that luck turns), and "
    "hearing of failures can only lower what an organisation expects. That the two work against each other is "
    "written in the rules; which of them wins, where, and for what, is not. Trust has no part in the rule: where it "
    "moves, it moves because other alliances form.\n\n"
    "**Left out.** Failures kept quiet are never found out, so silence costs no credibility; a failure told teaches "
    "nobody how to do better, and does not make alliances choose better projects. Both would speak for telling. No "
    "animator, no events. Whether the curve is S-shaped (H8) needs a test of curves against each other, which this "
    "page does not make: it only says whether the pace rises, over twenty years from a start at which nobody is "
    "engaged. Strength of testimony and risk aversion stand at their defaults, and they are assumptions."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["tell_failures"]
    runs = outcomes(result.runs)
    series = paths(result.timeseries, result.design)
    table, found = effects(runs), shape(series)
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"summary": summary(table), "effects": table, "shape": found}
    page.figures = {"effects": figure(table), "adoption": adoption(series)}
    first = result.scenario()
    levels = [f"{100 * level:.0f} %" for level in sorted(result.design[TOLD].unique())]
    page.add(
        "Design",
        f"Of the failures that others would hear of, {listed(levels)} are told, on four types of territory of "
        f"about {first.territory.population:,} inhabitants, with the belief about success on (what is heard of "
        f"successes and failures weighs on what one expects) and off; {result.manifest['replicates_done']} "
        f"replicates that share their draws, {first.months} months without burn-in, so that adoption is seen from "
        f"its start. {len(result.runs)} runs. Lasting: 36 months or more.",
    )
    page.add(
        "What comes out",
        "\n\n".join(["![What telling failures changes](figure:effects)", *sentences(table), "table:summary"]),
    )
    page.add(
        "The shape of adoption",
        "\n\n".join(["![Adoption over time](figure:adoption)", *shape_sentences(found)]),
    )
    page.add("What it does not say", LIMITS)
    return page


STUDY = Study("tell_failures", ("tell_failures",), write)
