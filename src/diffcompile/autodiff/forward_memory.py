"""Memory and structures in forward mode: the shadow does what the primal does."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.handing import handed_through
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import ANY, Array, Dct, Lst, Obj, Scalar, Tup, plain
from diffcompile.autodiff import forward_rules
from diffcompile.autodiff.memory.shadows import stopped_memory
from diffcompile.autodiff.memory.stores import ELLIPSIS
from diffcompile.autodiff.memory.views import MAYBE_COPIES, WRITABLE_VIEWS, shares_or_not, shows_zeros
from diffcompile.autodiff.missing import missing_rule
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.forward import Forward

DISPLAYS = (Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.OBJECT)
CONVERSIONS = (tuple, list, dynamic.as_sequence)
TRANSPARENT = ("T", "mT", "real", "imag", "flat")
"""Attributes of arrays that are linear functions of them."""


def refers_to_first(op: Op) -> bool:
    """Tell whether the result of ``op`` may be a view or an item of its first operand."""
    try:
        return op.callee in (operator.getitem, getattr, dynamic.match, dynamic.tangent) or op.callee in registry.VIEWS
    except TypeError:
        return False


# -- structures -----------------------------------------------------------------------------------------------------


def structural(fwd: Forward, op: Op) -> Operand | None:
    """Return the tangent of what only builds, joins or reads structures, or views memory; None for other operations."""
    callee: Any = op.callee
    if callee in DISPLAYS or _is_class(callee):
        return display(fwd, op)
    if callee is Prim.SET:
        raise UnsupportedError("a set of active values is not supported", span=op.span, advice="use a list")
    base = op.operands[0] if op.operands else None
    if callee is operator.getitem or callee in CONVERSIONS or callee is dynamic.save_item:
        return load(fwd, op) if fwd.active(base) else None
    if callee is getattr:
        return attribute(fwd, op) if fwd.active(base) else None
    if callee in (dynamic.fields, dynamic.narrowed, dynamic.known, dynamic.arrangement):
        return forward_rules.again(fwd, op, {0: fwd.needed(op.operands[0])}) if fwd.active(base) else None
    if callee in (operator.add, operator.mul) and isinstance(fwd.types[op.result], Lst | Tup):
        count = 2 if callee is operator.add else 1
        replaced = {place: fwd.needed(operand) for place, operand in enumerate(op.operands[:count])}
        if callee is operator.mul and not isinstance(fwd.stage.type(op.operands[0]), Lst | Tup):
            replaced = {1: fwd.needed(op.operands[1])}
        return forward_rules.again(fwd, op, replaced)
    if is_reference(op, fwd.types) and fwd.is_memory(op.result) and fwd.dot(base) is not None:
        return view(fwd, op)
    if callee is np.einsum and fwd.is_memory(op.result):
        count = len(op.operands) - len(op.keywords)
        if count == 2 and fwd.dot(op.operands[1]) is not None:  # noqa: PLR2004 - of one operand it may be a view
            return forward_rules.again(fwd, op, {1: fwd.needed(op.operands[1])})
    elif len(op.results) == 1 and fwd.is_memory(op.result) and handed_through(op, fwd.types) is not None:
        raise shares_or_not(op)
    return None


def _is_class(callee: Any) -> bool:
    return isinstance(callee, type) and issubclass(callee, tuple) and callee is not tuple


def display(fwd: Forward, op: Op) -> Operand:
    """``(a, b)``, ``[a, b]``, ``{k: a}``: the same of the tangents, with zeros where there are none."""
    parts = [fwd.needed(operand) for operand in op.operands]
    if op.callee is Prim.DICT:
        parts[::2] = op.operands[::2]
    attrs = dict(op.attrs)
    if op.callee is Prim.OBJECT and not issubclass(attrs["cls"], dict):
        attrs["cls"] = dynamic.moved_class(attrs["cls"])
    elif op.callee is Prim.TUPLE and hasattr(attrs.get("cls"), "_fields"):
        attrs["cls"] = dynamic.moved_tuple(attrs["cls"])
    return fwd.stage.emit(op.callee, parts, fwd.span, t=fwd.types[op.result], attrs=attrs)


def load(fwd: Forward, op: Op) -> Operand | None:
    """``base[index]`` and conversions: the same of the tangents."""
    base = fwd.dot(op.operands[0])
    if base is None:
        return None
    if isinstance(base, TupleItem):
        index = op.operands[1] if len(op.operands) > 1 else None
        if op.callee is operator.getitem and isinstance(index, Const) and isinstance(index.value, int):
            return fwd.operand(base.items[index.value])
    return same(fwd, op, forward_rules.as_of_numpy(fwd, op, fwd.operand(base)))


def same(fwd: Forward, op: Op, base: Operand) -> Operand:
    """Emit ``op`` of a tangent instead of its first operand; the result has the type that the primal has."""
    t = fwd.types[op.result]
    operands = [base, *op.operands[1:]]
    split = len(operands) - len(op.keywords)
    keywords: dict[str, Item] = dict(zip(op.keywords, operands[split:], strict=True))
    if isinstance(plain(t), Scalar):
        found = fwd.stage.emit(op.callee, operands[:split], fwd.span, keywords=keywords)
        return forward_rules.of_type(fwd, found, op.result)
    from diffcompile.autodiff.forward import tangent_type  # noqa: PLC0415 - one idea, four files

    return fwd.stage.emit(op.callee, operands[:split], fwd.span, keywords=keywords, t=tangent_type(t))


def attribute(fwd: Forward, op: Op) -> Operand | None:
    """``x.T``, ``x.real``, ``x.imag``, and attributes of objects."""
    base, name = op.operands
    dot = fwd.dot(base)
    if dot is None:
        return None
    assert isinstance(base, Value) and isinstance(name, Const)
    holds = isinstance(fwd.types[base], Obj | Tup) or fwd.types[base] is ANY
    if name.value not in TRANSPARENT and not holds:
        raise UnsupportedError(
            f"the attribute {name.value!r} of an active value is not supported",
            span=op.span,
            advice="copy the data first",
        )
    return same(fwd, op, forward_rules.as_of_numpy(fwd, op, fwd.operand(dot)))


def unpack(fwd: Forward, op: Op) -> None:
    """``a, b = t``: the same of the tangents."""
    base = op.operands[0]
    dot = fwd.dot(base)
    if dot is None:
        for result in op.results:
            if fwd.active(result):
                fwd.keep(result, None)
        return
    starred = op.attrs["starred"]
    if isinstance(dot, TupleItem) and not starred:
        for result, part in zip(op.results, dot.items, strict=True):
            none = isinstance(part, Const) and part.value is None
            if fwd.active(result):
                fwd.keep(result, None if none else fwd.operand(part))
        return
    parts = tuple(fwd.new_dot(result) for result in op.results)
    fwd.append(Op(Prim.UNPACK, (fwd.operand(dot),), parts, dict(op.attrs), (), op.span))
    for result, part in zip(op.results, parts, strict=True):
        if fwd.active(result):
            fwd.keep(result, part)


# -- references -----------------------------------------------------------------------------------------------------


def view(fwd: Forward, op: Op) -> Operand:
    """A view of written memory: the same view of its shadow."""
    base = fwd.dot(op.operands[0])
    assert base is not None
    if op.callee is dynamic.stop_gradient:
        raise stopped_memory(op)
    callee = WRITABLE_VIEWS.get(op.callee, op.callee)
    operands = list(op.operands)
    if callee is dynamic.zeros_if_copied:
        operands[1] = fwd.needed(operands[1])
    found = same(fwd, Op(callee, tuple(operands), op.results, op.attrs, (), op.span), fwd.operand(base))
    if op.callee in MAYBE_COPIES and not shows_zeros(op, fwd.stage.op_of(op.operands[0])):
        fwd.effect(dynamic.check_same_sharing, op.result, op.operands[0], found, fwd.operand(base))
    return found


def owned(fwd: Forward, result: Value, tangent: Item, made: set[Op]) -> Operand:
    """Return the tangent of an array that will be written to as a shadow: memory of its own, laid out as the array."""
    tangent = fwd.operand(tangent)
    t = plain(fwd.types[result])
    if isinstance(t, Scalar):
        return tangent
    maker = fwd.stage.op_of(tangent)
    fresh = maker is not None and maker in made and not refers_to_first(maker) and not _viewed_in_parts(fwd, result)
    if fresh and maker is not None and isinstance(t, Array) and (
        maker.callee in registry.ELEMENTWISE or maker.callee in (np.zeros_like, np.ndarray.copy, np.array, np.copy)
    ):
        return tangent
    from diffcompile.autodiff.forward import tangent_type  # noqa: PLC0415

    return fwd.emit(dynamic.shadow, tangent, result, t=tangent_type(fwd.types[result]))


def detached(fwd: Forward, result: Value, tangent: Item) -> Item:
    """Return the tangent of what nothing writes to, copied if algebra made it a shadow, as ``1.0 * x`` does."""
    if isinstance(plain(fwd.types[result]), Scalar) or not fwd.is_volatile(tangent):
        return tangent
    copy: Any = np.ndarray.copy if isinstance(plain(fwd.stage.type(tangent)), Array) else dynamic.own
    return fwd.emit(copy, tangent, t=fwd.stage.type(tangent))


def _viewed_in_parts(fwd: Forward, result: Value) -> bool:
    """Tell whether the array is reshaped somewhere, which depends on its layout in memory."""
    node = fwd.aliases.of(result)
    members = () if node is None else node.members
    return any(
        made is not None and made.callee in MAYBE_COPIES for made in map(fwd.stage.op_of, members)
    )


# -- writes ---------------------------------------------------------------------------------------------------------


def write(fwd: Forward, op: Op) -> None:
    """Put an operation that writes to its first operand, and what it does to the shadow."""
    base = op.operands[0]
    if not fwd.active(base):
        if any(map(fwd.active, op.results)):
            raise UnsupportedError("an active value is taken out of a container without tangents", span=op.span)
        fwd.append(op)
        return
    dot = fwd.dot(base)
    if dot is None:
        raise UnsupportedError(
            "the tangents of what is written here are not known",
            span=op.span,
            advice="copy the array or list before it is written to",
        )
    shadow = fwd.operand(dot)
    handler = _WRITES.get(op.callee)
    if handler is None:
        raise missing_rule(op, "tangent")
    handler(fwd, op, shadow)


def _store(fwd: Forward, op: Op, shadow: Operand) -> None:
    """``base[index] = value``"""
    base, index, value = op.operands
    assert isinstance(base, Value)
    if isinstance(fwd.types[base], Array):
        dot = fwd.dot(value)
        fwd.effect(operator.setitem, shadow, index, Const(0.0) if dot is None else dot)
    else:
        fwd.effect(operator.setitem, shadow, index, fwd.needed(value))
    fwd.append(op)


def _with_tangents(*places: int) -> Any:
    """Return a handler: the same operation on the shadow, with the tangents of the operands at ``places``."""

    def handle(fwd: Forward, op: Op, shadow: Operand) -> None:
        operands = [shadow, *op.operands[1:]]
        for place in places:
            if place < len(operands):
                operands[place] = fwd.needed(op.operands[place])
        if not op.results:
            fwd.append(op)
            fwd.effect(op.callee, *operands, **op.attrs)
            return
        fwd.append(op)
        t = fwd.types[op.result]
        from diffcompile.autodiff.forward import tangent_type  # noqa: PLC0415

        result = Value(f"{op.result.name}_dot" if op.result.name else "")
        fwd.types[result] = tangent_type(t)
        fwd.append(Op(op.callee, tuple(operands), (result,), op.attrs, (), op.span))
        if fwd.active(op.result):
            fwd.keep(op.result, result)

    return handle


def _increase(fwd: Forward, op: Op, shadow: Operand) -> None:
    """``np.add.at`` and its like: nothing happens to the shadow if what is added has no tangent."""
    dot = fwd.dot(op.operands[-1])
    if dot is not None:
        fwd.effect(op.callee, shadow, *op.operands[1:-1], dot, **op.attrs)
    fwd.append(op)


def _update(fwd: Forward, op: Op, shadow: Operand) -> None:
    """``base[index] op= value`` and ``base op= value``"""
    whole = op.callee is Prim.UPDATE
    index = ELLIPSIS if whole else op.operands[1]
    base, value = op.operands[0], op.operands[-1]
    pure = op.attrs["op"]
    dot = fwd.dot(value)
    if pure in (operator.add, operator.sub):
        if dot is not None:
            fwd.effect(op.callee, shadow, *op.operands[1:-1], dot, op=pure)
    elif pure in (operator.mul, operator.truediv) and dot is None:
        fwd.effect(op.callee, shadow, *op.operands[1:], op=pure)
    else:
        fwd.effect(operator.setitem, shadow, index, _updated(fwd, op, base, shadow, index, value))
    fwd.append(op)


def _updated(fwd: Forward, op: Op, base: Operand, shadow: Operand, index: Operand, value: Operand) -> Item:
    """Return the tangent of ``base[index] op value``."""
    pure = op.attrs["op"]
    if pure in registry.NONDIFFERENTIABLE:
        return Const(0.0)
    old, old_dot = (base, shadow) if index is ELLIPSIS else (_item(fwd, base, index), _item(fwd, shadow, index))
    z = fwd.emit(pure, old, value)
    if not isinstance(z, Value) or not isinstance(old, Value):
        raise missing_rule(op, "tangent")
    kept = fwd.dots.get(old)
    fwd.dots[old] = old_dot
    try:
        made = Op(pure, (old, value), (z,), {}, (), op.span)
        found = forward_rules.tangent_of(fwd, made)
    finally:
        if kept is None:
            fwd.dots.pop(old)
        else:
            fwd.dots[old] = kept
    return Const(0.0) if found is None else found


def _item(fwd: Forward, base: Operand, index: Operand) -> Operand:
    return fwd.emit(operator.getitem, base, index)


def _hand_back(fwd: Forward, op: Op, shadow: Operand) -> None:
    """``dynamic.add_if_copied(a_bar, v_bar, a, order)`` writes to two arrays."""
    fwd.append(op)
    fwd.effect(op.callee, shadow, fwd.needed(op.operands[1]), *op.operands[2:])


_WRITES: dict[Any, Any] = {
    operator.setitem: _store,
    operator.delitem: _with_tangents(),
    Prim.UPDATE_ITEM: _update,
    Prim.UPDATE: _update,
    ADD_AT: _increase,
    dynamic.add_item: _increase,
    dynamic.add_in_place: _increase,
    dynamic.add_items: _increase,
    dynamic.add_slice: _increase,
    dynamic.add_if_copied: _hand_back,
    dynamic.restore_item: _with_tangents(2),
    dynamic.restore_slot: _with_tangents(2),
    dynamic.rearrange: _with_tangents(1),
    dynamic.place_shadow: _with_tangents(2),
    dynamic.hand_back: _with_tangents(1),
    dynamic.withdraw: _with_tangents(1),
    dynamic.view_back: _with_tangents(1),
    list.append: _with_tangents(1),
    list.insert: _with_tangents(2),
    list.pop: _with_tangents(),
}

__all__ = ["Dct", "structural", "write"]
