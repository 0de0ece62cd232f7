"""The methods of lists that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.infer.arithmetic import emptied
from diffcompile.analysis.types import Lst, Scalar
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.specialise import containers, library, sequences
from diffcompile.specialise.handlers.functional import is_none, key_and_order
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import NONE, Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _append(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    containers.append(spec, args[0], args[1], span)
    return NONE


def _extend(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    sequences.extend(spec, args[0], args[1], span)
    return NONE


def _insert(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, place, value = args
    size = spec.emit(len, [base], span)
    containers.insert(spec, base, spec.emit(dynamic.insertion_place, [place, size], span), value, span)
    return NONE


def _pop(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, *place = args
    t = spec.type(base)
    assert isinstance(t, Lst)
    emptied(t)
    if place and isinstance(place[0], Const) and place[0].value == -1:
        place = []
    if place and not (isinstance(place[0], Const) and place[0].value >= 0):
        # the reverse sweep puts the item back at its place, counted from the start
        place = [spec.emit(dynamic.place_from_start, [place[0], spec.emit(len, [base], span)], span, t=Scalar("i"))]
    return spec.emit(list.pop, [base, *place], span, name=hint, t=t.item)


def _copy(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.listed, args, {}, span)


def _by(function: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        return call_python(spec, function, args, keywords, span)

    return handle


def _sort(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    key, backwards = key_and_order(keywords)
    if is_none(key):
        return call_python(spec, library.sort_list, [args[0], backwards], {}, span)
    return call_python(spec, library.sort_list_by, [args[0], key, backwards], {}, span)


def delete_item(spec: Specialiser, base: Item, index: Item, span: Span | None) -> None:
    """``del base[index]`` for a list: an item, or a slice."""
    if containers.is_slice(spec, index):
        call_python(spec, library.remove_slice, [base, index], {}, span)
    else:
        _pop(spec, [base, index], {}, span, "")


def store_slice(spec: Specialiser, base: Item, index: Item, values: Item, span: Span | None) -> None:
    """``base[index] = values`` for a list and a slice."""
    step = getattr(spec.type(index), "parts", (None, None, None))[2]
    plainly = step is None or getattr(step, "value", 0) in (None, 1)
    function = library.store_slice if plainly else library.store_strided
    call_python(spec, function, [base, index, values], {}, span)


HANDLERS: dict[Any, Handler] = {
    list.append: _append, list.extend: _extend, list.insert: _insert, list.pop: _pop, list.copy: _copy,
    list.remove: _by(library.remove_value), list.clear: _by(library.clear_list),
    list.reverse: _by(library.reverse_list), list.sort: _sort,
}  # fmt: skip

