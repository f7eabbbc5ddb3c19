"""What happened before: whether territories with much and little trust at the start stay apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliancesim.plots.style import SERIES, house_style
from alliancesim.studies.figures import SYNTHETIC, end_labels, listed, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

PASTS = ("competitive", "none", "cooperative")


def gaps(result: ExperimentResult, name: str = "engaged_share") -> pd.DataFrame:
    """High against low initial trust, paired by replicate, year by year.

    By past and q_peer: the gap of an observable at each month kept, with its interval.
    """
    series = result.timeseries.merge(result.design[["point", "history", "rules.trust0", "rules.q_peer"]], on="point")
    low, high = series["rules.trust0"].min(), series["rules.trust0"].max()
    rows = []
    for (past, peer, month), here in series.groupby(["history", "rules.q_peer", "month"], sort=False):
        table = here.set_index("replicate")
        change = table.loc[table["rules.trust0"] == high, name] - table.loc[table["rules.trust0"] == low, name]
        mid, bottom, top = mean_interval(change)
        rows.append({"history": past, "q_peer": peer, "month": month, "gap": mid, "low": bottom, "high": top})
    return pd.DataFrame(rows)


def basins(table: pd.DataFrame) -> pd.DataFrame:
    """Whether high and low starts are still apart in the last month, and whether the gap still widens or closes.

    ``apart`` follows SPEC section 9 (bistable: high and low starts still apart at month 240); the change of the gap over the
    last five years tells a slow approach from two basins.
    """
    rows = []
    for (past, peer), here in table.groupby(["history", "q_peer"], sort=False):
        ordered = here.sort_values("month").set_index("month")
        last = ordered.iloc[-1]
        before = ordered.iloc[max(0, len(ordered) - 6)]
        widest = ordered["gap"].abs().max()
        rows.append(
            {
                "history": past, "q_peer": peer, "gap": last["gap"], "low": last["low"], "high": last["high"],
                "apart": bool(last["low"] > 0 or last["high"] < 0), "gap_five_years_before": before["gap"],
                "widest_gap": widest, "share_of_widest": abs(last["gap"]) / widest if widest > 0 else float("nan"),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def figure(result: ExperimentResult, name: str = "engaged_share") -> Any:
    """Paths of the engaged share from each initial trust, a column a past, a row a strength of testimony."""
    series = result.timeseries.merge(result.design[["point", "history", "rules.trust0", "rules.q_peer"]], on="point")
    trusts, peers = sorted(series["rules.trust0"].unique()), sorted(series["rules.q_peer"].unique())
    note = f"Lines: means over replicates from each initial trust; bands hold 95 % intervals. {SYNTHETIC}"
    drawn = study_figure("From each initial trust: engaged organisations over twenty years", note, 6.6)
    with house_style():
        axes = drawn.subplots(len(peers), len(PASTS), sharex=True, sharey=True, squeeze=False)
        for down, peer in enumerate(peers):
            for across, past in enumerate(PASTS):
                ax, ends = axes[down, across], []
                for number_, trust in enumerate(trusts):
                    here = series[
                        (series["history"] == past)
                        & (series["rules.q_peer"] == peer)
                        & (series["rules.trust0"] == trust)
                    ]
                    if here.empty:
                        continue
                    found = here.groupby("month")[name]
                    bands = pd.DataFrame({m: mean_interval(v) for m, v in found}, index=["mid", "low", "high"]).T * 100
                    colour, line, _ = SERIES[number_ % len(SERIES)]
                    years = bands.index.to_numpy() / 12
                    ax.fill_between(years, bands["low"], bands["high"], color=colour, alpha=0.15, lw=0)
                    ax.plot(years, bands["mid"], color=colour, ls=line)
                    ends.append((float(bands["mid"].iloc[-1]), f"{trust:g}", colour))
                ax.set_ylim(bottom=0)
                end_labels(ax, ends)
                if down == 0:
                    ax.set_title({"none": "no particular past"}.get(past, f"{past} past"))
                if across == 0:
                    ax.set_ylabel(f"engaged (%)\nq_peer {peer:g}")
                if down == len(peers) - 1:
                    ax.set_xlabel("years; at the end: trust at the start")
    return drawn


def sentences(found: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers."""
    apart = found[found["apart"]]
    words = []
    if len(apart):
        named = [
            f"{row.history} past, q_peer {row.q_peer:g} ({100 * row.gap:+.1f} points, {number(100 * row.low)} to "
            f"{number(100 * row.high)}; "
            f"{'narrower' if abs(row.gap) < abs(row.gap_five_years_before) else 'no narrower'} than five years "
            "before)"
            for row in apart.itertuples()
        ]
        words.append(
            f"**High and low starts are still apart after the last month** in {len(apart)} of {len(found)} settings: "
            f"{listed(named)}."
        )
    else:
        words.append(
            f"**No clear difference between high and low starts in the last month**, in all {len(found)} settings."
        )
    closing = apart[apart["gap"].abs() < apart["gap_five_years_before"].abs()]
    if len(apart):
        words.append(
            f"In {len(closing)} of these {len(apart)} the gap is closing, so that time alone would bring them "
            "together or nearer; in "
            f"{len(apart) - len(closing)} it is not."
        )
    return words


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["history"]
    table = gaps(result)
    found = basins(table)
    trusts = sorted(result.design["rules.trust0"].unique())
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"basins": found, "gap_by_year": table}
    page.figures = {"history": figure(result)}
    page.add(
        "Design",
        f"A rural territory; initial trust (trust0) {listed([f'{one:g}' for one in trusts])} × a competitive, no "
        "particular or "
        "cooperative past (prejudice, what was heard of successes and failures, earlier alliances) × three "
        "strengths of testimony "
        f"(q_peer); {result.manifest['replicates_done']} replicates that share their draws; "
        f"{result.scenario().months} months.",
    )
    page.add("What comes out", "\n\n".join(["![Paths from each initial trust](figure:history)", *sentences(found)]))
    page.add(
        "What it does not say",
        "In this model trust0 is not only where trust starts: it is also the base that unused trust returns to, and "
        "the trust that a new "
        "tie gets. That it keeps mattering is therefore partly entailed by the rules, not a discovery; two basins "
        "would need starts "
        "that stay apart under the same base. The pasts are assumptions within the priors.",
    )
    return page


STUDY = Study("history", ("history",), write)
