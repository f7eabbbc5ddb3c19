"""Territories: real places, synthetic typologies, the user's own tables; each a frozen ``Territory``.

``territory.real``, ``territory.synthetic`` and ``territory.twins`` are the functions, not the modules of the same names:
what else those hold is imported as ``from alliancesim.territory.real import ...``.
"""

from __future__ import annotations

from typing import Any

from alliancesim.territory.real import real
from alliancesim.territory.synthetic import TYPOLOGIES, TypologySpec, synthetic
from alliancesim.territory.territory import Territory
from alliancesim.territory.twins import twins

__all__ = ["TYPOLOGIES", "Territory", "TypologySpec", "from_tables", "real", "schema_text", "synthetic", "twins"]


def __getattr__(name: str) -> Any:
    # Reading the user's own tables is imported late: few runs need it.
    if name == "from_tables":
        from alliancesim.territory.tables import from_tables

        return from_tables
    if name == "schema_text":
        from alliancesim.territory.schema import schema_text

        return schema_text
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
