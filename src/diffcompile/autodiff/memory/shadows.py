"""Shadows that the reverse sweep makes: zeros, and the views and containers that the primal made."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import INTO_ITEMS
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.handing import handed_through
from diffcompile.analysis.types import Array, Dct, Lst, Obj, Tup, Type, plain
from diffcompile.autodiff.memory import uncertain
from diffcompile.autodiff.memory.containers import is_list_arithmetic
from diffcompile.autodiff.memory.loads import is_flat
from diffcompile.autodiff.memory.views import (
    MAYBE_COPIES,
    WRITABLE_VIEWS,
    is_alias,
    is_surely_view,
    shares_or_not,
)
from diffcompile.autodiff.modes import Mode
from diffcompile.errors import Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, blocks, walk

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def prologue(rev: Reverse, block: Block) -> None:
    """Make the buffers and shadows of what ``block`` defines, in its order."""
    for param in block.params:
        if rev.modes.of(param) is Mode.BUFFER:
            zeros = _buffer(rev, param) if block is rev.primal.body else rev.zero(param)
            rev.shadows[param] = named(rev, zeros, param)
        elif rev.modes.of(param) is Mode.MEMORY and not rev.modes.flows(param) and param not in rev.shadows:
            rev.shadows[param] = named(rev, uncertain.zeros(rev, param), param)
    rev.stage.override = None
    for op in block.ops:
        rev.span = None
        for result in op.results:
            mode = rev.modes.of(result)
            if mode is Mode.BUFFER:
                zeros = _buffer(rev, result) if op.callee is operator.getitem else rev.zero(result)
                rev.shadows[result] = named(rev, zeros, result)
            elif mode is Mode.MEMORY and not rev.modes.flows(result) and result not in rev.rotations.waiting:
                rev.shadows[result] = named(rev, unpacked_shadow(rev, op, result), result)


def delayed_prologue(rev: Reverse, block: Block, loop: Op) -> None:
    """Make the shadows of views of buffers that ``loop`` exchanges, which stand before it."""
    for op in block.ops:
        for result in op.results:
            if rev.rotations.waiting.get(result) is loop and result not in rev.shadows:
                rev.shadows[result] = named(rev, unpacked_shadow(rev, op, result), result)


def _buffer(rev: Reverse, value: Value) -> Operand:
    """Return zeros for an array; for a container, slots that the first contribution to each array fills."""
    if isinstance(rev.types[value], Tup | Lst | Dct):
        return rev.emit(dynamic.slots_like, value, t=rev.types[value])
    return rev.zero(value)


def named(rev: Reverse, shadow: Operand, value: Value) -> Operand:
    """Return ``shadow``, called after ``value``."""
    rev.name(shadow, value)
    name = rev.stage.names.get(value)
    if name and isinstance(shadow, Value) and not shadow.name and isinstance(rev.types[value], Obj | Lst | Dct):
        rev.stage.names.setdefault(shadow, f"{name}_bar")
    return shadow


def _shadow(rev: Reverse, op: Op, result: Value) -> Operand:
    """Emit what makes the shadow of ``result``: the same view of a shadow, or zeros."""
    _check(rev, op, result)
    made = uncertain.shadow_made(rev, op, result)
    if made is not None:
        return made
    if is_alias(rev, op):
        return _view(rev, op, result)
    slices = op.callee is operator.getitem and isinstance(rev.types[result], Lst)
    if (slices or op.callee in (tuple, list)) and uncertain.shares_parts(rev, result):
        operands = [rev.shadows[op.operands[0]], *op.operands[1:]]  # type: ignore[index]
        return rev.stage.emit(op.callee, operands, None, t=rev.types[result])
    if is_list_arithmetic(rev, op) and uncertain.shares_parts(rev, result):
        shadows = [uncertain.shadow_of(rev, o) if rev.modes.of(o) is Mode.MEMORY else o for o in op.operands]
        return rev.stage.emit(op.callee, shadows, None, t=rev.types[result])
    if op.callee in (Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.OBJECT) and rev.modes.holds_memory(result):
        parts: list[Operand] = [uncertain.slot(rev, result, operand) for operand in op.operands]
        if op.callee is Prim.OBJECT:
            parts = [o for name, part in zip(op.attrs["names"], parts, strict=True) for o in (Const(name), part)]
        if op.callee is Prim.DICT:
            parts[::2] = op.operands[::2]
        prim = Prim.DICT if op.callee in (Prim.DICT, Prim.OBJECT) else Prim.LIST  # the slots of numbers are assigned
        return rev.stage.emit(prim, parts, None, t=rev.types[result])
    return uncertain.zeros(rev, result)


def _check(rev: Reverse, op: Op, result: Value) -> None:
    """Refuse what has no shadow."""
    shares = isinstance(op.callee, calling.Callee) and not op.callee.fresh and not uncertain.is_uncertain(rev, result)
    if shares or op.callee in calling.FOUND:
        raise UnsupportedError(
            "a function that is called recursively or through a variable shares an array that is written to",
            span=op.span,
            why="such a call does not hand over what becomes of its arguments",
            advice="return a new array instead, or write a loop",
        )
    if rev.modes.of(result) is Mode.MEMORY and handed_through(op, rev.types) is not None:
        raise shares_or_not(op)
    if is_flat(rev, result) and is_alias(rev, op):
        _check_flat(rev, result)
    takes_imag = op.callee is np.imag or (op.callee is getattr and op.operands[1].value == "imag")  # type: ignore[union-attr]
    if takes_imag and is_alias(rev, op):
        raise UnsupportedError(
            "the imaginary part of an array that is written to is not supported",
            span=op.span,
            why="it is a view whose cotangent is not a view of that of the array",
            advice="copy the array first",
        )
    if op.callee is dynamic.stop_gradient and is_alias(rev, op):
        raise stopped_memory(op)
    if op.callee in _OVERLAPPING and is_alias(rev, op):
        raise UnsupportedError(
            "windows of an array that is written to are not supported",
            span=op.span,
            why="one cell of the array is seen in many places, at different times",
            advice="copy the windows",
        )
    if op.callee is np.diag and is_alias(rev, op) and rank_of(rev.types[op.operands[0]]) is None:  # type: ignore[index]
        raise UnsupportedError(
            "it is not known whether np.diag makes a view of an array that is written to, or a matrix",
            span=op.span,
            advice="annotate the argument, or give its type with --arg; or use np.diagonal",
        )
    if op.callee is np.broadcast_to and is_alias(rev, op):
        raise UnsupportedError(
            "a broadcast view of an array that is written to is not supported",
            span=op.span,
            why="one cell of the array is seen in many places, at different times",
            advice="copy it: np.broadcast_to(x, shape).copy()",
        )


def _check_flat(rev: Reverse, flat: Value) -> None:
    """Refuse ``x.flat`` of an array that is written to, save where its items are read and stored by their places."""
    for block in blocks(rev.primal.body):
        for op in block.ops:
            by_place = op.callee in _BY_PLACE and flat not in op.operands[1:]
            if flat in op.operands and not by_place:
                raise _escaping(op.span)
        if flat in block.results:
            raise _escaping(rev.primal_definitions[flat].span)


_BY_PLACE = (dynamic.add_item, operator.getitem, operator.setitem, Prim.UPDATE_ITEM, ADD_AT, len, np.shape, np.size)


def _escaping(span: Span | None) -> UnsupportedError:
    return UnsupportedError(
        "a flat iterator of an array that is written to, of which more is used than its items, is not supported",
        span=span,
        why="it is neither an array nor a view of one",
        advice="use np.ravel(x), or index it",
    )


def stopped_memory(op: Op) -> UnsupportedError:
    """Return the refusal of ``stop_gradient`` of an array that is written to."""
    return UnsupportedError(
        "stop_gradient of an array that is written to is not supported",
        span=op.span,
        why="it is the same array, of which only one name would carry a derivative",
        advice="copy it: stop_gradient(x.copy())",
    )


_OVERLAPPING = (np.lib.stride_tricks.sliding_window_view, np.lib.stride_tricks.as_strided)


def rank_of(t: Type) -> int | None:
    """Return how many axes a value of this type has, if that is known."""
    t = plain(t)
    return t.rank if isinstance(t, Array) else None


def _view(rev: Reverse, op: Op, result: Value) -> Operand:
    """Emit the same view of the shadow of the operand."""
    base = op.operands[0]
    shadow = rev.shadows.get(base, Const(None))  # type: ignore[arg-type]
    if isinstance(base, Value) and base not in rev.shadows and rev.modes.of(base) is Mode.MEMORY and rev.active(base):
        raise UnsupportedError(
            "a view of an array that is written to is made where nothing is known of its cotangent",
            span=op.span,
            why="which array a variable means is chosen at run time",
            advice="give the arrays different names, or copy",
        )
    if op.callee in (dynamic.fields, dynamic.narrowed, dynamic.known) or isinstance(shadow, Const):
        return shadow  # the shadow of an object is a dict; without one there is none of its parts
    operands = [shadow, *op.operands[1:]]
    split = len(operands) - len(op.keywords)
    keywords = dict(zip(op.keywords, operands[split:], strict=True))
    callee = WRITABLE_VIEWS.get(op.callee, op.callee)
    if op.callee is getattr and isinstance(rev.types[base], Obj):  # type: ignore[index]
        callee = operator.getitem  # the shadow of an object is a dict
    if op.callee is dynamic.zeros_if_copied:
        return _second_shadow(rev, op, shadow, result)
    view = rev.stage.emit(
        callee, operands[:split], None, keywords=keywords, t=rev.types[result]  # type: ignore[arg-type]
    )
    if isinstance(plain(rev.types[result]), Array) and _is_filled(rev, base):
        if op.callee is list.pop:  # the slot is gone
            return rev.emit(dynamic.slot_shadow, view, result, t=rev.types[result])
        return rev.emit(dynamic.filled_shadow, shadow, op.operands[1], view, result, t=rev.types[result])
    if op.callee in MAYBE_COPIES and not is_surely_view(rev, op):
        return rev.stage.emit(dynamic.zeros_if_copied, [view, shadow], None, t=rev.types[result])
    return view


def _second_shadow(rev: Reverse, op: Op, view: Operand, result: Value) -> Operand:
    """Emit the shadow of a shadow: of ``dynamic.zeros_if_copied(v_bar, a_bar)``, in the adjoint of an adjoint."""
    base = op.operands[1]
    shadow = rev.shadows.get(base)  # type: ignore[arg-type]
    if shadow is None:
        raise rev.missing_rule(op)
    made = rev.stage.emit(dynamic.zeros_if_copied, [view, shadow], None, t=rev.types[result])
    rev.effect(dynamic.check_same_sharing, result, base, made, shadow)
    return made


def _is_filled(rev: Reverse, base: Operand) -> bool:
    """Tell whether a container of an adjoint had an empty slot until something was added to it."""
    if not isinstance(base, Value) or not isinstance(plain(rev.types[base]), Lst | Dct):
        return False
    return any(
        op.callee in INTO_ITEMS and rev.aliases.same(op.operands[0], base) for op in walk(rev.primal.body)
    )


def unpacked_shadow(rev: Reverse, op: Op, result: Value) -> Operand:
    """Emit what makes the shadow of a result of ``op``, which may be one of several."""
    if op.callee is Prim.UNPACK:
        made = uncertain.shadow_made(rev, op, result)
        if made is not None:
            return made
        shadow = rev.shadows.get(op.operands[0], Const(None))  # type: ignore[arg-type]
        return rev.stage.emit(operator.getitem, [shadow, Const(op.results.index(result))], op.span, t=rev.types[result])
    return _shadow(rev, op, result)
