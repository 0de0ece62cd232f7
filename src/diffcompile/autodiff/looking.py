"""Where a recorder looks at adjoints: before the reverse of an operation, and at what that passed on."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile.analysis.effects import ADD_AT
from diffcompile.autodiff.memory.stores import cells
from diffcompile.autodiff.modes import Mode
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.recording import Site

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse

_STORES = (operator.setitem, Prim.UPDATE_ITEM, ADD_AT)


def look_before(rev: Reverse, op: Op) -> None:
    """Show the adjoints of what ``op`` computes or stores, which are complete."""
    if op.regions:
        return
    if op.callee in (*_STORES, Prim.UPDATE):
        base = op.operands[0]
        if isinstance(base, Value) and rev.modes.of(base) is Mode.MEMORY and base in rev.shadows:
            index = Const(Ellipsis, "...") if op.callee is Prim.UPDATE else op.operands[1]
            _show(rev, op, cells(rev, rev.shadows[base], index), base.name, after=False)
        return
    for result in op.results:
        if rev.modes.of(result) is not Mode.NONE:
            _show(rev, op, _cotangent(rev, result), result.name, after=False)


def look_after(rev: Reverse, op: Op) -> None:
    """Show what the operands of ``op`` have got, where that is a value."""
    if op.regions:
        return
    for operand in dict.fromkeys(op.operands):
        if rev.modes.of(operand) is Mode.VALUE:
            _show(rev, op, _cotangent(rev, operand), "", after=True)


def _cotangent(rev: Reverse, value: Operand) -> object:
    assert isinstance(value, Value)
    return rev.bars.get(value) if rev.modes.of(value) is Mode.VALUE else rev.shadows.get(value)


def _show(rev: Reverse, op: Op, ct: object, name: str, *, after: bool) -> None:
    if not isinstance(ct, Value) and not (isinstance(ct, Const) and isinstance(ct.value, float)):
        return  # zero, or in parts, which are shown one by one
    assert rev.recorder is not None
    rev.effect(Site(rev.recorder, op.span, name, after=after), ct)


__all__ = ["look_after", "look_before"]
