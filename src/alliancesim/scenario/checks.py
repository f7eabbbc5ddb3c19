"""Typed and bounded keys: what a key may hold, and the one line that says when it does not."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from alliancesim.errors import UserError

T = TypeVar("T")

_NAME = re.compile(r"[^\W\d]\w*(?:[- ]\w+)*\Z")


@dataclass(frozen=True)
class Spec:
    """What one key may hold.

    Attributes
    ----------
    kind : str
        ``int``, ``float``, ``bool``, ``str``, ``name``, ``path``, ``names`` (a list of names), ``texts`` (a list of
        texts), ``place`` (a text or a list of texts), ``options`` and ``values`` (keys and values, or a list of values,
        checked by their owner), ``one`` (a nested class), ``many`` (names to a nested class) or ``list`` (a list of a
        nested class).
    doc, unit : str
    minimum, maximum : float, optional
        Bounds, both allowed.
    above : float, optional
        Bound that is not allowed itself.
    choices : tuple of str
        Allowed words; none means any.
    optional : bool
        Whether null is allowed.
    switch : bool
        A whole number 0 or 1 that may be given as true or false, on or off.
    nested : type, optional
        Class of nested keys, for the last three kinds.
    named : str
        Key of a nested class that defaults to the name it is filed under, for ``many``.
    """

    kind: str
    doc: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    switch: bool = False
    nested: type | None = None
    named: str = ""

    def expected(self) -> str:
        """Words for what is expected, for errors and for help."""
        if self.choices:
            words = "a list of " if self.kind == "names" else "one of "
            return words + ", ".join(self.choices) + (" or null" if self.optional else "")
        words = {
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "str": "text",
            "path": "a file name",
            "name": "a name",
            "names": "a list of names",
            "texts": "a list of texts",
            "values": "a list of values",
            "place": "a name, a code in quotes, or a list of them",
            "one": "keys and values",
            "many": "names, each with keys and values",
            "list": "a list of keys and values",
            "options": "keys and values",
        }[self.kind]
        if self.switch:
            words = "0 or 1 (off or on)"
        elif self.kind in ("int", "float") and (bounds := self.bounds()):
            words = f"{words} {bounds}"
        return words + (" or null" if self.optional else "")

    def bounds(self) -> str:
        """Bounds as words, or nothing."""
        low, high = self.minimum, self.maximum
        if high is not None and math.isinf(high):
            high = None
        if self.above is not None:
            return f"above {number(self.above)}" + (f" and at most {number(high)}" if high is not None else "")
        if low is not None and high is not None:
            return f"from {number(low)} to {number(high)}"
        if low is not None:
            return f"of {number(low)} or more"
        return f"of at most {number(high)}" if high is not None else ""


def number(value: float) -> str:
    """A number without a needless decimal part."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e7 else repr(value)


def shown(value: Any) -> str:
    """A value as an error shows it: one line, not too long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 80 else text[:77] + "..."


def nearest(word: str, among: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest of some words, or nothing."""
    names = sorted(set(among))
    found = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if not found:
        folded = {name.casefold(): name for name in names}
        found = [folded[match] for match in difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.5)]
    return f" (did you mean {found[0]!r}?)" if found else ""


def refuse(path: str, value: Any, expected: str, hint: str = "") -> UserError:
    """The error of a key that holds something else than it should."""
    return UserError(f"{path}: found {shown(value)}, expected {expected}{hint}")


def unknown(path: str, among: Iterable[str]) -> UserError:
    """The error of a key that does not exist; the nearest one is suggested, with its own prefix."""
    prefix, _, last = path.rpartition(".")
    names = sorted(set(among))
    hint = nearest(last, names)
    if hint and prefix:
        hint = hint.replace("mean '", f"mean '{prefix}.", 1)
    if not hint:
        listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        hint = f" (keys of {prefix or 'a scenario'}: {listed})"
    return UserError(f"{path}: unknown key{hint}")


def _text(spec: Spec, value: Any, path: str) -> str:
    if not isinstance(value, str):
        quote = ": put a code between quotes" if isinstance(value, (int, float)) else ""
        raise refuse(path, value, spec.expected(), quote)
    text: str = value.strip()
    if not text or ("\n" in text and spec.kind != "str"):
        raise refuse(path, value, spec.expected())
    if text == "???":
        raise UserError(f"{path}: found '???', expected a value")
    if spec.choices and text not in spec.choices:
        raise refuse(path, value, spec.expected(), nearest(text, spec.choices))
    if spec.kind in ("name", "names") and not spec.choices and not _NAME.match(text):
        raise refuse(path, value, "a name of letters, digits, '-' and '_', starting with a letter")
    return text


def _switch(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return {"on": 1, "off": 0, "yes": 1, "no": 0}.get(value.casefold(), value)
    return value


def _number(spec: Spec, value: Any, path: str) -> int | float:
    if spec.switch:
        value = _switch(value)
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not numeric and hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # a NumPy scalar, from a design or a notebook
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not numeric or (isinstance(value, float) and not math.isfinite(value)):
        raise refuse(path, value, spec.expected())
    if spec.kind == "int":
        if isinstance(value, float) and not value.is_integer():
            raise refuse(path, value, spec.expected())
        result: int | float = int(value)
    else:
        result = float(value)
    if (
        (spec.minimum is not None and result < spec.minimum)
        or (spec.maximum is not None and result > spec.maximum)
        or (spec.above is not None and result <= spec.above)
        or (spec.switch and result not in (0, 1))
    ):
        raise refuse(path, value, spec.expected())
    return result


def _texts(spec: Spec, value: Any, path: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise refuse(path, value, spec.expected())
    texts = [_text(spec, item, f"{path}[{index}]") for index, item in enumerate(value)]
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise UserError(f"{path}[{index}]: found {text!r} twice, expected each once")
    return texts


def check(spec: Spec, value: Any, path: str) -> Any:
    """Check one value against what its key may hold.

    Returns
    -------
    object
        The value in its own type (a whole number given as 3.0 is 3; a tuple is a list).

    Raises
    ------
    UserError
        One line: the key, what was found, what was expected.
    """
    if value is None:
        if spec.optional:
            return None
        raise refuse(path, value, spec.expected())
    if spec.kind in ("int", "float"):
        return _number(spec, value, path)
    if spec.kind == "bool":
        if not isinstance(value, bool):
            raise refuse(path, value, spec.expected())
        return value
    if spec.kind in ("names", "texts"):
        return _texts(spec, value, path)
    if spec.kind == "values":
        if not isinstance(value, (list, tuple)):
            raise refuse(path, value, spec.expected())
        return list(value)
    if spec.kind == "place":
        if isinstance(value, (list, tuple)):
            if not value:
                raise refuse(path, value, spec.expected())
            return _texts(spec, value, path)
        return _text(spec, value, path)
    if spec.kind in ("one", "many", "list"):
        return _nested(spec, value, path)
    if spec.kind == "options":
        if not isinstance(value, Mapping):
            raise refuse(path, value, spec.expected())
        return dict(value)
    return _text(spec, value, path)


def _nested(spec: Spec, value: Any, path: str) -> Any:
    assert spec.nested is not None
    if spec.kind == "one":
        return build(spec.nested, value, path)
    if spec.kind == "list":
        if not isinstance(value, (list, tuple)):
            raise refuse(path, value, spec.expected())
        return [build(spec.nested, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, Mapping):
        raise refuse(path, value, spec.expected())
    built: dict[str, Any] = {}
    for name, item in value.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise refuse(path, name, "names of letters, digits, '-' and '_', starting with a letter")
        if spec.named and isinstance(item, Mapping) and item.get(spec.named) is None:
            item = {**item, spec.named: name}
        built[name] = build(spec.nested, item, f"{path}.{name}")
    return built


# Where a nested object stands in the scenario, so that its checks name the whole key.
_place: contextvars.ContextVar[str | None] = contextvars.ContextVar("place", default=None)


@contextlib.contextmanager
def _at(path: str) -> Iterator[None]:
    token = _place.set(path)
    try:
        yield
    finally:
        _place.reset(token)


def specs(cls: type) -> dict[str, Spec]:
    """What every key of a class may hold, in order."""
    return {field.name: field.metadata["spec"] for field in dataclasses.fields(cls)}


def build(cls: type[T], data: Any, path: str = "") -> T:
    """Make a checked object from plain data.

    Parameters
    ----------
    cls : type
        A dataclass derived from `Checked`.
    data : Mapping
        Keys and values, or an object of the class already.
    path : str
        Key of the object in the scenario, for errors.
    """
    if isinstance(data, cls):
        return data
    if not isinstance(data, Mapping):
        raise refuse(path or "scenario", data, "keys and values: " + ", ".join(list(specs(cls))[:8]))
    known = specs(cls)
    for key in data:
        if key not in known:
            raise unknown(f"{path}.{key}" if path else str(key), known)
    with _at(path):
        return cls(**data)


class Checked:
    """Base of the scenario's dataclasses: every value is checked when the object is made."""

    def __post_init__(self) -> None:
        path = _place.get() or ""
        prefix = f"{path}." if path else self._prefix()
        for name, spec in specs(type(self)).items():
            object.__setattr__(self, name, check(spec, getattr(self, name), prefix + name))
        self._check_together(prefix)

    @classmethod
    def _prefix(cls) -> str:
        return ""

    def _check_together(self, prefix: str) -> None:
        """Check what involves several keys; fill what follows from others."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data: mappings, lists, texts, numbers."""
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """Plain data of a value of a scenario."""
    if isinstance(value, Checked):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def key(default: Any, kind: str, doc: str, **more: Any) -> Any:
    """A dataclass field with its `Spec`; lists and mappings as defaults are copied for each object."""
    metadata = {"spec": Spec(kind, doc, **more)}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=_copier(default), metadata=metadata)
    if isinstance(default, type):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def _copier(default: list[Any] | dict[str, Any]) -> Callable[[], Any]:
    return lambda: default.copy()
