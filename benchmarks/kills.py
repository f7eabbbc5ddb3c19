"""Kill a sweep again and again and count what is lost: nothing may be, and nothing may be there twice.

    python benchmarks/kills.py [--kills 20] [--runs 400] [--seed 1]

A sweep of two workers is started by its command, and after a random time either the whole command or one of its workers is
killed with SIGKILL; then the same command is started again, until all kills are spent and the sweep ends by itself. Its tables must
be those of a sweep that nobody disturbed, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """\
base: [territory.population=700, months=24, burn_in=12]
factors:
  rules.psi: {{low: 0, high: 1}}
design: {{kind: sobol, samples: {points}}}
replicates: 4
"""
TABLES = ("design.parquet", "runs.parquet", "failures.parquet", "timeseries.parquet")


def workers_of(pid: int) -> list[int]:
    """Processes below a process (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes()
            except (OSError, IndexError, ValueError):
                continue
            if parent == pid and b"spawn_main" in words:
                found.append(int(entry.name))
    return found


def content(folder: Path) -> dict[str, bytes]:
    """Bytes of every table."""
    files = {}
    for name in TABLES:
        path = folder / name
        for part in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
            files[part.relative_to(folder).as_posix()] = part.read_bytes()
    return files


def start(experiment: Path, output: Path) -> subprocess.Popen[bytes]:
    words = [
        sys.executable,
        "-m",
        "alliancesim.cli",
        "sweep",
        f"experiment={experiment}",
        "workers=2",
        f"output={output}",
    ]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        experiment = here / "kills.yaml"
        experiment.write_text(EXPERIMENT.format(points=max(1, args.runs // 4)))
        begin = time.perf_counter()
        undisturbed = start(experiment, here / "undisturbed")
        _, said = undisturbed.communicate()
        if undisturbed.returncode != 0:
            print(said.decode(), file=sys.stderr)
            return 1
        length = time.perf_counter() - begin
        kills = {"command": 0, "worker": 0}
        starts = 0
        output = here / "killed"
        while True:
            process = start(experiment, output)
            starts += 1
            while process.poll() is None and sum(kills.values()) < args.kills:
                time.sleep(draw.uniform(0.15, 0.6) * min(length, 12.0))
                if process.poll() is not None:
                    break
                workers = workers_of(process.pid)
                if workers and draw.random() < 0.6:
                    os.kill(draw.choice(workers), signal.SIGKILL)
                    kills["worker"] += 1
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                    kills["command"] += 1
            _, said = process.communicate()
            if process.returncode == 0 and sum(kills.values()) >= args.kills:
                break
            if process.returncode == 0:  # it ended before all kills were spent: begin again beside it
                same = content(output) == content(here / "undisturbed")
                if not same:
                    print("tables differ", file=sys.stderr)
                    return 1
                output = here / f"killed-{starts}"
            elif process.returncode not in (-signal.SIGKILL,):
                print(said.decode(), file=sys.stderr)
                return 1
        same = content(output) == content(here / "undisturbed")
        import pyarrow.parquet as pq

        runs = pq.read_table(output / "runs.parquet", columns=["run"]).column("run").to_pylist()
        print(
            f"{sum(kills.values())} kills ({kills['command']} of the command, {kills['worker']} of a worker), {starts} starts: "
            f"{len(runs)} runs, {len(runs) - len(set(runs))} doubled, {max(runs) + 1 - len(set(runs))} lost; tables "
            f"{'byte-equal to those of an undisturbed sweep' if same else 'DIFFER'}"
        )
        return 0 if same and len(runs) == len(set(runs)) == max(runs) + 1 else 1


if __name__ == "__main__":
    sys.exit(main())
