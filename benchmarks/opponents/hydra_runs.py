"""The opponent of the sweep: a plain Hydra application over the project's own configs, one job a run.

    python hydra_runs.py FILE --multirun +seed=1,2 [override ...] [hydra/launcher=joblib hydra.launcher.n_jobs=2]

Each job writes its last month's observables into its folder; FILE gets the seconds from the first line of ``main`` to the end
of the last job, imports of the model not counted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from alliancesim.engine import engine_of
from alliancesim.rules.observe import COLUMNS
from alliancesim.scenario.schema import Scenario, from_dict

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
OBSERVED = ("alliances", "engaged_share", "willing_share", "need_met")


def deep(base: dict, over: dict) -> dict:
    """Keys of one mapping over those of another."""
    return {
        **base,
        **{
            k: deep(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v for k, v in over.items()
        },
    }


@hydra.main(config_path=str(CONFIGS), config_name="config", version_base="1.3")
def main(config: DictConfig) -> None:
    """One job."""
    given = OmegaConf.to_container(config, resolve=True)
    engine = engine_of(from_dict(deep(Scenario().to_dict(), given)))
    engine.run()
    last = engine.world.records.values[engine.world.records.rows - 1]
    found = {"seed": given["seed"], **{name: float(last[COLUMNS[name]]) for name in OBSERVED}}
    Path(HydraConfig.get().runtime.output_dir, "observed.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv.pop(1))
    start = time.perf_counter()
    main()
    target.write_text(str(time.perf_counter() - start), encoding="utf-8")
