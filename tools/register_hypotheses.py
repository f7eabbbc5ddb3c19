"""Write down what hypotheses say before they are run: a line each in experiments/hypotheses/REGISTERED.csv.

    python tools/register_hypotheses.py          # all files that are new or changed
    python tools/register_hypotheses.py H6 H7    # some of them

A registration is never edited: a file that changed gets a further line.
"""

from __future__ import annotations

import sys

from alliancesim.errors import UserError
from alliancesim.hypotheses.registry import register
from alliancesim.hypotheses.schema import chosen, hypotheses_folder


def main(words: list[str]) -> int:
    """Register; status 2 with one line for a file that is not possible."""
    try:
        names = chosen(",".join(words) if words else None)
        names = [name for name in names if words or (hypotheses_folder() / f"{name}.yaml").is_file()]
        added = register(names)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for one in added:
        print(f"{one.name}: {one.sha256[:12]}, {one.date}, model {one.model_version}")
    print(f"{len(added)} registered, {len(names) - len(added)} as they were")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
