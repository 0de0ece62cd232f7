"""Loads in reverse: ``v = a[i]`` adds to ``a_bar[i]``."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.infer import dtype_of, new_axes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    Array,
    Dct,
    Lst,
    Obj,
    Static,
    Tup,
    Type,
    is_number,
    is_scalar,
    plain,
)
from diffcompile.autodiff.guards import remember_places
from diffcompile.autodiff.memory import uncertain
from diffcompile.autodiff.memory.views import is_alias
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Prim, Value

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_load(rev: Reverse, op: Op, base: Operand, index: Operand, result: Value) -> None:
    """``result = base[index]``"""
    if not rev.active(result) or not rev.active(base):
        return
    assert isinstance(base, Value)
    mode = rev.modes.of(base)
    unpacked = rev.modes.of(result) is Mode.MEMORY and op.callee is Prim.UNPACK
    if mode is Mode.MEMORY and (unpacked or is_alias(rev, op)):
        uncertain.give_back(rev, op, base, index, result)
        return  # the shadow of the result is a view or an item of that of the base
    ct = rev.take(result)
    if ct is None:
        return
    axes = new_axes(rev.types[base], rev.stage.type(index)) if op.callee is operator.getitem else None
    if axes is not None and mode is not Mode.MEMORY:
        rev.accumulate(base, without_axes(rev, rev.stage.operand(ct), base, axes))
        return
    if mode is Mode.VALUE:
        _add_to_value(rev, base, index, rev.stage.operand(ct))
        return
    shadow = rev.shadows[base]
    item = op.callee is Prim.UNPACK or is_reference(op, rev.types)
    if isinstance(rev.types[base], Lst) and isinstance(rev.types[result], Lst) and not item:
        if not uncertain.shares_parts(rev, result):
            rev.effect(dynamic.add_slice, shadow, index, rev.stage.operand(ct))
        return
    if is_flat(rev, base):
        rev.effect(dynamic.add_item, shadow, index, rev.stage.operand(ct))
        return
    celled = uncertain.is_uncertain(rev, base) or uncertain.is_mixed(rev, base)
    if mode is Mode.MEMORY and (celled or rev.modes.holds_memory(result)):  # the shadows of its parts have other names
        rev.effect(dynamic.add_in_place, shadow, index, rev.stage.operand(ct))
        return
    scatter(rev, shadow, rev.types[base], index, rev.stage.operand(ct), rev.types[result])
    if mode is Mode.BUFFER and op.callee is operator.getitem:
        remember_places(rev, base, index)


def without_axes(rev: Reverse, ct: Operand, base: Value, axes: tuple[int, ...]) -> Operand:
    """Return a cotangent of ``base[:, None]`` without the new axes."""
    bare = _without_axes(rev, ct, axes)
    rev.refine(bare, rev.types[base])
    guard = rev.guards.get(ct) if isinstance(ct, Value) else None
    if guard is not None and isinstance(bare, Value):
        condition = guard.condition
        if not is_scalar(rev.stage.type(condition)):
            condition = rev.emit(np.broadcast_to, condition, rev.emit(np.shape, ct))
            condition = _without_axes(rev, condition, axes)
        rev.guards[bare] = replace(guard, condition=condition)
    return bare


def _without_axes(rev: Reverse, array: Operand, axes: tuple[int, ...]) -> Operand:
    negated = rev.stage.simplifier.made_by(array, operator.neg)
    if negated:
        return rev.emit(operator.neg, _without_axes(rev, negated[0], axes))
    made = rev.stage.op_of(array)
    given = (
        dict(zip(made.keywords, made.operands[1:], strict=False))
        if made is not None and made.callee is np.sum and len(made.operands) == 1 + len(made.keywords)
        else {}
    )
    if made is not None and set(given) == {"axis", "keepdims"} and not rev.is_volatile(made.operands[0]):
        axis, keep = (option.value if isinstance(option, Const) else None for option in given.values())
        if keep is True and axis in (axes, *axes) and len(axes) == len(axis if isinstance(axis, tuple) else (axis,)):
            return rev.stage.emit(np.sum, [made.operands[0]], rev.span, keywords={"axis": given["axis"]})
    none = Const(None)
    parts = [Const(0) if place in axes else rev.emit(slice, none, none, none) for place in range(max(axes) + 1)]
    return rev.emit(operator.getitem, array, parts[0] if len(parts) == 1 else rev.emit(Prim.TUPLE, *parts))


def is_flat(rev: Reverse, base: Value) -> bool:
    """Tell whether ``base`` is an iterator ``x.flat`` over all items, which has no shape and knows no ufuncs."""
    made = rev.primal_definitions.get(base)
    name = made.operands[1] if made is not None and made.callee is getattr else None
    return isinstance(name, Const) and name.value == "flat"


def _add_to_value(rev: Reverse, base: Value, index: Operand, ct: Operand) -> None:
    """Add to an item of a cotangent that is a value: a scalar indexed by ``()``, or something of unknown type."""
    if is_scalar(rev.types[base]):
        rev.accumulate(base, rev.emit(dynamic.match, ct, base, t=cotangent_type(rev.types[base])))
        return
    old = rev.bars.get(base)
    total = rev.emit(dynamic.with_item, rev.operand(old), base, index, ct, t=rev.types[base])
    rev.bars[base] = total


def reverse_attribute(rev: Reverse, op: Op) -> None:
    """``x.T``, ``x.real``, ``x.imag``"""
    if is_alias(rev, op):
        if not isinstance(rev.types[op.operands[0]], Obj):  # type: ignore[index]
            uncertain.reverse_view(rev, op)
        return
    if not rev.active(op.result):
        return
    base, name = op.operands
    assert isinstance(base, Value) and isinstance(name, Const)
    ct = rev.take(op.result)
    if ct is None or not rev.active(base):
        return
    if isinstance(rev.types[base], Obj) and rev.modes.of(base) is Mode.VALUE:
        old = rev.bars.get(base)
        rev.bars[base] = rev.emit(dynamic.with_item, rev.operand(old), base, name, rev.stage.operand(ct), t=ANY)
        return
    if isinstance(rev.types[base], Obj) and rev.modes.of(base) in (Mode.BUFFER, Mode.MEMORY):
        scatter(rev, rev.shadows[base], rev.types[base], name, rev.stage.operand(ct), rev.types[op.result])
        return
    match name.value:
        case "T" | "mT":
            rev.accumulate(base, rev.emit(getattr, rev.stage.operand(ct), name))
        case "real":
            rev.contribute(base, ct)
        case "imag" if (dtype := dtype_of(rev.types[base])) is not None:
            if dtype is complex or (not isinstance(dtype, type) and dtype.kind == "c"):
                # no conjugation anywhere: the cotangent of u + iv is f_u - i f_v
                rev.contribute(base, rev.emit(operator.mul, rev.stage.operand(ct), Const(-1j)))
        case "flat":
            shape = rev.emit(np.shape, base)
            rev.contribute(base, rev.emit(np.reshape, rev.stage.operand(ct), shape))
        case _:
            raise UnsupportedError(
                f"the attribute {name.value!r} of an active value is not supported",
                span=op.span,
                advice="copy the data first",
            )


def scatter(rev: Reverse, shadow: Operand, base: Type, index: Operand, ct: Operand, item: Type) -> None:
    """Do ``shadow[index] += ct``, also where ``index`` names an item twice."""
    repeats = may_repeat(rev, index)
    if isinstance(base, Array) and repeats is False:
        rev.update(shadow, index, ct)
    elif isinstance(base, Array) and repeats:
        rev.effect(ADD_AT, shadow, index, ct)
    elif isinstance(base, Lst | Dct | Tup) and is_number(item) and item is not NUMBER and is_scalar(item):
        rev.update(shadow, index, ct)
    else:
        rev.effect(dynamic.add_item, shadow, index, ct)


def may_repeat(rev: Reverse, index: Operand) -> bool | None:
    """Tell whether an index may name an item twice; None if nothing is known of it."""
    t = rev.stage.type(index)
    parts = t.items if isinstance(t, Tup) else (t,)
    answer: bool | None = False
    for part in parts:
        kind = plain(part)
        if isinstance(part, Static) and isinstance(part.value, tuple):
            continue
        if isinstance(part, Array) and part.dtype is not None:
            answer = answer if part.dtype.kind == "b" else True
        elif isinstance(part, Lst | Tup | Array):
            answer = True
        elif kind is ANY or kind is NUMBER:
            return None
    return answer
