"""Rules under uncertainty: parameters drawn from their priors, or from a row of a sample such as a posterior.

A draw is a number: the run's seed (divided by ``uncertainty.seeds``), or ``uncertainty.row``. Each parameter of a draw of the
prior is a function of that number and the parameter's name, so a parameter that is added moves no other. A sample is a Parquet
file with a column a parameter and equally weighted rows; draw ``k`` is row ``k`` modulo their number.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alliancesim.errors import UserError
from alliancesim.parameters import BY_NAME, PARAMETERS, SHARES, Parameter, uncertain_parameters
from alliancesim.rules.keys import fold, stream_key, uniform
from alliancesim.scenario.checks import Checked, key, nearest, number, refuse

PRIORS = ("prior", "widened")
NONE, POSTERIOR = "none", "posterior"
DRAWABLE = tuple(parameter.name for parameter in PARAMETERS if parameter.kind != "scenario")
"""Parameters that a sample may have as columns; resources and densities are chosen, not drawn."""

WRITTEN = ("fixed", "drawn", "digest")
"""Keys that a resolved scenario says by itself."""

_ATTEMPTS = 10_000
_LISTED = 20


@dataclass(frozen=True)
class UncertaintyConfig(Checked):
    """Where the numbers of the rules come from, beside those that are given."""

    sample: str = key(
        NONE,
        "str",
        "none: defaults; prior, widened (ranges twice as wide) or posterior (the package's calibrated sample); or a "
        "Parquet file of your own with a column a parameter",
    )
    row: int | None = key(
        None,
        "int",
        "draw, or row of the sample (from 0); null: keyed by the seed of the run, so that replicate k of every point "
        "of an experiment shares one",
        minimum=0,
        maximum=2**63 - 1,
        optional=True,
    )
    seeds: int = key(
        1,
        "int",
        "consecutive seeds that share a draw (where row is null): the draw of a run is its seed divided by it, rounded down",
        minimum=1,
        maximum=1_000_000,
    )
    fixed: list[str] | None = key(
        None, "names", "written by the program: parameters that are given, which no draw replaces", optional=True
    )
    drawn: int | None = key(
        None, "int", "written by the program: the draw whose values stand in rules", minimum=0, optional=True
    )
    digest: str | None = key(
        None, "str", "written by the program: SHA-256 of the sample or of the priors (16 digits)", optional=True
    )

    @classmethod
    def _prefix(cls) -> str:
        return "uncertainty."

    def _check_together(self, prefix: str) -> None:
        if self.sample not in (NONE, *PRIORS, POSTERIOR) and not self.sample.endswith(".parquet"):
            words = (NONE, *PRIORS, POSTERIOR)
            expected = f"one of {', '.join(words)}, or a file that ends in .parquet"
            raise refuse(f"{prefix}sample", self.sample, expected, nearest(self.sample, words))
        if self.sample == NONE and self.row is not None:
            raise refuse(f"{prefix}row", self.row, f"nothing, because {prefix}sample is none")
        for index, name in enumerate(self.fixed or ()):
            if name not in DRAWABLE:
                raise refuse(f"{prefix}fixed[{index}]", name, "a parameter of the rules", nearest(name, DRAWABLE))

    @property
    def on(self) -> bool:
        """Whether parameters are drawn."""
        return self.sample != NONE

    def draw_of(self, seed: int) -> int:
        """Number of the draw of a run with a seed."""
        return seed // self.seeds if self.row is None else self.row

    def words(self, draw: int) -> str:
        """A draw as origins name it: ``prior draw 7``, ``posterior row 12``."""
        if self.sample in PRIORS:
            return f"{self.sample} draw {draw}"
        return f"{self.sample} row {draw % sample_of(self.sample).rows}"


def draw(sample: str, number_: int, fixed: Mapping[str, float] | None = None) -> dict[str, float]:
    """Parameters of one draw.

    Parameters
    ----------
    sample : str
        ``prior``, ``widened``, ``posterior`` or the path of a Parquet file.
    number_ : int
        Number of the draw, such as a seed; of a sample the row modulo the number of rows.
    fixed : mapping, optional
        Parameters that are given, with their values: they are left out, and shares that are at most 1 together with one
        of them are drawn so that they are.

    Returns
    -------
    dict
        Name to value.

    Raises
    ------
    UserError
        For a sample that does not exist or is broken; where no value of a share is possible beside a given one.
    """
    given = dict(fixed or {})
    if sample not in PRIORS:
        return {name: value for name, value in sample_of(sample).row(number_).items() if name not in given}
    widened = sample == "widened"
    values = {
        parameter.name: _drawn(parameter, number_, widened, 0)
        for parameter in uncertain_parameters()
        if parameter.name not in given
    }
    for pair in SHARES:
        free = [name for name in pair if name in values]
        attempt = 0
        while free and sum(values.get(name, given.get(name, BY_NAME[name].default)) for name in pair) > 1.0:
            attempt += 1
            if attempt > _ATTEMPTS:
                words = " and ".join(f"rules.{name}" for name in pair)
                raise UserError(f"{words}: no {sample} draw of {', '.join(free)} leaves their sum at most 1")
            for name in free:
                values[name] = _drawn(BY_NAME[name], number_, widened, attempt)
    return values


def _drawn(parameter: Parameter, number_: int, widened: bool, attempt: int) -> float:
    """Value of a parameter in a draw of its prior: 12 significant digits, so that no machine's last bit matters."""
    from alliancesim.kernels.keyed import STREAMS

    share = uniform(fold(fold(stream_key(number_, STREAMS["prior"], 0), _name_key(parameter.name)), attempt))
    low, high = parameter.range(widened)
    if parameter.integer:
        high += 1.0  # every whole number has its own piece of the range
    if parameter.log:
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    value = float(f"{value:.12g}")
    if parameter.integer:
        return float(min(int(value), int(high) - 1))
    return min(max(value, low), high)


@functools.cache
def _name_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


@dataclass(frozen=True)
class Sample:
    """Equally weighted rows of parameters.

    Attributes
    ----------
    names : tuple of str
    values : tuple of tuple of float
        (rows, names).
    digest : str
        SHA-256 of the file, 16 digits.
    """

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    digest: str

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.values)

    def row(self, number_: int) -> dict[str, float]:
        """Parameters of a row, modulo the number of rows."""
        return dict(zip(self.names, self.values[number_ % self.rows], strict=True))


def posterior_path() -> Path:
    """File of the package's posterior sample."""
    return Path(__file__).resolve().parents[1] / "data" / "posterior.parquet"


def sample_of(sample: str) -> Sample:
    """The sample of ``uncertainty.sample``, read once and again when the file changes.

    Raises
    ------
    UserError
        No such file, not a table of parameters, or a value beyond the hard limits (a line a violation).
    """
    path = posterior_path() if sample == POSTERIOR else Path(sample).expanduser()
    try:
        about = path.stat()
    except OSError:
        if sample == POSTERIOR:
            raise UserError(
                "uncertainty.sample: the package holds no posterior sample; expected none, prior, widened or a "
                "Parquet file of your own"
            ) from None
        raise UserError(f"uncertainty.sample: found {sample!r}, expected a Parquet file that exists") from None
    return _read(path, about.st_mtime_ns, about.st_size)


@functools.lru_cache(maxsize=8)
def _read(path: Path, _changed: int, _size: int) -> Sample:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        data = path.read_bytes()
        table = pq.read_table(pa.BufferReader(data))
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"uncertainty.sample: {path} cannot be read as Parquet ({str(error).splitlines()[0]})"
        ) from None
    if not table.num_rows or not table.num_columns:
        raise UserError(f"uncertainty.sample: {path} has no row, expected one or more, with a column a parameter")
    wrong = []
    columns: dict[str, list[float]] = {}
    for name in table.column_names:
        if name not in DRAWABLE:
            why = "chosen with resources or rules, not drawn" if name in BY_NAME else "no parameter"
            wrong.append(f"column {name}: {why}{'' if name in BY_NAME else nearest(name, DRAWABLE)}")
            continue
        columns[name], found = _column(BY_NAME[name], table.column(name).to_pylist())
        wrong += found
    for first, second in SHARES:
        if first in columns and second in columns:
            wrong += [
                f"row {row}: {first} {a:g} and {second} {b:g}, expected at most 1 together"
                for row, (a, b) in enumerate(zip(columns[first], columns[second], strict=True))
                if a + b > 1.0 + 1e-12
            ]
    if wrong:
        more = [f"and {len(wrong) - _LISTED} more"] if len(wrong) > _LISTED else []
        raise UserError(
            f"uncertainty.sample: {path} is no sample of parameters, expected a column a parameter, within hard limits",
            [*wrong[:_LISTED], *more],
        )
    names = tuple(columns)
    values = tuple(zip(*columns.values(), strict=True))
    return Sample(names, values, hashlib.sha256(data).hexdigest()[:16])


def _column(parameter: Parameter, values: list[Any]) -> tuple[list[float], list[str]]:
    """Numbers of a column, and a line for each that is none or lies beyond the hard limits."""
    wrong = []
    for row, value in enumerate(values):
        ok = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not ok or not parameter.minimum <= value <= parameter.maximum or (parameter.integer and value % 1):
            kind = "a whole number" if parameter.integer else "a number"
            limits = f"from {number(parameter.minimum)}" + (
                f" to {number(parameter.maximum)}" if math.isfinite(parameter.maximum) else " on"
            )
            wrong.append(f"column {parameter.name}, row {row}: found {value!r}, expected {kind} {limits}")
    return ([] if wrong else [float(value) for value in values]), wrong


def drawn_names(config: UncertaintyConfig) -> list[str]:
    """Parameters that a draw sets."""
    if not config.on:
        return []
    names = [p.name for p in uncertain_parameters()] if config.sample in PRIORS else sample_of(config.sample).names
    return [name for name in names if name not in (config.fixed or ())]


def digest_of(sample: str) -> str:
    """What a draw depends on beside its number, as 16 digits: the file of a sample, or the ranges of the priors."""
    return _priors_digest(sample == "widened") if sample in PRIORS else sample_of(sample).digest


@functools.cache
def _priors_digest(widened: bool) -> str:
    rows = [[p.name, *p.range(widened), p.log, p.integer] for p in uncertain_parameters()]
    return hashlib.sha256(json.dumps([rows, SHARES]).encode()).hexdigest()[:16]


def given_names(rules: Any) -> list[str]:
    """Parameters that a description of the rules gives.

    Of a mapping that leaves some out, all that it names; of a whole one, or an object, those that are not at their default.
    """
    values = rules if isinstance(rules, Mapping) else vars(rules)
    if isinstance(rules, Mapping) and len(rules) < len(PARAMETERS):
        return [name for name in DRAWABLE if name in rules]
    return [name for name in DRAWABLE if values[name] != BY_NAME[name].default]


def settle(
    config: UncertaintyConfig, values: Mapping[str, float], fixed: Collection[str], seed: int
) -> tuple[dict[str, float] | None, dict[str, Any]]:
    """Parameters of a run, and what its description says of them.

    Parameters
    ----------
    config : UncertaintyConfig
    values : mapping
        Parameters as they stand.
    fixed : collection of str
        Those that are given.
    seed : int

    Returns
    -------
    values : dict or None
        All parameters; None where they stand as they should.
    config : dict
        Keys of the config with what was drawn.

    Raises
    ------
    UserError
        A row beyond the sample; another sample than the one that values of another draw were taken from.
    """
    about: dict[str, Any] = {**config.to_dict(), "fixed": [name for name in DRAWABLE if name in fixed]}
    if not config.on:
        return None, {**about, "drawn": None, "digest": None}
    wanted = config.draw_of(seed)
    if config.drawn == wanted:
        return None, about  # a description that was run: its own values, whatever the sample is by now
    digest = digest_of(config.sample)
    if config.digest not in (None, digest):
        raise UserError(
            f"uncertainty.digest: found {config.digest!r}, expected {digest!r}: {config.sample} is another sample than "
            "the one that this scenario was drawn from (leave the key out to draw from this one)"
        )
    if config.row is not None and config.sample not in PRIORS and config.row >= sample_of(config.sample).rows:
        raise refuse("uncertainty.row", config.row, f"a row from 0 to {sample_of(config.sample).rows - 1}")
    kept = {name: value for name, value in values.items() if name in fixed or name not in DRAWABLE}
    found = draw(config.sample, wanted, {name: kept[name] for name in fixed})
    return {**kept, **found}, {**about, "drawn": wanted, "digest": digest}
