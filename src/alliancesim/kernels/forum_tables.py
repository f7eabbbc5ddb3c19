"""Tables of a deliberation: participants, setting, actions, and the codes of its protocol."""

from __future__ import annotations

import numpy as np

from alliancesim.kernels.compile import inline

PARTICIPANT = np.dtype(
    [
        ("key", np.uint64),
        ("cash", np.float64),
        ("time", np.float64),
        ("structuration", np.float64),
        ("belief", np.float64),  # belief term of expectations
        ("burden", np.float64),  # coordination cost of one depth
        ("neutrality", np.float64),
        ("joins", np.int16),  # meeting from which it is present
        ("free", np.int16),  # alliances that it can still take on
        ("capabilities", np.uint8),
        ("sphere", np.int8),
        ("led", np.int8),  # leads an action of this forum already
        ("row", np.int32),
    ],
    align=True,
)

SETTING = np.dtype(
    [
        ("key", np.uint64),
        ("rent", np.float64),  # psi * (1 - neutrality of the convenor)
        ("carrier", np.float64),  # neutrality of an animator present, 0 without
        ("weight", np.float64),  # w: shared part of salience
        ("meetings", np.int32),
        ("actions", np.int32),
        ("convenor", np.int32),  # participant that convened, -1 where it takes no part
    ],
    align=True,
)

ACTION = np.dtype(
    [
        ("supporters", np.uint64),  # bits
        ("leaders", np.uint64),  # bits of those who share the lead, 0 for one leader
        ("trust_lost", np.float64),
        ("tightness", np.float64),
        ("scale", np.float64),
        ("idea", np.int32),
        ("leader", np.int32),  # participant, -1 an animator, -2 nobody
        ("depth", np.int32),
        ("months", np.int32),
        ("meetings", np.int32),
        ("rounds", np.int32),
        ("quarrels", np.int32),
        ("claimants", np.int32),
        ("aboard", np.int32),
        ("feasible", np.int32),
        ("able", np.int32),
        ("outcome", np.int32),
        ("reached", np.int32),
        ("carried", np.int32),
    ],
    align=True,
)

LAUNCHED, INFEASIBLE, NO_AGREEMENT, LOST, NO_LEADER, CONTEST_FAILED, PURSE_FAILED = range(7)
JOIN, CARRY, CONCEDE, LOT, QUARREL = range(60, 65)  # streams, as in keyed.STREAMS

# what the protocol of a forum records: (step, month, code, participant, idea)
SUPPORTS, AGREED, JOINS, REFUSES, LEAVES, CLAIMS, CONCEDES, LEADS, CARRIES, QUARRELS, LAUNCHES, FAILS, ON_AGENDA = (
    range(13)
)
DELEGATES, SHARES, ARBITRATES = range(13, 16)
EVENTS = (
    "supports",
    "agreed",
    "joins",
    "refuses",
    "leaves",
    "claims",
    "concedes",
    "leads",
    "carries",
    "quarrels",
    "launches",
    "fails",
    "on agenda",
    "delegates",
    "shares",
    "arbitrates",
)


@inline
def note(log, month, code, who, idea):
    """Appends a line to the protocol where there is room; log[0, 0] counts the lines."""
    if log.shape[0] > 1 and log[0, 0] + 1 < log.shape[0]:
        log[0, 0] += 1
        n = log[0, 0]
        log[n, 0] = month
        log[n, 1] = code
        log[n, 2] = who
        log[n, 3] = idea
