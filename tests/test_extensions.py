"""Every extension: its definition, its config, and that it is exactly absent when off."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from alliancesim.engine import Engine, engine_of
from alliancesim.extensions import BY_NAME, EXTENSIONS, switched_on
from alliancesim.kernels import compile as compiling
from alliancesim.parameters import BY_NAME as PARAMETERS
from alliancesim.parameters import record
from alliancesim.scenario import load_scenario
from alliancesim.scenario.library import options

SMALL = ("territory.population=3000", "burn_in=12", "months=24", "animation=[events,forums,plenary]")


def small(*overrides: str) -> Engine:
    """A run of a small territory with events and forums."""
    engine = engine_of(load_scenario(*SMALL, *overrides))
    engine.run()
    return engine


def digests(engine: Engine) -> list[Any]:
    """What each phase of each month decided."""
    rows: list[Any] = engine.world.records.digests[:36].tolist()
    return rows


@pytest.fixture(scope="module")
def absent() -> list[Any]:
    """Digests of a run in which nothing of an extension is named."""
    return digests(small())


def other_numbers(group: str) -> list[str]:
    """Overrides that move every number of an extension but those that switch it on."""
    switches = {name for extension in EXTENSIONS for name in extension.on}
    rows = [p for p in PARAMETERS.values() if p.group == group and p.name not in switches]
    return [f"rules.{p.name}={p.low if p.default != p.low else p.high:g}" for p in rows]


@pytest.mark.parametrize("name", [e.name for e in EXTENSIONS if other_numbers(e.name.replace("_", " "))])
def test_off_is_absent_bit_for_bit(name: str, absent: list[Any]) -> None:
    """No number of an extension is read while it is off."""
    assert digests(small(*other_numbers(name.replace("_", " ")))) == absent


def test_each_extension_has_its_config() -> None:
    """``extensions=<name>`` switches on that extension and nothing else."""
    assert switched_on(record()[0]) == []
    for name in options("extensions"):
        on = switched_on(record(vars(load_scenario(f"extensions={name}").rules))[0])
        assert on == ([] if name == "none" else [name])
    assert {e.name for e in EXTENSIONS if e.on} | {"none"} == set(options("extensions"))


def test_extensions_compose() -> None:
    scenario = load_scenario("extensions=[closure,demography]", "case=charenton")
    assert (scenario.rules.closure_q, scenario.rules.demography) == (0.2, 1)
    assert BY_NAME["closure"].phase == "meet"


def test_an_animator_works_in_its_territories_only() -> None:
    """``where`` limits whom it invites; a name that is nowhere is told with the key."""
    from alliancesim.errors import UserError

    engine = small()
    communes = engine.state.labels["cell_commune"]
    name = str(communes[0])
    here = small(f"animation.animators.animator.where=[{name}]")
    booked = here.state.organisations["cell"][here.world.animators[0].book.rows]
    assert set(here.state.labels["cell_commune"][booked]) == {name}
    with pytest.raises(UserError, match=r"animation\.animators\.animator\.where\[0\]: found 'Nowhere', expected"):
        small("animation.animators.animator.where=[Nowhere]")


def test_an_animator_that_is_an_organisation_takes_part() -> None:
    """A chamber that convenes sits in its forums."""
    engine = small("animation.animators.animator.kind=pme")
    row = engine.world.animators[0].row
    assert engine.state.organisations["stage"][row] > 0
    forums = engine.state.forums[: engine.state.n_forums]
    assert set(forums["convenor"][forums["animator"] >= 0]) == {row}
    # what it carries, it carries as that organisation: no alliance is led by an animator that is nobody
    assert (engine.state.alliances["leader"][: engine.state.n_alliances] >= 0).all()


def test_failures_that_are_not_told_are_not_heard() -> None:
    engine = small("rules.failures_told=0")
    assert not engine.state.organisations["failures"].any()
    assert small().state.organisations["failures"].any()


def test_compiled_kernels_are_those_of_the_extensions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change in any kernel file, also of an extension, names another cache; Numba alone would run old code."""
    package = Path(compiling.__file__).parents[1]
    for name in ("parameters.py", "catalogue.py"):
        shutil.copy(package / name, tmp_path / name)
    shutil.copytree(package / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiling, "_PACKAGE", tmp_path / "kernels")
    hashes = [compiling._source_hash()]
    files = sorted((tmp_path / "kernels").rglob("*.py"))
    assert any(file.parent.name == "extensions" for file in files)
    for file in files:
        file.write_text(file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        hashes.append(compiling._source_hash())
    assert len(set(hashes)) == len(files) + 1
