"""``AllianceModel``: the engine behind Mesa's vocabulary."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from alliancesim.catalogue import ORIGINS
from alliancesim.engine import Engine, engine_of
from alliancesim.errors import UserError
from alliancesim.kernels import founding, meeting
from alliancesim.kernels.keyed import STREAMS
from alliancesim.kernels.layout import NOBODY
from alliancesim.mesa_face.agents import CLASSES, Organisation
from alliancesim.mesa_face.grid import TerritoryGrid
from alliancesim.mesa_face.links import Alliance, Idea, Meeting
from alliancesim.rules.keys import fold, stream_key
from alliancesim.rules.meet import as_meetings
from alliancesim.rules.observe import COLUMNS
from alliancesim.rules.plan import PHASE_NAMES
from alliancesim.scenario import Scenario, load_scenario
from alliancesim.state.tables import State

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.results import Result

HEADLINES = (
    "month",
    "alliances",
    "engaged_share",
    "willing_share",
    "engaged_share_association",
    "engaged_share_firm",
    "engaged_share_collectivity",
    "births",
    "ends",
    "need_met",
    "equity_ratio",
    "forums_launched",
    "spend_keur",
)
"""Columns of the monthly record that a model's own data collector keeps."""
_GROUPS = ("territory", "history", "animation", "case", "rules", "extensions")


class RunScenario(Scenario):
    """The scenario of a model: a scenario in all, but false where a truth value is asked for.

    SolaraViz of Mesa 3.5 takes a true ``model.scenario`` for Mesa's own class of that name and refuses the model.
    """

    @classmethod
    def of(cls, scenario: Scenario) -> RunScenario:
        """The same scenario."""
        run = object.__new__(cls)
        run.__dict__.update(scenario.__dict__)
        return run

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    __hash__ = Scenario.__hash__


class AllianceModel(mesa.Model):
    """A run as a Mesa model: ``step()`` is one month after burn-in.

    Parameters
    ----------
    scenario : Scenario, optional
        Composed from the overrides when left out.
    seed, rng : int, optional
        One of them replaces the scenario's seed (``rng`` may be anything that NumPy takes for a seed, or a generator).
    territory : Territory or str, optional
        A territory to use instead of the scenario's, which is then not built again; or a word, as in
        ``territory=rural``.
    burn : bool
        Burn in when the model is made (default), or later: by :meth:`burn`, or at the first step.
    model_reporters, agent_reporters : mapping, optional
        Reporters of the model's own data collector (as :class:`mesa.DataCollector` takes them), which every ``step()``
        collects; by default ``HEADLINES`` and no agent. A collector that you put in its place is yours to collect.
    **overrides
        Without scenario: ``key=value`` as on the command line (``resources="scarce"``, ``animation="events"``). With
        one: keys to change, not groups of configs. Dots may be written as two underscores: ``rules__psi=0.3``.

    Attributes
    ----------
    engine : Engine
    state : State
        The tables: what agents, cells and phases read and write.
    running : bool
        False once the scenario's months are over; further steps remain possible.

    Raises
    ------
    UserError
        For an unknown key, a value out of its bounds, an unknown place.

    Notes
    -----
    Every column of the monthly record (``alliancesim list observables``) is an attribute that holds its latest value:
    ``model.engaged_share``. ``model.random`` and ``model.rng`` serve Mesa's shuffles only: the draws of the model are
    keyed (SPEC section 1.5) and use neither.
    """

    agent_classes: tuple[type[Organisation], ...] = CLASSES
    """Class of the agents of each sphere; a subclass may name its own."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        seed: int | None = None,
        territory: Any = None,
        rng: Any = None,
        *,
        burn: bool = True,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> None:
        if isinstance(territory, str):
            overrides["territory"], territory = territory, None
        scenario = _scenario(scenario, overrides)
        number = _seed(seed, rng)
        if number is not None:
            scenario = scenario.replace(seed=number)
        super().__init__(rng=scenario.seed)  # Mesa 3.5 warns of seed=, 3.3 takes both
        self._scenario_of_run = RunScenario.of(scenario)
        self.engine: Engine = engine_of(scenario, territory=territory)
        self._views: dict[int, Organisation] = {}
        self._sets: dict[type | None, AgentSet] = {}
        self._table = self.state.organisations
        self._grid: TerritoryGrid | None = None
        self._names: Any = None
        reporters = {name: name for name in HEADLINES} if model_reporters is None else dict(model_reporters)
        self.datacollector = mesa.DataCollector(
            model_reporters=reporters, agent_reporters=dict(agent_reporters) if agent_reporters else None
        )
        self._own_collector = self.datacollector
        if burn:
            self.burn()

    # -- time ------------------------------------------------------------------------------------------------------

    def burn(self) -> None:
        """Run the burn-in, unless it is done."""
        self.engine.burn()

    def step(self) -> None:
        """One month after burn-in (which comes first, if it was put off); the data collector collects at its end."""
        self.burn()
        self.engine.step()
        self._follow_tables()
        if self.datacollector is self._own_collector:
            self.datacollector.collect(self)
        if self.month >= self.scenario.months:
            self.running = False
            self.engine.world.close()

    @property
    def month(self) -> int:
        """Months after burn-in so far; 0 and below during burn-in."""
        return self.state.calendar_month

    def calendar(self, month: int) -> int:
        """Calendar month (1: first after burn-in) of a month that the tables count from the start of burn-in."""
        return int(month) - self.state.burn_in + 1

    # -- what it is made of ----------------------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What is run."""
        return self._scenario_of_run

    @scenario.setter
    def scenario(self, value: Any) -> None:
        # Mesa 3.5 makes a scenario of its own, which holds nothing but a seed.
        self._mesa_scenario = value

    @property
    def state(self) -> State:
        """The tables of the run."""
        return self.engine.state

    @property
    def territory(self) -> Any:
        """The place, frozen."""
        return self.engine.territory

    @property
    def grid(self) -> TerritoryGrid:
        """The squares of the territory as a Mesa cell space; cells are made when asked for."""
        if self._grid is None:
            self._grid = TerritoryGrid(self)
        return self._grid

    @property
    def record(self) -> dict[str, float]:
        """The latest month's observables by name (NaN where a column was not measured)."""
        records = self.engine.world.records
        row = records.values[records.rows - 1] if records.rows else np.full(len(COLUMNS), np.nan)
        return dict(zip(COLUMNS, row.tolist(), strict=True))

    @property
    def timeseries(self) -> pd.DataFrame:
        """All observables, a row a month after burn-in, by calendar month."""
        import pandas as pd

        records = self.engine.world.records
        frame = pd.DataFrame(records.values[: records.rows].copy(), columns=list(COLUMNS))
        frame = frame[frame["month"] >= 1].drop(columns="burn_in").astype({"month": np.int64})
        return frame.set_index("month")

    def result(self) -> Result:
        """The tables of the run as it stands, with figures and a summary; keeps nothing of the model."""
        from alliancesim.results import result_of

        return result_of(self.engine, self.scenario.replace())

    def __getattr__(self, name: str) -> Any:
        if name in COLUMNS and "engine" in self.__dict__:
            records = self.engine.world.records
            return float(records.values[records.rows - 1, COLUMNS[name]]) if records.rows else float("nan")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # -- agents ----------------------------------------------------------------------------------------------------

    def agent(self, number: int) -> Organisation:
        """The agent of a row of the organisations table; always the same object."""
        row = int(number)
        view = self._views.get(row)
        if view is None:
            if not 0 <= row < self.state.n_organisations:
                raise IndexError(f"organisation {row} of {self.state.n_organisations}")
            view = self.agent_classes[int(self.state.organisations["sphere"][row])]._of(self, row)
            self._views[row] = view
        return view

    @property
    def agents(self) -> AgentSet:  # type: ignore[override]
        """All organisations; their views are made at the first look."""
        return self._set(None)

    @property
    def agent_types(self) -> list[type]:
        """Classes of the organisations that there are (no view is made)."""
        return [self.agent_classes[s] for s in np.unique(self.state.organisations["sphere"])]

    @property
    def agents_by_type(self) -> dict[type, AgentSet]:  # type: ignore[override]
        """Organisations by class."""
        return {kind: self._set(kind) for kind in self.agent_types}

    def _set(self, kind: type | None) -> AgentSet:
        self._follow_tables()
        if kind not in self._sets:
            spheres = self.state.organisations["sphere"]
            mine = [s for s, known in enumerate(self.agent_classes) if kind is None or known is kind]
            rows = np.flatnonzero(np.isin(spheres, mine))
            # An agent set holds its agents weakly: self._views keeps them.
            self._sets[kind] = AgentSet([self.agent(int(row)) for row in rows], random=self.random)
        return self._sets[kind]

    def _follow_tables(self) -> None:
        """Point the views to their rows again where the organisations table was replaced; identity is the key."""
        if self.state.organisations is self._table:
            return
        self._table = self.state.organisations
        rows = {int(key): row for row, key in enumerate(self._table["key"])}
        old = {view.identity: view for view in self._views.values()}
        self._views = {}
        for key, view in old.items():
            if key in rows:
                view.row = rows[key]
                self._views[view.row] = view
        self._sets.clear()
        self._names = None

    def register_agent(self, agent: Any) -> None:
        """Refused: the territory says which organisations there are."""
        raise TypeError("the agents of this model are the rows of its organisations table: none can be added")

    def deregister_agent(self, agent: Any) -> None:
        """Refused: an organisation stays in the tables."""
        raise TypeError("the agents of this model are the rows of its organisations table: none can be removed")

    def remove_all_agents(self) -> None:
        """Forget the views that were made; the organisations stay."""
        self._views.clear()
        self._sets.clear()

    def name_of(self, row: int) -> str:
        """What an organisation is called (``name`` in the tables of a result)."""
        if self._names is None:
            from alliancesim.results.tables import organisation_names

            self._names = organisation_names(self.engine)
        return str(self._names[row].as_py())

    # -- alliances, meetings, ideas --------------------------------------------------------------------------------

    def alliance(self, number: int) -> Alliance:
        """An alliance by its number."""
        if not 0 <= number < self.state.n_alliances:
            raise IndexError(f"alliance {number} of {self.state.n_alliances}")
        return Alliance(self, number)

    @property
    def active_alliances(self) -> list[Alliance]:
        """Alliances that have not ended."""
        ended = self.state.alliances["ended"][: self.state.n_alliances]
        return [Alliance(self, int(number)) for number in np.flatnonzero(ended == NOBODY)]

    @property
    def all_alliances(self) -> list[Alliance]:
        """Every alliance of the run, burn-in included."""
        return [Alliance(self, number) for number in range(self.state.n_alliances)]

    @property
    def meetings(self) -> list[Meeting]:
        """Pairs that met this month."""
        found = self.state.meetings
        return [Meeting(self.agent(one["a"]), self.agent(one["b"]), ORIGINS[int(one["origin"])]) for one in found]

    def ideas(self, perimeter: int) -> list[Idea]:
        """The library of a perimeter this year."""
        return [Idea(self, perimeter, int(m)) for m in np.flatnonzero(self.state.ideas["cost"][perimeter] > 0.0)]

    def meet(self, pairs: Iterable[tuple[Organisation, Organisation]], *, trust: float = 0.0) -> None:
        """Let pairs meet now; they join this month's meetings, which ``propose`` weighs.

        Parameters
        ----------
        pairs : iterable of (Organisation, Organisation)
        trust : float
            Least trust that the meetings leave, beside the base trust.
        """
        state = self.state
        rows = np.array([(a.row, b.row) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
        if (rows[:, 0] == rows[:, 1]).any():
            raise UserError("meet: found an organisation with itself, expected two")
        met = as_meetings(rows, ORIGINS.index("encounter"), -1, float(trust))
        priority = np.zeros(len(met), dtype=np.uint64)
        meeting.priorities(state.organisations, met, state.seed, STREAMS["priority"], state.month, priority)
        order = np.argsort(priority, kind="stable")
        met = met[order[: meeting.unique_pairs(met, priority, order)]]
        meeting.settle(
            state.organisations,
            state.ties,
            state.slots,
            met,
            np.arange(len(met)),
            state.pending,
            state.fade,
            state.rules,
            state.month,
        )
        known = {frozenset((int(one["a"]), int(one["b"]))) for one in state.meetings}
        new = [frozenset((int(one["a"]), int(one["b"]))) not in known for one in met]
        state.meetings = np.concatenate((state.meetings, met[np.array(new, dtype=bool)]))

    def ally(
        self, members: Iterable[Organisation], idea: Idea, *, depth: int = 1, leader: Organisation | None = None
    ) -> Alliance:
        """Found an alliance now, as phases do: for a phase of one's own.

        Parameters
        ----------
        members : iterable of Organisation
            Two or more, each with free load; its scale is what their pooled slack pays for, at most 1.
        idea : Idea
        depth : int
            1 to 4.
        leader : Organisation, optional
            The first member by default.

        Raises
        ------
        UserError
            For members that cannot join, a depth out of bounds, or no slack at all.
        """
        state, rows = self.state, list(dict.fromkeys(one.row for one in members))
        if len(rows) < 2:
            raise UserError(f"ally: found {len(rows)} member(s), expected two or more")
        table = state.organisations[rows]
        full = [row for row, one in zip(rows, table, strict=True) if one["load"] >= one["cap"]]
        if full:
            load = self.agent(full[0]).load
            raise UserError(f"ally: found organisation {full[0]} with {load} alliances, expected fewer")
        if depth not in (1, 2, 3, 4):
            raise UserError(f"depth: found {depth!r}, expected 1, 2, 3 or 4")
        first = rows[0] if leader is None else leader.row
        if first not in rows:
            raise UserError(f"leader: found organisation {first}, expected one of the members")
        cash, time = float(table["cash"].sum()), float(table["time"].sum())
        scale = min(1.0, cash / idea.cost, time / idea.effort)
        if not scale > 0.0:
            raise UserError("ally: found members without slack, expected some cash and some time")
        other = next(row for row in rows if row != first)
        key = stream_key(state.seed, STREAMS["priority"], state.month)
        for row in (first, other):
            key = fold(key, int(state.organisations["key"][row]))
        state.reserve(alliances=1, memberships=len(rows))
        number = state.n_alliances
        state.n_alliances, state.n_memberships = founding.found_alliance(
            state.organisations,
            state.ties,
            state.slots,
            state.alliances,
            state.memberships,
            state.ideas[idea.perimeter],
            state.n_alliances,
            state.n_memberships,
            np.array(rows, dtype=np.int64),
            first,
            idea.number,
            idea.perimeter,
            scale,
            int(depth),
            ORIGINS.index("encounter"),
            -1,
            -1,
            np.uint64(key),
            state.month,
            state.month,
            state.fade,
            state.rules,
        )
        self.engine.world.count("births")
        return Alliance(self, number)

    # -- phases ----------------------------------------------------------------------------------------------------

    def hook(self, phase: str, function: Callable[[AllianceModel], Any], when: str = "after") -> None:
        """Call ``function(model)`` before or after a phase of every month.

        Parameters
        ----------
        phase : str
            A name of ``alliancesim plan``.
        function : callable
            It may read and write agents or ``model.state``.
        when : {"after", "before"}

        Raises
        ------
        UserError
            For an unknown phase or another word for ``when``.
        """
        if when not in ("before", "after"):
            raise UserError(f"when: found {when!r}, expected before or after")
        self.engine.hook(_phase(phase), lambda world: function(self), when=when)

    def replace(self, phase: str, function: Callable[[AllianceModel], Any]) -> None:
        """Let ``function(model)`` stand for a phase of every month from now on: slow, but right.

        Parameters
        ----------
        phase : str
            A name of ``alliancesim plan``.
        function : callable
            What it returns counts as the phase's digest if it is a whole number. Make the model with ``burn=False`` to
            replace the phase in burn-in too.

        Raises
        ------
        UserError
            For an unknown phase.
        """

        def stand_in(world: Any) -> int:
            if phase == "meet":
                self.state.meetings = self.state.meetings[:0]
            digest = function(self)
            return int(digest) if isinstance(digest, int | np.integer) else 0

        self.engine.replace(_phase(phase), stand_in, source=getattr(function, "__name__", "user"))

    def __getstate__(self) -> dict[str, Any]:
        # Views and cells are made again when asked for; threads cannot travel.
        self.engine.world.close()
        return {**self.__dict__, "_views": {}, "_sets": {}, "_grid": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._table = self.state.organisations

    def __repr__(self) -> str:
        return f"<AllianceModel {self.scenario.slug}: {self.state.n_organisations} organisations, month {self.month}>"


def _phase(name: str) -> str:
    if name not in PHASE_NAMES:
        near = difflib.get_close_matches(str(name), PHASE_NAMES, n=1)
        hint = f" (near: {near[0]})" if near else ""
        raise UserError(f"phase: found {name!r}, expected one of {', '.join(PHASE_NAMES)}{hint}")
    return name


def _scenario(scenario: Any, overrides: dict[str, Any]) -> Scenario:
    """The scenario of a model from what its maker gave."""
    overrides = {name.replace("__", "."): value for name, value in overrides.items()}
    if scenario is None:
        return load_scenario(*(f"{name}={_text(value)}" for name, value in overrides.items()))
    if not isinstance(scenario, Scenario):
        raise UserError(f"scenario: found {scenario!r}, expected what load_scenario returns (or keywords alone)")
    for name, value in overrides.items():
        if name in _GROUPS and isinstance(value, str):
            where = f'load_scenario("{name}={value}")'
            raise UserError(f"{name}: found {value!r} beside a scenario, expected it in {where}")
    return scenario.replace(**overrides) if overrides else scenario


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(one) for one in value) + "]"
    return str(value)


def _seed(seed: Any, rng: Any) -> int | None:
    """A seed from what Mesa's versions and NumPy allow."""
    if seed is not None and rng is not None:
        raise UserError("seed: found both seed and rng, expected one of them")
    given = rng if seed is None else seed
    if given is None or isinstance(given, int | np.integer):
        return None if given is None else int(given)
    if isinstance(given, float) and given.is_integer():
        return int(given)
    try:
        return int(np.random.default_rng(given).integers(2**62))
    except (TypeError, ValueError):
        raise UserError(f"seed: found {given!r}, expected a whole number of 0 or more") from None
