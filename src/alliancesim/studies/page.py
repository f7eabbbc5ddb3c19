"""What a study is, and its page: question, design, figures, reading, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Page:
    """A page of ``docs/experiments``.

    Attributes
    ----------
    title, question : str
    parts : list of (str, str)
        Headings and Markdown, in order; ``![...](figure:name)`` stands for a figure, ``![...](animation:name)`` for a moving one,
        ``table:name`` on a line of its own for a table.
    figures : dict of str to Figure
    tables : dict of str to DataFrame
        Small; written beside the page as CSV.
    animations : dict of str to object
        Moving figures, each with ``save(path)``, which writes a GIF.
    """

    title: str
    question: str
    parts: list[tuple[str, str]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    animations: dict[str, Any] = field(default_factory=dict)

    def add(self, heading: str, text: str) -> None:
        """A part of the page."""
        self.parts.append((heading, text))


@dataclass(frozen=True)
class Study:
    """A study that ships.

    Attributes
    ----------
    name : str
    experiments : tuple of str
        Files in ``experiments/`` that it runs, in order.
    write : callable
        Makes the page from their results by name.
    own : callable, optional
        What a study runs that is no experiment: called with the folder, ``quick``, ``progress``, ``say`` and the keys of the
        settings; ``write`` gets what it returns under the study's name.
    """

    name: str
    experiments: tuple[str, ...]
    write: Callable[[Mapping[str, Any]], Page]
    own: Callable[..., Any] | None = None


def drawn_from(result: Any) -> str:
    """Where the parameters of its runs come from: none (defaults), prior, widened, posterior, or a file."""
    return str(result.scenario().to_dict().get("uncertainty", {}).get("sample", "none"))


def markdown_table(frame: pd.DataFrame) -> str:
    """A table in Markdown, numbers in three significant digits."""
    heads = [str(name) for name in frame.columns]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in frame.itertuples(index=False, name=None):
        lines.append("| " + " | ".join(shown(value) for value in row) + " |")
    return "\n".join(lines)


def shown(value: Any) -> str:
    """A cell as text: three significant digits, nothing for a missing value."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, str):
        return str(value)
    number = float(value)
    if number.is_integer() and abs(number) < 1e6:
        return str(int(number))
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"
