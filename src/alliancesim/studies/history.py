"""What happened before: whether territories with much and little trust at the start stay apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import SERIES, house_style
from alliancesim.studies.figures import SYNTHETIC, listed, mean_interval, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.experiments import ExperimentResult

PASTS = ("competitive", "none", "cooperative")
FACTORS = ("history", "rules.trust0", "rules.q_peer")
LOOKED_BACK = 60
"""Months before the last one over which a gap is said to close or to widen."""

ENGAGED, TRUST = "engaged_share", "impact_trust"
COLUMNS = (ENGAGED, TRUST)
MEASURES = {ENGAGED: "engaged share", TRUST: "mean trust of ties"}

VERDICTS = {
    "together": "together",
    "closing": "apart, the gap closes",
    "holding": "apart, no clear change of the gap",
    "widening": "apart, the gap widens",
    "unknown": "too few replicates to say",
}
"""How high and low starts stand in the last month; bistable in the words of SPEC section 9 is any of the three ``apart``."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def with_factors(series: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Columns over time, with the factors of their points."""
    kept = series.drop(columns=[name for name in FACTORS if name in series])
    return kept.merge(design[["point", *FACTORS]], on="point")


def paired_gap(here: pd.DataFrame, name: str, factor: str = "rules.trust0") -> pd.DataFrame:
    """High less low start of each replicate: a row a replicate, a column a month kept."""
    levels = (
        [one for one in PASTS if one in set(here[factor])] if factor == "history" else sorted(here[factor].unique())
    )
    low, high = (
        here[here[factor] == level].pivot(index="replicate", columns="month", values=name)
        for level in (levels[0], levels[-1])
    )
    return high - low


def gaps(series: pd.DataFrame) -> pd.DataFrame:
    """High against low initial trust over time, paired by replicate.

    Parameters
    ----------
    series : DataFrame
        From :func:`with_factors`.

    Returns
    -------
    DataFrame
        ``measure``, ``history``, ``q_peer``, ``month``, ``gap`` with ``low`` and ``high``.
    """
    rows = []
    for name in COLUMNS:
        for (past, peer), here in _settings(series):
            for month, change in paired_gap(here, name).items():
                gap, low, high = mean_interval(change)
                rows.append(
                    {
                        "measure": name, "history": past, "q_peer": peer, "month": month, "gap": gap, "low": low,
                        "high": high,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _settings(series: pd.DataFrame) -> list[tuple[tuple[str, float], pd.DataFrame]]:
    """Runs of each past and each strength of testimony, in the order of the page."""
    found = []
    for past in PASTS:
        for peer in sorted(series["rules.q_peer"].unique()):
            here = series[(series["history"] == past) & (series["rules.q_peer"] == peer)]
            if len(here):
                found.append(((past, float(peer)), here))
    return found


def basins(series: pd.DataFrame) -> pd.DataFrame:
    """Whether high and low starts are still apart in the last month, and whether their gap closes.

    Apart follows the rule of SPEC section 9 (bistable: high and low starts still apart at month 240): the interval of the paired
    difference excludes 0. A gap that closes tells a slow approach from two basins; so does ``steepest``, since between two
    basins the outcome jumps somewhere between low and high starts.

    Parameters
    ----------
    series : DataFrame
        From :func:`with_factors`.

    Returns
    -------
    DataFrame
        A row a measure, past and q_peer: ``gap`` in the last month with ``low``, ``high``; ``widest``, the widest mean gap and
        its month; ``change``, of the gap's size over the last five years (or as far back as there are months), with
        ``change_low``, ``change_high``; ``rise_low``, ``rise_high``, by how much the lowest and the highest start rose in
        that time; ``steepest``, the steepest of the steps between neighbouring starts over the mean
        slope (1: a straight line); ``verdict``, one of ``VERDICTS``.
    """
    rows = []
    for name in COLUMNS:
        for (past, peer), here in _settings(series):
            change = paired_gap(here, name)
            last = int(change.columns[-1])
            before = max([month for month in change.columns if month <= last - LOOKED_BACK] or [change.columns[0]])
            gap, low, high = mean_interval(change[last])
            side = 1.0 if not gap < 0 else -1.0
            moved = mean_interval(side * (change[last] - change[before])) if before < last else (np.nan,) * 3
            means = change.mean().abs()
            apart = np.isfinite(low) and (low > 0 or high < 0)
            rows.append(
                {
                    "measure": name, "history": past, "q_peer": peer, "month": last, "gap": gap, "low": low, "high": high,
                    "widest": means.max(), "widest_month": means.idxmax() if means.notna().any() else np.nan,
                    "change": moved[0], "change_low": moved[1], "change_high": moved[2],
                    "rise_low": rise(here, name, before, last, 0), "rise_high": rise(here, name, before, last, -1),
                    "steepest": steepest(here[here["month"] == last], name) if apart else np.nan,
                    "verdict": _verdict(low, high, moved),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _verdict(low: float, high: float, moved: tuple[float, ...]) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return "unknown"
    if low <= 0 <= high:
        return "together"
    if moved[2] < 0:
        return "closing"
    return "widening" if moved[1] > 0 else "holding"


def rise(here: pd.DataFrame, name: str, before: int, last: int, which: int) -> float:
    """By how much the lowest (0) or highest (-1) start rose between two months."""
    level = sorted(here["rules.trust0"].unique())[which]
    means = here[here["rules.trust0"] == level].groupby("month")[name].mean()
    return float(means[last] - means[before])


def steepest(here: pd.DataFrame, name: str) -> float:
    """Steepest slope between neighbouring starts, over the slope from the lowest to the highest."""
    means = here.groupby("rules.trust0")[name].mean().dropna()
    if len(means) < 3 or means.iloc[-1] == means.iloc[0]:
        return float("nan")
    trust, value = means.index.to_numpy(dtype=float), means.to_numpy(dtype=float)
    whole = (value[-1] - value[0]) / (trust[-1] - trust[0])
    return float((np.diff(value) / np.diff(trust) / whole).max())


def pasts_apart(series: pd.DataFrame) -> pd.DataFrame:
    """Cooperative less competitive past in the last month, by start and q_peer, paired by replicate."""
    rows = []
    for (trust, peer), here in series.groupby(["rules.trust0", "rules.q_peer"]):
        if here["history"].nunique() < 2:
            continue
        change = paired_gap(here, ENGAGED, "history")
        last = change.columns[-1]
        gap, low, high = mean_interval(change[last])
        widest = change.mean().abs().max()
        rows.append({"trust0": trust, "q_peer": peer, "gap": gap, "low": low, "high": high, "widest": widest})
    return pd.DataFrame(rows, columns=["trust0", "q_peer", "gap", "low", "high", "widest"])


# -- figures ----------------------------------------------------------------------------------------------------------


def _said(past: str) -> str:
    return "no particular past" if past == "none" else f"{past} past"


def _scale(name: str) -> float:
    return 100.0 if name == ENGAGED else 1.0


def side_labels(ax: Axes, ends: Sequence[tuple[float, str, str]], gap: float) -> None:
    """Labels right of the last points of lines, each group of near ones spread evenly around where its lines end.

    Parameters
    ----------
    ends : sequence of (float, str, str)
        Height, label, colour.
    gap : float
        Least distance, as a share of the axis.
    """
    low, high = ax.get_ylim()
    step = (high - low) * gap
    groups: list[list[tuple[float, str, str]]] = []
    for one in sorted(ends):
        groups.append([one])
        while len(groups) > 1 and _places(groups[-1], step)[0] - _places(groups[-2], step)[-1] < step:
            groups[-2:] = [groups[-2] + groups[-1]]
    for group in groups:
        for place, (_, label, colour) in zip(_places(group, step), group, strict=True):
            ax.annotate(
                label, (1.02, place), xycoords=("axes fraction", "data"), color=colour, va="center", fontsize=7.5,
                annotation_clip=False,
            )  # fmt: skip


def _places(group: Sequence[tuple[float, str, str]], step: float) -> list[float]:
    middle = sum(value for value, _, _ in group) / len(group)
    return [middle + step * (number - (len(group) - 1) / 2) for number in range(len(group))]


def paths(series: pd.DataFrame, name: str, peers: Sequence[float] | None = None) -> Any:
    """Paths from each initial trust, a column a past, a row a strength of testimony (all of them, or those given)."""
    peers = sorted(series["rules.q_peer"].unique()) if peers is None else list(peers)
    trusts = sorted(series["rules.trust0"].unique())
    words = {
        ENGAGED: ("Engaged organisations, from each initial trust", "engaged (%)"),
        TRUST: ("Trust between organisations, from each initial trust", "mean trust of ties"),
    }
    title, unit = words[name]
    shown = (
        "Rows: strength of testimony (q_peer, the chance that one testimony makes an organisation willing). "
        if len(peers) > 1
        else f"Shown for q_peer {peers[0]:g}; other strengths of testimony are in the tables. "
    )
    note = f"Each line begins with the trust0 written at its end. {shown}Lines are means, bands their intervals. {SYNTHETIC}"
    drawn = study_figure(title, note, 1.3 + 1.85 * len(peers))
    with house_style():
        axes = drawn.subplots(len(peers), len(PASTS), sharex=True, sharey=True, squeeze=False)
        ends: dict[tuple[int, int], list[tuple[float, str, str]]] = {}
        for down, peer in enumerate(peers):
            for across, past in enumerate(PASTS):
                ax = axes[down, across]
                for (colour, line, _), trust in zip(SERIES, trusts, strict=False):
                    here = series[
                        (series["history"] == past)
                        & (series["rules.q_peer"] == peer)
                        & (series["rules.trust0"] == trust)
                    ]
                    bands = _over_time(here, name)
                    if bands.empty:
                        continue
                    years = bands.index.to_numpy(dtype=float) / 12
                    ax.fill_between(years, bands["low"], bands["high"], color=colour, alpha=0.15, lw=0)
                    ax.plot(years, bands["mid"], color=colour, ls=line, lw=1.3)
                    ends.setdefault((down, across), []).append((float(bands["mid"].iloc[-1]), f"{trust:g}", colour))
                if down == 0:
                    ax.set_title(_said(past))
                if across == 0:
                    ax.set_ylabel(f"q_peer {peer:g}\n{unit}" if len(peers) > 1 else unit)
                if down == len(peers) - 1:
                    ax.set_xlabel("years since the start")
        axes[0, 0].set_ylim(bottom=0.0)
        axes[0, 0].set_xlim(left=0.0)
        for (down, across), some in ends.items():
            side_labels(axes[down, across], some, 0.085)
    return drawn


def _over_time(here: pd.DataFrame, name: str) -> pd.DataFrame:
    found = {month: mean_interval(values) for month, values in here.groupby("month")[name]}
    return pd.DataFrame(found, index=["mid", "low", "high"]).T.dropna(subset="mid") * _scale(name)


def finals(series: pd.DataFrame) -> Any:
    """Where territories end, against the trust that they began with; a column a past."""
    last = series["month"].max()
    peers = sorted(series["rules.q_peer"].unique())
    note = (
        f"Means after {last / 12:g} years with their intervals; marks stand at the starts that were tried. Two basins would show "
        f"as a step between low and high starts. {SYNTHETIC}"
    )
    drawn = study_figure("Where it ends, by the trust it began with", note, 5.4)
    with house_style():
        axes = drawn.subplots(len(COLUMNS), len(PASTS), sharex=True, sharey="row", squeeze=False)
        labels: list[tuple[Axes, list[tuple[float, str, str]]]] = []
        for down, name in enumerate(COLUMNS):
            for across, past in enumerate(PASTS):
                ax = axes[down, across]
                ends: list[tuple[float, str, str]] = []
                for (colour, line, mark), peer in zip(SERIES, peers, strict=False):
                    here = series[
                        (series["history"] == past) & (series["rules.q_peer"] == peer) & (series["month"] == last)
                    ]
                    found = {trust: mean_interval(values) for trust, values in here.groupby("rules.trust0")[name]}
                    known = pd.DataFrame(found, index=["mid", "low", "high"]).T.dropna(subset="mid") * _scale(name)
                    if known.empty:
                        continue
                    reach = np.vstack([known["mid"] - known["low"], known["high"] - known["mid"]])
                    ax.errorbar(known.index, known["mid"], yerr=np.nan_to_num(np.maximum(reach, 0.0)), color=colour, ls=line,
                                marker=mark, capsize=2, lw=1.3)  # fmt: skip
                    ends.append((float(known["mid"].iloc[-1]), f"{peer:g}", colour))
                labels.append((ax, ends))
                if name == TRUST:
                    levels = sorted(series["rules.trust0"].unique())
                    ax.plot(levels, levels, color="0.5", ls=(0, (4, 3)), lw=0.9, zorder=1)
                    if across == 0:
                        middle = levels[len(levels) // 2]
                        ax.annotate("trust0 itself", (middle, middle), (-4, 4), textcoords="offset points", fontsize=7.5,
                                    ha="right", color="0.35")  # fmt: skip
                if down == 0:
                    ax.set_title(_said(past))
                if down == len(COLUMNS) - 1:
                    ax.set_xlabel("initial trust (trust0)")
            axes[down, 0].set_ylabel("engaged (%)" if name == ENGAGED else "mean trust of ties")
            axes[down, 0].set_ylim(bottom=0.0)
        for ax, some in labels:
            side_labels(ax, some, 0.075)
        axes[0, -1].annotate("q_peer", (1.02, 1.02), xycoords="axes fraction", fontsize=7.5, color="0.3")
    return drawn


# -- words ------------------------------------------------------------------------------------------------------------


def _counted(here: pd.DataFrame) -> str:
    """How many settings end how: ``apart, the gap closes in 3``."""
    parts = [f"{words} in {int((here['verdict'] == key).sum())}" for key, words in VERDICTS.items()]
    return "; ".join(part for part in parts if not part.endswith(" in 0"))


def _settings_of(here: pd.DataFrame) -> str:
    """Settings in words, gathered by past."""
    parts = []
    for past in PASTS:
        peers = [f"{peer:g}" for peer in here.loc[here["history"] == past, "q_peer"]]
        if peers:
            parts.append(f"{_said(past)} with q_peer {listed(peers)}")
    return listed(parts)


def _range(values: pd.Series, digits: int = 0) -> str:
    low, high = (f"{value + 0.0:.{digits}f}" for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def sentences(found: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers.

    Parameters
    ----------
    found : DataFrame
        From :func:`basins`.
    """
    words = []
    for name in COLUMNS:
        here = found[found["measure"] == name]
        if len(here):
            words.append(_of_measure(here, name))
    here = found[found["measure"] == ENGAGED]
    rising = here[["rise_low", "rise_high"]].dropna()
    if len(rising) and rising.max().max() > AT_REST:
        words.append(
            f"**Nothing is at rest yet.** Over the last {LOOKED_BACK / 12:g} years the engaged share changes by "
            f"{_range(100 * rising['rise_low'])} points from the lowest start and by {_range(100 * rising['rise_high'])} "
            "from the highest: what is compared are paths, and where they settle lies beyond the last month."
        )
    steps = here["steepest"].dropna()
    if len(steps):
        words.append(
            "**Is there a step?** Between two basins the outcome would jump somewhere between low and high starts. The steepest "
            f"step of the engaged share is {_range(steps, 1)} times the mean slope"
            + (
                ": a slope that flattens or steepens, without a clear jump."
                if steps.max() < STEP
                else f"; it reaches {STEP:g} times or more with {_settings_of(here[here['steepest'] >= STEP])}, and the figure "
                "shows whether that is a step or a bend."
            )
        )
    return words


AT_REST = 0.01
"""Change of the engaged share over the last years below which a territory counts as at rest."""
STEP = 3.0
"""Times the mean slope from which one step between neighbouring starts is pointed out (with four steps, all of it is about 4)."""


def _of_measure(here: pd.DataFrame, name: str) -> str:
    """High against low starts, in one measure."""
    scale, unit, digits = (100.0, "points", 0) if name == ENGAGED else (1.0, "of trust (0 to 1)", 2)
    known = here[here["verdict"] != "unknown"]
    title = MEASURES[name].capitalize()
    if not len(known):
        return f"**{title}.** Too few replicates to say whether high and low starts are still apart."
    apart = known[~known["verdict"].isin(["together", "unknown"])]
    month = int(here["month"].iloc[0])
    if not len(apart):
        return f"**{title}.** No clear difference between high and low starts in month {month}, in all {len(known)} settings."
    said = (
        f"**{title}.** By the rule that was set beforehand, high and low starts are still apart in month {month} in "
        f"{len(apart)} of {len(here)} settings, by {_range(scale * apart['gap'], digits)} {unit}: {_counted(here)}."
    )
    closing = apart[apart["verdict"] == "closing"]
    if len(closing):
        shares = 1.0 - closing["gap"].abs() / closing["widest"]
        where = "in all of them" if len(closing) == len(here) else f"with {_settings_of(closing)}"
        said += (
            f" It closes {where}: {_range(100 * shares)} % of the widest mean gap is gone. So far that looks like a lead which "
            "time wears down rather than like two basins."
        )
    staying = apart[apart["verdict"] != "closing"]
    if len(staying) == len(here):
        said += " In none of them does the gap clearly close."
    elif len(staying):
        said += f" It does not clearly close with {_settings_of(staying)}."
    return said


def sentence_of_pasts(table: pd.DataFrame) -> str:
    """What a cooperative past is still worth in the last month."""
    known = table[np.isfinite(table["low"]) & np.isfinite(table["high"])]
    if not len(known):
        return "**The past.** Too few replicates to compare a cooperative with a competitive past."
    up, down = known[known["low"] > 0], known[known["high"] < 0]
    if not len(up) and not len(down):
        return "**The past.** In the last month no clear difference between a cooperative and a competitive past."
    parts = []
    if len(up):
        parts.append(f"is clearly higher in {len(up)}, by {_range(100 * up['gap'])} points")
    if len(down):
        parts.append(f"is clearly lower in {len(down)}, by {_range(-100 * down['gap'])} points")
    if len(known) > len(up) + len(down):
        parts.append(f"does not differ clearly in {len(known) - len(up) - len(down)}")
    return (
        "**The past.** Same trust0, same q_peer, last month: after a cooperative past the engaged share, compared with a "
        f"competitive one, {listed(parts)} (of {len(known)} settings)."
    )


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """The table of the page: engaged share, high less low start."""
    here = found[found["measure"] == ENGAGED]
    return pd.DataFrame(
        {
            "past": here["history"],
            "q_peer": here["q_peer"],
            "gap (points)": 100 * here["gap"],
            "from": 100 * here["low"],
            "to": 100 * here["high"],
            "widest mean gap": 100 * here["widest"],
            "in month": here["widest_month"],
            "change over five years": 100 * here["change"],
            "so": [VERDICTS[one] for one in here["verdict"]],
        }
    )


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["history"]
    series = with_factors(result.timeseries, result.design)
    found, past = basins(series), pasts_apart(series)
    trusts, peers = (sorted(result.design[name].unique()) for name in FACTORS[1:])
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"summary": summary(found), "basins": found, "pasts": past, "gap_over_time": gaps(series)}
    page.figures = {
        "history": paths(series, ENGAGED),
        "history_trust": paths(series, TRUST, peers[len(peers) // 2 :][:1]),
        "final_against_initial": finals(series),
    }
    first = result.scenario()
    begins = "from the very start, without burn-in" if not first.burn_in else f"after {first.burn_in} months of burn-in"
    page.add(
        "Design",
        f"A rural territory; initial trust (trust0) {listed([f'{one:g}' for one in trusts])}, by a competitive, no particular "
        "or cooperative past (prejudice, what was heard of successes and failures, earlier alliances), by the strength of "
        f"testimony (q_peer {listed([f'{one:g}' for one in peers])}); "
        f"{result.manifest['replicates_done']} replicates that share "
        f"their draws; {first.months} months {begins}. A territory is called bistable where the highest and the lowest "
        "start are still apart in the last month: the interval of their difference, replicate by replicate, excludes 0. "
        "Whether that gap closes is read over the last five years.",
    )
    page.add(
        "What comes out",
        "\n\n".join(
            [
                "![Engaged organisations from each initial trust](figure:history)",
                *sentences(found)[:1],
                "table:summary",
                "![Trust from each initial trust](figure:history_trust)",
                *sentences(found)[1:2],
                "![Where it ends, by the trust it began with](figure:final_against_initial)",
                *sentences(found)[2:],
                sentence_of_pasts(past),
            ]
        ),
    )
    page.add(
        "What it does not say",
        "In this model trust0 is more than where trust starts. It is also the trust of every new tie, and the base that unused "
        "trust returns to; in the same way, openness returns to where the past has put it. That starts stay apart is therefore "
        "partly entailed by the rules, and no discovery: two basins proper would need starts that stay apart under one and "
        "the same base. So the rule above says that starts are still apart, not why. A gap that has only begun to close may "
        "still close after the last month. The pasts are assumptions within the priors, and so is the rural type.",
    )
    return page


STUDY = Study("history", ("history",), write)
