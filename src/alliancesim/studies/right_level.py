"""The right level: forums convened at a commune, a zone, an EPCI, a department or a region, one domain of need at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.catalogue import EXTENTS
from alliancesim.plots.style import BLUE, house_style
from alliancesim.studies.figures import dot, listed, mean_interval, study_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.wording import side, spread, told

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

DAY_KEUR = 0.26
"""A person-day (assumption: a post of 55 kEUR a year)."""
LEVEL = "animation.animators.animator.convening_level"
DOSE = "animation.animators.animator.levers.forum.per_year"
DOMAIN, LOSS = "territory.domains", "rules.extent_loss"
LEVELS = ("commune", "zone", "epci", "department", "region")
SAID = {"commune": "commune", "zone": "zone", "epci": "EPCI", "department": "department", "region": "region"}
OUTCOMES = {
    "own_value": ("value created by the\nforums' own alliances", "per 100 kEUR", 2),
    "lasting_alliances": ("lasting alliances, against\nno forums", "per 100 kEUR", 2),
    "value_created": ("value created, against\nno forums", "per 100 kEUR", 2),
    "need_met": ("needs met, against\nno forums", "points per MEUR", 3),
}
"""Outcomes: words, unit, decimals."""
MAIN = "own_value"
SURE = 0.95
"""Share of resamples in which a level is best from which it is called clearly the best."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def prepared(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with short names of the factors and what the forums cost (kEUR, days included)."""
    from alliancesim.analysis import money_spent

    found = runs.rename(columns={LEVEL: "level", DOSE: "dose", LOSS: "loss"})
    domains = [_word(value) for value in runs[DOMAIN]]
    return found.assign(domain=domains, cost_keur=money_spent(found, {"day_keur": DAY_KEUR}))


def _word(value: Any) -> str:
    """A domain as a word; a design keeps a list as text or as a list."""
    if isinstance(value, str):
        return value.strip("[]'\" ")
    return str(next(iter(value)))


def per_money(runs: pd.DataFrame) -> pd.DataFrame:
    """What each run with forums gives for its money, against the same draws without.

    Parameters
    ----------
    runs : DataFrame
        From :func:`prepared`.

    Returns
    -------
    DataFrame
        ``loss``, ``domain``, ``level``, ``replicate``, the outcomes of ``OUTCOMES``, and as they are: ``launched`` (share of
        forums), ``members``, ``depth`` and ``value`` of the forums' alliances, ``cost_keur``.
    """
    tables = []
    for (loss, domain), here in runs.groupby(["loss", "domain"], sort=False):
        without = here[here["dose"] == 0].set_index("replicate")
        for level in LEVELS:
            with_it = here[(here["dose"] > 0) & (here["level"] == level)].set_index("replicate")
            if with_it.empty or without.empty:
                continue
            hundred = with_it["cost_keur"].where(with_it["cost_keur"] > 0) / 100.0
            change = {
                name: with_it[name] - without[name] for name in ("lasting_alliances", "value_created", "need_met")
            }
            table = pd.DataFrame(
                {
                    "loss": loss, "domain": domain, "level": level,
                    "own_value": with_it["forum_value_created"] / hundred,
                    "lasting_alliances": change["lasting_alliances"] / hundred,
                    "value_created": change["value_created"] / hundred,
                    "need_met": 100.0 * change["need_met"] / (hundred / 10.0),
                    "launched": with_it["animator_forums_launched"] / with_it["animator_forums"],
                    "members": with_it["forum_members"], "depth": with_it["forum_depth"], "value": with_it["forum_value"],
                    "cost_keur": with_it["cost_keur"],
                }
            )  # fmt: skip
            tables.append(table.reset_index())
    return pd.concat(tables, ignore_index=True)


def levels(table: pd.DataFrame) -> pd.DataFrame:
    """Means with intervals by domain and level.

    Parameters
    ----------
    table : DataFrame
        From :func:`per_money`.
    """
    rows = []
    for (loss, domain, level), here in table.groupby(["loss", "domain", "level"], sort=False):
        row: dict[str, Any] = {
            "loss": loss,
            "domain": domain,
            "level": level,
            "extent": EXTENTS.get(str(domain), "epci"),
        }
        for name in OUTCOMES:
            row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(here[name])
        for name in ("launched", "members", "depth", "value", "cost_keur"):
            row[name] = here[name].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def best(table: pd.DataFrame, resamples: int = 2000) -> pd.DataFrame:
    """The best level of each domain by each outcome, and how sure that is: replicates are drawn again.

    Returns
    -------
    DataFrame
        ``loss``, ``domain``, ``extent``, ``outcome``, ``best``, ``p_best`` (share of resamples in which it is the best),
        ``second``, ``lead`` over the second with ``lead_low``, ``lead_high``, paired.
    """
    from alliancesim.analysis import indices

    rows = []
    for (loss, domain), here in table.groupby(["loss", "domain"], sort=False):
        for name in OUTCOMES:
            wide = here.pivot(index="replicate", columns="level", values=name).dropna(axis=1, how="all").dropna()
            if wide.shape[0] < 1 or wide.shape[1] < 2:
                continue
            order = wide.mean().sort_values(ascending=False, kind="stable").index
            first, second = str(order[0]), str(order[1])
            drawn = wide.to_numpy()[indices(len(wide), resamples)].mean(axis=1)
            top = drawn == drawn.max(axis=1, keepdims=True)
            won = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)  # levels that tie share what they win
            share = float(won[list(wide.columns).index(first)]) if len(wide) > 1 else np.nan
            lead, low, high = mean_interval(wide[first] - wide[second])
            rows.append(
                {
                    "loss": loss, "domain": domain, "extent": EXTENTS.get(str(domain), "epci"), "outcome": name,
                    "best": first, "p_best": share,
                    "second": second, "lead": lead, "lead_low": low,
                    "lead_high": high,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


# -- figure -----------------------------------------------------------------------------------------------------------


def figure(found: pd.DataFrame) -> Any:
    """What 100 kEUR give by level: columns domains (and one without extents), rows outcomes; the natural extent shaded."""
    note = (
        "Filled: the interval excludes zero; hollow and grey: it does not. Shaded: the level at which the domain "
        "is best worked on by assumption (its natural extent). Right: without any loss for another level. "
        "Intervals are 95 %, over replicates. Synthetic organisations on real communes of Corsica."
    )
    drawn = study_figure("What forums give for their money, by level of convening", note, 1.9 + 1.65 * len(OUTCOMES))
    columns = list(dict.fromkeys(zip(found["loss"], found["domain"], strict=True)))
    columns.sort(key=lambda one: one[0] == 0)
    with house_style():
        axes = drawn.subplots(len(OUTCOMES), max(1, len(columns)), sharex=True, sharey="row", squeeze=False)
        for down, (name, (words, unit, _)) in enumerate(OUTCOMES.items()):
            for across, (loss, domain) in enumerate(columns):
                ax = axes[down, across]
                here = found[(found["loss"] == loss) & (found["domain"] == domain)]
                for row in here.to_dict("records"):
                    x = LEVELS.index(row["level"])
                    dot(ax, x, row[name], row[f"{name}_low"], row[f"{name}_high"], BLUE, across=False)
                    if loss > 0 and row["level"] == row["extent"]:
                        ax.axvspan(x - 0.45, x + 0.45, color="0.9", zorder=0, lw=0)
                ax.axhline(0.0, color="0.3", lw=0.8)
                ax.set_xticks(range(len(LEVELS)), list(SAID.values()), rotation=90)
                ax.set_xlim(-0.6, len(LEVELS) - 0.4)
                ax.grid(axis="x", visible=False)
                if down == 0:
                    ax.set_title(str(domain) if loss > 0 else "no extents", fontsize=8.5)
            axes[down, 0].set_ylabel(f"{words},\n{unit}", fontsize=7.5)
        drawn.align_ylabels()
    return drawn


# -- words ------------------------------------------------------------------------------------------------------------


def sentences(found: pd.DataFrame, picked: pd.DataFrame) -> list[str]:
    """Findings in words.

    Parameters
    ----------
    found : DataFrame
        From :func:`levels`.
    picked : DataFrame
        From :func:`best`.
    """
    words = []
    for name, (title, unit, digits) in OUTCOMES.items():
        here = picked[(picked["outcome"] == name) & (picked["loss"] > 0)]
        if here.empty:
            continue
        sure = here[here["p_best"] >= SURE]
        parts = [
            f"{row['domain']} the {SAID[row['best']]} (in {_chance(row['p_best'])} of resamples)"
            for row in here.to_dict("records")
        ]
        beside = (here["best"] == "zone") & (here["extent"] == "epci")
        at_home = int(((here["best"] == here["extent"]) | beside).sum())
        said = (
            f"**{_plain(title)}** ({unit}): the best level on average is for {listed(parts)}. It is on the rung of the domain's "
            f"natural extent in {at_home} of {len(here)} domains; a level is clearly the best ({100 * SURE:.0f} % or more) in "
            f"{len(sure)}."
        )
        said += _against_nothing(found, name)
        words.append(said + _without(found, picked, name, digits))
    words += [_crowding(found), _of_extents(picked)]
    return [one for one in words if one]


def _against_nothing(found: pd.DataFrame, name: str) -> str:
    """At how many levels and domains forums give clearly more or less than none, where that is what is read."""
    if name == MAIN:
        return ""
    rows = found[found["loss"] > 0]
    sides = [side(row[f"{name}_low"], row[f"{name}_high"]) for row in rows.to_dict("records")]
    return (
        f" Against no forums it is clearly more at {sides.count('up')} and clearly less at {sides.count('down')} of {len(sides)} "
        "pairs of domain and level."
    )


def _crowding(found: pd.DataFrame) -> str:
    """Whether forums take the place of more than they give, at how many pairs of domain and level."""
    rows = found[found["loss"] > 0].to_dict("records")
    lost = [row for row in rows if side(row["value_created_low"], row["value_created_high"]) == "down"]
    if not lost:
        return ""
    gave = sum(side(row[f"{MAIN}_low"], row[f"{MAIN}_high"]) == "up" for row in lost)
    return (
        f"**Forums that cost value.** At {len(lost)} of {len(rows)} pairs of domain and level less value is created with the "
        f"forums than without, although at {gave} of them the forums' own alliances create some: who is in a forum's alliance "
        "has less room for others, and what forums launch there takes the place of more than it gives."
    )


def _plain(title: str) -> str:
    return title.replace("\n", " ").capitalize()


def _chance(share: float) -> str:
    return f"{100 * share:.0f} %" if np.isfinite(share) else "an unknown share"


def _without(found: pd.DataFrame, picked: pd.DataFrame, name: str, digits: int) -> str:
    """What is left of the differences where domains have no extent."""
    here = picked[(picked["outcome"] == name) & (picked["loss"] == 0)]
    if here.empty:
        return ""
    row = here.iloc[0]
    rows = found[found["loss"] == 0].set_index("level")
    ends = [
        f"{SAID[level]} {told(one[name], one[f'{name}_low'], one[f'{name}_high'], digits, sign=False)}"
        for level, one in rows.iterrows()
    ]
    inner = row["best"] not in (LEVELS[0], LEVELS[-1])
    clear = side(row["lead_low"], row["lead_high"]) == "up"
    return (
        f" Without extents: {listed(ends)}; the best is the {SAID[row['best']]}, "
        f"{'inside' if inner else 'at the end of'} the ladder, {'clearly' if clear else 'not clearly'} ahead of "
        f"the {SAID[row['second']]}."
    )


def _of_extents(picked: pd.DataFrame) -> str:
    """H21: whether the right level differs by domain, and whether the ladder has an interior optimum."""
    here = picked[(picked["outcome"] == MAIN) & (picked["loss"] > 0)]
    if here.empty:
        return ""
    different = [SAID[one] for one in LEVELS if one in set(here["best"])]
    inner = int((~here["best"].isin([LEVELS[0], LEVELS[-1]])).sum())
    return (
        "**The hypothesis (H21)** expects that the right level differs by domain, with an interior optimum. By "
        f"{_plain(OUTCOMES[MAIN][0]).lower()}, "
        f"{'one level is best for all domains' if len(different) == 1 else f'{len(different)} levels are best for some domain'} "
        f"({listed(different)}), and the best level lies inside the ladder in {inner} of {len(here)} domains."
    )


def details(found: pd.DataFrame) -> str:
    """What the forums themselves do at each level."""
    rows = found[found["loss"] > 0].groupby("level", sort=False)
    parts = [
        f"{SAID[str(level)]} {spread(100 * here['launched'], 0)} %, {spread(here['members'])} members, depth "
        f"{spread(here['depth'])}"
        for level, here in sorted(rows, key=lambda one: LEVELS.index(str(one[0])))
    ]
    return f"Forums that launch, members of what they launch, and its depth, over domains: {'; '.join(parts)}."


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """The table of the page: the forums' own value for 100 kEUR, by domain and level."""
    rows = []
    for (loss, domain), here in found.groupby(["loss", "domain"], sort=False):
        row = {
            "domain": domain if loss > 0 else f"{domain}, no extents",
            "natural extent": SAID[here["extent"].iloc[0]] if loss > 0 else "",
        }
        by_level = here.set_index("level")
        for level in LEVELS:
            if level in by_level.index:
                one = by_level.loc[level]
                row[SAID[level]] = told(one[MAIN], one[f"{MAIN}_low"], one[f"{MAIN}_high"], 2, sign=False)
        rows.append(row)
    return pd.DataFrame(rows).sort_values("domain", key=lambda names: names.str.endswith("no extents"), kind="stable")


LIMITS = (
    "**Entailed.** With extents, an idea loses {loss:.0f} % of its value for each step between the level of "
    "convening and the extent of its domain, and which domain has which extent is an assumption (after who is in "
    "charge of it in France): that a domain does best near its extent is that rule read back. What is not written "
    "in is what stands in the column without extents (a wider ground has more to choose from, means and "
    "capabilities, and costs more to cross), and whether the loss is large enough to matter beside that. A zone "
    "stands on the EPCI's rung, by rule. Forums cost the animator the same at every level (travel and the time of "
    "mayors or prefects are not counted), so differences for the money are differences of effect.\n\n"
    "**Left out.** One domain at a time, so that everybody's salience is on it: what a level does to an agenda of "
    "many domains is not seen. One region, with its own mix of communes. The value of the forums' own alliances is "
    "not net of those that would have formed anyway; what is read against no forums is, and holds all that varies "
    "from run to run besides. The cost of crossing, the loss for another level and the radius of a zone are "
    "assumptions."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["right_level"]
    runs = prepared(result.runs)
    table = per_money(runs)
    found, picked = levels(table), best(table)
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"summary": summary(found), "levels": found, "best": picked}
    page.figures = {"levels": figure(found)}
    first = result.scenario()
    inhabitants = float(result.runs["inhabitants"].iloc[0])
    page.add(
        "Design",
        f"{first.territory.name}, {inhabitants:,.0f} inhabitants; an animator convenes {runs['dose'].max():g} "
        f"forums a year at one level, in one domain of need; by level ({listed([SAID[one] for one in LEVELS])}) "
        f"and domain ({listed(list(dict.fromkeys(runs['domain'])))}), against no forums under the same draws; and "
        f"once without extents. {result.manifest['replicates_done']} replicates that share their draws, "
        f"{first.months} months after {first.burn_in} of burn-in. Money is what was spent, with person-days at "
        f"{DAY_KEUR} kEUR: {spread(found['cost_keur'], 0)} kEUR a run. {len(result.runs)} runs.",
    )
    page.add(
        "What comes out",
        "\n\n".join(
            [
                "![What forums give for their money, by level](figure:levels)",
                *sentences(found, picked),
                details(found),
                "table:summary",
            ]
        ),
    )
    page.add("What it does not say", LIMITS.format(loss=100 * runs["loss"].max()))
    return page


STUDY = Study("right_level", ("right_level",), write)
