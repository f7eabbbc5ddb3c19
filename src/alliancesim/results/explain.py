"""``why``: how one alliance or forum came about, in words, computed again from the seed."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.catalogue import CAPABILITIES, DEPTHS, SPHERES
from alliancesim.errors import UserError
from alliancesim.results.weighing import Weighing, base_trust, find_tie, trust_of, weigh

if TYPE_CHECKING:
    from alliancesim.results.result import Result

DEPTH_WORDS = {y: name.replace("_", " ").replace("mecenat", "mécénat") for y, name in enumerate(DEPTHS, 1)}

FACTOR_WORDS = {
    "trust": "their trust ({trust:.2f}, against {base:.2f} between two who just met)",
    "capabilities": "the capabilities that both lack ({missing})",
    "belief": "what they had heard of others' successes and failures",
    "means": "their means, which cover {scale:.0%} of the project's full size",
    "load": "the alliances that they already carried",
    "needs": "how much {domain} matters to them",
    "objectives": "what a partnership of this depth brings to their own objectives",
    "patience": "that a partnership of this depth pays in later years, which weigh less for them",
}


@dataclass
class Teller:
    """Names, places and months of a result in words."""

    result: Result
    folder: Path

    def __post_init__(self) -> None:
        self.names = self.result.organisations["name"].to_numpy(dtype=object)
        self.spheres = self.result.organisations["sphere"].astype(str).to_numpy()
        self.kinds = self.result.organisations["kind"].astype(str).to_numpy()

    def name(self, row: int) -> str:
        """What an organisation is called."""
        return str(self.names[row])

    def listed(self, rows: list[int] | np.ndarray, most: int = 6) -> str:
        """Several organisations, the first ones by name."""
        rows = [int(row) for row in rows]
        shown = [self.name(row) for row in (rows if len(rows) == most + 1 else rows[:most])]
        if len(rows) > most + 1:
            return "; ".join(shown) + f"; and {len(rows) - most} other{'s' if len(rows) - most > 1 else ''}"
        return "; ".join(shown)

    def month(self, month: int) -> str:
        """A calendar month, with its date where a case gives one."""
        case = self.result.scenario.case
        if month < 1:
            return f"month {month} (running in)"
        if case is None:
            return f"month {month}"
        year, first = (int(part) for part in case.first_month.split("-"))
        at = year * 12 + first - 1 + month - 1
        return f"month {month} ({at // 12}-{at % 12 + 1:02d})"

    def place(self, perimeter: int, state: Any) -> str:
        """Name of a perimeter."""
        cell = int(state.perimeters["cell_low"][perimeter])
        labels = state.labels
        return str(labels["cell_epci_name"][cell] or labels["cell_commune_name"][cell])

    def mix(self, rows: np.ndarray) -> str:
        """How many of each sphere."""
        plural = {"association": "associations", "firm": "firms", "collectivity": "collectivities"}
        counts = [(sphere, int((self.spheres[rows] == sphere).sum())) for sphere in SPHERES]
        return ", ".join(f"{n} {plural[s] if n != 1 else s}" for s, n in counts if n)


def capabilities_in_words(number: int) -> str:
    """Capabilities of a set."""
    words = [word for bit, word in enumerate(CAPABILITIES) if number >> bit & 1]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) if words else "nothing special"


def why(folder: str | os.PathLike[str], alliance: int | None = None, forum: int | None = None) -> str:
    """How an alliance or a forum came about: who met whom, what was weighed, what tipped it.

    Parameters
    ----------
    folder : path
        Folder of a result.
    alliance, forum : int
        One of the two: its number in the table of alliances or of forums.

    Returns
    -------
    str
        A few paragraphs.

    Raises
    ------
    UserError
        For a number that the result has not, a folder that is not a result's, or a result that this version of the
        model does not repeat.
    """
    from alliancesim.results.explain_forum import tell_forum
    from alliancesim.results.result import check_model_version, open_result

    if (alliance is None) == (forum is None):
        raise UserError("why: expected one of alliance=ID and forum=ID")
    path = Path(folder)
    result = open_result(path)
    check_model_version(path, result.manifest)
    check_inputs(path, result)
    teller = Teller(result, path)
    if forum is not None:
        _check_number("forum", forum, len(result.forums))
        return tell_forum(teller, forum)
    assert alliance is not None
    _check_number("alliance", alliance, len(result.alliances))
    row = result.alliances.iloc[alliance]
    if row["origin"] == "forum":
        return f"{_headline(teller, row)}\n\n{tell_forum(teller, int(row['forum']), alliance)}\n\n{_life(teller, row)}"
    if row["origin"] == "earlier":
        return (
            f"{_headline(teller, row)}\n\nIt was there at the first month: the history of this scenario "
            f"({result.scenario.history.name}) places earlier alliances between large neighbours of different spheres. "
            f"Nobody weighed it in the run.\n\n{_life(teller, row)}"
        )
    return f"{_headline(teller, row)}\n\n{_tell_pair(teller, alliance, row)}\n\n{_life(teller, row)}"


def _check_number(what: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        known = f"{what}s 0 to {count - 1}" if count else f"no {what}"
        raise UserError(f"why: {what}={number}: not in this result, which has {known}")


def check_inputs(path: Path, result: Result) -> None:
    """Refuse to repeat a run whose own tables have changed since.

    Raises
    ------
    UserError
    """
    if result.scenario.hash() != result.manifest["scenario_hash"]:
        tables = [name for name in (result.scenario.territory.cells, result.scenario.territory.organisations) if name]
        cause = f"{' or '.join(tables)} changed since" if tables else "scenario.yaml was changed since"
        raise UserError(f"{path}: cannot be repeated, {cause}")


def replay(teller: Teller, month: int, prepare: Any) -> Any:
    """The engine of the result, stepped to and through a month of the run (from 0).

    Parameters
    ----------
    prepare : callable
        Called with the engine just before that month.

    Raises
    ------
    UserError
        Where the months until then are not those of the result.
    """
    from alliancesim.engine import engine_of
    from alliancesim.results.again import first_difference

    engine = engine_of(teller.result.scenario)
    try:
        while engine.state.month + 1 < month:
            engine.step()
        prepare(engine)
        engine.step()
    finally:
        engine.world.close()
    stored = teller.result.digests
    names = [name for name in stored.columns if name != "month"]
    where = first_difference(
        stored[names].to_numpy()[: month + 1], engine.world.records.digests[: month + 1], names, engine.burn_in
    )
    if where is not None:
        raise UserError(
            f"{teller.folder}: this computer or version does not repeat it: {where[1]} of month {where[0]} differs, so "
            "nothing can be told"
        )
    return engine


def _headline(teller: Teller, row: Any) -> str:
    members = [int(member) for member in row["member_list"]]
    return (
        f"Alliance {row['alliance']} ({row['form']}, {DEPTH_WORDS[int(row['depth'])]}, on {row['domain']}) of "
        f"{teller.listed(members)} began in {teller.month(int(row['start_month']))}."
    )


def _life(teller: Teller, row: Any) -> str:
    """What became of it, in a sentence or two."""
    burn_in = int(row["start_month"])
    parts = []
    if pd.isna(row["launch_month"]):
        parts.append(
            "its experiment was never launched" if row["stage"] == "ended" else "it is still in dialogue at the end"
        )
    else:
        parts.append(f"its experiment was launched in {teller.month(int(row['launch_month']))}")
        results = int(row["results"])
        if results:
            parts.append(f"{int(row['successes'])} of {results} yearly results were successes")
    if len(row["member_list"]) > 2 and row["origin"] != "forum":
        joined = teller.listed([int(m) for m in row["member_list"][2:]])
        parts.append(f"it recruited {joined}")
    if row["stage"] == "ended":
        cause = {
            "term": "was not renewed at its term",
            "hazard": "broke up",
            "closing": "ended with the closing of a member",
        }.get(str(row["end_cause"]), "ended")
        lived = int(row["end_month"]) - burn_in
        parts.append(f"it {cause} in {teller.month(int(row['end_month']))}, after {lived} months")
    elif row["stage"] != "dialogue":
        parts.append(f"it is {'deployed' if row['stage'] == 'deployed' else 'an experiment'} at the end of the run")
    return "What became of it: " + "; ".join(parts) + "."


# -- two organisations ------------------------------------------------------------------------------------------------


def _tell_pair(teller: Teller, alliance: int, row: Any) -> str:
    result = teller.result
    members = [int(member) for member in row["member_list"]]
    i, j = members[0], members[1]
    seen: dict[str, Any] = {}

    def before_meeting(world: Any) -> None:
        slot = find_tie(world.state, i, j)
        seen["tie"] = trust_of(world.state, i, j) if slot >= 0 else None
        seen["base"] = base_trust(world.state, i, j)

    def before_proposing(world: Any) -> None:
        state = world.state
        for meeting in state.meetings:
            if {int(meeting["a"]), int(meeting["b"])} == {i, j}:
                seen["meeting"] = meeting.copy()
                seen["weighing"] = weigh(world, int(meeting["a"]), int(meeting["b"]))
        seen["stages"] = [int(state.organisations["stage"][m]) for m in (i, j)]

    def prepare(engine: Any) -> None:
        engine.hook("meet", before_meeting, when="before")
        engine.hook("propose", before_proposing, when="before")

    engine = replay(teller, int(row["start_month"]) + result.scenario.burn_in - 1, prepare)
    state, weighing = engine.state, seen.get("weighing")
    founded = state.alliances[alliance]
    assert weighing is not None
    assert (weighing.leader.row, weighing.idea, weighing.depth) == (
        int(founded["leader"]),
        int(founded["idea"]),
        int(founded["depth"]),
    )
    return "\n\n".join(
        (
            _who_met(teller, engine, seen, i, j, int(row["start_month"])),
            _what_weighed(teller, engine, weighing),
            _what_tipped(teller, engine, weighing),
        )
    )


def _who_met(teller: Teller, engine: Any, seen: dict[str, Any], i: int, j: int, month: int) -> str:
    state, meeting = engine.state, seen["meeting"]
    a, b = int(meeting["a"]), int(meeting["b"])
    cells = state.organisations["cell"]
    x, y = state.cell_x, state.cell_y
    km = math.hypot(float(x[cells[a]] - x[cells[b]]), float(y[cells[a]] - y[cells[b]]))
    apart = "in the same square" if km == 0 else f"{km:.0f} km apart"
    if int(meeting["animator"]) >= 0:
        host = engine.world.animators[int(meeting["animator"])].name
        host = "the animator" if host == "animator" else host
        how = (
            f"introduced to each other by a local mediator of {host}"
            if float(meeting["trust"]) > 0
            else f"seated at one table of a matchmaking event of {host}"
        )
        text = f"{teller.name(a)} and {teller.name(b)} ({apart}) were {how}."
    else:
        text = f"{teller.name(a)} sought out {teller.name(b)} ({apart}); no animator had a hand in it."
    earlier = teller.result.alliances
    before = earlier[earlier["start_month"] < month]
    shared = [
        int(number)
        for number, who in zip(before["alliance"], before["member_list"], strict=True)
        if i in who and j in who
    ]
    if shared:
        text += f" They had worked together before (alliance {', '.join(map(str, shared))})."
    elif seen["tie"] is not None:
        text += f" They knew each other already (trust {seen['tie']:.2f} before this meeting)."
    else:
        text += " They had no tie before."
    words = {1: "willing", 2: "engaged elsewhere already"}
    return f"Who met whom: {text} {teller.name(i)} was {words[seen['stages'][0]]}, {teller.name(j)} {words[seen['stages'][1]]}."


def _what_weighed(teller: Teller, engine: Any, weighing: Weighing) -> str:
    state = engine.state
    rules = state.rules[0]
    keur, days = float(rules["keur_per_unit"]), float(rules["days_per_unit"])
    lead = teller.name(weighing.leader.row)
    ideas = int((state.ideas[weighing.perimeter]["cost"] > 0).sum())
    missing = weighing.needed & ~weighing.covered
    lines = [
        f"What was weighed: {lead} spoke first and brought its best of the {ideas} ideas of "
        f"{teller.place(weighing.perimeter, state)}: a project on {state.domains[weighing.domain]} that asks for "
        f"{capabilities_in_words(weighing.needed)}, {weighing.cost * keur:,.0f} k€ and {weighing.effort * days:,.0f} "
        f"person-days a year at full size. Their slack pays for {weighing.scale:.0%} of it. "
        + (f"Neither has {capabilities_in_words(missing)}" if missing else "Together they have all that it asks for")
        + f"; their trust is {weighing.trust:.2f}, enough for depth {weighing.reach_by_trust}, and their capabilities "
        f"allow depth {weighing.reach_by_capabilities}."
    ]
    for y in weighing.depths:
        e = [weighing.expectation(voice, y) for voice in (weighing.leader, weighing.partner)]
        chances = [weighing.chance(voice, y) for voice in (weighing.leader, weighing.partner)]
        mark = "  <- the largest together" if y == weighing.depth else ""
        lines.append(
            f"  depth {y} ({DEPTH_WORDS[y]}): {lead} expects {e[0]:.3f} (accepts with {chances[0]:.0%}), "
            f"{teller.name(weighing.partner.row)} {e[1]:.3f} ({chances[1]:.0%}){mark}"
        )
    return "\n".join(lines)


def _what_tipped(teller: Teller, engine: Any, weighing: Weighing) -> str:
    voices = (weighing.leader, weighing.partner)
    hesitant = min(voices, key=weighing.chance)
    sure = voices[0] if hesitant is voices[1] else voices[1]
    text = (
        f"What tipped it: both had to accept (chance {weighing.both:.0%} together). {teller.name(hesitant.row)} was the more "
        f"hesitant: it accepts with {weighing.chance(hesitant):.0%}, and its draw was {hesitant.lot:.2f}; "
        f"{teller.name(sure.row)} with {weighing.chance(sure):.0%}, its draw {sure.lot:.2f}."
    )
    effects = {name: weighing.both - other for name, other in weighing.what_if().items()}
    facts = {
        "trust": weighing.trust,
        "base": weighing.base_trust,
        "scale": weighing.scale,
        "missing": capabilities_in_words(weighing.needed & ~weighing.covered),
        "domain": engine.state.domains[weighing.domain],
    }
    helped, hindered = max(effects, key=lambda n: effects[n]), min(effects, key=lambda n: effects[n])
    if effects[helped] > 0.005:
        text += (
            f" What spoke most for it: {FACTOR_WORDS[helped].format(**facts)}; without this advantage the chance would have "
            f"been {weighing.both - effects[helped]:.0%}."
        )
    if effects[hindered] < -0.005:
        text += (
            f" What spoke most against it: {FACTOR_WORDS[hindered].format(**facts)}; without this the chance would have been "
            f"{weighing.both - effects[hindered]:.0%}."
        )
    return text
