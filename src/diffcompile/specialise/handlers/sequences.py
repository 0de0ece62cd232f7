"""Builtins that make or walk over sequences, and the methods of lists and dicts."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY, RANGE, Array, Dct, Lst, Tup, Type, join, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim
from diffcompile.specialise import containers, displays, library, sequences
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.handlers.handler import Handler, refused
from diffcompile.specialise.inlining import call_python, listed
from diffcompile.specialise.items import NONE, Item, IteratorItem, TupleItem
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _len(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if isinstance(args[0], IteratorItem):
        raise spec.refuse("an iterator has no length", span)
    if isinstance(args[0], TupleItem):
        return Const(len(args[0].items))
    return spec.emit(len, args, span, name=hint)


def _iterator(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if kind == "enumerate":
            start = args[1] if len(args) > 1 else keywords.get("start", Const(0))
            return IteratorItem("enumerate", (args[0], start))
        if kind == "zip" and isinstance(strict := keywords.get("strict"), Const) and strict.value and len(args) > 1:
            args = [sequences.sequence(spec, arg) for arg in args]
            counts = [sequences.length(spec, arg) for arg in args]
            for count in counts[1:]:
                spec.effect(Prim.ASSERT, [spec.emit(operator.eq, [counts[0], count], span)], span)
        return IteratorItem(kind, tuple(args))

    return handle


def _range(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return spec.emit(range, args, span, t=RANGE, name=hint)


def _sum(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.sum_items, args, keywords, span)


def _extremum(pair: Any, many: Any, plain_builtin: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if keywords:
            raise spec.refuse(f"`{plain_builtin.__name__}` with keywords is not supported", span, "write the loop")
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
    constant = args and not may_vary(spec, args[0]) and not isinstance(args[0], IteratorItem | TupleItem)
    if constant and not isinstance(spec.type(args[0]), Array | Lst):
        return spec.emit(list, args, span, name=hint)
    return call_python(spec, library.listed, args or [TupleItem(())], {}, span)


def _tuple(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not args:
        return TupleItem(())
    if isinstance(args[0], TupleItem) or isinstance(spec.type(args[0]), Tup):
        return TupleItem(tuple(displays.expand(spec, args[0], span)))
    source = sequences.sequence(spec, args[0])
    if isinstance(source, IteratorItem):
        source = listed(spec, source, span)
    return spec.emit(tuple, [source], span, name=hint, t=ANY)


def _dict(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if args:
        raise spec.refuse("`dict(...)` of an iterable is not supported", span, "use a dict display")
    return keyword_dict(spec, keywords, span)


def _map(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if len(args) == 2:  # noqa: PLR2004
        return call_python(spec, library.mapped, args, {}, span)
    raise spec.refuse("`map` over several sequences is not supported", span, "use a comprehension with `zip`")


def _method(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        base, rest = args[0], args[1:]
        match kind:
            case "append":
                containers.append(spec, base, rest[0], span)
                return NONE
            case "extend":
                sequences.extend(spec, base, rest[0], span)
                return NONE
            case "pop":
                t = spec.type(base)
                assert isinstance(t, Lst)
                return spec.emit(list.pop, args, span, name=hint, t=t.item)
            case "copy":
                return call_python(spec, library.listed, [base], {}, span)
            case "get":
                t = spec.type(base)
                if isinstance(t, Dct) and t.cell.root().fixed and isinstance(rest[0], Const):
                    if rest[0].value in (t.cell.root().fields or ()):
                        return containers.load_item(spec, base, rest[0], span, hint)
                    return rest[1] if len(rest) > 1 else NONE
                return call_python(spec, library.dict_get, args, {}, span)
        return IteratorItem(kind, (base,))

    return handle


HANDLERS: dict[Any, Handler] = {
    len: _len, zip: _iterator("zip"), enumerate: _iterator("enumerate"), reversed: _iterator("reversed"),
    range: _range, map: _map, sum: _sum, list: _list, tuple: _tuple, dict: _dict,
    min: _extremum(library.smaller, library.smallest, min), max: _extremum(library.larger, library.largest, max),
    list.append: _method("append"), list.extend: _method("extend"), list.pop: _method("pop"),
    list.copy: _method("copy"),
    dict.items: _method("items"), dict.keys: _method("keys"), dict.values: _method("values"), dict.get: _method("get"),
    iter: refused("`iter` is not supported", "loop over the sequence"),
    next: refused("`next` is not supported", "loop over the sequence"),
    filter: refused("`filter` is not supported", "use a comprehension with `if`"),
    **{
        getattr(list, name): refused(f"`list.{name}` is not supported yet", "build a new list")
        for name in ("insert", "remove", "reverse", "sort", "clear", "__setitem__")
    },
    **{
        getattr(dict, name): refused(f"`dict.{name}` is not supported yet", "assign the items one by one")
        for name in ("pop", "update", "setdefault", "popitem", "clear", "copy")
    },
}  # fmt: skip
