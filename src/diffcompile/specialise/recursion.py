"""Calls of a function inside itself: which of them are loops, and which only another use of the same code.

A constructor that makes an object of its own class from other arguments, a function that takes a list apart and calls
itself for the items: such a call is told from the one around it by what kind of arguments it has, and is inlined like
that of any other function. What looks the same again may go on for ever, and is called as a pair.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from diffcompile.analysis.types import Array, Dct, Lst, Obj, OneOf, Scalar, Static, Tup, Type, plain
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Const
from diffcompile.specialise.items import BoundItem, ClosureItem, Item, ObjectItem, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_NESTED = 3
"""So many calls of one function are inlined in each other."""
_DEEP = 3


def is_loop(spec: Specialiser, code: Code, args: list[Item]) -> bool:
    """Tell whether a call of ``code``, which is being inlined, has arguments like one of the calls around it."""
    around = [given for other, given in spec.frames if other is code]
    if len(around) >= MOST_NESTED:
        return True
    looks = [_look(spec, item, _DEEP) for item in args]
    return any(looks == [_look(spec, item, _DEEP) for item in given] for given in around)


def _look(spec: Specialiser, item: Item, depth: int) -> Hashable:
    """Return of what kind an argument is; of numbers nothing is said but that they are numbers."""
    if depth == 0:
        return None
    match item:
        case Const():
            return _look_of_type(Static(item.value), depth)
        case TupleItem():
            return ("tuple", item.cls, *(_look(spec, part, depth - 1) for part in item.items))
        case ObjectItem():
            return ("object", item.cls)
        case ClosureItem():
            return ("function", id(item.code))
        case BoundItem():
            return ("function", id(item.function), *(_look(spec, part, depth - 1) for part in item.args))
    return _look_of_type(spec.type(item), depth)


def _look_of_type(t: Type, depth: int) -> Hashable:
    if depth == 0:
        return None
    t = plain(t)
    match t:
        case Scalar():
            return "number"
        case Array():
            return ("array", t.rank) if t.rank != 0 else "number"
        case Static():
            value = t.value
            if isinstance(value, str | bool | None):
                return ("constant", value)
            if isinstance(value, list | dict | tuple | set):
                return ("container", type(value))
            return ("function", id(value)) if callable(value) else ("constant", type(value))
        case Lst():
            return ("list", _look_of_type(t.item, depth - 1))
        case Dct():
            return ("dict", tuple(t.cell.root().fields or ()))
        case Tup():
            return ("tuple", t.cls, *(_look_of_type(part, depth - 1) for part in t.items))
        case Obj():
            return ("object", t.cls)
        case OneOf():
            return ("one of", *(_look_of_type(part, depth - 1) for part in t.items))
    return repr(t)


__all__ = ["is_loop"]
