"""What a calibration shows of itself: tables of targets, waves, emulators, levels, marginals, fits, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliancesim.analysis.predictive import predictive_table, within
from alliancesim.analysis.resample import wilson
from alliancesim.calibration.observed import OBSERVED
from alliancesim.calibration.smc import distance
from alliancesim.calibration.waves import FEW, on_scale, plausible, sample

if TYPE_CHECKING:
    from alliancesim.calibration.calibrate import Calibration

BROAD = 0.9
"""Share of points inside an interval that is shown."""


def tables(found: Calibration) -> dict[str, pd.DataFrame]:
    """All tables by name."""
    out = {
        "targets": target_table(found),
        "volumes": volume_table(found),
        "emulators": emulator_table(found),
        "left_out": left_out_table(found),
        "pairs": pair_table(found),
    }
    if found.particles is not None:
        out |= {
            "levels": pd.DataFrame(found.particles.levels),
            "marginals": marginal_table(found),
            "predictive": fit_table(found),
        }
    return out


def target_table(found: Calibration) -> pd.DataFrame:
    """The targets: value, tolerance, discrepancy, denominator, source."""
    rows = [
        {
            "target": one.name, "words": one.words, "value": one.value, "tolerance": one.tolerance,
            "discrepancy": one.discrepancy, "setting": one.setting, "observable": one.observable,
            "definition": OBSERVED[one.observable].doc, "month": one.month, "denominator": one.denominator,
            "source": one.source, "remark": one.remark,
        }
        for one in found.plan.targets
    ]  # fmt: skip
    return pd.DataFrame(rows)


def volume_table(found: Calibration) -> pd.DataFrame:
    """Share of the prior that is not ruled out, wave by wave, with its 95 % Wilson interval."""
    rows = []
    for number, alive in enumerate(found.alive, 1):
        counted = alive.sum() >= FEW
        low, high = wilson(int(alive.sum()), len(alive)) if counted else (np.nan, np.nan)
        rows.append(
            {
                "wave": number, "runs": len(found.stages[number - 1][1]), "volume": found.volumes[number - 1],
                "low": float(low), "high": float(high), "by": "counting" if counted else "subset simulation",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def emulator_table(found: Calibration) -> pd.DataFrame:
    """How each emulator did on rows held out, and which parameters are active."""
    rows = []
    for number, wave in enumerate(found.waves, 1):
        for target, emulator in zip(wave.targets, wave.emulators, strict=True):
            if emulator is None:
                continue
            high = OBSERVED[target.observable].high
            half = np.sqrt(3.0 * (on_scale(target)[1] / (1.0 + 3.0 * (target.discrepancy / target.tolerance) ** 2)))
            fit = emulator.fit
            rows.append(
                {
                    "wave": number, "target": target.name, "rows": fit.rows, "held_out": fit.held_out,
                    "explained": fit.explained, "noise_in_tolerances": fit.noise / half,
                    "within_1": fit.within_1, "within_2": fit.within_2, "largest": fit.largest,
                    "scale": "arcsine of the root" if high == 1.0 else "root",
                    "active": " ".join(found.plan.space.names[place] for place in fit.active),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def left_out_table(found: Calibration) -> pd.DataFrame:
    """What the other targets leave of each: expected values where all others are met, beside the target.

    For every target: among points of the prior that are not ruled out by any *other* target, the interval that holds ``BROAD``
    of the emulator's expectations, the share that is not ruled out by the target itself, and the least implausibility. A target
    in conflict with the others lies outside, and nothing passes.
    """
    last = found.waves[-1]
    rows = []
    for number, target in enumerate(found.plan.targets):
        cloud = found.cloud
        others = cloud[plausible(found.waves, cloud, but=number)]
        if len(others) < FEW:
            others, _ = sample(
                found.waves, cloud.shape[1], 4 * FEW, key=found.plan.seed * 100 + 70 + number, but=number
            )
        row = {
            "target": target.name, "value": target.value, "tolerance": target.tolerance, "points": len(others),
            "expected_low": np.nan, "expected_mid": np.nan, "expected_high": np.nan, "passes": np.nan, "least": np.nan,
        }  # fmt: skip
        if len(others):
            expected = last.expected(others)[:, number]
            own = np.max([wave.implausibility_of(number, others) for wave in found.waves], axis=0)
            tail = (1.0 - BROAD) / 2.0
            row["expected_low"], row["expected_mid"], row["expected_high"] = np.quantile(
                expected, [tail, 0.5, 1.0 - tail]
            )
            row["passes"], row["least"] = float((own <= 3.0).mean()), float(own.min())
        rows.append(row)
    return pd.DataFrame(rows)


def all_runs(found: Calibration) -> pd.DataFrame:
    """Every run: stage, parameters, targets, distance."""
    parts = []
    value = np.array([target.value for target in found.plan.targets])
    tolerance = np.array([target.tolerance for target in found.plan.targets])
    for word, x, targets in found.stages:
        part = pd.DataFrame(found.plan.space.values(x), columns=list(found.plan.space.names))
        part.insert(0, "stage", word)
        part = pd.concat([part, pd.DataFrame(targets, columns=[f"target_{name}" for name in found.names])], axis=1)
        part["distance"] = distance(targets, value, tolerance)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def particle_table(found: Calibration) -> pd.DataFrame:
    """The last population, as it was accepted: parameters (``selection`` too), targets."""
    assert found.particles is not None
    part = pd.DataFrame(found.plan.space.values(found.particles.x), columns=list(found.plan.space.names))
    return pd.concat(
        [part, pd.DataFrame(found.particles.targets, columns=[f"target_{name}" for name in found.names])], axis=1
    )


def _about(found: Calibration) -> pd.DataFrame:
    return target_table(found)[["target", "value", "tolerance"]]


def pair_table(found: Calibration) -> pd.DataFrame:
    """Whether two targets can be met together.

    For each pair: runs of the first wave (draws of the prior) within tolerance of either and of both, what both would be if
    they were independent, and over *all* runs the nearest that one came to both (largest distance, in tolerances).
    """
    first = pd.DataFrame(found.stages[0][2], columns=found.names)
    passed = within(first, _about(found))
    everything = pd.DataFrame(np.vstack([one[2] for one in found.stages]), columns=found.names)
    off = np.abs(
        (everything - [t.value for t in found.plan.targets]) / [t.tolerance for t in found.plan.targets]
    ).to_numpy()
    rows = []
    for i, one in enumerate(found.names):
        for j in range(i + 1, len(found.names)):
            worst = np.maximum(off[:, i], off[:, j])
            worst = worst[np.isfinite(worst)]
            a, b = passed[one].mean(), passed[found.names[j]].mean()
            rows.append(
                {
                    "first": one, "second": found.names[j], "first_passes": a, "second_passes": b,
                    "both_pass": float((passed[one] & passed[found.names[j]]).mean()), "if_independent": a * b,
                    "nearest_both": float(worst.min()) if len(worst) else np.nan,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def nearest_all(found: Calibration) -> tuple[float, int, int]:
    """Over all runs: the least largest distance from all targets at once (tolerances), runs within all, runs."""
    everything = np.vstack([one[2] for one in found.stages])
    off = np.abs((everything - [t.value for t in found.plan.targets]) / [t.tolerance for t in found.plan.targets])
    worst = np.nan_to_num(off, nan=np.inf).max(axis=1)
    return float(worst.min()), int((worst <= 1.0 + 1e-9).sum()), len(worst)


def fit_table(found: Calibration) -> pd.DataFrame:
    """Prior and posterior predictive intervals and pass rates (:func:`~alliancesim.analysis.predictive.predictive_table`).

    ``luck``: standard deviation of one run of a row about the row's own mean, in tolerances, from rows that are run twice;
    ``at_best``: share of such runs that would come within tolerance if every row's mean were the target (a normal error).
    """
    from scipy.stats import norm

    prior = pd.DataFrame(found.stages[0][2], columns=found.names)
    table = predictive_table(_about(found), prior, pd.DataFrame(found.check, columns=found.names))
    apart = (found.luck - found.check[: len(found.luck)]) / table["tolerance"].to_numpy()
    known = np.isfinite(apart).any(axis=0)
    luck = np.full(len(table), np.nan)
    luck[known] = np.sqrt(np.nanmean(apart[:, known] ** 2, axis=0) / 2.0)
    table["luck"] = luck
    table["at_best"] = 2.0 * norm.cdf(1.0 / np.maximum(luck, 1e-9)) - 1.0
    return table


def marginal_table(found: Calibration) -> pd.DataFrame:
    """Posterior marginals beside the priors, over the prior's own scale.

    ``contraction`` is 1 − variance of the posterior over variance of the prior, of where a value lies in its prior (0 to 1, in
    logarithms where the prior is); ``accepted_contraction`` is that of the particles before parameters that are not identified
    are put back at their priors.
    """
    assert found.particles is not None
    space, x = found.plan.space, found.sets
    values = space.values(x)
    accepted = 1.0 - 12.0 * found.particles.x.var(axis=0, ddof=1)
    rows = []
    for k, name in enumerate(space.names):
        mean, variance = float(x[:, k].mean()), float(x[:, k].var(ddof=1))
        order = np.argsort(values[:, k], kind="stable")
        at = [order[min(int(np.ceil(q * len(order))), len(order)) - 1] for q in (0.05, 0.5, 0.95)]
        ends = ("low", "mid", "high")
        targets = sorted(
            {
                target.name
                for wave in found.waves
                for target, emulator in zip(wave.targets, wave.emulators, strict=True)
                if emulator is not None and k in emulator.active
            }
        )
        row: dict[str, object] = {
            "parameter": name, "keeps": bool(found.keeps[k]), "prior_low": space.low[k], "prior_high": space.high[k],
        }  # fmt: skip
        for end, one in zip(ends, at, strict=True):
            row |= {end: float(values[one, k]), f"place_{end}": float(x[one, k])}
        row |= {
            "contraction": 1.0 - 12.0 * variance,
            "accepted_contraction": accepted[k],
            "shift": (mean - 0.5) * 12**0.5,
            "moves": " ".join(targets),
        }
        rows.append(row)
    table = pd.DataFrame(rows).sort_values(["keeps", "contraction"], ascending=[True, False], kind="stable")
    return table.reset_index(drop=True)
