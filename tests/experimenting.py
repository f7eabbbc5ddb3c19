"""Small experiments that tests share."""

from __future__ import annotations

from alliancesim.experiments import Experiment

TINY = ["territory.population=700", "months=12", "burn_in=12"]


def tiny(**changes):
    """Two levels of means, two of the rent, three replicates: twelve runs of some sixty organisations."""
    data = {
        "name": "tiny",
        "base": TINY,
        "factors": {"resources": {"levels": ["scarce", "abundant"]}, "rules.psi": {"low": 0, "high": 0.5}},
        "design": {"kind": "grid", "levels": 2},
        "replicates": 3,
    }
    return Experiment(**{**data, **changes})


def table_bytes(folder):
    """Bytes of every table of an experiment but the sidecar of wall times."""
    files = {}
    for path in sorted(folder.rglob("*.parquet")):
        if path.is_file() and path.name != "timing.parquet" and "results" not in path.parts:
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
