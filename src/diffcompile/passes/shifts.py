"""A largest element that only keeps an exponential from overflowing has no derivative to pass on.

    m = np.max(x, axis=1, keepdims=True); e = np.exp(x - m); p = e / np.sum(e, axis=1, keepdims=True)

``p`` is the same whatever ``m`` is, and so is ``m + log(sum(exp(x - m)))``. Each value that is computed from ``m`` is
followed: with ``m + d`` for ``m`` it becomes ``v + c d`` (an exponent), ``v exp(c d)`` (a power), or stays as it is. If
all that leaves the computation stays as it is, the slope with respect to ``m`` is zero, and so are all higher ones.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcompile.analysis.infer import new_axes
from diffcompile.analysis.types import ONE, Array, Scalar, Static, Type, plain, same_dim
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk

EXTREMA = (np.max, np.min)
Axes = tuple[int | None, ...]
"""For each axis of a value along which axis of the extremum the shift varies there, None if it does not."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How a value changes with the extremum: by ``factor`` times the shift, or ``power``: by its exponential."""

    factor: float
    power: bool
    axes: Axes


def mark_shifts(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with extrema that cancel marked as ``constant``."""
    return replace(function, body=_block(function.body, types)) if _has_extrema(function.body) else function


def _has_extrema(block: Block) -> bool:
    found = [op.callee for op in walk(block)]
    return any(callee in found for callee in EXTREMA) and np.exp in found


def _block(block: Block, types: dict[Value, Type]) -> Block:
    ops = list(block.ops)
    for number, op in enumerate(ops):
        if op.regions:
            ops[number] = replace(op, regions=tuple(_block(region, types) for region in op.regions))
        elif op.callee in EXTREMA and _cancels(block, number, types):
            ops[number] = replace(op, attrs={**op.attrs, "constant": True})
    return replace(block, ops=tuple(ops))


def _cancels(block: Block, number: int, types: dict[Value, Type]) -> bool:
    """Tell whether nothing outside of the computation changes with an extremum."""
    t = plain(types[block.ops[number].result])
    if not _is_real(t):
        return False
    dims = t.dims if isinstance(t, Array) and t.dims is not None else ()
    axes = tuple(None if dim == ONE else place for place, dim in enumerate(dims))
    following = _Following(types, block)
    following.shifts[block.ops[number].result] = Shift(1.0, False, axes)
    for op in block.ops[number + 1 :]:
        used = {operand for operand in op.operands if operand in following.shifts}
        if any(operand in following.shifts for region in op.regions for operand in _mentioned(region)):
            return False
        if used and not following.follow(op):
            return False
    return not any(result in following.shifts for result in block.results) and following.cancelled


def _mentioned(region: Block) -> list[Operand]:
    return [
        operand
        for block in blocks(region)
        for operand in (*(o for op in block.ops for o in op.operands), *block.results)
    ]


def _is_real(t: Type) -> bool:
    if isinstance(t, Scalar):
        return t.kind == "f"
    return isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "f" and t.dims is not None


class _Following:
    """The values of a block that change with an extremum."""

    def __init__(self, types: dict[Value, Type], block: Block) -> None:
        self.types = types
        self.shifts: dict[Operand, Shift] = {}
        self.makers = {op.results[0]: op for op in block.ops if len(op.results) == 1}
        self.cancelled = False
        """Some result stayed as it is."""

    def type(self, operand: Operand) -> Type:
        return plain(self.types[operand]) if isinstance(operand, Value) else Static(operand.value)

    def follow(self, op: Op) -> bool:
        """Note how the result of an operation changes; return False if that is not known."""
        if len(op.results) != 1 or not _is_real(self.type(op.results[0])):
            return self.describes(op)
        shift = self.shift(op)
        if shift is None:
            return False
        if shift.factor == 0.0:
            self.cancelled = True
        else:
            self.shifts[op.result] = shift
        return True

    def describes(self, op: Op) -> bool:
        return op.callee is getattr and isinstance(op.operands[1], Const) and op.operands[1].value == "shape"

    def shift(self, op: Op) -> Shift | None:
        first = self.shifts.get(op.operands[0])
        match op.callee:
            case np.exp | np.log if first is not None and not op.keywords:
                wanted = op.callee is np.log
                return replace(first, power=not wanted) if first.power is wanted else None
            case operator.neg if first is not None:
                return first if first.power else replace(first, factor=-first.factor)
            case np.sum if first is not None:
                return self.summed(op, first)
            case operator.getitem if first is not None and op.operands[1] not in self.shifts:
                return self.stretched(op, first)
            case operator.add | operator.sub | operator.mul | operator.truediv:
                return self.combined(op)
        return None

    def combined(self, op: Op) -> Shift | None:
        """Return the change of an arithmetic operation of two values."""
        t = self.type(op.result)
        sides = [self.spread(operand, t) for operand in op.operands]
        left, right = sides
        product = op.callee in (operator.mul, operator.truediv)
        if None in (left, right):
            return None
        assert left is not None
        assert right is not None
        moving = [side for side in sides if side is not None and side.factor != 0.0]
        if any(side.power is not product for side in moving):
            return self.scaled(op, left, right) if product else None
        if len({side.axes for side in moving}) > 1:
            return None
        sign = -1.0 if op.callee in (operator.sub, operator.truediv) else 1.0
        return Shift(left.factor + sign * right.factor, product, moving[0].axes)

    def scaled(self, op: Op, left: Shift, right: Shift) -> Shift | None:
        """Return the change of an exponent times a number."""
        number = op.operands[1]
        if isinstance(number, Const) and op.callee is operator.mul:
            return replace(left, factor=left.factor * number.value)
        if isinstance(number, Const):
            return replace(left, factor=left.factor / number.value) if number.value else None
        number = op.operands[0]
        if isinstance(number, Const) and op.callee is operator.mul:
            return replace(right, factor=right.factor * number.value)
        return None

    def spread(self, operand: Operand, t: Type) -> Shift | None:
        """Return the change of an operand along the axes of a result that it is broadcast to."""
        rank = len(t.dims or ()) if isinstance(t, Array) else 0
        shift = self.shifts.get(operand)
        if shift is None:
            have = self.type(operand)
            known = isinstance(have, Static) or _is_real(have) or (isinstance(have, Scalar) and have.kind == "i")
            return Shift(0.0, False, (None,) * rank) if known else None
        axes = (None,) * (rank - len(shift.axes)) + shift.axes
        return replace(shift, axes=axes) if len(axes) == rank else None

    def summed(self, op: Op, shift: Shift) -> Shift | None:
        """Return the change of a sum of powers over axes along which the shift is the same."""
        given = dict(zip(op.keywords, op.operands[len(op.operands) - len(op.keywords) :], strict=True))
        if not shift.power or set(given) - {"axis", "keepdims"} or len(op.operands) != 1 + len(given):
            return None
        if not all(isinstance(option, Const) for option in given.values()):
            return None
        axis: Any = given["axis"].value if "axis" in given else None  # type: ignore[union-attr]
        keep = "keepdims" in given and bool(given["keepdims"].value)  # type: ignore[union-attr]
        rank = len(shift.axes)
        numbers = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        summed = {number % rank for number in numbers} if rank else set()
        if any(shift.axes[number] is not None for number in summed):
            return None
        kept = tuple(where for number, where in enumerate(shift.axes) if keep or number not in summed)
        return replace(shift, axes=kept)

    def stretched(self, op: Op, shift: Shift) -> Shift | None:
        """Return the change of a value with new axes."""
        t = self.type(op.operands[0])
        new = new_axes(t, self.type(op.operands[1]))
        if new is None:
            return self.picked(op, shift, t)
        axes = list(shift.axes)
        for place in new:
            axes.insert(place, None)
        return replace(shift, axes=tuple(axes))

    def picked(self, op: Op, shift: Shift, t: Type) -> Shift | None:
        """Return the change of one item of each row, ``x[np.arange(len(x)), labels]``."""
        index = self.makers.get(op.operands[1]) if isinstance(op.operands[1], Value) else None
        rows = self.makers.get(index.operands[0]) if index is not None and index.callee is Prim.TUPLE else None  # type: ignore[arg-type]
        result = self.type(op.result)
        if rows is None or rows.callee is not np.arange or len(rows.operands) != 1 or rows.keywords:
            return None
        if not isinstance(t, Array) or not isinstance(result, Array) or t.dims is None or result.dims is None:
            return None
        assert index is not None
        if (len(t.dims), len(result.dims), len(index.operands)) != (2, 1, 2) or not same_dim(t.dims[0], result.dims[0]):
            return None
        counted = self.type(rows.result)
        if not isinstance(counted, Array) or counted.dims is None or not same_dim(t.dims[0], counted.dims[0]):
            return None
        return replace(shift, axes=shift.axes[:1]) if shift.axes[1] is None else None


__all__ = ["mark_shifts"]
