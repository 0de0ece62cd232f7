"""Attributes of what is of unknown type: an object that is found at run time has fields, properties and methods.

What ``shape.area`` is depends on the class of ``shape``, and so does its derivative. So such a look-up is a call of
``lambda shape: shape.area``, a function that is found at run time and compiled for the object that comes. A
bound method is a function with what it captures.
"""

from __future__ import annotations

from dataclasses import replace

from diffcompile import calling, dynamic
from diffcompile.analysis.activity import Activity
from diffcompile.analysis.aliasing import Aliases
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import ANY, Type
from diffcompile.ir.core import Block, Const, Function, Op, Value
from diffcompile.specialise.attributes import ARRAY_DATA


def look_up_by_calls(function: Function, types: dict[Value, Type], aliases: Aliases, activity: Activity) -> Function:
    """Return the function with calls in place of active attributes of what is of unknown type.

    Those of arrays stay as they are, and those of objects that the program changes, which share memory with these. What
    is taken for the size of an array is checked to be one, where the result depends on it.
    """

    def is_call(op: Op) -> bool:
        if op.callee is not getattr or not activity.is_active(op.result):
            return False
        base, name = op.operands
        if not isinstance(base, Value) or types[base] is not ANY or not isinstance(name, Const):
            return False
        nodes = [node for node in (aliases.of(base), aliases.of(op.result)) if node is not None]
        return name.value not in ARRAY_DATA and not any(node.deep_written() for node in nodes)

    def is_assumed(op: Op) -> bool:
        if op.callee is not getattr or not describes(op) or not activity.is_useful(op.result):
            return False
        base = op.operands[0]
        return isinstance(base, Value) and types[base] is ANY and activity.is_varied(base)

    def rebuilt(block: Block) -> Block:
        ops = []
        for op in block.ops:
            if is_assumed(op):
                ops.append(Op(dynamic.check_described, op.operands, (), {}, (), op.span))
            if is_call(op):
                base, name = op.operands
                read = calling.attribute(name.value)  # type: ignore[union-attr]
                ops.append(replace(op, callee=calling.call_dynamic, operands=(Const(read, read.__name__), base)))
            else:
                ops.append(replace(op, regions=tuple(map(rebuilt, op.regions))) if op.regions else op)
        return replace(block, ops=tuple(ops))

    return replace(function, body=rebuilt(function.body))


__all__ = ["look_up_by_calls"]
