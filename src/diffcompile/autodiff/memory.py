"""Written memory in reverse: shadows, loads, stores, updates, and taking writes back."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import is_reference
from diffcompile.analysis.effects import ADD_AT, INPLACE_OPERATORS, writes
from diffcompile.analysis.infer import dtype_of
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    Array,
    Dct,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    is_number,
    is_scalar,
    plain,
)
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.rewrite import Carried
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise import inlining

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse

MAYBE_COPIES = {np.reshape, np.ravel, np.asarray, np.ascontiguousarray, np.asfortranarray, np.asanyarray}
ELLIPSIS = Const(Ellipsis, "...")


def needs_undo(op: Op) -> bool:
    """Tell whether ``op`` overwrites something that the reverse sweep may have to restore."""
    return writes(op)


# -- shadows --------------------------------------------------------------------------------------------------------


def is_alias(rev: Reverse, op: Op) -> bool:
    """Tell whether the result of ``op`` is another reference to the written memory of its first operand."""
    if len(op.results) != 1 or rev.modes.of(op.result) is not Mode.MEMORY:
        return False
    return is_reference(op, rev.types) and rev.modes.of(op.operands[0]) is Mode.MEMORY


def prologue(rev: Reverse, block: Block) -> None:
    """Make the buffers and shadows of what ``block`` defines, in its order."""
    for param in block.params:
        if rev.modes.of(param) is Mode.BUFFER or (rev.modes.of(param) is Mode.MEMORY and not rev.modes.flows(param)):
            rev.shadows[param] = _named(rev, rev.zero(param), param)
    rev.stage.override = None
    for op in block.ops:
        rev.span = None
        for result in op.results:
            mode = rev.modes.of(result)
            if mode is Mode.BUFFER:
                rev.shadows[result] = _named(rev, rev.zero(result), result)
            elif mode is Mode.MEMORY and not rev.modes.flows(result):
                rev.shadows[result] = _named(rev, _unpacked_shadow(rev, op, result), result)


def _named(rev: Reverse, shadow: Operand, value: Value) -> Operand:
    rev.name(shadow, value)
    return shadow


def _shadow(rev: Reverse, op: Op, result: Value) -> Operand:
    """Emit what makes the shadow of ``result``: the same view of a shadow, or zeros."""
    if isinstance(op.callee, calling.Callee) or op.callee is calling.call_dynamic:
        raise UnsupportedError(
            "a function that is called recursively or through a variable shares an array that is written to",
            span=op.span,
            why="such a call does not hand over what becomes of its arguments",
            advice="return a new array instead, or write a loop",
        )
    if rev.modes.is_uncertain(result) and op.callee not in INPLACE_OPERATORS:
        raise UnsupportedError(
            "it is not known whether this is a number or a view of an array that is written to",
            span=op.span,
            advice="annotate the argument, or give its type with --arg; or copy the item with float(...) or .copy()",
        )
    if op.callee is np.einsum and rev.modes.of(result) is Mode.MEMORY and rev.aliases.same(result, op.operands[-1]):
        raise UnsupportedError(
            "np.einsum of one operand may be a view of it, and one of the two is written to",
            span=op.span,
            advice="copy the operand or the result first",
        )
    takes_imag = op.callee is np.imag or (op.callee is getattr and op.operands[1].value == "imag")  # type: ignore[union-attr]
    if takes_imag and is_alias(rev, op):
        raise UnsupportedError(
            "the imaginary part of an array that is written to is not supported",
            span=op.span,
            why="it is a view whose cotangent is not a view of that of the array",
            advice="copy the array first",
        )
    if op.callee is np.broadcast_to and is_alias(rev, op):
        raise UnsupportedError(
            "a broadcast view of an array that is written to is not supported",
            span=op.span,
            why="one cell of the array is seen in many places, at different times",
            advice="copy it: np.broadcast_to(x, shape).copy()",
        )
    if is_alias(rev, op):
        base = op.operands[0]
        shadow = rev.shadows.get(base, Const(None))  # type: ignore[arg-type]
        operands = [shadow, *op.operands[1:]]
        split = len(operands) - len(op.keywords)
        keywords = dict(zip(op.keywords, operands[split:], strict=True))
        views: dict[Any, Any] = {np.diag: dynamic.diag_view, np.diagonal: dynamic.diagonal_view}
        callee = views.get(op.callee, op.callee)
        view = rev.stage.emit(
            callee, operands[:split], None, keywords=keywords, t=rev.types[result]  # type: ignore[arg-type]
        )
        if op.callee in MAYBE_COPIES and not _surely_contiguous(rev, base):
            return rev.stage.emit(dynamic.zeros_if_copied, [view, shadow], None, t=rev.types[result])
        return view
    slices = op.callee is operator.getitem and isinstance(rev.types[result], Lst)
    if (slices or op.callee in (tuple, list)) and rev.modes.holds_memory(result):
        operands = [rev.shadows[op.operands[0]], *op.operands[1:]]  # type: ignore[index]
        return rev.stage.emit(op.callee, operands, None, t=rev.types[result])
    if is_list_arithmetic(rev, op) and rev.modes.holds_memory(result):
        shadows = [_shadow_of(rev, o) if rev.modes.of(o) is Mode.MEMORY else o for o in op.operands]
        return rev.stage.emit(op.callee, shadows, None, t=rev.types[result])
    if op.callee in (Prim.TUPLE, Prim.LIST, Prim.DICT) and rev.modes.holds_memory(result):
        parts: list[Operand] = [_part_shadow(rev, operand) for operand in op.operands]
        if op.callee is Prim.DICT:
            parts[::2] = op.operands[::2]
        prim = Prim.DICT if op.callee is Prim.DICT else Prim.LIST  # the slots of numbers are assigned
        return rev.stage.emit(prim, parts, None, t=rev.types[result])
    return rev.zero(result)


def _part_shadow(rev: Reverse, operand: Operand) -> Operand:
    if rev.modes.of(operand) is Mode.MEMORY:
        return rev.shadows[operand]  # type: ignore[index]
    return Const(0.0)


def _shadow_of(rev: Reverse, operand: Operand) -> Operand:
    if isinstance(operand, Value) and operand in rev.shadows:
        return rev.shadows[operand]
    if isinstance(operand, Value) and rev.active(operand):
        return rev.zero(operand)
    return Const(None)


def make_forward_shadows(rev: Reverse) -> None:
    """Make, in the forward sweep, the shadows of references that are chosen at run time."""
    _forward_block(rev, rev.primal.body)


def _flowing(rev: Reverse, value: Value) -> bool:
    return rev.modes.of(value) is Mode.MEMORY and rev.modes.flows(value)


def _collected(rev: Reverse, build: Callable[[], None]) -> list[Op]:
    outer, rev.stage.ops = rev.stage.ops, []
    build()
    made, rev.stage.ops = rev.stage.ops, outer
    return made


def _forward_block(rev: Reverse, block: Block) -> None:
    if block is rev.primal.body:

        def params() -> None:
            for param in block.params:
                if _flowing(rev, param):
                    rev.shadows[param] = _named(rev, rev.zero(param), param)

        made = _collected(rev, params)
        if made:
            rev.rewrites.at_start.setdefault(block, []).extend(made)
    for op in block.ops:
        rev.span = rev.stage.override = op.span
        if op.callee is Prim.IF:
            _forward_if(rev, op)
        elif op.callee in (Prim.FOR, Prim.WHILE):
            _forward_loop(rev, op)
        else:
            made = _collected(rev, lambda op=op: _forward_op(rev, op))  # type: ignore[misc]
            if made:
                rev.rewrites.after.setdefault(op, []).extend(made)


def _new_shadow(rev: Reverse, value: Value) -> Value:
    shadow = Value(f"{value.name}_bar" if value.name else "")
    rev.types[shadow] = rev.types[value]
    return shadow


def _forward_if(rev: Reverse, op: Op) -> None:
    for region in op.regions:
        _forward_block(rev, region)
    for number, result in enumerate(op.results):
        if _flowing(rev, result):
            shadow = _new_shadow(rev, result)
            yields = [_yielded_shadow(rev, region, region.results[number]) for region in op.regions]
            rev.rewrites.exports.setdefault(op, []).append((shadow, yields[0], yields[1]))
            rev.shadows[result] = shadow


def _yielded_shadow(rev: Reverse, region: Block, operand: Operand) -> Operand:
    found: list[Operand] = []
    made = _collected(rev, lambda: found.append(_shadow_of(rev, operand)))
    if made:
        rev.rewrites.at_end.setdefault(region, []).extend(made)
    return found[0]


def _forward_loop(rev: Reverse, op: Op) -> None:
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    pending: list[tuple[Value, Operand, tuple[Value, ...], Operand]] = []
    for number, result in enumerate(op.results):
        if _flowing(rev, result):
            params = tuple(region.params[number + lead] for region in op.regions)
            shadows = tuple(_new_shadow(rev, param) for param in params)
            for param, shadow in zip(params, shadows, strict=True):
                rev.shadows[param] = shadow
            found: list[Operand] = []
            made = _collected(rev, lambda k=number, found=found: found.append(_shadow_of(rev, op.operands[k + lead])))  # type: ignore[misc]
            if made:
                rev.rewrites.before.setdefault(op, []).extend(made)
            pending.append((result, found[0], shadows, body.results[number + stops]))
    _forward_block(rev, body)
    for result, init, shadows, following in pending:
        shadow = _new_shadow(rev, result)
        rev.shadows[result] = shadow
        carried = Carried(init, shadows, _yielded_shadow(rev, body, following), shadow)
        rev.rewrites.carried.setdefault(op, []).append(carried)


def _forward_op(rev: Reverse, op: Op) -> None:
    for result in op.results:
        if _flowing(rev, result):
            rev.shadows[result] = _named(rev, _unpacked_shadow(rev, op, result), result)
    base = op.operands[0] if op.operands else None
    if not isinstance(base, Value) or not _flowing(rev, base) or isinstance(rev.types[base], Array):
        return
    shadow = rev.shadows[base]
    if op.callee is list.append:
        item = op.operands[1]
        slot = rev.shadows[item] if rev.modes.of(item) is Mode.MEMORY else Const(0.0)  # type: ignore[index]
        rev.stage.effect(list.append, [shadow, slot], op.span)
    elif op.callee is operator.setitem:
        item = op.operands[2]
        if rev.modes.of(item) is Mode.MEMORY:
            rev.stage.effect(operator.setitem, [shadow, op.operands[1], rev.shadows[item]], op.span)  # type: ignore[index]
        elif isinstance(rev.types[base], Dct):
            rev.stage.effect(operator.setitem, [shadow, op.operands[1], Const(0.0)], op.span)
    elif op.callee is list.pop and rev.modes.of(op.result) is not Mode.MEMORY:
        rev.stage.effect(list.pop, [shadow, *op.operands[1:]], op.span)


def _unpacked_shadow(rev: Reverse, op: Op, result: Value) -> Operand:
    if op.callee is Prim.UNPACK:
        shadow = rev.shadows.get(op.operands[0], Const(None))  # type: ignore[arg-type]
        return rev.stage.emit(operator.getitem, [shadow, Const(op.results.index(result))], op.span, t=rev.types[result])
    return _shadow(rev, op, result)


# -- loads ----------------------------------------------------------------------------------------------------------


def reverse_load(rev: Reverse, op: Op, base: Operand, index: Operand, result: Value) -> None:
    """``result = base[index]``"""
    if not rev.active(result) or not rev.active(base):
        return
    assert isinstance(base, Value)
    mode = rev.modes.of(base)
    if mode is Mode.MEMORY and rev.modes.of(result) is Mode.MEMORY and op.callee is Prim.UNPACK:
        return
    if mode is Mode.MEMORY and is_alias(rev, op):
        return  # the shadow of the result is a view or an item of that of the base
    ct = rev.take(result)
    if ct is None:
        return
    if mode is Mode.VALUE:
        _add_to_value(rev, base, index, rev.stage.operand(ct))
        return
    shadow = rev.shadows[base]
    if isinstance(rev.types[base], Lst) and isinstance(rev.types[result], Lst) and not is_reference(op, rev.types):
        if not rev.modes.holds_memory(result):
            rev.effect(dynamic.add_slice, shadow, index, rev.stage.operand(ct))
        return
    scatter(rev, shadow, rev.types[base], index, rev.stage.operand(ct), rev.types[result])


def _add_to_value(rev: Reverse, base: Value, index: Operand, ct: Operand) -> None:
    """Add to an item of a cotangent that is a value: a scalar indexed by ``()``, or something of unknown type."""
    if is_scalar(rev.types[base]):
        rev.accumulate(base, rev.emit(dynamic.match, ct, base, t=cotangent_type(rev.types[base])))
        return
    old = rev.bars.get(base)
    total = rev.emit(dynamic.with_item, rev.operand(old), base, index, ct, t=rev.types[base])
    rev.bars[base] = total


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


# -- stores ---------------------------------------------------------------------------------------------------------


def _reverse_store(rev: Reverse, op: Op) -> None:
    """``base[index] = value``"""
    base, index, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if not isinstance(rev.types[base], Array):
        _reverse_store_in_container(rev, base, index, value)
        return
    shadow = rev.shadows[base]
    ct = _slice(rev, shadow, index)
    if not rev.active(value):
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    assert isinstance(value, Value)
    if may_repeat(rev, index) is not False:
        ct = _last_written(rev, ct, base, index)
    _check_overlap(rev, op)
    independent = rev.modes.of(value) is not Mode.VALUE and not rev.aliases.same(base, value)
    if independent:
        rev.accumulate(value, rev.fit(ct, value))
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    fitted = _own_fit(rev, ct, value)
    rev.effect(operator.setitem, shadow, index, Const(0.0))
    rev.accumulate(value, fitted)


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
    outer, rev.stage.ops = rev.stage.ops, []
    target = rev.emit(operator.getitem, base, index)
    rev.effect(dynamic.check_overlap, target, value)
    made_ops, rev.stage.ops = rev.stage.ops, outer
    rev.rewrites.before.setdefault(op, []).extend(made_ops)


def _unit_step(rev: Reverse, index: Operand) -> bool:
    parts = getattr(rev.stage.type(index), "parts", None)
    return parts is not None and isinstance(parts[2], Static) and parts[2].value in (None, 1)


def _own_fit(rev: Reverse, ct: Operand, value: Value) -> Any:
    """Return what ``value`` gets of ``ct``, a view of a shadow that is about to change, in memory of its own."""
    fitted = rev.fit(ct, value)
    if is_scalar(rev.stage.type(ct)):
        return fitted
    made = rev.stage.op_of(fitted)
    if fitted is ct or (made is not None and made.callee is dynamic.match):
        own = rev.emit(np.ndarray.copy, ct, t=rev.stage.type(ct))
        return own if fitted is ct else rev.fit(own, value)
    return fitted


def _slice(rev: Reverse, shadow: Operand, index: Operand) -> Operand:
    if isinstance(index, Const) and index.value is Ellipsis:
        return shadow
    return rev.emit(operator.getitem, shadow, index)


def _last_written(rev: Reverse, ct: Operand, base: Value, index: Operand) -> Operand:
    """Keep the cotangent only of those entries that a later entry of the same store does not overwrite."""
    shape = rev.emit(np.shape, base)
    mask = rev.emit(dynamic.last_writes, index, shape, t=ANY)
    t = rev.stage.type(ct)
    masked = rev.emit(operator.mul, ct, mask, t=t if isinstance(t, Array) else NUMBER)
    return masked


def _reverse_store_in_container(rev: Reverse, base: Value, index: Operand, value: Operand) -> None:
    if rev.modes.of(value) is Mode.MEMORY:
        return
    shadow = rev.shadows[base]
    if rev.active(value):
        assert isinstance(value, Value)
        ct = rev.emit(operator.getitem, shadow, index, t=cotangent_type(rev.types[value]))
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        rev.accumulate(value, settled(rev, ct, value))
    else:
        rev.effect(operator.setitem, shadow, index, Const(0.0))


def settled(rev: Reverse, ct: Operand, value: Value) -> Operand:
    """Return a cotangent that was kept in a list: 0.0 there may stand for an array of zeros."""
    if is_scalar(rev.types[value]):
        return ct
    helper = dynamic.match if isinstance(plain(rev.types[value]), Array) else dynamic.settle
    return rev.emit(helper, ct, value, t=cotangent_type(rev.types[value]))


def _reverse_update(rev: Reverse, op: Op) -> None:
    """``base[index] op= value`` and ``base op= value``"""
    if op.callee is Prim.UPDATE:
        (base, value), index = op.operands, ELLIPSIS
    else:
        base, index, value = op.operands  # type: ignore[assignment]
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    shadow = rev.shadows[base]
    pure = op.attrs["op"]
    whole = isinstance(index, Const) and index.value is Ellipsis
    ct = _slice(rev, shadow, index)
    kept = _last_written(rev, ct, base, index) if may_repeat(rev, index) is not False else ct
    if pure in (operator.add, operator.sub):
        if rev.active(value):
            assert isinstance(value, Value)
            part = kept if pure is operator.add else rev.emit(operator.neg, kept)
            _hand_over(rev, base, value, part, kept)
        return
    old = _slice(rev, base, index)
    if pure is operator.matmul:
        _reverse_matmul_update(rev, op, base, value, old, ct, shadow, index)
        return
    rule = registry.ELEMENTWISE.get(pure)
    if rule is None and pure in registry.NONDIFFERENTIABLE:
        rev.effect(operator.setitem, shadow, index, Const(0.0))
        return
    if rule is None:
        raise rev.missing_rule(op)
    z = rev.emit(pure, old, value)
    contribution = None
    if rev.active(value):
        assert isinstance(value, Value) and rule.partials[1] is not None
        contribution = rev.fit(rev.scaled(kept, rule.partials[1], z, (old, value)), value)
    assert rule.partials[0] is not None
    if whole and pure in (operator.mul, operator.truediv):
        if contribution is not None and rev.aliases.same(base, value):
            rev.effect(
                operator.setitem,
                shadow,
                index,
                rev.stage.operand(rev.scaled(ct, rule.partials[0], z, (old, value))),
            )
            rev.accumulate(value, contribution)
            return
        if contribution is not None:
            rev.accumulate(value, contribution)
        rev.effect(Prim.UPDATE, shadow, value, op=pure)
        return
    following = rev.stage.operand(rev.scaled(ct, rule.partials[0], z, (old, value)))
    rev.effect(operator.setitem, shadow, index, following)
    if contribution is not None:
        rev.accumulate(value, contribution)


def _reverse_matmul_update(
    rev: Reverse, op: Op, base: Value, value: Operand, old: Operand, ct: Operand, shadow: Operand, index: Operand
) -> None:
    """``a[index] @= b``"""
    from diffcompile.specialise.items import TupleItem  # noqa: PLC0415

    rule = registry.ADJOINT[operator.matmul].rule
    code = rev.rule_code(rule)
    parts = inlining.inline(rev.stage, code, [ct, Const(None), old, value], rev.span, library=True)
    assert isinstance(parts, TupleItem)
    pieces = [rev.stage.operand(part) for part in parts.items]
    rev.effect(operator.setitem, shadow, index, pieces[0])
    if rev.active(value):
        rev.contribute(value, pieces[1])


def _hand_over(rev: Reverse, base: Value, value: Value, part: Operand, source: Operand) -> None:
    """Accumulate ``part``, which may be a view of the base's shadow that lives on."""
    if rev.modes.of(value) is Mode.VALUE and part is source:
        rev.accumulate(value, _own_fit(rev, source, value))
    else:
        rev.accumulate(value, rev.fit(part, value))


def _reverse_add_at(rev: Reverse, op: Op) -> None:
    """``np.add.at(base, index, value)``"""
    base, index, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY or not rev.active(value):
        return
    assert isinstance(base, Value) and isinstance(value, Value)
    ct = _slice(rev, rev.shadows[base], index)
    _hand_over(rev, base, value, ct, ct)


def _reverse_append(rev: Reverse, op: Op) -> None:
    """``base.append(value)``"""
    base, value = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if rev.modes.of(value) is Mode.MEMORY:
        return
    shadow = rev.shadows[base]
    t = cotangent_type(rev.types[value]) if isinstance(value, Value) else ANY
    ct = rev.emit(list.pop, shadow, t=t)
    if rev.active(value):
        assert isinstance(value, Value)
        rev.accumulate(value, settled(rev, ct, value))


def _reverse_pop(rev: Reverse, op: Op) -> None:
    """``result = base.pop()``"""
    base, *place = op.operands
    if rev.modes.of(base) is not Mode.MEMORY:
        return
    assert isinstance(base, Value)
    if op.results and rev.modes.of(op.result) is Mode.MEMORY:
        return
    ct = rev.take(op.result) if op.results else None
    item = rev.operand(ct) if ct is not None else Const(0.0)
    if place:
        rev.effect(list.insert, rev.shadows[base], place[0], item)
    else:
        rev.effect(list.append, rev.shadows[base], item)


# -- aliases --------------------------------------------------------------------------------------------------------


def reverse_alias(rev: Reverse, op: Op) -> None:
    """A view needs nothing in reverse; what may have been a copy hands its cotangent back."""
    if op.callee not in MAYBE_COPIES or _surely_contiguous(rev, op.operands[0]):
        return
    base = op.operands[0]
    assert isinstance(base, Value)
    split = len(op.operands) - len(op.keywords)
    keywords = dict(zip(op.keywords, op.operands[split:], strict=True))
    order = keywords.get("order", Const("C"))
    rev.effect(dynamic.add_if_copied, rev.shadows[base], rev.shadows[op.result], base, order)


def _surely_contiguous(rev: Reverse, operand: Operand) -> bool:
    if not isinstance(operand, Value):
        return False
    op = rev.primal_definitions.get(operand)
    if op is None:
        return operand in rev.primal.params
    plain_order = "order" not in op.keywords and len(op.operands) < 3  # noqa: PLR2004 - the third may be the order
    return op.callee in (np.zeros, np.ones, np.empty, np.full) and plain_order


def _reverse_attribute(rev: Reverse, op: Op) -> None:
    """``x.T``, ``x.real``, ``x.imag``"""
    if not rev.active(op.result) or is_alias(rev, op):
        return
    base, name = op.operands
    assert isinstance(base, Value) and isinstance(name, Const)
    ct = rev.take(op.result)
    if ct is None or not rev.active(base):
        return
    if isinstance(rev.types[base], Obj) and rev.modes.of(base) is Mode.BUFFER:
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
        case _:
            raise UnsupportedError(
                f"the attribute {name.value!r} of an active value is not supported",
                span=op.span,
                advice="copy the data first",
            )


def is_list_arithmetic(rev: Reverse, op: Op) -> bool:
    """Tell whether ``op`` joins or repeats lists."""
    return op.callee in (operator.add, operator.mul) and isinstance(rev.types[op.result], Lst | Tup)


def reverse_list_arithmetic(rev: Reverse, op: Op) -> None:
    """``a + b`` and ``a * n`` of lists: each item takes the cotangents of the places where it went."""
    if not rev.active(op.result) or rev.modes.holds_memory(op.result):
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


def _reverse_same(rev: Reverse, op: Op) -> None:
    """A conversion that keeps the items: ``tuple(x)``, ``list(x)``."""
    if rev.active(op.result) and not rev.modes.holds_memory(op.result):
        rev.accumulate(op.operands[0], rev.take(op.result))


HANDLERS: dict[Any, Any] = {
    operator.setitem: _reverse_store,
    Prim.UPDATE_ITEM: _reverse_update,
    Prim.UPDATE: _reverse_update,
    ADD_AT: _reverse_add_at,
    list.append: _reverse_append,
    list.pop: _reverse_pop,
    getattr: _reverse_attribute,
    tuple: _reverse_same,
    list: _reverse_same,
    dynamic.as_sequence: _reverse_same,
    dynamic.scalar_output: _reverse_same,
}

__all__ = ["Scalar", "make_forward_shadows", "needs_undo", "prologue", "reverse_load", "scatter"]
