"""Builtins and :mod:`functools`: classes, numbers, attributes, functions of functions."""

from __future__ import annotations

import functools
import operator
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    STRING,
    Array,
    Dct,
    Lst,
    OneOf,
    Scalar,
    Static,
    Tup,
    Type,
    plain,
)
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.specialise import attributes, choices, instances, objects
from diffcompile.specialise.handlers.handler import Handler, refused
from diffcompile.specialise.items import NONE, BoundItem, ChoiceItem, ClosureItem, Item, TupleItem
from diffcompile.specialise.opaque import opaque

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _without_unions(item: Item) -> Item:
    """Return the classes of ``isinstance`` with a tuple in place of ``A | B``."""
    if isinstance(item, TupleItem):
        parts = [_without_unions(part) for part in item.items]
        flat = [one for part in parts for one in (part.items if isinstance(part, TupleItem) else (part,))]
        return TupleItem(tuple(flat))
    if isinstance(item, Const) and isinstance(item.value, pytypes.UnionType):
        return TupleItem(tuple(Const(cls, cls.__name__) for cls in item.value.__args__))
    return item


def _isinstance(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if isinstance(args[0], ChoiceItem):
        build = functools.partial(_isinstance_of, spec, args[1], span, hint)
        return choices.on_both(spec, args[0], build, span, hint)
    args = [args[0], _without_unions(args[1])]
    classes = args[1].value if isinstance(args[1], Const) else None
    if isinstance(args[1], TupleItem) and all(isinstance(part, Const) for part in args[1].items):
        classes = tuple(part.value for part in args[1].items)  # type: ignore[union-attr]
    cls = python_class(spec.type(args[0]))
    if isinstance(args[0], TupleItem):
        cls = args[0].cls or tuple
    if isinstance(args[0], ClosureItem):
        cls = pytypes.FunctionType
    if cls is not None and classes is not None:
        try:
            return Const(issubclass(cls, classes))
        except TypeError:
            pass
    if classes is not None and (known := _all_or_none(_possible_classes(spec.type(args[0])), classes)) is not None:
        return Const(known)
    args = [opaque_object(spec, args[0]), *args[1:]]
    operand: Item = args[1]
    if isinstance(args[1], Const):
        operand = Const(args[1].value, args[1].name or getattr(args[1].value, "__name__", ""))
    return spec.emit(isinstance, [args[0], operand], span, name=hint)


def opaque_object(spec: Specialiser, item: Item) -> Item:
    """Return something of which the program asks what it is: a variable that a failed block had assigned raises."""
    unknown = isinstance(item, Value) and spec.types[item] is ANY and bool(spec.failing)
    unknown = unknown and item not in spec.failing
    return spec.emit(dynamic.known, [item], spec.span, t=ANY) if unknown else item


def _issubdtype(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    types = [spec.type(arg) for arg in args]
    values = [t.value for t in types if isinstance(t, Static)]
    if len(values) == 2:  # noqa: PLR2004
        return Const(bool(np.issubdtype(*values)))
    return spec.emit(np.issubdtype, args, span, keywords=keywords, name=hint)


def _iterable(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """Tell of what has a known type whether it can be gone over: a number cannot, nor can an array without axes."""
    t = plain(spec.type(args[0])) if args else ANY
    if isinstance(t, Lst | Tup | Dct) or (isinstance(t, Array) and t.rank):
        return Const(True)
    if isinstance(t, Scalar) or (isinstance(t, Array) and t.rank == 0):
        return Const(False)
    return spec.emit(np.iterable, args, span, keywords=keywords, name=hint)


def _isinstance_of(spec: Specialiser, classes: Item, span: Span | None, hint: str, part: Item) -> Item:
    return _isinstance(spec, [part, classes], {}, span, hint)


def python_class(t: Type) -> type | None:
    """Return the exact class of values of a type, if it is known."""
    match t:
        case Static():
            return type(t.value)
        case OneOf():
            return None
        case Array():
            return t.owner or np.ndarray
        case Tup():
            return t.cls or tuple
        case Lst():
            return t.cell.root().kind or list
        case Dct():
            return t.cell.root().kind or dict
        case Scalar():
            if t.dtype is None:
                return {"b": bool, "i": int, "f": float, "c": complex}[t.kind]
            return None if t.dtype == "?" else np.dtype(t.dtype).type
    return getattr(t, "cls", None)


_NUMPY_NUMBERS = tuple(dict.fromkeys(np.dtype(code).type for code in np.typecodes["All"] if code not in "SUVOMmc"))
_NUMBERS = {"b": (bool,), "i": (bool, int), "f": (bool, int, float), "c": (bool, int, float, complex)}


def _possible_classes(t: Type) -> tuple[type, ...]:
    """Return every class that values of a type may have, or nothing if they may have others."""
    t = plain(t)
    if t is NUMBER:
        return (*_NUMBERS["c"], *_NUMPY_NUMBERS, np.ndarray)
    if isinstance(t, Scalar) and t.dtype == "?":
        return (*_NUMBERS[t.kind], *_NUMPY_NUMBERS)
    return (str, np.str_) if t is STRING else ()


def _all_or_none(possible: tuple[type, ...], classes: Any) -> bool | None:
    """Return whether an object of one of the ``possible`` classes is an instance, if that is the same for all."""
    try:
        answers = {issubclass(cls, classes) for cls in possible}
    except TypeError:
        return None
    return answers.pop() if len(answers) == 1 else None


def _type(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    cls = python_class(spec.type(args[0])) if len(args) == 1 else None
    if cls is not None:
        return Const(cls, cls.__name__)
    return opaque(spec, type, [opaque_object(spec, arg) for arg in args], keywords, span, hint)


def _abs(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return spec.emit(abs, args, span, name=hint)


def _float(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not args:
        return Const(0.0)
    if isinstance(t := spec.type(args[0]), Scalar) and t.kind == "f" and t.dtype is None:
        return args[0]
    return spec.emit(float, args, span, name=hint, t=Scalar("f"))


def _divmod(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return TupleItem((spec.emit(operator.floordiv, args, span), spec.emit(operator.mod, args, span)))


def _pow(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if len(args) == 3:  # noqa: PLR2004
        raise spec.refuse("`pow` with a modulus has no derivative", span)
    return spec.emit(operator.pow, args, span, name=hint)


def _partial(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    function = args[0]
    if objects.class_of(spec, function) is not None:
        function = attributes.load_attribute(spec, function, Const("__call__"), span)
    if isinstance(function, Const):
        return BoundItem(function.value, tuple(args[1:]), tuple(keywords.items()))
    if isinstance(function, BoundItem):
        merged = {**dict(function.keywords), **keywords}
        return BoundItem(function.function, (*function.args, *args[1:]), tuple(merged.items()))
    raise spec.refuse("`partial` of a nested function is not supported", span, "use a lambda")


def _wraps(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return Const(_same)


def _same(function: Any) -> Any:
    """What ``functools.wraps(f)`` does to a function, as far as its values go."""
    return function


def _slice(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``slice(stop)`` is ``slice(None, stop)``: elsewhere the first operand is the start."""
    return spec.emit(slice, [NONE, *args] if len(args) == 1 else args, span, name=hint)


def _first(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return args[0]


def _vars(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``vars(x)`` is ``x.__dict__``."""
    if not args or objects.class_of(spec, args[0]) is None:
        raise spec.refuse("`vars` is not supported", span, "name the variables")
    return instances.namespace(spec, args[0], span)  # type: ignore[arg-type]


HANDLERS: dict[Any, Handler] = {
    isinstance: _isinstance, np.issubdtype: _issubdtype, np.iterable: _iterable, type: _type,
    slice: _slice, abs: _abs, float: _float, divmod: _divmod, pow: _pow,
    functools.partial: _partial, functools.wraps: _wraps, _same: _first,
    eval: refused("`eval` is not supported", "write the expression out"),
    exec: refused("`exec` is not supported", "write the code out"),
    locals: refused("`locals` is not supported", "name the variables"),
    vars: _vars,
}  # fmt: skip
