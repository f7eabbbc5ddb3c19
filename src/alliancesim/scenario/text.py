"""Scenarios as text: YAML in and out, with the origin of each value, and the description of every key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.scenario.checks import Spec, specs


def dump(data: Mapping[str, Any]) -> str:
    """Plain data as YAML text, keys in the order given."""
    import yaml

    return yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)


def yaml_line(error: Exception) -> str:
    """A YAML error in one line: the line in the file and the problem."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return where + " ".join(str(problem).split())


def read_mapping(path: Path) -> dict[str, Any]:
    """Keys and values of a YAML file.

    Raises
    ------
    UserError
        Missing or unreadable file, broken YAML, or no keys at the top.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file, expected a scenario in YAML") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: broken YAML, {yaml_line(error)}") from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: found {type(data).__name__}, expected keys and values of a scenario")
    return {str(name): value for name, value in data.items()}


def leaves(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys to values; lists and empty mappings are values."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            flat.update(leaves(value, f"{path}."))
        else:
            flat[path] = value
    return flat


def _inline(value: Any) -> str:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def with_origins(data: Mapping[str, Any], origin: Mapping[str, tuple[Any, str]]) -> str:
    """YAML text with the origin of each value in a comment beside it."""
    rows: list[tuple[str, str]] = []

    def walk(mapping: Mapping[str, Any], prefix: str, indent: str) -> None:
        for name, value in mapping.items():
            path = f"{prefix}{name}"
            if isinstance(value, Mapping) and value:
                rows.append((f"{indent}{name}:", ""))
                walk(value, f"{path}.", indent + "  ")
            else:
                rows.append((f"{indent}{name}: {_inline(value)}", origin[path][1] if path in origin else ""))

    walk(data, "", "")
    width = min(60, max(len(text) for text, _ in rows))
    return "\n".join(f"{text:<{width}}  # {note}" if note else text for text, note in rows) + "\n"


def describe_keys(cls: type, prefix: str = "") -> list[tuple[str, Spec, Any]]:
    """Every key of a class and of those nested in it: dotted key, what it may hold, default."""
    import dataclasses

    rows: list[tuple[str, Spec, Any]] = []
    defaults = {field.name: field for field in dataclasses.fields(cls)}
    for name, spec in specs(cls).items():
        field = defaults[name]
        default = field.default if field.default is not dataclasses.MISSING else None
        if default is None and field.default_factory is not dataclasses.MISSING and spec.kind == "names":
            default = field.default_factory()
        path = f"{prefix}{name}"
        if spec.nested is None:
            rows.append((path, spec, default))
        elif spec.kind == "many":
            rows += describe_keys(spec.nested, f"{path}.<name>.")
        elif spec.kind == "one":
            rows += describe_keys(spec.nested, f"{path}.")
        else:
            rows += describe_keys(spec.nested, f"{path}[].")
    return rows
