"""Give a container the array itself where nobody else has it, instead of a copy.

    before: w_bar = h.T @ z_bar; add_item(params_bar, 0, w_bar)
    after:  w_bar = h.T @ z_bar; give_item(params_bar, 0, w_bar)

A slot of a cotangent that is still empty takes a copy of what it is given, as other code may hold it as well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import Array, Lst, Scalar, Tup, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks
from diffcompile.passes.first_assignment import makes_new_array


def hand_over(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with copies into slots left out where what is copied is used nowhere else."""
    if not any(op.callee is dynamic.add_item for block in blocks(function.body) for op in block.ops):
        return function
    uses: dict[Value, list[Op | Block]] = {}
    for block in blocks(function.body):
        for op in block.ops:
            for operand in op.operands:
                if isinstance(operand, Value):
                    uses.setdefault(operand, []).append(op)
        for result in block.results:
            if isinstance(result, Value):
                uses.setdefault(result, []).append(block)
    return replace(function, body=_block(function.body, types, uses))


def _block(block: Block, types: dict[Value, Type], uses: dict[Value, list[Op | Block]]) -> Block:
    makers: dict[Value, Op] = {}
    places: dict[Op, int] = {op: number for number, op in enumerate(block.ops)}
    ops: list[Op] = []

    def owned(operand: Operand, user: Op) -> bool:
        if isinstance(operand, Const):
            return True
        if isinstance(plain(types[operand]), Scalar):
            return True
        op = makers.get(operand)
        if op is None or not isinstance(plain(types[operand]), Array | Lst | Tup):
            return False
        if op.callee is dynamic.slots_like:  # filled above, and not looked at again
            return all(use is user or _fills(use, operand, places, places[user]) for use in uses[operand])
        if len(uses[operand]) != 1:
            return False
        if op.callee in (Prim.TUPLE, Prim.LIST):
            return all(owned(part, op) for part in op.operands)
        return _is_new(op, types)

    for op in block.ops:
        new = replace(op, regions=tuple(_block(region, types, uses) for region in op.regions)) if op.regions else op
        base = op.operands[0] if op.operands else None
        if op.callee is dynamic.add_item and not isinstance(plain(types[base]), Array) and owned(op.operands[2], op):  # type: ignore[index]
            new = replace(op, callee=dynamic.give_item)
        for result in op.results:
            makers[result] = op
        ops.append(new)
    return replace(block, ops=tuple(ops))


def _fills(use: Op | Block, slots: Value, places: dict[Op, int], before: int) -> bool:
    """Tell whether a use of a container of slots puts something into it before a place, and does nothing else."""
    if not isinstance(use, Op) or use.callee is not dynamic.add_item or use not in places:
        return False
    return places[use] < before and use.operands[0] is slots and slots not in use.operands[1:]


def _is_new(op: Op, types: dict[Value, Type]) -> bool:
    if not isinstance(plain(types[op.results[0]]), Array):
        return False
    return makes_new_array(op, types) or op.callee in (np.sum, np.zeros_like)


__all__ = ["hand_over"]
