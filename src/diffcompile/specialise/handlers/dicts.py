"""The methods of dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, Dct
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.specialise import containers, extended, library, library_iterators, sequences
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import NONE, Item, IteratorItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _walk(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        return IteratorItem(kind, (args[0],))

    return handle


def _get(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, *rest = args
    t = spec.type(base)
    if isinstance(t, Dct) and t.cell.root().fixed and isinstance(rest[0], Const):
        if rest[0].value in (t.cell.root().fields or ()):
            return containers.load_item(spec, base, rest[0], span, hint)
        return rest[1] if len(rest) > 1 else NONE
    return call_python(spec, library.dict_get, args, {}, span)


def _update(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, *others = args
    for other in others:
        fill(spec, base, other, span)
    for name, value in keywords.items():
        containers.store_item(spec, base, Const(name), value, span=span)
    return NONE


def fill(spec: Specialiser, base: Item, other: Item, span: Span | None) -> None:
    """Store all items of a mapping, or all pairs of an iterable, into ``base``."""
    other = extended.opened(spec, other)
    t = spec.type(other)
    keys = None
    if isinstance(t, Dct):
        keys = tuple(t.cell.root().fields or ()) if t.cell.root().fixed else spec.keys_of(other)
    if keys is not None:
        for key in keys:
            value = containers.load_item(spec, other, Const(key), span)
            containers.store_item(spec, base, Const(key), value, span=span)
    elif isinstance(t, Dct):
        call_python(spec, library.update_from_mapping, [base, other], {}, span)
    elif t is ANY and not isinstance(other, IteratorItem):
        call_python(spec, library_iterators.update_from_found, [base, other], {}, span)
    else:
        call_python(spec, library.update_from_pairs, [base, other], {}, span)


def _dict(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not args:
        return keyword_dict(spec, keywords, span)
    made = call_python(spec, library.empty_dict, [], {}, span)
    _update(spec, [made, *args], keywords, span, hint)
    return made


def _spread_out(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """Return what ``**mapping`` gives at this point, whatever is stored in ``mapping`` afterwards."""
    return _dict(spec, args, {}, span, hint) if isinstance(spec.type(args[0]), Dct) else args[0]


def _by(function: Any, with_default: Any = None) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        chosen = with_default if with_default is not None and len(args) == 3 else function  # noqa: PLR2004
        return call_python(spec, chosen, args, keywords, span)

    return handle


def _set_default(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.set_default, [*args, NONE][:3], {}, span)


def _popitem(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    sequences.check_keys(spec, spec.type(args[0]))
    return call_python(spec, library.pop_last_item, args, keywords, span)


HANDLERS: dict[Any, Handler] = {
    dict: _dict, dynamic.spread_out: _spread_out,
    dict.items: _walk("items"), dict.keys: _walk("keys"), dict.values: _walk("values"), dict.get: _get,
    dict.update: _update, dict.setdefault: _set_default, dict.copy: _by(library.copied_dict),
    dict.pop: _by(library.pop_item, library.pop_item_or), dict.popitem: _popitem,
    dict.clear: _by(library.clear_dict),
}  # fmt: skip
