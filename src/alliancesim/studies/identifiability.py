"""What the targets identify: known parameters recovered from the targets that they produce (simulation-based calibration)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliancesim.analysis.abc import blurred, posterior
from alliancesim.analysis.identification import IDENTIFIED, PARTLY, directions, informs, verdict
from alliancesim.analysis.sbc import Recovery, recover, recovery_table
from alliancesim.studies.figures import listed, number
from alliancesim.studies.identifiability_figures import contraction_figure, informs_figure, rank_figure
from alliancesim.studies.page import Page, Study, drawn_from
from alliancesim.studies.wording import spread

if TYPE_CHECKING:
    from alliancesim.experiments import ExperimentResult
    from alliancesim.experiments.experiment import FactorConfig

TRUTHS = 500
"""Rows of the bank that play the truth."""
KEEP = 0.15
"""Share of the bank that is accepted."""
ALARM = 0.05
"""False-alarm rate of the bands, all parameters together."""


@dataclass(frozen=True)
class Target:
    """What a calibration is held against, and where a run of the bank shows it.

    Attributes
    ----------
    name, words : str
    value, tolerance : float
    setting : str
        Last word of the experiment's name.
    column : str
    month : int
        Calendar month of the time series (0: a column of the runs).
    """

    name: str
    words: str
    value: float
    tolerance: float
    setting: str
    column: str
    month: int = 0


TARGETS = (
    Target("ge_2013", "GE enterprises engaged, 2013", 0.60, 0.05, "national", "engaged_share_ge_enterprises", 72),
    Target("association_2013", "associations engaged, 2013", 0.46, 0.05, "national", "engaged_share_association", 72),
    Target("pme_2013", "PME engaged, 2013", 0.36, 0.05, "national", "engaged_share_pme", 72),
    Target("tpe_2013", "TPE engaged, 2013", 0.20, 0.05, "national", "engaged_share_tpe", 72),
    Target("firms_engaged_2010", "firms engaged, end of 2010", 0.21, 0.08, "national", "engaged_share_firm", 36),
    Target("firms_willing_2010", "firms willing, end of 2010", 0.33, 0.08, "national", "willing_share_firm", 36),
    Target("under_five_2010", "partnerships under five years", 0.69, 0.07, "national", "share_under_five_years", 36),
    Target(
        "labo_yield", "Labo: partnerships per organisation", 0.18, 0.04, "labo", "reference_partnerships_per_involved"
    ),
    Target(
        "charenton_ready", "Charenton: ready to commit", 0.28, 0.08, "charenton", "reference_plenary_committed_share"
    ),
)
"""SPEC section 9, with its tolerances."""


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


def share_below(values: pd.Series, factor: FactorConfig) -> pd.Series:
    """Share of a factor's range below its values (uniform, or uniform on a log scale)."""
    assert factor.low is not None
    assert factor.high is not None
    if factor.distribution == "log_uniform":
        return np.log(values / factor.low) / np.log(factor.high / factor.low)
    return (values - factor.low) / (factor.high - factor.low)


def bank_of(results: Mapping[str, ExperimentResult]) -> Bank:
    """The bank from the experiments of the study, which share their points.

    Parameters
    ----------
    results : mapping
        By setting.
    """
    first = next(iter(results.values()))
    names = list(first.experiment.factors)
    points = first.design.set_index("point")[names]
    found = {}
    for one in TARGETS:
        result = results[one.setting]
        if not result.design.set_index("point")[names].equals(points):
            raise ValueError(f"{result.experiment.name}: expected the design of {first.experiment.name}")
        table = result.runs
        if one.month:
            series = result.timeseries[result.timeseries["month"] <= one.month]
            table = series.sort_values("month").groupby("point", as_index=False).last()
        found[one.name] = table.set_index("point")[one.column].reindex(points.index)
    shares = {
        name.removeprefix("rules."): share_below(points[name].astype(float), first.experiment.factors[name])
        for name in names
    }
    about = [
        {"target": one.name, "words": one.words, "value": one.value, "tolerance": one.tolerance} for one in TARGETS
    ]
    return Bank(pd.DataFrame(shares), pd.DataFrame(found), pd.DataFrame(about))


@dataclass(frozen=True)
class Findings:
    """All that the page says, in numbers."""

    table: pd.DataFrame
    combinations: pd.DataFrame
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
    return Findings(
        table.sort_values("contraction", ascending=False, kind="stable").reset_index(drop=True),
        directions(found.covariance, names), informs(found.contraction, without, names), found, bank, keep, here.radius,
    )  # fmt: skip


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
        named = [f"`{row['parameter']}` ({row['contraction']:.2f})" for row in here.to_dict("records")]
        words.append(f"- {head}: {listed(named)}.")
    return words


def combination_lines(found: Findings, most: int = 5) -> list[str]:
    """Combinations that are identified, with what they are made of."""
    names = list(found.bank.shares.columns)
    known = found.combinations[found.combinations["contraction"] >= IDENTIFIED]
    if known.empty:
        return ["No combination of parameters is identified."]
    parts = []
    for row in known.head(most).to_dict("records"):
        large = sorted((name for name in names if abs(row[name]) >= 0.3), key=lambda name: -abs(row[name]))
        parts.append(f"{' '.join(_term(row[name], name) for name in large)} (contraction {row['contraction']:.2f})")
    return [
        f"Of {len(names)} directions in the space of parameters the targets identify {len(known)}: {'; '.join(parts)}. "
        "Weights are in standard deviations of the priors; those below 0.3 are left out.",
        "A combination may be known where its parts are not. So rows of the posterior are drawn whole, identified and partly "
        "identified parameters together: to take some of them from their priors would break the combination. Parameters that "
        f"are not identified have little part in any (a share of {2 * PARTLY:g} in identified ones would make them partly "
        "identified).",
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


AT_DEFAULTS = (
    "Parameters of type A stand at their defaults, although they are as little known: freeing them can only lower what is "
    "identified, so the contractions are upper bounds."
)
DRAWN = "Parameters of type A are drawn too ({sample}), set by set, so that not knowing them is allowed for."

LIMITS = (
    "That the model is right. Targets come from the model itself here, so that what it gets wrong of the world is not "
    "seen; a parameter that is identified is one that these targets would tell us about if the model were true. "
    "{others} The town of 60,000 inhabitants stands for the nation, the Labo's whole calendar runs in one of that size and "
    "Charenton has no surroundings; luck in places of this size blurs the targets somewhat more than it would in larger "
    "ones. Ranges of the priors are ours, as `docs/PARAMETERS.md` has them, and contraction is relative to them: a wide "
    "prior contracts easily. Contraction is a mean over the prior; the column *at the targets* looks at the one place that "
    "matters for the calibration, from one run a draw."
)


def page_of(found: Findings, bank: Bank, heading: str, question: str, runs: str = "", sample: str = "none") -> Page:
    """The page."""
    page = Page(heading, question)
    lost = 1.0 - len(found.bank.targets) / len(bank.targets)
    words = dict(zip(found.bank.about["target"], found.bank.about["words"], strict=True))
    page.tables = {
        "summary": shown_table(found.table),
        "identified": found.table[["parameter", "verdict", "contraction", "calibrated"]],
        "recovery": found.table,
        "combinations": found.combinations,
        "informs": found.informs,
    }
    page.figures = {
        "contraction": contraction_figure(found.table, IDENTIFIED, PARTLY),
        "ranks": rank_figure(found.recovery.ranks, list(found.bank.shares.columns), found.table, ALARM),
        "informs": informs_figure(found.informs, list(found.table["parameter"]), words),
    }
    page.add(
        "Design",
        f"{len(bank.targets)} sets of the {len(bank.shares.columns)} parameters of type C, drawn from their priors, each "
        f"run once in three settings: a town of its own, the Labo, Charenton. They give the {len(bank.about)} targets of "
        f"SPEC section 9. {100 * lost:.1f} % of the sets leave a target without a value (nothing of the kind happens) and "
        f"are left out of truths and bank alike. {len(found.recovery.ranks)} sets play the truth: what they gave, with an "
        "error uniform within each tolerance, is what a survey would have found; the parameters are then recovered from all "
        f"other sets by the {found.keep} nearest (distances in tolerances), adjusted by local-linear regression on the logit "
        f"of where a parameter lies in its prior (Beaumont and others 2002). {runs}".strip(),
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
                f"sets accepted there lie within {number(found.radius)} tolerances (all nine together).",
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
    page.add(
        "What it does not say", LIMITS.format(others=AT_DEFAULTS if sample == "none" else DRAWN.format(sample=sample))
    )
    return page


EXPERIMENTS = ("identifiability_national", "identifiability_labo", "identifiability_charenton")


def write(results: Mapping[str, ExperimentResult]) -> Page:
    """The page from the experiments."""
    first = results[EXPERIMENTS[0]]
    bank = bank_of({name.removeprefix("identifiability_"): results[name] for name in EXPERIMENTS})
    runs = sum(len(result.runs) for result in results.values())
    return page_of(
        study(bank), bank, first.experiment.heading, first.experiment.question or "", f"{runs} runs.", drawn_from(first)
    )


STUDY = Study("identifiability", EXPERIMENTS, write)
