"""Points of a design: what each factor is in each of them."""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alliancesim.errors import UserError
from alliancesim.experiments.experiment import Experiment, FactorConfig

if TYPE_CHECKING:
    import numpy as np

Point = dict[str, Any]
"""Value of each factor that the point sets, by key."""

MOST_IN_LABEL = 4
"""A point of more factors is named by its number."""
_MOST_REJECTED = 64
"""A space-filling design gives up when fewer than one draw in so many fulfils the constraints."""


def points(experiment: Experiment, baseline: Callable[[str], Any]) -> list[tuple[str, Point]]:
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
        return [(label, {}) for label in experiment.scenarios]
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
    kept = [(label, point) for label, point in found if fulfils(experiment.constraints, point, baseline)]
    if not kept:
        raise UserError(f"constraints: none of {len(found)} points fulfils {' and '.join(experiment.constraints)}")
    return kept


def grid(factors: Mapping[str, FactorConfig], levels: int) -> list[tuple[str, Point]]:
    """Every combination of levels, the last factor changing fastest."""
    found = itertools.product(*(factor.spread(levels) for factor in factors.values()))
    return [labelled(dict(zip(factors, values, strict=True))) for values in found]


def one_at_a_time(
    factors: Mapping[str, FactorConfig], levels: int, baseline: Callable[[str], Any]
) -> list[tuple[str, Point]]:
    """The base, then every level of every factor with all others at the base."""
    found: list[tuple[str, Point]] = [("base", {})]
    for name, factor in factors.items():
        here = baseline(name)
        found += [labelled({name: value}) for value in factor.spread(levels) if value != here]
    return found


def space_filling(experiment: Experiment, baseline: Callable[[str], Any]) -> list[tuple[str, Point]]:
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
        found = [
            (label, point)
            for label, point in _mapped(factors, unit)
            if fulfils(experiment.constraints, point, baseline)
        ]
        if len(found) >= wanted:
            return found[:wanted]
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


def _mapped(factors: Mapping[str, FactorConfig], unit: np.ndarray) -> list[tuple[str, Point]]:
    """Points of the unit cube in the factors' own values."""
    return [
        labelled({name: factor.at(float(share)) for (name, factor), share in zip(factors.items(), row, strict=True)})
        for row in unit
    ]


def labelled(point: Point) -> tuple[str, Point]:
    """A point with a label made of its values: ``rural, scarce, psi=0.3``."""
    if len(point) > MOST_IN_LABEL:
        return "point", point
    words = []
    for name, value in point.items():
        text = "+".join(map(str, value)) if isinstance(value, list) else _short(value)
        words.append(text if isinstance(value, (str, list)) else f"{name.rpartition('.')[2]}={text}")
    return ", ".join(words) or "base", point


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def from_table(experiment: Experiment) -> list[tuple[str, Point]]:
    """The user's own points: a column for each key, an optional ``label``; empty cells keep the base.

    Raises
    ------
    UserError
        For a file that cannot be read, an unknown column, a table without rows.
    """
    from alliancesim.experiments.tables import read_design

    rows = read_design(str(experiment.design.path), experiment.subject)
    return [(label or labelled(point)[0], point) for label, point in rows]


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
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError:
            raise UserError(f"constraints: found {text!r}, expected a comparison such as rules.r_fin <= 2") from None
        try:
            if not _value(tree, text, point, baseline):
                return False
        except (TypeError, ZeroDivisionError) as error:
            raise UserError(f"constraints: {text!r} cannot be evaluated ({error})") from None
    return True


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
