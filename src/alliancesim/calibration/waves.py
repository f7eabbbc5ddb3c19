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
from alliancesim.calibration.space import reflected
from alliancesim.calibration.targets import Target

CUT = 3.0
CHUNK = 4096
FEW = 50
"""Points that pass below which a share is not counted but estimated by subset simulation."""
FEWEST = 30
"""Rows of a target that an emulator is made from, at least."""


@dataclass(frozen=True)
class Wave:
    """The emulators of a wave, one for each target (None where too few runs have it)."""

    targets: tuple[Target, ...]
    emulators: tuple[Emulator | None, ...]

    def implausibility_of(self, number: int, x: np.ndarray) -> np.ndarray:
        """Implausibility of points for a target, shape (N,); 0 without an emulator."""
        emulator = self.emulators[number]
        if emulator is None:
            return np.zeros(len(x))
        mean, variance = emulator(x)
        observed, known = on_scale(self.targets[number])
        found: np.ndarray = np.abs(mean - observed) / np.sqrt(variance + emulator.noise + known)
        return found

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
    for wave in reversed(waves):  # the latest rules out most
        for number in range(len(wave.targets)):
            if wave.emulators[number] is None or number == but:
                continue
            for start in range(0, len(x), CHUNK):
                rows = start + np.flatnonzero(alive[start : start + CHUNK])
                if len(rows):
                    alive[rows] = wave.implausibility_of(number, x[rows]) <= CUT
    return alive


def largest(waves: Sequence[Wave], x: np.ndarray, *, but: int | None = None) -> np.ndarray:
    """Largest implausibility of points over targets and waves, shape (N,)."""
    out = np.zeros(len(x))
    for wave in waves:
        for number in range(len(wave.targets)):
            if number != but:
                for start in range(0, len(x), CHUNK):
                    rows = slice(start, start + CHUNK)
                    out[rows] = np.maximum(out[rows], wave.implausibility_of(number, x[rows]))
    return out


def sample(
    waves: Sequence[Wave],
    places: int,
    number: int,
    key: int,
    *,
    but: int | None = None,
    most: int = 60_000,
) -> tuple[np.ndarray, float]:
    """Points of the unit cube that pass all waves, and the share of the prior that does.

    By rejection from the prior. Where too few of ``most`` points pass, by subset simulation (Au and Beck 2001): the cut is
    lowered step by step, so that a fifth of the points pass each time, and those that do are moved at random, where a move that
    leaves the set is not made.

    Returns
    -------
    points : ndarray, shape (number, places)
        No row where nothing passes.
    volume : float
    """
    draw = np.random.default_rng([0x5A4D, key])
    kept: list[np.ndarray] = []
    count = tried = 0
    while count < number and tried < most:
        x = draw.random((CHUNK, places))
        tried += len(x)
        x = x[plausible(waves, x, but=but)]
        kept.append(x)
        count += len(x)
    if count >= number:
        return np.vstack(kept)[:number], count / tried
    return _subset(waves, places, number, draw, but)


STEP = 0.2
"""Share of the points that passes each lowering of the cut."""
MOVES = 8
MOST_STEPS = 12


def _subset(
    waves: Sequence[Wave], places: int, number: int, draw: np.random.Generator, but: int | None
) -> tuple[np.ndarray, float]:
    many = max(2000, number)
    x = draw.random((many, places))
    worst, volume = largest(waves, x, but=but), 1.0
    for _ in range(MOST_STEPS):
        cut = max(CUT, float(np.quantile(worst, STEP)))
        inside = worst <= cut
        volume *= float(inside.mean())
        chosen = draw.choice(np.flatnonzero(inside), size=many)
        spread = np.maximum(x[inside].std(axis=0), 0.02)
        x, worst = x[chosen], worst[chosen]
        for _ in range(MOVES):
            moved = x + spread * draw.standard_normal(x.shape) * (draw.random(x.shape) < 0.25)
            moved = reflected(moved)
            legal = np.flatnonzero(((moved >= 0.0) & (moved <= 1.0)).all(axis=1))
            new = largest(waves, moved[legal], but=but)
            good = legal[new <= cut]
            x[good], worst[good] = moved[good], new[new <= cut]
        if cut == CUT:
            return x[:number], volume
    return np.zeros((0, places)), 0.0
