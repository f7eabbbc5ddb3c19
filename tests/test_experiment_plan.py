"""A plan held as numbers is the plan of objects: identities, labels, twins; and what a shortcut may not be taken for."""

from __future__ import annotations

import hashlib
import json

import pytest
from experimenting import TINY, tiny
from hypothesis import given
from hypothesis import strategies as st

from alliancesim.engine import MODEL_VERSION
from alliancesim.errors import UserError
from alliancesim.experiments import Experiment, plan
from alliancesim.experiments.drive import AIM_SECONDS, CHUNKS_A_SECOND, chunk_seconds, drive, most_in_chunk
from alliancesim.experiments.plan import make_plan
from alliancesim.experiments.shortcut import Shortcut, applies
from alliancesim.experiments.work import Outcome, Task
from alliancesim.scenario import load_scenario, rules, schema

BASE = load_scenario("territory=rural", "animation=labo")
NAMES = ("rules.psi", "rules.tol0", "rules.r_fin", "rules.term")
SHORT = Shortcut(BASE, NAMES)


@given(
    psi=st.floats(0, 1), tol0=st.floats(0.01, 1), r_fin=st.one_of(st.floats(0.1, 10), st.integers(1, 9)), term=st.integers(12, 99)
)  # fmt: skip
def test_the_shortcut_has_the_hash_of_the_scenario_that_is_made(psi, tol0, r_fin, term):
    changes = dict(zip(NAMES, (psi, tol0, r_fin, term), strict=True))
    assert applies(changes)
    assert SHORT.hash(changes) == BASE.replace(**changes).hash()


@pytest.mark.parametrize("value", [-0.1, 1e9, "much", None, float("nan")])
def test_a_value_that_cannot_be_is_refused_in_the_same_words(value):
    changes = {"rules.psi": value}
    with pytest.raises(UserError) as plainly:
        BASE.replace(**changes)
    with pytest.raises(UserError) as shortly:
        Shortcut(BASE, ("rules.psi",)).hash(changes)
    assert str(shortly.value) == str(plainly.value)


def test_no_shortcut_for_what_is_checked_beside_others(monkeypatch):
    read: set[str] = set()
    checking = []

    def recorded(self, name):
        if checking and not name.startswith("_"):
            read.add(name)
        return object.__getattribute__(self, name)

    for cls in (rules._RulesBase, schema.Scenario):
        together = cls._check_together

        def watched(self, prefix, together=together):
            checking.append(True)
            together(self, prefix)
            checking.pop()

        monkeypatch.setattr(cls, "_check_together", watched)
    monkeypatch.setattr(rules._RulesBase, "__getattribute__", recorded, raising=False)
    animator = next(iter(BASE.animation.animators))
    BASE.replace(**{f"animation.animators.{animator}.convening_level": "department", "rules.perimeters": 1})
    assert read == rules.READ_TOGETHER
    assert not any(applies({"rules.psi": 0.1, f"rules.{name}": 0.1}) for name in read)
    for changes in ({}, {"months": 12}, {"rules.nothing": 1}, {"territory.population": 700, "rules.psi": 0.1}):
        assert not applies(changes)


def test_two_shares_that_are_too_much_together_are_refused_with_the_point():
    factors = {"rules.invite_association": {"levels": [0.1, 0.9]}, "rules.invite_firm": {"levels": [0.05, 0.2]}}
    with pytest.raises(UserError, match=r"design, point 3 .*: rules.invite_firm: found 0.2 beside"):
        make_plan(tiny(factors=factors))


def test_a_base_that_is_not_possible_alone_is_named_as_such():
    factors = {"territory.place": {"levels": ["Ambert", "Saintes"]}}
    with pytest.raises(
        UserError, match="design, point 0 .* before its keys are laid over the base: territory.place: found null"
    ):
        make_plan(tiny(base=["territory=real"], factors=factors))


def test_a_shortcut_that_is_wrong_is_not_taken(monkeypatch):
    right = make_plan(tiny()).identity
    monkeypatch.setattr(plan.Shortcut, "hash", lambda self, changes: "0" * 64)
    assert make_plan(tiny()).identity == right


def experiments():
    psi, tol = {"low": 0, "high": 1}, {"low": 0.1, "high": 0.4}
    yield tiny()
    yield tiny(factors={"rules.psi": {"levels": [0.1, 0.10001]}, "months": {"levels": [6, 12]}}, replicates=1)
    yield tiny(factors={"rules.psi": psi, "rules.tol0": tol}, design={"kind": "sobol", "samples": 9})
    many = {f"rules.{name}": psi for name in ("psi", "invite_quota", "tol0", "r_fin", "r_hum")}
    many["rules.tol0"], many["rules.r_fin"], many["rules.r_hum"] = tol, tol, tol
    many.pop("rules.invite_quota")
    yield tiny(factors={**many, "rules.eta_c": tol}, design={"kind": "latin_hypercube", "samples": 5})
    words = {"a": ["resources=scarce"], "b": ["resources=abundant"], "c": ["resources=scarce"]}
    yield Experiment(base=TINY, scenarios=words, design={"kind": "list"}, replicates=2)


@pytest.mark.parametrize("experiment", list(experiments()))
def test_a_plan_of_numbers_is_the_plan_of_objects(experiment):
    found = make_plan(experiment)
    seen: dict[str, int] = {}
    first: dict[tuple[str, int], int] = {}
    twins = {}
    for number, point in enumerate(found.points):
        assert point.number == number
        scenario = found.base(point.base).replace(**point.changes, seed=0)
        data = {"model_version": MODEL_VERSION, "scenario": scenario.hash(), "subject": "territory"}
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        assert point.identity == hashlib.sha256(text.encode()).hexdigest()
        label = found.points._design[number][0]
        seen[label] = seen.get(label, 0) + 1
        wanted = f"point {number}" if label == "point" else label if seen[label] == 1 else f"{label} ({seen[label]})"
        assert point.label == wanted
        other = first.setdefault((point.identity, found.seed(point, 1)), number)
        if other != number:
            twins[number] = other
    assert found.twins == twins
    data = experiment.to_dict()
    kept = ("subject", "replicates", "common_random_numbers", "precision", "most_replicates", "keep")
    whole = {
        "model_version": MODEL_VERSION, "points": [p.identity for p in found.points], "labels": [p.label for p in found.points],
        **{name: data[name] for name in kept},
    }  # fmt: skip
    assert found.identity == hashlib.sha256(plan._json(whole)).hexdigest()
    assert found.points[-1] == found.points[len(found.points) - 1] == found.points[-1:][0]
    assert [found.original(run) for run in range(found.runs)] == [
        run - run % len(found.points) + twins.get(run % len(found.points), run % len(found.points)) for run in range(found.runs)
    ]  # fmt: skip


def test_labels_are_counted_where_they_are_equal():
    found = make_plan(tiny(factors={"rules.psi": {"levels": [0.1, 0.10001, 0.2]}}, replicates=1))
    assert list(found.points.labels()) == ["psi=0.1", "psi=0.1 (2)", "psi=0.2"]


class Wide:
    """Many workers, each run of which takes some seconds by its own word."""

    def __init__(self, width, seconds):
        self.width, self.seconds, self.waiting, self.sizes, self.most = width, seconds, [], [], 0

    def submit(self, chunk):
        self.waiting.append(chunk)
        self.sizes.append(len(chunk))
        self.most = max(self.most, len(self.waiting))
        return id(chunk)

    def wait(self, timeout):
        chunk = self.waiting.pop(0)
        return [(id(chunk), [Outcome(task.run, self.seconds, b"") for task in chunk])]


@pytest.mark.parametrize(("width", "runs"), [(2, 3_000), (200, 40_000), (200, 500), (1_000, 100)])
def test_chunks_are_longer_where_there_are_more_workers_and_leave_none_without(width, runs):
    engine, got = Wide(width, 0.1), []
    drive(
        engine,
        [Task(run, 0, {}, {}, 1) for run in range(runs)],
        lambda ones: got.extend(o.run for o in ones),
        total=runs,
    )
    assert sorted(got) == list(range(runs))
    assert max(engine.sizes) <= most_in_chunk(runs, width)
    assert max(engine.sizes) * 0.1 <= chunk_seconds(width) + 1e-9
    assert chunk_seconds(width) == max(AIM_SECONDS, width / CHUNKS_A_SECOND)
    assert engine.most <= 4 * width
    if runs >= 100 * width:
        assert engine.sizes[-2] * 0.1 == pytest.approx(chunk_seconds(width), rel=0.3)
