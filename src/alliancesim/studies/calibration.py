"""The page of the calibration: targets, waves, fits beside the prior's, marginals, conflicts, what is out of reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.predictive import LEVEL, NO_EVIDENCE, all_at_once, reading
from alliancesim.calibration import diagnostics
from alliancesim.calibration.settings import SELECTION
from alliancesim.calibration.smc import LEAST, SHARE
from alliancesim.calibration.waves import CUT
from alliancesim.studies.calibration_figures import left_out_figure, marginal_figure
from alliancesim.studies.figures import listed
from alliancesim.studies.page import Page, Study
from alliancesim.studies.predictive import figure as predictive_figure

if TYPE_CHECKING:
    from alliancesim.calibration.calibrate import Calibration
    from alliancesim.calibration.plan import CalibrationPlan

ESTABLISHMENTS = 96
"""Establishments of a large enterprise in France (SPEC section 2: enterprises of the national statistics)."""
_GE = ("engaged_share_ge", "engaged_share_ge_enterprises")

STANDS_IN_THE_WAY = {
    "engaged_share_ge_enterprises": "the load cap of a GE establishment (20), meetings that grow with it (`size_exponent`) and "
    "the count of an enterprise by any one of its establishments",
    "engaged_share_association": "the share of volunteer associations with a load cap of 1, and their few meetings",
    "engaged_share_pme": "the one size exponent of meetings, which ties PME to the smaller and larger kinds",
    "engaged_share_tpe": "the one size exponent of meetings: TPE make 94 % of the firms and meet as their load cap has it",
    "engaged_share_firm": "that 94 % of the firms are TPE, whose share in 2013 is a target of its own, and that nothing in the "
    "rules makes adoption fast between 2010 and 2013",
    "willing_share_firm": "that willingness spreads by exposures and testimonies alone, and is never lost except by engaging",
    "share_under_five_years": "renewal at terms of 36 months by success, need and trust, and a hazard that quality lowers",
    "partnerships_per_involved": "the same acceptance for partners met at an event as for any others",
    "plenary_committed_share": "commitment as a threshold on one best theme (`theta_commit`)",
}
"""The rule that a target hangs on, to be named where the target is out of reach."""


def page_of(found: Calibration) -> Page:
    """The page of a calibration."""
    plan = found.plan
    labels = {target.name: target.words for target in plan.targets}
    tables = found.tables
    page = Page(
        "Calibration",
        "Which parameters of the model agree with what surveys and cases tell, and how well does the model then agree?",
    )
    page.tables = {
        "targets": tables["targets"][
            ["target", "value", "tolerance", "discrepancy", "month", "denominator", "source", "remark"]
        ],
        **{name: table for name, table in tables.items() if name not in ("targets",)},
    }
    page.add("Targets", _targets(found))
    page.add("Design", _how(found))
    page.add("What is ruled out", _waves(tables))
    if found.particles is not None:
        fit = _fit(tables["predictive"])
        page.tables["fit"] = fit
        page.figures["fit"] = predictive_figure(tables["predictive"], labels, level=LEVEL)
        page.figures["marginals"] = marginal_figure(tables["marginals"])
        page.add("Does it agree?", _agreement(found, tables["predictive"]))
        page.add("What is learned about parameters", _marginals(found, tables["marginals"]))
    page.figures["left_out"] = left_out_figure(tables["left_out"], labels)
    page.add("Conflicts", _conflicts(found, tables, labels))
    enterprises = _enterprises(found)
    if enterprises:
        page.add("Large enterprises: a denominator that decides", enterprises)
    page.add("What it does not say", _LIMITS)
    return page


def _targets(found: Calibration) -> str:
    month = {target.month for target in found.plan.targets}
    return "\n\n".join(
        [
            "table:targets",
            "Month 1 is January 2008 (month 34 of Charenton, which begins in January 2010, is the plenary of October 2012); "
            f"targets stand in months {listed([str(one) for one in sorted(month)])}. A tolerance is read as an error that is "
            "uniform within it. The discrepancy is a standard deviation, stated beforehand, for what the runs that show a "
            "target get wrong by being small or cut off.",
        ]
    )


def _how(found: Calibration) -> str:
    plan, budget = found.plan, found.plan.budget
    settings = [
        f"- `{one.name}`: {'; '.join('`' + ' '.join(words) + '`' for words in one.parts)}, {one.months} months"
        f"{'; a chosen success' if one.selection else ''}."
        for one in plan.settings.values()
    ]
    runs = sum(len(one[1]) for one in found.stages)
    return "\n\n".join(
        [
            "A set of parameters is run in each of these settings; runs of a setting are pooled by adding counts:",
            "\n".join(settings),
            "The urban and the rural territory hold two thirds and one third of the inhabitants, as urban and rural communes do "
            "in France (INSEE's grid of density, 2021: 33 % rural); within each, shares of kinds are the typology's "
            "(assumptions, type A). In a chosen success, `selection` (0 to 1, uniform) moves `willing0` and `trust0` "
            "from where they "
            "are toward the tops of their priors by that share: what such a case teaches about levers is an upper bound "
            "elsewhere.",
            f"Searched: {len(plan.space.names)} parameters, all of type A or C that the runs could read, from the priors of "
            "[PARAMETERS](../PARAMETERS.md), and `selection`. "
            f"First {budget.bank} sets by Latin hypercube, then {listed([str(one) for one in budget.waves])} more in what is not "
            f"ruled out (history matching; a point is ruled out at an implausibility above {CUT:g} for any target in any wave; "
            "variances added: of the tolerance, the stated discrepancy, the emulator, and what parameters do not explain, luck "
            "of the seed above all). Emulators are a quadratic trend and a Gaussian process over the parameters that are active. "
            f"Then ABC-SMC with Markov moves (Del Moral, Doucet and Jasra 2012) over all {len(plan.space.names)}, from the "
            f"{budget.rows} nearest of the runs that no wave rules out: the tolerance falls, level by level, so that "
            f"{100 * SHARE:.0f} % of the population survives, and particles move by steps that keep the prior within it, for at "
            f"most {budget.smc} runs; distance: root mean square over targets, in tolerances. The {budget.rows} particles, of "
            "equal weight, are the rows of the posterior, each run once more with another seed for the comparisons below. "
            f"{runs} runs in all, seed {plan.seed}.",
            *_kept(plan),
        ]
    )


def _kept(plan: CalibrationPlan) -> list[str]:
    if not plan.keeps:
        return []
    return [
        f"{len(plan.keeps)} of the parameters cannot be [identified](identifiability.md) by these targets: in the rows each of "
        "them has its prior again, by itself (the k-th smallest of the values becomes a draw from the k-th of as many equal "
        "parts of the prior). So nothing is claimed of any of them, and yet what it goes together with in the particles stays; "
        "the runs below are of the rows as they ship.",
    ]


def _waves(tables: Mapping[str, pd.DataFrame]) -> str:
    emulators = tables["emulators"]
    parts = ["table:volumes", "Volume: share of the prior that is not ruled out after each wave, with its 95 % interval where "
             "it can be counted."]  # fmt: skip
    if len(emulators):
        last = emulators[emulators["wave"] == emulators["wave"].max()]
        inside, off = emulators["within_2"], emulators[emulators["within_2"] < 0.9]
        said = (
            f"Of all emulators the share of held-out runs within two standard errors is {inside.min():.2f} to {inside.max():.2f} "
            "(0.95 where an emulator knows what it does not know; the same rows raise the noise of one that is too sure of "
            "itself, so that the share is partly made so)"
        )
        said += (
            f"; those of {listed(sorted({f'{row.target} (wave {row.wave})' for row in off.itertuples()}))} are overconfident."
            if len(off)
            else "."
        )
        worst = last.sort_values("noise_in_tolerances").iloc[-1]
        parts += [
            said,
            f"What parameters do not explain is largest for {worst['target']}: {worst['noise_in_tolerances']:.1f} tolerances, "
            "one standard deviation, in places of this size.",
            "The table of emulators is beside this page.",
        ]
    return "\n\n".join(parts)


def _fit(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in table.to_dict("records"):
        rows.append(
            {
                "target": row["target"],
                "value": f"{row['value']:.2f} ± {row['tolerance']:.2f}",
                "prior, 90 %": _between(row["prior_low"], row["prior_high"]),
                "posterior, 90 %": _between(row["posterior_low"], row["posterior_high"]),
                "median": f"{row['posterior_mid']:.2f}" if np.isfinite(row["posterior_mid"]) else "no value",
                "prior within": f"{100 * row['prior_pass']:.0f} %",
                "posterior within": f"{100 * row['posterior_pass']:.0f} %",
                "luck": f"{row['luck']:.1f}" if np.isfinite(row["luck"]) else "",
                "within at best": f"{100 * row['at_best']:.0f} %" if np.isfinite(row["at_best"]) else "",
                "reading": reading(row["prior_pass"], row["posterior_pass"]),
            }
        )
    return pd.DataFrame(rows)


def _between(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}" if np.isfinite(low) else "no value"


def _agreement(found: Calibration, table: pd.DataFrame) -> str:
    about = table[["target", "value", "tolerance"]]
    prior = all_at_once(pd.DataFrame(found.stages[0][2], columns=found.names), about)
    after = all_at_once(pd.DataFrame(found.check, columns=found.names), about)
    missed = table[table["posterior_pass"] < NO_EVIDENCE]
    hidden = missed[missed["at_best"] < NO_EVIDENCE]
    easy = table[table["prior_pass"] > NO_EVIDENCE]
    assert found.particles is not None
    levels = found.particles.levels
    last = levels[-1]
    lines = [
        "![What draws give](figure:fit)",
        "table:fit",
        f"Within tolerance of all {len(table)} targets at once, one run a draw: {100 * prior[0]:.2g} % of prior draws, "
        f"{100 * after[0]:.2g} % of posterior rows ({100 * after[1]:.2g} to {100 * after[2]:.2g} %, 95 % interval). These are "
        "the targets that the parameters were searched by: agreement is no validation.",
        f"The search ended after {len(levels) - 1} levels at a distance of {last['epsilon']:.2f} tolerances (it began at "
        f"{levels[0]['epsilon']:.2f}; uniform errors within the tolerances have {LEAST:.2f}), with {last['distinct']:.0f} "
        f"different particles of {len(found.particles.x)}, descendants of {last['ancestors']:.0f} of those it began with.",
        "Rows are run with another seed here: those that were accepted had luck. *Luck*: standard deviation of one run about its "
        f"row's own mean, in tolerances, from {len(found.luck)} rows that were run twice; *within at best*: share of runs within "
        "tolerance if every row had its mean on the target. Where that is below a half, runs of this size cannot tell.",
    ]
    if len(easy):
        lines.append(
            f"Most prior draws already pass {listed(list(easy['target']))}: passing there is no evidence for anything."
        )
    lines.append(
        f"Fewer than half of the posterior's rows come within tolerance of {listed(list(missed['target']))}, each by itself"
        + (f"; luck alone would do that to {listed(list(hidden['target']))}." if len(hidden) else ".")
        if len(missed)
        else "At least half of the posterior's rows come within tolerance of each target by itself."
    )
    return "\n\n".join(lines)


def _marginals(found: Calibration, table: pd.DataFrame) -> str:
    learned, rest = table[~table["keeps"]], table[table["keeps"]]
    known = learned[learned["contraction"] >= 0.1]
    named = [f"`{row['parameter']}` ({row['contraction']:.2f})" for row in known.head(12).to_dict("records")]
    lines = [
        "![Marginals](figure:marginals)",
        f"{len(learned)} parameters are taken as the particles have them."
        + (
            f" {len(rest)} stand at their priors, each by itself; before that, the particles had contracted them by "
            f"{rest['accepted_contraction'].max():.2f} at most "
            f"(`{rest.loc[rest['accepted_contraction'].idxmax(), 'parameter']}`), "
            f"{rest['accepted_contraction'].median():.2f} in the middle: what chance and copies make of a few hundred, and "
            "combinations with others."
            if len(rest)
            else ""
        ),
        f"Contraction of 0.1 or more: {listed(named)}."
        if named
        else "No parameter contracts by 0.1 or more by itself.",
        "With some two hundred particles a contraction below about 0.1 may be chance; combinations may be known where their "
        "parts are not, so rows are used whole. What the targets can identify at all is on "
        "[its own page](identifiability.md).",
    ]
    if SELECTION in set(table["parameter"]):
        row = table[table["parameter"] == SELECTION].iloc[0]
        lines.append(
            f"`selection` of the chosen successes: {row['low']:.2f} to {row['high']:.2f} (90 %), median {row['mid']:.2f}; "
            "the prior is uniform on 0 to 1."
        )
    return "\n\n".join(lines)


def _conflicts(found: Calibration, tables: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> str:
    nearest, within, runs = diagnostics.nearest_all(found)
    pairs, left = tables["pairs"], tables["left_out"]
    lines = [
        f"Of {runs} runs, {within} came within tolerance of all targets at once; the nearest one misses none by more than "
        f"{nearest:.2f} tolerances (1 is within).",
        "![Each target beside the others](figure:left_out)",
    ]
    apart = pairs[pairs["nearest_both"] > 1.0]
    lines.append(
        "No run met both of: "
        + "; ".join(
            f"{labels[row.first]} with {labels[row.second]} (nearest: {row.nearest_both:.1f} tolerances)"
            for row in apart.itertuples()
        )
        + "."
        if len(apart)
        else "Each pair of targets was met by some run within both tolerances."
    )
    rare = pairs[(pairs["if_independent"] > 0) & (pairs["both_pass"] < 0.5 * pairs["if_independent"])]
    if len(rare):
        lines.append(
            "Met together by less than half as many prior draws as if they were independent: "
            + "; ".join(
                f"{row.first} and {row.second} ({100 * row.both_pass:.1f} % beside {100 * row.if_independent:.1f} %)"
                for row in rare.sort_values("both_pass").head(6).itertuples()
            )
            + "."
        )
    out, pulled = [], []
    for row in left.to_dict("records"):
        if not np.isfinite(row["expected_mid"]):
            continue
        if row["least"] > CUT:
            out.append(row)
        elif row["expected_low"] > row["value"] or row["expected_high"] < row["value"]:
            pulled.append(row)
    for row in out:
        target = next(one for one in found.plan.targets if one.name == row["target"])
        why = STANDS_IN_THE_WAY.get(target.observable, "not known beforehand")
        lines.append(
            f"**Out of reach**: {labels[row['target']]}. Where the others are met emulators expect {row['expected_low']:.2f} to "
            f"{row['expected_high']:.2f}, against {row['value']:.2f} ± {row['tolerance']:.2f}. What it hangs on: {why}."
        )
    for row in pulled:
        side = "above" if row["expected_low"] > row["value"] else "below"
        lines.append(
            f"**In tension**: {labels[row['target']]}. Where the others are met emulators expect it {side} the target's value "
            f"for most parameters ({row['expected_low']:.2f} to {row['expected_high']:.2f} against {row['value']:.2f} ± "
            f"{row['tolerance']:.2f})."
        )
    if not out and not pulled:
        lines.append("No target contradicts the others: each value lies inside what the others leave of it.")
    lines += _two_surveys(found)
    return "\n\n".join(lines)


def _two_surveys(found: Calibration) -> list[str]:
    """The tension of 2010 against 2013: one number of the first beside what the second makes of it."""
    names = {target.observable: target for target in found.plan.targets}
    if not {"engaged_share_firm", "engaged_share_tpe", "engaged_share_pme"} <= set(names) or found.particles is None:
        return []
    firm, tpe, pme = (names[f"engaged_share_{word}"] for word in ("firm", "tpe", "pme"))
    check = pd.DataFrame(found.check, columns=found.names)
    grown = (check[tpe.name] - check[firm.name]).dropna()
    if grown.empty:
        return []
    low, mid, high = grown.quantile([0.05, 0.5, 0.95])
    return [
        f"*2010 against 2013.* The survey of the end of 2010 finds {100 * firm.value:.0f} % of firms engaged, that of 2013 "
        f"{100 * tpe.value:.0f} % of TPE and {100 * pme.value:.0f} % of PME. Nearly all firms are TPE, so the two together say "
        "that firms hardly moved in three years, or that they asked different firms. In the posterior TPE of 2013 are "
        f"{100 * mid:+.1f} points from all firms of 2010 ({100 * low:+.1f} to {100 * high:+.1f}, 90 %); the first survey's share "
        f"comes out as {100 * check[firm.name].quantile(0.05):.0f} to {100 * check[firm.name].quantile(0.95):.0f} %.",
    ]


def _enterprises(found: Calibration) -> str:
    """What counting enterprises by any one establishment makes of the target at other sizes."""
    target = next((one for one in found.plan.targets if one.observable == _GE[1]), None)
    if target is None or found.particles is None:
        return ""
    share = float(np.nanmedian(pd.DataFrame(found.check, columns=found.names)[target.name]))
    need = 1.0 - (1.0 - target.value) ** (1.0 / ESTABLISHMENTS)
    nation = 1.0 - (1.0 - share) ** ESTABLISHMENTS
    return (
        f"The survey asks enterprises, of which each has about {ESTABLISHMENTS} establishments in France; the model's "
        "establishments engage by themselves. If one engaged establishment made its enterprise engaged, "
        f"{100 * nation:.0f} % of enterprises would be, at the posterior's share of {share:.2f}; to find "
        f"{target.value:.2f} in all "
        f"of France, only {100 * need:.1f} % of establishments could be engaged, which no parameters give beside the "
        "other targets "
        "(GE meet most of all kinds). So the target can only be read locally: an enterprise counts once in each territory, by "
        "the establishments that it has there (about 1.1 in territories of this size; nearly a share of "
        "establishments). On a place "
        "of a million inhabitants (1.9 establishments) the same parameters give about "
        f"{1.0 - (1.0 - share) ** (1.9 / 1.1):.2f}. This is a choice of ours, and the target hangs on it."
    )


_LIMITS = (
    "That the model is right: it was fitted to these numbers, and what was fitted validates nothing. The posterior is "
    "conditional on the rules, on the priors (ours), on the settings that stand for France (two synthetic territories) "
    "and for the two cases "
    "(chosen successes), and on the tolerances. Small runs are lucky runs: intervals of GE, Labo and Charenton are those of "
    "places of this size. Lever effects and costs are priors still. Parameters that no target moves are exactly "
    "as unknown as before."
)


# -- running ----------------------------------------------------------------------------------------------------------


def run(
    folder: Path,
    *,
    quick: bool = False,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    **how: Any,
) -> Calibration:
    """The calibration of the package's plan, in a folder, or go on with it."""
    from alliancesim.calibration.calibrate import calibrate
    from alliancesim.calibration.plan import load_plan
    from alliancesim.experiments.settings import Settings

    return calibrate(load_plan(quick=quick), folder / "calibration", Settings(**how), progress=progress, say=say)


def write_beside(found: Calibration, folder: Path) -> Path:
    """The page with figures and tables, beside the files of a calibration."""
    from alliancesim.studies.reproduce import write

    return write(STUDY.name, page_of(found), folder, quick=found.plan.quick)


STUDY = Study("calibration", (), lambda results: page_of(results["calibration"]), run)
