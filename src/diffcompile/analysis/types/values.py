"""The types of values that are at hand: arguments, globals, defaults."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Hashable
from typing import Any

import numpy as np

from diffcompile.analysis.types.dims import ONE, Dim
from diffcompile.analysis.types.lattice import (
    RANGE,
    Array,
    Cell,
    Dct,
    Lst,
    Obj,
    Static,
    Tup,
    Type,
    constant_type,
    forget_sizes,
)
from diffcompile.errors import UnsupportedError
from diffcompile.owners import is_carried
from diffcompile.signature import Operator, function_of_jitted


def signature_types(values: list[Any]) -> list[Type]:
    """Return the types of the arguments of a call, whose shapes belong to the signature: equal sizes, equal symbols."""
    sizes: dict[int, Hashable] = {}
    return [type_of(value, number, sizes) for number, value in enumerate(values)]


def _argument_dim(size: int, key: Hashable, axis: int, sizes: dict[int, Hashable] | None) -> Dim:
    if size == 1:
        return ONE
    if sizes is None:
        return Dim(("arg", key, axis), True)
    return Dim(sizes.setdefault(size, ("arg", key, axis, size)), True)


_OF_TUPLES = (
    "__getitem__", "__iter__", "__len__", "__contains__", "__reversed__", "__getattribute__", "__iadd__", "__imul__",
    "__isub__", "__itruediv__",
)  # fmt: skip
"""What the items of a tuple are reached by, and what changes a variable that holds one."""


def is_no_row(cls: type) -> bool:
    """Tell whether the items of instances of a class of tuples are not reached as those of tuples are."""
    if cls is tuple:
        return False
    found = (vars(base).get(name) for base in cls.__mro__ if base is not tuple for name in _OF_TUPLES)
    return any(isinstance(member, types.FunctionType) for member in found)


def type_of(
    value: Any, key: Hashable = (), sizes: dict[int, Hashable] | None = None, above: frozenset[int] = frozenset()
) -> Type:
    """Return the type of an argument; ``key`` names its place, for the symbols of its sizes.

    With ``sizes``, symbols of sizes met before, the type holds for this very shape. ``above`` are the identities of
    the containers that hold the value.

    Raises:
        UnsupportedError: a container holds itself.
    """
    if isinstance(value, list | tuple | dict):
        if id(value) in above:
            raise UnsupportedError(f"a {type(value).__name__} holds itself", advice="pass what it holds instead")
        above |= {id(value)}
    if isinstance(value, np.ndarray) and not isinstance(value, np.matrix | np.ma.MaskedArray):  # whose * is another
        dims = tuple(_argument_dim(size, key, axis, sizes) for axis, size in enumerate(value.shape))
        return Array(value.dtype, dims)
    if is_carried(type(value)):
        dims = tuple(_argument_dim(size, key, axis, sizes) for axis, size in enumerate(value.shape))
        return Array(value.dtype, dims, type(value))
    found = constant_type(value)
    if isinstance(value, bool | int | float | complex | np.number | np.bool_):
        assert found is not None
        return found
    if isinstance(value, tuple) and is_no_row(type(value)):
        return Obj(type(value))
    if isinstance(value, tuple):
        cls = type(value) if type(value) is not tuple else None
        return Tup(tuple(type_of(item, (key, number), sizes, above) for number, item in enumerate(value)), cls)
    if type(value) is list:
        cell = Cell()
        for item in value:
            cell.add(type_of(item, (key, "item"), sizes, above))
        if sizes is not None:
            cell.parts = tuple(type_of(item, (key, number), sizes, above) for number, item in enumerate(value))
        return Lst(cell)
    if type(value) is dict:
        fields = {name: forget_sizes(type_of(item, (key, name), above=above)) for name, item in value.items()}
        return Dct(Cell(fields=fields, fixed=True, given=True))
    if isinstance(value, range):
        return RANGE
    if value is None or value is Ellipsis or isinstance(value, (str, np.dtype, *_STATIC_CLASSES)):
        return Static(value)
    if function_of_jitted(value) is not None or type(value).__name__ in _CYTHON_FUNCTIONS:
        return Static(value)
    return Obj(type(value))


_CYTHON_FUNCTIONS = ("cython_function_or_method", "fused_cython_function")
"""Each version of Cython has classes of its own."""
_STATIC_CLASSES = (
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc,
    types.MethodDescriptorType, types.WrapperDescriptorType, type(np.sum), type(functools.lru_cache(len)),
    functools.partial, np.vectorize, Operator, enum.Enum, types.UnionType, types.GenericAlias,
)  # fmt: skip
