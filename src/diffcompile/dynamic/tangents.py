"""Tangents of values of any structure."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from diffcompile.dynamic.structures import (
    attributes,
    has_attributes,
    moved,
    moved_tuple,
    own,
    zeros_in_layout,
)
from diffcompile.errors import UnsupportedError

NUMBERS_AND_DATA = (float, complex, int, np.number, datetime.date, datetime.timedelta, str)
"""What has a number as its tangent: values of unknown type are added up, and so are their tangents."""


def no_tangent(x: Any) -> Any:
    """Return a zero tangent for ``x``, in its structure: tuples stay tuples, objects have attributes."""
    if isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
    if isinstance(x, NUMBERS_AND_DATA):
        return 0.0
    return _mapped(no_tangent, x)


def _mapped(function: Any, x: Any, *others: Any) -> Any:
    """Apply ``function`` to the parts of a structure, and of others like it; None for what has no parts."""
    if isinstance(x, list | tuple):
        parts = [function(*items) for items in zip(x, *others, strict=True)]
        return moved_tuple(type(x))(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: function(item, *(other[key] for other in others)) for key, item in x.items()}
    if has_attributes(x):
        return moved(type(x), {
            name: function(value, *(getattr(other, name) for other in others))
            for name, value in attributes(x).items()
        })
    return None


def tangent(x_dot: Any, x: Any) -> Any:
    """Return the tangent ``x_dot`` of ``x`` with its shape and dtype; what is real has a real tangent."""
    shape = np.shape(x)
    if np.iscomplexobj(x_dot) and not np.iscomplexobj(x):
        x_dot = np.real(x_dot)
    if np.shape(x_dot) != shape:
        x_dot = np.broadcast_to(x_dot, shape)
    dtype = getattr(x, "dtype", None)
    if dtype is not None and dtype.kind in "biu":
        return np.zeros(shape)  # a cast to whole numbers, whose dtype was not known when the code was made
    if dtype is not None and dtype.kind in "fc" and getattr(x_dot, "dtype", dtype) != dtype:
        x_dot = x_dot.astype(dtype)
    return x_dot


def checked_tangent(x_dot: Any, x: Any) -> Any:
    """Return ``x_dot``, the tangent of ``x``, in its dtype; raise ValueError where its shape is another one."""
    if isinstance(x, list | tuple | dict) or has_attributes(x):
        return x_dot
    if np.shape(x_dot) != np.shape(x):
        raise ValueError(f"a tangent has shape {np.shape(x_dot)}, its primal {np.shape(x)}")
    return tangent(x_dot, x)


def shadow(x_dot: Any, x: Any) -> Any:
    """Return the tangent of ``x``, which will be written to, in memory of its own that is laid out as ``x`` is."""
    if type(x) in (list, tuple):
        if x_dot is None or isinstance(x_dot, float):
            x_dot = no_tangent(x)
        return type(x)(shadow(part_dot, part) for part_dot, part in zip(x_dot, x, strict=True))
    if not isinstance(x, np.ndarray):
        return own(x_dot)
    if x_dot is None:
        return zeros_in_layout(x)
    result = zeros_in_layout(x)
    result[...] = x_dot if np.iscomplexobj(result) else np.real(x_dot)
    return result


def check_same_sharing(view: Any, base: Any, view_dot: Any, base_dot: Any) -> None:
    """Raise where a reshaped array shares memory with its base, and its tangent does not, or the other way round.

    Raises:
        UnsupportedError: the layouts of an array and of its tangent differ.
    """
    if np.may_share_memory(view, base) != np.may_share_memory(view_dot, base_dot):
        raise UnsupportedError(
            "an array that is written to is laid out in memory in another way than its tangent, and reshaped",
            advice="copy it first: np.reshape(x.copy(), ...)",
        )
