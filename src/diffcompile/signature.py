"""Keys of argument types: equal keys mean that the same generated code serves."""

from __future__ import annotations

import builtins
import enum
import operator
import types
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError
from diffcompile.owners import is_carried


class Operator:
    """A function that was made from another one, its primal: what it is does not depend on its attributes."""

    primal: Any
    transform: Any
    """What it is made of the primal."""
    suffix: str = "derivative"
    """What it is called, after the name of the primal."""


_PLAIN = (float, int, bool, complex)
_NUMBERS = frozenset((*_PLAIN, np.float64))
_BY_IDENTITY = (
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc, Operator,
    enum.Enum, types.UnionType, types.GenericAlias,
)  # fmt: skip

Key = Hashable | type[Any]
"""Classes are hashable too, but a type checker does not know it."""


def type_key(value: Any, seen: frozenset[int] = frozenset(), around: frozenset[int] = frozenset()) -> Key:
    """Return a key of the type of an argument: what generated code for it may rely on.

    Arrays are keyed by dtype and shape, numbers by class, strings and functions by value, containers and objects by
    the keys of their parts. ``seen`` are the objects around ``value``, as an object may hold itself, and ``around``
    the containers up to the innermost of these.

    Raises:
        RecursionError: a container holds itself, and not by way of an object.
    """
    cls = type(value)
    if cls in _PLAIN or value is None:
        return cls
    if isinstance(value, np.ndarray) or is_carried(cls):
        return (value.dtype, value.shape, cls)
    if isinstance(value, str) and cls is str:
        return value
    if cls is dict or isinstance(value, tuple | list):
        return _container_key(value, seen, around)
    return _object_key(value, seen)


def _container_key(value: Any, seen: frozenset[int], around: frozenset[int]) -> Key:
    if id(value) in around and value:
        raise RecursionError  # the limit may be far away
    around |= {id(value)}
    # lists, not generators: the depth is to be limited by Python, and not by the stack of C
    if isinstance(value, dict):
        if value is vars(builtins):  # what it holds is not data
            return Same(value)
        return (type(value), *[(key, type_key(item, seen, around)) for key, item in value.items()])
    return (type(value), *[type_key(item, seen, around) for item in value])


def type_keys(values: Iterable[Any]) -> tuple[Key, ...]:
    """Return the keys of the types of arguments.

    Raises:
        UnsupportedError: a container holds itself, or is nested too deeply.
    """
    try:
        return tuple(map(type_key, values))
    except RecursionError:
        raise UnsupportedError(
            "a list or dict among the arguments holds itself, or is nested too deeply",
            advice="pass what it holds instead",
        ) from None


def plain_key(values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return a key of the types of arrays and numbers, made quickly; None if something else is among them."""
    key: list[Any] = []
    for value in values:
        cls = type(value)
        if cls is np.ndarray:
            key.append(value.dtype)
            key.append(value.shape)
        elif cls in _NUMBERS:
            key.append(cls)
        else:
            return None
    return tuple(key)


def function_of_jitted(value: Any) -> types.FunctionType | None:
    """Return the Python function that Numba compiled, by ``jit`` or ``vectorize``; None for other things."""
    if type(value).__module__.partition(".")[0] != "numba":
        return None
    inner = getattr(value, "py_func", None) or getattr(getattr(value, "_dispatcher", None), "py_func", None)
    return inner if isinstance(inner, types.FunctionType) else None

MADE_AT_RUN_TIME = 1 << 9
"""The flag of classes that are made by class statements, and of some in C."""


def _object_key(value: Any, seen: frozenset[int]) -> Key:
    cls = type(value)
    if function_of_jitted(value) is not None:
        return Same(value)
    if isinstance(value, (*_BY_IDENTITY, np.generic, range, slice)) or (
        callable(value) and not hasattr(value, "__dict__")
    ):
        return cls if isinstance(value, np.generic | range) else Same(value)
    if id(value) in seen:
        return cls
    seen = seen | {id(value)}
    parts = []
    for name, item in _attributes(value).items():
        nested = hasattr(item, "__dict__") and not isinstance(item, _BY_IDENTITY)
        parts.append((name, _object_key(item, seen) if nested else type_key(item, seen)))
    return (cls, *parts)


def _attributes(value: Any) -> dict[str, Any]:
    held: dict[str, Any] | None = getattr(value, "__dict__", None)
    slots = [name for base in type(value).__mro__ for name in slot_names(base)]
    if held is not None and not slots:
        return held
    there = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    return {**there, **(held or {})}


def slot_names(cls: type) -> list[str]:
    """Return the names for which a class gives its instances slots, as ``getattr`` knows them.

    They are those of its ``__slots__``, private ones with the name of the class; for a class in C, its members.
    """
    own = vars(cls)
    if cls is object or ("__slots__" not in own and cls.__flags__ & MADE_AT_RUN_TIME and cls.__dictoffset__):
        return []
    members = (name for name, member in own.items() if isinstance(member, types.MemberDescriptorType))
    return [name for name in members if name not in ("__dict__", "__weakref__")]


_LEAVES = (*_BY_IDENTITY, *_PLAIN, np.ndarray, np.generic, str, bytes, range, slice, types.NoneType)


_END = object()
"""Follows what a container holds, on the stack of a walk."""


def sharing(values: Sequence[Any]) -> tuple[tuple[int, int, int], ...]:
    """Return which objects of users' classes are reached more than once from the arguments, as a part of a key.

    A store to such an object is seen in all places. Each entry holds the number of the visit that found an object
    again, and the arguments of the first visit and of this one.
    """
    first: dict[int, int] = {}
    found: list[tuple[int, int, int]] = []
    visits = 0
    pending = [(value, number) for number, value in reversed(list(enumerate(values))) if not _is_leaf(value)]
    around: set[int] = set()
    while pending:
        value, number = pending.pop()
        inner: Iterable[Any]
        if value is _END:
            around.remove(number)
            continue
        if isinstance(value, tuple | list | dict):
            if id(value) in around:  # it holds itself
                continue
            around.add(id(value))
            pending.append((_END, id(value)))
            inner = value.values() if isinstance(value, dict) else value
        elif callable(value) and not hasattr(value, "__dict__"):
            continue
        else:
            visits += 1
            if id(value) in first:
                found.append((visits, first[id(value)], number))
                continue
            first[id(value)] = number
            inner = _attributes(value).values()
        pending += [(item, number) for item in reversed(list(inner)) if not _is_leaf(item)]
    return tuple(found)


def _is_leaf(value: Any) -> bool:
    return isinstance(value, _LEAVES) or is_carried(type(value))


class Same:
    """A key that is equal only for the same object, and keeps it alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same):
            return NotImplemented
        if isinstance(self.value, types.MethodType):
            return bool(self.value == other.value)
        return self.value is other.value

    def __hash__(self) -> int:
        value = self.value
        return hash(value) if isinstance(value, types.MethodType) else id(value)


def still(value: Any) -> Callable[[Any], bool]:
    """Return a test whether something else has the same type as ``value`` has now."""
    key = type_key(value)
    unchanged = surely_unchanged(value)
    if unchanged is None:
        return lambda now: type_key(now) == key
    return lambda now: unchanged(now) or type_key(now) == key


def surely_unchanged(value: Any) -> Callable[[Any], bool] | None:
    """Return a quick test whether a list or dict of the surroundings has the same type as ``value`` has now.

    It may fail where the type is the same. None where there is no such test, as for containers of arrays.
    """
    if type(value) is list:
        count = len(value)
        if value and set(map(type, value)) == {float}:
            return lambda now: type(now) is list and len(now) == count and set(map(type, now)) == {float}
        if value and set(map(type, value)) == {list}:
            rows = [surely_unchanged(row) for row in value]
            if any(row is None for row in rows):
                return None
            return lambda now: (
                type(now) is list
                and len(now) == count
                and all(same(row) for same, row in zip(rows, now, strict=True) if same is not None)
            )
        if not all(map(_is_constant, value)):
            return None
        items = tuple(value)
        return lambda now: type(now) is list and len(now) == count and all(map(operator.is_, now, items))
    if type(value) is not dict or not all(map(_is_constant, value.values())):
        return None
    keys, parts = tuple(value), tuple(value.values())
    return lambda now: (
        type(now) is dict
        and len(now) == len(keys)
        and all(map(operator.is_, now, keys))
        and all(map(operator.is_, now.values(), parts))
    )


def _is_constant(value: Any) -> bool:
    """Tell whether an object can never change, nor anything in it."""
    if type(value) is tuple:
        return all(map(_is_constant, value))
    return value is None or type(value) in (*_PLAIN, str, bytes)
