"""Calls that are made as they stand: no rule, and nothing active goes in."""

from __future__ import annotations

import collections
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import ANY, Array, Dct, Lst, Obj, Type
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.specialise import containers, local_classes, sequences
from diffcompile.specialise.items import (
    BoundItem,
    ChoiceItem,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    ObjectItem,
    StarItem,
    SuperItem,
    TupleItem,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def opaque(
    spec: Specialiser,
    fun: Any,
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
    hint: str,
    t: Type | None = ANY,
    *,
    followed: bool = False,
    fresh: bool = False,
) -> Item:
    """Make a call as it stands; it is an error later if an active value turns out to reach it.

    ``followed`` says that all that the function does with its arguments was seen before, ``fresh`` that it returns
    memory of its own.
    """
    local_classes.check_closed(spec, fun, [*args, *keywords.values()], span)
    args = [sequences.sequence(spec, arg) if isinstance(arg, IteratorItem | GeneratorItem) else arg for arg in args]
    arrays = [arg for arg in (*args, *keywords.values()) if isinstance(spec.type(arg), Array)]
    containers_ = [arg for arg in (*args, *keywords.values()) if isinstance(spec.type(arg), Lst | Dct)]
    if not (arrays or containers_) or not _may_write(fun):
        attrs = {"fresh": True} if fresh else {}
        return spec.emit(fun, args, span, keywords=keywords, name=hint, t=t, attrs=attrs, followed=followed)
    for arg in containers_:
        _forget(spec, arg, any(may_vary(spec, one) for one in (*args, *keywords.values())))
    copies = {id(arg): spec.emit(np.ndarray.copy, [arg], span) for arg in arrays}
    args = [copies.get(id(arg), arg) for arg in args]
    keywords = {name: copies.get(id(arg), arg) for name, arg in keywords.items()}
    attrs = {"may_write": True}
    result = spec.emit(fun, args, span, keywords=keywords, name=hint, t=t, attrs=attrs, followed=followed)
    for arg in arrays:
        containers.store_item(spec, arg, Const(Ellipsis, "..."), copies[id(arg)], span=span)
    return result


def _forget(spec: Specialiser, container: Item, varies: bool) -> None:
    """Forget what a list or a dict holds: a function that is not known may store anything there."""
    cell = spec.type(container).cell  # type: ignore[attr-defined]
    cell.generalise()
    cell.unfix()
    cell.add(ANY)
    root = cell.root()
    root.changed, root.filled = root.changed or root.filled, False
    if varies:
        cell.vary()
    spec.note_keys(container, None)


_PURE_PACKAGES = ("builtins", "math", "cmath", "operator", "_operator", "numpy", "scipy", "diffcompile")
_MUTABLE = (list, dict, set, bytearray, collections.deque)
_READING = {"copy", "count", "index", "get", "items", "keys", "values", "isdisjoint", "issubset", "issuperset"} | {
    f"__{name}__" for name in ("contains", "eq", "ge", "getitem", "gt", "iter", "le", "len", "lt", "ne", "reversed")
}
_WRITERS = {"place", "_place", "putmask", "put", "put_along_axis", "fill_diagonal", "copyto", "shuffle", "readinto"}
"""Names of functions of NumPy and of random generators that write to an argument."""


def _may_write(fun: Any) -> bool:
    """Tell whether a function without rule and without source may write to its arguments."""
    if getattr(fun, "__name__", "") in _WRITERS:
        return True
    if getattr(fun, "__objclass__", None) in _MUTABLE:
        return fun.__name__ not in _READING
    if isinstance(getattr(fun, "__self__", None), np.ufunc):
        return getattr(fun, "__name__", "") == "at"
    if isinstance(fun, pytypes.FunctionType | type):
        return False  # functions with source were looked at; classes are constructors
    module = str(getattr(fun, "__module__", None) or type(getattr(fun, "__self__", fun)).__module__)
    return module.split(".", maxsplit=1)[0] not in _PURE_PACKAGES


def may_vary(spec: Specialiser, item: Item, seen: frozenset[Item] = frozenset()) -> bool:
    """Tell whether ``item`` may depend on what is differentiated, now or after later writes."""
    if spec.slots and local_classes.sees_slots(spec, item):
        return True
    match item:
        case ObjectItem():
            if item in seen:
                return False
            fields = spec.heap.objects.get(item, {}).values()
            return item.root in spec.varied or any(may_vary(spec, part, seen | {item}) for part in fields)
        case ChoiceItem():
            return may_vary(spec, item.left, seen) or may_vary(spec, item.right, seen)
        case SuperItem():
            return may_vary(spec, item.instance, seen)
        case GeneratorItem():
            return any(may_vary(spec, part, seen) for part in item.args)
        case Value():
            t = spec.types[item]
            changing = isinstance(t, Lst | Dct) or (isinstance(t, Obj) and t.cls in spec.memory.real)
            return item in spec.varied or changing or item in spec.fresh
        case TupleItem():
            return any(may_vary(spec, part, seen) for part in item.items)
        case ClosureItem():
            return any(may_vary(spec, part, seen) for part in (*item.captured, *item.defaults) if part is not item)
        case BoundItem():
            return any(may_vary(spec, part, seen) for part in (*item.args, *(value for _, value in item.keywords)))
        case StarItem():
            return may_vary(spec, item.source, seen)
        case IteratorItem():
            return any(may_vary(spec, part, seen) for part in item.sources)
    return False
