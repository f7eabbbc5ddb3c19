"""Keys in plain Python: the functions of :mod:`alliancesim.kernels.keyed` for rules that draw a few times a month.

Whole numbers modulo 2**64, so the same bits (a test compares the two).
"""

from __future__ import annotations

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix64(z: int) -> int:
    """Finaliser of splitmix64."""
    z &= MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def fold(key: int, a: int) -> int:
    """Key of ``a`` below ``key``."""
    return mix64(int(key) + (int(a) + 1) * GOLDEN)


def stream_key(seed: int, stream: int, month: int) -> int:
    """Key of one decision in one month."""
    return fold(fold(fold(0, seed), stream), month)


def uniform(key: int) -> float:
    """Uniform on [0, 1) with 53 bits."""
    return (int(key) >> 11) / 9007199254740992.0
