"""An animator in each department, EPCI, ...: copies of one animator, each at home in its own territory."""

from __future__ import annotations

import numpy as np
import pytest
from building import animation, engine, lever, small_territory, with_cells

from alliancesim.errors import UserError
from alliancesim.scenario import load_scenario
from alliancesim.territory import synthetic


def two_departments():
    whole = small_territory("rural", 12_000)
    _, commune = np.unique(whole.cells["commune"], return_inverse=True)
    return with_cells(whole, department=np.where(commune <= commune.max() // 2, "01", "02"))


def used(each: str | None):
    return animation(lever("event", per_year=12.0), each=each)


def test_each_department_has_its_own_that_works_there_only() -> None:
    run = engine(two_departments(), months=12, animation=used("department"))
    run.run()
    animators = run.world.animators
    department = run.state.labels["cell_department"]
    assert [one.name.split()[-1] for one in animators] == ["01", "02"]
    assert [one.number for one in animators] == [0, 1]
    for one, code in zip(animators, ("01", "02"), strict=True):
        assert len(one.book) > 20
        assert set(department[run.state.organisations["cell"][one.book.rows]]) == {code}
    assert animators[0].purse == pytest.approx(animators[1].purse)


def test_each_of_one_territory_is_the_animator_itself() -> None:
    territory = small_territory("rural", 8_000)
    one, alone = (engine(territory, months=12, animation=used(each)) for each in ("region", None))
    for run in (one, alone):
        run.run()
    assert np.array_equal(one.world.records.digests, alone.world.records.digests)


def test_too_many_are_refused_in_one_line() -> None:
    with pytest.raises(
        UserError, match=r"animation\.animators\.\w+\.each: found \d+ animators in all, expected at most 120"
    ):
        engine(synthetic("rural", population=300_000, seed=1), months=1, animation=used("commune"))


def test_each_is_a_key_of_the_scenario() -> None:
    scenario = load_scenario("animation=events", "animation.animators.animator.each=department")
    assert scenario.animation.animators["animator"].each == "department"
    with pytest.raises(
        UserError, match=r"animation\.animators\.animator\.each: found 'village', expected one of commune"
    ):
        load_scenario("animation=events", "animation.animators.animator.each=village")
