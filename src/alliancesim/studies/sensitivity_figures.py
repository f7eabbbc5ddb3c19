"""Figures of the sensitivity study: effects of every parameter as a map, Sobol' indices of the ten as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from alliancesim.plots.style import BLUE, ORANGE, house_style
from alliancesim.studies.figures import study_figure
from alliancesim.studies.sensitivity_tables import CLEAR, SETTINGS, observables

_LOOKS = {"urban": BLUE, "rural": ORANGE, "forums": BLUE}


def effect_map(found: pd.DataFrame, order: Sequence[str], marked: Sequence[str], title: str) -> Any:
    """Parameters by observables: colour is the effect in standard deviations, the sign its direction.

    Parameters
    ----------
    found : DataFrame
        From :func:`~alliancesim.studies.sensitivity_tables.screening`, of the settings to show.
    order : sequence of str
        Parameters to show, from the top.
    marked : sequence of str
        Those that are looked at more closely; they are printed in bold.
    title : str
    """
    note = (
        f"Colour: mean absolute effect of going through the whole prior range of a parameter, the others anywhere in theirs "
        f"(Morris' mu*), in standard deviations of the observable. + and −: the sign, where at least three quarters of the "
        f"effect go one way; x: both ways. Blank: not above {CLEAR:g} times what other seeds alone would give. "
        f"Bold: the ten of the rule."
    )
    settings = [one for one in SETTINGS if one in set(found["setting"])]
    drawn = study_figure(title, note, 1.9 + 0.165 * len(order) + (0.5 if len(order) < 20 else 0.0))
    with house_style():
        axes = drawn.subplots(
            1, len(settings), sharey=True, squeeze=False, width_ratios=[len(observables(one)) for one in settings]
        )[0]
        top = float(found["effect"].max())
        for ax, setting in zip(axes, settings, strict=True):
            here = found[found["setting"] == setting]
            names = observables(setting)
            wide = {
                column: here.pivot(index="parameter", columns="observable", values=column).reindex(
                    index=list(order), columns=list(names)
                )
                for column in ("effect", "noise", "direction")
            }
            clear = wide["effect"] > CLEAR * wide["noise"]
            image = ax.imshow(wide["effect"].where(clear), cmap="Blues", vmin=-0.12 * top, vmax=top, aspect="auto")
            for (row, column), value in np.ndenumerate(wide["effect"].to_numpy()):
                if not clear.iat[row, column]:
                    continue
                way = wide["direction"].iat[row, column] / value
                sign = "+" if way > 0.5 else "−" if way < -0.5 else "x"
                ax.text(column, row, sign, ha="center", va="center", fontsize=6.5,
                        color="white" if value > 0.55 * top else "black")  # fmt: skip
            ax.set_xticks(range(len(names)), list(names.values()), rotation=60, ha="right", rotation_mode="anchor")
            ax.set_yticks(range(len(order)), list(order))
            ax.tick_params(length=0, labelsize=7)
            ax.set_title(SETTINGS[setting])
            ax.grid(visible=False)
            for tick in ax.get_yticklabels():
                tick.set_fontweight("bold" if tick.get_text() in marked else "normal")
        bar = drawn.colorbar(image, ax=list(axes), shrink=0.6 if len(order) < 25 else 0.3, pad=0.01, aspect=25)
        bar.set_label("effect, standard deviations")
        bar.ax.set_ylim(0.0, top)
    return drawn


def index_bars(found: pd.DataFrame, order: Sequence[str], title: str, columns: int = 3) -> Any:
    """Total indices as bars, first-order indices as dots, both with intervals; a panel an observable.

    Parameters
    ----------
    found : DataFrame
        From :func:`~alliancesim.studies.sensitivity_tables.shares`, of settings with the same observables.
    order : sequence of str
        Parameters from the top.
    title : str
    columns : int
        Panels side by side.
    """
    settings = [one for one in SETTINGS if one in set(found["setting"])]
    note = (
        "Bars: share of the variance in which the parameter has a part, alone or with others (total index). Dots: the share "
        "that it makes alone (first order). Lines: 95 % bootstrap intervals. The ten parameters vary over their priors, "
        "all others stand at their defaults. Dotted: share of the variance that seeds make."
    )
    names = {name: words for name, words in observables(settings[0]).items() if name in set(found["observable"])}
    rows = -(-len(names) // columns)
    drawn = study_figure(title, note, 1.3 + rows * (0.55 + 0.19 * len(order)))
    with house_style():
        axes = drawn.subplots(rows, columns, sharey=True, sharex=True, squeeze=False)
        height = 0.8 / len(settings)
        for ax in axes.flat[len(names) :]:
            ax.set_visible(False)
        for ax, (name, words) in zip(axes.flat, names.items(), strict=False):
            for number, setting in enumerate(settings):
                here = found[(found["observable"] == name) & (found["setting"] == setting)]
                if here.empty:
                    continue
                here = here.set_index("parameter").reindex(list(order))
                y = np.arange(len(order)) + height * (number - (len(settings) - 1) / 2)
                colour = _LOOKS[setting]
                ax.barh(y, here["total"], height, color=colour, alpha=0.55, label=SETTINGS[setting])
                for column, mark, shade in (("total", "none", "0.25"), ("first", "o", colour)):
                    ax.errorbar(here[column], y, xerr=here[f"{column}_conf"], fmt=mark, color=shade, ms=2.5, lw=0.8,
                                mec="black", mew=0.3)  # fmt: skip
                ax.axvline(float(here["noise"].iloc[0]), color=colour, ls=":", lw=1.0)
            ax.set_title(words)
            ax.set_yticks(range(len(order)), list(order))
            ax.tick_params(axis="y", labelsize=7, length=0)
            ax.grid(visible=False, axis="y")
        axes[0, 0].set_xlim(-0.05, max(0.3, min(1.1, float((found["total"] + found["total_conf"]).max()) * 1.05)))
        axes[0, 0].invert_yaxis()
        for ax in axes[-1]:
            ax.set_xlabel("share of variance")
        if len(settings) > 1:
            known: dict[str, Any] = {}
            for ax in axes.flat:
                known.update(dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True)))
            labels = [SETTINGS[one] for one in settings if SETTINGS[one] in known]
            handles = [known[one] for one in labels]
            drawn.legend(handles, labels, loc="upper right", bbox_to_anchor=(0.99, 0.995), ncols=len(labels))
    return drawn
