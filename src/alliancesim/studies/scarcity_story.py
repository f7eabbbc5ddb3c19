"""Why means may slow a forum: one and the same forum while the means of its participants rise, as a moving figure."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILLION, HouseFigure, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliancesim.keyed_forum import KeyedForum

LEVELS = tuple(0.1 * 2 ** (i / 2) for i in range(13))
"""Levels of cash and time of the frames, 0.1 to 6.4."""
COMPARED = LEVELS[::2]
FORUMS = 400
"""Keyed forums among which the one that is shown is looked for."""
STILLS = (2, 6, 12)
"""Frames of the still."""
_SECONDS = 1.1


@dataclass(frozen=True)
class Story:
    """A forum at every level of the frames.

    Attributes
    ----------
    number : int
        Key of the forum.
    rows : DataFrame
        A row a level: ``level``, ``agenda``, ``favourites`` (different ideas that participants favour at first), ``claimants``,
        ``alone`` (participants with something that they could do alone), ``tightness``, ``months``, ``outcome``, ``idea`` (row
        of the idea launched; -1 without).
    forums : tuple of KeyedForum
    candidates : int
        Forums that launch at every level compared, of which it is the middle one.
    """

    number: int
    rows: pd.DataFrame
    forums: tuple[KeyedForum, ...]
    candidates: int

    def words(self) -> str:
        """What the moving figure shows, from its numbers."""
        first, last = self.rows.iloc[0], self.rows.iloc[-1]
        launched = self.rows[self.rows["outcome"] == "launched"]
        quick, slow = launched.loc[launched["months"].idxmin()], launched.loc[launched["months"].idxmax()]
        steps = (
            f"ideas within means go from {first['agenda']} to {last['agenda']}, different favourites at the first "
            "meeting from "
            f"{first['favourites']} to {last['favourites']}, participants who could do something alone from "
            f"{first['alone']} to "
            f"{last['alone']}, claimants of the lead from {first['claimants']} to {last['claimants']}"
        )
        return (
            "![One forum while means rise](animation:forum)\n\n*The same people and the same ideas at "
            f"{len(self.rows)} levels of means, at the "
            f"defaults. Of {self.candidates} forums that launch at every level compared, this is the one whose "
            "change in months is the "
            f"middle one. [A still for print](figure:forum_still).*\n\nFrom means {first['level']:.2g} to "
            f"{last['level']:.2g}, {steps}. It is quickest "
            f"at means {quick['level']:.2g} ({quick['months']} months) and slowest at {slow['level']:.2g} "
            f"({slow['months']} months). One forum is an "
            "example of how, not of how often: chance is in it, and its months go up and down."
        )

    def still(self) -> HouseFigure:
        """Three levels side by side, for print."""
        with house_style():
            figure = HouseFigure(figsize=(8.0, 5.4), layout="constrained")
            axes = figure.subplots(2, 3, height_ratios=[1.45, 1])
            for column, frame in enumerate(STILLS):
                _ideas(axes[0, column], self, frame, column == 0)
                _bars(axes[1, column], self, frame, column == 0)
            figure.suptitle("One and the same forum, from scarcity to abundance", x=0.012, ha="left", fontsize=11)
            _legend(figure)
        return figure

    def save(self, path: Path) -> None:
        """Write the moving figure (GIF), one frame a level."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        frames = []
        for frame in range(len(LEVELS)):
            with house_style():
                figure = HouseFigure(figsize=(7.2, 3.9), layout="constrained")
                left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
                _ideas(left, self, frame, True)
                _bars(right, self, frame, True)
                figure.suptitle("One and the same forum while means rise", x=0.012, ha="left", fontsize=10.5)
                _legend(figure)
                canvas = FigureCanvasAgg(figure)
                bare = BytesIO()
                figure.set_dpi(100)
                canvas.print_png(bare)
            frames.append(Image.open(BytesIO(bare.getvalue())).convert("RGB"))
        whole = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
        for at, image in enumerate(frames):  # one palette for all, so that nothing flickers
            whole.paste(image, (0, at * image.height))
        palette = whole.quantize(96, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in frames]
        times = [int(1000 * _SECONDS)] * (len(flat) - 1) + [3000]
        flat[0].save(path, save_all=True, append_images=flat[1:], duration=times, loop=0, optimize=False)


def tell(rules: dict[str, Any] | None = None, number_of_forums: int = FORUMS) -> Story | None:
    """The forum whose change in months is the middle one of those that launch at every level compared; None without any.

    Parameters
    ----------
    rules : dict, optional
        Parameters that differ from their defaults.
    number_of_forums : int
        Among how many to look.
    """
    from alliancesim.analysis.curves import effect
    from alliancesim.forum_api import forums
    from alliancesim.keyed_forum import keyed_forum

    given = dict(rules or {})
    tables = [forums(number_of_forums, rules={**given, "r_fin": one, "r_hum": one}) for one in COMPARED]
    launched = np.array([(table["outcome"] == "launched").to_numpy() for table in tables]).all(axis=0)
    which = np.flatnonzero(launched)
    if not len(which):
        return None
    months = np.array([table["months"].to_numpy(dtype=float) for table in tables])[:, which].T
    changes = np.asarray(effect(COMPARED, months))
    number = int(which[np.argsort(changes, kind="stable")[len(which) // 2]])
    opened = tuple(keyed_forum(number, rules={**given, "r_fin": one, "r_hum": one}) for one in LEVELS)
    rows = []
    for level, forum in zip(LEVELS, opened, strict=True):
        action = forum.deliberation.actions.iloc[0]
        rows.append({
            "level": level, "agenda": int(forum.ideas["on_agenda"].sum()), "favourites": int((_votes(forum) > 0).sum()),
            "claimants": int(action["claimants"]), "alone": int((forum.participants["alone"] > 0).sum()),
            "tightness": float(action["tightness"]), "months": int(action["months"]), "outcome": str(action["outcome"]),
            "idea": int(str(action["idea"]).removeprefix("idea ")) - 1 if action["outcome"] == "launched" else -1,
        })  # fmt: skip
    return Story(number, pd.DataFrame(rows), opened, len(which))


def _ideas(ax: Axes, story: Story, frame: int, labelled: bool) -> None:
    """Ideas by the cash and time that they ask for; those within means, how many favour each, what somebody can do alone."""
    forum, row = story.forums[frame], story.rows.iloc[frame]
    table = forum.ideas
    cash, time = table["cost"] / forum.cash, table["effort"] / forum.time
    votes = _votes(forum)
    inside = table["on_agenda"].to_numpy()
    ax.fill_between([0.001, 1.0], 0.001, 1.0, color="#e8f1f8", lw=0)
    ax.plot([0.001, 1.0, 1.0], [1.0, 1.0, 0.001], color=BLUE, lw=1.2)
    ax.scatter(cash[~inside], time[~inside], s=16, facecolor="white", edgecolor="0.6", lw=0.8, zorder=3)
    ax.scatter(cash[inside], time[inside], s=12 + 22 * votes[inside], color=BLUE, alpha=0.85, lw=0, zorder=4)
    alone = table["alone"].to_numpy() > 0
    ax.scatter(cash[alone], time[alone], s=95, facecolor="none", edgecolor=ORANGE, lw=1.5, zorder=5)
    if row["idea"] >= 0:
        ax.scatter(
            cash[row["idea"]],
            time[row["idea"]],
            s=110,
            marker="*",
            color=VERMILLION,
            edgecolor="white",
            lw=0.6,
            zorder=6,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(0.004, 40)
    ax.set_ylim(0.004, 40)
    ticks = ([0.01, 0.1, 1, 10], ["1 %", "10 %", "all", "10 ×"])
    ax.set_xticks(*ticks)
    ax.set_yticks(*ticks)
    ax.minorticks_off()
    ax.grid(visible=False)
    ax.set_xlabel("cash asked, of what may be spent")
    if labelled:
        ax.set_ylabel("time asked, of what may be spent")
    ax.set_title(f"means {row['level']:.2g}", fontsize=9.5, loc="left")


def _votes(forum: KeyedForum) -> np.ndarray:
    """How many favour each idea at the first meeting."""
    protocol = forum.deliberation.protocol
    first = protocol[(protocol["event"] == "supports") & (protocol["month"] == 1)]
    counts = np.zeros(len(forum.ideas), dtype=int)
    for title in first["idea"]:
        counts[int(str(title).removeprefix("idea ")) - 1] += 1
    return counts


_BARS = (
    ("agenda", "ideas on the agenda", 30.0, "{:.0f} of 30"),
    ("favourites", "different favourites", 12.0, "{:.0f}"),
    ("alone", "can do something alone", 12.0, "{:.0f} of 12"),
    ("claimants", "claim the lead", 12.0, "{:.0f}"),
    ("tightness", "tightness of the purse", 1.0, "{:.0%}"),
)


def _bars(ax: Axes, story: Story, frame: int, labelled: bool) -> None:
    """What the forum is up against, and how long it takes."""
    row = story.rows.iloc[frame]
    for y, (name, _, most, text) in enumerate(_BARS):
        ax.barh(y, 1.0, color="0.94", height=0.6)
        ax.barh(y, float(row[name]) / most, color=GREY if name != "tightness" else ORANGE, height=0.6)
        ax.text(1.03, y, text.format(row[name]), va="center", fontsize=7.5)
    y = len(_BARS)
    for month in range(12):
        full = month < row["months"]
        ax.barh(y, 1 / 12 - 0.012, left=month / 12, color=BLACK if full else "0.92", height=0.6)
    word = f"{row['months']} months" if row["outcome"] == "launched" else str(row["outcome"]).replace("_", " ")
    ax.text(1.03, y, word, va="center", fontsize=8, fontweight="bold")
    words = [*(label for _, label, _, _ in _BARS), "to the launch"]
    ax.set_yticks([*range(len(_BARS)), y], words if labelled else [""] * len(words))
    ax.set_ylim(y + 0.6, -0.6)
    ax.set_xlim(0, 1.38)
    ax.set_xticks([])
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)


def _legend(figure: HouseFigure) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], ls="", marker="o", color=BLUE, ms=5, label="within means (larger: favoured by more)"),
        Line2D([], [], ls="", marker="o", mfc="white", mec="0.6", ms=4.5, label="beyond means"),
        Line2D([], [], ls="", marker="o", mfc="none", mec=ORANGE, mew=1.5, ms=8, label="somebody could do it alone"),
        Line2D([], [], ls="", marker="*", color=VERMILLION, ms=9, label="launched"),
    ]
    figure.legend(handles=marks, loc="outside lower left", ncols=4, fontsize=7.5, frameon=False)
