"""Civil society first: forums whose first meetings associations and firms hold alone, before institutions join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, ORANGE
from alliancesim.studies.figures import SYNTHETIC, listed, mean_interval
from alliancesim.studies.page import Page, Study
from alliancesim.studies.panels import Look, change_panels
from alliancesim.studies.wording import by_side, side, spread, told

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

ALONE = "animation.animators.animator.levers.forum.options.alone"
NEUTRALITY = "animation.animators.animator.neutrality"
SETTINGS = {
    ("urban", "none"): "urban",
    ("rural", "none"): "rural",
    ("urban", "competitive"): "urban, past of\ncompetition",
    ("rural", "competitive"): "rural, past of\ncompetition",
}
"""Territory and past: words."""
OUTCOMES = {
    "launched": ("forums that launch", "points", 100.0, 1),
    "animator_forum_months": ("months to launch", "months", 1.0, 2),
    "civil_alliances": ("alliances without an institution", "per 100 forums", 1.0, 1),
    "forum_association_led": ("led by an association", "points", 100.0, 1),
    "forum_trust_civil": ("trust, association to firm", "of trust, 0 to 1", 1.0, 3),
    "forum_years": ("life of its alliances", "years, of at most five", 1.0, 2),
    "value": ("value of a success", "%", 100.0, 1),
}
"""Outcomes: words, unit of a change, what a run's number is multiplied by, decimals."""
RELATIVE = ("value",)
"""Outcomes whose change is relative (a logarithm of the ratio, near the change in %)."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def prepared(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with the outcomes of the page and short names of the factors."""
    found = runs.rename(columns={ALONE: "alone", NEUTRALITY: "neutrality"})
    with np.errstate(divide="ignore"):
        logs = np.log(found["forum_value"].where(found["forum_value"] > 0))
    civil = found["forum_without_institution"] * found["forum_alliances"]
    return found.assign(
        launched=found["animator_forums_launched"] / found["animator_forums"],
        civil_alliances=100.0 * civil.fillna(0.0) / found["animator_forums"],
        value=logs,
        setting=[SETTINGS[(place, past)] for place, past in zip(found["territory"], found["history"], strict=True)],
    )  # fmt: skip


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Change of each outcome against everybody from the first meeting, paired by replicate.

    Parameters
    ----------
    runs : DataFrame
        From :func:`prepared`.

    Returns
    -------
    DataFrame
        A row a setting, neutrality and number of meetings alone above the lowest; each outcome with ``_low``, ``_high``.
    """
    rows = []
    for setting in SETTINGS.values():
        for neutrality, here in runs[runs["setting"] == setting].groupby("neutrality"):
            tables = {int(level): some.set_index("replicate")[list(OUTCOMES)] for level, some in here.groupby("alone")}
            first = tables[min(tables)]
            for level, table in tables.items():
                if level == min(tables):
                    continue
                row: dict[str, Any] = {"setting": setting, "neutrality": float(neutrality), "alone": level}
                for name, (_, _, scale, _) in OUTCOMES.items():
                    row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(
                        scale * (table[name] - first[name])
                    )
                rows.append(row)
    return pd.DataFrame(rows)


def levels(runs: pd.DataFrame) -> pd.DataFrame:
    """Means at each number of meetings alone, by setting and neutrality (values as they are)."""
    names = {
        "launched": "forums that launch", "animator_forum_months": "months to launch",
        "animator_forum_meetings": "meetings held", "forum_members": "members of an alliance",
        "forum_share_association": "associations among members", "forum_share_firm": "firms among members",
        "forum_share_civil": "associations and firms among members", "forum_without_institution": "alliances without institution",
        "forum_association_led": "led by an association", "forum_depth": "depth", "forum_value": "value of a success",
        "forum_success": "success rate", "forum_trust": "trust, all pairs of members",
        "forum_trust_civil": "trust, association to firm", "forum_years": "years lived, of five",
        "forum_lasting": "lived three years", "impact_trust": "trust of all ties of the place",
    }  # fmt: skip
    means = runs.groupby(["setting", "neutrality", "alone"], sort=False)[list(names)].mean()
    return means.rename(columns=names).reset_index()


# -- figure -----------------------------------------------------------------------------------------------------------

LOOKS: tuple[Look, ...] = (("", BLUE, "-", "o"), ("", ORANGE, "--", "s"))


def figure(table: pd.DataFrame) -> Any:
    """Change against everybody from the first meeting, by meetings alone."""
    note = (
        "Change against the same forums with everybody from the first meeting, under the same draws. Filled: the "
        f"interval excludes zero; hollow: it does not. Lines: neutrality of the animator. {SYNTHETIC}"
    )
    looks = {
        value: (f"neutrality {value:g}", *look[1:])
        for value, look in zip(sorted(table["neutrality"].unique()), LOOKS, strict=False)
    }
    return change_panels(
        "What it changes that civil society meets alone first",
        note,
        table,
        outcomes={name: f"{_broken(words)},\n{_broken(unit)}" for name, (words, unit, _, _) in OUTCOMES.items()},
        column=("setting", {words: words for words in SETTINGS.values()}),
        line=("neutrality", looks),
        x=("alone", "meetings alone"),
        ticks=(0, *sorted(table["alone"].unique())),
        row_height=1.4,
    )


def _broken(words: str) -> str:
    """A label in lines short enough for a low panel."""
    import textwrap

    return "\n".join(textwrap.wrap(words, 19))


# -- words ------------------------------------------------------------------------------------------------------------


def sentences(table: pd.DataFrame) -> list[str]:
    """Findings in words: the most meetings alone against none, over settings and neutralities.

    Parameters
    ----------
    table : DataFrame
        From :func:`effects`.
    """
    full = table[table["alone"] == table["alone"].max()]
    full = full.assign(place=[_place(row) for row in full.to_dict("records")])
    number = int(full["alone"].iloc[0])
    words = []
    for name, (title, unit, _, digits) in OUTCOMES.items():
        words.append(
            f"**{title[0].upper()}{title[1:]}** ({unit}), {number} meetings alone against none: "
            f"{by_side(full, name, 'place', digits)}.{_turns(table, name, digits)}"
        )
    return words


def _place(row: Mapping[str, Any]) -> str:
    setting = str(row["setting"]).replace("\n", " ")
    return f"{setting} (neutrality {row['neutrality']:g})"


def _turns(table: pd.DataFrame, name: str, digits: int) -> str:
    """Where something is clear at another number of meetings and not, or the other way, at the most."""
    last = table["alone"].max()
    inner = table[table["alone"] < last]
    ends = table[table["alone"] == last].set_index(["setting", "neutrality"])
    found = []
    for row in inner.to_dict("records"):
        end = ends.loc[(row["setting"], row["neutrality"])]
        here, there = (side(one[f"{name}_low"], one[f"{name}_high"]) for one in (row, end))
        if {here, there} == {"up", "down"}:
            reach = told(row[name], row[f"{name}_low"], row[f"{name}_high"], digits)
            found.append(f"{_place(row)} with {row['alone']:.0f} ({reach})")
    return f" With fewer meetings alone the sign is the other one on {listed(found)}." if found else ""


def ceiling(means: pd.DataFrame) -> str:
    """How much room there is for more launches."""
    first = means[means["alone"] == means["alone"].min()]
    shares = 100 * first["forums that launch"]
    said = f"With everybody from the start, {spread(shares, 0)} % of these forums launch something"
    return f"{said}: there is little room for more." if shares.min() > 90 else f"{said}."


def hypothesis(table: pd.DataFrame) -> str:
    """H9 against the numbers: more civil-society projects, more trust, longer lives."""
    full = table[table["alone"] == table["alone"].max()]
    parts = []
    for name, words in (
        ("civil_alliances", "more projects of civil society alone"),
        ("forum_trust_civil", "more trust between associations and firms"),
        ("forum_years", "longer lives"),
    ):
        sides = [side(row[f"{name}_low"], row[f"{name}_high"]) for row in full.to_dict("records")]
        parts.append(f"{words} in {sides.count('up')} of {len(sides)} settings (the contrary in {sides.count('down')})")
    number = len(table) * len(OUTCOMES)
    return (
        f"**The hypothesis (H9)** expects all three. By these intervals there are {listed(parts)}. The figure holds {number} "
        f"intervals of 95 %, so that about {0.05 * number:.0f} would exclude zero if nothing had any effect: a single clear one "
        "among unclear neighbours is no finding."
    )


def summary(means: pd.DataFrame) -> pd.DataFrame:
    """The table of the page: none and the most meetings alone."""
    ends = means[means["alone"].isin([means["alone"].min(), means["alone"].max()])]
    shown = ends[
        ["setting", "neutrality", "alone", "forums that launch", "months to launch", "members of an alliance",
         "associations and firms among members", "led by an association", "trust, association to firm", "years lived, of five",
         "value of a success"]
    ]  # fmt: skip
    return shown.assign(setting=shown["setting"].str.replace("\n", " ")).rename(columns={"alone": "meetings alone"})


LIMITS = (
    "**Entailed.** Whoever is not in the room when an idea is agreed is no supporter of it: forums that agree "
    "while civil society is alone found alliances without institutions, which is what the rule says and no "
    "finding; so is that these are smaller and that more of them are led by associations, for there are fewer "
    "others to lead. Only how often that happens is an outcome. Trust is read on pairs of an association and a "
    "firm, because the mean over all pairs would move with who is in. The agenda is that of all who were invited "
    "from the first meeting on, and an idea that those present cannot carry is lost.\n\n"
    "**Left out.** In the source (M41) civil society first comes to know itself: here six meetings are a matter "
    "of six months, nobody gains trust by merely meeting in a forum, and institutions neither resent an agreement "
    "made without them nor pay less for it later. Firms count as civil society, as in the rule. Trust is read at "
    "the end, on alliances that are still alive; how long they live, on those begun five years or more before the "
    "end. Neutrality and the past of competition are assumptions."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    result = results["civil_society_first"]
    runs = prepared(result.runs)
    table, means = effects(runs), levels(runs)
    page = Page(result.experiment.heading, result.experiment.question or "")
    page.tables = {"summary": summary(means), "effects": table, "levels": means}
    page.figures = {"effects": figure(table)}
    first = result.scenario()
    forum = next(iter(first.animation.animators.values())).levers["forum"]
    page.add(
        "Design",
        f"An animator holds {forum.per_year:g} forums a year of at most {forum.options['meetings']} meetings, one "
        f"a month; collectivities join after {listed([str(one) for one in sorted(runs['alone'].unique())])} of "
        f"them. Urban and rural territories of about {first.territory.population:,} inhabitants, with no "
        "particular past and with one of competition (less trust, more prejudice, failures remembered); "
        f"neutrality {listed([f'{one:g}' for one in sorted(runs['neutrality'].unique())])}; "
        f"{result.manifest['replicates_done']} replicates that share their draws, {first.months} months after "
        f"{first.burn_in} of burn-in. {len(result.runs)} runs.",
    )
    page.add(
        "What comes out",
        "\n\n".join(
            ["![What it changes that civil society meets alone first](figure:effects)", ceiling(means), *sentences(table),
             hypothesis(table), "table:summary"]
        ),
    )  # fmt: skip
    page.add("What it does not say", LIMITS)
    return page


STUDY = Study("civil_society_first", ("civil_society_first",), write)
