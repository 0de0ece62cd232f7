"""Structures of values: what has parts, how they are made and copied."""

from __future__ import annotations

import copy
import dataclasses
import functools
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

_NO_RECORDS = (
    type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType, np.ufunc,
    functools.partial, BaseException,
)  # fmt: skip


def has_attributes(x: Any) -> bool:
    """Tell whether ``x`` is an instance of a user's class, whose attributes may be numbers and arrays."""
    return hasattr(x, "__dict__") and not isinstance(x, _NO_RECORDS)


def fields(x: Any) -> Any:
    """Return the attributes of an instance as a dict: what is stored there is stored in the instance."""
    return vars(x)


def as_sequence(iterable: Any) -> Any:
    """Return ``iterable`` if it has a length and numbered items, else a list of its items."""
    return iterable if isinstance(iterable, Sequence | np.ndarray) else list(iterable)


def stop_gradient(x: Any) -> Any:
    """Return ``x`` itself, as a constant for differentiation."""
    return x


def instance(cls: Any, **attributes: Any) -> Any:
    """Return an instance of ``cls`` with these attributes; its ``__init__`` is not run."""
    if issubclass(cls, dict):  # whose attributes are its items
        record = cls.__new__(cls)
        record.update(attributes)
        return record
    made = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


def _record_names(x: Any) -> list[str]:
    """Return the names of the fields of a data class, and of further attributes that a subclass stores."""
    return list(dict.fromkeys([*(field.name for field in dataclasses.fields(x)), *getattr(x, "__dict__", ())]))


def own(x: Any) -> Any:
    """Return a copy of an argument that the function may write to."""
    return x.copy() if isinstance(x, np.ndarray) else copy.deepcopy(x)
