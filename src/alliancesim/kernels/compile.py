"""The one decorator of kernels, and a cache that never runs stale code.

Numba's cache checks only the file of the function it compiles: a change in a helper of another module would silently
run old code. So the name of the cache folder holds the hash of all kernel files and of the dtypes they read.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config
from numba.core import types


def _source_hash() -> str:
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    files = [*sorted(package.rglob("*.py")), package.parent / "parameters.py", package.parent / "catalogue.py"]
    for file in files:
        digest.update(file.relative_to(package.parent).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _base_folder() -> Path:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "alliancesim" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "alliancesim"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "alliancesim"


def cache_folder() -> Path:
    """Folder of compiled kernels of exactly this code; a temporary one where the user's cache cannot be written."""
    folder = _base_folder() / f"kernels-{_source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    folder = Path(tempfile.gettempdir()) / f"alliancesim-kernels-{_source_hash()}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


CACHE_FOLDER = cache_folder()


def is_compiled() -> bool:
    """Whether compiled kernels of this code are in the cache already."""
    return any(CACHE_FOLDER.rglob("month.*.nbi")) or any(CACHE_FOLDER.rglob("*.nbc"))


def _widened(argument: Any) -> Any:
    """Type as which a function is compiled for an argument: no literals, whole numbers and reals of 64 bits."""
    argument = types.unliteral(argument)
    if isinstance(argument, types.Integer) and argument.bitwidth < 64:
        return types.int64
    if argument is types.float32:
        return types.float64
    return argument


def _compiled_once(dispatcher: Any) -> Any:
    """Compile a function once, not once for every literal and width of number that it is called with.

    Numba types ``f(key, 3)`` as a call with ``Literal[int](3)`` and compiles a copy of ``f`` for each; one copy for all
    more than halves the time of a first compilation, and widening a number keeps its value.
    """
    resolve = dispatcher.get_call_template

    def get_call_template(args: tuple, kws: dict) -> Any:
        return resolve(
            tuple(_widened(argument) for argument in args),
            {name: _widened(argument) for name, argument in kws.items()},
        )

    dispatcher.get_call_template = get_call_template
    return dispatcher


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel: no Python objects, no fast mathematics, without the GIL, cached."""
    before = numba_config.CACHE_DIR
    numba_config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        return _compiled_once(numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        numba_config.CACHE_DIR = before


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that kernels and Python call; it is compiled into each kernel, so it needs no cache."""
    return _compiled_once(numba.njit(nogil=True, error_model="numpy")(function))


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that only kernels call (without the wrappers that Python would need)."""
    return _compiled_once(
        numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    )
