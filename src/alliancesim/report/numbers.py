"""The numbers behind a report, each marked data, source, assumption or to be calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliancesim import levers as levers_
from alliancesim import parameters
from alliancesim.report.findings import DAY_KEUR, doses
from alliancesim.report.vocabulary import COLUMNS, LEVERS, PARAMETERS_FR, TYPES
from alliancesim.report.words import Language

if TYPE_CHECKING:
    from alliancesim.scenario import Scenario

ORDER = ("scenario", "D", "S", "C", "A")
"""Types of parameters, in the order of the table."""


@dataclass(frozen=True)
class Number:
    """One number behind.

    Attributes
    ----------
    name, key : str
        In words; in the configs (empty for what is no key).
    values : tuple of float
        Values in the scenarios; none for a column of the territory.
    unit : str
        "k€" or nothing.
    low, high : float or None
        Range in which it might as well lie; None where there is none.
    kind : str
        Key of ``TYPES``.
    changed_from : float or None
        Default, where a scenario has another value.
    """

    name: str
    key: str
    values: tuple[float, ...]
    unit: str
    low: float | None
    high: float | None
    kind: str
    changed_from: float | None = None


def facts(scenarios: list[Scenario], territory: Any, varied: dict[str, list[float]], words: Language) -> list[Number]:
    """Columns of the territory, costs of levers in use, all parameters.

    Parameters
    ----------
    scenarios : list of Scenario
    territory : Territory
    varied : dict
        Parameters that a design varies, with all values they took (scenarios may be a sample).
    words : Language
    """
    return [*_columns(territory, words), *_costs(scenarios, words), *_parameters(scenarios, varied, words)]


def _columns(territory: Any, words: Language) -> list[Number]:
    made = set(territory.synthetic)
    found = []
    for name, shown in COLUMNS.items():
        if name == "organisations":
            rule = bool(territory.generate)
        elif name == "needs":
            rule = any(column.startswith("need_") for column in made)
        else:
            rule = name in made
        text = words.pick(shown)
        if name == "population" and not rule and territory.origin == "real":
            text += (
                " (par commune ; règle à l’intérieur d’une commune)"
                if words.french
                else " (by commune; a rule inside a commune)"
            )
        found.append(Number(words.spaced(text), "", (), "", None, None, "rule" if rule else "D"))
    return found


def _costs(scenarios: list[Scenario], words: Language) -> list[Number]:
    used: dict[str, set[float]] = {}
    for scenario in scenarios:
        for dose in doses(scenario):
            used.setdefault(dose.lever, set()).add(dose.keur)
    found = []
    for lever in levers_.LEVERS:
        if lever.name in used:
            once = lever.per_year > 0
            what = words.pick(LEVERS[lever.name])
            text = (
                f"coût : {what} ({'une occurrence' if once else 'une année'})"
                if words.french else f"cost: {what} ({'one occurrence' if once else 'a year'})"
            )  # fmt: skip
            values = tuple(sorted(used[lever.name]))
            changed = lever.cost_keur if values != (lever.cost_keur,) else None
            found.append(Number(words.spaced(text), "", values, "k€", lever.low_keur, lever.high_keur, "A", changed))
    if found:
        text = (
            "coût d’une journée de travail d’un animateur" if words.french else "cost of a working day of an animator"
        )
        found.append(Number(text, "", (DAY_KEUR,), "k€", None, None, "A"))
    return found


def _parameters(scenarios: list[Scenario], varied: dict[str, list[float]], words: Language) -> list[Number]:
    found = []
    for one in parameters.PARAMETERS:
        if one.switch:
            continue
        values = varied.get(one.name) or sorted({float(getattr(scenario.rules, one.name)) for scenario in scenarios})
        text = words.spaced(PARAMETERS_FR.get(one.name, one.doc)) if words.french else one.doc
        low, high = (one.low, one.high) if one.high > one.low else (None, None)
        changed = one.default if one.kind != "scenario" and values != [one.default] else None
        found.append(Number(text, f"rules.{one.name}", tuple(values), "", low, high, one.kind, changed))
    return sorted(found, key=lambda number: ORDER.index(number.kind))


def rows(found: list[Number], words: Language) -> list[dict[str, str]]:
    """Rows of the table of the page."""
    return [
        {
            "name": one.name,
            "key": one.key,
            "value": _value(one, words),
            "range": _range(one, words),
            "kind": words.pick(TYPES[one.kind]),
        }
        for one in found
    ]


def numbers(scenarios: list[Scenario], territory: Any, varied: dict[str, list[float]], words: Language) -> Behind:
    """Facts and rows together."""
    found = facts(scenarios, territory, varied, words)
    return Behind(found, rows(found, words))


@dataclass(frozen=True)
class Behind:
    """Numbers as facts (for the spreadsheet) and as rows of words (for the page)."""

    facts: list[Number]
    rows: list[dict[str, str]]


def _value(one: Number, words: Language) -> str:
    if not one.values:
        return ""
    if len(one.values) > 4:
        low, high = words.number(one.values[0]), words.number(one.values[-1])
        text = f"de {low} à {high}" if words.french else f"{low} to {high}"
    else:
        text = (" ; " if words.french else "; ").join(words.number(value, 4) for value in one.values)
    text = f"{text} {one.unit}" if one.unit else text
    if one.changed_from is not None:
        default = words.number(one.changed_from, 4)
        text += f" (modifié ; {default} par défaut)" if words.french else f" (changed; default {default})"
    return words.spaced(text)


def _range(one: Number, words: Language) -> str:
    if one.low is None or one.high is None:
        return "–" if one.values else ""
    text = f"{words.number(one.low)} – {words.number(one.high)}"
    return words.spaced(f"{text} {one.unit}" if one.unit else text)
