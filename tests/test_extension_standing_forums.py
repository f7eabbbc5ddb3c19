"""Standing forums: the same organisations come back, with memory of trust and of themes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import animation, engine, lever, ran, small_territory

from alliancesim.engine import Engine
from alliancesim.errors import UserError
from alliancesim.scenario import load_scenario

QUIET = {"spontaneous_convening": 0.0, "m0": 0.05, "willing0": 0.9}


def commissions(
    per_year: float = 1.0, rules: dict[str, float] | None = None, months: int = 48, **options: Any
) -> Engine:
    use = animation(lever("forum", per_year=per_year, standing=True, **options))
    return ran(small_territory("urban", 20_000), {**QUIET, **(rules or {})}, months=months, animation=use)


def sessions(run: Engine) -> np.ndarray:
    return run.state.forums[: run.state.n_forums]


def test_it_meets_every_year() -> None:
    run = commissions(per_year=3.0)
    forums = sessions(run)
    assert forums["session"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    kept = run.world.animators[0].commissions
    assert sorted(at for _, at in kept) == [0, 1, 2]
    assert all(commission.sessions == 4 for commission in kept.values())


def test_those_who_came_come_back() -> None:
    """All who are still willing with free load; the others' seats are drawn anew."""
    seen: list[np.ndarray] = []
    free: list[np.ndarray] = []
    run = engine(
        small_territory("urban", 20_000),
        QUIET,
        months=36,
        animation=animation(lever("forum", per_year=1.0, standing=True)),
    )

    def watch(event: str, details: dict[str, Any]) -> None:
        if event == "forum":
            seen.append(details["rows"])

    def before(world: Any) -> None:
        people = world.state.organisations
        free.append(np.flatnonzero((people["stage"] > 0) & (people["load"] < people["cap"])))

    run.world.watch = watch
    run.hook("convene", before, when="before")
    run.run()
    for first, second, month in ((0, 1, 12), (1, 2, 24)):
        back = np.intersect1d(seen[first], free[month])
        assert len(back) > 3
        assert np.isin(back, seen[second]).all()
        assert len(seen[second]) == 12


def test_a_pair_trusts_no_less_than_when_it_parted() -> None:
    """The next session of those who parted with a trust of 0.9 begins with it, however much has faded since."""
    use = animation(lever("forum", per_year=1.0, standing=True))
    run = engine(small_territory("urban", 20_000), {**QUIET, "tie_decay": 0.2}, months=24, animation=use)
    for _ in range(12):
        run.step()
    (commission,) = run.world.animators[0].commissions.values()
    commission.trust = np.where(commission.trust > 0.0, 0.9, 0.0)
    first = commission.rows
    begun: dict[str, Any] = {}
    run.world.watch = lambda event, details: begun.update(details) if event == "forum" else None
    run.step()
    here = np.isin(begun["rows"], first)
    assert here.sum() > 3
    assert begun["trust"][np.ix_(here, here)][~np.eye(here.sum(), dtype=bool)] == pytest.approx(0.9, abs=1 / 65535)
    assert begun["trust"][np.ix_(here, ~here)].max() < 0.9


def test_memory_of_themes_raises_shared_salience() -> None:
    """At full memory a second session weighs shared needs alone: all want the same idea, and agree at the first meeting."""
    own = commissions(rules={"standing_memory": 0.0, "shared_weight": 0.0, "psi": 0.0}, per_year=6.0, months=36)
    held = commissions(rules={"standing_memory": 1.0, "shared_weight": 0.0, "psi": 0.0}, per_year=6.0, months=36)
    a, b = sessions(own), sessions(held)
    late = b["session"] > 1
    reached = b["reached"][late] >= 1
    assert reached.sum() > 5
    assert (b["meetings"][late][reached] == 1).all()
    assert (a["meetings"][a["session"] > 1] > 1).any()


def test_a_commission_has_its_theme() -> None:
    run = commissions(per_year=2.0, themes=2)
    table = run.state.alliances[: run.state.n_alliances]
    of_forum = table[table["forum"] >= 0]
    assert len(of_forum) > 2
    domains = {}
    for row in of_forum:
        number = int(row["forum"]) % 2
        domains.setdefault(number, set()).add(int(row["domain"]))
    assert all(len(found) <= 2 for found in domains.values())  # the order of needs may change once as they are relieved


def test_a_standing_forum_has_no_plenary() -> None:
    key = "animation.animators.animator.levers.forum.options"
    with pytest.raises(UserError, match="plenary: found true, expected false"):
        load_scenario("animation=forums", f"{key}.standing=true", f"{key}.plenary=true")


def test_off_is_a_forum_that_meets_once() -> None:
    run = ran(months=24, animation=animation(lever("forum", per_year=6.0)))
    assert not sessions(run)["session"].any()
    assert not run.world.animators[0].commissions
