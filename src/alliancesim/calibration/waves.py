"""History matching: waves that rule out parameters whose targets, by emulators, cannot be those observed.

Craig and others (1997), Vernon, Goldstein and Bower (2010). The implausibility of a point for a target is the distance of the
emulator's expectation from the target over the root of four variances: of the target's tolerance (uniform: tolerance²/3), of
the luck of the seed, of the emulator and of a discrepancy that is stated with the target. A point is ruled out when its
largest implausibility is above ``CUT`` in any wave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alliancesim.calibration.emulator import Emulator, from_scale, to_scale
from alliancesim.calibration.observed import OBSERVED
from alliancesim.calibration.targets import Target

CUT = 3.0
CHUNK = 4096
FEWEST = 30
"""Rows of a target that an emulator is made from, at least."""


@dataclass(frozen=True)
class Wave:
    """The emulators of a wave, one for each target (None where too few runs have it)."""

    targets: tuple[Target, ...]
    emulators: tuple[Emulator | None, ...]

    def implausibility(self, x: np.ndarray, *, but: int | None = None) -> np.ndarray:
        """Implausibility of points, shape (N, T); 0 for a target without an emulator."""
        out = np.zeros((len(x), len(self.targets)))
        for number, (target, emulator) in enumerate(zip(self.targets, self.emulators, strict=True)):
            if emulator is None or number == but:
                continue
            mean, variance = emulator(x)
            observed, known = on_scale(target)
            out[:, number] = np.abs(mean - observed) / np.sqrt(variance + emulator.noise + known)
        return out

    def expected(self, x: np.ndarray) -> np.ndarray:
        """What emulators expect of the targets, shape (N, T), in the targets' own unit; NaN without an emulator."""
        out = np.full((len(x), len(self.targets)), np.nan)
        for number, (target, emulator) in enumerate(zip(self.targets, self.emulators, strict=True)):
            if emulator is not None:
                out[:, number] = from_scale(emulator(x)[0], OBSERVED[target.observable].high)
        return out


def on_scale(target: Target) -> tuple[float, float]:
    """A target on the emulators' scale: its value, and the variance of tolerance and discrepancy together."""
    high = OBSERVED[target.observable].high
    low_end, high_end = (
        float(to_scale(np.array(np.clip(target.value + sign * target.tolerance, 0.0, high)), high)) for sign in (-1, 1)
    )
    half = max((high_end - low_end) / 2.0, 1e-6)
    return float(to_scale(np.array(target.value), high)), half**2 / 3.0 + (
        target.discrepancy * half / target.tolerance
    ) ** 2


def make_wave(targets: Sequence[Target], x: np.ndarray, found: np.ndarray, key: int) -> Wave:
    """Emulators from runs.

    Parameters
    ----------
    targets : sequence of Target
    x : ndarray, shape (N, P)
        Points of the unit cube.
    found : ndarray, shape (N, T)
        What they gave; a missing value is left out.
    key : int
    """
    emulators: list[Emulator | None] = []
    for number, target in enumerate(targets):
        known = np.isfinite(found[:, number])
        if known.sum() < FEWEST:
            emulators.append(None)
            continue
        y = to_scale(found[known, number], OBSERVED[target.observable].high)
        emulators.append(Emulator(x[known], y, key * 100 + number))
    return Wave(tuple(targets), tuple(emulators))


def plausible(waves: Sequence[Wave], x: np.ndarray, *, but: int | None = None) -> np.ndarray:
    """Whether points pass all waves, shape (N,); with ``but``, one target does not count."""
    alive = np.ones(len(x), dtype=np.bool_)
    for wave in waves:
        for start in range(0, len(x), CHUNK):
            rows = start + np.flatnonzero(alive[start : start + CHUNK])
            if len(rows):
                alive[rows] = (wave.implausibility(x[rows], but=but) <= CUT).all(axis=1)
    return alive


def sample(waves: Sequence[Wave], places: int, number: int, key: int, most: int = 400_000) -> np.ndarray:
    """Points of the unit cube that pass all waves.

    By rejection from the prior; where fewer than ``number`` of ``most`` points pass, the rest are moved from those that do, one
    coordinate block at a time, and kept where they pass (their spread is then that of what was found).

    Returns
    -------
    ndarray, shape (number, places)
        No row where nothing passes.
    """
    draw = np.random.default_rng([0x5A4D, key])
    kept: list[np.ndarray] = []
    count = tried = 0
    while count < number and tried < most:
        x = draw.random((CHUNK, places))
        tried += len(x)
        x = x[plausible(waves, x)]
        kept.append(x)
        count += len(x)
    found = np.vstack(kept) if kept else np.zeros((0, places))
    if not len(found) or len(found) >= number:
        return found[:number]
    pool = found
    while len(found) < number:
        base = pool[draw.integers(len(pool), size=CHUNK)]
        spread = np.maximum(pool.std(axis=0), 0.05)
        x = base + 0.5 * spread * draw.standard_normal(base.shape) * (draw.random(base.shape) < 0.4)
        x = x[((x >= 0.0) & (x <= 1.0)).all(axis=1)]
        x = x[plausible(waves, x)]
        found = np.vstack([found, x])
    return found[:number]
