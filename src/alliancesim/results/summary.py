"""One page of findings in words, for those who decide and do not program."""

from __future__ import annotations

import html as _html
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliancesim.catalogue import DEPTHS, FORUM_OUTCOMES, SPHERES
from alliancesim.levers import LEVERS
from alliancesim.observables import form_name
from alliancesim.results.reference import SURVEY, references, short, shown, span

if TYPE_CHECKING:
    from alliancesim.results.result import Result

DEPTH_WORDS = tuple(name.replace("_", " ").replace("mecenat", "mécénat") for name in DEPTHS)
LASTING = 36
"""Months that an alliance lives, at least, to be called lasting: one term (SOURCE N42)."""

PLURALS = {"association": "associations", "firm": "firms", "collectivity": "collectivities"}

OUTCOME_WORDS = {
    "infeasible": "no project within their means and capabilities",
    "no_agreement": "no agreement",
    "lost": "those who stayed could not carry it",
    "no_leader": "nobody to lead",
    "contest_failed": "the lead stayed contested",
    "purse_failed": "quarrels over the money",
}


def percent(value: float) -> str:
    """A share in words."""
    if value is None or not math.isfinite(value):
        return "not measured"
    if 0 < value < 0.0995:
        return f"{100 * value:.1f} %"
    return f"{100 * value:.0f} %"


def many(value: float) -> str:
    """A count with separators."""
    return "none" if value == 0 else f"{value:,.0f}"


def last(result: Result) -> pd.Series:
    """Columns of the last month, the latest measured value where a column is not measured every month."""
    frame = result.timeseries
    return frame.ffill().iloc[-1] if len(frame) else pd.Series({name: math.nan for name in frame.columns})


def summary(result: Result) -> str:
    """The page, in Markdown."""
    end = last(result)
    parts = [
        f"# {result.title}\n\n{_headline(result, end)}",
        _place(result),
        _engaged(result, end),
        _alliances(result, end),
        _forums(result),
        _needs(result, end),
        _animation(result),
        _territories(result),
        _case(result),
        _care(result),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _months(result: Result) -> pd.DataFrame:
    frame = result.timeseries
    return frame[~frame["burn_in"]]


def _headline(result: Result, end: pd.Series) -> str:
    scenario = result.scenario
    case = scenario.case
    start = f" (month 1 is {case.first_month})" if case is not None else ""
    return (
        f"Simulated: {result.months} months{start} after {scenario.burn_in} months of running in without animator, "
        f"seed {scenario.seed}, resources {scenario.resources}. At the end **{percent(end['engaged_share'])}** of the "
        f"organisations are engaged in an alliance, **{many(end['alliances'])}** alliances are alive, and they relieve "
        f"**{percent(end['need_met'])}** of the needs that there would be without them."
    )


def _place(result: Result) -> str:
    facts = result.manifest["territory"]
    counted = facts["organisations"]
    words = {
        "real": "data: communes and inhabitants; assumption: how they spread over the grid",
        "synthetic": "assumption: generated from documented distributions",
        "tables": "data: given by the user",
    }[facts["origin"]]
    density = facts["population"] / facts["area_km2"] if facts["area_km2"] else math.nan
    spheres = ", ".join(f"{counted[sphere]:,.0f} {PLURALS[sphere]}" for sphere in SPHERES)
    given = facts["given_organisations"]
    made = "assumption: synthetic, drawn from densities by kind"
    if given:
        everyone = given == facts["simulated_organisations"]
        made = "data: given by the user" if everyone else f"{given:,} given by the user, the others synthetic"
    around = facts["simulated_population"] - facts["population"]
    lines = [
        "## The place",
        "",
        f"- **{facts['name']}**: {facts['population']:,} inhabitants on {facts['area_km2']:,.0f} km² "
        f"({density:,.0f} per km²), {percent(facts['deprived_share'])} of them in deprived districts ({words}).",
        f"- Organisations: {spheres} ({made}).",
    ]
    if around > 0:
        lines.append(f"- {around:,} more inhabitants around or across the border are simulated and not reported.")
    if result.scenario.population.sample < 1:
        lines.append(
            f"- Only {percent(result.scenario.population.sample)} of the organisations are simulated, with weights: an "
            "approximation that loses partners."
        )
    return "\n".join(lines)


def _engaged(result: Result, end: pd.Series) -> str:
    lines = [
        "## Who is engaged",
        "",
        "| | engaged at the end (outcome) | survey of 2013 (source: N06) |",
        "|---|---|---|",
        *(f"| {name} | {percent(end[column])} | {percent(share)} |" for name, column, share in SURVEY),
        f"| collectivities | {percent(end['engaged_share_collectivity'])} | not surveyed |",
        "",
        f"{percent(end['willing_share'])} of all organisations are willing and without a partner, "
        f"{percent(1.0 - end['engaged_share'] - end['willing_share'])} not yet interested. Parameters stand at their "
        "defaults or as set, not fitted "
        "to this place: compare the order of magnitude, not the digit.",
    ]
    return "\n".join(lines)


def _alliances(result: Result, end: pd.Series) -> str:
    total = float(end["alliances"])
    if not total > 0:
        return "## Alliances\n\nNo alliance is alive at the end."

    def shares(pairs: list[tuple[str, float]]) -> str:
        known = sorted(((words, value) for words, value in pairs if value > 0), key=lambda pair: -pair[1])
        return ", ".join(f"{words} {percent(value / total)}" for words, value in known)

    depth = shares([(word, float(end[f"alliances_depth_{y}"])) for y, word in enumerate(DEPTH_WORDS, 1)])
    form = shares([(str(name), float(end[f"alliances_{form_name(str(name))}"])) for name in _forms()])
    origin = shares(
        [
            (words, float(end[f"alliances_from_{name}"]))
            for name, words in (
                ("encounter", "encounters"),
                ("event", "animators' events"),
                ("forum", "forums"),
                ("earlier", "earlier history"),
            )
        ]
    )
    stage = shares([(name, float(end[f"alliances_{name}"])) for name in ("dialogue", "experiment", "deployed")])
    ratio = float(end["true_over_identified"])
    known = (
        f"{many(end['alliances_identified'])} are known as such: there are {ratio:.1f} times as many"
        if math.isfinite(ratio)
        else "none is known as such"
    )
    lines = [
        "## Alliances alive at the end",
        "",
        f"- By depth: {depth}. By stage: {stage}.",
        f"- By form: {form}. {percent(end['share_three_or_more'])} have three members or more.",
        f"- Where they come from: {origin}.",
        f"- {percent(end['share_under_five_years'])} are younger than five years. {known[0].upper()}{known[1:]} "
        "(true against identified).",
    ]
    if math.isfinite(float(end["superadditivity"])):
        lines.append(
            f"- Together they are worth {float(end['superadditivity']):.1f} times what their members would make alone "
            "(a ratio of the model's values, not euros)."
        )
    return "\n".join(lines)


def _forms() -> tuple[str, ...]:
    from alliancesim.catalogue import FORMS

    return FORMS


REACHED = {
    "infeasible": 0,
    "no_agreement": 1,
    "lost": 2,
    "no_leader": 2,
    "contest_failed": 2,
    "purse_failed": 3,
    "launched": 4,
}
"""Steps that a forum took: 1 a project within reach, 2 agreed, 3 led, 4 launched."""


def _forums(result: Result) -> str:
    forums = result.forums
    forums = forums[forums["reported"] & (forums["month"] >= 1)]
    if not len(forums):
        return "## Forums\n\nNo forum was convened after running in."
    outcome = forums["outcome"].astype(str)
    reached = outcome.map(REACHED)
    step = [int((reached >= k).sum()) for k in range(5)]
    failed = sorted(((int((outcome == name).sum()), OUTCOME_WORDS[name]) for name in FORUM_OUTCOMES[1:]), reverse=True)
    causes = ", ".join(f"{words} ({count:,})" for count, words in failed if count > 0)
    lines = [
        "## Forums",
        "",
        f"- Of {step[0]:,} forums, {many(step[1])} had a project within reach, {many(step[2])} agreed on one, "
        f"{many(step[3])} settled who leads, **{many(step[4])}** launched an action.",
    ]
    if step[4] > 0:
        launched = forums[outcome == "launched"]
        lines.append(
            f"- From convening to launch: {launched['months'].mean():.1f} months on average, with "
            f"{launched['aboard'].mean():.1f} participants aboard."
        )
    if causes:
        lines.append(f"- Why the others failed: {causes}.")
    return "\n".join(lines)


def _needs(result: Result, end: pd.Series) -> str:
    months = _months(result)
    level = months["need_level"]
    change = float(level.iloc[-1] / level.iloc[0] - 1.0) if len(level) and level.iloc[0] > 0 else math.nan
    moved = (
        f" The level of needs itself moved by {100 * change:+.1f} % over the period." if math.isfinite(change) else ""
    )
    deprived = float(end["need_met_deprived"])
    if not math.isfinite(deprived):
        where = "; nobody here lives in a deprived district"
    else:
        ratio = float(end["equity_ratio"])
        where = f", {percent(deprived)} where people are deprived"
        if math.isfinite(ratio):
            word = "more than" if ratio > 1.02 else "less than" if ratio < 0.98 else "about as much as"
            where += f", that is {word} elsewhere"
    return (
        f"## Needs met\n\nAlliances relieve {percent(end['need_met'])} of needs in all{where} (assumption: needs and deprived "
        f"shares follow a documented rule unless you gave them; relief per success is a prior).{moved}"
    )


def _animation(result: Result) -> str:
    animators = result.manifest["animators"]
    if not animators:
        return "## Animation\n\nNobody animates this territory: what forms, forms by itself."
    named = ", ".join(animators[:5]) + (f" and {len(animators) - 5} more" if len(animators) > 5 else "")
    months = _months(result)
    spent = float(months["spend_keur"].sum())
    by_lever = [
        (
            lever.name.replace("_", " "),
            float(months[f"spend_{lever.name}_keur"].sum()),
            float(months[f"days_{lever.name}"].sum()),
        )
        for lever in LEVERS
    ]
    used = [one for one in sorted(by_lever, key=lambda one: -one[1]) if one[1] > 0 or one[2] > 0]
    facts = survival(result)
    lines = [
        "## Animation, its cost and what survives",
        "",
        f"- {named} spent {spent:,.0f} k€ in {result.months} months: "
        + (", ".join(f"{name} {keur:,.0f} k€ ({days:,.0f} person-days)" for name, keur, days in used) or "nothing")
        + " (assumption: costs are orders of magnitude).",
        f"- Of its events and forums came {many(facts['born'])} alliances; {many(facts['alive'])} of them are alive at the end"
        f" and {many(facts['lasting'])} lasted {LASTING} months or more."
        if facts["born"]
        else "- No alliance came of its events and forums yet.",
    ]
    if facts["born"] and spent > 0:
        each = f"{spent / facts['born']:,.0f} k€ for each alliance born"
        lasting = f", {spent / facts['lasting']:,.0f} k€ for each lasting one" if facts["lasting"] else ""
        lines.append(
            f"- That is {each}{lasting}. Alliances that would have formed anyway are not deducted: compare with "
            "animation=none."
        )
    if facts["withdrawn"] is not None:
        lines.append(
            f"- Its spending ended in month {facts['withdrawn']}: {many(facts['alive_then'])} of its alliances were alive "
            f"then, {many(facts['survivors'])} of these at the end, {result.months - facts['withdrawn']} months later."
        )
    unpaid = float(months["levers_unpaid"].sum())
    if unpaid > 0:
        lines.append(f"- {many(unpaid)} times the money did not allow what the calendar asked for.")
    return "\n".join(lines)


def survival(result: Result) -> dict[str, Any]:
    """Alliances of animators: born, alive at the end, lasting, and what is left after the last month of spending.

    Returns
    -------
    dict
        ``born``, ``alive``, ``lasting`` (lived ``LASTING`` months or more), ``withdrawn`` (last month of spending, None
        where it goes on to the end), ``alive_then``, ``survivors``.
    """
    alliances = result.columns("alliances", "animator", "reported", "start_month", "end_month")
    mine = alliances[(alliances["animator"] != "") & alliances["reported"]]
    end = mine["end_month"].astype("float64").fillna(math.inf)
    lived = end.clip(upper=result.months) - mine["start_month"]
    months = _months(result)
    paid = months.loc[months["spend_keur"] > 0, "month"]
    withdrawn = int(paid.iloc[-1]) if len(paid) and int(paid.iloc[-1]) < result.months - 12 else None
    facts: dict[str, Any] = {
        "born": len(mine),
        "alive": int(end.isin([math.inf]).sum()),
        "lasting": int((lived >= LASTING).sum()),
        "withdrawn": withdrawn,
        "alive_then": 0,
        "survivors": 0,
    }
    if withdrawn is not None:
        then = (mine["start_month"] <= withdrawn) & (end > withdrawn)
        facts["alive_then"], facts["survivors"] = int(then.sum()), int((then & end.isin([math.inf])).sum())
    return facts


def _territories(result: Result) -> str:
    """The territories of a run over several, beside each other; the twelve of most inhabitants."""
    table = result.by_territory()
    if len(table) < 2:
        return ""
    repeats = bool(result.scenario.rules.replication or result.scenario.rules.dialogue)
    heads = "| territory | inhabitants | engaged | alliances alive | born | of animators | needs met |"
    lines = [
        "## By territory",
        "",
        heads + (" repeat a solution |" if repeats else ""),
        "|---" * (8 if repeats else 7) + "|",
    ]
    for row in table.head(12).itertuples():
        cells = [
            row.name, f"{row.inhabitants:,}", percent(row.engaged_share), many(row.alliances), many(row.born),
            many(row.of_animators), percent(row.need_met),
        ]  # fmt: skip
        lines.append("| " + " | ".join([*cells, *([many(row.repeating)] if repeats else [])]) + " |")
    if len(table) > 12:
        lines.append(f"\nAnd {len(table) - 12} smaller ones (`result.by_territory()`).")
    across = table["across"].mean()
    if math.isfinite(across):
        lines.append(
            f"\nOf the alliances alive in a territory {percent(across)} also have a member in another one, on average."
        )
    return "\n".join(lines)


def _case(result: Result) -> str:
    case = result.scenario.case
    if case is None:
        return ""
    lines = ["## Where the case comes from", "", case.origin.strip(), "", f"*Assumed:* {case.assumed.strip()}"]
    lines += ["", f"*The source reports:* {case.tells.strip()}"]
    table, other = references(result), shown(result)
    if len(table) or other:
        lines += ["", "| | source | this run | unit | where the source says it |", "|---|---|---|---|---|"]
        lines += [
            f"| {row['name']} | {span(row['low'], row['high'])} | {short(row['run'])} | {row['unit']} | {row['source']} |"
            for _, row in table.iterrows()
        ]
        lines += [f"| {words} | no number | {short(value)} | | |" for words, value in other]
        lines += ["", "The source's numbers set nothing in the run."]
    lines += ["", f"*Cannot be compared:* {case.cannot.strip()}"]
    return "\n".join(lines)


def _care(result: Result) -> str:
    facts = result.manifest["territory"]
    lines = ["## Read with care", ""]
    if facts["given_organisations"] < facts["simulated_organisations"]:
        lines.append(
            "- **Organisations are synthetic**: places and numbers follow densities, no dot is a real organisation."
        )
    lines += [
        "- **Effects and costs of levers are priors** (assumption): a ranking of levers counts only with how often it "
        "changes under them.",
        "- **Differences between types of territory rest mostly on assumptions** (structuration, institutional distance, "
        "border): factors to vary, not facts about France.",
    ]
    if (result.territory["side"] > 0).any():
        lines.append("- **How the border acts is an assumption**: the source says nothing about it.")
    lines.append(
        "- **One run is one draw** of chance: conclusions need many seeds, and speak of signs and ranges, given these "
        "parameters."
    )
    notes = [note for note in facts["notes"] if note]
    lines += [f"- {note}" for note in notes]
    sources = result.manifest["data_vintage"].items()
    vintage = "; ".join(f"{subject}: {source}" for subject, source in sources if subject != "seed")
    lines.append(
        f"- Data: {vintage}. Model {result.manifest['model_version']}, code {result.manifest['code_version']}."
    )
    return "\n".join(lines)


def html(result: Result) -> str:
    """A card for notebooks: the headline, the shares beside the survey, the sizes of the tables."""
    end = last(result)
    rows = "".join(
        f"<tr><td>{_html.escape(name)}</td><td>{percent(end[column])}</td><td>{percent(share)}</td></tr>"
        for name, column, share in SURVEY
    )
    headline = _html.escape(_headline(result, end).replace("**", ""))
    sizes = ", ".join(f"{name} {len(getattr(result, name)):,}" for name in ("alliances", "organisations", "forums"))
    return (
        f"<div><h3>{_html.escape(result.title)}</h3><p>{headline}</p>"
        "<table><thead><tr><th>engaged at the end</th><th>this run</th><th>survey of 2013</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<p>Rows: {sizes}. Organisations are synthetic unless you gave them. "
        "<code>result.plot.&lt;Tab&gt;</code> draws, <code>print(result.summary())</code> tells more.</p></div>"
    )
