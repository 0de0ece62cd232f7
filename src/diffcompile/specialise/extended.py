"""Instances of classes that the program derives from ``dict`` or ``list``.

Such an instance is an object like others, with the dict or list in an attribute that the program cannot name. What the
class inherits from ``dict`` or ``list`` works on that; what it defines itself is followed. Where the instance would be
data, it is refused: nothing else would see its items.
"""

from __future__ import annotations

import builtins
import math
import types as pytypes
from typing import TYPE_CHECKING, Any

from diffcompile.errors import Span
from diffcompile.specialise import heap
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.classes import base_of, class_member, is_attribute_dict
from diffcompile.specialise.items import NONE, Item, ObjectItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

ITEMS = "$items"
"""The attribute that holds the dict or the list."""
_TAKING_ITEMS = {
    dict, list, tuple, set, frozenset, builtins.sum, sorted, min, max, any, all, enumerate, zip, reversed, map, filter,
    math.fsum, math.prod,
}  # fmt: skip
"""Functions that do with an instance what they do with its items, if it goes over them as the base does."""
_OWN_WAYS = ("__iter__", "__getitem__", "__len__", "keys", "items")
_PLAIN_METHODS = {
    "append", "clear", "copy", "count", "extend", "get", "index", "insert", "items", "keys", "pop", "popitem", "remove",
    "reverse", "setdefault", "sort", "update", "values",
    "__add__", "__contains__", "__delitem__", "__eq__", "__ge__", "__getitem__", "__gt__", "__iter__", "__le__",
    "__len__", "__lt__", "__mul__", "__ne__", "__or__", "__reversed__", "__rmul__", "__setitem__",
}  # fmt: skip


_READING = {"copy", "get", "items", "keys", "values", "__getitem__", "__iter__", "__len__"}
"""What does not change a dict."""


def start(spec: Specialiser, item: Item, cls: type, span: Span | None) -> None:
    """Give a new instance its dict or list, which is empty."""
    base = base_of(cls)
    if base is not None and isinstance(item, ObjectItem):
        empty = _call(spec, base, [], {}, span)
        spec.heap.set(item, ITEMS, empty)


def items_of(spec: Specialiser, item: Item) -> Item | None:
    """Return the dict or list of an instance; None of anything else, and of instances that come from elsewhere."""
    return spec.heap.get(item, ITEMS) if isinstance(item, ObjectItem) else None


def entry(spec: Specialiser, item: Item, name: str, span: Span | None) -> Item | None:
    """Return what an attribute is that a dict, whose items are its attributes, has not; None if that is an error.

    Raises:
        UnsupportedError: the dict comes from elsewhere.
    """
    fallback = class_member(item.cls, "__getattr__") if isinstance(item, ObjectItem) else None
    if not isinstance(item, ObjectItem) or fallback not in (dict.get, dict.__getitem__):
        return None
    if item.root is not None:
        what = f"an item of a {item.cls.__name__} that was made elsewhere is read as an attribute"
        raise spec.refuse(what, span, f"read it as an item of a dict: `dict(...)[{name!r}]`")
    return NONE if fallback is dict.get else None


def unwrapped(spec: Specialiser, fun: Any, args: list[Item]) -> list[Item]:
    """Return the arguments of a builtin function with dicts and lists in the place of instances."""
    if fun not in _TAKING_ITEMS:
        return args
    return [opened(spec, arg) for arg in args]


def opened(spec: Specialiser, item: Item) -> Item:
    """Return the dict or list in the place of an instance, if that is what going over it would find."""
    found = items_of(spec, item)
    if found is None:
        return item
    assert isinstance(item, ObjectItem)
    base = base_of(item.cls) or object
    own = any(class_member(item.cls, name) is not class_member(base, name) for name in _OWN_WAYS)
    return item if own else found


def is_inherited(spec: Specialiser, fun: Any, args: list[Item]) -> bool:
    """Tell whether a method of ``dict`` or ``list`` is called for an instance."""
    kinds = pytypes.WrapperDescriptorType | pytypes.MethodDescriptorType
    return isinstance(fun, kinds) and fun.__objclass__ in (dict, list) and items_of(spec, args[0]) is not None


def called(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item | None:
    """Call a method of ``dict`` or ``list`` for an instance; None where it is something else."""
    if is_inherited(spec, fun, args):
        return _called(spec, fun, args, keywords, span)
    record = args[0]
    if not isinstance(record, ObjectItem) or not is_attribute_dict(record.cls) or record.root is not None:
        return None
    if getattr(fun, "__objclass__", None) is not dict or fun.__name__ not in _READING:
        return None
    fields = heap.fields_of(spec, record)
    if any(map(heap.is_flag, fields)):
        return None
    return _call(spec, fun, [keyword_dict(spec, fields, span), *args[1:]], keywords, span)


def _called(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    from diffcompile.specialise import library_iterators  # noqa: PLC0415 - it is built on this module

    item, *rest = args
    assert isinstance(item, ObjectItem)
    data = items_of(spec, item)
    assert data is not None
    name, base = fun.__name__, fun.__objclass__
    if name == "__init__":
        if base is list:
            filled = _call(spec, list, [opened(spec, arg) for arg in rest], keywords, span)
            spec.heap.set(item, ITEMS, filled)
        elif rest or keywords:
            _call(spec, dict.update, [data, *(opened(spec, arg) for arg in rest)], keywords, span)
        return NONE
    missing = class_member(item.cls, "__missing__")
    if name == "__getitem__" and base is dict and missing is not None:
        return _call(spec, library_iterators.item_or_missing, [item, data, *rest], {}, span)
    if name in ("__iadd__", "__ior__") and len(rest) == 1:
        _call(spec, list.extend if base is list else dict.update, [data, opened(spec, rest[0])], {}, span)
        return item
    if name not in _PLAIN_METHODS:
        raise spec.refuse(
            f"{name} of a {item.cls.__name__} is not supported",
            span,
            f"use a {base.__name__}",
            f"{item.cls.__name__} is a class of its own, derived from {base.__name__}",
        )
    return _call(spec, getattr(base, name), [data, *(opened(spec, arg) for arg in rest)], keywords, span)


def _call(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    from diffcompile.specialise import calls, containers  # noqa: PLC0415 - calls of all kinds

    match getattr(fun, "__name__", ""), args:
        case "__getitem__", [data, index]:
            return containers.load_item(spec, data, index, span)
        case "__setitem__", [data, index, value]:
            containers.store_item(spec, data, index, value, span=span)
            return NONE
        case "__delitem__", [data, index]:
            containers.delete_item(spec, data, index, span)
            return NONE
    return calls.call_static(spec, fun, args, keywords, span)


def with_own_items(spec: Specialiser, item: ObjectItem, fields: heap.Fields, span: Span | None) -> heap.Fields:
    """Return the attributes of an instance for a copy of it, which has a dict or a list of its own."""
    data, base = items_of(spec, item), base_of(item.cls)
    if data is None or base is None:
        return fields
    return {**fields, ITEMS: _call(spec, base.copy, [data], {}, span)}  # type: ignore[attr-defined]


def check_not_data(spec: Specialiser, item: ObjectItem) -> None:
    """Refuse to use an instance as data, where its items would be lost."""
    if items_of(spec, item) is not None:
        base = base_of(item.cls)
        assert base is not None
        raise spec.refuse(
            f"a {item.cls.__name__}, which is derived from {base.__name__}, is used as data",
            spec.span,
            f"hand over its parts, or `{base.__name__}(...)` of it",
            "it is followed only where the program calls its methods and reads its items",
        )

