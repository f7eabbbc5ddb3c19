"""A second process that compiles kernels while the first does, beginning at the other end: Numba compiles one at a time.

Asked for by a process that is about to compile into a cache that holds no kernel yet, where there are two processors or
more. It is a help and no more: whether it runs, fails or is killed, the first process compiles whatever is still missing.
"""

from __future__ import annotations

import atexit
import subprocess
import sys
from pathlib import Path
from typing import Any

from alliancesim import machine

MODULE = "alliancesim.compile_ahead"
"""What it runs."""

asked = False
"""Whether this process has asked for one, or is one; one a process."""


def holds_kernels(folder: Path) -> bool:
    """Whether compiled kernels lie in a folder of the cache."""
    return any(folder.rglob("*.nbc"))


def ask(cache_folder: Path | None) -> None:
    """Start a companion, once, if one is of use."""
    global asked
    if asked:
        return
    asked = True
    if cache_folder is None or holds_kernels(cache_folder) or machine.processors() < 2:
        return
    if not sys.executable or getattr(sys, "frozen", False):  # embedded: what would be started is not Python
        return
    nothing = subprocess.DEVNULL
    options: dict[str, Any] = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE], stdin=nothing, stdout=nothing, stderr=nothing, **options
        )
    except OSError:
        return
    atexit.register(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
