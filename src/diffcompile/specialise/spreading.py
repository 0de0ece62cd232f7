"""What ``*`` and ``**`` stand for in a call, where the callee tells how many arguments it takes and their names."""

from __future__ import annotations

import dataclasses
import inspect
import math
import types as pytypes
from typing import TYPE_CHECKING

from diffcompile import calling, dynamic
from diffcompile.analysis.types import ANY, Dct, Tup
from diffcompile.errors import Span
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import (
    attributes,
    containers,
    displays,
    known_lists,
    library,
    library_iterators,
    objects,
    sequences,
)
from diffcompile.specialise.binding import defaults_of, named_arguments
from diffcompile.specialise.classes import PLAIN_NEW, class_member, is_constructible
from diffcompile.specialise.functions import function_code, opened
from diffcompile.specialise.handlers import HANDLERS
from diffcompile.specialise.inlining import call_python, listed
from diffcompile.specialise.items import BoundItem, ClosureItem, Item, IteratorItem, StarItem, TupleItem
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def positional_arguments(spec: Specialiser, args: list[Item], starred: list[int], span: Span | None) -> list[Item]:
    """Return the positional arguments; from the first list behind a ``*`` on they are one :class:`StarItem`."""
    found: list[Item] = []
    for number, arg in enumerate(args):
        if number not in starred:
            found.append(arg)
        elif displays.expandable(spec, arg):
            found += displays.expand(spec, arg, span)
        else:
            source = sequences.sequence(spec, arg)
            if isinstance(source, IteratorItem):
                source = listed(spec, source, span)
            if (known := known_lists.known_items(spec, source)) is not None:
                found += known
                continue
            parts = [
                part if later in starred else TupleItem((part,))
                for later, part in enumerate(args[number + 1 :], start=number + 1)
            ]
            if parts:
                source = listed(spec, call_python(spec, library.chained, [source, *parts], {}, span), span)
            return [*found, StarItem(source)]
    return found


def spread_arguments(spec: Specialiser, function: Item, args: list[Item], span: Span | None) -> list[Item] | Item:
    """Return the arguments that a :class:`StarItem` stands for, as the function tells how many, or the result."""
    star = args[-1]
    assert isinstance(star, StarItem)
    callee = function.function if isinstance(function, BoundItem) else getattr(function, "value", None)
    given = [*(function.args if isinstance(function, BoundItem) else ()), *args[:-1]]
    if callee is zip and not given:
        return IteratorItem("transposed", (star.source,))
    if callee in (min, max) and not given:
        return [star.source]
    if callee is math.hypot and not given:
        return call_python(spec, library_iterators.length, [star.source], {}, span)
    if callee is map and len(given) == 1:
        rows = IteratorItem("transposed", (star.source,))
        return call_python(spec, library.star_mapped, [given[0], rows], {}, span)
    count = registry.arity(callee)
    if count is not None and count >= len(given):
        return [*args[:-1], *displays.unpacked(spec, star.source, count - len(given), span)]
    if isinstance(callee, attributes.ArrayMethod) and callee.name == "reshape" and len(args) == 1:
        return [star.source]  # it takes the numbers as one argument, too
    if isinstance(function, ClosureItem) or isinstance(callee, pytypes.FunctionType | pytypes.MethodType):
        return args
    if isinstance(callee, type) and (fields := fields_without_defaults(callee)) is not None and len(args) <= fields:
        return [*args[:-1], *displays.unpacked(spec, star.source, fields - len(given), span)]
    if isinstance(callee, type) and is_constructible(callee) and not dataclasses.is_dataclass(callee):
        return args
    what = "`*` needs a tuple whose length is known when the code is compiled"
    raise spec.refuse(what, span, "pass the parts one by one")


def code_and_captures(spec: Specialiser, function: Item) -> Item:
    """Return a function that is data, a tuple of what it captures, as the function that it is; others as they are."""
    if isinstance(function, TupleItem):
        if function.cls is not None and issubclass(function.cls, calling.Captured):
            return opened(function.cls, list(function.items))
    elif isinstance(function, Value) and (cls := _captured_class(spec, function)) is not None:
        return opened(cls, displays.expand(spec, function, spec.span))
    return function


def _captured_class(spec: Specialiser, item: Value) -> type[calling.Captured] | None:
    t = spec.types[item]
    cls = t.cls if isinstance(t, Tup) else None
    return cls if cls is not None and issubclass(cls, calling.Captured) else None


def fields_without_defaults(cls: type) -> int | None:
    """Return how many arguments a named tuple or a data class takes, if it takes none less and none more."""
    if issubclass(cls, tuple):
        names = getattr(cls, "_fields", None)
        return None if names is None or getattr(cls, "_field_defaults", None) else len(names)
    if not dataclasses.is_dataclass(cls) or not objects.is_generated(cls.__init__):
        return None
    parameters = list(inspect.signature(cls).parameters.values())
    plain_ones = all(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
    return len(parameters) if plain_ones else None


def is_spread_only(spec: Specialiser, args: list[Item], options: Item) -> bool:
    """Tell whether a call with ``**options`` of unknown keys is made as it stands: it sees nothing active."""
    fun = args[0].value if isinstance(args[0], Const) else None
    library = (getattr(fun, "__module__", None) or "").partition(".")[0] == "numpy"
    known = not callable(fun) or (isinstance(fun, pytypes.FunctionType | type) and not library)
    unknown = isinstance(options, Value) and spec.types[options] is ANY
    return not known and unknown and len(args) == 2 and not may_vary(spec, options)  # noqa: PLR2004


def expand_keywords(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], item: Item, span: Span | None
) -> dict[str, Item]:
    """Return the keywords that ``**item`` stands for.

    Raises:
        UnsupportedError: which ones it holds is not known, and the callee does not tell.
    """
    t = spec.type(item)
    if isinstance(t, Dct):
        cell = t.cell.root()
        keys = tuple(cell.fields or ()) if cell.fixed else spec.keys_of(item)
        starred = any(isinstance(arg, StarItem) for arg in args)
        found = _callee_with_names(spec, function) if keys is None and not starred else None
        if found is not None and (cell.fields is None or not any(p.kind == "kwargs" for p in found[0].parameters)):
            code, bound, defaults = found
            return named_arguments(spec, code, bound + len(args), keywords, defaults, item, span)
        if keys is None and cell.fields is not None:
            keys = tuple(cell.fields)
            spec.effect(dynamic.has_keys, [item, Const(keys)], span)
        if keys is not None:
            return {key: containers.load_item(spec, item, Const(key), span) for key in keys}
    raise spec.refuse("`**` needs a dict whose keys are known when the code is compiled", span, "name the arguments")


def with_options(
    spec: Specialiser, function: Item, names: list[str], options: Item, span: Span | None
) -> Item | None:
    """Return ``function`` with keywords that are only known when the program runs; None where they had better be known.

    Nothing active may be among them.
    """
    t = spec.type(options)
    cell = t.cell.root() if isinstance(t, Dct) else None
    if not isinstance(options, Value) or spec.depends(options) or not (t is ANY or isinstance(t, Dct)):
        return None
    if cell is not None and (cell.fixed or cell.fields == {} or spec.keys.get(options) is not None):
        return None
    if not isinstance(function, Value) or spec.types[function] is not ANY:
        return None
    return spec.emit(calling.with_keywords, [function, options, *map(Const, dict.fromkeys(names))], span, t=ANY)


def _callee_with_names(spec: Specialiser, function: Item) -> tuple[Code, int, dict[str, Item]] | None:
    """Return the code of a Python function that is called, how many arguments it has already, and its defaults."""
    if isinstance(function, ClosureItem):
        return function.code, 0, dict(zip(function.code.defaulted, function.defaults, strict=False))
    fun = function.function if isinstance(function, BoundItem) else getattr(function, "value", None)
    if isinstance(function, BoundItem) and function.keywords:
        return None
    made = False
    if isinstance(fun, type) and is_constructible(fun) and fun.__new__ in PLAIN_NEW:
        made, fun = True, class_member(fun, "__init__")
        if objects.is_generated(fun):
            return None
    if not isinstance(fun, pytypes.FunctionType) or registry.has_rule(fun) or hasattr(fun, "__wrapped__"):
        return None
    if fun in HANDLERS or fun in registry.DEFINITIONS:
        return None
    code = function_code(fun)
    bound = made + (len(function.args) if isinstance(function, BoundItem) else 0)
    return code, bound, defaults_of(spec, fun, code)
