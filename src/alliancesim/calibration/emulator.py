"""Emulators of the targets: a quadratic trend and a Gaussian process of what is left, over the parameters that matter.

One for each target, on a scale on which a share is about equally noisy everywhere (arcsine of the root; the root of a ratio).
A parameter is *active* for a target when leaving its linear and quadratic terms out of the trend loses more than chance and
more than ``WORTH`` of the variance; the process works on the active ones, and what the others do is noise to it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from alliancesim.errors import UserError

WORTH = 0.004
"""Share of a target's variance below which a parameter is not active for it."""
CHANCE = 1e-3
"""False-alarm rate of an active parameter."""
MOST_ACTIVE = 12
TUNED = 500
"""Rows that the process' lengths are tuned on, at most."""
MOST_ROWS = 1200
"""Rows that a process holds, at most: the latest."""
HELD_OUT = 0.2
"""Share of the rows held out to test an emulator."""


def to_scale(values: np.ndarray, high: float) -> np.ndarray:
    """Arcsine of the root for what is at most 1, else the root."""
    values = np.asarray(values, dtype=np.float64)
    root = np.sqrt(np.clip(values, 0.0, high))
    return np.arcsin(root) if high == 1.0 else root


def from_scale(values: np.ndarray, high: float) -> np.ndarray:
    """The inverse of :func:`to_scale`."""
    if high == 1.0:
        return np.sin(np.clip(values, 0.0, np.pi / 2)) ** 2
    return np.clip(values, 0.0, None) ** 2


@dataclass(frozen=True)
class Fit:
    """How an emulator did on rows that it was not made from.

    Attributes
    ----------
    rows, held_out : int
    active : tuple of int
        Parameters by place, the one that matters most first.
    noise : float
        Standard deviation of what parameters do not explain (luck of the seed among it), on the emulator's scale.
    explained : float
        1 − mean squared error over variance, of held-out rows (at most 1 − noise² over variance).
    within_1, within_2 : float
        Held-out standardised errors within 1 and 2 (0.68 and 0.95 where the emulator knows what it does not know). The same rows
        raise the noise of an emulator that is too sure of itself, so that these shares are partly made so.
    largest : float
        Largest standardised error.
    """

    rows: int
    held_out: int
    active: tuple[int, ...]
    noise: float
    explained: float
    within_1: float
    within_2: float
    largest: float


def _gaussian_process() -> Any:
    try:
        from sklearn import gaussian_process
    except ImportError:
        raise UserError("calibrate: needs the extra alliancesim[calibration]") from None
    return gaussian_process


def _terms(x: np.ndarray) -> np.ndarray:
    """Constant, linear and quadratic terms of coordinates in 0 to 1."""
    z = 2.0 * x - 1.0
    return np.hstack([np.ones((len(x), 1)), z, 1.5 * z**2 - 0.5])


class Emulator:
    """An emulator of one target.

    Parameters
    ----------
    x : ndarray, shape (N, P)
        Points of the unit cube.
    y : ndarray, shape (N,)
        Targets on the emulator's scale; none may be missing.
    key : int
        Of the rows that are held out.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, key: int = 1) -> None:
        x, y = np.asarray(x, dtype=np.float64)[-MOST_ROWS:], np.asarray(y, dtype=np.float64)[-MOST_ROWS:]
        number = len(x)
        shuffled = np.random.default_rng([key, number]).permutation(number)
        out, into = np.sort(shuffled[: int(HELD_OUT * number)]), np.sort(shuffled[int(HELD_OUT * number) :])
        self.active = _active(x[into], y[into])
        self._trend = _ridge(x[into][:, self.active], y[into])
        self._process, self._noise = self._tuned(x[into], y[into] - self._expected(x[into]), key)
        if (missed := self._missed(x[out], y[out])) > self._noise:
            self._smoothed(missed)
            self._process = self._again(x[into], y[into] - self._expected(x[into]))
        self.fit = self._tested(x[out], y[out], number)
        self._trend = _ridge(x[:, self.active], y)
        self._process = self._again(x, y - self._expected(x))

    def _tuned(self, x: np.ndarray, rest: np.ndarray, key: int) -> tuple[Any, float]:
        """A process with its lengths and noise tuned by likelihood; holds all rows."""
        gp = _gaussian_process()
        spread = float(rest.std())
        if not self.active or spread < 1e-9:
            return None, max(spread, 1e-6)
        kernels = gp.kernels
        kernel = kernels.ConstantKernel(0.5, (1e-4, 1e2)) * kernels.Matern(
            np.full(len(self.active), 1.0), (0.1, 30.0), nu=2.5
        ) + kernels.WhiteKernel(0.5, (1e-4, 2.0))
        few = np.random.default_rng([key, len(x), 2]).permutation(len(x))[:TUNED]
        few.sort()
        model = gp.GaussianProcessRegressor(kernel, alpha=1e-8, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # lengths that end at their bounds: an active parameter that is nearly linear
            model.fit(x[few][:, self.active], rest[few] / spread)
        self._unit = spread
        self._kernel = model.kernel_
        return self._again(x, rest), spread * float(np.sqrt(model.kernel_.k2.noise_level))

    def _again(self, x: np.ndarray, rest: np.ndarray) -> Any:
        """A process of these rows with the kernel that is there."""
        if not self.active or not hasattr(self, "_kernel"):
            return None
        model = _gaussian_process().GaussianProcessRegressor(self._kernel, alpha=1e-8, optimizer=None)
        return model.fit(x[:, self.active], rest / self._unit)

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expectation and variance of the target's mean over seeds, on its scale, each of shape (N,)."""
        x = np.asarray(x, dtype=np.float64)
        mean = self._expected(x)
        if self._process is None:
            return mean, np.zeros(len(x))
        plus, spread = self._process.predict(x[:, self.active], return_std=True)
        variance = (self._unit * spread) ** 2 - self._noise**2
        return mean + self._unit * plus, np.clip(variance, 0.0, None)

    def _expected(self, x: np.ndarray) -> np.ndarray:
        """The trend, over the active parameters alone: nothing else moves an emulator."""
        found: np.ndarray = _terms(x[:, self.active]) @ self._trend
        return found

    @property
    def noise(self) -> float:
        """Variance of what parameters do not explain: mostly luck of the seed."""
        return self._noise**2

    def _missed(self, x: np.ndarray, y: np.ndarray) -> float:
        """Noise that held-out rows show beyond what the process says of itself."""
        mean, variance = self(x)
        return float(np.sqrt(max(0.0, float(((y - mean) ** 2 - variance).mean())))) if len(x) else 0.0

    def _smoothed(self, noise: float) -> None:
        """Give the process the noise that held-out rows show.

        Likelihood over a dozen lengths and a few hundred rows takes luck for structure: a process that runs through its rows
        would rule out what is possible, and its own rows first.
        """
        self._noise = noise
        if hasattr(self, "_kernel"):
            white = _gaussian_process().kernels.WhiteKernel((noise / self._unit) ** 2)
            self._kernel = self._kernel.k1 + white

    def _tested(self, x: np.ndarray, y: np.ndarray, number: int) -> Fit:
        mean, variance = self(x)
        off = (y - mean) / np.sqrt(variance + self.noise)
        total = float(y.var())
        return Fit(
            number, len(x), tuple(self.active), self._noise,
            1.0 - float(((y - mean) ** 2).mean()) / total if total > 0 else np.nan,
            float((np.abs(off) <= 1.0).mean()), float((np.abs(off) <= 2.0).mean()), float(np.abs(off).max(initial=0.0)),
        )  # fmt: skip


def _ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of the trend; a light ridge, so that few rows do not upset it."""
    terms = _terms(x)
    gram = terms.T @ terms
    gram[np.diag_indices_from(gram)] += np.concatenate([[1e-9], np.full(terms.shape[1] - 1, 0.5)])
    found: np.ndarray = np.linalg.solve(gram, terms.T @ y)
    return found


def _active(x: np.ndarray, y: np.ndarray) -> list[int]:
    """Parameters that are active, the one that matters most first (F tests of their two terms in the trend)."""
    from scipy.stats import f

    terms = _terms(x)
    number, width = terms.shape
    if number < width + 10 or y.var() <= 0:
        return []
    inverse = np.linalg.pinv(terms.T @ terms)
    coefficients = inverse @ (terms.T @ y)
    rest = float(((y - terms @ coefficients) ** 2).sum())
    total, free = float(((y - y.mean()) ** 2).sum()), number - width
    places = x.shape[1]
    lost = np.zeros(places)
    for place in range(places):
        mine = [1 + place, 1 + places + place]
        block = np.linalg.pinv(inverse[np.ix_(mine, mine)])
        lost[place] = float(coefficients[mine] @ block @ coefficients[mine])
    bound = max(WORTH * total, float(f.isf(CHANCE, 2, free)) * 2.0 * rest / free)
    order = np.argsort(-lost, kind="stable")
    return [int(place) for place in order if lost[place] > bound][:MOST_ACTIVE]
