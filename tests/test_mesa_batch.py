"""``mesa.batch_run`` over the model, in one process and in two, in both versions of Mesa."""

from __future__ import annotations

import inspect
import pickle

import mesa
import pandas as pd
import pytest

import alliancesim as al

pytestmark = pytest.mark.filterwarnings("error")

SHORT = {"months": 3, "burn_in": 6, "threads": 1, "territory.population": 3000, "rules.m0": 0.3}
RNG_ARGUMENT = "rng" in inspect.signature(mesa.batch_run).parameters


def tidy(rows: list[dict]) -> pd.DataFrame:
    names = ["resources", "rng", "seed", "month", "engaged_share", "alliances"]
    frame = pd.DataFrame(rows)
    return frame[[name for name in names if name in frame]].sort_values(
        ["resources", "engaged_share"], ignore_index=True
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_keywords_are_swept(processes):
    rows = mesa.batch_run(
        al.AllianceModel,
        parameters={"territory": "rural", "resources": ["scarce", "abundant"], "rng": [1, 2], **SHORT},
        number_processes=processes,
        display_progress=False,
    )
    frame = tidy(rows)
    assert len(frame) == 4
    assert frame["month"].tolist() == [3] * 4
    alone = []
    for resources in ("abundant", "scarce"):
        for seed in (1, 2):
            model = al.AllianceModel(territory="rural", resources=resources, rng=seed, **SHORT)
            model.run_model()
            alone.append((resources, model.engaged_share))
    assert list(zip(frame["resources"], frame["engaged_share"], strict=True)) == sorted(alone)


def test_scenarios_are_swept():
    base = ("territory=rural", *(f"{name}={value}" for name, value in SHORT.items()))
    scenarios = [al.load_scenario(*base, f"resources={word}") for word in ("scarce", "abundant")]
    rows = mesa.batch_run(
        al.AllianceModel, parameters={"scenario": scenarios, "rng": 7}, number_processes=1, display_progress=False
    )
    assert [row["scenario"].rules.r_fin for row in rows] == [0.4, 2.5]
    assert all(row["month"] == 3 for row in rows)
    assert pickle.loads(pickle.dumps(scenarios)) == scenarios
    assert pickle.loads(pickle.dumps(al.AllianceModel)) is al.AllianceModel


def test_replicates_in_the_words_of_the_version():
    seeds = {"rng": [1, 2, 3]} if RNG_ARGUMENT else {}
    parameters = {"territory": "rural", **SHORT} | ({} if RNG_ARGUMENT else {"rng": [1, 2, 3]})
    rows = mesa.batch_run(al.AllianceModel, parameters=parameters, number_processes=1, display_progress=False, **seeds)
    assert [row["seed" if RNG_ARGUMENT else "rng"] for row in rows] == [1, 2, 3]
    assert len({row["engaged_share"] for row in rows}) > 1


def test_every_month_and_every_agent():
    rows = mesa.batch_run(
        al.AllianceModel,
        parameters={"territory": "rural", **SHORT, "agent_reporters": [{"stage": "stage"}]},
        number_processes=1,
        data_collection_period=1,
        display_progress=False,
    )
    frame = pd.DataFrame(rows)
    assert sorted(set(frame["month"])) == [1, 2, 3]
    assert set(frame["stage"].dropna()) <= {"naive", "willing", "engaged"}
