"""What every page of a study must hold, whichever file tests the study."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd


def assert_whole(page: Path) -> None:
    """A quick page says that it is one, and holds its figures and tables and no missing number."""
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "**Quick version: too small to say anything.**" in text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert "(figure:" not in text
    assert not re.search(r"^table:", text, re.MULTILINE)
    linked = re.findall(r"\((\w+/[\w.]+)\)", text)
    assert linked
    for file in linked:
        assert (page.parent / file).is_file(), file
    for part in ("## Design", "## What it does not say"):
        assert part in text
    for table in (page.parent / page.stem).glob("*.csv"):
        assert not pd.read_csv(table).empty or table.stat().st_size > 0
