"""Methods that Python calls by itself within a call that is made as it stands: ``__str__`` in ``print``, ``__lt__``.

The reverse sweep knows nothing of what such a method stores, and an object that is a set of variables is copied for the
call. So a method that stores is written out where that can be done (:mod:`diffcompile.specialise.spelled`), and any
other call that may ask for it is refused. Whether it stores is found out by walking it once, for nothing.
"""

from __future__ import annotations

import copy
import functools
import inspect
import operator
import types as pytypes
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.effects import INPLACE_OPERATORS, writes
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    STRING,
    Array,
    Cell,
    Dct,
    Lst,
    Obj,
    OneOf,
    Scalar,
    Tup,
    Type,
    plain,
)
from diffcompile.errors import MissingRuleError, NoSourceError, Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Op, Prim, Value, walk
from diffcompile.rules import registry
from diffcompile.specialise import local_classes, method_texts
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.failing import Ended, Failed
from diffcompile.specialise.items import ChoiceItem, GeneratorItem, Item, ObjectItem, TupleItem
from diffcompile.specialise.trials import TooLargeError, Trial

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

TEXT = ("__str__", "__repr__", "__format__")
ORDER = ("__lt__", "__gt__", "__le__", "__ge__", "__eq__")
EQUAL = ("__eq__", "__ne__", "__hash__")
PLACE = ("__index__",)
_NUMBER = ("__index__", "__float__", "__int__", "__complex__", "__bool__", "__len__")
_ITEMS = ("__iter__", "__next__", "__len__", "__getitem__", "__contains__", "__call__", "__array__", "__array_ufunc__")
_NO_TEXT = tuple(dict.fromkeys((*ORDER, *EQUAL, *_NUMBER, *_ITEMS)))
_ANY_METHOD = tuple(dict.fromkeys((*TEXT, *_NO_TEXT)))

_SAFE: set[Any] = {
    hasattr, setattr, type, isinstance, issubclass, id, callable, operator.is_, operator.is_not,
    list.append, list.extend, list.copy, list.reverse, dict.copy, dict.values, dict.items, dict.keys,
    len, Prim.TUPLE, Prim.LIST, Prim.OBJECT, Prim.UNPACK, Prim.RAISE, Prim.CALL,
}  # fmt: skip
"""Callees that ask the items of what they are given for nothing; instances themselves are written out elsewhere."""
_TEXTS: set[Any] = {str, repr, format, print, ascii, Prim.FORMAT, str.format, str.format_map, operator.mod}
_ORDERS: set[Any] = {
    sorted, list.sort, min, max, operator.lt, operator.le, operator.gt, operator.ge,
    dynamic.ascending, dynamic.extreme_position,
}  # fmt: skip
_EQUALS: set[Any] = {
    operator.eq, operator.ne, operator.contains, list.index, list.remove, list.count, tuple.index, tuple.count,
    hash, Prim.SET, set.add, set.discard, set.remove,
}  # fmt: skip
_GATHERING: set[Any] = {list, tuple, dict, enumerate, reversed, set, frozenset, dict.fromkeys}
"""Those that go over the items of an instance; of other containers some compare the items."""
_ORDERING = ("bisect", "_bisect", "heapq", "_heapq")
_KEYED: set[Any] = {dict.get, dict.pop, dict.setdefault}
_PLACED: set[Any] = {operator.getitem, operator.setitem, operator.delitem, list.pop, list.insert, Prim.UPDATE_ITEM}


def check(spec: Any, callee: Any, args: Sequence[Item], span: Span | None) -> None:
    """Check that no method stores anything which Python calls by itself in ``callee(*args)``.

    Raises:
        UnsupportedError: one may.
    """
    if all(isinstance(arg, Const) for arg in args):
        return
    if isinstance(callee, pytypes.FunctionType) and callee in spec.memory.asking:
        return  # the method that is asked for is called as it stands, so that its text will tell
    names, sought = _asked(spec, callee, args)
    if not names:
        return
    for cls, item, asked in _askable(spec, names, sought):
        for name in asked:
            if _is_of_library(cls, name):
                continue  # what SciPy's matrices and splines remember is nothing of the program's
            local_classes.check_asked(spec, cls, name, span)
            if not storing(spec, cls, item, name, span):
                continue
            if item is None:
                _check_at_run_time(spec, args, cls, name, span)
            else:
                check_asked(spec)
                raise UnsupportedError(
                    f"`{name}` of {cls.__name__} stores something, and is called where Python calls it by itself",
                    span=span,
                    why="the derivative would not see what it stores",
                    advice=f"call the method, or let `{name}` leave everything as it is",
                )


def _is_of_library(cls: type, name: str) -> bool:
    """Tell whether a method is NumPy's or SciPy's, also in a class of the program that is derived from theirs."""
    module = getattr(class_member(cls, name), "__module__", None) or cls.__module__
    return module.partition(".")[0] in registry.SUBJECTS


def _check_at_run_time(spec: Specialiser, args: Sequence[Item], cls: type, name: str, span: Span | None) -> None:
    """Emit the check that nothing of unknown type is such an instance after all."""
    for arg in args:
        if isinstance(arg, TupleItem):
            _check_at_run_time(spec, arg.items, cls, name, span)
        elif isinstance(arg, Value) and not spec.memory.asking:
            spec.effect(dynamic.check_not_asked, [arg, Const(cls, cls.__name__), Const(name)], span)


def _askable(
    spec: Specialiser, names: tuple[str, ...], sought: list[Item]
) -> Iterator[tuple[type, Item | None, tuple[str, ...]]]:
    """Yield the instances that may be asked, and for what: what is in a list is written out by its ``__repr__``."""
    if names is not TEXT:
        yield from ((cls, item, names) for cls, item in reached_instances(spec, sought, names))
        return
    parts = [part for item in sought for part in (item.items if isinstance(item, TupleItem) else (item,))]
    held = [part for part in parts if isinstance(spec.type(part), Lst | Dct | Tup)]
    alone = [part for part in parts if part not in held]
    yield from ((cls, item, names) for cls, item in reached_instances(spec, alone, names))
    yield from ((cls, item, ("__repr__",)) for cls, item in reached_instances(spec, held, names))


def check_asked(spec: Any) -> None:
    """Say that the method is walked to find out whether it stores anything: it does."""
    if spec.memory.asking:
        raise _StoresError


class _StoresError(Exception):
    """The method that is walked, to find out whether it stores anything, does."""


def _asked(spec: Specialiser, callee: Any, args: Sequence[Item]) -> tuple[tuple[str, ...], list[Item]]:
    """Return which methods ``callee`` may ask for, and those of ``args`` that may have them."""
    try:
        known = callee in _SAFE
    except TypeError:
        return (), []
    if known or isinstance(callee, calling.Callee | calling.Attempt) or callee is calling.call_dynamic:
        return (), []
    if getattr(callee, "__objclass__", None) is str and callee not in _TEXTS:
        return (), []
    whole = list(args)
    if callee is getattr:
        name = args[1].value if len(args) > 1 and isinstance(args[1], Const) else ""
        return ((name,) if isinstance(name, str) else (), whole[:1])
    if callee in _TEXTS:
        texts = callee is not operator.mod or plain(spec.type(args[0])) is STRING or _is_text(args[0])
        return (TEXT if texts else (), whole)
    if callee in _ORDERS:
        return ORDER, whole
    if callee in (set, frozenset, dict.fromkeys) and not any(isinstance(arg, ObjectItem) for arg in whole):
        return EQUAL, whole
    if callee in _GATHERING:
        return _ITEMS, [arg for arg in whole if isinstance(spec.type(arg), Obj)]
    if callee is operator.contains and isinstance(plain(spec.type(args[0])), Dct):
        return EQUAL, whole[1:]
    if callee is Prim.DICT:
        return EQUAL, whole[::2]
    if callee in _EQUALS:
        return EQUAL, whole
    if callee in _KEYED:
        return EQUAL, whole[1:2]
    if callee in _PLACED:
        base = plain(spec.type(args[0])) if args else ANY
        into = isinstance(base, Array) and callee in (operator.setitem, Prim.UPDATE_ITEM)
        return (*(EQUAL if isinstance(base, Dct) or base is ANY else ()), *PLACE, *(_NUMBER if into else ())), (
            whole[1:3] if into else whole[1:2]
        )
    module = str(getattr(callee, "__module__", ""))
    if module.startswith("diffcompile.") or module == "_operator":
        return (), []
    if module in _ORDERING:
        return ORDER, whole
    names = _NO_TEXT if module.partition(".")[0] in registry.SUBJECTS else _ANY_METHOD
    return names, [arg for arg in whole if spec.type(arg) is not ANY]


def _is_text(item: Item) -> bool:
    return isinstance(item, Const) and isinstance(item.value, str)


# -- which instances --------------------------------------------------------------------------------------------------


def reached_instances(
    spec: Specialiser, items: Sequence[Item], names: tuple[str, ...]
) -> Iterator[tuple[type, Item | None]]:
    """Yield the classes of the instances that are reached through ``items``, and what to walk their methods with."""
    seen: set[Any] = set()
    for item in items:
        yield from _reached(spec, item, names, seen)


def _reached(
    spec: Specialiser, item: Item, names: tuple[str, ...], seen: set[Any]
) -> Iterator[tuple[type, Item | None]]:
    match item:
        case ObjectItem():
            if item in seen:
                return
            seen.add(item)
            yield item.cls, item
            if _asks_attributes(item.cls, names):
                for part in list(spec.heap.objects.get(item, {}).values()):
                    yield from _reached(spec, part, names, seen)
        case TupleItem(items=parts):
            for part in parts:
                yield from _reached(spec, part, names, seen)
        case ChoiceItem():
            yield from _reached(spec, item.left, names, seen)
            yield from _reached(spec, item.right, names, seen)
        case Value():
            yield from _of_type(spec, spec.types[item], item, names, seen)


def _of_type(
    spec: Specialiser, t: Type, item: Value | None, names: tuple[str, ...], seen: set[Any]
) -> Iterator[tuple[type, Item | None]]:
    if isinstance(t, OneOf):
        for one in t.items:
            yield from _of_type(spec, one, None, names, seen)
    elif isinstance(t, Obj):
        root = t.cell.root() if t.cell is not None else None
        if (t.cls, id(root)) in seen:
            return
        seen.add((t.cls, id(root)))
        yield t.cls, item if item is not None else _standin(spec, t)
        if root is not None and _asks_attributes(t.cls, names):
            for part in list((root.fields or {}).values()):
                yield from _of_type(spec, part, None, names, seen)
    elif isinstance(t, Tup):
        for part in t.items:
            yield from _of_type(spec, part, None, names, seen)
    elif isinstance(t, Lst | Dct):
        root = t.cell.root()
        if id(root) not in seen:
            seen.add(id(root))
            for part in (root.item, *(root.fields or {}).values()):
                yield from _of_type(spec, part, None, names, seen)
    elif t is ANY:
        spec.memory.vague.update(names)
        for cls in sorted((spec.memory.real | spec.memory.data) - seen, key=repr):
            seen.add(cls)
            yield cls, None


def _standin(spec: Specialiser, t: Obj) -> Value:
    value = Value("")
    spec.types[value] = t
    return value


def _asks_attributes(cls: type, names: tuple[str, ...]) -> bool:
    """Tell whether one of the methods is generated, so that it asks those of the attributes."""
    found = [class_member(cls, name) for name in names]
    return any(isinstance(fun, pytypes.FunctionType) and method_texts.is_generated(fun) for fun in found)


def note_data(spec: Any, cls: type) -> None:
    """Record that instances are used as data, from where they may get to values of unknown type."""
    if cls in spec.memory.data:
        return
    spec.memory.data.add(cls)
    if any(isinstance(class_member(cls, name), pytypes.FunctionType) for name in spec.memory.vague):
        spec.memory.cells.setdefault("data", Cell()).changed = True  # what was asked before has to be asked again


# -- whether a method stores ------------------------------------------------------------------------------------------


def storing(spec: Specialiser, cls: type, item: Item | None, name: str, span: Span | None) -> bool:
    """Tell whether the method or property ``name`` of an instance may store anything that outlives the call."""
    member = class_member(cls, name)
    fun = method_texts.code_behind(member)
    if isinstance(member, functools.cached_property):
        return True
    if fun is None or method_texts.stores_nothing(spec, cls, fun):
        return False
    if fun in spec.memory.asking:  # it asks for itself
        return False
    spec.memory.asking.append(fun)
    try:
        found = None if item is None else _walked(spec, fun, item, name, span)
        return method_texts.stores(spec, cls, fun) if found is None else found
    finally:
        spec.memory.asking.pop()


_COPIED = ("guards", "live", "shared", "consumed", "objects", "instances", "stores", "keys", "lists", "outside")
_STATE = (*_COPIED, "attempted", "side", "may_restart", "span", "ops", "depth", "trial", "heap", "looked_outside")
"""What a walk for nothing must not change."""


def _walked(spec: Specialiser, fun: pytypes.FunctionType, item: Item, name: str, span: Span | None) -> bool | None:
    """Walk a method for what it does, and leave no trace of that; None where it cannot be walked."""
    from diffcompile.specialise import calls  # noqa: PLC0415 - they are built on this

    others = [
        _dummy(spec, STRING if name == "__format__" else ANY)
        for parameter in list(inspect.signature(fun).parameters.values())[1:]
        if parameter.default is parameter.empty and parameter.kind in (0, 1)
    ]
    kept = {name: getattr(spec, name) for name in _STATE}
    storing_code = set(spec.memory.storing)
    for attribute in _COPIED:
        setattr(spec, attribute, copy.copy(getattr(spec, attribute)))
    before = spec.heap = spec.heap.copy()
    spec.attempted, spec.side, spec.may_restart, spec.trial = None, None, False, spec.trial or Trial()
    try:
        spec.heap = before.copy()
        ops, (result,) = spec.scoped(lambda: [calls.call_static(spec, fun, [item, *others], {}, span)])
        if spec.heap.changes(before):
            return True
        return None if isinstance(result, GeneratorItem) else _ops_store(spec, ops)
    except _StoresError:
        return True
    except (Ended, Failed, UnsupportedError, MissingRuleError, NoSourceError, RecursionError):
        return None
    except TooLargeError:
        if kept["trial"] is not None:
            raise
        return None
    finally:
        for attribute, value in kept.items():
            setattr(spec, attribute, value)
        spec.memory.storing = storing_code


def _dummy(spec: Specialiser, t: Type) -> Value:
    value = Value("")
    spec.types[value] = t
    return value


_MAKERS: set[Any] = {
    Prim.LIST, Prim.DICT, Prim.SET, list, dict, set, np.zeros, np.empty, np.ones, np.full, np.zeros_like, np.array,
    np.empty_like, np.ones_like, np.copy, np.ndarray.copy,
}  # fmt: skip


def _ops_store(spec: Specialiser, ops: list[Op]) -> bool | None:
    """Tell whether operations write to memory that they did not make; None if they call what is not known."""
    made = list(walk(Block((), tuple(ops), ())))
    fresh = _made_here(made)
    vague = False
    for op in made:
        if op.attrs.get("may_write"):
            return True
        if not writes(op) or op.operands[0] in fresh:
            continue
        if op.callee not in INPLACE_OPERATORS:
            return True
        t = plain(spec.type(op.operands[0]))
        if isinstance(t, Scalar) or any(plain(spec.type(operand)) is STRING for operand in op.operands[:2]):
            continue  # a new number, a new text
        if t is not ANY and t is not NUMBER:
            return True
        vague = True  # most likely a number
    if any(isinstance(op.callee, calling.Callee | calling.Attempt) or op.callee is calling.call_dynamic for op in made):
        return None
    if vague or any(isinstance(op.callee, pytypes.FunctionType) and op.callee in spec.memory.asking for op in made):
        return None
    return False


def _made_here(ops: list[Op]) -> set[Value]:
    """Return the containers and arrays that ``ops`` make, also as loops and branches hand them on."""
    fresh = {op.result for op in ops if _member(op.callee, _MAKERS)}
    sources: dict[Value, set[Any]] = {}
    for op in ops:
        if op.callee is Prim.IF:
            for result, *given in zip(op.results, *(region.results for region in op.regions), strict=True):
                sources.setdefault(result, set()).update(given)
        elif op.callee in (Prim.FOR, Prim.WHILE):
            lead = 1 if op.callee is Prim.FOR else 0
            following = op.regions[-1].results[int(op.may_stop) :]
            params = zip(*(region.params[lead:] for region in op.regions), strict=True)
            for init, result, end, names in zip(op.operands[lead:], op.results, following, params, strict=True):
                for value in (result, *names):
                    sources.setdefault(value, set()).update((init, end))
    while True:
        handed_on = {
            value
            for value, given in sources.items()
            if all(isinstance(one, Const) or one in fresh or one in sources for one in given)
        }
        if len(handed_on) == len(sources):
            return fresh | handed_on
        sources = {value: sources[value] for value in handed_on}


def _member(callee: Any, those: set[Any]) -> bool:
    try:
        return callee in those
    except TypeError:
        return False
