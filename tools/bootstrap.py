"""Set up the environment from locked versions, then run a job in it. Needs only a bare Python 3.11-3.13.

    python3 tools/bootstrap.py run     the main job: simulate, write tables and figures, say what they show
    python3 tools/bootstrap.py test    the tests
    python3 tools/bootstrap.py sync    the environment only
    python3 tools/bootstrap.py lint | types | lock-check | exec <command ...>

uv (pinned by hash in requirements-uv.txt) is put into .tools/, the environment into .venv/; nothing else is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
EXE = ".exe" if os.name == "nt" else ""
OLDEST, NEWEST = (3, 11), (3, 13)


def call(*command: str | Path, **options: object) -> int:
    """Exit status of a command run at the root of the project."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **options).returncode  # type: ignore[call-overload]


def must(*command: str | Path, what: str) -> None:
    """Run a command; leave with one line when it fails."""
    if call(*command) != 0:
        sys.exit(f"set-up failed: {what}")


def uv() -> Path:
    """The uv of this project, installed once for each pinned version."""
    pinned = (ROOT / "requirements-uv.txt").read_text(encoding="utf-8").split()[0].split("==")[1]
    folder = TOOLS / f"uv-{pinned}-py{sys.version_info[0]}{sys.version_info[1]}"
    program = folder / SCRIPTS / f"uv{EXE}"
    if program.exists():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    print(f"installing uv {pinned} into .tools/", flush=True)
    wanted = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements-uv.txt"]
    if call(sys.executable, "-m", "venv", folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) == 0:
        must(
            folder / SCRIPTS / f"python{EXE}",
            "-m",
            "pip",
            *wanted,
            what="pip could not install uv (is there a network?)",
        )
        return program
    # some systems ship venv without ensurepip: make the environment bare and fill it with the outer pip
    shutil.rmtree(folder, ignore_errors=True)
    must(sys.executable, "-m", "venv", "--without-pip", folder, what="python3 cannot make a virtual environment")
    outer = [sys.executable, "-m", "pip", "--python", folder / SCRIPTS / f"python{EXE}"]
    must(
        *outer,
        *wanted,
        what="neither ensurepip nor pip is available: install your system's python3-venv or python3-pip",
    )
    return program


def sync() -> None:
    """Bring .venv to the locked versions."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    must(
        uv(),
        "sync",
        "--locked",
        "--quiet",
        "--no-python-downloads",
        "--python",
        sys.executable,
        what=f"the locked packages could not be installed for Python {version}",
    )


def keep_bytecode() -> None:
    """Compile packages as pip does, once for each lock, where Python may not keep what it compiles.

    uv leaves that to the first import. With PYTHONDONTWRITEBYTECODE every process would compile them again: four seconds
    before the first line of a run, a worker, a test.
    """
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return
    done, lock = ROOT / ".venv" / "compiled.lock", (ROOT / "uv.lock").read_bytes()
    folders = [ROOT / "src"]
    if not done.exists() or done.read_bytes() != lock:
        folders.append(
            Path(
                subprocess.check_output(
                    [venv("python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
                ).strip()
            )
        )
    # packages hold files for other Pythons, which cannot be compiled: neither a failure nor worth a word
    call(
        venv("python"),
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        *folders,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    done.write_bytes(lock)


def venv(program: str) -> Path:
    """A program of the environment."""
    return ROOT / ".venv" / SCRIPTS / f"{program}{EXE}"


def main(arguments: list[str]) -> int:
    """Do one job; exit status."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(
            f"alliancesim needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]} ({sys.executable})",
            file=sys.stderr,
        )
        return 2
    job, rest = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if job not in ("run", "test", "sync", "lint", "types", "lock-check", "exec"):
        print(__doc__, file=sys.stderr)
        return 2
    if job == "lock-check":
        # what those without uv install must be what uv installs
        fresh = TOOLS / "requirements.lock"
        must(
            uv(),
            "export",
            "--locked",
            "--quiet",
            "--no-header",
            "--no-emit-project",
            "--all-extras",
            "--no-dev",
            "--python",
            sys.executable,
            "--no-python-downloads",
            "-o",
            fresh,
            what="uv.lock does not match pyproject.toml",
        )
        if fresh.read_text(encoding="utf-8") != (ROOT / "requirements.lock").read_text(encoding="utf-8"):
            print("requirements.lock does not match uv.lock: run `make lock`", file=sys.stderr)
            return 1
        return 0
    sync()
    keep_bytecode()
    if job == "run":
        return call(venv("alliancesim"), "run", "output=results/first-run", "overwrite=true", *rest)
    if job == "test":
        # two files at a time: half the time on two cores; more would share caches and memory for little. Linear algebra then has a
        # core each: two threads in each of two processes wait for one another
        for library in ("OMP", "OPENBLAS", "MKL"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        return call(venv("python"), "-m", "pytest", *(rest or ("-n", "2", "--dist", "loadfile")))
    if job == "lint":
        return call(venv("ruff"), "check", ".") or call(venv("ruff"), "format", "--check", ".")
    if job == "types":
        return call(venv("mypy"))
    if job == "exec":
        return call(venv(rest[0]), *rest[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
