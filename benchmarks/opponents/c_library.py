"""The opponents in C: their sources compiled with the system's compiler into a temporary folder, and loaded.

``layout.h`` is written from the NumPy dtypes, with assertions on every offset, so that C reads what NumPy stores.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from alliancesim.kernels import forum_tables, layout
from alliancesim.parameters import RULES_DTYPE
from alliancesim.state.tables import MEETING

HERE = Path(__file__).resolve().parent
SOURCES = ("hot_kernels.c", "hot_chances.c", "hot_observation.c", "forum.c")
FLAGS = (
    "-std=c99",
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
)
"""No fast mathematics: results must have the same bits, and Numba fuses no multiplication with an addition either."""

RECORDS = {
    "Organisation": layout.ORGANISATION, "Tie": layout.TIE, "Cell": layout.CELL, "Square": layout.SQUARE,
    "Perimeter": layout.PERIMETER, "Idea": layout.IDEA, "Alliance": layout.ALLIANCE, "Membership": layout.MEMBERSHIP,
    "Meeting": MEETING, "Participant": forum_tables.PARTICIPANT, "Setting": forum_tables.SETTING,
    "Action": forum_tables.ACTION, "Rules": RULES_DTYPE,
}  # fmt: skip
_TYPES = {"f8": "double", "f4": "float", **{f"i{n}": f"int{8 * n}_t" for n in (1, 2, 4, 8)}}
_TYPES |= {f"u{n}": f"uint{8 * n}_t" for n in (1, 2, 4, 8)}


WIDTHS = {
    "f8": "fade benefits anchoring need relief perimeter_need whole purse cell_x cell_y sums depth stage origin form total number "
    "shared trust organisation_mass part_mass boxes cumulated peers finished experiments failed",
    "f4": "salience objectives root",
    "i8": "order streams changes blocks part_of_block result",
    "i4": "slots due rows active choice near turn met",
    "i2": "guide",
    "u8": "keys",
    "u1": "pending",
    "b1": "institutional",
    "i1": "sphere",
}
"""What C takes the elements of a plain array to be, by the name of the argument; records have the dtypes of ``RECORDS``."""
_WIDTH = {name: width for width, names in WIDTHS.items() for name in names.split()}


class NoCompiler(Exception):
    """There is no C compiler on the path, or it does not know the flags."""


def compiler() -> str | None:
    """The first of ``$CC``, cc, gcc and clang that is on the path."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return shutil.which(name)
    return None


def record(name: str, dtype: np.dtype) -> str:
    """A struct with the fields of a dtype where the dtype has them."""
    fields, checks = [], [f'_Static_assert(sizeof({name}) == {dtype.itemsize}, "{name}");']
    for field in dtype.names or ():
        column, offset = dtype.fields[field][:2]  # type: ignore[index]
        shape = "".join(f"[{n}]" for n in column.shape)
        fields.append(f"    {_TYPES[column.base.str[1:]]} {field}{shape};")
        checks.append(f'_Static_assert(offsetof({name}, {field}) == {offset}, "{name}.{field}");')
    packed = "" if dtype.isalignedstruct else " __attribute__((packed))"
    return "\n".join([f"typedef struct{packed} {{", *fields, f"}} {name};", *checks, ""])


def header() -> str:
    """``layout.h``."""
    lines = ["#ifndef LAYOUT_H", "#define LAYOUT_H", "#include <stddef.h>", "#include <stdint.h>", ""]
    return "\n".join([*lines, *(record(name, dtype) for name, dtype in RECORDS.items()), "#endif", ""])


@cache
def library() -> ctypes.CDLL:
    """The kernels in C.

    Raises
    ------
    NoCompiler
        Where nothing on the path compiles C.
    """
    command = compiler()
    if command is None:
        raise NoCompiler("no C compiler on the path (looked for $CC, cc, gcc, clang)")
    with tempfile.TemporaryDirectory(prefix="alliancesim-c-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "layout.h").write_text(header(), encoding="ascii")
        target = Path(folder) / "kernels.so"
        sources = [str(HERE / source) for source in SOURCES]
        done = subprocess.run(
            [command, *FLAGS, "-shared", "-fPIC", f"-I{folder}", f"-I{HERE}", *sources, "-lm", "-o", str(target)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{command}: status {done.returncode}\n{done.stderr[-3000:]}")
        return ctypes.CDLL(str(target))  # what is loaded stays when its file is gone


def version() -> str:
    """The compiler, in one line."""
    command = compiler()
    if command is None:
        return "no C compiler"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else command


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays hold the same bits; what lies between the fields of a record does not count."""
    if a.dtype.names:
        return all(same_bits(a[name], b[name]) for name in a.dtype.names)
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a.view(np.uint8), b.view(np.uint8))


class Function:
    """A function in C.

    Parameters
    ----------
    name : str
    takes : str
        Names of its arguments, in order; ``name.shape[k]`` is a length.
    returns : bool
        Whether it returns a whole number.
    widths : mapping of str to str, optional
        Where an array has other elements than in ``WIDTHS``.
    """

    def __init__(self, name: str, takes: str, returns: bool, widths: Mapping[str, str] | None = None) -> None:
        self.name, self.takes, self.returns, self.widths = name, tuple(takes.split()), returns, dict(widths or {})

    def bind(self, values: dict[str, Any]) -> Any:
        """A call without arguments, which were made ready: arrays by their address, the rest by its value."""
        function = getattr(library(), self.name)
        function.restype = ctypes.c_int64 if self.returns else None
        made: list[Any] = []
        for one in self.takes:
            name, _, axis = one.partition(".")
            value = values[name] if not axis else values[name].shape[int(axis[6:-1])]
            if isinstance(value, np.ndarray):
                if not value.flags.c_contiguous:
                    raise ValueError(f"{self.name}: {name} is not contiguous")
                if value.dtype not in RECORDS.values() and value.dtype.str[1:] != self.widths.get(
                    name, _WIDTH.get(name)
                ):
                    raise TypeError(f"{self.name}: {name} has elements that C does not expect, {value.dtype}")
                made.append(ctypes.c_void_p(value.ctypes.data))
            elif isinstance(value, (float, np.floating)):
                made.append(ctypes.c_double(value))
            else:
                made.append(ctypes.c_int64(int(value)))
        return lambda: function(*made)
