"""How much work a program is: an estimate from the types, in operations on elements and in calls."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompile.analysis.types import Array, Type, plain
from diffcompile.explain.sizes import Sizes
from diffcompile.ir.core import Block, Const, Op, Operand, Prim

TYPICAL = 100.0
"""What an unknown length or number of trips is taken for."""
CUBIC = {
    np.linalg.inv, np.linalg.solve, np.linalg.det, np.linalg.cholesky, np.linalg.eigh, np.linalg.svd, np.linalg.qr,
    np.linalg.pinv, np.linalg.lstsq,
}  # fmt: skip
FREE: set[Any] = {
    getattr, slice, range, reversed, len, isinstance, np.shape, np.ndim, np.transpose, np.reshape, np.expand_dims,
    np.broadcast_to, np.swapaxes, Prim.TUPLE, Prim.LIST, Prim.SECTION, Prim.GLOBAL, Prim.UNPACK, list.append, list.pop,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """``elements`` counts arithmetic on numbers, ``calls`` operations that Python starts."""

    elements: float
    calls: float

    def plus(self, other: Work, times: float = 1.0) -> Work:
        """Return both together."""
        return Work(self.elements + times * other.elements, self.calls + times * other.calls)


class Estimate:
    """Adds up the work of blocks."""

    def __init__(self, sizes: Sizes, trips: Callable[[Op], float | None]) -> None:
        self.sizes = sizes
        self.trips = trips

    def block(self, block: Block) -> Work:
        """Return the work of a block."""
        total = Work(0.0, 0.0)
        for op in block.ops:
            total = total.plus(self.op(op))
        return total

    def op(self, op: Op) -> Work:
        """Return the work of an operation, its regions included."""
        if op.callee is Prim.IF:
            branches = [self.block(region) for region in op.regions]
            return Work(max(b.elements for b in branches), 1.0 + max(b.calls for b in branches))
        if op.regions:
            trips = self.trips(op)
            body = Work(0.0, 1.0)
            for region in op.regions:
                body = body.plus(self.block(region))
            return Work(0.0, 0.0).plus(body, TYPICAL if trips is None else trips)
        if _in(op.callee, FREE):
            return Work(0.0, 0.0)
        if op.callee is operator.getitem and isinstance(self._type(op.operands[-1]), Type):
            return Work(0.0, 1.0)
        return Work(self._elements(op), 1.0)

    def _elements(self, op: Op) -> float:
        if op.callee is operator.getitem:
            return self._count(op.result)
        if op.callee in (operator.setitem, Prim.UPDATE_ITEM):
            return self._count(op.operands[2])
        count = max([self._count(value) for value in (*op.results, *op.operands)], default=1.0)
        if op.callee in (operator.matmul, np.dot, np.matmul):
            return self._matmul(op)
        if _in(op.callee, CUBIC):
            return float(count**1.5)
        return count

    def _matmul(self, op: Op) -> float:
        out = self._count(op.results[0]) if op.results else 1.0
        left = self._type(op.operands[0])
        inner = TYPICAL
        if isinstance(left, Array) and left.dims:
            length = self.sizes.length(left.dims[-1]).value
            inner = TYPICAL if length is None else length
        return 2.0 * out * inner

    def _count(self, operand: Operand) -> float:
        t = self._type(operand)
        if not isinstance(t, Array):
            return 1.0
        if t.dims is None:
            return TYPICAL
        count = 1.0
        for dim in t.dims:
            length = self.sizes.length(dim).value
            count *= TYPICAL if length is None else length
        return count

    def _type(self, operand: Operand) -> Type | None:
        if isinstance(operand, Const) or operand not in self.sizes.types:
            return None
        return plain(self.sizes.types[operand])


def _in(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


