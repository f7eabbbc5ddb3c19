"""Components of a synthetic territory from another typology: nothing mixed is nothing changed, all mixed is the other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from alliancesim.engine import engine_of, make_territory
from alliancesim.errors import UserError
from alliancesim.scenario import load_scenario
from alliancesim.territory.synthetic import COMPONENTS, TYPOLOGIES, synthetic

BASE = ("territory.population=3000", "months=6", "burn_in=6", "threads=1")


def digests(*overrides):
    engine = engine_of(load_scenario(*BASE, *overrides))
    engine.run()
    return engine.world.records.digests


def test_a_mix_with_its_own_typology_is_no_mix():
    own = [f"territory.mix.{name}=rural" for name in COMPONENTS]
    assert np.array_equal(digests("territory=rural"), digests("territory=rural", *own))


@pytest.mark.parametrize("other", ["zus", "cross_border"])
def test_all_components_of_another_typology_are_that_typology(other):
    mixed = [f"territory.mix.{name}={other}" for name in COMPONENTS]
    a = make_territory(load_scenario(*BASE, "territory=rural", *mixed))
    b = make_territory(load_scenario(*BASE, f"territory={other}"))
    pd.testing.assert_frame_equal(a.cells, b.cells)
    assert not a.deprived_for
    assert np.array_equal(digests("territory=rural", *mixed), digests(f"territory={other}"))


def test_each_component_changes_what_it_names_only():
    plain = synthetic("urban", population=20_000, seed=3)
    needs = [name for name in plain.cells.columns if name.startswith("need_")]
    places = ["column", "row", "population", "commune", "epci", "side", "density_association", "density_firm"]

    def mixed(name):
        return synthetic("urban", population=20_000, seed=3, mix={name: "zus"})

    one = mixed("needs")
    pd.testing.assert_frame_equal(one.cells[places], plain.cells[places])
    assert one.cells["deprived_share"].mean() > plain.cells["deprived_share"].mean()
    assert (one.cells[needs].to_numpy() != plain.cells[needs].to_numpy()).any()
    assert set(one.deprived_for) == {"structuration", "distance"}  # those stay the town's own
    assert np.array_equal(one.deprived_for["distance"], plain.cells["deprived_share"])
    for name in ("structuration", "distance"):
        one = mixed(name)
        pd.testing.assert_frame_equal(one.cells, plain.cells)
        assert list(one.deprived_for) == [name]
        people = plain.cells["population"]
        assert (one.deprived_for[name] * people).sum() == pytest.approx(0.45 * people.sum(), rel=0.01)
    assert (synthetic("urban", population=20_000, seed=3, mix={"border": "cross_border"}).cells["side"] == 1).any()


def test_organisations_come_with_the_settlement_and_needs_do_not():
    mixed = synthetic("urban", population=20_000, seed=3, mix={"density": "zus"})
    settled = synthetic("zus", population=20_000, seed=3)
    here = ["column", "row", "population", "commune", "epci", "density_association", "density_firm", "civic_capacity"]
    pd.testing.assert_frame_equal(mixed.cells[here], settled.cells[here])
    assert mixed.cell_km == settled.cell_km
    assert mixed.deprived_share == pytest.approx(0.11, rel=0.01)
    assert not mixed.deprived_for  # structuration and distance follow the same districts of the town as its needs
    assert synthetic("urban", seed=3, mix={"density": "zus"}).population == TYPOLOGIES["zus"].population


@pytest.mark.parametrize(("one", "other"), list(combinations(TYPOLOGIES, 2)))
def test_every_mix_of_two_typologies_is_a_territory(one, other):
    # The other order adds nothing: its sets are the complements of these.
    for size in range(len(COMPONENTS) + 1):
        for taken in combinations(COMPONENTS, size):
            found = synthetic(one, population=1500, seed=1, mix=dict.fromkeys(taken, other))
            people = found.cells["population"].to_numpy()
            assert found.population == people.sum() == 1500
            shares = {"needs": found.cells["deprived_share"].to_numpy(), **found.deprived_for}
            for name, share in shares.items():
                source = TYPOLOGIES[other if name in taken else one]
                assert (share * people).sum() == pytest.approx(source.deprived_share * 1500, abs=1.0)


def test_the_shares_of_a_mix_belong_to_the_territory():
    found = synthetic("urban", population=1500, seed=1, mix={"distance": "zus"})
    share = found.deprived_for["distance"]
    with pytest.raises(ValueError, match="read-only"):
        share[0] = 0.5
    assert replace(found, deprived_for={"distance": share}).checksum() == found.checksum()
    assert replace(found, deprived_for={"distance": 1.0 - share}).checksum() != found.checksum()
    assert replace(found, deprived_for={"structuration": share}).checksum() != found.checksum()
    for wrong in ({"distance": share[1:]}, {"distance": share + 1.0}, {"distance": share * np.nan}, {"needs": share}):
        with pytest.raises(ValueError, match="deprived_for"):
            replace(found, deprived_for=wrong)


def test_a_specification_of_your_own_is_not_mixed():
    spec = TYPOLOGIES["rural"]
    with pytest.raises(UserError, match="territory.mix: found components beside spec"):
        synthetic("mine", population=1500, spec=spec, mix={"needs": "zus"})
    assert synthetic("mine", population=1500, spec=spec, mix={"needs": None}).population == 1500


def test_the_distance_of_a_mix_reaches_the_rules():
    mixed = engine_of(load_scenario(*BASE, "territory=urban", "territory.mix.distance=zus"))
    plain = engine_of(load_scenario(*BASE, "territory=urban"))
    assert mixed.state.cells["zeta"].mean() < plain.state.cells["zeta"].mean()
    assert np.array_equal(mixed.state.organisations["structuration"], plain.state.organisations["structuration"])
    mixed = engine_of(load_scenario(*BASE, "territory=urban", "territory.mix.structuration=zus"))
    assert np.array_equal(mixed.state.cells["zeta"], plain.state.cells["zeta"])
    assert mixed.state.organisations["structuration"].mean() < plain.state.organisations["structuration"].mean()


def test_a_territory_may_have_a_key_of_its_own():
    def cells(*overrides):
        return make_territory(load_scenario(*BASE, *overrides)).cells

    pd.testing.assert_frame_equal(cells("territory.seed=9", "seed=1"), cells("territory.seed=9", "seed=2"))
    pd.testing.assert_frame_equal(cells("seed=9"), cells("territory.seed=9", "seed=2"))
    assert not cells("seed=1").equals(cells("seed=2"))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("territory.mix.needs=suburb", "territory.mix.needs: found 'suburb', expected one of urban"),
        ("territory.mix.money=zus", "territory.mix.money: unknown key"),
    ],
)
def test_what_is_no_mix(override, words):
    with pytest.raises(UserError, match=words):
        load_scenario(override)


def test_a_real_place_has_no_mix_and_no_key():
    for override in ("territory.mix.needs=zus", "territory.seed=0"):
        with pytest.raises(UserError, match="only serves territory.kind=synthetic"):
            load_scenario("territory=real", "territory.place=Chelles", override)
