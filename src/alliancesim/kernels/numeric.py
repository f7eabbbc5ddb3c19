"""Elementary functions with the same bits on every machine, and keyed variates.

Built from additions, multiplications, divisions, square roots and comparisons of float64 only, which IEEE 754 fixes; the C
library's exp and log differ between platforms.
"""

from __future__ import annotations

import math

import numpy as np

from alliancesim.kernels.compile import helper, kernel
from alliancesim.kernels.keyed import fold, uniform

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_INV_LN2 = 1.44269504088896338700e00


@helper
def exp(x):
    """Exponential: 2**k times a Taylor polynomial of degree 13 on [-ln2/2, ln2/2]; relative error below 5e-16.

    Terms are added in pairs of pairs (Estrin), which a processor does side by side.
    """
    if x > 709.0:
        return math.inf
    if x < -708.0:
        return 0.0
    k = math.floor(x * _INV_LN2 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    r8 = r4 * r4
    a = (1.0 + r) + (0.5 + r * (1.0 / 6.0)) * r2
    b = (1.0 / 24.0 + r * (1.0 / 120.0)) + (1.0 / 720.0 + r * (1.0 / 5040.0)) * r2
    c = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + (1.0 / 3628800.0 + r * (1.0 / 39916800.0)) * r2
    d = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
    return (a + b * r4 + (c + d * r4) * r8) * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@helper
def log(x):
    """Natural logarithm of a normal x > 0: mantissa in [sqrt(1/2), sqrt(2)) by the series of artanh; error below 1e-15."""
    bits = np.float64(x).view(np.int64)
    e = ((bits >> 52) & 0x7FF) - 1022
    m = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000).view(np.float64)
    if m < 0.7071067811865476:
        m = m * 2.0
        e = e - 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    a = (1.0 + z * (1.0 / 3.0)) + (1.0 / 5.0 + z * (1.0 / 7.0)) * z2
    b = (1.0 / 9.0 + z * (1.0 / 11.0)) + (1.0 / 13.0 + z * (1.0 / 15.0)) * z2
    c = (1.0 / 17.0 + z * (1.0 / 19.0)) + (1.0 / 21.0 + z * (1.0 / 23.0)) * z2
    return 2.0 * s * (a + (b + c * z4) * z4) + e * _LN2_LOW + e * _LN2_HIGH


@kernel
def power(x, y):
    """X ** y for x >= 0, exact for y = 0 and y = 1 (scale invariance needs that)."""
    if y == 0.0:
        return 1.0
    if y == 1.0:
        return x
    if x <= 0.0:
        return 0.0
    return exp(y * log(x))


@kernel
def logistic(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + exp(-x))


@helper
def normal(key):
    """Standard normal from a key: inverse of the distribution (Wichura 1988, AS 241), so monotone in the uniform."""
    p = uniform(key) + 5.5511151231257827e-17
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (
            (
                (
                    (
                        ((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r
                        + 45921.953931549871457
                    )
                    * r
                    + 13731.693765509461125
                )
                * r
                + 1971.5909503065514427
            )
            * r
            + 133.14166789178437745
        ) * r + 3.387132872796366608
        den = (
            (
                (
                    (
                        ((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r
                        + 21213.794301586595867
                    )
                    * r
                    + 5394.1960214247511077
                )
                * r
                + 687.1870074920579083
            )
            * r
            + 42.313330701600911252
        ) * r + 1.0
        return q * num / den
    r = p
    if q > 0.0:
        r = 1.0 - p
    r = math.sqrt(-log(r))
    if r <= 5.0:
        r = r - 1.6
        num = (
            (
                (
                    (
                        ((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                        + 1.27045825245236838258
                    )
                    * r
                    + 3.64784832476320460504
                )
                * r
                + 5.7694972214606914055
            )
            * r
            + 4.6303378461565452959
        ) * r + 1.42343711074968357734
        den = (
            (
                (
                    (
                        ((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
                        + 0.14810397642748007459
                    )
                    * r
                    + 0.68976733498510000455
                )
                * r
                + 1.6763848301838038494
            )
            * r
            + 2.05319162663775882187
        ) * r + 1.0
    else:
        r = r - 5.0
        num = (
            (
                (
                    (
                        ((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
                        + 0.026532189526576123093
                    )
                    * r
                    + 0.29656057182850489123
                )
                * r
                + 1.7848265399172913358
            )
            * r
            + 5.4637849111641143699
        ) * r + 6.6579046435011037772
        den = (
            (
                (
                    (
                        ((r * 2.04426310338993978564e-15 + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
                        + 7.868691311456132591e-4
                    )
                    * r
                    + 0.0148753612908506148525
                )
                * r
                + 0.13692988092273580531
            )
            * r
            + 0.59983220655588793769
        ) * r + 1.0
    x = num / den
    if q < 0.0:
        return -x
    return x


@helper
def poisson(rate, key):
    """Poisson variate of small rate by inversion of one uniform (so monotone in the rate); at most 1,000."""
    if uniform(key) < 1.0 - rate - 1e-12:  # exp(-rate) > 1 - rate: 0 without it
        return 0
    return poisson_from(rate, exp(-rate), key)


@helper
def poisson_from(rate, none, key):
    """Poisson variate whose chance of 0, ``none`` = exp(-rate), is known."""
    u = uniform(key)
    p = none
    cumulated = p
    n = 0
    while u >= cumulated and n < 1000:
        n += 1
        p = p * rate / n
        cumulated += p
        if p == 0.0:
            break
    return n


@helper
def gamma(shape, key):
    """Gamma variate of unit scale (Marsaglia and Tsang 2000), keyed by attempt."""
    boost = 1.0
    a = shape
    if a < 1.0:
        u = uniform(fold(key, 999)) + 5.5511151231257827e-17
        boost = exp(log(u) / a)
        a = a + 1.0
    d = a - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(500):
        x = normal(fold(key, 2 * attempt))
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = uniform(fold(key, 2 * attempt + 1)) + 5.5511151231257827e-17
        if log(u) < 0.5 * x * x + d - d * v + d * log(v):
            return d * v * boost
    return d * boost


@helper
def beta(mean, concentration, key):
    """Beta variate by its mean and concentration."""
    x = gamma(mean * concentration, fold(key, 1))
    y = gamma((1.0 - mean) * concentration, fold(key, 2))
    return x / (x + y)


@helper
def lognormal(sigma, key):
    """Lognormal of mean 1: a spread never moves a mean."""
    return exp(sigma * normal(key) - 0.5 * sigma * sigma)


@helper
def months_probability(yearly):
    """Probability a month of what has probability ``yearly`` a year."""
    return 1.0 - power(1.0 - yearly, 1.0 / 12.0)


@helper
def single(x):
    """Value of x once stored in a float32 column."""
    return np.float64(np.float32(x))
