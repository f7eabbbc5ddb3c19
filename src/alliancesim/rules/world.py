"""What the phases of one run share: the state, the animators, this month's attendance, the records."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from alliancesim.catalogue import KINDS, OBJECTIVE_BENEFITS
from alliancesim.extensions import switched_on
from alliancesim.kernels.layout import NOBODY
from alliancesim.state.tables import State

_NONE = np.zeros(0, dtype=np.int64)
BLOCKS_A_THREAD = 4  # so that no thread waits long for another
PARALLEL_FROM = 200_000
"""Organisations from which handing blocks to threads costs less than it brings."""
PARTS, PARTS_FROM = 16, 200_000
"""Parts of sums of reals, and items from which there are so many; both decide about the last bits of a sum."""
INSTITUTIONAL = np.array([kind.institutional for kind in KINDS], dtype=np.bool_)
NEUTRALITY = np.array([kind.neutrality for kind in KINDS], dtype=np.float64)


@dataclass
class World:
    """A run in progress.

    Attributes
    ----------
    state : State
    animators : list of Animator
    threads : int
        Threads of elementwise kernels; results do not depend on it.
    counters : dict
        What happened this month, by name (see :mod:`alliancesim.observables`); emptied when a month begins.
    told : (N,) uint8
        Testimonies heard at events this month (successes + 16 * failures).
    exposures : (N,) float32
        Exposures at events this month.
    exposed : list of array
        Rows of those who had any; the only ones whose ``told`` and ``exposures`` are not 0.
    founded : dict of int to list of int
        Alliances, by perimeter, whose success founded an organisation that waits for a place (extension demography).
    initiative : (N,) float32
        Of each association, 1 at the start; one number where the extension funding_mode is off.
    knows : (N,) uint64
        Further places of its perimeter's library whose solution each organisation knows, a bit each; one number where neither
        replication nor dialogue is on.
    repeats : dict of int to int
        Alliance whose solution an alliance repeats (extensions replication, dialogue).
    carriers : dict
        Perimeters where an enterprise, or a federation, stands; made at first use (extension replication).
    clients : (N,) int32
        GE that each organisation supplies, or -1; empty until it is asked for (extension supply_links).
    shocks : list of Shock
    calm : (C, K) float64
        Base needs without any shock; empty until one changes them (extension shocks).
    extents : (K,) int64
        Rank of the level at which each domain is best worked on (0 commune ... 3 region); read by the extension perimeters.
    young : tuple, optional
        Month; alliances then in dialogue, once a member; these members.
    on : frozenset of str
        Extensions that parameters switch on.
    watch : callable, optional
        Called with (event, details) where a trace of decisions is asked for.
    """

    state: State
    animators: list[Any] = field(default_factory=list)
    threads: int = 1
    counters: dict[str, float] = field(default_factory=dict)
    told: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    exposures: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    exposed: list[np.ndarray] = field(default_factory=list)
    event_meetings: list[np.ndarray] = field(default_factory=list)
    records: Any = None
    watch: Callable[[str, dict[str, Any]], None] | None = None
    founded: dict[int, list[int]] = field(default_factory=dict)
    initiative: np.ndarray = field(default_factory=lambda: np.ones(1, dtype=np.float32))
    knows: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.uint64))
    repeats: dict[int, int] = field(default_factory=dict)
    carriers: dict[str, dict[int, np.ndarray]] = field(default_factory=dict)
    clients: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    shocks: list[Any] = field(default_factory=list)
    calm: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    extents: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    young: tuple[int, np.ndarray, np.ndarray] | None = None
    on: frozenset[str] = frozenset()
    benefits: np.ndarray = field(default_factory=lambda: OBJECTIVE_BENEFITS.copy())
    _pool: ThreadPoolExecutor | None = None
    _federations: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = self.state.n_organisations
        self.on = frozenset(switched_on(self.state.rules[0]))
        if "funding_mode" in self.on:
            self.initiative = np.ones(n, dtype=np.float32)
        if self.state.solutions.size:
            self.knows = np.zeros(n, dtype=np.uint64)
        self.told = np.zeros(n, dtype=np.uint8)
        self.exposures = np.zeros(n, dtype=np.float32)

    @cached_property
    def whole(self) -> bool:
        """Whether all cells are reported: a place without a buffer."""
        return bool(self.state.cells["reported"].all())

    def federation_of(self, head: int) -> np.ndarray:
        """Rows of the members of a federation or network, by the row of its head; none where it heads nothing."""
        if not self._federations:
            people = self.state.organisations["federation"]
            rows = np.flatnonzero(people != NOBODY)
            rows = rows[np.argsort(people[rows], kind="stable")]
            heads, starts = np.unique(people[rows], return_index=True)
            members = np.split(rows, starts[1:]) if len(heads) else []
            self._federations = {NOBODY: _NONE, **dict(zip(heads.tolist(), members, strict=True))}
        return self._federations.get(head, _NONE)

    def count(self, name: str, amount: float = 1.0) -> None:
        """Add to a counter of this month."""
        self.counters[name] = self.counters.get(name, 0.0) + amount

    def expose(self, rows: np.ndarray, exposures: float) -> None:
        """Further exposures of organisations this month."""
        self.exposures[rows] += np.float32(exposures)
        self.exposed.append(rows)

    def by_blocks(self, work: Callable[[int, int], Any], n: int | None = None) -> list[Any]:
        """Results of ``work(low, high)`` over blocks of ``n`` items (organisations), in the order of blocks.

        One block below ``PARALLEL_FROM`` organisations or on one thread; else a few for each thread, since handing a block over
        costs some 20 µs. What a block gives is added up or put end to end, so that no result depends on where blocks end.
        """
        n = self.state.n_organisations if n is None else n
        blocks = self._blocks
        return self._each(work, [n * block // blocks for block in range(blocks + 1)])

    def by_cells(self, work: Callable[[int, int], Any]) -> list[Any]:
        """As :meth:`by_blocks`, over cells; blocks hold about as many organisations each."""
        return self._each(work, self._cell_edges)

    @cached_property
    def _cell_edges(self) -> list[int]:
        """Where blocks of cells begin and end: who stands in which cell does not change."""
        cells, n = self.state.cells, self.state.n_organisations
        blocks = self._blocks
        edges = np.searchsorted(cells["low"], [n * block // blocks for block in range(blocks)])
        return np.unique(np.append(edges, len(cells))).tolist()

    def by_parts(self, work: Callable[[int, int], Any], n: int) -> list[Any]:
        """As :meth:`by_blocks`, over parts that are the same for any number of threads.

        For sums of reals, whose last bits depend on where a sum begins.
        """
        parts = 1 if n < PARTS_FROM else PARTS
        return self._each(work, [n * part // parts for part in range(parts + 1)])

    @property
    def _blocks(self) -> int:
        few = self.state.n_organisations < PARALLEL_FROM
        return 1 if few or self.threads == 1 else BLOCKS_A_THREAD * self.threads

    def _each(self, work: Callable[[int, int], Any], edges: list[int]) -> list[Any]:
        pairs = list(itertools.pairwise(edges))
        if len(pairs) == 1 or self.threads == 1:
            return [work(*pair) for pair in pairs]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads)
        return list(self._pool.map(lambda pair: work(*pair), pairs))

    def close(self) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


MASK = (1 << 64) - 1


def digest_of(values: list[Any]) -> int:
    """Sum of digests modulo 2**64: does not depend on the order of blocks."""
    return sum(int(value) for value in values) & MASK
