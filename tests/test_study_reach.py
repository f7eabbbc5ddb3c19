"""Whom it reaches: curves against sums by hand, maps of squares, what cannot be shown is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.errors import UserError
from alliancesim.studies.reach import (
    by_square,
    concentration,
    concentration_indices,
    difference_map,
    differences,
    figure_of_reach,
    maps,
    one_place,
    reach,
    side,
)


def cells_of(met, points=1, replicates=3, deprived=None, people=None, side_km=2.0, organisations=None):
    """Cells in a row of squares; ``met(point, replicate, cell)``."""
    count = len(deprived) if deprived is not None else 4
    deprived = [0.6, 0.4, 0.0, 0.0] if deprived is None else deprived
    rows = []
    for point in range(points):
        for replicate in range(1, replicates + 1):
            for cell in range(count):
                members = 10.0 if organisations is None else organisations[cell]
                got = met(point, replicate, cell)
                rows.append(
                    (point, replicate, cell, side_km * cell, 0.0, 100.0 if people is None else people[cell], deprived[cell],
                     True, members, got * members, got * members, got)
                )  # fmt: skip
    columns = ["point", "replicate", "cell", "x_km", "y_km", "population", "deprived_share", "reported", "organisations",
               "engaged", "ever_engaged", "need_met"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_curve_by_hand():
    cells = cells_of(lambda point, replicate, cell: [0.3, 0.1, 0.2, 0.2][cell], people=[100, 100, 200, 400])
    table = concentration(cells, ["it"]).set_index("share")
    relieved = np.array([30.0, 10.0, 120.0])  # the two cells without deprivation are one step
    expected = np.interp(
        table.index, np.array([0, 100, 200, 800]) / 800, np.append(0.0, relieved.cumsum()) / relieved.sum()
    )
    assert np.allclose(table["mean"], expected) and np.allclose(table["low"], expected)
    assert set(table["label"]) == {"it"} and (table["n"] == 3).all()


@given(
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(1.0, 1000.0), st.floats(0.01, 1.0)), min_size=2, max_size=8),
    st.permutations(range(8)),
)
def test_curves_begin_end_and_do_not_mind_order(cells, order):
    deprived, people, met = (list(one) for one in zip(*cells, strict=True))
    table = cells_of(lambda point, replicate, cell: met[cell], replicates=1, deprived=deprived, people=people)
    found = concentration(table)
    if len(set(deprived)) < 2:
        assert found["mean"].isna().all()
        return
    assert found["mean"].iloc[0] == 0 and found["mean"].iloc[-1] == pytest.approx(1.0)
    assert (found["mean"].diff().dropna() >= -1e-12).all()
    shuffled = table.iloc[[place for place in order if place < len(table)]]
    assert np.allclose(concentration(shuffled)["mean"], found["mean"])
    # the index is twice the area between the true curve and the diagonal; the drawn one has a step each per cent
    area = 2 * np.trapezoid(found["mean"] - found["share"], found["share"])
    assert concentration_indices(table)["index"].iloc[0] == pytest.approx(area, abs=0.03)


def test_index_agrees_with_the_one_of_a_single_result():
    import alliancesim as al
    from alliancesim.experiments.measures import _cells

    words = ["territory=urban", "territory.population=4000", "months=24", "burn_in=24"]
    result = al.simulate(al.load_scenario(*words), seed=2)
    model = al.AllianceModel(al.load_scenario(*words), seed=2)
    model.run_model()
    cells = pd.DataFrame(_cells(model.state)).assign(point=0, replicate=1)
    # cells here weigh relief by inhabitants, the result also by how much need there is: the same order, nearly the same area
    there = result.concentration_curve().attrs["concentration_index"]
    assert concentration_indices(cells)["index"].iloc[0] == pytest.approx(there, abs=0.15)


def test_who_gets_more():
    cells = cells_of(
        lambda point, replicate, cell: 0.2 + (0.1 + 0.01 * replicate) * (point == 1) * (cell < 2), points=2
    )
    found = concentration_indices(cells, ["alike", "deprived first"], reference=0)
    assert found["index"].iloc[0] == pytest.approx(0.0, abs=1e-12)
    assert found["low"].iloc[1] > 0 and found["change_low"].iloc[1] > 0
    assert found["change"].iloc[1] == pytest.approx(found["index"].iloc[1])
    table = concentration(cells, {1: "deprived first"}, of="engaged")
    inside = table[(table["share"] > 0) & (table["share"] < 1)]
    assert (inside.loc[inside["point"] == 1, "mean"] > inside.loc[inside["point"] == 1, "share"]).all()
    assert set(table["label"]) == {"point 0", "deprived first"}


def test_figure_labels_each_line_and_says_when_there_is_nothing():
    cells = cells_of(lambda point, replicate, cell: 0.2 + 0.1 * point * (cell < 2), points=3)
    table, drawn = reach(cells, ["none", "some", "much"], note="Synthetic organisations.")
    drawn.canvas.draw()
    assert {text.get_text() for text in drawn.axes[1].texts} == {"none", "some", "much"}
    assert "Synthetic organisations." in drawn._supxlabel.get_text().replace("\n", " ")
    assert len(table) == 3 * 101
    nothing = reach(cells_of(lambda point, replicate, cell: 0.0))[1]
    assert "No relief of needs to share out" in nothing.axes[0].texts[0].get_text().replace("\n", " ")
    figure_of_reach(concentration(cells.iloc[:0])).canvas.draw()


def test_squares_take_their_cells_together():
    cells = cells_of(lambda point, replicate, cell: [0.1, 0.4, 0.2, 0.2][cell], people=[300, 100, 50, 0])
    cells["organisations"], cells["engaged"] = [5.0, 1.0, 2.0, 0.0] * 3, [1.0, 1.0, 1.0, 0.0] * 3
    cells.loc[cells["cell"] == 1, "x_km"] = 0.0  # two communes share the first square
    met = by_square(cells, "need_met")
    assert len(met) == 9
    first = met[(met["x_km"] == 0) & (met["replicate"] == 1)].iloc[0]
    assert first["value"] == pytest.approx((300 * 0.1 + 100 * 0.4) / 400) and first["population"] == 400
    shares = by_square(cells, "engaged_share")
    assert shares.loc[shares["x_km"] == 0, "value"].to_numpy() == pytest.approx([2 / 6] * 3)
    assert shares.loc[shares["x_km"] == 6, "value"].isna().all() and met.loc[met["x_km"] == 6, "value"].isna().all()
    assert side(met["x_km"].to_numpy(), met["y_km"].to_numpy()) == 2.0


def test_surroundings_are_left_out():
    cells = cells_of(lambda point, replicate, cell: 0.2)
    cells["reported"] = cells["cell"] < 2
    assert sorted(by_square(cells, "need_met")["x_km"].unique()) == [0.0, 2.0]


def test_maps_share_a_scale():
    cells = cells_of(lambda point, replicate, cell: 0.1 * (point + 1) + 0.01 * cell, points=3)
    design = pd.DataFrame({"point": [2, 0, 1], "label": ["c", "a", "b"]})
    drawn = maps(cells, design, "need_met")
    drawn.canvas.draw()
    shown = [ax for ax in drawn.axes if ax.collections and ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in shown] == ["c", "a", "b"]
    assert len({(ax.collections[0].norm.vmin, ax.collections[0].norm.vmax) for ax in shown}) == 1
    assert np.asarray(shown[1].collections[0].get_array()) == pytest.approx([10.0, 11.0, 12.0, 13.0])
    assert any("%" in ax.get_ylabel() for ax in drawn.axes)
    maps(cells.iloc[:0]).canvas.draw()


def test_differences_against_students_t():
    from scipy.stats import ttest_1samp

    draws = np.random.default_rng(4)
    gain = draws.normal(0.02, 0.03, size=(6, 4))
    cells = cells_of(lambda point, replicate, cell: 0.3 + point * gain[replicate - 1, cell], points=2, replicates=6)
    found = differences(cells, 0, 1)
    assert found["difference"].to_numpy() == pytest.approx(gain.mean(axis=0))
    for cell, row in found.iterrows():
        expected = ttest_1samp(gain[:, cell], 0.0).confidence_interval(0.95)
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
        assert row["clear"] == (expected.low > 0 or expected.high < 0)
    back = differences(cells, 1, 0)
    assert np.allclose(back["difference"], -found["difference"])
    drawn = difference_map(cells, 0, 1, labels=["before", "after"])
    drawn.canvas.draw()
    norm = drawn.axes[0].collections[0].norm
    assert norm.vmin == -norm.vmax and "after less before" in drawn.get_suptitle()


def test_a_synthetic_place_that_changes_is_not_averaged():
    cells = cells_of(lambda point, replicate, cell: 0.1 * replicate, points=2)
    cells.loc[cells["replicate"] == 2, "x_km"] += 2.0
    table, words = one_place(by_square(cells, "need_met"))
    assert set(table["replicate"]) == {1} and "replicate 1 alone" in words
    drawn = maps(cells)
    assert np.asarray(drawn.axes[0].collections[0].get_array()) == pytest.approx([10.0] * 4)
    assert "one draw" in drawn._supxlabel.get_text().replace("\n", " ")
    found = differences(cells, 0, 1)
    assert (found["n"] == 1).all() and not found["clear"].any()
    same = cells_of(lambda point, replicate, cell: 0.1 * replicate)
    assert one_place(by_square(same, "need_met"))[1] == ""


def test_mistakes_are_told_in_a_line():
    cells = cells_of(lambda point, replicate, cell: 0.2, points=2)
    with pytest.raises(UserError, match="of: found 'money', expected one of need_met"):
        concentration(cells, of="money")
    with pytest.raises(UserError, match="keep.cells=true"):
        concentration(cells.drop(columns="deprived_share"))
    with pytest.raises(UserError, match="column: found 'cost'"):
        maps(cells, column="cost")
    with pytest.raises(UserError, match="other: found point 7"):
        difference_map(cells, 0, 7)
    with pytest.raises(UserError, match="reference: found point 9"):
        concentration_indices(cells, reference=9)
    moved = cells.copy()
    moved.loc[moved["point"] == 1, "y_km"] = 4.0
    with pytest.raises(UserError, match="other squares"):
        differences(moved, 0, 1)
