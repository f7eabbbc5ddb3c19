"""What Numba does for everybody while it compiles, and our kernels need not wait for.

Each holds while one of our kernels is compiled, under Numba's own lock; what users compile is compiled as ever. Where a
version of Numba has no such function, nothing is changed: only time depends on it, no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from numba.core import types
from numba.core.targetconfig import ConfigStack
from numba.np import arrayobj, linalg

_taken = False


@contextmanager
def shortcuts() -> Iterator[None]:
    """All of them, while a kernel is compiled, and what that one calls."""
    global _taken
    if _taken:
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(_replaced(arrayobj, "fix_integer_index", _counted_from_zero))
        stack.enter_context(_replaced(types.BaseFunction, "get_call_type", _resolved_once))
        stack.enter_context(_replaced(linalg, "ensure_blas", _scipy_taken_for_granted))
        _taken = True
        try:
            yield
        finally:
            _taken = False


@contextmanager
def _replaced(place: Any, name: str, by: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """``place.name`` is ``by(place.name)`` for a while."""
    usual = getattr(place, name, None)
    if usual is None:
        yield
        return
    setattr(place, name, by(usual))
    try:
        yield
    finally:
        setattr(place, name, usual)


def _counted_from_zero(_usual: Callable[..., Any]) -> Callable[..., Any]:
    """No kernel indexes from the end: without the test for it at every access, loops over tables are a third faster."""

    def as_it_is(context: Any, builder: Any, kind: Any, index: Any, _size: Any) -> Any:
        return context.cast(builder, index, kind, types.intp if kind.signed else types.uintp)

    return as_it_is


_resolved: dict[tuple[Any, ...], Any] = {}


def _resolved_once(usual: Callable[..., Any]) -> Callable[..., Any]:
    """What an operator or a function of Numba's does with arguments of some types is looked up once.

    Numba tries its dozens of implementations of ``+`` anew at every ``+``: a fifth of a first compilation. Functions that
    may make arrays and functions that may not have implementations of their own, and so have those of other rules of division.
    """

    def resolve(function: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws:
            return usual(function, context, args, kws)
        flags = ConfigStack.top_or_none()
        key = (function, context, args, None if flags is None else (flags.nrt, flags.error_model))
        found = _resolved.get(key)
        if found is None:
            found = _resolved[key] = usual(function, context, args, kws)
        return found

    return resolve


def _scipy_taken_for_granted(_usual: Callable[..., Any]) -> Callable[..., Any]:
    """Whether products of matrices can be had is asked of SciPy, whose linear algebra is imported for it in every process.

    We depend on SciPy and multiply no matrices; a kernel that does asks again.
    """
    return lambda: None
