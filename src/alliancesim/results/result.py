"""The result of a run: frozen tables, the scenario that made them, what they were made with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alliancesim import catalogue
from alliancesim.errors import UserError
from alliancesim.machine import give_back
from alliancesim.profiling import KERNELS, MONTHS, RESULT, TABLES, TERRITORY, Profile, frame_of, load_kernels
from alliancesim.results import tables as _tables
from alliancesim.results.versions import code_version, package_version, versions
from alliancesim.sizing import MANY

if TYPE_CHECKING:
    from alliancesim.scenario import Scenario

FORMAT = "alliancesim result"


class Figures:
    """Figures of a result as methods: ``result.plot.forum_funnel()`` returns a Matplotlib figure."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from alliancesim.plots import figures_of

        known = {} if name.startswith("_") else figures_of(self._result)
        if name not in known:
            raise AttributeError(f"no figure {name!r}; there are {', '.join(known)}")
        return lambda *args, **kwargs: known[name](self._result, *args, **kwargs)

    def __dir__(self) -> list[str]:
        from alliancesim.plots import figures_of

        return list(figures_of(self._result))

    def __repr__(self) -> str:
        return f"<figures: {', '.join(dir(self))}>"


class Result:
    """What a run found.

    Made by :func:`simulate`, :func:`result_of` or :func:`open_result`; tables are made when they are first looked at, and
    are the reader's own copies: nothing written into them changes what :meth:`save` writes.

    Attributes
    ----------
    timeseries, alliances, organisations, forums, territory : DataFrame
        The columns of :mod:`alliancesim.observables`. ``timeseries`` has a row a month, those of burn-in flagged and
        numbered 0 and below.
    digests : DataFrame
        One uint64 a month and phase: where two runs first differ.
    scenario : Scenario
    manifest : mapping
        Versions, seed, hash of each table, wall time of each phase, facts of the territory.
    profile : DataFrame or None
        Where the time went, of a run that was asked for it; not part of what :meth:`save` writes.
    """

    def __init__(self, arrow: Mapping[str, pa.Table], scenario: Scenario, manifest: Mapping[str, Any]) -> None:
        self._arrow = dict(arrow)
        self._frames: dict[str, pd.DataFrame] = {}
        self.scenario = scenario
        self.manifest: Mapping[str, Any] = MappingProxyType(dict(manifest))
        self._profile: list[dict[str, Any]] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("scenario", "manifest") and name in self.__dict__:
            raise AttributeError(f"a result is frozen: {name} cannot be set")
        if name in (*_tables.TABLES, "digests"):
            raise AttributeError(f"a result is frozen: {name} cannot be set")
        super().__setattr__(name, value)

    def _frame(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = _tables.frame_of(self._arrow[name])
        return self._frames[name].copy(deep=False)

    @property
    def timeseries(self) -> pd.DataFrame:
        """A row a month; ``burn_in`` flags those before month 1."""
        return self._frame("timeseries")

    @property
    def alliances(self) -> pd.DataFrame:
        """A row an alliance, its whole life."""
        return self._frame("alliances")

    @property
    def organisations(self) -> pd.DataFrame:
        """A row an organisation, at the end."""
        return self._frame("organisations")

    @property
    def forums(self) -> pd.DataFrame:
        """A row a forum."""
        return self._frame("forums")

    @property
    def territory(self) -> pd.DataFrame:
        """A row a cell part."""
        return self._frame("territory")

    @property
    def digests(self) -> pd.DataFrame:
        """A row a month, a column a phase."""
        return self._frame("digests")

    @property
    def profile(self) -> pd.DataFrame | None:
        """A row a part of the run: seconds, share of the whole, what it worked on and how many, nanoseconds for each.

        None where the run was not asked for it (``profile=True`` of :func:`simulate`), or was read from a folder.
        """
        return None if self._profile is None else frame_of(self._profile)

    @property
    def plot(self) -> Figures:
        """Figures as methods."""
        return Figures(self)

    def columns(self, table: str, *names: str) -> pd.DataFrame:
        """Some columns of a table alone: the words of all others would be many, for a country."""
        return _tables.frame_of(self._arrow[table].select(list(names)))

    def members(self) -> tuple[np.ndarray, np.ndarray]:
        """Alliance and organisation of every membership (X,), in the order of the table of alliances, leaders first."""
        lists = self._arrow["alliances"].column("member_list")
        lengths = pc.list_value_length(lists).to_numpy()
        return np.repeat(np.arange(len(lengths)), lengths), pc.list_flatten(lists).to_numpy()

    def arrow(self, name: str) -> pa.Table:
        """A table in Arrow, with units and descriptions of its columns in its schema."""
        return self._arrow[name]

    def hashes(self) -> dict[str, str]:
        """Content hash of every table (see :func:`alliancesim.results.tables.content_hash`)."""
        return {name: _tables.content_hash(table) for name, table in self._arrow.items()}

    def references(self) -> pd.DataFrame:
        """Numbers of a case's source beside those of this run; no rows without a case."""
        from alliancesim.results.reference import references

        return references(self)

    def concentration_curve(self) -> pd.DataFrame:
        """Cumulated share of needs met by cumulated share of inhabitants, the most deprived first."""
        from alliancesim.results.equity import concentration_curve

        return concentration_curve(self)

    def by_territory(self) -> pd.DataFrame:
        """Figures of each territory of the place at the end (see :func:`alliancesim.results.territories.by_territory`)."""
        from alliancesim.results.territories import by_territory

        return by_territory(self)

    def alliances_by_territory(self) -> pd.DataFrame:
        """Alliances alive with a member in each territory: a row a month, a column a territory."""
        from alliancesim.results.territories import alive_by_month

        return alive_by_month(self)

    def summary(self) -> str:
        """One page of findings in words (Markdown)."""
        from alliancesim.results.summary import summary

        return summary(self)

    def save(self, path: str | os.PathLike[str], overwrite: bool = False, figures: bool = True) -> Path:
        """Write the folder of a result, aside and then renamed.

        Parameters
        ----------
        path : path
        overwrite : bool
            Whether a folder that holds another result may be replaced.
        figures : bool
            Whether to draw the figures.

        Returns
        -------
        Path

        Raises
        ------
        UserError
            For a folder that may not be replaced or written.
        """
        from alliancesim.results.folder import save

        return save(self, path, overwrite=overwrite, figures=figures)

    @property
    def title(self) -> str:
        """What was run, in a few words."""
        case = self.scenario.case
        return case.title if case is not None else f"{self.manifest['territory']['name']}, {self.scenario.resources}"

    def __repr__(self) -> str:
        return (
            f"<Result: {self.title}; {self.months} months after {self.scenario.burn_in} of burn-in, "
            f"seed {self.scenario.seed}; {len(self._arrow['alliances'])} alliances, "
            f"{len(self._arrow['organisations'])} organisations, {len(self._arrow['forums'])} forums>"
        )

    @property
    def months(self) -> int:
        """Months simulated after burn-in."""
        months = self._arrow["timeseries"].column("month").to_numpy()
        return max(0, int(months[-1])) if len(months) else 0

    def _repr_html_(self) -> str:
        from alliancesim.results.summary import html

        return html(self)


def result_of(
    engine: Any,
    scenario: Scenario,
    *,
    seconds: float | None = None,
    overrides: Sequence[str] = (),
    consume: bool = False,
) -> Result:
    """The result of an engine as it stands; keeps nothing of the engine alive.

    Parameters
    ----------
    engine : Engine
    scenario : Scenario
        That the engine was made from.
    seconds : float, optional
        Wall time of the whole run.
    overrides : sequence of str
        What the command line said.
    consume : bool
        Whether the state of the engine may be given up on the way (see :func:`alliancesim.results.tables.build`).
    """
    facts = _facts(engine)
    arrow = _tables.build(engine, consume=consume)
    return Result(arrow, scenario, _manifest(engine, scenario, facts, arrow, seconds, overrides))


def _facts(engine: Any) -> dict[str, Any]:
    """What the manifest says of the territory."""
    territory, state = engine.territory, engine.state
    seen = state.cells["reported"][state.organisations["cell"]] == 1
    sphere, weight = state.organisations["sphere"][seen], state.organisations["weight"][seen]
    numbers = np.bincount(sphere, weights=weight, minlength=len(catalogue.SPHERES))
    return {
        "name": territory.name,
        "origin": territory.origin,
        "population": territory.population,
        "simulated_population": territory.simulated_population,
        "area_km2": round(float(territory.area_km2), 3),
        "cell_km": float(territory.cell_km),
        "deprived_share": round(float(territory.deprived_share), 6),
        "organisations": {sphere: float(number) for sphere, number in zip(catalogue.SPHERES, numbers, strict=True)},
        "simulated_organisations": state.n_organisations,
        "given_organisations": int((state.labels["id"] < 0).sum()),
        "synthetic": list(territory.synthetic),
        "notes": list(territory.notes),
    }


def _manifest(
    engine: Any,
    scenario: Scenario,
    facts: dict[str, Any],
    arrow: Mapping[str, pa.Table],
    seconds: float | None,
    overrides: Sequence[str],
) -> dict[str, Any]:
    from alliancesim.engine import MODEL_VERSION
    from alliancesim.observables import SCHEMA_VERSION

    territory, state = engine.territory, engine.state
    phases = {name: round(timing.seconds, 6) for name, timing in engine.timings.items()}
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "model_version": MODEL_VERSION,
        "code_version": code_version(),
        "versions": versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "scenario_hash": scenario.hash(),
        "seed": scenario.seed,
        "overrides": list(overrides),
        "months": max(0, state.calendar_month),
        "burn_in": state.burn_in,
        "domains": list(state.domains),
        "animators": [animator.name for animator in engine.world.animators],
        "territory": facts,
        "data_vintage": dict(territory.provenance),
        "tables": {
            name: {"rows": table.num_rows, "sha256": _tables.content_hash(table)} for name, table in arrow.items()
        },
        "wall_seconds": {
            "phases": phases,
            "all_phases": round(sum(phases.values()), 6),
            **({"run": round(seconds, 3)} if seconds is not None else {}),
        },
    }


def simulate(
    scenario: Scenario,
    seed: int | None = None,
    months: int | None = None,
    progress: Callable[[int], None] | None = None,
    profile: bool | None = None,
) -> Result:
    """Run a scenario.

    Parameters
    ----------
    scenario : Scenario
    seed, months : int, optional
        Instead of the scenario's own.
    progress : callable, optional
        Called with the month of the run (from 0, burn-in included) after each one.
    profile : bool, optional
        Whether the result says where the time went (``result.profile``); instead of the scenario's own. Kernels are then
        loaded first, so that the phases are timed without.
    """
    wanted = scenario.profile if profile is None else profile
    return _simulate(scenario, seed, months, progress, profile=Profile() if wanted else None)


def _simulate(
    scenario: Scenario,
    seed: int | None = None,
    months: int | None = None,
    progress: Callable[[int], None] | None = None,
    overrides: Sequence[str] = (),
    at: Callable[[str, Any], None] | None = None,
    profile: Profile | None = None,
) -> Result:
    from alliancesim.engine import engine_of, make_territory

    changes = {name: value for name, value in (("seed", seed), ("months", months)) if value is not None}
    if changes:
        scenario = scenario.replace(**changes)
    at = at or (lambda _part, _thing: None)
    clock = Profile() if profile is None else profile
    if profile is not None:
        with profile.part(KERNELS):
            load_kernels(scenario)
    begin = time.perf_counter()
    at(TERRITORY, None)
    with clock.part(TERRITORY):
        territory = make_territory(scenario)
    at(TABLES, territory)
    with clock.part(TABLES):
        engine = engine_of(scenario, territory=territory)
        if engine.state.n_organisations >= MANY:
            give_back()
    if profile is not None:
        profile.watch(engine)
    try:
        at(MONTHS, engine)
        engine.run(progress)
    finally:
        engine.world.close()
    at(RESULT, engine)
    with clock.part(RESULT):
        if profile is not None:
            profile.read(engine)
        result = result_of(engine, scenario, seconds=time.perf_counter() - begin, overrides=overrides, consume=True)
    if profile is not None:
        result._profile = profile.rows()
    return result


def open_result(path: str | os.PathLike[str]) -> Result:
    """A result from its folder.

    Raises
    ------
    UserError
        No such folder, a file of it missing or broken, or tables of another schema version.
    """
    from alliancesim.results.folder import read

    return read(Path(path))


def versions_note(manifest: Mapping[str, Any]) -> str:
    """Versions of model and package in a few words."""
    return f"model {manifest.get('model_version')}, alliancesim {manifest.get('versions', {}).get('alliancesim')}"


def check_model_version(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse to recompute what another model made.

    Raises
    ------
    UserError
    """
    from alliancesim.engine import MODEL_VERSION

    if manifest.get("model_version") != MODEL_VERSION:
        raise UserError(
            f"{folder}: made by {versions_note(manifest)}, this is model {MODEL_VERSION} (alliancesim "
            f"{package_version()}), whose results differ; run the scenario again"
        )
