"""Calibration: targets as data, runs that show them, history matching, ABC-SMC, a posterior sample."""

from __future__ import annotations

from alliancesim.calibration.settings import SELECTION, Setting, simulate_targets
from alliancesim.calibration.targets import Target, read_targets

__all__ = ["SELECTION", "Setting", "Target", "read_targets", "simulate_targets"]
