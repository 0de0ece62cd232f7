"""Positions: where NumPy's functions that write to an array put things, and sums over segments."""

from __future__ import annotations

from typing import Any

import numpy as np


def places(shape: tuple[int, ...], index: Any) -> Any:
    """Return the positions in the flattened array of what ``index`` selects, in order."""
    return np.ravel(np.reshape(np.arange(np.prod(shape, dtype=int)), shape)[index])


def selected_shape(shape: tuple[int, ...], index: Any) -> tuple[int, ...]:
    """Return the shape of what ``index`` selects from an array of ``shape``."""
    return np.shape(np.broadcast_to(0, shape)[index])


def put_places(size: int, ind: Any, mode: str, values: int) -> Any:
    """Return the positions to which ``np.put`` writes in a flattened array of ``size``, in an array of their own.

    Truth values are the positions 0 and 1, as NumPy has it; without ``values``, nothing is written.
    """
    found = np.ravel(ind if values else []).astype(np.intp, casting="same_kind" if values else "unsafe")
    if mode == "wrap":
        return found % size
    return np.clip(found, 0, size - 1) if mode == "clip" else found


def along_axis_index(indices: Any, shape: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """Return the index that selects what ``np.take_along_axis(x, indices, axis)`` takes from ``x`` of ``shape``."""
    axis = axis % len(shape)
    index = []
    for number, size in enumerate(shape):
        others = [1] * len(shape)
        others[number] = size
        index.append(indices if number == axis else np.reshape(np.arange(size), others))
    return tuple(index)


def diagonal_index(shape: tuple[int, ...], wrap: bool) -> tuple[Any, ...]:
    """Return the index of what ``np.fill_diagonal`` fills."""
    if len(shape) == 2:
        end = None if wrap else shape[1] * shape[1]
        flat = np.arange(shape[0] * shape[1])[: end : shape[1] + 1]
        return tuple(np.unravel_index(flat, shape))
    return (np.arange(shape[0]),) * len(shape)


def piecewise_condition(conditions: Any, number: int) -> Any:
    """Return where a piece of ``np.piecewise`` holds: the one after the last condition where none does."""
    conditions = np.atleast_1d(conditions)
    return conditions[number] if number < len(conditions) else ~np.any(conditions, axis=0)


def reduceat_adjoint(ct: Any, shape: tuple[int, ...], indices: Any, axis: int) -> Any:
    """Return the cotangent of an array of ``shape`` in ``np.add.reduceat(array, indices, axis)``."""
    ct = np.moveaxis(np.asarray(ct), axis, 0)
    size = shape[axis]
    bar = np.zeros((size, *ct.shape[1:]), ct.dtype)
    stops = [*indices[1:], size]
    for number, (start, stop) in enumerate(zip(indices, stops, strict=True)):
        bar[start : max(stop, start + 1)] += ct[number]
    return np.moveaxis(bar, 0, axis)


def unique_adjoint(ct: Any, values: Any, ar: Any) -> Any:
    """Return the cotangent of ``ar`` for its distinct values: equal ones share equally."""
    flat = np.ravel(ar)
    where = np.searchsorted(values, flat)
    where = np.minimum(where, len(values) - 1)
    counts = np.bincount(where, minlength=len(values))
    bar = np.where(np.equal(values[where], flat), (np.asarray(ct) / counts)[where], 0.0)
    kept = np.result_type(ar) if np.result_type(ar).kind in "fc" else bar.dtype
    return np.reshape(bar, np.shape(ar)).astype(kept, copy=False)


def unique_tangent(ar_dot: Any, values: Any, ar: Any) -> Any:
    """Return the tangent of the distinct values of ``ar``: equal ones share equally."""
    flat, moved = np.ravel(ar), np.ravel(ar_dot)
    where = np.minimum(np.searchsorted(values, flat), len(values) - 1)
    chosen = np.equal(values[where], flat)
    total = np.zeros(np.shape(values), np.result_type(ar_dot))
    np.add.at(total, where[chosen], moved[chosen])
    return total / np.bincount(where, minlength=len(values))


def sort_complex_adjoint(ct: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` for ``np.sort_complex(a)``."""
    bar = np.empty_like(ct)
    np.put_along_axis(bar, np.argsort(a, axis=-1), ct, axis=-1)
    return bar if np.iscomplexobj(a) else np.real(bar).astype(np.result_type(a), copy=False)


def sliding_window_adjoint(ct: Any, shape: tuple[int, ...], window_shape: Any, axis: Any) -> Any:
    """Return the cotangent of an array of ``shape`` whose windows ``sliding_window_view`` shows."""
    sizes = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    bar = np.zeros(shape, np.result_type(ct))
    for offsets in np.ndindex(*sizes):
        where = [slice(None)] * len(shape)
        shift = [0] * len(shape)
        for k, offset in zip(axes, offsets, strict=True):
            shift[k] += offset
        for k, start in enumerate(shift):
            where[k] = slice(start, start + np.shape(ct)[k])
        bar[tuple(where)] += ct[(..., *offsets)]
    return bar
