"""Targets of the calibration beside the default run of each preset, where nothing is calibrated.

    python benchmarks/alive.py        writes docs/ALIVE.md

One run a preset, seed 1: it shows whether the model is alive at its defaults, and validates nothing.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from alliancesim.results import simulate
from alliancesim.scenario import load_scenario

PRESETS = ("labo_alsace", "charenton", "vaucluse_latent", "vaucluse_two_phase", "celavar_rural", "opus3_scarcity")
TARGETS = (
    ("GE enterprises engaged, 2013", "engaged_share_ge_enterprises", 72, "0.60 ± 0.05", "survey, N06"),
    ("GE establishments engaged, 2013", "engaged_share_ge", 72, "(0.60)", "the survey counts enterprises"),
    ("associations engaged, 2013", "engaged_share_association", 72, "0.46 ± 0.05", "survey, N06"),
    ("PME engaged, 2013", "engaged_share_pme", 72, "0.36 ± 0.05", "survey, N06"),
    ("TPE engaged, 2013", "engaged_share_tpe", 72, "0.20 ± 0.05", "survey, N06"),
    ("firms engaged, end of 2010", "engaged_share_firm", 36, "0.21 ± 0.08", "ARPEA"),
    ("firms willing, end of 2010", "willing_share_firm", 36, "0.33 ± 0.08", "ARPEA"),
    ("partnerships under five years, end of 2010", "share_under_five_years", 36, "0.69 ± 0.07", "secondary page"),
)


def value_at(result, column: str, month: int) -> str:
    """Value of a column in a calendar month (the last one where the run is shorter)."""
    table = result.timeseries
    month = min(month, int(table["month"].max()))
    value = float(table.loc[table["month"] == month, column].iloc[0])
    return "–" if math.isnan(value) else f"{value:.2f}"


def main() -> int:
    """Run, write."""
    columns = {
        "urban, 1 M inhabitants": simulate(
            load_scenario("territory=urban", "territory.population=1000000", "months=72")
        )
    }
    for case in PRESETS:
        columns[case] = simulate(load_scenario(f"case={case}"))
        print(case, flush=True)
    lines = [
        "# Alive at the defaults",
        "",
        "What calibration is to reach, beside one run (seed 1) of the default urban typology and of each preset: **nothing here is",
        "calibrated**. Month 1 is January 2008, so 2013 is read at month 72 and the end of 2010 at month 36 (or at the last month of a",
        "shorter run). The targets are national; presets are places with their own history and rules, so agreement validates nothing and",
        "distance refutes nothing. Made by `python benchmarks/alive.py`.",
        "",
        "| | target | source | " + " | ".join(columns) + " |",
        "|---|---|---|" + "---|" * len(columns),
    ]
    for words, column, month, target, source in TARGETS:
        values = " | ".join(value_at(result, column, month) for result in columns.values())
        lines.append(f"| {words} | {target} | {source} | {values} |")
    lines += [
        "",
        "## Numbers of the source, case by case",
        "",
        "| case | what | source | this run | where |",
        "|---|---|---|---|---|",
    ]
    for case in PRESETS:
        for row in columns[case].references().itertuples():
            low, high = float(row.low), float(row.high)
            said = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            got = "none yet" if math.isnan(float(row.run)) else f"{float(row.run):.3g}"
            lines.append(f"| {case} | {row.name} | {said} | {got} | {row.source} |")
    lines += [
        "",
        "## Thin spots, looked at and not hidden",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for words, column in (
        ("alliances of three members or more", "share_three_or_more"),
        ("alliances that span three spheres", "share_three_spheres"),
        ("superadditivity", "superadditivity"),
        ("true over identified alliances", "true_over_identified"),
        ("clustering", "clustering"),
        ("clustering of the null", "clustering_null"),
        ("need met", "need_met"),
        ("equity ratio", "equity_ratio"),
    ):
        lines.append(f"| {words} | " + " | ".join(value_at(r, column, 10**6) for r in columns.values()) + " |")
    spontaneous = []
    for result in columns.values():
        forums = result.forums[result.forums["reported"]]
        spontaneous.append(f"{len(forums)} ({int((forums['outcome'] == 'launched').sum())})")
    lines.append("| forums held (launched), burn-in included | " + " | ".join(spontaneous) + " |")
    target = Path(__file__).resolve().parent.parent / "docs" / "ALIVE.md"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
