"""What has no rule for many directions is done once for each: a loop around a single operation.

    before: x_bar = np.linalg.solve(a.T, y_bar)
    after:  x_bar_each = []
            for k in range(directions):
                x_bar_each.append(np.linalg.solve(a.T, y_bar[k]))
            x_bar = np.stack(x_bar_each)
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import RANGE, Array, Cell, Lst, Scalar, Static, Tup, Type
from diffcompile.batching.batcher import Batcher, NotBatchableError
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value


def each(b: Batcher, op: Op) -> bool:
    """Put a loop over the directions around ``op``, if its parts can be taken and its results joined."""
    for leaf in _wide_leaves(b, op.operands):
        if not b.is_number(leaf):
            raise NotBatchableError(f"{_name(op)} of {b.shown(leaf)} cannot be done once for each direction")
    if writes(op):
        return not op.results and _each_write(b, op)
    if len(op.results) != 1 or not is_pure(op):
        return False
    if is_reference(op, b.reach.types) and b.reach.aliases.written(op.result):
        return False
    return _each_result(b, op)


def _name(op: Op) -> str:
    return getattr(op.callee, "__name__", None) or repr(op.callee)


def _wide_leaves(b: Batcher, operands: tuple[Operand, ...]) -> list[Operand]:
    """Return the operands that depend on the directions, those in displays one by one."""
    found: list[Operand] = []
    for operand in operands:
        if b.has(operand):
            display = _display(b, operand)
            found += [operand] if display is None else _wide_leaves(b, display.operands)
    return found


def _display(b: Batcher, operand: Operand) -> Op | None:
    """Return the display of items that nobody changes which made an operand."""
    made = b.made.get(operand) if isinstance(operand, Value) else None
    if made is None or made.callee not in (Prim.TUPLE, Prim.LIST):
        return None
    return None if b.reach.aliases.written(operand) else made


def _taken(b: Batcher, operand: Operand, k: Value) -> Operand:
    """Put what takes the part of direction ``k`` of an operand."""
    if not b.has(operand):
        return operand
    display = _display(b, operand)
    if display is None:
        return b.emit(operator.getitem, b.read(operand), k, t=b.type(operand))
    parts = [_taken(b, part, k) for part in display.operands]
    result = Value()
    b.types[result] = b.reach.types[display.result]
    b.ops.append(replace(display, operands=tuple(parts), results=(result,)))
    return result


def _each_write(b: Batcher, op: Op) -> bool:
    base = op.operands[0]
    if not isinstance(b.type(base), Array) or b.rank(base) == 0:
        return False
    k, outer = _enter(b)
    operands = tuple(_taken(b, operand, k) for operand in op.operands)
    b.ops.append(replace(op, operands=operands))
    _leave(b, k, outer, ())
    return True


def _each_result(b: Batcher, op: Op) -> bool:
    t = b.type(op.result)
    kinds = t.items if isinstance(t, Tup) else (t,)
    if not all(map(_may_be_joined, kinds)):
        raise NotBatchableError(f"{_name(op)} returns a value of type {t!r}")
    name = op.result.name or b.names.get(op.result, "") or "t"
    lists: list[Value | None] = []
    for kind in kinds:
        if isinstance(kind, Static):
            lists.append(None)
            continue
        cell = Cell()
        cell.item = kind
        made = b.emit(Prim.LIST, t=Lst(cell))
        b.names[made] = f"{name}_each"
        lists.append(made)
    k, outer = _enter(b)
    result = Value()
    b.types[result] = b.reach.types[op.result]
    operands = tuple(_taken(b, operand, k) for operand in op.operands)
    b.ops.append(replace(op, operands=operands, results=(result,)))
    for number, (kind, items) in enumerate(zip(kinds, lists, strict=True)):
        if items is None:
            continue
        item = b.emit(operator.getitem, result, Const(number), t=kind) if isinstance(t, Tup) else result
        b.effect(list.append, items, item)
    _leave(b, k, outer, ())
    if not isinstance(t, Tup):
        return lists[0] is not None and b.put(op, np.stack, lists[0])
    joined: list[Operand] = [
        Const(None) if items is None else b.emit(np.stack, items, t=b.many(kind))
        for kind, items in zip(kinds, lists, strict=True)
    ]
    new = b.twin(op.result)
    attrs = {"cls": t.cls} if t.cls is not None else {}
    b.ops.append(Op(Prim.TUPLE, tuple(joined), (new,), attrs, (), op.span))
    return True


def _may_be_joined(t: Type) -> bool:
    """Tell whether values of this type make an array; None stands for what nobody reads."""
    if isinstance(t, Static):
        return t.value is None
    return isinstance(t, Scalar) or (isinstance(t, Array) and t.rank is not None)


def _enter(b: Batcher) -> tuple[Value, list[Op]]:
    k = Value()
    b.types[k] = Scalar("i")
    b.names[k] = "k"
    outer, b.ops = b.ops, []
    return k, outer


def _leave(b: Batcher, k: Value, outer: list[Op], results: tuple[Operand, ...]) -> None:
    body = Block((k,), tuple(b.ops), results)
    b.ops = outer
    every: Type = RANGE
    b.ops.append(Op(Prim.FOR, (b.emit(range, b.count, t=every),), (), {}, (body,), b.span))


__all__ = ["each"]
