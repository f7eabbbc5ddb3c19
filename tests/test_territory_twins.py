"""Twins of a real place: right measures, a distance that is one, and neighbours that make sense."""

from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.errors import UserError
from alliancesim.territory import real, twins
from alliancesim.territory.places import communes, find
from alliancesim.territory.twins import FEATURES

EPCIS = sorted(set(communes()["epci"]) - {""})


def test_the_measures_are_those_of_the_communes():
    """Recomputed from the communes, one place at a time, in plain Python."""
    everyone = twins("CC Grand-Figeac", n=2000)
    assert len(everyone) == len(EPCIS) - 1
    table = communes()
    for row in everyone.iloc[::211].itertuples():
        mine = table[table["epci"] == row.code]
        people, area = [float(n) for n in mine["population"]], [float(a) / 100 for a in mine["area_ha"]]
        total = sum(people)
        assert row.population == total == find(f"epci:{row.code}")[0].population
        assert row.communes == len(mine)
        assert row.largest_share == pytest.approx(max(people) / total)
        assert row.density == pytest.approx(total / sum(area))
        by_department: dict[str, float] = {}
        for department, n in zip(mine["department"], people, strict=True):
            by_department[department] = by_department.get(department, 0.0) + n
        assert row.outside_share == pytest.approx(1 - max(by_department.values()) / total)
        assert all(f"({number})" in row.department for number in by_department)
        dense = sum(n / (1 + (1500 / (n / a)) ** 2) for n, a in zip(people, area, strict=True)) / total
        assert row.dense_share == pytest.approx(dense)
        near = [1 / (1 + (m / 20_000) ** 2) if m >= 0 else 0.0 for m in mine["border_m"].tolist()]
        assert row.border == pytest.approx(sum(n * b for n, b in zip(people, near, strict=True)) / total)


def test_people_around_by_brute_force():
    from alliancesim.territory.places import foreign_places

    row = twins("CC du Genevois").attrs["place"]
    table, abroad = communes(), foreign_places()
    mine = table[table["epci"] == row["code"]]
    x, y = (np.average(mine[axis] / 1000, weights=mine["population"]) for axis in ("x_m", "y_m"))
    around = [
        each["population"][np.hypot(each["x_m"] / 1000 - x, each["y_m"] / 1000 - y) <= 30].sum()
        for each in (table, abroad)
    ]
    assert around[1] > 300_000  # Geneva
    assert row["around"] == sum(around)


@pytest.mark.parametrize("place", ["CC Grand-Figeac", "CA Plaine Vallée", "epci:200046977"])
def test_the_deprived_share_is_that_of_the_simulated_territory(place):
    assert twins(place).attrs["place"]["deprived_share"] == pytest.approx(
        real(place).deprived_share, rel=0.02, abs=1e-4
    )


@pytest.mark.parametrize("synthetic", [False, True])
def test_the_distance_is_the_documented_one(synthetic):
    level = twins("Lot", n=200, synthetic=synthetic)
    own = level.attrs["place"]
    everyone = pd.concat([level, pd.DataFrame([own])], ignore_index=True)
    families: dict[str, list[float]] = {"perimeters": [], "typology": []}
    twin = level.iloc[3]
    for feature in FEATURES:
        if feature.name == "outside_share" or (feature.synthetic and not synthetic):
            continue
        gap = twin[feature.name] - own[feature.name]
        if not feature.scale:
            low, high = np.percentile(np.log(everyone[feature.name].astype(float)), [25, 75])
            gap = math.log(twin[feature.name] / own[feature.name]) / ((high - low) / 1.349)
        families[feature.family].append((gap / (feature.scale or 1.0)) ** 2)
    means = [sum(gaps) / len(gaps) for gaps in families.values()]
    assert twin["distance_perimeters"] == pytest.approx(math.sqrt(means[0]), abs=1e-4)
    assert twin["distance_typology"] == pytest.approx(math.sqrt(means[1]), abs=1e-4)
    assert twin["distance"] == pytest.approx(math.sqrt(sum(means) / 2), abs=1e-4)
    assert own["distance"] == 0.0


@given(st.sampled_from(EPCIS), st.integers(1, 9))
def test_nearest_first_never_itself_and_the_first_of_more(code, n):
    few, more = twins(f"epci:{code}", n=n), twins(f"epci:{code}", n=n + 5)
    assert len(few) == n and code not in set(more["code"])
    assert few["distance"].is_monotonic_increasing and (few["distance"] >= 0).all()
    pd.testing.assert_frame_equal(few, more.head(n))
    assert few["code"].is_unique and few.attrs["place"]["code"] == code


@given(st.sampled_from(EPCIS), st.sampled_from(EPCIS))
def test_the_distance_is_the_same_both_ways(a, b):
    if a != b:
        there, back = (twins(f"epci:{x}", n=2000).set_index("code")["distance"] for x in (a, b))
        assert there[b] == back[a]


def test_what_someone_who_knows_france_would_say():
    big = {"Bordeaux Métropole", "Toulouse Métropole", "Métropole d'Aix-Marseille-Provence", "Nantes Métropole"}
    assert len(big & set(twins("Métropole de Lyon")["name"])) >= 3
    suburbs = twins("CA Plaine Vallée")
    assert suburbs["department"].str.contains("Val-d'Oise|Essonne|Yvelines|Seine").all()
    border = twins("CC du Genevois")
    assert (border["border"] > 0.8).all()
    rural = twins("CC du Causse de Labastide Murat")
    assert (rural["density"] < 20).all() and (rural["population"] < 10_000).all()
    assert set(twins("Seine-Saint-Denis", n=2)["name"]) == {"Hauts-de-Seine", "Val-de-Marne"}


def test_a_commune_stands_for_its_epci_or_department():
    assert twins("Lyon").attrs["place"]["name"] == "Métropole de Lyon"
    assert twins("Lyon", level="department").attrs["place"]["name"] == "Rhône"
    assert twins("CC Grand-Figeac", level="department").attrs["place"]["code"] == "46"
    assert len(twins("Lot", n=500)) == communes()["department"].nunique() - 1  # a department, whatever the level


def test_what_is_not_known_is_said():
    notes = " ".join(twins("CC Grand-Figeac").attrs["notes"])
    assert "History is not compared" in notes
    assert "synthetic" in notes and "GeoNames" in notes


def test_the_answer_is_the_readers_own_copy():
    first = twins("CC Grand-Figeac")
    kept = first.copy()
    first.loc[:, "population"] = 0
    first.attrs["place"]["population"] = 0
    pd.testing.assert_frame_equal(twins("CC Grand-Figeac"), kept)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: twins("Atlantis-sur-Mer"), "territory.place"),
        (lambda: twins("region:Occitanie"), "is a region"),
        (lambda: twins("france"), "france"),
        (lambda: twins(["Figeac", "Lyon"]), "found 2 places"),
        (lambda: twins("Ouessant"), "belongs to no EPCI"),
        (lambda: twins("CC Grand-Figeac", n=0), "n: found 0"),
        (lambda: twins("CC Grand-Figeac", n=2.5), "n: found 2.5"),
        (lambda: twins("CC Grand-Figeac", level="commune"), "expected epci or department"),
    ],
)
def test_mistakes_are_one_line(call, said):
    with pytest.raises(UserError, match=said) as caught:
        call()
    assert "\n" not in caught.value.message


def test_it_is_fast():
    from alliancesim.territory.twins import _table

    _table.cache_clear()
    start = time.perf_counter()
    twins("CC Grand-Figeac")
    assert time.perf_counter() - start < 2.0
