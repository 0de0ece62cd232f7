"""Tuples, lists, dicts, items and attributes in the specialiser."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    RANGE,
    STRING,
    Array,
    Dct,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    is_scalar,
    plain,
)
from diffcompile.errors import Span
from diffcompile.frontend.lower import INPLACE
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise import objects
from diffcompile.specialise.items import (
    BoundItem,
    ClosureItem,
    Item,
    IteratorItem,
    ObjectItem,
    SuperItem,
    TupleItem,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def tuple_display(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """``(a, *b, c)``"""
    starred = op.attrs.get("starred", ())
    items: list[Item] = []
    for number, arg in enumerate(args):
        if number in starred:
            items += expand(spec, arg, op.span)
        else:
            items.append(arg)
    if items and all(isinstance(item, Const) for item in items):
        return Const(tuple(item.value for item in items))  # type: ignore[union-attr]
    return TupleItem(tuple(items))


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
    args = [arg if number in starred else spec.data(arg) for number, arg in enumerate(args)]
    if op.callee is Prim.LIST:
        items: list[Item] = []
        tail: list[Item] = []
        for number, arg in enumerate(args):
            if number in starred and (tail or isinstance(spec.type(arg), Lst) or not _expandable(spec, arg)):
                tail.append(arg)
            elif number in starred:
                items += expand(spec, arg, op.span)
            elif tail:
                raise spec.refuse("a list display with items after `*list` is not supported", op.span, "use `+`")
            else:
                items.append(arg)
        cell = spec.cell(op)
        for item in items:
            cell.add(plain(spec.type(item)))
        result = spec.emit(Prim.LIST, items, op.span, name=name, t=Lst(cell))
        for part in tail:
            extend(spec, result, part, op.span)
        return result
    if op.callee is Prim.DICT:
        keys, values = args[::2], args[1::2]
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
        return spec.emit(Prim.DICT, args, op.span, name=name, t=Dct(cell))
    return spec.emit(Prim.SET, args, op.span, name=name, t=ANY)


def _expandable(spec: Specialiser, item: Item) -> bool:
    return isinstance(item, TupleItem) or isinstance(spec.type(item), Tup) or isinstance(item, Const)


def unpack(spec: Specialiser, op: Op, item: Item, env: dict[Value, Item]) -> None:
    """``a, *b, c = item``"""
    before, starred, after = op.attrs["before"], op.attrs["starred"], op.attrs["after"]
    t = spec.type(item)
    known = None
    if isinstance(item, TupleItem) or isinstance(t, Tup) or (isinstance(item, Const) and isinstance(item.value, tuple)):
        known = list(item.items) if isinstance(item, TupleItem) else None
        if known is None and (starred or isinstance(item, Const)):
            known = expand(spec, item, op.span)
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


def _unpack_starred(spec: Specialiser, op: Op, item: Item, env: dict[Value, Item]) -> None:
    """``a, *b, c = item`` for a sequence whose length is only known at run time."""
    from diffcompile.specialise import inlining, library  # noqa: PLC0415

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


def load_item(spec: Specialiser, base: Item, index: Item, span: Span | None, name: str = "") -> Item:
    """``base[index]``"""
    number = index.value if isinstance(index, Const) else None
    if isinstance(base, TupleItem) and isinstance(number, int) and -len(base.items) <= number < len(base.items):
        return base.items[number]
    if isinstance(base, TupleItem) and isinstance(index, Value):
        bounds = _constant_slice(spec, index)
        if bounds is not None:
            return TupleItem(base.items[bounds])
    if isinstance(base, Const) and isinstance(base.value, tuple | str | dict) and isinstance(index, Const):
        try:
            return Const(base.value[index.value])
        except (IndexError, KeyError, TypeError):
            pass
    if objects.class_of(spec, base) is not None:
        return _item_method(spec, base, "__getitem__", [index], span)
    t = spec.type(base)
    if isinstance(t, Lst) and _constant_or_slice(spec, index):
        return spec.emit(operator.getitem, [base, index], span, name=name, t=Lst(spec.type(base).cell))  # type: ignore[attr-defined]
    if isinstance(t, Obj):
        raise spec.refuse(f"items of {t!r} objects are not supported yet", span, "read the value into an array first")
    return spec.emit(operator.getitem, [base, index], span, name=name)


def _constant_or_slice(spec: Specialiser, index: Item) -> bool:
    return spec.type(index).__class__.__name__ == "SliceOf"


def _constant_slice(spec: Specialiser, index: Value) -> slice | None:
    parts = getattr(spec.types[index], "parts", None)
    if parts is None or not all(isinstance(part, Static) for part in parts):
        return None
    return slice(*(part.value for part in parts))


def store_item(spec: Specialiser, base: Item, index: Item, value: Item, *, span: Span | None) -> None:
    """``base[index] = value``"""
    if objects.class_of(spec, base) is not None:
        _item_method(spec, base, "__setitem__", [index, value], span)
        return
    value = spec.data(value)
    t = spec.type(base)
    if isinstance(base, TupleItem | Const):
        raise spec.refuse(f"items of {t!r} cannot be assigned", span, "use a list")
    if isinstance(t, Lst):
        if _constant_or_slice(spec, index):
            raise spec.refuse("assigning a slice of a list is not supported", span, "use an array, or build a new list")
        t.cell.add(plain(spec.type(value)))
    elif isinstance(t, Dct):
        t.cell.root().fixed = False
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


def _item_method(spec: Specialiser, base: Item, name: str, args: list[Item], span: Span | None) -> Item:
    from diffcompile.specialise import calls  # noqa: PLC0415

    fun = objects.method(spec, base, name)
    if fun is None:
        raise spec.refuse(f"{objects.class_of(spec, base).__name__} has no {name}", span)
    return calls.call_static(spec, fun, [base, *args], {}, span)


def delete_item(spec: Specialiser, base: Item, index: Item, span: Span | None) -> None:
    """``del base[index]``"""
    if objects.class_of(spec, base) is not None:
        _item_method(spec, base, "__delitem__", [index], span)
        return
    raise spec.refuse("deleting an item is not supported", span, "keep the value in a local variable and return it")


def contains(spec: Specialiser, base: Item, value: Item, span: Span | None) -> Item:
    """``value in base`` of an instance."""
    return _item_method(spec, base, "__contains__", [value], span)


def update_item(spec: Specialiser, op: Op, args: list[Item]) -> None:
    """``base[index] op= value``"""
    base, index, value = args
    pure = op.attrs["op"]
    t = spec.type(base)
    if isinstance(t, Array):
        spec.effect(Prim.UPDATE_ITEM, args, op.span, op=pure)
        if isinstance(base, Value) and spec.operand(value) in spec.varied:
            spec.varied.add(base)
        return
    old = load_item(spec, base, index, op.span)
    new = spec.augmented(INPLACE[pure], [old, value], op.span, "")
    store_item(spec, base, index, new, span=op.span)


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


def extend(spec: Specialiser, base: Item, other: Item, span: Span | None) -> None:
    """``base.extend(other)``: item by item where the items are known, else a loop."""
    if isinstance(other, TupleItem):
        for item in other.items:
            append(spec, base, item, span)
        return
    t, u = spec.type(base), spec.type(other)
    if isinstance(t, Lst) and isinstance(u, Lst):
        t.cell.add(u.item)
    elif isinstance(t, Lst):
        t.cell.add(infer(operator.getitem, [u, Scalar("i")], {}))
    loop_over(spec, sequence(spec, other), lambda item: append(spec, base, item, span), span)


def loop_over(spec: Specialiser, source: Item, body: Any, span: Span | None) -> None:
    """Emit a loop over a sequence without carried values."""
    from diffcompile.analysis.types import anchor  # noqa: PLC0415
    from diffcompile.ir.core import Block  # noqa: PLC0415

    count = length(spec, source)
    iterable = spec.emit(range, [count], span, t=RANGE)
    index = Value("i")
    spec.types[index] = anchor(Scalar("i"), index)
    ops, _ = spec.scoped(lambda: [body(element(spec, source, index, count, "")) or Const(None)])
    spec.ops.append(Op(Prim.FOR, (iterable,), (), {}, (Block((index,), tuple(ops), ()),), span))


# -- attributes -----------------------------------------------------------------------------------------------------

ARRAY_DATA = {
    "shape", "ndim", "size", "T", "mT", "dtype", "real", "imag", "itemsize", "nbytes", "flat", "base", "flags",
    "strides",
}  # fmt: skip


def load_attribute(spec: Specialiser, base: Item, name: Item, span: Span | None, hint: str = "") -> Item:
    """``base.name``"""
    assert isinstance(name, Const)
    attribute = name.value
    if isinstance(base, Const):
        return _static_attribute(spec, base, attribute, span)
    if isinstance(base, TupleItem):
        if base.cls is not None and attribute in getattr(base.cls, "_fields", ()):
            return base.items[base.cls._fields.index(attribute)]  # type: ignore[attr-defined]
        return BoundItem(getattr(tuple, attribute), (base,))
    if isinstance(base, SuperItem):
        return objects.load_super(spec, base, attribute, span)
    if isinstance(base, ClosureItem | BoundItem | IteratorItem):
        raise spec.refuse(f"the attribute {attribute!r} of a function or iterator is not supported", span)
    t = spec.type(base)
    if isinstance(t, Tup) and t.cls is not None and attribute in getattr(t.cls, "_fields", ()):
        return load_item(spec, base, Const(t.cls._fields.index(attribute)), span, hint)  # type: ignore[attr-defined]
    if isinstance(base, ObjectItem):
        return objects.load(spec, base, attribute, span, hint)
    if isinstance(t, Obj) and isinstance(base, Value):
        return objects.load_from_value(spec, base, attribute, span, hint)
    if isinstance(t, Lst | Dct):
        method = getattr(list if isinstance(t, Lst) else dict, attribute, None)
        if method is None:
            raise spec.refuse(f"a {t!r} has no attribute {attribute!r}", span)
        return BoundItem(method, (base,))
    if t is STRING:
        return BoundItem(getattr(str, attribute), (base,))
    if isinstance(plain(t), Array | Scalar) or t in (NUMBER, ANY):
        if attribute in ARRAY_DATA or (
            t is ANY and attribute not in registry.METHODS and attribute not in ARRAY_METHODS
        ):
            if attribute == "shape" and isinstance(found := infer(getattr, [t, Static("shape")], {}), Tup):
                sizes = [item.value for item in found.items if isinstance(item, Static)]
                if len(sizes) == len(found.items):
                    return Const(tuple(sizes))
            return spec.emit(getattr, [base, name], span, name=hint)
        return BoundItem(ArrayMethod(attribute), (base,))
    if isinstance(t, Tup) and t.cls is not None:
        return spec.emit(getattr, [base, name], span, name=hint)
    return (
        BoundItem(getattr(tuple, attribute, None), (base,))
        if isinstance(t, Tup)
        else spec.emit(getattr, [base, name], span)
    )


class ArrayMethod:
    """``x.name`` of an array, waiting for its arguments."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


ARRAY_METHODS = {
    "fill", "sort", "put", "partition", "resize", "setflags", "view", "reshape", "transpose", "itemset", "tobytes",
}  # fmt: skip


def _static_attribute(spec: Specialiser, base: Const, attribute: str, span: Span | None) -> Item:
    from diffcompile.analysis.types import type_of  # noqa: PLC0415
    from diffcompile.specialise.driver import _is_builtin  # noqa: PLC0415

    holder = base.value
    try:
        value = getattr(holder, attribute)
    except AttributeError as error:
        raise spec.refuse(str(error), span) from None
    spelled = f"{base.name}.{attribute}" if base.name else attribute
    ufunc = getattr(value, "__self__", None)
    if isinstance(ufunc, registry.UFUNC):
        return Const(registry.ufunc_method(ufunc, attribute), spelled)
    if isinstance(holder, str | int | float):
        return BoundItem(getattr(type(holder), attribute), (base,))
    if isinstance(holder, type):
        member = objects.class_member(holder, attribute)
        if isinstance(member, classmethod):
            return BoundItem(member.__func__, (base,))
    if isinstance(type_of(value), Static):
        if not _is_builtin(holder):
            spec.surrounding((id(holder), attribute), spelled, value, lambda: getattr(holder, attribute))
        return Const(value, spelled)
    return spec.surrounding((id(holder), attribute), attribute, value, lambda: getattr(holder, attribute))


# -- sequences ------------------------------------------------------------------------------------------------------


def sequence(spec: Specialiser, source: Item) -> Item:
    """Return something with a length and items: unordered and one-shot iterables become lists."""
    if (cls := objects.class_of(spec, source)) is not None:
        return _iterated(spec, source, cls)
    if isinstance(source, IteratorItem):
        if source.kind in ("items", "values", "keys"):
            return IteratorItem(source.kind, (*source.sources, spec.emit(dynamic.keys, [source.sources[0]], spec.span)))
        return IteratorItem(source.kind, tuple(sequence(spec, part) for part in source.sources))
    t = spec.type(source)
    if isinstance(t, Array | Lst | Tup) or t in (RANGE, STRING, NUMBER) or isinstance(source, TupleItem | Const):
        return source
    if isinstance(t, Dct):
        return spec.emit(dynamic.keys, [source], spec.span)
    if t is ANY:
        return spec.emit(dynamic.as_sequence, [source], spec.span)
    raise spec.refuse(f"a loop over {t!r} is not supported", spec.span, "loop over an array, a list or a range")


def _iterated(spec: Specialiser, source: Item, cls: type) -> Item:
    """Return the items of an instance: what its ``__iter__`` goes over, or what ``__getitem__`` gives for 0, 1, ..."""
    if objects.method(spec, source, "__iter__") is not None:
        return sequence(spec, _item_method(spec, source, "__iter__", [], spec.span))
    if objects.method(spec, source, "__getitem__") is not None and objects.method(spec, source, "__len__") is not None:
        return source
    raise spec.refuse(f"a loop over a {cls.__name__} is not supported", spec.span, "loop over a list")


def length(spec: Specialiser, source: Item) -> Item:
    """Return ``len(source)``."""
    match source:
        case TupleItem():
            return Const(len(source.items))
        case ObjectItem() | Value() if objects.class_of(spec, source) is not None:
            return _item_method(spec, source, "__len__", [], spec.span)
        case IteratorItem(kind="zip"):
            return _shortest(spec, [length(spec, part) for part in source.sources])
        case IteratorItem(kind="items" | "values" | "keys"):
            return length(spec, source.sources[1])
        case IteratorItem():
            return length(spec, source.sources[0])
    return spec.emit(len, [source], spec.span)


def _shortest(spec: Specialiser, counts: list[Item]) -> Item:
    distinct: list[Item] = []
    for count in counts:
        symbol = getattr(spec.type(count), "symbol", None)
        if not any(
            count is other or (symbol and symbol == getattr(spec.type(other), "symbol", None))
            for other in distinct
        ):
            distinct.append(count)
    return distinct[0] if len(distinct) == 1 else spec.emit(min, distinct, spec.span, t=Scalar("i"))


def element(spec: Specialiser, source: Item, index: Item, count: Item, name: str) -> Item:
    """Return item number ``index`` of a sequence of ``count``."""
    match source:
        case IteratorItem(kind="zip"):
            return TupleItem(tuple(element(spec, part, index, count, "") for part in source.sources))
        case IteratorItem(kind="enumerate"):
            start = source.sources[1]
            number = index
            if not (isinstance(start, Const) and start.value == 0):
                number = spec.emit(operator.add, [index, start], spec.span)
            return TupleItem((number, element(spec, source.sources[0], index, count, name)))
        case IteratorItem(kind="reversed"):
            last = spec.emit(operator.sub, [length(spec, source.sources[0]), Const(1)], spec.span)
            return element(spec, source.sources[0], spec.emit(operator.sub, [last, index], spec.span), count, name)
        case IteratorItem(kind="items" | "values" | "keys"):
            key = spec.emit(operator.getitem, [source.sources[1], index], spec.span)
            if source.kind == "keys":
                return key
            value = load_item(spec, source.sources[0], key, spec.span)
            return TupleItem((key, value)) if source.kind == "items" else value
    return load_item(spec, source, index, spec.span, name)


def item_type(t: Type) -> Type:
    """Return the type of an item of ``t``."""
    return infer(operator.getitem, [t, Scalar("i")], {})


__all__ = ["is_scalar"]
