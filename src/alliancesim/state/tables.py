"""The state of a run: NumPy tables, built once from a territory, read and written by the phases.

Organisations are sorted by cell part, cell parts by perimeter, so that a perimeter is a contiguous range of organisations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from alliancesim.kernels.layout import ALLIANCE, FORUM, IDEA, MEMBERSHIP, NOBODY

MEETING = np.dtype(
    [("a", np.int32), ("b", np.int32), ("origin", np.int8), ("animator", np.int8), ("trust", np.float32)]
)
"""A meeting of this month: the pair, where it comes from, the animator behind it, the least trust that it leaves."""


@dataclass
class Space:
    """Distance: squares, blocks of squares, and who is within reach.

    Attributes
    ----------
    squares : (S,) SQUARE
        By row, then column.
    blocks, part_of_block, part_mass, organisation_mass, boxes, cumulated, guide
        Tables of :func:`alliancesim.kernels.space.draw_partner`.
    near : (S, rows, 2) int32
        Squares within d0 of each (:func:`alliancesim.kernels.space.neighbourhoods`).
    changes : (S + 1, 3, 3) int64
        Of (finished, experiments, failed) from one square to the next, by sphere, in 2**-20 organisations.
    peers : (S, 3) float64
        Organisations of each sphere within d0.
    finished : (S, 3) float64
        Those of them that ever finished an experiment.
    experiments, failed : (S, 3) float64
        Finished experiments, and failed ones, of members of each sphere within d0 (one for each member).
    whole : (4, 3) float64
        The four counts over the whole territory.
    """

    squares: np.ndarray
    blocks: np.ndarray
    part_of_block: np.ndarray
    part_mass: np.ndarray
    organisation_mass: np.ndarray
    boxes: np.ndarray
    cumulated: np.ndarray
    guide: np.ndarray
    near: np.ndarray
    changes: np.ndarray
    peers: np.ndarray
    finished: np.ndarray
    experiments: np.ndarray
    failed: np.ndarray
    whole: np.ndarray


@dataclass(frozen=True)
class Newcomers:
    """What the attributes of a newcomer are drawn from (extension demography), as those of month 0 were.

    Attributes
    ----------
    kinds : (kinds, 2) float64
        Structuration factor; bits of typical capabilities.
    deprived : (C,) float64
        Deprived share that lowers structuration.
    streams : (7,) int64
    """

    kinds: np.ndarray
    deprived: np.ndarray
    streams: np.ndarray


@dataclass
class State:
    """All tables of a run.

    Attributes
    ----------
    organisations : (N,) ORGANISATION
    salience : (N, K) float32
    objectives : (N, 4) float32
    ties : TIE; slots : (N + 1,) int32
    cells : (C,) CELL
    need_base, relief, need : (C, K) float64
        Need at the start, what alliances relieved, need now (national baseline 1).
    anchoring : (E,) float64
        Local anchoring of each enterprise present: the share of its establishments that is on the territory.
    perimeters : (P,) PERIMETER
    perimeter_need : (P, K) float64
        Mean need of the inhabitants of a perimeter.
    ideas : (P, M) IDEA
    alliances, memberships, forums : tables with ``n_alliances`` ... rows in use
    solutions : (P, S) int32
        Alliance whose solution each further place of a library holds, or -1; S is 0 without replication and dialogue.
    active : (A,) int32
        Alliances that have not ended; ``listed`` rows of the table were looked at.
    pending : (N,) uint8
        Exposures since the latest awareness phase.
    taken : (N,) int16
        Month of each organisation's latest new alliance by proposal, or -1.
    zones : dict of str to (c,) int64
        Cells of each zone in which one convened at another level than the EPCI, in the order of their first use (extension).
    month : int
        Months since the start of burn-in; ``calendar_month`` counts from the end of burn-in (1 is the first reported).
    """

    rules: np.ndarray
    seed: int
    burn_in: int
    organisations: np.ndarray
    salience: np.ndarray
    objectives: np.ndarray
    ties: np.ndarray
    slots: np.ndarray
    cells: np.ndarray
    cell_x: np.ndarray
    cell_y: np.ndarray
    need_base: np.ndarray
    relief: np.ndarray
    need: np.ndarray
    perimeters: np.ndarray
    perimeter_need: np.ndarray
    ideas: np.ndarray
    space: Space
    fade: np.ndarray
    domains: tuple[str, ...]
    sample: float
    labels: dict[str, np.ndarray]
    anchoring: np.ndarray
    solutions: np.ndarray
    newcomers: Newcomers
    alliances: np.ndarray = field(default_factory=lambda: np.zeros(256, dtype=ALLIANCE))
    memberships: np.ndarray = field(default_factory=lambda: np.zeros(512, dtype=MEMBERSHIP))
    forums: np.ndarray = field(default_factory=lambda: np.zeros(64, dtype=FORUM))
    n_alliances: int = 0
    n_memberships: int = 0
    n_forums: int = 0
    n_plenaries: int = 0
    month: int = -1
    active: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    listed: int = 0
    pending: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    meetings: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=MEETING))
    version: int = 0
    zones: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def n_organisations(self) -> int:
        """Rows of the organisations table."""
        return len(self.organisations)

    @property
    def calendar_month(self) -> int:
        """Month after burn-in, from 1; 0 and below during burn-in."""
        return self.month - self.burn_in + 1

    @property
    def is_january(self) -> bool:
        """Whether this month opens a year; years are counted from the end of burn-in."""
        return (self.month - self.burn_in) % 12 == 0 or self.month == 0

    @property
    def year(self) -> int:
        """Years since the end of burn-in; negative during burn-in."""
        return (self.month - self.burn_in) // 12

    def reserve(self, alliances: int = 0, memberships: int = 0, forums: int = 0) -> None:
        """Make room for so many further rows."""
        self.alliances = _grown(self.alliances, self.n_alliances + alliances)
        self.memberships = _grown(self.memberships, self.n_memberships + memberships)
        self.forums = _grown(self.forums, self.n_forums + forums)

    def refresh_active(self) -> None:
        """List the alliances that have not ended, in the order of their rows."""
        new = np.arange(self.listed, self.n_alliances, dtype=np.int32)
        rows = np.concatenate((self.active, new))
        self.active = rows[self.alliances["ended"][rows] == NOBODY]
        self.listed = self.n_alliances

    def nbytes(self) -> int:
        """Bytes of all tables, of those that grow as far as they are in use (the rest is room that no memory stands behind)."""
        used = {"alliances": self.n_alliances, "memberships": self.n_memberships, "forums": self.n_forums}
        total = 0
        for holder in (self, self.space):
            for name, value in vars(holder).items():
                if isinstance(value, np.ndarray):
                    total += value.itemsize * used[name] if name in used else value.nbytes
        return total

    def members_of(self, alliance: int) -> list[int]:
        """Rows of the members of an alliance, in the order in which they joined."""
        rows = []
        m = int(self.alliances["first"][alliance])
        while m != NOBODY:
            rows.append(int(self.memberships["organisation"][m]))
            m = int(self.memberships["next_member"][m])
        return rows

    def alliances_of(self, organisation: int) -> list[int]:
        """Active alliances of an organisation."""
        rows = []
        m = int(self.organisations["first"][organisation])
        while m != NOBODY:
            rows.append(int(self.memberships["alliance"][m]))
            m = int(self.memberships["next_alliance"][m])
        return rows


def _grown(table: np.ndarray, rows: int) -> np.ndarray:
    if rows <= len(table):
        return table
    larger = np.zeros(max(rows, len(table) + len(table) // 4), dtype=table.dtype)
    larger[: len(table)] = table
    return larger


def empty_ideas(perimeters: int, ideas: int) -> np.ndarray:
    """Libraries without ideas (cost 0 marks an absent one)."""
    return np.zeros((perimeters, ideas), dtype=IDEA)
