"""Write tests/baselines.json from the code as it is, and say what moved. Raise MODEL_VERSION in the same commit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import baselines


def main() -> int:
    """Measure, compare, write."""
    fresh = baselines.measure_all()
    old = json.loads(baselines.FILE.read_text(encoding="utf-8")) if baselines.FILE.exists() else {"scenarios": {}}
    moved = False
    for name, now in fresh["scenarios"].items():
        before = old["scenarios"].get(name, {})
        for key, value in now.items():
            if before.get(key) != value:
                moved = True
                print(f"{name}: {key} {before.get(key)} -> {value}")
    if moved and old.get("model_version") == fresh["model_version"]:
        print(f"results moved: raise MODEL_VERSION in src/alliancesim/engine.py (now {fresh['model_version']})")
    baselines.FILE.write_text(json.dumps(fresh, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
