"""Numbers that a bound holds: ``np.maximum(x, 0.0)``, ``np.clip(x, -1, 1)``, ``x if x > 0 else 0.0``, ``x * (x > 0)``.

    Example: ``np.arccos(np.clip(c, -1, 1))`` stays where it is as ``c`` goes beyond 1, though the slope of the arc
    cosine is infinite at 1.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from diffcompile.ir.core import Const, Op, Operand, Prim, Value

_LARGER: set[Any] = {np.maximum, np.fmax, np.minimum, np.fmin}
_CLIPS: set[Any] = {np.clip, np.ndarray.clip}
_COMPARISONS: set[Any] = {
    operator.lt, operator.le, operator.gt, operator.ge, np.less, np.less_equal, np.greater, np.greater_equal,
}  # fmt: skip
_ABOVE: set[Any] = {operator.gt, operator.ge, np.greater, np.greater_equal}
_PRODUCTS: set[Any] = {operator.mul, np.multiply}
_LIKE: set[Any] = {
    operator.getitem, np.reshape, np.ndarray.reshape, np.ravel, np.transpose, np.ndarray.transpose, np.expand_dims,
    np.squeeze, np.broadcast_to, np.ndarray.copy, np.copy, np.ndarray.astype, np.asarray, float,
}  # fmt: skip
MOST_DEEP = 20


def is_clipped(makers: Mapping[Value, Op], operand: Operand, bound: float, depth: int = 0) -> bool:
    """Tell whether ``operand`` is ``bound`` where what it is made of is beyond it, and only there or at it."""
    op = makers.get(operand) if isinstance(operand, Value) else None
    if op is None or depth > MOST_DEEP:
        return False
    if op.callee in _CLIPS:
        return any(_is(each, bound) for each in op.operands[1:])
    if op.callee in _LARGER:
        return any(_is(each, bound) or is_clipped(makers, each, bound, depth + 1) for each in op.operands)
    if op.callee in _PRODUCTS:
        return bound == 0.0 and _is_masked(makers, *op.operands[:2])
    if op.callee is np.where or op.callee is Prim.IF:
        sides = op.operands[1:] if op.callee is np.where else _sides(op, operand)
        return _is_chosen(makers, op.operands[0], sides, bound, depth)
    return op.callee in _LIKE and is_clipped(makers, op.operands[0], bound, depth + 1)


def _is(operand: Operand, bound: float) -> bool:
    return isinstance(operand, Const) and isinstance(operand.value, int | float) and operand.value == bound


def _is_masked(makers: Mapping[Value, Op], x: Operand, y: Operand) -> bool:
    """Tell whether one operand says where the other is larger than 0."""
    for mask, other in ((x, y), (y, x)):
        made = makers.get(mask) if isinstance(mask, Value) else None
        if made is not None and made.callee in _ABOVE and made.operands[0] is other and _is(made.operands[1], 0.0):
            return True
    return False


def _sides(op: Op, result: Operand) -> tuple[Operand, ...]:
    place = next(number for number, each in enumerate(op.results) if each is result)
    return tuple(region.results[place] for region in op.regions)


def _is_chosen(
    makers: Mapping[Value, Op], condition: Operand, sides: tuple[Operand, ...], bound: float, depth: int
) -> bool:
    """Tell whether a number is compared with a constant, and the larger or smaller one of both is taken."""
    made = makers.get(condition) if isinstance(condition, Value) else None
    if made is None or made.callee not in _COMPARISONS:
        return False
    compared = made.operands[:2]
    constants = [side for side in sides if isinstance(side, Const)]
    others = [side for side in sides if isinstance(side, Value)]
    if len(constants) != 1 or len(others) != 1:
        return False
    (constant,), (other,) = constants, others
    value = constant.value
    if not isinstance(value, int | float) or other not in compared or not any(_is(each, value) for each in compared):
        return False
    return value == bound or is_clipped(makers, other, bound, depth + 1)


__all__ = ["is_clipped"]
