"""Iterators that several calls go on with: objects with a place, as ``iter``, ``zip`` and ``next`` of Python have them.

As long as one loop or call goes over an iterator, nothing of it is left at run time (``IteratorItem``). Where a second
one goes on with it, the program is walked again, and the iterator is an instance of a class below, which is compiled
like one of the user's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Array, Tup
from diffcompile.errors import Span
from diffcompile.specialise import library_iterators, objects, sequences
from diffcompile.specialise.containers import call_method
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import GeneratorItem, Item, IteratorItem, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_OF_SEQUENCES: dict[str, Any] = {"iter": library_iterators.Cursor, "reversed": library_iterators.Backwards}
_ZIPPED: dict[int, Any] = {1: library_iterators.Single, 2: library_iterators.Pairs, 3: library_iterators.Triples}


def site(spec: Specialiser, kind: str, span: Span | None) -> Any:
    """Return what an iterator is recognised by when the program is walked again: the call that makes it."""
    return (spec.path, span, kind)


def is_stateful(spec: Specialiser, item: Item) -> bool:
    """Tell whether ``item`` is an instance with a ``__next__``: who asks it for an item changes it."""
    return objects.class_of(spec, item) is not None and objects.method(spec, item, "__next__") is not None


def begun(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return what ``iter(item)`` of an instance is: what its ``__iter__`` returns; anything else as it is."""
    if objects.class_of(spec, item) is None or objects.method(spec, item, "__iter__") is None:
        return item
    return call_method(spec, item, "__iter__", [], span)


def advanced(spec: Specialiser, iterator: Item, default: list[Item], span: Span | None) -> Item:
    """``next(iterator)`` or ``next(iterator, default)`` of an instance with a ``__next__``."""
    if default:
        function = library_iterators.taken_or if _is_placed(spec, iterator) else library_iterators.advanced_or
        return call_python(spec, function, [iterator, *default], {}, span)
    return call_method(spec, iterator, "__next__", [], span)


def shared(spec: Specialiser, kind: str, args: list[Item], span: Span | None) -> Item:
    """Return an iterator with a place of its own."""
    if kind == "count":
        return objects.construct(spec, library_iterators.Counter, args, {}, span)
    if kind in _OF_SEQUENCES:
        lazy = isinstance(args[0], GeneratorItem) or (isinstance(args[0], IteratorItem) and kind == "iter")
        if lazy or is_stateful(spec, args[0]):
            return args[0]
        items = _numbered(spec, args[0], span)
        fixed = kind != "iter" or isinstance(items, TupleItem) or isinstance(spec.type(items), Array | Tup)
        cls = _OF_SEQUENCES[kind] if fixed else library_iterators.ListCursor
        return objects.construct(spec, cls, [items], {}, span)
    if kind == "enumerate":
        return objects.construct(spec, library_iterators.Numbered, [_iterator(spec, args[0], span), args[1]], {}, span)
    parts = [_iterator(spec, arg, span) for arg in args]
    if len(parts) not in _ZIPPED:
        raise spec.refuse("`zip` of so many that is used twice is not supported", span, "make a list of it first")
    return objects.construct(spec, _ZIPPED[len(parts)], parts, {}, span)


def together(spec: Specialiser, args: list[Item], span: Span | None) -> Item:
    """``zip`` where who asks a part for an item changes it: one item of each in turn."""
    return call_python(spec, library_iterators.remaining, [shared(spec, "zip", args, span)], {}, span)


def cycled(spec: Specialiser, args: list[Item], span: Span | None) -> Item:
    """``itertools.cycle``"""
    return objects.construct(spec, library_iterators.Cycle, [_iterator(spec, args[0], span)], {}, span)


def asked(spec: Specialiser, iterator: Item, span: Span | None) -> Item:
    """Return a generator of what an instance with a ``__next__`` still has."""
    function = library_iterators.remaining if _is_placed(spec, iterator) else library_iterators.asked
    return call_python(spec, function, [iterator], {}, span)


def _is_placed(spec: Specialiser, iterator: Item) -> bool:
    cls = objects.class_of(spec, iterator)
    return cls is not None and issubclass(cls, library_iterators.Placed)


def _iterator(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return what can be asked whether there is more."""
    if isinstance(item, GeneratorItem | IteratorItem):
        raise spec.refuse(
            "a generator or iterator is gone over by another iterator that is used twice", span,
            "make a list of its items first",
        )  # fmt: skip
    found = begun(spec, item, span)
    if not is_stateful(spec, found):
        return shared(spec, "iter", [found], span)
    return found if _is_placed(spec, found) else objects.construct(spec, library_iterators.Asked, [found], {}, span)


def _numbered(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return something with a length and items by number."""
    found = sequences.sequence(spec, source)
    if isinstance(found, IteratorItem):
        raise spec.refuse(
            "an iterator over a dict that is used twice is not supported", span, "make a list of its items first"
        )
    return found


