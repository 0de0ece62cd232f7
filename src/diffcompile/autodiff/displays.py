"""Tuples, lists and dicts that are made and taken apart."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile.analysis.types import Tup
from diffcompile.autodiff import memory
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_display(rev: Reverse, op: Op) -> None:
    """``(a, b)`` and ``[a, b]``: each part takes its item of the cotangent."""
    if not rev.active(op.result):
        return
    ct = rev.take(op.result)
    if ct is None:
        return
    parts = op.operands if op.callee is not Prim.DICT else op.operands[1::2]
    keys: list[Operand] = [Const(k) for k in op.attrs.get("names", range(len(parts)))]
    if op.callee is Prim.DICT:
        keys = list(op.operands[::2])
    for part, key in zip(parts, keys, strict=True):
        if not rev.active(part) or (rev.modes.of(part) is Mode.MEMORY and rev.modes.holds_memory(op.result)):
            continue
        assert isinstance(part, Value)
        if isinstance(ct, TupleItem):
            piece: Item = ct.items[key.value]  # type: ignore[union-attr]
        else:
            piece = rev.emit(operator.getitem, ct, key, t=cotangent_type(rev.types[part]))
            piece = memory.number(rev, op.result, piece, part)
        rev.accumulate(
            part,
            memory.settled(rev, rev.stage.operand(piece), part)
            if rev.modes.of(op.result) is not Mode.VALUE
            else piece,
        )


def reverse_unpack(rev: Reverse, op: Op) -> None:
    """``a, b = t``: the cotangent of ``t`` is the tuple of those of its parts."""
    base = op.operands[0]
    if not rev.active(base):
        return
    assert isinstance(base, Value)
    if isinstance(rev.types[base], Tup) and rev.modes.of(base) is Mode.VALUE:
        parts = []
        for result in op.results:
            ct = rev.take(result) if rev.active(result) else None
            parts.append(ct if ct is not None else rev.zero(result))
        rev.accumulate(base, TupleItem(tuple(parts)))
        return
    for number, result in enumerate(op.results):
        memory.reverse_load(rev, op, base, Const(number), result)
