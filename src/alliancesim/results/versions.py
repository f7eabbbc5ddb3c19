"""Which code ran, on what."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def package_version(name: str = "alliancesim") -> str:
    """Version of an installed package; ``0+checkout`` or ``absent`` where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "0+checkout" if name == "alliancesim" else "absent"


def code_version() -> str:
    """``git describe`` of the checkout that the package is imported from, else the version of the package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1]
    if package.parent.name == "src" and (checkout / ".git").exists():
        try:
            said = subprocess.run(
                ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--tags"],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            )
            return said.stdout.strip() or package_version()
        except (OSError, subprocess.SubprocessError):
            pass  # no git, or a checkout that it does not trust: the package's own version says enough
    return package_version()


def versions() -> dict[str, str]:
    """Versions of what a result's bits depend on."""
    packages = ("numpy", "numba", "mesa", "pandas", "pyarrow")
    return {
        "alliancesim": package_version(),
        "python": platform.python_version(),
        **{name: package_version(name) for name in packages},
        "platform": platform.platform(),
    }
