"""Cotangents of values of any structure: zeros, sums, and the shapes of their primals."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from diffcompile.dynamic.lost import LOST
from diffcompile.dynamic.structures import (
    SlotFields,
    _record_names,
    attributes,
    class_data,
    computes,
    has_attributes,
    own,
    own_operators,
    parts_like,
    parts_of,
    twin_of,
    zeros_in_layout,
)
from diffcompile.errors import UnsupportedError


def zeros_like(x: Any) -> Any:
    """Return a zero cotangent for ``x``: an array of zeros, 0.0, or a mutable structure of these.

    Tuples become lists, so that items can be accumulated; what carries no derivative becomes None.

    Raises:
        UnsupportedError: ``x`` is an object that holds itself.
    """
    if x is LOST:
        return 0.0
    if isinstance(x, np.ndarray):
        return zeros_in_layout(x)
    if isinstance(x, list | tuple):
        return [zeros_like(item) for item in x]
    if isinstance(x, dict):
        return {key: zeros_like(item) for key, item in x.items()}
    if isinstance(x, np.flatiter):
        return np.zeros_like(x)
    cls: Any = type(x)
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return parts_of(x, {name: zeros_like(getattr(x, name)) for name in (*class_data(cls), *_record_names(x))})
    if isinstance(x, float | complex | int | np.number):
        return 0.0
    if isinstance(x, SlotFields):
        return {name: zeros_like(value) for name, value in x.items()}
    if has_attributes(x):
        try:
            held = {name: getattr(x, name) for name in class_data(cls)}
            return parts_of(x, {name: zeros_like(value) for name, value in {**held, **attributes(x)}.items()})
        except RecursionError:
            raise UnsupportedError(
                f"a {type(x).__name__} that holds itself is differentiated",
                why="its cotangent would have no end",
                advice="keep the reference to itself, or the function that sees its own variables, somewhere else",
            ) from None
    return None


def slots_like(x: Any) -> Any:
    """Return zero cotangents for the parts of a container ``x``: like :func:`zeros_like`, but None for an array."""
    if isinstance(x, np.ndarray):
        return None
    if isinstance(x, list | tuple):
        return [slots_like(item) for item in x]
    if isinstance(x, dict):
        return {key: slots_like(item) for key, item in x.items()}
    return zeros_like(x)


def add(x_bar: Any, ct: Any) -> Any:
    """Return the sum of two cotangents of the same value; None and 0.0 are zero for every structure."""
    if x_bar is None or (isinstance(x_bar, float) and x_bar == 0.0 and not isinstance(ct, float)):
        return ct
    if ct is None:
        return x_bar
    if isinstance(x_bar, list | tuple):
        if isinstance(ct, float) and ct == 0.0:
            return x_bar
        return [add(mine, theirs) for mine, theirs in zip(x_bar, ct, strict=True)]
    if isinstance(x_bar, dict):
        if isinstance(ct, float) and ct == 0.0:
            return x_bar
        if not isinstance(ct, dict):
            raise UnsupportedError(
                "the class of an object says what an operation makes of it, and the object is differentiated",
                why="of the object nothing is known when the code is compiled",
                advice="keep the object in a variable of its own, or call a method of it",
            )
        return parts_like(x_bar, {key: add(x_bar.get(key), ct.get(key)) for key in {**x_bar, **ct}})
    return x_bar + ct


def match(ct: Any, x: Any) -> Any:
    """Return ``ct`` with the shape and dtype of ``x``, summed over the axes along which ``x`` was broadcast."""
    if ct is None:
        return 0.0 if x is None else zeros_like(x)  # None stands for a variable that is not bound yet
    if isinstance(x, list | tuple):
        if isinstance(ct, list | tuple):
            check_operators(x)
            if len(ct) != len(x):
                raise UnsupportedError(
                    "an operator joined or repeated lists that were only known to be lists when it ran",
                    advice="use `extend`, or a display such as [*left, *right]",
                )
            return ct
        x = np.asarray(x)
    elif isinstance(ct, list | tuple):
        ct = np.asarray(ct)  # of the items of an array
    if (isinstance(ct, dict) and not isinstance(x, dict)) or computes(x):
        raise _operator_of(x)
    shape = np.shape(x)
    if np.shape(ct) != shape:
        ct = np.asarray(ct)
        if ct.size == np.size(x):  # nothing was broadcast: of `x.flat = y` the shapes differ
            ct = ct.reshape(shape)
        extra = ct.ndim - len(shape)
        if extra > 0:
            ct = ct.sum(axis=tuple(range(extra)))
        stretched = tuple(
            axis for axis, size in enumerate(shape) if size == 1 and ct.ndim > axis and ct.shape[axis] != 1
        )
        if stretched and ct.ndim == len(shape):
            ct = ct.sum(axis=stretched, keepdims=True)
        if ct.shape != shape:
            ct = np.broadcast_to(ct, shape)
    if isinstance(x, float):
        ct = ct[()] if isinstance(ct, np.ndarray) else ct
        return ct.real if isinstance(ct, complex | np.complexfloating) else ct
    dtype = getattr(x, "dtype", None)
    ct_dtype = getattr(ct, "dtype", None)
    if dtype is not None and dtype.kind in "fc" and ct_dtype is not None and ct_dtype != dtype:
        if dtype.kind == "f" and ct_dtype.kind == "c":
            ct = ct.real
        return ct.astype(dtype)
    return ct


def check_operators(x: Any) -> None:
    """Refuse a list or a tuple whose class has operators of its own: what they do to its cotangent is not known.

    Raises:
        UnsupportedError: it has.
    """
    cls: Any = type(x)
    if cls not in (list, tuple) and own_operators(cls):
        raise _operator_of(x)


def check_operand(x: Any) -> None:
    """Refuse an object whose class says what an operator makes of it, where a number was expected.

    Raises:
        UnsupportedError: it is one.
    """
    if computes(x):
        raise _operator_of(x)


def _operator_of(x: Any) -> UnsupportedError:
    return UnsupportedError(
        f"an operator of a {type(x).__name__}, of which nothing was known when the code was compiled",
        why="what its class makes of it is only known at run time",
        advice="keep the object in a variable of its own, or call a method of it",
    )


def settle(ct: Any, x: Any) -> Any:
    """Return ``ct``, or zeros in the structure of ``x`` where 0.0 stands for these."""
    if isinstance(ct, float) and ct == 0.0 and not isinstance(x, float):
        zeros = zeros_like(x)
        return ct if zeros is None else zeros  # a date has none
    return ct


def gradient(x_bar: Any, x: Any) -> Any:
    """Return the cotangent of an argument as the caller expects it: the structure, shapes and dtypes of ``x``."""
    if isinstance(x, np.ndarray):
        if x_bar is None:
            return np.zeros_like(x)
        if type(x_bar) is np.ndarray and x_bar.shape == x.shape and x_bar.dtype == x.dtype:
            return x_bar if x_bar.flags.writeable and x_bar.base is None else x_bar.copy()
        return np.array(match(x_bar, x), dtype=x.dtype)
    if isinstance(x, float | int):
        if x_bar is None:
            return 0.0
        if isinstance(x, np.generic):  # a float64 is a float
            return type(x)(x_bar)
        scalar: Any = np.asarray(x_bar)
        return scalar.dtype.type(scalar.reshape(())[()]).item()
    if isinstance(x, complex | np.number):
        number: Any = type(x)
        return number(0.0 if x_bar is None else x_bar)
    return _structure(x_bar, x)


def _structure(x_bar: Any, x: Any) -> Any:
    if isinstance(x, tuple | list):
        bars = [None] * len(x) if x_bar is None or isinstance(x_bar, float) else x_bar
        parts = [gradient(bar, item) for bar, item in zip(bars, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        bars = x_bar if isinstance(x_bar, dict) else {}
        return {key: gradient(bars.get(key), item) for key, item in x.items()}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        bars = x_bar if isinstance(x_bar, dict) else {}
        record = twin_of(x)
        for name in _record_names(x):  # past `__init__` and `__setattr__`: some fields are not for them
            object.__setattr__(record, name, gradient(bars.get(name), getattr(x, name)))
        return record
    if has_attributes(x) and x_bar is not None:
        twin = twin_of(x)
        for name, value in attributes(x).items():
            object.__setattr__(twin, name, gradient(x_bar.get(name), value))
        return twin
    return None


def loose(x_bar: Any) -> Any:
    """Return a gradient as the cotangent that it came from: with dicts in place of objects."""
    if isinstance(x_bar, float | np.ndarray):
        return x_bar
    if isinstance(x_bar, list | tuple):
        return [loose(item) for item in x_bar]
    if isinstance(x_bar, dict):
        return {key: loose(item) for key, item in x_bar.items()}
    if has_attributes(x_bar):
        return {name: loose(value) for name, value in attributes(x_bar).items()}
    return x_bar


def scalar_output(y: Any) -> Any:
    """Return ``y`` if it is a real number; raise TypeError otherwise, as a gradient needs one."""
    dtype = y.dtype if hasattr(y, "dtype") else np.asarray(y).dtype
    if np.shape(y) != () or not np.issubdtype(dtype, np.floating):
        what = f"an array of shape {np.shape(y)}" if np.shape(y) else f"{type(y).__name__}"
        raise TypeError(
            f"grad needs a function that returns one real number, but it returned {what}; use vjp, or reduce the result"
        )
    return y


def share(bar: Any, part: Any) -> Any:
    """Return what of the cotangent ``bar`` of a sum belongs to ``part``, which None and 0.0 say is zero."""
    if part is None:
        return None
    if isinstance(part, np.ndarray | np.generic | float | complex):
        return match(bar, part) if isinstance(bar, np.ndarray | np.generic | float | complex) else 0.0
    return bar


def own_share(bar: Any, part: Any) -> Any:
    """Return :func:`share` in memory of its own."""
    return own(share(bar, part))


def together(bar: Any) -> Any:
    """Return a nested list of cotangents as one array."""
    return np.asarray(bar) if isinstance(bar, list | tuple) else bar
