"""Every notebook is stored with small, clean outputs, and runs from top to bottom without an error or a warning."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"), key=lambda path: path.name)
MOST_BYTES = 400_000
SHORTER = {
    # What the tests look at is whether the cells run: fewer seeds, months and forums serve them.
    "1_first_steps": (("months=60", "months=30"), ("range(1, 7)", "range(1, 3)")),
    "2_my_territory": (("months=60", "months=24"), ("range(1, 11)", "range(1, 4)")),
    "3_inside_a_forum": (("N = 4000", "N = 1000"), ("range(1, 101)", "range(1, 21)")),
    "5_my_own_rule": (("range(1, 9)", "range(1, 4)"), ("range(1, 5)", "range(1, 3)")),
    "6_one_case": (("range(1, 9)", "range(1, 3)"),),
}

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs_of(book):
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def kinds_of(cell):
    """Kinds of a cell's outputs in order; text that came in several pieces, as on a busy machine, is one."""
    return [kind for kind, _ in itertools.groupby(output.output_type for output in cell.get("outputs", []))]


def figures_in(outputs):
    return [output for output in outputs if "image/png" in output.get("data", {})]


def errors_in(outputs):
    """Errors, and whatever went to stderr: warnings among it."""
    wrong = [output.get("evalue", "") for output in outputs if output.output_type == "error"]
    return wrong + [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"]


def expected_figures(book):
    return sum(
        any(call in cell.source for call in ("place.plot()", "plt.show()"))
        or re.search(r"^\w+(\[\d+\])?\.plot\.\w+\(\)$", cell.source, re.M) is not None
        for cell in book.cells
        if cell.cell_type == "code"
    )


def test_there_are_notebooks_and_the_readme_names_the_first():
    assert [path.stem[0] for path in NOTEBOOKS] == sorted(path.stem[0] for path in NOTEBOOKS)
    assert {"1_first_steps", "2_my_territory", "3_inside_a_forum", "5_my_own_rule"} <= {path.stem for path in NOTEBOOKS}
    assert "notebooks/1_first_steps.ipynb" in (ROOT / "README.md").read_text(encoding="utf-8")


@by_name
def test_stored_small_with_clean_outputs(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.metadata.kernelspec.name == "python3"
    assert book.cells[0].cell_type == "markdown" and book.cells[0].source.startswith("# ")
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "run it from top to bottom"
    outputs = outputs_of(book)
    assert outputs and not errors_in(outputs)
    assert len(figures_in(outputs)) == expected_figures(book) > 0
    for output in outputs:
        words = json.dumps({k: v for k, v in output.get("data", {}).items() if k != "image/png"}) + output.get(
            "text", ""
        )
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|usr|Users|var)/", words), "a path of a machine"
        assert "Warning" not in words and "Traceback" not in words


@pytest.mark.slow
@by_name
@pytest.mark.filterwarnings("default")  # those of the messaging under notebooks; the kernel's own are looked at below
def test_runs_from_top_to_bottom(path, monkeypatch, tmp_path):
    """Every cell runs without error or warning; figures come out; nothing is written beside it."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH")))))
    book = nbformat.read(path, as_version=4)
    for before, after in SHORTER.get(path.stem, ()):
        assert any(before in cell.source for cell in book.cells), f"{before!r} is not in {path.name} any more"
        for cell in book.cells:
            cell.source = cell.source.replace(before, after)
    stored = [kinds_of(cell) for cell in book.cells]
    client = NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = outputs_of(book)
    assert not errors_in(outputs)
    assert len(figures_in(outputs)) == expected_figures(book)
    assert [kinds_of(cell) for cell in book.cells] == stored
    assert not list(tmp_path.iterdir())
