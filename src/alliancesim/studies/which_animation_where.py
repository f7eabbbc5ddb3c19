"""Each lever at equal cost, on each type of territory: what it adds, how sure its rank is, what it costs, whom it serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.plots.style import GREY, SERIES, SPHERE_LOOK, house_style
from alliancesim.studies.figures import NAMES, SYNTHETIC, dot, listed, mean_interval, number, study_figure
from alliancesim.studies.page import Page, Study

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

TARGET_KEUR = 100.0
"""What each lever is dosed to cost a year."""
NEAR = 0.05
"""A lever that costs within this share of the target counts as costing the target."""
LEVERS = {
    "equal_events": "events",
    "equal_matchmaking": "matchmaking",
    "equal_diagnosis": "co-produced diagnosis",
    "equal_forums": "forums",
    "equal_accompaniment": "accompaniment",
    "equal_mediators": "local mediator",
    "equal_fund": "flexible fund",
}
NOTHING = "no animation"
SHOWN = {
    "lasting_alliances": ("lasting alliances", "per 1,000 organisations", 1000.0),
    "engaged_share": ("engaged organisations", "percentage points", 100.0),
    "need_met": ("needs met", "percentage points", 100.0),
}
"""Outcomes: words, unit of what is shown, and what a run's number (alliances per organisation, shares) is multiplied by."""
SPHERES = {"association": "associations", "firm": "firms", "collectivity": "collectivities"}
OTHERS = (*(f"engaged_share_{sphere}" for sphere in SPHERES), "equity_ratio")


def prepared(runs: pd.DataFrame, outside: Mapping[str, float], years: float) -> pd.DataFrame:
    """Runs with lasting alliances for each organisation, and with all that their levers cost.

    Parameters
    ----------
    runs : DataFrame
    outside : dict
        By animation, money a year that a fund brings from outside (kEUR): no lever's price holds it.
    years : float

    Returns
    -------
    DataFrame
        With ``count`` (lasting alliances), ``lasting_alliances`` (per organisation) and ``cost_keur`` (money, days at
        ``DAY_KEUR`` and money from outside, over the run); ``spend_fund_keur`` holds the money from outside.
    """
    from alliancesim.analysis import money_spent

    brought = years * runs["animation"].map(outside).fillna(0.0)
    runs = runs.assign(
        count=runs["lasting_alliances"],
        lasting_alliances=runs["lasting_alliances"] / runs["organisations"],
        spend_fund_keur=runs["spend_fund_keur"] + brought,
    )
    return runs.assign(cost_keur=money_spent(runs, {"day_keur": DAY_KEUR}))


def outside_money(result: ExperimentResult) -> dict[str, float]:
    """By animation, money a year that a fund brings from outside the territory (kEUR)."""
    found = {}
    for animation, points in result.design.groupby("animation", sort=False)["point"]:
        animators = result.scenario(int(points.iloc[0])).animation.animators.values()
        levers = [lever for one in animators for lever in one.levers.values()]
        found[str(animation)] = float(sum(lever.options.get("outside_keur", 0.0) for lever in levers))
    return found


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Paired effect of each lever on each type of territory, against no animation under the same draws.

    Returns
    -------
    DataFrame
        A row a territory and lever: for each outcome the mean change with ``_low`` and ``_high``, the engaged share by sphere
        and the equity ratio likewise.
    """
    rows = []
    for place in NAMES:
        here = runs[runs["territory"] == place].set_index("replicate")
        home = here[here["animation"] == "none"]
        for lever, label in LEVERS.items():
            with_it = here[here["animation"] == lever]
            row: dict[str, Any] = {"territory": place, "lever": label}
            for name in (*SHOWN, *OTHERS):
                row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(with_it[name] - home[name])
            rows.append(row)
    return pd.DataFrame(rows)


def spending(runs: pd.DataFrame, years: float) -> pd.DataFrame:
    """What each lever costs a year, by type of territory (kEUR): money, days, all; and what a fund collects on the spot."""
    used = runs[runs["animation"] != "none"]
    days = used[[name for name in used.columns if name.startswith("days_")]].sum(axis=1)
    table = pd.DataFrame(
        {
            "lever": used["animation"].map(LEVERS),
            "territory": used["territory"],
            "cost_keur": used["cost_keur"] / years,
            "of_which_days_keur": DAY_KEUR * days / years,
            "collected_on_the_spot_keur": used["fund_given_keur"] / years,
        }
    )
    return table.groupby(["lever", "territory"], sort=False, as_index=False).mean()


def order(runs: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """On each type of territory and for each outcome, how sure a lever's rank is and what one misses by choosing it.

    Returns
    -------
    DataFrame
        ``mean``, ``mean_regret`` with ``low``, ``high`` (in the unit that figures show), ``p_best`` (probability that its mean
        is the best), ``share_best`` (share of futures in which it is the best), ``rank_low``, ``rank_high``; best first.
    """
    from alliancesim.analysis import ranking, regret

    frames = []
    for place in NAMES:
        points = design[design["territory"] == place]
        here = runs[runs["territory"] == place]
        words = points.set_index("point")["animation"].map({**LEVERS, "none": NOTHING})
        for name, (_, _, factor) in SHOWN.items():
            found = ranking(here, points, name, reference=int(points["point"].iloc[0]))
            lost = regret(here, points, name).set_index("point")
            frame = pd.DataFrame({"territory": place, "outcome": name, "lever": found["point"].map(words)})
            frame["mean"] = factor * found["mean"]
            for column in ("p_best", "share_best", "rank_low", "rank_high"):
                frame[column] = found[column]
            for column in ("mean_regret", "low", "high"):
                frame[column] = factor * found["point"].map(lost[column])
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def prices(runs: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Price of each extra lasting alliance (kEUR) by lever and type of territory, or why there is none."""
    from alliancesim.analysis import cost_per_outcome

    frames = []
    for place in NAMES:
        points = design[design["territory"] == place]
        home = int(points.loc[points["animation"] == "none", "point"].iloc[0])
        found = cost_per_outcome(
            runs[runs["territory"] == place], points, "count", costs={"day_keur": DAY_KEUR}, reference=home
        )
        words = points.set_index("point")["animation"].map(LEVERS)
        frames.append(found.assign(territory=place, lever=found["point"].map(words)))
    kept = ["territory", "lever", "extra_keur", "extra_outcome", "outcome_low", "outcome_high", "cost", "cost_low",
            "cost_high", "reading"]  # fmt: skip
    return pd.concat(frames, ignore_index=True)[kept]


def price_table(table: pd.DataFrame) -> pd.DataFrame:
    """Prices for reading: levers down, types of territory across."""
    from alliancesim.analysis.costs import LOSS, NO_GAIN

    def said(row: Any) -> str:
        if row.cost == row.cost:
            return f"{number(row.cost)} ({number(row.cost_low)} to {number(row.cost_high)})"
        return {LOSS: "a clear loss", NO_GAIN: "no clear gain"}.get(row.reading, "too little to say")

    rows = {label: {"kEUR per extra lasting alliance": label} for label in LEVERS.values()}
    for row in table.itertuples():
        rows[row.lever][NAMES[row.territory]] = said(row)
    return pd.DataFrame(list(rows.values()))


def figure(table: pd.DataFrame) -> Any:
    """Effect of each lever by territory: dots with intervals, a row an outcome on one scale."""
    note = f"Change against no animation under the same draws. Grey and hollow: the interval holds zero. {SYNTHETIC}"
    drawn = study_figure("What 100 kEUR a year add, by lever and type of territory", note, 6.6)
    with house_style():
        axes = drawn.subplots(len(SHOWN), len(NAMES), sharex="row", sharey=True)
        for down, (name, (title, unit, factor)) in enumerate(SHOWN.items()):
            for across, (place, word) in enumerate(NAMES.items()):
                ax = axes[down, across]
                here = table[table["territory"] == place]
                for y, row in enumerate(here.to_dict("records")):
                    mid, low, high = (row[key] * factor for key in (name, f"{name}_low", f"{name}_high"))
                    dot(ax, mid, y, low, high, SERIES[0][0])
                _levers(ax)
                if down == 0:
                    ax.set_title(word)
            axes[down, 0].set_xlabel(f"{title}, {unit}", loc="left")
    return drawn


def _levers(ax: Any, labels: Sequence[str] = tuple(LEVERS.values())) -> None:
    """Levers down the side, zero marked."""
    ax.axvline(0.0, color="0.3", lw=0.8)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)


def regret_figure(ranked: pd.DataFrame) -> Any:
    """What one misses by choosing a lever, by outcome and territory, in words and in shade; the best named."""
    note = (
        "Mean over futures of what the best choice of the same future would have added. Bold: the best on average; "
        "below it, in how many futures out of ten it is the best. Shades: share of the largest regret of each "
        "outcome. Synthetic territories and organisations."
    )
    drawn = study_figure("Regret: what is missed by choosing this lever", note, 4.5)
    rows = [*LEVERS.values(), NOTHING]
    with house_style():
        axes = drawn.subplots(1, len(SHOWN), sharey=True)
        for ax, (name, (title, unit, _)) in zip(axes, SHOWN.items(), strict=True):
            here = ranked[ranked["outcome"] == name]
            wide = here.pivot(index="lever", columns="territory", values="mean_regret").reindex(
                rows, columns=list(NAMES)
            )
            values = wide.to_numpy(dtype=float)
            top = np.nanmax(values) if np.isfinite(values).any() else 1.0
            shade = np.where(np.isfinite(values), values / top if top > 0 else 0.0, 0.0)
            ax.imshow(shade, cmap="Blues", vmin=0.0, vmax=1.35, aspect="auto")
            first = here[here["mean"].notna()].groupby("territory", sort=False).first()
            for y, lever in enumerate(rows):
                for x, place in enumerate(NAMES):
                    if not np.isfinite(values[y, x]):
                        continue
                    best = place in first.index and first.loc[place, "lever"] == lever
                    text = f"{values[y, x]:.1f}" if top >= 10 else f"{values[y, x]:.2f}"
                    if best:
                        text += f"\n{10 * first.loc[place, 'share_best']:.0f}/10"
                    ax.text(
                        x, y, text, ha="center", va="center", fontsize=7.5, weight="bold" if best else "normal",
                        color="white" if shade[y, x] > 0.85 else "black",
                    )  # fmt: skip
            ax.set_title(f"{title},\n{unit}", fontsize=8.5)
            ax.set_xticks(range(len(NAMES)), [word.replace("-", "-\n") for word in NAMES.values()])
            ax.set_yticks(range(len(rows)), rows)
            ax.grid(visible=False)
            ax.tick_params(length=0)
            for side in ax.spines.values():
                side.set_visible(False)
    return drawn


def whom_figure(table: pd.DataFrame) -> Any:
    """Whom each lever serves: engaged share by sphere, and needs met in deprived cells against all."""
    note = (
        "Change against no animation under the same draws; hollow: the interval holds zero. Equity ratio: need met "
        f"in deprived cells over need met in all. {SYNTHETIC}"
    )
    drawn = study_figure("Whom each lever serves\n", note, 6.2)
    with house_style():
        axes = drawn.subplots(2, len(NAMES), sharex="row", sharey=True, height_ratios=[1.5, 1])
        for across, (place, word) in enumerate(NAMES.items()):
            above, below = axes[:, across]
            for y, row in enumerate(table[table["territory"] == place].to_dict("records")):
                for number_, sphere in enumerate(SPHERES):
                    colour, mark = SPHERE_LOOK[sphere]
                    keys = [f"engaged_share_{sphere}{end}" for end in ("", "_low", "_high")]
                    mid, low, high = (100 * row[key] for key in keys)
                    dot(above, mid, y + 0.24 * (number_ - 1), low, high, colour, mark)
                dot(below, row["equity_ratio"], y, row["equity_ratio_low"], row["equity_ratio_high"], SERIES[0][0])
            above.set_title(word)
            for ax in (above, below):
                _levers(ax)
        axes[0, 0].set_xlabel("engaged share, percentage points", loc="left")
        axes[1, 0].set_xlabel("equity ratio, change", loc="left")
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=SPHERE_LOOK[one][0], marker=SPHERE_LOOK[one][1], ls="", label=word)
            for one, word in SPHERES.items()
        ]
        handles.append(Line2D([], [], color=GREY, marker="o", mfc="white", ls="", label="the interval holds zero"))
        drawn.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, 0.962), ncols=4, handlelength=1.2)
    return drawn


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["which_animation_where"]
    experiment, design = result.experiment, result.design
    years = max(1.0, result.scenario().months / 12)
    runs = prepared(result.runs, outside_money(result), years)
    table, ranked, priced, spent = effects(runs), order(runs, design), prices(runs, design), spending(runs, years)
    page = Page(experiment.heading, experiment.question or "")
    page.tables = {
        "effects": table,
        "order": ranked,
        "regret": regrets(ranked),
        "price": price_table(priced),
        "prices": priced,
        "spending": spent,
    }
    page.figures = {"effects": figure(table), "regret": regret_figure(ranked), "whom": whom_figure(table)}
    page.add(
        "Design",
        f"Seven levers and none, on four types of territory, {result.manifest['replicates_done']} replicates that "
        f"share their draws, {years:.0f} years after {result.scenario().burn_in} months of "
        f"burn-in.\n\n{spending_sentences(spent)}",
    )
    found = ["![Effects by lever and territory](figure:effects)", *sentences(table), crowding(runs)]
    page.add("What comes out", "\n\n".join(found))
    sure = ["![Regret by lever, outcome and territory](figure:regret)", *order_sentences(ranked), "table:regret"]
    page.add("How sure the order is", "\n\n".join([*sure, REGRET_WORDS]))
    page.add("What a lasting alliance costs", "\n\n".join([price_sentence(priced), "table:price", PRICE_WORDS]))
    page.add("For whom", "\n\n".join(["![Whom each lever serves](figure:whom)", *whom_sentences(table)]))
    page.add("What it does not say", LIMITS)
    return page


REGRET_WORDS = (
    "The table takes the outcomes together: 0 is the best mean of these choices, 1 the worst, and `worst` is the "
    "largest of the row. It depends on which choices are compared."
)
PRICE_WORDS = (
    "Extra money over extra lasting alliances (mean over mean, 95 % interval). Where the gain is not clear a ratio "
    "would be false comfort, and none is given. Alliances are counted alike, large or small."
)
LIMITS = (
    "Doses were chosen by cost, not by what a territory could use: a lever may be saturated at this dose, or too "
    "thin. Costs and effects of levers are priors, types of territory rest on assumptions, and no real place is "
    "among them. Intervals hold what luck does; they hold nothing of what we do not know about the levers. The same "
    "money is thinner on a larger territory. The order of levers has to be looked at again over the priors before "
    "anybody acts on it."
)


def spending_sentences(spent: pd.DataFrame) -> str:
    """What was really spent on each lever, in words."""
    text = (
        f"Each lever is dosed to cost {TARGET_KEUR:.0f} kEUR a year, person-days at {DAY_KEUR} kEUR and the money "
        "that a fund brings from outside included. Prices of levers are priors, the price of a day is an assumption. "
    )
    mean = spent.groupby("lever", sort=False)["cost_keur"].mean().dropna()
    if mean.empty:
        return text + "Nothing was spent."
    off = mean[(mean - TARGET_KEUR).abs() > NEAR * TARGET_KEUR]
    near = mean.drop(off.index)
    if len(near):
        text += f"What was really spent lies between {number(near.min())} and {number(near.max())} kEUR a year"
        text += f" for {listed(list(near.index))}. " if len(off) else " for all of them. "
    for lever, value in off.items():
        text += f"Not at equal cost: {lever} costs {number(value)} kEUR a year; compare it with that in mind. "
    by_place = spent[spent["lever"].isin(near.index)]
    wide = by_place[(by_place["cost_keur"] - TARGET_KEUR).abs() > NEAR * TARGET_KEUR]
    if len(wide):
        text += (
            "By type of territory it is further off for "
            + listed([f"{row.lever} ({NAMES[row.territory]}: {number(row.cost_keur)})" for row in wide.itertuples()])
            + ". "
        )
    fund = spent.loc[spent["collected_on_the_spot_keur"] > 0, "collected_on_the_spot_keur"]
    if len(fund):
        text += (
            f"The fund also collects between {number(fund.min())} and {number(fund.max())} kEUR a year from "
            "organisations of the territory itself. That money changes hands and is not counted as cost, but givers "
            "have it no more: at equal cost for who animates, the fund moves more."
        )
    return text.strip()


def sentences(table: pd.DataFrame) -> list[str]:
    """What each lever does to lasting alliances, in words, from the numbers."""
    words = []
    for place, name in NAMES.items():
        here = table[table["territory"] == place]
        known = here[here["lasting_alliances_low"].notna()]
        up = known[known["lasting_alliances_low"] > 0].sort_values("lasting_alliances", ascending=False, kind="stable")
        down = known[known["lasting_alliances_high"] < 0].sort_values("lasting_alliances", kind="stable")
        flat = [row for row in here["lever"] if row not in set(up["lever"]) | set(down["lever"])]
        text = f"**{name[0].upper()}{name[1:]}.** "
        if len(up):
            text += f"Lasting alliances per 1,000 organisations rise with {listed(_changes(up))}. "
        if len(down):
            text += f"{'They' if len(up) else 'Lasting alliances per 1,000 organisations'} fall with {listed(_changes(down))}. "
        text += f"No clear difference: {listed(flat)}." if flat else "Every lever makes a clear difference."
        words.append(text)
    return words


def _changes(rows: pd.DataFrame) -> list[str]:
    return [
        f"{row.lever} ({1000 * row.lasting_alliances:+.3g}, interval {number(1000 * row.lasting_alliances_low)} to "
        f"{number(1000 * row.lasting_alliances_high)})"
        for row in rows.itertuples()
    ]


def firsts(ranked: pd.DataFrame) -> pd.DataFrame:
    """The best lever of each outcome and territory, with how sure that is; rows without numbers are left out."""
    known = ranked[ranked["mean"].notna()]
    return known.groupby(["outcome", "territory"], sort=False, as_index=False).first()


def order_sentences(ranked: pd.DataFrame) -> list[str]:
    """Which lever comes first by which outcome, and how sure that is, in words."""
    words, winners = [], {}
    found = firsts(ranked)
    for name, (title, _, _) in SHOWN.items():
        here = found[found["outcome"] == name]
        if here.empty:
            continue
        sure = here[here["p_best"] >= 0.95]
        open_ = here[~(here["p_best"] >= 0.95)]
        parts = []
        for lever, rows in sure.groupby("lever", sort=False):
            places = listed([NAMES[one] for one in rows["territory"]])
            least, most = 10 * rows["share_best"].min(), 10 * rows["share_best"].max()
            times = f"{least:.0f}" if round(least) == round(most) else f"{least:.0f} to {most:.0f}"
            parts.append(f"first on {places}: {lever} (in {times} futures out of 10)")
        for row in open_.itertuples():
            chance = "" if row.p_best != row.p_best else f" (probability {row.p_best:.2f})"
            parts.append(f"not settled on {NAMES[row.territory]}: {row.lever} by its mean{chance}")
        words.append(f"**By {title}**: {'; '.join(parts)}.")
        winners[name] = set(sure["lever"]) if len(sure) == len(NAMES) else {None}
    sets = list(winners.values())
    if len(sets) == len(SHOWN) and all(None not in one for one in sets):
        if all(len(one) == 1 and one == sets[0] for one in sets):
            words.append("The three outcomes agree on the first lever, on every type of territory.")
        else:
            words.append("The outcomes do not agree on the first lever: which one is best depends on what is counted.")
    return words


def regrets(ranked: pd.DataFrame) -> pd.DataFrame:
    """Outcomes taken together: for each lever how far its means are from the best, as a share of the range, over territories."""
    means = ranked.copy()
    groups = means.groupby(["outcome", "territory"], sort=False)["mean"]
    top, width = groups.transform("max"), groups.transform("max") - groups.transform("min")
    means["share"] = np.where(width > 0, (top - means["mean"]) / width.where(width > 0, 1.0), 0.0 * means["mean"])
    wide = means.pivot_table(index="lever", columns="outcome", values="share", aggfunc="mean", dropna=False, sort=False)
    wide = wide.reindex(index=[*LEVERS.values(), NOTHING], columns=list(SHOWN))
    largest = means.groupby("lever")["share"].max().reindex(wide.index)
    wide = wide.rename(columns={name: f"{title} (mean over types)" for name, (title, _, _) in SHOWN.items()})
    wide["worst"] = largest
    return (
        wide.sort_values("worst", kind="stable").rename_axis("lever").reset_index().rename_axis(None, axis=1).round(3)
    )


def price_sentence(priced: pd.DataFrame) -> str:
    """Where a lasting alliance costs least, in words."""
    known = priced[priced["cost"].notna()]
    if known.empty:
        return "No lever brings clearly more lasting alliances: none has a price."
    parts = []
    for place, name in NAMES.items():
        here = known[known["territory"] == place].sort_values("cost", kind="stable")
        if here.empty:
            parts.append(f"{name} with none, for no gain is clear")
            continue
        first = here.iloc[0]
        span = f"{number(first['cost_low'])} to {number(first['cost_high'])}"
        text = f"{name} with {first['lever']}, {number(first['cost'])} kEUR ({span})"
        if len(here) > 1:
            text += f", against {number(here['cost'].iloc[1])} kEUR for the next, {here['lever'].iloc[1]}"
        parts.append(text)
    return f"The cheapest extra lasting alliance, by type of territory: {'; '.join(parts)}."


def whom_sentences(table: pd.DataFrame) -> list[str]:
    """Whom levers serve, in words: by sphere, then between deprived and other cells."""
    words = []
    for sphere, many in SPHERES.items():
        key = f"engaged_share_{sphere}"
        most: dict[str, list[str]] = {}
        for place, name in NAMES.items():
            here = table[(table["territory"] == place) & (table[f"{key}_low"] > 0)]
            if len(here):
                row = here.sort_values(key, ascending=False, kind="stable").iloc[0]
                most.setdefault(row["lever"], []).append(f"{name} ({100 * row[key]:+.2g} points)")
        parts = [f"{lever} on {listed(places)}" for lever, places in most.items()]
        fall = table[table[f"{key}_high"] < 0]
        text = f"No lever clearly raises the engaged share of {many}"
        if parts:
            text = f"The engaged share of {many} rises most with {'; with '.join(parts)}"
        if len(fall):
            text += f"; it falls with {listed([f'{row.lever} ({NAMES[row.territory]})' for row in fall.itertuples()])}"
        words.append(f"**{many[0].upper()}{many[1:]}.** {text}.")
    known = table[table["equity_ratio"].notna()]
    if known.empty:
        return [*words, "**Deprived cells.** No needs were met where deprived cells could be told from others."]
    fixed = [
        place for place, here in known.groupby("territory", sort=False) if (here["equity_ratio"].abs() < 1e-9).all()
    ]
    known = known[~known["territory"].isin(fixed)]
    more = [f"{row.lever} ({NAMES[row.territory]})" for row in known[known["equity_ratio_low"] > 0].itertuples()]
    less = [f"{row.lever} ({NAMES[row.territory]})" for row in known[known["equity_ratio_high"] < 0].itertuples()]
    text = "**Deprived cells.** "
    if more:
        text += f"Needs are met more evenly between deprived and other cells with {listed(more)}. "
    if less:
        text += f"They are met less evenly with {listed(less)}. "
    if not more and not less:
        text += "No lever makes a clear difference to how evenly needs are met between deprived and other cells. "
    elif len(known) > len(more) + len(less):
        text += (
            f"Elsewhere there is no clear difference. Of {len(known)} intervals at 95\u00a0%, {number(0.05 * len(known))} would "
            "miss zero by luck alone. "
        )
    if fixed:
        text += (
            f"On {listed([NAMES[str(one)] for one in fixed])} the ratio is the same with every lever and with none: "
            "relief is spread over all cells of an alliance's perimeter, and where one perimeter holds the whole "
            "place no lever can turn it to deprived cells."
        )
    return [*words, text.strip()]


def crowding(runs: pd.DataFrame) -> str:
    """What forums take from encounters: members in their alliances, alliances that are missing."""
    names = ["alliances_from_forum", "alliances_from_encounter", "engaged_share", "lasting_alliances"]
    indexed = runs.set_index(["territory", "replicate"])
    home, with_it = (indexed[indexed["animation"] == name] for name in ("none", "equal_forums"))
    change = (with_it[names] - home[names]).mean()
    launched = with_it["forums_launched"].mean()
    members = with_it["forum_aboard"].mean() / launched if launched > 0 else float("nan")
    engages, fewer = change["engaged_share"] > 0, change["lasting_alliances"] < 0
    heading = "Forums and encounters."
    if engages and fewer:
        heading = "Forums engage more organisations in fewer alliances."
    text = (
        f"**{heading}** At the end there are {number(change['alliances_from_forum'])} more alliances from forums than "
        f"without animation, of {number(members)} members each at launch, and "
        f"{number(abs(change['alliances_from_encounter']))} "
        f"{'fewer' if change['alliances_from_encounter'] < 0 else 'more'} from encounters (means over all types); the "
        f"engaged share changes by {100 * change['engaged_share']:+.2f} points."
    )
    if engages and fewer:
        text += (
            " Most organisations can carry one alliance only: who sits in a large one founds no small one, and value "
            "grows less than the size of a project (γ below 1), so that many pairs relieve more need than one large "
            "alliance. Both are assumptions of the model; the order of levers turns with them."
        )
    return text


STUDY = Study("which_animation_where", ("which_animation_where",), write)
