"""How every figure looks: sizes, colours, the note below it, and files whose bytes depend on the result alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.results import Result

WIDTH = 8.0
"""Width of a figure (inches): 1,200 pixels at ``DPI``."""
DPI = 150
_NOTE_WIDTH = 138  # characters of a line of the note

BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072b2", "#e69f00", "#009e73"
VERMILLION, PURPLE, SKY, GREY = "#d55e00", "#cc79a7", "#56b4e9", "#666666"

SERIES: tuple[tuple[str, Any, str], ...] = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "s"),
    (GREEN, "-.", "^"),
    (VERMILLION, ":", "D"),
    (PURPLE, (0, (5, 1, 1, 1, 1, 1)), "v"),
    (BLACK, (0, (1, 2.5)), "P"),
    (SKY, (0, (8, 2)), "X"),
)
"""Colour (Okabe and Ito 2008), line and mark of the n-th series: each alone tells the series apart, in grey too."""

SPHERE_LOOK: dict[str, tuple[str, str]] = {
    "association": (BLUE, "o"),
    "firm": (ORANGE, "s"),
    "collectivity": (GREEN, "^"),
}
"""Colour and mark of each sphere."""

DEPTH_LOOK: dict[int, tuple[str, Any, str, str]] = {
    1: (ORANGE, (0, (1, 1.2)), "v", "1 mécénat"),
    2: (SKY, (0, (4, 1.5)), "s", "2 responsible practices"),
    3: (GREEN, (0, (6, 1.2, 1, 1.2)), "D", "3 economic cooperation"),
    4: ("#882255", "-", "o", "4 societal innovation"),
}
"""Colour, line, mark and label of each depth of commitment; the fourth colour is Paul Tol's wine, dark in grey."""

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "0.35",
    "axes.grid": True,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "font.family": ["DejaVu Sans"],  # travels with Matplotlib
    "font.size": 8.5,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.9,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "savefig.bbox": "standard",
    "savefig.dpi": DPI,
    "savefig.facecolor": "white",
    "svg.hashsalt": "alliancesim",
    "text.usetex": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user's own settings are; hers return afterwards."""
    with matplotlib.style.context(["default", _STYLE]):
        yield


class HouseFigure(Figure):
    """A figure that keeps the house style when it is drawn or saved later, and shows itself in a notebook."""

    _settled = False

    def settle(self) -> None:
        """Lay the figure out once, and round where its axes are.

        The solver of the layout works in the order of memory addresses, so that its last bits differ from run to run;
        rounded to a ten-thousandth of the figure, the same result gives the same file.
        """
        engine = self.get_layout_engine()
        if self._settled or engine is None:
            return
        self._settled = True
        with house_style():
            for _ in range(2):  # the second pass knows the true sizes of labels
                engine.execute(self)
        self.set_layout_engine("none")
        for ax in self.axes:
            box, kept = ax.get_position(original=True), ax.get_in_layout()
            left, bottom, width, height = (float(np.round(value, 4)) for value in box.bounds)
            ax.set_position((left, bottom, width, height))
            ax.set_in_layout(kept)
        for text in self.texts:
            x, y = text.get_position()
            text.set_position((float(np.round(x, 4)), float(np.round(y, 4))))

    def draw(self, renderer: Any) -> None:
        """Draw in the house style."""
        self.settle()
        with house_style():
            super().draw(renderer)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **kwargs: Any) -> None:
        """Save in the house style, without date or program in the file.

        Parameters
        ----------
        fname, transparent, **kwargs
            As in ``matplotlib.figure.Figure.savefig``.
        """
        kind = kwargs.get("format") or str(fname).rsplit(".", 1)[-1].lower()
        if kind in _METADATA:
            kwargs["metadata"] = {**_METADATA[kind], **(kwargs.get("metadata") or {})}
        with house_style():
            super().savefig(fname, transparent=transparent, **kwargs)

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def new_figure(result: Result, title: str, note: str, height: float) -> HouseFigure:
    """An empty figure with its title, what was run, and its note.

    Parameters
    ----------
    result : Result
    title : str
    note : str
        See :func:`note_of`.
    height : float
        Inches, the title and note included.
    """
    layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.06, hspace=0.04, wspace=0.04, rect=(0.005, 0.005, 0.985, 0.99))
    figure = HouseFigure(figsize=(WIDTH, height), layout=layout)
    run = "\n".join(textwrap.wrap(run_label(result), 92))
    figure.suptitle(f"{title}\n{run}", x=0.012, ha="left", fontsize=11)
    figure.supxlabel(note, x=0.012, ha="left", fontsize=7.5, color="0.25")
    return figure


def run_label(result: Result) -> str:
    """What was run: its title, how long, the seed."""
    years = f"{count(result.months, 'month')} after {result.scenario.burn_in} of burn-in"
    return f"{result.title}: {years}, seed {result.scenario.seed}"


def organisations_note(result: Result) -> str:
    """Whether the organisations are synthetic: the sentence that every figure carries."""
    facts = result.manifest["territory"]
    given, everyone = facts["given_organisations"], facts["simulated_organisations"]
    if given == 0:
        return "Synthetic organisations."
    if given < everyone:
        return (
            f"{given:,} organisations of the user's table; the {everyone - given:,} others are synthetic organisations."
        )
    return "Organisations of the user's table."


def territory_note(result: Result) -> tuple[list[str], list[str]]:
    """What of the territory is data, and what is assumed."""
    facts = result.manifest["territory"]
    if facts["origin"] == "synthetic":
        return [], ["the territory is synthetic, no real place"]
    data, assumed = [], []
    if facts["origin"] == "real":
        data.append("inhabitants by commune (Licence Ouverte, Etalab), spread within communes by rule")
    else:
        data.append("cells of the user's table")
    if any("GeoNames" in text for text in facts["notes"]):
        data.append("places abroad (GeoNames, CC-BY 4.0)")
    words = dict.fromkeys(_plain(name) for name in facts["synthetic"])
    if words:
        assumed.append(f"synthetic by rule: {', '.join(words)}")
    return data, assumed


def _plain(column: str) -> str:
    """A synthetic column of a territory in words."""
    for start, words in (
        ("deprived", "deprived shares"),
        ("need_", "needs"),
        ("density_", "densities of organisations"),
        ("civic", "civic capacity"),
    ):
        if column.startswith(start):
            return words
    return column.replace("_", " ")


def note_of(
    result: Result,
    *,
    reads: str = "",
    data: tuple[str, ...] | list[str] = (),
    source: tuple[str, ...] | list[str] = (),
    assumption: tuple[str, ...] | list[str] = (),
) -> str:
    """The note of a figure, wrapped.

    Parameters
    ----------
    result : Result
    reads : str
        How to read the figure, in sentences.
    data, source, assumption : sequence of str
        What the figure rests on, marked by kind. The organisations' sentence and the territory are added.
    """
    own_data, own_assumed = territory_note(result)
    words = [organisations_note(result)]
    if reads:
        words.append(reads.strip())
    kinds = (("Data", [*data, *own_data]), ("Source", list(source)), ("Assumption", [*assumption, *own_assumed]))
    words += [f"{kind}: {'; '.join(items)}." for kind, items in kinds if items]
    return "\n".join(textwrap.wrap(" ".join(" ".join(words).split()), _NOTE_WIDTH, break_on_hyphens=False))


def panels(
    figure: Figure, rows: int, columns: int, strip: float = 0.36, *, height: float = 1.9, sharex: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Axes in rows and columns, each with a strip below it for its legend.

    A legend in its own strip hides nothing, and a wide one does not narrow its axes.

    Parameters
    ----------
    figure : Figure
    rows, columns : int
    strip : float
        Height of a strip (inches).
    height : float
        Height of a panel (inches), as a proportion to ``strip``.
    sharex : bool
        Whether panels share the x axis of the first.

    Returns
    -------
    axes, strips : (rows, columns) arrays of Axes
    """
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=[height, strip] * rows)
    axes = np.empty((rows, columns), dtype=object)
    strips = np.empty((rows, columns), dtype=object)
    for r in range(rows):
        for c in range(columns):
            shared = axes[0, 0] if sharex and (r or c) else None
            axes[r, c] = figure.add_subplot(grid[2 * r, c], sharex=shared)
            strips[r, c] = figure.add_subplot(grid[2 * r + 1, c])
            strips[r, c].set_axis_off()
    return axes, strips


def key(strip: Axes, source: Axes | None = None, columns: int = 2, **given: Any) -> None:
    """The legend of an axes in the strip below it.

    Parameters
    ----------
    strip : Axes
    source : Axes, optional
        Whose labelled artists it lists, unless ``handles`` are given.
    columns : int
    **given
        As in ``Axes.legend``.
    """
    if source is not None and "handles" not in given:
        given["handles"], given["labels"] = source.get_legend_handles_labels()
    if not given.get("handles"):
        return
    given.setdefault("columnspacing", 1.0)
    legend = strip.legend(loc="upper left", bbox_to_anchor=(-0.02, 1.0), ncols=columns, borderaxespad=0, **given)
    legend.set_in_layout(False)


def say_nothing(ax: Axes, words: str) -> None:
    """Say in an axes why it is empty."""
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, "\n".join(textwrap.wrap(words, 60)), ha="center", va="center", transform=ax.transAxes, color="0.3"
    )


def highest(ax: Axes) -> float:
    """The largest value that a line of the axes reaches; 0 without any."""
    values = [np.asarray(line.get_ydata(), dtype=np.float64) for line in ax.lines]
    return max((float(np.nanmax(one)) for one in values if len(one)), default=0.0)


def count(value: float, noun: str = "", plural: str | None = None) -> str:
    """A whole number with its noun: ``1 forum``, ``1,204 forums``."""
    number = round(float(value))
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(value: float) -> str:
    """A share as a percentage; one decimal below ten."""
    value = 100.0 * float(value)
    if value != value:
        return "unknown"
    return f"{value:.1f}%" if 0 < abs(value) < 9.95 else f"{value:.0f}%"
