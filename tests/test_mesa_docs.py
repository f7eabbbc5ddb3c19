"""The blocks of docs/PYTHON.md run one after the other."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "PYTHON.md"


def test_the_page_runs(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"docs/PYTHON.md block {number + 1}", "exec"), names)
    said = capsys.readouterr().out
    assert "scarce" in said
    assert "engaged_share" in said
