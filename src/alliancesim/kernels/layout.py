"""Records that kernels read and write: one row an organisation, tie, alliance, membership, idea or forum.

float32 columns are read by ``np.float64(...)`` (Numba's ``float`` keeps 32 bits), so that expressions have 64 bits and what is
stored is rounded once. ``IN_USE`` marks the tie of two members
of an active alliance, whose trust does not fade.
"""

from __future__ import annotations

import numpy as np

NOBODY = -1
IN_USE = 32767

ORGANISATION = np.dtype(
    [
        ("key", np.uint64),  # stable identity
        ("cash", np.float64),  # slack left this year, reference units
        ("time", np.float64),
        ("cash_own", np.float32),  # own level a year at R_fin = 1
        ("time_own", np.float32),
        ("structuration", np.float32),
        ("openness", np.float32, (3,)),  # toward each sphere; own sphere 1
        ("successes", np.float32),  # heard of, fading
        ("failures", np.float32),
        ("weight", np.float32),  # organisations that a row stands for
        ("size", np.float32),  # (cap / mean cap) ** size_exponent
        ("cell", np.int32),  # row of the cells table
        ("enterprise", np.int32),  # group of an establishment, or -1
        ("federation", np.int32),  # row of its federation, or -1
        ("first", np.int32),  # first active membership, or -1
        ("load", np.int16),  # active alliances
        ("cap", np.int16),
        ("ties", np.int16),  # ties in use of its slots
        ("sphere", np.int8),
        ("kind", np.int8),
        ("capabilities", np.uint8),  # bits in the order of catalogue.CAPABILITIES
        ("stage", np.int8),
        ("ever", np.int8),  # ever engaged
        ("finished", np.int8),  # ever finished an experiment
    ],
    align=True,
)

TIE = np.dtype(
    [
        ("partner", np.int32),
        (
            "trust",
            np.uint16,
        ),  # in 65,535ths: the largest table of a run, and eight bytes a tie (relations.trust_in, kept_trust)
        ("last", np.int16),  # month of the last contact, or IN_USE
    ]
)

CELL = np.dtype(
    [
        ("key", np.uint64),  # stable identity
        ("population", np.float64),
        ("deprived", np.float64),
        ("zeta", np.float64),  # zeta ** deprived share
        ("meetings", np.float64),  # m0 * reach / (reach + a_half): meetings of a mean organisation a month
        ("civic", np.float64),
        ("square", np.int32),
        ("block", np.int32),
        ("perimeter", np.int32),
        ("low", np.int32),  # organisations low..high - 1 stand here: associations,
        ("firms", np.int32),  # firms from here on,
        ("collectivities", np.int32),  # collectivities from here on
        ("high", np.int32),
        ("side", np.int8),
        ("reported", np.int8),
    ],
    align=True,
)

SQUARE = np.dtype(
    [
        ("x", np.float64),  # centre, km
        ("y", np.float64),
        ("side", np.float64),  # km
        ("row", np.int32),  # squares are sorted by row, then column
        ("column", np.int32),
    ],
    align=True,
)

PERIMETER = np.dtype(
    [
        ("key", np.uint64),
        ("population", np.float64),
        ("client", np.float64),  # cash of collectivities left for joint offers this year
        ("low", np.int32),
        ("high", np.int32),
        ("cell_low", np.int32),
        ("cell_high", np.int32),
        ("diagnosed", np.int16),  # month of its latest diagnosis, or -1
        ("reported", np.int8),
    ],
    align=True,
)

IDEA = np.dtype(
    [
        ("cost", np.float64),
        ("effort", np.float64),
        ("value", np.float64),
        ("domain", np.int8),
        ("capabilities", np.uint8),
    ],
    align=True,
)

ALLIANCE = np.dtype(
    [
        ("key", np.uint64),
        ("cost", np.float64),  # cash a year at its scale, before premium
        ("effort", np.float64),
        ("value", np.float64),  # at its scale
        ("scale", np.float64),
        ("pool_cash", np.float64),  # this year's, with tickets and clients
        ("pool_time", np.float64),
        ("outside", np.float64),  # part of this year's pool from tickets and clients
        ("paid", np.float64),  # share of this year's cost that was pooled
        ("spent_cash", np.float64),
        ("spent_time", np.float64),
        ("benefit", np.float64),
        ("alone", np.float64),  # value its members would make each alone, at launch
        ("alone_cost", np.float64),  # cash of the same project done alone, buying all that is missing
        ("leader", np.int32),  # row, or -1 for an animator
        ("first", np.int32),
        ("last", np.int32),
        ("perimeter", np.int32),
        ("forum", np.int32),
        ("members", np.int16),
        ("start", np.int16),
        ("launch", np.int16),
        ("pooled", np.int16),  # month of the latest pooling
        ("ended", np.int16),
        ("identified", np.int16),  # month, or -1
        ("successes", np.int16),
        ("draws", np.int16),
        ("depth", np.int8),
        ("stage", np.int8),
        ("origin", np.int8),
        ("domain", np.int8),
        ("result", np.int8),  # of this month's draw: 0 none, 1 success, 2 failure
        ("accompanied", np.int8),
        ("cause", np.int8),  # of its end: 0 none, 1 hazard, 2 term not renewed, 3 a closing
        ("spheres", np.int8),  # bits of the spheres of its members
        ("required", np.uint8),
        ("covered", np.uint8),
        ("animator", np.int8),  # animator whose event or forum it comes from, or -1
        ("idea", np.int16),  # of the library; from library_size on a solution from elsewhere
        ("leads", np.int8),  # members that lead: the first of its members
        ("inhabitants", np.int8),  # whether inhabitants have seats
        ("zone", np.int16),  # zone that it serves where that is not its perimeter, or -1
    ],
    align=True,
)

MEMBERSHIP = np.dtype(
    [
        ("cash", np.float64),  # paid this year
        ("time", np.float64),
        ("total_cash", np.float64),
        ("total_time", np.float64),
        ("benefit", np.float64),
        ("organisation", np.int32),
        ("alliance", np.int32),
        ("next_member", np.int32),
        ("next_alliance", np.int32),
        ("joined", np.int16),
    ],
    align=True,
)

FORUM = np.dtype(
    [
        ("key", np.uint64),
        ("trust_lost", np.float64),
        ("tightness", np.float64),
        ("convenor", np.int32),  # row, or -1 for an animator
        ("perimeter", np.int32),
        ("alliance", np.int32),  # first launched, or -1
        ("plenary", np.int32),  # number of the plenary that it belongs to, or -1
        ("month", np.int16),
        ("seats", np.int16),
        ("invited", np.int16),
        ("committed", np.int16),
        ("participants", np.int16),
        ("feasible", np.int16),  # ideas on the agenda
        ("meetings", np.int16),
        ("rounds", np.int16),
        ("quarrels", np.int16),
        ("claimants", np.int16),
        ("months", np.int16),  # from convening to the first launch, or to the failure
        ("aboard", np.int16),
        ("actions", np.int16),
        ("able", np.int16),  # participants able to lead some feasible idea
        ("animator", np.int8),
        ("theme", np.int8),
        ("outcome", np.int8),
        ("reached", np.int8),  # 0 convened 1 feasible 2 agreed 3 led 4 paid for and launched
        ("carried", np.int8),  # by a neutral carrier
        ("level", np.int8),  # at which it was convened, as in catalogue.LEVELS
        ("inhabitants", np.int8),  # whether inhabitants had seats
        ("session", np.int16),  # of a standing forum, from 1; 0 for one that met once
    ],
    align=True,
)
