"""Write the designs of the sensitivity study from the table of parameters: ``python tools/write_sensitivity.py [--ten FOLDER]``.

Ranges are the priors. ``--ten FOLDER`` reads the finished screening in ``FOLDER/sensitivity_morris_*`` and puts the ten that
the rule chooses into the second step; without it, the ten that stand in the files stay. ``--check`` compares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "experiments"

LEVERS = "animation.animators.animator.levers"
BASES = {
    "urban": "[territory=urban, territory.population=20000, territory.seed=1, burn_in=60, months=120]",
    "rural": "[territory=rural, territory.population=30000, territory.seed=1, burn_in=60, months=120, animation=labo, "
    f"{LEVERS}.matchmaking.per_year=2, {LEVERS}.accompany_organisation.per_year=4, {LEVERS}.accompany_alliance.per_year=4]",
}
"""Doses of the Labo's levers follow the size of the place."""
NOT_CORE = (
    "levers", "governance", "perimeters", "inhabitants", "demography", "replication", "standing forums", "supply links",
    "funding mode",
)  # fmt: skip
"""Groups of parameters that do not act where nobody animates and no extension is on."""
SILENT = (
    "keur_per_unit", "days_per_unit", "federated_association", "federated_firm", "event_exposures", "beta",
    "shared_weight_diagnosed", "theta_commit", "group_least", "second_seat",
)  # fmt: skip
"""Of the others, those that nothing in the urban territory reads: no purse, network, event, border, diagnosis, plenary."""
OF_THE_LABO = (
    "federated_firm", "event_exposures", "attendees", "event_association", "event_firm", "event_ready", "event_known",
    "table_size", "accompany_gain", "accompany_failure", "accompany_hazard", "accompany_equal",
)  # fmt: skip
"""What the rural territory with the levers of the Labo reads besides."""
OF_FORUMS = (
    "slack_sigma", "structuration_concentration", "prejudice", "capability_typical", "capability_other", "cost_scale",
    "cost_sigma", "gamma", "trust0", "shared_weight", "phi", "contest_max", "tol0", "psi", "lead_slack", "lead_structuration",
    "eta_c", "rivalry", "portfolio", "concede_offset", "concede_noise", "tau_base", "tau_step", "temperature",
    "coordination_cost", "p_miss",
)  # fmt: skip
"""What forums alone read at the reference level of means."""
NARROWER = {"event_association": (0.3, 0.6), "event_firm": (0.1, 0.4)}
"""Shares of one whole: ranges that leave their sum at most 1."""

HEADS = {
    "morris_urban": (
        "What drives what: Morris' screening of every assumption that acts in an urban territory without an animator",
        "Sensitivity, screening, urban",
        "Which assumptions drive what comes out of an urban territory without an animator?",
    ),
    "morris_rural": (
        "What drives what: the same screening for a rural territory with the levers of the Labo, and what these read",
        "Sensitivity, screening, rural with the Labo's levers",
        "Which assumptions drive what comes out of a rural territory with the Labo's levers?",
    ),
    "morris_forums": (
        "What drives what: the same screening for forums alone, read at the reference level of means",
        "Sensitivity, screening, forums alone",
        "Which assumptions drive how easily a forum launches?",
    ),
    "sobol_urban": (
        "What drives what: Sobol' indices of the ten assumptions that the screening of both territories chooses, urban",
        "Sensitivity, Sobol' indices, urban",
        "How much of what comes out of an urban territory without an animator does each of ten assumptions decide?",
    ),
    "sobol_rural": (
        "What drives what: Sobol' indices of the same ten, rural with the levers of the Labo",
        "Sensitivity, Sobol' indices, rural with the Labo's levers",
        "How much of what comes out of a rural territory with the Labo's levers does each of ten assumptions decide?",
    ),
    "sobol_forums": (
        "What drives what: Sobol' indices of the ten assumptions that the screening of forums alone chooses",
        "Sensitivity, Sobol' indices, forums alone",
        "How much of how easily a forum launches does each of ten assumptions decide?",
    ),
}


def screened(setting: str) -> list[str]:
    """Parameters that the screening of a setting varies."""
    from alliancesim.parameters import uncertain_parameters

    core = [p.name for p in uncertain_parameters() if p.group not in NOT_CORE and p.name not in SILENT]
    return {"urban": core, "rural": [*core, *OF_THE_LABO], "forums": list(OF_FORUMS)}[setting]


def text(step: str, setting: str, names: list[str]) -> str:
    """An experiment file."""
    from alliancesim.parameters import BY_NAME
    from alliancesim.studies.sensitivity_tables import TERRITORY

    comment, title, question = HEADS[f"{step}_{setting}"]
    lines = [
        f"# {comment}",
        "# Made by `python tools/write_sensitivity.py`",
        f"title: {title}",
        f"question: {question}",
    ]
    forums = setting == "forums"
    lines += ["subject: forums", "base: []"] if forums else [f"base: {BASES[setting]}"]
    lines.append("factors:")
    for name in names:
        one = BY_NAME[name]
        low, high = NARROWER.get(name, (one.low, one.high))
        more = (", log: true" if one.log and name not in NARROWER else "") + (", integer: true" if one.integer else "")
        lines.append(f"  rules.{name}: {{low: {low:g}, high: {high:g}{more}}}")
    if step == "morris":
        lines.append(f"design: {{kind: morris, samples: {20 if forums else 8}, levels: 4, seed: 7}}")
    else:
        lines.append(f"design: {{kind: saltelli, samples: {256 if forums else 64}, seed: 7}}")
    lines.append("replicates: 2")
    if forums:
        lines += ["forums: {number: 500, levels: [1.0, 2.0]}", "quick: [design.samples=2, forums.number=60]"]
    else:
        lines += ["keep:", "  timeseries: []", f"  observables: [{', '.join(TERRITORY)}]"]
        lines.append("quick: [replicates=2, months=6, burn_in=6, territory.population=1000, design.samples=2]")
    return "\n".join(lines) + "\n"


def the_ten(folder: Path) -> dict[str, list[str]]:
    """What the rule chooses from a finished screening."""
    import pandas as pd

    from alliancesim.experiments import open_experiment
    from alliancesim.studies.sensitivity_tables import chosen, screening

    found = {
        one: screening(open_experiment(folder / f"sensitivity_morris_{one}"), one)
        for one in ("urban", "rural", "forums")
    }
    places = chosen(pd.concat([found["urban"], found["rural"]], ignore_index=True))
    return {"urban": places, "rural": places, "forums": chosen(found["forums"])}


def standing() -> dict[str, list[str]]:
    """The ten that stand in the files."""
    from alliancesim.experiments import load_experiment

    return {
        one: [name.removeprefix("rules.") for name in load_experiment(f"sensitivity_sobol_{one}").factors]
        for one in ("urban", "rural", "forums")
    }


def main(argv: list[str] | None = None) -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description="Write the designs of the sensitivity study.")
    parser.add_argument("--ten", metavar="FOLDER", type=Path, help="folder of the finished screening")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args(argv)
    ten = the_ten(args.ten) if args.ten else standing()
    files = {f"sensitivity_morris_{one}": text("morris", one, screened(one)) for one in ten}
    files |= {f"sensitivity_sobol_{one}": text("sobol", one, names) for one, names in ten.items()}
    differ = []
    for name, wanted in files.items():
        path = FOLDER / f"{name}.yaml"
        if path.is_file() and path.read_text(encoding="utf-8") == wanted:
            continue
        differ.append(name)
        if not args.check:
            path.write_text(wanted, encoding="utf-8", newline="\n")
    print(
        ", ".join(differ) + (" differ" if args.check else " written")
        if differ
        else "the files are what the table gives"
    )
    return int(args.check and bool(differ))


if __name__ == "__main__":
    sys.exit(main())
