"""Lists, tuples and dicts in reverse: stores, ``append``, ``pop``, joining and converting."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, Array, Lst, Tup, is_scalar, plain
from diffcompile.autodiff.memory import uncertain
from diffcompile.autodiff.memory.arrangement import put_back_added, put_back_taken, put_slot_back
from diffcompile.autodiff.memory.views import is_alias
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Value

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_container_store(rev: Reverse, op: Op, base: Value, index: Operand, value: Operand) -> None:
    """``base[index] = value`` for a list or a dict"""
    shadow, vague = rev.shadows[base], rev.modes.is_uncertain(base)
    if rev.modes.of(value) is Mode.MEMORY:
        if vague:
            rev.effect(dynamic.withdraw, shadow, rev.shadows[value], index, value)  # type: ignore[index]
        put_slot_back(rev, op, base, index)
        return
    if rev.active(value):
        assert isinstance(value, Value)
        t = cotangent_type(rev.types[value])
        if vague:
            ct = rev.emit(dynamic.withdrawn, shadow, index, value, t=t)
        else:
            ct = uncertain.number(rev, base, rev.emit(operator.getitem, shadow, index, t=t), value)
        if not put_slot_back(rev, op, base, index):
            rev.effect(operator.setitem, shadow, index, Const(0.0))
        rev.accumulate(value, settled(rev, ct, value))
    elif not put_slot_back(rev, op, base, index):
        rev.effect(operator.setitem, shadow, index, Const(0.0))


def settled(rev: Reverse, ct: Operand, value: Value) -> Operand:
    """Return a cotangent that was kept in a list: 0.0 there may stand for an array of zeros."""
    if is_scalar(rev.types[value]):
        return ct
    helper = dynamic.match if isinstance(plain(rev.types[value]), Array) else dynamic.settle
    return rev.emit(helper, ct, value, t=cotangent_type(rev.types[value]))


def reverse_append(rev: Reverse, op: Op) -> None:
    """``base.append(value)`` and ``base.insert(place, value)``"""
    base, *place, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if rev.modes.of(value) is Mode.MEMORY:
        put_back_added(rev, base, place)
        return
    shadow = rev.shadows[base]
    t = cotangent_type(rev.types[value]) if isinstance(value, Value) else ANY
    ct = rev.emit(list.pop, shadow, *place, t=t)
    if rev.active(value):
        assert isinstance(value, Value)
        ct = uncertain.number(rev, base, ct, value)
        rev.accumulate(value, settled(rev, ct, value))


def reverse_pop(rev: Reverse, op: Op) -> None:
    """``result = base.pop()``"""
    base, *place = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if op.results and rev.modes.of(op.result) is Mode.MEMORY:
        put_back_taken(rev, base, place, rev.shadows[op.result])
        return
    if op in rev.slots and (uncertain.is_mixed(rev, base) or not (op.results and rev.active(op.result))):
        if op.results and (ct := rev.take(op.result)) is not None:
            rev.effect(dynamic.add_items, rev.slots[op], rev.operand(ct))
        put_back_taken(rev, base, place, rev.slots[op])
        return
    ct = rev.take(op.result) if op.results else None
    item = rev.operand(ct) if ct is not None else Const(0.0)
    if place:
        rev.effect(list.insert, rev.shadows[base], place[0], item)
    else:
        rev.effect(list.append, rev.shadows[base], item)


def reverse_delete(rev: Reverse, op: Op) -> None:
    """``del base[key]`` for a dict: what comes back has no cotangent yet."""
    base, key = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if rev.modes.holds_memory(base):
        raise UnsupportedError(
            "deleting an item of a dict of arrays or lists that are written to is not supported",
            span=op.span,
            advice="build a new dict",
        )
    rev.effect(operator.setitem, rev.shadows[base], key, Const(0.0))


def is_list_arithmetic(rev: Reverse, op: Op) -> bool:
    """Tell whether ``op`` joins or repeats lists."""
    return op.callee in (operator.add, operator.mul) and isinstance(rev.types[op.result], Lst | Tup)


def reverse_list_arithmetic(rev: Reverse, op: Op) -> None:
    """``a + b`` and ``a * n`` of lists: each item takes the cotangents of the places where it went."""
    if not rev.active(op.result) or uncertain.shares_parts(rev, op.result):
        return
    ct = rev.take(op.result)
    if ct is None:
        return
    lists = [operand for operand in op.operands if rev.active(operand)]
    for operand in lists:
        assert isinstance(operand, Value)
        if op.callee is operator.mul:
            part = rev.emit(dynamic.fold_list, rev.stage.operand(ct), operand, t=ANY)
        else:
            first = operand is op.operands[0]
            part = rev.emit(dynamic.part_of_list, rev.stage.operand(ct), op.operands[0], Const(first), t=ANY)
        rev.accumulate(operand, part)


def reverse_fields(rev: Reverse, op: Op) -> None:
    """``fields(x)``, the attributes of an instance, and ``narrowed(x)``: there is one shadow."""
    if not is_alias(rev, op):
        reverse_same(rev, op)


def reverse_same(rev: Reverse, op: Op) -> None:
    """A conversion that keeps the items: ``tuple(x)``, ``list(x)``."""
    if uncertain.is_uncertain(rev, op.result):
        return
    if rev.active(op.result) and not uncertain.shares_parts(rev, op.result):
        items, ct = op.operands[0], rev.take(op.result)
        converted = op.callee in (tuple, list) and not isinstance(plain(rev.types[items]), Lst | Tup)  # type: ignore[index]
        if converted and ct is not None:
            ct = rev.emit(dynamic.match, ct, items, t=rev.types[items])  # type: ignore[index]
        rev.accumulate(items, ct)
