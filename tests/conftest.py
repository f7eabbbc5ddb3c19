"""Settings of the whole suite."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

settings.register_profile(
    "project", deadline=None, derandomize=True, max_examples=20, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Fast tests first: those marked slow run last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
