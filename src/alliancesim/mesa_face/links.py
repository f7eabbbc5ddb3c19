"""What stands between organisations, as views of rows: ties, alliances, meetings, ideas; no Mesa agents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from alliancesim.catalogue import ALLIANCE_STAGES, CAPABILITIES, ORIGINS, SPHERES
from alliancesim.errors import UserError
from alliancesim.kernels.layout import IN_USE, NOBODY
from alliancesim.kernels.relations import kept_trust, trust_in
from alliancesim.state.tables import State

if TYPE_CHECKING:
    from alliancesim.mesa_face.agents import Organisation
    from alliancesim.mesa_face.model import AllianceModel

_FORM = {
    1: "associations",
    2: "firms",
    3: "association-firm",
    4: "collectivities",
    5: "association-collectivity",
    6: "firm-collectivity",
    7: "three spheres",
}
_CAUSE = (None, "hazard", "term", "closing")


def words(bits: int) -> frozenset[str]:
    """Capabilities of a set of bits."""
    return frozenset(name for number, name in enumerate(CAPABILITIES) if int(bits) >> number & 1)


def base_trust(state: State, i: int, j: int) -> float:
    """trust0 x sqrt(openness of i toward j's sphere x openness of j toward i's)."""
    table = state.organisations
    a = float(table["openness"][i, table["sphere"][j]])
    b = float(table["openness"][j, table["sphere"][i]])
    return float(state.rules[0]["trust0"]) * math.sqrt(a * b)


def slot_of(state: State, i: int, j: int) -> int:
    """Slot of j among the ties of i, or -1."""
    low = int(state.slots[i])
    for slot in range(low, low + int(state.organisations["ties"][i])):
        if state.ties["partner"][slot] == j:
            return slot
    return -1


def trust_between(state: State, i: int, j: int) -> float:
    """Trust of two rows now: that of their tie, faded toward the base trust; the base trust where they have none."""
    base = base_trust(state, i, j)
    slot = slot_of(state, i, j)
    if slot < 0:
        return base
    trust, last = trust_in(state.ties, slot), int(state.ties["last"][slot])
    if last == IN_USE or last >= state.month:
        return trust
    return base + (trust - base) * float(state.fade[state.month - last])


class Tie:
    """What an organisation remembers of another: live, and the same seen from both sides.

    Attributes
    ----------
    organisation, partner : Organisation
    trust : float
        Trust now (0-1). Writing sets it for both and dates their last contact.
    last : int or None
        Calendar month of the last contact (0 and below: during burn-in); None while a common alliance uses the tie.
    in_use : bool
        Whether the two are members of one active alliance: the trust of such a tie does not fade.
    """

    __slots__ = ("_row", "_to", "model")

    def __init__(self, model: AllianceModel, row: int, to: int) -> None:
        self.model, self._row, self._to = model, row, to

    def _slot(self) -> int:
        slot = slot_of(self.model.state, self._row, self._to)
        if slot < 0:
            raise LookupError(f"organisation {self._row} has forgotten its tie with organisation {self._to}")
        return slot

    @property
    def organisation(self) -> Organisation:
        """Whose tie it is."""
        return self.model.agent(self._row)

    @property
    def partner(self) -> Organisation:
        """The other one."""
        return self.model.agent(self._to)

    @property
    def trust(self) -> float:
        """Trust now."""
        self._slot()
        return trust_between(self.model.state, self._row, self._to)

    @trust.setter
    def trust(self, value: float) -> None:
        value = float(value)
        if not 0.0 <= value <= 1.0:
            raise UserError(f"trust: found {value!r}, expected a number from 0 to 1")
        state = self.model.state
        for slot in (self._slot(), slot_of(state, self._to, self._row)):
            state.ties["trust"][slot] = kept_trust(value)
            if state.ties["last"][slot] != IN_USE:
                state.ties["last"][slot] = state.month

    @property
    def in_use(self) -> bool:
        """Whether an active alliance uses it."""
        return bool(self.model.state.ties["last"][self._slot()] == IN_USE)

    @property
    def last(self) -> int | None:
        """Calendar month of the last contact, or None."""
        last = int(self.model.state.ties["last"][self._slot()])
        return None if last == IN_USE else self.model.calendar(last)

    def __repr__(self) -> str:
        return f"<Tie {self._row} - {self._to}, trust {self.trust:.2f}>"


class Alliance:
    """A hyperedge: its members, what it does, how far it got. A view of a row of the alliances table, for reading.

    Attributes
    ----------
    id : int
        Its number (``alliance`` in the tables of a result).
    model : AllianceModel
    """

    __slots__ = ("id", "model")

    def __init__(self, model: AllianceModel, number: int) -> None:
        self.model, self.id = model, int(number)

    @property
    def record(self) -> Any:
        """The row itself (fields of ``kernels.layout.ALLIANCE``), to read or write what has no name here."""
        return self.model.state.alliances[self.id]

    def _month(self, field: str) -> int | None:
        month = int(self.record[field])
        return None if month == NOBODY else self.model.calendar(month)

    @property
    def members(self) -> list[Organisation]:
        """Its members in the order in which they joined."""
        return [self.model.agent(row) for row in self.model.state.members_of(self.id)]

    @property
    def leader(self) -> Organisation | None:
        """Who leads; None where an animator does."""
        row = int(self.record["leader"])
        return None if row == NOBODY else self.model.agent(row)

    @property
    def depth(self) -> int:
        """1 mecenat, 2 responsible practices, 3 economic cooperation, 4 societal innovation."""
        return int(self.record["depth"])

    @property
    def stage(self) -> str:
        """Dialogue, experiment, deployed or ended."""
        return ALLIANCE_STAGES[int(self.record["stage"])]

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return bool(self.record["ended"] == NOBODY)

    @property
    def domain(self) -> str:
        """The need that it answers."""
        return self.model.state.domains[int(self.record["domain"])]

    @property
    def origin(self) -> str:
        """Encounter, event, forum or earlier."""
        return ORIGINS[int(self.record["origin"])]

    @property
    def form(self) -> str:
        """The spheres of its members, in a word."""
        return _FORM[int(self.record["spheres"])]

    @property
    def spheres(self) -> frozenset[str]:
        """The spheres of its members."""
        return frozenset(name for s, name in enumerate(SPHERES) if int(self.record["spheres"]) >> s & 1)

    @property
    def required(self) -> frozenset[str]:
        """Capabilities that its project requires."""
        return words(self.record["required"])

    @property
    def covered(self) -> frozenset[str]:
        """Those of them that a member brings."""
        return words(self.record["covered"])

    @property
    def start_month(self) -> int:
        """Calendar month in which dialogue begins."""
        return self.model.calendar(int(self.record["start"]))

    @property
    def launch_month(self) -> int | None:
        """Calendar month of its experiment."""
        return self._month("launch")

    @property
    def end_month(self) -> int | None:
        """Calendar month of its end."""
        return self._month("ended")

    @property
    def end_cause(self) -> str | None:
        """Hazard, term (not renewed) or unpaid (never paid for)."""
        return _CAUSE[int(self.record["cause"])]

    @property
    def identified(self) -> bool:
        """Whether it is known as such."""
        return bool(self.record["identified"] != NOBODY)

    @property
    def accompanied(self) -> bool:
        """Whether an animator accompanied it."""
        return bool(self.record["accompanied"])

    @property
    def age(self) -> int:
        """Months since its dialogue began (until its end)."""
        ended = int(self.record["ended"])
        return (self.model.state.month if ended == NOBODY else ended) - int(self.record["start"])

    @property
    def value(self) -> float:
        """Value of a yearly success at its scale."""
        return float(self.record["value"])

    @property
    def scale(self) -> float:
        """Scale of its project, of the idea's full size."""
        return float(self.record["scale"])

    @property
    def cost(self) -> float:
        """Cash that a year costs, reference slack."""
        return float(self.record["cost"])

    @property
    def effort(self) -> float:
        """Time that a year costs, reference slack."""
        return float(self.record["effort"])

    @property
    def benefit(self) -> float:
        """Value of all successes so far."""
        return float(self.record["benefit"])

    @property
    def successes(self) -> int:
        """Yearly successes so far."""
        return int(self.record["successes"])

    def __len__(self) -> int:
        return int(self.record["members"])

    def __contains__(self, organisation: object) -> bool:
        row = getattr(organisation, "row", None)
        return row is not None and row in self.model.state.members_of(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alliance) and other.id == self.id and other.model is self.model

    def __hash__(self) -> int:
        return hash((id(self.model), self.id))

    def __repr__(self) -> str:
        return f"<Alliance {self.id}: {self.form}, {len(self)} members, depth {self.depth}, {self.stage}>"


class Meeting:
    """Two organisations that met this month.

    Attributes
    ----------
    a, b : Organisation
    origin : str
        Encounter or event.
    """

    __slots__ = ("a", "b", "origin")

    def __init__(self, a: Organisation, b: Organisation, origin: str) -> None:
        self.a, self.b, self.origin = a, b, origin

    def __repr__(self) -> str:
        return f"<Meeting {self.a.row} - {self.b.row}, {self.origin}>"


class Idea:
    """A project idea of a perimeter's library: a view, for reading.

    Attributes
    ----------
    perimeter, number : int
        Row of the perimeter; place in its library.
    """

    __slots__ = ("model", "number", "perimeter")

    def __init__(self, model: AllianceModel, perimeter: int, number: int) -> None:
        self.model, self.perimeter, self.number = model, int(perimeter), int(number)

    @property
    def record(self) -> Any:
        """The row itself (fields of ``kernels.layout.IDEA``)."""
        return self.model.state.ideas[self.perimeter, self.number]

    @property
    def domain(self) -> str:
        """The need that it answers."""
        return self.model.state.domains[int(self.record["domain"])]

    @property
    def capabilities(self) -> frozenset[str]:
        """Capabilities that it requires."""
        return words(self.record["capabilities"])

    @property
    def cost(self) -> float:
        """Cash a year at full scale, reference slack."""
        return float(self.record["cost"])

    @property
    def effort(self) -> float:
        """Time a year at full scale, reference slack."""
        return float(self.record["effort"])

    @property
    def value(self) -> float:
        """Value of a yearly success at full scale."""
        return float(self.record["value"])

    def __repr__(self) -> str:
        return f"<Idea {self.number} of perimeter {self.perimeter}: {self.domain}, cost {self.cost:.2g}>"
