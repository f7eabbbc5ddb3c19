"""The extensions of the model (SPEC section 5): what each one does, where, and what switches it on.

Each is off by default and then exactly absent: a run without it has the same bits as a model that never had it. The rule of
an extension stands in ``alliancesim/rules/extensions/<name>.py`` (and, where it acts inside a loop over organisations, in
``alliancesim/kernels/extensions/<name>.py``); the phase that it belongs to calls it by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Extension:
    """One extension.

    Attributes
    ----------
    name : str
    doc : str
        What it does, in one sentence.
    phase : str
        Phases in which it acts.
    on : dict of str to float
        Parameters that switch it on, with a value at which it is on; empty where a lever or a scenario key does.
    key : str
        What switches it on otherwise.
    source : str
    """

    name: str
    doc: str
    phase: str
    on: dict[str, float]
    source: str
    key: str = ""


EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "governance",
        "claimants who trust each other share the lead; the convenor arbitrates; a collectivity delegates to an association",
        "convene",
        {"co_leadership": 1, "arbitration": 1, "delegation": 1},
        "SOURCE M70, M80",
    ),
    Extension("closure", "some meetings are with a partner of a partner", "meet", {"closure_q": 0.2}, "SPEC section 5"),
    Extension(
        "perimeters",
        "one convenes at a zone, commune, EPCI, department or region; crossing perimeters costs; domains have an extent",
        "convene",
        {"perimeters": 1},
        "SOURCE M06, M19",
    ),
    Extension(
        "inhabitants",
        "inhabitants have seats: projects fit better, take a meeting more, serve deprived cells; civic capacity grows",
        "convene, execute",
        {"inhabitants": 1},
        "SOURCE M31, M55",
        "option inhabitants of the lever forum",
    ),
    Extension(
        "demography",
        "organisations close and are replaced, less often in a deployed alliance; a success may found one; jobs",
        "renew_or_exit",
        {"demography": 1},
        "SOURCE M82",
    ),
    Extension(
        "replication",
        "a deployed idea travels to where its members have other establishments or federations, cheaper and less fitting",
        "renew_means",
        {"replication": 1},
        "SOURCE M18, M64",
    ),
    Extension(
        "dialogue",
        "territories learn of each other's solutions, as peers or through a hub above them",
        "renew_means",
        {"dialogue": 0.3},
        "SOURCE M54, M64",
    ),
    Extension(
        "standing_forums",
        "a forum meets every year with those who came before, with memory of trust and of themes",
        "convene",
        {},
        "SOURCE 3 (cci_le_havre)",
        "option standing of the lever forum",
    ),
    Extension(
        "supply_links", "an engaged GE exposes its suppliers", "raise_awareness", {"supply_exposures": 2}, "SOURCE M23"
    ),
    Extension(
        "funding_mode",
        "collectivities subcontract (more output now, less initiative of associations) or enable (the reverse)",
        "propose, execute, learn",
        {"funding_mode": -1},
        "SOURCE M30",
    ),
    Extension(
        "patience",
        "each sphere weighs later years, in which deeper forms pay, by its own horizon",
        "propose, convene, renew_or_exit",
        {"patience_association": 0.9, "patience_firm": 0.8, "patience_collectivity": 0.85},
        "SOURCE M48",
    ),
    Extension(
        "shocks",
        "from a month on, slack or needs of chosen kinds, domains, cells are multiplied, or cash is shared out",
        "renew_means",
        {},
        "SPEC section 5",
        "shocks.<name>",
    ),
)
BY_NAME = {extension.name: extension for extension in EXTENSIONS}

_OFF = {"patience_association": 1.0, "patience_firm": 1.0, "patience_collectivity": 1.0}


def switched_on(rules: Any) -> list[str]:
    """Names of the extensions that parameters switch on.

    Parameters
    ----------
    rules : mapping of str to float
        Parameters by name (a row of the record, or the scenario's).
    """
    return [
        extension.name
        for extension in EXTENSIONS
        if any(float(rules[name]) != _OFF.get(name, 0.0) for name in extension.on)
    ]
