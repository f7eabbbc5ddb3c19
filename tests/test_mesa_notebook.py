"""The notebook runs from top to bottom, and is stored without outputs."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "first_steps.ipynb"


def test_the_notebook_is_valid_and_stored_without_outputs():
    book = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(book)
    assert all(not cell.outputs and cell.execution_count is None for cell in book.cells if cell.cell_type == "code")
    assert NOTEBOOK.stat().st_size < 200_000


@pytest.mark.filterwarnings("default")  # those of the messaging under notebooks; the kernel's own are looked at below
def test_the_notebook_runs(monkeypatch, tmp_path):
    """Every cell runs without error or warning; figures come out; nothing is written beside it."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH")))))
    book = nbformat.read(NOTEBOOK, as_version=4)
    for cell in book.cells:
        # A short scenario serves the test: what it looks at is whether the cells run.
        cell.source = cell.source.replace("months=60", "months=30").replace("range(1, 7)", "range(1, 3)")
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) == sum(
        f in cell.source for cell in book.cells for f in (".plot.", "place.plot()", "plt.show()")
    )
    text = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "engaged after 24 months" in text
    assert not list(tmp_path.iterdir())
