"""An experiment from its file: Hydra composes it, the command line wins, keys of the scenario go to its base."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import Experiment, from_dict
from alliancesim.experiments.settings import Settings
from alliancesim.scenario.checks import build, nearest, unknown
from alliancesim.scenario.library import packaged_folder, user_folder
from alliancesim.scenario.schema import Scenario

FOLDER = "experiments"


def experiments_folder() -> Path:
    """Folder of the experiments that come with the package."""
    configs = packaged_folder()
    return configs.parent / FOLDER if configs.name == "configs" else configs.parent / f"_{FOLDER}"


def available(config_dir: str | os.PathLike[str] | None = None) -> dict[str, Path]:
    """Experiments by name; the user's own shadow the package's."""
    folders = [experiments_folder()]
    own = user_folder(config_dir)
    if own is not None:
        folders += [own, own / FOLDER]
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            for path in sorted(folder.rglob("*.yaml") if folder.name.endswith(FOLDER) else folder.glob("*.yaml")):
                if path.parent == experiments_folder() / "hypotheses":
                    continue  # files of another kind, which `alliancesim reproduce hypotheses` runs
                found[path.relative_to(folder).with_suffix("").as_posix()] = path
    return dict(sorted(found.items()))


def load_experiment(
    name: str | os.PathLike[str], *overrides: str, config_dir: str | os.PathLike[str] | None = None
) -> Experiment:
    """Compose an experiment.

    Parameters
    ----------
    name : str or path
        Name of a shipped experiment or of one in ``config_dir``, or the path of a YAML file.
    *overrides : str
        ``key=value``: keys of the experiment (``replicates=5``, ``design.samples=64``), and any key of a scenario
        (``months=24``), which goes to the base.

    Raises
    ------
    UserError
        One line: the key or file, what was found, what was expected.
    """
    experiment, _settings = compose([f"experiment={name}", *overrides], config_dir)
    return experiment


def compose(overrides: Sequence[str], config_dir: str | os.PathLike[str] | None = None) -> tuple[Experiment, Settings]:
    """An experiment and how to run it, from the words of the command line.

    Raises
    ------
    UserError
    """
    name, own, base, run = _sorted(overrides)
    if name is None:
        words = ", ".join(available(config_dir)) or "no experiment here"
        raise UserError(f"experiment: found nothing, expected experiment=<name or path>; there are {words}")
    settings: Settings = build(Settings, _plain_settings(run))
    data = _body(name, own, config_dir)
    if settings.quick:
        quick = data.get("quick") or []
        if not isinstance(quick, list):
            raise UserError(f"quick: found {quick!r}, expected a list of key=value")
        _, quick_own, quick_base, _ = _sorted([str(text) for text in quick])
        data = _body(name, [*quick_own, *own], config_dir)
        base = [*quick_base, *base]
    if base:
        given = data.get("base") or []
        if not isinstance(given, list):
            raise UserError(f"base: found {given!r}, expected a list of key=value")
        factors = data.get("factors") or {}
        for text in base:
            key_ = text.partition("=")[0].strip()
            if isinstance(factors, dict) and factors.get(key_) is not None:
                raise UserError(
                    f"{key_}: a factor of this experiment, expected another key (to run some of its points, hand in a design)"
                )
        data["base"] = _later_wins([*map(str, given), *base])
    data.setdefault("name", Path(name).stem.replace(".", "_"))
    return from_dict(data), settings


def _later_wins(overrides: Sequence[str]) -> list[str]:
    """Overrides with the last of two for one key."""
    last: dict[str, str] = {}
    for text in overrides:
        key = text.partition("=")[0].strip()
        last.pop(key, None)
        last[key] = text
    return list(last.values())


def _sorted(overrides: Sequence[str]) -> tuple[str | None, list[str], list[str], list[str]]:
    """The experiment's name; its own keys; keys of the base; keys that say how to run."""
    own_keys = {field.name for field in dataclasses.fields(Experiment)} - {"base", "factors", "scenarios"}
    run_keys = {field.name for field in dataclasses.fields(Settings)}
    base_keys = {field.name for field in dataclasses.fields(Scenario)} - run_keys - {"threads", "profile"}
    name: str | None = None
    own: list[str] = []
    base: list[str] = []
    run: list[str] = []
    for text in overrides:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key or text.startswith(("~", "+")):
            raise UserError(f"{text!r}: expected key=value")
        head = key.partition(".")[0]
        if key == "experiment":
            name = value.strip()
            if not name:
                raise UserError("experiment: found nothing after '=', expected a name or a path")
        elif head in run_keys:
            run.append(text)
        elif head == "threads":
            raise UserError("threads: a run of an experiment uses one thread; workers=N says how many run at once")
        elif head == "profile":
            raise UserError("profile: found it for an experiment, expected it for one run (alliancesim run)")
        elif head in own_keys or head == "factors":
            own.append(text)
        elif head in base_keys:
            base.append(text)
        else:
            raise unknown(key, {*own_keys, *run_keys, *base_keys, "factors"})
    return name, own, base, run


def _plain_settings(overrides: Sequence[str]) -> dict[str, Any]:
    from alliancesim.scenario.checks import specs
    from alliancesim.scenario.compose import _value

    known = specs(Settings)
    data: dict[str, Any] = {}
    for text in overrides:
        key, _, raw = text.partition("=")
        key = key.strip()
        if key not in known:
            raise unknown(key, known)
        data[key] = _value(key, raw, known[key].kind)
    return data


def find(name: str, config_dir: str | os.PathLike[str] | None = None) -> Path:
    """File of an experiment.

    Raises
    ------
    UserError
        Naming the nearest.
    """
    if name.endswith((".yaml", ".yml")) or (os.sep in name and Path(name).exists()):
        path = Path(name).expanduser()
        if not path.is_file():
            raise UserError(f"experiment: found {name!r}, expected a file that exists")
        return path
    known = available(config_dir)
    if name not in known:
        raise UserError(
            f"experiment: found {name!r}, expected one of {', '.join(known)}, or a path ending in "
            f".yaml{nearest(name, known)}"
        )
    return known[name]


def _body(name: str, overrides: Sequence[str], config_dir: str | os.PathLike[str] | None) -> dict[str, Any]:
    """Keys and values of an experiment's file, its list of defaults and the command line composed by Hydra."""
    import yaml
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from alliancesim.scenario.compose import _lock, _one_line
    from alliancesim.scenario.text import yaml_line

    path = find(name, config_dir).resolve()
    try:
        loaded = OmegaConf.load(path)
        if not OmegaConf.is_dict(loaded):
            raise UserError(f"{path}: found a list, expected keys and values")
        with _lock, initialize_config_dir(str(path.parent), job_name="alliancesim", version_base="1.3"):
            forced = [text if text.startswith("+") else f"++{text}" for text in overrides]
            config = hydra_compose(config_name=path.stem, overrides=forced)
        data = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: broken YAML, {yaml_line(error)}") from None
    except (HydraException, OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path.name}: {_one_line(error)}") from None
    assert isinstance(data, dict)
    return {str(key): value for key, value in data.items()}
