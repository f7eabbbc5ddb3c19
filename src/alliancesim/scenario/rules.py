"""The numbers of the rules as one checked object, made from the table of parameters."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError
from alliancesim.parameters import PARAMETERS, SHARES, TYPE_WORDS, Parameter, record
from alliancesim.scenario.checks import Checked, Spec


def _spec(parameter: Parameter) -> Spec:
    doc = f"{parameter.doc} [{TYPE_WORDS[parameter.kind]}; prior {parameter.low:g} to {parameter.high:g}]"
    return Spec(
        "int" if parameter.integer else "float",
        doc,
        parameter.unit,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        switch=parameter.switch,
    )


READ_TOGETHER = frozenset({"perimeters", *(name for pair in SHARES for name in pair)})
"""Parameters that a check reads beside others, of the rules or of the scenario; any other is checked alone (a test records)."""


class _RulesBase(Checked):
    @classmethod
    def _prefix(cls) -> str:
        return "rules."

    def _check_together(self, prefix: str) -> None:
        for first, second in SHARES:
            total = getattr(self, first) + getattr(self, second)
            if total > 1.0 + 1e-12:
                raise UserError(
                    f"{prefix}{second}: found {getattr(self, second)!r} beside {first} "
                    f"{getattr(self, first)!r}, expected two shares of at most 1 together"
                )

    def record(self) -> np.ndarray:
        """One-element array of ``parameters.RULES_DTYPE``, as kernels read it."""
        return record(self.to_dict())


if TYPE_CHECKING:

    class Rules(_RulesBase):
        """Every parameter of the rules, by its name."""

        def __init__(self, **values: float) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

else:
    Rules = dataclasses.make_dataclass(
        "Rules",
        [
            (
                parameter.name,
                int if parameter.integer else float,
                dataclasses.field(
                    default=int(parameter.default) if parameter.integer else float(parameter.default),
                    metadata={"spec": _spec(parameter)},
                ),
            )
            for parameter in PARAMETERS
        ],
        bases=(_RulesBase,),
        frozen=True,
        namespace={"__doc__": "Every parameter of the rules, by its name, checked against its hard limits."},
    )
    Rules.__module__ = __name__
