"""The folder of a result: written aside and renamed, read back, never replacing what nobody asked to replace."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError
from alliancesim.machine import available_memory
from alliancesim.profiling import FIGURES as DRAWING
from alliancesim.profiling import FILES, MONTHS, RESULT, TABLES, TERRITORY, Profile, table_text
from alliancesim.sizing import (
    BASE_BYTES,
    MANY,
    Population,
    memory_of,
    population_of,
    rough_alliances,
    too_much,
)

if TYPE_CHECKING:
    from alliancesim.results.result import Result
    from alliancesim.scenario import Scenario

MANIFEST, SCENARIO, SUMMARY, FIGURES_FOLDER = "manifest.json", "scenario.yaml", "summary.md", "figures"
COMPRESSION = "zstd"
_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "the file is too large for the disk",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "no folder can be made there",
    errno.ENOTDIR: "a part of the path is a file",
    errno.ENAMETOOLONG: "the name is too long",
}


def table_files() -> tuple[str, ...]:
    """Names of the tables that a folder holds."""
    from alliancesim.results.tables import TABLES

    return (*TABLES, "digests")


# -- where to ---------------------------------------------------------------------------------------------------------


def check_target(path: Path, overwrite: bool, scenario: Scenario | None = None) -> None:
    """Whether a result may be written to a folder; nothing is written.

    A folder of the very same run (scenario and model version) is replaced without asking, for its tables are the same.

    Raises
    ------
    UserError
        A file stands there, a folder of another run (unless ``overwrite``), a folder that is not a result's, or one
        that holds further files.
    """
    if not path.exists():
        if path.is_symlink():
            raise UserError(f"output: {path} is a link that leads nowhere")
        return
    if not path.is_dir():
        raise UserError(f"output: {path} is a file, expected a folder (or a name that is not taken)")
    if path.resolve() == Path.cwd().resolve():
        raise UserError(f"output: {path} is the folder that the command runs in; name a folder in it")
    try:
        present = {entry.name for entry in path.iterdir()} - _LEFT_BY_SYSTEMS
    except OSError as error:
        raise _told(error, path) from None
    if not present:
        return
    manifest = _manifest_if_any(path)
    if manifest is None:
        raise UserError(f"output: {path} holds other files and is not a result of alliancesim; name another folder")
    ours = {MANIFEST, SCENARIO, SUMMARY, FIGURES_FOLDER, *(f"{name}.parquet" for name in table_files())}
    figures = path / FIGURES_FOLDER
    stray = sorted(present - ours)
    if figures.is_dir():
        stray += sorted(
            f"{FIGURES_FOLDER}/{entry.name}"
            for entry in figures.iterdir()
            if entry.suffix != ".png" and entry.name not in _LEFT_BY_SYSTEMS
        )
    if stray:
        raise UserError(
            f"output: {path} holds files that are not of a result ({', '.join(stray[:3])}"
            f"{' ...' if len(stray) > 3 else ''}); move them or name another folder"
        )
    if overwrite:
        return
    from alliancesim.engine import MODEL_VERSION

    same = scenario is not None and manifest.get("scenario_hash") == scenario.hash()
    if not (same and manifest.get("model_version") == MODEL_VERSION):
        raise UserError(f"output: {path} holds another run; name another folder, or say overwrite=true to replace it")


def _manifest_if_any(path: Path) -> dict[str, Any] | None:
    from alliancesim.results.result import FORMAT

    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def default_folder(scenario: Scenario) -> Path:
    """``outputs/<slug>-<first 8 digits of the scenario's hash>``."""
    return Path("outputs") / f"{scenario.slug or 'run'}-{scenario.hash()[:8]}"


def _told(error: OSError, path: Path) -> UserError:
    words = _WORDS.get(error.errno or 0, (error.strerror or str(error)).lower())
    return UserError(f"output: {path} cannot be written: {words}")


@contextmanager
def _aside(path: Path, overwrite: bool, scenario: Scenario) -> Iterator[Path]:
    """A folder beside the target to write into; renamed to it at the end, removed on any error or interruption.

    Raises
    ------
    UserError
        Where the disk does not let it write, or another run took the name meanwhile.
    """
    path = Path(os.path.abspath(path))  # a link to a folder is kept as the name that it is
    part = path.with_name(f".{path.name}.part-{os.getpid()}")
    made: list[Path] = []
    done = False
    try:
        for parent in reversed([path.parent, *path.parent.parents]):
            if not parent.exists():
                parent.mkdir()
                made.append(parent)
        if part.exists():
            shutil.rmtree(part)
        part.mkdir()
        yield part
        check_target(path, overwrite, scenario)
        _move_in(part, path)
        done = True
    except OSError as error:
        if error.errno in _WORDS:
            raise _told(error, path) from None
        raise
    finally:
        if not done:
            shutil.rmtree(part, ignore_errors=True)
            for parent in reversed(made):
                try:
                    parent.rmdir()
                except OSError:  # somebody else uses it by now
                    break


def _move_in(part: Path, path: Path) -> None:
    """Rename the finished folder to its name; what stood there leaves only once the new one is in place."""
    if not path.exists():
        os.rename(part, path)
        return
    target = path.resolve() if path.is_symlink() else path
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    os.rename(target, old)
    try:
        os.rename(part, target)
    except BaseException:
        os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


# -- write ------------------------------------------------------------------------------------------------------------


def write(result: Result, part: Path, *, figures: bool, clock: Profile | None = None) -> None:
    """All files of a result into an empty folder; ``clock`` times figures apart from the other files."""
    import pyarrow.parquet as pq

    from alliancesim.results.tables import stamped

    manifest = result.manifest
    clock = Profile() if clock is None else clock
    with clock.part(FILES):
        for name in table_files():
            table = stamped(
                result.arrow(name),
                name,
                model_version=str(manifest["model_version"]),
                version=str(manifest["versions"]["alliancesim"]),
                seed=int(manifest["seed"]),
            )
            pq.write_table(table, part / f"{name}.parquet", compression=COMPRESSION)
        (part / SCENARIO).write_text(result.scenario.to_yaml(), encoding="utf-8", newline="\n")
    if figures:
        with clock.part(DRAWING):
            draw(result, part / FIGURES_FOLDER)
    (part / SUMMARY).write_text(result.summary(), encoding="utf-8", newline="\n")
    text = json.dumps(dict(manifest), indent=2, ensure_ascii=False)
    (part / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def draw(result: Result, folder: Path) -> None:
    """Every figure as PNG."""
    import matplotlib

    if "matplotlib.pyplot" not in sys.modules:
        matplotlib.use("Agg")  # no window where a command draws into files
    from alliancesim.plots import figures_of

    folder.mkdir()
    for name, function in figures_of(result).items():
        figure = function(result)
        figure.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close(figure)


def save(result: Result, path: str | os.PathLike[str], *, overwrite: bool = False, figures: bool = True) -> Path:
    """Write a result's folder (see ``Result.save``)."""
    target = Path(path)
    check_target(target, overwrite, result.scenario)
    with _aside(target, overwrite, result.scenario) as part:
        write(result, part, figures=figures)
    return target


# -- read -------------------------------------------------------------------------------------------------------------


def read(folder: Path) -> Result:
    """A result from its folder (see ``open_result``)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from alliancesim.observables import SCHEMA_VERSION
    from alliancesim.results.result import FORMAT, Result
    from alliancesim.results.tables import with_fixed_words, words_of
    from alliancesim.scenario import Scenario

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder, expected that of a result")
    if not (folder / MANIFEST).is_file():
        raise UserError(f"{folder}: no {MANIFEST} in it, so this is not the folder of a result")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / MANIFEST}: cannot be read ({_first_line(error)})") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UserError(f"{folder / MANIFEST}: not the manifest of a result of alliancesim")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise UserError(
            f"{folder}: tables of schema {manifest.get('schema_version')}, this version reads schema {SCHEMA_VERSION}"
        )
    scenario = Scenario.from_yaml(folder / SCENARIO)
    try:
        domains, animators = tuple(manifest["domains"]), tuple(manifest["animators"])
        rows = {name: int(manifest["tables"][name]["rows"]) for name in table_files()}
        manifest["territory"]["name"], manifest["versions"]["alliancesim"], manifest["seed"]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / MANIFEST}: incomplete ({_first_line(error)})") from None
    arrow: dict[str, pa.Table] = {}
    for name in table_files():
        file = folder / f"{name}.parquet"
        if not file.is_file():
            raise UserError(f"{file}: missing, the result is not complete")
        try:
            table = pq.ParquetFile(file).read()
        except (OSError, pa.ArrowException) as error:
            raise UserError(f"{file}: cannot be read ({_first_line(error)})") from None
        if table.num_rows != rows[name]:
            raise UserError(f"{file}: {table.num_rows} rows, {MANIFEST} says {rows[name]}")
        try:
            arrow[name] = with_fixed_words(_plain(table), words_of(name, domains, animators))
        except (ValueError, pa.ArrowException) as error:
            raise UserError(f"{file}: not a table of a result ({_first_line(error)})") from None
    return Result(arrow, scenario, manifest)


def _plain(table: Any) -> Any:
    """A table as it was before it was stamped and written."""
    import pyarrow as pa

    fields = []
    for field in table.schema:
        metadata = {k: v for k, v in (field.metadata or {}).items() if not k.startswith(b"PARQUET:")}
        kind = pa.list_(pa.int32()) if pa.types.is_list(field.type) else field.type
        fields.append(pa.field(field.name, kind, metadata=metadata or None))
    return table.cast(pa.schema(fields)).combine_chunks()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


# -- run --------------------------------------------------------------------------------------------------------------


def run_to_folder(
    scenario: Scenario,
    overrides: Sequence[str] = (),
    origins: Mapping[str, tuple[Any, str]] | None = None,
    progress: bool = True,
) -> Path:
    """Run a scenario into its folder, and say what was found.

    Parameters
    ----------
    scenario : Scenario
    overrides : sequence of str
        What the command line said; goes into the manifest.
    origins : mapping, optional
        Origin of each value by key; the origins that are not defaults go into the manifest.
    progress : bool
        Whether to show a line of progress (only where standard error is a terminal) and to print the findings.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UserError
        For a folder that may not be written or replaced, before anything runs; for a full disk.
    """
    from alliancesim.results.result import _simulate

    target = Path(scenario.output) if scenario.output else default_folder(scenario)
    check_target(target, scenario.overwrite, scenario)
    profile = Profile() if scenario.profile else None
    with _aside(target, scenario.overwrite, scenario) as part:
        if progress:
            tell_of_compiling()
        with _progress_line(scenario, progress) as (at, tick):
            result = _simulate(scenario, progress=tick, overrides=overrides, at=at, profile=profile)
            if origins:
                from alliancesim.results.result import Result

                told = {key: note for key, (_value, note) in origins.items() if note and note != "default"}
                result = Result(result._arrow, scenario, {**result.manifest, "origins": told})
            at(FILES, None)
            write(result, part, figures=True, clock=profile)
    if progress:
        print(report(result, target))
        if profile is not None:
            print(table_text(profile.rows()))
    return target


def tell_of_compiling() -> None:
    """Let standard error say when kernels are compiled or waited for."""
    from alliancesim.kernels.compile import announce_on_standard_error

    announce_on_standard_error()


EVERY_SECONDS = 60.0
"""How often a log is told how far a run is."""


@contextmanager
def _progress_line(
    scenario: Scenario, wanted: bool
) -> Iterator[tuple[Callable[[str, Any], None], Callable[[int], None] | None]]:
    """What is being done, on standard error: one line that changes in a terminal, few lines in a log.

    Yields what to call with each part of the run and the thing at hand (the territory, the engine), and after each month.
    """
    if not wanted:
        yield lambda _part, _thing: None, None
        return
    with _bar(scenario) if sys.stderr.isatty() else _log(scenario) as (say, tick):
        engines: list[Any] = []
        many = False

        def at(part: str, thing: Any) -> None:
            nonlocal many
            if part == TABLES:
                expected = population_of(thing, vars(scenario.rules), scenario.population.sample)
                _warn_of_memory(thing, expected, scenario.burn_in + scenario.months)
                many = expected.everyone >= MANY
                say(f"building the tables of about {float(f'{expected.everyone:.3g}'):,.0f} organisations", many)
            elif part == MONTHS:
                engines.append(thing)
                say("", many)
            else:
                say(_DOING[part], many)

        try:
            yield at, lambda month: tick(month, len(engines[0].state.active) if engines else 0)
        finally:
            engines.clear()


_DOING = {
    TERRITORY: "building the territory",
    RESULT: "making the tables of the result",
    FILES: "drawing figures, writing files",
}


def _warn_of_memory(territory: Any, expected: Population, months: int) -> None:
    """Say before the tables are built that they may not find room."""
    needed = memory_of(territory, expected, rough_alliances(expected, months))
    # what the process holds by now is no longer available, and not needed again
    warning = too_much(needed - BASE_BYTES, available_memory())
    if warning:
        print(f"alliancesim: {warning}", file=sys.stderr, flush=True)


@contextmanager
def _bar(scenario: Scenario) -> Iterator[tuple[Callable[[str, bool], None], Callable[[int, int], None]]]:
    """A line of a terminal: what is done, or months, alliances and remaining time."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[doing]}"),
        BarColumn(),
        TextColumn("{task.fields[alliances]} alliances"),
        TimeElapsedColumn(),
        TextColumn("so far, left"),
        TimeRemainingColumn(),
    )
    # a month of a country takes many seconds: remaining time is told from the latest ten minutes
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=600.0) as bar:
        task = bar.add_task("months", total=scenario.burn_in + scenario.months, doing="", alliances=0)
        shown = 0.0

        def say(doing: str, _many: bool) -> None:
            if doing:
                bar.update(task, doing=doing)

        def tick(month: int, alliances: int) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < 0.1:
                return
            shown = now
            bar.update(task, completed=month + 1, doing=_month_text(scenario, month), alliances=alliances)

        yield say, tick


@contextmanager
def _log(scenario: Scenario) -> Iterator[tuple[Callable[[str, bool], None], Callable[[int, int], None]]]:
    """Lines where standard error is no terminal: parts that take long, and how far the months are once a minute."""
    begun = shown = time.monotonic()
    total = scenario.burn_in + scenario.months

    def say(doing: str, many: bool) -> None:
        nonlocal begun, shown
        begun = shown = time.monotonic()
        if doing and many:
            print(doing, file=sys.stderr, flush=True)

    def tick(month: int, alliances: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < EVERY_SECONDS:
            return
        shown = now
        left = (now - begun) / (month + 1) * (total - month - 1) / 60.0
        text = f"{_month_text(scenario, month)}, {alliances:,} alliances, about {left:,.0f} minutes left"
        print(text, file=sys.stderr, flush=True)

    yield say, tick


def _month_text(scenario: Scenario, month: int) -> str:
    calendar = month - scenario.burn_in + 1
    return f"month {calendar if calendar > 0 else 'burn-in'} of {scenario.months}"


def report(result: Result, target: Path) -> str:
    """What the command prints at the end: where the figures lie, what each says, numbers of a source beside the run's."""
    from alliancesim.plots import figures_of, finding
    from alliancesim.results.reference import reference_lines

    lines = [f"{target}: {SUMMARY}, tables (Parquet), {MANIFEST}; figures in {target / FIGURES_FOLDER}:"]
    figures = figures_of(result)
    width = max((len(name) for name in figures), default=0) + 4
    for name in figures:
        lines.append(f"  {f'{name}.png':<{width}}  {finding(name, result)}")
    if result.scenario.case is not None:
        lines += [f"the source beside this run ({result.title}, after {result.months} months):"]
        for line in reference_lines(result):
            lines += textwrap.wrap(line, 116, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)
