"""What the targets identify: known parameters recovered from the targets that they produce (simulation-based calibration)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.abc import blurred, posterior
from alliancesim.analysis.identification import IDENTIFIED, PARTLY, directions, informs, verdict
from alliancesim.analysis.sbc import Recovery, recover, recovery_table
from alliancesim.identified import KNOWN
from alliancesim.parameters import BY_NAME
from alliancesim.studies.figures import listed, number
from alliancesim.studies.identifiability_figures import contraction_figure, informs_figure, rank_figure
from alliancesim.studies.page import Page, Study
from alliancesim.studies.wording import spread

if TYPE_CHECKING:
    from alliancesim.calibration.plan import CalibrationPlan

TRUTHS = 500
"""Rows of the bank that play the truth."""
KEEP = 0.15
"""Share of the bank that is accepted."""
FURTHER, QUICK_FURTHER = 200, 40
"""Runs over the priors beside the first wave of the calibration."""
ALARM = 0.05
"""False-alarm rate of the bands, all parameters together."""


@dataclass(frozen=True)
class Bank:
    """Parameters drawn from the prior, and what the model makes of them.

    Attributes
    ----------
    shares : DataFrame
        A row a draw, a column a parameter: the share of its prior that lies below the value, so that each is uniform
        on 0 to 1 whatever the prior's shape.
    targets : DataFrame
        The same rows, a column a target; NaN where the run has nothing of the kind.
    about : DataFrame
        ``target``, ``words``, ``value``, ``tolerance``.
    """

    shares: pd.DataFrame
    targets: pd.DataFrame
    about: pd.DataFrame

    def known(self) -> Bank:
        """The rows of which every target is known."""
        rows = self.targets.notna().all(axis=1)
        return Bank(self.shares[rows].reset_index(drop=True), self.targets[rows].reset_index(drop=True), self.about)


# -- numbers ----------------------------------------------------------------------------------------------------------


def run(
    folder: Path,
    *,
    quick: bool = False,
    progress: bool = False,
    say: Callable[[str], None] = lambda _text: None,
    **how: Any,
) -> Bank:
    """The bank: the first wave of the calibration, in its folder, and further runs over the same priors."""
    from alliancesim.calibration.bank import first_wave, further_runs
    from alliancesim.calibration.plan import load_plan
    from alliancesim.experiments.settings import Settings

    plan, settings = load_plan(quick=quick), Settings(**how)
    told: dict[str, Any] = {"progress": progress, "say": say}
    first = first_wave(plan, folder / "calibration", settings, **told)
    more = further_runs(plan, folder / "identifiability", settings, QUICK_FURTHER if quick else FURTHER, **told)
    return bank_of(plan, *first, *more)


def bank_of(plan: CalibrationPlan, *parts: np.ndarray) -> Bank:
    """The bank from points of the unit cube and their targets, one after the other."""
    names = [target.name for target in plan.targets]
    about = [
        {"target": one.name, "words": one.words, "value": one.value, "tolerance": one.tolerance} for one in plan.targets
    ]
    return Bank(
        pd.DataFrame(np.vstack(parts[::2]), columns=list(plan.space.names)),
        pd.DataFrame(np.vstack(parts[1::2]), columns=names),
        pd.DataFrame(about),
    )


@dataclass(frozen=True)
class Findings:
    """All that the page says, in numbers; no combinations where no parameter is known."""

    table: pd.DataFrame
    combinations: pd.DataFrame | None
    informs: pd.DataFrame
    recovery: Recovery
    bank: Bank
    keep: int
    radius: float


def study(bank: Bank, truths: int = TRUTHS, share: float = KEEP) -> Findings:
    """Recover truths from a bank: with targets as surveyed, as exact, and with each target left out.

    Parameters
    ----------
    bank : Bank
    truths : int
        Rows that play the truth, at most.
    share : float
        Of the bank that is accepted (at least six rows more than targets).
    """
    bank = bank.known()
    names = list(bank.shares.columns)
    theta, plain = bank.shares.to_numpy(dtype=np.float64), bank.targets.to_numpy(dtype=np.float64)
    about = bank.about
    unit, value = about["tolerance"].to_numpy(dtype=np.float64), about["value"].to_numpy(dtype=np.float64)
    given = blurred(plain, unit)
    keep = min(max(int(share * len(theta)), len(unit) + 6), len(theta) - 2)
    how: dict[str, Any] = {"truths": range(min(truths, len(theta))), "keep": keep, "bounds": _unit(len(names))}
    found = recover(theta, given, unit, **how)
    exact = recover(theta, plain, unit, **how)
    table = recovery_table(found, names, 1.0 - ALARM)
    sharp = recovery_table(exact, names, 1.0 - ALARM)
    table["contraction_exact"], table["calibrated_exact"] = sharp["contraction"], sharp["calibrated"]
    here = posterior(theta, given, value, unit, keep=keep, bounds=how["bounds"])
    table["contraction_here"] = 1.0 - np.diag(here.covariance) / theta.var(axis=0, ddof=1)
    table["verdict"] = [
        verdict(*pair) for pair in zip(table["contraction"], table["calibrated"].astype(bool), strict=True)
    ]
    without = {}
    for place, target in enumerate(about["target"]):
        rest = [k for k in range(len(unit)) if k != place]
        without[target] = recover(theta, given[:, rest], unit[rest], **how).contraction
    known = np.flatnonzero(table["verdict"].isin(KNOWN))
    table["shown"] = [
        name in _ALWAYS or one != "not identified" for name, one in zip(names, table["verdict"], strict=True)
    ]
    seen = np.flatnonzero(table["shown"])
    return Findings(
        table.sort_values("contraction", ascending=False, kind="stable").reset_index(drop=True),
        directions(found.covariance[np.ix_(known, known)], [names[k] for k in known]) if len(known) else None,
        informs(found.contraction[:, seen], {key: one[:, seen] for key, one in without.items()}, [names[k] for k in seen]),
        found, bank, keep, here.radius,
    )  # fmt: skip


_ALWAYS = {name for name, one in BY_NAME.items() if one.kind == "C"}
"""Parameters that are shown whatever is found: those to calibrate."""


def _unit(number_of: int) -> np.ndarray:
    return np.tile([0.0, 1.0], (number_of, 1))


# -- words ------------------------------------------------------------------------------------------------------------


def verdict_lines(table: pd.DataFrame) -> list[str]:
    """The plain list: identified, partly, not."""
    heads = {
        "identified": f"**Identified** (contraction of {IDENTIFIED:g} or more, ranks inside their band)",
        "partly": f"**Partly** ({PARTLY:g} to {IDENTIFIED:g})",
        "not identified": f"**Not identified** (below {PARTLY:g}): they keep their priors in all claims",
        "ranks off": "**Not to be judged**, since their ranks leave the band: they keep their priors",
    }
    words = []
    for key, head in heads.items():
        here = table[table["verdict"] == key]
        named = [f"`{row['parameter']}` ({row['contraction']:.2f})" for row in here[here["shown"]].to_dict("records")]
        rest = int((~here["shown"]).sum())
        if rest:
            most = here.loc[~here["shown"], "contraction"].max()
            named.append(f"{rest} others, of type A or nuisance (contraction of {most:.2f} or less)")
        words.append(f"- {head}: {listed(named)}.")
    return words


def combination_lines(found: Findings, most: int = 5) -> list[str]:
    """Combinations that are identified, with what they are made of."""
    if found.combinations is None:
        return ["No parameter is known even partly, so that there is no combination to look for."]
    names = [name for name in found.combinations if name != "contraction"]
    known = found.combinations[found.combinations["contraction"] >= IDENTIFIED]
    parts = []
    for row in known.head(most).to_dict("records"):
        large = sorted((name for name in names if abs(row[name]) >= 0.3), key=lambda name: -abs(row[name]))
        parts.append(f"{' '.join(_term(row[name], name) for name in large)} (contraction {row['contraction']:.2f})")
    return [
        f"Among the {len(names)} parameters that are identified or partly identified, {len(known)} combinations are "
        f"identified{': ' if parts else ''}{'; '.join(parts)}. Weights are in standard deviations of the priors; those below 0.3 "
        "are left out.",
        "A combination may be known where its parts are not. So rows of a posterior are drawn whole, identified and partly "
        "identified parameters together: to take some of them from their priors would break the combination. What is not "
        "identified has little part in any: a fifth of a parameter's weight in identified ones would make it partly identified.",
    ]


def _term(weight: float, name: str) -> str:
    return f"{'+' if weight >= 0 else '−'} {abs(weight):.2f} {name}"


def rank_lines(found: Findings) -> list[str]:
    """Whether the inference is right where the truth is known."""
    table, truths = found.table, len(found.recovery.ranks)
    off = table.loc[~table["calibrated"].astype(bool), "parameter"]
    said = (
        "the ranks of all parameters stay inside their bands"
        if off.empty
        else f"the ranks of {listed([f'`{name}`' for name in off])} leave their band"
    )
    rows = [
        f"{share} % intervals hold the truth in {spread(100 * table[f'coverage_{share}'], 0)} % of cases"
        for share in (50, 80, 95)
    ]
    return [
        f"Of {truths} truths, {said}; of an exact posterior, {100 * ALARM:.0f} % of such pages would show one outside or "
        f"more. Over the parameters, {listed(rows)}. z has means of {spread(table['z_mean'], 2, sign=True)} and standard "
        f"deviations of {spread(table['z_sd'], 2)} (0 and 1 where a posterior is right).",
        "Uniform ranks alone show nothing of what is learned (those of the prior are uniform too): hence the contraction.",
    ]


def informs_lines(found: Findings) -> list[str]:
    """For each target, the parameter that would lose most without it."""
    words = dict(zip(found.bank.about["target"], found.bank.about["words"], strict=True))
    lines = []
    for target, rows in found.informs.groupby("target", sort=False):
        clear = rows[(rows["low"] > 0) & (rows["lost"] >= 0.02)].sort_values("lost", ascending=False).head(3)
        named = [f"`{row['parameter']}` ({row['lost']:.2f})" for row in clear.to_dict("records")]
        lines.append(
            f"- {words[target]}: {listed(named)}."
            if named
            else f"- {words[target]}: no parameter clearly loses 0.02 or more without it."
        )
    return lines


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table of the page."""

    def two(column: str) -> Sequence[str]:
        return [f"{value:.2f}" for value in table[column]]

    return pd.DataFrame(
        {
            "parameter": table["parameter"],
            "verdict": table["verdict"],
            "contraction": [
                f"{row['contraction']:.2f} ({row['contraction_low']:.2f} to {row['contraction_high']:.2f})"
                for row in table.to_dict("records")
            ],
            "were targets exact": two("contraction_exact"),
            "at the targets": two("contraction_here"),
            "coverage 50 / 80 / 95": [
                " / ".join(f"{100 * row[f'coverage_{share}']:.0f}" for share in (50, 80, 95))
                for row in table.to_dict("records")
            ],
            "ranks": ["inside" if one else "outside" for one in table["calibrated"]],
        }
    )


LIMITS = (
    "That the model is right. Targets come from the model itself here, so that what it gets wrong of the world is not "
    "seen; a parameter that is identified is one that these targets would tell us about if the model were true. That "
    "contraction is large because the targets are strong: it is relative to the priors, whose ranges are ours (as "
    "`docs/PARAMETERS.md` has them), and a wide prior contracts easily. Contraction is a mean over the prior; the column *at "
    "the targets* looks at the one place that matters, and is one posterior, so less exact. The inference is not that of the "
    "calibration step by step (emulators, waves, ABC-SMC), but of its kind: nearest simulated targets in tolerances, over the "
    "same priors and the same runs; the discrepancies stated with the targets are not added, which favours contraction "
    "a little. The runs stand for larger places and longer stories (calibration, *Design*)."
)

TITLE = "What the targets identify"
QUESTION = (
    "Which parameters would the targets of calibration tell us about, if the model were right, and which keep their "
    "priors?"
)


def page_of(found: Findings, bank: Bank) -> Page:
    """The page."""
    page = Page(TITLE, QUESTION)
    seen = found.table[found.table["shown"]].reset_index(drop=True)
    names = list(found.bank.shares.columns)
    places = [names.index(name) for name in seen["parameter"]]
    lost = 1.0 - len(found.bank.targets) / len(bank.targets)
    words = dict(zip(found.bank.about["target"], found.bank.about["words"], strict=True))
    page.tables = {
        "summary": shown_table(seen),
        "identified": found.table[["parameter", "verdict", "contraction", "calibrated"]],
        "recovery": found.table.drop(columns="shown"),
        "informs": found.informs,
    }
    if found.combinations is not None:
        page.tables["combinations"] = found.combinations
    page.figures = {
        "contraction": contraction_figure(seen, IDENTIFIED, PARTLY),
        "ranks": rank_figure(found.recovery.ranks[:, places], list(seen["parameter"]), seen, ALARM, len(names)),
        "informs": informs_figure(found.informs, list(seen["parameter"]), words),
    }
    page.add(
        "Design",
        f"{len(bank.targets)} sets of {len(names)} parameters, all of type A or C that the runs could read, from their priors, "
        f"each run once for the {len(bank.about)} targets of the [calibration](calibration.md), in its settings: its first wave, "
        f"and further ones. {100 * lost:.1f} % of the sets leave a target without a value (nothing of the kind happens) and "
        f"are left out of truths and bank alike. {len(found.recovery.ranks)} sets play the truth: what they gave, with an "
        "error uniform within each tolerance, is what a survey would have found; the parameters are then recovered from all "
        f"other sets by the {found.keep} nearest (distances in tolerances), adjusted by local-linear regression on the logit "
        "of where a parameter lies in its prior (Beaumont and others 2002).",
    )
    page.add(
        "What the targets identify",
        "\n\n".join(
            [
                "\n".join(verdict_lines(found.table)),
                "Contraction is 1 − variance of the posterior over variance of the prior, a mean over the truths: 0.5 means a "
                "standard deviation 29 % smaller, 0.1 one 5 % smaller.",
                "![Contraction](figure:contraction)",
                "table:summary",
                "*Were targets exact*: the same without any error of the surveys, so what lies beyond is beyond these "
                "targets, however well they are measured. *At the targets*: contraction where the surveys stand. The nearest "
                f"sets accepted there lie within {number(found.radius)} tolerances (all targets together).",
            ]
        ),
    )
    page.add("Combinations", "\n\n".join(combination_lines(found)))
    page.add(
        "Which target informs which parameter",
        "\n\n".join(
            [
                "![What each target adds](figure:informs)",
                "Contraction that is lost without a target (those that clearly lose 0.02 or more, at most three; other "
                "targets may carry the same news, and then little is lost):",
                "\n".join(informs_lines(found)),
            ]
        ),
    )
    page.add("Is the inference right?", "\n\n".join(["![Ranks](figure:ranks)", *rank_lines(found)]))
    page.add("What it does not say", LIMITS)
    return page


def write(results: Mapping[str, Any]) -> Page:
    """The page, from what :func:`run` returns."""
    bank = results["identifiability"]
    return page_of(study(bank), bank)


STUDY = Study("identifiability", (), write, run)
