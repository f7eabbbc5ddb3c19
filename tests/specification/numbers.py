"""Keyed draws and elementary functions: additions, multiplications, divisions, square roots and comparisons only."""

from __future__ import annotations

import math
import struct

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def single(x: float) -> float:
    """A number as a column of 32 bits keeps it."""
    return struct.unpack("f", struct.pack("f", x))[0]


def steps(trust: float) -> int:
    """Trust in the 65,535ths in which a tie keeps it, rounded up."""
    return math.ceil(trust * 65535.0 - 1e-6)


def kept(trust: float) -> float:
    """Trust as a tie keeps it."""
    return steps(trust) / 65535.0


def mix(z: int) -> int:
    """Finaliser of splitmix64."""
    z &= MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def fold(key: int, *identities: int) -> int:
    """Key of identities below a key."""
    for a in identities:
        key = mix(key + (a + 1) * GOLDEN)
    return key


def pair(key: int, a: int, b: int) -> int:
    """Key of an unordered pair."""
    return fold(key, min(a, b), max(a, b))


def uniform(key: int) -> float:
    """Uniform on [0, 1)."""
    return (key >> 11) / 9007199254740992.0


def exp(x: float) -> float:
    """Exponential by range reduction and a Taylor polynomial of degree 13, added in pairs of pairs."""
    if x > 709.0:
        return math.inf
    if x < -708.0:
        return 0.0
    k = math.floor(x * 1.44269504088896338700 + 0.5)
    r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    r2 = r * r
    r4 = r2 * r2
    c = [1.0 / math.factorial(n) for n in range(14)]
    low = (1.0 + r) + (0.5 + r * c[3]) * r2
    middle = (c[4] + r * c[5]) + (c[6] + r * c[7]) * r2
    high = (c[8] + r * c[9]) + (c[10] + r * c[11]) * r2
    return (low + middle * r4 + (high + (c[12] + r * c[13]) * r4) * (r4 * r4)) * math.ldexp(1.0, k)


def log(x: float) -> float:
    """Natural logarithm by the series of artanh, its terms as in exp."""
    m, e = math.frexp(x)
    if m < 0.7071067811865476:
        m, e = m * 2.0, e - 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    low, middle, high = (
        (1.0 / n + z * (1.0 / (n + 2))) + (1.0 / (n + 4) + z * (1.0 / (n + 6))) * z2 for n in (1.0, 9.0, 17.0)
    )
    return 2.0 * s * (low + (middle + high * z4) * z4) + e * 1.90821492927058770002e-10 + e * 6.93147180369123816490e-01


def power(x: float, y: float) -> float:
    """x ** y, exact for y = 0 and 1."""
    if y == 0.0:
        return 1.0
    if y == 1.0:
        return x
    return exp(y * log(x)) if x > 0.0 else 0.0


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + exp(-x))


def points(key: int, length: float, rate: float):
    """Points (position, level, key) of rate 1 a unit of area on [0, length) x [0, rate), by layers of levels, each by distances
    from one point to the next."""
    low, high, layer = 0.0, 1.0 / 1024.0, 0
    while low < rate:
        at, n = 0.0, 0
        while True:
            point = fold(key, layer, n)
            at += -log(1.0 - uniform(point)) * (1.0 / (high - low))
            if at >= length:
                break
            level = low + (high - low) * uniform(fold(point, 0))
            if level < rate:
                yield at, level, point
            n += 1
        low, high, layer = high, 2.0 * high, layer + 1


def _ratio(r: float, above: tuple[float, ...], below: tuple[float, ...]) -> tuple[float, float]:
    num, den = above[0], below[0]
    for a, b in zip(above[1:], below[1:], strict=True):
        num, den = num * r + a, den * r + b
    return num, den


_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
     1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
     687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_MIDDLE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258, 3.64784832476320460504,
     5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


def normal(key: int) -> float:
    """Standard normal: inverse of the distribution (Wichura 1988, AS 241)."""
    p = uniform(key) + 5.5511151231257827e-17
    q = p - 0.5
    if abs(q) <= 0.425:
        num, den = _ratio(0.180625 - q * q, *_CENTRE)
        return q * num / den
    r = math.sqrt(-log(1.0 - p if q > 0.0 else p))
    num, den = _ratio(r - 1.6, *_MIDDLE) if r <= 5.0 else _ratio(r - 5.0, *_TAIL)
    return -(num / den) if q < 0.0 else num / den


def lognormal(sigma: float, key: int) -> float:
    """Lognormal of mean 1."""
    return exp(sigma * normal(key) - 0.5 * sigma * sigma)
