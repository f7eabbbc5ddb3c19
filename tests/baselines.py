"""Scenarios whose results are committed, and what is kept of them (see tools/update_baselines.py)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.engine import MODEL_VERSION, engine_of
from alliancesim.rules.observe import COLUMNS
from alliancesim.scenario import load_scenario

FILE = Path(__file__).parent / "baselines.json"
SCENARIOS: dict[str, tuple[str, ...]] = {
    "urban": ("territory=urban", "territory.population=20000"),
    "rural scarce": ("territory=rural", "territory.population=12000", "resources=scarce"),
    "zus full": ("territory=zus", "territory.population=12000", "animation=full"),
    "cross-border cooperative": ("territory=cross_border", "territory.population=15000", "history=cooperative"),
    "real, abundant, forums": ("territory=real", "territory.place=46102", "resources=abundant", "animation=forums"),
    "sample": ("territory=urban", "territory.population=60000", "population.sample=0.25"),
}
KEPT = ("engaged_share", "willing_share", "alliances", "births", "ends", "need_met", "spend_keur", "mean_ties")


def measure(overrides: tuple[str, ...]) -> dict[str, Any]:
    """Digest of every decision, and a few columns at the end (for a reader who wants to see what moved)."""
    engine = engine_of(load_scenario(*overrides, "months=36", "burn_in=24", "threads=1"))
    engine.run()
    records = engine.world.records
    kept = {name: records.values[-1, COLUMNS[name]] for name in KEPT}
    return {
        "digest": hashlib.sha256(np.ascontiguousarray(records.digests, dtype="<u8").tobytes()).hexdigest(),
        "organisations": int(engine.state.n_organisations),
        "ever": int(engine.state.n_alliances),
        **{name: None if np.isnan(value) else round(float(value), 6) for name, value in kept.items()},
    }


def measure_all() -> dict[str, Any]:
    """All scenarios, under the model version that gave them."""
    return {"model_version": MODEL_VERSION, "scenarios": {name: measure(given) for name, given in SCENARIOS.items()}}
