"""The Mesa face: all that touches Mesa is in this package, so that a change of Mesa touches few, small files."""

from __future__ import annotations

from alliancesim.mesa_face.agents import Association, Collectivity, Firm, Organisation
from alliancesim.mesa_face.grid import TerritoryCell, TerritoryGrid
from alliancesim.mesa_face.links import Alliance, Idea, Meeting, Tie
from alliancesim.mesa_face.model import AllianceModel

__all__ = [
    "Alliance",
    "AllianceModel",
    "Association",
    "Collectivity",
    "Firm",
    "Idea",
    "Meeting",
    "Organisation",
    "TerritoryCell",
    "TerritoryGrid",
    "Tie",
]
