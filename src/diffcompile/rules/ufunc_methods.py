"""Methods of ufuncs: sums over segments by a rule, everything else as the loop that it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import UFUNC_METHODS, Sample, adjoint, linear, sample
from diffcompile.rules.sampling import normal


def _segments() -> list[Sample]:
    return [
        sample(normal(6), [0, 2, 5]),
        sample(normal(6), np.array([3, 1, 1, 4])),
        sample(normal(3, 6), [0, 3], axis=1),
        sample(normal(6, 2), [2, 4]),
        sample(normal(6, dtype=np.float32), [0, 4]),
    ]


@adjoint(np.add.reduceat, samples=_segments)
def _add_reduceat(ct: Any, y: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Any:
    return (runtime.reduceat_adjoint(ct, np.shape(array), indices, axis),)


def _spread_samples() -> list[Sample]:
    return [
        sample(normal(3), (6,), [0, 2, 5], 0),
        sample(normal(4), (6,), np.array([3, 1, 1, 4]), 0),
        sample(normal(3, 2), (3, 6), [0, 3], 1),
        sample(normal(2, dtype=np.float32), (6,), [0, 4], 0),
    ]


@adjoint(runtime.reduceat_adjoint, samples=_spread_samples)
def _reduceat_adjoint(bar: Any, y: Any, ct: Any, shape: Any, indices: Any, axis: Any) -> Any:
    return (np.add.reduceat(bar, indices, axis),)


linear(runtime.reduceat_adjoint, names="ct")


def reduce(
    ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    """Return ``ufunc.reduce(array, axis)``, item after item."""
    array = np.asarray(array, dtype)
    axes = axis
    if axis is None or np.ndim(array) == 0:
        axes = tuple(range(np.ndim(array)))
    if not isinstance(axes, tuple):
        axes = (axes,)
    items = _behind(array, axes)
    start = ufunc.identity if initial is None else initial
    if where is not True:
        chosen = _behind(np.broadcast_to(where, np.shape(array)), axes)
        total = np.broadcast_to(start, np.shape(items)[1:])
        for k in range(len(items)):
            total = np.where(chosen[k], ufunc(total, items[k]), total)
    elif len(items) == 0:
        total = np.broadcast_to(np.asarray(start, array.dtype), np.shape(items)[1:])
    else:
        total = items[0] if initial is None else ufunc(start, items[0])
        for k in range(1, len(items)):
            total = ufunc(total, items[k])
    return np.expand_dims(total, axes) if keepdims else total


def _behind(array: Any, axes: Any) -> Any:
    """Return an array whose first axis goes over all items along some axes of another."""
    moved = np.moveaxis(array, axes, tuple(range(len(axes))))
    shape = np.shape(moved)
    return np.reshape(moved, (math.prod(shape[: len(axes)]),) + shape[len(axes) :])  # noqa: RUF005 - a shape is known


def accumulate(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None) -> Any:
    """Return ``ufunc.accumulate(array, axis)``, item after item."""
    array = np.asarray(array, dtype)
    if np.size(array) == 0:
        return np.copy(array)
    items = np.moveaxis(array, axis, 0)
    totals = [items[0]]
    for k in range(1, len(items)):
        totals.append(ufunc(totals[k - 1], items[k]))
    return np.stack(totals, axis)


def reduceat(ufunc: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Any:
    """Return ``ufunc.reduceat(array, indices, axis)``, segment after segment."""
    items = np.moveaxis(np.asarray(array, dtype), axis, 0)
    totals = []
    for k in range(len(indices)):
        stop = len(items)
        if k + 1 < len(indices):
            stop = indices[k + 1]
        total = items[indices[k]]
        for j in range(indices[k] + 1, stop):
            total = ufunc(total, items[j])
        totals.append(total)
    return np.stack(totals, axis)


def at(ufunc: Any, a: Any, indices: Any, *given: Any) -> None:
    """Do ``ufunc.at(a, indices, b)``, item after item; a function of one argument has no ``b``."""
    places = runtime.places(np.shape(a), indices)
    flat = a.flatten()
    if len(given) == 0:
        for k in range(len(places)):
            flat[places[k]] = ufunc(flat[places[k]])
    else:
        values = np.ravel(np.broadcast_to(np.copy(given[0]), runtime.selected_shape(np.shape(a), indices)))
        for k in range(len(places)):
            flat[places[k]] = ufunc(flat[places[k]], values[k])
    a[...] = np.reshape(flat, np.shape(a))


LEFT_TO_RIGHT = {
    np.subtract, np.divide, np.hypot, np.fmod, np.remainder, np.logaddexp, np.logaddexp2, np.float_power, np.fmax,
    np.fmin, np.multiply, np.add, np.maximum, np.minimum,
}  # fmt: skip
"""Ufuncs that reduce item after item. NumPy's ``power`` and ``arctan2`` do not: ``np.power.reduce([2, 3, 2])`` is 4."""

UFUNC_METHODS.update(reduce=reduce, accumulate=accumulate, reduceat=reduceat, at=at)
