"""Adjoints of functions that move elements: the same elements in another order or shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError
from diffcompile.runtime.repeating import scatter_add


def inverse_permutation(axes: Sequence[int]) -> tuple[int, ...]:
    """Return the permutation of axes that undoes ``np.transpose(a, axes)``."""
    rank = len(axes)
    inverse = [0] * rank
    for place, axis in enumerate(axes):
        inverse[axis % rank] = place
    return tuple(inverse)


def diagonal_adjoint(ct: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return zeros of ``shape`` with ``ct`` on the diagonal that ``np.diagonal`` reads."""
    bar = np.zeros(shape, np.result_type(ct))
    diagonal = np.diagonal(bar, offset, axis1, axis2)
    diagonal.flags.writeable = True
    diagonal[...] = ct
    return bar


def reshape_adjoint(ct: Any, a: Any, order: Any) -> Any:
    """Return ``ct`` in the shape of ``a``, which ``reshape`` or ``ravel`` read in ``order``."""
    if order in ("A", "K"):
        flags = np.asarray(a).flags
        if order == "K" and not flags.forc:
            raise UnsupportedError("order='K' has no derivative here for arrays that are not contiguous")
        order = "F" if flags.fnc else "C"
    return np.reshape(np.ravel(ct, order), np.shape(a), order)


def reshape_each(cts: Sequence[Any], arrays: Sequence[Any]) -> tuple[Any, ...]:
    """Return each cotangent in the shape of its array."""
    return tuple(np.reshape(ct, np.shape(array)) for ct, array in zip(cts, arrays, strict=True))


def rollaxis_adjoint(ct: Any, axis: int, start: int) -> Any:
    """Move back the axis that ``np.rollaxis`` moved in front of the axis ``start``."""
    rank = np.ndim(ct)
    axis %= rank
    start = start + rank if start < 0 else start
    return np.moveaxis(ct, start - 1 if axis < start else start, axis)


def meshgrid_adjoint(cts: Sequence[Any], xi: Sequence[Any], indexing: str) -> tuple[Any, ...]:
    """Return the cotangents of the coordinates of ``np.meshgrid``, sparse or not."""
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = reversed(places[:2])
    bars = []
    for ct, x, place in zip(cts, xi, places, strict=True):
        others = tuple(k for k in range(np.ndim(ct)) if k != place)
        bars.append(np.reshape(np.sum(ct, axis=others), np.shape(x)))
    return tuple(bars)


def resize_adjoint(ct: Any, shape: tuple[int, ...]) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.resize`` repeated to the shape of ``ct``."""
    size = math.prod(shape)
    if size == 0:
        return np.zeros(shape, np.result_type(ct))
    return scatter_add(ct, np.arange(np.size(ct)) % size, shape)
