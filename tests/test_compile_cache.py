"""Compiled kernels: never stale, compiled once by processes that start together, and no folder needed to run.

On a copy of ``compile.py`` with two small kernels in place of ours: what is asked here is about the cache, not about them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import filelock
import numpy
import pytest
from numba.core import errors, types

from alliancesim import compile_ahead, machine
from alliancesim.kernels import companion, shortcuts
from alliancesim.kernels import compile as real

HELPER = """
from alliancesim.kernels.compile import inline

@inline
def scale(x):
    return 3.0 * x
"""
TINY = """
from alliancesim.kernels.compile import kernel
from alliancesim.kernels.helper import scale

@kernel
def inner(x):
    return scale(x) + 1.0

@kernel
def outer(x):
    return inner(x) + scale(x)
"""
PROBE = """
import os, sys, time
import numba.core.event as event

class Count(event.Listener):
    n = 0
    def on_start(self, e):
        Count.n += e.data["dispatcher"].py_func.__name__ in ("inner", "outer")
    def on_end(self, e):
        pass

event.register("numba:compile", Count())
from alliancesim.kernels import compile, tiny
compile.announce_on_standard_error()
for line in (sys.stdin if "wait" in sys.argv else []):
    break
print(tiny.outer(2.0), Count.n, compile.CACHE_FOLDER is not None)
for word in sys.argv[1:]:
    while word.startswith("until=") and not (os.path.exists(word[6:]) and "done" in open(word[6:]).read()):
        time.sleep(0.02)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small package in the shape of ours."""
    kernels = tmp_path / "code" / "alliancesim" / "kernels"
    kernels.mkdir(parents=True)
    for module in (real, shortcuts, companion):
        shutil.copy(Path(module.__file__), kernels)
    shutil.copy(Path(machine.__file__), kernels.parent)
    for name, text in (("__init__", ""), ("helper", HELPER), ("tiny", TINY)):
        (kernels / f"{name}.py").write_text(text, encoding="utf-8")
    for name in ("__init__", "parameters", "catalogue"):
        (kernels.parent / f"{name}.py").write_text("", encoding="utf-8")
    return tmp_path


def start(folder: Path, *words: str, **environment: str | None) -> subprocess.Popen[str]:
    given = {
        **os.environ, "PYTHONPATH": str(folder / "code"), "NUMBA_CACHE_DIR": str(folder / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1", **environment,
    }  # fmt: skip
    kept = {name: value for name, value in given.items() if value is not None}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", PROBE, *words], env=kept, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def said(process: subprocess.Popen[str], given: str | None = None) -> tuple[float, int, bool, str]:
    """Result, kernels compiled, whether there is a folder, what was said on standard error."""
    out, err = process.communicate(given, timeout=120)
    assert process.returncode == 0, err
    value, compiled, folder = out.split()
    return float(value), int(compiled), folder == "True", err


def lock_of(kernel: str, cache: Path) -> Path:
    """The file that who compiles this kernel of ``tiny`` locks."""
    (file,) = (cache / "tiny").glob(f"*{kernel}*.lock")
    return file


def test_a_second_process_compiles_nothing_and_says_nothing(copy):
    assert said(start(copy)) == (13.0, 2, True, "compiling kernels (first run, half a minute to a minute)\n")
    assert said(start(copy)) == (13.0, 0, True, "")


TINY_CALLS = """
assert inside(1.0) == 7.0
"""
COUNTING = """
from alliancesim.kernels.compile import allocating, inline

@inline
def counted(n):
    for i in range(n):
        yield 2.0 * i

@allocating
def {name}(x):
    for y in counted(3):
        x += y
    return x
"""


def test_a_new_kernel_is_compiled_from_what_is_in_the_cache(copy):
    """The same of helpers and of generators: what was compiled for one kernel, by another process, serves the next."""
    tiny = copy / "code" / "alliancesim" / "kernels" / "tiny.py"
    tiny.write_text(TINY + COUNTING.format(name="inside") + TINY_CALLS, encoding="utf-8")
    said(start(copy))
    (cache,) = (copy / "cache").iterdir()
    for file in [*cache.rglob("*outer*.nb?"), *cache.rglob("*inside*.nb?")]:
        file.unlink()
    assert list(cache.rglob("*scale*.nbc"))
    assert said(start(copy))[:2] == (13.0, 1)


def test_a_change_in_any_kernel_file_is_seen(copy):
    said(start(copy))
    kernels = copy / "code" / "alliancesim" / "kernels"
    helper = kernels / "helper.py"
    before = helper.stat()
    helper.write_text(HELPER.replace("3.0", "5.0"), encoding="utf-8")
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time
    assert said(start(copy))[:2] == (21.0, 2)
    (kernels.parent / "parameters.py").write_text("X = 1\n", encoding="utf-8")
    assert said(start(copy))[1] == 2
    helper.write_text(HELPER, encoding="utf-8")
    assert said(start(copy))[0] == 13.0


def test_the_same_code_elsewhere_and_later_shares_the_cache(copy):
    said(start(copy))
    shutil.copytree(copy / "code", copy / "elsewhere" / "code")
    for file in (copy / "elsewhere").rglob("*.py"):
        os.utime(file, (1, 1))
    assert said(start(copy / "elsewhere", NUMBA_CACHE_DIR=str(copy / "cache")))[:2] == (13.0, 0)


def test_eight_processes_that_start_together_compile_each_kernel_once(copy):
    together = [start(copy, "wait") for _ in range(8)]
    for process in together:  # all have imported what they need, or will wait for those who have
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [said(process) for process in together]
    assert {one[0] for one in found} == {13.0}
    assert sum(one[1] for one in found) == 2


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_holder_that_dies_blocks_nobody(copy):
    said(start(copy))
    (cache,) = (copy / "cache").iterdir()
    for file in cache.rglob("*.nb?"):
        file.unlink()
    code = (
        "import sys, time; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire(); "
        "print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(lock_of("outer", cache))], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    waiting = start(copy)
    assert waiting.stderr.readline() == "another process compiles the kernels: waiting for it\n"
    time.sleep(0.3)
    assert waiting.poll() is None
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert said(waiting)[:2] == (13.0, 2)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_holder_that_hangs_blocks_nobody_for_ever(copy):
    file = copy / "code" / "alliancesim" / "kernels" / "compile.py"
    file.write_text(file.read_text(encoding="utf-8").replace("_LONGEST_WAIT = 300.0", "_LONGEST_WAIT = 0.2"))
    said(start(copy))
    (cache,) = (copy / "cache").iterdir()
    for found in cache.rglob("*.nb?"):
        found.unlink()
    with filelock.FileLock(lock_of("outer", cache)):
        assert said(start(copy))[:2] == (13.0, 2)


def test_torn_files_are_compiled_again(copy):
    said(start(copy))
    for file in (copy / "cache").rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:100])
    for file in (copy / "cache").rglob("*outer*.nbi"):
        file.write_bytes(b"")
    assert said(start(copy))[:2] == (13.0, 2)
    assert said(start(copy))[:2] == (13.0, 0)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to, root neither")
def test_without_a_folder_that_can_be_written(copy):
    temporary = copy / "tmp"
    temporary.mkdir()
    nowhere = {"NUMBA_CACHE_DIR": "/proc/nowhere", "TMPDIR": str(temporary)}
    assert said(start(copy, **nowhere))[:3] == (13.0, 2, True)
    assert said(start(copy, **nowhere))[:3] == (13.0, 0, True)
    (own,) = temporary.iterdir()
    assert own.stat().st_mode & 0o077 == 0
    own.chmod(0o777)  # what others can write to is not run
    assert said(start(copy, **nowhere))[1:3] == (2, False)
    nobody = {"NUMBA_CACHE_DIR": None, "HOME": "/proc/nowhere", "XDG_CACHE_HOME": None, "TMPDIR": str(temporary)}
    assert said(start(copy, **nobody)) == (13.0, 2, False, "compiling kernels (first run, half a minute to a minute)\n")


def test_a_cache_that_is_only_read_is_read(copy, monkeypatch):
    """As in an image whose kernels were compiled when it was made; root may write anywhere, so the question is answered for it."""
    said(start(copy))
    monkeypatch.setattr(real, "_base_folder", lambda: copy / "cache")
    monkeypatch.setattr(real, "_source_hash", lambda: next((copy / "cache").iterdir()).name.removeprefix("kernels-"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert real.cache_folder() == next((copy / "cache").iterdir())
    for file in (copy / "cache").rglob("*.nbc"):
        file.unlink()
    assert real.cache_folder() is None


def test_a_full_disk_stops_no_run(copy):
    code = copy / "code" / "alliancesim" / "kernels" / "compile.py"
    code.write_text(
        code.read_text(encoding="utf-8")
        + "\ndef full(*_):\n    raise OSError(28, 'No space left on device')\nFunctionCache.save_overload = full\n",
        encoding="utf-8",
    )
    assert said(start(copy))[:2] == (13.0, 2)


def test_all_kernels_of_the_package_are_cached():
    from alliancesim.kernels import forum, meeting

    for one in (forum.deliberate, meeting.seek):
        assert type(one._cache).__name__ == ("_NoCache" if real.CACHE_FOLDER is None else "_SharedCache")
    if real.CACHE_FOLDER is not None:
        assert Path(forum.deliberate._cache.cache_path).parent == real.CACHE_FOLDER


def test_a_kernel_of_somebody_else_is_not_cached():
    @real.kernel
    def twice(x):
        return 2.0 * x

    assert type(twice._cache).__name__ == "NullCache"
    assert twice(2.0) == 4.0


AHEAD = """
import os, sys, time
import numba.core.event as event

def tell(*words):
    with open({log!r}, "a") as file:
        print(*words, file=file)

class Count(event.Listener):
    def on_start(self, e):
        if e.data["dispatcher"].py_func.__name__ in ("inner", "outer"):
            tell("compiled")
    def on_end(self, e):
        pass

event.register("numba:compile", Count())
from alliancesim.kernels import tiny
tell("started")
tiny.inner(2.0)
tell("done", os.getpid())
time.sleep(600)
"""


@pytest.mark.skipif(machine.processors() < 2, reason="a companion needs a second processor")
@pytest.mark.skipif(os.name == "nt", reason="POSIX process numbers")
def test_a_companion_shares_the_work_and_ends_with_who_asked_for_it(copy):
    log = copy / "ahead.txt"
    (copy / "code" / "alliancesim" / "compile_ahead.py").write_text(AHEAD.format(log=str(log)), encoding="utf-8")
    value, compiled, _, _ = said(start(copy, f"until={log}"))
    words = log.read_text(encoding="utf-8").split()
    assert value == 13.0
    assert compiled + words.count("compiled") == 2
    assert words.count("started") == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(words[-1]), 0)
    log.unlink()
    assert said(start(copy))[1] == 0  # kernels are there: nobody is asked
    assert not log.exists()


@pytest.fixture
def asking(monkeypatch):
    """``companion.ask`` as in a fresh process of a machine with two processors; the list of what it started."""
    started: list[list[str]] = []
    monkeypatch.setattr(companion, "asked", False)
    monkeypatch.setattr(companion.machine, "processors", lambda: 2)
    monkeypatch.setattr(companion.atexit, "register", lambda *_: None)
    monkeypatch.setattr(companion.subprocess, "Popen", lambda words, **_: started.append(words))
    return started


def test_one_companion_a_process(asking, tmp_path):
    companion.ask(tmp_path)
    companion.ask(tmp_path)
    assert asking == [[sys.executable, "-m", "alliancesim.compile_ahead"]]


@pytest.mark.parametrize("why", ["no folder", "kernels", "one processor", "no Python", "frozen"])
def test_no_companion_where_it_is_of_no_use(asking, tmp_path, monkeypatch, why):
    if why == "kernels":
        (tmp_path / "tiny").mkdir()
        (tmp_path / "tiny" / "one.nbc").touch()
    if why == "one processor":
        monkeypatch.setattr(companion.machine, "processors", lambda: 1)
    if why == "no Python":
        monkeypatch.setattr(sys, "executable", "")
    if why == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    companion.ask(None if why == "no folder" else tmp_path)
    assert asking == []


def test_a_companion_that_cannot_start_stops_nobody(asking, tmp_path, monkeypatch):
    def refuse(*_words, **_options):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(companion.subprocess, "Popen", refuse)
    companion.ask(tmp_path)


def test_a_second_companion_leaves_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(companion, "asked", False)
    monkeypatch.setattr(compile_ahead, "CACHE_FOLDER", tmp_path)
    compiled: list[int] = []
    monkeypatch.setattr(compile_ahead, "ahead", lambda: compiled.append(1))
    with filelock.FileLock(tmp_path / "ahead.lock"):
        compile_ahead.main()
    assert compiled == []
    assert companion.asked  # it asks for none itself
    compile_ahead.main()
    assert compiled == [1]


LOADED = """
import sys
from alliancesim import compile_ahead, machine
from alliancesim.kernels import companion
companion.asked = True

def loaded():
    found = set()
    for name, module in list(sys.modules.items()):
        if name.startswith("alliancesim.kernels"):
            for one in vars(module).values():
                if hasattr(one, "overloads") and type(one._cache).__name__ == "_SharedCache":
                    found |= {(one.py_func.__module__, one.py_func.__name__, str(s)) for s in one.overloads}
    return found

compile_ahead.ahead()
behind = loaded()
engine = compile_ahead.town()
for _ in range(14):
    engine.step()
print(len(behind), sorted(one[:2] for one in loaded() - behind))
"""


def test_a_companion_asks_for_all_that_a_year_asks_for():
    out = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=300, check=True).stdout
    count, missing = out.split(maxsplit=1)
    assert missing.strip() == "[]"
    assert int(count) > 30


def test_shortcuts_last_as_long_as_the_compilation():
    usual = types.BaseFunction.get_call_type

    @real.kernel
    def sums(x, n):
        return x + n * x

    @real.kernel
    def wrong(x):
        return x + "text"

    assert sums(2.0, 3) == 8.0
    assert types.BaseFunction.get_call_type is usual
    with pytest.raises(errors.TypingError):
        wrong(2.0)
    assert types.BaseFunction.get_call_type is usual


def test_with_shortcuts_the_same_machine_code_is_made(monkeypatch):
    def work(table, low, n):
        total = 0.0
        for i in range(low, n):
            total += min(table[i], 3.0) * i - (i % 2)
        return total

    def code():
        made = real.kernel(work)
        made(numpy.arange(4.0), 0, 4)
        (text,) = made.inspect_llvm().values()
        return re.sub(r"(v|B)\d+|_3cdynamic_3e|\d+", "", text)

    code()  # what is looked up once has been
    remembered = code()
    monkeypatch.setattr(shortcuts, "_resolved_once", lambda usual: usual)
    assert code() == remembered
