"""Rules of many directions: elementwise functions, sums, products of matrices."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile.analysis.effects import PURE_OF_INPLACE
from diffcompile.analysis.types import Scalar
from diffcompile.batching.batcher import WHOLE, Batcher, Rule
from diffcompile.batching.operands import axis_of, bound, integer
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.rules import registry

OPERATORS: tuple[Any, ...] = (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.neg, operator.pos, operator.and_, operator.or_, operator.xor, operator.invert, operator.abs, abs,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge, operator.iadd, operator.isub,
    operator.imul, operator.itruediv,
)  # fmt: skip


def elementwise(b: Batcher, op: Op) -> bool:
    """Broadcast: what has fewer axes than the result gets them behind that of the directions."""
    if op.keywords or not all(map(b.is_number, op.operands)):
        return False
    rank = max(map(b.rank, op.operands))
    callee: Any = op.callee
    if isinstance(b.type(op.operands[0]), Scalar):  # a number is not changed in place
        callee = PURE_OF_INPLACE.get(callee, callee)
    return b.put(op, callee, *(b.aligned(operand, rank) for operand in op.operands))


def converted(b: Batcher, op: Op) -> bool:
    """``float(x)`` and ``complex(x)`` of a number."""
    (x,) = op.operands
    if not isinstance(b.type(x), Scalar):
        return False
    if op.callee is complex:
        return b.put(op, np.asarray, b.read(x), Const(np.dtype(complex)))
    return b.be(op, b.read(x))


def reduced(b: Batcher, op: Op) -> bool:
    """Sums over axes: each moves one further."""
    found = bound(op, "a axis dtype out keepdims initial where")
    if found is None or not {"dtype", "out", "initial", "where"}.isdisjoint(found) or not b.is_number(found["a"]):
        return False
    a = found["a"]
    rank = b.rank(a)
    axes = axis_of(found.get("axis", Const(None)), rank)
    if axes is None or not b.has(a):
        return False
    if rank == 0:
        return op.callee in (np.sum, np.mean, np.prod) and b.put(op, np.copy, b.read(a))
    more = {"keepdims": found["keepdims"]} if "keepdims" in found else {}
    return b.put(op, op.callee, b.read(a), axis=Const(axes[0] if len(axes) == 1 else axes), **more)


def accumulated(b: Batcher, op: Op) -> bool:
    """``cumsum``, ``flip`` and the like along one axis."""
    found = bound(op, "a axis")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]):
        return False
    rank = b.rank(found["a"])
    axis = integer(found.get("axis"))
    if axis is None:
        if rank != 1 or not _is_none(found.get("axis", Const(None))):
            return False
        axis = 0
    if not -rank <= axis < rank:
        return False
    return b.put(op, op.callee, b.read(found["a"]), axis=Const(axis + 1 if axis >= 0 else axis))


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def multiplied(b: Batcher, op: Op) -> bool:
    """The product of matrices, one or both of which depend on the directions."""
    if op.keywords or len(op.operands) != 2 or not all(map(b.is_number, op.operands)):  # noqa: PLR2004
        return False
    left, right = op.operands
    ranks = b.rank(left), b.rank(right)
    if op.callee is np.dot:
        if 0 in ranks:
            return b.put(op, operator.mul, *(b.aligned(operand, max(ranks)) for operand in op.operands))
        if max(ranks) > 2:  # noqa: PLR2004 - it is another product then
            return False
    return _matrix_product(b, op, left, right, ranks)


def _matrix_product(b: Batcher, op: Op, left: Operand, right: Operand, ranks: tuple[int, int]) -> bool:
    x, y = b.read(left), b.read(right)
    match b.has(left), b.has(right), *ranks:
        case True, False, _, (1 | 2) if ranks[0] <= 2:  # noqa: PLR2004
            return b.put(op, operator.matmul, x, y)
        case False, True, 1, 1:
            return b.put(op, operator.matmul, y, x)
        case False, True, 2, 1:
            return b.put(op, operator.matmul, y, _turned(b, x))
        case False, True, (1 | 2), 2:
            return b.put(op, operator.matmul, x, y)
        case True, True, 1, 1:
            return b.put(op, np.sum, b.emit(operator.mul, x, y), axis=Const(1))
        case True, True, 2, 2:
            return b.put(op, operator.matmul, x, y)
        case _, _, (2 | 3 | 4), (2 | 3 | 4):
            rank = max(ranks)
            return b.put(op, operator.matmul, b.aligned(left, rank), b.aligned(right, rank))
    return False


def _turned(b: Batcher, x: Operand) -> Operand:
    """Return the transposed matrix, which may be at hand."""
    made = b.made.get(x) if isinstance(x, Value) else None
    if made is not None and made.callee is getattr and getattr(made.operands[1], "value", None) == "T":
        return made.operands[0]
    return b.emit(getattr, x, Const("T"))


def outer(b: Batcher, op: Op) -> bool:
    """``np.outer(x, y)`` is a product of a column and a row."""
    if op.keywords or len(op.operands) != 2 or any(not b.is_number(o) or b.rank(o) != 1 for o in op.operands):  # noqa: PLR2004
        return False
    left, right = op.operands
    x, y = b.read(left), b.read(right)
    whole = b.emit(slice, *WHOLE)
    lead = (whole,) if b.has(left) else ()
    column = b.emit(operator.getitem, x, b.emit(Prim.TUPLE, *lead, whole, Const(None)))
    row = y if not b.has(right) else b.emit(operator.getitem, y, b.emit(Prim.TUPLE, whole, Const(None)))
    return b.put(op, operator.mul, column, row)


def einsum(b: Batcher, op: Op) -> bool:
    """One more letter for the directions."""
    first = op.operands[0]
    if op.keywords or not isinstance(first, Const) or not isinstance(first.value, str):
        return False
    text = first.value.replace(" ", "")
    letter = next((c for c in "zyxwvutsZYXW" if c not in text), None)
    if "->" not in text or "." in text or letter is None or not all(map(b.is_number, op.operands[1:])):
        return False
    inputs, output = text.split("->")
    terms = inputs.split(",")
    if len(terms) != len(op.operands) - 1:
        return False
    wide = [
        letter + term if b.has(operand) else term for term, operand in zip(terms, op.operands[1:], strict=True)
    ]
    return b.put(op, np.einsum, Const(f"{','.join(wide)}->{letter}{output}"), *map(b.read, op.operands[1:]))


def _broadcasting() -> dict[Any, Rule]:
    """Return the functions that broadcast their operands."""
    found: dict[Any, Rule] = dict.fromkeys(OPERATORS, elementwise)
    found.update({fun: elementwise for fun in registry.ELEMENTWISE if isinstance(fun, np.ufunc)})
    found.update({fun: elementwise for fun in vars(np).values() if isinstance(fun, np.ufunc) and fun.signature is None})
    found.update(dict.fromkeys((np.where, np.real, np.imag, np.conj), elementwise))
    return found


RULES: dict[Any, Rule] = {
    **_broadcasting(),
    **dict.fromkeys((np.sum, np.mean, np.prod, np.max, np.min, np.any, np.all), reduced),
    **dict.fromkeys((np.cumsum, np.cumprod, np.flip), accumulated),
    **dict.fromkeys((float, complex, np.float64), converted),
    **dict.fromkeys((operator.matmul, np.matmul, np.dot), multiplied),
    np.outer: outer,
    np.einsum: einsum,
}

__all__ = ["RULES"]
