"""Organisations as Mesa agents: live views of rows, made when asked for.

An attribute reads the tables and writes them; there is no second copy. A view skips ``mesa.Agent.__init__``: in Mesa
3.3 its class-wide counter would keep every model alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from alliancesim.catalogue import CAPABILITIES, ENGAGED, KINDS, OBJECTIVES, SPHERES, STAGES
from alliancesim.errors import UserError
from alliancesim.kernels.layout import NOBODY
from alliancesim.mesa_face.links import Alliance, Idea, Tie, trust_between, words

if TYPE_CHECKING:
    from alliancesim.mesa_face.grid import TerritoryCell
    from alliancesim.mesa_face.model import AllianceModel


def number_in(name: str, value: Any, low: float, high: float = float("inf")) -> float:
    """A number that a column may hold.

    Raises
    ------
    UserError
        Outside of its bounds, NaN, or no number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high or number == float("inf"):
        bound = f"a number from {low:g} to {high:g}" if high < float("inf") else f"a number of {low:g} or more"
        raise UserError(f"{name}: found {value!r}, expected {bound}")
    return number


class Column:
    """An attribute that is a column of the organisations table."""

    def __init__(
        self,
        doc: str,
        kind: Callable[[Any], Any] = float,
        low: float = 0.0,
        high: float = float("inf"),
        *,
        writable: bool = True,
    ) -> None:
        self.__doc__ = doc
        self.kind, self.low, self.high, self.writable = kind, low, high, writable

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, owner: type | None = None) -> Any:
        return self if view is None else self.kind(view.model.state.organisations[self.name][view.row])

    def __set__(self, view: Any, value: Any) -> None:
        if not self.writable:
            raise AttributeError(f"{self.name} follows from other tables and cannot be set")
        view.model.state.organisations[self.name][view.row] = number_in(self.name, value, self.low, self.high)


class Weights(MutableMapping[str, float]):
    """A row of numbers by word, such as openness by sphere; live.

    Parameters
    ----------
    name : str
        What errors call it.
    row : ndarray
        A view of one row.
    keys : tuple of str
    fixed : str, optional
        A word whose number cannot be set.
    """

    def __init__(self, name: str, row: np.ndarray, keys: tuple[str, ...], fixed: str | None = None) -> None:
        self._name, self._row, self._keys, self._fixed = name, row, keys, fixed

    def __getitem__(self, key: str) -> float:
        if key not in self._keys:
            raise KeyError(key)
        return float(self._row[self._keys.index(key)])

    def __setitem__(self, key: str, value: float) -> None:
        if key not in self._keys:
            raise UserError(f"{self._name}: found {key!r}, expected one of {', '.join(self._keys)}")
        if key == self._fixed:
            raise UserError(f"{self._name}[{key!r}]: found a new value, expected none (it is 1 toward the own sphere)")
        self._row[self._keys.index(key)] = number_in(f"{self._name}[{key!r}]", value, 0.0, 1.0)

    def __delitem__(self, key: str) -> None:
        raise TypeError(f"{self._name} has a number for each of {', '.join(self._keys)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return repr(dict(self))


class Organisation(mesa.Agent):
    """One organisation of a model: a live view of its row.

    Attributes
    ----------
    model : AllianceModel
    row : int
        Its row in ``model.state.organisations``.
    unique_id : int
        Its number in this run (``organisation`` in the tables of a result).
    key : int
        Its stable identity: the same organisation in any run of the same territory (``identity`` is what it was when
        the view was made, by which the view finds its row again should the table be replaced).

    Notes
    -----
    Attributes of one's own may be set on a view; they live as long as the model.
    """

    row: int
    identity: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("organisations are rows of the model's tables: ask model.agents for them, do not make them")

    @classmethod
    def _of(cls, model: AllianceModel, row: int) -> Organisation:
        view = cls.__new__(cls)
        view.model, view.row, view.unique_id = model, row, row
        view.identity = int(model.state.organisations["key"][row])
        return view

    @classmethod
    def create_agents(cls, *args: Any, **kwargs: Any) -> AgentSet:
        """Refused: the territory says which organisations there are."""
        raise TypeError("organisations are rows of the model's tables: ask model.agents for them, do not make them")

    def remove(self) -> None:
        """Refused: an organisation stays in the tables."""
        raise TypeError("organisations are rows of the model's tables: they cannot be removed")

    # -- what it is ------------------------------------------------------------------------------------------------

    key = Column("Stable identity.", int, writable=False)
    cash = Column("Cash slack left this year, reference units.")
    time = Column("Time slack left this year, reference units.")
    cash_own = Column("Own level of cash slack a year.")
    time_own = Column("Own level of time slack a year.")
    structuration = Column("Capacity to organise (0-1).", float, 0.0, 1.0)
    successes = Column("Testimonies of success heard, fading.")
    failures = Column("Testimonies of failure heard, fading.")
    weight = Column("Organisations that it stands for.", float, writable=False)
    load = Column("Active alliances.", int, writable=False)
    cap = Column("Alliances that it can carry.", int, 1, 200)

    @property
    def _record(self) -> Any:
        return self.model.state.organisations[self.row]

    @property
    def sphere(self) -> str:
        """Association, firm or collectivity."""
        return SPHERES[int(self._record["sphere"])]

    @property
    def kind(self) -> str:
        """Kind of organisation: ``pme``, ``volunteer``, ``commune`` ..."""
        return KINDS[int(self._record["kind"])].name

    @property
    def name(self) -> str:
        """What it is called: a given id, a collectivity's name, else kind, place and number."""
        return self.model.name_of(self.row)

    @property
    def stage(self) -> str:
        """Naive, willing or engaged; ``engaged`` follows from having an active alliance."""
        return STAGES[int(self._record["stage"])]

    @stage.setter
    def stage(self, word: str) -> None:
        if word not in STAGES:
            raise UserError(f"stage: found {word!r}, expected one of {', '.join(STAGES)}")
        if (word == STAGES[ENGAGED]) != (self.load > 0):
            expected = "engaged (it has an active alliance)" if self.load else "naive or willing (it has no alliance)"
            raise UserError(f"stage: found {word!r}, expected {expected}")
        self.model.state.organisations["stage"][self.row] = STAGES.index(word)

    @property
    def ever_engaged(self) -> bool:
        """Whether it ever was a member of an alliance."""
        return bool(self._record["ever"])

    @property
    def is_free(self) -> bool:
        """Whether it can carry one more alliance."""
        return self.load < self.cap

    @property
    def reported(self) -> bool:
        """Whether it stands on the place (not only in its buffer)."""
        return bool(self.model.state.cells["reported"][self._record["cell"]])

    @property
    def openness(self) -> Weights:
        """Openness (1 - prejudice) toward each sphere."""
        row = self.model.state.organisations["openness"][self.row]
        return Weights("openness", row, SPHERES, fixed=self.sphere)

    @openness.setter
    def openness(self, values: MutableMapping[str, float]) -> None:
        for sphere, value in values.items():
            if sphere != self.sphere:
                self.openness[sphere] = value

    @property
    def salience(self) -> Weights:
        """Weight of each domain of need (they add up to 1 when the model is made)."""
        return Weights("salience", self.model.state.salience[self.row], self.model.state.domains)

    @property
    def objectives(self) -> Weights:
        """Weight of each objective (they add up to 1 when the model is made)."""
        return Weights("objectives", self.model.state.objectives[self.row], OBJECTIVES)

    @property
    def capabilities(self) -> frozenset[str]:
        """Words out of ``catalogue.CAPABILITIES``."""
        return words(self._record["capabilities"])

    @capabilities.setter
    def capabilities(self, names: Iterable[str]) -> None:
        names = {names} if isinstance(names, str) else set(names)
        strange = sorted(names.difference(CAPABILITIES))
        if strange:
            raise UserError(f"capabilities: found {strange[0]!r}, expected words of {', '.join(CAPABILITIES)}")
        self.model.state.organisations["capabilities"][self.row] = sum(1 << CAPABILITIES.index(n) for n in names)

    # -- where it is -----------------------------------------------------------------------------------------------

    @property
    def cell(self) -> TerritoryCell:
        """Its cell of ``model.grid``."""
        return self.model.grid.cell_of_part(int(self._record["cell"]))

    @property
    def pos(self) -> tuple[int, int]:
        """Coordinate of its cell."""
        return self.model.grid.coordinate_of_part(int(self._record["cell"]))

    @property
    def commune(self) -> str:
        """Name of its commune."""
        return str(self.model.state.labels["cell_commune_name"][self._record["cell"]])

    @property
    def side(self) -> int:
        """0 at home, 1 and more across a border."""
        return int(self.model.state.cells["side"][self._record["cell"]])

    @property
    def perimeter(self) -> int:
        """Row of its perimeter (EPCI, or commune outside any), whose library of ideas it knows."""
        return int(self.model.state.cells["perimeter"][self._record["cell"]])

    @property
    def ideas(self) -> list[Idea]:
        """The library of its perimeter this year."""
        return self.model.ideas(self.perimeter)

    # -- with whom -------------------------------------------------------------------------------------------------

    @property
    def federation(self) -> Organisation | None:
        """Its federation or firms' network."""
        row = int(self._record["federation"])
        return None if row == NOBODY else self.model.agent(row)

    @property
    def enterprise(self) -> int | None:
        """Number of the enterprise that an establishment belongs to."""
        number = int(self._record["enterprise"])
        return None if number == NOBODY else number

    @property
    def ties(self) -> list[Tie]:
        """What it remembers of others."""
        state = self.model.state
        low = int(state.slots[self.row])
        partners = state.ties["partner"][low : low + int(self._record["ties"])]
        return [Tie(self.model, self.row, int(row)) for row in partners]

    @property
    def alliances(self) -> list[Alliance]:
        """Its active alliances."""
        return [Alliance(self.model, number) for number in self.model.state.alliances_of(self.row)]

    @property
    def partners(self) -> AgentSet:
        """Members of its active alliances but itself."""
        state = self.model.state
        rows = dict.fromkeys(row for a in state.alliances_of(self.row) for row in state.members_of(a))
        rows.pop(self.row, None)
        return AgentSet([self.model.agent(row) for row in rows], random=self.model.random)

    def trust_in(self, other: Organisation) -> float:
        """Trust of the two now; the base trust of their openness where they have no tie.

        Raises
        ------
        UserError
            For itself.
        """
        if other.row == self.row:
            raise UserError("trust_in: found the organisation itself, expected another one")
        return trust_between(self.model.state, self.row, other.row)

    def tie_with(self, other: Organisation) -> Tie | None:
        """The tie with another organisation, or None."""
        return next((tie for tie in self.ties if tie._to == other.row), None)

    def is_allied_with(self, other: Organisation) -> bool:
        """Whether the two are members of one active alliance."""
        state = self.model.state
        return any(other.row in state.members_of(a) for a in state.alliances_of(self.row))

    def meet(self, other: Organisation, *, trust: float = 0.0) -> None:
        """Meet another organisation now, as the model's meetings do (openness, tie, exposure of a naive one).

        Parameters
        ----------
        trust : float
            Least trust that the meeting leaves, beside the base trust.
        """
        self.model.meet([(self, other)], trust=trust)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}: {self.kind}, {self.stage}, {self.commune}>"


class Association(Organisation):
    """An association."""


class Firm(Organisation):
    """A firm, or an establishment of one."""


class Collectivity(Organisation):
    """A local government, a State service or a public agency."""


CLASSES: tuple[type[Organisation], ...] = (Association, Firm, Collectivity)
"""Class of each sphere, in the order of ``catalogue.SPHERES``."""
