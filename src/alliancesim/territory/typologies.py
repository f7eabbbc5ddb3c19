"""The four typologies as data: distributions that a synthetic territory is generated from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TypologySpec:
    """Distributions that a synthetic territory is generated from.

    All are assumptions, within what SOURCE says of the type.

    Attributes
    ----------
    label : str
        Name for titles; no rule reads it.
    population : int
        Default number of inhabitants. Another number scales the area at equal density profile.
    density : float
        Mean inhabitants per km² of the whole territory; it sets the area.
    cell_km : float
        Default side of a square, km.
    core_density, core_km : float
        Gradient around each town: relative density core_density / (1 + (r / core_km)²), on a background of 1.
    town_population : float
        One town for so many inhabitants, the first in the middle; each next one weighs ``town_decay`` of the one
        before.
    town_decay : float
    roughness : float
        Spread of settlement between squares, 0 (smooth) to 1: density × (1 + roughness (3.5 u² − 1.1667)), u uniform.
    commune_population : float
        Mean inhabitants of a commune; communes are contiguous sets of squares, their centres drawn by population^½.
    epci_population : float
        Mean inhabitants of an EPCI; EPCIs are contiguous sets of communes.
    deprived_share : float
        Share of all inhabitants in deprived districts.
    deprived_level : float
        Deprived share of a square inside a deprived patch, about (± 0.1).
    patch_population : float
        Inhabitants of a deprived patch, about; patches start at keyed squares, denser ones first.
    association_factor, firm_factor : float
        Factors on national densities per inhabitant where nobody is deprived; associations × 0.62 where all are.
    civic_capacity : float
        Where nobody is deprived; a quarter less where all are.
    need_level : float
        Factor on all needs.
    need_spread : float
        Needs of a square and domain vary by ± this share (uniform, keyed).
    other_side : float
        Share of inhabitants across a straight border; 0 for no border.
    gap : float
        Density beside the border relative to elsewhere (people live less at a border).
    """

    label: str
    population: int
    density: float
    cell_km: float
    core_density: float
    core_km: float
    town_population: float
    town_decay: float
    roughness: float
    commune_population: float
    epci_population: float
    deprived_share: float
    deprived_level: float
    patch_population: float
    association_factor: float
    firm_factor: float
    civic_capacity: float
    need_level: float
    need_spread: float
    other_side: float = 0.0
    gap: float = 1.0


# fmt: off
TYPOLOGIES: dict[str, TypologySpec] = {
    "urban": TypologySpec(
        "Urban", 120_000, 1_500.0, 1.0, core_density=8.0, core_km=2.0, town_population=60_000, town_decay=0.6,
        roughness=0.4, commune_population=9_000, epci_population=65_000, deprived_share=0.11, deprived_level=0.55,
        patch_population=6_000, association_factor=0.95, firm_factor=1.23, civic_capacity=0.5, need_level=1.0,
        need_spread=0.2,
    ),
    "rural": TypologySpec(
        "Rural", 45_000, 30.0, 2.0, core_density=70.0, core_km=1.3, town_population=7_500, town_decay=0.8,
        roughness=0.7, commune_population=480, epci_population=15_000, deprived_share=0.02, deprived_level=0.2,
        patch_population=2_500, association_factor=1.67, firm_factor=0.8, civic_capacity=0.55, need_level=1.05,
        need_spread=0.1,
    ),
    "zus": TypologySpec(
        "Deprived urban districts (ZUS)", 60_000, 5_000.0, 0.5, core_density=2.0, core_km=1.5, town_population=60_000,
        town_decay=0.6, roughness=0.6, commune_population=15_000, epci_population=60_000, deprived_share=0.45,
        deprived_level=0.8, patch_population=6_000, association_factor=1.0, firm_factor=0.9, civic_capacity=0.5,
        need_level=1.05, need_spread=0.1,
    ),
    "cross_border": TypologySpec(
        "Cross-border", 90_000, 225.0, 2.0, core_density=15.0, core_km=2.0, town_population=25_000, town_decay=0.7,
        roughness=0.5, commune_population=2_200, epci_population=30_000, deprived_share=0.06, deprived_level=0.4,
        patch_population=4_000, association_factor=1.0, firm_factor=1.0, civic_capacity=0.5, need_level=1.0,
        need_spread=0.12, other_side=0.4, gap=0.5,
    ),
}
# fmt: on
"""The four shipped typologies."""

COMPONENTS = ("density", "needs", "structuration", "distance", "border")
"""What two typologies can differ in (a past is the sixth: the scenario's ``history``)."""
