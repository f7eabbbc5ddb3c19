"""Dask distributed: its real scheduler, its real workers, one of them killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from experimenting import table_bytes

from alliancesim.experiments.folder import LOG, read_status

EXPERIMENT = """\
base: [territory.population=700, months=24, burn_in=12]
factors:
  rules.psi: {low: 0, high: 1}
design: {kind: sobol, samples: 16}
replicates: 6
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("dask")
    (here / "mine.yaml").write_text(EXPERIMENT)
    sweep(here, "workers=1", "output=local")
    return here


def command(*words):
    return [sys.executable, "-m", "alliancesim.cli", "sweep", "experiment=mine.yaml", *words]


def sweep(here, *words):
    said = subprocess.run(command(*words), cwd=here, capture_output=True, text=True, timeout=240)
    assert said.returncode == 0, said.stderr
    return said


@pytest.mark.slow
def test_a_local_cluster_gives_the_tables_of_local_processes(folder):
    sweep(folder, "engine=dask", "workers=2", "output=cluster")
    assert table_bytes(folder / "cluster") == table_bytes(folder / "local")


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers as an administrator would start them."""
    file = tmp_path / "scheduler.json"
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    log = (tmp_path / "log.txt").open("w")

    def start(*words):
        return subprocess.Popen([sys.executable, "-m", *words], stdout=log, stderr=log, env=environment, cwd=tmp_path)

    scheduler = start(
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        "--scheduler-file",
        str(file),
    )
    processes = [scheduler]
    try:
        deadline = time.monotonic() + 60
        while not file.exists() or not file.read_text().strip():
            time.sleep(0.1)
            assert time.monotonic() < deadline, (tmp_path / "log.txt").read_text()
        for _ in range(2):
            words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--scheduler-file", str(file))
            processes.append(start("distributed.cli.dask_worker", *words))
        yield json.loads(file.read_text())["address"], processes[1:], scheduler
    finally:
        for process in processes[::-1]:
            process.kill()
            process.wait()
        log.close()


@pytest.mark.slow
def test_a_killed_worker_of_a_running_scheduler_costs_only_what_it_held(folder, cluster):
    address, workers, _scheduler = cluster
    process = subprocess.Popen(
        command("engine=dask", f"address={address}", "output=remote"), cwd=folder, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (read_status(folder / "remote") or {}).get("done"):
        time.sleep(0.05)
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
    os.kill(workers[0].pid, signal.SIGKILL)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert table_bytes(folder / "remote") == table_bytes(folder / "local")


@pytest.mark.slow
def test_a_scheduler_that_goes_away_loses_nothing(folder, cluster):
    address, workers, scheduler = cluster
    process = subprocess.Popen(
        command("engine=dask", f"address={address}", "output=gone"), cwd=folder, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (read_status(folder / "gone") or {}).get("done"):
        time.sleep(0.05)
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
    os.kill(workers[0].pid, signal.SIGKILL)
    scheduler.kill()
    _, said = process.communicate(timeout=240)
    assert process.returncode == 2, said
    assert (
        said.splitlines()[-1] == "alliancesim: engine: the Dask scheduler went away; the same command goes on from here"
    )
    sweep(folder, "workers=1", "output=gone")  # another engine goes on where the first stopped
    assert table_bytes(folder / "gone") == table_bytes(folder / "local")
    assert "there already" in (folder / "gone" / LOG).read_text()


@pytest.mark.slow
def test_an_unreachable_scheduler_is_said_in_one_line(folder):
    said = subprocess.run(
        command("engine=dask", "address=tcp://127.0.0.1:9", "output=none"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1].startswith("alliancesim: address: no scheduler answers at tcp://127.0.0.1:9")
    assert "Traceback" not in said.stderr
    assert not (folder / "none").exists()
