"""Items of tuples, lists, dicts and arrays: loads, stores, updates, ``append``."""

from __future__ import annotations

import operator
import types as pytypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import ANY, Array, Dct, Lst, Obj, Scalar, Tup, may_carry_derivative, plain
from diffcompile.errors import Span
from diffcompile.frontend.lower import INPLACE
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Prim, Value, walk
from diffcompile.specialise import extended, instances, objects, outside, results
from diffcompile.specialise.classes import is_attribute_dict
from diffcompile.specialise.grids import grid_item, refuse_flag
from diffcompile.specialise.items import Item, ObjectItem, TupleItem
from diffcompile.specialise.known_lists import constant_slice, known_item, known_value

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def load_item(spec: Specialiser, base: Item, index: Item, span: Span | None, name: str = "") -> Item:
    """``base[index]``"""
    if (variable := outside.named(base, index)) is not None:
        return outside.load(spec, *variable, span)
    index = as_place(spec, base, index, span)
    number = index.value if isinstance(index, Const) else None
    if isinstance(number, str) and results.class_of(spec, base) is not None:
        return results.field(spec, base, number, lambda k: load_item(spec, base, Const(k), span, name), span)
    if isinstance(base, TupleItem) and isinstance(number, int) and -len(base.items) <= number < len(base.items):
        return base.items[number]
    if isinstance(base, TupleItem) and isinstance(index, Value):
        bounds = constant_slice(spec, index)
        if bounds is not None:
            return TupleItem(base.items[bounds], sites=base.sites)
    if isinstance(base, Const) and isinstance(base.value, str) and isinstance(index, Value):
        bounds = constant_slice(spec, index)
        if bounds is not None:
            return Const(base.value[bounds])
    if isinstance(base, Const) and isinstance(base.value, tuple | str | dict) and isinstance(index, Const):
        try:
            return Const(base.value[index.value])
        except (IndexError, KeyError, TypeError):
            pass
    if isinstance(base, Const) and (found := grid_item(spec, base, index, span)) is not None:
        return found
    if isinstance(base, Const) and (base.value is None or base.value is UNDEFINED):  # behind what surely raises, say
        why = Const("'NoneType' object is not subscriptable")
        return spec.emit(dynamic.fail, [Const(TypeError, "TypeError"), why], span, t=ANY)
    refuse_flag(spec, base, index, span)
    if base in spec.flats and (is_slice(spec, index) or (isinstance(index, Const) and isinstance(index.value, slice))):
        return _part_of_flat(spec, base, index, span, name)
    if objects.class_of(spec, base) is not None:
        return call_method(spec, base, "__getitem__", [index], span)
    t = spec.type(base)
    if isinstance(t, Dct) and t.cell.root().given:
        _check_key(spec, t, index, span)
    if isinstance(t, Dct) and t.cell.root().kind is not None:
        from diffcompile.specialise.handlers import records  # noqa: PLC0415 - it is built on this module

        return records.load_missing(spec, base, t, index, span, name)
    if isinstance(t, Lst) and (item := known_item(spec, base, index)) is not None:
        return item
    if isinstance(t, Dct) and (item := known_value(spec, base, index)) is not None:
        return item
    if isinstance(t, Lst) and is_slice(spec, index):
        return spec.emit(operator.getitem, [base, index], span, name=name, t=Lst(spec.type(base).cell))  # type: ignore[attr-defined]
    if isinstance(t, Obj):
        raise spec.refuse(f"items of {t!r} objects are not supported yet", span, "read the value into an array first")
    return spec.emit(operator.getitem, [base, index], span, name=name)


def _part_of_flat(spec: Specialiser, base: Item, index: Item, span: Span | None, name: str = "") -> Item:
    """Return a part of ``x.flat``, which is a copy, no view."""
    places = spec.emit(np.arange, [spec.emit(len, [base], span)], span)
    return spec.emit(operator.getitem, [base, spec.emit(operator.getitem, [places, index], span)], span, name=name)


def _repeated(spec: Specialiser, base: Item, index: Item, value: Item, span: Span | None) -> Item:
    """Return as many items as a store to ``x.flat[index]`` takes of ``value``: it begins anew, or leaves some out."""
    t = plain(spec.type(value))
    if isinstance(t, Scalar) or (isinstance(t, Array) and t.rank == 0):
        return value
    places = spec.emit(operator.getitem, [spec.emit(np.arange, [spec.emit(len, [base], span)], span), index], span)
    return spec.emit(np.resize, [value, spec.emit(np.size, [places], span)], span)


def read_flat(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return ``x.flat`` as an array of its own, for what takes no iterators; other items as they are."""
    return _part_of_flat(spec, item, Const(slice(None)), span) if item in spec.flats else item


def as_place(spec: Specialiser, base: Item, index: Item, span: Span | None) -> Item:
    """Return the index of an item of an array, a list or a tuple: what ``__index__`` returns, of an instance."""
    if not isinstance(base, TupleItem) and not isinstance(plain(spec.type(base)), Array | Lst | Tup):
        return index
    if isinstance(index, TupleItem):
        return TupleItem(tuple(as_place(spec, base, part, span) for part in index.items))
    found = objects.method(spec, index, "__index__")
    return index if found is None else call_method(spec, index, "__index__", [], span)


def is_slice(spec: Specialiser, index: Item) -> bool:
    """Tell whether ``index`` is a slice."""
    return spec.type(index).__class__.__name__ == "SliceOf"


def _check_key(spec: Specialiser, t: Dct, key: Item, span: Span | None) -> None:
    """Refuse to look numbers up under a key that depends on what is differentiated, in a dict from elsewhere.

    Such a dict is a table, which has no derivative with respect to its key, or what earlier calls computed.
    """
    if not may_carry_derivative(t):
        return
    parts = key.items if isinstance(key, TupleItem) else (key,)
    moving = [spec.type(part) for part in parts if isinstance(part, Value) and spec.depends(part)]
    if any(may_carry_derivative(part) for part in moving if isinstance(plain(part), Scalar)):
        raise spec.refuse(
            "a dict is asked for a key that depends on what is differentiated",
            span,
            "call what computes the value; or give stop_gradient(key), if the dict is a table",
            "the dict is not made in the function: what earlier calls stored there carries no derivative",
        )
    if any(may_carry_derivative(part) for part in moving):
        spec.effect(dynamic.check_key, [spec.data(key)], span)


def note_key(spec: Specialiser, t: Dct, key: Item) -> None:
    """Record that a key depends on what is differentiated: who reads it from the dict would lose the derivative."""
    if _moves(spec, key, frozenset()):
        t.cell.root().keyed = True


def _moves(spec: Specialiser, item: Item, seen: frozenset[Item]) -> bool:
    """Tell whether a key depends on what is differentiated, or holds something that does."""
    if item in seen:
        return False
    seen = seen | {item}
    parts: tuple[Item, ...] = ()
    if isinstance(item, TupleItem):
        parts = item.items
    elif isinstance(item, ObjectItem):
        if item.root in spec.varied:
            return True
        parts = tuple(spec.heap.objects.get(item, {}).values())
    elif isinstance(item, Value):
        t = spec.types[item]
        if instances.is_real(spec, item):  # what is stored in it later, its other names see
            return any(map(may_carry_derivative, instances.names_of(spec, item).values()))
        return spec.depends(item) and may_carry_derivative(t)
    return any(_moves(spec, part, seen) for part in parts)


def store_item(spec: Specialiser, base: Item, index: Item, value: Item, *, span: Span | None) -> None:
    """``base[index] = value``"""
    if (variable := outside.named(base, index)) is not None:
        outside.store(spec, *variable, value)
        return
    index = as_place(spec, base, index, span)
    if isinstance(spec.type(base), Array) and objects.method(spec, value, "__float__") is not None:
        value = call_method(spec, value, "__float__", [], span)
    if objects.class_of(spec, base) is not None:
        call_method(spec, base, "__setitem__", [index, value], span)
        return
    t = spec.type(base)
    if isinstance(t, Lst) and is_slice(spec, index):
        from diffcompile.specialise.handlers import lists  # noqa: PLC0415 - its library stores items

        lists.store_slice(spec, base, index, value, span)
        return
    value = read_flat(spec, spec.data(value), span)
    if base in spec.flats:
        value = _repeated(spec, base, index, value, span)
    if isinstance(base, Const) and base.value is dynamic.LOST:
        raise spec.refuse(
            "an item is stored to a variable that a failed `try` block had assigned",
            span,
            "assign it after the block, or in each handler",
        )
    instances.need_list(spec, base)
    if isinstance(base, TupleItem | Const):
        raise spec.refuse(f"items of {t!r} cannot be assigned", span, "use a list")
    if isinstance(t, Lst):
        t.cell.add(plain(spec.type(value)))
    elif isinstance(t, Dct):
        t.cell.unfix()
        note_key(spec, t, index)
        key = index.value if isinstance(index, Const) else None
        spec.note_keys(base, (lambda keys: keys.append(key) if key not in keys else None) if key is not None else None)
        if isinstance(index, Const):
            t.cell.add_field(index.value, plain(spec.type(value)))
        else:
            t.cell.generalise()
            t.cell.add(plain(spec.type(value)))
    elif isinstance(t, Obj):
        raise spec.refuse(f"storing items of {t!r} objects is not supported yet", span)
    spec.effect(operator.setitem, [base, index, value], span)
    if isinstance(base, Value) and spec.operand(value) in spec.varied:
        spec.varied.add(base)


def call_method(spec: Specialiser, base: Item, name: str, args: list[Item], span: Span | None) -> Item:
    """Call the method of an instance that implements an operation on containers."""
    from diffcompile.specialise import calls  # noqa: PLC0415

    if isinstance(base, ObjectItem) and is_attribute_dict(base.cls) and args and isinstance(args[0], Const):
        if name == "__getitem__":
            return objects.load(spec, base, args[0].value, span)
        if name == "__setitem__":
            objects.store(spec, base, args[0].value, args[1], span)
            return Const(None)
        if name == "__contains__":
            return objects.presence(spec, base, args[0].value)
    fun = objects.method(spec, base, name)
    if fun is None:
        raise spec.refuse(f"{objects.class_of(spec, base).__name__} has no {name}", span)
    if (found := extended.called(spec, fun, [base, *args], {}, span)) is not None:
        return found
    if not isinstance(fun, pytypes.FunctionType) and getattr(fun, "__objclass__", None) in (dict, list, set, tuple):
        cls = objects.class_of(spec, base).__name__
        why = f"{cls} is a class of its own, derived from {fun.__objclass__.__name__}"
        raise spec.refuse(f"{name} of a {cls} is not supported", span, f"use a {fun.__objclass__.__name__}", why)
    if isinstance(fun, property):  # a method of another object, say
        return calls.dispatch(spec, calls.call_static(spec, fun.fget, [base], {}, span), args, {}, span)
    return calls.call_static(spec, fun, [base, *args], {}, span)


def contains(spec: Specialiser, base: Item, value: Item, span: Span | None) -> Item:
    """``value in base`` of an instance."""
    member = objects.method(spec, base, "__contains__")
    c_code = isinstance(member, pytypes.WrapperDescriptorType | pytypes.MethodDescriptorType)
    given = isinstance(base, ObjectItem) and base.root is not None and not is_attribute_dict(base.cls)
    if c_code and given:  # a set of the surroundings, say
        return spec.emit(operator.contains, [base, value], span)
    if objects.method(spec, base, "__contains__") is None and objects.method(spec, base, "__iter__") is not None:
        from diffcompile.specialise import inlining, library  # noqa: PLC0415 - they are built on this module

        return inlining.call_python(spec, library.held, [base, value], {}, span)
    return call_method(spec, base, "__contains__", [value], span)


def update_item(spec: Specialiser, op: Op, args: list[Item]) -> None:
    """``base[index] op= value``; a fourth operand is the item from before the value was computed."""
    base, index, value, *before = args
    index = as_place(spec, base, index, op.span)
    pure = op.attrs["op"]
    t = spec.type(base)
    old = _read_before(spec, base, index, before[0], op.span) if before else None
    if isinstance(t, Array) and old is None:
        spec.effect(Prim.UPDATE_ITEM, args[:3], op.span, op=pure)
        if isinstance(base, Value) and spec.operand(value) in spec.varied:
            spec.varied.add(base)
        return
    if old is None:
        old = load_item(spec, base, index, op.span)
    new = spec.augmented(INPLACE[pure], [old, value], op.span, "")
    store_item(spec, base, index, new, span=op.span)


@dataclass(frozen=True, slots=True)
class _Unread:
    """Stands for an item of an array that is to be updated, read only if the value's code may write to the array."""

    ops: list[Op]
    place: int


def loader(op: Op) -> Callable[[Specialiser, Item, Item, Span | None, str], Item]:
    """Return what loads the item that ``op`` asks for."""
    return load_for_update if op.attrs.get("for_update") else load_item


def load_for_update(spec: Specialiser, base: Item, index: Item, span: Span | None, name: str = "") -> Item:
    """``base[index]`` in ``base[index] op= value``, before the value is computed."""
    if isinstance(spec.type(base), Array):
        return Const(_Unread(spec.ops, len(spec.ops)))
    return load_item(spec, base, index, span, name)


def _read_before(spec: Specialiser, base: Item, index: Item, old: Item, span: Span | None) -> Item | None:
    """Return the item from before the value was computed, or None if it is the same now."""
    if not (isinstance(old, Const) and isinstance(old.value, _Unread)):
        return old
    assert old.value.ops is spec.ops
    late = spec.ops[old.value.place :]
    if not any(map(_may_write, walk(Block((), tuple(late), ())))):
        return None
    del spec.ops[old.value.place :]
    item = load_item(spec, base, index, span)
    spec.ops += late
    return item


def _may_write(op: Op) -> bool:
    return writes(op) or isinstance(op.callee, calling.Callee) or op.callee is calling.call_dynamic


def append(spec: Specialiser, base: Item, value: Item, span: Span | None) -> None:
    """``base.append(value)``"""
    value = spec.data(value)
    t = spec.type(base)
    if isinstance(t, Lst):
        t.cell.add(plain(spec.type(value)))
        spec.effect(list.append, [base, value], span)
    else:
        spec.effect(set.add, [base, value], span)
    if isinstance(base, Value) and spec.operand(value) in spec.varied:
        spec.varied.add(base)


def insert(spec: Specialiser, base: Item, place: Item, value: Item, span: Span | None) -> None:
    """``base.insert(place, value)`` for a ``place`` from 0 to ``len(base)``"""
    value = spec.data(value)
    t = spec.type(base)
    if isinstance(t, Lst):
        t.cell.add(plain(spec.type(value)))
    spec.effect(list.insert, [base, place, value], span)
    if isinstance(base, Value) and spec.operand(value) in spec.varied:
        spec.varied.add(base)


def delete_item(spec: Specialiser, base: Item, index: Item, span: Span | None) -> None:
    """``del base[index]``"""
    from diffcompile.specialise.handlers import lists  # noqa: PLC0415

    if objects.class_of(spec, base) is not None:
        call_method(spec, base, "__delitem__", [index], span)
        return
    instances.need_list(spec, base)
    t = spec.type(base)
    index = as_place(spec, base, index, span)
    if isinstance(t, Lst):
        lists.delete_item(spec, base, index, span)
    elif isinstance(t, Dct):
        t.cell.unfix()
        key = index.value if isinstance(index, Const) else None
        spec.note_keys(base, (lambda keys: keys.remove(key) if key in keys else None) if key is not None else None)
        spec.effect(operator.delitem, [base, index], span)
    else:
        raise spec.refuse(f"deleting an item of {t!r} is not supported", span, "build a new container")


def surely_held(spec: Specialiser, base: Item, item: Item) -> bool | None:
    """Tell whether a dict has a key, or a tuple an item, if that is known."""
    t = spec.type(base)
    if isinstance(t, Dct) and isinstance(item, Const):
        cell = t.cell.root()
        keys = tuple(cell.fields) if cell.fixed and cell.fields is not None else spec.keys_of(base)
        if keys is not None:
            return item.value in keys
        fields = cell.fields
        given = [read() for param, _, read in spec.live.values() if base is param]
        settled = bool(given) and fields is not None and fields.keys() == given[0].keys()  # else the program stores
        if settled and isinstance(item.value, str | int):
            return item.value in given[0]
    if isinstance(base, TupleItem) and isinstance(item, Const):
        values = [part.value for part in base.items if isinstance(part, Const)]
        return item.value in values if len(values) == len(base.items) else None
    return None
