"""Tuples, lists, dicts and sets that are written out, and what is unpacked."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import ANY, Array, Dct, Lst, Static, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.specialise import cursors, extended, inlining, library, objects
from diffcompile.specialise.containers import load_item, note_key, read_flat, store_item
from diffcompile.specialise.items import BoundItem, ClosureItem, GeneratorItem, Item, IteratorItem, TupleItem
from diffcompile.specialise.known_lists import known_items
from diffcompile.specialise.sequences import extend, sequence

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def tuple_display(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """``(a, *b, c)``"""
    starred = op.attrs.get("starred", ())
    if not all(_has_known_parts(spec, args[number]) for number in starred):
        from diffcompile.specialise.calls import call_static  # noqa: PLC0415 - calls are built on displays

        args = [arg if number in starred else spec.data(arg) for number, arg in enumerate(args)]
        return call_static(spec, tuple, [_list_display(spec, op, args)], {}, op.span, op.results[0].name)
    items: list[Item] = []
    for number, arg in enumerate(args):
        if number in starred:
            items += expand(spec, arg, op.span)
        else:
            items.append(arg)
    if items and all(isinstance(item, Const) for item in items):
        return Const(tuple(item.value for item in items))  # type: ignore[union-attr]
    return TupleItem(tuple(items))


def _has_known_parts(spec: Specialiser, item: Item) -> bool:
    return expandable(spec, item) or (isinstance(item, Const) and not hasattr(item.value, "__iter__"))


def expand(spec: Specialiser, item: Item, span: Span | None) -> list[Item]:
    """Return the parts of a tuple whose length is known."""
    if isinstance(item, TupleItem):
        return list(item.items)
    if isinstance(item, Const) and isinstance(item.value, tuple):
        return [Const(part) for part in item.value]
    t = spec.type(item)
    if isinstance(t, Tup):
        return [load_item(spec, item, Const(number), span) for number in range(len(t.items))]
    if isinstance(t, Array) and t.dims and isinstance(t.dims[0].key, int):
        return [load_item(spec, item, Const(number), span) for number in range(t.dims[0].key)]
    raise spec.refuse(
        "`*` needs a tuple whose length is known when the code is compiled", span, "pass the parts one by one"
    )


def display(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """``[a, b]``, ``{k: v}`` and ``{a, b}``"""
    name = op.results[0].name
    starred = op.attrs.get("starred", ())
    if op.callee is Prim.LIST and not starred and any(isinstance(arg, ClosureItem | BoundItem) for arg in args):
        site = cursors.site(spec, "list", op.span)
        if site not in spec.memory.shared:
            return TupleItem(tuple(args), sites=frozenset({site}))
    spread = [2 * number + 1 for number in op.attrs.get("spread", ())]
    args = [extended.opened(spec, arg) if number in spread else arg for number, arg in enumerate(args)]
    args = [arg if number in starred else spec.data(arg) for number, arg in enumerate(args)]
    if op.callee is Prim.LIST:
        return _list_display(spec, op, args)
    if op.attrs.get("spread"):
        return _spread_dict(spec, op, args)
    if op.callee is Prim.DICT:
        keys, values = _last_of_each(args[::2], args[1::2])
        if len(keys) > 1 and not all(isinstance(key, Const) for key in keys):  # some may be equal
            return _spread_dict(spec, op, args)
        fields = {
            key.value: plain(spec.type(value))
            for key, value in zip(keys, values, strict=True)
            if isinstance(key, Const)
        }
        cell = spec.cell(op, fields={})
        if len(fields) < len(keys):
            cell.generalise()
        for key, value in zip(keys, values, strict=True):
            if isinstance(key, Const):
                cell.add_field(key.value, plain(spec.type(value)))
            else:
                cell.add(plain(spec.type(value)))
        parts = [part for pair in zip(keys, values, strict=True) for part in pair]
        for key in keys:
            note_key(spec, Dct(cell), key)
        made = spec.emit(Prim.DICT, parts, op.span, name=name, t=Dct(cell))
        if isinstance(made, Value) and len(fields) == len(keys):
            spec.keys[made] = (spec.depth, tuple(fields))
        return made
    return spec.emit(Prim.SET, args, op.span, name=name, t=ANY)


def _list_display(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """``[a, *b, c]``: a list of what is known, extended by the rest."""
    starred = op.attrs.get("starred", ())
    items: list[Item] = []
    tail: list[Item] = []
    for number, arg in enumerate(args):
        if number in starred and (tail or isinstance(spec.type(arg), Lst) or not _expandable(spec, arg)):
            tail.append(arg)
        elif number in starred:
            items += expand(spec, arg, op.span)
        elif tail:
            tail.append(TupleItem((arg,)))
        else:
            items.append(arg)
    cell = spec.cell(op, filled=bool(items))
    for item in items:
        cell.add(plain(spec.type(item)))
    result = spec.emit(Prim.LIST, items, op.span, name=op.results[0].name, t=Lst(cell))
    for part in tail:
        extend(spec, result, part, op.span)
    return result


def _last_of_each(keys: list[Item], values: list[Item]) -> tuple[list[Item], list[Item]]:
    """Return the keys and values of a dict display without the values that later ones of the same key replace."""
    if not all(isinstance(key, Const) for key in keys):
        return keys, values
    places: dict[Any, int] = {}
    for number, key in enumerate(keys):
        places[key.value] = number  # type: ignore[union-attr]
    first = {key.value: key for key in reversed(keys)}  # type: ignore[union-attr]
    return [first[key] for key in places], [values[number] for number in places.values()]


def _spread_dict(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """``{**a, key: value}``: an empty dict, filled in order."""
    from diffcompile.specialise.handlers.dicts import fill  # noqa: PLC0415 - it is built on this module

    made = spec.emit(Prim.DICT, [], op.span, name=op.results[0].name, t=Dct(spec.cell(op, fields={})))
    assert isinstance(made, Value)
    spec.keys[made] = (spec.depth, ())
    for number, (key, value) in enumerate(zip(args[::2], args[1::2], strict=True)):
        if number in op.attrs.get("spread", ()):
            fill(spec, made, value, op.span)
        else:
            store_item(spec, made, key, value, span=op.span)
    return made


def expandable(spec: Specialiser, item: Item) -> bool:
    """Tell whether :func:`expand` knows the parts of ``item``."""
    t = spec.type(item)
    if isinstance(t, Array) and not isinstance(item, Const):
        return t.dims is not None and bool(t.dims) and isinstance(t.dims[0].key, int)
    return isinstance(item, TupleItem) or isinstance(t, Tup) or isinstance(getattr(item, "value", None), tuple)


def unpacked(spec: Specialiser, item: Item, count: int, span: Span | None) -> list[Item]:
    """Return the parts of a sequence that must have ``count`` items, as ``a, b = item`` does."""
    t = spec.type(item)
    if count < 2:  # noqa: PLR2004 - an assignment to one variable would take the whole sequence
        test = spec.emit(operator.eq, [spec.emit(len, [item], span), Const(count)], span)
        spec.effect(Prim.ASSERT, [test], span)
        return [load_item(spec, item, Const(number), span) for number in range(count)]
    operand = spec.operand(item)
    found = [infer(operator.getitem, [t, Static(number)], {}) for number in range(count)]
    results = tuple(spec.value("", part, [operand], operator.getitem) for part in found)
    spec.ops.append(Op(Prim.UNPACK, (operand,), results, {"before": count, "starred": False, "after": 0}, (), span))
    return list(results)


def _expandable(spec: Specialiser, item: Item) -> bool:
    return isinstance(item, TupleItem) or isinstance(spec.type(item), Tup) or isinstance(item, Const)


def unpack(spec: Specialiser, op: Op, item: Item, env: dict[Value, Item]) -> None:
    """``a, *b, c = item``"""
    before, starred, after = op.attrs["before"], op.attrs["starred"], op.attrs["after"]
    if isinstance(item, GeneratorItem) or objects.class_of(spec, item) is not None:
        item = inlining.listed(spec, item, op.span)
    if item in spec.flats:
        item = read_flat(spec, sequence(spec, item), op.span)
    t = spec.type(item)
    known = None
    if isinstance(item, TupleItem) or isinstance(t, Tup) or (isinstance(item, Const) and isinstance(item.value, tuple)):
        known = list(item.items) if isinstance(item, TupleItem) else None
        if known is None and (starred or isinstance(item, Const)):
            known = expand(spec, item, op.span)
    if isinstance(t, Lst):
        known = known_items(spec, item)
    if known is not None and (len(known) == before + after or (starred and len(known) >= before + after)):
        parts: list[Item] = known[:before]
        if starred:
            rest = known[before : len(known) - after]
            cell = spec.cell(op)
            for part in rest:
                cell.add(plain(spec.type(part)))
            parts.append(spec.emit(Prim.LIST, rest, op.span, name=op.results[before].name, t=Lst(cell)))
        parts += known[len(known) - after :] if after else []
        for result, part in zip(op.results, parts, strict=True):
            env[result] = part
        return
    if isinstance(item, IteratorItem):
        item = sequence(spec, item)
        if isinstance(item, IteratorItem):
            item = _taken(spec, item, op.span, before if not starred else None)
            taken = list(item.items) if isinstance(item, TupleItem) else known_items(spec, item)
            if taken is not None and len(taken) == before and not starred:
                env.update(zip(op.results, taken, strict=True))
                return
            t = spec.type(item)
    if starred:
        _unpack_starred(spec, op, item, env)
        return
    operand = spec.operand(item)
    results = []
    for number, result in enumerate(op.results):
        found = infer(operator.getitem, [t, Static(number)], {}) if not isinstance(t, Dct) else ANY
        value = spec.value(result.name, found, [operand], operator.getitem)
        results.append(value)
        env[result] = value
    attrs = {"before": before, "starred": False, "after": after}
    spec.ops.append(Op(Prim.UNPACK, (operand,), tuple(results), attrs, (), op.span))


def _taken(spec: Specialiser, source: IteratorItem, span: Span | None, count: int | None) -> Item:
    """Return the items of an iterator as a list; the columns of rows of ``count`` items one by one."""
    if source.kind == "transposed" and count is not None:
        row = getattr(spec.type(source.sources[0]), "item", None)
        if isinstance(row, Tup) and len(row.items) == count:
            spec.effect(Prim.ASSERT, [spec.emit(len, [source.sources[0]], span)], span)
            columns = [
                inlining.call_python(spec, library.column, [source.sources[0], Const(number)], {}, span)
                for number in range(count)
            ]
            return TupleItem(tuple(columns))
    return inlining.listed(spec, source, span)


def _unpack_starred(spec: Specialiser, op: Op, item: Item, env: dict[Value, Item]) -> None:
    """``a, *b, c = item`` for a sequence whose length is only known at run time."""
    before, after = op.attrs["before"], op.attrs["after"]
    stop = Const(-after) if after else Const(None)
    bounds = spec.emit(slice, [Const(before), stop, Const(None)], op.span)
    middle = load_item(spec, item, bounds, op.span)
    if not isinstance(spec.type(item), Lst):
        middle = inlining.call_python(spec, library.listed, [middle], {}, op.span)
    for number, result in enumerate(op.results):
        if number < before:
            env[result] = load_item(spec, item, Const(number), op.span, result.name)
        elif number == before:
            env[result] = middle
        else:
            env[result] = load_item(spec, item, Const(number - len(op.results)), op.span, result.name)
