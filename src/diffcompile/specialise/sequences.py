"""What can be looped over: its length, its items by number, and loops that copy it."""

from __future__ import annotations

import enum
import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.effects import writes
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
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
    anchor,
    plain,
)
from diffcompile.errors import Span
from diffcompile.ir.core import Block, Const, Op, Prim, Value, walk
from diffcompile.specialise import generators, hidden, library, objects
from diffcompile.specialise.containers import append, call_method, load_item
from diffcompile.specialise.items import (
    BoundItem,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    ObjectItem,
    TupleItem,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def sequence(spec: Specialiser, source: Item) -> Item:
    """Return something with a length and items: unordered and one-shot iterables become lists."""
    if isinstance(source, Const) and isinstance(source.value, enum.EnumMeta):
        name = source.value.__name__
        members: list[enum.Enum] = list(source.value)
        return TupleItem(tuple(Const(member, f"{name}.{member.name}") for member in members))
    if (cls := objects.class_of(spec, source)) is not None:
        return _iterated(spec, source, cls)
    if isinstance(source, GeneratorItem):
        from diffcompile.specialise import inlining  # noqa: PLC0415 - calls go over sequences too

        return inlining.listed(spec, source, spec.span)
    if isinstance(source, IteratorItem) and source.kind == "iter":
        generators.mark_consumed(spec, source, spec.span)
        return sequence(spec, source.sources[0])
    if isinstance(source, IteratorItem):
        if source.kind in ("items", "values", "keys"):
            if source.kind != "values":
                check_keys(spec, spec.type(source.sources[0]))
            return IteratorItem(source.kind, (*source.sources, spec.emit(dynamic.keys, [source.sources[0]], spec.span)))
        if source.ready:
            return source
        generators.go_over(spec, source, spec.span)
        if source.kind == "longest":  # its first part fills the gaps
            parts = tuple(sequence(spec, part) for part in source.sources[1:])
            return IteratorItem(source.kind, (source.sources[0], *parts), ready=True)
        walked = 1 if source.kind == "enumerate" else len(source.sources)  # its second argument is a number
        parts = tuple(sequence(spec, part) for part in source.sources[:walked])
        return IteratorItem(source.kind, (*parts, *source.sources[walked:]), ready=True)
    if source in spec.flats:
        return generators.go_over_flat(spec, source, spec.span)
    t = spec.type(source)
    if isinstance(t, Array | Lst | Tup) or t in (RANGE, STRING, NUMBER) or isinstance(source, TupleItem | Const):
        return source
    if isinstance(t, Dct):
        check_keys(spec, t)
        return spec.emit(dynamic.keys, [source], spec.span)
    if t is ANY or (t is BOTTOM and spec.probing) or (isinstance(t, Obj) and t.cls in (set, frozenset)):
        return spec.emit(dynamic.as_sequence, [source], spec.span)
    if isinstance(plain(t), Scalar) or (isinstance(t, Static) and not hasattr(t.value, "__iter__")):
        name = type(t.value).__name__ if isinstance(t, Static) else repr(plain(t))
        return spec.failure(TypeError, f"{name!r} object is not iterable", spec.span)
    raise spec.refuse(f"a loop over {t!r} is not supported", spec.span, "loop over an array, a list or a range")


def check_keys(spec: Specialiser, t: Type) -> None:
    """Refuse to read the keys of a dict where they depend on what is differentiated."""
    if isinstance(t, Dct) and t.cell.root().keyed:
        raise spec.refuse(
            "the keys of a dict are read that depend on what is differentiated",
            spec.span,
            "keep the numbers in the values as well",
            "keys are compared, and carry no derivative",
        )


def _iterated(spec: Specialiser, source: Item, cls: type) -> Item:
    """Return the items of an instance: what its ``__iter__`` goes over, or what ``__getitem__`` gives for 0, 1, ..."""
    if objects.method(spec, source, "__iter__") is not None:
        return sequence(spec, iterator(spec, source, spec.span))
    if objects.method(spec, source, "__getitem__") is not None and objects.method(spec, source, "__len__") is not None:
        return source
    raise spec.refuse(f"a loop over a {cls.__name__} is not supported", spec.span, "loop over a list")


def iterated(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return ``source``, or what the ``__iter__`` of an instance returns: builtins ask for it when they are called."""
    if objects.class_of(spec, source) is not None and objects.method(spec, source, "__iter__") is not None:
        return iterator(spec, source, span)
    return source


def iterator(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return what the ``__iter__`` of an instance goes over; something with a ``__next__`` is asked by a generator."""
    from diffcompile.specialise import cursors  # noqa: PLC0415 - they are made of sequences

    if isinstance(source, ObjectItem) and source.root is not None and source.cls in (set, frozenset):
        return spec.emit(dynamic.as_sequence, [source], span)  # one of the surroundings
    if hidden.storing(spec, objects.class_of(spec, source), source, "__len__", span):
        raise spec.refuse(
            "a loop over an object whose `__len__` stores something is not supported",
            span,
            "let `__len__` leave everything as it is",
            "what makes a list of its items asks how many there may be",
        )
    found = call_method(spec, source, "__iter__", [], span)
    if objects.class_of(spec, found) is None or objects.method(spec, found, "__next__") is None:
        return found
    return cursors.asked(spec, found, span)


def by_number(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return what is gone over beside others as something whose items have numbers.

    A generator runs before the others, if that makes no difference.

    Raises:
        UnsupportedError: it may.
    """
    from diffcompile.specialise import inlining  # noqa: PLC0415 - calls go over sequences too

    source = iterated(spec, source, span)
    if not isinstance(source, GeneratorItem):
        return sequence(spec, source)
    found = generators.by_item(spec, source, span)
    if found is not None:
        return found
    generators.check_ends(spec, source, span)
    start, heap = len(spec.ops), spec.heap.copy()
    items = inlining.listed(spec, source, span)
    made = list(walk(Block((), tuple(spec.ops[start:]), ())))
    inside = {value for op in made for value in (*op.results, *(p for region in op.regions for p in region.params))}
    reads = any(
        not isinstance(plain(spec.type(operand)), Scalar) and spec.type(operand) is not RANGE
        for op in made
        for operand in op.operands
        if isinstance(operand, Value) and operand not in inside
    )
    stores = any(writes(op) and op.callee is not list.append for op in made)
    if reads or stores or _sees_object(source) or spec.heap.changes(heap):
        raise spec.refuse(
            "several generators that run side by side and read what may change are not supported",
            span,
            "make lists of their items first",
            "all but one would run before the others",
        )
    return items


def _sees_object(item: Item) -> bool:
    """Tell whether an instance can be reached through what an iterator or a function was given."""
    match item:
        case ObjectItem():
            return True
        case TupleItem(items=parts) | GeneratorItem(args=parts) | IteratorItem(sources=parts):
            return any(map(_sees_object, parts))
        case ClosureItem():
            return any(map(_sees_object, (*item.captured, *item.defaults)))
        case BoundItem():
            return any(map(_sees_object, (*item.args, *(part for _, part in item.keywords))))
    return False


def length(spec: Specialiser, source: Item) -> Item:
    """Return ``len(source)``."""
    match source:
        case TupleItem():
            return Const(len(source.items))
        case ObjectItem() | Value() if objects.class_of(spec, source) is not None:
            return call_method(spec, source, "__len__", [], spec.span)
        case IteratorItem(kind="zip"):
            return _shortest(spec, [length(spec, part) for part in source.sources])
        case IteratorItem(kind="items" | "values" | "keys"):
            return length(spec, source.sources[1])
        case IteratorItem(kind="longest"):
            return spec.emit(max, [length(spec, part) for part in source.sources[1:]], spec.span, t=Scalar("i"))
        case IteratorItem(kind="transposed"):
            return spec.emit(dynamic.shortest, source.sources, spec.span, t=Scalar("i"))
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
    from diffcompile.specialise import inlining  # noqa: PLC0415 - it is built on this module

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
        case IteratorItem(kind="each"):
            assert isinstance(source.sources[1], GeneratorItem)
            item = element(spec, source.sources[0], index, count, "")
            return generators.computed(spec, source.sources[1], item, spec.span)
        case IteratorItem(kind="longest"):
            filler, *parts = source.sources
            items = [
                inlining.call_python(spec, library.item_or, [part, index, length(spec, part), filler], {}, spec.span)
                for part in parts
            ]
            return TupleItem(tuple(items))
        case IteratorItem(kind="transposed"):
            return inlining.call_python(spec, library.column, [source.sources[0], index], {}, spec.span)
        case IteratorItem(kind="picked"):
            places = load_item(spec, source.sources[0], index, spec.span)
            return TupleItem(
                tuple(
                    load_item(spec, part, load_item(spec, places, Const(number), spec.span), spec.span)
                    for number, part in enumerate(source.sources[1:])
                )
            )
        case IteratorItem(kind="items" | "values" | "keys"):
            key = spec.emit(operator.getitem, [source.sources[1], index], spec.span)
            if source.kind == "keys":
                return key
            value = load_item(spec, source.sources[0], key, spec.span)
            return TupleItem((key, value)) if source.kind == "items" else value
    return load_item(spec, source, index, spec.span, name)


def loop_over(spec: Specialiser, source: Item, body: Any, span: Span | None) -> None:
    """Emit a loop over a sequence without carried values."""
    count = length(spec, source)
    iterable = spec.emit(range, [count], span, t=RANGE)
    index = Value("i")
    spec.types[index] = anchor(Scalar("i"), index)
    ops, _ = spec.scoped(lambda: [body(element(spec, source, index, count, "")) or Const(None)])
    spec.ops.append(Op(Prim.FOR, (iterable,), (), {}, (Block((index,), tuple(ops), ()),), span))


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
