"""The plan of a calibration: settings, space, budgets, checked before anything runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from alliancesim.calibration.settings import PLAN, Setting, settings_of
from alliancesim.calibration.space import Space, space_of
from alliancesim.calibration.targets import Target, read_targets
from alliancesim.errors import UserError
from alliancesim.identified import unidentified_parameters
from alliancesim.scenario.checks import nearest

PROCEDURE, FIRST_WAVE = 3, 2
"""Raised by any change of how a calibration goes about it, or draws its first wave: other folders are not gone on with."""
LONGEST = 1200
"""Months that a target of a quick calibration may name."""
QUICK_TOLERANCE = 8.0
"""Factor on the tolerances of a quick calibration: its small places cannot meet them."""
LUCK_ROWS = 40
"""Rows of the posterior that are run twice, at most, to tell luck from what rows differ by."""
FEWEST_A_TERM = 3
"""Runs of the first wave for each coefficient of an emulator's trend, at least."""


@dataclass(frozen=True)
class Budget:
    """Runs of each stage.

    Attributes
    ----------
    bank : int
        First wave.
    waves : tuple of int
        Further waves.
    smc : int
        ABC-SMC, at most.
    rows : int
        Of the posterior: particles of ABC-SMC.
    """

    bank: int
    waves: tuple[int, ...]
    smc: int
    rows: int

    @property
    def total(self) -> int:
        """Runs in all, at most."""
        return self.bank + sum(self.waves) + self.smc + self.checks

    @property
    def checks(self) -> int:
        """Runs of the posterior's rows with other seeds."""
        return self.rows + min(LUCK_ROWS, self.rows)


@dataclass(frozen=True)
class CalibrationPlan:
    """All that a calibration's numbers depend on."""

    targets: tuple[Target, ...]
    settings: Mapping[str, Setting]
    space: Space
    budget: Budget
    precision: float
    seed: int
    quick: bool
    keeps: tuple[str, ...] = ()
    """Parameters that the targets do not identify: they keep their priors."""

    @property
    def bank_identity(self) -> str:
        """Hash of what the first wave depends on: calibrations that share it share these runs."""
        described = {key: value for key, value in self.described().items() if key not in ("precision", "keeps")}
        return _hash({**described, "budget": self.budget.bank}, FIRST_WAVE)

    @property
    def identity(self) -> str:
        """Hash of the plan and the model version: equal plans have equal posteriors."""
        return _hash(self.described(), PROCEDURE)

    def described(self) -> dict[str, Any]:
        """The plan as plain data."""
        space = self.space
        return {
            "targets": [asdict(target) for target in self.targets],
            "settings": {name: asdict(one) for name, one in self.settings.items()},
            "priors": {
                name: {
                    "low": float(space.low[k]), "high": float(space.high[k]), "log": bool(space.log[k]),
                    "integer": bool(space.integer[k]),
                }
                for k, name in enumerate(space.names)
            },
            "budget": asdict(self.budget),
            "precision": self.precision,
            "seed": self.seed,
            "quick": self.quick,
            "keeps": list(self.keeps),
        }  # fmt: skip


def _hash(described: Mapping[str, Any], procedure: int) -> str:
    """Of plain data, the model and the procedure."""
    from alliancesim.engine import MODEL_VERSION

    words = json.dumps([described, MODEL_VERSION, procedure], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def load_plan(
    path: str | Path | None = None,
    *,
    targets: str | Path | None = None,
    quick: bool = False,
    budget: int | None = None,
    rows: int | None = None,
    precision: float | None = None,
    seed: int | None = None,
) -> CalibrationPlan:
    """The package's plan, with what a file of one's own and the arguments say instead.

    Parameters
    ----------
    path : path, optional
        YAML with any of the keys of ``calibration.yaml``.
    targets : path, optional
        CSV of targets (see :func:`~alliancesim.calibration.targets.read_targets`).
    quick : bool
        The small version.
    budget : int, optional
        Runs in all, shared among the stages as in the plan.
    rows : int, optional
        Of the posterior.
    precision : float, optional
        Half-width of the 95 % interval of any share of the posterior's rows.
    seed : int, optional

    Raises
    ------
    UserError
        For what is wrong with any of them, before anything runs.
    """
    import yaml

    described: dict[str, Any] = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    small = described.pop("quick")
    if quick:
        described |= small
    if path is not None:
        described |= _read(Path(path).expanduser(), described)
    settings = _settings(described["settings"])
    months = {name: one.months for name, one in settings.items()}
    if quick:  # shorter runs: what is read is then their last month, and says nothing
        known = read_targets(targets, dict.fromkeys(months, LONGEST))
        known = tuple(
            replace(one, month=min(one.month, months[one.setting]), tolerance=QUICK_TOLERANCE * one.tolerance)
            for one in known
        )
    else:
        known = read_targets(targets, months)
    space = space_of(described["parameters"])
    shared = _budget(described["budget"], budget, rows)
    wanted = float(described["precision"] if precision is None else precision)
    plan = CalibrationPlan(
        known, settings, space, shared, wanted, int(described["seed"] if seed is None else seed), quick,
        () if quick else unidentified_parameters(space.names),
    )  # fmt: skip
    _enough(plan)
    return plan


def _read(file: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    import yaml

    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise UserError(f"plan: {file} cannot be read ({words})") from None
    if not isinstance(given, dict):
        raise UserError(f"plan: {file} holds {type(given).__name__}, expected keys and values")
    for key in given:
        if key not in known:
            raise UserError(f"plan: found {key!r}, expected one of {', '.join(known)}{nearest(str(key), known)}")
    for key in ("parameters", "budget"):  # some of their keys may be given alone
        if key in given:
            if not isinstance(given[key], dict):
                raise UserError(f"plan: {key}: found {given[key]!r}, expected keys and values")
            given[key] = {**known[key], **given[key]}
    return given


def _settings(described: Any) -> dict[str, Setting]:
    if not isinstance(described, dict) or not described:
        raise UserError("plan: settings: expected names, each with months and parts")
    for name, one in described.items():
        if not isinstance(one, dict) or not {"months", "parts"} <= set(one) <= {"months", "parts", "selection"}:
            raise UserError(f"plan: settings.{name}: expected the keys months, parts and, if wanted, selection")
        if not isinstance(one["months"], int) or one["months"] < 1:
            raise UserError(f"plan: settings.{name}.months: found {one['months']!r}, expected a whole number from 1")
        if not isinstance(one["parts"], list) or not all(isinstance(part, list) and part for part in one["parts"]):
            raise UserError(f"plan: settings.{name}.parts: expected lists of words of `alliancesim run`")
    return settings_of(described)


def _budget(described: Mapping[str, Any], total: int | None, rows: int | None) -> Budget:
    wrong = []
    names = ("bank", "waves", "smc", "rows")
    unknown = [key for key in described if key not in names]
    if unknown:
        raise UserError(f"plan: budget: found {', '.join(map(repr, unknown))}, expected {', '.join(names)}")
    given = {**described, **({} if rows is None else {"rows": rows})}
    waves = given["waves"] if isinstance(given["waves"], (list, tuple)) else [given["waves"]]
    for name, value in [*((key, given[key]) for key in names if key != "waves"), *(("waves", one) for one in waves)]:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            wrong.append(f"budget.{name}: found {value!r}, expected a whole number from 1")
    if wrong:
        raise UserError("plan: the budget is wrong", wrong)
    found = Budget(given["bank"], tuple(waves), given["smc"], given["rows"])
    if total is not None:
        rest = found.total - found.checks
        share = (total - found.checks) / rest
        if share <= 0:
            raise UserError(
                f"budget: found {total} runs, expected more than the {found.checks} that check the rows of the posterior"
            )
        found = replace(
            found,
            bank=int(found.bank * share),
            waves=tuple(int(one * share) for one in found.waves),
            smc=int(found.smc * share),
        )
    return found


def _enough(plan: CalibrationPlan) -> None:
    """Whether the budget is enough for what is asked.

    Raises
    ------
    UserError
    """
    budget, wrong = plan.budget, []
    if not 0.0 < plan.precision < 1.0:
        raise UserError(f"precision: found {plan.precision:g}, expected a number above 0 and below 1")
    least = math.ceil(0.25 * (1.959964 / plan.precision) ** 2)
    if budget.rows < least:
        wrong.append(f"rows: found {budget.rows}, expected {least} or more for a precision of {plan.precision:g}")
    terms = 2 * len(plan.space.names) + 1
    if budget.bank < FEWEST_A_TERM * terms:
        wrong.append(
            f"bank: found {budget.bank} runs, expected {FEWEST_A_TERM * terms} or more for {len(plan.space.names)} parameters"
        )
    if budget.smc < 2 * budget.rows:
        wrong.append(f"smc: found {budget.smc} runs, expected {2 * budget.rows} or more for {budget.rows} rows")
    if wrong:
        raise UserError("budget: too few runs", wrong)
