"""Hydra composes a scenario from groups of configs; the command line wins; every value knows its origin.

Hydra resolves the list of defaults (which files, in which order, in which package) and reads the grammar of values.
The files are then merged here, for two reasons: each value's origin is known, and a group that the command line chose
wins over what a case says about it, while Hydra lets the body of a case win over every group.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError
from alliancesim.scenario.checks import build, refuse, unknown
from alliancesim.scenario.library import (
    GROUPS,
    PRIMARY,
    SEVERAL,
    check_option,
    find,
    label,
    packaged_folder,
    user_folder,
)
from alliancesim.scenario.schema import Scenario, put, spec_at
from alliancesim.scenario.text import leaves, yaml_line
from alliancesim.scenario.uncertainty import WRITTEN, drawn_names

if TYPE_CHECKING:
    from omegaconf import DictConfig

COMMAND_LINE = "command line"
DEFAULT = "default"

# Hydra's global state and its plugins are one a process.
_lock = threading.RLock()
_user_folder: list[Path] = []
_plugin_registered = False

# Groups that are replaced as a whole, not key by key, when the command line chooses them against a case.
_REPLACED = ("territory", "history", "animation")


@dataclass(frozen=True)
class Layer:
    """What one file or the command line says, as plain data in the scenario's own keys."""

    origin: str
    group: str
    data: dict[str, Any]


def load_scenario(*overrides: str, config_dir: str | os.PathLike[str] | None = None) -> Scenario:
    """Compose a scenario.

    Parameters
    ----------
    *overrides : str
        ``key=value``, as on the command line: ``"territory=rural"``, ``"animation=[events,fund]"``.
    config_dir : path, optional
        A folder of one's own configs, which may shadow the package's.

    Raises
    ------
    UserError
        One line: the key or file, what was found, what was expected.
    """
    return compose(overrides, config_dir)[0]


def origins(overrides: Sequence[str], config_dir: str | os.PathLike[str] | None = None) -> dict[str, tuple[Any, str]]:
    """Every key of the resolved scenario with its value and where it comes from.

    Returns
    -------
    dict
        Dotted key to (value, origin); origin is a file, ``command line`` or ``default``.
    """
    return compose(overrides, config_dir)[1]


def compose(
    overrides: Sequence[str], config_dir: str | os.PathLike[str] | None = None
) -> tuple[Scenario, dict[str, tuple[Any, str]]]:
    """A scenario and the origin of each of its values."""
    folder = user_folder(config_dir)
    chosen, values = _split(overrides, folder)
    layers = _reorder(_file_layers(chosen, folder), set(chosen) - {"case"})
    layers.append(Layer(COMMAND_LINE, "", values))
    data = _merge(layers)
    scenario = build(Scenario, data)
    said: dict[str, str] = {}
    for layer in layers:
        for path in leaves(layer.data):
            said[path] = layer.origin
    said.update(_drawn(scenario))
    return scenario, {path: (value, _origin(path, said)) for path, value in leaves(scenario.to_dict()).items()}


def _drawn(scenario: Scenario) -> dict[str, str]:
    """Origins of parameters that a draw set."""
    about = scenario.uncertainty
    if not about.on or about.drawn is None:
        return {}
    words = about.words(about.drawn)
    names = drawn_names(about)
    return {**{f"rules.{name}": words for name in names}, **{f"uncertainty.{name}": words for name in WRITTEN}}


def _origin(path: str, said: dict[str, str]) -> str:
    if path in said:
        return said[path]
    # A key whose parent was given as a whole, such as an empty mapping or null, has its parent's origin no longer.
    return DEFAULT


def _split(overrides: Sequence[str], folder: Path | None) -> tuple[dict[str, str], dict[str, Any]]:
    """Overrides as choices of groups (in Hydra's words) and values by key; the last of two wins."""
    chosen: dict[str, str] = {}
    values: dict[str, Any] = {}
    for text in overrides:
        if text.startswith("~"):
            raise UserError(f"{text}: found a deletion, expected key=value (leave the key out to have its default)")
        name, equals, raw = text.partition("=")
        name = name.lstrip("+").strip()
        if not equals or not name:
            raise UserError(f"{text!r}: found no '=', expected key=value")
        if name in GROUPS:
            if name == "case" and raw.strip() in ("null", "none", ""):
                chosen[name] = "null"
                continue
            parsed = _parse(name, raw)
            several = name in SEVERAL and isinstance(parsed, list) and len(parsed) > 0
            if several:
                names = [check_option(name, option, folder) for option in parsed]
                chosen[name] = "[" + ",".join(dict.fromkeys(names)) + "]"
            else:
                chosen[name] = check_option(name, parsed, folder)
            continue
        spec = spec_at(name)
        if spec is None:
            raise _unknown_key(name)
        put(values, name, _value(name, raw, spec.kind))
    return chosen, values


def _unknown_key(name: str) -> UserError:
    """The error of a key that no class has, with the names of its own level."""
    import dataclasses

    parent, _, _ = name.rpartition(".")
    spec = spec_at(parent) if parent else None
    if not parent:
        return unknown(name, [field.name for field in dataclasses.fields(Scenario)])
    if spec is None:
        return _unknown_key(parent)
    if spec.nested is None:
        return UserError(f"{name}: unknown key ({parent} holds {spec.expected()})")
    return unknown(name, [field.name for field in dataclasses.fields(spec.nested)])


def _value(name: str, raw: str, kind: str) -> Any:
    """A value of the command line. Texts are taken as they are: places have quotes, accents and leading zeros."""
    raw = raw.strip()
    if raw == "???":
        raise UserError(f"{name}: found '???', expected a value")
    if kind in ("str", "name", "path", "place", "names"):
        if raw in ("null", "None", "~"):
            return None
        if kind in ("place", "names") and raw.startswith("[") and raw.endswith("]"):
            return [_unquoted(item) for item in raw[1:-1].split(",") if item.strip()]
        return _unquoted(raw)
    return _parse(name, raw)


def _unquoted(raw: str) -> str:
    raw = raw.strip()
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "'\"":
        return raw[1:-1]
    return raw


def _parse(name: str, raw: str) -> Any:
    """A value in Hydra's grammar."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import QuotedString
    from hydra.errors import HydraException

    if not raw.strip():
        raise UserError(f"{name}: found nothing after '=', expected a value")
    try:
        override = OverridesParser.create().parse_override(f"{name}={raw}")
        value = override.value()
        sweep = override.is_sweep_override()
    except HydraException as error:
        raise UserError(f"{name}: found {raw!r}, expected a value ({_one_line(error)})") from None
    if sweep:
        spec = spec_at(name)
        number = spec is not None and spec.kind == "float"
        hint = "; decimals take a point" if number and raw.replace(",", "").strip().isdecimal() else ""
        raise UserError(f"{name}: found {raw!r}, expected one value{hint}")

    def plain(item: Any) -> Any:
        if isinstance(item, QuotedString):
            return item.text
        if isinstance(item, dict):
            return {str(plain(key)): plain(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [plain(inner) for inner in item]
        return item

    value = plain(value)
    if value == "???":
        raise UserError(f"{name}: found '???', expected a value")
    return value


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _register_plugin() -> None:
    """Tell Hydra once of the plug-in that puts the user's folder before ours."""
    global _plugin_registered
    if _plugin_registered:
        return
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class UserConfigs(SearchPathPlugin):
        """Prepends the user's folder, so that its files shadow the package's; Hydra's own option appends."""

        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            for folder in _user_folder:
                search_path.prepend(provider="alliancesim-user", path=f"file://{folder}")

    Plugins.instance().register(UserConfigs)
    _plugin_registered = True


def _file_layers(chosen: dict[str, str], folder: Path | None) -> list[Layer]:
    """What the files of the defaults list say, in Hydra's order."""
    import yaml
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from hydra.types import RunMode
    from omegaconf.errors import OmegaConfBaseException

    # Hydra takes no null for a group of the command line: a case that a config.yaml names is deleted instead.
    choices = ["~case" if option == "null" else f"{group}={option}" for group, option in chosen.items()]
    packaged = packaged_folder()
    if not (packaged / f"{PRIMARY}.yaml").is_file():
        raise UserError(f"{packaged / (PRIMARY + '.yaml')}: no such file, expected the package's configs")
    with _lock:
        _register_plugin()
        _user_folder[:] = [folder] if folder is not None else []
        try:
            with initialize_config_dir(str(packaged), job_name="alliancesim", version_base="1.3"):
                loader = GlobalHydra.instance().config_loader()
                found = loader.compute_defaults_list(PRIMARY, choices, RunMode.RUN).defaults
        except (HydraException, OmegaConfBaseException) as error:
            raise UserError(f"configs: {_one_line(error)}") from None
        except yaml.YAMLError as error:
            raise _broken(error, folder, chosen) from None
        except (ValueError, AssertionError, TypeError, AttributeError) as error:
            # What Hydra raises bare for a defaults list that is no list of groups.
            raise UserError(
                f"configs: found defaults that Hydra cannot use ({_one_line(error)}), expected a list of group: option"
            ) from None
        finally:
            _user_folder.clear()
    layers = []
    for entry in found:
        if entry.config_path is None or entry.config_path.startswith("hydra/") or entry.config_path == "hydra":
            continue
        path = find(entry.config_path, folder)
        if path is None:
            continue
        body: dict[str, Any] = _read(path)
        for package in reversed((entry.package or "").split(".") if entry.package else []):
            body = {package: body}
        layers.append(Layer(label(path), entry.config_path.partition("/")[0], body))
    return layers


def _broken(error: Exception, folder: Path | None, chosen: dict[str, str]) -> UserError:
    """Broken YAML, with the file: Hydra's error does not always name it."""
    for group, option in [(PRIMARY, ""), *chosen.items()]:
        for name in option.strip("[]").split(","):
            path = find(f"{group}/{name}" if name else group, folder)
            if path is not None:
                _read(path)
    for group in GROUPS:
        for base in filter(None, (folder, packaged_folder())):
            for path in sorted((base / group).glob("*.yaml")):
                _read(path)
    return UserError(f"configs: broken YAML, {yaml_line(error)}")


def _read(path: Path) -> dict[str, Any]:
    """What a config says, without its list of defaults."""
    import yaml
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        config = OmegaConf.load(path)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: broken YAML, {yaml_line(error)}") from None
    except (OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({_one_line(error)})") from None
    if not isinstance(config, DictConfig):
        raise UserError(f"{path}: found a list, expected keys and values")
    data = OmegaConf.to_container(config, resolve=False)
    assert isinstance(data, dict)
    data.pop("defaults", None)
    return {str(name): value for name, value in data.items()}


def _reorder(layers: list[Layer], chosen: set[str]) -> list[Layer]:
    """Put the groups that the command line chose after the case, and take from the case what they replace."""
    case = [layer for layer in layers if layer.group == "case"]
    if not case:
        return layers
    base = [layer for layer in layers if layer.group != "case" and layer.group not in chosen]
    late = [layer for layer in layers if layer.group in chosen]
    replaced = chosen.intersection(_REPLACED)
    case = [
        Layer(layer.origin, layer.group, {name: body for name, body in layer.data.items() if name not in replaced})
        for layer in case
    ]
    return base + case + late


def _merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """One mapping of plain data, interpolations resolved, nothing missing."""
    from omegaconf import OmegaConf
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    merged: DictConfig = OmegaConf.create({})
    for layer in layers:
        try:
            merged = OmegaConf.merge(merged, OmegaConf.create(layer.data))  # type: ignore[assignment]
        except OmegaConfBaseException as error:
            raise UserError(f"{layer.origin}: {_one_line(error)}") from None
    try:
        data = OmegaConf.to_container(merged, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        name = getattr(error, "full_key", None) or _one_line(error)
        where = next((layer.origin for layer in reversed(layers) if leaves(layer.data).get(name) == "???"), "a config")
        raise UserError(f"{name}: found '???' in {where}, expected a value") from None
    except OmegaConfBaseException as error:
        raise UserError(f"{getattr(error, 'full_key', None) or 'configs'}: {_one_line(error)}") from None
    if not isinstance(data, dict):
        raise refuse("scenario", data, "keys and values")
    return {str(name): value for name, value in data.items()}
