"""What would be worth knowing: value of information, and early signs, from futures that were run anyway."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from alliancesim.rules.keys import fold, stream_key, uniform

SHUFFLES = 200
_STREAM = 0x5487


def perfect(values: np.ndarray) -> float:
    """Expected value of perfect information: what one gains by choosing in each future the best of that future.

    Parameters
    ----------
    values : ndarray, shape (futures, choices)
    """
    return float(values.max(axis=1).mean() - values.mean(axis=0).max())


def _ranks(x: np.ndarray) -> np.ndarray:
    """Ranks of each column, from -1 to 1; equal values share theirs."""
    ranks = pd.DataFrame(x).rank(axis=0).to_numpy()
    return 2.0 * (ranks - 0.5) / len(ranks) - 1.0


def _basis(x: np.ndarray) -> np.ndarray:
    """Orthonormal columns (1, rank, rank squared) of a parameter, shape (futures, up to 3); constants give one column."""
    columns = np.column_stack([np.ones_like(x), x, x * x])
    left, size, _ = np.linalg.svd(columns, full_matrices=False)
    return left[:, size > 1e-9 * size[0]]


def _known(values: np.ndarray, base: np.ndarray) -> float:
    """Mean over futures of the best of what the basis of a parameter says of each choice."""
    return float((base @ (base.T @ values)).max(axis=1).mean())


def shuffles(n: int, count: int = SHUFFLES) -> np.ndarray:
    """Keyed orders of n futures, shape (count, n)."""
    keys = [[uniform(fold(stream_key(n, _STREAM, shuffle), i)) for i in range(n)] for shuffle in range(count)]
    return np.argsort(np.array(keys), axis=1, kind="stable")


def worth_knowing(values: np.ndarray, numbers: pd.DataFrame, count: int = SHUFFLES) -> pd.DataFrame:
    """Which parameter's value would change the choice most: expected value of partial perfect information.

    The estimator is a regression of every choice's score on the parameter (Strong, Oakley and Brennan 2014), here on its rank,
    by a parabola: little, because futures are few. Fitting noise always seems to be worth something. So the same is done with
    the futures shuffled: what remains above the mean of these is the estimate, and how often the best of all parameters reaches
    it by luck is told.

    Parameters
    ----------
    values : ndarray, shape (futures, choices)
        Scores.
    numbers : DataFrame
        A row a future, a column a parameter; those that do not vary are left out.
    count : int
        Shuffles.

    Returns
    -------
    DataFrame
        A row a parameter, the most valuable first: ``parameter``; ``raw``; ``value`` (above shuffles, 0 or more); ``share`` (of
        the value of perfect information); ``by_luck`` (share of shuffles in which the best of all parameters reaches as much
        above its own mean).
    """
    varying = [name for name in numbers.columns if numbers[name].nunique() > 1]
    if not varying or len(values) < 4:
        return pd.DataFrame(columns=["parameter", "raw", "value", "share", "by_luck"])
    x = _ranks(numbers[varying].to_numpy(dtype=float))
    bases = [_basis(x[:, k]) for k in range(len(varying))]
    top = values.mean(axis=0).max()

    def of(shuffled: np.ndarray) -> np.ndarray:
        return np.array([_known(shuffled, base) - top for base in bases])

    raw = of(values)
    null = np.array([of(values[order]) for order in shuffles(len(values), count)])
    mean = null.mean(axis=0)
    most = (null - mean).max(axis=1)
    above = raw - mean
    total = perfect(values)
    table = pd.DataFrame(
        {
            "parameter": varying,
            "raw": raw,
            "value": np.maximum(0.0, above),
            "share": np.maximum(0.0, above) / total if total > 0.0 else 0.0,
            "by_luck": [float((most >= value - 1e-12).mean()) for value in above],
        }
    )
    order = np.argsort(-above, kind="stable")
    return table.iloc[order].reset_index(drop=True)


def signs(seen: pd.DataFrame, outcome: np.ndarray, count: int = SHUFFLES) -> pd.DataFrame:
    """Which things seen after a year go with an outcome of later years.

    Parameters
    ----------
    seen : DataFrame
        A row a future, a column a sign.
    outcome : ndarray, shape (futures,)

    Returns
    -------
    DataFrame
        A row a sign, the strongest first: ``sign``, ``correlation`` (Spearman) with ``low``, ``high`` (95 %, Fisher's z with the
        variance of Bonett and Wright 2000); ``threshold`` (median of the sign); ``right`` (share of futures that the median of
        the sign puts on the right side of the median of the outcome); ``by_luck`` (share of shuffles in which some sign is as
        strong).
    """
    n = len(outcome)
    names = [name for name in seen.columns if seen[name].notna().all() and seen[name].nunique() > 1]
    if not names or n < 6 or np.ptp(outcome) == 0.0:
        return pd.DataFrame(columns=["sign", "correlation", "low", "high", "threshold", "right", "by_luck"])
    x = _centred(_ranks(seen[names].to_numpy(dtype=float)))
    y = _centred(_ranks(outcome[:, None]))[:, 0]
    found = x.T @ y
    most = np.array([np.abs(x.T @ y[order]).max() for order in shuffles(n, count)])
    high_outcome = outcome > np.median(outcome)
    rows = []
    for k, name in enumerate(names):
        rho = float(min(1.0, max(-1.0, found[k])))
        half = 1.96 * math.sqrt((1.0 + rho * rho / 2.0) / max(1, n - 3))
        z = math.atanh(min(0.999999, max(-0.999999, rho)))
        value = seen[name].to_numpy(dtype=float)
        above = value > np.median(value)
        same = float((above == high_outcome).mean())
        rows.append(
            {
                "sign": name,
                "correlation": rho,
                "low": math.tanh(z - half),
                "high": math.tanh(z + half),
                "threshold": float(np.median(value)),
                "right": same if rho >= 0.0 else 1.0 - same,
                "by_luck": float((most >= abs(rho) - 1e-12).mean()),
            }
        )
    table = pd.DataFrame(rows)
    order = np.argsort(-table["correlation"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _centred(x: np.ndarray) -> np.ndarray:
    x = x - x.mean(axis=0)
    size = np.sqrt((x * x).sum(axis=0))
    return x / np.where(size > 0.0, size, 1.0)
