"""Who and what there is: plain objects, copied once from the tables of month 0."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from alliancesim.catalogue import KINDS, OBJECTIVE_BENEFITS
from alliancesim.kernels.keyed import STREAMS
from alliancesim.parameters import PARAMETERS

from .numbers import fold, kept, power, steps

BENEFITS = [[float(x) for x in row] for row in OBJECTIVE_BENEFITS]
MONEY, INDUSTRY, PROXIMITY, PEOPLE, LEGITIMACY, INVENTION = range(6)


@dataclass(eq=False)
class Tie:
    """What two organisations are to each other; one object for both. ``last`` is None while an alliance uses it."""

    trust: float
    last: int | None


@dataclass(eq=False)
class Organisation:
    """An association, firm or collectivity; numbers of 32-bit columns are rounded when they are stored."""

    row: int
    key: int
    sphere: int
    kind: int
    cell: int
    capabilities: int
    cash_own: float
    time_own: float
    structuration: float
    openness: list[float]
    weight: float
    size: float
    cap: int
    slots: int
    salience: list[float]
    objectives: list[float]
    enterprise: int
    federation: int
    stage: int
    cash: float = 0.0
    time: float = 0.0
    successes: float = 0.0
    failures: float = 0.0
    finished: bool = False
    ever: bool = False
    pending: int = 0
    newest: int = -1
    initiative: float = 1.0
    ties: dict[Organisation, Tie] = field(default_factory=dict)
    alliances: list[Alliance] = field(default_factory=list)

    @property
    def load(self) -> int:
        return len(self.alliances)

    @property
    def free(self) -> bool:
        return self.load < self.cap


@dataclass(eq=False)
class Member:
    """A member of an alliance and what it paid and got."""

    organisation: Organisation
    joined: int
    cash: float = 0.0
    time: float = 0.0
    total_cash: float = 0.0
    total_time: float = 0.0
    benefit: float = 0.0


@dataclass(eq=False)
class Idea:
    """A project idea of a perimeter's library."""

    number: int
    domain: int
    capabilities: int
    cost: float
    effort: float
    value: float
    carriers: list | None = (
        None  # of a solution from elsewhere: the organisations that know it, where not everybody does
    )


@dataclass(eq=False)
class Alliance:
    """Two or more members around a project."""

    key: int
    leader: Organisation | None
    perimeter: int
    idea: int
    domain: int
    required: int
    cost: float
    effort: float
    value: float
    scale: float
    depth: int
    origin: int
    start: int
    inhabitants: bool = False
    members: list[Member] = field(default_factory=list)
    covered: int = 0
    stage: str = "dialogue"
    launch: int | None = None
    pooled: int | None = None
    pool_cash: float = 0.0
    pool_time: float = 0.0
    paid: float = 0.0
    spent_cash: float = 0.0
    spent_time: float = 0.0
    benefit: float = 0.0
    successes: int = 0
    draws: int = 0
    result: bool | None = None
    identified: int | None = None
    ended: int | None = None
    cause: int = 0

    def organisations(self) -> list[Organisation]:
        return [member.organisation for member in self.members]

    def pairs(self) -> list[tuple[Organisation, Organisation]]:
        people = self.organisations()
        return [(a, b) for n, a in enumerate(people) for b in people[n + 1 :]]


def bits(capabilities: int) -> int:
    """Number of capabilities in a set."""
    return capabilities.bit_count()


class World:
    """The territory and everyone on it; ``seen`` counts the branches that a run took."""

    def __init__(self, engine: Any) -> None:
        state = engine.state
        self.p = SimpleNamespace(**{q.name: float(state.rules[q.name][0]) for q in PARAMETERS})
        self.seed, self.burn_in, self.month = int(state.seed), int(state.burn_in), -1
        self.seen: Counter[str] = Counter()
        self.domains = len(state.domains)
        self.cells = [
            SimpleNamespace(
                **{name: row[name].item() for name in row.dtype.names if name not in ("low", "high")},
                low=int(row["low"]),
                high=int(row["high"]),
                base=[float(x) for x in state.need_base[c]],
                need=[float(x) for x in state.need[c]],
                relief=[0.0] * self.domains,
            )
            for c, row in enumerate(state.cells)
        ]
        self.organisations = [self._organisation(state, row) for row in range(state.n_organisations)]
        self.perimeters = [
            SimpleNamespace(
                key=int(row["key"]),
                population=float(row["population"]),
                people=self.organisations[int(row["low"]) : int(row["high"])],
                cells=self.cells[int(row["cell_low"]) : int(row["cell_high"])],
                need=[0.0] * self.domains,
                library=[],
                solutions=[],
            )
            for row in state.perimeters
        ]
        space = state.space
        self.squares = list(zip(space.squares["x"].tolist(), space.squares["y"].tolist(), strict=True))
        self.blocks = space.blocks.tolist()
        self.part_of_block, self.part_mass = space.part_of_block.tolist(), space.part_mass.tolist()
        self.mass = [float(x) for x in space.organisation_mass]
        self.boxes, self.cumulated = space.boxes.tolist(), space.cumulated.tolist()
        self.peers = space.peers.tolist()
        self.finished, self.experiments, self.failed = ([[0.0] * 3 for _ in self.squares] for _ in range(3))
        self.anchoring = state.anchoring.tolist()
        self.extents = engine.world.extents.tolist()
        self.drawn = lambda row: self._organisation(state, row)
        self.clients: dict[Organisation, Organisation] | None = None
        self.centres = list(zip(state.cell_x.tolist(), state.cell_y.tolist(), strict=True))
        self.shocks = engine.world.shocks
        self.calm = [list(cell.base) for cell in self.cells]
        self.relieved: defaultdict[tuple[int, int], float] = defaultdict(float)
        self.waiting: dict[int, list[Alliance]] = {}
        self.alliances: list[Alliance] = []
        self.forums: list[Any] = []
        self.meetings: list[tuple[Organisation, Organisation]] = []

    def _organisation(self, state: Any, row: int) -> Organisation:
        record = state.organisations[row]
        plain = ("key", "sphere", "kind", "cell", "capabilities", "cap", "enterprise", "federation", "stage")
        reals = ("cash_own", "time_own", "structuration", "weight", "size", "successes", "failures")
        return Organisation(
            row=row,
            openness=[float(x) for x in record["openness"]],
            slots=int(state.slots[row + 1] - state.slots[row]),
            salience=[float(x) for x in state.salience[row]],
            objectives=[float(x) for x in state.objectives[row]],
            **{name: int(record[name]) for name in plain},
            **{name: float(record[name]) for name in reals},
        )

    # -- keys and time -------------------------------------------------------------------------------------------------

    def stream(self, name: str, month: int | None = None) -> int:
        """Key of one decision in one month."""
        return fold(0, self.seed, STREAMS[name], self.month if month is None else month)

    @property
    def year(self) -> int:
        return (self.month - self.burn_in) // 12

    def least(self, a: int, b: int) -> float:
        """Least distance of two blocks of squares, by the boxes (x low, x high, y low, y high) of their centres."""
        one, other = self.boxes[a], self.boxes[b]
        dx = max(0.0, other[0] - one[1], one[0] - other[1])
        dy = max(0.0, other[2] - one[3], one[2] - other[3])
        return math.sqrt(dx * dx + dy * dy)

    # -- what two organisations are to each other ----------------------------------------------------------------------

    def base_trust(self, i: Organisation, j: Organisation) -> float:
        """trust0 * sqrt(openness of one toward the other's sphere * the other way round)."""
        return self.p.trust0 * math.sqrt(i.openness[j.sphere] * j.openness[i.sphere])

    def trust(self, i: Organisation, j: Organisation) -> float:
        """Trust now: base trust without a tie; unused trust has moved toward it by tie_decay a month."""
        base, tie = self.base_trust(i, j), i.ties.get(j)
        if tie is None:
            return base
        if tie.last is None or tie.last >= self.month:
            return tie.trust
        return base + (tie.trust - base) * power(1.0 - self.p.tie_decay, float(self.month - tie.last))

    def keep_tie(self, i: Organisation, j: Organisation, trust: float, last: int | None) -> None:
        """Store a tie with both; who has no slot left forgets the weakest tie that no alliance uses, in
        the steps in which trust is kept; between equals a lot decides."""
        if j in i.ties:
            i.ties[j].trust, i.ties[j].last = kept(trust), last
            return
        if self._room(i) and self._room(j):
            i.ties[j] = j.ties[i] = Tie(kept(trust), last)
        else:
            self.seen["no room for a tie"] += 1

    def _room(self, i: Organisation) -> bool:
        if len(i.ties) < i.slots:
            return True
        unused = [j for j, tie in i.ties.items() if tie.last is not None]
        if not unused:
            return False
        weakest = min(unused, key=lambda j: (steps(self.trust(i, j)), fold(i.key, j.key)))
        del i.ties[weakest], weakest.ties[i]
        self.seen["tie forgotten"] += 1
        return True

    @staticmethod
    def allied(i: Organisation, j: Organisation) -> bool:
        """Two members of one active alliance, whatever its size."""
        return any(j in alliance.organisations() for alliance in i.alliances)

    def mean_trust(self, i: Organisation, others: list[Organisation]) -> float:
        """Mean trust of i to others."""
        total = 0.0
        for j in others:
            total += self.trust(i, j)
        return total / len(others)

    # -- what an organisation expects ----------------------------------------------------------------------------------

    def belief(self, i: Organisation) -> float:
        """(mean - risk_aversion * sd) of Beta(1 + successes, 1 + failures), relative to who heard nothing."""
        if self.p.belief == 0.0:
            return 1.0
        return self._prospect(i.successes, i.failures) / self._prospect(0.0, 0.0)

    def _prospect(self, successes: float, failures: float) -> float:
        a, b = 1.0 + successes, 1.0 + failures
        n = a + b
        return max(0.0, a / n - self.p.risk_aversion * math.sqrt(a * b / (n * n * (n + 1.0))))

    def fit(self, i: Organisation, depth: int) -> float:
        """D_i(y) = 4 * sum of objectives * B[y]; the row sum where objectives are off; what a depth brings y - 1 years later counts
        by the patience of the sphere (specification, section 5)."""
        total = 0.0
        for weight, benefit in zip(i.objectives, BENEFITS[depth - 1], strict=True):
            total += benefit if self.p.objectives == 0.0 else 4.0 * weight * benefit
        patience = (self.p.patience_association, self.p.patience_firm, self.p.patience_collectivity)[i.sphere]
        self.seen["impatient"] += patience < 1.0 and depth > 1
        return total if patience == 1.0 else total * power(patience, float(depth - 1))

    def burden(self, i: Organisation) -> float:
        """Coordination cost of one depth at the load that i carries."""
        return self.p.coordination_cost * (1.0 + i.load / i.cap)

    def tau(self, depth: int) -> float:
        """Trust that a depth asks for."""
        return self.p.tau_base + (depth - 1) * self.p.tau_step


def deepest(required: int, people: list[Organisation]) -> int:
    """Depth that capabilities allow: 1 any; 2 half covered; 3 all, each brings one; 4 also invention and industry."""
    union = 0
    for one in people:
        union |= one.capabilities
    wanted, shared = bits(required), bits(required & union)
    if 2 * shared < wanted:
        return 1
    if shared < wanted or not all(one.capabilities & required for one in people):
        return 2
    return 4 if union >> INVENTION & 1 and union >> INDUSTRY & 1 else 3


INSTITUTIONAL = [kind.institutional for kind in KINDS]
NEUTRALITY = [kind.neutrality for kind in KINDS]
