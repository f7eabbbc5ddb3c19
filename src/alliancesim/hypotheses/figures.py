"""One compact figure a hypothesis: the draws of each effect against the zone that is of no interest, and curves of shapes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.hypotheses.decide import Settled
from alliancesim.hypotheses.effects import CURVES, curves_of
from alliancesim.hypotheses.schema import EffectConfig
from alliancesim.plots.style import BLUE, GREY, ORANGE, VERMILLION, house_style
from alliancesim.studies.figures import study_figure

if TYPE_CHECKING:
    from alliancesim.hypotheses.running import Evidence

_COLOURS = {"supported": BLUE, "refuted": VERMILLION, "undecided": GREY}
_ROW = 0.78
_SIDES = {
    "+": "supported right of the grey zone",
    "-": "supported left of the grey zone",
    "0": "supported inside the grey zone",
    "not +": "supported unless right of the grey zone",
    "not -": "supported unless left of the grey zone",
}


def figure(found: Evidence) -> Any:
    """Draws of every effect (dots), their mean and central 95 % (bar), the zone of no interest (grey); curves below."""
    hypothesis = found.hypothesis
    shown = list(hypothesis.effects)
    curved = [name for name in shown if hypothesis.effects[name].measure in CURVES]
    height = 0.95 + _ROW * len(shown) + (2.0 if curved else 0.0)
    note = (
        "Dots: effects of draws of the parameters, without the luck of seeds where it could be taken out; bar: their central "
        "95 %. Grey: smaller than the smallest effect of interest. Synthetic territories."
    )
    title = f"{hypothesis.name}: {found.decision.outcome}"
    drawn = study_figure(title, note, height)
    with house_style():
        ratios = [1.0] * len(shown) + ([2.6] if curved else [])
        grid = drawn.add_gridspec(len(ratios), 1, height_ratios=ratios)
        for row, name in enumerate(shown):
            ax = drawn.add_subplot(grid[row])
            _strip(ax, hypothesis.effects[name], found.effects[name], found.parts[name].outcome)
        if curved:
            inner = grid[len(shown)].subgridspec(1, len(curved))
            for column, name in enumerate(curved):
                _curves(drawn.add_subplot(inner[column]), found, hypothesis.effects[name])
    return drawn


def _strip(ax: Any, about: EffectConfig, effect: Settled, outcome: str) -> None:
    """One effect: dots a little apart, so that many can be seen."""
    from alliancesim.hypotheses.decide import range_of

    colour = _COLOURS[outcome]
    ax.axvspan(-about.least, about.least, color="0.9", lw=0)
    ax.axvline(0.0, color="0.55", lw=0.8)
    known = np.sort(effect.values[np.isfinite(effect.values)])
    apart = (np.arange(len(known)) * 0.618) % 1.0 - 0.5
    ax.plot(known, 0.62 * apart, "o", color=colour, ms=3.2, alpha=0.55, mew=0)
    low, high = range_of(effect)
    if np.isfinite([low, high]).all():
        ax.plot([low, high], [-0.62, -0.62], color=colour, lw=2.2, solid_capstyle="butt")
        ax.plot([effect.mean], [-0.62], "D", color=colour, ms=4.5)
    ax.set_ylim(-0.95, 0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    reach = np.max(np.abs([*known, about.least * 1.4])) * 1.08 if len(known) else about.least * 2.0
    ax.set_xlim(-reach, reach)
    beside = "" if about.decides else " (beside)"
    ax.set_title(f"{about.words}{beside}: {outcome}; {_SIDES[about.sign]}", fontsize=7.8, weight="normal")
    ax.set_xlabel(about.unit, fontsize=7.5, labelpad=1)
    ax.tick_params(labelsize=7)


def _curves(ax: Any, found: Evidence, about: EffectConfig) -> None:
    """The curve of each draw (thin), their median (thick)."""
    options = {key: value for key, value in about.of.items() if key in ("quantity", "arm", "arms", "level")}
    x, curves = curves_of(found.data, **options)
    months = found.data.axis == "month" and "arms" not in options
    scale = x / 12.0 if months else x
    seen = np.isfinite(curves)
    count = seen.sum(axis=1)
    total = np.where(seen, curves, 0.0).sum(axis=1)
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    for one in means:
        ax.plot(scale, one, color=GREY, lw=0.5, alpha=0.35)
    whole = np.isfinite(means).any(axis=0)
    if whole.any():
        ax.plot(scale[whole], np.nanmedian(means[:, whole], axis=0), color=ORANGE, lw=2.0)
    if not months:
        ax.set_xscale("log", base=2)
        ax.set_xticks(scale)
        ax.set_xticklabels([f"{one:g}" for one in scale])
        ax.minorticks_off()
    ax.set_ylim(bottom=0.0)
    what = "years" if months else "participants" if "arms" in options else "means, relative to the reference"
    ax.set_xlabel(what, fontsize=7.5)
    ax.set_title(
        "\n".join(textwrap.wrap(f"{about.words} (each draw; median thick)", 62)), fontsize=7.5, weight="normal"
    )
    ax.set_ylabel(_said(str(options["quantity"])), fontsize=7.5)
    ax.tick_params(labelsize=7)


def _said(quantity: str) -> str:
    return {
        "launch": "share that launches",
        "adopted_share": "share willing or engaged",
        "alliances": "active alliances",
    }.get(quantity, quantity.replace("_", " "))
