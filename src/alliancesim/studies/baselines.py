"""Each claim of the project's kind against something simpler (SPEC section 9), and where the full model adds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.experiments.fate import GUESSES
from alliancesim.experiments.networks import STATISTICS
from alliancesim.studies.baseline_curves import adoption
from alliancesim.studies.baseline_figures import figure
from alliancesim.studies.figures import listed, mean_interval, number
from alliancesim.studies.page import Page, Study
from alliancesim.studies.wording import by_side, side

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult

LEVERS = {
    "equal_matchmaking": "matchmaking",
    "equal_accompaniment": "accompaniment",
    "equal_forums": "forums",
}
SUBSIDY, NOBODY = "subsidy", "nobody"
OUTCOMES = {
    "surviving_alliances": "alliances alive at the end",
    "alliances_deployed": "deployed alliances",
    "value_created": "value created",
    "need_met": "needs met",
    "engaged_share": "share of organisations engaged",
}
MONEY = "shocks.subsidy.keur_per_year"
NETWORK_WORDS = {
    "clustering": "pairs of alliances that share a second member",
    "largest": "members in the largest connected set",
    "busy": "alliances of a member",
    "distance": "distance of partners (km)",
    "mixed": "pairs of partners of two spheres",
    "three": "alliances of all three spheres",
    "covered": "required capabilities that members have",
}
AS_GOOD = 0.1
"""A simpler guess that loses less than this share of what the full model gains is as good."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def arms(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with ``arm``: nobody, the subsidy, or a lever."""
    arm = runs["animation"].astype(str).map(LEVERS)
    return runs.assign(arm=arm.where(arm.notna(), np.where(runs[MONEY] > 0, SUBSIDY, NOBODY)))


def _by_draw(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    keys = ["rules", "replicate"] if "rules" in table else ["replicate"]
    return table.pivot(index=keys, columns="arm", values=outcome)


def lever_effects(runs: pd.DataFrame) -> pd.DataFrame:
    """What each lever and the subsidy add, paired by draw.

    Returns
    -------
    DataFrame
        A row an arm and outcome: ``effect`` over nobody with ``low``, ``high`` and ``sign_share`` (draws with the sign of the
        mean); ``over_subsidy`` with interval; ``over_count``: the effect, less as many further alliances at what an alliance
        begun without animator is worth (``value_created`` only).
    """
    table = arms(runs)
    rows = []
    begun = _by_draw(table, "births")
    for outcome, words in OUTCOMES.items():
        wide = _by_draw(table, outcome)
        for arm in [*LEVERS.values(), SUBSIDY]:
            change = wide[arm] - wide[NOBODY]
            row: dict[str, Any] = {"arm": arm, "outcome": outcome, "words": words, "nobody": float(wide[NOBODY].mean())}
            row["effect"], row["low"], row["high"] = mean_interval(change)
            row["sign_share"] = float((np.sign(change) == np.sign(row["effect"])).mean())
            against = {"over_subsidy": wide[arm] - wide[SUBSIDY]}
            if outcome == "value_created":
                worth = (wide[NOBODY] / begun[NOBODY]).where(begun[NOBODY] > 0)
                against["over_count"] = change - (begun[arm] - begun[NOBODY]) * worth
            for name, values in against.items():
                if arm != SUBSIDY or name == "over_count":
                    row[name], row[f"{name}_low"], row[f"{name}_high"] = mean_interval(values.dropna())
            rows.append(row)
    return pd.DataFrame(rows)


def networks(runs: pd.DataFrame) -> pd.DataFrame:
    """Statistics of the network without animator beside both matchings at random, paired by draw."""
    table = arms(runs)
    here = table[table["arm"] == NOBODY]
    rows = []
    for name in STATISTICS:
        row: dict[str, Any] = {"statistic": name, "words": NETWORK_WORDS[name]}
        row["model"] = mean_interval(here[f"net_{name}_model"].dropna())[0]
        for kind in ("random", "gravity"):
            drawn = here[f"net_{name}_{kind}"]
            row[kind] = mean_interval(drawn.dropna())[0]
            change = (here[f"net_{name}_model"] - drawn).dropna()
            mid, row[f"over_{kind}_low"], row[f"over_{kind}_high"] = mean_interval(change)
            row[f"over_{kind}"] = mid
        rows.append(row)
    return pd.DataFrame(rows)


def fates(runs: pd.DataFrame) -> pd.DataFrame:
    """Scores of guessing which forums launch: mean over draws, and what each guess gains over the overall rate."""
    rows = []
    for guess in GUESSES:
        row: dict[str, Any] = {"guess": guess}
        for score in ("brier", "log"):
            row[score] = mean_interval(runs[f"{score}_{guess}"].dropna())[0]
            gain = (runs[f"{score}_coin"] - runs[f"{score}_{guess}"]).dropna()
            row[f"{score}_gain"], row[f"{score}_gain_low"], row[f"{score}_gain_high"] = mean_interval(gain)
        rows.append(row)
    return pd.DataFrame(rows)


# -- words ------------------------------------------------------------------------------------------------------------


def lever_sentences(table: pd.DataFrame) -> list[str]:
    """What levers do against nobody, against the subsidy, against the count alone."""
    words = []
    alive = table[table["outcome"] == "surviving_alliances"].set_index("arm")
    for arm in [*LEVERS.values(), SUBSIDY]:
        one = alive.loc[arm]
        found = side(one["low"], one["high"])
        said = f"{number(one['effect'])} ({number(one['low'])} to {number(one['high'])}) alliances alive at the end"
        name = arm if arm != SUBSIDY else "the same money shared out to everybody"
        if found in ("up", "down"):
            share = f"{100 * one['sign_share']:.0f} % of draws have that sign"
            text = f"**{_capital(name)}** changes {said}; {share}."
        else:
            text = f"**{_capital(name)}** cannot be told from no animator: {said}. There the full model adds nothing."
        if arm != SUBSIDY:
            text += f" {_against_subsidy(one)}"
        words.append(text)
    for arm in LEVERS.values():
        rest = table[(table["arm"] == arm) & (table["outcome"] != "surviving_alliances")]
        rest = rest.rename(columns={"low": "effect_low", "high": "effect_high"})
        words.append(f"With {arm}, other outcomes: {by_side(rest, 'effect', 'words', 3).replace(' on ', ' for ')}.")
    value = table[table["outcome"] == "value_created"].set_index("arm")
    alike: list[str] = []
    more: list[str] = []
    less: list[str] = []
    for arm in LEVERS.values():
        found = side(value.loc[arm, "over_count_low"], value.loc[arm, "over_count_high"])
        (more if found == "up" else less if found == "down" else alike).append(arm)
    if alike:
        words.append(
            f"For {listed(alike)} **the full model adds nothing to a count**: the value created is what as many "
            "further alliances of the usual worth would give."
        )
    if more:
        words.append(f"Value rises by more than the number of alliances tells with {listed(more)}.")
    if less:
        words.append(
            f"Value rises by less than the number of alliances tells with {listed(less)}: further ones are worth less."
        )
    return words


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _against_subsidy(one: Mapping[str, Any]) -> str:
    reach = f"{number(one['over_subsidy'])} ({number(one['over_subsidy_low'])} to {number(one['over_subsidy_high'])})"
    found = side(one["over_subsidy_low"], one["over_subsidy_high"])
    if found == "up":
        return f"It does more than the subsidy, by {reach}."
    return (
        f"It does less than the subsidy, by {reach}."
        if found == "down"
        else f"It is not clearly better than the subsidy: {reach}."
    )


def network_sentences(table: pd.DataFrame) -> list[str]:
    """Which statistics of the network differ from matchings at random."""
    words = []
    for kind, name in (("random", "members drawn by lot"), ("gravity", "partners drawn by distance and size alone")):
        sides = [side(row[f"over_{kind}_low"], row[f"over_{kind}_high"]) for row in table.to_dict("records")]
        parts = []
        for key, head in (("up", "higher"), ("down", "lower")):
            here = table[[one == key for one in sides]]
            if len(here):
                each = [
                    f"{row['words']} ({number(row['model'])} against {number(row[kind])})"
                    for row in here.to_dict("records")
                ]
                parts.append(f"{head}: {listed(each)}")
        same = table[[one in ("unclear", "unknown") for one in sides]]
        said = "; ".join(parts) or "nothing differs"
        words.append(f"**Against as many alliances with {name}**, {said}.")
        if len(same):
            words.append(f"There the full model adds nothing about {listed(list(same['words']))}.")
    return words


def adoption_sentences(table: pd.DataFrame) -> list[str]:
    """Held-out errors in words."""
    words = []
    for row in table.to_dict("records"):
        said = (
            f"**{row['words'].capitalize()}**: over the second half of the run a Bass curve fitted to the first "
            f"errs by {row['bass']:.2f} points ({row['bass_low']:.2f} to {row['bass_high']:.2f}), a straight line "
            f"through the last two years of the first half by {row['line']:.2f}"
        )
        if not np.isfinite(row["model"]):
            words.append(f"{said}. How far another run of the same draw errs is not known: no two runs share one.")
            continue
        said += (
            f", another run of the same draw by {row['model']:.2f} ({row['model_low']:.2f} to {row['model_high']:.2f})."
        )
        best = min(("bass", "line"), key=lambda name: row[name])
        name, more = ("Bass curve" if best == "bass" else "straight line"), f"{best}_over_model"
        low, high = row[f"{more}_low"], row[f"{more}_high"]
        if low > 0:
            said += (
                f" The model, knowing its own rules, does better than the {name} by {row[more]:.2f} points ({low:.2f} to "
                f"{high:.2f})."
            )
        else:
            said += f" **The full model adds nothing** to the {name} for this curve: its own luck is as large as that error."
        words.append(said)
    return words


def fate_sentences(table: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """Whether a launch can be foreseen."""
    by = table.set_index("guess")
    luck = mean_interval(runs["luck"].dropna())
    words = [
        f"Of forums with an agenda {100 * mean_interval(runs['fate_rate'].dropna())[0]:.0f} % launch. Of the "
        f"variance of launching, {100 * luck[0]:.0f} % ({100 * luck[1]:.0f} to {100 * luck[2]:.0f} %) is left once "
        "people and ideas are given: luck of who joins, concedes and quarrels."
    ]
    full = by.loc["replay"]
    if not full["brier_gain_low"] > 0:
        nothing = "**The full model adds nothing** to a coin: other draws of the same forum foresee no better."
        unclear = "Whether other draws of the same forum foresee better than a coin cannot be told from these runs."
        words.append(unclear if full["brier_gain"] > 0 else nothing)
        return words
    share = by.loc["structure", "brier_gain"] / full["brier_gain"]
    words.append(
        f"Other draws of the same forum lower the mean squared error from {by.loc['coin', 'brier']:.3f} to "
        f"{full['brier']:.3f}; a logistic regression on what is known before anybody speaks, to "
        f"{by.loc['structure', 'brier']:.3f}, {100 * max(0.0, share):.0f} % of that gain."
    )
    if share > 1 - AS_GOOD:
        words.append("**The full model adds nothing** to that regression.")
    elif not by.loc["structure", "brier_gain_low"] > 0:
        words.append("The regression is no better than the coin: what decides is in the match of people and ideas.")
    return words


LIMITS = (
    "The baselines are held against the model, not against the world: where the model differs from one, that says "
    "what its rules add, not that they are right. Another run of the same rules knows the rules exactly, which "
    "nobody does: it is the best that could be done. The Bass curve, the line and the regression are fitted to one "
    "half and scored on the other. Who is willing for a matching at random is who is so in the last month. The "
    "subsidy is small beside all slack of a territory, as the money of an animator is; a larger one would do more. "
    "Forums alone have people who do not know each other. Levers cost what the catalogue says (assumptions)."
)


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page."""
    levers, curves, forums = (results[name] for name in EXPERIMENTS)
    effects, nets = lever_effects(levers.runs), networks(levers.runs)
    errors, example = adoption(curves.timeseries, curves.runs)
    guessed = fates(forums.runs)
    page = Page("Baselines", "Where does the full model do more than something simpler, and where does it add nothing?")
    page.tables = {"levers": effects, "networks": nets, "adoption": errors, "forums": guessed}
    page.figures = {"baselines": figure(effects, nets, example, guessed)}
    rules = sorted(set(levers.runs["rules"].astype(str))) if "rules" in levers.runs else ["default"]
    page.add(
        "Design",
        f"Rules: {listed(rules)}; {levers.manifest['replicates_done']} replicates (draws), shared by all arms. A "
        f"small urban territory, {levers.scenario().months} months; each lever costs 100 kEUR a year (days "
        "included), and so does the subsidy, shared out to all organisations in equal parts. Adoption is followed "
        "from its beginning without burn-in. Forums alone: each is held again with the same people and "
        "ideas.\n\n![The model and its baselines](figure:baselines)",
    )
    page.add("Levers, against nobody, a subsidy and a count", "\n\n".join(lever_sentences(effects)))
    page.add("The network, against matching at random", "\n\n".join(network_sentences(nets)))
    page.add("Adoption, against a Bass curve", "\n\n".join(adoption_sentences(errors)))
    page.add("Which forums launch, against a coin", "\n\n".join(fate_sentences(guessed, forums.runs)))
    page.add("What it does not say", LIMITS)
    return page


EXPERIMENTS = ("baselines_levers", "baselines_adoption", "baselines_forums")
STUDY = Study("baselines", EXPERIMENTS, write)
