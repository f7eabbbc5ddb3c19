"""A SolaraViz page of a model: a map, curves, and controls for territory, resources and animation."""

from __future__ import annotations

from typing import Any

from alliancesim.errors import UserError
from alliancesim.mesa_face.model import AllianceModel

TERRITORIES = ("urban", "rural", "zus", "cross_border")
RESOURCES = ("scarce", "moderate", "abundant")
ANIMATIONS = ("none", "events", "forums", "labo", "fund", "mediators", "full")
ENGAGED_COLOURS = {
    "engaged_share_association": "#0072B2",
    "engaged_share_firm": "#D55E00",
    "engaged_share_collectivity": "#000000",
}
"""Okabe and Ito's colours, which colour-blind readers tell apart."""

_START: dict[str, Any] = {
    "territory": "rural",
    "resources": "moderate",
    "animation": "none",
    "months": 120,
    "burn_in": 60,
    "seed": 1,
}


def parameters(**start: Any) -> dict[str, Any]:
    """Controls of the page in SolaraViz's words (``model_params``); a keyword sets where a control begins.

    Raises
    ------
    UserError
        For a keyword that no control has.
    """
    unknown = sorted(set(start).difference(_START))
    if unknown:
        raise UserError(f"{unknown[0]}: found no such control, expected one of {', '.join(_START)}")
    value = {**_START, **start}

    def select(name: str, label: str, words: tuple[str, ...]) -> dict[str, Any]:
        return {"type": "Select", "label": label, "value": value[name], "values": list(words)}

    def slider(name: str, label: str, low: int, high: int, step: int) -> dict[str, Any]:
        return {"type": "SliderInt", "label": label, "value": value[name], "min": low, "max": high, "step": step}

    return {
        "territory": select("territory", "Territory (synthetic)", TERRITORIES),
        "resources": select("resources", "Resources", RESOURCES),
        "animation": select("animation", "Animation", ANIMATIONS),
        "months": slider("months", "Months", 12, 240, 12),
        "burn_in": slider("burn_in", "Months of burn-in", 0, 120, 12),
        "seed": slider("seed", "Seed", 1, 100, 1),
    }


def draw_map(model: AllianceModel, ax: Any) -> None:
    """Draw engaged organisations over inhabitants, both by square.

    Parameters
    ----------
    model : AllianceModel
    ax : matplotlib Axes
    """
    import numpy as np

    grid = model.grid
    people, engaged = grid.layer("population"), grid.layer("engaged")
    left, bottom = (value - grid.cell_km / 2 for value in grid.centre((0, 0)))
    width, height = (side * grid.cell_km for side in grid.dimensions)
    density = np.log10(1.0 + people.T / grid.cell_km**2)
    image = ax.imshow(density, origin="lower", extent=(left, left + width, bottom, bottom + height), cmap="Greys")
    ax.figure.colorbar(image, ax=ax, label="inhabitants per km² (log10 of 1 + density)", shrink=0.8)
    where = np.argwhere(engaged > 0)
    x, y = np.array([grid.centre((int(c), int(r))) for c, r in where]).reshape(-1, 2).T
    sizes = 12.0 * engaged[where[:, 0], where[:, 1]]
    ax.scatter(x, y, s=sizes, color="#D55E00", edgecolor="white", linewidth=0.5, label="engaged (area: number)")
    ax.set_xlabel("km east")
    ax.set_ylabel("km north")
    ax.set_title(f"Month {model.month}: {len(model.active_alliances)} alliances (synthetic organisations)")
    if len(where):
        ax.legend(loc="upper right", fontsize="small")


def page(model: AllianceModel | None = None, **start: Any) -> Any:
    """The page, to be the ``page`` of a file that ``solara run`` serves.

    Parameters
    ----------
    model : AllianceModel, optional
        What it shows first; made from the controls when left out.
    **start
        Where the controls begin: ``territory="urban"``, ``months=60``.

    Raises
    ------
    UserError
        Where solara is not installed.
    """
    try:
        import solara
        from mesa.visualization import SolaraViz, make_plot_component
        from mesa.visualization.utils import update_counter
    except ImportError as error:
        raise UserError(
            f"page: found no {error.name or 'solara'}, expected the extra dashboard "
            "(pip install 'alliancesim[dashboard]')"
        ) from None
    from matplotlib.figure import Figure

    controls = parameters(**start)
    if model is None:
        model = AllianceModel(**{name: control["value"] for name, control in controls.items()})

    @solara.component
    def territory_map(model: AllianceModel) -> None:
        update_counter.get()
        figure = Figure(figsize=(6.4, 5.2), layout="constrained")
        draw_map(model, figure.subplots())
        solara.FigureMatplotlib(figure)

    return SolaraViz(
        model,
        components=[
            territory_map,
            make_plot_component(dict(ENGAGED_COLOURS), post_process=_label("share engaged")),
            make_plot_component({"alliances": "#009E73"}, post_process=_label("active alliances")),
        ],
        model_params=controls,
        name="Alliances on a territory",
    )


def _label(text: str) -> Any:
    def label(ax: Any) -> None:
        ax.set_xlabel("months after burn-in")
        ax.set_ylabel(text)

    return label
