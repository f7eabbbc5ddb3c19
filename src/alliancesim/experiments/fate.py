"""Forums alone, held again (``forums.replays``): how well simple guesses, and the model itself, foresee which ones launch."""

from __future__ import annotations

from typing import Any

import numpy as np

from alliancesim.experiments.ease import forum_measures
from alliancesim.experiments.measures import Kept, Measure, Measured

GUESSES = ("coin", "structure", "replay")
"""The overall rate whatever the forum; a logistic regression on what is known before; other draws of the same forum."""
_WORDS = {
    "coin": "the overall rate",
    "structure": "a logistic regression on what is known before",
    "replay": "the share of other draws of the same forum that launch",
}
FATE = (
    Measure("fate_forums", "forums", "forums with an agenda in the second half, on which guesses are scored", "end"),
    Measure("fate_rate", "share", "of them, those that launch", "end"),
    *(
        Measure(f"{score}_{guess}", unit, f"{words} of guessing a launch by {_WORDS[guess]} (0 is best)", "end")
        for guess in GUESSES
        for score, unit, words in (
            ("brier", "share", "mean squared error"),
            ("log", "nats", "mean log score, negative"),
        )
    ),
    Measure(
        "luck", "share", "variance of launching that other draws of the same forum still have, of all variance", "end"
    ),
)


def measures_of_forums(settings: Any) -> list[Measure]:
    """Columns of ``runs.parquet`` for forums alone: over levels of means, or held again."""
    return list(FATE) if settings.replays else forum_measures()


def measure_fate(scenario: Any, settings: Any, kept: Kept) -> Measured:
    """Scores of guesses on the forums with an agenda of the second half; whatever is fitted is fitted on the first.

    Parameters
    ----------
    scenario : Scenario
    settings : ForumsConfig
        With ``replays`` above 0.
    """
    from alliancesim.forum_api import forums_again

    launched, feasible, known = forums_again(
        settings.number, settings.replays, rules=vars(scenario.rules), seed=scenario.seed, size=settings.size,
        domains=len(scenario.territory.domains), trust=settings.trust, neutrality=settings.neutrality,
    )  # fmt: skip
    found = scores(launched[:, feasible], known[feasible])
    return Measured(np.array([found.get(name, np.nan) for name in kept.observables]), {})


def scores(launched: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Scores of the three guesses.

    Parameters
    ----------
    launched : (1 + replays, n) bool
        The first row is what is guessed.
    known : (n, k) float64
    """
    half = launched.shape[1] // 2
    if half < 20:
        return {"fate_forums": float(launched.shape[1] - half)}
    truth = launched[0].astype(np.float64)
    train, test = truth[:half], truth[half:]
    again = launched[1:, half:].sum(axis=0, dtype=np.float64)
    guess = {
        "coin": np.full(len(test), (train.sum() + 0.5) / (half + 1.0)),
        "structure": logistic_guess(known[:half], train, known[half:]),
        "replay": (again + 0.5) / (len(launched) - 1 + 1.0),
    }
    found = {"fate_forums": float(len(test)), "fate_rate": float(test.mean())}
    for name, chance in guess.items():
        found[f"brier_{name}"] = float(((chance - test) ** 2).mean())
        found[f"log_{name}"] = float(-(test * np.log(chance) + (1.0 - test) * np.log1p(-chance)).mean())
    share = launched.mean(axis=0)
    draws = len(launched)
    within = float((share * (1.0 - share)).mean() * draws / (draws - 1.0))  # unbiased
    whole = float(launched.mean() * (1.0 - launched.mean()))
    found["luck"] = min(1.0, within / whole) if whole > 0 else np.nan
    return found


def logistic_guess(x: np.ndarray, y: np.ndarray, at: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Chances by a logistic regression with a small ridge penalty on standardised columns, fitted by Newton's steps.

    Parameters
    ----------
    x : (n, k), y : (n,) of 0 and 1, at : (m, k)

    Returns
    -------
    (m,) float64
        Between 0.001 and 0.999.
    """
    centre, width = x.mean(axis=0), x.std(axis=0)
    width = np.where(width > 1e-12, width, 1.0)

    def columns(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(values)), (values - centre) / width])

    design, weights = columns(x), np.zeros(x.shape[1] + 1)
    penalty = ridge * np.diag([1e-3, *np.ones(x.shape[1])])
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        slope = design.T @ (y - chance) - penalty @ weights
        step = np.linalg.solve((design * (chance * (1.0 - chance))[:, None]).T @ design + penalty, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    guessed = 1.0 / (1.0 + np.exp(-np.clip(columns(at) @ weights, -30.0, 30.0)))
    clipped: np.ndarray = np.clip(guessed, 0.001, 0.999)
    return clipped
