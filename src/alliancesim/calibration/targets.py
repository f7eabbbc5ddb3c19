"""The targets of the calibration as data: value, tolerance, denominator, source."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alliancesim.calibration.observed import OBSERVED
from alliancesim.errors import UserError
from alliancesim.scenario.checks import nearest

PATH = Path(__file__).resolve().parents[1] / "data" / "targets.csv"
"""The targets of SPEC section 9."""

REQUIRED = ("name", "setting", "observable", "month", "value", "tolerance", "denominator", "source")
OPTIONAL = ("words", "discrepancy", "remark")


@dataclass(frozen=True)
class Target:
    """A number that runs are held against.

    Attributes
    ----------
    name, words : str
        Its name in tables, and in words.
    setting : str
        Which runs show it (``calibration.yaml``).
    observable : str
        What is read off them (``OBSERVED``).
    month : int
        Calendar month; 1 is the first after burn-in.
    value, tolerance : float
        A tolerance is read as an error that is uniform between value − tolerance and value + tolerance.
    discrepancy : float
        Standard deviation of what the setting itself is taken to get wrong (a smaller place, no surroundings).
    denominator, source, remark : str
    """

    name: str
    words: str
    setting: str
    observable: str
    month: int
    value: float
    tolerance: float
    discrepancy: float
    denominator: str
    source: str
    remark: str = ""


def read_targets(path: str | Path | None = None, settings: Mapping[str, int] | None = None) -> tuple[Target, ...]:
    """Targets of a file.

    Parameters
    ----------
    path : path, optional
        CSV with the columns ``name, setting, observable, month, value, tolerance, denominator, source`` and, if wanted,
        ``words, discrepancy, remark``; the package's own without one.
    settings : mapping of str to int, optional
        Months that the runs of each known setting have; those of the package's plan without one.

    Raises
    ------
    UserError
        With a line for everything that is wrong.
    """
    if settings is None:
        from alliancesim.calibration.settings import packaged

        settings = {name: one.months for name, one in packaged().items()}
    file = PATH if path is None else Path(path).expanduser()
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise UserError(f"targets: {file} cannot be read as CSV ({words})") from None
    wrong = [f"column {name}: missing" for name in REQUIRED if name not in columns]
    wrong += [
        f"column {name}: unknown{nearest(name, REQUIRED + OPTIONAL)}"
        for name in columns
        if name not in REQUIRED + OPTIONAL
    ]
    found: list[Target] = []
    if not wrong:
        for number, row in enumerate(rows, 2):
            target, lines = _target(number, row, settings)
            wrong += lines
            if target is not None and any(target.name == other.name for other in found):
                wrong.append(f"line {number}, name: {target.name!r} is there already")
            elif target is not None:
                found.append(target)
        if not rows:
            wrong.append("no row")
    if wrong:
        raise UserError(f"targets: {file} is no list of targets", wrong)
    return tuple(found)


def _target(line: int, row: Mapping[str, str | None], settings: Mapping[str, int]) -> tuple[Target | None, list[str]]:
    """The target of a row, and what is wrong with it."""
    text = {name: (row.get(name) or "").strip() for name in REQUIRED + OPTIONAL}
    where = f"line {line}" + (f" ({text['name']})" if text["name"] else "")
    wrong = [f"{where}, {name}: missing" for name in ("name", "denominator", "source") if not text[name]]
    if text["setting"] not in settings:
        expected = f"one of {', '.join(settings)}"
        wrong.append(f"{where}, setting: found {text['setting']!r}, expected {expected}")
    observed = OBSERVED.get(text["observable"])
    if observed is None:
        hint = nearest(text["observable"], OBSERVED) or "; `alliancesim calibrate --observables` lists them"
        wrong.append(f"{where}, observable: found {text['observable']!r}, expected one that is known{hint}")
    numbers: dict[str, float] = {}
    for name in ("month", "value", "tolerance", "discrepancy"):
        if not text[name]:
            if name == "discrepancy":
                numbers[name] = 0.0
            else:
                wrong.append(f"{where}, {name}: missing, expected a number")
            continue
        try:
            number = float(text[name])
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            wrong.append(f"{where}, {name}: found {text[name]!r}, expected a number")
        else:
            numbers[name] = number
    months = settings.get(text["setting"])
    month = numbers.get("month")
    if month is not None and months is not None and not (month % 1 == 0 and 1 <= month <= months):
        wrong.append(
            f"{where}, month: found {text['month']}, expected a whole number from 1 to {months} (setting {text['setting']})"
        )
    if "tolerance" in numbers and numbers["tolerance"] <= 0:
        wrong.append(f"{where}, tolerance: found {text['tolerance']}, expected a number above 0")
    if numbers.get("discrepancy", 0.0) < 0:
        wrong.append(f"{where}, discrepancy: found {text['discrepancy']}, expected a number from 0")
    if observed is not None and "value" in numbers and not 0.0 <= numbers["value"] <= observed.high:
        reach = "0 or more" if math.isinf(observed.high) else f"0 to {observed.high:g}"
        wrong.append(f"{where}, value: found {text['value']}, expected {reach} ({text['observable']})")
    if wrong:
        return None, wrong
    return (
        Target(
            text["name"], text["words"] or text["name"], text["setting"], text["observable"], int(numbers["month"]),
            numbers["value"], numbers["tolerance"], numbers["discrepancy"], text["denominator"], text["source"], text["remark"],
        ),
        [],
    )  # fmt: skip
