"""How an experiment is run: nothing here changes a number."""

from __future__ import annotations

from dataclasses import dataclass

from alliancesim.errors import UserError
from alliancesim.machine import processors
from alliancesim.scenario.checks import Checked, key, refuse

ENGINES = ("local", "dask")


@dataclass(frozen=True)
class Settings(Checked):
    """Where and by whom the runs of an experiment are done."""

    workers: int | None = key(
        None,
        "int",
        "processes (local; 1: this one) or workers; null: all cores",
        minimum=1,
        maximum=100_000,
        optional=True,
    )
    engine: str = key("local", "str", "who runs: processes of this machine, or Dask distributed", choices=ENGINES)
    address: str | None = key(None, "str", "address of a running Dask scheduler, tcp://host:8786", optional=True)
    output: str | None = key(None, "path", "folder of the results; null: outputs/<name>", optional=True)
    overwrite: bool = key(False, "bool", "whether a folder that holds another experiment may be replaced")
    store: str | None = key(None, "path", "folder of finished runs to share between experiments", optional=True)
    time_limit: float | None = key(
        None, "float", "time after which a run is given up as failed", unit="s", above=0.0, optional=True
    )
    retry_failures: bool = key(False, "bool", "whether runs that failed are done again on resuming")
    quick: bool = key(False, "bool", "whether to run the small version that the experiment describes")

    def _check_together(self, prefix: str) -> None:
        if self.address is not None and self.engine == "local":
            raise refuse(f"{prefix}address", self.address, "nothing (engine is local; say engine=dask)")
        if self.address is not None and self.workers is not None:
            raise UserError(
                f"workers: found {self.workers}, expected nothing (the scheduler at {self.address} has its own)"
            )

    @property
    def processes(self) -> int:
        """Workers to use: ``workers``, else all cores that the process may use."""
        if self.workers is not None:
            return self.workers
        return processors()
