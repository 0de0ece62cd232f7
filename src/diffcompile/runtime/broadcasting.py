"""Cotangents of operands that were broadcast, and of what was cast to another dtype."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def unbroadcast(ct: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``ct`` over the axes along which an operand of ``shape`` was broadcast to the shape of ``ct``."""
    ct_shape = np.shape(ct)
    if ct_shape == shape:
        return ct
    lead = len(ct_shape) - len(shape)
    stretched = tuple(lead + k for k, n in enumerate(shape) if n == 1 and ct_shape[lead + k] != 1)
    return np.reshape(np.sum(ct, axis=(*range(lead), *stretched)), shape)


def unbroadcast_each(cts: Sequence[Any], arrays: Sequence[Any]) -> tuple[Any, ...]:
    """Return the cotangents of the arguments of ``np.broadcast_arrays``."""
    return tuple(unbroadcast(ct, np.shape(array)) for ct, array in zip(cts, arrays, strict=True))


def as_cotangent(ct: Any, x: Any) -> Any:
    """Return ``ct`` in the structure, shape and dtype of ``x``: the adjoint of a conversion.

    Raises:
        UnsupportedError: ``x`` is an object whose class says what it is as a number.
    """
    if isinstance(x, (list, tuple)):
        parts = [as_cotangent(ct[i], part) for i, part in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, (int, float)) and not isinstance(x, np.generic):
        return float(np.real(np.reshape(ct, ())))
    if isinstance(ct, float) and np.shape(x) == () and not isinstance(x, np.ndarray | np.generic):
        if not hasattr(x, "dtype") and isinstance(getattr(type(x), "__float__", None), types.FunctionType):
            raise _own_conversion(x)
        return ct  # it stands for an array without axes
    try:
        dtype = np.result_type(x)
    except TypeError:
        raise _own_conversion(x) from None
    if not np.issubdtype(dtype, np.inexact):
        dtype = np.dtype(float)
    if np.iscomplexobj(ct) and not np.issubdtype(dtype, np.complexfloating):
        ct = np.real(ct)
    shaped = np.reshape(ct if hasattr(ct, "astype") else np.asarray(ct), np.shape(x)).astype(dtype, copy=False)
    return shaped[()] if isinstance(x, np.generic) else shaped


def _own_conversion(x: Any) -> UnsupportedError:
    return UnsupportedError(
        f"a conversion of a {type(x).__name__}, of which nothing was known when the code was compiled",
        why="what its class makes of it is only known at run time",
        advice="keep the object in a variable of its own, or call a method of it",
    )


def cast_adjoint(ct: Any, y: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` for ``y = x.astype(dtype)``: 0 where the cast went to integers.

    Raises:
        TypeError: it went to objects, records or text, which carry no cotangents.
    """
    kind = np.result_type(y).kind
    if kind not in "fciub":
        raise TypeError(f"an array of dtype {np.result_type(y)} carries no derivative: use an array of floats")
    return as_cotangent(ct if kind in "fc" else np.zeros(np.shape(x)), x)


def any_broadcast(condition: Any, shape: tuple[int, ...], smaller: tuple[int, ...]) -> Any:
    """Return where an array of shape ``smaller`` meets a true item of ``condition``, both broadcast to ``shape``."""
    whole = np.broadcast_to(condition, shape)
    lead = len(shape) - len(smaller)
    stretched = tuple(lead + k for k, n in enumerate(smaller) if n == 1 and shape[lead + k] != 1)
    return np.reshape(np.any(whole, axis=(*range(lead), *stretched)), smaller)


def marked(shape: tuple[int, ...], index: Any) -> Any:
    """Return where ``index`` points in an array of this shape."""
    places = np.zeros(shape, bool)
    places[index] = True
    return places
