"""Write docs/predictions.md, once, from the tables of `alliancesim reproduce predictions`.

    python tools/write_predictions.py date=2026-01-31

It refuses to write over a page that is there: predictions are committed before any comparison and never edited.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEYS = ("date", "tables", "posterior", "output")


def main(arguments: list[str]) -> int:
    """Status 0, or 2 with one line where something cannot be used."""
    from alliancesim.errors import UserError

    try:
        print(_write(dict(_pair(text) for text in arguments)))
    except UserError as error:
        print(f"write_predictions: {error}", file=sys.stderr)
        return 2
    return 0


def _pair(text: str) -> tuple[str, str]:
    from alliancesim.errors import UserError

    key, equals, value = text.partition("=")
    if not equals or key not in KEYS:
        raise UserError(f"{text!r}: expected key=value with a key of {', '.join(KEYS)}")
    return key, value


def _write(given: dict[str, str]) -> Path:
    from alliancesim.errors import UserError
    from alliancesim.studies.predictions_page import (
        content,
        described,
        posterior_hash,
        read_intervals,
        sealed,
        write_once,
    )

    try:
        date = datetime.date.fromisoformat(given.get("date", ""))
    except ValueError:
        raise UserError(f"date: found {given.get('date')!r}, expected the day of writing as YYYY-MM-DD") from None
    output = Path(given.get("output", ROOT / "docs" / "predictions.md"))
    if output.exists():
        write_once(output, "")  # says so before anything else is looked at
    table = read_intervals(Path(given.get("tables", ROOT / "docs" / "experiments" / "predictions")))
    digest = posterior_hash(Path(given.get("posterior", ROOT / "src" / "alliancesim" / "data" / "posterior.parquet")))
    write_once(output, sealed(content(table, date, digest, described)))
    return output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
