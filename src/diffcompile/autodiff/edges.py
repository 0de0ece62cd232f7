"""Roots and arc functions at their edges, where their slope is infinite, of what does not go beyond them.

    primal: r = np.sqrt(dx * dx + dy * dy)        reverse: t = np.where(r == 0.0, np.inf, r)
                                                           dx_bar = r_bar * dx / t

The slope is taken as 0 there: that of a length is bounded around 0 (:mod:`diffcompile.analysis.lengths`), and what a
bound holds does not move (:mod:`diffcompile.analysis.clipped`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.analysis.aliasing import Aliases
from diffcompile.analysis.clipped import is_clipped
from diffcompile.analysis.lengths import Squares
from diffcompile.analysis.types import Type
from diffcompile.ir.core import Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.rules import edges

Slope = Callable[..., Any]
_ROOTS: set[Any] = {np.sqrt, math.sqrt}
_POWERS: set[Any] = {operator.pow, np.power, np.float_power}
_ARCS: dict[Any, Slope] = {
    np.arcsin: edges.arcsin_slope, math.asin: edges.arcsin_slope,
    np.arccos: edges.arccos_slope, math.acos: edges.arccos_slope,
}  # fmt: skip
_NOT_NEGATIVE: set[Any] = {np.sqrt, math.sqrt, np.abs, np.fabs, operator.abs, abs, math.fabs, np.square}
_HALF = 0.5


def find_edges(
    function: Function, types: dict[Value, Type], aliases: Aliases, is_active: Callable[[Operand], bool]
) -> dict[Op, Slope]:
    """Return slopes to take, instead of those of the rules, of operations of ``function``."""
    asked = [op for op in walk(function.body) if op.results and not op.keywords and _has_edge(op)]
    if not asked:
        return {}
    squares = Squares(function, types, aliases, is_active)
    return {op: slope for op in asked if squares.is_real(op.results[0]) and (slope := _slope(squares, op)) is not None}


def _has_edge(op: Op) -> bool:
    if op.callee in _POWERS:
        power = op.operands[1]
        return isinstance(power, Const) and isinstance(power.value, float) and 0.0 < power.value < 1.0
    return op.callee in _ROOTS or op.callee in _ARCS


def _slope(squares: Squares, op: Op) -> Slope | None:
    if op.callee in _ARCS:
        return _ARCS[op.callee] if _is_held(squares, op.operands[0]) else None
    if op.callee in _ROOTS:
        return edges.root_slope if squares.are_in(op.operands[0]) else None
    assert isinstance(op.operands[1], Const)
    flat = op.operands[1].value >= _HALF and squares.are_in(op.operands[0])
    return edges.power_slope if flat or is_clipped(squares.makers, op.operands[0], 0.0) else None


def _is_held(squares: Squares, operand: Operand) -> bool:
    """Tell whether ``operand`` is held between -1 and 1."""
    if not is_clipped(squares.makers, operand, 1.0):
        return False
    return is_clipped(squares.makers, operand, -1.0) or _is_positive(squares, operand)


def _is_positive(squares: Squares, operand: Operand) -> bool:
    """Tell whether ``operand`` surely is not negative."""
    if isinstance(operand, Const):
        return isinstance(operand.value, int | float) and operand.value >= 0
    op = squares.makers.get(operand)
    if op is None:
        return False
    if op.callee in (np.minimum, np.fmin):
        return all(_is_positive(squares, each) for each in op.operands)
    if op.callee is Prim.IF:
        place = op.results.index(operand)
        return all(_is_positive(squares, region.results[place]) for region in op.regions)
    return op.callee in _NOT_NEGATIVE


__all__ = ["Slope", "find_edges"]
