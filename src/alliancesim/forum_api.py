"""A forum alone: one deliberation with its whole protocol, or the outcomes of many (SPEC section 4).

``forum`` takes participants and ideas as tables and tells who supported what, who left, who claimed the lead; ``forums``
draws keyed forums "in vitro": forum number n has the same people and the same ideas at every level of resources, so that
what differs between two levels is the level.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alliancesim import catalogue, parameters
from alliancesim.errors import UserError
from alliancesim.kernels import forum as kernels
from alliancesim.kernels.forum_tables import ACTION, EVENTS, PARTICIPANT, SETTING
from alliancesim.kernels.invitro import draw_forums
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import IDEA, NOBODY
from alliancesim.rules.keys import fold, stream_key

MOST = 60
CHUNK = 2_000
_LOG_ROOM = 20_000
OUTCOME_COLUMNS = (
    "months", "meetings", "rounds", "quarrels", "claimants", "aboard", "feasible", "able", "depth", "tightness",
    "trust_lost", "carried", "reached",
)  # fmt: skip


@dataclass(frozen=True)
class Deliberation:
    """One forum and how it went.

    Attributes
    ----------
    outcome : str
        "launched", or the cause of failure of the first action sought.
    months : int
        From the convening to the first launch, or to the failure.
    protocol : DataFrame
        A line an event: month, event, participant, idea.
    actions : DataFrame
        A line an action sought: idea, outcome, leader, supporters, depth, months, meetings, rounds, quarrels ...
    trust : (n, n) float64
        Trust after the forum.
    """

    outcome: str
    months: int
    protocol: pd.DataFrame
    actions: pd.DataFrame
    participants: tuple[str, ...]
    ideas: tuple[str, ...]
    trust: np.ndarray

    def tell(self) -> str:
        """The forum in words."""
        lines = []
        agenda = self.protocol[self.protocol["event"] == "on agenda"]
        lines.append(
            f"{len(self.participants)} came; {agenda['idea'].nunique()} of {len(self.ideas)} ideas are within their means."
        )
        talk = self.protocol[~self.protocol["event"].isin(["on agenda"])]
        for month, part in talk.groupby("month", sort=True):
            votes = part[part["event"] == "supports"]
            said = []
            if len(votes):
                counts = votes["idea"].value_counts()
                said.append("support: " + ", ".join(f"{idea} {count}" for idea, count in counts.items()))
            for row in part[part["event"] != "supports"].itertuples():
                said.append(_SENTENCES[row.event].format(who=row.participant, idea=row.idea))
            lines.append(f"Month {month}: " + "; ".join(said) + ".")
        words = self.outcome.replace("_", " ")
        lines.append(f"Outcome: {words}" + (f" after {self.months} months." if self.outcome == "launched" else "."))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        text = "<br>".join(html.escape(line) for line in self.tell().splitlines())
        return f"<p>{text}</p>{self.actions.to_html()}"


_SENTENCES = {
    "agreed": "{idea} is agreed",
    "joins": "{who} joins {idea}",
    "refuses": "{who} refuses {idea}",
    "leaves": "{who} leaves (it can do better alone)",
    "claims": "{who} claims the lead of {idea}",
    "concedes": "{who} gives up its claim",
    "leads": "{who} leads {idea}",
    "carries": "{who} carries {idea} as a neutral party",
    "quarrels": "a quarrel over the shares of {idea}",
    "launches": "{idea} is launched",
    "fails": "the forum fails",
    "delegates": "collectivities leave the lead of {idea} to associations",
    "shares": "the claimants trust each other enough to share the lead of {idea}",
    "arbitrates": "whoever convened decides for {who}",
}


def rules_record(rules: Any) -> np.ndarray:
    """Record of parameters from a dict of overrides, a scenario's rules, or nothing.

    Raises
    ------
    UserError
        For an unknown name or a value out of its hard limits.
    """
    if rules is None:
        return parameters.record()
    if isinstance(rules, np.ndarray):
        return rules.copy()
    given = dict(rules) if isinstance(rules, Mapping) else dict(vars(rules))
    for name, value in given.items():
        if name not in parameters.BY_NAME:
            raise UserError(f"rules.{name}: unknown, expected a name of `alliancesim list parameters`")
        known = parameters.BY_NAME[name]
        number = float(value)
        if not known.minimum <= number <= known.maximum:
            raise UserError(f"rules.{name}: found {value!r}, expected from {known.minimum:g} to {known.maximum:g}")
    return parameters.record(given)


def forum(
    participants: pd.DataFrame | Sequence[Mapping[str, Any]],
    ideas: pd.DataFrame | Sequence[Mapping[str, Any]],
    rules: Any = None,
    seed: int = 1,
    *,
    needs: Mapping[str, float] | None = None,
    trust: float | np.ndarray | None = None,
    neutrality: float = 0.0,
    shared_weight: float | None = None,
    meetings: int | None = None,
    actions: int | None = None,
    two_phase: bool = False,
    convenor: int | None = None,
) -> Deliberation:
    """One deliberation with its whole protocol.

    Parameters
    ----------
    participants : table
        2 to 60 rows. ``sphere`` or ``kind`` (of the catalogue), ``cash``, ``time`` (reference slack; default that of the kind),
        ``structuration`` (default 0.6), ``capabilities`` (words joined by ``|``, or a list; default the kind's typical ones),
        ``salience_<domain>`` (default equal), ``name``, ``neutrality``.
    ideas : table
        ``domain``, ``cost``, ``effort`` (reference slack), ``value``, ``capabilities``; ``name`` optional.
    rules : mapping or Rules, optional
        Parameters that differ from their defaults.
    needs : mapping, optional
        Need by domain; default equal.
    trust : float or (n, n) array, optional
        Default: base trust of two organisations that just met.
    neutrality : float
        Of an animator that convenes: lowers the rent of leading, and it can carry a contested lead.
    two_phase : bool
        Collectivities join for the last two meetings only.
    convenor : int, optional
        Row of the participant that convened (where ``rules`` switch arbitration on, it decides).

    Raises
    ------
    UserError
        For a column or value that cannot be used.
    """
    record = rules_record(rules)
    people, things = _table(participants, "participants"), _table(ideas, "ideas")
    if not 2 <= len(people) <= MOST:
        raise UserError(f"participants: found {len(people)} rows, expected from 2 to {MOST}")
    for column in ("domain", "cost", "effort", "value", "capabilities"):
        if column not in things:
            raise UserError(f"ideas: column {column!r} is missing")
    domains = tuple(dict.fromkeys([*(needs or {}), *(str(d) for d in things["domain"])])) or catalogue.DOMAINS
    table = _participants(people, record, two_phase, meetings)
    salience = _salience(people, domains)
    library = _ideas(things, domains)
    n = len(people)
    spheres = table["sphere"]
    base = float(record["trust0"][0])
    between = base * (1.0 - float(record["prejudice"][0]))
    matrix = np.where(spheres[:, None] == spheres[None, :], base, between)
    if trust is not None:
        matrix = np.broadcast_to(np.asarray(trust, dtype=float), (n, n)).copy()
        if not ((matrix >= 0.0) & (matrix <= 1.0)).all() or not np.array_equal(matrix, matrix.T):
            raise UserError("trust: expected numbers from 0 to 1, the same for both of a pair")
    level = np.array([float((needs or {}).get(domain, 0.0 if needs else 1.0)) for domain in domains])
    if (level < 0.0).any():
        raise UserError("needs: expected numbers of 0 or more")
    shared = level / level.sum() if level.sum() > 0 else np.zeros(len(domains))
    setting = np.zeros(1, dtype=SETTING)
    setting["key"] = fold(stream_key(int(seed), STREAMS["invitro"], 1), 0)
    setting["rent"] = float(record["psi"][0]) * (1.0 - neutrality)
    setting["carrier"] = neutrality
    setting["weight"] = float(record["shared_weight"][0]) if shared_weight is None else shared_weight
    setting["meetings"] = int(record["r_max"][0]) if meetings is None else int(meetings)
    setting["actions"] = int(record["actions_per_forum"][0]) if actions is None else int(actions)
    if convenor is not None and not 0 <= convenor < len(people):
        raise UserError(f"convenor: found {convenor!r}, expected a row of participants, from 0 to {len(people) - 1}")
    setting["convenor"] = NOBODY if convenor is None else convenor
    objectives = np.full((n, 4), 0.25)
    names = tuple(people["name"].astype(str)) if "name" in people else tuple(f"participant {i + 1}" for i in range(n))
    titles = (
        tuple(things["name"].astype(str)) if "name" in things else tuple(f"idea {m + 1}" for m in range(len(things)))
    )
    return deliberation(table, salience, shared, objectives, matrix, library, record, setting, names, titles)


def deliberation(
    table: np.ndarray,
    salience: np.ndarray,
    shared: np.ndarray,
    objectives: np.ndarray,
    trust: np.ndarray,
    library: np.ndarray,
    record: np.ndarray,
    setting: np.ndarray,
    names: tuple[str, ...],
    titles: tuple[str, ...],
) -> Deliberation:
    """One forum, given as kernels take it, with its protocol; trust is changed in place."""
    filled_actions, room = np.zeros(10, dtype=ACTION), np.zeros((_LOG_ROOM, 4), dtype=np.int64)
    filled = kernels.deliberate(
        table, salience, shared, objectives, catalogue.OBJECTIVE_BENEFITS, trust, library, record, setting, filled_actions, room,
    )  # fmt: skip
    actions, log = filled_actions[:filled], room[1 : 1 + room[0, 0]]

    def who(row: int) -> str:
        return names[row] if row >= 0 else ("the animator" if row == -1 else "")

    protocol = pd.DataFrame(
        {
            "month": log[:, 0],
            "event": [EVENTS[code] for code in log[:, 1]],
            "participant": [names[row] if row >= 0 else "the animator" for row in log[:, 2]],
            "idea": [
                titles[m] if 0 <= m < len(titles) and EVENTS[code] != "fails" else "" for code, m in log[:, [1, 3]]
            ],
        }
    )
    rows = []
    for action in actions:
        bits = int(action["supporters"])
        rows.append(
            {
                "idea": titles[action["idea"]] if action["idea"] >= 0 else "",
                "outcome": catalogue.FORUM_OUTCOMES[action["outcome"]],
                "leader": who(int(action["leader"])),
                "supporters": [name for i, name in enumerate(names) if bits >> i & 1],
                **{name: action[name].item() for name in OUTCOME_COLUMNS},
            }
        )
    first = actions[0]
    return Deliberation(
        outcome=catalogue.FORUM_OUTCOMES[first["outcome"]],
        months=int(first["months"]),
        protocol=protocol,
        actions=pd.DataFrame(rows),
        participants=names,
        ideas=titles,
        trust=trust,
    )


def _table(given: Any, word: str) -> pd.DataFrame:
    frame = given.reset_index(drop=True).copy() if isinstance(given, pd.DataFrame) else pd.DataFrame(list(given))
    if not len(frame):
        raise UserError(f"{word}: found no row")
    return frame


def _number(frame: pd.DataFrame, column: str, default: np.ndarray, low: float, high: float, word: str) -> np.ndarray:
    if column not in frame:
        return default
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    if word == "participants":  # what a participant leaves out is the default
        values = np.where(frame[column].isna().to_numpy(), default, values)
    bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if bad.any():
        row = int(np.argmax(bad))
        raise UserError(
            f"{word}, row {row + 1}, {column}: found {frame[column][row]!r}, expected from {low:g} to {high:g}"
        )
    return values


def _capability_bits(value: Any, word: str) -> int:
    words = value.split("|") if isinstance(value, str) else list(value)
    bits = 0
    for name in (str(w).strip() for w in words):
        if name and name not in catalogue.CAPABILITIES:
            raise UserError(f"{word}: found capability {name!r}, expected of {', '.join(catalogue.CAPABILITIES)}")
        if name:
            bits |= 1 << catalogue.CAPABILITIES.index(name)
    return bits


def _participants(frame: pd.DataFrame, record: np.ndarray, two_phase: bool, meetings: int | None) -> np.ndarray:
    n = len(frame)
    table = np.zeros(n, dtype=PARTICIPANT)
    typical = {"association": "small_employer", "firm": "pme", "collectivity": "commune"}
    kinds = []
    for row in range(n):
        kind = frame["kind"][row] if "kind" in frame else None
        sphere = frame["sphere"][row] if "sphere" in frame else None
        if not isinstance(kind, str):
            kind = typical.get(sphere, "") if isinstance(sphere, str) else ""
        if kind not in catalogue.KIND_INDEX:
            raise UserError(
                f"participants, row {row + 1}: found no known kind or sphere, expected kind of "
                f"{', '.join(catalogue.KIND_NAMES)}, or sphere of {', '.join(catalogue.SPHERES)}"
            )
        kinds.append(catalogue.KINDS[catalogue.KIND_INDEX[kind]])
    table["key"] = [fold(0, row) for row in range(n)]
    cash = np.array([kind.cash * kind.discretion / catalogue.MEAN_CASH for kind in kinds])
    time = np.array([kind.time / catalogue.MEAN_TIME for kind in kinds])
    table["cash"] = _number(frame, "cash", cash, 0.0, 1e9, "participants")
    table["time"] = _number(frame, "time", time, 0.0, 1e9, "participants")
    table["structuration"] = _number(frame, "structuration", np.full(n, 0.6), 0.0, 1.0, "participants")
    table["neutrality"] = _number(
        frame, "neutrality", np.array([k.neutrality for k in kinds]), 0.0, 1.0, "participants"
    )
    table["belief"] = _number(frame, "belief", np.ones(n), 0.0, 100.0, "participants")
    table["burden"] = float(record["coordination_cost"][0])
    table["joins"] = 1
    table["free"] = 100
    table["row"] = np.arange(n)
    table["sphere"] = [kind.sphere for kind in kinds]
    for row in range(n):
        words = frame["capabilities"][row] if "capabilities" in frame else None
        if not isinstance(words, str | list | tuple | set | frozenset):
            words = kinds[row].capabilities
        table["capabilities"][row] = _capability_bits(words, f"participants, row {row + 1}, capabilities")
    if two_phase:
        most = int(record["r_max"][0]) if meetings is None else int(meetings)
        table["joins"][table["sphere"] == catalogue.COLLECTIVITY] = max(1, most - 1)
    return table


def _salience(frame: pd.DataFrame, domains: tuple[str, ...]) -> np.ndarray:
    values = np.column_stack(
        [_number(frame, f"salience_{d}", np.ones(len(frame)), 0.0, 1e9, "participants") for d in domains]
    )
    total = values.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(np.where(total > 0, values / np.where(total > 0, total, 1.0), 1.0 / len(domains)))


def _ideas(frame: pd.DataFrame, domains: tuple[str, ...]) -> np.ndarray:
    library = np.zeros(len(frame), dtype=IDEA)
    none = np.zeros(len(frame))
    library["cost"] = _number(frame, "cost", none, 1e-12, 1e12, "ideas")
    library["effort"] = _number(frame, "effort", none, 1e-12, 1e12, "ideas")
    library["value"] = _number(frame, "value", none, 0.0, 1e12, "ideas")
    library["domain"] = [domains.index(str(domain)) for domain in frame["domain"]]
    for row in range(len(frame)):
        word = f"ideas, row {row + 1}, capabilities"
        library["capabilities"][row] = _capability_bits(frame["capabilities"][row], word)
    return library


def _kind_table() -> tuple[np.ndarray, np.ndarray]:
    """Kinds as rows of numbers, sorted by sphere, with the cumulated share of each in its sphere (national densities)."""
    rows, bounds = [], [0]
    for sphere in range(3):
        mine = [kind for kind in catalogue.KINDS if kind.sphere == sphere]
        total = sum(kind.national_density for kind in mine)
        share = 0.0
        for kind in mine:
            share += kind.national_density / total
            bits = sum(1 << catalogue.CAPABILITIES.index(c) for c in kind.capabilities)
            cash, time = kind.cash * kind.discretion / catalogue.MEAN_CASH, kind.time / catalogue.MEAN_TIME
            rows.append((cash, time, kind.structuration, bits, kind.neutrality, sphere, share))
        bounds.append(len(rows))
    return np.array(rows, dtype=float), np.array(bounds, dtype=np.int64)


def forums(
    n: int,
    *,
    r_fin: float | None = None,
    r_hum: float | None = None,
    r_str: float | None = None,
    rules: Any = None,
    seed: int = 1,
    first: int = 0,
    size: int = 12,
    domains: int = 5,
    trust: float | None = None,
    neutrality: float = 0.0,
    threads: int = 1,
) -> pd.DataFrame:
    """Outcomes of ``n`` keyed forums in vitro.

    Forum ``first + i`` has the same people and ideas whatever the rules, and at every level of ``r_fin``, ``r_hum`` and
    ``r_str``: what differs between two tables is the level.

    Parameters
    ----------
    n : int
    r_fin, r_hum, r_str : float, optional
        Levels of resources; default those of ``rules``.
    rules : mapping or Rules, optional
    size : int
        Participants, 50/30/20 by sphere (``rules.invite_*``); 2 to 60.
    trust : float, optional
        Trust of every pair; default base trust.
    neutrality : float
        Of the convenor.
    threads : int
        Results do not depend on it.

    Returns
    -------
    DataFrame
        One row a forum: ``outcome`` (word), months, meetings, rounds, quarrels, claimants, aboard, feasible, able, depth,
        tightness, trust_lost, carried, reached.

    Raises
    ------
    UserError
        For a value out of its limits.
    """
    record = rules_record(rules)
    levels = {"r_fin": r_fin, "r_hum": r_hum, "r_str": r_str}
    for name, value in levels.items():
        if value is not None:
            known = parameters.BY_NAME[name]
            if not known.minimum <= float(value) <= known.maximum:
                raise UserError(f"{name}: found {value!r}, expected from {known.minimum:g} to {known.maximum:g}")
            record[name] = float(value)
    if int(n) < 1:
        raise UserError(f"n: found {n!r}, expected 1 or more")
    if not 2 <= int(size) <= MOST:
        raise UserError(f"size: found {size!r}, expected from 2 to {MOST}")
    outcomes = np.zeros(int(n), dtype=ACTION)
    starts = list(range(0, int(n), CHUNK))

    def work(start: int) -> None:
        count = min(CHUNK, int(n) - start)
        _many(
            outcomes[start : start + count],
            record,
            int(seed),
            int(first) + start,
            int(size),
            domains,
            trust,
            neutrality,
        )

    if threads > 1:
        work(starts[0])
        with ThreadPoolExecutor(int(threads)) as pool:
            list(pool.map(work, starts[1:]))
    else:
        for start in starts:
            work(start)
    words = np.array(catalogue.FORUM_OUTCOMES)
    table = {
        "forum": np.arange(int(first), int(first) + int(n)),
        "outcome": pd.Categorical(words[outcomes["outcome"]], words),
    }
    table.update({name: outcomes[name] for name in OUTCOME_COLUMNS})
    return pd.DataFrame(table)


KNOWN_BEFORE = ("log_cash", "log_time", "structuration", "capabilities", "likeness", "cheapest")
"""What is known of a forum before anybody speaks: see :func:`forums_again`."""


def forums_again(
    n: int,
    replays: int,
    *,
    rules: Any = None,
    seed: int = 1,
    size: int = 12,
    domains: int = 5,
    trust: float | None = None,
    neutrality: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same keyed forums in vitro, held several times: same people and ideas, other draws of what they do.

    Parameters
    ----------
    n, replays : int
        Forums, and how many times more each is held.
    rules, seed, size, domains, trust, neutrality
        As in :func:`forums`.

    Returns
    -------
    tuple of ndarray
        ``launched`` (1 + replays, n) bool, the first row as :func:`forums` gives it; ``feasible`` (n,) bool, whether there was an
        agenda (the same each time); ``known`` (n, 6), columns of ``KNOWN_BEFORE``: log of the pooled cash and time, mean
        structuration, capabilities present of six, mean likeness of the participants' saliences (scalar product, by pair), and
        log of the cheapest idea's cost.
    """
    record = rules_record(rules)
    if int(n) < 1 or int(replays) < 1:
        raise UserError(f"n, replays: found {n!r}, {replays!r}, expected 1 or more of each")
    launched = np.zeros((1 + int(replays), int(n)), dtype=np.bool_)
    known = np.zeros((int(n), len(KNOWN_BEFORE)))
    outcomes = np.zeros(int(n), dtype=ACTION)
    feasible = np.zeros(int(n), dtype=np.bool_)
    for again in range(1 + int(replays)):
        outcomes[:] = np.zeros(1, dtype=ACTION)
        for start in range(0, int(n), CHUNK):
            part = slice(start, min(int(n), start + CHUNK))
            _many(
                outcomes[part], record, int(seed), start, int(size), domains, trust, neutrality, again=again,
                known=known[part] if again == 0 else None,
            )  # fmt: skip
        launched[again] = outcomes["outcome"] == kernels.LAUNCHED
        if again == 0:
            feasible[:] = outcomes["feasible"] > 0
    return launched, feasible, known


def _known_before(participants: np.ndarray, salience: np.ndarray, ideas: np.ndarray, known: np.ndarray) -> None:
    """Writes the columns of ``KNOWN_BEFORE``."""
    n = participants.shape[1]
    known[:, 0] = np.log(participants["cash"].sum(axis=1) + 1e-9)
    known[:, 1] = np.log(participants["time"].sum(axis=1) + 1e-9)
    known[:, 2] = participants["structuration"].mean(axis=1)
    present = np.bitwise_or.reduce(participants["capabilities"], axis=1)
    known[:, 3] = [bin(int(bits)).count("1") for bits in present]
    total = salience.sum(axis=1)
    own = (salience**2).sum(axis=(1, 2))
    known[:, 4] = ((total**2).sum(axis=1) - own) / (n * (n - 1))
    known[:, 5] = np.log(ideas["cost"].min(axis=1))


def _many(
    outcomes: np.ndarray,
    record: np.ndarray,
    seed: int,
    first: int,
    size: int,
    domains: int,
    trust: float | None,
    neutrality: float,
    *,
    again: int = 0,
    known: np.ndarray | None = None,
) -> None:
    """Draw and resolve one chunk of forums; writes outcomes.

    ``again`` above 0 holds them with other draws of what people do; ``known`` takes what is known before.
    """
    drawn = keyed(len(outcomes), record, seed, first, size, domains, trust, neutrality)
    if again:
        drawn.settings["key"] = [fold(int(key), again) for key in drawn.settings["key"]]
    if known is not None:
        _known_before(drawn.participants, drawn.salience, drawn.ideas, known)
    kernels.deliberate_many(
        drawn.participants, drawn.salience, drawn.shared, drawn.objectives, catalogue.OBJECTIVE_BENEFITS, drawn.trust,
        drawn.ideas, record, drawn.settings, outcomes, 0, len(outcomes),
    )  # fmt: skip


@dataclass(frozen=True)
class Keyed:
    """Keyed forums as kernels take them; the first axis of each array counts forums."""

    participants: np.ndarray
    salience: np.ndarray
    shared: np.ndarray
    objectives: np.ndarray
    trust: np.ndarray
    ideas: np.ndarray
    settings: np.ndarray


def keyed(
    number: int,
    record: np.ndarray,
    seed: int,
    first: int,
    size: int = 12,
    domains: int = 5,
    trust: float | None = None,
    neutrality: float = 0.0,
) -> Keyed:
    """Who comes to keyed forums ``first`` and on, what they know of each other and what they could do."""
    p = record[0]
    library = int(p["library_size"])
    participants, settings = np.zeros((number, size), dtype=PARTICIPANT), np.zeros(number, dtype=SETTING)
    salience, shared = np.zeros((number, size, domains)), np.zeros((number, domains))
    objectives, matrix = np.zeros((number, size, 4)), np.zeros((number, size, size))
    ideas = np.zeros((number, library), dtype=IDEA)
    associations = round(size * float(p["invite_association"]))
    firms = min(size - associations, round(size * float(p["invite_firm"])))
    quotas = np.array([associations, firms, size - associations - firms], dtype=np.int64)
    kinds, bounds = _kind_table()
    given = -1.0 if trust is None else float(trust)
    draw_forums(
        kinds, bounds, quotas, record, np.array([STREAMS["invitro"]]), seed, first, given, participants, salience, shared,
        objectives, matrix, ideas, settings,
    )  # fmt: skip
    settings["rent"] = float(p["psi"]) * (1.0 - neutrality)
    settings["carrier"] = neutrality
    settings["weight"] = p["shared_weight"]
    settings["meetings"] = int(p["r_max"])
    settings["actions"] = int(p["actions_per_forum"])
    settings["convenor"] = NOBODY
    return Keyed(participants, salience, shared, objectives, matrix, ideas, settings)


def ease(table: pd.DataFrame, horizon: int = 12) -> dict[str, float]:
    """Ease of a table of forums (SPEC section 4, fixed before any result).

    Parameters
    ----------
    table : DataFrame
        What :func:`forums` returns.
    horizon : int
        Months at which the restricted mean stops.

    Returns
    -------
    dict
        ``speed`` (mean months to launch of those that launched; compare levels on the forums that launch at all of them),
        ``launch_if_feasible``, ``launch``, ``feasible``, ``restricted_months`` (forums that do not launch count the horizon),
        ``aboard`` (participants aboard at launch), and the share of each cause of failure.
    """
    launched = (table["outcome"] == "launched").to_numpy()
    feasible = (table["feasible"] > 0).to_numpy()
    months = np.where(launched, np.minimum(table["months"].to_numpy(), horizon), horizon)
    result = {
        "speed": float(table["months"].to_numpy()[launched].mean()) if launched.any() else float("nan"),
        "launch_if_feasible": float(launched[feasible].mean()) if feasible.any() else float("nan"),
        "launch": float(launched.mean()),
        "feasible": float(feasible.mean()),
        "restricted_months": float(months[feasible].mean()) if feasible.any() else float("nan"),
        "aboard": float(table["aboard"].to_numpy()[launched].mean()) if launched.any() else float("nan"),
    }
    for cause in catalogue.FORUM_OUTCOMES[1:]:
        result[cause] = float((table["outcome"] == cause).mean())
    return result
