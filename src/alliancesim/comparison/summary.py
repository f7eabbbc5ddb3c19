"""A comparison in words, and its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.analysis.costs import DAY_KEUR
from alliancesim.comparison.figures import WORDS, scale_of, unit_of
from alliancesim.errors import UserError
from alliancesim.experiments import folder as names

if TYPE_CHECKING:
    from alliancesim.comparison.comparing import Comparison


def number(value: float) -> str:
    """Three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def sentence(row: Any) -> str:
    """One paired difference in words, from its numbers."""
    word = WORDS.get(row.observable, row.observable.replace("_", " "))
    factor, unit = scale_of(row.observable), unit_of(row.observable)
    shown = " percentage points" if unit == "%" else {"kEUR": " kEUR", "number": ""}.get(unit, f" {unit}")
    low, high = number(row.low * factor), number(row.high * factor)
    if row.n == 0:
        return f"{word}: not measured."
    if not row.clear:
        return f"{word}: no clear difference ({number(row.difference * factor)}{shown}, interval {low} to {high})."
    more = "more" if row.difference > 0 else "fewer" if unit == "number" else "less"
    size = number(abs(row.difference * factor))
    share = row.share_higher if row.difference > 0 else row.share_lower
    futures = f"in {round(10 * share)} futures out of 10" if 0 < share < 1 else "in every replicate"
    return f"{word}: {size}{shown} {more} (interval {low} to {high}), {futures} {'higher' if row.difference > 0 else 'lower'}."


def summary(comparison: Comparison) -> str:
    """What was found (Markdown)."""
    result = comparison.result
    home = comparison.labels[comparison.reference]
    table = comparison.table()
    lines = [f"# {result.experiment.heading}", ""]
    if result.experiment.question:
        lines += [f"*{result.experiment.question}*", ""]
    pairing = comparison.pairing()
    paired = (
        f" (median over the lines below; independent seeds would need {pairing:.1f} times as many)"
        if pairing == pairing
        else ""
    )
    lines += [
        f"Each scenario against **{home}**, {comparison.replicates} replicates that share their draws{paired}.",
        "Intervals are 95 %, over replicates: they say what luck alone does, not how sure the rules are.",
    ]
    if result.experiment.precision:
        words = ", ".join(f"{name} ± {text}" for name, text in result.experiment.precision.items())
        lines += ["", f"Replicates were added until {words} was reached, {result.experiment.most_replicates} at most."]
    costs = comparison.cost(costs={"day_keur": DAY_KEUR}).set_index("point")
    for point, label in enumerate(comparison.labels):
        if point == comparison.reference:
            continue
        lines += ["", f"## {label}", ""]
        lines += [f"- {sentence(row)}" for row in table[table["point"] == point].itertuples(index=False)]
        lines.append(f"- cost: {_cost(costs.loc[point])}")
        if (result.path / names.ORGANISATIONS).exists():
            lines.append(f"- who: {_who(comparison, point)}")
    if len(comparison.labels) > 2:
        lines += ["", "## Order by lasting alliances", ""]
        lines += [
            f"{place}. {row.label}: {number(row.mean)} (interval {number(row.low)} to {number(row.high)}); best with "
            "probability "
            f"{row.p_best:.2f}"
            for place, row in enumerate(comparison.ranking().itertuples(index=False), 1)
        ]
    lines += [
        "",
        "Organisations are synthetic. Effects and costs of levers are assumptions with ranges: vary them before "
        "acting.",
        "",
    ]
    return "\n".join(lines)


def _cost(row: Any) -> str:
    if row["cost"] != row["cost"]:
        return f"{row['reading']} ({number(row['extra_keur'])} kEUR more, days at {DAY_KEUR} kEUR)."
    return (
        f"{number(row['cost'])} kEUR for each further lasting alliance (interval {number(row['cost_low'])} to "
        f"{number(row['cost_high'])}, days at {DAY_KEUR} kEUR)."
    )


def _who(comparison: Comparison, point: int) -> str:
    """Kinds that gain most, and those that are left out."""
    table = comparison.attribution(point, "kind")
    table = table[table["units"] >= 5].sort_values("change", ascending=False, kind="stable")
    clear = table[(table["low"] > 0) | (table["high"] < 0)]
    words = [f"{row.group.replace('_', ' ')} {100 * row.change:+.1f} points" for row in clear.head(3).itertuples()]
    left = [row.group.replace("_", " ") for row in table[table["low"] <= 0].itertuples() if row.high >= 0]
    gain = f"engaged more: {', '.join(words)}" if words else "no kind of organisation changes clearly"
    return gain + (f"; no clear change: {', '.join(left[:5])}" if left and words else "") + "."


def save(comparison: Comparison, folder: Path) -> Path:
    """Write ``comparison.md``, ``comparison.parquet`` (all observables) and figures; each file whole or not at all."""
    from alliancesim.comparison.figures import FIGURES

    try:
        folder.mkdir(parents=True, exist_ok=True)
        names.write_text(folder / "comparison.md", summary(comparison))
        part = folder / ".comparison.parquet.part"
        comparison.everything().to_parquet(part, index=False)
        os.replace(part, folder / "comparison.parquet")
        (folder / "figures").mkdir(exist_ok=True)
        for name, draw in FIGURES.items():
            try:
                figure = draw(comparison)
            except UserError:  # scenarios of different territories have no map, an experiment may keep no organisations
                continue
            figure.savefig(folder / "figures" / f"{name}.png")
    except OSError as error:
        raise UserError(f"output: {folder} cannot be written: {(error.strerror or str(error)).lower()}") from None
    return folder
