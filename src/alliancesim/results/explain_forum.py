"""The protocol of one forum in words: who was there, what was within reach, who joined, left, led and quarrelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.catalogue import FORUM_OUTCOMES
from alliancesim.kernels.forum import EVENTS

if TYPE_CHECKING:
    from alliancesim.results.explain import Teller

ON_AGENDA = EVENTS.index("on agenda")

FAILURES = {
    "infeasible": "no idea lies within their means (half of their pooled slack) and capabilities",
    "no_agreement": "no idea gathered the quorum",
    "lost": "those who stayed could not carry the project",
    "no_leader": "nobody there could lead it, and no neutral carrier was present",
    "contest_failed": "several claimed the lead to the end and none conceded",
    "purse_failed": "they quarrelled over shares of a tight purse to the end",
}


def tell_forum(teller: Teller, forum: int, alliance: int | None = None) -> str:
    """A forum, computed again from the seed.

    Parameters
    ----------
    alliance : int, optional
        The alliance that is asked about, where the forum founded several.
    """
    from alliancesim.results.explain import replay

    row = teller.result.forums.iloc[forum]
    kept: dict[str, Any] = {}

    def prepare(engine: Any) -> None:
        def watch(event: str, details: dict[str, Any]) -> None:
            if event == "forum" and int(details["forum"]) == forum:
                kept.update(details)

        engine.world.watch = watch

    engine = replay(teller, int(row["month"]) + teller.result.scenario.burn_in - 1, prepare)
    story = Story(teller, engine, row, kept)
    return "\n".join(part for part in (story.opening(), *story.actions(alliance)) if part)


class Story:
    """One forum's protocol, told action by action."""

    def __init__(self, teller: Teller, engine: Any, row: Any, kept: dict[str, Any]) -> None:
        self.teller, self.engine, self.row = teller, engine, row
        self.rows = np.asarray(kept["rows"], dtype=np.int64)
        self.log, self.filled = kept["log"], kept["actions"]
        self.library, self.trust = kept["library"], kept["trust"]
        rules = engine.state.rules[0]
        self.keur, self.days = float(rules["keur_per_unit"]), float(rules["days_per_unit"])
        self.quorum = float(rules["quorum"])
        self.animator = "the animator" if row["animator"] == "animator" else f"the animator {row['animator']}"
        self.described: set[int] = set()

    def who(self, participant: int) -> str:
        """Name of a participant; an animator for -1."""
        return self.teller.name(int(self.rows[participant])) if participant >= 0 else self.animator

    def idea(self, number: int) -> str:
        """An idea in words, the first time in full."""
        from alliancesim.results.explain import capabilities_in_words

        if number in self.described:
            return f"idea {number}"
        self.described.add(number)
        idea = self.library[number]
        domain = self.engine.state.domains[int(idea["domain"])]
        return (
            f"idea {number} (on {domain}, {float(idea['cost']) * self.keur:,.0f} k€ and "
            f"{float(idea['effort']) * self.days:,.0f} person-days a year, asks for "
            f"{capabilities_in_words(int(idea['capabilities']))})"
        )

    def opening(self) -> str:
        """Who convened whom, and how far they trust each other."""
        row, rows = self.row, self.rows
        place = self.teller.place(int(self.engine.state.forums["perimeter"][int(row["forum"])]), self.engine.state)
        by = self.animator if row["animator"] else self.teller.name(int(row["convenor"]))
        kind = "a forum"
        if row["plenary"] >= 0:
            kind = f"a group on {row['theme']} of a plenary" if row["theme"] else "a group of a plenary"
        if row["session"] > 0:
            kind = f"session {row['session']} of a standing forum"
        if row["inhabitants"]:
            kind += " with seats for inhabitants"
        if row["level"] != "epci":
            place = f"the {row['level']} around {place}"
            if row["level"] == "commune" and len(rows):
                cell = self.engine.state.organisations["cell"][rows[0]]
                place = str(self.engine.state.labels["cell_commune_name"][cell])
        if row["animator"] and row["convenor"] >= 0:
            by += f" ({self.teller.name(int(row['convenor']))})"
        text = f"Who met whom: in {self.teller.month(int(row['month']))} {by} convened {kind} in {place} (forum {row['forum']}). "
        if not len(rows):
            return text + "Nobody committed to take part."
        text += f"{len(rows)} took part: {self.teller.mix(rows)} ({self.teller.listed(rows)})."
        if len(rows) > 1:
            upper = self.trust[np.triu_indices(len(rows), 1)]
            text += f" Their mean trust was {float(upper.mean()):.2f}."
        if self.row["inhabitants"]:
            text += " A meeting with the inhabitants came first."
        return text

    def actions(self, alliance: int | None) -> list[str]:
        """Every action sought, in order."""
        lines = self.log
        starts = [k for k in range(len(lines)) if lines[k][1] == ON_AGENDA and (k == 0 or lines[k - 1][1] != ON_AGENDA)]
        if not starts:
            if not len(self.rows):
                return ["What tipped it: without anyone committed there was nothing to agree on."]
            return [f"What tipped it: {FAILURES[str(self.row['outcome'])]}."]
        told = []
        for n, start in enumerate(starts):
            end = starts[n + 1] if n + 1 < len(starts) else len(lines)
            told.append(self._search(lines[start:end], n))
        launched = [a for a in self.filled if FORUM_OUTCOMES[int(a["outcome"])] == "launched"]
        if alliance is not None and len(launched) > 1:
            at = alliance - int(self.row["alliance"])
            if 0 <= at < len(launched):
                told.append(f"Alliance {alliance} is the one on {self.idea(int(launched[at]['idea']))}.")
        return told

    def _search(self, lines: np.ndarray, number: int) -> str:
        events = [(int(m), EVENTS[int(code)], int(who), int(idea)) for m, code, who, idea in lines]
        agenda = [idea for _, event, _, idea in events if event == "on agenda"]
        library = int((self.library["cost"] > 0).sum())
        text = [
            f"What was weighed{'' if number == 0 else ', once more'}: {len(agenda)} of {library} ideas were within their means "
            "and capabilities."
        ]
        meetings = sorted({month for month, event, _, _ in events if event == "supports"})
        joined_last: list[int] = []
        for meeting in meetings:
            line, joined = self._meeting(events, meeting)
            text.append(line)
            joined_last = joined or joined_last
        text += self._lead(events)
        text.append(self._tipped(events, joined_last, meetings))
        return "\n".join(text)

    def _meeting(self, events: list[tuple[int, str, int, int]], meeting: int) -> tuple[str, list[int]]:
        here = [event for event in events if event[0] == meeting]
        favourites: dict[int, int] = {}
        for _, event, _, idea in here:
            if event == "supports":
                favourites[idea] = favourites.get(idea, 0) + 1
        front = min(favourites, key=lambda idea: (-favourites[idea], idea))
        present = sum(favourites.values())
        line = (
            f"  meeting {meeting}: {present} present, {favourites[front]} for {self.idea(front)}"
            f"{_others(len(favourites) - 1)}."
        )
        agreed = [idea for _, event, _, idea in here if event == "agreed"]
        if len(agreed) > 1:
            line += f" They agreed on a package of {len(agreed)}."
        elif agreed:
            line += f" That is the quorum ({self.quorum:.0%}): agreed."
        did = {name: [who for _, event, who, _ in here if event == name] for name in ("joins", "leaves", "refuses")}
        if did["joins"]:
            line += f" Joined it: {self.teller.listed(self.rows[did['joins']], 4)}."
        if did["refuses"]:
            line += f" {len(did['refuses'])} kept to their own."
        if did["leaves"]:
            line += f" Left, having something better to do alone: {self.teller.listed(self.rows[did['leaves']], 4)}."
        return line, did["joins"]

    def _lead(self, events: list[tuple[int, str, int, int]]) -> list[str]:
        claims = [who for _, event, who, _ in events if event == "claims"]
        text = []
        if any(event == "delegates" for _, event, _, _ in events):
            text.append("  the collectivities there left the lead to associations.")
        if len(claims) > 1:
            text.append(f"  the lead: {len(claims)} claimed it ({self.teller.listed(self.rows[claims], 4)}).")
        elif claims:
            text.append(f"  the lead: only {self.who(claims[0])} could take it.")
        shares = [who for _, event, who, _ in events if event == "shares"]
        if shares:
            text.append(f"  all of them trusted each other enough to share it; {self.who(shares[0])} speaks for them.")
        decided = [who for _, event, who, _ in events if event == "arbitrates"]
        if decided:
            text.append(f"  whoever convened them decided for {self.who(decided[0])}.")
        conceded = [who for _, event, who, _ in events if event == "concedes"]
        if conceded:
            text.append(f"  conceded: {self.teller.listed(self.rows[conceded], 4)}.")
        carried = [who for _, event, who, _ in events if event == "carries"]
        if carried:
            alone = "" if claims else "nobody there could lead; "
            text.append(f"  {alone}{self.who(carried[0])} carries it as a neutral third.")
        quarrels = sum(event == "quarrels" for _, event, _, _ in events)
        if quarrels:
            text.append(f"  {quarrels} {'quarrel' if quarrels == 1 else 'quarrels'} over shares of the purse.")
        return text

    def _tipped(self, events: list[tuple[int, str, int, int]], joined: list[int], meetings: list[int]) -> str:
        failed = [idea for _, event, _, idea in events if event == "fails"]
        launches = [(month, who, idea) for month, event, who, idea in events if event == "launches"]
        text = "What tipped it: "
        if launches:
            month, who, idea = launches[0]
            if joined and len(meetings) > 1:
                text += f"those who came over to the front-runner ({self.teller.listed(self.rows[joined], 3)}) made the quorum"
            else:
                text += "it was the favourite of a quorum from the start"
            conceded = [p for _, event, p, _ in events if event == "concedes"]
            carried = any(event == "carries" for _, event, _, _ in events)
            contested = sum(event == "claims" for _, event, _, _ in events) > 1
            if carried and contested:
                text += ", and a neutral third took the contested lead"
            elif who in conceded:
                text += ", and as all who claimed the lead gave way in the end, the lot decided"
            elif conceded:
                text += f", and the concession of {self.teller.listed(self.rows[conceded], 2)} settled the lead"
            begins = int(self.row["month"]) + month + int(self.row["inhabitants"])
            text += (
                f". {_capital(self.who(who))} leads; they begin in {self.teller.month(begins)} with {self.idea(idea)}."
            )
            if len(launches) > 1:
                text += f" {len(launches) - 1} more of the package were launched."
        elif failed:
            outcome = FORUM_OUTCOMES[failed[-1]]
            text += FAILURES[outcome]
            if outcome == "no_agreement" and meetings:
                last = [idea for month, event, _, idea in events if event == "supports" and month == meetings[-1]]
                most = max(last.count(idea) for idea in last)
                text += f": at the last meeting {most} of {len(last)} stood behind the front-runner, {self.quorum:.0%} are needed"
            text += "."
        else:
            text += "the forum sought no further action."
        return text


def _others(ideas: int) -> str:
    return (
        "" if ideas == 0 else ", the others for another idea" if ideas == 1 else f", the others for {ideas} other ideas"
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
