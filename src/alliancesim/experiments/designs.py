"""Points of a design: what each factor is in each of them."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import Experiment, FactorConfig

if TYPE_CHECKING:
    import numpy as np

Point = dict[str, Any]
"""Value of each factor that the point sets, by key."""

MOST_IN_LABEL = 4
"""A point of more factors is named by its number."""
UNNAMED = "point"
"""Label of a point that its number is added to."""
_MOST_REJECTED = 64
"""A space-filling design gives up when fewer than one draw in so many fulfils the constraints."""


class Design(Sequence[tuple[str, Point]]):
    """Label and factors of every point, made when they are asked for: millions of points are the numbers they are made of.

    Parameters
    ----------
    at : callable
        Factors of a row.
    rows : range or array of int
        Which rows are points, in order.
    label : callable, optional
        Label of a row; without it a point is named by its values.
    """

    def __init__(
        self, at: Callable[[int], Point], rows: range | np.ndarray, label: Callable[[int], str] | None = None
    ) -> None:
        self._at, self._rows, self._label = at, rows, label

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> tuple[str, Point]: ...

    @overload
    def __getitem__(self, index: slice) -> list[tuple[str, Point]]: ...

    def __getitem__(self, index: int | slice) -> tuple[str, Point] | list[tuple[str, Point]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        row = int(self._rows[index])
        point = self._at(row)
        return (named(point) if self._label is None else self._label(row)), point

    def factors(self, index: int) -> Point:
        """Factors of a point, without its label."""
        return self._at(int(self._rows[index]))

    def first(self, count: int) -> Design:
        """The first points alone."""
        return Design(self._at, self._rows[:count], self._label)

    def those(self, wanted: Callable[[Point], bool]) -> Design:
        """The points that fulfil a condition."""
        import numpy as np

        rows = np.fromiter((row for row in self._rows if wanted(self._at(int(row)))), np.int64)
        return Design(self._at, rows, self._label)


def listed(found: Sequence[tuple[str, Point]]) -> Design:
    """A design of points that are written down one by one."""
    return Design(lambda row: found[row][1], range(len(found)), lambda row: found[row][0])


def points(experiment: Experiment, baseline: Callable[[str], Any]) -> Design:
    """Label and factors of every point.

    Parameters
    ----------
    experiment : Experiment
    baseline : callable
        Value of a key in the base scenario (one-at-a-time steps from it; constraints may read it).

    Raises
    ------
    UserError
        No point at all, constraints that none fulfils, a table with mistakes.
    """
    kind, factors = experiment.design.kind, experiment.factors
    if kind == "list":
        return listed([(label, {}) for label in experiment.scenarios])
    if kind == "table":
        found = from_table(experiment)
    elif kind == "grid":
        found = grid(factors, experiment.design.levels)
    elif kind == "one_at_a_time":
        found = one_at_a_time(factors, experiment.design.levels, baseline)
    elif kind in ("saltelli", "morris"):
        found = _mapped(factors, analysed(experiment))
    else:
        return space_filling(experiment, baseline)
    if not experiment.constraints:
        return found
    kept = found.those(lambda point: fulfils(experiment.constraints, point, baseline))
    if not len(kept):
        raise UserError(f"constraints: none of {len(found)} points fulfils {' and '.join(experiment.constraints)}")
    return kept


def grid(factors: Mapping[str, FactorConfig], levels: int) -> Design:
    """Every combination of levels, the last factor changing fastest."""
    spread = {name: factor.spread(levels) for name, factor in factors.items()}

    def at(row: int) -> Point:
        values = []
        for several in reversed(spread.values()):
            row, place = divmod(row, len(several))
            values.append(several[place])
        return dict(zip(spread, reversed(values), strict=True))

    return Design(at, range(math.prod(map(len, spread.values()))))


def one_at_a_time(factors: Mapping[str, FactorConfig], levels: int, baseline: Callable[[str], Any]) -> Design:
    """The base, then every level of every factor with all others at the base."""
    found: list[tuple[str, Point]] = [("base", {})]
    for name, factor in factors.items():
        here = baseline(name)
        found += [(named({name: value}), {name: value}) for value in factor.spread(levels) if value != here]
    return listed(found)


def space_filling(experiment: Experiment, baseline: Callable[[str], Any]) -> Design:
    """A Latin hypercube or the Sobol' sequence; points that break a constraint are drawn again."""
    from scipy.stats import qmc

    factors, design = experiment.factors, experiment.design
    wanted = design.samples or 1
    drawn = wanted
    while True:
        if design.kind == "sobol":
            exponent = math.ceil(math.log2(drawn)) if drawn > 1 else 0
            unit = qmc.Sobol(len(factors), scramble=True, rng=design.seed).random_base2(exponent)[:drawn]
        else:
            unit = qmc.LatinHypercube(len(factors), rng=design.seed).random(drawn)
        found = _mapped(factors, unit)
        if not experiment.constraints:
            return found
        found = found.those(lambda point: fulfils(experiment.constraints, point, baseline))
        if len(found) >= wanted:
            return found.first(wanted)
        if drawn >= max(1024, wanted * _MOST_REJECTED):
            raise UserError(
                f"constraints: {len(found)} of {drawn} draws fulfil {' and '.join(experiment.constraints)}, expected "
                f"{wanted} (design.samples); widen the ranges or loosen the constraints"
            )
        drawn *= 2


def problem(experiment: Experiment) -> dict[str, Any]:
    """The factors as SALib names them: each on the unit interval, which its distribution maps."""
    names = list(experiment.factors)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def analysed(experiment: Experiment) -> np.ndarray:
    """Saltelli's or Morris' points in the unit cube, as SALib draws them, shape (points, factors)."""
    design = experiment.design
    if design.kind == "morris":
        from SALib.sample import morris

        return morris.sample(problem(experiment), design.samples, num_levels=design.levels, seed=design.seed)
    from SALib.sample import sobol

    samples = design.samples or 1
    if samples & (samples - 1):
        raise UserError(f"design.samples: found {samples}, expected a power of two (saltelli)")
    return sobol.sample(
        problem(experiment), samples, calc_second_order=design.second_order, scramble=True, seed=design.seed
    )


def _mapped(factors: Mapping[str, FactorConfig], unit: np.ndarray) -> Design:
    """Points of the unit cube in the factors' own values."""
    several = list(factors.items())

    def at(row: int) -> Point:
        return {name: factor.at(share) for (name, factor), share in zip(several, unit[row].tolist(), strict=True)}

    return Design(at, range(len(unit)))


def named(point: Point) -> str:
    """The label of a point, made of its values: ``rural, scarce, psi=0.3``."""
    if len(point) > MOST_IN_LABEL:
        return UNNAMED
    words = []
    for name, value in point.items():
        text = "+".join(map(str, value)) if isinstance(value, list) else _short(value)
        words.append(text if isinstance(value, (str, list)) else f"{name.rpartition('.')[2]}={text}")
    return ", ".join(words) or "base"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def from_table(experiment: Experiment) -> Design:
    """The user's own points: a column for each key, an optional ``label``; empty cells keep the base.

    Raises
    ------
    UserError
        For a file that cannot be read, an unknown column, a table without rows.
    """
    from alliancesim.experiments.tables import read_design

    rows = read_design(str(experiment.design.path), experiment.subject)
    return listed([(label or named(point), point) for label, point in rows])


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.USub: operator.neg, ast.Not: operator.not_,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


def fulfils(constraints: list[str], point: Point, baseline: Callable[[str], Any]) -> bool:
    """Whether a point fulfils every constraint.

    A constraint compares keys, numbers and words with ``< <= > >= == != in``, arithmetic, ``and``, ``or`` and ``not``.
    """
    for text in constraints:
        try:
            tree = _parsed(text)
        except SyntaxError:
            raise UserError(f"constraints: found {text!r}, expected a comparison such as rules.r_fin <= 2") from None
        try:
            if not _value(tree, text, point, baseline):
                return False
        except (TypeError, ZeroDivisionError) as error:
            raise UserError(f"constraints: {text!r} cannot be evaluated ({error})") from None
    return True


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.AST:
    return ast.parse(text.strip(), mode="eval").body


def _value(node: ast.AST, text: str, point: Point, baseline: Callable[[str], Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = ast.unparse(node)
        value = point[name] if name in point else baseline(name)
        if isinstance(value, float) and math.isnan(value):
            raise UserError(f"constraints: found {name} in {text!r}, which is drawn, expected it as a factor or given")
        return value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(one, text, point, baseline) for one in node.elts]
    if isinstance(node, ast.BoolOp):
        values = (_value(one, text, point, baseline) for one in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand, text, point, baseline))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = (_value(one, text, point, baseline) for one in (node.left, node.right))
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Compare) and all(type(op) in _OPERATORS for op in node.ops):
        values_ = [_value(one, text, point, baseline) for one in (node.left, *node.comparators)]
        return all(_OPERATORS[type(op)](a, b) for op, a, b in zip(node.ops, values_, values_[1:], strict=False))
    raise UserError(f"constraints: found {ast.unparse(node)!r} in {text!r}, expected keys, numbers and comparisons")
