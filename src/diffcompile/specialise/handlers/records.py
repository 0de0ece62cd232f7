"""Named tuples, copies, :mod:`collections`: a ``deque`` is a list and a ``defaultdict`` a dict with other methods."""

from __future__ import annotations

import collections
import copy
import dataclasses
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import NUMBER, Array, Dct, Lst, Scalar, Static, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise import attributes, displays, heap, library, objects
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.classes import is_copied_plainly
from diffcompile.specialise.handlers import dicts, lists
from diffcompile.specialise.handlers.functional import is_none
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import NONE, Item, ObjectItem, TupleItem, is_undefined
from diffcompile.specialise.known_lists import known_items
from diffcompile.specialise.opaque import opaque

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _replace(record: Any, **changes: Any) -> Any:
    """``record._replace(...)`` of a named tuple."""
    return record._replace(**changes)


def _asdict(record: Any) -> Any:
    """``record._asdict()`` of a named tuple."""
    return record._asdict()


NAMED_TUPLE_METHODS = {"_replace": _replace, "_asdict": _asdict}


_MADE: dict[tuple[str, tuple[str, ...]], Any] = {}
"""The classes that programs make with ``namedtuple``; each call of the program makes one like it."""


def _namedtuple(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``namedtuple(name, fields)`` with names that are written out."""
    parts = [spec.data(arg) for arg in args]
    found = [known_items(spec, part) if isinstance(part, Value) else [part] for part in parts]
    texts: list[list[Any]] = [
        [text.value for text in part or () if isinstance(text, Const) and isinstance(text.value, str | tuple)]
        for part in found
    ]
    known = all(part is not None and len(part) == len(names) for part, names in zip(found, texts, strict=True))
    if keywords or len(args) != 2 or not known:  # noqa: PLR2004
        raise spec.refuse(
            "`namedtuple` of names that are not known, or with options, is not supported",
            span,
            "make the class outside the function",
        )
    (name,), fields = texts
    if isinstance(args[1], Const):  # one text with all names, or a tuple of them
        fields = fields[0].replace(",", " ").split() if isinstance(fields[0], str) else list(fields[0])
    key = (name, tuple(fields))
    if key not in _MADE:
        _MADE[key] = collections.namedtuple(name, fields)
    return Const(_MADE[key], name)


def _fields_of(spec: Specialiser, record: Item) -> tuple[type, tuple[str, ...]]:
    cls: Any = record.cls if isinstance(record, TupleItem) else getattr(spec.type(record), "cls", None)
    return cls, cls._fields


def _replaced(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    cls, names = _fields_of(spec, args[0])
    unknown = [name for name in keywords if name not in names]
    if unknown:
        return spec.failure(ValueError, f"Got unexpected field names: {unknown!r}", span)
    parts = displays.expand(spec, args[0], span)
    return TupleItem(tuple(keywords.get(name, part) for name, part in zip(names, parts, strict=True)), cls)


def _as_dict(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    _, names = _fields_of(spec, args[0])
    return keyword_dict(spec, dict(zip(names, displays.expand(spec, args[0], span), strict=True)), span)


def _with_changes(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``dataclasses.replace(record, name=value)``: ``__init__`` with what does not change."""
    cls: Any = objects.class_of(spec, args[0])
    if cls is None or not hasattr(cls, "__dataclass_fields__"):
        raise spec.refuse("`dataclasses.replace` of something of unknown class", span, "call the class")
    given = {
        field.name: keywords.get(field.name) or attributes.load_attribute(spec, args[0], Const(field.name), span)
        for field in dataclasses.fields(cls)
        if field.init
    }
    return objects.construct(spec, cls, [], {**keywords, **given}, span)


def _fields(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``dataclasses.fields(record)``: known as soon as the class is."""
    cls: Any = args[0].value if isinstance(args[0], Const) else objects.class_of(spec, args[0])
    if cls is None:
        return opaque(spec, dataclasses.fields, args, keywords, span, hint)
    if not dataclasses.is_dataclass(cls):
        return spec.failure(TypeError, "must be called with a dataclass type or instance", span)
    return TupleItem(tuple(map(Const, dataclasses.fields(cls))))


def _copied(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base = args[0]
    t = plain(spec.type(base))
    if isinstance(t, Scalar | Static | Tup) or isinstance(base, TupleItem | Const):
        return base
    if isinstance(t, Array):
        return spec.emit(np.ndarray.copy, [base], span, name=hint)
    if t is NUMBER:
        return spec.emit(operator.pos, [base], span, name=hint)  # a copy of an array, a number itself
    if isinstance(t, Lst | Dct) and t.cell.root().kind is None:
        return call_python(spec, library.listed if isinstance(t, Lst) else library.copied_dict, [base], {}, span)
    cls = objects.class_of(spec, base)
    if cls is not None and is_copied_plainly(cls):
        return objects.copied(spec, base, span)
    raise spec.refuse(f"`copy.copy` of {t!r} is not supported", span, "build the copy from its parts")


def _deep_copied(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    made: dict[Item, Item] = {}
    result = _deep_copy(spec, args[0], made, span, hint)
    held = [one for one in made if isinstance(one, Value) and not isinstance(spec.types[one], Scalar | Static)]
    if len(held) > 1:  # what two attributes share would have to be copied once
        spec.effect(dynamic.distinct_parts, [spec.emit(Prim.TUPLE, held, span)], span)
    return result


def _deep_copy(spec: Specialiser, base: Item, made: dict[Item, Item], span: Span | None, hint: str = "") -> Item:
    """Return a copy of ``base`` and of what it holds, each made once."""
    if isinstance(base, ObjectItem | Value) and base in made:
        return made[base]
    t = plain(spec.type(base))
    if isinstance(base, TupleItem) and base.cls is None:
        return TupleItem(tuple(_deep_copy(spec, part, made, span) for part in base.items))
    if isinstance(base, ObjectItem) and is_copied_plainly(base.cls) and not hasattr(base.cls, "__deepcopy__"):
        twin = made[base] = objects.new(spec, base.cls)
        for name, value in heap.fields_of(spec, base).items():
            kept = heap.is_flag(name) or is_undefined(value)
            objects.initialise(spec, twin, name, value if kept else _deep_copy(spec, value, made, span), span)
        return twin
    if isinstance(t, Lst | Dct) and t.cell.root().kind is None:
        # items that two places share would have to be copied once
        spec.effect(dynamic.distinct_parts, [base], span)
        copier = library.deep_list if isinstance(t, Lst) else library.deep_dict
        made[base] = call_python(spec, copier, [base], {}, span)
        return made[base]
    if isinstance(t, Array | Scalar | Static) or t is NUMBER or isinstance(base, Const):
        found = _copied(spec, [base], {}, span, hint)
        if isinstance(base, Value):
            made[base] = found
        return found
    what = base.cls.__name__ if isinstance(base, ObjectItem) else repr(t)
    raise spec.refuse(f"`copy.deepcopy` of {what} is not supported", span, "build the copy from its parts")


# -- collections ----------------------------------------------------------------------------------------------------


def _defaultdict(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    made = dicts.HANDLERS[dict](spec, [*args[1:], TupleItem(())][:1], keywords, span, hint)
    t = spec.type(made)
    assert isinstance(t, Dct)
    cell = t.cell.root()
    cell.fixed = False
    cell.kind, cell.option = collections.defaultdict, args[0] if args else NONE
    return made


def load_missing(spec: Specialiser, base: Item, t: Dct, key: Item, span: Span | None, name: str = "") -> Item:
    """``base[key]`` of a ``defaultdict``, which makes what is not there."""
    factory = t.cell.root().option
    if t.cell.root().kind is not collections.defaultdict:
        raise spec.refuse("a variable holds dicts of different kinds", span, "use one kind of dict")
    if not is_none(factory):
        call_python(spec, library.make_missing, [base, key, factory], {}, span)
    return spec.emit(operator.getitem, [base, key], span, name=name)


def _deque(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    made = call_python(spec, library.empty_list, [], {}, span)
    t = spec.type(made)
    assert isinstance(t, Lst)
    limit = args[1] if len(args) > 1 else keywords.get("maxlen", NONE)
    if not isinstance(limit, Const):
        raise spec.refuse("a `deque` needs a greatest length that is known", span, "use a list")
    cell = t.cell.root()
    cell.kind, cell.option = collections.deque, limit.value
    source = args[0] if args else keywords.get("iterable", NONE)
    if not is_none(source):
        _deque_extend(spec, [made, source], {}, span, hint)
    return made


def _limit(spec: Specialiser, base: Item, span: Span | None) -> Item:
    t = spec.type(base)
    if not isinstance(t, Lst):
        raise spec.refuse("it is not known which list this is", span, "make the list in the function")
    if t.cell.root().kind is not collections.deque:
        raise spec.refuse("a variable holds lists of different kinds", span, "use one kind of list")
    return Const(t.cell.root().option)


def _bounded(unbounded: Any, bounded: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        limit = _limit(spec, args[0], span)
        if is_none(limit):
            return call_python(spec, unbounded, args, keywords, span)
        return call_python(spec, bounded, [*args, limit], keywords, span)

    return handle


_deque_extend = _bounded(library.extend_right, library.extend_right_bounded)


def _popleft(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return lists.HANDLERS[list.pop](spec, [args[0], Const(0)], {}, span, hint)


def _rotate(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.rotate, [*args, Const(1)][:2], {}, span)


HANDLERS: dict[Any, Handler] = {
    _replace: _replaced, _asdict: _as_dict, copy.copy: _copied, copy.deepcopy: _deep_copied,
    dataclasses.replace: _with_changes, dataclasses.fields: _fields, collections.namedtuple: _namedtuple,
    collections.OrderedDict: dicts.HANDLERS[dict], collections.defaultdict: _defaultdict, collections.deque: _deque,
    collections.deque.append: _bounded(library.append_right, library.append_right_bounded),
    collections.deque.appendleft: _bounded(library.append_left, library.append_left_bounded),
    collections.deque.extend: _deque_extend,
    collections.deque.pop: lists.HANDLERS[list.pop], collections.deque.popleft: _popleft,
    collections.deque.clear: lists.HANDLERS[list.clear], collections.deque.reverse: lists.HANDLERS[list.reverse],
    collections.deque.remove: lists.HANDLERS[list.remove], collections.deque.rotate: _rotate,
}  # fmt: skip
