"""Closure: a share of meetings is with a partner of a partner."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from building import ran

from alliancesim.engine import Engine
from alliancesim.rules.meet import sought

OPEN = {"beta": 1.0, "zeta": 1.0, "m0": 3.0, "recruit": 0.6, "tie_slots_one": 20}


def places(run: Engine, i: int) -> list[int]:
    """Who stands beside i in its alliances, once for each alliance."""
    state = run.state
    return [j for a in state.alliances_of(i) for j in state.members_of(a) if j != i]


def chance(run: Engine, i: int) -> float:
    """Exact probability that a draw of a partner of a partner of i does not lead back to i."""
    first = places(run, i)
    if not first:
        return 0.0
    total = 0.0
    for j, n in Counter(first).items():
        second = places(run, j)
        total += n / len(first) * sum(k != i for k in second) / len(second)
    return total


@pytest.mark.parametrize("q", [0.25, 1.0])
def test_that_share_of_meetings_is_with_a_partner_of_a_partner(q: float) -> None:
    """Against the exact expectation; a false alarm has a probability below 1e-6 (five standard deviations)."""
    run = ran(rules={**OPEN, "closure_q": q})
    state = run.state
    state.month += 1
    met = sought(run.world)
    assert len(met) > 200
    second = {i: {k for j in places(run, i) for k in places(run, j) if k != i} for i in set(met["a"].tolist())}
    observed = sum(int(row["b"]) in second[int(row["a"])] for row in met)
    expected = [q * chance(run, int(row["a"])) for row in met]
    # a meeting by distance hits one of those few by accident only
    accident = sum(len(second[int(row["a"])]) for row in met) / state.n_organisations
    spread = math.sqrt(sum(x * (1 - x) for x in expected))
    assert sum(expected) > 20
    assert sum(expected) - 5 * spread <= observed <= sum(expected) + 5 * spread + 5 * accident


def test_closure_closes_triangles() -> None:
    """More clustering than without, in the same world."""
    from alliancesim.rules.observe import COLUMNS

    def clustering(q: float) -> float:
        runs = [ran(rules={**OPEN, "closure_q": q}, months=48, seed=seed) for seed in range(5)]
        return float(np.mean([run.world.records.values[-1, COLUMNS["clustering"]] for run in runs]))

    assert clustering(0.9) > clustering(0.0)


def test_who_has_no_partner_meets_by_distance() -> None:
    """In the first month nobody has a partner: the same meetings as without the extension."""
    from building import engine

    runs = [engine(rules={**OPEN, "closure_q": q}) for q in (0.0, 1.0)]
    for run in runs:
        run.step()
    a, b = (run.state.meetings[["a", "b"]].tolist() for run in runs)
    assert a == b
