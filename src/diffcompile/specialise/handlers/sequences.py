"""Builtins that make or walk over sequences, and the methods of lists and dicts."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, RANGE, Array, Lst, Scalar, Tup, Type, join, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise import cursors, displays, generators, known_lists, library, objects, sequences
from diffcompile.specialise.containers import as_place, call_method
from diffcompile.specialise.handlers.functional import is_none
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.handlers.python import python_class
from diffcompile.specialise.inlining import call_python, listed
from diffcompile.specialise.items import NONE, GeneratorItem, Item, IteratorItem, TupleItem
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _len(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if isinstance(args[0], IteratorItem):
        raise spec.refuse("an iterator has no length", span)
    if isinstance(args[0], TupleItem):
        return Const(len(args[0].items))
    t = plain(spec.type(args[0]))
    if isinstance(t, Scalar):
        cls = python_class(t)
        return spec.failure(TypeError, f"object of type {cls.__name__ if cls else 'number'!r} has no len()", span)
    if isinstance(t, Array) and t.dims == ():
        return spec.failure(TypeError, "len() of unsized object", span)
    return spec.emit(len, args, span, name=hint)


def _iterator(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if kind == "reversed" and objects.class_of(spec, args[0]) is not None:
            if objects.method(spec, args[0], "__reversed__") is None:
                return IteratorItem(kind, tuple(args))
            return sequences.iterated(spec, call_method(spec, args[0], "__reversed__", [], span), span)
        if kind == "iter" and len(args) > 1:
            return call_python(spec, library.until, args, {}, span)
        if kind != "reversed":
            args = [cursors.begun(spec, args[0], span), *args[1:]]
        if kind == "enumerate":
            args = [args[0], args[1] if len(args) > 1 else keywords.get("start", Const(0))]
        site = cursors.site(spec, kind, span)
        if site in spec.memory.shared:
            return cursors.shared(spec, kind, args, span)
        lazy = isinstance(args[0], GeneratorItem) or cursors.is_stateful(spec, args[0])
        if kind == "iter" and lazy:
            return args[0]
        if kind == "enumerate" and lazy:
            return call_python(spec, library.numbered, args, {}, span)
        return IteratorItem(kind, tuple(args), site=site)

    return handle


def _zip(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    args = [cursors.begun(spec, arg, span) for arg in args]
    if len(args) > 1:
        args = [generators.numbers(spec, arg, span) for arg in args]
    site = cursors.site(spec, "zip", span)
    if "strict" not in keywords and not any(isinstance(arg, GeneratorItem) for arg in args):
        if site in spec.memory.shared:
            return cursors.shared(spec, "zip", args, span)
        if any(cursors.is_stateful(spec, arg) for arg in args):
            return cursors.together(spec, args, span)
    args = [sequences.iterated(spec, arg, span) for arg in args]
    if isinstance(strict := keywords.get("strict"), Const) and strict.value and len(args) > 1:
        args = [sequences.sequence(spec, arg) for arg in args]
        counts = [sequences.length(spec, arg) for arg in args]
        for count in counts[1:]:
            spec.effect(Prim.ASSERT, [spec.emit(operator.eq, [counts[0], count], span)], span)
    places = [number for number, arg in enumerate(args) if isinstance(arg, GeneratorItem)]
    if len(places) > 1:
        for number in places:
            args[number] = generators.by_item(spec, args[number], span) or args[number]
        places = [number for number in places if isinstance(args[number], GeneratorItem)]
        for number in places[1:]:
            args[number] = sequences.by_number(spec, args[number], span)
    if not places:
        return IteratorItem("zip", tuple(args), site=None if "strict" in keywords else site)
    return _zip_around(spec, args, places[0], span)


def _zip_around(spec: Specialiser, args: list[Item], place: int, span: Span | None) -> Item:
    """Go over a generator beside sequences: those before it are asked before it goes on, the others afterwards."""
    before, after = ([sequences.sequence(spec, arg) for arg in part] for part in (args[:place], args[place + 1 :]))
    left, right = IteratorItem("zip", tuple(before), ready=True), IteratorItem("zip", tuple(after), ready=True)
    counts = [sequences.length(spec, side) if side.sources else NONE for side in (left, right)]
    fixed = all(isinstance(part, TupleItem) or spec.type(part) is RANGE for part in before)
    function = library.zipped_around if fixed else library.zipped_after
    return call_python(spec, function, [left, args[place], right, *counts], {}, span)


def _gone_over(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """Return what ``*items`` gives at this point, whatever becomes of ``items`` afterwards."""
    source = sequences.iterated(spec, args[0], span)
    t = spec.type(source)
    if not isinstance(source, GeneratorItem | IteratorItem) and displays.expandable(spec, source):
        return TupleItem(tuple(displays.expand(spec, source, span)))
    if (known := known_lists.known_items(spec, source)) is not None:
        return TupleItem(tuple(known))
    if isinstance(source, Const) or t is RANGE:
        return source
    if isinstance(t, Array) and (t.owner is not None or (t.rank is not None and t.rank > 1)):
        return source  # its items are views, whenever they are taken
    if isinstance(t, Array) and t.rank == 1:
        return spec.emit(np.copy, [source], span)
    return listed(spec, source, span)


def _placed(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    source, place = args
    return sequences.element(spec, source, place, NONE, "")


def _range(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    args = [as_place(spec, TupleItem(()), arg, span) for arg in args]
    return spec.emit(range, args, span, t=RANGE, name=hint)


def _sum(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.sum_items, args, keywords, span)


def _extremum(pair: Any, many: Any, plain_builtin: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if not is_none(key := keywords.get("key", NONE)):
            source = args[0] if len(args) == 1 else TupleItem(tuple(args))
            if "default" in keywords:
                raise spec.refuse(f"`{plain_builtin.__name__}` with a key and a default is not supported", span,
                                  "test for the empty sequence")  # fmt: skip
            return call_python(spec, library.first_by, [source, key, Const(plain_builtin is max)], {}, span)
        if "default" in keywords:
            or_default = library.smallest_or if plain_builtin is min else library.largest_or
            return call_python(spec, or_default, [args[0], keywords["default"]], {}, span)
        items = args
        if len(args) == 1:
            if isinstance(args[0], TupleItem) or isinstance(spec.type(args[0]), Tup):
                items = displays.expand(spec, args[0], span)
            else:
                source = sequences.sequence(spec, args[0])
                if isinstance(source, IteratorItem):
                    source = listed(spec, source, span)
                return call_python(spec, many, [source], {}, span)
        if not any(may_vary(spec, item) for item in items):
            t: Type = spec.type(items[0])
            for item in items[1:]:
                t = join(plain(t), plain(spec.type(item)))
            return spec.emit(plain_builtin, items, span, name=hint, t=t)
        best = items[0]
        for item in items[1:]:
            best = call_python(spec, pair, [best, item], {}, span)
        return best

    return handle


def _list(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if args and spec.type(args[0]) is RANGE:
        return call_python(spec, library.listed, args, {}, span)
    constant = args and not may_vary(spec, args[0]) and not isinstance(args[0], IteratorItem | TupleItem)
    if constant and not isinstance(spec.type(args[0]), Array | Lst | Tup):
        return spec.emit(list, args, span, name=hint)
    return call_python(spec, library.listed, args or [TupleItem(())], {}, span)


def _tuple(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not args:
        return TupleItem(())
    if isinstance(args[0], TupleItem) or isinstance(spec.type(args[0]), Tup):
        return TupleItem(tuple(displays.expand(spec, args[0], span)))
    source = sequences.sequence(spec, args[0])
    t = plain(spec.type(source)) if isinstance(source, Value) else None
    if isinstance(source, IteratorItem):
        source = listed(spec, source, span)
    elif isinstance(t, Array) and t.rank != 1:  # of views
        source = call_python(spec, library.listed, [source], {}, span)
    known = known_lists.known_items(spec, source)
    if known is not None:
        return TupleItem(tuple(known))
    return spec.emit(tuple, [source], span, name=hint, t=ANY)


def _next(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``next(items)`` or ``next(items, default)``"""
    if cursors.is_stateful(spec, args[0]):
        return cursors.advanced(spec, args[0], args[1:], span)
    if not isinstance(args[0], IteratorItem | GeneratorItem):
        raise spec.refuse("`next` of this iterator is not supported", span, "loop over the sequence")
    if isinstance(args[0], IteratorItem) and args[0].kind not in ("iter", *generators.ONE_SHOT):
        generators.mark_consumed(spec, args[0], span)
    return call_python(spec, library.first_or if len(args) > 1 else library.first, args, {}, span)


HANDLERS: dict[Any, Handler] = {
    len: _len, zip: _zip, library.placed: _placed, dynamic.gone_over: _gone_over,
    enumerate: _iterator("enumerate"), reversed: _iterator("reversed"),
    range: _range, sum: _sum, list: _list, tuple: _tuple,
    min: _extremum(library.smaller, library.smallest, min), max: _extremum(library.larger, library.largest, max),
    iter: _iterator("iter"),
    next: _next,
}  # fmt: skip
