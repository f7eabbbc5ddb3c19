"""Futures: a seed, parameters of the rules and prices of levers, each drawn or not.

A future of kind ``whole`` draws everything that is assumed, one of kind ``levers`` only effects and prices of levers, one of
kind ``luck`` nothing: its numbers are the defaults, and only chance differs from the next.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from alliancesim.levers import BY_NAME
from alliancesim.parameters import uncertain_parameters
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.scenario import Scenario
from alliancesim.scenario.uncertainty import NONE, POSTERIOR, draw, posterior_path

KINDS = ("whole", "levers", "luck")
CORE = (
    "resources", "start", "renew_means", "raise_awareness", "meet", "convene", "forum", "propose", "execute", "learn",
    "renew_or_exit", "identify", "levers",
)  # fmt: skip
"""Groups of parameters that act without any extension."""
EFFECTS = tuple(one.name for one in uncertain_parameters() if one.group == "levers")
"""Parameters that say what levers do."""

_PRICES = 0xFEE5  # stream of the draws of prices, beside those of the model


@dataclass(frozen=True)
class Future:
    """One future.

    Attributes
    ----------
    kind : {"whole", "levers", "luck"}
    number : int
        Seed of its run, and number of its draws.
    """

    kind: str
    number: int


def default_sample() -> str:
    """Where assumed numbers come from unless asked otherwise: the package's posterior, or the priors where it has none."""
    return POSTERIOR if posterior_path().is_file() else "prior"


def factors(future: Future) -> dict[str, float]:
    """What the price of each lever is multiplied by in a future.

    Triangular between the bounds of the catalogue, most likely at its price; 12 significant digits, so that no machine's
    last bit matters.
    """
    if future.kind == "luck":
        return {}
    found = {}
    for name, lever in BY_NAME.items():
        word = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
        share = uniform(fold(stream_key(future.number, _PRICES, 0), word))
        low, mode, high = lever.low_keur, lever.cost_keur, lever.high_keur
        if share < (mode - low) / (high - low):
            value = low + math.sqrt(share * (high - low) * (mode - low))
        else:
            value = high - math.sqrt((1.0 - share) * (high - low) * (high - mode))
        found[name] = float(f"{value / mode:.12g}")
    return found


def settled(base: Scenario, future: Future) -> Scenario:
    """The scenario of a future without animation: its seed, and parameters as they were drawn, now given.

    Parameters
    ----------
    base : Scenario
        Place, months, and where the numbers of whole futures come from. Parameters that it gives are drawn in no future.
    future : Future
    """
    changes: dict[str, Any] = {"seed": future.number}
    if future.kind != "whole":
        given = {name: float(getattr(base.rules, name)) for name in base.uncertainty.fixed or ()}
        changes["uncertainty"] = {"sample": NONE, "row": None, "fixed": None, "drawn": None, "digest": None}
        plain = {one.name: one.default for one in uncertain_parameters()} | given
        if future.kind == "levers":
            drawn = draw("prior", future.number, given)
            plain |= {name: drawn[name] for name in EFFECTS if name in drawn}
        changes |= {f"rules.{name}": value for name, value in plain.items()}
    return base.replace(**changes).given()


def numbers(run: Scenario, future: Future) -> dict[str, float]:
    """What differs between futures and acts without an extension: ``rules.<name>``, ``price.<lever>`` (kEUR once, or a year)."""
    found = {
        f"rules.{one.name}": float(getattr(run.rules, one.name)) for one in uncertain_parameters() if one.group in CORE
    }
    found |= {f"price.{name}": factor * BY_NAME[name].cost_keur for name, factor in factors(future).items()}
    return found
