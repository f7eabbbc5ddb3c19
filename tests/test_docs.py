"""The documents say what the code does: generated parts, names, links, commands, the README's example, the import graph."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from alliancesim import catalogue, levers, observables, parameters
from alliancesim.kernels import keyed
from alliancesim.rules.plan import PHASE_NAMES

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "alliancesim"
PAGES = [
    *(page for folder in (".", "docs", "experiments") for page in sorted((ROOT / folder).glob("*.md"))),
    SOURCE / "data" / "PROVENANCE.md",
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ODD = (ROOT / "docs" / "ODD.md").read_text(encoding="utf-8")

FACTS = [
    f"{n:02d}" for n in (*range(3, 10), 11, 12, 13, 17, 20, *range(22, 28), 34, 35, *range(39, 45), 47, 49, 50, 52)
]
MECHANISMS = [f"{n:02d}" for n in range(1, 83) if n not in (27, 28)]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


# -- what is generated, what is named ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["write_data_doc", "write_parameters_doc", "write_sensitivity"])
def test_generated_parts_are_what_the_definitions_give(tool, capsys):
    assert _tool(tool).main(["--check"]) == 0, capsys.readouterr().out


def test_every_phase_lever_and_parameter_is_described():
    numbers = ODD + (ROOT / "docs" / "PARAMETERS.md").read_text(encoding="utf-8")
    assert [name for name in PHASE_NAMES if not re.search(rf"^### 7\.\d+ {name}\b", ODD, flags=re.MULTILINE)] == []
    assert [name for name in PHASE_NAMES if f"`{name}`" not in ODD] == []
    assert [lever.name for lever in levers.LEVERS if f"`{lever.name}`" not in ODD] == []
    assert [p.name for p in parameters.PARAMETERS if f"`{p.name}`" not in numbers] == []


def test_every_choice_that_a_rule_refers_to_is_listed():
    submodels, _, choices = ODD.partition("\n## 8. Choices")
    referred = set(re.findall(r"\[(C\d+)\]", submodels))
    listed = re.findall(r"^\| (C\d+) \|", choices, flags=re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert referred <= set(listed)


def test_names_in_code_type_exist():
    """A parameter, column, lever or file that the ODD names in code type is one."""
    known = {p.name for p in parameters.PARAMETERS} | {o.name for o in observables.OBSERVABLES}
    known |= (
        set(levers.LEVER_NAMES) | set(PHASE_NAMES) | set(catalogue.KIND_NAMES) | set(parameters.RULES_DTYPE.names or ())
    )
    options = {name for lever in levers.LEVERS for name in lever.options}
    words = {"name", "deprived_share", "need_start_*", "need_*", "TypologySpec"} | options
    cases = {path.stem for path in ROOT.glob("configs/*/*.yaml")}
    for name in set(re.findall(r"`([a-z][a-z0-9_*]+)`", ODD)) - known - words - cases:
        assert name == "cci_le_havre", f"docs/ODD.md names {name}, which is nothing in the code"
    for path in set(re.findall(r"`((?:\w+/)*\w+\.py)`", ODD)):
        places = [SOURCE / path, *(SOURCE / folder / path for folder in ("kernels", "rules"))]
        assert any(place.is_file() for place in places), f"docs/ODD.md names {path}, which is no file"


def test_every_row_of_the_source_is_accounted_for():
    page = (ROOT / "docs" / "SOURCES_LEFT_OUT.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| N(\d\d) \|", page, flags=re.MULTILINE) == FACTS
    assert re.findall(r"^\| M(\d\d) \|", page, flags=re.MULTILINE) == MECHANISMS
    assert not re.search(r"^\| [NM]\d\d \|[^|]+\|\s*\|", page, flags=re.MULTILINE)


def test_published_vectors_of_keys_hold():
    """docs/RANDOMNESS.md is made from plain Python; kernels have to give the same."""
    page = (ROOT / "docs" / "RANDOMNESS.md").read_text(encoding="utf-8")
    vectors = re.findall(r"^\| `(.+)` \| `(.+)` \|$", page.partition("## Test vectors")[2], flags=re.MULTILINE)
    assert len(vectors) >= 10
    names = {name: getattr(keyed, name) for name in ("mix64", "fold", "stream_key", "uniform")}
    for call, value in vectors:
        numbers = re.sub(r"\b(\d+)\b(?=[,)])", lambda found: f"np.uint64({found[1]})", call)
        assert eval(numbers, {"np": np, **names}) == ast.literal_eval(value), call


def test_every_symbol_of_the_glossary_is_a_name():
    page = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8").partition("\n## Symbols")[2]
    names = {
        name for row in page.splitlines() if row.startswith("| ") for name in re.findall(r"`(\w+)`", row.split("|")[2])
    }
    assert names - set(parameters.BY_NAME) == {"neutrality", "OBJECTIVE_BENEFITS"}


# -- links, paths, commands -------------------------------------------------------------------------------------------


def _anchor(heading: str) -> str:
    """Anchor of a heading as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in [_anchor(heading) for heading in headings], f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_path_of_a_machine(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(work|root|home|tmp|Users|mnt|opt|usr)\b|\b[A-Z]:\\", text)


def _commands() -> list[list[str]]:
    lines = [line for block in _blocks(README, "(?:sh|bat)") for line in block.splitlines()]
    return [shlex.split(line.replace("\\", "/")) for line in lines if line.strip()]


def test_the_commands_of_the_readme_exist():
    from alliancesim.cli import make_parser
    from alliancesim.scenario.compose import compose

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    bootstrap = (ROOT / "tools" / "bootstrap.py").read_text(encoding="utf-8")
    seen = set()
    for program, *rest in _commands():
        name = Path(program).name
        seen.add(name)
        if name == "make":
            assert re.search(rf"^{rest[0]}:", makefile, flags=re.MULTILINE)
        elif name in ("python3", "py"):
            assert (ROOT / rest[0]).is_file()
            assert f'"{rest[1]}"' in bootstrap
        else:
            assert name == "alliancesim"
            args, left = make_parser().parse_known_args(rest)
            assert left == []
            if args.command == "run":
                scenario, _ = compose(args.overrides, None)
                assert scenario.months > 0
    assert seen == {"make", "python3", "py", "alliancesim"}
    assert "## Two commands" in README


def test_the_example_of_the_readme_runs(capsys):
    (block,) = _blocks(README, "python")
    shorter = block.replace('"months=60"', '"months=6", "burn_in=6", "territory.population=3000"')
    assert shorter != block
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(shorter, "README.md", "exec"), names)
    assert "engaged_share" in capsys.readouterr().out
    assert hasattr(names["figure"], "savefig")


# -- the import graph -------------------------------------------------------------------------------------------------


def _part(module: str) -> str:
    """Part of the package that a dotted name belongs to."""
    words = module.split(".")
    return words[1] if len(words) > 1 else ""


def _imports() -> dict[str, set[str]]:
    """Parts that each part imports, imports for type checkers apart."""
    graph: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        own = file.relative_to(SOURCE).with_suffix("").parts[0]
        if own == "__init__":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        typing = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        found = graph.setdefault(own, set())
        for node in ast.walk(tree):
            if node in typing:
                continue
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            found.update(_part(module) for module in modules if module.split(".")[0] == "alliancesim")
        found.discard(own)
    return graph


def test_imports_follow_the_graph_of_the_architecture():
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (block,) = _blocks(page, "")
    allowed: dict[str, set[str]] = {}
    for line in block.splitlines():
        part, _, names = line.partition(":")
        wanted = {name.strip() for name in names.split(",") if name.strip()}
        assert wanted <= set(allowed), f"{part} may import only what stands above it"
        allowed[part] = wanted
    graph = {part: found for part, found in _imports().items() if part != "data"}
    assert set(graph) - set(allowed) == set(), "parts that docs/ARCHITECTURE.md does not name"
    assert set(allowed) - set(graph) == set(), "parts that docs/ARCHITECTURE.md names and the code has not"
    for part, found in graph.items():
        assert found - {"__version__", "data", ""} <= allowed[part], f"{part} imports {sorted(found - allowed[part])}"


def test_every_module_is_named_in_the_architecture():
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for file in SOURCE.rglob("*.py"):
        if file.stem.startswith("__"):
            continue
        assert re.search(rf"`{file.stem}(\.py)?`", page), f"docs/ARCHITECTURE.md does not name {file.relative_to(ROOT)}"
