"""Adjoints of sorting, taking and choosing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import unbroadcast
from diffcompile.runtime.repeating import scatter_add


def sort_adjoint(ct: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of ``a`` in ``np.sort(a, axis)``."""
    if axis is None:
        return np.reshape(sort_adjoint(ct, np.ravel(a), 0), np.shape(a))
    bar = np.empty(np.shape(a), np.result_type(ct))
    np.put_along_axis(bar, np.argsort(a, axis=axis, kind="stable"), ct, axis)
    return bar


def partition_adjoint(ct: Any, result: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of ``a`` whose elements ``np.partition`` put in the order of ``result``.

    Sorting both shows which is which; ``np.argpartition`` may not choose the same order as ``np.partition``.
    """
    if axis is None:
        return np.reshape(partition_adjoint(ct, result, np.ravel(a), 0), np.shape(a))
    ct = np.take_along_axis(ct, np.argsort(result, axis=axis, kind="stable"), axis)
    return sort_adjoint(ct, a, axis)


def take_adjoint(
    ct: Any, shape: tuple[int, ...], indices: Any, axis: int | None = None, mode: str = "raise"
) -> Any:
    """Return the cotangent of an array of ``shape`` from which ``np.take`` read along ``axis``."""
    inner = (math.prod(shape),) if axis is None else shape
    axis = 0 if axis is None else axis % len(shape)
    size, tail = inner[axis], math.prod(inner[axis + 1 :])
    indices = np.ravel(np.clip(indices, 0, size - 1) if mode == "clip" else np.asarray(indices) % size)
    heads = np.arange(math.prod(inner[:axis])) * (size * tail)
    places = heads[:, None, None] + (indices * tail)[:, None] + np.arange(tail)
    return scatter_add(ct, places, shape)


def take_along_axis_adjoint(ct: Any, shape: tuple[int, ...], indices: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.take_along_axis`` read at ``indices``."""
    if axis is None:
        return scatter_add(ct, np.asarray(indices) % math.prod(shape), shape)
    axis %= len(shape)
    places: Any = 0
    for k, size in enumerate(shape):
        along = np.reshape(np.arange(size), (size, *(1,) * (len(shape) - k - 1)))
        places = places * size + (np.asarray(indices) % size if k == axis else along)
    return scatter_add(ct, np.broadcast_to(places, np.shape(ct)), shape)


def choose_adjoint(ct: Any, a: Any, choices: Any, mode: str = "raise") -> Any:
    """Return the cotangents of the choices of ``np.choose(a, choices)``."""
    count = len(choices)
    if mode == "wrap":
        a = np.asarray(a) % count
    elif mode == "clip":
        a = np.clip(a, 0, count - 1)
    zero = np.zeros((), np.result_type(ct))
    bars = [unbroadcast(np.where(np.equal(a, k), ct, zero), np.shape(choices[k])) for k in range(count)]
    return np.asarray(bars) if isinstance(choices, np.ndarray) else bars


def selected(cts: Any, condlist: Any, shape: tuple[int, ...]) -> Any:
    """Return what :func:`select_adjoint` is the adjoint of: from each choice its part, from the default the rest."""
    choices = [0.0 if part is None else part for part in cts[0]]
    taken = np.select(condlist, choices, 0.0 if cts[1] is None else cts[1])
    return np.broadcast_to(taken, shape)


def select_adjoint(ct: Any, condlist: Any, choicelist: Any, default: Any) -> tuple[list[Any], Any]:
    """Return the cotangents of the choices and the default of ``np.select``; the first true one counts."""
    bars = []
    zero = np.zeros((), np.result_type(ct))
    for condition, choice in zip(condlist, choicelist, strict=True):
        bars.append(unbroadcast(np.where(condition, ct, zero), np.shape(choice)))
        ct = np.where(condition, zero, ct)
    return bars, unbroadcast(ct, np.shape(default))
