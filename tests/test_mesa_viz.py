"""The SolaraViz page: what it draws, what it asks for, and what it says where solara is missing."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from matplotlib.figure import Figure

import alliancesim as al
from alliancesim.mesa_face import viz

SHORT = {"months": 12, "burn_in": 12}
HAS_SOLARA = importlib.util.find_spec("solara") is not None


@pytest.mark.filterwarnings("error")
def test_the_map_of_the_page():
    model = al.AllianceModel(territory="rural", threads=1, **SHORT, **{"territory.population": 3000, "rules.m0": 0.3})
    model.run_model()
    figure = Figure()
    axes = figure.subplots()
    viz.draw_map(model, axes)
    assert "synthetic organisations" in axes.get_title()
    assert axes.get_xlabel() == "km east"
    assert len(axes.collections[0].get_offsets()) == (model.grid.layer("engaged") > 0).sum()
    figure.canvas.draw()


def test_every_control_makes_a_scenario():
    controls = viz.parameters(territory="urban", months=24)
    assert controls["territory"]["value"] == "urban"
    for name in ("territory", "resources", "animation"):
        for word in controls[name]["values"]:
            assert al.load_scenario(f"{name}={word}")
    with pytest.raises(al.UserError, match="typology: found no such control"):
        viz.parameters(typology="urban")


def test_without_solara_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "solara", None)
    with pytest.raises(al.UserError, match=r"expected the extra dashboard \(pip install 'alliancesim\[dashboard\]'\)"):
        viz.page()


@pytest.mark.filterwarnings("default")  # solara warns of Mesa's own components
def test_the_page_renders_or_says_what_it_needs():
    if not HAS_SOLARA:
        with pytest.raises(al.UserError, match="dashboard"):
            viz.page()
        return
    import solara
    from mesa.visualization import SolaraViz, make_plot_component

    box, context = solara.render(viz.page(**SHORT), handle_error=False)
    assert box.children
    context.close()
    # As Mesa's tutorial has it, on a model of one's own.
    model = al.AllianceModel(territory="rural", threads=1, **SHORT)
    element = SolaraViz(model, components=[make_plot_component("engaged_share")], model_params={"resources": "scarce"})
    box, context = solara.render(element, handle_error=False)
    assert box.children
    context.close()
