"""Where configs lie and which options they offer; no Hydra here, so that lists and completion are quick."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from alliancesim.errors import UserError
from alliancesim.scenario.checks import nearest

GROUPS = ("territory", "resources", "history", "animation", "rules", "extensions", "case")
SEVERAL = ("animation", "extensions")
"""Groups of which one may choose several options at once."""

PRIMARY = "config"


def packaged_folder() -> Path:
    """Folder of the configs that come with the package: the checkout's first, else those inside the package.

    An editable install would find an old copy inside the package, hence the order.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1] / "configs"
    if package.parent.name == "src" and (checkout / f"{PRIMARY}.yaml").is_file():
        return checkout
    return package / "_configs"


def user_folder(config_dir: str | os.PathLike[str] | None) -> Path | None:
    """The user's own folder of configs, absolute.

    Raises
    ------
    UserError
        If it is no folder.
    """
    if config_dir is None:
        return None
    folder = Path(config_dir).expanduser()
    if not folder.is_dir():
        raise UserError(f"--config-dir: found {str(config_dir)!r}, expected an existing folder")
    return folder.resolve()


def folders(config_dir: str | os.PathLike[str] | None = None) -> list[Path]:
    """Folders of configs, the first to be looked in first."""
    own = user_folder(config_dir)
    return ([own] if own is not None else []) + [packaged_folder()]


@dataclass(frozen=True)
class Option:
    """One option of a group: its name, its file, and the first line of comment in it."""

    group: str
    name: str
    path: Path
    doc: str


def find(config_path: str, config_dir: str | os.PathLike[str] | None = None) -> Path | None:
    """File of a config such as ``territory/rural``, the user's first."""
    for folder in folders(config_dir):
        path = folder / f"{config_path}.yaml"
        if path.is_file():
            return path
    return None


def label(path: Path) -> str:
    """A config file as origins and errors name it: ``configs/territory/rural.yaml``, or the user's own path."""
    try:
        return "configs/" + path.relative_to(packaged_folder()).as_posix()
    except ValueError:
        return str(path)


def options(group: str, config_dir: str | os.PathLike[str] | None = None) -> dict[str, Option]:
    """Options of a group by name, in alphabetical order; the user's files shadow the package's."""
    found: dict[str, Option] = {}
    for folder in reversed(folders(config_dir)):
        for path in sorted((folder / group).glob("*.yaml"), key=lambda path: path.name):
            found[path.stem] = Option(group, path.stem, path, _first_comment(path))
    return dict(sorted(found.items()))


def _first_comment(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                text = line.strip()
                if text.startswith("#") and not text.startswith("# @"):
                    return text.lstrip("# ")
                if text and not text.startswith("#"):
                    break
    except OSError:
        pass
    return ""


def check_option(group: str, name: object, config_dir: str | os.PathLike[str] | None = None) -> str:
    """The name of an option, if the group has it.

    Raises
    ------
    UserError
        One line with the options and the nearest.
    """
    known = options(group, config_dir)
    if isinstance(name, str) and name in known:
        return name
    shown = "null" if name is None else repr(name)
    listed = ", ".join(known) + (" or null" if group == "case" else "")
    hint = nearest(name, known) if isinstance(name, str) else ""
    raise UserError(f"{group}: found {shown}, expected one of {listed}{hint}")
