"""Keyed draws and elementary functions: agreement of the two implementations, accuracy, distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from specification import numbers

from alliancesim.kernels import keyed, numeric
from alliancesim.rules import keys

WORD = st.integers(0, 2**64 - 1)
FALSE_ALARM = 1e-6
"""Of each Kolmogorov-Smirnov or chi-square comparison below; keys are fixed, so a pass stays a pass."""


@given(WORD, WORD)
def test_keys_in_python_are_those_of_the_kernels(key: int, a: int) -> None:
    compiled = int(keyed.fold(np.uint64(key), np.uint64(a)))
    assert compiled == keys.fold(key, a) == numbers.fold(key, a)
    assert keyed.uniform(np.uint64(key)) == keys.uniform(key) == numbers.uniform(key)
    assert 0.0 <= keys.uniform(key) < 1.0


@given(WORD, WORD, WORD)
def test_a_pair_has_one_key(key: int, a: int, b: int) -> None:
    k, x, y = (np.uint64(v) for v in (key, a, b))
    assert int(keyed.pair_key(k, x, y)) == int(keyed.pair_key(k, y, x)) == numbers.pair(key, a, b)


def test_every_stream_has_its_own_number() -> None:
    assert len(set(keyed.STREAMS.values())) == len(keyed.STREAMS)


@given(st.floats(-700.0, 700.0))
def test_exp_is_accurate_and_the_same_in_both(x: float) -> None:
    assert numeric.exp(x) == numbers.exp(x)
    assert numeric.exp(x) == pytest.approx(math.exp(x), rel=2e-15, abs=1e-300)


@given(st.floats(1e-300, 1e300))
def test_log_is_accurate_and_the_same_in_both(x: float) -> None:
    assert numeric.log(x) == numbers.log(x)
    assert numeric.log(x) == pytest.approx(math.log(x), rel=2e-15, abs=2e-15)


def test_power_is_exact_where_scale_invariance_needs_it() -> None:
    for x in (0.1, 3.7, 1e-9, 1e9):
        assert numeric.power(x, 1.0) == x
        assert numeric.power(x, 0.0) == 1.0
        assert numeric.power(x, 0.35) == pytest.approx(x**0.35, rel=1e-14)
    assert numeric.power(0.0, 0.5) == 0.0


KEYS = [keys.fold(5, n) for n in range(20_000)]


def test_uniform_and_normal_have_their_distributions() -> None:
    assert stats.kstest([numeric.uniform(np.uint64(k)) for k in KEYS], "uniform").pvalue > FALSE_ALARM
    assert stats.kstest([numeric.normal(np.uint64(k)) for k in KEYS], "norm").pvalue > FALSE_ALARM


@pytest.mark.parametrize("rate", [0.05, 1.0, 4.0])
def test_poisson_has_its_distribution(rate: float) -> None:
    drawn = np.array([numeric.poisson(rate, np.uint64(k)) for k in KEYS])
    most = int(stats.poisson.ppf(0.999, rate))
    seen = np.bincount(np.minimum(drawn, most + 1), minlength=most + 2)
    expected = np.append(stats.poisson.pmf(range(most + 1), rate), stats.poisson.sf(most, rate)) * len(KEYS)
    kept = expected > 5
    table = np.append(seen[kept], seen[~kept].sum()), np.append(expected[kept], expected[~kept].sum())
    used = table[1] > 0
    assert stats.chisquare(table[0][used], table[1][used]).pvalue > FALSE_ALARM


@pytest.mark.parametrize("shape", [0.4, 1.0, 4.8])
def test_gamma_has_its_distribution(shape: float) -> None:
    drawn = [numeric.gamma(shape, np.uint64(k)) for k in KEYS]
    assert stats.kstest(drawn, "gamma", args=(shape,)).pvalue > FALSE_ALARM


def test_beta_and_lognormal_have_their_means() -> None:
    """Tolerance five standard errors (false-alarm rate below 1e-6)."""
    beta = np.array([numeric.beta(0.6, 8.0, np.uint64(k)) for k in KEYS])
    spread = np.array([numeric.lognormal(1.0, np.uint64(k)) for k in KEYS])
    for drawn, mean in ((beta, 0.6), (spread, 1.0)):
        assert abs(drawn.mean() - mean) < 5 * drawn.std() / math.sqrt(len(drawn))
    assert stats.kstest(beta, "beta", args=(4.8, 3.2)).pvalue > FALSE_ALARM
