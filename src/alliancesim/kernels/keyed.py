"""Keyed randomness: a draw is a function of what it decides, never of how many draws came before.

A key is folded from (seed, stream, month, identities) by the finaliser of splitmix64 (Steele, Lea and Flood 2014, variant 13
of Stafford): ``fold(key, a) = mix64(key + (a + 1) * GOLDEN)``. So results do not depend on threads or on the order of
loops, and two scenarios with one seed share every draw that both make. Test vectors are in ``docs/RANDOMNESS.md``.
"""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import helper

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ONE = np.uint64(1)
_TO_UNIT = 1.0 / 9007199254740992.0

STREAMS = {
    # initial state
    "cash": 1,
    "time": 2,
    "structuration": 3,
    "capability": 4,
    "salience": 5,
    "objective": 6,
    "willing": 7,
    "count": 8,
    "enterprise": 9,
    "federation": 10,
    "earlier": 12,
    # renew_means
    "idea_domain": 20,
    "idea_capabilities": 21,
    "idea_cost": 22,
    "idea_effort": 23,
    # raise_awareness
    "aware": 30,
    "hear": 31,
    "background": 32,
    # meet
    "meetings": 40,
    "border": 42,
    "distance": 43,
    "mediate": 44,
    # convene
    "convene": 50,
    "invite": 51,
    "commit": 52,
    "group": 53,
    "seat": 54,
    "theme_ideas": 56,
    # forum
    "join": 60,
    "carry": 61,
    "concede": 62,
    "lot": 63,
    "quarrel": 64,
    "delegate": 65,
    # propose
    "proposer": 70,
    "accept": 71,
    "priority": 72,
    # execute
    "success": 80,
    "accompany": 81,
    # renew_or_exit
    "exit": 90,
    "renew": 91,
    "seek": 92,
    "recruited": 93,
    # identify
    "identify": 100,
    # levers
    "lever": 110,
    "rotation": 114,
    "accompany_organisation": 111,
    "mediator": 112,
    # fraction
    "sample": 120,
    # observe
    "clustering_null": 130,
    # forums in vitro
    "invitro": 140,
    # parameters under uncertainty
    "prior": 145,
    # extensions
    "closing": 151,
    "newcomer": 152,
    "spin_off": 153,
    "solution": 154,
    "contact": 155,
    "supplier": 156,
}
"""Number of every stream; a number is never used twice."""


@helper
def mix64(z):
    """Finaliser of splitmix64: a bijection of 64 bits.

    Parameters
    ----------
    z : uint64

    Returns
    -------
    uint64
    """
    z = np.uint64(z)
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@helper
def fold(key, a):
    """Key of ``a`` below ``key`` (both uint64, or a non-negative integer)."""
    return mix64(np.uint64(key) + (np.uint64(a) + _ONE) * GOLDEN)


@helper
def stream_key(seed, stream, month):
    """Key of one decision in one month; months of burn-in count from 0 like the others."""
    return fold(fold(fold(np.uint64(0), seed), stream), month)


@helper
def pair_key(key, a, b):
    """Key of an unordered pair of identities."""
    if a < b:
        return fold(fold(key, a), b)
    return fold(fold(key, b), a)


@helper
def uniform(key):
    """Uniform on [0, 1) with 53 bits, from a key."""
    return np.float64(np.uint64(key) >> _S11) * _TO_UNIT
