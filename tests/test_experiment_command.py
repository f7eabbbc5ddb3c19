"""The commands sweep, status, rerun of one run, reproduce: what they print, their statuses, what they refuse."""

from __future__ import annotations

import pytest

from alliancesim.cli import main
from alliancesim.experiments.compose import available, compose, load_experiment
from alliancesim.experiments.finish import kept_of
from alliancesim.experiments.plan import make_plan
from alliancesim.studies.reproduce import STUDIES, studies, study

MINE = """\
# Mine
title: Mine
base: [territory.population=700, months=12, burn_in=0]
factors:
  resources: {levels: [scarce, abundant]}
replicates: 2
quick: [replicates=1, months=6]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys):
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_a_sweep_its_status_and_one_run_again(here, capsys):
    assert main(["sweep", "experiment=mine.yaml", "workers=1", "output=x"]) == 0
    out, err = said(capsys)
    assert out == "x: 4 runs of 2 points in runs.parquet\n"
    assert err == "Mine: 2 points, 4 runs into x\n"
    assert main(["status", "x"]) == 0
    assert said(capsys)[0] == "mine: complete, 4 runs\n"
    assert main(["rerun", "x", "run=3"]) == 0
    assert said(capsys)[0].splitlines() == ["run 3: abundant, replicate 2, seed 2", "identical"]
    assert main(["rerun", "x", "run=4"]) == 2
    assert "found 'run=4', expected run=<number>, from 0 to 3" in said(capsys)[1]


def test_quick_and_keys_of_the_base(here):
    experiment, settings = compose(["experiment=mine.yaml", "quick=true", "rules.psi=0.3"])
    assert settings.quick
    assert experiment.replicates == 1
    assert experiment.base == ["territory.population=700", "burn_in=0", "months=6", "rules.psi=0.3"]
    assert compose(["experiment=mine.yaml", "quick=true", "months=3", "replicates=5"])[0].replicates == 5
    assert load_experiment("mine.yaml", "months=3").base[-1] == "months=3"


def test_failed_runs_end_with_status_3_and_one_line(here, capsys):
    assert main(["sweep", "experiment=mine.yaml", "workers=1", "output=x", "time_limit=0.00001"]) == 3
    last = said(capsys)[1].strip().splitlines()[-1]
    assert last.startswith("alliancesim: 4 of 4 runs failed (failures.parquet); the first, run 0 (scarce): TimeLimit")
    assert last.endswith("again: alliancesim rerun x run=0")
    assert main(["status", "x"]) == 0
    assert said(capsys)[0] == "mine: complete, 4 runs, 4 failed\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "experiment: found nothing, expected experiment=<name or path>"),
        (["experiment=mine"], "experiment: found 'mine', expected one of"),
        (["experiment=none.yaml"], "expected a file that exists"),
        (["experiment=mine.yaml", "replicate=2"], "replicate: unknown key (did you mean 'replicates'?)"),
        (["experiment=mine.yaml", "resources=scarce"], "resources: a factor of this experiment"),
        (["experiment=mine.yaml", "workers=0"], "workers: found 0"),
        (["experiment=mine.yaml", "threads=2"], "threads: a run of an experiment uses one thread"),
        (
            ["experiment=mine.yaml", "address=tcp://x:1"],
            "address: found 'tcp://x:1', expected nothing (engine is local",
        ),
        (["experiment=mine.yaml", "engine=spark"], "engine: found 'spark', expected one of local, dask"),
        (["experiment=mine.yaml", "rules.psi=x"], "rules.psi: found 'x'"),
        (["experiment=mine.yaml", "design.kind=sobol"], "design.samples: found null"),
        (["experiment=mine.yaml", "keep.timeseries=[alliance]"], "keep.timeseries[0].alliance: unknown key"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(here, capsys, words, expected):
    assert main(["sweep", "output=x", *words]) == 2
    error = said(capsys)[1].strip().splitlines()[-1]
    assert error.startswith("alliancesim: ")
    assert expected in error
    assert not (here / "x").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base: [a", "broken YAML"),
        ("- 1\n", "found a list, expected keys and values"),
        ("replicats: 3\n", "replicats: unknown key"),
        ("base: 3\n", "base"),
        ("factors: {territory: {levels: [suburb]}}\n", "design, point 0 (suburb): territory: found 'suburb'"),
    ],
)
def test_files_that_are_no_experiment(here, capsys, text, expected):
    (here / "bad.yaml").write_text(text)
    assert main(["sweep", "experiment=bad.yaml", "output=x"]) == 2
    assert expected in said(capsys)[1]


def test_a_dry_run_shows_the_points_and_writes_nothing(here, capsys):
    assert main(["sweep", "experiment=mine.yaml", "--dry-run"]) == 0
    out = said(capsys)[0]
    assert "0  scarce" in out
    assert "2 points x 2 replicates = 4 runs, about" in out
    assert sorted(path.name for path in here.iterdir()) == ["mine.yaml"]


def test_status_of_what_is_no_experiment(here, capsys):
    assert main(["status", "."]) == 2
    assert "not the folder of an experiment" in said(capsys)[1]


def test_experiments_of_ones_own_folder(here):
    (here / "own").mkdir()
    (here / "own" / "theirs.yaml").write_text(MINE)
    assert "theirs" in available("own")
    assert load_experiment("theirs", config_dir="own").title == "Mine"


RUN_QUICK = {experiment for one in studies().values() for experiment in one.experiments}
"""Experiments whose quick version is not only planned but run, by the tests of the studies."""


@pytest.mark.parametrize(
    ("name", "quick"),
    [(name, False) for name in available()] + [(name, True) for name in available() if name not in RUN_QUICK],
)
def test_every_shipped_experiment_can_be_planned(name, quick):
    experiment, _ = compose([f"experiment={name}", *(["quick=true"] if quick else [])])
    assert experiment.title and experiment.question
    if not quick and experiment.design.kind == "sobol":
        experiment = experiment.replace(**{"design.samples": 8})  # composing thousands of points says no more
    plan = make_plan(experiment)
    assert kept_of(plan).observables
    assert len({point.label for point in plan.points}) == len(plan.points)


def test_studies_are_listed_and_unknown_ones_refused(capsys):
    assert main(["reproduce"]) == 0
    assert said(capsys)[0].split() == [*STUDIES, "hypotheses"]
    assert main(["reproduce", "histori"]) == 2
    assert "did you mean 'history'?" in said(capsys)[1]
    assert all(set(study(name).experiments) <= set(available()) for name in STUDIES)
