"""Each lever at equal cost, on each type of territory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliancesim.plots.style import SERIES, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, dot, listed, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

DAY_KEUR = 0.26
"""A person-day (assumption: a post of 55 kEUR a year)."""
LEVERS = {
    "equal_events": "events",
    "equal_matchmaking": "matchmaking",
    "equal_diagnosis": "co-produced diagnosis",
    "equal_forums": "forums",
    "equal_accompaniment": "accompaniment",
    "equal_mediators": "local mediator",
    "equal_fund": "flexible fund",
}
SHOWN = {
    "lasting_alliances": ("lasting alliances", "for 1,000 organisations", 1000.0),
    "engaged_share": ("engaged organisations", "percentage points", 100.0),
    "need_met": ("needs met", "percentage points", 100.0),
}


def effects(result: ExperimentResult) -> pd.DataFrame:
    """Paired effect of each lever on each type of territory, against no animation under the same draws.

    Lasting alliances are divided by the organisations of the place, so that types of other sizes compare.
    """
    from alliancesim.analysis import interval, money_spent

    runs = result.runs.assign(cost=money_spent(result.runs, {"day_keur": DAY_KEUR}))
    runs["lasting_alliances"] = runs["lasting_alliances"] / runs["organisations"]
    rows = []
    for place in NAMES:
        here = runs[runs["territory"] == place].set_index("replicate")
        home = here[here["animation"] == "none"]
        for lever, label in LEVERS.items():
            with_it = here[here["animation"] == lever]
            row: dict[str, Any] = {
                "territory": place,
                "lever": label,
                "cost_keur_a_year": (with_it["cost"] - home["cost"]).mean(),
            }
            for name in SHOWN:
                change = (with_it[name] - home[name]).dropna()
                found = interval(change.to_numpy())
                row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
            equity = (with_it["equity_ratio"] - home["equity_ratio"]).dropna()
            found = interval(equity.to_numpy())
            rows.append({**row, "equity": found.estimate, "equity_low": found.low, "equity_high": found.high})
    table = pd.DataFrame(rows)
    years = max(1.0, result.scenario().months / 12)
    outside = {LEVERS[name]: _outside(result, name) for name in LEVERS}
    return table.assign(cost_keur_a_year=table["cost_keur_a_year"] / years + table["lever"].map(outside))


def _outside(result: ExperimentResult, animation: str) -> float:
    """Money a year that a fund brings from outside the territory, which no lever's price holds (kEUR)."""
    points = result.design.loc[result.design["animation"] == animation, "point"]
    animators = result.scenario(int(points.iloc[0])).animation.animators.values()
    return float(sum(lever.options.get("outside_keur", 0.0) for one in animators for lever in one.levers.values()))


def best(result: ExperimentResult) -> pd.DataFrame:
    """On each type of territory, how often each lever comes first by lasting alliances, and its mean regret."""
    from alliancesim.analysis import ranking, regret

    frames = []
    for place in NAMES:
        points = result.design[result.design["territory"] == place]
        runs = result.runs[result.runs["territory"] == place]
        found = ranking(runs, points, "lasting_alliances", reference=int(points["point"].iloc[0]))
        lost = regret(runs, points, "lasting_alliances").set_index("point")["mean_regret"]
        names = points.set_index("point")["animation"].map({**LEVERS, "none": "no animation"})
        frames.append(
            pd.DataFrame(
                {
                    "territory": place,
                    "lever": found["point"].map(names),
                    "lasting_alliances": found["mean"],
                    "best_with_probability": found["p_best"],
                    "mean_regret": found["point"].map(lost),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def figure(table: pd.DataFrame) -> Any:
    """Effect of each lever by territory: dots with intervals, common scales down each column."""
    note = f"Change against no animation under the same draws; grey and hollow: the interval holds zero. {SYNTHETIC}"
    drawn = study_figure("What 100 kEUR a year do, by lever and type of territory", note, 7.6)
    with house_style():
        axes = drawn.subplots(len(NAMES), len(SHOWN), sharex="col", sharey=True)
        for down, (place, word) in enumerate(NAMES.items()):
            here = table[table["territory"] == place].reset_index(drop=True)
            for across, (name, (title, unit, factor)) in enumerate(SHOWN.items()):
                ax = axes[down, across]
                for y, row in enumerate(here.to_dict("records")):
                    values = [row[key] * factor for key in (name, f"{name}_low", f"{name}_high")]
                    dot(ax, values[0], y, values[1], values[2], SERIES[0][0])
                ax.axvline(0.0, color="0.3", lw=0.8)
                ax.set_yticks(range(len(here)), here["lever"])
                ax.set_ylim(len(here) - 0.5, -0.5)
                ax.grid(axis="y", visible=False)
                ax.set_title(f"{title}, {word}" if down == 0 else word, fontsize=8.5)
                if down == len(NAMES) - 1:
                    ax.set_xlabel(unit)
    return drawn


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["which_animation_where"]
    experiment = result.experiment
    table, order = effects(result), best(result)
    page = Page(experiment.heading, experiment.question or "")
    years = result.scenario().months / 12
    spent = table.groupby("lever", sort=False)["cost_keur_a_year"].mean()
    page.tables = {"effects": table, "order": order, "cost": spent.reset_index()}
    page.figures = {"effects": figure(table)}
    page.add(
        "Design",
        f"Seven levers and none, on four types of territory, {result.manifest['replicates_done']} replicates that "
        "share their draws, "
        f"{years:.0f} years. Each lever is dosed to cost 100 kEUR a year, person-days at {DAY_KEUR} kEUR included; "
        "what was really "
        f"spent a year lies between {number(spent.min())} and {number(spent.max())} kEUR (with the money that the "
        "fund brings from outside; a mediator costs what "
        "a mediator costs). Prices of levers are assumptions.",
    )
    page.add(
        "What comes out",
        "\n\n".join(["![Effects by lever and territory](figure:effects)", *sentences(table, order), crowding(result)]),
    )
    page.add(
        "What it does not say",
        "Doses were chosen by cost, not by what a territory could use: a lever may be saturated at this dose, or too "
        "thin. Effects of "
        "levers are priors, types of territory rest on assumptions, and no real place is among them. The order of "
        "levers has to be "
        "looked at again over the priors before anybody acts on it.",
    )
    return page


def sentences(table: pd.DataFrame, order: pd.DataFrame) -> list[str]:
    """Findings in words, from the numbers."""
    words = []
    for place, name in NAMES.items():
        here = table[table["territory"] == place]
        up = here[here["lasting_alliances_low"] > 0].sort_values("lasting_alliances", ascending=False, kind="stable")
        down = here[here["lasting_alliances_high"] < 0]
        flat = [row for row in here["lever"] if row not in set(up["lever"]) | set(down["lever"])]
        first = order[order["territory"] == place].iloc[0] if (order["territory"] == place).any() else None
        text = f"**{name[0].upper()}{name[1:]}.** "
        if len(up):
            gains = [
                f"{row.lever} (+{number(1000 * row.lasting_alliances)}, interval "
                f"{number(1000 * row.lasting_alliances_low)} to "
                f"{number(1000 * row.lasting_alliances_high)})"
                for row in up.itertuples()
            ]
            text += f"Lasting alliances for 1,000 organisations rise with {listed(gains)}. "
        if len(down):
            text += f"They fall with {listed(list(down['lever']))}. "
        text += f"No clear difference: {listed(flat)}." if flat else "Every lever makes a clear difference."
        if first is not None and first["best_with_probability"] == first["best_with_probability"]:
            text += (
                f" First is {first['lever']}, with probability {first['best_with_probability']:.2f} over replicates."
            )
        words.append(text)
    fair = table[(table["equity_low"] > 0)]
    unfair = table[(table["equity_high"] < 0)]
    pairs = [f"{row.lever} ({NAMES[row.territory]})" for row in fair.itertuples()]
    worse = [f"{row.lever} ({NAMES[row.territory]})" for row in unfair.itertuples()]
    words.append(
        f"**For whom.** Needs are met more evenly between deprived and other cells with {listed(pairs)}; less evenly "
        "with "
        f"{listed(worse)}; elsewhere no clear difference."
    )
    return words


def crowding(result: ExperimentResult) -> str:
    """What forums take from encounters: members in their alliances, alliances that are missing."""
    names = ["alliances_from_forum", "alliances_from_encounter", "forums_launched", "forum_aboard", "engaged_share"]
    runs = result.runs.set_index(["territory", "replicate"])
    home, with_it = (runs.loc[runs["animation"] == name, names] for name in ("none", "equal_forums"))
    change = (with_it - home).mean()
    launched = with_it["forums_launched"].mean()
    members = with_it["forum_aboard"].mean() / launched if launched > 0 else float("nan")
    return (
        "**Forums engage more organisations in fewer alliances.** At the end there are "
        f"{number(change['alliances_from_forum'])} more "
        f"alliances from forums than without animation, of {number(members)} members each at launch, and "
        f"{number(-change['alliances_from_encounter'])} fewer from encounters (means over all types); the engaged "
        "share changes by "
        f"{100 * change['engaged_share']:+.2f} points. Most organisations can carry one alliance only: who sits in a "
        "large one founds "
        "no small one, and value grows less than the size of a project (γ below 1), so that many pairs relieve more "
        "need than one "
        "large alliance. Both are assumptions of the model; the order of levers turns with them."
    )


STUDY = Study("which_animation_where", ("which_animation_where",), write)
