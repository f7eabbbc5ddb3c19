"""Animating a territory and accompanying its organisations: whether they add up, multiply, or stand in for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLACK, VERMILLION, house_style
from alliancesim.studies.figures import SYNTHETIC, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

DAY_KEUR = 0.26
"""A person-day (assumption: a post of 55 kEUR a year)."""
_PATH = "animation.animators.animator.levers."
ANIMATION, ACCOMPANIMENT = f"{_PATH}matchmaking.per_year", f"{_PATH}accompany_organisation.per_year"
_ACCOMPANIED = ("accompany_organisation", "accompany_alliance")


def doses(result: ExperimentResult) -> pd.DataFrame:
    """Runs with doses a year and what each profession cost a year (kEUR, days included)."""
    runs = result.runs
    years = max(1.0, result.scenario().months / 12)

    def cost(levers: tuple[str, ...]) -> pd.Series:
        return sum(runs[f"spend_{one}_keur"] + DAY_KEUR * runs[f"days_{one}"] for one in levers) / years

    return pd.DataFrame(
        {
            "replicate": runs["replicate"],
            "animation": runs[ANIMATION].astype(float),
            "accompaniment": runs[ACCOMPANIMENT].astype(float),
            "animation_keur": cost(("matchmaking",)),
            "accompaniment_keur": cost(_ACCOMPANIED),
            "alliances_deployed": runs["alliances_deployed"],
            "lasting_alliances": runs["lasting_alliances"],
        }
    )


def grid(table: pd.DataFrame, outcome: str = "alliances_deployed") -> pd.DataFrame:
    """Mean outcome and cost at each pair of doses."""
    found = table.groupby(["animation", "accompaniment"], as_index=False)[
        ["animation_keur", "accompaniment_keur", outcome]
    ].mean()
    return found.assign(total_keur=found["animation_keur"] + found["accompaniment_keur"])


def interaction(table: pd.DataFrame, outcome: str = "alliances_deployed") -> pd.DataFrame:
    """Log of both over each alone, paired by replicate: above 0 they multiply more together than apart.

    At each pair of doses, ``log(both) + log(neither) - log(one) - log(other)``; replicates with no alliance are left out.
    """
    wide = table.pivot(index="replicate", columns=["animation", "accompaniment"], values=outcome)
    with np.errstate(divide="ignore"):
        logs = np.log(wide.where(wide > 0))
    rows = []
    for a in sorted(set(table["animation"]) - {0.0}):
        for b in sorted(set(table["accompaniment"]) - {0.0}):
            value = (logs[(a, b)] + logs[(0.0, 0.0)] - logs[(a, 0.0)] - logs[(0.0, b)]).dropna()
            mid, low, high = mean_interval(value)
            rows.append(
                {"animation": a, "accompaniment": b, "n": len(value), "interaction": mid, "low": low, "high": high}
            )
    return pd.DataFrame(rows)


def splits(table: pd.DataFrame, outcome: str = "alliances_deployed", resamples: int = 400) -> pd.DataFrame:
    """For each budget the share of it that animation has in the best split, and how sure that is.

    The mean surface is read between doses along lines of equal cost; replicates are drawn again for the interval.
    """
    from alliancesim.analysis import indices

    replicates = np.sort(table["replicate"].unique())
    cube = table.pivot_table(index="replicate", columns=["animation", "accompaniment"], values=outcome).loc[replicates]
    means = grid(table, outcome)
    xs = means.groupby("animation")["animation_keur"].mean().to_numpy()
    ys = means.groupby("accompaniment")["accompaniment_keur"].mean().to_numpy()
    shape = (len(xs), len(ys))
    drawn = cube.to_numpy()
    budgets = np.linspace(0.25, 1.0, 4) * min(xs[-1], ys[-1])
    rows = []
    picks = indices(len(replicates), resamples)
    for budget in budgets:
        shares = [best_split(np.nanmean(drawn[rows_], axis=0).reshape(shape), xs, ys, budget) for rows_ in picks]
        mid = best_split(np.nanmean(drawn, axis=0).reshape(shape), xs, ys, budget)
        low, high = np.quantile(shares, [0.025, 0.975])
        rows.append({"budget_keur": budget, "share_of_animation": mid, "low": low, "high": high})
    return pd.DataFrame(rows)


def best_split(surface: np.ndarray, xs: np.ndarray, ys: np.ndarray, budget: float) -> float:
    """Share of a budget that animation has where the surface is highest along the line of that cost."""
    shares = np.linspace(0.0, 1.0, 41)
    values = [bilinear(surface, xs, ys, share * budget, (1.0 - share) * budget) for share in shares]
    return float(shares[int(np.argmax(values))])


def bilinear(surface: np.ndarray, xs: np.ndarray, ys: np.ndarray, x: float, y: float) -> float:
    """A surface between its grid points."""
    i = int(np.clip(np.searchsorted(xs, x) - 1, 0, len(xs) - 2))
    j = int(np.clip(np.searchsorted(ys, y) - 1, 0, len(ys) - 2))
    u = np.clip((x - xs[i]) / (xs[i + 1] - xs[i]), 0, 1) if xs[i + 1] > xs[i] else 0.0
    v = np.clip((y - ys[j]) / (ys[j + 1] - ys[j]), 0, 1) if ys[j + 1] > ys[j] else 0.0
    a, b, c, d = surface[i, j], surface[i + 1, j], surface[i, j + 1], surface[i + 1, j + 1]
    return float(a * (1 - u) * (1 - v) + b * u * (1 - v) + c * (1 - u) * v + d * u * v)


def figure(means: pd.DataFrame, best: pd.DataFrame) -> Any:
    """Contours of deployed alliances over kEUR of both professions, lines of equal cost, the best split."""
    note = (
        "Dots are the doses that were run; thin lines are budgets of equal cost; the thick line joins the best split "
        "of each budget, "
        f"bars are its 95 % interval along the budget. Costs hold person-days at {DAY_KEUR} kEUR (assumption). "
        f"{SYNTHETIC}"
    )
    drawn = study_figure("The two professions: deployed alliances by money for each", note, 5.2)
    with house_style():
        ax = drawn.subplots()
        wide = means.pivot(index="accompaniment", columns="animation", values="alliances_deployed")
        xs = means.groupby("animation")["animation_keur"].mean().to_numpy()
        ys = means.groupby("accompaniment")["accompaniment_keur"].mean().to_numpy()
        values = wide.to_numpy()
        if np.ptp(values) > 0 and np.ptp(xs) > 0 and np.ptp(ys) > 0:
            filled = ax.contourf(xs, ys, values, levels=10, cmap="cividis", alpha=0.85)
            lines = ax.contour(xs, ys, values, levels=filled.levels, colors="white", linewidths=0.6)
            ax.clabel(lines, fontsize=7, fmt="%.0f")
        ax.plot(means["animation_keur"], means["accompaniment_keur"], ".", color="0.15", ms=3)
        for row in best.itertuples():
            ax.plot([0, row.budget_keur], [row.budget_keur, 0], color="0.2", lw=0.6, ls=":")
            span = np.array([row.low, row.high]) * row.budget_keur
            ax.plot(span, row.budget_keur - span, color=VERMILLION, lw=3.5, alpha=0.5, solid_capstyle="butt")
        x = best["share_of_animation"] * best["budget_keur"]
        ax.plot(x, best["budget_keur"] - x, color=VERMILLION, marker="o", lw=2)
        if len(best):
            ax.annotate("best split", (x.iloc[-1], best["budget_keur"].iloc[-1] - x.iloc[-1]), (-58, 10),
                        textcoords="offset points", color=BLACK, fontsize=8, fontweight="bold")  # fmt: skip
        ax.set_xlim(-0.02 * xs[-1] - 0.5, 1.03 * xs[-1] + 0.5)
        ax.set_ylim(-0.03 * ys[-1] - 0.5, 1.06 * ys[-1] + 0.5)
        ax.set_xlabel("animation: gatherings at tables (kEUR a year)")
        ax.set_ylabel("accompaniment (kEUR a year)")
        ax.grid(visible=False)
    return drawn


def sentences(found: pd.DataFrame, best: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers."""
    up, down = found[found["low"] > 0], found[found["high"] < 0]
    verdict = "no clear interaction at any pair of doses"
    if len(up) and not len(down):
        verdict = (
            f"they multiply more together than apart at {len(up)} of {len(found)} pairs of doses, and less at none"
        )
    elif len(down) and not len(up):
        verdict = (
            f"together they give less than the product of each alone at {len(down)} of {len(found)} pairs of doses"
        )
    elif len(up):
        verdict = f"more together than apart at {len(up)} of {len(found)} pairs of doses, less at {len(down)}"
    words = [f"**Interaction on deployed alliances, on the log scale:** {verdict}."]
    middle = found[(found["animation"] == 10) & (found["accompaniment"] == 20)]
    for row in middle.itertuples():
        words.append(
            "At the source's doses (10 gatherings, 20 accompaniments a year) both together give "
            f"{np.exp(row.interaction):.2f} times "
            f"what the product of their effects would (interval {np.exp(row.low):.2f} to {np.exp(row.high):.2f})."
        )
    for row in best.itertuples():
        words.append(
            f"With {number(row.budget_keur)} kEUR a year, the split with most deployed alliances gives "
            f"{100 * row.share_of_animation:.0f} % "
            f"to animation (interval {100 * row.low:.0f} to {100 * row.high:.0f} %)."
        )
    return words


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["two_professions"]
    table = doses(result)
    means, found, best = grid(table), interaction(table), splits(table)
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"means": means, "interaction": found, "best_split": best}
    page.figures = {"two_professions": figure(means, best)}
    page.add(
        "Design",
        "Five doses of animation (gatherings at tables, 0 to 20 a year) × five of accompaniment (organisations and "
        "new alliances, 0 to "
        f"40 of each a year) on an urban territory of {number(result.runs['inhabitants'].mean())} inhabitants; "
        f"{result.manifest['replicates_done']} replicates that share their draws; {result.scenario().months} months.",
    )
    page.add("What comes out", "\n\n".join(["![The two professions](figure:two_professions)", *sentences(found, best)]))
    page.add(
        "What it does not say",
        "Accompaniment of alliances goes to those of the address book: without animation there is hardly any, so "
        "part of any "
        "interaction is entailed by that rule. Prices are assumptions; the best split moves with them. One type of "
        "territory, one "
        "level of means, parameters at their defaults.",
    )
    return page


STUDY = Study("two_professions", ("two_professions",), write)
