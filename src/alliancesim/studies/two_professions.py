"""Animating a territory and accompanying its organisations: whether they add up, multiply, or stand in for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.plots.style import BLUE, GREEN, GREY, ORANGE, VERMILLION, house_style
from alliancesim.studies.figures import SYNTHETIC, dot, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

_PATH = "animation.animators.animator.levers."
ANIMATION, ACCOMPANIMENT = f"{_PATH}matchmaking.per_year", f"{_PATH}accompany_organisation.per_year"
_ACCOMPANIED = ("accompany_organisation", "accompany_alliance")
DEPLOYED = "alliances_deployed"
OUTCOMES = {
    DEPLOYED: "deployed alliances",
    "lasting_alliances": "lasting alliances",
    "value_created": "value created",
    "need_met": "needs met",
}
"""What a budget may be for."""
SOURCE_DOSES = (10.0, 20.0)
"""Gatherings and accompaniments a year that the interaction is told at: the catalogue's usual doses."""


def doses(result: ExperimentResult) -> pd.DataFrame:
    """Runs with doses a year, what each profession cost a year (kEUR, days included), and outcomes."""
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
            **{name: runs[name].astype(float) for name in OUTCOMES},
        }
    )


def grid(table: pd.DataFrame) -> pd.DataFrame:
    """Mean outcomes and costs at each pair of doses, with the interval of deployed alliances."""
    grouped = table.groupby(["animation", "accompaniment"], sort=True)
    found = grouped[["animation_keur", "accompaniment_keur", *OUTCOMES]].mean()
    spans = [mean_interval(here[DEPLOYED]) for _, here in grouped]
    found[f"{DEPLOYED}_low"], found[f"{DEPLOYED}_high"] = [one[1] for one in spans], [one[2] for one in spans]
    found["total_keur"] = found["animation_keur"] + found["accompaniment_keur"]
    return found.reset_index()


def interaction(table: pd.DataFrame, outcome: str = DEPLOYED) -> pd.DataFrame:
    """How both professions together differ from each alone, paired by replicate.

    Parameters
    ----------
    table : DataFrame
        See :func:`doses`.
    outcome : str

    Returns
    -------
    DataFrame
        At each pair of doses above 0: ``interaction``, log(both) + log(neither) − log(one) − log(other), with ``low``, ``high``;
        above 0 they multiply more together than apart. Replicates without an alliance are left out (``n``). ``together`` is what
        both add, ``apart`` the sum of what each adds alone, and ``extra`` their difference, with its interval.
    """
    wide = table.pivot(index="replicate", columns=["animation", "accompaniment"], values=outcome)
    logs = np.log(wide.where(wide > 0))
    rows = []
    for a in sorted(set(table["animation"]) - {0.0}):
        for b in sorted(set(table["accompaniment"]) - {0.0}):
            corners = (a, b), (0.0, 0.0), (a, 0.0), (0.0, b)
            both, neither, one, other = (logs[corner] for corner in corners)
            value = (both + neither - one - other).dropna()
            mid, low, high = mean_interval(value)
            both, neither, one, other = (wide[corner] for corner in corners)
            more, less, most = mean_interval((both + neither - one - other).dropna())
            rows.append(
                {
                    "animation": a, "accompaniment": b, "n": len(value), "interaction": mid, "low": low, "high": high,
                    "together": (both - neither).mean(), "apart": (one + other - 2 * neither).mean(),
                    "extra": more, "extra_low": less, "extra_high": most,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


class Surface:
    """Outcomes by replicate over money for each profession, read between the doses that were run.

    The same dose of accompaniment costs less where an address book is thin, so money is looked up along each dose of animation.

    Parameters
    ----------
    table : DataFrame
        See :func:`doses`.
    outcome : str
    """

    def __init__(self, table: pd.DataFrame, outcome: str = DEPLOYED) -> None:
        index = ["animation", "accompaniment"]
        cost = table.groupby(index, sort=True)[["animation_keur", "accompaniment_keur"]].mean()
        wide = table.pivot(index="replicate", columns=index, values=outcome).sort_index(axis=0).sort_index(axis=1)
        rows, columns = len(set(table["animation"])), len(set(table["accompaniment"]))
        self.x = cost["animation_keur"].to_numpy().reshape(rows, columns).mean(axis=1)
        self.y = np.maximum.accumulate(cost["accompaniment_keur"].to_numpy().reshape(rows, columns), axis=1)
        self.values = wide.to_numpy().reshape(len(wide), rows, columns)

    def weights(self, x: float, y: float) -> np.ndarray:
        """Weight of each pair of doses at an amount of money for each; money beyond the largest dose does nothing."""
        rows, columns = self.y.shape
        found = np.zeros((rows, columns))
        for i, share in _between(self.x, x):
            for j, part in _between(self.y[i], y):
                found[i, j] += share * part
        return found

    def along(self, budget: float, shares: np.ndarray) -> np.ndarray:
        """Outcome of each replicate at each split of a budget, shape (replicates, shares)."""
        weights = np.array([self.weights(share * budget, (1.0 - share) * budget) for share in shares])
        found: np.ndarray = np.einsum("rij,sij->rs", self.values, weights)
        return found

    @property
    def reach(self) -> float:
        """Largest budget that either profession can take alone."""
        return float(min(self.x[-1], self.y[:, -1].max()))


def _between(at: np.ndarray, x: float) -> list[tuple[int, float]]:
    """Grid points on both sides of a place, and the weight of each."""
    i = int(np.clip(np.searchsorted(at, x, side="right") - 1, 0, len(at) - 2)) if len(at) > 1 else 0
    if len(at) < 2 or at[i + 1] <= at[i]:
        return [(i, 1.0)]
    part = float(np.clip((x - at[i]) / (at[i + 1] - at[i]), 0.0, 1.0))
    return [(i, 1.0 - part), (i + 1, part)]


SHARES = np.linspace(0.0, 1.0, 41)
"""Splits of a budget that are tried: the share of animation."""


def splits(table: pd.DataFrame, outcome: str = DEPLOYED, resamples: int = 1000) -> pd.DataFrame:
    """For each budget, the split with most of an outcome, and how sure that is: replicates are drawn again.

    Returns
    -------
    DataFrame
        ``outcome``, ``budget_keur`` (a year), ``share_of_animation`` of the best split with ``low`` and ``high``; ``gain`` of
        that split over no budget at all; ``over_even``: its outcome above that of an even split, paired, with
        ``over_even_low`` and ``_high`` (the best of many splits, picked from the same runs, flatters itself a little).
    """
    from alliancesim.analysis import indices

    surface = Surface(table, outcome)
    rows: list[dict[str, Any]] = []
    if not surface.reach > 0 or np.isnan(surface.values).any():
        return pd.DataFrame(
            columns=["outcome", "budget_keur", "share_of_animation", "low", "high", "gain", "over_even"]
        )
    drawn = indices(len(surface.values), resamples)
    for budget in np.linspace(0.25, 1.0, 4) * surface.reach:
        found = surface.along(float(budget), SHARES)
        best = int(np.argmax(found.mean(axis=0)))
        picked = SHARES[np.argmax(found[drawn].mean(axis=1), axis=1)]
        low, high = np.quantile(picked, [0.025, 0.975])
        even = found[:, best] - found[:, len(SHARES) // 2]
        more, less, most = mean_interval(even)
        rows.append(
            {
                "outcome": OUTCOMES[outcome], "budget_keur": float(budget), "share_of_animation": float(SHARES[best]),
                "low": float(low), "high": float(high),
                "gain": float((found[:, best] - surface.values[:, 0, 0]).mean()),
                "over_even": more, "over_even_low": less, "over_even_high": most,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def price_ratio(table: pd.DataFrame, outcome: str = DEPLOYED, resamples: int = 2000) -> dict[str, float]:
    """How many times more a euro of animation adds than one of accompaniment, each alone at the source's doses.

    It is also how many times cheaper accompaniment would have to be for a euro of it to add as much.
    """
    from alliancesim.analysis import indices

    a, b = SOURCE_DOSES
    wide = table.pivot(index="replicate", columns=["animation", "accompaniment"], values=outcome)
    if not {(a, 0.0), (0.0, b), (0.0, 0.0)} <= set(wide.columns):
        return dict.fromkeys(("ratio", "low", "high"), np.nan)
    cost = table.groupby(["animation", "accompaniment"])[["animation_keur", "accompaniment_keur"]].mean()
    one = ((wide[(a, 0.0)] - wide[(0.0, 0.0)]) / cost.loc[(a, 0.0), "animation_keur"]).to_numpy()
    other = ((wide[(0.0, b)] - wide[(0.0, 0.0)]) / cost.loc[(0.0, b), "accompaniment_keur"]).to_numpy()
    rows = indices(len(one), resamples)
    tops, bottoms = one[rows].mean(axis=1), other[rows].mean(axis=1)
    # Where accompaniment adds nothing no price makes up for it; where animation adds nothing the ratio is not above 0.
    drawn = np.full(len(tops), np.inf)
    np.divide(tops, bottoms, out=drawn, where=bottoms > 0)
    low, high = np.sort(drawn)[[int(0.025 * len(drawn)), int(0.975 * len(drawn))]] if len(one) > 1 else (np.nan, np.nan)
    ratio = float(one.mean() / other.mean()) if other.mean() > 0 else np.inf
    return {"ratio": ratio if one.mean() > 0 else np.nan, "low": float(low), "high": float(high)}


def figure(table: pd.DataFrame, means: pd.DataFrame, best: pd.DataFrame) -> Any:
    """Contours over kEUR of both professions with the best split; outcome along each line of equal cost."""
    note = (
        f"Alliances deployed more than with neither profession. Left: dots are doses that were run; dotted, budgets of "
        f"equal cost; the thick line joins the best split of each budget, bars are its 95 % interval. Right: the same "
        f"along each budget, with bands. Person-days cost {DAY_KEUR} kEUR (assumption). {SYNTHETIC}"
    )
    drawn = study_figure("The two professions: what a budget does, by its split", note, 4.7)
    surface = Surface(table)
    reach, home = surface.reach, surface.values[:, 0, 0]
    with house_style():
        left, right = drawn.subplots(1, 2, width_ratios=[1.1, 1])
        left.set_xlabel("animation: gatherings (kEUR a year)")
        left.set_ylabel("accompaniment (kEUR a year)")
        right.set_xlabel("share of the budget to animation (%)")
        right.set_ylabel("alliances more than with neither")
        left.grid(visible=False)
        if not len(best):
            for ax in (left, right):
                ax.annotate("nothing to show", (0.5, 0.5), xycoords="axes fraction", ha="center", color=GREY)
            return drawn
        top = 1.03 * reach
        at = np.linspace(0.0, reach, 46)
        change = surface.values.mean(axis=0) - home.mean()
        values = np.array([[float((surface.weights(x, y) * change).sum()) for x in at] for y in at])
        if np.ptp(values) > 0:
            left.contourf(at, at, values, levels=9, cmap="Blues", alpha=0.8)
            lines = left.contour(at, at, values, levels=9, colors="0.25", linewidths=0.5)
            left.clabel(lines, fontsize=6.5, fmt=lambda value: f"{value:+.0f}", inline_spacing=2)
        run = means[(means["animation_keur"] <= top) & (means["accompaniment_keur"] <= top)]
        left.plot(run["animation_keur"], run["accompaniment_keur"], ".", color="0.2", ms=4, clip_on=False)
        for number_, row in enumerate(best.to_dict("records")):
            budget = row["budget_keur"]
            colour = (GREY, ORANGE, GREEN, BLUE)[number_ % 4]
            left.plot([0, budget], [budget, 0], color="0.2", lw=0.8, ls=":")
            span = np.array([row["low"], row["high"]]) * budget
            left.plot(span, budget - span, color=VERMILLION, lw=6, alpha=0.35, solid_capstyle="butt", clip_on=False)
            along = surface.along(budget, SHARES) - home[:, None]
            bands = np.array([mean_interval(column) for column in along[:, ::4].T])
            if not np.isnan(bands[:, 1:]).any():
                right.fill_between(100 * SHARES[::4], bands[:, 1], bands[:, 2], color=colour, alpha=0.15, lw=0)
            right.plot(100 * SHARES, along.mean(axis=0), color=colour)
            right.plot(100 * row["share_of_animation"], along.mean(axis=0)[row["share_of_animation"] == SHARES], "o",
                       color=VERMILLION, clip_on=False, zorder=5)  # fmt: skip
            right.annotate(f"{budget:.0f} kEUR\na year", (1.04, along[:, -1].mean()), xycoords=("axes fraction", "data"),
                           color=colour, fontsize=7.5, va="center", annotation_clip=False)  # fmt: skip
        x = best["share_of_animation"] * best["budget_keur"]
        left.plot(x, best["budget_keur"] - x, color=VERMILLION, marker="o", lw=2.2, clip_on=False, zorder=5)
        left.set_xlim(0, top)
        left.set_ylim(0, top)
        left.set_aspect("equal")
        left.set_title("alliances by money for each")
        right.set_title("along each budget (dot: best split)")
        right.axhline(0.0, color="0.3", lw=0.8)
        right.set_xlim(0, 100)
    return drawn


def interaction_figure(found: pd.DataFrame) -> Any:
    """Interaction on the log scale at every pair of doses."""
    note = (
        "Deployed alliances with both professions, over what the product of the effects of each alone would give: 0 "
        f"multiplies, above 0 more, below less. Grey and hollow: the interval holds zero. Paired by replicate. {SYNTHETIC}"
    )
    drawn = study_figure("Do animation and accompaniment reinforce each other?", note, 3.2)
    with house_style():
        amounts = sorted(found["animation"].unique())
        axes = np.atleast_1d(drawn.subplots(1, max(1, len(amounts)), sharey=True))
        for ax, amount in zip(axes, amounts, strict=False):
            here = found[found["animation"] == amount].reset_index(drop=True)
            for x, row in enumerate(here.to_dict("records")):
                values = [100 * float(np.expm1(row[name])) for name in ("interaction", "low", "high")]
                dot(ax, x, values[0], values[1], values[2], BLUE, across=False)
            ax.axhline(0.0, color="0.3", lw=0.8)
            ax.set_xticks(range(len(here)), [f"{one:g}" for one in here["accompaniment"]])
            ax.set_xlim(-0.6, len(here) - 0.4)
            ax.set_title(f"{amount:g} gatherings a year", fontsize=8.5)
            ax.grid(axis="x", visible=False)
        axes[0].set_ylabel("% above the product")
        drawn.align_labels()
        axes[len(axes) // 2].set_xlabel(
            "organisations, and new alliances, accompanied a year", x=0.0 if len(axes) > 1 else 0.5
        )
    return drawn


def sentences(found: pd.DataFrame, best: pd.DataFrame, price: Mapping[str, float]) -> list[str]:
    """Findings in words, from the numbers."""
    words = [f"**Interaction on deployed alliances, on the log scale:** {_verdict(found)}."]
    for row in found[(found["animation"] == SOURCE_DOSES[0]) & (found["accompaniment"] == SOURCE_DOSES[1])].to_dict(
        "records"
    ):
        if row["n"] < 2:
            continue
        clear = row["extra_low"] > 0 or row["extra_high"] < 0
        sense = "more together than apart" if row["extra"] > 0 else "less together than apart"
        words.append(
            f"At {SOURCE_DOSES[0]:g} gatherings and {SOURCE_DOSES[1]:g} accompaniments a year both give "
            f"{np.exp(row['interaction']):.3f} times what the product of their effects would (interval "
            f"{np.exp(row['low']):.3f} to {np.exp(row['high']):.3f}). Counted in alliances: both add "
            f"{number(row['together'])}, each alone {number(row['apart'])} in sum; the difference, {row['extra']:+.1f} "
            f"(interval {row['extra_low']:+.1f} to {row['extra_high']:+.1f}), is {sense if clear else 'not clear of zero'}."
        )
    main = best[best["outcome"] == OUTCOMES[DEPLOYED]] if len(best) else best
    for row in main.to_dict("records"):
        text = (
            f"With {number(row['budget_keur'])} kEUR a year, the split with most deployed alliances gives "
            f"{100 * row['share_of_animation']:.0f} % to animation (interval {100 * row['low']:.0f} to "
            f"{100 * row['high']:.0f} %)"
        )
        if row["share_of_animation"] == 0.5:
            words.append(f"{text}: an even split.")
        elif row["over_even_low"] > 0:
            words.append(
                f"{text}: {number(row['over_even'])} alliances more than an even split ({number(row['over_even_low'])} to "
                f"{number(row['over_even_high'])})."
            )
        else:
            words.append(f"{text}; no clear difference from an even split.")
    words += _for_other_ends(best)
    if price["low"] > 0 and np.isfinite(price["ratio"]):
        words.append(
            f"A euro of animation alone adds {number(price['ratio'])} times the deployed alliances of a euro of "
            f"accompaniment alone (interval {number(price['low'])} to {number(price['high'])}). Prices are assumptions: "
            f"the two would be level if accompaniment cost {1 / price['ratio']:.2f} times what it does here."
        )
    return words


def _for_other_ends(best: pd.DataFrame) -> list[str]:
    """Whether the best split of the largest budget is another one when something else is wanted."""
    if not len(best):
        return []
    largest = best["budget_keur"].max()
    here = best[best["budget_keur"] == largest]
    rest = here[here["outcome"] != OUTCOMES[DEPLOYED]]
    home = here[here["outcome"] == OUTCOMES[DEPLOYED]]
    if not len(rest) or not len(home):
        return []
    low, high = home.iloc[0][["low", "high"]]
    other = rest[(rest["low"] > high) | (rest["high"] < low)]
    head = (
        "The best split depends on what is wanted"
        if len(other)
        else "Other outcomes do not clearly ask for another split"
    )
    told = "; ".join(
        f"{row['outcome']}, {100 * row['share_of_animation']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)"
        for row in rest.to_dict("records")
    )
    return [f"{head}. Share of animation with {number(largest)} kEUR: {told}."]


def _verdict(found: pd.DataFrame) -> str:
    """What the intervals of all pairs of doses say together."""
    up, down, pairs = int((found["low"] > 0).sum()), int((found["high"] < 0).sum()), len(found)
    if not up and not down:
        return f"no clear interaction at any of {pairs} pairs of doses"
    words = []
    if up:
        words.append(f"they multiply more together than apart at {up} of {pairs} pairs of doses")
    if down:
        words.append(f"together they give less than the product of each alone at {down} of {pairs} pairs of doses")
    clear = found[(found["low"] > 0) | (found["high"] < 0)]
    sizes = 100 * np.expm1(clear["interaction"])
    unclear = pairs - up - down
    size = f"by {sizes.min():+.1f} to {sizes.max():+.1f} %" if len(clear) > 1 else f"by {sizes.iloc[0]:+.1f} %"
    tail = f"; no clear interaction at the other {unclear}" if unclear else ""
    luck = f" (of {pairs} intervals, about {0.05 * pairs:.1f} would be clear by luck alone)"
    return f"{' and '.join(words)}, {size}{tail}{luck}"


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["two_professions"]
    table = doses(result)
    means, found = grid(table), interaction(table)
    best = pd.concat([one for one in (splits(table, name) for name in OUTCOMES) if len(one)] or [splits(table)])
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"means": means, "interaction": found, "best_split": best}
    main = best[best["outcome"] == OUTCOMES[DEPLOYED]]
    page.figures = {"two_professions": figure(table, means, main), "interaction": interaction_figure(found)}
    highest = means[["animation", "accompaniment"]].max()
    levels = means[["animation", "accompaniment"]].nunique()
    page.add(
        "Design",
        f"{levels['animation']} doses of animation (gatherings at tables, 0 to {highest['animation']:g} a year) × "
        f"{levels['accompaniment']} of accompaniment (organisations and new alliances, 0 to "
        f"{highest['accompaniment']:g} of each a year) on an urban territory of "
        f"{number(result.runs['inhabitants'].mean())} inhabitants; {result.manifest['replicates_done']} replicates that "
        f"share their draws; {result.scenario().months} months. Money is what was spent, with person-days at {DAY_KEUR} "
        "kEUR. Between doses the outcome is read on straight lines.",
    )
    page.add(
        "What comes out",
        "\n\n".join(
            [
                "![The two professions](figure:two_professions)",
                "![Interaction](figure:interaction)",
                *sentences(found, best, price_ratio(table)),
            ]
        ),
    )
    page.add(
        "What it does not say",
        "Most alliances of such a territory form without either profession, and the log scale is of all of them: a small "
        "interaction there can be a large one of what the two add, which is why both are told.\n\n"
        "Accompaniment of alliances goes to those of the address book: without animation it is thinner, so part of any "
        "interaction is entailed by that rule. A count of alliances favours what makes meetings; accompaniment also works "
        "on failures, length and fairness, hence the other outcomes. Effects and prices of levers are assumptions, and "
        "the best split moves with them. One type of territory, one level of means, parameters at their defaults.",
    )
    return page


STUDY = Study("two_professions", ("two_professions",), write)
