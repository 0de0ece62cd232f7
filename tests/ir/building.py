"""Small programs written by hand."""

from __future__ import annotations

import operator
from typing import Any

from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value


def op(callee: Any, *operands: Operand, result: Value | None = None, **attrs: Any) -> Op:
    """Return an op with one result, or with none."""
    return Op(callee, operands, () if result is None else (result,), attrs)


def function(params: tuple[Value, ...], ops: tuple[Op, ...], *results: Operand) -> Function:
    """Return a function called ``f``."""
    return Function("f", Block(params, ops, results))


def branch(
    test: Operand, then: Block, other: Block, *results: Value, operands: tuple[Operand, ...] = ()
) -> Op:
    """Return an ``IF``."""
    return Op(Prim.IF, (test, *operands), results, {}, (then, other))


def halving(start: Value, limit: Value, halved: Value) -> Op:
    """Return a ``WHILE`` that halves ``start`` until it is below ``limit``."""
    seen, large, now, half = Value("v"), Value(), Value("v"), Value("v")
    condition = Block((seen,), (op(operator.ge, seen, limit, result=large),), (large,))
    body = Block((now,), (op(operator.truediv, now, Const(2.0), result=half),), (half,))
    return Op(Prim.WHILE, (start,), (halved,), {}, (condition, body))


def summing(items: Operand, total: Value, *, stop_above: float | None = None) -> Op:
    """Return a ``FOR`` that adds up items, until the sum is larger than ``stop_above``."""
    item, old, new = Value("item"), Value("total"), Value("total")
    ops = (op(operator.add, old, item, result=new),)
    if stop_above is None:
        return Op(Prim.FOR, (items, Const(0.0)), (total,), {}, (Block((item, old), ops, (new,)),))
    go_on = Value("go_on")
    ops += (op(operator.le, new, Const(stop_above), result=go_on),)
    body = Block((item, old), ops, (go_on, new))
    return Op(Prim.FOR, (items, Const(0.0)), (total,), {"may_stop": True}, (body,))
