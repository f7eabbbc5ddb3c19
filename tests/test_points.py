"""Waiting times along a line have the law of a coin for everyone, month by month.

Every comparison states its false-alarm rate; keys are fixed, so a pass stays a pass.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from building import engine, small_territory
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from specification import numbers

from alliancesim.kernels import awareness, gathering, meeting
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.points import points

FALSE_ALARM = 1e-6
LENGTH = st.floats(0.0, 40.0)
RATE = st.floats(0.0, 3.0)
KEY = st.integers(0, 2**64 - 1)


@kernel
def fill(key, length, rate, found):
    """Number of points; found (X, 2) gets positions and levels."""
    n = 0
    for at, level, _ in points(key, length, rate):
        found[n, 0] = at
        found[n, 1] = level
        n += 1
    return n


def compiled(key: int, length: float, rate: float) -> list[tuple[float, float]]:
    found = np.zeros((4000, 2))
    return [tuple(row) for row in found[: fill(np.uint64(key), float(length), float(rate), found)]]


@given(KEY, LENGTH, RATE)
def test_points_are_those_of_the_plain_rendering(key: int, length: float, rate: float) -> None:
    assert compiled(key, length, rate) == [point[:2] for point in numbers.points(key, length, rate)]


@given(KEY, LENGTH, RATE, RATE)
def test_a_higher_rate_adds_points_and_moves_none(key: int, length: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    few, many = list(numbers.points(key, length, low)), list(numbers.points(key, length, high))
    assert [point for point in many if point[1] < low] == few
    assert all(0.0 <= at < length and level < high for at, level, _ in many)


@given(KEY, LENGTH, LENGTH, RATE)
def test_a_longer_line_adds_points_at_its_end(key: int, one: float, other: float, rate: float) -> None:
    short, long = sorted((one, other))
    whole = list(numbers.points(key, long, rate))
    assert [point for point in whole if point[0] < short] == list(numbers.points(key, short, rate))


@pytest.mark.parametrize("rate", [0.0004, 0.003, 0.09, 0.5, 1.7])
def test_numbers_are_poisson_and_independent(rate: float) -> None:
    shares = np.array([1.0, 0.25, 2.5, 1.0])
    ends = np.cumsum(shares)
    draws = 40_000
    counts = np.zeros((draws, 4), dtype=int)
    levels = []
    for draw in range(draws):
        for at, level in compiled(numbers.fold(7, draw), float(ends[-1]), rate):
            counts[draw, int(np.searchsorted(ends, at, side="right"))] += 1
            levels.append(level)
    for share, column in zip(shares, counts.T, strict=True):
        most = max(1, int(stats.poisson.ppf(1.0 - 20.0 / draws, rate * share)))
        expected = stats.poisson.pmf(np.arange(most + 1), rate * share) * draws
        expected[-1] += draws - expected.sum()
        observed = np.bincount(np.minimum(column, most), minlength=most + 1)
        assert stats.chisquare(observed, expected).pvalue > FALSE_ALARM
    # independent of one another: the numbers of two organisations have no covariance
    covariance = np.cov(counts.T)
    for a in range(4):
        for b in range(a):
            scale = math.sqrt(shares[a] * shares[b]) * rate / math.sqrt(draws)
            assert abs(covariance[a, b]) < -stats.norm.ppf(FALSE_ALARM / 2) * scale + 1.0 / draws
    assert stats.kstest(np.array(levels) / rate, "uniform").pvalue > FALSE_ALARM


MONTHS = 3000


def rejected(observed: np.ndarray, mean: np.ndarray) -> float:
    """P-value of sums of independent Poisson numbers, organisations of a small mean put together by tens."""
    order = np.argsort(mean)
    groups = np.array_split(order, max(1, len(order) // 10))
    x, m = (np.array([values[g].sum() for g in groups]) for values in (observed, mean))
    return float(stats.chi2.sf((((x - m) ** 2) / m).sum(), len(groups)))


def test_meetings_sought_follow_size_and_place() -> None:
    run = engine(small_territory("urban", 9000), months=1)
    state, space = run.state, run.state.space
    counts = np.zeros(state.n_organisations)
    rows, keys = np.zeros(20_000, dtype=np.int32), np.zeros(20_000, dtype=np.uint64)
    for month in range(MONTHS):
        number = meeting.turns(
            state.cells, space.organisation_mass, 0, len(state.cells), STREAMS["meetings"], 3, month, rows, keys
        )
        counts += np.bincount(rows[:number], minlength=len(counts))
    mean = state.cells["meetings"][state.organisations["cell"]] * state.organisations["size"] * MONTHS
    assert rejected(counts, mean) > FALSE_ALARM


def test_convenors_are_drawn_with_their_probability() -> None:
    run = engine(small_territory("urban", 9000), {"spontaneous_convening": 0.004}, months=1)
    state = run.state
    state.organisations["stage"][::2] = 1
    able = (state.organisations["stage"] > 0) & (
        state.organisations["structuration"] > state.rules[0]["convening_structuration"]
    )
    counts = np.zeros(state.n_organisations)
    rows = np.zeros(20_000, dtype=np.int64)
    for month in range(MONTHS):
        n = gathering.convenors(
            state.organisations, state.cells, 0, len(state.cells), state.rules, STREAMS["convene"], 3, month, rows
        )
        assert len(np.unique(rows[:n])) == n
        counts += np.bincount(rows[:n], minlength=len(counts))
    assert not counts[~able].any()
    assert rejected(counts[able], np.full(able.sum(), 0.004 * MONTHS)) > FALSE_ALARM


@pytest.mark.parametrize("told", [1.0, 0.3])
def test_a_month_of_awareness_has_the_probability_of_the_specification(told: float) -> None:
    """1 - (1 - p_aware) ** exposures * (1 - q_peer) ** testimonies, Poisson numbers of both; beliefs are what was heard."""
    run = engine(
        small_territory("urban", 9000),
        months=1,
        rules={"p_aware": 0.02, "background_exposures": 2.0, "q_peer": 0.08, "failures_told": told},
    )
    state, p = run.state, run.state.rules[0]
    people, squares = state.organisations, len(state.space.squares)
    rng = np.random.default_rng(4)
    share = rng.uniform(0.1, 0.6, (squares, 3))
    finished = np.floor(state.space.peers * share)
    experiments = finished + 2.0
    failed = np.floor(experiments * rng.uniform(0.2, 0.7, (squares, 3)))
    square = state.cells["square"][people["cell"]]
    at = (square, people["sphere"])
    rate = np.where(finished[at] > 0, p["peers_heard"] * np.minimum(1.0, finished[at] / state.space.peers[at]), 0.0)
    good = rate * (1.0 - failed[at] / experiments[at])
    bad = rate * failed[at] / experiments[at] * told
    aware, heard, warned = (np.zeros(len(people)) for _ in range(3))
    months = 600
    for month in range(months):
        people["stage"], people["successes"], people["failures"] = 0, 0.0, 0.0
        awareness.hear_of_it(people, state.cells, 0, len(state.cells), state.rules, STREAMS["background"], 3, month)
        awareness.hear_peers(
            people, state.cells, 0, len(state.cells), state.space.peers, finished, experiments, failed,
            state.space.whole, False, state.rules, STREAMS["hear"], 3, month,
        )  # fmt: skip
        aware += people["stage"]
        heard += people["successes"]
        warned += people["failures"]
    chance = 1.0 - np.exp(-p["background_exposures"] * p["p_aware"] - p["q_peer"] * (good + bad))
    for observed, mean in ((heard, good), (warned, bad)):
        some = mean > 0
        assert not observed[~some].any()
        assert rejected(observed[some], mean[some] * months) > FALSE_ALARM
    groups = np.array_split(np.argsort(chance), len(people) // 10)
    variance = chance * (1.0 - chance) * months
    x = np.array([(aware[g].sum() - chance[g].sum() * months) ** 2 / variance[g].sum() for g in groups])
    assert stats.chi2.sf(x.sum(), len(groups)) > FALSE_ALARM


def test_exposures_at_events_and_by_meetings_take_effect_each_by_itself() -> None:
    run = engine(small_territory("urban", 9000), {"p_aware": 0.01, "q_peer": 0.05}, months=1)
    state, p = run.state, run.state.rules[0]
    n, months = state.n_organisations, 400
    rng = np.random.default_rng(5)
    meetings, events = rng.integers(0, 4, n).astype(np.uint8), rng.integers(0, 9, n).astype(np.float32)
    successes, failures = rng.integers(0, 3, n), rng.integers(0, 3, n)
    aware = np.zeros(n)
    for month in range(months):
        state.organisations["stage"] = 0
        pending, exposures = meetings.copy(), events.copy()
        told = (successes + 16 * failures).astype(np.uint8)
        awareness.expose(
            state.organisations, np.arange(n), pending, told, exposures, state.rules, STREAMS["aware"], 3, month
        )
        assert not (pending.any() or told.any() or exposures.any())
        aware += state.organisations["stage"]
    stays = (1.0 - p["p_aware"]) ** (meetings + events) * (1.0 - p["q_peer"]) ** (successes + failures)
    variance = stays * (1.0 - stays) * months
    some = variance > 0
    assert not aware[~some].any()
    z = (aware - (1.0 - stays) * months)[some].sum() / math.sqrt(variance[some].sum())
    assert abs(z) < -stats.norm.ppf(FALSE_ALARM / 2)
