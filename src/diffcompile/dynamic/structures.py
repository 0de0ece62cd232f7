"""Structures of values: what has parts, how they are made and copied."""

from __future__ import annotations

import collections
import copy
import dataclasses
import enum
import functools
import itertools
import numbers
import types
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError
from diffcompile.owners import is_carried

_NO_RECORDS = (
    type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType, np.ufunc,
    functools.partial, BaseException, enum.Enum,
)  # fmt: skip
_MADE_BY_PYTHON = 1 << 9
"""The flag of a class that a class statement made."""


def has_attributes(x: Any) -> bool:
    """Tell whether ``x`` is an instance of a user's class, whose attributes may be numbers and arrays."""
    return (hasattr(x, "__dict__") or _slots(type(x)) != []) and not isinstance(x, _NO_RECORDS)


def _slots(cls: type) -> list[str]:
    """Return the names for which instances of a user's class have slots."""
    if not cls.__flags__ & _MADE_BY_PYTHON or issubclass(cls, tuple | str | int | float | complex):
        return []
    own = [vars(base) for base in cls.__mro__ if "__slots__" in vars(base)]
    return [name for members in own for name in members if isinstance(members[name], types.MemberDescriptorType)]


def fields(x: Any) -> Any:
    """Return the attributes of an instance as a dict: what is stored there is stored in the instance."""
    return SlotFields(x) if _slots(type(x)) else vars(x)


def attributes(x: Any) -> dict[str, Any]:
    """Return the attributes that an instance has."""
    return dict(SlotFields(x)) if _slots(type(x)) else vars(x)


class SlotFields(MutableMapping[str, Any]):
    """The slots of an instance, and what else it holds, as a dict."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self.x, name)
        except AttributeError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: Any) -> None:
        object.__setattr__(self.x, name, value)

    def __delitem__(self, name: str) -> None:
        object.__delattr__(self.x, name)

    def __iter__(self) -> Iterator[str]:
        found = [name for name in _slots(type(self.x)) if hasattr(self.x, name)]
        return iter([*found, *(name for name in getattr(self.x, "__dict__", ()) if name not in found)])

    def __len__(self) -> int:
        return len(list(iter(self)))


def narrowed(x: Any) -> Any:
    """Return ``x``, which is known to be of one class here."""
    return x


def as_sequence(iterable: Any) -> Any:
    """Return ``iterable`` if it has a length and numbered items, else a list of its items."""
    return iterable if isinstance(iterable, Sequence | np.ndarray) else list(iterable)


def given_dtype(dtype: Any) -> Any:
    """Return what is given as a dtype, which carries no derivative, whatever it was kept with."""
    return dtype


def stop_gradient(x: Any) -> Any:
    """Return ``x`` itself, as a constant for differentiation."""
    return x


class Frame:
    """What a call of a recursive function keeps while it waits for another one; see ``frontend.stacked``."""


def instance(cls: Any, **attributes: Any) -> Any:
    """Return an instance of ``cls`` with these attributes; its ``__init__`` is not run."""
    if issubclass(cls, dict):  # whose attributes are its items
        record = cls.__new__(cls)
        record.update(attributes)
        return record
    if issubclass(cls, Moved):
        return moved(cls, attributes)
    made = cls.__new__(cls) if cls is types.SimpleNamespace else object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


def twin_of(x: Any) -> Any:
    """Return another instance with the attributes of ``x``, also where its ``__copy__`` returns ``x`` itself."""
    twin = copy.copy(x)
    if twin is x:
        twin = object.__new__(type(x))
        for name, value in attributes(x).items():
            object.__setattr__(twin, name, value)
    return twin


def _record_names(x: Any) -> list[str]:
    """Return the names of the fields of a data class, and of further attributes that a subclass stores."""
    names = dict.fromkeys([*(field.name for field in dataclasses.fields(x)), *attributes(x)])
    return [name for name in names if hasattr(x, name)]  # one that is being made has not all of them yet


class Moved:
    """The tangent of an instance: tangents of its attributes, without the methods and operators of its class.

    What those do to a tangent is not the tangent of what they do. Which class an object has may only show at run time,
    and so whether an operator is its own.
    """


def _refused(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise UnsupportedError(
            f"`{name}` of an object of which nothing is known when the code is compiled, and which is differentiated",
            why="what its class makes of it is only known at run time",
            advice="keep the object in a variable of its own, or call a method of it",
        )

    return method


_ARITHMETIC = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "divmod", "and", "or", "xor",
)  # fmt: skip
_OPERATORS = (
    *(f"__{prefix}{name}__" for name in _ARITHMETIC for prefix in ("", "r", "i")),
    *(f"__{name}__" for name in ("neg", "pos", "abs", "invert", "float", "complex", "int", "index", "round", "trunc")),
    *(f"__{name}__" for name in ("getitem", "iter", "len", "contains", "reversed", "next", "call", "enter")),
    *(f"__{name}__" for name in ("array", "array_ufunc", "array_function")),
)
_NUMERIC = frozenset(f"__{prefix}{name}__" for name in _ARITHMETIC for prefix in ("", "r")) | {"__neg__", "__abs__"}
for _name in _OPERATORS:
    setattr(Moved, _name, _refused(_name))


@functools.cache
def _computes(cls: Any) -> bool:
    """Tell whether a class of the program, or of a package that is no numerical library, defines arithmetic."""
    if issubclass(cls, tuple | list | dict | str | numbers.Number | np.ndarray) or is_carried(cls):
        return False
    if cls.__module__.partition(".")[0] in ("numpy", "scipy", "pandas") or not cls.__flags__ & _MADE_BY_PYTHON:
        return False
    return any(name in _NUMERIC for name in own_operators(cls))


def computes(x: Any) -> bool:
    """Tell whether the class of ``x`` says what operators make of it."""
    cls: Any = type(x)
    return not isinstance(x, float | np.ndarray | int) and _computes(cls)


class Parts(dict[Any, Any]):
    """The cotangent of an instance whose class defines operators: cotangents of its attributes.

    A rule for numbers that comes upon it would compute with it what is none of its business.
    """

    __slots__ = ()


for _name in _OPERATORS:
    if _name not in ("__getitem__", "__iter__", "__len__", "__contains__", "__reversed__"):
        setattr(Parts, _name, _refused(_name))


def parts_of(x: Any, cotangents: dict[str, Any]) -> dict[str, Any]:
    """Return the cotangents of the attributes of an instance ``x`` as its own cotangent."""
    cls: Any = type(x)
    return Parts(cotangents) if own_operators(cls) else cotangents


def parts_like(old: Any, cotangents: dict[Any, Any]) -> dict[Any, Any]:
    """Return cotangents as one of the kind that ``old`` is."""
    return Parts(cotangents) if type(old) is Parts else cotangents


@functools.cache
def own_operators(cls: Any) -> tuple[str, ...]:
    """Return the operators that a class of tuples, lists or dicts defines itself."""
    given = next(base for base in (tuple, list, dict, object) if issubclass(cls, base))
    own = itertools.takewhile(lambda base: base is not given, cls.__mro__)
    defined = {name for base in own for name in vars(base)}
    return tuple(name for name in _OPERATORS if name in defined and name not in ("__call__", "__enter__", "__next__"))


@functools.cache
def moved_tuple(cls: Any) -> Any:
    """Return the class of tangents of a named tuple: its own, or one without the operators that it defines."""
    names = own_operators(cls)
    if not names:
        return cls
    plain = collections.namedtuple(cls.__name__, cls._fields)  # type: ignore[misc]
    return type(cls.__name__, (plain,), {"__slots__": (), **{name: _refused(name) for name in names}})


@functools.cache
def class_data(cls: Any) -> tuple[str, ...]:
    """Return the names of numbers and arrays that a class gives to those instances that have none of their own."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    data = (float, complex, np.inexact, np.ndarray)
    return tuple(name for name, value in found.items() if isinstance(value, data) and not name.startswith("__"))


@functools.cache
def moved_class(cls: Any) -> Any:
    """Return the class of tangents of instances of a class; what the class itself holds has a zero tangent."""
    if issubclass(cls, Moved):
        return cls
    return type(cls.__name__, (Moved,), {name: _unmoved(getattr(cls, name)) for name in class_data(cls)})


def _unmoved(number: Any) -> Any:
    """Return the zero tangent of a number or an array."""
    if isinstance(number, np.ndarray):
        return np.zeros_like(number, dtype=None if number.dtype.kind in "fc" else float)
    return 0.0


def moved(cls: Any, attributes: dict[str, Any]) -> Any:
    """Return the tangent of an instance of a class with these attributes."""
    found = moved_class(cls)()
    vars(found).update(attributes)
    return found


def own(x: Any) -> Any:
    """Return a copy of an argument that the function may write to."""
    if isinstance(x, np.ndarray):
        return copy_in_layout(x)
    return copy.deepcopy(x, {id(array): copy_in_layout(array) for array in _with_gaps(x)})


def _with_gaps(x: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Yield the arrays in a structure that a plain copy would lay out in another way."""
    seen: set[int] = set()
    pending = [x]
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            if not part.flags.forc:
                yield part
        elif isinstance(part, list | tuple):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
        elif has_attributes(part):
            pending += attributes(part).values()


def zeros_in_layout(x: Any) -> Any:
    """Return zeros that lie in memory as the array ``x`` does; of floats if ``x`` holds integers.

    What an array without axes had to be may have come as a number of NumPy's: its zeros are an array all the same.

    Raises:
        TypeError: it holds objects, records or text, which carry no cotangents.
    """
    if x.dtype.kind not in "fciub":
        raise TypeError(f"an array of dtype {x.dtype} carries no derivative: use an array of floats")
    if isinstance(x, np.generic):
        return np.zeros((), x.dtype if x.dtype.kind in "fc" else float)
    zeros = copy_in_layout(x if x.dtype.kind in "fc" else x.astype(float))
    zeros[...] = 0.0
    return zeros


def copy_in_layout(x: Any) -> Any:
    """Return a copy of an array in which the same parts lie one behind the other, and the same parts do not.

    So ``reshape``, ``ravel`` and the like return a view of the copy where they return one of ``x``.
    """
    if x.flags.forc or not x.size:
        return x.copy("K")
    strides, end = [x.itemsize] * x.ndim, 0
    span, whole = x.itemsize, 0  # of ``x``: up to the end of the last item, and where the next one would follow
    for k in sorted(range(x.ndim), key=lambda axis: abs(x.strides[axis])):
        size, step = x.shape[k], abs(x.strides[k])
        if size == 1:
            continue
        if step < span:
            return np.copy(x)  # items overlap
        strides[k] = max(end, x.itemsize) + (0 if step == (whole or x.itemsize) else x.itemsize)
        span, whole, end = span + step * (size - 1), step * size, strides[k] * size
    flat = np.zeros(max(end, x.itemsize), np.uint8)
    low = sum(step * (size - 1) for step, size, old in zip(strides, x.shape, x.strides, strict=True) if old < 0)
    signed = [-step if old < 0 else step for step, old in zip(strides, x.strides, strict=True)]
    made: Any = np.ndarray(x.shape, x.dtype, flat, low, signed)
    made[...] = x
    return made
