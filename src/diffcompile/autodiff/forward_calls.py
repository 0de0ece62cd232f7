"""Calls that are not inlined, in forward mode: ``result, result_dot = f_pair(x, x_dot)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile import calling, dynamic
from diffcompile.analysis.types import ANY, Array, Tup
from diffcompile.autodiff.captured_changes import check_captured
from diffcompile.autodiff.missing import refused_keywords
from diffcompile.autodiff.pairs import derivative, has_derivative
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Op, Prim, Value

if TYPE_CHECKING:
    from diffcompile.autodiff.forward import Forward


def is_pair(op: Op) -> bool:
    """Tell whether ``op`` calls a function that the generated code calls too."""
    return isinstance(op.callee, calling.Callee) or op.callee in calling.FOUND


def pair(fwd: Forward, op: Op) -> None:
    """Put the call of a function that returns its result and the tangent."""
    known = isinstance(op.callee, calling.Callee)
    if op.keywords and known:
        raise refused_keywords(op)
    skipped = 0 if known else 1  # -1 is the function itself
    if skipped and fwd.active(op.operands[0]):
        check_captured(op, fwd.primal, fwd.aliases)
    fresh = isinstance(op.callee, calling.Callee) and op.callee.fresh
    if fwd.is_memory(op.result) and not fresh:
        raise UnsupportedError(
            "a function that is called recursively or through a variable shares an array that is written to",
            span=op.span,
            why="such a call does not hand over what becomes of its arguments",
            advice="return a new array instead, or write a loop",
        )
    asked = op.callee.asked if isinstance(op.callee, calling.Callee) else ()
    moving = [n for n, operand in enumerate(op.operands) if fwd.dot(operand) is not None and n not in asked]
    if not moving:
        fwd.append(op)
        fwd.keep(op.result, None)
        return
    wrt = tuple(number - skipped for number in moving)
    callee: Any = calling.DynamicTangent(wrt, op.keywords)
    if isinstance(op.callee, calling.Callee):
        callee = calling.Tangent(op.callee, wrt)
    both, dot = Value(), fwd.new_dot(op.result)
    fwd.types[both] = ANY
    if fwd.again and has_derivative(op):
        callee = derivative(op, "tangent", wrt)
        fwd.types[both] = Tup((fwd.types[op.result], fwd.types[dot]))
    tangents = tuple(fwd.needed(op.operands[number]) for number in moving)
    fwd.append(Op(callee, (*op.operands, *tangents), (both,), {}, (), op.span))
    attrs = {"before": 2, "starred": False, "after": 0}
    fwd.append(Op(Prim.UNPACK, (both,), (op.result, dot), attrs, (), op.span))
    if fwd.is_memory(op.result):
        if not isinstance(fwd.types[op.result], Array):
            fwd.append(Op(dynamic.separate_parts, (op.result,), (), {}, (), op.span))
        fwd.keep(op.result, fwd.emit(dynamic.shadow, dot, op.result, t=fwd.types[dot]))
        return
    fwd.keep(op.result, dot)


__all__ = ["is_pair", "pair"]
