"""Headings and single values of the user's tables, against the definitions of ``territory.schema``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from alliancesim.catalogue import KINDS
from alliancesim.territory.schema import NOTE, Column, expand
from alliancesim.territory.table_files import RawTable, Report, nearest, shown

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile("[+-]?[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+([.,][0-9]*)?")
_SPACES = re.compile("[ \u00a0\u202f]")
_CONTROL = re.compile("[\\x00-\\x1f]")
TRUE = frozenset(("true", "1", "yes", "oui", "vrai"))
FALSE = frozenset(("false", "0", "no", "non", "faux"))
STORED = {"number": np.float64, "whole": np.int64, "flag": np.bool_}

Reader = Callable[[Any, Column, bool], Any]


class Bad(Exception):
    """What is wrong with a value: the words after "found ..., "."""


@dataclass
class Field:
    """A column that is there, read.

    Attributes
    ----------
    values : ndarray, shape (n_rows,)
        float64, int64 or bool for numbers, whole numbers and flags, else objects; 0, False or "" where not ``known``.
    known : ndarray of bool
        Filled and right.
    right : ndarray of bool
        Right, or empty where that is allowed.
    """

    values: np.ndarray
    known: np.ndarray
    right: np.ndarray


def folded(name: str) -> str:
    """A name as it is compared: case, spaces around, spaces and hyphens inside do not matter."""
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def match_columns(
    raw: RawTable, columns: tuple[Column, ...], domains: tuple[str, ...] | None, report: Report
) -> dict[str, tuple[Column, list[Any]]]:
    """Columns of a table by their names in the schema.

    Parameters
    ----------
    domains : tuple of str or None
        None: whatever the columns name.

    Returns
    -------
    dict
        Definition and values of each column found, in the order of the table.
    """
    known: dict[str, Column] = {}
    for column in columns:
        if "<domain>" in column.name and domains is None:
            continue
        for name in expand(column.name, domains or ()):
            known[folded(name)] = replace(column, name=name)
    # Without domains to go by, any name after need_ or salience_ is one.
    open_ends = [column for column in columns if domains is None and "<domain>" in column.name]
    found: dict[str, tuple[Column, list[Any]]] = {}
    heading: dict[str, str] = {}
    for number, (original, values) in enumerate(zip(raw.names, raw.columns, strict=True), 1):
        name = folded(original)
        if not name:
            if any(value is not None for value in values):
                report.add(raw.label, f"column {number} has values and no name, expected a name in the header")
            continue
        if name == NOTE or name.startswith(f"{NOTE}_"):
            continue
        definition = known.get(name)
        for column in open_ends:
            if definition is None and re.fullmatch(column.name.replace("<domain>", r"[^\W_]\w*"), name):
                definition = replace(column, name=name)
        if definition is None:
            hint = nearest(name, known)
            report.column(raw, original.strip(), f"unknown column{hint or f', expected one of {_some(known)}'}")
        elif definition.name in found:
            report.column(raw, definition.name, f"is there twice ({heading[definition.name]!r} and {original!r})")
        else:
            found[definition.name] = (definition, values)
            heading[definition.name] = original
    return found


def _some(names: dict[str, Column]) -> str:
    listed = list(names)
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def read_fields(raw: RawTable, found: dict[str, tuple[Column, list[Any]]], report: Report) -> dict[str, Field]:
    """Values of all columns; every value that is wrong goes to the report."""
    fields = {}
    for name, (column, items) in found.items():
        size = len(items)
        blank: Any = "" if column.type not in STORED else 0
        values: np.ndarray = np.full(size, blank, dtype=STORED.get(column.type, object))
        known, right = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        read = READERS[column.type]
        for position, item in enumerate(items):
            if item is None:
                right[position] = column.empty
                if not column.empty:
                    report.value(raw, position, name, f"is empty, expected {column.expected()}")
                continue
            try:
                values[position] = read(item, column, raw.comma)
            except Bad as bad:
                report.value(raw, position, name, f"found {shown(item)}, {bad}")
            else:
                known[position] = right[position] = True
        fields[name] = Field(values, known, right)
    return fields


# -- one value --------------------------------------------------------------------------------------------------------


def read_number(item: Any, column: Column, comma: bool) -> float:
    """A number within the limits of its column."""
    hint = ""
    if isinstance(item, (bool, np.bool_)):
        raise Bad(f"expected {column.expected()}")
    if isinstance(item, (Real, Decimal)):
        value = float(item)
    else:
        text = item.strip() if isinstance(item, str) else ""
        if not _NUMBER.fullmatch(text) and _GROUPED.fullmatch(text):
            text = _SPACES.sub("", text)
        if "," in text:
            if comma and text.count(",") == 1 and "." not in text:
                text = text.replace(",", ".")
            elif not comma:
                hint = " (a decimal comma is read where the separator is the semicolon)"
        if text.endswith("%"):
            hint = " (a share, not a percentage)"
        if not _NUMBER.fullmatch(text):
            raise Bad(f"expected {column.expected()}{hint}")
        value = float(text)
    if not math.isfinite(value):
        raise Bad(f"expected {column.expected()}")
    low, high = column.minimum, column.maximum
    if (low is not None and (value < low or (column.above and value == low))) or (high is not None and value > high):
        if column.unit == "km":
            hint = " (kilometres, not metres)"
        elif high == 1 and 1 < value <= 100:
            hint = " (a share, not a percentage)"
        raise Bad(f"expected {column.expected()}{hint}")
    return value


def read_whole(item: Any, column: Column, comma: bool) -> int:
    """A whole number within the limits of its column."""
    if isinstance(item, Integral) and not isinstance(item, bool) and column.minimum is not None:
        if column.minimum <= int(item) <= (column.maximum or 0):
            return int(item)
        raise Bad(f"expected {column.expected()}")
    value = read_number(item, column, comma)
    if value != math.floor(value):
        raise Bad(f"expected {column.expected()}")
    return int(value)


def read_flag(item: Any, column: Column, comma: bool) -> bool:
    """True or false, in English or French, or 1 and 0."""
    if isinstance(item, (bool, np.bool_)):
        return bool(item)
    word = read_text(item, column, comma).casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise Bad(f"expected {column.expected()}")


def read_text(item: Any, column: Column, comma: bool) -> str:
    """Text; numbers count as the text that a table shows (a code 1004 that a spreadsheet took for a number)."""
    if isinstance(item, str):
        text = item.strip()
        if _CONTROL.search(text):
            raise Bad("expected text on one line")
        if not text:
            raise Bad("expected text")
        return text
    if isinstance(item, (bool, np.bool_)):
        raise Bad("expected text")
    if isinstance(item, (Integral, Decimal)):
        return str(item)
    if isinstance(item, Real) and math.isfinite(float(item)):
        value = float(item)
        return str(int(value)) if value.is_integer() else repr(value)
    raise Bad("expected text")


_LABELS = {folded(kind.label): kind.name for kind in KINDS}


def read_choice(item: Any, column: Column, comma: bool) -> str:
    """One of the choices of a column; kinds also by their labels."""
    word = folded(read_text(item, column, comma))
    if word in column.choices:
        return word
    if column.name == "kind" and word in _LABELS:
        return _LABELS[word]
    if column.name == "stage" and word == "engaged":
        raise Bad("expected naive or willing (nobody is engaged before the first alliance)")
    raise Bad(f"expected {column.expected()}{nearest(word, column.choices)}")


def read_words(item: Any, column: Column, comma: bool) -> str:
    """Several choices, as ``a|b`` in the order of the catalogue."""
    text = read_text(item, column, comma)
    words = {folded(word) for word in text.replace(";", "|").split("|") if word.strip()}
    wrong = sorted(words - set(column.choices))
    if wrong or not words:
        hint = "".join(nearest(word, column.choices) for word in wrong[:1])
        told = f"{', '.join(map(repr, wrong))} is none of them, " if wrong and len(words) > 1 else ""
        raise Bad(f"{told}expected {column.expected()}{hint}")
    return "|".join(word for word in column.choices if word in words)


READERS: dict[str, Reader] = {
    "number": read_number,
    "whole": read_whole,
    "flag": read_flag,
    "text": read_text,
    "choice": read_choice,
    "words": read_words,
}

__all__ = ["Field", "folded", "match_columns", "read_fields"]
