"""An experiment's folder read: tables as pandas, scenarios of single runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from alliancesim.errors import UserError
from alliancesim.experiments import folder as names
from alliancesim.experiments.experiment import Experiment, from_dict

if TYPE_CHECKING:
    import pandas as pd

    from alliancesim.experiments.plan import Plan
    from alliancesim.scenario import Scenario


def open_experiment(path: str | os.PathLike[str]) -> ExperimentResult:
    """An experiment from its folder.

    Raises
    ------
    UserError
        No such folder, not an experiment's, not finished, a file missing or broken.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder, expected that of an experiment")
    manifest = names.read_manifest(folder)
    if manifest is None:
        raise UserError(f"{folder}: not the folder of an experiment (no {names.MANIFEST} of one)")
    if not manifest.get("complete"):
        said = names.read_status(folder)
        counts = f" ({said['done']} of {said['runs']} runs)" if said else ""
        raise UserError(f"{folder}: not finished{counts}; the command that began it goes on from there")
    return ExperimentResult(folder, manifest)


class ExperimentResult:
    """What an experiment found. Tables are read when they are first looked at.

    Attributes
    ----------
    path : Path
    manifest : mapping
    experiment : Experiment
    design, runs, timeseries, failures, timing, cells, organisations : DataFrame
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.manifest: Mapping[str, Any] = MappingProxyType(dict(manifest))

    def _read(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self.path / name
        if not file.exists():
            word = name.removesuffix(".parquet")
            known = word in ("cells", "organisations")
            why = f"was not kept (keep.{word}=true keeps it)" if known else "missing, the experiment is not complete"
            raise UserError(f"{file}: {why}")
        parts = sorted(file.glob("*.parquet")) if file.is_dir() else [file]
        tables = []
        for part in parts:
            try:
                tables.append(pq.ParquetFile(part).read(columns=columns))
            except (OSError, pa.ArrowException) as error:
                raise UserError(f"{part}: cannot be read ({(str(error).splitlines() or ['?'])[0]})") from None
        table = pa.concat_tables(tables)
        expected = self.manifest.get("rows", {}).get(name)
        if expected is not None and table.num_rows != expected:
            raise UserError(f"{file}: {table.num_rows} rows, {names.MANIFEST} says {expected}")
        return table.to_pandas()

    @cached_property
    def experiment(self) -> Experiment:
        """What was asked."""
        from alliancesim.scenario.text import read_mapping

        return from_dict(read_mapping(self.path / names.EXPERIMENT))

    @cached_property
    def design(self) -> pd.DataFrame:
        """A row a point: ``point``, ``label``, a column a factor."""
        return self._read(names.DESIGN)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run that did not fail: ``run``, ``point``, ``replicate``, ``seed``, factors, observables."""
        return self._read(names.RUNS)

    @cached_property
    def timeseries(self) -> pd.DataFrame:
        """A row a run and month (forums alone: and level) of the columns that were kept."""
        return self._read(names.SERIES)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """A row a failed run, with its scenario and traceback."""
        return self._read(names.FAILURES)

    @cached_property
    def timing(self) -> pd.DataFrame:
        """Wall time of each run, seconds."""
        return self._read(names.TIMING)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """A row a run and cell, where they were kept."""
        return self._read(names.CELLS)

    @cached_property
    def organisations(self) -> pd.DataFrame:
        """A row a run and organisation, where they were kept."""
        return self._read(names.ORGANISATIONS)

    @property
    def labels(self) -> list[str]:
        """Labels of the points, in order."""
        return [str(label) for label in self.design["label"]]

    def measures(self) -> pd.DataFrame:
        """Name, unit and meaning of each observable of ``runs``."""
        import pandas as pd
        import pyarrow.parquet as pq

        rows = []
        for field in pq.read_schema(self.path / names.RUNS):
            about = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            if "description" in about:
                rows.append((field.name, about["unit"], about["description"]))
        return pd.DataFrame(rows, columns=["name", "unit", "meaning"]).set_index("name")

    @cached_property
    def _plan(self) -> Plan:
        """The plan as it was run, from the stored scenarios: later changes of configs do not matter."""
        from alliancesim.experiments.designs import Design, Point
        from alliancesim.experiments.plan import Plan
        from alliancesim.experiments.points import IDENTITY_BYTES, Points
        from alliancesim.experiments.tables import LABELS, _cell, _empty

        bases = json.loads((self.path / names.SCENARIOS).read_text(encoding="utf-8"))
        frame = self.design
        columns = {str(name): frame[name] for name in frame.columns if name not in LABELS}

        def at(row: int) -> Point:
            found = {name: column.iloc[row] for name, column in columns.items()}
            return {name: _cell(name, value) for name, value in found.items() if not _empty(value)}

        labels, identities = frame["label"], bytes.fromhex("".join(frame["identity"]))
        design = Design(at, range(len(frame)), lambda row: str(labels.iloc[row]))
        digests = np.frombuffer(identities, dtype=np.uint8).reshape(-1, IDENTITY_BYTES)
        return Plan(self.experiment, bases, Points(design, frame["base"].to_numpy(), digests))

    def scenario(self, point: int = 0, replicate: int = 1) -> Scenario:
        """The resolved scenario of a run: ``al.simulate`` of it gives the run's numbers again."""
        return self._plan.scenario(self._plan.points[int(point)], int(replicate))

    def run(self, number: int) -> Any:
        """Simulate one run of the experiment again, with all its tables.

        Returns
        -------
        Result
        """
        from alliancesim.results import simulate

        if not 0 <= int(number) < self._plan.runs:
            raise UserError(f"run: found {number}, expected from 0 to {self._plan.runs - 1}")
        return simulate(self._plan.scenario(*self._plan.place(int(number))))

    def __repr__(self) -> str:
        rows = self.manifest["rows"]
        failed = rows.get(names.FAILURES, 0)
        words = f", {failed} failed" if failed else ""
        return (
            f"<ExperimentResult {self.manifest['name']}: {self.manifest['points']} points x "
            f"{self.manifest['replicates_done']} replicates{words}; {self.path}>"
        )
