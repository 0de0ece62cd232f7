"""What exported code relies on where an argument is an object or a function: written out beside it.

A module that is exported cannot import the classes of the program, so it knows them by their names.
"""

from __future__ import annotations

import types as pytypes
from collections.abc import Iterator
from typing import Any

import numpy as np


def class_name(value: Any) -> str | None:
    """Return what a class, function or module is called, and where it comes from; None if it has no name."""
    if isinstance(value, pytypes.ModuleType):
        return value.__name__
    return getattr(value, "__qualname__", None) or (value.__name__ if isinstance(value, np.ufunc) else None)


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object itself, those in slots included."""
    found = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        for name, member in vars(base).items() if "__slots__" in vars(base) else ():
            if is_slot(member) and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def holds_own(value: Any, members: tuple[str, ...]) -> bool:
    """Tell whether an object has attributes of its own in the place of members of its class."""
    return not set(members).isdisjoint(attributes(value))


def kinds(*values: Any) -> tuple[Any, ...]:
    """Return of what values are made: classes, functions, texts, dtypes and shapes, and what is there twice."""
    seen: dict[int, int] = {}
    return tuple(kind(value, seen) for value in values)


def kind(value: Any, seen: dict[int, int]) -> Any:
    """Return of what a value is made; ``seen`` numbers the objects and containers that were met."""
    cls = type(value).__name__
    if value is None or isinstance(value, str | bytes | bool | int | float | complex | np.generic):
        return (cls, value) if isinstance(value, str) else cls
    if isinstance(value, pytypes.MethodType):
        return (cls, class_name(value), kind(value.__self__, seen))
    if isinstance(value, type | pytypes.ModuleType | np.ufunc) or hasattr(value, "__qualname__"):
        return (cls, class_name(value))
    if id(value) in seen:
        return (cls, seen[id(value)])
    seen[id(value)] = len(seen)
    if isinstance(value, np.ndarray):
        return (cls, value.dtype.str, value.shape)
    if isinstance(value, tuple | list):
        return (class_name(type(value)), *(kind(item, seen) for item in value))
    if isinstance(value, dict):
        items = [(key if isinstance(key, str) else repr(key), kind(item, seen)) for key, item in value.items()]
        return (class_name(type(value)), *items)
    return (class_name(type(value)), *((name, kind(item, seen)) for name, item in attributes(value).items()))


def require_apart(written: Any, *others: Any) -> None:
    """Refuse arguments that share an array, list, dict or object with one that the function writes to, or in it."""
    seen: set[int] = set()
    mine = memory(written, seen)
    parts = [*mine, *(part for other in others for part in memory(other, seen))]
    for place, first in enumerate(mine):
        for second in parts[place + 1 :]:
            arrays = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
            if first is second or (arrays and np.may_share_memory(first, second)):
                raise ValueError("two arguments share memory, and the function writes to one of them: pass copies")


def memory(value: Any, seen: set[int]) -> list[Any]:
    """Return what of a value can be written to; what is in ``seen`` is not looked into again."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, type | pytypes.ModuleType) or hasattr(value, "__qualname__"):
        return []
    items = value.values() if isinstance(value, dict) else value
    inner = list(items) if isinstance(value, tuple | list | dict) else list(attributes(value).values())
    found = [value] if isinstance(value, list | dict) or (inner and not isinstance(value, tuple)) else []
    if id(value) not in seen:
        seen.add(id(value))
        for item in inner:
            found += memory(item, seen)
    return found


def fixed_members(cls: type) -> tuple[str, ...]:
    """Return the members of a class that generated code takes from it and not from the instance: methods and such."""
    names = {
        name
        for base in cls.__mro__[:-1]
        for name, member in vars(base).items()
        if not name.startswith("__") and not is_slot(member) and (callable(member) or hasattr(type(member), "__get__"))
    }
    return tuple(sorted(names))


def is_slot(member: Any) -> bool:
    """Tell whether a member of a class stands for an attribute in a slot."""
    return isinstance(member, pytypes.MemberDescriptorType)


def has_objects(value: Any) -> bool:
    """Tell whether a value is an object of a class of the program, or holds one."""
    return any(not isinstance(part, (tuple, list, dict, *_LEAVES)) for part in _parts(value))


def unclear(value: Any) -> Any:
    """Return a function in a value that its name does not tell from others, or None."""
    for part in _parts(value):
        named = isinstance(part, type | pytypes.ModuleType) or hasattr(part, "__qualname__")
        if named and "<" in (class_name(part) or "<"):
            return part
        if callable(part) and not named and not isinstance(part, np.ufunc) and type(part).__module__ in _OPAQUE:
            return part
    return None


def _parts(value: Any) -> Iterator[Any]:
    """Yield a value and all that it holds."""
    pending, seen = [value], set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, tuple | list):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
        elif isinstance(part, pytypes.MethodType):
            pending.append(part.__self__)
        elif not isinstance(part, _LEAVES):
            pending += attributes(part).values()


_OPAQUE = ("functools", "operator", "numpy", "numba.core.registry")
"""Modules of C code whose objects can be called, and do not show what they call."""
_LEAVES = (
    type, pytypes.ModuleType, pytypes.FunctionType, pytypes.BuiltinFunctionType, pytypes.MethodType, np.ufunc,
    np.ndarray, np.generic, np.dtype, str, bytes, bool, int, float, complex, range, slice, pytypes.NoneType,
    pytypes.EllipsisType, type(np.sum),
)  # fmt: skip
