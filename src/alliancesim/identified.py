"""Which parameters the targets of calibration identify: the table that ``alliancesim reproduce identifiability`` leaves.

Made by no hand: ``data/identified.csv`` is a copy of ``docs/experiments/identifiability/identified.csv``, and a test compares
the two. Parameters that are not identified keep their priors in all claims (SPEC section 9).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME

PATH = Path(__file__).resolve().parent / "data" / "identified.csv"
NUISANCE = ("selection",)
"""Names of the calibration that are no parameters of the rules."""
KNOWN = ("identified", "partly")
"""Verdicts under which a posterior is believed."""


def identified_table(path: Path = PATH) -> dict[str, str]:
    """Verdict on each parameter: identified, partly, not identified, or ranks off.

    Raises
    ------
    UserError
        Where the table does not exist, or names what is no parameter.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise UserError(
            f"{path.name}: not found, expected the table that `alliancesim reproduce identifiability` makes"
        ) from None
    unknown = [row["parameter"] for row in rows if row["parameter"] not in BY_NAME and row["parameter"] not in NUISANCE]
    if unknown:
        raise UserError(f"{path.name}: found {', '.join(unknown)}, expected names of parameters")
    return {row["parameter"]: row["verdict"] for row in rows}


def identified_parameters(path: Path = PATH) -> tuple[str, ...]:
    """Parameters that are taken from a posterior, rows drawn whole; all others keep their priors.

    Partly identified ones are among them: they may be a part of a combination that is identified, and to draw them from their
    priors beside a posterior of the others would break it.
    """
    return tuple(name for name, verdict in identified_table(path).items() if verdict in KNOWN and name in BY_NAME)


def unidentified_parameters(names: Iterable[str], path: Path = PATH) -> tuple[str, ...]:
    """Those of some parameters that keep their priors; none as long as there is no table."""
    if not path.exists():
        return ()
    believed = identified_parameters(path)
    return tuple(name for name in names if name in BY_NAME and name not in believed)
