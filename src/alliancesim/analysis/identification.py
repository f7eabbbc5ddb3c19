"""What targets identify: a verdict on each parameter, combinations known better than their parts, what informs what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

IDENTIFIED = 0.5
"""Mean contraction from which a parameter is identified: its standard deviation falls by 29 % or more."""
PARTLY = 0.1
"""Mean contraction from which it is partly identified: its standard deviation falls by 5 % or more."""
VERDICTS = ("identified", "partly", "not identified", "ranks off")
"""``ranks off``: ranks leave their band, so that contraction says nothing."""


def verdict(contraction: float, calibrated: bool) -> str:
    """One of ``VERDICTS``."""
    if not calibrated:
        return "ranks off"
    return "identified" if contraction >= IDENTIFIED else "partly" if contraction >= PARTLY else "not identified"


def directions(covariance: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Combinations of parameters, the best known first.

    Parameters
    ----------
    covariance : ndarray, shape (P, P)
        Mean covariance of the posteriors, each parameter in standard deviations of its prior (whose parameters are independent),
        so that a combination of norm 1 has prior variance 1.
    names : sequence of str, length P

    Returns
    -------
    DataFrame
        A row a combination: ``contraction``, and its weight on each parameter, the largest of them positive.
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None, :], axis=0)[0]
    vectors = vectors * np.where(largest < 0, -1.0, 1.0)
    return pd.DataFrame({"contraction": 1.0 - values, **dict(zip(names, vectors, strict=True))})


def informs(full: np.ndarray, without: dict[str, np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """What each target adds: contraction with all targets less contraction without it, truth by truth.

    Parameters
    ----------
    full : ndarray, shape (N, P)
        Contractions with all targets.
    without : dict of str to ndarray, shape (N, P)
        By the target that is left out, the same truths.
    names : sequence of str, length P

    Returns
    -------
    DataFrame
        A row a target and parameter: ``target``, ``parameter``, ``lost`` with its 95 % interval (``low``, ``high``).
    """
    from alliancesim.analysis.resample import interval

    rows = []
    for target, other in without.items():
        for number, name in enumerate(names):
            lost = interval(full[:, number] - other[:, number])
            rows.append(
                {"target": target, "parameter": name, "lost": lost.estimate, "low": lost.low, "high": lost.high}
            )
    return pd.DataFrame(rows, columns=["target", "parameter", "lost", "low", "high"])
