"""Shapes are asked of what is cheapest to have: not of what a whole loop would have to run for.

    before: for _ in range(n): u = w @ u
            u_bar = np.broadcast_to(1.0, u.shape)
    after:  u_bar = np.broadcast_to(1.0, u.shape)

Where the sizes of what a loop carries are those that it started with, its shape is that of the beginning; a number
times an array has the shape of the array. So the forward sweep need not run for a shape alone, nor save a value for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.rules import registry

_SIZES = {"shape", "ndim", "size"}


def ask_first(ops: Sequence[Op], primal: Function, types: dict[Value, Type]) -> list[Op]:
    """Return the ops of a reverse sweep with shapes asked of values of the primal that are there earlier."""
    makers = {result: op for op in walk(primal.body) for result in op.results}
    return list(_block(Block((), tuple(ops), ()), makers, types).ops)


def _block(block: Block, makers: dict[Value, Op], types: dict[Value, Type]) -> Block:
    ops = []
    for op in block.ops:
        place = _asked(op)
        new = op
        if place is not None:
            operands = list(op.operands)
            operands[place] = _earlier(operands[place], makers, types)
            new = replace(op, operands=tuple(operands)) if operands[place] is not op.operands[place] else op
        if new.regions:
            new = replace(new, regions=tuple(_block(region, makers, types) for region in new.regions))
        ops.append(new)
    return replace(block, ops=tuple(ops))


def _asked(op: Op) -> int | None:
    """Return which operand ``op`` asks for its shape, and for its dtype at most."""
    if op.callee is getattr:
        name = op.operands[1]
        return 0 if isinstance(name, Const) and name.value in _SIZES else None
    if op.callee in (np.shape, np.ndim, np.size):
        return 0 if len(op.operands) == 1 else None
    return 1 if op.callee is dynamic.match else None


def _earlier(operand: Operand, makers: dict[Value, Op], types: dict[Value, Type]) -> Operand:
    """Return what has the shape and dtype of a value of the primal, and costs less."""
    while isinstance(operand, Value) and operand in makers:
        op = makers[operand]
        before: Operand | None = None
        if op.callee in (Prim.FOR, Prim.WHILE):
            before = op.operands[op.results.index(operand) + (1 if op.callee is Prim.FOR else 0)]
        elif op.callee in registry.ELEMENTWISE and not op.regions:
            before = _only_array(op, types)
        have, wanted = (plain(types[o]) if isinstance(o, Value) else None for o in (before, operand))
        if not isinstance(have, Array) or not isinstance(wanted, Array) or have.owner is not None:
            return operand
        if have.dtype is None or have.dtype != wanted.dtype:
            return operand
        if op.regions and not same_shape(have, wanted):
            return operand
        assert before is not None
        operand = before
    return operand


def _only_array(op: Op, types: dict[Value, Type]) -> Operand | None:
    """Return the one operand that is an array, if all others are numbers."""
    found = None
    for operand in op.operands:
        t = plain(types[operand]) if isinstance(operand, Value) else None
        if isinstance(operand, Const):
            if not isinstance(operand.value, int | float | complex):
                return None
        elif isinstance(t, Array) and found is None and t.dims is not None and t.dims:
            found = operand
        elif not isinstance(t, Scalar):
            return None
    return found


__all__ = ["ask_first"]
