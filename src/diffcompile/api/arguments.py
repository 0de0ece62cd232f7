"""Checks and copies of the arguments of a call."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from types import FunctionType
from typing import Any

import numpy as np

from diffcompile.dynamic import attributes, copy_in_layout, distinct, has_attributes
from diffcompile.owners import is_array, is_carried

_FOREIGN = {
    "dask": "pass `.compute()` of it",
    "jax": "pass `np.asarray` of it, or call `to_jax(f)`",
    "jaxlib": "pass `np.asarray` of it, or call `to_jax(f)`",
    "pandas": "pass `.to_numpy()` of it",
    "tensorflow": "pass `.numpy()` of it",
    "torch": "pass `.numpy()` of it, or call `to_torch(f)`",
    "xarray": "pass `.to_numpy()` of it",
}
"""Arrays that are not NumPy's, and what to do with them."""


_MADE_BY_PYTHON = 1 << 9
"""The flag of such a class."""


def check_backend(backend: str) -> None:
    """Check that there is an emitter for a backend.

    Raises:
        ValueError: there is none.
    """
    if backend == "numba":
        raise ValueError("the backend 'numba' is not there yet: leave it out")
    if backend != "numpy":
        raise ValueError(f"unknown backend {backend!r}: only 'numpy' is there yet")


def check_differentiable(value: Any, name: str) -> None:
    """Check that an argument is made of real or complex floating-point numbers.

    Raises:
        TypeError: it is an integer, a string or the like, or a container whose items are made when asked for.
    """
    if isinstance(value, bool | int | np.integer | np.bool_) or (
        is_array(value) and value.dtype.kind in "biu"
    ):
        kind = f"an array of {value.dtype}" if is_array(value) else f"{type(value).__name__} {value!r}"
        raise TypeError(f"cannot differentiate with respect to {name}: it is {kind}; pass floating-point numbers")
    if is_array(value) and value.dtype.kind not in "fc":
        raise TypeError(f"cannot differentiate with respect to {name}: it is an array of dtype {value.dtype}")
    refuse_foreign(value, name)
    own = _container_of_its_own(value, set())
    if own is not None:
        raise TypeError(
            f"cannot differentiate with respect to {name}: it holds a {own.__name__}, a {own.__mro__[1].__name__} that "
            "finds its items in a way of its own; pass a plain tuple, list or dict of them"
        )
    if not _has_float(value):
        raise TypeError(f"cannot differentiate with respect to {name}: there is no floating-point number in {value!r}")


_ACCESS = ("__getitem__", "__iter__", "__len__")


def _container_of_its_own(value: Any, seen: set[int]) -> type | None:
    """Return the class of a tuple, list or dict in ``value`` whose items are found by Python code of its class."""
    if not isinstance(value, tuple | list | dict) or id(value) in seen:
        return None
    seen.add(id(value))
    cls = type(value)
    if cls not in (tuple, list, dict) and any(isinstance(getattr(cls, name), FunctionType) for name in _ACCESS):
        return cls
    items = dict.values(value) if isinstance(value, dict) else value
    return next((own for item in items if (own := _container_of_its_own(item, seen)) is not None), None)


def refuse_foreign(value: Any, name: str) -> None:
    """Raise TypeError for an array that is not NumPy's: the helpers of generated code make and expect NumPy arrays."""
    package = type(value).__module__.partition(".")[0]
    if is_carried(type(value)):
        return
    if package in _FOREIGN and hasattr(value, "dtype"):
        raise TypeError(
            f"cannot differentiate with respect to {name or 'an argument'}: it is a {package} {type(value).__name__}, "
            f"and generated code works on NumPy arrays; {_FOREIGN[package]}"
        )


def refuse_carried(values: Any) -> None:
    """Raise TypeError for arrays that are not NumPy's, also for those that gradients carry."""
    cls = _carried_class(values)
    if cls is not None:
        package = cls.__module__.partition(".")[0]
        known = "`grad`, `value_and_grad`, `vjp`, `jvp` and `hvp`"
        raise TypeError(f"only {known} take arrays of {package}: pass `.get()` of them")


def of_class_of(ct: Any, output: Any) -> Any:
    """Return a cotangent of an array that is not NumPy's as one of its class: a number becomes an array.

    Raises:
        TypeError: it is an array of another class.
    """
    if ct is None or type(ct) is type(output):
        return ct
    if isinstance(ct, int | float | complex | np.number) and np.ndim(output) == 0:
        return np.full_like(output, ct)
    package = type(output).__module__.partition(".")[0]
    raise TypeError(f"the output is an array of {package}, and its cotangent must be one too, not {type(ct).__name__}")


def _carried_class(value: Any) -> type | None:
    if is_carried(type(value)):
        return type(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return next((cls for item in value if (cls := _carried_class(item)) is not None), None)
    return None


def _has_float(value: Any) -> bool:
    if isinstance(value, float | complex | np.inexact):
        return True
    if is_array(value):
        return bool(value.dtype.kind in "fc")
    if isinstance(value, tuple | list):
        return any(map(_has_float, value))
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return has_attributes(value) and any(map(_has_float, attributes(value).values()))


def check_sharing(values: list[Any], written: list[int]) -> None:
    """Check that no argument that the function writes to shares memory with another.

    Args:
        values: The arguments, and the globals that the function reads.
        written: The positions of those that it writes to.

    Raises:
        ValueError: one does.
    """
    parts: list[tuple[int, Any]] = []
    seen: set[int] = set()
    for number, value in enumerate(values):
        _collect_memory(value, number, parts, seen)
    for place, (number, part) in enumerate(parts):
        if number in written:
            for other_place, (_, other) in enumerate(parts):
                if other_place != place:
                    distinct(part, other)
                    if is_carried(type(part)) and is_carried(type(other)) and np.may_share_memory(part, other):
                        raise ValueError(
                            "two arguments share memory, and the function writes to one of them: pass copies"
                        )


def _collect_memory(value: Any, number: int, found: list[tuple[int, Any]], seen: set[int]) -> None:
    """Find all arrays, lists and dicts in an argument; an object that is reached twice is looked at once."""
    if is_array(value):
        found.append((number, value))
        return
    inner: Iterable[Any] = ()
    if isinstance(value, list | dict):
        found.append((number, value))
        inner = value.values() if isinstance(value, dict) else value
    elif isinstance(value, tuple):
        inner = value
    elif has_attributes(value):
        inner = attributes(value).values()
        found.append((number, value))
    else:
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    for item in inner:
        _collect_memory(item, number, found, seen)


def is_differentiable(value: Any) -> bool:
    """Tell whether an argument has a derivative: see :func:`check_differentiable`."""
    refuse_foreign(value, "")
    try:
        check_differentiable(value, "")
    except TypeError:
        return False
    return True


def is_changeable(value: Any) -> bool:
    """Tell whether ``value`` is an instance of a class that a class statement made, whose attributes may change."""
    return bool(type(value).__flags__ & _MADE_BY_PYTHON) and not isinstance(value, type) and has_attributes(value)


def kept(value: Any) -> Any:
    """Return a copy of an argument, so that changes by the caller or by the function itself do not matter."""
    if isinstance(value, np.ndarray):
        return copy_in_layout(value)
    if is_carried(type(value)):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(kept, value))
    if type(value) is dict:
        return {key: kept(item) for key, item in value.items()}
    if is_changeable(value):
        try:
            return copy.deepcopy(value)
        except (TypeError, ValueError, copy.Error):  # it holds a file, a lock or the like
            return value
    return value
