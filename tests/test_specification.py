"""The executable specification (tests/specification) and the kernels are equal bit for bit, month after month."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from specification.month import step
from specification.world import World

from alliancesim.engine import Engine
from alliancesim.kernels.layout import IN_USE
from alliancesim.scenario.shocks import ShockConfig
from alliancesim.territory import Territory, from_tables

MONTHS = 24
LIVELY = {
    "m0": 4.0, "a_half": 5.0, "d0": 6.0, "willing0": 0.5, "p_aware": 0.05, "q_peer": 0.05, "peers_heard": 2.0,
    "spontaneous_convening": 0.08, "convening_structuration": 0.3, "recruit": 0.8, "hazard0": 0.06, "term": 12,
    "dialogue_months": 1, "tie_slots_one": 5, "tie_slots": 8, "rivalry": 0.6, "p_identify": 0.05, "relief": 2.0,
    "cost_scale": 3.0, "forum_size": 8, "lead_slack": 0.1, "eta_c": 0.2,
}  # fmt: skip
VARIANTS: dict[str, dict[str, float]] = {
    "default": {},
    "no belief, no objectives": {"belief": 0, "objectives": 0, "ambition_elasticity": 0.0},
    "lot, no outside option": {"lead_by_lot": 1, "outside_option": 0, "ambition_elasticity": 1.0},
    "packages": {
        "portfolio": 3,
        "actions_per_forum": 3,
        "phi": 0.8,
        "quorum": 0.5,
        "tol0": 0.0,
        "rivalry": 0.2,
        "shared_weight": 0.5,
        "cost_scale": 0.3,
        "forum_size": 12,
        "spontaneous_convening": 0.3,
    },
    "contests": {
        "psi": 0.9,
        "lead_slack": 0.0,
        "lead_structuration": 0.05,
        "contest_max": 2,
        "rivalry": 0.9,
        "phi": 0.3,
    },
    "hard to lead": {
        "lead_slack": 0.6,
        "lead_structuration": 0.9,
        "tol0": 0.02,
        "r_fin": 3.0,
        "r_hum": 3.0,
        "phi": 0.8,
    },
    "governance": {
        "co_leadership": 1,
        "co_lead_trust": 0.3,
        "arbitration": 1,
        "arbitration_loss": 0.3,
        "delegation": 0.4,
        "psi": 0.9,
        "lead_slack": 0.1,
        "lead_structuration": 0.05,
        "contest_max": 3,
        "actions_per_forum": 2,
        "r_fin": 2.0,
        "r_hum": 2.0,
    },
    "closure": {"closure_q": 0.6},
    "inhabitants and extents": {"inhabitants": 1, "civic_gain": 0.1, "perimeters": 1, "extent_loss": 0.4},
    "patience": {"patience_association": 0.9, "patience_firm": 0.6, "patience_collectivity": 0.8, "tau_step": 0.05},
    "supply links": {"supply_exposures": 4.0, "supplier_share": 0.8},
    "shocks": {},
    "shocks and newcomers": {"demography": 1, "closing": 6.0},
    "subcontracting": {"funding_mode": -1, "funding_initiative": 0.3, "inhabitants": 1},
    "enabling": {"funding_mode": 1, "funding_initiative": 0.3, "funding_output": 0.4},
    "replication": {"replication": 1, "standardisation": 0.8, "solutions_most": 4},
    "dialogue": {"dialogue": 0.8, "reuse": 0.6},
    "hub": {"dialogue": 0.8, "dialogue_hub": 1, "replication": 1},
    "demography": {"demography": 1, "closing": 6.0, "closing_allied": 0.5, "spin_off": 0.3},
}
SHOCKS = {
    "industry": ShockConfig(what="slack", factor=0.3, start=5, end=18, kinds=["ge", "eti", "pme"]),
    "time": ShockConfig(what="time", factor=1.5, start=1, where=["west"]),
    "health": ShockConfig(what="needs", factor=2.0, start=4, end=15, domains=["health"], deprived_from=0.2),
}
SEEN: Counter[str] = Counter()
BRANCHES = (
    "success heard", "failure heard", "turned willing", "lost at the border", "lost to distance", "tie forgotten",
    "no depth allowed", "declined", "second alliance in a month", "depth 1", "depth 2", "depth 3", "depth 4", "success",
    "failure", "pool short", "renewed", "depth changed", "ended by hazard", "ended by term", "recruited", "recruit declines",
    "premium returned", "identified", "agreed", "joins", "refuses", "leaves", "package", "second idea of a package",
    "contested round", "all concede", "carried", "delegated", "no leader", "quarrel", "trust lost in a forum",
    "forum outcome 0", "forum outcome 1", "forum outcome 2", "forum outcome 4", "forum outcome 5", "forum outcome 6",
    "delegated to associations", "shared lead", "arbitrated", "met a partner of a partner",
    "inhabitants met", "relief with inhabitants", "ideas at the wrong level",
    "impatient", "solution from elsewhere", "solution that others carry", "repeats a solution", "exposed by a client", "slack struck", "needs struck", "newcomer struck", "initiative changed", "closed", "left an alliance that goes on", "ended by a closing", "founded by a success",
)  # fmt: skip


def territory(seed: int) -> Territory:
    """Six cells on two sides of a border, two EPCI, sixty organisations of the three spheres."""
    rng = np.random.default_rng(seed)
    cells = pd.DataFrame(
        {
            "x_km": [0.0, 2.0, 4.0, 0.0, 2.0, 4.0],
            "y_km": [0.0, 0.0, 0.0, 2.0, 2.0, 2.0],
            "population": [900, 1500, 700, 1200, 400, 800],
            "deprived_share": [0.0, 0.6, 0.1, 0.9, 0.0, 0.3],
            "side": [0, 0, 1, 0, 0, 1],
            "commune": ["a", "a", "c", "b", "b", "c"],
            "epci": ["east", "east", "west", "east", "east", "west"],
            "need_health": rng.uniform(0.5, 2.0, 6),
            "need_housing": rng.uniform(0.5, 2.0, 6),
            "need_work": rng.uniform(0.5, 2.0, 6),
        }
    )
    kinds = ["volunteer"] * 16 + ["small_employer"] * 7 + ["large_employer"] * 3 + ["foundation"] * 2
    kinds += ["tpe"] * 12 + ["pme"] * 7 + ["eti"] * 3 + ["ge"] * 2
    kinds += ["commune"] * 4 + ["state_service"] * 2 + ["public_agency"] * 2
    at = rng.integers(0, 6, len(kinds))
    people = pd.DataFrame(
        {
            "id": [f"o{n}" for n in range(len(kinds))],
            "kind": kinds,
            "x_km": cells["x_km"].to_numpy()[at],
            "y_km": cells["y_km"].to_numpy()[at],
            "cash": rng.lognormal(0.0, 1.0, len(kinds)),
            "time": rng.lognormal(0.0, 1.0, len(kinds)),
        }
    )
    return from_tables(cells, people, cell_km=2.0)


def scatter(engine: Engine) -> None:
    """One enterprise with establishments everywhere, and one federation of every third association."""
    people = engine.state.organisations
    sites = people["enterprise"] >= 0
    people["enterprise"][sites] = people["enterprise"][sites].min()
    members = np.flatnonzero(people["sphere"] == 0)[::3]
    people["federation"][members[1:]] = members[0]


def compare(world: World, engine: Engine) -> None:
    """Every organisation, tie, alliance, member, forum, need and idea: the same bits."""
    state = engine.state
    month = state.month
    for one, row in zip(world.organisations, state.organisations, strict=True):
        where = f"organisation {one.row}, month {month}"
        for name in ("cash", "time", "structuration", "successes", "failures", "load", "stage"):
            assert getattr(one, name) == row[name], f"{name} of {where}"
        assert one.openness == [float(x) for x in row["openness"]], where
        assert (one.finished, one.ever, one.pending) == (row["finished"], row["ever"], state.pending[one.row]), where
        if len(engine.world.initiative) > 1:
            assert one.initiative == engine.world.initiative[one.row], f"initiative of {where}"
        low = int(state.slots[one.row])
        ties = {
            int(t["partner"]): (t["trust"] / 65535.0, int(t["last"])) for t in state.ties[low : low + int(row["ties"])]
        }
        mine = {j.row: (tie.trust, IN_USE if tie.last is None else tie.last) for j, tie in one.ties.items()}
        assert mine == ties, where
    assert len(world.alliances) == state.n_alliances, f"alliances, month {month}"
    for number, mine in enumerate(world.alliances):
        row = state.alliances[number]
        where = f"alliance {number}, month {month}"
        for name in ("key", "cost", "effort", "value", "scale", "depth", "origin", "start", "domain", "required", "covered",
                     "pool_cash", "pool_time", "paid", "spent_cash", "spent_time", "benefit", "successes", "draws", "cause",
                     "perimeter", "idea"):  # fmt: skip
            assert getattr(mine, name) == row[name], f"{name} of {where}"
        for name in ("launch", "pooled", "ended", "identified"):
            assert getattr(mine, name) == (None if row[name] < 0 else row[name]), f"{name} of {where}"
        assert mine.leader.row == row["leader"], where
        assert [one.row for one in mine.organisations()] == state.members_of(number), where
        m = int(row["first"])
        for member in mine.members:
            for name in ("cash", "time", "total_cash", "total_time", "benefit", "joined"):
                assert getattr(member, name) == state.memberships[name][m], f"{name} in {where}"
            m = int(state.memberships["next_member"][m])
    assert len(world.forums) == state.n_forums, f"forums, month {month}"
    for mine, row in zip(world.forums, state.forums[: state.n_forums], strict=True):
        first = mine.actions[0]
        assert (mine.key, mine.convenor.row, first.outcome) == (row["key"], row["convenor"], row["outcome"])
        for name in ("months", "meetings", "rounds", "quarrels", "claimants", "aboard", "feasible"):
            assert getattr(first, name) == row[name], f"{name} of a forum, month {row['month']}"
    for cell, need, relief in zip(world.cells, state.need.tolist(), state.relief.tolist(), strict=True):
        assert (cell.need, cell.relief) == (need, relief), f"needs, month {month}"
    assert [cell.civic for cell in world.cells] == state.cells["civic"].tolist(), f"civic capacity, month {month}"
    for perimeter, ideas in zip(world.perimeters, state.ideas, strict=True):
        mine = [(i.cost, i.effort, i.value, i.domain, i.capabilities) for i in perimeter.library]
        assert mine == [tuple(idea.item()) for idea in ideas if idea["cost"] > 0.0], f"ideas, month {month}"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernels_do_what_the_specification_says(variant: str, seed: int) -> None:
    months = 30 if variant in ("replication", "dialogue", "hub") else MONTHS  # solutions are there a January later
    engine = Engine(territory(seed), {**LIVELY, **VARIANTS[variant]}, seed=seed, months=months, burn_in=0,
                    shocks=SHOCKS if variant.startswith("shocks") else None)  # fmt: skip
    if "replication" in VARIANTS[variant]:
        scatter(engine)
    world = World(engine)
    for _ in range(months):
        engine.step()
        step(world)
        compare(world, engine)
    assert len(world.alliances) > 10
    SEEN.update(world.seen)


def test_every_branch_was_taken() -> None:
    """Runs after the comparisons: a branch that never occurs is a branch that was not compared."""
    assert [branch for branch in BRANCHES if not SEEN[branch]] == []
