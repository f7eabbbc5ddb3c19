"""A run over several territories, territory by territory."""

from __future__ import annotations

import numpy as np
import pytest

from alliancesim.plots import FIGURES, figures_of, territories
from alliancesim.results import simulate
from alliancesim.results.territories import territory_of
from alliancesim.scenario import load_scenario

PLACES = "territory.place=[Grand Cahors,CC de Millau Grands Causses]"


@pytest.fixture(scope="module")
def several():
    """Two small intercommunalities far apart; an animator in one of them."""
    return simulate(
        load_scenario(
            "territory=real", PLACES, "months=24", "burn_in=24", "animation=matchmaking", "extensions=[replication]",
            "animation.animators.animator.where=[CA du Grand Cahors]", "territory.buffer_km=0",
        )
    )  # fmt: skip


def test_each_territory_has_its_figures(several):
    table = several.by_territory().set_index("name")
    assert list(table.index) == ["CA du Grand Cahors", "CC de Millau Grands Causses"]
    people = several.organisations
    home = several.territory.set_index("cell")
    where = people["cell"].map(home.assign(code=territory_of(home))["code"])
    for name, row in table.iterrows():
        mine = people[where == row["territory"]]
        assert row["organisations"] == len(mine)
        assert row["engaged_share"] == pytest.approx((mine["stage"].astype(str) == "engaged").mean())
        rows = set(mine["organisation"])
        alliances = several.alliances
        here = alliances[[bool(rows & set(members)) for members in alliances["member_list"]]]
        assert row["alliances"] == here["end_month"].isna().sum(), name
        assert row["born"] == (here["start_month"] >= 1).sum()
    assert table["inhabitants"].sum() == several.manifest["territory"]["population"]


def test_an_animator_here_and_none_there(several):
    table = several.by_territory().set_index("name")
    assert table.loc["CA du Grand Cahors", "of_animators"] > 0
    involved = several.organisations[several.organisations["involved"]]
    epci = several.territory.set_index("cell")["epci"].astype(str)
    assert set(involved["cell"].map(epci)) == {"200023737"}


def test_alliances_over_time_end_as_the_table_says(several):
    alive = several.alliances_by_territory()
    assert len(alive) == 24
    table = several.by_territory().set_index("territory")
    assert alive.iloc[-1].to_dict() == table["alliances"].to_dict()
    assert (np.diff(alive.to_numpy(), axis=0) > -20).all()


def test_the_summary_and_a_figure_show_them(several):
    text = several.summary()
    assert "## By territory" in text
    assert "CC de Millau Grands Causses" in text
    assert set(figures_of(several)) == {*FIGURES, "territories"}
    figure = several.plot.territories()
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "Alliances per 1,000 organisations",
        "Engaged",
    ]


def test_many_territories_are_bands_and_few_are_lines(several, monkeypatch):
    monkeypatch.setattr(territories, "MOST", 1)
    others = len(several.by_territory()) - 1
    plain = several.plot.territories().axes[0]
    monkeypatch.setattr(territories, "MANY", others - 1)
    bands = several.plot.territories().axes[0]
    assert (len(plain.lines) - len(bands.lines), len(plain.collections), len(bands.collections)) == (others - 1, 0, 2)
    assert [words.get_text() for words in bands.get_legend().get_texts()][-1] == "their median"


def test_one_territory_has_no_such_section():
    one = simulate(load_scenario("territory.population=2000", "months=6", "burn_in=6"))
    assert len(one.by_territory()) == 1
    assert "## By territory" not in one.summary()
    assert set(figures_of(one)) == set(FIGURES)
    with pytest.raises(AttributeError, match="no figure 'territories'"):
        one.plot.territories()
