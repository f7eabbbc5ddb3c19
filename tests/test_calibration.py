"""Targets as data, the search on a simulator whose answer is known, the command from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliancesim.calibration import read_targets
from alliancesim.calibration.settings import packaged, selected, simulate_targets
from alliancesim.calibration.smc import distance, equal_rows, run_smc
from alliancesim.calibration.targets import PATH
from alliancesim.cli import main
from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME


def test_the_targets_are_those_of_the_specification() -> None:
    found = {one.name: (one.value, one.tolerance) for one in read_targets()}
    assert found == {
        "ge_2013": (0.60, 0.05), "association_2013": (0.46, 0.05), "pme_2013": (0.36, 0.05), "tpe_2013": (0.20, 0.05),
        "firms_engaged_2010": (0.21, 0.08), "firms_willing_2010": (0.33, 0.08), "under_five_2010": (0.69, 0.07),
        "labo_yield": (0.18, 0.04), "charenton_ready": (0.28, 0.08),
    }  # fmt: skip
    assert all(one.denominator and one.source for one in read_targets())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",0.46,0.05,", ",0.46,,", "tolerance: missing, expected a number"),
        (",0.46,0.05,", ",0.46,0,", "tolerance: found 0, expected a number above 0"),
        (",0.46,0.05,", ",1.46,0.05,", "value: found 1.46, expected 0 to 1"),
        ("engaged_share_association,", "engaged_share_asociation,", "observable: found 'engaged_share_asociation'"),
        (",national,engaged_share_association", ",nation,engaged_share_association", "setting: found 'nation'"),
        ("denominator", "denomination", "column denominator: missing"),
    ],
)
def test_targets_with_a_mistake_are_refused_in_lines(old, new, said, tmp_path, capsys) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.csv"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as told:
        read_targets(file)
    assert said in "\n".join(map(str, (told.value, *getattr(told.value, "details", ()))))
    assert main(["calibrate", f"targets={file}", f"output={tmp_path / 'out'}", "quick=true"]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["budget=many"], "budget: found 'many'"),
        (["budge=3"], "budge: no key of calibrate"),
        (["rows"], "expected key=value"),
    ],
)
def test_words_with_a_mistake_are_refused(words, said, tmp_path, capsys) -> None:
    assert main(["calibrate", *words, f"output={tmp_path / 'out'}"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_selection_moves_chosen_successes_toward_the_tops_of_priors() -> None:
    assert selected({"willing0": 0.2, "selection": 0.0})["willing0"] == 0.2
    half = selected({"willing0": 0.2, "selection": 0.5})
    assert half["willing0"] == pytest.approx(0.2 + 0.5 * (BY_NAME["willing0"].high - 0.2))
    assert half["trust0"] == pytest.approx((BY_NAME["trust0"].default + BY_NAME["trust0"].high) / 2)
    assert "selection" not in half


def test_targets_are_simulated_from_parameters_and_a_seed_alone() -> None:
    small = packaged(quick=True)
    targets = [replace(one, month=min(one.month, small[one.setting].months)) for one in read_targets()]
    first = simulate_targets({"m0": 0.2}, 5, targets, small)
    assert first == simulate_targets({"m0": 0.2}, 5, targets, small)
    assert set(first) == {one.name for one in targets}
    assert first != simulate_targets({"m0": 0.2}, 6, targets, small)
    with pytest.raises(UserError, match="expected a parameter of the rules"):
        simulate_targets({"m00": 0.2}, 5, targets, small)


def linear(sd: float):
    """Two targets that are sums and differences of two of three parameters, with noise keyed by candidate."""

    def simulate(generation: int, points: np.ndarray, first: int) -> np.ndarray:
        luck = np.array([np.random.default_rng([generation, first + k]).normal(0.0, sd, 2) for k in range(len(points))])
        return np.column_stack((points[:, 0] + points[:, 1], points[:, 0] - points[:, 1])) + luck

    return simulate


def searched(batch: int = 50):
    return run_smc(
        linear(0.02), np.random.default_rng(1).random((400, 3)), lambda x: np.ones(len(x), dtype=bool),
        np.array([True, True, False]), np.array([1.0, 0.4]), np.array([0.1, 0.1]),
        seed=3, particles=150, budget=3000, batch=batch, least=0.4,
    )  # fmt: skip


def test_the_search_finds_a_known_answer_and_leaves_alone_what_nothing_informs() -> None:
    """Targets 1.0 and 0.4: parameters 0.7 and 0.3. Bounds are five posterior standard errors (false alarms below 1e-6)."""
    found = searched()
    mean = found.weights @ found.x
    spread = np.sqrt(found.weights @ (found.x - mean) ** 2)
    error = spread / np.sqrt(found.effective)
    assert (np.abs(mean[:2] - [0.7, 0.3]) < 5 * error[:2] + 0.005).all()
    assert (spread[:2] < 0.1).all()
    assert abs(mean[2] - 0.5) < 5 * error[2]
    assert spread[2] > 0.2  # uniform: 0.29
    assert (
        distance(found.targets, np.array([1.0, 0.4]), np.array([0.1, 0.1])) <= found.generations[-1]["epsilon"]
    ).all()


def test_the_search_is_the_same_again() -> None:
    first, second = searched(), searched()
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.weights, second.weights)


def test_equal_rows_stand_for_weights() -> None:
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    for seed in range(20):
        count = np.bincount(equal_rows(weights, 40, seed), minlength=4)
        assert (np.abs(count - 40 * weights) < 1).all()


@pytest.mark.slow
def test_a_quick_calibration_is_the_same_for_two_workers_and_goes_on_where_it_stopped(tmp_path: Path, capsys) -> None:
    sets = []
    for workers in (1, 2):
        folder = tmp_path / f"workers-{workers}"
        words = ["calibrate", "quick=true", f"workers={workers}", f"output={folder}"]
        status = main(words)
        assert status in (0, 3)
        if status == 0:
            sets.append(pd.read_parquet(folder / "posterior.parquet"))
        assert (folder / "calibration.md").is_file()
        before = sorted(file.name for file in folder.iterdir())
        assert main(words) == status  # whole already: the same again
        assert sorted(file.name for file in folder.iterdir()) == before
    capsys.readouterr()
    assert len(sets) in (0, 2)
    if sets:
        pd.testing.assert_frame_equal(*sets)
