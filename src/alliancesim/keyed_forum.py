"""One keyed forum of :func:`alliancesim.forums`, opened: who came, what they could do, how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alliancesim import catalogue
from alliancesim.forum_api import Deliberation, deliberation, keyed, rules_record


@dataclass(frozen=True)
class KeyedForum:
    """A keyed forum at one level of means.

    Attributes
    ----------
    deliberation : Deliberation
    participants : DataFrame
        A row a participant: ``sphere``, ``cash``, ``time``, ``structuration``, ``alone`` (worth of the best idea that it can do
        alone, without rent; 0 without any), ``best`` (worth of its favourite on the agenda, rent included).
    ideas : DataFrame
        A row an idea: ``cost``, ``effort``, ``value``, ``domain``, ``on_agenda``, ``alone`` (how many could do it alone).
    cash, time : float
        What a project may take: the pooled slack times phi.
    """

    deliberation: Deliberation
    participants: pd.DataFrame
    ideas: pd.DataFrame
    cash: float
    time: float


def keyed_forum(number: int, *, rules: Any = None, seed: int = 1, size: int = 12, domains: int = 5) -> KeyedForum:
    """Forum ``number`` of ``forums(..., seed=seed)`` under the same rules, with its protocol.

    Parameters
    ----------
    number : int
        Its key, from 0.
    rules : mapping or Rules, optional
    seed, size, domains : int

    Raises
    ------
    UserError
        For an unknown rule, or a value out of its limits.
    """
    record = rules_record(rules)
    p = record[0]
    drawn = keyed(1, record, int(seed), int(number), size, domains)
    people, ideas, setting = drawn.participants[0], drawn.ideas[0], drawn.settings[:1]
    names = tuple(f"participant {i + 1}" for i in range(size))
    titles = tuple(f"idea {m + 1}" for m in range(len(ideas)))
    # a forum spends the slack of those who launch: what was there before it is told
    held = deliberation(
        people.copy(), drawn.salience[0], drawn.shared[0], drawn.objectives[0], drawn.trust[0], ideas.copy(), record, setting,
        names, titles,
    )  # fmt: skip
    cash, time = p["phi"] * people["cash"].sum(), p["phi"] * people["time"].sum()
    union = np.bitwise_or.reduce(people["capabilities"])
    agenda = (ideas["cost"] <= cash) & (ideas["effort"] <= time) & ((ideas["capabilities"] & ~union) == 0)
    weight = float(setting["weight"][0])
    salience = domains * (weight * drawn.shared[0] + (1.0 - weight) * drawn.salience[0])
    plain = salience[:, ideas["domain"]] * ideas["value"]
    slack = np.stack([people["cash"], people["time"]])[:, :, None]
    costs = np.stack([ideas["cost"], ideas["effort"]])[:, None, :]
    able = (slack >= p["lead_slack"] * costs).all(axis=0) & (people["structuration"] >= p["lead_structuration"])[
        :, None
    ]
    worth = plain + np.where(able, float(setting["rent"][0]) * ideas["value"], 0.0)
    covered = (ideas["capabilities"][None, :] & ~people["capabilities"][:, None]) == 0
    alone = (costs <= p["phi"] * slack).all(axis=0) & covered & (p["outside_option"] > 0)
    participants = pd.DataFrame({
        "sphere": [list(catalogue.SPHERES)[s] for s in people["sphere"]], "cash": people["cash"], "time": people["time"],
        "structuration": people["structuration"], "alone": np.where(alone, plain, 0.0).max(axis=1),
        "best": np.where(agenda[None, :], worth, 0.0).max(axis=1),
    })  # fmt: skip
    library = pd.DataFrame({
        "cost": ideas["cost"], "effort": ideas["effort"], "value": ideas["value"], "domain": ideas["domain"],
        "on_agenda": agenda, "alone": alone.sum(axis=0),
    })  # fmt: skip
    return KeyedForum(held, participants, library, float(cash), float(time))
