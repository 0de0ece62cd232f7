"""Cotangents where arrays are not NumPy's: like :mod:`diffcompile.dynamic.cotangents`, but of the arrays' own class.

Nothing here turns an array into one of NumPy's. The cotangent of a number of Python's is a number of Python's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.dynamic.cotangents import add
from diffcompile.errors import UnsupportedError
from diffcompile.owners import is_carried


def carried_match(ct: Any, x: Any) -> Any:
    """Return ``ct`` with the shape and dtype of ``x``, summed over the axes along which ``x`` was broadcast."""
    if x is None or isinstance(x, list | tuple | dict | np.ndarray):
        raise _unknown(x)
    if ct is None:
        return carried_zeros(x)
    if is_carried(type(x)) and not is_carried(type(ct)):
        if isinstance(ct, np.ndarray):
            raise _unknown(ct)
        ct = ct.real if x.dtype.kind != "c" else ct
        return np.full_like(x, ct, dtype=None if x.dtype.kind in "fc" else float)
    shape = np.shape(x)
    if np.shape(ct) != shape:
        extra = np.ndim(ct) - len(shape)
        if extra > 0:
            ct = np.sum(ct, axis=tuple(range(extra)))
        stretched = tuple(axis for axis, size in enumerate(np.shape(ct)) if size != 1 and shape[axis] == 1)
        if stretched:
            ct = np.sum(ct, axis=stretched, keepdims=True)
        if np.shape(ct) != shape:
            ct = np.broadcast_to(ct, shape)
    if not is_carried(type(x)):
        if np.iscomplexobj(ct) and not isinstance(x, complex | np.complexfloating):
            ct = ct.real
        return complex(ct) if np.iscomplexobj(ct) else float(ct)
    if is_carried(type(ct)) and ct.dtype != x.dtype and x.dtype.kind in "fc":
        ct = ct.real if x.dtype.kind == "f" and ct.dtype.kind == "c" else ct
        return ct.astype(x.dtype)
    return ct


def carried_tangent(x_dot: Any, x: Any) -> Any:
    """Return the tangent ``x_dot`` of ``x`` with its shape and dtype; what is real has a real tangent."""
    if isinstance(x, np.ndarray) or isinstance(x_dot, np.ndarray):
        raise _unknown(x if isinstance(x, np.ndarray) else x_dot)
    if not is_carried(type(x)):
        return x_dot.item() if is_carried(type(x_dot)) else x_dot
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
    if not is_carried(type(x_dot)):
        return np.full_like(x, x_dot if dtype.kind == "c" else x_dot.real, dtype=dtype)
    if x_dot.dtype.kind == "c" and dtype.kind != "c":
        x_dot = x_dot.real
    if x_dot.shape != x.shape:
        x_dot = np.broadcast_to(x_dot, x.shape)
    return x_dot if x_dot.dtype == dtype else x_dot.astype(dtype)


def carried_no_tangent(x: Any) -> Any:
    """Return a zero tangent for ``x``, in its structure: tuples stay tuples."""
    if isinstance(x, tuple):
        parts = list(map(carried_no_tangent, x))
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return carried_zeros(x)


def carried_shadow(x_dot: Any, x: Any) -> Any:
    """Return the tangent of ``x``, which will be written to, in memory of its own."""
    if type(x) in (list, tuple):
        if x_dot is None or isinstance(x_dot, float):
            x_dot = carried_no_tangent(x)
        return type(x)(carried_shadow(part_dot, part) for part_dot, part in zip(x_dot, x, strict=True))
    if not is_carried(type(x)):
        return carried_copy(x_dot)
    zeros = carried_zeros(x)
    if x_dot is not None:
        zeros[...] = carried_tangent(x_dot, x)
    return zeros


def carried_spread(ct: Any, shape: tuple[int, ...], like: Any) -> Any:
    """Return ``ct``, a number or an array, broadcast to ``shape``, as an array of the class of ``like``."""
    return np.broadcast_to(ct, shape) if is_carried(type(ct)) else np.full_like(like, ct, shape=shape)


def carried_zeros(x: Any) -> Any:
    """Return a zero cotangent for ``x``: an array, 0.0, or a mutable structure of these."""
    if is_carried(type(x)):
        return np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
    if isinstance(x, list | tuple):
        return [carried_zeros(item) for item in x]
    if isinstance(x, dict):
        return {key: carried_zeros(item) for key, item in x.items()}
    if isinstance(x, float | complex | int | np.number):
        return 0.0
    if x is None or isinstance(x, str):
        return None
    raise _unknown(x)


def carried_gradient(x_bar: Any, x: Any) -> Any:
    """Return the cotangent of an argument as the caller expects it: the structure, shapes and dtypes of ``x``."""
    if is_carried(type(x)):
        if x_bar is None:
            return np.zeros_like(x)
        if not is_carried(type(x_bar)):
            return np.full_like(x, float(x_bar))
        return carried_match(x_bar, x).copy()
    if isinstance(x, list | tuple):
        bars = [None] * len(x) if x_bar is None or isinstance(x_bar, float) else x_bar
        parts = [carried_gradient(bar, item) for bar, item in zip(bars, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        bars = x_bar if isinstance(x_bar, dict) else {}
        return {key: carried_gradient(bars.get(key), item) for key, item in x.items()}
    if isinstance(x, float | np.floating):
        return type(x)(0.0 if x_bar is None else float(x_bar))
    if isinstance(x, complex | np.complexfloating):
        return type(x)(0.0 if x_bar is None else complex(x_bar))
    if x is None or isinstance(x, str | int | np.integer):
        return None if not isinstance(x, int | np.integer) or isinstance(x, bool) else 0.0
    raise _unknown(x)


def carried_add(x_bar: Any, ct: Any) -> Any:
    """Return the sum of two cotangents of the same value; None and 0.0 are zero for every structure."""
    return add(x_bar, ct)


def carried_slots(x: Any) -> Any:
    """Return zero cotangents for the parts of a container ``x``, with None for an array."""
    if is_carried(type(x)):
        return None
    if isinstance(x, list | tuple):
        return [carried_slots(item) for item in x]
    if isinstance(x, dict):
        return {key: carried_slots(item) for key, item in x.items()}
    return carried_zeros(x)


def carried_settle(ct: Any, x: Any) -> Any:
    """Return ``ct``, or zeros in the structure of ``x`` where 0.0 stands for these."""
    return carried_zeros(x) if isinstance(ct, float) and ct == 0.0 and not isinstance(x, float) else ct


def carried_add_item(x_bar: Any, index: Any, ct: Any) -> None:
    """Do ``x_bar[index] += ct`` where ``index`` may name an item twice."""
    if is_carried(type(x_bar)):
        np.add.at(x_bar, index, ct)
    elif isinstance(x_bar, list | dict):
        x_bar[index] = _filled(x_bar[index], ct)
    else:
        raise _unknown(x_bar)


def _filled(slot: Any, ct: Any) -> Any:
    """Return the sum of what is in a slot and ``ct``; an empty slot gets a copy, as nothing else may refer to it."""
    if slot is None:
        return None if ct is None else carried_copy(ct)
    if isinstance(slot, list) and isinstance(ct, list | tuple):
        return [_filled(mine, theirs) for mine, theirs in zip(slot, ct, strict=True)]
    if isinstance(slot, dict) and isinstance(ct, dict):
        return {**slot, **{key: _filled(slot.get(key), item) for key, item in ct.items()}}
    return add(slot, ct)


def carried_copy(x: Any) -> Any:
    """Return a copy of an argument that the function may write to."""
    if is_carried(type(x)):
        return x.copy()
    if type(x) in (list, tuple):
        return type(x)(map(carried_copy, x))
    if type(x) is dict:
        return {key: carried_copy(item) for key, item in x.items()}
    if x is None or isinstance(x, str | bool | int | float | complex | np.number):
        return x
    raise _unknown(x)


def _unknown(x: Any) -> UnsupportedError:
    return UnsupportedError(
        f"a {type(x).__module__.partition('.')[0]} {type(x).__name__} among arrays that are not NumPy's",
        why="what it stands for is only known at run time",
        advice="pass arrays, numbers, and lists, tuples and dicts of these",
    )
