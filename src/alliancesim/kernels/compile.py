"""The one decorator of kernels, and a cache that never runs stale code and compiles once.

Numba's cache checks only the file of the function it compiles: a change in a helper of another module would silently
run old code. So the name of the cache folder holds the hash of all kernel files, of the dtypes they read and of what
else decides about machine code. Where the package is installed, and when, does not count: the same code shares a folder.

Processes that start together compile a kernel once: who finds it missing takes its lock, looks again, and compiles only what
is still missing. The lock belongs to an open file, so that the system frees it when its holder dies. So processes share the
work, and the first one asks for a companion (``companion``) to share it with.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config as numba_config
from numba.core import types
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache, _CacheLocator
from numba.core.compiler_lock import global_compiler_lock

from alliancesim.kernels import companion
from alliancesim.kernels.shortcuts import shortcuts

_PACKAGE = Path(__file__).resolve().parent
_LONGEST_WAIT = 300.0
"""Seconds after which a holder of the lock is taken to hang; compiling twice is then better than waiting."""

_COMPILING = "compiling kernels (first run, half a minute to a minute)"

announce: Callable[[str], None] | None = None
"""Told, once, that kernels are compiled or waited for, when that begins; nobody by default."""


def announce_on_standard_error() -> None:
    """Say there when kernels are compiled or waited for: a command that seems to hang says why."""
    global announce
    announce = lambda words: print(words, file=sys.stderr, flush=True)  # noqa: E731


def _source_hash() -> str:
    digest = hashlib.sha256()
    files = [*sorted(_PACKAGE.rglob("*.py")), _PACKAGE.parent / "parameters.py", _PACKAGE.parent / "catalogue.py"]
    for file in files:
        digest.update(file.relative_to(_PACKAGE.parent).as_posix().encode())
        digest.update(file.read_bytes())
    # Settings of Numba that change machine code and that its own index does not know.
    known = [numba.__version__, *(getattr(numba_config, name, None) for name in ("OPT", "BOUNDSCHECK"))]
    digest.update(repr(known).encode())
    return digest.hexdigest()[:16]


def _base_folder() -> Path:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"])
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "alliancesim" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "alliancesim"
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "alliancesim"
    return Path.home() / ".cache" / "alliancesim"


def _own_temporary_folder() -> Path | None:
    """A folder below the system's temporary one that nobody else can write to: what lies in a cache is run."""
    if not hasattr(os, "getuid"):
        folder = Path(tempfile.gettempdir()) / "alliancesim"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"alliancesim-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if mine else None


def cache_folder() -> Path | None:
    """Folder of compiled kernels of exactly this code.

    The user's cache; where that cannot be written, but holds kernels, it is read; else a temporary folder; else none, and
    every process compiles for itself.
    """
    name = f"kernels-{_source_hash()}"
    try:
        folder = _base_folder() / name
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK) or companion.holds_kernels(folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        pass
    try:
        base = _own_temporary_folder()
        if base is not None:
            folder = base / name
            folder.mkdir(exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    except OSError:
        pass
    return None


CACHE_FOLDER = cache_folder()


def is_compiled() -> bool:
    """Whether compiled kernels of this code are in the cache already."""
    return CACHE_FOLDER is not None and companion.holds_kernels(CACHE_FOLDER)


class _Locks:
    """Locks on the kernels that this process compiles now: one, and those that it calls.

    A lock is free when its holder dies and is never waited for without end. Only used under Numba's own lock, which keeps
    the threads of a process apart. Compiling makes so many objects that a tenth of its time would go into looking for cycles
    among all that a process has imported: garbage is collected between two kernels, not during one.
    """

    def __init__(self) -> None:
        self._held: list[Any] = []
        self._collects = False

    def __len__(self) -> int:
        return len(self._held)

    def acquire(self, file: Path | None) -> None:
        """Hold the lock of a kernel, if there is a folder for it."""
        lock = None if file is None else _locked(file)  # a wait that a user may break off
        if not self._held:
            self._collects = gc.isenabled()
            gc.disable()
        self._held.append(lock)

    def release(self) -> None:
        """Give the last one back."""
        lock = self._held.pop()
        if lock is not None:
            lock.release()
        if not self._held and self._collects:
            gc.enable()


def _locked(file: Path) -> Any:
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if _COMPILING not in _said:
                _say("another process compiles the kernels: waiting for it")
            lock.acquire(timeout=_LONGEST_WAIT, poll_interval=0.02)
        return lock
    except (OSError, NotImplementedError):
        # A folder that is only read, a file system without locks, a holder that hangs (Timeout is an OSError):
        # compile here as well, which costs time and nothing else.
        return None


_LOCKS = _Locks()
_said: set[str] = set()


def _say(words: str) -> None:
    if announce is not None and words not in _said:
        _said.add(words)
        announce(words)


@cache
def _module_of(path: str) -> str | None:
    """Name of a file of this package as a module of it; None of any other file."""
    file = Path(path).resolve()
    return ".".join(file.relative_to(_PACKAGE).with_suffix("").parts) if file.is_relative_to(_PACKAGE) else None


@cache
def _file_hash(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class _ByContent(_CacheLocator):  # type: ignore[misc]
    """Where a kernel's machine code lies: by its module, whatever the path and the time of its file."""

    def __init__(self, function: Callable[..., Any], path: str) -> None:
        self._py_file, self._line = path, function.__code__.co_firstlineno
        self._folder = Path(CACHE_FOLDER or ".") / str(_module_of(path))

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> _ByContent:
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return _file_hash(self._py_file)

    def get_disambiguator(self) -> str:
        return str(self._line)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)


class _Implementation(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_ByContent,)


class _SharedCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of a function, shared by processes that run at the same time."""

    _impl_class = _Implementation

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is compiled; where nothing is, the lock is held from here on (``_compiled_once`` gives it back)."""
        found = self._readable(sig, target_context)
        if found is None:
            _LOCKS.acquire(Path(self.cache_path) / f"{self._impl.filename_base}.lock")
            found = self._readable(sig, target_context)
            if found is None:
                _say(_COMPILING)
                companion.ask(CACHE_FOLDER)
        return found

    def _readable(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # a torn or foreign file, whatever it raises: as good as none
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled; a folder that cannot be written, or a full disk, stops no run."""
        try:
            try:
                super().save_overload(sig, data)
            except (EOFError, ValueError, pickle.UnpicklingError):  # a torn index
                self.flush()
                super().save_overload(sig, data)
        except OSError:
            pass


class _NoCache(NullCache):  # type: ignore[misc]
    """No folder at all: every process compiles for itself, and says so."""

    def load_overload(self, sig: Any, target_context: Any) -> None:
        """Nothing; ``_compiled_once`` gives the lock back."""
        _LOCKS.acquire(None)
        _say(_COMPILING)


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
    resolve, compile_for = dispatcher.get_call_template, dispatcher.compile

    def get_call_template(args: tuple, kws: dict) -> Any:
        return resolve(
            tuple(_widened(argument) for argument in args),
            {name: _widened(argument) for name, argument in kws.items()},
        )

    def compile_(sig: Any) -> Any:
        with global_compiler_lock:
            depth = len(_LOCKS)
            try:
                with shortcuts():
                    return compile_for(sig)
            finally:
                while len(_LOCKS) > depth:
                    _LOCKS.release()

    dispatcher.get_call_template = get_call_template
    dispatcher.compile = compile_
    return dispatcher


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """A function compiled without the GIL; cached, if it is one of this package and no generator.

    The hash of the cache knows only the files of this package: what others write is compiled in every process. A generator that
    comes from Numba's cache cannot be compiled into what is compiled next.
    """
    dispatcher = numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)
    inside = _module_of(function.__code__.co_filename) is not None
    if inside and not inspect.isgeneratorfunction(function):
        dispatcher._cache = _NoCache() if CACHE_FOLDER is None else _SharedCache(function)
    return _compiled_once(dispatcher)


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel: no Python objects, no fast mathematics, it makes no arrays.

    Without arrays of its own it needs no counts of references, which cost a dozen locked operations a call of a function.
    """
    return _compiled(function, _nrt=False)


def allocating(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that makes arrays of its own."""
    return _compiled(function)


def helper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that kernels and Python call; it is compiled into each kernel."""
    return _compiled(function, forceinline=True, _nrt=False)


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that only kernels call (without the wrappers that Python would need)."""
    options = {} if inspect.isgeneratorfunction(function) else {"forceinline": True, "_nrt": False}
    return _compiled(function, no_cpython_wrapper=True, **options)
