"""The two shares of a quotient: the cotangent of the divisor is made of that of the dividend.

    before: x_bar = ct / y; y_bar = -(ct * (z / y))               # of z = x / y
    after:  x_bar = ct / y; y_bar = -(x_bar * z)

So there is one division where there were two. Rounding changes, as it does between two ways to write a formula.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, Scalar, Type
from diffcompile.ir.core import Block, Const, Op, Operand

if TYPE_CHECKING:
    from diffcompile.passes.factors import Factoring


def quotients_of(block: Block) -> dict[tuple[Operand, Operand], Op]:
    """Return the first quotient of each two operands in a block."""
    found = (op for op in reversed(block.ops) if op.callee is operator.truediv)
    return {(op.operands[0], op.operands[1]): op for op in found}


def over_a_quotient(factoring: Factoring, op: Op) -> Op:
    """Return ``t * z`` for ``ct * (z / y)`` where the block computes ``t = ct / y`` as well, before it or behind it.

    One that comes behind it is computed here, and will be found to be the same.
    """
    if op.callee is not operator.mul or not all(map(factoring.is_factor, op.operands)):
        return op
    for ct, other in (op.operands, op.operands[::-1]):
        negated = factoring.made_by(other, operator.neg) if factoring.once(other) else None
        inner = other if negated is None else negated.operands[0]
        made = factoring.made_by(inner, operator.truediv) if factoring.once(inner) else None
        if made is None or not all(map(factoring.is_factor, made.operands)):
            continue
        z, y = made.operands
        found = factoring.quotients.get((ct, y))
        if found is None or found is made or isinstance(z, Const):
            continue
        mark = len(factoring.ops)
        t = found.result if factoring.here(found) and factoring.fresh(found) else None
        if t is None:
            t = factoring.emit(operator.truediv, ct, y)
            if found.result in factoring.names:
                factoring.names.setdefault(t, factoring.names[found.result])
        product = factoring.emit(operator.mul, t, z)
        if negated is not None:
            product = factoring.emit(operator.neg, product)
        if not is_same(factoring.types[product], factoring.types[op.result]):
            del factoring.ops[mark:]
            return op
        return factoring.last(product, op)
    return op


def is_same(left: Type, right: Type) -> bool:
    """Tell whether values of two types are arrays of one dtype and shape, or numbers of one class."""
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left.kind == right.kind and left.dtype == right.dtype
    arrays = isinstance(left, Array) and isinstance(right, Array) and left.dtype == right.dtype
    return arrays and same_shape(left, right)


__all__ = ["is_same", "over_a_quotient", "quotients_of"]
