"""Sentences of the scarcity paradox, from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.experiments.experiment import FRENCH_FACTOR
from alliancesim.studies.figures import listed, mean_interval, number
from alliancesim.studies.scarcity_tables import (
    BOXES,
    ENOUGH,
    SETTINGS,
    of_means,
    percent,
    rows_again,
    shares,
    sure,
    told,
)

if TYPE_CHECKING:
    from alliancesim.analysis.prim import Box, Quality

NAMES = {
    "slack_sigma": "spread of slack", "structuration_concentration": "likeness of structuration", "prejudice": "prejudice",
    "capability_typical": "typical capabilities", "capability_other": "other capabilities", "cost_scale": "cost of ideas",
    "cost_sigma": "spread of costs", "gamma": "return to size γ", "trust0": "base trust", "shared_weight": "shared weight w",
    "phi": "share of slack φ", "contest_max": "rounds of contest", "tol0": "tolerance", "psi": "leadership rent ψ",
    "lead_slack": "slack to lead λ", "lead_structuration": "structuration to lead", "eta_c": "trust lost in contest",
    "concede_offset": "offset of conceding", "concede_noise": "noise of conceding", "temperature": "choice noise T",
    "quorum": "quorum", "r_max": "meetings at most", "r_str": "mean structuration", "portfolio": "portfolio",
    "rivalry": "rivalry", "ambition_elasticity": "ambition elasticity e",
}  # fmt: skip
"""Parameters as the page names them."""


OVER = {"prior": "over the prior", "widened": "over ranges twice as wide", "posterior": "over the posterior"}
"""Boxes of parameters as sentences name them."""
UNDER = {"default": "at the defaults", **OVER}
"""Rules of running territories as sentences name them."""
FIRM = 0.9
"""Share of resamples in one class from which a curve is firmly in it."""


def capital(words: str) -> str:
    """With a first capital."""
    return words[:1].upper() + words[1:]


def signed(value: float, digits: str) -> str:
    """A number with its sign; what rounds to 0 has none."""
    text = f"{value:+{digits}}"
    return text if any(digit in text for digit in "123456789") else text[1:]


def size_of(row: Any) -> str:
    """How large a share is, in words."""
    if row["harder"] == 0:
        return "at no sampled point"
    if row["harder_high"] < 0.25:
        return "in a small part of the volume"
    if row["harder_high"] < 0.5:
        return "in a part of the volume, less than half"
    return "in most of the volume" if row["harder_low"] > 0.5 else "in about half of the volume"


def whole_space(points: pd.DataFrame, box: str) -> str:
    """A box in words: each class of both measures, the paradox, its reverse, and how firm that is."""
    here = of_means(points, box)
    row = shares(here, []).iloc[0]
    text = (
        f"**{capital(OVER[box])}** ({int(row['points']):,} points, cash, time or both, e below 1): the paradox stands "
        f"{size_of(row)}: ease "
        f"falls in both measures as means rise at {percent(row, 'harder')} of the points, in one of them at "
        f"{percent(row, 'harder in one')}. It is reversed, ease rising in both, at {percent(row, 'easier')}, in one at "
        f"{percent(row, 'easier in one')}; flat in both at {percent(row, 'flat')}; mixed or humped at "
        f"{percent(row, 'mixed')}. Months "
        f"rise at {percent(row, 'speed:rises')}, are flat at {percent(row, 'speed:flat')}, fall at "
        f"{percent(row, 'speed:falls')}, are humped at {percent(row, 'speed:humped')}; P(launch | feasible) falls at "
        f"{percent(row, 'launch:falls')}, is flat at {percent(row, 'launch:flat')}, rises at "
        f"{percent(row, 'launch:rises')}, is "
        f"humped at {percent(row, 'launch:humped')}. At {percent(row, 'untold')} it cannot be told: no forum "
        "launches, or none is "
        "feasible, at every level."
    )
    known = told(points, box)
    if len(known):
        clear = float(sure(known).mean())
        text += (
            f" Where it can be told, {100 * clear:.0f} % of the points are clear of the thresholds of the paradox by two "
            "standard errors over forums, one way or the other."
        )
    firm = here[here["forums_launched_everywhere"] >= ENOUGH]
    if len(firm):
        well = shares(firm, []).iloc[0]
        text += (
            f" At the {len(firm):,} points with {ENOUGH} forums or more that launch at every level, the paradox "
            "stands at "
            f"{percent(well, 'harder')}, its reverse at {percent(well, 'easier')}."
        )
    if box == "posterior":
        rows, low, high = rows_again(here)
        text += (
            f" Its points share {rows} rows of the sample: with rows drawn again in place of points, the share with the paradox "
            f"is {100 * low:.0f} to {100 * high:.0f} %."
        )
    return text


def by_setting(by: pd.DataFrame) -> str:
    """Where the paradox is common and where it is not."""
    ordered = by.sort_values("harder", kind="stable")

    def setting(one: Any) -> str:
        portfolio, rivalry, e = (one[name] for name in SETTINGS)
        return f"{percent(one, 'harder')} with portfolio {portfolio:g}, rivalry {rivalry:g} and e {e:g}"

    text = f"**By setting**, the share with the paradox goes from {setting(ordered.iloc[0])}"
    return f"{text} to {setting(ordered.iloc[-1])}." if len(ordered) > 1 else f"{text}."


def difference(points: pd.DataFrame, column: str, low: float, high: float, name: str) -> str:
    """Whether the paradox is more common at one level of a switch than at another."""
    found = []
    for level in (low, high):
        flags = (points.loc[points[column] == level, "ease"] == "harder").to_numpy()
        found.append((float(flags.mean()) if len(flags) else np.nan, len(flags)))
    (a, n), (b, m) = found
    if not n or not m:
        return ""
    reach = 1.96 * float(np.sqrt(a * (1 - a) / n + b * (1 - b) / m))
    told = f"{100 * b:.0f} % of the points against {100 * a:.0f} %"
    if abs(b - a) <= reach:
        return f"{name} the paradox is neither clearly more nor less common ({told})."
    return f"{name} the paradox is {'less' if b < a else 'more'} common ({told})."


def french(points: pd.DataFrame, box: str) -> str:
    """The range seen in France, in words."""
    row = shares(of_means(points, box), [], "french_").iloc[0]
    return (
        f"**Over the range seen in France** (a factor of {FRENCH_FACTOR:g} around the reference; {OVER[box]}) ease "
        "is flat in both "
        f"measures at {percent(row, 'flat')} of the points; the paradox stands at {percent(row, 'harder')}, its "
        "reverse at "
        f"{percent(row, 'easier')}. Months rise at {percent(row, 'speed:rises')}; P(launch | feasible) falls at "
        f"{percent(row, 'launch:falls')} and rises at {percent(row, 'launch:rises')}."
    )


def structuration(points: pd.DataFrame, box: str) -> str:
    """Structuration in place of means, in words."""
    row = shares(points[(points["box"] == box) & (points["forums.resource"] == "r_str")], []).iloc[0]
    return (
        f"**Structuration** in place of money and time (0.2 to 0.9; {OVER[box]}, {int(row['points']):,} points): the "
        "paradox stands at "
        f"{percent(row, 'harder')}. Months rise at {percent(row, 'speed:rises')} and fall at "
        f"{percent(row, 'speed:falls')}; P(launch "
        f"| feasible) rises at {percent(row, 'launch:rises')}, is flat at {percent(row, 'launch:flat')} and falls at "
        f"{percent(row, 'launch:falls')}. No range of structuration is known for France; the factor of "
        f"{FRENCH_FACTOR:g} in the table is that "
        "of means."
    )


def invariance(points: pd.DataFrame) -> str:
    """The check that e = 1 entails: ideas that grow as means grow, so nothing changes."""
    here = points[(points["ambition_elasticity"] == 1.0) & (points["forums.resource"] != "r_str")]
    told = here.dropna(subset=["speed_class", "launch_class"])
    if not len(told):
        return "**Check.** With e = 1 nothing can be told here."
    flat = int((told["ease"] == "flat").sum())
    largest = float(np.nanmax([told["speed_effect"].abs().max(), told["launch_effect"].abs().max()]))
    size = "below 0.000001" if largest < 1e-6 else number(largest)
    return (
        "**Check.** With e = 1 the ambition of ideas follows means and the forum must not notice them, by "
        "construction: "
        f"{flat} of {len(told)} points that can be told are flat in both measures (largest effect {size})."
    )


@dataclass(frozen=True)
class Rule:
    """Where something happens, as a box found in points of the prior, and how well it does in other points.

    Attributes
    ----------
    what : str
        What happens there, in words.
    word : str
        Its word of ``EASE``.
    box : Box or None
        None: too few points.
    elsewhere : dict of str to Quality
        By box of parameters.
    """

    what: str
    word: str
    box: Box | None
    elsewhere: Mapping[str, Quality]


def rule_words(rule: Rule) -> str:
    """A rule in words."""
    box = rule.box
    if box is None:
        return f"**{rule.what}**: too few points for a rule."
    if not box.limits:
        return f"**{rule.what}**: no box balances coverage and density better than the whole space does."
    parts = []
    for name, (low, high) in box.limits.items():
        word = NAMES.get(name, name)
        if low is not None and high is not None:
            parts.append(f"{word} {number(low)} to {number(high)}" if low != high else f"{word} {number(low)}")
        else:
            parts.append(
                f"{word} at least {number(low)}" if low is not None else f"{word} at most {number(high or 0.0)}"
            )
    held, fitted = box.held, box.fitted
    text = (
        f"**{rule.what}**: {listed(parts)}. In the half of the points held out, this box takes {100 * held.mass:.0f} % of "
        f"them and holds {100 * held.coverage:.0f} % of the {held.cases} cases (coverage); {100 * held.density:.0f} % of what "
        f"is inside is a case (density), against {100 * held.rate:.0f} % in all. In the half that it was found in: coverage "
        f"{100 * fitted.coverage:.0f} %, density {100 * fitted.density:.0f} %."
    )
    for name, found in rule.elsewhere.items():
        if found.cases:
            text += (
                f" {capital(OVER[name])}: coverage {100 * found.coverage:.0f} % of {found.cases} cases, "
                f"density {100 * found.density:.0f} % against {100 * found.rate:.0f} %."
            )
    return text


def rules_table(rules: Sequence[Rule]) -> pd.DataFrame:
    """Limits and quality of every rule: a row a limit, then a row for each set of points it was counted in."""
    rows: list[dict[str, Any]] = []
    for rule in rules:
        if rule.box is None:
            continue
        about = {"what": rule.what}
        rows += [
            {**about, "parameter": name, "low": low, "high": high} for name, (low, high) in rule.box.limits.items()
        ]
        counted = {"prior, found in": rule.box.fitted, "prior, held out": rule.box.held, **rule.elsewhere}
        rows += [{**about, "points": name, **asdict(one)} for name, one in counted.items()]
    columns = ["what", "parameter", "low", "high", "points", "coverage", "density", "rate", "mass", "cases"]
    return pd.DataFrame(rows, columns=columns)


def ambition_words(table: pd.DataFrame) -> str:
    """How the effect fades with e, and what the rent does, in words."""
    parts = []
    for portfolio, here in table[table["curve"] == "e"].groupby("portfolio", sort=True):
        steps = [
            f"{row['value']:g}: {signed(row['speed_effect'], '.2f')} months, "
            f"{signed(100 * row['launch_effect'], '.0f')} points"
            for row in here.dropna(subset=["speed_effect", "launch_effect"]).to_dict("records")
        ]
        parts.append(f"with portfolio {portfolio:g}, at e = " + "; ".join(steps))
    rent = []
    for portfolio, here in (
        table[table["curve"] == "psi"].dropna(subset=["speed_effect", "launch_effect"]).groupby("portfolio", sort=True)
    ):
        first, last = here.iloc[0], here.iloc[-1]
        rent.append(
            f"with portfolio {portfolio:g} the change of months goes from {signed(first['speed_effect'], '.2f')} to "
            f"{signed(last['speed_effect'], '.2f')} and that of P(launch | feasible) from "
            f"{signed(100 * first['launch_effect'], '.0f')} to "
            f"{signed(100 * last['launch_effect'], '.0f')} points"
        )
    text = f"Mean effect of means over the draws {'; '.join(parts)}." if parts else "Nothing can be told of ambition."
    if rent:
        values = table[table["curve"] == "psi"]["value"]
        text += f" As the rent ψ rises from {values.min():g} to {values.max():g}, {'; '.join(rent)} (e below 1)."
    return text


def mechanism_words(table: pd.DataFrame, box: str) -> str:
    """The split in words."""
    said = []
    for measure, unit, factor, digits in (("speed", "months", 1.0, ".2f"), ("launch", "points", 100.0, ".1f")):
        here = table[table["measure"] == measure].set_index("words")
        whole, none = here.loc["all there"], here.loc["none there"]
        if not whole["n"] or np.isnan(whole["share"]):
            said.append(f"the change in {unit} cannot be told")
            continue
        players = here.drop(index=["all there", "none there"])
        clear = players[players["clear"].astype(bool)].sort_values("share", key=lambda one: one.abs(), ascending=False)
        parts = [
            f"{name} {signed(factor * row['share'], digits)} ({signed(factor * row['low'], digits)} to "
            f"{signed(factor * row['high'], digits)})"
            for name, row in clear.iterrows()
        ]
        said.append(
            "with all five there "
            f"{'months to launch change' if measure == 'speed' else 'P(launch | feasible) changes'} by "
            f"{signed(factor * whole['share'], digits)} {unit}, with none by "
            f"{signed(factor * none['share'], digits)} ({int(whole['n'])} draws); "
            f"clearly different from nothing: {listed(parts)}"
        )
    return f"*{box.capitalize()}*: {'. '.join(one[0].upper() + one[1:] for one in said)}."


def two_lines_words(points: pd.DataFrame, curves: pd.DataFrame) -> str:
    """Whether unconditional launch is an inverted U, in words."""
    parts = []
    for box in BOXES:
        here = of_means(points, box)
        if len(here):
            row = shares(here, []).iloc[0]
            parts.append(
                f"{OVER[box]} it is at {percent(row, 'inverted_u')} of the points by two lines, at "
                f"{percent(row, 'unconditional:humped')} by more than five points"
            )
    found = curves.dropna(subset=["inverted_u"])
    hills = int(found["inverted_u"].astype(bool).sum())
    lived = f"In running territories {hills or 'none'} of {len(found)} curves is one." if len(found) else ""
    return (
        "**Is P(launch) of all forums an inverted U?** Scarcity leaves forums without a feasible idea, abundance "
        "may keep them from "
        "agreeing. Two lines, one up to the turn and one beyond it, must rise and fall clearly; where the curve "
        "turns is found in one half "
        f"of the forums and the lines are tested in the other. {capital('; '.join(parts))}. {lived}"
    ).strip()


def vivo_words(classes: pd.DataFrame) -> str:
    """Running territories in words: how many curves of both measures fall or rise, by rules and range."""
    said = []
    for rules, here in classes.groupby("rules", sort=False):
        wide, near = ((int(_both(here, "rises", "falls", end).sum()), int(_both(here, "falls", "rises", end).sum()))
                      for end in ("", "_french"))  # fmt: skip
        said.append(
            f"**{capital(UNDER[str(rules)])}** ease falls in both measures in {wide[0]} of {len(here)} pairs of territory "
            f"and portfolio over the whole range of means, and rises in both in {wide[1]}; over the range seen in France "
            f"it falls in both in {near[0]} and rises in both in {near[1]}. {capital(_firmly(here))}."
        )
    return "\n\n".join(said)


def _both(classes: pd.DataFrame, months: str, launch: str, end: str = "") -> pd.Series:
    """Curves in which both measures are in these classes; ``end`` is that of the range's columns."""
    return (classes[f"months_class{end}"] == months) & (classes[f"launch_class{end}"] == launch)


def _firmly(classes: pd.DataFrame) -> str:
    """In how many curves replicates leave the classes of both measures clear."""
    firm = int(((classes["months_sure"] >= FIRM) & (classes["launch_sure"] >= FIRM)).sum())
    return f"both classes stand in {100 * FIRM:.0f} % of resamples of the replicates in {firm} of {len(classes)}"


def vivo_table(classes: pd.DataFrame) -> pd.DataFrame:
    """Running territories: change of both measures over both ranges, with 95 % intervals and the class over the whole one."""
    rows = []
    for row in classes.to_dict("records"):
        rows.append(
            {
                "territory": row["place"], "ideas": row["portfolio"], "rules": row["rules"],
                "months": _change(row, "months", 1.0, ".2f"),
                "P(launch given feasible), points": _change(row, "launch", 100.0, ".0f"),
                f"months, factor of {FRENCH_FACTOR:g}": _change(row, "months", 1.0, ".2f", "_french"),
                f"P, factor of {FRENCH_FACTOR:g}": _change(row, "launch", 100.0, ".0f", "_french"),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _change(row: Mapping[str, Any], name: str, factor: float, digits: str, end: str = "") -> str:
    """An effect with its interval; over the whole range with its class."""
    if row[f"{name}_class{end}"] == "unmeasured":
        return "cannot be told"
    value, low, high = (signed(factor * row[f"{name}_{one}{end}"], digits) for one in ("effect", "low", "high"))
    span = f" ({low} to {high})" if row[f"{name}_low{end}"] == row[f"{name}_low{end}"] else ""
    return f"{value}{span}" if end else f"{value}{span}, {row[f'{name}_class']}"


def _in_territories(classes: pd.DataFrame, box: str) -> tuple[int, str]:
    """In how many running territories ease falls in both measures over a box, and that in words with the defaults beside it."""
    harder = _both(classes, "rises", "falls")
    counted = {str(rules): (int(flags.sum()), len(flags)) for rules, flags in harder.groupby(classes["rules"])}
    count, cases = counted.get(box, (0, 0))
    words = (
        f"{OVER[box]} ease falls in both measures in {count or 'none'} of {cases} running territories and portfolios"
    )
    if "default" in counted:
        words += " (at the defaults in {} of {})".format(*counted["default"])
    return count, f"{words}, but {_firmly(classes[classes['rules'] == box])}"


def to_the_author(
    points: pd.DataFrame, box: str, paradox: Box | None, split: pd.DataFrame, classes: pd.DataFrame
) -> str:
    """What the model says to whoever holds that scarcity is easier to manage than abundance, both ways."""
    here = of_means(points, box)
    wide, near = shares(here, []).iloc[0], shares(here, [], "french_").iloc[0]
    string = shares(points[(points["box"] == box) & (points["forums.resource"] == "r_str")], []).iloc[0]
    speed = split[(split["measure"] == "speed") & ~split["player"].isin(["all there", "none there"])].dropna(
        subset=["share"]
    )
    biggest = speed.sort_values("share").iloc[-1] if len(speed) and speed["share"].max() > 0 else None
    slower = wide["speed:rises"] + wide["speed:falls"]
    more = (
        (
            "Where means change how long a forum takes, they lengthen it more often than they shorten it "
            if wide["speed:rises"] > wide["speed:falls"]
            else "Where means change how long a forum takes, they do not lengthen it more often than they shorten it "
        )
        + f"({100 * wide['speed:rises']:.0f} against {100 * wide['speed:falls']:.0f} % of the volume)"
        if slower > 0
        else "Means change nowhere how long a forum takes"
    )
    yes = [
        f"over the whole range of means and {OVER[box]}, forums are slower and launch less often with more means in "
        f"{percent(wide, 'harder')} of the "
        f"volume (e below 1), against {percent(wide, 'easier')} where both are the other way",
    ]
    lived, lived_words = _in_territories(classes, box)
    if lived:
        yes.append(lived_words)
    if biggest is not None:
        yes.append(f"what lengthens a rich forum most is {biggest['words']}")
    rest = 1.0 - wide["harder"]
    no = [
        f"in the other {100 * rest:.0f} % of the volume the claim does not hold in full, and in "
        f"{percent(wide, 'flat')} nothing changes",
        f"over means that differ as French territories do it holds in {percent(near, 'harder')} of the volume and "
        "ease is flat in both measures in "
        f"{percent(near, 'flat')}",
        f"for being organised it holds in {percent(string, 'harder')} of the volume: P(launch | feasible) rises "
        "with structuration in "
        f"{percent(string, 'launch:rises')}",
        "where ambition follows means (e = 1) it vanishes, by construction",
    ]
    if not lived:
        no.append(lived_words)
    if paradox is not None and paradox.limits:
        no.append(
            f"{100 * paradox.held.coverage:.0f} % of its cases lie in a corner of {100 * paradox.held.mass:.0f} % of the prior, "
            f"and even there it holds in {100 * paradox.held.density:.0f} %"
        )
    feasible, low, high = (100.0 * one for one in mean_interval(here["feasible_effect"]))
    return (
        f"*It is easier to manage scarcity than abundance.* In favour: {'; '.join(yes)}. {more}. Against: "
        f"{'; '.join(no)}. So the model does not answer yes or no: it says under which conditions a group with more means "
        f"agrees less easily, and that they make up {percent(wide, 'harder')} of what this box holds possible, e below 1. It "
        "says so of agreeing among those who could, not of achieving: from the lowest to the highest means the share of "
        f"forums with an idea within their means changes by {signed(feasible, '.0f')} points on average "
        f"({signed(low, '.0f')} to {signed(high, '.0f')}), and that of all forums that launch is "
        f"{'humped' if wide['unconditional:humped'] > 0.5 else 'not humped'} in most of the volume."
    )
