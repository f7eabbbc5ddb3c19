"""Ask for memory before it is needed.

A table of a large territory is larger than the caches, and what a meeting reads stands at a dozen random places of it. A
kernel that knows who comes next asks for their rows while it still works on who is there now; no result depends on it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from alliancesim.kernels.compile import inline

AHEAD = 12
"""Events between the asking and the use: about the time that memory takes."""


@intrinsic
def fetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Bring the line of 64 bytes on which array[index] begins near (index in bounds); changes nothing."""
    if not isinstance(array, types.Array) or not isinstance(index, types.Integer):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table = make_array(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8), ir.IntType(32)
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        stride = cgutils.unpack_tuple(builder, table.strides)[0]
        address = builder.gep(
            builder.bitcast(table.data, byte.as_pointer()), [builder.mul(row, stride)], source_etype=byte
        )
        read, near, data = number(0), number(3), number(1)
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), number, number, number])
        builder.call(
            cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8"), [address, read, near, data]
        )
        return context.get_dummy_value()

    return types.void(array, index), generate


@inline
def fetch_organisation(organisations, slots, i):
    """Bring the row of an organisation near, and where its ties begin (a row may stand on two lines of 64 bytes)."""
    fetch(organisations, i)
    fetch(organisations["ties"], i)
    fetch(slots, i)


@inline
def fetch_partners(organisations, ties, slots, i):
    """Bring the partners of an organisation near whose ties are there already, where one of them is to be forgotten."""
    start = slots[i]
    if organisations[i].ties == slots[i + 1] - start:
        for slot in range(start, start + organisations[i].ties):
            fetch(organisations["openness"], ties[slot].partner)


@inline
def fetch_ties(organisations, ties, slots, i):
    """Bring the ties of an organisation near, whose row is there already (eight ties to a line)."""
    start = slots[i]
    for slot in range(start, start + organisations[i].ties, 8):
        fetch(ties, slot)
