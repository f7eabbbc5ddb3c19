"""A simulator whose posterior is known, for the tests of the calibration: in a module that worker processes can import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.calibration.plan import Budget, CalibrationPlan
from alliancesim.calibration.settings import packaged
from alliancesim.calibration.space import space_of
from alliancesim.calibration.targets import Target

NAMES = ("theta_commit", "k_str", "risk_aversion", "rivalry")
"""Parameters whose priors are 0 to 1, so that values are points of the unit cube."""
NOISE = 0.02
VALUES, TOLERANCES = (0.50, 0.24), (0.04, 0.04)


@dataclass(frozen=True)
class Analytic:
    """Two targets of two parameters, two more that do nothing; noise of a seed."""

    names: tuple[str, ...] = NAMES
    stop_after: Path | None = None
    """File whose lines are counted: from the 150th run on, the machine stops."""

    def __call__(self, parameters: Mapping[str, Any], seed: int) -> np.ndarray:
        if self.stop_after is not None:
            with self.stop_after.open("a") as file:
                file.write("x")
            if self.stop_after.stat().st_size > 150:
                raise KeyboardInterrupt
        x = np.array([parameters[name] for name in self.names])
        return np.concatenate(
            [x, np.clip(mean(x[None, :])[0] + NOISE * np.random.default_rng(seed).standard_normal(2), 0, 1)]
        )


def mean(x: np.ndarray) -> np.ndarray:
    """Expected targets, shape (N, 2)."""
    return np.stack([0.1 + 0.5 * x[:, 0] + 0.25 * x[:, 1] ** 2, 0.1 + 0.4 * x[:, 1] * (0.5 + 0.5 * x[:, 0])], axis=1)


def analytic_plan(**changes: Any) -> CalibrationPlan:
    """A plan for the analytic simulator."""
    targets = tuple(
        Target(name, name, "national", "engaged_share_tpe", 1, value, tolerance, 0.0, "none", "none")
        for name, value, tolerance in zip(("first", "second"), VALUES, TOLERANCES, strict=True)
    )
    budget = Budget(bank=120, waves=(120,), smc=900, rows=100)
    plan = CalibrationPlan(targets, packaged(True), space_of({"also": list(NAMES)}), budget, 0.2, 5, True)
    return replace(plan, **changes)


def truth() -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the first two parameters given both targets within tolerance: on a grid, by no library.

    An error uniform within the tolerance and the noise of the seed, integrated over the prior.
    """
    from math import erf

    side = (np.arange(200) + 0.5) / 200
    grid = np.stack([one.ravel() for one in np.meshgrid(side, side, indexing="ij")], axis=1)
    weight = np.ones(len(grid))
    phi = np.vectorize(lambda z: 0.5 * (1.0 + erf(z / 2**0.5)))
    for place, (value, tolerance) in enumerate(zip(VALUES, TOLERANCES, strict=True)):
        off = mean(grid)[:, place] - value
        weight *= phi((off + tolerance) / NOISE) - phi((off - tolerance) / NOISE)
    weight /= weight.sum()
    centre = weight @ grid
    return centre, np.sqrt(weight @ (grid - centre) ** 2)
