"""Stores in reverse: ``a[i] = v`` takes ``a_bar[i]`` over and clears it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.infer import INT, same_shape
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import ANY, NUMBER, Array, Static, Tup, is_scalar, plain
from diffcompile.autodiff.memory.containers import reverse_container_store
from diffcompile.autodiff.memory.loads import is_flat, may_repeat
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.overwritten import guard_of_shadow
from diffcompile.ir.core import Const, Op, Operand, Prim, Value

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse

ELLIPSIS = Const(Ellipsis, "...")


def reverse_store(rev: Reverse, op: Op) -> None:
    """``base[index] = value``"""
    base, index, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if not isinstance(rev.types[base], Array):
        reverse_container_store(rev, op, base, index, value)
        return
    shadow = rev.shadows[base]
    ct = cells(rev, shadow, index)
    untouched = rev.memory.first_touch(op)
    if not rev.active(value):
        if not untouched:
            rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    assert isinstance(value, Value)
    if may_repeat(rev, index) is not False:
        ct = last_written(rev, ct, base, index)
    ct = _gathered(rev, ct, base, value)
    _check_overlap(rev, op)
    if untouched:
        rev.accumulate(value, rev.fit(ct, value))
        return
    independent = rev.modes.of(value) is not Mode.VALUE and not rev.aliases.same(base, value)
    if independent:
        rev.accumulate(value, rev.fit(ct, value))
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    whole = isinstance(index, Const) and index.value is Ellipsis and same_shape(rev.types[base], rev.types[value])
    guard = guard_of_shadow(rev, base) if whole else None
    fitted = own_fit(rev, ct, value)
    if guard is not None and isinstance(fitted, Value):
        rev.guards[fitted] = guard
    rev.effect(operator.setitem, shadow, index, Const(0.0))
    rev.accumulate(value, fitted)


def _gathered(rev: Reverse, ct: Operand, base: Value, value: Value) -> Operand:
    """Return what an array gets of the items of ``x.flat`` to which it was stored, repeated or cut to their number."""
    if not is_flat(rev, base) or is_scalar(rev.types[value]) or is_scalar(rev.stage.type(ct)):
        return ct
    return rev.emit(runtime.resize_adjoint, ct, rev.emit(np.shape, value))


def _check_overlap(rev: Reverse, op: Op) -> None:
    """Have the forward sweep refuse a store of an overlapping strided view, which NumPy does not buffer."""
    base, index, value = op.operands
    assert isinstance(base, Value) and isinstance(value, Value)
    made = rev.primal_definitions.get(value)
    t = rev.types[value]
    if made is None or not rev.aliases.same(base, value) or (isinstance(t, Array) and (t.rank or 1) > 1):
        return
    if not is_reference(made, rev.types):
        return
    if (
        made.operands[0] is base
        and _unit_step(rev, index)
        and made.callee is operator.getitem
        and _unit_step(rev, made.operands[1])
    ):
        maker = rev.primal_definitions.get(base)
        if maker is None or not is_reference(maker, rev.types):
            return
    before = rev.rewrites.before.setdefault(op, [])
    if any(other.callee is dynamic.check_overlap for other in before):
        return  # the body of a loop is gone over more than once
    outer, rev.stage.ops = rev.stage.ops, []
    target = rev.emit(operator.getitem, base, index)
    rev.effect(dynamic.check_overlap, target, value)
    made_ops, rev.stage.ops = rev.stage.ops, outer
    before += made_ops


def _unit_step(rev: Reverse, index: Operand) -> bool:
    parts = getattr(rev.stage.type(index), "parts", None)
    return parts is not None and isinstance(parts[2], Static) and parts[2].value in (None, 1)


def own_fit(rev: Reverse, ct: Operand, value: Value) -> Any:
    """Return what ``value`` gets of ``ct``, a view of a shadow that is about to change, in memory of its own."""
    fitted = rev.fit(ct, value)
    if is_scalar(rev.stage.type(ct)):
        return fitted
    made = rev.stage.op_of(fitted)
    if fitted is ct or (made is not None and made.callee is dynamic.match):
        callee: Any = np.ndarray.copy if isinstance(plain(rev.stage.type(ct)), Array) else dynamic.own
        own = rev.emit(callee, ct, t=rev.stage.type(ct))
        return own if fitted is ct else rev.fit(own, value)
    return fitted


def cells(rev: Reverse, shadow: Operand, index: Operand) -> Operand:
    """Return ``shadow[index]``."""
    if isinstance(index, Const) and index.value is Ellipsis:
        return shadow
    return rev.emit(operator.getitem, shadow, index)


def last_written(rev: Reverse, ct: Operand, base: Value, index: Operand) -> Operand:
    """Keep the cotangent only of those entries that a later entry of the same store does not overwrite."""
    flat = is_flat(rev, base)  # it has a length
    shape = rev.emit(Prim.TUPLE, rev.emit(len, base), t=Tup((INT,))) if flat else rev.emit(np.shape, base)
    mask = rev.emit(dynamic.last_writes, index, shape, t=ANY)
    t = rev.stage.type(ct)
    masked = rev.emit(operator.mul, ct, mask, t=t if isinstance(t, Array) else NUMBER)
    return masked
